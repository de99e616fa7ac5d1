//! A page for the summary of a job or a comment: a table, and the evidence below it.
//!
//! A summary of more than 1 MiB is not shown at all, so it ends before and says what is missing.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::finding::{Finding, Report};

use super::{Places, by_severity, escape, summary};

/// Bytes of a page.
const MAX_BYTES: usize = 900_000;

/// Writes the page.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(report, MAX_BYTES).as_bytes())
}

fn page(report: &Report, max_bytes: usize) -> String {
    let places = Places::new(report);
    let mut page = format!("## slowpath: {}\n", summary::findings(report));
    let findings = by_severity(report);
    if !findings.is_empty() {
        page.push_str("\n| | rule | place | |\n|---|---|---|---|\n");
    }
    // A third of the room is for the table, the rest for the evidence.
    let rows = fill(&mut page, max_bytes / 3, &findings, |f| row(f, &places));
    let details: Vec<&Finding> = findings.iter().take(rows).copied().collect();
    let blocks = fill(&mut page, max_bytes, &details, |f| block(f, &places));
    for (shown, what) in [(rows, "findings"), (blocks, "findings with their evidence")] {
        if shown < findings.len() {
            let left = findings.len() - shown;
            let _ = writeln!(page, "\n{left} more {what} do not fit here.");
        }
    }
    for notice in report.notices.iter().take(20) {
        let path = notice.path.as_deref().unwrap_or_default();
        let _ = writeln!(page, "\n- {} {}", text(path), text(&notice.message));
    }
    if report.notices.len() > 20 {
        let _ = writeln!(page, "\n{} more notices.", report.notices.len() - 20);
    }
    page
}

/// Appends what is written for each finding while there is room; says for how many there was.
fn fill(
    page: &mut String,
    max_bytes: usize,
    findings: &[&Finding],
    part: impl Fn(&Finding) -> String,
) -> usize {
    // Room for the lines about what does not fit, and for notices.
    let max_bytes = max_bytes.saturating_sub(60_000.min(max_bytes / 10));
    for (index, finding) in findings.iter().enumerate() {
        let part = part(finding);
        if page.len() + part.len() > max_bytes {
            return index;
        }
        page.push_str(&part);
    }
    findings.len()
}

fn row(finding: &Finding, places: &Places<'_>) -> String {
    format!(
        "| {} | {} | {} | {} |\n",
        finding.severity.name(),
        code(finding.rule),
        code(&places.at(finding.place)),
        text(&escape::brief(&finding.message)),
    )
}

fn block(finding: &Finding, places: &Places<'_>) -> String {
    let mut block = format!(
        "\n<details><summary>{} {}: {}</summary>\n\n",
        code(&places.at(finding.place)),
        finding.rule,
        text(&escape::brief(&finding.message)),
    );
    for related in &finding.related {
        let at = code(&places.at(related.place));
        let _ = writeln!(block, "1. {at} {}", text(&escape::brief(&related.message)));
    }
    for (name, content) in [("cost", &finding.cost), ("help", &finding.help)] {
        if let Some(content) = content {
            let _ = writeln!(block, "\n{name}: {}", text(&escape::brief(content)));
        }
    }
    block.push_str("\n</details>\n");
    block
}

/// Text that means nothing to Markdown; what stands between backticks becomes code.
fn text(text: &str) -> String {
    let mut parts = text.split('`');
    let mut marked = plain(parts.next().unwrap_or_default());
    while let Some(inner) = parts.next() {
        match parts.next() {
            Some(after) => {
                marked.push_str(&code(inner));
                marked.push_str(&plain(after));
            }
            None => marked.push_str(&plain(&format!("`{inner}"))),
        }
    }
    marked
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", plain(text))
}

/// Punctuation as references, which neither Markdown nor HTML reads as marks.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in escape::inline(text).chars() {
        match char {
            ' ' | '.' | ',' | ':' | '/' | '-' | '(' | ')' | '+' => escaped.push(char),
            _ if char.is_ascii_punctuation() => {
                let _ = write!(escaped, "&#{};", u32::from(char));
            }
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mark_nothing_up() {
        assert_eq!(text("`f` and *g*"), "<code>f</code> and &#42;g&#42;");
        assert_eq!(text("a`b"), "a&#96;b");
        assert_eq!(
            text("<img src=x> [a](b) | @user"),
            "&#60;img src&#61;x&#62; &#91;a&#93;(b) &#124; &#64;user"
        );
    }

    #[test]
    fn page_ends_before_the_limit_and_says_so() {
        let report = crate::render::tests::many(2_000);
        let page = page(&report, 100_000);
        assert!(page.len() < 100_000, "{}", page.len());
        assert!(page.contains(" more findings do not fit here."));
        assert!(page.contains(" more findings with their evidence do not fit here."));
        let opened = page.matches("<details>").count();
        assert_eq!(opened, page.matches("</details>").count());
        assert!(opened > 0);
    }
}
