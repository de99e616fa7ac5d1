//! What is at hand with rows for other reasons than that their query loads it.

use super::Finder;
use super::loaded::{Loaded, Origin};
use crate::ir::{BinaryOp, Expr, ExprId, LocalId, Module};
use crate::link::models::clauses::{Clauses, Form};
use crate::link::types::{Base, Entity};
use crate::source::FileId;

impl Finder<'_> {
    /// What `prefetch_related_objects(rows, "author", *PATHS)` loads into the rows that a name
    /// holds.
    pub(super) fn loaded_later(&mut self, file: FileId, local: LocalId, found: &mut Loaded) {
        let module = self.module(file);
        for site in &module.sites {
            let Expr::Call { args, .. } = module.expr(site.expr) else {
                continue;
            };
            let args = module.list(args);
            let takes = args
                .first()
                .is_some_and(|&a| module.expr(a) == Expr::Local(local));
            if !takes {
                continue;
            }
            let loads = self
                .typer(file)
                .called_model(site.expr)
                .is_some_and(|(model, _)| model.loads.is_some());
            if !loads {
                continue;
            }
            for &arg in &args[1..] {
                // Names that are kept elsewhere may be any.
                match module.expr(arg) {
                    Expr::Spread(inner) => match self.listed(file, inner) {
                        Some(paths) => found.paths.extend(paths),
                        None => found.origin = Origin::Unknown,
                    },
                    _ => {
                        self.path_of(file, arg, &mut found.paths);
                    }
                }
            }
        }
    }

    /// The texts of a list that a name of the file stands for.
    fn listed(&self, file: FileId, expr: ExprId) -> Option<Vec<String>> {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let list = match module.expr(expr) {
            Expr::Local(local) => facts.def_use.single_value(local)?,
            _ => expr,
        };
        let Expr::Sequence { elements, .. } = module.expr(list) else {
            return None;
        };
        let elements = module.list(elements).iter();
        elements
            .map(|&element| match module.expr(element) {
                Expr::String(text) => Some(module.text(text).to_owned()),
                _ => None,
            })
            .collect()
    }

    /// What the conditions of a query say of its rows: a key that is null leads nowhere, and a
    /// session that knows its rows asks once where all have the same key.
    pub(super) fn known_by_conditions(
        &mut self,
        file: FileId,
        call: ExprId,
        query: &Clauses,
        found: &mut Loaded,
    ) {
        let is_told = matches!(query.conditions, Some(Form::Keywords | Form::Expressions));
        if !is_told || query.negated {
            return;
        }
        let module = self.module(file);
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let ty = self.typer(file).of(call);
        let table = match ty.base {
            Base::Model(_, Entity::Class(class)) => self.world.entities.table(class),
            _ => None,
        };
        let has_identity = table.is_some_and(|table| self.world.models.ty(table).identity);
        for &arg in module.list(args) {
            match module.expr(arg) {
                Expr::Keyword { name, value } => {
                    let name = module.text(name);
                    if let Some(relation) = name.strip_suffix("__isnull") {
                        if module.expr(value) == Expr::Bool(true) {
                            found.paths.push(relation.to_owned());
                        }
                    } else if has_identity && !name.contains("__") {
                        found.paths.push(relation_of_key(name));
                    }
                }
                Expr::Binary {
                    op: BinaryOp::Equal,
                    left,
                    ..
                } if has_identity => {
                    found.paths.extend(compared(module, left));
                }
                _ => {}
            }
        }
    }
}

/// `author` of `Book.author_id`, or of `Book.author`.
fn compared(module: &Module, column: ExprId) -> Option<String> {
    match module.expr(column) {
        Expr::Member { name, .. } => Some(relation_of_key(module.text(name))),
        _ => None,
    }
}

fn relation_of_key(name: &str) -> String {
    name.strip_suffix("_id").unwrap_or(name).to_owned()
}
