//! One page for a browser, complete in itself: no script, nothing loaded.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::finding::{Finding, Report};

use super::junit::xml;
use super::{Places, escape, excerpt, summary};

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>slowpath</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
article { border-left: 4px solid #888; padding: 0 1rem; margin: 1.5rem 0 }
article.error { border-color: #c22 } article.warning { border-color: #c80 }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: #f4f4f4; padding: .5rem; overflow-x: auto }
h2 { font-size: 1.1rem; overflow-wrap: anywhere } h3 { font-size: 1rem; margin-bottom: 0 }
</style>
</head>
<body>
";

/// Writes the page.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::new(report);
    out.write_all(HEAD.as_bytes())?;
    writeln!(out, "<h1>slowpath: {}</h1>", summary::findings(report))?;
    for findings in report
        .findings
        .chunk_by(|a, b| a.place.file == b.place.file)
    {
        writeln!(out, "<h2>{}</h2>", xml(report.path(findings[0].place)))?;
        for finding in findings {
            out.write_all(article(finding, &places).as_bytes())?;
        }
    }
    if !report.notices.is_empty() {
        writeln!(out, "<h2>Notices</h2>\n<ul>")?;
        for notice in &report.notices {
            let path = xml(notice.path.as_deref().unwrap_or_default());
            writeln!(out, "<li><code>{path}</code> {}</li>", xml(&notice.message))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</body>\n</html>")
}

fn article(finding: &Finding, places: &Places<'_>) -> String {
    let line = |place| {
        let text = &places.report.file(place).text;
        xml(&excerpt::trimmed_line(
            text,
            &places.lines(place),
            place.span.start,
            "…",
        ))
    };
    let severity = finding.severity.name();
    let mut html = format!(
        "<article class=\"{severity}\">\n<h3>{}</h3>\n<p>{severity} <code>{}</code>, {} confidence, <code>{}</code></p>\n",
        xml(&escape::brief(&finding.message)),
        finding.rule,
        finding.confidence.name(),
        xml(&places.at(finding.place)),
    );
    let _ = writeln!(html, "<pre>{}</pre>", line(finding.place));
    if !finding.related.is_empty() {
        html.push_str("<ol>\n");
        for related in &finding.related {
            let _ = writeln!(
                html,
                "<li><code>{}</code> {}<pre>{}</pre></li>",
                xml(&places.at(related.place)),
                xml(&escape::brief(&related.message)),
                line(related.place),
            );
        }
        html.push_str("</ol>\n");
    }
    for (name, text) in [("cost", &finding.cost), ("help", &finding.help)] {
        if let Some(text) = text {
            let _ = writeln!(html, "<p>{name}: {}</p>", xml(&escape::brief(text)));
        }
    }
    html.push_str("</article>\n");
    html
}
