//! `non-sargable-predicate`: a comparison in a form that no plain index serves.

use super::indexes::{Group, Lack, groups, spelled, unserved};
use super::unindexed_foreign_key::index_name;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::{Condition, OperatorClass, Value};
use crate::ir::schema::Dialect;
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
    /// Texts are compared by how they begin.
    Prefix,
    /// Texts are compared without regard to case.
    Case,
    /// An alternative is one of another table.
    Alternatives,
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
                Verdict::NotIndexable { term, remedy } => Some(Lack {
                    table,
                    columns: vec![spelled(&term.value)],
                    place: term.place,
                    what: form(remedy)?,
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
                    "compare the bare column, a day as the range from its start to its end{}",
                    expression_advice(group)
                ),
            ),
            Form::Prefix => (
                format!(
                    "compares the beginning of {} of table `{table}`: no declared index serves it ({})",
                    group.quoted(),
                    group.checked()
                ),
                prefix_advice(group),
            ),
            Form::Case => (
                format!(
                    "compares {} of table `{table}` without regard to case: an index on the column \
                     does not serve it",
                    group.quoted()
                ),
                format!(
                    "compare lower({0}), and add an index on it, or give the column a type or \
                     collation without case",
                    group.columns.join(", ")
                ),
            ),
            Form::Alternatives => (
                format!(
                    "compares {} of table `{table}` or a column of another table: no index narrows \
                     both at once",
                    group.quoted()
                ),
                "ask for each alternative by a query of its own, and join them by UNION".to_owned(),
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

fn form(remedy: Remedy) -> Option<Form> {
    Some(match remedy {
        Remedy::Expression => Form::Computed,
        Remedy::Prefix => Form::Prefix,
        Remedy::CaseInsensitive => Form::Case,
        Remedy::Union => Form::Alternatives,
        Remedy::Substring | Remedy::Inverted | Remedy::Negation => return None,
    })
}

/// The statement that makes an index on what is compared; a cast has none that lasts.
fn expression_advice(group: &Group<'_, Form>) -> String {
    let is_column = |name: &String| group.table.column(name).is_some();
    if group.columns.iter().any(is_column) {
        return String::new();
    }
    let concurrently = match group.schema.dialect {
        Some(Dialect::PostgreSql) => " CONCURRENTLY",
        // MariaDB has no index on expressions, and uses one on a generated column only where the
        // query names the column.
        Some(Dialect::MySql) => {
            return ", or ask by a generated column of this expression that has an index"
                .to_owned();
        }
        _ => "",
    };
    let name = index_name(group.schema, group.table, &["expression".to_owned()]);
    format!(
        ", or add an index on the expression, `CREATE INDEX{concurrently} {name} ON {} (({}))`",
        group.table.name,
        group.columns.join("), (")
    )
}

/// How prefixes get an index.
fn prefix_advice(group: &Group<'_, Form>) -> String {
    let (table, columns) = (&group.table.name, group.columns.join(", "));
    let name = index_name(group.schema, group.table, &["prefix".to_owned()]);
    match group.schema.dialect {
        Some(Dialect::Sqlite) => {
            format!(
                "add an index without case: `CREATE INDEX {name} ON {table} ({columns} COLLATE NOCASE)`"
            )
        }
        _ => format!(
            "add an index for patterns: `CREATE INDEX CONCURRENTLY {name} ON {table} \
             ({columns} text_pattern_ops)`"
        ),
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
