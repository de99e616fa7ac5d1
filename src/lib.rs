//! slowpath reads a repository and reports the code that gets slow as data grows.
//!
//! The way of the data, one module per step; a module uses only what stands above it:
//!
//! | module | knows | must not know |
//! |---|---|---|
//! | [`source`] | files, spans, lines | the disk |
//! | [`finding`] | what a run reports | how it is printed |
//! | [`baseline`] | the file of the findings a project has accepted | what is found |
//! | [`git`] | the files of another version | what is done with them |
//! | [`reader`], [`globs`] | opening a file nobody vouches for; patterns of paths | what is read or matched |
//! | [`catalogue`] | the rules' pages | the rules' code |
//! | [`config`] | arguments and configuration, as one [`config::Settings`] | analysed code |
//! | [`discover`] | walking, ignore files, kinds of files | the syntax of languages |
//! | `base` | what is analysed of another version | how it is compared |
//! | [`ir`] | what programs do | how they are spelled |
//! | [`syntax`] | tree-sitter, one front end per language | libraries, rules, other files |
//! | [`analysis`] | one file: definitions and uses, where values come from | other files, libraries |
//! | [`link`] | all files: imports, types, calls, effects, by the models of libraries | rules |
//! | [`rules`] | questions to the linked program | syntax, libraries by name, the disk |
//! | [`filter`] | severities, suppression comments, thresholds, what is new | why something was found |
//! | [`render`] | what readers of a report need | a `Program` |
//!
//! Nothing here reads the clock or the environment, runs what it analyses, or talks to a
//! network. Discovery and configuration read the disk, and git's objects if a change is to be
//! compared; nothing else does.

pub mod analysis;
mod base;
pub mod baseline;
pub mod catalogue;
pub mod config;
pub mod discover;
pub mod filter;
pub mod finding;
pub mod git;
pub mod globs;
pub mod ir;
pub mod link;
pub mod reader;
pub mod render;
pub mod rules;
pub mod source;
pub mod syntax;

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::analysis::facts::{self, FileFacts};
use crate::base::{BaseSource, BaseTree};
use crate::config::{Location, SchemaSettings, Settings};
use crate::discover::{Candidate, Discovered, Loaded};
use crate::finding::{Endpoint, Finding, Notice, Report};
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
        let (_, report, facts, manifests) = read(settings);
        let program = program(settings, &report.files, facts, &manifests)?;
        let entries = program.entry_points.iter();
        // Steps of views are entered with the view.
        let entries = entries.filter(|entry| entry.kind != EntryKind::Hook);
        let endpoints = entries.map(|entry| endpoint(&program, entry)).collect();
        Ok((report, endpoints))
    })
}

/// Writes the databases of the program of `settings` in their end state.
///
/// # Errors
/// As [`analyze`].
pub fn schema<T: Send>(
    settings: &Settings,
    write: impl FnOnce(&[&ir::schema::Schema], &[SourceFile]) -> T + Send,
) -> Result<T> {
    let pool = workers(settings)?;
    pool.install(|| {
        let (_, report, facts, manifests) = read(settings);
        let program = program(settings, &report.files, facts, &manifests)?;
        let schemas: Vec<&ir::schema::Schema> = program.schemas.all().collect();
        Ok(write(&schemas, &report.files))
    })
}

fn endpoint(program: &Program, entry: &EntryPoint) -> Endpoint {
    let function = entry.function.map(|at| program.function(at));
    let named = function.and_then(link::program::Function::name);
    let class = || Some(program.world.class_name(entry.class?)?.to_owned());
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
    let (discovered, mut report, facts, manifests) = read(settings);
    let analysis = Analysis::of(settings, &report.files, facts, &manifests)?;
    if let Some(place) = &settings.explain {
        report.explanation = explain(&analysis.program, &report.files, place);
    }
    let Analysis {
        program,
        findings,
        coverage,
        directives,
    } = analysis;
    report.coverage = coverage;
    let filtered = filter::apply(findings, &report.files, &directives, settings);
    report.suppressed = filtered.suppressed;
    report.notices.extend(filtered.notices);
    report.notices.sort();
    let mut findings = filtered.findings;
    let mut is_new = vec![true; findings.len()];
    if let Some(base) = &settings.since
        && !findings.is_empty()
    {
        let tree = base::tree(base, settings, &discovered, &report.files, &manifests)?;
        if tree.has_changes {
            let facts = program.world.units.into_iter().map(|unit| unit.facts);
            let before = Before::of(settings, tree, &report.files, facts.collect())?;
            is_new = before.compare(&mut findings, &report.files);
        } else {
            is_new.fill(false);
        }
    } else {
        // To free all of its parts takes a while, and nobody waits for it.
        rayon::spawn(move || drop(program));
    }
    let remaining = filter::remaining(findings, &report.files, &is_new, settings);
    report.findings = remaining.findings;
    report.unchanged = remaining.unchanged;
    report.baselined = remaining.baselined;
    report.stale = remaining.stale;
    report.baseline = remaining.baseline;
    Ok(report)
}

/// Reads all files and manifests.
fn read(settings: &Settings) -> (Discovered, Report, Vec<FileFacts>, Vec<Manifest>) {
    let (discovered, ()) = rayon::join(|| discover::files(settings), link::models::preload);
    let mut report = Report {
        prefix: settings.prefix.clone(),
        skipped: discovered.skipped,
        notices: discovered.notices.clone(),
        ..Report::default()
    };
    let facts = read_all(settings, &discovered, &mut report);
    let manifests = read_manifests(settings, &discovered);
    (discovered, report, facts, manifests)
}

/// Links what was read.
fn program(
    settings: &Settings,
    files: &[SourceFile],
    facts: Vec<FileFacts>,
    manifests: &[Manifest],
) -> Result<Program> {
    let contexts = files.iter().map(|file| file.context).collect();
    let world = link(settings, files, facts, manifests)?;
    let schema = SchemaSettings {
        started: link::schema::started(manifests),
        ..settings.schema.clone()
    };
    Ok(Program::new(world, contexts, &schema))
}

/// One version of the code, and what the rules say about it.
struct Analysis {
    program: Program,
    findings: Vec<Finding>,
    /// How much of the program was resolved, in words.
    coverage: String,
    /// For each file, its comments that speak to us.
    directives: Vec<Vec<Span>>,
}

impl Analysis {
    fn of(
        settings: &Settings,
        files: &[SourceFile],
        facts: Vec<FileFacts>,
        manifests: &[Manifest],
    ) -> Result<Self> {
        let directives = facts.iter().map(|f| f.module.directives.clone()).collect();
        let program = program(settings, files, facts, manifests)?;
        let check = || {
            rules::run(&program, &settings.rules, |rule| {
                catalogue::page(rule).map_or(("", finding::Severity::Warning), |page| {
                    (page.category.as_str(), page.severity)
                })
            })
        };
        let (findings, coverage) = rayon::join(check, || program.coverage().to_string());
        Ok(Self {
            program,
            findings,
            coverage,
            directives,
        })
    }
}

/// The findings of the version that a change is compared with.
struct Before {
    files: Vec<SourceFile>,
    findings: Vec<Finding>,
}

impl Before {
    /// Analyses the base; `facts` are those of the files on disk.
    fn of(
        settings: &Settings,
        tree: BaseTree,
        files: &[SourceFile],
        facts: Vec<FileFacts>,
    ) -> Result<Self> {
        let read: Vec<Option<(SourceFile, Option<FileFacts>, usize)>> = tree
            .files
            .into_par_iter()
            .map(|source| match source {
                BaseSource::Unchanged(index) => Some((files[index].clone(), None, index)),
                BaseSource::Changed(candidate, content) => {
                    let read = lower(discover::load(&candidate, content).ok()?);
                    Some((read.file, Some(read.facts), 0))
                }
            })
            .collect();
        let mut known: Vec<Option<FileFacts>> = facts.into_iter().map(Some).collect();
        let mut files = Vec::with_capacity(read.len());
        let mut facts = Vec::with_capacity(read.len());
        for (file, own, index) in read.into_iter().flatten() {
            if let Some(of_file) = own.or_else(|| known[index].take()) {
                files.push(file);
                facts.push(of_file);
            }
        }
        let analysis = Analysis::of(settings, &files, facts, &tree.manifests)?;
        let findings =
            filter::unsilenced(analysis.findings, &files, &analysis.directives, settings);
        Ok(Self { files, findings })
    }

    /// For each finding, whether it is new; the evidence that belongs to the change is marked.
    fn compare(&self, findings: &mut [Finding], files: &[SourceFile]) -> Vec<bool> {
        let now = filter::Version { files, findings };
        let before = filter::Version {
            files: &self.files,
            findings: &self.findings,
        };
        let is_new = filter::new_ones(now, before);
        filter::mark_evidence(findings, &is_new, files, &self.files);
        is_new
    }
}

/// What stands at a place; all files if it names the root.
fn explain(program: &Program, files: &[SourceFile], place: &Location) -> Vec<String> {
    let path = place.path.trim_start_matches("./");
    let mut found = Vec::new();
    for (i, file) in files.iter().enumerate() {
        if path == "." || file.path == path || path.ends_with(&format!("/{}", file.path)) {
            let at = FileId(i as u32);
            let stands = program.explain(files, at, place.line);
            if stands.is_empty() {
                continue;
            }
            found.extend(stands);
            let told = rules::explain(program, files, at, place.line);
            found.extend(
                told.into_iter()
                    .map(|(line, text)| format!("{}:{line}: {text}", file.path)),
            );
        }
    }
    found
}

/// Reads and lowers all files in parallel; those that fail are counted and noted.
fn read_all(settings: &Settings, discovered: &Discovered, report: &mut Report) -> Vec<FileFacts> {
    let files = &discovered.files;
    // The large ones first and each by itself: a thread that gets one late has the others wait.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|&i| Reverse(files[i].bytes));
    let mut read: Vec<(usize, Result<FileRead, discover::Skip>)> = order
        .into_par_iter()
        .with_max_len(1)
        .map(|i| (i, read_one(settings, &files[i])))
        .collect();
    read.sort_by_key(|(i, _)| *i);
    let mut facts = Vec::with_capacity(read.len());
    for (_, result) in read {
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
    Ok(lower(discover::read(candidate, &settings.root)?))
}

/// Lowers a file that was read.
fn lower(loaded: Loaded) -> FileRead {
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
    FileRead {
        file,
        facts,
        notices,
    }
}

/// The files that say how modules are found; those that cannot be read say nothing.
fn read_manifests(settings: &Settings, discovered: &Discovered) -> Vec<Manifest> {
    let paths = discovered.manifests.iter();
    paths
        .filter_map(|path| {
            let absolute = settings.root.join(path);
            let bytes = reader::read_regular(&absolute, &settings.root, MAX_MANIFEST_BYTES).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let path = path.clone();
            Some(Manifest { path, text })
        })
        .collect()
}

fn link(
    settings: &Settings,
    files: &[SourceFile],
    facts: Vec<FileFacts>,
    manifests: &[Manifest],
) -> Result<World> {
    let (models, modules) = rayon::join(
        || models(settings, &facts),
        || Modules::new(files.iter().map(|file| file.path.as_str()), manifests),
    );
    let units = files
        .iter()
        .zip(facts)
        .map(|(file, facts)| Unit {
            path: file.path.clone(),
            ecosystem: file.language.ecosystem(),
            facts,
        })
        .collect();
    Ok(World::new(units, modules, models?))
}

/// The models of the libraries that the files import.
fn models(settings: &Settings, facts: &[FileFacts]) -> Result<Models> {
    let mut imported = FxHashSet::default();
    for facts in facts {
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
    Ok(models)
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
