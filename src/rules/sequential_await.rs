//! `sequential-await`: two or more awaits in a row of which the later does not need the
//! earlier.

use std::cell::OnceCell;

use super::{Reporter, Rule};
use crate::finding::Confidence;
use crate::ir::{BlockId, BlockOwner, Expr, ExprId, LocalId, Stmt, StmtId};
use crate::link::call_graph::{Act, ActKind};
use crate::link::models::Effect;
use crate::link::program::Function;
use crate::link::words;
use crate::source::Context;

pub(super) const RULE: Rule = Rule::per_function("sequential-await", check);

/// Calls followed to what throws.
const MAX_CALLS: u32 = 2;

fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    if function.declared().is_async || function.id == crate::ir::MODULE_BODY {
        awaits_inside_all(function, reporter);
    }
    if function.declared().is_async {
        awaits_in_a_row(function, reporter);
    }
}

/// `Promise.all([await a(), await b()])`: the array is built one element at a time.
fn awaits_inside_all(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    for site in function.facts().sites(function.id) {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        let is_all = matches!(module.expr(object), Expr::Name(n) if module.text(n) == "Promise")
            && matches!(module.text(name), "all" | "allSettled");
        let is_gather = module.text(name) == "gather";
        if !is_all && !is_gather {
            continue;
        }
        let elements = match module.list(args) {
            &[first] if is_all => match module.expr(first) {
                Expr::Sequence { elements, .. } => module.list(elements),
                _ => continue,
            },
            args if is_gather => args,
            _ => continue,
        };
        let awaits: Vec<ExprId> = elements
            .iter()
            .copied()
            .filter(|&e| matches!(module.expr(e), Expr::Await(_)))
            .collect();
        if elements.len() < 2 || awaits.is_empty() {
            continue;
        }
        if elements
            .iter()
            .any(|&element| asks_transaction(function, element))
        {
            reporter.because(site.expr, "a transaction does one thing at a time");
            continue;
        }
        let whole = function.callee_text(site.expr);
        reporter
            .report(
                module.span(awaits[0]),
                Confidence::High,
                format!("`await` inside `{whole}` makes its elements run one after the other"),
            )
            .related(function.place_of(site.expr), "meant to run these together")
            .cost(format!("{} waits in a row instead of one", elements.len()))
            .help(format!(
                "remove the inner `await`: `{whole}` awaits its elements itself"
            ));
    }
}

/// One statement that awaits.
struct Wait {
    stmt: StmtId,
    expr: ExprId,
    value: ExprId,
    defines: Vec<LocalId>,
    /// Statements before it in its block that may leave the function.
    guards: usize,
    /// What it does, once that has been asked.
    nature: OnceCell<Nature>,
}

impl Wait {
    fn nature(&self, function: Function<'_>) -> &Nature {
        self.nature.get_or_init(|| nature(function, self))
    }

    /// Why those after it have to wait for it, if they do.
    fn stays(&self, function: Function<'_>) -> Option<&'static str> {
        if self.defines.is_empty() {
            return Some("the await before it is awaited for what it does, not for its result");
        }
        let nature = self.nature(function);
        if nature.changes || nature.waits {
            return Some("the await before it changes something, or waits on purpose");
        }
        let is_unknown = nature.reads.is_none();
        is_unknown.then_some("nothing says what the await before it waits for")
    }
}

fn awaits_in_a_row(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let mut open = vec![module.function(function.id).body];
    let mut blocks: Vec<BlockId> = Vec::new();
    while let Some(block) = open.pop() {
        blocks.push(block);
        for &stmt in &module.block(block).stmts {
            function.facts().push_blocks(stmt, &mut open);
        }
    }
    blocks.sort_unstable();
    for block in blocks {
        check_block(function, block, reporter);
    }
}

fn check_block(function: Function<'_>, block: BlockId, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let stmts = &module.block(block).stmts;
    let waits = stmts
        .iter()
        .filter(|&&stmt| wait_of(function, stmt, 0).is_some());
    if waits.take(2).count() < 2 && !reporter.explains() {
        return;
    }
    // The waits since the last statement that no await may move across.
    let mut row: Vec<Wait> = Vec::new();
    let mut reported: Option<Chain> = None;
    let mut guards = 0;
    let mut ended = "it is the first await of its block";
    for &stmt in stmts {
        let Some(wait) = wait_of(function, stmt, guards) else {
            if is_guard(function, stmt, &row) {
                guards += 1;
            } else if is_barrier(function, stmt, &row) {
                row.clear();
                reported = None;
                ended = "what stands before it may have to be done first: a branch, a call";
            }
            continue;
        };
        if let Some(chain) = &mut reported {
            chain.add(function, &wait, &row, reporter);
        } else {
            if row.is_empty() {
                reporter.because(wait.expr, ended);
            }
            for earlier in row.iter().rev() {
                match independent(function, earlier, &wait, &row) {
                    Ok((confidence, why)) => {
                        if let Some(why) = why {
                            reporter.because(wait.expr, why);
                        }
                        report(function, earlier, &wait, confidence, reporter);
                        reported = Some(Chain {
                            first: earlier.stmt,
                            finding: reporter.findings.len() - 1,
                            waits: 2,
                        });
                        break;
                    }
                    Err(why) => reporter.because(wait.expr, why),
                }
            }
        }
        match wait.stays(function) {
            Some(why) => {
                row.clear();
                ended = why;
            }
            None => row.push(wait),
        }
    }
}

/// The waits of one finding, all of which could start together.
struct Chain {
    first: StmtId,
    /// Its place among the findings of the reporter.
    finding: usize,
    waits: usize,
}

impl Chain {
    /// Names a further wait in the finding, if it could have started with the first one, too.
    fn add(
        &mut self,
        function: Function<'_>,
        wait: &Wait,
        row: &[Wait],
        reporter: &mut Reporter<'_>,
    ) {
        let Some(first) = row.iter().find(|earlier| earlier.stmt == self.first) else {
            return;
        };
        let finding = &mut reporter.findings[self.finding];
        match independent(function, first, wait, row) {
            Ok((confidence, _)) if confidence >= finding.confidence => {}
            _ => return,
        }
        self.waits += 1;
        let name = function.callee_text(wait.value);
        finding
            .related(
                function.place_of(wait.expr),
                format!("`{name}` waits as well and needs none of them"),
            )
            .cost(format!(
                "the sum of {} waits instead of the longest one",
                self.waits
            ))
            .help("start all of them, then await them together");
    }
}

fn report(
    function: Function<'_>,
    earlier: &Wait,
    later: &Wait,
    confidence: Confidence,
    reporter: &mut Reporter<'_>,
) {
    let module = function.module();
    let first = function.callee_text(earlier.value);
    let second = function.callee_text(later.value);
    let place = function.place_of(earlier.expr);
    reporter
        .report(
            module.span(later.expr),
            confidence,
            format!("`{second}` waits for `{first}` but does not need its result"),
        )
        .related(place, "this is awaited first")
        .cost("the sum of both waits instead of the longer one")
        .help("start both, then await them together");
}

/// The wait of a statement: `await f()`, `const x = await f()`.
fn wait_of(function: Function<'_>, stmt: StmtId, guards: usize) -> Option<Wait> {
    let module = function.module();
    let Stmt::Expr(expr) = module.stmt(stmt) else {
        return None;
    };
    let (mut at, defines) = match module.expr(expr) {
        Expr::Assign {
            op: None,
            target,
            value,
        } => {
            let mut defines = Vec::new();
            if let Expr::Local(local) = module.expr(target) {
                defines.push(local);
            }
            for binding in module.bindings(target) {
                if let Expr::Local(local) = module.expr(binding.target) {
                    defines.push(local);
                }
            }
            if defines.is_empty() {
                return None;
            }
            (value, defines)
        }
        _ => (expr, Vec::new()),
    };
    // `(await f()).x` and `(await f()) ?? y` wait as well.
    loop {
        match module.expr(at) {
            Expr::Await(value) => {
                return Some(Wait {
                    stmt,
                    expr: at,
                    value,
                    defines,
                    guards,
                    nature: OnceCell::new(),
                });
            }
            Expr::Member { object, .. } | Expr::Index { object, .. } => at = object,
            Expr::Logical { left, .. } => at = left,
            _ => return None,
        }
    }
}

/// Whether a statement leaves the function by what was read, and does nothing else:
/// `if (!user) { throw new NotFound(); }`. Not where what was read is the answer, as from a
/// cache: what follows is for when there is none.
fn is_guard(function: Function<'_>, stmt: StmtId, row: &[Wait]) -> bool {
    let module = function.module();
    let Stmt::If {
        then,
        otherwise: None,
        ..
    } = module.stmt(stmt)
    else {
        return false;
    };
    let last = module.block(then).stmts.last();
    let leaves =
        last.is_some_and(|&last| matches!(module.stmt(last), Stmt::Return(_) | Stmt::Throw(_)));
    let uses = function.program.uses(function.file);
    let is_answer = |&local: &LocalId| {
        let mut used = uses.of_name(local).iter();
        used.any(|&used| is_in(function, used, then))
    };
    if row.iter().any(|wait| wait.defines.iter().any(is_answer)) {
        return false;
    }
    // Its test may have effects of its own.
    leaves && !function.acts().iter().any(|act| act.stmt == stmt)
}

/// Whether an expression stands in a block or in one inside of it.
fn is_in(function: Function<'_>, expr: ExprId, block: BlockId) -> bool {
    let module = function.module();
    let Some((_, _, stmt)) = function.facts().context_of(expr) else {
        return false;
    };
    let mut at = module.block_of(stmt);
    loop {
        if at == block {
            return true;
        }
        at = match module.block(at).owner {
            BlockOwner::Stmt(owner) => module.block_of(owner),
            BlockOwner::Loop(lp) => module.block_of(module.lp(lp).stmt),
            BlockOwner::Function(_) | BlockOwner::Nothing => return false,
        };
    }
}

/// Whether later awaits must not move before this statement.
fn is_barrier(function: Function<'_>, stmt: StmtId, row: &[Wait]) -> bool {
    let module = function.module();
    match module.stmt(stmt) {
        Stmt::Expr(expr) => {
            // Plain computation may move; calls that change something may not.
            !row.is_empty() && has_unknown_effect(function, stmt, expr)
        }
        Stmt::Function(_) | Stmt::Class(_) | Stmt::Import(_) | Stmt::Empty => false,
        _ => true,
    }
}

/// Whether a statement does something that awaits must stay behind: an effect, or a call for
/// its effect alone.
fn has_unknown_effect(function: Function<'_>, stmt: StmtId, expr: ExprId) -> bool {
    let module = function.module();
    if matches!(module.expr(expr), Expr::Call { .. }) {
        return true;
    }
    let has_effect = |act: &Act| match act.kind {
        ActKind::Effect { .. } => true,
        ActKind::Call(target) => !function.program.summary(target).effects.is_empty(),
    };
    function
        .acts()
        .iter()
        .any(|act| act.stmt == stmt && has_effect(act))
        || matches!(module.expr(expr), Expr::Assign { target, .. }
            if !matches!(module.expr(target), Expr::Local(_) | Expr::Map(_) | Expr::Sequence { .. }))
}

/// How sure we are that `later` could have started with `earlier`, and why not more; why it could
/// not, if it could not.
fn independent(
    function: Function<'_>,
    earlier: &Wait,
    later: &Wait,
    row: &[Wait],
) -> Result<(Confidence, Option<&'static str>), &'static str> {
    const UNKNOWN: &str = "nothing says that one of the two waits for more than computing";
    let facts = function.facts();
    let module = function.module();
    // What the later one needs must be there when the earlier one starts.
    let mut needs: Vec<LocalId> = Vec::new();
    let from = row.iter().position(|w| w.stmt == earlier.stmt);
    let from = from.ok_or(UNKNOWN)?;
    for wait in &row[from..] {
        needs.extend(&wait.defines);
    }
    let depends = facts.any_origin(later.value, |id| {
        row[from..].iter().any(|wait| id == wait.expr)
            || matches!(module.expr(id), Expr::Local(local) if needs.contains(&local))
    });
    if depends {
        return Err("it needs the result of an await before it");
    }
    if later.defines.is_empty() && lets_pass(function, later) {
        return Err("it gives nothing, but stops what follows if it throws");
    }
    if in_transaction(function, later.stmt) {
        return Err("a transaction does one thing at a time");
    }
    let (first, second) = (earlier.nature(function), later.nature(function));
    if first.is_serial || second.is_serial {
        return Err("a session, transaction or connection does one thing at a time");
    }
    if shares_changed_argument(function, earlier, later) {
        return Err("the await before it may change what both are handed");
    }
    if first.changes || second.changes {
        return Err("one of the two changes something");
    }
    if first.waits || second.waits {
        return Err("one of the two waits on purpose");
    }
    // One of the two is not known to do anything but compute.
    let (Some(a), Some(b)) = (first.reads, second.reads) else {
        return Err(UNKNOWN);
    };
    // The later one may be meant only for what passes the guard, and a context may carry a
    // transaction.
    let why = if function.context() == Context::Script {
        Some(super::BY_HAND)
    } else if super::is_in_background(function) {
        Some(super::BACKGROUND)
    } else if super::is_for_staff(function) {
        Some(super::FOR_STAFF)
    } else if is_deletion(function) {
        Some("what is deleted is deleted once")
    } else if gives_nothing_used(function, earlier) {
        Some("nobody uses what the first one gives: without it there is nothing to wait for")
    } else if later.guards > earlier.guards
        || is_check(function, earlier.value)
        || finds_or_throws(function, earlier.value)
        || checks_first(function, earlier)
    {
        Some("it may be meant only for what passes the check before it")
    } else if super::takes_context(module, earlier.value)
        && super::takes_context(module, later.value)
        || spreads_same(function, earlier.value, later.value)
    {
        Some("the context of both may carry a transaction")
    } else if is_before_change(function, later) {
        Some("something is changed after it: who waits for that waits for more than two reads")
    } else if a.min(b) == Confidence::Low {
        Some("one of the two may read for some arguments only")
    } else {
        None
    };
    let confidence = match why {
        Some(_) => Confidence::Low,
        None => a.min(b),
    };
    Ok((confidence, why))
}

/// Whether two calls take the same options among others: `{ ...options, limit: 1 }`.
fn spreads_same(function: Function<'_>, earlier: ExprId, later: ExprId) -> bool {
    let module = function.module();
    let spread = |call: ExprId| -> Vec<LocalId> {
        let Expr::Call { args, .. } = module.expr(call) else {
            return Vec::new();
        };
        let maps = module
            .list(args)
            .iter()
            .filter_map(|&arg| match module.expr(arg) {
                Expr::Map(entries) => Some(module.list(entries)),
                _ => None,
            });
        maps.flatten()
            .filter_map(|&entry| match module.expr(entry) {
                Expr::Spread(inner) => match module.expr(inner) {
                    Expr::Local(local) => Some(local),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    };
    let earlier = spread(earlier);
    spread(later).iter().any(|local| earlier.contains(local))
}

/// Whether the function changes rows after a wait.
fn is_before_change(function: Function<'_>, wait: &Wait) -> bool {
    let mut acts = function.acts().iter();
    acts.any(|act| {
        act.expr.0 > wait.expr.0
            && [Effect::DbWrite, Effect::Commit]
                .iter()
                .any(|&effect| function.effect_of(act, effect).is_some())
    })
}

/// Whether a function deletes, by its name or by the request, command or call that it answers.
fn is_deletion(function: Function<'_>) -> bool {
    let own = function.reference();
    let mut entries = function.program.entry_points.iter();
    function.name().is_some_and(|name| words::takes_away(&name))
        || entries.any(|entry| {
            let path = entry.path.as_deref().unwrap_or_default();
            let last = path.rsplit(['.', '/']).next().unwrap_or_default();
            entry.function == Some(own)
                && (entry.method.as_deref() == Some("DELETE") || words::takes_away(last))
        })
}

/// Whether a call is named after a check that throws: what follows is meant for what passes it.
fn is_check(function: Function<'_>, call: ExprId) -> bool {
    let name = function.callee_path(call).pop().unwrap_or_default();
    let end = name.find(|c: char| c == '_' || c.is_ascii_uppercase());
    matches!(
        &name[..end.unwrap_or(name.len())],
        "verify" | "assert" | "ensure" | "check" | "authorize" | "require" | "validate" | "can"
    )
}

/// Whether a function of the project says by its name that it throws where there is nothing:
/// `findBookOrThrow(…)`.
fn finds_or_throws(function: Function<'_>, call: ExprId) -> bool {
    let name = function.callee_path(call).pop().unwrap_or_default();
    let is_own = || {
        let mut acts = function.acts().iter();
        acts.any(|act| act.expr == call && matches!(act.kind, ActKind::Call(_)))
    };
    (name.ends_with("OrThrow") || name.ends_with("_or_raise") || name.ends_with("_or_404"))
        && is_own()
}

/// Whether what is called throws by itself on a condition, and nobody uses what it gives or it is
/// what people may do: what follows is meant for what passes.
fn checks_first(function: Function<'_>, wait: &Wait) -> bool {
    (names_a_right(function, wait.value) || !is_used(function, wait))
        && function.acts().iter().any(|act| match act.kind {
            ActKind::Call(target) if act.expr == wait.value => {
                throws_on_condition(function.program.function(target), MAX_CALLS)
            }
            _ => false,
        })
}

/// Whether any of the names that a result gets is mentioned again.
fn is_used(function: Function<'_>, wait: &Wait) -> bool {
    let uses = function.program.uses(function.file);
    let mut defined = wait.defines.iter();
    defined.any(|&local| !uses.of_name(local).is_empty())
}

/// Whether a result is named, and the name is not mentioned again.
fn gives_nothing_used(function: Function<'_>, wait: &Wait) -> bool {
    !wait.defines.is_empty() && !is_used(function, wait)
}

/// Whether a call is named after what people may do: `memberRole()`.
fn names_a_right(function: Function<'_>, call: ExprId) -> bool {
    let name = function.callee_path(call).pop().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    ["access", "authentication", "permission", "role"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether an await is there for what it throws: by its name, or because what is called throws on
/// a condition.
fn lets_pass(function: Function<'_>, wait: &Wait) -> bool {
    is_check(function, wait.value)
        || function.acts().iter().any(|act| match act.kind {
            ActKind::Call(target) if act.expr == wait.value => {
                throws_on_condition(function.program.function(target), 0)
            }
            _ => false,
        })
}

/// Whether a function, or one that it calls, throws in some branch of it.
fn throws_on_condition(function: Function<'_>, calls: u32) -> bool {
    const MAX_ACTS: usize = 12;
    let module = function.module();
    let body = module.function(function.id).body;
    let mut open = vec![body];
    while let Some(block) = open.pop() {
        for &stmt in &module.block(block).stmts {
            if block != body && matches!(module.stmt(stmt), Stmt::Throw(_)) {
                return true;
            }
            function.facts().push_blocks(stmt, &mut open);
        }
    }
    let mut acts = function.acts().iter().take(MAX_ACTS);
    calls < MAX_CALLS
        && acts.any(|act| match act.kind {
            ActKind::Call(target) => {
                throws_on_condition(function.program.function(target), calls + 1)
            }
            ActKind::Effect { .. } => false,
        })
}

/// What an awaited call does.
#[derive(Default)]
struct Nature {
    reads: Option<Confidence>,
    changes: bool,
    waits: bool,
    is_serial: bool,
}

fn nature(function: Function<'_>, wait: &Wait) -> Nature {
    let mut nature = Nature::default();
    for act in function.acts().iter().filter(|act| act.stmt == wait.stmt) {
        for effect in [
            Effect::DbWrite,
            Effect::RemoteWrite,
            Effect::Commit,
            Effect::CacheWrite,
            Effect::Process,
        ] {
            nature.changes |= function.effect_of(act, effect).is_some();
        }
        for effect in [Effect::Sleep, Effect::Lock] {
            nature.waits |= function.effect_of(act, effect).is_some();
        }
        for effect in [Effect::DbRead, Effect::Remote, Effect::CacheRead] {
            if let Some(found) = function.effect_of(act, effect) {
                // A function that reads may do so for some arguments only.
                let confidence = match found.via {
                    Some(_) if !act.is_off_thread && function.surely_has(act, effect) => {
                        found.confidence.min(Confidence::Medium)
                    }
                    Some(_) => Confidence::Low,
                    None => found.confidence,
                };
                nature.reads = nature.reads.max(Some(confidence));
            }
        }
        nature.is_serial |= super::is_serial(function, act);
        nature.is_serial |= super::is_in_transaction(function.module(), act.expr);
    }
    nature.is_serial |= super::mentions_serial_value(function, wait.value);
    nature.is_serial |= asks_transaction(function, wait.value);
    nature
}

/// Whether a call starts from what is a transaction by its name or by that of its declared type:
/// `tx.order.findMany()`, `db: ClientOrTransaction`.
fn asks_transaction(function: Function<'_>, call: ExprId) -> bool {
    let module = function.module();
    let mut at = call;
    loop {
        at = match module.expr(at) {
            Expr::Call { callee, .. } => callee,
            Expr::Await(inner) => inner,
            Expr::Member { object, .. } | Expr::Index { object, .. } => object,
            Expr::Local(local) => {
                let declared = module.local(local);
                let is_named = matches!(module.text(declared.name), "transaction" | "trx" | "tx");
                let mut open: Vec<ExprId> = declared.annotation.into_iter().collect();
                while let Some(part) = open.pop() {
                    let name = module.last_name(part).unwrap_or_default();
                    if name.contains("Transaction") {
                        return true;
                    }
                    module.for_each_part(part, |part| open.push(part));
                }
                return is_named;
            }
            _ => return false,
        };
    }
}

/// Whether both calls get the same object, which the earlier may change.
fn shares_changed_argument(function: Function<'_>, earlier: &Wait, later: &Wait) -> bool {
    let module = function.module();
    let arguments = |call: ExprId| -> Vec<LocalId> {
        match module.expr(call) {
            Expr::Call { args, .. } => module
                .list(args)
                .iter()
                .filter_map(|&arg| match module.expr(arg) {
                    Expr::Local(local) => Some(local),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    };
    // A call for its effect alone is made to change what it is given.
    if !earlier.defines.is_empty() {
        return false;
    }
    let first = arguments(earlier.value);
    arguments(later.value)
        .iter()
        .any(|local| first.contains(local))
}

/// Whether a statement stands in the callback of a transaction or under its `with`.
fn in_transaction(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let mut block = module.block_of(stmt);
    while let BlockOwner::Stmt(owner) = module.block(block).owner {
        if let Stmt::With { items, .. } = module.stmt(owner) {
            let is_transaction = module.list(items).iter().any(|&item| {
                let text = function.callee_text(match module.expr(item) {
                    Expr::Assign { value, .. } => match module.expr(value) {
                        Expr::Entered(inner) => inner,
                        _ => value,
                    },
                    _ => item,
                });
                ["transaction", "atomic", "begin", "lock"]
                    .iter()
                    .any(|word| text.to_ascii_lowercase().contains(word))
            });
            if is_transaction {
                return true;
            }
        }
        block = module.block_of(owner);
    }
    false
}
