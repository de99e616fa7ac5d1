//! Files and answers of other services that are read as a whole, although their parts are worked
//! on one by one: part of `unstreamed-read`.

use rustc_hash::FxHashSet;

use super::{Reporter, unstreamed_read};
use crate::analysis::uses::Uses;
use crate::finding::Confidence;
use crate::ir::{BinaryOp, Expr, ExprId, Module};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::fetches::outcomes_of;
use crate::link::models::{CallModel, Cost, Effect, Rows, Wrapper};
use crate::link::program::Function;
use crate::link::types::Entity;

/// Values followed from one read.
const MAX_VALUES: usize = 40;

pub(super) fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    for act in function.acts() {
        let ActKind::Effect { effect, rows, .. } = &act.kind else {
            continue;
        };
        let is_call = matches!(function.module().expr(act.expr), Expr::Call { .. });
        match (effect, rows) {
            (Effect::File, Some(Rows::Many)) if is_call => {
                let values = Values::of(function, act.expr);
                if !check_lines(function, act, &values, reporter) {
                    check_gathered(function, act, &values, reporter);
                }
            }
            (Effect::Remote, _) if is_call => check_answer(function, act, reporter),
            _ => {}
        }
    }
}

/// What a read gives, by all the names it has within the file.
struct Values<'p> {
    module: &'p Module,
    uses: &'p Uses,
    all: Vec<ExprId>,
}

impl<'p> Values<'p> {
    fn of(function: Function<'p>, read: ExprId) -> Self {
        let module = function.module();
        let uses = function.program.uses(function.file);
        let mut all = vec![read];
        let mut seen: FxHashSet<ExprId> = all.iter().copied().collect();
        let mut at = 0;
        while at < all.len() && all.len() < MAX_VALUES {
            let value = all[at];
            at += 1;
            let mut next = Vec::new();
            for &parent in uses.parents(value) {
                match module.expr(parent) {
                    Expr::Await(_) | Expr::Entered(_) => next.push(parent),
                    Expr::Assign {
                        op: None, target, ..
                    } if target != value => {
                        if let Expr::Local(local) = module.expr(target) {
                            next.extend(uses.of_value(function.facts(), local, value));
                        }
                    }
                    _ => {}
                }
            }
            all.extend(next.into_iter().filter(|&value| seen.insert(value)));
        }
        Self { module, uses, all }
    }

    /// The calls of a method of the value.
    fn method_calls(&self, names: &[&str]) -> Vec<ExprId> {
        let module = self.module;
        let mut found = Vec::new();
        for &value in &self.all {
            for &member in self.uses.parents(value) {
                let Expr::Member { object, name } = module.expr(member) else {
                    continue;
                };
                if object != value || !names.contains(&module.text(name)) {
                    continue;
                }
                let calls = self.uses.parents(member).iter().copied();
                found.extend(calls.filter(|&call| {
                    matches!(module.expr(call), Expr::Call { callee, .. } if callee == member)
                }));
            }
        }
        found
    }
}

/// `for line in file.readlines()`, `for (const line of text.split("\n"))`
fn check_lines(
    function: Function<'_>,
    act: &Act,
    values: &Values<'_>,
    reporter: &mut Reporter<'_>,
) -> bool {
    let is_list = function.type_of(act.expr).awaited().wrapper() == Some(Wrapper::List);
    let lists = if is_list {
        vec![act.expr]
    } else {
        values.method_calls(&["splitlines", "split"])
    };
    let [list] = lists[..] else {
        return false;
    };
    let outcomes = outcomes_of(function, list, Entity::None);
    let Some(lp) = unstreamed_read::only_walk(function, outcomes) else {
        return false;
    };
    let module = function.module();
    let name = function.callee_text(act.expr);
    let finding = reporter.report(
        module.span(act.expr),
        Confidence::Low,
        format!("`{name}` holds the whole file in memory, whose lines are walked once"),
    );
    finding
        .related(function.place(module.lp(lp).span), "walked here")
        .cost("memory for the whole file")
        .help("walk the file itself, line by line");
    true
}

/// The contents of one file after the other are put together: `rows += json.load(file)`.
fn check_gathered(
    function: Function<'_>,
    act: &Act,
    values: &Values<'_>,
    reporter: &mut Reporter<'_>,
) {
    let mut loops = function.loops_around(act.lp).into_iter();
    if !loops.any(|lp| lp.cardinality() != Cardinality::Fixed) {
        return;
    }
    let module = function.module();
    let mut contents = values.all.clone();
    // `JSON.parse(text)`
    for &value in &values.all {
        for &parent in values.uses.parents(value) {
            let is_parsed = matches!(module.expr(parent), Expr::Call { callee, .. }
                if callee != value)
                && costs(function, parent) == Some(Cost::Compile);
            if is_parsed {
                contents.extend(Values::of(function, parent).all);
            }
        }
    }
    let joins = |&content: &ExprId| {
        let mut parents = values.uses.parents(content).iter().copied();
        parents.any(|parent| match module.expr(parent) {
            Expr::Assign {
                op: Some(BinaryOp::Add),
                target,
                ..
            } => target != content,
            Expr::Spread(_) => values
                .uses
                .parents(parent)
                .iter()
                .any(|&call| is_method(module, call, "push")),
            Expr::Call { callee, .. } => callee != content && is_method(module, parent, "extend"),
            _ => false,
        })
    };
    // Text is put together line by line, too; what was parsed is a collection.
    let is_parsed =
        contents.len() > values.all.len() || costs(function, act.expr) == Some(Cost::Compile);
    let Some(&joined) = contents
        .iter()
        .find(|content| joins(content))
        .filter(|_| is_parsed)
    else {
        return;
    };
    let name = function.callee_text(act.expr);
    let finding = reporter.report(
        module.span(act.expr),
        Confidence::Low,
        format!("`{name}` puts the contents of all files together in memory"),
    );
    if joined != act.expr {
        finding.related(function.place_of(joined), "added to the others here");
    }
    finding
        .cost("memory for all files at once")
        .help("work on one file at a time, or read records one by one with a streaming parser");
}

fn model_at(function: Function<'_>, call: ExprId) -> Option<&CallModel> {
    match function.call_at(call)?.callee {
        Callee::Model(id) => Some(function.program.world.models.call(id)),
        _ => None,
    }
}

fn costs(function: Function<'_>, call: ExprId) -> Option<Cost> {
    model_at(function, call)?.cost
}

fn is_method(module: &Module, call: ExprId, method: &str) -> bool {
    matches!(module.expr(call), Expr::Call { callee, .. }
        if matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == method))
}

/// `file.write(requests.get(url).content)`
fn check_answer(function: Function<'_>, act: &Act, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let values = Values::of(function, act.expr);
    let mut bodies = values.method_calls(&["arrayBuffer", "buffer", "blob", "read"]);
    for &value in &values.all {
        let members = values.uses.parents(value).iter().copied();
        bodies.extend(members.filter(|&member| {
            matches!(module.expr(member), Expr::Member { object, name }
                if object == value && matches!(module.text(name), "content" | "data" | "body"))
        }));
    }
    for body in bodies {
        let mut open = Values::of(function, body).all;
        let mut at = 0;
        while at < open.len() && open.len() < MAX_VALUES {
            let value = open[at];
            at += 1;
            for &call in values.uses.parents(value) {
                let Expr::Call { callee, .. } = module.expr(call) else {
                    continue;
                };
                if callee == value {
                    continue;
                }
                if model_at(function, call).is_some_and(|model| model.effect == Some(Effect::File))
                {
                    return report_answer(function, act, call, reporter);
                }
                // `Buffer.from(body)`
                if is_method(module, call, "from") {
                    open.extend(Values::of(function, call).all);
                }
            }
        }
    }
}

fn report_answer(function: Function<'_>, act: &Act, write: ExprId, reporter: &mut Reporter<'_>) {
    let name = function.callee_text(act.expr);
    let finding = reporter.report(
        function.module().span(act.expr),
        Confidence::Low,
        format!("`{name}` holds the whole answer in memory, which goes into a file"),
    );
    finding
        .related(function.place_of(write), "written here")
        .cost("memory for the whole answer")
        .help("write it piece by piece as it comes: a stream of the answer's body");
}
