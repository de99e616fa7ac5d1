//! The version of the tree that a change is compared with, as if it lay on disk.
//!
//! Its files are read from git's objects into memory. Those that the change has not touched are
//! taken from the version on disk, with what is known of them.

use rustc_hash::FxHashMap;

use crate::MAX_MANIFEST_BYTES;
use crate::config::Settings;
use crate::discover::{ByName, Candidate, Discovered};
use crate::git::{self, Base, BaseFile, GitError};
use crate::link::modules::Manifest;
use crate::source::SourceFile;

/// The files of the base, in path order.
#[derive(Debug)]
pub(crate) struct BaseTree {
    pub(crate) files: Vec<BaseSource>,
    pub(crate) manifests: Vec<Manifest>,
    /// Whether anything that is analysed differs from what is on disk.
    pub(crate) has_changes: bool,
}

/// Where the content of a file is.
#[derive(Debug)]
pub(crate) enum BaseSource {
    /// It is that of this file on disk, by its index.
    Unchanged(usize),
    /// As git has it.
    Changed(Candidate, Vec<u8>),
}

/// Reads the base: of its files those that are analysed on disk too, or would be if they were
/// still there.
pub(crate) fn tree(
    base: &Base,
    settings: &Settings,
    discovered: &Discovered,
    files: &[SourceFile],
    manifests: &[Manifest],
) -> Result<BaseTree, GitError> {
    let on_disk: FxHashMap<&str, &Candidate> = discovered
        .files
        .iter()
        .map(|candidate| (candidate.path.as_str(), candidate))
        .collect();
    let analysed: FxHashMap<&str, usize> = files
        .iter()
        .enumerate()
        .map(|(index, file)| (file.path.as_str(), index))
        .collect();
    let is_wanted = |file: &&BaseFile| {
        let path = settings.root.join(&file.path);
        settings.paths.iter().any(|wanted| path.starts_with(wanted))
    };
    let by_name = ByName::new(settings);
    let is_on_disk = |path: &str| settings.root.join(path).symlink_metadata().is_ok();

    let mut sources: Vec<(String, Source<'_>)> = Vec::new();
    for file in base.files.iter().filter(is_wanted) {
        let candidate = match on_disk.get(file.path.as_str()) {
            Some(&candidate) => candidate.clone(),
            // What is left out on disk is left out here.
            None if is_on_disk(&file.path) => continue,
            None => match by_name.candidate(&file.path) {
                Some(candidate) => candidate,
                None => continue,
            },
        };
        let same = analysed.get(file.path.as_str()).copied().filter(|&index| {
            let file_on_disk = &files[index];
            file_on_disk.is_verbatim && git::blob_id(file_on_disk.text.as_bytes()) == file.id
        });
        let source = match same {
            Some(index) => Source::Unchanged(index),
            None => Source::Git(candidate, &file.id),
        };
        sources.push((file.path.clone(), source));
    }
    sources.sort_by(|a, b| a.0.cmp(&b.0));

    let ids: Vec<(&str, u64)> = sources
        .iter()
        .filter_map(|(_, source)| match source {
            Source::Git(candidate, id) => Some((*id, candidate.max_bytes())),
            Source::Unchanged(_) => None,
        })
        .collect();
    let mut contents = base.read(&ids)?.into_iter();
    let mut has_changes = sources.len() != files.len();
    let files = sources.into_iter().filter_map(|(_, source)| match source {
        Source::Unchanged(index) => Some(BaseSource::Unchanged(index)),
        Source::Git(candidate, _) => {
            has_changes = true;
            let content = contents.next().flatten()?;
            Some(BaseSource::Changed(candidate, content))
        }
    });
    let files = files.collect();
    let manifests_before = manifests_of(base, settings, &by_name, manifests)?;
    let is_same = |a: &Manifest, b: &Manifest| a.path == b.path && a.text == b.text;
    has_changes |= manifests.len() != manifests_before.len()
        || !manifests
            .iter()
            .zip(&manifests_before)
            .all(|(a, b)| is_same(a, b));
    Ok(BaseTree {
        files,
        manifests: manifests_before,
        has_changes,
    })
}

enum Source<'b> {
    Unchanged(usize),
    Git(Candidate, &'b str),
}

/// The manifests of the base: those read on disk, and those that are no more.
fn manifests_of(
    base: &Base,
    settings: &Settings,
    by_name: &ByName<'_>,
    manifests: &[Manifest],
) -> Result<Vec<Manifest>, GitError> {
    let on_disk: FxHashMap<&str, &Manifest> = manifests
        .iter()
        .map(|manifest| (manifest.path.as_str(), manifest))
        .collect();
    let mut found = Vec::new();
    let mut changed = Vec::new();
    for file in &base.files {
        match on_disk.get(file.path.as_str()) {
            Some(&manifest) if git::blob_id(manifest.text.as_bytes()) == file.id => {
                found.push(manifest.clone());
            }
            Some(_) => changed.push(file),
            None => {
                let is_gone = settings.root.join(&file.path).symlink_metadata().is_err();
                if is_gone && by_name.is_manifest(&file.path) {
                    changed.push(file);
                }
            }
        }
    }
    let ids: Vec<(&str, u64)> = changed
        .iter()
        .map(|file| (file.id.as_str(), MAX_MANIFEST_BYTES))
        .collect();
    for (file, content) in changed.into_iter().zip(base.read(&ids)?) {
        if let Some(Ok(text)) = content.map(String::from_utf8) {
            let path = file.path.clone();
            found.push(Manifest { path, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
