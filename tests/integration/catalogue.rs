//! The pages of the rules: complete, true, and about rules that exist.

use std::collections::BTreeSet;
use std::fs;

use slowpath::catalogue::{self, Page};
use slowpath::finding::Confidence;
use slowpath::rules;

use crate::each::each;
use crate::fixtures::rule_folders;
use crate::project::{Project, analyze_from, names, repository};

/// Judged where suppressions are applied; it has no code of its own among the rules.
const UNUSED_SUPPRESSION: &str = "unused-suppression";

/// The parts of a page, in their order.
const PARTS: &[&str] = &["Bad", "Good", "When it is fine", "What it cannot see"];

/// A block of code on a page.
pub(crate) struct Block {
    /// The heading it stands under.
    part: String,
    /// The language, as on the fence.
    pub(crate) language: String,
    /// The line of the page where the code begins.
    line: usize,
    pub(crate) code: String,
}

#[test]
fn rules_pages_and_fixtures_name_the_same_set() {
    let mut code: BTreeSet<String> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(code.len(), rules::ALL.len(), "an id stands twice in `ALL`");
    assert!(code.insert(UNUSED_SUPPRESSION.to_owned()));
    let mut files = names(&repository("rules"));
    files.retain(|name| name != "models" && name != "words.toml");
    let pages: BTreeSet<String> = files
        .iter()
        .map(|name| name.strip_suffix(".md").expect("a page").to_owned())
        .collect();
    assert_eq!(code, pages, "`rules::ALL` and rules/*.md");
    let fixtures: BTreeSet<String> = rule_folders().into_iter().collect();
    assert_eq!(fixtures, pages, "fixtures/* and rules/*.md");
}

#[test]
fn pages_parse_and_have_all_parts() {
    for (id, text) in texts() {
        let page = Page::parse(catalogue_id(&id), &text).unwrap_or_else(|error| panic!("{error}"));
        let headings: Vec<&str> = page
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        let (why, parts) = headings.split_first().expect("headings");
        assert!(why.starts_with("Why it is "), "{id}: {why}");
        assert_eq!(parts, PARTS, "{id}");
        for (heading, said) in sections(&page.body) {
            assert!(!said.trim().is_empty(), "{id}: nothing under {heading}");
        }
        assert!(page.summary.ends_with('.'), "{id}: {}", page.summary);
        assert!(!page.title.ends_with('.'), "{id}: {}", page.title);
    }
}

#[test]
fn code_under_bad_is_reported_and_code_under_good_is_silent() {
    let blocks: Vec<(String, Block)> = texts()
        .into_iter()
        .flat_map(|(id, text)| blocks(&text).into_iter().map(move |b| (id.clone(), b)))
        .collect();
    let problems = each(&blocks, |(id, block)| problem(id, block));
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn each_page_has_code_under_bad_and_good() {
    for (id, text) in texts() {
        let blocks = blocks(&text);
        for part in ["Bad", "Good"] {
            assert!(blocks.iter().any(|b| b.part == part), "{id}: {part}");
        }
    }
}

#[test]
fn links_of_pages_resolve() {
    let mut pages: Vec<(String, String)> = texts()
        .into_iter()
        .map(|(id, text)| (format!("rules/{id}.md"), text))
        .collect();
    for path in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/ci.md",
        "rules/models/README.md",
    ] {
        let text = fs::read_to_string(repository(path)).expect("a page");
        pages.push((path.to_owned(), text));
    }
    for (path, text) in pages {
        let folder = repository(&path);
        let folder = folder.parent().expect("a folder");
        for target in links(&text) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if file.starts_with("https://") {
                continue;
            }
            let aim = if file.is_empty() {
                repository(&path)
            } else {
                folder.join(file)
            };
            assert!(aim.exists(), "{path}: no such file: {target}");
            if !anchor.is_empty() {
                let text = fs::read_to_string(&aim).expect("a page");
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|line| anchor_of(line) == anchor);
                assert!(is_there, "{path}: no such heading: {target}");
            }
        }
    }
}

#[test]
fn rules_named_in_suppressions_exist() {
    for (id, text) in texts() {
        for (at, start) in text.match_indices("slowpath: ignore[") {
            let rules = &text[at + start.len()..];
            let (rules, _) = rules.split_once(']').expect("a closing bracket");
            for rule in rules.split(',').map(str::trim) {
                assert!(catalogue::page(rule).is_some(), "{id}: {rule}");
            }
        }
    }
}

/// The headings of a page, each with what stands under it.
fn sections(body: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut sections = body.split("\n## ");
    sections.next();
    sections.map(|section| section.split_once('\n').unwrap_or((section, "")))
}

/// Id and text of each page, as they are on disk.
fn texts() -> Vec<(String, String)> {
    let files = names(&repository("rules")).into_iter();
    files
        .filter_map(|name| {
            let id = name.strip_suffix(".md")?.to_owned();
            let path = repository("rules").join(&name);
            Some((id, fs::read_to_string(path).expect("a page")))
        })
        .collect()
}

/// The id as the program knows it.
fn catalogue_id(id: &str) -> slowpath::finding::RuleId {
    let page = catalogue::page(id);
    page.unwrap_or_else(|| panic!("{id} is not embedded")).id
}

/// The blocks of code of a page.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut part, mut is_open) = (String::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(fence) = line.strip_prefix("```") {
            is_open = !is_open;
            if is_open {
                blocks.push(Block {
                    part: part.clone(),
                    language: fence.to_owned(),
                    line: number + 1,
                    code: String::new(),
                });
            }
        } else if let (true, Some(block)) = (is_open, blocks.last_mut()) {
            block.code.push_str(line);
            block.code.push('\n');
        } else if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut part);
        }
    }
    blocks
}

/// What is wrong with a block.
fn problem(id: &str, block: &Block) -> Option<String> {
    let at = format!("rules/{id}.md:{}", block.line);
    let extension = match block.language.as_str() {
        "python" => "py",
        "javascript" => "js",
        "jsx" => "jsx",
        "typescript" => "ts",
        "tsx" => "tsx",
        "sql" => "sql",
        other => return Some(format!("{at}: code in {other:?}")),
    };
    let project = Project::new(&[(&format!("example.{extension}"), &block.code)]);
    // What is slow only if a list is long is an example all the same.
    let from = match block.part.as_str() {
        "Bad" => Confidence::Low,
        _ => Confidence::Medium,
    };
    let report = analyze_from(from, project.path(), id);
    if let Some(notice) = report.notices.first() {
        return Some(format!("{at}: {}", notice.message));
    }
    let found: Vec<&str> = report.findings.iter().map(|f| f.rule).collect();
    match block.part.as_str() {
        "Bad" if !found.contains(&id) => Some(format!("{at}: not reported, but {found:?}")),
        "Bad" => None,
        _ if found.is_empty() => None,
        part => Some(format!("{at}: under {part}, but reports {found:?}")),
    }
}

/// Targets of `[text](target)` outside of code.
fn links(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut targets = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        // Every second piece between backticks is code.
        let prose = line.split('`').step_by(2).filter(|_| !is_code);
        for piece in prose {
            let starts = piece.match_indices("](");
            targets.extend(starts.filter_map(|(at, start)| {
                let target = &piece[at + start.len()..];
                target.split_once(')').map(|(target, _)| target)
            }));
        }
    }
    targets
}

/// The anchor of a heading: `## What it finds` is `what-it-finds`.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
