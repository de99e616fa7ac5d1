//! The part of `n-plus-one` that is about functions which a library calls once per element:
//! `pMap(ids, load)`, `eachLimit(ids, 4, load)`.

use super::Reporter;
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
    let Some((outer, call)) = caller(function) else {
        return false;
    };
    let takes_element = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => {
            let local = module.local(local);
            local.function == function.id && local.kind == LocalKind::Param(0)
        }
        Expr::Param(0) => module.function_of(id) == function.id,
        _ => false,
    };
    if !function.facts().any_origin(act.expr, takes_element) {
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

/// The call that hands the function to a library, which calls it once for each of many elements.
fn caller(function: Function<'_>) -> Option<(Function<'_>, ExprId)> {
    let declared = function.declared();
    let Invocation::Argument(call, position) = declared.invocation else {
        return None;
    };
    let outer = Function {
        id: declared.parent?,
        ..function
    };
    let Callee::Model(id) = outer.call_at(call)?.callee else {
        return None;
    };
    let models = &function.program.world.models;
    let model = models.call(id);
    let (at, runs) = model.callback?;
    if u16::from(at) != position || runs != Runs::Each {
        return None;
    }
    let over = model.iterates?;
    let Expr::Call { args, .. } = function.module().expr(call) else {
        return None;
    };
    let over = *function.module().list(args).get(usize::from(over))?;
    let size = function.program.size_of(function.file, over);
    matches!(size, Cardinality::Unknown | Cardinality::Rows).then_some((outer, call))
}
