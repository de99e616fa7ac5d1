//! The README: its output, tables and examples are those of the program.
//!
//! The parts between `<!-- begin: … -->` and `<!-- end: … -->` are made here. If one of them is out
//! of date, the test writes `README.md.new` beside it, to be looked at and moved over.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use slowpath::catalogue;

use crate::catalogue::{Block, blocks};
use crate::project::{Project, analyze, names, repository};

#[test]
fn generated_parts_are_up_to_date() {
    let readme = readme();
    let mut current = readme.clone();
    for (name, text) in [
        ("sample", sample()),
        ("rules", rules()),
        ("libraries", libraries()),
    ] {
        current = replaced(&current, name, &text);
    }
    if current != readme {
        // A tree that cannot be written to makes no difference to what is said.
        let _ = fs::write(repository("README.md.new"), current);
        panic!("README.md is out of date: look at README.md.new and move it over");
    }
}

#[test]
fn suppression_silences_the_example() {
    let block = block("python");
    let silent = Project::new(&[("a.py", &block.code)]);
    let report = analyze(silent.path());
    assert_eq!((report.findings.len(), report.suppressed), (0, 1));
    let loud = Project::new(&[("a.py", &block.code.replace("slowpath:", ""))]);
    let found: Vec<&str> = analyze(loud.path())
        .findings
        .iter()
        .map(|f| f.rule)
        .collect();
    assert_eq!(found, ["n-plus-one"]);
}

#[test]
fn configuration_and_model_are_accepted() {
    let tables: Vec<Block> = all_blocks("toml");
    let [model, configuration] = tables.as_slice() else {
        panic!("a model and a configuration");
    };
    let project = Project::new(&[
        ("slowpath.toml", &configuration.code),
        ("models/mydb.toml", &model.code),
        (
            "a.py",
            "from mydb import fetch_one\n\n\ndef f(xs):\n    return [fetch_one(x) for x in xs]\n",
        ),
    ]);
    let run = project.run(&["check", "--format=concise", "-q"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(1), ""));
    assert!(
        run.stdout.starts_with("a.py:5:13: error[n-plus-one]"),
        "{run:?}"
    );
}

#[test]
fn json_has_the_fields_shown() {
    let shown: Value = serde_json::from_str(&block("json").code).expect("JSON");
    let sample = repository("fixtures/readme-sample");
    let sample = sample.to_str().expect("a path in UTF-8");
    let run = Project::new(&[]).run(&["check", sample, "--format=json", "-q"]);
    let real: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let keys = |value: &Value, pointer: &str| -> BTreeSet<String> {
        let part = value.pointer(pointer).and_then(Value::as_object);
        part.expect(pointer).keys().cloned().collect()
    };
    for pointer in [
        "",
        "/tool",
        "/findings/0",
        "/findings/0/start",
        "/findings/0/related/0",
        "/findings/0/related/0/end",
        "/summary",
    ] {
        assert_eq!(keys(&shown, pointer), keys(&real, pointer), "{pointer}");
    }
    assert_eq!(shown["tool"], real["tool"]);
    assert_eq!(shown["summary"], real["summary"]);
    let shown = &shown["findings"][0];
    let mut findings = real["findings"].as_array().into_iter().flatten();
    let is_shown = |finding: &&Value| finding["rule"] == shown["rule"];
    let real = findings.find(is_shown).expect("the finding shown");
    for key in ["confidence", "cost", "path", "start", "end", "function"] {
        assert_eq!(shown[key], real[key], "{key}");
    }
    assert_eq!(shown["related"][0], real["related"][0]);
}

fn readme() -> String {
    fs::read_to_string(repository("README.md")).expect("the README")
}

fn all_blocks(language: &str) -> Vec<Block> {
    let mut found = blocks(&readme());
    found.retain(|block| block.language == language);
    found
}

fn block(language: &str) -> Block {
    let mut found = all_blocks(language);
    assert_eq!(found.len(), 1, "one block in {language}");
    found.remove(0)
}

/// The text with what stands between the marks of a part replaced.
fn replaced(text: &str, part: &str, content: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin: {part} -->\n"),
        format!("<!-- end: {part} -->\n"),
    );
    let (before, rest) = text.split_once(&begin).expect("where the part begins");
    let (_, after) = rest.split_once(&end).expect("where the part ends");
    format!("{before}{begin}\n{content}\n{end}{after}")
}

/// What a terminal shows, without the time, which is never the same.
fn sample() -> String {
    let command = "slowpath check fixtures/readme-sample";
    let mut program = Project::new(&[]).command();
    program.current_dir(repository("."));
    let output = program.args(command.split(' ').skip(1)).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let mut text = format!("```console\n$ {command}\n");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let summary = String::from_utf8_lossy(&output.stderr);
    let (summary, _time) = summary.rsplit_once(", ").expect("a summary");
    let _ = writeln!(text, "{summary}\n```");
    text
}

fn rules() -> String {
    let mut text = String::from("| rule | | |\n|---|---|---|\n");
    for page in catalogue::pages() {
        let id = page.id;
        let severity = page.severity.name();
        let advice = if page.advice {
            ", off unless selected"
        } else {
            ""
        };
        let (title, summary) = (&page.title, &page.summary);
        let _ = writeln!(
            text,
            "| [`{id}`](rules/{id}.md) | {severity}{advice} | {title}. {summary} |"
        );
    }
    text
}

fn libraries() -> String {
    let mut text = String::new();
    for (folder, language) in [("pypi", "Python"), ("npm", "JavaScript and TypeScript")] {
        let packages: Vec<String> = names(&repository("rules/models").join(folder))
            .iter()
            .filter_map(|name| name.strip_suffix(".toml"))
            .map(|package| package.replace('+', "/"))
            .collect();
        let _ = writeln!(text, "- {language}: {}", packages.join(", "));
    }
    text
}
