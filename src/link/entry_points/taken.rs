//! Functions that libraries take: by decorators, calls, classes, files, keys and directives.

use rustc_hash::FxHashSet;

use super::EntryPoint;
use super::named::{is_handler, routed};
use crate::finding::Confidence;
use crate::ir::{
    ClassId, ExportKind, Expr, ExprId, FunctionId, FunctionKind, LocalKind, MODULE_BODY, Module,
    Stmt,
};
use crate::link::infer::Typer;
use crate::link::models::{EntryKind, EntryPointModel};
use crate::link::types::{Base, ClassRef, FunctionRef, Type};
use crate::link::world::World;
use crate::source::{Ecosystem, FileId, Place};

/// Objects in objects and wrappers around handlers that are looked into.
const MAX_NESTING: u32 = 4;

/// What one file says of entry points.
pub(in crate::link) struct Taken {
    pub(super) entries: Vec<EntryPoint>,
    /// The paths that classes are put under.
    pub(super) class_paths: Vec<(ClassRef, String)>,
}

impl Taken {
    /// The functions that the file of a typer makes entry points, its own or others.
    pub(in crate::link) fn of_file(typer: &mut Typer<'_>) -> Self {
        let (world, file) = (typer.world(), typer.file());
        let unit = world.unit(file);
        let mut finder = Finder {
            world,
            file,
            module: &unit.facts.module,
            typer,
            taken: Self {
                entries: Vec::new(),
                class_paths: Vec::new(),
            },
        };
        finder.decorated();
        finder.handed();
        finder.methods();
        finder.by_file(&unit.path, unit.ecosystem);
        finder.by_key(unit.ecosystem);
        finder.by_directive();
        finder.by_name();
        finder.taken
    }
}

struct Finder<'w, 't> {
    world: &'w World,
    file: FileId,
    module: &'w Module,
    typer: &'t mut Typer<'w>,
    taken: Taken,
}

/// What is known of an entry point before its function is.
#[derive(Clone)]
struct Head {
    kind: EntryKind,
    method: Option<String>,
    path: Option<String>,
    package: Option<String>,
    confidence: Confidence,
}

impl Head {
    fn of(model: &EntryPointModel, name: &str, confidence: Confidence) -> Self {
        Self {
            kind: model.kind,
            method: model.method_for(name),
            path: None,
            package: Some(model.package.clone()),
            confidence,
        }
    }
}

impl<'w> Finder<'w, '_> {
    fn push(&mut self, head: Head, function: FunctionRef) {
        let module = &self.world.unit(function.file).facts.module;
        let declared = module.function(function.function);
        let class = declared.class.map(|class| ClassRef {
            file: function.file,
            class,
        });
        self.taken.entries.push(EntryPoint {
            kind: head.kind,
            method: head.method,
            path: head.path,
            function: Some(function),
            class,
            place: Place {
                file: function.file,
                span: declared.name_span,
            },
            package: head.package,
            confidence: head.confidence,
        });
    }

    fn push_own(&mut self, head: Head, function: FunctionId) {
        let file = self.file;
        self.push(head, FunctionRef { file, function });
    }

    /// `@router.get("/users")`, `@Get()`, `@shared_task`.
    fn decorated(&mut self) {
        let module = self.module;
        for (i, function) in module.functions.iter().enumerate() {
            for &decorator in module.list(function.decorators) {
                let (named, args) = match module.expr(decorator) {
                    Expr::Call { callee, args, .. } => (callee, module.list(args)),
                    _ => (decorator, &[][..]),
                };
                if let Some((model, name, confidence)) = self.taker(named) {
                    let mut head = Head::of(model, name, confidence);
                    let path = model.path.and_then(|at| args.get(usize::from(at)));
                    head.path = path.and_then(|&path| text_of(module, path));
                    self.push_own(head, FunctionId(i as u32));
                }
            }
        }
    }

    /// The type of a value, or of what a decorator makes of a function: `@click.group()`.
    fn made(&mut self, value: ExprId) -> Type {
        let ty = self.typer.of(value);
        let Base::Function(function) = ty.base else {
            return ty;
        };
        let module = &self.world.unit(function.file).facts.module;
        let decorators = module.list(module.function(function.function).decorators);
        let mut typer = Typer::new(self.world, function.file);
        let mut made = decorators.iter().map(|&decorator| typer.of(decorator));
        made.find(|ty| matches!(ty.base, Base::Model(..)))
            .unwrap_or(ty)
    }

    /// How a decorator or callee takes functions: a member of a value, or something of a library.
    fn taker(&mut self, named: ExprId) -> Option<(&'w EntryPointModel, &'w str, Confidence)> {
        let models = &self.world.models;
        let named = self.module.without_type_arguments(named);
        let name = match self.module.expr(named) {
            Expr::Member { object, name } => {
                let name = self.module.text(name);
                if models.entry_points.may_take(name) {
                    let on = self.made(object);
                    if let (Base::Model(ty, _), true) = (on.base, on.is_bare())
                        && let Some(model) = models.entry_point(ty, name)
                    {
                        return Some((model, name, on.confidence));
                    }
                }
                name
            }
            Expr::Local(local) => self.module.text(self.module.local(local).name),
            _ => return None,
        };
        let ty = self.typer.of(named);
        match ty.base {
            Base::Path(path) => {
                let model = models.entry_points.at_path(path)?;
                Some((model, name, ty.confidence))
            }
            _ => None,
        }
    }

    /// `router.get("/users", authenticate, listUsers)`, `path("users/", views.users)`.
    fn handed(&mut self) {
        let module = self.module;
        for site in &module.sites {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                continue;
            };
            let args = module.list(args);
            if args.is_empty() {
                continue;
            }
            let (head, path) = if let Some((model, name, confidence)) = self.taker(callee) {
                let head = Head::of(model, name, confidence);
                let path = model.path.and_then(|at| args.get(usize::from(at)));
                (head, path.copied())
            } else if let Some((name, path)) = routed(module, site.expr) {
                let is_method = !matches!(name, "use" | "route" | "all");
                let head = Head {
                    kind: EntryKind::Route,
                    method: is_method.then(|| name.to_ascii_uppercase()),
                    path: None,
                    package: None,
                    confidence: Confidence::Medium,
                };
                (head, Some(path))
            } else {
                continue;
            };
            let mut head = head;
            head.path = path
                .and_then(|path| text_of(module, path))
                .or_else(|| self.path_of_receiver(callee))
                .or_else(|| {
                    let is_keyed = head.kind == EntryKind::Procedure;
                    is_keyed.then(|| self.key_of(site.expr)).flatten()
                });
            let mut seen = FxHashSet::default();
            for &arg in args {
                if Some(arg) != path {
                    self.handlers(arg, &head, 0, &mut seen);
                }
            }
        }
    }

    /// The key under which a map holds a value: `{ list: procedure.query(…) }`.
    fn key_of(&self, value: ExprId) -> Option<String> {
        let module = self.module;
        let mut exprs = (0..module.expr_count() as u32).map(|id| module.expr(ExprId(id)));
        exprs.find_map(|expr| match expr {
            Expr::Keyword { name, value: held } if held == value => {
                Some(module.text(name).to_owned())
            }
            _ => None,
        })
    }

    /// The path in `router.route("/users").get(handler)`.
    fn path_of_receiver(&self, callee: ExprId) -> Option<String> {
        let callee = self.module.without_type_arguments(callee);
        let Expr::Member { object, .. } = self.module.expr(callee) else {
            return None;
        };
        let Expr::Call { args, .. } = self.module.expr(object) else {
            return None;
        };
        let first = *self.module.list(args).first()?;
        text_of(self.module, first).filter(|text| text.starts_with('/'))
    }

    /// The functions that an argument hands over: itself, in a list or object of options, or
    /// wrapped by a call.
    fn handlers(
        &mut self,
        argument: ExprId,
        head: &Head,
        depth: u32,
        seen: &mut FxHashSet<FunctionRef>,
    ) {
        let module = self.module;
        if depth > MAX_NESTING {
            return;
        }
        let ty = self.typer.of(argument);
        match ty.base {
            Base::Function(function) if ty.is_bare() => {
                if seen.insert(function) {
                    let confidence = head.confidence.min(ty.confidence);
                    self.push(
                        Head {
                            confidence,
                            ..head.clone()
                        },
                        function,
                    );
                }
                return;
            }
            Base::Class(class) if ty.is_bare() => {
                if let Some(path) = &head.path {
                    self.taken.class_paths.push((class, path.clone()));
                }
                return;
            }
            _ => {}
        }
        match module.expr(argument) {
            Expr::Keyword { value, .. } => self.handlers(value, head, depth, seen),
            Expr::Sequence { elements, .. } => {
                for &element in module.list(elements) {
                    self.handlers(element, head, depth + 1, seen);
                }
            }
            Expr::Map(entries) => {
                let mut head = head.clone();
                for &entry in module.list(entries) {
                    let Expr::Keyword { name, value } = module.expr(entry) else {
                        continue;
                    };
                    match module.text(name) {
                        "url" | "path" => head.path = text_of(module, value).or(head.path),
                        "method" => head.method = text_of(module, value).or(head.method),
                        _ => {}
                    }
                }
                for &entry in module.list(entries) {
                    self.handlers(entry, &head, depth + 1, seen);
                }
            }
            // `asyncHandler(fn)`, `controller.list.bind(controller)`, `Books.as_view()`.
            Expr::Call { callee, args, .. } => {
                let is_bound = matches!(module.expr(callee), Expr::Member { name, .. }
                    if matches!(module.text(name), "bind" | "as_view"));
                if is_bound {
                    if let Expr::Member { object, .. } = module.expr(callee) {
                        self.handlers(object, head, depth + 1, seen);
                    }
                    return;
                }
                for &arg in module.list(args) {
                    let is_value = matches!(
                        module.expr(arg),
                        Expr::Function(_)
                            | Expr::Local(_)
                            | Expr::Member { .. }
                            | Expr::Call { .. }
                    );
                    if is_value {
                        self.handlers(arg, head, depth + 1, seen);
                    }
                }
            }
            _ => {}
        }
    }

    /// Methods of classes that derive from a library's: `get` of a `View`.
    fn methods(&mut self) {
        let models = &self.world.models;
        if !models.entry_points.has_classes() {
            return;
        }
        let module = self.module;
        for i in 0..module.classes.len() {
            let class = ClassRef {
                file: self.file,
                class: ClassId(i as u32),
            };
            let declared = module.class(class.class);
            if declared.bases.is_empty() {
                continue;
            }
            let mut takers: Vec<&EntryPointModel> = Vec::new();
            for ty in self.world.library_bases(class) {
                let mut at = Some(ty);
                for _ in 0..8 {
                    let Some(ty) = at else {
                        break;
                    };
                    takers.extend(models.entry_points.of_class(ty));
                    at = models.ty(ty).extends;
                }
            }
            if takers.is_empty() {
                continue;
            }
            for &method in &declared.methods {
                let Some(name) = module.function(method).name else {
                    continue;
                };
                let name = module.text(name);
                if let Some(model) = takers.iter().find(|model| model.takes(name)) {
                    self.push_own(Head::of(model, name, Confidence::High), method);
                }
            }
        }
    }

    /// What a router based on files calls: `GET` of `app/users/route.ts`.
    fn by_file(&mut self, path: &str, ecosystem: Ecosystem) {
        let models: Vec<_> = self
            .world
            .models
            .entry_points
            .of_file(path, ecosystem)
            .collect();
        if models.is_empty() {
            return;
        }
        let module = self.module;
        let mut offered: Vec<(&str, FunctionRef)> = Vec::new();
        for export in &module.exports {
            let ty = match export.kind {
                ExportKind::Local(local) => match module.local(local).kind {
                    LocalKind::Function(function) => {
                        let file = self.file;
                        Some(FunctionRef { file, function })
                    }
                    _ => match self.typer.variable(local).base {
                        Base::Function(function) => Some(function),
                        _ => None,
                    },
                },
                ExportKind::Expr(value) => self.function_in(value, 0),
                _ => None,
            };
            offered.extend(ty.map(|function| (module.text(export.name), function)));
        }
        if module.exports_all {
            for (i, function) in module.functions.iter().enumerate() {
                let is_own = function.parent == Some(MODULE_BODY) || function.class.is_some();
                if let (Some(name), true) = (function.name, is_own) {
                    let (file, function) = (self.file, FunctionId(i as u32));
                    offered.push((module.text(name), FunctionRef { file, function }));
                }
            }
        }
        let is_client = starts_with(module, MODULE_BODY, "use client");
        for model in models {
            for &(name, function) in &offered {
                if model.takes(name) && !(is_client && model.kind == EntryKind::Page) {
                    let mut head = Head::of(model, name, Confidence::High);
                    head.path = Some(path.to_owned());
                    self.push(head, function);
                }
            }
        }
    }

    /// The function that an exported value is, or that is handed to what makes it.
    fn function_in(&mut self, value: ExprId, depth: u32) -> Option<FunctionRef> {
        if let Base::Function(function) = self.typer.of(value).base {
            return Some(function);
        }
        match self.module.expr(value) {
            Expr::Call { args, .. } if depth < MAX_NESTING => {
                let args = self.module.list(args);
                args.iter()
                    .find_map(|&arg| self.function_in(arg, depth + 1))
            }
            _ => None,
        }
    }

    /// `{ Query: { users: (parent, args, context) => … } }`
    fn by_key(&mut self, ecosystem: Ecosystem) {
        let models = &self.world.models;
        if !models.entry_points.has_keys() {
            return;
        }
        let module = self.module;
        for i in 0..module.expr_count() {
            let Expr::Keyword { name, value } = module.expr(ExprId(i as u32)) else {
                continue;
            };
            let (Expr::Map(entries), key) = (module.expr(value), module.text(name)) else {
                continue;
            };
            let Some(model) = models.entry_points.of_key(key, ecosystem) else {
                continue;
            };
            for &entry in module.list(entries) {
                let Expr::Keyword { name, value } = module.expr(entry) else {
                    continue;
                };
                let ty = self.typer.of(value);
                if let (Base::Function(function), true) = (ty.base, ty.is_bare()) {
                    let name = module.text(name);
                    let mut head = Head::of(model, name, ty.confidence);
                    head.path = Some(format!("{key}.{name}"));
                    self.push(head, function);
                }
            }
        }
    }

    /// Functions behind a text such as `"use server"`, at the start of the file or their own.
    fn by_directive(&mut self) {
        let models = &self.world.models;
        let module = self.module;
        for (text, model) in models.entry_points.directives() {
            if module.name(text).is_none() {
                continue;
            }
            let of_file = starts_with(module, MODULE_BODY, text);
            for (i, function) in module.functions.iter().enumerate().skip(1) {
                let id = FunctionId(i as u32);
                let is_own = function.parent == Some(MODULE_BODY) && function.is_async;
                if of_file && is_own || starts_with(module, id, text) {
                    let name = function.name.map_or("", |name| module.text(name));
                    self.push_own(Head::of(model, name, Confidence::High), id);
                }
            }
        }
    }

    fn by_name(&mut self) {
        let module = self.module;
        for (i, function) in module.functions.iter().enumerate() {
            if function.kind != FunctionKind::Module && is_handler(module, function) {
                let head = Head {
                    kind: EntryKind::Route,
                    method: None,
                    path: None,
                    package: None,
                    confidence: Confidence::Low,
                };
                self.push_own(head, FunctionId(i as u32));
            }
        }
    }
}

/// Whether a function's first statement is a text. A file of SQL has no functions.
fn starts_with(module: &Module, function: FunctionId, text: &str) -> bool {
    let Some(function) = module.functions.get(function.index()) else {
        return false;
    };
    let body = module.block(function.body);
    let first = body.stmts.first().map(|&stmt| module.stmt(stmt));
    matches!(first, Some(Stmt::Expr(expr)) if matches!(module.expr(expr), Expr::String(found)
        if module.text(found) == text))
}

/// A text, with holes shown as `{}`.
fn text_of(module: &Module, expr: ExprId) -> Option<String> {
    match module.expr(expr) {
        Expr::String(text) => Some(module.text(text).to_owned()),
        Expr::Template(parts) => {
            let parts = module.list(parts).iter();
            Some(
                parts
                    .map(|&part| match module.expr(part) {
                        Expr::String(text) => module.text(text),
                        _ => "{}",
                    })
                    .collect(),
            )
        }
        _ => None,
    }
}
