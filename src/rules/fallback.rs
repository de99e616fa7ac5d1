//! What the rules about loops know of reads that stand in for what a row or its function lacks:
//! they run where nothing was prepared, and the loop at hand may have prepared it.

use crate::ir::{BlockOwner, Expr, ExprId, LogicalOp, Stmt, StmtId};
use crate::link::call_graph::Act;
use crate::link::program::{ActEffect, Function};

/// Whether a read is made only where the row has not what it asks for, here or further down.
pub(super) fn is_fallback(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let is_one = |function: Function<'_>, act: &Act| {
        asks_for_lacking(function, act.expr) || depends_on_attribute(function, act.stmt)
    };
    is_one(function, act)
        || found.via.is_some()
            && function
                .chain(act, found)
                .into_iter()
                .any(|(function, act)| is_one(function, act))
}

/// Whether a statement runs only where an object has some attribute or lacks it: `if not
/// hasattr(self, "total"):`.
pub(super) fn depends_on_attribute(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let asks = |test: ExprId| {
        let mut open = vec![test];
        while let Some(id) = open.pop() {
            match module.expr(id) {
                Expr::Call { callee, .. } => {
                    if matches!(module.expr(callee), Expr::Name(name)
                        if module.text(name) == "hasattr")
                    {
                        return true;
                    }
                }
                _ => module.for_each_part(id, |part| open.push(part)),
            }
        }
        false
    };
    let mut at = stmt;
    loop {
        match module.block(module.block_of(at)).owner {
            BlockOwner::Stmt(owner) => {
                if let Stmt::If { test, .. } = module.stmt(owner)
                    && asks(test)
                {
                    return true;
                }
                at = owner;
            }
            BlockOwner::Loop(lp) => at = module.lp(lp).stmt,
            _ => return false,
        }
    }
}

/// Whether a query is sent only where the row has not what it asks for: `book.author ?? (await
/// book.getAuthor())`.
fn asks_for_lacking(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let Expr::Member { object: row, .. } = module.expr(callee) else {
        return false;
    };
    let uses = function.program.uses(function.file);
    let mut at = call;
    for _ in 0..4 {
        for &parent in uses.parents(at) {
            if let Expr::Logical { op, left, right } = module.expr(parent)
                && op != LogicalOp::And
                && right == at
                && let Expr::Member { object, .. } = module.expr(left)
            {
                return module.expr(object) == module.expr(row);
            }
        }
        let mut parents = uses.parents(at).iter().copied();
        match parents.find(|&parent| matches!(module.expr(parent), Expr::Await(_))) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    false
}
