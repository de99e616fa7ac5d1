//! SARIF as code scanning takes it: valid against the schema of the standard, and with what is
//! shown.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::project::{Project, repository};

/// The schema of SARIF 2.1.0, by OASIS.
const SCHEMA: &str = include_str!("../data/sarif-2.1.0.json");

/// The log of a run on all fixtures, low confidence included.
fn fixtures() -> Value {
    let fixtures = repository("fixtures");
    let fixtures = fixtures.to_str().expect("a path in UTF-8");
    let run = Project::new(&[]).run(&[
        "check",
        fixtures,
        "--format=sarif",
        "--no-config",
        "--min-confidence=low",
        "-q",
    ]);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("JSON")
}

/// A log with a notice, an odd path and no finding.
fn odd() -> Value {
    let project = Project::new(&[("a b/naïve,[x](y).py", "x = [\n"), ("slowpath.toml", "")]);
    let run = project.run(&["check", "--format=sarif"]);
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn logs_are_valid_against_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler
        .add_resource("sarif.json", schema)
        .expect("a schema");
    let index = compiler
        .compile("sarif.json", &mut schemas)
        .expect("a schema");
    for log in [fixtures(), odd()] {
        if let Err(error) = schemas.validate(&log, index) {
            panic!("{error:#}");
        }
    }
    let mut wrong = odd();
    wrong["runs"][0]["columnKind"] = Value::from("bytes");
    assert!(schemas.validate(&wrong, index).is_err());
}

#[test]
fn all_is_there_that_code_scanning_shows() {
    let log = fixtures();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        for text in [
            &rule["shortDescription"]["text"],
            &rule["fullDescription"]["text"],
        ] {
            let text = text.as_str().expect("a text");
            assert!((1..=1_024).contains(&text.chars().count()), "{rule}");
        }
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .is_some_and(|help| help.contains("## "))
        );
        let properties = &rule["properties"];
        assert!(["high", "medium"].contains(&properties["precision"].as_str().unwrap_or("")));
        assert!(properties["problem.severity"].is_string());
        assert!(properties["security-severity"].is_null());
        let tags = properties["tags"].as_array().expect("tags");
        assert!(tags.iter().all(|tag| tag != "security"));
    }
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 50);
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], region["endLine"], "{result}");
        let message = result["message"]["text"].as_str().expect("a text");
        let related = result["relatedLocations"].as_array();
        for (number, location) in (1..).zip(related.into_iter().flatten()) {
            assert_eq!(location["id"], number);
            assert!(message.contains(&format!("]({number})")), "{message}");
        }
        if related.is_some() {
            let steps = &result["codeFlows"][0]["threadFlows"][0]["locations"];
            assert!(
                steps.as_array().is_some_and(|steps| steps.len() > 1),
                "{result}"
            );
        }
        let prints = &result["partialFingerprints"];
        assert!(fingerprints.insert(prints["slowpath/v1"].as_str().map(str::to_owned)));
        let path = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let path = path.as_str().expect("a path");
        assert!(path.starts_with("fixtures/"), "{path}");
        // Of what is cut out of a file, only the file knows the hash.
        let is_code = path.ends_with(".py") || path.ends_with(".ts") || path.ends_with(".js");
        assert!(
            prints["primaryLocationLineHash"].is_string() || !is_code,
            "{path}"
        );
    }
    no_empty_text(&log);
}

/// Empty texts are refused.
fn no_empty_text(value: &Value) {
    match value {
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(items) => items.iter().for_each(no_empty_text),
        Value::Object(fields) => fields.values().for_each(no_empty_text),
        _ => {}
    }
}

#[test]
fn what_was_not_analysed_is_a_notification() {
    let log = odd();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(
        notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "a%20b/na%C3%AFve%2C%5Bx%5D%28y%29.py"
    );
}
