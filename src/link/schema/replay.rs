//! Schema changes applied one after the other: what a database looks like in the end.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::change::{Change, ChangeKind};
use crate::ir::query::Value;
use crate::ir::schema::{ColumnKind, Dialect, ForeignKey, Index, IndexKey, IndexMethod, Table};
use crate::source::Place;

/// A database on its way.
#[derive(Debug, Default)]
pub(super) struct Draft {
    tables: Vec<Option<Table>>,
    /// Where a table stands, by its name in small letters.
    by_name: FxHashMap<String, usize>,
    /// Those of which only changes are known, all of them understood.
    opened: FxHashSet<usize>,
    /// How many of the tables are known as they are in the end.
    closed: usize,
}

impl Draft {
    /// The tables in the end, by name.
    pub(super) fn finish(self, dialect: Option<Dialect>) -> Vec<Table> {
        let mut tables: Vec<Table> = self.tables.into_iter().flatten().collect();
        tables.sort_by(|a, b| (&a.name, &a.namespace).cmp(&(&b.name, &b.namespace)));
        if dialect == Some(Dialect::MySql) {
            tables.iter_mut().for_each(index_references);
        }
        if matches!(dialect, Some(Dialect::MySql | Dialect::Sqlite)) {
            // Libraries add those for patterns where the engine has classes of operators.
            let is_for_patterns = |index: &Index| {
                index.is_implied && index.keys.iter().all(|key| key.operator_class.is_some())
            };
            for table in &mut tables {
                table.indexes.retain(|index| !is_for_patterns(index));
            }
        }
        tables
    }

    /// Applies a change; what it is about may be missing.
    pub(super) fn apply(&mut self, change: &Change) {
        let Change { table, kind, place } = change;
        match kind {
            ChangeKind::Create(made) => self.create((**made).clone()),
            ChangeKind::CreateLike { like, with_indexes } => {
                let Some(mut made) = self.get(like).cloned() else {
                    self.open(table, *place);
                    return;
                };
                made.name.clone_from(table);
                made.place = *place;
                if !with_indexes {
                    made.indexes.clear();
                    made.foreign_keys.clear();
                }
                self.create(made);
            }
            // Any of them.
            ChangeKind::Unclear if table.is_empty() => {
                for table in self.tables.iter_mut().flatten() {
                    table.is_complete = false;
                }
                self.opened.clear();
            }
            ChangeKind::Opaque | ChangeKind::Unclear => {
                self.open(table, *place).is_complete = false;
                if let Some(at) = self.by_name.get(&table.to_lowercase()) {
                    self.opened.remove(at);
                }
            }
            ChangeKind::Drop => {
                if let Some(at) = self.by_name.remove(&table.to_lowercase()) {
                    self.tables[at] = None;
                }
            }
            ChangeKind::Rename(to) => self.rename(table, to),
            ChangeKind::AddColumn(column) => {
                let table = self.open(table, *place);
                if table.column(&column.name).is_none() {
                    table.columns.push(column.clone());
                }
            }
            ChangeKind::AlterColumn {
                name,
                kind,
                is_nullable,
            } => {
                let columns = self.get_mut(table).map(|table| &mut table.columns);
                let mut columns = columns.into_iter().flatten();
                if let Some(column) = columns.find(|c| c.name.eq_ignore_ascii_case(name)) {
                    column.kind = kind.unwrap_or(column.kind);
                    column.is_nullable = is_nullable.unwrap_or(column.is_nullable);
                }
            }
            ChangeKind::DropColumn(name) => {
                if let Some(table) = self.get_mut(table) {
                    let is_it = |column: &str| column.eq_ignore_ascii_case(name);
                    table.columns.retain(|column| !is_it(&column.name));
                    table.indexes.retain(|index| !mentions(index, is_it));
                    table
                        .foreign_keys
                        .retain(|key| !key.columns.iter().any(|c| is_it(c)));
                }
            }
            ChangeKind::RenameColumn { from, to } => self.rename_column(table, from, to),
            ChangeKind::AddIndex(index) => add_index(self.open(table, *place), index.clone()),
            ChangeKind::DropIndex(name) => self.drop_index(table, name),
            ChangeKind::RenameIndex { from, to } => {
                let mut indexes = self
                    .tables
                    .iter_mut()
                    .flatten()
                    .flat_map(|t| &mut t.indexes);
                if let Some(index) = indexes.find(|i| i.name.eq_ignore_ascii_case(from)) {
                    index.name.clone_from(to);
                }
            }
            ChangeKind::DropIndexOn(columns) => {
                if let Some(table) = self.get_mut(table) {
                    let is_on = |index: &Index| {
                        index.leading_columns().len() == index.keys.len()
                            && index.leading_columns().iter().eq(columns.iter())
                    };
                    table
                        .indexes
                        .retain(|index| index.is_primary || !is_on(index));
                }
            }
            ChangeKind::DropPrimaryKey => {
                if let Some(table) = self.get_mut(table) {
                    table.indexes.retain(|index| !index.is_primary);
                }
            }
            ChangeKind::AddForeignKey(key) => add_reference(self.open(table, *place), key.clone()),
            ChangeKind::DropConstraint(name) => {
                let is_it = |known: &str| known.eq_ignore_ascii_case(name);
                if let Some(table) = self.get_mut(table) {
                    table.indexes.retain(|index| !is_it(&index.name));
                    table
                        .foreign_keys
                        .retain(|key| !key.name.as_deref().is_some_and(is_it));
                }
            }
            ChangeKind::DropForeignKeyOf(columns) => {
                if let Some(table) = self.get_mut(table) {
                    table.foreign_keys.retain(|key| key.columns != *columns);
                }
            }
        }
    }

    /// Takes the tables as they are: nothing more is learnt of them.
    pub(super) fn close(&mut self) {
        self.closed = self.tables.len();
    }

    /// Adds a table as it is in the end; what is known of it already is joined.
    pub(super) fn create(&mut self, made: Table) {
        let at = self.by_name.get(&made.name.to_lowercase()).copied();
        if at.is_some_and(|at| at < self.closed && self.tables[at].is_some()) {
            return;
        }
        if let Some(at) = at
            && let Some(known) = &mut self.tables[at]
        {
            if self.opened.remove(&at) {
                known.is_complete = made.is_complete;
            }
            // The declaration is where people change it; migrations come first.
            known.place = made.place;
            for column in made.columns {
                let mut columns = known.columns.iter_mut();
                match columns.find(|known| known.name.eq_ignore_ascii_case(&column.name)) {
                    Some(known) => {
                        known.kind = narrower(known.kind, column.kind);
                        known.place = column.place;
                    }
                    None => known.columns.push(column),
                }
            }
            for index in made.indexes {
                add_index(known, index);
            }
            for key in made.foreign_keys {
                add_reference(known, key);
            }
            return;
        }
        self.by_name
            .insert(made.name.to_lowercase(), self.tables.len());
        let (indexes, keys) = (made.indexes, made.foreign_keys);
        let mut table = Table {
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            ..made
        };
        for index in indexes {
            add_index(&mut table, index);
        }
        for key in keys {
            add_reference(&mut table, key);
        }
        self.tables.push(Some(table));
    }

    /// Whether there is a table of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there is any.
    pub(super) fn has_any(&self) -> bool {
        !self.by_name.is_empty()
    }

    fn get(&self, name: &str) -> Option<&Table> {
        self.tables[*self.by_name.get(&name.to_lowercase())?].as_ref()
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables[*self.by_name.get(&name.to_lowercase())?].as_mut()
    }

    /// A table, also one that nobody has made: then all that is known of it are its changes.
    fn open(&mut self, name: &str, place: Place) -> &mut Table {
        let next = self.tables.len();
        let at = *self.by_name.entry(name.to_lowercase()).or_insert(next);
        if at == next {
            self.tables.push(None);
            self.opened.insert(at);
        }
        self.tables[at].get_or_insert_with(|| Table {
            name: name.to_owned(),
            namespace: None,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            is_complete: false,
            is_small: false,
            place,
        })
    }

    fn rename(&mut self, from: &str, to: &str) {
        let Some(at) = self.by_name.remove(&from.to_lowercase()) else {
            return;
        };
        if let Some(table) = &mut self.tables[at] {
            to.clone_into(&mut table.name);
        }
        if let Some(replaced) = self.by_name.insert(to.to_lowercase(), at)
            && replaced != at
        {
            self.tables[replaced] = None;
        }
        for table in self.tables.iter_mut().flatten() {
            for key in &mut table.foreign_keys {
                if key.target.eq_ignore_ascii_case(from) {
                    to.clone_into(&mut key.target);
                }
            }
        }
    }

    fn rename_column(&mut self, table: &str, from: &str, to: &str) {
        let is_it = |name: &str| name.eq_ignore_ascii_case(from);
        for other in self.tables.iter_mut().flatten() {
            for key in &mut other.foreign_keys {
                if key.target.eq_ignore_ascii_case(table) {
                    rename_in(&mut key.target_columns, from, to);
                }
            }
        }
        let Some(table) = self.get_mut(table) else {
            return;
        };
        for column in &mut table.columns {
            if is_it(&column.name) {
                to.clone_into(&mut column.name);
            }
        }
        for key in &mut table.foreign_keys {
            rename_in(&mut key.columns, from, to);
        }
        for index in &mut table.indexes {
            rename_in(&mut index.include, from, to);
            let terms = index
                .condition
                .iter_mut()
                .flatten()
                .map(|term| &mut term.value);
            for value in index.keys.iter_mut().map(|key| &mut key.value).chain(terms) {
                match value {
                    Value::Column(name) if is_it(name) => to.clone_into(name),
                    Value::Expression(text, columns) if columns.iter().any(|c| is_it(c)) => {
                        *text = text.replace(from, to);
                        rename_in(columns, from, to);
                    }
                    _ => {}
                }
            }
        }
    }

    fn drop_index(&mut self, table: &str, name: &str) {
        let known = self.by_name.get(&table.to_lowercase()).copied();
        for (at, table) in self.tables.iter_mut().enumerate() {
            if let Some(table) = table
                && known.is_none_or(|known| known == at)
            {
                table
                    .indexes
                    .retain(|index| !index.name.eq_ignore_ascii_case(name));
            }
        }
    }
}

fn rename_in(columns: &mut [String], from: &str, to: &str) {
    for column in columns {
        if column.eq_ignore_ascii_case(from) {
            to.clone_into(column);
        }
    }
}

fn mentions(index: &Index, is_it: impl Fn(&str) -> bool) -> bool {
    index.include.iter().any(|column| is_it(column))
        || index.keys.iter().any(|key| match &key.value {
            Value::Column(column) => is_it(column),
            Value::Expression(_, columns) => columns.iter().any(|column| is_it(column)),
        })
}

/// Of two declarations of a column, the kind that says more.
fn narrower(known: ColumnKind, told: ColumnKind) -> ColumnKind {
    match (known, told) {
        (ColumnKind::Other, _) => told,
        (ColumnKind::Text, ColumnKind::Enum(_) | ColumnKind::CaseInsensitiveText) => told,
        _ => known,
    }
}

/// Adds an index, unless there is one of its name or just like it.
fn add_index(table: &mut Table, mut index: Index) {
    if index.name.is_empty() {
        index.name = default_name(table, &index);
    } else if let Some(known) = table
        .indexes
        .iter_mut()
        .find(|known| known.name.eq_ignore_ascii_case(&index.name))
    {
        *known = index;
        return;
    }
    let is_known = table.indexes.iter().any(|known| {
        known.keys == index.keys
            && known.condition == index.condition
            && known.method == index.method
            && known.is_primary == index.is_primary
            && known.is_unique == index.is_unique
            // Two of one file are two, unless a class and one that derives from it tell of it.
            && (known.place.file != index.place.file || known.place == index.place)
    });
    let is_second_key = index.is_primary && table.primary_key().is_some();
    if !is_known && !is_second_key {
        table.indexes.push(index);
    }
}

/// The name that PostgreSQL gives an index without one.
fn default_name(table: &Table, index: &Index) -> String {
    let mut name = table.name.clone();
    if !index.is_primary {
        for key in &index.keys {
            name.push('_');
            name.push_str(match &key.value {
                Value::Column(column) => column,
                Value::Expression(..) => "expr",
            });
        }
    }
    name.push_str(match (index.is_primary, index.is_unique) {
        (true, _) => "_pkey",
        (_, true) => "_key",
        _ => "_idx",
    });
    name
}

fn add_reference(table: &mut Table, mut key: ForeignKey) {
    if key.name.is_none() {
        key.name = Some(format!("{}_{}_fkey", table.name, key.columns.join("_")));
    }
    let mut known = table.foreign_keys.iter_mut();
    match known.find(|known| known.columns == key.columns) {
        Some(known) => {
            known.cascades |= key.cascades;
            known.is_enforced |= key.is_enforced;
            known.place = key.place;
        }
        None => table.foreign_keys.push(key),
    }
}

/// The indexes that InnoDB makes for references that none leads with.
fn index_references(table: &mut Table) {
    let keys = table.foreign_keys.clone();
    for key in keys.into_iter().filter(|key| key.is_enforced) {
        let is_served = table.indexes.iter().any(|index| {
            let leading = index.leading_columns();
            leading.len() >= key.columns.len()
                && key.columns.iter().all(|column| {
                    leading[..key.columns.len()]
                        .iter()
                        .any(|c| c.eq_ignore_ascii_case(column))
                })
        });
        if !is_served {
            table.indexes.push(Index {
                name: key.name.clone().unwrap_or_default(),
                keys: key
                    .columns
                    .iter()
                    .map(|column| column_key(column))
                    .collect(),
                include: Vec::new(),
                condition: None,
                method: IndexMethod::BTree,
                is_unique: false,
                is_primary: false,
                is_implied: true,
                place: key.place,
            });
        }
    }
}

/// A key that is a column, from low to high.
pub(super) fn column_key(column: &str) -> IndexKey {
    IndexKey {
        value: Value::Column(column.to_owned()),
        is_descending: false,
        nulls_first: None,
        operator_class: None,
        collation: None,
    }
}
