//! `leading-wildcard-like`: a search inside of texts that no index can narrow.

use super::indexes::{Lack, groups, spelled, unserved};
use super::unindexed_foreign_key::index_name;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::query::OperatorClass;
use crate::ir::schema::Dialect;
use crate::link::program::Program;
use crate::link::schema::serve::{Remedy, Verdict};

pub(super) const RULE: Rule = Rule::per_program("leading-wildcard-like", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let found = groups(program, |schema, site| {
        unserved(schema, site)?
            .into_iter()
            .find_map(|(table, verdict)| match verdict {
                Verdict::NotIndexable {
                    term,
                    remedy: Remedy::Substring,
                } if term.class == OperatorClass::Substring => Some(Lack {
                    table,
                    columns: vec![spelled(&term.value)],
                    place: term.place,
                    what: (),
                }),
                _ => None,
            })
    });
    for group in &found {
        if group.worst().is_none() {
            continue;
        }
        // How much is searched, and whether an index of another kind serves it, is seldom in sight.
        let confidence = Confidence::Low;
        let table = &group.table.name;
        let message = format!(
            "searches inside of {} of table `{table}`, which no declared index can narrow ({})",
            group.quoted(),
            group.checked()
        );
        let help = match group.schema.dialect {
            Some(Dialect::MySql) => "add a full-text index and ask by MATCH … AGAINST".to_owned(),
            Some(Dialect::Sqlite) => "keep the texts in an FTS5 table too".to_owned(),
            _ => format!(
                "add a trigram index on the same expression: `CREATE INDEX CONCURRENTLY {} ON {table} \
                 USING gin (({}) gin_trgm_ops)`",
                index_name(group.schema, group.table, &["trigrams".to_owned()]),
                group.columns.join(", ")
            ),
        };
        if let Some(finding) = group.report(reporter, confidence, message) {
            finding.cost("looks into the text of every row").help(help);
        }
    }
}
