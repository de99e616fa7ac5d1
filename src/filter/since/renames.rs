//! Which file a file was, where it has another path now.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashMap, FxHasher};

use crate::source::{FileId, SourceFile};

/// Lines that more files than this share say nothing about one of them.
const MAX_SHARED: usize = 16;

/// For each file of `now` the one of `before` that it was.
///
/// A file that is new was one that is gone if at least half of the one is in the other.
pub(super) fn origins(now: &[SourceFile], before: &[SourceFile]) -> Vec<Option<FileId>> {
    let by_path: FxHashMap<&str, FileId> = before
        .iter()
        .enumerate()
        .map(|(id, file)| (file.path.as_str(), FileId(id as u32)))
        .collect();
    let mut origins: Vec<Option<FileId>> = now
        .iter()
        .map(|file| by_path.get(file.path.as_str()).copied())
        .collect();
    let mut is_gone = vec![true; before.len()];
    for origin in origins.iter().flatten() {
        is_gone[origin.index()] = false;
    }
    let mut holders: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for (id, file) in before.iter().enumerate().filter(|(id, _)| is_gone[*id]) {
        for (line, _) in lines(file) {
            let holders = holders.entry(line).or_default();
            if holders.last() != Some(&id) && holders.len() <= MAX_SHARED {
                holders.push(id);
            }
        }
    }
    let mut pairs = Vec::new();
    for (id, file) in now
        .iter()
        .enumerate()
        .filter(|(id, _)| origins[*id].is_none())
    {
        let mut shared: FxHashMap<usize, usize> = FxHashMap::default();
        for (line, bytes) in lines(file) {
            let holders = holders.get(&line).into_iter().flatten();
            for &holder in holders.take(MAX_SHARED) {
                *shared.entry(holder).or_default() += bytes;
            }
        }
        let longest = |holder: usize| weight(file).max(weight(&before[holder]));
        let mut shared: Vec<_> = shared.into_iter().collect();
        shared.sort_unstable();
        for (holder, bytes) in shared {
            if bytes * 2 >= longest(holder) {
                pairs.push((bytes, id, holder));
            }
        }
    }
    pairs.sort_unstable_by_key(|&(bytes, id, holder)| (std::cmp::Reverse(bytes), id, holder));
    for (_, id, holder) in pairs {
        if origins[id].is_none() && is_gone[holder] {
            origins[id] = Some(FileId(holder as u32));
            is_gone[holder] = false;
        }
    }
    origins
}

/// The lines that say something, and their sizes.
fn lines(file: &SourceFile) -> impl Iterator<Item = (u64, usize)> {
    let lines = file.text.lines().map(str::trim);
    lines.filter(|line| line.len() > 3).map(|line| {
        let mut hash = FxHasher::default();
        line.hash(&mut hash);
        (hash.finish(), line.len())
    })
}

fn weight(file: &SourceFile) -> usize {
    lines(file).map(|(_, bytes)| bytes).sum()
}
