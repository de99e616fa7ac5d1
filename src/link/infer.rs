//! Types of expressions, on demand.
//!
//! A [`Typer`] looks at one file; what it needs of others it takes from the
//! [`World`]'s last round. Every answer is the best single type, or unknown.

mod alternatives;
mod annotations;
mod arguments;
mod calls;
mod containers;
mod definitions;
mod generics;
mod members;
mod names;
mod own;
mod parts;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub(in crate::link) use self::containers::CONTAINER;
pub(in crate::link) use self::generics::Generic;

use super::models::Wrapper;
use super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::world::World;
use crate::analysis::def_use::DefId;
use crate::analysis::facts::FileFacts;
use crate::finding::Confidence;
use crate::ir::{BinaryOp, ComprehensionKind, Expr, ExprId, Module, Name, SequenceKind};
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
    known: Known,
    /// What linking has found, once that is over.
    linked: Option<&'w FxHashMap<ExprId, Type>>,
    known_defs: FxHashMap<DefId, Type>,
    known_annotations: FxHashMap<ExprId, Type>,
    known_members: FxHashMap<ExprId, Vec<(Name, Type)>>,
    known_in_both: FxHashMap<(ExprId, Box<str>), Option<Type>>,
    /// The classes that a class derives from.
    above: FxHashMap<ClassRef, Arc<[ClassRef]>>,
    /// What this file tells others, while that is being found.
    own: Option<Box<own::Own>>,
    steps: u32,
}

/// Types by expression.
#[derive(Debug)]
enum Known {
    /// Of a few expressions.
    Some(FxHashMap<ExprId, Type>),
    /// Of most expressions of a file, in their order.
    Most(Vec<Option<Type>>),
}

impl Known {
    fn get(&self, id: ExprId) -> Option<Type> {
        match self {
            Self::Some(types) => types.get(&id).copied(),
            Self::Most(types) => types[id.index()],
        }
    }

    fn insert(&mut self, id: ExprId, ty: Type) {
        match self {
            Self::Some(types) => {
                types.insert(id, ty);
            }
            Self::Most(types) => types[id.index()] = Some(ty),
        }
    }
}

impl<'w> Typer<'w> {
    /// A typer that will be asked for most expressions of a file.
    pub(in crate::link) fn of_most(world: &'w World, file: FileId) -> Self {
        let typer = Self::new(world, file);
        Self {
            known: Known::Most(vec![None; typer.module.expr_count()]),
            ..typer
        }
    }

    /// What has been found so far.
    pub(in crate::link) fn into_types(self) -> FxHashMap<ExprId, Type> {
        match self.known {
            Known::Some(types) => types,
            Known::Most(types) => {
                let ids = (0..).map(ExprId);
                let types = ids.zip(types);
                types.filter_map(|(id, ty)| Some((id, ty?))).collect()
            }
        }
    }

    /// A typer for one file.
    pub fn new(world: &'w World, file: FileId) -> Self {
        let facts = &world.unit(file).facts;
        Self {
            world,
            file,
            facts,
            module: &facts.module,
            known: Known::Some(FxHashMap::default()),
            linked: world.linked_types.get(file.index()),
            known_defs: FxHashMap::default(),
            known_annotations: FxHashMap::default(),
            known_members: FxHashMap::default(),
            known_in_both: FxHashMap::default(),
            above: FxHashMap::default(),
            own: None,
            steps: 0,
        }
    }

    /// The file.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The world.
    pub fn world(&self) -> &'w World {
        self.world
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
        if let Some(known) = self.known.get(id) {
            return known;
        }
        if let Some(&known) = self.linked.and_then(|types| types.get(&id)) {
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
        if ty != Type::UNKNOWN {
            self.known.insert(id, ty);
        }
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
                if text == "exports"
                    && let Expr::Name(module) = self.module.expr(object)
                    && self.module.text(module) == "module"
                {
                    return Type::of(Base::File(self.file));
                }
                if let Some(class) = self.parent_view(object) {
                    return self.inherited_member(class, text);
                }
                let on = self.of(object);
                let mut found = self.member(on, text);
                if generics::is_open(found)
                    && let Some(applied) = self.applied_member(object, on, text)
                {
                    found = applied;
                }
                let is_resolved = !found.is_unknown() && found.base != Base::External;
                if is_resolved {
                    return self.of_owner(object, found);
                }
                if let Some(user) = self.user_at(object, text) {
                    return user;
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
                if matches!(found.base, Base::Unknown | Base::External)
                    && let Some(registered) = self.taken_by_name(object, text)
                {
                    return registered;
                }
                if found.is_unknown() && on.is_unknown() {
                    let one_of = self.alternatives(object);
                    let members = one_of.into_iter().map(|ty| self.member(ty, text));
                    let mut members: Vec<Type> = members.collect();
                    members.retain(|ty| ty.is_callable());
                    if let Some(first) = members.first() {
                        return first.at_most(Confidence::Medium);
                    }
                    if let Some(kept) = self.kept_in_context(object, text) {
                        return kept;
                    }
                    return self.by_convention(text);
                }
                if matches!(found.base, Base::Unknown | Base::External)
                    && let Some(kept) = self.kept_in_context(object, text)
                {
                    return kept;
                }
                found
            }
            // `Session = Annotated[AsyncSession, Depends(get_session)]`
            Expr::Index { object, .. } if self.last_name(object) == Some("Annotated") => {
                self.annotated(id)
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
                    let (left, right) = (self.of(left), self.of(right));
                    self.either(left, right)
                }
                BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::Remainder => Type::UNKNOWN,
                _ => Type::of(Base::Bool),
            },
            Expr::Logical { left, right, .. } => {
                let (left, right) = (self.of(left), self.of(right));
                self.either(left, right)
            }
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let (then, otherwise) = (self.of(then), self.of(otherwise));
                self.either(then, otherwise)
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
                self.entered_value(ty)
            }
            _ => Type::UNKNOWN,
        }
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
    match module.expr(map) {
        Expr::Map(entries) => keyword_in(module, module.list(entries), name),
        _ => None,
    }
}

/// The value of a key among the entries of a map or the arguments of a call; of several, the last
/// one holds.
pub fn keyword_in(module: &Module, entries: &[ExprId], name: &str) -> Option<ExprId> {
    let name = module.name(name)?;
    let mut entries = entries.iter().rev();
    entries.find_map(|&entry| match module.expr(entry) {
        Expr::Keyword { name: key, value } if key == name => Some(value),
        _ => None,
    })
}

/// The same, where the keyword may be a key of an object that is an argument: `{ lazy: true }`.
pub(super) fn option_in(module: &Module, args: &[ExprId], name: &str) -> Option<ExprId> {
    keyword_in(module, args, name).or_else(|| {
        args.iter().find_map(|&arg| match module.expr(arg) {
            Expr::Map(entries) => keyword_in(module, module.list(entries), name),
            _ => None,
        })
    })
}
