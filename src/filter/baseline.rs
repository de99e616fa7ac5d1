//! Which findings a baseline has accepted.
//!
//! A finding is accepted by an entry of its file, or by one of another file from which the code
//! was moved: an entry accepts as many findings as it counts, and no more.

use rustc_hash::FxHashMap;

use crate::baseline::{Baseline, Entry};
use crate::finding::Finding;
use crate::source::SourceFile;

use super::fingerprint;

/// What became of a baseline.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// For each finding, whether it is accepted.
    pub(crate) is_accepted: Vec<bool>,
    /// Findings that the baseline counts and that are no more.
    pub(crate) stale: usize,
}

/// Finds the accepted ones. Those a change has not brought are accepted before those it has.
///
/// `is_in_scope` says whether the rule and the path of an entry were looked at in this run.
pub(crate) fn accept(
    baseline: &Baseline,
    findings: &[Finding],
    files: &[SourceFile],
    is_new: &[bool],
    is_in_scope: impl Fn(&Entry) -> bool,
) -> Accepted {
    let mut left: Vec<u32> = baseline.entries.iter().map(|entry| entry.count).collect();
    let mut by_file: FxHashMap<(&str, &str), Vec<usize>> = FxHashMap::default();
    let mut by_content: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, entry) in baseline.entries.iter().enumerate() {
        let print = entry.fingerprint.as_str();
        by_file.entry((&entry.path, print)).or_default().push(index);
        by_content.entry(print).or_default().push(index);
    }
    let prints: Vec<(String, String)> = findings
        .iter()
        .map(|finding| {
            let file = &files[finding.place.file.index()];
            (
                baseline.path(&file.path),
                fingerprint::content(finding, file),
            )
        })
        .collect();
    let mut take = |entries: Option<&Vec<usize>>| {
        let mut entries = entries.into_iter().flatten();
        let found = entries.find(|&&entry| left[entry] > 0);
        found.map(|&entry| left[entry] -= 1).is_some()
    };
    let mut is_accepted = vec![false; findings.len()];
    let old_first = || {
        let order = 0..findings.len();
        order
            .clone()
            .filter(|&i| !is_new[i])
            .chain(order.filter(|&i| is_new[i]))
    };
    for index in old_first() {
        let (path, print) = &prints[index];
        is_accepted[index] = take(by_file.get(&(path.as_str(), print.as_str())));
    }
    for index in old_first() {
        if !is_accepted[index] {
            is_accepted[index] = take(by_content.get(prints[index].1.as_str()));
        }
    }
    let stale = baseline.entries.iter().zip(&left);
    let stale = stale.filter(|(entry, _)| is_in_scope(entry));
    Accepted {
        is_accepted,
        stale: stale.map(|(_, &count)| count as usize).sum(),
    }
}

/// The baseline that accepts the findings, and keeps the entries of `before` that this run has not
/// looked at.
pub(crate) fn updated(
    before: &Baseline,
    findings: &[Finding],
    files: &[SourceFile],
    is_in_scope: impl Fn(&Entry) -> bool,
) -> Baseline {
    let mut entries: Vec<Entry> = findings
        .iter()
        .map(|finding| {
            let file = &files[finding.place.file.index()];
            Entry {
                path: before.path(&file.path),
                rule: finding.rule.to_owned(),
                function: finding.function.clone(),
                fingerprint: fingerprint::content(finding, file),
                count: 1,
            }
        })
        .collect();
    let kept = before.entries.iter().filter(|entry| !is_in_scope(entry));
    entries.extend(kept.cloned());
    entries.sort();
    entries.dedup_by(|next, kept| {
        let is_same = (&next.path, &next.fingerprint) == (&kept.path, &kept.fingerprint)
            && next.rule == kept.rule;
        if is_same {
            kept.count += next.count;
        }
        is_same
    });
    Baseline {
        entries,
        prefix: before.prefix.clone(),
    }
}
