//! Snapshots of each format on a small report made by hand.

use insta::assert_snapshot;

use crate::finding::{Confidence, Notice, Related};
use crate::source::{Context, Language, SourceFile, Span};

use super::*;

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
fn grouped_names_each_file_once() {
    assert_snapshot!(render(&sample(), Format::Grouped, PLAIN), @r"
    api/videos.ts
      6:25 error[n-plus-one] `db.user.findUnique` queries once per `video` (high)

    jobs/naïve.ts
      1:11 note[select-star] `y` reads every column (medium)
    ");
}

#[test]
fn jsonl_has_a_line_per_finding() {
    let text = render(&sample(), Format::Jsonl, PLAIN);
    let whole: serde_json::Value =
        serde_json::from_str(&render(&sample(), Format::Json, PLAIN)).expect("JSON");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    assert_eq!(serde_json::Value::Array(lines.collect()), whole["findings"]);
}

#[test]
fn github_annotates_lines_by_severity() {
    assert_snapshot!(render(&sample(), Format::Github, PLAIN), @r"
    ::error file=api/videos.ts,line=6,endLine=6,col=25,endColumn=77,title=slowpath%3A n-plus-one::`db.user.findUnique` queries once per `video`%0A1. api/videos.ts:4:24 reads the videos%0A2. api/videos.ts:5:3 repeated by this loop%0Acost: 1 + n queries%0Ahelp: fetch all owners with one `findMany({ where: { id: { in: ids } } })`
    ::notice file=jobs/naïve.ts,line=1,endLine=1,col=11,endColumn=14,title=slowpath%3A select-star::`y` reads every column
    ");
    let mut report = many(30);
    for (index, finding) in report.findings.iter_mut().enumerate() {
        finding.severity = Severity::ALL[index % 3];
        finding.message = "50 % of\nall".to_owned();
    }
    report.prefix = "apps/a,b:c".to_owned();
    report.findings.truncate(29);
    let text = render(&report, Format::Github, PLAIN);
    let kinds: Vec<&str> = text
        .lines()
        .map(|line| line.split([' ', ':']).nth(2).expect("a kind"))
        .collect();
    assert_eq!(
        kinds[..10],
        ["error"; 9]
            .iter()
            .copied()
            .chain(["warning"])
            .collect::<Vec<_>>()
    );
    assert_eq!(kinds.len(), 9 + 10 + 9 + 1);
    assert_eq!(
        text.lines().last(),
        Some("::notice title=slowpath::1 more finding")
    );
    assert!(
        text.starts_with("::error file=apps/a%2Cb%3Ac/api/videos.ts,line=6,"),
        "{text}"
    );
    assert!(text.contains("::50 %25 of\\nall%0Acost: "), "{text}");
}

#[test]
fn gitlab_lists_issues() {
    assert_snapshot!(render(&sample(), Format::Gitlab, PLAIN), @r#"
    [
      {
        "description": "`db.user.findUnique` queries once per `video` (1 + n queries)",
        "check_name": "n-plus-one",
        "fingerprint": "0123456789abcdef",
        "severity": "critical",
        "location": {
          "path": "api/videos.ts",
          "lines": {
            "begin": 6,
            "end": 6
          }
        }
      },
      {
        "description": "`y` reads every column",
        "check_name": "select-star",
        "fingerprint": "0123456789abcdef",
        "severity": "info",
        "location": {
          "path": "jobs/naïve.ts",
          "lines": {
            "begin": 1,
            "end": 1
          }
        }
      }
    ]
    "#);
}

#[test]
fn junit_has_a_failed_case_per_finding() {
    assert_snapshot!(render(&sample(), Format::Junit, PLAIN), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="slowpath" tests="2" failures="2" errors="0">
      <testsuite name="api/videos.ts" tests="1" failures="1" errors="0">
        <testcase name="n-plus-one at 6:25" classname="api/videos.ts" file="api/videos.ts" line="6">
          <failure type="error" message="`db.user.findUnique` queries once per `video`">api/videos.ts:6:25: `db.user.findUnique` queries once per `video`
    1. api/videos.ts:4:24 reads the videos
    2. api/videos.ts:5:3 repeated by this loop
    cost: 1 + n queries
    help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`</failure>
        </testcase>
      </testsuite>
      <testsuite name="jobs/naïve.ts" tests="1" failures="1" errors="0">
        <testcase name="select-star at 1:11" classname="jobs/naïve.ts" file="jobs/naïve.ts" line="1">
          <failure type="note" message="`y` reads every column">jobs/naïve.ts:1:11: `y` reads every column</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    assert_snapshot!(render(&Report::default(), Format::Junit, PLAIN), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="slowpath" tests="1" failures="0" errors="0">
      <testsuite name="slowpath" tests="1" failures="0" errors="0">
        <testcase name="no findings" classname="slowpath"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn rdjson_counts_bytes() {
    assert_snapshot!(render(&sample(), Format::Rdjson, PLAIN), @r#"
    {
      "source": {
        "name": "slowpath"
      },
      "diagnostics": [
        {
          "message": "`db.user.findUnique` queries once per `video` (1 + n queries)\nfetch all owners with one `findMany({ where: { id: { in: ids } } })`",
          "location": {
            "path": "api/videos.ts",
            "range": {
              "start": {
                "line": 6,
                "column": 25
              },
              "end": {
                "line": 6,
                "column": 77
              }
            }
          },
          "severity": "ERROR",
          "code": {
            "value": "n-plus-one"
          },
          "relatedLocations": [
            {
              "message": "reads the videos",
              "location": {
                "path": "api/videos.ts",
                "range": {
                  "start": {
                    "line": 4,
                    "column": 24
                  },
                  "end": {
                    "line": 4,
                    "column": 43
                  }
                }
              }
            },
            {
              "message": "repeated by this loop",
              "location": {
                "path": "api/videos.ts",
                "range": {
                  "start": {
                    "line": 5,
                    "column": 3
                  },
                  "end": {
                    "line": 5,
                    "column": 32
                  }
                }
              }
            }
          ]
        },
        {
          "message": "`y` reads every column",
          "location": {
            "path": "jobs/naïve.ts",
            "range": {
              "start": {
                "line": 1,
                "column": 12
              },
              "end": {
                "line": 1,
                "column": 15
              }
            }
          },
          "severity": "INFO",
          "code": {
            "value": "select-star"
          }
        }
      ]
    }
    "#);
}

#[test]
fn markdown_is_a_table_with_the_evidence_below() {
    assert_snapshot!(render(&sample(), Format::Markdown, PLAIN), @r"
    ## slowpath: 2 findings (1 error, 1 note)

    | | rule | place | |
    |---|---|---|---|
    | error | <code>n-plus-one</code> | <code>api/videos.ts:6:25</code> | <code>db.user.findUnique</code> queries once per <code>video</code> |
    | note | <code>select-star</code> | <code>jobs/naïve.ts:1:11</code> | <code>y</code> reads every column |

    <details><summary><code>api/videos.ts:6:25</code> n-plus-one: <code>db.user.findUnique</code> queries once per <code>video</code></summary>

    1. <code>api/videos.ts:4:24</code> reads the videos
    1. <code>api/videos.ts:5:3</code> repeated by this loop

    cost: 1 + n queries

    help: fetch all owners with one <code>findMany(&#123; where: &#123; id: &#123; in: ids &#125; &#125; &#125;)</code>

    </details>

    <details><summary><code>jobs/naïve.ts:1:11</code> select-star: <code>y</code> reads every column</summary>


    </details>

    - jobs/naïve.ts not UTF-8: read with replacement
    ");
}

#[test]
fn html_is_complete_in_itself() {
    let text = render(&sample(), Format::Html, PLAIN);
    let (_, body) = text.split_once("<body>").expect("a body");
    assert_snapshot!(body, @r#"
    <h1>slowpath: 2 findings (1 error, 1 note)</h1>
    <h2>api/videos.ts</h2>
    <article class="error">
    <h3>`db.user.findUnique` queries once per `video`</h3>
    <p>error <code>n-plus-one</code>, high confidence, <code>api/videos.ts:6:25</code></p>
    <pre>video.owner = await db.user.findUnique({ where: { id: video.ownerId } });</pre>
    <ol>
    <li><code>api/videos.ts:4:24</code> reads the videos<pre>const videos = await db.video.findMany();</pre></li>
    <li><code>api/videos.ts:5:3</code> repeated by this loop<pre>for (const video of videos) {</pre></li>
    </ol>
    <p>cost: 1 + n queries</p>
    <p>help: fetch all owners with one `findMany({ where: { id: { in: ids } } })`</p>
    </article>
    <h2>jobs/naïve.ts</h2>
    <article class="note">
    <h3>`y` reads every column</h3>
    <p>note <code>select-star</code>, medium confidence, <code>jobs/naïve.ts:1:11</code></p>
    <pre>x = &#39;é&#39;; y()</pre>
    </article>
    <h2>Notices</h2>
    <ul>
    <li><code>jobs/naïve.ts</code> not UTF-8: read with replacement</li>
    </ul>
    </body>
    </html>
    "#);
}

#[test]
fn sarif_has_evidence_flow_and_fingerprints() {
    let mut report = sample();
    report.prefix = "apps/web".to_owned();
    let text = render(&report, Format::Sarif, PLAIN);
    let mut log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    // The catalogue grows with the rules; it has a test of its own.
    log["runs"][0]["tool"] = serde_json::Value::Null;
    for result in log["runs"][0]["results"].as_array_mut().expect("results") {
        result["ruleIndex"] = serde_json::Value::Null;
    }
    assert_snapshot!(serde_json::to_string_pretty(&log).expect("JSON"), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": null,
          "automationDetails": {
            "id": "slowpath/"
          },
          "invocations": [
            {
              "executionSuccessful": true,
              "toolExecutionNotifications": [
                {
                  "descriptor": {
                    "id": "notice"
                  },
                  "level": "warning",
                  "message": {
                    "text": "not UTF-8: read with replacement"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "apps/web/jobs/na%C3%AFve.ts"
                        }
                      }
                    }
                  ]
                },
                {
                  "descriptor": {
                    "id": "limit"
                  },
                  "level": "warning",
                  "message": {
                    "text": "3 files were not analysed."
                  }
                }
              ]
            }
          ],
          "columnKind": "utf16CodeUnits",
          "results": [
            {
              "ruleId": "n-plus-one",
              "ruleIndex": null,
              "level": "error",
              "message": {
                "text": "`db.user.findUnique` queries once per `video` (1 + n queries). Evidence: [reads the videos](1), [repeated by this loop](2). To do: fetch all owners with one `findMany({ where: { id: { in: ids } } })`."
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/web/api/videos.ts"
                    },
                    "region": {
                      "startLine": 6,
                      "startColumn": 25,
                      "endLine": 6,
                      "endColumn": 77
                    }
                  }
                }
              ],
              "relatedLocations": [
                {
                  "id": 1,
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/web/api/videos.ts"
                    },
                    "region": {
                      "startLine": 4,
                      "startColumn": 24,
                      "endLine": 4,
                      "endColumn": 43
                    }
                  },
                  "message": {
                    "text": "reads the videos"
                  }
                },
                {
                  "id": 2,
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/web/api/videos.ts"
                    },
                    "region": {
                      "startLine": 5,
                      "startColumn": 3,
                      "endLine": 5,
                      "endColumn": 32
                    }
                  },
                  "message": {
                    "text": "repeated by this loop"
                  }
                }
              ],
              "codeFlows": [
                {
                  "threadFlows": [
                    {
                      "locations": [
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/web/api/videos.ts"
                              },
                              "region": {
                                "startLine": 4,
                                "startColumn": 24,
                                "endLine": 4,
                                "endColumn": 43
                              }
                            },
                            "message": {
                              "text": "reads the videos"
                            }
                          }
                        },
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/web/api/videos.ts"
                              },
                              "region": {
                                "startLine": 5,
                                "startColumn": 3,
                                "endLine": 5,
                                "endColumn": 32
                              }
                            },
                            "message": {
                              "text": "repeated by this loop"
                            }
                          }
                        },
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/web/api/videos.ts"
                              },
                              "region": {
                                "startLine": 6,
                                "startColumn": 25,
                                "endLine": 6,
                                "endColumn": 77
                              }
                            },
                            "message": {
                              "text": "`db.user.findUnique` queries once per `video`"
                            }
                          }
                        }
                      ]
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "primaryLocationLineHash": "f4fb03fab06c26b3:1",
                "slowpath/v1": "0123456789abcdef"
              },
              "properties": {
                "confidence": "high",
                "cost": "1 + n queries"
              }
            },
            {
              "ruleId": "select-star",
              "level": "note",
              "message": {
                "text": "`y` reads every column."
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/web/jobs/na%C3%AFve.ts"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 11,
                      "endLine": 1,
                      "endColumn": 14
                    }
                  }
                }
              ],
              "partialFingerprints": {
                "primaryLocationLineHash": "b50dc47b9f602156:1",
                "slowpath/v1": "0123456789abcdef"
              },
              "properties": {
                "confidence": "medium"
              },
              "ruleIndex": null
            }
          ]
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
