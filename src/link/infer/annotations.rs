//! Types that annotations describe.

use super::super::models::{ModelTypeId, Wrapper};
use super::super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::{MAX_STEPS, Typer, entity_of};
use crate::ir::{BinaryOp, ClassKind, Expr, ExprId, LocalKind};

impl<'w> Typer<'w> {
    /// The type of the values that a type expression describes.
    pub fn annotated(&mut self, id: ExprId) -> Type {
        if let Some(&known) = self.known_annotations.get(&id) {
            return known;
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        // A type defined by itself adds nothing.
        self.known_annotations.insert(id, Type::UNKNOWN);
        self.steps += 1;
        let ty = self.annotation(id);
        self.steps -= 1;
        self.known_annotations.insert(id, ty);
        ty
    }

    fn annotation(&mut self, id: ExprId) -> Type {
        match self.module.expr(id) {
            Expr::Binary {
                op: op @ (BinaryOp::BitOr | BinaryOp::BitAnd),
                left,
                right,
            } => {
                let left = self.annotated(left);
                let ty = left.or(self.annotated(right));
                if op == BinaryOp::BitAnd && ty.is_unknown() {
                    // A value of both has the members of each.
                    let (file, expr) = (self.file, id);
                    return Type::of(Base::Shaped(ExprRef { file, expr }));
                }
                ty
            }
            Expr::Null => Type::of(Base::Null),
            Expr::This => self.receiver(id),
            // `typeof value`
            Expr::Unary { operand, .. } => self.value_named(operand),
            Expr::String(_) | Expr::Template(_) => Type::of(Base::Str),
            Expr::Number(_) => Type::of(Base::Num),
            Expr::Map(entries) => {
                // `{ [code: string]: Order }`
                if let &[entry] = self.module.list(entries)
                    && let Expr::Entry { value, .. } = self.module.expr(entry)
                {
                    return self.annotated(value).wrapped(Wrapper::Map);
                }
                let (file, expr) = (self.file, id);
                Type::of(Base::Shaped(ExprRef { file, expr }))
            }
            Expr::Sequence { elements, .. } => {
                let first = self.module.list(elements).first().copied();
                let first = first.map_or(Type::UNKNOWN, |first| self.annotated(first));
                first.wrapped(Wrapper::Tuple)
            }
            Expr::Index { object, index } => self.generic(object, index),
            _ => {
                if let Some(ty) = self.simple_type(id) {
                    return ty;
                }
                if self.last_name(id) == Some("Self") {
                    return self.own_class(id);
                }
                let class = self.value_named(id);
                self.instance_of(class)
            }
        }
    }

    fn simple_type(&self, id: ExprId) -> Option<Type> {
        Some(match self.last_name(id)? {
            "str" | "string" | "bytes" => Type::of(Base::Str),
            "int" | "float" | "number" | "bigint" | "Decimal" => Type::of(Base::Num),
            "bool" | "boolean" => Type::of(Base::Bool),
            "None" | "null" | "undefined" | "void" => Type::of(Base::Null),
            "list" | "List" | "Sequence" | "Array" => Type::UNKNOWN.wrapped(Wrapper::List),
            "set" | "Set" | "frozenset" => Type::UNKNOWN.wrapped(Wrapper::Set),
            "dict" | "Dict" | "Map" | "Mapping" => Type::UNKNOWN.wrapped(Wrapper::Map),
            _ => return None,
        })
    }

    fn generic(&mut self, object: ExprId, index: ExprId) -> Type {
        let args: Vec<ExprId> = match self.module.expr(index) {
            Expr::Sequence { elements, .. } => self.module.list(elements).to_vec(),
            _ => vec![index],
        };
        let Some(&first) = args.first() else {
            return Type::UNKNOWN;
        };
        // `Config["logger"]`
        if let (Expr::String(name), false) = (self.module.expr(first), self.module.exports_all) {
            let on = self.annotated(object);
            let member = self.member(on, self.module.text(name));
            if !matches!(member.base, Base::Unknown | Base::External) {
                return member;
            }
        }
        let wrapper = match self.last_name(object).unwrap_or("") {
            "list" | "List" | "Sequence" | "MutableSequence" | "Array" | "ReadonlyArray"
            | "Collection" => Some(Wrapper::List),
            "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "ReadonlySet" => {
                Some(Wrapper::Set)
            }
            "Iterable" | "Iterator" | "Generator" | "AsyncIterator" | "AsyncIterable"
            | "AsyncGenerator" | "IterableIterator" => Some(Wrapper::Iterator),
            "Promise" | "PromiseLike" | "Awaitable" | "Future" | "Task" => Some(Wrapper::Promise),
            "tuple" | "Tuple" => Some(Wrapper::Tuple),
            "dict" | "Dict" | "Map" | "Mapping" | "MutableMapping" | "defaultdict" | "Record"
            | "ReadonlyMap" | "OrderedDict" => {
                let value = args.get(1).copied().unwrap_or(first);
                return self.annotated(value).wrapped(Wrapper::Map);
            }
            "Optional" | "Annotated" | "Readonly" | "Required" | "Partial" | "NonNullable"
            | "Final" | "ClassVar" | "Mapped" | "Pick" | "Omit" => return self.annotated(first),
            "Awaited" => return self.annotated(first).awaited(),
            "ReturnType" => {
                let function = self.annotated(first);
                return self.result_of_type(function);
            }
            "InstanceType" => {
                let class = self.annotated(first);
                return self.instance_of(class);
            }
            "Union" => {
                let first = self.annotated(first);
                return args[1..]
                    .iter()
                    .fold(first, |ty, &arg| ty.or(self.annotated(arg)));
            }
            "type" | "Type" => {
                return self.of(first);
            }
            "Callable" if args.len() == 2 => {
                let (file, expr) = (self.file, index);
                return Type::of(Base::Signature(ExprRef { file, expr }));
            }
            _ => None,
        };
        if let Some(wrapper) = wrapper {
            return self.annotated(first).wrapped(wrapper);
        }
        let class = self.of(object);
        let ty = self.instance_of(class);
        match ty.base {
            Base::Model(id, Entity::None) => {
                let entity = self.annotated(first);
                Type {
                    base: Base::Model(id, entity_of(entity)),
                    ..ty
                }
            }
            _ => ty,
        }
    }

    /// Whether a type is several at once, `A & B`, of which not all is known: what the value is
    /// made of says more.
    pub(super) fn is_joined(&self, ty: Type) -> bool {
        let (Base::Shaped(shape), true) = (ty.base, ty.awaited().is_bare()) else {
            return false;
        };
        let module = &self.world.unit(shape.file).facts.module;
        matches!(module.expr(shape.expr), Expr::Binary { .. })
    }

    /// What a function of this type takes, and as the last one what it gives.
    pub(in crate::link) fn signature(&mut self, signature: ExprRef) -> Vec<Type> {
        if signature.file != self.file {
            let state = &self.world.state[signature.file.index()];
            let known = state.signatures.get(&signature.expr);
            return known.cloned().unwrap_or_default();
        }
        let module = self.module;
        let Expr::Sequence { elements, .. } = module.expr(signature.expr) else {
            return Vec::new();
        };
        let [params, returns] = *module.list(elements) else {
            return Vec::new();
        };
        let params = match module.expr(params) {
            Expr::Sequence { elements, .. } => module.list(elements),
            _ => &[],
        };
        let mut types: Vec<Type> = params.iter().map(|&ty| self.annotated(ty)).collect();
        types.push(self.annotated(returns));
        types
    }

    /// The declared type of a parameter of a project function, if it is that of a function.
    pub(super) fn expected(&mut self, function: FunctionRef, param: u16) -> Option<ExprRef> {
        let state = &self.world.state[function.file.index()];
        let ty = if function.file == self.file {
            let params = &self.module.function(function.function).params;
            self.annotated(params.get(usize::from(param))?.annotation?)
        } else {
            *state.expected.get(&(function.function, param))?
        };
        match ty.base {
            Base::Signature(signature) if ty.is_bare() => Some(signature),
            _ => None,
        }
    }

    /// The value that a name in a type stands for: that of `typeof`, an alias.
    fn value_named(&mut self, id: ExprId) -> Type {
        match self.module.expr(id) {
            Expr::Local(local) => match self.module.local(local).kind {
                LocalKind::Variable | LocalKind::Const => self.variable(local),
                _ => self.of(id),
            },
            _ => self.of(id),
        }
    }

    /// An instance of the class that an annotation stands in: `Self`.
    fn own_class(&self, id: ExprId) -> Type {
        let module = self.module;
        let mut at = Some(module.function_of(id));
        while let Some(function) = at {
            if let Some(class) = module.function(function).class {
                let file = self.file;
                return Type::of(Base::Instance(ClassRef { file, class }));
            }
            at = module.function(function).parent;
        }
        Type::UNKNOWN
    }

    /// The last part of a dotted name.
    pub(super) fn last_name(&self, id: ExprId) -> Option<&'w str> {
        let name = match self.module.expr(id) {
            Expr::Name(name) | Expr::Member { name, .. } => name,
            Expr::Local(local) => self.module.local(local).name,
            _ => return None,
        };
        Some(self.module.text(name))
    }

    /// The name of what has a member, also where it was taken out of a map by it.
    pub(in crate::link) fn holder_name(&self, id: ExprId) -> Option<&'w str> {
        match self.module.expr(id) {
            Expr::Index { index, .. } => match self.module.expr(index) {
                Expr::String(key) => Some(self.module.text(key)),
                _ => None,
            },
            _ => self.last_name(id),
        }
    }

    /// The instances of a class.
    pub fn instance_of(&mut self, class: Type) -> Type {
        let base = match class.base {
            Base::Class(c) => {
                let unit = self.world.unit(c.file);
                let declared = unit.facts.module.class(c.class);
                if declared.kind == ClassKind::Alias {
                    return match declared.alias {
                        Some(alias) if c.file == self.file => self.annotated(alias),
                        _ => self.last_round(c.file).aliases[c.class.index()],
                    };
                }
                Base::Instance(c)
            }
            Base::Path(path) => match self.world.models.path(path).ty {
                Some(ty) => return self.value_of(ty, Entity::None).at_most(class.confidence),
                None => Base::External,
            },
            Base::ModelClass(ty, entity) => {
                return self.value_of(ty, entity).at_most(class.confidence);
            }
            // An annotation may name a value of the type: `db: SessionLocal`.
            Base::Model(..)
            | Base::Instance(_)
            | Base::External
            | Base::Shaped(_)
            | Base::Signature(_) => class.base,
            _ => Base::Unknown,
        };
        Type { base, ..class }
    }

    /// A value of a library's type; the containers of the languages are types of their own.
    pub(super) fn value_of(&self, ty: ModelTypeId, entity: Entity) -> Type {
        let models = &self.world.models;
        match models.wrapper_of(ty) {
            Some(wrapper) => Type::UNKNOWN.wrapped(wrapper),
            None if models.is_string(ty) => Type::of(Base::Str),
            None => Type::of(Base::Model(ty, entity)),
        }
    }
}
