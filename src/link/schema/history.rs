//! The order of steps that name those before them, whatever their files are called.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::read::{list, text};
use crate::ir::{Expr, ExprId, Module};
use crate::link::models::tables::HistoryRules;
use crate::link::world::World;
use crate::source::FileId;

/// A file that is a step.
struct Step {
    id: String,
    after: Vec<String>,
}

/// The positions of files by the steps that they name, each after all of those before it; only
/// those of files that name any.
pub(super) fn positions(world: &World) -> FxHashMap<usize, usize> {
    let steps: Vec<(usize, Step)> = (0..world.units.len())
        .filter_map(|file| Some((file, step_of(world, FileId(file as u32))?)))
        .collect();
    let by_id: FxHashMap<&str, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, (_, step))| (step.id.as_str(), at))
        .collect();
    let mut waits: Vec<usize> = vec![0; steps.len()];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, (_, step)) in steps.iter().enumerate() {
        for before in step.after.iter().filter_map(|id| by_id.get(id.as_str())) {
            waits[at] += 1;
            next[*before].push(at);
        }
    }
    // Of those that may come next, the first by its file.
    let mut open: BTreeSet<usize> = (0..steps.len()).filter(|&at| waits[at] == 0).collect();
    let mut positions = FxHashMap::default();
    while let Some(at) = open.pop_first() {
        positions.insert(steps[at].0, positions.len());
        for &after in &next[at] {
            waits[after] -= 1;
            if waits[after] == 0 {
                open.insert(after);
            }
        }
    }
    // Those that wait for each other come last.
    for (file, _) in &steps {
        let last = positions.len();
        positions.entry(*file).or_insert(last);
    }
    positions
}

fn step_of(world: &World, file: FileId) -> Option<Step> {
    let module = &world.unit(file).facts.module;
    world
        .models
        .histories()
        .iter()
        .find_map(|rules: &HistoryRules| {
            let id = variable(world, file, &rules.id)?;
            let after: Vec<ExprId> = rules
                .after
                .iter()
                .filter_map(|name| variable(world, file, name))
                .collect();
            if after.is_empty() {
                return None;
            }
            let after = after.into_iter().flat_map(|value| texts(module, value));
            Some(Step {
                id: text(module, id)?.to_owned(),
                after: after.collect(),
            })
        })
}

/// What a variable of the module is given.
fn variable(world: &World, file: FileId, name: &str) -> Option<ExprId> {
    let facts = &world.unit(file).facts;
    let name = facts.module.name(name)?;
    let mut locals = facts.module.locals.iter().enumerate();
    let (at, _) = locals.find(|(_, local)| {
        local.name == name && facts.module.function(local.function).parent.is_none()
    })?;
    facts.def_use.single_value(crate::ir::LocalId(at as u32))
}

/// A text, or the texts of a list.
fn texts(module: &Module, value: ExprId) -> Vec<String> {
    match module.expr(value) {
        Expr::String(text) => vec![module.text(text).to_owned()],
        _ => list(module, value)
            .unwrap_or_default()
            .iter()
            .filter_map(|&element| text(module, element).map(str::to_owned))
            .collect(),
    }
}
