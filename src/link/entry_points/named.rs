//! Functions that answer requests by what frameworks have in common: the names of members that
//! take handlers, and those of the parameters of handlers.

use crate::ir::{CallKind, Expr, ExprId, Function, FunctionKind, Invocation, Module};

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
];
/// Functions that a file-based router calls by the name of the method.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Whether a call hands handlers to something together with a path: the member's name, the path,
/// and where the handlers begin.
pub(super) fn routed(module: &Module, call: ExprId) -> Option<(&str, ExprId)> {
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return None;
    };
    let callee = module.without_type_arguments(callee);
    let Expr::Member { name, .. } = module.expr(callee) else {
        return None;
    };
    let path = *module.list(args).first()?;
    let name = module.text(name);
    (ROUTES.contains(&name) && is_route(module, path)).then_some((name, path))
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

/// Whether a function is written like one that answers requests.
pub(super) fn is_handler(module: &Module, function: &Function) -> bool {
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
