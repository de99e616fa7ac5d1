//! `redundant-index`: an index whose keys another index starts with.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::schema::{Index, IndexMethod, Table};
use crate::link::program::Program;

pub(super) const RULE: Rule = Rule::per_program("redundant-index", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    for table in program.schemas.all().flat_map(|schema| &schema.tables) {
        for index in table.indexes.iter().filter(|index| !index.is_implied) {
            report(table, index, reporter.in_file(index.place.file));
        }
    }
}

fn report(table: &Table, index: &Index, reporter: &mut Reporter<'_>) {
    let Some(wider) = table.indexes.iter().find(|other| covers(other, index)) else {
        return;
    };
    let columns = index.leading_columns().join(", ");
    let others = wider.leading_columns().join(", ");
    reporter
        .report(
            index.place.span,
            Confidence::Medium,
            format!(
                "the index of `{}` on `{columns}` repeats the start of the one on `{others}`",
                table.name
            ),
        )
        .related(wider.place, "this index serves the same reads")
        .cost("one more index to keep up with each write")
        .help("drop the shorter index");
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
