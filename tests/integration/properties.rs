//! What holds for any code: code that nobody wrote, made of what people write.

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use slowpath::baseline::Baseline;
use slowpath::catalogue;
use slowpath::config::Settings;
use slowpath::finding::{Confidence, Report};
use slowpath::source::{LineIndex, Place};

use crate::project::Project;

/// Statements, slow and not, in which `{n}` is a number.
const PYTHON: &[&str] = &[
    "for row_{n} in rows:\n    requests.get(\"https://example.com\", {'id': row_{n}})",
    "for row_{n} in rows:\n    if row_{n} in list_{n}:\n        x.append(row_{n})",
    "x_{n} = [requests.get(\"https://é.example.com\", {'id': row}) for row in rows]",
    "while x_{n}:\n    x_{n} = requests.get(x_{n}).json()",
    "for a in rows:\n    for b in rows:\n        if a.id == b.id:\n            print(a, \"日本\", b)",
    "text_{n} = ''\nfor row in rows:\n    text_{n} += str(row)  # 🦀",
    "def g_{n}(xs):\n    return [sorted(xs) for x in xs]",
    "async def h_{n}(s):\n    a = await s.get('/a')\n    b = await s.get('/b')\n    time.sleep({n})\n    return a, b",
    "try:\n    f(rows)\nexcept Exception:\n    pass",
    "x = {'k': [1, 2, {n}]}",
];
const SCRIPT: &[&str] = &[
    "for (const row{n} of rows) await fetch(row{n});",
    "const x{n} = await Promise.all(rows.map(r => fetch(`/é/${r.id}`)));",
    "const a{n} = await fetch('/a'); const b{n} = await fetch('/b');",
    "rows.forEach(r => { if (list.includes(r.id)) out.push(r); });",
    "const y{n} = rows.reduce((all, r) => [...all, r], []); // 🦀",
    "for (const a of rows) for (const b of others) if (a.id === b.id) use(a, '日本', b);",
    "const z{n} = rows.map(r => others.find(o => o.id === r.id));",
    "if (rows.length > {n}) { use(rows); } else { use(null); }",
    "const t{n} = <T,>(x: T) => x;",
];

/// A file of statements in a function, with blank lines and comments between them.
fn python() -> impl Strategy<Value = String> {
    statements(PYTHON).prop_map(|statements| {
        let body = statements.replace('\n', "\n    ");
        format!("import requests\nimport time\n\n\ndef f(rows, list_1):\n    x = []\n    {body}\n")
    })
}

fn script() -> impl Strategy<Value = String> {
    statements(SCRIPT).prop_map(|statements| {
        let body = statements.replace('\n', "\n  ");
        format!("export async function f(rows: any[], others: any[], list: string[]) {{\n  const out = [];\n  {body}\n}}\n")
    })
}

fn statements(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    let gap = prop_oneof![Just("\n"), Just("\n\n"), Just("\n\n\n")];
    vec((prop::sample::select(of), 0..4_u32, gap), 1..8).prop_map(|parts| {
        let parts = parts
            .into_iter()
            .map(|(statement, number, gap)| statement.replace("{n}", &number.to_string()) + gap);
        parts.collect()
    })
}

/// Tries a property on the same programs each time.
fn check(cases: u32, property: impl Fn(&Project) -> Result<(), TestCaseError>) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&(python(), script()), |(python, script)| {
        property(&Project::new(&[("a.py", &python), ("b.ts", &script)]))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn settings(project: &Project) -> Settings {
    Settings {
        min_confidence: Confidence::Low,
        root: project.path().to_owned(),
        paths: vec![project.path().to_owned()],
        rules: catalogue::pages().iter().map(|page| page.id).collect(),
        threads: 1,
        ..Settings::default()
    }
}

fn report(settings: &Settings) -> Report {
    slowpath::analyze(settings).expect("an analysis")
}

#[test]
fn programs_are_slow_often_enough_to_tell() {
    let found = std::cell::Cell::new(0);
    check(16, |project| {
        found.set(found.get() + report(&settings(project)).findings.len());
        Ok(())
    });
    assert!(found.get() > 32, "{}", found.get());
}

#[test]
fn spans_are_in_their_files_and_between_characters() {
    check(64, |project| {
        let report = report(&settings(project));
        for finding in &report.findings {
            let related = finding.related.iter().map(|related| related.place);
            for Place { file, span } in related.chain([finding.place]) {
                let text = &report.files[file.index()].text;
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
                prop_assert!(span.start < span.end);
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_silenced_by_name_is_silent() {
    let all: Vec<&str> = catalogue::pages().iter().map(|page| page.id).collect();
    let all = all.join(", ");
    check(32, |project| {
        let before = report(&settings(project)).findings.len();
        for (name, comment) in [("a.py", "#"), ("b.ts", "//")] {
            let path = project.path().join(name);
            let text = fs::read_to_string(&path).expect("the file");
            let text = format!("{comment} slowpath: ignore-file[{all}] why\n{text}");
            fs::write(&path, text).expect("a file");
        }
        let report = report(&settings(project));
        prop_assert_eq!(report.findings.len(), 0);
        prop_assert!(report.suppressed >= before);
        Ok(())
    });
}

#[test]
fn what_was_written_to_a_baseline_is_accepted() {
    check(32, |project| {
        let written = report(&Settings {
            new_baseline: Some(Baseline::default()),
            ..settings(project)
        });
        let text = written.baseline.expect("a baseline").to_text();
        let again = report(&Settings {
            baseline: Some(Baseline::parse(&text, String::new()).expect("a baseline")),
            ..settings(project)
        });
        prop_assert_eq!(again.findings.len(), 0);
        prop_assert_eq!(again.baselined, written.baselined);
        prop_assert_eq!(again.stale, 0);
        Ok(())
    });
}

#[test]
fn other_line_ends_give_the_same_lines() {
    let places = |project: &Project| -> Vec<(&'static str, String, u32)> {
        let report = report(&settings(project));
        let findings = report.findings.iter();
        findings
            .map(|finding| {
                let file = report.file(finding.place);
                let line = LineIndex::new(&file.text).line(finding.place.span.start);
                (finding.rule, file.path.clone(), line)
            })
            .collect()
    };
    check(32, |project| {
        let before = places(project);
        for name in ["a.py", "b.ts"] {
            let path = project.path().join(name);
            let text = fs::read_to_string(&path).expect("the file");
            fs::write(&path, text.replace('\n', "\r\n")).expect("a file");
        }
        prop_assert_eq!(places(project), before);
        Ok(())
    });
}

/// Numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Code with pieces cut out, doubled, swapped and replaced by noise.
fn damaged(pieces: &[&str], numbers: &mut Numbers) -> Vec<u8> {
    const NOISE: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "`",
        "\"",
        "'",
        "${",
        "*/",
        "/*",
        "\\",
        "\u{0}",
        "=>",
        "@",
        "\u{feff}",
        "\u{202e}",
        "async",
        "await",
        "lambda",
        "yield",
        "class",
        "<a>",
        "</",
        "\t",
        "slowpath: ignore[",
        ":",
        ";",
        "\r",
        "...",
        "é",
        "🦀",
        "0x",
        "1e",
        "import",
        "export *",
    ];
    let mut bytes = Vec::new();
    for _ in 0..=numbers.below(12) {
        let piece = pieces[numbers.below(pieces.len())].replace("{n}", "1");
        let piece = piece.as_bytes();
        let (a, b) = (numbers.below(piece.len()), numbers.below(piece.len() + 1));
        match numbers.below(6) {
            0 => bytes.extend_from_slice(&piece[a.min(b)..a.max(b)]),
            1 => bytes.extend(piece.iter().rev()),
            2 => bytes.extend(
                NOISE[numbers.below(NOISE.len())]
                    .repeat(numbers.below(40))
                    .bytes(),
            ),
            3 => {
                let mut piece = piece.to_vec();
                piece[a] = numbers.below(256) as u8;
                bytes.extend(piece);
            }
            _ => bytes.extend_from_slice(piece),
        }
        if numbers.below(3) > 0 {
            bytes.push(b'\n');
        }
    }
    bytes
}

#[test]
fn damaged_code_costs_at_most_itself() {
    for seed in 1..=24_u64 {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let project = Project::new(&[]);
        for file in 0..40 {
            let names = ["py", "ts", "tsx", "js", "vue", "sql", "ipynb", "svelte"];
            let extension = names[numbers.below(names.len())];
            let pieces = if extension == "py" { PYTHON } else { SCRIPT };
            let name = format!("f{file}.{extension}");
            fs::write(project.path().join(name), damaged(pieces, &mut numbers)).expect("a file");
        }
        let report = report(&settings(&project));
        let internal: Vec<_> = report.notices.iter().filter(|n| n.is_internal).collect();
        assert!(internal.is_empty(), "seed {seed}: {internal:?}");
        for finding in &report.findings {
            let span = finding.place.span;
            let text = &report.file(finding.place).text;
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "seed {seed}"
            );
        }
    }
}
