//! `over-fetch`: rows are loaded, and then counted, tested, cut or thinned out in memory, where
//! the database would do it and send the result only.

use rustc_hash::FxHashSet;

use super::few_rows::{
    are_few_of_one, are_narrowed, are_of_one, are_of_persons_rows, why_few_rows,
};
use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, LoopId};
use crate::link::fetches::{
    Fetch, Given, Outcome, OutcomeKind, Product, Related, RelatedUse, Scope,
};
use crate::link::models::Advice;
use crate::link::program::Function;
use crate::link::words::{self, Growth};
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("over-fetch", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() == Context::Test {
        return;
    }
    // Queries that are built on in branches run in one place.
    let mut reported = FxHashSet::default();
    for fetch in reporter.fetches().iter() {
        if fetch.query.is_unbounded() && !fetch.query.locks {
            check_fetch(fetch, &mut reported, reporter);
        }
        if !fetch.query.locks {
            check_large(fetch, reporter);
        }
    }
    for given in function.given_rows(|rows| is_little(&rows.outcomes())) {
        check_given(&given, reporter);
    }
    for (fetch, test) in function.tested_rows() {
        check_test(&fetch, test, reporter);
    }
    for related in function.idle_relations() {
        check_related(&related, reporter);
    }
    for product in function.products() {
        check_product(function, &product, reporter);
    }
}

/// Several relations to many rows in one join: the database sends their product.
fn check_product(function: Function<'_>, product: &Product, reporter: &mut Reporter<'_>) {
    let entities = &function.program.world.entities;
    let names: Vec<String> = product
        .relations
        .iter()
        .map(|&relation| format!("`{}`", entities.get(relation).name))
        .collect();
    let message = format!(
        "{} are joined at once, and each row of one comes with each row of the others",
        super::listed(&names)
    );
    let advice = function.program.world.models.advice(&product.package);
    let span = function.module().span(product.call);
    let finding = reporter.report(span, Confidence::Low, message);
    finding.cost("n × m rows for n + m");
    if let Some(apart) = advice.and_then(|advice| advice.apart.as_deref()) {
        finding.help(format!("ask for them apart: {apart}"));
    }
}

/// Whether what is done with rows could leave most of them where they are.
fn is_little(outcomes: &[Outcome]) -> bool {
    use OutcomeKind as Kind;
    let mut kinds = outcomes.iter().map(|outcome| &outcome.kind);
    !outcomes.is_empty()
        && kinds.all(|kind| {
            matches!(
                kind,
                Kind::Tested | Kind::Counted | Kind::Cut | Kind::Sorted | Kind::Filtered
            )
        })
}

/// Rows come with columns that hold much and that nobody reads.
fn check_large(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let query = fetch.query;
    if query.is_projected || query.includes || query.is_aggregated {
        return;
    }
    let outcomes = fetch.outcomes();
    let mut read: Vec<&str> = Vec::new();
    let mut walk = None;
    for outcome in &outcomes {
        match &outcome.kind {
            OutcomeKind::Columns(columns, lp) => {
                read.extend(columns.iter().map(String::as_str));
                walk = Some(*lp);
            }
            OutcomeKind::Tested | OutcomeKind::Counted => {}
            _ => return,
        }
    }
    // One column of each is another finding.
    let (Some(lp), true) = (walk, read.len() > 1) else {
        return;
    };
    let mut large = fetch.large_columns();
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    large.retain(|column| read.iter().all(|name| plain(name) != plain(column)));
    if large.is_empty() {
        return;
    }
    let function = fetch.function;
    let module = function.module();
    let name = function.callee_text(fetch.rows);
    let columns: Vec<String> = large.iter().map(|column| format!("`{column}`")).collect();
    let columns = columns.join(", ");
    // How much they hold is not in sight.
    let finding = reporter.report(
        module.span(fetch.rows),
        Confidence::Low,
        format!("`{name}` loads {columns} of each row, which nobody reads"),
    );
    finding
        .related(
            function.place(module.lp(lp).span),
            "all that is read of them",
        )
        .cost("what each row holds most is read for nothing")
        .help("ask for the columns that are read");
}

/// One row is loaded to see whether there is one.
fn check_test(fetch: &Fetch<'_>, test: ExprId, reporter: &mut Reporter<'_>) {
    let function = fetch.function;
    // By its key a row is found at once; what it holds is little, unless it holds files.
    let query = fetch.query;
    if query.is_projected || query.locks || query.is_aggregated || query.is_keyed {
        return;
    }
    let models = &function.program.world.models;
    let Some(exists) = models
        .advice(&fetch.package)
        .and_then(|advice| advice.exists.clone())
        // Where the first row is all there is to ask for, it was asked for.
        .filter(|exists| exists.contains("exist"))
    else {
        return;
    };
    let name = function.callee_text(fetch.rows);
    let finding = reporter.report(
        function.module().span(fetch.rows),
        Confidence::Low,
        format!("`{name}` loads a row to see whether there is one"),
    );
    if test != fetch.rows {
        finding.related(function.place_of(test), "all that is done with it");
    }
    finding
        .cost("all columns of a row read for one bit")
        .help(format!("ask the database: {exists}"));
}

/// What is wasted, as the parts of a finding.
struct Waste {
    /// Where.
    expr: ExprId,
    /// `to count them`
    what: &'static str,
    cost: &'static str,
    help: Option<String>,
    /// At most this sure.
    confidence: Confidence,
    /// Whether all that is asked is whether there are any.
    is_test: bool,
    /// Whether one column is all that is read.
    is_of_column: bool,
}

fn check_fetch(fetch: &Fetch<'_>, reported: &mut FxHashSet<ExprId>, reporter: &mut Reporter<'_>) {
    let outcomes = fetch.outcomes();
    let Some(waste) = waste_of(fetch, &outcomes) else {
        return;
    };
    if fetch.is_declared_small() || !reported.insert(waste.expr) {
        return;
    }
    let function = fetch.function;
    let name = function.callee_text(fetch.rows);
    let mut confidence = waste.confidence.min(fetch.confidence);
    if is_few(fetch, &waste)
        || why_few_rows(function, fetch.rows).is_some()
        || are_narrowed(function, fetch.rows)
        || fetch.query.is_since && (waste.is_test || are_of_one(function, fetch.rows))
        || waste.is_of_column && are_of_persons_rows(function, fetch.rows)
        || names_keys(function, fetch.rows)
        || function.context() != Context::Product
        || super::is_for_staff(function)
        || super::is_at_start(function)
    {
        confidence = Confidence::Low;
    }
    let module = function.module();
    let finding = reporter.report(
        module.span(fetch.rows),
        confidence,
        format!("`{name}` loads all rows {}", waste.what),
    );
    if waste.expr != fetch.rows {
        finding.related(function.place_of(waste.expr), "all that is done with them");
    }
    finding.cost(waste.cost);
    if let Some(help) = waste.help {
        finding.help(help);
    }
}

/// Whether rows are few, as a rule: those of a table that stays small, or that belong to one other
/// row and do not grow with use. Who asks whether there are any of them looks for one or two.
fn is_few(fetch: &Fetch<'_>, waste: &Waste) -> bool {
    let is_all = fetch.query.scope == Scope::All;
    fetch.is_small_table()
        || fetch.query.is_singled_out
        || match fetch.growth() {
            Some(Growth::Happenings) => false,
            Some(Growth::Things) => !is_all && waste.is_test,
            _ => !is_all,
        }
}

/// Whether a text among the conditions of a query lists the keys of the rows: `'book.id IN (:ids)'`.
fn names_keys(function: Function<'_>, rows: ExprId) -> bool {
    const MAX_STEPS: usize = 32;
    let module = function.module();
    let mut steps = super::back_through(function, rows).take(MAX_STEPS);
    steps.any(|step| match module.expr(step) {
        Expr::Call { args, .. } => module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::String(text)
                if module.text(text).to_ascii_lowercase().contains(".id in ("))
        }),
        _ => false,
    })
}

/// Rows that a function gives back, and of which its caller uses little.
fn check_given(given: &Given<'_>, reporter: &mut Reporter<'_>) {
    let fetch = &given.rows;
    let query = fetch.query;
    if !query.is_unbounded() || query.locks {
        return;
    }
    let Some(waste) = waste_of(fetch, &fetch.outcomes()) else {
        return;
    };
    let function = fetch.function;
    let read = given.read.as_ref().unwrap_or(fetch);
    let is_small = is_few(read, &waste)
        || why_few_rows(read.function, read.rows).is_some()
        || super::is_at_start(function);
    // What a function is for, besides giving these rows to this caller, is not in sight: others
    // may use them all, and what is made of the rows may be what is counted.
    let is_sure = given.is_plain && matches!(waste.confidence, Confidence::High);
    let confidence = if is_small || !is_sure || function.context() != Context::Product {
        Confidence::Low
    } else {
        fetch.confidence
    };
    let name = function.callee_text(fetch.rows);
    let finding = reporter.report(
        function.module().span(fetch.rows),
        confidence,
        format!("`{name}` loads all rows {}", waste.what),
    );
    if let Some(read) = &given.read {
        finding.related(read.function.place_of(read.rows), "they are read here");
    }
    if waste.expr != fetch.rows {
        finding.related(function.place_of(waste.expr), "all that is done with them");
    }
    finding.cost(waste.cost);
    if let Some(help) = waste.help {
        finding.help(help);
    }
}

/// A relation that is loaded for the number of its rows, or for nothing.
fn check_related(related: &Related<'_>, reporter: &mut Reporter<'_>) {
    let function = related.function;
    let relation = &related.name;
    let from = related.read.map(|read| function.callee_text(read));
    let loads = match &from {
        Some(name) => format!("`{name}` loads all `{relation}` along"),
        None => format!(
            "`{}` loads all related rows",
            function.callee_text(related.place)
        ),
    };
    let (message, cost, at) = match (related.used, &from) {
        (RelatedUse::Nothing, Some(name)) => (
            format!("`{name}` loads `{relation}` along, of which nothing is read"),
            "related rows read for nothing",
            None,
        ),
        (RelatedUse::Nothing, None) => return,
        (RelatedUse::Whether(at), _) => (
            format!("{loads} to see whether there are any"),
            "all related rows read for one bit",
            Some(at),
        ),
        (RelatedUse::Search(at), _) => (
            format!("{loads} to look for some of them"),
            "all related rows read for one bit",
            Some(at),
        ),
        (RelatedUse::Number(at), _) => (
            format!("{loads} to count them"),
            "all related rows read for one number",
            Some(at),
        ),
    };
    // One row is joined for nothing; and of what belongs to one, there are few, as a rule.
    let are_many = words::growth(relation) == Some(Growth::Happenings);
    let is_read_of_few = || {
        related.used == RelatedUse::Nothing
            && related.read.is_some_and(|read| {
                are_few_of_one(function, read) || !related.is_many && are_of_one(function, read)
            })
    };
    let is_little = related.is_of_one && !are_many || is_read_of_few();
    let confidence = match function.context() {
        Context::Product if !is_little && !super::is_for_staff(function) => related.confidence,
        _ => Confidence::Low,
    };
    let finding = reporter.report(function.module().span(related.place), confidence, message);
    if let Some(at) = at {
        finding.related(function.place_of(at), "all that is used of them");
    }
    finding.cost(cost);
    let advice = function.program.world.models.advice(&related.package);
    let phrase = advice.and_then(|advice| advice.count_related.as_deref());
    match (related.used, phrase) {
        (RelatedUse::Nothing, _) => {
            finding.help("leave it out of the query".to_owned());
        }
        (RelatedUse::Search(_), _) => {
            finding.help("put the condition into the query".to_owned());
        }
        (_, Some(phrase)) => {
            let phrase = phrase.replace("{relation}", relation);
            finding.help(format!("ask the database: {phrase}"));
        }
        _ => {}
    }
}

fn waste_of(fetch: &Fetch<'_>, outcomes: &[Outcome]) -> Option<Waste> {
    use OutcomeKind as Kind;
    let models = &fetch.function.program.world.models;
    let none = Advice::default();
    let advice = models.advice(&fetch.package).unwrap_or(&none);
    let first = outcomes.first()?;
    let all = |test: fn(&Kind) -> bool| outcomes.iter().all(|outcome| test(&outcome.kind));
    let find = |test: fn(&Kind) -> bool| outcomes.iter().find(|outcome| test(&outcome.kind));
    if all(|kind| matches!(kind, Kind::Tested)) {
        return Some(Waste {
            expr: first.expr,
            what: "to see whether there are any",
            cost: "n rows read for one bit",
            help: ask(advice.exists.as_deref()),
            confidence: Confidence::High,
            is_test: true,
            is_of_column: false,
        });
    }
    if all(|kind| matches!(kind, Kind::Tested | Kind::Counted)) {
        return Some(Waste {
            expr: find(|kind| matches!(kind, Kind::Counted))?.expr,
            what: "to count them",
            cost: "n rows read for one number",
            help: ask(advice.count.as_deref()),
            confidence: Confidence::High,
            is_test: false,
            is_of_column: false,
        });
    }
    if let Some(cut) = find(|kind| matches!(kind, Kind::Cut))
        && all(|kind| {
            matches!(
                kind,
                Kind::Cut | Kind::Tested | Kind::Counted | Kind::Sorted | Kind::First
            )
        })
    {
        return Some(Waste {
            expr: cut.expr,
            what: "and keeps some of them",
            cost: "n rows read where a few are used",
            help: ask(advice.limit.as_deref()),
            confidence: Confidence::High,
            is_test: false,
            is_of_column: false,
        });
    }
    if let Some(one) = find(|kind| matches!(kind, Kind::First))
        && all(|kind| matches!(kind, Kind::First | Kind::Tested | Kind::Sorted))
        // Whoever names conditions may know that one row fulfils them.
        && (!fetch.query.has_conditions || fetch.query.is_ordered)
        && !fetch.query.skips
    {
        return Some(Waste {
            expr: one.expr,
            what: "and uses one",
            cost: "n rows read where one is used",
            help: ask(advice.limit.as_deref()),
            confidence: Confidence::Low,
            is_test: false,
            is_of_column: false,
        });
    }
    if let [one] = outcomes
        && one.kind == Kind::Filtered
    {
        return Some(Waste {
            expr: one.expr,
            what: "and drops those that fail a condition",
            cost: "n rows read where some are used",
            help: advice
                .condition
                .as_deref()
                .map(|phrase| format!("put the condition into the query: {phrase}")),
            confidence: Confidence::Medium,
            is_test: false,
            is_of_column: false,
        });
    }
    if let [one] = outcomes
        && one.kind == Kind::Picked
        && !fetch.query.is_projected
    {
        return Some(Waste {
            expr: one.expr,
            what: "and drops those that fail a condition",
            cost: "n rows read where some are used",
            help: advice.condition.as_deref().map(|phrase| {
                format!("put what the database can know of it into the query: {phrase}")
            }),
            confidence: Confidence::Low,
            is_test: false,
            is_of_column: false,
        });
    }
    if let Some(search) = find(|kind| matches!(kind, Kind::Searched))
        && all(|kind| matches!(kind, Kind::Searched | Kind::Deduplicated | Kind::Tested))
    {
        return Some(Waste {
            expr: search.expr,
            what: "to look for some of them",
            cost: "n rows read where a few are looked for",
            help: advice
                .condition
                .as_deref()
                .map(|phrase| format!("ask for those that are looked for: {phrase}")),
            confidence: Confidence::Low,
            is_test: false,
            is_of_column: false,
        });
    }
    if let Some((column, lp)) = one_column(outcomes)
        && !fetch.query.is_projected
        && !fetch.query.includes
    {
        return one_column_waste(fetch, advice, column, lp);
    }
    None
}

fn ask(phrase: Option<&str>) -> Option<String> {
    phrase.map(|phrase| format!("ask the database: {phrase}"))
}

/// The one column that is read of each row, if that is all.
fn one_column(outcomes: &[Outcome]) -> Option<(&str, LoopId)> {
    let mut found: Option<(&str, LoopId)> = None;
    for outcome in outcomes {
        match &outcome.kind {
            OutcomeKind::Columns(columns, lp) => {
                let [column] = &columns[..] else {
                    return None;
                };
                if found.is_some_and(|(known, _)| known != column) {
                    return None;
                }
                found = Some((column, *lp));
            }
            OutcomeKind::Tested | OutcomeKind::Counted => {}
            _ => return None,
        }
    }
    found
}

fn one_column_waste(fetch: &Fetch<'_>, advice: &Advice, column: &str, lp: LoopId) -> Option<Waste> {
    let (made, is_set) = fetch.made_by(lp)?;
    let phrase = if is_set {
        advice.distinct.as_ref().or(advice.column.as_ref())
    } else {
        advice.column.as_ref()
    };
    let help = phrase.map(|phrase| phrase.replace("{column}", column));
    Some(Waste {
        expr: made,
        what: "with all columns and reads one column of each",
        cost: "whole rows read where one column is used",
        help: ask(help.as_deref()),
        // Of what the program can choose from there is little, however wide its rows are.
        confidence: if fetch.is_wide()
            && matches!(fetch.growth(), Some(Growth::Happenings | Growth::Things))
        {
            Confidence::Medium
        } else {
            Confidence::Low
        },
        is_test: false,
        is_of_column: true,
    })
}
