//! Front ends: syntax tree to intermediate form. The only place that knows tree-sitter.

mod comments;
mod graphql;
mod javascript;
mod parse;
mod prisma;
mod python;
pub mod sql;
mod template;

use crate::ir::change::Change;
use crate::ir::entity::{Declarations, TypeLead};
use crate::ir::{Expr, ExprId, Module};
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
        Language::Sql | Language::GraphQl => Module::default(),
        Language::Prisma => prisma::lower(&file.text),
    }
}

/// The tables that a file in a language for schemas declares.
pub fn declared_schema(file: &SourceFile) -> Declarations {
    match file.language {
        Language::Prisma => prisma::declarations(&file.text),
        Language::GraphQl => Declarations {
            leads: graphql::leads(&file.text),
            ..Declarations::default()
        },
        _ => Declarations::default(),
    }
}

/// What leads to what in the schemas of GraphQL that texts of a module hold.
pub fn written_types(module: &Module) -> Vec<TypeLead> {
    let has_body = |text: &str| text.contains(['{', '=']);
    let may_declare = |text: &str| {
        let mut keywords = ["type ", "interface ", "union "].iter();
        has_body(text) && keywords.any(|keyword| text.contains(keyword))
    };
    let mut found = Vec::new();
    for i in 0..module.expr_count() as u32 {
        match module.expr(ExprId(i)) {
            Expr::String(text) if may_declare(module.text(text)) => {
                found.extend(graphql::leads(module.text(text)));
            }
            Expr::Template(parts) => {
                let parts = module.list(parts);
                // Most templates are short, and there are many.
                let may_have_body = parts.iter().any(|&part| {
                    matches!(module.expr(part), Expr::String(text) if has_body(module.text(text)))
                });
                if !may_have_body {
                    continue;
                }
                let mut whole = String::new();
                for &part in parts {
                    match module.expr(part) {
                        Expr::String(text) => whole.push_str(module.text(text)),
                        _ => whole.push(' '),
                    }
                }
                if may_declare(&whole) {
                    found.extend(graphql::leads(&whole));
                }
            }
            _ => {}
        }
    }
    found
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
