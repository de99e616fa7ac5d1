//! What is said about a run beside its findings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::finding::{Report, RuleId, Severity};

/// `17 findings (3 errors, 12 warnings, 2 notes) in 812 files, 3 skipped, 2 suppressed, 1.2 s`
pub fn summary(report: &Report, time: Duration) -> String {
    let mut parts = vec![format!(
        "{} in {}",
        findings(report),
        plural(report.files.len(), "file")
    )];
    if report.skipped > 0 {
        parts.push(format!("{} skipped", report.skipped));
    }
    if report.suppressed > 0 {
        parts.push(format!("{} suppressed", report.suppressed));
    }
    if report.baselined > 0 {
        parts.push(format!("{} in the baseline", report.baselined));
    }
    if report.unchanged > 0 {
        parts.push(format!("{} not new", report.unchanged));
    }
    parts.push(format!("{:.1} s", time.as_secs_f64()));
    parts.join(", ")
}

/// `17 findings (3 errors, 12 warnings, 2 notes)`
pub(super) fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return "no findings".to_owned();
    }
    let severities = report.findings.iter().map(|finding| finding.severity);
    let parts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| {
            (
                severities.clone().filter(|&of| of == severity).count(),
                severity,
            )
        })
        .filter(|&(count, _)| count > 0)
        .map(|(count, severity)| plural(count, severity.name()))
        .collect();
    format!(
        "{} ({})",
        plural(report.findings.len(), "finding"),
        parts.join(", ")
    )
}

/// A table of rules and how often they report, most frequent first.
pub fn statistics(report: &Report) -> String {
    let mut counts: BTreeMap<RuleId, usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    let width = rows.first().map_or(1, |(_, count)| count.to_string().len());
    let rows = rows.into_iter();
    let lines: Vec<_> = rows
        .map(|(rule, count)| format!("{count:>width$}  {rule}\n"))
        .collect();
    lines.concat()
}

/// `1 file`, `2 files`
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
