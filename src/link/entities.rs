//! Entities: the project's classes whose instances are rows, and the relations between them.
//!
//! Which fields are relations, and what their arguments mean, is told by the library models.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::associations::Associations;
use super::infer::{Typer, keyword_in, option_in};
use super::models::{Bounded, EntityFrom, ModelTypeId, Models, PathId, PerRowModel, RelationModel};
use super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::world::World;
use crate::ir::{ClassId, Expr, ExprId, ExprList, Field, Module};
use crate::source::{Ecosystem, FileId};

/// A relation of the project, by its place in [`Entities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationId(u32);

/// A relation between the rows of two entities, seen from one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The attribute by which a row leads to the others.
    pub name: String,
    /// The entity whose rows have it.
    pub owner: ClassRef,
    /// The entity it leads to, if it is one of the project.
    pub target: Option<ClassRef>,
    /// Whether it leads to many rows.
    pub many: bool,
    /// Whether the row holds the other's key.
    pub key: bool,
    /// Whether reading it asks the database if it was not loaded with the row.
    pub lazy: bool,
    /// The name of the way back, on the target.
    pub inverse: Option<String>,
    /// The type of its value, where it is a query of its own.
    pub query: Option<ModelTypeId>,
    /// Whether its value is a promise, so that reading it is enough to ask.
    pub promised: bool,
    /// Whether it is a column of the row, which leads nowhere.
    pub is_column: bool,
}

/// All relations of a project.
#[derive(Debug, Default)]
pub struct Entities {
    relations: Vec<Relation>,
    by_class: FxHashMap<ClassRef, Vec<RelationId>>,
    columns: FxHashMap<ClassRef, Vec<RelationId>>,
    /// Whether some query may leave columns out.
    pub(super) has_deferred: bool,
    /// The library's type that each entity derives from.
    tables: FxHashMap<ClassRef, ModelTypeId>,
    by_name: FxHashMap<String, Vec<ClassRef>>,
    /// The names of all relations.
    names: FxHashSet<String>,
    /// The ecosystems whose files define relations.
    ecosystems: [bool; 2],
    /// The entities that have a class of the project as their manager.
    managers: FxHashMap<ClassRef, Vec<ClassRef>>,
    associations: Associations,
}

/// A method that runs once per row.
#[derive(Debug, Clone, Copy)]
pub struct PerRow<'w> {
    /// What the library says of it.
    pub model: &'w PerRowModel,
    /// The parameter that is the row, the receiver included.
    pub param: u16,
    /// The entity whose rows it gets, if the class says so.
    pub entity: Option<ClassRef>,
}

/// A relation as its field says it, the target's name not yet looked up.
struct Declared {
    relation: Relation,
    target: Option<Target>,
    reverse: Option<(String, bool)>,
}

/// What the classes of one file say.
#[derive(Default)]
struct Found {
    tables: Vec<(ClassRef, ModelTypeId)>,
    relations: Vec<Declared>,
    columns: Vec<Relation>,
    /// Managers that are classes of the project, with the entity that has them.
    managers: Vec<(ClassRef, ClassRef)>,
}

enum Target {
    Class(ClassRef),
    Name(String),
}

impl Entities {
    /// The relations of a project whose classes know what they derive from.
    pub fn new(world: &World) -> Self {
        let found: Vec<Found> = world
            .par_files()
            .map(|file| declared_in(world, file))
            .collect();
        let mut entities = Self {
            associations: Associations::new(world),
            ..Self::default()
        };
        for found in &found {
            for &(class, ty) in &found.tables {
                entities.tables.insert(class, ty);
                let module = &world.unit(class.file).facts.module;
                if let Some(name) = module.class(class.class).name {
                    let name = module.text(name).to_owned();
                    entities.by_name.entry(name).or_default().push(class);
                }
            }
        }
        let deferring = world.models.deferring();
        entities.has_deferred = world.units.iter().any(|unit| {
            let module = &unit.facts.module;
            module.template.is_none() && deferring.iter().any(|name| module.name(name).is_some())
        });
        for found in found {
            for declared in found.relations {
                entities.add(world, declared);
            }
            if entities.has_deferred {
                for column in found.columns {
                    let id = RelationId(entities.relations.len() as u32);
                    entities.columns.entry(column.owner).or_default().push(id);
                    entities.relations.push(column);
                }
            }
            for (manager, entity) in found.managers {
                entities.managers.entry(manager).or_default().push(entity);
            }
        }
        entities
    }

    /// Whether the project has no entities.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// A relation.
    pub fn get(&self, id: RelationId) -> &Relation {
        &self.relations[id.0 as usize]
    }

    /// Whether some relation has this name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether an ecosystem's files define relations.
    pub fn are_in(&self, ecosystem: Ecosystem) -> bool {
        self.ecosystems[ecosystem as usize]
    }

    /// `get{relation}` of `getBooks`, if `Books` is what some relation is called.
    pub(super) fn accessor(&self, name: &str) -> Option<String> {
        self.associations.accessor(name)
    }

    /// All relations.
    pub fn all(&self) -> &[Relation] {
        &self.relations
    }

    /// The library's type that an entity derives from; none if the class is no entity.
    pub fn table(&self, class: ClassRef) -> Option<ModelTypeId> {
        self.tables.get(&class).copied()
    }

    /// The relation `name` of the rows of a class, its own or inherited.
    pub fn find(&self, world: &World, class: ClassRef, name: &str) -> Option<RelationId> {
        if !self.names.contains(name) {
            return None;
        }
        world.above(class).into_iter().find_map(|class| {
            let own = self.by_class.get(&class)?;
            own.iter().copied().find(|&id| self.get(id).name == name)
        })
    }

    /// The relations by which rows of one class lead to those of another.
    pub(super) fn leading(&self, world: &World, from: ClassRef, to: ClassRef) -> Vec<RelationId> {
        let above = world.above(from).into_iter();
        let own = above.filter_map(|class| self.by_class.get(&class));
        own.flatten()
            .copied()
            .filter(|&id| self.get(id).target == Some(to))
            .collect()
    }

    /// The column `name` of the rows of a class, its own or inherited.
    pub(super) fn find_column(
        &self,
        world: &World,
        class: ClassRef,
        name: &str,
    ) -> Option<RelationId> {
        world.above(class).into_iter().find_map(|class| {
            let own = self.columns.get(&class)?;
            own.iter().copied().find(|&id| self.get(id).name == name)
        })
    }

    /// Whose rows the values of a class of the project hand out: those of the entity that has it
    /// as its manager, none if several have, its own if it is no manager.
    pub fn rows_of(&self, class: ClassRef) -> Entity {
        match self.managers.get(&class).map(Vec::as_slice) {
            None => Entity::Class(class),
            Some([entity]) => Entity::Class(*entity),
            Some(_) => Entity::None,
        }
    }

    /// The type of a class attribute, seen from the entity: a manager without rows of its own
    /// has those of the entity.
    pub fn bound(&self, models: &Models, ty: Type, class: ClassRef, of_class: bool) -> Type {
        match ty.base {
            Base::Model(id, Entity::None)
                if of_class
                    && models.ty(id).entity_from != EntityFrom::Receiver
                    && self.table(class).is_some() =>
            {
                Type {
                    base: Base::Model(id, Entity::Class(class)),
                    ..ty
                }
            }
            _ => ty,
        }
    }

    /// The type of a relation's value.
    pub fn type_of(&self, world: &World, id: RelationId) -> Type {
        let relation = self.get(id);
        let Some(target) = relation.target else {
            return Type::of(Base::External);
        };
        if let Some(query) = relation.query {
            return Type::of(Base::Model(query, Entity::Class(target)));
        }
        if !relation.many {
            return Type::of(Base::Instance(target));
        }
        let table = self.table(relation.owner).or_else(|| self.table(target));
        let to_many = table.and_then(|ty| world.models.ty(ty).to_many);
        match to_many {
            Some(ty) => Type::of(Base::Model(ty, Entity::Class(target))),
            None => Type::of(Base::Instance(target)).wrapped(super::models::Wrapper::List),
        }
    }

    fn add(&mut self, world: &World, declared: Declared) {
        let mut relation = declared.relation;
        relation.target = match declared.target {
            Some(Target::Class(class)) => Some(class),
            Some(Target::Name(name)) => self.named(world, &name, relation.owner),
            None => None,
        };
        let back = match (declared.reverse, relation.target) {
            (Some((name, many)), Some(target)) => {
                relation.inverse = Some(name.clone());
                Some(Relation {
                    name,
                    owner: target,
                    target: Some(relation.owner),
                    many,
                    key: false,
                    lazy: relation.lazy,
                    inverse: Some(relation.name.clone()),
                    query: None,
                    promised: false,
                    is_column: false,
                })
            }
            _ => None,
        };
        for relation in std::iter::once(relation).chain(back) {
            let id = RelationId(self.relations.len() as u32);
            let of_class = self.by_class.entry(relation.owner).or_default();
            let is_known = of_class
                .iter()
                .any(|&known| self.relations[known.0 as usize].name == relation.name);
            if !is_known {
                of_class.push(id);
                self.names.insert(relation.name.clone());
                let ecosystem = world.unit(relation.owner.file).ecosystem;
                self.ecosystems[ecosystem as usize] = true;
                self.relations.push(relation);
            }
        }
    }

    /// The entity that a field names: `"self"`, `"User"`, `"accounts.User"`. Of several with the
    /// name, the one that the label or the nearest folder tells.
    pub(super) fn named(&self, world: &World, name: &str, from: ClassRef) -> Option<ClassRef> {
        let (label, name) = match name.rsplit_once('.') {
            Some((label, name)) => (Some(label), name),
            None => (None, name),
        };
        if name == "self" {
            return Some(from);
        }
        let found = self.by_name.get(name)?;
        if let [only] = found[..] {
            return Some(only);
        }
        let path_of = |class: &ClassRef| world.unit(class.file).path.as_str();
        if let Some(label) = label {
            let mut labelled = found
                .iter()
                .filter(|class| path_of(class).split('/').any(|part| part == label));
            return match (labelled.next(), labelled.next()) {
                (Some(&class), None) => Some(class),
                _ => None,
            };
        }
        let own = path_of(&from);
        let shared = |class: &&ClassRef| {
            let parts = path_of(class).split('/').zip(own.split('/'));
            parts.take_while(|(a, b)| a == b).count()
        };
        found.iter().max_by_key(shared).copied()
    }
}

impl World {
    /// What a library says of a method that it calls once per row; none for all others.
    pub fn per_row(&self, at: FunctionRef) -> Option<PerRow<'_>> {
        let module = &self.unit(at.file).facts.module;
        let function = module.function(at.function);
        if let Some((model, param)) = self.resolvers.of(&self.models, at) {
            return Some(PerRow {
                model,
                param,
                entity: None,
            });
        }
        let (class, name) = (function.class?, module.text(function.name?));
        if self.models.has_per_row_decorators()
            && let Some(found) = self.decorated_per_row(at)
        {
            return Some(found);
        }
        if !self.models.may_be_per_row(name) {
            return None;
        }
        let class = ClassRef {
            file: at.file,
            class,
        };
        let declared = module.class(class.class);
        let class_name = declared.name.map_or("", |name| module.text(name));
        let takes = |model: &&PerRowModel| {
            let is_named = model
                .names
                .iter()
                .any(|pattern| match pattern.strip_suffix('*') {
                    Some(start) => name.strip_prefix(start).is_some_and(|rest| {
                        !model.fields
                            || module
                                .name(rest)
                                .is_some_and(|rest| declared.fields.iter().any(|f| f.name == rest))
                    }),
                    None => name == pattern,
                });
            is_named
                && function.params.len() > usize::from(model.param)
                && !model
                    .except
                    .iter()
                    .any(|end| class_name.ends_with(end.as_str()))
        };
        let mut models = self
            .library_bases(class)
            .into_iter()
            .flat_map(|ty| &self.models.ty(ty).per_row);
        let model = models.find(takes)?;
        let entity = model
            .entity
            .as_ref()
            .and_then(|path| self.class_at(class, path));
        let param = u16::from(model.param);
        Some(PerRow {
            model,
            param,
            entity,
        })
    }

    /// The same for a method that a decorator makes one: `@ResolveField()`.
    fn decorated_per_row(&self, at: FunctionRef) -> Option<PerRow<'_>> {
        let module = &self.unit(at.file).facts.module;
        let function = module.function(at.function);
        let decorators = module.list(function.decorators);
        if decorators.is_empty() {
            return None;
        }
        let mut typer = Typer::new(self, at.file);
        let mut path_of = |decorator: ExprId| {
            let named = match module.expr(decorator) {
                Expr::Call { callee, .. } => callee,
                _ => decorator,
            };
            match typer.of(named).base {
                Base::Path(path) => Some(path),
                _ => None,
            }
        };
        let mut paths = decorators
            .iter()
            .filter_map(|&decorator| path_of(decorator));
        let model = paths.find_map(|path| self.models.per_row_by(path))?;
        let mut params = function.params.iter();
        let row = params.position(|param| {
            let mut decorators = module.list(param.decorators).iter();
            decorators.any(|&d| path_of(d).is_some_and(|path| model.rows.contains(&path)))
        });
        let class_name = function
            .class
            .and_then(|class| module.class(class).name)
            .map_or("", |name| module.text(name));
        if model.except.iter().any(|end| class_name.ends_with(end)) {
            return None;
        }
        // Without its row it has nothing to read per row, unless the receiver is the row.
        let param = if model.rows.is_empty() {
            u16::from(model.param)
        } else {
            row? as u16
        };
        Some(PerRow {
            model,
            param,
            entity: None,
        })
    }

    /// Whether a class has an attribute of a name, its own or inherited.
    pub fn has_field(&self, class: ClassRef, name: &str) -> bool {
        self.above(class).into_iter().any(|class| {
            let module = &self.unit(class.file).facts.module;
            let mut fields = module.class(class.class).fields.iter();
            fields.any(|field| module.text(field.name) == name)
        })
    }

    /// The value of a class's attribute, its own or inherited.
    pub fn field_value(&self, class: ClassRef, name: &str) -> Option<ExprRef> {
        self.above(class).into_iter().find_map(|class| {
            let module = &self.unit(class.file).facts.module;
            let name = module.name(name)?;
            let mut fields = module.class(class.class).fields.iter();
            let field = fields.find(|field| field.name == name)?;
            let file = class.file;
            field.value.map(|expr| ExprRef { file, expr })
        })
    }

    /// The class that a dotted path inside a class leads to: `Meta.model`.
    pub(super) fn class_at(&self, class: ClassRef, path: &str) -> Option<ClassRef> {
        let mut typer = Typer::new(self, class.file);
        let mut ty = Type::of(Base::Class(class));
        for part in path.split('.') {
            ty = typer.member(ty, part);
        }
        match ty.base {
            Base::Class(class) if ty.is_bare() => Some(class),
            _ => None,
        }
    }
}

fn declared_in(world: &World, file: FileId) -> Found {
    let module = &world.unit(file).facts.module;
    let mut typer = Typer::new(world, file);
    let mut found = Found::default();
    for (i, declared) in module.classes.iter().enumerate() {
        let class = ClassRef {
            file,
            class: ClassId(i as u32),
        };
        let is_entity = |id: &ModelTypeId| world.models.ty(*id).entity;
        let bases = world.library_bases(class);
        let Some(table) = bases
            .into_iter()
            .find(is_entity)
            .or_else(|| decorated(&mut typer, module, declared.decorators))
        else {
            continue;
        };
        found.tables.push((class, table));
        let is_lazy = world.models.ty(table).lazy_relations;
        for field in &declared.fields {
            if let Some(declared) = decorated_relation(&mut typer, module, class, field, is_lazy) {
                found.relations.push(declared);
                continue;
            }
            let Some(call) = field.value else {
                // `title: Mapped[str]`
                if field.annotation.is_some() {
                    found.columns.push(column(module, class, field.name));
                }
                continue;
            };
            let Expr::Call { args, .. } = module.expr(call) else {
                continue;
            };
            let callee = typer.callee(call);
            let model =
                relation_of(world, callee).or_else(|| relation_by(&mut typer, module, call));
            let Some(model) = model else {
                if let Base::Instance(manager) = typer.of(call).base
                    && world
                        .library_bases(manager)
                        .iter()
                        .any(|&ty| world.models.ty(ty).entity_from != EntityFrom::Receiver)
                {
                    found.managers.push((manager, class));
                } else {
                    found.columns.push(column(module, class, field.name));
                }
                continue;
            };
            let target = model
                .target
                .iter()
                .find_map(|place| argument_at(&typer, module, call, place));
            let (annotated, is_many) = match field.annotation {
                Some(annotation) => annotated_target(&mut typer, module, annotation),
                None => (None, None),
            };
            let loading = model.loading.as_ref().and_then(|key| {
                keyword_in(module, module.list(args), key).map(|value| match module.expr(value) {
                    Expr::String(text) => module.text(text).to_owned(),
                    Expr::Bool(value) => value.to_string(),
                    _ => String::new(),
                })
            });
            let query = loading.as_ref().and_then(|value| {
                let mut queries = model.queries.iter();
                queries.find(|(known, _)| known == value).map(|&(_, ty)| ty)
            });
            let key_field = module.name(&format!("{}_id", module.text(field.name)));
            // What leads to rows of any table is no key of one.
            let is_any = model.many.is_some() && model.target.is_empty();
            let has_key = !is_any
                && key_field.is_some_and(|key| declared.fields.iter().any(|f| f.name == key));
            found.relations.push(Declared {
                relation: Relation {
                    name: module.text(field.name).to_owned(),
                    owner: class,
                    target: None,
                    many: model.many.or(is_many).unwrap_or(!has_key),
                    key: model.key || has_key,
                    lazy: is_lazy && loading.is_none_or(|value| model.lazy.contains(&value)),
                    inverse: None,
                    query: query.or(model.ty),
                    promised: false,
                    is_column: false,
                },
                target: target
                    .and_then(|target| target_of(&mut typer, module, target))
                    .or(annotated),
                reverse: reverse_of(&typer, module, call, model, declared.name),
            });
        }
    }
    found
}

/// What the rows of a class with such decorators are: `@Entity()`.
fn decorated(typer: &mut Typer<'_>, module: &Module, decorators: ExprList) -> Option<ModelTypeId> {
    let mut decorators = module.list(decorators).iter();
    decorators.find_map(|&decorator| {
        let path = decorator_path(typer, module, decorator)?;
        typer.world().models.path(path).rows
    })
}

fn decorator_path(typer: &mut Typer<'_>, module: &Module, decorator: ExprId) -> Option<PathId> {
    let named = match module.expr(decorator) {
        Expr::Call { callee, .. } => callee,
        _ => decorator,
    };
    match typer.of(named).base {
        Base::Path(path) => Some(path),
        _ => None,
    }
}

/// The relation that a decorator makes of a field: `@ManyToOne(() => Author, a => a.books)`.
fn decorated_relation(
    typer: &mut Typer<'_>,
    module: &Module,
    owner: ClassRef,
    field: &Field,
    is_lazy: bool,
) -> Option<Declared> {
    let mut decorators = module.list(field.decorators).iter();
    let (call, model) = decorators.find_map(|&decorator| {
        let path = decorator_path(typer, module, decorator)?;
        let model = typer.world().models.relation(path)?;
        Some((decorator, model))
    })?;
    let Expr::Call { args, .. } = module.expr(call) else {
        return None;
    };
    let target = model
        .target
        .iter()
        .find_map(|place| argument_at(typer, module, call, place));
    let inverse = model
        .inverse
        .as_ref()
        .and_then(|place| argument_at(typer, module, call, place));
    let is_asked_for = model.loading.as_ref().is_some_and(|key| {
        option_in(module, module.list(args), key)
            .is_some_and(|value| module.expr(value) == Expr::Bool(true))
    });
    let is_promise = field
        .annotation
        .is_some_and(|annotation| names_promise(module, annotation));
    Some(Declared {
        relation: Relation {
            name: module.text(field.name).to_owned(),
            owner,
            target: None,
            many: model.many.unwrap_or(false),
            key: model.key,
            lazy: is_lazy && (!model.promised || is_promise || is_asked_for),
            inverse: inverse.and_then(|inverse| member_named(module, inverse)),
            query: model.ty,
            promised: model.promised,
            is_column: false,
        },
        target: target.and_then(|target| target_of(typer, module, target)),
        reverse: None,
    })
}

/// Whether an annotation is `Promise<…>`.
fn names_promise(module: &Module, annotation: ExprId) -> bool {
    let Expr::Index { object, .. } = module.expr(annotation) else {
        return false;
    };
    matches!(module.expr(object), Expr::Name(name) if module.text(name) == "Promise")
}

/// The name in `"books"` or `author => author.books`.
fn member_named(module: &Module, value: ExprId) -> Option<String> {
    match module.expr(value) {
        Expr::String(text) => Some(module.text(text).to_owned()),
        Expr::Function(function) => match module.expr(*module.returned(function).first()?) {
            Expr::Member { name, .. } => Some(module.text(name).to_owned()),
            _ => None,
        },
        _ => None,
    }
}

fn column(module: &Module, owner: ClassRef, name: crate::ir::Name) -> Relation {
    Relation {
        name: module.text(name).to_owned(),
        owner,
        target: None,
        many: false,
        key: false,
        lazy: true,
        inverse: None,
        query: None,
        promised: false,
        is_column: true,
    }
}

/// The relation that a field is, by what its value calls: the library's class or one of the
/// project that derives from it.
fn relation_of(world: &World, callee: Type) -> Option<&RelationModel> {
    match callee.base {
        Base::Path(path) => world.models.relation(path),
        Base::Class(class) => world.base_types(class).into_iter().find_map(|base| {
            let Base::Path(path) = base.base else {
                return None;
            };
            world.models.relation(path)
        }),
        _ => None,
    }
}

/// The same where the call is of a member of a value: `db.relationship("Author")`.
fn relation_by<'w>(
    typer: &mut Typer<'w>,
    module: &Module,
    call: ExprId,
) -> Option<&'w RelationModel> {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    let ty = typer.of(object);
    match ty.base {
        Base::Model(on, _) if ty.is_bare() => {
            typer.world().models.relation_by(on, module.text(name))
        }
        _ => None,
    }
}

pub(super) fn argument_at(
    typer: &Typer<'_>,
    module: &Module,
    call: ExprId,
    at: &Bounded,
) -> Option<ExprId> {
    let Expr::Call { args, .. } = module.expr(call) else {
        return None;
    };
    match at {
        Bounded::Argument(n) => typer.argument(call, usize::from(*n)),
        Bounded::Key(key) => option_in(module, module.list(args), key),
        Bounded::Always => None,
    }
}

fn target_of(typer: &mut Typer<'_>, module: &Module, target: ExprId) -> Option<Target> {
    match module.expr(target) {
        Expr::String(text) => Some(Target::Name(module.text(text).to_owned())),
        // Django documentation, "Referencing the User model": the setting names the class.
        Expr::Member { name, .. } if module.text(name) == "AUTH_USER_MODEL" => {
            Some(match typer.world().user {
                Some(user) => Target::Class(user),
                None => Target::Name("User".to_owned()),
            })
        }
        // `() => Author`
        Expr::Function(function) => {
            let value = *module.returned(function).first()?;
            match typer.of(value).base {
                Base::Class(class) => Some(Target::Class(class)),
                _ => None,
            }
        }
        _ => match typer.of(target).base {
            Base::Class(class) => Some(Target::Class(class)),
            _ => None,
        },
    }
}

/// The class that an annotation names, and whether it names a collection of its rows:
/// `Mapped["Author"]`, `list["Book"]`.
fn annotated_target(
    typer: &mut Typer<'_>,
    module: &Module,
    annotation: ExprId,
) -> (Option<Target>, Option<bool>) {
    let (at, is_many) = annotated_part(module, annotation);
    match target_of(typer, module, at) {
        Some(target) => (Some(target), Some(is_many)),
        None => (None, None),
    }
}

/// The innermost name of an annotation, and whether it stands in a collection.
pub(super) fn annotated_part(module: &Module, annotation: ExprId) -> (ExprId, bool) {
    let mut at = annotation;
    let mut is_many = false;
    for _ in 0..6 {
        match module.expr(at) {
            Expr::Index { object, index } => {
                let name = module.last_name(object).unwrap_or_default();
                is_many |= matches!(
                    name,
                    "list" | "List" | "set" | "Set" | "Sequence" | "Collection" | "Iterable"
                );
                at = match module.expr(index) {
                    Expr::Sequence { elements, .. } => match module.list(elements).first() {
                        Some(&first) => first,
                        None => break,
                    },
                    _ => index,
                };
            }
            // `Author | None`
            Expr::Binary { left, .. } => at = left,
            _ => break,
        }
    }
    (at, is_many)
}

/// The name of the way back and whether it leads to many rows.
fn reverse_of(
    typer: &Typer<'_>,
    module: &Module,
    call: ExprId,
    model: &RelationModel,
    class: Option<crate::ir::Name>,
) -> Option<(String, bool)> {
    let given = model
        .reverse
        .as_ref()
        .and_then(|at| argument_at(typer, module, call, at));
    let name = match given.map(|given| module.expr(given)) {
        Some(Expr::String(text)) => module.text(text).to_owned(),
        Some(_) => return None,
        None => {
            let class = module.text(class?).to_lowercase();
            model.reverse_default.as_ref()?.replace("{model}", &class)
        }
    };
    // `+` means no way back; `%(class)s` is filled in for each deriving class.
    let is_plain = !name.is_empty() && !name.contains(['+', '%']);
    is_plain.then_some((name, model.reverse_many))
}
