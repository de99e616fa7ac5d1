//! One line per finding: `path:line:column: severity[rule] message (confidence)`.

use std::io::{self, Write};

use crate::finding::Report;

use super::{Places, Style, escape, severity_style, tag};

/// Writes one line per finding.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    for finding in &report.findings {
        writeln!(
            out,
            "{}: {} {} ({})",
            places.at(finding.place),
            style.paint(&tag(finding), severity_style(finding.severity)),
            escape::brief(&finding.message),
            finding.confidence.name(),
        )?;
    }
    Ok(())
}
