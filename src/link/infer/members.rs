//! Types of members, elements and awaited values.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::super::hierarchy::MAX_IMPLEMENTATIONS;
use super::super::models::{EntityFrom, ModelTypeId, Wrapper};
use super::super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::generics::is_open;
use super::{MAX_STEPS, Typer, keyword_of};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionKind, Name};
use crate::source::FileId;

impl Typer<'_> {
    /// The member `name` of a value of type `on`.
    pub fn member(&mut self, on: Type, name: &str) -> Type {
        let models = &self.world.models;
        let ecosystem = self.world.unit(self.file).ecosystem;
        if let Some(wrapper) = on.wrapper() {
            let Some(ty) = models.wrapper_type(ecosystem, wrapper) else {
                return Type::UNKNOWN;
            };
            return self
                .model_member(ty, false, name, Entity::None)
                .unwrap_or(Type::UNKNOWN)
                .at_most(on.confidence);
        }
        let found = match on.base {
            Base::Instance(class) => self.class_member(class, name, false),
            Base::Class(class) => self.class_member(class, name, true),
            Base::File(_) | Base::Folder(_) => {
                let found = self.world.module_member(on.base, name);
                let whole = self.whole(on);
                Some(if found.is_unknown() && whole != on {
                    self.member(whole, name)
                } else {
                    found
                })
            }
            Base::Function(function) => self.attached_member(function, name, false),
            Base::Made(function) => self.attached_member(function, name, true),
            Base::Path(path) => {
                let node = models.path(path);
                let member = node
                    .ty
                    .and_then(|ty| self.model_member(ty, true, name, Entity::None));
                member.or_else(|| {
                    let models = &self.world.models;
                    match models.child(path, name) {
                        Some(child) => Some(Type::of(Base::Path(child))),
                        None => Some(Type::of(Base::External)),
                    }
                })
            }
            Base::Model(ty, entity) => self
                .model_member(ty, false, name, entity)
                .or_else(|| self.extended_member(ty, entity, name))
                .or(Some(Type::of(Base::External))),
            Base::ModelClass(ty, entity) => self
                .model_member(ty, true, name, entity)
                .or(Some(Type::of(Base::External))),
            Base::Str => models
                .string_type(ecosystem)
                .and_then(|ty| self.model_member(ty, false, name, Entity::None)),
            Base::Literal(literal) => self.literal_member(literal, name),
            Base::Shaped(shape) => self.shape_member(shape, name),
            Base::External => Some(Type::of(Base::External)),
            _ => None,
        };
        found.unwrap_or(Type::UNKNOWN).at_most(on.confidence)
    }

    /// What a module is as a whole: `module.exports = value`. That of a package is what it
    /// exports by default, as `const Redis = require("ioredis")` has it.
    pub(super) fn whole(&self, module: Type) -> Type {
        if let (Base::Path(path), true) = (module.base, module.is_bare()) {
            let models = &self.world.models;
            let node = models.path(path);
            let default = models.child(path, "default");
            return match default.filter(|_| node.call.is_none() && node.ty.is_none()) {
                Some(default) => Type {
                    base: Base::Path(default),
                    ..module
                },
                None => module,
            };
        }
        let (Base::File(_), true) = (module.base, module.is_bare()) else {
            return module;
        };
        let whole = self.world.module_member(module.base, "=");
        if whole.is_unknown() { module } else { whole }
    }

    /// A member that its module adds to a function, or to what `new` makes of it.
    fn attached_member(
        &self,
        function: FunctionRef,
        name: &str,
        of_instances: bool,
    ) -> Option<Type> {
        let module = &self.world.unit(function.file).facts.module;
        let state = self.last_round(function.file);
        let members = state.attached.get(&function.function)?;
        let name = module.name(name)?;
        let mut found = members.iter().rev();
        found
            .find(|member| member.0 == name && member.2 == of_instances)
            .map(|member| member.1)
    }

    fn literal_member(&mut self, literal: ExprRef, name: &str) -> Option<Type> {
        let module = &self.world.unit(literal.file).facts.module;
        match keyword_of(module, literal.expr, name) {
            Some(value) if literal.file == self.file => Some(self.of(value)),
            Some(_) => {
                let state = &self.world.state[literal.file.index()];
                state.member(literal.expr, module.name(name)?)
            }
            None => {
                if let Some(found) = self.spread_member(literal, name) {
                    return Some(found);
                }
                // A dict literal has the methods of a dict.
                let ecosystem = self.world.unit(self.file).ecosystem;
                let ty = self.world.models.wrapper_type(ecosystem, Wrapper::Map)?;
                if !module.exports_all {
                    return None;
                }
                self.model_member(ty, false, name, Entity::None)
            }
        }
    }

    /// `{ ...services, extra: 1 }.orders`
    fn spread_member(&mut self, literal: ExprRef, name: &str) -> Option<Type> {
        if self.steps > MAX_STEPS {
            return None;
        }
        let spreads = if literal.file == self.file {
            self.spreads_of(literal.expr)
        } else {
            let state = &self.world.state[literal.file.index()];
            state.spreads.get(&literal.expr)?.clone()
        };
        self.steps += 1;
        // Of several, the last one holds.
        let found = spreads.into_iter().rev().find_map(|spread| {
            let member = self.member(spread, name);
            (!member.is_unknown() && member.base != Base::External).then_some(member)
        });
        self.steps -= 1;
        found
    }

    /// The values whose members an object literal of this file takes over.
    pub(in crate::link) fn spreads_of(&mut self, object: ExprId) -> Vec<Type> {
        let module = self.module;
        let Expr::Map(entries) = module.expr(object) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for &entry in module.list(entries) {
            if let Expr::Spread(value) = module.expr(entry) {
                let ty = self.of(value);
                if !ty.is_unknown() && ty.base != Base::External {
                    found.push(ty);
                }
            }
        }
        found
    }

    /// A member of a value that is of two types at once.
    fn member_of_both(&mut self, id: ExprId, sides: [ExprId; 2], name: &str) -> Option<Type> {
        let key = (id, Box::from(name));
        if let Some(&known) = self.known_in_both.get(&key) {
            return known;
        }
        // A type made of itself adds nothing.
        self.known_in_both.insert(key.clone(), None);
        let found = sides.into_iter().find_map(|side| {
            let side = self.annotated(side);
            Some(self.member(side, name))
                .filter(|ty| !matches!(ty.base, Base::Unknown | Base::External))
        });
        self.known_in_both.insert(key, found);
        found
    }

    fn shape_member(&mut self, shape: ExprRef, name: &str) -> Option<Type> {
        let module = &self.world.unit(shape.file).facts.module;
        if shape.file == self.file {
            if let Expr::Binary { left, right, .. } = module.expr(shape.expr) {
                return self.member_of_both(shape.expr, [left, right], name);
            }
            let value = keyword_of(module, shape.expr, name)?;
            return Some(self.annotated(value));
        }
        let state = &self.world.state[shape.file.index()];
        state.member(shape.expr, module.name(name)?)
    }

    /// The members of an object literal or object type of this file.
    pub(in crate::link) fn members_of(&mut self, base: Base) -> Vec<(Name, Type)> {
        let (Base::Literal(object) | Base::Shaped(object)) = base else {
            return Vec::new();
        };
        if let Some(known) = self.known_members.get(&object.expr) {
            return known.clone();
        }
        // An object made of itself adds nothing.
        self.known_members.insert(object.expr, Vec::new());
        let mut members = self.listed_members(object.expr, base);
        // Of several, the last one holds.
        let mut seen: FxHashSet<Name> = FxHashSet::default();
        members.reverse();
        members.retain(|member| seen.insert(member.0));
        members.reverse();
        self.known_members.insert(object.expr, members.clone());
        members
    }

    fn listed_members(&mut self, object: ExprId, base: Base) -> Vec<(Name, Type)> {
        let module = self.module;
        let mut members = Vec::new();
        let entries = match module.expr(object) {
            Expr::Map(entries) => entries,
            Expr::Binary { left, right, .. } => {
                for side in [left, right] {
                    let side = self.annotated(side);
                    members.extend(self.members_seen_here(side));
                }
                return members;
            }
            _ => return members,
        };
        for &entry in module.list(entries) {
            match module.expr(entry) {
                Expr::Keyword { name, value } => {
                    let ty = match base {
                        Base::Literal(_) => self.of(value),
                        _ => self.annotated(value),
                    };
                    members.push((name, ty));
                }
                Expr::Spread(value) if matches!(base, Base::Literal(_)) => {
                    let ty = self.of(value);
                    members.extend(self.members_seen_here(ty));
                }
                _ => {}
            }
        }
        members
    }

    /// The members of an object of some file that this file has names for.
    fn members_seen_here(&mut self, ty: Type) -> Vec<(Name, Type)> {
        let (Base::Literal(object) | Base::Shaped(object), true) = (ty.base, ty.is_bare()) else {
            return Vec::new();
        };
        if object.file == self.file {
            return self.members_of(ty.base);
        }
        let from = &self.world.unit(object.file).facts.module;
        let known = self.world.state[object.file.index()]
            .members
            .get(&object.expr);
        let named = known.into_iter().flatten().filter_map(|&(name, ty)| {
            let here = self.module.name(from.text(name))?;
            Some((here, ty))
        });
        named.collect()
    }

    /// A method that the project's own managers and query sets add to the library's.
    fn extended_member(&self, ty: ModelTypeId, entity: Entity, name: &str) -> Option<Type> {
        let Entity::Class(_) = entity else {
            return None;
        };
        let models = &self.world.models;
        let function = self.world.hierarchy.extension(models, ty, name)?;
        Some(Type::of(Base::Function(function)).at_most(Confidence::Medium))
    }

    /// A member that a model describes. A method is bound to the entity of its receiver.
    fn model_member(
        &mut self,
        ty: ModelTypeId,
        of_class: bool,
        name: &str,
        entity: Entity,
    ) -> Option<Type> {
        let models = &self.world.models;
        let member = match models.member(ty, of_class, name) {
            Some(member) => member,
            None if of_class => return None,
            None => {
                let pattern = self.world.entities.accessor(name)?;
                models.member(ty, false, &pattern)?
            }
        };
        if let Some(attribute) = &member.attribute {
            let entity = match attribute.entity {
                EntityFrom::Name => match self.module.name(name) {
                    Some(name) => Entity::Named(self.file, name),
                    None => Entity::None,
                },
                _ => entity,
            };
            let receiver = Type::of(Base::Model(ty, entity));
            return Some(self.plain_spec(&attribute.ty, receiver, entity));
        }
        member.call.map(|call| Type::of(Base::Method(call, entity)))
    }

    /// What a manager that several entities have hands out is of the entity it was reached through:
    /// `Rack.objects.filter(…)`.
    pub(super) fn of_owner(&mut self, manager: ExprId, found: Type) -> Type {
        let Expr::Member { object: owner, .. } = self.module.expr(manager) else {
            return found;
        };
        if !matches!(
            found.base,
            Base::Method(_, Entity::None) | Base::Model(_, Entity::None)
        ) {
            return found;
        }
        let Base::Class(owner) = self.of(owner).base else {
            return found;
        };
        if self.world.entities.table(owner).is_none() {
            return found;
        }
        let entity = Entity::Class(owner);
        let base = match found.base {
            Base::Method(call, _) => Base::Method(call, entity),
            Base::Model(ty, _) => Base::Model(ty, entity),
            base => base,
        };
        Type { base, ..found }
    }

    /// A member of a project class or its instances: methods and attributes of the class, then
    /// of what it derives from, then of what derives from it.
    fn class_member(&mut self, class: ClassRef, name: &str, of_class: bool) -> Option<Type> {
        if !of_class && let Some(relation) = self.world.entities.find(self.world, class, name) {
            return Some(self.world.entities.type_of(self.world, relation));
        }
        let above = self.above(class);
        let (found, library) = self.declared_member(&above, name, of_class);
        let found = match found {
            Some(ty) if is_open(ty) && !of_class => {
                Some(self.generic_member(class, &[], name).unwrap_or(ty))
            }
            found => found,
        };
        let found = match found {
            Some(ty) if !of_class && !matches!(ty.base, Base::Function(_)) => {
                self.declared_accessor(class, name).or(found)
            }
            found => found,
        };
        // What implements a declared function says more than its type.
        let says_more = |ty: &Type| !matches!(ty.base, Base::Null | Base::Signature(_));
        if let Some(ty) = found.filter(|ty| !ty.is_unknown() && says_more(ty)) {
            return Some(
                self.world
                    .entities
                    .bound(&self.world.models, ty, class, of_class),
            );
        }
        // The rows of a manager of the project are those of the entity that has it.
        let entity = self.world.entities.rows_of(class);
        let described = library
            .iter()
            .find_map(|&ty| self.model_member(ty, of_class, name, entity));
        if described.is_some() {
            return described;
        }
        // A mixin uses what its hosts have, an interface has what implements it.
        let below = self.world.hierarchy.below(class);
        let mut types = Vec::new();
        let mut of_hosts = Vec::new();
        for derived in below {
            // What a host has of its other bases is as much its own.
            let mut classes = self.above(derived).to_vec();
            classes.retain(|at| !above.contains(at));
            let (ty, library) = self.declared_member(&classes, name, of_class);
            types.extend(ty.filter(|ty| !ty.is_unknown() && says_more(ty)));
            of_hosts.extend(library);
        }
        if let Some(&first) = types.first() {
            let others = types.iter().filter(|ty| ty.base != first.base).count();
            if others == 0 {
                return Some(first);
            }
            if others < MAX_IMPLEMENTATIONS && matches!(first.base, Base::Function(_)) {
                return Some(first.at_most(Confidence::Medium));
            }
        }
        if types.is_empty() && library.is_empty() {
            let described = of_hosts
                .iter()
                .find_map(|&ty| self.model_member(ty, of_class, name, Entity::None));
            if let Some(ty) = described {
                return Some(ty.at_most(Confidence::Medium));
            }
        }
        if found.is_none() && self.has_unknown_base(&above) {
            return Some(Type::of(Base::External));
        }
        found
    }

    /// A method that a relation gives to the rows, which their class declares for its type alone:
    /// `declare getBooks: () => Promise<Book[]>`.
    fn declared_accessor(&mut self, class: ClassRef, name: &str) -> Option<Type> {
        let world = self.world;
        let pattern = world.entities.accessor(name)?;
        let bases = world.library_bases(class);
        let mut bases = bases.into_iter();
        let ty = bases.find(|&ty| world.models.member(ty, false, &pattern).is_some())?;
        self.model_member(ty, false, name, Entity::Class(class))
    }

    /// [`World::above`], found once.
    fn above(&mut self, class: ClassRef) -> Arc<[ClassRef]> {
        let world = self.world;
        if let Some(above) = world.settled_above(class) {
            return Arc::clone(above);
        }
        let above = self.above.entry(class);
        Arc::clone(above.or_insert_with(|| world.above(class).into()))
    }

    /// What the first of several classes that declares a name says of it, and the library types
    /// that they derive from.
    fn declared_member(
        &mut self,
        classes: &[ClassRef],
        name: &str,
        of_class: bool,
    ) -> (Option<Type>, Vec<ModelTypeId>) {
        let mut library = Vec::new();
        // Classes of one file often stand together.
        let mut known: Option<(FileId, Option<Name>)> = None;
        for &current in classes {
            let module = &self.world.unit(current.file).facts.module;
            let types = &self.world.state[current.file.index()];
            let (_, named) = match known {
                Some(of_file) if of_file.0 == current.file => of_file,
                _ => *known.insert((current.file, module.name(name))),
            };
            if let Some(name) = named {
                if let Some(method) = self.world.own_member_named(current, name, of_class) {
                    let declared = module.function(method.function);
                    let is_getter = declared.kind == FunctionKind::Getter;
                    if is_getter && (!of_class || declared.is_static) {
                        return (Some(self.returned_by(method)), library);
                    }
                    return (Some(Type::of(Base::Function(method))), library);
                }
                if let Some(field) = self.field_of(current, name) {
                    return (Some(field), library);
                }
                let inner = module.class(current.class).inner.iter().copied();
                let inner = inner
                    .into_iter()
                    .find(|&c| module.class(c).name == Some(name));
                if let Some(class) = inner {
                    let file = current.file;
                    let class = Type::of(Base::Class(ClassRef { file, class }));
                    return (Some(class), library);
                }
            }
            for base in types.bases.get(current.class.index()).into_iter().flatten() {
                match base.base {
                    Base::Path(path) => library.extend(self.world.models.path(path).ty),
                    Base::Model(ty, _) | Base::ModelClass(ty, _) => library.push(ty),
                    _ => {}
                }
            }
        }
        (None, library)
    }

    /// Whether one of these classes derives from a class that nobody describes.
    fn has_unknown_base(&self, classes: &[ClassRef]) -> bool {
        classes.iter().any(|class| {
            let bases = self.world.state[class.file.index()]
                .bases
                .get(class.class.index());
            let mut bases = bases.into_iter().flatten();
            bases.any(|base| matches!(base.base, Base::External | Base::Path(_)))
        })
    }

    /// A member of the parent's view of a receiver: that of the bases, in their order.
    pub(super) fn inherited_member(&mut self, class: ClassRef, name: &str) -> Type {
        let above = self.world.above(class);
        let (found, library) = self.declared_member(&above[1..], name, false);
        if let Some(found) = found {
            return found;
        }
        let bases = self.world.state[class.file.index()]
            .bases
            .get(class.class.index());
        let own = bases
            .into_iter()
            .flatten()
            .filter_map(|base| match base.base {
                Base::Path(path) => self.world.models.path(path).ty,
                Base::Model(ty, _) | Base::ModelClass(ty, _) => Some(ty),
                _ => None,
            });
        let library: Vec<ModelTypeId> = own.chain(library).collect();
        let entity = Entity::Class(class);
        let described = library
            .iter()
            .find_map(|&ty| self.model_member(ty, false, name, entity));
        match described {
            Some(ty) => ty,
            None if self.has_unknown_base(&above) => Type::of(Base::External),
            None => self.member_of_host(class, &above, name),
        }
    }

    /// What the classes that mix one in have of a library: the parent's view of a mixin.
    fn member_of_host(&mut self, class: ClassRef, above: &[ClassRef], name: &str) -> Type {
        for host in self.world.hierarchy.below(class) {
            if above.contains(&host) {
                continue;
            }
            let library = self.world.library_bases(host);
            let described = library
                .iter()
                .find_map(|&ty| self.model_member(ty, false, name, Entity::None));
            if let Some(ty) = described {
                return ty.at_most(Confidence::Medium);
            }
        }
        Type::UNKNOWN
    }

    pub(super) fn first_base(&self, class: ClassRef) -> Type {
        let types = &self.world.state[class.file.index()];
        let bases = types.bases.get(class.class.index());
        match bases.and_then(|bases| bases.first()).map(|ty| ty.base) {
            Some(Base::Class(class)) => Type::of(Base::Instance(class)),
            Some(Base::Path(path)) => match self.world.models.path(path).ty {
                Some(ty) => Type::of(Base::Model(ty, Entity::Class(class))),
                None => Type::of(Base::External),
            },
            Some(Base::Model(ty, _) | Base::ModelClass(ty, _)) => {
                Type::of(Base::Model(ty, Entity::Class(class)))
            }
            _ => Type::UNKNOWN,
        }
    }

    pub(super) fn indexed(&mut self, object: ExprId, index: ExprId) -> Type {
        let on = self.of(object);
        if let (Base::Literal(literal), Expr::String(name)) = (on.base, self.module.expr(index)) {
            let name = self.module.text(name);
            return self.literal_member(literal, name).unwrap_or(Type::UNKNOWN);
        }
        if let Expr::Slice(_) = self.module.expr(index) {
            return on;
        }
        if let Expr::Number(n) = self.module.expr(index)
            && let Ok(n) = usize::try_from(n)
            && let Some(part) = self.part(object, n)
        {
            return part;
        }
        match on.wrapper() {
            Some(Wrapper::Tuple) => match self.module.expr(index) {
                // Only the first part of a tuple is known.
                Expr::Number(0) => on.peeled(),
                _ => Type::UNKNOWN,
            },
            Some(Wrapper::Promise | Wrapper::Iterator) => Type::UNKNOWN,
            Some(_) => on.peeled(),
            None => match on.base {
                Base::Model(..) => self.element_of(on),
                Base::External => on,
                // `Repository<User>` in an expression, as `new Map<string, User>()`.
                Base::Class(_)
                | Base::Path(_)
                | Base::Function(_)
                | Base::Method(..)
                | Base::ModelClass(..) => on,
                _ => Type::UNKNOWN,
            },
        }
    }

    /// What iterating a value yields.
    pub fn element_of(&mut self, over: Type) -> Type {
        if over.wrapper().is_some() {
            return match over.wrapper() {
                // Iterating a map yields its keys.
                Some(Wrapper::Map | Wrapper::Promise) => Type::UNKNOWN,
                _ => over.peeled(),
            };
        }
        match over.base {
            Base::Model(ty, entity) => {
                let world = self.world;
                match world.models.iterate(ty) {
                    Some(model) => self
                        .plain_spec(&model.gives, over, entity)
                        .at_most(over.confidence),
                    None => Type::UNKNOWN,
                }
            }
            Base::External => over,
            Base::Instance(class) => {
                let method = ["__iter__", "__aiter__"]
                    .iter()
                    .find_map(|name| self.world.method(class, name));
                let walked = method.map_or(Type::UNKNOWN, |method| self.result_of(method));
                match walked.wrapper() {
                    Some(_) => self.element_of(walked),
                    None => Type::UNKNOWN,
                }
            }
            _ => Type::UNKNOWN,
        }
    }

    /// What awaiting a value gives.
    pub fn awaited(&mut self, ty: Type) -> Type {
        match (ty.wrapper(), ty.base) {
            (Some(Wrapper::Promise), _) => ty.peeled(),
            (None, Base::Model(id, entity)) => {
                let world = self.world;
                match world.models.awaited(id) {
                    Some(model) => self
                        .plain_spec(&model.gives, ty, entity)
                        .at_most(ty.confidence),
                    None => ty,
                }
            }
            // `await` of several at once: `[a, b] = await Promise.all([…])`.
            _ => ty,
        }
    }
}
