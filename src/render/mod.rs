//! Prints a [`Report`]. Findings are sorted already; renderers know nothing of the analysis.
//!
//! Whatever comes from the analysed tree passes [`escape`] first.

use std::cell::RefCell;
use std::io::{self, Write};

use rustc_hash::FxHashMap;

use crate::finding::{Finding, Report, Severity};
use crate::source::{FileId, LineIndex, Place, Position};

mod concise;
mod endpoints;
pub mod escape;
mod excerpt;
mod full;
mod json;
mod page;
mod summary;

pub use endpoints::{endpoints_json, endpoints_text};
pub use page::{explain, rules_json, rules_text};
pub use summary::{plural, statistics, summary};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The source around each finding, the evidence, the cost and what to do.
    Full,
    /// One line per finding.
    Concise,
    /// One JSON object, see the documentation of its fields in `json.rs`.
    Json,
}

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to draw with characters beyond ASCII.
    pub unicode: bool,
    /// Columns to use at most.
    pub width: usize,
}

impl Style {
    /// Wraps `text` in the escape codes of `style` if colours are wanted.
    fn paint(self, text: &str, style: owo_colors::Style) -> String {
        if self.color {
            style.style(text).to_string()
        } else {
            text.to_owned()
        }
    }
}

/// Writes the findings of a report, and for machine formats the whole report.
///
/// # Errors
/// When `out` cannot be written.
pub fn report(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Full => full::write(report, style, out),
        Format::Concise => concise::write(report, style, out),
        Format::Json => json::write(report, out),
    }
}

/// The places of a report as lines and columns; each file is indexed once.
struct Places<'r> {
    report: &'r Report,
    lines: RefCell<FxHashMap<FileId, std::rc::Rc<LineIndex>>>,
}

impl<'r> Places<'r> {
    fn new(report: &'r Report) -> Self {
        Self {
            report,
            lines: RefCell::default(),
        }
    }

    fn lines(&self, place: Place) -> std::rc::Rc<LineIndex> {
        let mut lines = self.lines.borrow_mut();
        let index = lines
            .entry(place.file)
            .or_insert_with(|| std::rc::Rc::new(self.report.lines(place)));
        index.clone()
    }

    fn start(&self, place: Place) -> Position {
        self.position(place, place.span.start)
    }

    fn end(&self, place: Place) -> Position {
        self.position(place, place.span.end.max(place.span.start))
    }

    fn position(&self, place: Place, offset: u32) -> Position {
        let text = &self.report.file(place).text;
        self.lines(place).position(text, offset)
    }

    /// `path:line:column`, escaped.
    fn at(&self, place: Place) -> String {
        let start = self.start(place);
        let path = escape::path(self.report.path(place));
        format!("{path}:{}:{}", start.line, start.column)
    }
}

/// The colour of a severity.
fn severity_style(severity: Severity) -> owo_colors::Style {
    let style = owo_colors::Style::new().bold();
    match severity {
        Severity::Error => style.red(),
        Severity::Warning => style.yellow(),
        Severity::Note => style.cyan(),
    }
}

/// `error[n-plus-one]`
fn tag(finding: &Finding) -> String {
    format!("{}[{}]", finding.severity.name(), finding.rule)
}

#[cfg(test)]
mod tests;
