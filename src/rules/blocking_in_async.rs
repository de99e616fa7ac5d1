//! `blocking-in-async`: a call that holds the thread of an event loop until it is done.

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{
    BinaryOp, Expr, ExprId, FunctionKind, LocalId, LocalKind, MODULE_BODY, Stmt, UnaryOp,
};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::entry_points::Reach;
use crate::link::guards::deciding;
use crate::link::models::{Effect, EntryKind};
use crate::link::program::{ActEffect, Function, verb_of};
use crate::link::words;
use crate::link::world::Unit;
use crate::source::{Context, Ecosystem, FileId};

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
        if let Some(why) = is_reported_above(function, act, found, effect) {
            reporter.because(act.expr, why);
            continue;
        }
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
    if found.via.is_some() && is_cured_there(effect) {
        let sink = sink_of(function, act, found);
        for other in function.program.functions(function.file) {
            if other.id > function.id
                && runs_in_event_loop(other).is_some()
                && let Some(also) = act_to(other, sink)
            {
                finding.related(other.place_of(also), "comes to the same call");
            }
        }
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

/// Whether what blocks is cured where it stands, for all that come to it: work of the processor,
/// files and programs. What asks a database is cured in each coroutine.
fn is_cured_there(effect: Effect) -> bool {
    matches!(effect, Effect::Cpu | Effect::File | Effect::Process)
}

/// The call that blocks, and the function it stands in.
type Sink = (FileId, ExprId);

fn sink_of(function: Function<'_>, act: &Act, found: ActEffect) -> Sink {
    let (owner, last) = function.final_site(act, found);
    (owner.file, last.expr)
}

/// The first call of a function that comes to a blocking call.
fn act_to(function: Function<'_>, sink: Sink) -> Option<ExprId> {
    let mut acts = function.acts().iter();
    acts.find(|act| {
        function
            .effect_of(act, Effect::Block)
            .is_some_and(|found| found.via.is_some() && sink_of(function, act, found) == sink)
    })
    .map(|act| act.expr)
}

/// Whether a function comes to a blocking call, and nothing speaks against it there.
fn reports(function: Function<'_>, sink: Sink, effect: Effect) -> bool {
    let Some(call) = act_to(function, sink) else {
        return false;
    };
    let mut acts = function.acts().iter().filter(|act| act.expr == call);
    acts.any(|act| {
        function
            .effect_of(act, Effect::Block)
            .is_some_and(|found| doubt(function, act, found, effect).is_none())
    })
}

/// Whether a function that stands before in the file comes to the same blocking call, and that one
/// change there cures both.
fn is_reported_above(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    effect: Effect,
) -> Option<&'static str> {
    if found.via.is_none() || !is_cured_there(effect) {
        return None;
    }
    let most = runs_in_event_loop(function);
    let sink = sink_of(function, act, found);
    let mut above = function.program.functions(function.file);
    let is_above = above.any(|other| {
        other.id < function.id && runs_in_event_loop(other) >= most && reports(other, sink, effect)
    });
    is_above.then_some("a function before it comes to the same call, where it is reported")
}

/// Whether anything in the program mentions a function of a module, or it is one that a decorator
/// or a class takes.
fn is_referred_to(function: Function<'_>) -> bool {
    let module = function.module();
    let declared = function.declared();
    let Some(name) = declared.name.filter(|_| {
        declared.class.is_none()
            && declared.decorators.is_empty()
            && declared.parent == Some(MODULE_BODY)
    }) else {
        return true;
    };
    let world = &function.program.world;
    let uses = function.program.uses(function.file);
    let is_used = module.locals.iter().enumerate().any(|(i, local)| {
        local.kind == LocalKind::Function(function.id)
            && !uses.of_name(LocalId(i as u32)).is_empty()
    });
    let name = module.text(name);
    let is_known = |(i, unit): (usize, &Unit)| {
        i != function.file.index() && unit.facts.module.name(name).is_some()
    };
    is_used || function.is_called() || world.units.iter().enumerate().any(is_known)
}

/// Why what blocks may well bother nobody.
fn doubt(
    function: Function<'_>,
    act: &Act,
    found: ActEffect,
    effect: Effect,
) -> Option<&'static str> {
    let is_file = effect == Effect::File;
    let reached = function.reached();
    let path = &function.program.world.unit(function.file).path;
    Some(
        if reached.reach == Reach::None && function.is_idle() && !is_referred_to(function) {
            "nothing in the program mentions the function"
        } else if super::is_for_staff(function) {
            super::FOR_STAFF
        } else if function
            .name()
            .is_some_and(|name| words::takes_someone_away(&name))
        {
            "nobody closes an account twice"
        } else if reached.reach == Reach::None && words::is_in_background(path) {
            "a job has its event loop for itself as often as not"
        } else if is_made_once(function, act) {
            "it is done for what is missing, which it keeps"
        } else if is_file && is_shipped(function, act, found) {
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
        },
    )
}

/// Whether a method is called where an attribute of its object is missing, and sets that:
/// `if self.report is None: self.open_report()`.
fn is_made_once(function: Function<'_>, act: &Act) -> bool {
    let ActKind::Call(target) = act.kind else {
        return false;
    };
    let module = function.module();
    let missing = |test: ExprId, outcome: bool| {
        let (value, is_missing) = match module.expr(test) {
            Expr::Binary { op, left, right } if module.expr(right) == Expr::Null => match op {
                BinaryOp::Is | BinaryOp::Equal => (left, true),
                BinaryOp::IsNot | BinaryOp::NotEqual => (left, false),
                _ => return None,
            },
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            } => (operand, true),
            _ => (test, false),
        };
        match module.expr(value) {
            Expr::Member { object, name } => {
                let is_own = module.receiver_class(object).is_some();
                (is_own && is_missing == outcome).then(|| module.text(name))
            }
            _ => None,
        }
    };
    let leaves = |stmt| matches!(stmt, Stmt::Return(_));
    let Some(attribute) = deciding(module, act.stmt, leaves, missing) else {
        return false;
    };
    let callee = function.program.function(target);
    let module = callee.module();
    callee.declared().exprs.iter().any(|id| {
        let Expr::Assign { target, .. } = module.expr(id) else {
            return false;
        };
        matches!(module.expr(target), Expr::Member { object, name }
            if module.text(name) == attribute && module.receiver_class(object).is_some())
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
    let at = function.reference();
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
    let Some(path) = path_of(reader, last.expr) else {
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
        let callee = at.reference();
        let given = |&param: &u16| caller.argument_for(call.expr, callee, param);
        open.extend(params.iter().filter_map(given));
    }
    true
}

/// The path of the file that a call reads: its first argument, or that of the `open()` by which it
/// has the file.
fn path_of(reader: Function<'_>, call: ExprId) -> Option<ExprId> {
    let module = reader.module();
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return None;
    };
    if let Some(&path) = module.list(args).first() {
        return Some(path);
    }
    let mut path = None;
    reader.facts().any_origin(callee, |id| {
        if let Expr::Call { callee, args, .. } = module.expr(id)
            && matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "open")
        {
            path = module.list(args).first().copied();
        }
        path.is_some()
    });
    path
}

/// The parameters that a value is made of; none if it is made of more than those and constants.
fn params_in(function: Function<'_>, value: ExprId) -> Option<Vec<u16>> {
    let module = function.module();
    let mut params = Vec::new();
    // What constants of the class are read from: `self.PROMPTS`.
    let mut holders: Vec<ExprId> = Vec::new();
    let is_open = function
        .facts()
        .any_origin(value, |id| match module.expr(id) {
            Expr::Member { object, name } if is_constant(module.text(name)) => {
                holders.push(object);
                false
            }
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Param(_) if holders.contains(&id) => false,
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

/// Whether a name is that of a constant: `BASE_DIR`.
fn is_constant(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
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
