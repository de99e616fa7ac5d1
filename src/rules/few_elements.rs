//! What the rules about loops know of collections that stay small, though no limit is written.

use crate::ir::{Expr, ExprId};
use crate::link::call_graph::Act;
use crate::link::program::{Function, Loop};

/// Whether a loop walks the keys and values of a map, and asks for more than its keys: options
/// and groups are walked this way as often as rows.
pub(super) fn asks_per_entry(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    if !walks_map(lp) {
        return false;
    }
    let (mut has_key, mut has_value) = (false, false);
    function.facts().any_origin(act.expr, |id| {
        if let Expr::Index { object, index } = module.expr(id)
            && module.expr(object) == Expr::Element(lp.id)
        {
            has_key |= module.expr(index) == Expr::Number(0);
            has_value |= module.expr(index) == Expr::Number(1);
        }
        false
    });
    !has_key || has_value
}

/// Whether a loop walks the entries of a map.
pub(super) fn walks_map(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let mut over = lp.head().over;
    for _ in 0..4 {
        let Some(Expr::Call { callee, args, .. }) = over.map(|over| module.expr(over)) else {
            return false;
        };
        if let Expr::Member { name, .. } = module.expr(callee)
            && matches!(module.text(name), "items" | "entries")
        {
            return true;
        }
        over = module.list(args).first().copied();
    }
    false
}

/// Whether a loop walks what people write between commas: `text.split(",")`.
pub(super) fn walks_written_list(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let Some(over) = lp.head().over else {
        return false;
    };
    lp.function.facts().any_origin(over, |id| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let is_comma = |arg: &ExprId| {
            matches!(module.expr(*arg), Expr::String(text)
            if matches!(module.text(text).trim(), "," | "+" | ";" | "|"))
        };
        matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == "split")
            && module.list(args).first().is_some_and(is_comma)
    })
}
