//! `linear-search-in-loop`: a search through a growing list, once per trip.

use super::few_elements::walks_map;
use super::few_rows::{call_for, why_few_rows};
use super::request_lists::why_few_handed;
use super::{Reporter, Rule, element_text, growing_loop, root_local};
use crate::analysis::def_use::Def;
use crate::finding::Confidence;
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind, LoopId, Stmt, StmtId};
use crate::link::call_graph::{ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::infer::Typer;
use crate::link::models::{Cost, Wrapper};
use crate::link::program::{Function, Loop};
use crate::link::words;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("linear-search-in-loop", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let facts = function.facts();
    let module = function.module();
    for site in facts.sites(function.id) {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        let Some(call) = function.call_at(site.expr) else {
            continue;
        };
        let bulk = match call.callee {
            Callee::Model(model) => {
                let model = function.program.world.models.call(model);
                if model.cost != Some(Cost::Search) {
                    continue;
                }
                model.bulk.clone()
            }
            // The type is not known, but what is done with the value elsewhere tells.
            Callee::Unknown => match replacement_of(module.text(name)) {
                Some(bulk) => Some(bulk.to_owned()),
                None => continue,
            },
            _ => continue,
        };
        let loops = function.loops_around(site.lp);
        let help = bulk;
        let what = format!("`{}`", module.text(name));
        search(
            function,
            &loops,
            site.expr,
            Some(site.stmt),
            object,
            &what,
            help,
            reporter,
        );
    }
    membership_tests(function, reporter);
    through_calls(function, reporter);
}

/// `find_user(users, id)`, where that goes through all `users`.
fn through_calls(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let facts = function.facts();
    for act in function.acts() {
        let ActKind::Call(target) = act.kind else {
            continue;
        };
        let is_call = matches!(module.expr(act.expr), Expr::Call { .. });
        let is_own = target.file == function.file && target.function == function.id;
        if !is_call || is_own || act.is_memoized {
            continue;
        }
        let loops = function.loops_around(act.lp);
        let Some((lp, trips)) = growing_loop(&loops) else {
            continue;
        };
        // What waits in each trip is slow by that, and what is the same in each is another rule.
        if super::waits_per_trip(lp)
            || !facts.varies_in(act.expr, lp.id)
            || facts.exits_on(lp.id, act.expr)
            || lp.function.id == function.id && facts.runs_at_most_once(act.stmt, lp.id)
        {
            continue;
        }
        if function.program.summary(target).is_cached {
            continue;
        }
        let mut walks = function.program.walks(target);
        let Some((walk, list, size)) = walks.find_map(|walk| {
            let list = function.argument_for(act.expr, target, walk.of.param)?;
            let size = walked_again(function, list, act.expr, lp)?;
            Some((walk, list, size))
        }) else {
            continue;
        };
        let confidence = match (trips, size) {
            _ if is_for_error(lp) => Confidence::Low,
            _ if works_on_each(function.program.function(target), walk.of.param) => {
                reporter.because(act.expr, "what it does with each element is no search");
                Confidence::Low
            }
            (Cardinality::Rows, Cardinality::Rows) => Confidence::Medium,
            _ => Confidence::Low,
        };
        let name = function.callee_text(act.expr);
        let text = super::collection_text(function, list);
        let element = element_text(lp);
        let finding = reporter.report(
            module.span(act.expr),
            confidence.min(act.confidence),
            format!("`{name}` walks `{text}` for each {element}"),
        );
        finding.related(lp.place(), "repeated by this loop");
        finding.related.extend(function.steps_of(walk));
        finding.cost("O(n·m) steps").help(format!(
            "look up what is needed of `{text}` in a map or set, built once before the loop"
        ));
    }
}

/// Whether a function does something with each element that it is handed, for its own sake:
/// `for key in keys: store.remove(key)`.
fn works_on_each(function: Function<'_>, param: u16) -> bool {
    /// What a search puts together.
    const KEEPS: &[&str] = &["add", "append", "extend", "push", "set"];
    let module = function.module();
    let is_param = |over: ExprId| {
        matches!(module.expr(over), Expr::Local(local)
            if matches!(module.local(local).kind, LocalKind::Param(at) if at == param))
    };
    let mut loops = module.loops.iter();
    loops.any(|lp| {
        lp.function == function.id
            && lp.over.is_some_and(is_param)
            && module.block(lp.body).stmts.iter().any(|&stmt| {
                let Stmt::Expr(expr) = module.stmt(stmt) else {
                    return false;
                };
                let Expr::Call { callee, .. } = module.expr(expr) else {
                    return false;
                };
                matches!(module.expr(callee), Expr::Member { name, .. }
                    if !KEEPS.contains(&module.text(name)))
            })
    })
}

/// How large a list is that is handed to a call in each trip of a loop, if it is the same list
/// and grows.
fn walked_again(
    function: Function<'_>,
    list: ExprId,
    call: ExprId,
    lp: Loop<'_>,
) -> Option<Cardinality> {
    let module = function.module();
    let is_named = matches!(module.expr(list), Expr::Local(_) | Expr::Member { .. });
    let is_new = function.facts().varies_in(list, lp.id) || is_made_in(function, list, lp);
    if !is_named || is_new && !is_made_of_itself(function, list, call) {
        return None;
    }
    let ty = function.type_of(list);
    let is_collection = match ty.wrapper() {
        Some(wrapper) => matches!(wrapper, Wrapper::List | Wrapper::Set | Wrapper::Map),
        None => ty.is_unknown(),
    };
    let size = function.program.size_of(function.file, list);
    let grows = matches!(size, Cardinality::Unknown | Cardinality::Rows);
    (is_collection && grows).then_some(size)
}

/// `books = without(books, id)`
fn is_made_of_itself(function: Function<'_>, list: ExprId, call: ExprId) -> bool {
    let Expr::Local(local) = function.module().expr(list) else {
        return false;
    };
    let def_use = &function.facts().def_use;
    def_use
        .assignments(local)
        .iter()
        .any(|&def| matches!(def_use.def(def), Def::Value { value, .. } if *value == call))
}

/// `x in xs`
fn membership_tests(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let exprs = function.declared().exprs;
    for id in exprs.iter() {
        let Expr::Binary {
            op: BinaryOp::In | BinaryOp::NotIn,
            right,
            ..
        } = module.expr(id)
        else {
            continue;
        };
        if module.function_of(id) != function.id {
            continue;
        }
        let innermost = innermost_loop(function, id);
        let loops = function.loops_around(innermost);
        if loops.is_empty() {
            continue;
        }
        search(function, &loops, id, None, right, "`in`", None, reporter);
    }
}

/// The innermost loop of a function that repeats an expression.
fn innermost_loop(function: Function<'_>, id: ExprId) -> Option<LoopId> {
    let module = function.module();
    (0..module.loops.len() as u32)
        .map(LoopId)
        .rev()
        .find(|&lp| module.lp(lp).function == function.id && module.lp(lp).exprs.contains(id))
}

#[expect(clippy::too_many_arguments, reason = "what was found and where, once")]
fn search(
    function: Function<'_>,
    loops: &[Loop<'_>],
    expr: ExprId,
    stmt: Option<StmtId>,
    list: ExprId,
    what: &str,
    help: Option<String>,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let facts = function.facts();
    let Some((lp, trips)) = growing_loop(loops) else {
        reporter.because(expr, super::why_not_growing(loops));
        return;
    };
    // A list that belongs to the element, or is made anew each trip, is walked once.
    if facts.varies_in(list, lp.id) && !grows_across(function, list, lp) {
        reporter.because(expr, "the list belongs to the element");
        return;
    }
    if is_made_in(function, list, lp) {
        reporter.because(expr, "the list is made in the trip that searches it");
        return;
    }
    // Searching for the same thing each time is loop-invariant; hoisting it is another rule.
    if !facts.varies_in(expr, lp.id) {
        reporter.because(expr, "it searches for the same in each trip");
        return;
    }
    let mut typer = Typer::new(&function.program.world, function.file);
    let ty = typer.of(list);
    let is_list = match ty.wrapper() {
        Some(wrapper) => wrapper == Wrapper::List,
        None => ty.is_unknown() && is_used_as_list(function, list, expr),
    };
    if !is_list {
        reporter.because(
            expr,
            "nothing says that it is a list: sets, maps and strings are searched fast",
        );
        return;
    }
    let size = function.program.size_of(function.file, list);
    if matches!(size, Cardinality::Fixed | Cardinality::Batches) {
        reporter.because(expr, "the list has a fixed number of elements");
        return;
    }
    let at_most_once = lp.function.id == function.id
        && stmt.is_some_and(|stmt| facts.runs_at_most_once(stmt, lp.id));
    // A search that ends the loop runs to the end once.
    if at_most_once || facts.exits_on(lp.id, expr) {
        reporter.because(
            expr,
            "it runs in one trip at most, or the loop ends by what it finds",
        );
        return;
    }
    // Names of fields and options, records of a form and lists without duplicates are lists too,
    // and a handful as often as not: what is sure to grow are rows.
    let confidence = match (trips, size) {
        _ if function.context() != Context::Product => {
            reporter.because(expr, super::BY_HAND);
            Confidence::Low
        }
        _ if !compares(function, expr) => {
            reporter.because(
                expr,
                "its test is no comparison that a look-up by key replaces",
            );
            Confidence::Low
        }
        (Cardinality::Unknown, _) if walks_map(lp) => {
            reporter.because(expr, "the entries of a map are options as often as rows");
            Confidence::Low
        }
        _ if are_few(function, list)
            || lp
                .head()
                .over
                .is_some_and(|over| are_few(lp.function, over))
            || are_members(function, list)
            || why_few_handed(lp).is_some() =>
        {
            reporter.because(expr, "what belongs to one row is a handful as often as not");
            Confidence::Low
        }
        _ if function.program.is_asked_by_keys(function.file, list) => {
            reporter.because(expr, "what is asked for by its keys is a batch of them");
            Confidence::Low
        }
        _ if super::waits_per_trip(lp) => {
            reporter.because(expr, "each trip waits for longer than the search takes");
            Confidence::Low
        }
        _ if is_for_error(lp) => Confidence::Low,
        (Cardinality::Rows, Cardinality::Rows) => Confidence::High,
        (Cardinality::Rows, _) if is_added_to(function, list, lp) => Confidence::Medium,
        // One list beside rows, as one without duplicates, is short as often as not: names that a
        // request brings, options. So are two that were asked for, which may not be rows.
        _ => {
            reporter.because(
                expr,
                "nothing says that the list and the loop have many elements",
            );
            Confidence::Low
        }
    };
    let name = super::collection_text(function, list);
    let element = element_text(lp);
    reporter
        .report(
            module.span(expr),
            confidence.min(ty.confidence),
            format!("{what} walks `{name}` for each {element}"),
        )
        .related(lp.place(), "repeated by this loop")
        .cost("O(n·m) comparisons")
        .help(match help {
            Some(help) => format!("use {help}, built once before the loop"),
            None => format!("keep the elements of `{name}` in a set, built once before the loop"),
        });
}

/// Whether a loop only puts together what is wrong: `throw new Error(xs.filter(…).join())`.
fn is_for_error(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    matches!(module.stmt(lp.head().stmt), Stmt::Throw(_))
}

/// Whether a search with a function tests for something that is equal.
fn compares(function: Function<'_>, search: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(search) else {
        return true;
    };
    let Some(Expr::Function(test)) = module.list(args).first().map(|&arg| module.expr(arg)) else {
        return true;
    };
    module.function(test).exprs.iter().any(|id| {
        matches!(
            module.expr(id),
            Expr::Binary {
                op: BinaryOp::Equal
                    | BinaryOp::NotEqual
                    | BinaryOp::Is
                    | BinaryOp::IsNot
                    | BinaryOp::In
                    | BinaryOp::NotIn,
                ..
            }
        )
    })
}

/// What replaces a method that only lists have in a form that searches: a set answers whether,
/// a map which.
fn replacement_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "find" | "findLast" => "a Map by the compared key",
        "findIndex" | "findLastIndex" => "a Map from key to position",
        "filter" => "a Map from the compared key to its elements",
        "some" | "every" => "a Set of the compared keys",
        "includes" => "a Set",
        "indexOf" | "lastIndexOf" => "a Map from element to position",
        _ => return None,
    })
}

/// Whether the loop adds to the list.
pub(super) fn is_added_to(function: Function<'_>, list: ExprId, lp: Loop<'_>) -> bool {
    let module = function.module();
    module.sites.iter().any(|site| {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            return false;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        lp.repeats(site.expr)
            && matches!(module.text(name), "append" | "push" | "unshift" | "insert")
            && super::same_path(module, object, list)
    })
}

/// Whether a value of unknown type is a list by what is done with it: it is searched with a
/// function, or somewhere mapped, filtered, pushed to.
fn is_used_as_list(function: Function<'_>, list: ExprId, search: ExprId) -> bool {
    let module = function.module();
    if module.exports_all {
        return false;
    }
    let takes_function = |call: ExprId| match module.expr(call) {
        Expr::Call { args, .. } => module
            .list(args)
            .first()
            .is_some_and(|&arg| matches!(module.expr(arg), Expr::Function(_))),
        _ => false,
    };
    if takes_function(search) {
        return true;
    }
    let Expr::Local(local) = module.expr(list) else {
        return false;
    };
    let is_mapped = function
        .facts()
        .def_use
        .single_value(local)
        .is_some_and(|value| function.facts().loop_of_call.contains_key(&value));
    if is_mapped {
        return true;
    }
    let maps = module.sites.iter().any(|site| {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            return false;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        let name = module.text(name);
        module.expr(object) == Expr::Local(local)
            && (matches!(name, "push" | "unshift")
                || (matches!(
                    name,
                    "map"
                        | "forEach"
                        | "filter"
                        | "reduce"
                        | "flatMap"
                        | "some"
                        | "every"
                        | "find"
                        | "sort"
                ) && takes_function(site.expr)))
    });
    maps || module.loops.iter().any(|lp| {
        lp.over
            .is_some_and(|over| module.expr(over) == Expr::Local(local))
    })
}

/// Whether a list that lives outside the loop gets longer by its trips.
pub(super) fn grows_across(function: Function<'_>, list: ExprId, lp: Loop<'_>) -> bool {
    let module = function.module();
    let facts = function.facts();
    let Some(local) = root_local(module, list) else {
        return false;
    };
    // Defined before the loop, or by the enclosing function of a callback.
    let assigned_inside = facts.def_use.assignments(local).iter().any(|&def| {
        matches!(facts.def_use.def(def), Def::Value { target, .. }
            if lp.head().exprs.contains(*target))
    });
    let is_handed_on = matches!(module.local(local).kind, LocalKind::Param(i)
        if usize::from(i) < module.element_param(lp.id));
    !assigned_inside && (module.local(local).function == lp.function.id || is_handed_on)
}

/// Whether the list is made inside the loop.
pub(super) fn is_made_in(function: Function<'_>, list: ExprId, lp: Loop<'_>) -> bool {
    let module = function.module();
    let facts = function.facts();
    let Some(local) = root_local(module, list) else {
        // A list without a name is made where it stands.
        return !matches!(module.expr(list), Expr::Member { .. } | Expr::This);
    };
    if let LocalKind::Param(i) = module.local(local).kind {
        // What `reduce` hands on is made before the first trip.
        let of_elements = module.element_param(lp.id);
        if usize::from(i) == of_elements + 2 || usize::from(i) < of_elements {
            return false;
        }
        let owner = module.local(local).function;
        return owner != lp.function.id
            && lp.head().callback.is_some_and(|callback| {
                matches!(module.expr(callback), Expr::Function(f)
                    if module.function(f).exprs.contains(ExprId(module.function(owner).exprs.start)))
            });
    }
    facts.def_use.assignments(local).iter().any(
        |&def| matches!(facts.def_use.def(def), Def::Value { target, .. } if lp.repeats(*target)),
    )
}

/// Whether rows are few, or belong to one other row.
fn are_few(function: Function<'_>, rows: ExprId) -> bool {
    why_few_rows(function, rows).is_some() || super::is_of_one_parent(function, rows)
}

/// Whether the elements of a list are the people of some group, who are few: the users of a team.
fn are_members(function: Function<'_>, list: ExprId) -> bool {
    let module = function.module();
    let Some(call) = call_for(function, list) else {
        return false;
    };
    // Without a condition they are all that there are.
    let is_selected = matches!(module.expr(call), Expr::Call { args, .. } if !args.is_empty());
    is_selected
        && function.callee_path(call).iter().any(|name| {
            words::singulars(name)
                .iter()
                .any(|name| words::is_member(&name.to_lowercase()))
        })
}
