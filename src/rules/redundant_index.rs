//! `redundant-index`: an index whose keys another index starts with.

use super::makers::makes_rows;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::schema::{Index, IndexMethod, Table};
use crate::link::program::Program;
use crate::link::words;

pub(super) const RULE: Rule = Rule::per_program("redundant-index", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    for table in program.schemas.all().flat_map(|schema| &schema.tables) {
        for index in table.indexes.iter().filter(|index| !index.is_implied) {
            report(program, table, index, reporter.in_file(index.place.file));
        }
    }
}

fn report(program: &Program, table: &Table, index: &Index, reporter: &mut Reporter<'_>) {
    let Some(wider) = table.indexes.iter().find(|other| covers(other, index)) else {
        return;
    };
    let columns = index.leading_columns().join(", ");
    let others = wider.leading_columns().join(", ");
    reporter
        .report(
            index.place.span,
            if is_seldom_written(program, table) || !makes_rows(program, table) {
                Confidence::Low
            } else {
                Confidence::Medium
            },
            format!(
                "the index of `{}` on `{columns}` repeats the start of the one on `{others}`",
                table.name
            ),
        )
        .related(wider.place, "this index serves the same reads")
        .cost("one more index to keep up with each write")
        .help("drop the shorter index");
}

/// Whether a table is one of few rows or of what is made once and lives long, by its name: there
/// are hardly any writes that an index more would slow down.
fn is_seldom_written(program: &Program, table: &Table) -> bool {
    let is_so = |name: &str| {
        words::is_lookup(name) || words::mentions_settings(name) || words::holds_many(name)
    };
    let world = &program.world;
    let mut classes = program.schemas.classes_of(table);
    is_so(&table.name) || classes.any(|class| world.class_name(class).is_some_and(is_so))
}

/// Whether one index serves all reads that another serves, and is not the same one.
fn covers(wider: &Index, index: &Index) -> bool {
    let is_plain = |index: &Index| {
        index.method == IndexMethod::BTree
            && index.condition.is_none()
            && index.leading_columns().len() == index.keys.len()
            && index.keys.iter().all(|key| key.collation.is_none())
    };
    // A unique index is a constraint too, and one that carries columns reads less.
    let may_go = !index.is_unique && !index.is_primary && index.include.is_empty();
    may_go
        && is_plain(wider)
        && is_plain(index)
        && !std::ptr::eq(wider, index)
        && wider.keys.len() > index.keys.len()
        && wider.keys[..index.keys.len()] == index.keys[..]
}
