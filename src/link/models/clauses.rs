//! What calls add to the queries that they build or run, as models tell it.

use serde::Deserialize;

use super::Bounded;

/// How arguments say which rows, or in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `author__name__icontains=x`: keywords with relations and operators in their names, and
    /// expressions made of such.
    Keywords,
    /// `Book.year > 2000`, `eq(books.year, 2000)`.
    Expressions,
    /// `{year: {gt: 2000}}`.
    Object,
    /// `("year", ">", 2000)`.
    Column,
    /// `"book.year > :year"`.
    Sql,
    /// `"-year"`, `"author__name"`: names with relations in them, a minus for descending.
    Names,
    /// The primary key, or another key that no two rows share.
    Key,
}

/// What comes back of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Projects {
    /// Some of its columns.
    Columns,
    /// A number or a truth value for all.
    Aggregate,
    /// Numbers for groups of rows.
    Groups,
}

/// A number of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// A constant.
    Constant(u64),
    /// What an argument says.
    By(Bounded),
}

/// What a call adds to a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clauses {
    /// The argument that names the table: an entity, one of its columns, or a text.
    pub from: Option<Bounded>,
    /// How it says which rows.
    pub conditions: Option<Form>,
    /// The argument that says it; none is all of them.
    pub conditions_in: Option<Bounded>,
    /// By what it compares, if its name says so.
    pub operator: Option<String>,
    /// Whether the rows are those that do not fulfil it.
    pub negated: bool,
    /// Whether rows that fulfil it come besides those that fulfil what stands before.
    pub disjunct: bool,
    /// How it says the order.
    pub order: Option<Form>,
    /// The argument that says it; none is all of them.
    pub order_in: Option<Bounded>,
    /// Whether the order it says is the other way round.
    pub descending: bool,
    /// At most how many rows.
    pub limit: Option<Count>,
    /// How many rows are passed over.
    pub offset: Option<Count>,
    /// The argument that names the row where the page begins; the rows passed over come after it.
    pub cursor: Option<Bounded>,
    /// The argument that names a further table.
    pub join: Option<Bounded>,
    /// The argument that says how its rows belong to the others.
    pub on: Option<Bounded>,
    /// The argument that gives the table another name.
    pub alias: Option<Bounded>,
    /// What comes back of each row.
    pub projection: Option<Projects>,
    /// Whether its keywords name values that are computed, which conditions may then use.
    pub computes: bool,
    /// Whether it may add conditions that are not told.
    pub opaque: bool,
    /// It declares a table: the argument with the columns.
    pub columns: Option<Bounded>,
    /// The argument with the table's indexes and keys.
    pub parts: Option<Bounded>,
    /// The argument of the call that gave what it is called on, by which the table is named.
    pub named_by: Option<Bounded>,
}

/// What a name or function compares by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorModel {
    /// How it compares, or what else it means.
    pub op: Operator,
    /// What is computed of the column first, as SQL with `{}` for the column.
    pub apply: Option<String>,
}

/// How something is compared, or how conditions are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// `=`
    Equals,
    /// `IN`
    In,
    /// `IS NULL`, or `IS NOT NULL` for false.
    Null,
    /// `IS NOT NULL`
    NotNull,
    /// `<>`, `NOT IN`, `NOT LIKE`
    Differs,
    /// `<`, `<=`, `>`, `>=`, `BETWEEN`
    Range,
    /// Begins with.
    Prefix,
    /// Contains, ends with, matches.
    Substring,
    /// `LIKE` with the pattern given.
    Like,
    /// `ILIKE` with the pattern given.
    Ilike,
    /// Equal, or beginning alike, without regard to case, by an operator of the engine.
    Insensitive,
    /// Contained in a document or array.
    Containment,
    /// Full text.
    FullText,
    /// All hold.
    And,
    /// One holds.
    Or,
    /// It does not hold.
    Not,
    /// Conditions of the row, or rows, at the other end of a relation.
    Related,
    /// Conditions that no row at the other end may fulfil.
    Unrelated,
    /// Changes how another operator of the same object compares: without regard to case.
    Mode,
    /// The value as it stands: `F("x")`, `literal(x)`.
    Value,
    /// From high to low.
    Descending,
    /// From low to high.
    Ascending,
    /// Not known.
    Unknown,
    /// Only computes from the column: a transform.
    Transform,
}
