//! What files know of each other: imports meet exports.

use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::entities::Entities;
use super::hierarchy::Hierarchy;
use super::infer::Generic;
use super::models::{ModelTypeId, Models};
use super::modules::{Modules, Target, parent};
use super::resolvers::Resolvers;
use super::senders::{self, Senders};
use super::solve::Order;
use super::templates::Templates;
use super::type_graph::TypeGraph;
use super::types::{Base, ClassRef, FunctionRef, Type};
use super::users;
use crate::analysis::facts::FileFacts;
use crate::ir::{
    ClassId, ExportKind, ExprId, FunctionId, ImportId, ImportKind, LocalId, LocalKind, Name, Names,
};
use crate::source::{Ecosystem, FileId};

/// Rounds after which stars that lead back to themselves are taken as they are.
const MAX_ROUNDS: usize = 6;
/// Names that one module may export, its stars included.
const MAX_NAMES: usize = 20_000;
/// Re-exports followed before giving up.
const MAX_HOPS: u32 = 16;

/// A file as the link step sees it.
#[derive(Debug)]
pub struct Unit {
    /// Path relative to the root.
    pub path: String,
    /// Where its libraries come from.
    pub ecosystem: Ecosystem,
    /// What it says.
    pub facts: FileFacts,
}

/// All files, models and module resolution.
#[derive(Debug)]
pub struct World {
    /// The files, by [`FileId`].
    pub units: Vec<Unit>,
    /// Which file an import means.
    pub modules: Modules,
    /// What libraries do.
    pub models: Models,
    /// What the module names of each file's imports and exports mean.
    pub(super) targets: Vec<Targets>,
    /// What each file exports by name, stars included.
    exports: Vec<ExportTable>,
    /// The names in the tables of exports.
    exported: Names,
    /// The types of what can be imported.
    pub(super) state: Vec<FileTypes>,
    /// What calls hand to parameters that say nothing of themselves.
    pub(super) given: FxHashMap<(FunctionRef, u16), Type>,
    /// What is put into objects that are handed around, by their names and its own.
    pub(super) contexts: FxHashMap<String, FxHashMap<String, Type>>,
    /// Who derives from whom.
    pub(super) hierarchy: Hierarchy,
    /// The project's tables and their relations.
    pub entities: Entities,
    /// The class whose rows are the users of the project.
    pub(super) user: Option<ClassRef>,
    /// The project's templates and what renders them.
    pub templates: Templates,
    /// The functions in maps of resolvers.
    pub(super) resolvers: Resolvers,
    /// The types of its GraphQL schema that requests get one object of.
    pub(super) type_graph: TypeGraph,
    /// The functions that send SQL text that they are handed.
    pub(super) senders: Senders,
    /// What each class derives from, by file and class, as soon as that is settled.
    pub(super) settled_above: Vec<Vec<OnceLock<Arc<[ClassRef]>>>>,
    /// The types of the expressions of each file that linking asked for, once that is over.
    pub(super) linked_types: Vec<FxHashMap<ExprId, Type>>,
}

/// A module-level variable and the one value it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueRef {
    /// The file.
    pub file: FileId,
    /// The variable.
    pub local: LocalId,
    /// What it is assigned.
    pub value: ExprId,
}

/// The resolved module names of one file.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) imports: Vec<Option<Target>>,
    pub(super) exports: Vec<Option<Target>>,
}

/// Where an exported name comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// A module-level name of a file.
    Local(FileId, LocalId),
    /// A value that a file exports: its position among the exports.
    Value(FileId, usize),
    /// A name of another module; one of [`World::exported`].
    Member(Target, Name),
    /// Another module itself.
    Namespace(Target),
}

/// What a file exports, by name: one of [`World::exported`], since stars copy whole tables.
type ExportTable = FxHashMap<Name, Origin>;

/// The types of one file's definitions, as far as the rounds have found them.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct FileTypes {
    /// What each function returns.
    pub returns: Vec<Type>,
    /// What each class derives from.
    pub bases: Vec<Vec<Type>>,
    /// The attributes of each class.
    pub fields: Vec<Vec<(Name, Type)>>,
    /// Module-level variables.
    pub locals: FxHashMap<LocalId, Type>,
    /// What is generic about its classes.
    pub generics: FxHashMap<ClassId, Generic>,
    /// Exported values.
    pub exports: Vec<Type>,
    /// What each type alias stands for.
    pub aliases: Vec<Type>,
    /// What each part is of what a function returns as several.
    pub parts: FxHashMap<FunctionId, Vec<Type>>,
    /// The members of the object literals and object types that other files may see.
    pub members: FxHashMap<ExprId, Vec<(Name, Type)>>,
    /// What the object literals take over from other values: `{ ...services }`.
    pub spreads: FxHashMap<ExprId, Vec<Type>>,
    /// The members that are added to functions, and whether they are those of instances.
    pub attached: FxHashMap<FunctionId, Vec<(Name, Type, bool)>>,
    /// The functions that decorators put around functions.
    pub wrappers: FxHashMap<FunctionId, Vec<FunctionRef>>,
    /// Parameters that are declared to be functions.
    pub expected: FxHashMap<(FunctionId, u16), Type>,
    /// What the types of functions take, and as the last one what they give.
    pub signatures: FxHashMap<ExprId, Vec<Type>>,
}

impl FileTypes {
    /// A member of an object literal or object type.
    pub(super) fn member(&self, object: ExprId, name: Name) -> Option<Type> {
        let members = self.members.get(&object)?;
        members.iter().find(|m| m.0 == name).map(|m| m.1)
    }
}

impl World {
    /// Links the files.
    pub fn new(units: Vec<Unit>, modules: Modules, models: Models) -> Self {
        let state = units
            .iter()
            .map(|unit| {
                let module = &unit.facts.module;
                FileTypes {
                    returns: vec![Type::UNKNOWN; module.functions.len()],
                    bases: vec![Vec::new(); module.classes.len()],
                    fields: vec![Vec::new(); module.classes.len()],
                    locals: FxHashMap::default(),
                    exports: vec![Type::UNKNOWN; module.exports.len()],
                    aliases: vec![Type::UNKNOWN; module.classes.len()],
                    ..FileTypes::default()
                }
            })
            .collect();
        let mut world = Self {
            units,
            modules,
            models,
            targets: Vec::new(),
            exports: Vec::new(),
            exported: Names::default(),
            state,
            given: FxHashMap::default(),
            contexts: FxHashMap::default(),
            hierarchy: Hierarchy::default(),
            entities: Entities::default(),
            user: None,
            templates: Templates::default(),
            resolvers: Resolvers::default(),
            type_graph: TypeGraph::default(),
            senders: Senders::default(),
            settled_above: Vec::new(),
            linked_types: Vec::new(),
        };
        world.templates = Templates::new(&world);
        (world.hierarchy, world.targets) = rayon::join(
            || Hierarchy::new(&world.units),
            || {
                let files = world.par_files();
                files.map(|file| world.resolve_modules(file)).collect()
            },
        );
        world.export_tables();
        let order = Order::new(&world);
        world.find_bases(&order);
        world.user = users::find(&world);
        world.entities = Entities::new(&world);
        world.solve(vec![true; world.units.len()], &order);
        if !world.templates.is_empty() {
            let renderings = Templates::link(&world);
            world.templates.set(renderings);
        }
        world.contexts = world.contexts();
        let told = world.hand_arguments();
        world.solve(told, &order);
        world.settle_bases();
        world.hand_inside_templates();
        ((world.resolvers, world.type_graph), world.senders) = rayon::join(
            || (Resolvers::new(&world), TypeGraph::new(&world)),
            || senders::find(&world),
        );
        world
    }

    /// Whether a function may give back a query that its caller runs.
    pub(super) fn gives_query(&self, function: FunctionRef) -> bool {
        let returned = self.state[function.file.index()].returns[function.function.index()];
        match returned.awaited().base {
            Base::Model(..) => true,
            // What a type parameter stands for is known where it is called.
            Base::Unknown => {
                let module = &self.unit(function.file).facts.module;
                module.function(function.function).returns.is_some()
            }
            _ => false,
        }
    }

    /// All files, for work on several threads. They come in small portions: files differ in size a
    /// thousandfold, and whoever has a large one must not keep others that wait behind it.
    pub(crate) fn par_files(&self) -> impl IndexedParallelIterator<Item = FileId> + use<> {
        const PORTION: usize = 4;
        let files = (0..self.units.len() as u32).into_par_iter();
        files.with_max_len(PORTION).map(FileId)
    }

    fn resolve_modules(&self, file: FileId) -> Targets {
        let module = &self.unit(file).facts.module;
        let of_import = |import: &crate::ir::Import| {
            let path = module.text(import.module);
            let path = match import.kind {
                ImportKind::Root => path.split('.').next().unwrap_or(path),
                _ => path,
            };
            self.resolve(file, import.level, path)
        };
        let of_export = |export: &crate::ir::Export| match export.kind {
            ExportKind::From { module: from, .. } | ExportKind::Star { module: from } => {
                self.resolve(file, 0, module.text(from))
            }
            _ => None,
        };
        Targets {
            imports: module.imports.iter().map(of_import).collect(),
            exports: module.exports.iter().map(of_export).collect(),
        }
    }

    /// Builds the table of what each file exports. Files whose stars lead back to themselves
    /// are gone over again until nothing is added.
    fn export_tables(&mut self) {
        let count = self.units.len();
        let stars: Vec<Vec<FileId>> = (0..count).map(|i| self.star_targets(i)).collect();
        let mut names = Names::default();
        let mut own: Vec<Option<ExportTable>> = (0..count)
            .map(|i| Some(self.own_exports(FileId(i as u32), &mut names)))
            .collect();
        let mut offers: Vec<Option<Vec<(Name, LocalId)>>> = vec![None; count];
        for star in stars.iter().flatten() {
            offers[star.index()].get_or_insert_with(|| self.module_names(*star, &mut names));
        }
        let mut tables: Vec<Option<ExportTable>> = vec![None; count];
        let mut is_open = vec![false; count];
        let mut in_cycle: Vec<usize> = Vec::new();
        let kept = [names.intern("default"), names.intern("=")];
        let add_stars = |at: usize, tables: &[Option<ExportTable>], table: &mut ExportTable| {
            for &star in &stars[at] {
                let offered = offers[star.index()].iter().flatten();
                add_star(star, offered, tables[star.index()].as_ref(), kept, table);
            }
        };
        for i in 0..count {
            let mut stack = vec![i];
            while let Some(&at) = stack.last() {
                if tables[at].is_some() {
                    stack.pop();
                    continue;
                }
                is_open[at] = true;
                let waiting = stars[at]
                    .iter()
                    .map(|file| file.index())
                    .find(|&star| tables[star].is_none() && !is_open[star]);
                if let Some(star) = waiting {
                    stack.push(star);
                    continue;
                }
                if stars[at].iter().any(|star| is_open[star.index()]) {
                    in_cycle.push(at);
                }
                let mut table = own[at].take().unwrap_or_default();
                add_stars(at, &tables, &mut table);
                tables[at] = Some(table);
                is_open[at] = false;
                stack.pop();
            }
        }
        for _ in 0..MAX_ROUNDS {
            let mut has_grown = false;
            for &at in &in_cycle {
                let mut table = tables[at].take().unwrap_or_default();
                let before = table.len();
                add_stars(at, &tables, &mut table);
                has_grown |= table.len() > before;
                tables[at] = Some(table);
            }
            if !has_grown {
                break;
            }
        }
        self.exports = tables.into_iter().map(Option::unwrap_or_default).collect();
        self.exported = names;
    }

    /// The module-level names that a star takes from a file besides its exports.
    #[expect(
        clippy::iter_over_hash_type,
        reason = "the names are distinct, so that their order does not matter"
    )]
    fn module_names(&self, file: FileId, names: &mut Names) -> Vec<(Name, LocalId)> {
        let facts = &self.unit(file).facts;
        let mut found = Vec::new();
        if facts.module.exports_all {
            for (&name, &local) in &facts.module_names {
                found.push((names.intern(facts.module.text(name)), local));
            }
        }
        found
    }

    fn star_targets(&self, file: usize) -> Vec<FileId> {
        let module = &self.units[file].facts.module;
        let targets = &self.targets[file];
        let exports = module.exports.iter().zip(&targets.exports);
        let exported = exports.filter_map(|(export, target)| match (export.kind, target) {
            (ExportKind::Star { .. }, Some(Target::File(file))) => Some(*file),
            _ => None,
        });
        // Where every name is importable, what a star brings in is too.
        let imports = module.imports.iter().zip(&targets.imports);
        let imported = imports.filter_map(|(import, target)| match (import.kind, target) {
            (ImportKind::Star, Some(Target::File(file))) => Some(*file),
            _ => None,
        });
        exported.chain(imported).collect()
    }

    fn own_exports(&self, file: FileId, names: &mut Names) -> ExportTable {
        let module = &self.unit(file).facts.module;
        let mut table = FxHashMap::default();
        for (i, export) in module.exports.iter().enumerate() {
            let target = self.targets[file.index()].exports[i];
            let origin = match (export.kind, target) {
                (ExportKind::Local(local), _) => Origin::Local(file, local),
                (ExportKind::Expr(_), _) => Origin::Value(file, i),
                (ExportKind::From { name: Some(n), .. }, Some(target)) => {
                    Origin::Member(target, names.intern(module.text(n)))
                }
                (ExportKind::From { name: None, .. }, Some(target)) => Origin::Namespace(target),
                _ => continue,
            };
            table.insert(names.intern(module.text(export.name)), origin);
        }
        table
    }

    /// A file.
    pub fn unit(&self, file: FileId) -> &Unit {
        &self.units[file.index()]
    }

    /// What a class is called; none if it has no name.
    pub fn class_name(&self, class: ClassRef) -> Option<&str> {
        let module = &self.unit(class.file).facts.module;
        let name = module.class(class.class).name?;
        Some(module.text(name))
    }

    /// The first class of the project that a class derives from.
    pub fn project_base(&self, class: ClassRef) -> Option<ClassRef> {
        let bases = self.state[class.file.index()]
            .bases
            .get(class.class.index())?;
        bases.iter().find_map(|base| match base.base {
            Base::Class(base) => Some(base),
            _ => None,
        })
    }

    /// The classes of the project that a class derives from, straight.
    pub fn project_bases(&self, class: ClassRef) -> impl Iterator<Item = ClassRef> {
        self.base_types(class)
            .into_iter()
            .filter_map(|base| match base.base {
                Base::Class(base) => Some(base),
                _ => None,
            })
    }

    /// What a class derives from, straight.
    pub fn base_types(&self, class: ClassRef) -> Vec<Type> {
        let bases = self.state[class.file.index()]
            .bases
            .get(class.class.index());
        bases.cloned().unwrap_or_default()
    }

    /// The library types that a class derives from, straight or through classes of the project.
    pub fn library_bases(&self, class: ClassRef) -> Vec<ModelTypeId> {
        let bases = self
            .above(class)
            .into_iter()
            .flat_map(|class| self.base_types(class));
        bases
            .filter_map(|base| match base.base {
                Base::Path(path) => self.models.path(path).ty,
                Base::Model(ty, _) | Base::ModelClass(ty, _) => Some(ty),
                _ => None,
            })
            .collect()
    }

    pub(super) fn is_barrel(&self, file: FileId) -> bool {
        let unit = self.unit(file);
        let exports = &unit.facts.module.exports;
        unit.path.ends_with("__init__.py")
            || exports.iter().any(|export| {
                matches!(
                    export.kind,
                    ExportKind::From { .. } | ExportKind::Star { .. }
                )
            })
    }

    pub(super) fn imported_files(&self, file: FileId) -> Vec<FileId> {
        let module = &self.unit(file).facts.module;
        let mut found = Vec::new();
        for i in 0..module.imports.len() {
            let ty = self.import_type(file, ImportId(i as u32));
            match ty.base {
                Base::File(f) => found.push(f),
                Base::Instance(c) | Base::Class(c) => found.push(c.file),
                Base::Function(f) => found.push(f.file),
                _ => {}
            }
        }
        let targets = &self.targets[file.index()];
        for target in targets.imports.iter().chain(&targets.exports).flatten() {
            if let Target::File(f) = target {
                found.push(*f);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    // --- imports and exports --------------------------------------------------------------

    /// What an import binds.
    pub fn import_type(&self, file: FileId, import: ImportId) -> Type {
        self.import_at(file, import, 0)
    }

    fn import_at(&self, file: FileId, id: ImportId, hops: u32) -> Type {
        if hops > MAX_HOPS {
            return Type::UNKNOWN;
        }
        let unit = self.unit(file);
        let module = &unit.facts.module;
        let import = &module.imports[id.index()];
        let path = module.text(import.module);
        let path = match import.kind {
            ImportKind::Root => path.split('.').next().unwrap_or(path),
            _ => path,
        };
        if let ImportKind::Named(name) = import.kind
            && import.level == 0
            && let Some(node) = self.models.module(unit.ecosystem, path)
            && let Some(node) = self.models.child(node, module.text(name))
            && self.models.is_users(node)
        {
            return Type::of(Base::Path(node));
        }
        if let Some(target) = self.targets[file.index()].imports[id.index()] {
            return match import.kind {
                ImportKind::Named(name) => {
                    let name = module.text(name);
                    let found = self.member_of(target, name, hops + 1);
                    // The file it comes from is not there yet.
                    match self.models.generated(name) {
                        Some(node) if found.is_unknown() && unit.ecosystem == Ecosystem::Npm => {
                            Type::of(Base::Path(node))
                        }
                        _ => found,
                    }
                }
                ImportKind::Default => match target {
                    Target::File(f) => self
                        .export_at(f, "default", hops + 1)
                        .or_else(|| self.export_at(f, "=", hops + 1))
                        .unwrap_or(Type::UNKNOWN),
                    Target::Folder(_) => Type::UNKNOWN,
                },
                _ => self.namespace(target, hops + 1),
            };
        }
        if import.level > 0 {
            return Type::UNKNOWN;
        }
        let node = self.models.module(unit.ecosystem, path);
        let node = match import.kind {
            ImportKind::Named(name) => {
                let name = module.text(name);
                match node {
                    Some(node) => self.models.child(node, name),
                    None if unit.ecosystem == Ecosystem::Npm => self.models.generated(name),
                    None => None,
                }
            }
            ImportKind::Default => {
                node.map(|node| self.models.child(node, "default").unwrap_or(node))
            }
            _ => node,
        };
        match node {
            Some(node) => Type::of(Base::Path(node)),
            None => Type::of(Base::External),
        }
    }

    /// The file or folder that a module name means.
    pub fn resolve(&self, file: FileId, level: u16, name: &str) -> Option<Target> {
        let unit = self.unit(file);
        if unit.facts.module.template.is_some() {
            return self.templates.import(self, file, name);
        }
        match unit.ecosystem {
            Ecosystem::PyPi => self.modules.python(&unit.path, level, name),
            Ecosystem::Npm => self.modules.script(&unit.path, name).map(Target::File),
        }
    }

    /// The value of the module-level variable that an import binds.
    pub fn imported_value(&self, file: FileId, import: ImportId) -> Option<ValueRef> {
        let module = &self.unit(file).facts.module;
        let target = self.targets[file.index()].imports[import.index()]?;
        match (module.imports[import.index()].kind, target) {
            (ImportKind::Named(name), Target::File(from)) => {
                self.exported_value(from, module.text(name))
            }
            (ImportKind::Default, Target::File(from)) => self.exported_value(from, "default"),
            _ => None,
        }
    }

    /// Whether another file imports a file, or exports what it does.
    pub fn is_imported(&self, file: FileId) -> bool {
        let mut others = self.targets.iter();
        others.any(|of_file| {
            let mut named = of_file.imports.iter().chain(&of_file.exports);
            named.any(|target| *target == Some(Target::File(file)))
        })
    }

    /// The value of the module-level variable that a file exports by a name.
    pub fn exported_value(&self, file: FileId, name: &str) -> Option<ValueRef> {
        let mut at = (file, name.to_owned());
        for _ in 0..MAX_HOPS {
            let (file, name) = &at;
            let facts = &self.unit(*file).facts;
            let module = &facts.module;
            let own = || facts.module_names.get(&module.name(name)?).copied();
            let exported = self.exported.get(name);
            let origin = exported.and_then(|name| self.exports[file.index()].get(&name));
            let (file, local) = match origin {
                Some(Origin::Local(file, local)) => (*file, *local),
                Some(Origin::Member(Target::File(next), name)) => {
                    at = (*next, self.exported.text(*name).to_owned());
                    continue;
                }
                Some(_) => return None,
                None if module.exports_all => (*file, own()?),
                None => return None,
            };
            let facts = &self.unit(file).facts;
            let module = &facts.module;
            match module.local(local).kind {
                LocalKind::Variable | LocalKind::Const => {
                    let value = facts.def_use.single_value(local)?;
                    return Some(ValueRef { file, local, value });
                }
                LocalKind::Import(import) => {
                    let target = self.targets[file.index()].imports[import.index()]?;
                    match (module.imports[import.index()].kind, target) {
                        (ImportKind::Named(name), Target::File(from)) => {
                            at = (from, module.text(name).to_owned());
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        None
    }

    fn namespace(&self, target: Target, hops: u32) -> Type {
        match target {
            // `module.exports = f`: requiring the module gives `f`, unless more is added to it.
            Target::File(file) if self.exports[file.index()].len() <= 1 => self
                .export_at(file, "=", hops)
                .filter(|ty| !ty.is_unknown())
                .unwrap_or(Type::of(Base::File(file))),
            Target::File(file) => Type::of(Base::File(file)),
            Target::Folder(folder) => Type::of(Base::Folder(folder)),
        }
    }

    fn member_of(&self, target: Target, name: &str, hops: u32) -> Type {
        let folder = match target {
            Target::File(file) => {
                if let Some(ty) = self.export_at(file, name, hops) {
                    return ty;
                }
                let path = &self.unit(file).path;
                if !path.ends_with("__init__.py") {
                    return Type::UNKNOWN;
                }
                parent(path)
            }
            Target::Folder(folder) => self.modules.folder(folder),
        };
        match self.modules.python_child(folder, name) {
            Some(target) => self.namespace(target, hops),
            None => Type::UNKNOWN,
        }
    }

    /// A member of a module object.
    pub fn module_member(&self, base: Base, name: &str) -> Type {
        match base {
            Base::File(file) => self.member_of(Target::File(file), name, 0),
            Base::Folder(folder) => self.member_of(Target::Folder(folder), name, 0),
            _ => Type::UNKNOWN,
        }
    }

    fn export_at(&self, file: FileId, name: &str, hops: u32) -> Option<Type> {
        if hops > MAX_HOPS {
            return None;
        }
        let facts = &self.unit(file).facts;
        let module = &facts.module;
        if module.exports_all
            && let Some(name) = module.name(name)
            && let Some(&local) = facts.module_names.get(&name)
        {
            return Some(self.module_local(file, local, hops + 1));
        }
        let table = &self.exports[file.index()];
        if table.is_empty() {
            return None;
        }
        Some(match *table.get(&self.exported.get(name)?)? {
            Origin::Local(file, local) => self.module_local(file, local, hops + 1),
            Origin::Value(file, i) => self.state[file.index()].exports[i],
            Origin::Member(target, name) => {
                self.member_of(target, self.exported.text(name), hops + 1)
            }
            Origin::Namespace(target) => self.namespace(target, hops + 1),
        })
    }

    /// The type of a module-level name as other functions and files see it.
    pub fn module_local(&self, file: FileId, local: LocalId, hops: u32) -> Type {
        match self.unit(file).facts.module.local(local).kind {
            LocalKind::Function(function) => {
                Type::of(Base::Function(FunctionRef { file, function }))
            }
            LocalKind::Class(class) => Type::of(Base::Class(ClassRef { file, class })),
            LocalKind::Import(import) => self.import_at(file, import, hops),
            _ => self.state[file.index()]
                .locals
                .get(&local)
                .copied()
                .unwrap_or(Type::UNKNOWN),
        }
    }
}

/// Adds what a star takes from a module to what a file exports; names it has already stay.
fn add_star<'n>(
    star: FileId,
    offered: impl Iterator<Item = &'n (Name, LocalId)>,
    exports: Option<&ExportTable>,
    kept: [Name; 2],
    table: &mut ExportTable,
) {
    for &(name, local) in offered {
        table.entry(name).or_insert(Origin::Local(star, local));
    }
    // The names are distinct, so that their order does not matter.
    for (name, origin) in exports.into_iter().flatten() {
        if table.len() >= MAX_NAMES {
            return;
        }
        if !kept.contains(name) {
            table.entry(*name).or_insert(*origin);
        }
    }
}
