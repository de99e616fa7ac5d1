//! What libraries do, as data: `rules/models/**.toml`, compiled for look-up.
//!
//! The format is told in `rules/models/README.md`. A model is used if the project imports its
//! package; the models of the languages' own libraries always are.

pub mod chains;
pub mod clauses;
mod compile;
mod entry_points;
mod format;
pub mod tables;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use self::clauses::{Clauses, OperatorModel};
pub use self::entry_points::{EntryKind, EntryPointModel, EntryPoints};
use self::format::{Source, needed_packages, parse};
use crate::finding::Confidence;
use crate::ir::Module;
use crate::source::Ecosystem;

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
    /// Holds the thread so long that others waiting for it notice. Follows from the other
    /// effects of blocking calls; no model says it.
    #[serde(skip)]
    Block,
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
    /// Copies all elements to add more.
    Extend,
    /// Goes through all elements to add one.
    Merge,
    /// Makes a value for each row where one operation would serve for all.
    Rowwise,
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
    /// A value of the class that the method is called on.
    Instance,
    /// That of an argument.
    Argument(u8),
    /// What the callback returns.
    Callback,
    /// The member of the first argument that the second names.
    Member,
    /// `tuple<A, B>`
    Parts(Vec<TypeSpec>),
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
    /// Position of the only argument that this takes many of.
    pub bulk_of: Option<u8>,
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
    /// Where the relations are named that come with the rows.
    pub loads: Option<Bounded>,
    /// The first of two arguments, a start and an end, by which a part is read.
    pub range: Option<u8>,
    /// Where columns are named, and relations: those of which more is said.
    pub selects: Option<Bounded>,
    /// The argument that is walked.
    pub iterates: Option<u8>,
    /// Whether a row that the receiver holds already costs no round trip.
    pub identity: bool,
    /// Whether a relation that came with the rows costs no round trip.
    pub preloaded: bool,
    /// Whether the relation that its first argument names is joined to the rows of a query.
    pub joins: bool,
    /// The argument whose rows it reads, by the fields of the receiver's class.
    pub reads: Option<Bounded>,
    /// Whether what it is handed runs at the same time.
    pub concurrent: bool,
    /// Whether the callback runs in another thread.
    pub off_thread: bool,
    /// Whether it opens a pool or connection, or makes a client that keeps one.
    pub opens: bool,
    /// What to make once instead, for a function that connects anew on each call.
    pub kept_by: Option<String>,
    /// What it adds to the query that it builds or runs.
    pub query: Option<Box<Clauses>>,
    /// The arguments that give a cache entry an end. None if it makes no entry.
    pub expires: Vec<Bounded>,
    /// Whether an entry without any of them ends all the same; one that is null keeps it.
    pub expires_by_default: bool,
    /// Whether it takes entries out of a cache.
    pub evicts: bool,
    /// Whether it is a decorator that keeps what a function returns; `bounded` says how much.
    pub memoizes: bool,
    /// What takes away again the listener, timer or subscription that it adds.
    pub ended_by: Vec<String>,
    /// Whether what it is called on is kept by others: it lives longer than the call.
    pub lasts: bool,
    /// Whether only a further call gives the cache entry that it makes an end.
    pub endless: bool,
    /// The argument that says, in milliseconds, when that ends by itself.
    pub ends_after: Vec<Bounded>,
    /// Whether it runs its callback when a component appears, and what that returns when it goes.
    pub mounts: bool,
    /// Whether the component that it makes is not rendered because the one around it is.
    pub alone: bool,
    /// The arguments that cost work each time when they are another value than the last.
    pub stable: Vec<Bounded>,
    /// The keys under which a table of routes has its pages.
    pub pages: Vec<String>,
    /// The arguments that say how large a pool is and how long it waits.
    pub limits: Vec<Bounded>,
    /// The arguments by which it asks again and again.
    pub polls: Vec<Bounded>,
    /// The modules one of which compresses what this server answers.
    pub compressed_by: Vec<String>,
    /// The arguments by which browsers keep the files that it hands out.
    pub cached_by: Vec<Bounded>,
    /// The template that it renders, if it renders one: arguments in the order to look at.
    pub template: Vec<Bounded>,
    /// Where the names are that it gives to the template.
    pub context: Vec<ContextFrom>,
    /// What its arguments, names of columns, do to the query.
    pub columns: Option<Columns>,
}

/// What naming columns does to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Columns {
    /// Only these come with the rows.
    Only,
    /// These are left out.
    Defer,
}

/// A module that brings more along than is used of it.
#[derive(Debug, Clone)]
pub struct WholeImport {
    /// Whether bundlers leave out what is not used, unless the module is used as a value.
    pub shakes: bool,
    /// Its members that do not bring the rest along.
    pub light: Vec<String>,
    /// Packages by which a build takes only what is used.
    pub rewritten_by: Vec<String>,
    /// Packages by which a build takes only what is used of imports that name it.
    pub names_rewritten_by: Vec<String>,
    /// Plug-ins of bundlers that leave most of it out where they are made with an argument that
    /// names it.
    pub trimmed_by: Vec<String>,
    /// Modules that bring it along.
    pub comes_with: Vec<String>,
    /// How much it is, as a phrase.
    pub weight: String,
    /// What to import instead.
    pub instead: String,
}

/// Where code runs that imports some module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunsIn {
    /// In browsers, perhaps on servers first.
    Browser,
    /// On servers only.
    Server,
}

/// Where the names are that a call gives to a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextFrom {
    /// In an argument: a map.
    Argument(Bounded),
    /// They are the keyword arguments.
    Keywords,
}

/// A class whose instances render a template.
#[derive(Debug, Clone)]
pub struct PageModel {
    /// The template where the class names none, with `{app}` and `{model}`.
    pub default: Option<String>,
    /// The names by which the template has the rows, or the row; `{model}` is filled in.
    pub names: Vec<String>,
    /// Whether it shows many rows.
    pub many: bool,
}

/// How a library asks for less, as short phrases for the help text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// The number of rows.
    pub count: Option<String>,
    /// Whether there are any.
    pub exists: Option<String>,
    /// The first one, or so many.
    pub limit: Option<String>,
    /// One column, `{column}`.
    pub column: Option<String>,
    /// Those that fulfil a condition.
    pub condition: Option<String>,
    /// Each value once.
    pub distinct: Option<String>,
    /// In pieces.
    pub stream: Option<String>,
    /// One page.
    pub page: Option<String>,
    /// How several relations to many rows come without being multiplied.
    pub apart: Option<String>,
    /// The number of a row's related rows, `{relation}`.
    #[serde(rename = "count-related")]
    pub count_related: Option<String>,
}

/// What iterating, awaiting or entering a value does.
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
    /// Whether it holds the thread.
    pub blocking: bool,
    /// Whether it gives as many as it was told, whatever there is of data.
    pub is_bounded: bool,
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
    /// Constructing it opens a pool or connection, or makes a client that keeps one.
    pub opens: bool,
    /// Its round trips stay in the process: SQLite.
    pub local: bool,
    /// The type whose members hold here too.
    pub extends: Option<ModelTypeId>,
    /// Whether reading a relation of a row that was not loaded asks the database.
    pub lazy_relations: bool,
    /// Whether it asks when the relation is awaited, and not before.
    pub awaits_relations: bool,
    /// Whether a row that the session holds is not asked for again: an identity map.
    pub identity: bool,
    /// How a query loads a to-one relation along, with `{path}` for its name.
    pub load_one: Option<String>,
    /// How a query loads a to-many relation along.
    pub load_many: Option<String>,
    /// How a query counts the rows of a to-many relation.
    pub count_many: Option<String>,
    /// The type of a to-many relation of a row.
    pub to_many: Option<ModelTypeId>,
    /// The type of its rows where no class of the project is theirs.
    pub row: Option<ModelTypeId>,
    /// Methods of deriving classes that run once per row.
    pub per_row: Vec<PerRowModel>,
    /// What it is to the serializing of rows.
    pub role: Option<Role>,
    /// Where an entity's class says how its rows are sorted if a query does not: `Meta.ordering`.
    pub default_order: Option<String>,
    /// How its classes are tables: an index.
    table: Option<u16>,
    /// What its instances render.
    page: Option<PageModel>,
    /// Members of deriving classes by which a view that lists rows gives them page by page.
    pub paging: Vec<String>,
    /// The setting of the project that does so for all views.
    pub paging_setting: Option<String>,
    /// How many rows there are on such a page.
    pub page_sizes: Option<PageSizes>,
    iterate: Option<UseModel>,
    awaited: Option<UseModel>,
    enter: Option<UseModel>,
}

/// What a type is to the serializing of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Its fields are read of each row.
    Serializer,
    /// Hands the rows of its query to a serializer, many at a time.
    ListView,
    /// A field that reads the row at the other end of a relation.
    RelatedField,
    /// A field that shows the keys at the other end of a relation.
    KeyField,
    /// A field that a method of the serializer answers.
    MethodField,
    /// Shows rows in a table, by names of their attributes.
    Listing,
}

/// A field of an entity that leads to other rows.
#[derive(Debug, Clone)]
pub struct RelationModel {
    /// The type of its value, if that is neither a row nor a list of rows.
    pub ty: Option<ModelTypeId>,
    /// Whether it leads to many rows; none: as the field's annotation says.
    pub many: Option<bool>,
    /// Where the class it leads to is named: arguments in the order to look at.
    pub target: Vec<Bounded>,
    /// Whether the row holds the other's key.
    pub key: bool,
    /// Whether reading it asks the database only where the field's annotation is a promise.
    pub promised: bool,
    /// The argument that names the way back, which its own class declares.
    pub inverse: Option<Bounded>,
    /// The argument that names the way back.
    pub reverse: Option<Bounded>,
    /// The name of the way back where none is given; `{model}` is the class in small letters.
    pub reverse_default: Option<String>,
    /// Whether the way back leads to many rows.
    pub reverse_many: bool,
    /// The argument that says when the rows are loaded.
    pub loading: Option<String>,
    /// The values of `loading` by which reading the field asks the database.
    pub lazy: Vec<String>,
    /// The values of `loading` by which the field is a query, and its type.
    pub queries: Vec<(String, ModelTypeId)>,
}

/// Methods that run once per row, by convention of a library.
#[derive(Debug, Clone)]
pub struct PerRowModel {
    /// The type whose deriving classes have them, or whose members take them.
    pub on: Option<ModelTypeId>,
    /// The members that are handed one, or decorate it.
    pub adds: Vec<String>,
    /// The members that are handed objects and functions with some below the key `resolve`.
    pub builds: Vec<String>,
    /// The calls with such a key whose function gets the row one parameter later.
    pub shifted: Vec<String>,
    /// Their names, or what these start with (`resolve_*`).
    pub names: Vec<String>,
    /// The decorators that make a method one of them, whatever its name.
    pub decorators: Vec<PathId>,
    /// The decorators of the parameter that is the row.
    pub rows: Vec<PathId>,
    /// Whether functions are, that stand in an object below the name of a type.
    pub maps: bool,
    /// Calls that take such an object under `fields`, beside the `name` of its type.
    pub objects: Vec<PathId>,
    /// Position of the parameter that is the row where none has such a decorator, the receiver
    /// included.
    pub param: u8,
    /// The path to the class of the rows inside the class: `Meta.model`.
    pub entity: Option<String>,
    /// Names of classes whose methods run once only.
    pub except: Vec<String>,
    /// Whether the class has a field of the rest of the name.
    pub fields: bool,
    /// What runs them, as a phrase of a message.
    pub caller: String,
    /// What to do instead of asking per row.
    pub help: String,
    /// Whether they run per row only where a view lists the rows.
    pub listed: bool,
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
    /// The relation that a field made by calling it is: an index.
    relation: Option<u16>,
}

/// A node of the path trie.
#[derive(Debug, Clone, Default)]
pub struct PathNode {
    children: FxHashMap<String, PathId>,
    /// A function or class at this path.
    pub call: Option<CallModelId>,
    /// The type whose class stands at this path.
    pub ty: Option<ModelTypeId>,
    /// The relation that a field made by it is: an index.
    relation: Option<u16>,
    /// The type whose rows the instances of classes with it as a decorator are.
    pub rows: Option<ModelTypeId>,
    /// The tables that classes with it as a decorator are: an index.
    table: Option<u16>,
}

/// All models in use.
#[derive(Debug, Default)]
pub struct Models {
    types: Vec<ModelType>,
    type_ids: FxHashMap<String, ModelTypeId>,
    calls: Vec<CallModel>,
    relations: Vec<RelationModel>,
    tables: Vec<tables::TableModel>,
    steps: Vec<tables::StepModel>,
    histories: Vec<tables::HistoryRules>,
    defines: Vec<(String, tables::DefineRules)>,
    chains: Vec<chains::ChainModel>,
    /// The names of methods that run once per row, of all types.
    per_row_names: Vec<String>,
    /// What decorators make of methods.
    decorated: Vec<PerRowModel>,
    paths: Vec<PathNode>,
    members: FxHashMap<(ModelTypeId, bool), FxHashMap<String, Member>>,
    receivers: FxHashMap<String, (ModelTypeId, Confidence)>,
    member_receivers: FxHashMap<String, (ModelTypeId, Confidence)>,
    /// Names that generators write into projects, and the package whose exports they stand for.
    generated: FxHashMap<String, String>,
    builtins: Builtins,
    /// Where libraries enter a program.
    pub entry_points: EntryPoints,
    /// How libraries ask for less, by package.
    advice: FxHashMap<String, Advice>,
    /// Functions and classes that a model of the user describes.
    user_paths: FxHashSet<PathId>,
    /// By what packages compare, by the package and the name it has there.
    operators: FxHashMap<(String, String), OperatorModel>,
    /// Functions that compare.
    path_operators: FxHashMap<PathId, OperatorModel>,
    /// Whose members are SQL functions.
    functions: FxHashSet<PathId>,
    whole_imports: FxHashMap<String, WholeImport>,
    /// The component for images of a framework in use.
    pub image_component: Option<String>,
    /// Methods of components that run each time one appears.
    pub mount_methods: FxHashSet<String>,
    /// By module; with the names that count, or none for all.
    runs_in: FxHashMap<String, Vec<(RunsIn, Vec<String>)>>,
    /// The last parts of the names of calls that render templates.
    renderers: FxHashSet<String>,
    /// The last parts of the names of calls that leave columns out.
    deferring: FxHashSet<String>,
    /// Whether some calls join relations.
    has_joins: bool,
    /// The names of methods that read rows by the fields of their class.
    readers: FxHashSet<String>,
    /// The names of methods that declare relations, and where these say what they lead to.
    associating: FxHashMap<String, (Bounded, bool)>,
    /// The keys under which any table of routes has its pages.
    page_keys: Vec<String>,
    /// What a framework knows of the users of a project.
    pub users: Option<UsersModel>,
    /// How functions become filters and tags of templates.
    pub tags: TagsModel,
}

/// How functions become filters and tags of templates.
#[derive(Debug, Clone, Default)]
pub struct TagsModel {
    /// The names of decorators, members of something, that make them so.
    pub decorators: FxHashSet<String>,
    /// The names of maps that functions are put into.
    pub maps: FxHashSet<String>,
    /// Decorators, or keywords of one, by which the first parameter is the context, which no
    /// template hands over.
    pub context: FxHashSet<String>,
}

/// How a framework knows the class of a project whose rows are its users, and where it hands them
/// out.
#[derive(Debug, Clone)]
pub struct UsersModel {
    /// The library's classes that it derives from.
    pub bases: Vec<PathId>,
    /// The functions that give the class.
    pub calls: Vec<PathId>,
    /// The variable of the settings with its label and name.
    pub setting: String,
    /// The member by which the user is handed out…
    pub member: String,
    /// …of values with these names.
    pub holders: Vec<String>,
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

/// What says how many rows a page of a view has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSizes {
    /// The attribute of a class of pages that is the number of rows.
    pub size: String,
    /// The attribute that names the argument by which a request asks for another number.
    pub asked: String,
    /// The setting of the project that is the number for all views.
    pub setting: String,
    /// The library's own classes of pages that take that number, and no other from a request.
    pub classes: Vec<String>,
}

/// Why a model file was refused.
#[derive(Debug, Clone, thiserror::Error)]
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

/// Reads the embedded models ahead of [`Models::compile`], which needs them: they do not depend on
/// the project, so they can be read while its files are looked for.
pub fn preload() {
    // What is wrong with them is told when they are needed.
    let _ = format::embedded();
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
        let own: Result<Vec<Source>, ModelError> =
            users.iter().map(|(path, text)| parse(path, text)).collect();
        let own = own?;
        let mut sources: Vec<&Source> = format::embedded()?.iter().chain(&own).collect();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        let needed = needed_packages(&sources, imported);
        sources.retain(|source| {
            source.spec.imports.is_empty() || needed.contains(source.spec.package.as_str())
        });
        let mut models = Self {
            paths: vec![PathNode::default(), PathNode::default()],
            ..Self::default()
        };
        for source in &sources {
            models.add_types(source);
        }
        for &source in &sources {
            models.add_tables(source, &sources)?;
            models.add_chains(source);
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

    /// Whether a type is that of the rows that belong to another one.
    pub fn is_to_many(&self, ty: ModelTypeId) -> bool {
        self.types.iter().any(|of| of.to_many == Some(ty))
    }

    /// How a library asks for less.
    pub fn advice(&self, package: &str) -> Option<&Advice> {
        self.advice.get(package)
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

    /// What a name means in the conditions of a package.
    pub fn operator(&self, package: &str, name: &str) -> Option<&OperatorModel> {
        self.operators.get(&(package.to_owned(), name.to_owned()))
    }

    /// By what a function compares.
    pub fn path_operator(&self, path: PathId) -> Option<&OperatorModel> {
        self.path_operators.get(&path)
    }

    /// Whether the members of what stands at a path are SQL functions.
    pub fn has_functions(&self, path: PathId) -> bool {
        self.functions.contains(&path)
    }

    /// The relation that a field made by what stands at a path is.
    pub fn relation(&self, path: PathId) -> Option<&RelationModel> {
        let relation = self.path(path).relation?;
        self.relations.get(usize::from(relation))
    }

    /// The relation that a field made by a member of a value is.
    pub fn relation_by(&self, on: ModelTypeId, name: &str) -> Option<&RelationModel> {
        let relation = self.member(on, false, name)?.relation?;
        self.relations.get(usize::from(relation))
    }

    /// The methods that run once per row by a decorator.
    pub fn per_row_by(&self, decorator: PathId) -> Option<&PerRowModel> {
        let mut models = self.decorated.iter();
        models.find(|model| model.decorators.contains(&decorator))
    }

    /// Whether some library has such decorators.
    pub fn has_per_row_decorators(&self) -> bool {
        !self.decorated.is_empty()
    }

    /// What libraries say of functions in objects.
    pub fn per_row_in_maps(&self) -> impl Iterator<Item = &PerRowModel> {
        self.decorated.iter().filter(|model| {
            let is_handed = !model.adds.is_empty() || !model.builds.is_empty();
            model.maps || is_handed || !model.objects.is_empty()
        })
    }

    /// Whether some library calls methods of this name once per row.
    pub fn may_be_per_row(&self, name: &str) -> bool {
        self.per_row_names
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            })
    }

    /// What a type, or one it extends, is to the serializing of rows.
    pub fn role(&self, ty: ModelTypeId) -> Option<Role> {
        self.inherited(ty, |ty| ty.role.as_ref()).copied()
    }

    /// How a member of a value of a type, or of one it extends, takes functions.
    pub fn entry_point(&self, ty: ModelTypeId, name: &str) -> Option<&EntryPointModel> {
        let mut at = Some(ty);
        for _ in 0..8 {
            if let Some(found) = self.entry_points.member(at?, name) {
                return Some(found);
            }
            at = self.ty(at?).extends;
        }
        None
    }

    /// The names of calls that leave columns out of a query.
    pub fn deferring(&self) -> &FxHashSet<String> {
        &self.deferring
    }

    /// Whether some calls join relations to the rows of a query.
    pub fn has_joins(&self) -> bool {
        self.has_joins
    }

    /// Whether some methods of this name read rows by the fields of their class.
    pub fn may_read(&self, name: &str) -> bool {
        self.readers.contains(name)
    }

    /// Whether some methods declare relations.
    pub fn has_associations(&self) -> bool {
        !self.associating.is_empty()
    }

    /// Where a method of this name says what the relation leads to that it declares, and whether
    /// that is one row.
    pub fn associates(&self, name: &str) -> Option<(&Bounded, bool)> {
        let (target, is_one) = self.associating.get(name)?;
        Some((target, *is_one))
    }

    /// Whether some call of this name renders a template.
    pub fn may_render(&self, name: &str) -> bool {
        self.renderers.contains(name)
    }

    /// Whether a module has a name under which tables of routes have their pages.
    pub fn may_route(&self, module: &Module) -> bool {
        let mut keys = self.page_keys.iter();
        keys.any(|key| module.name(key).is_some())
    }

    /// What instances of classes render that derive from a type.
    pub fn page(&self, ty: ModelTypeId) -> Option<&PageModel> {
        self.inherited(ty, |ty| ty.page.as_ref())
    }

    /// Whether a type is that of queries that read many rows when they are walked.
    pub fn is_query_of_rows(&self, ty: ModelTypeId) -> bool {
        self.iterate(ty).is_some_and(|iterate| {
            iterate.effect == Some(Effect::DbRead)
                && iterate.rows == Some(Rows::Many)
                && !iterate.preloaded
        })
    }

    /// What iterating a value of a type does.
    pub fn iterate(&self, ty: ModelTypeId) -> Option<&UseModel> {
        self.inherited(ty, |ty| ty.iterate.as_ref())
    }

    /// What awaiting a value of a type does.
    pub fn awaited(&self, ty: ModelTypeId) -> Option<&UseModel> {
        self.inherited(ty, |ty| ty.awaited.as_ref())
    }

    /// What `with` does with a value of a type.
    pub fn entered(&self, ty: ModelTypeId) -> Option<&UseModel> {
        self.inherited(ty, |ty| ty.enter.as_ref())
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

    /// What a name stands for that a generator writes into projects.
    pub fn generated(&self, name: &str) -> Option<PathId> {
        let package = self.generated.get(name)?;
        self.child(self.module(Ecosystem::Npm, package)?, name)
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

    /// The entry that holds for a call, given which arguments are there.
    pub fn select(&self, id: CallModelId, is_given: impl Fn(&Bounded) -> bool) -> CallModelId {
        let variants = self.call(id).variants.iter().copied();
        let holds = |v: &CallModelId| self.call(*v).when.as_ref().is_some_and(&is_given);
        variants.into_iter().find(holds).unwrap_or(id)
    }

    /// What importing a module brings along, if that is more than is used.
    pub fn whole_import(&self, module: &str) -> Option<&WholeImport> {
        self.whole_imports.get(module)
    }

    /// Where code runs that imports a name of a module, if that says something.
    pub fn runs_in(&self, module: &str, name: Option<&str>) -> Option<RunsIn> {
        let entries = self.runs_in.get(module)?;
        let counts = |names: &[String]| {
            names.is_empty() || name.is_some_and(|name| names.iter().any(|n| n == name))
        };
        let found = entries.iter().find(|(_, names)| counts(names));
        found.map(|&(place, _)| place)
    }

    /// Whether a model of the user describes what stands at a path, so that the model holds and
    /// not what the project's own module of that name says.
    pub fn is_users(&self, path: PathId) -> bool {
        self.user_paths.contains(&path)
    }
}

fn root_of(ecosystem: Ecosystem) -> PathId {
    match ecosystem {
        Ecosystem::PyPi => PathId(0),
        Ecosystem::Npm => PathId(1),
    }
}
