//! Types of definitions: bases and attributes of classes, results of functions.

use super::super::models::Wrapper;
use super::super::types::{Base, FunctionRef, Type};
use super::{MAX_STEPS, Typer};
use crate::ir::{ClassId, Expr, ExprId, FunctionId, FunctionKind, LoopId, Name, Stmt};

impl Typer<'_> {
    /// What a class derives from, for one base expression.
    pub(in crate::link) fn base_class(&mut self, base: ExprId) -> Type {
        match self.module.expr(base) {
            Expr::Keyword { .. } => Type::UNKNOWN,
            Expr::Index { object, .. } => {
                // `Generic[T]`, `Repository<User>`: the class without its arguments.
                self.of(object)
            }
            _ => {
                let ty = self.of(base);
                self.whole(ty)
            }
        }
    }

    /// The closures that the decorators of a function put around it.
    pub(in crate::link) fn wrappers(&mut self, function: FunctionId) -> Vec<FunctionRef> {
        let module = self.module;
        let decorators = module.function(function).decorators;
        let mut found = Vec::new();
        for &decorator in module.list(decorators) {
            let Base::Function(decorator) = self.of(decorator).base else {
                continue;
            };
            let Base::Function(closure) = self.returned_by(decorator).base else {
                continue;
            };
            let declaring = &self.world.unit(closure.file).facts.module;
            if closure.file == decorator.file
                && declaring.function(closure.function).parent == Some(decorator.function)
            {
                found.push(closure);
            }
        }
        found
    }

    /// The attributes of a class: declared, and set through the receiver.
    pub(in crate::link) fn fields(&mut self, class: ClassId) -> Vec<(Name, Type)> {
        let declared = self.module.class(class).fields.iter();
        let set = self.facts.self_fields.iter();
        let set = set.filter(|field| field.class == class);
        let mut fields: Vec<(Name, Type)> = Vec::new();
        for name in declared
            .map(|field| field.name)
            .chain(set.map(|field| field.name))
        {
            if fields.iter().all(|known| known.0 != name)
                && let Some(ty) = self.own_field(class, name)
            {
                fields.push((name, ty));
            }
        }
        fields
    }

    /// An attribute of a class, if it has it.
    pub(super) fn field(&mut self, class: ClassId, name: Name) -> Option<Type> {
        let mut declared = self.module.class(class).fields.iter();
        let mut found = declared.find(|field| field.name == name).map(|field| {
            let annotated = field
                .annotation
                .map(|annotation| self.annotated(annotation));
            match (annotated, field.value) {
                // A function says more than its declared type.
                (Some(ty), Some(value)) if matches!(ty.base, Base::Signature(_)) => {
                    let value = self.of(value);
                    if value.is_unknown() { ty } else { value }
                }
                (Some(ty), _) if !ty.is_unknown() => ty,
                (_, Some(value)) => self.of(value),
                _ => Type::UNKNOWN,
            }
        });
        for field in &self.facts.self_fields {
            if field.class == class && field.name == name {
                let ty = self.of(field.value);
                found = Some(found.map_or(ty, |known| known.or(ty)));
            }
        }
        found
    }

    /// What a function returns, by its annotation or its `return` statements; for generators
    /// what they yield.
    pub(in crate::link) fn returned(&mut self, function: FunctionId) -> Type {
        let module = self.module;
        let declared = module.function(function);
        if let Some(annotation) = declared.returns {
            let ty = self.annotated(annotation);
            if self.is_joined(ty) {
                let made = self.handed_back(function);
                return if matches!(made.base, Base::Unknown | Base::External) {
                    ty
                } else {
                    made
                };
            }
            if !ty.is_unknown() {
                let is_iterator = ty.wrapper() == Some(Wrapper::Iterator);
                return if declared.is_generator && is_iterator {
                    ty.peeled()
                } else {
                    ty
                };
            }
        }
        self.handed_back(function)
    }

    /// What the `return` statements of a function give, or what a generator yields.
    fn handed_back(&mut self, function: FunctionId) -> Type {
        let module = self.module;
        let declared = module.function(function);
        if declared.kind == FunctionKind::Module || self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.steps += 1;
        let values = if declared.is_generator {
            module.returned_or_yielded(function)
        } else {
            module.returned(function)
        };
        let mut ty: Option<Type> = None;
        for value in values {
            let found = self.of(value);
            ty = Some(ty.map_or(found, |ty| self.either(ty, found)));
        }
        self.steps -= 1;
        let ty = ty.unwrap_or(Type::UNKNOWN);
        // An async function that returns a promise returns what that resolves to.
        if declared.is_async { ty.awaited() } else { ty }
    }

    /// What a comprehension collects.
    pub(super) fn collected(&mut self, lp: LoopId) -> Option<Type> {
        let module = self.module;
        let mut blocks = vec![module.lp(lp).body];
        while let Some(block) = blocks.pop() {
            for &stmt in &module.block(block).stmts {
                match module.stmt(stmt) {
                    Stmt::Collect(value) => return Some(self.of(value)),
                    Stmt::If { then, .. } => blocks.push(then),
                    Stmt::Loop(inner) => blocks.push(module.lp(inner).body),
                    _ => {}
                }
            }
        }
        None
    }
}
