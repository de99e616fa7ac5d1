//! `unoptimized-image`: images that are all loaded at once, whether they are seen or not.

use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{CallKind, Expr, ExprId, LocalKind, Module};
use crate::link::cardinality::Cardinality;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("unoptimized-image", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    if function.context() != Context::Product
        || module.name("img").is_none()
        || function.program.is_server_only(function.file)
    {
        return;
    }
    for site in function.facts().sites(function.id) {
        let Some(attributes) = image(module, site.expr) else {
            continue;
        };
        let has = |name: &str| {
            attributes.iter().any(|&a| {
                matches!(module.expr(a), Expr::Keyword { name: n, .. } if module.text(n) == name)
            })
        };
        let has_spread = attributes
            .iter()
            .any(|&a| !matches!(module.expr(a), Expr::Keyword { .. }));
        let is_considered = ["loading", "fetchPriority", "fetchpriority", "srcSet"]
            .iter()
            .any(|name| has(name));
        if has_spread || is_considered || is_small(function, attributes) {
            continue;
        }
        let loops = function.loops_around(site.lp);
        let listed = growing_loop(&loops);
        let has_size = has("width") && has("height");
        if listed.is_none() && has_size {
            continue;
        }
        let (confidence, message) = match listed {
            Some((lp, size)) => (
                // What a form or a list of choices shows is a handful; rows are many.
                match size {
                    Cardinality::Rows => Confidence::Medium,
                    _ => Confidence::Low,
                },
                format!(
                    "one image for each {} is loaded at once, also those out of sight",
                    element_text(lp)
                ),
            ),
            None => (
                Confidence::Low,
                "the image is loaded at once and moves the page when it arrives".to_owned(),
            ),
        };
        let help = match &function.program.world.models.image_component {
            Some(component) => format!("use {component}, which loads and sizes it as needed"),
            None => "add loading=\"lazy\", and width and height".to_owned(),
        };
        let finding = reporter.report(module.span(site.expr), confidence, message);
        if let Some((lp, _)) = listed {
            finding.related(lp.place(), "repeated by this loop");
        }
        finding
            .cost("n downloads before the page is there")
            .help(help);
    }
}

/// The attributes of an image of the page.
fn image(module: &Module, expr: ExprId) -> Option<&[ExprId]> {
    let Expr::Call {
        kind: CallKind::Jsx,
        callee,
        args,
    } = module.expr(expr)
    else {
        return None;
    };
    let is_image = matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "img");
    is_image.then(|| module.list(args))
}

/// Whether what is shown comes with the page or is a few bytes: drawings, texts of data.
fn is_small(function: Function<'_>, attributes: &[ExprId]) -> bool {
    let module = function.module();
    let source = attributes.iter().find_map(|&a| match module.expr(a) {
        Expr::Keyword { name, value } if module.text(name) == "src" => Some(value),
        _ => None,
    });
    let Some(source) = source else {
        return true;
    };
    let is_small_text = |text: &str| {
        text.starts_with("data:") || text.contains(".svg") || text.starts_with("blob:")
    };
    function
        .facts()
        .any_origin(source, |id| match module.expr(id) {
            Expr::String(text) => is_small_text(module.text(text)),
            // A file that stands beside the code is one of a few.
            Expr::Local(local) => matches!(module.local(local).kind, LocalKind::Import(_)),
            _ => false,
        })
}
