//! Whether what a call may do, it does each time: nothing between its start and the effect
//! decides against it.

use super::call_graph::{Act, ActKind};
use super::models::Effect;
use super::program::{Function, Program};
use super::types::FunctionRef;
use crate::ir::{BlockOwner, FunctionId, Module, Stmt, StmtId};

/// Calls followed before giving up.
const MAX_DEPTH: usize = 12;

impl Function<'_> {
    /// Whether an act of this function, once it is reached, has an effect on every way through
    /// what it calls.
    pub fn surely_has(self, act: &Act, effect: Effect) -> bool {
        let mut at = match act.kind {
            ActKind::Effect { .. } => return act.has(effect),
            ActKind::Call(target) => target,
        };
        for _ in 0..MAX_DEPTH {
            let Some(next) = always(self.program, at, effect) else {
                return false;
            };
            match next {
                None => return true,
                Some(target) => at = target,
            }
        }
        false
    }
}

/// Whether a function always comes to an act with an effect; the function it calls there, if it
/// does not have the effect itself.
#[expect(clippy::option_option, reason = "always or not, by a call or not")]
fn always(program: &Program, at: FunctionRef, effect: Effect) -> Option<Option<FunctionRef>> {
    let function = program.function(at);
    let module = function.module();
    let mut acts = function.acts().iter().filter(|act| {
        let is_skipped = || {
            let mut sites = function.facts().sites(at.function).iter();
            sites.any(|site| site.expr == act.expr && site.is_conditional)
        };
        function.effect_of(act, effect).is_some()
            && act.guard.is_none()
            && act.lp.is_none()
            && is_always_reached(module, at.function, act.stmt)
            && !is_skipped()
    });
    acts.next().map(|act| match act.kind {
        ActKind::Effect { .. } => None,
        ActKind::Call(target) => Some(target),
    })
}

/// Whether a call of a function always comes to a statement, unless something is thrown.
fn is_always_reached(module: &Module, function: FunctionId, mut stmt: StmtId) -> bool {
    loop {
        let block = module.block_of(stmt);
        let before = module.block(block).stmts.iter();
        let mut before = before.take_while(|&&earlier| earlier != stmt);
        if before.any(|&earlier| may_return(module, earlier)) {
            return false;
        }
        match module.block(block).owner {
            BlockOwner::Function(owner) => return owner == function,
            BlockOwner::Stmt(outer) => match module.stmt(outer) {
                Stmt::Try { body, .. } | Stmt::With { body, .. } if body == block => stmt = outer,
                Stmt::Block(_) => stmt = outer,
                _ => return false,
            },
            _ => return false,
        }
    }
}

/// Whether a statement may end its function with a value: `if (cached) { return cached; }`.
fn may_return(module: &Module, stmt: StmtId) -> bool {
    let Stmt::If {
        then, otherwise, ..
    } = module.stmt(stmt)
    else {
        return false;
    };
    [Some(then), otherwise].into_iter().flatten().any(|block| {
        let last = module.block(block).stmts.last();
        last.is_some_and(|&last| matches!(module.stmt(last), Stmt::Return(_)))
    })
}
