//! What `slowpath schema` prints against what the libraries make: the projects of
//! `fixtures/catalogs` make their tables in a real database, and columns, keys, indexes and
//! references have to be those that were read from the code.
//!
//! Each has a script, `make.py` or `make.js`, that is handed the address of an empty database, or a
//! file of SQL here with what the library's documentation says it makes.
//! `.ci/catalogs` installs what they need and starts the server; `SLOWPATH_PYTHON` and
//! `SLOWPATH_NODE` name other interpreters.

mod database;

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use slowpath::config::{SchemaSettings, Settings};
use slowpath::render;

use crate::database::Engine;

/// The projects, and the engines that their tables are made for.
const CATALOGS: &[(&str, &[Engine])] = &[
    ("alembic", &[Engine::PostgreSql]),
    ("django", &[Engine::Sqlite, Engine::PostgreSql]),
    ("drizzle", &[Engine::PostgreSql]),
    ("drizzle-sqlite", &[Engine::Sqlite]),
    ("knex", &[Engine::PostgreSql]),
    ("mikro-orm", &[Engine::PostgreSql]),
    ("peewee", &[Engine::Sqlite, Engine::PostgreSql]),
    ("prisma", &[Engine::PostgreSql]),
    ("sequelize", &[Engine::PostgreSql]),
    ("sqlalchemy", &[Engine::Sqlite, Engine::PostgreSql]),
    ("sqlmodel", &[Engine::Sqlite, Engine::PostgreSql]),
    ("tortoise", &[Engine::Sqlite]),
    ("typeorm", &[Engine::Sqlite, Engine::PostgreSql]),
    ("typeorm-migrations", &[Engine::PostgreSql]),
];

/// Tables in which the libraries keep account of migrations.
const ACCOUNTS: &[&str] = &[
    "alembic_version",
    "django_content_type",
    "django_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "migrations",
    "sqlite_sequence",
];

/// A table, as a database or the tool tells of it.
#[derive(Debug, Deserialize)]
struct Table {
    name: String,
    columns: Vec<Column>,
    indexes: Vec<Index>,
    foreign_keys: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    nullable: bool,
}

#[derive(Debug, Deserialize)]
struct Index {
    keys: Vec<String>,
    method: String,
    unique: bool,
    primary: bool,
    condition: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    columns: Vec<String>,
    target: String,
    #[serde(default = "always")]
    enforced: bool,
}

/// What a database has, it enforces.
fn always() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct Printed {
    schemas: Vec<Schema>,
}

#[derive(Debug, Deserialize)]
struct Schema {
    tables: Vec<Table>,
}

#[test]
fn every_project_is_made() {
    let entries = std::fs::read_dir(catalogs()).expect("the projects are there");
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let mut known: Vec<&str> = CATALOGS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn what_is_printed_is_what_the_libraries_make() {
    let mut problems = String::new();
    for &(name, engines) in CATALOGS {
        for &engine in engines {
            let root = catalogs().join(name);
            let address = engine.empty(name);
            make(&root, &address);
            let made = lines(&engine.tables(&address));
            let printed = lines(&printed(&root, engine));
            assert!(!made.is_empty(), "{name} makes nothing");
            for (sign, these, others) in [('-', &made, &printed), ('+', &printed, &made)] {
                for line in without(these, others) {
                    let _ = writeln!(problems, "{name}, {engine:?}: {sign} {line}");
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "- only in the database, + only printed\n{problems}"
    );
}

/// Has a project make its tables; those of a library that does not run here are in a file of SQL.
fn make(root: &Path, address: &str) {
    if let Some(name) = root.file_name()
        && let documented = database::beside(&format!("{}.sql", name.to_string_lossy()))
        && documented.exists()
    {
        database::run(address, &documented);
        return;
    }
    let interpreters = [("make.py", python()), ("make.js", node())];
    let mut scripts = interpreters
        .into_iter()
        .map(|(script, interpreter)| (root.join(script), interpreter));
    let (script, interpreter) = scripts
        .find(|(script, _)| script.exists())
        .expect("the project has a script that makes its tables");
    let output = Command::new(&interpreter)
        .arg(script)
        .arg(address)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NODE_PATH", node_modules())
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", interpreter.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", root.display());
}

/// What the tool prints of a project.
fn printed(root: &Path, engine: Engine) -> Vec<Table> {
    let settings = Settings {
        root: root.to_owned(),
        paths: vec![root.to_owned()],
        schema: SchemaSettings {
            dialect: Some(engine.dialect()),
            ..SchemaSettings::default()
        },
        ..Settings::default()
    };
    let json = slowpath::schema(&settings, |schemas, files| {
        let mut out = Vec::new();
        render::schema_json(schemas, files, &mut out).map(|()| out)
    });
    let json = json.expect("the analysis runs").expect("memory is written");
    let printed: Printed = serde_json::from_slice(&json).expect("the catalog is as described");
    let tables = printed.schemas.into_iter().flat_map(|schema| schema.tables);
    tables.collect()
}

/// Each fact of some tables in one line, sorted.
fn lines(tables: &[Table]) -> Vec<String> {
    let mut lines = Vec::new();
    let of_project = tables
        .iter()
        .filter(|table| !ACCOUNTS.contains(&table.name.as_str()));
    for table in of_project {
        let mut add = |fact: String| lines.push(format!("{} {fact}", table.name));
        let keys = table.indexes.iter().filter(|index| index.primary);
        let keys: Vec<String> = keys
            .flat_map(|index| index.keys.iter().map(|key| plain(key)))
            .collect();
        for column in &table.columns {
            let is_nullable = column.nullable && !keys.contains(&plain(&column.name));
            let null = if is_nullable { " null" } else { "" };
            add(format!("column {}{null}", column.name));
        }
        for index in &table.indexes {
            let kind = match (index.primary, index.unique) {
                (true, _) => "primary key",
                (false, true) => "unique",
                (false, false) => "index",
            };
            let keys: Vec<String> = index.keys.iter().map(|key| plain(key)).collect();
            let condition = index.condition.as_ref();
            let of_table = format!("\"{}\".", table.name);
            let condition = condition.map(|condition| condition.replace(&of_table, ""));
            let condition = condition.map(|condition| format!(" where {}", terms(&condition)));
            let method = match index.method.as_str() {
                "btree" => String::new(),
                method => format!(" {method}"),
            };
            let (keys, condition) = (keys.join(", "), condition.unwrap_or_default());
            add(format!("{kind}{method} ({keys}){condition}"));
        }
        for key in table.foreign_keys.iter().filter(|key| key.enforced) {
            let target = key.target.trim_matches('"');
            add(format!("({}) -> {target}", key.columns.join(", ")));
        }
    }
    lines.sort();
    lines
}

/// The lines that others lack, as often as they lack them.
fn without<'l>(lines: &'l [String], others: &[String]) -> Vec<&'l String> {
    let mut others = others.to_vec();
    let mut rest = lines.iter().collect::<Vec<_>>();
    rest.retain(
        |line| match others.iter().position(|other| other == *line) {
            Some(at) => {
                others.swap_remove(at);
                false
            }
            None => true,
        },
    );
    rest
}

/// The terms of a condition, in one order: the libraries write them in theirs.
fn terms(condition: &str) -> String {
    let condition = condition.to_lowercase();
    let terms = condition.split(" and ").map(plain);
    let terms = terms.map(|term| match term.strip_prefix("not") {
        Some(term) if term.contains('=') => term.replace('=', "<>"),
        _ => term,
    });
    let mut terms: Vec<String> = terms.collect();
    terms.sort();
    terms.join(" and ")
}

/// An expression without what only one engine writes: casts, quotes, parentheses and blanks.
fn plain(expression: &str) -> String {
    let mut text = expression.to_lowercase();
    for cast in [
        "::text",
        "::character varying",
        "::timestamp with time zone",
        "::state",
    ] {
        text = text.replace(cast, "");
    }
    text = text.replace("= true", "");
    text.retain(|c| !matches!(c, '"' | '`' | '(' | ')' | ' '));
    text
}

fn catalogs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/catalogs")
}

/// Where the packages are that the projects import.
fn node_modules() -> PathBuf {
    env::var_os("SLOWPATH_NODE_MODULES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/catalogs/node/node_modules"),
        PathBuf::from,
    )
}

/// Node; where its packages are is told by `SLOWPATH_NODE_MODULES`.
fn node() -> PathBuf {
    env::var_os("SLOWPATH_NODE").map_or_else(|| PathBuf::from("node"), PathBuf::from)
}

fn python() -> PathBuf {
    env::var_os("SLOWPATH_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/catalogs/bin/python"),
        PathBuf::from,
    )
}
