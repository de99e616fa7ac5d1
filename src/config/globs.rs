//! Globs are written relative to the folder of the configuration file, and used relative to the
//! root of the run, which may lie deeper: their translation.

use std::collections::BTreeSet;

use globset::GlobBuilder;

use crate::globs::Globs;

/// A glob written relative to a folder, as globs relative to `prefix`, a folder below it
/// (`""`, or `a/b`). None is left if nothing below `prefix` can match.
pub(super) fn below(glob: &str, prefix: &str) -> Vec<String> {
    let trimmed = glob.trim_end_matches('/');
    if prefix.is_empty() || !trimmed.contains('/') {
        // A bare name matches at any depth, so also the folders above the root.
        let (globs, _) = Globs::new(&[glob.to_owned()]);
        let hits_prefix = !prefix.is_empty() && globs.matches(prefix);
        let seen = if hits_prefix { "**" } else { glob };
        return vec![seen.to_owned()];
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
