//! Values in the code that describes tables: texts, truth values, lists and arguments.

use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, LocalKind, Module};
use crate::link::infer::Typer;
use crate::link::types::Base;
use crate::link::world::{ValueRef, World};
use crate::source::FileId;

/// Variables and functions through which a name is followed.
const MAX_STEPS: usize = 4;

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
/// An object may stand for the call. Of several places, `key:pk|key:primary_key`, the first.
pub(super) fn argument(module: &Module, call: ExprId, place: &str) -> Option<ExprId> {
    if let Some((place, others)) = place.split_once('|') {
        return argument(module, call, place).or_else(|| argument(module, call, others));
    }
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

/// All arguments from a position on: `arguments1`.
pub(super) fn arguments_from(module: &Module, call: ExprId, place: &str) -> Vec<ExprId> {
    let from = place.strip_prefix("arguments");
    let from: Option<usize> = from.and_then(|from| from.parse().ok());
    let is_keyword = |arg: &ExprId| matches!(module.expr(*arg), Expr::Keyword { .. });
    let rest = arguments(module, call)
        .iter()
        .copied()
        .filter(|arg| !is_keyword(arg));
    from.map_or_else(Vec::new, |from| rest.skip(from).collect())
}

/// The first of several places that has an argument.
pub(super) fn first_argument(module: &Module, call: ExprId, places: &[String]) -> Option<ExprId> {
    places
        .iter()
        .find_map(|place| argument(module, call, place))
}

/// What a variable was given.
pub(super) fn value_of(world: &World, file: FileId, expr: ExprId) -> ExprId {
    let facts = &world.unit(file).facts;
    let Expr::Local(local) = facts.module.expr(expr) else {
        return expr;
    };
    let flow = &facts.def_use;
    let reaching = flow.reaching(expr).map(|id| flow.def(id));
    match reaching {
        Some(Def::Value { value, .. }) => *value,
        _ => flow.single_value(local).unwrap_or(expr),
    }
}

/// What an expression names, through variables, imports and members of modules and objects, with
/// the file it stands in.
pub(super) fn resolved(world: &World, file: FileId, expr: ExprId) -> (FileId, ExprId) {
    let mut at = (file, expr);
    // The members that are still to be taken, the innermost last.
    let mut members: Vec<String> = Vec::new();
    for _ in 0..4 * MAX_STEPS {
        let (file, expr) = at;
        let module = &world.unit(file).facts.module;
        let exported = |value: ValueRef| (value.file, value.value);
        let next = match module.expr(expr) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Import(import) => match world.imported_value(file, import) {
                    Some(value) => Some(exported(value)),
                    // `schema.books`
                    None => match Typer::new(world, file).of(expr).base {
                        Base::File(from) => members
                            .pop()
                            .and_then(|name| world.exported_value(from, &name).map(exported)),
                        _ => None,
                    },
                },
                _ => Some((file, value_of(world, file, expr))).filter(|next| *next != at),
            },
            Expr::Member { object, name } => {
                members.push(module.text(name).to_owned());
                Some((file, object))
            }
            Expr::Map(_) => members.pop().and_then(|name| {
                let value = argument(module, expr, &format!("key:{name}"))?;
                Some((file, value))
            }),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    if members.is_empty() { at } else { (file, expr) }
}

/// A name: a text, also of a variable, one that a function of it alone gives back
/// (`op.f("ix_books")`), or one with holes, of which those that nobody knows are left out.
pub(super) fn name_of(world: &World, file: FileId, expr: ExprId) -> Option<String> {
    let module = &world.unit(file).facts.module;
    let mut at = expr;
    for _ in 0..MAX_STEPS {
        at = value_of(world, file, at);
        match module.expr(at) {
            Expr::String(name) => return Some(module.text(name).to_owned()),
            Expr::Template(parts) => {
                let parts = module.list(parts).iter();
                let known = parts.filter_map(|&part| {
                    text(module, value_of(world, file, part)).map(str::to_owned)
                });
                return Some(known.collect()).filter(|name: &String| !name.is_empty());
            }
            Expr::Call { args, .. } => match *module.list(args) {
                [only] => at = only,
                _ => return None,
            },
            Expr::Member { object, name } => {
                return constant_of(world, file, object, module.text(name));
            }
            _ => return None,
        }
    }
    None
}

/// The text of a constant of a class: `TableName.Book`.
fn constant_of(world: &World, file: FileId, class: ExprId, name: &str) -> Option<String> {
    let mut typer = Typer::new(world, file);
    let Base::Class(class) = typer.of(class).base else {
        return None;
    };
    let found = world.field_value(class, name)?;
    text(&world.unit(found.file).facts.module, found.expr).map(str::to_owned)
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

/// Whether a text is SQL that changes a schema.
pub(super) fn is_schema_statement(sql: &str) -> bool {
    let mut words = sql.split_whitespace();
    let first = words.find(|word| !word.starts_with("--") && !word.starts_with("/*"));
    first.is_some_and(|first| {
        ["CREATE", "ALTER", "DROP", "RENAME", "DO", "BEGIN", "BEGIN;"]
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
    })
}
