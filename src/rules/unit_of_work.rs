//! What the rules about loops know of elements that are pieces of work of their own: each is
//! changed, sent, locked or worked off by itself, so that what is read for it belongs to it.

use super::n_plus_one::{is_element, receiver_chain};
use crate::ir::{BlockOwner, Expr, ExprId, Invocation, LocalKind, Stmt};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::infer::Typer;
use crate::link::models::{Effect, Rows};
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::types::Base;
use crate::link::words;

/// What a function does that is more than to find out.
const CHANGES: &[Effect] = &[
    Effect::DbWrite,
    Effect::Commit,
    Effect::RemoteWrite,
    Effect::Process,
];

/// What is done with an element beside what is read for it: files are work as well.
const WORKS: &[Effect] = &[
    Effect::DbWrite,
    Effect::RemoteWrite,
    Effect::Process,
    Effect::File,
];

/// Whether each element is a piece of work of its own, with writes, messages or a transaction:
/// its reads belong to it and do not come together without writing it anew.
pub(super) fn is_unit_of_work(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    lp: Loop<'_>,
) -> bool {
    let module = function.module();
    // A function that calls itself for the rows it finds walks a tree, which one query can read.
    let is_recursive = found.via.is_some_and(|(target, _)| {
        target.file == function.file && module.function(target.function).exprs.contains(act.expr)
    });
    let walks_tree = is_recursive && lp.cardinality() == Cardinality::Rows;
    if found.via.is_some() {
        let writes = CHANGES
            .iter()
            .any(|&change| function.effect_of(act, change).is_some());
        let callee = found
            .via
            .map(|(target, _)| function.program.function(target));
        let changes =
            || is_action(&function.callee_text(act.expr)) || callee.is_some_and(changes_rows);
        if writes || !walks_tree && changes() {
            return true;
        }
    }
    is_worked_on(function, act, lp)
        || is_in_own_transaction(function, act, lp)
        || takes_row_lock(function, act, lp)
        || takes_first_rows(function, act)
        || has_budget(lp)
        || works_off_group(function, act, lp)
        || gathers_work(function, lp)
        || makes_report(function, lp)
}

/// Whether a loop gathers what another one then changes one by one: `for book in gathered:
/// book.delete()`.
fn gathers_work(function: Function<'_>, lp: Loop<'_>) -> bool {
    let module = function.module();
    let mut gathered = Vec::new();
    for site in function.facts().sites(function.id) {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            continue;
        };
        if let Expr::Member { object, name } = module.expr(callee)
            && lp.repeats(site.expr)
            && matches!(module.text(name), "add" | "append" | "push")
            && let Expr::Local(into) = module.expr(object)
        {
            gathered.push(into);
        }
    }
    function.own_loops().any(|other| {
        let walks = other.head().over.is_some_and(
            |over| matches!(module.expr(over), Expr::Local(local) if gathered.contains(&local)),
        );
        walks
            && other.id != lp.id
            && (changes_each(other)
                || function.facts().sites(function.id).iter().any(|site| {
                    other.repeats(site.expr)
                        && saves(function, site.expr)
                        && function.facts().varies_in(site.expr, other.id)
                }))
    })
}

/// Whether each trip hands its element to many functions of the project, several of which query:
/// what a report of one element is made of.
fn makes_report(function: Function<'_>, lp: Loop<'_>) -> bool {
    /// Functions that a report is made by, and those of them that query.
    const MANY: usize = 5;
    const SEVERAL: usize = 3;
    let facts = function.facts();
    let mut asked: Vec<(String, bool)> = Vec::new();
    for (site, call) in function.calls() {
        let is_own = matches!(call.callee, Callee::Function(_) | Callee::Constructor(..))
            || is_imported(function, site.expr);
        let name = function.callee_text(site.expr);
        if is_own
            && site.lp == Some(lp.id)
            && facts.varies_in(site.expr, lp.id)
            && !asked.iter().any(|(known, _)| *known == name)
        {
            let mut acts = function.acts().iter();
            let reads = acts.any(|act| {
                act.expr == site.expr && function.effect_of(act, Effect::DbRead).is_some()
            });
            asked.push((name, reads));
        }
    }
    asked.len() >= MANY && asked.iter().filter(|(_, reads)| *reads).count() >= SEVERAL
}

/// Whether what is called was imported by its name.
fn is_imported(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    matches!(module.expr(callee), Expr::Local(local)
        if matches!(module.local(local).kind, LocalKind::Import(_)))
}

/// Whether the trip that reads also changes, stores or sends something for its element.
fn is_worked_on(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let outer = (lp.function.id != function.id).then_some(lp.function);
    let module = function.module();
    // `await client.send(new GetCommand(…))` is one read.
    let is_handed = |part: ExprId, whole: ExprId| match module.expr(whole) {
        Expr::Call { callee, args, .. } => callee == part || module.list(args).contains(&part),
        Expr::Await(inner) => inner == part,
        _ => false,
    };
    let asks = |other| is_handed(other, act.expr) || is_handed(act.expr, other);
    std::iter::once(function).chain(outer).any(|owner| {
        let facts = owner.facts();
        let is_beside = |expr: ExprId| expr != act.expr && !asks(expr) && lp.repeats(expr);
        let is_done = owner.acts().iter().any(|other| {
            let does = |effect| owner.effect_of(other, effect).is_some();
            is_beside(other.expr)
                && (does(Effect::Commit)
                    || WORKS.iter().any(|&work| does(work)) && facts.varies_in(other.expr, lp.id))
        });
        is_done
            || facts.sites(owner.id).iter().any(|site| {
                is_beside(site.expr)
                    && (marks(owner, site.expr)
                        || sends(owner, site.expr)
                        || saves(owner, site.expr)
                        || updates(owner, site.expr))
                    && facts.varies_in(site.expr, lp.id)
            })
    })
}

/// Whether a call hands something on to others, by its name. A library's calls that only read are
/// sent as well.
fn sends(function: Function<'_>, call: ExprId) -> bool {
    let is_read = match function.call_at(call).map(|call| &call.callee) {
        Some(Callee::Model(id)) => {
            let effect = function.program.world.models.call(*id).effect;
            !matches!(effect, Some(Effect::Remote | Effect::RemoteWrite))
        }
        _ => false,
    };
    let is_call = matches!(function.module().expr(call), Expr::Call { .. });
    is_call && !is_read && is_message(&function.callee_text(call))
}

/// Whether a call saves or deletes the row that it is asked of, by its name.
pub(super) fn saves(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return false;
    };
    let mut args = module.list(args).iter();
    args.all(|&arg| matches!(module.expr(arg), Expr::Keyword { .. }))
        && matches!(module.expr(callee), Expr::Member { name, .. }
            if matches!(module.text(name), "adelete" | "asave" | "delete" | "save"))
}

/// Whether a call changes rows that a session writes later, by its name and what it does.
fn updates(function: Function<'_>, call: ExprId) -> bool {
    let Some(Callee::Function(callee)) = function.call_at(call).map(|call| &call.callee) else {
        return false;
    };
    let callee = function.program.function(*callee);
    // Of what an interface declares, the name is all there is.
    let is_declared = || {
        let module = callee.module();
        callee.facts().sites(callee.id).is_empty() && module.returned(callee.id).is_empty()
    };
    is_action(&function.callee_text(call))
        && (changes_rows(callee) || is_declared() || hands_to_session(callee))
}

/// Whether a function hands a parameter to a session, by its name: `self.session.add(book)`.
fn hands_to_session(function: Function<'_>) -> bool {
    let module = function.module();
    function.facts().sites(function.id).iter().any(|site| {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            return false;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        let is_session = module
            .last_name(object)
            .is_some_and(|name| name.to_ascii_lowercase().ends_with("session"));
        let is_param = module.list(args).first().is_some_and(|&row| {
            matches!(module.expr(row), Expr::Local(local)
                if matches!(module.local(local).kind, LocalKind::Param(_)))
        });
        is_session && is_param && matches!(module.text(name), "add" | "merge")
    })
}

/// Whether a loop changes each of its rows by a method of the row, or has it deleted: what that
/// reads on its way is the lesser part of the work.
pub(super) fn changes_each(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let module = function.module();
    let writes = function.acts().iter().any(|act| {
        let Expr::Call { callee, .. } = module.expr(act.expr) else {
            return false;
        };
        lp.repeats(act.expr)
            && matches!(module.expr(callee), Expr::Member { object, .. }
                if is_element(function, object, lp))
            && CHANGES
                .iter()
                .any(|&change| function.effect_of(act, change).is_some())
    });
    let is_handed = || {
        function.facts().sites(function.id).iter().any(|site| {
            let Expr::Call { args, .. } = module.expr(site.expr) else {
                return false;
            };
            lp.repeats(site.expr)
                && marks(function, site.expr)
                && module
                    .list(args)
                    .iter()
                    .any(|&arg| is_element(function, arg, lp))
        })
    };
    writes || is_handed()
}

/// Whether each trip of a loop also writes, sends or asks others something for its element: what a
/// relation costs beside that is the lesser part.
pub(super) fn works_for_each(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let facts = function.facts();
    let is_done = function.acts().iter().any(|act| {
        lp.repeats(act.expr)
            && facts.varies_in(act.expr, lp.id)
            && !is_later(&function.callee_text(act.expr))
            && [Effect::DbWrite, Effect::RemoteWrite, Effect::Process]
                .iter()
                .any(|&work| function.effect_of(act, work).is_some())
    });
    is_done
        || facts.sites(function.id).iter().any(|site| {
            lp.repeats(site.expr) && sends(function, site.expr) && facts.varies_in(site.expr, lp.id)
        })
}

/// Whether a call puts off what it is handed: `transaction.on_commit(…)`.
fn is_later(name: &str) -> bool {
    words::is_later(name.rsplit('.').next().unwrap_or(name))
}

/// Whether a function changes rows that a session writes later: it sets their attributes, or hands
/// them to what marks them.
fn changes_rows(function: Function<'_>) -> bool {
    let module = function.module();
    let world = &function.program.world;
    let sets = function.declared().exprs.iter().any(|id| {
        let Expr::Assign { target, .. } = module.expr(id) else {
            return false;
        };
        let Expr::Member { object, .. } = module.expr(target) else {
            return false;
        };
        let ty = function.type_of(object);
        let (Base::Instance(class), true) = (ty.base, ty.is_bare()) else {
            return false;
        };
        let table = world.entities.table(class);
        // What the receiver keeps of itself is no row that was read.
        module.receiver_class(object).is_none()
            && table.is_some_and(|ty| world.models.ty(ty).identity)
    });
    let mut sites = function.facts().sites(function.id).iter();
    sets || sites.any(|site| marks(function, site.expr))
}

/// Whether a call hands rows to a session, which writes them later.
fn marks(function: Function<'_>, call: ExprId) -> bool {
    let world = &function.program.world;
    let callee = function.call_at(call).map(|call| &call.callee);
    let Some(Callee::Model(id)) = callee else {
        return false;
    };
    let mut typer = Typer::new(world, function.file);
    world.models.call(*id).mutates
        && matches!(typer.receiver_of(call).base, Base::Model(ty, _)
            if world.models.ty(ty).serial)
}

/// Whether the read asks for some first rows of many: one query for the first rows of each
/// element is another kind of query.
fn takes_first_rows(function: Function<'_>, act: &Act) -> bool {
    let ActKind::Effect {
        rows: Some(Rows::Many),
        model: Some(model),
        ..
    } = act.kind
    else {
        return false;
    };
    let models = &function.program.world.models;
    let typer = Typer::new(&function.program.world, function.file);
    match &models.call(model).bounded {
        Some(bounded) => typer.is_given(act.expr, bounded),
        None => false,
    }
}

/// Whether the loop ends as soon as enough is done, whatever is left to walk.
fn has_budget(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let facts = lp.function.facts();
    let body = &module.block(lp.head().body).stmts;
    body.iter().any(|&stmt| {
        let Stmt::If { test, then, .. } = module.stmt(stmt) else {
            return false;
        };
        let breaks = module
            .block(then)
            .stmts
            .last()
            .is_some_and(|&last| matches!(module.stmt(last), Stmt::Break(_)));
        breaks && !facts.any_origin(test, |id| module.expr(id) == Expr::Element(lp.id))
    })
}

/// Whether the read locks its row, which is then changed.
fn takes_row_lock(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let locks = |name| is_lock(module.text(name));
    receiver_chain(function, act.expr, lp).iter().any(|&step| {
        let args = match module.expr(step) {
            Expr::Member { name, .. } => return locks(name),
            Expr::Call { args, .. } => module.list(args),
            _ => return false,
        };
        args.iter().any(|&arg| match module.expr(arg) {
            Expr::Map(entries) => module.list(entries).iter().any(
                |&entry| matches!(module.expr(entry), Expr::Keyword { name, .. } if locks(name)),
            ),
            Expr::Keyword { name, .. } => locks(name),
            _ => false,
        })
    })
}

/// Whether what a query is built of locks its rows.
pub(super) fn takes_lock(function: Function<'_>, query: ExprId) -> bool {
    let module = function.module();
    function.facts().any_origin(
        query,
        |id| matches!(module.expr(id), Expr::Member { name, .. } if is_lock(module.text(name))),
    )
}

fn is_lock(name: &str) -> bool {
    matches!(
        name,
        "select_for_update" | "with_for_update" | "forUpdate" | "setLock" | "lock"
    )
}

/// Verbs that hand something on to others.
const SENDS: &[&str] = &[
    "send", "notify", "publish", "enqueue", "deliver", "emit", "dispatch", "schedule", "trigger",
];

/// Whether the last part of a name begins with a verb that hands something on to others.
fn is_message(name: &str) -> bool {
    let verb = verb_of(name);
    let calls_hooks =
        || matches!(verb, "call" | "fire" | "run") && name.to_ascii_lowercase().contains("webhook");
    (SENDS.contains(&verb) || matches!(verb, "delay" | "apply") || calls_hooks())
        && !name.ends_with("apply")
}

/// The first word of the last part of a name: `mail.send_later`, `_sendLater`: send.
fn verb_of(name: &str) -> &str {
    let name = name.rsplit('.').next().unwrap_or(name).trim_matches('_');
    let end = name
        .find(|c: char| c == '_' || c.is_ascii_uppercase())
        .unwrap_or(name.len());
    &name[..end]
}

/// Whether the last part of a name begins with a verb that changes something, hands it on or
/// starts it.
pub(super) fn is_action(name: &str) -> bool {
    let verb = verb_of(name);
    SENDS.contains(&verb)
        || matches!(
            verb,
            "start"
                | "stop"
                | "close"
                | "connect"
                | "disconnect"
                | "subscribe"
                | "unsubscribe"
                | "shutdown"
                | "teardown"
                | "initialize"
                | "flush"
                | "create"
                | "update"
                | "upsert"
                | "save"
                | "delete"
                | "accept"
                | "approve"
                | "cancel"
                | "reject"
                | "revoke"
                | "remove"
                | "destroy"
                | "import"
                | "sync"
                | "migrate"
                | "move"
        )
}

/// Whether a transaction is opened around the read in each trip.
fn is_in_own_transaction(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = function.module();
    let opens = |expr: ExprId| {
        let name = function.callee_text(expr).to_ascii_lowercase();
        ["transaction", "atomic", "savepoint", "begin"]
            .iter()
            .any(|word| name.contains(word))
    };
    let mut at = act.stmt;
    let mut within = function.id;
    loop {
        match module.block(module.block_of(at)).owner {
            BlockOwner::Stmt(owner) => {
                if let Stmt::With { items, .. } = module.stmt(owner)
                    && module.list(items).iter().any(|&item| opens(item))
                {
                    return true;
                }
                at = owner;
            }
            BlockOwner::Loop(inner) if inner != lp.id => at = module.lp(inner).stmt,
            BlockOwner::Loop(_) => return false,
            _ => {
                let declared = module.function(within);
                let Invocation::Argument(call, _) = declared.invocation else {
                    return false;
                };
                let outer = declared.parent.filter(|_| lp.repeats(call));
                let Some((outer, stmt)) = outer.and_then(|outer| {
                    let outer = Function {
                        id: outer,
                        ..function
                    };
                    Some((outer.id, outer.stmt_of(call)?))
                }) else {
                    return false;
                };
                if opens(call) {
                    return true;
                }
                (within, at) = (outer, stmt);
            }
        }
    }
}

/// Whether a trip asks for a group of rows and changes rows: the group is what is worked on.
fn works_off_group(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let is_group = matches!(
        act.kind,
        ActKind::Effect {
            rows: Some(Rows::Many),
            ..
        }
    );
    is_group
        && function.acts().iter().any(|other| {
            lp.repeats(other.expr)
                && CHANGES
                    .iter()
                    .any(|&change| function.effect_of(other, change).is_some())
        })
}
