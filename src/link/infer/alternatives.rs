//! Values that are one of several things: `Reader | Writer`, `Reader() if x else Writer()`.

use super::super::types::{Base, Type};
use super::{MAX_STEPS, Typer};
use crate::analysis::def_use::{Def, DefId};
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind};

/// Things that a value may be, beyond which nothing is said.
const MAX_ALTERNATIVES: usize = 4;

impl Typer<'_> {
    /// The types that a value may have, if they are different ones. None for a value whose type
    /// is known.
    pub(in crate::link) fn alternatives(&mut self, value: ExprId) -> Vec<Type> {
        let mut found = Vec::new();
        if self.steps <= MAX_STEPS {
            self.steps += 1;
            self.value_alternatives(value, &mut found);
            self.steps -= 1;
        }
        let mut distinct: Vec<Type> = Vec::new();
        for ty in found {
            let is_value = matches!(
                ty.base,
                Base::Instance(_) | Base::Class(_) | Base::Model(..) | Base::Literal(_)
            );
            if ty.is_bare() && is_value && distinct.iter().all(|known| known.base != ty.base) {
                distinct.push(ty);
            }
        }
        if distinct.len() > MAX_ALTERNATIVES {
            distinct.clear();
        }
        distinct
    }

    fn value_alternatives(&mut self, value: ExprId, found: &mut Vec<Type>) {
        match self.module.expr(value) {
            Expr::Local(local) => {
                let declared = self.module.local(local);
                if let Some(annotation) = declared.annotation {
                    self.annotated_alternatives(annotation, found);
                    return;
                }
                if let Some(def) = self.facts.def_use.reaching(value) {
                    self.defined_alternatives(def, found);
                }
                if let LocalKind::Param(index) = declared.kind
                    && let Some(annotation) = self
                        .module
                        .function(declared.function)
                        .params
                        .get(usize::from(index))
                        .and_then(|param| param.annotation)
                {
                    self.annotated_alternatives(annotation, found);
                }
            }
            Expr::Conditional {
                then, otherwise, ..
            } => found.extend([self.of(then), self.of(otherwise)]),
            Expr::Logical { left, right, .. } => found.extend([self.of(left), self.of(right)]),
            _ => {}
        }
    }

    fn defined_alternatives(&mut self, def: DefId, found: &mut Vec<Type>) {
        match self.facts.def_use.def(def) {
            Def::Value { value, .. } => self.value_alternatives(*value, found),
            Def::Join { operands, .. } => {
                for &operand in operands.iter().take(MAX_ALTERNATIVES) {
                    if let Def::Value { value, .. } = self.facts.def_use.def(operand) {
                        found.push(self.of(*value));
                    }
                }
            }
            _ => {}
        }
    }

    fn annotated_alternatives(&mut self, annotation: ExprId, found: &mut Vec<Type>) {
        let module = self.module;
        match module.expr(annotation) {
            Expr::Binary {
                op: BinaryOp::BitOr,
                left,
                right,
            } => {
                self.annotated_alternatives(left, found);
                self.annotated_alternatives(right, found);
            }
            Expr::Index { object, index } if self.last_name(object) == Some("Union") => {
                if let Expr::Sequence { elements, .. } = module.expr(index) {
                    for &element in module.list(elements) {
                        found.push(self.annotated(element));
                    }
                }
            }
            _ => found.push(self.annotated(annotation)),
        }
    }
}
