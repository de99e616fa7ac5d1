//! `deep-offset`: pages that pass over all rows before them.

use super::asked::{Weight, sites};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Bound, Verb};
use crate::link::program::Program;

pub(super) const RULE: Rule = Rule::per_program("deep-offset", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    for site in sites(program) {
        let query = &site.asked.query;
        if query.verb != Verb::Select || query.offset != Bound::Parameter {
            continue;
        }
        let Some(table) = query.tables.first().filter(|table| !table.name.is_empty()) else {
            continue;
        };
        let confidence = match site.weight() {
            Weight::Handler | Weight::Called | Weight::Repeated => {
                site.confidence().min(Confidence::Medium)
            }
            Weight::Unknown | Weight::Job | Weight::Idle | Weight::Aside => Confidence::Low,
        };
        let (name, span) = (table.name.clone(), site.place().span);
        reporter
            .within(site.function)
            .report(
                span,
                confidence,
                format!("passes over rows of `{name}` by OFFSET"),
            )
            .cost("page n reads all n pages before it")
            .help(
                "remember the last row of the page and ask for those behind it: \
                 WHERE (created, id) < (…) ORDER BY created DESC, id DESC LIMIT …",
            );
    }
}
