//! What `n-plus-one` knows of code that runs once, or for few: what it reads per row is paid by
//! nobody who waits.

use super::Reporter;
use crate::analysis::def_use::Def;
use crate::finding::{Confidence, Finding};
use crate::ir::{BinaryOp, BlockId, Expr, ExprId, ExprList, LoopId, Module, Name, Stmt};
use crate::link::guards::deciding;
use crate::link::program::Function;
use crate::link::types::{Base, ClassRef, Entity, FunctionRef};
use crate::link::words;
use crate::source::{Context, FileId, Place, Span};

/// Calls back from a function to those that lead to it.
const MAX_CALLS: u32 = 6;

/// Lowers those of a function's findings, from one on, that few pay for.
pub(super) fn settle(function: Function<'_>, from: usize, reporter: &mut Reporter<'_>) {
    for i in from..reporter.findings.len() {
        let finding = &reporter.findings[i];
        if finding.confidence == Confidence::Low || finding.place.file != function.file {
            continue;
        }
        let span = finding.place.span;
        if let Some(why) = why_seldom(around(function, span), finding) {
            reporter.findings[i].confidence = Confidence::Low;
            reporter.because_at(span, why);
        }
    }
}

/// Why what stands in a function is seldom paid for.
fn why_seldom(function: Function<'_>, finding: &Finding) -> Option<&'static str> {
    Some(if function.context() == Context::Script {
        super::BY_HAND
    } else if is_switched_off(function, finding) {
        "the project's own settings switch off the branch it stands in"
    } else if is_never_served(named_around(function), 0) {
        "only tests, scripts and migrations are seen to call it"
    } else if is_unnamed(function) {
        "nothing of the program names it"
    } else if is_of_few_parents(function) {
        "its parents are the few who run the program, or what they may do"
    } else if is_for_once(function) {
        "it fills in what older rows lack, once"
    } else if is_staff_page(function) || is_for_administrators(function, finding) {
        super::FOR_STAFF
    } else if walks_tenants(function, finding) {
        "it goes through the tenants in the background, of which most installations have few"
    } else if is_leaving(function, finding) {
        "a comment says that the branch will go"
    } else if has_accepted_cost(function, finding) {
        "a comment says that the cost is known"
    } else {
        return None;
    })
}

/// The innermost function that a span of a file stands in.
fn around(function: Function<'_>, span: Span) -> Function<'_> {
    let functions = function.program.functions(function.file);
    let within = functions.filter(|function| function.declared().span.contains(span));
    let innermost = within.min_by_key(|function| {
        let span = function.declared().span;
        span.end - span.start
    });
    innermost.unwrap_or(function)
}

/// Whether a finding stands where a flag is off that the project's own settings switch on: after
/// `if settings.USES_ROLES: return …`.
fn is_switched_off(function: Function<'_>, finding: &Finding) -> bool {
    let module = function.module();
    let span = finding.place.span;
    let around = module
        .stmts()
        .filter(|&stmt| module.stmt_span(stmt).contains(span));
    let innermost = around.min_by_key(|&stmt| {
        let span = module.stmt_span(stmt);
        span.end - span.start
    });
    let leaves = |stmt| matches!(stmt, Stmt::Return(_) | Stmt::Throw(_));
    let is_off =
        |test: ExprId, outcome: bool| (!outcome && is_switched_on(function, test)).then_some(());
    innermost.is_some_and(|stmt| deciding(module, stmt, leaves, is_off).is_some())
}

/// Whether a test is of a flag that is true in all settings of the project that name it.
fn is_switched_on(function: Function<'_>, test: ExprId) -> bool {
    let module = function.module();
    let Expr::Member { object, name } = module.expr(test) else {
        return false;
    };
    let name = module.text(name);
    if module.last_name(object) != Some("settings") || words::is_of_development(name) {
        return false;
    }
    let program = function.program;
    let mut is_on = false;
    for (unit, &context) in program.world.units.iter().zip(&program.contexts) {
        let facts = &unit.facts;
        let local = facts.module.name(name);
        let local = local.and_then(|name| facts.module_names.get(&name));
        let Some(&local) = local.filter(|_| context != Context::Test) else {
            continue;
        };
        if !words::is_of_settings_file(&unit.path) {
            continue;
        }
        for &def in facts.def_use.assignments(local) {
            match facts.def_use.def(def) {
                Def::Value { value, .. } if facts.module.expr(*value) == Expr::Bool(true) => {
                    is_on = true;
                }
                _ => return false,
            }
        }
    }
    is_on
}

/// Whether all that is seen to lead to a function are tests, scripts, seeds and migrations.
fn is_never_served(function: Function<'_>, calls: u32) -> bool {
    let reached = function.reached();
    if reached.handler.is_some() || function.per_row().is_some() {
        return false;
    }
    if is_started_by_hand(function) {
        return true;
    }
    let callers = function.callers();
    let mut contexts = callers.iter().map(|(caller, _)| caller.context());
    if reached.job.is_some() && !contexts.any(|context| context == Context::Product) {
        return false;
    }
    !callers.is_empty()
        && callers.iter().all(|&(caller, _)| {
            caller.context() != Context::Product
                || calls < MAX_CALLS && is_never_served(caller, calls + 1)
        })
}

/// Whether a job that has a name is started under it by scripts alone, besides tests.
fn is_started_by_hand(job: Function<'_>) -> bool {
    let module = job.module();
    let names = |decorator: ExprId| {
        let Expr::Call { args, .. } = module.expr(decorator) else {
            return None;
        };
        module.list(args).iter().find_map(|&arg| {
            let Expr::Keyword { name, value } = module.expr(arg) else {
                return None;
            };
            match module.expr(value) {
                Expr::String(text) if module.text(name).ends_with("name") => Some((value, text)),
                _ => None,
            }
        })
    };
    let mut decorators = module.list(job.declared().decorators).iter();
    let Some((own, name)) = decorators.find_map(|&decorator| names(decorator)) else {
        return false;
    };
    let name = module.text(name);
    let program = job.program;
    let mut is_started = false;
    for (i, unit) in program.world.units.iter().enumerate() {
        let module = &unit.facts.module;
        let Some(name) = module.name(name) else {
            continue;
        };
        let is_named = (0..module.expr_count() as u32).map(ExprId).any(|id| {
            module.expr(id) == Expr::String(name) && (i != job.file.index() || id != own)
        });
        if is_named && program.contexts[i] == Context::Product {
            return false;
        }
        is_started |= is_named && program.contexts[i] == Context::Script;
    }
    is_started
}

/// Whether a method of a row is named by nothing else of a program whose entries are seen.
fn is_unnamed(function: Function<'_>) -> bool {
    /// What libraries call.
    const CALLED: &[&str] = &["clean", "delete", "full_clean", "get_absolute_url", "save"];
    let function = named_around(function);
    let declared = function.declared();
    let (Some(name), Some(class)) = (declared.name, declared.class) else {
        return false;
    };
    let program = function.program;
    let file = function.file;
    let text = function.module().text(name);
    let is_of_row = program
        .world
        .entities
        .table(ClassRef { file, class })
        .is_some();
    if !is_of_row
        || text.starts_with("__")
        || CALLED.contains(&text)
        || !declared.decorators.is_empty()
        || function.is_called()
        || program.entry_points.is_empty()
    {
        return false;
    }
    program.world.units.iter().enumerate().all(|(i, unit)| {
        let module = &unit.facts.module;
        module.name(text).is_none_or(|name| {
            program.contexts[i] == Context::Test || i == file.index() && !is_mentioned(module, name)
        })
    })
}

/// The innermost function with a name of its own that a function is, or stands in.
fn named_around(function: Function<'_>) -> Function<'_> {
    let module = function.module();
    let mut at = function;
    while let (None, Some(parent)) = (at.declared().name, module.function(at.id).parent) {
        at = Function { id: parent, ..at };
    }
    at
}

/// Whether a module asks something for a member of a name, or writes the name in a text.
fn is_mentioned(module: &Module, name: Name) -> bool {
    (0..module.expr_count() as u32).any(|id| match module.expr(ExprId(id)) {
        Expr::Member { name: asked, .. } | Expr::Name(asked) | Expr::String(asked) => asked == name,
        _ => false,
    })
}

/// Whether a resolver's type is that of the few who run the program, or of what they may do.
fn is_of_few_parents(function: Function<'_>) -> bool {
    let module = function.module();
    let is_resolver = function
        .per_row()
        .is_some_and(|per_row| !per_row.model.listed);
    let class = function.declared().class.filter(|_| is_resolver);
    let name = class.and_then(|class| module.class(class).name);
    name.is_some_and(|name| {
        let name = module.text(name);
        words::holds_rights(name) || words::holds_staff(name)
    })
}

/// Whether a function fills in what older rows lack, or all that are seen to call it do.
fn is_for_once(function: Function<'_>) -> bool {
    let fills_in = |function: Function<'_>| {
        let name = function.name();
        name.is_some_and(|name| words::fills_in(&name))
    };
    super::is_or_serves(function, &fills_in, MAX_CALLS)
}

/// Whether a page for the few who run the program is made of one page of rows.
fn is_staff_page(function: Function<'_>) -> bool {
    let at = function.reference();
    if !function.program.world.is_template(at) {
        return is_for_permitted(function) && asks_for_pages(function);
    }
    let views = renderers(function, at);
    !views.is_empty()
        && views
            .iter()
            .all(|&view| is_for_permitted(view) && asks_for_pages(view))
}

/// Whether a page or an action is for those alone who may do everything: a page behind a decorator
/// for superusers, or what a form posted by an administrator does.
fn is_for_administrators(function: Function<'_>, finding: &Finding) -> bool {
    let at = function.reference();
    let decorated = |function: Function<'_>, is_meant: fn(&str) -> bool| {
        let module = function.module();
        let mut decorators = module.list(function.declared().decorators).iter();
        decorators.any(|&decorator| {
            let decorator = match module.expr(decorator) {
                Expr::Call { callee, .. } => callee,
                _ => decorator,
            };
            module.last_name(decorator).is_some_and(is_meant)
        })
    };
    let is_for_superusers = |function| decorated(function, words::admits_superusers);
    if function.program.world.is_template(at) {
        let views = renderers(function, at);
        return !views.is_empty() && views.into_iter().all(is_for_superusers);
    }
    is_for_superusers(function)
        || decorated(function, words::admits_admins) && is_posted(function, finding)
}

/// Whether a finding stands where a request has posted something: `if request.method == "POST"`.
fn is_posted(function: Function<'_>, finding: &Finding) -> bool {
    let module = function.module();
    let tests_post = |test: ExprId| {
        let Expr::Binary {
            op: BinaryOp::Equal,
            left,
            right,
        } = module.expr(test)
        else {
            return false;
        };
        module.last_name(left) == Some("method")
            && matches!(module.expr(right), Expr::String(text) if module.text(text) == "POST")
    };
    module.stmts().any(|stmt| {
        let Stmt::If { test, then, .. } = module.stmt(stmt) else {
            return false;
        };
        let mut stmts = module.block(then).stmts.iter();
        tests_post(test) && stmts.any(|&stmt| module.stmt_span(stmt).contains(finding.place.span))
    })
}

/// Whether all that is seen to render a template are pages for those who have some permission.
pub(super) fn is_staff_template(function: Function<'_>) -> bool {
    let at = function.reference();
    if !function.program.world.is_template(at) {
        return false;
    }
    let views = renderers(function, at);
    !views.is_empty() && views.iter().all(|&view| is_for_permitted(view))
}

/// The functions that render a template, without the templates that include it.
fn renderers(function: Function<'_>, template: FunctionRef) -> Vec<Function<'_>> {
    let program = function.program;
    let world = &program.world;
    let mut found = Vec::new();
    for file in (0..world.units.len() as u32).map(FileId) {
        if world.unit(file).facts.module.template.is_some() {
            continue;
        }
        for rendering in world.templates.in_file(file) {
            if rendering.templates.contains(&template) {
                found.push(program.function(FunctionRef {
                    file,
                    function: rendering.function,
                }));
            }
        }
    }
    found
}

/// Whether a view is for those who have some permission, by its decorators, those of its class
/// and what that derives from.
fn is_for_permitted(function: Function<'_>) -> bool {
    let module = function.module();
    let declared = function.declared();
    let of_class = declared.class.map(|class| module.class(class));
    let asks = |list: ExprList| {
        module
            .list(list)
            .iter()
            .any(|&part| names_permission(module, part))
    };
    super::is_for_staff(function)
        || asks(declared.decorators)
        || of_class.is_some_and(|class| asks(class.decorators) || asks(class.bases))
}

/// Whether a decorator or base class turns away whoever has not some permission.
fn names_permission(module: &Module, part: ExprId) -> bool {
    let asks = |&part: &ExprId| names_permission(module, part);
    match module.expr(part) {
        Expr::Call { callee, args, .. } => asks(&callee) || module.list(args).iter().any(asks),
        _ => module.last_name(part).is_some_and(words::turns_away),
    }
}

/// Whether a view shows a page of its rows at a time: it makes pages, or its class says how many
/// rows there are on one.
fn asks_for_pages(function: Function<'_>) -> bool {
    let module = function.module();
    let makes = function.facts().sites(function.id).iter().any(|site| {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            return false;
        };
        let Some(name) = module.last_name(callee) else {
            return false;
        };
        words::makes_pages(name)
    });
    let is_told = || {
        let class = function.declared().class.map(|class| module.class(class));
        class.is_some_and(|class| {
            let mut fields = class.fields.iter();
            fields.any(|field| {
                words::says_page_size(module.text(field.name)) && field.value.is_some()
            })
        })
    };
    makes || is_told()
}

/// Whether a finding's loop goes through the tenants of an installation in the background.
fn walks_tenants(function: Function<'_>, finding: &Finding) -> bool {
    let over = loop_of(function, finding).and_then(|lp| function.module().lp(lp).over);
    over.and_then(|over| table_of(function, over))
        .is_some_and(words::is_tenant)
        && super::is_in_background(function)
}

/// What the table is called whose rows a query is for: `Book.objects.all()`.
fn table_of(function: Function<'_>, query: ExprId) -> Option<&str> {
    let module = function.module();
    let root = super::root_local(module, query).map(|local| module.text(module.local(local).name));
    let of_type = || match function.type_of(query).base {
        Base::Model(_, Entity::Class(class)) => function.program.world.class_name(class),
        _ => None,
    };
    root.filter(|name| name.starts_with(char::is_uppercase))
        .or_else(of_type)
}

/// The loop that a finding is about, if it stands in the function's file.
fn loop_of(function: Function<'_>, finding: &Finding) -> Option<LoopId> {
    let Place { file, span } = finding.related.first()?.place;
    let mut loops = function.module().loops.iter();
    let at = loops.position(|lp| file == function.file && lp.span == span)?;
    Some(LoopId(at as u32))
}

/// Whether a comment at a loop around says that its cost is known.
fn has_accepted_cost(function: Function<'_>, finding: &Finding) -> bool {
    let module = function.module();
    let span = finding.place.span;
    let mut loops = module.loops.iter();
    loops.any(|lp| {
        let body = &module.block(lp.body).stmts;
        let end = body
            .last()
            .map_or(lp.span.end, |&last| module.stmt_span(last).end);
        lp.accepts_cost && lp.span.start <= span.start && span.end <= end
    })
}

/// Whether a finding stands in the other branch of a test, of which a comment at its head says
/// that it will go.
fn is_leaving(function: Function<'_>, finding: &Finding) -> bool {
    let module = function.module();
    let at = finding.place.span;
    let is_in = |block: BlockId| {
        let stmts = &module.block(block).stmts;
        stmts
            .iter()
            .any(|&stmt| module.stmt_span(stmt).contains(at))
    };
    let starts = |block: BlockId| {
        let first = module.block(block).stmts.first();
        first.map(|&first| module.stmt_span(first).start)
    };
    let ends = |block: BlockId| {
        let last = module.block(block).stmts.last();
        last.map(|&last| module.stmt_span(last).end)
    };
    module.leaving.iter().any(|comment| {
        module.stmts().any(|stmt| {
            let Stmt::If {
                then,
                otherwise: Some(otherwise),
                ..
            } = module.stmt(stmt)
            else {
                return false;
            };
            ends(then).is_some_and(|end| end <= comment.start)
                && starts(otherwise).is_some_and(|start| comment.end <= start)
                && is_in(otherwise)
        })
    })
}
