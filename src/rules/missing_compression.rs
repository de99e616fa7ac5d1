//! `missing-compression`: a server that sends its answers as they are.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::Expr;
use crate::link::call_graph::Callee;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("missing-compression", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product {
        return;
    }
    let module = function.module();
    for site in function.facts().sites(function.id) {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            continue;
        }
        let Some(Callee::Model(id)) = function.call_at(site.expr).map(|call| &call.callee) else {
            continue;
        };
        let model = function.program.world.models.call(*id);
        let Some(first) = model.compressed_by.first() else {
            continue;
        };
        if function.program.imports_any(&model.compressed_by) {
            continue;
        }
        let name = function.callee_text(site.expr);
        reporter
            .report(
                module.span(site.expr),
                Confidence::Medium,
                format!("`{name}` answers without compressing"),
            )
            .cost("texts take five to ten times as long to send")
            .help(format!(
                "add `{first}`, unless a proxy in front of the server compresses"
            ));
    }
}
