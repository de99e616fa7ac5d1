//! `write-in-loop`: a row written, or a transaction committed, once per element of a loop.

use super::bulk_forms::{Write, is_entered, starts_work};
use super::few_elements::{self, asks_per_entry, is_difference, is_of_one, is_small_table};
use super::n_plus_one::{
    IN_CALLBACK, REPEATED_BELOW, has_own_client, is_call, is_merged, is_own_closure, is_throttled,
    takes_batch,
};
use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{
    BlockId, BlockOwner, Expr, ExprId, Invocation, LoopId, LoopKind, Module, Stmt, StmtId,
};
use crate::link::call_graph::{Act, ActKind};
use crate::link::cardinality::Cardinality;
use crate::link::models::Effect;
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::summaries::EffectFact;
use crate::link::types::Base;
use crate::link::words;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("write-in-loop", check);

/// What happens elsewhere and cannot be undone: a row written beside it per element keeps
/// track of it.
const OUTSIDE: &[Effect] = &[
    Effect::Remote,
    Effect::RemoteWrite,
    Effect::File,
    Effect::Process,
    Effect::Sleep,
];

/// What a called function may do besides writing.
const ACTS: &[Effect] = &[
    Effect::DbRead,
    Effect::DbWrite,
    Effect::Remote,
    Effect::RemoteWrite,
    Effect::File,
    Effect::Process,
    Effect::Sleep,
    Effect::Lock,
];

/// Calls of a function that does little more than write.
const MAX_CALLS: usize = 8;

/// Writes per element that are still the rows of one or two tables.
const MAX_WRITES: usize = 2;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let mut reported: Vec<(Option<LoopId>, String)> = Vec::new();
    // Writes first: rows that are written at once are committed at once.
    for effect in [Effect::DbWrite, Effect::Commit] {
        for act in function.acts() {
            let Some(found) = function.effect_of(act, effect) else {
                continue;
            };
            let key = (act.lp, function.callee_text(act.expr));
            let is_known = match effect {
                Effect::Commit => reported.iter().any(|(lp, _)| *lp == act.lp),
                _ => reported.contains(&key),
            };
            if !is_known && check_write(function, act, effect, found, reporter) {
                reported.push(key);
            }
        }
    }
}

fn check_write(
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
            && effect == Effect::DbWrite
            && super::handed_over::check_write(function, act, found, reporter);
        if !is_handed {
            reporter.because(act.expr, super::why_not_growing(&loops));
        }
        return is_handed;
    };
    // Elements of a stream come one at a time.
    if lp.head().is_async && size != Cardinality::Rows {
        reporter.because(act.expr, "elements of a stream come one at a time");
        return false;
    }
    let Some(write) = Write::of(function, act, found) else {
        reporter.because(
            act.expr,
            "no bulk form of it is known, or it opens a transaction for each element",
        );
        return false;
    };
    if let Some(why) = left_alone(function, act, found, lp, &write) {
        reporter.because(act.expr, why);
        return false;
    }
    let is_callback = lp.head().callback == Some(act.expr);
    let (confidence, why) = confidence_of(function, act, found, lp, size, &write);
    if let Some(why) = why {
        reporter.because(act.expr, why);
    }
    let name = function.callee_text(act.expr);
    let element = element_text(lp);
    let (verb, cost, help) = match effect {
        Effect::Commit => ("commits", "n transactions", "commit what belongs together"),
        _ => (
            "writes",
            "n statements",
            "collect the rows and write them together",
        ),
    };
    let subject = if is_callback || is_call(module.expr(act.expr)) {
        format!("`{name}`")
    } else {
        format!("awaiting `{name}`")
    };
    let finding = reporter.report(
        module.span(act.expr),
        confidence,
        format!("{subject} {verb} once per {element}"),
    );
    finding
        .related(lp.place(), "repeated by this loop")
        .cost(cost);
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    let mut help = match write.bulk {
        Some(bulk) => format!("{help}: {bulk}"),
        None => format!("{help}: executemany(), or one statement with several rows"),
    };
    if let Some(hook) = write.hook {
        help = format!("{help}; bulk forms do not run `{hook}`");
    }
    finding.help(help);
    true
}

/// Why a write in a loop is as it should be, if it is.
fn left_alone(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
    write: &Write,
) -> Option<&'static str> {
    let facts = function.facts();
    // What a session holds is sent for each element, whichever it is.
    let is_callback = lp.head().callback == Some(act.expr);
    let is_about_element = is_callback || facts.varies_in(act.expr, lp.id);
    let is_here = lp.function.id == function.id;
    Some(if !(is_about_element || write.sends_session) {
        "the same row is written in each trip, which keeps track of the loop's progress"
    } else if facts.exits_on(lp.id, act.expr) {
        "the loop ends by what comes of it"
    } else if is_here && facts.runs_at_most_once(act.stmt, lp.id) {
        "it runs in one trip of the loop at most"
    } else if takes_batch(function, act, lp) || write.takes_group {
        "it writes several rows at once"
    } else if has_own_client(function, act, lp) {
        "each element brings the client that writes"
    } else if is_throttled(lp) {
        "the loop waits on purpose between its trips"
    } else if is_merged(function, act, found, lp) {
        "a pipeline sends together what the loop writes"
    } else if is_switched_off(function, act, found) {
        "the call says that nothing is to be written"
    } else if found.via.is_none() && !varies_in_many(function, act, lp, write) {
        "the form for many takes many of what stays the same here"
    } else {
        return None;
    })
}

/// Whether what differs from trip to trip is what the bulk form takes many of.
fn varies_in_many(function: Function<'_>, act: &Act, lp: Loop<'_>, write: &Write) -> bool {
    let Some(position) = write.bulk_of else {
        return true;
    };
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return true;
    };
    let args = module.list(args);
    match args.get(usize::from(position)) {
        Some(&arg) => function.facts().varies_in(arg, lp.id),
        None => true,
    }
}

/// Whether the call says no, by name, to what the callee asks before it writes:
/// `rename(row, save=False)`.
fn is_switched_off(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    let Some((target, fact)) = found.via else {
        return false;
    };
    let mut refused: Vec<&str> = Vec::new();
    let mut open = module.list(args).to_vec();
    while let Some(arg) = open.pop() {
        match module.expr(arg) {
            Expr::Map(entries) => open.extend(module.list(entries)),
            Expr::Keyword { name, value } if module.expr(value) == Expr::Bool(false) => {
                refused.push(module.text(name));
            }
            _ => {}
        }
    }
    let callee = function.program.function(target);
    let Some(write) = callee.acts().get(fact.act as usize) else {
        return false;
    };
    if refused.is_empty() {
        return false;
    }
    let inner = callee.module();
    let mut at = write.stmt;
    while let BlockOwner::Stmt(owner) = inner.block(inner.block_of(at)).owner {
        if let Stmt::If { test, .. } = inner.stmt(owner)
            && callee.facts().any_origin(test, |id| match inner.expr(id) {
                Expr::Local(local) => refused.contains(&inner.text(inner.local(local).name)),
                Expr::Member { name, .. } => refused.contains(&inner.text(name)),
                _ => false,
            })
        {
            return true;
        }
        at = owner;
    }
    false
}

fn confidence_of(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
    size: Cardinality,
    write: &Write,
) -> (Confidence, Option<&'static str>) {
    let mut confidence = found.confidence;
    if write.hook.is_some() || write.sends_session || found.via.is_some() {
        confidence = confidence.min(Confidence::Medium);
    }
    let why = match confidence {
        Confidence::Low => Some(super::BY_NAME),
        _ => doubt(function, act, found, lp, size, write),
    };
    if why.is_some() {
        confidence = Confidence::Low;
    }
    (confidence, why)
}

/// Why the write is as often meant once per element as not.
fn doubt(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
    size: Cardinality,
    write: &Write,
) -> Option<&'static str> {
    let over = lp.head().over;
    Some(if lp.head().writes_each {
        "a comment says why each row is written for itself"
    } else if write.runs_hooks {
        "signals, hooks or a method of the project's run for each row, which no bulk form does"
    } else if is_one_of_many_steps(function, found, write) {
        "the write is one step of what the called function does"
    } else if goes_on(function, found) {
        "the called function goes on with what the write gives back, or starts work for the row"
    } else if takes_own_argument(function, act) {
        "the call says more than the library's own method takes"
    } else if found.via.is_some() && write.may_be_elsewhere {
        "the called function is handed the table, or writes what it does not find"
    } else if found.via.is_none() && has_own_table(function, act, lp) {
        "each element brings the table that is written to"
    } else if writes(function, |other| other.lp == act.lp) > MAX_WRITES {
        "each trip writes to several tables"
    } else if writes(function, |other| other.lp == act.lp) > 1
        && reads(function, |other| other.lp == act.lp) > 0
    {
        "each trip does several steps that need each other"
    } else if writes_by_group(function, act, lp) {
        "each trip writes all the rows of a group at once"
    // Work is taken from a queue one piece at a time, and what follows from a failure, a
    // transaction or a message sent is a matter of one element.
    } else if lp.head().kind == LoopKind::While {
        "the loop takes one piece of work after the other"
    } else if handles_failure(function, act, lp) {
        "the loop goes on with the next element if the write fails"
    } else if is_exception(function, act, lp) {
        "it stands in an error handler"
    } else if passes_over_failures(function, act, lp) {
        "the loop goes on with the next element if something fails before the write"
    } else if is_used(function, act, lp) {
        "the rest of the trip uses what the write gives back"
    } else if follows_write(function, act) {
        "it goes to the row that the same trip has written"
    } else if writes_related(function, act) {
        "related rows are written with it, which no bulk form does"
    } else if is_in_own_transaction(function, act, lp) {
        "each element has a transaction of its own"
    } else if goes_outside(function, act, lp) {
        "each trip also does something that cannot be undone"
    // What is not known to be rows is as often a handful, what stands deeper a step with more to it
    // than the write, and what runs by hand runs once.
    } else if found.via.is_some_and(|(_, fact)| fact.depth > 1) {
        super::DEEP
    } else if size == Cardinality::Unknown {
        super::UNKNOWN_SIZE
    } else if over.is_some_and(|over| is_of_one(lp.function, over, removes(function, act, found)))
        || writes_part_of_one(function, act.lp)
    {
        "what belongs to one row is a handful as often as not"
    } else if over.is_some_and(|over| is_difference(lp.function, over)) {
        "what one list has and another has not is a handful as often as not"
    } else if over.is_some_and(|over| is_small_table(lp.function, over)) {
        "the rows are of a table that stays small, by its name"
    } else if over.is_some_and(|over| few_elements::is_found_in_text(lp.function, over)) {
        "one text mentions few"
    } else if asks_per_entry(function, act, lp) {
        "the entries of a map are options as often as rows"
    } else if let Some(why) = few_elements::why_few(lp) {
        why
    } else if is_run_by_hand(function) {
        super::BY_HAND
    } else if super::is_unattended(function) {
        super::BACKGROUND
    } else if is_for_small_table(function) {
        "it runs when a row of a table is written that stays small, by its name"
    } else if undoes(function) {
        "it is called by error handlers only"
    } else if words::is_for_staff(&function.program.world.unit(function.file).path) {
        "pages for the few who run the program work on what these pick"
    } else {
        return None;
    })
}

/// Whether a called function goes on with what the write gives back, other than to return it, or
/// starts work for the row.
fn goes_on(function: Function<'_>, found: ActEffect) -> bool {
    let Some((target, fact)) = found.via else {
        return false;
    };
    let callee = function.program.function(target);
    let Some(write) = callee.acts().get(fact.act as usize) else {
        return false;
    };
    let module = callee.module();
    let facts = callee.facts();
    let is_result = |value: ExprId| facts.any_origin(value, |id| id == write.expr);
    let hands_on = facts.sites(target.function).iter().any(|site| {
        site.expr > write.expr
            && matches!(module.expr(site.expr), Expr::Call { args, .. }
                if module.list(args).iter().any(|&arg| is_result(arg)))
    });
    let walks = module.loops.iter().any(|lp| {
        lp.function == target.function
            && lp
                .over
                .is_some_and(|over| over > write.expr && is_result(over))
    });
    let deeper = match write.kind {
        ActKind::Call(next) => starts_work(function.program.function(next)),
        ActKind::Effect { .. } => false,
    };
    hands_on || walks || starts_work(callee) || deeper
}

/// Whether each trip writes what a key picks, and the loop goes through the different keys that a
/// query has found: `for zone in shelves.values_list("zone").distinct(): shelves.filter(zone=zone).update(…)`.
fn writes_by_group(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return false;
    };
    let goes_by_query = matches!(
        module.text(name),
        "update" | "delete" | "destroy" | "remove"
    ) && matches!(module.expr(object), Expr::Call { .. });
    if !goes_by_query {
        return false;
    }
    let inner = lp.function.module();
    let (mut has_columns, mut has_groups) = (false, false);
    let mut at = lp.head().over;
    while let Some(id) = at {
        at = match inner.expr(id) {
            Expr::Call { callee, .. } => Some(callee),
            Expr::Await(value) => Some(value),
            Expr::Local(local) => {
                let value = lp.function.facts().def_use.single_value(local);
                value.filter(|&value| value < id)
            }
            Expr::Member { object, name } => {
                let name = inner.text(name);
                has_columns |= matches!(name, "values" | "values_list" | "select");
                has_groups |= matches!(
                    name,
                    "distinct" | "annotate" | "groupBy" | "group_by" | "distinctOn"
                );
                Some(object)
            }
            _ => None,
        };
    }
    has_columns && has_groups
}

/// Whether a write of the same trips goes to one of the few rows that one row leads to.
fn writes_part_of_one(function: Function<'_>, lp: Option<crate::ir::LoopId>) -> bool {
    let module = function.module();
    let mut acts = function.acts().iter();
    acts.any(|other| {
        let Expr::Call { callee, .. } = module.expr(other.expr) else {
            return false;
        };
        let Expr::Member { object, .. } = module.expr(callee) else {
            return false;
        };
        other.lp == lp
            && function.effect_of(other, Effect::DbWrite).is_some()
            && matches!(module.expr(object), Expr::Local(_))
            && function
                .facts()
                .any_origin(object, |id| super::is_relation_of_one(function, id))
    })
}

/// Whether a function is run by hand or when a new version is set up: a script, one that is handed
/// the tables of an old version, or one that only such functions call.
pub(super) fn is_run_by_hand(function: Function<'_>) -> bool {
    let is_itself = |function: Function<'_>| {
        let module = function.module();
        matches!(
            function.context(),
            Context::Script | Context::Migration | Context::Seed
        ) || function.declared().params.iter().any(|param| {
            matches!(module.expr(param.target), Expr::Local(local)
                    if words::is_registry(module.text(module.local(local).name)))
        })
    };
    is_itself(function) || {
        let callers = function.callers();
        !callers.is_empty() && callers.iter().all(|&(caller, _)| is_itself(caller))
    }
}

/// Whether a function is run by a signal of a table that stays small, by its name.
fn is_for_small_table(function: Function<'_>) -> bool {
    let module = function.module();
    let mut decorators = module.list(function.declared().decorators).iter();
    decorators.any(|&decorator| {
        let Expr::Call { args, .. } = module.expr(decorator) else {
            return false;
        };
        module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Keyword { name, value }
                if module.text(name) == "sender" && is_small_table(function, value))
        })
    })
}

/// Whether a function is called by error handlers only.
fn undoes(function: Function<'_>) -> bool {
    let callers = function.callers();
    let is_handler = |&(caller, call): &(Function<'_>, ExprId)| {
        let module = caller.module();
        let mut at = caller.stmt_of(call);
        while let Some(stmt) = at {
            let block = module.block_of(stmt);
            at = match module.block(block).owner {
                BlockOwner::Stmt(owner) => {
                    if matches!(module.stmt(owner), Stmt::Try { handlers, .. } if handlers == block)
                    {
                        return true;
                    }
                    Some(owner)
                }
                BlockOwner::Loop(lp) => Some(module.lp(lp).stmt),
                _ => None,
            };
        }
        false
    };
    !callers.is_empty() && callers.iter().all(is_handler)
}

/// Whether a row's method is told something that no library asks for: it is one of the project's
/// own, which does more than the write.
fn takes_own_argument(function: Function<'_>, act: &Act) -> bool {
    const METHODS: &[&str] = &["delete", "destroy", "remove", "save"];
    const KNOWN: &[&str] = &[
        "force",
        "force_insert",
        "force_update",
        "hooks",
        "keep_parents",
        "session",
        "silent",
        "transaction",
        "update_fields",
        "using",
    ];
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    let is_method = function
        .last_name_of(act.expr)
        .is_some_and(|name| METHODS.contains(&name));
    is_method
        && module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Keyword { name, .. }
                if !KNOWN.contains(&module.text(name)))
        })
}

/// Whether, among other things that the callee does, the write is one step of many.
pub(super) fn is_one_of_many_steps(
    function: Function<'_>,
    found: ActEffect,
    write: &Write,
) -> bool {
    found.via.is_some_and(|(target, fact)| {
        let callee = function.program.function(target);
        match write.hook {
            Some(_) => fact.depth > 0 || does_more(callee, fact.act),
            None => fact.params == 0 || !does_little_else_below(callee, fact),
        }
    })
}

/// Whether a function, and all that it goes through to the write, is little more than that.
fn does_little_else_below(function: Function<'_>, fact: EffectFact) -> bool {
    let (mut at, mut fact) = (function, fact);
    for _ in 0..=MAX_CALLS {
        if !does_little_else(at, fact.act) {
            return false;
        }
        let act = at.acts().get(fact.act as usize);
        let Some(&ActKind::Call(next)) = act.map(|act| &act.kind) else {
            return true;
        };
        let Some(&below) = at.program.summary(next).effect(fact.effect) else {
            return true;
        };
        (at, fact) = (at.program.function(next), below);
    }
    false
}

/// Whether a function is little more than the write that `act` leads to.
fn does_little_else(function: Function<'_>, act: u32) -> bool {
    let is_effect = |other: &Act| {
        ACTS.iter()
            .any(|&effect| function.effect_of(other, effect).is_some())
    };
    let others = function.acts().iter().enumerate();
    let effects = others.filter(|&(i, other)| i != act as usize && is_effect(other));
    effects.count() == 0 && function.facts().sites(function.id).len() <= MAX_CALLS
}

/// Whether a method that stands before the library's does something besides the write and what
/// it sets: signals, files, rows of other tables.
pub(super) fn does_more(method: Function<'_>, write: u32) -> bool {
    let module = method.module();
    let write = method.acts().get(write as usize).map(|act| act.stmt);
    method.facts().sites(method.id).iter().any(|site| {
        Some(site.stmt) != write
            && match module.stmt(site.stmt) {
                Stmt::Expr(value) => {
                    let value = match module.expr(value) {
                        Expr::Await(inner) => inner,
                        _ => value,
                    };
                    value == site.expr && is_call(module.expr(value))
                }
                _ => false,
            }
    }) || method.acts().iter().any(|other| {
        Some(other.stmt) != write
            && ACTS
                .iter()
                .any(|&effect| method.effect_of(other, effect).is_some())
    })
}

/// Whether rows go by the library's own call, which takes no values.
fn removes(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    const WORDS: &[&str] = &["delete", "destroy", "remove"];
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    found.via.is_none()
        && matches!(module.expr(callee), Expr::Member { name, .. }
        if WORDS.iter().any(|word| module.text(name).starts_with(word)))
}

/// Whether a trip uses what the write gives back other than to collect it.
fn is_used(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    const COLLECTS: &[&str] = &["append", "push", "add", "then", "catch", "finally"];
    let module = function.module();
    let facts = function.facts();
    let is_result = |value| facts.any_origin(value, |id| id == act.expr);
    let is_here = |value: ExprId| lp.repeats(value) && module.function_of(value) == function.id;
    function
        .declared()
        .exprs
        .iter()
        .any(|id| match module.expr(id) {
            Expr::Member { object, name } => {
                !COLLECTS.contains(&module.text(name)) && is_here(id) && is_result(object)
            }
            Expr::Call { callee, args, .. } => {
                let collects = match module.expr(callee) {
                    Expr::Member { name, .. } => COLLECTS.contains(&module.text(name)),
                    _ => false,
                };
                !collects
                    && is_here(id)
                    && module.list(args).iter().any(|&arg| match module.expr(arg) {
                        Expr::Keyword { value, .. } => is_result(value),
                        _ => is_result(arg),
                    })
            }
            _ => false,
        })
}

/// Whether what is written to is what another write of the same trip gives back.
fn follows_write(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(act.expr) else {
        return false;
    };
    let Expr::Member { object, .. } = module.expr(callee) else {
        return false;
    };
    let is_before = |other: &&Act| {
        other.lp == act.lp
            && other.expr != act.expr
            && function.effect_of(other, Effect::DbWrite).is_some()
    };
    let mut before = function.acts().iter().filter(is_before);
    before.any(|other| function.facts().any_origin(object, |id| id == other.expr))
}

/// Whether related rows are written along: `data: { tags: { set: tags } }`.
pub(super) fn writes_related(function: Function<'_>, act: &Act) -> bool {
    const WORDS: &[&str] = &["connect", "connectOrCreate", "create", "disconnect", "set"];
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    let entries = |map: ExprId| match module.expr(map) {
        Expr::Map(entries) => module.list(entries),
        _ => &[],
    };
    let values = |map: ExprId| {
        entries(map)
            .iter()
            .filter_map(|&entry| match module.expr(entry) {
                Expr::Keyword { name, value } => Some((module.text(name), value)),
                _ => None,
            })
    };
    module.list(args).iter().any(|&arg| {
        values(arg)
            .filter(|(name, _)| matches!(*name, "data" | "create" | "update"))
            .flat_map(|(_, data)| values(data))
            .flat_map(|(_, value)| values(value))
            .any(|(name, _)| WORDS.contains(&name))
    })
}

/// Whether each element brings the table that is written to: `for model in models`.
fn has_own_table(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    table_of(function, act).is_some_and(|table| function.facts().varies_in(table, lp.id))
}

/// The name of the table that a call asks for rows, if nothing tells which one it is. The row
/// that is saved is no table.
pub(super) fn table_of(function: Function<'_>, act: &Act) -> Option<ExprId> {
    let module = function.module();
    let mut at = act.expr;
    let mut members = 0;
    loop {
        at = match module.expr(at) {
            Expr::Call { callee, .. } => callee,
            Expr::Await(inner) => inner,
            Expr::Member { object, .. } => {
                members += 1;
                object
            }
            Expr::Local(_) if members > 1 => {
                let ty = function.type_of(at);
                let is_open = ty.is_unknown() || matches!(ty.base, Base::Class(_));
                return is_open.then_some(at);
            }
            _ => return None,
        }
    }
}

/// Whether the write stands in an error handler.
fn is_exception(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    blocks_around(function, act.stmt, lp).any(|(owner, block)| {
        matches!(module.stmt(owner), Stmt::Try { handlers, .. } if handlers == block)
    })
}

/// How many acts of a function read.
fn reads(function: Function<'_>, is_meant: impl Fn(&Act) -> bool) -> usize {
    let acts = function.acts().iter().filter(|&act| is_meant(act));
    acts.filter(|act| function.effect_of(act, Effect::DbRead).is_some())
        .count()
}

/// How many acts of a function write.
fn writes(function: Function<'_>, is_meant: impl Fn(&Act) -> bool) -> usize {
    let acts = function.acts().iter().filter(|&act| is_meant(act));
    acts.filter(|act| function.effect_of(act, Effect::DbWrite).is_some())
        .count()
}

/// Whether the loop goes on with the next element when the write fails.
fn handles_failure(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    is_settled(lp)
        || blocks_around(function, act.stmt, lp).any(|(owner, block)| match module.stmt(owner) {
            Stmt::Try { body, handlers, .. } => body == block && !throws(function, handlers),
            _ => false,
        })
}

/// Whether the trips go to a call that waits for all of them, whatever becomes of each.
fn is_settled(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let Some(call) = lp.head().call else {
        return false;
    };
    let uses = lp.function.program.uses(lp.function.file);
    uses.parents(call).iter().any(|&parent| {
        matches!(module.expr(parent), Expr::Call { callee, .. }
            if matches!(module.expr(callee), Expr::Member { name, .. }
                if module.text(name) == "allSettled"))
    })
}

/// Whether the loop passes over an element when something fails before the write: what is
/// written keeps track of what was done.
fn passes_over_failures(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let mut at = act.stmt;
    loop {
        let block = module.block_of(at);
        let before = module.block(block).stmts.iter().take_while(|&&s| s != at);
        let mut handlers = before.filter_map(|&stmt| match module.stmt(stmt) {
            Stmt::Try { handlers, .. } => Some(handlers),
            _ => None,
        });
        if handlers.any(|block| continues(function, block)) {
            return true;
        }
        match module.block(block).owner {
            BlockOwner::Stmt(owner) => at = owner,
            BlockOwner::Loop(inner) if inner != lp.id => at = module.lp(inner).stmt,
            _ => return false,
        }
    }
}

fn continues(function: Function<'_>, block: BlockId) -> bool {
    let module = function.module();
    let mut open = vec![block];
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            if matches!(module.stmt(stmt), Stmt::Continue(_)) {
                return true;
            }
            function.facts().push_blocks(stmt, &mut open);
        }
    }
    false
}

fn throws(function: Function<'_>, block: BlockId) -> bool {
    let module = function.module();
    let mut open = vec![block];
    let mut is_empty = true;
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            is_empty = false;
            if matches!(
                module.stmt(stmt),
                Stmt::Throw(_) | Stmt::Return(_) | Stmt::Break(_)
            ) {
                return true;
            }
            function.facts().push_blocks(stmt, &mut open);
        }
    }
    // `try … finally`
    is_empty
}

/// The statements around one, with the block that it is in, up to the loop or the callback.
fn blocks_around<'p>(
    function: Function<'p>,
    stmt: StmtId,
    lp: Loop<'p>,
) -> impl Iterator<Item = (StmtId, BlockId)> {
    let module = function.module();
    let mut at = Some(stmt);
    std::iter::from_fn(move || {
        loop {
            let block = module.block_of(at?);
            match module.block(block).owner {
                BlockOwner::Stmt(owner) => {
                    at = Some(owner);
                    return Some((owner, block));
                }
                BlockOwner::Loop(inner) if inner != lp.id => at = Some(module.lp(inner).stmt),
                _ => return None,
            }
        }
    })
}

/// Whether a transaction is opened for each element.
fn is_in_own_transaction(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let commits = |function: Function<'_>, is_meant: &dyn Fn(&Act) -> bool| {
        function.acts().iter().any(|act| {
            matches!(
                act.kind,
                ActKind::Effect {
                    effect: Effect::Commit,
                    ..
                }
            ) && is_meant(act)
        })
    };
    let in_with = blocks_around(function, act.stmt, lp).any(|(owner, _)| {
        matches!(module.stmt(owner), Stmt::With { .. })
            && commits(function, &|act| {
                act.stmt == owner && is_entered(function, act)
            })
    });
    if in_with {
        return true;
    }
    let mut at = function;
    while at.id != lp.function.id {
        let declared = at.declared();
        let (Invocation::Argument(call, _), Some(parent)) = (declared.invocation, declared.parent)
        else {
            return false;
        };
        at.id = parent;
        if commits(at, &|act| act.expr == call) {
            return true;
        }
    }
    false
}

/// Whether a call moves, makes or deletes a file: `default_storage.delete(path)`,
/// `book.cover.storage.save(…)`, `os.rename(…)`.
fn changes_file(module: &Module, expr: ExprId) -> bool {
    let Expr::Call { callee, .. } = module.expr(expr) else {
        return false;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return false;
    };
    let name = module.text(name);
    let of_storage = || module.last_name(object).is_some_and(words::is_storage);
    words::moves_file(name)
        || (words::changes(name) || words::takes_away(name) || words::makes(name)) && of_storage()
}

/// Whether each trip also does something elsewhere, or writes only if something else was done.
fn goes_outside(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let has = |other: &Act, effects: &[Effect]| {
        let mut effects = effects.iter();
        effects.any(|&effect| function.effect_of(other, effect).is_some())
    };
    let mut acts = function.acts().iter();
    acts.any(|other| other.lp == act.lp && has(other, OUTSIDE))
        || function
            .facts()
            .sites(function.id)
            .iter()
            .any(|site| site.lp == act.lp && changes_file(module, site.expr))
        || blocks_around(function, act.stmt, lp).any(|(owner, _)| {
            matches!(module.stmt(owner), Stmt::If { .. })
                && function.acts().iter().any(|other| {
                    other.stmt == owner && has(other, &[Effect::CacheWrite, Effect::DbWrite])
                })
        })
}
