//! Listings: classes that show rows in a table, by names of attributes. What a name leads to is
//! read of each row: a field, a property or method of the row, a method of the class.

use super::infer::Typer;
use super::models::Role;
use super::program::Program;
use super::rows;
use super::serializers::{FieldRead, role_of};
use super::types::{Base, ClassRef, ExprRef, FunctionRef, Type};
use super::world::World;
use crate::ir::{ClassId, Expr, ExprId, Module};
use crate::source::{FileId, Place};

/// What a table shows where its class names no columns.
const DEFAULT_COLUMN: &str = "__str__";

/// A class that shows rows in a table.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The class.
    pub class: ClassRef,
    /// Whether it names no columns, and shows what its rows are called.
    pub is_bare: bool,
    /// What its columns read of each row and its query does not load, and where the columns are
    /// named.
    pub lacks: Vec<(FieldRead, ExprRef)>,
}

impl Program {
    /// The listings of a file that read more than their query loads.
    pub fn listings(&self, file: FileId) -> Vec<Listing> {
        let world = &self.world;
        let module = &world.unit(file).facts.module;
        let mut found = Vec::new();
        if !module.exports_all || world.entities.is_empty() {
            return found;
        }
        for i in 0..module.classes.len() as u32 {
            let class = ClassRef {
                file,
                class: ClassId(i),
            };
            if role_of(world, Type::of(Base::Class(class))) == Some(Role::Listing)
                && let Some(listing) = self.listing(class)
            {
                found.push(listing);
            }
        }
        found
    }

    fn listing(&self, class: ClassRef) -> Option<Listing> {
        let world = &self.world;
        let entity = world.entity_listed(class)?;
        let columns = world.columns_listed(class)?;
        let related = columns.iter().any(|(_, name)| {
            let relation = world.entities.find(world, entity, name);
            relation.is_some_and(|relation| {
                let relation = world.entities.get(relation);
                relation.key && !relation.many
            })
        });
        let mut loaded = self.loaded_by_listing(class, related)?;
        loaded.extend(rows::loaded_with_all(world, entity));
        let mut lacks: Vec<(FieldRead, ExprRef)> = Vec::new();
        for (at, name) in columns {
            let mut reads = Vec::new();
            if world.method(class, &name).is_some() {
                self.read_attribute(class, &name, 1, &mut reads);
            } else {
                self.read_attribute(entity, &name, 0, &mut reads);
            }
            for read in reads {
                let Some(missing) = rows::first_missing(world, &read.path, &loaded, 0) else {
                    continue;
                };
                let is_known = lacks.iter().any(|(known, _)| {
                    known.path.len() > missing && known.path[..=missing] == read.path[..=missing]
                });
                if !is_known {
                    lacks.push((read, at));
                }
            }
        }
        let is_bare = world.field_value(class, "list_display").is_none();
        (!lacks.is_empty()).then_some(Listing {
            class,
            is_bare,
            lacks,
        })
    }

    /// What comes with the rows; none if that is out of sight or all that leads to one row.
    /// Django documentation, `ModelAdmin.list_select_related`: where it is false, a column that
    /// is a foreign key makes the list load all of them.
    fn loaded_by_listing(&self, class: ClassRef, related: bool) -> Option<Vec<String>> {
        let world = &self.world;
        if world.method(class, "get_queryset").is_some()
            || world.method(class, "get_list_select_related").is_some()
        {
            return None;
        }
        let Some(named) = world.field_value(class, "list_select_related") else {
            return (!related).then(Vec::new);
        };
        let module = &world.unit(named.file).facts.module;
        match module.expr(named.expr) {
            Expr::Bool(false) => (!related).then(Vec::new),
            Expr::Sequence { elements, .. } => {
                let elements = module.list(elements).iter();
                elements
                    .map(|&expr| text_of(module, expr).map(str::to_owned))
                    .collect()
            }
            _ => None,
        }
    }

    /// The place where a listing names a column.
    pub fn place_of_column(&self, at: ExprRef) -> Place {
        Place {
            file: at.file,
            span: self.world.unit(at.file).facts.module.span(at.expr),
        }
    }
}

impl World {
    /// What listings hand to their methods: a row each.
    pub(super) fn handed_by_listings(&self) -> Vec<(FunctionRef, u16, Type)> {
        let mut found = Vec::new();
        for (i, unit) in self.units.iter().enumerate() {
            let module = &unit.facts.module;
            if !module.exports_all || module.name("list_display").is_none() {
                continue;
            }
            for j in 0..module.classes.len() as u32 {
                let class = ClassRef {
                    file: FileId(i as u32),
                    class: ClassId(j),
                };
                if role_of(self, Type::of(Base::Class(class))) != Some(Role::Listing) {
                    continue;
                }
                let Some(entity) = self.entity_listed(class) else {
                    continue;
                };
                for (_, name) in self.columns_listed(class).unwrap_or_default() {
                    if let Some(method) = self.own_method(class, &name) {
                        found.push((method, 1, Type::of(Base::Instance(entity))));
                    }
                }
            }
        }
        found
    }

    /// The names of the columns; none if they are not in sight.
    fn columns_listed(&self, class: ClassRef) -> Option<Vec<(ExprRef, String)>> {
        let world = self;
        let Some(named) = world.field_value(class, "list_display") else {
            let module = &world.unit(class.file).facts.module;
            // The place of the class stands for the columns that it does not name.
            let decorators = module.class(class.class).decorators;
            let &expr = module.list(decorators).first()?;
            let file = class.file;
            return Some(vec![(ExprRef { file, expr }, DEFAULT_COLUMN.to_owned())]);
        };
        let module = &world.unit(named.file).facts.module;
        let Expr::Sequence { elements, .. } = module.expr(named.expr) else {
            return None;
        };
        let columns = module.list(elements).iter().filter_map(|&expr| {
            let file = named.file;
            text_of(module, expr).map(|text| (ExprRef { file, expr }, text.to_owned()))
        });
        Some(columns.collect())
    }

    /// The entity whose rows a class shows: `@admin.register(Book)`,
    /// `admin.site.register(Book, BookAdmin)`.
    fn entity_listed(&self, class: ClassRef) -> Option<ClassRef> {
        let world = self;
        let module = &world.unit(class.file).facts.module;
        let mut typer = Typer::new(world, class.file);
        let decorators = module.class(class.class).decorators;
        let mut registered = Vec::new();
        for &decorator in module.list(decorators) {
            if let Expr::Call { args, .. } = module.expr(decorator) {
                registered.extend(module.list(args).first().copied());
            }
        }
        for site in &module.sites {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                continue;
            };
            let is_register = matches!(module.expr(callee), Expr::Member { name, .. }
                if module.text(name) == "register");
            if let (true, &[model, shown, ..]) = (is_register, module.list(args))
                && typer.of(shown).base == Base::Class(class)
            {
                registered.push(model);
            }
        }
        registered
            .into_iter()
            .find_map(|model| match typer.of(model).base {
                Base::Class(entity) if world.entities.table(entity).is_some() => Some(entity),
                _ => None,
            })
    }
}

fn text_of(module: &Module, expr: ExprId) -> Option<&str> {
    match module.expr(expr) {
        Expr::String(text) => Some(module.text(text)),
        _ => None,
    }
}
