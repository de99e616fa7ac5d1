//! Which relations come with the rows of a collection, as far as its query is in sight.

use super::{Finder, MAX_STEPS};
use crate::analysis::def_use::Def;
use crate::analysis::facts::GatheredAs;
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, FunctionId, LocalId, LocalKind};
use crate::link::entities::RelationId;
use crate::link::infer::option_in;
use crate::link::models::{Bounded, Effect, EntityFrom, TypeSpec};
use crate::link::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use crate::link::world::World;
use crate::source::FileId;

/// Which relations come with the rows of a collection.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    /// Names joined by `__`.
    pub(super) paths: Vec<String>,
    pub(super) origin: Origin,
    /// Where the query is built.
    pub(super) query: ExprRef,
    /// The columns that come with the rows, if they are named.
    pub(super) only: Option<Vec<String>>,
    /// The columns that are left out.
    pub(super) deferred: Vec<String>,
    /// What a query calls the relations that it joined: name and path.
    pub(super) aliases: Vec<(String, String)>,
    /// Whether they may have come with a row that was handed over, with what its query loads.
    pub(super) is_of_given: bool,
}

impl Loaded {
    pub(super) fn at(query: ExprRef, origin: Origin) -> Self {
        Self {
            paths: Vec::new(),
            origin,
            query,
            only: None,
            deferred: Vec::new(),
            aliases: Vec::new(),
            is_of_given: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A query, all of whose parts are in sight.
    Query,
    /// A parameter of a function of the same file.
    Param(FunctionId, u16),
    /// Out of sight, or several.
    Unknown,
}

/// The first step of a path that no loaded path covers, past those known to cost nothing: its
/// position.
pub(in crate::link) fn first_missing(
    world: &World,
    path: &[RelationId],
    loaded: &[String],
    known: usize,
) -> Option<usize> {
    // The names on the way, without those that lead back to where it came from.
    let mut names: Vec<&str> = Vec::new();
    for (i, &step) in path.iter().enumerate() {
        let relation = world.entities.get(step);
        // The way back to the row that led here is at hand, and what came with that row is.
        let is_back = i > 0 && !relation.many && {
            let before = world.entities.get(path[i - 1]);
            before.inverse.as_deref() == Some(relation.name.as_str())
                && before.target == Some(relation.owner)
        };
        if is_back {
            names.pop();
            continue;
        }
        names.push(&relation.name);
        let text = names.join("__");
        let is_loaded = loaded.iter().any(|loaded| {
            loaded
                .strip_prefix(text.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
        });
        if i >= known && !is_loaded && relation.lazy {
            return Some(i);
        }
    }
    None
}

/// What comes with the rows that a query gives, and where the query is built; none if it is out
/// of sight.
pub(in crate::link) fn loaded_at(world: &World, query: ExprRef) -> Option<(Vec<String>, ExprRef)> {
    let mut finder = Finder::new(world, query.file);
    let loaded = finder.loaded(query.file, query.expr);
    (loaded.origin == Origin::Query).then_some((loaded.paths, loaded.query))
}

/// What comes with all rows of an entity, however they are asked for.
pub(in crate::link) fn loaded_with_all(world: &World, entity: ClassRef) -> Vec<String> {
    Finder::new(world, entity.file).loaded_by_default(entity)
}

/// What comes with the rows that a method of a view returns, and where their query is built.
pub(in crate::link) fn loaded_by(
    world: &World,
    function: FunctionRef,
    view: ClassRef,
) -> Option<(Vec<String>, ExprRef)> {
    let mut finder = Finder::new(world, function.file);
    finder.view = Some(view);
    let module = finder.module(function.file);
    let mut found: Option<Loaded> = None;
    for value in module.returned(function.function) {
        let next = finder.loaded(function.file, value);
        found = Some(match found {
            Some(found) => either(found, next),
            None => next,
        });
    }
    let found = found?;
    (found.origin == Origin::Query).then_some((found.paths, found.query))
}

impl Finder<'_> {
    /// Which relations come with the rows of a collection.
    pub(super) fn loaded(&mut self, file: FileId, expr: ExprId) -> Loaded {
        let at = ExprRef { file, expr };
        if let Some(known) = self.loaded.get(&at) {
            return known.clone();
        }
        let unknown = Loaded::at(at, Origin::Unknown);
        if self.steps > MAX_STEPS {
            return unknown;
        }
        self.loaded.insert(at, unknown.clone());
        self.steps += 1;
        let found = self.find_loaded(file, expr).unwrap_or(unknown);
        self.steps -= 1;
        self.loaded.insert(at, found.clone());
        found
    }

    fn find_loaded(&mut self, file: FileId, expr: ExprId) -> Option<Loaded> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::Local(local) => self
                .loaded_class(file, expr)
                .or_else(|| self.loaded_local(file, expr, local)),
            Expr::Call { .. } => self.loaded_call(file, expr),
            Expr::Await(value) | Expr::Assign { value, .. } => Some(self.loaded(file, value)),
            Expr::Index { object, index } => match (module.expr(object), module.expr(index)) {
                (_, Expr::Slice(_)) => Some(self.loaded(file, object)),
                (Expr::Element(lp), Expr::Number(1)) => self.loaded_inside(file, lp),
                _ => None,
            },
            Expr::Element(lp) => self.loaded_inside(file, lp),
            Expr::Comprehension { lp, .. } => self.loaded_comprehension(file, lp),
            Expr::Logical { left, right, .. }
            | Expr::Binary {
                op: BinaryOp::BitOr | BinaryOp::BitAnd,
                left,
                right,
            } => {
                let (left, right) = (self.loaded(file, left), self.loaded(file, right));
                Some(either(left, right))
            }
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let then = self.loaded(file, then);
                let otherwise = self.loaded(file, otherwise);
                Some(either(then, otherwise))
            }
            Expr::Member { object, name } => self
                .loaded_member(file, expr, object, name)
                .or_else(|| self.loaded_class(file, expr)),
            _ => None,
        }
    }

    /// All rows of an entity, where a class says no more than its name.
    fn loaded_class(&mut self, file: FileId, expr: ExprId) -> Option<Loaded> {
        let ty = self.typer(file).of(expr);
        let is_table = matches!(ty.base, Base::Class(class)
            if ty.is_bare() && self.world.entities.table(class).is_some());
        is_table.then(|| Loaded::at(ExprRef { file, expr }, Origin::Query))
    }

    fn loaded_local(&mut self, file: FileId, expr: ExprId, local: LocalId) -> Option<Loaded> {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let at_param = |local: LocalId| {
            let declared = module.local(local);
            match declared.kind {
                LocalKind::Param(index) => Some(Loaded::at(
                    ExprRef { file, expr },
                    Origin::Param(declared.function, index),
                )),
                _ => None,
            }
        };
        let Some(def) = facts.def_use.reaching(expr) else {
            let mut found = at_param(local)?;
            self.loaded_later(file, local, &mut found);
            return Some(found);
        };
        let mut values = Vec::new();
        let mut entries = Vec::new();
        let mut is_open = false;
        facts.def_use.any_source(def, |_, def| {
            match def {
                Def::Value { value, .. } => values.push(*value),
                Def::Entry { local, function } => {
                    let is_own = module.local(*local).function == *function;
                    match facts.def_use.single_value(*local) {
                        Some(value) if !is_own => values.push(value),
                        _ => entries.push(*local),
                    }
                }
                Def::Augmented { .. } => is_open = true,
                Def::Join { .. } | Def::Carried { .. } => {}
            }
            false
        });
        if is_open {
            return None;
        }
        // What a cache holds is what was put there: the rows that are asked for where it is empty.
        if values.len() > 1 {
            let kept = values.clone();
            values.retain(|&value| !self.is_of_cache(file, value));
            if values.is_empty() {
                values = kept;
            }
        }
        let mut found: Option<Loaded> = None;
        for value in values {
            if matches!(module.expr(value), Expr::Null) {
                continue;
            }
            let next = if module.empty_container(value).is_some() {
                self.loaded_into(file, local, GatheredAs::Element)?
            } else {
                self.loaded(file, value)
            };
            found = Some(match found {
                Some(found) => either(found, next),
                None => next,
            });
        }
        for local in entries {
            let next = at_param(local)?;
            found = Some(match found {
                Some(found) => either(found, next),
                None => next,
            });
        }
        let mut found = found?;
        self.loaded_later(file, local, &mut found);
        Some(found)
    }

    /// Whether a value is read from a cache, by what the library says or by the cache's name.
    fn is_of_cache(&mut self, file: FileId, value: ExprId) -> bool {
        if let Some((model, _)) = self.typer(file).called_model(value) {
            return model.effect == Some(Effect::CacheRead);
        }
        let module = self.module(file);
        let Expr::Call { callee, .. } = module.expr(value) else {
            return false;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        let holder = self.typer(file).holder_name(object);
        module.text(name) == "get"
            && holder.is_some_and(|name| name.to_ascii_lowercase().contains("cache"))
    }

    fn loaded_call(&mut self, file: FileId, expr: ExprId) -> Option<Loaded> {
        let module = self.module(file);
        let Expr::Call { callee, args, kind } = module.expr(expr) else {
            return None;
        };
        if kind == CallKind::New {
            return None;
        }
        let args = module.list(args);
        let callee_type = self.typer(file).callee(expr);
        if kind == CallKind::Implicit && !callee_type.is_callable() {
            return Some(self.loaded(file, callee));
        }
        if let Base::Function(function) = callee_type.base {
            return self.loaded_result(file, expr, function);
        }
        let callee_value = self.typer(file).of(callee);
        let object = match module.expr(callee) {
            // The member itself is called: `Book.objects(title="…")`.
            Expr::Member { .. }
                if matches!(callee_value.base, Base::Model(..)) && callee_value.is_bare() =>
            {
                Some(callee)
            }
            Expr::Member { object, .. } => Some(object),
            _ => None,
        };
        if let Expr::Name(name) = module.expr(callee) {
            // The rows stay the same ones.
            let passes = matches!(
                module.text(name),
                "list"
                    | "tuple"
                    | "set"
                    | "sorted"
                    | "reversed"
                    | "iter"
                    | "filter"
                    | "frozenset"
                    | "enumerate"
            );
            if passes {
                let over = if module.text(name) == "filter" {
                    args.last()
                } else {
                    args.first()
                };
                return over.map(|&over| self.loaded(file, over));
            }
        }
        if let Some(found) = self.loaded_values(file, expr) {
            return Some(found);
        }
        let (model, receiver) = self.typer(file).called_model(expr)?;
        if let EntityFrom::Argument(n) = model.entity {
            let argument = self.typer(file).argument(expr, usize::from(n))?;
            let ty = self.typer(file).of(argument);
            // Where reading a relation would have to wait, libraries refuse it, unless it is
            // awaited itself.
            if model.awaitable && !self.awaits_relations(ty) {
                return None;
            }
            return match ty.base {
                Base::Class(class) if self.world.entities.table(class).is_some() => {
                    let mut found = Loaded::at(ExprRef { file, expr }, Origin::Query);
                    if let Some(Bounded::Key(key)) = &model.loads {
                        self.named_paths(file, args, key, &mut found);
                    }
                    Some(found)
                }
                Base::Model(..) => {
                    let mut found = self.loaded(file, argument);
                    if model.loads.is_some() {
                        self.loaded_beside(file, ty, args, &mut found);
                    }
                    Some(found)
                }
                _ => None,
            };
        }
        if let TypeSpec::Argument(n) = model.returns {
            let argument = self.typer(file).argument(expr, usize::from(n))?;
            return Some(self.loaded(file, argument));
        }
        if let Some(n) = model.iterates
            && object.is_none_or(|object| !self.is_query(file, object))
        {
            let argument = self.typer(file).argument(expr, usize::from(n))?;
            return Some(self.loaded(file, argument));
        }
        let object = object?;
        // `super().get_queryset()` of a library's view gives the view's attribute.
        if module.expr(object) == Expr::Super
            && let Base::Model(_, Entity::Class(class)) = receiver.base
        {
            let view = self.view.unwrap_or(class);
            // What a query's own class asks of the library's is no view's.
            let around = module.function(module.function_of(expr));
            let is_own = around.class.is_none_or(|class| {
                let class = ClassRef { file, class };
                self.world.above(view).contains(&class)
            });
            return if is_own {
                self.loaded_field(view, "queryset")
            } else {
                None
            };
        }
        let is_table = matches!(receiver.base, Base::Class(class)
            if self.world.entities.table(class).is_some());
        if !is_table && !matches!(receiver.base, Base::Model(..) | Base::Instance(_)) {
            return None;
        }
        let loads = model.loads.is_some();
        let columns = model.columns;
        let mut found = self.loaded(file, object);
        found.is_of_given &= self.is_whole(file, expr);
        if found.origin != Origin::Query && self.is_root(file, object, receiver) {
            found = Loaded::at(ExprRef { file, expr }, Origin::Query);
        }
        if let Some(Bounded::Key(key)) = &model.loads {
            self.named_paths(file, args, key, &mut found);
            return Some(found);
        }
        if let Some(query) = &model.query {
            self.known_by_conditions(file, expr, query, &mut found);
        }
        if let Some(columns) = columns {
            self.columns_of(file, args, columns, &mut found);
        }
        if loads {
            found.query = ExprRef { file, expr };
            if self.loaded_beside(file, receiver, args, &mut found) {
                return Some(found);
            }
            if args.is_empty() && !is_table {
                // All to-one relations, as deep as they go.
                found.origin = Origin::Unknown;
            }
            if self.joined_path(file, args, &mut found) {
                return Some(found);
            }
            for &arg in args {
                if self.column_loader(file, arg, &mut found) {
                    continue;
                }
                if !self.path_of(file, arg, &mut found.paths) {
                    found.origin = Origin::Unknown;
                }
            }
        }
        Some(found)
    }

    /// What rows of other entities load along that a query names by their classes or queries:
    /// `Book.select(Book, Author)`, `prefetch(Author.select(), Book.select())`. Whether it does.
    fn loaded_beside(
        &mut self,
        file: FileId,
        rows: Type,
        args: &[ExprId],
        found: &mut Loaded,
    ) -> bool {
        let entity_of = |ty: Type| match ty.base {
            Base::Class(class) | Base::Model(_, Entity::Class(class)) => Some(class),
            _ => None,
        };
        let Some(owner) = entity_of(rows) else {
            return false;
        };
        let entities = &self.world.entities;
        let module = self.module(file);
        let named: Vec<ClassRef> = args
            .iter()
            .filter_map(|&arg| {
                match module.expr(arg) {
                    // A column of the class.
                    Expr::Member { object, .. } => entity_of(self.typer(file).of(object)),
                    _ => None,
                }
                .or_else(|| entity_of(self.typer(file).of(arg)))
            })
            .filter(|&class| entities.table(class).is_some())
            .collect();
        let mut at = vec![(owner, String::new())];
        for class in &named {
            if at.iter().any(|(known, _)| known == class) {
                continue;
            }
            let mut paths = Vec::new();
            for (from, before) in &at {
                for relation in entities.leading(self.world, *from, *class) {
                    let name = &entities.get(relation).name;
                    paths.push(match before.as_str() {
                        "" => name.clone(),
                        before => format!("{before}__{name}"),
                    });
                }
            }
            if let Some(first) = paths.first() {
                at.push((*class, first.clone()));
            }
            found.paths.extend(paths);
        }
        !named.is_empty()
    }

    /// Whether the relations of an entity's rows are read by awaiting them.
    fn awaits_relations(&self, ty: Type) -> bool {
        let table = match ty.base {
            Base::Class(class) => self.world.entities.table(class),
            _ => None,
        };
        table.is_some_and(|table| self.world.models.ty(table).awaits_relations)
    }

    /// Whether a value hands out all rows of an entity, whoever made it: a repository that is
    /// kept in a field or handed over.
    fn is_root(&self, file: FileId, object: ExprId, ty: Type) -> bool {
        let (Base::Model(id, Entity::Class(class)), true) = (ty.base, ty.is_bare()) else {
            return false;
        };
        let is_held = match self.module(file).expr(object) {
            Expr::Member { .. } => true,
            Expr::Local(local) => {
                matches!(self.module(file).local(local).kind, LocalKind::Param(_))
            }
            _ => false,
        };
        is_held
            && self.awaits_relations(Type::of(Base::Class(class)))
            && self.world.models.iterate(id).is_none()
    }

    /// The path of `leftJoinAndSelect("author.publisher", "publisher")`, after the names that the
    /// query gave to what it joined before; false if it is no such call.
    fn joined_path(&self, file: FileId, args: &[ExprId], found: &mut Loaded) -> bool {
        let module = self.module(file);
        let text = |arg: Option<&ExprId>| match module.expr(*arg?) {
            Expr::String(text) => Some(module.text(text)),
            _ => None,
        };
        let Some((owner, relation)) = text(args.first()).and_then(|text| text.split_once('.'))
        else {
            return false;
        };
        let mut aliases = found.aliases.iter();
        let path = match aliases.find(|(alias, _)| alias == owner) {
            Some((_, before)) => format!("{before}__{relation}"),
            None => relation.to_owned(),
        };
        if let Some(alias) = text(args.get(1)) {
            found.aliases.push((alias.to_owned(), path.clone()));
        }
        found.paths.push(path);
        true
    }

    /// What an option names that comes with the rows: `relations: ["author"]`, `relations:
    /// { author: { publisher: true } }`.
    fn named_paths(&mut self, file: FileId, args: &[ExprId], key: &str, found: &mut Loaded) {
        let module = self.module(file);
        for &arg in args {
            let is_known = match module.expr(arg) {
                Expr::Map(entries) => {
                    let mut entries = module.list(entries).iter();
                    entries.all(|&entry| matches!(module.expr(entry), Expr::Keyword { .. }))
                }
                _ => matches!(self.typer(file).of(arg).base, Base::Class(_)),
            };
            if !is_known {
                found.origin = Origin::Unknown;
            }
        }
        let Some(value) = option_in(module, args, key) else {
            return;
        };
        let mut open = vec![(value, String::new())];
        while let Some((at, before)) = open.pop() {
            let inside = |name: &str| {
                let name = name.replace('.', "__");
                if before.is_empty() {
                    name
                } else {
                    format!("{before}__{name}")
                }
            };
            match module.expr(at) {
                Expr::Sequence { elements, .. } => {
                    open.extend(module.list(elements).iter().map(|&e| (e, before.clone())));
                }
                Expr::Map(entries) => {
                    open.extend(module.list(entries).iter().map(|&e| (e, before.clone())));
                }
                Expr::String(text) => found.paths.push(inside(module.text(text))),
                Expr::Keyword { name, value } => {
                    let path = inside(module.text(name));
                    match module.expr(value) {
                        Expr::Bool(true) => found.paths.push(path),
                        Expr::Bool(false) => {}
                        _ => open.push((value, path)),
                    }
                }
                _ => found.origin = Origin::Unknown,
            }
        }
    }

    fn is_query(&mut self, file: FileId, expr: ExprId) -> bool {
        let ty = self.typer(file).of(expr);
        matches!(ty.base, Base::Model(id, _) if self.world.models.iterate(id).is_some())
    }

    /// The path that an argument of `select_related` or the like names; false if it is not in
    /// sight.
    pub(super) fn path_of(&mut self, file: FileId, arg: ExprId, paths: &mut Vec<String>) -> bool {
        let module = self.module(file);
        match module.expr(arg) {
            Expr::String(text) => {
                paths.push(module.text(text).to_owned());
                true
            }
            Expr::Null => true,
            Expr::Sequence { elements, .. } => {
                let mut elements = module.list(elements).iter();
                elements.all(|&element| self.path_of(file, element, paths))
            }
            Expr::Call { args, .. } => {
                if self.typer(file).called_model(arg).is_some() {
                    let path = self.loader_path(file, arg);
                    let is_known = path.is_some();
                    paths.extend(path);
                    return is_known;
                }
                // `Prefetch("books", queryset=Book.objects.select_related("author"))`
                let args = module.list(args);
                let Some(Expr::String(name)) = args.first().map(|&first| module.expr(first)) else {
                    return false;
                };
                let name = module.text(name).to_owned();
                // `raiseload("*")`: whatever is not loaded is refused.
                if name.contains('*') {
                    return false;
                }
                for &arg in &args[1..] {
                    let inner = match module.expr(arg) {
                        Expr::Keyword { value, .. } => value,
                        _ => arg,
                    };
                    if self.is_query(file, inner) {
                        let inner = self.loaded(file, inner);
                        if inner.origin != Origin::Query {
                            // What the inner query loads is not known: all of it, perhaps.
                            return false;
                        }
                        paths.extend(inner.paths.iter().map(|p| format!("{name}__{p}")));
                    }
                }
                paths.push(name);
                true
            }
            _ => false,
        }
    }

    /// The path of `selectinload(Book.tags).joinedload(Tag.group)`.
    fn loader_path(&mut self, file: FileId, call: ExprId) -> Option<String> {
        let module = self.module(file);
        let mut parts: Vec<&str> = Vec::new();
        let mut at = call;
        while let Expr::Call { callee, args, .. } = module.expr(at) {
            let (model, _) = self.typer(file).called_model(at)?;
            if model.loads.is_some() {
                for &arg in module.list(args).iter().rev() {
                    let Expr::Member { name, .. } = module.expr(arg) else {
                        return None;
                    };
                    parts.push(module.text(name));
                }
            }
            match module.expr(callee) {
                Expr::Member { object, .. } if matches!(module.expr(object), Expr::Call { .. }) => {
                    at = object;
                }
                _ => break,
            }
        }
        parts.reverse();
        (!parts.is_empty()).then(|| parts.join("__"))
    }

    /// What a function of the project returns, with the argument in place of its parameter.
    fn loaded_result(
        &mut self,
        file: FileId,
        call: ExprId,
        function: FunctionRef,
    ) -> Option<Loaded> {
        let module = self.module(function.file);
        let mut found: Option<Loaded> = None;
        let is_generator = module.function(function.function).is_generator;
        let values = if is_generator {
            module.returned_or_yielded(function.function)
        } else {
            module.returned(function.function)
        };
        for value in values {
            if matches!(module.expr(value), Expr::Null) {
                continue;
            }
            // What is yielded is a row, or, all at once, several.
            let around = is_generator.then(|| self.loaded_around(function.file, value));
            let mut next = match around.flatten() {
                Some(around) => around,
                None => self.loaded(function.file, value),
            };
            if let Origin::Param(owner, param) = next.origin {
                if owner != function.function {
                    return None;
                }
                let argument = self.argument(file, call, function, param)?;
                let inner = self.loaded(file, argument);
                next.paths.extend(inner.paths);
                next.origin = inner.origin;
                next.query = inner.query;
                next.is_of_given |= inner.is_of_given;
            }
            found = Some(match found {
                Some(found) => either(found, next),
                None => next,
            });
        }
        found
    }
}

/// What holds of rows that come from one collection or the other: what either loads counts as
/// loaded, so that nothing is said of what one of them loads.
pub(super) fn either(a: Loaded, b: Loaded) -> Loaded {
    let origin = if a.origin == b.origin {
        a.origin
    } else {
        Origin::Unknown
    };
    let mut paths = a.paths;
    paths.extend(b.paths);
    // A column that either loads counts as loaded.
    let only = match (a.only, b.only) {
        (Some(mut only), Some(more)) => {
            only.extend(more);
            Some(only)
        }
        _ => None,
    };
    let mut deferred = a.deferred;
    deferred.retain(|column| b.deferred.contains(column));
    Loaded {
        paths,
        origin,
        query: a.query,
        only,
        deferred,
        aliases: a.aliases,
        is_of_given: a.is_of_given || b.is_of_given,
    }
}
