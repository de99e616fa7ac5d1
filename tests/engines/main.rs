//! What planners do against what is reported: `tests/engines/pairs` has schemas and queries,
//! and each is asked of a real PostgreSQL, SQLite and MariaDB with 100,000 rows in each table. Where the plan
//! narrows by no index there has to be a finding, and none where it does; the index that a finding
//! asks for has to be used once it is there.
//!
//! `.ci/engines` starts the servers and names them in the variables that `psql` and `mariadb` read.

mod engine;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::engine::{Engine, filled};

/// Fewer pairs would show that a file of them is not read.
const LEAST_PAIRS: usize = 60;
/// The rules that speak of what no index serves.
const RULES: &[&str] = &[
    "leading-wildcard-like",
    "non-sargable-predicate",
    "unindexed-foreign-key",
    "unindexed-predicate",
    "unindexed-sort",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    pair: Vec<Pair>,
}

/// Indexes, and a query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    #[serde(default)]
    indexes: Vec<String>,
    query: String,
    /// Values of its parameters, as SQL.
    #[serde(default)]
    parameters: Vec<String>,
    /// The engines that know its forms; all where it is absent.
    engines: Option<Vec<String>>,
    /// Why the verdict need not be that of the plan.
    undecided: Option<String>,
}

/// What the tool says of a pair.
#[derive(Debug, Default)]
struct Said {
    rules: Vec<String>,
    /// The statements that its help asks for.
    indexes: Vec<String>,
}

#[test]
fn verdicts_are_those_of_the_planners() {
    let pairs = pairs();
    let mut table = String::new();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for engine in Engine::all() {
        engine.fill();
        let is_meant = |pair: &&Pair| {
            let engines = pair.engines.as_ref();
            engines.is_none_or(|names| names.iter().any(|name| name == engine.name()))
        };
        let pairs: Vec<&Pair> = pairs.iter().filter(is_meant).collect();
        asked += pairs.len();
        let said: Vec<Said> = pairs.par_iter().map(|pair| said(engine, pair)).collect();
        let as_it_is = pairs.iter().map(|pair| with(pair, &[])).collect::<Vec<_>>();
        let helped = pairs.iter().zip(&said);
        let helped = helped.map(|(pair, said)| with(pair, &said.indexes));
        let helped = engine.narrow(&helped.collect::<Vec<_>>());
        let served = engine.narrow(&as_it_is);
        for (((pair, said), served), helped) in pairs.iter().zip(&said).zip(served).zip(helped) {
            let is_served = served.unwrap_or_else(|error| panic!("{}: {error}", pair.name));
            let is_helped = said.indexes.is_empty() || helped == Ok(true);
            let agrees = is_served == said.rules.is_empty();
            let verdict = match (agrees, is_helped, &pair.undecided) {
                (_, false, _) => "HELP UNUSED",
                (true, true, _) => "",
                (false, true, Some(reason)) => reason.as_str(),
                (false, true, None) => "DISAGREES",
            };
            if !is_helped || !agrees && pair.undecided.is_none() {
                wrong.push(format!("{}/{}", engine.name(), pair.name));
            }
            let truth = if is_served { "served" } else { "unserved" };
            let rules = said.rules.join(" ");
            let _ = writeln!(
                table,
                "{:<10} {:<40} {truth:<9} {:<26} {verdict}",
                engine.name(),
                pair.name,
                if rules.is_empty() { "silent" } else { &rules },
            );
        }
    }
    #[expect(clippy::print_stdout, reason = "the table is what people run this for")]
    {
        println!("{table}");
    }
    assert!(asked >= LEAST_PAIRS, "only {asked} pairs");
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A pair's query, with its indexes and more.
fn with<'p>(pair: &'p Pair, more: &'p [String]) -> (Vec<&'p str>, String) {
    let indexes = pair.indexes.iter().chain(more).map(String::as_str);
    (indexes.collect(), filled(pair))
}

fn pairs() -> Vec<Pair> {
    let folder = data("pairs");
    let entries = fs::read_dir(&folder).expect("the pairs are there");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = files.iter().flat_map(|file| {
        let text = fs::read_to_string(file).expect("a file of pairs is text");
        let pairs: Pairs =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        pairs.pair
    });
    read.collect()
}

/// Runs the tool on a project that has the tables, the indexes and the query.
fn said(engine: Engine, pair: &Pair) -> Said {
    let project = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        fs::write(project.path().join(name), text).expect("a file can be written");
    };
    let mut schema = engine.tables();
    for index in &pair.indexes {
        let _ = writeln!(schema, "\n{index};");
    }
    write("schema.sql", &schema);
    write("app.py", &engine.program(&pair.query, &pair.parameters));
    write(
        "slowpath.toml",
        &format!("[schema]\ndialect = \"{}\"\n", engine.dialect()),
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_slowpath"));
    command.args(["check", "--no-cache", "--exit-zero", "--format", "json"]);
    command.args(["--min-confidence", "low", "--select"]);
    let output = command
        .arg(RULES.join(","))
        .arg(project.path())
        .output()
        .expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", pair.name);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let mut said = Said::default();
    for finding in report["findings"].as_array().expect("findings are a list") {
        // A reference has its own finding, whether or not the query asks by it.
        let is_declared = finding["path"] == "schema.sql";
        if is_declared && !pair.query.contains("WHERE customer_id") {
            continue;
        }
        let rule = finding["rule"].as_str().unwrap_or_default();
        said.rules.push(rule.to_owned());
        let help = finding["help"].as_str().unwrap_or_default();
        said.indexes.extend(statements_in(help));
    }
    said
}

/// The statements that make indexes in a help text.
fn statements_in(help: &str) -> Vec<String> {
    let quoted = help.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| text.starts_with("CREATE INDEX"))
        // Inside of a transaction indexes are made the other way.
        .map(|text| text.replace(" CONCURRENTLY", ""))
        .collect()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/engines")
        .join(name)
}
