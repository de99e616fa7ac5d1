//! Globs of paths: their meaning and their translation from the folder of the configuration file
//! to the root of the run.
//!
//! A glob without `/` matches a name at any depth; one with `/` is anchored. What matches a
//! folder matches everything below it. `*` stays within a name, `**` crosses folders.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Globs as one matcher for paths relative to the root.
#[derive(Debug, Clone, Default)]
pub struct PathSet(GlobSet);

impl PathSet {
    /// A matcher for any of `globs`.
    ///
    /// # Errors
    /// When one of them is malformed; says why.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let glob = glob.as_ref();
            let trimmed = glob.trim_end_matches('/');
            let anchored = trimmed.trim_start_matches("./").trim_start_matches('/');
            let base = if trimmed.contains('/') {
                anchored.to_owned()
            } else {
                format!("**/{anchored}")
            };
            for pattern in [format!("{base}/**"), base] {
                let built = GlobBuilder::new(&pattern).literal_separator(true).build();
                set.add(built.map_err(|error| error.kind().to_string())?);
            }
        }
        set.build()
            .map(Self)
            .map_err(|error| error.kind().to_string())
    }

    /// Whether a path relative to the root, with `/`, is matched.
    pub fn is_match(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// A glob written relative to a folder, as globs relative to `prefix`, a folder below it
/// (`""`, or `a/b`). None is left if nothing below `prefix` can match.
pub(super) fn below(glob: &str, prefix: &str) -> Vec<String> {
    let trimmed = glob.trim_end_matches('/');
    if prefix.is_empty() || !trimmed.contains('/') {
        // A bare name matches at any depth, so also the folders above the root.
        let hits_prefix = |set: PathSet| !prefix.is_empty() && set.is_match(prefix);
        return if PathSet::new(&[glob]).is_ok_and(hits_prefix) {
            vec!["**".to_owned()]
        } else {
            vec![glob.to_owned()]
        };
    }
    let anchored = trimmed.trim_start_matches("./").trim_start_matches('/');
    let parts: Vec<&str> = anchored.split('/').collect();
    // Every way the first parts can match the folders, as the positions reached so far; a glob
    // with many `**` has exponentially many ways, but few positions.
    let mut reached = skip_stars(&parts, BTreeSet::from([0]));
    for folder in prefix.split('/') {
        let mut next = BTreeSet::new();
        for at in reached {
            match parts.get(at) {
                // The glob names a folder above the root, and with it everything below.
                None => return vec!["**".to_owned()],
                Some(&"**") => drop(next.insert(at)),
                Some(part) if matches_name(part, folder) => drop(next.insert(at + 1)),
                Some(_) => {}
            }
        }
        reached = skip_stars(&parts, next);
    }
    let rests = reached.into_iter().map(|at| match &parts[at..] {
        [] => "**".to_owned(),
        rest => format!("/{}", rest.join("/")),
    });
    rests.collect()
}

/// The positions with those behind a `**`, which may match no folder at all.
fn skip_stars(parts: &[&str], mut positions: BTreeSet<usize>) -> BTreeSet<usize> {
    for (at, part) in parts.iter().enumerate() {
        if *part == "**" && positions.contains(&at) {
            positions.insert(at + 1);
        }
    }
    positions
}

fn matches_name(part: &str, name: &str) -> bool {
    let glob = GlobBuilder::new(part).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_match_at_any_depth_and_below() {
        let set = PathSet::new(&["vendor", "*.gen.ts"]).expect("valid globs");
        for path in ["vendor/a.py", "api/vendor/b/c.py", "x.gen.ts", "a/b.gen.ts"] {
            assert!(set.is_match(path), "{path}");
        }
        assert!(!set.is_match("api/vendored/a.py"));
    }

    #[test]
    fn globs_with_a_slash_are_anchored() {
        let set =
            PathSet::new(&["api/*.py", "./web/", "/top.py", "./low.py"]).expect("valid globs");
        for path in ["api/a.py", "web/x/y.ts", "top.py", "low.py"] {
            assert!(set.is_match(path), "{path}");
        }
        for path in [
            "api/v1/a.py",
            "old/api/a.py",
            "api2/a.py",
            "a/top.py",
            "a/low.py",
        ] {
            assert!(!set.is_match(path), "{path}");
        }
    }

    #[test]
    fn globs_are_translated_to_a_deeper_root() {
        let table: &[(&str, &str, &[&str])] = &[
            ("vendor", "api", &["vendor"]),
            ("api", "api", &["**"]),
            ("api/", "api/v1", &["**"]),
            ("api/legacy/**", "api", &["/legacy/**"]),
            ("web/*.ts", "api", &[]),
            ("*/gen/*.py", "api", &["/gen/*.py"]),
            ("**/gen/*.py", "api", &["/**/gen/*.py", "/gen/*.py"]),
            ("**/b/x.py", "a/b", &["/**/b/x.py", "/b/x.py", "/x.py"]),
            ("a*/b/c", "api/b", &["/c"]),
        ];
        for (glob, prefix, expected) in table {
            assert_eq!(below(glob, prefix), *expected, "{glob} below {prefix}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_is_translated_in_reasonable_time() {
        let glob = "**/a/".repeat(40) + "x";
        assert!(!below(&glob, &["a"; 40].join("/")).is_empty());
    }
}
