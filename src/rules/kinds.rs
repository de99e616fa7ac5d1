//! What `n-plus-one` knows of reads that are for rows of one kind only: what the others are, and
//! how many there are of that kind, the loop does not tell.

use crate::ir::{BinaryOp, BlockOwner, CallKind, Expr, ExprId, LogicalOp, Module, Stmt, StmtId};
use crate::link::call_graph::Act;
use crate::link::program::{ActEffect, Function};
use crate::link::words;

/// Whether a read stands under a test that the row is of one kind, here or in what is called.
pub(super) fn is_for_one_kind(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    stands_under_kind(function.module(), act.stmt)
        || found.via.is_some()
            && function
                .chain(act, found)
                .into_iter()
                .any(|(function, act)| stands_under_kind(function.module(), act.stmt))
}

/// Whether a statement runs for one kind of its loop's rows only: `if row.kind == "link"`.
fn stands_under_kind(module: &Module, stmt: StmtId) -> bool {
    let mut at = stmt;
    loop {
        let block = module.block_of(at);
        let BlockOwner::Stmt(owner) = module.block(block).owner else {
            return false;
        };
        match module.stmt(owner) {
            Stmt::If { test, then, .. } if then == block && is_of_kind(module, test) => {
                return true;
            }
            Stmt::Switch { subject, .. } if is_kind(module, subject) => return true,
            _ => at = owner,
        }
    }
}

fn is_of_kind(module: &Module, test: ExprId) -> bool {
    match module.expr(test) {
        Expr::Logical {
            op: LogicalOp::And,
            left,
            right,
        } => is_of_kind(module, left) || is_of_kind(module, right),
        Expr::Binary {
            op: BinaryOp::Equal | BinaryOp::Is,
            left,
            right,
        } => {
            let is_written = |side| match module.expr(side) {
                Expr::String(_) => true,
                // `RuleKind.MAIL`
                Expr::Member { name, .. } => module.text(name).starts_with(char::is_uppercase),
                _ => false,
            };
            is_kind(module, left) && is_written(right) || is_kind(module, right) && is_written(left)
        }
        _ => false,
    }
}

/// Whether an expression is an attribute that says of which kind a row is.
fn is_kind(module: &Module, expr: ExprId) -> bool {
    // Templates call what they find where it can be called.
    let expr = match module.expr(expr) {
        Expr::Call {
            callee,
            kind: CallKind::Implicit,
            ..
        } => callee,
        _ => expr,
    };
    matches!(module.expr(expr), Expr::Member { name, .. } if words::is_kind(module.text(name)))
}
