//! What the rules about loops know of reads that stand in for what a row or its function lacks:
//! they run where nothing was prepared, and the loop at hand may have prepared it.

use crate::ir::{
    BinaryOp, BlockOwner, Expr, ExprId, LocalId, LogicalOp, Module, Name, Stmt, StmtId, UnaryOp,
};
use crate::link::call_graph::{Act, ActKind};
use crate::link::guards::deciding;
use crate::link::program::{ActEffect, Function};
use crate::link::types::{Base, FunctionRef};
use crate::source::Context;

/// Whether a read is made only where the row has not what it asks for, here or further down.
pub(super) fn is_fallback(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let is_one = |function: Function<'_>, act: &Act| {
        asks_for_lacking(function, act.expr)
            || depends_on_attribute(function, act.stmt)
            || is_for_missing_key(function.module(), act.stmt)
    };
    is_one(function, act)
        || found.via.is_some()
            && function
                .chain(act, found)
                .into_iter()
                .any(|(function, act)| is_one(function, act))
        // Further down, it may be another object than the row that has the attribute.
        || function
            .chain(act, found)
            .get(1)
            .is_some_and(|&(callee, asked)| is_annotated(callee, asked.stmt))
        || stands_in(function, act, found)
}

/// Whether a statement runs where a map lacks a key: `try: prices[id] except KeyError: …`.
fn is_for_missing_key(module: &Module, stmt: StmtId) -> bool {
    let mut at = stmt;
    loop {
        let block = module.block_of(at);
        let BlockOwner::Stmt(owner) = module.block(block).owner else {
            return false;
        };
        if let Stmt::Try { body, handlers, .. } = module.stmt(owner)
            && handlers == block
        {
            let looked_up = |id: ExprId| {
                let value = match module.expr(id) {
                    Expr::Assign { value, .. } => value,
                    _ => id,
                };
                matches!(module.expr(value), Expr::Index { .. })
            };
            return match module.block(body).stmts[..] {
                [only] => match module.stmt(only) {
                    Stmt::Expr(id) => looked_up(id),
                    Stmt::Return(Some(id)) => looked_up(id),
                    _ => false,
                },
                _ => false,
            };
        }
        at = owner;
    }
}

/// Whether what a read gives stands in for an attribute of an object in hand, on the way to the
/// read: `if (!book.author) { book.author = await find(book.id) }`, also where the object is
/// handed on to a function that asks so.
fn stands_in(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let mut objects = Vec::new();
    function.facts().any_origin(act.expr, |id| {
        if let Expr::Local(local) = function.module().expr(id)
            && function.module().receiver_class(id).is_none()
        {
            objects.push(local);
        }
        false
    });
    for (function, act) in function.chain(act, found) {
        if is_for_lacking(function, act, &objects) {
            return true;
        }
        let ActKind::Call(target) = act.kind else {
            break;
        };
        objects = handed_on(function, act.expr, target, &objects);
    }
    false
}

/// The names that a called function has for objects of its caller.
fn handed_on(
    function: Function<'_>,
    call: ExprId,
    target: FunctionRef,
    objects: &[LocalId],
) -> Vec<LocalId> {
    let callee = function.program.function(target);
    let is_closure = callee.file == function.file && callee.declared().parent == Some(function.id);
    let mut handed = if is_closure {
        objects.to_vec()
    } else {
        Vec::new()
    };
    for (i, param) in callee.declared().params.iter().enumerate() {
        let given = function.argument_for(call, target, i as u16);
        if let Some(Expr::Local(given)) = given.map(|given| function.module().expr(given))
            && objects.contains(&given)
            && let Expr::Local(local) = callee.module().expr(param.target)
        {
            handed.push(local);
        }
    }
    handed
}

/// Whether an act is done only where one of some objects lacks an attribute that is used without
/// it.
fn is_for_lacking(function: Function<'_>, act: &Act, objects: &[LocalId]) -> bool {
    let module = function.module();
    let lacks = |test: ExprId, outcome: bool| {
        lacking(module, test, outcome)
            .iter()
            .any(|at| objects.contains(&at.object) && is_used(function, *at, test))
    };
    let leaves = |stmt| matches!(stmt, Stmt::Return(Some(_)) | Stmt::Continue(_));
    let decides = |test, outcome| lacks(test, outcome).then_some(());
    if deciding(module, act.stmt, leaves, decides).is_some() {
        return true;
    }
    let uses = function.program.uses(function.file);
    let mut at = act.expr;
    while let Some(&parent) = uses.parents(at).first() {
        let is_for_lacking = match module.expr(parent) {
            Expr::Logical { op, left, right } if op != LogicalOp::And && right == at => {
                // `book.author ?? query` uses the attribute as it is tested.
                let attribute = attribute(module, left);
                attribute.is_some_and(|at| {
                    objects.contains(&at.object)
                        && !is_column(function, left)
                        && !loads_itself(function, at, &[left])
                })
            }
            Expr::Conditional {
                test,
                then,
                otherwise,
            } => then == at && lacks(test, true) || otherwise == at && lacks(test, false),
            _ => false,
        };
        if is_for_lacking {
            return true;
        }
        at = parent;
    }
    false
}

/// An attribute of an object that has a name, or one whose name a variable holds: `book[field]`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Attribute {
    object: LocalId,
    name: AttributeName,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AttributeName {
    Written(Name),
    Held(LocalId),
}

fn attribute(module: &Module, expr: ExprId) -> Option<Attribute> {
    let (object, name) = match module.expr(expr) {
        Expr::Member { object, name } => (object, AttributeName::Written(name)),
        Expr::Index { object, index } => match module.expr(index) {
            Expr::Local(local) => (object, AttributeName::Held(local)),
            Expr::String(name) => (object, AttributeName::Written(name)),
            _ => return None,
        },
        _ => return None,
    };
    match module.expr(object) {
        Expr::Local(object) => Some(Attribute { object, name }),
        _ => None,
    }
}

/// The attributes that are not there where a test came out as `outcome`.
fn lacking(module: &Module, test: ExprId, outcome: bool) -> Vec<Attribute> {
    match module.expr(test) {
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
        } => lacking(module, operand, !outcome),
        Expr::Binary { op, left, right } => {
            let is_equal = match op {
                BinaryOp::Is | BinaryOp::Equal => true,
                BinaryOp::IsNot | BinaryOp::NotEqual | BinaryOp::Greater => false,
                _ => return Vec::new(),
            };
            let is_nothing = match module.expr(right) {
                Expr::Null => op != BinaryOp::Greater,
                // `book.authors.length > 0`
                Expr::Number(0) => sized(module, left) != left,
                _ => false,
            };
            if is_nothing && is_equal == outcome {
                attribute(module, sized(module, left)).into_iter().collect()
            } else {
                Vec::new()
            }
        }
        // Of several that must be there, one is not.
        Expr::Logical { op, left, right } if op == LogicalOp::And || !outcome => {
            let mut found = lacking(module, left, outcome);
            found.extend(lacking(module, right, outcome));
            found
        }
        _ if outcome => Vec::new(),
        _ => attribute(module, sized(module, test)).into_iter().collect(),
    }
}

/// What a number of elements is of: `authors` in `authors.length`.
fn sized(module: &Module, expr: ExprId) -> ExprId {
    match module.expr(expr) {
        Expr::Member { object, name } if matches!(module.text(name), "length" | "size") => object,
        Expr::Call { callee, args, .. } if matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "len") => {
            module.list(args).first().copied().unwrap_or(expr)
        }
        _ => expr,
    }
}

/// Whether an attribute is read or set besides the test: what is asked for takes its place. To
/// read a relation that loads itself is to ask for it.
fn is_used(function: Function<'_>, at: Attribute, test: ExprId) -> bool {
    let module = function.module();
    let mut in_test = Vec::new();
    let mut open = vec![test];
    while let Some(id) = open.pop() {
        in_test.push(id);
        module.for_each_part(id, |part| open.push(part));
    }
    let mut exprs = function.declared().exprs.iter();
    exprs.any(|id| !in_test.contains(&id) && attribute(module, id) == Some(at))
        && !loads_itself(function, at, &in_test)
}

/// Whether an attribute is declared by the row's class and leads to no other row: what such a
/// column says is an answer of its own.
fn is_column(function: Function<'_>, attribute: ExprId) -> bool {
    let Expr::Member { object, name } = function.module().expr(attribute) else {
        return false;
    };
    let Base::Instance(class) = function.type_of(object).base else {
        return false;
    };
    let name = function.module().text(name);
    let world = &function.program.world;
    world.entities.find(world, class, name).is_none()
        && world.entities.table(class).is_some()
        && world.has_field(class, name)
}

fn loads_itself(function: Function<'_>, at: Attribute, in_test: &[ExprId]) -> bool {
    let module = function.module();
    let world = &function.program.world;
    in_test.iter().any(|&id| {
        let Expr::Member { object, name } = module.expr(id) else {
            return false;
        };
        if attribute(module, id) != Some(at) {
            return false;
        }
        let name = module.text(name);
        if let Base::Instance(class) = function.type_of(object).base {
            return world
                .entities
                .find(world, class, name)
                .is_some_and(|relation| world.entities.get(relation).lazy);
        }
        // Of a row that is not known, what the name tells is all there is.
        let mut relations = world.entities.all().iter();
        world.entities.has_name(name)
            && relations.any(|relation| relation.lazy && relation.name == name)
    })
}

/// Whether a statement runs only where an object has some attribute or lacks it: `if not
/// hasattr(self, "total"):`.
pub(super) fn depends_on_attribute(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let asks = |test: ExprId| {
        let mut open = vec![test];
        while let Some(id) = open.pop() {
            match module.expr(id) {
                Expr::Call { callee, .. } => {
                    if matches!(module.expr(callee), Expr::Name(name)
                        if module.text(name) == "hasattr")
                    {
                        return true;
                    }
                }
                _ => module.for_each_part(id, |part| open.push(part)),
            }
        }
        false
    };
    let mut at = stmt;
    loop {
        match module.block(module.block_of(at)).owner {
            BlockOwner::Stmt(owner) => {
                if let Stmt::If { test, .. } = module.stmt(owner)
                    && asks(test)
                {
                    return true;
                }
                at = owner;
            }
            BlockOwner::Loop(lp) => at = module.lp(lp).stmt,
            _ => return false,
        }
    }
}

/// Whether a function has answered by then what other code may have put into the object: `if
/// hasattr(self, "counted"): return self.counted`. What it puts there itself, it has asked for.
pub(super) fn is_annotated(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let leaves = |stmt| matches!(stmt, Stmt::Return(Some(_)));
    let asked = |test: ExprId, outcome: bool| {
        let names = if outcome {
            Vec::new()
        } else {
            asked_for(function, test)
        };
        names
            .into_iter()
            .find(|&name| is_put_elsewhere(function, module.text(name)))
    };
    deciding(module, stmt, leaves, asked).is_some()
}

/// The attributes of which a test asks whether an object has them.
fn asked_for(function: Function<'_>, test: ExprId) -> Vec<Name> {
    let module = function.module();
    let mut found = Vec::new();
    let mut seen = Vec::new();
    let mut open = vec![test];
    while let Some(id) = open.pop() {
        match module.expr(id) {
            // `getattr(self, "counted", None)`
            Expr::Call { callee, args, .. } => {
                let asks = matches!(module.expr(callee), Expr::Name(name)
                    if matches!(module.text(name), "getattr" | "hasattr"));
                if let (true, &[_, name, ..]) = (asks, module.list(args))
                    && let Expr::String(name) = module.expr(name)
                {
                    found.push(name);
                }
            }
            // `"counted" in self.__dict__`
            Expr::Binary {
                op: BinaryOp::In,
                left,
                right,
            } => {
                if let Expr::String(name) = module.expr(left)
                    && module.last_name(right) == Some("__dict__")
                {
                    found.push(name);
                }
            }
            Expr::Local(local) if !seen.contains(&local) => {
                seen.push(local);
                open.extend(function.facts().def_use.single_value(local));
            }
            Expr::Local(_) => {}
            _ => module.for_each_part(id, |part| open.push(part)),
        }
    }
    found
}

/// Whether other functions of the program, not its tests, name an attribute that they may put into
/// objects, and a function does not do so itself.
fn is_put_elsewhere(function: Function<'_>, name: &str) -> bool {
    let program = function.program;
    let names = |module: &Module, name: Name, id: ExprId| match module.expr(id) {
        Expr::Assign { target, .. } => {
            matches!(module.expr(target), Expr::Member { name: set, .. } if set == name)
        }
        Expr::Keyword { name: given, .. } => given == name,
        _ => false,
    };
    let mut is_put = false;
    for (i, unit) in program.world.units.iter().enumerate() {
        let module = &unit.facts.module;
        let Some(name) = module
            .name(name)
            .filter(|_| program.contexts[i] != Context::Test)
        else {
            continue;
        };
        let is_here = i == function.file.index();
        for id in (0..module.expr_count() as u32).map(ExprId) {
            if names(module, name, id) {
                if is_here && function.declared().exprs.contains(id) {
                    return false;
                }
                is_put = true;
            }
        }
    }
    is_put
}

/// Whether a query is sent only where the row has not what it asks for: `book.author ?? (await
/// book.getAuthor())`.
fn asks_for_lacking(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { callee, .. } = module.expr(call) else {
        return false;
    };
    let Expr::Member { object: row, .. } = module.expr(callee) else {
        return false;
    };
    let uses = function.program.uses(function.file);
    let mut at = call;
    for _ in 0..4 {
        for &parent in uses.parents(at) {
            if let Expr::Logical { op, left, right } = module.expr(parent)
                && op != LogicalOp::And
                && right == at
                && let Expr::Member { object, .. } = module.expr(left)
            {
                return module.expr(object) == module.expr(row);
            }
        }
        let mut parents = uses.parents(at).iter().copied();
        match parents.find(|&parent| matches!(module.expr(parent), Expr::Await(_))) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    false
}
