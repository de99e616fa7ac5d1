//! Types of the parts of tuples, which have one each: `[a, b] = await Promise.all([…])`,
//! `for i, x in enumerate(xs)`, `rows, total = load()`.

use super::super::models::{TypeSpec, Wrapper};
use super::super::types::{Base, Type};
use super::{MAX_STEPS, Typer, entity_of};
use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, FunctionId, Invocation, LocalKind, Stmt};

/// Parts of a tuple that are told apart.
const MAX_PARTS: usize = 8;

impl Typer<'_> {
    /// Part `n` of a value that is made of several, if they are known one by one.
    pub(super) fn part(&mut self, object: ExprId, n: usize) -> Option<Type> {
        if self.steps > MAX_STEPS {
            return None;
        }
        self.steps += 1;
        let found = self.find_part(object, n);
        self.steps -= 1;
        found.filter(|ty| !ty.is_unknown())
    }

    fn find_part(&mut self, object: ExprId, n: usize) -> Option<Type> {
        let module = self.module;
        match module.expr(object) {
            Expr::Local(local) => {
                if let Some(annotation) = module.local(local).annotation {
                    return self.annotated_part(annotation, n);
                }
                if let LocalKind::Param(i) = module.local(local).kind {
                    return self.part_of_param(module.local(local).function, usize::from(i), n);
                }
                match self.facts.def_use.def(self.facts.def_use.reaching(object)?) {
                    Def::Value { value, .. } => self.part(*value, n),
                    _ => None,
                }
            }
            Expr::Param(i) => self.part_of_param(module.function_of(object), i as usize, n),
            Expr::Await(inner) => self.awaited_part(inner, n),
            Expr::Sequence { elements, .. } => {
                let elements = module.list(elements);
                let before = elements.get(..=n)?;
                if before
                    .iter()
                    .any(|&e| matches!(module.expr(e), Expr::Spread(_)))
                {
                    return None;
                }
                Some(self.of(elements[n]))
            }
            Expr::Element(lp) => self.part_of_element(module.lp(lp).over?, n),
            Expr::Call { .. } => self.part_of_call(object, n),
            _ => None,
        }
    }

    fn part_of_param(&mut self, function: FunctionId, index: usize, n: usize) -> Option<Type> {
        let declared = self.module.function(function);
        if let Some(annotation) = declared.params.get(index)?.annotation {
            return self.annotated_part(annotation, n);
        }
        match declared.invocation {
            Invocation::PerElement(lp) if index == self.module.element_param(lp) => {
                self.part_of_element(self.module.lp(lp).over?, n)
            }
            _ => None,
        }
    }

    /// Part `n` of what a call gives.
    fn part_of_call(&mut self, call: ExprId, n: usize) -> Option<Type> {
        let callee = self.callee(call);
        if let (Base::Function(function), true) = (callee.base, callee.is_bare()) {
            let state = self.last_round(function.file);
            return state.parts.get(&function.function)?.get(n).copied();
        }
        let (model, receiver) = self.called_model(call)?;
        self.specified_part(&model.returns, n, receiver, call)
    }

    fn awaited_part(&mut self, value: ExprId, n: usize) -> Option<Type> {
        let module = self.module;
        let Expr::Call { args, .. } = module.expr(value) else {
            return self.part(value, n);
        };
        if let Some((model, _)) = self.called_model(value)
            && model.concurrent
        {
            // All at once, handed over in a list or one by one.
            let args = module.list(args);
            let list = args.first().map(|&first| module.expr(first));
            let element = match list {
                Some(Expr::Sequence { elements, .. }) => module.list(elements).get(..=n),
                _ => args.get(..=n),
            }?;
            let is_spread = |&&e: &&ExprId| matches!(module.expr(e), Expr::Spread(_));
            if element.iter().find(is_spread).is_some() {
                return None;
            }
            let ty = self.of(*element.last()?);
            return Some(self.awaited(ty));
        }
        self.part(value, n)
    }

    /// Part `n` of what iterating a value yields.
    fn part_of_element(&mut self, over: ExprId, n: usize) -> Option<Type> {
        if let Expr::Call { .. } = self.module.expr(over)
            && let Some((model, receiver)) = self.called_model(over)
        {
            let TypeSpec::Wrapped(_, inner) = &model.returns else {
                return None;
            };
            return self.specified_part(inner, n, receiver, over);
        }
        let ty = self.of(over);
        let ecosystem = self.world.unit(self.file).ecosystem;
        let world = self.world;
        let id = match (ty.wrapper(), ty.base) {
            (Some(wrapper), _) => world.models.wrapper_type(ecosystem, wrapper)?,
            (None, Base::Model(id, _)) => id,
            _ => return None,
        };
        match &world.models.iterate(id)?.gives {
            TypeSpec::Parts(parts) => Some(self.plain_spec(parts.get(n)?, ty, entity_of(ty))),
            _ => None,
        }
    }

    fn specified_part(
        &mut self,
        spec: &TypeSpec,
        n: usize,
        receiver: Type,
        call: ExprId,
    ) -> Option<Type> {
        match spec {
            TypeSpec::Parts(parts) => {
                let entity = entity_of(receiver);
                Some(self.specified(parts.get(n)?, receiver, entity, call))
            }
            TypeSpec::Wrapped(Wrapper::Promise, inner) => {
                self.specified_part(inner, n, receiver, call)
            }
            _ => None,
        }
    }

    /// Part `n` of the values that a type expression describes: `tuple[A, B]`, `[A, B]`.
    fn annotated_part(&mut self, annotation: ExprId, n: usize) -> Option<Type> {
        let parts = self.annotated_parts(annotation)?;
        let part = *parts.get(n)?;
        Some(self.annotated(part))
    }

    fn annotated_parts(&self, annotation: ExprId) -> Option<Vec<ExprId>> {
        let module = self.module;
        match module.expr(annotation) {
            Expr::Sequence { elements, .. } => Some(module.list(elements).to_vec()),
            Expr::Index { object, index } => match self.last_name(object)? {
                "tuple" | "Tuple" => match module.expr(index) {
                    Expr::Sequence { elements, .. } => Some(module.list(elements).to_vec()),
                    _ => None,
                },
                "Promise" | "Readonly" | "Optional" | "Awaitable" => self.annotated_parts(index),
                _ => None,
            },
            _ => None,
        }
    }

    /// The parts of what a function returns, if it returns several values as one.
    pub(in crate::link) fn returned_parts(&mut self, function: FunctionId) -> Vec<Type> {
        let module = self.module;
        let declared = module.function(function);
        if let Some(parts) = declared.returns.and_then(|r| self.annotated_parts(r)) {
            return parts
                .iter()
                .take(MAX_PARTS)
                .map(|&p| self.annotated(p))
                .collect();
        }
        let mut found: Vec<Type> = Vec::new();
        for stmt in self.facts.returns(function) {
            let Stmt::Return(Some(value)) = module.stmt(stmt) else {
                continue;
            };
            let Expr::Sequence { elements, .. } = module.expr(value) else {
                continue;
            };
            for (i, &element) in module.list(elements).iter().take(MAX_PARTS).enumerate() {
                if let Expr::Spread(_) = module.expr(element) {
                    return Vec::new();
                }
                let ty = self.of(element);
                match found.get_mut(i) {
                    Some(known) => *known = known.or(ty),
                    None => found.push(ty),
                }
            }
        }
        found
    }
}
