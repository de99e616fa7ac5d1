//! `over-fetch`: rows are loaded, and then counted, tested, cut or thinned out in memory, where
//! the database would do it and send the result only.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{ExprId, LoopId};
use crate::link::fetches::{Fetch, Outcome, OutcomeKind};
use crate::link::models::Advice;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("over-fetch", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.context() == Context::Test {
        return;
    }
    for fetch in function.fetches() {
        if fetch.query.is_unbounded() && !fetch.query.locks {
            check_fetch(&fetch, reporter);
        }
    }
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
}

fn check_fetch(fetch: &Fetch<'_>, reporter: &mut Reporter<'_>) {
    let outcomes = fetch.outcomes();
    let Some(waste) = waste_of(fetch, &outcomes) else {
        return;
    };
    let function = fetch.function;
    let name = function.callee_text(fetch.rows);
    let mut confidence = waste.confidence.min(fetch.confidence);
    if fetch.is_small_table() || function.context() != Context::Product {
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
        });
    }
    if all(|kind| matches!(kind, Kind::Tested | Kind::Counted)) {
        return Some(Waste {
            expr: find(|kind| matches!(kind, Kind::Counted))?.expr,
            what: "to count them",
            cost: "n rows read for one number",
            help: ask(advice.count.as_deref()),
            confidence: Confidence::High,
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
        confidence: if fetch.is_wide() {
            Confidence::Medium
        } else {
            Confidence::Low
        },
    })
}
