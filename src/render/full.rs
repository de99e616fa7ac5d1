//! The source around each finding, then the evidence in the order it runs, the cost and the help.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use crate::finding::{Finding, Report, Severity};
use crate::source::Position;

use super::excerpt::{self, Excerpt};
use super::{Places, Style, escape, severity_style, tag};

/// Writes one block per finding.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let handler = handler(style);
    for finding in &report.findings {
        out.write_all(block(finding, &places, &handler, style).as_bytes())?;
    }
    Ok(())
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = match (style.unicode, style.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme {
            characters: miette::ThemeCharacters::ascii(),
            styles: miette::ThemeStyles::ansi(),
        },
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        // Any number but zero: the excerpt brings its own context.
        .with_context_lines(1)
}

fn block(
    finding: &Finding,
    places: &Places<'_>,
    handler: &GraphicalReportHandler,
    style: Style,
) -> String {
    let bold = owo_colors::Style::new().bold();
    let dimmed = owo_colors::Style::new().dimmed();
    let ellipsis = if style.unicode { "…" } else { "..." };
    let text = &places.report.file(finding.place).text;
    let lines = places.lines(finding.place);
    let drawing = Drawing {
        finding,
        path: escape::path(places.report.path(finding.place)).into_owned(),
        start: places.start(finding.place),
        excerpt: Excerpt::of(text, &lines, finding.place.span, ellipsis),
    };
    let mut block = style.paint(&tag(finding), severity_style(finding.severity));
    let confidence = format!("({} confidence)", finding.confidence.name());
    let _ = writeln!(block, " {}", style.paint(&confidence, dimmed));
    if handler.render_report(&mut block, &drawing).is_err() {
        // Not reached with the excerpts made here; the finding is what matters.
        let _ = writeln!(
            block,
            "  {}: {}",
            places.at(finding.place),
            escape::brief(&finding.message)
        );
    }
    if !finding.related.is_empty() {
        let _ = writeln!(block, "  {}:", style.paint("evidence", bold));
    }
    let number_width = finding.related.len().to_string().len();
    for (number, related) in finding.related.iter().enumerate() {
        let text = &places.report.file(related.place).text;
        let lines = places.lines(related.place);
        let line = excerpt::trimmed_line(text, &lines, related.place.span.start, ellipsis);
        let _ = writeln!(
            block,
            "    {:>number_width$}. {} {}",
            number + 1,
            places.at(related.place),
            escape::brief(&related.message),
        );
        if !line.is_empty() {
            let bar = if style.unicode { "│" } else { "|" };
            let line = style.paint(&format!("{bar} {line}"), dimmed);
            let _ = writeln!(block, "    {:number_width$}  {line}", "");
        }
    }
    for (name, text) in [("cost", &finding.cost), ("help", &finding.help)] {
        if let Some(text) = text {
            let name = style.paint(name, bold);
            let _ = writeln!(block, "  {name}: {}", escape::brief(text));
        }
    }
    block.push('\n');
    block
}

/// A finding as miette wants it: a message, and a source of which it sees the excerpt only.
#[derive(Debug)]
struct Drawing<'f> {
    finding: &'f Finding,
    path: String,
    start: Position,
    excerpt: Excerpt,
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::brief(&self.finding.message))
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = &self.excerpt.label;
        let span = LabeledSpan::new_primary_with_span(None, label.start..label.end);
        Some(Box::new(std::iter::once(span)))
    }
}

impl SourceCode for Drawing<'_> {
    /// Whatever is asked for, the excerpt is the answer; asked for the label alone, it is said to
    /// begin where the finding begins, which is what the frame's title shows.
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (line, column) = match (before, after) {
            (0, 0) => (self.start.line, self.start.column),
            _ => (self.excerpt.first_line, 1),
        };
        let text = &self.excerpt.text;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            text.as_bytes(),
            (0, text.len()).into(),
            line.saturating_sub(1) as usize,
            column.saturating_sub(1) as usize,
            text.lines().count(),
        )))
    }
}
