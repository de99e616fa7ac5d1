//! Sizes of loops that count.

use super::names::{counts_pages, is_constant_name};
use super::{Cardinality, Tracer};
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind};

impl Tracer<'_> {
    /// `range(…)` and its like, by what is counted to.
    pub(super) fn range(&mut self, args: &[ExprId]) -> Cardinality {
        let module = &self.program.world.unit(self.file).facts.module;
        if let Some(&step) = args.get(2)
            && !matches!(module.expr(step), Expr::Number(-1 | 1) | Expr::Unary { .. })
        {
            return Cardinality::Batches;
        }
        let end = match args {
            [] => return Cardinality::Fixed,
            [end] | [_, end] | [_, end, _] => *end,
            _ => return Cardinality::Unknown,
        };
        if self.counts_parts(end) {
            return Cardinality::Batches;
        }
        match module.expr(end) {
            Expr::Number(_) => Cardinality::Fixed,
            _ => match self.measured(end) {
                Some(collection) => self.collection(collection),
                None => self.number(end),
            },
        }
    }

    /// Whether a number counts pages or equal parts: `pager.num_pages`, `total // step`.
    fn counts_parts(&self, expr: ExprId) -> bool {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        facts.any_origin(expr, |id| match module.expr(id) {
            Expr::Member { name, .. } => counts_pages(module.text(name)),
            Expr::Local(local) => counts_pages(module.text(module.local(local).name)),
            Expr::Binary { op, .. } => op == BinaryOp::Divide,
            _ => false,
        })
    }

    /// Whether a number is written in the program.
    fn number(&mut self, expr: ExprId) -> Cardinality {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let mut is_fixed = true;
        facts.any_origin(expr, |id| {
            is_fixed &= match module.expr(id) {
                Expr::Number(_) | Expr::Binary { .. } => true,
                Expr::Name(name) | Expr::Member { name, .. } => is_constant_name(module.text(name)),
                Expr::Local(local) => {
                    let local = module.local(local);
                    is_constant_name(module.text(local.name)) || local.kind == LocalKind::Variable
                }
                _ => false,
            };
            !is_fixed
        });
        if is_fixed {
            Cardinality::Fixed
        } else {
            Cardinality::Unknown
        }
    }
}
