//! The schema changes of functions that are handed a table and call its methods:
//! `schema.createTable("books", (table) => { table.string("title"); … })`.

use super::chains::{Chain, Chains, chain};
use super::read::positional;
use crate::ir::change::{Change, ChangeKind};
use crate::ir::schema::Table;
use crate::ir::{Expr, ExprId, FunctionId, LocalKind, Module};
use crate::link::models::chains::{Alters, Builds, ChainModel};
use crate::link::world::World;
use crate::source::FileId;

/// What a call changes; none if it is no method that makes or changes tables. `calls` are all of
/// the file, in the order they are written.
pub(super) fn changes_by(
    world: &World,
    file: FileId,
    call: ExprId,
    calls: &[ExprId],
) -> Option<Vec<Change>> {
    let module = &world.unit(file).facts.module;
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    let name = module.text(name);
    let mut models = world.models.chains().iter();
    let model = models.find(|model| {
        let rules = model.builder(name);
        rules.is_some_and(|rules| is_on(module, object, &rules.on, model))
    })?;
    let does = model.builder(name)?.does;
    let chains = Chains {
        world,
        module,
        file,
        model,
        attributes: &[],
    };
    let arguments = positional(module, call);
    let table = chains.name(*arguments.first()?)?;
    let change = |kind| Change {
        table: table.clone(),
        kind,
        place: chains.place(call),
    };
    let mut found = Vec::new();
    match does {
        Builds::Drop => found.push(change(ChangeKind::Drop)),
        Builds::Rename => {
            let to = arguments.get(1).and_then(|&to| chains.name(to));
            found.extend(to.map(|to| change(ChangeKind::Rename(to))));
        }
        Builds::Create | Builds::Alter => {
            let handed = arguments.iter().find_map(|&at| match module.expr(at) {
                Expr::Function(function) => Some(function),
                _ => None,
            });
            if does == Builds::Create {
                found.push(change(ChangeKind::Create(Box::new(Table::new(
                    table.clone(),
                    chains.place(arguments[0]),
                )))));
            }
            match handed {
                Some(function) => {
                    let built = chains.built_by(function, &table, calls);
                    found.extend(built.into_iter().map(|(at, kind)| Change {
                        place: chains.place(at),
                        ..change(kind)
                    }));
                }
                None => found.push(change(ChangeKind::Unclear)),
            }
        }
    }
    Some(found)
}

/// Whether something is what such methods are called on, or what one of them gives.
fn is_on(module: &Module, object: ExprId, on: &[String], model: &ChainModel) -> bool {
    let start = match module.expr(object) {
        Expr::Call { .. } => {
            let Some(chain) = chain(module, object) else {
                return false;
            };
            if !chain
                .links
                .iter()
                .any(|link| model.builder(link.name).is_some())
            {
                return false;
            }
            chain.on
        }
        _ => Some(object),
    };
    let name = start.and_then(|start| super::read::last_name(module, start));
    name.is_some_and(|name| on.iter().any(|on| on == name))
}

impl Chains<'_> {
    /// What a function does to the table that it is handed.
    fn built_by(
        &self,
        function: FunctionId,
        table: &str,
        calls: &[ExprId],
    ) -> Vec<(ExprId, ChangeKind)> {
        let module = self.module;
        let within = module.function(function).exprs;
        let from = module.function(function).span;
        let first = calls.partition_point(|&call| module.span(call).start < from.start);
        let inside = calls[first..]
            .iter()
            .take_while(|&&call| module.span(call).start < from.end);
        let inside: Vec<ExprId> = inside
            .copied()
            .filter(|&call| within.contains(call))
            .collect();
        let mut found = Vec::new();
        for (i, &call) in inside.iter().enumerate() {
            // The calls of one chain stand one after the other: they start at the same place.
            let is_longer = inside.get(i + 1).is_some_and(|&next| {
                matches!(module.expr(next), Expr::Call { callee, .. }
                    if matches!(module.expr(callee), Expr::Member { object, .. } if object == call))
            });
            if is_longer {
                continue;
            }
            if let Some(chain) = chain(module, call)
                && chain.on.is_some_and(|on| self.is_handed(on, function))
            {
                let kinds = self.changes(table, &chain);
                found.extend(kinds.into_iter().map(|kind| (call, kind)));
            }
        }
        found
    }

    /// Whether something is the table that a function is handed.
    fn is_handed(&self, expr: ExprId, function: FunctionId) -> bool {
        match self.module.expr(expr) {
            Expr::Local(local) => {
                let local = self.module.local(local);
                local.kind == LocalKind::Param(0) && local.function == function
            }
            Expr::This => self.module.function_of(expr) == function,
            _ => false,
        }
    }

    fn changes(&self, table: &str, chain: &Chain<'_>) -> Vec<ChangeKind> {
        let Some((first, rest)) = chain.links.split_first() else {
            return Vec::new();
        };
        let arguments = positional(self.module, first.call);
        if let Some(alteration) = self.model.alteration(first.name) {
            return self.alters(alteration.does, &alteration.name, first.call, &arguments);
        }
        if let Some(model) = self.model.index(first.name) {
            if model.references.is_some() {
                let columns = self.names(&arguments[..arguments.len().min(1)]);
                let key = columns.and_then(|columns| {
                    self.reference(table, columns, rest, self.place(first.call))
                });
                let key = key.map(|reference| reference.key);
                return key.map(ChangeKind::AddForeignKey).into_iter().collect();
            }
            return vec![
                self.index(table, first, rest, model)
                    .map_or(ChangeKind::Unclear, ChangeKind::AddIndex),
            ];
        }
        let mut kinds = Vec::new();
        for made in self.columns(table, chain, None) {
            if made.is_changed {
                kinds.push(ChangeKind::AlterColumn {
                    name: made.column.name,
                    kind: made.kind,
                    is_nullable: Some(made.column.is_nullable),
                });
            } else {
                kinds.push(ChangeKind::AddColumn(made.column));
            }
            kinds.extend(made.indexes.into_iter().map(ChangeKind::AddIndex));
            let key = made.key.map(|reference| reference.key);
            kinds.extend(key.map(ChangeKind::AddForeignKey));
        }
        kinds
    }

    fn alters(
        &self,
        does: Alters,
        named: &[String],
        call: ExprId,
        arguments: &[ExprId],
    ) -> Vec<ChangeKind> {
        let name = super::read::first_argument(self.module, call, named);
        let name = name.and_then(|name| self.name(name));
        let columns = || self.names(&arguments[..arguments.len().min(1)]);
        let kind = match does {
            Alters::RemoveColumns => {
                let columns = self.names(arguments).into_iter().flatten();
                return columns.map(ChangeKind::DropColumn).collect();
            }
            Alters::RenameColumn => {
                let [from, to] = arguments[..] else {
                    return Vec::new();
                };
                let names = self.name(from).zip(self.name(to));
                names.map(|(from, to)| ChangeKind::RenameColumn { from, to })
            }
            Alters::RemoveIndex => match name {
                Some(name) => Some(ChangeKind::DropIndex(name)),
                None => columns().map(ChangeKind::DropIndexOn),
            },
            Alters::RemoveReference => match name {
                Some(name) => Some(ChangeKind::DropConstraint(name)),
                None => columns().map(ChangeKind::DropForeignKeyOf),
            },
            Alters::RemoveKey => Some(ChangeKind::DropPrimaryKey),
        };
        kind.into_iter().collect()
    }
}
