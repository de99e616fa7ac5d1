//! `unbounded-concurrency`: as many requests, queries or programs at once as there are
//! elements.

use super::{Reporter, Rule, element_text};
use crate::finding::Confidence;
use crate::ir::{Concurrency, Expr, ExprId, Invocation, LoopId, Stmt};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::fetches::Scope;
use crate::link::models::{Batched, Effect};
use crate::link::program::{ActEffect, Function, Loop, verb_of};
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("unbounded-concurrency", check);

/// What runs against something that takes only so much at once.
const LIMITED: &[Effect] = &[
    Effect::RemoteWrite,
    Effect::Remote,
    Effect::DbWrite,
    Effect::Process,
    Effect::DbRead,
];

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let mut reported: Vec<LoopId> = Vec::new();
    for act in function.acts() {
        let Some((effect, found)) = LIMITED
            .iter()
            .find_map(|&effect| Some((effect, function.effect_of(act, effect)?)))
        else {
            continue;
        };
        let lp = match overlapping_loop(function, act) {
            Ok(lp) => lp,
            Err(why) => {
                reporter.because(act.expr, why);
                continue;
            }
        };
        if reported.contains(&lp.id) {
            continue;
        }
        if is_merged(function, act, found) {
            reporter.because(act.expr, "a loader or pipeline makes one call of all");
            continue;
        }
        if is_limited(function, act, found, lp) {
            reporter.because(
                act.expr,
                "only so many pass at once: a limiter, a lock, one connection",
            );
            continue;
        }
        reporter.because(
            act.expr,
            "the rows may be the few of one parent, which nothing here tells",
        );
        reported.push(lp.id);
        report(function, act, (effect, found), lp, reporter);
    }
}

fn report(
    function: Function<'_>,
    act: &Act,
    (effect, found): (Effect, ActEffect),
    lp: Loop<'_>,
    reporter: &mut Reporter<'_>,
) {
    // Too often the rows are the few of one parent, or one transaction runs the calls in turn.
    // Other services and programs have no pool that makes callers wait.
    let is_outside = matches!(
        effect,
        Effect::Remote | Effect::RemoteWrite | Effect::Process
    );
    let confidence = if is_outside && is_over_whole_table(lp) {
        found.confidence.min(Confidence::Medium)
    } else {
        Confidence::Low
    };
    let name = function.callee_text(act.expr);
    let element = element_text(lp);
    let finding = reporter.report(
        function.module().span(act.expr),
        confidence,
        format!("`{name}` {} for every {element} at once", verb_of(effect)),
    );
    finding.related(lp.place(), "starts all of them together");
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    finding.cost("n at the same time").help(
        "bound how many run at the same time: chunks, a limiter or a semaphore, or one call for \
         all of them",
    );
}

/// Whether a loop goes through all rows of a table that grows with use, asked for in sight.
fn is_over_whole_table(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let Some(over) = lp.head().over else {
        return false;
    };
    function.context() == Context::Product
        && function.fetches().iter().any(|fetch| {
            fetch.query.is_unbounded()
                && fetch.query.scope == Scope::All
                && fetch.is_growing_table()
                && !fetch.is_small_table()
                && function.facts().any_origin(over, |id| id == fetch.rows)
        })
}

/// The innermost growing loop that starts its trips without waiting for them, unless batches
/// are what it goes through.
fn overlapping_loop<'p>(function: Function<'p>, act: &Act) -> Result<Loop<'p>, &'static str> {
    let loops = function.loops_around(act.lp);
    let Some((&lp, outer)) = loops.split_first() else {
        return Err("no loop repeats it");
    };
    let overlaps = lp.head().concurrency == Concurrency::Concurrent
        || !act.is_awaited && is_collected(function, act, lp);
    if !overlaps {
        return Err("the trips run one after the other");
    }
    if outer
        .iter()
        .any(|lp| lp.cardinality() == Cardinality::Batches)
    {
        return Err("the loop around it goes through batches");
    }
    match lp.cardinality() {
        Cardinality::Fixed | Cardinality::Batches => Err("its loop makes a fixed number of trips"),
        // In turn within each element: `for` in the callback is another matter.
        Cardinality::Rows | Cardinality::Unknown if function.facts().varies_in(act.expr, lp.id) => {
            Ok(lp)
        }
        Cardinality::Rows | Cardinality::Unknown => Err("it does not depend on the element"),
    }
}

/// Whether a loop keeps the promise of a call to await it later: `jobs.push(send(x))`,
/// `group.create_task(send(x))`.
fn is_collected(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    if lp.function.id != function.id || !starts_promise(function, act) {
        return false;
    }
    let Stmt::Expr(stmt) = module.stmt(act.stmt) else {
        return false;
    };
    let Expr::Call { callee, args, .. } = module.expr(stmt) else {
        return false;
    };
    let collects = matches!(module.expr(callee), Expr::Member { name, .. }
        if matches!(module.text(name), "push" | "append" | "create_task" | "add"));
    let is_task = |arg: ExprId| match module.expr(arg) {
        Expr::Call { args, .. } => arg == act.expr || module.list(args).contains(&act.expr),
        _ => false,
    };
    collects && module.list(args).iter().any(|&arg| is_task(arg))
}

fn starts_promise(function: Function<'_>, act: &Act) -> bool {
    match &act.kind {
        ActKind::Call(target) => function.program.function(*target).declared().is_async,
        ActKind::Effect {
            model: Some(model), ..
        } => function.program.world.models.call(*model).awaitable,
        ActKind::Effect { .. } => false,
    }
}

/// Whether a loader makes one call of all.
fn is_merged(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    matches!(
        &function.final_act(act, found).kind,
        ActKind::Effect {
            batched: Some(Batched::SameTick | Batched::Pipeline),
            ..
        }
    )
}

/// Whether something on the way from the loop to the effect lets only so many pass.
fn is_limited(function: Function<'_>, act: &Act, found: ActEffect, lp: Loop<'_>) -> bool {
    // One connection runs its statements in turn, however they are started.
    let has_one_connection = super::is_serial(function, act)
        || super::is_in_transaction(function.module(), act.expr)
        || super::mentions_serial_value(function, act.expr);
    if has_one_connection || super::waits_for_turn(lp.function, lp) || takes_turns(function) {
        return true;
    }
    // `xs.map((x) => limit(() => send(x)))`
    let models = &function.program.world.models;
    let is_limiter = |callee: &Callee| {
        matches!(callee, Callee::Model(id)
            if models.call(*id).concurrent || models.call(*id).effect == Some(Effect::Lock))
    };
    if function
        .call_at(act.expr)
        .is_some_and(|call| is_limiter(&call.callee))
    {
        return true;
    }
    let module = function.module();
    let mut at = function;
    for _ in 0..32 {
        let declared = at.declared();
        let Some(parent) = declared.parent else {
            break;
        };
        let outer = Function { id: parent, ..at };
        if let Invocation::Argument(call, _) = declared.invocation {
            let limits = outer.call_at(call).is_some_and(|call| match call.callee {
                Callee::Unknown | Callee::External(_) | Callee::Param(_) => true,
                _ => is_limiter(&call.callee),
            });
            if limits && module.lp(lp.id).call != Some(call) {
                return true;
            }
        }
        if parent == lp.function.id {
            break;
        }
        at = outer;
    }
    let mut via = found.via;
    for _ in 0..16 {
        let Some((target, fact)) = via else {
            break;
        };
        let callee = function.program.function(target);
        // `const slowly = throttle(async (user) => send(user))`
        let declared = callee.declared();
        let is_wrapped = match (declared.invocation, declared.parent) {
            (Invocation::Argument(call, _), Some(id)) => Function { id, ..callee }
                .call_at(call)
                .is_some_and(|call| !matches!(call.callee, Callee::Function(_))),
            _ => false,
        };
        if is_wrapped || takes_turns(callee) {
            return true;
        }
        via = match callee.acts().get(fact.act as usize).map(|act| &act.kind) {
            Some(ActKind::Call(next)) => function
                .program
                .summary(*next)
                .effect(fact.effect)
                .map(|fact| (*next, *fact)),
            _ => None,
        };
    }
    false
}

/// Whether a function waits for a lock, a semaphore or a limiter, by what it does or by its names.
fn takes_turns(function: Function<'_>) -> bool {
    let module = function.module();
    let waits = function
        .acts()
        .iter()
        .any(|act| act.has(Effect::Lock) || act.has(Effect::Sleep));
    waits
        || function.facts().sites(function.id).iter().any(|site| {
            let block = module.block_of(site.stmt);
            let crate::ir::BlockOwner::Stmt(owner) = module.block(block).owner else {
                return false;
            };
            let Stmt::With { items, .. } = module.stmt(owner) else {
                return false;
            };
            module.list(items).iter().any(|&item| {
                let value = match module.expr(item) {
                    Expr::Assign { value, .. } => value,
                    _ => item,
                };
                let value = match module.expr(value) {
                    Expr::Entered(inner) => inner,
                    _ => value,
                };
                let name = function.callee_text(value).to_ascii_lowercase();
                ["sem", "limit", "lock", "throttle"]
                    .iter()
                    .any(|word| name.contains(word))
            })
        })
}
