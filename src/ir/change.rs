//! The steps by which a schema comes about: what a schema statement or a migration changes.

use super::schema::{Column, ColumnKind, ForeignKey, Index, Table};
use crate::source::Place;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table it is about, as written. Empty for an index that is dropped by its name alone.
    pub table: String,
    /// What it does.
    pub kind: ChangeKind,
    /// Where it is written.
    pub place: Place,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Makes a table.
    Create(Box<Table>),
    /// Makes a table with the columns, and perhaps the indexes, of another.
    CreateLike {
        /// The other.
        like: String,
        /// Whether its indexes come along.
        with_indexes: bool,
    },
    /// Makes something that rows are read from and whose indexes are not its own: a view.
    Opaque,
    /// Drops the table.
    Drop,
    /// Gives the table another name.
    Rename(String),
    /// Adds a column.
    AddColumn(Column),
    /// Changes what a column holds; nothing is said of the rest.
    AlterColumn {
        /// The column.
        name: String,
        /// What it holds now, if that changes.
        kind: Option<ColumnKind>,
        /// Whether it may be null now, if that changes.
        is_nullable: Option<bool>,
    },
    /// Drops a column.
    DropColumn(String),
    /// Gives a column another name.
    RenameColumn {
        /// Its name until now.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Adds an index, also one that a key or a constraint makes.
    AddIndex(Index),
    /// Drops an index by its name.
    DropIndex(String),
    /// Gives an index another name.
    RenameIndex {
        /// Its name until now.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Drops the index on these columns, whatever its name.
    DropIndexOn(Vec<String>),
    /// Drops the primary key.
    DropPrimaryKey,
    /// Adds a reference.
    AddForeignKey(ForeignKey),
    /// Drops a constraint by its name: a key, with its index, or a reference.
    DropConstraint(String),
    /// Drops the reference that these columns hold.
    DropForeignKeyOf(Vec<String>),
    /// Changes the table, or any if none is named, in a way that was not understood.
    Unclear,
}

impl Change {
    /// Moves the step, and all it makes, to other places.
    pub fn move_to(&mut self, to: impl Fn(Place) -> Place) {
        self.place = to(self.place);
        match &mut self.kind {
            ChangeKind::Create(table) => table.move_to(to),
            ChangeKind::AddColumn(column) => column.place = to(column.place),
            ChangeKind::AddIndex(index) => index.place = to(index.place),
            ChangeKind::AddForeignKey(key) => key.place = to(key.place),
            _ => {}
        }
    }
}
