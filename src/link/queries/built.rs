//! What is added to a query in a variable by calls whose value nobody takes:
//! `builder.andWhere("book.year > :year")`.

use rustc_hash::FxHashMap;

use super::Reader;
use super::calls::either;
use super::draft::Draft;
use crate::ir::{Expr, ExprId, LocalId, Module, Stmt, StmtId};
use crate::source::FileId;

/// Such calls that are looked at for one use of a variable.
const MAX_ADDED: usize = 32;

/// A statement that is a call on a variable, also through other calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    /// The variable where it is named.
    root: ExprId,
    /// The last call.
    call: ExprId,
    stmt: StmtId,
}

/// All such statements of a file, by their variables.
pub(super) type AddedTo = FxHashMap<LocalId, Vec<Added>>;

impl Reader<'_> {
    /// A query in a variable with all that was added to it before a use of it.
    pub(super) fn with_added(
        &mut self,
        file: FileId,
        expr: ExprId,
        local: LocalId,
        begun: Option<Draft>,
    ) -> Option<Draft> {
        let mut draft = begun?;
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let added = self.added.entry(file).or_insert_with(|| added_in(module));
        let Some(added) = added.get(&local) else {
            return Some(draft);
        };
        let at = module.span(expr).start;
        let function = module.function_of(expr);
        let reaching = facts.def_use.reaching(expr);
        let before: Vec<Added> = added
            .iter()
            .filter(|added| {
                module.span(added.call).end <= at
                    && module.function_of(added.call) == function
                    && facts.def_use.reaching(added.root) == reaching
            })
            .copied()
            .take(MAX_ADDED)
            .collect();
        for added in before {
            // What gives something else than the query does not build it.
            let (on, gives) = (
                self.typer(file).of(added.root),
                self.typer(file).of(added.call),
            );
            if on.base != gives.base || !gives.is_bare() {
                continue;
            }
            self.standing.push((file, added.root, draft.clone()));
            let more = self.draft(file, added.call);
            self.standing.pop();
            let is_always = module
                .block(module.block_of(added.stmt))
                .stmts
                .iter()
                .any(|&stmt| module.stmt_span(stmt).contains(module.span(expr)));
            draft = match more {
                Some(more) if is_always => more,
                Some(more) => either(Some(more), Some(draft))?,
                None => Draft {
                    is_complete: false,
                    ..draft
                },
            };
        }
        Some(draft)
    }

    /// The query that a variable has where something is added to it.
    pub(super) fn standing(&self, file: FileId, expr: ExprId) -> Option<Draft> {
        let mut standing = self.standing.iter().rev();
        let (.., draft) = standing.find(|(at, root, _)| (*at, *root) == (file, expr))?;
        Some(draft.clone())
    }
}

fn added_in(module: &Module) -> AddedTo {
    let mut found = AddedTo::default();
    let mut sites: Vec<_> = module.sites.iter().collect();
    sites.sort_by_key(|site| module.span(site.expr).end);
    for site in sites {
        if !matches!(module.stmt(site.stmt), Stmt::Expr(expr) if expr == site.expr) {
            continue;
        }
        let mut at = site.expr;
        while let Expr::Call { callee, .. } = module.expr(at) {
            let Expr::Member { object, .. } = module.expr(callee) else {
                break;
            };
            at = object;
        }
        if let Expr::Local(local) = module.expr(at)
            && at != site.expr
        {
            found.entry(local).or_default().push(Added {
                root: at,
                call: site.expr,
                stmt: site.stmt,
            });
        }
    }
    found
}
