//! Whether an expression has the same value in each trip of a loop.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::root_local;
use crate::ir::{Expr, ExprId, LocalId, LocalKind, LoopId, Name, UnaryOp};
use crate::link::call_graph::Callee;
use crate::link::program::{Function, Loop};
use crate::link::types::Base;

/// What the trips of loops change, found once for each loop.
#[derive(Debug, Default)]
pub(super) struct Invariance {
    changed: FxHashMap<LoopId, Changed>,
}

/// What the trips of one loop may change.
#[derive(Debug, Default)]
struct Changed {
    /// Names whose value is changed, or handed to what may change it, and by which calls.
    locals: FxHashMap<LocalId, SmallVec<[ExprId; 2]>>,
    /// Members that are assigned.
    members: FxHashSet<Name>,
    /// The calls of the receiver's methods.
    receiver: SmallVec<[ExprId; 2]>,
}

impl Invariance {
    /// Whether a call asks for the same in each trip. What the call itself does to its receiver
    /// is not asked.
    pub(super) fn is_same(&mut self, function: Function<'_>, call: ExprId, lp: Loop<'_>) -> bool {
        let module = function.module();
        let facts = function.facts();
        if facts.varies_in(call, lp.id) {
            return false;
        }
        let own = match module.expr(call) {
            Expr::Await(inner) => inner,
            _ => call,
        };
        let changed = self
            .changed
            .entry(lp.id)
            .or_insert_with(|| Changed::of(function, lp));
        let by_others = |calls: &[ExprId]| calls.iter().any(|&by| by != own);
        !facts.any_origin(call, |id| match module.expr(id) {
            Expr::Local(local) => changed.locals.get(&local).is_some_and(|c| by_others(c)),
            Expr::This => by_others(&changed.receiver),
            Expr::Member { name, .. } => changed.members.contains(&name),
            // What another call returns is not known to be the same.
            Expr::Call { .. } => id != own && lp.repeats(id) && !is_pure(function, id),
            Expr::Yield(_) | Expr::Unknown(_) => lp.repeats(id),
            _ => false,
        })
    }
}

impl Changed {
    fn of(function: Function<'_>, lp: Loop<'_>) -> Self {
        let module = function.module();
        let mut changed = Self::default();
        let head = lp.head();
        let callback = match head.callback.map(|callback| module.expr(callback)) {
            Some(Expr::Function(f)) => module.function(f).exprs.iter().collect(),
            _ => Vec::new(),
        };
        for id in head.exprs.iter().chain(callback) {
            match module.expr(id) {
                Expr::Assign { target, .. }
                | Expr::Unary {
                    op: UnaryOp::Delete,
                    operand: target,
                } => match module.expr(target) {
                    Expr::Member { name, .. } => {
                        changed.members.insert(name);
                    }
                    Expr::Index { object, .. } => changed.touch(function, object, id),
                    _ => {}
                },
                Expr::Call { callee, args, .. } if may_change(function, id) => {
                    if let Expr::Member { object, .. } = module.expr(callee) {
                        if module.receiver_class(object).is_some() {
                            changed.receiver.push(id);
                        }
                        changed.touch(function, object, id);
                    }
                    for &arg in module.list(args) {
                        if matches!(module.expr(arg), Expr::Local(_)) {
                            changed.touch(function, arg, id);
                        }
                    }
                }
                _ => {}
            }
        }
        changed
    }

    /// The value of a name may be changed through it; modules and plain values stay as they are.
    fn touch(&mut self, function: Function<'_>, value: ExprId, by: ExprId) {
        let module = function.module();
        let Some(local) = root_local(module, value) else {
            return;
        };
        let is_fixed = matches!(
            module.local(local).kind,
            LocalKind::Import(_) | LocalKind::Function(_) | LocalKind::Class(_)
        ) || module.receiver_class(value).is_some();
        let is_plain = module.expr(value) == Expr::Local(local)
            && matches!(
                function.type_of(value).base,
                Base::Str | Base::Num | Base::Bool
            );
        if !is_fixed && !is_plain {
            self.locals.entry(local).or_default().push(by);
        }
    }
}

/// Whether a call is known to do nothing but give a result.
fn is_pure(function: Function<'_>, call: ExprId) -> bool {
    match callee_of(function, call) {
        Some(&Callee::Model(id)) => {
            let model = function.program.world.models.call(id);
            !model.mutates && model.effect.is_none()
        }
        Some(Callee::Constructor(_, None)) => true,
        _ => false,
    }
}

/// Whether a call may change its receiver or what it is handed.
fn may_change(function: Function<'_>, call: ExprId) -> bool {
    match callee_of(function, call) {
        Some(&Callee::Model(id)) => function.program.world.models.call(id).mutates,
        Some(Callee::Constructor(_, None)) => false,
        _ => true,
    }
}

fn callee_of(function: Function<'_>, call: ExprId) -> Option<&Callee> {
    let owner = Function {
        id: function.module().function_of(call),
        ..function
    };
    owner.call_at(call).map(|call| &call.callee)
}
