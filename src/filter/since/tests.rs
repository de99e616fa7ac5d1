//! Tests of what counts as new, on findings made by hand: each call of `q` is one.

use crate::finding::{Confidence, Severity};
use crate::source::{Context, Language, Span};

use super::*;

fn files(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let files = files.iter().map(|(path, text)| SourceFile {
        path: (*path).to_owned(),
        language: Language::Python,
        context: Context::Product,
        text: (*text).to_owned(),
        is_verbatim: true,
    });
    files.collect()
}

/// A finding per `q(…)`; the function is the last `def` before it.
fn findings(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, file) in files.iter().enumerate() {
        for (start, _) in file.text.match_indices("q(") {
            let end = start + file.text[start..].find(')').expect("the end") + 1;
            let function = file.text[..start]
                .rsplit_once("def ")
                .map(|(_, rest)| rest.split(':').next().unwrap_or_default().to_owned());
            findings.push(Finding {
                rule: "n-plus-one",
                category: "database",
                severity: Severity::Error,
                confidence: Confidence::High,
                place: Place {
                    file: FileId(id as u32),
                    span: Span::new(start, end),
                },
                message: "slow".to_owned(),
                help: None,
                cost: None,
                function,
                related: Vec::new(),
                fingerprint: String::new(),
            });
        }
    }
    findings
}

/// Which findings of `now` are new, by their place.
fn check(before: &[(&str, &str)], now: &[(&str, &str)], expected: &[&str]) {
    let (before, now) = (files(before), files(now));
    let (before_findings, now_findings) = (findings(&before), findings(&now));
    let is_new = new_ones(
        Version {
            files: &now,
            findings: &now_findings,
        },
        Version {
            files: &before,
            findings: &before_findings,
        },
    );
    let new = now_findings
        .iter()
        .zip(is_new)
        .filter(|(_, is_new)| *is_new);
    let shown: Vec<String> = new
        .map(|(finding, _)| {
            let file = &now[finding.place.file.index()];
            let line = LineIndex::new(&file.text).line(finding.place.span.start);
            format!("{}:{line}", file.path)
        })
        .collect();
    assert_eq!(shown, expected);
}

const OLD: &str = "import a\n\ndef f:\n    q(one)\n\ndef g:\n    q(two)\n";

#[test]
fn what_was_there_is_old_wherever_it_moves() {
    check(&[("a.py", OLD)], &[("a.py", OLD)], &[]);
    let moved = format!("import b\n\n\n{OLD}");
    check(&[("a.py", OLD)], &[("a.py", &moved)], &[]);
    let swapped = "import a\n\ndef g:\n    q(two)\n\ndef f:\n    q(one)\n";
    check(&[("a.py", OLD)], &[("a.py", swapped)], &[]);
    check(&[("a.py", OLD)], &[("b/c.py", OLD)], &[]);
    let split = [
        ("a.py", "import a\n\ndef f:\n    q(one)\n"),
        ("b.py", "def g:\n    q(two)\n"),
    ];
    check(&[("a.py", OLD)], &split, &[]);
}

#[test]
fn what_was_not_there_is_new() {
    check(&[], &[("a.py", OLD)], &["a.py:4", "a.py:7"]);
    let more = OLD.replace("    q(two)", "    q(three)\n    q(two)");
    check(&[("a.py", OLD)], &[("a.py", &more)], &["a.py:7"]);
}

#[test]
fn a_copy_is_new_and_is_the_one_on_the_new_line() {
    let copied = OLD.replace("    q(one)", "    q(one)\n    x\n    q(one)");
    check(&[("a.py", OLD)], &[("a.py", &copied)], &["a.py:6"]);
    let above = OLD.replace("def f:\n", "def f:\n    if x:\n        q(one)\n");
    check(&[("a.py", OLD)], &[("a.py", &above)], &["a.py:5"]);
    check(
        &[("a.py", OLD)],
        &[("a.py", OLD), ("b.py", OLD)],
        &["b.py:4", "b.py:7"],
    );
}

#[test]
fn renamed_functions_and_edited_arguments_are_old() {
    let renamed = OLD.replace("def f:", "def first:");
    check(&[("a.py", OLD)], &[("a.py", &renamed)], &[]);
    let long = OLD.replace("q(one)", "q(model.objects, key=one)");
    let edited = OLD.replace("q(one)", "q(model.objects, key=other)");
    check(&[("a.py", &long)], &[("a.py", &edited)], &[]);
    let replaced = OLD.replace("q(one)", "q(something.entirely, different)");
    check(&[("a.py", &long)], &[("a.py", &replaced)], &["a.py:4"]);
}

#[test]
fn evidence_of_the_change_is_marked() {
    let before = files(&[("a.py", OLD), ("b.py", "def h:\n    pass\n")]);
    let now = files(&[("a.py", OLD), ("b.py", "def h:\n    read\n")]);
    let mut found = findings(&now);
    let place = |file, start| Place {
        file: FileId(file),
        span: Span::new(start, start + 1),
    };
    for (file, start) in [(0, 0), (1, 0), (1, 12)] {
        found[0].related.push(crate::finding::Related {
            place: place(file, start),
            message: "here".to_owned(),
        });
    }
    mark_evidence(&mut found, &[true, true], &now, &before);
    let messages: Vec<_> = found[0]
        .related
        .iter()
        .map(|r| r.message.as_str())
        .collect();
    assert_eq!(messages, ["here", "here", "here (part of this change)"]);
}
