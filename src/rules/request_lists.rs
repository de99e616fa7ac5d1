//! Lists that one request or call hands over, of which nobody writes many.

use super::few_elements::{why_few_by_name, why_few_shown};
use crate::analysis::def_use::Def;
use crate::ir::{CallKind, ComprehensionKind, Expr, ExprId, LocalId, LocalKind, Module, Stmt};
use crate::link::program::{Function, Loop};
use crate::link::types::{Base, FunctionRef};
use crate::link::words;
use crate::source::FileId;

/// Steps from what is walked back to what it was handed as.
const MAX_STEPS: usize = 8;

/// Why a loop walks few, by who hands its list over.
pub(super) fn why_few_handed(lp: Loop<'_>) -> Option<&'static str> {
    let function = lp.function;
    let over = lp.head().over?;
    if leads_up(function, over) {
        return Some("the rows above one row are as many as the tree is deep");
    }
    if is_short_by_schema(function, over) {
        return Some("the request's schema allows few");
    }
    if let Some(param) = param_of(function, over)
        && let Some(why) = why_few_given(function, param)
    {
        return Some(why);
    }
    if takes_many(function) {
        return None;
    }
    if is_of_message(function, over) {
        return Some("one message names few of them");
    }
    if param_of(function, over).is_some_and(|param| is_argument(function, param)) {
        return Some("one mutation names few of them");
    }
    if let Some(param) = param_of(function, over)
        && (is_validated(function, param) || is_filter_value(function, param))
    {
        return Some("one field of a request names few of them");
    }
    if is_value_of_field(function, over) {
        return Some("one field of a form names few of them");
    }
    if param_of(function, over).is_some_and(|param| may_be_one(function, param)) {
        return Some("who has only one may hand over that");
    }
    names_keys_of_request(function, over).then_some("one request names the rows one by one")
}

/// Whether a function works on many at once, by its name or that of its file.
fn takes_many(function: Function<'_>) -> bool {
    let path = &function.program.world.unit(function.file).path;
    function.name().is_some_and(|name| words::takes_many(&name)) || words::takes_many(path)
}

/// Why all that a parameter is seen to be given is few.
fn why_few_given(function: Function<'_>, param: LocalId) -> Option<&'static str> {
    let mut why = None;
    for (giver, value) in given(function, param) {
        why = Some(why_few_value(giver, value)?);
    }
    why
}

/// Why a value that is handed on is few.
fn why_few_value(function: Function<'_>, value: ExprId) -> Option<&'static str> {
    if makes_short_pages(function, value) || is_cut_short(function, value) {
        return Some("a limit that is written keeps them few");
    }
    if are_owners(function, value) {
        return Some("what several rows belong to is one, or few");
    }
    why_few_by_name(function, value).or_else(|| why_few_shown(function, value))
}

/// What a function's parameter is seen to be given: by its callers, or where a template is rendered.
fn given(function: Function<'_>, param: LocalId) -> Vec<(Function<'_>, ExprId)> {
    let module = function.module();
    let LocalKind::Param(index) = module.local(param).kind else {
        return Vec::new();
    };
    let at = function.reference();
    let program = function.program;
    let world = &program.world;
    if !world.is_template(at) {
        let callers = function.callers().into_iter();
        let given =
            callers.map(|(caller, call)| Some((caller, caller.argument_for(call, at, index)?)));
        return given.collect::<Option<Vec<_>>>().unwrap_or_default();
    }
    let mut found = Vec::new();
    for file in (0..world.units.len() as u32).map(FileId) {
        for rendering in world.templates.in_file(file) {
            if !rendering.templates.contains(&at) {
                continue;
            }
            let renderer = program.function(FunctionRef {
                file,
                function: rendering.function,
            });
            // What includes a template hands on what it was given itself.
            let is_named = |name: &str| name == module.text(module.local(param).name);
            for given in rendering.given.iter().filter(|given| is_named(&given.name)) {
                found.push((renderer, given.value));
            }
        }
    }
    found
}

/// Whether a value is a page of few rows, by what is written: `Paginator(rows, per_page=10)`.
fn makes_short_pages(function: Function<'_>, value: ExprId) -> bool {
    const FEW: i64 = 10;
    let module = function.module();
    function.facts().any_origin(value, |id| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let size = |&arg: &ExprId| match module.expr(arg) {
            Expr::Keyword { value, .. } => module.expr(value),
            other => other,
        };
        module.last_name(callee).is_some_and(words::makes_pages)
            && module
                .list(args)
                .iter()
                .any(|arg| matches!(size(arg), Expr::Number(2..=FEW)))
    })
}

/// Whether rows are cut to a few that are written: `rows[:10]`.
pub(super) fn is_cut_short(function: Function<'_>, rows: ExprId) -> bool {
    const FEW: i64 = 20;
    let module = function.module();
    let facts = function.facts();
    let mut at = rows;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Index { object, index } => match module.expr(index) {
                Expr::Slice(ends) => {
                    let end = module.list(ends).get(1).map(|&end| module.expr(end));
                    if matches!(end, Some(Expr::Number(1..=FEW))) {
                        return true;
                    }
                    object
                }
                _ => return false,
            },
            Expr::Local(_) => match facts.def_use.reaching(at).map(|def| facts.def_use.def(def)) {
                Some(Def::Value { value, .. }) => *value,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}

/// Whether a set holds what rows belong to that lives long and holds much: `{line.product for line
/// in lines}`.
fn are_owners(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    let mut at = value;
    let mut is_set = false;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Local(local) => match facts.def_use.single_value(local) {
                Some(value) => value,
                None => return false,
            },
            Expr::Call { callee, args, .. } => {
                match (module.last_name(callee), module.list(args)) {
                    (Some("set" | "frozenset" | "Set"), &[only]) => {
                        is_set = true;
                        only
                    }
                    _ => return false,
                }
            }
            Expr::Comprehension { lp, kind } => {
                is_set |= kind == ComprehensionKind::Set;
                let body = &module.block(module.lp(lp).body).stmts;
                return is_set
                    && body.iter().any(|&stmt| {
                        matches!(module.stmt(stmt), Stmt::Collect(value)
                            if matches!(module.expr(value), Expr::Member { name, .. }
                                if words::holds_many(module.text(name))))
                    });
            }
            _ => return false,
        };
    }
    false
}

/// Whether a list is read from a text in JSON that the function is handed.
fn is_of_message(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let def_use = &function.facts().def_use;
    let mut open = vec![over];
    for _ in 0..MAX_STEPS * 2 {
        let Some(at) = open.pop() else {
            break;
        };
        match module.expr(at) {
            Expr::Local(_) => {
                if let Some(def) = def_use.reaching(at) {
                    def_use.any_source(def, |_, def| {
                        if let Def::Value { value, .. } = def {
                            open.push(*value);
                        }
                        false
                    });
                }
            }
            Expr::Conditional {
                then, otherwise, ..
            } => open.extend([then, otherwise]),
            Expr::Logical { left, .. } => open.push(left),
            Expr::Call { callee, args, .. } => {
                let Expr::Member { object, name } = module.expr(callee) else {
                    continue;
                };
                let is_json = module
                    .last_name(object)
                    .is_some_and(|name| name.to_ascii_lowercase().ends_with("json"));
                let is_handed = module.list(args).first().is_some_and(|&text| {
                    matches!(module.expr(text), Expr::Local(local)
                        if matches!(module.local(local).kind, LocalKind::Param(_)))
                });
                if is_json && is_handed && words::parses(module.text(name)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether a parameter is an argument of a mutation, by the class in it that names them.
fn is_argument(function: Function<'_>, param: LocalId) -> bool {
    let module = function.module();
    let Some(class) = function.declared().class else {
        return false;
    };
    let class = module.class(class);
    let name = module.local(param).name;
    let is_many = words::takes_many(module.text(name))
        || class
            .name
            .is_some_and(|name| words::takes_many(module.text(name)));
    !is_many
        && class.inner.iter().any(|&inner| {
            let inner = module.class(inner);
            let holds = inner
                .name
                .is_some_and(|name| words::holds_arguments(module.text(name)));
            holds && inner.fields.iter().any(|field| field.name == name)
        })
}

/// The parameter that a list was handed as: `owners`, `enumerate(owners)`, `fields.items()`.
fn param_of(function: Function<'_>, over: ExprId) -> Option<LocalId> {
    let module = function.module();
    let mut at = over;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Local(local) => {
                let declared = module.local(local);
                let is_param = matches!(declared.kind, LocalKind::Param(_));
                let is_own = declared.function == function.id;
                return (is_param && is_own && module.receiver_class(at).is_none())
                    .then_some(local);
            }
            // Templates call what they find where it can be called.
            Expr::Call {
                callee,
                kind: CallKind::Implicit,
                ..
            } => callee,
            Expr::Call { callee, args, .. } => match (module.expr(callee), module.list(args)) {
                (Expr::Name(_), &[only, ..]) => only,
                (Expr::Member { object, name }, [])
                    if matches!(module.text(name), "items" | "keys" | "values") =>
                {
                    object
                }
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

fn names_of_params(function: Function<'_>) -> impl Iterator<Item = (LocalId, &str)> {
    let module = function.module();
    (0..module.locals.len() as u32).filter_map(move |i| {
        let local = module.local(LocalId(i));
        let is_param = matches!(local.kind, LocalKind::Param(_)) && local.function == function.id;
        is_param.then(|| (LocalId(i), module.text(local.name)))
    })
}

/// Whether a parameter is the value of one field that a serializer checks: `validate_owners(self,
/// owners)`.
fn is_validated(function: Function<'_>, param: LocalId) -> bool {
    let module = function.module();
    let declared = function.declared();
    let name = declared.name.map_or("", |name| module.text(name));
    let is_first = matches!(module.local(param).kind, LocalKind::Param(1));
    let checks = name
        .strip_prefix("validate_")
        .is_some_and(|field| !words::takes_many(field));
    declared.class.is_some() && is_first && checks
}

/// Whether a list is the value of one field that a form checks: `validate_owners(self, field)`
/// walks `field.data`.
fn is_value_of_field(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let Expr::Member { object, name } = module.expr(over) else {
        return false;
    };
    module.text(name) == "data"
        && matches!(module.expr(object), Expr::Local(local)
            if is_validated(function, local))
}

/// Whether a parameter is the value that rows are filtered by: `filter_owners(self, queryset, name,
/// value)`.
fn is_filter_value(function: Function<'_>, param: LocalId) -> bool {
    let module = function.module();
    let is_value = module.text(module.local(param).name) == "value";
    is_value
        && function.declared().class.is_some()
        && names_of_params(function).any(|(_, name)| matches!(name, "qs" | "queryset" | "prefix"))
}

/// Whether the function tests if a parameter is one text or number, and no list.
fn may_be_one(function: Function<'_>, param: LocalId) -> bool {
    let module = function.module();
    function.declared().exprs.iter().any(|id| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let is_test = matches!(module.expr(callee), Expr::Name(name)
            if module.text(name) == "isinstance");
        let [value, kind] = module.list(args) else {
            return false;
        };
        is_test
            && module.expr(*value) == Expr::Local(param)
            && matches!(module.expr(*kind), Expr::Name(name)
                if matches!(module.text(name), "str" | "int"))
    })
}

/// Whether a query asks for the rows by the keys that a request lists: `filter(id__in=…)`.
fn names_keys_of_request(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    let mut at = over;
    for _ in 0..MAX_STEPS * 2 {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Member { object, .. } => object,
            Expr::Local(local) => match facts.def_use.single_value(local) {
                Some(value) if !matches!(module.local(local).kind, LocalKind::Import(_)) => value,
                _ => return false,
            },
            Expr::Call { callee, args, .. } => {
                if module.list(args).iter().any(|&arg| is_keyed(function, arg)) {
                    return true;
                }
                callee
            }
            _ => return false,
        };
    }
    false
}

/// Whether an argument compares a column with what a request or a filter lists.
fn is_keyed(function: Function<'_>, arg: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    match module.expr(arg) {
        // `{ where: { id: In(input.ids) } }`
        Expr::Map(entries) => module.list(entries).iter().any(|&entry| {
            let Expr::Keyword { name, value } = module.expr(entry) else {
                return false;
            };
            let is_key = module.text(name) == "id";
            match module.expr(value) {
                Expr::Map(_) => module.text(name) == "where" && is_keyed(function, value),
                Expr::Call { args, .. } => {
                    is_key
                        && function.last_name_of(value) == Some("In")
                        && module
                            .list(args)
                            .iter()
                            .any(|&arg| is_of_payload(module, arg))
                }
                _ => false,
            }
        }),
        Expr::Keyword { name, value } => {
            let name = module.text(name);
            matches!(name, "id__in" | "pk__in")
                && facts.any_origin(value, |id| is_list(module, id) || is_of_form(function, id))
        }
        // `**{f"{name}__in": value}`
        Expr::Spread(map) => {
            let Expr::Map(entries) = module.expr(map) else {
                return false;
            };
            module.list(entries).iter().any(|&entry| {
                let Expr::Entry { key, value } = module.expr(entry) else {
                    return false;
                };
                let is_in = facts.any_origin(key, |id| {
                    matches!(module.expr(id), Expr::String(text)
                        if module.text(text).ends_with("__in"))
                });
                let of_filter = |value| {
                    param_of(function, value).is_some_and(|param| is_filter_value(function, param))
                };
                is_in && of_filter(value)
            })
        }
        _ => false,
    }
}

/// Whether a value is a member of what a request says: `input.ids`.
fn is_of_payload(module: &Module, value: ExprId) -> bool {
    let Expr::Member { object, .. } = module.expr(value) else {
        return false;
    };
    matches!(module.expr(object), Expr::Local(local)
        if matches!(module.local(local).kind, LocalKind::Param(_))
            && words::is_payload(module.text(module.local(local).name)))
}

/// Whether a value is a list in a request: `request.POST.getlist("ids")`,
/// `serializer.validated_data["ids"]`.
fn is_list(module: &Module, id: ExprId) -> bool {
    match module.expr(id) {
        Expr::Call { callee, .. } => matches!(module.expr(callee), Expr::Member { name, .. }
            if words::gives_request_list(module.text(name))),
        Expr::Index { object, .. } => matches!(module.expr(object), Expr::Member { name, .. }
            if words::holds_checked(module.text(name))),
        _ => false,
    }
}

/// Whether a value is one that a form has checked: `self.cleaned_data.get("owners")`, or the same
/// of what `super().clean()` answers.
fn is_of_form(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    let object = match module.expr(value) {
        Expr::Index { object, .. } => object,
        Expr::Call { callee, .. } => match module.expr(callee) {
            Expr::Member { object, name } if module.text(name) == "get" => object,
            _ => return false,
        },
        _ => return false,
    };
    let cleans = |callee: ExprId| {
        matches!(module.expr(callee), Expr::Member { object, name }
            if module.text(name) == "clean" && is_super(module, object))
    };
    let is_checked = |at: ExprId| match module.expr(at) {
        Expr::Member { name, .. } => words::holds_checked(module.text(name)),
        Expr::Call { callee, .. } => cleans(callee),
        _ => false,
    };
    match module.expr(object) {
        Expr::Local(local) => {
            let held = function.facts().def_use.single_value(local);
            held.is_some_and(is_checked)
        }
        _ => is_checked(object),
    }
}

fn is_super(module: &Module, object: ExprId) -> bool {
    match module.expr(object) {
        Expr::Super => true,
        Expr::Call { callee, .. } => module.expr(callee) == Expr::Super,
        _ => false,
    }
}

/// Whether what is walked are the rows above one row of a tree.
fn leads_up(function: Function<'_>, over: ExprId) -> bool {
    let module = function.module();
    function.facts().any_origin(over, |id| {
        matches!(module.expr(id), Expr::Call { callee, .. }
            if matches!(module.expr(callee), Expr::Member { name, .. }
                if words::leads_up(module.text(name))))
    })
}

/// Whether the class of what is handed over bounds the list: `Field(max_length=10)`.
fn is_short_by_schema(function: Function<'_>, over: ExprId) -> bool {
    const FEW: i64 = 20;
    let Expr::Member { object, name } = function.module().expr(over) else {
        return false;
    };
    let name = function.module().text(name);
    let ty = function.type_of(object);
    let (Base::Instance(class), true) = (ty.base, ty.is_bare()) else {
        return false;
    };
    let world = &function.program.world;
    world.above(class).into_iter().any(|class| {
        let module = &world.unit(class.file).facts.module;
        let fields = &module.class(class.class).fields;
        let field = fields.iter().find(|field| module.text(field.name) == name);
        let bounds = |at: ExprId| {
            let mut open = vec![at];
            while let Some(id) = open.pop() {
                match module.expr(id) {
                    Expr::Keyword { name, value }
                        if matches!(module.text(name), "max_length" | "max_items")
                            && matches!(module.expr(value), Expr::Number(1..=FEW)) =>
                    {
                        return true;
                    }
                    // What is walked within an element has a bound of its own.
                    Expr::Call { kind, args, .. } if kind != CallKind::Implicit => {
                        open.extend(module.list(args));
                    }
                    // `Annotated[list[int], MaxLen(10)]`
                    Expr::Index { object, index }
                        if matches!(module.expr(object), Expr::Local(local)
                            if module.text(module.local(local).name) == "Annotated") =>
                    {
                        if let Expr::Sequence { elements, .. } = module.expr(index) {
                            open.extend(module.list(elements).iter().skip(1));
                        }
                    }
                    _ => {}
                }
            }
            false
        };
        field.is_some_and(|field| {
            field.value.is_some_and(bounds) || field.annotation.is_some_and(bounds)
        })
    })
}
