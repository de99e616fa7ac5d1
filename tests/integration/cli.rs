//! Arguments, streams and the exit status.

use std::fs;

use crate::project::{Project, Run};

/// A run that ends with status 2 and says why, on one line, with nothing on standard output.
fn refused(project: &Project, arguments: &[&str]) -> String {
    let run = project.run(arguments);
    assert_eq!(run.status, Some(2), "{arguments:?}: {run:?}");
    assert_eq!(run.stdout, "", "{arguments:?}");
    run.stderr.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn clean_project_ends_with_status_0() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    for format in ["full", "concise"] {
        let run = project.run(&["check", "--format", format]);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
        assert!(run.stderr.starts_with("no findings in "), "{run:?}");
    }
    let run = project.run(&["check", "-q"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
}

#[test]
fn json_goes_to_standard_output_and_is_complete() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    let run = project.run(&["check", "--format=json", "--statistics", "-v"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["tool"]["name"], "slowpath");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["summary"]["findings"], 0);
}

#[test]
fn wrong_arguments_end_with_status_2() {
    let project = Project::new(&[]);
    for arguments in [
        &["check", "--format", "yaml"][..],
        &["check", "--report", "sarif"],
        &["check", "--report", "sarif="],
        &["check", "--report", "yaml=x"],
        &["check", "--nonsense"],
        &["check", "--fail-on", "never"],
        &["check", "--threads", "-1"],
        &["check", "--config", "x", "--no-config"],
        &["check", "-q", "-v"],
        &["frobnicate"],
        &["completions", "tcsh"],
        &[],
    ] {
        refused(&project, arguments);
    }
}

#[test]
fn options_that_do_not_work_yet_are_unknown() {
    let project = Project::new(&[]);
    for option in ["--fix", "--cache-dir=x"] {
        let message = refused(&project, &["check", option]);
        assert!(
            message.starts_with("error: unexpected argument"),
            "{message}"
        );
    }
}

#[test]
fn missing_path_ends_with_status_2() {
    let project = Project::new(&[("a.py", "")]);
    let message = refused(&project, &["check", "a.py", "nowhere/b.py"]);
    assert_eq!(message, "error: no such file or directory: nowhere/b.py");
}

#[test]
fn unknown_rule_ends_with_status_2_and_a_guess() {
    let project = Project::new(&[]);
    assert_eq!(
        refused(&project, &["check", "--select", "all,unused-supression"]),
        "error: --select: unknown rule or category \"unused-supression\", did you mean \"unused-suppression\"?"
    );
    assert_eq!(
        refused(&project, &["explain", "unused_suppressions"]),
        "error: unknown rule \"unused_suppressions\", did you mean \"unused-suppression\"?"
    );
    assert!(refused(&project, &["check", "--ignore", "all"]).contains("no rule is selected"));
}

#[test]
fn rules_are_explained_and_listed() {
    let project = Project::new(&[]);
    let page = project.run(&["explain", "unused-suppression"]);
    assert_eq!(page.status, Some(0));
    assert!(
        page.stdout
            .starts_with("unused-suppression: Suppression that silences nothing\n")
    );
    let list = project.run(&["rules"]);
    assert!(list.stdout.contains("  unused-suppression"));
    let json = project.run(&["rules", "--format", "json"]);
    let catalogue: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let rules = catalogue["rules"].as_array().expect("a list");
    assert!(rules.iter().any(|rule| rule["id"] == "unused-suppression"));
}

#[test]
fn completions_and_help_are_printed() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = project.run(&["completions", shell]);
        assert_eq!(run.status, Some(0));
        assert!(run.stdout.contains("min-confidence"), "{shell}");
    }
    let manual = project.run(&["man"]).stdout;
    assert!(manual.contains(".TH slowpath 1"), "{manual}");
    assert!(
        manual.contains("SLOWPATH CHECK") && manual.contains("min\\-confidence"),
        "{manual}"
    );
    for arguments in [&["--help"][..], &["check", "--help"], &["--version"]] {
        assert_eq!(project.run(arguments).status, Some(0));
    }
}

#[test]
fn output_file_is_replaced_when_the_report_is_complete() {
    let project = Project::new(&[("a.py", ""), ("report.json", "old")]);
    let run = project.run(&[
        "check",
        "--format=json",
        "--output=report.json",
        "--color=always",
    ]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""));
    let text = fs::read_to_string(project.path().join("report.json")).expect("the report");
    assert!(text.starts_with("{\n  \"schema_version\": 1,"), "{text}");
    let names = fs::read_dir(project.path()).expect("the project").count();
    assert_eq!(names, 2, "no other file is left behind");
    let message = refused(&project, &["check", "--output=no/such/folder.json"]);
    assert!(
        message.starts_with("error: cannot write no/such/folder.json: "),
        "{message}"
    );
    let message = refused(&project, &["check", "--output=."]);
    assert!(message.starts_with("error: cannot write .: "), "{message}");
}

#[test]
fn reports_are_written_beside_the_main_one() {
    let project = Project::new(&[("a.py", "")]);
    let run = project.run(&[
        "check",
        "--report=sarif=a.sarif",
        "--report",
        "junit=b=c.xml",
        "--format=jsonl",
    ]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    let read = |name| fs::read_to_string(project.path().join(name)).expect("a report");
    assert!(read("a.sarif").contains("\"version\": \"2.1.0\""));
    assert!(read("b=c.xml").starts_with("<?xml "));
    let message = refused(&project, &["check", "--report=saif=x"]);
    assert!(
        message.ends_with("unknown format \"saif\", did you mean \"sarif\"?"),
        "{message}"
    );
    let message = refused(&project, &["check", "--report=json=no/such/folder.json"]);
    assert!(
        message.starts_with("error: cannot write no/such/folder.json: "),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn output_does_not_follow_a_link_out_of_the_project() {
    let project = Project::new(&[("in/a.py", ""), ("precious", "keep")]);
    let link = project.path().join("in/report.json");
    std::os::unix::fs::symlink("../precious", &link).expect("a link");
    let run = project.run(&["check", "in", "--format=json", "--output=in/report.json"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let precious = fs::read_to_string(project.path().join("precious"));
    assert_eq!(precious.expect("the file"), "keep");
    assert!(!link.is_symlink());
}

#[test]
fn show_files_lists_what_is_analysed() {
    let project = Project::new(&[("b/c.ts", ""), ("a.py", ""), ("readme.md", "")]);
    let run = project.run(&["check", "--show-files"]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (Some(0), "a.py\nb/c.ts\n"),
        "{run:?}"
    );
    refused(&project, &["check", "--show-files", "--format=json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_ends_with_status_2() {
    use std::process::{Command, Stdio};

    let project = Project::new(&[("a.py", "")]);
    for arguments in [&["check", "--format=json"][..], &["rules"], &["--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let output = Command::new(env!("CARGO_BIN_EXE_slowpath"))
            .args(arguments)
            .current_dir(project.path())
            .stdout(full.expect("/dev/full"))
            .stderr(Stdio::piped())
            .output();
        let run = Run::from(output.expect("the program starts"));
        assert_eq!(run.status, Some(2), "{arguments:?}: {run:?}");
        assert!(
            run.stderr
                .starts_with("error: cannot write to standard output: "),
            "{run:?}"
        );
    }
    let message = refused(&project, &["check", "--format=json", "--output=/dev/full"]);
    assert!(
        message.starts_with("error: cannot write /dev/full: "),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn closed_pipe_ends_quietly() {
    use std::process::{Command, Stdio};

    let project = Project::new(&[("a.py", "")]);
    for arguments in [
        &["check", "-q", "--format=json"][..],
        &["rules"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_slowpath"))
            .args(arguments)
            .current_dir(project.path())
            .stdout(writer)
            .stderr(Stdio::piped())
            .output();
        let run = Run::from(output.expect("the program starts"));
        assert_eq!(
            (run.status, run.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}
