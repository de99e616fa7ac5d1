//! Rows that functions of the project read and give back: what is done with them stands where
//! the functions are called.

use super::outcomes::{OutcomeKind, outcomes_of};
use super::{Fetch, entity_of, query};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId};
use crate::link::call_graph::{Act, ActKind};
use crate::link::infer::Typer;
use crate::link::models::{Effect, Wrapper};
use crate::link::program::Function;
use crate::link::types::{Base, FunctionRef, Type};

/// Calls between the read and the place where its rows are used.
const MAX_CALLS: u32 = 3;

/// Rows that a call of a project function gives.
#[derive(Debug, Clone)]
pub struct Given<'p> {
    /// The rows, as the caller has them.
    pub rows: Fetch<'p>,
    /// The read of them, in the function that is called; absent if the caller sends the query.
    pub read: Option<Fetch<'p>>,
    /// Whether they are the rows as they were read, and not something made of each.
    pub is_plain: bool,
}

impl<'p> Function<'p> {
    /// The calls of functions that give back rows which they read, where `is_of_interest` says so
    /// of the call: whether it is one takes a look at the function that is called.
    pub fn given_rows(self, mut is_of_interest: impl FnMut(&Fetch<'p>) -> bool) -> Vec<Given<'p>> {
        let mut typer = Typer::new(&self.program.world, self.file);
        let mut found = Vec::new();
        for act in self.acts() {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            if act.is_memoized || act.confidence == Confidence::Low {
                continue;
            }
            let Some(rows) = self.rows_of_call(&mut typer, act, target) else {
                continue;
            };
            if !is_of_interest(&rows) {
                continue;
            }
            found.extend(self.given(rows, target, 0));
        }
        found
    }

    /// The rows that a call may give, by its type.
    fn rows_of_call(
        self,
        typer: &mut Typer<'p>,
        act: &Act,
        target: FunctionRef,
    ) -> Option<Fetch<'p>> {
        // The act of a function that is handed to a call stands at the argument.
        if !matches!(self.module().expr(act.expr), Expr::Call { .. }) {
            return None;
        }
        let summary = self.program.summary(target);
        let reads = summary.effect(Effect::DbRead).is_some();
        if !reads && !self.program.world.gives_query(target) {
            return None;
        }
        let ty = typer.of(act.expr).awaited();
        let package = if self.is_query_of_rows(ty) {
            if self.is_built_on(act.expr) {
                return None;
            }
            self.package_of(ty)?
        } else {
            let changes = summary.effect(Effect::DbWrite).is_some();
            if !reads || changes || summary.is_cached || ty.wrapper() != Some(Wrapper::List) {
                return None;
            }
            String::new()
        };
        Some(Fetch {
            function: self,
            rows: act.expr,
            stmt: act.stmt,
            is_lazy: !package.is_empty(),
            package,
            entity: entity_of(ty),
            confidence: act.confidence.min(Confidence::Medium),
            query: query::QueryFacts::default(),
        })
    }

    fn given(self, mut rows: Fetch<'p>, target: FunctionRef, calls: u32) -> Option<Given<'p>> {
        if rows.is_lazy {
            rows.query = query::facts_of(&self.program.world, self.file, rows.rows);
            return Some(Given {
                rows,
                read: None,
                is_plain: true,
            });
        }
        let (read, is_plain) = self.program.function(target).read_given_back(calls)?;
        rows.query = read.query;
        rows.package.clone_from(&read.package);
        rows.confidence = rows.confidence.min(read.confidence);
        Some(Given {
            rows,
            read: Some(read),
            is_plain,
        })
    }

    /// The one read whose rows this function gives back, and whether as they are.
    fn read_given_back(self, calls: u32) -> Option<(Fetch<'p>, bool)> {
        if calls > MAX_CALLS || self.declared().is_generator {
            return None;
        }
        let mut found = None;
        for fetch in self.fetches() {
            if let Some(is_plain) = self.gives_back(&fetch) {
                found = Some((fetch, is_plain));
            }
        }
        if found.is_some() {
            return found;
        }
        let mut typer = Typer::new(&self.program.world, self.file);
        for act in self.acts() {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            if act.is_memoized || act.confidence == Confidence::Low {
                continue;
            }
            let rows = self.rows_of_call(&mut typer, act, target);
            let Some(is_plain) = rows.as_ref().and_then(|rows| self.gives_back(rows)) else {
                continue;
            };
            let given = self.given(rows?, target, calls + 1)?;
            let read = given.read.unwrap_or(given.rows);
            found = Some((read, is_plain && given.is_plain));
        }
        found
    }

    /// Whether it returns rows, and then whether as they are.
    fn gives_back(self, fetch: &Fetch<'p>) -> Option<bool> {
        let mut is_plain = true;
        let mut is_returned = false;
        for outcome in fetch.outcomes() {
            match outcome.kind {
                OutcomeKind::Returned => is_returned = true,
                OutcomeKind::Tested | OutcomeKind::Sorted => {}
                OutcomeKind::Walked(lp) | OutcomeKind::Columns(_, lp) => {
                    is_plain = false;
                    let made = fetch.made_by(lp);
                    is_returned |= made.is_some_and(|(made, _)| self.returns(made));
                }
                _ => is_plain = false,
            }
        }
        is_returned.then_some(is_plain)
    }

    /// Whether it returns what an expression gives.
    fn returns(self, expr: ExprId) -> bool {
        let outcomes = outcomes_of(self, expr, super::Entity::None);
        let mut kinds = outcomes.iter().map(|outcome| &outcome.kind);
        kinds.any(|kind| *kind == OutcomeKind::Returned)
    }

    /// Whether a value is a query that reads many rows when it is walked.
    pub(super) fn is_query_of_rows(self, ty: Type) -> bool {
        let models = &self.program.world.models;
        matches!(ty.base, Base::Model(id, _) if ty.is_bare() && models.is_query_of_rows(id))
    }

    /// The library that a value is of.
    fn package_of(self, ty: Type) -> Option<String> {
        let Base::Model(id, _) = ty.base else {
            return None;
        };
        let name = &self.program.world.models.ty(id).name;
        let (package, _) = name.rsplit_once('.')?;
        Some(package.to_owned())
    }
}
