//! The fixtures: small projects that say in comments what is reported, and where.
//!
//! `fixtures/<rule>/<case>/bad` has the slow code, `good` the same code after the fix, or code
//! that only looks slow. `expect: <rule>` in a comment ends the line that is reported, or stands
//! alone above it; `expect-low: <rule>` is reported with low confidence, which is shown on demand
//! only; `known-miss: <rule> — reason` marks what is not found yet. All other lines, and all of
//! `good`, are silent for all rules.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use slowpath::catalogue;
use slowpath::config::Settings;
use slowpath::discover::{self, Embedding};
use slowpath::finding::Confidence;
use slowpath::render::{self, Format, Style};
use slowpath::source::Language;

use crate::each::each;
use crate::project::{analyze_from, names, repository};

/// The project that the README shows; its comments expect nothing.
const README_SAMPLE: &str = "readme-sample";
/// Projects that are run, to compare what happens with what is reported.
const TRUTH: &str = "truth";
/// Projects whose tables are made, to compare them with what is printed of them.
const CATALOGS: &str = "catalogs";

/// Whole applications, slow and repaired, with problems of many rules.
const APPLICATIONS: &str = "apps";

/// What opens a comment, the longer ones before what they end with.
const COMMENTS: &[&str] = &["{/*", "{#", "<!--", "/*", "//", "--", "#"];

/// What a comment says of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Reported,
    /// Reported, but not shown unless asked for.
    Low,
    /// Slow, and not found yet.
    Missed,
}

const TRUTHS: &[(&str, Truth)] = &[
    ("expect:", Truth::Reported),
    ("expect-low:", Truth::Low),
    ("known-miss:", Truth::Missed),
];

#[test]
fn findings_are_those_that_the_comments_expect() {
    let projects: Vec<Project> = cases()
        .iter()
        .chain(&cases_of(APPLICATIONS))
        .flat_map(|case| case.projects.clone())
        .collect();
    let failures = each(&projects, |project| {
        let problems = differences(&project.root, &project.rule);
        let title = project.name();
        (!problems.is_empty()).then(|| format!("{title}\n  {}", problems.join("\n  ")))
    });
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    assert!(
        failures.is_empty(),
        "{} of {} projects are not as their comments say\n\n{}\n",
        failures.len(),
        projects.len(),
        failures.join("\n"),
    );
}

#[test]
fn what_users_see_is_as_reviewed() {
    let cases = cases();
    let mut rules: Vec<&str> = cases.iter().map(|case| case.rule.as_str()).collect();
    rules.dedup();
    // A snapshot stays behind when its rule is renamed or removed.
    for name in names(&repository("tests/snapshots")) {
        let rule = name.split('.').next().unwrap_or_default();
        assert!(rules.contains(&rule), "tests/snapshots/{name}");
    }
    for rule in rules {
        let bad: Vec<&Project> = cases
            .iter()
            .filter(|case| case.rule == rule)
            .flat_map(|case| case.projects.iter().filter(|project| project.is_bad))
            .collect();
        let texts = each(&bad, |project| rendered(project));
        insta::with_settings!({
            snapshot_path => "../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            assert_snapshot!(rule, texts.concat());
        });
    }
}

#[test]
fn folders_are_cases_of_rules() {
    let mut problems = Vec::new();
    for rule in rule_folders() {
        for case in names(&repository("fixtures").join(&rule)) {
            let folder = repository("fixtures").join(&rule).join(&case);
            let parts = names(&folder);
            let is_case = ["bad", "good"]
                .iter()
                .any(|part| parts.contains(&(*part).to_owned()))
                && parts.iter().all(|part| part == "bad" || part == "good");
            if !is_case {
                problems.push(format!("{rule}/{case}: has {parts:?}, not bad/ or good/"));
            }
        }
    }
    for case in cases() {
        for project in &case.projects {
            let marks = marks(&project.root);
            for mark in &marks {
                if catalogue::page(&mark.rule).is_none() {
                    problems.push(format!("{}: no such rule: {mark:?}", project.name()));
                }
            }
            let is_about_rule = marks.iter().any(|mark| mark.rule == case.rule);
            if project.is_bad != is_about_rule {
                let reason = if project.is_bad {
                    "expects nothing of its rule"
                } else {
                    "expects something"
                };
                problems.push(format!("{}: {reason}", project.name()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn each_language_of_a_page_has_a_bad_and_a_good_fixture() {
    let cases = cases();
    let mut missing = Vec::new();
    for page in catalogue::pages() {
        let projects = || {
            let cases = cases.iter().filter(|case| case.rule == page.id);
            cases.flat_map(|case| &case.projects)
        };
        let bad: BTreeSet<&str> = projects()
            .filter(|project| project.is_bad)
            .flat_map(|project| marks(&project.root))
            .filter(|mark| mark.truth != Truth::Missed && mark.rule == page.id)
            .filter_map(|mark| language(&mark.path))
            .collect();
        let good: BTreeSet<&str> = projects()
            .filter(|project| !project.is_bad)
            .flat_map(|project| files(&project.root))
            .filter_map(|(path, _)| language(&path))
            .collect();
        for name in &page.languages {
            for (what, languages) in [("bad", &bad), ("good", &good)] {
                if !languages.contains(name.as_str()) {
                    missing.push(format!("{}: no {what} fixture in {name}", page.id));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn comments_say_which_line_is_meant() {
    let text = "\
a(); // expect: n-plus-one
// expect: n-plus-one
b();
  # known-miss: quadratic-loop — hidden
  -- expect: select-star
c(); // expect-low: sort-in-loop
<p>{/* expect: unstable-props */}</p>
<!-- expect: eager-route -->

# slowpath: ignore[n-plus-one] why # expect: unused-suppression
we expect: nothing
";
    let found: Vec<(u32, String, Truth)> = marks_of("a", text)
        .into_iter()
        .map(|mark| (mark.line, mark.rule, mark.truth))
        .collect();
    let expected = [
        (1, "n-plus-one", Truth::Reported),
        (3, "n-plus-one", Truth::Reported),
        (6, "quadratic-loop", Truth::Missed),
        (6, "select-star", Truth::Reported),
        (6, "sort-in-loop", Truth::Low),
        (7, "unstable-props", Truth::Reported),
        (9, "eager-route", Truth::Reported),
        (10, "unused-suppression", Truth::Reported),
    ];
    let expected = expected.map(|(line, rule, truth)| (line, rule.to_owned(), truth));
    assert_eq!(found, expected);
}

/// The folders of `fixtures/` that are named like rules.
pub(crate) fn rule_folders() -> Vec<String> {
    let mut folders = names(&repository("fixtures"));
    folders.retain(|name| ![README_SAMPLE, APPLICATIONS, TRUTH, CATALOGS].contains(&name.as_str()));
    folders
}

/// Where findings and comments of a project differ, one line each.
pub(crate) fn differences(root: &Path, rule: &str) -> Vec<String> {
    let report = analyze_from(Confidence::Low, root, rule);
    let mut problems = Vec::new();
    for notice in &report.notices {
        let path = notice.path.as_deref().unwrap_or_default();
        problems.push(format!("notice  {path}: {}", notice.message));
    }
    let marks = marks(root);
    let mut found = vec![None; marks.len()];
    for finding in &report.findings {
        let (path, place) = (report.path(finding.place), finding.place);
        let line = report.lines(place).line(place.span.start);
        let is_meant =
            |mark: &Mark| mark.path == path && mark.line == line && mark.rule == finding.rule;
        if let Some(at) = marks.iter().position(is_meant) {
            found[at] = found[at].max(Some(finding.confidence));
        } else if finding.confidence > Confidence::Low {
            let (rule, message) = (finding.rule, &finding.message);
            problems.push(format!("extra   {path}:{line} {rule}: {message}"));
        }
    }
    for (mark, confidence) in marks.iter().zip(found) {
        let what = match (mark.truth, confidence) {
            (Truth::Reported | Truth::Low, None) => "missing",
            (Truth::Reported, Some(Confidence::Low)) => "low confidence only",
            (Truth::Low, Some(Confidence::Medium | Confidence::High)) => {
                "not low any more, make it `expect`"
            }
            (Truth::Missed, Some(Confidence::Medium | Confidence::High)) => {
                "known miss is found, make it `expect`"
            }
            (Truth::Reported, Some(Confidence::Medium | Confidence::High))
            | (Truth::Low | Truth::Missed, Some(Confidence::Low))
            | (Truth::Missed, None) => continue,
        };
        problems.push(format!("{what}: {}:{} {}", mark.path, mark.line, mark.rule));
    }
    problems
}

/// `fixtures/<rule>/<case>`
struct Case {
    rule: String,
    projects: Vec<Project>,
}

/// `bad` or `good` of a case.
#[derive(Clone)]
struct Project {
    rule: String,
    root: PathBuf,
    is_bad: bool,
}

/// A comment for this test.
#[derive(Debug)]
struct Mark {
    path: String,
    line: u32,
    rule: String,
    truth: Truth,
}

fn cases() -> Vec<Case> {
    let rules = rule_folders();
    rules.iter().flat_map(|rule| cases_of(rule)).collect()
}

/// The cases in a folder of `fixtures/`.
fn cases_of(rule: &str) -> Vec<Case> {
    let folder = repository("fixtures").join(rule);
    let mut cases = Vec::new();
    for case in names(&folder) {
        let projects = [("bad", true), ("good", false)].map(|(part, is_bad)| Project {
            rule: rule.to_owned(),
            root: folder.join(&case).join(part),
            is_bad,
        });
        cases.push(Case {
            rule: rule.to_owned(),
            projects: projects
                .into_iter()
                .filter(|project| project.root.is_dir())
                .collect(),
        });
    }
    cases
}

#[test]
fn applications_are_slow_and_repaired() {
    for case in cases_of(APPLICATIONS) {
        assert_eq!(case.projects.len(), 2, "an application has bad/ and good/");
        for project in &case.projects {
            let marks = marks(&project.root);
            assert_eq!(!marks.is_empty(), project.is_bad, "{}", project.name());
            for mark in marks {
                assert!(
                    catalogue::page(&mark.rule).is_some(),
                    "no such rule: {mark:?}"
                );
            }
        }
    }
}

impl Project {
    /// `n-plus-one/three-calls-deep/bad`
    fn name(&self) -> String {
        let path = self.root.strip_prefix(repository("fixtures"));
        path.expect("below fixtures/").display().to_string()
    }
}

/// Path and text of all files of a project, in order.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(root, "", &mut files);
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for name in names(folder) {
        let (path, inner) = (folder.join(&name), format!("{prefix}{name}"));
        if path.is_dir() {
            collect(&path, &format!("{inner}/"), files);
        } else {
            files.push((inner, fs::read_to_string(&path).expect("a text")));
        }
    }
}

fn marks(root: &Path) -> Vec<Mark> {
    let files = files(root);
    let marks = files.iter().flat_map(|(path, text)| marks_of(path, text));
    marks.collect()
}

fn marks_of(path: &str, text: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    // Marks that stand alone, up to the line they are about.
    let mut pending = 0;
    for (number, line) in (1..).zip(text.lines()) {
        for mark in &mut marks[pending..] {
            mark.line = number;
        }
        let mut is_alone = false;
        for &(key, truth) in TRUTHS {
            for (at, _) in line.match_indices(key) {
                let before = line[..at].trim_end();
                let Some(before) = COMMENTS.iter().find_map(|c| before.strip_suffix(c)) else {
                    continue;
                };
                is_alone |= before.trim().is_empty();
                let rule = line[at + key.len()..].trim_start();
                let end = rule.find(|c: char| !c.is_ascii_lowercase() && c != '-');
                marks.push(Mark {
                    path: path.to_owned(),
                    line: number,
                    rule: rule[..end.unwrap_or(rule.len())].to_owned(),
                    truth,
                });
            }
        }
        if !is_alone {
            pending = marks.len();
        }
    }
    marks
}

/// What a page calls the language of a file.
fn language(path: &str) -> Option<&'static str> {
    let (language, embedding) = discover::language(path)?;
    if embedding != Embedding::Plain {
        return None;
    }
    Some(match language {
        Language::Python => "python",
        Language::JavaScript => "javascript",
        Language::TypeScript | Language::Tsx => "typescript",
        Language::Sql => "sql",
        Language::Prisma => "prisma",
        Language::GraphQl => "graphql",
        Language::Template => "template",
    })
}

/// The findings of a project as the terminal shows them, below its name.
fn rendered(project: &Project) -> String {
    let style = Style {
        color: false,
        unicode: true,
        width: 100,
    };
    let mut out = Vec::new();
    let shown = Settings::default().min_confidence;
    let report = analyze_from(shown, &project.root, &project.rule);
    render::report(&report, Format::Full, style, &mut out).expect("memory takes all");
    let findings = String::from_utf8(out).expect("output is UTF-8");
    let mut text = String::new();
    let _ = writeln!(text, "━━━ {}\n", project.name());
    text.push_str(if findings.is_empty() {
        "(nothing)\n\n"
    } else {
        &findings
    });
    text
}
