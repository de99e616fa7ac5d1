//! Where a program is entered by its users: the functions that answer requests, and what they
//! call. Recognised by what frameworks have in common, not by their names.

use std::collections::VecDeque;

use super::call_graph::{ActKind, LinkedFile};
use super::infer::Typer;
use super::types::{Base, FunctionRef};
use super::world::World;
use crate::ir::{CallKind, Expr, ExprId, Function, FunctionId, FunctionKind, Invocation, Module};
use crate::source::FileId;

/// Members by which routers take a handler, after a path: `app.get("/users", handler)`.
const ROUTES: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "all",
    "use",
    "route",
    "websocket",
    "api_route",
];
/// Decorators of methods that answer requests, whatever their arguments.
const DECORATORS: &[&str] = &[
    "Get",
    "Post",
    "Put",
    "Patch",
    "Delete",
    "All",
    "Query",
    "Mutation",
    "ResolveField",
    "Subscription",
    "api_view",
    "action",
];
/// Functions that a file-based router calls by the name of the method.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// How a function is reached from requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// No request is known to reach it.
    #[default]
    None,
    /// Something that answers a request calls it.
    Called,
    /// It answers a request itself.
    Handler,
}

/// How a function is reached, and from where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reached {
    /// How.
    pub reach: Reach,
    /// The handler whose requests come to it.
    pub handler: Option<FunctionRef>,
}

/// How requests reach each function, by file and function.
pub fn reach(world: &World, linked: &[LinkedFile]) -> Vec<Vec<Reached>> {
    let mut reach: Vec<Vec<Reached>> = linked
        .iter()
        .map(|file| vec![Reached::default(); file.acts.len()])
        .collect();
    let mut open: VecDeque<FunctionRef> = VecDeque::new();
    for i in 0..linked.len() {
        for handler in handlers(world, FileId(i as u32)) {
            let known = &mut reach[handler.file.index()][handler.function.index()];
            if known.reach == Reach::None {
                known.reach = Reach::Handler;
                known.handler = Some(handler);
                open.push_back(handler);
            }
        }
    }
    while let Some(at) = open.pop_front() {
        let handler = reach[at.file.index()][at.function.index()].handler;
        for act in &linked[at.file.index()].acts[at.function.index()] {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            // What is kept is made by the first request only.
            if act.is_memoized {
                continue;
            }
            let known = &mut reach[target.file.index()][target.function.index()];
            if known.reach == Reach::None {
                known.reach = Reach::Called;
                known.handler = handler;
                open.push_back(target);
            }
        }
    }
    reach
}

/// The functions that a file makes answer requests, its own or others.
fn handlers(world: &World, file: FileId) -> Vec<FunctionRef> {
    let module = &world.unit(file).facts.module;
    let mut found = Vec::new();
    for (i, function) in module.functions.iter().enumerate() {
        if is_handler(module, function) {
            let function = FunctionId(i as u32);
            found.push(FunctionRef { file, function });
        }
    }
    let mut typer = Typer::new(world, file);
    for site in &module.sites {
        let Some(handlers) = routed(module, site.expr) else {
            continue;
        };
        for &handler in handlers {
            if let Base::Function(function) = typer.of(handler).base {
                found.push(function);
            }
        }
    }
    found
}

/// What a call hands to a router together with a path.
fn routed(module: &Module, call: ExprId) -> Option<&[ExprId]> {
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { name, .. } = module.expr(callee) else {
        return None;
    };
    let (path, handlers) = module.list(args).split_first()?;
    (ROUTES.contains(&module.text(name)) && is_route(module, *path)).then_some(handlers)
}

fn is_route(module: &Module, path: ExprId) -> bool {
    let text = match module.expr(path) {
        Expr::String(text) => module.text(text),
        Expr::Template(parts) => match module.list(parts).first().map(|&part| module.expr(part)) {
            Some(Expr::String(text)) => module.text(text),
            _ => return false,
        },
        _ => return false,
    };
    text.is_empty() || text.starts_with('/')
}

fn is_handler(module: &Module, function: &Function) -> bool {
    if matches!(
        function.kind,
        FunctionKind::Module | FunctionKind::Constructor | FunctionKind::Getter
    ) {
        return false;
    }
    let decorators = module.list(function.decorators).iter();
    if decorators.copied().any(|d| is_routing(module, d)) {
        return true;
    }
    let is_method_of_route = function.kind == FunctionKind::Function
        && function
            .name
            .is_some_and(|name| METHODS.contains(&module.text(name)));
    is_method_of_route || takes_request(module, function)
}

/// Whether a decorator makes what it decorates answer requests: `@router.get("/users")`,
/// `@Get()`.
fn is_routing(module: &Module, decorator: ExprId) -> bool {
    let (callee, first) = match module.expr(decorator) {
        Expr::Call { callee, args, .. } => (callee, module.list(args).first().copied()),
        _ => (decorator, None),
    };
    match module.expr(callee) {
        Expr::Member { name, .. } => {
            DECORATORS.contains(&module.text(name))
                || ROUTES.contains(&module.text(name))
                    && first.is_some_and(|path| is_route(module, path))
        }
        Expr::Name(name) => DECORATORS.contains(&module.text(name)),
        Expr::Local(local) => DECORATORS.contains(&module.text(module.local(local).name)),
        _ => false,
    }
}

/// Whether the parameters are those of a handler: `(req, res)`, `(self, request)`,
/// `(ctx, next)`, `(parent, args, context)`, `({ ctx, input })`.
fn takes_request(module: &Module, function: &Function) -> bool {
    let names: Vec<&str> = function
        .params
        .iter()
        .map(|param| match module.expr(param.target) {
            Expr::Local(local) => module
                .text(module.local(local).name)
                .trim_start_matches('_'),
            _ => "",
        })
        .filter(|name| !matches!(*name, "self" | "cls"))
        .collect();
    let is_request = |name: &str| matches!(name, "req" | "request");
    match names.as_slice() {
        [first, second, ..] if is_request(first) => {
            // Python's handlers take what the path holds after the request.
            !module.exports_all && matches!(*second, "res" | "response" | "reply" | "next" | "h")
                || module.exports_all && function.parent.is_none()
        }
        ["ctx" | "context", "next"] => true,
        [parent, _, context, ..] if matches!(*parent, "parent" | "root" | "obj" | "source") => {
            matches!(*context, "context" | "ctx")
        }
        [first] if is_request(first) && module.exports_all => true,
        [] => false,
        _ => {
            let keys = function.params.first().map(|param| param.target);
            let is_bound = |key: &str| {
                keys.is_some_and(|target| {
                    module.bindings(target).iter().any(|binding| {
                        matches!(module.expr(binding.target), Expr::Local(local)
                            if module.text(module.local(local).name) == key)
                    })
                })
            };
            is_bound("ctx") && is_bound("input")
                || is_bound("request") && (is_bound("params") || is_named(module, function))
                || names[0] == "ctx" && is_given_to_router(module, function)
        }
    }
}

/// Whether a function has the name of one that a framework calls with the request.
fn is_named(module: &Module, function: &Function) -> bool {
    function
        .name
        .is_some_and(|name| matches!(module.text(name), "loader" | "action" | "load"))
}

/// Whether a function literal stands in a call by which routers take handlers.
fn is_given_to_router(module: &Module, function: &Function) -> bool {
    let Invocation::Argument(call, position) = function.invocation else {
        return false;
    };
    match module.expr(call) {
        Expr::Call {
            callee,
            kind: CallKind::Plain,
            ..
        } => {
            position > 0
                && matches!(module.expr(callee), Expr::Member { name, .. }
                    if ROUTES.contains(&module.text(name)))
        }
        _ => false,
    }
}
