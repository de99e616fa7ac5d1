//! The configuration file: finding it, and the meaning of its keys.

use std::path::{Path, PathBuf};

use crate::catalogue::Page;
use crate::finding::{Confidence, RuleId, Severity};
use crate::globs::Globs;

use super::document::{self, Entry, Malformed, Node, Value};
use super::selection::{self, Selection, Selector, unknown};
use super::{
    ConfigError, ConfigSource, Dialect, EntryPattern, Limits, Override, Request, SchemaSettings,
    display, read, roots,
};

/// Configuration files in the order they are looked for in one folder.
const NAMES: [&str; 4] = [
    "slowpath.toml",
    ".slowpath.toml",
    "pyproject.toml",
    "package.json",
];

/// The keys of a configuration.
pub(super) const KEYS: [&str; 13] = [
    "select",
    "ignore",
    "exclude",
    "include",
    "min-severity",
    "min-confidence",
    "fail-on",
    "severity",
    "overrides",
    "schema",
    "models",
    "entry-points",
    "limits",
];

/// Patterns beyond this cost more memory than any project needs.
const MAX_GLOBS: usize = 1_000;

/// More model files than this are not written by hand.
const MAX_MODELS: usize = 100;

/// What a configuration file says; everything is open if there is none.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) path: Option<PathBuf>,
    pub(super) selection: Selection,
    pub(super) severities: Vec<(RuleId, Severity)>,
    pub(super) min_severity: Option<Severity>,
    pub(super) min_confidence: Option<Confidence>,
    pub(super) fail_on: Option<Severity>,
    /// Globs relative to the folder of the file.
    pub(super) exclude: Vec<String>,
    pub(super) include: Vec<String>,
    pub(super) overrides: Vec<Override>,
    pub(super) schema: SchemaSettings,
    pub(super) models: Vec<(String, String)>,
    pub(super) entry_points: Vec<EntryPattern>,
    pub(super) limits: Limits,
}

impl ConfigFile {
    /// The root as seen from the folder of the file: `""`, or `a/b`. A file that stands elsewhere
    /// speaks about the root itself.
    pub(super) fn prefix(&self, root: &Path) -> String {
        let folder = self.path.as_deref().and_then(Path::parent);
        folder.map_or_else(String::new, |folder| roots::between(folder, root))
    }
}

/// The configuration that `request` asks for.
pub(super) fn load(
    request: &Request,
    root: &Path,
    pages: &'static [Page],
) -> Result<ConfigFile, ConfigError> {
    match &request.config {
        ConfigSource::Off => Ok(ConfigFile::default()),
        ConfigSource::Given(path) => {
            let path = request.current_dir.join(path);
            let shown = display(&path, &request.current_dir);
            let text = read::given(&path).map_err(|reason| unreadable(&shown, reason))?;
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let node = parse(&path, &text).map_err(|error| at(&shown, error))?;
            let silent = || unreadable(&shown, "says nothing about slowpath".to_owned());
            let node = node.ok_or_else(silent)?;
            let folder = real.parent().unwrap_or(root);
            // The user trusts this file, and with it the files beside it.
            let limit = roots::repository(folder).unwrap_or(folder);
            Reader::new(&shown, &real, limit, pages).read(node)
        }
        ConfigSource::Find => find(request, root, pages),
    }
}

/// The first file that configures slowpath, from the root upwards to the repository's root.
/// Without a repository only the root itself is looked at.
fn find(request: &Request, root: &Path, pages: &'static [Page]) -> Result<ConfigFile, ConfigError> {
    let limit = roots::repository(root).unwrap_or(root);
    for folder in root.ancestors() {
        for name in NAMES {
            let path = folder.join(name);
            let shown = display(&path, &request.current_dir);
            // A directory of that name is not a configuration file, but an unreadable file is an
            // error: to go on without it would pass what it forbids.
            if !path.symlink_metadata().is_ok_and(|data| !data.is_dir()) {
                continue;
            }
            let is_own = name.contains("slowpath");
            let text = match read::within(limit, &path) {
                Ok(text) => text,
                Err(reason) if is_own => return Err(unreadable(&shown, reason)),
                Err(_) => continue,
            };
            // Other tools own these files; they are read only if they may speak of slowpath.
            if !is_own && !text.contains("slowpath") {
                continue;
            }
            if let Some(node) = parse(&path, &text).map_err(|error| at(&shown, error))? {
                return Reader::new(&shown, &path, limit, pages).read(node);
            }
        }
        if folder == limit {
            break;
        }
    }
    Ok(ConfigFile::default())
}

/// The file that [`find`] would read, whether it is right or wrong.
pub(super) fn existing(root: &Path) -> Option<PathBuf> {
    let limit = roots::repository(root).unwrap_or(root);
    let folders = root
        .ancestors()
        .take_while(|folder| folder.starts_with(limit));
    let paths = folders.flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let speaks = |path: &PathBuf| {
        let text = read::within(limit, path);
        match path.file_name().and_then(|name| name.to_str()) {
            Some("slowpath.toml" | ".slowpath.toml") => path.symlink_metadata().is_ok(),
            _ => text.is_ok_and(|text| matches!(parse(path, &text), Ok(Some(_)))),
        }
    };
    let mut paths = paths;
    paths.find(speaks)
}

/// The part of a configuration file that is about slowpath.
fn parse(path: &Path, text: &str) -> Result<Option<Node>, Malformed> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("package.json") => document::json(text, "slowpath"),
        Some("pyproject.toml") => document::toml(text, &["tool", "slowpath"]),
        _ => document::toml(text, &[]),
    }
}

fn unreadable(shown: &str, reason: String) -> ConfigError {
    ConfigError::Unreadable {
        file: shown.to_owned(),
        reason,
    }
}

fn at(shown: &str, malformed: Malformed) -> ConfigError {
    ConfigError::At {
        file: shown.to_owned(),
        line: malformed.line,
        message: malformed.message,
    }
}

/// Turns the tree into values, or says where it is wrong.
struct Reader<'a> {
    shown: &'a str,
    folder: &'a Path,
    /// Files named by the configuration must lie below.
    limit: &'a Path,
    pages: &'static [Page],
    config: ConfigFile,
    globs: usize,
}

type Outcome<T> = Result<T, ConfigError>;

impl<'a> Reader<'a> {
    fn new(shown: &'a str, path: &'a Path, limit: &'a Path, pages: &'static [Page]) -> Self {
        Self {
            shown,
            folder: path.parent().unwrap_or(path),
            limit,
            pages,
            config: ConfigFile {
                path: Some(path.to_owned()),
                ..ConfigFile::default()
            },
            globs: 0,
        }
    }

    fn read(mut self, node: Node) -> Outcome<ConfigFile> {
        for Entry { key, line, node } in self.table(node, "the configuration")? {
            match key.as_str() {
                "select" => self.config.selection.select = Some(self.selectors(node)?),
                "ignore" => self.config.selection.ignore = self.selectors(node)?,
                "exclude" => self.config.exclude = self.globs(node)?,
                "include" => self.config.include = self.globs(node)?,
                "min-severity" => self.config.min_severity = Some(self.severity(&node)?),
                "min-confidence" => self.config.min_confidence = Some(self.confidence(&node)?),
                "fail-on" => self.config.fail_on = Some(self.severity(&node)?),
                "severity" => self.config.severities = self.severities(node)?,
                "overrides" => {
                    for item in self.array(node, "overrides")? {
                        let item = self.override_entry(item)?;
                        self.config.overrides.push(item);
                    }
                }
                "schema" => self.schema(node)?,
                "models" => self.models(node)?,
                "entry-points" => self.entry_points(node)?,
                "limits" => self.limits(node)?,
                _ => return Err(self.error(line, unknown("key", &key, KEYS))),
            }
        }
        Ok(self.config)
    }

    fn override_entry(&mut self, node: Node) -> Outcome<Override> {
        const KEYS: [&str; 4] = ["paths", "ignore", "select", "severity"];
        let start = node.line;
        let mut item = Override::default();
        for Entry { key, line, node } in self.table(node, "an override")? {
            match key.as_str() {
                "paths" => item.paths = self.globs(node)?,
                "ignore" => item.ignore = selection::matching(self.pages, &self.selectors(node)?),
                "select" => item.select = selection::matching(self.pages, &self.selectors(node)?),
                "severity" => item.severities = self.severities(node)?,
                _ => return Err(self.error(line, unknown("key", &key, KEYS))),
            }
        }
        if item.paths.is_empty() {
            return Err(self.error(start, "an override needs `paths`"));
        }
        Ok(item)
    }

    fn schema(&mut self, node: Node) -> Outcome<()> {
        const KEYS: [&str; 3] = ["dialect", "files", "small-tables"];
        for Entry { key, line, node } in self.table(node, "schema")? {
            match key.as_str() {
                "dialect" => {
                    let dialect = self.one_of(&node, "dialect", &Dialect::ALL, Dialect::name)?;
                    self.config.schema.dialect = Some(dialect);
                }
                "files" => self.config.schema.files = self.globs(node)?,
                "small-tables" => {
                    let names = self.strings(node)?.into_iter().map(|(name, _)| name);
                    self.config.schema.small_tables = names.collect();
                }
                _ => return Err(self.error(line, unknown("key", &key, KEYS))),
            }
        }
        Ok(())
    }

    fn models(&mut self, node: Node) -> Outcome<()> {
        for Entry { key, line, node } in self.table(node, "models")? {
            if key != "files" {
                return Err(self.error(line, unknown("key", &key, ["files"])));
            }
            for (name, line) in self.strings(node)? {
                if self.config.models.len() >= MAX_MODELS {
                    return Err(self.error(line, format!("more than {MAX_MODELS} files")));
                }
                let text = read::within(self.limit, &self.folder.join(&name))
                    .map_err(|error| self.error(line, format!("cannot read {name}: {error}")))?;
                self.config.models.push((name, text));
            }
        }
        Ok(())
    }

    fn limits(&mut self, node: Node) -> Outcome<()> {
        const KEYS: [&str; 3] = ["code-bytes", "sql-bytes", "files"];
        const MOST: Limits = Limits::MOST;
        for Entry { key, line, node } in self.table(node, "limits")? {
            let limits = self.config.limits;
            self.config.limits = match key.as_str() {
                "code-bytes" => Limits {
                    code_bytes: self.count(&node, MOST.code_bytes)?,
                    ..limits
                },
                "sql-bytes" => Limits {
                    sql_bytes: self.count(&node, MOST.sql_bytes)?,
                    ..limits
                },
                "files" => Limits {
                    files: self.count(&node, MOST.files as u64)? as usize,
                    ..limits
                },
                _ => return Err(self.error(line, unknown("key", &key, KEYS))),
            };
        }
        Ok(())
    }

    /// `requests` and `jobs`: functions that nothing in sight takes, as `GLOB:NAME`.
    fn entry_points(&mut self, node: Node) -> Outcome<()> {
        for Entry { key, line, node } in self.table(node, "entry points")? {
            let is_job = match key.as_str() {
                "requests" => false,
                "jobs" => true,
                _ => return Err(self.error(line, unknown("key", &key, ["requests", "jobs"]))),
            };
            for (text, line) in self.strings(node)? {
                let Some((files, name)) = text.rsplit_once(':') else {
                    let message = "expected `FILES:FUNCTION`, as in \"handlers/**:handle_*\"";
                    return Err(self.error(line, message));
                };
                let (files, name) = (files.to_owned(), name.to_owned());
                let (_, problems) = Globs::new(std::slice::from_ref(&files));
                if let Some(problem) = problems.into_iter().next() {
                    return Err(self.error(line, problem));
                }
                self.globs += 1;
                if self.globs > MAX_GLOBS {
                    return Err(self.error(line, format!("more than {MAX_GLOBS} patterns")));
                }
                self.config.entry_points.push(EntryPattern {
                    is_job,
                    files,
                    name,
                });
            }
        }
        Ok(())
    }

    fn selectors(&self, node: Node) -> Outcome<Vec<Selector>> {
        let parse = |(name, line): (String, usize)| {
            Selector::parse(&name, self.pages).map_err(|message| self.error(line, message))
        };
        self.strings(node)?.into_iter().map(parse).collect()
    }

    fn severities(&self, node: Node) -> Outcome<Vec<(RuleId, Severity)>> {
        let mut severities = Vec::new();
        for Entry { key, line, node } in self.table(node, "severity")? {
            let rule = selection::rule(&key, self.pages);
            let rule = rule.map_err(|message| self.error(line, message))?;
            severities.push((rule, self.severity(&node)?));
        }
        Ok(severities)
    }

    fn severity(&self, node: &Node) -> Outcome<Severity> {
        self.one_of(node, "severity", &Severity::ALL, Severity::name)
    }

    fn confidence(&self, node: &Node) -> Outcome<Confidence> {
        self.one_of(node, "confidence", &Confidence::ALL, Confidence::name)
    }

    fn one_of<T: Copy>(
        &self,
        node: &Node,
        what: &str,
        all: &[T],
        name_of: fn(T) -> &'static str,
    ) -> Outcome<T> {
        let names = || all.iter().map(|&item| name_of(item));
        let choices = || format!("one of {}", names().collect::<Vec<_>>().join(", "));
        let Value::String(text) = &node.value else {
            return Err(self.error(node.line, format!("expected {}", choices())));
        };
        let found = all.iter().find(|&&item| name_of(item) == text);
        found.copied().ok_or_else(|| {
            let guess = unknown(what, text, names());
            self.error(node.line, format!("{guess}; expected {}", choices()))
        })
    }

    /// A whole number from 1 to `most`.
    fn count(&self, node: &Node, most: u64) -> Outcome<u64> {
        match node.value {
            Value::Count(number) if (1..=most).contains(&number) => Ok(number),
            _ => {
                let message = format!("expected a whole number from 1 to {most}");
                Err(self.error(node.line, message))
            }
        }
    }

    fn globs(&mut self, node: Node) -> Outcome<Vec<String>> {
        let mut globs = Vec::new();
        for (glob, line) in self.strings(node)? {
            self.globs += 1;
            if self.globs > MAX_GLOBS {
                return Err(self.error(line, format!("more than {MAX_GLOBS} patterns")));
            }
            globs.push(glob);
            let (_, problems) = Globs::new(&globs[globs.len() - 1..]);
            if let Some(problem) = problems.into_iter().next() {
                return Err(self.error(line, problem));
            }
        }
        Ok(globs)
    }

    fn strings(&self, node: Node) -> Outcome<Vec<(String, usize)>> {
        let mut strings = Vec::new();
        for item in self.array(node, "a list of strings")? {
            let Value::String(text) = item.value else {
                return Err(self.error(item.line, "expected a string"));
            };
            strings.push((text, item.line));
        }
        Ok(strings)
    }

    fn array(&self, node: Node, what: &str) -> Outcome<Vec<Node>> {
        match node.value {
            Value::Array(items) => Ok(items),
            _ => Err(self.error(node.line, format!("expected an array: {what}"))),
        }
    }

    fn table(&self, node: Node, what: &str) -> Outcome<Vec<Entry>> {
        match node.value {
            Value::Table(entries) => Ok(entries),
            _ => Err(self.error(node.line, format!("expected a table: {what}"))),
        }
    }

    fn error(&self, line: usize, message: impl Into<String>) -> ConfigError {
        ConfigError::At {
            file: self.shown.to_owned(),
            line,
            message: message.into(),
        }
    }
}
