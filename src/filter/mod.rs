//! From what the rules found to what is reported: severities, selection, suppression comments and
//! thresholds, in this order; then a fixed order of the rest, of which the baseline and the change
//! take out what is known.
//!
//! Knows files and settings; does not know why something was found.

use std::cmp::Reverse;

use crate::baseline::{Baseline, Entry};
use crate::catalogue;
use crate::config::{Override, Settings};
use crate::finding::{Confidence, Finding, Notice, RuleId, Severity};
use crate::globs::Globs;
use crate::source::{Context, FileId, SourceFile, Span};

mod baseline;
mod fingerprint;
mod since;
mod suppression;

use baseline::Accepted;
use suppression::Suppressions;

pub(crate) use since::{Version, mark_evidence, new_ones};

/// What is left to report.
#[derive(Debug, Default)]
pub struct Filtered {
    /// Sorted by file, position and rule, with fingerprints.
    pub findings: Vec<Finding>,
    /// Findings that would be reported if a comment did not silence them.
    pub suppressed: usize,
    /// What the user should know.
    pub notices: Vec<Notice>,
}

/// Applies the settings and the suppression comments to the findings.
///
/// `directives` are, for each file, the spans of the comments that contain `slowpath:`.
pub fn apply(
    findings: Vec<Finding>,
    files: &[SourceFile],
    directives: &[Vec<Span>],
    settings: &Settings,
) -> Filtered {
    let mut notices = Vec::new();
    let policy = Policy::new(files, settings, &mut notices);
    let mut findings = findings;
    let before = findings.len();
    findings.retain(|finding| is_in_a_file(finding, files));
    if findings.len() < before {
        notices.push(Notice {
            path: None,
            message: format!("{} findings outside of all files", before - findings.len()),
            is_internal: true,
        });
    }
    sort(&mut findings);
    findings.dedup_by(|next, kept| next.rule == kept.rule && next.place == kept.place);
    fingerprint::set(&mut findings, files);
    findings.retain_mut(|finding| policy.admit(finding));

    let mut suppressions = Suppressions::read(files, directives);
    let mut suppressed = 0;
    let mut silence = |finding: &Finding, suppressions: &mut Suppressions| {
        let is_silent = suppressions.silence(finding);
        suppressed += usize::from(is_silent && policy.is_shown(finding));
        is_silent
    };
    findings.retain(|finding| !silence(finding, &mut suppressions));
    let mut unused = suppressions.unused(&policy);
    sort(&mut unused);
    fingerprint::set(&mut unused, files);
    unused.retain_mut(|finding| policy.admit(finding));
    unused.retain(|finding| !silence(finding, &mut suppressions));

    findings.append(&mut unused);
    findings.retain(|finding| policy.is_shown(finding));
    sort(&mut findings);
    notices.sort();
    Filtered {
        findings,
        suppressed,
        notices,
    }
}

/// All findings that no comment silences, whatever the thresholds; what a change is compared with
/// must not seem new because it is surer now.
pub(crate) fn unsilenced(
    findings: Vec<Finding>,
    files: &[SourceFile],
    directives: &[Vec<Span>],
    settings: &Settings,
) -> Vec<Finding> {
    let settings = Settings {
        min_severity: Severity::Note,
        min_confidence: Confidence::Low,
        ..settings.clone()
    };
    apply(findings, files, directives, &settings).findings
}

/// What is left of findings when those that are known are taken out.
#[derive(Debug, Default)]
pub(crate) struct Remaining {
    pub(crate) findings: Vec<Finding>,
    /// Findings that a change has not brought.
    pub(crate) unchanged: usize,
    /// New ones that the baseline accepts.
    pub(crate) baselined: usize,
    /// Findings that the baseline counts and that are no more.
    pub(crate) stale: usize,
    /// The baseline that accepts all findings, if it is to be written.
    pub(crate) baseline: Option<Baseline>,
}

/// Takes out the findings that the baseline accepts or a change has not brought.
pub(crate) fn remaining(
    findings: Vec<Finding>,
    files: &[SourceFile],
    is_new: &[bool],
    settings: &Settings,
) -> Remaining {
    let prefix = match settings.prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    // A rule that is no more has nothing to say anywhere.
    let runs = |rule: &str| settings.rules.contains(&rule) || catalogue::page(rule).is_none();
    let is_in_scope = |entry: &Entry| {
        runs(&entry.rule)
            && entry.path.strip_prefix(&prefix).is_some_and(|path| {
                let path = settings.root.join(path);
                settings.paths.iter().any(|wanted| path.starts_with(wanted))
            })
    };
    if let Some(before) = &settings.new_baseline {
        let baseline = baseline::updated(before, &findings, files, is_in_scope);
        let accepted = baseline::accept(before, &findings, files, is_new, is_in_scope);
        return Remaining {
            baselined: findings.len(),
            stale: accepted.stale,
            baseline: Some(baseline),
            ..Remaining::default()
        };
    }
    let accepted = settings
        .baseline
        .as_ref()
        .map(|baseline| baseline::accept(baseline, &findings, files, is_new, is_in_scope));
    let mut remaining = Remaining::default();
    for (index, finding) in findings.into_iter().enumerate() {
        let is_accepted = |accepted: &Accepted| accepted.is_accepted[index];
        if !is_new[index] {
            remaining.unchanged += 1;
        } else if accepted.as_ref().is_some_and(is_accepted) {
            remaining.baselined += 1;
        } else {
            remaining.findings.push(finding);
        }
    }
    remaining.stale = accepted.map_or(0, |accepted| accepted.stale);
    remaining
}

fn is_in_a_file(finding: &Finding, files: &[SourceFile]) -> bool {
    let related = finding.related.iter().map(|related| related.place.file);
    related
        .chain([finding.place.file])
        .all(|file| file.index() < files.len())
}

/// Files are numbered in path order, so this is the order of paths. The surest of equal findings
/// comes first.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| {
            (
                finding.place.file,
                finding.place.span.start,
                finding.rule,
                finding.place.span.end,
                Reverse(finding.confidence),
                Reverse(finding.severity),
            )
        };
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
}

/// The settings as they apply to each file.
struct Policy<'s> {
    files: &'s [SourceFile],
    settings: &'s Settings,
    overrides: Vec<(Globs, &'s Override)>,
}

impl<'s> Policy<'s> {
    fn new(files: &'s [SourceFile], settings: &'s Settings, notices: &mut Vec<Notice>) -> Self {
        let mut overrides = Vec::new();
        for item in &settings.overrides {
            let (paths, problems) = Globs::new(&item.paths);
            overrides.push((paths, item));
            notices.extend(problems.into_iter().map(|problem| Notice {
                path: None,
                message: format!("an override: {problem}"),
                is_internal: false,
            }));
        }
        Self {
            files,
            settings,
            overrides,
        }
    }

    fn overrides(&self, file: FileId) -> impl Iterator<Item = &'s Override> {
        let path = &self.files[file.index()].path;
        let matching = self.overrides.iter();
        matching.filter_map(move |(paths, item)| paths.matches(path).then_some(*item))
    }

    /// The rule of this name, whether it runs or not.
    fn rule(&self, name: &str) -> Option<RuleId> {
        let running = self.settings.rules.iter().find(|rule| **rule == name);
        let known = || catalogue::page(name).map(|page| page.id);
        running.copied().or_else(known)
    }

    /// Whether a rule speaks in a file.
    fn runs(&self, file: FileId, rule: RuleId) -> bool {
        self.settings.rules.contains(&rule)
            && self.overrides(file).all(|item| {
                !item.ignore.contains(&rule)
                    && (item.select.is_empty() || item.select.contains(&rule))
            })
    }

    /// Gives a finding the severity and confidence it has in its file; false if its rule is
    /// silent there.
    fn admit(&self, finding: &mut Finding) -> bool {
        let file = finding.place.file;
        if !self.runs(file, finding.rule) {
            return false;
        }
        match self.files[file.index()].context {
            Context::Product => {}
            Context::Script => finding.severity = one_less(finding.severity),
            Context::Migration | Context::Seed | Context::Test | Context::Generated => {
                finding.confidence = Confidence::Low;
            }
        }
        let general = self.settings.severities.iter();
        let here = self.overrides(file).flat_map(|item| &item.severities);
        let wanted = general
            .chain(here)
            .filter(|(rule, _)| *rule == finding.rule);
        if let Some(&(_, severity)) = wanted.last() {
            finding.severity = severity;
        }
        true
    }

    fn is_shown(&self, finding: &Finding) -> bool {
        finding.severity >= self.settings.min_severity
            && finding.confidence >= self.settings.min_confidence
    }
}

fn one_less(severity: Severity) -> Severity {
    match severity {
        Severity::Error => Severity::Warning,
        Severity::Warning | Severity::Note => Severity::Note,
    }
}

#[cfg(test)]
mod tests;
