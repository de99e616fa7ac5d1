//! slowpath reads a repository and reports the code that gets slow as data grows.
//!
//! The way of the data, one module per step; a module uses only what stands above it:
//!
//! | module | knows | must not know |
//! |---|---|---|
//! | [`source`] | files, spans, lines | the disk |
//! | [`finding`] | what a run reports | how it is printed |
//! | [`reader`], [`globs`] | opening a file nobody vouches for; patterns of paths | what is read or matched |
//! | [`catalogue`] | the rules' pages | the rules' code |
//! | [`config`] | arguments and configuration, as one [`config::Settings`] | analysed code |
//! | [`discover`] | walking, ignore files, kinds of files | the syntax of languages |
//! | [`ir`] | what programs do | how they are spelled |
//! | [`syntax`] | tree-sitter, one front end per language | libraries, rules, other files |
//! | [`analysis`] | one file: definitions and uses, where values come from | other files, libraries |
//! | [`link`] | all files: imports, types, calls, effects, by the models of libraries | rules |
//! | [`rules`] | questions to the linked program | syntax, libraries by name, the disk |
//! | [`filter`] | severities, suppression comments, thresholds | why something was found |
//! | [`render`] | what readers of a report need | a `Program` |
//!
//! Nothing here reads the clock or the environment, runs what it analyses, or talks to a
//! network. Discovery and configuration read the disk; nothing else does.

pub mod analysis;
pub mod catalogue;
pub mod config;
pub mod discover;
pub mod filter;
pub mod finding;
pub mod globs;
pub mod ir;
pub mod link;
pub mod reader;
pub mod render;
pub mod rules;
pub mod source;
pub mod syntax;

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::analysis::facts::{self, FileFacts};
use crate::config::{Location, Settings};
use crate::discover::{Candidate, Discovered};
use crate::finding::{Endpoint, Notice, Report};
use crate::link::entry_points::EntryPoint;
use crate::link::models::{EntryKind, Models};
use crate::link::modules::{Manifest, Modules};
use crate::link::program::Program;
use crate::link::world::{Unit, World};
use crate::source::{FileId, SourceFile, Span};

/// Bytes of stack of each worker: deep nesting is walked by recursion up to a bound.
const STACK_BYTES: usize = 64 << 20;
/// Bytes of a `package.json` or `tsconfig.json`.
const MAX_MANIFEST_BYTES: u64 = 1_000_000;

/// Runs the analysis that `settings` ask for.
///
/// # Errors
/// If the workers cannot be started or a model of the user is malformed. Files that cannot be
/// read or analysed cost only themselves: they are noted in the report.
pub fn analyze(settings: &Settings) -> Result<Report> {
    workers(settings)?.install(|| run(settings))
}

fn workers(settings: &Settings) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads)
        .stack_size(STACK_BYTES)
        .build()
        .context("cannot start the worker threads")
}

/// Finds the places where the program of `settings` is entered: routes, pages, jobs, commands.
///
/// # Errors
/// As [`analyze`].
pub fn endpoints(settings: &Settings) -> Result<(Report, Vec<Endpoint>)> {
    let pool = workers(settings)?;
    pool.install(|| {
        let (program, report, _) = program(settings)?;
        let entries = program.entry_points.iter();
        let endpoints = entries.map(|entry| endpoint(&program, entry)).collect();
        Ok((report, endpoints))
    })
}

fn endpoint(program: &Program, entry: &EntryPoint) -> Endpoint {
    let function = entry.function.map(|at| program.function(at));
    let named = function.and_then(link::program::Function::name);
    let class = || {
        let class = entry.class?;
        let module = &program.world.unit(class.file).facts.module;
        let name = module.class(class.class).name?;
        Some(module.text(name).to_owned())
    };
    Endpoint {
        kind: entry.kind.name(),
        method: entry.method.clone(),
        path: entry.path.clone(),
        handler: named
            .or_else(class)
            .unwrap_or_else(|| "function".to_owned()),
        place: entry.place,
        framework: entry.package.clone(),
        confidence: entry.confidence,
    }
}

fn run(settings: &Settings) -> Result<Report> {
    let (program, mut report, directives) = program(settings)?;
    report.coverage = program.coverage().to_string();
    if let Some(place) = &settings.explain {
        report.explanation = explain(&program, &report.files, place);
    }
    let findings = rules::run(&program, &settings.rules, |rule| {
        catalogue::page(rule).map_or(("", finding::Severity::Warning), |page| {
            (page.category.as_str(), page.severity)
        })
    });
    let filtered = filter::apply(findings, &report.files, &directives, settings);
    report.findings = filtered.findings;
    report.suppressed = filtered.suppressed;
    report.notices.extend(filtered.notices);
    report.notices.sort();
    Ok(report)
}

/// Reads and links everything: the program, a report of what was read, and where each file holds
/// directives.
fn program(settings: &Settings) -> Result<(Program, Report, Vec<Vec<Span>>)> {
    let discovered = discover::files(settings);
    let mut report = Report {
        skipped: discovered.skipped,
        notices: discovered.notices.clone(),
        ..Report::default()
    };
    let facts = read_all(settings, &discovered, &mut report);
    let contexts = report.files.iter().map(|file| file.context).collect();
    let directives: Vec<Vec<Span>> = facts.iter().map(|f| f.module.directives.clone()).collect();
    let world = link(settings, &discovered, &report.files, facts)?;
    Ok((Program::new(world, contexts), report, directives))
}

/// What stands at a place; all files if it names the root.
fn explain(program: &Program, files: &[SourceFile], place: &Location) -> Vec<String> {
    let path = place.path.trim_start_matches("./");
    let mut found = Vec::new();
    for (i, file) in files.iter().enumerate() {
        if path == "." || file.path == path || path.ends_with(&format!("/{}", file.path)) {
            found.extend(program.explain(files, FileId(i as u32), place.line));
        }
    }
    found
}

/// Reads and lowers all files in parallel; those that fail are counted and noted.
fn read_all(settings: &Settings, discovered: &Discovered, report: &mut Report) -> Vec<FileFacts> {
    let read: Vec<Result<FileRead, discover::Skip>> = discovered
        .files
        .par_iter()
        .map(|candidate| read_one(settings, candidate))
        .collect();
    let mut facts = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok(read) => {
                report.notices.extend(read.notices);
                report.files.push(read.file);
                facts.push(read.facts);
            }
            Err(skip) => {
                report.skipped += 1;
                report.notices.extend(skip.notice);
            }
        }
    }
    facts
}

struct FileRead {
    file: SourceFile,
    facts: FileFacts,
    notices: Vec<Notice>,
}

fn read_one(settings: &Settings, candidate: &Candidate) -> Result<FileRead, discover::Skip> {
    let loaded = discover::read(candidate, &settings.root)?;
    let mut notices: Vec<Notice> = loaded.notice.into_iter().collect();
    let file = loaded.file;
    let facts = catch_unwind(AssertUnwindSafe(|| facts::of_file(&file))).unwrap_or_else(|_| {
        notices.push(Notice {
            path: Some(file.path.clone()),
            message: "internal error: this file could not be analysed".to_owned(),
            is_internal: true,
        });
        facts::of_module(ir::Builder::new().finish())
    });
    if let Some(error) = facts.module.errors.first() {
        let line = source::LineIndex::new(&file.text).line(error.span.start);
        let more = match facts.module.errors.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        notices.push(Notice {
            path: Some(file.path.clone()),
            message: format!("line {line}: {}{more}", error.message),
            is_internal: false,
        });
    }
    Ok(FileRead {
        file,
        facts,
        notices,
    })
}

fn link(
    settings: &Settings,
    discovered: &Discovered,
    files: &[SourceFile],
    facts: Vec<FileFacts>,
) -> Result<World> {
    let mut imported = FxHashSet::default();
    for facts in &facts {
        let module = &facts.module;
        for import in &module.imports {
            if import.level == 0 {
                add_prefixes(module.text(import.module), &mut imported);
            }
        }
    }
    let mut models = Models::compile(&imported, &settings.models)?;
    for pattern in &settings.entry_points {
        let kind = if pattern.is_job {
            EntryKind::Job
        } else {
            EntryKind::Route
        };
        let entries = &mut models.entry_points;
        entries.add_files(kind, &pattern.files, &pattern.name);
    }
    let manifests: Vec<Manifest> = discovered
        .manifests
        .iter()
        .filter_map(|path| {
            let absolute = settings.root.join(path);
            let bytes = reader::read_regular(&absolute, &settings.root, MAX_MANIFEST_BYTES).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let path = path.clone();
            Some(Manifest { path, text })
        })
        .collect();
    let modules = Modules::new(files.iter().map(|file| file.path.as_str()), &manifests);
    let units = files
        .iter()
        .zip(facts)
        .map(|(file, facts)| Unit {
            path: file.path.clone(),
            ecosystem: file.language.ecosystem(),
            facts,
        })
        .collect();
    Ok(World::new(units, modules, models))
}

/// A module's name and what it lies below: `a.b.c` is also `a.b` and `a`.
fn add_prefixes(name: &str, into: &mut FxHashSet<String>) {
    let name = name.strip_prefix("node:").unwrap_or(name);
    for (i, c) in name.char_indices() {
        if (c == '.' || c == '/') && i > 0 {
            into.insert(name[..i].to_owned());
        }
    }
    into.insert(name.to_owned());
}
