//! Columns that chains of calls describe, `integer("author_id").notNull()`, and functions that
//! are handed a table to call such chains on: `[[modifier]]`, `[[builder]]`, `[[alteration]]`.

use serde::Deserialize;

use super::Models;
use super::format::Source;
use super::tables::{ColumnModel, IndexModel};

/// A method that says more of the column, or the reference, that a chain describes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModifierModel {
    /// The methods.
    pub names: Vec<String>,
    /// Whether the column may be null then.
    pub null: Option<bool>,
    /// Whether it has an index then.
    pub index: bool,
    /// Whether its values are unique then.
    pub unique: bool,
    /// Whether it is the primary key then.
    pub primary: bool,
    /// Whether it is a list of such values.
    pub array: bool,
    /// Arguments with the name of the index or key.
    pub name: Vec<String>,
    /// The argument that names the table, or a column of it, that it refers to.
    pub target: Option<String>,
    /// The argument that names the column that it refers to; with a dot, the table too.
    pub column: Option<String>,
    /// The argument that says what becomes of it when the other row is deleted.
    pub on_delete: Option<String>,
    /// Whether the column is there already and is changed.
    pub changes: bool,
    /// The arguments with the keys of an index, from a position on.
    pub keys: Option<String>,
    /// The argument that says how the index is built.
    pub method: Option<String>,
    /// The argument with the condition on its rows.
    pub condition: Option<String>,
    /// Whether a key of it goes down.
    pub descending: bool,
    /// Whether null comes first in a key of it.
    pub nulls_first: Option<bool>,
    /// The argument with the operator class of a key.
    pub operator_class: Option<String>,
}

/// Methods of a library that change tables; the table is their first argument.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BuilderRules {
    /// What they are called on, also through calls of each other.
    pub on: Vec<String>,
    /// The methods.
    pub names: Vec<String>,
    /// What they do.
    pub does: Builds,
}

/// What a method does to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builds {
    /// Makes it: a function in the arguments is handed it.
    Create,
    /// Changes it alike.
    Alter,
    /// Drops it.
    Drop,
    /// Gives it the name that comes second.
    Rename,
}

/// Methods of a table that such functions are handed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlterationRules {
    /// The methods.
    pub names: Vec<String>,
    /// What they do.
    pub does: Alters,
    /// Arguments with the name of the index or reference, which is otherwise found by its columns.
    #[serde(default)]
    pub name: Vec<String>,
}

/// What a method of a table does; columns come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alters {
    /// Drops all columns that are named.
    RemoveColumns,
    /// Gives a column the name that comes second.
    RenameColumn,
    /// Drops an index.
    RemoveIndex,
    /// Drops a reference.
    RemoveReference,
    /// Drops the primary key.
    RemoveKey,
}

/// How chains of a library are read.
#[derive(Debug)]
pub struct ChainModel {
    /// The library.
    pub package: String,
    /// What chains of columns begin with.
    pub columns: Vec<ColumnModel>,
    /// What chains of indexes begin with.
    pub indexes: Vec<IndexModel>,
    /// What follows.
    pub modifiers: Vec<ModifierModel>,
    /// Methods that make and change tables.
    pub builders: Vec<BuilderRules>,
    /// Methods of tables.
    pub alterations: Vec<AlterationRules>,
    /// Functions that make the columns of an enumeration.
    pub enums: Vec<String>,
    /// The key of settings that says how columns without a name are named.
    pub cased_by: Option<String>,
}

fn is_named(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

impl ChainModel {
    /// The column that a chain describes which begins with something of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnModel> {
        let mut columns = self.columns.iter();
        columns.find(|column| is_named(&column.names, name))
    }

    /// The index that it describes.
    pub fn index(&self, name: &str) -> Option<&IndexModel> {
        let mut indexes = self.indexes.iter();
        indexes.find(|index| is_named(&index.names, name))
    }

    /// What a method of this name says.
    pub fn modifier(&self, name: &str) -> Option<&ModifierModel> {
        let mut modifiers = self.modifiers.iter();
        modifiers.find(|modifier| is_named(&modifier.names, name))
    }

    /// What a method of this name does to a table.
    pub fn builder(&self, name: &str) -> Option<&BuilderRules> {
        let mut builders = self.builders.iter();
        builders.find(|builder| is_named(&builder.names, name))
    }

    /// What a method of a table of this name does.
    pub fn alteration(&self, name: &str) -> Option<&AlterationRules> {
        let mut alterations = self.alterations.iter();
        alterations.find(|alteration| is_named(&alteration.names, name))
    }
}

impl Models {
    pub(super) fn add_chains(&mut self, source: &Source) {
        let spec = &source.spec;
        if spec.modifiers.is_empty() {
            return;
        }
        self.chains.push(ChainModel {
            package: spec.package.clone(),
            columns: spec.columns.clone(),
            indexes: spec.indexes.clone(),
            modifiers: spec.modifiers.clone(),
            builders: spec.builders.clone(),
            alterations: spec.alterations.clone(),
            enums: spec
                .tables
                .iter()
                .flat_map(|table| table.enums.clone())
                .collect(),
            cased_by: spec.tables.iter().find_map(|table| table.cased_by.clone()),
        });
    }

    /// How chains are read, for each library with such.
    pub fn chains(&self) -> &[ChainModel] {
        &self.chains
    }

    /// How chains of a library are read.
    pub fn chains_of(&self, package: &str) -> Option<&ChainModel> {
        let mut chains = self.chains.iter();
        chains.find(|chains| chains.package == package)
    }
}
