//! `unindexed-predicate`: a filter on columns that no index can narrow.

use super::asked::Weight;
use super::indexes::{Group, Lack, advice, groups, spelled, stays_small, unserved};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Operand, OperatorClass, Term};
use crate::link::program::Program;
use crate::link::schema::serve::{Need, Verdict};

pub(super) const RULE: Rule = Rule::per_program("unindexed-predicate", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let found = groups(program, |schema, site| {
        unserved(schema, site)?
            .into_iter()
            .find_map(|(table, verdict)| match verdict {
                Verdict::Unserved { terms, .. } => lack(table, &terms),
                _ => None,
            })
    });
    for group in &found {
        report(group, reporter);
    }
}

/// The columns of an index that would serve the terms: those held equal, and one range behind.
fn lack(table: u16, terms: &[Term]) -> Option<Lack<Need>> {
    let mut equal: Vec<String> = Vec::new();
    let mut range = None;
    for term in terms {
        // Most rows have no value in a column that may be null, or most do.
        if term.operand == Operand::Null {
            continue;
        }
        match term.class {
            OperatorClass::Equality => equal.push(spelled(&term.value)),
            _ => range = range.or(Some(spelled(&term.value))),
        }
    }
    let need = if equal.is_empty() {
        Need::Range
    } else {
        Need::Equality
    };
    equal.extend(range);
    let mut columns: Vec<String> = Vec::new();
    for column in equal {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let first = terms.iter().find(|term| term.operand != Operand::Null);
    (!columns.is_empty()).then_some(Lack {
        table,
        columns,
        place: first.and_then(|term| term.place),
        what: need,
    })
}

/// Whether two lists name the same columns, in whatever order and case.
fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|x| b.iter().any(|y| x.eq_ignore_ascii_case(y)))
}

fn report<'p>(group: &Group<'p, Need>, reporter: &mut Reporter<'p>) {
    let Some(site) = group.worst() else {
        return;
    };
    // `unindexed-foreign-key` reports references.
    let mut references = group.table.foreign_keys.iter();
    if references.any(|key| same_columns(&key.columns, &group.columns)) {
        return;
    }
    let mut confidence = group.confidence(site);
    if stays_small(&group.table.name) {
        confidence = Confidence::Low;
    }
    // A range may well hold most of the rows.
    if group.what == Need::Range {
        confidence = confidence.min(if site.weight() > Weight::Unknown {
            Confidence::Medium
        } else {
            Confidence::Low
        });
    }
    let message = format!(
        "no declared index can narrow {} of table `{}` ({})",
        group.quoted(),
        group.table.name,
        group.checked()
    );
    if let Some(finding) = group.report(reporter, confidence, message) {
        finding
            .cost("reads more rows the larger the table grows, also for one that is not there")
            .help(advice(group));
    }
}
