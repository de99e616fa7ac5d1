//! Tables as a language for schemas declares them: with the names that the program has for them,
//! beside those of the database.

use super::schema::{Dialect, Table};
use crate::source::Place;

/// What one file declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declarations {
    /// The database it is for, if the file says so.
    pub source: Option<DataSource>,
    /// Its tables.
    pub entities: Vec<DeclaredEntity>,
    /// Types of a few values, with their count.
    pub enums: Vec<(String, u16)>,
    /// What leads to what among the types of a schema of GraphQL.
    pub leads: Vec<TypeLead>,
}

/// A type whose objects lead to those of another: by a field, or as a union does to its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeLead {
    /// The type.
    pub from: String,
    /// The other one.
    pub to: String,
    /// Whether one object leads to many.
    pub is_many: bool,
}

/// The database that tables are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataSource {
    /// The engine, if it is known.
    pub dialect: Option<Dialect>,
    /// Whether the database itself knows the references.
    pub enforces: bool,
}

/// A table, with the names that the program has for its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredEntity {
    /// What the program calls it.
    pub name: String,
    /// The table. Its references lead to entities, and to their attributes.
    pub table: Table,
    /// The attributes with their columns.
    pub attributes: Vec<(String, String)>,
    /// Attributes of a type that is declared elsewhere: an entity or an enumeration.
    pub typed: Vec<TypedAttribute>,
}

/// An attribute of a type that is declared elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedAttribute {
    /// Its name.
    pub name: String,
    /// The type.
    pub of: String,
    /// Whether it has many values.
    pub is_many: bool,
    /// The name of the relation, where several lead to the same entity.
    pub relation: Option<String>,
    /// Its own attributes by which it leads to the other entity, and those of the other.
    pub joins: Vec<(String, String)>,
    /// Where it is declared.
    pub place: Place,
}
