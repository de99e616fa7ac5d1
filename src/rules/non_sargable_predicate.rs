//! `non-sargable-predicate`: a comparison in a form that no plain index serves.

use super::indexes::{Lack, groups, spelled, unserved};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Condition, OperatorClass, Value};
use crate::link::program::Program;
use crate::link::schema::serve::{Remedy, Verdict};

pub(super) const RULE: Rule = Rule::per_program("non-sargable-predicate", check);

/// Why an index does not serve it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Something is computed of the column.
    Computed,
    /// A key of several columns is compared piece by piece.
    Keyset,
}

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let found = groups(program, |schema, site| {
        let sometimes = site.asked.optional.iter();
        let mut conditions = site.asked.query.conditions.iter().chain(sometimes);
        if let Some(lack) = conditions.find_map(keyset) {
            return Some(lack);
        }
        unserved(schema, site)?
            .into_iter()
            .find_map(|(table, verdict)| match verdict {
                Verdict::NotIndexable {
                    term,
                    remedy: Remedy::Expression,
                } => Some(Lack {
                    table,
                    columns: vec![spelled(&term.value)],
                    place: term.place,
                    what: Form::Computed,
                }),
                _ => None,
            })
    });
    for group in &found {
        if group.worst().is_none() {
            continue;
        }
        // Indexes on expressions are often made out of sight.
        let confidence = Confidence::Low;
        let table = &group.table.name;
        let (message, help) = match group.what {
            Form::Computed => (
                format!(
                    "compares {} of table `{table}`: an index on the column does not serve it",
                    group.quoted()
                ),
                format!(
                    "compare the bare column, a day as the range from its start to its end, or \
                     add an index on the expression ({})",
                    group.columns.join(", ")
                ),
            ),
            Form::Keyset => (
                format!(
                    "compares {} of table `{table}` piece by piece: an index on them narrows by \
                     neither",
                    group.quoted()
                ),
                format!(
                    "compare the rows at once: ({}) > (…, …)",
                    group.columns.join(", ")
                ),
            ),
        };
        if let Some(finding) = group.report(reporter, confidence, message) {
            finding
                .cost("reads more rows the larger the table grows")
                .help(help);
        }
    }
}

/// `a > x OR (a = x AND b > y)`: what comes behind a row, spelled out.
fn keyset(condition: &Condition) -> Option<Lack<Form>> {
    let Condition::Or(branches) = condition else {
        return None;
    };
    let [first, second] = &branches[..] else {
        return None;
    };
    let term = |condition: &Condition, class: OperatorClass| match condition {
        Condition::Term(term) if term.class == class => match &term.value {
            Value::Column(name) => Some(((term.table, name.clone()), term.place)),
            Value::Expression(..) => None,
        },
        _ => None,
    };
    for (one, two) in [(first, second), (second, first)] {
        let ([behind], [equal, tie]) = (&one[..], &two[..]) else {
            continue;
        };
        for (equal, tie) in [(equal, tie), (tie, equal)] {
            let behind = term(behind, OperatorClass::Range);
            let equal = term(equal, OperatorClass::Equality);
            let tie = term(tie, OperatorClass::Range);
            if let (Some((behind, place)), Some((equal, _)), Some((tie, _))) = (behind, equal, tie)
                && behind == equal
                && tie.0 == behind.0
                && tie.1 != behind.1
            {
                return Some(Lack {
                    table: behind.0,
                    columns: vec![behind.1, tie.1],
                    place,
                    what: Form::Keyset,
                });
            }
        }
    }
    None
}
