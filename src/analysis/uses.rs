//! Where values go within one file: the expressions and statements around each, and the uses of
//! names that hold them. Made on demand, for the files in which something is asked.

use rustc_hash::FxHashMap;

use super::def_use::Def;
use super::facts::FileFacts;
use crate::ir::{Expr, ExprId, LocalId, LocalKind, LoopId, Module, Stmt, StmtId};

/// What stands around the values of one file.
#[derive(Debug, Default)]
pub struct Uses {
    parents: Grouped,
    roots: FxHashMap<ExprId, Root>,
    over: FxHashMap<ExprId, LoopId>,
    comprehensions: FxHashMap<LoopId, ExprId>,
    names: Grouped,
    bound: FxHashMap<ExprId, ExprId>,
}

/// Expressions in groups, which are numbered from 0 on.
#[derive(Debug, Default)]
struct Grouped {
    /// Where each group starts, and where the last one ends.
    starts: Vec<u32>,
    items: Vec<ExprId>,
}

impl Grouped {
    /// Puts pairs of group and expression into `count` groups, each in the order of the pairs.
    fn new(pairs: &[(u32, ExprId)], count: usize) -> Self {
        let mut starts = vec![0u32; count + 1];
        for &(group, _) in pairs {
            starts[group as usize + 1] += 1;
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut items = vec![ExprId(0); pairs.len()];
        for &(group, expr) in pairs {
            let at = &mut next[group as usize];
            items[*at as usize] = expr;
            *at += 1;
        }
        Self { starts, items }
    }

    fn of(&self, group: u32) -> &[ExprId] {
        let at = group as usize;
        match self.starts.get(at..at + 2) {
            Some(&[start, end]) => &self.items[start as usize..end as usize],
            _ => &[],
        }
    }
}

/// How a statement uses the value of an expression that is part of no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// It decides which way to go.
    Test(StmtId),
    /// It is returned.
    Returned(StmtId),
    /// It is computed for its effects.
    Statement(StmtId),
    /// It is an element of what a comprehension builds.
    Collected(StmtId),
    /// Something else.
    Other,
}

impl Uses {
    /// Looks at one file.
    pub fn of(facts: &FileFacts) -> Self {
        let module = &facts.module;
        let mut uses = Self::default();
        let (mut parents, mut names) = (Vec::new(), Vec::new());
        for i in 0..module.expr_count() {
            let id = ExprId(i as u32);
            module.for_each_part(id, |part| parents.push((part.0, id)));
            match module.expr(id) {
                Expr::Comprehension { lp, .. } => {
                    uses.comprehensions.insert(lp, id);
                }
                Expr::Local(local) if facts.def_use.reaching(id).is_some() => {
                    names.push((local.0, id));
                }
                _ => {}
            }
        }
        uses.parents = Grouped::new(&parents, module.expr_count());
        uses.names = Grouped::new(&names, module.locals.len());
        for (_, bindings) in &module.patterns {
            let bound = bindings
                .iter()
                .map(|binding| (binding.value, binding.target));
            uses.bound.extend(bound);
        }
        for (i, &stmt) in module.stmts.iter().enumerate() {
            let at = StmtId(i as u32);
            let (expr, root) = match stmt {
                Stmt::If { test, .. } => (test, Root::Test(at)),
                Stmt::Return(Some(value)) => (value, Root::Returned(at)),
                Stmt::Expr(value) => (value, Root::Statement(at)),
                Stmt::Collect(value) => (value, Root::Collected(at)),
                Stmt::Throw(Some(value)) => (value, Root::Other),
                Stmt::Switch { subject, .. } => (subject, Root::Other),
                _ => continue,
            };
            uses.roots.insert(expr, root);
        }
        for (i, lp) in module.loops.iter().enumerate() {
            if let Some(over) = lp.over {
                uses.over.insert(over, LoopId(i as u32));
            }
            if let Some(test) = lp.test {
                uses.roots.insert(test, Root::Other);
            }
        }
        uses
    }

    /// The expressions that an expression is part of; several where a destructuring makes more.
    pub fn parents(&self, expr: ExprId) -> &[ExprId] {
        self.parents.of(expr.0)
    }

    /// The member of an expression, or its call, that goes on with it: `books.filter` for `books`.
    pub fn link(&self, module: &Module, expr: ExprId) -> Option<ExprId> {
        let mut parents = self.parents(expr).iter().copied();
        parents.find(|&parent| match module.expr(parent) {
            Expr::Member { object, .. } => object == expr,
            Expr::Call { callee, .. } => callee == expr,
            _ => false,
        })
    }

    /// How a statement uses an expression.
    pub fn root(&self, expr: ExprId) -> Option<Root> {
        self.roots.get(&expr).copied()
    }

    /// The loop that walks the value of an expression.
    pub fn walked_by(&self, expr: ExprId) -> Option<LoopId> {
        self.over.get(&expr).copied()
    }

    /// The target that a destructuring gives the value of an expression.
    pub fn bound_to(&self, expr: ExprId) -> Option<ExprId> {
        self.bound.get(&expr).copied()
    }

    /// The comprehension that a loop is the outermost of.
    pub fn comprehension(&self, lp: LoopId) -> Option<ExprId> {
        self.comprehensions.get(&lp).copied()
    }

    /// All uses of a name.
    pub fn of_name(&self, local: LocalId) -> &[ExprId] {
        self.names.of(local.0)
    }

    /// The uses of a name that may see a value it was assigned, those in closures included.
    pub fn of_value(&self, facts: &FileFacts, local: LocalId, value: ExprId) -> Vec<ExprId> {
        let module = &facts.module;
        let sees = |id: &ExprId| {
            facts.def_use.reaching(*id).is_some_and(|def| {
                facts.def_use.any_source(def, |_, def| match def {
                    Def::Value { value: of, .. } => *of == value,
                    Def::Entry { local, function } => {
                        let local = module.local(*local);
                        local.function != *function && !matches!(local.kind, LocalKind::Param(_))
                    }
                    _ => false,
                })
            })
        };
        self.of_name(local).iter().copied().filter(sees).collect()
    }
}
