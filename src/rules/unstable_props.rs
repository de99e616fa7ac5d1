//! `unstable-props`: a value made anew each time a component is rendered, handed to where another
//! value means that all is rendered again.

use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{
    CallKind, Expr, ExprId, FunctionKind, LocalId, LocalKind, MODULE_BODY, Site, Stmt,
};
use crate::link::infer::Typer;
use crate::link::models::{Bounded, CallModel};
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("unstable-props", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product || function.declared().kind == FunctionKind::Module {
        return;
    }
    let module = function.module();
    let mut typer = None;
    for site in function.facts().sites(function.id) {
        let Expr::Call {
            kind: CallKind::Jsx,
            callee,
            args,
        } = module.expr(site.expr)
        else {
            continue;
        };
        let typer = typer.get_or_insert_with(|| Typer::new(&function.program.world, function.file));
        let model = match typer.called_model(site.expr) {
            Some((model, _)) => model,
            None => match maker_of(function, callee) {
                Some(model) => model,
                None => continue,
            },
        };
        let is_meant = |name: &str| {
            model
                .stable
                .iter()
                .any(|bound| matches!(bound, Bounded::Key(k) if k == "*" || k == name))
        };
        if model.stable.is_empty() || !renders_again(function) {
            continue;
        }
        for &arg in module.list(args) {
            let Expr::Keyword { name, value } = module.expr(arg) else {
                continue;
            };
            if is_meant(module.text(name))
                && let Some(what) = made_anew(function, value)
            {
                let is_context = !model
                    .stable
                    .iter()
                    .any(|b| matches!(b, Bounded::Key(k) if k == "*"));
                report(
                    function,
                    site,
                    (module.text(name), value, what),
                    is_context,
                    reporter,
                );
                break;
            }
        }
    }
}

/// The model of the call that made a component, here or in the file it is imported from.
fn maker_of(function: Function<'_>, component: ExprId) -> Option<&CallModel> {
    let module = function.module();
    let world = &function.program.world;
    let Expr::Local(local) = module.expr(component) else {
        return None;
    };
    let (file, value) = match module.local(local).kind {
        LocalKind::Import(import) => {
            let found = world.imported_value(function.file, import)?;
            (found.file, found.value)
        }
        _ => (function.file, function.facts().def_use.single_value(local)?),
    };
    Typer::new(world, file)
        .called_model(value)
        .map(|found| found.0)
}

fn report(
    function: Function<'_>,
    site: &Site,
    (name, value, what): (&str, ExprId, &str),
    is_context: bool,
    reporter: &mut Reporter<'_>,
) {
    let component = function.callee_text(site.expr);
    let message = if is_context {
        format!(
            "`{component}` is handed another {what} each time, so that all who read it render again"
        )
    } else {
        format!("`{component}` is memoised, but `{name}` is another {what} each time")
    };
    let loops = function.loops_around(site.lp);
    let listed = growing_loop(&loops);
    let hook = if what == "function" {
        "useCallback"
    } else {
        "useMemo"
    };
    let mut help =
        format!("keep it between renderings: {hook}, or a constant outside of the component");
    if listed.is_some() {
        help.push_str("; show only the part of a long list that is in sight");
    }
    // Where nothing else makes the component render, the value changes each time anyway.
    let confidence = if !is_context || keeps_other_state(function, value) {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    let finding = reporter.report(function.module().span(value), confidence, message);
    if let Some((lp, _)) = listed {
        finding.related(lp.place(), format!("one for each {}", element_text(lp)));
    }
    finding
        .cost("everything below is rendered again each time")
        .help(help);
}

/// Whether a component may be rendered more than once: it is handed something or keeps state.
fn renders_again(function: Function<'_>) -> bool {
    let component = component_of(function);
    let module = component.module();
    !component.declared().params.is_empty()
        || component.facts().sites(component.id).iter().any(|site| {
            matches!(module.expr(site.expr), Expr::Call { .. })
                && component.last_name_of(site.expr).is_some_and(|name| {
                    name.strip_prefix("use")
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
                })
        })
}

/// Whether a component keeps state, or reads some, that is no part of a value.
fn keeps_other_state(function: Function<'_>, value: ExprId) -> bool {
    let component = component_of(function);
    let module = component.module();
    let facts = component.facts();
    let mut named: Vec<LocalId> = Vec::new();
    facts.any_origin(value, |id| {
        if let Expr::Local(local) = module.expr(id) {
            named.push(local);
        }
        false
    });
    facts.sites(component.id).iter().any(|site| {
        let is_hook = matches!(module.expr(site.expr), Expr::Call { .. })
            && component.last_name_of(site.expr).is_some_and(keeps_state);
        let Stmt::Expr(assign) = module.stmt(site.stmt) else {
            return false;
        };
        let Expr::Assign { target, value, .. } = module.expr(assign) else {
            return false;
        };
        if !is_hook || value != site.expr {
            return false;
        }
        let is_named = |target: ExprId| {
            matches!(module.expr(target), Expr::Local(local) if named.contains(&local))
        };
        let bindings = module.bindings(target);
        !is_named(target) && !bindings.iter().any(|binding| is_named(binding.target))
    })
}

/// Whether a hook of this name makes its component render again.
fn keeps_state(name: &str) -> bool {
    name.strip_prefix("use").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_uppercase())
            && !matches!(
                rest,
                "Ref" | "Memo" | "Callback" | "Effect" | "LayoutEffect" | "Id" | "InsertionEffect"
            )
    })
}

/// The component that a callback inside of it is part of.
fn component_of(function: Function<'_>) -> Function<'_> {
    let mut at = function;
    while let Some(parent) = at.declared().parent {
        if parent == MODULE_BODY || at.declared().kind == FunctionKind::Method {
            break;
        }
        at = Function { id: parent, ..at };
    }
    at
}

/// What is made anew where a value is written or named, if something is.
fn made_anew(function: Function<'_>, value: ExprId) -> Option<&'static str> {
    let module = function.module();
    match module.expr(value) {
        Expr::Map(_) => Some("object"),
        Expr::Sequence { .. } => Some("array"),
        Expr::Function(_) => Some("function"),
        Expr::Local(local) => made_by_name(function, local),
        _ => None,
    }
}

fn made_by_name(function: Function<'_>, local: LocalId) -> Option<&'static str> {
    let module = function.module();
    let declared = module.local(local);
    if declared.function == MODULE_BODY {
        return None;
    }
    if let LocalKind::Function(_) = declared.kind {
        return Some("function");
    }
    let value = function.facts().def_use.single_value(local)?;
    match module.expr(value) {
        Expr::Map(_) => Some("object"),
        Expr::Sequence { .. } => Some("array"),
        Expr::Function(_) => Some("function"),
        _ => None,
    }
}
