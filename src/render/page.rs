//! The catalogue for people and for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::catalogue::Page;

use super::{Style, json, severity_style};

/// Writes the page of a rule for a terminal: headings bold, code indented.
///
/// # Errors
/// When `out` cannot be written.
pub fn explain(page: &Page, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let bold = owo_colors::Style::new().bold();
    let dimmed = owo_colors::Style::new().dimmed();
    writeln!(
        out,
        "{}: {}",
        style.paint(page.id, bold),
        style.paint(&page.title, bold)
    )?;
    let advice = if page.advice {
        ", advice: off unless selected"
    } else {
        ""
    };
    writeln!(
        out,
        "{}, {}, {}{advice}\n",
        page.category,
        style.paint(page.severity.name(), severity_style(page.severity)),
        page.languages.join(" "),
    )?;
    let mut in_code = false;
    for line in page.body.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code && line.is_empty() {
            writeln!(out)?;
        } else if in_code {
            writeln!(out, "    {}", style.paint(line, dimmed))?;
        } else if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim();
            writeln!(out, "{}", style.paint(heading, bold))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Writes one line per rule.
///
/// # Errors
/// When `out` cannot be written.
pub fn rules_text(pages: &[Page], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let id_width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0);
    let mut category = "";
    for page in pages {
        if page.category != category {
            category = &page.category;
            writeln!(
                out,
                "{}",
                style.paint(category, owo_colors::Style::new().bold())
            )?;
        }
        let severity = format!("{:<7}", page.severity.name());
        writeln!(
            out,
            "  {:<id_width$}  {}  {}{}",
            page.id,
            style.paint(&severity, severity_style(page.severity)),
            page.title,
            if page.advice {
                " (off unless selected)"
            } else {
                ""
            },
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Catalogue<'p> {
    schema_version: u32,
    rules: Vec<RuleEntry<'p>>,
}

#[derive(Serialize)]
struct RuleEntry<'p> {
    id: &'p str,
    title: &'p str,
    category: &'p str,
    severity: &'static str,
    languages: &'p [String],
    advice: bool,
    summary: &'p str,
}

/// Writes the catalogue as one JSON object.
///
/// # Errors
/// When `out` cannot be written.
pub fn rules_json(pages: &[Page], out: &mut dyn Write) -> io::Result<()> {
    let rules = pages.iter().map(|page| RuleEntry {
        id: page.id,
        title: &page.title,
        category: &page.category,
        severity: page.severity.name(),
        languages: &page.languages,
        advice: page.advice,
        summary: &page.summary,
    });
    let catalogue = Catalogue {
        schema_version: 1,
        rules: rules.collect(),
    };
    json::write_value(&catalogue, out)
}
