//! The rule pages, `rules/*.md`, embedded in the binary: what a rule is called, how much it
//! matters by default, and its documentation.
//!
//! This module does not know how a rule is implemented or whether it is.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::finding::{RuleId, Severity};

static RULES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The categories in the order they are shown.
const CATEGORIES: &[&str] = &[
    "database",
    "schema",
    "async",
    "complexity",
    "memory",
    "web",
    "suppression",
];

/// The line that opens and closes the front matter of a page.
const FENCE: &str = "+++";

/// The documentation of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rule's id: the name of the file.
    pub id: RuleId,
    /// What the rule reports, in a few words.
    pub title: String,
    /// The group it belongs to.
    pub category: String,
    /// Severity unless the configuration says otherwise.
    pub severity: Severity,
    /// Languages it works in, in lower case.
    pub languages: Vec<String>,
    /// Whether it is off unless selected.
    pub advice: bool,
    /// The first paragraph, on one line.
    pub summary: String,
    /// The page without its front matter, in Markdown.
    pub body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    category: String,
    severity: Severity,
    languages: Vec<String>,
    #[serde(default)]
    advice: bool,
}

impl Page {
    /// Reads a page from the text of its file.
    ///
    /// # Errors
    /// Says what is wrong with the page; pages are part of the program, so only tests see it.
    pub fn parse(id: RuleId, text: &str) -> Result<Self, String> {
        let text = text.replace("\r\n", "\n");
        let inner = text
            .strip_prefix(FENCE)
            .and_then(|rest| rest.strip_prefix('\n'))
            .ok_or_else(|| format!("{id}: the page does not start with `{FENCE}`"))?;
        let (front, body) = inner
            .split_once("\n+++\n")
            .ok_or_else(|| format!("{id}: no second `{FENCE}` line"))?;
        let front: FrontMatter = toml::from_str(front).map_err(|error| format!("{id}: {error}"))?;
        let body = body.trim();
        let summary = body
            .lines()
            .take_while(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ");
        if summary.is_empty() {
            return Err(format!("{id}: the page does not start with a paragraph"));
        }
        Ok(Self {
            id,
            title: front.title,
            category: front.category,
            severity: front.severity,
            languages: front.languages,
            advice: front.advice,
            summary,
            body: body.to_owned(),
        })
    }
}

/// All rules, by category and then by id.
pub fn pages() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let mut pages: Vec<Page> = files()
            .filter_map(|(id, text)| Page::parse(id, text).ok())
            .collect();
        pages.sort_by_key(|page| {
            let group = CATEGORIES.iter().position(|&name| name == page.category);
            (group.unwrap_or(CATEGORIES.len()), page.id)
        });
        pages
    });
    &PAGES
}

/// The page of a rule.
pub fn page(id: &str) -> Option<&'static Page> {
    pages().iter().find(|page| page.id == id)
}

/// The name in `known` that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // What is much longer than any name is not one that was mistyped.
    if name.len() > 60 {
        return None;
    }
    let name = name.to_lowercase().replace(['_', ' '], "-");
    // `n+1` is what people call it.
    let name = name.replace('+', "-plus-");
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= (candidate.len() / 3).max(2))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The files directly below `rules/` that are pages: id and text.
fn files() -> impl Iterator<Item = (RuleId, &'static str)> {
    RULES.files().filter_map(|file| {
        let id = file.path().file_name()?.to_str()?.strip_suffix(".md")?;
        (id != "README").then_some((id, file.contents_utf8()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "+++\ntitle = \"Query in a loop\"\ncategory = \"database\"\nseverity = \"error\"\n\
        languages = [\"python\"]\n+++\nA query runs once\nfor each element.\n\n## Why it is slow\nIt is.\n";

    #[test]
    fn every_embedded_page_parses() {
        for (id, text) in files() {
            if let Err(message) = Page::parse(id, text) {
                panic!("{message}");
            }
        }
        assert_eq!(files().count(), pages().len());
        assert!(pages().iter().any(|page| page.id == "unused-suppression"));
    }

    #[test]
    fn page_has_front_matter_summary_and_body() {
        let page = Page::parse("n-plus-one", PAGE).expect("a well-formed page");
        assert_eq!(page.title, "Query in a loop");
        assert_eq!(page.severity, Severity::Error);
        assert!(!page.advice);
        assert_eq!(page.summary, "A query runs once for each element.");
        assert!(page.body.ends_with("## Why it is slow\nIt is."));
        assert_eq!(
            Page::parse("n-plus-one", &PAGE.replace('\n', "\r\n")),
            Ok(page)
        );
    }

    #[test]
    fn malformed_pages_are_errors_that_name_the_page() {
        for text in [
            "",
            "# no front matter",
            "+++\ntitle = \"x\"\n",
            "+++\ntitle = 1\n+++\nText",
            &PAGE.replace("A query runs once\nfor each element.\n", ""),
            &PAGE.replace("title", "titel"),
        ] {
            let message = Page::parse("n-plus-one", text).expect_err("a malformed page");
            assert!(message.starts_with("n-plus-one: "), "{message}");
        }
    }

    #[test]
    fn nearest_name_is_close_or_nothing() {
        let known = ["n-plus-one", "await-in-loop", "select-star"];
        assert_eq!(nearest("n-plus-on", known), Some("n-plus-one"));
        assert_eq!(nearest("Await_in_loops", known), Some("await-in-loop"));
        assert_eq!(nearest("n+1", known), Some("n-plus-one"));
        assert_eq!(nearest("memory-leak", known), None);
    }
}
