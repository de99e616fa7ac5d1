//! Tests of linking: small projects of a few files, a library model made for them.

mod cardinality;
mod listed_python;
mod listed_script;
mod models;
mod python;
mod queries;
mod resolved_python;
mod resolved_script;
mod script;

use rustc_hash::FxHashSet;

use super::call_graph::{ActKind, Callee};
use super::models::{Effect, ModelError, Models};
use super::modules::{Manifest, Modules};
use super::program::{Function, Program};
use super::types::FunctionRef;
use super::world::{Unit, World};
use crate::analysis::facts::{self, FileFacts};
use crate::finding::Confidence;
use crate::source::{Context, FileId, Language, SourceFile};

use Language::{Python, TypeScript};

/// A library for both ecosystems: `load` asks at once, `find` builds a lazy query.
const LIBRARY: &str = r#"
package = "db"
imports = ["db"]

[[type]]
name = "Client"
paths = ["db.Client", "db#Client"]

[[type]]
name = "Session"
extends = "Client"
paths = ["db.Session", "db#Session"]

[[type]]
name = "Query"

[[call]]
paths = ["db.load", "db#load"]
effect = "db-read"
rows = "many"
returns = "list<unknown>"

[[call]]
on = "Client"
names = ["load"]
effect = "db-read"
rows = "many"
returns = "list<unknown>"
bounded = "key:take"

[[call]]
on = "Client"
names = ["load"]
when = "key:into"
effect = "db-write"

[[call]]
on = "Client"
names = ["load"]
when = "argument1"
effect = "commit"

[[call]]
on = "Client"
names = ["find"]
returns = "Query"

[[call]]
on = "Session"
names = ["save"]
effect = "db-write"

[[call]]
on = "Query"
names = ["limit"]
returns = "self"
bounded = "argument0"

[[iterate]]
on = "Query"
effect = "db-read"
rows = "many"

[[await]]
on = "Query"
effect = "db-read"
rows = "many"
returns = "list<unknown>"
"#;

fn link(files: &[(&str, &str)]) -> Result<Program, ModelError> {
    link_with(files, LIBRARY)
}

/// Links files given by path and text; JSON files are manifests.
fn link_with(files: &[(&str, &str)], library: &str) -> Result<Program, ModelError> {
    let mut manifests = Vec::new();
    let mut sources = Vec::new();
    for &(path, text) in files {
        let language = match path.rsplit('.').next() {
            Some("py") => Python,
            Some("js") => Language::JavaScript,
            Some("tsx") => Language::Tsx,
            Some("json") => {
                let (path, text) = (path.to_owned(), text.to_owned());
                manifests.push(Manifest { path, text });
                continue;
            }
            _ => TypeScript,
        };
        sources.push(SourceFile {
            path: path.to_owned(),
            language,
            context: Context::Product,
            text: text.to_owned(),
            is_verbatim: true,
        });
    }
    let facts: Vec<FileFacts> = sources.iter().map(facts::of_file).collect();
    let mut imported = FxHashSet::default();
    for (source, facts) in sources.iter().zip(&facts) {
        assert_eq!(facts.module.errors, [], "{}", source.text);
        for import in facts.module.imports.iter().filter(|i| i.level == 0) {
            crate::add_prefixes(facts.module.text(import.module), &mut imported);
        }
    }
    let models = Models::compile(&imported, &[("db.toml".to_owned(), library.to_owned())])?;
    let modules = Modules::new(sources.iter().map(|s| s.path.as_str()), &manifests);
    let contexts = sources.iter().map(|source| source.context).collect();
    let units = sources
        .into_iter()
        .zip(facts)
        .map(|(source, facts)| Unit {
            path: source.path,
            ecosystem: source.language.ecosystem(),
            facts,
        })
        .collect();
    Ok(Program::new(
        World::new(units, modules, models),
        contexts,
        &crate::config::SchemaSettings::default(),
    ))
}

/// Compares the call graph of a project, one line for each resolved call, and below it what
/// its functions do, each with the chain of calls that leads there:
///
/// ```text
/// app.py:main -> store.py:load
/// store.py:load -> [db]
/// app.py:main => store.py:load => DbRead
/// ```
fn check(files: &[(&str, &str)], expect: &[&str]) {
    let found = graph(files);
    assert_eq!(found, expect, "\n{}", found.join("\n"));
}

/// A name, the files of a project, its call graph.
type Listed<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Compares the call graphs of several projects.
fn check_listed(listed: &[Listed<'_>]) {
    let mut wrong = Vec::new();
    for &(name, files, expect) in listed {
        let found = graph(files);
        if found != expect {
            wrong.push(format!("{name}:\n    {}", found.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn graph(files: &[(&str, &str)]) -> Vec<String> {
    let program = link(files).expect("the library is well formed");
    let mut found = Vec::new();
    let mut effects = Vec::new();
    for i in 0..program.world.units.len() {
        for function in program.functions(FileId(i as u32)) {
            calls_of(function, &mut found);
            effects_of(function, &mut effects);
        }
    }
    found.append(&mut effects);
    found
}

fn calls_of(function: Function<'_>, into: &mut Vec<String>) {
    let program = function.program;
    for site in function.facts().sites(function.id) {
        let Some(call) = function.call_at(site.expr) else {
            continue;
        };
        let callee = match call.callee {
            Callee::Function(callee) => name_of(program, callee),
            Callee::Constructor(class, _) => {
                let unit = program.world.unit(class.file);
                let module = &unit.facts.module;
                let name = module.class(class.class).name;
                format!("new {}:{}", unit.path, name.map_or("_", |n| module.text(n)))
            }
            Callee::Model(id) => {
                let package = &program.world.models.call(id).package;
                if package != "db" {
                    continue;
                }
                format!("[{package}]")
            }
            Callee::Param(i) => format!("parameter {i}"),
            Callee::Unknown | Callee::External(_) => continue,
        };
        let sure = print_confidence(call.confidence);
        into.push(format!("{} -> {callee}{sure}", name(function)));
    }
}

fn effects_of_first(program: &Program) -> Vec<String> {
    let mut effects = Vec::new();
    for function in program.functions(FileId(0)) {
        effects_of(function, &mut effects);
    }
    effects
}

fn effects_of(function: Function<'_>, into: &mut Vec<String>) {
    let program = function.program;
    let (file, id) = (function.file, function.id);
    let at = FunctionRef { file, function: id };
    for fact in &program.summary(at).effects {
        let mut steps = vec![name(function)];
        let mut next = Some((function, *fact));
        while let Some((function, fact)) = next {
            next = match function.acts()[fact.act as usize].kind {
                ActKind::Call(target) => {
                    steps.push(name_of(program, target));
                    let inner = program.summary(target).effect(fact.effect);
                    inner.map(|inner| (program.function(target), *inner))
                }
                ActKind::Effect { effect, .. } => {
                    steps.push(format!("{effect:?}"));
                    None
                }
            };
        }
        let sure = print_confidence(fact.confidence);
        let often = if fact.is_repeated { " repeated" } else { "" };
        into.push(format!("{}{sure}{often}", steps.join(" => ")));
    }
}

fn name_of(program: &Program, at: FunctionRef) -> String {
    name(program.function(at))
}

fn name(function: Function<'_>) -> String {
    let path = &function.program.world.unit(function.file).path;
    format!("{path}:{}", function.name().unwrap_or_default())
}

fn print_confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "",
        Confidence::Medium => " (medium)",
        Confidence::Low => " (low)",
    }
}

const PY_STORE: &str = "import db\ndef load(key):\n    return db.load(key)\n";
const TS_STORE: &str =
    "import { load } from 'db';\nexport function read(key) { return load(key); }\n";
const TS_DEFAULT: &str =
    "import { load } from 'db';\nexport default function read(key) { return load(key); }\n";

/// Whether calling the function of this name reads the database.
fn reads(files: &[(&str, &str)], function: &str) -> bool {
    does(files, function, Effect::DbRead)
}

fn does(files: &[(&str, &str)], wanted: &str, effect: Effect) -> bool {
    let program = link(files).expect("well formed");
    let function = program
        .functions(FileId(0))
        .find(|f| f.declared().name.is_some() && f.name().as_deref() == Some(wanted))
        .expect("the function");
    let (file, function) = (function.file, function.id);
    program
        .summary(FunctionRef { file, function })
        .effect(effect)
        .is_some()
}
