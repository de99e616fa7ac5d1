//! Rows and their relations: which relations each function reads of the rows it gets or walks,
//! and which of these its queries load along.
//!
//! A read is told by where the row comes from and by the path of relations from there. Reads of
//! a parameter's rows go on to the callers, until a query is found: what that does not load is
//! asked for once per row.

mod columns;
mod gathered;
mod known;
mod loaded;
mod managers;
mod shapes;
mod source;

use self::loaded::{Loaded, Origin};
pub(super) use self::loaded::{first_missing, loaded_at, loaded_by, loaded_with_all};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::call_graph::{Act, ActKind, LinkedFile};
use super::callbacks::{argument_for, has_receiver};
use super::entities::RelationId;
use super::infer::Typer;
use super::models::TypeSpec;
use super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef};
use super::world::World;
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionId, LocalId, LoopId, Module, Name, Stmt};
use crate::source::FileId;

/// Relations on the way from a row to what is read.
const MAX_PATH: usize = 4;
/// Reads told of one function.
const MAX_READS: usize = 64;
/// Calls between a read and the query.
const MAX_DEPTH: u8 = 6;
/// Steps from a collection to the query behind it.
const MAX_STEPS: u32 = 40;

/// The relations from a row to what is read.
pub type Path = SmallVec<[RelationId; 3]>;

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// A parameter of a function of the file.
    Param(FunctionId, u16),
    /// An element of a collection that is a parameter.
    ElementOfParam(FunctionId, u16),
    /// An element of the collection that a loop walks.
    Element(LoopId),
    /// An element of what an expression of the file gives, walked by a function that is called.
    ElementOf(ExprId),
    /// The one row that an expression of the file gives: what repeats is the walk over a
    /// relation of it.
    One(ExprId),
}

/// A row, as a path of relations from where it comes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowSource {
    /// Where the first row comes from.
    pub root: Root,
    /// The relations from there.
    pub path: Path,
}

/// The relation that a query does not load.
#[derive(Debug, Clone)]
pub struct Missing {
    /// How many relations of the path are loaded; the next is not.
    pub loaded: usize,
    /// Where the query is built.
    pub query: ExprRef,
}

/// A function reads a relation of a row, straight or through what it calls.
#[derive(Debug, Clone)]
pub struct Read {
    /// The member read, its use, or the call that leads to it.
    pub expr: ExprId,
    /// Where the row comes from and what is read of it.
    pub source: RowSource,
    /// The function called and its read, unless this is the read itself.
    pub via: Option<(FunctionRef, u32)>,
    /// Calls between the function and the read.
    pub depth: u8,
    /// How sure we are.
    pub confidence: Confidence,
    /// What the query behind the rows lacks; none if it loads all or is out of sight.
    pub missing: Option<Missing>,
}

/// The reads of all functions, by file and function.
pub type Reads = Vec<Vec<Vec<Read>>>;

/// Finds which relations each function reads of which rows.
pub fn reads(world: &World, linked: &[LinkedFile]) -> Reads {
    if world.entities.all().is_empty() {
        let of_file = |file: &LinkedFile| vec![Vec::new(); file.acts.len()];
        return linked.iter().map(of_file).collect();
    }
    let mut reads: Reads = world
        .par_files()
        .map(|file| Finder::new(world, file).direct(&linked[file.index()]))
        .collect();
    let callers = callers(world, linked);
    // The first read of each function that its callers have not heard of.
    let mut told: Vec<Vec<usize>> = reads.iter().map(|file| vec![0; file.len()]).collect();
    for _ in 0..MAX_DEPTH {
        let mut by_file: FxHashMap<FileId, OpenCalls> = FxHashMap::default();
        for (i, file) in reads.iter().enumerate() {
            for (j, of_function) in file.iter().enumerate() {
                let has_news = of_function[told[i][j]..]
                    .iter()
                    .any(|read| is_of_param(read, j));
                if has_news {
                    let callee = FunctionRef {
                        file: FileId(i as u32),
                        function: FunctionId(j as u32),
                    };
                    for &(caller, act) in callers.get(&callee).into_iter().flatten() {
                        let of_file = by_file.entry(caller.file).or_default();
                        of_file.push((caller, act, callee));
                    }
                }
            }
        }
        let mut open: Vec<(FileId, OpenCalls)> = by_file.into_iter().collect();
        open.sort_by_key(|(file, _)| *file);
        let found: Vec<Vec<(FunctionId, Read)>> = open
            .par_iter()
            .map(|(file, calls)| {
                let mut finder = Finder::new(world, *file);
                let mut found = Vec::new();
                for &(caller, at, callee) in calls {
                    let call = match at {
                        At::Act(act) => Call::of(
                            &linked[file.index()].acts[caller.function.index()][act as usize],
                        ),
                        At::Rendering(expr) => Call {
                            expr,
                            confidence: Confidence::Medium,
                            is_memoized: false,
                        },
                    };
                    let of_callee = &reads[callee.file.index()][callee.function.index()];
                    let first = told[callee.file.index()][callee.function.index()];
                    for (i, read) in of_callee.iter().enumerate().skip(first) {
                        if let Some(read) = finder.through_call(call, callee, i, read) {
                            found.push((caller.function, read));
                        }
                    }
                }
                found
            })
            .collect();
        for (i, file) in reads.iter().enumerate() {
            for (j, of_function) in file.iter().enumerate() {
                told[i][j] = of_function.len();
            }
        }
        let mut has_grown = false;
        for ((file, _), found) in open.iter().zip(found) {
            for (function, read) in found {
                let known = &mut reads[file.index()][function.index()];
                let is_known = known.iter().any(|k| k.source == read.source);
                if !is_known && known.len() < MAX_READS {
                    known.push(read);
                    has_grown = true;
                }
            }
        }
        if !has_grown {
            break;
        }
    }
    reads
}

fn is_of_param(read: &Read, function: usize) -> bool {
    matches!(read.source.root, Root::Param(f, _) | Root::ElementOfParam(f, _)
        if f.index() == function)
}

/// Where a function is called.
#[derive(Debug, Clone, Copy)]
enum At {
    /// By an act of the caller.
    Act(u32),
    /// By rendering the template that it is.
    Rendering(ExprId),
}

/// What matters of a call.
#[derive(Debug, Clone, Copy)]
struct Call {
    expr: ExprId,
    confidence: Confidence,
    is_memoized: bool,
}

impl Call {
    fn of(act: &Act) -> Self {
        Self {
            expr: act.expr,
            confidence: act.confidence,
            is_memoized: act.is_memoized,
        }
    }
}

/// For each function, the places that call it.
fn callers(world: &World, linked: &[LinkedFile]) -> FxHashMap<FunctionRef, Vec<(FunctionRef, At)>> {
    let mut callers: FxHashMap<FunctionRef, Vec<(FunctionRef, At)>> = FxHashMap::default();
    for (i, file) in linked.iter().enumerate() {
        let file_id = FileId(i as u32);
        for (j, acts) in file.acts.iter().enumerate() {
            let caller = FunctionRef {
                file: file_id,
                function: FunctionId(j as u32),
            };
            for (k, act) in acts.iter().enumerate() {
                // What templates are given is told by their renderings.
                if let ActKind::Call(target) = act.kind
                    && !world.is_template(target)
                {
                    let at = At::Act(k as u32);
                    callers.entry(target).or_default().push((caller, at));
                }
            }
        }
        for rendering in world.templates.in_file(file_id) {
            let caller = FunctionRef {
                file: file_id,
                function: rendering.function,
            };
            for &template in &rendering.templates {
                let at = At::Rendering(rendering.expr);
                callers.entry(template).or_default().push((caller, at));
            }
        }
    }
    callers
}

/// The calls of functions with news, in one caller's file: caller, place, callee.
type OpenCalls = Vec<(FunctionRef, At, FunctionRef)>;

/// Looks at the rows of one file; follows collections into others.
struct Finder<'w> {
    world: &'w World,
    file: FileId,
    typers: FxHashMap<FileId, Typer<'w>>,
    sources: FxHashMap<ExprId, Option<RowSource>>,
    loaded: FxHashMap<ExprRef, Loaded>,
    /// What the managers of entities load with all rows.
    defaults: FxHashMap<ClassRef, Vec<String>>,
    /// What the file assigns to, once it was asked for.
    written: Option<Written>,
    /// The view whose query is looked at: what `self` is in the methods it inherits.
    view: Option<ClassRef>,
    steps: u32,
}

impl<'w> Finder<'w> {
    fn new(world: &'w World, file: FileId) -> Self {
        Self {
            world,
            file,
            typers: FxHashMap::default(),
            sources: FxHashMap::default(),
            loaded: FxHashMap::default(),
            defaults: FxHashMap::default(),
            written: None,
            view: None,
            steps: 0,
        }
    }

    fn module(&self, file: FileId) -> &'w Module {
        &self.world.unit(file).facts.module
    }

    fn typer(&mut self, file: FileId) -> &mut Typer<'w> {
        let world = self.world;
        self.typers
            .entry(file)
            .or_insert_with(|| Typer::new(world, file))
    }

    // --- reads ----------------------------------------------------------------------------

    /// The reads that the functions of the file do themselves.
    fn direct(&mut self, linked: &LinkedFile) -> Vec<Vec<Read>> {
        let module = self.module(self.file);
        let mut found = vec![Vec::new(); module.functions.len()];
        if !self
            .world
            .entities
            .are_in(self.world.unit(self.file).ecosystem)
        {
            return found;
        }
        let entities = &self.world.entities;
        let mut is_relation: FxHashMap<Name, bool> = FxHashMap::default();
        let mut names_relation = |name: Name| {
            *is_relation
                .entry(name)
                .or_insert_with(|| entities.has_name(module.text(name)))
        };
        let members: Vec<ExprId> = (0..module.expr_count() as u32)
            .map(ExprId)
            .filter(
                |&id| matches!(module.expr(id), Expr::Member { name, .. } if names_relation(name)),
            )
            .collect();
        let thrown = thrown(module);
        let asked = asked(module);
        let awaited: FxHashSet<ExprId> = (0..module.expr_count() as u32)
            .filter_map(|id| match module.expr(ExprId(id)) {
                Expr::Await(value) => Some(value),
                _ => None,
            })
            .collect();
        for id in members {
            let Expr::Member { object, name } = module.expr(id) else {
                continue;
            };
            let is_target = self.written().targets.contains(&id);
            if thrown.contains(&id) || is_target || self.assigns(object, name) {
                continue;
            }
            let Some(source) = self.source(id).or_else(|| self.list_source(id)) else {
                continue;
            };
            if source
                .path
                .last()
                .is_some_and(|&last| self.passes_by(last, asked.get(&id).copied()))
            {
                continue;
            }
            // Where it has to be awaited, what is only named was loaded.
            let last = source.path.last();
            if last.is_some_and(|&last| self.waits(last)) && !awaited.contains(&id) {
                continue;
            }
            let function = module.function_of(id);
            self.push(id, function, source, &mut found);
        }
        let walked: FxHashSet<ExprId> = module
            .loops
            .iter()
            .filter_map(|lp| lp.over.filter(|_| lp.is_async))
            .collect();
        for used in &linked.preloaded {
            let Some(source) = self.many_source(used.expr) else {
                continue;
            };
            let is_read = awaited.contains(&used.expr)
                || walked.contains(&used.expr)
                || self
                    .typer(self.file)
                    .called_model(used.expr)
                    .is_some_and(|(model, _)| model.preloaded);
            if !is_read && source.path.last().is_some_and(|&last| self.waits(last)) {
                continue;
            }
            self.push(used.expr, used.function, source, &mut found);
        }
        self.shaped_reads(&mut found);
        if self.world.entities.has_deferred {
            self.deferred_reads(&mut found);
        }
        for reads in &mut found {
            reads.sort_by_key(|read: &Read| read.expr);
            reads.truncate(MAX_READS);
        }
        found
    }

    /// Whether a relation is read by awaiting it, whatever its field is said to be.
    fn waits(&self, relation: RelationId) -> bool {
        let relation = self.world.entities.get(relation);
        let table = self.world.entities.table(relation.owner);
        !relation.promised
            && table.is_some_and(|table| self.world.models.ty(table).awaits_relations)
    }

    /// Whether a method of what stands for a relation's rows does not take them as they came with
    /// their owner: it changes them, or asks for some of them.
    fn passes_by(&self, relation: RelationId, method: Option<Name>) -> bool {
        let models = &self.world.models;
        let relation = self.world.entities.get(relation);
        let table = self.world.entities.table(relation.owner);
        let manager = table.and_then(|table| models.ty(table).to_many);
        let (true, Some(manager), Some(method)) = (relation.many, manager, method) else {
            return false;
        };
        let method = self.module(self.file).text(method);
        let call = models
            .member(manager, false, method)
            .and_then(|member| member.call);
        call.is_some_and(|call| {
            let call = models.call(call);
            let gives_them = match call.returns {
                TypeSpec::Named(ty) => models.iterate(ty).is_some_and(|model| model.preloaded),
                _ => false,
            };
            !call.preloaded && !gives_them
        })
    }

    fn push(
        &mut self,
        expr: ExprId,
        function: FunctionId,
        source: RowSource,
        found: &mut [Vec<Read>],
    ) {
        let Some((source, missing)) = self.judged(source) else {
            return;
        };
        let known = &mut found[function.index()];
        if known.iter().any(|read| read.source == source) {
            return;
        }
        known.push(Read {
            expr,
            source,
            via: None,
            depth: 0,
            confidence: Confidence::High,
            missing,
        });
    }

    /// What is known once the collection behind a row is looked at: reads of what a query loads
    /// are none, and those of a parameter's elements are the callers' matter.
    fn judged(&mut self, source: RowSource) -> Option<(RowSource, Option<Missing>)> {
        let over = match source.root {
            Root::Param(..) | Root::ElementOfParam(..) => return Some((source, None)),
            Root::Element(lp) => self.module(self.file).lp(lp).over?,
            Root::ElementOf(expr) | Root::One(expr) => expr,
        };
        // Of one row, the first relation to many is asked for once.
        let known = match source.root {
            Root::One(_) => {
                let entities = &self.world.entities;
                let many = source
                    .path
                    .iter()
                    .position(|&step| entities.get(step).many)?;
                many + 1
            }
            _ => 0,
        };
        if known >= source.path.len() {
            return None;
        }
        let loaded = self.loaded(self.file, over);
        match loaded.origin {
            Origin::Unknown => None,
            Origin::Param(function, index) => {
                if !loaded.paths.is_empty() {
                    return None;
                }
                let root = match source.root {
                    Root::One(_) => Root::Param(function, index),
                    _ => Root::ElementOfParam(function, index),
                };
                let path = source.path;
                Some((RowSource { root, path }, None))
            }
            // Where they came with a row, the query of that says it.
            Origin::Query if loaded.is_of_given => None,
            // A relation of some of the rows, those of a derived class, cannot be loaded with all.
            Origin::Query if !self.may_have(over, &source) => None,
            Origin::Query => {
                let at = first_missing(self.world, &source.path, &loaded.paths, known)?;
                let missing = Missing {
                    loaded: at,
                    query: loaded.query,
                };
                Some((source, Some(missing)))
            }
        }
    }

    /// Whether the rows of a collection have the first relation that is read of them.
    fn may_have(&mut self, over: ExprId, source: &RowSource) -> bool {
        let (Root::Element(_) | Root::ElementOf(_), Some(&first)) =
            (source.root, source.path.first())
        else {
            return true;
        };
        let typer = self.typer(self.file);
        let ty = typer.of(over);
        let row = match ty.base {
            Base::Model(_, Entity::Class(class)) => class,
            _ => match typer.element_of(ty).base {
                Base::Instance(class) => class,
                _ => return true,
            },
        };
        let owner = self.world.entities.get(first).owner;
        let is_derived = self.world.above(owner).contains(&row) && owner != row;
        let has_other = || {
            let entities = &self.world.entities;
            let name = &entities.get(first).name;
            entities.find(self.world, row, name).is_some()
        };
        self.world.above(row).contains(&owner) || !is_derived && has_other()
    }

    /// The read that a call's function does, seen from the caller.
    fn through_call(
        &mut self,
        call: Call,
        callee: FunctionRef,
        index: usize,
        read: &Read,
    ) -> Option<Read> {
        if call.is_memoized || read.depth >= MAX_DEPTH {
            return None;
        }
        let module = self.module(self.file);
        let (param, is_element) = match read.source.root {
            Root::Param(function, param) if function == callee.function => (param, false),
            Root::ElementOfParam(function, param) if function == callee.function => (param, true),
            _ => return None,
        };
        let rendering = self.world.templates.at(self.file, call.expr);
        let given = rendering
            .filter(|_| self.world.is_template(callee))
            .and_then(|rendering| rendering.argument(self.world, callee, param));
        let argument = match given {
            Some(given) => given.value,
            None => self.argument(self.file, call.expr, callee, param)?,
        };
        let is_row = given.is_some_and(|given| given.is_row);
        let source = if is_element {
            let path = read.source.path.clone();
            // Rows of a relation come as their owner's query loads them.
            let mut source = self.gathered_row(argument).unwrap_or_else(|| RowSource {
                root: Root::ElementOf(argument),
                path: Path::new(),
            });
            source.path.extend(path);
            source
        } else {
            let first = self.world.entities.get(*read.source.path.first()?);
            let name = module.name(&first.name);
            if name.is_some_and(|name| self.assigns(argument, name)) {
                return None;
            }
            match self.source_of_row(argument) {
                Some(mut source) if !is_row => {
                    source.path.extend(read.source.path.iter().copied());
                    source
                }
                // What is read of each row that a relation of the one row leads to.
                _ => {
                    let path = read.source.path.clone();
                    let root = Root::One(argument);
                    RowSource { root, path }
                }
            }
        };
        if source.path.len() > MAX_PATH {
            return None;
        }
        let (source, missing) = self.judged(source)?;
        Some(Read {
            expr: call.expr,
            source,
            via: Some((callee, index as u32)),
            depth: read.depth + 1,
            confidence: read.confidence.min(call.confidence),
            missing,
        })
    }

    /// The argument that a call hands to a parameter of its function, the receiver included.
    fn argument(
        &self,
        file: FileId,
        call: ExprId,
        callee: FunctionRef,
        param: u16,
    ) -> Option<ExprId> {
        let module = self.module(file);
        let called = match module.expr(call) {
            Expr::Call { callee, .. } => callee,
            // A property: reading it calls it.
            Expr::Member { object, .. } => return (param == 0).then_some(object),
            _ => return None,
        };
        if param == 0 && has_receiver(self.world, callee) {
            return match module.expr(called) {
                Expr::Member { object, .. } => Some(object),
                _ => None,
            };
        }
        argument_for(self.world, module, call, callee, param)
    }

    /// Whether the file assigns an attribute of the row that a name holds: what is read of it
    /// then is at hand.
    fn assigns(&mut self, row: ExprId, attribute: Name) -> bool {
        match self.module(self.file).expr(row) {
            Expr::Local(local) => self.written().attributes.contains(&(local, attribute)),
            _ => false,
        }
    }

    fn written(&mut self) -> &Written {
        let module = self.module(self.file);
        self.written
            .get_or_insert_with(|| Written::in_module(module))
    }
}

/// What a file assigns to.
#[derive(Default)]
struct Written {
    targets: FxHashSet<ExprId>,
    /// The attributes of what names hold.
    attributes: FxHashSet<(LocalId, Name)>,
}

impl Written {
    fn in_module(module: &Module) -> Self {
        let mut written = Self::default();
        for i in 0..module.expr_count() {
            if let Expr::Assign { target, .. } = module.expr(ExprId(i as u32)) {
                written.add(module, target);
            }
        }
        for element in module.loops.iter().filter_map(|lp| lp.element) {
            written.add(module, element);
        }
        written
    }

    fn add(&mut self, module: &Module, target: ExprId) {
        let mut open = vec![target];
        while let Some(at) = open.pop() {
            match module.expr(at) {
                Expr::Sequence { elements, .. } => open.extend(module.list(elements)),
                Expr::Spread(inner) => open.push(inner),
                Expr::Member { object, name } => {
                    self.targets.insert(at);
                    if let Expr::Local(local) = module.expr(object) {
                        self.attributes.insert((local, name));
                    }
                }
                _ => {
                    self.targets.insert(at);
                }
            }
        }
    }
}

/// The methods that are called, by what they are called on.
fn asked(module: &Module) -> FxHashMap<ExprId, Name> {
    let calls = (0..module.expr_count() as u32).map(|id| module.expr(ExprId(id)));
    let methods = calls.filter_map(|call| match call {
        Expr::Call { callee, .. } => match module.expr(callee) {
            Expr::Member { object, name } => Some((object, name)),
            _ => None,
        },
        _ => None,
    });
    methods.collect()
}

/// What is part of an error that is thrown: it is made once, and ends the walk.
fn thrown(module: &Module) -> FxHashSet<ExprId> {
    let mut open: Vec<ExprId> = module
        .stmts
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::Throw(value) => *value,
            _ => None,
        })
        .collect();
    let mut found = FxHashSet::default();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            module.for_each_part(id, |part| open.push(part));
        }
    }
    found
}
