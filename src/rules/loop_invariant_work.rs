//! `loop-invariant-work`: a pattern, formatter or file made or read again with the same input in
//! each trip.

use super::invariance::Invariance;
use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{CallKind, Expr, ExprId, LocalKind, LoopKind, Site, Stmt};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::models::{Cost, Effect, Rows};
use crate::link::program::{Function, Loop};
use crate::link::types::{Base, FunctionRef};

pub(super) const RULE: Rule = Rule::per_function("loop-invariant-work", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let mut invariance = Invariance::default();
    for site in function.facts().sites(function.id) {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            continue;
        }
        let Some(call) = function.call_at(site.expr) else {
            continue;
        };
        let Callee::Model(id) = call.callee else {
            continue;
        };
        let model = function.program.world.models.call(id);
        let (verb, is_thing) = match (model.cost, model.effect) {
            // A client or pool is a matter of the process, not of the loop.
            (Some(Cost::Compile), None) if is_shared(function, site.expr) => {
                reporter.because(site.expr, "a client or pool is a matter of the process");
                continue;
            }
            // Of text turned into a value each trip may need its own, and engines keep the
            // patterns they compiled: only what a model has a remedy for is sure to cost.
            (Some(Cost::Compile), None) => ("makes the same", model.bulk.is_some()),
            (_, Some(Effect::File)) if model.rows == Some(Rows::Many) => ("reads the same", true),
            _ => continue,
        };
        let loops = function.loops_around(site.lp);
        let Some((lp, _)) = growing_loop(&loops) else {
            reporter.because(site.expr, super::why_not_growing(&loops));
            continue;
        };
        if let Some(why) = left_alone(function, site, lp, &mut invariance) {
            reporter.because(site.expr, why);
            continue;
        }
        let mut confidence = call.confidence.min(Confidence::Medium);
        if !is_thing || lp.head().kind == LoopKind::While {
            reporter.because(
                site.expr,
                "each trip may need one of its own, or engines keep it",
            );
            confidence = Confidence::Low;
        }
        let name = function.callee_text(site.expr);
        let element = element_text(lp);
        let finding = reporter.report(
            module.span(site.expr),
            confidence,
            format!("`{name}` {verb} again for each {element}"),
        );
        finding
            .related(lp.place(), "repeated by this loop")
            .cost("n times the work of one")
            .help(match &model.bulk {
                Some(bulk) => format!("do it once before the loop: {bulk}"),
                None => "do it once before the loop and use the result in it".to_owned(),
            });
    }
    through_calls(function, &mut invariance, reporter);
    through_walks(function, &mut invariance, reporter);
    through_owners(function, reporter);
}

/// `index_of(books)` in a loop, where that goes through all `books`.
fn through_walks(function: Function<'_>, invariance: &mut Invariance, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for act in function.acts() {
        let ActKind::Call(target) = act.kind else {
            continue;
        };
        if !matches!(module.expr(act.expr), Expr::Call { .. }) || act.is_memoized {
            continue;
        }
        let loops = function.loops_around(act.lp);
        let Some((lp, _)) = growing_loop(&loops) else {
            continue;
        };
        let is_here = lp.function.id == function.id;
        let summary = function.program.summary(target);
        if !summary.effects.is_empty()
            || summary.is_cached
            || is_dropped(function, act)
            || lp.head().kind == LoopKind::While
            || is_here && function.facts().runs_at_most_once(act.stmt, lp.id)
            || !may_repeat(function, act.expr, lp)
            || !invariance.is_same(function, act.expr, lp)
        {
            continue;
        }
        let mut walks = function.program.walks(target);
        let Some((walk, list)) = walks.find_map(|walk| {
            let list = function.argument_for(act.expr, target, walk.of.param)?;
            let size = function.program.size_of(function.file, list);
            let grows = matches!(size, Cardinality::Unknown | Cardinality::Rows);
            let is_named = matches!(module.expr(list), Expr::Local(_) | Expr::Member { .. });
            (grows && is_named).then_some((walk, list))
        }) else {
            continue;
        };
        let name = function.callee_text(act.expr);
        let text = function.callee_text(list);
        let element = element_text(lp);
        // Each trip may need what is made for itself, to change it.
        let finding = reporter.report(
            module.span(act.expr),
            Confidence::Low,
            format!("`{name}` goes through `{text}` again for each {element}, for the same result"),
        );
        finding.related(lp.place(), "repeated by this loop");
        finding.related.extend(function.steps_of(walk));
        finding
            .cost("n times the work of one")
            .help("do it once before the loop and use the result in it");
    }
}

/// `totals_of(line, order)` for each of `order.lines`, where that works out `shares(order)` first
/// and `shares` goes through all `order.lines`.
fn through_owners(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for act in function.acts() {
        let ActKind::Call(target) = act.kind else {
            continue;
        };
        if act.is_memoized || function.program.summary(target).is_cached {
            continue;
        }
        let loops = function.loops_around(act.lp);
        let Some((lp, _)) = growing_loop(&loops) else {
            continue;
        };
        let Some(Expr::Member { object, name, .. }) = lp.head().over.map(|over| module.expr(over))
        else {
            continue;
        };
        let owner = module.expr(object);
        if lp.function.file != function.file
            || !matches!(owner, Expr::Local(_))
            || lp.head().kind == LoopKind::While
            || !may_repeat(function, act.expr, lp)
        {
            continue;
        }
        let field = module.text(name);
        let callee = function.program.function(target);
        // What a parameter of the callee is given, if it is the same in each trip.
        let given = |param| {
            let value = function.argument_for(act.expr, target, param)?;
            (!function.facts().varies_in(value, lp.id)).then_some(value)
        };
        let repeated = callee.acts().iter().find_map(|inner| {
            let ActKind::Call(worker) = inner.kind else {
                return None;
            };
            let summary = function.program.summary(worker);
            if inner.lp.is_some()
                || inner.is_memoized
                || summary.is_cached
                || changes_something(function, worker)
                || depends_on_others(callee, inner.expr, given)
            {
                return None;
            }
            let walk = function
                .program
                .walks_of_field(worker, field)
                .find(|walk| {
                    callee
                        .argument_for(inner.expr, worker, walk.of.param)
                        .and_then(|argument| callee.param_at(argument))
                        .and_then(given)
                        .is_some_and(|value| module.expr(value) == owner)
                })?;
            Some((inner.expr, walk))
        });
        let Some((inner, walk)) = repeated else {
            continue;
        };
        let name = function.callee_text(act.expr);
        let worker = callee.callee_text(inner);
        let whole = function.callee_text(object);
        let element = element_text(lp);
        let finding = reporter.report(
            module.span(act.expr),
            Confidence::Low,
            format!(
                "`{name}` calls `{worker}` again for each {element}, which goes through all of \
                 `{whole}.{field}` for the same result"
            ),
        );
        finding
            .related(lp.place(), "repeated by this loop")
            .related(callee.place_of(inner), format!("calls `{worker}`"));
        finding.related.extend(callee.steps_of(walk));
        finding.cost("n² steps").help(format!(
            "call `{worker}` once before the loop and hand its result to `{name}`"
        ));
    }
}

/// Whether a call of a callee is handed what its caller does not hand it the same of each time.
fn depends_on_others(
    callee: Function<'_>,
    call: ExprId,
    given: impl Fn(u16) -> Option<ExprId>,
) -> bool {
    let module = callee.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return true;
    };
    module.list(args).iter().any(|&argument| {
        callee
            .facts()
            .any_origin(argument, |id| match module.expr(id) {
                Expr::Local(local) => match module.local(local).kind {
                    LocalKind::Param(param) => given(param).is_none(),
                    _ => false,
                },
                Expr::Call { .. } | Expr::This | Expr::Unknown(_) => true,
                _ => false,
            })
    })
}

/// Whether a function writes somewhere, so that it is not called for its result alone.
fn changes_something(function: Function<'_>, target: FunctionRef) -> bool {
    const WRITES: &[Effect] = &[
        Effect::DbWrite,
        Effect::RemoteWrite,
        Effect::Process,
        Effect::Sleep,
    ];
    let summary = function.program.summary(target);
    WRITES
        .iter()
        .any(|&effect| summary.effect(effect).is_some())
}

/// Why work in a loop is not done over and over, if it is not.
fn left_alone(
    function: Function<'_>,
    site: &Site,
    lp: Loop<'_>,
    invariance: &mut Invariance,
) -> Option<&'static str> {
    let facts = function.facts();
    let module = function.module();
    let is_here = lp.function.id == function.id;
    Some(
        if matches!(module.stmt(site.stmt), Stmt::Expr(expr) if expr == site.expr) {
            "nobody uses what it gives"
        } else if !may_repeat(function, site.expr, lp) {
            "the loop ends by what comes of it"
        } else if is_here && facts.runs_at_most_once(site.stmt, lp.id) {
            "it runs in one trip of the loop at most"
        } else if facts.is_memoized(site.expr, site.stmt) {
            "what it gives is kept by key"
        } else if !invariance.is_same(function, site.expr, lp) {
            "its input may differ from trip to trip"
        } else if has_no_input(function, site.expr) {
            "it takes no input: what it makes is filled by the trip"
        } else {
            return None;
        },
    )
}

/// `load_settings()` in a loop, where it reads a file.
fn through_calls(function: Function<'_>, invariance: &mut Invariance, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for act in function.acts() {
        let ActKind::Call(_) = act.kind else {
            continue;
        };
        let Some(found) = function.effect_of(act, Effect::File) else {
            continue;
        };
        // The function that opens the file reads it to its end.
        let (reader, _) = function.final_site(act, found);
        let reads_all = reader.acts().iter().any(|act| {
            matches!(
                act.kind,
                ActKind::Effect {
                    effect: Effect::File,
                    rows: Some(Rows::Many),
                    ..
                }
            )
        });
        if !reads_all {
            continue;
        }
        let loops = function.loops_around(act.lp);
        let Some((lp, size)) = growing_loop(&loops) else {
            reporter.because(act.expr, super::why_not_growing(&loops));
            continue;
        };
        if is_dropped(function, act) || !matches!(module.expr(act.expr), Expr::Call { .. }) {
            reporter.because(act.expr, "nobody uses what it gives");
            continue;
        }
        if !may_repeat(function, act.expr, lp) || !invariance.is_same(function, act.expr, lp) {
            reporter.because(act.expr, "its input may differ from trip to trip");
            continue;
        }
        if does_more(function, act) {
            reporter.because(act.expr, "what it calls does more than read a file");
            continue;
        }
        let mut confidence = found.confidence.min(Confidence::Medium);
        if size == Cardinality::Unknown && found.via.is_some_and(|(_, fact)| fact.depth > 1) {
            confidence = Confidence::Low;
        }
        let name = function.callee_text(act.expr);
        let element = element_text(lp);
        let finding = reporter.report(
            module.span(act.expr),
            confidence,
            format!("`{name}` reads the same file again for each {element}"),
        );
        finding
            .related(lp.place(), "repeated by this loop")
            .related(function.place_of(act.expr), format!("calls `{name}`"))
            .cost("n reads of one file")
            .help("read it once before the loop, or keep what it returns");
        finding.related.extend(function.evidence(found));
    }
}

fn is_dropped(function: Function<'_>, act: &Act) -> bool {
    matches!(function.module().stmt(act.stmt), Stmt::Expr(expr) if expr == act.expr)
}

/// Whether the callee also does something that may come out differently each time.
fn does_more(function: Function<'_>, act: &Act) -> bool {
    const OTHERS: &[Effect] = &[
        Effect::DbRead,
        Effect::DbWrite,
        Effect::Remote,
        Effect::RemoteWrite,
        Effect::Process,
        Effect::Sleep,
    ];
    OTHERS
        .iter()
        .any(|&effect| function.effect_of(act, effect).is_some())
}

/// Whether what a call makes is meant to be made once for the whole process.
fn is_shared(function: Function<'_>, call: ExprId) -> bool {
    let models = &function.program.world.models;
    matches!(function.type_of(call).base, Base::Model(ty, _) if models.ty(ty).shared)
}

/// Whether a loop runs through to its end whatever the call gives.
fn may_repeat(function: Function<'_>, expr: ExprId, lp: Loop<'_>) -> bool {
    !function.facts().exits_on(lp.id, expr)
}

/// A call without input, as a parser or an empty container: what it makes is filled by the trip.
fn has_no_input(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    match module.expr(call) {
        Expr::Call {
            kind, callee, args, ..
        } => {
            args.is_empty()
                && kind != CallKind::New
                && !matches!(module.expr(callee), Expr::Member { .. })
        }
        _ => false,
    }
}
