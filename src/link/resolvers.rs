//! Maps of resolvers: objects whose keys are the types of a schema, with a function for each
//! field of these. It runs once per object of the type.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::infer::{Typer, option_in};
use super::models::{Models, PerRowModel};
use super::types::{Base, FunctionRef};
use super::world::World;
use crate::ir::{Expr, ExprId, Module, Stmt};
use crate::source::{Ecosystem, FileId};

/// The functions in maps of resolvers, each with the position of what its library says.
#[derive(Debug, Default)]
pub struct Resolvers(FxHashMap<FunctionRef, usize>);

impl Resolvers {
    /// The resolvers of a project.
    pub fn new(world: &World) -> Self {
        if world.models.per_row_in_maps().next().is_none() {
            return Self::default();
        }
        let found: Vec<(FunctionRef, usize)> = (0..world.units.len())
            .into_par_iter()
            .flat_map_iter(|i| Finder::new(world, FileId(i as u32)).all())
            .collect();
        Self(found.into_iter().collect())
    }

    /// What a library says of a function in a map.
    pub fn of<'m>(&self, models: &'m Models, function: FunctionRef) -> Option<&'m PerRowModel> {
        let index = *self.0.get(&function)?;
        models.per_row_in_maps().nth(index)
    }
}

struct Finder<'w> {
    world: &'w World,
    module: &'w Module,
    typer: Typer<'w>,
    ecosystem: Ecosystem,
    is_named: bool,
    found: Vec<(FunctionRef, usize)>,
}

impl<'w> Finder<'w> {
    fn new(world: &'w World, file: FileId) -> Self {
        let unit = world.unit(file);
        Self {
            world,
            module: &unit.facts.module,
            typer: Typer::new(world, file),
            ecosystem: unit.ecosystem,
            is_named: names_resolvers(&unit.path),
            found: Vec::new(),
        }
    }

    fn all(mut self) -> Vec<(FunctionRef, usize)> {
        let (world, module) = (self.world, self.module);
        if self.ecosystem != Ecosystem::Npm {
            return self.found;
        }
        for (index, model) in world.models.per_row_in_maps().enumerate() {
            if model.maps {
                for i in 0..module.expr_count() as u32 {
                    let map = ExprId(i);
                    if let Expr::Map(entries) = module.expr(map)
                        && self.is_resolver_map(map, model)
                    {
                        for &entry in module.list(entries) {
                            self.type_of_schema(entry, model, index);
                        }
                    }
                }
            }
            if !model.objects.is_empty() {
                for site in &module.sites {
                    self.object_type(site.expr, model, index);
                }
            }
        }
        self.found
    }

    /// Whether a map is one of resolvers: by its name, that of its file, or the operations beside.
    fn is_resolver_map(&self, map: ExprId, model: &PerRowModel) -> bool {
        let module = self.module;
        let Expr::Map(entries) = module.expr(map) else {
            return false;
        };
        let mut has_types = false;
        let mut has_operations = false;
        for &entry in module.list(entries) {
            if let Expr::Keyword { name, value } = module.expr(entry) {
                let name = module.text(name);
                let is_map = matches!(module.expr(value), Expr::Map(_));
                has_types |= is_map && name.starts_with(|c: char| c.is_ascii_uppercase());
                has_operations |= is_map && model.except.iter().any(|known| known == name);
            }
        }
        has_types && (has_operations || self.is_named || self.is_held_as_resolvers(map))
    }

    /// `const bookResolvers = { … }`
    fn is_held_as_resolvers(&self, map: ExprId) -> bool {
        let module = self.module;
        module.stmts.iter().any(|stmt| {
            let &Stmt::Expr(expr) = stmt else {
                return false;
            };
            let Expr::Assign { target, value, .. } = module.expr(expr) else {
                return false;
            };
            value == map
                && matches!(module.expr(target), Expr::Local(local)
                    if names_resolvers(module.text(module.local(local).name)))
        })
    }

    /// `Book: { author: (book, _, context) => … }`
    fn type_of_schema(&mut self, entry: ExprId, model: &PerRowModel, index: usize) {
        let module = self.module;
        let Expr::Keyword { name, value } = module.expr(entry) else {
            return;
        };
        let name = module.text(name);
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
            && !model.except.iter().any(|end| name.ends_with(end));
        if let (true, Expr::Map(fields)) = (is_type, module.expr(value)) {
            for &field in module.list(fields) {
                self.field(field, index);
            }
        }
    }

    /// `new GraphQLObjectType({ name: "Book", fields: () => ({ author: { resolve: … } }) })`
    fn object_type(&mut self, call: ExprId, model: &PerRowModel, index: usize) {
        let module = self.module;
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let callee = self.typer.callee(call).base;
        if !matches!(callee, Base::Path(path) if model.objects.contains(&path)) {
            return;
        }
        let args = module.list(args);
        let name = option_in(module, args, "name").map(|name| module.expr(name));
        let is_listed = matches!(name, Some(Expr::String(name))
            if !model.except.iter().any(|end| module.text(name).ends_with(end)));
        let Some(mut fields) = option_in(module, args, "fields").filter(|_| is_listed) else {
            return;
        };
        if let Expr::Function(function) = module.expr(fields)
            && let Some(&returned) = module.returned(function).first()
        {
            fields = returned;
        }
        if let Expr::Map(entries) = module.expr(fields) {
            for &entry in module.list(entries) {
                self.field(entry, index);
            }
        }
    }

    /// A function, or an object with one that is named `resolve`.
    fn field(&mut self, entry: ExprId, index: usize) {
        let module = self.module;
        let Expr::Keyword { value, .. } = module.expr(entry) else {
            return;
        };
        let resolve = match module.expr(value) {
            Expr::Map(_) => match option_in(module, &[value], "resolve") {
                Some(resolve) => resolve,
                None => return,
            },
            _ => value,
        };
        let ty = self.typer.of(resolve);
        if let (Base::Function(function), true) = (ty.base, ty.is_bare()) {
            let declared = &self.world.unit(function.file).facts.module;
            if !declared.function(function.function).params.is_empty() {
                self.found.push((function, index));
            }
        }
    }
}

/// Whether a name says that it holds resolvers.
fn names_resolvers(name: &str) -> bool {
    name.to_ascii_lowercase().contains("resolver")
}
