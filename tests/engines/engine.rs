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
    MariaDb,
}

impl Engine {
    pub(crate) fn all() -> [Self; 3] {
        [Self::PostgreSql, Self::Sqlite, Self::MariaDb]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::Sqlite => "sqlite",
            Self::MariaDb => "mariadb",
        }
    }

    /// What the configuration calls it.
    pub(crate) fn dialect(self) -> &'static str {
        match self {
            Self::PostgreSql | Self::Sqlite => self.name(),
            Self::MariaDb => "mysql",
        }
    }

    /// The statements that make its tables.
    pub(crate) fn tables(self) -> String {
        let shared = read("tables.sql");
        match self {
            Self::PostgreSql => shared + &read("tables.postgresql.sql"),
            Self::Sqlite | Self::MariaDb => shared,
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
            Self::MariaDb => mariadb(&statements),
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
            Self::MariaDb => format!(
                "import pymysql\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n\
                 @app.get(\"/rows\")\ndef rows({arguments}):\n    \
                 cursor = pymysql.connect().cursor()\n    \
                 cursor.execute('''{} ''' {})\n    \
                 return cursor.fetchall()\n",
                (0..parameters.len()).fold(query.replace('"', "`"), |query, i| {
                    query.replace(&format!("${}", i + 1), "%s")
                }),
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
                // What a foreign key needs stays from one pair to the next.
                let index = match self {
                    Self::PostgreSql | Self::Sqlite => (*index).to_owned(),
                    Self::MariaDb => index.replacen("INDEX ", "INDEX IF NOT EXISTS ", 1),
                };
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
                Self::MariaDb => {
                    let _ = writeln!(script, "EXPLAIN {};", query.replace('"', "`"));
                }
            }
            match self {
                Self::PostgreSql | Self::Sqlite => {
                    let _ = writeln!(script, "ROLLBACK;\n\\echo {NEXT}");
                }
                // No transaction takes an index back.
                Self::MariaDb => {
                    for index in indexes {
                        let _ = writeln!(script, "{};", dropped(index));
                    }
                    let _ = writeln!(script, "SELECT '{NEXT}';");
                }
            }
        }
        let (output, errors) = match self {
            Self::PostgreSql => psql(&script),
            Self::Sqlite => sqlite(&script),
            Self::MariaDb => mariadb(&script),
        };
        let plans = output.split(NEXT);
        let plans = plans.zip(asked).map(|(plan, (_, query))| match self {
            _ if plan.trim().is_empty() => Err(errors.clone()),
            Self::PostgreSql => postgres_narrows(plan, query),
            Self::Sqlite => Ok(sqlite_narrows(plan, query)),
            Self::MariaDb => Ok(mariadb_narrows(plan, query)),
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

/// The plan's rows have, parted by tabs: number, kind of query, table, kind of access, possible
/// indexes, index, its bytes used, what it is compared with, rows, and more (MariaDB, "EXPLAIN").
fn mariadb_narrows(plan: &str, query: &str) -> bool {
    let table = table_of(query);
    let rows = plan
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let is_narrowed = |row: &[&str]| {
        let [_, _, of, access, _, _, _, _, _, more] = row else {
            return false;
        };
        let is_ordered = query.contains(" LIMIT ")
            && query.contains("ORDER BY")
            && !more.contains("Using filesort");
        *of == table
            && match *access {
                "ALL" => false,
                // The whole of an index is read, but for the first rows in its order.
                "index" => is_ordered,
                _ => true,
            }
    };
    rows.into_iter().any(|row| is_narrowed(&row))
}

/// The statement that takes back one which makes an index.
fn dropped(index: &str) -> String {
    let words: Vec<&str> = index.split([' ', '(']).collect();
    let after = |word: &str| {
        let at = words.iter().position(|found| *found == word);
        at.map_or("", |at| words[at + 1])
    };
    format!("DROP INDEX {} ON {}", after("INDEX"), after("ON"))
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

/// Runs statements on the server that `.ci/engines` has started; one that fails ends nothing.
fn mariadb(script: &str) -> (String, String) {
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "--batch", "--skip-column-names", "--force"]);
    command.args(["--user=root", "--database=test"]);
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
