//! `await-in-loop`: a loop that waits for each trip although the trips do not depend on each
//! other.

use super::{Reporter, Rule, element_text, growing_loop, root_local};
use crate::analysis::def_use::Def;
use crate::finding::Confidence;
use crate::ir::{Concurrency, Expr, ExprId, Module, SequenceKind, Stmt};
use crate::link::call_graph::{ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::infer::Typer;
use crate::link::models::Effect;
use crate::link::program::{Function, Loop};
use crate::link::types::Base;

pub(super) const RULE: Rule = Rule::per_function("await-in-loop", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if !function.declared().is_async {
        return;
    }
    let module = function.module();
    let mut reported = Vec::new();
    for site in function.facts().sites(function.id) {
        let Expr::Await(value) = module.expr(site.expr) else {
            continue;
        };
        let loops = function.loops_around(site.lp);
        let Some(&inner) = loops.first() else {
            continue;
        };
        // Only loops of this very function wait for each trip.
        if inner.function.id != function.id {
            reporter.because(site.expr, "the loop does not wait for this function");
            continue;
        }
        if inner.head().concurrency == Concurrency::Concurrent {
            reporter.because(site.expr, "the trips run at the same time already");
            continue;
        }
        if reported.contains(&inner.id) {
            continue;
        }
        let Some((lp, size)) = growing_loop(&loops[..1]) else {
            reporter.because(site.expr, super::why_not_growing(&loops[..1]));
            continue;
        };
        let confidence = match independence(function, lp, site.expr, value, size) {
            Ok(_) if super::is_in_background(function) => {
                reporter.because(site.expr, super::BACKGROUND);
                Confidence::Low
            }
            Ok((confidence, why)) => {
                if let Some(why) = why {
                    reporter.because(site.expr, why);
                }
                confidence
            }
            Err(why) => {
                reporter.because(site.expr, why);
                continue;
            }
        };
        reported.push(lp.id);
        let name = function.callee_text(value);
        let element = element_text(lp);
        reporter
            .report(
                module.span(site.expr),
                confidence,
                format!("waits for `{name}` of each {element} before it starts the next"),
            )
            .related(lp.place(), "trips of this loop do not depend on each other")
            .cost("n waits in a row instead of one")
            .help(advice(function, lp));
    }
}

/// What to write instead: one call for all where there is one, else several at a time.
fn advice(function: Function<'_>, lp: Loop<'_>) -> String {
    let writes = function
        .acts()
        .iter()
        .filter(|act| lp.head().exprs.contains(act.expr))
        .find_map(|act| Some((act, function.effect_of(act, Effect::DbWrite)?)));
    if let Some((act, found)) = writes {
        let bulk = match &function.final_act(act, found).kind {
            ActKind::Effect {
                bulk: Some(bulk), ..
            } => bulk,
            _ => "one statement",
        };
        return format!("write all elements at once: {bulk}");
    }
    "start the calls together and await them at once, with a bound on how many run at the same \
     time"
        .to_owned()
}

/// How sure we are that the trips of a loop could overlap, and why not more; why they cannot, if
/// they cannot.
fn independence(
    function: Function<'_>,
    lp: Loop<'_>,
    site: ExprId,
    value: ExprId,
    size: Cardinality,
) -> Result<(Confidence, Option<&'static str>), &'static str> {
    let facts = function.facts();
    let module = function.module();
    let head = lp.head();
    if head.is_async {
        return Err("a stream hands out its elements in order");
    }
    if head.goes_in_turn {
        return Err("a comment says that the trips go in turn");
    }
    if super::waits_for_turn(function, lp) {
        return Err("the loop waits for its turn: a limiter, a lock");
    }
    if !facts.varies_in(value, lp.id) {
        return Err("it awaits the same in each trip: a poll, an attempt");
    }
    if facts.exits_on(lp.id, site) {
        return Err("the loop ends by what comes of it");
    }
    if leaves_early(function, lp) {
        return Err("a trip may end the loop");
    }
    if has_carried_value(function, lp) {
        return Err("a trip needs what the trip before assigned");
    }
    let mut why = match size {
        Cardinality::Rows => None,
        // What is not known to be rows is a handful of steps as often as not.
        _ => Some(super::UNKNOWN_SIZE),
    };
    let mut is_known = false;
    for act in function.acts() {
        if !head.exprs.contains(act.expr) {
            continue;
        }
        for effect in [Effect::Sleep, Effect::Lock, Effect::Commit, Effect::Process] {
            if function.effect_of(act, effect).is_some() {
                return Err("a trip sleeps, locks, commits or starts a program: turns are meant");
            }
        }
        for effect in [Effect::DbRead, Effect::Remote, Effect::CacheRead] {
            if function.effect_of(act, effect).is_some() {
                return Err("a trip reads, which is for `n-plus-one` to report");
            }
        }
        if function.effect_of(act, Effect::RemoteWrite).is_some() {
            is_known = true;
        }
        if function.effect_of(act, Effect::File).is_some() {
            let mut typer = Typer::new(&function.program.world, function.file);
            let is_handle = matches!(typer.receiver_of(act.expr).base, Base::Model(..));
            match first_argument(function, act.expr) {
                Some(path) if !is_handle && facts.varies_in(path, lp.id) => is_known = true,
                _ => return Err("one file is written in order"),
            }
        }
        if function.effect_of(act, Effect::DbWrite).is_some() {
            is_known = true;
            // Writes may be ordered by constraints that only the schema knows, and one statement
            // for all rows is better than many at once.
            why = why.or(Some(
                "one statement for all rows is better than many at once",
            ));
        }
        if super::is_serial(function, act) {
            return Err("a session or transaction does one thing at a time");
        }
    }
    if super::is_in_transaction(module, value) {
        return Err("a transaction does one thing at a time");
    }
    // What else the trip waits for may need its order, and a context may carry a transaction.
    if has_other_wait(function, lp, site) {
        why = why.or(Some("what else the trip waits for may need its order"));
    }
    if super::takes_context(module, value) {
        why = why.or(Some("the context may carry a transaction"));
    }
    if uses_serial_value(function, lp) {
        return Err("a session or transaction does one thing at a time");
    }
    // Writing to one receiver in turn keeps its order.
    if receiver_of(function, value).is_some() && !is_known && writes_in_order(function, value) {
        return Err("what one receiver gets stays in order");
    }
    if !is_known {
        if hands_over_own_object(function, lp, value) {
            return Err("a function out of sight may change what each trip hands it");
        }
        why = why.or(Some("nothing says what it waits for"));
    }
    let confidence = match why {
        Some(_) => Confidence::Low,
        None => Confidence::High,
    };
    Ok((confidence, why))
}

/// Whether the awaited function is out of sight and each trip hands it one object that this
/// function made before the loop: a document that all of them work on, in their order.
fn hands_over_own_object(function: Function<'_>, lp: Loop<'_>, value: ExprId) -> bool {
    let facts = function.facts();
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(value) else {
        return false;
    };
    let is_out_of_sight = function
        .call_at(value)
        .is_none_or(|call| matches!(call.callee, Callee::Unknown | Callee::External(_)));
    is_out_of_sight
        && module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Local(_))
                && !facts.varies_in(arg, lp.id)
                && facts.any_origin(arg, |id| makes_object(module, id))
        })
}

/// Whether an expression makes something that can be changed: a list, a map, what a call gives.
fn makes_object(module: &Module, id: ExprId) -> bool {
    match module.expr(id) {
        Expr::Sequence { kind, .. } => kind != SequenceKind::Tuple,
        Expr::Map(_) | Expr::Call { .. } => true,
        _ => false,
    }
}

/// Whether the loop awaits something besides `site` and what comes of it.
fn has_other_wait(function: Function<'_>, lp: Loop<'_>, site: ExprId) -> bool {
    let facts = function.facts();
    let module = function.module();
    facts.sites(function.id).iter().any(|other| {
        let Expr::Await(value) = module.expr(other.expr) else {
            return false;
        };
        other.expr != site
            && lp.head().exprs.contains(other.expr)
            && !facts.any_origin(value, |id| id == site)
    })
}

fn first_argument(function: Function<'_>, call: ExprId) -> Option<ExprId> {
    let module = function.module();
    match module.expr(call) {
        Expr::Call { args, .. } => module.list(args).first().copied(),
        _ => None,
    }
}

/// Whether a trip may end the loop.
fn leaves_early(function: Function<'_>, lp: Loop<'_>) -> bool {
    let facts = function.facts();
    let module = function.module();
    let mut open = vec![lp.head().body];
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            match module.stmt(stmt) {
                Stmt::Return(_) | Stmt::Break(_) => return true,
                Stmt::Loop(_) => {
                    // A `break` inside leaves the inner loop only.
                }
                _ => facts.push_blocks(stmt, &mut open),
            }
        }
    }
    false
}

/// Whether a trip reads what the trip before assigned. Sums and the like are fine: their order
/// does not matter to the calls.
fn has_carried_value(function: Function<'_>, lp: Loop<'_>) -> bool {
    let facts = function.facts();
    let module = function.module();
    facts.def_use.carried(lp.id).iter().any(|&carried| {
        let Def::Carried { local, back, .. } = facts.def_use.def(carried) else {
            return false;
        };
        let counts = |def: &crate::analysis::def_use::DefId| match facts.def_use.def(*def) {
            Def::Augmented { value, .. } => matches!(module.expr(*value), Expr::Number(_)),
            _ => false,
        };
        // `i += 1` is known before the trip.
        if back.iter().all(counts) {
            return false;
        }
        let only_accumulates = back.iter().all(|&def| {
            matches!(
                facts.def_use.def(def),
                Def::Augmented { .. } | Def::Join { .. }
            )
        });
        let is_read = lp.head().exprs.iter().any(|id| {
            module.expr(id) == Expr::Local(*local)
                && facts
                    .def_use
                    .reaching(id)
                    .is_some_and(|def| facts.def_use.any_source(def, |source, _| source == carried))
                && !is_accumulation_target(function, id)
        });
        is_read && (!only_accumulates || is_argument(function, lp, *local))
    })
}

/// Whether a name stands as the target of `+=`.
fn is_accumulation_target(function: Function<'_>, id: ExprId) -> bool {
    let module = function.module();
    // The assignment is lowered right after its value, which follows its target.
    (id.0..module.expr_count() as u32)
        .take(64)
        .map(ExprId)
        .any(|e| matches!(module.expr(e), Expr::Assign { op: Some(_), target, .. } if target == id))
}

/// Whether a name is handed to a call in the loop.
fn is_argument(function: Function<'_>, lp: Loop<'_>, local: crate::ir::LocalId) -> bool {
    let module = function.module();
    function.facts().sites(function.id).iter().any(|site| {
        if !lp.head().exprs.contains(site.expr) {
            return false;
        }
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            return false;
        };
        module.list(args).iter().any(|&arg| {
            let mut found = false;
            let mut open = vec![arg];
            while let Some(id) = open.pop() {
                found |= module.expr(id) == Expr::Local(local);
                module.for_each_part(id, |part| open.push(part));
            }
            found
        })
    })
}

/// Whether a value that must not be used concurrently is handed to a call in the loop.
fn uses_serial_value(function: Function<'_>, lp: Loop<'_>) -> bool {
    let module = function.module();
    let mut typer = Typer::new(&function.program.world, function.file);
    function.facts().sites(function.id).iter().any(|site| {
        if !lp.head().exprs.contains(site.expr) {
            return false;
        }
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            return false;
        };
        let mut types = Vec::new();
        // `tx.user.create()`: the transaction is further in.
        if let Expr::Call { callee, .. } = module.expr(site.expr) {
            let mut at = callee;
            while let Expr::Member { object, .. } | Expr::Index { object, .. } = module.expr(at) {
                types.push(typer.of(object));
                at = object;
            }
        }
        for &arg in module.list(args) {
            let value = match module.expr(arg) {
                Expr::Keyword { value, .. } => value,
                Expr::Map(entries) => {
                    for &entry in module.list(entries) {
                        types.push(typer.of(entry));
                    }
                    continue;
                }
                _ => arg,
            };
            types.push(typer.of(value));
        }
        types.iter().any(|ty| match ty.base {
            Base::Model(id, _) => function.program.world.models.ty(id).serial,
            _ => false,
        })
    })
}

fn receiver_of(function: Function<'_>, call: ExprId) -> Option<crate::ir::LocalId> {
    let module = function.module();
    match module.expr(call) {
        Expr::Call { callee, .. } => match module.expr(callee) {
            Expr::Member { object, .. } => root_local(module, object),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a call by its name adds to its receiver in order.
fn writes_in_order(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    matches!(module.expr(callee), Expr::Member { name, .. }
        if matches!(module.text(name), "write" | "append" | "push" | "next" | "read" | "send_text"
            | "send_bytes" | "writeln" | "click" | "type" | "fill" | "goto" | "step" | "put"))
}
