//! `eager-route`: a table of routes that loads all pages to show the first.

use rustc_hash::FxHashSet;

use super::{Reporter, Rule, listed};
use crate::finding::Confidence;
use crate::ir::{CallKind, Expr, ExprId, FunctionKind, ImportKind, LocalId, LocalKind, Module};
use crate::link::infer::{Typer, keyword_in};
use crate::link::modules::Target;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("eager-route", check);

/// Pages below which one file with all of them is as good.
const MIN_PAGES: usize = 5;

/// Pages from which on their code is much, as a rule.
const MANY_PAGES: usize = 8;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.declared().kind != FunctionKind::Module || function.context() != Context::Product {
        return;
    }
    let module = function.module();
    let world = &function.program.world;
    if !world.models.may_route(module) {
        return;
    }
    let mut typer = Typer::new(world, function.file);
    let mut pages = Pages::default();
    let mut first = None;
    for site in &module.sites {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            continue;
        };
        let Some((model, _)) = typer.called_model(site.expr) else {
            continue;
        };
        if model.pages.is_empty() {
            continue;
        }
        if is_layout(module, module.list(args)) {
            continue;
        }
        let before = pages.eager.len();
        for &arg in module.list(args) {
            pages.of_table(function, arg, &model.pages, 0);
        }
        if first.is_none() && pages.eager.len() > before {
            first = Some(callee);
        }
    }
    let (Some(first), true) = (first, pages.eager.len() >= MIN_PAGES) else {
        return;
    };
    let names: Vec<String> = pages
        .eager
        .iter()
        .map(|&local| format!("`{}`", module.text(module.local(local).name)))
        .collect();
    let count = names.len();
    reporter
        .report(
            module.span(first),
            if count < MANY_PAGES {
                Confidence::Low
            } else {
                Confidence::Medium
            },
            format!(
                "the code of {count} pages is loaded to show one: {}",
                listed(&names)
            ),
        )
        .cost("every visitor waits for the code of all pages")
        .help(
            "load a page when its route is visited: `lazy(() => import('./Page'))`, or the import \
               itself as the component where the router takes one",
        );
}

/// Whether an element of a route is around other routes: it has some inside, or no path of its own.
fn is_layout(module: &Module, args: &[ExprId]) -> bool {
    let has_routes = args.iter().any(|&arg| {
        matches!(
            module.expr(arg),
            Expr::Call {
                kind: CallKind::Jsx,
                ..
            }
        )
    });
    let is_element = args
        .iter()
        .any(|&arg| matches!(module.expr(arg), Expr::Keyword { .. }));
    let has_path = ["path", "index", "from", "exact"]
        .iter()
        .any(|key| keyword_in(module, args, key).is_some());
    let is_open = args
        .iter()
        .any(|&arg| matches!(module.expr(arg), Expr::Spread(_)));
    is_element && !is_open && (has_routes || !has_path)
}

/// The pages that the routes of a file name.
#[derive(Default)]
struct Pages {
    eager: Vec<LocalId>,
    seen: FxHashSet<ExprId>,
}

impl Pages {
    /// Looks through routes: lists of them, in names, nested.
    fn of_table(&mut self, function: Function<'_>, expr: ExprId, keys: &[String], depth: u32) {
        if depth > 24 || !self.seen.insert(expr) {
            return;
        }
        let module = function.module();
        match module.expr(expr) {
            Expr::Keyword { name, value } => {
                if keys.iter().any(|key| key == module.text(name)) {
                    self.of_page(function, value, depth + 1);
                } else {
                    self.of_table(function, value, keys, depth + 1);
                }
            }
            Expr::Local(local) => {
                if let Some(value) = function.facts().def_use.single_value(local) {
                    self.of_table(function, value, keys, depth + 1);
                }
            }
            // What has routes below it is around them.
            Expr::Map(entries) => {
                let entries = module.list(entries);
                let has_routes = keyword_in(module, entries, "children").is_some();
                for &entry in entries {
                    let is_page = matches!(module.expr(entry), Expr::Keyword { name, .. }
                        if keys.iter().any(|key| key == module.text(name)));
                    if !(has_routes && is_page) {
                        self.of_table(function, entry, keys, depth + 1);
                    }
                }
            }
            Expr::Sequence { .. } | Expr::Spread(_) => {
                module.for_each_part(expr, |part| self.of_table(function, part, keys, depth + 1));
            }
            _ => {}
        }
    }

    /// The component that a route shows, and what is around it.
    fn of_page(&mut self, function: Function<'_>, expr: ExprId, depth: u32) {
        let module = function.module();
        match module.expr(expr) {
            Expr::Local(local) => self.add(function, local),
            Expr::Call {
                kind: CallKind::Jsx,
                callee,
                args,
            } => {
                let inside = module.list(args).iter().copied();
                let mut inside = inside
                    .filter(|&arg| {
                        matches!(
                            module.expr(arg),
                            Expr::Call {
                                kind: CallKind::Jsx,
                                ..
                            }
                        )
                    })
                    .peekable();
                // What is around a page is a guard or a shell.
                if let (None, Expr::Local(local)) = (inside.peek(), module.expr(callee)) {
                    self.add(function, local);
                }
                for arg in inside {
                    if depth < 24 {
                        self.of_page(function, arg, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// Counts a component that is imported from a file of the project.
    fn add(&mut self, function: Function<'_>, local: LocalId) {
        let module = function.module();
        // What leads elsewhere is no page.
        if module
            .text(module.local(local).name)
            .starts_with("Redirect")
        {
            return;
        }
        let LocalKind::Import(import) = module.local(local).kind else {
            return;
        };
        let import = &module.imports[import.index()];
        let is_name = matches!(import.kind, ImportKind::Named(_) | ImportKind::Default);
        let world = &function.program.world;
        let target = world.resolve(function.file, import.level, module.text(import.module));
        let is_own = matches!(target, Some(Target::File(_)))
            || module.text(import.module).starts_with("./")
            || module.text(import.module).starts_with("../");
        if is_name && is_own && !self.eager.contains(&local) {
            self.eager.push(local);
        }
    }
}
