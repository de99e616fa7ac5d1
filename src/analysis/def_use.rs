//! Reaching definitions: which value each use of a name can see.
//!
//! One walk per function in evaluation order, in the manner of the structured SSA
//! construction of Braun et al. (CC 2013): a branch joins the definitions of its arms, a loop
//! header joins the value before the loop with those of its trips. Names of enclosing
//! functions have one definition per function that captures them.

use crate::ir::{
    BinaryOp, BlockId, Expr, ExprId, FunctionId, LocalId, LoopId, Module, Stmt, StmtId,
};

/// A definition of a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId(pub u32);

const NONE: u32 = u32::MAX;

/// What a definition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Def {
    /// The value at the function's entry: a parameter, an import, a declared function or class,
    /// a variable not assigned yet, or a name of an enclosing function.
    Entry {
        /// The name.
        local: LocalId,
        /// The function entered.
        function: FunctionId,
    },
    /// An assignment, a loop's target, a `with` target.
    Value {
        /// The name.
        local: LocalId,
        /// The value received.
        value: ExprId,
        /// The expression that names the target.
        target: ExprId,
    },
    /// `x += value`
    Augmented {
        /// The name.
        local: LocalId,
        /// The definition before.
        previous: DefId,
        /// The operator.
        op: BinaryOp,
        /// The right side.
        value: ExprId,
        /// The expression that names the target.
        target: ExprId,
    },
    /// One of several, depending on the path taken.
    Join {
        /// The name.
        local: LocalId,
        /// The definitions that meet; two or more.
        operands: Vec<DefId>,
    },
    /// At the head of a loop: the value before the loop, or one left by a trip.
    Carried {
        /// The name.
        local: LocalId,
        /// The loop.
        lp: LoopId,
        /// The definition before the loop.
        entry: DefId,
        /// What trips leave behind; without the definition itself.
        back: Vec<DefId>,
    },
}

/// The definitions of one module and what its uses see.
#[derive(Debug, Default)]
pub struct DefUse {
    defs: Vec<Def>,
    reaching: Vec<u32>,
    /// The assignments, those of one local in a row, and where each local's start.
    by_local: Vec<DefId>,
    local_starts: Vec<u32>,
    carried: Vec<Vec<DefId>>,
}

impl DefUse {
    /// Analyses all functions of a module.
    pub fn of(module: &Module) -> Self {
        let mut walk = Walk::new(module);
        for i in 0..module.functions.len() {
            walk.function(FunctionId(i as u32));
        }
        let mut found = walk.found;
        found.defs.shrink_to_fit();
        found.index_by_local(module.locals.len());
        found
    }

    fn index_by_local(&mut self, locals: usize) {
        let assigned = |def: &Def| match *def {
            Def::Value { local, .. } | Def::Augmented { local, .. } => Some(local.index()),
            _ => None,
        };
        // Counts, then where each local's end, then where they start.
        let mut starts = vec![0; locals + 1];
        for local in self.defs.iter().filter_map(assigned) {
            starts[local] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut by_local = vec![DefId(0); end as usize];
        for (i, def) in self.defs.iter().enumerate().rev() {
            if let Some(local) = assigned(def) {
                starts[local] -= 1;
                by_local[starts[local] as usize] = DefId(i as u32);
            }
        }
        self.by_local = by_local;
        self.local_starts = starts;
    }

    /// A definition.
    pub fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    /// The definition that a use of a name sees; none for other expressions and for targets.
    pub fn reaching(&self, id: ExprId) -> Option<DefId> {
        match self.reaching[id.index()] {
            NONE => None,
            def => Some(DefId(def)),
        }
    }

    /// All assignments of a local, in any function.
    pub fn assignments(&self, local: LocalId) -> &[DefId] {
        let start = self.local_starts[local.index()] as usize;
        let end = self.local_starts[local.index() + 1] as usize;
        &self.by_local[start..end]
    }

    /// The names a loop's trips may hand to the next, with their [`Def::Carried`].
    pub fn carried(&self, lp: LoopId) -> &[DefId] {
        &self.carried[lp.index()]
    }

    /// The one value a local ever receives, if there is only one assignment to it.
    pub fn single_value(&self, local: LocalId) -> Option<ExprId> {
        match *self.assignments(local) {
            [only] => match self.def(only) {
                Def::Value { value, .. } => Some(*value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Visits the definitions behind one: itself, and through joins and loop heads all that
    /// may hold. Each is visited once; stops when `visit` answers true, and says so.
    pub fn any_source(&self, from: DefId, mut visit: impl FnMut(DefId, &Def) -> bool) -> bool {
        let mut open = vec![from];
        let mut seen = vec![from];
        while let Some(id) = open.pop() {
            let def = self.def(id);
            if visit(id, def) {
                return true;
            }
            let mut push = |next: DefId| {
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            };
            match def {
                Def::Join { operands, .. } => operands.iter().copied().for_each(&mut push),
                Def::Carried { entry, back, .. } => {
                    push(*entry);
                    back.iter().copied().for_each(&mut push);
                }
                _ => {}
            }
            if seen.len() > 64 {
                return false;
            }
        }
        false
    }
}

struct Walk<'a> {
    module: &'a Module,
    found: DefUse,
    /// The current definition of each local.
    current: Vec<u32>,
    /// The last entry definition made of each local.
    entries: Vec<(FunctionId, u32)>,
    /// What to restore: local and definition before.
    journal: Vec<(LocalId, u32)>,
    /// Every assigned name with the expression that names it, by expression.
    targets: Vec<(ExprId, LocalId)>,
    loops: Vec<OpenLoop>,
    function: FunctionId,
}

struct OpenLoop {
    lp: LoopId,
    assigned: Vec<LocalId>,
    continues: Vec<Vec<u32>>,
    breaks: Vec<Vec<u32>>,
}

/// Whether control reaches the end of what was walked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Falls,
    Leaves,
}

impl<'a> Walk<'a> {
    fn new(module: &'a Module) -> Self {
        Self {
            module,
            found: DefUse {
                defs: Vec::with_capacity(module.locals.len() * 2),
                reaching: vec![NONE; module.expr_count()],
                by_local: Vec::new(),
                local_starts: Vec::new(),
                carried: vec![Vec::new(); module.loops.len()],
            },
            current: vec![NONE; module.locals.len()],
            entries: vec![(FunctionId(0), NONE); module.locals.len()],
            journal: Vec::new(),
            targets: assigned_names(module),
            loops: Vec::new(),
            function: FunctionId(0),
        }
    }

    fn function(&mut self, id: FunctionId) {
        self.function = id;
        let function = self.module.function(id);
        for param in &function.params {
            if let Some(default) = param.default {
                self.expr(default);
            }
            if !matches!(self.module.expr(param.target), Expr::Local(_)) {
                self.target(param.target, None);
            }
        }
        self.block(function.body);
        self.undo(0);
    }

    fn block(&mut self, id: BlockId) -> Flow {
        for &stmt in &self.module.block(id).stmts {
            if self.stmt(stmt) == Flow::Leaves {
                return Flow::Leaves;
            }
        }
        Flow::Falls
    }

    fn stmt(&mut self, id: StmtId) -> Flow {
        match self.module.stmt(id) {
            Stmt::Expr(e) | Stmt::Collect(e) => self.expr(e),
            Stmt::Return(e) | Stmt::Throw(e) => {
                if let Some(e) = e {
                    self.expr(e);
                }
                return Flow::Leaves;
            }
            Stmt::Break(lp) => {
                self.leave_loop(lp, |open, state| open.breaks.push(state));
                return Flow::Leaves;
            }
            Stmt::Continue(lp) => {
                self.leave_loop(lp, |open, state| open.continues.push(state));
                return Flow::Leaves;
            }
            Stmt::If {
                test,
                then,
                otherwise,
            } => {
                self.expr(test);
                return self.branches(&[Some(then), otherwise]);
            }
            Stmt::Loop(lp) => self.lp(lp),
            Stmt::Try {
                body,
                handlers,
                finally,
            } => {
                let mut arms = vec![Some(body)];
                let mut handler_blocks = Vec::new();
                for &stmt in &self.module.block(handlers).stmts {
                    if let Stmt::Block(block) = self.module.stmt(stmt) {
                        handler_blocks.push(Some(block));
                    }
                }
                let flow = if handler_blocks.is_empty() {
                    self.block(body)
                } else {
                    // A handler may see any state of the body: here that before it, since the
                    // first call is as likely to fail as the last.
                    arms.append(&mut handler_blocks);
                    self.branches(&arms)
                };
                if let Some(finally) = finally
                    && self.block(finally) == Flow::Leaves
                {
                    return Flow::Leaves;
                }
                return flow;
            }
            Stmt::With { items, body } => {
                for &item in self.module.list(items) {
                    self.expr(item);
                }
                return self.block(body);
            }
            Stmt::Switch {
                subject,
                cases,
                exhaustive,
            } => {
                self.expr(subject);
                let mut arms = Vec::new();
                for &stmt in &self.module.block(cases).stmts {
                    if let Stmt::Block(block) = self.module.stmt(stmt) {
                        arms.push(Some(block));
                    }
                }
                if !exhaustive {
                    arms.push(None);
                }
                self.branches(&arms);
                // A `break` inside a case leaves the switch, not the function, so the flow
                // of the arms says nothing.
                return Flow::Falls;
            }
            Stmt::Block(block) => return self.block(block),
            Stmt::Class(class) => self.class(class),
            Stmt::Function(f) => self.decorators(f),
            Stmt::Import(_) | Stmt::Empty => {}
        }
        Flow::Falls
    }

    fn decorators(&mut self, function: FunctionId) {
        let module = self.module;
        for &decorator in module.list(module.function(function).decorators) {
            self.expr(decorator);
        }
    }

    fn class(&mut self, id: crate::ir::ClassId) {
        let module = self.module;
        let class = module.class(id);
        for &e in module.list(class.bases) {
            self.expr(e);
        }
        for &e in module.list(class.decorators) {
            self.expr(e);
        }
        for field in &class.fields {
            if let Some(value) = field.value {
                self.expr(value);
            }
        }
        for &method in &class.methods {
            self.decorators(method);
        }
        for &inner in &class.inner {
            self.class(inner);
        }
    }

    /// Runs alternative blocks from the same state and joins what they leave. None is the
    /// alternative that does nothing.
    fn branches(&mut self, arms: &[Option<BlockId>]) -> Flow {
        let mark = self.journal.len();
        let mut ends: Vec<Vec<(LocalId, u32)>> = Vec::new();
        let mut changed: Vec<LocalId> = Vec::new();
        for arm in arms {
            let flow = arm.map_or(Flow::Falls, |block| self.block(block));
            let mut end = Vec::new();
            if flow == Flow::Falls {
                for &(local, _) in &self.journal[mark..] {
                    end.push((local, self.current[local.index()]));
                    changed.push(local);
                }
                end.sort_unstable();
                end.dedup();
                ends.push(end);
            }
            self.undo(mark);
        }
        if ends.is_empty() {
            return Flow::Leaves;
        }
        changed.sort_unstable();
        changed.dedup();
        for local in changed {
            let base = self.current[local.index()];
            let mut operands: Vec<u32> = ends
                .iter()
                .map(|end| match end.binary_search_by_key(&local, |e| e.0) {
                    Ok(i) => end[i].1,
                    Err(_) => base,
                })
                .collect();
            operands.sort_unstable();
            operands.dedup();
            let joined = self.join(local, &operands);
            self.set(local, joined);
        }
        Flow::Falls
    }

    fn join(&mut self, local: LocalId, operands: &[u32]) -> u32 {
        if let [only] = *operands {
            return only;
        }
        let mut defs: Vec<DefId> = Vec::with_capacity(operands.len());
        for &operand in operands {
            let def = match operand {
                NONE => self.entry(local),
                def => def,
            };
            defs.push(DefId(def));
        }
        self.add(Def::Join {
            local,
            operands: defs,
        })
    }

    fn lp(&mut self, id: LoopId) {
        let module = self.module;
        let lp = module.lp(id);
        if let Some(over) = lp.over {
            self.expr(over);
        }
        let first = self.targets.partition_point(|&(e, _)| e.0 < lp.exprs.start);
        let last = self.targets.partition_point(|&(e, _)| e.0 < lp.exprs.end);
        let mut assigned: Vec<LocalId> =
            self.targets[first..last].iter().map(|&(_, l)| l).collect();
        assigned.sort_unstable();
        assigned.dedup();
        let heads: Vec<u32> = assigned
            .iter()
            .map(|&local| {
                let entry = DefId(self.read(local));
                self.add(Def::Carried {
                    local,
                    lp: id,
                    entry,
                    back: Vec::new(),
                })
            })
            .collect();
        for (&local, &head) in assigned.iter().zip(&heads) {
            self.set(local, head);
        }
        self.loops.push(OpenLoop {
            lp: id,
            assigned,
            continues: Vec::new(),
            breaks: Vec::new(),
        });
        if let Some(test) = lp.test {
            self.expr(test);
        }
        if let Some(element) = lp.element {
            self.target(element, None);
        }
        if self.block(lp.body) == Flow::Falls {
            self.leave_loop(Some(id), |open, state| open.continues.push(state));
        }
        if let Some(update) = lp.update {
            // Runs after each trip, whichever way it ended.
            let ends = std::mem::take(&mut self.loops.last_mut().expect("open").continues);
            self.join_states(&ends);
            self.expr(update);
            self.leave_loop(Some(id), |open, state| open.continues.push(state));
        }
        let open = self.loops.pop().expect("the loop is open");
        for (i, &head) in heads.iter().enumerate() {
            let mut back: Vec<DefId> = open
                .continues
                .iter()
                .map(|state| DefId(state[i]))
                .filter(|&def| def.0 != head)
                .collect();
            back.sort_unstable();
            back.dedup();
            if let Def::Carried { back: known, .. } = &mut self.found.defs[head as usize] {
                *known = back;
            }
            self.found.carried[id.index()].push(DefId(head));
        }
        // After the loop: as at its head, or as some `break` left it.
        let endless = lp
            .test
            .is_some_and(|test| module.expr(test) == Expr::Bool(true));
        for (i, &local) in open.assigned.iter().enumerate() {
            let mut operands: Vec<u32> = open.breaks.iter().map(|state| state[i]).collect();
            if !endless || operands.is_empty() {
                operands.push(heads[i]);
            }
            operands.sort_unstable();
            operands.dedup();
            let after = self.join(local, &operands);
            self.set(local, after);
        }
    }

    /// Sets the names assigned in the innermost loop to the join of several states.
    fn join_states(&mut self, states: &[Vec<u32>]) {
        let Some(open) = self.loops.last() else {
            return;
        };
        if states.is_empty() {
            return;
        }
        for (i, local) in open.assigned.clone().into_iter().enumerate() {
            let mut operands: Vec<u32> = states.iter().map(|state| state[i]).collect();
            operands.sort_unstable();
            operands.dedup();
            let joined = self.join(local, &operands);
            self.set(local, joined);
        }
    }

    fn leave_loop(&mut self, lp: Option<LoopId>, record: impl FnOnce(&mut OpenLoop, Vec<u32>)) {
        let at = match lp {
            Some(lp) => self.loops.iter().rposition(|open| open.lp == lp),
            None => self.loops.len().checked_sub(1),
        };
        let Some(at) = at else {
            return;
        };
        let locals = self.loops[at].assigned.clone();
        let state = locals.into_iter().map(|local| self.read(local)).collect();
        record(&mut self.loops[at], state);
    }

    fn expr(&mut self, id: ExprId) {
        let module = self.module;
        match module.expr(id) {
            Expr::Local(local) => {
                let def = self.read(local);
                self.found.reaching[id.index()] = def;
            }
            Expr::Assign { op, target, value } => {
                self.expr(value);
                match (module.expr(target), op) {
                    (Expr::Local(local), Some(op)) => {
                        let previous = DefId(self.read(local));
                        self.found.reaching[target.index()] = previous.0;
                        let def = self.add(Def::Augmented {
                            local,
                            previous,
                            op,
                            value,
                            target,
                        });
                        self.set(local, def);
                    }
                    _ => self.target(target, Some(value)),
                }
            }
            Expr::Comprehension { lp, .. } => self.lp(lp),
            Expr::Class(class) => self.class(class),
            _ => module.for_each_part(id, |part| self.expr(part)),
        }
    }

    /// Defines the names of an assignment's target.
    fn target(&mut self, target: ExprId, value: Option<ExprId>) {
        let module = self.module;
        let bindings = module.bindings(target);
        if !bindings.is_empty() {
            for binding in bindings {
                self.expr(binding.value);
                self.define(binding.target, binding.value);
            }
            return;
        }
        match (module.expr(target), value) {
            (Expr::Local(_), Some(value)) => self.define(target, value),
            (Expr::Local(_), None) => {}
            _ => self.expr(target),
        }
    }

    fn define(&mut self, target: ExprId, value: ExprId) {
        if let Expr::Local(local) = self.module.expr(target) {
            let def = self.add(Def::Value {
                local,
                value,
                target,
            });
            self.set(local, def);
        } else {
            self.expr(target);
        }
    }

    fn add(&mut self, def: Def) -> u32 {
        self.found.defs.push(def);
        self.found.defs.len() as u32 - 1
    }

    fn set(&mut self, local: LocalId, def: u32) {
        let before = std::mem::replace(&mut self.current[local.index()], def);
        self.journal.push((local, before));
    }

    fn read(&mut self, local: LocalId) -> u32 {
        match self.current[local.index()] {
            NONE => self.entry(local),
            def => def,
        }
    }

    /// The one definition of a name at this function's entry.
    fn entry(&mut self, local: LocalId) -> u32 {
        let function = self.function;
        let (of, def) = self.entries[local.index()];
        if of == function && def != NONE {
            return def;
        }
        let def = self.add(Def::Entry { local, function });
        self.entries[local.index()] = (function, def);
        def
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            if let Some((local, before)) = self.journal.pop() {
                self.current[local.index()] = before;
            }
        }
    }
}

/// Every name that an assignment or a loop's target sets, sorted by the naming expression.
fn assigned_names(module: &Module) -> Vec<(ExprId, LocalId)> {
    let mut targets = Vec::new();
    for i in 0..module.expr_count() {
        if let Expr::Assign { target, .. } = module.expr(ExprId(i as u32))
            && let Expr::Local(local) = module.expr(target)
        {
            targets.push((target, local));
        }
    }
    for (_, bindings) in &module.patterns {
        for binding in bindings {
            if let Expr::Local(local) = module.expr(binding.target) {
                targets.push((binding.target, local));
            }
        }
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}
