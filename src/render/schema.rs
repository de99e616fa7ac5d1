//! The schemas of a project, as SQL or JSON.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::schema::{
    Column, ColumnKind, Dialect, ForeignKey, Index, IndexKey, IndexMethod, Origin, Schema, Table,
};
use crate::source::{LineIndex, Place, SourceFile};

use super::escape;

/// Writes schemas as statements that make them, each with the place it comes from.
///
/// # Errors
/// If writing fails.
pub fn schema_sql(
    schemas: &[&Schema],
    files: &[SourceFile],
    out: &mut dyn Write,
) -> io::Result<()> {
    for (i, schema) in schemas.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let dialect = schema.dialect.map_or("engine not known", dialect_name);
        let name = escape::inline(&schema.name);
        writeln!(
            out,
            "-- {name}: {dialect}, from {}",
            origin_name(schema.origin)
        )?;
        for table in &schema.tables {
            writeln!(out)?;
            table_sql(table, files, out)?;
        }
    }
    Ok(())
}

fn table_sql(table: &Table, files: &[SourceFile], out: &mut dyn Write) -> io::Result<()> {
    let name = quoted(&table.name);
    let more = if table.is_complete {
        ""
    } else {
        ", not all is known"
    };
    writeln!(out, "-- {}{more}", place_text(table.place, files))?;
    let mut lines: Vec<String> = table.columns.iter().map(column_sql).collect();
    for index in &table.indexes {
        if index.is_primary {
            lines.push(format!("PRIMARY KEY ({})", keys_sql(index)));
        }
    }
    let enforced = table.foreign_keys.iter().filter(|key| key.is_enforced);
    lines.extend(enforced.map(reference_sql));
    if lines.is_empty() {
        writeln!(out, "CREATE TABLE {name} ();")?;
    } else {
        writeln!(out, "CREATE TABLE {name} (\n  {}\n);", lines.join(",\n  "))?;
    }
    for index in table.indexes.iter().filter(|index| !index.is_primary) {
        let unique = if index.is_unique { "UNIQUE " } else { "" };
        let method = match index.method {
            IndexMethod::BTree => String::new(),
            method => format!(" USING {}", method_name(method)),
        };
        let mut rest = String::new();
        if !index.include.is_empty() {
            let columns: Vec<String> = index.include.iter().map(|c| quoted(c)).collect();
            rest = format!(" INCLUDE ({})", columns.join(", "));
        }
        if let Some(terms) = &index.condition {
            let condition = condition_sql(terms);
            rest.push_str(" WHERE ");
            rest.push_str(condition.as_deref().unwrap_or("…"));
        }
        writeln!(
            out,
            "CREATE {unique}INDEX {} ON {name}{method} ({}){rest}; -- {}",
            quoted(&index.name),
            keys_sql(index),
            place_text(index.place, files)
        )?;
    }
    Ok(())
}

fn column_sql(column: &Column) -> String {
    let null = if column.is_nullable { "" } else { " NOT NULL" };
    format!("{} {}{null}", quoted(&column.name), kind_name(column.kind))
}

fn reference_sql(key: &ForeignKey) -> String {
    let columns: Vec<String> = key.columns.iter().map(|c| quoted(c)).collect();
    format!(
        "FOREIGN KEY ({}) REFERENCES {}",
        columns.join(", "),
        quoted(&key.target)
    )
}

fn keys_sql(index: &Index) -> String {
    let keys: Vec<String> = index.keys.iter().map(key_sql).collect();
    keys.join(", ")
}

fn key_sql(key: &IndexKey) -> String {
    let mut text = match &key.value {
        Value::Column(column) => quoted(column),
        Value::Expression(text, _) => format!("({})", escape::inline(text)),
    };
    if let Some(collation) = &key.collation {
        text.push_str(" COLLATE ");
        text.push_str(&quoted(collation));
    }
    if let Some(class) = &key.operator_class {
        text.push(' ');
        text.push_str(&escape::inline(class));
    }
    if key.is_descending {
        text.push_str(" DESC");
    }
    match key.nulls_first {
        Some(true) => text.push_str(" NULLS FIRST"),
        Some(false) => text.push_str(" NULLS LAST"),
        None => {}
    }
    text
}

/// The rows that a partial index holds; none if that was not understood.
fn condition_sql(terms: &[Term]) -> Option<String> {
    let terms: Vec<String> = terms.iter().map(term_sql).collect::<Option<_>>()?;
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

fn term_sql(term: &Term) -> Option<String> {
    let value = match &term.value {
        Value::Column(column) => quoted(column),
        Value::Expression(text, _) => escape::inline(text).into_owned(),
    };
    let operator = match (term.class, &term.operand) {
        (OperatorClass::Equality, Operand::Constant(_)) => "=",
        (OperatorClass::Equality, Operand::Constants(_)) => "IN",
        (OperatorClass::Equality, Operand::Null) => "IS",
        (OperatorClass::Negation, Operand::Constant(_)) => "<>",
        (OperatorClass::Negation, Operand::Constants(_)) => "NOT IN",
        (OperatorClass::Negation, Operand::Null) => "IS NOT",
        (
            OperatorClass::Range,
            Operand::Limit {
                is_upper,
                is_inclusive,
                ..
            },
        ) => match (is_upper, is_inclusive) {
            (true, true) => "<=",
            (true, false) => "<",
            (false, true) => ">=",
            (false, false) => ">",
        },
        _ => return None,
    };
    let operand = match &term.operand {
        Operand::Constant(constant)
        | Operand::Limit {
            value: constant, ..
        } => constant.clone(),
        Operand::Constants(constants) => format!("({})", constants.join(", ")),
        _ => "NULL".to_owned(),
    };
    Some(format!("{value} {operator} {}", escape::inline(&operand)))
}

/// Writes schemas as one JSON document.
///
/// # Errors
/// If writing fails.
pub fn schema_json(
    schemas: &[&Schema],
    files: &[SourceFile],
    out: &mut dyn Write,
) -> io::Result<()> {
    let schemas: Vec<Json> = schemas
        .iter()
        .map(|schema| {
            let tables: Vec<Json> = schema.tables.iter().map(|t| table_json(t, files)).collect();
            json!({
                "name": schema.name,
                "dialect": schema.dialect.map(dialect_name),
                "origin": origin_name(schema.origin),
                "tables": tables,
            })
        })
        .collect();
    serde_json::to_writer_pretty(
        &mut *out,
        &json!({ "schema_version": 1, "schemas": schemas }),
    )?;
    writeln!(out)
}

fn table_json(table: &Table, files: &[SourceFile]) -> Json {
    let columns: Vec<Json> = table
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": kind_name(column.kind),
                "nullable": column.is_nullable,
                "place": place_text(column.place, files),
            })
        })
        .collect();
    let indexes: Vec<Json> = table
        .indexes
        .iter()
        .map(|index| {
            json!({
                "name": index.name,
                "keys": index.keys.iter().map(key_sql).collect::<Vec<_>>(),
                "include": index.include,
                "method": method_name(index.method),
                "unique": index.is_unique,
                "primary": index.is_primary,
                "partial": index.condition.is_some(),
                "condition": index.condition.as_deref().and_then(condition_sql),
                "implied": index.is_implied,
                "place": place_text(index.place, files),
            })
        })
        .collect();
    let keys: Vec<Json> = table
        .foreign_keys
        .iter()
        .map(|key| {
            json!({
                "columns": key.columns,
                "target": key.target,
                "enforced": key.is_enforced,
                "place": place_text(key.place, files),
            })
        })
        .collect();
    json!({
        "name": table.name,
        "complete": table.is_complete,
        "place": place_text(table.place, files),
        "columns": columns,
        "indexes": indexes,
        "foreign_keys": keys,
    })
}

fn place_text(place: Place, files: &[SourceFile]) -> String {
    let Some(file) = files.get(place.file.index()) else {
        return String::new();
    };
    let line = LineIndex::new(&file.text).line(place.span.start);
    format!("{}:{line}", escape::path(&file.path))
}

fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain {
        name.to_owned()
    } else {
        format!("\"{}\"", escape::inline(name).replace('"', "\"\""))
    }
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::PostgreSql => "postgresql",
        Dialect::MySql => "mysql",
        Dialect::Sqlite => "sqlite",
        Dialect::Mongo => "mongodb",
    }
}

fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Models => "models",
        Origin::Migrations => "migrations",
        Origin::Dump => "dump",
    }
}

fn method_name(method: IndexMethod) -> &'static str {
    match method {
        IndexMethod::BTree => "btree",
        IndexMethod::Hash => "hash",
        IndexMethod::Gin => "gin",
        IndexMethod::Gist => "gist",
        IndexMethod::Brin => "brin",
        IndexMethod::FullText => "fulltext",
        IndexMethod::Other => "other",
    }
}

fn kind_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Enum(_) => "text",
        ColumnKind::CaseInsensitiveText => "citext",
        ColumnKind::Integer | ColumnKind::Key => "integer",
        ColumnKind::Number => "numeric",
        ColumnKind::Bool => "boolean",
        ColumnKind::Time => "timestamp",
        ColumnKind::Json => "json",
        ColumnKind::Array => "array",
        ColumnKind::TextSearch => "tsvector",
        ColumnKind::Bytes => "bytea",
        ColumnKind::Other => "other",
    }
}
