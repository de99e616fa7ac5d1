//! Where rows go: what is done with the value of a fetch, through names, wrappers and awaits,
//! within the file.

mod elements;

pub(super) use self::elements::element_local;

use rustc_hash::FxHashSet;

use super::Fetch;
use crate::analysis::def_use::Def;
use crate::analysis::uses::{Root, Uses};
use crate::ir::{BinaryOp, ComprehensionKind, Expr, ExprId, LogicalOp, LoopId, Module, UnaryOp};
use crate::link::call_graph::Callee;
use crate::link::callbacks::{Slot, param_of};
use crate::link::infer::Typer;
use crate::link::models::{Effect, Wrapper};
use crate::link::program::Function;
use crate::link::types::{Base, Entity, FunctionRef};

/// Values followed for one fetch.
const MAX_VALUES: usize = 60;

/// One thing that is done with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What.
    pub kind: OutcomeKind,
    /// The expression that does it.
    pub expr: ExprId,
}

/// What is done with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutcomeKind {
    /// They are counted.
    Counted,
    /// It is asked whether there are any.
    Tested,
    /// The first, or last, is taken.
    First,
    /// So many are taken.
    Cut,
    /// Those that fulfil a condition on their own columns are kept; or only one of them.
    Filtered,
    /// A condition that a database cannot know picks some.
    Picked,
    /// They are sorted.
    Sorted,
    /// They are made distinct.
    Deduplicated,
    /// It is asked whether a value is among them.
    Searched,
    /// They are walked, and these columns are read of each.
    Columns(Vec<String>, LoopId),
    /// They are walked.
    Walked(LoopId),
    /// They are returned.
    Returned,
    /// A function of the project is handed them as this parameter.
    Handed(FunctionRef, u16),
    /// Something out of sight is done with them: the call, or what they become part of.
    Escapes,
}

impl Fetch<'_> {
    /// What is done with the rows.
    pub fn outcomes(&self) -> Vec<Outcome> {
        outcomes_of(self.function, self.rows, self.entity)
    }
}

/// What a function does with the rows that an expression of it gives.
pub fn outcomes_of(function: Function<'_>, rows: ExprId, entity: Entity) -> Vec<Outcome> {
    let mut follower = Follower::new(function, Some(rows), entity);
    follower.push(rows);
    follower.run();
    follower.found
}

/// What a function does with rows that it is handed.
pub fn outcomes_of_param(function: Function<'_>, param: u16, entity: Entity) -> Vec<Outcome> {
    let mut follower = Follower::new(function, None, entity);
    let param = function.declared().params.get(usize::from(param));
    if let Some(Expr::Local(local)) = param.map(|param| function.module().expr(param.target)) {
        for &used in follower.uses.of_name(local) {
            follower.push(used);
        }
    }
    follower.run();
    follower.found
}

struct Follower<'p> {
    function: Function<'p>,
    module: &'p Module,
    uses: &'p Uses,
    typer: Typer<'p>,
    entity: Entity,
    /// The fetch; absent where the rows came as a parameter.
    rows: Option<ExprId>,
    open: Vec<ExprId>,
    seen: FxHashSet<ExprId>,
    found: Vec<Outcome>,
}

impl<'p> Follower<'p> {
    fn new(function: Function<'p>, rows: Option<ExprId>, entity: Entity) -> Self {
        Self {
            function,
            module: function.module(),
            uses: function.program.uses(function.file),
            typer: Typer::new(&function.program.world, function.file),
            entity,
            rows,
            open: Vec::new(),
            seen: FxHashSet::default(),
            found: Vec::new(),
        }
    }

    fn push(&mut self, value: ExprId) {
        if self.seen.insert(value) {
            self.open.push(value);
        }
    }

    fn note(&mut self, kind: OutcomeKind, expr: ExprId) {
        // What is done again and again with the same rows needs them.
        let module = self.module;
        let is_repeated = module.loops.iter().any(|lp| {
            let has_rows = self.rows.is_some_and(|rows| lp.exprs.contains(rows));
            lp.exprs.contains(expr) && !has_rows
        });
        let kind = if is_repeated && kind != OutcomeKind::Searched {
            OutcomeKind::Escapes
        } else {
            kind
        };
        let outcome = Outcome { kind, expr };
        if !self.found.contains(&outcome) {
            self.found.push(outcome);
        }
    }

    fn run(&mut self) {
        while let Some(value) = self.open.pop() {
            if self.seen.len() > MAX_VALUES {
                self.note(OutcomeKind::Escapes, value);
                return;
            }
            if let Some(lp) = self.uses.walked_by(value)
                && self.module.lp(lp).call.is_none()
            {
                self.walked(value, lp);
            }
            if let Some(target) = self.uses.bound_to(value)
                && let Expr::Local(local) = self.module.expr(target)
            {
                let uses = self.uses.of_value(self.function.facts(), local, value);
                for used in uses {
                    self.push(used);
                }
            }
            match self.uses.root(value) {
                Some(Root::Test(_)) => self.note(OutcomeKind::Tested, value),
                Some(Root::Returned(_)) => self.note(OutcomeKind::Returned, value),
                Some(Root::Collected(_) | Root::Other) => self.note(OutcomeKind::Escapes, value),
                Some(Root::Statement(_)) | None => {}
            }
            for &parent in self.uses.parents(value) {
                self.used(value, parent);
            }
        }
    }

    fn used(&mut self, value: ExprId, parent: ExprId) {
        let module = self.module;
        match module.expr(parent) {
            Expr::Await(_) | Expr::Entered(_) => self.push(parent),
            Expr::Assign { op, target, .. } => {
                if target == value {
                    return;
                }
                match (op, module.expr(target)) {
                    (None, Expr::Local(local)) => {
                        let uses = self.uses.of_value(self.function.facts(), local, value);
                        // Names of the module may be used by other files.
                        if module.local(local).function == crate::ir::MODULE_BODY {
                            self.note(OutcomeKind::Escapes, parent);
                        }
                        for used in uses {
                            self.push(used);
                        }
                        self.push(parent);
                    }
                    // The parts of a pattern are members of the value.
                    (None, Expr::Map(_) | Expr::Sequence { .. }) => {}
                    _ => self.note(OutcomeKind::Escapes, parent),
                }
            }
            Expr::Logical { op, left, .. } => match op {
                LogicalOp::Or | LogicalOp::Coalesce | LogicalOp::Default => self.push(parent),
                LogicalOp::And if left == value => self.note(OutcomeKind::Tested, value),
                LogicalOp::And => self.push(parent),
            },
            Expr::Conditional { test, .. } => {
                if test == value {
                    self.note(OutcomeKind::Tested, value);
                } else {
                    self.push(parent);
                }
            }
            Expr::Unary {
                op: UnaryOp::Not, ..
            } => self.note(OutcomeKind::Tested, parent),
            Expr::Binary { op, left, right } => {
                let other = if left == value { right } else { left };
                match op {
                    BinaryOp::In | BinaryOp::NotIn if right == value => {
                        self.note(OutcomeKind::Searched, parent);
                    }
                    BinaryOp::Is | BinaryOp::IsNot | BinaryOp::Equal | BinaryOp::NotEqual
                        if matches!(module.expr(other), Expr::Null) => {}
                    _ => self.note(OutcomeKind::Escapes, parent),
                }
            }
            Expr::Member { object, name } if object == value => {
                self.member(value, parent, module.text(name));
            }
            // A slice or an element of a query is a query of its own, unless it was asked before.
            Expr::Index { object, .. } if object == value && self.is_lazy(value) => {
                self.note(OutcomeKind::Escapes, parent);
            }
            Expr::Index { object, index } if object == value => match module.expr(index) {
                Expr::Slice(ends) if is_tail(module, module.list(ends)) => self.push(parent),
                Expr::Slice(_) => self.note(OutcomeKind::Cut, parent),
                Expr::Number(_) | Expr::Unary { .. } => {
                    // The rows of a pair of rows and count, or of rows and columns.
                    let ty = self.typer.of(value);
                    if ty.wrapper() == Some(Wrapper::Tuple) {
                        self.push(parent);
                    } else {
                        self.note(OutcomeKind::First, parent);
                    }
                }
                _ => self.note(OutcomeKind::Escapes, parent),
            },
            Expr::Call { callee, args, .. } if callee != value => {
                self.argument(value, parent, callee, module.list(args));
            }
            Expr::Sequence { elements, .. } => {
                self.in_sequence(value, parent, module.list(elements));
            }
            _ => self.note(OutcomeKind::Escapes, parent),
        }
    }

    /// `[rows, total] = await Promise.all([find(), count()])`: the rows are a part of what is
    /// given back.
    fn in_sequence(&mut self, value: ExprId, sequence: ExprId, elements: &[ExprId]) {
        let mut calls = self.uses.parents(sequence).iter().copied();
        match calls.find(|&call| self.is_concurrent(call)) {
            Some(call) => self.gathered(value, call, elements),
            None => self.note(OutcomeKind::Escapes, sequence),
        }
    }

    fn is_concurrent(&mut self, call: ExprId) -> bool {
        let model = self.typer.called_model(call);
        model.is_some_and(|(model, _)| model.concurrent)
    }

    fn gathered(&mut self, value: ExprId, call: ExprId, elements: &[ExprId]) {
        let place = elements.iter().position(|&element| element == value);
        let Some(place) = place.filter(|&place| {
            let mut before = elements[..place].iter();
            before.all(|&element| !matches!(self.module.expr(element), Expr::Spread(_)))
        }) else {
            return self.note(OutcomeKind::Escapes, call);
        };
        self.push_part(call, place);
    }

    /// Goes on with one part of a value that has several.
    fn push_part(&mut self, whole: ExprId, place: usize) {
        let module = self.module;
        match self.uses.root(whole) {
            Some(Root::Statement(_)) | None => {}
            Some(_) => self.note(OutcomeKind::Escapes, whole),
        }
        for &parent in self.uses.parents(whole) {
            match module.expr(parent) {
                Expr::Await(_) => self.push_part(parent, place),
                Expr::Index { object, index } if object == whole => match module.expr(index) {
                    Expr::Number(n) if usize::try_from(n) == Ok(place) => self.push(parent),
                    Expr::Number(_) => {}
                    _ => self.note(OutcomeKind::Escapes, parent),
                },
                Expr::Assign {
                    op: None, target, ..
                } if target != whole => match module.expr(target) {
                    Expr::Local(local) => {
                        for used in self.uses.of_value(self.function.facts(), local, whole) {
                            if self.seen.insert(used) {
                                self.push_part(used, place);
                            }
                        }
                    }
                    Expr::Map(_) | Expr::Sequence { .. } => {}
                    _ => self.note(OutcomeKind::Escapes, parent),
                },
                _ => self.note(OutcomeKind::Escapes, parent),
            }
        }
    }

    /// `len(rows)`, `sorted(rows)`, `list(rows)`, `new Set(rows)`.
    fn argument(&mut self, value: ExprId, call: ExprId, callee: ExprId, args: &[ExprId]) {
        let module = self.module;
        let target = self.function.call_at(call).map(|call| &call.callee);
        if let Some(&Callee::Function(target)) = target {
            let position = args.iter().position(|&arg| arg == value);
            let slot = position.map(|at| Slot::Position(at as u16));
            let world = &self.function.program.world;
            let kind = slot
                .and_then(|slot| param_of(world, target, slot, module))
                .map_or(OutcomeKind::Escapes, |param| {
                    OutcomeKind::Handed(target, param)
                });
            return self.note(kind, call);
        }
        if self.is_concurrent(call) {
            return self.gathered(value, call, args);
        }
        let Expr::Name(name) = module.expr(callee) else {
            // `progress(rows)`: what is walked in their place hands them on one by one.
            if args.first() == Some(&value) && self.uses.walked_by(call).is_some() {
                return self.push(call);
            }
            return self.note(OutcomeKind::Escapes, call);
        };
        if args.first() != Some(&value) {
            return self.note(OutcomeKind::Escapes, call);
        }
        match module.text(name) {
            "len" => self.counted(call),
            "bool" | "Boolean" => self.note(OutcomeKind::Tested, call),
            "list" | "tuple" | "iter" | "reversed" | "enumerate" => self.push(call),
            "sorted" => {
                self.note(OutcomeKind::Sorted, call);
                self.push(call);
            }
            "set" | "frozenset" | "Set" => {
                self.note(OutcomeKind::Deduplicated, call);
                self.push(call);
            }
            "next" => self.note(OutcomeKind::First, call),
            _ => self.note(OutcomeKind::Escapes, call),
        }
    }

    /// A count that is compared with nothing or one asks whether there are any.
    fn counted(&mut self, count: ExprId) {
        let module = self.module;
        let mut is_test = matches!(self.uses.root(count), Some(Root::Test(_)));
        for &parent in self.uses.parents(count) {
            is_test |= match module.expr(parent) {
                Expr::Binary { op, left, right } => {
                    let other = if left == count { right } else { left };
                    let compares = matches!(
                        op,
                        BinaryOp::Equal
                            | BinaryOp::NotEqual
                            | BinaryOp::Less
                            | BinaryOp::LessEqual
                            | BinaryOp::Greater
                            | BinaryOp::GreaterEqual
                    );
                    // `< 1`, `>= 1`; whether there is exactly one, or more than one, needs a count.
                    let splits = if left == count {
                        matches!(op, BinaryOp::Less | BinaryOp::GreaterEqual)
                    } else {
                        matches!(op, BinaryOp::Greater | BinaryOp::LessEqual)
                    };
                    match module.expr(other) {
                        Expr::Number(0) => compares,
                        Expr::Number(1) => splits,
                        _ => false,
                    }
                }
                Expr::Unary {
                    op: UnaryOp::Not, ..
                } => true,
                Expr::Logical {
                    op: LogicalOp::And,
                    left,
                    ..
                } => left == count,
                Expr::Conditional { test, .. } => test == count,
                _ => false,
            };
        }
        let kind = if is_test {
            OutcomeKind::Tested
        } else {
            OutcomeKind::Counted
        };
        self.note(kind, count);
    }

    fn member(&mut self, value: ExprId, member: ExprId, name: &str) {
        let call = self.uses.parents(member).iter().copied().find(|&parent| {
            matches!(self.module.expr(parent), Expr::Call { callee, .. } if callee == member)
        });
        if matches!(name, "length" | "rowCount" | "rowcount") {
            return self.counted(member);
        }
        let Some(call) = call else {
            // `result.rows`, or a part that says something of the result.
            return match name {
                "rows" | "data" | "Items" | "items" => self.push(member),
                "fields" | "count" | "total" | "description" => {}
                _ => self.note(OutcomeKind::Escapes, member),
            };
        };
        self.method(value, call, name);
    }

    /// Whether a value is a query that has not run, on one branch at least: `query if asked else []`.
    fn is_lazy(&mut self, value: ExprId) -> bool {
        self.is_query(value)
            || self.rows.is_some_and(|rows| self.is_query(rows))
                && matches!(
                    self.module.expr(value),
                    Expr::Local(_) | Expr::Conditional { .. }
                )
                && self.typer.of(value).wrapper().is_none()
                && self.has_query_branch(value)
    }

    /// Whether one of the values that a name may have is the query itself.
    fn has_query_branch(&self, value: ExprId) -> bool {
        let Some(rows) = self.rows else {
            return false;
        };
        let def_use = &self.function.facts().def_use;
        let mut values = vec![value];
        if let Some(def) = def_use.reaching(value) {
            def_use.any_source(def, |_, def| {
                if let Def::Value { value, .. } = def {
                    values.push(*value);
                }
                false
            });
        }
        values
            .into_iter()
            .any(|value| match self.module.expr(value) {
                Expr::Conditional {
                    then, otherwise, ..
                } => then == rows || otherwise == rows,
                _ => value == rows,
            })
    }

    /// Whether a value is a query that runs when it is walked.
    fn is_query(&mut self, value: ExprId) -> bool {
        let ty = self.typer.of(value);
        let models = &self.function.program.world.models;
        matches!(ty.base, Base::Model(id, _) if ty.is_bare()
            && models.iterate(id).is_some_and(|model| model.effect == Some(Effect::DbRead)))
    }

    fn method(&mut self, value: ExprId, call: ExprId, name: &str) {
        let module = self.module;
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let args = module.list(args);
        // A query that is walked once is built on or asked again without its rows.
        if self.is_query(value) {
            return;
        }
        match name {
            "all" | "scalars" | "mappings" | "unique" | "fetchall" | "tuples" | "toArray"
            | "lean" | "exec" | "map_" | "toSorted" | "toReversed" | "reverse" | "columns" => {
                self.push(call);
            }
            "sort" | "sort_values" => {
                self.note(OutcomeKind::Sorted, call);
                self.push(call);
            }
            "slice" if is_tail(module, args) => self.push(call),
            "slice" | "fetchmany" if !args.is_empty() => self.note(OutcomeKind::Cut, call),
            "slice" | "concat" => self.push(call),
            "at" | "shift" | "pop" => self.note(OutcomeKind::First, call),
            // What is for the compiler leaves nothing out.
            "filter" if self.is_type_guard(call) => self.push(call),
            "filter" | "find" | "some" | "every" | "findIndex" | "findLast" => {
                // In a callback, the condition may be another one each time.
                let sites = self.function.facts().sites(self.function.id);
                let is_here = sites.iter().any(|site| site.expr == call);
                let kind = match self.callback_of(call) {
                    Some((function, element))
                        if is_here && self.is_columnar_body(function, element) =>
                    {
                        OutcomeKind::Filtered
                    }
                    _ => OutcomeKind::Picked,
                };
                self.note(kind, call);
            }
            "includes" | "indexOf" | "has" => self.note(OutcomeKind::Searched, call),
            "map" | "flatMap" | "forEach" | "reduce" => {
                match self.function.facts().loop_of_call.get(&call) {
                    Some(&lp) => self.walked(value, lp),
                    None => self.note(OutcomeKind::Escapes, call),
                }
            }
            // A promise's continuation is handed the rows.
            _ => self.note(OutcomeKind::Escapes, call),
        }
    }

    /// Whether a callback tells the compiler of what type a row is: `(row): row is Row => …`.
    fn is_type_guard(&self, call: ExprId) -> bool {
        let module = self.module;
        let Some((function, _)) = self.callback_of(call) else {
            return false;
        };
        let returns = module.function(function).returns;
        returns.is_some_and(|returns| {
            matches!(module.expr(returns), Expr::Index { object, .. }
                if matches!(module.expr(object), Expr::Name(name) if module.text(name) == "boolean"))
        })
    }

    fn walked(&mut self, value: ExprId, lp: LoopId) {
        if let Some((condition, is_only)) = self.condition_of(lp) {
            let element = elements::element_local(self.module, lp);
            let is_columnar =
                element.is_some_and(|element| self.is_columnar(condition, element, 0));
            if is_only && is_columnar {
                return self.note(OutcomeKind::Filtered, value);
            }
            return self.note(OutcomeKind::Picked, value);
        }
        let used = self.element_use(lp);
        if used.is_whole || used.columns.is_empty() {
            return self.note(OutcomeKind::Walked(lp), value);
        }
        if !self.are_computed(&used.columns) {
            let columns = used.columns.into_iter().collect();
            return self.note(OutcomeKind::Columns(columns, lp), value);
        }
        self.note(OutcomeKind::Walked(lp), value);
    }
}

impl Fetch<'_> {
    /// What becomes of the values that a loop makes of the rows: the comprehension or call.
    pub fn made_by(&self, lp: LoopId) -> Option<(ExprId, bool)> {
        let module = self.function.module();
        let head = module.lp(lp);
        let uses = self.function.program.uses(self.function.file);
        if let Some(call) = head.call {
            return Some((call, false));
        }
        let made = uses.comprehension(lp)?;
        let is_set = matches!(
            module.expr(made),
            Expr::Comprehension {
                kind: ComprehensionKind::Set,
                ..
            }
        );
        Some((made, is_set))
    }
}

/// Whether a slice passes over the first rows and keeps all that follow: `rows.slice(10)`.
fn is_tail(module: &Module, ends: &[ExprId]) -> bool {
    let is_open = match ends {
        [_] => true,
        [_, end, ..] => matches!(module.expr(*end), Expr::Null),
        [] => false,
    };
    is_open
        && ends
            .first()
            .is_some_and(|&start| matches!(module.expr(start), Expr::Number(from) if from > 0))
}
