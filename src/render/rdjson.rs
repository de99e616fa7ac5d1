//! Reviewdog's diagnostics: one JSON object. Its columns count bytes.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Finding, Report, Severity};
use crate::source::Place;

use super::{Places, Unit, json};

#[derive(Serialize)]
struct Document<'r> {
    source: Source,
    diagnostics: Vec<Diagnostic<'r>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'r> {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code<'r>,
    #[serde(rename = "relatedLocations", skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'r>>,
}

#[derive(Serialize)]
struct Code<'r> {
    value: &'r str,
}

#[derive(Serialize)]
struct Related<'r> {
    message: &'r str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

/// Writes one diagnostic per finding.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let findings = report.findings.iter();
    let document = Document {
        source: Source {
            name: env!("CARGO_PKG_NAME"),
        },
        diagnostics: findings.map(|f| diagnostic(f, &places)).collect(),
    };
    json::write_value(&document, out)
}

fn diagnostic<'r>(finding: &'r Finding, places: &Places<'_>) -> Diagnostic<'r> {
    let related = finding.related.iter();
    let mut message = super::with_cost(finding);
    if let Some(help) = &finding.help {
        message.push('\n');
        message.push_str(help);
    }
    Diagnostic {
        message,
        location: location(finding.place, places),
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        code: Code {
            value: finding.rule,
        },
        related: related
            .map(|related| Related {
                message: &related.message,
                location: location(related.place, places),
            })
            .collect(),
    }
}

fn location(place: Place, places: &Places<'_>) -> Location {
    let region = places.region(place, Unit::Byte);
    Location {
        path: places.repository_path(place),
        range: Range {
            start: Position {
                line: region.start_line,
                column: region.start_column,
            },
            end: Position {
                line: region.end_line,
                column: region.end_column,
            },
        },
    }
}
