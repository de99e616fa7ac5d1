//! Which members are read of rows, through names, walks and callbacks within one function.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::outcomes::element_local;
use crate::analysis::uses::{Root, Uses};
use crate::ir::{Expr, ExprId, LocalId, LoopId, Module};
use crate::link::infer::Typer;
use crate::link::program::Function;
use crate::link::types::Entity;

/// Values followed for one read.
const MAX_VALUES: usize = 120;

/// The members that are read of rows, where all of their uses are in sight.
pub(super) struct Members {
    pub(super) read: Vec<ExprId>,
    /// The loops that walk the rows.
    pub(super) loops: Vec<LoopId>,
}

impl Members {
    /// None if a row goes out of sight: who has it may read anything of it.
    pub(super) fn of(
        function: Function<'_>,
        rows: ExprId,
        is_many: bool,
        entity: Entity,
    ) -> Option<Self> {
        if entity == Entity::None {
            return None;
        }
        let mut search = MemberSearch {
            function,
            entity,
            module: function.module(),
            uses: function.program.uses(function.file),
            open: VecDeque::new(),
            seen: FxHashSet::default(),
            read: Vec::new(),
            loops: Vec::new(),
        };
        search.push(rows, if is_many { Holds::Rows } else { Holds::Row });
        while let Some((value, holds)) = search.open.pop_front() {
            if search.seen.len() > MAX_VALUES {
                return None;
            }
            search.follow(value, holds)?;
        }
        // Rows of which nothing is read are not understood.
        (!search.read.is_empty()).then_some(Self {
            read: search.read,
            loops: search.loops,
        })
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holds {
    /// A list of rows.
    Rows,
    /// A row.
    Row,
    /// Several values of which part `n` is a list of rows.
    PartRows(usize),
    /// Several values of which part `n` is a row.
    PartRow(usize),
}

struct MemberSearch<'p> {
    function: Function<'p>,
    /// Whose rows they are.
    entity: Entity,
    module: &'p Module,
    uses: &'p Uses,
    open: VecDeque<(ExprId, Holds)>,
    seen: FxHashSet<(ExprId, Holds)>,
    read: Vec<ExprId>,
    loops: Vec<LoopId>,
}

impl MemberSearch<'_> {
    fn push(&mut self, value: ExprId, holds: Holds) {
        if self.seen.insert((value, holds)) {
            self.open.push_back((value, holds));
        }
    }

    /// None if the value goes out of sight.
    fn follow(&mut self, value: ExprId, holds: Holds) -> Option<()> {
        match self.uses.root(value) {
            Some(Root::Statement(_) | Root::Test(_)) | None => {}
            Some(_) => return None,
        }
        if let Some(lp) = self.uses.walked_by(value)
            && self.module.lp(lp).call.is_none()
        {
            self.walked(lp, holds)?;
        }
        if let Some(target) = self.uses.bound_to(value) {
            self.named(target, value, holds)?;
        }
        for &parent in self.uses.parents(value) {
            self.used(value, holds, parent)?;
        }
        Some(())
    }

    /// A name is given the value.
    fn named(&mut self, target: ExprId, value: ExprId, holds: Holds) -> Option<()> {
        match self.module.expr(target) {
            Expr::Local(local) => {
                if self.module.local(local).function == crate::ir::MODULE_BODY {
                    return None;
                }
                for used in self.uses.of_value(self.function.facts(), local, value) {
                    self.push(used, holds);
                }
                Some(())
            }
            // The parts of a pattern are members of the value.
            Expr::Map(_) | Expr::Sequence { .. } => Some(()),
            _ => None,
        }
    }

    fn used(&mut self, value: ExprId, holds: Holds, parent: ExprId) -> Option<()> {
        let module = self.module;
        match module.expr(parent) {
            Expr::Await(_) | Expr::Entered(_) => {
                self.push(parent, holds);
                Some(())
            }
            Expr::Assign {
                op: None, target, ..
            } if target != value => self.named(target, value, holds),
            Expr::Assign { target, .. } if target == value => Some(()),
            Expr::Logical { .. } => {
                self.push(parent, holds);
                Some(())
            }
            Expr::Conditional { test, .. } => {
                if test != value {
                    self.push(parent, holds);
                }
                Some(())
            }
            Expr::Unary { .. } => Some(()),
            Expr::Binary { left, right, .. } => {
                let other = if left == value { right } else { left };
                matches!(module.expr(other), Expr::Null).then_some(())
            }
            Expr::Sequence { elements, .. } => {
                let place = module.list(elements).iter().position(|&e| e == value)?;
                let is_concurrent = self.uses.parents(parent).iter().any(|&call| {
                    let mut typer = Typer::new(&self.function.program.world, self.function.file);
                    let model = typer.called_model(call);
                    model.is_some_and(|(model, _)| model.concurrent)
                });
                let holds = match holds {
                    Holds::Rows if is_concurrent => Holds::PartRows(place),
                    Holds::Row if is_concurrent => Holds::PartRow(place),
                    _ => return None,
                };
                for &call in self.uses.parents(parent) {
                    self.push(call, holds);
                }
                Some(())
            }
            Expr::Member { object, name } if object == value => {
                self.member(holds, parent, module.text(name))
            }
            Expr::Index { object, index } if object == value => {
                let part = match (holds, module.expr(index)) {
                    (Holds::Rows, Expr::Number(_)) => Holds::Row,
                    (Holds::Rows, Expr::Slice(_)) => Holds::Rows,
                    (Holds::PartRows(n), Expr::Number(of)) if usize::try_from(of) == Ok(n) => {
                        Holds::Rows
                    }
                    (Holds::PartRow(n), Expr::Number(of)) if usize::try_from(of) == Ok(n) => {
                        Holds::Row
                    }
                    (Holds::PartRows(_) | Holds::PartRow(_), Expr::Number(_)) => return Some(()),
                    _ => return None,
                };
                self.push(parent, part);
                Some(())
            }
            Expr::Call { callee, args, .. } if callee != value => {
                let Expr::Name(name) = module.expr(callee) else {
                    return None;
                };
                let is_first = module.list(args).first() == Some(&value);
                match (module.text(name), holds) {
                    ("len" | "bool" | "Boolean", _) => Some(()),
                    ("list" | "tuple" | "sorted" | "reversed", Holds::Rows) if is_first => {
                        self.push(parent, Holds::Rows);
                        Some(())
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn member(&mut self, holds: Holds, member: ExprId, name: &str) -> Option<()> {
        let module = self.module;
        let call = self.uses.parents(member).iter().copied().find(
            |&parent| matches!(module.expr(parent), Expr::Call { callee, .. } if callee == member),
        );
        match (holds, call) {
            // A method of the row may read all of it.
            (Holds::Row, Some(_)) => None,
            (Holds::Row, None) if self.is_computed(name) => None,
            (Holds::Row, None) => {
                self.read.push(member);
                Some(())
            }
            (Holds::Rows, None) => (name == "length").then_some(()),
            (Holds::Rows, Some(call)) => {
                let given = match name {
                    "filter" | "sort" | "toSorted" | "reverse" | "toReversed" | "slice" | "all"
                    | "scalars" | "unique" | "fetchall" => Some(Holds::Rows),
                    "find" | "findLast" | "at" | "shift" | "pop" | "first" | "one"
                    | "one_or_none" | "scalar_one" | "scalar_one_or_none" | "scalar" => {
                        Some(Holds::Row)
                    }
                    "map" | "flatMap" | "forEach" | "some" | "every" => None,
                    _ => return None,
                };
                if let Some(&lp) = self.function.facts().loop_of_call.get(&call) {
                    self.walked(lp, holds)?;
                } else if given.is_none() {
                    return None;
                }
                if let Some(given) = given {
                    self.push(call, given);
                }
                Some(())
            }
            (Holds::PartRows(_) | Holds::PartRow(_), _) => None,
        }
    }

    /// Whether a member is a property that the rows' class computes.
    fn is_computed(&self, name: &str) -> bool {
        match self.entity {
            Entity::Class(class) => self.function.program.world.method(class, name).is_some(),
            Entity::Named(..) | Entity::None => false,
        }
    }

    fn walked(&mut self, lp: LoopId, holds: Holds) -> Option<()> {
        if holds != Holds::Rows {
            return None;
        }
        self.loops.push(lp);
        if let Some(element) = element_local(self.module, lp) {
            self.element(element);
            return Some(());
        }
        let head = self.module.lp(lp);
        let target = match (head.element, head.callback) {
            (Some(target), _) => target,
            (None, Some(callback)) => match self.module.expr(callback) {
                Expr::Function(function) => {
                    let params = &self.module.function(function).params;
                    params.get(self.module.element_param(lp))?.target
                }
                _ => return None,
            },
            _ => return None,
        };
        // `({ name, posts }) => …`
        let bindings = self.module.bindings(target);
        for binding in bindings {
            match self.module.expr(binding.value) {
                Expr::Member { name, .. } if !self.is_computed(self.module.text(name)) => {
                    self.read.push(binding.value);
                }
                _ => return None,
            }
        }
        (!bindings.is_empty()).then_some(())
    }

    fn element(&mut self, element: LocalId) {
        for &used in self.uses.of_name(element) {
            self.push(used, Holds::Row);
        }
    }
}
