//! Which files reach browsers, by what they import and what imports them.

use super::models::RunsIn;
use super::modules::Target;
use super::program::Program;
use super::world::World;
use crate::ir::{CallKind, Expr, ExprId, ImportId, ImportKind, LocalId, MODULE_BODY, Module, Stmt};
use crate::source::FileId;

/// An import that brings more of a library along than is used, in code that reaches browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeUse {
    /// The file.
    pub file: FileId,
    /// The import.
    pub import: ImportId,
}

impl Program {
    /// Whether a file is part of what browsers load.
    pub fn reaches_browser(&self, file: FileId) -> bool {
        self.browser_files()[file.index()]
    }

    /// Whether a file says, straight, that its code runs on servers only.
    pub fn is_server_only(&self, file: FileId) -> bool {
        runs_in(&self.world, file) == Some(RunsIn::Server)
    }

    /// Whether a file is a component as a whole: its code runs for each one that appears.
    pub fn is_component(&self, file: FileId) -> bool {
        is_component(&self.world.unit(file).path)
    }

    /// The files that load a file by its path.
    pub fn loaders(&self, file: FileId) -> Vec<FileId> {
        let loads_it = |&other: &FileId| loaded_by(&self.world, other).contains(&file);
        let files = (0..self.world.units.len() as u32).map(FileId);
        files.filter(loads_it).collect()
    }

    /// The imports of whole libraries in code that reaches browsers, in file order.
    pub fn whole_imports(&self) -> &[WholeUse] {
        self.whole_imports.get_or_init(|| {
            let files = (0..self.world.units.len() as u32).map(FileId);
            let reaching = files.filter(|&file| self.reaches_browser(file));
            reaching
                .flat_map(|file| whole_imports_of(&self.world, file))
                .collect()
        })
    }

    fn browser_files(&self) -> &[bool] {
        self.browser_files.get_or_init(|| reaching(&self.world))
    }
}

impl World {
    /// The files that a file's imports and re-exports load when it runs.
    fn imported_at_run_time(&self, file: FileId) -> Vec<FileId> {
        let imports = &self.unit(file).facts.module.imports;
        let targets = &self.targets[file.index()];
        let imported = imports.iter().zip(&targets.imports);
        let imported = imported.filter(|(import, _)| !import.is_type_only);
        let all = imported.map(|(_, target)| target).chain(&targets.exports);
        all.filter_map(|target| match target {
            Some(Target::File(file)) => Some(*file),
            _ => None,
        })
        .collect()
    }
}

/// Whether each file reaches browsers: the ones that say so, and what these import.
fn reaching(world: &World) -> Vec<bool> {
    let mut reaching = vec![false; world.units.len()];
    let places: Vec<Option<RunsIn>> = (0..world.units.len() as u32)
        .map(|i| runs_in(world, FileId(i)))
        .collect();
    let mut open: Vec<usize> = (0..places.len())
        .filter(|&i| places[i] == Some(RunsIn::Browser))
        .collect();
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut reaching[at], true) {
            continue;
        }
        for file in loaded_by(world, FileId(at as u32)) {
            let next = file.index();
            if !reaching[next] && places[next] != Some(RunsIn::Server) {
                open.push(next);
            }
        }
    }
    reaching
}

/// Where a file itself says that it runs.
fn runs_in(world: &World, file: FileId) -> Option<RunsIn> {
    let unit = world.unit(file);
    let module = &unit.facts.module;
    if is_of_server(&unit.path) {
        return Some(RunsIn::Server);
    }
    if let Some(place) = directive(module) {
        return Some(place);
    }
    let mut found = None;
    for import in &module.imports {
        if import.is_type_only || import.level > 0 {
            continue;
        }
        let name = match import.kind {
            ImportKind::Named(name) => Some(module.text(name)),
            ImportKind::Default => Some("default"),
            _ => None,
        };
        let text = module.text(import.module);
        let text = text.strip_prefix("node:").unwrap_or(text);
        match world.models.runs_in(text, name) {
            Some(RunsIn::Server) => return Some(RunsIn::Server),
            Some(RunsIn::Browser) => found = Some(RunsIn::Browser),
            None => {}
        }
    }
    found.or(is_component(&unit.path).then_some(RunsIn::Browser))
}

/// Whether a file is a component as a whole: its code runs for each one that appears.
fn is_component(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "vue" | "svelte")))
}

/// `"use client"` or `"use server"`, above all else.
fn directive(module: &Module) -> Option<RunsIn> {
    // What could not be read has no functions.
    let body = module.functions.get(MODULE_BODY.index())?.body;
    for &stmt in &module.block(body).stmts {
        let Stmt::Expr(expr) = module.stmt(stmt) else {
            return None;
        };
        let Expr::String(text) = module.expr(expr) else {
            return None;
        };
        match module.text(text) {
            "use client" => return Some(RunsIn::Browser),
            "use server" => return Some(RunsIn::Server),
            _ => {}
        }
    }
    None
}

/// Whether a path is one that bundlers keep out of browsers by convention: `a.server.ts`,
/// `pages/api/…`, `app/…/route.ts`, `+server.ts`.
fn is_of_server(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let folders = || folder.split('/');
    name.contains(".server.")
        || name.starts_with("+server.")
        || name.starts_with("+page.server.")
        || stem == "route" && folders().any(|folder| folder == "app")
        || folders().any(|folder| matches!(folder, "server" | "backend"))
        || folder.contains("pages/api")
}

/// The files that a file's code loads, those that it loads later too.
fn loaded_by(world: &World, file: FileId) -> Vec<FileId> {
    let module = &world.unit(file).facts.module;
    let mut found = world.imported_at_run_time(file);
    for site in &module.sites {
        if let Expr::Call {
            kind: CallKind::Import,
            args,
            ..
        } = module.expr(site.expr)
            && let Some(Expr::String(text)) = module.list(args).first().map(|&a| module.expr(a))
            && let Some(Target::File(target)) = world.resolve(file, 0, module.text(text))
        {
            found.push(target);
        }
    }
    found
}

fn whole_imports_of(world: &World, file: FileId) -> Vec<WholeUse> {
    let module = &world.unit(file).facts.module;
    let mut found = Vec::new();
    for (i, import) in module.imports.iter().enumerate() {
        if import.is_type_only || import.level > 0 {
            continue;
        }
        let Some(model) = world.models.whole_import(module.text(import.module)) else {
            continue;
        };
        let is_module = !matches!(import.kind, ImportKind::Named(_));
        if model.shakes && !(is_module && import.local.is_some_and(|l| escapes(module, l))) {
            continue;
        }
        // The light part of it is what is to be imported instead.
        let is_light = matches!(import.kind, ImportKind::Named(name)
            if model.light.iter().any(|light| light == module.text(name)));
        let path = &world.unit(file).path;
        let is_there = |plugin: &String| world.modules.depends_on(path, plugin);
        let is_named = matches!(import.kind, ImportKind::Named(_));
        if model.rewritten_by.iter().any(is_there)
            || is_named && model.names_rewritten_by.iter().any(is_there)
        {
            continue;
        }
        if !is_light && world.resolve(file, 0, module.text(import.module)).is_none() {
            found.push(WholeUse {
                file,
                import: ImportId(i as u32),
            });
        }
    }
    found
}

/// Whether a module object is used as a value, so that any of its members may be needed.
fn escapes(module: &Module, local: LocalId) -> bool {
    let is_it = |expr: ExprId| module.expr(expr) == Expr::Local(local);
    let mut uses = 0;
    let mut members = 0;
    for i in 0..module.expr_count() as u32 {
        match module.expr(ExprId(i)) {
            Expr::Local(of) if of == local => uses += 1,
            Expr::Member { object, .. } if is_it(object) => members += 1,
            _ => {}
        }
    }
    uses > members
}
