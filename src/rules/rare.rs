//! What indexes are not worth it for: rows that are gone soon, and queries that are asked once in a
//! while.

use rustc_hash::{FxHashMap, FxHashSet};

use super::asked::{Site, Weight, sites};
use super::indexes::schema_of;
use crate::ir::query::{Condition, Operand, OperatorClass, Projection, Term, Value, Verb};
use crate::ir::schema::{ColumnKind, Table};
use crate::ir::{BlockOwner, Expr, ExprId, Stmt, StmtId};
use crate::link::call_graph::{Act, ActKind, Callee};
use crate::link::models::Effect;
use crate::link::program::{Function, Program};
use crate::link::types::{Base, FunctionRef};
use crate::link::words;
use crate::source::{Context, FileId};

/// What a query does to the rows of its table, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Reads,
    Makes,
    Changes,
    Deletes,
}

/// What the program does with the rows of its tables.
pub(super) struct Lives<'p> {
    /// The queries of each function.
    asked: FxHashMap<FunctionRef, Vec<(Site<'p>, Deed)>>,
    /// Tables whose rows are gone soon, in small letters.
    passing: FxHashSet<String>,
}

impl<'p> Lives<'p> {
    pub(super) fn of(program: &'p Program) -> Self {
        let mut asked: FxHashMap<FunctionRef, Vec<(Site<'p>, Deed)>> = FxHashMap::default();
        for site in sites(program) {
            let at = site.function.reference();
            asked.entry(at).or_default().push((site, deed_of(site)));
        }
        let mut lives = Self {
            asked,
            passing: FxHashSet::default(),
        };
        let mut passing: FxHashSet<String> = FxHashSet::default();
        for (i, context) in program.contexts.iter().enumerate() {
            if *context != Context::Product {
                continue;
            }
            let file = FileId(i as u32);
            for function in program.functions(file) {
                lives.cleaned_by(function, &mut passing);
                lives.used_up_by(function, &mut passing);
                lives.replaced_by(function, &mut passing);
            }
        }
        lives.passing = passing;
        lives
    }

    /// Whether the rows of a table are gone soon: few are there at a time.
    pub(super) fn are_short(&self, table: &str) -> bool {
        self.passing.contains(&table.to_lowercase())
    }

    fn queries_of(&self, function: FunctionRef) -> &[(Site<'p>, Deed)] {
        self.asked.get(&function).map_or(&[], Vec::as_slice)
    }

    /// What is used once, and is deleted when its time has come.
    fn cleaned_by(&self, function: Function<'p>, into: &mut FxHashSet<String>) {
        for &(site, deed) in self.queries_of(function.reference()) {
            let is_by_time = || {
                terms(site).any(|term| {
                    term.class == OperatorClass::Range
                        && matches!(&term.value, Value::Column(column)
                            if words::is_time(column) || words::is_end(column))
                })
            };
            if deed == Deed::Deletes
                && let Some(table) = table_of(function.program, site)
                && words::is_for_once(&table.name)
                && !words::is_lasting(&table.name)
                && has_end(table)
                && !is_marked(table)
                && is_by_time()
            {
                into.insert(table.name.to_lowercase());
            }
        }
    }

    /// What is deleted by the function that has found it, whatever it finds out: `token.delete()`.
    fn used_up_by(&self, function: Function<'p>, into: &mut FxHashSet<String>) {
        let program = function.program;
        let queries = self.queries_of(function.reference());
        let mut add = |table: &Table, stmt: StmtId| {
            if is_code(&table.name) {
                into.insert(table.name.to_lowercase());
            }
            let is_found = || {
                queries.iter().any(|&(site, deed)| {
                    deed == Deed::Reads
                        && table_of(program, site).is_some_and(|t| std::ptr::eq(t, table))
                        && is_lookup(table, site)
                })
            };
            if (has_end(table) || words::is_for_once(&table.name))
                && !is_marked(table)
                && is_found()
                && is_unconditional(function, stmt)
            {
                into.insert(table.name.to_lowercase());
            }
        };
        for &(site, deed) in queries {
            if deed == Deed::Deletes
                && let Some(table) = table_of(program, site)
            {
                add(table, site.act.stmt);
            }
        }
        let module = function.module();
        for (site, _) in function.calls() {
            if let Some(row) = deleted_row(function, site.expr)
                && let Base::Instance(class) = function.type_of(row).base
                && let Some((_, table)) = program.schemas.table_of(class)
                && matches!(module.expr(site.expr), Expr::Call { .. })
            {
                add(table, site.stmt);
            }
        }
    }

    /// What is deleted by a key before a new one is made: there is one for each.
    fn replaced_by(&self, function: Function<'p>, into: &mut FxHashSet<String>) {
        let program = function.program;
        let own = function.reference();
        let called = function.acts().iter().filter_map(|act| match act.kind {
            ActKind::Call(target) => Some(target),
            ActKind::Effect { .. } => None,
        });
        let around: Vec<FunctionRef> = std::iter::once(own).chain(called).collect();
        let deleted = around.iter().flat_map(|&at| self.queries_of(at));
        let deleted = deleted.filter(|(site, deed)| {
            let mut by = terms(*site).peekable();
            *deed == Deed::Deletes
                && site.asked.query.is_complete
                && by.peek().is_some()
                && by.all(|term| {
                    term.class == OperatorClass::Equality && term.operand == Operand::Parameter
                })
        });
        for (site, _) in deleted {
            let Some(table) =
                table_of(program, *site).filter(|table| has_end(table) && is_lookup(table, *site))
            else {
                continue;
            };
            let is_same = |site: Site<'_>| {
                table_of(program, site).is_some_and(|other| std::ptr::eq(other, table))
            };
            let is_made = around
                .iter()
                .flat_map(|&at| self.queries_of(at))
                .any(|&(other, deed)| deed == Deed::Makes && is_same(other));
            let is_constructed = || {
                function.calls().any(|(_, call)| {
                    matches!(call.callee, Callee::Constructor(class, _)
                        if program.schemas.table_of(class).is_some_and(|(_, t)| std::ptr::eq(t, table)))
                })
            };
            if is_made || is_constructed() {
                into.insert(table.name.to_lowercase());
            }
        }
    }

    /// Whether a query clears up behind someone who goes, by the column that refers to them: what
    /// it finds is not read.
    pub(super) fn clears_up(&self, site: Site<'p>, target: &str) -> bool {
        /// Tables of which someone's rows are changed together.
        const MANY: usize = 3;
        if !words::is_principal(target) {
            return false;
        }
        // `class UserDeletedProcessor`
        let module = site.function.module();
        let class = site.function.declared().class;
        let class = class.and_then(|class| module.class(class).name);
        if class.is_some_and(|name| words::takes_someone_away(module.text(name))) {
            return true;
        }
        if !matches!(deed_of(site), Deed::Changes | Deed::Deletes) {
            return false;
        }
        if site
            .function
            .name()
            .is_some_and(|name| words::takes_away(&name))
        {
            return true;
        }
        let queries = self.queries_of(site.function.reference());
        let cleared: FxHashSet<&str> = queries
            .iter()
            .filter(|(site, deed)| {
                matches!(deed, Deed::Changes | Deed::Deletes)
                    && refers(site.function.program, *site, target)
            })
            .filter_map(|(site, _)| site.asked.query.tables.first())
            .map(|table| table.name.as_str())
            .collect();
        cleared.len() >= MANY
    }
}

/// Whether a query is asked once in a while, though a request may lead to it.
pub(super) fn is_rare(site: Site<'_>) -> bool {
    let function = site.function;
    let path = &function.program.world.unit(function.file).path;
    site.weight() <= Weight::Job
        || words::is_for_staff(path)
        || words::is_for_setup(path)
        || super::is_at_start(function)
        || is_after_failure(function, site.act.stmt)
        || takes_tenant_out(site)
        || tries_tenant(site)
}

/// Whether rows are changed by the tenant that they belong to, who goes.
fn takes_tenant_out(site: Site<'_>) -> bool {
    let is_of_tenant = |term: &Term| {
        matches!(&term.value, Value::Column(column) if {
            let column = column.trim_end_matches("_id").trim_end_matches("Id");
            words::is_tenant(column)
        })
    };
    let mut by = terms(site).peekable();
    matches!(deed_of(site), Deed::Changes | Deed::Deletes)
        && by.peek().is_some()
        && by.all(is_of_tenant)
}

/// Whether it is asked if there is such a tenant: when one is made.
fn tries_tenant(site: Site<'_>) -> bool {
    let query = &site.asked.query;
    query.projection == Projection::Aggregate
        && matches!(&query.tables[..], [table] if words::is_tenant(&table.name))
}

/// Whether a statement runs only when something has failed that is no look into a cache.
fn is_after_failure(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let mut at = stmt;
    loop {
        let block = module.block_of(at);
        let owner = match module.block(block).owner {
            BlockOwner::Stmt(owner) => owner,
            BlockOwner::Loop(lp) => module.lp(lp).stmt,
            BlockOwner::Function(_) | BlockOwner::Nothing => return false,
        };
        if let Stmt::Try { body, handlers, .. } = module.stmt(owner)
            && handlers == block
        {
            let is_tried = |stmt: StmtId| {
                let stmts = &module.block(body).stmts;
                let span = module.stmt_span(stmt);
                stmts.iter().any(|&s| module.stmt_span(s).contains(span))
            };
            let calls = || function.calls().any(|(site, _)| is_tried(site.stmt));
            let looks = |act: &Act| {
                function.effect_of(act, Effect::CacheRead).is_some() && is_tried(act.stmt)
            };
            return calls() && !function.acts().iter().any(looks);
        }
        at = owner;
    }
}

/// Whether a statement runs whenever those before it have: no test stands around it.
fn is_unconditional(function: Function<'_>, stmt: StmtId) -> bool {
    let module = function.module();
    let mut at = stmt;
    loop {
        let block = module.block_of(at);
        let owner = match module.block(block).owner {
            BlockOwner::Stmt(owner) => owner,
            BlockOwner::Loop(_) => return false,
            BlockOwner::Function(_) | BlockOwner::Nothing => return true,
        };
        match module.stmt(owner) {
            Stmt::If { .. } | Stmt::Switch { .. } => return false,
            Stmt::Try { handlers, .. } if handlers == block => return false,
            _ => at = owner,
        }
    }
}

/// The row that a call deletes: `row.delete()`, `session.delete(row)`.
fn deleted_row(function: Function<'_>, call: ExprId) -> Option<ExprId> {
    let module = function.module();
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    if !matches!(
        module.text(name),
        "adelete" | "delete" | "destroy" | "remove"
    ) {
        return None;
    }
    let is_row = |&row: &ExprId| matches!(function.type_of(row).base, Base::Instance(_));
    let given = module.list(args).first().copied();
    given.filter(is_row).or(Some(object).filter(is_row))
}

/// Whether a table is called like one of codes for an authorization, which are used once.
fn is_code(table: &str) -> bool {
    let lower = table.to_lowercase().replace('_', "");
    lower.contains("authorizationcode")
}

/// Whether a query finds rows by the value of something else than their own key.
fn is_lookup(table: &Table, site: Site<'_>) -> bool {
    let is_key = |column: &str| {
        let mut keys = table.primary_key().into_iter().flat_map(|key| &key.keys);
        keys.any(|key| matches!(&key.value, Value::Column(of) if of.eq_ignore_ascii_case(column)))
    };
    let mut by = terms(site)
        .filter(|term| term.class == OperatorClass::Equality)
        .peekable();
    by.peek().is_some()
        && by.all(|term| matches!(&term.value, Value::Column(column) if !is_key(column)))
}

/// Whether a table has a column that says until when a row counts.
fn has_end(table: &Table) -> bool {
    let mut columns = table.columns.iter();
    // What grows with use is kept for other reasons: it may end, or be deleted by hand.
    !words::is_growing(&table.name) && columns.any(|column| words::is_end(&column.name))
}

/// Whether rows can be marked as used, so that they may stay.
fn is_marked(table: &Table) -> bool {
    let mut columns = table.columns.iter();
    columns.any(|column| column.kind == ColumnKind::Bool)
}

/// Whether a query finds rows by a reference to a table.
fn refers(program: &Program, site: Site<'_>, target: &str) -> bool {
    let Some(table) = table_of(program, site) else {
        return false;
    };
    let is_reference = |name: &String| {
        table.foreign_keys.iter().any(|key| {
            key.target.eq_ignore_ascii_case(target)
                && matches!(&key.columns[..], [column] if column.eq_ignore_ascii_case(name))
        })
    };
    terms(site).any(|term| matches!(&term.value, Value::Column(name) if is_reference(name)))
}

fn table_of<'p>(program: &'p Program, site: Site<'p>) -> Option<&'p Table> {
    let first = site.asked.query.tables.first()?;
    schema_of(program, site)?.table(&first.name)
}

/// What a query compares of its first table.
fn terms(site: Site<'_>) -> impl Iterator<Item = &Term> {
    let conditions = site.asked.query.conditions.iter();
    conditions.filter_map(|condition| match condition {
        Condition::Term(term) if term.table == 0 => Some(term),
        _ => None,
    })
}

fn deed_of(site: Site<'_>) -> Deed {
    match site.asked.query.verb {
        Verb::Select => Deed::Reads,
        Verb::Insert => Deed::Makes,
        Verb::Delete => Deed::Deletes,
        // Calls that change rows are told apart by their names.
        Verb::Update => {
            let called = site.function.callee_path(site.act.expr).pop();
            let called = called.unwrap_or_default();
            if words::takes_away(called) {
                Deed::Deletes
            } else if words::makes(called) {
                Deed::Makes
            } else if words::changes(called) {
                Deed::Changes
            } else if site
                .function
                .name()
                .is_some_and(|name| words::takes_away(&name))
            {
                Deed::Deletes
            } else {
                Deed::Changes
            }
        }
    }
}
