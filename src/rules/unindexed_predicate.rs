//! `unindexed-predicate`: a filter on columns that no index can narrow.

use super::indexes::{Group, Lack, advice, groups, is_tenant, spelled, stays_small, unserved};
use super::makers::are_made_by_staff;
use super::rare::{Lives, is_rare};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::schema::{ColumnKind, Dialect, Table};
use crate::link::program::Program;
use crate::link::schema::serve::{Need, Verdict};
use crate::link::words;

pub(super) const RULE: Rule = Rule::per_program("unindexed-predicate", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let mut found = groups(program, |schema, site| {
        unserved(schema, site)?
            .into_iter()
            .find_map(|(at, verdict)| match verdict {
                Verdict::Unserved { terms, .. } => {
                    let named = &site.asked.query.tables.get(usize::from(at))?.name;
                    lack(at, schema.table(named)?, &terms)
                }
                Verdict::Few { terms } => {
                    let named = &site.asked.query.tables.get(usize::from(at))?.name;
                    let lack = lack(at, schema.table(named)?, &terms)?;
                    let what = Gap {
                        is_flag: true,
                        ..lack.what
                    };
                    Some(Lack { what, ..lack })
                }
                _ => None,
            })
    });
    found.retain(|group| !is_for_reference(group));
    fold(&mut found);
    if found.is_empty() {
        return;
    }
    let lives = Lives::of(program);
    for group in &found {
        report(group, &lives, reporter);
    }
}

/// What an index would narrow.
#[derive(Debug, Clone, Copy)]
struct Gap {
    need: Need,
    /// Whether what is asked for is a few rows as far as one can tell: not one of a few values,
    /// and nothing that the text of the program says.
    is_selective: bool,
    /// Whether one of the columns is compared with what another query finds.
    asks_more: bool,
    /// Whether the rows are those with one of a few values, which may be rare.
    is_flag: bool,
}

/// What a column is held equal to, in the order in which an index had best have them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// A value that may be any.
    Value,
    /// One of few, or what the text of the program says.
    OneOfFew,
    /// What another query finds, which the planner may turn round.
    Found,
}

/// The columns of an index that would serve the terms: those held equal, and one range behind.
fn lack(at: u16, table: &Table, terms: &[Term]) -> Option<Lack<Gap>> {
    let mut equal: Vec<(Held, String)> = Vec::new();
    let mut range = None;
    let mut is_whole = true;
    let asks_more = terms.iter().any(|term| term.operand == Operand::Subquery);
    for term in terms {
        // Most rows have no value in a column that may be null, or most do.
        if term.operand == Operand::Null {
            continue;
        }
        let kind = match &term.value {
            Value::Column(name) => table.column(name).map(|column| column.kind),
            Value::Expression(..) => None,
        };
        // A part of a document is compared, whatever the statement calls it: its index is of
        // another kind.
        if matches!(
            kind,
            Some(ColumnKind::Json | ColumnKind::Array | ColumnKind::Bytes)
        ) {
            is_whole = false;
            continue;
        }
        let is_few = matches!(kind, Some(ColumnKind::Bool | ColumnKind::Enum(_)));
        let held = match term.operand {
            Operand::Subquery => Held::Found,
            Operand::Constant(_) | Operand::Constants(_) => Held::OneOfFew,
            _ if is_few => Held::OneOfFew,
            _ => Held::Value,
        };
        match term.class {
            OperatorClass::Equality => equal.push((held, spelled(&term.value))),
            _ => range = range.or(Some(spelled(&term.value))),
        }
    }
    let need = if equal.is_empty() {
        Need::Range
    } else {
        Need::Equality
    };
    equal.sort_by_key(|(held, _)| *held);
    let is_selective = is_whole && equal.iter().any(|(held, _)| *held != Held::OneOfFew);
    let mut columns: Vec<String> = Vec::new();
    for column in equal.into_iter().map(|(_, name)| name).chain(range) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let first = terms.iter().find(|term| term.operand != Operand::Null);
    (!columns.is_empty()).then_some(Lack {
        table: at,
        columns,
        place: first.and_then(|term| term.place),
        what: Gap {
            need,
            is_selective,
            asks_more,
            is_flag: false,
        },
    })
}

/// One index serves those queries, too, that ask for a part of its columns.
fn fold(groups: &mut Vec<Group<'_, Gap>>) {
    let mut at = 0;
    while at < groups.len() {
        let part = &groups[at];
        let whole = groups.iter().position(|other| {
            std::ptr::eq(other.table, part.table)
                && other.columns.len() > part.columns.len()
                && part.what.need == Need::Equality
                && part.columns.iter().all(|name| other.columns.contains(name))
        });
        let Some(whole) = whole else {
            at += 1;
            continue;
        };
        let part = groups.remove(at);
        let whole = &mut groups[whole - usize::from(whole > at)];
        whole.take(part);
    }
}

/// Whether the index that `unindexed-foreign-key` asks for serves the group: one on all of its
/// columns, or on one that leads to few rows by itself.
fn is_for_reference(group: &Group<'_, Gap>) -> bool {
    let mut references = group.table.foreign_keys.iter();
    references.any(|key| {
        let is_few = stays_small(&key.target) || is_tenant(&key.columns);
        same_columns(&key.columns, &group.columns)
            || key.columns.len() == 1
                && group.columns.contains(&key.columns[0])
                && !is_few
                && !group.what.asks_more
    })
}

/// Whether two lists name the same columns, in whatever order and case.
fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|x| b.iter().any(|y| x.eq_ignore_ascii_case(y)))
}

fn report<'p>(group: &Group<'p, Gap>, lives: &Lives<'p>, reporter: &mut Reporter<'p>) {
    let Some(site) = group.worst() else {
        return;
    };
    let mut confidence = group.confidence(site);
    let program = site.function.program;
    let mut classes = program.schemas.classes_of(group.table);
    if stays_small(&group.table.name)
        || words::is_vocabulary(&group.table.name)
        || classes.any(|class| {
            let name = program.world.class_name(class);
            name.is_some_and(words::is_vocabulary)
        })
        || lives.are_short(&group.table.name)
        || are_made_by_staff(program, group.table)
        || group.sites.iter().all(|&site| is_rare(site))
    {
        confidence = Confidence::Low;
    }
    // A range may well hold most of the rows, and so may one of a few values.
    if !group.what.is_selective {
        confidence = Confidence::Low;
    }
    let message = format!(
        "no declared index can narrow {} of table `{}` ({})",
        group.quoted(),
        group.table.name,
        group.checked()
    );
    if let Some(finding) = group.report(reporter, confidence, message) {
        let help = if group.what.is_flag && group.schema.dialect != Some(Dialect::MySql) {
            "if few rows are so, a partial index with this condition: it holds these rows alone"
                .to_owned()
        } else {
            advice(group)
        };
        finding
            .cost("reads more rows the larger the table grows, also for one that is not there")
            .help(help);
    }
}
