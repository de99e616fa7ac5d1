//! `unbounded-cache`: a container that lives as long as the process and that requests only fill.

use super::{Reporter, Rule, answers_requests};
use crate::analysis::facts;
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, ClassId, ClassKind, Expr, ExprId, FunctionId, FunctionKind, LocalId, LocalKind,
    MODULE_BODY, Module, Name, SequenceKind, UnaryOp,
};
use crate::link::call_graph::Callee;
use crate::link::entry_points::Reach;
use crate::link::infer::Typer;
use crate::link::models::Wrapper;
use crate::link::program::Function;
use crate::link::types::{Base, ClassRef, FunctionRef};
use crate::link::words;
use crate::source::{Context, FileId, Span};

pub(super) const RULE: Rule = Rule::per_function("unbounded-cache", check);

/// Members that put something in.
const GROWS: &[&str] = &["set", "add", "push", "append", "setdefault", "unshift"];
/// Members that only look, or walk what is there.
const READS: &[&str] = &[
    "get", "has", "keys", "values", "items", "entries", "forEach", "map", "filter", "find", "some",
    "every", "includes", "indexOf", "slice", "join", "copy", "count", "index", "reduce", "at",
];
/// Functions that look at a container without keeping or changing it.
const LOOKS: &[&str] = &[
    "list",
    "tuple",
    "sorted",
    "set",
    "dict",
    "Set",
    "Map",
    "iter",
    "enumerate",
    "sum",
    "any",
    "all",
    "print",
    "keys",
    "values",
    "entries",
    "stringify",
    "dumps",
    "from",
    "isArray",
    "hasOwn",
    "log",
];

/// Names through which a container is followed.
const MAX_NAMES: u8 = 3;

/// Where a container is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// A variable of the module.
    Local(LocalId),
    /// A field of a class, or of the one instance of it.
    Field(ClassId, Name),
}

/// A container that lives as long as the process.
#[derive(Debug)]
struct Container {
    home: Home,
    declared: Span,
    is_list: bool,
    /// What puts something in: the expression and the key.
    grown: Vec<(ExprId, Option<ExprId>)>,
    /// Whether something takes out, or looks at the size.
    is_bounded: bool,
    /// Whether someone out of sight is handed it.
    is_handed_on: bool,
}

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.declared().kind != FunctionKind::Module || function.context() != Context::Product {
        return;
    }
    let mut containers = containers(function);
    if containers.is_empty() {
        return;
    }
    look_through(function, &mut containers);
    for container in &containers {
        if container.is_bounded {
            continue;
        }
        let mut found: Option<(ExprId, Confidence)> = None;
        for &(expr, key) in &container.grown {
            let Some(confidence) = judged(function, container, expr, key) else {
                continue;
            };
            if found.is_none_or(|(_, known)| known < confidence) {
                found = Some((expr, confidence));
            }
        }
        if let Some((expr, confidence)) = found
            && lives_on(function, container)
            && !is_bounded_elsewhere(function, container)
        {
            report(function, container, expr, confidence, reporter);
        }
    }
}

fn report(
    function: Function<'_>,
    container: &Container,
    grown: ExprId,
    confidence: Confidence,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let grower = Function {
        id: module.function_of(grown),
        ..function
    };
    let name = match container.home {
        Home::Local(local) => module.text(module.local(local).name),
        Home::Field(_, name) => module.text(name),
    };
    let key = container
        .grown
        .iter()
        .find(|g| g.0 == grown)
        .and_then(|g| g.1);
    let key = key
        .map(|key| function.callee_text(key))
        .filter(|text| !text.is_empty());
    let message = match (container.is_list, key) {
        (true, _) => format!("`{name}` gets longer with each call and never shorter"),
        (false, Some(key)) => {
            format!("`{name}` keeps an entry for each `{key}` and never lets go of one")
        }
        (false, None) => format!("`{name}` keeps what is put in and never lets go of it"),
    };
    let finding = reporter.report(module.span(grown), confidence, message);
    finding.function = grower.name();
    finding.related(
        function.place(container.declared),
        "lives as long as the process",
    );
    answers_requests(finding, grower);
    finding
        .cost("memory that grows until the process is restarted")
        .help(if container.is_list {
            "keep the last few only, or write them where they belong: a log, a queue, the database"
        } else {
            "give it a bound: a cache with a largest size and an age, or take entries out when what \
             they are about ends"
        });
}

/// The containers that a module or its classes make once.
fn containers(function: Function<'_>) -> Vec<Container> {
    let module = function.module();
    let facts = function.facts();
    let mut found = Vec::new();
    let mut typer = Typer::new(&function.program.world, function.file);
    let mut add = |home, value, declared| {
        if let Some(is_list) = container_kind(function, &mut typer, value) {
            found.push(Container {
                home,
                declared,
                is_list,
                grown: Vec::new(),
                is_bounded: false,
                is_handed_on: false,
            });
        }
    };
    for declared in &module.functions {
        for param in &declared.params {
            // Made once, when the function is defined: `def collect(item, into=[])`.
            if let (true, Some(default), Expr::Local(local)) =
                (module.exports_all, param.default, module.expr(param.target))
            {
                add(Home::Local(local), default, module.span(default));
            }
        }
    }
    for (i, local) in module.locals.iter().enumerate() {
        let is_variable = matches!(local.kind, LocalKind::Variable | LocalKind::Const);
        if is_variable && (local.function == MODULE_BODY || outlives_requests(function, local)) {
            let id = LocalId(i as u32);
            // What is assigned again starts anew.
            if let Some(value) = facts.def_use.single_value(id) {
                add(Home::Local(id), value, local.span);
            }
        }
    }
    for (i, class) in module.classes.iter().enumerate() {
        if class.kind != ClassKind::Class {
            continue;
        }
        let id = ClassId(i as u32);
        for field in &class.fields {
            if let Some(value) = field.value {
                add(Home::Field(id, field.name), value, field.span);
            }
        }
    }
    for field in &facts.self_fields {
        let owner = module.function_of(field.value);
        if module.function(owner).kind == FunctionKind::Constructor {
            let home = Home::Field(field.class, field.name);
            add(home, field.value, module.span(field.value));
        }
    }
    found
}

/// Whether a variable is one of a function that no request calls, but in which something is
/// defined that one does: a factory of handlers, a plug-in.
fn outlives_requests(function: Function<'_>, local: &crate::ir::Local) -> bool {
    let module = function.module();
    let at = |id| Function { id, ..function };
    let is_own = |f: &crate::ir::Function| f.parent == Some(local.function);
    let is_plain = matches!(
        module.function(local.function).kind,
        FunctionKind::Function | FunctionKind::Arrow
    );
    is_plain
        && at(local.function).reached().reach == Reach::None
        && (0..module.functions.len() as u32)
            .map(FunctionId)
            .any(|id| is_own(module.function(id)) && at(id).reached().reach != Reach::None)
}

/// Whether a value is a new list, set or map of the language's own: true if a list.
fn container_kind(function: Function<'_>, typer: &mut Typer<'_>, value: ExprId) -> Option<bool> {
    let module = function.module();
    match module.expr(value) {
        Expr::Map(_) => return Some(false),
        Expr::Sequence { kind, .. } if kind != SequenceKind::Tuple => {
            return Some(kind == SequenceKind::List);
        }
        Expr::Call { args, .. } => {
            // `defaultdict(list)`
            if module.empty_container(value) == Some(facts::Container::Map) {
                return Some(false);
            }
            // `deque(maxlen=…)` and copies of other things are not empty containers.
            let has_bound = module
                .list(args)
                .iter()
                .any(|&arg| matches!(module.expr(arg), Expr::Keyword { .. } | Expr::Map(_)));
            if has_bound {
                return None;
            }
        }
        _ => return None,
    }
    let ty = typer.of(value);
    match (ty.wrapper(), ty.base) {
        (Some(Wrapper::List), _) => Some(true),
        (Some(Wrapper::Set | Wrapper::Map), _) => Some(false),
        (None, Base::Model(ty, _)) => {
            let models = &function.program.world.models;
            let shape = models.ty(ty).extends.unwrap_or(ty);
            matches!(models.wrapper_of(shape)?, Wrapper::Map | Wrapper::Set).then_some(false)
        }
        _ => None,
    }
}

/// Notes what a file does with its containers.
fn look_through(function: Function<'_>, containers: &mut [Container]) {
    let module = function.module();
    let at = |containers: &[Container], expr: ExprId| named(function, containers, expr, 0);
    for i in 0..module.expr_count() as u32 {
        let id = ExprId(i);
        match module.expr(id) {
            Expr::Call { callee, args, .. } => {
                // `visits[user].append(time)` of a map that makes its lists itself.
                if let Expr::Member { object, name } = module.expr(callee)
                    && let Expr::Index { object, index } = module.expr(object)
                    && GROWS.contains(&module.text(name))
                    && let Some(found) = at(containers, object)
                {
                    containers[found].grown.push((id, Some(index)));
                }
                if let Expr::Member { object, name } = module.expr(callee)
                    && let Some(found) = at(containers, object)
                {
                    let text = module.text(name);
                    if GROWS.contains(&text) {
                        let key = module.list(args).first().copied();
                        containers[found].grown.push((id, key));
                    } else if !READS.contains(&text) {
                        containers[found].is_bounded = true;
                    }
                }
                let last = function.last_name_of(callee);
                let is_look = last.is_some_and(|name| LOOKS.contains(&name));
                for &arg in module.list(args) {
                    let arg = match module.expr(arg) {
                        Expr::Keyword { value, .. } | Expr::Spread(value) => value,
                        _ => arg,
                    };
                    if !is_look
                        && let Some(found) = at(containers, arg)
                        && !only_looks(function, id, arg)
                    {
                        // Lists are seldom emptied by those who are handed them.
                        let container = &mut containers[found];
                        container.is_handed_on = true;
                        container.is_bounded |= !container.is_list;
                    }
                }
                // `Object.keys(cache).length` looks at the size.
                if is_look && let Some(&first) = module.list(args).first() {
                    let counts = at(containers, first).filter(|_| is_measured(module, id));
                    if let Some(found) = counts {
                        containers[found].is_bounded = true;
                    }
                }
            }
            Expr::Assign { target, value, op } => {
                if let Expr::Index { object, index } = module.expr(target)
                    && let Some(found) = at(containers, object)
                {
                    containers[found].grown.push((id, Some(index)));
                } else if let Some(found) = home_of(module, target)
                    .and_then(|home| containers.iter().position(|c| c.home == home))
                    && (op.is_some() || !is_first_value(module, target, id))
                {
                    containers[found].is_bounded = true;
                }
                // A name for it that is not followed may be what takes out.
                let is_followed = matches!(module.expr(target), Expr::Local(local)
                    if function.facts().def_use.single_value(local) == Some(value));
                if !is_followed && let Some(found) = at(containers, value) {
                    containers[found].is_bounded = true;
                }
            }
            Expr::Unary {
                op: UnaryOp::Delete,
                operand,
            } => {
                let of = match module.expr(operand) {
                    Expr::Index { object, .. } | Expr::Member { object, .. } => object,
                    _ => operand,
                };
                if let Some(found) = at(containers, of) {
                    containers[found].is_bounded = true;
                }
            }
            Expr::Member { object, name } if matches!(module.text(name), "length" | "size") => {
                if let Some(found) = at(containers, object) {
                    containers[found].is_bounded = true;
                }
            }
            Expr::Binary { op, left, right } if !matches!(op, BinaryOp::In | BinaryOp::NotIn) => {
                for side in [left, right] {
                    if let Some(found) = at(containers, side) {
                        containers[found].is_bounded = true;
                    }
                }
            }
            _ => {}
        }
    }
}

/// The container that an expression is, perhaps by another name: `const list = this.items`,
/// `given || this.items`.
fn named(
    function: Function<'_>,
    containers: &[Container],
    expr: ExprId,
    depth: u8,
) -> Option<usize> {
    let module = function.module();
    if let Some(home) = home_of(module, expr)
        && let Some(found) = containers.iter().position(|c| c.home == home)
    {
        return Some(found);
    }
    if depth == MAX_NAMES {
        return None;
    }
    let next = |expr: ExprId| named(function, containers, expr, depth + 1);
    match module.expr(expr) {
        Expr::Local(local) if module.local(local).function != MODULE_BODY => {
            next(function.facts().def_use.single_value(local)?)
        }
        Expr::Logical { left, right, .. } => next(left).or_else(|| next(right)),
        Expr::Conditional {
            then, otherwise, ..
        } => next(then).or_else(|| next(otherwise)),
        _ => None,
    }
}

/// Whether the function of the project that a call hands something to only looks at it.
fn only_looks(function: Function<'_>, call: ExprId, argument: ExprId) -> bool {
    let owner = Function {
        id: function.module().function_of(call),
        ..function
    };
    let Some(&Callee::Function(at)) = owner.call_at(call).map(|call| &call.callee) else {
        return false;
    };
    let callee = function.program.function(at);
    let params = 0..callee.declared().params.len() as u16;
    let param = params
        .filter(|&param| owner.argument_for(call, at, param) == Some(argument))
        .find_map(|param| {
            let target = callee.declared().params[usize::from(param)].target;
            match callee.module().expr(target) {
                Expr::Local(local) => Some(local),
                _ => None,
            }
        });
    let Some(param) = param else {
        return false;
    };
    let module = callee.module();
    let is_it = |expr: ExprId| module.expr(expr) == Expr::Local(param);
    callee
        .declared()
        .exprs
        .iter()
        .all(|id| match module.expr(id) {
            Expr::Call {
                callee: called,
                args,
                ..
            } => {
                let looks = match module.expr(called) {
                    Expr::Member { object, name } if is_it(object) => {
                        READS.contains(&module.text(name))
                    }
                    _ => true,
                };
                let is_look = callee
                    .last_name_of(called)
                    .is_some_and(|name| LOOKS.contains(&name));
                looks && (is_look || !module.list(args).iter().any(|&arg| is_it(arg)))
            }
            Expr::Assign { value, .. } => !is_it(value),
            _ => true,
        })
}

/// Whether the length of what a call gives is asked for.
fn is_measured(module: &Module, call: ExprId) -> bool {
    // A member stands right after its object.
    let next = ExprId(call.0 + 1);
    next.index() < module.expr_count()
        && matches!(module.expr(next), Expr::Member { object, name }
            if object == call && module.text(name) == "length")
}

/// Whether an assignment is the one that makes the container.
fn is_first_value(module: &Module, target: ExprId, assign: ExprId) -> bool {
    let owner = module.function_of(assign);
    let is_of_closure = matches!(module.expr(target), Expr::Local(local)
        if is_of_closure(module, local) && module.local(local).function == owner);
    let kind = module.function(owner).kind;
    is_of_closure || matches!(kind, FunctionKind::Module | FunctionKind::Constructor)
}

/// The container that an expression names.
fn home_of(module: &Module, expr: ExprId) -> Option<Home> {
    match module.expr(expr) {
        Expr::Local(local) => Some(Home::Local(local)),
        Expr::Member { object, name } => {
            let class = module.receiver_class(object).or_else(|| {
                let Expr::Local(local) = module.expr(object) else {
                    return None;
                };
                match module.local(local).kind {
                    LocalKind::Class(class) => Some(class),
                    _ => None,
                }
            })?;
            Some(Home::Field(class, name))
        }
        _ => None,
    }
}

/// How sure it is that an expression grows its container without end; none if it does not.
fn judged(
    function: Function<'_>,
    container: &Container,
    grown: ExprId,
    key: Option<ExprId>,
) -> Option<Confidence> {
    let module = function.module();
    let facts = function.facts();
    let owner = module.function_of(grown);
    if owner == MODULE_BODY || module.function(owner).kind == FunctionKind::Constructor {
        return None;
    }
    let is_closure = matches!(container.home, Home::Local(local) if is_of_closure(module, local));
    if let Home::Local(local) = container.home
        && is_closure
        && module.local(local).function == owner
    {
        return None;
    }
    let (_, _, stmt) = facts.context_of(grown)?;
    if facts.fills_empty_place(stmt) {
        return None;
    }
    let grower = Function {
        id: owner,
        ..function
    };
    let is_named = match key {
        Some(key) if !container.is_list => opens_keys(grower, key)?,
        Some(_) => true,
        None => false,
    };
    let is_of_request = key.is_some_and(|key| is_of_request(grower, key));
    let is_in_browser = function.program.reaches_browser(function.file);
    if is_closure && !is_of_request {
        return None;
    }
    Some(
        if is_of_request
            && is_named
            && !is_in_browser
            && !container.is_handed_on
            && !keeps_number(module, grown)
        {
            Confidence::Medium
        } else {
            Confidence::Low
        },
    )
}

/// Whether what is put in is a number: a count, the version of something.
fn keeps_number(module: &Module, grown: ExprId) -> bool {
    let value = match module.expr(grown) {
        Expr::Call { args, .. } => module.list(args).get(1).copied(),
        Expr::Assign { value, .. } => Some(value),
        _ => None,
    };
    let is_number = |id: ExprId| matches!(module.expr(id), Expr::Number(_));
    value.is_some_and(|value| match module.expr(value) {
        Expr::Binary {
            op: BinaryOp::Add,
            left,
            right,
        } => is_number(left) || is_number(right),
        _ => is_number(value),
    })
}

/// Whether a variable is one of a function, seen by those that are defined in it.
fn is_of_closure(module: &Module, local: LocalId) -> bool {
    let local = module.local(local);
    local.function != MODULE_BODY && !matches!(local.kind, LocalKind::Param(_))
}

/// Whether what is put in is made of what a request asks for.
fn is_of_request(grower: Function<'_>, key: ExprId) -> bool {
    let reached = grower.reached();
    let Some(handler) = reached.handler.filter(|_| reached.reach != Reach::None) else {
        return false;
    };
    if grower.asks_request(key) {
        return true;
    }
    // What is defined inside of a handler sees what the handler was asked with.
    let module = grower.module();
    let mut at = grower.id;
    loop {
        let own = FunctionRef {
            file: grower.file,
            function: at,
        };
        let handed = grower.program.handed_by_request(handler, own);
        if handed & grower.program.function(own).params_of(key) != 0 {
            return true;
        }
        match module.function(at).parent {
            Some(parent) if parent != MODULE_BODY => at = parent,
            _ => return false,
        }
    }
}

/// Whether the keys are as many as there are users, rows or requests: true if their names say so;
/// none if the program's text bounds them.
fn opens_keys(function: Function<'_>, key: ExprId) -> Option<bool> {
    let module = function.module();
    let facts = function.facts();
    let mut varies = false;
    let mut is_code = false;
    let mut is_named = false;
    facts.any_origin(key, |id| {
        match module.expr(id) {
            // What an object is called is as much as there are such objects.
            Expr::Member { object, name } if module.receiver_class(object).is_some() => {
                varies |= function
                    .facts()
                    .self_fields
                    .iter()
                    .any(|field| field.name == name);
            }
            Expr::Member { name, .. } => {
                let text = module.text(name);
                is_code |= matches!(
                    text,
                    "__class__" | "__name__" | "__qualname__" | "constructor" | "displayName"
                );
                varies = true;
                is_named |= words::names_a_record(text);
            }
            Expr::Local(local) => {
                let local = module.local(local);
                varies |= matches!(local.kind, LocalKind::Param(_) | LocalKind::Variable);
                is_named |=
                    local.function != MODULE_BODY && words::names_a_record(module.text(local.name));
                is_code |= matches!(local.kind, LocalKind::Class(_) | LocalKind::Function(_));
            }
            Expr::Param(_) | Expr::Element(_) => varies = true,
            Expr::Call { .. } => {
                varies = true;
                is_code |= function.last_name_of(id) == Some("type");
            }
            _ => {}
        }
        is_code
    });
    let ty = function.type_of(key);
    let is_class = ty.is_bare() && matches!(ty.base, Base::Class(_) | Base::Function(_));
    if is_code || is_class || !varies || is_choice(function, key) {
        return None;
    }
    Some(is_named)
}

/// Whether a key's declared type is one of a few values: an enum, a union of texts.
fn is_choice(function: Function<'_>, key: ExprId) -> bool {
    let module = function.module();
    if let Base::Instance(class) = function.type_of(key).base {
        let unit = function.program.world.unit(class.file);
        let declared = unit.facts.module.class(class.class);
        return matches!(declared.kind, ClassKind::Enum | ClassKind::Alias)
            || !declared.bases.is_empty();
    }
    let Expr::Local(local) = module.expr(key) else {
        return false;
    };
    // `string` and `str` are open; a name of the project stands for what it lists.
    module.local(local).annotation.is_some_and(|annotation| {
        !matches!(module.expr(annotation), Expr::Name(_))
            && !matches!(function.type_of(key).base, Base::Str | Base::Num)
    })
}

/// Whether the container is one for the whole process.
fn lives_on(function: Function<'_>, container: &Container) -> bool {
    let Home::Field(class, name) = container.home else {
        return true;
    };
    let module = function.module();
    let declared = module.class(class);
    let field = declared.fields.iter().find(|field| field.name == name);
    let is_of_class = field.is_some_and(|field| {
        // What a class declares and the constructor sets is the instance's.
        let is_set = function.facts().self_fields.iter();
        let mut is_set = is_set.filter(|f| f.class == class && f.name == name);
        field.is_static || module.exports_all && is_set.next().is_none()
    });
    let file = function.file;
    is_of_class || function.program.is_singleton(ClassRef { file, class })
}

/// Whether another file, which imports the container, takes something out of it.
fn is_bounded_elsewhere(function: Function<'_>, container: &Container) -> bool {
    let module = function.module();
    let Home::Local(local) = container.home else {
        return false;
    };
    let text = module.text(module.local(local).name);
    let world = &function.program.world;
    (0..world.units.len() as u32).map(FileId).any(|file| {
        if file == function.file {
            return false;
        }
        let other = &world.unit(file).facts.module;
        let Some(name) = other.name(text) else {
            return false;
        };
        // As `m.cache.clear()`, or by its own name.
        let is_imported = other
            .imports
            .iter()
            .any(|import| import.local.is_some_and(|l| other.local(l).name == name));
        let uses = |id: ExprId| match other.expr(id) {
            Expr::Member { name: n, .. } => n == name,
            Expr::Local(l) => is_imported && other.local(l).name == name,
            _ => false,
        };
        (0..other.expr_count() as u32).any(|i| match other.expr(ExprId(i)) {
            Expr::Call { callee, .. } => {
                matches!(other.expr(callee), Expr::Member { object, name }
                    if uses(object)
                        && !GROWS.contains(&other.text(name))
                        && !READS.contains(&other.text(name)))
            }
            Expr::Unary {
                op: UnaryOp::Delete,
                operand,
            } => matches!(other.expr(operand), Expr::Index { object, .. } if uses(object)),
            _ => false,
        })
    })
}
