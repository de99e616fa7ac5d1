//! What a database looks like: tables, columns, indexes and foreign keys, however they were
//! declared. Names are those of the database, not of the classes that map to it.

pub use crate::source::Dialect;
use crate::source::Place;

/// What a schema was put together from, the most certain last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Classes that map to tables; migrations may add what they do not say.
    Models,
    /// Migrations, replayed in order.
    Migrations,
    /// A dump of the whole schema.
    Dump,
}

/// One database of the project, in its end state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// What tells it from the other databases of the repository: the folder it is declared in.
    pub name: String,
    /// The engine; none if nothing says it, or several do.
    pub dialect: Option<Dialect>,
    /// What it was put together from.
    pub origin: Origin,
    /// Sorted by name.
    pub tables: Vec<Table>,
}

/// A table in its end state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name as the database has it, without the namespace.
    pub name: String,
    /// The namespace, if one is named.
    pub namespace: Option<String>,
    /// In the order of their declaration.
    pub columns: Vec<Column>,
    /// Also those made by keys, constraints and the engine itself.
    pub indexes: Vec<Index>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether all of its indexes are known. Not for tables that someone else makes, views, and
    /// tables changed by statements that were not understood.
    pub is_complete: bool,
    /// Whether it is known to stay small, by configuration or because only constants fill it.
    pub is_small: bool,
    /// Where it is declared.
    pub place: Place,
}

impl Schema {
    /// The table of a name, as it is written or, if none is, whatever its letters' case.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables
            .iter()
            .find(|table| table.name == name)
            .or_else(|| {
                let mut tables = self.tables.iter();
                tables.find(|table| table.name.eq_ignore_ascii_case(name))
            })
    }
}

impl Table {
    /// A table without columns, declared at a place.
    pub fn new(name: impl Into<String>, place: Place) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            is_complete: true,
            is_small: false,
            place,
        }
    }

    /// Moves it, and all it has, to other places.
    pub fn move_to(&mut self, to: impl Fn(Place) -> Place) {
        self.place = to(self.place);
        let columns = self.columns.iter_mut().map(|c| &mut c.place);
        let indexes = self.indexes.iter_mut().map(|i| &mut i.place);
        let keys = self.foreign_keys.iter_mut().map(|k| &mut k.place);
        for place in columns.chain(indexes).chain(keys) {
            *place = to(*place);
        }
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The primary key.
    pub fn primary_key(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.is_primary)
    }
}

impl Index {
    /// Its leading keys that are plain columns.
    pub fn leading_columns(&self) -> Vec<&str> {
        let columns = self.keys.iter().map_while(|key| match &key.value {
            super::query::Value::Column(name) => Some(name.as_str()),
            super::query::Value::Expression(..) => None,
        });
        columns.collect()
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as the database has it.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub is_nullable: bool,
    /// Where it is declared.
    pub place: Place,
}

/// What a column holds, as far as indexes care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Text compared without regard to case.
    CaseInsensitiveText,
    /// An integer.
    Integer,
    /// Another number.
    Number,
    /// A truth value.
    Bool,
    /// One of a few values, with their count.
    Enum(u16),
    /// A date or a point in time.
    Time,
    /// A UUID or other opaque key.
    Key,
    /// A document.
    Json,
    /// An array.
    Array,
    /// A search vector.
    TextSearch,
    /// Bytes.
    Bytes,
    /// Something else, or not known.
    Other,
}

/// An index in its end state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, generated ones included.
    pub name: String,
    /// Its keys, in order.
    pub keys: Vec<IndexKey>,
    /// Columns carried along that narrow nothing.
    pub include: Vec<String>,
    /// The condition of a partial index: all of these terms hold for its rows. An empty list in
    /// `Some` is a condition that was not understood.
    pub condition: Option<Vec<super::query::Term>>,
    /// How it is built.
    pub method: IndexMethod,
    /// Whether no two rows have the same keys.
    pub is_unique: bool,
    /// Whether it is the primary key.
    pub is_primary: bool,
    /// Whether the engine or the ORM makes it by itself, for a key or a foreign key.
    pub is_implied: bool,
    /// Where it is declared.
    pub place: Place,
}

impl Index {
    /// A plain index on keys, without a name, declared at a place.
    pub fn of(keys: Vec<IndexKey>, place: Place) -> Self {
        Self {
            name: String::new(),
            keys,
            include: Vec::new(),
            condition: None,
            method: IndexMethod::BTree,
            is_unique: false,
            is_primary: false,
            is_implied: false,
            place,
        }
    }
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// What is sorted by.
    pub value: super::query::Value,
    /// Whether from high to low.
    pub is_descending: bool,
    /// Where nulls stand; none is the engine's default for the direction.
    pub nulls_first: Option<bool>,
    /// The operator class, in small letters: `gin_trgm_ops`.
    pub operator_class: Option<String>,
    /// The collation, if one is named.
    pub collation: Option<String>,
}

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexMethod {
    /// Sorted keys; the default everywhere.
    BTree,
    /// Hashed keys: equality only.
    Hash,
    /// Inverted: parts of documents, arrays and texts.
    Gin,
    /// Search trees of shapes, ranges and texts.
    Gist,
    /// Summaries of blocks.
    Brin,
    /// Full text of MySQL or MongoDB.
    FullText,
    /// Another method.
    Other,
}

/// A reference to another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name of the constraint, if it is known.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub target: String,
    /// The columns referred to; empty is the primary key.
    pub target_columns: Vec<String>,
    /// Whether deleting the target's row deletes or changes the rows that refer to it.
    pub cascades: bool,
    /// Whether the database knows the constraint; some ORMs keep it to themselves.
    pub is_enforced: bool,
    /// Where it is declared.
    pub place: Place,
}
