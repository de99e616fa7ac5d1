//! Reads of many rows: what is asked for, and where the rows go.

mod given;
mod leaves;
mod limits;
mod members;
mod outcomes;
mod products;
mod query;
mod related;
mod statements;

use rustc_hash::FxHashSet;

pub use self::given::Given;
pub use self::leaves::Leave;
pub(super) use self::leaves::{Callers, hooks};
pub use self::outcomes::{Outcome, OutcomeKind, outcomes_of, outcomes_of_param};
pub use self::products::Product;
pub(super) use self::query::facts_of;
pub use self::query::{QueryFacts, Scope};
pub use self::related::{Along, Related, RelatedUse};
pub(super) use self::statements::Runners;
use super::call_graph::{ActKind, Callee, package_of};
use super::entry_points::Reach;
use super::infer::Typer;
use super::models::{Effect, Rows, TypeSpec};
use super::program::{Function, Program};
use super::types::{Base, Entity, Type};
use super::words::{self, Growth};
use crate::finding::Confidence;
use crate::ir::schema::{ColumnKind, Schema, Table};
use crate::ir::{Expr, ExprId, Module, StmtId, UnaryOp};
use crate::source::FileId;

/// A read of many rows.
#[derive(Debug, Clone)]
pub struct Fetch<'p> {
    /// The function that asks.
    pub function: Function<'p>,
    /// The rows; or the query that gives them when it is walked.
    pub rows: ExprId,
    /// The statement it stands in.
    pub stmt: StmtId,
    /// Whether it is sent when its rows are walked, and not where it stands.
    pub is_lazy: bool,
    /// The library.
    pub package: String,
    /// Whose rows.
    pub entity: Entity,
    /// How sure it is that rows are read.
    pub confidence: Confidence,
    /// What is asked for.
    pub query: QueryFacts,
}

impl Program {
    /// Which part of a table the rows of an expression are.
    pub fn scope_of(&self, file: FileId, expr: ExprId) -> Scope {
        query::facts_of(&self.world, file, expr).scope
    }

    /// Whether the rows of an expression are asked for by a list of keys: `filter(id__in=ids)`.
    pub fn is_asked_by_keys(&self, file: FileId, expr: ExprId) -> bool {
        query::facts_of(&self.world, file, expr).is_keyed
    }
}

impl<'p> Function<'p> {
    /// The reads of many rows that stand in it.
    pub fn fetches(self) -> Vec<Fetch<'p>> {
        let world = &self.program.world;
        let mut typer = Typer::new(world, self.file);
        let mut found: Vec<Fetch<'p>> = Vec::new();
        let mut seen: FxHashSet<ExprId> = FxHashSet::default();
        for act in self.acts() {
            let ActKind::Effect {
                effect: Effect::DbRead,
                rows: Some(Rows::Many),
                model,
                package,
                ..
            } = &act.kind
            else {
                continue;
            };
            // What is walked is found where it is built.
            let is_walked = model.is_none()
                && !matches!(self.module().expr(act.expr), Expr::Await(_))
                && self.is_query_of_rows(typer.of(act.expr));
            if act.is_memoized || is_walked || !seen.insert(act.expr) {
                continue;
            }
            let ty = typer.of(act.expr);
            found.push(Fetch {
                function: self,
                rows: act.expr,
                stmt: act.stmt,
                is_lazy: false,
                package: package.clone(),
                entity: entity_of(ty),
                confidence: act.confidence,
                query: query::facts_of(world, self.file, act.expr),
            });
        }
        self.lazy_fetches(&mut typer, &mut found);
        self.answered_fetches(&mut typer, &mut found);
        self.statement_fetches(&mut typer, &mut found);
        found
    }

    /// Parts of queries of many rows: `books[:count]`.
    pub fn slices(self) -> Vec<Fetch<'p>> {
        let world = &self.program.world;
        let module = self.module();
        let mut typer = Typer::new(world, self.file);
        let mut found = Vec::new();
        for expr in self.declared().exprs.iter() {
            let Expr::Index { object, index } = module.expr(expr) else {
                continue;
            };
            if !matches!(module.expr(index), Expr::Slice(_)) || module.function_of(expr) != self.id
            {
                continue;
            }
            let ty = typer.of(object);
            let (Base::Model(id, entity), true) = (ty.base, self.is_query_of_rows(ty)) else {
                continue;
            };
            let Some((_, _, stmt)) = self.facts().context_of(expr) else {
                continue;
            };
            found.push(Fetch {
                function: self,
                rows: expr,
                stmt,
                is_lazy: true,
                package: package_of(&world.models.ty(id).name),
                entity,
                confidence: ty.confidence,
                query: query::facts_of(world, self.file, expr),
            });
        }
        found
    }

    /// Reads of the whole of a stored list or sorted set: `zrange(key, 0, -1)`.
    pub fn whole_ranges(self) -> Vec<Fetch<'p>> {
        let world = &self.program.world;
        let module = self.module();
        let typer = Typer::new(world, self.file);
        let mut found = Vec::new();
        for act in self.acts() {
            let ActKind::Effect {
                model: Some(id),
                package,
                ..
            } = &act.kind
            else {
                continue;
            };
            let Some(start) = world.models.call(*id).range.map(usize::from) else {
                continue;
            };
            let ends = [start, start + 1].map(|at| typer.argument(act.expr, at));
            let is_whole = matches!(ends, [Some(first), Some(last)]
                if module.expr(first) == Expr::Number(0) && is_minus_one(module, last));
            if is_whole && !act.is_memoized {
                found.push(Fetch {
                    function: self,
                    rows: act.expr,
                    stmt: act.stmt,
                    is_lazy: false,
                    package: package.clone(),
                    entity: Entity::None,
                    confidence: act.confidence,
                    query: QueryFacts::default(),
                });
            }
        }
        found
    }

    /// Queries that run when they are walked, where they are built to their end.
    fn lazy_fetches(self, typer: &mut Typer<'p>, found: &mut Vec<Fetch<'p>>) {
        let world = &self.program.world;
        for (site, call) in self.calls() {
            let Callee::Model(id) = call.callee else {
                continue;
            };
            let model = world.models.call(id);
            // Told without the types of the file, as most calls can be.
            let may_be_query = model.effect.is_none()
                && !model.awaitable
                && match model.returns {
                    TypeSpec::Named(id) => world.models.is_query_of_rows(id),
                    TypeSpec::Receiver
                    | TypeSpec::Entity
                    | TypeSpec::Element
                    | TypeSpec::Instance
                    | TypeSpec::Argument(_)
                    | TypeSpec::Callback
                    | TypeSpec::Member => true,
                    _ => false,
                };
            if !may_be_query {
                continue;
            }
            let ty = typer.of(site.expr);
            let (Base::Model(_, entity), true) = (ty.base, self.is_query_of_rows(ty)) else {
                continue;
            };
            if self.is_built_on(site.expr) || self.is_awaited_here(site.expr) {
                continue;
            }
            found.push(Fetch {
                function: self,
                rows: site.expr,
                stmt: site.stmt,
                is_lazy: true,
                package: model.package.clone(),
                entity,
                confidence: ty.confidence,
                query: query::facts_of(world, self.file, site.expr),
            });
        }
    }

    /// Queries that a handler returns, which are awaited by who calls it: `() => db.select().from(books)`.
    fn answered_fetches(self, typer: &mut Typer<'p>, found: &mut Vec<Fetch<'p>>) {
        let world = &self.program.world;
        if self.declared().is_async || self.reached().reach != Reach::Handler {
            return;
        }
        for value in self.module().returned(self.id) {
            let ty = typer.of(value);
            let (Base::Model(id, entity), true) = (ty.base, ty.is_bare()) else {
                continue;
            };
            let reads_rows = world.models.awaited(id).is_some_and(|model| {
                model.effect == Some(Effect::DbRead) && model.rows == Some(Rows::Many)
            });
            let (true, Some(stmt)) = (reads_rows, self.stmt_of(value)) else {
                continue;
            };
            if self.is_query_of_rows(ty) {
                continue;
            }
            found.push(Fetch {
                function: self,
                rows: value,
                stmt,
                is_lazy: true,
                package: package_of(&world.models.ty(id).name),
                entity,
                confidence: ty.confidence,
                query: query::facts_of(world, self.file, value),
            });
        }
    }

    /// Whether a query, or the name it is given, is awaited: then that is where it runs.
    fn is_awaited_here(self, query: ExprId) -> bool {
        let uses = self.program.uses(self.file);
        let module = self.module();
        let is_awaited = |value: ExprId| {
            let mut parents = uses.parents(value).iter();
            parents.any(|&parent| matches!(module.expr(parent), Expr::Await(_)))
        };
        if is_awaited(query) {
            return true;
        }
        uses.parents(query).iter().any(|&parent| {
            matches!(module.expr(parent), Expr::Assign { op: None, target, .. }
                if matches!(module.expr(target), Expr::Local(local)
                    if uses.of_value(self.facts(), local, query).into_iter().any(is_awaited)))
        })
    }

    /// Whether a call is followed by another one in a chain of builders.
    fn is_built_on(self, call: ExprId) -> bool {
        let uses = self.program.uses(self.file);
        let module = self.module();
        uses.parents(call).iter().any(|&parent| {
            matches!(module.expr(parent), Expr::Member { .. })
                || matches!(module.expr(parent), Expr::Index { object, .. } if object == call)
        })
    }
}

impl Fetch<'_> {
    /// A name for its rows in messages: that of the class as it is written, or else the entity's.
    pub fn entity_name(&self) -> Option<String> {
        let mut path = self.function.callee_path(self.rows).into_iter();
        if let Some(class) = path.find(|name| name.starts_with(|c: char| c.is_ascii_uppercase())) {
            return Some(class.to_owned());
        }
        let world = &self.function.program.world;
        match self.entity {
            Entity::Class(class) => world.class_name(class).map(str::to_owned),
            Entity::Named(file, name) => Some(world.unit(file).facts.module.text(name).to_owned()),
            Entity::None => self.table_of_text().or_else(|| {
                // `prisma.book.findMany`: the member that the method is called on.
                let path = self.function.callee_path(self.rows);
                let name = path.into_iter().rev().nth(1).map(str::to_owned);
                let name = name.filter(|name| !STARTS.contains(&name.as_str()));
                name.filter(|_| self.is_called_on_name())
                    .or_else(|| self.table_asked())
            }),
        }
    }

    /// Whether what gives the rows is a method of something that has a name.
    fn is_called_on_name(&self) -> bool {
        let module = self.function.module();
        let mut call = self.rows;
        while let Expr::Await(inner) = module.expr(call) {
            call = inner;
        }
        matches!(module.expr(call), Expr::Call { callee, .. }
            if matches!(module.expr(callee), Expr::Member { object, .. }
                if matches!(module.expr(object), Expr::Member { .. } | Expr::Local(_) | Expr::Name(_))))
    }

    /// The table that the query is about, as it is read from the calls that build it.
    fn table_asked(&self) -> Option<String> {
        let mut acts = self.function.acts().iter();
        let act = acts.find(|act| act.expr == self.rows)?;
        let asked = self.function.queries_at(act);
        Some(asked.first()?.query.tables.first()?.name.clone())
    }

    /// Whether the rows are those of a table that stays small: as the configuration says, or by
    /// what it is called: kinds, settings, roles.
    pub fn is_small_table(&self) -> bool {
        self.is_declared_small() || self.growth() == Some(Growth::Small)
    }

    /// Whether the configuration says that the table stays small.
    pub fn is_declared_small(&self) -> bool {
        self.table().is_some_and(|(_, table)| table.is_small)
    }

    /// Whether the rows are settings that someone made, as far as their columns tell: each has a
    /// name, and what it switches on.
    pub fn holds_switches(&self) -> bool {
        const MIN_SWITCHES: usize = 3;
        self.table().is_some_and(|(_, table)| {
            let columns = table.columns.iter();
            let switches = columns.filter(|column| column.kind == ColumnKind::Bool);
            let switches = switches.count();
            table.column("name").is_some()
                && switches >= MIN_SWITCHES
                && switches * 4 >= table.columns.len()
        })
    }

    /// The table of the rows, as the schema declares it.
    fn table(&self) -> Option<(&Schema, &Table)> {
        let schemas = &self.function.program.schemas;
        if let Entity::Class(class) = self.entity {
            return schemas.table_of(class);
        }
        // A variable has the plural where the table has the singular, as a rule.
        let forms = words::singulars(&self.entity_name()?);
        let mut forms = forms.iter();
        forms.find_map(|name| schemas.table_named(name, self.function.file))
    }

    /// How the table grows, by what it is called.
    pub fn growth(&self) -> Option<Growth> {
        words::growth(&self.entity_name()?)
    }

    /// Columns of the rows that hold much: documents, files, long texts.
    pub fn large_columns(&self) -> Vec<String> {
        let Some((_, table)) = self.table() else {
            return Vec::new();
        };
        let columns = table.columns.iter().filter(|column| column.holds_much());
        columns.map(|column| column.name.clone()).collect()
    }

    /// Whether the rows are known to have so many columns that leaving them out is worth a change.
    pub fn is_wide(&self) -> bool {
        let Entity::Class(class) = self.entity else {
            return false;
        };
        let table = self.function.program.schemas.table_of(class);
        table.is_some_and(|(_, table)| table.columns.len() >= WIDE)
    }

    /// Whether the rows are those of a table that grows with use by what it is called: orders,
    /// messages, users.
    pub fn is_growing_table(&self) -> bool {
        matches!(self.growth(), Some(Growth::Happenings | Growth::Things))
    }

    /// The table that SQL text names first.
    fn table_of_text(&self) -> Option<String> {
        let module = self.function.module();
        let mut call = self.rows;
        while let Expr::Await(inner) = module.expr(call) {
            call = inner;
        }
        let Expr::Call { args, .. } = module.expr(call) else {
            return None;
        };
        // Of a tagged template, the text is the argument, too; values stand beside it.
        module.list(args).iter().find_map(|&arg| {
            let mut found = None;
            self.function.facts().any_origin(arg, |id| {
                if let Expr::String(text) = module.expr(id) {
                    found = table_in(module.text(text));
                }
                found.is_some()
            });
            found
        })
    }
}

fn is_minus_one(module: &Module, expr: ExprId) -> bool {
    match module.expr(expr) {
        Expr::Number(n) => n == -1,
        Expr::Unary {
            op: UnaryOp::Negate,
            operand,
        } => module.expr(operand) == Expr::Number(1),
        _ => false,
    }
}

fn table_in(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (_, after) = lower
        .split_once("from ")
        .filter(|_| lower.contains("select"))?;
    let table = after.split_whitespace().next()?;
    Some(table.trim_matches(['"', '`', ';', ')']).to_owned())
}

/// Names of what queries start from, which say nothing of the table.
const STARTS: &[&str] = &[
    "cls",
    "db",
    "knex",
    "manager",
    "model",
    "objects",
    "pool",
    "qb",
    "qs",
    "query",
    "queryset",
    "repo",
    "repository",
    "self",
    "session",
    "this",
];

/// Columns that make a row wide.
const WIDE: usize = 8;

fn entity_of(ty: Type) -> Entity {
    match ty.base {
        Base::Instance(class) | Base::Class(class) => Entity::Class(class),
        Base::Model(_, entity) | Base::ModelClass(_, entity) => entity,
        _ => Entity::None,
    }
}
