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
mod github;
mod gitlab;
mod grouped;
mod html;
mod json;
mod junit;
mod line_hash;
mod markdown;
mod page;
mod rdjson;
mod sarif;
mod schema;
mod summary;

pub use endpoints::{endpoints_json, endpoints_text};
pub use page::{explain, rules_json, rules_text};
pub use schema::{schema_json, schema_sql};
pub use summary::{plural, statistics, summary};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The source around each finding, the evidence, the cost and what to do.
    Full,
    /// One line per finding.
    Concise,
    /// Findings below the file they are in.
    Grouped,
    /// One JSON object, see the documentation of its fields in `json.rs`.
    Json,
    /// One JSON object per line and finding.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// The code quality report of GitLab.
    Gitlab,
    /// JUnit's XML, for systems that show test results.
    Junit,
    /// Reviewdog's diagnostics.
    Rdjson,
    /// A page for the summary of a job.
    Markdown,
    /// A page for a browser.
    Html,
}

impl Format {
    /// All, those for people first.
    pub const ALL: [Self; 12] = [
        Self::Full,
        Self::Concise,
        Self::Grouped,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Rdjson,
        Self::Markdown,
        Self::Html,
    ];

    /// As it is written in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Grouped => "grouped",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Rdjson => "rdjson",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Full => "Source, evidence, cost and help",
            Self::Concise => "One line per finding",
            Self::Grouped => "Findings below the file they are in",
            Self::Json => "One object with everything",
            Self::Jsonl => "One object per line and finding",
            Self::Sarif => "SARIF 2.1.0, for code scanning",
            Self::Github => "Annotations of a GitHub workflow",
            Self::Gitlab => "GitLab's code quality report",
            Self::Junit => "JUnit's XML",
            Self::Rdjson => "Reviewdog's diagnostics",
            Self::Markdown => "A page for the summary of a job",
            Self::Html => "A page for a browser",
        }
    }
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
        Format::Grouped => grouped::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Jsonl => json::write_lines(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
    }
}

/// The findings with what matters most first, and otherwise in their order.
fn by_severity(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| {
        (
            std::cmp::Reverse(finding.severity),
            std::cmp::Reverse(finding.confidence),
        )
    });
    findings
}

/// `a queries once per b (1 + n queries)`
fn with_cost(finding: &Finding) -> String {
    match &finding.cost {
        Some(cost) => format!("{} ({cost})", finding.message),
        None => finding.message.clone(),
    }
}

/// What a column counts.
#[derive(Debug, Clone, Copy)]
enum Unit {
    /// Units of UTF-16.
    Utf16,
    /// Bytes of UTF-8.
    Byte,
}

/// Lines and columns from 1, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
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

    /// A place in columns of a unit.
    fn region(&self, place: Place, unit: Unit) -> Region {
        let (start_line, start_column) = self.line_and_column(place, place.span.start, unit);
        let end = place.span.end.max(place.span.start);
        let (end_line, end_column) = self.line_and_column(place, end, unit);
        Region {
            start_line,
            start_column,
            end_line,
            end_column,
        }
    }

    /// The part of a place that is on its first line. What is shown beside a change is shown only
    /// if all its lines are part of the change.
    fn first_line(&self, place: Place, unit: Unit) -> Region {
        let region = self.region(place, unit);
        if region.start_line == region.end_line {
            return region;
        }
        let text = &self.report.file(place).text;
        let start = text.floor_char_boundary((place.span.start as usize).min(text.len()));
        let line = text[start..].split(['\n', '\r']).next().unwrap_or_default();
        Region {
            end_line: region.start_line,
            end_column: region.start_column + length(line, unit),
            ..region
        }
    }

    fn line_and_column(&self, place: Place, offset: u32, unit: Unit) -> (u32, u32) {
        let text = &self.report.file(place).text;
        let lines = self.lines(place);
        let at = text.floor_char_boundary((offset as usize).min(text.len()));
        let line = lines.line(at as u32);
        let start = lines.line_start(line) as usize;
        (line, length(&text[start..at], unit) + 1)
    }

    /// The path as the repository knows it, which may begin above the root.
    fn repository_path(&self, place: Place) -> String {
        let path = self.report.path(place);
        match self.report.prefix.as_str() {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        }
    }

    /// `path:line:column`, escaped.
    fn at(&self, place: Place) -> String {
        let start = self.start(place);
        let path = escape::path(self.report.path(place));
        format!("{path}:{}:{}", start.line, start.column)
    }
}

fn length(text: &str, unit: Unit) -> u32 {
    let length = match unit {
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Byte => text.len(),
    };
    length as u32
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
