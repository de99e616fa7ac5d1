//! The types of all that files see of each other, found in the order in which they import each
//! other until nothing changes.
//!
//! A file comes after those it imports, so that most files are looked at once; where imports go
//! round in circles, the files of a circle are looked at again. Files of one level do not see each
//! other's results, so that the outcome is the same on any number of threads.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::infer::Typer;
use super::models::Wrapper;
use super::types::{Base, Type};
use super::world::{FileTypes, World};
use crate::ir::{
    ClassId, ExportKind, Expr, ExprId, FunctionId, ImportKind, LocalId, LocalKind, MODULE_BODY,
    Module,
};
use crate::source::FileId;

/// Rounds after which types that still change are taken as they are.
const MAX_ROUNDS: usize = 6;
/// Rounds after which what depends on itself is taken as it is: it may get deeper for ever.
const MAX_OPEN_ROUNDS: usize = 2;

type Bases = Vec<Vec<Type>>;
type Locals = FxHashMap<LocalId, Type>;

/// The order in which files are looked at.
#[derive(Debug)]
pub(super) struct Order {
    /// Files that import only files of levels before, but for circles.
    levels: Vec<Vec<FileId>>,
    /// For each file, those that import it, straight or through re-exports of names.
    importers: Vec<Vec<FileId>>,
}

impl Order {
    pub(super) fn new(world: &World) -> Self {
        let count = world.units.len();
        let imports: Vec<Vec<FileId>> = world
            .par_files()
            .map(|file| world.imported_files(file))
            .collect();
        let mut importers = vec![Vec::new(); count];
        for (i, files) in imports.iter().enumerate() {
            for file in files {
                importers[file.index()].push(FileId(i as u32));
            }
        }
        // A barrel's importers see what the barrel imports.
        let through = importers.clone();
        for (i, list) in importers.iter_mut().enumerate() {
            for barrel in &through[i] {
                if world.is_barrel(*barrel) {
                    list.extend_from_slice(&through[barrel.index()]);
                }
            }
            list.sort_unstable();
            list.dedup();
        }
        Self {
            levels: levels(&imports),
            importers,
        }
    }
}

/// Puts each file behind those it imports; an import that closes a circle does not count.
fn levels(imports: &[Vec<FileId>]) -> Vec<Vec<FileId>> {
    #[derive(Clone, Copy)]
    enum Seen {
        Not,
        Open,
        At(usize),
    }
    let mut seen = vec![Seen::Not; imports.len()];
    let mut levels: Vec<Vec<FileId>> = Vec::new();
    for root in 0..imports.len() {
        // Each file with its imports that are still to be visited.
        let mut open = vec![(root, 0)];
        while let Some((at, next)) = open.last_mut() {
            let at = *at;
            if *next == 0 && matches!(seen[at], Seen::At(_)) {
                open.pop();
                continue;
            }
            seen[at] = Seen::Open;
            if let Some(import) = imports[at].get(*next) {
                *next += 1;
                if matches!(seen[import.index()], Seen::Not) {
                    open.push((import.index(), 0));
                }
                continue;
            }
            let below = imports[at]
                .iter()
                .filter_map(|import| match seen[import.index()] {
                    Seen::At(level) => Some(level + 1),
                    _ => None,
                });
            let level = below.max().unwrap_or(0);
            seen[at] = Seen::At(level);
            if levels.len() <= level {
                levels.resize(level + 1, Vec::new());
            }
            levels[level].push(FileId(at as u32));
            open.pop();
        }
    }
    levels
}

impl World {
    /// Finds what all classes derive from, as far as that needs no types of functions.
    pub(super) fn find_bases(&mut self, order: &Order) {
        let names = self.names_of_bases();
        for level in &order.levels {
            let found: Vec<_> = level
                .par_iter()
                .with_max_len(1)
                .map(|&file| self.bases_of(file, &names))
                .collect();
            for (file, types) in level.iter().zip(found) {
                if let Some((bases, locals)) = types {
                    self.state[file.index()].bases = bases;
                    self.state[file.index()].locals = locals;
                }
            }
        }
        self.update_hierarchy();
    }

    /// The names that start what some class derives from, here and where it is imported from: `db`
    /// of `db.Model`.
    fn names_of_bases(&self) -> FxHashSet<String> {
        let mut names = FxHashSet::default();
        for unit in &self.units {
            let module = &unit.facts.module;
            for class in &module.classes {
                for &base in module.list(class.bases) {
                    let Some(local) = root_of(module, base) else {
                        continue;
                    };
                    let local = module.local(local);
                    names.insert(module.text(local.name).to_owned());
                    if let LocalKind::Import(import) = local.kind
                        && let ImportKind::Named(name) = module.imports[import.index()].kind
                    {
                        names.insert(module.text(name).to_owned());
                    }
                }
            }
        }
        names
    }

    fn bases_of(&self, file: FileId, names: &FxHashSet<String>) -> Option<(Bases, Locals)> {
        let module = &self.unit(file).facts.module;
        let has_bases = module
            .classes
            .iter()
            .any(|class| !module.list(class.bases).is_empty());
        if !has_bases && !module.exports_all {
            return None;
        }
        let mut typer = Typer::new(self, file);
        let bases = bases(&mut typer, module);
        // `Base = declarative_base()`
        let locals = if module.exports_all {
            locals(&mut typer, module, |name| names.contains(name))
        } else {
            Locals::default()
        };
        Some((bases, locals))
    }

    fn update_hierarchy(&mut self) {
        self.hierarchy
            .update(&self.units, &self.state, &self.models);
    }

    /// Looks at the marked files, and at those that see something of them that has changed.
    pub(super) fn solve(&mut self, mut dirty: Vec<bool>, order: &Order) {
        for round in 0..MAX_ROUNDS {
            for level in &order.levels {
                let files: Vec<FileId> = level
                    .iter()
                    .copied()
                    .filter(|file| dirty[file.index()])
                    .collect();
                let found: Vec<Option<(FileTypes, bool)>> = files
                    .par_iter()
                    .with_max_len(1)
                    .map(|&file| {
                        let (types, is_open) = self.types_of(file);
                        (types != self.state[file.index()]).then_some((types, is_open))
                    })
                    .collect();
                for file in &files {
                    dirty[file.index()] = false;
                }
                for (&file, found) in files.iter().zip(found) {
                    let Some((types, is_open)) = found else {
                        continue;
                    };
                    self.state[file.index()] = types;
                    dirty[file.index()] |= is_open && round < MAX_OPEN_ROUNDS;
                    for importer in &order.importers[file.index()] {
                        dirty[importer.index()] = true;
                    }
                    // A mixin uses what its hosts have.
                    for base in self.state[file.index()].bases.iter().flatten() {
                        if let Base::Class(class) | Base::Instance(class) = base.base
                            && class.file != file
                        {
                            dirty[class.file.index()] = true;
                        }
                    }
                }
            }
            self.update_hierarchy();
            if !dirty.contains(&true) {
                break;
            }
        }
    }

    /// What a file tells others, and whether some of it depends on itself.
    fn types_of(&self, file: FileId) -> (FileTypes, bool) {
        let facts = &self.unit(file).facts;
        let module = &facts.module;
        let mut typer = Typer::of_whole_file(self, file);
        let mut types = FileTypes {
            bases: bases(&mut typer, module),
            ..FileTypes::default()
        };
        for i in 0..module.classes.len() {
            let id = ClassId(i as u32);
            types.fields.push(typer.fields(id));
            if let Some(generic) = typer.generic_class(id) {
                types.generics.insert(id, generic);
            }
        }
        for i in 0..module.functions.len() {
            let id = FunctionId(i as u32);
            let ty = typer.own_returned(id);
            let inner = ty.awaited();
            if matches!(inner.wrapper(), Some(Wrapper::Tuple | Wrapper::List)) {
                let parts = typer.returned_parts(id);
                if parts.len() > 1 {
                    types.parts.insert(id, parts);
                }
            }
            let wrappers = typer.wrappers(id);
            if !wrappers.is_empty() {
                types.wrappers.insert(id, wrappers);
            }
            types.returns.push(ty);
        }
        for attached in &facts.attached {
            let ty = typer.of(attached.value);
            let members = types.attached.entry(attached.function).or_default();
            members.push((attached.name, ty, attached.is_of_instances));
        }
        types.locals = locals(&mut typer, module, |_| true);
        for export in &module.exports {
            types.exports.push(match export.kind {
                ExportKind::Expr(value) => typer.of(value),
                _ => Type::UNKNOWN,
            });
        }
        for class in &module.classes {
            types.aliases.push(match class.alias {
                Some(alias) => typer.annotated(alias),
                None => Type::UNKNOWN,
            });
        }
        for (i, function) in module.functions.iter().enumerate() {
            for (j, param) in function.params.iter().enumerate() {
                let ty = match param.annotation {
                    Some(annotation) if !module.exports_all => typer.annotated(annotation),
                    _ => continue,
                };
                if matches!(ty.base, Base::Signature(_)) {
                    types.expected.insert((FunctionId(i as u32), j as u16), ty);
                }
            }
        }
        let mut seen: Vec<Type> = types.returns.clone();
        seen.extend(types.expected.values());
        seen.extend(types.locals.values());
        seen.extend(&types.exports);
        seen.extend(&types.aliases);
        seen.extend(types.fields.iter().flatten().map(|field| field.1));
        while let Some(ty) = seen.pop() {
            if let Base::Signature(signature) = ty.base
                && signature.file == file
                && !types.signatures.contains_key(&signature.expr)
            {
                let parts = typer.signature(signature);
                seen.extend(&parts);
                types.signatures.insert(signature.expr, parts);
            }
            let (Base::Literal(object) | Base::Shaped(object)) = ty.base else {
                continue;
            };
            if object.file != file || types.members.contains_key(&object.expr) {
                continue;
            }
            let members = typer.members_of(ty.base);
            seen.extend(members.iter().map(|member| member.1));
            if let Base::Literal(_) = ty.base {
                let spreads = typer.spreads_of(object.expr);
                if !spreads.is_empty() {
                    types.spreads.insert(object.expr, spreads);
                }
            }
            types.members.insert(object.expr, members);
        }
        // What type parameters stand for is read of the last round.
        let is_open = typer.is_open() || !types.generics.is_empty();
        (types, is_open)
    }
}

/// What each class of a file derives from.
fn bases(typer: &mut Typer<'_>, module: &Module) -> Bases {
    let classes = module.classes.iter();
    classes
        .map(|class| {
            let bases = module.list(class.bases).iter();
            bases.map(|&base| typer.base_class(base)).collect()
        })
        .collect()
}

/// The name that an expression starts with.
fn root_of(module: &Module, mut expr: ExprId) -> Option<LocalId> {
    loop {
        expr = match module.expr(expr) {
            Expr::Local(local) => return Some(local),
            Expr::Member { object, .. } | Expr::Index { object, .. } => object,
            Expr::Call { callee, .. } => callee,
            _ => return None,
        };
    }
}

/// The variables of a module whose names are wanted.
fn locals(typer: &mut Typer<'_>, module: &Module, is_wanted: impl Fn(&str) -> bool) -> Locals {
    let mut found = Locals::default();
    for (i, local) in module.locals.iter().enumerate() {
        let is_variable = matches!(local.kind, LocalKind::Variable | LocalKind::Const);
        if local.function == MODULE_BODY && is_variable && is_wanted(module.text(local.name)) {
            let id = LocalId(i as u32);
            let ty = typer.variable(id);
            if !ty.is_unknown() {
                found.insert(id, ty);
            }
        }
    }
    found
}
