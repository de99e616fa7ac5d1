//! Globs of the configuration: `exclude`, `include` and the paths of overrides.
//!
//! They are relative to the root. One without a slash means a name at any depth, one that names
//! a folder means all that is in it: `legacy`, `*.gen.ts`, `src/old/**`, `/setup.py`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// More globs than people write cost memory and time for every path.
const MAX_GLOBS: usize = 1_000;
/// A longer one is not written by people.
const MAX_GLOB_BYTES: usize = 1_000;

/// A set of globs over paths relative to the root.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    set: GlobSet,
    globs: Vec<String>,
}

impl Globs {
    /// Compiles `globs`, and says in words which of them are not used and why.
    pub fn new(globs: &[String]) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        if globs.len() > MAX_GLOBS {
            problems.push(format!(
                "only the first {MAX_GLOBS} of {} globs are used",
                globs.len()
            ));
        }
        let mut builder = GlobSetBuilder::new();
        let mut used = Vec::new();
        for glob in globs.iter().take(MAX_GLOBS) {
            if glob.len() > MAX_GLOB_BYTES {
                problems.push(format!(
                    "a glob longer than {MAX_GLOB_BYTES} bytes is not used"
                ));
                continue;
            }
            let Some(anchored) = anchor(glob) else {
                continue;
            };
            let compiled = GlobBuilder::new(&anchored)
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            match compiled {
                Ok(compiled) => {
                    builder.add(compiled);
                    used.push(anchored);
                }
                Err(error) => problems.push(format!("not a glob: {error}")),
            }
        }
        let set = builder.build().unwrap_or_else(|error| {
            problems.push(format!("globs are not used: {error}"));
            used.clear();
            GlobSet::empty()
        });
        (Self { set, globs: used }, problems)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Whether a glob matches the path or a folder it is in.
    pub fn matches(&self, path: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        self.set.is_match(path)
            || path
                .match_indices('/')
                .any(|(end, _)| self.set.is_match(&path[..end]))
    }

    /// Whether a glob matches the path itself; for a walk that has asked for its folders.
    pub(crate) fn matches_entry(&self, path: &str) -> bool {
        !self.is_empty() && self.set.is_match(path)
    }

    /// The globs that name the folder at `path` in so many words, so that they ask for what is in
    /// it: `node_modules/ours/**` names `node_modules`, `**/*.test.ts` does not.
    pub(crate) fn naming_folder(&self, path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let naming = self
            .globs
            .iter()
            .filter(|glob| agrees(glob, path) && glob.split('/').any(|part| part == name))
            // Anchored once, a glob stays as it is.
            .map(|glob| format!("/{glob}"));
        Self::new(&naming.collect::<Vec<_>>()).0
    }

    /// Whether a glob can match below the folder at `path`, as far as its first words tell.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        self.globs.iter().any(|glob| agrees(glob, path))
    }
}

/// Whether the words a glob begins with are those the path begins with.
fn agrees(glob: &str, path: &str) -> bool {
    glob.split('/')
        .zip(path.split('/'))
        .take_while(|(part, _)| is_literal(part))
        .all(|(part, folder)| part == folder)
}

/// The glob with its place in the tree made explicit; `None` if nothing is left.
fn anchor(glob: &str) -> Option<String> {
    let glob = glob.trim();
    let is_anchored = glob.starts_with('/') || glob.starts_with("./");
    let glob = glob.trim_start_matches("./").trim_start_matches('/');
    let glob = glob.trim_end_matches('/');
    if glob.is_empty() {
        return None;
    }
    if is_anchored || glob.contains('/') {
        return Some(glob.to_owned());
    }
    Some(format!("**/{glob}"))
}

fn is_literal(part: &str) -> bool {
    !part.contains(['*', '?', '[', '{', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(globs: &[&str]) -> Globs {
        let owned: Vec<String> = globs.iter().map(|&glob| glob.to_owned()).collect();
        let (globs, problems) = Globs::new(&owned);
        assert_eq!(problems, Vec::<String>::new());
        globs
    }

    #[test]
    fn globs_match_paths_and_folders() {
        let rows = [
            ("legacy", "legacy/a.py", true),
            ("legacy", "src/legacy/deep/a.py", true),
            ("legacy/", "src/legacy/a.py", true),
            ("legacy", "src/legacy.py", false),
            ("/legacy", "src/legacy/a.py", false),
            ("./legacy", "legacy/a.py", true),
            ("*.gen.ts", "src/api/x.gen.ts", true),
            ("src/*.ts", "src/a.ts", true),
            ("src/*.ts", "src/api/a.ts", false),
            ("src/old/**", "src/old/x/y.py", true),
            ("**/old/*.py", "a/b/old/y.py", true),
            ("src/{a,b}/**", "src/b/y.py", true),
            ("", "a.py", false),
        ];
        for (glob, path, expected) in rows {
            assert_eq!(globs(&[glob]).matches(path), expected, "{glob} on {path}");
        }
    }

    #[test]
    fn a_folder_is_named_in_words_only() {
        let rows = [
            ("node_modules/ours/**", "node_modules", true),
            ("node_modules/ours/**", "node_modules/ours", true),
            ("node_modules/ours/**", "node_modules/theirs", false),
            ("node_modules/ours/**", "web/node_modules", false),
            ("**/node_modules/ours/**", "web/node_modules", true),
            ("**/*.test.ts", "node_modules", false),
            ("dist", "packages/a/dist", true),
        ];
        for (glob, folder, expected) in rows {
            let naming = globs(&[glob]).naming_folder(folder);
            assert_eq!(!naming.is_empty(), expected, "{glob} on {folder}");
        }
    }

    #[test]
    fn too_many_too_long_and_broken_globs_are_named() {
        let many: Vec<String> = (0..1_500).map(|n| format!("f{n}")).collect();
        let (globs, problems) = Globs::new(&many);
        assert_eq!(problems, ["only the first 1000 of 1500 globs are used"]);
        assert!(globs.matches("f999") && !globs.matches("f1000"));
        let (globs, problems) = Globs::new(&["[".to_owned(), "a".repeat(2_000), "ok".to_owned()]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(globs.matches("x/ok"));
    }
}
