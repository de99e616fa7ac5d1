//! The promises of SECURITY.md that other tests do not hold it to.

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use slowpath::render::Format;

use crate::project::{Project, Run};

const SLOW: &str = "\
import requests


def load(ids: list[str]):
    return [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]
";

/// Runs a line of shell in a project, with the program as `$SLOWPATH`.
fn shell(project: &Project, line: &str) -> Run {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(project.path())
        .env("SLOWPATH", env!("CARGO_BIN_EXE_slowpath"))
        .output();
    Run::from(output.expect("a shell"))
}

#[test]
fn nothing_outside_of_the_root_is_shown() {
    let project = Project::new(&[
        ("secret.py", &SLOW.replace("load", "sekret")),
        ("secret.toml", "select = [\"sekret\"]\n"),
        ("root/ok.py", "x = 1\n"),
    ]);
    let root = project.path().join("root");
    for (target, name) in [
        ("../secret.py", "linked.py"),
        ("..", "folder"),
        ("../secret.toml", "tsconfig.json"),
        ("../secret.toml", "package.json"),
        ("../secret.toml", ".gitignore"),
    ] {
        symlink(target, root.join(name)).expect("a link");
    }
    for format in Format::ALL {
        let format = format!("--format={}", format.name());
        let run = project.run(&["check", "root", &format, "-v"]);
        assert_eq!(run.status, Some(0), "{run:?}");
        let said = run.stdout.clone() + &run.stderr;
        assert!(!said.contains("sekret"), "{said}");
    }
}

#[test]
fn configuration_names_nothing_to_write_and_nothing_outside() {
    for key in [
        "output",
        "report",
        "baseline",
        "write-baseline",
        "cache-dir",
        "since",
        "database",
    ] {
        let text = format!("{key} = \"x\"\n");
        let project = Project::new(&[("a.py", ""), ("slowpath.toml", &text)]);
        let run = project.run(&["check"]);
        assert_eq!(run.status, Some(2), "{key}");
        let message = format!("error: slowpath.toml:1: unknown key \"{key}\"");
        assert!(run.stderr.starts_with(&message), "{run:?}");
    }
    let project = Project::new(&[
        ("outside.toml", "package = \"x\"\n"),
        ("root/a.py", ""),
        (
            "root/slowpath.toml",
            "[models]\nfiles = [\"../outside.toml\"]\n",
        ),
    ]);
    fs::create_dir(project.path().join("root/.git")).expect("a folder");
    let run = project.run(&["check", "root"]);
    assert_eq!(run.status, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("its target is outside of the root"),
        "{run:?}"
    );
}

#[test]
fn a_baseline_that_never_ends_is_refused() {
    let project = Project::new(&[("a.py", "")]);
    symlink("/dev/zero", project.path().join("zero.json")).expect("a link");
    let made = Command::new("mkfifo")
        .arg(project.path().join("pipe.json"))
        .status();
    assert!(made.expect("mkfifo").success());
    for name in ["zero.json", "pipe.json"] {
        for option in ["--baseline", "--write-baseline"] {
            let mut command = project.command();
            command
                .args(["check", option, name])
                .timeout(Duration::from_secs(30));
            let run = Run::from(command.output().expect("the program starts"));
            assert_eq!(run.status, Some(2), "{option} {name}: {run:?}");
        }
    }
}

#[test]
fn names_command_nothing_in_any_format() {
    let project = Project::new(&[]);
    let names: [&[u8]; 5] = [
        b"::error ::\x1b[31m\n##[x]\xe2\x80\xae.py",
        b"\n::warning::x.py",
        b"\xff\xfe\x80.py",
        b"a,b:c%0A::error::d.py",
        b"\"><script>alert(1)<script>.py",
    ];
    for name in names {
        fs::write(project.path().join(OsStr::from_bytes(name)), SLOW).expect("a file");
    }
    for format in Format::ALL {
        let run = project.run(&["check", "--format", format.name(), "--select=n-plus-one"]);
        assert_eq!(run.status, Some(1), "{run:?}");
        let said = run.stdout.clone() + &run.stderr;
        let is_harmless = |char: char| char == '\n' || !(char.is_control() || char == '\u{202e}');
        assert!(said.chars().all(is_harmless), "{said:?}");
        assert!(!said.contains("##["), "{said}");
        let is_markup = matches!(format, Format::Html | Format::Markdown | Format::Junit);
        assert!(!is_markup || !said.contains("<script>"), "{said}");
        let commands = said
            .lines()
            .filter(|line| line.trim_start().starts_with("::"));
        let expected = if format == Format::Github {
            names.len()
        } else {
            0
        };
        assert_eq!(commands.count(), expected, "{said}");
    }
}

#[test]
fn small_stacks_and_little_memory_are_enough() {
    let deep = "(".repeat(100_000);
    let project = Project::new(&[
        ("a.py", SLOW),
        ("deep.py", &deep),
        ("deep.ts", &deep),
        ("chain.js", &format!("x = 1{};\n", " + 1".repeat(100_000))),
    ]);
    for limit in ["ulimit -s 256", "ulimit -v 1000000"] {
        let line = format!("{limit}; \"$SLOWPATH\" check --format=concise -q");
        let run = shell(&project, &line);
        assert_eq!(run.status, Some(1), "{limit}: {run:?}");
        assert!(
            run.stdout.contains("a.py:5:13: error[n-plus-one]"),
            "{limit}: {run:?}"
        );
    }
}

#[test]
fn a_file_of_100_mb_is_passed_over_and_named() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    for name in ["line.js", "line.sql", "line.ipynb"] {
        let file = fs::File::create(project.path().join(name)).expect("a file");
        file.set_len(100_000_000).expect("a hole");
    }
    let started = Instant::now();
    let run = project.run(&["check", "-v"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(
        run.stderr.matches("not analysed: larger than").count(),
        3,
        "{run:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(30));
    let run = project.run(&["check", "--strict"]);
    assert_eq!(run.status, Some(2));
}

#[test]
fn files_that_vanish_cost_themselves() {
    let project = Project::new(&[("a.py", SLOW)]);
    let folder = project.path().join("coming");
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                for n in 0..50 {
                    let inner = folder.join(n.to_string());
                    let _ = fs::create_dir_all(&inner);
                    let _ = fs::write(inner.join("b.py"), SLOW);
                }
                let _ = fs::remove_dir_all(&folder);
            }
        });
        for _ in 0..20 {
            let run = project.run(&["check", "--format=concise", "--select=n-plus-one"]);
            let is_calm = run.status == Some(1) && run.stdout.starts_with("a.py:5:13: ");
            if !is_calm {
                is_done.store(true, Ordering::Relaxed);
            }
            assert!(is_calm, "{run:?}");
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn signals_end_a_run_without_half_a_report() {
    let project = Project::new(&[("a.py", SLOW)]);
    let pipe = project.path().join("config.toml");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    for signal in [2, 15] {
        // It waits for its configuration until the signal comes.
        let mut child = Command::new(env!("CARGO_BIN_EXE_slowpath"))
            .args([
                "check",
                "--config=config.toml",
                "--output=report.json",
                "--format=json",
            ])
            .current_dir(project.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        thread::sleep(Duration::from_millis(300));
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
        let status = child.wait().expect("an end");
        assert_eq!(status.signal(), Some(signal));
    }
    let mut names = crate::project::names(project.path());
    names.sort();
    assert_eq!(names, ["a.py", "config.toml"]);
}

#[test]
fn a_report_that_does_not_fit_leaves_the_old_one() {
    let project = Project::new(&[("a.py", SLOW), ("report.json", "old")]);
    // A limit of the size of files stands for a full disk.
    let line =
        "trap '' XFSZ; ulimit -f 1; \"$SLOWPATH\" check -q --format=sarif --output=report.json";
    let run = shell(&project, line);
    assert_eq!(run.status, Some(2), "{run:?}");
    assert!(
        run.stderr.starts_with("error: cannot write report.json: "),
        "{run:?}"
    );
    let text = fs::read_to_string(project.path().join("report.json"));
    assert_eq!(text.expect("the report"), "old");
    assert_eq!(
        crate::project::names(project.path()),
        ["a.py", "report.json"]
    );
}

#[test]
fn the_tree_stays_as_it_was() {
    let project = Project::new(&[("a.py", SLOW), ("b/c.ts", "x\n")]);
    project.run(&["check"]);
    project.run(&["check", "--since=HEAD"]);
    assert_eq!(crate::project::names(project.path()), ["a.py", "b"]);
    assert_eq!(
        crate::project::names(&project.path().join(Path::new("b"))),
        ["c.ts"]
    );
}
