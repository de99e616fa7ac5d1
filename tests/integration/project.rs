//! A project in a temporary directory, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use slowpath::catalogue;
use slowpath::config::Settings;
use slowpath::finding::{Confidence, Report};
use tempfile::TempDir;

/// A project in a temporary directory.
pub(crate) struct Project(TempDir);

/// What a run said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A path of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    names
}

/// What the rules say about a folder, with the thresholds that hold if nothing is said.
pub(crate) fn analyze(root: &Path) -> Report {
    analyze_from(Settings::default().min_confidence, root, "")
}

/// What the rules say about a folder, from a confidence upwards: all that are on unless said
/// otherwise, and `advice`.
pub(crate) fn analyze_from(min_confidence: Confidence, root: &Path, advice: &str) -> Report {
    let pages = catalogue::pages().iter();
    let settings = Settings {
        min_confidence,
        root: root.to_owned(),
        paths: vec![root.to_owned()],
        rules: pages
            .filter(|page| !page.advice || page.id == advice)
            .map(|page| page.id)
            .collect(),
        // The callers analyse many small projects at once.
        threads: 1,
        ..Settings::default()
    };
    slowpath::analyze(&settings).expect("an analysis")
}

impl Project {
    /// A project with these files: path and text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(&path, text).expect("a file");
        }
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program, to be run in the project with nothing of our environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slowpath"));
        command.current_dir(self.path());
        for name in [
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "LC_ALL",
            "LC_CTYPE",
        ] {
            command.env_remove(name);
        }
        command.env("LANG", "C.UTF-8");
        command
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command().args(arguments).output();
        Run::from(output.expect("the program starts"))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }
}
