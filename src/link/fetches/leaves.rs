//! Whether rows leave the program: through names, containers, serializers and calls to the answer
//! of a request.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Fetch;
use crate::analysis::uses::Root;
use crate::finding::{Confidence, Related};
use crate::ir::{
    BlockOwner, CallKind, Expr, ExprId, FunctionKind, Invocation, LocalKind, LoopId, Module, Stmt,
    StmtId,
};
use crate::link::call_graph::{ActKind, Callee};
use crate::link::callbacks::{Slot, param_of};
use crate::link::entry_points::Reach;
use crate::link::models::{EntryKind, Wrapper};
use crate::link::program::{Function, Program};
use crate::link::types::{Base, FunctionRef};
use crate::source::FileId;

/// Values followed from one fetch.
const MAX_VALUES: usize = 160;
/// Calls from the fetch to the handler.
const MAX_DEPTH: u32 = 6;
/// Functions that keep some of what they are handed, and of templates that show a page.
const CUTS: &[&str] = &[
    "page",
    "take",
    "head",
    "first",
    "sample",
    "islice",
    "limit",
    "nsmallest",
    "nlargest",
];

/// The way of rows out of the program.
#[derive(Debug, Clone)]
pub struct Leave {
    /// The function that answers.
    pub handler: FunctionRef,
    /// Where they pass, from the fetch on.
    pub steps: Vec<Related>,
    /// That of the weakest link.
    pub confidence: Confidence,
    /// Whether nothing on the way could leave some of them out, as far as is seen.
    pub is_whole: bool,
}

/// The calls of each function: the caller and the expression.
pub(in crate::link) type Callers = FxHashMap<FunctionRef, Vec<(FunctionRef, ExprId)>>;

impl Program {
    /// The calls of each function.
    pub(in crate::link) fn find_callers(&self) -> Callers {
        let mut callers: Callers = FxHashMap::default();
        for i in 0..self.world.units.len() {
            for function in self.functions(FileId(i as u32)) {
                let from = function.reference();
                for act in function.acts() {
                    if let ActKind::Call(target) = act.kind
                        && act.confidence > Confidence::Low
                    {
                        callers.entry(target).or_default().push((from, act.expr));
                    }
                }
            }
        }
        callers
    }
}

impl Fetch<'_> {
    /// How the rows leave through an answer, if they are seen to. Not if anything on the way
    /// pages them.
    pub fn leaves(&self) -> Option<Leave> {
        let mut search = Search {
            program: self.function.program,
            open: VecDeque::new(),
            seen: FxHashSet::default(),
            found: Vec::new(),
            parents: vec![0],
            paged: FxHashSet::default(),
        };
        let value = Value {
            function: self.function,
            expr: self.rows,
            depth: 0,
            confidence: Confidence::High,
            steps: Vec::new(),
            stack: Vec::new(),
            way: 0,
            is_whole: true,
        };
        search.push(value);
        search.run();
        search.best()
    }
}

#[derive(Clone)]
struct Value<'p> {
    function: Function<'p>,
    expr: ExprId,
    depth: u32,
    confidence: Confidence,
    steps: Vec<Related>,
    /// The calls by which the value came into its function, the last one last.
    stack: Vec<(FunctionRef, ExprId)>,
    /// Which of the ways that it goes: one for each caller of a function that returns it.
    way: u32,
    /// Whether all of them are in it, as far as is seen.
    is_whole: bool,
}

impl Value<'_> {
    fn at(&self, expr: ExprId) -> Self {
        Self {
            expr,
            ..self.clone()
        }
    }

    /// The same, of which some may be left out.
    fn part_at(&self, expr: ExprId) -> Self {
        Self {
            is_whole: false,
            ..self.at(expr)
        }
    }
}

struct Search<'p> {
    program: &'p Program,
    open: VecDeque<Value<'p>>,
    seen: FxHashSet<(FileId, ExprId, usize)>,
    /// By the way they go.
    found: Vec<(u32, Leave)>,
    /// The way that each way comes from.
    parents: Vec<u32>,
    /// The ways on which something pages them.
    paged: FxHashSet<u32>,
}

impl<'p> Search<'p> {
    fn push(&mut self, value: Value<'p>) {
        if self.seen.len() < MAX_VALUES
            && self
                .seen
                .insert((value.function.file, value.expr, value.stack.len()))
        {
            self.open.push_back(value);
        }
    }

    fn run(&mut self) {
        while let Some(value) = self.open.pop_front() {
            if !self.is_paged(value.way) {
                self.follow(&value);
            }
        }
    }

    fn is_paged(&self, way: u32) -> bool {
        let mut at = way;
        loop {
            if self.paged.contains(&at) {
                return true;
            }
            if at == 0 {
                return false;
            }
            at = self.parents[at as usize];
        }
    }

    /// The surest of those that nothing pages.
    fn best(self) -> Option<Leave> {
        let mut best: Option<&Leave> = None;
        for (way, leave) in &self.found {
            let key = |leave: &Leave| (leave.confidence, leave.is_whole);
            let is_better = best.is_none_or(|known| key(known) < key(leave));
            if is_better && !self.is_paged(*way) {
                best = Some(leave);
            }
        }
        best.cloned()
    }

    fn follow(&mut self, value: &Value<'p>) {
        let function = value.function;
        let module = function.module();
        let uses = self.program.uses(function.file);
        let own = Function {
            id: module.function_of(value.expr),
            ..function
        };
        if let Some(lp) = uses.walked_by(value.expr)
            && module.lp(lp).call.is_none()
        {
            self.walked(value, lp);
        }
        if let Some(target) = uses.bound_to(value.expr)
            && let Expr::Local(local) = module.expr(target)
        {
            for used in uses.of_value(function.facts(), local, value.expr) {
                self.push(value.at(used));
            }
        }
        match uses.root(value.expr) {
            Some(Root::Returned(_)) => self.returned(value, own),
            Some(Root::Collected(stmt)) => {
                if let Some(made) =
                    comprehension_around(module, stmt).and_then(|lp| uses.comprehension(lp))
                {
                    self.push(value.at(made));
                }
            }
            _ => {}
        }
        for &parent in uses.parents(value.expr) {
            self.used(value, own, parent);
        }
    }

    fn used(&mut self, value: &Value<'p>, own: Function<'p>, parent: ExprId) {
        let module = own.module();
        let at = value.expr;
        match module.expr(parent) {
            // What is only put around it: an expression in a text of markup, too.
            Expr::Await(_)
            | Expr::Entered(_)
            | Expr::Spread(_)
            | Expr::Map(_)
            | Expr::Unknown(_) => {
                self.push(value.at(parent));
            }
            Expr::Sequence { .. } => self.push(value.at(parent)),
            // Part of another query.
            Expr::Keyword { name, .. } if module.text(name) == "queryset" => {}
            Expr::Keyword { .. } => self.push(value.at(parent)),
            Expr::Entry { value: inner, .. } if inner == at => self.push(value.at(parent)),
            Expr::Logical { .. } => self.push(value.at(parent)),
            Expr::Conditional {
                test,
                then,
                otherwise,
            } if test != at => {
                // All or nothing: `rows if rows is None else [shown(row) for row in rows]`.
                let other = if then == at { otherwise } else { then };
                let is_nothing = tests_null(module, test)
                    || match module.expr(other) {
                        Expr::Null => true,
                        Expr::Sequence { elements, .. } => module.list(elements).is_empty(),
                        _ => false,
                    };
                self.push(if is_nothing {
                    value.at(parent)
                } else {
                    value.part_at(parent)
                });
            }
            Expr::Assign {
                op: None, target, ..
            } if target != at => self.assigned(value, own, parent, target),
            Expr::Member { object, name } if object == at => {
                self.member(value, parent, module.text(name));
            }
            Expr::Index { object, index } if object == at => {
                let is_part = match module.expr(index) {
                    Expr::String(_) => true,
                    Expr::Number(_) => {
                        let ty = own.type_of(at);
                        ty.wrapper() == Some(Wrapper::Tuple)
                    }
                    Expr::Slice(_) => {
                        self.paged.insert(value.way);
                        false
                    }
                    _ => false,
                };
                if is_part {
                    self.push(value.at(parent));
                }
            }
            Expr::Call { callee, .. } if callee != at => {
                self.argument(value, own, parent, callee);
            }
            _ => {}
        }
    }

    fn assigned(&mut self, value: &Value<'p>, own: Function<'p>, assign: ExprId, target: ExprId) {
        let module = own.module();
        let facts = own.facts();
        let uses = self.program.uses(own.file);
        match module.expr(target) {
            Expr::Local(local) => {
                for used in uses.of_value(facts, local, value.expr) {
                    self.push(value.at(used));
                }
            }
            // `ctx.body = rows`, `context["books"] = rows`
            Expr::Member { object, .. } | Expr::Index { object, .. } => {
                let Expr::Local(local) = module.expr(object) else {
                    return;
                };
                let is_param = matches!(module.local(local).kind, LocalKind::Param(_));
                if is_param && !module.exports_all {
                    if self.answers(own).is_some() {
                        self.leave(value, own, assign);
                    }
                    return;
                }
                for &used in uses.of_name(local) {
                    if used.0 > assign.0 {
                        self.push(value.at(used));
                    }
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, value: &Value<'p>, member: ExprId, name: &str) {
        let module = value.function.module();
        let uses = self.program.uses(value.function.file);
        let call = uses
            .parents(member)
            .iter()
            .find_map(|&parent| match module.expr(parent) {
                Expr::Call { callee, .. } if callee == member => Some(parent),
                // `rows.map<View>(…)`
                Expr::Index { object, .. } if object == member => {
                    let call = *uses.parents(parent).first()?;
                    matches!(module.expr(call), Expr::Call { callee, .. } if callee == parent)
                        .then_some(call)
                }
                _ => None,
            });
        let Some(call) = call else {
            if matches!(name, "data" | "rows" | "items" | "results" | "docs") {
                self.push(value.at(member));
            }
            return;
        };
        if name.to_ascii_lowercase().contains("paginat") {
            self.paged.insert(value.way);
        }
        match name {
            "filter" => self.push(value.part_at(call)),
            "map" | "flatMap" | "sort" | "toSorted" | "reverse" | "concat" | "all" | "scalars"
            | "mappings" | "unique" | "fetchall" | "toArray" | "lean" | "exec" | "tuples"
            | "values" | "entries" | "to_dict" | "json" | "toJSON" => {
                self.push(value.at(call));
            }
            "slice" | "splice" | "take" => {
                self.paged.insert(value.way);
            }
            _ => {}
        }
    }

    fn argument(&mut self, value: &Value<'p>, own: Function<'p>, call: ExprId, callee: ExprId) {
        let module = own.module();
        let callee = module.without_type_arguments(callee);
        let name = module.last_name(callee).unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        if lower.contains("paginat")
            || lower.contains("slice")
            || lower.contains("stream")
            || CUTS.contains(&lower.as_str())
            // `UsersPage(query, items_per_page=25)`
            || is_page_of(module, call, name)
        {
            self.paged.insert(value.way);
            return;
        }
        if lower.contains("prefetch") || lower.contains("subquery") || lower == "exists" {
            return;
        }
        // What is made of all of them is one value.
        let is_one = matches!(
            name,
            "len"
                | "sum"
                | "max"
                | "min"
                | "any"
                | "all"
                | "next"
                | "Counter"
                | "bool"
                | "Boolean"
                | "print"
                | "isinstance"
                | "range"
                | "zip"
                | "getattr"
                | "setattr"
        );
        if is_one {
            return;
        }
        // `res.json(rows)`
        if let Expr::Member { object, .. } = module.expr(callee)
            && self.is_response(own, object)
        {
            return self.leave(value, own, call);
        }
        let resolved = own.call_at(call).map(|call| &call.callee);
        let next = match resolved {
            Some(Callee::Model(id)) => {
                let model = self.program.world.models.call(*id);
                // Part of another query, a write, a message: the rows go elsewhere.
                let builds = matches!(own.type_of(call).base, Base::Model(ty, _)
                    if self.program.world.models.iterate(ty).is_some());
                if model.effect.is_some() || builds {
                    return;
                }
                value.at(call)
            }
            Some(Callee::Function(function)) => {
                let target = self.program.function(*function);
                let is_paging = target
                    .name()
                    .is_some_and(|name| name.to_ascii_lowercase().contains("paginat"));
                if is_paging {
                    self.paged.insert(value.way);
                }
                return self.enter(value, own, call, *function);
            }
            // A function out of sight; of a library, it makes an answer of them, as a rule.
            _ if is_foreign(module, callee) => value.at(call),
            _ => value.part_at(call),
        };
        self.push(next);
    }

    /// Follows rows into a function of the project that they are handed to.
    fn enter(&mut self, value: &Value<'p>, own: Function<'p>, call: ExprId, callee: FunctionRef) {
        let module = own.module();
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let mut args = module.list(args).iter().enumerate();
        let slot = args.find_map(|(i, &arg)| match module.expr(arg) {
            Expr::Keyword { name, .. } if arg == value.expr => Some(Slot::Keyword(name)),
            _ if arg == value.expr => Some(Slot::Position(i as u16)),
            _ => None,
        });
        let world = &self.program.world;
        let Some(param) = slot.and_then(|slot| param_of(world, callee, slot, module)) else {
            return;
        };
        if value.stack.len() >= 4 {
            return;
        }
        let target = self.program.function(callee);
        let declared = target.declared();
        let Some(param) = declared.params.get(usize::from(param)) else {
            return;
        };
        let Expr::Local(local) = target.module().expr(param.target) else {
            return;
        };
        let caller = own.reference();
        for &used in self.program.uses(callee.file).of_name(local) {
            let mut next = value.at(used);
            next.function = target;
            next.stack.push((caller, call));
            next.confidence = next.confidence.min(Confidence::Medium);
            self.push(next);
        }
    }

    /// Whether an expression is what the handler answers with: one of its parameters.
    fn is_response(&self, own: Function<'p>, object: ExprId) -> bool {
        let module = own.module();
        let mut at = object;
        loop {
            at = match module.expr(at) {
                // `res.status(200).json(rows)`
                Expr::Call { callee, .. } => callee,
                Expr::Member { object, .. } => object,
                _ => break,
            };
        }
        let Expr::Local(local) = module.expr(at) else {
            return false;
        };
        let declared = module.local(local);
        let is_param = matches!(declared.kind, LocalKind::Param(_));
        let names = ["res", "response", "reply", "ctx", "c", "context", "h"];
        let of = Function {
            id: declared.function,
            ..own
        };
        is_param
            && !module.exports_all
            && names.contains(&module.text(declared.name).trim_start_matches('_'))
            && self.answers(of).is_some()
    }

    /// How sure it is that a function answers requests.
    fn answers(&self, function: Function<'p>) -> Option<Confidence> {
        let reached = function.reached();
        let at = function.reference();
        if reached.reach != Reach::Handler || self.program.is_hook(at) {
            return None;
        }
        reached.confidence
    }

    fn returned(&mut self, value: &Value<'p>, own: Function<'p>) {
        let module = own.module();
        let declared = own.declared();
        if self.answers(own).is_some() && value.stack.is_empty() {
            return self.leave(value, own, value.expr);
        }
        if declared.is_generator {
            return;
        }
        if let Some(&(caller, call)) = value.stack.last() {
            // What a function literal in it returns is followed by its own call.
            if !matches!(declared.invocation, Invocation::Declared) {
                return;
            }
            let mut next = value.at(call);
            next.function = self.program.function(caller);
            next.stack.pop();
            return self.push(next);
        }
        // A callback that runs where it stands gives what the call gives.
        match declared.invocation {
            Invocation::Argument(call, _) => {
                let parent = declared.parent.map_or(own.id, |parent| parent);
                let outer = Function { id: parent, ..own };
                let is_awaited = own.is_awaited(call);
                let is_wrapper = is_awaited
                    || matches!(module.expr(call), Expr::Call { callee, .. }
                        if matches!(module.expr(callee), Expr::Member { name, .. }
                            if matches!(module.text(name), "then")));
                if is_wrapper {
                    let mut next = value.at(call);
                    next.function = outer;
                    return self.push(next);
                }
            }
            Invocation::PerElement(lp) => {
                if let Some(call) = module.lp(lp).call {
                    return self.push(value.at(call));
                }
            }
            Invocation::Immediate | Invocation::Declared => {}
        }
        if value.depth >= MAX_DEPTH || declared.kind == FunctionKind::Module {
            return;
        }
        let at = own.reference();
        let Some(callers) = self.program.callers().get(&at) else {
            return;
        };
        for &(caller, expr) in callers.iter().take(12) {
            let function = self.program.function(caller);
            let mut steps = value.steps.clone();
            let name = own.name().unwrap_or_else(|| "this".to_owned());
            steps.push(Related {
                place: function.place_of(expr),
                message: format!("`{name}` hands them on"),
            });
            let way = self.parents.len() as u32;
            self.parents.push(value.way);
            self.push(Value {
                function,
                expr,
                depth: value.depth + 1,
                confidence: value.confidence,
                steps,
                stack: Vec::new(),
                way,
                is_whole: value.is_whole,
            });
        }
    }

    fn leave(&mut self, value: &Value<'p>, own: Function<'p>, expr: ExprId) {
        let reached = own.reached();
        let (Some(handler), Some(confidence)) = (reached.handler, reached.confidence) else {
            return;
        };
        let confidence = confidence.min(value.confidence);
        let mut steps = value.steps.clone();
        steps.push(Related {
            place: own.place_of(expr),
            message: "they leave with the answer here".to_owned(),
        });
        let leave = Leave {
            handler,
            steps,
            confidence,
            is_whole: value.is_whole,
        };
        self.found.push((value.way, leave));
    }

    /// A loop over the rows that puts something of each into a list that goes on.
    fn walked(&mut self, value: &Value<'p>, lp: LoopId) {
        let own = value.function;
        let module = own.module();
        let uses = self.program.uses(own.file);
        let head = module.lp(lp);
        // What goes on only sometimes is a part of them.
        let is_always = |stmt: StmtId| module.block_of(stmt) == head.body;
        if let Some(made) = uses.comprehension(lp) {
            let mut collects = module.block(head.body).stmts.iter();
            let is_whole = collects.any(|&stmt| matches!(module.stmt(stmt), Stmt::Collect(_)));
            return self.push(if is_whole {
                value.at(made)
            } else {
                value.part_at(made)
            });
        }
        let mut is_whole = !module.block(head.body).stmts.iter().any(|&stmt| {
            matches!(
                module.stmt(stmt),
                Stmt::If { .. } | Stmt::Break(_) | Stmt::Continue(_)
            )
        });
        // A loop that is left early looks for something.
        let mut lists = Vec::new();
        for site in &module.sites {
            if site.lp != Some(lp) {
                continue;
            }
            let Expr::Call { callee, .. } = module.expr(site.expr) else {
                continue;
            };
            let Expr::Member { object, name } = module.expr(callee) else {
                continue;
            };
            if let Expr::Local(local) = module.expr(object)
                && matches!(module.text(name), "append" | "push")
                && module.local(local).function == head.function
            {
                lists.push(local);
                is_whole &= is_always(site.stmt);
            }
        }
        lists.dedup();
        for list in lists {
            for &used in uses.of_name(list) {
                if !head.exprs.contains(used) && used.0 >= head.exprs.end {
                    self.push(if is_whole {
                        value.at(used)
                    } else {
                        value.part_at(used)
                    });
                }
            }
        }
    }
}

/// Whether a function that is called is not the project's own: a global, or a member of a
/// package's export.
fn is_foreign(module: &Module, callee: ExprId) -> bool {
    let mut at = callee;
    while let Expr::Member { object, .. } = module.expr(at) {
        at = object;
    }
    match module.expr(at) {
        Expr::Name(_) => true,
        Expr::Local(local) => matches!(module.local(local).kind, LocalKind::Import(_)),
        _ => false,
    }
}

/// Whether a condition asks no more than whether a name stands for anything.
fn tests_null(module: &Module, test: ExprId) -> bool {
    match module.expr(test) {
        Expr::Local(_) => true,
        Expr::Unary { operand, .. } => matches!(module.expr(operand), Expr::Local(_)),
        Expr::Binary { left, right, .. } => {
            matches!(module.expr(left), Expr::Local(_)) && module.expr(right) == Expr::Null
        }
        _ => false,
    }
}

/// Whether a call makes a page of what it is handed: a class named after pages, or one that is told
/// how many there are on one. A component named so shows all.
fn is_page_of(module: &Module, call: ExprId, name: &str) -> bool {
    const SIZES: &[&str] = &[
        "items_per_page",
        "page_size",
        "pageSize",
        "per_page",
        "perPage",
    ];
    let Expr::Call { kind, args, .. } = module.expr(call) else {
        return false;
    };
    let is_size = |&arg: &ExprId| {
        matches!(module.expr(arg), Expr::Keyword { name, .. }
        if SIZES.contains(&module.text(name)))
    };
    kind != CallKind::Jsx
        && (name.ends_with("Page") && name.starts_with(char::is_uppercase)
            || module.list(args).iter().any(is_size))
}

/// The loop of the comprehension that a collected element stands in: the outermost.
fn comprehension_around(module: &Module, stmt: StmtId) -> Option<LoopId> {
    let mut at = stmt;
    let mut found = None;
    loop {
        at = match module.block(module.block_of(at)).owner {
            BlockOwner::Loop(lp) => {
                found = Some(lp);
                let head = module.lp(lp);
                match head.parent {
                    Some(_) if matches!(module.stmt(head.stmt), Stmt::Loop(_)) => head.stmt,
                    _ => return found,
                }
            }
            BlockOwner::Stmt(owner) => owner,
            _ => return found,
        };
    }
}

impl Program {
    /// Whether a function is a step of answering requests, whose result a library goes on with.
    fn is_hook(&self, at: FunctionRef) -> bool {
        self.hooks.contains(&at)
    }
}

/// The functions that libraries call on the way to an answer.
pub(in crate::link) fn hooks(
    entries: &[crate::link::entry_points::EntryPoint],
) -> FxHashSet<FunctionRef> {
    let hooks = entries.iter().filter(|entry| entry.kind == EntryKind::Hook);
    hooks.filter_map(|entry| entry.function).collect()
}
