//! Related rows that come with rows, or are loaded by reading a relation, and are not used: only
//! their number is, or nothing of them at all.

use super::members::Members;
use super::outcomes::{Outcome, OutcomeKind, outcomes_of};
use super::query::{facts_of, loads_of};
use super::{Fetch, QueryFacts, entity_of};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, LoopId, Module};
use crate::link::call_graph::{ActKind, Callee};
use crate::link::infer::{Typer, keyword_in};
use crate::link::models::{Bounded, Effect, Rows};
use crate::link::program::Function;
use crate::link::types::{Base, Entity, ExprRef};
use crate::link::words;

/// Calls between the one that names relations and the read.
const MAX_STEPS: usize = 24;

/// What a function uses of the rows of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelatedUse {
    /// Nothing.
    Nothing,
    /// Whether there are any, here.
    Whether(ExprId),
    /// Whether some fulfil a condition, here.
    Search(ExprId),
    /// How many there are, here.
    Number(ExprId),
}

/// A relation whose rows are loaded for little.
#[derive(Debug, Clone)]
pub struct Related<'p> {
    /// The function that loads and uses them.
    pub function: Function<'p>,
    /// The relation's name.
    pub name: String,
    /// Where it is asked for: its name in the query, or the read of it.
    pub place: ExprId,
    /// The read of the rows, if the relation comes with them.
    pub read: Option<ExprId>,
    /// Whether it comes with one row only.
    pub is_of_one: bool,
    /// Whether it leads to many rows.
    pub is_many: bool,
    /// What is used.
    pub used: RelatedUse,
    /// The library.
    pub package: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A relation of which all rows come along with one.
#[derive(Debug, Clone)]
pub struct Along<'p> {
    /// The read of the one row.
    pub read: Fetch<'p>,
    /// The relation's name.
    pub name: String,
    /// Where it is asked for.
    pub place: ExprId,
}

/// A read of one row or many.
struct RowRead {
    rows: ExprId,
    is_many: bool,
    package: String,
    confidence: Confidence,
}

/// A relation that a query loads along.
struct Named {
    name: String,
    place: ExprId,
    /// Only some of its rows come.
    has_conditions: bool,
}

impl<'p> Function<'p> {
    /// The relations whose rows are loaded here for their number, or for nothing.
    pub fn idle_relations(self) -> Vec<Related<'p>> {
        let mut found = Vec::new();
        let mut typer = Typer::new(&self.program.world, self.file);
        self.loaded_along(&mut typer, &mut found);
        self.loaded_by_reading(&mut typer, &mut found);
        found
    }

    /// The to-many relations that come whole with a read of one row.
    pub fn whole_relations(self) -> Vec<Along<'p>> {
        let world = &self.program.world;
        let mut typer = Typer::new(world, self.file);
        let mut found = Vec::new();
        for read in self.row_reads(&mut typer) {
            if read.is_many {
                continue;
            }
            let mut named = Vec::new();
            for call in loads_of(world, self.file, read.rows) {
                if call.file == self.file && self.module().function_of(call.expr) == self.id {
                    relations_named(&mut typer, self.module(), call, &mut named);
                }
            }
            if named.is_empty() {
                continue;
            }
            let entity = entity_of(typer.of(read.rows).awaited());
            named.retain(|named| !named.has_conditions && self.is_to_many(entity, named));
            let Some(stmt) = self.stmt_of(read.rows) else {
                continue;
            };
            found.extend(named.into_iter().map(|Named { name, place, .. }| Along {
                read: Fetch {
                    function: self,
                    rows: read.rows,
                    stmt,
                    is_lazy: false,
                    package: read.package.clone(),
                    entity,
                    confidence: read.confidence,
                    query: QueryFacts::default(),
                },
                name,
                place,
            }));
        }
        found
    }

    /// Whether a relation leads to many rows: as the row's class says, or, where that is not
    /// known, by its name in the plural.
    fn is_to_many(self, entity: Entity, named: &Named) -> bool {
        let world = &self.program.world;
        if let Entity::Class(class) = entity
            && let Some(relation) = world.entities.find(world, class, &named.name)
        {
            return world.entities.get(relation).many;
        }
        named.name.ends_with('s') && words::is_growing(&named.name)
    }

    /// Reads of one row of which it is only asked whether there is one.
    pub fn tested_rows(self) -> Vec<(Fetch<'p>, ExprId)> {
        let world = &self.program.world;
        let mut typer = Typer::new(world, self.file);
        let mut found = Vec::new();
        for read in self.row_reads(&mut typer) {
            if read.is_many {
                continue;
            }
            let entity = entity_of(typer.of(read.rows).awaited());
            let outcomes = outcomes_of(self, read.rows, entity);
            let is_tested = |outcome: &Outcome| outcome.kind == OutcomeKind::Tested;
            if let (Some(first), true) = (outcomes.first(), outcomes.iter().all(is_tested))
                && let Some(stmt) = self.stmt_of(read.rows)
            {
                let fetch = Fetch {
                    function: self,
                    rows: read.rows,
                    stmt,
                    is_lazy: false,
                    package: read.package,
                    entity,
                    confidence: read.confidence,
                    query: facts_of(world, self.file, read.rows),
                };
                found.push((fetch, first.expr));
            }
        }
        found
    }

    /// Relations that come with the rows of a read.
    fn loaded_along(self, typer: &mut Typer<'p>, found: &mut Vec<Related<'p>>) {
        let world = &self.program.world;
        for read in self.row_reads(typer) {
            let mut named = Vec::new();
            for call in loads_of(world, self.file, read.rows) {
                // What a helper asks for serves its other callers too.
                if call.file == self.file
                    && self.module().function_of(call.expr) == self.id
                    && self.serves_only(call.expr, read.rows)
                {
                    relations_named(typer, self.module(), call, &mut named);
                }
            }
            if named.is_empty() {
                continue;
            }
            // Rows whose class is not known may compute what is read from what came along.
            let mut entity = entity_of(typer.of(read.rows).awaited());
            if let (Entity::None, Some((_, receiver))) = (entity, typer.called_model(read.rows)) {
                entity = entity_of(receiver);
            }
            let Some(members) = Members::of(self, read.rows, read.is_many, entity) else {
                continue;
            };
            let query = facts_of(world, self.file, read.rows);
            for named in named {
                let is_many = self.is_to_many(entity, &named);
                let Named {
                    name,
                    place,
                    has_conditions,
                } = named;
                let Some(used) = self.use_of(read.rows, &members, &name) else {
                    continue;
                };
                // Of those that fulfil a condition there may be few.
                // So there are where the rows belong to a list of keys that does not come in pages.
                let is_part = has_conditions && matches!(used, RelatedUse::Whether(_))
                    || matches!(used, RelatedUse::Search(_))
                    || read.is_many && query.is_keyed && !query.is_bounded;
                let confidence = if is_part {
                    Confidence::Low
                } else {
                    Confidence::Medium
                };
                found.push(Related {
                    function: self,
                    name,
                    place,
                    read: Some(read.rows),
                    is_of_one: !read.is_many,
                    is_many,
                    used,
                    package: read.package.clone(),
                    confidence: read.confidence.min(confidence),
                });
            }
        }
    }

    /// Whether what a call builds goes into one read, and nowhere else.
    fn serves_only(self, built: ExprId, read: ExprId) -> bool {
        let module = self.module();
        let uses = self.program.uses(self.file);
        let mut at = built;
        for _ in 0..MAX_STEPS {
            if at == read {
                return true;
            }
            let [parent] = uses.parents(at)[..] else {
                return false;
            };
            at = match module.expr(parent) {
                // Options that stand among the arguments, and the chain that goes on.
                Expr::Await(_) | Expr::Call { .. } => parent,
                Expr::Member { .. } => match uses.parents(parent)[..] {
                    [call] if matches!(module.expr(call), Expr::Call { callee, .. } if callee == parent) => {
                        call
                    }
                    _ => return false,
                },
                Expr::Assign {
                    op: None, target, ..
                } if target != at => match module.expr(target) {
                    Expr::Local(local) => match uses.of_name(local) {
                        [only] => *only,
                        _ => return false,
                    },
                    _ => return false,
                },
                _ => return false,
            };
            let reads = self.call_at(at).is_some_and(|call| match call.callee {
                Callee::Model(id) => {
                    self.program.world.models.call(id).effect == Some(Effect::DbRead)
                }
                _ => true,
            });
            if reads && at != read {
                return false;
            }
        }
        false
    }

    /// The reads of one row or many that stand in it.
    fn row_reads(self, typer: &mut Typer<'p>) -> Vec<RowRead> {
        let mut found = Vec::new();
        for act in self.acts() {
            let ActKind::Effect {
                effect: Effect::DbRead,
                rows: Some(rows @ (Rows::Many | Rows::One)),
                model: Some(_),
                package,
                ..
            } = &act.kind
            else {
                continue;
            };
            if !act.is_memoized {
                found.push(RowRead {
                    rows: act.expr,
                    is_many: *rows == Rows::Many,
                    package: package.clone(),
                    confidence: act.confidence,
                });
            }
        }
        let mut lazy = Vec::new();
        self.lazy_fetches(typer, &mut lazy);
        found.extend(lazy.into_iter().map(|fetch| RowRead {
            rows: fetch.rows,
            is_many: true,
            package: fetch.package,
            confidence: fetch.confidence,
        }));
        found
    }

    /// What is used of a relation, by the members of rows that are read; none if it is used.
    fn use_of(self, rows: ExprId, members: &Members, name: &str) -> Option<RelatedUse> {
        let module = self.module();
        let mut used = RelatedUse::Nothing;
        for &member in &members.read {
            let Expr::Member { name: of, .. } = module.expr(member) else {
                continue;
            };
            if module.text(of) != name {
                continue;
            }
            // What is looked at again and again is best at hand.
            let is_repeated = module.loops.iter().enumerate().any(|(i, lp)| {
                lp.exprs.contains(member)
                    && !lp.exprs.contains(rows)
                    && !members.loops.contains(&LoopId(i as u32))
            });
            if is_repeated {
                return None;
            }
            let next = self.number_of(member)?;
            used = match (used, next) {
                (RelatedUse::Number(at), _) => RelatedUse::Number(at),
                (_, next) => next,
            };
        }
        Some(used)
    }

    /// Whether only the number of the elements of a list is used, or whether there are any.
    fn number_of(self, list: ExprId) -> Option<RelatedUse> {
        let own = Function {
            id: self.module().function_of(list),
            ..self
        };
        let outcomes = outcomes_of(own, list, Entity::None);
        let mut used = None;
        for Outcome { kind, expr } in outcomes {
            used = match kind {
                // Of one row that may be missing nothing else can be asked.
                OutcomeKind::Tested if self.is_length(expr) => {
                    used.or(Some(RelatedUse::Whether(expr)))
                }
                OutcomeKind::Counted => Some(RelatedUse::Number(expr)),
                OutcomeKind::Filtered => match self.number_of_some(expr)? {
                    search @ RelatedUse::Search(_) => used.or(Some(search)),
                    number => Some(number),
                },
                _ => return None,
            };
        }
        used
    }

    /// Whether an expression is the length of a list.
    fn is_length(self, expr: ExprId) -> bool {
        let module = self.module();
        match module.expr(expr) {
            Expr::Member { name, .. } => module.text(name) == "length",
            Expr::Call { .. } => true,
            _ => false,
        }
    }

    /// The same for those elements that fulfil a condition: `tasks.filter(isDone).length`.
    fn number_of_some(self, kept: ExprId) -> Option<RelatedUse> {
        let module = self.module();
        if let Expr::Call { callee, .. } = module.expr(kept)
            && let Expr::Member { name, .. } = module.expr(callee)
        {
            match module.text(name) {
                "some" | "every" => return Some(RelatedUse::Search(kept)),
                "filter" => {}
                _ => return None,
            }
        }
        let uses = self.program.uses(self.file);
        let parents = uses.parents(kept);
        let is_measured = |&parent: &ExprId| match module.expr(parent) {
            Expr::Member { name, .. } => module.text(name) == "length",
            Expr::Call { callee, .. } => {
                matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "len")
            }
            _ => false,
        };
        let is_number =
            !parents.is_empty() && parents.iter().all(is_measured) && uses.root(kept).is_none();
        is_number.then_some(RelatedUse::Number(kept))
    }

    /// Relations that reading them loads: `len(project.tasks)`.
    fn loaded_by_reading(self, typer: &mut Typer<'p>, found: &mut Vec<Related<'p>>) {
        let world = &self.program.world;
        let module = self.module();
        if !world.entities.are_in(world.unit(self.file).ecosystem) {
            return;
        }
        let mut used: Vec<(ExprId, ExprId, Option<RelatedUse>, String)> = Vec::new();
        for member in self.declared().exprs.iter() {
            let Expr::Member { object, name } = module.expr(member) else {
                continue;
            };
            if !world.entities.has_name(module.text(name)) || module.function_of(member) != self.id
            {
                continue;
            }
            let ty = typer.of(object);
            let (true, Base::Instance(class)) = (ty.is_bare(), ty.base) else {
                continue;
            };
            let Some(relation) = world.entities.find(world, class, module.text(name)) else {
                continue;
            };
            let relation = world.entities.get(relation);
            if !relation.many || !relation.lazy || relation.query.is_some() {
                continue;
            }
            let Some(package) = world
                .entities
                .table(class)
                .and_then(|table| world.models.ty(table).name.rsplit_once('.'))
            else {
                continue;
            };
            let number = self.number_of(member);
            used.push((object, member, number, package.0.to_owned()));
        }
        for (object, member, number, package) in &used {
            let Expr::Member { name, .. } = module.expr(*member) else {
                continue;
            };
            // The query that loads them says it better.
            let name = module.text(name);
            if found.iter().any(|known| known.name == name) {
                continue;
            }
            // Rows that are used elsewhere are at hand then.
            let of_same = used.iter().filter(|(other, of, ..)| {
                is_same_path(module, *other, *object)
                    && matches!((module.expr(*of), module.expr(*member)),
                        (Expr::Member { name: a, .. }, Expr::Member { name: b, .. }) if a == b)
            });
            let mut is_counted = true;
            let mut is_first = true;
            for (_, of, number, _) in of_same {
                is_counted &= number.is_some();
                is_first &= of.0 >= member.0;
            }
            let (Some(used), true, true) = (*number, is_counted, is_first) else {
                continue;
            };
            found.push(Related {
                function: self,
                name: name.to_owned(),
                place: *member,
                read: None,
                is_of_one: true,
                is_many: true,
                used,
                package: package.clone(),
                confidence: Confidence::Low,
            });
        }
    }
}

/// Whether two expressions are the same path of members from the same name.
fn is_same_path(module: &Module, a: ExprId, b: ExprId) -> bool {
    match (module.expr(a), module.expr(b)) {
        (
            Expr::Member {
                object: a,
                name: of_a,
            },
            Expr::Member {
                object: b,
                name: of_b,
            },
        ) => of_a == of_b && is_same_path(module, a, b),
        (a, b) => matches!(a, Expr::Local(_) | Expr::This) && a == b,
    }
}

/// The relations that a call of a query names, with the places of their names.
fn relations_named(typer: &mut Typer<'_>, module: &Module, call: ExprRef, found: &mut Vec<Named>) {
    let Some((model, _)) = typer.called_model(call.expr) else {
        return;
    };
    let mut names = Names { module, found };
    for argument in arguments(typer, module, call.expr, model.loads.as_ref()) {
        names.add(typer, argument);
    }
    for argument in arguments(typer, module, call.expr, model.selects.as_ref()) {
        names.add_selected(argument);
    }
}

fn arguments(
    typer: &Typer<'_>,
    module: &Module,
    call: ExprId,
    place: Option<&Bounded>,
) -> Vec<ExprId> {
    let Expr::Call { args, .. } = module.expr(call) else {
        return Vec::new();
    };
    let args = module.list(args);
    match place {
        Some(Bounded::Always) => args.to_vec(),
        // A path in text may start with the alias of a join.
        Some(Bounded::Argument(n)) => typer
            .argument(call, usize::from(*n))
            .filter(|&argument| {
                !matches!(module.expr(argument), Expr::String(text)
                    if module.text(text).contains('.'))
            })
            .into_iter()
            .collect(),
        Some(Bounded::Key(key)) => {
            let in_options = args.iter().find_map(|&arg| match module.expr(arg) {
                Expr::Map(entries) => keyword_in(module, module.list(entries), key),
                _ => None,
            });
            let given = keyword_in(module, args, key).or(in_options);
            given.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

struct Names<'m> {
    module: &'m Module,
    found: &'m mut Vec<Named>,
}

impl Names<'_> {
    fn push(&mut self, path: &str, place: ExprId) {
        // Further steps of a path come with the first.
        let first = path.split("__").next().unwrap_or(path);
        let name = first.split('.').next().unwrap_or(first);
        let is_known = self.found.iter().any(|known| known.name == name);
        if !is_known && !name.starts_with('_') {
            let has_conditions = match self.module.expr(place) {
                Expr::Keyword { value, .. } => match self.module.expr(value) {
                    Expr::Map(entries) => {
                        keyword_in(self.module, self.module.list(entries), "where").is_some()
                    }
                    _ => false,
                },
                _ => false,
            };
            self.found.push(Named {
                name: name.to_owned(),
                place,
                has_conditions,
            });
        }
    }

    fn add(&mut self, typer: &mut Typer<'_>, argument: ExprId) {
        let module = self.module;
        match module.expr(argument) {
            Expr::String(name) => self.push(module.text(name), argument),
            Expr::Sequence { elements, .. } => {
                for &element in module.list(elements) {
                    match module.expr(element) {
                        Expr::String(name) => self.push(module.text(name), element),
                        Expr::Map(entries) => self.add_described(element, module.list(entries)),
                        _ => {}
                    }
                }
            }
            Expr::Map(entries) => {
                let entries = module.list(entries);
                if keyword_in(module, entries, "model").is_some()
                    || keyword_in(module, entries, "association").is_some()
                {
                    return self.add_described(argument, entries);
                }
                for &entry in entries {
                    if let Expr::Keyword { name, value } = module.expr(entry)
                        && self.is_whole(value)
                    {
                        self.push(module.text(name), entry);
                    }
                }
            }
            // `selectinload(Project.tasks)`
            Expr::Call { callee, args, .. } => {
                // Of a path of several, the last step is no relation of these rows.
                if matches!(module.expr(callee), Expr::Member { object, .. }
                    if matches!(module.expr(object), Expr::Call { .. }))
                {
                    return;
                }
                let loads = typer.called_model(argument);
                if loads.is_some_and(|(model, _)| model.loads.is_some() && model.effect.is_none())
                    && let [only] = module.list(args)[..]
                    && let Expr::Member { name, .. } = module.expr(only)
                {
                    self.push(module.text(name), argument);
                }
            }
            _ => {}
        }
    }

    /// `select: { id: true, posts: { select: { id: true } } }`
    fn add_selected(&mut self, argument: ExprId) {
        let module = self.module;
        let Expr::Map(entries) = module.expr(argument) else {
            return;
        };
        for &entry in module.list(entries) {
            if let Expr::Keyword { name, value } = module.expr(entry)
                && matches!(module.expr(value), Expr::Map(_))
                && self.is_whole(value)
            {
                self.push(module.text(name), entry);
            }
        }
    }

    /// `{ model: Post, as: "posts" }`: one that narrows the rows themselves is no mere load.
    fn add_described(&mut self, description: ExprId, entries: &[ExprId]) {
        let module = self.module;
        let narrows = ["where", "required", "limit", "through", "right"];
        let is_narrowing = narrows
            .iter()
            .any(|key| keyword_in(module, entries, key).is_some());
        let name = keyword_in(module, entries, "as")
            .or_else(|| keyword_in(module, entries, "association"))
            .map(|name| module.expr(name));
        if let (false, Some(Expr::String(name))) = (is_narrowing, name) {
            self.push(module.text(name), description);
        }
    }

    /// Whether all rows of a relation come, and not some or their number.
    fn is_whole(&self, value: ExprId) -> bool {
        let module = self.module;
        match module.expr(value) {
            Expr::Bool(is_asked) => is_asked,
            Expr::Map(entries) => {
                let entries = module.list(entries);
                let limits = ["take", "limit", "skip", "cursor"];
                let is_spread = |&entry: &ExprId| matches!(module.expr(entry), Expr::Spread(_));
                !limits
                    .iter()
                    .any(|key| keyword_in(module, entries, key).is_some())
                    && !entries.iter().any(is_spread)
            }
            _ => false,
        }
    }
}
