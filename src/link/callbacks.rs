//! Functions handed to calls by name or as literals: which of them run, and under which loop of
//! the function they are handed to.

use rustc_hash::FxHashMap;

use super::call_graph::{Act, ActKind, LinkedFile};
use super::program::Function;
use super::types::FunctionRef;
use super::world::World;
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionId, LoopId, Module, Name, ParamKind, StmtId};
use crate::source::FileId;

/// Times that parameters handed on are followed.
const MAX_ROUNDS: usize = 8;

/// A loop of any file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopRef {
    /// Its file.
    pub file: FileId,
    /// Its id there.
    pub lp: LoopId,
}

/// How an argument finds its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// By position among the arguments.
    Position(u16),
    /// By name, in the caller's file.
    Keyword(Name),
}

/// What is handed to a project function.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given {
    /// A function.
    Function(FunctionRef, Confidence),
    /// A parameter of the function that hands it on.
    Param(FunctionId, u16),
}

/// An argument of a call of a project function that may be called there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handed {
    /// The function that makes the call.
    pub caller: FunctionId,
    /// The call.
    pub call: ExprId,
    /// The loop around the call.
    pub lp: Option<LoopId>,
    /// Its statement.
    pub stmt: StmtId,
    /// What is called.
    pub callee: FunctionRef,
    /// Which argument.
    pub slot: Slot,
    /// The argument.
    pub argument: ExprId,
    /// What it is.
    pub given: Given,
}

/// The parameters of a function that it calls, straight or through what it hands them to, with
/// the loop around.
pub(super) type CalledParams = FxHashMap<(FunctionId, u16), Option<LoopRef>>;

/// Adds the calls of handed functions to what their callers do.
pub(super) fn link_handed(world: &World, linked: &mut [LinkedFile]) {
    for _ in 0..MAX_ROUNDS {
        let mut found = Vec::new();
        for (i, file) in linked.iter().enumerate() {
            for handed in &file.handed {
                let Given::Param(function, param) = handed.given else {
                    continue;
                };
                if linked[i].called_params.contains_key(&(function, param)) {
                    continue;
                }
                let module = &world.unit(FileId(i as u32)).facts.module;
                let Some(inner) = called(world, linked, module, handed) else {
                    continue;
                };
                let own = handed.lp.map(|lp| LoopRef {
                    file: FileId(i as u32),
                    lp,
                });
                found.push((i, (function, param), own.or(inner)));
            }
        }
        if found.is_empty() {
            break;
        }
        for (i, key, lp) in found {
            linked[i].called_params.entry(key).or_insert(lp);
        }
    }
    for i in 0..linked.len() {
        let module = &world.unit(FileId(i as u32)).facts.module;
        let mut added: Vec<(FunctionId, Act)> = Vec::new();
        for handed in &linked[i].handed {
            let Given::Function(target, confidence) = handed.given else {
                continue;
            };
            let Some(repeated_by) = called(world, linked, module, handed) else {
                continue;
            };
            let kind = ActKind::Call(target);
            let mut known = linked[i].acts[handed.caller.index()].iter();
            if known.any(|act| act.expr == handed.call && act.kind == kind) {
                continue;
            }
            let act = Act {
                expr: handed.argument,
                lp: handed.lp,
                stmt: handed.stmt,
                kind,
                confidence: confidence.min(Confidence::Medium),
                is_memoized: false,
                is_awaited: false,
                guard: None,
                class_guard: None,
                is_kept: false,
                repeated_by,
                // Where the callee calls it is not looked at.
                is_off_thread: true,
            };
            added.push((handed.caller, act));
        }
        for (function, act) in added {
            let acts = &mut linked[i].acts[function.index()];
            let at = acts.partition_point(|known| known.expr <= act.expr);
            acts.insert(at, act);
        }
    }
}

/// Whether the callee calls the argument, and the loop in which it does.
#[expect(clippy::option_option, reason = "called or not, in a loop or not")]
fn called(
    world: &World,
    linked: &[LinkedFile],
    module: &Module,
    handed: &Handed,
) -> Option<Option<LoopRef>> {
    let param = param_of(world, handed.callee, handed.slot, module)?;
    let file = &linked[handed.callee.file.index()];
    let key = (handed.callee.function, param);
    file.called_params.get(&key).copied()
}

/// Whether the first parameter of a function is its receiver, which is not among the arguments.
pub(super) fn has_receiver(world: &World, callee: FunctionRef) -> bool {
    let module = &world.unit(callee.file).facts.module;
    let declared = module.function(callee.function);
    module.exports_all && declared.class.is_some() && !declared.is_static
}

/// The argument that a call hands to a parameter. What is spread is not looked into.
pub(super) fn argument_for(
    world: &World,
    caller: &Module,
    call: ExprId,
    callee: FunctionRef,
    param: u16,
) -> Option<ExprId> {
    let Expr::Call { args, .. } = caller.expr(call) else {
        return None;
    };
    let mut given = None;
    for (i, &arg) in caller.list(args).iter().enumerate() {
        let (slot, value) = match caller.expr(arg) {
            Expr::Spread(_) => continue,
            Expr::Keyword { name, value } => (Slot::Keyword(name), value),
            _ => (Slot::Position(i as u16), arg),
        };
        if param_of(world, callee, slot, caller) == Some(param) {
            given = Some(value);
        }
    }
    given
}

impl Function<'_> {
    /// The argument that a call of this function hands to a parameter of its callee.
    pub fn argument_for(self, call: ExprId, callee: FunctionRef, param: u16) -> Option<ExprId> {
        argument_for(&self.program.world, self.module(), call, callee, param)
    }
}

/// The parameter that an argument reaches.
pub(super) fn param_of(
    world: &World,
    callee: FunctionRef,
    slot: Slot,
    caller: &Module,
) -> Option<u16> {
    let module = &world.unit(callee.file).facts.module;
    let declared = module.function(callee.function);
    match slot {
        Slot::Position(position) => {
            let is_shifted = has_receiver(world, callee)
                || caller.template.is_some() && world.takes_context(callee);
            let at = position + u16::from(is_shifted);
            let param = declared.params.get(usize::from(at))?;
            (param.kind == ParamKind::Plain).then_some(at)
        }
        Slot::Keyword(name) => {
            let name = module.name(caller.text(name))?;
            let at = declared.params.iter().position(|param| {
                matches!(module.expr(param.target), Expr::Local(local)
                    if module.local(local).name == name)
            })?;
            Some(at as u16)
        }
    }
}
