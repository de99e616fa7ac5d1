//! `whole-library-import`: code for browsers that loads a whole library for a few functions of it.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::FunctionKind;
use crate::link::browser::WholeUse;
use crate::link::program::Function;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("whole-library-import", check);

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
        let finding = reporter.report(
            import.span,
            Confidence::Medium,
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
