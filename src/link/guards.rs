//! What stands behind an optional argument: `if options?.full`, `if user is None`.
//!
//! A guard names the parameter that decides whether a part of a function runs. A call that
//! leaves the argument out does not run that part.

use super::callbacks::argument_for;
use super::infer::Typer;
use super::types::{Base, FunctionRef};
use super::world::World;
use crate::analysis::facts::FileFacts;
use crate::ir::{
    BinaryOp, BlockOwner, Expr, ExprId, FunctionId, LocalKind, LogicalOp, Module, Name, Stmt,
    StmtId, UnaryOp,
};
use crate::source::FileId;

/// The condition on a parameter under which an act happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The parameter.
    pub param: u16,
    /// The key of it that is tested, if it is one.
    pub key: Option<Name>,
    /// Whether the act happens if the value is there, or if it is not.
    pub if_given: bool,
}

/// The class of a parameter by which an act happens or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassGuard {
    /// The parameter.
    pub param: u16,
    /// The class, as an expression of the function's file.
    pub class: ExprId,
    /// Whether the act happens if the value is one of the class, or if it is not.
    pub if_instance: bool,
}

/// What is known of the class of a parameter where a test came out as `outcome`.
fn class_tested(
    facts: &FileFacts,
    function: FunctionId,
    test: ExprId,
    outcome: bool,
) -> Option<ClassGuard> {
    let module = &facts.module;
    let (instance, class) = match module.expr(test) {
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
        } => return class_tested(facts, function, operand, !outcome),
        Expr::Call { callee, args, .. } => {
            let is_test = matches!(module.expr(callee), Expr::Name(name)
                if module.text(name) == "isinstance");
            match module.list(args) {
                &[instance, class] if is_test => (instance, class),
                _ => return None,
            }
        }
        Expr::Binary {
            op: BinaryOp::InstanceOf,
            left,
            right,
        } => (left, right),
        _ => return None,
    };
    let Guard {
        param, key: None, ..
    } = value(facts, function, instance)?
    else {
        return None;
    };
    Some(ClassGuard {
        param,
        class,
        if_instance: outcome,
    })
}

/// What is known of a parameter where a test came out as `outcome`.
fn tested(facts: &FileFacts, function: FunctionId, test: ExprId, outcome: bool) -> Option<Guard> {
    let module = &facts.module;
    let if_so = |guard| if outcome { guard } else { inverted(guard) };
    match module.expr(test) {
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
        } => tested(facts, function, operand, !outcome),
        Expr::Binary { op, left, right } => {
            if module.expr(right) != Expr::Null {
                return None;
            }
            let guard = value(facts, function, left)?;
            match op {
                BinaryOp::Is | BinaryOp::Equal => Some(if_so(inverted(guard))),
                BinaryOp::IsNot | BinaryOp::NotEqual => Some(if_so(guard)),
                _ => None,
            }
        }
        // Where both sides have the same outcome, each of them decides.
        Expr::Logical { op, left, right } => {
            let all = match op {
                LogicalOp::And => true,
                LogicalOp::Or => false,
                _ => return None,
            };
            if all != outcome {
                return None;
            }
            tested(facts, function, left, outcome)
                .or_else(|| tested(facts, function, right, outcome))
        }
        _ => value(facts, function, test).map(if_so),
    }
}

fn inverted(guard: Guard) -> Guard {
    Guard {
        if_given: !guard.if_given,
        ..guard
    }
}

/// The parameter, or the key of one, that an expression is.
fn value(facts: &FileFacts, function: FunctionId, expr: ExprId) -> Option<Guard> {
    let module = &facts.module;
    let given = |param, key| Guard {
        param,
        key,
        if_given: true,
    };
    match module.expr(expr) {
        Expr::Local(local) => {
            let declared = module.local(local);
            if declared.function != function || facts.def_use.assignments(local).len() > 1 {
                return None;
            }
            if let LocalKind::Param(param) = declared.kind {
                let is_first = facts.def_use.assignments(local).is_empty()
                    || !was_assigned_before(facts, expr);
                // `{ full = false }` binds parts of a parameter.
                return match destructured(facts, expr) {
                    Some((param, key)) => Some(given(param, Some(key))),
                    None => is_first.then_some(given(param, None)),
                };
            }
            let (param, key) = destructured(facts, expr)?;
            Some(given(param, Some(key)))
        }
        Expr::Member { object, name } => match value(facts, function, object)? {
            Guard {
                param, key: None, ..
            } => Some(given(param, Some(name))),
            _ => None,
        },
        _ => None,
    }
}

fn was_assigned_before(facts: &FileFacts, expr: ExprId) -> bool {
    use crate::analysis::def_use::Def;
    facts
        .def_use
        .reaching(expr)
        .is_none_or(|def| !matches!(facts.def_use.def(def), Def::Entry { .. }))
}

/// The parameter and key that a destructured name was bound from.
fn destructured(facts: &FileFacts, expr: ExprId) -> Option<(u16, Name)> {
    use crate::analysis::def_use::Def;
    let module = &facts.module;
    let Def::Value { value, .. } = facts.def_use.def(facts.def_use.reaching(expr)?) else {
        return None;
    };
    let mut at = *value;
    while let Expr::Logical {
        op: LogicalOp::Default,
        left,
        right,
    } = module.expr(at)
    {
        // With a default that counts as given, the key decides nothing.
        if !is_empty(module, right) {
            return None;
        }
        at = left;
    }
    let Expr::Member { object, name } = module.expr(at) else {
        return None;
    };
    let mut object = object;
    while let Expr::Logical { left, .. } = module.expr(object) {
        object = left;
    }
    match module.expr(object) {
        Expr::Param(param) => Some((param as u16, name)),
        Expr::Local(local) => match module.local(local).kind {
            LocalKind::Param(param) => Some((param, name)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value counts as not given: false, null, nothing in it.
fn is_empty(module: &Module, expr: ExprId) -> bool {
    match module.expr(expr) {
        Expr::Null | Expr::Bool(false) | Expr::Number(0) => true,
        Expr::Name(name) => matches!(module.text(name), "undefined" | "None"),
        Expr::String(text) => module.text(text).is_empty(),
        Expr::Map(list) | Expr::Sequence { elements: list, .. } => list.is_empty(),
        _ => false,
    }
}

/// The condition on a parameter under which an expression of a function is evaluated, if one
/// test decides it.
pub(super) fn guard_of(
    facts: &FileFacts,
    function: FunctionId,
    expr: ExprId,
    stmt: StmtId,
) -> Option<Guard> {
    deciding(&facts.module, stmt, returns, |test, outcome| {
        tested(facts, function, test, outcome)
    })
    .or_else(|| operator_guard(facts, function, expr, stmt))
}

/// The same for the class of a parameter: `if isinstance(book, Novel)`.
pub(super) fn class_guard_of(
    facts: &FileFacts,
    function: FunctionId,
    stmt: StmtId,
) -> Option<ClassGuard> {
    deciding(&facts.module, stmt, returns, |test, outcome| {
        class_tested(facts, function, test, outcome)
    })
}

fn returns(stmt: Stmt) -> bool {
    matches!(stmt, Stmt::Return(_))
}

/// What the first test that decides whether a statement runs says, by how it came out. A branch
/// that ends with what `leaves` decides about all that follows it.
pub fn deciding<T>(
    module: &Module,
    stmt: StmtId,
    leaves: impl Fn(Stmt) -> bool,
    tested: impl Fn(ExprId, bool) -> Option<T>,
) -> Option<T> {
    let mut at = stmt;
    loop {
        let block = module.block(module.block_of(at));
        let before = block.stmts.iter().take_while(|&&s| s != at);
        for &earlier in before {
            let Stmt::If {
                test,
                then,
                otherwise: None,
            } = module.stmt(earlier)
            else {
                continue;
            };
            let last = module.block(then).stmts.last();
            if last.is_some_and(|&last| leaves(module.stmt(last)))
                && let Some(found) = tested(test, false)
            {
                return Some(found);
            }
        }
        match block.owner {
            BlockOwner::Stmt(owner) => {
                if let Stmt::If {
                    test,
                    then,
                    otherwise,
                } = module.stmt(owner)
                {
                    let here = module.block_of(at);
                    let found = if here == then {
                        tested(test, true)
                    } else if otherwise == Some(here) {
                        tested(test, false)
                    } else {
                        None
                    };
                    if found.is_some() {
                        return found;
                    }
                }
                at = owner;
            }
            BlockOwner::Loop(lp) => at = module.lp(lp).stmt,
            _ => return None,
        }
    }
}

/// Whether a statement runs only when something has grown to some size: a buffer is emptied,
/// every hundredth trip says how far it is. It costs once per batch.
pub(super) fn is_per_batch(facts: &FileFacts, stmt: StmtId) -> bool {
    let module = &facts.module;
    let mut at = stmt;
    loop {
        match module.block(module.block_of(at)).owner {
            BlockOwner::Stmt(owner) => {
                if let Stmt::If { test, then, .. } = module.stmt(owner)
                    && then == module.block_of(at)
                    && is_full(module, test)
                {
                    return true;
                }
                at = owner;
            }
            _ => return false,
        }
    }
}

/// `len(batch) >= SIZE`, `rows.length === limit`, `i % 100 == 0`
fn is_full(module: &Module, test: ExprId) -> bool {
    if let Expr::Logical {
        op: LogicalOp::And,
        left,
        right,
    } = module.expr(test)
    {
        return is_full(module, left) || is_full(module, right);
    }
    let Expr::Binary { op, left, right } = module.expr(test) else {
        return false;
    };
    if !matches!(
        op,
        BinaryOp::Equal | BinaryOp::GreaterEqual | BinaryOp::Greater
    ) {
        return false;
    }
    let is_size = match module.expr(left) {
        Expr::Binary {
            op: BinaryOp::Remainder,
            ..
        } => return true,
        Expr::Call { callee, .. } => {
            matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "len")
        }
        Expr::Member { name, .. } => matches!(module.text(name), "length" | "size"),
        _ => false,
    };
    is_size
        && match module.expr(right) {
            Expr::Number(n) => n > 1,
            Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } => true,
            _ => false,
        }
}

/// `full ? load() : null`, `full && load()`, `user ?? load()` around an expression.
fn operator_guard(
    facts: &FileFacts,
    function: FunctionId,
    expr: ExprId,
    stmt: StmtId,
) -> Option<Guard> {
    let module = &facts.module;
    let mut open: Vec<(ExprId, Option<Guard>)> = Vec::new();
    match module.stmt(stmt) {
        Stmt::Expr(value) | Stmt::Return(Some(value)) | Stmt::Collect(value) => {
            open.push((value, None));
        }
        _ => return None,
    }
    while let Some((at, guard)) = open.pop() {
        if at == expr {
            return guard;
        }
        match module.expr(at) {
            Expr::Conditional {
                test,
                then,
                otherwise,
            } => {
                open.push((test, guard));
                open.push((then, tested(facts, function, test, true).or(guard)));
                open.push((otherwise, tested(facts, function, test, false).or(guard)));
            }
            Expr::Logical { op, left, right } => {
                let right_if = tested(facts, function, left, op == LogicalOp::And);
                open.push((left, guard));
                open.push((right, right_if.or(guard)));
            }
            _ => module.for_each_part(at, |part| open.push((part, guard))),
        }
    }
    None
}

/// Whether a call of a function may run what stands behind a guard by a class.
pub(super) fn class_holds(
    world: &World,
    guard: ClassGuard,
    callee: FunctionRef,
    caller: FileId,
    call: ExprId,
) -> bool {
    let module = &world.unit(caller).facts.module;
    let Some(handed) = argument_for(world, module, call, callee, guard.param) else {
        return true;
    };
    let handed = Typer::new(world, caller).of(handed);
    let wanted = Typer::new(world, callee.file).of(guard.class);
    let (Base::Instance(handed), Base::Class(wanted)) = (handed.base, wanted.base) else {
        return true;
    };
    if world.entities.table(handed).is_none() {
        // Anything may implement an interface.
        return true;
    }
    let is_one = world.above(handed).contains(&wanted);
    if guard.if_instance {
        is_one || world.above(wanted).contains(&handed)
    } else {
        !is_one
    }
}

/// Whether a call of a function runs what stands behind a guard.
pub(super) fn holds(
    world: &World,
    guard: Guard,
    callee: FunctionRef,
    caller: &Module,
    call: ExprId,
) -> bool {
    let Expr::Call { args, .. } = caller.expr(call) else {
        return true;
    };
    let module = &world.unit(callee.file).facts.module;
    let is_spread = |&arg: &ExprId| matches!(caller.expr(arg), Expr::Spread(_));
    if caller.list(args).iter().any(is_spread) {
        return true;
    }
    let given = argument_for(world, caller, call, callee, guard.param);
    let Some(mut value) = given else {
        let declared = module.function(callee.function);
        let default = declared
            .params
            .get(usize::from(guard.param))
            .and_then(|param| param.default);
        let counts = default.is_some_and(|default| !is_empty(module, default));
        return counts == guard.if_given;
    };
    if let Some(key) = guard.key {
        let Expr::Map(entries) = caller.expr(value) else {
            return !is_empty(caller, value) || !guard.if_given;
        };
        let name = caller.name(module.text(key));
        let mut found = None;
        for &entry in caller.list(entries) {
            match caller.expr(entry) {
                Expr::Keyword { name: key, value } if Some(key) == name => found = Some(value),
                Expr::Keyword { .. } => {}
                _ => return true,
            }
        }
        match found {
            Some(found) => value = found,
            None => return !guard.if_given,
        }
    }
    if is_empty(caller, value) {
        return !guard.if_given;
    }
    if guard.if_given {
        return true;
    }
    // What is handed to an optional parameter saves what stands behind its absence; what is
    // handed to a required one may be empty.
    let declared = module.function(callee.function);
    let param = declared.params.get(usize::from(guard.param));
    let is_optional = param.is_some_and(|param| param.default.is_some());
    let is_there = matches!(
        caller.expr(value),
        Expr::String(_)
            | Expr::Template(_)
            | Expr::Number(_)
            | Expr::Bool(true)
            | Expr::Map(_)
            | Expr::Sequence { .. }
            | Expr::Function(_)
    );
    !is_optional && !is_there
}
