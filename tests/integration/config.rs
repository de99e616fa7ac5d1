//! The configuration file.

use std::fs;

use boon::{Compiler, Schemas};
use serde_json::Value;
use slowpath::catalogue;
use slowpath::config::json_schema;

use crate::project::{Project, repository};

/// The message and the status for a project with this file.
fn check(path: &str, text: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let project = Project::new(&[(path, text), ("a.py", "x = 1\n")]);
    let run = project.run(&[&["check", "-q"], arguments].concat());
    (run.status, run.stderr)
}

#[test]
fn wrong_configuration_ends_with_status_2_at_its_place() {
    let table = [
        (
            "slowpath.toml",
            "select = [\"all\"]\nignore = [\n  \"unused-supression\",\n]\n",
            "slowpath.toml:3: unknown rule or category \"unused-supression\", did you mean \"unused-suppression\"?",
        ),
        (
            ".slowpath.toml",
            "min_severity = \"note\"\n",
            ".slowpath.toml:1: unknown key \"min_severity\", did you mean \"min-severity\"?",
        ),
        (
            "pyproject.toml",
            "[project]\nname = \"x\"\n\n[tool.slowpath]\nfail-on = \"always\"\n",
            "pyproject.toml:5: unknown severity \"always\"; expected one of note, warning, error",
        ),
        (
            "package.json",
            "{\n  \"slowpath\": {\n    \"exclude\": \"dist\"\n  }\n}\n",
            "package.json:3: expected an array: a list of strings",
        ),
    ];
    for (path, text, expected) in table {
        let (status, message) = check(path, text, &[]);
        assert_eq!(status, Some(2), "{path}");
        assert_eq!(message, format!("error: {expected}\n"));
    }
}

#[test]
fn configuration_can_be_left_out_or_named() {
    assert_eq!(
        check("slowpath.toml", "broken", &["--no-config"]).0,
        Some(0)
    );
    assert_eq!(
        check("slowpath.toml", "broken", &["--config=a.py"]).0,
        Some(2)
    );
    assert_eq!(
        check("ci.toml", "fail-on = \"note\"", &["--config=ci.toml"]).0,
        Some(0)
    );
    let (status, message) = check("a.toml", "", &["--config=none.toml"]);
    assert_eq!(status, Some(2));
    assert!(message.starts_with("error: none.toml: "), "{message}");
}

#[cfg(unix)]
#[test]
fn configuration_that_never_ends_is_refused() {
    use std::os::unix::fs::symlink;

    let project = Project::new(&[("a.py", "")]);
    let config = project.path().join("slowpath.toml");
    symlink("/dev/zero", &config).expect("a link");
    let run = project.run(&["check"]);
    assert_eq!(run.status, Some(2));
    assert_eq!(
        run.stderr,
        "error: slowpath.toml: its target is outside of the root\n"
    );
}

#[test]
fn schema_is_up_to_date() {
    let schema = json_schema(catalogue::pages());
    let made = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    let path = repository("slowpath.schema.json");
    if fs::read_to_string(&path).expect("the schema") != made {
        let _ = fs::write(path.with_extension("json.new"), made);
        panic!("slowpath.schema.json is out of date: move slowpath.schema.json.new over");
    }
}

#[test]
fn schema_takes_what_is_read_and_nothing_else() {
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    let schema = json_schema(catalogue::pages());
    compiler
        .add_resource("slowpath.json", schema)
        .expect("a schema");
    let index = compiler
        .compile("slowpath.json", &mut schemas)
        .expect("a schema");
    for text in [
        "",
        "select = [\"all\", \"database\", \"n-plus-one\"]",
        "exclude = [\"a/**\"]\nfail-on = \"note\"\nmin-confidence = \"low\"",
        "[severity]\nn-plus-one = \"note\"",
        "[[overrides]]\npaths = [\"a\"]\nignore = [\"all\"]\nseverity = { n-plus-one = \"error\" }",
        "[schema]\ndialect = \"mysql\"\nsmall-tables = [\"countries\"]",
        "[limits]\ncode-bytes = 4_000_000\nsql-bytes = 0x10\nfiles = 500_000",
        "nonsense = 1",
        "select = \"all\"",
        "select = [\"n+1\"]",
        "fail-on = \"always\"",
        "[severity]\nnonsense = \"note\"",
        "[severity]\nn-plus-one = 1",
        "[[overrides]]\nignore = [\"all\"]",
        "[schema]\ndialect = \"oracle\"",
        "[models]\nfile = []",
        "[limits]\ncode-bytes = 0",
        "[limits]\ncode-bytes = -1",
        "[limits]\nsql-bytes = \"5 MB\"",
        "[limits]\nfiles = 500_001",
        "[limits]\nfiles = 1.5",
    ] {
        let value: toml::Value = toml::from_str(text).expect("TOML");
        let value: Value = serde_json::to_value(value).expect("JSON");
        let is_valid = schemas.validate(&value, index).is_ok();
        let (status, message) = check("slowpath.toml", text, &[]);
        assert_eq!(is_valid, status == Some(0), "{text}: {message}");
    }
}

#[test]
fn init_writes_a_configuration_that_fits() {
    let slow = "import requests\n\n\ndef f(ids: list[str]):\n    \
        return [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]\n";
    let project = Project::new(&[
        ("a.py", slow),
        ("web/b.ts", ""),
        ("requirements.txt", "psycopg[binary]==3.2\n"),
    ]);
    let run = project.run(&["init", "--baseline=baseline.json"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(
        run.stderr,
        "slowpath.toml written\nbaseline.json written with 1 finding\n"
    );
    let text = fs::read_to_string(project.path().join("slowpath.toml")).expect("the file");
    assert!(text.contains("for 1 of Python, 1 of TypeScript"), "{text}");
    assert!(text.contains("\ndialect = \"postgresql\"\n"), "{text}");
    let run = project.run(&["check", "--baseline=baseline.json", "-v"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(run.stderr.contains("slowpath.toml"), "{run:?}");

    // Each line that is commented out is true as it stands.
    let comments = text.lines().filter_map(|line| {
        let key = line.strip_prefix("# ")?;
        (key.contains(" = ") || key.starts_with('[')).then_some(key)
    });
    let top: Vec<&str> = comments.take_while(|key| !key.starts_with('[')).collect();
    let (status, message) = check("slowpath.toml", &top.join("\n"), &[]);
    assert_eq!(status, Some(0), "{message}");

    let run = project.run(&["init"]);
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("configures slowpath already"),
        "{run:?}"
    );
    let elsewhere = Project::new(&[("package.json", "{\"slowpath\": {}}"), ("tool.json", "{}")]);
    assert_eq!(elsewhere.run(&["init"]).status, Some(2));
}

const SHELVES: &str = "CREATE TABLE shelves (id bigint PRIMARY KEY);
CREATE TABLE boxes (
  id bigint PRIMARY KEY,
  shelf_id bigint NOT NULL,
  FOREIGN KEY (shelf_id) REFERENCES shelves (id)
);
CREATE INDEX boxes_id ON boxes (id);
";

#[test]
fn the_schema_section_says_which_engine_and_which_tables_stay_small() {
    let reported = |schema: &str| {
        let configuration = format!("min-confidence = \"low\"\n[schema]\n{schema}\n");
        let project = Project::new(&[
            ("slowpath.toml", configuration.as_str()),
            ("migrations/1.sql", SHELVES),
        ]);
        let select = "--select=unindexed-foreign-key";
        let run = project.run(&["check", "--format=concise", "-q", select]);
        run.stdout.contains("shelf_id")
    };
    assert!(reported("dialect = \"postgresql\""));
    assert!(
        !reported("dialect = \"mysql\""),
        "the engine makes the index"
    );
    assert!(!reported(
        "dialect = \"postgresql\"\nsmall-tables = [\"boxes\"]"
    ));
}

#[test]
fn a_dump_is_the_last_word_on_the_schema() {
    let reported = |dump: &str| {
        let project = Project::new(&[
            (
                "slowpath.toml",
                "[schema]\ndialect = \"postgresql\"\nfiles = [\"db/structure.sql\"]",
            ),
            ("migrations/1.sql", SHELVES),
            ("db/structure.sql", dump),
        ]);
        let select = "--select=unindexed-foreign-key";
        let confidence = "--min-confidence=low";
        let run = project.run(&["check", "--format=concise", "-q", select, confidence]);
        run.stdout.contains("shelf_id")
    };
    assert!(reported(SHELVES));
    let with_index = format!("{SHELVES}\nCREATE INDEX by_shelf ON boxes (shelf_id);");
    assert!(!reported(&with_index));
    // What only migrations say is not there.
    assert!(!reported("CREATE TABLE other (id bigint PRIMARY KEY);"));
}
