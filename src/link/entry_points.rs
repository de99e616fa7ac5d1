//! Where a program is entered: the functions that answer requests, do jobs and run commands, and
//! what they call. Models of libraries tell how functions are taken; what they do not know is
//! recognised by what frameworks have in common, with low confidence.

mod named;
mod taken;

pub(super) use self::taken::Taken;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::call_graph::{ActKind, LinkedFile};
use super::models::EntryKind;
use super::types::{ClassRef, FunctionRef};
use crate::finding::Confidence;
use crate::source::Place;

/// A place where a program is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// What enters there.
    pub kind: EntryKind,
    /// The method of the request.
    pub method: Option<String>,
    /// The path of the request, or the name of the command, job or field.
    pub path: Option<String>,
    /// What is run; none where a library runs a class of the project with methods of its own.
    pub function: Option<FunctionRef>,
    /// The class that the function is a method of, or that is run.
    pub class: Option<ClassRef>,
    /// Where the handler stands.
    pub place: Place,
    /// The library that takes it; none if it was recognised by name.
    pub package: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// How a function is reached from requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// No request is known to reach it.
    #[default]
    None,
    /// Something that answers a request calls it.
    Called,
    /// It answers a request itself.
    Handler,
}

/// How a function is reached, and from where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reached {
    /// How.
    pub reach: Reach,
    /// The handler whose requests come to it.
    pub handler: Option<FunctionRef>,
    /// How sure it is that the handler is one.
    pub confidence: Option<Confidence>,
    /// The job or command that runs it.
    pub job: Option<FunctionRef>,
}

/// All places where the program is entered, in the order of files.
pub(super) fn find(files: Vec<Taken>) -> Vec<EntryPoint> {
    let mut paths: FxHashMap<ClassRef, String> = FxHashMap::default();
    for (class, path) in files.iter().flat_map(|file| &file.class_paths) {
        paths.entry(*class).or_insert_with(|| path.clone());
    }
    let mut found: Vec<EntryPoint> = Vec::new();
    for mut entry in files.into_iter().flat_map(|file| file.entries) {
        if entry.path.is_none()
            && let Some(class) = entry.class
        {
            entry.path = paths.get(&class).cloned();
        }
        found.push(entry);
    }
    // A function may be taken twice, by a library and by its name: the surer one comes first.
    found.sort_by(|a, b| {
        let key = |entry: &EntryPoint| (entry.place, std::cmp::Reverse(entry.confidence));
        key(a).cmp(&key(b))
    });
    let mut known: FxHashMap<FunctionRef, Confidence> = FxHashMap::default();
    found.retain(|entry| {
        let Some(function) = entry.function else {
            return true;
        };
        let best = *known.entry(function).or_insert(entry.confidence);
        entry.confidence == best
    });
    found.dedup();
    found
}

/// How requests and jobs reach each function, by file and function.
pub fn reach(linked: &[LinkedFile], entries: &[EntryPoint]) -> Vec<Vec<Reached>> {
    let mut reach: Vec<Vec<Reached>> = linked
        .iter()
        .map(|file| vec![Reached::default(); file.acts.len()])
        .collect();
    let of_kind = |is_request: bool| {
        let entries = entries
            .iter()
            .filter(move |e| e.kind.is_request() == is_request);
        entries.filter_map(|entry| Some((entry.function?, entry.confidence)))
    };
    let mut open: VecDeque<FunctionRef> = VecDeque::new();
    // What surer handlers reach is reached that surely.
    for confidence in Confidence::ALL.iter().rev().copied() {
        for (handler, _) in of_kind(true).filter(|entry| entry.1 == confidence) {
            let known = &mut reach[handler.file.index()][handler.function.index()];
            if known.reach != Reach::Handler {
                known.reach = Reach::Handler;
                known.handler = Some(handler);
                known.confidence = Some(confidence);
                open.push_back(handler);
            }
        }
        spread(
            linked,
            &mut open,
            |at, target, reach: &mut Vec<Vec<Reached>>| {
                let from = reach[at.file.index()][at.function.index()];
                let known = &mut reach[target.file.index()][target.function.index()];
                let is_new = known.reach == Reach::None;
                if is_new {
                    known.reach = Reach::Called;
                    known.handler = from.handler;
                    known.confidence = from.confidence;
                }
                is_new
            },
            &mut reach,
        );
    }
    for (job, _) in of_kind(false) {
        let known = &mut reach[job.file.index()][job.function.index()];
        if known.job.is_none() {
            known.job = Some(job);
            open.push_back(job);
        }
    }
    spread(
        linked,
        &mut open,
        |at, target, reach: &mut Vec<Vec<Reached>>| {
            let from = reach[at.file.index()][at.function.index()].job;
            let known = &mut reach[target.file.index()][target.function.index()];
            let is_new = known.job.is_none();
            if is_new {
                known.job = from;
            }
            is_new
        },
        &mut reach,
    );
    reach
}

/// Walks the calls of functions, breadth first, as far as `mark` finds news.
fn spread(
    linked: &[LinkedFile],
    open: &mut VecDeque<FunctionRef>,
    mark: impl Fn(FunctionRef, FunctionRef, &mut Vec<Vec<Reached>>) -> bool,
    reach: &mut Vec<Vec<Reached>>,
) {
    while let Some(at) = open.pop_front() {
        for act in &linked[at.file.index()].acts[at.function.index()] {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            // What is kept is made by the first request only.
            if !act.is_memoized && mark(at, target, reach) {
                open.push_back(target);
            }
        }
    }
}
