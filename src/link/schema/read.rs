//! Values in the code that describes tables: texts, truth values, lists and arguments.

use crate::ir::{Expr, ExprId, Module};

/// The last part of the name of what an expression names or calls.
pub(super) fn last_name(module: &Module, expr: ExprId) -> Option<&str> {
    match module.expr(expr) {
        Expr::Call { callee, .. } => last_name(module, callee),
        Expr::Member { name, .. } | Expr::Name(name) => Some(module.text(name)),
        Expr::Local(local) => Some(module.text(module.local(local).name)),
        Expr::Index { object, .. } => last_name(module, object),
        _ => None,
    }
}

/// A text.
pub(super) fn text(module: &Module, expr: ExprId) -> Option<&str> {
    match module.expr(expr) {
        Expr::String(text) => Some(module.text(text)),
        _ => None,
    }
}

/// A truth value.
pub(super) fn truth(module: &Module, expr: ExprId) -> Option<bool> {
    match module.expr(expr) {
        Expr::Bool(value) => Some(value),
        _ => None,
    }
}

/// The elements of a list, also of one that a function returns.
pub(super) fn list(module: &Module, expr: ExprId) -> Option<&[ExprId]> {
    match module.expr(expr) {
        Expr::Sequence { elements, .. } => Some(module.list(elements)),
        Expr::Function(function) => match module.returned(function)[..] {
            [value] => list(module, value),
            _ => None,
        },
        _ => None,
    }
}

/// The arguments of a call; none of a decorator without parentheses.
pub(super) fn arguments(module: &Module, call: ExprId) -> &[ExprId] {
    match module.expr(call) {
        Expr::Call { args, .. } => module.list(args),
        _ => &[],
    }
}

/// Arguments by position.
pub(super) fn positional(module: &Module, call: ExprId) -> Vec<ExprId> {
    let is_positional =
        |arg: &&ExprId| !matches!(module.expr(**arg), Expr::Keyword { .. } | Expr::Spread(_));
    arguments(module, call)
        .iter()
        .filter(is_positional)
        .copied()
        .collect()
}

/// The argument at a place: `argument0`, `string0` (if it is a text), `list0` (if it is a list),
/// or `key:name`, a keyword or a key of an object; `key:outer.inner` is that of an object in it.
/// An object may stand for the call.
pub(super) fn argument(module: &Module, call: ExprId, place: &str) -> Option<ExprId> {
    if let Some(key) = place.strip_prefix("key:") {
        if let Some((outer, inner)) = key.split_once('.') {
            let outer = argument(module, call, &format!("key:{outer}"))?;
            return match module.expr(outer) {
                Expr::Map(_) => argument(module, outer, &format!("key:{inner}")),
                _ => None,
            };
        }
        let name = module.name(key)?;
        let value_in = |entries: &[ExprId]| {
            entries.iter().find_map(|&entry| match module.expr(entry) {
                Expr::Keyword { name: key, value } if key == name => Some(value),
                _ => None,
            })
        };
        if let Expr::Map(entries) = module.expr(call) {
            return value_in(module.list(entries));
        }
        return value_in(arguments(module, call)).or_else(|| {
            arguments(module, call)
                .iter()
                .find_map(|&arg| match module.expr(arg) {
                    Expr::Map(entries) => value_in(module.list(entries)),
                    _ => None,
                })
        });
    }
    let at = place.find(|c: char| c.is_ascii_digit())?;
    let position: usize = place[at..].parse().ok()?;
    let value = *positional(module, call).get(position)?;
    match &place[..at] {
        "argument" => Some(value),
        "string" => text(module, value).map(|_| value),
        "list" => list(module, value).map(|_| value),
        _ => None,
    }
}

/// The first of several places that has an argument.
pub(super) fn first_argument(module: &Module, call: ExprId, places: &[String]) -> Option<ExprId> {
    places
        .iter()
        .find_map(|place| argument(module, call, place))
}

/// Words in small letters with underscores: `OrderLine` is `order_line`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (i, &c) in letters.iter().enumerate() {
        let starts = c.is_uppercase()
            && i > 0
            && (!letters[i - 1].is_uppercase()
                || letters.get(i + 1).is_some_and(|next| next.is_lowercase()));
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A name in the plural: `Story` is `Stories`.
pub(super) fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if name.ends_with(['s', 'x']) || name.ends_with("ch") || name.ends_with("sh") => {
            format!("{name}es")
        }
        _ => format!("{name}s"),
    }
}
