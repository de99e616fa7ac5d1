//! `quadratic-accumulation`: each trip of a loop copies or shifts what all trips before have
//! gathered.

use super::request_lists::why_few_handed;
use super::{Reporter, Rule, growing_loop, root_local, same_path};
use crate::analysis::def_use::Def;
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, BlockOwner, Expr, ExprId, LocalId, LocalKind, LoopId, Module, Stmt, StmtId,
};
use crate::link::call_graph::Callee;
use crate::link::cardinality::Cardinality;
use crate::link::infer::Typer;
use crate::link::models::{CallModel, Cost, Wrapper};
use crate::link::program::{Function, Loop};

pub(super) const RULE: Rule = Rule::per_function("quadratic-accumulation", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    shifts(function, reporter);
    copies(function, reporter);
    reduced_copies(function, reporter);
    rowwise(function, reporter);
}

/// `xs.shift()`, `xs.pop(0)`, `xs.splice(i, 1)` per trip, and what goes through all there is to
/// add one.
fn shifts(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for site in function.facts().sites(function.id) {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        let Some(Callee::Model(model)) = function.call_at(site.expr).map(|call| &call.callee)
        else {
            continue;
        };
        let model = function.program.world.models.call(*model);
        let (does, cost) = match model.cost {
            Some(Cost::Shift) => ("moves all elements", "O(n²) moves"),
            Some(Cost::Merge) => ("goes through all elements", "O(n²) comparisons"),
            _ => continue,
        };
        let loops = function.loops_around(site.lp);
        let Some((lp, confidence)) = trips(&loops) else {
            continue;
        };
        // The list must outlive the trip.
        if is_made_in(function, object, lp) {
            continue;
        }
        if function.facts().exits_on(lp.id, site.expr)
            || is_bounded_shift(function, object, site.stmt, lp)
        {
            continue;
        }
        let confidence = if ends_short(function, object, lp) {
            reporter.because(site.expr, "the loop ends when the list has a few elements");
            Confidence::Low
        } else if model.cost == Some(Cost::Shift) {
            reporter.because(
                site.expr,
                "memory is moved at once: it takes some ten thousand elements to matter",
            );
            Confidence::Low
        } else {
            confidence
        };
        let list = function.callee_text(list_of(function, site.expr, object));
        let help = model.bulk.clone();
        let finding = reporter.report(
            module.span(site.expr),
            confidence,
            format!("`{}` {does} of `{list}` on each trip", module.text(name)),
        );
        finding
            .related(lp.place(), "repeated by this loop")
            .cost(cost)
            .help(match help {
                Some(help) => format!("use {help}"),
                None => "use a queue that removes from its front in constant time".to_owned(),
            });
    }
}

/// `acc = [...acc, x]`, `acc = acc.concat(x)`, `acc = acc + [x]` per trip.
fn copies(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for i in 0..module.loops.len() {
        let lp = LoopId(i as u32);
        if module.lp(lp).function != function.id {
            continue;
        }
        let mut open = vec![module.lp(lp).body];
        while let Some(block) = open.pop() {
            for &stmt in &module.block(block).stmts {
                if let Stmt::Expr(expr) = module.stmt(stmt) {
                    check_copy(function, lp, expr, reporter);
                }
                if !matches!(module.stmt(stmt), Stmt::Loop(_)) {
                    function.facts().push_blocks(stmt, &mut open);
                }
            }
        }
    }
}

fn check_copy(function: Function<'_>, lp: LoopId, expr: ExprId, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let Expr::Assign {
        op: None,
        target,
        value,
    } = module.expr(expr)
    else {
        return;
    };
    if !matches!(module.expr(target), Expr::Local(_) | Expr::Member { .. }) {
        return;
    }
    let Some(copied) = copied_collection(function, value) else {
        return;
    };
    if !same_path(module, target, copied) {
        return;
    }
    let loops = function.loops_around(Some(lp));
    let Some((lp, confidence)) = trips(&loops) else {
        return;
    };
    if is_made_in(function, target, lp) {
        return;
    }
    // A table that is put together piece by piece is data by nature.
    let confidence = match module.expr(value) {
        Expr::Call { callee, .. } => match module.expr(callee) {
            Expr::Member { object, .. } if !same_path(module, object, copied) => {
                confidence.max(Confidence::Medium)
            }
            _ if extends(function, value).is_some() => confidence.max(Confidence::Medium),
            _ => confidence,
        },
        _ => confidence,
    };
    report_copy(function, lp, value, copied, confidence, reporter);
}

/// The collection that an expression copies to add to it.
fn copied_collection(function: Function<'_>, value: ExprId) -> Option<ExprId> {
    let module = function.module();
    let mut typer = Typer::new(&function.program.world, function.file);
    match module.expr(value) {
        Expr::Sequence { elements, .. } | Expr::Map(elements) => {
            let elements = module.list(elements);
            if elements.len() < 2 {
                return None;
            }
            // An object with fixed keys stays as large as it is.
            let is_map = matches!(module.expr(value), Expr::Map(_));
            let spreads = elements
                .iter()
                .filter(|&&e| matches!(module.expr(e), Expr::Spread(_)));
            let grows = spreads.count() > 1
                || elements
                    .iter()
                    .any(|&e| matches!(module.expr(e), Expr::Entry { .. }));
            if is_map && !grows {
                return None;
            }
            elements.iter().find_map(|&e| match module.expr(e) {
                Expr::Spread(inner) => Some(inner),
                _ => None,
            })
        }
        Expr::Call { args, .. } if extends(function, value).is_some() => {
            match extends(function, value)?.iterates {
                Some(n) => module.list(args).get(usize::from(n)).copied(),
                None => receiver(module, value),
            }
        }
        Expr::Call { callee, args, .. } => match module.expr(callee) {
            Expr::Member { object, name } if module.text(name) == "concat" => {
                let is_frame = module
                    .list(args)
                    .iter()
                    .find_map(|&a| match module.expr(a) {
                        Expr::Sequence { elements, .. } => module.list(elements).first().copied(),
                        _ => None,
                    });
                let is_list = typer.of(object).wrapper() == Some(Wrapper::List);
                // `pd.concat([frame, more])` copies its first element.
                if is_list || module.list(args).is_empty() {
                    Some(object)
                } else {
                    is_frame.filter(|_| !is_list)
                }
            }
            Expr::Member { object, name } if module.text(name) == "assign" => {
                let is_object =
                    matches!(module.expr(object), Expr::Name(n) if module.text(n) == "Object");
                let args = module.list(args);
                let fresh = matches!(args.first().map(|&a| module.expr(a)), Some(Expr::Map(_)));
                (is_object && fresh).then(|| args.get(1).copied()).flatten()
            }
            _ => None,
        },
        Expr::Binary {
            op: BinaryOp::Add,
            left,
            right,
        } => {
            let is_list = |e: ExprId, typer: &mut Typer<'_>| {
                matches!(typer.of(e).wrapper(), Some(Wrapper::List | Wrapper::Tuple))
            };
            (is_list(right, &mut typer) && (is_list(left, &mut typer))).then_some(left)
        }
        _ => None,
    }
}

/// `xs.reduce((acc, x) => [...acc, f(x)], [])`
fn reduced_copies(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let crate::ir::Invocation::PerElement(lp) = function.declared().invocation else {
        return;
    };
    if module.element_param(lp) != 1 {
        return;
    }
    let Some(accumulator) = function.declared().params.first() else {
        return;
    };
    let Expr::Local(accumulator) = module.expr(accumulator.target) else {
        return;
    };
    let loops = function.loops_around(None);
    let Some(&lp) = loops.first() else {
        return;
    };
    let mut open = vec![function.declared().body];
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            function.facts().push_blocks(stmt, &mut open);
            let Stmt::Return(Some(value)) = module.stmt(stmt) else {
                continue;
            };
            let mut arms = vec![value];
            while let Some(value) = arms.pop() {
                if let Expr::Conditional {
                    then, otherwise, ..
                } = module.expr(value)
                {
                    arms.extend([then, otherwise]);
                    continue;
                }
                let Some(copied) = copied_collection(function, value) else {
                    continue;
                };
                if module.expr(copied) != Expr::Local(accumulator) {
                    continue;
                }
                if let Some((lp, confidence)) = trips(&[lp]) {
                    report_copy(function, lp, value, copied, confidence, reporter);
                }
            }
        }
    }
}

fn report_copy(
    function: Function<'_>,
    lp: Loop<'_>,
    value: ExprId,
    copied: ExprId,
    confidence: Confidence,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let name = function.callee_text(copied);
    let what = match module.expr(value) {
        Expr::Map(_) => "assign the new key to one object made before the loop",
        _ => "add to one list made before the loop",
    };
    reporter
        .report(
            module.span(value),
            confidence,
            format!("copies all of `{name}` on each trip to add to it"),
        )
        .related(lp.place(), "repeated by this loop")
        .cost("O(n²) copies")
        .help(what);
}

/// The list that a call works on: its receiver, or the first argument of a function of a module
/// (`bisect.insort(names, name)`).
fn list_of(function: Function<'_>, call: ExprId, receiver: ExprId) -> ExprId {
    let module = function.module();
    let is_module = matches!(module.expr(receiver), Expr::Local(local)
        if matches!(module.local(local).kind, LocalKind::Import(_)));
    match module.expr(call) {
        Expr::Call { args, .. } if is_module => {
            module.list(args).first().copied().unwrap_or(receiver)
        }
        _ => receiver,
    }
}

/// The model of a call that copies a table or array to add to it.
fn extends(function: Function<'_>, call: ExprId) -> Option<&CallModel> {
    let Callee::Model(id) = function.call_at(call)?.callee else {
        return None;
    };
    let model = function.program.world.models.call(id);
    (model.cost == Some(Cost::Extend)).then_some(model)
}

fn receiver(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    match module.expr(callee) {
        Expr::Member { object, .. } => Some(object),
        _ => None,
    }
}

/// `for i, row in frame.iterrows(): frame.at[i, "c"] = row["a"] * row["b"]`,
/// `frame.apply(lambda row: row.a * row.b, axis=1)`: arithmetic that columns do at once.
fn rowwise(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for site in function.facts().sites(function.id) {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            continue;
        }
        let Some(Callee::Model(id)) = function.call_at(site.expr).map(|call| &call.callee) else {
            continue;
        };
        let model = function.program.world.models.call(*id);
        if model.cost != Some(Cost::Rowwise) || !computes_only(function, site.expr) {
            continue;
        }
        let name = function.callee_text(site.expr);
        reporter
            .report(
                module.span(site.expr),
                Confidence::Medium,
                format!("`{name}` makes an object for each row, where columns compute at once"),
            )
            .cost("a hundred times as long as one operation on columns")
            .help(match &model.bulk {
                Some(bulk) => format!("use {bulk}"),
                None => "compute with whole columns".to_owned(),
            });
    }
}

/// Whether what is done per row is arithmetic on the row alone: the loop or function that a call
/// is for calls nothing and decides nothing.
fn computes_only(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let is_plain = |id: ExprId| {
        matches!(
            module.expr(id),
            Expr::Local(_)
                | Expr::Number(_)
                | Expr::Float
                | Expr::String(_)
                | Expr::Member { .. }
                | Expr::Index { .. }
                | Expr::Binary { .. }
                | Expr::Unary { .. }
                | Expr::Assign { .. }
                | Expr::Element(_)
                | Expr::Param(_)
                | Expr::Sequence { .. }
        )
    };
    let mut loops = module.loops.iter();
    if let Some(lp) = loops.find(|lp| lp.over == Some(call)) {
        let body = &module.block(lp.body).stmts;
        return !body.is_empty()
            && lp.exprs.iter().all(is_plain)
            && body.iter().all(|&stmt| {
                matches!(module.stmt(stmt), Stmt::Expr(e)
                    if matches!(module.expr(e), Expr::Assign { target, .. }
                        if matches!(module.expr(target), Expr::Index { .. } | Expr::Local(_))))
            });
    }
    let Expr::Call { args, .. } = module.expr(call) else {
        return false;
    };
    match module.list(args).first().map(|&arg| module.expr(arg)) {
        Some(Expr::Function(callback)) => module.function(callback).exprs.iter().all(is_plain),
        _ => false,
    }
}

/// The growing loop and how sure we are of it: only rows are known to grow with the data.
/// Registries, options, the parts of a path and the steps of a graph are lists as well.
fn trips<'p>(loops: &[Loop<'p>]) -> Option<(Loop<'p>, Confidence)> {
    let (lp, size) = growing_loop(loops)?;
    // Rows that one request works on are few as often as not.
    let confidence = match size {
        _ if super::waits_per_trip(lp) || why_few_handed(lp).is_some() => Confidence::Low,
        Cardinality::Rows => Confidence::Medium,
        _ if super::is_fetched_over(lp) => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some((lp, confidence))
}

/// Whether the collection is made inside the loop, anew for each trip.
fn is_made_in(function: Function<'_>, list: ExprId, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Some(local) = root_local(module, list) else {
        return false;
    };
    let local_info = module.local(local);
    // Declared by the element or inside the callback.
    if local_info.function != lp.function.id {
        let within = |f: crate::ir::FunctionId| {
            lp.head().callback.is_some_and(|callback| {
                matches!(module.expr(callback), Expr::Function(c)
                    if module.function(c).exprs.start <= module.function(f).exprs.start
                        && module.function(f).exprs.end <= module.function(c).exprs.end)
            })
        };
        return within(local_info.function);
    }
    if let LocalKind::Param(_) = local_info.kind {
        return false;
    }
    let facts = function.facts();
    let is_part = matches!(module.expr(list), Expr::Member { .. } | Expr::Index { .. });
    if is_part && facts.varies_in(list, lp.id) {
        return true;
    }
    // Assigned in the trip from something other than itself.
    facts.def_use.assignments(local).iter().any(|&def| {
        let Def::Value { target, value, .. } = facts.def_use.def(def) else {
            return false;
        };
        lp.head().exprs.contains(*target) && !mentions(module, *value, local)
    })
}

/// Whether a name stands in an expression.
fn mentions(module: &Module, expr: ExprId, local: LocalId) -> bool {
    let mut open = vec![expr];
    while let Some(id) = open.pop() {
        if module.expr(id) == Expr::Local(local) {
            return true;
        }
        module.for_each_part(id, |part| open.push(part));
    }
    false
}

/// Whether a shift is the exception or bounded: under a test of the list's length, as a sliding
/// window does it, or followed by the end of the loop.
fn is_bounded_shift(function: Function<'_>, list: ExprId, stmt: StmtId, lp: Loop<'_>) -> bool {
    let module = function.module();
    if lp.function.id == function.id && function.facts().runs_at_most_once(stmt, lp.id) {
        return true;
    }
    let mut at = stmt;
    loop {
        let block = module.block_of(at);
        let BlockOwner::Stmt(owner) = module.block(block).owner else {
            return false;
        };
        let test = match module.stmt(owner) {
            Stmt::If { test, .. } => Some(test),
            _ => None,
        };
        if let Some(Expr::Binary { left, right, op }) = test.map(|test| module.expr(test)) {
            let is_order = matches!(
                op,
                BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual
            );
            let measures = |side: ExprId| is_length(module, side, list);
            if is_order && (measures(left) || measures(right)) {
                return true;
            }
        }
        at = owner;
    }
}

/// Whether an expression is the length of a list: `xs.length`, `len(xs)`.
fn is_length(module: &Module, expr: ExprId, list: ExprId) -> bool {
    match module.expr(expr) {
        Expr::Member { object, name } => {
            module.text(name) == "length" && same_path(module, object, list)
        }
        Expr::Call { callee, args, .. } => {
            let mut args = module.list(args).iter();
            matches!(module.expr(callee), Expr::Name(n) if module.text(n) == "len")
                && args.any(|&a| same_path(module, a, list))
        }
        _ => false,
    }
}

/// Whether a loop ends when a list has so many elements: `if len(xs) == 12: break`.
fn ends_short(function: Function<'_>, list: ExprId, lp: Loop<'_>) -> bool {
    const FEW: i64 = 100;
    let module = function.module();
    let is_few = |expr: ExprId| matches!(module.expr(expr), Expr::Number(1..=FEW));
    let body = &module.block(lp.head().body).stmts;
    lp.function.id == function.id
        && body.iter().any(|&stmt| {
            let Stmt::If { test, then, .. } = module.stmt(stmt) else {
                return false;
            };
            let last = module.block(then).stmts.last();
            let ends = last
                .is_some_and(|&last| matches!(module.stmt(last), Stmt::Break(_) | Stmt::Return(_)));
            ends && matches!(module.expr(test), Expr::Binary { left, right, op }
                if matches!(
                    op,
                    BinaryOp::Equal | BinaryOp::Greater | BinaryOp::GreaterEqual
                ) && is_length(module, left, list)
                    && is_few(right))
        })
}
