//! The file of the findings that a project has accepted.
//!
//! An entry says what was found and in which file, never on which line, and how often. Knows the
//! file; does not know which findings there are.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// Findings of one kind in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Relative to the top of the repository, or to the root where there is none.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// The enclosing function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Hash of rule, function and the text of the primary span.
    pub fingerprint: String,
    /// How many there are.
    pub count: u32,
}

/// What a project has accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted.
    pub entries: Vec<Entry>,
    /// The root as seen from the top of the repository: `""`, or `a/b`.
    pub prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema_version: u32,
    tool: String,
    findings: Vec<Entry>,
}

impl Baseline {
    /// Reads the text of a baseline.
    ///
    /// # Errors
    /// If it is none, or of a version that this one does not know.
    pub fn parse(text: &str, prefix: String) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text)
            .map_err(|error| format!("not a baseline of slowpath: {error}"))?;
        if document.tool != "slowpath" {
            return Err(format!(
                "a baseline of \"{}\", not of slowpath",
                document.tool
            ));
        }
        if document.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "a baseline of version {}; this slowpath reads version {SCHEMA_VERSION}",
                document.schema_version
            ));
        }
        let mut entries = document.findings;
        entries.sort();
        Ok(Self { entries, prefix })
    }

    /// The text of the file: one entry per line, so that changes merge.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"tool\": \"slowpath\",\n  \"findings\": ["
        );
        for (index, entry) in self.entries.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Strings and a number: there is nothing that could not be written.
            let entry = serde_json::to_string(entry).unwrap_or_default();
            let _ = write!(text, "{comma}\n    {entry}");
        }
        text.push_str(if self.entries.is_empty() {
            "]\n}\n"
        } else {
            "\n  ]\n}\n"
        });
        text
    }

    /// How the baseline writes a path relative to the root.
    pub fn path(&self, path: &str) -> String {
        match self.prefix.as_str() {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_was_written() {
        let entry = |path: &str, function: Option<&str>| Entry {
            path: path.to_owned(),
            rule: "n-plus-one".to_owned(),
            function: function.map(str::to_owned),
            fingerprint: "0123456789abcdef".to_owned(),
            count: 2,
        };
        let entries = vec![entry("a\n\"b.py", None), entry("c.py", Some("f"))];
        let baseline = Baseline {
            entries,
            prefix: String::new(),
        };
        let text = baseline.to_text();
        assert_eq!(text.lines().count(), 8);
        assert_eq!(Baseline::parse(&text, String::new()), Ok(baseline));
        let empty = Baseline::default();
        assert_eq!(Baseline::parse(&empty.to_text(), String::new()), Ok(empty));
    }

    #[test]
    fn other_files_are_refused() {
        for (text, expected) in [
            ("", "not a baseline of slowpath: "),
            ("[]", "not a baseline of slowpath: "),
            ("{\"findings\": []}", "not a baseline of slowpath: "),
            (
                "{\"schema_version\": 2, \"tool\": \"slowpath\", \"findings\": []}",
                "a baseline of version 2; ",
            ),
            (
                "{\"schema_version\": 1, \"tool\": \"other\", \"findings\": []}",
                "a baseline of \"other\"",
            ),
        ] {
            let error = Baseline::parse(text, String::new()).expect_err(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
