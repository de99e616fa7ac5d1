//! Resolvers that are functions: in maps whose keys are the types of a schema, below the key
//! `resolve` of a field's options, or handed to the object that stands for a type. They run once
//! per object of the type.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::infer::{Typer, option_in};
use super::models::{Models, PerRowModel};
use super::types::{Base, FunctionRef};
use super::world::World;
use crate::analysis::facts::FileFacts;
use crate::ir::{Expr, ExprId, FunctionId, Module, Stmt};
use crate::source::{Ecosystem, FileId};

/// The functions, each with the position of what its library says, and that of the parameter
/// that is the row.
#[derive(Debug, Default)]
pub struct Resolvers(FxHashMap<FunctionRef, (usize, u16)>);

impl Resolvers {
    /// The resolvers of a project.
    pub fn new(world: &World) -> Self {
        if world.models.per_row_in_maps().next().is_none() {
            return Self::default();
        }
        let found: Vec<(FunctionRef, (usize, u16))> = (0..world.units.len())
            .into_par_iter()
            .flat_map_iter(|i| Finder::new(world, FileId(i as u32)).all())
            .collect();
        Self(found.into_iter().collect())
    }

    /// What a library says of such a function, and which of its parameters is the row.
    pub fn of<'m>(
        &self,
        models: &'m Models,
        function: FunctionRef,
    ) -> Option<(&'m PerRowModel, u16)> {
        let &(index, param) = self.0.get(&function)?;
        Some((models.per_row_in_maps().nth(index)?, param))
    }
}

struct Finder<'w> {
    world: &'w World,
    file: FileId,
    module: &'w Module,
    typer: Typer<'w>,
    ecosystem: Ecosystem,
    is_named: bool,
    found: Vec<(FunctionRef, (usize, u16))>,
}

impl<'w> Finder<'w> {
    fn new(world: &'w World, file: FileId) -> Self {
        let unit = world.unit(file);
        Self {
            world,
            file,
            module: &unit.facts.module,
            typer: Typer::new(world, file),
            ecosystem: unit.ecosystem,
            is_named: names_resolvers(&unit.path),
            found: Vec::new(),
        }
    }

    fn all(mut self) -> Vec<(FunctionRef, (usize, u16))> {
        let (world, module) = (self.world, self.module);
        for (index, model) in world.models.per_row_in_maps().enumerate() {
            if !model.adds.is_empty() {
                self.added(model, index);
            }
            if self.ecosystem != Ecosystem::Npm {
                continue;
            }
            if !model.builds.is_empty() {
                for site in &module.sites {
                    self.built(site.expr, model, index);
                }
            }
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
        let name = option_in(module, args, "name").or_else(|| option_in(module, args, "type"));
        let is_listed = name.is_some_and(|name| {
            matches!(module.expr(name), Expr::String(_)) && !self.names_operation(name, model)
        });
        if !is_listed {
            return;
        }
        if let Some(definition) = option_in(module, args, "definition") {
            self.below(definition, model, index);
        }
        let Some(mut fields) = option_in(module, args, "fields") else {
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

    /// `@book.field("author")` above a function, `book.set_field("author", resolve_author)`.
    fn added(&mut self, model: &PerRowModel, index: usize) {
        let module = self.module;
        for (i, function) in module.functions.iter().enumerate() {
            for &decorator in module.list(function.decorators) {
                if self.is_of_type(decorator, &model.adds, model) && !function.params.is_empty() {
                    let function = FunctionRef {
                        file: self.file,
                        function: FunctionId(i as u32),
                    };
                    let param = u16::from(model.param);
                    self.found.push((function, (index, param)));
                }
            }
        }
        for site in &module.sites {
            let Expr::Call { args, .. } = module.expr(site.expr) else {
                continue;
            };
            if self.is_of_type(site.expr, &model.adds, model) {
                for &arg in module.list(args) {
                    self.function(arg, index, u16::from(model.param));
                }
            }
        }
    }

    /// Whether a call is of one of some members of a type's object, and the type one of rows:
    /// `ObjectType("Query").field("books")` is of none.
    fn is_of_type(&mut self, call: ExprId, names: &[String], model: &PerRowModel) -> bool {
        let module = self.module;
        let Expr::Call { callee, .. } = module.expr(call) else {
            return false;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return false;
        };
        if !names.iter().any(|known| known == module.text(name)) {
            return false;
        }
        let ty = self.typer.of(object);
        let is_object = matches!(ty.base, Base::Model(ty, _) if Some(ty) == model.on);
        let made = match module.expr(object) {
            Expr::Local(local) => self.facts().def_use.single_value(local),
            _ => Some(object),
        };
        let is_listed =
            [Some(call), made]
                .into_iter()
                .flatten()
                .all(|call| match module.expr(call) {
                    Expr::Call { args, .. } => match module.list(args).first() {
                        Some(&first) => !self.names_operation(first, model),
                        None => true,
                    },
                    _ => true,
                });
        is_object && ty.is_bare() && is_listed
    }

    fn facts(&self) -> &'w FileFacts {
        &self.world.unit(self.file).facts
    }

    /// Whether a text is the name of a type of which there is one.
    fn names_operation(&self, name: ExprId, model: &PerRowModel) -> bool {
        let module = self.module;
        matches!(module.expr(name), Expr::String(name)
            if model.except.iter().any(|end| module.text(name).ends_with(end)))
    }

    /// `builder.objectType("Book", { fields: (t) => ({ author: t.field({ resolve }) }) })`
    fn built(&mut self, call: ExprId, model: &PerRowModel, index: usize) {
        let module = self.module;
        if self.is_of_type(call, &model.builds, model)
            && let Expr::Call { args, .. } = module.expr(call)
        {
            for &arg in module.list(args) {
                self.below(arg, model, index);
            }
        }
    }

    /// The functions below the key `resolve` in what calls inside of a value are handed.
    fn below(&mut self, value: ExprId, model: &PerRowModel, index: usize) {
        let module = self.module;
        match module.expr(value) {
            Expr::Map(entries) => {
                for &entry in module.list(entries) {
                    if let Expr::Keyword { value, .. } = module.expr(entry) {
                        self.below(value, model, index);
                    }
                }
            }
            Expr::Function(function) => {
                for id in module.function(function).exprs.iter() {
                    let Expr::Call { callee, args, .. } = module.expr(id) else {
                        continue;
                    };
                    let Expr::Member { name, .. } = module.expr(callee) else {
                        continue;
                    };
                    let maps = module.list(args).iter();
                    let mut maps = maps.filter(|&&arg| matches!(module.expr(arg), Expr::Map(_)));
                    let Some(resolve) = maps.find_map(|&map| option_in(module, &[map], "resolve"))
                    else {
                        continue;
                    };
                    let name = module.text(name);
                    let is_shifted = model.shifted.iter().any(|known| known == name);
                    let param = u16::from(model.param) + u16::from(is_shifted);
                    self.function(resolve, index, param);
                }
            }
            _ => {}
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
        self.function(resolve, index, 0);
    }

    fn function(&mut self, value: ExprId, index: usize, param: u16) {
        let ty = self.typer.of(value);
        if let (Base::Function(function), true) = (ty.base, ty.is_bare()) {
            let declared = &self.world.unit(function.file).facts.module;
            if declared.function(function.function).params.len() > usize::from(param) {
                self.found.push((function, (index, param)));
            }
        }
    }
}

/// Whether a name says that it holds resolvers.
fn names_resolvers(name: &str) -> bool {
    name.to_ascii_lowercase().contains("resolver")
}
