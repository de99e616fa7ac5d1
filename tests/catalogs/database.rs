//! The databases: how an empty one is made, and how their own catalogs are read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use slowpath::source::Dialect;

use crate::{Table, python};

/// A database that tables are made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    PostgreSql,
    Sqlite,
}

impl Engine {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::PostgreSql => Dialect::PostgreSql,
            Self::Sqlite => Dialect::Sqlite,
        }
    }

    /// The address of a database without tables.
    pub(crate) fn empty(self, name: &str) -> String {
        match self {
            Self::PostgreSql => {
                let database = format!("catalog_{}", name.replace('-', "_"));
                psql("postgres", &format!("DROP DATABASE IF EXISTS {database}"));
                psql("postgres", &format!("CREATE DATABASE {database}"));
                let part = |name: &str| {
                    env::var(name).unwrap_or_else(|_| panic!("{name} is set by .ci/catalogs"))
                };
                let (user, host, port) = (part("PGUSER"), part("PGHOST"), part("PGPORT"));
                format!("postgresql://{user}@{host}:{port}/{database}")
            }
            Self::Sqlite => {
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
                let file = folder.join(format!("catalog-{name}.db"));
                let _ = fs::remove_file(&file);
                format!("sqlite:///{}", file.display())
            }
        }
    }

    /// The tables of a database, as it tells of them itself.
    pub(crate) fn tables(self, address: &str) -> Vec<Table> {
        let json = match self {
            Self::PostgreSql => {
                let database = address.rsplit('/').next().unwrap_or_default();
                let query = fs::read_to_string(beside("postgresql.sql"));
                psql(database, &query.expect("the query is there"))
            }
            Self::Sqlite => {
                let mut command = Command::new(python());
                let file = address.trim_start_matches("sqlite:///");
                output(command.arg(beside("sqlite.py")).arg(file))
            }
        };
        serde_json::from_str(&json).expect("the catalog is JSON")
    }
}

/// Runs a file of SQL in a database of PostgreSQL.
pub(crate) fn run(address: &str, file: &Path) {
    let mut command = Command::new("psql");
    command.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", address, "-f"]);
    output(command.arg(file));
}

fn psql(database: &str, statement: &str) -> String {
    let mut command = Command::new("psql");
    command.args(["-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
    output(command.args(["-d", database, "-c", statement]))
}

fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/catalogs")
        .join(name)
}
