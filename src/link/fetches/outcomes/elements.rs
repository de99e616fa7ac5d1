//! What is read of each row where rows are walked, and which conditions on them a database could
//! know.

use std::collections::BTreeSet;

use super::Follower;
use crate::ir::{
    BinaryOp, Expr, ExprId, FunctionId, LocalId, LoopId, LoopKind, Module, Stmt, UnaryOp,
};
use crate::link::types::Entity;

/// What is read of the elements of a loop.
#[derive(Debug, Default)]
pub(super) struct ElementUse {
    pub(super) columns: BTreeSet<String>,
    pub(super) is_whole: bool,
}

impl Follower<'_> {
    /// The condition by which a comprehension or loop leaves elements out, and whether it is the
    /// only thing that the loop's body does.
    pub(super) fn condition_of(&self, lp: LoopId) -> Option<(ExprId, bool)> {
        let module = self.module;
        let head = module.lp(lp);
        let body = &module.block(head.body).stmts;
        let [only] = body[..] else {
            return None;
        };
        match module.stmt(only) {
            Stmt::If {
                test,
                then,
                otherwise: None,
            } => {
                let collects = head.kind == LoopKind::Comprehension
                    && module.block(then).stmts.iter().all(|&stmt| {
                        matches!(module.stmt(stmt), Stmt::Collect(_) | Stmt::If { .. })
                    });
                collects.then_some((test, true))
            }
            _ => None,
        }
    }

    pub(super) fn callback_of(&self, call: ExprId) -> Option<(FunctionId, LocalId)> {
        let module = self.module;
        let &lp = self.function.facts().loop_of_call.get(&call)?;
        let Expr::Function(function) = module.expr(module.lp(lp).callback?) else {
            return None;
        };
        Some((function, element_local(self.module, lp)?))
    }

    pub(super) fn element_use(&self, lp: LoopId) -> ElementUse {
        let module = self.module;
        let mut found = ElementUse::default();
        let Some(element) = element_local(self.module, lp) else {
            // `({ id }) => id`: the names of the pattern are the columns.
            self.pattern_columns(lp, &mut found);
            return found;
        };
        for &used in self.uses.of_name(element) {
            let parents = self.uses.parents(used);
            if self.uses.root(used).is_some() || parents.is_empty() {
                found.is_whole = true;
            }
            for &parent in parents {
                match module.expr(parent) {
                    Expr::Member { object, name } if object == used => {
                        let is_called = self.uses.parents(parent).iter().any(|&call| {
                            matches!(module.expr(call), Expr::Call { callee, .. } if callee == parent)
                        });
                        let is_assigned = self.uses.parents(parent).iter().any(|&outer| {
                            matches!(module.expr(outer), Expr::Assign { target, .. } if target == parent)
                        });
                        // `row.owner.email`: the row at the other end of a relation.
                        let is_passed = self.uses.parents(parent).iter().any(|&outer| {
                            matches!(module.expr(outer), Expr::Member { object, .. } if object == parent
                                && !self.uses.parents(outer).iter().any(|&call| {
                                    matches!(module.expr(call), Expr::Call { callee, .. } if callee == outer)
                                }))
                        });
                        if is_called || is_assigned || is_passed {
                            found.is_whole = true;
                        }
                        found.columns.insert(module.text(name).to_owned());
                    }
                    Expr::Index { object, index } if object == used => match module.expr(index) {
                        Expr::String(name) => {
                            found.columns.insert(module.text(name).to_owned());
                        }
                        _ => found.is_whole = true,
                    },
                    _ => found.is_whole = true,
                }
            }
        }
        found
    }

    fn pattern_columns(&self, lp: LoopId, found: &mut ElementUse) {
        let module = self.module;
        found.is_whole = true;
        let head = module.lp(lp);
        let target = match (head.element, head.callback) {
            (Some(target), _) => target,
            (None, Some(callback)) => match module.expr(callback) {
                Expr::Function(function) => {
                    let params = &module.function(function).params;
                    match params.get(module.element_param(lp)) {
                        Some(param) => param.target,
                        None => return,
                    }
                }
                _ => return,
            },
            _ => return,
        };
        let Expr::Map(entries) = module.expr(target) else {
            return;
        };
        for &entry in module.list(entries) {
            let Expr::Keyword { name, .. } = module.expr(entry) else {
                return;
            };
            found.columns.insert(module.text(name).to_owned());
        }
        found.is_whole = false;
    }

    /// Whether some of the columns are methods or properties of the rows' class, or relations.
    pub(super) fn are_computed(&self, columns: &BTreeSet<String>) -> bool {
        let Entity::Class(class) = self.entity else {
            return false;
        };
        let world = &self.function.program.world;
        columns.iter().any(|column| {
            world.method(class, column).is_some()
                || world.entities.find(world, class, column).is_some()
        })
    }

    pub(super) fn is_columnar_body(&self, function: FunctionId, element: LocalId) -> bool {
        let returned = self.module.returned(function);
        let [value] = returned[..] else {
            return false;
        };
        let body = &self.module.block(self.module.function(function).body).stmts;
        body.len() == 1 && self.is_columnar(value, element, 0)
    }

    /// Whether a condition compares columns of a row with values: what a database can do.
    pub(super) fn is_columnar(&self, condition: ExprId, element: LocalId, depth: u32) -> bool {
        let module = self.module;
        if depth > 12 {
            return false;
        }
        let is = |part: ExprId| self.is_columnar(part, element, depth + 1);
        if !self.mentions(condition, element) {
            return true;
        }
        match module.expr(condition) {
            Expr::Member { object, name } => {
                let column = module.text(name).to_owned();
                module.expr(object) == Expr::Local(element)
                    && !self.are_computed(&BTreeSet::from([column]))
            }
            Expr::Index { object, index } => {
                module.expr(object) == Expr::Local(element)
                    && matches!(module.expr(index), Expr::String(_))
            }
            Expr::Binary { op, left, right } => {
                matches!(
                    op,
                    BinaryOp::Equal
                        | BinaryOp::NotEqual
                        | BinaryOp::Less
                        | BinaryOp::LessEqual
                        | BinaryOp::Greater
                        | BinaryOp::GreaterEqual
                        | BinaryOp::In
                        | BinaryOp::NotIn
                        | BinaryOp::Is
                        | BinaryOp::IsNot
                ) && is(left)
                    && is(right)
            }
            Expr::Logical { left, right, .. } => is(left) && is(right),
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            } => is(operand),
            Expr::Call { callee, args, .. } => match module.expr(callee) {
                Expr::Member { object, name } => {
                    matches!(module.text(name), "includes" | "has")
                        && !self.mentions(object, element)
                        && module.list(args).iter().all(|&arg| is(arg))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn mentions(&self, expr: ExprId, local: LocalId) -> bool {
        let mut open = vec![expr];
        while let Some(at) = open.pop() {
            if self.module.expr(at) == Expr::Local(local) {
                return true;
            }
            if matches!(
                self.module.expr(at),
                Expr::Function(_) | Expr::Comprehension { .. }
            ) {
                return true;
            }
            self.module.for_each_part(at, |part| open.push(part));
        }
        false
    }
}

/// The name that holds the element of a loop.
pub(in crate::link::fetches) fn element_local(module: &Module, lp: LoopId) -> Option<LocalId> {
    let head = module.lp(lp);
    let target = match (head.element, head.callback) {
        (Some(target), _) => target,
        (None, Some(callback)) => match module.expr(callback) {
            Expr::Function(function) => {
                let params = &module.function(function).params;
                params.get(module.element_param(lp))?.target
            }
            _ => return None,
        },
        _ => return None,
    };
    match module.expr(target) {
        Expr::Local(local) => Some(local),
        _ => None,
    }
}
