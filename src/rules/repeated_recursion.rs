//! `repeated-recursion`: a function that calls itself twice for neighbours, and so computes the
//! same again and again.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{BinaryOp, BlockId, BlockOwner, Expr, ExprId, LocalKind, Stmt, StmtId};
use crate::link::call_graph::{Act, ActKind};
use crate::link::program::Function;

pub(super) const RULE: Rule = Rule::per_function("repeated-recursion", check);

/// Calls of itself that are compared.
const MAX_CALLS: usize = 16;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let own = function.reference();
    let mut own_calls = function.acts().iter();
    let mut own_calls = own_calls
        .by_ref()
        .filter(|act| act.kind == ActKind::Call(own));
    if function.program.summary(own).is_cached {
        for act in own_calls {
            reporter.because(act.expr, "the function's results are kept");
        }
        return;
    }
    let mut calls: Vec<&Act> = Vec::new();
    for act in own_calls.by_ref() {
        match left_alone(function, act) {
            Some(why) => reporter.because(act.expr, why),
            None if calls.len() < MAX_CALLS => calls.push(act),
            None => {}
        }
    }
    let pair = calls.iter().enumerate().find_map(|(i, first)| {
        let second = calls[i + 1..]
            .iter()
            .find(|second| run_both(function, first, second))?;
        Some((*first, *second))
    });
    let Some((first, second)) = pair else {
        for act in calls {
            reporter.because(act.expr, "no second call of itself runs beside it");
        }
        return;
    };
    if keeps_results(function) {
        reporter.because(second.expr, "the function keeps its results by key");
        return;
    }
    let name = function.callee_text(second.expr);
    reporter
        .report(
            module.span(second.expr),
            Confidence::Medium.min(first.confidence).min(second.confidence),
            format!("`{name}` calls itself twice with parts that overlap"),
        )
        .related(function.place_of(first.expr), "the first call")
        .cost("O(2ⁿ) calls")
        .help("keep the result of each argument (a cache on the function), or fill a table from the small cases up");
}

/// Why a function's call of itself does not ask again for what was asked, if it does not.
fn left_alone(function: Function<'_>, act: &Act) -> Option<&'static str> {
    Some(if act.lp.is_some() {
        "a loop goes through parts, which do not overlap"
    } else if act.is_memoized {
        "its result is kept by key"
    } else if !is_value(function, act) {
        "nobody uses its result"
    } else if !asks_neighbour(function, act.expr) {
        "it is not handed a parameter moved by a step: the parts need not overlap"
    } else {
        return None;
    })
}

/// Whether the result of a call is used.
fn is_value(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    match module.stmt(act.stmt) {
        Stmt::Expr(expr) => {
            expr != act.expr
                && !matches!(module.expr(expr), Expr::Await(inner) if inner == act.expr)
                && !matches!(module.expr(expr), Expr::Yield(_))
        }
        _ => true,
    }
}

/// Whether each argument is a parameter as it is or moved by a step, and one is moved: there are
/// only as many different calls as steps.
fn asks_neighbour(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return false;
    };
    let mut is_moved = false;
    for &arg in module.list(args) {
        let arg = match module.expr(arg) {
            Expr::Keyword { value, .. } => value,
            _ => arg,
        };
        match module.expr(arg) {
            Expr::Binary { op, left, right } if is_param(function, left) => {
                let is_step = match op {
                    BinaryOp::Add => matches!(module.expr(right), Expr::Number(_)),
                    BinaryOp::Subtract => true,
                    _ => false,
                };
                if !is_step {
                    return false;
                }
                is_moved = true;
            }
            Expr::Number(_) | Expr::String(_) | Expr::Bool(_) | Expr::Null | Expr::This => {}
            _ if is_param(function, arg) => {}
            _ => return false,
        }
    }
    is_moved
}

fn is_param(function: Function<'_>, expr: ExprId) -> bool {
    let module = function.module();
    matches!(module.expr(expr), Expr::Local(local)
        if matches!(module.local(local).kind, LocalKind::Param(_)))
}

/// Whether two calls run one after the other: neither stands in a branch that leaves out the
/// other, or after a `return` of the other.
fn run_both(function: Function<'_>, first: &Act, second: &Act) -> bool {
    let module = function.module();
    if first.stmt == second.stmt {
        return !are_alternatives(function, first.stmt, first.expr, second.expr);
    }
    if matches!(module.stmt(first.stmt), Stmt::Return(_)) {
        return false;
    }
    let block = module.block_of(first.stmt);
    let mut at: StmtId = second.stmt;
    for _ in 0..64 {
        let around: BlockId = module.block_of(at);
        if around == block {
            return true;
        }
        at = match module.block(around).owner {
            BlockOwner::Stmt(owner) => owner,
            _ => return false,
        };
    }
    false
}

/// Whether two calls are the arms of one `a ? b : c`.
fn are_alternatives(function: Function<'_>, stmt: StmtId, a: ExprId, b: ExprId) -> bool {
    let module = function.module();
    let span = module.stmt_span(stmt);
    function.declared().exprs.iter().any(|id| {
        let Expr::Conditional {
            then, otherwise, ..
        } = module.expr(id)
        else {
            return false;
        };
        let holds = |arm: ExprId, call: ExprId| module.span(arm).contains(module.span(call));
        span.contains(module.span(id))
            && (holds(then, a) && holds(otherwise, b) || holds(then, b) && holds(otherwise, a))
    })
}

/// Whether the function keeps something by key, or is handed what keeps it.
fn keeps_results(function: Function<'_>) -> bool {
    let module = function.module();
    let stores = |id: ExprId| match module.expr(id) {
        Expr::Assign { target, .. } => matches!(module.expr(target), Expr::Index { .. }),
        Expr::Call { callee, .. } => matches!(module.expr(callee), Expr::Member { name, .. }
            if matches!(module.text(name), "set" | "setdefault" | "put")),
        _ => false,
    };
    function.declared().exprs.iter().any(stores)
}
