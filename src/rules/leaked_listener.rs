//! `leaked-listener`: a listener, timer or subscription that each call or component adds and
//! nothing takes away.

use super::polling_query::period;
use super::unstable_props::component_of;
use super::{Reporter, Rule, answers_requests};
use crate::finding::Confidence;
use crate::ir::{
    CallKind, Expr, ExprId, FunctionId, FunctionKind, Invocation, LocalKind, MODULE_BODY, Module,
    Site, Stmt,
};
use crate::link::call_graph::Callee;
use crate::link::entry_points::Reach;
use crate::link::infer::Typer;
use crate::link::models::CallModel;
use crate::link::program::Function;
use crate::link::types::{Base, FunctionRef};
use crate::link::words;
use crate::source::{Context, FileId};

pub(super) const RULE: Rule = Rule::per_function("leaked-listener", check);

/// Milliseconds from which on a timer holds on to more than the requests at work.
const LONG: i64 = 5_000;

/// What makes the code run again and again.
enum Repeated {
    /// A component appears: the call that is told to run it then.
    Mount(ExprId),
    /// A component appears, of which it is a method.
    MountMethod,
    /// A request comes in.
    Request,
}

/// Why a listener of a component is added once.
const ROOT: &str = "its component stands at the root of the application, for as long as the page";
/// Why it may be.
const UNLOADED: &str =
    "no file in sight loads its component: a page may hold it from first to last";

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product {
        return;
    }
    let mut repeated = None;
    for site in function.facts().sites(function.id) {
        let Some(model) = adds(function, site.expr) else {
            continue;
        };
        if repeated.is_none() {
            repeated = Some(repetition(function));
        }
        let Some(Some(repeated)) = &repeated else {
            return;
        };
        if (model.lasts || outlives_call(function, site.expr))
            && !ends_itself(function, site)
            && !is_taken_away(function, site.expr, model)
        {
            if model.ends_after.is_empty() {
                report(function, site, model, repeated, reporter);
            } else if let Repeated::Request = repeated {
                long_timer(function, site, model, reporter);
            }
        }
    }
}

fn report(
    function: Function<'_>,
    site: &Site,
    model: &CallModel,
    repeated: &Repeated,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let name = function.callee_text(site.expr);
    let end = model.ended_by.first().map_or("", String::as_str);
    let message = match repeated {
        Repeated::Mount(_) | Repeated::MountMethod => {
            format!(
                "each time the component appears `{name}` adds one more, and none is taken away"
            )
        }
        Repeated::Request => {
            format!("each request makes `{name}` add one more, and none is taken away")
        }
    };
    // What is observed of a component's own goes with it, as a rule.
    let confidence = if model.lasts && is_own_target(function, site.expr) {
        Confidence::Low
    } else if let Some(why) = why_once(function, repeated) {
        reporter.because(site.expr, why);
        Confidence::Low
    } else {
        Confidence::Medium
    };
    let finding = reporter.report(module.span(site.expr), confidence, message);
    match repeated {
        Repeated::Mount(call) => {
            finding
                .related(function.place_of(*call), "runs when the component appears")
                .help(if function.program.is_component(function.file) {
                    format!("call `{end}` when the component goes")
                } else {
                    format!("return a function that calls `{end}`")
                });
        }
        Repeated::MountMethod => {
            finding
                .related(
                    function.place(function.declared().name_span),
                    "runs when the component appears",
                )
                .help(format!("call `{end}` when the component goes"));
        }
        Repeated::Request => {
            answers_requests(finding, function);
            finding.help(format!(
                "add it once when the program starts, or call `{end}` when the request is done"
            ));
        }
    }
    finding.cost("each one keeps what it refers to, and all of them run");
}

/// Whether a component is seen to be rendered at the root of an application only; or a hook to be
/// used by such components.
fn is_mounted_once(component: Function<'_>, steps: u32) -> bool {
    const MAX_STEPS: u32 = 3;
    let rendered = rendered_in(component);
    let callers = component.callers();
    !(rendered.is_empty() && callers.is_empty())
        && rendered.into_iter().all(is_root)
        && callers.into_iter().all(|(caller, _)| {
            is_root(caller) || steps < MAX_STEPS && is_mounted_once(component_of(caller), steps + 1)
        })
}

/// The functions that render a component.
fn rendered_in(component: Function<'_>) -> Vec<Function<'_>> {
    let program = component.program;
    let world = &program.world;
    let mut found = Vec::new();
    for file in (0..world.units.len() as u32).map(FileId) {
        if program.contexts[file.index()] != Context::Product {
            continue;
        }
        let module = &world.unit(file).facts.module;
        let mut typer = None;
        for site in &module.sites {
            if !matches!(
                module.expr(site.expr),
                Expr::Call {
                    kind: CallKind::Jsx,
                    ..
                }
            ) {
                continue;
            }
            let typer = typer.get_or_insert_with(|| Typer::new(world, file));
            let ty = typer.callee(site.expr);
            let called = match ty.base {
                Base::Function(called) if ty.is_bare() => Some(called),
                _ => written_component(component, file, site.expr),
            };
            if called.is_some_and(|called| {
                called.file == component.file && called.function == component.id
            }) {
                found.push(program.function(FunctionRef {
                    file,
                    function: module.function_of(site.expr),
                }));
            }
        }
    }
    found
}

/// The function that an element of a page stands for, by its import alone: whatever type a
/// component is declared to have, `const Menu: FC = () => …`.
fn written_component(
    component: Function<'_>,
    file: FileId,
    element: ExprId,
) -> Option<FunctionRef> {
    let world = &component.program.world;
    let module = &world.unit(file).facts.module;
    let Expr::Call { callee, .. } = module.expr(element) else {
        return None;
    };
    let Expr::Local(local) = module.expr(callee) else {
        return None;
    };
    let LocalKind::Import(import) = module.local(local).kind else {
        return None;
    };
    let made = world.imported_value(file, import)?;
    match world.unit(made.file).facts.module.expr(made.value) {
        Expr::Function(function) => Some(FunctionRef {
            file: made.file,
            function,
        }),
        _ => None,
    }
}

/// Why a component is seen to appear once, or may do so, if nothing says that it does more often.
fn why_once(function: Function<'_>, repeated: &Repeated) -> Option<&'static str> {
    let program = function.program;
    match repeated {
        Repeated::Request => return None,
        Repeated::Mount(_) if is_mounted_once(component_of(function), 0) => return Some(ROOT),
        Repeated::Mount(_) | Repeated::MountMethod => {}
    }
    if !program.is_component(function.file) {
        return None;
    }
    let loaders = program.loaders(function.file);
    if loaders.is_empty() {
        // Its library knows it by a name, and a page that the server made holds it; unless a router
        // makes a page of it.
        let path = &program.world.unit(function.file).path;
        return (!words::is_routed(path)).then_some(UNLOADED);
    }
    let is_root = |file| puts_into_page(&program.world.unit(file).facts.module);
    let is_method = matches!(repeated, Repeated::MountMethod);
    (is_method && loaders.into_iter().all(is_root)).then_some(ROOT)
}

/// Whether a function stands where an application is put together, by its file.
fn is_root(function: Function<'_>) -> bool {
    words::is_root(&function.program.world.unit(function.file).path)
        || puts_into_page(function.module())
}

/// Whether a module puts an application into its page: `createApp(App)`.
fn puts_into_page(module: &Module) -> bool {
    module.sites.iter().any(|site| {
        let Expr::Call { callee, kind, .. } = module.expr(site.expr) else {
            return false;
        };
        kind != CallKind::Jsx && module.last_name(callee).is_some_and(words::mounts_root)
    })
}

/// A timer that each request starts, and that holds on to the request until it has passed.
fn long_timer(function: Function<'_>, site: &Site, model: &CallModel, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let typer = Typer::new(&function.program.world, function.file);
    let mut bounds = model.ends_after.iter();
    let Some(after) = bounds.find_map(|bound| period(function, &typer, site.expr, bound)) else {
        return;
    };
    // Work put off for long is meant to be done whether or not the request has ended.
    let is_guard = typer
        .argument(site.expr, 0)
        .is_some_and(|callback| gives_up(function, callback));
    if after < LONG || !is_guard {
        return;
    }
    let name = function.callee_text(site.expr);
    let end = model.ended_by.first().map_or("", String::as_str);
    let finding = reporter.report(
        module.span(site.expr),
        Confidence::Low,
        format!("`{name}` holds on to each request for {} s", after / 1000),
    );
    answers_requests(finding, function);
    finding
        .cost("all that the requests of so many seconds refer to stays in memory")
        .help(format!("call `{end}` when the request is done"));
}

/// Whether a timer's callback ends what takes too long: it calls `abort()`, `reject()`, `cancel()`.
fn gives_up(function: Function<'_>, callback: ExprId) -> bool {
    const ENDS: &[&str] = &["abort", "reject", "cancel", "destroy", "kill", "terminate"];
    let module = function.module();
    let is_end = |expr: ExprId| {
        function
            .last_name_of(expr)
            .is_some_and(|name| ENDS.contains(&name))
    };
    match module.expr(callback) {
        Expr::Function(id) => {
            let exprs = module.function(id).exprs;
            exprs
                .iter()
                .any(|expr| matches!(module.expr(expr), Expr::Call { .. }) && is_end(expr))
        }
        _ => is_end(callback),
    }
}

/// The model of a call that adds what has to be taken away again.
fn adds(function: Function<'_>, expr: ExprId) -> Option<&CallModel> {
    if !matches!(function.module().expr(expr), Expr::Call { .. }) {
        return None;
    }
    let Callee::Model(id) = function.call_at(expr)?.callee else {
        return None;
    };
    let model = function.program.world.models.call(id);
    (!model.ended_by.is_empty()).then_some(model)
}

/// What makes a function run again and again, if something is known to.
fn repetition(function: Function<'_>) -> Option<Repeated> {
    if let Invocation::Argument(call, 0) = function.declared().invocation
        && let Some(parent) = function.declared().parent
    {
        let mut typer = Typer::new(&function.program.world, function.file);
        if let Some((model, _)) = typer.called_model(call)
            && model.mounts
        {
            // What it returns is called when the component goes; where that is made elsewhere it
            // is not in sight.
            let module = function.module();
            let returned = module.returned(function.id);
            let is_seen = returned
                .iter()
                .all(|&value| is_plain(module, value, function.id));
            let is_inside = parent != MODULE_BODY || function.program.is_component(function.file);
            return (is_inside && is_seen).then_some(Repeated::Mount(call));
        }
    }
    if is_mount_method(function) {
        return Some(Repeated::MountMethod);
    }
    let reach = function.reached().reach;
    // What is handed over may be called once for all: `once("watcher", () => …)`. A promise calls
    // it there and then.
    let module = function.module();
    let is_handed = match function.declared().invocation {
        Invocation::Argument(call, _) => !matches!(module.expr(call), Expr::Call {
            kind: CallKind::New,
            ..
        } if function.last_name_of(call) == Some("Promise")),
        _ => false,
    };
    (reach == Reach::Handler || reach == Reach::Called && !is_handed).then_some(Repeated::Request)
}

/// Whether a function is a method that runs each time its component appears.
fn is_mount_method(function: Function<'_>) -> bool {
    let declared = function.declared();
    let is_member = declared.class.is_some() || function.program.is_component(function.file);
    let module = function.module();
    is_member
        && declared.kind == FunctionKind::Method
        && declared.name.is_some_and(|name| {
            let methods = &function.program.world.models.mount_methods;
            methods.contains(module.text(name))
        })
}

/// Whether what a returned value does when called stands in the same file: a function written
/// there, or nothing.
fn is_plain(module: &Module, value: ExprId, owner: FunctionId) -> bool {
    match module.expr(value) {
        Expr::Function(_) | Expr::Null => true,
        Expr::Name(name) => module.text(name) == "undefined",
        Expr::Local(local) => module.local(local).function == owner,
        _ => false,
    }
}

/// Whether what is listened to lives longer than the call: a global, or something that the module
/// holds.
fn outlives_call(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let mut at = callee;
    let mut members = 0;
    loop {
        match module.expr(at) {
            Expr::Name(_) => return true,
            Expr::Local(local) => {
                let local = module.local(local);
                return local.function == MODULE_BODY;
            }
            Expr::Member { object, .. } => {
                members += 1;
                at = object;
            }
            // What a component has of its own goes with it: `this.store.changes.subscribe(…)` is
            // about what it was given.
            Expr::This => return members > 2,
            // `interval(1000).pipe(…).subscribe(…)`; what a function of the project gives may end by
            // itself, as the answer of a server does.
            Expr::Call { callee, .. } => {
                let called = function.call_at(at).map(|call| &call.callee);
                if matches!(called, Some(Callee::Function(_))) {
                    return false;
                }
                at = callee;
            }
            _ => return false,
        }
    }
}

/// Whether what is observed is something that the function has a name for, and no global.
fn is_own_target(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return false;
    };
    let Some(&first) = module.list(args).first() else {
        return false;
    };
    let mut at = first;
    while let Expr::Member { object, .. } = module.expr(at) {
        at = object;
    }
    matches!(
        module.expr(at),
        Expr::Local(_) | Expr::This | Expr::Call { .. }
    )
}

/// Whether a call is told when to stop, or is made only once.
fn ends_itself(function: Function<'_>, site: &Site) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(site.expr) else {
        return true;
    };
    let is_told = module
        .list(args)
        .iter()
        .skip(1)
        .any(|&arg| match module.expr(arg) {
            Expr::Map(entries) => {
                module
                    .list(entries)
                    .iter()
                    .any(|&entry| match module.expr(entry) {
                        Expr::Keyword { name, .. } => {
                            matches!(module.text(name), "once" | "signal")
                        }
                        Expr::Spread(_) => true,
                        _ => false,
                    })
            }
            _ => false,
        });
    // Someone else is handed what ends it.
    let uses = function.program.uses(function.file);
    let is_argument = uses.parents(site.expr).iter().any(|&parent| {
        matches!(module.expr(parent), Expr::Call { args, .. }
            if module.list(args).contains(&site.expr))
    });
    let is_handed_on = is_argument || matches!(module.stmt(site.stmt), Stmt::Return(_));
    is_told || is_handed_on || function.facts().fills_empty_place(site.stmt)
}

/// Whether the file takes away what a call adds: by a call of the right name that is about the
/// same event, where events have names.
fn is_taken_away(function: Function<'_>, added: ExprId, model: &CallModel) -> bool {
    let module = function.module();
    let event = |call: ExprId| match module.expr(call) {
        Expr::Call { args, .. } => match module.list(args).first().map(|&arg| module.expr(arg)) {
            Some(Expr::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    };
    let wanted = event(added);
    // Its listener is done with once it has run.
    if wanted.is_some_and(|event| words::happens_once(module.text(event))) {
        return true;
    }
    let is_end = |expr: ExprId| {
        function
            .last_name_of(expr)
            .is_some_and(|name| model.ended_by.iter().any(|end| end == name))
    };
    let mut sites = module.sites.iter();
    sites.any(|site| match module.expr(site.expr) {
        Expr::Call { args, .. } => {
            let is_named =
                is_end(site.expr) && (event(site.expr).is_none() || event(site.expr) == wanted);
            // `onUnmounted(stop)`, `cleanups.push(() => …)`
            is_named
                || module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Member { .. } | Expr::Local(_)) && is_end(arg)
                })
        }
        _ => false,
    })
}
