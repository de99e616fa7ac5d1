//! What a statement asks of the database, whether written as SQL or built by calls.

use std::fmt;

use crate::source::Place;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Reads rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Deletes rows.
    Delete,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it does.
    pub verb: Verb,
    /// The tables it names, the first the one that it is about. Names are those of the database.
    pub tables: Vec<TableUse>,
    /// What all rows fulfil: conditions of `WHERE` and `ON`, joined by AND.
    pub conditions: Vec<Condition>,
    /// The sort order.
    pub order: Vec<OrderKey>,
    /// At most how many rows come back.
    pub limit: Bound,
    /// How many rows are passed over.
    pub offset: Bound,
    /// What comes back of each row.
    pub projection: Projection,
    /// Whether rows are counted, summed or grouped, so that those that come back are fewer.
    pub is_aggregate: bool,
    /// Whether all of its conditions are known. Not if some are added out of sight or were not
    /// understood.
    pub is_complete: bool,
    /// Where it is built or written.
    pub place: Place,
}

/// A table in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// The name as the database has it, without the namespace.
    pub name: String,
    /// The name that the statement has for it, if it differs.
    pub alias: Option<String>,
}

/// One of the conditions that all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A comparison.
    Term(Term),
    /// At least one of these lists of conditions holds.
    Or(Vec<Vec<Condition>>),
    /// Something that was not understood; it may narrow the rows.
    Unknown,
}

/// A comparison of something of a table with something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The table, by its position in [`Query::tables`]; 0 in the condition of an index.
    pub table: u16,
    /// What is compared.
    pub value: Value,
    /// How.
    pub class: OperatorClass,
    /// With what.
    pub operand: Operand,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A column, or what is computed from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A column.
    Column(String),
    /// An expression over columns, written as SQL in small letters without needless blanks:
    /// `lower(email)`; and the columns in it.
    Expression(String, Vec<String>),
}

/// What an operator needs of an index; the classes of `libraries.md`, §21.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorClass {
    /// `=`, `IN`, `= ANY`, `IS NULL`.
    Equality,
    /// `<`, `<=`, `>`, `>=`, `BETWEEN`.
    Range,
    /// `LIKE 'x%'`.
    Prefix,
    /// `LIKE '%x%'`, a regular expression.
    Substring,
    /// A comparison without regard to case, as the engine's operator (`ILIKE`).
    CaseInsensitive,
    /// `<>`, `NOT IN`, `NOT LIKE`, `IS NOT NULL`.
    Negation,
    /// Containment in a document or an array.
    Containment,
    /// Full text.
    FullText,
    /// Not known.
    Unknown,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A constant, as SQL has it: `'new'`, `5`, `true`.
    Constant(String),
    /// A list of constants.
    Constants(Vec<String>),
    /// A constant that a range ends at, on one side.
    Limit {
        /// The constant.
        value: String,
        /// Whether what is compared is smaller.
        is_upper: bool,
        /// Whether it may be equal.
        is_inclusive: bool,
    },
    /// NULL.
    Null,
    /// A value given when the statement runs; how many, if it is a list of unknown size.
    Parameter,
    /// A list of values given when the statement runs.
    Parameters,
    /// A column of a table of the statement: the position of the table, and the column.
    Column(u16, String),
    /// The result of another statement.
    Subquery,
    /// Something else.
    Unknown,
}

/// A key of the sort order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// The table, by its position in [`Query::tables`].
    pub table: u16,
    /// What is sorted by.
    pub value: Value,
    /// Whether from high to low.
    pub is_descending: bool,
    /// Where nulls stand, if it is said.
    pub nulls_first: Option<bool>,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Not given.
    None,
    /// A constant.
    Constant(u64),
    /// Given when the statement runs.
    Parameter,
    /// May be given out of sight.
    Unknown,
}

/// What comes back of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    /// `SELECT *`, or the columns of one table by `t.*`.
    Star,
    /// The rows of an entity, as an ORM loads them.
    Entity,
    /// Named columns and expressions.
    Columns(Vec<Value>),
    /// A number or a truth value for all rows: `COUNT(*)`, `EXISTS`.
    Aggregate,
    /// Not known.
    Unknown,
}

impl fmt::Display for Query {
    /// In the manner of SQL, for tests and explanations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.verb {
            Verb::Select => "select",
            Verb::Insert => "insert",
            Verb::Update => "update",
            Verb::Delete => "delete",
        };
        let columns = match &self.projection {
            Projection::Star => " *",
            Projection::Aggregate => " aggregate",
            _ => "",
        };
        let tables: Vec<&str> = self
            .tables
            .iter()
            .map(|table| table.name.as_str())
            .collect();
        write!(f, "{verb}{columns} {}", tables.join(", "))?;
        for (i, condition) in self.conditions.iter().enumerate() {
            let word = if i == 0 { "where" } else { "and" };
            write!(f, " {word} {}", Spelled(condition, &self.tables))?;
        }
        for (i, key) in self.order.iter().enumerate() {
            let word = if i == 0 { " order by" } else { "," };
            let direction = if key.is_descending { " desc" } else { "" };
            write!(
                f,
                "{word} {}{direction}",
                column(key.table, &key.value, &self.tables)
            )?;
        }
        for (name, bound) in [("limit", self.limit), ("offset", self.offset)] {
            match bound {
                Bound::None => {}
                Bound::Constant(n) => write!(f, " {name} {n}")?,
                Bound::Parameter | Bound::Unknown => write!(f, " {name} ?")?,
            }
        }
        if !self.is_complete {
            f.write_str(" and more")?;
        }
        Ok(())
    }
}

/// A condition, and the tables that it is about.
struct Spelled<'q>(&'q Condition, &'q [TableUse]);

impl fmt::Display for Spelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Condition::Unknown => f.write_str("?"),
            Condition::Or(branches) => {
                f.write_str("(")?;
                for (i, branch) in branches.iter().enumerate() {
                    if i > 0 {
                        f.write_str(" or ")?;
                    }
                    for (i, condition) in branch.iter().enumerate() {
                        if i > 0 {
                            f.write_str(" and ")?;
                        }
                        Spelled(condition, self.1).fmt(f)?;
                    }
                }
                f.write_str(")")
            }
            Condition::Term(term) => {
                let operator = match term.class {
                    OperatorClass::Equality => "=",
                    OperatorClass::Range => "<>=",
                    OperatorClass::Prefix => "like x%",
                    OperatorClass::Substring => "like %x",
                    OperatorClass::CaseInsensitive => "ilike",
                    OperatorClass::Negation => "!=",
                    OperatorClass::Containment => "@>",
                    OperatorClass::FullText => "@@",
                    OperatorClass::Unknown => "op",
                };
                write!(f, "{} {operator}", column(term.table, &term.value, self.1))?;
                match &term.operand {
                    Operand::Constant(text) => write!(f, " {text}"),
                    Operand::Constants(all) => write!(f, " ({})", all.join(", ")),
                    Operand::Limit { value, .. } => write!(f, " {value}"),
                    Operand::Null => f.write_str(" null"),
                    Operand::Parameter => f.write_str(" ?"),
                    Operand::Parameters => f.write_str(" (?)"),
                    Operand::Column(table, name) => {
                        write!(
                            f,
                            " {}",
                            column(*table, &Value::Column(name.clone()), self.1)
                        )
                    }
                    Operand::Subquery => f.write_str(" (select)"),
                    Operand::Unknown => Ok(()),
                }
            }
        }
    }
}

/// A column, with its table where there are several.
fn column(table: u16, value: &Value, tables: &[TableUse]) -> String {
    let (Value::Column(text) | Value::Expression(text, _)) = value;
    match tables.get(usize::from(table)) {
        Some(of) if tables.len() > 1 => format!("{}.{text}", of.name),
        _ => text.clone(),
    }
}
