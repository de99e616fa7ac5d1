//! `cache-without-expiry`: an entry of a cache that nothing ever takes out again.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind};
use crate::link::call_graph::{Act, ActKind};
use crate::link::entry_points::Reach;
use crate::link::infer::Typer;
use crate::link::models::{Bounded, CallModel, Effect};
use crate::link::program::Function;
use crate::link::types::Base;
use crate::link::words;
use crate::source::{Context, FileId};

pub(super) const RULE: Rule = Rule::per_function("cache-without-expiry", check);

/// What keys that a call makes begin with, or what makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyHead {
    /// The text before the first hole.
    Text(String),
    /// The name of what makes it: a function, a constant.
    Maker(String),
}

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if !matches!(function.context(), Context::Product | Context::Script) {
        return;
    }
    check_decorators(function, reporter);
    for act in function.acts() {
        let Some(model) = entry_of(function, act) else {
            continue;
        };
        if may_end(function, act.expr, model) {
            continue;
        }
        let Some(key) = first_argument(function, act.expr) else {
            continue;
        };
        // One entry, however often it is set.
        if !has_hole(function, key) {
            continue;
        }
        let head = key_head(function, key);
        if ends_here(function, act, head.as_ref())
            || head.as_ref().is_some_and(|head| is_evicted(function, head))
        {
            continue;
        }
        // A store of what cannot be made again looks the same, unless it is asked first.
        let is_copy = || {
            second_argument(function, act.expr)
                .is_none_or(|value| !is_made_elsewhere(function, value))
        };
        let confidence = if is_asked_first(function, act, head.as_ref()) && is_copy() {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        let name = function.callee_text(act.expr);
        let what = match &head {
            Some(KeyHead::Text(text)) => format!("an entry below `{text}`"),
            _ => "an entry".to_owned(),
        };
        let message = format!("`{name}` makes {what} that never ends");
        let help = match model.expires.first() {
            Some(Bounded::Key(key)) => format!("give it an end: `{key}`"),
            _ => "give it an end: a time to live as a further argument".to_owned(),
        };
        reporter
            .report(function.module().span(act.expr), confidence, message)
            .cost("the cache fills up with what nobody asks for any more, and old values are served for ever")
            .help(format!("{help}, or delete it where what it is made of changes"));
    }
}

/// `@cached()`: what a function returns is kept for each of its arguments.
fn check_decorators(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let declared = function.declared();
    let is_method = declared.class.is_some() && !declared.is_static;
    if declared.params.len() <= usize::from(is_method) {
        return;
    }
    let world = &function.program.world;
    let mut typer = Typer::new(world, function.file);
    for &decorator in module.list(declared.decorators) {
        let Expr::Call { args, .. } = module.expr(decorator) else {
            continue;
        };
        let Base::Path(path) = typer.callee(decorator).base else {
            continue;
        };
        let Some(model) = world.models.path(path).call.map(|id| world.models.call(id)) else {
            continue;
        };
        let is_open = |&arg: &ExprId| matches!(module.expr(arg), Expr::Spread(_));
        let mut bounds = model.expires.iter();
        if !model.memoizes
            || model.expires.is_empty()
            || bounds.any(|bound| typer.is_given(decorator, bound))
            || module.list(args).iter().any(is_open)
        {
            continue;
        }
        let name = function.callee_text(decorator);
        let of = function.name().unwrap_or_default();
        // Where few arguments come, few results are kept.
        let confidence = match function.reached().reach {
            Reach::None => Confidence::Low,
            Reach::Called | Reach::Handler => Confidence::Medium,
        };
        let help = match model.expires.first() {
            Some(Bounded::Key(key)) => format!("give them an end: `{key}`"),
            _ => "give them an end: a time to live".to_owned(),
        };
        reporter
            .report(
                module.span(decorator),
                confidence,
                format!("`{name}` keeps what `{of}` returns for each of its arguments for ever"),
            )
            .cost("the cache fills up with what nobody asks for any more, and old values are served for ever")
            .help(help);
    }
}

/// The model of an act that makes an entry which could be given an end.
fn entry_of<'p>(function: Function<'p>, act: &Act) -> Option<&'p CallModel> {
    let ActKind::Effect {
        effect: Effect::CacheWrite,
        model: Some(id),
        ..
    } = act.kind
    else {
        return None;
    };
    let model = function.program.world.models.call(id);
    (!model.expires.is_empty() || model.endless).then_some(model)
}

/// Whether the same function asks the cache for such a key before it sets it: what is missing is
/// made anew.
fn is_asked_first(function: Function<'_>, act: &Act, head: Option<&KeyHead>) -> bool {
    head.is_some()
        && function.acts().iter().any(|other| {
            let reads = matches!(
                other.kind,
                ActKind::Effect {
                    effect: Effect::CacheRead,
                    ..
                }
            );
            // Whether a set has a member says nothing of what is kept.
            let asks = function.callee_path(other.expr).pop();
            reads
                && !asks.is_some_and(words::asks_for_member)
                && other.expr.0 < act.expr.0
                && first_argument(function, other.expr)
                    .is_some_and(|key| key_head(function, key).as_ref() == head)
        })
}

/// Whether a call gives the entry an end, or may do so in a way that is not in sight.
fn may_end(function: Function<'_>, call: ExprId, model: &CallModel) -> bool {
    let module = function.module();
    let typer = Typer::new(&function.program.world, function.file);
    let Expr::Call { args, .. } = module.expr(call) else {
        return true;
    };
    let args = module.list(args);
    if model.endless {
        return false;
    }
    if model.expires_by_default {
        // The cache's own time holds unless it is switched off.
        let is_off = model.expires.iter().any(|bound| {
            let value = match bound {
                Bounded::Argument(n) => typer.argument(call, usize::from(*n)),
                Bounded::Key(key) => args.iter().find_map(|&arg| match module.expr(arg) {
                    Expr::Keyword { name, value } if module.text(name) == key => Some(value),
                    _ => None,
                }),
                Bounded::Always => None,
            };
            value.is_some_and(|value| module.expr(value) == Expr::Null)
        });
        return !is_off;
    }
    model
        .expires
        .iter()
        .any(|bound| typer.is_given(call, bound))
        || args
            .iter()
            .skip(2)
            .any(|&arg| !matches!(module.expr(arg), Expr::Keyword { .. } | Expr::Map(_)))
        || args.iter().any(|&arg| match module.expr(arg) {
            Expr::Spread(_) => true,
            Expr::Map(entries) => module
                .list(entries)
                .iter()
                .any(|&e| matches!(module.expr(e), Expr::Spread(_))),
            _ => false,
        })
}

fn first_argument(function: Function<'_>, call: ExprId) -> Option<ExprId> {
    let typer = Typer::new(&function.program.world, function.file);
    typer.argument(call, 0)
}

fn second_argument(function: Function<'_>, call: ExprId) -> Option<ExprId> {
    let typer = Typer::new(&function.program.world, function.file);
    typer.argument(call, 1)
}

/// Whether a value is of something that a service has just made and that is not found again
/// without the entry: `(await desk.createTicket(...)).id`.
fn is_made_elsewhere(function: Function<'_>, value: ExprId) -> bool {
    const MAX_STEPS: usize = 8;
    let module = function.module();
    let is_made = |value: ExprId| {
        let mut at = value;
        let mut is_awaited = false;
        for _ in 0..MAX_STEPS {
            at = match module.expr(at) {
                Expr::Member { object, .. } => object,
                Expr::Await(inner) => {
                    is_awaited = true;
                    inner
                }
                Expr::Local(local) => match function.facts().def_use.single_value(local) {
                    Some(value) => value,
                    None => return false,
                },
                Expr::Call { callee, .. } => {
                    return is_awaited
                        && matches!(module.expr(callee), Expr::Member { name, .. }
                            if words::makes(module.text(name)));
                }
                _ => return false,
            };
        }
        false
    };
    function.facts().any_origin(value, is_made)
}

/// Whether a key differs with what the function is asked for.
fn has_hole(function: Function<'_>, key: ExprId) -> bool {
    let module = function.module();
    function
        .facts()
        .any_origin(key, |id| match module.expr(id) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Param(param) => !function.is_handed_constants(param),
                _ => false,
            },
            Expr::Param(_) | Expr::Element(_) | Expr::Call { .. } | Expr::Await(_) => true,
            _ => false,
        })
}

/// What a key begins with.
fn key_head(function: Function<'_>, key: ExprId) -> Option<KeyHead> {
    let module = function.module();
    let mut at = key;
    for _ in 0..12 {
        at = match module.expr(at) {
            Expr::String(text) => {
                // `"user:%s" % id`, `"user:{}".format(id)`
                let text = module.text(text);
                let end = text.find(['%', '{', '*']).unwrap_or(text.len());
                return (end > 0).then(|| KeyHead::Text(text[..end].to_owned()));
            }
            Expr::Template(parts) => *module.list(parts).first()?,
            Expr::Binary {
                left,
                op: BinaryOp::Add | BinaryOp::Remainder,
                ..
            } => left,
            Expr::Local(local) => function.facts().def_use.single_value(local)?,
            Expr::Call { callee, .. } => match module.expr(callee) {
                Expr::Member { object, name } if module.text(name) == "format" => object,
                _ => {
                    let name = function.last_name_of(callee)?;
                    return Some(KeyHead::Maker(name.to_owned()));
                }
            },
            Expr::Member { name, .. } => {
                return Some(KeyHead::Maker(module.text(name).to_owned()));
            }
            Expr::Await(inner) => inner,
            _ => return None,
        };
    }
    None
}

/// Whether the same function gives the entry an end afterwards: `set`, then `expire`.
fn ends_here(function: Function<'_>, act: &Act, head: Option<&KeyHead>) -> bool {
    function.acts().iter().any(|other| {
        other.expr != act.expr
            && entry_of(function, other).is_some_and(|model| {
                let typer = Typer::new(&function.program.world, function.file);
                model
                    .expires
                    .iter()
                    .any(|bound| typer.is_given(other.expr, bound))
            })
            && first_argument(function, other.expr)
                .is_some_and(|key| key_head(function, key).as_ref() == head)
    })
}

/// Whether something in the project takes out entries whose keys begin like this.
fn is_evicted(function: Function<'_>, head: &KeyHead) -> bool {
    let program = function.program;
    (0..program.world.units.len() as u32)
        .map(FileId)
        .any(|file| {
            program.functions(file).any(|other| {
                other.acts().iter().any(|act| {
                    let ActKind::Effect {
                        model: Some(id), ..
                    } = act.kind
                    else {
                        return false;
                    };
                    program.world.models.call(id).evicts && takes_out(other, act.expr, head)
                })
            })
        })
}

fn takes_out(function: Function<'_>, call: ExprId, head: &KeyHead) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return false;
    };
    let args = module.list(args);
    // All of it.
    if args.is_empty() {
        return true;
    }
    args.iter().any(|&arg| {
        if key_head(function, arg).as_ref() == Some(head) {
            return true;
        }
        function
            .facts()
            .any_origin(arg, |id| match (module.expr(id), head) {
                (Expr::String(text), KeyHead::Text(head)) => {
                    let text = module.text(text);
                    let end = text.find(['%', '{', '*']).unwrap_or(text.len());
                    end > 0
                        && (head.starts_with(&text[..end])
                            || text[..end].starts_with(head.as_str()))
                }
                (Expr::Call { .. }, KeyHead::Maker(maker)) => {
                    function.last_name_of(id) == Some(maker.as_str())
                }
                (Expr::Member { name, .. }, KeyHead::Maker(maker)) => module.text(name) == maker,
                _ => false,
            })
    })
}
