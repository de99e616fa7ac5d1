//! Functions of the project that run a statement they are handed and give back all of its rows:
//! `repository.get_all(statement)`. What is asked for stands where they are called.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::outcomes::OutcomeKind;
use super::{Fetch, entity_of, query};
use crate::analysis::def_use::Def;
use crate::ir::{Expr, LocalKind};
use crate::link::call_graph::ActKind;
use crate::link::callbacks::argument_for;
use crate::link::infer::Typer;
use crate::link::models::{Effect, Rows};
use crate::link::program::{Function, Program};
use crate::link::types::{Entity, FunctionRef};

/// What such a function does besides is not looked into, so it is short.
const MAX_ACTS: usize = 8;

/// The functions that run a statement they are handed: the parameter and the library.
pub(in crate::link) type Runners = FxHashMap<FunctionRef, (u16, String)>;

impl Program {
    /// Looks for functions that run a statement they are handed.
    pub(in crate::link) fn find_runners(&self) -> Runners {
        let found = self.world.par_files().flat_map_iter(|file| {
            let functions = self.functions(file);
            functions.filter_map(|function| {
                let at = function.reference();
                Some((at, function.runs_statement()?))
            })
        });
        found.collect()
    }
}

impl<'p> Function<'p> {
    /// Calls of functions that run a statement handed to them.
    pub(super) fn statement_fetches(self, typer: &mut Typer<'p>, found: &mut Vec<Fetch<'p>>) {
        let program = self.program;
        let runners = program.runners();
        for act in self.acts() {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            let Some(&(param, ref package)) = runners.get(&target) else {
                continue;
            };
            let world = &program.world;
            let Some(statement) = argument_for(world, self.module(), act.expr, target, param)
            else {
                continue;
            };
            let ty = typer.of(statement);
            found.push(Fetch {
                function: self,
                rows: act.expr,
                stmt: act.stmt,
                is_lazy: false,
                package: package.clone(),
                entity: entity_of(ty),
                confidence: act.confidence,
                query: query::facts_of(world, self.file, statement),
            });
        }
    }

    /// The parameter whose statement it runs, and the library, if it gives back all rows of it.
    fn runs_statement(self) -> Option<(u16, String)> {
        let acts = self.acts();
        if acts.is_empty() || acts.len() > MAX_ACTS || self.declared().is_generator {
            return None;
        }
        let [(act, package)] = acts
            .iter()
            .filter_map(|act| match &act.kind {
                ActKind::Effect {
                    effect: Effect::DbRead,
                    rows: Some(Rows::Many),
                    model: Some(_),
                    package,
                    ..
                } => Some((act, package)),
                _ => None,
            })
            .collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let mut typer = Typer::new(&self.program.world, self.file);
        let (model, _) = typer.called_model(act.expr)?;
        let statement = typer.argument(act.expr, usize::from(model.sql?))?;
        let facts = self.facts();
        let Def::Entry { local, .. } = facts.def_use.def(facts.def_use.reaching(statement)?) else {
            return None;
        };
        let LocalKind::Param(_) = self.module().local(*local).kind else {
            return None;
        };
        let params = &self.declared().params;
        let param = params.iter().position(
            |param| matches!(self.module().expr(param.target), Expr::Local(of) if of == *local),
        )?;
        let fetch = Fetch {
            function: self,
            rows: act.expr,
            stmt: act.stmt,
            is_lazy: false,
            package: package.clone(),
            entity: Entity::None,
            confidence: act.confidence,
            query: query::facts_of(&self.program.world, self.file, act.expr),
        };
        let facts = fetch.query;
        let outcomes = fetch.outcomes();
        let gives_all = !outcomes.is_empty()
            && outcomes
                .iter()
                .all(|outcome| outcome.kind == OutcomeKind::Returned);
        (gives_all && !facts.is_bounded && !facts.streams).then(|| (param as u16, package.clone()))
    }
}
