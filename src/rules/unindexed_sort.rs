//! `unindexed-sort`: the first rows of a whole table, in an order that no index has.

use super::indexes::{Lack, advice, groups, unserved};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::link::program::Program;
use crate::link::schema::serve::{Need, Verdict};

pub(super) const RULE: Rule = Rule::per_program("unindexed-sort", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let found = groups(program, |schema, site| {
        // An order over several tables has no index of one.
        if site.asked.query.tables.len() != 1 {
            return None;
        }
        unserved(schema, site)?
            .into_iter()
            .find_map(|(table, verdict)| match verdict {
                Verdict::Unserved {
                    columns,
                    need: Need::Order,
                    ..
                } => Some(Lack {
                    table,
                    columns,
                    place: None,
                    what: (),
                }),
                _ => None,
            })
    });
    for group in &found {
        if group.worst().is_none() {
            continue;
        }
        // Sorted tables are small as often as not, or another condition narrows them.
        let confidence = Confidence::Low;
        let message = format!(
            "no declared index has the rows of table `{}` in the order of {} ({})",
            group.table.name,
            group.quoted(),
            group.checked()
        );
        if let Some(finding) = group.report(reporter, confidence, message) {
            finding
                .cost("reads and sorts all rows to hand out the first of them")
                .help(advice(group));
        }
    }
}
