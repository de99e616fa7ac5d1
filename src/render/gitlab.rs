//! The code quality report of GitLab: a list of issues.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Report, Severity};

use super::{Places, Unit, json};

#[derive(Serialize)]
struct Issue<'r> {
    description: String,
    check_name: &'r str,
    fingerprint: &'r str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes one issue per finding.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let issues: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let region = places.region(finding.place, Unit::Utf16);
            Issue {
                description: super::with_cost(finding),
                check_name: finding.rule,
                fingerprint: &finding.fingerprint,
                severity: match finding.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Note => "info",
                },
                location: Location {
                    path: places.repository_path(finding.place),
                    lines: Lines {
                        begin: region.start_line,
                        end: region.end_line,
                    },
                },
            }
        })
        .collect();
    json::write_value(&issues, out)
}
