//! What comes with the rows of managers, attributes and relations: collections that a member
//! gives.

use super::Finder;
use super::loaded::{Loaded, Origin};
use crate::analysis::def_use::Def;
use crate::ir::{Expr, ExprId, LocalKind, Name};
use crate::link::infer::keyword_in;
use crate::link::models::EntityFrom;
use crate::link::types::{Base, ClassRef, Entity, ExprRef, Type};
use crate::source::FileId;

impl Finder<'_> {
    /// `Model.objects`, `self.queryset`.
    pub(super) fn loaded_member(
        &mut self,
        file: FileId,
        expr: ExprId,
        object: ExprId,
        name: Name,
    ) -> Option<Loaded> {
        let query = ExprRef { file, expr };
        let on = self.typer(file).of(object);
        let module = self.module(file);
        if let (true, Base::Class(class)) = (on.is_bare(), on.base)
            && self.world.entities.table(class).is_some()
        {
            let manager = self.typer(file).of(expr);
            return match manager.base {
                Base::Model(..) => Some(Loaded::at(query, Origin::Query)),
                // A manager of the project: what its `get_queryset` loads.
                Base::Instance(manager) => Some(self.loaded_by_manager(query, manager)),
                _ => None,
            };
        }
        // `page.items`: the rows of what a query gave as a whole.
        if let (true, Base::Model(_, Entity::Class(of))) = (on.is_bare(), on.base) {
            let ty = self.typer(file).of(expr);
            let is_rows = ty.wrapper().is_some() && ty.base == Base::Instance(of);
            return is_rows.then(|| self.loaded(file, object));
        }
        // `{ books: … }.books`
        if let (true, Base::Literal(literal)) = (on.is_bare(), on.base) {
            let of = self.module(literal.file);
            let Expr::Map(entries) = of.expr(literal.expr) else {
                return None;
            };
            let value = keyword_in(of, of.list(entries), module.text(name))?;
            return Some(self.loaded(literal.file, value));
        }
        if let (true, Base::Instance(class)) = (on.is_bare(), on.base) {
            let name = module.text(name);
            let entities = &self.world.entities;
            if let Some(relation) = entities.find(self.world, class, name) {
                // The rows of a relation know the row they belong to.
                let relation = entities.get(relation);
                if !relation.many {
                    return None;
                }
                let mut paths: Vec<String> = relation.inverse.iter().cloned().collect();
                // It is asked for through the manager of the rows' class.
                if let Some(target) = relation.target {
                    paths.extend(self.loaded_by_default(target));
                }
                let mut is_of_given = self.is_given(file, object);
                // What came with the row came with what was loaded of it in turn.
                if let Some(over) = self.walked_for(file, object) {
                    let around = self.loaded(file, over);
                    is_of_given |= around.origin != Origin::Query || around.is_of_given;
                    let below = format!("{}__", relation.name);
                    let further = around.paths.iter();
                    let further = further.filter_map(|path| path.strip_prefix(&below));
                    paths.extend(further.map(str::to_owned));
                }
                return Some(Loaded {
                    paths,
                    is_of_given,
                    ..Loaded::at(query, Origin::Query)
                });
            }
            return self.loaded_field(class, name);
        }
        None
    }

    /// What a loop walks whose element a row is.
    fn walked_for(&self, file: FileId, row: ExprId) -> Option<ExprId> {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        // What a template is given is looked at where it is rendered.
        if module.template.is_some() {
            return None;
        }
        let mut at = row;
        if let Expr::Local(_) = module.expr(at) {
            match facts.def_use.def(facts.def_use.reaching(at)?) {
                Def::Value { value, .. } => at = *value,
                _ => return None,
            }
        }
        match module.expr(at) {
            Expr::Element(lp) => module.lp(lp).over,
            _ => None,
        }
    }

    /// Whether a row is a parameter, so that the caller's query says what came with it.
    fn is_given(&self, file: FileId, row: ExprId) -> bool {
        let module = self.module(file);
        matches!(module.expr(row), Expr::Local(local)
            if matches!(module.local(local).kind, LocalKind::Param(_)))
    }

    /// Whether a query hands out the rows of a relation that came with their owner.
    pub(super) fn is_whole(&mut self, file: FileId, query: ExprId) -> bool {
        let ty = self.typer(file).of(query);
        match ty.base {
            Base::Model(id, _) => {
                let walked = self.world.models.iterate(id);
                walked.is_some_and(|model| model.preloaded)
            }
            _ => true,
        }
    }

    /// What comes with all rows of an entity by its first manager.
    pub(super) fn loaded_by_default(&mut self, entity: ClassRef) -> Vec<String> {
        if let Some(known) = self.defaults.get(&entity) {
            return known.clone();
        }
        self.defaults.insert(entity, Vec::new());
        let found = self.find_loaded_by_default(entity).unwrap_or_default();
        self.defaults.insert(entity, found.clone());
        found
    }

    fn find_loaded_by_default(&mut self, entity: ClassRef) -> Option<Vec<String>> {
        let world = self.world;
        let is_manager = |id| world.models.ty(id).entity_from != EntityFrom::Receiver;
        for class in world.above(entity) {
            let module = self.module(class.file);
            for field in &module.class(class.class).fields {
                let Some(expr) = field.value else {
                    continue;
                };
                // Fields are made with arguments, managers mostly without.
                let is_bare_call = matches!(module.expr(expr), Expr::Call { args, .. }
                    if args.is_empty());
                if !is_bare_call {
                    continue;
                }
                let file = class.file;
                match self.typer(file).of(expr).base {
                    Base::Instance(manager)
                        if world.library_bases(manager).into_iter().any(is_manager) =>
                    {
                        let query = ExprRef { file, expr };
                        return Some(self.loaded_by_manager(query, manager).paths);
                    }
                    Base::Model(id, _) if is_manager(id) => return None,
                    _ => {}
                }
            }
        }
        None
    }

    pub(super) fn loaded_by_manager(&mut self, query: ExprRef, manager: ClassRef) -> Loaded {
        let ty = Type::of(Base::Instance(manager));
        let method = self.typer(query.file).member(ty, "get_queryset");
        let Base::Function(function) = method.base else {
            return Loaded::at(query, Origin::Query);
        };
        let module = self.module(function.file);
        let mut paths = Vec::new();
        for value in module.returned(function.function) {
            let inner = self.loaded(function.file, value);
            paths.extend(inner.paths);
        }
        Loaded {
            paths,
            ..Loaded::at(query, Origin::Query)
        }
    }

    /// What a class attribute, read through an instance, holds.
    pub(super) fn loaded_field(&mut self, class: ClassRef, name: &str) -> Option<Loaded> {
        let value = self.world.field_value(class, name)?;
        Some(self.loaded(value.file, value.expr))
    }
}
