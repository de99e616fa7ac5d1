//! The linked program: what rules ask questions of. Read-only.

use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::browser::WholeUse;
use super::call_graph::{
    Act, ActKind, Call, Callee, LinkedFile, asks_cache, link_file, runs_in_place,
};
use super::callbacks::{Slot, link_handed, param_of};
use super::cardinality::{Cardinality, LoopSizes};
use super::entities::PerRow;
use super::entry_points::{self, EntryPoint, Reach, Reached, Taken};
use super::fetches::{Callers, Runners, hooks};
use super::infer::Typer;
use super::models::{Effect, EntryKind};
use super::queries::QuerySite;
use super::row_hooks::AllRowHooks;
use super::rows::{self, Read, Reads};
use super::schema::Schemas;
use super::serializers;
use super::summaries::{
    EffectFact, Summary, fact_at, is_of_receiver, params_of, passes_on, summarize,
};
use super::types::{ClassRef, FunctionRef, Type};
use super::walks::Walks;
use super::world::World;
use crate::analysis::facts::FileFacts;
use crate::analysis::uses::Uses;
use crate::config::SchemaSettings;
use crate::finding::{Confidence, Related};
use crate::ir::{
    Expr, ExprId, FunctionId, FunctionKind, Invocation, LoopId, MODULE_BODY, Module, Site, StmtId,
};
use crate::source::{Context, FileId, Place, Span};

/// All files, linked.
#[derive(Debug)]
pub struct Program {
    /// Files, models, types.
    pub world: World,
    /// What each file is for.
    pub contexts: Vec<Context>,
    /// The databases of the project, in their end state.
    /// What is asked of them, once someone wants to know.
    pub(super) asked: OnceLock<Vec<QuerySite>>,
    linked: Vec<LinkedFile>,
    reads: Reads,
    pub(super) listed: FxHashSet<ClassRef>,
    summaries: Vec<Vec<Summary>>,
    reach: Vec<Vec<Reached>>,
    /// Where the program is entered.
    pub entry_points: Vec<EntryPoint>,
    pub(super) browser_files: OnceLock<Vec<bool>>,
    pub(super) whole_imports: OnceLock<Vec<WholeUse>>,
    /// The databases.
    pub schemas: Schemas,
    uses: Vec<OnceLock<Uses>>,
    /// How often each loop runs, by file and loop.
    pub(super) sizes: Vec<OnceLock<LoopSizes>>,
    callers: OnceLock<Callers>,
    runners: OnceLock<Runners>,
    made: OnceLock<FxHashMap<ClassRef, bool>>,
    row_hooks: OnceLock<AllRowHooks>,
    pub(super) walks: OnceLock<Walks>,
    pub(super) hooks: FxHashSet<FunctionRef>,
    /// The functions that someone starts by typing their name.
    commands: FxHashSet<FunctionRef>,
}

impl Program {
    /// Resolves all calls and summarizes all functions.
    pub fn new(mut world: World, contexts: Vec<Context>, schema: &SchemaSettings) -> Self {
        let link = || {
            let files = world.par_files().map(|file| {
                let mut typer = Typer::of_most(&world, file);
                let file = (link_file(&mut typer), Taken::of_file(&mut typer));
                (file, typer.into_types())
            });
            let ((mut linked, taken), types): ((Vec<LinkedFile>, Vec<Taken>), Vec<_>) =
                files.unzip();
            link_handed(&world, &mut linked);
            (linked, taken, types)
        };
        let (mut schemas, (linked, taken, types)) =
            rayon::join(|| Schemas::new(&world, &contexts, schema), link);
        world.linked_types = types;
        schemas.find_bare_references(&world, &contexts, &linked);
        let entered = || {
            let entries = entry_points::find(taken);
            (entry_points::reach(&linked, &entries), entries)
        };
        let ((summaries, (reach, entry_points)), (reads, listed)) = rayon::join(
            || rayon::join(|| summarize(&world, &linked), entered),
            || {
                rayon::join(
                    || rows::reads(&world, &linked),
                    || serializers::listed(&world),
                )
            },
        );
        let uses = world.units.iter().map(|_| OnceLock::new()).collect();
        let sizes = world.units.iter().map(|_| OnceLock::new()).collect();
        Self {
            world,
            contexts,
            asked: OnceLock::new(),
            linked,
            reads,
            listed,
            summaries,
            reach,
            hooks: hooks(&entry_points),
            commands: commands(&entry_points),
            entry_points,
            browser_files: OnceLock::new(),
            whole_imports: OnceLock::new(),
            schemas,
            uses,
            sizes,
            callers: OnceLock::new(),
            runners: OnceLock::new(),
            made: OnceLock::new(),
            row_hooks: OnceLock::new(),
            walks: OnceLock::new(),
        }
    }

    /// The call sites of a file and what they call.
    pub fn calls(&self, file: FileId) -> impl Iterator<Item = (&Site, &Call)> {
        let sites = &self.world.unit(file).facts.module.sites;
        sites.iter().zip(&self.linked[file.index()].calls)
    }

    /// Where the values of a file go.
    pub fn uses(&self, file: FileId) -> &Uses {
        self.uses[file.index()].get_or_init(|| Uses::of(&self.world.unit(file).facts))
    }

    /// The calls of each function.
    pub(super) fn callers(&self) -> &Callers {
        self.callers.get_or_init(|| self.find_callers())
    }

    /// The functions that run a statement they are handed.
    pub(super) fn runners(&self) -> &Runners {
        self.runners.get_or_init(|| self.find_runners())
    }

    /// The classes that are made, and whether all of their instances are made while modules are
    /// loaded.
    pub(super) fn made(&self) -> &FxHashMap<ClassRef, bool> {
        self.made.get_or_init(|| self.find_made())
    }

    /// What runs around the writes of rows, by their class.
    pub(super) fn all_row_hooks(&self) -> &AllRowHooks {
        self.row_hooks.get_or_init(|| self.find_row_hooks())
    }

    /// Finds what several rules ask for, on all threads: a rule that wanted it first would have
    /// the others wait.
    pub fn prepare(&self) {
        rayon::join(
            || rayon::join(|| self.queries(), || self.all_walks()),
            || {
                rayon::join(
                    || (self.callers(), self.made()),
                    || (self.runners(), self.all_row_hooks()),
                )
            },
        );
    }

    /// The functions of a file.
    pub fn functions(&self, file: FileId) -> impl Iterator<Item = Function<'_>> {
        let count = self.world.unit(file).facts.module.functions.len();
        (0..count as u32).map(move |i| Function {
            program: self,
            file,
            id: FunctionId(i),
        })
    }

    /// A function.
    pub fn function(&self, at: FunctionRef) -> Function<'_> {
        Function {
            program: self,
            file: at.file,
            id: at.function,
        }
    }

    /// The body of a file's module.
    pub fn function_of_module(&self, file: FileId) -> Function<'_> {
        self.function(FunctionRef {
            file,
            function: MODULE_BODY,
        })
    }

    /// What calling a function does.
    pub fn summary(&self, at: FunctionRef) -> &Summary {
        &self.summaries[at.file.index()][at.function.index()]
    }
}

fn commands(entries: &[EntryPoint]) -> FxHashSet<FunctionRef> {
    let entries = entries.iter();
    let commands = entries.filter(|entry| entry.kind == EntryKind::Command);
    commands.filter_map(|entry| entry.function).collect()
}

/// A function of the program.
#[derive(Debug, Clone, Copy)]
pub struct Function<'p> {
    /// The program.
    pub program: &'p Program,
    /// The file.
    pub file: FileId,
    /// The function's id there.
    pub id: FunctionId,
}

/// A loop of the program.
#[derive(Debug, Clone, Copy)]
pub struct Loop<'p> {
    /// The function whose code it repeats.
    pub function: Function<'p>,
    /// The loop's id in the file.
    pub id: LoopId,
}

impl<'p> Function<'p> {
    /// The file's facts.
    pub fn facts(self) -> &'p FileFacts {
        &self.program.world.unit(self.file).facts
    }

    /// The file's module.
    pub fn module(self) -> &'p Module {
        &self.facts().module
    }

    /// Its declaration.
    pub fn declared(self) -> &'p crate::ir::Function {
        self.module().function(self.id)
    }

    /// What tells it from all others.
    pub fn reference(self) -> FunctionRef {
        FunctionRef {
            file: self.file,
            function: self.id,
        }
    }

    /// Its own loops, in the order they open.
    pub fn own_loops(self) -> impl Iterator<Item = Loop<'p>> {
        let ids = (0..self.module().loops.len() as u32).map(LoopId);
        let loops = ids.map(move |id| Loop { function: self, id });
        loops.filter(move |lp| lp.head().function == self.id)
    }

    /// What the file is for. A command that someone types is a script wherever it stands.
    pub fn context(self) -> Context {
        match self.program.contexts[self.file.index()] {
            Context::Product if self.is_command() => Context::Script,
            context => context,
        }
    }

    /// Whether it is a command, or stands in one.
    fn is_command(self) -> bool {
        let commands = &self.program.commands;
        if commands.is_empty() {
            return false;
        }
        let module = self.module();
        let around = |&id: &FunctionId| module.function(id).parent;
        std::iter::successors(Some(self.id), around).any(|function| {
            let file = self.file;
            commands.contains(&FunctionRef { file, function })
        })
    }

    /// What it does, in evaluation order.
    pub fn acts(self) -> &'p [Act] {
        &self.program.linked[self.file.index()].acts[self.id.index()]
    }

    /// The relations that it reads of rows, straight or through what it calls.
    pub fn reads(self) -> &'p [Read] {
        &self.program.reads[self.file.index()][self.id.index()]
    }

    /// The parameters that an expression of it depends on, one bit each.
    pub fn params_of(self, expr: ExprId) -> u32 {
        let at = self.reference();
        params_of(&self.program.world, at, expr)
    }

    /// What a library says of it if it runs once per row, of which there may be many.
    pub fn per_row(self) -> Option<PerRow<'p>> {
        let world = &self.program.world;
        let at = self.reference();
        world.per_row(at).filter(|_| !world.is_of_single_type(at))
    }

    /// How requests reach it, or what it is defined in.
    pub fn reached(self) -> Reached {
        let mut at = self.id;
        let mut job = None;
        loop {
            let mut found = self.program.reach[self.file.index()][at.index()];
            job = job.or(found.job);
            found.job = job;
            if at != self.id {
                found.reach = found.reach.min(Reach::Called);
            }
            match self.module().function(at).parent {
                Some(parent) if found.reach == Reach::None => at = parent,
                _ => return found,
            }
        }
    }

    /// Whether something in the program is seen to call it.
    pub fn is_called(self) -> bool {
        self.program.callers().contains_key(&self.reference())
    }

    /// The functions that are seen to call it, each with the call.
    pub fn callers(self) -> Vec<(Self, ExprId)> {
        let at = self.reference();
        let callers = self.program.callers().get(&at).into_iter().flatten();
        callers
            .map(|&(caller, call)| (self.program.function(caller), call))
            .collect()
    }

    /// Whether nothing in the program is seen to call it, or the function that it stands in.
    /// Where no entries of the program are seen, everything may be one.
    pub fn is_idle(self) -> bool {
        if self.program.entry_points.is_empty() {
            return false;
        }
        let callers = self.program.callers();
        let mut at = Some(self.id);
        while let Some(function) = at {
            let file = self.file;
            if callers.contains_key(&FunctionRef { file, function }) {
                return false;
            }
            at = self.module().function(function).parent;
        }
        true
    }

    /// A name for it in messages: its own, or that of the function around it.
    pub fn name(self) -> Option<String> {
        let module = self.module();
        let mut at = self.id;
        loop {
            let function = module.function(at);
            if let Some(name) = function.name {
                return Some(match function.class.and_then(|c| module.class(c).name) {
                    Some(class) => format!("{}.{}", module.text(class), module.text(name)),
                    None => module.text(name).to_owned(),
                });
            }
            if function.kind == FunctionKind::Module {
                return None;
            }
            at = function.parent?;
        }
    }

    /// A place in its file.
    pub fn place(self, span: Span) -> Place {
        Place {
            file: self.file,
            span,
        }
    }

    /// The place of one of its expressions.
    pub fn place_of(self, expr: ExprId) -> Place {
        self.place(self.module().span(expr))
    }

    /// The type of one of its file's expressions.
    pub fn type_of(self, expr: ExprId) -> Type {
        Typer::new(&self.program.world, self.file).of(expr)
    }

    /// The resolved call at a call expression of this function.
    pub fn call_at(self, expr: ExprId) -> Option<&'p Call> {
        let facts = self.facts();
        let first = facts.first_site(self.id);
        // Sites stand in evaluation order, by which expressions are numbered.
        let sites = facts.sites(self.id);
        let at = sites
            .binary_search_by_key(&expr, |site| site.expr)
            .ok()
            .or_else(|| sites.iter().position(|site| site.expr == expr))?;
        self.program.linked[self.file.index()].calls.get(first + at)
    }

    /// Its call sites and what they call, in evaluation order.
    pub fn calls(self) -> impl Iterator<Item = (&'p Site, &'p Call)> {
        let facts = self.facts();
        let calls = &self.program.linked[self.file.index()].calls;
        let sites = facts.sites(self.id);
        sites.iter().zip(&calls[facts.first_site(self.id)..])
    }

    /// Whether a call of its file is awaited where it stands.
    pub fn is_awaited(self, call: ExprId) -> bool {
        self.program.linked[self.file.index()]
            .awaited
            .contains(&call)
    }

    /// The loops that repeat what stands in `lp` of this function, innermost first: those of
    /// the function, and where it is a callback that runs in place, those around it.
    pub fn loops_around(self, lp: Option<LoopId>) -> Vec<Loop<'p>> {
        let module = self.module();
        let mut found = Vec::new();
        let (mut function, mut at) = (self.id, lp);
        for _ in 0..32 {
            while let Some(id) = at {
                found.push(Loop {
                    function: Function {
                        id: function,
                        ..self
                    },
                    id,
                });
                at = module.lp(id).parent;
            }
            let declared = module.function(function);
            let Some(parent) = declared.parent else {
                break;
            };
            match declared.invocation {
                Invocation::PerElement(lp) => at = Some(lp),
                Invocation::Immediate => at = declared.defined_in,
                Invocation::Argument(call, position) => {
                    let outer = Function { id: parent, ..self };
                    // `cache.get(key, () => …)` runs it once per key.
                    if asks_cache(module, call) {
                        break;
                    }
                    let runs = outer.call_at(call).is_some_and(|resolved| {
                        runs_in_place(
                            &self.program.world,
                            module,
                            call,
                            resolved,
                            position,
                            self.is_awaited(call),
                        ) || outer.invokes_param(resolved, position)
                    });
                    if !runs {
                        break;
                    }
                    at = declared.defined_in;
                }
                Invocation::Declared => break,
            }
            function = parent;
        }
        found
    }

    /// The loop of another function that repeats an act of this one: the act, or this function
    /// as a literal, is handed to a function that calls it there.
    pub fn loop_of_callee(self, act: &Act) -> Option<Loop<'p>> {
        let found = act.repeated_by.or_else(|| {
            let Invocation::Argument(call, position) = self.declared().invocation else {
                return None;
            };
            let parent = self.declared().parent?;
            let outer = Function { id: parent, ..self };
            let Callee::Function(callee) = outer.call_at(call)?.callee else {
                return None;
            };
            let world = &self.program.world;
            let param = param_of(world, callee, Slot::Position(position), self.module())?;
            let linked = &self.program.linked[callee.file.index()];
            *linked.called_params.get(&(callee.function, param))?
        })?;
        let module = &self.program.world.unit(found.file).facts.module;
        Some(Loop {
            function: Function {
                program: self.program,
                file: found.file,
                id: module.lp(found.lp).function,
            },
            id: found.lp,
        })
    }

    /// Whether the callee of a call itself calls the argument at `position`.
    fn invokes_param(self, call: &Call, position: u16) -> bool {
        let Callee::Function(callee) = call.callee else {
            return false;
        };
        let world = &self.program.world;
        let linked = &self.program.linked[callee.file.index()];
        param_of(world, callee, Slot::Position(position), self.module())
            .is_some_and(|param| linked.called_params.contains_key(&(callee.function, param)))
    }

    /// The effect of an act, straight or through what it calls: the proof and how sure it is.
    pub fn effect_of(self, act: &Act, effect: Effect) -> Option<ActEffect> {
        if act.is_memoized {
            return None;
        }
        match &act.kind {
            ActKind::Effect { .. } => {
                let is_at_hand = act.is_kept && !self.loops_around(act.lp).is_empty();
                (act.has(effect) && !is_at_hand).then_some(ActEffect {
                    confidence: act.confidence,
                    is_repeated: false,
                    via: None,
                })
            }
            ActKind::Call(target) => {
                let summary = self.program.summary(*target);
                if summary.is_cached || !passes_on(&self.program.world, act, *target, effect) {
                    return None;
                }
                let owner = self.reference();
                let program = self.program;
                let fact = self.next_fact(act, effect)?;
                let is_kept =
                    act.is_kept || (fact.is_kept && is_of_receiver(&program.world, owner, act));
                if is_kept && !self.loops_around(act.lp).is_empty() {
                    return None;
                }
                Some(ActEffect {
                    confidence: act.confidence.min(fact.confidence),
                    is_repeated: fact.is_repeated,
                    via: Some((*target, fact)),
                })
            }
        }
    }

    /// The chain of calls from an act to the effect, as evidence.
    pub fn evidence(self, effect: ActEffect) -> Vec<Related> {
        let mut steps = Vec::new();
        let mut at = effect.via;
        for _ in 0..16 {
            let Some((target, fact)) = at else {
                break;
            };
            let function = self.program.function(target);
            let Some(act) = function.acts().get(fact.act as usize) else {
                break;
            };
            let place = function.place_of(act.expr);
            match &act.kind {
                ActKind::Effect {
                    package, effect, ..
                } => {
                    let effect = match fact.effect {
                        Effect::Block => *effect,
                        effect => effect,
                    };
                    steps.push(Related {
                        place,
                        message: format!("{} here ({package})", verb_of(effect)),
                    });
                    break;
                }
                ActKind::Call(next) => {
                    let callee = self.program.function(*next);
                    let name = callee.name().unwrap_or_else(|| "a function".to_owned());
                    steps.push(Related {
                        place,
                        message: format!("calls `{name}`"),
                    });
                    at = function
                        .next_fact(act, fact.effect)
                        .map(|fact| (*next, fact));
                }
            }
        }
        steps
    }

    /// The proof that what an act of this function calls has an effect, as it is called there.
    fn next_fact(self, act: &Act, effect: Effect) -> Option<EffectFact> {
        let program = self.program;
        let owner = self.reference();
        fact_at(&program.world, &program.linked, owner, act, effect, |f| {
            program.summary(f)
        })
    }

    /// The act at the end of a chain: the one that has the effect.
    pub fn final_act(self, act: &'p Act, effect: ActEffect) -> &'p Act {
        self.final_site(act, effect).1
    }

    /// The act at the end of a chain, and the function it stands in.
    pub fn final_site(self, act: &'p Act, effect: ActEffect) -> (Self, &'p Act) {
        let mut found = (self, act);
        self.follow(act, effect, |function, act| found = (function, act));
        found
    }

    /// The acts of a chain, each with the function it stands in, in the order they run.
    pub fn chain(self, act: &'p Act, effect: ActEffect) -> Vec<(Self, &'p Act)> {
        let mut chain = Vec::new();
        self.follow(act, effect, |function, act| chain.push((function, act)));
        chain
    }

    fn follow(self, act: &'p Act, effect: ActEffect, mut visit: impl FnMut(Self, &'p Act)) {
        visit(self, act);
        let mut at = effect.via;
        for _ in 0..32 {
            let Some((target, fact)) = at else {
                break;
            };
            let function = self.program.function(target);
            let Some(next) = function.acts().get(fact.act as usize) else {
                break;
            };
            visit(function, next);
            at = match next.kind {
                ActKind::Call(target) => function
                    .next_fact(next, fact.effect)
                    .map(|fact| (target, fact)),
                ActKind::Effect { .. } => None,
            };
        }
    }

    /// The text of the name by which a call calls: `Model.objects.get`. Of a long one its ends:
    /// `Model.objects….count`.
    pub fn callee_text(self, expr: ExprId) -> String {
        let module = self.module();
        // Of a template that includes another, the other's name says more.
        if module.template == Some(self.id)
            && let Some(rendering) = self.program.world.templates.at(self.file, expr)
            && let Some(&template) = rendering.templates.first()
        {
            return self.program.function(template).name().unwrap_or_default();
        }
        let parts = self.callee_path(expr);
        match parts[..] {
            [first, second, _, _, .., last] => format!("{first}.{second}….{last}"),
            _ => parts.join("."),
        }
    }

    /// All names by which a call calls, the first one first: `Model`, `objects`, `get`.
    pub fn callee_path(self, expr: ExprId) -> Vec<&'p str> {
        let module = self.module();
        let mut parts = Vec::new();
        let mut at = expr;
        loop {
            match module.expr(at) {
                Expr::Call { callee, .. } => at = callee,
                Expr::Await(inner) | Expr::Index { object: inner, .. } => at = inner,
                Expr::Member { object, name } => {
                    parts.push(module.text(name));
                    at = object;
                }
                Expr::Local(local) => {
                    parts.push(module.text(module.local(local).name));
                    break;
                }
                Expr::Name(name) => {
                    parts.push(module.text(name));
                    break;
                }
                Expr::This => {
                    parts.push("this");
                    break;
                }
                _ => break,
            }
        }
        parts.reverse();
        parts
    }

    /// The statement of an expression's site in this function.
    pub fn stmt_of(self, expr: ExprId) -> Option<StmtId> {
        let sites = self.facts().sites(self.id);
        sites.iter().find(|s| s.expr == expr).map(|s| s.stmt)
    }
}

impl<'p> Loop<'p> {
    /// Its head.
    pub fn head(self) -> &'p crate::ir::Loop {
        self.function.module().lp(self.id)
    }

    /// How its trips are bounded.
    pub fn cardinality(self) -> Cardinality {
        self.function
            .program
            .cardinality(self.function.file, self.id)
    }

    /// Whether an expression is among what the loop repeats: its body, or its callback's code.
    pub fn repeats(self, expr: ExprId) -> bool {
        let module = self.function.module();
        let head = self.head();
        let callback = head.callback.map(|callback| module.expr(callback));
        head.exprs.contains(expr)
            || matches!(callback, Some(Expr::Function(f)) if module.function(f).exprs.contains(expr))
    }

    /// Its header's place.
    pub fn place(self) -> Place {
        self.function.place(self.head().span)
    }

    /// The name of its element, if it has a plain one.
    pub fn element_name(self) -> Option<&'p str> {
        let module = self.function.module();
        let head = self.head();
        let target = match (head.element, head.callback) {
            (Some(target), _) => target,
            (None, Some(callback)) => match module.expr(callback) {
                Expr::Function(function) => {
                    let params = &module.function(function).params;
                    params.get(module.element_param(self.id))?.target
                }
                _ => return None,
            },
            _ => return None,
        };
        match module.expr(target) {
            Expr::Local(local) => Some(module.text(module.local(local).name)),
            _ => None,
        }
    }
}

/// An effect that an act has.
#[derive(Debug, Clone, Copy)]
pub struct ActEffect {
    /// That of the weakest link.
    pub confidence: Confidence,
    /// Whether a loop stands in the chain behind the act.
    pub is_repeated: bool,
    /// The function called and its proof, unless the act has the effect itself.
    pub via: Option<(FunctionRef, EffectFact)>,
}

/// What an effect does, as a verb of the third person.
pub fn verb_of(effect: Effect) -> &'static str {
    match effect {
        Effect::DbRead | Effect::Sql => "queries",
        Effect::DbWrite => "writes",
        Effect::Commit => "commits",
        Effect::Remote | Effect::RemoteWrite => "calls another service",
        Effect::CacheRead => "reads the cache server",
        Effect::CacheWrite => "writes to the cache server",
        Effect::File => "uses files",
        Effect::Sleep => "sleeps",
        Effect::Lock => "takes a lock",
        Effect::Process => "runs a program",
        Effect::Cpu => "computes",
        Effect::Block => "holds the thread",
    }
}
