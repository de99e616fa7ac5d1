//! From files to findings: settings, suppressions and formats on code that is slow.

use std::fs;

use insta::assert_snapshot;

use crate::project::{Project, Run};

/// One `linear-search-in-loop`, a warning.
const SLOW: &str = "\
def unpaid() -> list[tuple]:
    import django; orders = Order.objects.values(\"id\"); ids = list(Payment.objects.values_list(\"order\", flat=True))
    return [(order, \"still to be paid!\", order[\"id\"] not in ids) for order in orders]
";

/// Runs on the slow file with a configuration.
fn configured(config: &str, arguments: &[&str]) -> Run {
    let project = Project::new(&[("jobs/unpaid.py", SLOW), ("slowpath.toml", config)]);
    project.run(&[&["check", "--format=concise", "-q"], arguments].concat())
}

#[test]
fn finding_is_shown_and_ends_with_status_1() {
    let project = Project::new(&[("unpaid.py", SLOW)]);
    let run = project.run(&["check"]);
    assert_eq!(run.status, Some(1));
    assert_snapshot!(run.stdout, @r#"
    warning[linear-search-in-loop] (medium confidence)
      ⚠ `in` walks `ids` for each `order`
       ╭─[unpaid.py:3:42]
     1 │ def unpaid() -> list[tuple]:
     2 │     import django; orders = Order.objects.values("id"); ids = list(Payment.objects.values_list("order", flat=True))
     3 │     return [(order, "still to be paid!", order["id"] not in ids) for order in orders]
       ·                                          ──────────────────────
       ╰────
      evidence:
        1. unpaid.py:3:66 repeated by this loop
           │ return [(order, "still to be paid!", order["id"] not in ids) for order in orders]
      cost: O(n·m) comparisons
      help: keep the elements of `ids` in a set, built once before the loop
    "#);
    let summary = run.stderr.trim_end();
    let (summary, time) = summary.rsplit_once(", ").expect("a time");
    assert_eq!(summary, "1 finding (1 warning) in 1 file");
    assert!(time.ends_with(" s"), "{time}");
}

#[test]
fn thresholds_decide_what_is_shown_and_what_fails() {
    for (arguments, status, is_shown) in [
        (&["--exit-zero"][..], 0, true),
        (&["--fail-on=error"], 0, true),
        (&["--fail-on=note"], 1, true),
        (&["--min-severity=error"], 0, false),
        (&["--min-confidence=high"], 0, false),
        (&["--ignore=complexity"], 0, false),
        (&["--select=n-plus-one,async"], 0, false),
        (&["--select=n-plus-one", "--select=complexity"], 1, true),
    ] {
        let run = configured("", arguments);
        assert_eq!(run.status, Some(status), "{arguments:?}: {run:?}");
        assert_eq!(!run.stdout.is_empty(), is_shown, "{arguments:?}: {run:?}");
    }
}

#[test]
fn configuration_decides_by_rule_and_path() {
    for (config, severity) in [
        ("", Some("warning")),
        (
            "[severity]\nlinear-search-in-loop = \"error\"",
            Some("error"),
        ),
        ("ignore = [\"linear-search-in-loop\"]", None),
        ("exclude = [\"jobs\"]", None),
        (
            "[[overrides]]\npaths = [\"jobs\"]\nignore = [\"complexity\"]",
            None,
        ),
        (
            "[[overrides]]\npaths = [\"web\"]\nignore = [\"complexity\"]",
            Some("warning"),
        ),
        (
            "[[overrides]]\npaths = [\"jobs/*.py\"]\nseverity = { linear-search-in-loop = \"note\" }",
            Some("note"),
        ),
    ] {
        let run = configured(config, &[]);
        let expected = severity.map_or(String::new(), |severity| {
            format!("jobs/unpaid.py:3:42: {severity}[linear-search-in-loop] ")
        });
        assert!(run.stdout.starts_with(&expected), "{config}: {run:?}");
        assert_eq!(
            run.stdout.is_empty(),
            severity.is_none(),
            "{config}: {run:?}"
        );
        let is_failure = severity.is_some_and(|severity| severity != "note");
        assert_eq!(run.status, Some(i32::from(is_failure)), "{config}: {run:?}");
    }
}

#[test]
fn comments_silence_and_idle_ones_are_reported() {
    let silent = SLOW.replace(
        "    return",
        "    # slowpath: ignore[linear-search-in-loop] a shop has few payments\n    return",
    );
    let idle = "# slowpath: ignore[n-plus-one] was repaired\nx = 1\n";
    let project = Project::new(&[("silent.py", &silent), ("idle.py", idle)]);
    let run = project.run(&["check", "--format=json"]);
    assert_eq!(run.status, Some(0), "a note does not fail: {run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["summary"]["suppressed"], 1);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["findings"][0]["rule"], "unused-suppression");
    assert_eq!(report["findings"][0]["start"]["column"], 20);
    let run = project.run(&["check", "--format=json", "--ignore=n-plus-one", "-q"]);
    assert!(run.stdout.contains("\"findings\": []"), "{run:?}");
}

#[test]
fn fingerprint_stays_when_lines_move() {
    let fingerprint = |text: &str| {
        let project = Project::new(&[("unpaid.py", text)]);
        let run = project.run(&["check", "--format=json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        report["findings"][0]["fingerprint"]
            .as_str()
            .map(str::to_owned)
    };
    let before = fingerprint(SLOW);
    assert!(before.is_some());
    assert_eq!(fingerprint(&format!("import os\n\n\n{SLOW}")), before);
}

#[test]
fn output_is_the_same_on_any_number_of_threads() {
    let files: Vec<(String, &str)> = (0..40).map(|n| (format!("{n}/unpaid.py"), SLOW)).collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let project = Project::new(&files);
    for format in ["--format=full", "--format=concise", "--format=json"] {
        let one = project.run(&["check", format, "--threads=1"]).stdout;
        assert!(one.contains("39/unpaid.py"));
        for threads in ["--threads=2", "--threads=7"] {
            assert_eq!(project.run(&["check", format, threads]).stdout, one);
        }
    }
}

#[test]
fn statistics_count_by_rule_beside_the_findings() {
    let project = Project::new(&[("a.py", SLOW), ("b.py", SLOW)]);
    let run = project.run(&["check", "--statistics", "-q", "--format=concise"]);
    assert_eq!(run.stdout.lines().count(), 2);
    assert_eq!(run.stderr, "2  linear-search-in-loop\n");
}

#[test]
fn omissions_are_named_and_strict_makes_them_fail() {
    let project = Project::new(&[("ok.py", "x = 1\n")]);
    fs::write(project.path().join("odd.py"), b"name = '\xff'\n").expect("a file");
    let run = project.run(&["check", "--format=json"]);
    assert_eq!(run.status, Some(0));
    assert!(run.stdout.contains("\"path\": \"odd.py\""), "{run:?}");
    assert!(run.stderr.starts_with("1 notice, -v shows it\n"), "{run:?}");
    let run = project.run(&["check", "-v"]);
    assert!(run.stderr.starts_with("notice: odd.py: "), "{run:?}");
    let run = project.run(&["check", "--strict", "-q"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.starts_with("notice: odd.py: "), "{run:?}");
}

#[cfg(unix)]
#[test]
fn file_names_command_neither_terminals_nor_workflows() {
    let name = "::error ::\u{1b}[31m\n##[x]\u{202e}.py";
    let project = Project::new(&[(name, SLOW)]);
    for format in ["--format=full", "--format=concise", "--format=json"] {
        let run = project.run(&["check", format]);
        assert_eq!(run.status, Some(1), "{run:?}");
        let is_harmless = |char: char| char == '\n' || !(char.is_control() || char == '\u{202e}');
        assert!(run.stdout.chars().all(is_harmless), "{run:?}");
        assert!(!run.stdout.contains("##["), "{run:?}");
        assert!(
            run.stdout
                .lines()
                .all(|line| !line.trim().starts_with("::")),
            "{run:?}"
        );
    }
}
