//! The databases: how they are filled, and how their plans are read.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::{Pair, data};

/// Parts the plans of one script.
const NEXT: &str = "-- next";

/// A database that explains its plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    PostgreSql,
    Sqlite,
}

impl Engine {
    pub(crate) fn all() -> [Self; 2] {
        [Self::PostgreSql, Self::Sqlite]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::Sqlite => "sqlite",
        }
    }

    /// The statements that make its tables.
    pub(crate) fn tables(self) -> String {
        let shared = read("tables.sql");
        match self {
            Self::PostgreSql => shared + &read("tables.postgresql.sql"),
            Self::Sqlite => shared,
        }
    }

    /// Makes the tables and their rows.
    pub(crate) fn fill(self) {
        let statements = self.tables() + &read(&format!("rows.{}.sql", self.name()));
        let (_, errors) = match self {
            Self::PostgreSql => psql(&statements),
            Self::Sqlite => {
                let _ = fs::remove_file(sqlite_file());
                sqlite(&statements)
            }
        };
        assert!(errors.is_empty(), "{errors}");
    }

    /// A program that sends a query when it is asked over the network.
    pub(crate) fn program(self, query: &str, parameters: &[String]) -> String {
        let values = |open: &str, close: &str| {
            let names: Vec<String> = (0..parameters.len()).map(|i| format!("value{i}")).collect();
            if names.is_empty() {
                String::new()
            } else {
                format!(", {open}{}{close}", names.join(", "))
            }
        };
        let mut arguments = String::new();
        for i in 0..parameters.len() {
            let _ = write!(arguments, "value{i}: int, ");
        }
        match self {
            Self::PostgreSql => format!(
                "import asyncpg\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n\
                 @app.get(\"/rows\")\nasync def rows({arguments}):\n    \
                 connection = await asyncpg.connect()\n    \
                 return await connection.fetch('''{query} '''{})\n",
                values("", "")
            ),
            Self::Sqlite => format!(
                "import sqlite3\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n\
                 @app.get(\"/rows\")\ndef rows({arguments}):\n    \
                 connection = sqlite3.connect(\"shop.db\")\n    \
                 return connection.execute('''{} ''' {}).fetchall()\n",
                query.replace('$', "?"),
                values("[", "]")
            ),
        }
    }

    /// For each query with its indexes, whether the plan narrows the rows of its first table by an
    /// index, or hands them out in order. An error is what the engine says of the statements.
    pub(crate) fn narrow(self, asked: &[(Vec<&str>, String)]) -> Vec<Result<bool, String>> {
        let mut script = String::new();
        for (indexes, query) in asked {
            script.push_str("BEGIN;\n");
            for index in indexes {
                let _ = writeln!(script, "{index};");
            }
            match self {
                Self::PostgreSql => {
                    // Expressions have statistics of their own.
                    if indexes.iter().any(|index| index.matches('(').count() > 1) {
                        let _ = writeln!(script, "ANALYZE {};", table_of(query));
                    }
                    let _ = writeln!(script, "EXPLAIN (FORMAT JSON) {query};");
                }
                Self::Sqlite => {
                    let _ = writeln!(script, "EXPLAIN QUERY PLAN {query};");
                }
            }
            let _ = writeln!(script, "ROLLBACK;\n\\echo {NEXT}");
        }
        let (output, errors) = match self {
            Self::PostgreSql => psql(&script),
            Self::Sqlite => sqlite(&script),
        };
        let plans = output.split(NEXT);
        let plans = plans.zip(asked).map(|(plan, (_, query))| match self {
            _ if plan.trim().is_empty() => Err(errors.clone()),
            Self::PostgreSql => postgres_narrows(plan, query),
            Self::Sqlite => Ok(sqlite_narrows(plan, query)),
        });
        plans.collect()
    }
}

/// The query of a pair with values for its parameters.
pub(crate) fn filled(pair: &Pair) -> String {
    let mut query = pair.query.clone();
    for (i, value) in pair.parameters.iter().enumerate() {
        query = query.replace(&format!("${}", i + 1), value);
    }
    query
}

fn postgres_narrows(plan: &str, query: &str) -> Result<bool, String> {
    let plan: Value = serde_json::from_str(plan).map_err(|error| error.to_string())?;
    let root = &plan[0]["Plan"];
    let is_ordered = root["Node Type"] == "Limit" && !has_node(root, "Sort");
    Ok(is_narrowed(root, table_of(query), is_ordered))
}

fn sqlite_narrows(plan: &str, query: &str) -> bool {
    let is_sorted = plan.contains("TEMP B-TREE FOR ORDER BY");
    let is_ordered = query.contains(" LIMIT ") && query.contains("ORDER BY") && !is_sorted;
    let is_searched = plan.contains(&format!("SEARCH {}", table_of(query)));
    // Alternatives are searched for one after the other.
    is_searched || is_ordered
}

/// The table that a statement is about.
fn table_of(query: &str) -> &str {
    let words = ["FROM ", "UPDATE "];
    let at = words
        .iter()
        .filter_map(|word| Some(query.find(word)? + word.len()))
        .min()
        .expect("the statement names a table");
    let rest = query[at..].trim_start_matches('"');
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    &rest[..end]
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

fn has_node(node: &Value, kind: &str) -> bool {
    node["Node Type"] == kind || children(node).any(|child| has_node(child, kind))
}

fn has_condition(node: &Value) -> bool {
    !node["Index Cond"].is_null() || children(node).any(has_condition)
}

/// Whether the table is read by a condition of an index, or in the order of one.
fn is_narrowed(node: &Value, table: &str, is_ordered: bool) -> bool {
    if node["Relation Name"] == table {
        let by_index = node["Node Type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("Index"));
        return has_condition(node) || is_ordered && by_index;
    }
    children(node).any(|child| is_narrowed(child, table, is_ordered))
}

fn read(name: &str) -> String {
    fs::read_to_string(data(name)).expect("the statements are there")
}

/// Runs statements on the server that `.ci/engines` has started.
fn psql(script: &str) -> (String, String) {
    let mut command = Command::new("psql");
    command.args(["-qAtX", "-f", "-"]);
    run(command, script)
}

fn sqlite_file() -> PathBuf {
    env::temp_dir().join(format!("slowpath-engines-{}.db", std::process::id()))
}

fn sqlite(script: &str) -> (String, String) {
    let python = env::var_os("SLOWPATH_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.arg(data("sqlite.py")).arg(sqlite_file());
    run(command, script)
}

/// What a program says of its input, and its errors.
fn run(mut command: Command, input: &str) -> (String, String) {
    let mut file = tempfile::tempfile().expect("a file can be made");
    file.write_all(input.as_bytes())
        .expect("a file can be written");
    file.rewind().expect("a file can be read again");
    let output = command
        .stdin(file)
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    (text(&output.stdout), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
