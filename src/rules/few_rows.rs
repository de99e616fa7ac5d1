//! What the calls that build a query tell of how few rows it answers, though they set no limit.

use super::growing_loop;
use crate::analysis::def_use::{Def, DefId};
use crate::ir::query::Value;
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, FunctionKind, LocalKind, Module};
use crate::link::call_graph::{ActKind, Callee};
use crate::link::program::Function;
use crate::link::types::{Base, ClassRef, Entity};
use crate::link::words::{self, Growth};

/// Calls and names that one query is built of.
const MAX_STEPS: usize = 32;

/// Calls of the project that a query is followed through.
const MAX_CALLS: u32 = 2;

/// Why a query answers few rows.
pub(super) fn why_few_rows(function: Function<'_>, rows: ExprId) -> Option<&'static str> {
    why_few(function, rows, 0)
}

/// The same of rows whose relations are of no use: that they come along says nothing.
pub(super) fn are_few_of_one(function: Function<'_>, rows: ExprId) -> bool {
    let query = Query::of(function, rows);
    query.class.is_some_and(|class| {
        !query.is_of_each
            && function.per_row().is_none()
            && !is_repeated(function, rows)
            && has_few(function, class, &query)
    })
}

/// Whether the rows are those that a person's own rows lead to:
/// `filter(loans__in=Loan.objects.filter(user=user))`.
pub(super) fn are_of_persons_rows(function: Function<'_>, rows: ExprId) -> bool {
    Query::of(function, rows).is_of_persons_rows
}

/// Whether all rows belong to one other row, by one of its keys: `book_id=book.id`.
pub(super) fn are_of_one(function: Function<'_>, rows: ExprId) -> bool {
    Query::of(function, rows).is_of_one(function)
}

/// Whether all rows belong to one other row and fulfil another condition besides, also where a
/// property asks for them: `user.active_requests`.
pub(super) fn are_narrowed(function: Function<'_>, rows: ExprId) -> bool {
    let is_so = |function, rows| {
        let query = Query::of(function, rows);
        let conditions = query.equal.len() + query.far_values + usize::from(query.is_along);
        (query.is_along || query.is_of_one(function)) && conditions > 1
    };
    is_so(function, rows)
        || property_of(function, rows).is_some_and(|property| {
            let asked = property.module().returned(property.id);
            !asked.is_empty() && asked.iter().all(|&rows| is_so(property, rows))
        })
}

/// Whether all rows belong to one other row, and have some state besides: `is_open=True`. That they
/// belong to what the other row belongs to, too, says nothing.
pub(super) fn are_of_one_state(function: Function<'_>, rows: ExprId) -> bool {
    let query = Query::of(function, rows);
    let module = function.module();
    query.is_of_one(function)
        && query
            .equal
            .iter()
            .any(|&(_, value)| matches!(module.expr(value), Expr::Bool(_) | Expr::Null))
}

/// The property that a query goes on from.
fn property_of(function: Function<'_>, rows: ExprId) -> Option<Function<'_>> {
    let mut steps = super::back_through(function, rows).take(MAX_STEPS);
    steps.find_map(|step| {
        let mut acts = function.acts().iter();
        acts.find_map(|act| match act.kind {
            ActKind::Call(target) if act.expr == step => Some(function.program.function(target)),
            _ => None,
        })
        .filter(|called| called.declared().kind == FunctionKind::Getter)
    })
}

fn why_few(function: Function<'_>, rows: ExprId, calls: u32) -> Option<&'static str> {
    if calls <= MAX_CALLS
        && let Some(asked) = answered(function, rows)
    {
        // All that a function of the project may answer must be few.
        let mut why = None;
        for &rows in &asked.1 {
            why = Some(why_few(asked.0, rows, calls + 1)?);
        }
        return why.filter(|_| !is_repeated(function, rows));
    }
    let query = Query::at_least(function, rows);
    if query.groups_few {
        return Some("the rows are groups, one of each kind");
    }
    let class = query.class?;
    if query.is_of_each || function.per_row().is_some() || is_repeated(function, rows) {
        return None;
    }
    if is_unique(function, class, &query) {
        return Some("the columns that are compared have few rows in common");
    }
    if query.is_exception {
        return Some("something is wrong with few rows");
    }
    if is_of_person_and_more(function, class, &query)
        || query.is_along && !query.far_persons.is_empty()
    {
        return Some("one person has few of them that belong to one other row as well");
    }
    if query.is_of_persons_keys
        && function
            .program
            .world
            .class_name(class)
            .is_some_and(words::is_tenant)
    {
        return Some("one person belongs to few");
    }
    if is_recent_of_person(function, class, &query) {
        return Some("one person has made few of them lately");
    }
    let mut equal = query.equal.iter();
    if equal.any(|&(name, _)| words::is_unique(name)) {
        return Some("few rows have the same address, name or token");
    }
    if is_of_two_persons(function, class, &query) {
        return Some("two persons have few of them in common");
    }
    if is_of_persons_groups(function, class, &query) {
        return Some("one person belongs to few");
    }
    if query.has_cut_keys {
        return Some("their keys are those of a few rows");
    }
    if is_edit_of_one(function, class, &query) {
        return Some("one row has few edits");
    }
    let mut equal = query.equal.iter();
    if equal.any(|&(name, _)| words::is_pointer(name) && parent(function, class, name).is_some()) {
        return Some("few rows have this one as the one they work with");
    }
    (!query.loads && has_few(function, class, &query)).then_some("one row leads to few of them")
}

/// What the calls of one query say.
#[derive(Default)]
struct Query<'p> {
    /// Whose rows.
    class: Option<ClassRef>,
    /// The columns that are compared with a value.
    equal: Vec<(&'p str, ExprId)>,
    /// Whether they are those of one row, by its relation: `book.reviews`.
    is_along: bool,
    /// Whether other rows are loaded along: who asks has thought of many.
    loads: bool,
    /// Whether only those from some time on are asked for.
    is_since: bool,
    /// The columns further away that are: `book__author`.
    far: Vec<&'p str>,
    /// How many columns further away are compared with one value.
    far_values: usize,
    /// The columns further away that are compared with a person: `project__owner`.
    far_persons: Vec<&'p str>,
    /// Those that are compared with what tells one row from others: `note__uuid`.
    far_keys: Vec<&'p str>,
    /// Whether the rows are picked by keys of rows that are cut to a few.
    has_cut_keys: bool,
    /// Whether only rows are asked for that something is wrong with.
    is_exception: bool,
    /// Whether the rows are those whose keys a person's own rows hold.
    is_of_persons_keys: bool,
    /// Whether the rows are those that a person's own rows lead to.
    is_of_persons_rows: bool,
    /// Whether a value is the element of a loop around: there are many such queries.
    is_of_each: bool,
    /// Whether rows are grouped by what there are few of.
    groups_few: bool,
}

/// The function of the project that is called for rows, and what it returns.
fn answered(function: Function<'_>, rows: ExprId) -> Option<(Function<'_>, Vec<ExprId>)> {
    let module = function.module();
    let mut at = rows;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Await(inner) => inner,
            Expr::Local(_) => value_of(function, at)?,
            Expr::Call { .. } => {
                let Callee::Function(called) = function.call_at(at)?.callee else {
                    return None;
                };
                let called = function.program.function(called);
                let rows = called.module().returned(called.id);
                return (!rows.is_empty()).then_some((called, rows));
            }
            _ => return None,
        };
    }
    None
}

/// The whole of a query that begins with an expression: `Book.objects.filter(…)` for
/// `Book.objects`.
pub(super) fn whole_query(function: Function<'_>, start: ExprId) -> ExprId {
    let module = function.module();
    let uses = function.program.uses(function.file);
    let mut at = start;
    for _ in 0..MAX_STEPS {
        match uses.link(module, at) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

impl<'p> Query<'p> {
    fn is_of_one(&self, function: Function<'_>) -> bool {
        self.class.is_some_and(|class| {
            let mut equal = self.equal.iter();
            !self.is_of_each && equal.any(|&(name, _)| parent(function, class, name).is_some())
        })
    }

    fn of(function: Function<'p>, rows: ExprId) -> Self {
        Self::followed(function, rows, |_, _| None)
    }

    /// What holds of a query in any case, where some of its conditions depend on a test.
    fn at_least(function: Function<'p>, rows: ExprId) -> Self {
        Self::followed(function, rows, narrowed)
    }

    fn followed(
        function: Function<'p>,
        rows: ExprId,
        before: fn(Function<'_>, ExprId) -> Option<ExprId>,
    ) -> Self {
        let module = function.module();
        let mut query = Self {
            class: class_of(function, rows),
            ..Self::default()
        };
        let mut has_aggregate = false;
        let mut is_distinct = false;
        let mut at = rows;
        for _ in 0..MAX_STEPS {
            // The class that the query starts from says it best.
            if let Base::Class(_) = function.type_of(at).base {
                query.class = class_of(function, at).or(query.class);
            }
            at = match module.expr(at) {
                Expr::Await(inner) | Expr::Entered(inner) => inner,
                Expr::Local(local) => match value_of(function, at) {
                    Some(value) if !matches!(module.local(local).kind, LocalKind::Import(_)) => {
                        value
                    }
                    _ => match before(function, at) {
                        Some(value) => value,
                        None => break,
                    },
                },
                Expr::Member { object, name } => {
                    query.is_along |= is_relation(function, object, module.text(name));
                    object
                }
                Expr::Index { object, .. } => part_of_all(module, at).unwrap_or(object),
                Expr::Conditional { then, .. } => then,
                Expr::Comprehension { lp, .. } => match module.lp(lp).over {
                    Some(over) => over,
                    None => break,
                },
                Expr::Call { callee, args, .. } => {
                    query.class = query.class.or_else(|| class_of(function, at));
                    let args = module.list(args);
                    // `session.execute(statement)`
                    if let Some(&statement) = args.first()
                        && is_statement(function, statement)
                    {
                        at = statement;
                        continue;
                    }
                    match (module.expr(callee), args) {
                        (Expr::Name(name), &[only, ..]) if is_copy(module.text(name)) => only,
                        (Expr::Member { object, name }, _) => {
                            let name = module.text(name);
                            query.loads |= words::loads_along(name);
                            has_aggregate |= name == "annotate";
                            is_distinct |= name == "distinct";
                            query.groups_few |= is_distinct
                                && matches!(name, "values" | "values_list")
                                && names_one_choice(module, args);
                            query.groups_few |= has_aggregate
                                && name == "values"
                                && args.len() == 1
                                && args.iter().all(|&arg| is_kind(module, arg));
                            if words::selects(name) {
                                for &arg in args {
                                    query.condition(function, arg, 0);
                                }
                            }
                            object
                        }
                        (_, _) => callee,
                    }
                }
                _ => break,
            };
        }
        let own = module.receiver_class(at).map(|class| ClassRef {
            file: function.file,
            class,
        });
        query.class = query.class.or(own);
        query
    }

    fn condition(&mut self, function: Function<'p>, arg: ExprId, depth: u32) {
        const MAX_NESTING: u32 = 4;
        let module = function.module();
        if depth > MAX_NESTING {
            return;
        }
        match module.expr(arg) {
            Expr::Keyword { name, value } => {
                let name = module.text(name);
                match module.expr(value) {
                    Expr::Map(_) if name == "where" => self.condition(function, value, depth + 1),
                    Expr::Map(_) => {}
                    _ => self.equal(function, name, value),
                }
            }
            Expr::Map(entries) => {
                for &entry in module.list(entries) {
                    let is_where = matches!(module.expr(entry), Expr::Keyword { name, .. }
                        if module.text(name) == "where");
                    if is_where || depth > 0 {
                        self.condition(function, entry, depth + 1);
                    }
                }
            }
            // `User.locked_at != None`
            Expr::Binary {
                op: BinaryOp::NotEqual | BinaryOp::IsNot,
                left,
                right,
            } => {
                self.is_exception |= module.expr(right) == Expr::Null
                    && module.last_name(left).is_some_and(words::is_exception);
            }
            Expr::Binary {
                op: BinaryOp::Equal,
                left,
                right,
            } => {
                if let Expr::Member { name, .. } = module.expr(left) {
                    self.equal(function, module.text(name), right);
                }
            }
            _ => {}
        }
    }

    fn equal(&mut self, function: Function<'p>, name: &'p str, value: ExprId) {
        let module = function.module();
        self.is_since |= (name.ends_with("__gte") || name.ends_with("__gt"))
            && words::is_time(name.trim_end_matches("__gte").trim_end_matches("__gt"));
        self.is_exception |= module.expr(value) == Expr::Bool(false)
            && name
                .strip_suffix("__isnull")
                .is_some_and(words::is_exception);
        self.has_cut_keys |= name.ends_with("__in") && has_cut(function, value);
        if name.ends_with("__in") && is_asked_of_person(function, value) {
            self.is_of_persons_rows = true;
            self.is_of_persons_keys |= matches!(name, "id__in" | "pk__in");
        }
        let column = ["__exact", "__id", "__pk"]
            .iter()
            .fold(name, |name, end| name.trim_end_matches(end));
        if !column.contains("__") && !is_list(module, value) {
            self.is_of_each |= is_element(function, value);
            self.equal.push((column, value));
        } else {
            let compares = column.rsplit("__").next().is_none_or(|last| last != "in");
            self.far_values += usize::from(compares && !is_list(module, value));
            if is_of_row(function, value) {
                self.far.push(column);
            }
            if compares && module.last_name(value).is_some_and(words::is_person) {
                self.far_persons.push(column);
            }
            if compares && words::names_a_record(name) {
                self.far_keys.push(name);
            }
        }
    }
}

/// Whether a name is that of the rows that belong to a row in hand.
fn is_relation(function: Function<'_>, object: ExprId, name: &str) -> bool {
    let world = &function.program.world;
    let Base::Instance(class) = function.type_of(object).base else {
        return false;
    };
    let relation = world.entities.find(world, class, name);
    relation.is_some_and(|relation| world.entities.get(relation).many)
        && !is_element(function, object)
}

fn is_element(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    facts.any_origin(value, |id| matches!(module.expr(id), Expr::Element(_)))
}

/// Whether a value is an attribute of a row, as what it belongs to is: `book.author`.
fn is_of_row(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    matches!(module.expr(value), Expr::Member { name, .. }
        if function.program.world.entities.has_name(module.text(name)))
}

/// Whether a value is a query for a person's rows: `Seat.objects.filter(user=user)`.
fn is_asked_of_person(function: Function<'_>, value: ExprId) -> bool {
    let module = function.module();
    function.facts().any_origin(value, |id| {
        let Expr::Call { callee, args, .. } = module.expr(id) else {
            return false;
        };
        let selects = matches!(module.expr(callee), Expr::Member { name, .. }
            if words::selects(module.text(name)));
        selects
            && module.list(args).iter().any(|&arg| {
                matches!(module.expr(arg), Expr::Keyword { name, .. }
                    if words::is_person(module.text(name)))
            })
    })
}

/// What one of several values that are awaited at once is made of: the second one of
/// `[a, b] = await Promise.all([…, …])`.
fn part_of_all(module: &Module, part: ExprId) -> Option<ExprId> {
    let Expr::Index { object, index } = module.expr(part) else {
        return None;
    };
    let (Expr::Await(all), Expr::Number(at)) = (module.expr(object), module.expr(index)) else {
        return None;
    };
    let Expr::Call { args, .. } = module.expr(all) else {
        return None;
    };
    let elements = match module.list(args) {
        &[only] => match module.expr(only) {
            Expr::Sequence { elements, .. } => module.list(elements),
            _ => return None,
        },
        several => several,
    };
    elements.get(usize::try_from(at).ok()?).copied()
}

/// The call that asks for what a name holds, if there is one: also among several at once, and
/// where a condition decides whether it is asked.
pub(super) fn call_for(function: Function<'_>, rows: ExprId) -> Option<ExprId> {
    let module = function.module();
    let mut at = rows;
    for _ in 0..MAX_STEPS {
        at = match module.expr(at) {
            Expr::Call { .. } => return Some(at),
            Expr::Await(inner) => inner,
            Expr::Local(_) => value_of(function, at)?,
            Expr::Index { .. } => part_of_all(module, at)?,
            Expr::Conditional { then, .. } => then,
            _ => return None,
        };
    }
    None
}

/// The value that a name had before it was narrowed down, perhaps: `books = books.filter(…)`.
fn narrowed(function: Function<'_>, at: ExprId) -> Option<ExprId> {
    let module = function.module();
    let def_use = &function.facts().def_use;
    let Expr::Local(local) = module.expr(at) else {
        return None;
    };
    // The name itself, where a value is built from what it held.
    let before = |value: ExprId| {
        let mut at = value;
        for _ in 0..MAX_STEPS {
            at = match module.expr(at) {
                Expr::Call { callee, .. } => callee,
                Expr::Member { object, .. } => object,
                Expr::Local(root) if root == local => return Some(at),
                _ => return None,
            };
        }
        None
    };
    let mut open = vec![def_use.reaching(at)?];
    let mut seen = Vec::new();
    let mut first = None;
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        match def_use.def(id) {
            Def::Value { value, .. } => match before(*value) {
                Some(name) => open.push(def_use.reaching(name)?),
                None if first.is_none() => first = Some(*value),
                None => return None,
            },
            Def::Join { operands, .. } => {
                let is_none = |&id: &DefId| {
                    matches!(def_use.def(id), Def::Value { value, .. }
                        if is_called_none(module, *value))
                };
                let some: Vec<DefId> = operands.iter().copied().filter(|id| !is_none(id)).collect();
                match (&some[..], some.len() < operands.len()) {
                    (&[only], true) => match def_use.def(only) {
                        Def::Value { value, .. } => return Some(*value),
                        _ => open.push(only),
                    },
                    _ => open.extend(some),
                }
            }
            _ => return None,
        }
        if seen.len() > MAX_STEPS {
            return None;
        }
    }
    first
}

/// Whether a query is one for no rows at all: `books.none()`.
fn is_called_none(module: &Module, query: ExprId) -> bool {
    matches!(module.expr(query), Expr::Call { callee, .. }
        if matches!(module.expr(callee), Expr::Member { name, .. } if module.text(name) == "none"))
}

/// Whether a value is made of rows that are cut to a few that are written: `rows[:10]`.
fn has_cut(function: Function<'_>, value: ExprId) -> bool {
    const FEW: i64 = 20;
    let module = function.module();
    function.facts().any_origin(value, |id| {
        let Expr::Index { object, index } = module.expr(id) else {
            return false;
        };
        let Expr::Slice(ends) = module.expr(index) else {
            return false;
        };
        let end = module.list(ends).get(1).map(|&end| module.expr(end));
        matches!(module.expr(object), Expr::Call { .. })
            && matches!(end, Some(Expr::Number(1..=FEW)))
    })
}

/// Whether one column is asked for that holds what the program can choose from, by its name.
fn names_one_choice(module: &Module, args: &[ExprId]) -> bool {
    let [column, rest @ ..] = args else {
        return false;
    };
    let is_choice = matches!(module.expr(*column), Expr::String(name)
        if words::is_lookup(module.text(name)));
    let mut rest = rest.iter();
    is_choice && rest.all(|&arg| matches!(module.expr(arg), Expr::Keyword { .. }))
}

/// Whether a value is written as several.
fn is_list(module: &Module, value: ExprId) -> bool {
    matches!(
        module.expr(value),
        Expr::Sequence { .. } | Expr::Comprehension { .. }
    )
}

fn value_of(function: Function<'_>, at: ExprId) -> Option<ExprId> {
    let def_use = &function.facts().def_use;
    let Expr::Local(local) = function.module().expr(at) else {
        return None;
    };
    match def_use.reaching(at).map(|def| def_use.def(def)) {
        Some(Def::Value { value, .. }) => Some(*value),
        _ => def_use.single_value(local),
    }
}

fn is_statement(function: Function<'_>, value: ExprId) -> bool {
    let models = &function.program.world.models;
    matches!(function.type_of(value).base, Base::Model(ty, _)
        if models.ty(ty).statement.is_some())
}

fn class_of(function: Function<'_>, rows: ExprId) -> Option<ClassRef> {
    let (Base::Model(_, Entity::Class(class)) | Base::Instance(class) | Base::Class(class)) =
        function.type_of(rows).base
    else {
        return None;
    };
    let entities = &function.program.world.entities;
    entities.table(class).is_some().then_some(class)
}

/// Whether a function answers the elements that it is handed.
fn is_copy(function: &str) -> bool {
    matches!(
        function,
        "list" | "set" | "tuple" | "sorted" | "reversed" | "enumerate" | "range" | "len"
    )
}

/// Whether a column that rows are grouped by has few values, by its name.
fn is_kind(module: &Module, column: ExprId) -> bool {
    matches!(module.expr(column), Expr::String(name)
        if words::growth(module.text(name)) == Some(Growth::Small))
}

/// Whether the query stands in a loop over many.
pub(super) fn is_repeated(function: Function<'_>, rows: ExprId) -> bool {
    let lp = function.facts().context_of(rows).and_then(|(_, lp, _)| lp);
    // What a loop walks is asked for before it.
    let mut around = function.loops_around(lp);
    around.retain(|lp| lp.head().over.is_none_or(|over| over != rows));
    growing_loop(&around).is_some()
}

/// Whether a query names all columns of a unique key; or all but one, and one row besides that
/// the missing one belongs to.
fn is_unique(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let program = function.program;
    let schemas = &program.schemas;
    let Some((_, table)) = schemas.table_of(class) else {
        return false;
    };
    let columns: Vec<&str> = query
        .equal
        .iter()
        .map(|&(name, _)| schemas.column_of(class, name).unwrap_or(name))
        .collect();
    let is_reference = |name: &str| {
        let mut keys = table.foreign_keys.iter();
        keys.any(|key| key.columns.iter().any(|column| column == name))
    };
    table.indexes.iter().any(|index| {
        if !index.is_unique || index.condition.is_some() || index.keys.is_empty() {
            return false;
        }
        let keys: Vec<&str> = index
            .keys
            .iter()
            .filter_map(|key| match &key.value {
                Value::Column(name) => Some(name.as_str()),
                Value::Expression(..) => None,
            })
            .collect();
        if keys.len() != index.keys.len() {
            return false;
        }
        let named = keys.iter().filter(|key| columns.contains(key)).count();
        let others = columns
            .iter()
            .filter(|column| !keys.contains(column) && is_reference(column))
            .count();
        let is_lacking = |key: &&str| !columns.contains(key) && has_choices(function, class, key);
        let few = others > 0 || keys.iter().any(is_lacking);
        named == keys.len() || keys.len() > 1 && named + 1 == keys.len() && few
    })
}

/// Whether the values of a column are written in its class: `CharField(choices=…)`.
fn has_choices(function: Function<'_>, class: ClassRef, column: &str) -> bool {
    let world = &function.program.world;
    world.above(class).into_iter().any(|class| {
        let module = &world.unit(class.file).facts.module;
        let mut fields = module.class(class.class).fields.iter();
        fields.any(|field| {
            let Some(Expr::Call { args, .. }) = field.value.map(|value| module.expr(value)) else {
                return false;
            };
            module.text(field.name) == column
                && module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Keyword { name, .. }
                        if module.text(name) == "choices")
                })
        })
    })
}

/// Whether the rows are what one person has made since some time.
fn is_recent_of_person(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    query.is_since
        && query.equal.iter().any(|&(name, _)| {
            words::is_person(name.trim_end_matches("_id"))
                || parent(function, class, name)
                    .is_some_and(|parent| words::is_person(&parent.to_lowercase()))
        })
}

/// Whether the rows are one person's, and belong to one other row as well.
fn is_of_person_and_more(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let is_of_person = query.equal.iter().any(|&(name, _)| {
        parent(function, class, name).is_some() && words::is_person(name.trim_end_matches("_id"))
    });
    is_of_person
        && query.far.iter().any(|path| {
            path.split("__")
                .all(|part| !words::holds_many(part) && !words::is_person(part))
        })
}

/// Whether the rows are one person's in what is another's: `filter(board__owner=me, user=user)`.
fn is_of_two_persons(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let is_of_person = query.equal.iter().any(|&(name, _)| {
        parent(function, class, name).is_some() && words::is_person(name.trim_end_matches("_id"))
    });
    is_of_person && !query.far_persons.is_empty()
}

/// Whether the rows are those of the groups that one person is in: `filter(group__user=user)`.
fn is_of_persons_groups(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let Some(table) = function.program.world.class_name(class) else {
        return false;
    };
    query.far_persons.iter().any(|path| {
        path.split_once("__").is_some_and(|(group, person)| {
            let is_called_so = words::beside(table, group).is_none_or(|own| own != table);
            let is_group = words::holds_rights(group) || words::is_tenant(group);
            is_group && is_called_so && words::is_person(person)
        })
    })
}

/// Whether the rows are the edits of one row, which a key of that tells: `filter(note__uuid=uuid)`.
fn is_edit_of_one(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let Some(table) = function.program.world.class_name(class) else {
        return false;
    };
    query.far_keys.iter().any(|path| {
        path.split_once("__").is_some_and(|(edited, key)| {
            let parent = parent(function, class, edited).filter(|_| !key.contains("__"));
            let own = parent.and_then(|parent| words::beside(table, parent));
            own.is_some_and(|own| {
                own != table && !words::is_compound(&own) && words::holds_edits(&own)
            })
        })
    })
}

/// What the row is called that a key leads to: by its class, or else by the key.
fn parent<'p>(function: Function<'p>, class: ClassRef, name: &'p str) -> Option<&'p str> {
    let world = &function.program.world;
    let relation = ["", "_id", "Id"].iter().find_map(|end| {
        let name = name.strip_suffix(end)?;
        let relation = world.entities.find(world, class, name)?;
        let relation = world.entities.get(relation);
        (!relation.is_column).then_some(relation)
    });
    if let Some(relation) = relation {
        // A tree is asked for node by node.
        if relation.target == Some(class) {
            return None;
        }
        let target = relation.target.and_then(|class| world.class_name(class));
        return Some(target.unwrap_or(name));
    }
    // A key stands beside what it leads to.
    let name = ["_id", "Id"]
        .iter()
        .find_map(|end| name.strip_suffix(end))?;
    world.has_field(class, name).then_some(name)
}

/// Whether the rows belong to one other row that few of them belong to.
fn has_few(function: Function<'_>, class: ClassRef, query: &Query<'_>) -> bool {
    let Some(table) = function.program.world.class_name(class) else {
        return false;
    };
    let is_small = words::growth(table) == Some(Growth::Small);
    query.equal.iter().any(|&(name, _)| {
        let Some(parent) = parent(function, class, name) else {
            return false;
        };
        // What one chooses from has as many rows as there are choosers.
        if words::growth(parent) == Some(Growth::Small) && !is_small {
            return false;
        }
        let own = words::beside(table, parent);
        if own.as_deref().is_some_and(words::is_growing) {
            return words::is_attached(table) && !words::holds_many(parent);
        }
        // Of what lives long and holds much, only what is called after it.
        is_small || own.as_deref() != Some(table) || !words::holds_many(parent)
    })
}

/// Whether a limit that is written is a small one: `take=10`, `PaginationParams(1, MAX_SHOWN)`.
pub(super) fn has_small_limit(function: Function<'_>, over: ExprId) -> bool {
    const FEW: i64 = 20;
    let module = function.module();
    let is_few = |value: ExprId| {
        let number = |value: ExprId| matches!(module.expr(value), Expr::Number(1..=FEW));
        match module.expr(value) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Variable => {
                    let value = function.facts().def_use.single_value(local);
                    value.is_some_and(number)
                }
                LocalKind::Param(param) => default_of(function, param).is_some_and(number),
                _ => false,
            },
            _ => number(value),
        }
    };
    function.facts().any_origin(over, |id| {
        let Expr::Call { callee, args, kind } = module.expr(id) else {
            return false;
        };
        if kind == CallKind::Implicit {
            return false;
        }
        let called = module.last_name(callee);
        let is_page = called.is_some_and(|name| name.contains("Pagina"));
        let is_asked = |name: &str| matches!(name, "limit" | "take" | "page_size" | "per_page");
        let is_limit = called.is_some_and(is_asked);
        module.list(args).iter().any(|&arg| match module.expr(arg) {
            Expr::Keyword { name, value } => is_asked(module.text(name)) && is_few(value),
            Expr::Local(_) if is_limit => is_few(arg),
            Expr::Number(1) => false,
            _ => is_page && is_few(arg),
        })
    })
}

/// The default of a parameter that no caller in sight gives something else.
pub(super) fn default_of(function: Function<'_>, param: u16) -> Option<ExprId> {
    let at = function.reference();
    let mut callers = function.callers().into_iter();
    let is_given = callers.any(|(caller, call)| caller.argument_for(call, at, param).is_some());
    let declared = function.declared().params.get(usize::from(param))?;
    declared.default.filter(|_| !is_given)
}

/// Whether a function of the project picks the elements by a test of one text: the terms that
/// occur in a sentence.
pub(super) fn is_picked_by_text(function: Function<'_>, over: ExprId) -> bool {
    let Expr::Call { .. } = function.module().expr(over) else {
        return false;
    };
    let Some(Callee::Function(callee)) = function.call_at(over).map(|call| &call.callee) else {
        return false;
    };
    let callee = function.program.function(*callee);
    let module = callee.module();
    callee.facts().sites(callee.id).iter().any(|site| {
        let Expr::Call { callee: tested, args, .. } = module.expr(site.expr) else {
            return false;
        };
        let is_test = matches!(module.expr(tested), Expr::Member { name, .. }
            if matches!(module.text(name), "search" | "fullmatch" | "match" | "finditer" | "findall"));
        is_test
            && module.list(args).iter().any(|&arg| {
                matches!(module.expr(arg), Expr::Local(local)
                    if matches!(module.local(local).kind, LocalKind::Param(_))
                        && module.receiver_class(arg).is_none())
            })
    })
}
