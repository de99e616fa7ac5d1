//! Tests of the filter on findings made by hand.

use crate::source::{Language, Place};

use super::*;

const RULES: [RuleId; 4] = [
    "n-plus-one",
    "select-star",
    "await-in-loop",
    suppression::UNUSED,
];

fn settings() -> Settings {
    Settings {
        rules: RULES.to_vec(),
        ..Settings::default()
    }
}

fn file(path: &str, context: Context, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        language: Language::Python,
        context,
        text: text.to_owned(),
        is_verbatim: true,
    }
}

fn finding(rule: RuleId, file: usize, span: Span) -> Finding {
    Finding {
        rule,
        category: "database",
        severity: Severity::Error,
        confidence: Confidence::High,
        place: Place {
            file: FileId(file as u32),
            span,
        },
        message: "slow".to_owned(),
        help: None,
        cost: None,
        function: None,
        related: Vec::new(),
        fingerprint: String::new(),
    }
}

/// A finding at every `word` of a file.
fn at(rule: RuleId, files: &[SourceFile], index: usize, word: &str) -> Vec<Finding> {
    let places = files[index].text.match_indices(word);
    places
        .map(|(start, _)| finding(rule, index, Span::new(start, start + word.len())))
        .collect()
}

/// The comments of a file, seen with the eyes of a very simple front end.
fn comments(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let opening = ["/*", "//", "#"]
            .iter()
            .find_map(|opening| line.find(opening));
        if let (Some(at), true) = (opening, line.contains("slowpath:")) {
            let comment = &line[at..];
            let end = comment
                .find("*/")
                .map_or(comment.trim_end().len(), |end| end + 2);
            spans.push(Span::new(start + at, start + at + end));
        }
        start += line.len();
    }
    spans
}

fn run(findings: Vec<Finding>, files: &[SourceFile], settings: &Settings) -> Filtered {
    let directives: Vec<_> = files.iter().map(|file| comments(&file.text)).collect();
    apply(findings, files, &directives, settings)
}

/// Reports `n-plus-one` at every `query()` of one Python file; shows what is left as
/// `line rule message`, and how many are suppressed.
fn check(text: &str, expected: &[&str], suppressed: usize) {
    let files = [file("a.py", Context::Product, text)];
    let filtered = run(at("n-plus-one", &files, 0, "query()"), &files, &settings());
    let shown: Vec<String> = filtered
        .findings
        .iter()
        .map(|finding| {
            let line = text[..finding.place.span.start as usize]
                .matches('\n')
                .count()
                + 1;
            let message = finding
                .message
                .strip_prefix("this comment silences nothing: ");
            format!("{line} {}", message.unwrap_or(finding.rule))
        })
        .collect();
    assert_eq!(shown, expected, "{text}");
    assert_eq!(filtered.suppressed, suppressed, "{text}");
}

#[test]
fn comment_silences_its_line_and_the_line_below() {
    check(
        "query()  # slowpath: ignore[n-plus-one] five rows\nquery()",
        &["2 n-plus-one"],
        1,
    );
    check(
        "# slowpath: ignore[n-plus-one] five rows\nquery()\nquery()",
        &["3 n-plus-one"],
        1,
    );
    check(
        "/* slowpath: ignore[n-plus-one] */ query()\nquery()",
        &["2 n-plus-one"],
        1,
    );
    check("{/* slowpath: ignore[n-plus-one] x */}\nquery()", &[], 1);
    check(
        "# slowpath:ignore[ select-star , n-plus-one ]\nquery()",
        &["1 `select-star` has nothing to report here"],
        1,
    );
}

#[test]
fn comments_of_several_tools_are_stacked() {
    check(
        "// slowpath: ignore[n-plus-one] order matters\n// eslint-disable-next-line\nquery()\nquery()",
        &["4 n-plus-one"],
        1,
    );
    check(
        "# slowpath: ignore[n-plus-one]\n\nquery()",
        &["1 `n-plus-one` has nothing to report here", "3 n-plus-one"],
        0,
    );
}

#[test]
fn file_comment_silences_everywhere() {
    check(
        "query()\nquery()\n# slowpath: ignore-file[n-plus-one] generated",
        &[],
        2,
    );
}

#[test]
fn comment_that_silences_nothing_is_reported() {
    check(
        "# slowpath: ignore[n-plus-one] x\npass",
        &["1 `n-plus-one` has nothing to report here"],
        0,
    );
    check(
        "# slowpath: ignore-file[select-star] x\n",
        &["1 `select-star` has nothing to report here"],
        0,
    );
    check(
        "query() # slowpath: ignore[n+1] x",
        &["1 n-plus-one", "1 there is no rule `n+1`"],
        0,
    );
    check(
        "query() # slowpath: ignore five rows",
        &["1 n-plus-one", "1 it names no rule"],
        0,
    );
    check(
        "query() # slowpath: ignore[] x",
        &["1 n-plus-one", "1 it names no rule"],
        0,
    );
    check(
        "query() # slowpath: ingore[n-plus-one]",
        &["1 n-plus-one", "1 it is not understood"],
        0,
    );
    check("# see https://x/slowpath: ignore[n-plus-one]", &[], 0);
    check("# slowpath: a tool", &[], 0);
}

#[test]
fn hostile_comments_are_read_in_reasonable_time() {
    let mark = "/* slowpath: ignore[n-plus-one, x */";
    let many = format!("# {}", "slowpath: ignore[".repeat(50_000));
    for text in [
        many,
        mark.repeat(50_000),
        format!("{}{mark}", " ".repeat(1 << 20)),
    ] {
        let files = [file("a.py", Context::Product, &text)];
        let marks = text
            .match_indices("/*")
            .map(|(at, _)| Span::new(at, at + mark.len()));
        let mut directives: Vec<Span> = marks.collect();
        if directives.is_empty() {
            directives.push(Span::new(0, text.len()));
        }
        apply(Vec::new(), &files, &[directives], &settings());
    }
}

#[test]
fn report_about_a_comment_can_be_silenced() {
    check(
        "# slowpath: ignore[n-plus-one, unused-suppression] x\npass",
        &[],
        1,
    );
}

#[test]
fn multi_line_expression_is_silenced_from_its_last_line() {
    let text = "query(\n  x,\n)  # slowpath: ignore[n-plus-one] x\n";
    let files = [file("a.py", Context::Product, text)];
    let findings = vec![finding("n-plus-one", 0, Span::new(0, 13))];
    assert_eq!(run(findings, &files, &settings()).suppressed, 1);
}

#[test]
fn rules_that_did_not_run_are_not_judged() {
    let files = [file(
        "a.py",
        Context::Product,
        "# slowpath: ignore[n-plus-one] x\n",
    )];
    let without = |rule| Settings {
        rules: RULES.into_iter().filter(|&other| other != rule).collect(),
        ..settings()
    };
    assert!(
        run(vec![], &files, &without(suppression::UNUSED))
            .findings
            .is_empty()
    );
    // `n-plus-one` is known while it does not run if its page says so.
    let elsewhere = Settings {
        overrides: vec![Override {
            paths: vec!["*.py".to_owned()],
            ignore: vec!["n-plus-one"],
            ..Override::default()
        }],
        ..settings()
    };
    assert!(run(vec![], &files, &elsewhere).findings.is_empty());
}

#[test]
fn comment_is_of_use_although_the_finding_is_below_the_threshold() {
    let files = [file(
        "a.py",
        Context::Product,
        "query() # slowpath: ignore[n-plus-one] x",
    )];
    let settings = Settings {
        min_confidence: Confidence::High,
        ..settings()
    };
    let mut findings = at("n-plus-one", &files, 0, "query()");
    findings[0].confidence = Confidence::Low;
    let filtered = run(findings, &files, &settings);
    assert!(filtered.findings.is_empty());
    assert_eq!(filtered.suppressed, 0);
}

#[test]
fn context_lowers_findings() {
    use Context::{Generated, Migration, Product, Script, Seed, Test};
    let severity_and_confidence = |context| {
        let files = [file("a.py", context, "query()")];
        let settings = Settings {
            min_confidence: Confidence::Low,
            ..settings()
        };
        let filtered = run(at("n-plus-one", &files, 0, "query()"), &files, &settings);
        let finding = &filtered.findings[0];
        (finding.severity, finding.confidence)
    };
    assert_eq!(
        severity_and_confidence(Product),
        (Severity::Error, Confidence::High)
    );
    assert_eq!(
        severity_and_confidence(Script),
        (Severity::Warning, Confidence::High)
    );
    for context in [Generated, Migration, Seed, Test] {
        assert_eq!(
            severity_and_confidence(context),
            (Severity::Error, Confidence::Low)
        );
    }
}

#[test]
fn settings_and_overrides_decide() {
    let files = [
        file("api/a.py", Context::Product, "query()"),
        file("jobs/b.py", Context::Script, "query()"),
        file("jobs/nightly/c.py", Context::Product, "query()"),
    ];
    let settings = Settings {
        rules: vec!["n-plus-one", "select-star"],
        severities: vec![("n-plus-one", Severity::Warning)],
        overrides: vec![
            Override {
                paths: vec!["jobs".to_owned()],
                ignore: vec!["select-star"],
                severities: vec![("n-plus-one", Severity::Note)],
                ..Override::default()
            },
            Override {
                paths: vec!["jobs/nightly/**".to_owned()],
                select: vec!["select-star"],
                ..Override::default()
            },
        ],
        ..settings()
    };
    let rules = ["n-plus-one", "select-star", "await-in-loop"];
    let findings = rules
        .iter()
        .flat_map(|rule| (0..3).flat_map(|index| at(rule, &files, index, "query()")))
        .collect();
    let shown: Vec<_> = run(findings, &files, &settings)
        .findings
        .iter()
        .map(|finding| (finding.place.file.0, finding.rule, finding.severity))
        .collect();
    assert_eq!(
        shown,
        [
            (0, "n-plus-one", Severity::Warning),
            (0, "select-star", Severity::Error),
            (1, "n-plus-one", Severity::Note),
        ]
    );
}

#[test]
fn findings_are_sorted_and_said_once() {
    let files = [
        file("a.py", Context::Product, "query() query()"),
        file("b.py", Context::Product, "query()"),
    ];
    let mut findings = at("select-star", &files, 1, "query()");
    findings.extend(at("n-plus-one", &files, 0, "query()"));
    findings.extend(at("await-in-loop", &files, 0, "query()"));
    let weaker = findings.iter().cloned().map(|mut finding| {
        finding.confidence = Confidence::Medium;
        finding
    });
    let findings: Vec<_> = weaker.chain(findings.clone()).collect();
    let forwards = run(findings.clone(), &files, &settings()).findings;
    let backwards = run(findings.into_iter().rev().collect(), &files, &settings()).findings;
    let key = |finding: &Finding| {
        (
            finding.place,
            finding.rule,
            finding.confidence,
            finding.fingerprint.clone(),
        )
    };
    let keys: Vec<_> = forwards.iter().map(key).collect();
    assert_eq!(keys, backwards.iter().map(key).collect::<Vec<_>>());
    let rules: Vec<_> = forwards.iter().map(|finding| finding.rule).collect();
    assert_eq!(
        rules,
        [
            "await-in-loop",
            "n-plus-one",
            "await-in-loop",
            "n-plus-one",
            "select-star"
        ]
    );
    assert!(
        forwards
            .iter()
            .all(|finding| finding.confidence == Confidence::High)
    );
}

#[test]
fn fingerprints_survive_lines_and_layout() {
    let prints = |path: &str, text: &str, open: &str| -> Vec<String> {
        let files = [file(path, Context::Product, text)];
        let findings = text
            .match_indices(open)
            .map(|(start, _)| {
                let end = start + text[start..].find(')').expect("a call") + 1;
                finding("n-plus-one", 0, Span::new(start, end))
            })
            .collect();
        let filtered = run(findings, &files, &settings());
        filtered
            .findings
            .into_iter()
            .map(|finding| finding.fingerprint)
            .collect()
    };
    let before = prints("a.py", "q( 1 )\nq( 2 )\nq( 1 )\n", "q(");
    assert_eq!(before.len(), 3);
    assert!(before.iter().all(|print| print.len() == 16));
    assert!(before[0] != before[1] && before[0] != before[2] && before[1] != before[2]);
    assert_eq!(
        prints(
            "a.py",
            "import x\n\n\nq( 1 )\nq(\n    2\n)\n  q( 1 )\n",
            "q("
        ),
        before
    );
    assert_ne!(prints("b.py", "q( 1 )", "q("), before[..1]);
    // Stable in every version: baselines keep these.
    assert_eq!(before[0], "ed9aac7c8392a7da");
}

#[test]
fn findings_outside_of_all_files_are_an_internal_error() {
    let files = [file("a.py", Context::Product, "x")];
    let findings = vec![
        finding("n-plus-one", 7, Span::new(0, 1)),
        finding("n-plus-one", 0, Span::new(5, 9)),
    ];
    let filtered = run(findings, &files, &settings());
    assert_eq!(filtered.findings.len(), 1);
    assert!(filtered.notices[0].is_internal);
}
