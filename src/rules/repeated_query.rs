//! `repeated-query`: the same read with the same input, in each trip of a loop or twice in one
//! call.

use super::bulk_forms::starts_work_in;
use super::few_elements::is_small_table;
use super::invariance::Invariance;
use super::n_plus_one::{IN_CALLBACK, REPEATED_BELOW, is_for_one_value, is_merged, is_own_closure};
use super::write_in_loop::is_run_by_hand;
use super::{Reporter, Rule, element_text, growing_loop, same_path};
use crate::finding::Confidence;
use crate::ir::{BlockOwner, Expr, ExprId, LoopKind, Module, Stmt, StmtId};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::models::{Effect, Rows};
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::words;

pub(super) const RULE: Rule = Rule::per_function("repeated-query", check);

/// After these, a query may give another answer.
const CHANGES: &[Effect] = &[
    Effect::DbWrite,
    Effect::Commit,
    Effect::RemoteWrite,
    Effect::Process,
    Effect::Sleep,
    Effect::Lock,
];

/// Pairs of queries compared in one function.
const MAX_READS: usize = 64;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let mut invariance = Invariance::default();
    for act in function.acts() {
        in_loop(function, act, &mut invariance, reporter);
    }
    twice(function, reporter);
}

fn in_loop(
    function: Function<'_>,
    act: &Act,
    invariance: &mut Invariance,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let Some(found) = function.effect_of(act, Effect::DbRead) else {
        return;
    };
    if found.is_repeated {
        reporter.because(act.expr, REPEATED_BELOW);
        return;
    }
    if is_own_closure(function, act) {
        reporter.because(act.expr, IN_CALLBACK);
        return;
    }
    let loops = function.loops_around(act.lp);
    let Some((lp, size)) = growing_loop(&loops) else {
        reporter.because(act.expr, super::why_not_growing(&loops));
        return;
    };
    if let Some(why) = left_alone(function, act, found, lp, invariance) {
        reporter.because(act.expr, why);
        return;
    }
    let mut confidence = found.confidence;
    if size == Cardinality::Unknown || found.via.is_some() {
        confidence = confidence.min(Confidence::Medium);
    }
    if found.via.is_some_and(|(_, fact)| fact.depth > 1) {
        reporter.because(act.expr, super::DEEP);
        confidence = Confidence::Low;
    } else if is_run_by_hand(function) {
        reporter.because(act.expr, super::BY_HAND);
        confidence = Confidence::Low;
    } else if let Some(why) = few_trips(function, act, lp) {
        reporter.because(act.expr, why);
        confidence = Confidence::Low;
    }
    let name = function.callee_text(act.expr);
    let element = element_text(lp);
    let finding = reporter.report(
        module.span(act.expr),
        confidence,
        format!("`{name}` asks the same for each {element}"),
    );
    finding
        .related(lp.place(), "repeated by this loop")
        .cost("n queries for one answer")
        .help("ask once before the loop and use the answer in it");
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
}

/// Why the repetition costs little beside the rest of the loop.
fn few_trips(function: Function<'_>, act: &Act, lp: Loop<'_>) -> Option<&'static str> {
    const LONGER: &[Effect] = &[Effect::Remote, Effect::File];
    let is_small = lp
        .head()
        .over
        .is_some_and(|over| is_small_table(lp.function, over));
    if is_small {
        return Some("the rows are of a table that stays small, by its name");
    }
    let takes_longer = function.acts().iter().any(|other| {
        other.lp == act.lp
            && other.expr != act.expr
            && LONGER
                .iter()
                .any(|&effect| function.effect_of(other, effect).is_some())
    });
    if takes_longer {
        return Some("what else each trip does takes longer");
    }
    starts_work_in(function, lp).then_some("each trip starts work that takes longer")
}

/// Why a query by which one call asks again matters little.
fn matters_little(function: Function<'_>, second: &Act) -> Option<&'static str> {
    let program = function.program;
    let at = function.reference();
    let is_job = || {
        let mut entries = program.entry_points.iter();
        entries.any(|entry| entry.function == Some(at) && !entry.kind.is_request())
    };
    let is_row = matches!(
        second.kind,
        ActKind::Effect {
            rows: Some(Rows::One),
            ..
        }
    );
    Some(if is_run_by_hand(function) {
        super::BY_HAND
    } else if is_row && is_job() {
        "one row more in a job is little beside the rest of it"
    } else if ends_in_failure(function, second.stmt) {
        "it is asked where something has failed"
    } else if is_of_form(function) {
        "one form is checked at a time"
    } else if super::seldom::is_staff_template(function) || super::is_for_staff(function) {
        super::FOR_STAFF
    } else {
        return None;
    })
}

/// Whether a function is a method of a form, or checks what one says: `clean`.
fn is_of_form(function: Function<'_>) -> bool {
    let module = function.module();
    let declared = function.declared();
    let is_form = |name: &str| name.ends_with("Form");
    let Some(class) = declared.class.map(|class| module.class(class)) else {
        return false;
    };
    let name = declared.name.map_or("", |name| module.text(name));
    name == "clean"
        || name.starts_with("clean_")
        || class.name.is_some_and(|name| is_form(module.text(name)))
}

/// Whether a statement stands in a branch that ends by throwing.
fn ends_in_failure(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let mut block = module.block_of(stmt);
    while let BlockOwner::Stmt(owner) = module.block(block).owner {
        let last = module.block(block).stmts.last();
        if last.is_some_and(|&last| matches!(module.stmt(last), Stmt::Throw(_))) {
            return true;
        }
        block = module.block_of(owner);
    }
    false
}

/// Why a query in a loop is no repetition, if it is none.
fn left_alone(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
    invariance: &mut Invariance,
) -> Option<&'static str> {
    let module = function.module();
    let facts = function.facts();
    let is_here = lp.function.id == function.id;
    // A query object in a variable keeps its rows, and a call for its own sake does more than ask.
    let call = match module.expr(act.expr) {
        Expr::Await(inner) => inner,
        _ => act.expr,
    };
    Some(
        // A condition that counts polls: it asks for what has changed.
        if matches!(lp.head().kind, LoopKind::While | LoopKind::Counted) || lp.head().is_async {
            "the loop waits for a change, or for what a stream brings"
        } else if lp.head().callback == Some(act.expr) {
            "it is handed the element"
        } else if facts.exits_on(lp.id, act.expr) {
            "the loop ends by what it finds"
        } else if is_merged(function, act, found, lp) {
            "a loader or pipeline sends together what the loop asks"
        } else if is_here && facts.runs_at_most_once(act.stmt, lp.id) {
            "it runs in one trip of the loop at most"
        } else if is_for_one_value(function, act, lp) {
            "it runs for one written value of the element only"
        } else if !matches!(module.expr(call), Expr::Call { .. }) {
            "what a variable holds keeps its rows"
        } else if module.stmt(act.stmt) == Stmt::Expr(act.expr) {
            "nobody uses its answer: it is called for what else it does"
        } else if is_kept(function, act, lp) {
            "the answer is kept for the next trips"
        } else if !asks(function, function.final_act(act, found)) {
            "it does more than ask, or the session answers"
        } else if changes_something(function, lp) {
            "the loop may change what is asked for"
        } else if !invariance.is_same(function, act.expr, lp) {
            "what it asks may differ from trip to trip"
        } else {
            return None;
        },
    )
}

/// Whether the answer is kept for the next trips: `if plan is None: plan = default_plan()`.
fn is_kept(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let Stmt::Expr(expr) = module.stmt(act.stmt) else {
        return false;
    };
    let Expr::Assign { target, .. } = module.expr(expr) else {
        return false;
    };
    let mut at = act.stmt;
    while let BlockOwner::Stmt(owner) = module.block(module.block_of(at)).owner {
        if let Stmt::If { test, .. } = module.stmt(owner) {
            let mut open = vec![test];
            while let Some(id) = open.pop() {
                if same_path(module, id, target) && lp.repeats(id) {
                    return true;
                }
                module.for_each_part(id, |part| open.push(part));
            }
        }
        at = owner;
    }
    false
}

/// Whether an effect is a question, whose answer stays the same until something is written.
fn asks(function: Function<'_>, act: &Act) -> bool {
    match &act.kind {
        ActKind::Effect {
            model: Some(model), ..
        } => {
            let model = function.program.world.models.call(*model);
            !model.mutates && !model.identity && model.rows != Some(Rows::None)
        }
        ActKind::Effect { .. } => true,
        ActKind::Call(_) => false,
    }
}

/// Whether a loop may change what is asked for.
fn changes_something(function: Function<'_>, lp: Loop<'_>) -> bool {
    let repeats = |function: Function<'_>| {
        function.acts().iter().any(|act| {
            lp.repeats(act.expr)
                && CHANGES
                    .iter()
                    .any(|&effect| function.effect_of(act, effect).is_some())
        })
    };
    repeats(function) || (lp.function.id != function.id && repeats(lp.function))
}

/// Two calls of the same text, one after the other, with nothing between that changes the answer.
fn twice(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let acts = function.acts();
    let reads: Vec<&Act> = acts
        .iter()
        .filter(|act| {
            matches!(
                act.kind,
                ActKind::Effect {
                    effect: Effect::DbRead,
                    model: Some(_),
                    ..
                }
            ) && matches!(module.expr(act.expr), Expr::Call { .. })
                && asks(function, act)
                && !act.is_memoized
        })
        .take(MAX_READS)
        .collect();
    let mut reported: Vec<(ExprId, usize)> = Vec::new();
    for (i, first) in reads.iter().enumerate() {
        for second in &reads[i + 1..] {
            let is_repeat = first.lp == second.lp
                && !reported.iter().any(|&(expr, _)| expr == second.expr)
                && is_same_text(function, first.expr, second.expr);
            if !is_repeat {
                continue;
            }
            if !always_before(function, first, second) {
                reporter.because(second.expr, "the same query before it may not have run");
                continue;
            }
            let Some(mut confidence) = unchanged_between(function, first, second) else {
                reporter.because(
                    second.expr,
                    "what stands between it and the same query before may change the answer",
                );
                continue;
            };
            if let Some(why) = matters_little(function, second) {
                reporter.because(second.expr, why);
                confidence = Confidence::Low;
            }
            let confidence = confidence.min(first.confidence).min(second.confidence);
            // One variable holds the answer for all that ask.
            let mut known = reported.iter();
            let known = known.find(|&&(expr, _)| is_same_text(function, expr, second.expr));
            if let Some(&(_, at)) = known {
                let finding = &mut reporter.findings[at];
                finding.confidence = finding.confidence.max(confidence);
                finding.related(function.place_of(second.expr), "and once more");
                reported.push((second.expr, at));
                continue;
            }
            reported.push((second.expr, reporter.findings.len()));
            let name = function.callee_text(second.expr);
            reporter
                .report(
                    module.span(second.expr),
                    confidence,
                    format!("`{name}` asks what was asked before"),
                )
                .related(function.place_of(first.expr), "the first time")
                .cost("two queries for one answer")
                .help("keep the answer of the first query");
        }
    }
}

/// Whether the first act has always run when the second does.
fn always_before(function: Function<'_>, first: &Act, second: &Act) -> bool {
    let module = function.module();
    let is_conditional = |act: &Act| {
        let mut sites = function.facts().sites(function.id).iter();
        sites.any(|site| site.expr == act.expr && site.is_conditional)
    };
    if first.expr >= second.expr || is_conditional(first) {
        return false;
    }
    let block = module.block_of(first.stmt);
    let mut at: StmtId = second.stmt;
    if at == first.stmt {
        return true;
    }
    loop {
        let around = module.block_of(at);
        if around == block {
            return true;
        }
        at = match module.block(around).owner {
            BlockOwner::Stmt(owner) => {
                // A handler runs when what it guards has failed: asking again is meant.
                if matches!(module.stmt(owner), Stmt::Try { handlers, .. } if handlers == around) {
                    return false;
                }
                owner
            }
            BlockOwner::Loop(lp) => module.lp(lp).stmt,
            _ => return false,
        };
    }
}

/// How sure it is that nothing between two acts changes the answer; none if something does.
fn unchanged_between(function: Function<'_>, first: &Act, second: &Act) -> Option<Confidence> {
    let is_between = |id: ExprId| first.expr < id && id < second.expr;
    let changes = function.acts().iter().any(|act| {
        is_between(act.expr)
            && CHANGES
                .iter()
                .any(|&effect| function.effect_of(act, effect).is_some())
    });
    if changes {
        return None;
    }
    let facts = function.facts();
    let mut confidence = Confidence::High;
    for site in facts.sites(function.id) {
        if !is_between(site.expr) || is_part(function.module(), second.expr, site.expr) {
            continue;
        }
        let callee = function.call_at(site.expr).map(|call| &call.callee);
        let is_call = matches!(function.module().expr(site.expr), Expr::Call { .. });
        if is_call && is_change_of_parent(function, site.expr) {
            return None;
        }
        if is_call && matches!(callee, Some(Callee::Unknown | Callee::Param(_))) {
            confidence = Confidence::Low;
        }
    }
    // A member assigned in between may be what is asked for.
    let module = function.module();
    let assigns = function.declared().exprs.iter().any(|id| {
        is_between(id)
            && matches!(module.expr(id), Expr::Assign { target, .. }
                if matches!(module.expr(target), Expr::Member { .. } | Expr::Index { .. }))
    });
    if assigns {
        return None;
    }
    Some(confidence)
}

/// Whether a call has the parent class change something, out of sight: `super().update(request)`.
fn is_change_of_parent(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return false;
    };
    let name = module.text(name);
    module.expr(object) == Expr::Super
        && (words::is_change(name) || words::takes_away(name) || words::makes(name))
}

fn is_part(module: &Module, whole: ExprId, part: ExprId) -> bool {
    module.span(whole).contains(module.span(part))
}

/// Whether two expressions are written alike and their names have the same values.
fn is_same_text(function: Function<'_>, a: ExprId, b: ExprId) -> bool {
    let module = function.module();
    let def_use = &function.facts().def_use;
    let mut open = vec![(a, b)];
    while let Some((a, b)) = open.pop() {
        let is_alike = match (module.expr(a), module.expr(b)) {
            (Expr::Local(x), Expr::Local(y)) => {
                x == y && def_use.reaching(a) == def_use.reaching(b)
            }
            (Expr::Member { name: x, .. }, Expr::Member { name: y, .. }) => x == y,
            (Expr::Keyword { name: x, .. }, Expr::Keyword { name: y, .. }) => x == y,
            (Expr::Call { kind: x, .. }, Expr::Call { kind: y, .. }) => x == y,
            (Expr::Binary { op: x, .. }, Expr::Binary { op: y, .. }) => x == y,
            (Expr::Unary { op: x, .. }, Expr::Unary { op: y, .. }) => x == y,
            (Expr::Logical { op: x, .. }, Expr::Logical { op: y, .. }) => x == y,
            (Expr::Sequence { kind: x, .. }, Expr::Sequence { kind: y, .. }) => x == y,
            (Expr::Map(_), Expr::Map(_))
            | (Expr::Entry { .. }, Expr::Entry { .. })
            | (Expr::Spread(_), Expr::Spread(_))
            | (Expr::Await(_), Expr::Await(_))
            | (Expr::Index { .. }, Expr::Index { .. })
            | (Expr::Template(_), Expr::Template(_))
            | (Expr::Slice(_), Expr::Slice(_)) => true,
            (
                x @ (Expr::Name(_)
                | Expr::String(_)
                | Expr::Number(_)
                | Expr::Bool(_)
                | Expr::Null
                | Expr::This
                | Expr::Super),
                y,
            ) => x == y,
            _ => false,
        };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        module.for_each_part(a, |part| left.push(part));
        module.for_each_part(b, |part| right.push(part));
        if !is_alike || left.len() != right.len() {
            return false;
        }
        open.extend(left.into_iter().zip(right));
    }
    true
}
