//! What a query asks for, as far as the calls that build it tell: conditions, order, limit.
//!
//! Builders of all libraries use the same few words for this; models tell which calls build and
//! run queries at all, and which arguments bound them.

mod text;

use super::super::callbacks::argument_for;
use super::super::infer::Typer;
use super::super::models::{Bounded, TypeSpec};
use super::super::types::{Base, ExprRef, FunctionRef};
use super::super::words;
use super::super::world::World;
use crate::analysis::def_use::Def;
use crate::ir::{BinaryOp, Expr, ExprId, FunctionId, LocalKind, MODULE_BODY, Module};
use crate::source::FileId;

/// Expressions looked at for one query.
const MAX_STEPS: u32 = 120;
/// Objects and calls within each other in an argument.
const MAX_NESTING: u32 = 14;
/// Calls of project functions followed.
const MAX_CALLS: u32 = 4;

/// Which part of a table is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scope {
    /// All of it, or what constants pick.
    #[default]
    All,
    /// What belongs to something that lives long and holds much: a team, a project.
    Owner,
    /// What belongs to one person.
    Person,
    /// What belongs to some other row, or fulfils a condition of which nothing is known.
    Part,
}

/// What is known of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct QueryFacts {
    /// Something limits the rows, or may.
    pub is_bounded: bool,
    /// Part of it is made out of sight.
    pub is_open: bool,
    /// Not all rows of the table are asked for.
    pub has_conditions: bool,
    /// Which part of the table.
    pub scope: Scope,
    /// A column that identifies rows is compared with one value.
    pub is_unique: bool,
    /// The few are asked for that stand for the rest: `is_default = true`.
    pub is_singled_out: bool,
    /// Rows are asked for by a list of keys.
    pub is_keyed: bool,
    /// The rows are sorted.
    pub is_ordered: bool,
    /// Only some columns are asked for.
    pub is_projected: bool,
    /// Rows are grouped or counted.
    pub is_aggregated: bool,
    /// Equal ones come once.
    is_distinct: bool,
    /// At most two columns are asked for.
    is_narrow: bool,
    /// Rows are passed over.
    pub skips: bool,
    /// The rows come in pieces.
    pub streams: bool,
    /// The rows are locked, to be changed.
    pub locks: bool,
    /// Only those from some time on are asked for.
    pub is_since: bool,
    /// Other rows come along.
    pub includes: bool,
    /// Something is counted or summed of each group.
    has_aggregate: bool,
}

impl QueryFacts {
    /// Whether as many rows may come back as there are.
    pub fn is_unbounded(self) -> bool {
        // Whole rows are distinct anyway; of one column there are as many as there are values.
        let is_grouped = self.is_aggregated
            || (self.has_aggregate && self.is_projected)
            || (self.is_distinct && self.is_narrow);
        !(self.is_bounded || self.is_open || self.is_unique || self.is_keyed || is_grouped)
    }
}

/// The facts of the query that an expression builds, or whose rows it is.
pub(in crate::link) fn facts_of(world: &World, file: FileId, expr: ExprId) -> QueryFacts {
    read(world, file, expr).facts
}

/// The calls of such a query that name relations to be loaded along.
pub(in crate::link) fn loads_of(world: &World, file: FileId, expr: ExprId) -> Vec<ExprRef> {
    read(world, file, expr).loads
}

/// What such a query says of how many rows it wants.
pub(in crate::link) fn limits_of(world: &World, file: FileId, expr: ExprId) -> Vec<ExprRef> {
    read(world, file, expr).limits
}

fn read(world: &World, file: FileId, expr: ExprId) -> Reader<'_> {
    let mut reader = Reader {
        world,
        facts: QueryFacts::default(),
        loads: Vec::new(),
        limits: Vec::new(),
        steps: 0,
    };
    let start = ExprRef { file, expr };
    reader.chain(&mut Typer::new(world, file), start, None, 0);
    reader
}

struct Reader<'w> {
    world: &'w World,
    facts: QueryFacts,
    loads: Vec<ExprRef>,
    limits: Vec<ExprRef>,
    steps: u32,
}

/// The call by which a query is followed into a function of the project.
#[derive(Clone, Copy)]
struct Through {
    call: ExprRef,
    callee: FunctionRef,
}

impl<'w> Reader<'w> {
    fn chain(
        &mut self,
        typer: &mut Typer<'w>,
        start: ExprRef,
        through: Option<Through>,
        calls: u32,
    ) {
        let ExprRef { file, expr } = start;
        let unit = self.world.unit(file);
        let module = &unit.facts.module;
        let mut open = vec![expr];
        let mut seen = vec![expr];
        while let Some(at) = open.pop() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.facts.is_open = true;
                return;
            }
            let mut push = |next: ExprId| {
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            };
            match module.expr(at) {
                Expr::Await(inner) | Expr::Entered(inner) | Expr::Spread(inner) => push(inner),
                Expr::Assign { value, .. } => push(value),
                // `prisma.book`, `ctx.db`: what queries start from, wherever it comes from.
                Expr::Member { .. } if self.is_client(typer, at) => {}
                // What a module makes for all of its functions.
                Expr::Local(local)
                    if module.local(local).function == MODULE_BODY && self.is_client(typer, at) => {
                }
                Expr::Member { object, .. } => {
                    // The rows that belong to another one.
                    if matches!(typer.of(at).base, Base::Model(ty, _) if self.world.models.is_to_many(ty))
                    {
                        self.narrow(Scope::Part);
                    }
                    push(object);
                }
                Expr::Index { object, index } => {
                    match module.expr(index) {
                        Expr::Slice(parts) => {
                            self.facts.is_bounded = true;
                            let end = module.list(parts).get(1).copied();
                            self.limits.extend(end.map(|expr| ExprRef { file, expr }));
                        }
                        Expr::Number(_) => self.facts.is_bounded = true,
                        _ => {}
                    }
                    push(object);
                }
                Expr::Binary { left, right, .. } | Expr::Logical { left, right, .. } => {
                    push(left);
                    push(right);
                }
                Expr::Conditional {
                    then, otherwise, ..
                } => {
                    push(then);
                    push(otherwise);
                }
                Expr::Local(_) => {
                    let Some(def) = unit.facts.def_use.reaching(at) else {
                        continue;
                    };
                    let mut is_open = false;
                    let mut values = Vec::new();
                    let mut params = Vec::new();
                    unit.facts.def_use.any_source(def, |_, def| {
                        match def {
                            Def::Value { value, .. } => values.push(*value),
                            Def::Augmented { .. } => is_open = true,
                            Def::Entry { local, .. } => {
                                if let LocalKind::Param(param) = module.local(*local).kind {
                                    params.push((*local, param));
                                }
                                values.extend(unit.facts.def_use.single_value(*local));
                            }
                            _ => {}
                        }
                        false
                    });
                    if !params.is_empty() && !is_handle(typer, at) {
                        for (local, param) in params {
                            let function = module.local(local).function;
                            is_open |= !self.handed(through, function, param, calls);
                        }
                    }
                    self.facts.is_open |= is_open;
                    values.into_iter().for_each(push);
                }
                Expr::Call { callee, args, .. } => {
                    let name = name_of(module, callee);
                    let arguments = module.list(args);
                    if let Base::Function(function) = typer.callee(at).base {
                        let call = ExprRef { file, expr: at };
                        self.returned(call, function, calls);
                        self.word(name, arguments.len());
                        continue;
                    }
                    self.call(typer, module, at, name, arguments);
                    let model = typer.called_model(at).map(|(model, _)| model);
                    if model.is_some_and(|model| model.loads.is_some()) {
                        self.loads.push(ExprRef { file, expr: at });
                    }
                    // `self.filter_queryset(rows)` gives what it is handed.
                    if let Some(TypeSpec::Argument(n)) = model.map(|model| &model.returns)
                        && let Some(handed) = typer.argument(at, usize::from(*n))
                    {
                        push(handed);
                    }
                    if let Some(model) = model
                        && let Some(sql) = model.sql
                        && let Some(sql) = typer.argument(at, usize::from(sql))
                    {
                        self.statement(module, sql);
                        self.limit_of_text(typer, at, sql);
                        if !matches!(module.expr(sql), Expr::String(_) | Expr::Template(_)) {
                            push(sql);
                        }
                    }
                    if let Expr::Member { object, .. } = module.expr(callee) {
                        push(object);
                    }
                    // `user.getPosts()`, `book.$get("tags")`
                    if matches!(name, "$get" | "$relatedQuery") {
                        self.narrow(Scope::Part);
                    }
                }
                Expr::String(_) | Expr::Template(_) => self.statement(module, at),
                Expr::Param(_) => self.facts.is_open |= !is_handle(typer, at),
                _ => {}
            }
        }
    }

    /// Whether a value is a client, session or manager of a library, and no relation of a row.
    fn is_client(&self, typer: &mut Typer<'w>, expr: ExprId) -> bool {
        let models = &self.world.models;
        matches!(typer.of(expr).base, Base::Model(ty, _)
            if !models.is_to_many(ty))
            && is_handle(typer, expr)
    }

    /// The query that a function of the project gives.
    fn returned(&mut self, call: ExprRef, function: FunctionRef, calls: u32) {
        if calls >= MAX_CALLS {
            self.facts.is_open = true;
            return;
        }
        let module = &self.world.unit(function.file).facts.module;
        let values = module.returned(function.function);
        if values.is_empty() {
            self.facts.is_open = true;
        }
        let mut typer = Typer::new(self.world, function.file);
        let through = Through {
            call,
            callee: function,
        };
        for value in values {
            let start = ExprRef {
                file: function.file,
                expr: value,
            };
            self.chain(&mut typer, start, Some(through), calls + 1);
        }
    }

    /// Goes on with the argument that a parameter has from the call the query was followed
    /// through; whether there is one.
    fn handed(
        &mut self,
        through: Option<Through>,
        function: FunctionId,
        param: u16,
        calls: u32,
    ) -> bool {
        let Some(through) = through.filter(|through| through.callee.function == function) else {
            return false;
        };
        let ExprRef { file, expr: call } = through.call;
        let caller = &self.world.unit(file).facts.module;
        let Some(argument) = argument_for(self.world, caller, call, through.callee, param) else {
            return false;
        };
        let start = ExprRef {
            file,
            expr: argument,
        };
        let mut typer = Typer::new(self.world, file);
        self.limit_of_text(&typer, call, argument);
        self.chain(&mut typer, start, None, calls + 1);
        true
    }

    fn call(
        &mut self,
        typer: &mut Typer<'w>,
        module: &Module,
        call: ExprId,
        name: &str,
        args: &[ExprId],
    ) {
        if let Some((model, _)) = typer.called_model(call)
            && let Some(bounded) = &model.bounded
        {
            self.facts.is_bounded |= match bounded {
                Bounded::Always => true,
                given => typer.is_given(call, given),
            };
        }
        self.word(name, args.len());
        if let ("limit" | "take", [limit]) = (name, args) {
            self.limits.push(ExprRef {
                file: typer.file(),
                expr: *limit,
            });
        }
        if name.eq_ignore_ascii_case("select") || name == "query" {
            self.selected(typer, module, args);
        }
        let before = self.facts;
        for &arg in args {
            self.argument(typer, module, arg, 0);
        }
        // Columns asked for, and those computed, are no conditions.
        if matches!(
            name,
            "select" | "annotate" | "alias" | "values" | "values_list"
        ) {
            let facts = &mut self.facts;
            facts.has_conditions = before.has_conditions;
            facts.scope = before.scope;
            facts.is_unique = before.is_unique;
            facts.is_keyed = before.is_keyed;
        }
    }

    /// `select(User)` asks for rows, `select(User.id)` for columns.
    fn selected(&mut self, typer: &mut Typer<'w>, module: &Module, args: &[ExprId]) {
        let is_column = |&arg: &ExprId| match module.expr(arg) {
            Expr::Local(_) | Expr::Index { .. } => {
                !matches!(
                    typer.of(arg).base,
                    Base::Class(_) | Base::Model(..) | Base::ModelClass(..)
                ) && !matches!(module.expr(arg), Expr::Local(_))
            }
            _ => true,
        };
        let mut is_column = is_column;
        if args.iter().any(&mut is_column) {
            self.facts.is_projected = true;
            self.facts.is_narrow |= args.len() <= 2;
        }
    }

    /// What the name of a builder's method says.
    fn word(&mut self, name: &str, args: usize) {
        let lower: String = name
            .chars()
            .filter(|c| *c != '_')
            .collect::<String>()
            .to_ascii_lowercase();
        let facts = &mut self.facts;
        match lower.as_str() {
            "limit" | "take" | "top" | "page" | "forpage" | "fetchmany" | "slice" | "first"
            | "findone" | "getpage" | "range" | "sample" | "fetch" => facts.is_bounded = true,
            "skip" | "offset" => facts.skips = true,
            "where" | "filter" | "filterby" | "exclude" | "andwhere" | "orwhere" | "wherein"
            | "match" | "eq" | "wherenull" | "wherenot" | "whereraw" | "having" | "find"
            | "findby" | "findall"
                if args > 0 =>
            {
                facts.has_conditions |= !matches!(lower.as_str(), "find" | "findall");
                facts.is_keyed |= lower == "wherein";
            }
            "orderby" | "sort" | "addorderby" | "order" | "orderbyraw" => facts.is_ordered = true,
            "values" | "valueslist" | "only" | "defer" | "project" | "pluck"
            | "withonlycolumns" | "withentities" | "getrawmany" | "columns" | "column"
            | "loadonly" | "dates" | "datetimes" => {
                facts.is_projected = true;
                facts.is_narrow |= (1..=2).contains(&args);
            }
            // One row of each value of a column, as PostgreSQL has it, or no row twice.
            "distinct" if args > 0 => facts.is_aggregated = true,
            "distinct" => facts.is_distinct = true,
            "groupby" | "aggregate" | "count" | "exists" | "none" | "inbulk" | "union"
            | "selectdistinct" => facts.is_aggregated = true,
            "iterator" | "aiterator" | "yieldper" | "stream" | "cursor" | "partitions"
            | "streamscalars" => facts.streams = true,
            "selectforupdate" | "withforupdate" | "forupdate" | "setlock" => facts.locks = true,
            _ => facts.is_bounded |= lower.contains("paginat"),
        }
    }

    fn argument(&mut self, typer: &mut Typer<'w>, module: &Module, arg: ExprId, depth: u32) {
        if depth > MAX_NESTING || self.steps > MAX_STEPS {
            return;
        }
        self.steps += 1;
        match module.expr(arg) {
            Expr::Keyword { name, value } => {
                self.key(typer, module, module.text(name), value, depth);
            }
            Expr::Map(entries) => {
                for &entry in module.list(entries) {
                    self.argument(typer, module, entry, depth + 1);
                }
            }
            // Options made elsewhere may limit.
            Expr::Spread(_) if depth > 1 => self.narrow(Scope::Part),
            Expr::Spread(_) if depth > 0 => self.facts.is_open = true,
            Expr::Spread(_) => {}
            Expr::Local(_) if depth == 0 => {
                let facts = &self.world.unit(typer.file()).facts;
                let value =
                    facts
                        .def_use
                        .reaching(arg)
                        .and_then(|def| match facts.def_use.def(def) {
                            Def::Value { value, .. } => Some(*value),
                            _ => None,
                        });
                match value.map(|value| (value, module.expr(value))) {
                    Some((value, Expr::Map(_))) => self.argument(typer, module, value, depth),
                    Some((_, Expr::String(_) | Expr::Template(_))) => {}
                    _ => {
                        let ty = typer.of(arg).base;
                        let is_known = matches!(
                            ty,
                            Base::Class(_)
                                | Base::ModelClass(..)
                                | Base::Model(..)
                                | Base::Path(_)
                                | Base::Str
                                | Base::Instance(_)
                        );
                        self.facts.has_conditions |= !is_known;
                        if !is_known {
                            self.narrow(Scope::Part);
                        }
                    }
                }
            }
            Expr::Binary { op, left, right } => {
                if op == BinaryOp::Equal {
                    // The column stands first, as a rule, also where it is compared with the key
                    // of a row at hand: `Post.author_id == user.id`.
                    let mut sides = [(left, right), (right, left)].into_iter();
                    let column = sides.find_map(|(column, other)| match module.expr(column) {
                        Expr::Member { name, .. } => Some((module.text(name), other)),
                        _ => None,
                    });
                    if let Some((column, other)) = column {
                        self.facts.is_unique |= is_key(column);
                        self.condition(module, column, other);
                    }
                } else {
                    if matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
                        && let Expr::Member { name, .. } = module.expr(left)
                    {
                        self.facts.is_since |= words::is_time(module.text(name));
                    }
                    self.argument(typer, module, left, depth + 1);
                    self.argument(typer, module, right, depth + 1);
                }
            }
            Expr::Call { callee, args, .. } => {
                let name = name_of(module, callee);
                let args = module.list(args);
                match name {
                    "in_" | "whereIn" | "inArray" | "In" | "any_" | "any" | "arrayOverlaps" => {
                        // What another query finds is no list of keys at hand.
                        if args.iter().any(|&arg| is_query(typer, arg)) {
                            self.facts.has_conditions = true;
                            self.narrow(Scope::Owner);
                        } else {
                            self.facts.is_keyed = true;
                        }
                    }
                    "eq" => {
                        self.facts.is_unique |= args.first().is_some_and(|&first| {
                            matches!(module.expr(first), Expr::Member { name, .. } if is_key(module.text(name)))
                        });
                        if let [first, second, ..] = args[..] {
                            match module.expr(first) {
                                Expr::Member { name, .. } => {
                                    self.condition(module, module.text(name), second);
                                }
                                // Which column is told by a value: `books[`${kind}Id`]`.
                                Expr::Index { .. } => self.narrow(Scope::Part),
                                _ => {}
                            }
                        }
                    }
                    "gt" | "gte" | "MoreThan" | "MoreThanOrEqual" | "Between" | "between" => {
                        self.facts.is_since |= args.first().is_some_and(|&first| {
                            matches!(module.expr(first), Expr::Member { name, .. }
                                if words::is_time(module.text(name)))
                        });
                    }
                    "Count" | "Sum" | "Avg" | "Min" | "Max" | "count" | "sum" | "avg" | "max"
                    | "min" => {
                        self.facts.has_aggregate = true;
                    }
                    "distinct" | "Distinct" => self.facts.is_aggregated = true,
                    // A subquery's own limits bound nothing here.
                    "Subquery" | "OuterRef" | "Exists" | "exists" => self.narrow(Scope::Part),
                    "select" | "filter" | "Prefetch" => {}
                    _ => {
                        for &arg in args {
                            self.argument(typer, module, arg, depth + 1);
                        }
                    }
                }
            }
            Expr::Logical { left, right, .. } => {
                self.argument(typer, module, left, depth + 1);
                self.argument(typer, module, right, depth + 1);
            }
            _ => {}
        }
    }

    fn key(
        &mut self,
        typer: &mut Typer<'w>,
        module: &Module,
        key: &str,
        value: ExprId,
        depth: u32,
    ) {
        let is_absent = matches!(module.expr(value), Expr::Null)
            || matches!(module.expr(value), Expr::Name(name) if module.text(name) == "undefined");
        let facts = &mut self.facts;
        match key {
            "take" | "limit" | "first" | "last" | "pageSize" | "page_size" | "per_page"
            | "perPage" | "top" | "size" | "max_results" | "LIMIT"
                if depth <= 1 =>
            {
                facts.is_bounded |= !is_absent;
                self.limits.push(ExprRef {
                    file: typer.file(),
                    expr: value,
                });
            }
            "skip" | "offset" if depth <= 1 => facts.skips |= !is_absent,
            "where" | "filter" | "filters" | "condition" if depth <= 1 => {
                facts.has_conditions |= !is_absent;
                let is_known = matches!(
                    module.expr(value),
                    Expr::Map(_) | Expr::Sequence { .. } | Expr::Call { .. } | Expr::Binary { .. }
                );
                if is_known {
                    self.argument(typer, module, value, depth + 1);
                } else if !is_absent {
                    self.elsewhere(typer, module, value, depth);
                }
            }
            "orderBy" | "order" | "sort" | "order_by" if depth <= 1 => facts.is_ordered = true,
            "select" | "attributes" | "columns" | "projection" | "fields" if depth <= 1 => {
                facts.is_projected |= !is_absent;
            }
            "group" | "groupBy" | "by" | "distinct" if depth <= 1 => facts.is_aggregated = true,
            "include" | "relations" | "with" if depth <= 1 => facts.includes = true,
            // An option of the statement or of its execution.
            "yield_per" | "stream_results" => facts.streams |= !is_absent,
            "in" | "$in" => facts.is_keyed = true,
            _ if is_lower_bound(key) => {
                facts.has_conditions = true;
                facts.is_since |= words::is_time(key);
            }
            _ if key.ends_with("__in") => {
                if is_query(typer, value) {
                    self.facts.has_conditions = true;
                    self.narrow(Scope::Part);
                } else {
                    self.facts.is_keyed = true;
                }
            }
            _ => {
                let is_value = !matches!(module.expr(value), Expr::Map(_));
                let is_aggregate = matches!(module.expr(value), Expr::Call { callee, .. }
                    if matches!(name_of(module, callee), "Count" | "Sum" | "Avg" | "Min" | "Max"));
                if is_aggregate {
                    facts.has_aggregate = true;
                    return;
                }
                facts.has_conditions = true;
                facts.is_unique |= is_value && is_key(key);
                if is_value {
                    self.condition(module, key, value);
                } else if let Expr::Map(entries) = module.expr(value) {
                    // `{ createdAt: { gt: date } }`, `{ team: { some: … } }`
                    let bounds = ["gt", "gte", "$gt", "$gte"];
                    let is_lower = |entry: &ExprId| {
                        matches!(module.expr(*entry), Expr::Keyword { name, .. }
                            if bounds.contains(&module.text(name)))
                    };
                    let entries_of = module.list(entries);
                    facts.is_since |= words::is_time(key) && entries_of.iter().any(is_lower);
                    for &entry in entries_of {
                        if let Expr::Keyword {
                            name,
                            value: operand,
                        } = module.expr(entry)
                            && matches!(module.text(name), "equals" | "$eq")
                        {
                            self.condition(module, key, operand);
                        }
                    }
                }
                match module.expr(value) {
                    Expr::Map(_) | Expr::Sequence { .. } => {
                        self.argument(typer, module, value, depth + 1);
                    }
                    Expr::Call { callee, .. } => {
                        let name = name_of(module, callee);
                        self.facts.is_keyed |= matches!(name, "In" | "in_" | "inArray");
                        self.facts.is_since |= words::is_time(key)
                            && matches!(name, "MoreThan" | "MoreThanOrEqual" | "Between");
                    }
                    _ => {}
                }
            }
        }
    }

    /// Conditions that a name holds: those of the object it was assigned, if that is all.
    fn elsewhere(&mut self, typer: &mut Typer<'w>, module: &Module, value: ExprId, depth: u32) {
        let facts = &self.world.unit(typer.file()).facts;
        let assigned = facts
            .def_use
            .reaching(value)
            .and_then(|def| match facts.def_use.def(def) {
                Def::Value { value, .. } => Some(*value),
                _ => None,
            })
            .filter(|&value| matches!(module.expr(value), Expr::Map(_)));
        match assigned {
            Some(value) => {
                self.narrow(Scope::Owner);
                self.argument(typer, module, value, depth + 1);
            }
            None => self.facts.is_open = true,
        }
    }

    /// A column is compared with a value.
    fn condition(&mut self, module: &Module, column: &str, value: ExprId) {
        let is_constant = matches!(
            module.expr(value),
            Expr::String(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Float
        ) || matches!(module.expr(value), Expr::Member { name, .. }
            if module.text(name).chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        if !is_constant {
            self.narrow(scope_of(column));
        } else if module.expr(value) == Expr::Bool(true) && words::is_singled_out(column) {
            self.facts.is_singled_out = true;
            self.narrow(Scope::Part);
        }
    }

    fn narrow(&mut self, scope: Scope) {
        self.facts.scope = self.facts.scope.max(scope);
    }
}

/// Whether a value is a client, session or manager that queries start from, not a query.
fn is_handle(typer: &mut Typer<'_>, expr: ExprId) -> bool {
    let models = &typer.world().models;
    match typer.of(expr).base {
        Base::Model(ty, _) => {
            models.iterate(ty).is_none()
                && models.awaited(ty).is_none()
                && models.ty(ty).statement.is_none()
        }
        // A query of a class of the project's own has what it was built with before.
        Base::Instance(class) => {
            let mut bases = typer.world().library_bases(class).into_iter();
            !bases.any(|base| models.is_query_of_rows(base))
        }
        Base::Class(_) | Base::ModelClass(..) => true,
        _ => false,
    }
}

/// Whether a value is a query that has not run: part of the one that it is handed to.
fn is_query(typer: &mut Typer<'_>, expr: ExprId) -> bool {
    let models = &typer.world().models;
    let ty = typer.of(expr);
    ty.is_bare()
        && matches!(ty.base, Base::Model(id, _)
            if models.iterate(id).is_some() || models.awaited(id).is_some() || models.ty(id).statement.is_some())
}

/// What a condition on a column leaves of a table.
fn scope_of(column: &str) -> Scope {
    let lower = column.to_ascii_lowercase();
    let path = lower.split("__").filter(|part| {
        !matches!(
            *part,
            "id" | "pk" | "slug" | "uuid" | "exact" | "iexact" | "in" | "name" | "code"
        )
    });
    let last = path.last().unwrap_or(&lower);
    let last = last
        .trim_end_matches("_id")
        .trim_end_matches("id")
        .trim_end_matches('_');
    if words::is_person(last) {
        Scope::Person
    } else if words::is_owner(last) {
        Scope::Owner
    } else {
        Scope::Part
    }
}

/// Whether a keyword compares by a lower bound: `created_at__gte`.
fn is_lower_bound(key: &str) -> bool {
    let ends = ["__gt", "__gte", "__range", "__date", "__year", "__month"];
    ends.iter().any(|end| key.ends_with(end))
}

/// Columns that, as a rule, identify a row.
fn is_key(column: &str) -> bool {
    matches!(
        column.trim_matches('"'),
        "id" | "pk" | "_id" | "uuid" | "guid" | "slug" | "email" | "token" | "username" | "uid"
    ) || matches!(
        column,
        "id__exact" | "pk__exact" | "email__iexact" | "slug__iexact"
    )
}

fn name_of(module: &Module, callee: ExprId) -> &str {
    match module.expr(callee) {
        Expr::Index { object, .. } => name_of(module, object),
        _ => module.last_name(callee).unwrap_or_default(),
    }
}
