//! Where libraries enter a program: how they take the functions that answer requests and do jobs.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::{ModelTypeId, PathId};
use crate::globs::Globs;
use crate::source::Ecosystem;

/// What enters a program at some function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A request over HTTP.
    Route,
    /// The rendering of a page on the server.
    Page,
    /// A form or call of a page.
    Action,
    /// A call of a remote procedure.
    Procedure,
    /// A field of a GraphQL query.
    Resolver,
    /// A step on the way to an answer, called by a library.
    Hook,
    /// A message of a queue, a schedule.
    Job,
    /// A command that someone types.
    Command,
}

impl EntryKind {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Page => "page",
            Self::Action => "action",
            Self::Procedure => "procedure",
            Self::Resolver => "resolver",
            Self::Hook => "hook",
            Self::Job => "job",
            Self::Command => "command",
        }
    }

    /// Whether someone waits for the answer.
    pub fn is_request(self) -> bool {
        !matches!(self, Self::Job | Self::Command)
    }
}

/// One way by which a library takes functions, as a model file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryPointEntry {
    pub(super) kind: EntryKind,
    pub(super) on: Option<String>,
    pub(super) class: Option<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) exports: Vec<String>,
    #[serde(default)]
    pub(super) keys: Vec<String>,
    pub(super) directive: Option<String>,
    pub(super) path: Option<u8>,
    pub(super) method: Option<String>,
    pub(super) answers: Option<String>,
}

/// One way by which a library takes functions.
#[derive(Debug, Clone)]
pub struct EntryPointModel {
    /// The library.
    pub package: String,
    /// What enters there.
    pub kind: EntryKind,
    /// The argument that holds the path.
    pub path: Option<u8>,
    /// The method of the request; `name` is the name by which the function is taken.
    pub method: Option<String>,
    /// The keyword that names the class whose fields are read of what is returned.
    pub answers: Option<String>,
    /// Names of methods or exports; `x*` is what starts with `x`.
    names: Vec<String>,
    /// Where its files are in use; all if none.
    ecosystem: Option<Ecosystem>,
}

/// An index into the models of entry points.
pub(super) type Index = u16;

/// All ways by which the libraries in use take functions.
#[derive(Debug, Default)]
pub struct EntryPoints {
    models: Vec<EntryPointModel>,
    members: FxHashMap<(ModelTypeId, String), Index>,
    names: FxHashSet<String>,
    paths: FxHashMap<PathId, Index>,
    classes: Vec<(ModelTypeId, Index)>,
    files: Vec<(Globs, Index)>,
    keys: Vec<(String, Index)>,
    directives: Vec<(String, Index)>,
}

impl EntryPoints {
    pub(super) fn add(
        &mut self,
        entry: &EntryPointEntry,
        package: &str,
        ecosystem: Option<Ecosystem>,
        on: Option<ModelTypeId>,
        class: Option<ModelTypeId>,
        paths: &[PathId],
    ) {
        let index = self.models.len() as Index;
        let names = if class.is_some() {
            &entry.names
        } else {
            &entry.exports
        };
        self.models.push(EntryPointModel {
            package: package.to_owned(),
            kind: entry.kind,
            path: entry.path,
            method: entry.method.clone(),
            answers: entry.answers.clone(),
            names: names.clone(),
            ecosystem,
        });
        if let Some(on) = on {
            for name in &entry.names {
                self.names.insert(name.clone());
                self.members.insert((on, name.clone()), index);
            }
        }
        self.classes.extend(class.map(|class| (class, index)));
        self.paths.extend(paths.iter().map(|&path| (path, index)));
        if !entry.files.is_empty() {
            let (globs, _) = Globs::new(&entry.files);
            self.files.push((globs, index));
        }
        let keys = entry.keys.iter().cloned();
        self.keys.extend(keys.map(|key| (key, index)));
        let directive = entry.directive.iter().cloned();
        self.directives.extend(directive.map(|text| (text, index)));
    }

    /// Takes functions of some name in files of any language, because the user says so.
    pub fn add_files(&mut self, kind: EntryKind, files: &str, name: &str) {
        let index = self.models.len() as Index;
        self.models.push(EntryPointModel {
            package: "configuration".to_owned(),
            kind,
            path: None,
            answers: None,
            method: None,
            names: vec![name.to_owned()],
            ecosystem: None,
        });
        let (globs, _) = Globs::new(&[files.to_owned()]);
        self.files.push((globs, index));
    }

    fn model(&self, index: Index) -> &EntryPointModel {
        &self.models[usize::from(index)]
    }

    /// Whether some library takes functions by a member of this name.
    pub fn may_take(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// How a member of a value takes functions.
    pub fn member(&self, ty: ModelTypeId, name: &str) -> Option<&EntryPointModel> {
        let index = self.members.get(&(ty, name.to_owned()))?;
        Some(self.model(*index))
    }

    /// How what stands at a path takes functions, as a decorator or by a call.
    pub fn at_path(&self, path: PathId) -> Option<&EntryPointModel> {
        self.paths.get(&path).map(|&index| self.model(index))
    }

    /// Whether methods of classes are taken.
    pub fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    /// How methods of classes that derive from a type are taken.
    pub fn of_class(&self, ty: ModelTypeId) -> impl Iterator<Item = &EntryPointModel> {
        let classes = self.classes.iter().filter(move |(class, _)| *class == ty);
        classes.map(|&(_, index)| self.model(index))
    }

    /// How exports of a file are taken for its place.
    pub fn of_file<'a>(
        &'a self,
        path: &'a str,
        ecosystem: Ecosystem,
    ) -> impl Iterator<Item = &'a EntryPointModel> {
        let files = self.files.iter().map(|(globs, index)| (globs, *index));
        files.filter_map(move |(globs, index)| {
            let model = self.model(index);
            (model.holds_in(ecosystem) && globs.matches(path)).then_some(model)
        })
    }

    /// How functions below a key of an object are taken.
    pub fn of_key(&self, key: &str, ecosystem: Ecosystem) -> Option<&EntryPointModel> {
        let mut keys = self.keys.iter().filter(|(known, _)| known == key);
        keys.find_map(|&(_, index)| {
            let model = self.model(index);
            model.holds_in(ecosystem).then_some(model)
        })
    }

    /// Whether functions below some key are taken.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// How functions that a text at their start marks are taken.
    pub fn directives(&self) -> impl Iterator<Item = (&str, &EntryPointModel)> {
        let all = self.directives.iter();
        all.map(|(text, index)| (text.as_str(), self.model(*index)))
    }
}

impl EntryPointModel {
    fn holds_in(&self, ecosystem: Ecosystem) -> bool {
        self.ecosystem.is_none_or(|own| own == ecosystem)
    }

    /// Whether a method or export of this name is taken.
    pub fn takes(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            })
    }

    /// The method of a request that comes to a function taken by a name.
    pub fn method_for(&self, name: &str) -> Option<String> {
        match self.method.as_deref() {
            Some("name") => Some(name.to_ascii_uppercase()),
            method => method.map(str::to_owned),
        }
    }
}
