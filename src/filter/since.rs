//! Which findings a change has brought.
//!
//! Both versions are analysed, and the findings of the one are looked up among those of the other.
//! To ask only whether a finding stands on changed lines would be wrong in both directions: a
//! callee that now queries makes the call of an old loop slow, a preload that was removed leaves no
//! line to point at, and code that was merely moved is not new. Lines serve to tell equal
//! findings apart, and to say which part of the evidence belongs to the change.
//!
//! A finding is old if the other version has one
//!
//! 1. in the same file (renames followed), of the same rule, function and text;
//! 2. or of the same rule on the same line, where the line is unchanged: its function was renamed;
//! 3. or of the same rule, function and text elsewhere, and there it is no more: it was moved;
//! 4. or of the same rule and function in the lines that the change replaced by these, with much
//!    the same text: it was edited.
//!
//! Each old finding is used once, so that a copy is new.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use similar::{Algorithm, DiffOp};

use crate::finding::{Finding, RuleId};
use crate::source::{FileId, LineIndex, Place, SourceFile};

use super::fingerprint;

mod lines;
mod renames;

use lines::LineMap;

/// Texts beyond this are compared by their first bytes only.
const MAX_COMPARED: usize = 400;
/// How much of its text a finding keeps when it is edited, in percent.
const MIN_KEPT: usize = 60;

/// The findings of one version of the code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    pub(crate) files: &'a [SourceFile],
    pub(crate) findings: &'a [Finding],
}

/// For each finding of `now`, whether `before` lacks it.
pub(crate) fn new_ones(now: Version<'_>, before: Version<'_>) -> Vec<bool> {
    let mut matching = Matching::new(now, before);
    matching.by_text();
    matching.by_line();
    matching.by_content();
    matching.by_edit();
    matching.is_old.iter().map(|&is_old| !is_old).collect()
}

/// Says of the evidence of new findings on old lines which of it belongs to the change.
pub(crate) fn mark_evidence(
    findings: &mut [Finding],
    is_new: &[bool],
    now: &[SourceFile],
    before: &[SourceFile],
) {
    let mut changes = Changes::new(now, before);
    for (finding, _) in findings
        .iter_mut()
        .zip(is_new)
        .filter(|(_, is_new)| **is_new)
    {
        if changes.line_before(finding.place).is_none() {
            continue;
        }
        for related in &mut finding.related {
            if changes.line_before(related.place).is_none() {
                related.message.push_str(" (part of this change)");
            }
        }
    }
}

/// A finding by what it says, wherever it is.
type Content = String;

struct Matching<'a> {
    now: Version<'a>,
    before: Version<'a>,
    changes: Changes<'a>,
    is_old: Vec<bool>,
    is_used: Vec<bool>,
    content_now: Vec<Content>,
    content_before: Vec<Content>,
    lines_before: Vec<u32>,
}

impl<'a> Matching<'a> {
    fn new(now: Version<'a>, before: Version<'a>) -> Self {
        let content = |version: Version<'_>| -> Vec<Content> {
            let findings = version.findings.iter();
            findings
                .map(|f| fingerprint::content(f, &version.files[f.place.file.index()]))
                .collect()
        };
        let mut indexes: FxHashMap<FileId, LineIndex> = FxHashMap::default();
        let lines_before = before.findings.iter().map(|finding| {
            let file = finding.place.file;
            let index = indexes.entry(file);
            let index = index.or_insert_with(|| LineIndex::new(&before.files[file.index()].text));
            index.line(finding.place.span.start)
        });
        Self {
            lines_before: lines_before.collect(),
            content_now: content(now),
            content_before: content(before),
            is_old: vec![false; now.findings.len()],
            is_used: vec![false; before.findings.len()],
            changes: Changes::new(now.files, before.files),
            now,
            before,
        }
    }

    fn pair(&mut self, new: usize, old: usize) {
        self.is_old[new] = true;
        self.is_used[old] = true;
    }

    fn open(&self) -> Vec<usize> {
        (0..self.is_old.len())
            .filter(|&i| !self.is_old[i])
            .collect()
    }

    fn by_text(&mut self) {
        type Group = (Vec<usize>, Vec<usize>);
        let mut groups: BTreeMap<(FileId, &str), Group> = BTreeMap::new();
        let content = (self.content_now.clone(), self.content_before.clone());
        for (i, finding) in self.before.findings.iter().enumerate() {
            groups
                .entry((finding.place.file, &content.1[i]))
                .or_default()
                .1
                .push(i);
        }
        for (i, finding) in self.now.findings.iter().enumerate() {
            let file = self.changes.file_before(finding.place.file);
            if let Some(group) = file.and_then(|file| groups.get_mut(&(file, &*content.0[i]))) {
                group.0.push(i);
            }
        }
        for (mut new, mut old) in groups.into_values() {
            // Where there are more than before, those on their old lines are not the new ones.
            if new.len() > old.len() {
                new.retain(|&i| {
                    let line = self.changes.line_before(self.now.findings[i].place);
                    let found = old.iter().position(|&j| Some(self.lines_before[j]) == line);
                    found.map(|at| self.pair(i, old.remove(at))).is_none()
                });
            }
            for (i, j) in new.into_iter().zip(old) {
                self.pair(i, j);
            }
        }
    }

    fn by_line(&mut self) {
        let mut at: FxHashMap<(FileId, u32, RuleId), Vec<usize>> = FxHashMap::default();
        for (j, finding) in self.before.findings.iter().enumerate() {
            if !self.is_used[j] {
                let key = (finding.place.file, self.lines_before[j], finding.rule);
                at.entry(key).or_default().push(j);
            }
        }
        for i in self.open() {
            let finding = &self.now.findings[i];
            let file = self.changes.file_before(finding.place.file);
            let line = self.changes.line_before(finding.place);
            let (Some(file), Some(line)) = (file, line) else {
                continue;
            };
            let is_same = |j: usize| self.text_before(j) == self.text_now(i);
            let found = at.get_mut(&(file, line, finding.rule));
            let found = found.and_then(|old| {
                let index = old.iter().position(|&j| is_same(j))?;
                Some(old.remove(index))
            });
            if let Some(j) = found {
                self.pair(i, j);
            }
        }
    }

    fn by_content(&mut self) {
        let mut at: FxHashMap<Content, Vec<usize>> = FxHashMap::default();
        for (j, content) in self.content_before.iter().enumerate().rev() {
            if !self.is_used[j] {
                at.entry(content.clone()).or_default().push(j);
            }
        }
        for i in self.open() {
            if let Some(j) = at.get_mut(&self.content_now[i]).and_then(Vec::pop) {
                self.pair(i, j);
            }
        }
    }

    fn by_edit(&mut self) {
        for i in self.open() {
            let finding = &self.now.findings[i];
            let Some(file) = self.changes.file_before(finding.place.file) else {
                continue;
            };
            let replaced = self.changes.replaced(finding.place);
            let candidates = (0..self.is_used.len()).filter(|&j| {
                let old = &self.before.findings[j];
                !self.is_used[j]
                    && old.place.file == file
                    && old.rule == finding.rule
                    && old.function == finding.function
                    && replaced.contains(&self.lines_before[j])
            });
            let likeness = |j: &usize| likeness(self.text_before(*j), self.text_now(i));
            let best = candidates
                .map(|j| (likeness(&j), j))
                .max_by_key(|&(likeness, j)| (likeness, std::cmp::Reverse(j)));
            if let Some((_, j)) = best.filter(|(likeness, _)| *likeness >= MIN_KEPT) {
                self.pair(i, j);
            }
        }
    }

    fn text_now(&self, i: usize) -> &'a str {
        let finding = &self.now.findings[i];
        fingerprint::text(finding, &self.now.files[finding.place.file.index()])
    }

    fn text_before(&self, j: usize) -> &'a str {
        let finding = &self.before.findings[j];
        fingerprint::text(finding, &self.before.files[finding.place.file.index()])
    }
}

/// How much two texts have in common, in percent.
fn likeness(a: &str, b: &str) -> usize {
    let head = |text: &str| text.chars().take(MAX_COMPARED).collect::<Vec<_>>();
    let (a, b) = (head(a), head(b));
    let operations = similar::capture_diff_slices(Algorithm::Myers, &a, &b);
    let kept: usize = operations
        .iter()
        .map(|operation| match operation {
            DiffOp::Equal { len, .. } => *len,
            _ => 0,
        })
        .sum();
    2 * kept * 100 / (a.len() + b.len()).max(1)
}

/// What became of files and lines.
struct Changes<'a> {
    now: &'a [SourceFile],
    before: &'a [SourceFile],
    /// For each file of now, the one it was.
    origins: Vec<Option<FileId>>,
    lines: FxHashMap<FileId, LineMap>,
}

impl<'a> Changes<'a> {
    fn new(now: &'a [SourceFile], before: &'a [SourceFile]) -> Self {
        Self {
            origins: renames::origins(now, before),
            now,
            before,
            lines: FxHashMap::default(),
        }
    }

    fn file_before(&self, file: FileId) -> Option<FileId> {
        self.origins[file.index()]
    }

    /// The line where a place starts, as it was numbered before; none if the change brought it.
    fn line_before(&mut self, place: Place) -> Option<u32> {
        let map = self.map(place.file)?;
        map.line_before(map.line(place.span.start))
    }

    /// The lines that were replaced by those around the start of a place.
    fn replaced(&mut self, place: Place) -> std::ops::Range<u32> {
        self.map(place.file)
            .map_or(0..0, |map| map.replaced(map.line(place.span.start)))
    }

    fn map(&mut self, file: FileId) -> Option<&LineMap> {
        let origin = self.origins[file.index()]?;
        let (now, before) = (&self.now[file.index()], &self.before[origin.index()]);
        let map = self.lines.entry(file);
        Some(map.or_insert_with(|| LineMap::new(&now.text, &before.text)))
    }
}

#[cfg(test)]
mod tests;
