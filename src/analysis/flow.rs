//! Where values come from within one file, and what decides that control goes on.

use rustc_hash::FxHashSet;

use super::def_use::Def;
use super::facts::FileFacts;
use crate::ir::{
    BinaryOp, BlockId, BlockOwner, Expr, ExprId, FunctionId, LocalId, LocalKind, LoopId, LoopKind,
    MODULE_BODY, Stmt, StmtId, UnaryOp,
};

/// Expressions looked at before an answer is given up (as "no").
const MAX_VISITS: usize = 400;

impl FileFacts {
    /// Visits the expressions that make up the value of one: its parts, and through names what
    /// they were assigned. Answers whether `visit` said yes to one.
    pub fn any_origin(&self, expr: ExprId, mut visit: impl FnMut(ExprId) -> bool) -> bool {
        let module = &self.module;
        let mut open = vec![expr];
        let mut seen: FxHashSet<ExprId> = FxHashSet::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if visit(id) {
                return true;
            }
            if seen.len() > MAX_VISITS {
                return false;
            }
            match module.expr(id) {
                Expr::Local(local) => self.origins_of_local(id, local, &mut open),
                Expr::Comprehension { lp, .. } => {
                    open.extend(module.lp(lp).over);
                    self.collected(module.lp(lp).body, &mut open);
                }
                Expr::Element(lp) => open.extend(module.lp(lp).over),
                // A function's value is what it can see.
                Expr::Function(function) => {
                    let inside = module.function(function).exprs;
                    open.extend(inside.iter().filter(|&e| {
                        matches!(module.expr(e), Expr::Local(local)
                            if !inside.contains(ExprId(
                                module.function(module.local(local).function).exprs.start)))
                    }));
                }
                // The value of `a = b` is that of `b`.
                Expr::Assign { value, .. } => open.push(value),
                _ => module.for_each_part(id, |part| open.push(part)),
            }
        }
        false
    }

    fn collected(&self, block: BlockId, open: &mut Vec<ExprId>) {
        for &stmt in &self.module.block(block).stmts {
            match self.module.stmt(stmt) {
                Stmt::Collect(value) => open.push(value),
                Stmt::If { test, then, .. } => {
                    open.push(test);
                    self.collected(then, open);
                }
                Stmt::Loop(lp) => {
                    open.extend(self.module.lp(lp).over);
                    self.collected(self.module.lp(lp).body, open);
                }
                _ => {}
            }
        }
    }

    fn origins_of_local(&self, id: ExprId, local: LocalId, open: &mut Vec<ExprId>) {
        let mut from = |def: &Def| match def {
            Def::Value { value, .. } => open.push(*value),
            Def::Augmented {
                value, previous, ..
            } => {
                open.push(*value);
                self.def_use.any_source(*previous, |_, def| {
                    if let Def::Value { value, .. } = def {
                        open.push(*value);
                    }
                    false
                });
            }
            _ => {}
        };
        let Some(def) = self.def_use.reaching(id) else {
            return;
        };
        let mut captured = false;
        self.def_use.any_source(def, |_, def| {
            if let Def::Entry { local, function } = def {
                captured |= self.module.local(*local).function != *function;
            }
            from(def);
            false
        });
        if captured {
            for &def in self.def_use.assignments(local) {
                from(self.def_use.def(def));
            }
        }
    }

    /// Whether the value of an expression differs from trip to trip of a loop.
    pub fn varies_in(&self, expr: ExprId, lp: LoopId) -> bool {
        let module = &self.module;
        let head = module.lp(lp);
        let callback = head
            .callback
            .and_then(|callback| match module.expr(callback) {
                Expr::Function(function) => Some(module.function(function).exprs),
                _ => None,
            });
        let repeated = |id: ExprId| {
            head.exprs.contains(id) || callback.is_some_and(|exprs| exprs.contains(id))
        };
        self.any_origin(expr, |id| match module.expr(id) {
            Expr::Element(of) => of == lp || repeated(id),
            Expr::Param(_) => repeated(id) && callback.is_some(),
            Expr::Local(local) => {
                let owner = module.local(local).function;
                let is_callback_param = callback.is_some_and(|exprs| {
                    let owner = module.function(owner).exprs;
                    // The parameter after element and index is the collection itself.
                    let all = module.element_param(lp) + 2;
                    exprs.start <= owner.start
                        && owner.end <= exprs.end
                        && matches!(module.local(local).kind, LocalKind::Param(i)
                            if owner != exprs || usize::from(i) != all)
                });
                is_callback_param
                    || self.def_use.reaching(id).is_some_and(|def| {
                        self.def_use.any_source(def, |_, def| match def {
                            Def::Carried { lp: of, back, .. } => *of == lp && !back.is_empty(),
                            _ => false,
                        })
                    })
            }
            // What a counter or a queue hands out differs each time.
            Expr::Call { callee, .. } => {
                matches!(module.expr(callee), Expr::Member { name, .. }
                    if repeated(id)
                        && matches!(module.text(name), "pop" | "shift" | "popleft" | "next" | "dequeue" | "exec"))
            }
            _ => false,
        })
    }

    /// Whether a loop, once `site` has a value, may end because of it: `break` or `return` of
    /// or under a test of that value. Such a loop searches, retries or pages.
    pub fn exits_on(&self, lp: LoopId, site: ExprId) -> bool {
        let module = &self.module;
        let mut open = vec![module.lp(lp).body];
        if let Some(test) = module.lp(lp).test
            && self.any_origin(test, |id| id == site)
        {
            return true;
        }
        while let Some(block) = open.pop() {
            for &stmt in &module.block(block).stmts {
                if let Stmt::Return(Some(value)) = module.stmt(stmt)
                    && self.any_origin(value, |id| id == site)
                {
                    return true;
                }
                let is_throw = matches!(module.stmt(stmt), Stmt::Throw(_));
                if !is_throw && self.leaves(stmt, lp) && self.is_decided_by(stmt, lp, site) {
                    return true;
                }
                self.push_blocks(stmt, &mut open);
            }
        }
        false
    }

    /// Whether a statement of the loop's own function is always followed by the end of the loop,
    /// so that it runs once however many trips there are.
    pub fn runs_at_most_once(&self, stmt: StmtId, lp: LoopId) -> bool {
        let module = &self.module;
        let mut at = stmt;
        loop {
            let block = module.block_of(at);
            let stmts = &module.block(block).stmts;
            let from = stmts.iter().position(|&s| s == at).unwrap_or(0);
            if stmts[from..].iter().any(|&s| self.leaves(s, lp)) {
                return true;
            }
            match module.block(block).owner {
                BlockOwner::Stmt(owner) => at = owner,
                BlockOwner::Loop(inner) if inner != lp => at = module.lp(inner).stmt,
                _ => return false,
            }
        }
    }

    /// Whether a statement is a jump out of a loop.
    fn leaves(&self, stmt: StmtId, lp: LoopId) -> bool {
        match self.module.stmt(stmt) {
            Stmt::Return(_) | Stmt::Throw(_) => true,
            Stmt::Break(Some(of)) => of == lp,
            Stmt::Break(None) => self.loop_around(stmt) == Some(lp),
            _ => false,
        }
    }

    /// The innermost loop around a statement, in its function.
    fn loop_around(&self, stmt: StmtId) -> Option<LoopId> {
        let mut at = stmt;
        loop {
            match self.module.block(self.module.block_of(at)).owner {
                BlockOwner::Stmt(owner) => at = owner,
                BlockOwner::Loop(lp) => return Some(lp),
                _ => return None,
            }
        }
    }

    /// Whether a test around a statement, up to the loop, depends on `site`; a `try` around
    /// both counts as one, since the attempt's success decides.
    fn is_decided_by(&self, stmt: StmtId, lp: LoopId, site: ExprId) -> bool {
        let module = &self.module;
        let mut block = module.block_of(stmt);
        loop {
            match module.block(block).owner {
                BlockOwner::Stmt(owner) => {
                    match module.stmt(owner) {
                        Stmt::If { test, .. } if self.any_origin(test, |id| id == site) => {
                            return true;
                        }
                        Stmt::Try { .. } => {
                            let span = module.stmt_span(owner);
                            if span.contains(module.span(site)) {
                                return true;
                            }
                        }
                        Stmt::Switch { subject, .. }
                            if self.any_origin(subject, |id| id == site) =>
                        {
                            return true;
                        }
                        _ => {}
                    }
                    block = module.block_of(owner);
                }
                BlockOwner::Loop(at) if at != lp => {
                    block = module.block_of(module.lp(at).stmt);
                }
                _ => return false,
            }
        }
    }

    /// The `return` statements of a function.
    pub fn returns(&self, function: FunctionId) -> Vec<StmtId> {
        let mut open = vec![self.module.function(function).body];
        let mut found = Vec::new();
        while let Some(block) = open.pop() {
            for &stmt in &self.module.block(block).stmts {
                if let Stmt::Return(_) = self.module.stmt(stmt) {
                    found.push(stmt);
                }
                self.push_blocks(stmt, &mut open);
            }
        }
        found
    }

    /// The blocks directly inside a statement.
    pub fn push_blocks(&self, stmt: StmtId, open: &mut Vec<BlockId>) {
        match self.module.stmt(stmt) {
            Stmt::If {
                then, otherwise, ..
            } => {
                open.push(then);
                open.extend(otherwise);
            }
            Stmt::Loop(lp) => open.push(self.module.lp(lp).body),
            Stmt::Try {
                body,
                handlers,
                finally,
            } => {
                open.extend([body, handlers]);
                open.extend(finally);
            }
            Stmt::With { body, .. } | Stmt::Block(body) => open.push(body),
            Stmt::Switch { cases, .. } => open.push(cases),
            _ => {}
        }
    }

    /// Whether `site` runs only for keys that a container does not hold yet, and the container
    /// then gets them: a memo.
    pub fn is_memoized(&self, site: ExprId, stmt: StmtId) -> bool {
        self.is_stored_by_key(site, stmt) || self.fills_empty_place(stmt)
    }

    /// Whether a statement makes what is kept in a variable of the module or a field of the
    /// receiver, and only while nothing is there: `if pool is None: pool = connect()`,
    /// `pool ??= connect()`.
    pub fn fills_empty_place(&self, stmt: StmtId) -> bool {
        let module = &self.module;
        if let Stmt::Expr(value) | Stmt::Return(Some(value)) = module.stmt(stmt)
            && let Expr::Assign { target, value, .. } = module.expr(value)
            && let Expr::Logical { left, .. } = module.expr(value)
            && let Some(place) = self.lasting_place(target)
            && self.lasting_place(left) == Some(place)
        {
            return true;
        }
        let mut at = stmt;
        loop {
            let block = module.block_of(at);
            // `if pool is not None: return pool`, then the statement.
            let stmts = &module.block(block).stmts;
            let position = stmts.iter().position(|&s| s == at).unwrap_or(0);
            let guarded = stmts[..position].iter().any(|&guard| {
                let Stmt::If { test, then, .. } = module.stmt(guard) else {
                    return false;
                };
                let last = module.block(then).stmts.last();
                let Some(Stmt::Return(Some(value))) = last.map(|&last| module.stmt(last)) else {
                    return false;
                };
                self.full_place(test).is_some_and(|place| {
                    self.assigns(place, &stmts[position..]) || self.is_kept_in(place, value)
                })
            });
            if guarded {
                return true;
            }
            let BlockOwner::Stmt(owner) = module.block(block).owner else {
                return false;
            };
            if let Stmt::If { test, then, .. } = module.stmt(owner)
                && then == block
                && self
                    .empty_place(test)
                    .is_some_and(|place| self.assigns(place, stmts))
            {
                return true;
            }
            at = owner;
        }
    }

    /// Whether a value is read from a variable of the module that another function fills: what
    /// stands behind its return is done until that happens.
    fn is_kept_in(&self, place: LocalOrField, value: ExprId) -> bool {
        let LocalOrField::Local(local) = place else {
            return false;
        };
        let module = &self.module;
        let mut root = value;
        while let Expr::Member { object, .. } = module.expr(root) {
            root = object;
        }
        module.expr(root) == Expr::Local(local)
            && self.def_use.assignments(local).iter().any(|&def| {
                matches!(self.def_use.def(def), Def::Value { target, .. }
                    if module.function_of(*target) != MODULE_BODY)
            })
    }

    /// The place that a test says is empty: `x is None`, `!x`.
    fn empty_place(&self, test: ExprId) -> Option<LocalOrField> {
        match self.module.expr(test) {
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.full_place(operand),
            Expr::Binary {
                op: BinaryOp::Is | BinaryOp::Equal,
                left,
                right,
            } if self.module.expr(right) == Expr::Null => self.tested_place(left),
            Expr::Logical { left, right, .. } => {
                self.empty_place(left).or_else(|| self.empty_place(right))
            }
            _ => None,
        }
    }

    /// The place that a test says is filled: `x`, `x is not None`.
    fn full_place(&self, test: ExprId) -> Option<LocalOrField> {
        match self.module.expr(test) {
            Expr::Binary {
                op: BinaryOp::IsNot | BinaryOp::NotEqual,
                left,
                right,
            } if self.module.expr(right) == Expr::Null => self.tested_place(left),
            Expr::Logical { left, .. } => self.full_place(left),
            _ => self.tested_place(test),
        }
    }

    /// A variable of the module, or a field of the receiver, its class, or something global.
    fn lasting_place(&self, expr: ExprId) -> Option<LocalOrField> {
        let module = &self.module;
        match module.expr(expr) {
            Expr::Local(local) => (module.local(local).function == MODULE_BODY
                && module.function_of(expr) != MODULE_BODY)
                .then_some(LocalOrField::Local(local)),
            Expr::Member { object, name } => {
                let lasts = match module.expr(object) {
                    Expr::This | Expr::Name(_) => true,
                    Expr::Local(local) => {
                        let local = module.local(local);
                        local.function == MODULE_BODY
                            || module.exports_all
                                && local.kind == LocalKind::Param(0)
                                && module.function(local.function).class.is_some()
                    }
                    _ => false,
                };
                lasts.then_some(LocalOrField::Field(name))
            }
            _ => None,
        }
    }

    /// The same for what is tested, which may have been put into a variable first: `const known =
    /// this.pool; if (known) return known;`
    fn tested_place(&self, expr: ExprId) -> Option<LocalOrField> {
        self.lasting_place(expr).or_else(|| {
            let Expr::Local(_) = self.module.expr(expr) else {
                return None;
            };
            match self.def_use.def(self.def_use.reaching(expr)?) {
                Def::Value { value, .. } => self.lasting_place(*value),
                _ => None,
            }
        })
    }

    fn assigns(&self, place: LocalOrField, stmts: &[StmtId]) -> bool {
        let module = &self.module;
        let mut open: Vec<StmtId> = stmts.to_vec();
        while let Some(stmt) = open.pop() {
            if let Stmt::Expr(expr) | Stmt::Return(Some(expr)) = module.stmt(stmt)
                && let Expr::Assign { target, .. } = module.expr(expr)
                && self.container(target) == Some(place)
            {
                return true;
            }
            let mut blocks = Vec::new();
            self.push_blocks(stmt, &mut blocks);
            for block in blocks {
                open.extend_from_slice(&module.block(block).stmts);
            }
        }
        false
    }

    /// Whether the result of `site` is put under a key that was missing.
    fn is_stored_by_key(&self, site: ExprId, stmt: StmtId) -> bool {
        let module = &self.module;
        let mut at = stmt;
        let mut child_block = module.block_of(stmt);
        while let BlockOwner::Stmt(owner) = module.block(child_block).owner {
            if let Stmt::If { test, then, .. } = module.stmt(owner)
                && then == child_block
                && let Some(container) = self.missing_from(test)
                && self.stores_into(container, module.block(then).stmts.as_slice())
            {
                return true;
            }
            // `if (known) { … } else { query, store }`
            if let Stmt::If {
                test,
                otherwise: Some(otherwise),
                ..
            } = module.stmt(owner)
                && otherwise == child_block
                && let Some(container) = self.found_in(test)
                && self.stores_into(container, module.block(otherwise).stmts.as_slice())
            {
                return true;
            }
            at = owner;
            child_block = module.block_of(owner);
        }
        // `if key in memo: return memo[key]` or `continue`, then the query, then the store.
        let stmts = &module.block(module.block_of(at)).stmts;
        let position = stmts.iter().position(|&s| s == at).unwrap_or(0);
        let leaves_if_known = |&guard: &StmtId| {
            let Stmt::If {
                test,
                then,
                otherwise: None,
            } = module.stmt(guard)
            else {
                return false;
            };
            let leaves = module.block(then).stmts.last().is_some_and(|&last| {
                matches!(module.stmt(last), Stmt::Return(_) | Stmt::Continue(_))
            });
            leaves
                && self.found_in(test).is_some_and(|container| {
                    self.is_cache_of_others(container)
                        || self.stores_into(container, &stmts[position..])
                })
        };
        let before = &stmts[..position];
        let is_known = before.iter().any(|guard| {
            leaves_if_known(guard)
                // `if memo is not None: if key in memo: return memo[key]`
                || matches!(module.stmt(*guard), Stmt::If { then, .. }
                    if module.block(then).stmts.iter().any(leaves_if_known))
        });
        is_known && !module.span(site).contains(module.stmt_span(at))
    }

    /// The container that a test says lacks something: `k not in memo`, `!memo.has(k)`,
    /// `memo.get(k) is None`, `not memo[k]`.
    fn missing_from(&self, test: ExprId) -> Option<LocalOrField> {
        match self.module.expr(test) {
            Expr::Binary {
                op: BinaryOp::NotIn,
                right,
                ..
            } => self.container(right),
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.found_in(operand),
            Expr::Binary {
                op: BinaryOp::Is | BinaryOp::Equal,
                left,
                right,
            } if self.module.expr(right) == Expr::Null => self.looked_up(left),
            Expr::Logical { left, right, .. } => {
                self.missing_from(left).or_else(|| self.missing_from(right))
            }
            _ => None,
        }
    }

    /// The container that a test says holds something.
    fn found_in(&self, test: ExprId) -> Option<LocalOrField> {
        match self.module.expr(test) {
            Expr::Binary {
                op: BinaryOp::In,
                right,
                ..
            } => self.container(right),
            Expr::Binary {
                op: BinaryOp::IsNot | BinaryOp::NotEqual,
                left,
                right,
            } if self.module.expr(right) == Expr::Null => self.looked_up(left),
            Expr::Logical { left, right, .. } => {
                self.found_in(left).or_else(|| self.found_in(right))
            }
            // `if row := memo.get(key)`
            Expr::Assign { value, .. } => self.found_in(value),
            _ => self.looked_up(test),
        }
    }

    /// The container that a value was looked up in: `memo[k]`, `memo.get(k)`, `memo.has(k)`.
    fn looked_up(&self, value: ExprId) -> Option<LocalOrField> {
        let module = &self.module;
        match module.expr(value) {
            Expr::Index { object, .. } => self.container(object),
            // What is waited for may be kept elsewhere, and may be more than a memo.
            Expr::Await(inner) => self
                .looked_up(inner)
                .filter(|&container| self.names_cache(container)),
            Expr::Call { callee, .. } => match module.expr(module.without_type_arguments(callee)) {
                Expr::Member { object, name }
                    if matches!(module.text(name), "get" | "has" | "includes") =>
                {
                    self.container(object)
                }
                _ => None,
            },
            Expr::Local(_) => match self.def_use.def(self.def_use.reaching(value)?) {
                Def::Value { value, .. } if !matches!(module.expr(*value), Expr::Local(_)) => {
                    self.looked_up(*value)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn container(&self, expr: ExprId) -> Option<LocalOrField> {
        match self.module.expr(expr) {
            Expr::Local(local) => {
                let named = self.def_use.single_value(local);
                let one_of_several = named.and_then(|value| self.memo_of_several(value));
                one_of_several.or(Some(LocalOrField::Local(local)))
            }
            Expr::Call { .. } => self.memo_of_several(expr),
            Expr::Member { name, .. } => Some(LocalOrField::Field(name)),
            // One memo of several: `memos["books"]`
            Expr::Index { object, index } if matches!(self.module.expr(index), Expr::String(_)) => {
                self.container(object)
            }
            _ => None,
        }
    }

    /// What holds a memo under a name: `context.get("books", {})`, `context.setdefault("books", {})`.
    fn memo_of_several(&self, expr: ExprId) -> Option<LocalOrField> {
        let module = &self.module;
        let Expr::Call { callee, args, .. } = module.expr(expr) else {
            return None;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return None;
        };
        let is_named = matches!(module.text(name), "get" | "setdefault")
            && matches!(module.list(args), &[key, default]
                if matches!(module.expr(key), Expr::String(_))
                    && matches!(module.expr(default), Expr::Map(_)));
        match module.expr(object) {
            Expr::Local(local) if is_named => Some(LocalOrField::Local(local)),
            Expr::Member { name, .. } if is_named => Some(LocalOrField::Field(name)),
            _ => None,
        }
    }

    fn names_cache(&self, container: LocalOrField) -> bool {
        let module = &self.module;
        names_cache(module.text(match container {
            LocalOrField::Local(local) => module.local(local).name,
            LocalOrField::Field(name) => name,
        }))
    }

    /// Whether what is named a cache was handed in or belongs to an object, so that it is filled
    /// out of sight; a variable is filled where it can be seen.
    fn is_cache_of_others(&self, container: LocalOrField) -> bool {
        let is_variable = match container {
            LocalOrField::Local(local) => {
                !matches!(self.module.local(local).kind, LocalKind::Param(_))
            }
            LocalOrField::Field(_) => false,
        };
        !is_variable && self.names_cache(container)
    }

    fn stores_into(&self, container: LocalOrField, stmts: &[StmtId]) -> bool {
        let module = &self.module;
        let mut open: Vec<StmtId> = stmts.to_vec();
        while let Some(stmt) = open.pop() {
            if let Stmt::Expr(mut expr) = module.stmt(stmt) {
                if let Expr::Await(inner) = module.expr(expr) {
                    expr = inner;
                }
                let stored = match module.expr(expr) {
                    Expr::Assign { target, .. } => match module.expr(target) {
                        Expr::Index { object, .. } => self.container(object),
                        _ => None,
                    },
                    Expr::Call { callee, .. } => match module.expr(callee) {
                        Expr::Member { object, name }
                            if matches!(module.text(name), "set" | "add" | "append" | "push") =>
                        {
                            self.container(object)
                        }
                        _ => None,
                    },
                    _ => None,
                };
                if stored == Some(container) {
                    return true;
                }
            }
            let mut blocks = Vec::new();
            self.push_blocks(stmt, &mut blocks);
            for block in blocks {
                open.extend_from_slice(&module.block(block).stmts);
            }
        }
        false
    }

    /// Whether a loop's trips are counted by a condition rather than by a collection.
    pub fn is_conditional_loop(&self, lp: LoopId) -> bool {
        matches!(self.module.lp(lp).kind, LoopKind::While | LoopKind::Counted)
    }
}

/// Whether a name says that it holds what was asked for before.
pub fn names_cache(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cache") || name.ends_with("memo")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LocalOrField {
    Local(LocalId),
    Field(crate::ir::Name),
}
