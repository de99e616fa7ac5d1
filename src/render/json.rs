//! The whole report as one JSON object. Its shape is a contract: fields are added, never changed,
//! unless `schema_version` is raised.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Confidence, Finding, Notice, Report, Severity};
use crate::source::{Place, Position};

use super::{Places, escape};

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    tool: Tool,
    findings: Vec<FindingEntry<'r>>,
    summary: Summary,
    notices: &'r [Notice],
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct FindingEntry<'r> {
    rule: &'r str,
    category: &'r str,
    severity: Severity,
    confidence: Confidence,
    message: &'r str,
    help: Option<&'r str>,
    cost: Option<&'r str>,
    #[serde(flatten)]
    place: PlaceEntry<'r>,
    function: Option<&'r str>,
    fingerprint: &'r str,
    related: Vec<RelatedEntry<'r>>,
    /// There are no fixes yet; the field is part of the contract.
    fix: Option<()>,
}

#[derive(Serialize)]
struct RelatedEntry<'r> {
    #[serde(flatten)]
    place: PlaceEntry<'r>,
    message: &'r str,
}

#[derive(Serialize)]
struct PlaceEntry<'r> {
    path: &'r str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Summary {
    /// Files analysed.
    files: usize,
    skipped: usize,
    findings: usize,
    suppressed: usize,
    baselined: usize,
    unchanged: usize,
}

/// Writes the report as one indented object.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let document = Document {
        schema_version: 1,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        findings: report
            .findings
            .iter()
            .map(|finding| finding_entry(finding, &places))
            .collect(),
        summary: Summary {
            files: report.files.len(),
            skipped: report.skipped,
            findings: report.findings.len(),
            suppressed: report.suppressed,
            baselined: report.baselined,
            unchanged: report.unchanged,
        },
        notices: &report.notices,
    };
    write_value(&document, out)
}

/// Writes each finding as one line.
pub(super) fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    for finding in &report.findings {
        let text = serde_json::to_string(&finding_entry(finding, &places))?;
        writeln!(out, "{}", escape::json(text))?;
    }
    Ok(())
}

/// Writes any value as indented JSON that hides nothing.
pub(super) fn write_value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", escape::json(text))
}

fn finding_entry<'r>(finding: &'r Finding, places: &Places<'r>) -> FindingEntry<'r> {
    FindingEntry {
        rule: finding.rule,
        category: finding.category,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        help: finding.help.as_deref(),
        cost: finding.cost.as_deref(),
        place: place_entry(finding.place, places),
        function: finding.function.as_deref(),
        fingerprint: &finding.fingerprint,
        related: finding
            .related
            .iter()
            .map(|related| RelatedEntry {
                place: place_entry(related.place, places),
                message: &related.message,
            })
            .collect(),
        fix: None,
    }
}

fn place_entry<'r>(place: Place, places: &Places<'r>) -> PlaceEntry<'r> {
    PlaceEntry {
        path: places.report.path(place),
        start: places.start(place),
        end: places.end(place),
    }
}
