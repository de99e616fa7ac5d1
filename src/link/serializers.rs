//! Serializers: classes whose fields are read of each row that a view lists.
//!
//! A field is read by its source: a relation, a property, a method of the serializer, or a
//! serializer of its own. What a view's query does not load of that is asked for per row.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::cardinality::Cardinality;
use super::entities::RelationId;
use super::fetches::{QueryFacts, facts_of};
use super::infer::{Typer, keyword_in};
use super::models::Role;
use super::program::Program;
use super::rows::{self, Path, Root};
use super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::words::{self, Growth};
use super::world::World;
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, BlockId, ClassId, Expr, ExprId, FunctionKind, MODULE_BODY, Module, Stmt,
};
use crate::source::{FileId, Place};

/// Serializers in serializers that are followed.
const MAX_NESTING: u32 = 4;
/// Relations from a row to what a nested field reads.
const MAX_PATH: usize = 5;

/// A view, or a call, that answers with many rows, through a serializer.
#[derive(Debug, Clone)]
pub struct ListView {
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// How sure it is that it lists them.
    pub confidence: Confidence,
    /// What reads each row.
    pub serializer: ClassRef,
    /// Where its rows are asked for.
    pub query: ExprRef,
    /// What comes with the rows.
    pub loaded: Vec<String>,
}

/// What a serializer reads of each row.
#[derive(Debug, Clone)]
pub struct FieldRead {
    /// The relations from the row.
    pub path: Path,
    /// Where it is read.
    pub place: Place,
    /// The field, with those around it: `order.customer`.
    pub field: String,
}

/// The classes of serializers whose fields are read of many rows.
pub fn listed(world: &World) -> FxHashSet<ClassRef> {
    let mut open: Vec<ClassRef> = world
        .par_files()
        .flat_map_iter(|file| listed_in(world, file))
        .collect();
    let mut listed = FxHashSet::default();
    while let Some(class) = open.pop() {
        if listed.insert(class) {
            open.extend(nested(world, class));
        }
    }
    listed
}

/// The serializers that a file's views list rows with, or that it calls for many rows.
fn listed_in(world: &World, file: FileId) -> Vec<ClassRef> {
    let mut found = Vec::new();
    let module = &world.unit(file).facts.module;
    if !module.exports_all {
        return found;
    }
    for view in classes_with(world, file, Role::ListView) {
        found.extend(serializers_of(world, view));
    }
    let mut calls = calls_for_many(world, file);
    calls.retain(|&(call, class)| {
        let is_own = class.file == file
            && module.function(module.function_of(call)).class == Some(class.class);
        !(is_own && is_never_made(world, class))
    });
    found.extend(calls.into_iter().map(|call| call.1));
    found
}

/// Whether a serializer that calls itself for what belongs to its rows is never made by another
/// one: all that name it are views that answer without a serializer.
fn is_never_made(world: &World, serializer: ClassRef) -> bool {
    let Some(name) = world.class_name(serializer) else {
        return false;
    };
    world.par_files().all(|file| {
        let module = &world.unit(file).facts.module;
        if module.name(name).is_none() {
            return true;
        }
        let is_within = |id: ExprId| {
            file == serializer.file
                && module.function(module.function_of(id)).class == Some(serializer.class)
        };
        let of_views: Vec<ExprId> = module
            .classes
            .iter()
            .enumerate()
            .filter(|&(i, _)| answers_without(module, ClassId(i as u32)))
            .flat_map(|(_, class)| &class.fields)
            .filter(|field| module.text(field.name) == "serializer_class")
            .filter_map(|field| field.value)
            .collect();
        (0..module.expr_count() as u32)
            .map(ExprId)
            .all(|id| module.last_name(id) != Some(name) || is_within(id) || of_views.contains(&id))
    })
}

/// Whether a view answers requests by a method of its own, in which it asks for no serializer.
fn answers_without(module: &Module, view: ClassId) -> bool {
    let class = module.class(view);
    let answers = class.methods.iter().any(|&method| {
        let name = module.function(method).name;
        name.is_some_and(|name| matches!(module.text(name), "get" | "list" | "retrieve"))
    });
    let asks = class.methods.iter().any(|&method| {
        let mut exprs = module.function(method).exprs.iter();
        exprs.any(|id| {
            matches!(module.expr(id), Expr::Member { name, .. }
                if module.text(name).contains("serializer_class")
                    || module.text(name) == "get_serializer")
        })
    });
    answers && !asks
}

/// The calls `BookSerializer(books, many=True)` of a file, also as a field: each with its class.
fn calls_for_many(world: &World, file: FileId) -> Vec<(ExprId, ClassRef)> {
    let module = &world.unit(file).facts.module;
    let mut found = Vec::new();
    let Some(many) = module.name("many") else {
        return found;
    };
    let mut typer = Typer::new(world, file);
    for site in &module.sites {
        let Expr::Call { args, .. } = module.expr(site.expr) else {
            continue;
        };
        let is_many = module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Keyword { name, value }
                if name == many && module.expr(value) == Expr::Bool(true))
        });
        if is_many && let Base::Class(class) = typer.callee(site.expr).base {
            found.push((site.expr, class));
        }
    }
    found
}

/// The rows that a serializer is called for.
fn rows_of_call(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { args, .. } = module.expr(call) else {
        return None;
    };
    let args = module.list(args);
    keyword_in(module, args, "instance").or_else(|| {
        let first = args.first().copied()?;
        (!matches!(module.expr(first), Expr::Keyword { .. } | Expr::Spread(_))).then_some(first)
    })
}

/// The serializers that are fields of a serializer, and those it derives from: their methods
/// run for its rows.
fn nested(world: &World, class: ClassRef) -> Vec<ClassRef> {
    let mut found: Vec<ClassRef> = world.project_bases(class).collect();
    let module = &world.unit(class.file).facts.module;
    let mut typer = Typer::new(world, class.file);
    for field in &module.class(class.class).fields {
        if let Some(value) = field.value
            && matches!(module.expr(value), Expr::Call { .. })
            && let Base::Class(nested) = typer.callee(value).base
            && role_of(world, Type::of(Base::Class(nested))) == Some(Role::Serializer)
        {
            found.push(nested);
        }
    }
    found
}

fn classes_with(world: &World, file: FileId, role: Role) -> Vec<ClassRef> {
    let classes = world.unit(file).facts.module.classes.len();
    (0..classes as u32)
        .map(|i| ClassRef {
            file,
            class: ClassId(i),
        })
        .filter(|&class| role_of(world, Type::of(Base::Class(class))) == Some(role))
        .collect()
}

/// What a class, of the project or a library, is to the serializing of rows.
pub(super) fn role_of(world: &World, class: Type) -> Option<Role> {
    match class.base {
        Base::Class(class) => {
            let bases = world.library_bases(class);
            let roles: Vec<Role> = bases
                .into_iter()
                .filter_map(|ty| world.models.role(ty))
                .collect();
            // A view may have several bases; one that lists makes it list.
            let lists = roles.contains(&Role::ListView);
            if lists {
                Some(Role::ListView)
            } else {
                roles.first().copied()
            }
        }
        Base::Path(path) => world.models.role(world.models.path(path).ty?),
        _ => None,
    }
}

/// The serializers of a view: its attribute, and what its method returns.
fn serializers_of(world: &World, view: ClassRef) -> Vec<ClassRef> {
    let mut values: Vec<ExprRef> = Vec::new();
    let method = world.method(view, "get_serializer_class");
    if let Some(FunctionRef { file, function }) = method {
        let module = &world.unit(file).facts.module;
        let body = module.function(function).body;
        let mut listed = module.returned(function);
        listed.retain(|&value| !is_for_one(module, body, value));
        let lists = |value: &ExprId| is_for_lists(module, body, *value);
        let has_list = listed.iter().any(lists) && !answers_many_otherwise(world, view);
        if has_list {
            listed.retain(lists);
        }
        values.extend(listed.into_iter().map(|expr| ExprRef { file, expr }));
        if !has_list {
            values.extend(world.field_value(view, "serializer_class"));
        }
    } else {
        values.extend(world.field_value(view, "serializer_class"));
    }
    let mut found = Vec::new();
    for value in values {
        let ty = Typer::new(world, value.file).of(value.expr);
        if let Base::Class(class) = ty.base
            && !found.contains(&class)
        {
            found.push(class);
        }
    }
    found
}

/// Actions of a view that are about one row.
const OF_ONE: &[&str] = &["retrieve", "create", "update", "partial_update", "destroy"];

/// Whether an expression is the name of the action that a view answers: `self.action`.
fn is_action(module: &Module, id: ExprId) -> bool {
    matches!(module.expr(id), Expr::Member { object, name }
        if module.text(name) == "action" && module.receiver_class(object).is_some())
}

/// Whether a block returns a value for the action that lists rows: `if self.action == "list":
/// return BookListSerializer`.
fn is_for_lists(module: &Module, block: BlockId, value: ExprId) -> bool {
    let is_list =
        |id: ExprId| matches!(module.expr(id), Expr::String(text) if module.text(text) == "list");
    let names_list = |id: ExprId| match module.expr(id) {
        Expr::Sequence { elements, .. } => module.list(elements).iter().any(|&id| is_list(id)),
        _ => is_list(id),
    };
    module.block(block).stmts.iter().any(|&stmt| {
        let Stmt::If {
            test,
            then,
            otherwise,
        } = module.stmt(stmt)
        else {
            return false;
        };
        let is_test = matches!(module.expr(test), Expr::Binary {
            op: BinaryOp::Equal | BinaryOp::In,
            left,
            right,
        } if is_action(module, left) && names_list(right));
        let mut stmts = module.block(then).stmts.iter();
        is_test && stmts.any(|&stmt| module.stmt(stmt) == Stmt::Return(Some(value)))
            || otherwise.is_some_and(|otherwise| is_for_lists(module, otherwise, value))
    })
}

/// Whether a method of a view hands many rows to the serializer that its class says:
/// `self.get_serializer(books, many=True)`.
fn answers_many_otherwise(world: &World, view: ClassRef) -> bool {
    let module = &world.unit(view.file).facts.module;
    let Some(many) = module.name("many") else {
        return false;
    };
    module.sites.iter().any(|site| {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            return false;
        };
        let is_own = module.function(site.function).class == Some(view.class);
        let names_list = || {
            let name = module.function(site.function).name;
            name.is_some_and(|name| module.text(name) == "list")
        };
        let is_many = module
            .list(args)
            .iter()
            .any(|&arg| matches!(module.expr(arg), Expr::Keyword { name, .. } if name == many));
        is_own && is_many && module.last_name(callee) == Some("get_serializer") && !names_list()
    })
}

/// Whether a block returns a value for actions about one row only:
/// `if self.action == "retrieve": return BookDetailSerializer`.
fn is_for_one(module: &Module, block: BlockId, value: ExprId) -> bool {
    let is_action = |id: ExprId| is_action(module, id);
    let is_of_one = |id: ExprId| match module.expr(id) {
        Expr::String(text) => OF_ONE.contains(&module.text(text)),
        Expr::Sequence { elements, .. } => module.list(elements).iter().all(|&element| {
            matches!(module.expr(element), Expr::String(text)
                if OF_ONE.contains(&module.text(text)))
        }),
        _ => false,
    };
    let returns = |block: BlockId| {
        let mut stmts = module.block(block).stmts.iter();
        stmts.any(|&stmt| module.stmt(stmt) == Stmt::Return(Some(value)))
    };
    module
        .block(block)
        .stmts
        .iter()
        .any(|&stmt| match module.stmt(stmt) {
            Stmt::If {
                test,
                then,
                otherwise,
            } => {
                let is_test = matches!(module.expr(test), Expr::Binary {
                op: BinaryOp::Equal | BinaryOp::In,
                left,
                right,
            } if is_action(left) && is_of_one(right));
                is_test && returns(then)
                    || otherwise.is_some_and(|otherwise| is_for_one(module, otherwise, value))
            }
            Stmt::Switch { subject, cases, .. } if is_action(subject) => {
                let mut cases = module.block(cases).stmts.iter();
                cases.any(|&case| {
                    let Stmt::Block(body) = module.stmt(case) else {
                        return false;
                    };
                    let opens = module.block(body).stmts.first();
                    returns(body)
                    && opens.is_some_and(|&test| {
                        matches!(module.stmt(test), Stmt::Expr(test) if is_of_one(test))
                    })
                })
            }
            _ => false,
        })
}

fn field(module: &Module, class: ClassRef, name: &str) -> Option<ExprId> {
    let name = module.name(name)?;
    let fields = &module.class(class.class).fields;
    fields.iter().find(|f| f.name == name)?.value
}

impl Program {
    /// Whether the fields of a serializer are read of many rows somewhere.
    pub fn is_listed(&self, serializer: ClassRef) -> bool {
        self.listed.contains(&serializer)
    }

    /// The rows that a file hands to serializers: call and rows.
    pub fn serialized(&self, file: FileId) -> Vec<(ExprId, ExprId)> {
        if self.listed.is_empty() {
            return Vec::new();
        }
        let module = &self.world.unit(file).facts.module;
        calls_for_many(&self.world, file)
            .into_iter()
            .filter(|call| {
                role_of(&self.world, Type::of(Base::Class(call.1))) == Some(Role::Serializer)
            })
            .filter_map(|(call, _)| Some((call, rows_of_call(module, call)?)))
            .collect()
    }

    /// The rows that a serializer is called for where it is called for many.
    pub fn calls_for_many_of(&self, serializer: ClassRef) -> Vec<(FileId, ExprId)> {
        let files = (0..self.world.units.len() as u32).map(FileId);
        files
            .flat_map(|file| {
                let module = &self.world.unit(file).facts.module;
                let calls = calls_for_many(&self.world, file).into_iter();
                let own = calls.filter(move |&(_, class)| class == serializer);
                own.filter_map(move |(call, _)| Some((file, rows_of_call(module, call)?)))
            })
            .collect()
    }

    /// The calls of serializers for many rows in a file, as far as the query of these is in sight.
    fn list_calls(&self, file: FileId, found: &mut Vec<ListView>) {
        let world = &self.world;
        let module = &world.unit(file).facts.module;
        for (call, serializer) in calls_for_many(world, file) {
            if role_of(world, Type::of(Base::Class(serializer))) != Some(Role::Serializer) {
                continue;
            }
            let function = module.function_of(call);
            // What is read of one row is few rows mostly.
            if function == MODULE_BODY
                || self
                    .function(FunctionRef { file, function })
                    .per_row()
                    .is_some()
            {
                continue;
            }
            let Some(expr) = rows_of_call(module, call) else {
                continue;
            };
            let confidence = match self.size_of(file, expr) {
                Cardinality::Fixed | Cardinality::Batches => continue,
                Cardinality::Unknown => Confidence::Medium,
                Cardinality::Rows => Confidence::High,
            };
            let Some((loaded, query)) = rows::loaded_at(world, ExprRef { file, expr }) else {
                continue;
            };
            let is_known = |view: &ListView| view.query == query && view.serializer == serializer;
            if found.iter().any(is_known) {
                continue;
            }
            found.push(ListView {
                name: self
                    .function(FunctionRef { file, function })
                    .name()
                    .unwrap_or_default(),
                place: Place {
                    file,
                    span: module.span(call),
                },
                confidence: if self.belong_to_one(query) {
                    Confidence::Low
                } else {
                    confidence
                },
                serializer,
                query,
                loaded,
            });
        }
    }

    /// Whether a query gives the rows that one row leads to.
    fn belong_to_one(&self, query: ExprRef) -> bool {
        let module = &self.world.unit(query.file).facts.module;
        let mut typer = Typer::new(&self.world, query.file);
        let mut at = query.expr;
        for _ in 0..16 {
            at = match module.expr(at) {
                Expr::Call { callee, .. } => callee,
                Expr::Member { object, .. } => {
                    let ty = typer.of(object);
                    if let (true, Base::Instance(class)) = (ty.is_bare(), ty.base)
                        && self.world.entities.table(class).is_some()
                    {
                        return true;
                    }
                    object
                }
                _ => return false,
            };
        }
        false
    }

    /// The views of a file that list rows, as far as their query is in sight.
    pub fn list_views(&self, file: FileId) -> Vec<ListView> {
        let world = &self.world;
        let mut found = Vec::new();
        if self.listed.is_empty() {
            return found;
        }
        for class in classes_with(world, file, Role::ListView) {
            // With several serializers it is not known which one lists.
            let serializers = serializers_of(world, class);
            let [serializer] = serializers[..] else {
                continue;
            };
            if lists_otherwise(world, class) {
                continue;
            }
            if let Some((loaded, query)) = self.loaded_by_view(class)
                && !self.are_rows_of_another(query, serializer)
            {
                let module = &world.unit(file).facts.module;
                let declared = module.class(class.class);
                found.push(ListView {
                    name: declared
                        .name
                        .map_or("the class", |name| module.text(name))
                        .to_owned(),
                    place: Place {
                        file,
                        span: declared.name_span,
                    },
                    confidence: Confidence::High,
                    serializer,
                    query,
                    loaded,
                });
            }
        }
        self.list_calls(file, &mut found);
        found
    }

    /// Whether the rows of a query are not those that a serializer is for: the view hands it
    /// others.
    fn are_rows_of_another(&self, query: ExprRef, serializer: ClassRef) -> bool {
        let world = &self.world;
        let rows = Typer::new(world, query.file).of(query.expr);
        let (Base::Model(_, Entity::Class(rows)), Some(model)) =
            (rows.base, world.class_at(serializer, "Meta.model"))
        else {
            return false;
        };
        !world.above(rows).contains(&model) && !world.above(model).contains(&rows)
    }

    fn loaded_by_view(&self, view: ClassRef) -> Option<(Vec<String>, ExprRef)> {
        let world = &self.world;
        if let Some(function) = world.method(view, "get_queryset") {
            if sets_queryset(world, function) {
                return None;
            }
            return rows::loaded_by(world, function, view);
        }
        let query = world.field_value(view, "queryset")?;
        rows::loaded_at(world, query)
    }

    /// What a serializer reads of each row, through the serializers inside it too.
    pub fn serializer_reads(&self, serializer: ClassRef) -> Vec<FieldRead> {
        let mut found = Vec::new();
        let start = Reading {
            path: Path::new(),
            field: String::new(),
        };
        self.read_serializer(serializer, &start, 0, &mut found);
        found
    }

    fn read_serializer(
        &self,
        serializer: ClassRef,
        at: &Reading,
        depth: u32,
        found: &mut Vec<FieldRead>,
    ) {
        let world = &self.world;
        if depth > MAX_NESTING || at.path.len() > MAX_PATH {
            return;
        }
        let Some(entity) = world.class_at(serializer, "Meta.model") else {
            return;
        };
        // Of what bases declare, only what is named is read.
        let named = self.named_fields(serializer);
        let mut done: Vec<String> = Vec::new();
        let mut class = Some(serializer);
        for _ in 0..8 {
            let Some(current) = class else {
                break;
            };
            let module = &world.unit(current.file).facts.module;
            for field in &module.class(current.class).fields {
                let name = module.text(field.name).to_owned();
                let Some(value) = field.value else {
                    continue;
                };
                if done.contains(&name) || !matches!(module.expr(value), Expr::Call { .. }) {
                    continue;
                }
                if named.as_ref().is_some_and(|named| !named.contains(&name)) {
                    continue;
                }
                let at = at.inside(&name);
                self.read_field(current, value, &name, entity, &at, depth, found);
                done.push(name);
            }
            class = world.project_base(current);
        }
        self.read_listed_names(serializer, entity, &done, at, found);
    }

    #[expect(clippy::too_many_arguments, reason = "a step of one recursion")]
    fn read_field(
        &self,
        serializer: ClassRef,
        value: ExprId,
        name: &str,
        entity: ClassRef,
        at: &Reading,
        depth: u32,
        found: &mut Vec<FieldRead>,
    ) {
        let world = &self.world;
        let module = &world.unit(serializer.file).facts.module;
        let mut typer = Typer::new(world, serializer.file);
        let callee = typer.callee(value);
        let role = role_of(world, callee);
        let Expr::Call { args, .. } = module.expr(value) else {
            return;
        };
        let given = |key: &str| keyword_in(module, module.list(args), key);
        if given("write_only").is_some_and(|v| module.expr(v) == Expr::Bool(true)) {
            return;
        }
        let place = Place {
            file: serializer.file,
            span: module.span(value),
        };
        if role == Some(Role::MethodField) {
            let named = given("method_name").or_else(|| {
                let first = module.list(args).first().copied();
                first.filter(|&a| matches!(module.expr(a), Expr::String(_)))
            });
            let method_name = match named.map(|value| module.expr(value)) {
                Some(Expr::String(text)) => module.text(text).to_owned(),
                _ => format!("get_{name}"),
            };
            self.read_member(serializer, &method_name, 1, at, found);
            return;
        }
        let source = match given("source").map(|value| module.expr(value)) {
            Some(Expr::String(text)) => module.text(text).to_owned(),
            Some(_) => return,
            None => name.to_owned(),
        };
        let mut path = at.path.clone();
        let mut owner = entity;
        for part in source.split('.').filter(|part| *part != "*") {
            if let Some(relation) = world.entities.find(world, owner, part) {
                path.push(relation);
                match world.entities.get(relation).target {
                    Some(target) => owner = target,
                    None => break,
                }
            } else {
                let at = Reading {
                    path: path.clone(),
                    field: at.field.clone(),
                };
                self.read_member(owner, part, 0, &at, found);
                break;
            }
        }
        if role == Some(Role::KeyField)
            && let Some(&last) = path.last()
            && world.entities.get(last).key
            && path.len() > at.path.len()
        {
            path.pop();
        }
        if path.len() > MAX_PATH {
            return;
        }
        if path.len() > at.path.len() {
            found.push(FieldRead {
                path: path.clone(),
                place,
                field: at.field.clone(),
            });
        }
        if role == Some(Role::Serializer)
            && let Base::Class(nested) = callee.base
        {
            let at = Reading {
                path,
                field: at.field.clone(),
            };
            self.read_serializer(nested, &at, depth + 1, found);
        }
    }

    /// The names in `Meta.fields` that no field is declared for.
    fn read_listed_names(
        &self,
        serializer: ClassRef,
        entity: ClassRef,
        declared: &[String],
        at: &Reading,
        found: &mut Vec<FieldRead>,
    ) {
        let world = &self.world;
        let Some((file, value)) = self.meta_fields(serializer) else {
            return;
        };
        let facts = &world.unit(file).facts;
        let module = &facts.module;
        let mut names: Vec<(ExprId, String)> = Vec::new();
        facts.any_origin(value, |id| {
            if let Expr::String(text) = module.expr(id) {
                names.push((id, module.text(text).to_owned()));
            }
            false
        });
        names.sort_by_key(|(id, _)| *id);
        for (id, name) in names {
            if declared.contains(&name) {
                continue;
            }
            let place = Place {
                file,
                span: module.span(id),
            };
            let at = at.inside(&name);
            match world.entities.find(world, entity, &name) {
                // The key of a to-one relation stands in the row.
                Some(relation) if world.entities.get(relation).key => {}
                Some(relation) => {
                    let mut path = at.path.clone();
                    path.push(relation);
                    found.push(FieldRead {
                        path,
                        place,
                        field: at.field,
                    });
                }
                None => self.read_member(entity, &name, 0, &at, found),
            }
        }
    }

    /// The names in `Meta.fields`, if all of them stand there.
    fn named_fields(&self, serializer: ClassRef) -> Option<Vec<String>> {
        let (file, value) = self.meta_fields(serializer)?;
        let module = &self.world.unit(file).facts.module;
        let Expr::Sequence { elements, .. } = module.expr(value) else {
            return None;
        };
        let names = module
            .list(elements)
            .iter()
            .map(|&name| match module.expr(name) {
                Expr::String(text) => Some(module.text(text).to_owned()),
                _ => None,
            });
        names.collect()
    }

    fn meta_fields(&self, serializer: ClassRef) -> Option<(FileId, ExprId)> {
        let world = &self.world;
        let meta = world.class_at(serializer, "Meta")?;
        let module = &world.unit(meta.file).facts.module;
        Some((meta.file, field(module, meta, "fields")?))
    }

    /// What a property or method of a class reads of its parameter `param`.
    fn read_member(
        &self,
        class: ClassRef,
        name: &str,
        param: u16,
        at: &Reading,
        found: &mut Vec<FieldRead>,
    ) {
        let Some(function) = self.world.method(class, name) else {
            return;
        };
        let module = &self.world.unit(function.file).facts.module;
        let is_known = matches!(
            module.function(function.function).kind,
            FunctionKind::Getter | FunctionKind::Function | FunctionKind::Method
        );
        if !is_known || self.summary(function).is_cached {
            return;
        }
        for read in self.function(function).reads() {
            if read.source.root != Root::Param(function.function, param) {
                continue;
            }
            let mut path = at.path.clone();
            path.extend(read.source.path.iter().copied());
            if path.len() <= MAX_PATH {
                found.push(FieldRead {
                    path,
                    place: Place {
                        file: function.file,
                        span: module.span(read.expr),
                    },
                    field: at.field.clone(),
                });
            }
        }
    }

    /// The same, from the row itself.
    pub(super) fn read_attribute(
        &self,
        class: ClassRef,
        name: &str,
        param: u16,
        found: &mut Vec<FieldRead>,
    ) {
        let at = Reading {
            path: Path::new(),
            field: name.to_owned(),
        };
        self.read_member(class, name, param, &at, found);
    }

    /// The first relation of a path that is not loaded: its position.
    pub fn first_missing(&self, path: &[RelationId], loaded: &[String]) -> Option<usize> {
        rows::first_missing(&self.world, path, loaded, 0)
    }
}

/// How far the reading has come.
struct Reading {
    path: Path,
    field: String,
}

impl Reading {
    fn inside(&self, name: &str) -> Self {
        let field = if self.field.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.field)
        };
        Self {
            path: self.path.clone(),
            field,
        }
    }
}

/// Whether a method sets the query of its view, so that it is not known what that loads:
/// `self.queryset = self.queryset.select_related("author")`.
fn sets_queryset(world: &World, method: FunctionRef) -> bool {
    let module = &world.unit(method.file).facts.module;
    module.function(method.function).exprs.iter().any(|id| {
        let Expr::Assign { target, .. } = module.expr(id) else {
            return false;
        };
        matches!(module.expr(target), Expr::Member { object, name }
            if module.text(name) == "queryset" && module.receiver_class(object).is_some())
    })
}

/// What a view is about, by its name: `Order` for `OrderListView`.
fn view_subject(module: &Module, class: ClassRef) -> String {
    let name = module.class(class.class).name;
    let mut name = name.map_or("", |name| module.text(name));
    for end in [
        "ViewSet",
        "Viewset",
        "View",
        "API",
        "ReadOnly",
        "ListCreate",
        "List",
        "Model",
    ] {
        name = name.strip_suffix(end).unwrap_or(name);
    }
    name.to_owned()
}

/// A view that lists all rows of its query.
#[derive(Debug, Clone)]
pub struct UnpagedView {
    /// The view.
    pub class: ClassRef,
    /// Where its query stands.
    pub query: Place,
    /// What it asks for.
    pub asks: QueryFacts,
    /// How the table grows, by what the view is called.
    pub growth: Option<Growth>,
    /// How sure it is that nothing pages the rows.
    pub confidence: Confidence,
    /// What to do.
    pub help: String,
}

impl Program {
    /// The views of a file that list all rows of their query: neither they nor the settings of the
    /// project page them.
    pub fn unpaged_views(&self, file: FileId) -> Vec<UnpagedView> {
        let world = &self.world;
        let module = &world.unit(file).facts.module;
        let mut found = Vec::new();
        for i in 0..module.classes.len() as u32 {
            let class = ClassRef {
                file,
                class: ClassId(i),
            };
            if module.class(class.class).bases.is_empty() {
                continue;
            }
            let bases = world.library_bases(class);
            let Some(base) = bases
                .into_iter()
                .find(|&ty| !world.models.ty(ty).paging.is_empty())
            else {
                continue;
            };
            let model = world.models.ty(base);
            let is_said = model.paging.iter().any(|name| {
                world.field_value(class, name).is_some_and(|value| {
                    let module = &world.unit(value.file).facts.module;
                    !matches!(module.expr(value.expr), Expr::Null)
                }) || world.method(class, name).is_some()
            });
            let is_off = model
                .paging
                .first()
                .and_then(|name| world.field_value(class, name))
                .is_some();
            if is_said {
                continue;
            }
            if let Some(setting) = &model.paging_setting
                && !is_off
                && self.setting_holds(setting)
            {
                continue;
            }
            // What others derive from lists nothing itself.
            if !world.hierarchy.below(class).is_empty() {
                continue;
            }
            // Nor does what says nothing of rows.
            let says = ["queryset", "model", "serializer_class"];
            let has_rows = says.iter().any(|name| field(module, class, name).is_some())
                || world.own_method(class, "get_queryset").is_some();
            if !has_rows {
                continue;
            }
            let Some((query, asks)) = self.query_of_view(class) else {
                continue;
            };
            let attribute = model.paging.first().cloned().unwrap_or_default();
            found.push(UnpagedView {
                class,
                query,
                asks,
                growth: words::growth(&view_subject(module, class)),
                confidence: Confidence::Medium,
                help: match &model.paging_setting {
                    Some(setting) => format!("set `{attribute}`, or {setting} for all views"),
                    None => format!("set `{attribute}`"),
                },
            });
        }
        found
    }

    /// The query of a view that lists rows, if it is known to be unbounded.
    fn query_of_view(&self, class: ClassRef) -> Option<(Place, QueryFacts)> {
        let world = &self.world;
        let mut values: Vec<ExprRef> = Vec::new();
        if let Some(FunctionRef { file, function }) = world.method(class, "get_queryset") {
            let returned = world.unit(file).facts.module.returned(function);
            values.extend(returned.into_iter().map(|expr| ExprRef { file, expr }));
        }
        if values.is_empty() {
            values.extend(world.field_value(class, "queryset"));
        }
        if values.is_empty() {
            values.extend(world.field_value(class, "model"));
        }
        let value = *values.first()?;
        let facts = facts_of(world, value.file, value.expr);
        if !facts.is_unbounded() {
            return None;
        }
        let span = world.unit(value.file).facts.module.span(value.expr);
        let place = Place {
            file: value.file,
            span,
        };
        Some((place, facts))
    }

    /// Whether a setting of the project pages all views, or may: settings out of sight may.
    fn setting_holds(&self, setting: &str) -> bool {
        let mut has_settings = false;
        for unit in &self.world.units {
            let module = &unit.facts.module;
            has_settings |= module.name("INSTALLED_APPS").is_some();
            if module.name(setting).is_some() {
                return true;
            }
        }
        !has_settings
    }
}

/// Whether a view lists rows by code of its own, which asks neither for its serializer nor for
/// what the library does.
fn lists_otherwise(world: &World, view: ClassRef) -> bool {
    let Some(list) = world.method(view, "list") else {
        return false;
    };
    let module = &world.unit(list.file).facts.module;
    let function = module.function(list.function);
    !function.exprs.iter().any(|id| match module.expr(id) {
        Expr::Super => true,
        Expr::Member { name, .. } => matches!(
            module.text(name),
            "get_serializer" | "get_serializer_class" | "serializer_class"
        ),
        _ => false,
    })
}
