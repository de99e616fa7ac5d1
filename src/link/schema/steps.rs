//! The schema changes of one file: its statements if it is SQL, its calls and the SQL in its texts
//! if it is a migration.

use super::read::{is_schema_statement, text};
use super::{builders, calls, history};
use crate::ir::change::Change;
use crate::ir::{Expr, ExprId, Module};
use crate::link::world::World;
use crate::source::{Context, FileId, Place};
use crate::syntax::sql::ddl;

/// Words in the names of functions and files that undo a migration.
const BACKWARD: &[&str] = &[
    "down",
    "downgrade",
    "reverse",
    "backward",
    "backwards",
    "revert",
    "rollback",
    "undo",
];

/// What a file changes.
pub(super) fn changes_of(world: &World, file: FileId, context: Context) -> Vec<Change> {
    let unit = world.unit(file);
    let name = unit
        .path
        .rsplit('/')
        .next()
        .unwrap_or(&unit.path)
        .to_lowercase();
    let is_backward = unit
        .path
        .split('/')
        .any(|folder| BACKWARD.contains(&folder))
        || name
            .split(['.', '_', '-'])
            .any(|word| BACKWARD.contains(&word));
    if is_backward && unit.path.ends_with(".sql") {
        return Vec::new();
    }
    if !unit.facts.changes.is_empty() {
        let mut changes = unit.facts.changes.clone();
        for change in &mut changes {
            change.move_to(|place| Place { file, ..place });
        }
        return changes;
    }
    if context == Context::Migration {
        return in_calls(world, file);
    }
    Vec::new()
}

/// The changes by calls of a migration, and by the SQL that it hands to them.
fn in_calls(world: &World, file: FileId) -> Vec<Change> {
    let module = &world.unit(file).facts.module;
    let mut found = Vec::new();
    let mut sites: Vec<ExprId> = module.sites.iter().map(|site| site.expr).collect();
    // Those of a function inside another come after all of the other's, and of a chain's calls
    // the last one ends last.
    sites.sort_by_key(|&site| (module.span(site).start, module.span(site).end));
    for &site in &sites {
        if !matches!(module.expr(site), Expr::Call { .. }) || is_backward(module, site) {
            continue;
        }
        let made = calls::changes_by(world, file, site);
        if let Some(changes) = made.or_else(|| builders::changes_by(world, file, site, &sites)) {
            found.extend(changes);
            continue;
        }
        // Of several texts the first is what is done; another undoes it.
        let args = super::read::arguments(module, site);
        let first = args.iter().copied().find(|&arg| match module.expr(arg) {
            Expr::Keyword { name, .. } => module.text(name) == "sql",
            _ => true,
        });
        let Some(first) = first else {
            continue;
        };
        let first = match module.expr(first) {
            Expr::Keyword { value, .. } => value,
            _ => first,
        };
        let texts = match super::read::list(module, first) {
            Some(elements) => elements.to_vec(),
            None => vec![first],
        };
        for value in texts {
            let Some(sql) = joined_text(module, value) else {
                continue;
            };
            if is_schema_statement(&sql) {
                let span = module.span(value);
                found.extend(ddl::changes_at(&sql, None, Place { file, span }));
            }
        }
    }
    found
}

/// A text, also one of several that are put together.
fn joined_text(module: &Module, expr: ExprId) -> Option<String> {
    match module.expr(expr) {
        Expr::Template(parts) => {
            let parts = module.list(parts).iter();
            parts.map(|&part| text(module, part)).collect()
        }
        Expr::Binary { left, right, .. } => {
            Some(joined_text(module, left)? + &joined_text(module, right)?)
        }
        _ => text(module, expr).map(str::to_owned),
    }
}

/// Whether code undoes the migration, by the name of a function around it.
fn is_backward(module: &Module, expr: ExprId) -> bool {
    let mut at = Some(module.function_of(expr));
    while let Some(id) = at {
        let function = module.function(id);
        let name = function
            .name
            .map_or("", |name| module.text(name))
            .to_lowercase();
        if name.split('_').any(|word| BACKWARD.contains(&word)) {
            return true;
        }
        at = function.parent;
    }
    false
}

/// Sorts the changes of files: as the files say themselves, or by their paths.
pub(super) fn sort(world: &World, changes: &mut [(usize, Vec<Change>)]) {
    changes.sort_by_cached_key(|&(i, _)| order_of(world, FileId(i as u32)));
    let positions = history::positions(world);
    let places: Vec<usize> = (0..changes.len())
        .filter(|&at| positions.contains_key(&changes[at].0))
        .collect();
    let mut steps: Vec<(usize, Vec<Change>)> = places
        .iter()
        .map(|&at| std::mem::take(&mut changes[at]))
        .collect();
    steps.sort_by_key(|(i, _)| positions[i]);
    for (at, step) in places.into_iter().zip(steps) {
        changes[at] = step;
    }
}

/// Folders that older steps are put away in; they stand among the others.
const ARCHIVES: &[&str] = &["archive", "archived", "archives"];

/// Where a file stands among the steps: by its path, numbers by their value.
fn order_of(world: &World, file: FileId) -> Vec<(String, u64)> {
    let folders = world.unit(file).path.split('/');
    let folders: Vec<&str> = folders.filter(|name| !ARCHIVES.contains(name)).collect();
    let path = folders.join("/");
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut word = String::new();
    let mut digits = String::new();
    for c in path.chars().chain(std::iter::once('/')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            parts.push((
                std::mem::take(&mut word),
                digits.parse().unwrap_or(u64::MAX),
            ));
            digits.clear();
        }
        word.push(c);
    }
    parts.push((word, 0));
    parts
}
