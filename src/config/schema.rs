//! The configuration as a JSON Schema, for editors: its keys, what they take and what they mean.
//!
//! It is made from the catalogue, and `slowpath.schema.json` is its text.

use serde_json::{Value, json};

use crate::catalogue::Page;
use crate::config::Limits;
use crate::finding::{Confidence, Severity};

use crate::source::Dialect;

/// The schema of a configuration file.
pub fn json_schema(pages: &[Page]) -> Value {
    let rules: Vec<&str> = pages.iter().map(|page| page.id).collect();
    let mut selectors = vec!["all"];
    for page in pages {
        if !selectors.contains(&page.category.as_str()) {
            selectors.push(&page.category);
        }
    }
    selectors.extend(&rules);
    let (default, most) = (Limits::default(), Limits::MOST);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "slowpath",
        "description": "Configuration of slowpath, in slowpath.toml, .slowpath.toml, [tool.slowpath] of pyproject.toml or \"slowpath\" of package.json.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "select": list("#/definitions/selector", "Run these rules only."),
            "ignore": list("#/definitions/selector", "Do not run these rules."),
            "exclude": list("#/definitions/glob", "Do not read these files and folders."),
            "include": list("#/definitions/glob", "Analyse these although they look like tests, generated or vendored code."),
            "min-severity": severity("Leave out findings below this severity."),
            "min-confidence": {
                "description": "Leave out findings below this confidence.",
                "enum": Confidence::ALL.map(Confidence::name),
                "default": "medium"
            },
            "fail-on": severity("End with status 1 if there is a finding of at least this severity."),
            "severity": severities("Severities of rules."),
            "overrides": {
                "description": "What holds for some paths only; of several that match, the last decides.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["paths"],
                    "properties": {
                        "paths": list("#/definitions/glob", "Where."),
                        "ignore": list("#/definitions/selector", "Rules that are silent there."),
                        "select": list("#/definitions/selector", "The only rules that speak there."),
                        "severity": severities("Severities there.")
                    }
                }
            },
            "schema": {
                "description": "The database.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "dialect": {
                        "description": "The engine, if the code does not say it.",
                        "enum": Dialect::ALL.map(Dialect::name)
                    },
                    "files": list("#/definitions/glob", "Dumps of the whole schema, the last word on what there is."),
                    "small-tables": {
                        "description": "Tables that never grow: reading all of one, or without an index, is fine.",
                        "type": "array",
                        "items": { "type": "string", "minLength": 1 }
                    }
                }
            },
            "models": {
                "description": "What libraries do, as data.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "files": {
                        "description": "Files with models of the project's own data layer.",
                        "type": "array",
                        "items": { "type": "string" }
                    }
                }
            },
            "entry-points": {
                "description": "Where the program is entered although nothing in sight says so: `FILES:FUNCTION`, a glob and a name; `*` at the end of the name is any ending.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "requests": list("#/definitions/entry", "Functions that answer requests."),
                    "jobs": list("#/definitions/entry", "Functions that do jobs.")
                }
            },
            "limits": {
                "description": "What is too much to analyse; what is left out is counted as skipped.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "code-bytes": count(
                        "Bytes of a file with code beyond which it is left out.",
                        default.code_bytes,
                        most.code_bytes
                    ),
                    "sql-bytes": count(
                        "Bytes of a file with SQL beyond which it is left out.",
                        default.sql_bytes,
                        most.sql_bytes
                    ),
                    "files": count(
                        "Files; of more, the first ones by path are analysed.",
                        default.files as u64,
                        most.files as u64
                    )
                }
            }
        },
        "definitions": {
            "entry": { "type": "string", "pattern": ":" },
            "selector": {
                "description": "A rule, a category or all rules.",
                "enum": selectors
            },
            "rule": { "enum": rules },
            "severity": { "enum": Severity::ALL.map(Severity::name) },
            "glob": {
                "description": "Relative to the folder of the configuration; one without a slash matches at any depth.",
                "type": "string"
            }
        }
    })
}

fn list(items: &str, description: &str) -> Value {
    json!({
        "description": description,
        "type": "array",
        "items": { "$ref": items }
    })
}

fn count(description: &str, default: u64, most: u64) -> Value {
    json!({
        "description": description,
        "type": "integer",
        "minimum": 1,
        "maximum": most,
        "default": default
    })
}

fn severity(description: &str) -> Value {
    json!({
        "description": description,
        "allOf": [{ "$ref": "#/definitions/severity" }]
    })
}

fn severities(description: &str) -> Value {
    json!({
        "description": description,
        "type": "object",
        "propertyNames": { "$ref": "#/definitions/rule" },
        "additionalProperties": { "$ref": "#/definitions/severity" }
    })
}
