//! Module resolution: which file an import means.
//!
//! Python: packages with and without `__init__`, relative imports, several source roots.
//! JavaScript and TypeScript: relative specifiers with extension and index rules, `paths` and
//! `baseUrl` of the nearest tsconfig or jsconfig (with `extends`), workspace packages by name.
//! Nothing here reads the disk: manifests are handed in as text.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::source::FileId;

/// What an import means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A file of the project.
    File(FileId),
    /// A folder that is a Python package without a file of its own.
    Folder(FolderId),
}

/// A folder of the project: an index into the folders of [`Modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub u32);

/// A configuration file that says how modules are found.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Path relative to the root.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Resolves imports of one project.
#[derive(Debug, Default)]
pub struct Modules {
    files: FxHashMap<String, FileId>,
    folder_ids: FxHashMap<String, FolderId>,
    folders: Vec<String>,
    /// The first segments that names of Python modules can have: files and folders.
    python_names: FxHashSet<String>,
    /// Folders that hold the top-level packages of Python, nearest to the root first.
    python_roots: Vec<String>,
    configs: FxHashMap<String, PathConfig>,
    /// Workspace packages: name and folder, with the entry named by `main` or `exports`.
    packages: FxHashMap<String, WorkspacePackage>,
    /// What packages call their own files, `#data/*`, with targets relative to the root.
    package_imports: FxHashMap<String, Vec<(String, String)>>,
    /// The folders with a `package.json`.
    /// What the package of each folder says that it needs.
    needs: FxHashMap<String, Vec<String>>,
    package_folders: FxHashSet<String>,
}

#[derive(Debug, Default, Clone)]
struct PathConfig {
    base_url: Option<String>,
    /// Pattern, and targets relative to the root.
    paths: Vec<(String, Vec<String>)>,
}

#[derive(Debug)]
struct WorkspacePackage {
    folder: String,
    entries: Vec<String>,
    /// `./sub` patterns of `exports` with their targets.
    exports: Vec<(String, String)>,
}

const SCRIPT_EXTENSIONS: &[&str] = &[
    ".ts", ".tsx", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".vue", ".svelte",
];

impl Modules {
    /// Indexes the files of a project, given as paths in [`FileId`] order.
    pub fn new<'a>(paths: impl Iterator<Item = &'a str>, manifests: &[Manifest]) -> Self {
        let mut modules = Self::default();
        let mut has_init: FxHashSet<String> = FxHashSet::default();
        let mut python_folders: FxHashSet<String> = FxHashSet::default();
        for (i, path) in paths.enumerate() {
            modules.files.insert(path.to_owned(), FileId(i as u32));
            let folder = parent(path);
            if let Some(stem) = path.strip_suffix(".py") {
                python_folders.insert(folder.to_owned());
                modules.python_names.insert(base(stem).to_owned());
                if stem == "__init__" || stem.ends_with("/__init__") {
                    has_init.insert(folder.to_owned());
                }
                let mut at = folder;
                while !at.is_empty() && !modules.folder_ids.contains_key(at) {
                    let id = FolderId(modules.folders.len() as u32);
                    modules.folders.push(at.to_owned());
                    modules.folder_ids.insert(at.to_owned(), id);
                    modules.python_names.insert(base(at).to_owned());
                    at = parent(at);
                }
            }
        }
        let mut roots: Vec<String> = python_folders
            .iter()
            .map(|folder| {
                let mut at = folder.as_str();
                while has_init.contains(at) && !at.is_empty() {
                    at = parent(at);
                }
                at.to_owned()
            })
            .collect();
        roots.push(String::new());
        roots
            .sort_unstable_by(|a, b| (a.matches('/').count(), a).cmp(&(b.matches('/').count(), b)));
        roots.dedup();
        modules.python_roots = roots;
        modules.read_manifests(manifests);
        modules
    }

    /// The file of a path relative to the root.
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.files.get(path).copied()
    }

    /// The nearest folder around a file that is a package of its own; the root if none is.
    pub fn package_folder<'p>(&self, path: &'p str) -> &'p str {
        let mut at = parent(path);
        while !at.is_empty() && !self.package_folders.contains(at) {
            at = parent(at);
        }
        at
    }

    /// The path of a folder.
    pub fn folder(&self, id: FolderId) -> &str {
        &self.folders[id.0 as usize]
    }

    /// What a Python import means. `level` counts the leading dots.
    pub fn python(&self, importer: &str, level: u16, module: &str) -> Option<Target> {
        let relative = module.replace('.', "/");
        if level > 0 {
            let mut folder = parent(importer);
            for _ in 1..level {
                folder = parent(folder);
            }
            return self.python_at(&join(folder, &relative));
        }
        // Most imports are of libraries: no need to look for them in every folder.
        let first = module.split('.').next().unwrap_or(module);
        if !self.python_names.contains(first) {
            return None;
        }
        let mut at = parent(importer);
        loop {
            // A sibling is found by its bare name only where the folder is no package.
            let is_package = self.files.contains_key(&join(at, "__init__.py"));
            if !is_package && let Some(found) = self.python_at(&join(at, &relative)) {
                return Some(found);
            }
            if at.is_empty() {
                break;
            }
            at = parent(at);
        }
        let roots = self.python_roots.iter();
        let found = roots
            .clone()
            .find_map(|root| self.python_at(&join(root, &relative)));
        if found.is_some() || !relative.contains('/') {
            return found;
        }
        // A package without `__init__` stands in a root that nothing else tells.
        roots.filter(|root| !root.is_empty()).find_map(|root| {
            match self.python_at(&join(parent(root), &relative)) {
                file @ Some(Target::File(_)) => file,
                _ => None,
            }
        })
    }

    /// A submodule of a package: the folder of a file `__init__.py`, or a folder.
    pub fn python_child(&self, folder: &str, name: &str) -> Option<Target> {
        self.python_at(&join(folder, name))
    }

    /// What a specifier of JavaScript or TypeScript means.
    pub fn script(&self, importer: &str, specifier: &str) -> Option<FileId> {
        let specifier = specifier.split('?').next().unwrap_or(specifier);
        if specifier.starts_with('.') {
            return self.script_at(&normalize(&join(parent(importer), specifier))?);
        }
        if specifier.starts_with('#')
            && let Some(found) = self.by_own_name(importer, specifier)
        {
            return Some(found);
        }
        let mut folder = parent(importer);
        loop {
            if let Some(config) = self.configs.get(folder)
                && let Some(found) = self.by_config(config, specifier)
            {
                return Some(found);
            }
            if folder.is_empty() {
                break;
            }
            folder = parent(folder);
        }
        self.by_package(specifier)
    }

    /// `#data/store`, as the package of the importer says.
    fn by_own_name(&self, importer: &str, specifier: &str) -> Option<FileId> {
        let imports = self.package_imports.get(self.package_folder(importer))?;
        imports.iter().find_map(|(pattern, target)| {
            let rest = match_pattern(pattern, specifier)?;
            self.script_at(&normalize(&target.replacen('*', rest, 1))?)
        })
    }

    fn by_config(&self, config: &PathConfig, specifier: &str) -> Option<FileId> {
        for (pattern, targets) in &config.paths {
            let Some(rest) = match_pattern(pattern, specifier) else {
                continue;
            };
            for target in targets {
                let path = normalize(&target.replacen('*', rest, 1));
                if let Some(found) = path.and_then(|path| self.script_at(&path)) {
                    return Some(found);
                }
            }
        }
        let base = config.base_url.as_ref()?;
        self.script_at(&normalize(&join(base, specifier))?)
    }

    fn by_package(&self, specifier: &str) -> Option<FileId> {
        let name_end = match specifier.strip_prefix('@') {
            Some(_) => {
                let slash = specifier.find('/')?;
                specifier[slash + 1..]
                    .find('/')
                    .map_or(specifier.len(), |i| slash + 1 + i)
            }
            None => specifier.find('/').unwrap_or(specifier.len()),
        };
        let package = self.packages.get(&specifier[..name_end])?;
        let sub = &specifier[name_end..];
        if sub.is_empty() {
            return package.entries.iter().find_map(|entry| {
                let path = normalize(&join(&package.folder, entry))?;
                self.script_at(&path)
            });
        }
        let wanted = format!(".{sub}");
        for (pattern, target) in &package.exports {
            if let Some(rest) = match_pattern(pattern, &wanted) {
                let path = join(&package.folder, &target.replacen('*', rest, 1));
                if let Some(found) = normalize(&path).and_then(|path| self.script_at(&path)) {
                    return Some(found);
                }
            }
        }
        ["", "/src"].iter().find_map(|inner| {
            self.script_at(&normalize(&format!("{}{inner}{sub}", package.folder))?)
        })
    }

    fn python_at(&self, path: &str) -> Option<Target> {
        if let Some(&file) = self.files.get(&format!("{path}.py")) {
            return Some(Target::File(file));
        }
        if let Some(&file) = self.files.get(&join(path, "__init__.py")) {
            return Some(Target::File(file));
        }
        self.folder_ids.get(path).copied().map(Target::Folder)
    }

    fn script_at(&self, path: &str) -> Option<FileId> {
        if let Some(&file) = self.files.get(path) {
            return Some(file);
        }
        // TypeScript sources import the name of their output: `./a.js` is `./a.ts`.
        let stem = [".js", ".jsx", ".mjs", ".cjs"]
            .iter()
            .find_map(|extension| path.strip_suffix(extension));
        for base in std::iter::once(path).chain(stem) {
            for extension in SCRIPT_EXTENSIONS {
                if let Some(&file) = self.files.get(&format!("{base}{extension}")) {
                    return Some(file);
                }
            }
        }
        SCRIPT_EXTENSIONS.iter().find_map(|extension| {
            let index = join(path, &format!("index{extension}"));
            self.files.get(&index).copied()
        })
    }

    fn read_manifests(&mut self, manifests: &[Manifest]) {
        let mut configs: FxHashMap<String, Value> = FxHashMap::default();
        for manifest in manifests {
            let name = base(&manifest.path);
            let Ok(value) = serde_json::from_str::<Value>(&without_comments(&manifest.text)) else {
                continue;
            };
            if name == "package.json" {
                self.add_package(parent(&manifest.path), &value);
            } else {
                configs.insert(manifest.path.clone(), value);
            }
        }
        let mut paths: Vec<&String> = configs.keys().collect();
        paths.sort_unstable();
        for path in paths {
            let name = base(path);
            if name != "tsconfig.json" && name != "jsconfig.json" {
                continue;
            }
            let config = path_config(path, &configs, 0);
            self.configs.insert(parent(path).to_owned(), config);
        }
    }

    /// Whether a package that a file belongs to, or one around it, says that it needs another.
    pub fn depends_on(&self, path: &str, package: &str) -> bool {
        let mut folder = parent(path);
        loop {
            let needs = self.needs.get(folder);
            if needs.is_some_and(|needs| needs.iter().any(|name| name == package)) {
                return true;
            }
            if folder.is_empty() {
                return false;
            }
            folder = parent(folder);
        }
    }

    fn add_package(&mut self, folder: &str, value: &Value) {
        self.package_folders.insert(folder.to_owned());
        let kinds = ["dependencies", "devDependencies"];
        let needs = kinds
            .iter()
            .filter_map(|&kind| value.get(kind)?.as_object());
        let needs = needs.flat_map(serde_json::Map::keys).cloned().collect();
        self.needs.insert(folder.to_owned(), needs);
        if let Some(Value::Object(map)) = value.get("imports") {
            let mut imports = Vec::new();
            for (key, target) in map {
                let mut targets = Vec::new();
                strings_of(target, &mut targets);
                add_sources(&mut targets);
                let targets = targets.iter().map(|target| join(folder, target));
                imports.extend(targets.map(|target| (key.clone(), target)));
            }
            self.package_imports.insert(folder.to_owned(), imports);
        }
        let Some(name) = value.get("name").and_then(Value::as_str) else {
            return;
        };
        let mut entries = Vec::new();
        let mut exports = Vec::new();
        match value.get("exports") {
            Some(Value::Object(map)) if map.keys().any(|key| key.starts_with('.')) => {
                for (key, target) in map {
                    let mut targets = Vec::new();
                    strings_of(target, &mut targets);
                    for target in targets {
                        if key == "." {
                            entries.push(target);
                        } else {
                            exports.push((key.clone(), target));
                        }
                    }
                }
            }
            Some(other) => strings_of(other, &mut entries),
            None => {}
        }
        for key in ["source", "module", "main", "types"] {
            if let Some(entry) = value.get(key).and_then(Value::as_str) {
                entries.push(entry.to_owned());
            }
        }
        add_sources(&mut entries);
        entries.extend(["src/index".to_owned(), "index".to_owned()]);
        let package = WorkspacePackage {
            folder: folder.to_owned(),
            entries,
            exports,
        };
        self.packages.entry(name.to_owned()).or_insert(package);
    }
}

fn path_config(path: &str, configs: &FxHashMap<String, Value>, depth: u32) -> PathConfig {
    let folder = parent(path);
    let Some(value) = configs.get(path) else {
        return PathConfig::default();
    };
    let mut config = PathConfig::default();
    if depth < 8 {
        let mut bases = Vec::new();
        if let Some(extends) = value.get("extends") {
            strings_of(extends, &mut bases);
        }
        for base in bases {
            let base = match base.strip_suffix(".json") {
                Some(_) => base,
                None => format!("{base}.json"),
            };
            if let Some(base) = normalize(&join(folder, &base)) {
                let inherited = path_config(&base, configs, depth + 1);
                config.base_url = inherited.base_url.or(config.base_url);
                if !inherited.paths.is_empty() {
                    config.paths = inherited.paths;
                }
            }
        }
    }
    let options = value.get("compilerOptions");
    if let Some(base) = options
        .and_then(|o| o.get("baseUrl"))
        .and_then(Value::as_str)
    {
        config.base_url = normalize(&join(folder, base));
    }
    let base = config.base_url.clone().unwrap_or_else(|| folder.to_owned());
    if let Some(Value::Object(map)) = options.and_then(|o| o.get("paths")) {
        config.paths = map
            .iter()
            .map(|(pattern, targets)| {
                let mut found = Vec::new();
                strings_of(targets, &mut found);
                let targets = found.iter().map(|target| join(&base, target)).collect();
                (pattern.clone(), targets)
            })
            .collect();
        // The longest prefix wins.
        config.paths.sort_by_key(|(pattern, _)| {
            std::cmp::Reverse(pattern.split('*').next().map_or(0, str::len))
        });
    }
    let says_nothing = config.paths.is_empty() && config.base_url.is_none();
    match value.get("references") {
        Some(references) if says_nothing && depth < 8 => {
            referenced(folder, references, configs, depth).unwrap_or(config)
        }
        _ => config,
    }
}

/// What the parts of a project say whose own file only names them: `tsconfig.app.json`. Parts in
/// folders of their own are found there.
fn referenced(
    folder: &str,
    references: &Value,
    configs: &FxHashMap<String, Value>,
    depth: u32,
) -> Option<PathConfig> {
    let parts = references.as_array()?.iter();
    let paths = parts.filter_map(|part| part.get("path")?.as_str());
    let mut found = paths.filter_map(|path| {
        let path = normalize(&join(folder, path))?;
        (parent(&path) == folder && configs.contains_key(&path))
            .then(|| path_config(&path, configs, depth + 1))
    });
    found.find(|config| !config.paths.is_empty() || config.base_url.is_some())
}

/// What is published is often built; its source stands at a place of habit.
fn add_sources(entries: &mut Vec<String>) {
    for entry in entries.clone() {
        for (built, source) in [("dist/", "src/"), ("lib/", "src/"), ("build/", "src/")] {
            let entry = entry.trim_start_matches("./");
            if let Some(rest) = entry.strip_prefix(built) {
                entries.push(format!("{source}{rest}").replace(".d.ts", ".ts"));
            }
        }
    }
}

/// All strings in a value, in order; those under `types` and `require` included.
fn strings_of(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings_of(item, into)),
        Value::Object(map) => map.values().for_each(|item| strings_of(item, into)),
        _ => {}
    }
}

/// The part of `text` that the star of `pattern` stands for.
fn match_pattern<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
    match pattern.split_once('*') {
        None => (pattern == text).then_some(""),
        Some((before, after)) => text
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after)),
    }
}

/// JSON with comments and trailing commas, as tsconfig files are written.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            match c {
                '\\' => out.extend(chars.next()),
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match (c, chars.peek()) {
            ('"', _) => {
                in_string = true;
                out.push(c);
            }
            ('/', Some('/')) => while chars.next_if(|&c| c != '\n').is_some() {},
            ('/', Some('*')) => {
                chars.next();
                while let Some(c) = chars.next() {
                    if c == '*' && chars.next_if_eq(&'/').is_some() {
                        break;
                    }
                }
            }
            (']' | '}', _) => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// The folder of a path; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |i| &path[..i])
}

/// The last segment of a path.
fn base(path: &str) -> &str {
    path.rfind('/').map_or(path, |i| &path[i + 1..])
}

fn join(folder: &str, rest: &str) -> String {
    let mut joined = String::with_capacity(folder.len() + 1 + rest.len());
    joined.push_str(folder);
    if !folder.is_empty() && !rest.is_empty() {
        joined.push('/');
    }
    joined.push_str(rest);
    joined
}

/// Resolves `.` and `..`; none if the path leaves the root.
fn normalize(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
