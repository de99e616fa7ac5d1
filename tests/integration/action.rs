//! The shell lines of the GitHub Action, run as a runner runs them.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::{Project, Run, repository};

const SLOW: &str = "\
import requests


def load(ids: list[str]):
    return [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]
";

/// Runs the step `check` with these inputs, as variables, and what a runner sets.
fn step(project: &Project, inputs: &[(&str, &str)]) -> Run {
    let folder = project.path();
    let program = Path::new(env!("CARGO_BIN_EXE_slowpath"));
    let program = program.parent().expect("a folder").display();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .arg(repository("packaging/action/check"))
        .current_dir(folder.join("work"))
        .env("PATH", path)
        .env("GITHUB_OUTPUT", folder.join("output"))
        .env("GITHUB_STEP_SUMMARY", folder.join("summary"))
        .envs(inputs.iter().copied())
        .output();
    Run::from(output.expect("bash starts"))
}

#[test]
fn a_step_annotates_summarizes_and_writes_sarif() {
    let project = Project::new(&[
        ("work/api/a.py", SLOW),
        ("work/web/b c.py", SLOW),
        ("work/rest/d.py", SLOW),
        ("summary", "from another step\n"),
        ("output", ""),
    ]);
    let run = step(
        &project,
        &[
            ("SLOWPATH_PATHS", "api\nweb/b c.py\n"),
            ("SLOWPATH_SARIF", "out.sarif"),
        ],
    );
    assert_eq!(run.status, Some(1), "{run:?}");
    let annotations: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(annotations.len(), 2, "{run:?}");
    assert!(
        annotations[0].starts_with("::error file=api/a.py,line=5,"),
        "{run:?}"
    );
    assert!(
        annotations[1].starts_with("::error file=web/b c.py,line=5,"),
        "{run:?}"
    );
    let read = |name| fs::read_to_string(project.path().join(name)).expect(name);
    assert!(read("summary").starts_with("from another step\n## slowpath: 2 findings"));
    assert_eq!(read("output"), "status=1\nsarif=out.sarif\n");
    let log: serde_json::Value = serde_json::from_str(&read("work/out.sarif")).expect("JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_step_fails_as_it_is_told() {
    let project = Project::new(&[("work/a.py", SLOW)]);
    let run = step(
        &project,
        &[("SLOWPATH_SUMMARY", "false"), ("SLOWPATH_PATHS", "")],
    );
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(!project.path().join("summary").exists());
    // Inputs are arguments, whatever is in them.
    for (name, value) in [
        (
            "SLOWPATH_PATHS",
            "$(touch pwned)\n`touch pwned`\n; touch pwned",
        ),
        ("SLOWPATH_PATHS", "--write-baseline=pwned"),
        ("SLOWPATH_FAIL_ON", "error\"; touch pwned; \""),
        ("SLOWPATH_SINCE", "main; touch pwned"),
        ("SLOWPATH_BASELINE", "none.json"),
    ] {
        let run = step(&project, &[(name, value)]);
        assert_eq!(run.status, Some(2), "{name}={value}: {run:?}");
        assert!(
            !project.path().join("work/pwned").exists(),
            "{name}={value}"
        );
    }
    let output = fs::read_to_string(project.path().join("output")).expect("outputs");
    assert!(output.ends_with("status=2\n"), "{output}");
}

#[test]
fn inputs_of_the_action_reach_the_script_as_variables() {
    let action = fs::read_to_string(repository("action.yml")).expect("the action");
    let (inputs, steps) = action.split_once("\nruns:\n").expect("steps");
    let (inputs, _) = inputs.split_once("\noutputs:\n").expect("outputs");
    let (_, inputs) = inputs.split_once("\ninputs:\n").expect("inputs");
    let names = inputs.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!name.starts_with(' ')).then_some(name)
    });
    let names: Vec<&str> = names.collect();
    for expected in ["paths", "since", "baseline", "fail-on", "sarif", "summary"] {
        assert!(names.contains(&expected), "{expected}");
    }
    let scripts = ["install", "check"].map(|name| {
        fs::read_to_string(repository("packaging/action").join(name)).expect("a script")
    });
    for name in names {
        let variable = format!("SLOWPATH_{}", name.to_uppercase().replace('-', "_"));
        assert!(
            steps.contains(&format!("{variable}: ${{{{ inputs.{name} }}}}")),
            "{name}"
        );
        assert!(
            scripts.iter().any(|script| script.contains(&variable)),
            "{name}"
        );
    }
    for line in steps
        .lines()
        .filter(|line| line.trim_start().starts_with("run:"))
    {
        assert!(!line.contains("${{"), "{line}");
    }
}
