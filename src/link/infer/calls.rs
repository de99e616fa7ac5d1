//! What calls call, and what they give.

use super::super::models::{Bounded, CallModel, CallModelId, EntityFrom, TypeSpec, Wrapper};
use super::super::modules::Target;
use super::super::types::{Base, Entity, FunctionRef, Type};
use super::{Typer, entity_of, generics, keyword_of};
use crate::finding::Confidence;
use crate::ir::{CallKind, Expr, ExprId, LocalKind};
use crate::source::Ecosystem;

impl<'w> Typer<'w> {
    /// What is called by a call: the type of its callee.
    pub fn callee(&mut self, call: ExprId) -> Type {
        let Expr::Call { callee, kind, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        if kind == CallKind::Import {
            return Type::UNKNOWN;
        }
        let mut ty = self.of(callee);
        if ty.is_unknown()
            && let Some(function) = self.module.called_through(callee)
        {
            let called = self.of(function);
            if called.is_bare() && matches!(called.base, Base::Function(_)) {
                ty = called;
            }
        }
        // What a template reads is not called as a value.
        if kind == CallKind::Implicit {
            return ty;
        }
        ty = self.whole(ty);
        // A value with a method for being called.
        if ty.is_bare()
            && let Base::Instance(class) = ty.base
            && let Some(method) = self.world.method(class, "__call__")
        {
            return Type::of(Base::Function(method)).at_most(ty.confidence);
        }
        if ty.is_bare()
            && let Base::Model(id, entity) = ty.base
        {
            // Calling a value of a library: sql`…`.
            return match self.world.models.member(id, false, "()") {
                Some(member) => match member.call {
                    Some(call) => Type::of(Base::Method(call, entity)).at_most(ty.confidence),
                    None => ty,
                },
                None => ty,
            };
        }
        ty
    }

    /// The model of a call and the type of its receiver.
    pub fn called_model(&mut self, call: ExprId) -> Option<(&'w CallModel, Type)> {
        let callee = self.callee(call);
        let world = self.world;
        let id = match callee.base {
            _ if !callee.is_bare() => return None,
            Base::Method(id, _) => id,
            Base::Path(path) => world.models.path(path).call?,
            _ => return None,
        };
        let id = world.models.select(id, |bound| self.is_given(call, bound));
        Some((world.models.call(id), self.receiver_of(call)))
    }

    /// The type of the value a method is called on.
    pub fn receiver_of(&mut self, call: ExprId) -> Type {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        match self.module.expr(callee) {
            Expr::Member { object, .. } => match self.of(callee) {
                // The member itself is called: `Book.objects(title="…")`.
                called if matches!(called.base, Base::Model(..)) && called.is_bare() => called,
                _ => self.of(object),
            },
            Expr::Index { object, .. } => match self.module.expr(object) {
                Expr::Member { object, .. } => self.of(object),
                _ => Type::UNKNOWN,
            },
            _ => self.of(callee),
        }
    }

    pub(super) fn called(&mut self, call: ExprId) -> Type {
        let Expr::Call { kind, args, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        if kind == CallKind::Import {
            let specifier = self.module.list(args).first();
            return match specifier.map(|&s| self.module.expr(s)) {
                Some(Expr::String(specifier)) => self
                    .module_named(self.module.text(specifier))
                    .unwrap_or(Type::UNKNOWN)
                    .wrapped(Wrapper::Promise),
                _ => Type::UNKNOWN.wrapped(Wrapper::Promise),
            };
        }
        let callee = self.callee(call);
        let confidence = callee.confidence;
        if kind == CallKind::Implicit && !callee.is_callable() {
            return callee;
        }
        if !callee.is_bare() {
            return Type::UNKNOWN;
        }
        let world = self.world;
        let ty = match callee.base {
            Base::Function(function)
                if kind == CallKind::New
                    && self
                        .last_round(function.file)
                        .attached
                        .contains_key(&function.function) =>
            {
                Type::of(Base::Made(function))
            }
            Base::Function(function) => {
                let found = self.called_function(function, call);
                match self.module.expr(call) {
                    // `Rack.objects.restrict(user)`
                    Expr::Call { callee, .. } => match self.module.expr(callee) {
                        Expr::Member { object, .. } => self.of_owner(object, found),
                        _ => found,
                    },
                    _ => found,
                }
            }
            Base::Class(class) => self.instance_of(Type::of(Base::Class(class))),
            Base::Method(id, entity) => {
                let receiver = self.receiver_of(call);
                self.model_result(id, receiver, entity, call)
            }
            Base::Path(path)
                if let Some(user) = world.user
                    && let Some(model) = &world.models.users
                    && model.calls.contains(&path) =>
            {
                Type::of(Base::Class(user))
            }
            Base::Path(path) => {
                let node = world.models.path(path);
                match (node.call, node.ty) {
                    (Some(id), _) if kind != CallKind::New => {
                        self.model_result(id, Type::UNKNOWN, Entity::None, call)
                    }
                    (_, Some(ty)) => {
                        if let Some(wrapper) = world.models.wrapper_of(ty)
                            && let Some(element) = self.element_argument(call)
                        {
                            return element.wrapped(wrapper);
                        }
                        let entity = match world.models.ty(ty).entity_from {
                            EntityFrom::Argument(n) => {
                                let argument = self.argument(call, usize::from(n));
                                argument.map_or(Entity::None, |a| entity_of(self.of(a)))
                            }
                            _ => self.generic_argument(call),
                        };
                        self.value_of(ty, entity)
                    }
                    (Some(id), None) => self.model_result(id, Type::UNKNOWN, Entity::None, call),
                    (None, None) => Type::of(Base::External),
                }
            }
            Base::ModelClass(ty, entity) => self.value_of(ty, entity),
            Base::Signature(signature) => {
                let types = self.signature(signature);
                types.last().copied().unwrap_or(Type::UNKNOWN)
            }
            Base::External => Type::of(Base::External),
            _ => Type::UNKNOWN,
        };
        if ty.base == Base::External
            && kind != CallKind::New
            && let Some(wrapped) = self.wrapped_function(call)
        {
            return wrapped;
        }
        if matches!(ty.base, Base::Unknown | Base::External)
            && let Some(injected) = self.injected(call)
        {
            return injected;
        }
        // `this.load.bind(this)`
        if ty.is_unknown()
            && let Some(function) = self.bound_function(call)
        {
            return function;
        }
        if ty.is_unknown() {
            // `require("x")` in the midst of an expression.
            if let Some(found) = self.required(call) {
                return found;
            }
        }
        ty.at_most(confidence)
    }

    fn bound_function(&mut self, call: ExprId) -> Option<Type> {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        let Expr::Member { object, name } = self.module.expr(callee) else {
            return None;
        };
        if self.module.text(name) != "bind" {
            return None;
        }
        let ty = self.of(object);
        (ty.is_bare() && matches!(ty.base, Base::Function(_))).then_some(ty)
    }

    fn required(&mut self, call: ExprId) -> Option<Type> {
        let Expr::Call { callee, args, .. } = self.module.expr(call) else {
            return None;
        };
        let (Expr::Name(name), [argument]) = (self.module.expr(callee), self.module.list(args))
        else {
            return None;
        };
        let Expr::String(specifier) = self.module.expr(*argument) else {
            return None;
        };
        if self.module.text(name) != "require" {
            return None;
        }
        self.module_named(self.module.text(specifier))
    }

    /// The module object of a specifier.
    fn module_named(&self, specifier: &str) -> Option<Type> {
        if let Some(Target::File(file)) = self.world.resolve(self.file, 0, specifier) {
            let whole = self.world.module_member(Base::File(file), "=");
            Some(if whole.is_unknown() {
                Type::of(Base::File(file))
            } else {
                whole
            })
        } else {
            let ecosystem = self.world.unit(self.file).ecosystem;
            let node = self.world.models.module(ecosystem, specifier)?;
            Some(Type::of(Base::Path(node)))
        }
    }

    /// What a call of a project function gives.
    fn called_function(&mut self, function: FunctionRef, call: ExprId) -> Type {
        let ty = self.result_of(function);
        let world = self.world;
        // `return self`, `cls()`: an instance of the receiver's class, not of the declaring one.
        if let (Base::Instance(class), Some(declaring)) = (ty.base, world.class_of(function))
            && class == declaring
            && let Base::Instance(on) | Base::Class(on) = self.receiver_of(call).base
            && on != class
            && world.above(on).contains(&class)
        {
            let base = Base::Instance(on);
            return Type { base, ..ty };
        }
        // A query set of the project's own is one of the same rows.
        if let (Base::Instance(class), Some(declaring)) = (ty.base, world.class_of(function))
            && class == declaring
            && let on @ Type {
                base: Base::Model(..),
                ..
            } = self.receiver_of(call)
        {
            return Type {
                base: on.base,
                ..ty
            };
        }
        if let Some(base) = self.of_same_rows(function, ty, call) {
            return Type { base, ..ty };
        }
        if let Some(wrapped) = self.wrapped_by(function, ty, call) {
            return wrapped;
        }
        if generics::is_open(ty)
            && let Some(bound) = self.generic_result(function, call)
        {
            return bound;
        }
        if let Base::Model(_, Entity::None) = ty.base
            && let Some(bound) = self.bound_rows(function, call, ty)
        {
            return bound;
        }
        let is_open = ty.awaited().is_unknown() || ty.base == Base::External;
        if is_open && let Some(bound) = self.bound_result(function, call) {
            return bound;
        }
        ty
    }

    /// A query that a method of managers and query sets gives, as one of the rows that the
    /// receiver has.
    fn of_same_rows(&mut self, function: FunctionRef, ty: Type, call: ExprId) -> Option<Base> {
        let world = self.world;
        let Base::Model(id, entity) = ty.base else {
            return None;
        };
        let is_table = |entity| match entity {
            Entity::Class(class) => world.entities.table(class).is_some(),
            _ => false,
        };
        let is_open = !is_table(entity) && !matches!(entity, Entity::Named(..));
        if !is_open
            || world.models.ty(id).entity_from == EntityFrom::Receiver
            || world.class_of(function).is_none()
        {
            return None;
        }
        let of_receiver = match self.receiver_of(call).base {
            Base::Model(_, entity) => entity,
            Base::Instance(class) => world.entities.rows_of(class),
            _ => return None,
        };
        is_table(of_receiver).then_some(Base::Model(id, of_receiver))
    }

    /// `debounce(save, 100)`, `cache(async (key) => …)`: a function of a library that nobody
    /// describes, given a function first, is taken to return one that calls it.
    fn wrapped_function(&mut self, call: ExprId) -> Option<Type> {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        // A method of some value, as in `rows.map(f)`, is rather handed something to do.
        if let Expr::Member { object, .. } = self.module.expr(callee)
            && !self.is_imported(object)
        {
            return None;
        }
        let argument = self.argument(call, 0)?;
        if let Expr::Call { .. } = self.module.expr(argument) {
            return None;
        }
        let ty = self.of(argument);
        let is_function = ty.is_bare() && matches!(ty.base, Base::Function(_));
        is_function.then(|| ty.at_most(Confidence::Medium))
    }

    /// Whether a name stands for what an import binds.
    fn is_imported(&self, expr: ExprId) -> bool {
        match self.module.expr(expr) {
            Expr::Local(local) => {
                matches!(self.module.local(local).kind, LocalKind::Import(_))
            }
            _ => false,
        }
    }

    /// What a project function wraps that returns a closure which calls a parameter.
    fn wrapped_by(&mut self, function: FunctionRef, returned: Type, call: ExprId) -> Option<Type> {
        let (Base::Function(closure), true) = (returned.base, returned.is_bare()) else {
            return None;
        };
        let facts = &self.world.unit(function.file).facts;
        let module = &facts.module;
        if closure.file != function.file
            || module.function(closure.function).parent != Some(function.function)
        {
            return None;
        }
        let inside = module.function(closure.function).exprs;
        let param = module.sites.iter().find_map(|site| {
            let Expr::Call { callee, .. } = module.expr(site.expr) else {
                return None;
            };
            let callee = module.called_through(callee).unwrap_or(callee);
            let Expr::Local(local) = module.expr(callee) else {
                return None;
            };
            let local = module.local(local);
            match local.kind {
                LocalKind::Param(i)
                    if local.function == function.function && inside.contains(site.expr) =>
                {
                    Some(i)
                }
                _ => None,
            }
        })?;
        let argument = self.argument(call, usize::from(param))?;
        let ty = self.of(argument);
        let is_function = ty.is_bare() && matches!(ty.base, Base::Function(_));
        is_function.then(|| ty.at_most(Confidence::Medium))
    }

    /// `function f<T>(x: T): T`, `(make: () => T): T`: what the argument says of the result.
    fn bound_result(&mut self, function: FunctionRef, call: ExprId) -> Option<Type> {
        let module = &self.world.unit(function.file).facts.module;
        let declared = module.function(function.function);
        let returns = declared.returns?;
        let variable = |id: ExprId| match module.expr(id) {
            Expr::Name(name) => Some(name),
            _ => None,
        };
        let (wanted, is_promise) = match module.expr(returns) {
            Expr::Index { object, index } => match module.expr(object) {
                Expr::Name(name) if module.text(name) == "Promise" => (variable(index)?, true),
                _ => return None,
            },
            _ => (variable(returns)?, false),
        };
        let finish = |ty: Type| {
            let ty = ty.awaited().at_most(Confidence::Medium);
            if is_promise || declared.is_async {
                return ty.wrapped(Wrapper::Promise);
            }
            ty
        };
        let mut from_callback = None;
        for (i, param) in declared.params.iter().enumerate() {
            let Some(argument) = self.argument(call, i) else {
                continue;
            };
            if param.annotation.and_then(variable) == Some(wanted) {
                let ty = self.of(argument);
                return (!ty.is_unknown()).then(|| finish(ty));
            }
            let ty = self.of(argument);
            if from_callback.is_none() && matches!(ty.base, Base::Function(_)) && ty.is_bare() {
                from_callback = Some(self.result_of_type(ty));
            }
        }
        from_callback.filter(|ty| !ty.is_unknown()).map(finish)
    }

    /// What calling a value of a function's type gives.
    pub(super) fn result_of_type(&mut self, ty: Type) -> Type {
        match ty.base {
            Base::Function(function) if ty.is_bare() && function.file == self.file => {
                let declared = self.module.function(function.function);
                let ty = self.own_returned(function.function);
                if declared.is_async && ty.wrapper() != Some(Wrapper::Promise) {
                    return ty.wrapped(Wrapper::Promise);
                }
                ty
            }
            Base::Function(function) if ty.is_bare() => self.result_of(function),
            _ => Type::UNKNOWN,
        }
    }

    /// What a project function returns to its caller.
    pub(super) fn result_of(&mut self, function: FunctionRef) -> Type {
        let unit = self.world.unit(function.file);
        let declared = unit.facts.module.function(function.function);
        let ty = self.returned_by(function);
        if declared.is_generator {
            return ty.wrapped(Wrapper::Iterator);
        }
        if declared.is_async && ty.wrapper() != Some(Wrapper::Promise) {
            return ty.wrapped(Wrapper::Promise);
        }
        ty
    }

    fn model_result(
        &mut self,
        id: CallModelId,
        receiver: Type,
        entity: Entity,
        call: ExprId,
    ) -> Type {
        let world = self.world;
        let id = world.models.select(id, |bound| self.is_given(call, bound));
        let model = world.models.call(id);
        let entity = match model.entity {
            EntityFrom::Receiver => entity,
            EntityFrom::Argument(n) => {
                let argument = self.argument(call, usize::from(n));
                argument.map_or(Entity::None, |argument| {
                    let ty = self.of(argument);
                    entity_of(ty)
                })
            }
            EntityFrom::Generic(_) => self.generic_argument(call),
            EntityFrom::Name => Entity::None,
        };
        let mut ty = self.specified(&model.returns, receiver, entity, call);
        // `define("book", …)` makes the class of rows that are called so.
        if let (Base::ModelClass(id, Entity::None), EntityFrom::Argument(n)) =
            (ty.base, model.entity)
            && let Some(argument) = self.argument(call, usize::from(n))
            && let Expr::String(name) = self.module.expr(argument)
        {
            ty.base = Base::ModelClass(id, Entity::Named(self.file, name));
        }
        if model.awaitable {
            return ty.wrapped(Wrapper::Promise);
        }
        ty
    }

    /// The type of the elements in `new Map<string, T>()`, `new Set<T>()`.
    fn element_argument(&mut self, call: ExprId) -> Option<Type> {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        let Expr::Index { index, .. } = self.module.expr(callee) else {
            return None;
        };
        let last = match self.module.expr(index) {
            Expr::Sequence { elements, .. } => *self.module.list(elements).last()?,
            _ => index,
        };
        let ty = self.annotated(last);
        (!ty.is_unknown()).then_some(ty)
    }

    /// The type argument of `f<T>(…)`, as an entity.
    fn generic_argument(&mut self, call: ExprId) -> Entity {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return Entity::None;
        };
        match self.module.expr(callee) {
            Expr::Index { index, .. } => {
                let ty = self.annotated(index);
                entity_of(ty)
            }
            _ => Entity::None,
        }
    }

    /// The positional argument `n` of a call.
    pub fn argument(&self, call: ExprId, n: usize) -> Option<ExprId> {
        let Expr::Call { args, .. } = self.module.expr(call) else {
            return None;
        };
        let argument = *self.module.list(args).get(n)?;
        match self.module.expr(argument) {
            Expr::Keyword { .. } | Expr::Spread(_) => None,
            _ => Some(argument),
        }
    }

    /// Whether a call has the argument that a model names.
    pub fn is_given(&self, call: ExprId, bound: &Bounded) -> bool {
        let module = self.module;
        let Expr::Call { args, .. } = module.expr(call) else {
            return false;
        };
        match bound {
            Bounded::Always => true,
            Bounded::Argument(n) => self.argument(call, usize::from(*n)).is_some(),
            Bounded::Key(key) => module.list(args).iter().any(|&arg| match module.expr(arg) {
                Expr::Keyword { name, .. } => module.text(name) == key,
                Expr::Map(_) => keyword_of(module, arg, key).is_some(),
                _ => false,
            }),
        }
    }

    /// A type as a model writes it, for a call.
    pub(super) fn specified(
        &mut self,
        spec: &TypeSpec,
        receiver: Type,
        entity: Entity,
        call: ExprId,
    ) -> Type {
        match spec {
            TypeSpec::Argument(n) => {
                let argument = self.argument(call, usize::from(*n));
                argument.map_or(Type::UNKNOWN, |argument| self.of(argument))
            }
            TypeSpec::Callback => self.callback_result(call),
            TypeSpec::Member => {
                let named = self.argument(call, 1).map(|name| self.module.expr(name));
                match (self.argument(call, 0), named) {
                    (Some(object), Some(Expr::String(name))) => {
                        let on = self.of(object);
                        self.member(on, self.module.text(name))
                    }
                    _ => Type::UNKNOWN,
                }
            }
            TypeSpec::Parts(parts) => {
                let first = parts.first();
                let first = first.map(|first| self.specified(first, receiver, entity, call));
                first.unwrap_or(Type::UNKNOWN).wrapped(Wrapper::Tuple)
            }
            TypeSpec::Wrapped(wrapper, inner) => {
                let inner = self.specified(inner, receiver, entity, call);
                // A promise of a promise is a promise.
                if *wrapper == Wrapper::Promise && inner.wrapper() == Some(Wrapper::Promise) {
                    return inner;
                }
                inner.wrapped(*wrapper)
            }
            TypeSpec::Element => match receiver.base {
                // A function over its argument: `sorted(xs)`.
                Base::Path(_) | Base::Unknown | Base::Function(_) if receiver.is_bare() => {
                    let argument = self.argument(call, 0);
                    let over = argument.map_or(Type::UNKNOWN, |argument| self.of(argument));
                    // `Object.values(prices)`
                    if over.wrapper() == Some(Wrapper::Map)
                        && self.world.unit(self.file).ecosystem == Ecosystem::Npm
                    {
                        return over.peeled();
                    }
                    self.element_of(over)
                }
                _ => self.element_or_value(receiver),
            },
            _ => self.plain_spec(spec, receiver, entity),
        }
    }

    fn callback_result(&mut self, call: ExprId) -> Type {
        let Expr::Call { args, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        let args = self.module.list(args);
        let mut callbacks = args.iter().map(|&arg| self.of(arg));
        let callback = callbacks.find(|ty| matches!(ty.base, Base::Function(_)));
        callback.map_or(Type::UNKNOWN, |callback| self.result_of_type(callback))
    }

    fn element_or_value(&mut self, receiver: Type) -> Type {
        match receiver.wrapper() {
            Some(_) => receiver.peeled(),
            None => self.element_of(receiver),
        }
    }

    /// A type as a model writes it, where there is no call.
    pub(super) fn plain_spec(&mut self, spec: &TypeSpec, receiver: Type, entity: Entity) -> Type {
        match spec {
            TypeSpec::Unknown | TypeSpec::Argument(_) | TypeSpec::Callback | TypeSpec::Member => {
                Type::UNKNOWN
            }
            TypeSpec::Str => Type::of(Base::Str),
            TypeSpec::Num => Type::of(Base::Num),
            TypeSpec::Bool => Type::of(Base::Bool),
            TypeSpec::Null => Type::of(Base::Null),
            TypeSpec::Named(ty) => self.value_of(*ty, entity),
            TypeSpec::Class(ty) => Type::of(Base::ModelClass(*ty, entity)),
            TypeSpec::Receiver => receiver,
            TypeSpec::Instance => self.instance_of(receiver),
            TypeSpec::Element => match receiver.wrapper() {
                Some(_) => receiver.peeled(),
                None => Type::UNKNOWN,
            },
            TypeSpec::Entity => match entity {
                Entity::Class(class) => Type::of(Base::Instance(class)),
                Entity::Named(..) | Entity::None => self.row_of(receiver, entity),
            },
            TypeSpec::Parts(parts) => {
                let first = parts.first();
                let first = first.map(|first| self.plain_spec(first, receiver, entity));
                first.unwrap_or(Type::UNKNOWN).wrapped(Wrapper::Tuple)
            }
            TypeSpec::Wrapped(wrapper, inner) => {
                self.plain_spec(inner, receiver, entity).wrapped(*wrapper)
            }
        }
    }

    /// A row whose class is none of the project.
    fn row_of(&self, receiver: Type, entity: Entity) -> Type {
        let row = match receiver.base {
            Base::Model(ty, _) | Base::ModelClass(ty, _) => self.world.models.ty(ty).row,
            _ => None,
        };
        row.map_or(Type::of(Base::External), |row| {
            Type::of(Base::Model(row, entity))
        })
    }

    /// What `with` binds: what the value's own method of entering gives, or what a generator
    /// that was made a context manager yields.
    pub(super) fn entered_value(&mut self, ty: Type) -> Type {
        if let Some(Wrapper::Iterator | Wrapper::Promise) = ty.wrapper() {
            let inner = ty.peeled();
            return match inner.wrapper() {
                Some(Wrapper::Iterator) => inner.peeled(),
                _ => inner,
            };
        }
        if let (Base::Instance(class), true) = (ty.base, ty.is_bare()) {
            let entering = ["__enter__", "__aenter__"];
            let method = entering
                .iter()
                .find_map(|name| self.world.method(class, name));
            if let Some(method) = method {
                let entered = self.result_of(method).awaited();
                if !entered.is_unknown() {
                    return entered;
                }
            }
        }
        self.member_call_result(ty, "__enter__").unwrap_or(ty)
    }

    /// The result of calling a method without arguments, as `with` does.
    pub(super) fn member_call_result(&mut self, on: Type, name: &str) -> Option<Type> {
        let Base::Method(call, entity) = self.member(on, name).base else {
            return None;
        };
        let world = self.world;
        let returns = &world.models.call(call).returns;
        Some(self.plain_spec(returns, on, entity))
    }
}
