//! Arguments and configuration as one immutable value.
//!
//! Only this module reads configuration files. Everything after it takes [`Settings`] as given.

use std::path::{Path, PathBuf};

use crate::baseline::Baseline;
use crate::catalogue::{self, Page};
use crate::finding::{Confidence, RuleId, Severity};
use crate::git::{Base, GitError};
use crate::reader::read_regular;
use crate::source::Dialect;

mod document;
mod file;
mod globs;
mod read;
mod roots;
mod schema;
mod selection;

pub use schema::json_schema;

use selection::{Selection, Selector};

/// Bytes of a baseline: a hundred thousand findings.
const MAX_BASELINE_BYTES: u64 = 50_000_000;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that paths in output are relative to; absolute.
    pub root: PathBuf,
    /// The root as seen from the top of its repository: `""`, or `a/b`.
    pub prefix: String,
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
    /// Findings at or above make the exit status 1.
    pub fail_on: Severity,
    /// Globs of paths to leave out, relative to the root; see [`Globs`](crate::globs::Globs).
    pub exclude: Vec<String>,
    /// Globs of paths to analyse although they are tests, vendored or generated.
    pub include: Vec<String>,
    /// Rules ignored or selected by path.
    pub overrides: Vec<Override>,
    /// Whether ignore files are disregarded.
    pub no_ignores: bool,
    /// What the configuration knows of the database.
    pub schema: SchemaSettings,
    /// User models: path as written and text.
    pub models: Vec<(String, String)>,
    /// Functions that are entry points although nothing in sight takes them.
    pub entry_points: Vec<EntryPattern>,
    /// What is too much to analyse.
    pub limits: Limits,
    /// Worker threads; 0 for one per core.
    pub threads: usize,
    /// The place to explain instead of reporting findings.
    pub explain: Option<Location>,
    /// The version that a change is compared with: only what is new is reported.
    pub since: Option<Base>,
    /// The findings that the project has accepted.
    pub baseline: Option<Baseline>,
    /// The baseline to be written, as it is now; all findings are accepted then.
    pub new_baseline: Option<Baseline>,
    /// The configuration file that was used.
    pub config_file: Option<PathBuf>,
}

impl Default for Settings {
    /// What holds if nothing is said; without a root, a path or a rule.
    fn default() -> Self {
        Self {
            root: PathBuf::new(),
            prefix: String::new(),
            paths: Vec::new(),
            rules: Vec::new(),
            severities: Vec::new(),
            min_severity: Severity::Note,
            min_confidence: Confidence::Medium,
            fail_on: Severity::Warning,
            exclude: Vec::new(),
            include: Vec::new(),
            overrides: Vec::new(),
            no_ignores: false,
            schema: SchemaSettings::default(),
            models: Vec::new(),
            entry_points: Vec::new(),
            limits: Limits::default(),
            threads: 0,
            explain: None,
            since: None,
            baseline: None,
            new_baseline: None,
            config_file: None,
        }
    }
}

/// A file, or one of its lines, as `FILE:LINE` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Path relative to the root.
    pub path: String,
    /// The line, counted from 1; all of them if none.
    pub line: Option<u32>,
}

impl Location {
    /// Reads `FILE` or `FILE:LINE`.
    pub fn parse(text: &str) -> Self {
        let line = text.rsplit_once(':');
        match line.and_then(|(path, line)| Some((path, line.parse().ok()?))) {
            Some((path, line)) => Self {
                path: path.to_owned(),
                line: Some(line),
            },
            None => Self {
                path: text.to_owned(),
                line: None,
            },
        }
    }
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

/// Functions that the configuration calls entry points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPattern {
    /// Whether nobody waits for them.
    pub is_job: bool,
    /// A glob of their files, relative to the root.
    pub files: String,
    /// Their name, or with `*` at its end what it starts with.
    pub name: String,
}

/// What is too much to analyse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file with code; larger ones are left out.
    pub code_bytes: u64,
    /// Bytes of a file with SQL: dumps of schemas are long and cheap.
    pub sql_bytes: u64,
    /// Files; those after them in the order of their paths are left out.
    pub files: usize,
}

impl Limits {
    /// The most that a configuration may ask for. Beyond it memory would have no bound, and spans
    /// no room.
    pub const MOST: Self = Self {
        code_bytes: 5_000_000,
        sql_bytes: 20_000_000,
        files: 500_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            code_bytes: 2_000_000,
            sql_bytes: 5_000_000,
            ..Self::MOST
        }
    }
}

/// What the configuration knows of the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaSettings {
    /// The engine.
    pub dialect: Option<Dialect>,
    /// The engine that is started beside the program, which counts where its code names none.
    pub started: Option<Dialect>,
    /// Globs of dumps of the whole schema, relative to the root.
    pub files: Vec<String>,
    /// Names of tables that never grow, as the database has them.
    pub small_tables: Vec<String>,
}

/// What the command line asks for; what it leaves open is taken from the configuration file.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The directory that relative paths start from.
    pub current_dir: PathBuf,
    /// What to analyse; the current directory if empty.
    pub paths: Vec<PathBuf>,
    /// Rules, categories or `all`; none if the configuration decides.
    pub select: Vec<String>,
    /// Rules, categories or `all`.
    pub ignore: Vec<String>,
    /// See [`Settings::min_severity`].
    pub min_severity: Option<Severity>,
    /// See [`Settings::min_confidence`].
    pub min_confidence: Option<Confidence>,
    /// See [`Settings::fail_on`].
    pub fail_on: Option<Severity>,
    /// Where the configuration comes from.
    pub config: ConfigSource,
    /// See [`Settings::no_ignores`].
    pub no_ignores: bool,
    /// See [`Settings::threads`].
    pub threads: usize,
    /// The revision that a change is compared with.
    pub since: Option<String>,
    /// The file of the findings that the project has accepted.
    pub baseline: Option<PathBuf>,
    /// The file to write a baseline to.
    pub write_baseline: Option<PathBuf>,
    /// See [`Settings::explain`]; its path starts at the current directory or the root.
    pub explain: Option<Location>,
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Default)]
pub enum ConfigSource {
    /// The first file found from the root upwards to the repository's root.
    #[default]
    Find,
    /// This file, which the user trusts.
    Given(PathBuf),
    /// Nowhere.
    Off,
}

/// Something in the arguments or the configuration that the user can repair.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A PATH that does not exist.
    #[error("no such file or directory: {}", .0.display())]
    NoSuchPath(PathBuf),
    /// A PATH that exists and cannot be analysed.
    #[error("{}: {reason}", path.display())]
    BadPath {
        /// The PATH.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file, as shown to the user.
        file: String,
        /// Why not.
        reason: String,
    },
    /// Something wrong at a line of a configuration file.
    #[error("{file}:{line}: {message}")]
    At {
        /// The file, as shown to the user.
        file: String,
        /// 1-based.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Something wrong with the value of an option.
    #[error("{option}: {message}")]
    Argument {
        /// The option.
        option: &'static str,
        /// What is wrong.
        message: String,
    },
    /// There is nothing to compare with.
    #[error("--since")]
    Git(#[from] GitError),
    /// No rule is left after `select` and `ignore`.
    #[error("no rule is selected: `select` and `ignore` leave nothing to run")]
    NothingSelected,
}

/// The configuration file that would be found for a folder, if there is one.
pub fn existing(root: &Path) -> Option<PathBuf> {
    file::existing(root)
}

impl Settings {
    /// Reads the configuration that `request` asks for and merges the two.
    ///
    /// # Errors
    /// When a path does not exist or a value is wrong, in the arguments or in the file.
    pub fn load(request: &Request) -> Result<Self, ConfigError> {
        Self::load_with(request, catalogue::pages())
    }

    fn load_with(request: &Request, pages: &'static [Page]) -> Result<Self, ConfigError> {
        let (root, paths) = roots::of(&request.current_dir, &request.paths)?;
        let arguments = Selection {
            select: match request.select.as_slice() {
                [] => None,
                names => Some(selectors("--select", names, pages)?),
            },
            ignore: selectors("--ignore", &request.ignore, pages)?,
        };
        let file = file::load(request, &root, pages)?;
        let rules = selection::rules(pages, &file.selection, &arguments);
        if rules.is_empty() {
            return Err(ConfigError::NothingSelected);
        }
        let prefix = file.prefix(&root);
        let rebase = |globs: &[String]| -> Vec<String> {
            let below = globs.iter().flat_map(|glob| globs::below(glob, &prefix));
            below.collect()
        };
        let mut overrides = file.overrides;
        for item in &mut overrides {
            item.paths = rebase(&item.paths);
        }
        let prefix = roots::repository(&root);
        let prefix = prefix.map_or_else(String::new, |top| roots::between(top, &root));
        let baseline = |path: &Option<PathBuf>| -> Result<Option<Baseline>, ConfigError> {
            let path = path.as_ref().map(|path| request.current_dir.join(path));
            path.map_or(Ok(None), |path| {
                read_baseline(&path, &prefix, &request.current_dir)
            })
        };
        let accepted = baseline(&request.baseline)?;
        if let (Some(path), None) = (&request.baseline, &accepted) {
            return Err(ConfigError::NoSuchPath(path.clone()));
        }
        let new_baseline = match &request.write_baseline {
            None => None,
            path => Some(baseline(path)?.unwrap_or_else(|| Baseline {
                prefix: prefix.clone(),
                ..Baseline::default()
            })),
        };
        let since = request.since.as_deref();
        let since = since.map(|since| Base::find(&root, &prefix, since));
        let default = Self::default();
        Ok(Self {
            since: since.transpose()?,
            baseline: accepted,
            new_baseline,
            prefix,
            root,
            paths,
            rules,
            severities: file.severities,
            min_severity: request
                .min_severity
                .or(file.min_severity)
                .unwrap_or(default.min_severity),
            min_confidence: request
                .min_confidence
                .or(file.min_confidence)
                .unwrap_or(default.min_confidence),
            fail_on: request.fail_on.or(file.fail_on).unwrap_or(default.fail_on),
            exclude: rebase(&file.exclude),
            include: rebase(&file.include),
            overrides,
            no_ignores: request.no_ignores,
            entry_points: file
                .entry_points
                .iter()
                .flat_map(|pattern| {
                    let files = rebase(std::slice::from_ref(&pattern.files));
                    files.into_iter().map(|files| EntryPattern {
                        files,
                        ..pattern.clone()
                    })
                })
                .collect(),
            schema: SchemaSettings {
                files: rebase(&file.schema.files),
                ..file.schema
            },
            models: file.models,
            limits: file.limits,
            threads: request.threads,
            explain: request.explain.clone(),
            config_file: file.path,
        })
    }
}

fn selectors(
    option: &'static str,
    names: &[String],
    pages: &[Page],
) -> Result<Vec<Selector>, ConfigError> {
    let parsed = names.iter().map(|name| Selector::parse(name.trim(), pages));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|message| ConfigError::Argument { option, message })
}

/// Reads a baseline; `None` if there is no such file.
fn read_baseline(
    path: &Path,
    prefix: &str,
    current_dir: &Path,
) -> Result<Option<Baseline>, ConfigError> {
    let shown = display(path, current_dir);
    let folder = path.parent().unwrap_or(path);
    let boundary = roots::repository(folder).unwrap_or(folder);
    let unreadable = |reason: String| ConfigError::Unreadable {
        file: shown.clone(),
        reason,
    };
    match read_regular(path, boundary, MAX_BASELINE_BYTES) {
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8".to_owned()))?;
            let baseline = Baseline::parse(&text, prefix.to_owned());
            baseline.map(Some).map_err(unreadable)
        }
    }
}

/// A path as shown to the user: relative to the current directory if it is below it.
fn display(path: &Path, current_dir: &Path) -> String {
    let shown = path.strip_prefix(current_dir).unwrap_or(path);
    shown.display().to_string()
}

#[cfg(test)]
mod tests;
