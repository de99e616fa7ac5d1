//! What happens against what is reported: the applications of `fixtures/truth` are run with two
//! rows and with twenty, their queries are counted, and where the count grows there has to be a
//! finding, and none where it does not.
//!
//! A shape is one file of `shapes/`. Findings in it, at default confidence, are its verdict. The
//! interpreters come from `.ci/runtime`; `SLOWPATH_PYTHON` and `SLOWPATH_NODE` name others.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use slowpath::config::Settings;

/// Fewer shapes would show that an application does not run.
const LEAST_SHAPES: usize = 114;

/// What an application says of one of its shapes.
#[derive(Debug, Deserialize)]
struct Counted {
    shape: String,
    /// Queries with two rows of each kind.
    few: usize,
    /// Queries with twenty.
    many: usize,
}

#[test]
fn where_queries_grow_there_is_a_finding_and_nowhere_else() {
    let mut table = String::new();
    let mut wrong = Vec::new();
    let mut shapes = 0;
    for (application, runner) in [
        ("django", python()),
        ("peewee", python()),
        ("sqlalchemy", python()),
        ("typeorm", node()),
    ] {
        let root = truth().join(application);
        let found = findings(&root);
        for counted in run(&root, &runner) {
            shapes += 1;
            let grows = counted.many > counted.few;
            let reported = found.get(&counted.shape).copied().unwrap_or_default();
            let verdict = if reported > 0 { "reported" } else { "silent" };
            let truth = if grows { "grows" } else { "constant" };
            let _ = writeln!(
                table,
                "{application:<12} {:<32} {:>3} -> {:>3} queries  {truth:<9} {verdict}",
                counted.shape, counted.few, counted.many
            );
            if grows != (reported > 0) {
                wrong.push(format!("{application}/{}", counted.shape));
            }
        }
    }
    #[expect(clippy::print_stdout, reason = "the table is what people run this for")]
    {
        println!("{table}");
    }
    assert!(shapes >= LEAST_SHAPES, "only {shapes} shapes");
    assert!(wrong.is_empty(), "{wrong:?}\n{table}");
}

/// The number of findings by shape: the stem of the file they stand in.
fn findings(root: &Path) -> BTreeMap<String, usize> {
    let settings = Settings {
        root: root.to_owned(),
        paths: vec![root.to_owned()],
        rules: vec!["n-plus-one"],
        ..Settings::default()
    };
    let report = slowpath::analyze(&settings).expect("the analysis runs");
    let mut found = BTreeMap::new();
    for finding in &report.findings {
        let path = Path::new(report.path(finding.place));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        *found.entry(stem.into_owned()).or_default() += 1;
    }
    found
}

fn run(root: &Path, interpreter: &Path) -> Vec<Counted> {
    let scripts = [root.join("run.py"), root.join("run.js")];
    let script = scripts.iter().find(|script| script.exists());
    let script = script.expect("the application has a script that runs it");
    let output = Command::new(interpreter)
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", interpreter.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", root.display());
    let lines = String::from_utf8(output.stdout).expect("output is UTF-8");
    let parsed = lines.lines().map(serde_json::from_str);
    parsed
        .collect::<Result<_, _>>()
        .expect("one JSON object a line")
}

fn truth() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/truth")
}

/// Node; where its packages are is told by `SLOWPATH_NODE_MODULES`.
fn node() -> PathBuf {
    env::var_os("SLOWPATH_NODE").map_or_else(|| PathBuf::from("node"), PathBuf::from)
}

fn python() -> PathBuf {
    env::var_os("SLOWPATH_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/runtime/bin/python"),
        PathBuf::from,
    )
}
