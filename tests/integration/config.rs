//! The configuration file.

use crate::project::Project;

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
