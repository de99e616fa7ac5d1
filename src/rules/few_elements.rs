//! What the rules about loops know of collections that stay small, though no limit is written.

use super::few_rows::{has_small_limit, is_picked_by_text, is_repeated, whole_query, why_few_rows};
use super::growing_loop;
use super::request_lists::why_few_handed;
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, LocalKind, Module, Stmt, UnaryOp};
use crate::link::call_graph::Act;
use crate::link::fetches::Scope;
use crate::link::program::{Function, Loop};
use crate::link::types::{Base, ClassRef, Entity, Type};
use crate::link::words::{self, Growth};
use crate::source::Context;

/// Steps from a collection back to what it is a part of.
const MAX_STEPS: usize = 16;

/// Why a loop has few elements, though nothing written bounds it.
pub(super) fn why_few(lp: Loop<'_>) -> Option<&'static str> {
    let function = lp.function;
    let over = lp.head().over?;
    if is_found_in_text(function, over) || is_picked_by_text(function, over) {
        return Some("one text mentions few");
    }
    if walks_choices(function, over) {
        return Some("the rows are what the program can choose from, which are few");
    }
    if let Some(why) = why_few_by_name(function, over) {
        return Some(why);
    }
    if is_of_unique_value(function, over) {
        return Some("few rows have the same address, name or token");
    }
    if has_small_limit(function, over) {
        return Some("a limit that is written keeps them few");
    }
    if let Some(why) = why_few_rows(function, over).or_else(|| why_few_handed(lp)) {
        return Some(why);
    }
    let is_defined = || entity_name(function, over).is_some_and(words::holds_definitions);
    let part = part_of_one(function, over)
        .or_else(|| is_of_one_row(function, over).then_some("one row leads to few of them"))
        .or_else(|| is_defined().then_some("people define few of them by hand"))?;
    // Few of one row are many of many.
    let around = function.loops_around(Some(lp.id));
    let is_once = growing_loop(&around[1..]).is_none()
        && function.per_row().is_none()
        && !is_called_per_row(function);
    is_once.then_some(part)
}

/// Whether a method of a row is seen to be called for each of many.
fn is_called_per_row(function: Function<'_>) -> bool {
    let mut callers = function.callers().into_iter();
    function.declared().class.is_some()
        && callers
            .any(|(caller, call)| caller.context() == Context::Product && is_repeated(caller, call))
}

/// Why a collection is few, by what it is called.
pub(super) fn why_few_by_name(function: Function<'_>, over: ExprId) -> Option<&'static str> {
    let name = name_of(function.module(), over)?;
    Some(if words::are_staff(name) {
        "few run the program"
    } else if words::is_left_over(name) {
        "little is left behind"
    } else if words::keys_of(name).is_some_and(|of| words::is_lookup(&of)) {
        "the keys are of what the program can choose from, which is little"
    } else {
        return None;
    })
}

/// What a collection is called, or what answers it: `admins`, `User.admins()`.
fn name_of(module: &Module, over: ExprId) -> Option<&str> {
    match module.expr(over) {
        Expr::Call { callee, .. } => module.last_name(callee),
        Expr::Await(inner) => name_of(module, inner),
        _ => module.last_name(over),
    }
}

/// Why a query that some page or call shows all rows of answers few.
pub(super) fn why_few_shown(function: Function<'_>, start: ExprId) -> Option<&'static str> {
    let rows = whole_query(function, start);
    // One word names happenings as often as choices: `Status`, `Group`.
    let is_told = entity_name(function, rows).is_some_and(words::is_compound);
    if is_told && walks_choices(function, rows) {
        return Some("the rows are what the program can choose from, which are few");
    }
    why_few_rows(function, rows)
        .or_else(|| part_of_one(function, rows).filter(|_| !is_repeated(function, rows)))
}

/// Why a collection is few, if it is a part of one row or of one request.
fn part_of_one(function: Function<'_>, over: ExprId) -> Option<&'static str> {
    let module = function.module();
    let (object, name) = container(function, over)?;
    if function
        .facts()
        .any_origin(object, |id| matches!(module.expr(id), Expr::Element(_)))
    {
        return None;
    }
    let ty = function.type_of(object);
    if let (Base::Instance(class), true) = (ty.base, ty.is_bare())
        && function.program.world.entities.table(class).is_some()
    {
        return is_kept_by_row(function, class, name).then_some("one row leads to few of them");
    }
    let is_many = function.name().is_some_and(|name| words::takes_many(&name));
    let is_payload = is_payload(function, object) && !is_many && !words::takes_many(name);
    is_payload.then_some("one request or form names few of them")
}

/// Whether a row leads to few rows by a relation, or keeps a list that is no column.
fn is_kept_by_row(function: Function<'_>, class: ClassRef, name: &str) -> bool {
    let world = &function.program.world;
    let Some(relation) = world.entities.find(world, class, name) else {
        return !words::is_growing(name);
    };
    let relation = world.entities.get(relation);
    let target = relation.target.and_then(|class| world.class_name(class));
    let owner = world.class_name(class).unwrap_or_default();
    // A `SeriesBook` of a book is a series that it stands in.
    let is_growing = |name: &str| {
        let own = words::beside(name, owner);
        own.is_some_and(|own| words::is_growing(&own))
    };
    let is_edited = words::holds_edits(name) && !words::holds_many(owner);
    relation.many && (is_edited || !is_growing(name) && !target.is_some_and(is_growing))
}

/// What a collection is taken out of, and the name it has there: `ticket.checklists.all()`,
/// `data["rules"]`, `data.get("rules")`.
fn container(function: Function<'_>, over: ExprId) -> Option<(ExprId, &str)> {
    let module = function.module();
    let text = |id: ExprId| match module.expr(id) {
        Expr::String(text) => Some(module.text(text)),
        _ => None,
    };
    let mut at = over;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Logical { left, .. } => left,
            Expr::Local(local) => function.facts().def_use.single_value(local)?,
            Expr::Member { object, name } => return Some((object, module.text(name))),
            Expr::Index { object, index } => return Some((object, text(index)?)),
            // Templates call what they find where it can be called.
            Expr::Call {
                callee,
                kind: CallKind::Implicit,
                ..
            } => match module.expr(callee) {
                Expr::Member { object, name } if is_whole(module.text(name)) => object,
                _ => callee,
            },
            Expr::Call { callee, args, .. } => match (module.expr(callee), module.list(args)) {
                (Expr::Member { object, name }, []) if is_whole(module.text(name)) => object,
                (Expr::Member { object, name }, _) if is_order(module.text(name)) => object,
                (Expr::Member { object, name }, &[key, ..])
                    if matches!(module.text(name), "get" | "getlist" | "getAll" | "pop") =>
                {
                    return Some((object, text(key)?));
                }
                (Expr::Name(name), &[only, ..]) if is_copy(module.text(name)) => only,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

/// Whether a method answers all that a collection has.
fn is_whole(method: &str) -> bool {
    matches!(method, "all" | "items" | "values" | "keys" | "entries")
}

/// Whether a method gives all that a collection has, in some order or with more columns.
fn is_order(method: &str) -> bool {
    matches!(method, "annotate" | "order_by" | "orderBy" | "reverse")
}

/// Whether a function answers the elements that it is handed.
fn is_copy(function: &str) -> bool {
    matches!(
        function,
        "list" | "set" | "tuple" | "sorted" | "reversed" | "enumerate"
    )
}

/// Whether a value holds what one request or form says, by its name or that of its class.
fn is_payload(function: Function<'_>, object: ExprId) -> bool {
    let module = function.module();
    let name = match module.expr(object) {
        Expr::Local(local) => module.text(module.local(local).name),
        Expr::Member { name, .. } => module.text(name),
        _ => return false,
    };
    if words::is_payload(name) {
        return true;
    }
    // What is said of a parameter may be another name for several classes.
    if let Expr::Local(local) = module.expr(object)
        && let LocalKind::Param(param) = module.local(local).kind
    {
        let declared = module.function(module.local(local).function);
        let said = declared.params.get(usize::from(param));
        let said = said.and_then(|param| module.last_name(param.annotation?));
        if said.is_some_and(words::is_payload) {
            return true;
        }
    }
    let ty = function.type_of(object);
    let Base::Instance(class) = ty.base else {
        return false;
    };
    ty.is_bare()
        && function
            .program
            .world
            .class_name(class)
            .is_some_and(words::is_payload)
}

/// Whether the elements are places of one text, or what it mentions.
pub(super) fn is_found_in_text(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    function.facts().any_origin(over, |id| {
        let Expr::Call { callee, .. } = module.expr(id) else {
            return false;
        };
        let Some(name) = module.last_name(callee) else {
            return false;
        };
        matches!(
            name,
            "findall" | "finditer" | "matchAll" | "find_all" | "findAllByText"
        ) || name.to_ascii_lowercase().contains("mention")
    })
}

/// Whether the rows are of a table that holds what the program can choose from.
pub(super) fn walks_choices(function: Function<'_>, over: ExprId) -> bool {
    let (Base::Model(_, Entity::Class(class)) | Base::Instance(class)) =
        function.type_of(over).base
    else {
        return false;
    };
    function.program.world.entities.table(class).is_some()
        && function
            .program
            .world
            .class_name(class)
            .is_some_and(words::is_lookup)
}

/// Whether the rows are asked for by the one row that they belong to, which is nobody's account
/// and holds no others' work: `Feed.objects.filter(rack=rack)`.
fn is_of_one_row(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let entities = &function.program.world.entities;
    let row_class = |ty: Type| match ty.base {
        Base::Model(_, Entity::Class(class)) | Base::Instance(class) => Some(class),
        _ => None,
    };
    let is_owner = |value: ExprId| {
        let ty = function.type_of(value);
        let is_element = || {
            function
                .facts()
                .any_origin(value, |id| matches!(module.expr(id), Expr::Element(_)))
        };
        matches!(ty.base, Base::Instance(class) if ty.is_bare()
            && entities.table(class).is_some()
            && !function.program.world.class_name(class).is_some_and(words::holds_many))
            && !is_element()
    };
    let Some(class) = row_class(function.type_of(over)) else {
        return false;
    };
    if function
        .program
        .world
        .class_name(class)
        .is_some_and(words::is_growing)
    {
        return false;
    }
    let mut at = over;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Member { object, .. } => object,
            Expr::Local(local) => match function.facts().def_use.single_value(local) {
                Some(value) if !matches!(module.local(local).kind, LocalKind::Import(_)) => value,
                _ => return false,
            },
            Expr::Call { callee, args, .. } => {
                let selects = matches!(module.expr(callee), Expr::Member { name, .. }
                    if module.text(name).starts_with("filter"));
                let is_named = module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Keyword { name, value }
                        if !module.text(name).contains("__") && is_owner(value))
                });
                if selects && is_named {
                    return true;
                }
                callee
            }
            _ => return false,
        };
    }
    false
}

/// Whether the rows are those with one value of a column that tells people or things apart.
fn is_of_unique_value(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let mut at = over;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Member { object, .. } => object,
            Expr::Local(local) => match function.facts().def_use.single_value(local) {
                Some(value) if !matches!(module.local(local).kind, LocalKind::Import(_)) => value,
                _ => return false,
            },
            Expr::Call { callee, args, .. } => {
                let selects = matches!(module.expr(callee), Expr::Member { name, .. }
                    if module.text(name).starts_with("filter"));
                let is_unique = module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Keyword { name, .. }
                        if words::is_unique(module.text(name).trim_end_matches("__iexact")))
                });
                if selects && is_unique {
                    return true;
                }
                callee
            }
            _ => return false,
        };
    }
    false
}

/// Whether a collection is what belongs to one row or one person, `order.lines.all()` or
/// `Line.objects.filter(order=order)`; of a project or team, only what does not grow with use.
/// Rows that go may be picked by a bound: `filter(created__lt=then)` are many of many.
pub(super) fn is_of_one(function: Function<'_>, over: ExprId, removes: bool) -> bool {
    if super::is_relation_of_one(function, over) {
        return true;
    }
    if super::is_of_each_element(function, over) {
        return false;
    }
    match function.program.scope_of(function.file, over) {
        Scope::All => false,
        Scope::Owner => {
            !is_rest(function, over) && !entity_name(function, over).is_some_and(words::is_growing)
        }
        Scope::Person | Scope::Part => !removes || !is_picked(function, over),
    }
}

/// Whether a query asks for all but what belongs to one.
fn is_rest(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    function.facts().any_origin(
        over,
        |id| matches!(module.expr(id), Expr::Member { name, .. } if module.text(name) == "exclude"),
    )
}

/// Whether rows are picked by their keys or by a bound.
fn is_picked(function: Function<'_>, over: ExprId) -> bool {
    const ENDS: &[&str] = &[
        "__contains",
        "__endswith",
        "__gt",
        "__gte",
        "__icontains",
        "__isnull",
        "__lt",
        "__lte",
        "__range",
        "__regex",
        "__startswith",
    ];
    const KEYS: &[&str] = &["id__in", "pk__in", "slug__in", "uuid__in"];
    let module = function.module();
    function.facts().any_origin(over, |id| {
        matches!(module.expr(id), Expr::Keyword { name, .. } if {
            let name = module.text(name);
            KEYS.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
        })
    })
}

/// The name of the class or table whose rows a value holds.
fn entity_name(function: Function<'_>, value: ExprId) -> Option<&str> {
    match function.type_of(value).base {
        Base::Model(_, Entity::Class(class)) | Base::Instance(class) | Base::Class(class) => {
            function.program.world.class_name(class)
        }
        Base::Model(_, Entity::Named(file, name)) => {
            Some(function.program.world.unit(file).facts.module.text(name))
        }
        _ => None,
    }
}

/// Whether a value is a row, or rows, of a table that stays small by its name.
pub(super) fn is_small_table(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    let name = entity_name(function, value).or_else(|| match module.expr(value) {
        Expr::Local(local) => Some(module.text(module.local(local).name)),
        _ => None,
    });
    name.and_then(words::growth) == Some(Growth::Small)
}

/// Whether a collection is what one list has and another has not: `new - old`,
/// `old.filter((row) => !kept.has(row.id))`.
pub(super) fn is_difference(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let name_of = |callee: ExprId| match module.expr(callee) {
        Expr::Member { name, .. } | Expr::Name(name) => Some(module.text(name)),
        _ => None,
    };
    let mut at = over;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Binary {
                op: BinaryOp::Subtract,
                ..
            } => return true,
            Expr::Await(inner) => inner,
            Expr::Local(local) => match function.facts().def_use.single_value(local) {
                Some(value) => value,
                None => return false,
            },
            Expr::Comprehension { lp, .. } => {
                let body = &module.block(module.lp(lp).body).stmts;
                return body.iter().any(|&stmt| {
                    matches!(module.stmt(stmt), Stmt::If { test, .. } if is_lack(module, test))
                });
            }
            Expr::Call { callee, args, .. } => match (name_of(callee), module.list(args)) {
                (Some("difference" | "symmetric_difference" | "differenceBy"), _) => return true,
                (Some("filter" | "reject"), &[callback, ..]) => {
                    let Expr::Function(callback) = module.expr(callback) else {
                        return false;
                    };
                    let answers = module.returned(callback);
                    return answers.iter().any(|&answer| is_lack(module, answer));
                }
                (Some(name), &[only, ..]) if is_copy(name) => only,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}

/// Whether a condition is that something is not among others.
fn is_lack(module: &Module, test: ExprId) -> bool {
    let mut open = vec![test];
    while let Some(id) = open.pop() {
        match module.expr(id) {
            Expr::Binary {
                op: BinaryOp::NotIn,
                ..
            } => return true,
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            } => match module.expr(operand) {
                Expr::Binary {
                    op: BinaryOp::In, ..
                } => return true,
                Expr::Call { callee, .. }
                    if matches!(module.expr(callee), Expr::Member { name, .. }
                        if matches!(module.text(name), "has" | "includes" | "some" | "find")) =>
                {
                    return true;
                }
                _ => {}
            },
            Expr::Logical { left, right, .. } => open.extend([left, right]),
            _ => {}
        }
    }
    false
}

/// Whether what a loop walks are rows by their type, wherever they come from.
pub(super) fn walks_entities(lp: Loop<'_>) -> bool {
    let Some(over) = lp.head().over else {
        return false;
    };
    match lp.function.type_of(over).base {
        Base::Instance(class) => lp.function.program.world.entities.table(class).is_some(),
        Base::Model(_, entity) => entity != Entity::None,
        _ => false,
    }
}

/// Whether a loop walks what its function is handed, by calls that are not in sight.
pub(super) fn walks_what_is_handed(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let module = function.module();
    let Some(over) = lp.head().over.or(lp.head().test) else {
        return false;
    };
    if function.is_called() {
        return false;
    }
    let facts = function.facts();
    let mut open = vec![over];
    for _ in 0..MAX_STEPS {
        let Some(at) = open.pop() else {
            break;
        };
        match module.expr(at) {
            Expr::Param(_) => return true,
            Expr::Local(local) => {
                let declared = module.local(local);
                let is_own = declared.function == function.id;
                if is_own && matches!(declared.kind, LocalKind::Param(_)) {
                    return module.receiver_class(at).is_none();
                }
                open.extend(facts.def_use.single_value(local));
            }
            Expr::Member { object, .. } | Expr::Index { object, .. } => open.push(object),
            Expr::Spread(inner) | Expr::Await(inner) => open.push(inner),
            Expr::Logical { left, right, .. } | Expr::Binary { left, right, .. } => {
                open.extend([left, right]);
            }
            Expr::Sequence { elements, .. } => open.extend(module.list(elements)),
            Expr::Call { callee, args, .. } => match module.expr(callee) {
                Expr::Member { object, .. } => open.push(object),
                Expr::Name(name) if is_copy(module.text(name)) || module.text(name) == "len" => {
                    open.extend(module.list(args).first());
                }
                _ => {}
            },
            _ => {}
        }
    }
    false
}

/// Whether a loop walks the keys and values of a map, and asks for more than its keys: options
/// and groups are walked this way as often as rows.
pub(super) fn asks_per_entry(function: Function<'_>, act: &Act, lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    if !walks_map(lp) {
        return false;
    }
    let (mut has_key, mut has_value) = (false, false);
    function.facts().any_origin(act.expr, |id| {
        if let Expr::Index { object, index } = module.expr(id)
            && module.expr(object) == Expr::Element(lp.id)
        {
            has_key |= module.expr(index) == Expr::Number(0);
            has_value |= module.expr(index) == Expr::Number(1);
        }
        false
    });
    !has_key || has_value
}

/// Whether a loop walks the entries of a map.
pub(super) fn walks_map(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let mut over = lp.head().over;
    for _ in 0..4 {
        let Some(Expr::Call { callee, args, .. }) = over.map(|over| module.expr(over)) else {
            return false;
        };
        if let Expr::Member { name, .. } = module.expr(callee)
            && matches!(module.text(name), "items" | "entries")
        {
            return true;
        }
        over = module.list(args).first().copied();
    }
    false
}

/// Whether a loop walks what people write between commas: `text.split(",")`.
pub(super) fn walks_written_list(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    let Some(over) = lp.head().over else {
        return false;
    };
    lp.function.facts().any_origin(over, |id| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let is_comma = |arg: &ExprId| {
            matches!(module.expr(*arg), Expr::String(text)
            if matches!(module.text(text).trim(), "," | "+" | ";" | "|"))
        };
        matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == "split")
            && module.list(args).first().is_some_and(is_comma)
    })
}
