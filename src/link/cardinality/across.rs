//! Sizes that another function decides: of what a call answers, of one part of an answer, and of
//! what the callers hand to a parameter.

use super::{Cardinality, Tracer, widest};
use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, FunctionId, LocalKind, Module};
use crate::link::callbacks::argument_for;
use crate::link::models::{Rows, Wrapper};
use crate::link::types::{Base, FunctionRef};
use crate::source::{Context, FileId};

/// Functions entered one within the other.
const MAX_ENTERED: usize = 3;
/// Calls of a function that are asked what they hand over; those of more are not known.
const MAX_CALLS: usize = 6;
/// Steps from a value to the call or literal that it is a part of.
const MAX_STEPS: usize = 8;

/// A call through which a function was entered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Through {
    file: FileId,
    call: ExprId,
    callee: FunctionRef,
}

/// One part of a value: `answer.rows`, `answer[1]`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'t> {
    Key(&'t str),
    At(i64),
}

impl<'p> Tracer<'p> {
    /// The size of what a function of the project answers.
    pub(super) fn answered(&mut self, call: ExprId, callee: ExprId) -> Cardinality {
        let Some(target) = self.called(callee) else {
            return Cardinality::Unknown;
        };
        self.of_answers(call, target, Tracer::collection)
    }

    /// The widest of what `size` says of the values that a function answers. A method that
    /// answers nothing or nothing written out has it from the classes below.
    fn of_answers(
        &mut self,
        call: ExprId,
        target: FunctionRef,
        mut size: impl FnMut(&mut Tracer<'p>, ExprId) -> Cardinality,
    ) -> Cardinality {
        let Some(mut inner) = self.entering(call, target) else {
            return Cardinality::Unknown;
        };
        let module = &inner.program.world.unit(target.file).facts.module;
        if module.function(target.function).is_generator {
            return Cardinality::Unknown;
        }
        let mut whole = None;
        for value in module.returned(target.function) {
            if is_nothing(module, value) {
                continue;
            }
            let found = size(&mut inner, value);
            whole = Some(whole.map_or(found, |known| widest(known, found)));
        }
        whole.unwrap_or(Cardinality::Unknown)
    }

    /// A tracer inside a function that a call of this file calls.
    fn entering(&self, call: ExprId, callee: FunctionRef) -> Option<Self> {
        if self.through.len() >= MAX_ENTERED {
            return None;
        }
        let mut inner = Tracer::new(self.program, callee.file);
        inner.depth = self.depth;
        inner.through.clone_from(&self.through);
        inner.through.push(Through {
            file: self.file,
            call,
            callee,
        });
        Some(inner)
    }

    fn called(&mut self, callee: ExprId) -> Option<FunctionRef> {
        match self.typer.of(callee).base {
            Base::Function(target) => Some(target),
            _ => None,
        }
    }

    /// The size of what is handed to a parameter: by the call through which the function was
    /// entered, or by all calls that are seen.
    pub(super) fn given(&mut self, function: FunctionId, param: u16) -> Cardinality {
        let callee = FunctionRef {
            file: self.file,
            function,
        };
        if let Some(&through) = self.through.last()
            && through.callee == callee
        {
            let mut outer = Tracer::new(self.program, through.file);
            outer.depth = self.depth;
            outer.through.clone_from(&self.through);
            outer.through.pop();
            return outer.handed(through.call, callee, param);
        }
        // A function that the last call did not enter is one around it.
        if !self.through.is_empty() || self.depth > super::MAX_HOPS {
            return Cardinality::Unknown;
        }
        let program = self.program;
        let calls = program
            .callers()
            .get(&callee)
            .map_or(&[][..], Vec::as_slice);
        let mut calls = calls
            .iter()
            .filter(|(caller, _)| program.contexts[caller.file.index()] != Context::Test);
        let mut size = None;
        for &(caller, call) in calls.by_ref().take(MAX_CALLS) {
            let mut outer = Tracer::new(program, caller.file);
            outer.depth = self.depth + 4;
            let handed = outer.handed(call, callee, param);
            size = Some(size.map_or(handed, |known| widest(known, handed)));
        }
        match size {
            // The calls that were not looked at may hand over anything.
            Some(size) if calls.next().is_none() || size == Cardinality::Rows => size,
            _ => Cardinality::Unknown,
        }
    }

    fn handed(&mut self, call: ExprId, callee: FunctionRef, param: u16) -> Cardinality {
        let world = &self.program.world;
        let module = &world.unit(self.file).facts.module;
        match argument_for(world, module, call, callee, param) {
            Some(argument) => self.collection(argument),
            None => Cardinality::Unknown,
        }
    }

    /// The size of a part of a value: of an object or list that is written out where it is made
    /// or answered, or of what several calls answer together.
    pub(super) fn part(&mut self, of: ExprId, part: Part<'_>) -> Cardinality {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let is_tuple = self.typer.of(of).wrapper() == Some(Wrapper::Tuple);
        let mut at = of;
        for _ in 0..MAX_STEPS {
            at = match module.expr(at) {
                Expr::Await(inner) => inner,
                Expr::Local(local) => {
                    if matches!(module.local(local).kind, LocalKind::Import(_)) {
                        return Cardinality::Unknown;
                    }
                    match facts.def_use.reaching(at).map(|def| facts.def_use.def(def)) {
                        Some(Def::Value { value, .. }) => *value,
                        _ => return Cardinality::Unknown,
                    }
                }
                Expr::Map(entries) => {
                    let Part::Key(key) = part else {
                        return Cardinality::Unknown;
                    };
                    let entry = module.list(entries).iter().rev().find_map(|&entry| {
                        match module.expr(entry) {
                            Expr::Keyword { name, value } if module.text(name) == key => {
                                Some(value)
                            }
                            _ => None,
                        }
                    });
                    return entry.map_or(Cardinality::Unknown, |value| self.collection(value));
                }
                Expr::Sequence { elements, .. } => {
                    return self.nth(module.list(elements), part);
                }
                Expr::Call { callee, args, .. } => {
                    if self.joins(callee) {
                        let args = module.list(args);
                        return match args.first().map(|&only| module.expr(only)) {
                            Some(Expr::Sequence { elements, .. }) => {
                                self.nth(module.list(elements), part)
                            }
                            _ => self.nth(args, part),
                        };
                    }
                    return self.part_of_answer(at, callee, part, is_tuple);
                }
                _ => return Cardinality::Unknown,
            };
        }
        Cardinality::Unknown
    }

    fn part_of_answer(
        &mut self,
        call: ExprId,
        callee: ExprId,
        part: Part<'_>,
        is_tuple: bool,
    ) -> Cardinality {
        if let Some((model, _)) = self.typer.called_model(call) {
            let is_many = model.effect.is_some() && model.rows == Some(Rows::Many);
            let holds_rows = match part {
                // `const { rows } = await pool.query(…)`
                Part::Key(key) => matches!(
                    key,
                    "rows" | "recordset" | "results" | "items" | "Items" | "docs" | "documents"
                ),
                // `const [rows, total] = await repository.findAndCount()`
                Part::At(at) => at == 0 && is_tuple,
            };
            let sql = model.sql;
            if !is_many || !holds_rows || model.bounded.is_some() {
                return Cardinality::Unknown;
            }
            let sql = sql.and_then(|at| self.typer.argument(call, at.into()));
            return match sql {
                Some(sql) if self.has_limit(sql) => Cardinality::Fixed,
                _ => Cardinality::Rows,
            };
        }
        let Some(target) = self.called(callee) else {
            return Cardinality::Unknown;
        };
        self.of_answers(call, target, |tracer, value| tracer.part(value, part))
    }

    fn nth(&mut self, elements: &[ExprId], part: Part<'_>) -> Cardinality {
        let module = &self.program.world.unit(self.file).facts.module;
        let Part::At(at) = part else {
            return Cardinality::Unknown;
        };
        let is_spread = |&element: &ExprId| matches!(module.expr(element), Expr::Spread(_));
        match usize::try_from(at).ok().and_then(|at| elements.get(at)) {
            Some(&element) if !elements.iter().any(is_spread) => self.collection(element),
            _ => Cardinality::Unknown,
        }
    }

    /// Whether a function waits for several answers and gives them together.
    pub(super) fn joins(&self, callee: ExprId) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        let owner = match module.expr(object) {
            Expr::Name(owner) => module.text(owner),
            Expr::Local(local) => module.text(module.local(local).name),
            _ => return false,
        };
        matches!(
            (owner, module.text(name)),
            ("Promise" | "Bluebird", "all" | "allSettled")
                | ("asyncio" | "trio" | "anyio", "gather")
        )
    }

    /// The size of what is answered by all that a call waits for.
    pub(super) fn joined(&mut self, args: &[ExprId]) -> Cardinality {
        let module = &self.program.world.unit(self.file).facts.module;
        let mut size = Cardinality::Fixed;
        for &arg in args {
            let waited = match module.expr(arg) {
                Expr::Spread(inner) => inner,
                Expr::Keyword { .. } => continue,
                // `gather(a(), b())`
                Expr::Call { .. } if args.len() > 1 => continue,
                _ => arg,
            };
            size = widest(size, self.collection(waited));
        }
        size
    }
}

/// Whether a value holds no elements as it stands: nothing, or a list or map without entries.
fn is_nothing(module: &Module, value: ExprId) -> bool {
    match module.expr(value) {
        Expr::Null => true,
        Expr::Sequence { elements, .. } => module.list(elements).is_empty(),
        Expr::Map(entries) => module.list(entries).is_empty(),
        _ => false,
    }
}
