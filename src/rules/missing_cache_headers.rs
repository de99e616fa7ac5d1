//! `missing-cache-headers`: files that browsers have to ask for each time.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId};
use crate::link::call_graph::Callee;
use crate::link::infer::Typer;
use crate::link::models::Bounded;
use crate::link::program::Function;
use crate::link::types::Base;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("missing-cache-headers", check);

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
        let Some(Bounded::Key(first)) = model.cached_by.first() else {
            continue;
        };
        let typer = Typer::new(&function.program.world, function.file);
        let is_given = model
            .cached_by
            .iter()
            .any(|bound| typer.is_given(site.expr, bound));
        // Options that are made elsewhere may say it.
        let is_open = |&arg: &ExprId| match module.expr(arg) {
            Expr::Local(_) => function.type_of(arg).base != Base::Str,
            Expr::Spread(_) => true,
            _ => false,
        };
        if is_given || module.list(args).iter().skip(1).any(is_open) {
            continue;
        }
        let name = function.callee_text(site.expr);
        reporter
            .report(
                module.span(site.expr),
                Confidence::Medium,
                format!("`{name}` hands out files without saying how long they may be kept"),
            )
            .cost("a request for each file at each visit")
            .help(format!(
                "set `{first}`, long where the names of the files change with their content"
            ));
    }
}
