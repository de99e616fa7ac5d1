//! `sort-in-loop`: a whole list sorted, or searched for its least or greatest, in each trip.

use super::invariance::Invariance;
use super::linear_search_in_loop::{grows_across, is_added_to, is_made_in};
use super::{Reporter, Rule, element_text, growing_loop, root_local};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId};
use crate::link::call_graph::Callee;
use crate::link::cardinality::Cardinality;
use crate::link::models::{CallModel, Cost};
use crate::link::program::Function;

pub(super) const RULE: Rule = Rule::per_function("sort-in-loop", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let facts = function.facts();
    let mut invariance = Invariance::default();
    for site in facts.sites(function.id) {
        let Some(call) = function.call_at(site.expr) else {
            continue;
        };
        let Callee::Model(id) = call.callee else {
            continue;
        };
        let model = function.program.world.models.call(id);
        let Some(list) = walked(function, site.expr, model) else {
            continue;
        };
        let loops = function.loops_around(site.lp);
        let Some((lp, _)) = growing_loop(&loops) else {
            reporter.because(site.expr, super::why_not_growing(&loops));
            continue;
        };
        let is_here = lp.function.id == function.id;
        let grows = grows_across(function, list, lp) && is_added_to(function, list, lp);
        let is_ended = is_here && facts.runs_at_most_once(site.stmt, lp.id)
            || facts.exits_on(lp.id, site.expr)
            || facts.is_memoized(site.expr, site.stmt);
        let why = if is_ended {
            Some("it runs in one trip of the loop at most, or its result is kept")
        // A list of the trip itself is sorted once; one without a name is made of what has one.
        } else if root_local(module, list).is_some() && is_made_in(function, list, lp) {
            Some("the list is made in the trip that sorts it")
        } else if !(grows || invariance.is_same(function, list, lp)) {
            Some("the list may be another one in each trip")
        } else if !grows
            && matches!(
                function.program.size_of(function.file, list),
                Cardinality::Fixed | Cardinality::Batches
            )
        {
            Some("the list has a fixed number of elements")
        } else {
            None
        };
        if let Some(why) = why {
            reporter.because(site.expr, why);
            continue;
        }
        reporter.because(site.expr, "small lists are sorted as often as large ones");
        let is_sort = model.cost == Some(Cost::Sort);
        // Lists that one trip makes through several hands, and small ones, are sorted as often.
        let confidence = Confidence::Low;
        let name = function.callee_text(list);
        let element = element_text(lp);
        let (verb, cost) = if is_sort {
            ("sorts", "O(n·m log m)")
        } else {
            ("walks all of", "O(n·m)")
        };
        let what = match module.expr(list) {
            _ if name.is_empty() => "the same list".to_owned(),
            _ => format!("`{name}`"),
        };
        let callee = function.callee_path(site.expr).pop().unwrap_or_default();
        reporter
            .report(
                module.span(site.expr),
                confidence.min(call.confidence),
                format!("`{callee}` {verb} {what} for each {element}"),
            )
            .related(lp.place(), "repeated by this loop")
            .cost(cost)
            .help(match (grows, is_sort) {
                (true, _) => "sort once after the loop, or keep the elements in a heap",
                (false, true) => "sort once before the loop",
                (false, false) => "find it once before the loop",
            });
    }
}

/// The list that a call sorts or walks to its end.
fn walked(function: Function<'_>, call: ExprId, model: &CallModel) -> Option<ExprId> {
    let module = function.module();
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return None;
    };
    match (model.cost, model.iterates) {
        (Some(Cost::Sort), None) => match module.expr(callee) {
            Expr::Member { object, .. } => Some(object),
            _ => None,
        },
        (Some(Cost::Sort), Some(at)) => module.list(args).get(usize::from(at)).copied(),
        // `max(xs)`; of several values, they are a handful.
        (Some(Cost::Search), Some(at)) if model.bounded.is_none() => {
            let list = module.list(args).get(usize::from(at)).copied()?;
            function.type_of(list).wrapper().map(|_| list)
        }
        _ => None,
    }
}
