//! Whether what a comparison leaves lies within the range of a partial index.

use std::cmp::Ordering;

use super::constants;
use crate::ir::query::Operand;

/// Whether all that fulfils a comparison lies within a limit.
pub(super) fn is_within(operand: &Operand, limit: &Operand) -> bool {
    let Operand::Limit {
        value: end,
        is_upper,
        is_inclusive,
    } = limit
    else {
        return false;
    };
    let inside = |value: &str, is_open: bool| match order_of(value, end) {
        Some(Ordering::Equal) => *is_inclusive || is_open,
        Some(Ordering::Less) => *is_upper,
        Some(Ordering::Greater) => !is_upper,
        None => false,
    };
    match operand {
        Operand::Limit {
            value,
            is_upper: other,
            is_inclusive: has_end,
        } => is_upper == other && inside(value, !has_end),
        _ => constants(operand).is_some_and(|list| list.iter().all(|value| inside(value, false))),
    }
}

/// How two constants are ordered: numbers, and dates as they are written.
fn order_of(a: &str, b: &str) -> Option<Ordering> {
    if let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) {
        return a.partial_cmp(&b);
    }
    let is_time = |text: &str| {
        text.starts_with('\'')
            && text.contains('-')
            && !text.contains(|c: char| c.is_ascii_lowercase())
    };
    (a == b || is_time(a) && is_time(b)).then(|| a.cmp(b))
}
