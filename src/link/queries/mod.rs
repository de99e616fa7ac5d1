//! The queries that a program asks, read when a rule wants them.
//!
//! A `Reader` goes back from where a query runs to where it begins, through variables, helpers
//! and methods of the project, and gathers what each call adds. What the calls of libraries add is
//! told by their models; how tables and columns are called in the database, by the schemas.

mod built;
mod calls;
mod conditions;
mod draft;
mod expressions;
mod inner;
mod naming;
mod objects;
mod texts;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use self::draft::Draft;
use super::call_graph::{Act, ActKind};
use super::infer::Typer;
use super::models::Effect;
use super::program::{Function, Program};
use super::schema::Schemas;
use super::types::FunctionRef;
use super::world::World;
use crate::finding::Confidence;
use crate::ir::query::{Condition, Query};
use crate::ir::{Expr, ExprId, LocalId, Module, Name};
use crate::source::{Context, FileId, Place};

/// How far a value is followed.
const MAX_DEPTH: u32 = 48;
/// Expressions looked at for one query.
const MAX_STEPS: u32 = 4_000;
/// Calls of project functions within each other.
const MAX_FRAMES: usize = 8;

/// A query, and what is only sometimes part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked each time.
    pub query: Query,
    /// Conditions that hold for some of the times it runs.
    pub optional: Vec<Condition>,
    /// How sure we are that it is this query.
    pub confidence: Confidence,
}

/// A query where it runs.
#[derive(Debug)]
pub struct QuerySite {
    /// The function that asks it.
    pub function: FunctionRef,
    /// Which of its acts does.
    pub act: u32,
    /// What is asked.
    pub asked: Asked,
}

impl Program {
    /// All queries that the program asks, in the order of the files; tests and what a generator
    /// wrote aside. Read when they are first wanted.
    pub fn queries(&self) -> &[QuerySite] {
        self.asked.get_or_init(|| {
            self.world
                .par_files()
                .flat_map_iter(|file| queries_of(self, file))
                .collect()
        })
    }
}

fn queries_of(program: &Program, file: FileId) -> Vec<QuerySite> {
    let mut found = Vec::new();
    if matches!(
        program.contexts[file.index()],
        Context::Test | Context::Generated
    ) {
        return found;
    }
    let mut reader = Reader::new(program);
    for function in program.functions(file) {
        for (i, act) in function.acts().iter().enumerate() {
            for asked in reader.queries_at(function, act) {
                found.push(QuerySite {
                    function: FunctionRef {
                        file,
                        function: function.id,
                    },
                    act: i as u32,
                    asked,
                });
            }
        }
    }
    found
}

impl Function<'_> {
    /// The queries that an act of this function asks, the outer one first; none if it asks none,
    /// or what it asks was not understood. A function called is looked into only as far as it is
    /// handed the query.
    pub fn queries_at(self, act: &Act) -> Vec<Asked> {
        Reader::new(self.program).queries_at(self, act)
    }
}

/// Reads queries.
struct Reader<'w> {
    world: &'w World,
    schemas: &'w Schemas,
    typers: FxHashMap<FileId, Typer<'w>>,
    /// The calls of project functions that were gone into, the outermost first.
    frames: Vec<Frame>,
    /// What is assigned to members of variables, by file.
    written: FxHashMap<FileId, Written>,
    /// Queries inside of the one that is read.
    inner: Vec<Asked>,
    /// What is added to variables, by file.
    added: FxHashMap<FileId, built::AddedTo>,
    /// The queries of variables while it is looked at what is added to them.
    standing: Vec<(FileId, ExprId, Draft)>,
    depth: u32,
    steps: u32,
    /// The file that asks, by which the nearest database is found.
    near: FileId,
}

type Written = FxHashMap<LocalId, Vec<(Option<Name>, ExprId)>>;

/// A call that was gone into.
#[derive(Clone)]
struct Frame {
    callee: FunctionRef,
    /// Where the call stands.
    caller: FileId,
    call: ExprId,
    /// The query that the method is called on.
    receiver: Option<Draft>,
}

impl<'w> Reader<'w> {
    fn new(program: &'w Program) -> Self {
        Self {
            world: &program.world,
            schemas: &program.schemas,
            typers: FxHashMap::default(),
            frames: Vec::new(),
            written: FxHashMap::default(),
            inner: Vec::new(),
            added: FxHashMap::default(),
            standing: Vec::new(),
            depth: 0,
            steps: 0,
            near: FileId(0),
        }
    }

    fn queries_at(&mut self, function: Function<'_>, act: &Act) -> Vec<Asked> {
        (self.depth, self.steps) = (0, 0);
        self.frames.clear();
        self.inner.clear();
        self.near = function.file;
        let mut found = self.outer_at(function, act);
        if !found.is_empty() {
            let inner = std::mem::take(&mut self.inner);
            found.extend(inner.into_iter().map(|asked| Asked {
                confidence: asked.confidence.min(act.confidence),
                ..asked
            }));
        }
        found
    }

    /// The queries of an act without those inside of them.
    fn outer_at(&mut self, function: Function<'_>, act: &Act) -> Vec<Asked> {
        const EFFECTS: [Effect; 3] = [Effect::DbRead, Effect::DbWrite, Effect::Sql];
        let (file, expr) = (function.file, act.expr);
        match &act.kind {
            ActKind::Effect { effect, .. } if EFFECTS.contains(effect) => {
                self.asked(file, expr, act.confidence)
            }
            ActKind::Effect { .. } => Vec::new(),
            ActKind::Call(_) => {
                let confidence = act.confidence.min(Confidence::Medium);
                let mut effects = EFFECTS.into_iter();
                if effects.any(|effect| function.effect_of(act, effect).is_some()) {
                    let sent = self.sent(file, expr, confidence);
                    sent.unwrap_or_else(|| self.handed(file, expr, confidence))
                } else if self.gives_query(file, expr) {
                    Vec::new()
                } else {
                    // What runs it there is out of sight, but nothing else is done with queries.
                    self.handed(file, expr, Confidence::Low)
                }
            }
        }
    }

    fn module(&self, file: FileId) -> &'w Module {
        &self.world.unit(file).facts.module
    }

    fn typer(&mut self, file: FileId) -> &mut Typer<'w> {
        let world = self.world;
        self.typers
            .entry(file)
            .or_insert_with(|| Typer::new(world, file))
    }

    /// The queries of the text that a call sends, if it sends one.
    fn sent(&mut self, file: FileId, call: ExprId, confidence: Confidence) -> Option<Vec<Asked>> {
        let found = self.statements(file, call)?.into_iter();
        let asked = found.map(|query| Asked {
            query,
            optional: Vec::new(),
            confidence,
        });
        Some(asked.collect())
    }

    /// The queries that running an expression asks.
    fn asked(&mut self, file: FileId, expr: ExprId, confidence: Confidence) -> Vec<Asked> {
        if let Some(found) = self.sent(file, expr, confidence) {
            return found;
        }
        let Some(draft) = self.draft(file, expr) else {
            return Vec::new();
        };
        self.finish(file, expr, draft, confidence)
    }

    fn finish(
        &mut self,
        file: FileId,
        expr: ExprId,
        mut draft: Draft,
        confidence: Confidence,
    ) -> Vec<Asked> {
        if draft.tables.is_empty() {
            return Vec::new();
        }
        self.default_order(&mut draft);
        self.default_conditions(&mut draft);
        // A query in a variable stands where it was built.
        let module = self.module(file);
        let mut built = expr;
        for _ in 0..4 {
            let Expr::Local(local) = module.expr(built) else {
                break;
            };
            match self.only_value(file, built, local) {
                Some(value) if matches!(module.expr(value), Expr::Element(_)) => break,
                Some(value) => built = value,
                None => break,
            }
        }
        let place = Place {
            file,
            span: module.span(built),
        };
        let tables = draft.tables.clone();
        let names = tables.iter().map(|table| self.table_use(table)).collect();
        vec![Asked {
            query: Query {
                verb: draft.verb,
                tables: names,
                conditions: draft.conditions,
                order: draft.order,
                limit: draft.limit,
                offset: draft.offset,
                projection: draft.projection,
                is_aggregate: draft.is_aggregate,
                is_complete: draft.is_complete,
                place,
            },
            optional: draft.optional,
            confidence,
        }]
    }
}
