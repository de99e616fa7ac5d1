//! Findings and the report of a run: what renderers print.

use serde::Serialize;

use crate::baseline::Baseline;
use crate::source::{LineIndex, Place, SourceFile};

/// A rule's id: the name of its page.
pub type RuleId = &'static str;

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Costs as data grows.
    Warning,
    /// Will hurt in production.
    Error,
}

impl Severity {
    /// All, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Note, Self::Warning, Self::Error];

    /// As it is written in arguments, configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure slowpath is: that of the weakest link.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Matched by name.
    Low,
    /// Inferred.
    Medium,
    /// Resolved by types, imports or schema.
    High,
}

impl Confidence {
    /// All, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// As it is written in arguments, configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A problem at a place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// The rule's category.
    pub category: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// The expression to change.
    pub place: Place,
    /// What happens here, with the names of this code.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// What it costs, in words: `1 + n queries`.
    pub cost: Option<String>,
    /// The enclosing function's name.
    pub function: Option<String>,
    /// The evidence, in the order it runs.
    pub related: Vec<Related>,
    /// Hash of rule, path, function and the text of the primary span; 16 hex digits. Set by the
    /// filter.
    pub fingerprint: String,
}

/// A place that proves a finding.
#[derive(Debug, Clone)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What it says: `repeated by this loop`.
    pub message: String,
}

/// Something the user should know about the run itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    /// The file it is about, relative to the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What happened.
    pub message: String,
    /// Whether the run must end with status 2: an internal error.
    #[serde(skip)]
    pub is_internal: bool,
}

/// A place where the program is entered: a route, a page, a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What enters there: `route`, `page`, `action`, `procedure`, `resolver`, `job`, `command`.
    pub kind: &'static str,
    /// The method of the request, if there is one.
    pub method: Option<String>,
    /// The path of the request, or the name of the job or field.
    pub path: Option<String>,
    /// What is run.
    pub handler: String,
    /// Where the handler stands.
    pub place: Place,
    /// The library that takes it; none if it was recognised by its form.
    pub framework: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The root as the repository knows it: `""`, or `a/b`. Paths in front of it are those that
    /// code hosts know.
    pub prefix: String,
    /// Findings sorted by path, position and rule.
    pub findings: Vec<Finding>,
    /// The files analysed; [`FileId`](crate::source::FileId) indexes them.
    pub files: Vec<SourceFile>,
    /// Files not analysed: too big, minified, vendored, unreadable, not text.
    pub skipped: usize,
    /// Findings silenced by comments.
    pub suppressed: usize,
    /// Findings that the baseline accepts.
    pub baselined: usize,
    /// Findings that the version compared with has too.
    pub unchanged: usize,
    /// Findings that the baseline accepts and that are no more.
    pub stale: usize,
    /// The baseline to be written.
    pub baseline: Option<Baseline>,
    /// What the user should know, sorted.
    pub notices: Vec<Notice>,
    /// How many calls were resolved to what, in one line.
    pub coverage: String,
    /// What stands at the place to explain, one line of text each.
    pub explanation: Vec<String>,
}

impl Report {
    /// The path of a place, relative to the root.
    pub fn path(&self, place: Place) -> &str {
        &self.files[place.file.index()].path
    }

    /// The file of a place.
    pub fn file(&self, place: Place) -> &SourceFile {
        &self.files[place.file.index()]
    }

    /// A line index of the file of a place. Renderers keep it while they stay in one file.
    pub fn lines(&self, place: Place) -> LineIndex {
        LineIndex::new(&self.file(place).text)
    }
}
