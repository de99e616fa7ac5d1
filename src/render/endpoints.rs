//! Where a program is entered, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Confidence, Endpoint, Report};
use crate::source::Position;

use super::{Places, escape, json};

/// Writes one line per endpoint, in columns: what, method, path, handler, place.
///
/// # Errors
/// When `out` cannot be written.
pub fn endpoints_text(
    report: &Report,
    endpoints: &[Endpoint],
    out: &mut dyn Write,
) -> io::Result<()> {
    let places = Places::new(report);
    for endpoint in endpoints {
        let method = endpoint.method.as_deref().unwrap_or("-");
        let path = endpoint.path.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{:<9} {:<7} {}  {}  {}",
            endpoint.kind,
            escape::inline(method),
            escape::inline(path),
            escape::inline(&endpoint.handler),
            places.at(endpoint.place),
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    endpoints: Vec<Entry<'r>>,
}

#[derive(Serialize)]
struct Entry<'r> {
    kind: &'r str,
    method: Option<&'r str>,
    path: Option<&'r str>,
    handler: &'r str,
    framework: Option<&'r str>,
    confidence: Confidence,
    file: &'r str,
    start: Position,
}

/// Writes all endpoints as one object.
///
/// # Errors
/// When `out` cannot be written.
pub fn endpoints_json(
    report: &Report,
    endpoints: &[Endpoint],
    out: &mut dyn Write,
) -> io::Result<()> {
    let places = Places::new(report);
    let entries = endpoints.iter().map(|endpoint| Entry {
        kind: endpoint.kind,
        method: endpoint.method.as_deref(),
        path: endpoint.path.as_deref(),
        handler: &endpoint.handler,
        framework: endpoint.framework.as_deref(),
        confidence: endpoint.confidence,
        file: report.path(endpoint.place),
        start: places.start(endpoint.place),
    });
    let document = Document {
        schema_version: 1,
        endpoints: entries.collect(),
    };
    json::write_value(&document, out)
}
