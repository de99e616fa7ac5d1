//! `unstable-props`: a value made anew each time a component is rendered, handed to where another
//! value means that all is rendered again.

use super::{Reporter, Rule, element_text, growing_loop};
use crate::finding::Confidence;
use crate::ir::{
    CallKind, Expr, ExprId, FunctionId, FunctionKind, Invocation, LocalId, LocalKind, MODULE_BODY,
    Site, Stmt,
};
use crate::link::infer::Typer;
use crate::link::models::{Bounded, CallModel, Wrapper};
use crate::link::program::Function;
use crate::link::types::FunctionRef;
use crate::link::words;
use crate::link::world::ValueRef;
use crate::source::{Context, FileId};

pub(super) const RULE: Rule = Rule::per_function("unstable-props", check);

/// Functions made anew in one value from which on keeping the value takes keeping all of them.
const MANY_FUNCTIONS: usize = 4;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product || function.declared().kind == FunctionKind::Module {
        return;
    }
    let module = function.module();
    let mut typer = None;
    for site in function.facts().sites(function.id) {
        let Expr::Call {
            kind: CallKind::Jsx,
            callee,
            args,
        } = module.expr(site.expr)
        else {
            continue;
        };
        let typer = typer.get_or_insert_with(|| Typer::new(&function.program.world, function.file));
        let (model, maker) = match typer.called_model(site.expr) {
            Some((model, _)) => (model, None),
            None => match maker_of(function, callee) {
                Some((maker, model)) => (model, Some(maker)),
                None => continue,
            },
        };
        if model.stable.is_empty() || !renders_again(function) || is_kept(function) {
            continue;
        }
        let is_meant = |name: &str| {
            model
                .stable
                .iter()
                .any(|bound| matches!(bound, Bounded::Key(k) if k == "*" || k == name))
        };
        let new = module.list(args).iter().filter_map(|&arg| {
            let Expr::Keyword { name, value } = module.expr(arg) else {
                return None;
            };
            let name = module.text(name);
            let what = is_meant(name).then(|| made_anew(function, value))??;
            Some(Anew { name, value, what })
        });
        let new: Vec<Anew<'_>> = new.collect();
        let is_memo = is_meant("*");
        match new.first() {
            Some(value) if !is_memo => report_context(function, site, *value, reporter),
            Some(_) => report_memo(function, site, &new, maker, reporter),
            None => {}
        }
    }
}

/// Whether a function, or one that it stands in, is run by `useMemo`: the elements that it makes
/// are kept with all that they are handed.
fn is_kept(function: Function<'_>) -> bool {
    let module = function.module();
    let is_run_by_memo = |id: FunctionId| {
        let mut sites = module.sites.iter();
        sites.any(|site| match module.expr(site.expr) {
            Expr::Call { callee, args, .. } if module.last_name(callee) == Some("useMemo") => {
                let first = module.list(args).first();
                first.is_some_and(|&first| module.expr(first) == Expr::Function(id))
            }
            _ => false,
        })
    };
    let mut around = std::iter::successors(Some(function.id), |&id| module.function(id).parent);
    around.any(is_run_by_memo)
}

/// A property that is another value each time.
#[derive(Clone, Copy)]
struct Anew<'p> {
    name: &'p str,
    value: ExprId,
    /// What is made: an object, a function.
    what: &'static str,
}

/// The call that made a component, here or in the file it is imported from, and its model.
fn maker_of(function: Function<'_>, component: ExprId) -> Option<(ValueRef, &CallModel)> {
    let module = function.module();
    let world = &function.program.world;
    let Expr::Local(local) = module.expr(component) else {
        return None;
    };
    let made = match module.local(local).kind {
        LocalKind::Import(import) => world.imported_value(function.file, import)?,
        _ => ValueRef {
            file: function.file,
            local,
            value: function.facts().def_use.single_value(local)?,
        },
    };
    let model = Typer::new(world, made.file).called_model(made.value)?.0;
    Some((made, model))
}

/// The value of a context is made anew. What it costs is told by who stands below without being
/// rendered anyway: what the component was handed, whenever other state of it changes.
fn report_context(
    function: Function<'_>,
    site: &Site,
    anew: Anew<'_>,
    reporter: &mut Reporter<'_>,
) {
    let context = function.callee_text(site.expr);
    let what = anew.what;
    let confidence = if !holds_what_it_is_handed(function, site.expr) {
        reporter.because(site.expr, "all who read it are rendered here anyway");
        Confidence::Low
    } else if !keeps_other_state(function, anew.value) {
        reporter.because(site.expr, "whatever changes here is part of the value");
        Confidence::Low
    } else if !is_read_widely(function, &context) {
        reporter.because(site.expr, "one small component reads it");
        Confidence::Low
    } else if words::is_small_component(&context) {
        reporter.because(site.expr, "little is shown below it");
        Confidence::Low
    } else if is_of_switches(function, anew.value) {
        reporter.because(site.expr, "the value is what is on or off");
        Confidence::Low
    } else if members_of(function, anew.value)
        .filter(|&member| made_anew(function, member) == Some("function"))
        .count()
        >= MANY_FUNCTIONS
    {
        reporter.because(
            site.expr,
            "so many of its functions are made anew that keeping the value helps nobody",
        );
        Confidence::Low
    } else {
        Confidence::Medium
    };
    reporter
        .report(
            function.module().span(anew.value),
            confidence,
            format!(
                "`{context}` is handed another {what} each time, so that all who read it render again"
            ),
        )
        .cost("everything below is rendered again each time")
        .help(help_for(what));
}

/// Whether more than one small component reads a context, by its name and theirs:
/// `useContext(Session)`, or a hook that does. What users of a library read is not in sight.
fn is_read_widely(function: Function<'_>, provider: &str) -> bool {
    const MAX_STEPS: u32 = 3;
    let program = function.program;
    let context = provider.split('.').next().unwrap_or(provider);
    let mut readers = Vec::new();
    for (i, unit) in program.world.units.iter().enumerate() {
        let module = &unit.facts.module;
        let Some(name) = module.name(context) else {
            continue;
        };
        for site in &module.sites {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                continue;
            };
            let reads = matches!(module.last_name(callee), Some("useContext" | "use"))
                && module.list(args).first().is_some_and(|&arg| {
                    matches!(module.expr(arg), Expr::Local(local)
                        if module.local(local).name == name)
                });
            if reads {
                let file = FileId(i as u32);
                let function = module.function_of(site.expr);
                let reader = program.function(FunctionRef { file, function });
                readers_through(reader, MAX_STEPS, &mut readers);
            }
        }
    }
    !matches!(&readers[..], [only] if words::is_small_component(only))
}

/// Adds the names of the components that a hook is called in, through other hooks too.
fn readers_through(function: Function<'_>, steps: u32, into: &mut Vec<String>) {
    let name = function.name().unwrap_or_default();
    let is_hook = name
        .strip_prefix("use")
        .is_some_and(|rest| rest.starts_with(char::is_uppercase));
    if !is_hook || steps == 0 {
        into.push(name);
        return;
    }
    for (caller, _) in function.callers() {
        readers_through(caller, steps - 1, into);
    }
}

/// A memoised component is handed values that are made anew.
fn report_memo(
    function: Function<'_>,
    site: &Site,
    new: &[Anew<'_>],
    maker: Option<ValueRef>,
    reporter: &mut Reporter<'_>,
) {
    let Some(first) = new.first() else {
        return;
    };
    let component = function.callee_text(site.expr);
    let loops = function.loops_around(site.lp);
    let listed = growing_loop(&loops);
    let confidence = if is_handed_elements(function, site.expr) {
        reporter.because(
            site.expr,
            "the elements it is handed are others each time too",
        );
        Confidence::Low
    } else if is_handed_made_lists(function, site.expr) {
        reporter.because(
            site.expr,
            "a list it is handed is made by a call, each time too",
        );
        Confidence::Low
    } else if listed.is_none()
        && !words::is_large_component(&component)
        && !maker.is_some_and(|maker| draws_a_list(function, maker))
    {
        reporter.because(site.expr, "nothing says that it draws much");
        Confidence::Low
    } else if listed.is_none() && is_rendered_for_data(function) {
        reporter.because(
            site.expr,
            "what is around it is rendered for other data only, which it shows",
        );
        Confidence::Low
    } else {
        Confidence::Medium
    };
    let others = match new.len() {
        1 => String::new(),
        2 => format!(", and `{}` too", new[1].name),
        n => format!(", and {} more properties too", n - 1),
    };
    let mut help = help_for(first.what);
    if listed.is_some() {
        help.push_str("; show only the part of a long list that is in sight");
    }
    let finding = reporter.report(
        function.module().span(first.value),
        confidence,
        format!(
            "`{component}` is memoised, but `{}` is another {} each time{others}",
            first.name, first.what
        ),
    );
    if let Some((lp, _)) = listed {
        finding.related(lp.place(), format!("one for each {}", element_text(lp)));
    }
    for other in new.iter().skip(1) {
        let place = function.place_of(other.value);
        finding.related(
            place,
            format!("`{}` is another {} each time", other.name, other.what),
        );
    }
    finding
        .cost("everything below is rendered again each time")
        .help(help);
}

fn help_for(what: &str) -> String {
    let hook = if what == "function" {
        "useCallback"
    } else {
        "useMemo"
    };
    format!("keep it between renderings: {hook}, or a constant outside of the component")
}

/// Whether what the component is handed, its children, stands below a context.
fn holds_what_it_is_handed(function: Function<'_>, jsx: ExprId) -> bool {
    let component = component_of(function);
    let module = function.module();
    function
        .facts()
        .any_origin(jsx, |id| match module.expr(id) {
            Expr::Local(local) => {
                let declared = module.local(local);
                declared.function == component.id && module.text(declared.name) == "children"
            }
            Expr::Member { name, .. } => module.text(name) == "children",
            _ => false,
        })
}

/// Whether a component is handed elements, which are others at each rendering.
fn is_handed_elements(function: Function<'_>, jsx: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(jsx) else {
        return false;
    };
    module.list(args).iter().any(|&arg| match module.expr(arg) {
        Expr::Keyword { value, .. } => {
            let mut at = value;
            if let Expr::Local(local) = module.expr(at)
                && let Some(value) = function.facts().def_use.single_value(local)
            {
                at = value;
            }
            matches!(
                module.expr(at),
                Expr::Unknown(_)
                    | Expr::Call {
                        kind: CallKind::Jsx,
                        ..
                    }
            )
        }
        Expr::Spread(_) => false,
        _ => true,
    })
}

/// Whether a component is handed a list that a call gives, which no hook keeps.
fn is_handed_made_lists(function: Function<'_>, jsx: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(jsx) else {
        return false;
    };
    module.list(args).iter().any(|&arg| {
        let Expr::Keyword { value, .. } = module.expr(arg) else {
            return false;
        };
        let made = match module.expr(value) {
            Expr::Local(local) => function.facts().def_use.single_value(local),
            _ => Some(value),
        };
        made.is_some_and(|made| {
            let is_hook = function
                .last_name_of(made)
                .is_some_and(|name| name.starts_with("use"));
            matches!(module.expr(made), Expr::Call { .. })
                && !is_hook
                && function.type_of(made).wrapper() == Some(Wrapper::List)
        })
    })
}

/// Whether a memoised component draws one element for each of something.
fn draws_a_list(function: Function<'_>, maker: ValueRef) -> bool {
    let unit = function.program.world.unit(maker.file);
    let module = &unit.facts.module;
    let Expr::Call { args, .. } = module.expr(maker.value) else {
        return false;
    };
    let Some(&drawn) = module.list(args).first() else {
        return false;
    };
    let id = match module.expr(drawn) {
        Expr::Function(id) => id,
        Expr::Local(local) => match module.local(local).kind {
            LocalKind::Function(id) => id,
            _ => return false,
        },
        _ => return false,
    };
    let drawn = function.program.function(FunctionRef {
        file: maker.file,
        function: id,
    });
    unit.facts.sites(id).iter().any(|site| {
        matches!(
            module.expr(site.expr),
            Expr::Call {
                kind: CallKind::Jsx,
                ..
            }
        ) && growing_loop(&drawn.loops_around(site.lp)).is_some()
    })
}

/// Whether a component may be rendered more than once: it is handed something or keeps state.
fn renders_again(function: Function<'_>) -> bool {
    let component = component_of(function);
    let module = component.module();
    !component.declared().params.is_empty()
        || component.facts().sites(component.id).iter().any(|site| {
            matches!(module.expr(site.expr), Expr::Call { .. })
                && component.last_name_of(site.expr).is_some_and(|name| {
                    name.strip_prefix("use")
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
                })
        })
}

/// The members of the object that the value of a context is.
fn members_of(function: Function<'_>, value: ExprId) -> impl Iterator<Item = ExprId> {
    let module = function.module();
    let made = match module.expr(value) {
        Expr::Local(local) => function.facts().def_use.single_value(local),
        _ => Some(value),
    };
    let entries = match made.map(|made| module.expr(made)) {
        Some(Expr::Map(entries)) => module.list(entries),
        _ => &[],
    };
    entries.iter().map(|&entry| match module.expr(entry) {
        Expr::Keyword { value, .. } => value,
        _ => entry,
    })
}

/// Whether all state of a component is what is on or off, and is in a value: `{ isOpen, toggle }`.
/// Besides, where one is may render it, as it does what shows the page.
fn is_of_switches(function: Function<'_>, value: ExprId) -> bool {
    let component = component_of(function);
    let module = component.module();
    let members: Vec<Expr> = members_of(function, value)
        .map(|member| module.expr(member))
        .collect();
    let mut parts = Vec::new();
    for site in component.facts().sites(component.id) {
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            continue;
        };
        let name = component.last_name_of(site.expr).unwrap_or_default();
        if !keeps_state(name) || tells_where_one_is(name) {
            continue;
        }
        let is_switch = matches!(module.list(args), &[first]
            if matches!(module.expr(first), Expr::Bool(_)));
        let Stmt::Expr(assign) = module.stmt(site.stmt) else {
            return false;
        };
        let Expr::Assign { target, .. } = module.expr(assign) else {
            return false;
        };
        let Expr::Sequence { elements, .. } = module.expr(target) else {
            return false;
        };
        let elements = module.list(elements);
        let is_shown = elements
            .first()
            .is_some_and(|&state| members.contains(&module.expr(state)));
        if !is_switch || !is_shown {
            return false;
        }
        parts.extend(elements.iter().map(|&part| module.expr(part)));
    }
    !parts.is_empty()
        && members_of(function, value).all(|member| {
            parts.contains(&module.expr(member)) || made_anew(function, member) == Some("function")
        })
}

/// Whether a hook of this name makes its component render when one goes to another page.
fn tells_where_one_is(name: &str) -> bool {
    matches!(name, "useLocation" | "usePathname" | "useSearchParams")
}

/// Whether a component is rendered for what it is handed and what it reads of stores and servers
/// only: it keeps no state of its own, and is not rendered because the one around it is.
fn is_rendered_for_data(function: Function<'_>) -> bool {
    let component = component_of(function);
    let Invocation::Argument(call, 0) = component.declared().invocation else {
        return false;
    };
    let world = &function.program.world;
    let called = Typer::new(world, function.file).called_model(call);
    called.is_some_and(|(model, _)| model.alone)
        && !component.facts().sites(component.id).iter().any(|site| {
            matches!(component.module().expr(site.expr), Expr::Call { .. })
                && component.last_name_of(site.expr).is_some_and(keeps_state)
        })
}

/// Whether a component keeps state of its own that is no part of a value.
fn keeps_other_state(function: Function<'_>, value: ExprId) -> bool {
    let component = component_of(function);
    let module = component.module();
    let facts = component.facts();
    let mut named: Vec<LocalId> = Vec::new();
    facts.any_origin(value, |id| {
        if let Expr::Local(local) = module.expr(id) {
            named.push(local);
        }
        false
    });
    facts.sites(component.id).iter().any(|site| {
        let is_hook = matches!(module.expr(site.expr), Expr::Call { .. })
            && component.last_name_of(site.expr).is_some_and(keeps_state);
        let Stmt::Expr(assign) = module.stmt(site.stmt) else {
            return false;
        };
        let Expr::Assign { target, value, .. } = module.expr(assign) else {
            return false;
        };
        if !is_hook || value != site.expr {
            return false;
        }
        let is_named = |target: ExprId| {
            matches!(module.expr(target), Expr::Local(local) if named.contains(&local))
        };
        // What sets the state is always the same: `const [isOpen, setOpen] = useState(false)`.
        if let Expr::Sequence { elements, .. } = module.expr(target)
            && let &[state, ref set @ ..] = module.list(elements)
        {
            return matches!(module.expr(state), Expr::Local(_))
                && !is_named(state)
                && !set.first().is_some_and(|&set| is_set_once(component, set));
        }
        let states = module.bindings(target);
        !is_named(target) && !states.iter().any(|binding| is_named(binding.target))
    })
}

/// Whether state is set to true or false and no other: `setMounted(true)`, once for all.
fn is_set_once(component: Function<'_>, setter: ExprId) -> bool {
    let module = component.module();
    let Expr::Local(setter) = module.expr(setter) else {
        return false;
    };
    let exprs = (0..module.expr_count()).map(|id| module.expr(ExprId(id as u32)));
    let mut values = exprs.filter_map(|expr| match expr {
        Expr::Call { callee, args, .. } if module.expr(callee) == Expr::Local(setter) => {
            let &first = module.list(args).first()?;
            Some(module.expr(first))
        }
        _ => None,
    });
    match values.next() {
        Some(Expr::Bool(first)) => values.all(|value| value == Expr::Bool(first)),
        _ => false,
    }
}

/// Whether a hook of this name makes its component render again, often.
fn keeps_state(name: &str) -> bool {
    matches!(
        name,
        "useState"
            | "useReducer"
            | "useSyncExternalStore"
            | "useLocation"
            | "usePathname"
            | "useSearchParams"
    )
}

/// The component that a callback inside of it is part of.
pub(super) fn component_of(function: Function<'_>) -> Function<'_> {
    let mut at = function;
    while let Some(parent) = at.declared().parent {
        if parent == MODULE_BODY || at.declared().kind == FunctionKind::Method {
            break;
        }
        at = Function { id: parent, ..at };
    }
    at
}

/// What is made anew where a value is written or named, if something is.
fn made_anew(function: Function<'_>, value: ExprId) -> Option<&'static str> {
    let module = function.module();
    match module.expr(value) {
        Expr::Map(_) => Some("object"),
        Expr::Sequence { .. } => Some("array"),
        Expr::Function(_) => Some("function"),
        Expr::Local(local) => made_by_name(function, local),
        _ => None,
    }
}

fn made_by_name(function: Function<'_>, local: LocalId) -> Option<&'static str> {
    let module = function.module();
    let declared = module.local(local);
    if declared.function == MODULE_BODY {
        return None;
    }
    if let LocalKind::Function(_) = declared.kind {
        return Some("function");
    }
    let value = function.facts().def_use.single_value(local)?;
    match module.expr(value) {
        Expr::Map(_) => Some("object"),
        Expr::Sequence { .. } => Some("array"),
        Expr::Function(_) => Some("function"),
        _ => None,
    }
}
