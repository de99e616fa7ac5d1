//! Arguments and configuration as one immutable value.
//!
//! Only this module reads configuration files. Everything after it takes [`Settings`] as given.

use std::path::PathBuf;

use crate::finding::{Confidence, RuleId, Severity};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that paths in output are relative to; absolute.
    pub root: PathBuf,
    /// What to analyse, absolute, each within the root.
    pub paths: Vec<PathBuf>,
    /// Rules to run, in the order of the catalogue.
    pub rules: Vec<RuleId>,
    /// Severities set by the configuration.
    pub severities: Vec<(RuleId, Severity)>,
    /// Findings below are dropped.
    pub min_severity: Severity,
    /// Findings below are dropped.
    pub min_confidence: Confidence,
    /// Globs of paths to leave out, relative to the root.
    pub exclude: Vec<String>,
    /// Globs of paths to analyse although they are tests, vendored or generated.
    pub include: Vec<String>,
    /// Rules ignored or selected by path.
    pub overrides: Vec<Override>,
    /// Whether ignore files are disregarded.
    pub no_ignores: bool,
    /// User models: path as written and text.
    pub models: Vec<(String, String)>,
    /// Worker threads; 0 for one per core.
    pub threads: usize,
}

/// Settings that apply to some paths only.
#[derive(Debug, Clone, Default)]
pub struct Override {
    /// Globs, relative to the root.
    pub paths: Vec<String>,
    /// Rules that are silent there.
    pub ignore: Vec<RuleId>,
    /// If not empty: the only rules that speak there.
    pub select: Vec<RuleId>,
    /// Severities there.
    pub severities: Vec<(RuleId, Severity)>,
}
