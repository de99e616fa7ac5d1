//! `n-plus-one`: a read of a database, cache server or other service, once per element of a
//! loop.

use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{Concurrency, Expr, ExprId, LoopId, LoopKind};
use crate::link::call_graph::{Act, ActKind};
use crate::link::cardinality::Cardinality;
use crate::link::models::{Batched, Effect, Rows};
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::types::Base;

pub(super) const RULE: Rule = Rule::per_function("n-plus-one", check);

/// The reads that one statement for all elements, or one request, would replace.
pub(super) const READS: &[Effect] = &[Effect::DbRead, Effect::Remote, Effect::CacheRead];

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    super::lazy_relation::check(function, reporter);
    super::per_row::check(function, reporter);
    // The same call twice in one loop is one thing to change.
    let mut reported: Vec<(Option<LoopId>, String)> = Vec::new();
    for act in function.acts() {
        for &effect in READS {
            let Some(found) = function.effect_of(act, effect) else {
                continue;
            };
            let key = (act.lp, function.callee_text(act.expr));
            if reported.contains(&key) {
                break;
            }
            if check_read(function, act, effect, found, reporter) {
                reported.push(key);
                break;
            }
        }
    }
}

fn check_read(
    function: Function<'_>,
    act: &Act,
    effect: Effect,
    found: ActEffect,
    reporter: &mut Reporter<'_>,
) -> bool {
    let module = function.module();
    let facts = function.facts();
    // A loop behind the call is reported where it stands.
    if found.is_repeated || is_own_closure(function, act) {
        return false;
    }
    let loops = function.loops_around(act.lp);
    let Some((lp, size)) = growing_loop(&loops) else {
        return false;
    };
    // The same query each time is `repeated-query`; a search, retry or page loop ends by it.
    // A function handed over by name gets the element.
    let is_callback = lp.head().callback == Some(act.expr);
    if !(is_callback || facts.varies_in(act.expr, lp.id)) || facts.exits_on(lp.id, act.expr) {
        return false;
    }
    let is_here = lp.function.id == function.id;
    if is_here && facts.runs_at_most_once(act.stmt, lp.id) {
        return false;
    }
    if takes_batch(function, act, lp) || has_own_client(function, act, lp) {
        return false;
    }
    if is_throttled(lp) || is_merged(function, act, found, lp) || is_held(function, act, lp) {
        return false;
    }
    let confidence = confidence_of(function, act, effect, found, lp, size);
    let name = function.callee_text(act.expr);
    let element = element_text(lp);
    let verb = match effect {
        Effect::Remote => "calls another service",
        Effect::CacheRead => "reads the cache server",
        _ => "queries",
    };
    let subject = if is_callback || is_call(module.expr(act.expr)) || found.via.is_some() {
        format!("`{name}`")
    } else {
        format!("iterating `{name}`")
    };
    let message = format!("{subject} {verb} once per {element}");
    let bulk = match &function.final_act(act, found).kind {
        ActKind::Effect { bulk, .. } => bulk.clone(),
        ActKind::Call(_) => None,
    };
    let what = if effect == Effect::Remote {
        "requests"
    } else {
        "queries"
    };
    let finding = reporter.report(module.span(act.expr), confidence, message);
    finding
        .related(lp.place(), "repeated by this loop")
        .cost(format!("1 + n {what}"));
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    finding.help(match bulk {
        Some(bulk) => format!("read what all elements need at once, before the loop: {bulk}"),
        None if effect == Effect::Remote => {
            "ask for all elements in one request, or run the requests concurrently with a bound"
                .to_owned()
        }
        None => "read what all elements need in one query before the loop".to_owned(),
    });
    true
}

/// A callback's acts are reported in the callback itself.
fn is_own_closure(function: Function<'_>, act: &Act) -> bool {
    let ActKind::Call(target) = act.kind else {
        return false;
    };
    target.file == function.file
        && function.module().function(target.function).parent == Some(function.id)
        && function.module().function(target.function).invocation != crate::ir::Invocation::Declared
}

/// Whether the query asks for a whole group of keys that the element holds: one query per
/// group is the cure.
fn takes_batch(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let facts = function.facts();
    let mut open = vec![act.expr];
    while let Some(id) = open.pop() {
        let group = match module.expr(id) {
            Expr::Keyword { name, value }
                if matches!(module.text(name), "in" | "$in")
                    || module.text(name).ends_with("__in") =>
            {
                Some(value)
            }
            Expr::Call { callee, args, .. } => {
                let name = match module.expr(callee) {
                    Expr::Member { name, .. } | Expr::Name(name) => module.text(name),
                    Expr::Local(local) => module.text(module.local(local).name),
                    _ => "",
                };
                let takes = matches!(
                    name,
                    "in_"
                        | "whereIn"
                        | "inArray"
                        | "In"
                        | "any_"
                        | "in_bulk"
                        | "prefetch_related_objects"
                );
                takes.then(|| module.list(args).last().copied()).flatten()
            }
            _ => None,
        };
        // One element wrapped in a list is still one element.
        let is_group = |value: ExprId| {
            facts.varies_in(value, lp.id) && !matches!(module.expr(value), Expr::Sequence { .. })
        };
        if group.is_some_and(is_group) {
            return true;
        }
        // A subquery per element is no group.
        module.for_each_part(id, |part| open.push(part));
    }
    false
}

/// Whether the loop waits on purpose. A callee that asks and then sleeps is asked per element
/// all the same.
fn is_throttled(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let sleeps = function.acts().iter().any(|act| {
        let reads = READS
            .iter()
            .any(|&read| function.effect_of(act, read).is_some());
        act.lp == Some(lp.id) && !reads && function.effect_of(act, Effect::Sleep).is_some()
    });
    sleeps || super::waits_for_turn(function, lp)
}

/// Whether the row is in the session already: an earlier query of the same session read many.
fn is_held(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let ActKind::Effect {
        model: Some(model), ..
    } = act.kind
    else {
        return false;
    };
    if !function.program.world.models.call(model).identity {
        return false;
    }
    let receiver = |expr| super::root_local(module, expr);
    function.acts().iter().any(|earlier| {
        let reads_many = matches!(
            &earlier.kind,
            ActKind::Effect {
                effect: Effect::DbRead,
                rows: Some(Rows::Many),
                ..
            }
        );
        reads_many
            && earlier.expr < act.expr
            && earlier.lp != Some(lp.id)
            && receiver(earlier.expr).is_some()
            && receiver(earlier.expr) == receiver(act.expr)
    })
}

/// Whether a loader merges the calls of one tick, and the loop makes them in one tick.
fn is_merged(function: Function<'_>, act: &Act, found: ActEffect, lp: Loop<'_>) -> bool {
    let ActKind::Effect { batched, .. } = &function.final_act(act, found).kind else {
        return false;
    };
    match batched {
        Some(Batched::Pipeline) => true,
        Some(Batched::SameTick) => {
            !act.is_awaited || lp.head().concurrency == Concurrency::Concurrent
        }
        None => false,
    }
}

fn confidence_of(
    function: Function<'_>,
    act: &Act,
    effect: Effect,
    found: ActEffect,
    lp: Loop<'_>,
    size: Cardinality,
) -> Confidence {
    let mut confidence = found.confidence;
    if size == Cardinality::Unknown {
        confidence = confidence.min(Confidence::Medium);
    }
    // A condition that counts says less about the data than a collection does.
    if matches!(lp.head().kind, LoopKind::While | LoopKind::Counted) {
        confidence = confidence.min(Confidence::Medium);
    }
    // A request that the element is not part of may be meant once per element.
    if effect != Effect::DbRead {
        confidence = confidence.min(Confidence::Medium);
    }
    if let Some((_, fact)) = found.via {
        if fact.params == 0 && fact.depth > 0 {
            confidence = confidence.min(Confidence::Medium);
        }
        if fact.depth > 3 {
            confidence = confidence.min(Confidence::Low);
        }
    }
    if effect == Effect::Remote && has_own_address(function, act, lp) {
        confidence = Confidence::Low;
    }
    confidence
}

/// Whether each element brings the client or connection that is asked: different servers.
fn has_own_client(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    let Expr::Member { object, .. } = module.expr(callee) else {
        return false;
    };
    let models = &function.program.world.models;
    let is_client = match function.type_of(object).base {
        Base::Model(ty, _) => models.ty(ty).shared || models.ty(ty).serial,
        _ => false,
    };
    is_client && function.facts().varies_in(object, lp.id)
}

/// Whether the address asked is a member of the element, as it stands: no endpoint takes all.
fn has_own_address(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    module.list(args).first().is_some_and(|&address| {
        matches!(module.expr(address), Expr::Member { .. })
            && function.facts().varies_in(address, lp.id)
    })
}

fn is_call(expr: Expr) -> bool {
    matches!(expr, Expr::Call { .. } | Expr::Await(_))
}
