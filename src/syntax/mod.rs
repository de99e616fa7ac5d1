//! Front ends: syntax tree to intermediate form. The only place that knows tree-sitter.

mod comments;
mod javascript;
mod parse;
mod prisma;
mod python;
pub mod sql;
mod template;

use crate::ir::Module;
use crate::ir::change::Change;
use crate::ir::entity::Declarations;
use crate::source::{Language, SourceFile};

/// Nesting beyond this many levels is lowered to [`Expr::Unknown`](crate::ir::Expr::Unknown)
/// without a look inside, and noted as a syntax error.
pub(crate) const MAX_DEPTH: u32 = 1_000;

/// Parses and lowers one file. SQL files give an empty module: their statements are queries,
/// not code.
pub fn lower(file: &SourceFile) -> Module {
    match file.language {
        Language::Python => python::lower(&file.text),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            javascript::lower(&file.text, file.language)
        }
        Language::Template => template::lower(&file.text, &file.path),
        Language::Sql => Module::default(),
        Language::Prisma => prisma::lower(&file.text),
    }
}

/// The tables that a file in a language for schemas declares.
pub fn declared_schema(file: &SourceFile) -> Declarations {
    match file.language {
        Language::Prisma => prisma::declarations(&file.text),
        _ => Declarations::default(),
    }
}

/// What the statements of a file of SQL change in the schema.
pub fn schema_changes(file: &SourceFile) -> Vec<Change> {
    match file.language {
        Language::Sql => sql::ddl::changes(forward_part(&file.text), None),
        _ => Vec::new(),
    }
}

/// A migration without the part that undoes it, as dbmate, goose and sql-migrate mark it.
fn forward_part(text: &str) -> &str {
    const MARKS: &[&str] = &[
        "-- migrate:down",
        "-- +goose Down",
        "-- +migrate Down",
        "--//@UNDO",
    ];
    let end = MARKS.iter().filter_map(|mark| text.find(mark)).min();
    &text[..end.unwrap_or(text.len())]
}
