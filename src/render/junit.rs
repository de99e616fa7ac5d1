//! JUnit's XML: a suite per file, a failed case per finding, one passed case if there is none.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::finding::{Finding, Report};

use super::{Places, escape};

/// Writes the suites.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    let count = report.findings.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"slowpath\" tests=\"{}\" failures=\"{count}\" errors=\"0\">",
        count.max(1)
    )?;
    if report.findings.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"slowpath\" tests=\"1\" failures=\"0\" errors=\"0\">\n    \
             <testcase name=\"no findings\" classname=\"slowpath\"/>\n  </testsuite>"
        )?;
    }
    for findings in report
        .findings
        .chunk_by(|a, b| a.place.file == b.place.file)
    {
        let path = xml(report.path(findings[0].place));
        let count = findings.len();
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">"
        )?;
        for finding in findings {
            out.write_all(case(finding, &path, &places).as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(finding: &Finding, path: &str, places: &Places<'_>) -> String {
    let start = places.start(finding.place);
    let (line, column) = (start.line, start.column);
    let mut body = format!(
        "{}: {}",
        places.at(finding.place),
        escape::brief(&finding.message)
    );
    for (number, related) in finding.related.iter().enumerate() {
        let at = places.at(related.place);
        let _ = write!(
            body,
            "\n{}. {at} {}",
            number + 1,
            escape::brief(&related.message)
        );
    }
    for (name, text) in [("cost", &finding.cost), ("help", &finding.help)] {
        if let Some(text) = text {
            let _ = write!(body, "\n{name}: {}", escape::brief(text));
        }
    }
    let body: Vec<String> = body.lines().map(xml).collect();
    format!(
        "    <testcase name=\"{} at {line}:{column}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\">\n      \
         <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        finding.rule,
        finding.severity.name(),
        xml(&escape::brief(&finding.message)),
        body.join("\n"),
    )
}

/// Text for an attribute or an element. What XML cannot hold is shown as an escape.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in escape::inline(text).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(char),
        }
    }
    escaped
}
