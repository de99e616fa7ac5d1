//! `connection-per-request`: a client, pool or connection made anew for each request or
//! element, where one for the process is meant.

use super::few_elements::why_few;
use super::{Reporter, Rule, answers_requests, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionKind, LoopKind, Site, Stmt};
use crate::link::call_graph::{Call, Callee};
use crate::link::entry_points::Reach;
use crate::link::program::{Function, Loop};
use crate::link::words;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("connection-per-request", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    for (site, call) in function.calls() {
        if !opens(function, call) {
            continue;
        }
        if is_kept(function, site) {
            reporter.because(
                site.expr,
                "what it opens is kept: in a field, a map, a cache",
            );
            continue;
        }
        check_opening(function, site, reporter);
    }
    check_client(function, reporter);
}

/// The methods of an object that knows its server, each of which connects anew: told once, at the
/// first of them.
fn check_client(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let asked = asks_own_server(function);
    let [(first, keeper), more @ ..] = &asked[..] else {
        return;
    };
    let class = function.declared().class;
    let siblings: Vec<Function<'_>> = function
        .program
        .functions(function.file)
        .filter(|other| other.id != function.id && other.declared().class == class)
        .collect();
    let of_siblings: Vec<(Function<'_>, ExprId)> = siblings
        .into_iter()
        .flat_map(|other| {
            asks_own_server(other)
                .into_iter()
                .map(move |(at, _)| (other, at))
        })
        .collect();
    if of_siblings.iter().any(|(other, _)| other.id < function.id) {
        reporter.because(*first, "it is told at another method of the class");
        return;
    }
    let name = function.callee_text(*first);
    let finding = reporter.report(
        function.module().span(*first),
        // How long the object lives, and how often it asks, is not known.
        Confidence::Low,
        format!("`{name}` connects anew on each call of an object that knows its server"),
    );
    let more = more.iter().map(|&(at, _)| (function, at));
    for (other, at) in more.chain(of_siblings) {
        finding.related(other.place_of(at), "and so does this");
    }
    finding
        .cost("a handshake each time, and nothing left to reuse")
        .help(format!("keep a `{keeper}` in the object and ask by that"));
}

/// The calls that connect anew to an address which is made of what the object of the method
/// holds, and what could be kept instead.
fn asks_own_server(function: Function<'_>) -> Vec<(ExprId, &str)> {
    let declared = function.declared();
    if declared.class.is_none()
        || declared.is_static
        || declared.kind == FunctionKind::Constructor
        || function.context() != Context::Product
    {
        return Vec::new();
    }
    let (module, facts) = (function.module(), function.facts());
    let knows = |arg: ExprId| facts.any_origin(arg, |id| facts.module.receiver_class(id).is_some());
    let calls = function.calls().filter_map(|(site, call)| {
        let Callee::Model(id) = call.callee else {
            return None;
        };
        let keeper = function.program.world.models.call(id).kept_by.as_deref()?;
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            return None;
        };
        knows(*module.list(args).first()?).then_some((site.expr, keeper))
    });
    calls.collect()
}

fn check_opening(function: Function<'_>, site: &Site, reporter: &mut Reporter<'_>) {
    let declared = function.declared();
    let repeating = repeating_loop(function, site);
    let reached = function.reached();
    let is_module = declared.kind == FunctionKind::Module;
    // What runs once makes one, and an object keeps what its constructor makes.
    let runs_once = is_module || declared.kind == FunctionKind::Constructor;
    if repeating.is_none() && (runs_once || function.context() == Context::Script) {
        reporter.because(
            site.expr,
            "it runs once, when the program or its owner starts",
        );
        return;
    }
    let is_factory = is_handed_out(function, site.expr);
    if is_factory && repeating.is_none() && reached.reach == Reach::None {
        reporter.because(site.expr, "the caller gets it and may keep it");
        return;
    }
    reporter.because(
        site.expr,
        "whether there is one that could be kept instead is not in sight: hosts differ",
    );
    // Whether there is a client that could be kept instead is seldom in sight: hosts differ, event
    // loops end, an administrator asks once. It is where the same is opened for each element, or
    // where requests and jobs come by, with nothing but settings, and is used there only.
    // A client that is told no server may talk to another one each time.
    let is_told = has_arguments(function, site.expr) || asks_one_server(function, site.expr);
    let is_repeated = reached.reach == Reach::Handler
        || is_told && (reached.reach == Reach::Called || reached.job.is_some());
    let is_same = || {
        is_repeated
            && !is_factory
            && depends_on_settings(function, site.expr)
            && !needs_its_own(function, site)
            && !super::is_for_staff(function)
    };
    let is_of_many = repeating.is_some_and(|lp| why_few(lp).is_none());
    let confidence = if function.context() == Context::Product && (is_of_many || is_same()) {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    let name = function.callee_text(site.expr);
    let what = match repeating {
        Some(lp) => format!("each {}", element_text(lp)),
        None if reached.reach == Reach::None => "each call".to_owned(),
        None => "each request".to_owned(),
    };
    let finding = reporter.report(
        function.module().span(site.expr),
        confidence,
        format!("`{name}` opens anew for {what}"),
    );
    if let Some(lp) = repeating {
        finding.related(lp.place(), "repeated by this loop");
    } else {
        answers_requests(finding, function);
    }
    finding
        .cost("a handshake each time, and nothing left to reuse")
        .help("make one when the program starts and share it");
}

/// Whether what is opened is the same whatever the function is called with: made with constants,
/// settings, and what its object was given.
fn depends_on_settings(function: Function<'_>, expr: ExprId) -> bool {
    let module = function.module();
    let mut params = function.params_of(expr);
    if module.exports_all && declared_in_class(function) {
        // The receiver.
        params &= !1;
    }
    params == 0
        && !function.asks_request(expr)
        && !function.facts().any_origin(expr, |id| {
            id != expr && matches!(module.expr(id), Expr::Call { .. } | Expr::Await(_))
        })
}

fn has_arguments(function: Function<'_>, call: ExprId) -> bool {
    matches!(function.module().expr(call), Expr::Call { args, .. } if args.len > 0)
}

/// Whether a client is used with an address that is written out: `client.post("https://…")`.
fn asks_one_server(function: Function<'_>, client: ExprId) -> bool {
    let module = function.module();
    let text_of = |expr: ExprId| match module.expr(expr) {
        Expr::String(text) => Some(module.text(text)),
        // As far as the first hole.
        Expr::Template(parts) => match module.expr(*module.list(parts).first()?) {
            Expr::String(text) => Some(module.text(text)),
            _ => None,
        },
        _ => None,
    };
    function.facts().sites(function.id).iter().any(|site| {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            return false;
        };
        let is_method = matches!(module.expr(callee), Expr::Member { object, .. }
            if is_value(function, object, client));
        let mut texts = module.list(args).iter().filter_map(|&arg| text_of(arg));
        is_method
            && texts.any(|text| {
                let host = text.split_once("://").map(|(_, host)| host);
                host.is_some_and(|host| host.contains('/'))
            })
    })
}

fn declared_in_class(function: Function<'_>) -> bool {
    function.declared().class.is_some() && !function.declared().is_static
}

/// Whether a connection is opened for its own sake: to see whether that works, or to wait on it.
fn needs_its_own(function: Function<'_>, site: &Site) -> bool {
    let module = function.module();
    let names = [
        function.name().unwrap_or_default(),
        function.program.world.unit(function.file).path.clone(),
    ];
    if names.iter().any(|name| words::is_for_health(name)) {
        return true;
    }
    let mut is_tried = false;
    let mut is_used = false;
    for other in function.facts().sites(function.id) {
        let Expr::Call { callee, .. } = module.expr(other.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        if !is_value(function, object, site.expr) {
            continue;
        }
        let name = module.text(name);
        if words::waits_on_connection(name) {
            return true;
        }
        if words::tries_connection(name) {
            is_tried = true;
        } else {
            is_used = true;
        }
    }
    // One that goes on for ever keeps what it opened.
    let is_endless = function.module().loops.iter().any(|lp| {
        lp.function == function.id && matches!(lp.kind, LoopKind::While) && site.lp.is_none()
    });
    is_endless || is_tried && !is_used
}

/// Whether a call opens a pool or connection, or makes a client that keeps one.
fn opens(function: Function<'_>, call: &Call) -> bool {
    let models = &function.program.world.models;
    match call.callee {
        Callee::Model(id) => models.call(id).opens,
        Callee::External(Some(path)) => {
            let ty = models.path(path).ty;
            ty.is_some_and(|ty| models.ty(ty).opens)
        }
        _ => false,
    }
}

/// The loop that repeats an opening for the same server.
fn repeating_loop<'p>(function: Function<'p>, site: &Site) -> Option<Loop<'p>> {
    let loops = function.loops_around(site.lp);
    let (lp, _) = growing_loop(&loops)?;
    // Elements that bring their address mean different servers.
    (!function.facts().varies_in(site.expr, lp.id)).then_some(lp)
}

/// Whether what is opened stays: in a variable of the module, a field, a map, or because the
/// function's results are kept.
pub(super) fn is_kept(function: Function<'_>, site: &Site) -> bool {
    let module = function.module();
    let facts = function.facts();
    if function.program.summary(function.reference()).is_cached
        || facts.is_memoized(site.expr, site.stmt)
    {
        return true;
    }
    let inside = function.declared().exprs;
    facts.sites(function.id).iter().any(|other| {
        // `clients.set(key, client)`
        let Expr::Call { callee, args, .. } = module.expr(other.expr) else {
            return false;
        };
        matches!(module.expr(callee), Expr::Member { name, .. }
            if matches!(module.text(name), "set" | "append" | "push" | "setdefault" | "add"))
            && module
                .list(args)
                .iter()
                .any(|&arg| is_value(function, arg, site.expr))
    }) || inside.iter().any(|id| {
        let Expr::Assign { target, value, .. } = module.expr(id) else {
            return false;
        };
        let lasts = match module.expr(target) {
            Expr::Member { .. } | Expr::Index { .. } => true,
            Expr::Local(local) => module.local(local).function != function.id,
            _ => false,
        };
        lasts && is_value(function, value, site.expr)
    })
}

/// Whether the value of an expression is what `site` makes, perhaps through names.
fn is_value(function: Function<'_>, expr: ExprId, site: ExprId) -> bool {
    let module = function.module();
    let mut at = expr;
    for _ in 0..8 {
        if at == site {
            return true;
        }
        at = match module.expr(at) {
            Expr::Await(inner) | Expr::Entered(inner) => inner,
            Expr::Assign { value, .. } => value,
            Expr::Logical { right, .. } => right,
            Expr::Conditional { otherwise, .. } => otherwise,
            Expr::Local(local) => match function.facts().def_use.single_value(local) {
                Some(value) => value,
                None => return false,
            },
            _ => return false,
        };
    }
    false
}

/// Whether the caller gets what is opened and may keep it.
pub(super) fn is_handed_out(function: Function<'_>, site: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    let mut open = vec![function.declared().body];
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            if let Stmt::Return(Some(value)) = module.stmt(stmt)
                && returns(function, value, site)
            {
                return true;
            }
            facts.push_blocks(stmt, &mut open);
        }
    }
    function.declared().is_generator
}

/// Whether a returned value holds what `site` makes: itself, in an object, or in another one
/// made with it.
fn returns(function: Function<'_>, value: ExprId, site: ExprId) -> bool {
    let module = function.module();
    let parts = match module.expr(value) {
        Expr::Map(parts)
        | Expr::Sequence {
            elements: parts, ..
        } => module.list(parts),
        Expr::Call { args, callee, .. } if matches!(module.expr(callee), Expr::Local(_)) => {
            module.list(args)
        }
        _ => &[],
    };
    is_value(function, value, site)
        || parts.iter().any(|&part| {
            let part = match module.expr(part) {
                Expr::Keyword { value, .. } => value,
                _ => part,
            };
            is_value(function, part, site)
        })
}
