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

/// Why a statement was not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unparsed {
    /// Too long, or of too many tokens.
    TooLarge,
    /// Not SQL of the dialect.
    Malformed,
}

/// Parses one statement, or several short ones, in the dialect or what all have in common.
///
/// # Errors
/// If it is too large or not SQL.
pub fn parse(text: &str, dialect: Option<Dialect>) -> Result<Vec<ast::Statement>, Unparsed> {
    if text.len() > MAX_PARSED_BYTES || tokens(text, dialect).len() > MAX_PARSED_TOKENS {
        return Err(Unparsed::TooLarge);
    }
    let parsed = match dialect {
        Some(Dialect::PostgreSql) => Parser::parse_sql(&PostgreSqlDialect {}, text),
        Some(Dialect::MySql) => Parser::parse_sql(&MySqlDialect {}, text),
        Some(Dialect::Sqlite) => Parser::parse_sql(&SQLiteDialect {}, text),
        Some(Dialect::Mongo) => return Err(Unparsed::Malformed),
        None => Parser::parse_sql(&GenericDialect {}, text),
    };
    parsed.map_err(|_| Unparsed::Malformed)
}

#[cfg(test)]
mod tests;
