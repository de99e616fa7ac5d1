//! The part of `n-plus-one` that is about functions a library calls once per row: resolvers,
//! methods of serializers, and the serializers of views that list rows.

use super::fallback::{depends_on_attribute, is_fallback};
use super::few_elements::why_few_shown;
use super::lazy_relation::{evidence, preloads, relation_text};
use super::request_lists::is_cut_short;
use super::short_pages::{has_short_pages, why_few_listed};
use super::unit_of_work::takes_lock;
use super::{Reporter, growing_loop};
use crate::finding::{Confidence, Finding};
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind, MODULE_BODY, Module, ParamKind, Stmt, StmtId};
use crate::link::call_graph::{Act, ActKind};
use crate::link::entities::{PerRow, RelationId};
use crate::link::guards::{ClassGuard, deciding};
use crate::link::listings::Listing;
use crate::link::models::Effect;
use crate::link::program::{ActEffect, Function, Program};
use crate::link::rows::Root;
use crate::link::serializers::{FieldRead, ListView};
use crate::link::types::{Base, ClassRef};
use crate::link::words;
use crate::source::{Context, Place};

const FALLBACK: &str = "it asks only where the view's context has no answer for all rows";

/// Reads shown of one view.
const MAX_SHOWN: usize = 8;

pub(super) fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.id == MODULE_BODY {
        for view in function.program.list_views(function.file) {
            check_view(function, &view, reporter);
        }
        for listing in function.program.listings(function.file) {
            check_listing(function, &listing, reporter);
        }
    }
    let Some(per_row) = function.per_row() else {
        return;
    };
    let is_listed = function.declared().class.is_some_and(|class| {
        let file = function.file;
        function.program.is_listed(ClassRef { file, class })
    });
    if per_row.model.listed && !is_listed {
        return;
    }
    check_acts(function, per_row, reporter);
    if per_row.model.listed {
        check_serialized(function, per_row, reporter);
    } else {
        check_reads(function, per_row, reporter);
        check_returned(function, per_row, reporter);
    }
}

/// Lazy queries that a resolver returns: whoever takes them runs them.
fn check_returned(function: Function<'_>, per_row: PerRow<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let models = &function.program.world.models;
    for value in module.returned(function.id) {
        let ty = function.type_of(value);
        let (true, Base::Model(id, _)) = (ty.is_bare(), ty.base) else {
            continue;
        };
        let is_query = models
            .iterate(id)
            .is_some_and(|model| model.effect == Some(Effect::DbRead));
        if !is_query || !depends_on_row(function, per_row, value) {
            continue;
        }
        let name = function.callee_text(value);
        let message = format!(
            "the query of `{name}` runs once per row: {}",
            per_row.model.caller
        );
        let confidence =
            if is_asked_of_one(function, per_row) || asks_for_part(function, per_row, value) {
                Confidence::Low
            } else {
                ty.confidence.min(Confidence::Medium)
            };
        let finding = reporter.report(module.span(value), confidence, message);
        describe(function, per_row, finding);
        return;
    }
}

/// Whether the field is one that is asked of one parent, to search in what belongs to it or to
/// pick one of it.
fn is_asked_of_one(function: Function<'_>, per_row: PerRow<'_>) -> bool {
    let module = function.module();
    let params = function.declared().params.iter().enumerate();
    params
        .filter(|&(i, _)| i != usize::from(per_row.param))
        .any(|(_, param)| match module.expr(param.target) {
            Expr::Local(local) => {
                let name = module.text(module.local(local).name);
                matches!(
                    name,
                    "id" | "pk" | "slug" | "search" | "filter" | "filters" | "where"
                )
            }
            _ => false,
        })
}

/// Whether the field's arguments say which part of a parent's list is wanted: no one query has the
/// first ten of each parent, or what each has by some filter.
fn asks_for_part(function: Function<'_>, per_row: PerRow<'_>, query: ExprId) -> bool {
    let module = function.module();
    if per_row.model.listed {
        return false;
    }
    let param_of = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => {
            let local = module.local(local);
            match local.kind {
                LocalKind::Param(param)
                    if local.function == function.id && param != per_row.param =>
                {
                    Some((param, module.text(local.name)))
                }
                _ => None,
            }
        }
        _ => None,
    };
    let is_told = function
        .facts()
        .any_origin(query, |id| match module.expr(id) {
            Expr::Member { object, name } => {
                param_of(object).is_some() && words::asks_for_part(module.text(name))
            }
            _ => param_of(id).is_some_and(|(_, name)| words::asks_for_part(name)),
        });
    // `filter_books(books, **kwargs)`, `kwargs.get("search")`
    let is_rest = |id: ExprId| {
        let id = match module.expr(id) {
            Expr::Spread(inner) => inner,
            _ => id,
        };
        param_of(id).is_some_and(|(param, _)| {
            let params = &function.declared().params;
            params[usize::from(param)].kind == ParamKind::KeywordRest
        })
    };
    let filters = |id: ExprId| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let args = module.list(args);
        match module.expr(callee) {
            Expr::Member { object, .. } if is_rest(object) => args.first().is_some_and(|&key| {
                matches!(module.expr(key), Expr::String(key)
                    if words::asks_for_part(module.text(key)))
            }),
            _ => {
                let name = module.last_name(callee);
                name.is_some_and(|name| name.contains("filter"))
                    && args.iter().any(|&arg| is_rest(arg))
            }
        }
    };
    is_told || function.declared().exprs.iter().any(filters)
}

/// Lazy queries that a method of a serializer hands to another one, which runs them.
fn check_serialized(function: Function<'_>, per_row: PerRow<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for (call, rows) in function.program.serialized(function.file) {
        if module.function_of(call) != function.id {
            continue;
        }
        let ty = function.type_of(rows);
        let Base::Model(id, _) = ty.base else {
            continue;
        };
        let is_query = function
            .program
            .world
            .models
            .iterate(id)
            .is_some_and(|model| {
                // What came with the row is at hand.
                model.effect == Some(Effect::DbRead) && !model.preloaded
            });
        if !is_query || !ty.is_bare() || !depends_on_row(function, per_row, rows) {
            continue;
        }
        let name = function.callee_text(rows);
        let message = format!(
            "the query of `{name}` runs once per row: {}",
            per_row.model.caller
        );
        let confidence = if asks_first(function) {
            Confidence::Low
        } else {
            ty.confidence.min(Confidence::Medium)
        };
        let finding = reporter.report(module.span(rows), confidence, message);
        describe(function, per_row, finding);
        return;
    }
}

/// Whether an earlier per-row method of the class calls the same.
fn is_called_before(function: Function<'_>, name: &str) -> bool {
    let module = function.module();
    let Some(class) = function.declared().class else {
        return false;
    };
    let methods = module.class(class).methods.iter();
    methods.take_while(|&&id| id != function.id).any(|&id| {
        let before = Function { id, ..function };
        before.per_row().is_some()
            && before
                .acts()
                .iter()
                .any(|act| before.callee_text(act.expr) == name)
    })
}

/// Whether the function returns before a statement if the row has what it is about to ask for.
fn may_be_loaded(function: Function<'_>, per_row: PerRow<'_>, before: StmtId) -> bool {
    let module = function.module();
    let body = &module.block(function.declared().body).stmts;
    body.iter()
        .take_while(|&&stmt| stmt != before)
        .any(|&stmt| {
            let Stmt::If { test, then, .. } = module.stmt(stmt) else {
                return false;
            };
            let last = module.block(then).stmts.last();
            last.is_some_and(|&last| matches!(module.stmt(last), Stmt::Return(Some(_))))
                && depends_on_row(function, per_row, test)
        })
}

/// Whether the function turns away all rows but one before a statement: `if (me.id !== user.id)`.
fn admits_one(function: Function<'_>, per_row: PerRow<'_>, before: StmtId) -> bool {
    let module = function.module();
    let body = &module.block(function.declared().body).stmts;
    body.iter()
        .take_while(|&&stmt| stmt != before)
        .any(|&stmt| {
            let Stmt::If {
                test,
                then,
                otherwise: None,
            } = module.stmt(stmt)
            else {
                return false;
            };
            let Expr::Binary {
                op: BinaryOp::NotEqual | BinaryOp::IsNot,
                left,
                right,
            } = module.expr(test)
            else {
                return false;
            };
            let is_member = |side| matches!(module.expr(side), Expr::Member { .. });
            let of_row = |side| depends_on_row(function, per_row, side);
            let leaves = match module.block(then).stmts[..] {
                [.., last] if matches!(module.stmt(last), Stmt::Return(_) | Stmt::Throw(_)) => true,
                // `throwError(NOT_YOURS)`
                [only] => matches!(module.stmt(only), Stmt::Expr(_)),
                _ => false,
            };
            leaves && is_member(left) && is_member(right) && of_row(left) != of_row(right)
        })
}

/// Whether a method looks for what it needs before it asks: in the context that the view fills
/// for all rows, or on the row itself.
fn asks_first(function: Function<'_>) -> bool {
    let module = function.module();
    function
        .declared()
        .exprs
        .iter()
        .any(|id| match module.expr(id) {
            Expr::Member { object, name } => {
                module.text(name) == "context" && module.receiver_class(object).is_some()
            }
            Expr::Name(name) => matches!(module.text(name), "hasattr" | "getattr"),
            _ => false,
        })
}

/// Whether a statement is left for where the context lacks what views put there for all rows: what
/// is found there is tested before it and returned.
fn is_left_to_rows(function: Function<'_>, before: StmtId) -> bool {
    let module = function.module();
    let of_context = |value: ExprId| {
        function.facts().any_origin(value, |id| {
            let key = key_in_context(module, id);
            key.is_some_and(|key| is_put_somewhere(function, key))
        })
    };
    let body = &module.block(function.declared().body).stmts;
    body.iter()
        .take_while(|&&stmt| stmt != before)
        .any(|&stmt| {
            let Stmt::If { test, then, .. } = module.stmt(stmt) else {
                return false;
            };
            let last = module.block(then).stmts.last();
            match last.map(|&last| module.stmt(last)) {
                Some(Stmt::Return(Some(value))) => of_context(value) && of_context(test),
                _ => false,
            }
        })
}

/// The key that is looked up in the receiver's context: `self.context.get("totals")`.
fn key_in_context(module: &Module, lookup: ExprId) -> Option<&str> {
    let (object, key) = match module.expr(lookup) {
        Expr::Index { object, index } => (object, index),
        Expr::Call { callee, args, .. } => match module.expr(callee) {
            Expr::Member { object, .. } => (object, *module.list(args).first()?),
            _ => return None,
        },
        _ => return None,
    };
    let (Expr::Member { object, name }, Expr::String(key)) =
        (module.expr(object), module.expr(key))
    else {
        return None;
    };
    let is_context = module.text(name) == "context" && module.receiver_class(object).is_some();
    is_context.then(|| module.text(key))
}

/// Whether some map of the project is given a value by a key.
fn is_put_somewhere(function: Function<'_>, key: &str) -> bool {
    let mut units = function.program.world.units.iter();
    units.any(|unit| {
        let module = &unit.facts.module;
        let Some(key) = module.name(key) else {
            return false;
        };
        (0..module.expr_count() as u32).any(|id| match module.expr(ExprId(id)) {
            Expr::Map(entries) => module.list(entries).iter().any(
                |&entry| matches!(module.expr(entry), Expr::Keyword { name, .. } if name == key),
            ),
            Expr::Assign { target, .. } => matches!(module.expr(target), Expr::Index { index, .. }
                if module.expr(index) == Expr::String(key)),
            _ => false,
        })
    })
}

/// Whether the row is part of what an expression is made of.
fn depends_on_row(function: Function<'_>, per_row: PerRow<'_>, expr: ExprId) -> bool {
    function.params_of(expr) & (1 << per_row.param.min(31)) != 0
}

/// What all findings of one per-row function say.
fn describe(function: Function<'_>, per_row: PerRow<'_>, finding: &mut Finding) {
    let head = Place {
        file: function.file,
        span: function.declared().name_span,
    };
    finding
        .cost("1 + n queries")
        .related(head, per_row.model.caller.clone())
        .help(per_row.model.help.clone());
}

/// Queries that the function makes of its row.
fn check_acts(function: Function<'_>, per_row: PerRow<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let mut reported: Vec<String> = Vec::new();
    for act in function.acts() {
        if growing_loop(&function.loops_around(act.lp)).is_some() {
            continue;
        }
        let effects = super::n_plus_one::READS.iter();
        let found = effects.copied().find_map(|effect| {
            let found = function.effect_of(act, effect)?;
            Some((effect, found))
        });
        let Some((effect, found)) = found else {
            continue;
        };
        let depends = depends_on_row(function, per_row, act.expr);
        let last = function.final_act(act, found);
        let is_merged = matches!(
            &last.kind,
            ActKind::Effect {
                batched: Some(_),
                ..
            }
        );
        if !depends || is_merged || is_for_other_class(function, per_row, act, found) {
            continue;
        }
        if per_row.model.listed && is_left_to_rows(function, act.stmt) {
            reporter.because(act.expr, FALLBACK);
            continue;
        }
        let mut name = function.callee_text(act.expr);
        if name.is_empty() {
            name = function.name().unwrap_or_default();
        }
        // A helper that serves all fields of a class is one thing to change.
        if reported.contains(&name) || is_called_before(function, &name) {
            continue;
        }
        let verb = match effect {
            Effect::Remote => "calls another service",
            Effect::CacheRead => "reads the cache server",
            _ => "queries",
        };
        let looks_first = per_row.model.listed && asks_first(function);
        let is_doubtful = looks_first
            || may_be_loaded(function, per_row, act.stmt)
            || admits_one(function, per_row, act.stmt)
            || is_fallback(function, act, found)
            || effect == Effect::CacheRead && super::n_plus_one::fills_cache(function, act, found)
            || is_asked_of_one(function, per_row)
            || answers_arguments(function, per_row)
            || is_never_listed(function, per_row)
            || asks_for_part(function, per_row, act.expr)
            || pages_what_grows(function, per_row, act.expr)
            || locks_row(function, act, found)
            || spares_staff(function, act, found)
            || spares_lists(function, act, found)
            || per_row.model.listed && finds_in_context(function, act, found)
            || per_row.model.listed && is_cut_everywhere(function)
            || leads_back(function)
            || function.context() == Context::Script;
        let confidence = if is_doubtful {
            Confidence::Low
        } else {
            found.confidence.min(Confidence::Medium)
        };
        let message = format!("`{name}` {verb} once per row: {}", per_row.model.caller);
        let finding = reporter.report(module.span(act.expr), confidence, message);
        describe(function, per_row, finding);
        if found.via.is_some() {
            finding.related.extend(function.evidence(found));
        }
        reported.push(name);
    }
}

/// Whether a query is sent only for rows of a class that those of the serializer are not of:
/// `if isinstance(instance, Base)`.
fn is_for_other_class(
    function: Function<'_>,
    per_row: PerRow<'_>,
    act: &Act,
    found: ActEffect,
) -> bool {
    let world = &function.program.world;
    let Some(rows) = per_row.entity else {
        return false;
    };
    guarded_calls(function, act, found).any(|asked| {
        let is_row = asked.caller.reference() == function.reference()
            && is_row(function, per_row, asked.given);
        let Base::Class(wanted) = asked.callee.type_of(asked.guard.class).base else {
            return false;
        };
        let is_one = world.above(rows).contains(&wanted);
        is_row && asked.guard.if_instance && !is_one && !world.above(wanted).contains(&rows)
    })
}

/// A call on the way to a query whose callee asks for the class of what it is handed.
struct GuardedCall<'p> {
    caller: Function<'p>,
    callee: Function<'p>,
    guard: ClassGuard,
    /// What is handed over.
    given: ExprId,
}

fn guarded_calls<'p>(
    function: Function<'p>,
    act: &'p Act,
    found: ActEffect,
) -> impl Iterator<Item = GuardedCall<'p>> {
    let chain = function.chain(act, found);
    let callees = chain.clone().into_iter().skip(1);
    let calls = chain.into_iter().zip(callees);
    calls.filter_map(|((caller, call), (callee, asked))| {
        let (Some(guard), ActKind::Call(target)) = (asked.class_guard, &call.kind) else {
            return None;
        };
        let given = caller.argument_for(call.expr, *target, guard.param)?;
        Some(GuardedCall {
            caller,
            callee,
            guard,
            given,
        })
    })
}

/// Whether a resolver of a map answers by what its field is asked with: a range, a page, a filter.
/// Such fields are asked of one parent, as a rule, and no loader has an answer for many.
fn answers_arguments(function: Function<'_>, per_row: PerRow<'_>) -> bool {
    let module = function.module();
    let declared = function.declared();
    let given = declared.params.get(usize::from(per_row.param) + 1);
    per_row.model.maps
        && given.is_some_and(|given| match module.expr(given.target) {
            Expr::Local(local) => {
                let mut exprs = declared.exprs.iter();
                exprs.any(|id| id != given.target && module.expr(id) == Expr::Local(local))
            }
            // Destructured: `(host, { limit, offset }) => …`
            _ => !module.bindings(given.target).is_empty(),
        })
}

/// Whether all fields that answer a resolver's type are asked with arguments, and none answers a
/// list of it: `sums: { type: Sums, args: { from: … }, resolve: … }`. What kind of a union or
/// interface a type is may be answered elsewhere.
fn is_never_listed(function: Function<'_>, per_row: PerRow<'_>) -> bool {
    const KINDS: &[&str] = &["interfaces", "isTypeOf"];
    let module = function.module();
    if !per_row.model.maps {
        return false;
    }
    let span = function.declared().span;
    let mut exprs = (0..module.expr_count() as u32).map(ExprId);
    let Some((name, made)) = exprs.find_map(|id| match module.expr(id) {
        Expr::Assign { target, value, .. } if module.span(value).contains(span) => {
            let Expr::Call { callee, args, .. } = module.expr(value) else {
                return None;
            };
            let is_type = module.last_name(callee) == Some("GraphQLObjectType");
            is_type.then_some((module.last_name(target)?, *module.list(args).first()?))
        }
        _ => None,
    }) else {
        return false;
    };
    let has_key = |module: &Module, entries: &[ExprId], keys: &[&str]| {
        entries.iter().any(|&entry| {
            matches!(module.expr(entry), Expr::Keyword { name, .. }
                if keys.contains(&module.text(name)))
        })
    };
    let Expr::Map(entries) = module.expr(made) else {
        return false;
    };
    if has_key(module, module.list(entries), KINDS) {
        return false;
    }
    let mut is_answered = false;
    for unit in &function.program.world.units {
        let module = &unit.facts.module;
        if module.name(name).is_none() {
            continue;
        }
        for id in (0..module.expr_count() as u32).map(ExprId) {
            let Expr::Map(entries) = module.expr(id) else {
                continue;
            };
            let entries = module.list(entries);
            let answered = entries.iter().find_map(|&entry| match module.expr(entry) {
                Expr::Keyword { name: key, value } if module.text(key) == "type" => {
                    Answered::of(module, value, name)
                }
                _ => None,
            });
            match answered {
                Some(Answered::Listed) => return false,
                Some(Answered::Alone) if !has_key(module, entries, &["args"]) => return false,
                _ => is_answered |= answered.is_some(),
            }
        }
    }
    is_answered
}

/// How a field answers a type.
#[derive(Clone, Copy)]
enum Answered {
    Alone,
    Listed,
}

impl Answered {
    /// What a field's type is made of a type with a name: `new GraphQLNonNull(Sums)`.
    fn of(module: &Module, ty: ExprId, name: &str) -> Option<Self> {
        const MAX_WRAPS: usize = 4;
        let mut at = ty;
        let mut answered = Self::Alone;
        for _ in 0..MAX_WRAPS {
            at = match module.expr(at) {
                Expr::Call { callee, args, .. } => {
                    if module.last_name(callee) == Some("GraphQLList") {
                        answered = Self::Listed;
                    }
                    match module.list(args) {
                        &[only] => only,
                        _ => return None,
                    }
                }
                _ => return (module.last_name(at) == Some(name)).then_some(answered),
            };
        }
        None
    }
}

/// Whether an expression is the row itself.
fn is_row(function: Function<'_>, per_row: PerRow<'_>, expr: ExprId) -> bool {
    let module = function.module();
    let Expr::Local(local) = module.expr(expr) else {
        return false;
    };
    let local = module.local(local);
    local.function == function.id && local.kind == LocalKind::Param(per_row.param)
}

/// Whether all that the field was asked with is handed on along with rows that grow: no one query
/// has a page of each parent's.
fn pages_what_grows(function: Function<'_>, per_row: PerRow<'_>, call: ExprId) -> bool {
    let module = function.module();
    let Expr::Call { args, .. } = module.expr(call) else {
        return false;
    };
    let params = &function.declared().params;
    let is_rest = |&arg: &ExprId| match module.expr(arg) {
        Expr::Local(local) => {
            let local = module.local(local);
            matches!(local.kind, LocalKind::Param(param) if local.function == function.id
                && params[usize::from(param)].kind == ParamKind::KeywordRest)
        }
        _ => false,
    };
    let args = module.list(args);
    let grows = |&arg: &ExprId| {
        function.facts().any_origin(arg, |id| {
            matches!(module.expr(id), Expr::Member { object, name }
                if words::is_growing(module.text(name)) && depends_on_row(function, per_row, object))
        })
    };
    args.iter().any(is_rest) && args.iter().any(grows)
}

/// Whether a function on the way to the query has answered by then for the few who run the
/// program: `if user.is_staff: return []`.
fn spares_staff(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    function.chain(act, found).into_iter().any(|(at, act)| {
        let module = at.module();
        let leaves = |stmt| matches!(stmt, Stmt::Return(_));
        let names_staff = |test: ExprId, outcome: bool| {
            let is_flag = !outcome
                && at.facts().any_origin(test, |id| {
                    matches!(module.expr(id), Expr::Member { name, .. }
                        if words::is_staff_flag(module.text(name)))
                });
            is_flag.then_some(())
        };
        deciding(module, act.stmt, leaves, names_staff).is_some()
    })
}

/// Whether the query locks its row, which is then changed.
fn locks_row(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    let (at, last) = function.final_site(act, found);
    function.effect_of(act, Effect::DbWrite).is_some() && takes_lock(at, last.expr)
}

/// Whether a function on the way to the query answers lists from memory, and what it is handed is
/// not known to be a query.
fn spares_lists(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    guarded_calls(function, act, found).any(|asked| {
        let module = asked.caller.module();
        let is_list = asked.callee.module().last_name(asked.guard.class) == Some("list");
        let is_handed_on = || {
            matches!(module.expr(asked.given), Expr::Local(local)
                if matches!(module.local(local).kind, LocalKind::Param(_)))
                && !matches!(asked.caller.type_of(asked.given).base, Base::Model(..))
        };
        is_list && !asked.guard.if_instance && is_handed_on()
    })
}

/// Whether a method of the serializer that is called for the query looks into its context first.
fn finds_in_context(function: Function<'_>, act: &Act, found: ActEffect) -> bool {
    function
        .chain(act, found)
        .into_iter()
        .skip(1)
        .any(|(at, _)| {
            let module = at.module();
            at.declared().exprs.iter().any(|id| {
                matches!(module.expr(id), Expr::Member { object, name }
                if module.text(name) == "context" && module.receiver_class(object).is_some())
            })
        })
}

/// Whether all calls of the serializer for many rows cut them to a few that are written.
fn is_cut_everywhere(function: Function<'_>) -> bool {
    let program = function.program;
    let Some(class) = function.declared().class else {
        return false;
    };
    let serializer = ClassRef {
        file: function.file,
        class,
    };
    let calls = program.calls_for_many_of(serializer);
    !calls.is_empty()
        && calls.into_iter().all(|(file, rows)| {
            let rows_in = program.owner(file, rows);
            is_cut_short(rows_in, rows)
        })
}

/// Whether the resolver answers the object whose list its parents come from: that was asked for
/// on the way.
fn leads_back(function: Function<'_>) -> bool {
    let at = function.reference();
    function.program.world.leads_back(at)
}

/// Relations that the function reads of its row.
fn check_reads(function: Function<'_>, per_row: PerRow<'_>, reporter: &mut Reporter<'_>) {
    let program = function.program;
    let module = function.module();
    let row = Root::Param(function.id, per_row.param);
    let mut reported: Vec<RelationId> = Vec::new();
    for read in function.reads() {
        let first = read.source.path[0];
        let relation = program.world.entities.get(first);
        if read.source.root != row || !relation.lazy || reported.contains(&first) {
            continue;
        }
        let message = format!(
            "`{}` reads `{}` of each row, a query each: {}",
            function.callee_text(read.expr),
            relation.name,
            per_row.model.caller
        );
        let is_fallback = function
            .facts()
            .context_of(read.expr)
            .is_some_and(|(_, _, stmt)| depends_on_attribute(function, stmt));
        let confidence = if is_fallback {
            Confidence::Low
        } else {
            read.confidence.min(Confidence::Medium)
        };
        let finding = reporter.report(module.span(read.expr), confidence, message);
        describe(function, per_row, finding);
        evidence(function, read, |place, text| {
            finding.related(place, text);
        });
        reported.push(first);
    }
}

/// What the columns of a table read and its query does not load.
fn check_listing(function: Function<'_>, listing: &Listing, reporter: &mut Reporter<'_>) {
    let program = function.program;
    let Some((_, first)) = listing.lacks.first() else {
        return;
    };
    let place = program.place_of_column(*first);
    let module = &program.world.unit(listing.class.file).facts.module;
    let class = module.class(listing.class.class);
    let name = class.name.map_or("the class", |name| module.text(name));
    let relations: Vec<String> = listing
        .lacks
        .iter()
        .map(|(read, _)| format!("`{}`", relation_text(program, &read.path)))
        .collect();
    let message = format!(
        "`{name}` lists rows without {}, which its columns read of each row",
        super::listed(&relations)
    );
    let span = if place.file == function.file {
        place.span
    } else {
        class.name_span
    };
    // Who names no columns has given the table little thought, and looks at it rarely; so it is
    // with what people set by hand.
    let confidence = if listing.is_bare || shows_settings(program, listing) {
        Confidence::Low
    } else {
        Confidence::Medium
    };
    let finding = reporter.report(span, confidence, message);
    finding.cost("1 + n queries");
    for (read, _) in listing.lacks.iter().take(MAX_SHOWN) {
        let text = relation_text(program, &read.path);
        finding.related(
            read.place,
            format!("column `{}` reads `{text}` here", read.field),
        );
    }
    let paths = listing.lacks.iter().map(|(read, _)| &read.path[..]);
    finding.help(preloads(program, paths));
}

/// Whether a table holds what people set by hand, or leads to that.
fn shows_settings(program: &Program, listing: &Listing) -> bool {
    let entities = &program.world.entities;
    let is_set = |class: ClassRef| {
        let name = program.world.class_name(class);
        name.is_some_and(words::holds_settings)
    };
    listing.lacks.iter().all(|(read, _)| {
        let relation = entities.get(read.path[0]);
        is_set(relation.owner) || relation.target.is_some_and(is_set)
    })
}

/// What the serializer of a view reads and the view's query does not load.
fn check_view(function: Function<'_>, view: &ListView, reporter: &mut Reporter<'_>) {
    let program = function.program;
    let reads = program.serializer_reads(view.serializer);
    let mut missing: Vec<(&FieldRead, usize)> = Vec::new();
    for read in &reads {
        let Some(at) = program.first_missing(&read.path, &view.loaded) else {
            continue;
        };
        let is_known = missing
            .iter()
            .any(|(known, i)| known.path[..=*i] == read.path[..=at]);
        if !is_known {
            missing.push((read, at));
        }
    }
    if missing.is_empty() {
        return;
    }
    let world = &program.world;
    let name_of = |class: ClassRef| world.class_name(class).unwrap_or("the class");
    let relations: Vec<String> = missing
        .iter()
        .map(|(read, at)| format!("`{}`", relation_text(program, &read.path[..=*at])))
        .collect();
    let shown = super::listed(&relations);
    let place = Place {
        file: view.query.file,
        span: world
            .unit(view.query.file)
            .facts
            .module
            .span(view.query.expr),
    };
    let message = format!(
        "`{}` lists rows without {shown}, which `{}` reads of each row",
        view.name,
        name_of(view.serializer)
    );
    let is_here = place.file == function.file;
    let span = if is_here { place.span } else { view.place.span };
    let asked = program.owner(view.query.file, view.query.expr);
    let rows = name_of(view.serializer);
    let rows = rows.strip_suffix("Serializer").unwrap_or(rows);
    let is_few = words::holds_settings(rows)
        || words::holds_staff(rows)
        || why_few_shown(asked, view.query.expr).is_some()
        || why_few_listed(program, view).is_some()
        || has_short_pages(program, view);
    let confidence = if is_few {
        Confidence::Low
    } else {
        view.confidence
    };
    let finding = reporter.report(span, confidence, message);
    finding.cost("1 + n queries");
    if !is_here {
        finding.related(place, "the rows are asked for here");
    }
    for (read, at) in missing.iter().take(MAX_SHOWN) {
        let text = relation_text(program, &read.path[..=*at]);
        finding.related(
            read.place,
            format!("field `{}` reads `{text}` here", read.field),
        );
    }
    let paths = missing.iter().map(|(read, _)| &read.path[..]);
    finding.help(preloads(program, paths));
}
