//! `quadratic-loop`: a loop inside a loop that only looks for equal elements of another
//! collection.

use super::few_elements::walks_choices;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{BinaryOp, BlockId, Expr, ExprId, LoopId, LoopKind, Stmt};
use crate::link::cardinality::Cardinality;
use crate::link::program::{Function, Loop};
use crate::link::words;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("quadratic-loop", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for inner in function.own_loops().filter(|lp| is_walk(module, lp.id)) {
        let head = inner.head();
        let outer = head.parent;
        let around = function.loops_around(outer);
        let Some(&outer) = around.first() else {
            if let Some(over) = head.over {
                reporter.because(over, "no loop stands around it");
            }
            continue;
        };
        check_pair(function, outer, inner, reporter);
    }
}

/// Whether a loop walks a collection for what it does with each element. A search with a
/// callback is `linear-search-in-loop`.
fn is_walk(module: &crate::ir::Module, lp: LoopId) -> bool {
    let head = module.lp(lp);
    match head.kind {
        LoopKind::Each | LoopKind::Comprehension => true,
        LoopKind::Callback => head.call.is_some_and(|call| match module.expr(call) {
            Expr::Call { callee, .. } => matches!(module.expr(callee), Expr::Member { name, .. }
                if module.text(name) == "forEach"),
            _ => false,
        }),
        _ => false,
    }
}

fn check_pair(
    function: Function<'_>,
    outer: Loop<'_>,
    inner: Loop<'_>,
    reporter: &mut Reporter<'_>,
) {
    let facts = function.facts();
    let module = function.module();
    let Some(over) = inner.head().over else {
        return;
    };
    // A search that ends the loop walks the collection to no end.
    let is_here = outer.function.id == function.id;
    if is_here
        && (facts.exits_on(outer.id, over) || facts.runs_at_most_once(inner.head().stmt, outer.id))
    {
        reporter.because(over, "the outer loop ends by what the inner one finds");
        return;
    }
    // What the outer element owns is walked once in all.
    if facts.varies_in(over, outer.id) {
        reporter.because(over, "the outer element owns what the inner loop walks");
        return;
    }
    let Some(test) = equality(function, outer, inner) else {
        reporter.because(
            over,
            "the inner loop does more than look for what equals the outer element",
        );
        return;
    };
    let sizes = [outer.cardinality(), inner.cardinality()];
    if sizes
        .iter()
        .any(|size| matches!(size, Cardinality::Fixed | Cardinality::Batches))
    {
        reporter.because(
            over,
            "one of the loops makes a fixed number of trips, or takes batches",
        );
        return;
    }
    let are_many = sizes.contains(&Cardinality::Rows)
        || super::is_fetched_over(outer) && super::is_fetched_over(inner);
    let is_handful = function.context() == Context::Script
        || super::is_at_start(function)
        || super::unstreamed_read::is_migration(function)
        || is_dimension(outer)
        || is_dimension(inner)
        || super::is_of_one_parent(function, over)
        || outer
            .head()
            .over
            .is_some_and(|over| super::is_of_one_parent(outer.function, over));
    let confidence = if are_many && !is_handful && !super::waits_per_trip(outer) {
        Confidence::Medium
    } else {
        reporter.because(
            over,
            "nothing says that both loops have many elements, or each trip waits for longer",
        );
        Confidence::Low
    };
    let collection = super::collection_text(function, over);
    let element = super::element_text(outer);
    reporter
        .report(
            module.span_of_loop(inner.id),
            confidence,
            format!("walks all of `{collection}` for each {element} to find what is equal"),
        )
        .related(outer.place(), "repeated by this loop")
        .related(
            function.place_of(test),
            "the comparison that a look-up by key replaces",
        )
        .cost("O(n·m) comparisons")
        .help(format!(
            "index `{collection}` by the compared key once, before the loop, and look the key up"
        ));
}

/// The test of the inner loop's body, if all it does is under `if a == b` where one side
/// belongs to the inner element and the other to the outer.
fn equality(function: Function<'_>, outer: Loop<'_>, inner: Loop<'_>) -> Option<ExprId> {
    let facts = function.facts();
    let module = function.module();
    let body = match (
        inner.head().kind,
        inner.head().callback.map(|c| module.expr(c)),
    ) {
        (LoopKind::Callback, Some(Expr::Function(f))) => module.function(f).body,
        (LoopKind::Callback, _) => return None,
        _ => inner.head().body,
    };
    let stmts = meaningful(function, body);
    let Stmt::If {
        test,
        then,
        otherwise: None,
    } = module.stmt(*stmts.first()?)
    else {
        return None;
    };
    // Either all the loop does is under `if a == b`, or `if a != b: continue` opens it.
    let skips = module
        .block(then)
        .stmts
        .iter()
        .all(|&s| matches!(module.stmt(s), Stmt::Continue(_) | Stmt::Return(None)));
    let (wanted, joined) = match (skips, stmts.len()) {
        (true, _) => (
            [BinaryOp::NotEqual, BinaryOp::IsNot],
            crate::ir::LogicalOp::Or,
        ),
        (false, 1) => ([BinaryOp::Equal, BinaryOp::Is], crate::ir::LogicalOp::And),
        _ => return None,
    };
    let mut open = vec![test];
    while let Some(id) = open.pop() {
        match module.expr(id) {
            Expr::Logical { op, left, right } if op == joined => open.extend([left, right]),
            Expr::Binary { op, left, right } if wanted.contains(&op) => {
                let inner_side = |e| facts.varies_in(e, inner.id);
                let outer_side = |e| facts.varies_in(e, outer.id) && !inner_side(e);
                if (inner_side(left) && outer_side(right))
                    || (inner_side(right) && outer_side(left))
                {
                    return Some(id);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a loop walks what there are few of by their kind, whatever is asked for: the states and
/// types that the program can choose from, those whom work is given to. Rows are known by their
/// table, others by the name of the collection.
fn is_dimension(lp: Loop<'_>) -> bool {
    let Some(over) = lp.head().over else {
        return false;
    };
    let name = super::collection_text(lp.function, over);
    walks_choices(lp.function, over) || words::is_dimension(&name)
}

fn meaningful(function: Function<'_>, block: BlockId) -> Vec<crate::ir::StmtId> {
    let module = function.module();
    let stmts = module.block(block).stmts.iter().copied();
    let stmts: Vec<_> = stmts
        .filter(|&stmt| !matches!(module.stmt(stmt), Stmt::Empty))
        .collect();
    match stmts.as_slice() {
        &[only] => match module.stmt(only) {
            Stmt::Block(inner) => meaningful(function, inner),
            _ => stmts,
        },
        _ => stmts,
    }
}

impl crate::ir::Module {
    fn span_of_loop(&self, lp: LoopId) -> crate::source::Span {
        self.lp(lp).span
    }
}
