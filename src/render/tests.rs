//! Snapshots of each format on a small report made by hand.

use insta::assert_snapshot;

use crate::finding::{Confidence, Notice, Related};
use crate::source::{Context, Language, SourceFile, Span};

use super::*;

mod reports;

const PLAIN: Style = Style {
    color: false,
    unicode: true,
    width: 80,
};

const API: &str = "import { db } from './db';

export async function listVideos() {
  const videos = await db.video.findMany();
  for (const video of videos) {
    video.owner = await db.user.findUnique({ where: { id: video.ownerId } });
  }
  return videos;
}
";

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        language: Language::TypeScript,
        context: Context::Product,
        text: text.to_owned(),
        is_verbatim: true,
    }
}

/// The place of `part` in a file.
fn place(files: &[SourceFile], index: usize, part: &str) -> Place {
    let start = files[index].text.find(part).expect("part of the text");
    Place {
        file: FileId(index as u32),
        span: Span::new(start, start + part.len()),
    }
}

fn finding(place: Place) -> Finding {
    Finding {
        rule: "n-plus-one",
        category: "database",
        severity: Severity::Error,
        confidence: Confidence::High,
        place,
        message: "`db.user.findUnique` queries once per `video`".to_owned(),
        help: Some(
            "fetch all owners with one `findMany({ where: { id: { in: ids } } })`".to_owned(),
        ),
        cost: Some("1 + n queries".to_owned()),
        function: Some("listVideos".to_owned()),
        related: Vec::new(),
        fingerprint: "0123456789abcdef".to_owned(),
    }
}

fn sample() -> Report {
    let files = vec![
        file("api/videos.ts", API),
        file("jobs/naïve.ts", "\tx = 'é'; y()\n"),
    ];
    let mut first = finding(place(
        &files,
        0,
        "db.user.findUnique({ where: { id: video.ownerId } })",
    ));
    for (part, message) in [
        ("db.video.findMany()", "reads the videos"),
        ("for (const video of videos) {", "repeated by this loop"),
    ] {
        first.related.push(Related {
            place: place(&files, 0, part),
            message: message.to_owned(),
        });
    }
    let second = Finding {
        rule: "select-star",
        severity: Severity::Note,
        confidence: Confidence::Medium,
        message: "`y` reads every column".to_owned(),
        help: None,
        cost: None,
        function: None,
        ..finding(place(&files, 1, "y()"))
    };
    Report {
        findings: vec![first, second],
        files,
        skipped: 3,
        suppressed: 1,
        notices: vec![Notice {
            path: Some("jobs/naïve.ts".to_owned()),
            message: "not UTF-8: read with replacement".to_owned(),
            is_internal: false,
        }],
        ..Report::default()
    }
}

/// A report with many findings.
pub(super) fn many(count: usize) -> Report {
    let files = vec![file("api/videos.ts", API)];
    let place = place(&files, 0, "db.user.findUnique(");
    Report {
        findings: (0..count).map(|_| finding(place)).collect(),
        files,
        ..Report::default()
    }
}

fn render(report: &Report, format: Format, style: Style) -> String {
    let mut out = Vec::new();
    super::report(report, format, style, &mut out).expect("memory can be written");
    String::from_utf8(out).expect("reports are UTF-8")
}

#[test]
fn full_shows_source_evidence_cost_and_help() {
    assert_snapshot!(render(&sample(), Format::Full, PLAIN), @r"
    error[n-plus-one] (high confidence)
      × `db.user.findUnique` queries once per `video`
       ╭─[api/videos.ts:6:25]
     4 │   const videos = await db.video.findMany();
     5 │   for (const video of videos) {
     6 │     video.owner = await db.user.findUnique({ where: { id: video.ownerId } });
       ·                         ────────────────────────────────────────────────────
     7 │   }
     8 │   return videos;
       ╰────
      evidence:
        1. api/videos.ts:4:24 reads the videos
           │ const videos = await db.video.findMany();
        2. api/videos.ts:5:3 repeated by this loop
           │ for (const video of videos) {
      cost: 1 + n queries
      help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`

    note[select-star] (medium confidence)
      ☞ `y` reads every column
       ╭─[jobs/naïve.ts:1:11]
     1 │     x = 'é'; y()
       ·              ───
       ╰────
    ");
}

#[test]
fn full_is_drawn_in_ascii_where_the_terminal_knows_no_more() {
    let style = Style {
        unicode: false,
        ..PLAIN
    };
    let mut report = sample();
    report.findings.truncate(1);
    assert_snapshot!(render(&report, Format::Full, style), @r"
    error[n-plus-one] (high confidence)
      x `db.user.findUnique` queries once per `video`
       ,-[api/videos.ts:6:25]
     4 |   const videos = await db.video.findMany();
     5 |   for (const video of videos) {
     6 |     video.owner = await db.user.findUnique({ where: { id: video.ownerId } });
       :                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
     7 |   }
     8 |   return videos;
       `----
      evidence:
        1. api/videos.ts:4:24 reads the videos
           | const videos = await db.video.findMany();
        2. api/videos.ts:5:3 repeated by this loop
           | for (const video of videos) {
      cost: 1 + n queries
      help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`
    ");
}

#[test]
fn colours_change_nothing_but_colours() {
    for unicode in [true, false] {
        let plain = Style { unicode, ..PLAIN };
        let colored = Style {
            color: true,
            ..plain
        };
        for format in [Format::Full, Format::Concise] {
            let text = render(&sample(), format, colored);
            assert!(text.contains("\u{1b}["));
            let stripped = anstream::adapter::strip_str(&text).to_string();
            assert_eq!(stripped, render(&sample(), format, plain));
        }
    }
}

#[test]
fn concise_has_one_line_per_finding() {
    assert_snapshot!(render(&sample(), Format::Concise, PLAIN), @r"
    api/videos.ts:6:25: error[n-plus-one] `db.user.findUnique` queries once per `video` (high)
    jobs/naïve.ts:1:11: note[select-star] `y` reads every column (medium)
    ");
}

#[test]
fn json_is_the_contract() {
    let text = render(&sample(), Format::Json, PLAIN);
    let text = text.replace(env!("CARGO_PKG_VERSION"), "[version]");
    assert_snapshot!(text, @r#"
    {
      "schema_version": 1,
      "tool": {
        "name": "slowpath",
        "version": "[version]"
      },
      "findings": [
        {
          "rule": "n-plus-one",
          "category": "database",
          "severity": "error",
          "confidence": "high",
          "message": "`db.user.findUnique` queries once per `video`",
          "help": "fetch all owners with one `findMany({ where: { id: { in: ids } } })`",
          "cost": "1 + n queries",
          "path": "api/videos.ts",
          "start": {
            "line": 6,
            "column": 25,
            "offset": 165
          },
          "end": {
            "line": 6,
            "column": 77,
            "offset": 217
          },
          "function": "listVideos",
          "fingerprint": "0123456789abcdef",
          "related": [
            {
              "path": "api/videos.ts",
              "start": {
                "line": 4,
                "column": 24,
                "offset": 88
              },
              "end": {
                "line": 4,
                "column": 43,
                "offset": 107
              },
              "message": "reads the videos"
            },
            {
              "path": "api/videos.ts",
              "start": {
                "line": 5,
                "column": 3,
                "offset": 111
              },
              "end": {
                "line": 5,
                "column": 32,
                "offset": 140
              },
              "message": "repeated by this loop"
            }
          ],
          "fix": null
        },
        {
          "rule": "select-star",
          "category": "database",
          "severity": "note",
          "confidence": "medium",
          "message": "`y` reads every column",
          "help": null,
          "cost": null,
          "path": "jobs/naïve.ts",
          "start": {
            "line": 1,
            "column": 11,
            "offset": 11
          },
          "end": {
            "line": 1,
            "column": 14,
            "offset": 14
          },
          "function": null,
          "fingerprint": "0123456789abcdef",
          "related": [],
          "fix": null
        }
      ],
      "summary": {
        "files": 2,
        "skipped": 3,
        "findings": 2,
        "suppressed": 1,
        "baselined": 0,
        "unchanged": 0
      },
      "notices": [
        {
          "path": "jobs/naïve.ts",
          "message": "not UTF-8: read with replacement"
        }
      ]
    }
    "#);
}

#[test]
fn summary_counts() {
    use std::time::Duration;
    let time = Duration::from_millis(1_234);
    assert_snapshot!(summary(&sample(), time), @"2 findings (1 error, 1 note) in 2 files, 3 skipped, 1 suppressed, 1.2 s");
    assert_snapshot!(summary(&Report::default(), time), @"no findings in 0 files, 1.2 s");
    assert_snapshot!(statistics(&sample()), @r"
    1  n-plus-one
    1  select-star
    ");
}

/// Renders one finding at `span` in `text` in all formats.
fn render_all(path: &str, text: &str, span: Span, message: &str) -> Vec<String> {
    let place = Place {
        file: FileId(0),
        span,
    };
    let related = Related {
        place,
        message: message.to_owned(),
    };
    let report = Report {
        findings: vec![Finding {
            message: message.to_owned(),
            related: vec![related],
            ..finding(place)
        }],
        files: vec![file(path, text)],
        ..Report::default()
    };
    Format::ALL
        .into_iter()
        .map(|format| render(&report, format, PLAIN))
        .collect()
}

#[test]
fn odd_spans_and_texts_are_printed() {
    let long = format!("x = [{}]; query()", "1, ".repeat(100_000));
    let texts = [
        "",
        "\n",
        "a",
        "é",
        "a\r\nb\rc",
        "日本語\n\t日本語",
        "a\u{301}\u{301}",
        &long,
        "\u{feff}",
    ];
    for text in texts {
        let end = text.len() as u32;
        for (start, end) in [
            (0, 0),
            (0, 1),
            (1, 1),
            (1, 2),
            (0, end),
            (end, end),
            (end.saturating_sub(1), end),
            (end, end + 1),
            (end + 5, end + 9),
            (2, 1),
            (u32::MAX, u32::MAX),
            (u32::MAX, 0),
        ] {
            for (format, output) in
                Format::ALL
                    .iter()
                    .zip(render_all("a.py", text, Span { start, end }, "m"))
            {
                // The log holds the pages of all rules.
                assert!(
                    output.len() < 20_000 || *format == Format::Sarif,
                    "{format:?}"
                );
            }
        }
    }
}

#[test]
fn columns_past_the_limit_of_the_drawing_are_cropped() {
    let text = format!("{}query()", "x".repeat(100_000));
    let outputs = render_all("a.js", &text, Span::new(100_000, 100_007), "m");
    assert_snapshot!(outputs[0], @r"
    error[n-plus-one] (high confidence)
      × m
       ╭─[a.js:1:100001]
     1 │ …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxquery()
       ·                                          ───────
       ╰────
      evidence:
        1. a.js:1:100001 m
           │ …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxquery()
      cost: 1 + n queries
      help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`
    ");
}

#[test]
fn long_spans_are_cut() {
    let text = "for x in xs:\n".to_owned() + &"    work(x)\n".repeat(50);
    let outputs = render_all("a.py", &text, Span::new(0, text.len()), "m");
    assert_snapshot!(outputs[0], @r"
    error[n-plus-one] (high confidence)
      × m
       ╭─[a.py:1:1]
     1 │ ╭─▶ for x in xs:
     2 │ │       work(x)
     3 │ │       work(x)
     4 │ │       work(x)
     5 │ ╰─▶     work(x)
       ╰────
      evidence:
        1. a.py:1:1 m
           │ for x in xs:
      cost: 1 + n queries
      help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`
    ");
}

#[test]
fn nothing_of_the_tree_is_injected() {
    let path = "::error file=x::\u{1b}[31m\n::warning::y\u{202e}.py";
    let text = "a = '\u{1b}[2J\u{9b}31m\u{202e}' ##[set-env name=X]1\r\nb";
    let message = "`\u{1b}]0;title\u{7}\n::error::forged ##vso[task.complete]`";
    let outputs = render_all(path, text, Span::new(0, text.len()), message);
    for (format, output) in Format::ALL.into_iter().zip(outputs) {
        let is_harmless = |char: char| char == '\n' || !char.is_control();
        assert!(output.chars().all(is_harmless), "{output:?}");
        assert!(!output.contains(['\u{202e}', '\u{9b}']), "{output:?}");
        assert!(
            !output.contains("##[") && !output.contains("##vso["),
            "{output}"
        );
        let commands = output
            .lines()
            .filter(|line| line.trim_start().starts_with("::"));
        assert_eq!(
            commands.count(),
            usize::from(format == Format::Github),
            "{output}"
        );
    }
}

#[test]
fn pages_are_readable_in_a_terminal() {
    let page = crate::catalogue::Page {
        id: "n-plus-one",
        title: "Query in a loop".to_owned(),
        category: "database".to_owned(),
        severity: Severity::Error,
        languages: vec!["python".to_owned()],
        advice: true,
        summary: "Slow.".to_owned(),
        body: "Slow.\n\n## Bad\n```python\nfor x in xs:\n\n    q(x)\n```\nDone.".to_owned(),
    };
    let mut out = Vec::new();
    explain(&page, PLAIN, &mut out).expect("memory can be written");
    rules_text(std::slice::from_ref(&page), PLAIN, &mut out).expect("memory can be written");
    rules_json(&[page], &mut out).expect("memory can be written");
    assert_snapshot!(String::from_utf8(out).expect("UTF-8"), @r#"
    n-plus-one: Query in a loop
    database, error, python, advice: off unless selected

    Slow.

    Bad
        for x in xs:

            q(x)
    Done.
    database
      n-plus-one  error    Query in a loop (off unless selected)
    {
      "schema_version": 1,
      "rules": [
        {
          "id": "n-plus-one",
          "title": "Query in a loop",
          "category": "database",
          "severity": "error",
          "languages": [
            "python"
          ],
          "advice": true,
          "summary": "Slow."
        }
      ]
    }
    "#);
}
