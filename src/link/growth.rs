//! Which collections come from outside and grow with the data: what functions of the project ask
//! a database or another service for, what requests carry, what files hold.

use super::call_graph::Callee;
use super::cardinality::Cardinality;
use super::entry_points::Reach;
use super::models::{Effect, Rows, Wrapper};
use super::program::{Function, Program};
use super::types::FunctionRef;
use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, LocalId, LocalKind};
use crate::source::FileId;

/// Steps after which a value is not followed any further.
const MAX_STEPS: u32 = 24;

impl Program {
    /// Whether a collection is known to come from outside. What the program's text writes out,
    /// and what nothing is known of, is not.
    pub fn is_fetched(&self, file: FileId, expr: ExprId) -> bool {
        let mut steps = MAX_STEPS;
        self.fetches(file, expr, &mut steps)
    }

    fn fetches(&self, file: FileId, expr: ExprId, steps: &mut u32) -> bool {
        let Some(left) = steps.checked_sub(1) else {
            return false;
        };
        *steps = left;
        let module = &self.world.unit(file).facts.module;
        match module.expr(expr) {
            Expr::Await(inner)
            | Expr::Spread(inner)
            | Expr::Entered(inner)
            | Expr::Assign { value: inner, .. } => self.fetches(file, inner, steps),
            Expr::Logical { left, right, .. } => {
                self.fetches(file, left, steps) || self.fetches(file, right, steps)
            }
            Expr::Conditional {
                then, otherwise, ..
            } => self.fetches(file, then, steps) || self.fetches(file, otherwise, steps),
            Expr::Comprehension { lp, .. } => match module.lp(lp).over {
                Some(over) => self.fetches(file, over, steps),
                None => false,
            },
            Expr::Local(local) => self.local_is_fetched(file, expr, local, steps),
            // `request.body.items`, `response.data`
            Expr::Member { object, name } => {
                let is_content = matches!(
                    module.text(name),
                    "body" | "data" | "validated_data" | "json"
                );
                is_content && self.is_request(file, object)
                    || matches!(module.expr(object), Expr::Member { .. } | Expr::Local(_))
                        && self.is_answer(file, object, steps)
            }
            Expr::Call { .. } => self.call_is_fetched(file, expr, steps),
            _ => false,
        }
    }

    fn local_is_fetched(
        &self,
        file: FileId,
        expr: ExprId,
        local: LocalId,
        steps: &mut u32,
    ) -> bool {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let declared = module.local(local);
        if let LocalKind::Param(_) = declared.kind {
            // A list that a handler is handed is what the request carries.
            let owner = self.function(FunctionRef {
                file,
                function: declared.function,
            });
            return owner.reached().reach == Reach::Handler
                && owner.type_of(expr).wrapper() == Some(Wrapper::List);
        }
        let mut values = Vec::new();
        match facts.def_use.reaching(expr) {
            Some(def) => {
                facts.def_use.any_source(def, |_, def| {
                    match def {
                        Def::Value { value, .. } => values.push(*value),
                        Def::Entry { local, .. } => {
                            values.extend(facts.def_use.single_value(*local));
                        }
                        _ => {}
                    }
                    false
                });
            }
            None => values.extend(facts.def_use.single_value(local)),
        }
        values
            .into_iter()
            .any(|value| self.fetches(file, value, steps))
    }

    fn call_is_fetched(&self, file: FileId, expr: ExprId, steps: &mut u32) -> bool {
        let module = &self.world.unit(file).facts.module;
        let Expr::Call { callee, args, .. } = module.expr(expr) else {
            return false;
        };
        let owner = self.owner(file, expr);
        match owner.call_at(expr).map(|call| &call.callee) {
            Some(&Callee::Function(called)) => {
                let summary = self.summary(called);
                let asks = [Effect::DbRead, Effect::Remote]
                    .iter()
                    .any(|&effect| summary.effect(effect).is_some());
                let is_list = owner.type_of(expr).awaited().wrapper() == Some(Wrapper::List);
                if asks && is_list {
                    return !self.gives_fixed(called);
                }
            }
            Some(&Callee::Model(id)) => {
                let model = self.world.models.call(id);
                match model.effect {
                    Some(Effect::File) => return model.rows == Some(Rows::Many),
                    Some(Effect::DbRead | Effect::Remote) => {
                        return self.size_of(file, expr) == Cardinality::Rows;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        // What is made of a collection is as long.
        let name = match module.expr(callee) {
            Expr::Member { name, .. } | Expr::Name(name) => module.text(name),
            _ => return false,
        };
        let over = match (module.expr(callee), name) {
            (Expr::Name(_), "list" | "sorted" | "reversed" | "enumerate" | "iter" | "tuple") => {
                module.list(args).first().copied()
            }
            (
                Expr::Member { object, .. },
                "filter" | "map" | "items" | "values" | "keys" | "sort" | "toSorted" | "reverse"
                | "slice" | "flatMap" | "entries",
            ) => match module.expr(object) {
                Expr::Name(_) => module.list(args).first().copied(),
                _ => Some(object),
            },
            // `response.json()`
            (Expr::Member { object, .. }, "json") => {
                return self.is_request(file, object) || self.is_answer(file, object, steps);
            }
            _ => None,
        };
        over.is_some_and(|over| self.fetches(file, over, steps))
    }

    /// Whether an expression is what a handler is asked with: its parameter, or a framework's
    /// request.
    fn is_request(&self, file: FileId, expr: ExprId) -> bool {
        let module = &self.world.unit(file).facts.module;
        let Expr::Local(local) = module.expr(expr) else {
            return false;
        };
        let declared = module.local(local);
        match declared.kind {
            LocalKind::Param(_) => {
                let owner = FunctionRef {
                    file,
                    function: declared.function,
                };
                self.function(owner).reached().reach == Reach::Handler
            }
            LocalKind::Import(_) => module.text(declared.name) == "request",
            _ => false,
        }
    }

    /// Whether an expression is what another service answered.
    fn is_answer(&self, file: FileId, expr: ExprId, steps: &mut u32) -> bool {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let mut at = expr;
        for _ in 0..6 {
            at = match module.expr(at) {
                Expr::Await(inner) | Expr::Member { object: inner, .. } => inner,
                Expr::Local(local) => match facts.def_use.single_value(local) {
                    Some(value) => value,
                    None => return false,
                },
                Expr::Call { callee, .. } => {
                    let owner = self.owner(file, at);
                    if let Some(&Callee::Model(id)) = owner.call_at(at).map(|call| &call.callee)
                        && self.world.models.call(id).effect == Some(Effect::Remote)
                    {
                        return true;
                    }
                    let Some(left) = steps.checked_sub(1) else {
                        return false;
                    };
                    *steps = left;
                    match module.expr(callee) {
                        Expr::Member { object, name } if module.text(name) == "json" => object,
                        _ => return false,
                    }
                }
                _ => return false,
            };
        }
        false
    }

    /// Whether all that a function returns is bounded by its text.
    fn gives_fixed(&self, function: FunctionRef) -> bool {
        let module = &self.world.unit(function.file).facts.module;
        let returned = module.returned(function.function);
        !returned.is_empty()
            && returned.iter().all(|&value| {
                let value = match module.expr(value) {
                    Expr::Await(inner) => inner,
                    _ => value,
                };
                self.size_of(function.file, value) == Cardinality::Fixed
            })
    }

    /// The function that an expression stands in.
    pub fn owner(&self, file: FileId, expr: ExprId) -> Function<'_> {
        let module = &self.world.unit(file).facts.module;
        self.function(FunctionRef {
            file,
            function: module.function_of(expr),
        })
    }
}
