//! `unindexed-foreign-key`: a reference to another table that no index leads with.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::schema::{ForeignKey, Origin, Schema, Table};
use crate::link::program::Program;
use crate::source::{FileId, Place};

pub(super) const RULE: Rule = Rule::per_program("unindexed-foreign-key", check);

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    for (file, bare) in program.schemas.bare_references() {
        report(program, bare, file, reporter.in_file(file));
    }
}

fn report(
    program: &Program,
    (schema, table, key, used): (&Schema, &Table, &ForeignKey, Option<Place>),
    file: FileId,
    reporter: &mut Reporter<'_>,
) {
    let columns = key.columns.join(", ");
    let (from, to) = (&table.name, &key.target);
    // Where the engine is not known, MySQL would make the index itself.
    let confidence = match (used, schema.dialect) {
        (None, _) => Confidence::Low,
        (Some(_), Some(_)) if schema.origin != Origin::Models => Confidence::High,
        (Some(_), Some(_)) => Confidence::Medium,
        (Some(_), None) => Confidence::Medium,
    };
    let at = match used {
        Some(used) if key.place.file != file => used,
        _ => key.place,
    };
    let help = advice(program, schema, table, &key.columns);
    let finding = reporter.report(
        at.span,
        confidence,
        format!("no index of `{from}` starts with `{columns}`, its reference to `{to}`"),
    );
    if at != key.place {
        finding.related(key.place, "the reference is declared here");
    }
    if let Some(used) = used
        && used != at
    {
        finding.related(used, "rows are read by it here");
    }
    finding
        .cost(format!(
            "all rows of `{from}` are read to find those of one row of `{to}`, also when that is deleted"
        ))
        .help(help);
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
            let columns: Vec<String> = columns
                .iter()
                .map(|column| format!("\"{column}\""))
                .collect();
            return advice.replace("{columns}", &columns.join(", "));
        }
    }
    sql_advice(schema, table, columns)
}

/// The statement that makes an index.
fn sql_advice(schema: &Schema, table: &Table, columns: &[String]) -> String {
    let concurrently = match schema.dialect {
        Some(crate::ir::schema::Dialect::PostgreSql) => " CONCURRENTLY",
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
    let columns: Vec<String> = columns.iter().map(quoted).collect();
    format!(
        "`CREATE INDEX{concurrently} ON {} ({})`",
        quoted(&table.name),
        columns.join(", ")
    )
}
