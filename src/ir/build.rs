//! Builds a [`Module`] while a front end walks a syntax tree.
//!
//! The front end opens and closes functions, scopes, blocks, statements and loops as it meets
//! them; the builder keeps the nesting, records call sites, and binds names once the whole file
//! is known, so that use before declaration needs no thought.
//!
//! Each thread builds its modules one after the other in the same memory, which has grown to
//! what modules need and is at hand; a finished module takes no more than it fills.

use std::cell::Cell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{
    Binding, Block, BlockId, BlockOwner, Class, ClassId, Concurrency, Expr, ExprId, ExprList,
    ExprRange, Function, FunctionId, FunctionKind, Import, ImportId, Invocation, Local, LocalId,
    LocalKind, LogicalOp, Loop, LoopId, LoopKind, MODULE_BODY, Module, Name, Param, ParamKind,
    ScopeId, Site, Stmt, StmtId, SyntaxError,
};
use crate::ir::BinaryOp;
use crate::source::Span;

/// Builds one module. See the module's documentation.
#[derive(Debug)]
pub struct Builder {
    module: Module,
    scopes: Vec<Scope>,
    names: FxHashMap<(ScopeId, Name), Binder>,
    pending: Vec<(ExprId, ScopeId)>,
    patterns: FxHashMap<ExprId, Vec<Binding>>,
    scope: ScopeId,
    frames: Vec<Frame>,
    /// Frames of closed functions, for those that open later.
    closed: Vec<Frame>,
    conditional: u32,
    callback_loops: FxHashMap<ExprId, LoopId>,
}

thread_local! {
    /// The empty builder that the thread's last module was made in.
    static SPARE: Cell<Option<Builder>> = const { Cell::new(None) };
}

#[derive(Debug)]
struct Scope {
    parent: Option<ScopeId>,
    function: FunctionId,
    is_class: bool,
}

/// What a name stands for in a scope.
#[derive(Debug, Clone, Copy)]
enum Binder {
    Local(LocalId),
    /// `nonlocal`, `global`: look further out, past so many function scopes.
    Outer,
    Module,
}

/// The state of one open function.
#[derive(Debug)]
struct Frame {
    function: FunctionId,
    /// Open blocks, innermost last.
    blocks: Vec<BlockId>,
    stmts: Vec<StmtId>,
    loops: Vec<LoopId>,
    scope_outside: ScopeId,
    conditional_outside: u32,
}

impl Frame {
    fn new() -> Self {
        Self {
            function: MODULE_BODY,
            blocks: Vec::new(),
            stmts: Vec::new(),
            loops: Vec::new(),
            scope_outside: ScopeId(0),
            conditional_outside: 0,
        }
    }
}

impl Builder {
    /// Starts a module: its body is open as function 0.
    pub fn new() -> Self {
        let mut builder = SPARE.take().unwrap_or_else(|| Self {
            module: Module::default(),
            scopes: Vec::new(),
            names: FxHashMap::default(),
            pending: Vec::new(),
            patterns: FxHashMap::default(),
            scope: ScopeId(0),
            frames: Vec::new(),
            closed: Vec::new(),
            conditional: 0,
            callback_loops: FxHashMap::default(),
        });
        builder.scopes.push(Scope {
            parent: None,
            function: FunctionId(0),
            is_class: false,
        });
        builder.open_function(None, FunctionKind::Module, Span::default(), Span::default());
        builder
    }

    // --- names, expressions ---------------------------------------------------------------

    /// Interns a string.
    pub fn name(&mut self, text: &str) -> Name {
        self.module.names.intern(text)
    }

    /// The string of a name.
    pub fn text(&self, name: Name) -> &str {
        self.module.names.text(name)
    }

    /// Adds an expression. Parts are added before the whole, in evaluation order; calls and
    /// awaits become [`Site`]s. Use [`Self::reference`] for names.
    pub fn expr(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId(self.module.exprs.len() as u32);
        self.module.exprs.push(expr);
        self.module.expr_spans.push(span);
        if matches!(expr, Expr::Call { .. } | Expr::Await(_)) {
            self.record_site(id);
        }
        id
    }

    /// An expression that was added before.
    pub fn get(&self, id: ExprId) -> Expr {
        self.module.exprs[id.index()]
    }

    /// Where an added expression stands.
    pub fn span(&self, id: ExprId) -> Span {
        self.module.expr_spans[id.index()]
    }

    /// A list of expressions, kept in order.
    pub fn list(&mut self, exprs: &[ExprId]) -> ExprList {
        let start = self.module.lists.len() as u32;
        self.module.lists.extend_from_slice(exprs);
        ExprList {
            start,
            len: exprs.len() as u32,
        }
    }

    /// The expressions of a list.
    pub fn elements(&self, list: ExprList) -> &[ExprId] {
        self.module.list(list)
    }

    /// A name, read or assigned. It is bound when the module is finished.
    pub fn reference(&mut self, text: &str, span: Span) -> ExprId {
        let name = self.name(text);
        let id = self.expr(Expr::Name(name), span);
        self.pending.push((id, self.scope));
        id
    }

    /// Everything lowered by `part` may be skipped by an operator (`?:`, `and`, `?.`).
    pub fn conditionally<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        self.enter_conditional();
        let done = part(self);
        self.leave_conditional();
        done
    }

    /// Opens a part that an operator may skip.
    pub fn enter_conditional(&mut self) {
        self.conditional += 1;
    }

    /// Closes it.
    pub fn leave_conditional(&mut self) {
        self.conditional -= 1;
    }

    /// An assignment. For a destructuring target the parts of `value` that each name receives
    /// are made here.
    pub fn assign(
        &mut self,
        target: ExprId,
        value: ExprId,
        op: Option<BinaryOp>,
        span: Span,
    ) -> ExprId {
        self.destructure(target, value);
        self.expr(Expr::Assign { op, target, value }, span)
    }

    /// Records what the names of a destructuring `target` receive of `value`. Called by
    /// [`Self::assign`], [`Self::param`] and [`Self::set_element`].
    fn destructure(&mut self, target: ExprId, value: ExprId) {
        if !matches!(self.get(target), Expr::Sequence { .. } | Expr::Map(_)) {
            return;
        }
        let mut bindings = Vec::new();
        let mut open = vec![(target, value)];
        while let Some((target, value)) = open.pop() {
            let span = self.span(target);
            match self.get(target) {
                Expr::Sequence { elements, .. } => {
                    let elements = self.elements(elements).to_vec();
                    for (i, element) in elements.into_iter().enumerate() {
                        let part = if let Expr::Spread(inner) = self.get(element) {
                            let list = self.list(&[value]);
                            let rest = self.expr(Expr::Unknown(list), span);
                            open.push((inner, rest));
                            continue;
                        } else {
                            let index =
                                self.expr(Expr::Number(i64::try_from(i).unwrap_or(i64::MAX)), span);
                            let object = value;
                            self.expr(Expr::Index { object, index }, self.span(element))
                        };
                        open.push((element, part));
                    }
                }
                Expr::Map(entries) => {
                    let entries = self.elements(entries).to_vec();
                    for entry in entries {
                        match self.get(entry) {
                            Expr::Keyword {
                                name,
                                value: target,
                            } => {
                                let object = value;
                                let at = self.span(entry);
                                let part = self.expr(Expr::Member { object, name }, at);
                                open.push((target, part));
                            }
                            Expr::Entry { key, value: target } => {
                                let (object, index) = (value, key);
                                let at = self.span(entry);
                                let part = self.expr(Expr::Index { object, index }, at);
                                open.push((target, part));
                            }
                            Expr::Spread(target) => {
                                let list = self.list(&[value]);
                                let rest = self.expr(Expr::Unknown(list), span);
                                open.push((target, rest));
                            }
                            _ => {}
                        }
                    }
                }
                Expr::Assign {
                    target,
                    value: default,
                    ..
                } => {
                    let (op, left, right) = (LogicalOp::Default, value, default);
                    let either = self.expr(Expr::Logical { op, left, right }, span);
                    open.push((target, either));
                }
                _ => bindings.push(Binding { target, value }),
            }
        }
        bindings.reverse();
        self.patterns.insert(target, bindings);
    }

    // --- functions, scopes ----------------------------------------------------------------

    /// Opens a function and its scope. Set its remaining fields through [`Self::function_mut`].
    pub fn open_function(
        &mut self,
        name: Option<Name>,
        kind: FunctionKind,
        span: Span,
        name_span: Span,
    ) -> FunctionId {
        let id = FunctionId(self.module.functions.len() as u32);
        let body = self.new_block(BlockOwner::Function(id));
        let outside = self.frames.last();
        self.module.functions.push(Function {
            name,
            kind,
            is_async: false,
            is_generator: false,
            is_static: false,
            span,
            name_span,
            parent: outside.map(|frame| frame.function),
            class: None,
            defined_in: outside.and_then(|frame| frame.loops.last().copied()),
            stmt: outside.and_then(|frame| frame.stmts.last().copied()),
            params: Vec::new(),
            decorators: ExprList::default(),
            body,
            returns: None,
            invocation: Invocation::Declared,
            exprs: ExprRange {
                start: self.module.exprs.len() as u32,
                end: u32::MAX,
            },
        });
        let scope_outside = self.scope;
        if outside.is_some() {
            self.push_scope(id, false);
        }
        let mut frame = Frame {
            function: id,
            scope_outside,
            conditional_outside: std::mem::take(&mut self.conditional),
            ..self.closed.pop().unwrap_or_else(Frame::new)
        };
        frame.blocks.push(body);
        self.frames.push(frame);
        id
    }

    /// Closes the innermost open function.
    pub fn close_function(&mut self) -> FunctionId {
        let mut frame = self.frames.pop().expect("a function is open");
        self.scope = frame.scope_outside;
        self.conditional = frame.conditional_outside;
        let function = frame.function;
        let end = self.module.exprs.len() as u32;
        self.function_mut(function).exprs.end = end;
        frame.blocks.clear();
        frame.stmts.clear();
        frame.loops.clear();
        self.closed.push(frame);
        function
    }

    /// A function that was opened.
    pub fn function_mut(&mut self, id: FunctionId) -> &mut Function {
        &mut self.module.functions[id.index()]
    }

    /// How many functions were opened so far.
    pub fn function_count(&self) -> u32 {
        self.module.functions.len() as u32
    }

    /// The innermost open function.
    pub fn current_function(&self) -> FunctionId {
        self.frame().function
    }

    /// Adds a parameter to the innermost open function; `target` is a [`Self::reference`] or a
    /// pattern, whose names the front end has declared.
    pub fn param(
        &mut self,
        target: ExprId,
        default: Option<ExprId>,
        annotation: Option<ExprId>,
        kind: ParamKind,
        decorators: ExprList,
    ) {
        let function = self.current_function();
        let index = self.module.functions[function.index()].params.len() as u32;
        if matches!(self.get(target), Expr::Sequence { .. } | Expr::Map(_)) {
            let value = self.expr(Expr::Param(index), self.span(target));
            self.destructure(target, value);
        }
        self.function_mut(function).params.push(Param {
            target,
            default,
            annotation,
            kind,
            decorators,
        });
    }

    /// Opens a block scope.
    pub fn open_scope(&mut self) {
        let function = self.current_function();
        self.push_scope(function, false);
    }

    /// Opens the scope of a class body, whose names functions in it do not see.
    pub fn open_class_scope(&mut self) {
        let function = self.current_function();
        self.push_scope(function, true);
    }

    /// Closes the innermost scope.
    pub fn close_scope(&mut self) {
        let parent = self.scopes[self.scope.index()].parent;
        self.scope = parent.expect("a scope is open");
    }

    /// Binds a name in the current scope. A second declaration of the same name there is the
    /// same local, with the later kind.
    pub fn declare(
        &mut self,
        text: &str,
        kind: LocalKind,
        annotation: Option<ExprId>,
        span: Span,
    ) -> LocalId {
        self.declare_in(self.scope, text, kind, annotation, span)
    }

    /// Binds a name in the scope of the current function: `var`, and Python's assignments
    /// (not in a class body, whose scope counts as the function's).
    pub fn declare_in_function(
        &mut self,
        text: &str,
        kind: LocalKind,
        annotation: Option<ExprId>,
        span: Span,
    ) -> LocalId {
        let mut scope = self.scope;
        let function = self.scopes[scope.index()].function;
        while !self.scopes[scope.index()].is_class {
            match self.scopes[scope.index()].parent {
                Some(p) if self.scopes[p.index()].function == function => scope = p,
                _ => break,
            }
        }
        self.declare_in(scope, text, kind, annotation, span)
    }

    /// Python's `global` and `nonlocal`: the name belongs further out.
    pub fn declare_outer(&mut self, text: &str, is_global: bool) {
        let name = self.name(text);
        let binder = if is_global {
            Binder::Module
        } else {
            Binder::Outer
        };
        self.names.insert((self.scope, name), binder);
    }

    fn declare_in(
        &mut self,
        scope: ScopeId,
        text: &str,
        kind: LocalKind,
        annotation: Option<ExprId>,
        span: Span,
    ) -> LocalId {
        let name = self.name(text);
        match self.names.get(&(scope, name)) {
            Some(&Binder::Local(local)) => {
                let known = &mut self.module.locals[local.index()];
                // `def f` after `f = None`, or a class after a forward variable, says more
                // than the first; an assignment to a parameter says less.
                if known.kind == LocalKind::Variable {
                    known.kind = kind;
                }
                known.annotation = known.annotation.or(annotation);
                return local;
            }
            Some(Binder::Module) if scope != ScopeId(0) => {
                return self.declare_in(ScopeId(0), text, kind, annotation, span);
            }
            Some(Binder::Outer) => {
                if let Some(local) = self.resolve(scope, name) {
                    return local;
                }
            }
            _ => {}
        }
        let local = LocalId(self.module.locals.len() as u32);
        self.module.locals.push(Local {
            name,
            kind,
            function: self.scopes[scope.index()].function,
            annotation,
            span,
        });
        self.names.insert((scope, name), Binder::Local(local));
        local
    }

    fn push_scope(&mut self, function: FunctionId, is_class: bool) {
        let id = ScopeId(self.scopes.len() as u32);
        self.scopes.push(Scope {
            parent: Some(self.scope),
            function,
            is_class,
        });
        self.scope = id;
    }

    // --- statements, blocks, loops --------------------------------------------------------

    /// Opens a statement, so that calls know where they stand.
    pub fn open_stmt(&mut self, span: Span) -> StmtId {
        let id = StmtId(self.module.stmts.len() as u32);
        let block = *self.frame().blocks.last().expect("a block is open");
        self.module.stmts.push(Stmt::Empty);
        self.module.stmt_spans.push(span);
        self.module.stmt_blocks.push(block);
        self.frame_mut().stmts.push(id);
        id
    }

    /// Closes a statement and appends it to the open block.
    pub fn close_stmt(&mut self, id: StmtId, stmt: Stmt) {
        let frame = self.frame_mut();
        let open = frame.stmts.pop();
        debug_assert_eq!(open, Some(id), "statements close in the order they opened");
        let block = *frame.blocks.last().expect("a block is open");
        self.module.stmts[id.index()] = stmt;
        self.module.blocks[block.index()].stmts.push(id);
        let owned: &[Option<BlockId>] = match stmt {
            Stmt::If {
                then, otherwise, ..
            } => &[Some(then), otherwise],
            Stmt::Try {
                body,
                handlers,
                finally,
            } => &[Some(body), Some(handlers), finally],
            Stmt::With { body, .. } | Stmt::Block(body) => &[Some(body)],
            Stmt::Switch { cases, .. } => &[Some(cases)],
            _ => &[],
        };
        for block in owned.iter().flatten() {
            self.module.blocks[block.index()].owner = BlockOwner::Stmt(id);
        }
    }

    /// Whether a statement is open in the current function: loops need one, and the heads of
    /// functions have none.
    pub fn is_in_stmt(&self) -> bool {
        !self.frame().stmts.is_empty()
    }

    /// Opens a block; statements closed from now on belong to it.
    pub fn open_block(&mut self) -> BlockId {
        let id = self.new_block(BlockOwner::Nothing);
        self.frame_mut().blocks.push(id);
        id
    }

    /// Closes the innermost open block.
    pub fn close_block(&mut self) -> BlockId {
        self.frame_mut().blocks.pop().expect("a block is open")
    }

    /// Opens a loop and its body block: what is lowered until [`Self::close_loop`] is repeated.
    /// Lower what is iterated before, tests and updates inside.
    pub fn open_loop(&mut self, kind: LoopKind, over: Option<ExprId>, span: Span) -> LoopId {
        let id = LoopId(self.module.loops.len() as u32);
        let body = self.new_block(BlockOwner::Loop(id));
        let stmt = self.current_stmt();
        let frame = self.frame();
        let lp = Loop {
            kind,
            concurrency: Concurrency::Sequential,
            is_async: false,
            goes_in_turn: false,
            writes_each: false,
            accepts_cost: false,
            element: None,
            over,
            test: None,
            update: None,
            body,
            call: None,
            callback: None,
            parent: frame.loops.last().copied(),
            function: frame.function,
            stmt,
            span,
            exprs: ExprRange {
                start: self.module.exprs.len() as u32,
                end: u32::MAX,
            },
        };
        self.module.loops.push(lp);
        let frame = self.frame_mut();
        frame.loops.push(id);
        frame.blocks.push(body);
        id
    }

    /// Sets the target of a loop's elements; names in it are declared by the front end.
    pub fn set_element(&mut self, lp: LoopId, target: ExprId) {
        let value = self.expr(Expr::Element(lp), self.span(target));
        self.destructure(target, value);
        // Also for a plain name: def-use finds the value of a target in one way.
        self.patterns
            .entry(target)
            .or_insert_with(|| vec![Binding { target, value }]);
        self.loop_mut(lp).element = Some(target);
    }

    /// An open or closed loop.
    pub fn loop_mut(&mut self, id: LoopId) -> &mut Loop {
        &mut self.module.loops[id.index()]
    }

    /// Closes the innermost loop and its body.
    pub fn close_loop(&mut self) -> LoopId {
        let frame = self.frame_mut();
        frame.blocks.pop();
        let lp = frame.loops.pop().expect("a loop is open");
        self.module.loops[lp.index()].exprs.end = self.module.exprs.len() as u32;
        lp
    }

    /// The innermost open loop of the current function.
    pub fn current_loop(&self) -> Option<LoopId> {
        self.frame().loops.last().copied()
    }

    /// Makes a loop of `call`, which runs `callback` for each element of `over`. A callback
    /// that is an async function runs its trips concurrently.
    pub fn callback_loop(&mut self, call: ExprId, over: ExprId, callback: ExprId) -> LoopId {
        let span = self.span(call);
        let id = self.open_loop(LoopKind::Callback, Some(over), span);
        self.close_loop();
        let mut concurrency = Concurrency::Sequential;
        if let Expr::Function(function) = self.get(callback) {
            let function = self.function_mut(function);
            function.invocation = Invocation::PerElement(id);
            if function.is_async {
                concurrency = Concurrency::Concurrent;
            }
        }
        let lp = self.loop_mut(id);
        lp.call = Some(call);
        lp.callback = Some(callback);
        lp.concurrency = concurrency;
        self.callback_loops.insert(call, id);
        id
    }

    /// The loop made of a call by [`Self::callback_loop`].
    pub fn loop_of_call(&self, call: ExprId) -> Option<LoopId> {
        self.callback_loops.get(&call).copied()
    }

    // --- classes, imports, directives -----------------------------------------------------

    /// Adds a class; set fields and methods through [`Self::class_mut`].
    pub fn add_class(&mut self, class: Class) -> ClassId {
        let id = ClassId(self.module.classes.len() as u32);
        self.module.classes.push(class);
        id
    }

    /// A class that was added.
    pub fn class_mut(&mut self, id: ClassId) -> &mut Class {
        &mut self.module.classes[id.index()]
    }

    /// Adds an import; declare its local with [`LocalKind::Import`] of the id returned and set
    /// it through [`Self::import_mut`].
    pub fn add_import(&mut self, import: Import) -> ImportId {
        let id = ImportId(self.module.imports.len() as u32);
        self.module.imports.push(import);
        id
    }

    /// An import that was added.
    pub fn import_mut(&mut self, id: ImportId) -> &mut Import {
        &mut self.module.imports[id.index()]
    }

    /// The module under construction: exports, directives and errors are pushed directly.
    pub fn module_mut(&mut self) -> &mut Module {
        &mut self.module
    }

    /// Notes a part that was not understood.
    pub fn error(&mut self, span: Span, message: &'static str) {
        self.module.errors.push(SyntaxError { span, message });
    }

    /// Binds all names and hands the module over.
    pub fn finish(mut self) -> Module {
        debug_assert_eq!(self.frames.len(), 1, "every function is closed");
        self.close_function();
        for &(expr, scope) in &self.pending {
            let Expr::Name(name) = self.get(expr) else {
                continue;
            };
            if let Some(local) = self.resolve(scope, name) {
                self.module.exprs[expr.index()] = Expr::Local(local);
            }
        }
        self.module.patterns.extend(self.patterns.drain());
        self.module.patterns.sort_unstable_by_key(|p| p.0);
        self.module.sites.sort_by_key(|site| site.function);
        let module = self.module.move_out();
        self.scopes.clear();
        self.names.clear();
        self.pending.clear();
        self.callback_loops.clear();
        SPARE.set(Some(self));
        module
    }

    // --- inside ---------------------------------------------------------------------------

    fn resolve(&self, scope: ScopeId, name: Name) -> Option<LocalId> {
        let function = self.scopes[scope.index()].function;
        let mut at = Some(scope);
        while let Some(id) = at {
            let scope = &self.scopes[id.index()];
            if !(scope.is_class && scope.function != function) {
                match self.names.get(&(id, name)) {
                    Some(&Binder::Local(local)) => {
                        // A class body's names are not seen by the functions in it.
                        return Some(local);
                    }
                    Some(Binder::Module) if id != ScopeId(0) => {
                        return self.resolve(ScopeId(0), name);
                    }
                    Some(_) | None => {}
                }
            }
            at = scope.parent;
        }
        None
    }

    fn record_site(&mut self, expr: ExprId) {
        let stmt = self.current_stmt();
        let frame = self.frame();
        let site = Site {
            expr,
            function: frame.function,
            lp: frame.loops.last().copied(),
            stmt,
            is_conditional: self.conditional > 0,
        };
        self.module.sites.push(site);
    }

    /// The innermost open statement. What stands outside all, as the defaults of parameters
    /// do, gets an empty one at the start of the function.
    fn current_stmt(&mut self) -> StmtId {
        let frame = self.frame();
        if let Some(&stmt) = frame.stmts.last() {
            return stmt;
        }
        let block = *frame.blocks.last().expect("a block is open");
        let span = self.module.functions[frame.function.index()].name_span;
        let id = StmtId(self.module.stmts.len() as u32);
        self.module.stmts.push(Stmt::Empty);
        self.module.stmt_spans.push(span);
        self.module.stmt_blocks.push(block);
        self.module.blocks[block.index()].stmts.push(id);
        id
    }

    fn new_block(&mut self, owner: BlockOwner) -> BlockId {
        let id = BlockId(self.module.blocks.len() as u32);
        self.module.blocks.push(Block {
            stmts: SmallVec::new(),
            owner,
        });
        id
    }

    fn frame(&self) -> &Frame {
        self.frames.last().expect("the module body is open")
    }

    fn frame_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the module body is open")
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}
