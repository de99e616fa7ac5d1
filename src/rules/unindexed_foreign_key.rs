//! `unindexed-foreign-key`: a reference to another table that no index leads with.

use rustc_hash::{FxHashMap, FxHashSet};

use super::asked::{Weight, sites};
use super::few_rows::is_repeated;
use super::indexes::{is_tenant, schema_of, stays_small};
use super::rare::Lives;
use super::{Reporter, Rule, indexes};
use crate::finding::Confidence;
use crate::ir::query::{Condition, Operand, OperatorClass, Query, Term, Value, Verb};
use crate::ir::schema::{Dialect, ForeignKey, Schema, Table};
use crate::link::program::{Function, Program};
use crate::link::schema::references::is_served_in_part;
use crate::link::types::FunctionRef;
use crate::link::words;
use crate::source::{Context, Place};

pub(super) const RULE: Rule = Rule::per_program("unindexed-foreign-key", check);

/// How the program asks for rows by each column of each table, names in small letters.
type Asked = FxHashMap<(String, String), Readings>;

/// The queries that find rows by one column.
struct Readings {
    /// The first of those that matter most, and how much that is.
    weight: Weight,
    place: Place,
    /// The functions that requests lead to and that read rows so, or call one that does.
    readers: Vec<FunctionRef>,
    /// Whether a request, or a loop, reads them by a value that it has.
    is_at_hand: bool,
}

impl Readings {
    /// Adds a function that reads: where others call it, these are the places that read, and one
    /// that does so in a loop reads often.
    fn add(&mut self, function: Function<'_>, is_at_hand: bool) {
        self.is_at_hand |= is_at_hand;
        let callers = function.callers();
        let product = callers
            .iter()
            .filter(|(caller, _)| caller.context() == Context::Product);
        let mut places = Vec::new();
        for &(caller, call) in product {
            self.is_at_hand |= is_repeated(caller, call);
            places.push(caller.reference());
        }
        if places.is_empty() {
            places.push(function.reference());
        }
        for place in places {
            if !self.readers.contains(&place) {
                self.readers.push(place);
            }
        }
    }

    /// Whether rows are read by the column often enough, and by those who wait: at two places, or
    /// by what answers a request. One place alone may be asked once in a while.
    fn are_many(&self) -> bool {
        self.is_at_hand || self.readers.len() > 1
    }
}

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let mut bare = program.schemas.bare_references().peekable();
    if bare.peek().is_none() {
        return;
    }
    let bare: Vec<_> = bare.collect();
    let columns = bare.iter().flat_map(|(_, table, key, _)| {
        let table = table.name.to_lowercase();
        key.columns
            .iter()
            .map(move |column| (table.clone(), column.to_lowercase()))
    });
    let lives = Lives::of(program);
    let asked = asked(program, &columns.collect(), &lives);
    for reference in bare {
        report(program, reference, &asked, &lives, reporter);
    }
}

fn asked<'p>(program: &'p Program, bare: &FxHashSet<(String, String)>, lives: &Lives<'p>) -> Asked {
    let mut found = Asked::default();
    for site in sites(program) {
        let weight = site.weight();
        if weight == Weight::Aside {
            continue;
        }
        let query = &site.asked.query;
        // Where no entry is seen, whatever is called may serve requests.
        let path = &program.world.unit(site.function.file).path;
        let serves = query.verb == Verb::Select
            && !words::is_first_step(path)
            && (weight >= Weight::Called
                || weight == Weight::Unknown && program.entry_points.is_empty());
        let mut is_narrowed = None;
        let mut add = |at: u16, column: &str, joined: Option<u16>| {
            let Some(table) = query.tables.get(usize::from(at)) else {
                return;
            };
            let key = (table.name.to_lowercase(), column.to_lowercase());
            let known = found.get(&key);
            if !bare.contains(&key)
                || known
                    .is_some_and(|known| known.weight >= weight && (known.are_many() || !serves))
            {
                return;
            }
            let schema = schema_of(program, site);
            let narrows = |at| schema.is_some_and(|schema| indexes::narrows(schema, site, at));
            let is_read = match joined {
                // From its rows to those that they refer to: these are found by their own key.
                // The other way round only where these are found first.
                Some(other) => !narrows(at) && (other < at || narrows(other)),
                // Rows that another index finds are not read by the reference.
                None => !*is_narrowed.get_or_insert_with(|| {
                    schema.is_some_and(|schema| indexes::is_narrowed(schema, site))
                }),
            };
            let of = || schema.and_then(|schema| schema.table(&table.name));
            if is_read
                && !of().is_some_and(|of| {
                    is_beside_finer(schema, of, query, at, column)
                        || of.foreign_keys.iter().any(|key| {
                            matches!(&key.columns[..], [only] if only.eq_ignore_ascii_case(column))
                                && lives.clears_up(site, &key.target)
                        })
                })
            {
                let readings = found.entry(key).or_insert_with(|| Readings {
                    weight,
                    place: site.place(),
                    readers: Vec::new(),
                    is_at_hand: false,
                });
                if readings.weight < weight {
                    (readings.weight, readings.place) = (weight, site.place());
                }
                if serves {
                    readings.add(
                        site.function,
                        weight >= Weight::Repeated && joined.is_none(),
                    );
                }
            }
        };
        for condition in &query.conditions {
            let Condition::Term(term) = condition else {
                continue;
            };
            if term.class != OperatorClass::Equality || term.operand == Operand::Null {
                continue;
            }
            let other = match &term.operand {
                Operand::Column(other, column) => {
                    add(*other, column, Some(term.table));
                    Some(*other)
                }
                _ => None,
            };
            if let Value::Column(column) = &term.value {
                add(term.table, column, other);
            }
        }
    }
    found
}

/// Whether the rows are found by another reference as well, to rows that themselves refer to those
/// that this one refers to: each of these has many of them, and so fewer of the rows asked for.
fn is_beside_finer(
    schema: Option<&Schema>,
    table: &Table,
    query: &Query,
    at: u16,
    column: &str,
) -> bool {
    let target_of = |column: &str| {
        let mut keys = table.foreign_keys.iter();
        let key = keys
            .find(|key| matches!(&key.columns[..], [only] if only.eq_ignore_ascii_case(column)))?;
        schema?.table(&key.target)
    };
    let Some(target) = target_of(column) else {
        return false;
    };
    query.conditions.iter().any(|condition| match condition {
        Condition::Term(Term {
            table,
            value: Value::Column(other),
            class: OperatorClass::Equality,
            operand: Operand::Parameter,
            ..
        }) if *table == at && !other.eq_ignore_ascii_case(column) => {
            target_of(other).is_some_and(|finer| {
                !std::ptr::eq(finer, target)
                    && finer
                        .foreign_keys
                        .iter()
                        .any(|key| key.target.eq_ignore_ascii_case(&target.name))
            })
        }
        _ => false,
    })
}

fn report(
    program: &Program,
    (schema, table, key, by_name): (&Schema, &Table, &ForeignKey, Option<Place>),
    asked: &Asked,
    lives: &Lives<'_>,
    reporter: &mut Reporter<'_>,
) {
    let columns = key.columns.join(", ");
    let from = &table.name;
    let to = if key.target.is_empty() {
        "rows of any table".to_owned()
    } else {
        format!("`{}`", key.target)
    };
    let asked = key.columns.iter().filter_map(|column| {
        let key = (from.to_lowercase(), column.to_lowercase());
        asked.get(&key)
    });
    let asked = asked.max_by_key(|readings| readings.weight);
    let by_query = asked.map(|readings| readings.place);
    let used = by_query.or(by_name);
    // Where the engine is not known, MySQL would make the index itself.
    let confidence = match (used, schema.dialect) {
        (None, _) => Confidence::Low,
        // The rows left out are often those that nobody reads: the deleted ones.
        _ if is_served_in_part(table, key) => Confidence::Low,
        // A column of the same name may belong to another table.
        _ if by_query.is_none() => Confidence::Low,
        // Few rows, or few values: the table is read as a whole anyway.
        _ if stays_small(&table.name) || is_tenant(&key.columns) => Confidence::Low,
        // Each of a few rows is referred to by a large part of the table.
        _ if stays_small(&key.target) => Confidence::Low,
        // Few rows at a time.
        _ if lives.are_short(from) => Confidence::Low,
        // One of its columns may lead to few enough rows.
        _ if key.columns.len() > 1 && leads_in_part(table, key) => Confidence::Low,
        // Read now and then, if at all.
        _ if !asked.is_some_and(Readings::are_many) => Confidence::Low,
        (Some(_), Some(_)) => Confidence::High,
        (Some(_), None) if program.schemas.may_be_mysql => Confidence::Low,
        (Some(_), None) => Confidence::Medium,
    };
    // What a migration declares is history: the query is what people look at.
    let is_declared = program.contexts[key.place.file.index()] == Context::Product;
    let at = match by_query {
        Some(used) if !is_declared => used,
        _ => key.place,
    };
    let reporter = reporter.in_file(at.file);
    let help = advice(program, schema, table, &key.columns);
    let finding = reporter.report(
        at.span,
        confidence,
        format!("no index of `{from}` starts with `{columns}`, its reference to {to}"),
    );
    if at != key.place {
        finding.related(key.place, "the reference is declared here");
    }
    if let Some(used) = used
        && used != at
    {
        let what = if by_query.is_some() {
            "rows are read by it here"
        } else {
            "a column of its name is asked for here"
        };
        finding.related(used, what);
    }
    finding
        .cost(format!(
            "all rows of `{from}` are read to find those of one row of {to}, also when that is deleted"
        ))
        .help(help);
}

/// Whether an index starts with one of several columns of a reference.
fn leads_in_part(table: &Table, key: &ForeignKey) -> bool {
    table.indexes.iter().any(|index| {
        let first = index.keys.first();
        first.is_some_and(|first| match &first.value {
            Value::Column(name) => key.columns.iter().any(|c| c.eq_ignore_ascii_case(name)),
            Value::Expression(..) => false,
        })
    })
}

/// How to add the index, as the project declares indexes.
pub(super) fn advice(
    program: &Program,
    schema: &Schema,
    table: &Table,
    columns: &[String],
) -> String {
    let of_library = program
        .schemas
        .package_of(schema, table)
        .and_then(|package| program.world.models.table_of_package(package));
    if let Some(rules) = of_library {
        if let ([_], Some(advice)) = (columns, &rules.column_advice) {
            return advice.clone();
        }
        if let Some(advice) = &rules.advice {
            return filled(program, schema, table, columns, advice);
        }
    }
    sql_advice(schema, table, columns)
}

/// A library's advice, with the columns in their place: `{columns}` as texts, `{fields}` by the
/// names of the attributes, `{members}` as members of `table`; `{table}` is the table's name,
/// `{name}` one for the index.
pub(super) fn filled(
    program: &Program,
    schema: &Schema,
    table: &Table,
    columns: &[String],
    advice: &str,
) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let fields = program.schemas.attributes_of(schema, table, columns);
    let members: Vec<String> = fields.iter().map(|name| format!("table.{name}")).collect();
    advice
        .replace("{name}", &index_name(schema, table, columns))
        .replace("{members}", &members.join(", "))
        .replace("{table}", &table.name)
        .replace("{columns}", &quoted.join(", "))
        .replace("{fields}", &fields.join(", "))
}

/// A name for a new index, in the manner of those that the schema has: only PostgreSQL makes one
/// up by itself.
pub(super) fn index_name(schema: &Schema, table: &Table, columns: &[String]) -> String {
    let of_columns = format!("{}_{}", table.name, columns.join("_"));
    let names = || {
        let tables = schema.tables.iter();
        tables.flat_map(|table| table.indexes.iter().map(|index| index.name.as_str()))
    };
    for prefix in ["idx_", "ix_"] {
        if names().filter(|name| name.starts_with(prefix)).count() > 1 {
            return format!("{prefix}{of_columns}");
        }
    }
    format!("{of_columns}_idx")
}

/// The statement that makes an index.
pub(super) fn sql_advice(schema: &Schema, table: &Table, columns: &[String]) -> String {
    let concurrently = match schema.dialect {
        Some(Dialect::PostgreSql) => " CONCURRENTLY",
        _ => "",
    };
    let quoted = |name: &String| {
        let is_plain = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_plain {
            name.clone()
        } else {
            format!("\"{name}\"")
        }
    };
    let name = quoted(&index_name(schema, table, columns));
    let columns: Vec<String> = columns.iter().map(quoted).collect();
    format!(
        "`CREATE INDEX{concurrently} {name} ON {} ({})`",
        quoted(&table.name),
        columns.join(", ")
    )
}
