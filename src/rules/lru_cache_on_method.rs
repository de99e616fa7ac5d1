//! `lru-cache-on-method`: a decorator keeps results for the life of the process, and with them the
//! receiver, or as many as there are arguments.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{ClassKind, Expr, ExprId, FunctionKind, ParamKind};
use crate::link::entry_points::Reach;
use crate::link::infer::Typer;
use crate::link::models::{Bounded, CallModel};
use crate::link::program::Function;
use crate::link::types::{Base, ClassRef};

pub(super) const RULE: Rule = Rule::per_function("lru-cache-on-method", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let declared = function.declared();
    for &decorator in module.list(declared.decorators) {
        let Some(model) = memo_of(function, decorator) else {
            continue;
        };
        let is_bounded = is_bounded(function, decorator, model);
        match kept_receiver(function) {
            Some(true) => on_method(function, decorator, is_bounded, reporter),
            Some(false) => {}
            None if !is_bounded => on_function(function, decorator, reporter),
            None => {}
        }
    }
}

/// The model of a decorator that keeps what a function returns.
fn memo_of(function: Function<'_>, decorator: ExprId) -> Option<&CallModel> {
    let world = &function.program.world;
    let mut typer = Typer::new(world, function.file);
    let ty = match function.module().expr(decorator) {
        Expr::Call { .. } => typer.callee(decorator),
        _ => typer.of(decorator),
    };
    let Base::Path(path) = ty.base else {
        return None;
    };
    let model = world.models.call(world.models.path(path).call?);
    // What ends after some time is for `cache-without-expiry`.
    (model.memoizes && model.expires.is_empty()).then_some(model)
}

/// Whether a decorator keeps a limited number of results.
fn is_bounded(function: Function<'_>, decorator: ExprId, model: &CallModel) -> bool {
    let module = function.module();
    let Some(bound) = &model.bounded else {
        return false;
    };
    let Expr::Call { args, .. } = module.expr(decorator) else {
        return true;
    };
    let args = module.list(args);
    let given = args
        .iter()
        .find_map(|&arg| match (module.expr(arg), bound) {
            (Expr::Keyword { name, value }, Bounded::Key(key)) if module.text(name) == key => {
                Some(value)
            }
            (Expr::Keyword { .. }, _) => None,
            _ => Some(arg),
        });
    // A plain map keeps all.
    given.is_none_or(|value| match module.expr(value) {
        Expr::Null | Expr::Map(_) => false,
        Expr::Call { callee, args, .. } => {
            !(args.len == 0
                && matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "dict"))
        }
        _ => true,
    })
}

/// Whether a method's receiver is kept with the results, and is not kept by others anyway. None
/// for what has no receiver.
fn kept_receiver(function: Function<'_>) -> Option<bool> {
    let declared = function.declared();
    let class = declared.class?;
    if declared.is_static || declared.kind == FunctionKind::Module {
        return None;
    }
    let module = function.module();
    let decorators = module.list(declared.decorators).iter();
    let is_of_class = decorators
        .copied()
        .any(|d| function.last_name_of(d) == Some("classmethod"));
    let file = function.file;
    let class = ClassRef { file, class };
    Some(
        !is_of_class
            && !is_enumeration(function, class)
            && !function.program.is_singleton(class)
            && !is_acknowledged(function),
    )
}

/// Whether a comment at the head of a method says that it is meant to keep its receiver, as another
/// tool is told (flake8-bugbear's B019).
fn is_acknowledged(function: Function<'_>) -> bool {
    let module = function.module();
    let declared = function.declared();
    let body = module.block(declared.body).stmts.first();
    let starts = body.map_or(declared.span.end, |&first| module.stmt_span(first).start);
    let mut decorators = module.list(declared.decorators).iter();
    let from = decorators
        .next()
        .map_or(declared.span.start, |&first| module.span(first).start);
    let mut comments = module.keeping.iter();
    comments.any(|comment| from <= comment.start && comment.end <= starts)
}

/// The members of an enumeration live as long as the program.
fn is_enumeration(function: Function<'_>, class: ClassRef) -> bool {
    let world = &function.program.world;
    world.above(class).into_iter().any(|class| {
        let module = &world.unit(class.file).facts.module;
        let declared = module.class(class.class);
        let bases = module.list(declared.bases).iter().copied();
        let last = |base: ExprId| match module.expr(base) {
            Expr::Member { name, .. } | Expr::Name(name) => Some(module.text(name)),
            Expr::Local(local) => Some(module.text(module.local(local).name)),
            _ => None,
        };
        declared.kind == ClassKind::Enum
            || bases.filter_map(last).any(|name| {
                name.ends_with("Enum")
                    || name.ends_with("Flag")
                    || name.ends_with("Choices")
                    // What makes a class makes few.
                    || name == "type"
            })
    })
}

fn on_method(
    function: Function<'_>,
    decorator: ExprId,
    is_bounded: bool,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let name = function.callee_text(decorator);
    let method = function.name().unwrap_or_default();
    // A bounded cache holds on to a few receivers; that is seldom what fills the memory.
    let confidence = if is_bounded {
        Confidence::Low
    } else {
        Confidence::Medium
    };
    let receiver = function.declared().params.first();
    let receiver = match receiver.map(|param| module.expr(param.target)) {
        Some(Expr::Local(local)) => module.text(module.local(local).name),
        _ => "its receiver",
    };
    let finding = reporter.report(
        module.span(decorator),
        confidence,
        format!("`{name}` keeps each `{receiver}` that `{method}` was called on"),
    );
    finding
        .related(function.place(function.declared().name_span), "its results are kept")
        .cost("no instance is ever freed while the cache holds it")
        .help(if function.declared().params.len() == 1 {
            "use functools.cached_property, which keeps the value in the instance"
        } else {
            "keep results in the instance, or cache a function of the module whose arguments are all \
             that the result depends on"
        });
}

fn on_function(function: Function<'_>, decorator: ExprId, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let declared = function.declared();
    let params: Vec<&str> = declared
        .params
        .iter()
        .filter(|param| param.kind == ParamKind::Plain)
        .filter_map(|param| match module.expr(param.target) {
            Expr::Local(local) => Some(module.text(module.local(local).name)),
            _ => None,
        })
        .collect();
    // Without arguments there is one result.
    let Some(first) = params.first() else {
        return;
    };
    if function.reached().reach == Reach::None {
        return;
    }
    let name = function.callee_text(decorator);
    let finding = reporter.report(
        module.span(decorator),
        // How many values the arguments take is seldom in sight.
        Confidence::Low,
        format!("`{name}` keeps a result for each `{first}` without a bound"),
    );
    finding
        .related(function.place(declared.name_span), "called by requests")
        .cost("memory that grows until the process is restarted")
        .help("give it a bound: functools.lru_cache(maxsize=1024)");
}
