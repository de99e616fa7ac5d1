//! Queries inside of others, `author__in=Author.objects.filter(…)`, and those that are handed to
//! functions which run them.

use super::{Asked, Reader};
use crate::finding::Confidence;
use crate::ir::query::Bound;
use crate::ir::{Expr, ExprId};
use crate::link::types::Base;
use crate::source::FileId;

/// Queries inside of one.
const MAX_INNER: usize = 8;
/// Expressions that are looked at for such.
const MAX_PARTS: usize = 32;

impl Reader<'_> {
    /// Keeps a query that is part of the one that is read: it is asked along with it.
    pub(super) fn keep_inner(&mut self, file: FileId, expr: ExprId) {
        if self.inner.len() >= MAX_INNER {
            return;
        }
        let Some(draft) = self.draft(file, expr) else {
            return;
        };
        for asked in self.finish(file, expr, draft, Confidence::Medium) {
            if !self.inner.contains(&asked) {
                self.inner.push(asked);
            }
        }
    }

    /// Keeps the queries that the calls of an expression are handed: `Exists(books)`,
    /// `Coalesce(Subquery(books), 0)`.
    pub(super) fn keep_inner_of(&mut self, file: FileId, expr: ExprId) {
        let module = self.module(file);
        let mut open = vec![expr];
        let mut parts = 0;
        while let Some(at) = open.pop() {
            parts += 1;
            if parts > MAX_PARTS {
                return;
            }
            match module.expr(at) {
                Expr::Call { args, .. } => open.extend(module.list(args)),
                Expr::Keyword { value, .. } => open.push(value),
                Expr::Unary { operand, .. } => open.push(operand),
                _ => {}
            }
            if at != expr && self.is_query(file, at) {
                self.keep_inner(file, at);
                // What it is built of is part of it.
                return;
            }
        }
    }

    /// Keeps the query that a table is made of: `query.cte("page")`, `query.subquery()`, perhaps by
    /// a name.
    pub(super) fn keep_derived(&mut self, file: FileId, expr: ExprId) {
        let facts = &self.world.unit(file).facts;
        let named = match facts.module.expr(expr) {
            Expr::Local(local) => facts.def_use.single_value(local),
            _ => None,
        };
        if let Expr::Call { callee, .. } = facts.module.expr(named.unwrap_or(expr))
            && let Expr::Member { object, .. } = facts.module.expr(callee)
            && self.is_query(file, object)
        {
            self.keep_inner(file, object);
        }
    }

    /// The query that a call hands to a function of the project, which runs it.
    pub(super) fn handed(
        &mut self,
        file: FileId,
        call: ExprId,
        confidence: Confidence,
    ) -> Vec<Asked> {
        let module = self.module(file);
        let Expr::Call { args, .. } = module.expr(call) else {
            return Vec::new();
        };
        for &arg in module.list(args) {
            let value = match module.expr(arg) {
                Expr::Keyword { value, .. } => value,
                Expr::Spread(_) => continue,
                _ => arg,
            };
            if !self.is_query(file, value) {
                continue;
            }
            if let Some(mut draft) = self.draft(file, value) {
                // What else the function asks for is not looked at.
                draft.limit = Bound::Unknown;
                draft.offset = Bound::Unknown;
                return self.finish(file, value, draft, confidence);
            }
        }
        Vec::new()
    }

    /// Whether what a function of the project gives may be a query still: then it is not known to
    /// have run the one that it was handed.
    pub(super) fn gives_query(&mut self, file: FileId, call: ExprId) -> bool {
        let ty = self.typer(file).of(call);
        match ty.base {
            Base::Model(..) => true,
            Base::Unknown => {
                let callee = self.typer(file).callee(call);
                let Base::Function(function) = callee.base else {
                    return true;
                };
                // A generator, or a function that gives nothing, hands on no query.
                let module = self.module(function.file);
                let is_generator = module.function(function.function).is_generator;
                !is_generator && !module.returned(function.function).is_empty()
            }
            _ => false,
        }
    }
}
