//! Functions that are filters and tags of templates, by the names that templates call them.

use rustc_hash::FxHashMap;

use crate::ir::{Expr, ExprId, FunctionId, LocalKind, Module, Name};
use crate::link::infer::keyword_in;
use crate::link::models::TagsModel;
use crate::link::types::{Base, FunctionRef};
use crate::link::world::World;
use crate::source::FileId;

/// The filters and tags of a project.
pub(super) type Tags = FxHashMap<String, Vec<Tag>>;

/// A function that templates call by a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    /// Where it is registered.
    pub(super) file: FileId,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Function(FunctionId),
    /// An expression that names it.
    Value(ExprId),
}

impl Tag {
    /// The function.
    pub(super) fn function(self, world: &World) -> Option<FunctionRef> {
        let file = self.file;
        let value = match self.what {
            What::Function(function) => return Some(FunctionRef { file, function }),
            What::Value(value) => value,
        };
        let module = &world.unit(file).facts.module;
        let Expr::Local(local) = module.expr(value) else {
            return None;
        };
        match module.local(local).kind {
            LocalKind::Function(function) => Some(FunctionRef { file, function }),
            LocalKind::Import(import) => match world.import_type(file, import).base {
                Base::Function(function) => Some(function),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Finds the filters and tags of a project.
pub(super) fn find(world: &World) -> Tags {
    let mut found = Tags::default();
    let model = &world.models.tags;
    for (i, unit) in world.units.iter().enumerate() {
        let module = &unit.facts.module;
        if module.template.is_none() && module.exports_all {
            let mut finder = Finder {
                module,
                model,
                file: FileId(i as u32),
                found: &mut found,
            };
            finder.decorated();
            finder.called();
            finder.put_in_maps();
        }
    }
    found
}

struct Finder<'w> {
    module: &'w Module,
    model: &'w TagsModel,
    file: FileId,
    found: &'w mut Tags,
}

impl Finder<'_> {
    fn push(&mut self, name: &str, what: What) {
        let file = self.file;
        let known = self.found.entry(name.to_owned()).or_default();
        known.push(Tag { file, what });
    }

    /// `@register.filter(name="price")`
    fn decorated(&mut self) {
        let module = self.module;
        for (i, function) in module.functions.iter().enumerate() {
            for &decorator in module.list(function.decorators) {
                let (named, args) = match module.expr(decorator) {
                    Expr::Call { callee, args, .. } => (callee, module.list(args)),
                    _ => (decorator, &[][..]),
                };
                if !self.registers(named) {
                    continue;
                }
                let own = function.name.map(|name| module.text(name));
                let name = given_name(module, args).or(own);
                if let Some(name) = name {
                    self.push(name, What::Function(FunctionId(i as u32)));
                }
            }
        }
    }

    /// `register.filter("price", price)`
    fn called(&mut self) {
        let module = self.module;
        for site in &module.sites {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                continue;
            };
            let &[name, function] = module.list(args) else {
                continue;
            };
            if let Expr::String(name) = module.expr(name)
                && self.registers(callee)
            {
                self.push(module.text(name), What::Value(function));
            }
        }
    }

    /// Whether it is a member by which functions become filters or tags.
    fn registers(&self, named: ExprId) -> bool {
        matches!(self.module.expr(named), Expr::Member { name, .. }
            if self.model.decorators.contains(self.module.text(name)))
    }

    /// `environment.filters["price"] = price`, `environment.filters.update(price=price)`
    fn put_in_maps(&mut self) {
        let module = self.module;
        let maps = self.model.maps.iter();
        let maps: Vec<Name> = maps.filter_map(|name| module.name(name)).collect();
        if maps.is_empty() {
            return;
        }
        let is_map = |id: ExprId| matches!(module.expr(id), Expr::Member { name, .. } if maps.contains(&name));
        for i in 0..module.expr_count() as u32 {
            match module.expr(ExprId(i)) {
                Expr::Assign { target, value, .. } => {
                    if let Expr::Index { object, index } = module.expr(target)
                        && let Expr::String(name) = module.expr(index)
                        && is_map(object)
                    {
                        self.push(module.text(name), What::Value(value));
                    }
                }
                Expr::Call { callee, args, .. } => {
                    if let Expr::Member { object, name } = module.expr(callee)
                        && module.text(name) == "update"
                        && is_map(object)
                    {
                        self.put_all(module.list(args));
                    }
                }
                _ => {}
            }
        }
    }

    fn put_all(&mut self, args: &[ExprId]) {
        let module = self.module;
        for &arg in args {
            match module.expr(arg) {
                Expr::Keyword { name, value } => self.push(module.text(name), What::Value(value)),
                Expr::Map(entries) => {
                    for &entry in module.list(entries) {
                        if let Expr::Keyword { name, value } = module.expr(entry) {
                            self.push(module.text(name), What::Value(value));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// The name that a decorator gives: its `name`, or a text that is no path of a file.
fn given_name<'m>(module: &'m Module, args: &[ExprId]) -> Option<&'m str> {
    let first = args.first().copied();
    let given = keyword_in(module, args, "name").or(first)?;
    match module.expr(given) {
        Expr::String(text) => {
            let text = module.text(text);
            (!text.contains('.')).then_some(text)
        }
        _ => None,
    }
}

impl World {
    /// Whether the first parameter of a filter or tag is the context, which no template hands
    /// over.
    pub(in crate::link) fn takes_context(&self, function: FunctionRef) -> bool {
        let module = &self.unit(function.file).facts.module;
        let decorators = module.function(function.function).decorators;
        let names = &self.models.tags.context;
        let is_named = |id: ExprId| match module.expr(id) {
            Expr::Name(name) | Expr::Member { name, .. } => names.contains(module.text(name)),
            Expr::Local(local) => names.contains(module.text(module.local(local).name)),
            _ => false,
        };
        module.list(decorators).iter().any(|&decorator| {
            let args = match module.expr(decorator) {
                Expr::Call { args, .. } => module.list(args),
                _ => &[],
            };
            let mut args = args.iter();
            let is_asked = args.any(|&arg| {
                matches!(module.expr(arg), Expr::Keyword { name, value }
                    if names.contains(module.text(name)) && module.expr(value) == Expr::Bool(true))
            });
            is_asked || is_named(decorator)
        })
    }
}
