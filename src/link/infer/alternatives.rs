//! Values that are one of several things: `Reader | Writer`, `Reader() if x else Writer()`.

use super::super::models::{EntityFrom, ModelTypeId};
use super::super::types::{Base, Entity, Type};
use super::{MAX_STEPS, Typer};
use crate::analysis::def_use::{Def, DefId};
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind};

/// Things that a value may be, beyond which nothing is said.
const MAX_ALTERNATIVES: usize = 4;

impl Typer<'_> {
    /// What holds of a value that is one or the other: of two queries of the same rows, that it
    /// is a query of these.
    pub(super) fn either(&self, a: Type, b: Type) -> Type {
        let ty = a.or(b);
        if !ty.is_unknown() || a.is_unknown() || b.is_unknown() {
            return ty;
        }
        self.common_query(a, b).unwrap_or(ty)
    }

    fn common_query(&self, a: Type, b: Type) -> Option<Type> {
        let models = &self.world.models;
        if !a.is_bare()
            || !b.is_bare()
            || !matches!(
                (a.base, b.base),
                (Base::Model(..), _) | (_, Base::Model(..))
            )
        {
            return None;
        }
        let ((a_id, a_of), (b_id, b_of)) = (self.query_of(a)?, self.query_of(b)?);
        let entity = match (a_of, b_of) {
            (Entity::None, other) | (other, Entity::None) => other,
            (one, other) => (one == other).then_some(one)?,
        };
        let above = |id: ModelTypeId| std::iter::successors(Some(id), |&id| models.ty(id).extends);
        let common = above(a_id).find(|&id| above(b_id).any(|other| other == id))?;
        let gives = |id| models.iterate(id).map(|model| &model.gives);
        let is_same =
            gives(common).is_some() && gives(a_id) == gives(common) && gives(b_id) == gives(common);
        let confidence = a.confidence.min(b.confidence);
        is_same.then(|| Type::of(Base::Model(common, entity)).at_most(confidence))
    }

    /// The library's query that a value is, if it is one, and whose rows it gives.
    fn query_of(&self, ty: Type) -> Option<(ModelTypeId, Entity)> {
        match ty.base {
            Base::Model(id, entity) => Some((id, entity)),
            Base::Instance(class) => {
                let models = &self.world.models;
                let mut bases = self.world.library_bases(class).into_iter();
                let id = bases.find(|&id| models.ty(id).entity_from != EntityFrom::Receiver)?;
                Some((id, self.world.entities.rows_of(class)))
            }
            _ => None,
        }
    }

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
