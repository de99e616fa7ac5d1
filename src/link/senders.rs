//! Functions of the project that send the SQL text they are handed: `query(text, params)`.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::callbacks::argument_for;
use super::infer::Typer;
use super::models::{CallModelId, Effect};
use super::types::{Base, FunctionRef};
use super::world::World;
use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, FunctionId, LocalKind, Module};

/// Who does more than that is not looked into.
const MAX_SITES: usize = 16;

/// What such a function calls, and which of its parameters is the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) param: u16,
    pub(super) model: CallModelId,
}

/// The functions that send text that they are handed.
pub(super) type Senders = FxHashMap<FunctionRef, Sender>;

/// Finds them in a world whose types are known.
pub(super) fn find(world: &World) -> Senders {
    let found = world.par_files().flat_map_iter(|file| {
        let count = world.unit(file).facts.module.functions.len() as u32;
        (0..count).map(FunctionId).filter_map(move |function| {
            let at = FunctionRef { file, function };
            Some((at, sender(world, at)?))
        })
    });
    found.collect()
}

/// Whether a function sends text that it is handed.
fn sender(world: &World, function: FunctionRef) -> Option<Sender> {
    let facts = &world.unit(function.file).facts;
    let module = &facts.module;
    let sites = facts.sites(function.function);
    if module.function(function.function).params.is_empty() || sites.len() > MAX_SITES {
        return None;
    }
    let mut typer = Typer::new(world, function.file);
    sites.iter().find_map(|site| {
        if !matches!(module.expr(site.expr), Expr::Call { .. }) {
            return None;
        }
        let Base::Method(id, _) = typer.callee(site.expr).base else {
            return None;
        };
        let model = world.models.call(id);
        let position = model.sql.filter(|_| model.effect == Some(Effect::Sql))?;
        let text = typer.argument(site.expr, usize::from(position))?;
        let def = facts.def_use.reaching(text)?;
        let Def::Entry { local, .. } = facts.def_use.def(def) else {
            return None;
        };
        let declared = module.local(*local);
        match declared.kind {
            LocalKind::Param(param) if declared.function == function.function => {
                Some(Sender { param, model: id })
            }
            _ => None,
        }
    })
}

/// The text that a call hands to a function that sends it.
pub(super) fn sent(
    world: &World,
    module: &Module,
    call: ExprId,
    callee: FunctionRef,
) -> Option<(ExprId, CallModelId)> {
    let sender = world.senders.get(&callee)?;
    let text = argument_for(world, module, call, callee, sender.param)?;
    Some((text, sender.model))
}
