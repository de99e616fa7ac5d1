//! What generic classes are made of, where their type parameters are bound:
//! `class UserRepo extends Repo<User>`, `box: Box<User>`.

use super::super::models::Wrapper;
use super::super::types::{Base, ClassRef, Entity, FunctionRef, Type};
use super::{Typer, entity_of};
use crate::ir::{ClassId, Expr, ExprId, FunctionKind, LocalKind, Module, Name};

/// Classes between the one that is asked and the one that declares a member.
const MAX_DEPTH: usize = 6;
/// Type parameters that are told apart.
const MAX_PARAMS: usize = 8;

/// What a member is made of a type parameter of its class: `T[]`, `Repository<T>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::link) struct Open {
    /// The position of the parameter.
    param: u8,
    /// What is made of it.
    part: OpenPart,
    /// The containers around that, outermost last.
    wrappers: [Option<Wrapper>; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenPart {
    /// A value of it.
    Value,
    /// The class itself: `type[T]`.
    Class,
    /// A value of a library with its rows.
    RowsOf(Type),
}

/// What stands for a type parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::link) enum Argument {
    /// A type.
    Known(Type),
    /// Something made of a type parameter of the class that says so.
    Open(Open),
}

/// What is generic about a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::link) struct Generic {
    /// The members that are made of its type parameters; of methods, what they return.
    pub members: Vec<(Name, Open)>,
    /// What each of its bases is given.
    pub bases: Vec<Vec<Argument>>,
}

impl Open {
    fn wrapped(mut self, wrapper: Wrapper) -> Option<Self> {
        let free = self.wrappers.iter_mut().find(|place| place.is_none())?;
        *free = Some(wrapper);
        Some(self)
    }

    /// The type where the parameter stands for `given`.
    fn bound(self, given: Type) -> Option<Type> {
        let ty = match (self.part, given.base) {
            (OpenPart::Value, _) => given,
            (OpenPart::Class, Base::Instance(class)) if given.is_bare() => Type {
                base: Base::Class(class),
                ..given
            },
            (OpenPart::RowsOf(ty), _) => match (ty.base, entity_of(given)) {
                (_, Entity::None) => return None,
                (Base::Model(id, _), entity) => Type {
                    base: Base::Model(id, entity),
                    ..ty
                },
                _ => return None,
            },
            _ => return None,
        };
        let wrappers = self.wrappers.into_iter().flatten();
        Some(wrappers.fold(ty, Type::wrapped))
    }
}

/// Whether more can be known of a type where type parameters are bound.
pub(super) fn is_open(ty: Type) -> bool {
    matches!(
        ty.base,
        Base::Unknown | Base::External | Base::Model(_, Entity::None)
    )
}

impl Typer<'_> {
    /// What is generic about a class of this file, if anything is.
    pub(in crate::link) fn generic_class(&mut self, class: ClassId) -> Option<Generic> {
        let module = self.module;
        let declared = module.class(class);
        let has_arguments = module
            .list(declared.bases)
            .iter()
            .any(|&base| matches!(module.expr(base), Expr::Index { .. }));
        if declared.type_params.is_empty() && !has_arguments {
            return None;
        }
        let params = self.type_params(class);
        let mut generic = Generic::default();
        for &base in module.list(declared.bases) {
            let arguments = match module.expr(base) {
                Expr::Index { index, .. } => self.arguments_in(index, &params),
                _ => Vec::new(),
            };
            generic.bases.push(arguments);
        }
        if params.is_empty() {
            return Some(generic);
        }
        for field in &declared.fields {
            let open = match field.annotation {
                Some(annotation) => self.open(annotation, &params),
                None => None,
            };
            generic.members.extend(open.map(|open| (field.name, open)));
        }
        for field in self.facts.self_fields.iter().filter(|f| f.class == class) {
            // `self.model = model`, of a parameter that says what it is.
            let annotation = match module.expr(field.value) {
                Expr::Local(local) => module.local(local).annotation.or_else(|| {
                    let LocalKind::Param(i) = module.local(local).kind else {
                        return None;
                    };
                    let function = module.function(module.local(local).function);
                    function.params.get(usize::from(i))?.annotation
                }),
                _ => None,
            };
            let open = annotation.and_then(|annotation| self.open(annotation, &params));
            generic.members.extend(open.map(|open| (field.name, open)));
        }
        for &method in &declared.methods {
            let function = module.function(method);
            let (Some(name), Some(returns)) = (function.name, function.returns) else {
                continue;
            };
            let Some(mut open) = self.open(returns, &params) else {
                continue;
            };
            let is_promise = open.wrappers.contains(&Some(Wrapper::Promise));
            if function.is_async && !is_promise {
                match open.wrapped(Wrapper::Promise) {
                    Some(promised) => open = promised,
                    None => continue,
                }
            }
            generic.members.push((name, open));
        }
        Some(generic)
    }

    /// The names of a class's type parameters, declared or listed by a base: `Generic[T]`.
    fn type_params(&self, class: ClassId) -> Vec<Name> {
        let module = self.module;
        let declared = module.class(class);
        if !declared.type_params.is_empty() || !module.exports_all {
            return declared.type_params.clone();
        }
        let mut names: Vec<Name> = Vec::new();
        for &base in module.list(declared.bases) {
            let Expr::Index { index, .. } = module.expr(base) else {
                continue;
            };
            for &argument in listed(module, &index) {
                if let Expr::Local(local) = module.expr(argument)
                    && self.is_type_variable(argument)
                {
                    let name = module.local(local).name;
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        names
    }

    /// Whether a name stands for `TypeVar("T")`.
    fn is_type_variable(&self, name: ExprId) -> bool {
        let module = self.module;
        let Expr::Local(local) = module.expr(name) else {
            return false;
        };
        // One that comes from elsewhere is known by its name alone.
        if let LocalKind::Import(_) = module.local(local).kind {
            let name = module.text(module.local(local).name);
            return name.ends_with("Type") || name.len() <= 2 || name.ends_with('T');
        }
        let value = self.facts.def_use.single_value(local);
        value.is_some_and(|value| match module.expr(value) {
            Expr::Call { callee, .. } => self.last_name(callee) == Some("TypeVar"),
            _ => false,
        })
    }

    fn arguments_in(&mut self, index: ExprId, params: &[Name]) -> Vec<Argument> {
        let module = self.module;
        let arguments = listed(module, &index).iter().take(MAX_PARAMS);
        arguments
            .map(|&argument| match self.open(argument, params) {
                Some(open) => Argument::Open(open),
                None => Argument::Known(self.annotated(argument)),
            })
            .collect()
    }

    /// What a type expression makes of a type parameter, if it does.
    fn open(&mut self, annotation: ExprId, params: &[Name]) -> Option<Open> {
        let module = self.module;
        let name = match module.expr(annotation) {
            Expr::Name(name) => Some(name),
            Expr::Local(local) => Some(module.local(local).name),
            _ => None,
        };
        if let Some(param) = name.and_then(|name| params.iter().position(|&p| p == name)) {
            return Some(Open {
                param: u8::try_from(param).ok()?,
                part: OpenPart::Value,
                wrappers: [None; 3],
            });
        }
        match module.expr(annotation) {
            // `T | null`
            Expr::Binary { left, right, .. } => {
                let left = self.open(left, params);
                left.or_else(|| self.open(right, params))
            }
            Expr::Index { object, index } => {
                let arguments = listed(module, &index);
                let last = self.open(*arguments.last()?, params);
                let first = self.open(*arguments.first()?, params);
                let wrapper = match self.last_name(object)? {
                    "type" | "Type" => {
                        let part = OpenPart::Class;
                        return first.map(|open| Open { part, ..open });
                    }
                    "Optional" | "Readonly" | "Partial" | "Required" | "NonNullable" => {
                        return first;
                    }
                    "Map" | "Record" | "dict" | "Dict" => return last?.wrapped(Wrapper::Map),
                    "Promise" | "Awaitable" => Some(Wrapper::Promise),
                    "Array" | "ReadonlyArray" | "list" | "List" | "Sequence" => Some(Wrapper::List),
                    "set" | "Set" => Some(Wrapper::Set),
                    "Iterable" | "Iterator" | "AsyncIterator" => Some(Wrapper::Iterator),
                    _ => None,
                };
                if let Some(wrapper) = wrapper {
                    return first?.wrapped(wrapper);
                }
                let open = first?;
                let class = self.of(object);
                let ty = self.instance_of(class);
                let is_rows = matches!(ty.base, Base::Model(_, Entity::None));
                (is_rows && open.part == OpenPart::Value).then_some(Open {
                    part: OpenPart::RowsOf(ty),
                    ..open
                })
            }
            _ => None,
        }
    }

    /// `function rows<E>(of: Type<E>): Repository<E>`: whose rows they are, as the argument says.
    pub(super) fn bound_rows(
        &mut self,
        function: FunctionRef,
        call: ExprId,
        ty: Type,
    ) -> Option<Type> {
        let Base::Model(id, _) = ty.base else {
            return None;
        };
        let module = &self.world.unit(function.file).facts.module;
        let declared = module.function(function.function);
        let names = |expr: ExprId| {
            let mut found = Vec::new();
            let mut open = vec![expr];
            while let Some(at) = open.pop() {
                if found.len() >= MAX_PARAMS {
                    break;
                }
                match module.expr(at) {
                    Expr::Name(name) => found.push(name),
                    Expr::Index { index, .. } => open.push(index),
                    Expr::Binary { left, right, .. } => open.extend([left, right]),
                    Expr::Sequence { elements, .. } => open.extend(module.list(elements)),
                    _ => {}
                }
            }
            found
        };
        let wanted = match module.expr(declared.returns?) {
            Expr::Index { index, .. } => *names(index).first()?,
            _ => return None,
        };
        let mut params = declared.params.iter().enumerate();
        params.find_map(|(i, param)| {
            if !names(param.annotation?).contains(&wanted) {
                return None;
            }
            let argument = self.argument(call, i)?;
            let given = self.of(argument);
            let entity = match given.base {
                Base::Class(_) if given.is_bare() => entity_of(given),
                _ => return None,
            };
            let base = Base::Model(id, entity);
            Some(Type { base, ..ty }.at_most(given.confidence))
        })
    }

    /// The member of a class whose type parameters stand for `given`, or of what it derives from.
    pub(super) fn generic_member(
        &self,
        class: ClassRef,
        given: &[Type],
        name: &str,
    ) -> Option<Type> {
        let mut next = vec![(class, given.to_vec(), 0)];
        while let Some((class, given, depth)) = next.pop() {
            let state = &self.world.state[class.file.index()];
            let module = &self.world.unit(class.file).facts.module;
            let generic = state.generics.get(&class.class);
            if let (Some(generic), Some(name)) = (generic, module.name(name)) {
                let mut members = generic.members.iter();
                if let Some(&(_, open)) = members.find(|member| member.0 == name) {
                    let ty = *given.get(usize::from(open.param))?;
                    return open.bound(ty).filter(|ty| !ty.is_unknown());
                }
            }
            if depth == MAX_DEPTH {
                continue;
            }
            let bases = state.bases.get(class.class.index()).into_iter().flatten();
            for (i, base) in bases.enumerate().collect::<Vec<_>>().into_iter().rev() {
                let (Base::Class(base) | Base::Instance(base)) = base.base else {
                    continue;
                };
                let arguments = generic.and_then(|generic| generic.bases.get(i));
                let arguments = arguments
                    .into_iter()
                    .flatten()
                    .map(|argument| match argument {
                        Argument::Known(ty) => *ty,
                        Argument::Open(open) => {
                            let ty = given.get(usize::from(open.param));
                            ty.and_then(|&ty| open.bound(ty)).unwrap_or(Type::UNKNOWN)
                        }
                    });
                next.push((base, arguments.collect(), depth + 1));
            }
        }
        None
    }

    /// A member of a value whose declaration says what the type parameters stand for:
    /// `box: Box<User>`, `new Box<User>()`.
    pub(super) fn applied_member(&mut self, object: ExprId, on: Type, name: &str) -> Option<Type> {
        let Base::Instance(class) = on.base else {
            return None;
        };
        let generics = &self.world.state[class.file.index()].generics;
        if !on.is_bare() || !generics.contains_key(&class.class) {
            return None;
        }
        let given = self.type_arguments(object)?;
        self.generic_member(class, &given, name)
    }

    /// The arguments of the type that a value is declared with or made of.
    fn type_arguments(&mut self, object: ExprId) -> Option<Vec<Type>> {
        let module = self.module;
        let annotation = match module.expr(object) {
            Expr::Local(local) => {
                let declared = module.local(local);
                let of_param = || match declared.kind {
                    LocalKind::Param(i) => {
                        let function = module.function(declared.function);
                        function.params.get(usize::from(i))?.annotation
                    }
                    _ => None,
                };
                match declared.annotation.or_else(of_param) {
                    Some(annotation) => annotation,
                    None => return self.type_arguments_of_value(local),
                }
            }
            // `this.box`
            Expr::Member { object, name } => {
                let Base::Instance(owner) = self.of(object).base else {
                    return None;
                };
                if owner.file != self.file {
                    return None;
                }
                let mut fields = module.class(owner.class).fields.iter();
                fields.find(|field| field.name == name)?.annotation?
            }
            Expr::Call { callee, .. } => callee,
            _ => return None,
        };
        let Expr::Index { index, .. } = module.expr(annotation) else {
            return None;
        };
        let arguments = listed(module, &index).iter();
        Some(
            arguments
                .map(|&argument| self.annotated(argument))
                .collect(),
        )
    }

    fn type_arguments_of_value(&mut self, local: crate::ir::LocalId) -> Option<Vec<Type>> {
        let value = self.facts.def_use.single_value(local)?;
        match self.module.expr(value) {
            Expr::Call { .. } => self.type_arguments(value),
            _ => None,
        }
    }

    /// What a method gives whose declaration names a type parameter.
    pub(super) fn generic_result(&mut self, function: FunctionRef, call: ExprId) -> Option<Type> {
        let module = &self.world.unit(function.file).facts.module;
        let declared = module.function(function.function);
        let class = declared.class?;
        let generics = &self.world.state[function.file.index()].generics;
        if declared.kind == FunctionKind::Constructor || !generics.contains_key(&class) {
            return None;
        }
        let name = module.text(declared.name?);
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        let Expr::Member { object, .. } = self.module.expr(callee) else {
            return None;
        };
        let on = self.of(object);
        let (Base::Instance(class) | Base::Class(class)) = on.base else {
            return None;
        };
        let found = self.generic_member(class, &[], name);
        found.or_else(|| self.applied_member(object, on, name))
    }
}

/// One or several type arguments.
fn listed<'m>(module: &'m Module, index: &'m ExprId) -> &'m [ExprId] {
    match module.expr(*index) {
        Expr::Sequence { elements, .. } => module.list(elements),
        _ => std::slice::from_ref(index),
    }
}
