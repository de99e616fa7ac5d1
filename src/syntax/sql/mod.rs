//! SQL: statements of a text, their tokens, what schema statements change and what others ask.
//!
//! Statements are told apart here and read token by token, so that text of any size and dialect
//! costs what it has bytes. `sqlparser` sees single statements only, within limits: it recurses
//! over flat chains when it drops them, and a stack overflow cannot be caught.

pub mod condition;
mod cursor;
pub mod ddl;
mod define;
mod predicate;
pub mod query;
mod split;
pub mod token;

use sqlparser::ast;
use sqlparser::dialect::{GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

pub use define::kind_named;
pub use predicate::class_of_pattern;
pub use split::{Statement, statements};
pub use token::{Token, TokenKind, tokens};

use crate::ir::schema::Dialect;

/// Bytes of a statement that `sqlparser` is handed.
pub const MAX_PARSED_BYTES: usize = 64 << 10;
/// Tokens of a statement that `sqlparser` is handed.
pub const MAX_PARSED_TOKENS: usize = 20_000;

/// Nesting that `sqlparser` accepts.
const MAX_NESTING: usize = 40;

/// Why a statement was not parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unparsed {
    /// Too long, or of too many tokens.
    #[error("statement too long to be parsed")]
    TooLarge,
    /// Not SQL of the dialect, with the reason.
    #[error("{0}")]
    Malformed(String),
}

/// Parses one statement, or several short ones, in the dialect or, if it is not known, in the
/// first that takes it.
///
/// # Errors
/// If it is too large or not SQL.
pub fn parse(text: &str, dialect: Option<Dialect>) -> Result<Vec<ast::Statement>, Unparsed> {
    if text.len() > MAX_PARSED_BYTES || tokens(text, dialect).len() > MAX_PARSED_TOKENS {
        return Err(Unparsed::TooLarge);
    }
    let parse_as = |dialect: &dyn sqlparser::dialect::Dialect| {
        Parser::new(dialect)
            .with_recursion_limit(MAX_NESTING)
            .try_with_sql(text)
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|error| Unparsed::Malformed(error.to_string()))
    };
    match dialect {
        Some(Dialect::PostgreSql) => parse_as(&PostgreSqlDialect {}),
        Some(Dialect::MySql) => parse_as(&MySqlDialect {}),
        Some(Dialect::Sqlite) => parse_as(&SQLiteDialect {}),
        Some(Dialect::Mongo) => Err(Unparsed::Malformed("not SQL".to_owned())),
        None => parse_as(&PostgreSqlDialect {})
            .or_else(|error| parse_as(&MySqlDialect {}).map_err(|_| error))
            .or_else(|error| parse_as(&GenericDialect {}).map_err(|_| error)),
    }
}

#[cfg(test)]
mod tests;
