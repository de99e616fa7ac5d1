//! The walk through the folders: what is entered, what is kept.
//!
//! It lists each folder once and by itself, without following links, with a stack of its own,
//! so that nesting costs no more than memory for the pending folders. The listing says which
//! ignore files there are, so that no file is opened in vain.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::Settings;
use crate::finding::Notice;
use crate::globs::Globs;
use crate::reader::{ReadError, resolve};
use crate::source::{Context, Language};

use super::ignores::{IgnoreFiles, Level, Problem};
use super::{
    Candidate, Discovered, Selection, classify, context, language, max_bytes, notice, too_large,
};

/// Finds what `settings` ask for.
pub(super) fn files(settings: &Settings) -> Discovered {
    let mut walk = Walk::new(settings);
    let mut folders = BTreeSet::new();
    for path in &settings.paths {
        walk.start(path, &mut folders);
    }
    walk.starts = folders;
    for folder in walk.starts.clone() {
        walk.tree(&folder);
    }
    walk.finish()
}

struct Walk<'a> {
    settings: &'a Settings,
    exclude: Globs,
    include: Globs,
    /// The folders named on the command line, each walked by itself.
    starts: BTreeSet<PathBuf>,
    /// The files named on the command line.
    named: BTreeSet<PathBuf>,
    found: Discovered,
}

/// A folder to list.
struct Pending {
    absolute: PathBuf,
    /// Relative to the root, with `/`; empty for the root.
    path: String,
    /// Whether it was named on the command line, so that nothing about it matters.
    is_start: bool,
    /// What holds around it.
    around: Inside,
}

/// What holds for all that is in a folder.
#[derive(Clone)]
struct Inside {
    /// The ignore files in force.
    level: Option<Rc<Level>>,
    /// Whether tests are kept, because a folder of tests was named on the command line.
    keeps_tests: bool,
    /// If the folder holds the code of others: the `include` globs that name it. Only what they
    /// match is kept.
    only: Option<Rc<Globs>>,
}

impl Inside {
    fn ignores_file(&self, path: &Path) -> bool {
        self.level
            .as_ref()
            .is_some_and(|level| level.ignores(path, false))
    }

    fn ignores_folder(&self, path: &Path) -> bool {
        self.level
            .as_ref()
            .is_some_and(|level| level.ignores(path, true))
    }
}

/// What matters of the entries of a folder.
#[derive(Default)]
struct Listing {
    folders: Vec<OsString>,
    files: Vec<(OsString, FileType)>,
    manifests: Vec<String>,
    telling: BTreeSet<String>,
}

impl Listing {
    fn has(&self, name: &str) -> bool {
        self.telling.contains(name)
    }
}

impl<'a> Walk<'a> {
    fn new(settings: &'a Settings) -> Self {
        let mut found = Discovered::default();
        let mut globs = |key: &str, globs: &[String]| {
            let (globs, problems) = Globs::new(globs);
            found
                .notices
                .extend(problems.into_iter().map(|problem| Notice {
                    path: None,
                    message: format!("`{key}`: {problem}"),
                    is_internal: false,
                }));
            globs
        };
        let exclude = globs("exclude", &settings.exclude);
        let include = globs("include", &settings.include);
        Self {
            settings,
            exclude,
            include,
            starts: BTreeSet::new(),
            named: BTreeSet::new(),
            found,
        }
    }

    /// Takes a path of the command line: a file is kept whatever it is, a folder is noted.
    fn start(&mut self, path: &Path, folders: &mut BTreeSet<PathBuf>) {
        let root = &self.settings.root;
        let shown = shown(path.strip_prefix(root).unwrap_or(path));
        let (target, metadata) = match resolve(path, root) {
            Ok(resolved) => resolved,
            Err(error) => return self.skip(&shown, &error),
        };
        // A link was followed: its target is spelled from the real root.
        let target = match target.strip_prefix(root) {
            Ok(_) => target.into_owned(),
            Err(_) => fs::canonicalize(root)
                .ok()
                .and_then(|real| target.strip_prefix(real).ok().map(|path| root.join(path)))
                .unwrap_or_else(|| target.into_owned()),
        };
        if metadata.is_dir() {
            folders.insert(target);
        } else if !metadata.is_file() {
            self.skip(&shown, &ReadError::NotRegular);
        } else if self.named.insert(target.clone()) {
            let path = self.relative(&target);
            let context = context(&path);
            self.keep(target, path, context, Selection::Named, metadata.len());
        }
    }

    fn tree(&mut self, start: &Path) {
        let path = self.relative(start);
        let mut pending = vec![Pending {
            absolute: start.to_path_buf(),
            is_start: true,
            around: Inside {
                level: self.levels_around(start),
                keeps_tests: classify::is_test_folder(&path),
                only: None,
            },
            path,
        }];
        while let Some(folder) = pending.pop() {
            self.folder(&folder, &mut pending);
        }
    }

    /// Keeps the files of a folder, and notes the folders in it.
    fn folder(&mut self, folder: &Pending, pending: &mut Vec<Pending>) {
        let Some(listing) = self.list(folder) else {
            return;
        };
        let is_foreign = !folder.is_start
            && classify::is_foreign_by_content(&folder.path, |name| listing.has(name));
        let Some(mut inside) = self.inside(&folder.around, &folder.path, is_foreign) else {
            return;
        };
        let holds = IgnoreFiles {
            has_gitignore: listing.has(".gitignore"),
            has_ignore: listing.has(".ignore"),
            has_git: listing.has(".git"),
        };
        inside.level = self.enter(inside.level, &folder.absolute, holds, &self.settings.root);
        if inside.only.is_none() {
            for name in &listing.manifests {
                let path = join(&folder.path, OsStr::new(name));
                self.found.manifests.push(path);
            }
        }
        for (name, kind) in &listing.files {
            let path = join(&folder.path, name);
            self.file(folder.absolute.join(name), path, *kind, &inside);
        }
        for name in &listing.folders {
            let absolute = folder.absolute.join(name);
            let path = join(&folder.path, name);
            let is_foreign = classify::is_foreign_folder(&path)
                || classify::is_vendored_beside(&name.to_string_lossy(), |name| listing.has(name));
            let Some(around) = self.inside(&inside, &path, is_foreign) else {
                continue;
            };
            let is_left_out = self.starts.contains(&absolute)
                || self.exclude.matches_entry(&path)
                || inside.ignores_folder(&absolute);
            if is_left_out {
                continue;
            }
            pending.push(Pending {
                absolute,
                path,
                is_start: false,
                around,
            });
        }
    }

    /// What holds in the folder at `path`, given what holds around it; `None` if nothing in it is
    /// wanted.
    fn inside(&self, around: &Inside, path: &str, is_foreign: bool) -> Option<Inside> {
        let mut inside = around.clone();
        if is_foreign {
            let globs = around.only.as_deref().unwrap_or(&self.include);
            let naming = globs.naming_folder(path);
            inside.only = Some(Rc::new(naming));
        }
        let is_wanted = inside.only.as_ref().is_none_or(|globs| globs.reaches(path));
        is_wanted.then_some(inside)
    }

    /// The entries that matter, links left out.
    fn list(&mut self, folder: &Pending) -> Option<Listing> {
        let entries = match fs::read_dir(&folder.absolute) {
            Ok(entries) => entries,
            Err(error) => {
                self.skip(&folder.path, &error.into());
                return None;
            }
        };
        let mut listing = Listing::default();
        for entry in entries {
            let entry = match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(entry) => entry,
                Err(error) => {
                    self.skip(&folder.path, &error.into());
                    continue;
                }
            };
            let (name, kind) = entry;
            let utf8 = name.to_str().unwrap_or_default();
            if is_telling(utf8) {
                listing.telling.insert(utf8.to_owned());
            }
            if kind.is_symlink() {
                continue;
            }
            if kind.is_file() && is_manifest(utf8) {
                listing.manifests.push(utf8.to_owned());
            }
            if kind.is_dir() {
                listing.folders.push(name);
            } else if language(&join(&folder.path, &name)).is_some() {
                listing.files.push((name, kind));
            }
        }
        Some(listing)
    }

    /// Keeps a file that was found, unless something speaks against it.
    fn file(&mut self, absolute: PathBuf, path: String, kind: FileType, inside: &Inside) {
        let is_included = match &inside.only {
            Some(only) => only.matches(&path),
            None => self.include.matches(&path),
        };
        let is_foreign = inside.only.is_some() || classify::is_declaration(&path);
        if self.named.contains(&absolute)
            || (is_foreign && !is_included)
            || self.exclude.matches_entry(&path)
            || inside.ignores_file(&absolute)
        {
            return;
        }
        if !kind.is_file() {
            return self.skip(&path, &ReadError::NotRegular);
        }
        let context = match context(&path) {
            Context::Test if is_included => Context::Product,
            Context::Test if !inside.keeps_tests => {
                self.found.tests += 1;
                return;
            }
            context => context,
        };
        if !is_included && classify::is_minified_name(&path) {
            self.found.skipped += 1;
            return;
        }
        let selection = if is_included {
            Selection::Included
        } else {
            Selection::Found
        };
        match fs::symlink_metadata(&absolute) {
            Ok(metadata) => self.keep(absolute, path, context, selection, metadata.len()),
            Err(error) => self.skip(&path, &error.into()),
        }
    }

    fn keep(
        &mut self,
        absolute: PathBuf,
        path: String,
        context: Context,
        selection: Selection,
        bytes: u64,
    ) {
        let Some((language, embedding)) = language(&path) else {
            self.found.skipped += 1;
            let message = "not analysed: not in a language that slowpath reads";
            self.found.notices.push(notice(&path, message));
            return;
        };
        let cap = max_bytes(self.settings.limits, language, embedding);
        if bytes > cap {
            self.found.skipped += 1;
            self.found.notices.extend(too_large(&path, cap).notice);
            return;
        }
        self.found.files.push(Candidate {
            path,
            absolute,
            language,
            context,
            embedding,
            bytes,
            selection,
            limits: self.settings.limits,
        });
    }

    /// The ignore files from the top of the repository down to the folder around `start`.
    fn levels_around(&mut self, start: &Path) -> Option<Rc<Level>> {
        let root = self.settings.root.clone();
        let top = root
            .ancestors()
            .find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok());
        let top = top.unwrap_or(&root).to_path_buf();
        let mut folders: Vec<&Path> = start
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&top))
            .collect();
        folders.reverse();
        let mut level = None;
        for folder in folders {
            // Files above the root are read as part of the repository, those below as part of
            // the root.
            let boundary = if folder.starts_with(&root) {
                &root
            } else {
                &top
            };
            let holds = IgnoreFiles {
                has_gitignore: true,
                has_ignore: true,
                has_git: fs::symlink_metadata(folder.join(".git")).is_ok(),
            };
            level = self.enter(level, folder, holds, boundary);
        }
        level
    }

    fn enter(
        &mut self,
        outer: Option<Rc<Level>>,
        folder: &Path,
        holds: IgnoreFiles,
        boundary: &Path,
    ) -> Option<Rc<Level>> {
        if self.settings.no_ignores {
            return None;
        }
        let mut problems = Vec::new();
        let level = Level::enter(outer, folder, holds, boundary, &mut problems);
        for Problem { file, message } in problems {
            let path = match folder.strip_prefix(&self.settings.root) {
                Ok(folder) => shown(&folder.join(file)),
                Err(_) => format!("../{file}"),
            };
            self.found.notices.push(notice(&path, &message));
        }
        level
    }

    fn skip(&mut self, path: &str, error: &ReadError) {
        let path = if path.is_empty() { "." } else { path };
        self.found.skipped += 1;
        self.found
            .notices
            .push(notice(path, &format!("not analysed: {error}")));
    }

    fn relative(&self, absolute: &Path) -> String {
        shown(
            absolute
                .strip_prefix(&self.settings.root)
                .unwrap_or(absolute),
        )
    }

    fn finish(mut self) -> Discovered {
        self.found.manifests.sort_unstable();
        let files = &mut self.found.files;
        // Templates say nothing by themselves: without code that renders them they are text.
        let has_python = files.iter().any(|file| file.language == Language::Python);
        files.retain(|file| {
            file.language != Language::Template || has_python || file.selection == Selection::Named
        });
        // Names that are not UTF-8 may look alike; on disk they differ.
        files.sort_unstable_by(|a, b| (&a.path, &a.absolute).cmp(&(&b.path, &b.absolute)));
        let max_files = self.settings.limits.files;
        if files.len() > max_files {
            self.found.skipped += files.len() - max_files;
            self.found.notices.push(Notice {
                path: None,
                message: format!(
                    "only the first {max_files} of {} files are analysed",
                    files.len()
                ),
                is_internal: false,
            });
            files.truncate(max_files);
        }
        self.found.notices.sort_unstable();
        self.found.notices.dedup();
        self.found
    }
}

/// The names whose presence says something about their folder.
fn is_telling(name: &str) -> bool {
    matches!(
        name,
        ".gitignore" | ".ignore" | ".git" | "composer.json" | "go.mod" | "Gemfile"
    ) || classify::is_telling(name)
}

/// Whether a file says how modules are found, names of packages, aliases of paths, or which
/// services are started beside the program.
pub(super) fn is_manifest(name: &str) -> bool {
    let is_config = name.starts_with("tsconfig") || name.starts_with("jsconfig");
    let is_yaml = || {
        let stem = name
            .strip_suffix(".yml")
            .or_else(|| name.strip_suffix(".yaml"));
        stem.is_some_and(|stem| stem.starts_with("docker-compose") || stem.starts_with("compose"))
    };
    name == "package.json" || (is_config && name.ends_with(".json")) || is_yaml()
}

/// A relative path with `/`, replacing what is not UTF-8.
fn shown(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    parts.join("/")
}

fn join(folder: &str, name: &OsStr) -> String {
    let name = name.to_string_lossy();
    if folder.is_empty() {
        return name.into_owned();
    }
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests;
