//! Templates and what renders them: which functions hand which values to which template.
//!
//! A call renders a template with the names it is given; an instance of a page class, with the
//! rows of its query and what its method adds to the context; a template, those it includes.

mod tags;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::tags::Tags;

use super::infer::{Typer, keyword_in};
use super::models::{Bounded, ContextFrom, PageModel};
use super::modules::Target;
use super::types::{Base, ClassRef, ExprRef, FunctionRef, Type};
use super::world::World;
use crate::analysis::def_use::Def;
use crate::ir::{ClassId, Expr, ExprId, FunctionId, LocalId, Module};
use crate::source::FileId;

/// Templates that one includes, and those that these include.
const MAX_TEMPLATES: usize = 64;
/// Names given to one template.
const MAX_NAMES: usize = 128;
/// Steps from a context to the values in it.
const MAX_STEPS: u32 = 8;

/// Where templates are found by name.
#[derive(Debug, Default)]
pub struct Templates {
    by_name: FxHashMap<String, Vec<FileId>>,
    /// Modules with tags and filters, by the last part of their names.
    libraries: FxHashMap<String, Vec<FileId>>,
    /// The functions that are filters and tags, by what templates call them.
    tags: Tags,
    /// What is rendered where, by file; sorted by expression.
    renderings: Vec<Vec<Rendering>>,
}

/// A place where templates are rendered.
#[derive(Debug, Clone)]
pub struct Rendering {
    /// The call, or the value that a page class renders.
    pub expr: ExprId,
    /// The function it stands in.
    pub function: FunctionId,
    /// The template, and those it includes, which have the same names.
    pub templates: Vec<FunctionRef>,
    /// The names given and their values.
    pub given: Vec<Given>,
}

/// A value that a template has by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The name.
    pub name: String,
    /// The value.
    pub value: ExprId,
    /// Whether it is one row of the value.
    pub is_row: bool,
}

impl Templates {
    /// Finds the templates among the files by their names.
    pub(super) fn new(world: &World) -> Self {
        let mut found = Self::default();
        for (i, unit) in world.units.iter().enumerate() {
            let file = FileId(i as u32);
            if unit.facts.module.template.is_some() {
                for name in names_of(&unit.path) {
                    found.by_name.entry(name.to_owned()).or_default().push(file);
                }
            } else if let Some((folder, name)) = unit.path.rsplit_once('/')
                && folder.rsplit('/').next() == Some("templatetags")
                && let Some(stem) = name.strip_suffix(".py")
            {
                found
                    .libraries
                    .entry(stem.to_owned())
                    .or_default()
                    .push(file);
            }
        }
        if !found.by_name.is_empty() {
            found.tags = tags::find(world);
        }
        found
    }

    /// Whether a file has tags and filters that templates load.
    pub(super) fn is_library(&self, file: FileId) -> bool {
        self.libraries.values().any(|files| files.contains(&file))
    }

    /// Whether the project has no templates.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The template of a name that is nearest to a file.
    fn find(&self, world: &World, from: FileId, name: &str) -> Option<FileId> {
        let name = name.trim_start_matches("./");
        nearest(world, from, self.by_name.get(name)?)
    }

    /// What a template imports: another one, or the tags of a module.
    pub(super) fn import(&self, world: &World, from: FileId, name: &str) -> Option<Target> {
        let file = self
            .find(world, from, name)
            .or_else(|| nearest(world, from, self.libraries.get(name)?))?;
        Some(Target::File(file))
    }

    /// What is rendered in a file.
    pub fn in_file(&self, file: FileId) -> &[Rendering] {
        self.renderings.get(file.index()).map_or(&[], Vec::as_slice)
    }

    /// What is rendered by an expression.
    pub fn at(&self, file: FileId, expr: ExprId) -> Option<&Rendering> {
        let of_file = self.in_file(file);
        let at = of_file.binary_search_by_key(&expr, |r| r.expr).ok()?;
        Some(&of_file[at])
    }

    /// Finds what renders what, once types are known.
    pub(super) fn link(world: &World) -> Vec<Vec<Rendering>> {
        let found: Vec<Vec<(FileId, Rendering)>> = world
            .par_files()
            .map(|file| Finder::new(world, file).renderings())
            .collect();
        let mut by_file: Vec<Vec<Rendering>> = vec![Vec::new(); world.units.len()];
        for (file, rendering) in found.into_iter().flatten() {
            by_file[file.index()].push(rendering);
        }
        let includes = Includes::of(world, &by_file);
        for of_file in &mut by_file {
            of_file.sort_by_key(|rendering| rendering.expr);
            // A value that several classes render.
            of_file.dedup_by(|next, kept| {
                if next.expr != kept.expr {
                    return false;
                }
                kept.templates.append(&mut next.templates);
                for given in next.given.drain(..) {
                    if !kept.given.contains(&given) {
                        kept.given.push(given);
                    }
                }
                true
            });
            for rendering in of_file.iter_mut() {
                includes.add_to(&mut rendering.templates);
                rendering.given.truncate(MAX_NAMES);
            }
        }
        by_file
    }

    pub(super) fn set(&mut self, renderings: Vec<Vec<Rendering>>) {
        self.renderings = renderings;
    }
}

impl Rendering {
    /// The value that a template has by the name of its parameter.
    pub fn argument(&self, world: &World, template: FunctionRef, param: u16) -> Option<&Given> {
        let module = &world.unit(template.file).facts.module;
        let name = param_name(module, template.function, param)?;
        self.given.iter().rev().find(|given| given.name == name)
    }
}

/// The name of a template's parameter.
fn param_name(module: &Module, function: FunctionId, param: u16) -> Option<&str> {
    let param = module.function(function).params.get(usize::from(param))?;
    match module.expr(param.target) {
        Expr::Local(local) => Some(module.text(module.local(local).name)),
        _ => None,
    }
}

impl World {
    /// The filter or tag that templates call by a name, the nearest of several.
    pub(super) fn registered(&self, from: FileId, name: &str) -> Option<FunctionRef> {
        let known = self.templates.tags.get(name)?;
        let files: Vec<FileId> = known.iter().map(|tag| tag.file).collect();
        let file = nearest(self, from, &files)?;
        known.iter().find(|tag| tag.file == file)?.function(self)
    }

    /// The template that a function is.
    pub fn is_template(&self, function: FunctionRef) -> bool {
        self.unit(function.file).facts.module.template == Some(function.function)
    }
}

/// Which templates each one includes.
struct Includes(FxHashMap<FunctionRef, Vec<FunctionRef>>);

impl Includes {
    fn of(world: &World, renderings: &[Vec<Rendering>]) -> Self {
        let mut found = FxHashMap::default();
        for (i, of_file) in renderings.iter().enumerate() {
            let file = FileId(i as u32);
            let Some(function) = world.unit(file).facts.module.template else {
                continue;
            };
            let included: Vec<FunctionRef> = of_file
                .iter()
                .flat_map(|rendering| rendering.templates.iter().copied())
                .collect();
            found.insert(FunctionRef { file, function }, included);
        }
        Self(found)
    }

    fn add_to(&self, templates: &mut Vec<FunctionRef>) {
        let mut seen: FxHashSet<FunctionRef> = templates.iter().copied().collect();
        let mut at = 0;
        while let Some(template) = templates.get(at) {
            for &included in self.0.get(template).into_iter().flatten() {
                if templates.len() < MAX_TEMPLATES && seen.insert(included) {
                    templates.push(included);
                }
            }
            at += 1;
            if at >= templates.len() {
                break;
            }
        }
    }
}

struct Finder<'w> {
    world: &'w World,
    file: FileId,
    module: &'w Module,
    typer: Typer<'w>,
    found: Vec<(FileId, Rendering)>,
}

impl<'w> Finder<'w> {
    fn new(world: &'w World, file: FileId) -> Self {
        Self {
            world,
            file,
            module: &world.unit(file).facts.module,
            typer: Typer::new(world, file),
            found: Vec::new(),
        }
    }

    fn renderings(mut self) -> Vec<(FileId, Rendering)> {
        if self.module.template.is_some() {
            self.includes();
            return self.found;
        }
        // Only languages whose every name is importable have such templates.
        if !self.module.exports_all {
            return self.found;
        }
        self.calls();
        self.decorated();
        for i in 0..self.module.classes.len() {
            self.page(ClassId(i as u32));
        }
        self.found
    }

    fn push(&mut self, at: ExprRef, name: &str, given: Vec<Given>) {
        let world = self.world;
        let Some(file) = world.templates.find(world, self.file, name) else {
            return;
        };
        let module = &world.unit(file).facts.module;
        let Some(function) = module.template else {
            return;
        };
        let rendering = Rendering {
            expr: at.expr,
            function: world.unit(at.file).facts.module.function_of(at.expr),
            templates: vec![FunctionRef { file, function }],
            given,
        };
        self.found.push((at.file, rendering));
    }

    /// The templates that a template includes or extends.
    fn includes(&mut self) {
        for site in &self.module.sites {
            let Expr::Call { callee, args, .. } = self.module.expr(site.expr) else {
                continue;
            };
            let is_include = matches!(self.module.expr(callee), Expr::Name(name)
                if self.module.text(name) == "include");
            let Some((&path, given)) = self.module.list(args).split_first() else {
                continue;
            };
            if let (true, Expr::String(path)) = (is_include, self.module.expr(path)) {
                let given = keywords(self.module, given);
                let (file, expr) = (self.file, site.expr);
                self.push(ExprRef { file, expr }, self.module.text(path), given);
            }
        }
    }

    /// `render(request, "books.html", {"books": books})`
    fn calls(&mut self) {
        for i in 0..self.module.sites.len() {
            let call = self.module.sites[i].expr;
            let Expr::Call { callee, args, .. } = self.module.expr(call) else {
                continue;
            };
            if !self.may_render(callee) {
                continue;
            }
            let Some((model, _)) = self.typer.called_model(call) else {
                continue;
            };
            let Some(name) = self.template_named(call, &model.template) else {
                continue;
            };
            let args = self.module.list(args);
            let mut given = Vec::new();
            for from in &model.context {
                match from {
                    ContextFrom::Keywords => given.extend(keywords(self.module, args)),
                    ContextFrom::Argument(at) => {
                        if let Some(context) = self.argument(call, at) {
                            self.context(context, 0, &mut given);
                        }
                    }
                }
            }
            let (file, expr) = (self.file, call);
            self.push(ExprRef { file, expr }, &name, given);
        }
    }

    /// Functions that a decorator makes render what they return.
    fn decorated(&mut self) {
        for i in 0..self.module.functions.len() {
            let id = FunctionId(i as u32);
            let decorators = self.module.function(id).decorators;
            for &decorator in self.module.list(decorators) {
                let Expr::Call { callee, .. } = self.module.expr(decorator) else {
                    continue;
                };
                if !self.may_render(callee) {
                    continue;
                }
                let Some((model, _)) = self.typer.called_model(decorator) else {
                    continue;
                };
                if !model.context.is_empty() {
                    continue;
                }
                let Some(name) = self.template_named(decorator, &model.template) else {
                    continue;
                };
                for value in self.module.returned(id) {
                    let mut given = Vec::new();
                    self.context(value, 0, &mut given);
                    let (file, expr) = (self.file, value);
                    self.push(ExprRef { file, expr }, &name, given);
                }
            }
        }
    }

    fn may_render(&self, callee: ExprId) -> bool {
        let name = match self.module.expr(callee) {
            Expr::Name(name) | Expr::Member { name, .. } => name,
            Expr::Local(local) => self.module.local(local).name,
            _ => return false,
        };
        self.world.models.may_render(self.module.text(name))
    }

    fn argument(&self, call: ExprId, at: &Bounded) -> Option<ExprId> {
        let Expr::Call { args, .. } = self.module.expr(call) else {
            return None;
        };
        match at {
            Bounded::Argument(n) => self.typer.argument(call, usize::from(*n)),
            Bounded::Key(key) => keyword_in(self.module, self.module.list(args), key),
            Bounded::Always => None,
        }
    }

    /// The name of the template among the arguments: the first that is a text.
    fn template_named(&self, call: ExprId, places: &[Bounded]) -> Option<String> {
        let facts = &self.world.unit(self.file).facts;
        if places == [Bounded::Always] {
            return self.template_of_receiver(call);
        }
        places.iter().find_map(|at| {
            let mut argument = self.argument(call, at)?;
            if let Expr::Local(local) = self.module.expr(argument) {
                argument = facts.def_use.single_value(local)?;
            }
            match self.module.expr(argument) {
                Expr::String(text) => Some(self.module.text(text).to_owned()),
                _ => None,
            }
        })
    }

    /// The name of the template that the receiver of a call was made for:
    /// `environment.get_template("books.html").render()`.
    fn template_of_receiver(&self, call: ExprId) -> Option<String> {
        let facts = &self.world.unit(self.file).facts;
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        let Expr::Member { object, .. } = self.module.expr(callee) else {
            return None;
        };
        let mut made = object;
        if let Expr::Local(local) = self.module.expr(made) {
            made = facts.def_use.single_value(local)?;
        }
        let Expr::Call { callee, .. } = self.module.expr(made) else {
            return None;
        };
        if !self.may_render(callee) {
            return None;
        }
        self.template_named(made, &[Bounded::Argument(0)])
    }

    // --- contexts -------------------------------------------------------------------------

    /// The names that a context gives, and their values.
    fn context(&self, context: ExprId, depth: u32, given: &mut Vec<Given>) {
        if depth > MAX_STEPS || given.len() > MAX_NAMES {
            return;
        }
        let module = self.module;
        match module.expr(context) {
            Expr::Map(entries) => {
                for &entry in module.list(entries) {
                    match module.expr(entry) {
                        Expr::Keyword { name, value } => give(module.text(name), value, given),
                        Expr::Entry { key, value } => {
                            if let Expr::String(name) = module.expr(key) {
                                give(module.text(name), value, given);
                            }
                        }
                        Expr::Spread(inner) => self.context(inner, depth + 1, given),
                        _ => {}
                    }
                }
            }
            // `dict(books=books)`, `self.get_context_data(books=books)`
            Expr::Call { args, .. } => given.extend(keywords(module, module.list(args))),
            Expr::Binary { left, right, .. } => {
                self.context(left, depth + 1, given);
                self.context(right, depth + 1, given);
            }
            Expr::Local(local) => self.context_variable(context, local, depth, given),
            _ => {}
        }
    }

    /// A context in a variable: what it is made of and what is put into it.
    fn context_variable(&self, at: ExprId, local: LocalId, depth: u32, given: &mut Vec<Given>) {
        let facts = &self.world.unit(self.file).facts;
        let module = self.module;
        for &def in facts.def_use.assignments(local) {
            if let Def::Value { value, .. } = facts.def_use.def(def)
                && *value != at
            {
                self.context(*value, depth + 1, given);
            }
        }
        let function = module.local(local).function;
        for id in module.function(function).exprs.iter() {
            match module.expr(id) {
                Expr::Assign {
                    op: None,
                    target,
                    value,
                } => {
                    if let Expr::Index { object, index } = module.expr(target)
                        && module.expr(object) == Expr::Local(local)
                        && let Expr::String(name) = module.expr(index)
                    {
                        give(module.text(name), value, given);
                    }
                }
                Expr::Call { callee, args, .. } => {
                    let is_update = matches!(module.expr(callee), Expr::Member { object, name }
                        if module.text(name) == "update"
                            && module.expr(object) == Expr::Local(local));
                    if is_update {
                        let args = module.list(args);
                        given.extend(keywords(module, args));
                        if let Some(&first) = args.first() {
                            self.context(first, depth + 1, given);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    // --- pages ----------------------------------------------------------------------------

    /// What instances of a class render.
    fn page(&mut self, class: ClassId) {
        let world = self.world;
        let file = self.file;
        let class = ClassRef { file, class };
        let bases = world.library_bases(class);
        let Some(page) = bases.into_iter().find_map(|ty| world.models.page(ty)) else {
            return;
        };
        let query = self.query_of(class);
        let entity = query.and_then(|query| self.entity_of(query));
        let Some(template) = self.template_of(class, page, entity) else {
            return;
        };
        if let Some(query) = query {
            let given = self.names_of_rows(class, page, entity);
            let given = given.into_iter().map(|name| Given {
                name,
                value: query.expr,
                is_row: !page.many,
            });
            self.push(query, &template, given.collect());
        }
        let method = world.method(class, "get_context_data");
        let Some(FunctionRef { file, function }) = method else {
            return;
        };
        let inside = Finder::new(world, file);
        for value in inside.module.returned(function) {
            let mut given = Vec::new();
            inside.context(value, 0, &mut given);
            self.push(ExprRef { file, expr: value }, &template, given);
        }
    }

    /// Where the rows of a page are asked for.
    fn query_of(&self, class: ClassRef) -> Option<ExprRef> {
        let world = self.world;
        if let Some(FunctionRef { file, function }) = world.method(class, "get_queryset") {
            let module = &world.unit(file).facts.module;
            return match module.returned(function)[..] {
                [expr] => Some(ExprRef { file, expr }),
                _ => None,
            };
        }
        let named = |name: &str| world.field_value(class, name);
        named("queryset").or_else(|| named("model"))
    }

    fn entity_of(&self, query: ExprRef) -> Option<ClassRef> {
        let mut typer = Typer::new(self.world, query.file);
        let ty = typer.of(query.expr);
        let row = match ty.base {
            Base::Class(_) => ty,
            _ => typer.element_of(ty),
        };
        match row.base {
            Base::Class(class) | Base::Instance(class) if row.is_bare() => Some(class),
            _ => None,
        }
    }

    /// The name of the template: as the class says, or as the framework makes it up.
    fn template_of(
        &self,
        class: ClassRef,
        page: &PageModel,
        entity: Option<ClassRef>,
    ) -> Option<String> {
        let world = self.world;
        if let Some(named) = world.field_value(class, "template_name") {
            let module = &world.unit(named.file).facts.module;
            return match module.expr(named.expr) {
                Expr::String(text) => Some(module.text(text).to_owned()),
                _ => None,
            };
        }
        let entity = entity?;
        let default = page.default.as_ref()?;
        let app = app_of(&world.unit(entity.file).path);
        let model = world.class_name(entity)?.to_lowercase();
        Some(default.replace("{app}", app).replace("{model}", &model))
    }

    fn names_of_rows(
        &self,
        class: ClassRef,
        page: &PageModel,
        entity: Option<ClassRef>,
    ) -> Vec<String> {
        let world = self.world;
        let model = entity
            .and_then(|entity| world.class_name(entity))
            .map(str::to_lowercase);
        let mut names: Vec<String> = Vec::new();
        for name in &page.names {
            match &model {
                Some(model) => names.push(name.replace("{model}", model)),
                None if name.contains('{') => {}
                None => names.push(name.clone()),
            }
        }
        if let Some(named) = world.field_value(class, "context_object_name") {
            let module = &world.unit(named.file).facts.module;
            if let Expr::String(text) = module.expr(named.expr) {
                names.push(module.text(text).to_owned());
            }
        }
        names
    }
}

impl Typer<'_> {
    /// The type that a value has as a name of a template.
    pub(super) fn given(&mut self, given: &Given) -> Type {
        let ty = self.of(given.value);
        // A page that is told its model alone shows all its rows.
        let ty = match ty.base {
            Base::Class(_) if ty.is_bare() => self.member(ty, "_default_manager"),
            _ => ty,
        };
        if given.is_row {
            return self.element_of(ty);
        }
        ty
    }
}

fn give(name: &str, value: ExprId, given: &mut Vec<Given>) {
    given.push(Given {
        name: name.to_owned(),
        value,
        is_row: false,
    });
}

/// The keyword arguments of a call, as names of a template.
fn keywords(module: &Module, args: &[ExprId]) -> Vec<Given> {
    let mut given = Vec::new();
    for &arg in args {
        if let Expr::Keyword { name, value } = module.expr(arg) {
            give(module.text(name), value, &mut given);
        }
    }
    given
}

/// The names by which engines find a template: its path below any folder of templates.
fn names_of(path: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    let ends = path.split('/').filter_map(move |part| {
        let end = at + part.len() + 1;
        at = end;
        matches!(part, "templates" | "jinja2").then_some(end)
    });
    ends.filter_map(move |end| path.get(end..))
}

/// The folder that an application's models lie in.
fn app_of(path: &str) -> &str {
    let folders = path.rsplit('/').skip(1);
    folders
        .into_iter()
        .find(|folder| *folder != "models")
        .unwrap_or("")
}

/// Of several files the one that shares the most folders with another.
fn nearest(world: &World, from: FileId, files: &[FileId]) -> Option<FileId> {
    let own = world.unit(from).path.as_str();
    let shared = |file: &FileId| {
        let parts = world.unit(*file).path.split('/').zip(own.split('/'));
        parts.take_while(|(a, b)| a == b).count()
    };
    // The first of those that are equally near.
    let mut best: Option<(usize, FileId)> = None;
    for file in files {
        let near = shared(file);
        if best.is_none_or(|(known, _)| near > known) {
            best = Some((near, *file));
        }
    }
    best.map(|(_, file)| file)
}
