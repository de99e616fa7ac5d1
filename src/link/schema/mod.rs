//! The databases of a project in their end state, from files of SQL, migrations and the classes
//! that describe tables.
//!
//! What classes describe and what migrations leave behind are joined: an index that either has
//! counts as there. Databases of packages apart from each other are kept apart.

mod builders;
mod calls;
mod chain_indexes;
mod chains;
mod classes;
mod columns;
mod conditions;
mod declared;
mod defined;
mod dialect;
mod entities;
mod history;
mod keys;
mod kinds;
mod lists;
mod naming;
mod objects;
mod read;
pub mod references;
mod replay;
pub mod serve;
mod steps;
mod values;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

pub use self::dialect::started;

use self::classes::Described;
use self::declared::{Additions, Declared};
use self::read::snake;
use self::replay::{Draft, column_key};
use super::types::ClassRef;
use super::words;
use super::world::World;
use crate::config::SchemaSettings;
use crate::globs::Globs;
use crate::ir::change::Change;
use crate::ir::schema::{Column, ColumnKind, Dialect, ForeignKey, Index, Origin, Schema, Table};
use crate::source::{Context, FileId, Place};

/// All databases of a project.
#[derive(Debug, Default)]
pub struct Schemas {
    databases: Vec<Schema>,
    tables: FxHashMap<ClassRef, (usize, String)>,
    /// The same in the order of the classes.
    tables_sorted: Vec<(ClassRef, (usize, String))>,
    /// The attributes of each class, with their columns.
    attributes: FxHashMap<ClassRef, Vec<(String, String)>>,
    columns: FxHashMap<(ClassRef, String), String>,
    /// The column that is set for rows that queries of a class leave out.
    hidden: FxHashMap<ClassRef, String>,
    /// Classes whose queries all have conditions of their own.
    scoped: FxHashSet<ClassRef>,
    /// The database of a folder.
    folders: Vec<(String, usize)>,
    /// The library by which a table is described.
    packages: FxHashMap<(usize, String), String>,
    paths: Vec<String>,
    /// What a language for schemas declares, by the name that the program has for it.
    entities: Vec<(String, entities::Entity)>,
    /// The tables that values declare.
    values: FxHashMap<values::ValueAt, values::ValueTable>,
    /// References that no index leads with.
    bare: Vec<references::BareReference>,
    /// Whether the code names MySQL or MariaDB at all, which index references themselves.
    pub may_be_mysql: bool,
}

impl Schemas {
    /// Puts the databases together.
    pub fn new(world: &World, contexts: &[Context], settings: &SchemaSettings) -> Self {
        let groups: Vec<String> = (0..world.units.len())
            .map(|i| group_of(world, FileId(i as u32)))
            .collect();
        let named = dialect::named(world, contexts);
        let is_meant = |i: usize| !matches!(contexts[i], Context::Test | Context::Seed);
        let files: Vec<usize> = (0..world.units.len()).filter(|&i| is_meant(i)).collect();
        let shared = defined::shared(world, &files);
        let described: Vec<(Vec<Described>, Declared)> = files
            .par_iter()
            .map(|&i| {
                let file = FileId(i as u32);
                let mut described = classes::described_in(world, file);
                described.extend(defined::defined_in(world, file, &shared));
                (described, declared::declared_in(world, file))
            })
            .collect();
        let mut changes: Vec<(usize, Vec<Change>)> = files
            .par_iter()
            .map(|&i| (i, steps::changes_of(world, FileId(i as u32), contexts[i])))
            .filter(|(_, changes)| !changes.is_empty())
            .collect();
        steps::sort(world, &mut changes);
        let (dumps, _) = Globs::new(&settings.files);
        let is_dump = |file: usize| dumps.matches(&world.units[file].path);
        // A dump is the last word on its database.
        let dumped: FxHashSet<String> = changes
            .iter()
            .filter(|(i, _)| is_dump(*i))
            .map(|(i, _)| groups[*i].clone())
            .collect();
        changes.retain(|(i, _)| is_dump(*i) || !dumped.contains(&groups[*i]));
        let mut drafts: Vec<(String, Draft, Origin)> = Vec::new();
        let mut by_group: FxHashMap<String, usize> = FxHashMap::default();
        let mut draft_of = |group: String, drafts: &mut Vec<(String, Draft, Origin)>| {
            *by_group.entry(group.clone()).or_insert_with(|| {
                drafts.push((group, Draft::default(), Origin::Models));
                drafts.len() - 1
            })
        };
        for (i, changes) in &changes {
            let at = draft_of(groups[*i].clone(), &mut drafts);
            drafts[at].2 = if is_dump(*i) {
                Origin::Dump
            } else {
                Origin::Migrations
            };
            for change in changes {
                drafts[at].1.apply(change);
            }
        }
        let of_dumps = drafts.iter_mut();
        of_dumps
            .filter(|(.., origin)| *origin == Origin::Dump)
            .for_each(|(_, draft, _)| draft.close());
        let mut found = Self {
            paths: world.units.iter().map(|unit| unit.path.clone()).collect(),
            may_be_mysql: named.iter().any(|[_, mysql, _]| *mysql > 0),
            ..Self::default()
        };
        let mut described = joined(world, described);
        // Those that share a table add to it.
        described.sort_by_key(|described| described.shares.is_some());
        let pairs = keys::complete(world, &mut described);
        let known = Known::of(&described);
        for mut described in described {
            let group = groups[described.file.index()].clone();
            let at = draft_of(group, &mut drafts);
            // Where nothing else makes the tables, they are called as the classes say.
            described.is_guessed &= drafts[at].2 != Origin::Models;
            found.add(described, at, &known, &mut drafts[at].1);
        }
        for (file, table) in pairs {
            let at = draft_of(groups[file.index()].clone(), &mut drafts);
            drafts[at].1.create(table);
        }
        let held = values::held(world, &groups, &files);
        let homes = values::homes(&held, &groups, &drafts);
        for held in held {
            let group = &groups[held.file().index()];
            let at = draft_of(homes.get(group).unwrap_or(group).clone(), &mut drafts);
            held.add_to(&mut found, at, &mut drafts[at].1);
        }
        let mut said: FxHashMap<usize, Dialect> = FxHashMap::default();
        for (group, declared) in entities::declared(world, &groups, &files) {
            let at = draft_of(group, &mut drafts);
            said.extend(declared.dialect.map(|dialect| (at, dialect)));
            declared.add_to(&mut found, at, &mut drafts[at].1);
        }
        for (at, (group, draft, origin)) in drafts.into_iter().enumerate() {
            let dialect = settings
                .dialect
                .or_else(|| said.get(&at).copied())
                .or_else(|| {
                    // SQLite is what development runs on.
                    let named = dialect::of_group(&groups, &named, &group);
                    named
                        .filter(|named| *named != Dialect::Sqlite)
                        .or(settings.started)
                        .or(named)
                });
            let mut tables = draft.finish(dialect);
            for table in &mut tables {
                let mut small = settings.small_tables.iter();
                table.is_small = small.any(|name| name.eq_ignore_ascii_case(&table.name));
            }
            let others = homes.iter().filter(|(_, home)| **home == group);
            let others = others.map(|(folder, _)| (folder.clone(), found.databases.len()));
            let mut others: Vec<_> = others.collect();
            others.sort_unstable();
            found.folders.append(&mut others);
            found.folders.push((group.clone(), found.databases.len()));
            found.databases.push(Schema {
                name: if group.is_empty() {
                    ".".to_owned()
                } else {
                    group
                },
                dialect,
                origin,
                tables,
            });
        }
        found
    }

    /// All databases.
    pub fn list(&self) -> &[Schema] {
        &self.databases
    }

    /// All databases that have tables.
    pub fn all(&self) -> impl Iterator<Item = &Schema> {
        self.databases
            .iter()
            .filter(|schema| !schema.tables.is_empty())
    }

    /// The table of a class, with its database.
    pub fn table_of(&self, class: ClassRef) -> Option<(&Schema, &Table)> {
        let (schema, name) = self.tables.get(&class)?;
        let schema = &self.databases[*schema];
        Some((schema, schema.table(name)?))
    }

    /// The classes whose rows a table holds, in no order.
    pub fn classes_of<'s>(&'s self, table: &'s Table) -> impl Iterator<Item = ClassRef> + 's {
        let is_it = |schema: usize, name: &str| {
            let of = self.databases[schema].table(name);
            of.is_some_and(|of| std::ptr::eq(of, table))
        };
        let tables = self.tables.iter();
        tables.filter_map(move |(&class, (schema, name))| is_it(*schema, name).then_some(class))
    }

    /// The column of a class's attribute.
    pub fn column_of(&self, class: ClassRef, attribute: &str) -> Option<&str> {
        self.columns
            .get(&(class, attribute.to_owned()))
            .map(String::as_str)
    }

    /// The column that is set for rows that queries of a class leave out.
    pub fn hidden_by(&self, class: ClassRef) -> Option<&str> {
        self.hidden.get(&class).map(String::as_str)
    }

    /// Whether all queries of a class have conditions of its own besides.
    pub fn is_scoped(&self, class: ClassRef) -> bool {
        self.scoped.contains(&class)
    }

    /// The table of a name as a file means it: that of the nearest database that has one.
    pub fn table_named(&self, name: &str, near: FileId) -> Option<(&Schema, &Table)> {
        let path = &self.paths[near.index()];
        let shared = |folder: &str| {
            let parts = folder.split('/').zip(path.split('/'));
            parts.take_while(|(a, b)| a == b && !a.is_empty()).count()
        };
        let having = self.folders.iter().filter_map(|(folder, at)| {
            let schema = &self.databases[*at];
            Some((shared(folder), schema, schema.table(name)?))
        });
        let (_, schema, table) = having.max_by_key(|(shared, ..)| *shared)?;
        Some((schema, table))
    }

    /// The engine that a file's statements are for: that of the nearest database, if those that
    /// are as near agree.
    pub fn dialect(&self, near: FileId) -> Option<Dialect> {
        let path = &self.paths[near.index()];
        let shared = |folder: &str| {
            let parts = folder.split('/').zip(path.split('/'));
            parts.take_while(|(a, b)| a == b && !a.is_empty()).count()
        };
        let nearest = self
            .folders
            .iter()
            .map(|(folder, _)| shared(folder))
            .max()?;
        let mut near = self
            .folders
            .iter()
            .filter(|(folder, _)| shared(folder) == nearest);
        let first = self.databases[near.next()?.1].dialect;
        near.all(|(_, at)| self.databases[*at].dialect == first)
            .then_some(first)?
    }

    /// The library whose classes describe a table; none if only statements make it.
    pub fn package_of(&self, schema: &Schema, table: &Table) -> Option<&str> {
        let at = self
            .databases
            .iter()
            .position(|known| std::ptr::eq(known, schema))?;
        self.packages
            .get(&(at, table.name.to_lowercase()))
            .map(String::as_str)
    }

    fn add(&mut self, described: Described, schema: usize, known: &Known, draft: &mut Draft) {
        let names = &known.names;
        let mut table = described.table;
        for (at, target) in described.targets {
            if let Some(name) = names.get(&target) {
                table.foreign_keys[at].target.clone_from(name);
            }
            if known.text_keys.contains(&target) {
                let columns = table.foreign_keys[at].columns.clone();
                add_patterns(&mut table, &columns);
            }
        }
        if let Some(name) = described.class.and_then(|class| names.get(&class)) {
            table.name.clone_from(name);
        }
        if table.name.is_empty() {
            return;
        }
        // What the library calls it is up to settings that nobody has looked at.
        if described.is_guessed && !draft.has(&table.name) {
            let small = snake(&table.name);
            if draft.has(&small) {
                table.name = small;
            } else if draft.has_any() {
                table.is_complete = false;
            }
        }
        if let Some(class) = described.class {
            self.hidden
                .extend(described.hidden.map(|column| (class, column)));
            if described.is_scoped {
                self.scoped.insert(class);
            }
            for (attribute, column) in &described.attributes {
                self.columns
                    .insert((class, attribute.clone()), column.clone());
            }
            self.attributes.insert(class, described.attributes.clone());
            self.tables.insert(class, (schema, table.name.clone()));
            self.tables_sorted
                .push((class, (schema, table.name.clone())));
        }
        if let Some(entity) = described.entity {
            let entity_of = entities::Entity::named(schema, &table.name, &described.attributes);
            self.entities.push((entity, entity_of));
        }
        for pairs in described.pairs {
            let target = pairs.target.and_then(|target| names.get(&target));
            let target = target.cloned().unwrap_or_default();
            let name = pairs.name.replace("{table}", &table.name);
            let name = name.replace("{target}", &target.to_lowercase());
            let mut made = pair_table(&name, &table.name, &target, pairs.place);
            for (at, class) in [described.class, pairs.target].into_iter().enumerate() {
                if class.is_some_and(|class| known.text_keys.contains(&class)) {
                    let columns = made.foreign_keys[at].columns.clone();
                    add_patterns(&mut made, &columns);
                }
            }
            if pairs.is_bare {
                made.columns.remove(0);
                made.indexes.retain(|index| index.keys.len() == 2);
            }
            draft.create(made);
        }
        self.packages
            .entry((schema, table.name.to_lowercase()))
            .or_insert(described.package);
        draft.create(table);
    }
}

/// The tables of all files, with the indexes that are declared outside of their classes.
fn joined(world: &World, of_files: Vec<(Vec<Described>, Declared)>) -> Vec<Described> {
    let mut tables = Vec::new();
    let mut additions = Additions::default();
    for (described, declared) in of_files {
        tables.extend(described);
        tables.extend(declared.tables);
        for (class, file, call) in declared.indexes {
            additions.entry(class).or_default().push((file, call));
        }
    }
    let joined = tables.into_iter().map(|described| {
        let calls = described.class.and_then(|class| additions.get(&class));
        match calls {
            Some(calls) => declared::add_indexes(world, described, calls),
            None => described,
        }
    });
    joined.collect()
}

/// What is known of the tables of all classes before they are put together.
struct Known {
    /// Their names.
    names: FxHashMap<ClassRef, String>,
    /// The classes whose key is text, with an index for patterns beside it.
    text_keys: FxHashSet<ClassRef>,
}

impl Known {
    fn of(described: &[Described]) -> Self {
        let has_text_key = |described: &&Described| {
            let table = &described.table;
            let key = table.primary_key().map(Index::leading_columns);
            key.is_some_and(|key| {
                table.indexes.iter().any(|index| {
                    index.leading_columns() == key
                        && index.keys.iter().all(|key| key.operator_class.is_some())
                })
            })
        };
        let text_keys = described.iter().filter(has_text_key);
        Self {
            names: table_names(described),
            text_keys: text_keys.filter_map(|described| described.class).collect(),
        }
    }
}

/// Adds the index for patterns beside the one on these columns, if there is one.
fn add_patterns(table: &mut Table, columns: &[String]) {
    let mut indexes = table.indexes.iter();
    let index = indexes.find(|index| {
        index.keys.len() == columns.len() && index.leading_columns().iter().eq(columns.iter())
    });
    table.indexes.extend(index.map(columns::for_patterns));
}

/// The names of the tables of all classes, those that share one included.
fn table_names(described: &[Described]) -> FxHashMap<ClassRef, String> {
    let own: FxHashMap<ClassRef, &Described> = described
        .iter()
        .filter_map(|described| Some((described.class?, described)))
        .collect();
    let mut names = FxHashMap::default();
    for described in described {
        let mut at = described;
        for _ in 0..8 {
            match at.shares.and_then(|base| own.get(&base)) {
                Some(base) => at = base,
                None => break,
            }
        }
        names.extend(described.class.map(|class| (class, at.table.name.clone())));
    }
    names
}

/// The table of pairs of a relation between many and many: both columns are indexed.
fn pair_table(name: &str, from: &str, to: &str, place: Place) -> Table {
    let column_of = |table: &str| {
        let word = table.rsplit('_').next().unwrap_or(table);
        format!("{word}_id")
    };
    let (mut a, mut b) = (column_of(from), column_of(to));
    if a == b {
        a = format!("from_{a}");
        b = format!("to_{b}");
    }
    let index = |columns: &[&String], is_unique, is_primary| Index {
        is_unique,
        is_primary,
        is_implied: true,
        ..Index::of(
            columns.iter().map(|column| column_key(column)).collect(),
            place,
        )
    };
    let id = "id".to_owned();
    let column = |name: &String, kind| Column {
        name: name.clone(),
        kind,
        is_nullable: false,
        place,
    };
    let key = |column: &String, target: &str| ForeignKey {
        name: None,
        columns: vec![column.clone()],
        target: target.to_owned(),
        target_columns: Vec::new(),
        cascades: false,
        is_enforced: true,
        place,
    };
    Table {
        name: name.to_owned(),
        namespace: None,
        columns: vec![
            column(&id, ColumnKind::Integer),
            column(&a, ColumnKind::Key),
            column(&b, ColumnKind::Key),
        ],
        indexes: vec![
            index(&[&id], true, true),
            index(&[&a, &b], true, false),
            index(&[&a], false, false),
            index(&[&b], false, false),
        ],
        foreign_keys: vec![key(&a, from), key(&b, to)],
        is_complete: true,
        is_small: false,
        place,
    }
}

/// The folder whose files describe one database together: that of the nearest package, and one
/// for each engine where a project has variants for several.
fn group_of(world: &World, file: FileId) -> String {
    const ENGINES: &[&str] = &[
        "mysql",
        "mariadb",
        "postgresql",
        "postgres",
        "sqlite",
        "clickhouse",
        "mssql",
        "cockroachdb",
        "oracle",
    ];
    let path = &world.unit(file).path;
    let folders: Vec<&str> = path.split('/').collect();
    let mut group = world.modules.package_folder(path).to_owned();
    if path.ends_with(".py") {
        group.clear();
    }
    if path.ends_with(".sql")
        && let Some(engine) = folders.iter().find(|folder| ENGINES.contains(folder))
    {
        if !group.is_empty() {
            group.push('/');
        }
        group.push_str(engine);
    }
    group
}

impl Schema {
    /// Whether a reference may be without an index: MySQL has made those it knows of already.
    pub fn leaves_references_unindexed(&self) -> bool {
        self.dialect != Some(Dialect::Mongo)
    }
}

impl Column {
    /// Whether it holds much in a row: a document, a file, a text that is long by its name.
    pub fn holds_much(&self) -> bool {
        match self.kind {
            ColumnKind::Json | ColumnKind::Bytes => true,
            ColumnKind::Text | ColumnKind::CaseInsensitiveText => words::is_large(&self.name),
            _ => false,
        }
    }
}
