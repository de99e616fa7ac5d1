//! What classes and their fields make of a database: `[[table]]`, `[[column]]`, `[[index]]`, and
//! what migrations do to it: `[[step]]`.

use serde::Deserialize;

use super::format::Source;
use super::{ModelError, ModelTypeId, Models, PathId};
use crate::ir::schema::{ColumnKind, IndexMethod};

/// How a class becomes a table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TableRules {
    /// The type that such classes derive from.
    pub on: Option<String>,
    /// The decorators that such classes have.
    pub decorators: Vec<String>,
    /// Another package whose columns and indexes they may have.
    pub columns_of: Option<String>,
    /// Where its name is given: paths in the class, or arguments of the decorator.
    pub name: Vec<String>,
    /// Its name where none is given: `{app}_{model}`, `{snake}`, `{lower}`, `{plural}`; none:
    /// no table.
    pub default: Option<String>,
    /// The path that is true for a class without a table, whose fields are inherited.
    #[serde(rename = "abstract")]
    pub abstract_: Option<String>,
    /// The path that is true for a class that shares the table of its base.
    pub shares: Option<String>,
    /// Whether each class has a table of its own, with the columns of those it derives from.
    #[serde(default)]
    pub copies: bool,
    /// The path that is false for a class whose table someone else makes.
    pub managed: Option<String>,
    /// The argument that is true for a class whose deleted rows stay, and queries leave them out.
    pub hides: Option<String>,
    /// The column that is set for them.
    pub hidden_by: Option<String>,
    /// Classes of other libraries whose managers leave such rows out.
    pub hiding_bases: Vec<String>,
    /// Decorators with conditions that all queries of the class have, under a key `where`.
    pub scopes: Vec<String>,
    /// The class keyword that makes it a table.
    pub keyword: Option<String>,
    /// The primary key where no column is one.
    pub key: Option<String>,
    /// The primary key of a class that derives from another table; none: it shares the table.
    pub child_key: Option<String>,
    /// The path to the columns of the primary key, or to false: there is none.
    pub primary: Option<String>,
    /// Decorators of methods that give the attribute of their name.
    pub methods: Vec<String>,
    /// Functions whose calls declare a table without a class, with its columns and indexes among
    /// their arguments.
    pub calls: Vec<String>,
    /// Functions whose calls add an index to the table of a class, outside of it.
    pub index_calls: Vec<String>,
    /// How columns are named after attributes: `snake`; none: alike.
    pub columns_named: Option<String>,
    /// How columns of an embedded object are named: `{prefix}` and the column's `{name}` or
    /// `{Title}`.
    pub embedded_as: Option<String>,
    /// The decorator beside it by which rows of several classes are told apart; none: its own.
    pub kinds_by: Option<String>,
    /// Arguments with the column that tells them apart.
    pub kinds_in: Vec<String>,
    /// What that is called where only the decorator is there.
    pub kinds_named: Option<String>,
    /// How tables of pairs are named: `{table}`, `{attribute}`, `{target}`.
    pub pairs_named: Option<String>,
    /// How their columns are: `{table}`, `{class}`, `{key}`, `{Key}`; `{n}` tells two of the same
    /// name apart.
    pub pairs_columns: Option<String>,
    /// Whether either of their columns has an index besides.
    pub pairs_indexed: bool,
    /// Functions that make the columns of an enumeration, its values in their second argument.
    pub enums: Vec<String>,
    /// The key of settings that says how columns without a name are named: `snake_case`.
    pub cased_by: Option<String>,
    /// Paths to lists of indexes and constraints.
    pub lists: Vec<String>,
    /// Paths to lists of columns that are unique together.
    pub unique_lists: Vec<String>,
    /// Paths to lists of columns that have an index together.
    pub index_lists: Vec<String>,
    /// How one adds an index, with `{columns}`.
    pub advice: Option<String>,
    /// How one indexes a single column where it is declared.
    pub column_advice: Option<String>,
}

/// How a class becomes a table, with what its fields and lists make.
#[derive(Debug)]
pub struct TableModel {
    /// The library.
    pub package: String,
    /// Names, keys and lists.
    pub rules: TableRules,
    /// What fields make.
    pub columns: Vec<ColumnModel>,
    /// What lists make.
    pub indexes: Vec<IndexModel>,
}

/// A field of a table's class, by the name of what makes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ColumnModel {
    /// The constructors or decorators; `*Field` is any with this end.
    pub names: Vec<String>,
    /// What it holds.
    pub kind: Kind,
    /// The argument that says what else it stands for: a truth value, a time.
    pub kind_in: Option<String>,
    /// The argument with the only values that it has.
    pub values: Option<String>,
    /// Arguments that name the column.
    pub name: Vec<String>,
    /// What is added to the attribute's name where no column is named.
    pub suffix: String,
    /// The argument by which it has an index.
    pub index: Option<String>,
    /// Whether it has an index where the argument is not given.
    pub indexed: bool,
    /// Whether its index has another for patterns beside it, in PostgreSQL.
    pub patterns: bool,
    /// Whether it has that index beside the primary key, too.
    pub indexes_key: bool,
    /// The argument by which its values are unique.
    pub unique: Option<String>,
    /// Whether they are without an argument.
    pub is_unique: bool,
    /// The argument by which it is the primary key.
    pub primary: Option<String>,
    /// Whether it is without an argument.
    pub is_primary: bool,
    /// Arguments that name the table or class it refers to.
    pub target: Vec<String>,
    /// The call among the arguments that names it: `ForeignKey("users.id")`.
    pub reference: Option<String>,
    /// The argument that names it as text: `users.id`.
    pub foreign: Option<String>,
    /// The argument by which the database knows the reference; it does where it is absent.
    pub enforced: Option<String>,
    /// The argument that says what becomes of it when the other row is deleted.
    pub on_delete: Option<String>,
    /// The argument by which it may be null.
    pub null: Option<String>,
    /// Whether it may be null without an argument.
    pub is_nullable: bool,
    /// The decorator beside it that names the column of a reference.
    pub joined_by: Option<String>,
    /// Whether only a decorator beside it (`joined-by`) makes it a column.
    pub needs_join: bool,
    /// The decorator beside it that names the class it refers to.
    pub referred_by: Option<String>,
    /// Whether queries leave out the rows for which it is set.
    pub hides: bool,
    /// The argument with the column's own call, by which all is said.
    pub given: Option<String>,
    /// Whether it makes a table of pairs.
    pub pairs: bool,
    /// The name of that table: `{table}_{attribute}` if absent; also `{target}`, in small letters.
    pub pairs_name: Option<String>,
    /// Whether it has the two columns only, unique together.
    pub pairs_only: bool,
    /// Makes no column.
    pub none: bool,
    /// The arguments that name the attributes by which it refers to rows of any table together,
    /// each with the name that it has otherwise.
    pub refers_by: Vec<(String, String)>,
    /// Arguments by which it makes none.
    pub unless: Vec<String>,
    /// The argument that is false for one that the database does not have.
    pub kept: Option<String>,
    /// Arguments with the class whose columns the table has as its own.
    pub embeds: Vec<String>,
    /// The argument by which it is one column all the same.
    pub whole: Option<String>,
    /// The argument with what their names begin with; false: nothing.
    pub prefix: Option<String>,
    /// What comes after the attribute where it says nothing.
    pub prefix_end: String,
    /// Whether it makes a table of pairs, as the table's rules say.
    pub joins: bool,
    /// Arguments with that table's name.
    pub join_table: Vec<String>,
    /// Arguments with the names of its columns.
    pub join_columns: Vec<Vec<String>>,
    /// The columns that it makes where none is named.
    pub makes: Vec<String>,
}

/// What a column holds, as models write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names of `ColumnKind`")]
pub enum Kind {
    Text,
    Integer,
    Number,
    Bool,
    Time,
    Key,
    Json,
    Array,
    Bytes,
    TextSearch,
    Enum,
    /// As its arguments or its annotation say.
    #[default]
    Typed,
}

impl Kind {
    /// The kind of column; none if arguments or the annotation say it.
    pub fn column(self) -> Option<ColumnKind> {
        Some(match self {
            Self::Text => ColumnKind::Text,
            Self::Integer => ColumnKind::Integer,
            Self::Number => ColumnKind::Number,
            Self::Bool => ColumnKind::Bool,
            Self::Time => ColumnKind::Time,
            Self::Key => ColumnKind::Key,
            Self::Json => ColumnKind::Json,
            Self::Array => ColumnKind::Array,
            Self::Bytes => ColumnKind::Bytes,
            Self::TextSearch => ColumnKind::TextSearch,
            Self::Enum => ColumnKind::Enum(0),
            Self::Typed => return None,
        })
    }
}

/// An index in a list of a table's class, or a decorator that makes one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IndexModel {
    /// The constructors or decorators.
    pub names: Vec<String>,
    /// Where the keys are: a list (`key:fields`, `argument0`), or all arguments from a position
    /// on (`arguments1`). In order of preference.
    pub fields: Vec<String>,
    /// Arguments with its name.
    pub name: Vec<String>,
    /// Its name where none is given: `{table}_{columns}_index`.
    pub default: Option<String>,
    /// Whether that is in small letters.
    pub lowered: bool,
    /// Whether no two rows are alike in the keys.
    pub is_unique: bool,
    /// The argument that says so.
    pub unique: Option<String>,
    /// Whether it is the primary key.
    pub is_primary: bool,
    /// How it is built: `gin`, `gist`, `hash`, `brin`, `full-text`.
    pub method: Option<String>,
    /// Arguments with a method.
    pub methods: Vec<String>,
    /// Arguments with a condition on the rows.
    pub conditions: Vec<String>,
    /// Arguments with columns carried along.
    pub include: Option<String>,
    /// The argument with operator classes, one for each key.
    pub classes: Option<String>,
    /// Makes a reference to another table instead: the columns, and the argument with the
    /// table's columns.
    pub references: Option<String>,
    /// The argument that says what becomes of the reference when the other row is deleted.
    pub on_delete: Option<String>,
}

/// A call in a migration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepRules {
    /// What it is called on: `queryInterface`. Also the first parameter of `up`, however called.
    pub on: Vec<String>,
    /// The methods.
    pub names: Vec<String>,
    /// What they do.
    pub does: Does,
    /// The column or index, by its name among those of the file, as which its objects are read.
    pub takes: Option<String>,
    /// The argument that says what kind of index or constraint it makes.
    pub kind: Option<String>,
    /// Another package, as whose columns and indexes the calls are read that it is handed.
    pub columns_of: Option<String>,
    /// Where the objects are that describe the table, the columns, indexes or references: one, or
    /// a list.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Where a table's object has its columns.
    pub columns: Option<String>,
    /// Where it has indexes and references, with the names as which they are read.
    #[serde(default)]
    pub lists: Vec<(String, String)>,
    /// Where those calls are: all arguments from a position on (`arguments1`).
    pub parts: Option<String>,
    /// Where the table is named, if not by the first argument: also by an argument of the call
    /// that gave what it is called on (`receiver0`).
    #[serde(default)]
    pub table: Vec<String>,
    /// The name of the table where a class is named: `{app}_{model}`.
    pub default: Option<String>,
    /// What the names of columns may end with besides.
    pub suffix: Option<String>,
    /// Where the column, index or constraint is named, or the table's new name, if not by the
    /// second argument.
    #[serde(default)]
    pub name: Vec<String>,
    /// Where the column's new name is, if not in the third.
    #[serde(default)]
    pub to: Vec<String>,
}

/// Calls that declare a table by objects: of its columns, and of options.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DefineRules {
    /// The methods.
    pub names: Vec<String>,
    /// The argument with the name of its rows; none: it is called on their class.
    pub name: Option<String>,
    /// The argument with the columns.
    pub columns: String,
    /// The argument with the options; those below are among them.
    pub options: String,
    /// The method of migrations as whose columns they are read.
    pub takes: String,
    /// The one as whose indexes are.
    pub takes_indexes: String,
    /// The table's name, which is otherwise that of the rows in the plural.
    pub table: String,
    /// True: it is that of the rows.
    pub alike: String,
    /// True: names are in small letters, with underscores.
    pub snake: String,
    /// False: there are no columns for times.
    pub timed: String,
    /// The columns for times.
    pub times: Vec<String>,
    /// True: deleted rows stay, and queries leave them out.
    pub hides: String,
    /// The column that is set for them.
    pub hidden_by: String,
    /// The list of indexes.
    pub indexes: String,
    /// Conditions that all queries have.
    pub scope: String,
    /// The primary key where no column is one.
    pub key: String,
    /// The key under which options for all tables stand.
    pub shared: String,
}

/// Files that say which other steps they come after.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HistoryRules {
    /// The variable that names the step.
    pub id: String,
    /// Those that name the steps before it.
    pub after: Vec<String>,
}

/// What a call in a migration does; the table is its first argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Makes the table, with an object of columns.
    CreateTable,
    /// Drops it.
    DropTable,
    /// Gives it the name that comes second.
    RenameTable,
    /// Adds the column that comes second, as the third says.
    AddColumn,
    /// Changes it.
    ChangeColumn,
    /// Drops it.
    RemoveColumn,
    /// Gives it the name that comes third.
    RenameColumn,
    /// Adds an index.
    AddIndex,
    /// Drops the index of the name or the columns that come second.
    RemoveIndex,
    /// Adds a key or a reference.
    AddConstraint,
    /// Drops the one of the name that comes second.
    RemoveConstraint,
}

/// A call in a migration, with how its objects are read.
#[derive(Debug)]
pub struct StepModel {
    /// The library.
    pub package: String,
    /// What it is called on, and what it does.
    pub rules: StepRules,
    /// How definitions of columns are read.
    pub column: ColumnModel,
    /// How those of indexes are.
    pub index: IndexModel,
    /// The indexes and references of a table's object.
    pub lists: Vec<(String, IndexModel)>,
    /// How calls that declare columns and indexes are, if it is handed such.
    pub calls: Option<TableModel>,
}

impl IndexModel {
    /// How it is built.
    pub fn index_method(&self) -> IndexMethod {
        method_named(self.method.as_deref().unwrap_or("btree"))
    }
}

/// A method by its name.
pub fn method_named(name: &str) -> IndexMethod {
    match name.to_ascii_lowercase().as_str() {
        "btree" | "b-tree" => IndexMethod::BTree,
        "hash" => IndexMethod::Hash,
        "gin" => IndexMethod::Gin,
        "gist" | "spgist" => IndexMethod::Gist,
        "brin" => IndexMethod::Brin,
        "full-text" | "fulltext" => IndexMethod::FullText,
        _ => IndexMethod::Other,
    }
}

impl TableModel {
    /// What a field made by something of this name is.
    pub fn column(&self, name: &str) -> Option<&ColumnModel> {
        let is_named = |pattern: &String| match pattern.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => name == pattern,
        };
        let exact = self
            .columns
            .iter()
            .find(|column| column.names.iter().any(|n| n == name));
        exact.or_else(|| {
            self.columns
                .iter()
                .find(|column| column.names.iter().any(is_named))
        })
    }

    /// What something of this name in a list makes.
    pub fn index(&self, name: &str) -> Option<&IndexModel> {
        self.indexes
            .iter()
            .find(|index| index.names.iter().any(|n| n == name))
    }
}

impl Models {
    pub(super) fn add_tables(
        &mut self,
        source: &Source,
        sources: &[&Source],
    ) -> Result<(), ModelError> {
        for rules in &source.spec.steps {
            let is_taken = |names: &[String]| rules.takes.iter().any(|name| names.contains(name));
            let mut columns = source.spec.columns.iter();
            let mut indexes = source.spec.indexes.iter();
            let column = columns.find(|column| is_taken(&column.names));
            let index = indexes.find(|index| is_taken(&index.names));
            let of = |package: &String| sources.iter().find(|other| other.spec.package == *package);
            let calls = rules.columns_of.as_ref().and_then(of);
            let lists = rules.lists.iter().filter_map(|(place, name)| {
                let mut indexes = source.spec.indexes.iter();
                let index = indexes.find(|index| index.names.contains(name))?;
                Some((place.clone(), index.clone()))
            });
            self.steps.push(StepModel {
                package: source.spec.package.clone(),
                rules: rules.clone(),
                column: column.cloned().unwrap_or_default(),
                index: index.cloned().unwrap_or_default(),
                lists: lists.collect(),
                calls: calls.map(|of| TableModel {
                    package: of.spec.package.clone(),
                    rules: TableRules::default(),
                    columns: of.spec.columns.clone(),
                    indexes: of.spec.indexes.clone(),
                }),
            });
        }
        self.histories.extend(source.spec.histories.iter().cloned());
        let package = &source.spec.package;
        let defines = source.spec.defines.iter().cloned();
        self.defines
            .extend(defines.map(|rules| (package.clone(), rules)));
        for entry in &source.spec.tables {
            let id = self.tables.len() as u16;
            let package = entry.columns_of.as_ref().unwrap_or(&source.spec.package);
            let mut of = sources.iter().filter(|other| {
                other.spec.package == *package || other.spec.package == source.spec.package
            });
            let mut columns = source.spec.columns.clone();
            let mut indexes = source.spec.indexes.clone();
            if entry.columns_of.is_some()
                && let Some(other) = of.find(|other| other.spec.package == *package)
            {
                columns.extend(other.spec.columns.iter().cloned());
                indexes.extend(other.spec.indexes.iter().cloned());
            }
            self.tables.push(TableModel {
                package: source.spec.package.clone(),
                rules: entry.clone(),
                columns,
                indexes,
            });
            if let Some(on) = &entry.on {
                let (on, _) = self.receiver_type(source, on)?;
                self.types[on.0 as usize].table = Some(id);
            }
            for path in &entry.decorators {
                let node = self.node(source, path);
                self.paths[node.0 as usize].table = Some(id);
            }
        }
        Ok(())
    }

    /// How the classes of a type are tables.
    pub fn table(&self, ty: ModelTypeId) -> Option<&TableModel> {
        let table = self.inherited(ty, |ty| ty.table.as_ref())?;
        self.tables.get(usize::from(*table))
    }

    /// How the classes with a decorator are tables.
    pub fn table_by(&self, decorator: PathId) -> Option<&TableModel> {
        let table = self.path(decorator).table?;
        self.tables.get(usize::from(table))
    }

    /// What methods of this name do in migrations, by what they are called on.
    pub fn steps(&self, name: &str) -> impl Iterator<Item = &StepModel> {
        let steps = self.steps.iter();
        steps.filter(move |step| step.rules.names.iter().any(|known| known == name))
    }

    /// The calls that declare tables by objects, with their libraries.
    pub fn defines(&self) -> &[(String, DefineRules)] {
        &self.defines
    }

    /// How files say which steps they come after.
    pub fn histories(&self) -> &[HistoryRules] {
        &self.histories
    }

    /// How tables are declared by calls of this name.
    pub fn table_called(&self, name: &str) -> Option<&TableModel> {
        let is_called = |model: &&TableModel| model.rules.calls.iter().any(|known| known == name);
        self.tables.iter().find(is_called)
    }

    /// The names of calls that declare tables, or add indexes to those of classes.
    pub fn table_calls(&self) -> impl Iterator<Item = &str> {
        let rules = self.tables.iter().map(|model| &model.rules);
        let names = rules.flat_map(|rules| rules.calls.iter().chain(&rules.index_calls));
        names.map(String::as_str)
    }

    /// How the classes of a package are tables.
    pub fn table_of_package(&self, package: &str) -> Option<&TableRules> {
        let table = self.tables.iter().find(|table| table.package == package)?;
        Some(&table.rules)
    }
}
