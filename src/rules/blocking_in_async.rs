//! `blocking-in-async`: a call that holds the thread of an event loop until it is done.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionKind, LocalKind};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::entry_points::Reach;
use crate::link::models::{Effect, EntryKind};
use crate::link::program::{ActEffect, Function, verb_of};
use crate::link::types::FunctionRef;
use crate::link::words;
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
        let doubt = if most == Confidence::Low {
            Some("nothing says that others wait in this event loop")
        } else {
            doubt(function, act, found, effect)
        };
        if let Some(why) = doubt {
            reporter.because(act.expr, why);
        }
        reported.push(kind_of(effect));
        let most = doubt.map_or(most, |_| Confidence::Low);
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

/// Why what blocks may well bother nobody.
fn doubt(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    effect: Effect,
) -> Option<&'static str> {
    let is_file = effect == Effect::File;
    Some(if is_file && is_shipped(function, act, found) {
        "the file comes with the program, and is small"
    } else if is_file && is_of_settings(function, act, found) {
        "a file of settings is small, by the names of what reads or writes it"
    } else if words::is_for_setup(&function.program.world.unit(function.file).path) {
        "it is set up once, by one who waits for it"
    } else if matches!(effect, Effect::File | Effect::Process) && is_page(function) {
        "pages that read files or run programs are made ahead as often as not"
    } else if is_file && is_same_for_all(function) {
        "the handler is handed nothing: what it answers is made ahead as often as not"
    } else {
        return None;
    })
}

/// Whether a file holds settings, by the names of the functions that lead to it.
fn is_of_settings(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let chain = function.chain(act, found);
    let mut names = chain.iter().filter_map(|(at, _)| at.name());
    names.any(|name| words::is_of_settings(name.rsplit('.').next().unwrap_or(&name)))
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

/// Whether a file comes with the program: none of the calls that lead to it has a say in its
/// path. Such files are small.
fn is_shipped(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let chain = function.chain(act, found);
    let Some(&(reader, last)) = chain.last() else {
        return false;
    };
    let Expr::Call { args, .. } = reader.module().expr(last.expr) else {
        return false;
    };
    let Some(&path) = reader.module().list(args).first() else {
        return false;
    };
    // What the path is made of, in one function after the other, from the reader upwards.
    let mut open = vec![path];
    for (i, &(at, _)) in chain.iter().enumerate().rev() {
        let mut params = Vec::new();
        for value in std::mem::take(&mut open) {
            match params_in(at, value) {
                Some(found) => params.extend(found),
                None => return false,
            }
        }
        if params.is_empty() {
            return true;
        }
        let Some(&(caller, call)) = i.checked_sub(1).and_then(|above| chain.get(above)) else {
            return false;
        };
        let callee = FunctionRef {
            file: at.file,
            function: at.id,
        };
        let given = |&param: &u16| caller.argument_for(call.expr, callee, param);
        open.extend(params.iter().filter_map(given));
    }
    true
}

/// The parameters that a value is made of; none if it is made of more than those and constants.
fn params_in(function: Function<'_>, value: ExprId) -> Option<Vec<u16>> {
    let module = function.module();
    let mut params = Vec::new();
    let is_open = function
        .facts()
        .any_origin(value, |id| match module.expr(id) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Param(param) => {
                    let is_own = module.local(local).function == function.id;
                    let is_receiver = module.receiver_class(id).is_some();
                    params.push(param);
                    !is_own || is_receiver
                }
                _ => false,
            },
            Expr::Param(_) | Expr::Element(_) | Expr::Await(_) => true,
            _ => false,
        });
    (!is_open).then_some(params)
}

/// Whether the handler that leads to a function is handed nothing: what it answers is the same
/// for all, and made ahead or kept as often as not.
fn is_same_for_all(function: Function<'_>) -> bool {
    let program = function.program;
    let handler = match function.reached().handler {
        Some(handler) => program.function(handler),
        None if function.reached().reach == Reach::Handler => function,
        None => return false,
    };
    handler.declared().params.is_empty()
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
        "main",
        "init",
        "initialize",
        "bootstrap",
        "lifespan",
        "startup",
        "shutdown",
        "setup",
        "teardown",
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
