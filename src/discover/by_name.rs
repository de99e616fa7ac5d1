//! What would be found of a tree that is not on disk, as far as names tell.

use crate::config::Settings;
use crate::globs::Globs;
use crate::source::Context;

use super::{Candidate, Selection, candidate, classify, walk};

/// The part of the settings that names are held against.
pub(crate) struct ByName<'s> {
    settings: &'s Settings,
    exclude: Globs,
    include: Globs,
}

impl<'s> ByName<'s> {
    pub(crate) fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            exclude: Globs::new(&settings.exclude).0,
            include: Globs::new(&settings.include).0,
        }
    }

    /// The candidate for a path relative to the root, if a walk that met it would keep it.
    pub(crate) fn candidate(&self, path: &str) -> Option<Candidate> {
        let mut found = candidate(path, &self.settings.root)?;
        found.limits = self.settings.limits;
        if self.exclude.matches(path) {
            return None;
        }
        if self.include.matches(path) {
            found.selection = Selection::Included;
            if found.context == Context::Test {
                found.context = Context::Product;
            }
            return Some(found);
        }
        found.selection = Selection::Found;
        let is_left_out = is_foreign(path)
            || classify::is_declaration(path)
            || classify::is_minified_name(path)
            || found.context == Context::Test;
        (!is_left_out).then_some(found)
    }

    /// Whether a path is that of a manifest that a walk would keep.
    pub(crate) fn is_manifest(&self, path: &str) -> bool {
        walk::is_manifest(classify::file_name(path))
            && !is_foreign(path)
            && !self.exclude.matches(path)
    }
}

fn is_foreign(path: &str) -> bool {
    let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    folders.any(classify::is_foreign_folder)
}
