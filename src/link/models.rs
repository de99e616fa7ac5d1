//! What libraries do, as data: `rules/models/**.toml`, compiled for look-up.
//!
//! The format is told in `rules/models/README.md`. A model is used if the project imports its
//! package; the models of the languages' own libraries always are.

use include_dir::{Dir, include_dir};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::finding::Confidence;
use crate::source::Ecosystem;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules/models");

macro_rules! model_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);
    )*};
}

model_ids! {
    /// A kind of value that a library hands out.
    ModelTypeId,
    /// A call that some model describes.
    CallModelId,
    /// A path below a library's modules: `sqlalchemy.orm.Session`.
    PathId,
}

/// What a call, iteration or await does besides computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Reads a database.
    DbRead,
    /// Changes a database.
    DbWrite,
    /// Ends a transaction.
    Commit,
    /// Calls another service.
    Remote,
    /// Makes another service change something.
    RemoteWrite,
    /// Reads a cache server.
    CacheRead,
    /// Changes a cache server.
    CacheWrite,
    /// Reads or writes files.
    File,
    /// Waits for time to pass.
    Sleep,
    /// Waits for a lock.
    Lock,
    /// Runs a program.
    Process,
    /// Computes for long.
    Cpu,
    /// Reads or changes a database, as its SQL text says.
    Sql,
}

/// How many rows a read asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// Any number.
    Many,
    /// At most one.
    One,
    /// A count or other single value.
    Scalar,
    /// None.
    None,
}

/// What a builtin costs for a receiver of n elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Walks the receiver to find something.
    Search,
    /// Moves all elements.
    Shift,
    /// Copies all elements.
    Copy,
    /// Sorts.
    Sort,
    /// Compiles a pattern or template.
    Compile,
}

/// How concurrent calls are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batched {
    /// A loader answers all calls of one tick together.
    SameTick,
    /// Queued and sent together.
    Pipeline,
}

/// How often a callback runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// Once.
    Once,
    /// Once per element of the receiver or first argument.
    Each,
}

/// A type as models write it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TypeSpec {
    /// Not said.
    #[default]
    Unknown,
    /// A string, number or truth value.
    Str,
    /// A number.
    Num,
    /// A truth value.
    Bool,
    /// Null.
    Null,
    /// A type of some model.
    Named(ModelTypeId),
    /// The class of such a type.
    Class(ModelTypeId),
    /// The receiver's.
    Receiver,
    /// A row of the entity.
    Entity,
    /// An element of the receiver.
    Element,
    /// That of an argument.
    Argument(u8),
    /// What the callback returns.
    Callback,
    /// `list<T>` and the like.
    Wrapped(Wrapper, Box<TypeSpec>),
}

/// A container of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Wrapper {
    /// A list or array.
    List = 1,
    /// A set.
    Set = 2,
    /// A map; the type is that of its values.
    Map = 3,
    /// A generator or iterator.
    Iterator = 4,
    /// A promise or coroutine.
    Promise = 5,
    /// A tuple; the type is that of its first part.
    Tuple = 6,
}

/// Where the entity of a call's result comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntityFrom {
    /// The receiver's entity.
    #[default]
    Receiver,
    /// The entity of an argument.
    Argument(u8),
    /// A type argument.
    Generic(u8),
    /// The member's own name.
    Name,
}

/// What limits the rows of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bounded {
    /// The call itself.
    Always,
    /// An argument.
    Argument(u8),
    /// A key of an object argument, or a keyword argument.
    Key(String),
}

/// A call, as its model describes it.
#[derive(Debug, Clone)]
pub struct CallModel {
    /// The library.
    pub package: String,
    /// What it does, if it does anything.
    pub effect: Option<Effect>,
    /// Position of the SQL text.
    pub sql: Option<u8>,
    /// How many rows it asks for.
    pub rows: Option<Rows>,
    /// What it returns.
    pub returns: TypeSpec,
    /// Whose rows.
    pub entity: EntityFrom,
    /// Whether the result is a promise of `returns`.
    pub awaitable: bool,
    /// Whether it holds the thread.
    pub blocking: bool,
    /// What limits its rows.
    pub bounded: Option<Bounded>,
    /// What to call instead of once per element.
    pub bulk: Option<String>,
    /// How concurrent calls are merged.
    pub batched: Option<Batched>,
    /// Position of the argument called back, and how often.
    pub callback: Option<(u8, Runs)>,
    /// What the callback receives.
    pub receives: TypeSpec,
    /// What it costs.
    pub cost: Option<Cost>,
    /// Whether it changes the receiver.
    pub mutates: bool,
    /// The argument that must be given for this entry to hold.
    pub when: Option<Bounded>,
    /// Entries for the same call that hold when some argument is given.
    pub variants: Vec<CallModelId>,
    /// The argument that is walked.
    pub iterates: Option<u8>,
    /// Whether a row that the receiver holds already costs no round trip.
    pub identity: bool,
    /// Whether a relation that came with the rows costs no round trip.
    pub preloaded: bool,
    /// Whether what it is handed runs at the same time.
    pub concurrent: bool,
    /// Whether the callback runs in another thread.
    pub off_thread: bool,
}

/// What iterating or awaiting a value does.
#[derive(Debug, Clone)]
pub struct UseModel {
    /// What it does.
    pub effect: Option<Effect>,
    /// How many rows it asks for.
    pub rows: Option<Rows>,
    /// The element's or result's type.
    pub gives: TypeSpec,
    /// What to do instead of once per element.
    pub bulk: Option<String>,
    /// Whether rows that came along cost no round trip.
    pub preloaded: bool,
}

/// A type of a model.
#[derive(Debug, Clone)]
pub struct ModelType {
    /// `package.Name`.
    pub name: String,
    /// One value must not be used concurrently.
    pub serial: bool,
    /// One for the whole process is meant.
    pub shared: bool,
    /// Project classes deriving from it are tables.
    pub entity: bool,
    /// Where the entity of a value comes from: a type or constructor argument.
    pub entity_from: EntityFrom,
    /// A value is a statement with this effect.
    pub statement: Option<Effect>,
    /// Its round trips stay in the process: SQLite.
    pub local: bool,
    /// The type whose members hold here too.
    pub extends: Option<ModelTypeId>,
    iterate: Option<UseModel>,
    awaited: Option<UseModel>,
}

/// What reading a member gives.
#[derive(Debug, Clone)]
pub struct AttributeModel {
    /// Its type.
    pub ty: TypeSpec,
    /// Whose rows.
    pub entity: EntityFrom,
}

/// A member of a type.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Reading it.
    pub attribute: Option<AttributeModel>,
    /// Calling it.
    pub call: Option<CallModelId>,
}

/// A node of the path trie.
#[derive(Debug, Clone, Default)]
pub struct PathNode {
    children: FxHashMap<String, PathId>,
    /// A function or class at this path.
    pub call: Option<CallModelId>,
    /// The type whose class stands at this path.
    pub ty: Option<ModelTypeId>,
}

/// All models in use.
#[derive(Debug, Default)]
pub struct Models {
    types: Vec<ModelType>,
    type_ids: FxHashMap<String, ModelTypeId>,
    calls: Vec<CallModel>,
    paths: Vec<PathNode>,
    members: FxHashMap<(ModelTypeId, bool), FxHashMap<String, Member>>,
    receivers: FxHashMap<String, (ModelTypeId, Confidence)>,
    member_receivers: FxHashMap<String, (ModelTypeId, Confidence)>,
    builtins: Builtins,
    /// Functions and classes that a model of the user describes.
    user_paths: FxHashSet<PathId>,
}

/// The model types of the languages' own values.
#[derive(Debug, Default, Clone, Copy)]
pub struct Builtins {
    /// By ecosystem: list, set, map, iterator, promise, tuple, string, number.
    of: [[Option<ModelTypeId>; 8]; 2],
}

impl Builtins {
    fn add(&mut self, package: &str, shape: &str, id: ModelTypeId) {
        let ecosystem = usize::from(package != "python");
        let shapes = [
            "list", "set", "map", "iterator", "promise", "tuple", "string", "number",
        ];
        if let Some(at) = shapes.iter().position(|&s| s == shape) {
            self.of[ecosystem][at].get_or_insert(id);
        }
    }
}

/// Why a model file was refused.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file is not TOML of the right form.
    #[error("{path}: {message}")]
    Syntax {
        /// The model's file.
        path: String,
        /// What is wrong and where.
        message: String,
    },
    /// It names a type that no model defines.
    #[error("{path}: unknown type \"{name}\"")]
    UnknownType {
        /// The model's file.
        path: String,
        /// The name.
        name: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSpec {
    package: String,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default, rename = "type")]
    types: Vec<TypeEntry>,
    #[serde(default, rename = "attribute")]
    attributes: Vec<AttributeEntry>,
    #[serde(default, rename = "call")]
    calls: Vec<CallEntry>,
    #[serde(default)]
    iterate: Vec<UseEntry>,
    #[serde(default, rename = "await")]
    awaited: Vec<UseEntry>,
    #[serde(default, rename = "receiver")]
    receivers: Vec<ReceiverEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    name: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    serial: bool,
    #[serde(default)]
    shared: bool,
    entity: Option<EntityEntry>,
    extends: Option<String>,
    #[serde(default)]
    local: bool,
    #[expect(dead_code, reason = "read by the step that follows relations")]
    relations: Option<String>,
    #[serde(rename = "to-many")]
    #[expect(dead_code, reason = "read by the step that follows relations")]
    to_many: Option<String>,
    statement: Option<Effect>,
    shape: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum EntityEntry {
    Table(bool),
    From(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeEntry {
    on: String,
    names: Vec<String>,
    #[serde(rename = "type")]
    ty: String,
    entity: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallEntry {
    on: Option<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    effect: Option<Effect>,
    sql: Option<u8>,
    rows: Option<Rows>,
    returns: Option<String>,
    entity: Option<String>,
    #[serde(default)]
    awaitable: bool,
    #[serde(default)]
    blocking: bool,
    bounded: Option<BoundedEntry>,
    bulk: Option<String>,
    batched: Option<Batched>,
    callback: Option<u8>,
    runs: Option<Runs>,
    receives: Option<String>,
    cost: Option<Cost>,
    #[serde(default)]
    mutates: bool,
    when: Option<String>,
    iterates: Option<String>,
    #[expect(dead_code, reason = "read by the step that follows relations")]
    loads: Option<String>,
    #[serde(default)]
    preloaded: bool,
    #[serde(default)]
    identity: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the rules about memory")]
    streams: bool,
    #[expect(dead_code, reason = "read by the rules about caches")]
    expires: Option<Vec<String>>,
    #[serde(default)]
    concurrent: bool,
    #[serde(default, rename = "off-thread")]
    off_thread: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum BoundedEntry {
    Always(bool),
    By(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UseEntry {
    on: String,
    effect: Option<Effect>,
    rows: Option<Rows>,
    #[serde(alias = "returns")]
    yields: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the rules about blocking calls")]
    blocking: bool,
    #[expect(dead_code, reason = "read by the rules about unbounded results")]
    bounded: Option<BoundedEntry>,
    bulk: Option<String>,
    #[serde(default)]
    preloaded: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the rules about memory")]
    streams: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiverEntry {
    names: Vec<String>,
    #[serde(rename = "type")]
    ty: String,
    confidence: Confidence,
}

struct Source {
    path: String,
    ecosystem: Option<Ecosystem>,
    is_users: bool,
    spec: FileSpec,
}

impl Models {
    /// Compiles the embedded models and the users' for a project that imports `imported`
    /// modules. `users` holds path and text of each user model.
    ///
    /// # Errors
    /// If a user's model is malformed. Embedded models are checked by the tests.
    pub fn compile(
        imported: &FxHashSet<String>,
        users: &[(String, String)],
    ) -> Result<Self, ModelError> {
        let mut sources = Vec::new();
        collect(&EMBEDDED, &mut sources)?;
        for (path, text) in users {
            sources.push(Source {
                is_users: true,
                ..parse(path, text, None)?
            });
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        let needed = needed_packages(&sources, imported);
        sources.retain(|source| {
            source.spec.imports.is_empty() || needed.contains(&source.spec.package)
        });
        let mut models = Self {
            paths: vec![PathNode::default(), PathNode::default()],
            ..Self::default()
        };
        for source in &sources {
            models.add_types(source);
        }
        for source in &sources {
            models.add_members(source)?;
        }
        Ok(models)
    }

    /// A type.
    pub fn ty(&self, id: ModelTypeId) -> &ModelType {
        &self.types[id.0 as usize]
    }

    /// The type of a qualified name, `django.QuerySet`.
    pub fn type_named(&self, name: &str) -> Option<ModelTypeId> {
        self.type_ids.get(name).copied()
    }

    /// A call's description.
    pub fn call(&self, id: CallModelId) -> &CallModel {
        &self.calls[id.0 as usize]
    }

    /// A node of the path trie.
    pub fn path(&self, id: PathId) -> &PathNode {
        &self.paths[id.0 as usize]
    }

    /// The node of a module: dotted in Python, a specifier in JavaScript.
    pub fn module(&self, ecosystem: Ecosystem, module: &str) -> Option<PathId> {
        let root = root_of(ecosystem);
        match ecosystem {
            Ecosystem::PyPi => module
                .split('.')
                .try_fold(root, |at, part| self.child(at, part)),
            Ecosystem::Npm => {
                let module = module.strip_prefix("node:").unwrap_or(module);
                self.child(root, module).or_else(|| {
                    let (scope, _) = module.split_once('/')?;
                    self.child(root, &format!("{scope}/"))
                })
            }
        }
    }

    /// The node of a global or builtin name.
    pub fn global(&self, ecosystem: Ecosystem, name: &str) -> Option<PathId> {
        let home = match ecosystem {
            Ecosystem::PyPi => "builtins",
            Ecosystem::Npm => "",
        };
        self.child(self.child(root_of(ecosystem), home)?, name)
    }

    /// The node one step further.
    pub fn child(&self, at: PathId, name: &str) -> Option<PathId> {
        self.path(at).children.get(name).copied()
    }

    /// A member of a value of a type, or (`of_class`) of the type's class.
    pub fn member(&self, ty: ModelTypeId, of_class: bool, name: &str) -> Option<&Member> {
        let mut at = Some(ty);
        let mut star = None;
        // Types extend a few others at most; the bound ends a cycle of a user's model.
        for _ in 0..8 {
            let Some(ty) = at else {
                break;
            };
            if let Some(members) = self.members.get(&(ty, of_class)) {
                if let Some(found) = members.get(name) {
                    return Some(found);
                }
                star = star.or_else(|| members.get("*"));
            }
            at = self.ty(ty).extends;
        }
        star
    }

    /// What iterating a value of a type does.
    pub fn iterate(&self, ty: ModelTypeId) -> Option<&UseModel> {
        self.inherited(ty, |ty| ty.iterate.as_ref())
    }

    /// What awaiting a value of a type does.
    pub fn awaited(&self, ty: ModelTypeId) -> Option<&UseModel> {
        self.inherited(ty, |ty| ty.awaited.as_ref())
    }

    fn inherited<T>(&self, ty: ModelTypeId, of: impl Fn(&ModelType) -> Option<&T>) -> Option<&T> {
        let mut at = Some(ty);
        for _ in 0..8 {
            let ty = self.ty(at?);
            if let Some(found) = of(ty) {
                return Some(found);
            }
            at = ty.extends;
        }
        None
    }

    /// The type that values of this name have by convention.
    pub fn receiver(&self, name: &str) -> Option<(ModelTypeId, Confidence)> {
        self.receivers.get(name).copied()
    }

    /// The type that values of this name have by convention as members of something.
    pub fn member_receiver(&self, name: &str) -> Option<(ModelTypeId, Confidence)> {
        self.member_receivers.get(name).copied()
    }

    /// The model type of a container.
    pub fn wrapper_type(&self, ecosystem: Ecosystem, wrapper: Wrapper) -> Option<ModelTypeId> {
        self.builtins.of[ecosystem as usize][wrapper as usize - 1]
    }

    /// The container that a builtin type stands for.
    pub fn wrapper_of(&self, ty: ModelTypeId) -> Option<Wrapper> {
        const WRAPPERS: [Wrapper; 6] = [
            Wrapper::List,
            Wrapper::Set,
            Wrapper::Map,
            Wrapper::Iterator,
            Wrapper::Promise,
            Wrapper::Tuple,
        ];
        let shapes = self.builtins.of.iter();
        let mut at = shapes.filter_map(|of| of.iter().position(|&t| t == Some(ty)));
        at.find_map(|at| WRAPPERS.get(at).copied())
    }

    /// Whether a builtin type is that of strings.
    pub fn is_string(&self, ty: ModelTypeId) -> bool {
        self.builtins.of.iter().any(|of| of[6] == Some(ty))
    }

    /// The model type of strings.
    pub fn string_type(&self, ecosystem: Ecosystem) -> Option<ModelTypeId> {
        self.builtins.of[ecosystem as usize][6]
    }

    fn add_types(&mut self, source: &Source) {
        for entry in &source.spec.types {
            let name = format!("{}.{}", source.spec.package, entry.name);
            let id = ModelTypeId(self.types.len() as u16);
            self.types.push(ModelType {
                name: name.clone(),
                serial: entry.serial,
                shared: entry.shared,
                local: entry.local,
                entity: matches!(entry.entity, Some(EntityEntry::Table(true))),
                entity_from: match &entry.entity {
                    Some(EntityEntry::From(text)) => entity_from(Some(text)),
                    _ => EntityFrom::Receiver,
                },
                statement: entry.statement,
                extends: None,
                iterate: None,
                awaited: None,
            });
            self.type_ids.insert(name, id);
            if let Some(shape) = &entry.shape {
                self.builtins.add(&source.spec.package, shape, id);
            }
            for path in &entry.paths {
                let node = self.node(source, path);
                self.paths[node.0 as usize].ty = Some(id);
            }
        }
    }

    fn add_members(&mut self, source: &Source) -> Result<(), ModelError> {
        for entry in &source.spec.types {
            if let Some(extends) = &entry.extends {
                let (id, _) = self.receiver_type(source, &entry.name)?;
                let extended = self.named(source, extends)?;
                self.types[id.0 as usize].extends = Some(extended);
            }
        }
        for entry in &source.spec.attributes {
            let (on, of_class) = self.receiver_type(source, &entry.on)?;
            let attribute = AttributeModel {
                ty: self.type_spec(source, &entry.ty)?,
                entity: entity_from(entry.entity.as_deref()),
            };
            for name in &entry.names {
                self.member_mut(on, of_class, name).attribute = Some(attribute.clone());
            }
        }
        for entry in &source.spec.calls {
            let id = CallModelId(self.calls.len() as u16);
            let returns = self.optional_type(source, entry.returns.as_deref())?;
            let receives = self.optional_type(source, entry.receives.as_deref())?;
            self.calls.push(CallModel {
                package: source.spec.package.clone(),
                effect: entry.effect,
                sql: entry.sql,
                rows: entry.rows,
                returns,
                entity: entity_from(entry.entity.as_deref()),
                awaitable: entry.awaitable,
                blocking: entry.blocking,
                bounded: entry.bounded.as_ref().and_then(bounded),
                bulk: entry.bulk.clone(),
                batched: entry.batched,
                callback: entry
                    .callback
                    .map(|at| (at, entry.runs.unwrap_or(Runs::Once))),
                receives,
                cost: entry.cost,
                mutates: entry.mutates,
                when: entry.when.as_deref().map(bound_named),
                variants: Vec::new(),
                iterates: entry.iterates.as_deref().and_then(argument_number),
                identity: entry.identity,
                preloaded: entry.preloaded,
                concurrent: entry.concurrent,
                off_thread: entry.off_thread,
            });
            if let Some(on) = &entry.on {
                let (on, of_class) = self.receiver_type(source, on)?;
                for name in &entry.names {
                    let known = self.member_mut(on, of_class, name).call;
                    let call = self.with_variant(known, id);
                    self.member_mut(on, of_class, name).call = Some(call);
                }
            }
            for path in &entry.paths {
                let node = self.node(source, path);
                let known = self.paths[node.0 as usize].call;
                let call = self.with_variant(known, id);
                self.paths[node.0 as usize].call = Some(call);
            }
        }
        for (entries, is_await) in [(&source.spec.iterate, false), (&source.spec.awaited, true)] {
            for entry in entries {
                let (on, _) = self.receiver_type(source, &entry.on)?;
                let model = Some(UseModel {
                    effect: entry.effect,
                    rows: entry.rows,
                    gives: self.optional_type(source, entry.yields.as_deref())?,
                    bulk: entry.bulk.clone(),
                    preloaded: entry.preloaded,
                });
                let ty = &mut self.types[on.0 as usize];
                if is_await {
                    ty.awaited = model;
                } else {
                    ty.iterate = model;
                }
            }
        }
        for entry in &source.spec.receivers {
            let (ty, _) = self.receiver_type(source, &entry.ty)?;
            for name in &entry.names {
                let (names, name) = match name.strip_prefix('.') {
                    Some(name) => (&mut self.member_receivers, name),
                    None => (&mut self.receivers, name.as_str()),
                };
                names
                    .entry(name.to_owned())
                    .or_insert((ty, entry.confidence));
            }
        }
        Ok(())
    }

    /// The entry for a call once `new` is known too. Entries that hold only `when` an argument
    /// is given become variants of the plain one.
    fn with_variant(&mut self, known: Option<CallModelId>, new: CallModelId) -> CallModelId {
        let Some(known) = known else {
            return new;
        };
        let is_variant = |models: &Self, id: CallModelId| models.call(id).when.is_some();
        let (plain, variant) = match (is_variant(self, known), is_variant(self, new)) {
            (_, true) => (known, new),
            (true, false) => (new, known),
            (false, false) => return new,
        };
        // One entry may serve several names, and each name has its own variants.
        let mut model = self.call(plain).clone();
        if plain == new {
            model.variants.extend(self.call(variant).variants.clone());
        }
        model.variants.push(variant);
        let id = CallModelId(self.calls.len() as u16);
        self.calls.push(model);
        id
    }

    /// The entry that holds for a call, given which arguments are there.
    pub fn select(&self, id: CallModelId, is_given: impl Fn(&Bounded) -> bool) -> CallModelId {
        let variants = self.call(id).variants.iter().copied();
        let holds = |v: &CallModelId| self.call(*v).when.as_ref().is_some_and(&is_given);
        variants.into_iter().find(holds).unwrap_or(id)
    }

    fn member_mut(&mut self, ty: ModelTypeId, of_class: bool, name: &str) -> &mut Member {
        let members = self.members.entry((ty, of_class)).or_default();
        members.entry(name.to_owned()).or_default()
    }

    fn receiver_type(
        &self,
        source: &Source,
        name: &str,
    ) -> Result<(ModelTypeId, bool), ModelError> {
        let (name, of_class) = match name.strip_suffix(".class") {
            Some(name) => (name, true),
            None => (name, false),
        };
        Ok((self.named(source, name)?, of_class))
    }

    fn named(&self, source: &Source, name: &str) -> Result<ModelTypeId, ModelError> {
        let own = format!("{}.{name}", source.spec.package);
        let found = self.type_ids.get(&own).or_else(|| self.type_ids.get(name));
        found.copied().ok_or_else(|| ModelError::UnknownType {
            path: source.path.clone(),
            name: name.to_owned(),
        })
    }

    fn optional_type(&self, source: &Source, text: Option<&str>) -> Result<TypeSpec, ModelError> {
        text.map_or(Ok(TypeSpec::Unknown), |text| self.type_spec(source, text))
    }

    fn type_spec(&self, source: &Source, text: &str) -> Result<TypeSpec, ModelError> {
        let text = text.trim();
        if let Some(class) = text.strip_suffix(".class") {
            return self.named(source, class).map(TypeSpec::Class);
        }
        if let Some((head, rest)) = text.split_once('<') {
            let inner = rest.strip_suffix('>').unwrap_or(rest);
            let first = first_of(inner);
            let wrapper = match head.trim() {
                "list" => Wrapper::List,
                "set" => Wrapper::Set,
                "map" => Wrapper::Map,
                "iterator" => Wrapper::Iterator,
                "promise" => Wrapper::Promise,
                "tuple" => Wrapper::Tuple,
                _ => return self.named(source, head).map(TypeSpec::Named),
            };
            let inner = self.type_spec(source, first)?;
            return Ok(TypeSpec::Wrapped(wrapper, Box::new(inner)));
        }
        Ok(match text {
            "unknown" => TypeSpec::Unknown,
            "string" => TypeSpec::Str,
            "number" => TypeSpec::Num,
            "bool" => TypeSpec::Bool,
            "null" => TypeSpec::Null,
            "self" => TypeSpec::Receiver,
            "entity" => TypeSpec::Entity,
            "element" => TypeSpec::Element,
            "callback" => TypeSpec::Callback,
            "list" | "set" | "map" | "iterator" | "promise" | "tuple" => {
                return self.type_spec(source, &format!("{text}<unknown>"));
            }
            _ => match text.strip_prefix("argument").and_then(|n| n.parse().ok()) {
                Some(n) => TypeSpec::Argument(n),
                None => TypeSpec::Named(self.named(source, text)?),
            },
        })
    }

    /// Whether a model of the user describes what stands at a path, so that the model holds and
    /// not what the project's own module of that name says.
    pub fn is_users(&self, path: PathId) -> bool {
        self.user_paths.contains(&path)
    }

    fn node(&mut self, source: &Source, path: &str) -> PathId {
        let (ecosystem, parts): (Ecosystem, Vec<&str>) = match path.split_once('#') {
            Some((module, rest)) => {
                let module = module.strip_prefix("node:").unwrap_or(module);
                let rest = rest.split('.').filter(|part| !part.is_empty());
                (
                    Ecosystem::Npm,
                    std::iter::once(module).chain(rest).collect(),
                )
            }
            None if source.ecosystem == Some(Ecosystem::Npm) => (Ecosystem::Npm, vec![path]),
            None => (Ecosystem::PyPi, path.split('.').collect()),
        };
        let mut at = root_of(ecosystem);
        for part in parts {
            at = if let Some(next) = self.child(at, part) {
                next
            } else {
                let next = PathId(self.paths.len() as u16);
                self.paths.push(PathNode::default());
                self.paths[at.0 as usize]
                    .children
                    .insert(part.to_owned(), next);
                next
            };
        }
        if source.is_users {
            self.user_paths.insert(at);
        }
        at
    }
}

/// The first of several comma-separated types.
fn first_of(inner: &str) -> &str {
    let mut depth = 0;
    for (i, c) in inner.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => return &inner[..i],
            _ => {}
        }
    }
    inner
}

fn root_of(ecosystem: Ecosystem) -> PathId {
    match ecosystem {
        Ecosystem::PyPi => PathId(0),
        Ecosystem::Npm => PathId(1),
    }
}

fn entity_from(text: Option<&str>) -> EntityFrom {
    let number = |prefix: &str| text.and_then(|t| t.strip_prefix(prefix)?.parse().ok());
    if let Some(n) = number("argument") {
        return EntityFrom::Argument(n);
    }
    if let Some(n) = number("generic") {
        return EntityFrom::Generic(n);
    }
    match text {
        Some("name") => EntityFrom::Name,
        _ => EntityFrom::Receiver,
    }
}

fn bounded(entry: &BoundedEntry) -> Option<Bounded> {
    match entry {
        BoundedEntry::Always(true) => Some(Bounded::Always),
        BoundedEntry::Always(false) => None,
        BoundedEntry::By(text) => Some(bound_named(text)),
    }
}

fn bound_named(text: &str) -> Bounded {
    match text.strip_prefix("key:") {
        Some(key) => Bounded::Key(key.to_owned()),
        None => Bounded::Argument(argument_number(text).unwrap_or(0)),
    }
}

fn argument_number(text: &str) -> Option<u8> {
    text.strip_prefix("argument")?.parse().ok()
}

fn collect(dir: &Dir<'_>, into: &mut Vec<Source>) -> Result<(), ModelError> {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if !path.ends_with(".toml") {
            continue;
        }
        let ecosystem = match path.split('/').next() {
            Some("pypi") => Some(Ecosystem::PyPi),
            Some("npm") => Some(Ecosystem::Npm),
            _ => None,
        };
        into.push(parse(&path, file.contents_utf8().unwrap_or(""), ecosystem)?);
    }
    dir.dirs().try_for_each(|dir| collect(dir, into))
}

fn parse(path: &str, text: &str, ecosystem: Option<Ecosystem>) -> Result<Source, ModelError> {
    let spec = toml::from_str(text).map_err(|error| ModelError::Syntax {
        path: path.to_owned(),
        message: error.to_string(),
    })?;
    Ok(Source {
        path: path.to_owned(),
        ecosystem,
        is_users: false,
        spec,
    })
}

/// The packages in use: those imported, and those whose types the models of these name.
fn needed_packages(sources: &[Source], imported: &FxHashSet<String>) -> FxHashSet<String> {
    let mut needed: FxHashSet<String> = sources
        .iter()
        .filter(|source| {
            let mut imports = source.spec.imports.iter();
            imports.any(|import| {
                imported.contains(import)
                    || (import.ends_with('/') && imported.iter().any(|i| i.starts_with(import)))
            })
        })
        .map(|source| source.spec.package.clone())
        .collect();
    loop {
        let mut more = Vec::new();
        for source in sources {
            if !source.spec.imports.is_empty() && !needed.contains(&source.spec.package) {
                continue;
            }
            for other in sources {
                let mentions = |text: &str| text.contains(&format!("{}.", other.spec.package));
                if !needed.contains(&other.spec.package) && mentioned(&source.spec, mentions) {
                    more.push(other.spec.package.clone());
                }
            }
        }
        if more.is_empty() {
            return needed;
        }
        needed.extend(more);
    }
}

/// Whether any type that a model writes satisfies `test`.
fn mentioned(spec: &FileSpec, test: impl Fn(&str) -> bool) -> bool {
    let calls = spec
        .calls
        .iter()
        .flat_map(|c| [&c.on, &c.returns, &c.receives]);
    let uses = spec.iterate.iter().chain(&spec.awaited);
    spec.attributes.iter().any(|a| test(&a.on) || test(&a.ty))
        || calls.flatten().any(|text| test(text))
        || uses
            .flat_map(|u| [Some(&u.on), u.yields.as_ref()])
            .flatten()
            .any(|text| test(text))
}
