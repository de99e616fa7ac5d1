//! Findings below the file they are in: `line:column severity[rule] message (confidence)`.

use std::io::{self, Write};

use crate::finding::Report;

use super::{Places, Style, escape, severity_style, tag};

/// Writes each file once, its findings indented below it.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let bold = owo_colors::Style::new().bold();
    let mut file = None;
    for finding in &report.findings {
        if file != Some(finding.place.file) {
            if file.is_some() {
                writeln!(out)?;
            }
            let path = escape::path(report.path(finding.place));
            writeln!(out, "{}", style.paint(&path, bold))?;
            file = Some(finding.place.file);
        }
        let start = places.start(finding.place);
        writeln!(
            out,
            "  {}:{} {} {} ({})",
            start.line,
            start.column,
            style.paint(&tag(finding), severity_style(finding.severity)),
            escape::brief(&finding.message),
            finding.confidence.name(),
        )?;
    }
    Ok(())
}
