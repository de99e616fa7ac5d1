//! What the text of a query says of itself, by its words.

use super::{Reader, is_key, scope_of};
use crate::ir::{CallKind, Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::types::ExprRef;
use crate::link::words;

impl<'w> Reader<'w> {
    /// The value that stands for the limit of a text: `LIMIT $2`, `` LIMIT ${n} ``.
    pub(super) fn limit_of_text(&mut self, typer: &Typer<'w>, call: ExprId, sql: ExprId) {
        let file = typer.file();
        let module = &self.world.unit(file).facts.module;
        let limit = match module.expr(sql) {
            Expr::String(text) => {
                let lower = module.text(text).to_ascii_lowercase();
                let Some((before, after)) = lower.rsplit_once("limit ") else {
                    return;
                };
                let after = after.trim_start();
                let place = match after.strip_prefix('$') {
                    Some(number) => {
                        let end = number.find(|c: char| !c.is_ascii_digit());
                        let number = &number[..end.unwrap_or(number.len())];
                        number.parse::<usize>().ok().and_then(|n| n.checked_sub(1))
                    }
                    None if after.starts_with('?') => Some(before.matches('?').count()),
                    None if after.starts_with("%s") => Some(before.matches("%s").count()),
                    None => None,
                };
                place.and_then(|place| {
                    let values = typer.argument(call, 1)?;
                    match module.expr(values) {
                        Expr::Sequence { elements, .. } => {
                            module.list(elements).get(place).copied()
                        }
                        _ => None,
                    }
                })
            }
            Expr::Template(parts) => {
                let parts = module.list(parts);
                parts
                    .windows(2)
                    .find_map(|pair| match module.expr(pair[0]) {
                        Expr::String(text) => {
                            let lower = module.text(text).to_ascii_lowercase();
                            lower.trim_end().ends_with("limit").then_some(pair[1])
                        }
                        _ => None,
                    })
            }
            _ => None,
        };
        self.limits.extend(limit.map(|expr| ExprRef { file, expr }));
    }

    /// What SQL text says of itself.
    pub(super) fn statement(&mut self, module: &Module, sql: ExprId) {
        let sql = tagged(module, sql).unwrap_or(sql);
        let text = match module.expr(sql) {
            Expr::String(text) => module.text(text).to_owned(),
            Expr::Template(parts) => module
                .list(parts)
                .iter()
                .map(|&part| match module.expr(part) {
                    Expr::String(text) => module.text(text),
                    _ => " ? ",
                })
                .collect(),
            // Of text that is put together, a part may limit the rows; an object that stands for a
            // query, as cursors and streams do, has limits of its own.
            Expr::Binary { .. }
            | Expr::Call {
                kind: CallKind::New,
                ..
            } => {
                self.facts.is_bounded = true;
                return;
            }
            _ => return,
        };
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower
            .split(|c: char| {
                !(c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '.' | '?' | '$' | '='))
            })
            .filter(|word| !word.is_empty())
            .collect();
        let facts = &mut self.facts;
        if !matches!(words.first(), Some(&("select" | "with" | "values"))) {
            return;
        }
        // A hole may hold the rest of the statement, or a fragment with a limit.
        if let Expr::Template(parts) = module.expr(sql) {
            let last = module.list(parts).last();
            let ends = last.is_some_and(|&last| !matches!(module.expr(last), Expr::String(_)));
            facts.is_bounded |= ends && !lower.contains("where");
            let parts = module.list(parts).iter();
            facts.is_bounded |= parts.into_iter().any(|&part| limits(module, part));
        }
        let follows = |a: &str, b: &str| words.windows(2).any(|pair| pair == [a, b]);
        let has = |word: &str| words.contains(&word);
        facts.is_bounded |= has("limit") || has("fetch") || has("top");
        // What a database tells of itself is little.
        facts.is_bounded |= CATALOGUES.iter().any(|name| lower.contains(name));
        facts.has_conditions |= has("where");
        facts.is_ordered |= follows("order", "by");
        facts.is_aggregated |= follows("group", "by") || has("distinct") || has("union");
        let select_list = lower.split("from").next().unwrap_or("");
        let counts = ["count(", "sum(", "max(", "min(", "avg(", "exists("];
        facts.is_aggregated |= counts.iter().any(|word| select_list.contains(word));
        facts.is_projected |= !select_list.contains('*');
        facts.is_keyed |= follows("in", "?") || lower.contains("any(") || has("in");
        facts.skips |= has("offset");
        facts.locks |= follows("for", "update");
        let is_bound = |pair: &[&str]| matches!(pair[1], ">" | ">=") && words::is_time(pair[0]);
        facts.is_since |= lower
            .split_whitespace()
            .collect::<Vec<_>>()
            .windows(2)
            .any(is_bound);
        let mut scope = facts.scope;
        for (i, word) in words.iter().enumerate() {
            let (column, value) = match word.split_once('=') {
                Some((column, value)) if !column.is_empty() => (column, value),
                Some((_, value)) if i > 0 => (words[i - 1], value),
                _ => continue,
            };
            let value = if value.is_empty() {
                words.get(i + 1).copied().unwrap_or("")
            } else {
                value
            };
            if value.starts_with(['$', '?', '@']) || value == "s" {
                scope = scope.max(scope_of(column.rsplit('.').next().unwrap_or(column)));
            }
        }
        facts.scope = scope;
        facts.is_unique |= is_unique(&words);
    }
}

/// The text of a tagged template: `` Prisma.sql`…` ``.
fn tagged(module: &Module, sql: ExprId) -> Option<ExprId> {
    let Expr::Call { args, .. } = module.expr(sql) else {
        return None;
    };
    let first = *module.list(args).first()?;
    matches!(module.expr(first), Expr::Template(_)).then_some(first)
}

/// Names by which databases tell of themselves.
const CATALOGUES: &[&str] = &[
    "information_schema",
    "pg_catalog",
    "pg_class",
    "pg_database",
    "pg_indexes",
    "pg_tables",
    "sqlite_master",
    "sqlite_schema",
];

/// Whether a part of a text holds a fragment with a limit.
fn limits(module: &Module, part: ExprId) -> bool {
    const MAX_PARTS: usize = 40;
    let mut open = vec![part];
    let mut seen = 0;
    while let Some(at) = open.pop() {
        seen += 1;
        if seen > MAX_PARTS {
            break;
        }
        match module.expr(at) {
            Expr::String(text) => {
                let lower = module.text(text).to_ascii_lowercase();
                if at != part && lower.split_whitespace().any(|word| word == "limit") {
                    return true;
                }
            }
            Expr::Function(_) => {}
            _ => module.for_each_part(at, |next| open.push(next)),
        }
    }
    false
}

/// Whether a column that identifies rows is compared with a value, and not with the column of
/// another table, as joins do.
fn is_unique(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(i, word)| {
        let (column, value) = match word.split_once('=') {
            Some((column, value)) if !column.is_empty() => (column, value),
            Some((_, value)) if i > 0 => (words[i - 1], value),
            _ => return false,
        };
        let value = if value.is_empty() {
            words.get(i + 1).copied().unwrap_or("")
        } else {
            value
        };
        let is_column = value.contains('.') && value.starts_with(|c: char| c.is_alphabetic());
        is_key(column.rsplit('.').next().unwrap_or(column)) && !is_column
    })
}
