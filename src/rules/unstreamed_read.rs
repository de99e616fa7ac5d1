//! `unstreamed-read`: a whole table is held in memory where its rows are walked once.

use super::write_in_loop::is_run_by_hand;
use super::{Reporter, Rule, whole_reads};
use crate::finding::Confidence;
use crate::ir::{BlockOwner, ComprehensionKind, Expr, LoopId, LoopKind, Module, Stmt, StmtId};
use crate::link::fetches::{Fetch, Outcome, OutcomeKind, Scope, outcomes_of_param};
use crate::link::models::Wrapper;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("unstreamed-read", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if matches!(
        function.context(),
        Context::Test | Context::Seed | Context::Generated
    ) {
        return;
    }
    for fetch in reporter.fetches().iter() {
        let query = fetch.query;
        if query.is_unbounded() && !query.streams && !query.locks {
            check_fetch(fetch, reporter);
        }
    }
    whole_reads::check(function, reporter);
}

fn check_fetch(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let function = fetch.function;
    let models = &function.program.world.models;
    let Some(stream) = models
        .advice(&fetch.package)
        .and_then(|advice| advice.stream.as_ref())
    else {
        return;
    };
    let Some((walker, lp)) = walked_once(fetch) else {
        return;
    };
    let module = function.module();
    let name = function.callee_text(fetch.rows);
    let reached = function.reached();
    let query = fetch.query;
    // How many rows there are is not in sight: as many of the tables walked hold a few hundred, and
    // those in some state are a queue. It is sure of a job that goes through all that users make.
    let is_whole = fetch.is_growing_table()
        && query.scope == Scope::All
        && !query.has_conditions
        && !query.is_projected;
    let is_worth_it = is_whole && !reads_keys(fetch) && !is_migration(function);
    let confidence = if is_worth_it
        && reached.job.is_some()
        && !fetch.is_small_table()
        && !is_run_by_hand(function)
    {
        fetch.confidence.min(Confidence::Medium)
    } else {
        Confidence::Low
    };
    let finding = reporter.report(
        module.span(fetch.rows),
        confidence,
        format!("`{name}` holds all rows in memory, which are walked once"),
    );
    finding.related(walker.place(walker.module().lp(lp).span), "walked here");
    if let Some(job) = reached.job {
        let job = function.program.function(job);
        let name = job.name().unwrap_or_else(|| "this".to_owned());
        let place = job.place(job.declared().name_span);
        finding.related(place, format!("`{name}` runs as a job"));
    }
    finding
        .cost("memory for n rows, and no work before the last has come")
        .help(format!("read them piece by piece: {stream}"));
}

/// Whether all that is read of the rows is their keys.
fn reads_keys(fetch: &Fetch<'_>) -> bool {
    let is_key = |column: &String| matches!(column.as_str(), "id" | "pk");
    fetch.outcomes().iter().any(|outcome| {
        matches!(&outcome.kind, OutcomeKind::Columns(columns, _)
            if !columns.is_empty() && columns.iter().all(is_key))
    })
}

/// Whether a function brings the data of an old version up to date, by its file: that runs once.
pub(super) fn is_migration(function: Function<'_>) -> bool {
    let path = &function.program.world.unit(function.file).path;
    let name = path.rsplit('/').next().unwrap_or_default();
    name.to_ascii_lowercase().contains("migrat")
}

/// Whether two loops stand in different branches of a condition.
fn are_exclusive(function: Function<'_>, a: LoopId, b: LoopId) -> bool {
    let module = function.module();
    let branches = |lp: LoopId| {
        let mut found = Vec::new();
        let mut at = module.lp(lp).stmt;
        loop {
            let block = module.block_of(at);
            at = match module.block(block).owner {
                BlockOwner::Stmt(owner) => {
                    found.push((owner, block));
                    owner
                }
                BlockOwner::Loop(outer) if outer != lp => module.lp(outer).stmt,
                BlockOwner::Loop(_) | BlockOwner::Function(_) | BlockOwner::Nothing => {
                    return found;
                }
            };
        }
    };
    let of_b = branches(b);
    branches(a).iter().any(|&(stmt, block)| {
        matches!(module.stmt(stmt), Stmt::If { .. })
            && of_b
                .iter()
                .any(|&(other, its)| other == stmt && its != block)
    })
}

/// The loop that walks the rows, and its function, if nothing else is done with them and none of
/// them is kept.
fn walked_once<'p>(fetch: &Fetch<'p>) -> Option<(Function<'p>, LoopId)> {
    let function = fetch.function;
    let outcomes = fetch.outcomes();
    let handed = outcomes
        .iter()
        .filter(|outcome| outcome.kind != OutcomeKind::Tested);
    // A function of the project may walk them in its caller's place.
    if let [
        Outcome {
            kind: OutcomeKind::Handed(target, param),
            ..
        },
    ] = handed.collect::<Vec<_>>()[..]
    {
        let walker = function.program.function(*target);
        let lp = only_walk(walker, outcomes_of_param(walker, *param, fetch.entity))?;
        return Some((walker, lp));
    }
    Some((function, only_walk(function, outcomes)?))
}

/// The loop that walks something, if that is all that is done with it and nothing of it is kept.
pub(super) fn only_walk(function: Function<'_>, outcomes: Vec<Outcome>) -> Option<LoopId> {
    let mut found = None;
    for outcome in outcomes {
        match outcome.kind {
            OutcomeKind::Walked(lp) | OutcomeKind::Columns(_, lp) => {
                // A second walk needs the rows again, unless it stands in another branch.
                if found.is_some_and(|known| !are_exclusive(function, known, lp)) {
                    return None;
                }
                found = Some(lp);
            }
            // The last one is at hand after the walk.
            OutcomeKind::Tested | OutcomeKind::First => {}
            _ => return None,
        }
    }
    let lp = found?;
    let module = function.module();
    let streams = match module.lp(lp).kind {
        LoopKind::Each => !keeps_elements(function, lp),
        LoopKind::Comprehension => {
            let uses = function.program.uses(function.file);
            uses.comprehension(lp).is_some_and(|made| {
                matches!(
                    module.expr(made),
                    Expr::Comprehension {
                        kind: ComprehensionKind::Generator,
                        ..
                    }
                )
            })
        }
        _ => false,
    };
    streams.then_some(lp)
}

/// Whether a loop puts its elements, or something for each of them, into a collection: that is as
/// large then as what is read.
fn keeps_elements(function: Function<'_>, lp: LoopId) -> bool {
    let module = function.module();
    let head = module.lp(lp);
    if passes_over(module, lp) {
        return false;
    }
    module.sites.iter().any(|site| {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            return false;
        };
        if site.lp != Some(lp) {
            return false;
        }
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        let is_collection = match module.text(name) {
            "append" | "push" | "extend" => true,
            // `session.add(row)` and `store.add(row)` send it somewhere.
            "add" | "set" => matches!(
                function.type_of(object).wrapper(),
                Some(Wrapper::Set | Wrapper::Map | Wrapper::List)
            ),
            _ => false,
        };
        is_collection
            && !matches!(module.expr(object), Expr::Local(local)
                if is_emptied(function, local, lp))
    }) || module.block(head.body).stmts.iter().any(|&stmt| {
        let Stmt::Expr(expr) = module.stmt(stmt) else {
            return false;
        };
        matches!(module.expr(expr), Expr::Assign { target, .. }
            if matches!(module.expr(target), Expr::Index { .. }))
    })
}

/// Whether a loop leaves out some of its elements: what it keeps is for the others only.
fn passes_over(module: &Module, lp: LoopId) -> bool {
    let is_of_loop = |stmt: StmtId| {
        let mut at = stmt;
        loop {
            at = match module.block(module.block_of(at)).owner {
                BlockOwner::Stmt(owner) => owner,
                BlockOwner::Loop(of) => return of == lp,
                BlockOwner::Function(_) | BlockOwner::Nothing => return false,
            };
        }
    };
    module
        .stmts
        .iter()
        .enumerate()
        .any(|(i, stmt)| matches!(stmt, Stmt::Continue(_)) && is_of_loop(StmtId(i as u32)))
}

/// Whether a loop gives a collection that it fills a new value: a batch that is worked off.
fn is_emptied(function: Function<'_>, local: crate::ir::LocalId, lp: LoopId) -> bool {
    let module = function.module();
    let exprs = module.lp(lp).exprs;
    exprs.iter().any(|id| {
        matches!(module.expr(id), Expr::Assign { op: None, target, .. }
            if module.expr(target) == Expr::Local(local))
    })
}
