//! Annotations of a GitHub workflow: `::error file=…,line=…::message`.
//!
//! A step shows 10 of each kind, the first ones. So the gravest come first, no more than are
//! shown are written, and the last line says how many are left out.

use std::io::{self, Write};

use crate::finding::{Finding, Report, Severity};

use super::{Places, Unit, by_severity, escape};

/// Annotations of one kind that a step shows.
const MAX_OF_A_KIND: usize = 10;

/// Writes one command per finding.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let mut left = 0;
    for severity in Severity::ALL.into_iter().rev() {
        // One notice is kept for the line about the rest.
        let room = MAX_OF_A_KIND - usize::from(severity == Severity::Note);
        let all = by_severity(report).into_iter();
        let findings: Vec<_> = all.filter(|finding| finding.severity == severity).collect();
        for finding in findings.iter().take(room) {
            writeln!(out, "{}", command(finding, &places))?;
        }
        left += findings.len().saturating_sub(room);
    }
    if left > 0 {
        let noun = if left == 1 { "finding" } else { "findings" };
        writeln!(out, "::notice title=slowpath::{left} more {noun}")?;
    }
    Ok(())
}

fn command(finding: &Finding, places: &Places<'_>) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let region = places.first_line(finding.place, Unit::Utf16);
    let path = property(&places.repository_path(finding.place));
    let mut lines = vec![escape::brief(&finding.message).into_owned()];
    for (number, related) in finding.related.iter().enumerate() {
        let (at, message) = (places.at(related.place), escape::brief(&related.message));
        lines.push(format!("{}. {at} {message}", number + 1));
    }
    for (name, text) in [("cost", &finding.cost), ("help", &finding.help)] {
        let text = text.as_deref();
        lines.extend(text.map(|text| format!("{name}: {}", escape::brief(text))));
    }
    format!(
        "::{kind} file={path},line={},endLine={},col={},endColumn={},title={}::{}",
        region.start_line,
        region.end_line,
        region.start_column,
        region.end_column,
        property(&format!("slowpath: {}", finding.rule)),
        data(&lines.join("\n")),
    )
}

/// The text of a command, which ends at the end of the line.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property, which ends at a comma or colon.
fn property(text: &str) -> String {
    data(&escape::inline(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
