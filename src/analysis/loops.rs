//! Questions about loops that one file can answer.

use crate::ir::{Expr, LoopId, Module};

impl Module {
    /// Which parameter of a loop's callback receives the element: the first, but the second
    /// where the first is what the trip before left (`reduce`).
    pub fn element_param(&self, lp: LoopId) -> usize {
        let Some(call) = self.lp(lp).call else {
            return 0;
        };
        let Expr::Call { callee, .. } = self.expr(call) else {
            return 0;
        };
        let callee = match self.expr(callee) {
            // With type arguments: `xs.reduce<T>(…)`.
            Expr::Index { object, .. } => object,
            _ => callee,
        };
        match self.expr(callee) {
            Expr::Member { name, .. } => usize::from(self.text(name).starts_with("reduce")),
            _ => 0,
        }
    }
}
