//! The parts of `n-plus-one` and `write-in-loop` that are about functions which a library calls
//! once per element: `pMap(ids, load)`, `eachLimit(ids, 4, load)`.

use super::Reporter;
use super::bulk_forms::Write;
use super::few_elements::is_of_one;
use super::write_in_loop::{is_one_of_many_steps, writes_related};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, Invocation, LocalKind};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::models::{Effect, Runs};
use crate::link::program::{ActEffect, Function};
use crate::source::Context;

/// A query in a function that a library is handed together with the elements.
pub(super) fn check(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    reporter: &mut Reporter<'_>,
) -> bool {
    let module = function.module();
    let Some(Handed { outer, call, .. }) = caller(function) else {
        return false;
    };
    if !is_about_element(function, act) {
        return false;
    }
    let changes = [Effect::DbWrite, Effect::Commit, Effect::RemoteWrite];
    let why = if function.context() == Context::Script {
        Some(super::BY_HAND)
    } else if found.via.is_some() {
        Some("the query is one step of what is done for each element")
    } else if function.acts().iter().any(|act| {
        let mut changes = changes.iter();
        changes.any(|&effect| function.effect_of(act, effect).is_some())
    }) {
        Some("each element is a piece of work of its own, with changes or messages")
    } else {
        None
    };
    let confidence = match why {
        Some(why) => {
            reporter.because(act.expr, why);
            Confidence::Low
        }
        None => found.confidence.min(Confidence::Medium),
    };
    let name = function.callee_text(act.expr);
    let library = outer.callee_text(call);
    let bulk = match &function.final_act(act, found).kind {
        ActKind::Effect { bulk, .. } => bulk.clone(),
        ActKind::Call(_) => None,
    };
    let message = format!("`{name}` queries once per element that `{library}` is handed");
    let finding = reporter.report(module.span(act.expr), confidence, message);
    finding
        .related(outer.place_of(call), "called once per element from here")
        .cost("1 + n queries");
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    finding.help(match bulk {
        Some(bulk) => format!("read what all elements need at once, before the call: {bulk}"),
        None => "read what all elements need in one query before the call".to_owned(),
    });
    true
}

/// A write in a function that a library is handed together with the elements, by its name or
/// written out.
pub(super) fn check_write(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    reporter: &mut Reporter<'_>,
) -> bool {
    let module = function.module();
    let by_name = each_of(function, act.expr, None).filter(|_| found.via.is_some());
    let handed = match by_name {
        Some(handed) => handed,
        None => match caller(function) {
            Some(handed) if is_about_element(function, act) => handed,
            _ => return false,
        },
    };
    let Some(write) = Write::of(function, act, found).filter(|write| !write.takes_group) else {
        return false;
    };
    let is_one_act = handed.function.is_some() || {
        let effects = [
            Effect::DbRead,
            Effect::DbWrite,
            Effect::Remote,
            Effect::RemoteWrite,
        ];
        let others = function.acts().iter().filter(|other| {
            let mut effects = effects.iter();
            other.expr != act.expr
                && effects.any(|&effect| function.effect_of(other, effect).is_some())
        });
        others.count() == 0
    };
    let why = if function.context() == Context::Script {
        Some(super::BY_HAND)
    } else if handed.size == Cardinality::Unknown {
        Some(super::UNKNOWN_SIZE)
    } else if !is_one_act || is_one_of_many_steps(function, found, &write) {
        Some("the write is one step of what is done for each element")
    } else if writes_related(function, act) {
        Some("related rows are written with it, which no bulk form does")
    } else if write.runs_hooks {
        Some(
            "signals, hooks or a method of the project's run for each row, which no bulk form does",
        )
    } else if is_of_one(handed.outer, handed.over, false) {
        Some("what belongs to one row is a handful as often as not")
    } else {
        None
    };
    let confidence = match why {
        Some(why) => {
            reporter.because(act.expr, why);
            Confidence::Low
        }
        None => found.confidence.min(Confidence::Medium),
    };
    let name = match handed.function {
        Some(handed) => function.callee_text(handed),
        None => function.callee_text(act.expr),
    };
    let library = handed.outer.callee_text(handed.call);
    let finding = reporter.report(
        module.span(act.expr),
        confidence,
        format!("`{name}` writes once per element that `{library}` is handed"),
    );
    let place = handed.outer.place_of(handed.call);
    finding
        .related(place, "called once per element from here")
        .cost("n statements");
    if found.via.is_some() {
        finding.related.extend(function.evidence(found));
    }
    let bulk = write.bulk.map(|bulk| format!(": {bulk}"));
    finding.help(format!(
        "collect the rows and write them together{}",
        bulk.unwrap_or_default()
    ));
    true
}

/// Whether what a function does is about the element that it is called with.
fn is_about_element(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let takes_element = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => {
            let local = module.local(local);
            local.function == function.id && local.kind == LocalKind::Param(0)
        }
        Expr::Param(0) => module.function_of(id) == function.id,
        _ => false,
    };
    function.facts().any_origin(act.expr, takes_element)
}

/// A function and many elements that a library is handed.
struct Handed<'p> {
    /// The function that hands them over, and its call.
    outer: Function<'p>,
    call: ExprId,
    /// The elements.
    over: ExprId,
    size: Cardinality,
    /// What is called for each of them, where it is no literal.
    function: Option<ExprId>,
}

/// The call that hands the function to a library, which calls it once for each of many elements.
fn caller(function: Function<'_>) -> Option<Handed<'_>> {
    let declared = function.declared();
    let Invocation::Argument(call, position) = declared.invocation else {
        return None;
    };
    let outer = Function {
        id: declared.parent?,
        ..function
    };
    each_of(outer, call, Some(position))
}

/// A call by which a library calls a function once for each of many elements: the one at
/// `position`, or one that is handed by its name.
fn each_of(outer: Function<'_>, call: ExprId, position: Option<u16>) -> Option<Handed<'_>> {
    let Callee::Model(id) = outer.call_at(call)?.callee else {
        return None;
    };
    let models = &outer.program.world.models;
    let model = models.call(id);
    let (at, runs) = model.callback?;
    if runs != Runs::Each || position.is_some_and(|position| u16::from(at) != position) {
        return None;
    }
    let module = outer.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return None;
    };
    let args = module.list(args);
    let over = *args.get(usize::from(model.iterates?))?;
    let function = if position.is_some() {
        None
    } else {
        let &function = args.get(usize::from(at))?;
        if matches!(module.expr(function), Expr::Function(_)) {
            return None;
        }
        Some(function)
    };
    let size = outer.program.size_of(outer.file, over);
    matches!(size, Cardinality::Unknown | Cardinality::Rows).then_some(Handed {
        outer,
        call,
        over,
        size,
        function,
    })
}
