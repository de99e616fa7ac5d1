//! `default-pool`: a pool of connections whose size and waiting times nobody has chosen.

use super::connection_per_request::{is_handed_out, is_kept};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionKind, Module};
use crate::link::call_graph::Callee;
use crate::link::models::Bounded;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("default-pool", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product {
        return;
    }
    let module = function.module();
    for site in function.facts().sites(function.id) {
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            continue;
        };
        let Some(Callee::Model(id)) = function.call_at(site.expr).map(|call| &call.callee) else {
            continue;
        };
        let model = function.program.world.models.call(*id);
        if model.limits.is_empty() {
            continue;
        }
        let names: Vec<&str> = model
            .limits
            .iter()
            .filter_map(|bound| match bound {
                Bounded::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect();
        let says = |arg: &ExprId| says_limit(function, *arg, &names);
        if module.list(args).iter().any(says) {
            continue;
        }
        // What a function opens and closes again is used by nobody else.
        let is_module = function.declared().kind == FunctionKind::Module;
        if !is_module && !is_kept(function, site) && !is_handed_out(function, site.expr) {
            continue;
        }
        let name = function.callee_text(site.expr);
        reporter
            .report(
                module.span(site.expr),
                Confidence::Medium,
                format!("`{name}` leaves the size of the pool and how long to wait for it to chance"),
            )
            .cost("requests that wait for a connection without end, or more of them than the server takes")
            .help(format!("choose them for the number of processes: {}", names.join(", ")));
    }
}

/// Whether an argument names a limit, or may do so out of sight.
fn says_limit(function: Function<'_>, arg: ExprId, names: &[&str]) -> bool {
    let module: &Module = function.module();
    match module.expr(arg) {
        Expr::Keyword { name, value } => {
            // `connect_args={…}`, `pool: {…}`, `extra: {…}`
            names.contains(&module.text(name)) || holds(function, value, names)
        }
        Expr::Spread(_) => true,
        _ => holds(function, arg, names),
    }
}

fn holds(function: Function<'_>, value: ExprId, names: &[&str]) -> bool {
    let module = function.module();
    match module.expr(value) {
        Expr::Map(entries) => module
            .list(entries)
            .iter()
            .any(|&entry| says_limit(function, entry, names)),
        Expr::Local(local) => match function.facts().def_use.single_value(local) {
            Some(value) if matches!(module.expr(value), Expr::Map(_)) => {
                holds(function, value, names)
            }
            _ => false,
        },
        _ => false,
    }
}
