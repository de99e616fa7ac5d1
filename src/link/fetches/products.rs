//! Joins of several relations to many rows: each row of one comes with each row of the other.

use super::super::types::{Base, ClassRef, Entity};
use crate::ir::{Expr, ExprId};
use crate::link::entities::RelationId;
use crate::link::infer::Typer;
use crate::link::program::Function;

/// Relations to many rows that one call joins.
#[derive(Debug, Clone)]
pub struct Product {
    /// The call.
    pub call: ExprId,
    /// The relations.
    pub relations: Vec<RelationId>,
    /// The library.
    pub package: String,
}

impl<'p> Function<'p> {
    /// The calls that join several relations to many rows: `options(joinedload(Book.tags),
    /// joinedload(Book.reviews))`.
    pub fn products(self) -> Vec<Product> {
        let world = &self.program.world;
        let mut found = Vec::new();
        if !world.models.has_joins() || world.entities.is_empty() {
            return found;
        }
        let module = self.module();
        let mut typer = Typer::new(world, self.file);
        for (site, _) in self.calls() {
            let Expr::Call { args, .. } = module.expr(site.expr) else {
                continue;
            };
            let joins: Vec<ExprId> = module
                .list(args)
                .iter()
                .map(|&arg| match module.expr(arg) {
                    Expr::Keyword { value, .. } => value,
                    _ => arg,
                })
                .filter(|&arg| {
                    typer
                        .called_model(arg)
                        .is_some_and(|(model, _)| model.joins)
                })
                .collect();
            if joins.len() < 2 {
                continue;
            }
            let Some(package) = typer
                .called_model(site.expr)
                .map(|(model, _)| model.package.clone())
            else {
                continue;
            };
            let rows = match typer.of(site.expr).base {
                Base::Model(_, Entity::Class(class)) => Some(class),
                _ => None,
            };
            let mut relations: Vec<RelationId> = Vec::new();
            for join in joins {
                let relation = self.joined(&mut typer, join, rows);
                relations.extend(relation.filter(|known| !relations.contains(known)));
            }
            if relations.len() > 1 {
                found.push(Product {
                    call: site.expr,
                    relations,
                    package,
                });
            }
        }
        found
    }

    /// The relation to many rows that a call joins to those of a query.
    fn joined(
        self,
        typer: &mut Typer<'p>,
        join: ExprId,
        rows: Option<ClassRef>,
    ) -> Option<RelationId> {
        let world = &self.program.world;
        let module = self.module();
        let (owner, name) = match module.expr(typer.argument(join, 0)?) {
            // A path leads on from the first relation.
            Expr::String(path) => (rows?, module.text(path).split("__").next()?),
            Expr::Member { object, name } => match typer.of(object).base {
                Base::Class(class) => (class, module.text(name)),
                _ => return None,
            },
            _ => return None,
        };
        let relation = world.entities.find(world, owner, name)?;
        world.entities.get(relation).many.then_some(relation)
    }
}
