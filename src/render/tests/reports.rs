//! Snapshots of the formats for CI and for other programs.

use super::*;

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
        result
            .as_object_mut()
            .expect("a result")
            .shift_remove("ruleIndex");
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
              }
            }
          ]
        }
      ]
    }
    "#);
}
