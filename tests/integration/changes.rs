//! The story of a change: a team with old findings hears only about what a change makes worse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, Run};

/// One rule, so that the story stays the same while rules are added.
const CONFIGURATION: &str = "select = [\"n-plus-one\"]\n";
const FORMATS: [&str; 12] = [
    "full", "concise", "grouped", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson",
    "markdown", "html",
];

/// Functions that request once per element.
fn slow(names: &[String]) -> String {
    let functions = names.iter().map(|name| {
        format!(
            "

def {name}(ids: list[str]):
    \
             return [requests.get(\"https://example.com/{name}\", {{\"id\": id}}).json() for id in ids]
"
        )
    });
    format!("import requests\n{}", functions.collect::<String>())
}

fn named(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

const REPORT: &str = "\
from prices import price


def total(lines: list[str]):
    total = 0
    for line in lines:
        total += price(line)
    return total
";

/// A repository with a branch `main` of 20 old findings, and a branch `pr` that moves some of
/// them, adds one, and causes one: a callee queries now.
struct Story {
    project: Project,
}

impl Story {
    fn new() -> Self {
        let project = Project::new(&[
            ("slowpath.toml", CONFIGURATION),
            ("api/edited.py", &slow(&named("edited", 5))),
            ("api/renamed.py", &slow(&named("renamed", 5))),
            ("api/split.py", &slow(&named("split", 5))),
            ("api/still.py", &slow(&named("still", 5))),
            (
                "api/prices.py",
                "def price(sku: str):\n    return len(sku)\n",
            ),
            ("api/report.py", REPORT),
        ]);
        let story = Self { project };
        story.git(&["init", "--quiet", "--initial-branch=main"]);
        story.commit("old code");
        story
    }

    fn change(&self) {
        self.git(&["switch", "--quiet", "--create", "pr"]);
        let edited = slow(&named("edited", 5));
        self.write(
            "api/edited.py",
            &format!("import os\nimport sys\n\n{edited}\n\nx = 1\n"),
        );
        self.git(&["mv", "api/renamed.py", "api/other.py"]);
        self.write("api/split.py", &slow(&named("split", 3)));
        self.write(
            "api/rest.py",
            &slow(&["split3".to_owned(), "split4".to_owned()]),
        );
        let mut still = named("still", 5);
        still.insert(2, "fresh".to_owned());
        self.write("api/still.py", &slow(&still));
        self.write(
            "api/prices.py",
            "import requests\n\n\ndef price(sku: str):\n    \
             return requests.get(\"https://example.com\", {\"sku\": sku}).json()\n",
        );
        self.commit("a change");
    }

    fn path(&self) -> &Path {
        self.project.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) {
        git(self.path(), arguments);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    fn check(&self, arguments: &[&str]) -> Run {
        check(self.path(), arguments)
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
}

fn check(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Project::new(&[]).command();
    command.current_dir(folder).arg("check").args(arguments);
    Run::from(command.output().expect("the program starts"))
}

/// How many findings a report has.
fn count(format: &str, text: &str) -> usize {
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let length = |value: &Value| value.as_array().expect("a list").len();
    let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    match format {
        "full" => lines("error["),
        "concise" | "jsonl" => text.lines().count(),
        "grouped" => lines("  "),
        "json" => length(&json(text)["findings"]),
        "sarif" => length(&json(text)["runs"][0]["results"]),
        "github" => lines("::error "),
        "gitlab" => length(&json(text)),
        "junit" => text.matches("<failure ").count(),
        "rdjson" => length(&json(text)["diagnostics"]),
        "markdown" => lines("<details>"),
        "html" => lines("<article "),
        other => panic!("{other}"),
    }
}

/// Both the direct and the caused finding are in a text.
fn assert_both(text: &str, from: &str) {
    assert!(text.contains("still.py"), "{from}: {text}");
    assert!(text.contains("report.py"), "{from}: {text}");
}

/// Runs with these arguments in each format: two findings, the direct and the caused one.
fn assert_two_in_each_format(folder: &Path, arguments: &[&str]) {
    for format in FORMATS {
        let format_argument = format!("--format={format}");
        let run = check(folder, &[arguments, &[&format_argument, "-q"]].concat());
        assert_eq!(run.status, Some(1), "{arguments:?}: {run:?}");
        assert_eq!(
            count(format, &run.stdout),
            2,
            "{arguments:?}: {}",
            run.stdout
        );
        assert_both(&run.stdout, format);
    }
}

#[test]
fn only_what_a_change_makes_worse_is_reported() {
    let story = Story::new();
    let run = story.check(&["-q", "--format=concise"]);
    assert_eq!((run.status, run.stdout.lines().count()), (Some(1), 20));

    let run = story.check(&["--write-baseline=baseline.json"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert!(
        run.stderr
            .contains("baseline: 20 findings written to baseline.json\n"),
        "{run:?}"
    );
    let run = story.check(&["--baseline=baseline.json"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert!(run.stderr.contains(", 20 in the baseline"), "{run:?}");

    story.change();
    for arguments in [
        &["--baseline=baseline.json"][..],
        &["--since=main"],
        &["--since=main", "--baseline=baseline.json"],
        &["--since=main", "--threads=1"],
        &["api", "--since=main"],
        &["api", "--baseline=baseline.json"],
    ] {
        assert_two_in_each_format(story.path(), arguments);
    }
    let run = story.check(&["--since=main", "--format=json"]);
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["summary"]["unchanged"], 20, "{report}");
    let findings = report["findings"].as_array().expect("a list");
    let caused = findings
        .iter()
        .find(|f| f["path"] == "api/report.py")
        .expect("it");
    let related = caused["related"].as_array().expect("a list");
    let marked: Vec<&Value> = related
        .iter()
        .filter(|related| {
            let message = related["message"].as_str().unwrap_or_default();
            message.ends_with(" (part of this change)")
        })
        .collect();
    assert!(!marked.is_empty(), "{caused}");
    assert!(
        marked
            .iter()
            .all(|related| related["path"] == "api/prices.py"),
        "{caused}"
    );
}

#[test]
fn a_change_is_seen_from_everywhere() {
    let story = Story::new();
    story.change();
    let elsewhere = Project::new(&[]);
    let worktree: PathBuf = elsewhere.path().join("tree");
    let worktree_argument = worktree.to_str().expect("a path in UTF-8");
    story.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        worktree_argument,
        "pr",
    ]);
    assert_two_in_each_format(&worktree, &["--since=main"]);
    assert_two_in_each_format(&story.path().join("api"), &["--since=main"]);
    story.git(&["checkout", "--quiet", "--detach", "pr"]);
    assert_two_in_each_format(story.path(), &["--since=main"]);
    let api = story.path().to_str().expect("a path in UTF-8").to_owned() + "/api";
    assert_two_in_each_format(elsewhere.path(), &[&api, "--since=main"]);

    // A hook runs with the repository in its environment.
    let mut command = story.project.command();
    command.args(["check", "api", "--since=main", "--format=concise", "-q"]);
    command
        .env("GIT_DIR", ".git")
        .env("GIT_INDEX_FILE", ".git/index");
    let run = Run::from(command.output().expect("the program starts"));
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
}

#[test]
fn the_work_tree_counts() {
    let story = Story::new();
    let run = story.check(&["--since=HEAD", "-q"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    story.write("api/untracked.py", &slow(&["untracked".to_owned()]));
    let price = "import requests\n\n\ndef price(sku: str):\n    \
                 return requests.get(\"https://example.com\", {\"sku\": sku}).json()\n";
    story.write("api/prices.py", price);
    let run = story.check(&["--since=HEAD", "-q", "--format=concise"]);
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
    assert!(run.stdout.starts_with("api/report.py:7:"), "{run:?}");
    assert!(run.stdout.contains("\napi/untracked.py:5:"), "{run:?}");
}

#[test]
fn a_removed_preload_makes_the_old_loop_slow() {
    let queries = "\
from models import Book


def shelf():
    return Book.objects.select_related(\"author\").all()
";
    let project = Project::new(&[
        ("slowpath.toml", CONFIGURATION),
        (
            "models.py",
            "from django.db import models\n\n\nclass Author(models.Model):\n    \
             name = models.CharField(max_length=100)\n\n\nclass Book(models.Model):\n    \
             author = models.ForeignKey(Author, on_delete=models.CASCADE)\n",
        ),
        ("queries.py", queries),
        (
            "views.py",
            "from queries import shelf\n\n\ndef names():\n    \
             return [book.author.name for book in shelf()]\n",
        ),
    ]);
    let story = Story { project };
    story.git(&["init", "--quiet", "--initial-branch=main"]);
    story.commit("old code");
    story.write(
        "queries.py",
        &queries.replace(".select_related(\"author\")", ""),
    );
    let run = story.check(&["--since=main", "-q", "--format=concise"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stdout.starts_with("views.py:5:"), "{run:?}");
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}

/// The message of a run that could not say what is new.
fn refused(run: &Run) -> &str {
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    run.stderr.lines().next().unwrap_or_default()
}

#[test]
fn a_change_that_cannot_be_computed_does_not_pass() {
    let story = Story::new();
    story.change();
    let message = story.check(&["--since=nowhere"]);
    assert_eq!(
        refused(&message),
        "error: --since: there is no revision \"nowhere\"; if it is a branch of the remote, fetch it \
         first: `git fetch origin BRANCH`, and name it `origin/BRANCH`"
    );
    for reference in ["--help", "--output=x", "main..pr", "", "main:api/still.py"] {
        let run = story.check(&[&format!("--since={reference}")]);
        assert_eq!(run.status, Some(2), "{reference}: {run:?}");
    }

    let clones = Project::new(&[]);
    let source = format!("file://{}", story.path().display());
    git(
        clones.path(),
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--no-single-branch",
            "--branch=pr",
            &source,
            "shallow",
        ],
    );
    let shallow = clones.path().join("shallow");
    let run = check(&shallow, &["--since=origin/main"]);
    assert_eq!(
        refused(&run),
        "error: --since: HEAD and \"origin/main\" have no commit in common: this clone is shallow, \
         so its history is cut off; fetch all of it, with `git fetch --unshallow` or \
         `fetch-depth: 0` of actions/checkout"
    );
    git(&shallow, &["fetch", "--quiet", "--unshallow"]);
    assert_two_in_each_format(&shallow, &["--since=origin/main"]);

    let empty = Project::new(&[("a.py", "")]);
    git(empty.path(), &["init", "--quiet"]);
    let run = check(empty.path(), &["--since=main"]);
    assert_eq!(
        refused(&run),
        "error: --since: the repository has no commit yet"
    );
    let none = Project::new(&[("a.py", "")]);
    let run = check(none.path(), &["--since=main"]);
    assert!(refused(&run).contains("not a git repository"), "{run:?}");

    let mut command = story.project.command();
    command
        .args(["check", "--since=main"])
        .env("PATH", "/nowhere");
    let run = Run::from(command.output().expect("the program starts"));
    assert_eq!(
        refused(&run),
        "error: --since: cannot run git: it is not installed, or not on the PATH"
    );
}

#[cfg(unix)]
#[test]
fn nothing_that_the_repository_names_is_run() {
    let story = Story::new();
    story.change();
    story.write(".gitattributes", "*.py filter=evil diff=evil\n");
    let evil = story.path().join("evil");
    let touch = format!("touch {}", evil.display());
    for (key, value) in [
        ("core.fsmonitor", touch.clone()),
        ("core.pager", touch.clone()),
        ("core.sshCommand", touch.clone()),
        ("diff.external", touch.clone()),
        ("diff.evil.textconv", touch.clone()),
        ("filter.evil.clean", touch.clone()),
        ("filter.evil.smudge", touch.clone()),
        ("filter.evil.process", touch.clone()),
        ("filter.evil.required", "true".to_owned()),
        ("alias.rev-parse", format!("!{touch}")),
        ("alias.merge-base", format!("!{touch}")),
    ] {
        story.git(&["config", key, &value]);
    }
    let run = story.check(&["--since=main", "-q", "--format=concise"]);
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
    assert!(!evil.exists());
}

#[test]
fn a_baseline_counts_and_is_pruned() {
    let twice = "import requests\n\n\ndef f(ids: list[str]):\n    \
        [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]\n    [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]\n";
    let project = Project::new(&[("slowpath.toml", CONFIGURATION), ("a.py", twice)]);
    let check = |arguments: &[&str]| {
        let arguments = [&["check", "--format=concise"], arguments].concat();
        project.run(&arguments)
    };
    check(&["--write-baseline=b.json"]);
    let thrice = twice.to_owned()
        + "    [requests.get(\"https://example.com\", {\"id\": id}) for id in ids]\n";
    fs::write(project.path().join("a.py"), thrice).expect("a file");
    let run = check(&["--baseline=b.json", "-q"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");

    fs::write(project.path().join("a.py"), "x = 1\n").expect("a file");
    let run = check(&["--baseline=b.json"]);
    assert_eq!(run.status, Some(0));
    assert!(
        run.stderr
            .starts_with("baseline: 2 entries found no more, --write-baseline removes them\n"),
        "{run:?}"
    );
    // What is not looked at is not stale.
    fs::write(project.path().join("other.py"), "x = 1\n").expect("a file");
    let run = check(&["other.py", "--baseline=b.json"]);
    assert!(!run.stderr.contains("entries"), "{run:?}");
    check(&["other.py", "--write-baseline=b.json"]);
    let text = fs::read_to_string(project.path().join("b.json")).expect("a baseline");
    assert!(text.contains("\"count\":2"), "{text}");
    let run = check(&["--write-baseline=b.json"]);
    assert!(
        run.stderr
            .contains("0 findings written to b.json, 2 entries removed"),
        "{run:?}"
    );
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let project = Project::new(&[("a.py", ""), ("b.json", "{\"version\": 1}")]);
    for option in ["--baseline=b.json", "--write-baseline=b.json"] {
        let run = project.run(&["check", option]);
        let message = refused(&run);
        assert!(
            message.starts_with("error: b.json: not a baseline of slowpath: "),
            "{message}"
        );
    }
    let run = project.run(&["check", "--baseline=none.json"]);
    assert_eq!(refused(&run), "error: no such file or directory: none.json");
    let text = fs::read_to_string(project.path().join("b.json"));
    assert_eq!(text.expect("the file"), "{\"version\": 1}");
}
