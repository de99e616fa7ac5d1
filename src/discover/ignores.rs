//! `.gitignore`, `.ignore` and `.git/info/exclude`, at every level, with git's precedence.
//!
//! The lines are matched by the `ignore` crate; the files are opened by our own reader, because
//! a repository can make an ignore file a pipe or a link to a device. An ignore file that is
//! too big for a person to have written is not obeyed, and that is said.

use std::path::Path;
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::reader::read_regular;

/// Bytes of one ignore file.
const MAX_FILE_BYTES: u64 = 1_000_000;
/// Patterns of one ignore file.
const MAX_PATTERNS: usize = 1_000;
/// Bytes of one pattern.
const MAX_PATTERN_BYTES: usize = 1_000;
/// Bytes of all patterns in force in one folder: they bound the memory of the matchers.
const MAX_BYTES_IN_FORCE: usize = 256 * 1024;
/// Folders with ignore files, one in the other.
const MAX_LEVELS: usize = 32;

/// Which of the files that matter here a folder holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct IgnoreFiles {
    /// `.gitignore`
    pub(super) has_gitignore: bool,
    /// `.ignore`
    pub(super) has_ignore: bool,
    /// `.git`: the folder is the top of a repository.
    pub(super) has_git: bool,
}

/// The ignore files of a folder, on top of those around it.
#[derive(Debug)]
pub(super) struct Level {
    outer: Option<Rc<Level>>,
    ignore: Gitignore,
    gitignore: Gitignore,
    exclude: Gitignore,
    is_repository: bool,
    depth: usize,
    bytes_in_force: usize,
}

/// An ignore file that is not obeyed in full.
#[derive(Debug)]
pub(super) struct Problem {
    /// `.gitignore`, `.ignore` or `.git/info/exclude`.
    pub(super) file: &'static str,
    /// What is wrong with it.
    pub(super) message: String,
}

impl Level {
    /// The rules in force inside `folder`, given those in force around it.
    ///
    /// Ignore files are read if they lie within `boundary`.
    pub(super) fn enter(
        outer: Option<Rc<Self>>,
        folder: &Path,
        holds: IgnoreFiles,
        boundary: &Path,
        problems: &mut Vec<Problem>,
    ) -> Option<Rc<Self>> {
        if !(holds.has_gitignore || holds.has_ignore || holds.has_git) {
            return outer;
        }
        let depth = outer.as_ref().map_or(0, |level| level.depth + 1);
        let bytes_in_force = outer.as_ref().map_or(0, |level| level.bytes_in_force);
        if depth >= MAX_LEVELS {
            problems.push(Problem {
                file: ".gitignore",
                message: format!("not obeyed: below {MAX_LEVELS} other ignore files"),
            });
            return outer;
        }
        let mut loader = Loader {
            folder,
            boundary,
            budget: MAX_BYTES_IN_FORCE.saturating_sub(bytes_in_force),
            problems,
        };
        let gitignore = loader.load_if(holds.has_gitignore, ".gitignore");
        let ignore = loader.load_if(holds.has_ignore, ".ignore");
        let exclude = loader.load_if(holds.has_git, ".git/info/exclude");
        let bytes_in_force = MAX_BYTES_IN_FORCE - loader.budget;
        Some(Rc::new(Self {
            outer,
            ignore,
            gitignore,
            exclude,
            is_repository: holds.has_git,
            depth,
            bytes_in_force,
        }))
    }

    /// Whether a file or folder directly inside this level is ignored. That its own folder is
    /// not is what the walk has asked before.
    pub(super) fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        // As in ripgrep, what `.ignore` says wins over what any `.gitignore` says.
        let verdict = self
            .levels()
            .map(|level| level.ignore.matched(path, is_folder))
            .find(|verdict| !verdict.is_none())
            .unwrap_or_else(|| self.git_verdict(path, is_folder));
        verdict.is_ignore()
    }

    /// The innermost `.gitignore` that speaks of the path decides, up to the top of the
    /// repository; then its `info/exclude`.
    fn git_verdict<'a>(
        &'a self,
        path: &Path,
        is_folder: bool,
    ) -> Match<&'a ignore::gitignore::Glob> {
        for level in self.levels() {
            let verdict = level.gitignore.matched(path, is_folder);
            if !verdict.is_none() {
                return verdict;
            }
            if level.is_repository {
                return level.exclude.matched(path, is_folder);
            }
        }
        Match::None
    }

    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }
}

struct Loader<'a> {
    folder: &'a Path,
    boundary: &'a Path,
    budget: usize,
    problems: &'a mut Vec<Problem>,
}

impl Loader<'_> {
    fn load_if(&mut self, is_there: bool, name: &'static str) -> Gitignore {
        if !is_there {
            return Gitignore::empty();
        }
        let bytes = match read_regular(&self.folder.join(name), self.boundary, MAX_FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                if !error.is_missing() {
                    self.problem(name, format!("not obeyed: {error}"));
                }
                return Gitignore::empty();
            }
        };
        self.compile(name, &String::from_utf8_lossy(&bytes))
    }

    fn compile(&mut self, name: &'static str, text: &str) -> Gitignore {
        let mut builder = GitignoreBuilder::new(self.folder);
        let mut patterns = 0;
        for line in text.trim_start_matches('\u{feff}').lines() {
            // A line of marks only means nothing to git, and something to the matcher.
            if line.starts_with('#') || matches!(line.trim(), "" | "!" | "/" | "!/") {
                continue;
            }
            if patterns == MAX_PATTERNS || line.len() > self.budget {
                self.problem(
                    name,
                    format!("only its first {patterns} patterns are obeyed"),
                );
                break;
            }
            if line.len() > MAX_PATTERN_BYTES {
                self.problem(
                    name,
                    format!("a pattern longer than {MAX_PATTERN_BYTES} bytes is not obeyed"),
                );
                continue;
            }
            patterns += 1;
            self.budget -= line.len();
            // A line that is no glob matches nothing, for git too.
            let _ = builder.add_line(None, &escape_braces(line));
        }
        builder.build().unwrap_or_else(|_| {
            self.problem(name, "not obeyed: its patterns are too complex".to_owned());
            Gitignore::empty()
        })
    }

    fn problem(&mut self, file: &'static str, message: String) {
        self.problems.push(Problem { file, message });
    }
}

/// Braces are letters to git, alternatives to the matcher: `*.{js,ts}` must not hide code that
/// git does not ignore.
fn escape_braces(line: &str) -> String {
    if line.contains('[') {
        return line.to_owned();
    }
    let mut escaped = String::with_capacity(line.len());
    let mut is_escaped = false;
    for letter in line.chars() {
        if matches!(letter, '{' | '}') && !is_escaped {
            escaped.push('\\');
        }
        is_escaped = letter == '\\' && !is_escaped;
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NONE: IgnoreFiles = IgnoreFiles {
        has_gitignore: false,
        has_ignore: false,
        has_git: false,
    };

    /// The level of `text` as the `.gitignore` of a folder, and the problems with it.
    fn level(text: &[u8]) -> (tempfile::TempDir, Rc<Level>, Vec<String>) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join(".gitignore"), text).expect("a file");
        let holds = IgnoreFiles {
            has_gitignore: true,
            ..NONE
        };
        let mut problems = Vec::new();
        let level = Level::enter(None, dir.path(), holds, dir.path(), &mut problems);
        let problems = problems.into_iter().map(|problem| problem.message);
        let problems = problems.collect();
        (dir, level.expect("a level"), problems)
    }

    #[test]
    fn lines_mean_what_they_mean_to_git() {
        let rows: &[(&str, &str, bool)] = &[
            ("a.py", "a.py", true),
            ("a.py", "x/y/a.py", true),
            ("/a.py", "x/a.py", false),
            ("x/a.py", "x/a.py", true),
            ("x/a.py", "z/x/a.py", false),
            ("*.py\n!keep.py", "keep.py", false),
            ("*.py\n!keep.py", "a.py", true),
            ("!keep.py\n*.py", "keep.py", true),
            ("# a.py", "a.py", false),
            ("\\#a.py", "#a.py", true),
            ("a.py   ", "a.py", true),
            ("a.py\r\n", "a.py", true),
            ("\u{feff}a.py", "a.py", true),
            ("out/", "out", false),
            ("x/**/a.py", "x/y/z/a.py", true),
            ("**/gen/*.ts", "p/gen/a.ts", true),
            ("*.{js,ts}", "a.ts", false),
            ("*.{js,ts}", "a.{js,ts}", true),
            ("a[", "a.py", false),
            ("*.py\n!\n!  \n", "a.py", true),
            ("[ab].py", "b.py", true),
        ];
        for (text, path, expected) in rows {
            let (dir, level, _) = level(text.as_bytes());
            let found = level.ignores(&dir.path().join(path), false);
            assert_eq!(found, *expected, "{text:?} on {path}");
        }
        let (dir, level, _) = level(b"out/");
        assert!(level.ignores(&dir.path().join("x/out"), true));
    }

    #[test]
    fn a_file_nobody_wrote_is_obeyed_in_part_and_named() {
        let many: String = (0..5_000)
            .map(|n| format!("f{n}.py"))
            .collect::<Vec<_>>()
            .join("\n");
        let (dir, many, problems) = level(many.as_bytes());
        assert_eq!(problems, ["only its first 1000 patterns are obeyed"]);
        assert!(many.ignores(&dir.path().join("f999.py"), false));
        assert!(!many.ignores(&dir.path().join("f1000.py"), false));

        let long = format!("{}\nb.py\n", "?".repeat(5_000));
        let (dir, long, problems) = level(long.as_bytes());
        assert_eq!(problems, ["a pattern longer than 1000 bytes is not obeyed"]);
        assert!(long.ignores(&dir.path().join("b.py"), false));

        let (_dir, _, problems) = level(&vec![b'a'; 1_000_001]);
        assert_eq!(problems, ["not obeyed: larger than 1000 KB"]);
    }

    #[test]
    fn costly_patterns_end_within_bounds() {
        let costly = format!("{}\n", "*[!a-z]?".repeat(120)).repeat(900);
        let (dir, level, problems) = level(costly.as_bytes());
        assert!(!problems.is_empty());
        level.ignores(&dir.path().join("a".repeat(200)), false);
    }

    #[test]
    fn not_utf8_is_read_all_the_same() {
        let (dir, level, problems) = level(b"caf\xe9/\na.py\n");
        assert!(problems.is_empty());
        assert!(level.ignores(&dir.path().join("a.py"), false));
    }
}
