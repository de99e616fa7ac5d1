//! `select-star`: a statement of the program's text that asks for all columns.

use super::asked::{Site, Weight, sites};
use super::indexes::schema_of;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Projection, Verb};
use crate::ir::schema::Column;
use crate::link::program::Program;

pub(super) const RULE: Rule = Rule::per_program("select-star", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let mut last = None;
    for site in sites(program) {
        let query = &site.asked.query;
        // Of a statement the outer query says what comes back.
        let is_outer = last != Some(site.place());
        last = Some(site.place());
        if !is_outer
            || query.verb != Verb::Select
            || query.projection != Projection::Star
            || query.is_aggregate
        {
            continue;
        }
        // `SELECT * FROM (SELECT a, b …)` has the columns of the inner query.
        let Some(table) = query.tables.first().filter(|table| !table.name.is_empty()) else {
            continue;
        };
        let confidence = match site.weight() {
            Weight::Aside | Weight::Idle | Weight::Job | Weight::Unknown => Confidence::Low,
            // Of small columns most may well be read, and the rest weighs little.
            _ if !has_large_columns(program, site, &table.name) => Confidence::Low,
            _ => site.confidence().min(Confidence::Medium),
        };
        let (name, span) = (table.name.clone(), site.place().span);
        reporter
            .within(site.function)
            .report(
                span,
                confidence,
                format!("asks for all columns of `{name}`, whatever is read of them"),
            )
            .cost("every column crosses the network, large ones too, and no index holds them all")
            .help("name the columns that are read");
    }
}

/// Whether a table of the schema has columns that hold much.
fn has_large_columns(program: &Program, site: Site<'_>, table: &str) -> bool {
    let schema = schema_of(program, site);
    let table = schema.and_then(|schema| schema.table(table));
    table.is_some_and(|table| table.columns.iter().any(Column::holds_much))
}
