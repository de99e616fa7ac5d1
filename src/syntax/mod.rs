//! Front ends: syntax tree to intermediate form. The only place that knows tree-sitter.

mod javascript;
mod parse;
mod python;
pub mod sql;

use crate::ir::Module;
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
        Language::Sql => Module::default(),
    }
}
