//! `blocking-in-async`: a call that holds the thread of an event loop until it is done.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, FunctionKind, LocalKind};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::entry_points::Reach;
use crate::link::models::{Effect, EntryKind};
use crate::link::program::{ActEffect, Function, verb_of};
use crate::link::types::FunctionRef;
use crate::source::{Context, Ecosystem};

pub(super) const RULE: Rule = Rule::per_function("blocking-in-async", check);

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let Some(most) = runs_in_event_loop(function) else {
        if reporter.reasons.is_some() {
            for act in function.acts() {
                if function.effect_of(act, Effect::Block).is_some() {
                    reporter.because(act.expr, "it holds no event loop that others share");
                }
            }
        }
        return;
    };
    if reporter.reasons.is_some() {
        note_threads(function, reporter);
    }
    // One change of the function cures all calls of a kind.
    let mut reported: Vec<Effect> = Vec::new();
    for act in function.acts() {
        let Some(found) = function.effect_of(act, Effect::Block) else {
            continue;
        };
        let ActKind::Effect { effect, .. } = function.final_act(act, found).kind else {
            continue;
        };
        if reported.contains(&kind_of(effect)) {
            reporter.because(
                act.expr,
                "one of its kind is reported in this function already",
            );
            continue;
        }
        if most == Confidence::Low {
            reporter.because(act.expr, "nothing says that others wait in this event loop");
        } else if effect == Effect::File && is_shipped(function, act, found) {
            reporter.because(act.expr, "the file comes with the program, and is small");
        } else if effect == Effect::File && is_page(function) {
            reporter.because(
                act.expr,
                "pages that read files are made ahead as often as not",
            );
        }
        reported.push(kind_of(effect));
        report(function, act, found, effect, most, reporter);
    }
}

/// Notes what is handed to other threads.
fn note_threads(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let models = &function.program.world.models;
    for site in function.facts().sites(function.id) {
        let callee = function.call_at(site.expr).map(|call| &call.callee);
        if matches!(callee, Some(Callee::Model(id)) if models.call(*id).off_thread) {
            reporter.because(site.expr, "what it is handed runs in another thread");
        }
    }
}

fn report(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    effect: Effect,
    most: Confidence,
    reporter: &mut Reporter<'_>,
) {
    let name = function.callee_text(act.expr);
    let subject = match function.module().expr(act.expr) {
        Expr::Call { .. } => format!("`{name}`"),
        _ => format!("iterating `{name}`"),
    };
    let finding = reporter.report(
        function.module().span(act.expr),
        // How large the files are is not known.
        match effect {
            Effect::File if is_shipped(function, act, found) || is_page(function) => {
                Confidence::Low
            }
            Effect::File => found.confidence.min(most).min(Confidence::Medium),
            _ => found.confidence.min(most),
        },
        format!(
            "{subject} {} and holds the event loop until it is done",
            verb_of(effect)
        ),
    );
    if found.via.is_some() {
        finding.related(function.place_of(act.expr), format!("calls `{name}`"));
        finding.related.extend(function.evidence(found));
    }
    finding
        .cost("all other tasks of the event loop wait meanwhile")
        .help(match effect {
            Effect::Sleep => "await a sleep that lets other tasks run",
            Effect::Cpu => {
                "run it in a thread or process of its own, or await its asynchronous form"
            }
            _ => "await the asynchronous form, or run it in a thread",
        });
}

/// Whether a function makes a page, or is called by one that does: frameworks make pages of files
/// ahead.
fn is_page(function: Function<'_>) -> bool {
    let program = function.program;
    let at = FunctionRef {
        file: function.file,
        function: function.id,
    };
    let handler = function.reached().handler.unwrap_or(at);
    let mut entries = program.entry_points.iter();
    entries.any(|entry| {
        entry.kind == EntryKind::Page
            && entry
                .function
                .is_some_and(|function| function == handler || function == at)
    })
}

/// Whether a file comes with the program: no caller has a say in its path. Such files are small.
fn is_shipped(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let (reader, last) = function.final_site(act, found);
    let module = reader.module();
    let Expr::Call { args, .. } = module.expr(last.expr) else {
        return false;
    };
    let Some(&path) = module.list(args).first() else {
        return false;
    };
    !reader.facts().any_origin(path, |id| match module.expr(id) {
        Expr::Local(local) => matches!(module.local(local).kind, LocalKind::Param(_)),
        Expr::Param(_) | Expr::Element(_) | Expr::Await(_) => true,
        _ => false,
    })
}

/// Whether a function runs in an event loop that others share, and how sure a finding in it
/// can be.
fn runs_in_event_loop(function: Function<'_>) -> Option<Confidence> {
    let declared = function.declared();
    if declared.kind == FunctionKind::Module {
        return None;
    }
    let ecosystem = function.program.world.unit(function.file).ecosystem;
    // A script has its event loop for itself.
    if function.context() == Context::Script {
        return None;
    }
    let reach = function.reached().reach;
    let runs = match ecosystem {
        Ecosystem::PyPi => declared.is_async,
        // All of a Node.js program runs in one loop. What matters is that others wait.
        Ecosystem::Npm => declared.is_async || reach == Reach::Handler,
    };
    if !runs {
        return None;
    }
    let is_sure = match ecosystem {
        Ecosystem::PyPi => reach != Reach::None || !runs_at_the_ends(function),
        Ecosystem::Npm => reach != Reach::None,
    };
    Some(if is_sure {
        Confidence::High
    } else {
        Confidence::Low
    })
}

/// Whether a function by its name runs once, before or after the work.
fn runs_at_the_ends(function: Function<'_>) -> bool {
    const NAMES: &[&str] = &[
        "main", "lifespan", "startup", "shutdown", "setup", "teardown",
    ];
    function.name().is_some_and(|name| {
        let name = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        NAMES
            .iter()
            .any(|word| name.split('_').any(|part| part == *word))
    })
}

/// Effects that the same change cures.
fn kind_of(effect: Effect) -> Effect {
    match effect {
        Effect::DbWrite | Effect::Commit | Effect::Sql => Effect::DbRead,
        Effect::RemoteWrite => Effect::Remote,
        Effect::CacheWrite => Effect::CacheRead,
        effect => effect,
    }
}
