//! `missing-pagination`: all rows of a growing table go into the answer of a request.

use super::few_rows::are_of_one_state;
use super::makers::is_called_so_by_staff;
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, MODULE_BODY, Module};
use crate::link::fetches::{Along, Fetch, Leave, QueryFacts, Scope};
use crate::link::program::Function;
use crate::link::words::{self, Growth};
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("missing-pagination", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() != Context::Product {
        return;
    }
    if function.id == MODULE_BODY {
        check_views(function, reporter);
    }
    for slice in function.slices() {
        check_limit(&slice, reporter);
    }
    for range in function.whole_ranges() {
        check_range(&range, reporter);
    }
    for along in function.whole_relations() {
        check_along(&along, reporter);
    }
    let mut reported = Vec::new();
    for fetch in reporter.fetches().iter() {
        if fetch.query.locks || fetch.query.streams || fetch.is_declared_small() {
            continue;
        }
        if !fetch.query.is_unbounded() {
            if fetch.query.is_bounded && !fetch.query.is_unique {
                check_limit(fetch, reporter);
            }
            continue;
        }
        if fetch.query.skips {
            report_tail(fetch, reporter);
        } else if let Some(leave) = fetch.leaves() {
            // A query that is built on in branches is one.
            let key = (fetch.entity, leave.handler, fetch.entity_name().is_some());
            if !key.2 || !reported.contains(&key) {
                reported.push(key);
                report(fetch, &leave, reporter);
            }
        }
    }
}

/// A request may ask for as many rows as it likes.
fn check_limit(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let Some((handler, limit)) = fetch.asked_limit() else {
        return;
    };
    let function = fetch.function;
    let rows = match function.module().expr(fetch.rows) {
        Expr::Index { object, .. } => object,
        _ => fetch.rows,
    };
    let name = function.callee_text(rows);
    let finding = reporter.report(
        function.module().span(fetch.rows),
        Confidence::Low,
        format!("`{name}` reads as many rows as a request asks for"),
    );
    finding
        .related(handler.place_of(limit), "nothing caps this")
        .cost("one request may read the whole table")
        .help("cap it: at most a hundred rows, whatever is asked for");
}

/// The whole of a list or sorted set goes into an answer.
fn check_range(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let Some(leave) = fetch.leaves() else {
        return;
    };
    let function = fetch.function;
    let name = function.callee_text(fetch.rows);
    let handler = function.program.function(leave.handler);
    let answers = handler.name().unwrap_or_else(|| "the handler".to_owned());
    // What is kept in one may be cut to some length where it is filled.
    let finding = reporter.report(
        function.module().span(fetch.rows),
        Confidence::Low,
        format!("`{name}` puts all members into the answer of `{answers}`"),
    );
    let own = function.place_of(fetch.rows);
    for step in leave.steps.into_iter().filter(|step| step.place != own) {
        finding.related(step.place, step.message);
    }
    finding
        .cost("n members read, held and sent for each request")
        .help("give one page at a time: an end that is not -1");
}

/// All rows that belong to one go into an answer with it.
fn check_along(along: &Along<'_>, reporter: &mut Reporter<'_>) {
    let Some(leave) = along.read.leaves() else {
        return;
    };
    let function = along.read.function;
    let name = function.callee_text(along.read.rows);
    let handler = function.program.function(leave.handler);
    let answers = handler.name().unwrap_or_else(|| "the handler".to_owned());
    // One row may have three or a million others.
    let finding = reporter.report(
        function.module().span(along.place),
        Confidence::Low,
        format!(
            "`{name}` puts all `{}` of a row into the answer of `{answers}`",
            along.name
        ),
    );
    finding.related(
        function.place_of(along.read.rows),
        "they come with this row",
    );
    for step in leave.steps {
        finding.related(step.place, step.message);
    }
    finding.cost("n rows read, held and sent for each request");
    if let Some(help) = page_help(&along.read) {
        finding.help(help);
    }
}

fn report(fetch: &Fetch<'_>, leave: &Leave, reporter: &mut Reporter<'_>) {
    let function = fetch.function;
    let program = function.program;
    let name = function.callee_text(fetch.rows);
    let handler = program.function(leave.handler);
    let answers = handler.name().unwrap_or_else(|| "the handler".to_owned());
    let is_own = leave.handler.file == function.file && leave.handler.function == function.id;
    let path = &program.world.unit(leave.handler.file).path;
    // How large a table gets is seldom in sight; what is exported is meant to be all. Who takes
    // rows through helpers may cut them there, unless they are seen to come through as they are.
    let is_sure = grows(fetch.growth(), fetch.query, path)
        && (fetch.growth() != Some(Growth::Things) || is_about(fetch, leave))
        && !fetch.holds_switches()
        && (is_own || leave.is_whole)
        && !words::is_whole(&answers)
        && !words::is_whole_path(path)
        && !words::is_change(&answers)
        && !is_one_column(fetch)
        && !are_of_one_state(function, fetch.rows)
        && !is_for_managers(handler);
    let is_of_staff = || {
        let entity = fetch.entity_name();
        entity.is_some_and(|entity| is_called_so_by_staff(function, &entity))
    };
    let confidence = if is_sure && !fetch.is_small_table() && !is_of_staff() {
        fetch.confidence.min(leave.confidence)
    } else {
        Confidence::Low
    };
    let of = fetch
        .entity_name()
        .map_or_else(|| "rows".to_owned(), |name| format!("rows of `{name}`"));
    let finding = reporter.report(
        function.module().span(fetch.rows),
        confidence,
        format!("`{name}` puts all {of} into the answer of `{answers}`"),
    );
    let own = function.place_of(fetch.rows);
    for step in leave.steps.iter().filter(|step| step.place != own) {
        finding.related(step.place, step.message.clone());
    }
    finding.cost("n rows read, held and sent for each request");
    if let Some(help) = page_help(fetch) {
        finding.help(help);
    }
}

/// Whether the rows are the values of one column: `values_list("id", flat=True)`. They are little
/// each, and who asks for them compares them with what it has.
fn is_one_column(fetch: &Fetch<'_>) -> bool {
    const MAX_STEPS: usize = 16;
    let module = fetch.function.module();
    let mut steps = super::back_through(fetch.function, fetch.rows).take(MAX_STEPS);
    steps.any(|step| {
        let Expr::Call { callee, args, .. } = module.expr(step) else {
            return false;
        };
        let is_flat = module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Keyword { name, value }
                if module.text(name) == "flat" && module.expr(value) == Expr::Bool(true))
        });
        is_flat && module.last_name(callee) == Some("values_list")
    })
}

/// Whether an answer is for the few who run the program, or who look after something for others:
/// `if not request.user.has_perm("shop.manage_staff"): raise PermissionDenied`.
fn is_for_managers(handler: Function<'_>) -> bool {
    let is_manager = |module: &Module, test: ExprId| {
        let Expr::Call { callee, args, .. } = module.expr(test) else {
            return false;
        };
        module.last_name(callee) == Some("has_perm")
            && module.list(args).iter().any(|&arg| {
                matches!(module.expr(arg), Expr::String(text)
                    if words::permits_managers(module.text(text)))
            })
    };
    super::is_for_staff(handler) || super::turns_away_unless(handler, &is_manager)
}

/// Whether what is asked for grows with use: all that happens, or all that happens to someone; of
/// other things, what everybody sees.
fn grows(growth: Option<Growth>, query: QueryFacts, path: &str) -> bool {
    match (growth, query.scope) {
        (Some(Growth::Happenings), Scope::All | Scope::Owner | Scope::Person) => !query.is_since,
        (Some(Growth::Things), Scope::All) => !words::is_for_staff(path),
        _ => false,
    }
}

/// Whether an answer is there to show the rows, by what it is called, and they are not what a page
/// about something else has to choose from.
fn is_about(fetch: &Fetch<'_>, leave: &Leave) -> bool {
    let Some(entity) = fetch.entity_name() else {
        return false;
    };
    let program = fetch.function.program;
    let handler = program.function(leave.handler);
    let entries = program.entry_points.iter();
    let mut entries = entries.filter(|entry| entry.function == Some(leave.handler));
    let path = &program.world.unit(leave.handler.file).path;
    words::is_named_after(path, &entity)
        || handler
            .name()
            .is_some_and(|name| words::is_named_after(&name, &entity))
        || entries.any(|entry| {
            let path = entry.path.as_deref();
            path.is_some_and(|path| words::is_named_after(path, &entity))
        })
}

fn page_help(fetch: &Fetch<'_>) -> Option<String> {
    let models = &fetch.function.program.world.models;
    let phrase = models.advice(&fetch.package)?.page.as_ref()?;
    Some(format!("give one page at a time: {phrase}"))
}

/// Rows are passed over, and all that follow are read.
fn report_tail(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let function = fetch.function;
    let name = function.callee_text(fetch.rows);
    let finding = reporter.report(
        function.module().span(fetch.rows),
        fetch.confidence,
        format!("`{name}` skips rows and reads all that follow"),
    );
    finding.cost("each page but the last holds the rest of the table");
    if let Some(help) = page_help(fetch) {
        finding.help(help);
    }
}

/// Views that a library makes of a query, without pages.
fn check_views(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let program = function.program;
    for view in program.unpaged_views(function.file) {
        let module = function.module();
        let class = module.class(view.class.class);
        let name = class.name.map_or("this view", |name| module.text(name));
        let path = &program.world.unit(function.file).path;
        let confidence = if grows(view.growth, view.asks, path) {
            view.confidence
        } else {
            Confidence::Low
        };
        let message = format!("`{name}` lists all rows of its query at once");
        let finding = reporter.report(class.name_span, confidence, message);
        finding
            .related(view.query, "all these rows")
            .cost("n rows read, held and sent for each request")
            .help(view.help.clone());
    }
}
