//! A write that repeats, and the bulk form that could replace it: a part of `write-in-loop`.

use super::write_in_loop::{does_more, table_of};
use crate::ir::{Expr, ExprId, LocalKind, Module, Stmt};
use crate::link::call_graph::{Act, ActKind};
use crate::link::models::{CallModel, Effect, Rows, Wrapper};
use crate::link::program::{ActEffect, Function, Loop};
use crate::link::row_hooks::RowHooks;
use crate::link::types::{Base, ClassRef, Entity};
use crate::link::words;

/// A write that a bulk form could replace.
pub(super) struct Write {
    /// The bulk form.
    pub(super) bulk: Option<String>,
    /// Whether it sends what a session has gathered, without a word about the element.
    pub(super) sends_session: bool,
    /// Whether it is handed several rows already.
    pub(super) takes_group: bool,
    /// Whether it writes only what it does not find, or into a table that it is handed.
    pub(super) may_be_elsewhere: bool,
    /// The project's own method that runs around the library's: `Invoice.save`.
    pub(super) hook: Option<String>,
    /// Whether the project has code of its own run around the write of such a row.
    pub(super) runs_hooks: bool,
    /// The position of the only argument that the bulk form takes many of.
    pub(super) bulk_of: Option<u8>,
}

impl Write {
    /// None if no bulk form is known, if nothing leaves the process, or if a block is opened
    /// that ends in a commit: such a transaction for each element is meant.
    pub(super) fn of(function: Function<'_>, act: &Act, found: ActEffect) -> Option<Self> {
        let (owner, last) = function.final_site(act, found);
        let ActKind::Effect {
            effect,
            ref bulk,
            model,
            ..
        } = last.kind
        else {
            return None;
        };
        let models = &function.program.world.models;
        let model: Option<&CallModel> = model.map(|id| models.call(id));
        let is_sql = model.is_some_and(|model| model.sql.is_some());
        if bulk.is_none() && !is_sql {
            return None;
        }
        let receiver = receiver_type(owner, last);
        let is_local = matches!(receiver, Base::Model(ty, _) if models.ty(ty).local);
        if effect == Effect::DbWrite && is_local {
            return None;
        }
        let opens_block = model.is_some_and(|m| m.callback.is_some()) || is_entered(owner, last);
        if effect == Effect::Commit && opens_block {
            return None;
        }
        let takes_nothing = match owner.module().expr(last.expr) {
            Expr::Call { args, .. } => args.is_empty(),
            _ => false,
        };
        let is_session = matches!(receiver, Base::Model(ty, _) if models.ty(ty).serial);
        Some(Self {
            bulk: bulk.clone(),
            sends_session: takes_nothing && is_session,
            takes_group: match model {
                Some(model) if model.iterates.is_some() && is_sql => true,
                // What goes with SQL text are its parameters.
                Some(_) if is_sql => owns_statement(owner, last) && has_rows(owner, last),
                _ => takes_group(owner, last),
            },
            may_be_elsewhere: takes_table(owner, last)
                || model.is_some_and(|model| model.rows == Some(Rows::One)),
            hook: hook(owner, last),
            runs_hooks: runs_hooks(owner, last),
            bulk_of: model.and_then(|model| model.bulk_of),
        })
    }
}

fn receiver_type(function: Function<'_>, act: &Act) -> Base {
    let module = function.module();
    match module.expr(act.expr) {
        Expr::Call { callee, .. } => match module.expr(callee) {
            Expr::Member { object, .. } => function.type_of(object).base,
            _ => Base::Unknown,
        },
        _ => Base::Unknown,
    }
}

/// Whether the act is what a `with` enters.
pub(super) fn is_entered(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let Stmt::With { items, .. } = module.stmt(act.stmt) else {
        return false;
    };
    let mut open = module.list(items).to_vec();
    while let Some(id) = open.pop() {
        if id == act.expr {
            return true;
        }
        if let Expr::Assign { value, .. } | Expr::Entered(value) = module.expr(id) {
            open.push(value);
        }
    }
    false
}

/// Whether an argument is a statement that was built, not written as text.
fn owns_statement(function: Function<'_>, act: &Act) -> bool {
    let models = &function.program.world.models;
    let Expr::Call { args, .. } = function.module().expr(act.expr) else {
        return false;
    };
    let mut args = function.module().list(args).iter();
    args.any(|&arg| {
        matches!(function.type_of(arg).base, Base::Model(ty, _) if models.ty(ty).statement.is_some())
    })
}

/// Whether something other than one row, written out, goes with a statement.
fn has_rows(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    module.list(args).get(1).is_some_and(|&arg| {
        !matches!(
            module.expr(arg),
            Expr::Map(_) | Expr::Keyword { .. } | Expr::Spread(_)
        )
    })
}

/// Whether an argument is a list of rows.
fn takes_group(function: Function<'_>, act: &Act) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(act.expr) else {
        return false;
    };
    // One element wrapped in a list is still one element.
    let is_list = |value| {
        function.type_of(value).wrapper() == Some(Wrapper::List)
            && !matches!(module.expr(value), Expr::Sequence { .. })
    };
    module.list(args).iter().any(|&arg| match module.expr(arg) {
        // `createMany({ data: rows })`
        Expr::Map(entries) => module.list(entries).iter().any(|&entry| {
            matches!(module.expr(entry), Expr::Keyword { name, value }
                if module.text(name) == "data" && is_list(value))
        }),
        Expr::Keyword { .. } => false,
        _ => is_list(arg),
    })
}

/// The project's method that overrides the library's and calls it, at the end of the chain.
fn hook(owner: Function<'_>, last: &Act) -> Option<String> {
    let module = owner.module();
    let Expr::Call { callee, .. } = module.expr(last.expr) else {
        return None;
    };
    let Expr::Member { object, .. } = module.expr(callee) else {
        return None;
    };
    match module.expr(object) {
        Expr::Super => owner.name(),
        _ => None,
    }
}

/// Whether signals, hooks or an overridden method run around the write of each row, which bulk
/// forms leave out.
fn runs_hooks(owner: Function<'_>, last: &Act) -> bool {
    let module = owner.module();
    let Expr::Call { callee, args, .. } = module.expr(last.expr) else {
        return false;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return false;
    };
    let is_refused = |&arg: &ExprId| {
        matches!(module.expr(arg), Expr::Map(entries)
            if module.list(entries).iter().any(|&entry| says_no(module, entry)))
            || says_no(module, arg)
    };
    if module.list(args).iter().any(is_refused) {
        return false;
    }
    let name = module.text(name);
    let removes = ["delete", "destroy", "remove"]
        .iter()
        .any(|word| name.starts_with(word));
    let (class, is_row) = match owner.type_of(object).base {
        Base::Instance(class) => (class, true),
        Base::Class(class) | Base::Model(_, Entity::Class(class)) => (class, false),
        _ => return false,
    };
    let world = &owner.program.world;
    if world.entities.table(class).is_none() {
        return false;
    }
    // What changes or removes all that a query finds runs nothing for its rows, as it is.
    let goes_by_query = !is_row && (removes || name == "update");
    if goes_by_query {
        return false;
    }
    let RowHooks { saves, deletes } = owner.program.row_hooks(class);
    if removes {
        deletes
    } else {
        saves || saves_otherwise(owner, class)
    }
}

/// `hooks: false`
fn says_no(module: &Module, entry: ExprId) -> bool {
    matches!(module.expr(entry), Expr::Keyword { name, value }
        if module.text(name) == "hooks" && module.expr(value) == Expr::Bool(false))
}

/// Whether the rows of a class are saved by a method of the project's that does more than to save.
fn saves_otherwise(owner: Function<'_>, class: ClassRef) -> bool {
    let world = &owner.program.world;
    let Some(save) = world.method(class, "save") else {
        return false;
    };
    let save = owner.program.function(save);
    let is_super = |expr: ExprId| {
        save.facts()
            .any_origin(expr, |id| save.module().expr(id) == Expr::Super)
    };
    let acts = save.acts().iter();
    let write = acts.clone().position(|act| is_super(act.expr));
    match write {
        Some(write) => does_more(save, write as u32),
        None => save.acts().iter().any(|act| {
            !matches!(
                act.kind,
                ActKind::Effect {
                    effect: Effect::DbRead,
                    ..
                }
            )
        }),
    }
}

/// Whether a function starts work for the row beside writing it.
pub(super) fn starts_work(function: Function<'_>) -> bool {
    let sites = function.facts().sites(function.id).iter();
    let mut calls = sites.map(|site| site.expr);
    calls.any(|call| is_start(function.module(), call))
}

/// Whether the trips of a loop start work.
pub(super) fn starts_work_in(function: Function<'_>, lp: Loop<'_>) -> bool {
    let sites = function.facts().sites(function.id).iter();
    let mut inside = sites.filter(|site| lp.function.id == function.id && site.lp == Some(lp.id));
    inside.any(|site| is_start(function.module(), site.expr))
}

fn is_start(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let Some(name) = module.last_name(callee) else {
        return false;
    };
    words::starts_work(name)
}

/// Whether a callee is handed the table.
fn takes_table(owner: Function<'_>, last: &Act) -> bool {
    let module = owner.module();
    table_of(owner, last).is_some_and(|table| {
        matches!(module.expr(table), Expr::Local(local)
            if matches!(module.local(local).kind, LocalKind::Param(_)))
    })
}
