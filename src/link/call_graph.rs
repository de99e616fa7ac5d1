//! What each function does: its calls, resolved, and the effects that library models tell of.

use rustc_hash::FxHashSet;

use super::callbacks::{CalledParams, Given, Handed, LoopRef, Slot};
use super::effects;
use super::guards::{ClassGuard, Guard, class_guard_of, guard_of, is_per_batch};
use super::infer::Typer;
use super::models::{Batched, CallModelId, Effect, ModelTypeId, PathId, Rows, Runs, UseModel};
use super::senders;
use super::types::{Base, ClassRef, FunctionRef, Type};
use super::world::World;
use crate::analysis::def_use::DefId;
use crate::analysis::facts::FileFacts;
use crate::analysis::flow::names_cache;
use crate::finding::Confidence;
use crate::ir::{
    CallKind, Concurrency, Expr, ExprId, FunctionId, FunctionKind, Invocation, LocalKind, LoopId,
    Module, Name, Stmt, StmtId, UnaryOp,
};
use crate::source::FileId;

/// Builtins that walk an iterable at once when they are called with it.
const CONSUMERS: &[&str] = &[
    "list",
    "tuple",
    "set",
    "dict",
    "frozenset",
    "sorted",
    "len",
    "sum",
    "any",
    "all",
    "min",
    "max",
    "bool",
];

/// What a call site calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// Not resolved.
    Unknown,
    /// Something of a library that no model describes; what models say of its name.
    External(Option<PathId>),
    /// A function of the project.
    Function(FunctionRef),
    /// The constructor of a project class, if it has one.
    Constructor(ClassRef, Option<FunctionRef>),
    /// A call that a model describes.
    Model(CallModelId),
    /// A parameter of the enclosing function, by position.
    Param(u16),
}

/// A call site, resolved.
#[derive(Debug, Clone)]
pub struct Call {
    /// What it calls.
    pub callee: Callee,
    /// How sure we are.
    pub confidence: Confidence,
}

/// Something a function does that matters to cost.
#[derive(Debug, Clone)]
pub struct Act {
    /// The call, await, or iterated value.
    pub expr: ExprId,
    /// The loop of this function that repeats it, innermost.
    pub lp: Option<LoopId>,
    /// The statement it stands in.
    pub stmt: StmtId,
    /// What is done.
    pub kind: ActKind,
    /// How sure we are.
    pub confidence: Confidence,
    /// Whether it happens once per key only: a memo stands around it.
    pub is_memoized: bool,
    /// Whether the function waits for it.
    pub is_awaited: bool,
    /// The parameter of this function that decides whether it happens.
    pub guard: Option<Guard>,
    /// The class of a parameter of this function that decides the same.
    pub class_guard: Option<ClassGuard>,
    /// Whether the receiver of this function keeps what it gave: a cached property.
    pub is_kept: bool,
    /// The loop of the called function that repeats it: it was handed over to be called there.
    pub repeated_by: Option<LoopRef>,
    /// Whether it may run in another thread: a callback of something that starts one, or of
    /// something unknown.
    pub is_off_thread: bool,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActKind {
    /// An effect, told by a model.
    Effect {
        /// Which.
        effect: Effect,
        /// How many rows it asks for.
        rows: Option<Rows>,
        /// The call's model, if it is a call.
        model: Option<CallModelId>,
        /// How concurrent calls are merged.
        batched: Option<Batched>,
        /// The library.
        package: String,
        /// What to call instead of once per element.
        bulk: Option<String>,
        /// The type whose values must not be used concurrently, if the receiver is one.
        serial: Option<ModelTypeId>,
        /// Whether it holds the thread so long that others waiting for it notice.
        blocks: bool,
    },
    /// A call of a project function.
    Call(FunctionRef),
}

impl Act {
    /// Whether it has an effect itself.
    pub fn has(&self, effect: Effect) -> bool {
        match self.kind {
            ActKind::Effect { blocks, .. } if effect == Effect::Block => blocks,
            ActKind::Effect { effect: own, .. } => own == effect,
            ActKind::Call(_) => false,
        }
    }
}

/// One file, linked.
#[derive(Debug, Default)]
pub struct LinkedFile {
    /// Its call sites, by the index of the site.
    pub calls: Vec<Call>,
    /// What each function does, in evaluation order.
    pub acts: Vec<Vec<Act>>,
    /// Which parameters each function calls.
    pub(super) called_params: CalledParams,
    /// Functions and parameters handed to project functions.
    pub(super) handed: Vec<Handed>,
    /// The calls that are awaited where they stand.
    pub awaited: FxHashSet<ExprId>,
    /// Where relations are used that may have come with their rows.
    pub preloaded: Vec<Use>,
}

/// A value that is used at some place.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// The value.
    pub expr: ExprId,
    /// The function.
    pub function: FunctionId,
    /// The loop of the function that repeats it, innermost.
    pub lp: Option<LoopId>,
    /// The statement it stands in.
    pub stmt: StmtId,
}

/// Links the file of a typer.
pub fn link_file(typer: &mut Typer<'_>) -> LinkedFile {
    let (world, file) = (typer.world(), typer.file());
    let facts = &world.unit(file).facts;
    let module = &facts.module;
    let mut linker = Linker {
        world,
        facts,
        module,
        typer,
        file,
        consumed: FxHashSet::default(),
        linked: LinkedFile {
            acts: vec![Vec::new(); module.functions.len()],
            ..LinkedFile::default()
        },
    };
    linker.run();
    linker.linked
}

struct Linker<'w, 't> {
    world: &'w World,
    facts: &'w FileFacts,
    module: &'w Module,
    typer: &'t mut Typer<'w>,
    file: FileId,
    /// Query objects in variables that have run and hold their rows.
    consumed: FxHashSet<DefId>,
    linked: LinkedFile,
}

impl Linker<'_, '_> {
    fn run(&mut self) {
        let module = self.module;
        for site in &module.sites {
            if let Expr::Await(value) = module.expr(site.expr) {
                self.linked.awaited.insert(value);
            }
        }
        for site in &module.sites {
            let call = self.call(site.expr);
            self.linked.calls.push(call);
        }
        // Loops run their iterable; a callback loop its callback.
        for i in 0..module.loops.len() {
            self.lp(LoopId(i as u32));
        }
        for i in 0..module.sites.len() {
            self.site(i);
        }
        self.entered_values();
        self.returned_queries();
        self.indexed_queries();
        self.property_reads();
        self.provided_params();
        for (i, acts) in self.linked.acts.iter_mut().enumerate() {
            for act in acts.iter_mut() {
                act.is_memoized |= is_per_batch(self.facts, act.stmt);
                if act.class_guard.is_none() {
                    act.class_guard = class_guard_of(self.facts, FunctionId(i as u32), act.stmt);
                }
                if act.guard.is_none() {
                    act.guard = guard_of(self.facts, FunctionId(i as u32), act.expr, act.stmt);
                }
            }
            // Expressions are numbered in evaluation order.
            acts.sort_by_key(|act| act.expr);
        }
    }

    fn call(&mut self, expr: ExprId) -> Call {
        let nothing = Call {
            callee: Callee::Unknown,
            confidence: Confidence::High,
        };
        let Expr::Call { kind, callee, .. } = self.module.expr(expr) else {
            return nothing;
        };
        if kind == CallKind::Jsx {
            return self.component(expr).unwrap_or(nothing);
        }
        if kind == CallKind::Import {
            return nothing;
        }
        // `super(name)` goes on to the constructor above.
        if let (Expr::Super, Some(class)) =
            (self.module.expr(callee), self.typer.parent_view(callee))
            && let Some(function) = self.world.parent_constructor(class)
        {
            return Call {
                callee: Callee::Function(function),
                ..nothing
            };
        }
        let ty = self.typer.callee(expr);
        if kind == CallKind::Implicit && !ty.is_callable() {
            return nothing;
        }
        let found = match ty.base {
            _ if !ty.is_bare() => Callee::Unknown,
            Base::Function(function) => Callee::Function(function),
            Base::Class(class) => Callee::Constructor(class, self.world.constructor(class)),
            Base::Method(id, _) => Callee::Model(self.select(expr, id)),
            Base::Path(path) => match self.world.models.path(path).call {
                Some(id) => Callee::Model(self.select(expr, id)),
                None => Callee::External(Some(path)),
            },
            Base::External | Base::Model(..) => Callee::External(None),
            _ => self.called_param(callee),
        };
        // `function: Callable[..., Any]`
        let found = match (found, self.called_param(callee)) {
            (Callee::External(_), Callee::Param(param)) => Callee::Param(param),
            (found, _) => found,
        };
        Call {
            callee: found,
            confidence: ty.confidence,
        }
    }

    /// The component that an element of a page stands for, where it is sure to run with it: an
    /// asynchronous one, on the server. Of the others, those of lists are looked at, which run in
    /// browsers as often as not.
    fn component(&mut self, element: ExprId) -> Option<Call> {
        let ty = self.typer.callee(element);
        let (true, Base::Function(function)) = (ty.is_bare(), ty.base) else {
            return None;
        };
        let declared = self
            .world
            .unit(function.file)
            .facts
            .module
            .function(function.function);
        let confidence = if declared.is_async {
            ty.confidence
        } else if self.is_list_item(element) {
            Confidence::Low
        } else {
            return None;
        };
        let callee = Callee::Function(function);
        Some(Call { callee, confidence })
    }

    /// Whether an expression is given once per element of a list.
    fn is_list_item(&self, element: ExprId) -> bool {
        let function = self.module.function_of(element);
        let is_callback = matches!(
            self.module.function(function).invocation,
            Invocation::PerElement(_)
        );
        let context = self.facts.context_of(element);
        is_callback || context.is_some_and(|(_, lp, _)| lp.is_some())
    }

    fn select(&self, call: ExprId, id: CallModelId) -> CallModelId {
        let models = &self.world.models;
        models.select(id, |bound| self.typer.is_given(call, bound))
    }

    fn called_param(&self, callee: ExprId) -> Callee {
        let callee = self.module.called_through(callee).unwrap_or(callee);
        match self.module.expr(callee) {
            Expr::Local(local) => match self.module.local(local).kind {
                LocalKind::Param(i) => Callee::Param(i),
                _ => Callee::Unknown,
            },
            _ => Callee::Unknown,
        }
    }

    fn lp(&mut self, id: LoopId) {
        let module = self.module;
        let lp = module.lp(id);
        let Some(over) = lp.over else {
            return;
        };
        if lp.call.is_none() {
            let ty = self.typer.of(over);
            self.consume(over, ty, lp.function, lp.parent, lp.stmt);
            self.walk_instance(over, ty, lp.function, lp.parent, lp.stmt);
            return;
        }
        let Some(callback) = lp.callback else {
            return;
        };
        let ty = self.typer.of(callback);
        if let Expr::Local(local) = module.expr(callback)
            && let LocalKind::Param(param) = module.local(local).kind
        {
            let owner = module.local(local).function;
            if let Some(lp) = self.lp_in(owner, lp.function, Some(id)) {
                self.linked
                    .called_params
                    .entry((owner, param))
                    .or_insert(lp);
            }
        }
        if let Base::Function(function) = ty.base {
            let act = Act {
                expr: callback,
                lp: Some(id),
                stmt: lp.stmt,
                kind: ActKind::Call(function),
                confidence: ty.confidence,
                is_memoized: false,
                is_awaited: false,
                guard: None,
                class_guard: None,
                is_kept: false,
                repeated_by: None,
                is_off_thread: lp.call.is_some_and(|call| {
                    let at = module.sites.iter().position(|site| site.expr == call);
                    at.is_none_or(|at| self.leaves_thread(at))
                }),
            };
            self.linked.acts[lp.function.index()].push(act);
        }
    }

    /// Iterating an instance of a project class calls its own method for that.
    fn walk_instance(
        &mut self,
        value: ExprId,
        ty: Type,
        function: FunctionId,
        lp: Option<LoopId>,
        stmt: StmtId,
    ) {
        let (Base::Instance(class), true) = (ty.base, ty.is_bare()) else {
            return;
        };
        let method = ["__iter__", "__aiter__"]
            .iter()
            .find_map(|name| self.world.method(class, name));
        if let Some(method) = method {
            let act = Act {
                expr: value,
                lp,
                stmt,
                kind: ActKind::Call(method),
                confidence: ty.confidence,
                is_memoized: false,
                is_awaited: false,
                guard: None,
                class_guard: None,
                is_kept: false,
                repeated_by: None,
                is_off_thread: false,
            };
            self.linked.acts[function.index()].push(act);
        }
    }

    /// Iterating a value, where that runs a query.
    fn consume(
        &mut self,
        value: ExprId,
        ty: Type,
        function: FunctionId,
        lp: Option<LoopId>,
        stmt: StmtId,
    ) {
        let Base::Model(id, _) = ty.base else {
            return;
        };
        if !ty.is_bare() {
            return;
        }
        let world = self.world;
        let Some(model) = world.models.iterate(id) else {
            return;
        };
        let Some(effect) = model.effect else {
            return;
        };
        // A query object kept in a variable holds its rows once it has run.
        if model.preloaded {
            self.linked.preloaded.push(Use {
                expr: value,
                function,
                lp,
                stmt,
            });
            return;
        }
        if let Some(def) = self.facts.def_use.reaching(value)
            && !self.consumed.insert(def)
        {
            return;
        }
        self.push_use(value, ty, (effect, model), function, lp, stmt);
    }

    /// `with lock:` waits for the lock.
    fn entered_values(&mut self) {
        let module = self.module;
        let world = self.world;
        for (i, &stmt) in module.stmts.iter().enumerate() {
            let Stmt::With { items, .. } = stmt else {
                continue;
            };
            for &item in module.list(items) {
                let value = match module.expr(item) {
                    Expr::Assign { value, .. } => match module.expr(value) {
                        Expr::Entered(inner) => inner,
                        _ => value,
                    },
                    _ => item,
                };
                let ty = self.typer.of(value);
                let (Base::Model(id, _), true) = (ty.base, ty.is_bare()) else {
                    continue;
                };
                let Some(model) = world.models.entered(id) else {
                    continue;
                };
                let (Some(effect), Some((function, lp, _))) =
                    (model.effect, self.facts.context_of(value))
                else {
                    continue;
                };
                let stmt = StmtId(i as u32);
                self.push_use(value, ty, (effect, model), function, lp, stmt);
            }
        }
    }

    /// A lazy query that an async function returns runs when its caller awaits, and one that a
    /// concurrent callback returns when all are awaited.
    fn returned_queries(&mut self) {
        let module = self.module;
        for (i, &stmt) in module.stmts.iter().enumerate() {
            let Stmt::Return(Some(value)) = stmt else {
                continue;
            };
            let function = module.function_of(value);
            let declared = module.function(function);
            let runs = match declared.invocation {
                Invocation::PerElement(lp) => {
                    declared.is_async || module.lp(lp).concurrency == Concurrency::Concurrent
                }
                _ => declared.is_async,
            };
            if !runs || matches!(module.expr(value), Expr::Await(_)) {
                continue;
            }
            let ty = self.typer.of(value);
            let stmt = StmtId(i as u32);
            self.run_query(value, ty, function, None, stmt);
        }
    }

    /// `Model.objects.filter(…)[0]` runs the query for one row.
    fn indexed_queries(&mut self) {
        let module = self.module;
        for i in 0..module.expr_count() {
            let id = ExprId(i as u32);
            let Expr::Index { object, index } = module.expr(id) else {
                continue;
            };
            if !matches!(module.expr(object), Expr::Call { .. })
                || !matches!(module.expr(index), Expr::Number(_) | Expr::Unary { .. })
            {
                continue;
            }
            let ty = self.typer.of(object);
            if !matches!(ty.base, Base::Model(..)) {
                continue;
            }
            let Some(site) = module.sites.iter().find(|site| site.expr == object) else {
                continue;
            };
            self.consume(id, ty, site.function, site.lp, site.stmt);
        }
    }

    /// Reading an attribute that is a property or getter runs it.
    fn property_reads(&mut self) {
        let module = self.module;
        let world = self.world;
        let getters: FxHashSet<Name> = world
            .hierarchy
            .getters
            .iter()
            .filter_map(|name| module.name(name))
            .collect();
        if getters.is_empty() {
            return;
        }
        let mut written: FxHashSet<ExprId> = FxHashSet::default();
        let mut reads = Vec::new();
        for i in 0..module.expr_count() {
            let id = ExprId(i as u32);
            match module.expr(id) {
                Expr::Assign {
                    op: None, target, ..
                }
                | Expr::Unary {
                    op: UnaryOp::Delete,
                    operand: target,
                } => {
                    written.insert(target);
                }
                Expr::Member { object, name } if getters.contains(&name) => {
                    reads.push((id, object, name));
                }
                _ => {}
            }
        }
        reads.retain(|read| !written.contains(&read.0));
        for (id, object, name) in reads {
            let on = self.typer.of(object);
            let name = module.text(name);
            let getter = match on.base {
                Base::Instance(class) if on.is_bare() => world.method(class, name),
                Base::Literal(_) if on.is_bare() => match self.typer.of(id).base {
                    Base::Function(function) => Some(function),
                    _ => None,
                },
                _ => None,
            };
            let Some(getter) = getter else {
                continue;
            };
            let declaring = &world.unit(getter.file).facts.module;
            if declaring.function(getter.function).kind != FunctionKind::Getter {
                continue;
            }
            let mut targets = vec![(getter, Confidence::High)];
            if let Base::Instance(class) = on.base {
                targets.extend(self.implementations(class, name, getter));
            }
            for (target, confidence) in targets {
                self.push_read(id, target, confidence.min(on.confidence));
            }
        }
    }

    /// Whether an attribute is one of the receiver of the function around.
    fn reads_receiver(&self, read: ExprId) -> bool {
        matches!(self.module.expr(read), Expr::Member { object, .. }
            if self.module.receiver_class(object).is_some())
    }

    /// Whether a query is an attribute that the receiver keeps: it has its rows once it was walked.
    fn is_kept_by_receiver(&self, value: ExprId) -> bool {
        let Expr::Member { object, name } = self.module.expr(value) else {
            return false;
        };
        let Some(class) = self.module.receiver_class(object) else {
            return false;
        };
        let class = ClassRef {
            file: self.typer.file(),
            class,
        };
        let getter = self.world.method(class, self.module.text(name));
        getter.is_some_and(|getter| is_kept(self.world, getter))
    }

    fn push_read(&mut self, read: ExprId, getter: FunctionRef, confidence: Confidence) {
        let Some((function, lp, stmt)) = self.facts.context_of(read) else {
            return;
        };
        let act = Act {
            expr: read,
            lp,
            stmt,
            kind: ActKind::Call(getter),
            confidence,
            is_memoized: self.facts.is_memoized(read, stmt),
            is_awaited: false,
            guard: None,
            class_guard: None,
            is_kept: self.reads_receiver(read) && is_kept(self.world, getter),
            repeated_by: None,
            is_off_thread: false,
        };
        self.linked.acts[function.index()].push(act);
    }

    /// Awaiting a value, where that runs a query.
    fn run_query(
        &mut self,
        value: ExprId,
        ty: Type,
        function: FunctionId,
        lp: Option<LoopId>,
        stmt: StmtId,
    ) {
        let (true, Base::Model(id, _)) = (ty.is_bare(), ty.base) else {
            return;
        };
        let world = self.world;
        let Some(model) = world.models.awaited(id) else {
            return;
        };
        let call = match self.module.expr(value) {
            Expr::Await(inner) => inner,
            _ => value,
        };
        let effect = match model.effect {
            None => return,
            Some(Effect::Sql) => effects::sql_effect(self.facts, call),
            Some(Effect::Remote) if effects::changes_remote(self.facts, call) => {
                Some(Effect::RemoteWrite)
            }
            effect => effect,
        };
        let Some(effect) = effect else {
            return;
        };
        if model.preloaded {
            self.linked.preloaded.push(Use {
                expr: call,
                function,
                lp,
                stmt,
            });
            return;
        }
        self.push_use(value, ty, (effect, model), function, lp, stmt);
    }

    /// A lazy query that runs where its value is walked or awaited.
    fn push_use(
        &mut self,
        value: ExprId,
        ty: Type,
        (effect, model): (Effect, &UseModel),
        function: FunctionId,
        lp: Option<LoopId>,
        stmt: StmtId,
    ) {
        let Base::Model(id, _) = ty.base else {
            return;
        };
        // `async for` waits for a blocking iterable's asynchronous form.
        let is_async = self
            .module
            .loops
            .iter()
            .any(|lp| lp.is_async && lp.over == Some(value));
        let act = Act {
            expr: value,
            lp,
            stmt,
            kind: ActKind::Effect {
                effect,
                rows: model.rows,
                model: None,
                batched: None,
                package: package_of(&self.world.models.ty(id).name),
                bulk: model.bulk.clone(),
                serial: None,
                blocks: model.blocking && !is_async && is_long(effect, model.rows),
            },
            confidence: ty.confidence,
            is_memoized: self.facts.is_memoized(value, stmt),
            is_awaited: true,
            guard: None,
            class_guard: None,
            is_kept: self.is_kept_by_receiver(value),
            repeated_by: None,
            is_off_thread: false,
        };
        self.linked.acts[function.index()].push(act);
    }

    fn site(&mut self, index: usize) {
        let module = self.module;
        let site = module.sites[index];
        if let Expr::Await(value) = module.expr(site.expr) {
            let ty = self.typer.of(value);
            self.run_query(site.expr, ty, site.function, site.lp, site.stmt);
            return;
        }
        let call = self.linked.calls[index].clone();
        match call.callee {
            Callee::Function(function) => {
                match self.sent_write(site.expr, function) {
                    Some(kind) => self.push(index, kind, call.confidence.min(Confidence::Medium)),
                    None => self.push(index, ActKind::Call(function), call.confidence),
                }
                for (target, confidence) in self.overrides(site.expr, function) {
                    let confidence = confidence.min(call.confidence);
                    self.push(index, ActKind::Call(target), confidence);
                }
                self.wrappers(index, function, call.confidence);
                self.handed(index, function);
                self.callbacks(index);
            }
            Callee::Constructor(_, Some(function)) => {
                self.push(index, ActKind::Call(function), call.confidence);
                self.handed(index, function);
                self.callbacks(index);
            }
            Callee::Model(id) => {
                self.model_call(index, id, call.confidence);
                self.callbacks(index);
            }
            Callee::Param(i) => {
                self.called_param_at(index, i);
                self.callbacks(index);
            }
            _ => self.callbacks(index),
        }
        let rendering = self.world.templates.at(self.file, site.expr);
        if let Some(&template) = rendering.and_then(|rendering| rendering.templates.first()) {
            self.push(index, ActKind::Call(template), Confidence::Medium);
        }
        self.named_callbacks(index);
    }

    /// What a call changes whose text a function of the project sends: of the function itself
    /// nobody can tell.
    fn sent_write(&mut self, call: ExprId, function: FunctionRef) -> Option<ActKind> {
        let module = self.module;
        let Expr::Call { args, .. } = module.expr(call) else {
            return None;
        };
        let writes = |text: ExprId| {
            let may_be_text = matches!(
                module.expr(text),
                Expr::String(_) | Expr::Template(_) | Expr::Binary { .. } | Expr::Local(_)
            );
            may_be_text && effects::sql_effect(self.facts, text) == Some(Effect::DbWrite)
        };
        if !module.list(args).iter().any(|&arg| writes(arg)) {
            return None;
        }
        let (text, id) = senders::sent(self.world, module, call, function)?;
        let model = self.world.models.call(id);
        writes(text).then(|| ActKind::Effect {
            effect: Effect::DbWrite,
            rows: None,
            model: Some(id),
            batched: model.batched,
            package: model.package.clone(),
            bulk: model.bulk.clone(),
            serial: None,
            blocks: false,
        })
    }

    /// The closures that decorators put around a function run with it.
    fn wrappers(&mut self, index: usize, function: FunctionRef, confidence: Confidence) {
        let types = &self.world.state[function.file.index()];
        for &closure in types.wrappers.get(&function.function).into_iter().flatten() {
            self.push(index, ActKind::Call(closure), confidence);
        }
    }

    /// What a framework calls before a function, to have what its parameters ask for:
    /// `user = Depends(current_user)`. Those who hand the argument over do without it.
    fn provided_params(&mut self) {
        let module = self.module;
        for i in 0..module.functions.len() {
            let function = FunctionId(i as u32);
            let declared = module.function(function);
            let Some(&stmt) = module.block(declared.body).stmts.first() else {
                continue;
            };
            for (param, asked) in declared.params.iter().enumerate() {
                let provider = [asked.default, asked.annotation]
                    .into_iter()
                    .flatten()
                    .find_map(|asked| self.typer.provider(asked));
                let Some((expr, provider, confidence)) = provider else {
                    continue;
                };
                let declaring = &self.world.unit(provider.file).facts.module;
                let is_async = declaring.function(provider.function).is_async;
                let act = Act {
                    expr,
                    lp: None,
                    stmt,
                    kind: ActKind::Call(provider),
                    confidence,
                    is_memoized: false,
                    is_awaited: false,
                    guard: Some(Guard {
                        param: param as u16,
                        key: None,
                        if_given: false,
                    }),
                    class_guard: None,
                    is_kept: false,
                    repeated_by: None,
                    is_off_thread: !is_async,
                };
                self.linked.acts[i].push(act);
            }
        }
    }

    /// The methods that may run in place of the one a call was resolved to: those of derived
    /// classes, and how sure it is that they do.
    fn overrides(&mut self, call: ExprId, found: FunctionRef) -> Vec<(FunctionRef, Confidence)> {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return Vec::new();
        };
        let callee = match self.module.expr(callee) {
            Expr::Index { object, .. } => object,
            _ => callee,
        };
        let Expr::Member { object, name } = self.module.expr(callee) else {
            return Vec::new();
        };
        // `super().save()` and `new Store().load()` call the one they name.
        if matches!(self.module.expr(object), Expr::Super | Expr::Call { .. }) {
            return Vec::new();
        }
        let on = self.typer.of(object);
        let name = self.module.text(name);
        if let (Base::Instance(class) | Base::Class(class), true) = (on.base, on.is_bare()) {
            return self.implementations(class, name, found);
        }
        if !on.is_unknown() {
            return Vec::new();
        }
        // The same method of the other things that the value may be.
        let mut others = Vec::new();
        for ty in self.typer.alternatives(object) {
            match self.typer.member(ty, name).base {
                Base::Function(function) if function != found => {
                    others.push((function, Confidence::Medium));
                }
                _ => {}
            }
        }
        others
    }

    fn implementations(
        &self,
        class: ClassRef,
        name: &str,
        found: FunctionRef,
    ) -> Vec<(FunctionRef, Confidence)> {
        let mut targets = self.world.overrides(class, name);
        targets.retain(|&target| target != found);
        let is_left_out = self.world.is_abstract(found);
        let confidence = match targets.len() {
            _ if !is_left_out => Confidence::Low,
            1 => Confidence::High,
            2 | 3 => Confidence::Medium,
            _ => Confidence::Low,
        };
        targets
            .into_iter()
            .map(|target| (target, confidence))
            .collect()
    }

    fn model_call(&mut self, index: usize, id: CallModelId, confidence: Confidence) {
        let site = self.module.sites[index];
        let world = self.world;
        let model = world.models.call(id);
        if model.preloaded {
            self.linked.preloaded.push(Use {
                expr: site.expr,
                function: site.function,
                lp: site.lp,
                stmt: site.stmt,
            });
        } else if let Some(effect) = self.effect_of(site.expr, id) {
            let receiver = self.typer.receiver_of(site.expr);
            let serial = match receiver.base {
                Base::Model(ty, _) if world.models.ty(ty).serial => Some(ty),
                _ => None,
            };
            let kind = ActKind::Effect {
                effect,
                rows: model.rows,
                model: Some(id),
                batched: model.batched,
                package: model.package.clone(),
                bulk: model.bulk.clone(),
                serial,
                blocks: self.blocks(site.expr, effect, id),
            };
            self.push(index, kind, confidence);
        } else if let Expr::Call { callee, args, .. } = self.module.expr(site.expr) {
            // `list(qs)`, `len(qs)`: the builtin walks its argument.
            let is_consumer = matches!(self.module.expr(callee), Expr::Name(name)
                if CONSUMERS.contains(&self.module.text(name)));
            if is_consumer && let Some(&first) = self.module.list(args).first() {
                let ty = self.typer.of(first);
                self.consume(first, ty, site.function, site.lp, site.stmt);
                self.walk_instance(first, ty, site.function, site.lp, site.stmt);
            }
        }
    }

    /// Whether a call holds the thread for long. What is awaited does not, and a database in
    /// the process answers at once.
    fn blocks(&mut self, call: ExprId, effect: Effect, id: CallModelId) -> bool {
        let world = self.world;
        let model = world.models.call(id);
        if !model.blocking || !is_long(effect, model.rows) || self.linked.awaited.contains(&call) {
            return false;
        }
        // With a size only so much of a file is read.
        if effect == Effect::File {
            let bound = model.bounded.as_ref();
            return !bound.is_some_and(|bound| self.typer.is_given(call, bound));
        }
        let receiver = self.typer.receiver_of(call);
        !matches!(receiver.base, Base::Model(ty, _) if world.models.ty(ty).local)
    }

    /// Whether a call may run what it is handed in another thread: a model says so, or nothing
    /// is known of it.
    fn leaves_thread(&self, index: usize) -> bool {
        match self.linked.calls[index].callee {
            Callee::Model(id) => self.world.models.call(id).off_thread,
            _ => true,
        }
    }

    /// The effect of a call, with SQL told apart by its verb.
    fn effect_of(&mut self, call: ExprId, id: CallModelId) -> Option<Effect> {
        let model = self.world.models.call(id);
        match model.effect? {
            Effect::Sql => {
                let position = usize::from(model.sql.unwrap_or(0));
                let Some(argument) = self.typer.argument(call, position) else {
                    return Some(Effect::DbRead);
                };
                let ty = self.typer.of(argument);
                if let Base::Model(ty, _) = ty.base {
                    match self.world.models.ty(ty).statement {
                        Some(Effect::Sql) | None => {}
                        Some(effect) => return Some(effect),
                    }
                }
                effects::sql_effect(self.facts, argument)
            }
            Effect::Remote if effects::changes_remote(self.facts, call) => {
                Some(Effect::RemoteWrite)
            }
            effect => Some(effect),
        }
    }

    fn push(&mut self, index: usize, kind: ActKind, confidence: Confidence) {
        let site = self.module.sites[index];
        let is_awaited = self.linked.awaited.contains(&site.expr)
            || matches!(self.module.expr(site.expr), Expr::Await(_));
        let act = Act {
            expr: site.expr,
            lp: site.lp,
            stmt: site.stmt,
            kind,
            confidence,
            is_memoized: self.facts.is_memoized(site.expr, site.stmt),
            is_awaited,
            guard: None,
            class_guard: None,
            is_kept: false,
            repeated_by: None,
            is_off_thread: false,
        };
        self.linked.acts[site.function.index()].push(act);
    }

    /// A parameter is called, perhaps in a closure that runs in place.
    fn called_param_at(&mut self, index: usize, param: u16) {
        let module = self.module;
        let site = module.sites[index];
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            return;
        };
        let callee = module.called_through(callee).unwrap_or(callee);
        let Expr::Local(local) = module.expr(callee) else {
            return;
        };
        let owner = module.local(local).function;
        // A memo calls it for what it lacks.
        if self.facts.is_memoized(site.expr, site.stmt) {
            return;
        }
        if let Some(lp) = self.lp_in(owner, site.function, site.lp) {
            self.linked
                .called_params
                .entry((owner, param))
                .or_insert(lp);
        }
    }

    /// The loop around a place in a closure that runs where it stands in `owner`; none outside
    /// if it does not run in place.
    #[expect(clippy::option_option, reason = "in place or not, in a loop or not")]
    fn lp_in(
        &self,
        owner: FunctionId,
        mut function: FunctionId,
        lp: Option<LoopId>,
    ) -> Option<Option<LoopRef>> {
        let mut found = lp;
        for _ in 0..32 {
            if function == owner {
                let file = self.file;
                return Some(found.map(|lp| LoopRef { file, lp }));
            }
            let declared = self.module.function(function);
            match declared.invocation {
                Invocation::PerElement(lp) => found = found.or(Some(lp)),
                Invocation::Immediate | Invocation::Argument(..) => {
                    found = found.or(declared.defined_in);
                }
                Invocation::Declared => return None,
            }
            function = declared.parent?;
        }
        None
    }

    /// Functions and parameters handed to a project function, which may call them.
    fn handed(&mut self, index: usize, callee: FunctionRef) {
        let module = self.module;
        let site = module.sites[index];
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            return;
        };
        for (i, &arg) in module.list(args).iter().enumerate() {
            let (slot, argument) = match module.expr(arg) {
                Expr::Keyword { name, value } => (Slot::Keyword(name), value),
                Expr::Spread(_) => return,
                _ => (Slot::Position(i as u16), arg),
            };
            let Some(given) = self.given(argument) else {
                continue;
            };
            self.linked.handed.push(Handed {
                caller: site.function,
                call: site.expr,
                lp: site.lp,
                stmt: site.stmt,
                callee,
                slot,
                argument,
                given,
            });
        }
    }

    fn given(&mut self, argument: ExprId) -> Option<Given> {
        let module = self.module;
        match module.expr(argument) {
            Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } | Expr::Function(_) => {}
            _ => return None,
        }
        let ty = self.typer.of(argument);
        if let (Base::Function(function), true) = (ty.base, ty.is_bare()) {
            return Some(Given::Function(function, ty.confidence));
        }
        match module.expr(argument) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Param(i) => Some(Given::Param(module.local(local).function, i)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Functions handed by name to a call that runs them before it returns.
    fn named_callbacks(&mut self, index: usize) {
        let module = self.module;
        let site = module.sites[index];
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            return;
        };
        if matches!(
            self.linked.calls[index].callee,
            Callee::Function(_) | Callee::Constructor(..)
        ) {
            return;
        }
        let looped = self.facts.loop_of_call.get(&site.expr);
        let looped = looped.and_then(|&lp| module.lp(lp).callback);
        for (i, &arg) in module.list(args).iter().enumerate() {
            let argument = match module.expr(arg) {
                Expr::Keyword { value, .. } => value,
                _ => arg,
            };
            if looped == Some(argument)
                || !matches!(
                    module.expr(argument),
                    Expr::Local(_) | Expr::Member { .. } | Expr::Name(_)
                )
            {
                continue;
            }
            let call = &self.linked.calls[index];
            let keyword = matches!(module.expr(arg), Expr::Keyword { name, .. }
                if module.text(name) == "key"
                    && (matches!(call.callee, Callee::Model(_)) || is_sort(module, site.expr)));
            let runs =
                keyword || runs_in_place(self.world, module, site.expr, call, i as u16, false);
            if !runs {
                continue;
            }
            let ty = self.typer.of(argument);
            if let (Base::Function(function), true) = (ty.base, ty.is_bare()) {
                let confidence = ty.confidence.min(Confidence::Medium);
                let is_off_thread = self.leaves_thread(index);
                self.push(index, ActKind::Call(function), confidence);
                if let Some(act) = self.linked.acts[site.function.index()].last_mut() {
                    act.is_off_thread = is_off_thread;
                }
            }
        }
    }

    /// Functions handed to a call that runs them before it returns.
    fn callbacks(&mut self, index: usize) {
        let site = self.module.sites[index];
        let Expr::Call { callee, args, .. } = self.module.expr(site.expr) else {
            return;
        };
        let mut functions = Vec::new();
        if let Expr::Function(function) = self.module.expr(callee) {
            functions.push(function);
        }
        for &argument in self.module.list(args) {
            let argument = match self.module.expr(argument) {
                Expr::Keyword { value, .. } => value,
                _ => argument,
            };
            if let Expr::Function(function) = self.module.expr(argument) {
                let invocation = self.module.function(function).invocation;
                if matches!(invocation, Invocation::Argument(..)) {
                    functions.push(function);
                }
            }
        }
        for function in functions {
            if self.runs_in_place(index, function) {
                let file = self.file;
                let kind = ActKind::Call(FunctionRef { file, function });
                self.push(index, kind, Confidence::Medium);
                // `cache.get(key, () => …)` calls back for keys that it lacks.
                let is_memoized = asks_cache(self.module, site.expr);
                let is_off_thread = self.module.function(function).invocation
                    != Invocation::Immediate
                    && self.leaves_thread(index);
                if let Some(act) = self.linked.acts[site.function.index()].last_mut() {
                    act.is_memoized |= is_memoized;
                    act.is_off_thread = is_off_thread;
                }
            }
        }
    }

    /// Whether a function literal runs as part of the call it is handed to.
    fn runs_in_place(&self, index: usize, function: FunctionId) -> bool {
        let site = self.module.sites[index];
        match self.module.function(function).invocation {
            Invocation::Immediate => true,
            Invocation::Argument(_, position) => {
                let call = &self.linked.calls[index];
                runs_in_place(
                    self.world,
                    self.module,
                    site.expr,
                    call,
                    position,
                    self.linked.awaited.contains(&site.expr),
                )
            }
            _ => false,
        }
    }
}

/// Whether the callback at `position` of a call runs before the call (or its await) is done.
pub(super) fn runs_in_place(
    world: &World,
    module: &Module,
    expr: ExprId,
    call: &Call,
    position: u16,
    is_awaited: bool,
) -> bool {
    match call.callee {
        Callee::Model(id) => world.models.call(id).callback.is_some_and(|(at, runs)| {
            u16::from(at) == position && matches!(runs, Runs::Once | Runs::Each)
        }),
        _ if is_awaited => true,
        _ => {
            // A promise's continuation runs once, whatever made the promise.
            let Expr::Call { callee, .. } = module.expr(expr) else {
                return false;
            };
            matches!(module.expr(callee), Expr::Member { name, .. }
                if matches!(module.text(name), "then" | "catch" | "finally"))
        }
    }
}

/// Whether a call is `xs.sort(…)`.
fn is_sort(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == "sort")
}

/// Whether a call is a method of something that is named a cache: it calls back for keys that it
/// lacks.
pub(super) fn asks_cache(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let Expr::Member { object, .. } = module.expr(module.without_type_arguments(callee)) else {
        return false;
    };
    module.last_name(object).is_some_and(names_cache)
}

/// Whether a property's value is kept by the object it belongs to.
fn is_kept(world: &World, getter: FunctionRef) -> bool {
    let module = &world.unit(getter.file).facts.module;
    let decorators = module.function(getter.function).decorators;
    module.list(decorators).iter().any(|&decorator| {
        let name = module.last_name(decorator).unwrap_or_default();
        name.contains("cached")
    })
}

/// Whether a blocking call with this effect takes long enough to be noticed: all but small
/// things done with files, and locks, which are mostly free.
fn is_long(effect: Effect, rows: Option<Rows>) -> bool {
    match effect {
        Effect::File => rows == Some(Rows::Many),
        Effect::Lock => false,
        _ => true,
    }
}

pub(super) fn package_of(qualified: &str) -> String {
    qualified
        .rsplit_once('.')
        .map_or(qualified, |(package, _)| package)
        .to_owned()
}
