//! Types of expressions, on demand.
//!
//! A [`Typer`] looks at one file; what it needs of others it takes from the
//! [`World`]'s last round. Every answer is the best single type, or unknown.

use rustc_hash::FxHashMap;

use super::models::{Bounded, EntityFrom, ModelTypeId, TypeSpec, Wrapper};
use super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::world::World;
use crate::analysis::def_use::{Def, DefId};
use crate::analysis::facts::FileFacts;
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, CallKind, ClassId, ClassKind, ComprehensionKind, Expr, ExprId, FunctionId,
    FunctionKind, Invocation, LocalId, LocalKind, LoopId, MODULE_BODY, Module, Name, SequenceKind,
    Stmt,
};
use crate::source::FileId;

/// Steps from one expression to the next before giving up.
const MAX_STEPS: u32 = 300;

/// Finds the types of one file's expressions and remembers them.
#[derive(Debug)]
pub struct Typer<'w> {
    world: &'w World,
    file: FileId,
    facts: &'w FileFacts,
    module: &'w Module,
    known: FxHashMap<ExprId, Type>,
    known_defs: FxHashMap<DefId, Type>,
    known_annotations: FxHashMap<ExprId, Type>,
    steps: u32,
}

impl<'w> Typer<'w> {
    /// A typer for one file.
    pub fn new(world: &'w World, file: FileId) -> Self {
        let facts = &world.unit(file).facts;
        Self {
            world,
            file,
            facts,
            module: &facts.module,
            known: FxHashMap::default(),
            known_defs: FxHashMap::default(),
            known_annotations: FxHashMap::default(),
            steps: 0,
        }
    }

    /// The type of an expression.
    pub fn of(&mut self, id: ExprId) -> Type {
        // What costs nothing to find is not worth remembering.
        match self.module.expr(id) {
            Expr::String(_) | Expr::Template(_) => return Type::of(Base::Str),
            Expr::Number(_) | Expr::Float => return Type::of(Base::Num),
            Expr::Bool(_) => return Type::of(Base::Bool),
            Expr::Null => return Type::of(Base::Null),
            _ => {}
        }
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        // A value defined by itself, as in a loop, adds nothing.
        self.known.insert(id, Type::UNKNOWN);
        self.steps += 1;
        let ty = self.find(id);
        self.steps -= 1;
        self.known.insert(id, ty);
        ty
    }

    fn find(&mut self, id: ExprId) -> Type {
        match self.module.expr(id) {
            Expr::Local(local) => self.local(id, local),
            Expr::Name(name) => self.global(self.module.text(name)),
            Expr::This => self.receiver(id),
            Expr::Super => {
                let owner = self.module.receiver_owner(self.module.function_of(id));
                match self.module.function(owner).class {
                    Some(class) => self.first_base(ClassRef {
                        file: self.file,
                        class,
                    }),
                    None => Type::UNKNOWN,
                }
            }
            Expr::Sequence { kind, elements } => {
                let first = self.module.list(elements).first();
                let element = match first.map(|&e| self.module.expr(e)) {
                    Some(Expr::Spread(inner)) => {
                        let inner = self.of(inner);
                        self.element_of(inner)
                    }
                    Some(_) => self.of(self.module.list(elements)[0]),
                    None => Type::UNKNOWN,
                };
                element.wrapped(match kind {
                    SequenceKind::List => Wrapper::List,
                    SequenceKind::Tuple => Wrapper::Tuple,
                    SequenceKind::Set => Wrapper::Set,
                })
            }
            Expr::Map(_) => {
                let (file, expr) = (self.file, id);
                Type::of(Base::Literal(ExprRef { file, expr }))
            }
            Expr::Spread(value) | Expr::Keyword { value, .. } => self.of(value),
            Expr::Entry { value, .. } => self.of(value),
            Expr::Member { object, name } => {
                let text = self.module.text(name);
                let on = self.of(object);
                let found = self.member(on, text);
                let is_resolved = !found.is_unknown() && found.base != Base::External;
                if is_resolved {
                    return found;
                }
                // `Feature.objects.filter`: what cannot be followed has the members that
                // values of this name have in practice.
                if !matches!(self.module.expr(object), Expr::Local(_)) {
                    let by_name = self.last_name(object).map(|name| {
                        let ty = self.by_convention(name);
                        if ty.is_unknown() {
                            return Self::conventional(self.world.models.member_receiver(name));
                        }
                        ty
                    });
                    if let Some(ty) = by_name.filter(|ty| !ty.is_unknown()) {
                        let entity = match self.module.expr(object) {
                            Expr::Member { object, .. } => entity_of(self.of(object)),
                            _ => Entity::None,
                        };
                        let ty = match ty.base {
                            Base::Model(id, Entity::None) => Type {
                                base: Base::Model(id, entity),
                                ..ty
                            },
                            _ => ty,
                        };
                        return self.member(ty, text);
                    }
                }
                if found.is_unknown() && on.is_unknown() {
                    return self.by_convention(text);
                }
                found
            }
            Expr::Index { object, index } => self.indexed(object, index),
            Expr::Call { .. } => self.called(id),
            Expr::Await(value) => {
                let ty = self.of(value);
                self.awaited(ty)
            }
            Expr::Function(function) => {
                let file = self.file;
                Type::of(Base::Function(FunctionRef { file, function }))
            }
            Expr::Class(class) => {
                let file = self.file;
                Type::of(Base::Class(ClassRef { file, class }))
            }
            Expr::Binary { op, left, right } => match op {
                BinaryOp::Add | BinaryOp::BitOr | BinaryOp::BitAnd => {
                    let left = self.of(left);
                    left.or(self.of(right))
                }
                BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::Remainder => Type::UNKNOWN,
                _ => Type::of(Base::Bool),
            },
            Expr::Logical { left, right, .. } => {
                let left = self.of(left);
                left.or(self.of(right))
            }
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let then = self.of(then);
                then.or(self.of(otherwise))
            }
            Expr::Assign { value, .. } => self.of(value),
            Expr::Comprehension { kind, lp } => {
                let element = self.collected(lp).unwrap_or(Type::UNKNOWN);
                element.wrapped(match kind {
                    ComprehensionKind::List => Wrapper::List,
                    ComprehensionKind::Set => Wrapper::Set,
                    ComprehensionKind::Map => Wrapper::Map,
                    ComprehensionKind::Generator => Wrapper::Iterator,
                })
            }
            Expr::Element(lp) => {
                let over = self.module.lp(lp).over;
                match over {
                    Some(over) => {
                        let over = self.of(over);
                        self.element_of(over)
                    }
                    None => Type::UNKNOWN,
                }
            }
            Expr::Param(index) => {
                let function = self.module.function_of(id);
                self.param(function, index as usize)
            }
            Expr::Entered(value) => {
                let ty = self.of(value);
                self.member_call_result(ty, "__enter__").unwrap_or(ty)
            }
            _ => Type::UNKNOWN,
        }
    }

    // --- names ----------------------------------------------------------------------------

    fn local(&mut self, id: ExprId, local: LocalId) -> Type {
        if let Some(annotation) = self.module.local(local).annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() {
                return ty;
            }
        }
        match self.facts.def_use.reaching(id) {
            Some(def) => self.defined(def),
            None => self.entered(local, self.module.function_of(id)),
        }
    }

    fn defined(&mut self, id: DefId) -> Type {
        if let Some(&known) = self.known_defs.get(&id) {
            return known;
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.known_defs.insert(id, Type::UNKNOWN);
        self.steps += 1;
        let facts = self.facts;
        let ty = match facts.def_use.def(id) {
            Def::Entry { local, function } => self.entered(*local, *function),
            Def::Value { value, .. } => self.of(*value),
            Def::Augmented {
                previous, value, ..
            } => {
                let before = self.defined(*previous);
                before.or(self.of(*value))
            }
            Def::Join { operands, .. } => {
                let mut operands = operands.iter();
                let first = operands.next().map(|&def| self.defined(def));
                operands.fold(first.unwrap_or(Type::UNKNOWN), |ty, &def| {
                    ty.or(self.defined(def))
                })
            }
            Def::Carried { entry, back, .. } => {
                let before = self.defined(*entry);
                match back.first() {
                    Some(&back) if before.is_unknown() || before.base == Base::Null => {
                        before.or(self.defined(back))
                    }
                    _ => before,
                }
            }
        };
        self.steps -= 1;
        self.known_defs.insert(id, ty);
        ty
    }

    /// The type of a name at the entry of a function.
    fn entered(&mut self, local: LocalId, function: FunctionId) -> Type {
        let declared = self.module.local(local);
        match declared.kind {
            LocalKind::Function(function) => {
                let file = self.file;
                Type::of(Base::Function(FunctionRef { file, function }))
            }
            LocalKind::Class(class) => {
                let file = self.file;
                Type::of(Base::Class(ClassRef { file, class }))
            }
            LocalKind::Import(import) => self.world.import_type(self.file, import),
            LocalKind::Param(index) => {
                let is_assigned = !self.facts.def_use.assignments(local).is_empty();
                if declared.function == function || !is_assigned {
                    self.param(declared.function, usize::from(index))
                } else {
                    Type::UNKNOWN
                }
            }
            LocalKind::Variable | LocalKind::Const if declared.function != function => {
                if declared.function == MODULE_BODY {
                    let ty = self.world.module_local(self.file, local, 0);
                    if !ty.is_unknown() {
                        return ty;
                    }
                }
                self.variable(local)
            }
            _ => Type::UNKNOWN,
        }
    }

    /// The type of a variable over all its assignments.
    pub fn variable(&mut self, local: LocalId) -> Type {
        if let Some(annotation) = self.module.local(local).annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() {
                return ty;
            }
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.steps += 1;
        let facts = self.facts;
        let mut ty = Type::UNKNOWN;
        for (i, &def) in facts.def_use.assignments(local).iter().take(8).enumerate() {
            let found = match facts.def_use.def(def) {
                Def::Value { value, .. } => self.of(*value),
                _ => continue,
            };
            ty = if i == 0 { found } else { ty.or(found) };
        }
        self.steps -= 1;
        ty
    }

    fn global(&mut self, name: &str) -> Type {
        let ecosystem = self.world.unit(self.file).ecosystem;
        if let Some(path) = self.world.models.global(ecosystem, name) {
            return Type::of(Base::Path(path));
        }
        // A name that a star import brings in.
        let found = self.world.module_member(Base::File(self.file), name);
        if found.is_unknown() {
            return self.by_convention(name);
        }
        found
    }

    /// The type that a value of this name has in practice.
    fn by_convention(&self, name: &str) -> Type {
        Self::conventional(self.world.models.receiver(name))
    }

    fn conventional(receiver: Option<(ModelTypeId, Confidence)>) -> Type {
        match receiver {
            Some((ty, confidence)) => Type::of(Base::Model(ty, Entity::None)).at_most(confidence),
            None => Type::UNKNOWN,
        }
    }

    fn receiver(&self, id: ExprId) -> Type {
        match self.module.receiver_class(id) {
            Some(class) => {
                let file = self.file;
                Type::of(Base::Instance(ClassRef { file, class }))
            }
            None => Type::UNKNOWN,
        }
    }

    /// The type of a parameter.
    pub fn param(&mut self, function: FunctionId, index: usize) -> Type {
        let module = self.module;
        let declared = module.function(function);
        let Some(param) = declared.params.get(index) else {
            return Type::UNKNOWN;
        };
        if let Some(annotation) = param.annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() {
                return ty;
            }
        }
        // The receiver parameter of languages that spell it out.
        if index == 0
            && module.exports_all
            && !declared.is_static
            && let Some(class) = declared.class
        {
            let class = ClassRef {
                file: self.file,
                class,
            };
            let is_class_method = module.list(declared.decorators).iter().any(
                |&d| matches!(module.expr(d), Expr::Name(n) if module.text(n) == "classmethod"),
            );
            return Type::of(if is_class_method {
                Base::Class(class)
            } else {
                Base::Instance(class)
            });
        }
        match declared.invocation {
            Invocation::PerElement(lp) => {
                if index == module.element_param(lp) {
                    if let Some(over) = module.lp(lp).over {
                        let over = self.of(over);
                        return self.element_of(over);
                    }
                } else if index == module.element_param(lp) + 2 {
                    // `xs.filter((x, i, all) => …)`: the collection itself.
                    if let Some(over) = module.lp(lp).over {
                        return self.of(over);
                    }
                } else if index == 0 {
                    // What is accumulated starts as the argument after the callback.
                    let start = module.lp(lp).call.and_then(|call| self.argument(call, 1));
                    if let Some(start) = start {
                        return self.of(start).at_most(Confidence::Medium);
                    }
                }
            }
            Invocation::Argument(call, position) => {
                if let Some((model, receiver)) = self.called_model(call)
                    && model
                        .callback
                        .is_some_and(|(at, _)| u16::from(at) == position)
                    && index == 0
                {
                    let receives = &model.receives;
                    return self.specified(receives, receiver, Entity::None, call);
                }
            }
            _ => {}
        }
        let default = param.default.map(|default| self.of(default));
        let name = match module.expr(param.target) {
            Expr::Local(local) => self.by_convention(module.text(module.local(local).name)),
            _ => Type::UNKNOWN,
        };
        match default {
            Some(ty) if !ty.is_unknown() && ty.base != Base::Null => ty.at_most(Confidence::Medium),
            _ => name,
        }
    }

    // --- annotations ----------------------------------------------------------------------

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
                op: BinaryOp::BitOr | BinaryOp::BitAnd,
                left,
                right,
            } => {
                let left = self.annotated(left);
                left.or(self.annotated(right))
            }
            Expr::Null => Type::of(Base::Null),
            Expr::String(_) | Expr::Template(_) => Type::of(Base::Str),
            Expr::Number(_) => Type::of(Base::Num),
            Expr::Map(_) => {
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
                let class = self.of(id);
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
            | "Awaited" | "Final" | "ClassVar" | "Mapped" => return self.annotated(first),
            "Union" => {
                let first = self.annotated(first);
                return args[1..]
                    .iter()
                    .fold(first, |ty, &arg| ty.or(self.annotated(arg)));
            }
            "type" | "Type" => {
                return self.of(first);
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

    /// The last part of a dotted name.
    fn last_name(&self, id: ExprId) -> Option<&'w str> {
        let name = match self.module.expr(id) {
            Expr::Name(name) | Expr::Member { name, .. } => name,
            Expr::Local(local) => self.module.local(local).name,
            _ => return None,
        };
        Some(self.module.text(name))
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
                        _ => self.world.state[c.file.index()].aliases[c.class.index()],
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
            Base::Model(..) | Base::External | Base::Shaped(_) => class.base,
            _ => Base::Unknown,
        };
        Type { base, ..class }
    }

    /// A value of a library's type; the containers of the languages are types of their own.
    fn value_of(&self, ty: ModelTypeId, entity: Entity) -> Type {
        let models = &self.world.models;
        match models.wrapper_of(ty) {
            Some(wrapper) => Type::UNKNOWN.wrapped(wrapper),
            None if models.is_string(ty) => Type::of(Base::Str),
            None => Type::of(Base::Model(ty, entity)),
        }
    }

    // --- members --------------------------------------------------------------------------

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
            Base::File(_) | Base::Folder(_) => Some(self.world.module_member(on.base, name)),
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

    fn literal_member(&mut self, literal: ExprRef, name: &str) -> Option<Type> {
        let module = &self.world.unit(literal.file).facts.module;
        match keyword_of(module, literal.expr, name) {
            Some(value) if literal.file == self.file => Some(self.of(value)),
            Some(_) => {
                let state = &self.world.state[literal.file.index()];
                state.member(literal.expr, module.name(name)?)
            }
            None => {
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

    fn shape_member(&mut self, shape: ExprRef, name: &str) -> Option<Type> {
        let module = &self.world.unit(shape.file).facts.module;
        if shape.file == self.file {
            let value = keyword_of(module, shape.expr, name)?;
            return Some(self.annotated(value));
        }
        let state = &self.world.state[shape.file.index()];
        state.member(shape.expr, module.name(name)?)
    }

    /// The members of an object literal or object type of this file.
    pub(super) fn members_of(&mut self, base: Base) -> Vec<(Name, Type)> {
        let (Base::Literal(object) | Base::Shaped(object)) = base else {
            return Vec::new();
        };
        let module = self.module;
        let Expr::Map(entries) = module.expr(object.expr) else {
            return Vec::new();
        };
        let mut members = Vec::new();
        for &entry in module.list(entries) {
            if let Expr::Keyword { name, value } = module.expr(entry) {
                let ty = match base {
                    Base::Literal(_) => self.of(value),
                    _ => self.annotated(value),
                };
                members.push((name, ty));
            }
        }
        members
    }

    /// A member that a model describes. A method is bound to the entity of its receiver.
    fn model_member(
        &mut self,
        ty: ModelTypeId,
        of_class: bool,
        name: &str,
        entity: Entity,
    ) -> Option<Type> {
        let member = self.world.models.member(ty, of_class, name)?;
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

    /// A member of a project class or its instances: methods and attributes of the class, then
    /// of what it derives from.
    fn class_member(&mut self, class: ClassRef, name: &str, of_class: bool) -> Option<Type> {
        let mut open = vec![class];
        let mut at = 0;
        let mut library = Vec::new();
        while at < open.len() && at < 32 {
            let current = open[at];
            at += 1;
            let unit = self.world.unit(current.file);
            let module = &unit.facts.module;
            let types = &self.world.state[current.file.index()];
            if let Some(name) = module.name(name) {
                let declared = module.class(current.class);
                let method = declared.methods.iter().rev().copied().find(|&m| {
                    let function = module.function(m);
                    function.name == Some(name) && function.kind != FunctionKind::Setter
                });
                if let Some(function) = method {
                    let file = current.file;
                    let is_getter = module.function(function).kind == FunctionKind::Getter;
                    if is_getter && !of_class {
                        return Some(types.returns[function.index()]);
                    }
                    return Some(Type::of(Base::Function(FunctionRef { file, function })));
                }
                let fields = types.fields.get(current.class.index());
                if let Some(field) = fields.and_then(|f| f.iter().find(|f| f.0 == name)) {
                    return Some(field.1);
                }
                let inner = declared.inner.iter().copied();
                let inner = inner
                    .into_iter()
                    .find(|&c| module.class(c).name == Some(name));
                if let Some(class) = inner {
                    let file = current.file;
                    return Some(Type::of(Base::Class(ClassRef { file, class })));
                }
            }
            for base in types.bases.get(current.class.index()).into_iter().flatten() {
                match base.base {
                    Base::Class(c) | Base::Instance(c) if !open.contains(&c) => open.push(c),
                    Base::Path(path) => library.extend(self.world.models.path(path).ty),
                    Base::Model(ty, _) | Base::ModelClass(ty, _) => library.push(ty),
                    _ => {}
                }
            }
        }
        let entity = Entity::Class(class);
        library
            .into_iter()
            .find_map(|ty| self.model_member(ty, of_class, name, entity))
    }

    fn first_base(&self, class: ClassRef) -> Type {
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

    fn indexed(&mut self, object: ExprId, index: ExprId) -> Type {
        let on = self.of(object);
        if let (Base::Literal(literal), Expr::String(name)) = (on.base, self.module.expr(index)) {
            let name = self.module.text(name);
            return self.literal_member(literal, name).unwrap_or(Type::UNKNOWN);
        }
        if let Expr::Slice(_) = self.module.expr(index) {
            return on;
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

    // --- calls ----------------------------------------------------------------------------

    /// What is called by a call: the type of its callee.
    pub fn callee(&mut self, call: ExprId) -> Type {
        let Expr::Call { callee, kind, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        if kind == CallKind::Import {
            return Type::UNKNOWN;
        }
        let ty = self.of(callee);
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
    pub fn called_model(&mut self, call: ExprId) -> Option<(&'w super::models::CallModel, Type)> {
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
            Expr::Member { object, .. } => self.of(object),
            Expr::Index { object, .. } => match self.module.expr(object) {
                Expr::Member { object, .. } => self.of(object),
                _ => Type::UNKNOWN,
            },
            _ => self.of(callee),
        }
    }

    fn called(&mut self, call: ExprId) -> Type {
        let Expr::Call { kind, .. } = self.module.expr(call) else {
            return Type::UNKNOWN;
        };
        let callee = self.callee(call);
        let confidence = callee.confidence;
        if !callee.is_bare() {
            return Type::UNKNOWN;
        }
        let world = self.world;
        let ty = match callee.base {
            Base::Function(function) => self.result_of(function),
            Base::Class(class) => self.instance_of(Type::of(Base::Class(class))),
            Base::Method(id, entity) => {
                let receiver = self.receiver_of(call);
                self.model_result(id, receiver, entity, call)
            }
            Base::Path(path) => {
                let node = world.models.path(path);
                match (node.call, node.ty) {
                    (Some(id), _) if kind != CallKind::New => {
                        self.model_result(id, Type::UNKNOWN, Entity::None, call)
                    }
                    (_, Some(ty)) => {
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
            Base::External => Type::of(Base::External),
            _ => Type::UNKNOWN,
        };
        if ty.is_unknown() {
            // `require("x")` in the midst of an expression.
            if let Some(found) = self.required(call) {
                return found;
            }
        }
        ty.at_most(confidence)
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
        let specifier = self.module.text(specifier);
        if let Some(super::modules::Target::File(file)) =
            self.world.resolve(self.file, 0, specifier)
        {
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

    /// What a project function returns to its caller.
    fn result_of(&mut self, function: FunctionRef) -> Type {
        let unit = self.world.unit(function.file);
        let declared = unit.facts.module.function(function.function);
        let ty = self.world.state[function.file.index()].returns[function.function.index()];
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
        id: super::models::CallModelId,
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
        let ty = self.specified(&model.returns, receiver, entity, call);
        if model.awaitable {
            return ty.wrapped(Wrapper::Promise);
        }
        ty
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
    fn specified(&mut self, spec: &TypeSpec, receiver: Type, entity: Entity, call: ExprId) -> Type {
        match spec {
            TypeSpec::Argument(n) => {
                let argument = self.argument(call, usize::from(*n));
                argument.map_or(Type::UNKNOWN, |argument| self.of(argument))
            }
            TypeSpec::Callback => self.callback_result(call),
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
        match callback.map(|ty| ty.base) {
            Some(Base::Function(function)) if function.file == self.file => {
                let declared = self.module.function(function.function);
                let ty = self.returned(function.function);
                if declared.is_async && ty.wrapper() != Some(Wrapper::Promise) {
                    return ty.wrapped(Wrapper::Promise);
                }
                ty
            }
            Some(Base::Function(function)) => self.result_of(function),
            _ => Type::UNKNOWN,
        }
    }

    fn element_or_value(&mut self, receiver: Type) -> Type {
        match receiver.wrapper() {
            Some(_) => receiver.peeled(),
            None => self.element_of(receiver),
        }
    }

    /// A type as a model writes it, where there is no call.
    fn plain_spec(&mut self, spec: &TypeSpec, receiver: Type, entity: Entity) -> Type {
        match spec {
            TypeSpec::Unknown | TypeSpec::Argument(_) | TypeSpec::Callback => Type::UNKNOWN,
            TypeSpec::Str => Type::of(Base::Str),
            TypeSpec::Num => Type::of(Base::Num),
            TypeSpec::Bool => Type::of(Base::Bool),
            TypeSpec::Null => Type::of(Base::Null),
            TypeSpec::Named(ty) => self.value_of(*ty, entity),
            TypeSpec::Class(ty) => Type::of(Base::ModelClass(*ty, entity)),
            TypeSpec::Receiver => receiver,
            TypeSpec::Element => match receiver.wrapper() {
                Some(_) => receiver.peeled(),
                None => Type::UNKNOWN,
            },
            TypeSpec::Entity => match entity {
                Entity::Class(class) => Type::of(Base::Instance(class)),
                Entity::Named(..) | Entity::None => Type::of(Base::External),
            },
            TypeSpec::Wrapped(wrapper, inner) => {
                self.plain_spec(inner, receiver, entity).wrapped(*wrapper)
            }
        }
    }

    /// The result of calling a method without arguments, as `with` does.
    fn member_call_result(&mut self, on: Type, name: &str) -> Option<Type> {
        let Base::Method(call, entity) = self.member(on, name).base else {
            return None;
        };
        let world = self.world;
        let returns = &world.models.call(call).returns;
        Some(self.plain_spec(returns, on, entity))
    }

    // --- definitions ----------------------------------------------------------------------

    /// What a class derives from, for one base expression.
    pub(super) fn base_class(&mut self, base: ExprId) -> Type {
        match self.module.expr(base) {
            Expr::Keyword { .. } => Type::UNKNOWN,
            Expr::Index { object, .. } => {
                // `Generic[T]`, `Repository<User>`: the class without its arguments.
                self.of(object)
            }
            _ => self.of(base),
        }
    }

    /// The attributes of a class: declared, and set through the receiver.
    pub(super) fn fields(&mut self, class: ClassId) -> Vec<(Name, Type)> {
        let module = self.module;
        let mut fields: Vec<(Name, Type)> = Vec::new();
        for field in &module.class(class).fields {
            let annotated = field
                .annotation
                .map(|annotation| self.annotated(annotation));
            let ty = match (annotated, field.value) {
                (Some(ty), _) if !ty.is_unknown() => ty,
                (_, Some(value)) => self.of(value),
                _ => Type::UNKNOWN,
            };
            fields.push((field.name, ty));
        }
        for field in &self.facts.self_fields {
            if field.class != class {
                continue;
            }
            let ty = self.of(field.value);
            match fields.iter_mut().find(|known| known.0 == field.name) {
                Some(known) => known.1 = known.1.or(ty),
                None => fields.push((field.name, ty)),
            }
        }
        fields
    }

    /// What a function returns, by its annotation or its `return` statements; for generators
    /// what they yield.
    pub(super) fn returned(&mut self, function: FunctionId) -> Type {
        let module = self.module;
        let declared = module.function(function);
        if let Some(annotation) = declared.returns {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() {
                let is_iterator = ty.wrapper() == Some(Wrapper::Iterator);
                return if declared.is_generator && is_iterator {
                    ty.peeled()
                } else {
                    ty
                };
            }
        }
        if declared.kind == FunctionKind::Module || self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.steps += 1;
        let mut ty: Option<Type> = None;
        let mut blocks = vec![declared.body];
        while let Some(block) = blocks.pop() {
            for &stmt in &module.block(block).stmts {
                match module.stmt(stmt) {
                    Stmt::Return(Some(value)) => {
                        let found = self.of(value);
                        ty = Some(ty.map_or(found, |ty| ty.or(found)));
                    }
                    Stmt::If {
                        then, otherwise, ..
                    } => {
                        blocks.push(then);
                        blocks.extend(otherwise);
                    }
                    Stmt::Try {
                        body,
                        handlers,
                        finally,
                    } => {
                        blocks.extend([body, handlers]);
                        blocks.extend(finally);
                    }
                    Stmt::With { body, .. } | Stmt::Block(body) => blocks.push(body),
                    Stmt::Switch { cases, .. } => blocks.push(cases),
                    Stmt::Loop(lp) => blocks.push(module.lp(lp).body),
                    Stmt::Expr(value) if declared.is_generator => {
                        if let Expr::Yield(Some(value)) = module.expr(value) {
                            let found = self.of(value);
                            ty = Some(ty.map_or(found, |ty| ty.or(found)));
                        }
                    }
                    _ => {}
                }
            }
        }
        self.steps -= 1;
        let ty = ty.unwrap_or(Type::UNKNOWN);
        // An async function that returns a promise returns what that resolves to.
        if declared.is_async { ty.awaited() } else { ty }
    }

    /// What a comprehension collects.
    fn collected(&mut self, lp: LoopId) -> Option<Type> {
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

/// The class whose rows a type stands for.
pub(super) fn entity_of(ty: Type) -> Entity {
    match ty.base {
        Base::Class(class) | Base::Instance(class) => Entity::Class(class),
        Base::Model(_, entity) => entity,
        _ => Entity::None,
    }
}

/// The value of a key in a map literal.
fn keyword_of(module: &Module, map: ExprId, name: &str) -> Option<ExprId> {
    let Expr::Map(entries) = module.expr(map) else {
        return None;
    };
    let name = module.name(name)?;
    module
        .list(entries)
        .iter()
        .rev()
        .find_map(|&entry| match module.expr(entry) {
            Expr::Keyword { name: key, value } if key == name => Some(value),
            _ => None,
        })
}
