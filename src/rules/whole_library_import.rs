//! `whole-library-import`: code for browsers that loads a whole library for a few functions of it.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionKind, LocalId, Module};
use crate::link::browser::WholeUse;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("whole-library-import", check);

/// Files from which on a library is part of the program's own language.
const MANY_FILES: usize = 50;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.declared().kind != FunctionKind::Module || function.context() != Context::Product {
        return;
    }
    let program = function.program;
    let module_of = |found: &WholeUse| {
        let module = &program.world.unit(found.file).facts.module;
        module.text(module.imports[found.import.index()].module)
    };
    let is_product = |found: &&WholeUse| program.contexts[found.file.index()] == Context::Product;
    let all = || program.whole_imports().iter().filter(is_product);
    let mut seen: Vec<&str> = Vec::new();
    for found in all().filter(|found| found.file == function.file) {
        let name = module_of(found);
        let same: Vec<&WholeUse> = all().filter(|other| module_of(other) == name).collect();
        // The library is loaded once: the first file stands for all.
        if same[0].file != function.file || seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let Some(model) = program.world.models.whole_import(name) else {
            continue;
        };
        let import = &function.module().imports[found.import.index()];
        let mut files: Vec<&&WholeUse> = same.iter().filter(|o| o.file != function.file).collect();
        files.dedup_by_key(|other| other.file);
        let more = match files.len() {
            0 => String::new(),
            1 => ", and so does 1 more file".to_owned(),
            n => format!(", and so do {n} more files"),
        };
        let comes_along = || {
            all().any(|other| model.comes_with.iter().any(|n| n == module_of(other)))
                || program.imports_any(&model.comes_with)
        };
        let why = if is_trimmed(function, name, &model.trimmed_by) {
            Some("the bundler is told to leave most of it out")
        } else if comes_along() {
            Some("another library brings it along")
        } else if import
            .local
            .is_some_and(|local| is_handed_to_plugin(function, local))
        {
            Some("the application is given it as a whole")
        } else if files.len() > MANY_FILES {
            Some("so many files use it that most of it may be needed")
        } else {
            None
        };
        if let Some(why) = why {
            reporter.because_at(import.span, why);
        }
        let finding = reporter.report(
            import.span,
            why.map_or(Confidence::Medium, |_| Confidence::Low),
            format!("loads all of `{name}` into the browser{more}"),
        );
        for other in files.iter().take(3) {
            let module = &program.world.unit(other.file).facts.module;
            let span = module.imports[other.import.index()].span;
            let place = program.function_of_module(other.file).place(span);
            finding.related(place, "here too");
        }
        finding
            .cost(model.weight.clone())
            .help(model.instead.clone());
    }
}

/// Whether a plug-in of the bundler leaves most of a library out, in a file of the same folder at
/// the top: `new IgnorePlugin({ resourceRegExp: /locale/, contextRegExp: /moment$/ })`.
fn is_trimmed(function: Function<'_>, library: &str, plugins: &[String]) -> bool {
    let units = &function.program.world.units;
    let top = |path: &'_ str| path.split_once('/').map(|(top, _)| top.to_owned());
    let own = top(&function.program.world.unit(function.file).path);
    let is_near = |path: &str| top(path).is_none_or(|top| Some(top) == own);
    !plugins.is_empty()
        && units.iter().filter(|unit| is_near(&unit.path)).any(|unit| {
            let module = &unit.facts.module;
            module.sites.iter().any(|site| {
                let Expr::Call { callee, .. } = module.expr(site.expr) else {
                    return false;
                };
                let name = module.last_name(callee);
                name.is_some_and(|name| plugins.iter().any(|plugin| plugin == name))
                    && (name.is_some_and(|name| name.to_lowercase().contains(library))
                        || mentions(module, site.expr, library))
            })
        })
}

/// Whether a text or pattern within an expression names something.
fn mentions(module: &Module, expr: ExprId, name: &str) -> bool {
    let mut open = vec![expr];
    while let Some(id) = open.pop() {
        if let Expr::Regex(text) | Expr::String(text) = module.expr(id)
            && module.text(text).contains(name)
        {
            return true;
        }
        module.for_each_part(id, |part| open.push(part));
    }
    false
}

/// Whether a library is given to a plug-in of the application: `Vue.use(VueMoment, { moment })`.
fn is_handed_to_plugin(function: Function<'_>, library: LocalId) -> bool {
    let module = function.module();
    let is_it = |id: ExprId| module.expr(id) == Expr::Local(library);
    module.sites.iter().any(|site| {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            return false;
        };
        let holds = |&arg: &ExprId| {
            matches!(module.expr(arg), Expr::Map(entries)
            if module.list(entries).iter().any(|&entry| {
                matches!(module.expr(entry), Expr::Keyword { value, .. } if is_it(value))
            }))
        };
        matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == "use")
            && module.list(args).iter().any(holds)
    })
}
