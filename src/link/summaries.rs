//! What calling a function does, through everything it calls, with the shortest proof.
//!
//! For each effect, a breadth-first search from the functions that have it straight to those
//! that call them. Levels are handled in the order of functions, so the result does not depend
//! on threads.

use smallvec::SmallVec;

use super::call_graph::{Act, ActKind, LinkedFile};
use super::callbacks::{Slot, param_of};
use super::guards::{class_holds, holds};
use super::models::Effect;
use super::types::FunctionRef;
use super::world::World;
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionId, Invocation, LocalKind, MODULE_BODY, Module};
use crate::source::FileId;

/// Calls in a row that are looked at for acts that none of them leaves out.
const MAX_CALLS: u32 = 3;

/// How a function comes to have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectFact {
    /// The effect.
    pub effect: Effect,
    /// The act of this function that has it or leads to it: an index into its acts.
    pub act: u32,
    /// Calls between the function and the effect.
    pub depth: u16,
    /// That of the weakest link.
    pub confidence: Confidence,
    /// The parameters that the effect's arguments depend on, one bit each.
    pub params: u32,
    /// Whether a loop stands somewhere in the chain.
    pub is_repeated: bool,
    /// Whether the receiver keeps what it asked for, so that it asks once.
    pub is_kept: bool,
}

/// What calling a function does.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Its effects, at most one proof for each.
    pub effects: SmallVec<[EffectFact; 2]>,
    /// Whether its callers see its effects at most once per key.
    pub is_cached: bool,
}

impl Summary {
    /// The proof of one effect.
    pub fn effect(&self, effect: Effect) -> Option<&EffectFact> {
        self.effects.iter().find(|fact| fact.effect == effect)
    }
}

/// Summaries of all functions, by file and function.
pub fn summarize(world: &World, linked: &[LinkedFile]) -> Vec<Vec<Summary>> {
    let mut offsets = Vec::with_capacity(linked.len() + 1);
    let mut total = 0usize;
    for file in linked {
        offsets.push(total);
        total += file.acts.len();
    }
    let index = |f: FunctionRef| offsets[f.file.index()] + f.function.index();
    let mut owners = Vec::with_capacity(total);
    for (i, file) in linked.iter().enumerate() {
        for j in 0..file.acts.len() {
            owners.push(FunctionRef {
                file: FileId(i as u32),
                function: FunctionId(j as u32),
            });
        }
    }
    let mut flat: Vec<Summary> = owners
        .iter()
        .map(|&f| Summary {
            effects: SmallVec::new(),
            is_cached: is_cached(&world.unit(f.file).facts.module, f.function),
        })
        .collect();
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); total];
    let mut direct: Vec<Effect> = Vec::new();
    for (i, &owner) in owners.iter().enumerate() {
        for act in acts_of(linked, owner) {
            match &act.kind {
                ActKind::Call(target) => callers[index(*target)].push(i as u32),
                ActKind::Effect { effect, blocks, .. } => {
                    direct.push(*effect);
                    if *blocks {
                        direct.push(Effect::Block);
                    }
                }
            }
        }
    }
    direct.sort_unstable();
    direct.dedup();
    for effect in direct {
        spread(world, linked, effect, &owners, &callers, &index, &mut flat);
    }
    let mut summaries = Vec::with_capacity(linked.len());
    let mut flat = flat.into_iter();
    for file in linked {
        summaries.push(flat.by_ref().take(file.acts.len()).collect());
    }
    summaries
}

fn acts_of(linked: &[LinkedFile], f: FunctionRef) -> &[Act] {
    &linked[f.file.index()].acts[f.function.index()]
}

fn spread(
    world: &World,
    linked: &[LinkedFile],
    effect: Effect,
    owners: &[FunctionRef],
    callers: &[Vec<u32>],
    index: &impl Fn(FunctionRef) -> usize,
    flat: &mut [Summary],
) {
    let mut frontier: Vec<u32> = Vec::new();
    for (i, &owner) in owners.iter().enumerate() {
        let mut best: Option<EffectFact> = None;
        for (j, act) in acts_of(linked, owner).iter().enumerate() {
            if !act.has(effect) || act.is_memoized {
                continue;
            }
            let fact = EffectFact {
                effect,
                act: j as u32,
                depth: 0,
                confidence: act.confidence,
                params: params_of(world, owner, act.expr),
                is_repeated: act.lp.is_some(),
                is_kept: act.is_kept,
            };
            best = Some(best.map_or(fact, |best| better(best, fact)));
        }
        if let Some(fact) = best {
            flat[i].effects.push(fact);
            frontier.push(i as u32);
        }
    }
    let mut depth = 0;
    while !frontier.is_empty() && depth < 64 {
        depth += 1;
        let mut reached: Vec<u32> = frontier
            .iter()
            .filter(|&&f| !flat[f as usize].is_cached)
            .flat_map(|&f| callers[f as usize].iter().copied())
            .filter(|&caller| flat[caller as usize].effect(effect).is_none())
            .collect();
        reached.sort_unstable();
        reached.dedup();
        let mut found = Vec::new();
        for &caller in &reached {
            let owner = owners[caller as usize];
            let mut best: Option<EffectFact> = None;
            for (j, act) in acts_of(linked, owner).iter().enumerate() {
                let ActKind::Call(target) = act.kind else {
                    continue;
                };
                if act.is_memoized || !passes_on(world, act, target, effect) {
                    continue;
                }
                let summary = &flat[index(target)];
                if summary.is_cached {
                    continue;
                }
                let of = |f: FunctionRef| &flat[index(f)];
                let Some(inner) = fact_at(world, linked, owner, act, effect, of) else {
                    continue;
                };
                let fact = EffectFact {
                    effect,
                    act: j as u32,
                    depth,
                    confidence: inner.confidence.min(act.confidence),
                    params: params_through(world, owner, act, target, inner.params),
                    is_repeated: inner.is_repeated || act.lp.is_some() || act.repeated_by.is_some(),
                    is_kept: act.is_kept || (inner.is_kept && is_of_receiver(world, owner, act)),
                };
                best = Some(best.map_or(fact, |best| better(best, fact)));
            }
            if let Some(fact) = best {
                found.push((caller, fact));
            }
        }
        for &(caller, fact) in &found {
            flat[caller as usize].effects.push(fact);
        }
        frontier = found.into_iter().map(|(caller, _)| caller).collect();
    }
}

/// The proof that a call has an effect: that of its callee, or where it stands behind an
/// argument that is not given here, the next best act of the callee.
pub(super) fn fact_at<'a>(
    world: &World,
    linked: &[LinkedFile],
    caller: FunctionRef,
    act: &Act,
    effect: Effect,
    summary: impl Fn(FunctionRef) -> &'a Summary,
) -> Option<EffectFact> {
    fact_within(world, linked, caller, act, effect, &summary, 0)
}

/// The same, so many calls away from where it is asked.
fn fact_within<'a>(
    world: &World,
    linked: &[LinkedFile],
    caller: FunctionRef,
    act: &Act,
    effect: Effect,
    summary: &impl Fn(FunctionRef) -> &'a Summary,
    calls: u32,
) -> Option<EffectFact> {
    let ActKind::Call(target) = act.kind else {
        return None;
    };
    if calls > MAX_CALLS {
        return None;
    }
    let fact = *summary(target).effect(effect)?;
    let module = &world.unit(caller.file).facts.module;
    let acts = acts_of(linked, target);
    let holds = |act_of_callee: &Act| {
        let is_given = act_of_callee
            .guard
            .is_none_or(|guard| holds(world, guard, target, module, act.expr));
        is_given
            && act_of_callee
                .class_guard
                .is_none_or(|guard| class_holds(world, guard, target, caller.file, act.expr))
    };
    let proof = acts.get(fact.act as usize)?;
    if holds(proof) {
        return Some(fact);
    }
    let others = acts
        .iter()
        .enumerate()
        .filter(|(_, other)| !other.is_memoized && holds(other));
    let mut others = others.filter_map(|(j, other)| {
        let (confidence, depth, is_repeated, params) = match other.kind {
            ActKind::Effect { effect: own, .. } => {
                let params = params_of(world, target, other.expr);
                (own == effect).then_some((other.confidence, 0, false, params))?
            }
            ActKind::Call(next) => {
                if summary(next).is_cached {
                    return None;
                }
                let calls = calls + 1;
                let inner = fact_within(world, linked, target, other, effect, summary, calls)?;
                let confidence = other.confidence.min(inner.confidence);
                let params = params_through(world, target, other, next, inner.params);
                (confidence, inner.depth + 1, inner.is_repeated, params)
            }
        };
        Some(EffectFact {
            effect,
            act: j as u32,
            depth,
            confidence,
            params,
            is_repeated: is_repeated || other.lp.is_some() || other.repeated_by.is_some(),
            is_kept: other.is_kept,
        })
    });
    let first = others.next()?;
    Some(others.fold(first, better))
}

/// Whether an act is a call of, or reads, a member of the receiver of its function.
pub(super) fn is_of_receiver(world: &World, owner: FunctionRef, act: &Act) -> bool {
    let module = &world.unit(owner.file).facts.module;
    let member = match module.expr(act.expr) {
        Expr::Call { callee, .. } => callee,
        _ => act.expr,
    };
    matches!(module.expr(member), Expr::Member { object, .. }
        if module.receiver_class(object).is_some())
}

/// Whether what a called function does is done to its caller as well: a thread is held only
/// by what runs in it, and a coroutine that holds it is reported itself.
pub fn passes_on(world: &World, act: &Act, target: FunctionRef, effect: Effect) -> bool {
    if effect != Effect::Block {
        return true;
    }
    let callee = world
        .unit(target.file)
        .facts
        .module
        .function(target.function);
    !act.is_off_thread && !act.is_awaited && !callee.is_async
}

/// The better proof: outside loops, surer, earlier.
fn better(a: EffectFact, b: EffectFact) -> EffectFact {
    let rank = |f: &EffectFact| (f.is_kept, f.is_repeated, std::cmp::Reverse(f.confidence));
    if rank(&b) < rank(&a) { b } else { a }
}

/// The parameters of a function that an expression depends on.
pub(super) fn params_of(world: &World, owner: FunctionRef, expr: ExprId) -> u32 {
    let facts = &world.unit(owner.file).facts;
    let module = &facts.module;
    let mut mask = 0;
    facts.any_origin(expr, |id| {
        match module.expr(id) {
            Expr::Local(local) => {
                let local = module.local(local);
                if let LocalKind::Param(i) = local.kind
                    && local.function == owner.function
                    && i < 32
                {
                    mask |= 1 << i;
                }
            }
            Expr::Param(i) if i < 32 => mask |= 1 << i,
            _ => {}
        }
        false
    });
    mask
}

/// The parameters of a function that what it calls depends on, by the parameters of the callee
/// that matter there.
fn params_through(
    world: &World,
    owner: FunctionRef,
    act: &Act,
    callee: FunctionRef,
    used: u32,
) -> u32 {
    let module = &world.unit(owner.file).facts.module;
    let all = || params_of(world, owner, act.expr);
    // What is handed over gets other arguments than those that stand here.
    let Expr::Call {
        callee: called,
        args,
        ..
    } = module.expr(act.expr)
    else {
        return all();
    };
    if act.is_off_thread || !takes_what_it_is_given(world, callee) {
        return all();
    }
    let args = module.list(args);
    if args
        .iter()
        .any(|&arg| matches!(module.expr(arg), Expr::Spread(_)))
    {
        return all();
    }
    // Which of several callees it is, and what their receiver holds, is told by what it is
    // called on.
    let mut mask = params_of(world, owner, called);
    for (i, &arg) in args.iter().enumerate() {
        let (slot, value) = match module.expr(arg) {
            Expr::Keyword { name, value } => (Slot::Keyword(name), value),
            _ => (Slot::Position(i as u16), arg),
        };
        let is_used = param_of(world, callee, slot, module)
            .is_none_or(|param| param >= 32 || used & (1 << param) != 0);
        if is_used {
            mask |= params_of(world, owner, value);
        }
    }
    mask
}

/// Whether what a function does is told by the arguments of its calls: it uses no names of a
/// function around it, and no decorator adds arguments.
fn takes_what_it_is_given(world: &World, function: FunctionRef) -> bool {
    let module = &world.unit(function.file).facts.module;
    let declared = module.function(function.function);
    matches!(declared.parent, None | Some(MODULE_BODY))
        && !world.is_template(function)
        && module.list(declared.decorators).is_empty()
}

/// Whether a decorator or wrapper keeps the results of a function.
fn is_cached(module: &Module, function: FunctionId) -> bool {
    let declared = module.function(function);
    let wrapper = match declared.invocation {
        Invocation::Argument(call, 0) => Some(call),
        _ => None,
    };
    let decorators = module.list(declared.decorators).iter().copied();
    decorators.chain(wrapper).any(|decorator| {
        let mut at = decorator;
        if let Expr::Call { callee, .. } = module.expr(at) {
            at = callee;
        }
        let Some(name) = module.last_name(at) else {
            return false;
        };
        let name = name.to_ascii_lowercase();
        // A cached property is kept per row, so each row still costs one.
        (name.contains("cache") || name.contains("memoize")) && !name.contains("property")
    })
}
