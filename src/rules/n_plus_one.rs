//! `n-plus-one`: a read of a database, cache server or other service, once per element of a
//! loop.

use super::fallback::is_fallback;
use super::few_elements::{
    asks_per_entry, walks_entities, walks_what_is_handed, walks_written_list, why_few,
};
use super::kinds::is_for_one_kind;
use super::unit_of_work::{is_action, is_unit_of_work};
use super::{Reporter, Rule, element_text, growing_loop};
use crate::analysis::def_use::Def;
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, BlockOwner, Concurrency, Expr, ExprId, LocalKind, LoopId, LoopKind, MODULE_BODY, Stmt,
};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::guards::deciding;
use crate::link::infer::Typer;
use crate::link::models::{Batched, CallModel, Effect, EntityFrom, Rows, TypeSpec};
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::types::{Base, ClassRef, FunctionRef, Type};
use crate::link::words;
use crate::source::{Context, FileId};

pub(super) const RULE: Rule = Rule::per_function("n-plus-one", check);

/// The reads that one statement for all elements, or one request, would replace.
pub(super) const READS: &[Effect] = &[Effect::DbRead, Effect::Remote, Effect::CacheRead];

/// A loop behind the call is reported where it stands.
pub(super) const REPEATED_BELOW: &str = "the loop stands behind the call, and is looked at there";
/// A callback's acts are reported in the callback itself.
pub(super) const IN_CALLBACK: &str = "what its callback does is looked at in the callback";

/// Low confidence of what asks the database only where a cache has no answer.
const FILLS_CACHE: &str = "a cache answers, and is filled where it cannot";

/// Steps from a call back to what it is asked of.
const MAX_CHAIN: usize = 32;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let from = reporter.findings.len();
    find(function, reporter);
    super::seldom::settle(function, from, reporter);
}

fn find(function: Function<'_>, reporter: &mut Reporter<'_>) {
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
    if found.is_repeated {
        reporter.because(act.expr, REPEATED_BELOW);
        return false;
    }
    if is_own_closure(function, act) {
        reporter.because(act.expr, IN_CALLBACK);
        return false;
    }
    let loops = function.loops_around(act.lp);
    let Some((lp, size)) = growing_loop(&loops) else {
        let is_handed = loops.is_empty()
            && (check_handed(function, act, effect, found, reporter)
                || effect == Effect::DbRead
                    && super::handed_over::check(function, act, found, reporter));
        if !is_handed {
            reporter.because(act.expr, super::why_not_growing(&loops));
        }
        return is_handed;
    };
    if let Some(why) = left_alone(function, act, found, lp, &loops) {
        reporter.because(act.expr, why);
        return false;
    }
    let is_callback = lp.head().callback == Some(act.expr);
    let (confidence, why) = confidence_of(function, act, effect, found, lp, size);
    if let Some(why) = why {
        reporter.because(act.expr, why);
    }
    let name = function.callee_text(act.expr);
    let element = element_text(lp);
    let verb = verb_of(effect);
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
        _ if asks_alike(function, found) => format!(
            "`{name}` asks for the same whatever it is handed: ask once before the loop and hand \
             the answer on"
        ),
        Some(bulk) => format!("read what all elements need at once, before the loop: {bulk}"),
        None if effect == Effect::Remote => {
            "ask for all elements in one request, or run the requests concurrently with a bound"
                .to_owned()
        }
        None => "read what all elements need in one query before the loop".to_owned(),
    });
    true
}

/// Whether what is asked behind a call is the same whatever the function is handed. What a method
/// asks may depend on its receiver.
fn asks_alike(function: Function<'_>, found: ActEffect) -> bool {
    found.via.is_some_and(|(target, fact)| {
        let callee = function.program.function(target).declared();
        fact.params == 0
            && fact.depth == 0
            && callee.class.is_none()
            && matches!(callee.parent, None | Some(MODULE_BODY))
    })
}

/// Why a read in a loop is as it should be, if it is.
fn left_alone(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
    loops: &[Loop<'_>],
) -> Option<&'static str> {
    let facts = function.facts();
    // A function handed over by name gets the element.
    let is_callback = lp.head().callback == Some(act.expr);
    let is_here = lp.function.id == function.id;
    Some(if !(is_callback || facts.varies_in(act.expr, lp.id)) {
        "it asks the same in each trip, which is for `repeated-query` to report"
    } else if asks_receiver_alone(function, act, found, lp) {
        "it writes, and asks the same of its receiver each time before it does"
    } else if facts.exits_on(lp.id, act.expr) {
        "the loop ends by what it finds: a search, attempts or pages"
    } else if is_here && facts.runs_at_most_once(act.stmt, lp.id) {
        "it runs in one trip of the loop at most"
    } else if takes_batch(function, act, lp) {
        "it asks for a group of keys at once"
    } else if has_own_client(function, act, lp) {
        "each element brings the client that is asked"
    } else if asks_own_table(function, act, loops) {
        "each element brings the table that is asked"
    } else if is_for_one_value(function, act, lp) {
        "it runs for one written value of the element only"
    } else if is_throttled(lp) {
        "the loop waits on purpose between its trips"
    } else if is_merged(function, act, found, lp) {
        "a loader or pipeline sends together what the loop asks"
    } else if is_held(function, act, lp) {
        "the session holds the rows already"
    } else {
        return None;
    })
}

/// Whether a method that changes something asks what depends on its receiver alone, which is the
/// same for all elements: whether its table is there.
fn asks_receiver_alone(function: Function<'_>, act: &Act, found: ActEffect, lp: Loop<'_>) -> bool {
    const RECEIVER: u32 = 1;
    let module = function.module();
    let Some((target, fact)) = found.via else {
        return false;
    };
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    let Expr::Member { object, .. } = module.expr(callee) else {
        return false;
    };
    let is_method = function.program.function(target).declared().class.is_some();
    let writes = [Effect::DbWrite, Effect::Commit]
        .iter()
        .any(|&change| function.effect_of(act, change).is_some());
    is_method
        && writes
        && fact.params & !RECEIVER == 0
        && !function.facts().varies_in(object, lp.id)
}

fn verb_of(effect: Effect) -> &'static str {
    match effect {
        Effect::Remote => "calls another service",
        Effect::CacheRead => "reads the cache server",
        _ => "queries",
    }
}

/// A read in a function that another one calls once per element of a collection.
fn check_handed(
    function: Function<'_>,
    act: &Act,
    effect: Effect,
    found: ActEffect,
    reporter: &mut Reporter<'_>,
) -> bool {
    let module = function.module();
    let Some(lp) = function.loop_of_callee(act) else {
        return false;
    };
    let Some((lp, _)) = growing_loop(&[lp]) else {
        return false;
    };
    // Attempts and turns are counted by conditions, elements are walked.
    if matches!(lp.head().kind, LoopKind::While | LoopKind::Counted) || is_throttled(lp) {
        return false;
    }
    // What is handed by name gets the element; a literal's read must ask for its parameter.
    let takes_element = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => {
            let local = module.local(local);
            local.function == function.id && matches!(local.kind, LocalKind::Param(_))
        }
        Expr::Param(_) => true,
        _ => false,
    };
    if act.repeated_by.is_none() && !function.facts().any_origin(act.expr, takes_element) {
        return false;
    }
    let name = function.callee_text(act.expr);
    let verb = verb_of(effect);
    let message = format!("`{name}` {verb} once per element of the function it is handed to");
    // The elements are what is asked, as stores and plugins are: there are few of them.
    let is_doubtful = is_asked_itself(function, act)
        || tells_more(function, lp)
        // What is sent or changed for each element is a piece of work of its own.
        || found.via.is_some() && is_action(&name);
    let confidence = if is_doubtful {
        Confidence::Low
    } else {
        found.confidence.min(Confidence::Medium)
    };
    let what = if effect == Effect::DbRead {
        "queries"
    } else {
        "requests"
    };
    let finding = reporter.report(module.span(act.expr), confidence, message);
    finding
        .related(lp.place(), "repeated by this loop")
        .cost(format!("1 + n {what}"))
        .help("read what all elements need at once, before the call");
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    true
}

/// Whether the function that is handed over is told more than its element: what it need not ask
/// for, as has been seen to before.
fn tells_more(function: Function<'_>, lp: Loop<'_>) -> bool {
    let owner = lp.function;
    let module = owner.module();
    owner.id != function.id
        && owner.facts().sites(owner.id).iter().any(|site| {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                return false;
            };
            let is_param = matches!(module.expr(callee), Expr::Local(local)
                if matches!(module.local(local).kind, LocalKind::Param(_)));
            is_param
                && lp.repeats(site.expr)
                && module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Keyword { value, .. }
                        if matches!(module.expr(value), Expr::Bool(_)))
                })
        })
}

/// Whether a method of the parameter is called, and the parameter is no row.
fn is_asked_itself(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    let Expr::Member { object, .. } = module.expr(callee) else {
        return false;
    };
    let Expr::Local(local) = module.expr(object) else {
        return false;
    };
    let local = module.local(local);
    let is_param = local.function == function.id && matches!(local.kind, LocalKind::Param(_));
    is_param
        && matches!(function.type_of(object).base, Base::Instance(class)
            if function.program.world.entities.table(class).is_none())
}

/// A callback's acts are reported in the callback itself.
pub(super) fn is_own_closure(function: Function<'_>, act: &Act) -> bool {
    let ActKind::Call(target) = act.kind else {
        return false;
    };
    target.file == function.file
        && function.module().function(target.function).parent == Some(function.id)
        && function.module().function(target.function).invocation != crate::ir::Invocation::Declared
}

/// Whether the query asks for a whole group of keys that the element holds: one query per
/// group is the cure.
pub(super) fn takes_batch(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let facts = function.facts();
    let mut open = receiver_chain(function, act.expr, lp);
    open.retain(|&id| matches!(module.expr(id), Expr::Call { .. }));
    open.push(act.expr);
    while let Some(id) = open.pop() {
        let group = match module.expr(id) {
            // A range of the rows is a group, by its two ends.
            Expr::Keyword { name, value } if module.text(name).ends_with("__range") => {
                if facts.varies_in(value, lp.id) {
                    return true;
                }
                None
            }
            Expr::Keyword { name, value }
                if matches!(module.text(name), "in" | "$in")
                    || module.text(name).ends_with("__in") =>
            {
                Some(value)
            }
            Expr::Call { callee, args, .. } => {
                let name = module.last_name(callee).unwrap_or_default();
                let takes = matches!(
                    name,
                    "in_" | "whereIn" | "inArray" | "In" | "any_" | "in_bulk"
                );
                let args = module.list(args);
                match name {
                    "prefetch_related_objects" => args.first().copied(),
                    _ => takes.then(|| args.last().copied()).flatten(),
                }
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

/// What a call or value is asked of, step by step to its root; a name stands for what it was
/// assigned in the same trip of the loop.
pub(super) fn receiver_chain(function: Function<'_>, expr: ExprId, lp: Loop<'_>) -> Vec<ExprId> {
    let module = function.module();
    let facts = function.facts();
    let mut chain = vec![expr];
    let mut at = expr;
    while chain.len() < MAX_CHAIN {
        at = match module.expr(at) {
            Expr::Call { callee, .. } => callee,
            Expr::Member { object, .. } | Expr::Index { object, .. } => object,
            Expr::Await(inner) => inner,
            Expr::Local(_) => {
                let Some(def) = facts.def_use.reaching(at) else {
                    break;
                };
                match facts.def_use.def(def) {
                    Def::Value { value, .. } if lp.repeats(*value) => *value,
                    _ => break,
                }
            }
            _ => break,
        };
        chain.push(at);
    }
    chain
}

/// Whether each element is, or names, the table that is asked: `model.objects` of a registry's
/// models. One query cannot ask them all.
fn asks_own_table(function: Function<'_>, act: &Act, loops: &[Loop<'_>]) -> bool {
    let module = function.module();
    let (ActKind::Effect { .. }, Some(&outermost)) = (&act.kind, loops.last()) else {
        return false;
    };
    let varies = |id| loops.iter().any(|lp| function.facts().varies_in(id, lp.id));
    receiver_chain(function, act.expr, outermost)
        .iter()
        .any(|&step| {
            let object = match module.expr(step) {
                Expr::Member { object, .. } => object,
                // `getRepository(field.entity)`
                Expr::Call { .. } => {
                    let mut typer = Typer::new(&function.program.world, function.file);
                    let Some((model, _)) = typer.called_model(step) else {
                        return false;
                    };
                    let EntityFrom::Argument(n) = model.entity else {
                        return false;
                    };
                    let table = typer.argument(step, usize::from(n));
                    return model.effect.is_none() && table.is_some_and(varies);
                }
                _ => return false,
            };
            let is_known = |ty: Type| !ty.is_unknown() && ty.base != Base::External;
            is_known(function.type_of(step))
                && !is_known(function.type_of(object))
                && varies(object)
        })
}

/// Whether the read stands under a test that the element itself is one written value: each
/// branch of such a loop has its own query.
pub(super) fn is_for_one_value(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let is_written = |id: ExprId| matches!(module.expr(id), Expr::String(_) | Expr::Number(_));
    let mut at = act.stmt;
    loop {
        let block = module.block_of(at);
        let BlockOwner::Stmt(owner) = module.block(block).owner else {
            return false;
        };
        match module.stmt(owner) {
            Stmt::If { test, then, .. } if then == block => {
                if let Expr::Binary {
                    op: BinaryOp::Equal,
                    left,
                    right,
                } = module.expr(test)
                    && (is_written(right) && is_element(function, left, lp)
                        || is_written(left) && is_element(function, right, lp))
                {
                    return true;
                }
            }
            Stmt::Switch { subject, .. } if is_element(function, subject, lp) => return true,
            _ => {}
        }
        at = owner;
    }
}

/// Whether an expression is the loop's element, or the key that comes with it.
pub(super) fn is_element(function: Function<'_>, expr: ExprId, lp: Loop<'_>) -> bool {
    let module = function.module();
    let facts = function.facts();
    let Expr::Local(local) = module.expr(expr) else {
        return false;
    };
    let Some(Def::Value { value, .. }) = facts.def_use.reaching(expr).map(|d| facts.def_use.def(d))
    else {
        let callback = lp.head().callback.map(|callback| module.expr(callback));
        let owner = module.local(local).function;
        return matches!(callback, Some(Expr::Function(f)) if f == owner)
            && matches!(module.local(local).kind, LocalKind::Param(i)
                if usize::from(i) == module.element_param(lp.id));
    };
    let value = match module.expr(*value) {
        Expr::Index { object, index } if module.expr(index) == Expr::Number(0) => object,
        _ => *value,
    };
    module.expr(value) == Expr::Element(lp.id)
}

/// Whether the loop waits on purpose. A callee that asks and then sleeps is asked per element
/// all the same.
pub(super) fn is_throttled(lp: Loop<'_>) -> bool {
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
pub(super) fn is_merged(function: Function<'_>, act: &Act, found: ActEffect, lp: Loop<'_>) -> bool {
    let ActKind::Effect { batched, .. } = &function.final_act(act, found).kind else {
        return false;
    };
    match batched {
        Some(Batched::Pipeline) => true,
        Some(Batched::SameTick) => {
            !is_waited_for(function, act) || lp.head().concurrency == Concurrency::Concurrent
        }
        None => false,
    }
}

/// Whether a read is awaited, or what is asked of it: `await author.findUnique(…).books()`.
fn is_waited_for(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let uses = function.program.uses(function.file);
    let mut at = act.expr;
    for _ in 0..MAX_CHAIN {
        if function.is_awaited(at) {
            return true;
        }
        match uses.link(module, at) {
            Some(next) => at = next,
            None => break,
        }
    }
    act.is_awaited
}

fn confidence_of(
    function: Function<'_>,
    act: &Act,
    effect: Effect,
    found: ActEffect,
    lp: Loop<'_>,
    size: Cardinality,
) -> (Confidence, Option<&'static str>) {
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
    let mut why = (confidence == Confidence::Low).then_some(super::BY_NAME);
    if let Some((_, fact)) = found.via {
        if fact.params == 0 && fact.depth > 0 {
            confidence = confidence.min(Confidence::Medium);
        }
        if fact.depth > 2 {
            why = why.or(Some(super::DEEP));
        }
    }
    why = why
        .or_else(|| doubt(function, act, effect, found, lp, size))
        .or_else(|| why_few(lp));
    if why.is_some() {
        confidence = Confidence::Low;
    }
    (confidence, why)
}

/// Why the read is as often meant once per element as not.
fn doubt(
    function: Function<'_>,
    act: &Act,
    effect: Effect,
    found: ActEffect,
    lp: Loop<'_>,
    size: Cardinality,
) -> Option<&'static str> {
    let last = function.final_act(act, found);
    let is_unknown = size == Cardinality::Unknown;
    Some(match effect {
        // Something can be changed where the library has a call that takes many keys, and where
        // the keys are parameters of one address, which often takes many of them.
        Effect::Remote if has_no_bulk(last) && !has_fixed_address(function, act, found, lp) => {
            "each element is asked for under an address of its own, and no call takes many"
        }
        // Clients send what is asked at once in one go, helpers deeper down have a reason to
        // look at the cache, and only single values have a command for many keys.
        Effect::CacheRead if lp.head().concurrency == Concurrency::Concurrent => {
            "clients of cache servers send what is asked at once in one go"
        }
        Effect::CacheRead if super::is_for_staff(function) => super::FOR_STAFF,
        Effect::CacheRead if found.via.is_some_and(|(_, fact)| fact.depth > 0) => super::DEEP,
        Effect::CacheRead if fills_cache(function, act, found) => FILLS_CACHE,
        Effect::CacheRead if !is_scalar(last) => "no command reads several values of this kind",
        Effect::DbRead if reads_own_row(function, act, found) => {
            "it is about a row in hand, which is checked or read again"
        }
        Effect::DbRead if is_fallback(function, act, found) => {
            "it is asked for only where the row has it not"
        }
        Effect::DbRead if is_for_one_kind(function, act, found) => {
            "it is asked for rows of one kind only"
        }
        Effect::DbRead if is_built_from_row(function, act, lp) => {
            "each row says by a condition of its own what is asked"
        }
        Effect::DbRead if goes_so_deep(function, act) => "the walk goes only as deep as it is told",
        Effect::DbRead if is_query_of_each(function, act, lp) => {
            "each element has a query of its own, made before"
        }
        Effect::DbRead if is_put_into_cache(function, act, lp) => {
            "each element has an entry of its own in a cache, which is filled"
        }
        Effect::DbRead if is_set_on_rows(function, act) => {
            "other code sets on its rows what is read here"
        }
        Effect::DbRead if is_kept_before(function, act, lp) => {
            "an earlier loop has read it of the same rows, which keep it"
        }
        _ if function.context() == Context::Script => super::BY_HAND,
        _ if is_unit_of_work(function, act, found, lp) => {
            "each element is a piece of work of its own, with changes, messages or a transaction"
        }
        _ if is_unknown && asks_per_entry(function, act, lp) => {
            "the entries of a map are options as often as rows"
        }
        _ if is_unknown && walks_written_list(lp) => "people write the list between commas",
        _ if is_unknown
            && !walks_entities(lp)
            && !walks_what_is_handed(lp)
            && !asks_alike(function, found) =>
        {
            super::UNKNOWN_SIZE
        }
        _ => return None,
    })
}

/// Whether a function calls itself only above a depth that it is told: `if depth < max_depth`.
fn goes_so_deep(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let own = function.reference();
    if !matches!(act.kind, ActKind::Call(target) if target == own) {
        return false;
    }
    let is_depth = |id: ExprId| module.last_name(id).is_some_and(words::is_depth);
    let tests_depth = |test: ExprId, _: bool| match module.expr(test) {
        Expr::Binary {
            op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual,
            left,
            right,
        } => (is_depth(left) && is_depth(right)).then_some(()),
        _ => None,
    };
    let leaves = |stmt| matches!(stmt, Stmt::Return(_) | Stmt::Continue(_) | Stmt::Throw(_));
    deciding(module, act.stmt, leaves, tests_depth).is_some()
}

/// Whether what is walked is a query that a map holds for each element: `queries.get(book.id)`.
fn is_query_of_each(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Expr::Local(local) = module.expr(act.expr) else {
        return false;
    };
    let Some(value) = function.facts().def_use.single_value(local) else {
        return false;
    };
    let key = match module.expr(value) {
        Expr::Index { index, .. } => index,
        Expr::Call { callee, args, .. } => match (module.expr(callee), module.list(args)) {
            (Expr::Member { name, .. }, &[key, ..]) if module.text(name) == "get" => key,
            _ => return false,
        },
        _ => return false,
    };
    lp.repeats(value) && function.facts().varies_in(key, lp.id)
}

/// Whether what is read is handed to a call that writes it to a cache: `cache.set(key, total(book))`.
fn is_put_into_cache(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    function.acts().iter().any(|other| {
        let takes = match module.expr(other.expr) {
            Expr::Call { args, .. } => module.list(args).contains(&act.expr),
            _ => false,
        };
        let writes =
            matches!(other.kind, ActKind::Effect { effect, .. } if effect == Effect::CacheWrite);
        takes && writes && lp.repeats(other.expr)
    })
}

/// Whether a property that its row keeps was read by an earlier loop over the same rows, there or
/// in a function that the rows were handed to.
fn is_kept_before(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let (Expr::Member { object, name }, &ActKind::Call(property)) =
        (module.expr(act.expr), &act.kind)
    else {
        return false;
    };
    let is_kept = keeps_its_value(function.program.function(property));
    let Some(Expr::Local(rows)) = lp.head().over.map(|over| module.expr(over)) else {
        return false;
    };
    if !is_kept || !is_element(function, object, lp) {
        return false;
    }
    function.own_loops().any(|earlier| {
        let head = earlier.head();
        head.span.end <= lp.head().span.start
            && head.over.map(|over| module.expr(over)) == Some(Expr::Local(rows))
            && reads_of_each(function, earlier, module.text(name))
    })
}

/// Whether what is read is a property that its object keeps, and other code sets it on rows:
/// `comment.page_title = titles[comment.page]`.
fn is_set_on_rows(function: Function<'_>, act: &Act) -> bool {
    let program = function.program;
    let &ActKind::Call(target) = &act.kind else {
        return false;
    };
    let property = program.function(target);
    let declared = property.declared();
    let (true, Some(class), Some(name)) =
        (keeps_its_value(property), declared.class, declared.name)
    else {
        return false;
    };
    let class = ClassRef {
        file: property.file,
        class,
    };
    let name = property.module().text(name);
    let is_row = |file: FileId, object: ExprId| match program.owner(file, object).type_of(object) {
        ty if ty.is_unknown() => true,
        ty => matches!(ty.base, Base::Instance(of) if program.world.above(of).contains(&class)),
    };
    (0..program.world.units.len() as u32)
        .map(FileId)
        .any(|file| {
            let module = &program.world.unit(file).facts.module;
            let Some(name) = module.name(name) else {
                return false;
            };
            program.contexts[file.index()] == Context::Product
                && (0..module.expr_count() as u32).any(|id| {
                    let Expr::Assign { target, .. } = module.expr(ExprId(id)) else {
                        return false;
                    };
                    matches!(module.expr(target), Expr::Member { object, name: set }
                    if set == name
                        && module.receiver_class(object).is_none()
                        && is_row(file, object))
                })
        })
}

/// Whether a property is one that its object keeps.
fn keeps_its_value(property: Function<'_>) -> bool {
    let module = property.module();
    let mut decorators = module.list(property.declared().decorators).iter();
    decorators.any(|&decorator| module.last_name(decorator) == Some("cached_property"))
}

/// Whether a loop reads an attribute of each element, or hands it to a function that does.
fn reads_of_each(function: Function<'_>, lp: Loop<'_>, name: &str) -> bool {
    let module = function.module();
    function.declared().exprs.iter().any(|id| {
        lp.repeats(id)
            && match module.expr(id) {
                Expr::Member { object, name: read } => {
                    module.text(read) == name && is_element(function, object, lp)
                }
                Expr::Call { .. } => {
                    let Some(Callee::Function(callee)) =
                        function.call_at(id).map(|call| &call.callee)
                    else {
                        return false;
                    };
                    reads_of_param(function, id, *callee, name, lp)
                }
                _ => false,
            }
    })
}

/// Whether a called function reads an attribute of the parameter that the loop's element is.
fn reads_of_param(
    function: Function<'_>,
    call: ExprId,
    target: FunctionRef,
    name: &str,
    lp: Loop<'_>,
) -> bool {
    let callee = function.program.function(target);
    let module = callee.module();
    let of_element = |param: u16| {
        let given = function.argument_for(call, target, param);
        given.is_some_and(|given| is_element(function, given, lp))
    };
    callee.declared().exprs.iter().any(|id| {
        let Expr::Member { object, name: read } = module.expr(id) else {
            return false;
        };
        let Expr::Local(local) = module.expr(object) else {
            return false;
        };
        let local = module.local(local);
        module.text(read) == name
            && local.function == callee.id
            && matches!(local.kind, LocalKind::Param(param) if of_element(param))
    })
}

/// Whether a function of the project builds the query from a condition that the row holds.
fn is_built_from_row(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let is_condition = |&arg: &ExprId| {
        matches!(module.expr(arg), Expr::Member { object, name }
            if is_element(function, object, lp) && words::is_condition(module.text(name)))
    };
    // `{ amount: { gte: plan.minimum } }`, `filter(amount__gte=plan.minimum)`
    let is_bound = |arg: ExprId| {
        let mut open = vec![arg];
        while let Some(id) = open.pop() {
            match module.expr(id) {
                Expr::Map(entries) => open.extend(module.list(entries)),
                Expr::Keyword { name, value } => {
                    let name = module.text(name);
                    let operator = name.rsplit("__").next().unwrap_or(name);
                    let is_of_row = matches!(module.expr(value), Expr::Member { object, .. }
                        if is_element(function, object, lp));
                    if is_of_row && matches!(operator, "gt" | "gte" | "lt" | "lte") {
                        return true;
                    }
                    open.push(value);
                }
                _ => {}
            }
        }
        false
    };
    receiver_chain(function, act.expr, lp)
        .iter()
        .any(|&step| match module.expr(step) {
            Expr::Call { args, .. } => module
                .list(args)
                .iter()
                .any(|arg| is_condition(arg) || is_bound(*arg)),
            _ => false,
        })
}

/// Whether a read of a cache is handed what answers where the cache lacks it.
pub(super) fn fills_cache(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    final_model(function, act, found)
        .is_some_and(|model| model.effect == Some(Effect::CacheRead) && model.callback.is_some())
}

/// What the library says of the call that is reached in the end.
fn final_model<'p>(
    function: Function<'p>,
    act: &'p Act,
    found: ActEffect,
) -> Option<&'p CallModel> {
    match function.final_act(act, found).kind {
        ActKind::Effect { model, .. } => Some(function.program.world.models.call(model?)),
        ActKind::Call(_) => None,
    }
}

fn is_scalar(act: &Act) -> bool {
    matches!(
        act.kind,
        ActKind::Effect {
            rows: Some(Rows::Scalar),
            ..
        }
    )
}

fn has_no_bulk(act: &Act) -> bool {
    matches!(act.kind, ActKind::Effect { bulk: None, .. })
}

/// Whether all requests go to one address, whatever the element is.
fn has_fixed_address(function: Function<'_>, act: &Act, found: ActEffect, lp: Loop<'_>) -> bool {
    let address_in = |function: Function<'_>, call: ExprId| match function.module().expr(call) {
        Expr::Call { args, .. } => function.module().list(args).first().copied(),
        _ => None,
    };
    let Some((target, fact)) = found.via else {
        let address = address_in(function, act.expr);
        return address.is_some_and(|address| !function.facts().varies_in(address, lp.id));
    };
    // Deeper down, the address is made up of what callers hand on.
    if fact.depth > 0 {
        return false;
    }
    let callee = function.program.function(target);
    let address = address_in(callee, function.final_act(act, found).expr);
    let module = callee.module();
    let is_given = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => {
            matches!(module.local(local).kind, LocalKind::Param(_))
                && module.receiver_class(id).is_none()
        }
        Expr::Param(_) => true,
        _ => false,
    };
    address.is_some_and(|address| !callee.facts().any_origin(address, is_given))
}

/// Whether the read is about one row that is in hand: it is checked, or read again after a write.
fn reads_own_row(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    final_model(function, act, found).is_some_and(|model| model.returns == TypeSpec::Null)
}

/// Whether each element brings the client or connection that is asked: different servers.
pub(super) fn has_own_client(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
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

pub(super) fn is_call(expr: Expr) -> bool {
    matches!(expr, Expr::Call { .. } | Expr::Await(_))
}
