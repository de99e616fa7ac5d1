//! The rules: questions to the linked program, answered as findings.
//!
//! A rule cannot fail, does no I/O and knows no library by name. Its documentation, category
//! and severity stand on its page, `rules/<id>.md`.

mod asked;
mod await_in_loop;
mod blocking_in_async;
mod bulk_forms;
mod cache_without_expiry;
mod connection_per_request;
mod deep_offset;
mod default_pool;
mod eager_route;
mod fallback;
mod few_elements;
mod few_rows;
mod handed_over;
mod indexes;
mod invariance;
mod kinds;
mod lazy_relation;
mod leading_wildcard_like;
mod leaked_listener;
mod linear_search_in_loop;
mod loop_invariant_work;
mod lru_cache_on_method;
mod makers;
mod missing_cache_headers;
mod missing_compression;
mod missing_pagination;
mod n_plus_one;
mod non_sargable_predicate;
mod over_fetch;
mod per_row;
mod polling_query;
mod quadratic_accumulation;
mod quadratic_loop;
mod rare;
mod redundant_index;
mod repeated_query;
mod repeated_recursion;
mod request_lists;
mod seldom;
mod select_star;
mod sequential_await;
mod short_pages;
mod silence;
mod sort_in_loop;
mod unbounded_cache;
mod unbounded_concurrency;
mod unindexed_foreign_key;
mod unindexed_predicate;
mod unindexed_sort;
mod unit_of_work;
mod unoptimized_image;
mod unstable_props;
mod unstreamed_read;
mod whole_library_import;
mod whole_reads;
mod write_in_loop;

use std::cell::OnceCell;
use std::rc::Rc;

use rayon::prelude::*;

pub use silence::explain;

use crate::finding::{Confidence, Finding, Related, RuleId, Severity};
use crate::ir::{BinaryOp, Expr, ExprId, LocalId, LoopId, Module, Stmt, UnaryOp};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::cardinality::Cardinality;
use crate::link::fetches::{Fetch, Scope};
use crate::link::infer::Typer;
use crate::link::models::Effect;
use crate::link::program::{Function, Loop, Program};
use crate::link::types::Base;
use crate::link::words;
use crate::source::{FileId, Place, Span};

/// The catalogue, in the order of `slowpath rules`.
pub const ALL: &[Rule] = &[
    n_plus_one::RULE,
    write_in_loop::RULE,
    repeated_query::RULE,
    missing_pagination::RULE,
    over_fetch::RULE,
    unstreamed_read::RULE,
    select_star::RULE,
    connection_per_request::RULE,
    default_pool::RULE,
    unindexed_predicate::RULE,
    unindexed_foreign_key::RULE,
    unindexed_sort::RULE,
    non_sargable_predicate::RULE,
    leading_wildcard_like::RULE,
    deep_offset::RULE,
    redundant_index::RULE,
    sequential_await::RULE,
    await_in_loop::RULE,
    unbounded_concurrency::RULE,
    blocking_in_async::RULE,
    quadratic_loop::RULE,
    linear_search_in_loop::RULE,
    quadratic_accumulation::RULE,
    sort_in_loop::RULE,
    loop_invariant_work::RULE,
    repeated_recursion::RULE,
    unbounded_cache::RULE,
    cache_without_expiry::RULE,
    leaked_listener::RULE,
    lru_cache_on_method::RULE,
    whole_library_import::RULE,
    eager_route::RULE,
    unoptimized_image::RULE,
    unstable_props::RULE,
    missing_compression::RULE,
    polling_query::RULE,
    missing_cache_headers::RULE,
];

/// A rule: its id and its check.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The id: the name of its page.
    pub id: RuleId,
    check: Check,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// One function at a time.
    Function(fn(Function<'_>, &mut Reporter<'_>)),
    /// The whole program.
    Program(for<'p> fn(&'p Program, &mut Reporter<'p>)),
}

impl Rule {
    /// A rule that looks at one function at a time.
    const fn per_function(id: RuleId, check: fn(Function<'_>, &mut Reporter<'_>)) -> Self {
        Self {
            id,
            check: Check::Function(check),
        }
    }

    /// A rule that looks at the whole program, for findings that several functions share.
    const fn per_program(id: RuleId, check: for<'p> fn(&'p Program, &mut Reporter<'p>)) -> Self {
        Self {
            id,
            check: Check::Program(check),
        }
    }
}

/// Runs rules over a program. Findings come in file order; category and severity are those of
/// the page, given by `page_of`.
pub fn run(
    program: &Program,
    rules: &[RuleId],
    page_of: impl Fn(RuleId) -> (&'static str, Severity),
) -> Vec<Finding> {
    let rules: Vec<(&Rule, &'static str, Severity)> = ALL
        .iter()
        .filter(|rule| rules.contains(&rule.id))
        .map(|rule| {
            let (category, severity) = page_of(rule.id);
            (rule, category, severity)
        })
        .collect();
    let per_function = || -> Vec<Finding> {
        program
            .world
            .par_files()
            .flat_map_iter(|file| {
                let mut findings = Vec::new();
                for function in program.functions(file) {
                    let shared = Rc::new(Shared::new(function));
                    for &(rule, category, severity) in &rules {
                        let Check::Function(check) = rule.check else {
                            continue;
                        };
                        let mut reporter = Reporter {
                            rule: rule.id,
                            category,
                            severity,
                            function,
                            file: None,
                            shared: Rc::clone(&shared),
                            findings: Vec::new(),
                            reasons: None,
                        };
                        check(function, &mut reporter);
                        findings.append(&mut reporter.findings);
                    }
                }
                findings
            })
            .collect()
    };
    let per_program = || -> Vec<Finding> {
        if program.world.units.is_empty() {
            return Vec::new();
        }
        rules
            .par_iter()
            .flat_map_iter(|&(rule, category, severity)| {
                let function = program.function_of_module(FileId(0));
                let mut reporter = Reporter {
                    rule: rule.id,
                    category,
                    severity,
                    function,
                    file: None,
                    shared: Rc::new(Shared::new(function)),
                    findings: Vec::new(),
                    reasons: None,
                };
                if let Check::Program(check) = rule.check {
                    check(program, &mut reporter);
                }
                reporter.findings
            })
            .collect()
    };
    program.prepare();
    let (mut findings, of_program) = rayon::join(per_function, per_program);
    findings.extend(of_program);
    findings.sort_by_key(|finding| finding.place.file);
    findings
}

/// Collects the findings of one rule in one function.
#[derive(Debug)]
pub(crate) struct Reporter<'p> {
    rule: RuleId,
    category: &'static str,
    severity: Severity,
    function: Function<'p>,
    /// The file, where the finding stands in no function.
    file: Option<FileId>,
    shared: Rc<Shared<'p>>,
    findings: Vec<Finding>,
    /// Why the rule says nothing, or not more surely, if somebody asks.
    reasons: Option<Vec<Reason>>,
}

/// What several rules ask of a function.
#[derive(Debug)]
struct Shared<'p> {
    function: Function<'p>,
    fetches: OnceCell<Rc<[Fetch<'p>]>>,
}

impl<'p> Shared<'p> {
    fn new(function: Function<'p>) -> Self {
        Self {
            function,
            fetches: OnceCell::new(),
        }
    }
}

/// Why a rule says nothing of a place, or is not sure of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reason {
    span: Span,
    why: &'static str,
}

impl<'p> Reporter<'p> {
    /// The reads of many rows that stand in the function that a rule looks at.
    fn fetches(&self) -> Rc<[Fetch<'p>]> {
        let Shared { function, fetches } = &*self.shared;
        Rc::clone(fetches.get_or_init(|| function.fetches().into()))
    }

    /// The same for findings of another function.
    fn within(&mut self, function: Function<'p>) -> &mut Self {
        self.function = function;
        self.file = None;
        self
    }

    /// The same for findings in a file that stand in no function of it.
    fn in_file(&mut self, file: FileId) -> &mut Self {
        self.file = Some(file);
        self
    }

    /// Whether anyone asks why a rule says nothing.
    fn explains(&self) -> bool {
        self.reasons.is_some()
    }

    /// Notes why the rule says nothing of an expression, or is not sure of it.
    fn because(&mut self, expr: ExprId, why: &'static str) {
        if let Some(reasons) = &mut self.reasons {
            let span = self.function.module().span(expr);
            reasons.push(Reason { span, why });
        }
    }

    /// The same of a span of the function's file.
    fn because_at(&mut self, span: Span, why: &'static str) {
        if let Some(reasons) = &mut self.reasons {
            reasons.push(Reason { span, why });
        }
    }

    /// Reports a finding at a span of the function's file. Add to it what is returned.
    fn report(&mut self, span: Span, confidence: Confidence, message: String) -> &mut Finding {
        let finding = Finding {
            rule: self.rule,
            category: self.category,
            severity: self.severity,
            confidence,
            place: Place {
                file: self.file.unwrap_or(self.function.file),
                span,
            },
            message,
            help: None,
            cost: None,
            function: match self.file {
                Some(_) => None,
                None => self.function.name(),
            },
            related: Vec::new(),
            fingerprint: String::new(),
        };
        self.findings.push(finding);
        self.findings.last_mut().expect("one was pushed")
    }
}

impl Finding {
    fn related(&mut self, place: Place, message: impl Into<String>) -> &mut Self {
        self.related.push(Related {
            place,
            message: message.into(),
        });
        self
    }

    fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    fn cost(&mut self, cost: impl Into<String>) -> &mut Self {
        self.cost = Some(cost.into());
        self
    }
}

/// The innermost of several loops that runs as often as the data grows, with what is known of
/// its size; loops over what is fixed in size are passed over, batches end the search.
fn growing_loop<'p>(loops: &[Loop<'p>]) -> Option<(Loop<'p>, Cardinality)> {
    for &lp in loops {
        match lp.cardinality() {
            Cardinality::Fixed => {}
            Cardinality::Batches => return None,
            size @ (Cardinality::Unknown | Cardinality::Rows) => return Some((lp, size)),
        }
    }
    None
}

/// Low confidence of what only a name tells.
const BY_NAME: &str = "what is called is known by its name alone";
/// Low confidence of what stands further away than one looks.
const DEEP: &str = "it stands too many calls away to be sure";
/// Low confidence of what is no part of a running service.
const BY_HAND: &str = "scripts are run by hand, once";
/// Low confidence of what comes from anywhere.
const UNKNOWN_SIZE: &str = "nothing says that the loop has many elements";

/// Why none of several loops runs as often as the data grows.
fn why_not_growing(loops: &[Loop<'_>]) -> &'static str {
    let mut sizes = loops.iter().map(|lp| lp.cardinality());
    if loops.is_empty() {
        "no loop repeats it"
    } else if sizes.any(|size| size == Cardinality::Batches) {
        "its loop goes through batches: each trip is for many elements"
    } else {
        "its loop makes a fixed number of trips"
    }
}

/// Adds to a finding the handler that leads to a function, if one does.
fn answers_requests(finding: &mut Finding, function: Function<'_>) {
    if let Some(handler) = function.reached().handler {
        let handler = function.program.function(handler);
        let name = handler.name().unwrap_or_else(|| "this".to_owned());
        finding.related(
            handler.place(handler.declared().name_span),
            format!("`{name}` answers requests"),
        );
    }
}

/// Low confidence of what nobody waits for.
const BACKGROUND: &str = "it runs in the background, where nobody waits for it";
/// Low confidence of what few people ask for.
const FOR_STAFF: &str = "pages for the few who run the program are rarely asked for";

/// Whether a function runs in the background: a job, or what is called by one and no request; what
/// a clock or another program asks for; what is run after the answer.
fn is_in_background(function: Function<'_>) -> bool {
    let has_handler = function.reached().handler.is_some();
    let path = &function.program.world.unit(function.file).path;
    is_unattended(function)
        || !has_handler && (words::is_in_background(path) || function.reached().job.is_some())
        || is_run_later(function)
        || asks_for_secret(function)
}

/// Whether a function stands where a clock asks for what it does, or is called from there alone.
fn is_unattended(function: Function<'_>) -> bool {
    is_only_from(function, &words::is_unattended)
}

/// Whether a function turns away whoever does not show a secret of the program's environment, as
/// programs and clocks do: `if (token !== process.env.CRON_SECRET) return …`.
fn asks_for_secret(function: Function<'_>) -> bool {
    const MAX_PARTS: usize = 32;
    let module = function.module();
    if module.name("env").is_none() {
        return false;
    }
    let is_secret = |side: ExprId| {
        let mut open = vec![side];
        let mut parts = 0;
        while let Some(part) = open.pop() {
            let path = function.callee_path(part);
            if path.contains(&"env") && path.last().is_some_and(|name| words::is_secret(name)) {
                return true;
            }
            parts += 1;
            if parts < MAX_PARTS {
                module.for_each_part(part, |part| open.push(part));
            }
        }
        false
    };
    let mut stmts = module.stmts();
    stmts.any(|stmt| {
        let Stmt::If { test, then, .. } = module.stmt(stmt) else {
            return false;
        };
        let last = module.block(then).stmts.last();
        function.declared().exprs.contains(test)
            && last
                .is_some_and(|&last| matches!(module.stmt(last), Stmt::Return(_) | Stmt::Throw(_)))
            && matches!(module.expr(test), Expr::Binary { op: BinaryOp::NotEqual, left, right }
                if is_secret(left) || is_secret(right))
    })
}

/// Whether a function stands in a file of such a path, or all functions that are seen to call it do
/// or are called by such functions alone.
fn is_only_from(function: Function<'_>, is_meant: &dyn Fn(&str) -> bool) -> bool {
    const MAX_CALLS: u32 = 4;
    let is_there =
        |function: Function<'_>| is_meant(&function.program.world.unit(function.file).path);
    is_or_serves(function, &is_there, MAX_CALLS)
}

/// Whether a function is such a one, or all that are seen to call it are, back for a number of calls.
fn is_or_serves(
    function: Function<'_>,
    is_meant: &dyn Fn(Function<'_>) -> bool,
    calls: u32,
) -> bool {
    if is_meant(function) {
        return true;
    }
    let callers = function.callers();
    calls > 0
        && !callers.is_empty()
        && callers
            .iter()
            .all(|&(caller, _)| is_or_serves(caller, is_meant, calls - 1))
}

/// Whether a function, or one that it stands in, is handed to what runs it after the answer.
fn is_run_later(function: Function<'_>) -> bool {
    let module = function.module();
    let mut at = function.id;
    loop {
        let declared = module.function(at);
        if declared
            .name
            .is_some_and(|name| words::is_later(module.text(name)))
        {
            return true;
        }
        let Some(parent) = declared.parent else {
            return false;
        };
        let is_it = |id: ExprId| module.expr(id) == Expr::Function(at);
        let takes_it = |&arg: &ExprId| match module.expr(arg) {
            Expr::Call { callee, .. } => is_it(callee),
            _ => is_it(arg),
        };
        let sites = function.facts().sites(parent);
        let is_later = sites.iter().any(|site| {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                return false;
            };
            let Some(name) = module.last_name(callee) else {
                return false;
            };
            words::is_later(name) && module.list(args).iter().any(takes_it)
        });
        if is_later {
            return true;
        }
        at = parent;
    }
}

/// The steps by which a query is built, from the last one back: `books.filter(…)`, `books.filter`,
/// `books`.
fn back_through(function: Function<'_>, rows: ExprId) -> impl Iterator<Item = ExprId> {
    let module = function.module();
    std::iter::successors(Some(rows), move |&at| match module.expr(at) {
        Expr::Await(inner) => Some(inner),
        Expr::Local(local) => function.facts().def_use.single_value(local),
        Expr::Member { object, .. } => Some(object),
        Expr::Call { callee, .. } => Some(callee),
        _ => None,
    })
}

/// Whether a function runs once, as the program starts, or all that are seen to call it do.
fn is_at_start(function: Function<'_>) -> bool {
    const MAX_CALLS: u32 = 4;
    let starts = |function: Function<'_>| {
        function
            .name()
            .is_some_and(|name| words::runs_at_start(&name))
    };
    is_or_serves(function, &starts, MAX_CALLS)
}

/// Whether a function serves the few who run the program, by the place of its file, of all that
/// call it, or by its class.
fn is_for_staff(function: Function<'_>) -> bool {
    is_only_from(function, &words::is_for_staff)
        || function
            .name()
            .is_some_and(|name| words::is_for_staff(&name))
        || asks_for_staff(function)
        || turns_others_away(function)
        || is_or_serves(function, &is_method_for_staff, MAX_CALLS_OF_STAFF)
}

/// Calls back from a function to the pages that lead to it.
const MAX_CALLS_OF_STAFF: u32 = 4;

/// Whether a function is a method of a class that asks for a permission which the few have that
/// run the program: `permission_classes = (IsSuperUser,)`.
fn is_method_for_staff(function: Function<'_>) -> bool {
    let module = function.module();
    let Some(class) = function.declared().class else {
        return false;
    };
    let mut fields = module.class(class).fields.iter();
    fields.any(|field| {
        let Some(Expr::Sequence { elements, .. }) = field.value.map(|value| module.expr(value))
        else {
            return false;
        };
        let permits = |&element: &ExprId| module.last_name(element).is_some_and(words::permits_few);
        module.text(field.name) == "permission_classes" && module.list(elements).iter().any(permits)
    })
}

/// Whether a function calls one that answers whether one of the few who run the program asks:
/// `return user?.isAdmin ?? false`.
fn asks_for_staff(function: Function<'_>) -> bool {
    function.acts().iter().any(|act| {
        let ActKind::Call(target) = act.kind else {
            return false;
        };
        let callee = function.program.function(target);
        let module = callee.module();
        let answers = module.returned(callee.id);
        let is_flag = |&answer: &ExprId| match module.expr(answer) {
            Expr::Logical { left, .. } => is_staff_flag(module, left),
            _ => is_staff_flag(module, answer),
        };
        !answers.is_empty() && answers.iter().all(is_flag)
    })
}

/// Whether a function ends at once for all but the few who run the program:
/// `if not request.user.is_superuser: return`.
fn turns_others_away(function: Function<'_>) -> bool {
    turns_away_unless(function, &is_staff_flag)
}

/// Whether a function ends at once for all of whom something does not hold.
fn turns_away_unless(function: Function<'_>, holds: &dyn Fn(&Module, ExprId) -> bool) -> bool {
    let module = function.module();
    let body = function.declared().body;
    module.block(body).stmts.iter().any(|&stmt| {
        let Stmt::If { test, then, .. } = module.stmt(stmt) else {
            return false;
        };
        let Expr::Unary {
            op: UnaryOp::Not,
            operand,
        } = module.expr(test)
        else {
            return false;
        };
        let last = module.block(then).stmts.last();
        holds(module, operand)
            && last
                .is_some_and(|&last| matches!(module.stmt(last), Stmt::Return(_) | Stmt::Throw(_)))
    })
}

fn is_staff_flag(module: &Module, expr: ExprId) -> bool {
    matches!(module.expr(expr), Expr::Member { name, .. }
        if words::is_staff_flag(module.text(name)))
}

/// Whether a loop walks what comes from outside, as rows and requests do.
fn is_fetched_over(lp: Loop<'_>) -> bool {
    let function = lp.function;
    let over = lp.head().over;
    over.is_some_and(|over| function.program.is_fetched(function.file, over))
}

/// Whether a collection is what one row leads to, `order.lines.all()` or
/// `Line.objects.filter(order=order)`, of an order that is no element of a loop.
fn is_of_one_parent(function: Function<'_>, collection: ExprId) -> bool {
    is_relation_of_one(function, collection)
        || function.program.scope_of(function.file, collection) == Scope::Part
            && !is_of_each_element(function, collection)
}

/// Whether a collection belongs to the element of a loop that it stands in.
fn is_of_each_element(function: Function<'_>, collection: ExprId) -> bool {
    let module = function.module();
    let mut loops = module.loops.iter().enumerate();
    loops.any(|(i, head)| {
        head.function == function.id
            && head.over != Some(collection)
            && head.exprs.contains(collection)
            && function.facts().varies_in(collection, LoopId(i as u32))
    })
}

fn is_relation_of_one(function: Function<'_>, collection: ExprId) -> bool {
    const MAX_STEPS: usize = 16;
    let module = function.module();
    let entities = &function.program.world.entities;
    let facts = function.facts();
    let mut at = collection;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Call { callee, args, .. } => match (module.expr(callee), module.list(args)) {
                (Expr::Member { object, .. }, []) => object,
                (Expr::Name(_), &[only]) => only,
                _ => return false,
            },
            Expr::Local(local) => match facts.def_use.single_value(local) {
                Some(value) => value,
                None => return false,
            },
            Expr::Member { object, name } => {
                let ty = function.type_of(object);
                let (Base::Instance(class), true) = (ty.base, ty.is_bare()) else {
                    return false;
                };
                let world = &function.program.world;
                let relation = entities.find(world, class, module.text(name));
                let is_many = relation.is_some_and(|relation| entities.get(relation).many);
                let is_element =
                    facts.any_origin(object, |id| matches!(module.expr(id), Expr::Element(_)));
                return is_many && !is_element;
            }
            _ => return false,
        };
    }
    false
}

/// Whether each trip of a loop waits for something outside of the process, which takes longer
/// than what it computes.
fn waits_per_trip(lp: Loop<'_>) -> bool {
    const WAITS: &[Effect] = &[
        Effect::DbRead,
        Effect::DbWrite,
        Effect::Commit,
        Effect::Remote,
        Effect::RemoteWrite,
        Effect::Process,
    ];
    let function = lp.function;
    let module = function.module();
    let mut sites = function.facts().sites(function.id).iter();
    // Whatever it is that is awaited: the other tasks of the process have their turn.
    let awaits = sites.any(|site| {
        site.lp == Some(lp.id)
            && matches!(module.expr(site.expr), Expr::Await(value)
                if matches!(module.expr(value), Expr::Call { .. }))
    });
    awaits
        || function.acts().iter().any(|act| {
            act.lp == Some(lp.id)
                && WAITS
                    .iter()
                    .any(|&effect| function.effect_of(act, effect).is_some())
        })
}

/// Whether a loop awaits something that has nothing to do with the element before it goes on:
/// a rate limiter, a lock, its turn.
fn waits_for_turn(function: Function<'_>, lp: Loop<'_>) -> bool {
    let facts = function.facts();
    let module = function.module();
    facts.sites(function.id).iter().any(|site| {
        let Expr::Await(value) = module.expr(site.expr) else {
            return false;
        };
        let is_own = site.lp == Some(lp.id) || (site.lp.is_none() && lp.repeats(site.expr));
        is_own
            && matches!(module.expr(value), Expr::Call { .. })
            && !facts.varies_in(value, lp.id)
            // What a model describes without an effect hands over what is there already.
            && !matches!(function.call_at(value).map(|call| &call.callee), Some(Callee::Model(_)))
            && !function.acts().iter().any(|act| {
                (act.expr == value || act.expr == site.expr)
                    && matches!(act.kind, ActKind::Effect { .. })
            })
    })
}

/// Whether a call is handed a transaction or session by the name under which Sequelize,
/// Mongoose, Objection, Knex and MikroORM take it.
fn is_in_transaction(module: &Module, call: ExprId) -> bool {
    const NAMES: &[&str] = &["transaction", "trx", "tx", "session", "queryRunner"];
    let is_named = |id: ExprId| match module.expr(id) {
        Expr::Local(local) => NAMES.contains(&module.text(module.local(local).name)),
        Expr::Keyword { name, .. } => NAMES.contains(&module.text(name)),
        _ => false,
    };
    let mut at = call;
    if let Expr::Await(inner) = module.expr(at) {
        at = inner;
    }
    while let Expr::Call { callee, args, .. } = module.expr(at) {
        for &arg in module.list(args) {
            if is_named(arg) {
                return true;
            }
            if let Expr::Map(entries) = module.expr(arg)
                && module.list(entries).iter().any(|&entry| is_named(entry))
            {
                return true;
            }
        }
        match module.expr(callee) {
            Expr::Member { object, .. } => at = object,
            _ => break,
        }
    }
    false
}

/// Whether a call, or one that makes its receiver, is handed a context by its name, which may
/// carry the transaction: `repository(ctx, User).find()`.
fn takes_context(module: &Module, call: ExprId) -> bool {
    let mut at = call;
    loop {
        match module.expr(at) {
            Expr::Await(inner) | Expr::Member { object: inner, .. } => at = inner,
            Expr::Call { callee, args, .. } => {
                let is_context = |&arg: &ExprId| {
                    matches!(module.expr(arg), Expr::Local(local)
                        if matches!(module.text(module.local(local).name), "ctx" | "context"))
                };
                if module.list(args).iter().any(is_context) {
                    return true;
                }
                at = callee;
            }
            _ => return false,
        }
    }
}

/// Whether an act uses a value that must not be used concurrently: a session, a transaction,
/// also one that the called function keeps.
fn is_serial(function: Function<'_>, act: &Act) -> bool {
    if let ActKind::Effect { serial, .. } = &act.kind {
        return serial.is_some();
    }
    [Effect::DbRead, Effect::DbWrite, Effect::Commit]
        .into_iter()
        .filter_map(|effect| function.effect_of(act, effect))
        .any(|found| {
            let last = function.final_act(act, found);
            matches!(
                &last.kind,
                ActKind::Effect {
                    serial: Some(_),
                    ..
                }
            )
        })
}

/// Whether an expression is made with a value that must not be used concurrently:
/// `tx.user.create()`, `save(user, session)`.
fn mentions_serial_value(function: Function<'_>, expr: ExprId) -> bool {
    let module = function.module();
    let world = &function.program.world;
    let mut typer = Typer::new(world, function.file);
    let mut open = vec![expr];
    while let Some(id) = open.pop() {
        if let Base::Model(ty, _) = typer.of(id).base
            && world.models.ty(ty).serial
        {
            return true;
        }
        module.for_each_part(id, |part| open.push(part));
    }
    false
}

/// Several things in a row, the last of many as a number.
fn listed(things: &[String]) -> String {
    match things.len() {
        0..=4 => things.join(", "),
        n => format!("{} and {} more", things[..3].join(", "), n - 3),
    }
}

/// The text by which people call a loop's element in a message.
fn element_text(lp: Loop<'_>) -> String {
    match lp.element_name() {
        Some(name) if name != "_" => format!("`{name}`"),
        _ => "element".to_owned(),
    }
}

/// The text by which people call a collection in a message: `xs` for `enumerate(xs)`.
fn collection_text(function: Function<'_>, expr: ExprId) -> String {
    let module = function.module();
    let mut at = expr;
    while let Expr::Call { callee, args, .. } = module.expr(at)
        && let Expr::Name(name) = module.expr(callee)
        && matches!(
            module.text(name),
            "enumerate" | "list" | "tuple" | "sorted" | "reversed" | "iter"
        )
        && let Some(&inner) = module.list(args).first()
    {
        at = inner;
    }
    function.callee_text(at)
}

/// The local that a plain name or the root of a member path means.
fn root_local(module: &Module, expr: ExprId) -> Option<LocalId> {
    let mut at = expr;
    loop {
        match module.expr(at) {
            Expr::Local(local) => return Some(local),
            Expr::Member { object, .. } | Expr::Index { object, .. } => at = object,
            Expr::Call { callee, .. } => at = callee,
            Expr::Await(inner) => at = inner,
            _ => return None,
        }
    }
}

/// Whether two expressions are the same name or the same path of members from one.
fn same_path(module: &Module, a: ExprId, b: ExprId) -> bool {
    match (module.expr(a), module.expr(b)) {
        (Expr::Local(a), Expr::Local(b)) => a == b,
        (Expr::Name(a), Expr::Name(b)) => a == b,
        (Expr::This, Expr::This) => true,
        (
            Expr::Member {
                object: a,
                name: a_name,
            },
            Expr::Member {
                object: b,
                name: b_name,
            },
        ) => a_name == b_name && same_path(module, a, b),
        _ => false,
    }
}
