//! `polling-query`: something that is asked for again and again, whether it has changed or not.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{BinaryOp, Expr, ExprId};
use crate::link::infer::Typer;
use crate::link::models::{Bounded, Effect};
use crate::link::program::Function;
use crate::link::types::FunctionRef;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("polling-query", check);

/// Milliseconds from which on asking again costs little.
const SELDOM: i64 = 60_000;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product {
        return;
    }
    let module = function.module();
    let mut typer = Typer::new(&function.program.world, function.file);
    for site in function.facts().sites(function.id) {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            continue;
        }
        let Some((model, _)) = typer.called_model(site.expr) else {
            continue;
        };
        for bound in &model.polls {
            let Some(every) = period(function, &typer, site.expr, bound) else {
                continue;
            };
            let is_timer = matches!(bound, Bounded::Argument(_));
            if is_timer && !asks(function, &typer, site.expr) || every == 0 || every >= SELDOM {
                continue;
            }
            let name = function.callee_text(site.expr);
            reporter
                .report(
                    module.span(site.expr),
                    Confidence::Medium,
                    format!("`{name}` asks again every {} s, changed or not", seconds(every)),
                )
                .cost("a request per user and period, most of them for nothing")
                .help("let the server say that something has changed (server-sent events, a web socket), or ask less often");
        }
    }
}

fn seconds(milliseconds: i64) -> String {
    match milliseconds % 1000 {
        0 => format!("{}", milliseconds / 1000),
        rest => format!("{}.{}", milliseconds / 1000, rest / 100),
    }
}

/// The number of milliseconds that an argument says.
pub(super) fn period(
    function: Function<'_>,
    typer: &Typer<'_>,
    call: ExprId,
    bound: &Bounded,
) -> Option<i64> {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return None;
    };
    let value = match bound {
        Bounded::Argument(n) => typer.argument(call, usize::from(*n))?,
        Bounded::Key(key) => module.list(args).iter().find_map(|&arg| {
            let entries = match module.expr(arg) {
                Expr::Map(entries) => module.list(entries),
                _ => return None,
            };
            entries.iter().find_map(|&entry| match module.expr(entry) {
                Expr::Keyword { name, value } if module.text(name) == key => Some(value),
                _ => None,
            })
        })?,
        Bounded::Always => return None,
    };
    number(function, value, 0)
}

fn number(function: Function<'_>, value: ExprId, depth: u32) -> Option<i64> {
    let module = function.module();
    if depth > 8 {
        return None;
    }
    match module.expr(value) {
        Expr::Number(n) => Some(n),
        Expr::Binary {
            op: BinaryOp::Multiply,
            left,
            right,
        } => number(function, left, depth + 1)?.checked_mul(number(function, right, depth + 1)?),
        // What asks only for some time, `isReady ? undefined : 1000`, is no polling.
        Expr::Conditional {
            then, otherwise, ..
        } => {
            let then = number(function, then, depth + 1)?;
            let otherwise = number(function, otherwise, depth + 1)?;
            Some(then.max(otherwise))
        }
        Expr::Local(local) => {
            let value = function.facts().def_use.single_value(local)?;
            number(function, value, depth + 1)
        }
        _ => None,
    }
}

/// Whether what a timer runs asks a server or database.
fn asks(function: Function<'_>, typer: &Typer<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Some(callback) = typer.argument(call, 0) else {
        return false;
    };
    let id = match module.expr(callback) {
        Expr::Function(id) => id,
        Expr::Local(local) => match module.local(local).kind {
            crate::ir::LocalKind::Function(id) => id,
            _ => match function
                .facts()
                .def_use
                .single_value(local)
                .map(|v| module.expr(v))
            {
                Some(Expr::Function(id)) => id,
                _ => return false,
            },
        },
        _ => return false,
    };
    let summary = function.program.summary(FunctionRef {
        file: function.file,
        function: id,
    });
    [Effect::DbRead, Effect::Remote]
        .iter()
        .any(|&effect| summary.effect(effect).is_some())
}
