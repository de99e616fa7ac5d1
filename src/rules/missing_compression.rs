//! `missing-compression`: a server that sends its answers as they are.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId};
use crate::link::call_graph::Callee;
use crate::link::models::CallModel;
use crate::link::program::{Function, Program};
use crate::link::words;
use crate::source::{Context, FileId};

pub(super) const RULE: Rule = Rule::per_program("missing-compression", check);

/// A server that nothing compresses for.
struct Server<'p> {
    function: Function<'p>,
    made: ExprId,
    model: &'p CallModel,
}

fn check<'p>(program: &'p Program, reporter: &mut Reporter<'p>) {
    let mut found: Vec<Server<'p>> = Vec::new();
    for i in 0..program.world.units.len() as u32 {
        for function in program.functions(FileId(i)) {
            if function.context() == Context::Product {
                servers(function, &mut found);
            }
        }
    }
    let mut packages: Vec<&str> = found.iter().map(|s| s.model.package.as_str()).collect();
    packages.sort_unstable();
    packages.dedup();
    for package in packages {
        let servers: Vec<&Server<'p>> = found
            .iter()
            .filter(|server| server.model.package == package)
            .collect();
        report(&servers, reporter);
    }
}

/// Reports the servers of one library once, at the one that most is put into.
fn report<'p>(servers: &[&Server<'p>], reporter: &mut Reporter<'p>) {
    let size = |server: &&&Server<'p>| server.function.module().imports.len();
    // Of equals the first.
    let Some(main) = servers.iter().rev().max_by_key(size) else {
        return;
    };
    let Some(first) = main.model.compressed_by.first() else {
        return;
    };
    let name = main.function.callee_text(main.made);
    let finding = reporter.within(main.function).report(
        main.function.module().span(main.made),
        Confidence::Medium,
        format!("`{name}` answers without compressing"),
    );
    let is_main =
        |other: &&&Server<'p>| other.made == main.made && other.function.file == main.function.file;
    let others = servers.iter().filter(|other| !is_main(other));
    for other in others.take(3) {
        finding.related(other.function.place_of(other.made), "and so does this one");
    }
    finding
        .cost("texts take five to ten times as long to send")
        .help(format!(
            "add `{first}`, unless a proxy in front of the server compresses"
        ));
}

fn servers<'p>(function: Function<'p>, found: &mut Vec<Server<'p>>) {
    let module = function.module();
    for site in function.facts().sites(function.id) {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            continue;
        }
        let Some(Callee::Model(id)) = function.call_at(site.expr).map(|call| &call.callee) else {
            continue;
        };
        let model = function.program.world.models.call(*id);
        // What tells whether all is well answers with a few bytes.
        if words::is_for_health(&function.program.world.unit(function.file).path) {
            continue;
        }
        if !model.compressed_by.is_empty() && !function.program.imports_any(&model.compressed_by) {
            found.push(Server {
                function,
                made: site.expr,
                model,
            });
        }
    }
}
