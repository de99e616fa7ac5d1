//! How many rows a query takes, where the request says it.

use super::{Fetch, query};
use crate::analysis::def_use::Def;
use crate::ir::{BinaryOp, Expr, ExprId, LocalId, LocalKind, UnaryOp};
use crate::link::callbacks::argument_for;
use crate::link::entry_points::Reach;
use crate::link::program::Function;
use crate::link::types::{Base, ExprRef, FunctionRef};

/// Calls from the query to the handler.
const MAX_CALLS: u32 = 3;
/// Callers that are looked at.
const MAX_CALLERS: usize = 8;

impl<'p> Fetch<'p> {
    /// The value in a request that says how many rows are read, if nothing caps it.
    pub fn asked_limit(&self) -> Option<(Function<'p>, ExprId)> {
        let program = self.function.program;
        let limits = query::limits_of(&program.world, self.function.file, self.rows);
        let [ExprRef { file, expr }] = limits[..] else {
            return None;
        };
        let owner = FunctionRef {
            file,
            function: program.world.unit(file).facts.module.function_of(expr),
        };
        asked(program.function(owner), expr, 0)
    }
}

/// The value of the request that an expression is, as it came.
fn asked(own: Function<'_>, expr: ExprId, calls: u32) -> Option<(Function<'_>, ExprId)> {
    let module = own.module();
    match module.expr(expr) {
        Expr::Local(local) => asked_name(own, expr, local, calls),
        // `parseInt(req.query.limit)`, `request.args.get("limit", 20)`
        Expr::Call { callee, args, .. } => match module.expr(callee) {
            Expr::Name(name)
                if matches!(module.text(name), "parseInt" | "Number" | "int" | "Int") =>
            {
                asked(own, *module.list(args).first()?, calls)
            }
            Expr::Member { object, name }
                if matches!(module.text(name), "get" | "getfirst" | "param") =>
            {
                is_of_request(own, object).then_some((own, expr))
            }
            Expr::Member { object, name }
                if module.text(name) == "parseInt"
                    && matches!(module.expr(object), Expr::Name(_)) =>
            {
                asked(own, *module.list(args).first()?, calls)
            }
            _ => None,
        },
        Expr::Logical { left, .. } => asked(own, left, calls),
        Expr::Unary {
            op: UnaryOp::Other,
            operand,
        } => asked(own, operand, calls),
        Expr::Member { object, .. } | Expr::Index { object, .. } => {
            is_of_request(own, object).then_some((own, expr))
        }
        _ => None,
    }
}

fn asked_name(
    own: Function<'_>,
    expr: ExprId,
    local: LocalId,
    calls: u32,
) -> Option<(Function<'_>, ExprId)> {
    let facts = own.facts();
    let module = &facts.module;
    // Who compares it may cap it.
    if is_compared(own, local) {
        return None;
    }
    match facts.def_use.def(facts.def_use.reaching(expr)?) {
        Def::Value { value, .. } => asked(own, *value, calls),
        Def::Entry { local, .. } => {
            let declared = module.local(*local);
            let LocalKind::Param(param) = declared.kind else {
                return None;
            };
            let owner = Function {
                id: declared.function,
                ..own
            };
            if is_handler(owner) {
                return is_plain_param(owner, param).then_some((owner, expr));
            }
            asked_of_callers(owner, param, calls)
        }
        _ => None,
    }
}

fn asked_of_callers(owner: Function<'_>, param: u16, calls: u32) -> Option<(Function<'_>, ExprId)> {
    if calls >= MAX_CALLS {
        return None;
    }
    let at = owner.reference();
    let program = owner.program;
    let callers = program.callers().get(&at)?;
    callers
        .iter()
        .take(MAX_CALLERS)
        .find_map(|&(caller, call)| {
            let caller = program.function(caller);
            let argument = argument_for(&program.world, caller.module(), call, at, param)?;
            asked(caller, argument, calls + 1)
        })
}

/// Whether a parameter of a handler is a number that nothing bounds: `limit: int = 20`.
fn is_plain_param(handler: Function<'_>, param: u16) -> bool {
    let module = handler.module();
    let Some(param) = handler.declared().params.get(usize::from(param)) else {
        return false;
    };
    // `Query(20, le=100)`, as the default or in the annotation.
    let is_capped = |part: ExprId| {
        let mut open = vec![part];
        while let Some(at) = open.pop() {
            match module.expr(at) {
                Expr::Keyword { name, .. } if matches!(module.text(name), "le" | "lt") => {
                    return true;
                }
                _ => module.for_each_part(at, |part| open.push(part)),
            }
        }
        false
    };
    let is_number = param.annotation.is_some_and(|annotation| {
        let mut is_number = false;
        let mut open = vec![annotation];
        while let Some(at) = open.pop() {
            match module.expr(at) {
                Expr::Name(name) => is_number |= matches!(module.text(name), "int" | "number"),
                _ => module.for_each_part(at, |part| open.push(part)),
            }
        }
        is_number
    });
    is_number && !param.annotation.is_some_and(is_capped) && !param.default.is_some_and(is_capped)
}

/// Whether a name is compared with something: `if (limit > 100)`.
fn is_compared(own: Function<'_>, local: LocalId) -> bool {
    let module = own.module();
    let uses = own.program.uses(own.file);
    uses.of_name(local).iter().any(|&used| {
        uses.parents(used).iter().any(|&parent| {
            matches!(module.expr(parent), Expr::Binary { op, .. } if matches!(
                op,
                BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual
            ))
        })
    })
}

/// Whether an expression is the query of a request that a handler is asked with, unchecked.
fn is_of_request(own: Function<'_>, object: ExprId) -> bool {
    let module = own.module();
    let mut at = object;
    let mut is_query = false;
    loop {
        at = match module.expr(at) {
            Expr::Member { object, name } => {
                is_query |= matches!(
                    module.text(name),
                    "query" | "args" | "GET" | "searchParams" | "query_params" | "params" | "body"
                );
                object
            }
            Expr::Await(inner) => inner,
            _ => break,
        };
    }
    let Expr::Local(local) = module.expr(at) else {
        return false;
    };
    let declared = module.local(local);
    match declared.kind {
        LocalKind::Param(_) => {
            let owner = Function {
                id: declared.function,
                ..own
            };
            // What has a class was checked against it.
            let is_checked = matches!(own.type_of(object).base, Base::Instance(_));
            is_query && is_handler(owner) && !is_checked
        }
        LocalKind::Import(_) => is_query && module.text(declared.name) == "request",
        // `const { searchParams } = new URL(request.url)`
        _ => false,
    }
}

fn is_handler(function: Function<'_>) -> bool {
    let reached = function.reached();
    let own = function.reference();
    reached.reach == Reach::Handler && reached.handler == Some(own)
}
