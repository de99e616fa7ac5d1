//! What the rules about indexes share: which queries an index would serve, put together by table
//! and columns, and how they are reported.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::asked::{Site, Weight, sites};
use super::unindexed_foreign_key::{filled, sql_advice};
use super::{Reporter, listed};
use crate::finding::{Confidence, Finding};
use crate::ir::query::{Condition, Operand, Query, Term, Value, Verb};
use crate::ir::schema::{Origin, Schema, Table};
use crate::link::program::Program;
use crate::link::schema::serve::{Verdict, serve};
use crate::link::words;
use crate::source::Place;

/// Queries shown beside the one that is reported.
const MAX_RELATED: usize = 5;

/// What is wrong with a query: which table, by what, and what the rule knows besides.
pub(super) struct Lack<T> {
    /// The position of the table in the query.
    pub(super) table: u16,
    /// The columns, or expressions, that it is about.
    pub(super) columns: Vec<String>,
    /// Where they are compared.
    pub(super) place: Option<Place>,
    /// What the rule knows besides.
    pub(super) what: T,
}

/// Queries that lack the same.
pub(super) struct Group<'p, T> {
    pub(super) program: &'p Program,
    pub(super) schema: &'p Schema,
    pub(super) table: &'p Table,
    pub(super) columns: Vec<String>,
    pub(super) what: T,
    pub(super) sites: Vec<Site<'p>>,
    /// Where the columns are compared, for each query.
    places: Vec<Option<Place>>,
}

/// The queries of a program that lack something, by table and columns.
pub(super) fn groups<'p, T>(
    program: &'p Program,
    lack_of: impl Fn(&Schema, Site<'p>) -> Option<Lack<T>>,
) -> Vec<Group<'p, T>> {
    let mut groups: BTreeMap<(&str, &str, Vec<String>), Group<'p, T>> = BTreeMap::new();
    for site in sites(program) {
        let query = &site.asked.query;
        if query.verb == Verb::Insert {
            continue;
        }
        let Some(schema) = schema_of(program, site) else {
            continue;
        };
        let Some(lack) = lack_of(schema, site) else {
            continue;
        };
        let Some(table) = query
            .tables
            .get(usize::from(lack.table))
            .and_then(|table| schema.table(&table.name))
        else {
            continue;
        };
        // As the table declares them, whatever the query writes.
        let declared = |name: String| table.column(&name).map_or(name, |c| c.name.clone());
        let columns: Vec<String> = lack.columns.into_iter().map(declared).collect();
        let mut sorted = columns.clone();
        sorted.sort();
        let group = groups
            .entry((schema.name.as_str(), table.name.as_str(), sorted))
            .or_insert_with(|| Group {
                program,
                schema,
                table,
                columns,
                what: lack.what,
                sites: Vec::new(),
                places: Vec::new(),
            });
        group.sites.push(site);
        group.places.push(lack.place);
    }
    groups.into_values().collect()
}

/// The schema that a query is about: the nearest that has its first table.
pub(super) fn schema_of<'p>(program: &'p Program, site: Site<'p>) -> Option<&'p Schema> {
    let query = &site.asked.query;
    let first = query.tables.iter().find(|table| !table.name.is_empty())?;
    let found = program.schemas.table_named(&first.name, site.function.file);
    found.map(|(schema, _)| schema)
}

/// What each table's indexes do for a query by its own conditions; none if one of them narrows
/// it, since what it finds leads to the rows of the other tables.
pub(super) fn unserved(schema: &Schema, site: Site<'_>) -> Option<Vec<(u16, Verdict)>> {
    let query = without_joins(&site.asked.query);
    let mut found = Vec::new();
    for at in 0..query.tables.len() as u16 {
        let verdict = serve(schema, &query, at);
        match verdict {
            Verdict::Served { .. } | Verdict::Weak { .. } => return None,
            // The others are found by what the rows of this one lead to.
            Verdict::Few { .. } if query.tables.len() > 1 => return None,
            _ => found.push((at, verdict)),
        }
    }
    // What is asked for at times may narrow it then.
    if !site.asked.optional.is_empty() {
        let mut more = query;
        more.conditions.extend(site.asked.optional.iter().cloned());
        for &(at, _) in &found {
            if let Verdict::Served { .. } | Verdict::Weak { .. } = serve(schema, &more, at) {
                return None;
            }
        }
    }
    Some(found)
}

/// Whether an index narrows a query by its own conditions, at least at times: then it needs no
/// other.
pub(super) fn is_narrowed(schema: &Schema, site: Site<'_>) -> bool {
    let mut query = without_joins(&site.asked.query);
    query.conditions.extend(site.asked.optional.iter().cloned());
    let mut tables = 0..query.tables.len() as u16;
    tables.any(|at| matches!(serve(schema, &query, at), Verdict::Served { .. }))
}

/// Whether an index narrows one table of a query by the query's conditions on that table alone.
pub(super) fn narrows(schema: &Schema, site: Site<'_>, at: u16) -> bool {
    let query = without_joins(&site.asked.query);
    matches!(serve(schema, &query, at), Verdict::Served { .. })
}

fn without_joins(query: &Query) -> Query {
    let mut query = query.clone();
    query.conditions.retain(|condition| {
        !matches!(
            condition,
            Condition::Term(Term {
                operand: Operand::Column(..),
                ..
            })
        )
    });
    query
}

/// The name of what is compared.
pub(super) fn spelled(value: &Value) -> String {
    let (Value::Column(text) | Value::Expression(text, _)) = value;
    text.clone()
}

impl<'p, T> Group<'p, T> {
    /// Takes over the queries of another group, which the index of this one serves too: its
    /// columns stand first.
    pub(super) fn take(&mut self, part: Self) {
        let rest = self
            .columns
            .iter()
            .filter(|name| !part.columns.contains(name));
        self.columns = part.columns.iter().chain(rest).cloned().collect();
        self.sites.extend(part.sites);
        self.places.extend(part.places);
    }

    /// The query that matters most.
    pub(super) fn worst(&self) -> Option<Site<'p>> {
        self.worst_at().map(|at| self.sites[at])
    }

    fn worst_at(&self) -> Option<usize> {
        (0..self.sites.len()).max_by_key(|&at| {
            let place = self.sites[at].place();
            (
                self.sites[at].weight(),
                Reverse((place.file, place.span.start)),
            )
        })
    }

    /// How sure we are that an index is missing: less where the schema may not be all, or the
    /// query is not.
    pub(super) fn confidence(&self, site: Site<'_>) -> Confidence {
        let mut confidence = site.confidence();
        if self.schema.origin == Origin::Models || self.schema.dialect.is_none() {
            confidence = confidence.min(Confidence::Medium);
        }
        if site.weight() <= Weight::Unknown {
            confidence = confidence.min(Confidence::Medium);
        }
        // It runs once in a while, or never.
        if !site.asked.query.is_complete || site.weight() <= Weight::Job {
            confidence = Confidence::Low;
        }
        confidence
    }

    /// The indexes of the table, as a phrase.
    pub(super) fn checked(&self) -> String {
        let names: Vec<String> = self
            .table
            .indexes
            .iter()
            .map(|index| format!("`{}`", index.name))
            .collect();
        if names.is_empty() {
            "none is declared".to_owned()
        } else {
            format!("checked: {}", listed(&names))
        }
    }

    /// The columns in a message.
    pub(super) fn quoted(&self) -> String {
        let quoted: Vec<String> = self
            .columns
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        listed(&quoted)
    }

    /// Reports the group at the query that matters most, with the declaration and the other
    /// queries as evidence.
    pub(super) fn report<'r>(
        &self,
        reporter: &'r mut Reporter<'p>,
        confidence: Confidence,
        message: String,
    ) -> Option<&'r mut Finding> {
        let at = self.worst_at()?;
        let site = self.sites[at];
        let compared = self.places[at];
        // The comparison itself, if it stands in the function that asks.
        let function = site.function.declared().span;
        let place = compared
            .filter(|place| place.file == site.function.file && function.contains(place.span))
            .unwrap_or(site.place());
        let mut others: Vec<_> = self
            .sites
            .iter()
            .map(|site| site.place())
            .filter(|&other| other != site.place())
            .collect();
        others.sort_by_key(|place| (place.file, place.span.start));
        others.dedup();
        let finding = reporter
            .within(site.function)
            .report(place.span, confidence, message);
        if let Some(compared) = compared.filter(|&compared| compared != place) {
            finding.related(compared, "compared here");
        } else if place != site.place() {
            finding.related(site.place(), "asked here");
        }
        for name in &self.columns {
            if let Some(column) = self.table.column(name) {
                finding.related(column.place, format!("`{name}` is declared here"));
            }
        }
        finding.related(
            self.table.place,
            format!("table `{}` is declared here", self.table.name),
        );
        for other in others.into_iter().take(MAX_RELATED) {
            finding.related(other, "asks for it too");
        }
        Some(finding)
    }
}

/// What to do about a missing index, as the project writes it.
pub(super) fn advice<T>(group: &Group<'_, T>) -> String {
    let (program, schema, table) = (group.program, group.schema, group.table);
    let package = program.schemas.package_of(schema, table);
    let rules = package.and_then(|package| program.world.models.table_of_package(package));
    match rules.and_then(|rules| rules.advice.as_ref()) {
        Some(advice) => filled(program, schema, table, &group.columns, advice),
        None => sql_advice(schema, table, &group.columns),
    }
}

/// Whether a table is called like one that holds few rows.
pub(super) fn stays_small(table: &str) -> bool {
    words::is_lookup(table)
}

/// Whether columns tell one customer of the program from another: most installations have one.
pub(super) fn is_tenant(columns: &[String]) -> bool {
    let [column] = columns else {
        return false;
    };
    let column = column.to_ascii_lowercase();
    let column = column.trim_end_matches("id").trim_end_matches('_');
    matches!(column, "org" | "organization" | "organisation" | "tenant")
}
