//! Steps of migrations that are handed objects: `createTable(new Table({ name, columns: […] }))`,
//! `createIndex("books", new TableIndex({ columnNames: ["year"] }))`.

use super::calls::{Step, column_of};
use super::read::{argument, first_argument, list, name_of, text};
use crate::ir::change::ChangeKind;
use crate::ir::schema::{ForeignKey, Index, Table};
use crate::ir::{Expr, ExprId};
use crate::link::models::tables::{Does, IndexModel};

impl Step<'_> {
    /// What a step does by the objects that it is handed.
    pub(super) fn changes_by_objects(&self, table: &str) -> Vec<ChangeKind> {
        let rules = &self.model.rules;
        let given = first_argument(self.module, self.call, &rules.objects);
        let given = given.map_or_else(Vec::new, |given| self.objects(given));
        if given.is_empty() {
            return vec![ChangeKind::Unclear];
        }
        match rules.does {
            Does::CreateTable => vec![self.table_of(table, given[0])],
            Does::AddColumn => {
                let kinds = given.iter().flat_map(|&object| {
                    let Some(name) = self.text_at(object, &self.model.column.name) else {
                        return Vec::new();
                    };
                    let made = self.column(table, &name, object);
                    let indexes = made.indexes.into_iter().map(ChangeKind::AddIndex);
                    let column = std::iter::once(ChangeKind::AddColumn(made.column));
                    column.chain(indexes).collect()
                });
                kinds.collect()
            }
            _ => given
                .iter()
                .map(|&object| match self.model.index.references {
                    Some(_) => self
                        .reference_of(&self.model.index, object)
                        .map_or(ChangeKind::Unclear, ChangeKind::AddForeignKey),
                    None => self
                        .index_of(table, &self.model.index, object)
                        .map_or(ChangeKind::Unclear, ChangeKind::AddIndex),
                })
                .collect(),
        }
    }

    fn table_of(&self, name: &str, object: ExprId) -> ChangeKind {
        let mut table = Table::new(name, self.place);
        let at = |place: &String| {
            let given = argument(self.module, object, place);
            given.map_or_else(Vec::new, |given| self.objects(given))
        };
        for column in self.model.rules.columns.iter().flat_map(at) {
            let Some(name) = self.text_at(column, &self.model.column.name) else {
                table.is_complete = false;
                continue;
            };
            let made = self.column(&table.name, &name, column);
            table.columns.push(made.column);
            for index in made.indexes {
                let mut known = table.indexes.iter_mut();
                match known.find(|known| known.is_primary && index.is_primary) {
                    Some(known) => known.keys.extend(index.keys),
                    None => table.indexes.push(index),
                }
            }
        }
        for (place, model) in &self.model.lists {
            for object in at(place) {
                if model.references.is_some() {
                    let key = self.reference_of(model, object);
                    table.foreign_keys.extend(key);
                } else if let Some(index) = self.index_of(&table.name, model, object) {
                    table.indexes.push(index);
                } else {
                    table.is_complete = false;
                }
            }
        }
        ChangeKind::Create(Box::new(table))
    }

    fn index_of(&self, table: &str, model: &IndexModel, object: ExprId) -> Option<Index> {
        let index = self.index_as(table, object, model)?;
        let name = self.text_at(object, &model.name);
        Some(Index {
            name: name.unwrap_or_default(),
            is_unique: index.is_unique || model.is_unique,
            is_primary: model.is_primary,
            ..index
        })
    }

    fn reference_of(&self, model: &IndexModel, object: ExprId) -> Option<ForeignKey> {
        let keys = self.keys(first_argument(self.module, object, &model.fields)?)?;
        let target = model.references.as_ref();
        let target = target.and_then(|place| argument(self.module, object, place));
        Some(ForeignKey {
            name: self.text_at(object, &model.name),
            columns: keys
                .iter()
                .filter_map(column_of)
                .map(str::to_owned)
                .collect(),
            target: target
                .and_then(|target| self.name(target))
                .unwrap_or_default(),
            target_columns: Vec::new(),
            cascades: self.cascades(object),
            is_enforced: true,
            place: self.place,
        })
    }

    /// The objects that an argument is: one, or a list; each alone or as what a class is made of.
    fn objects(&self, given: ExprId) -> Vec<ExprId> {
        let value = self.value(given);
        let parts = match list(self.module, value) {
            Some(parts) => parts.to_vec(),
            None => vec![value],
        };
        let object = |part: ExprId| {
            let part = self.value(part);
            match self.module.expr(part) {
                Expr::Map(_) => Some(part),
                Expr::Call { args, .. } => {
                    let first = self.value(*self.module.list(args).first()?);
                    matches!(self.module.expr(first), Expr::Map(_)).then_some(first)
                }
                _ => None,
            }
        };
        parts.into_iter().filter_map(object).collect()
    }

    fn text_at(&self, object: ExprId, places: &[String]) -> Option<String> {
        let named = first_argument(self.module, object, places)?;
        match text(self.module, named) {
            Some(text) => Some(text.to_owned()),
            None => name_of(self.world, self.place.file, named),
        }
    }

    /// The name of the table that an object describes, or that was asked for by its name.
    pub(super) fn name_of_object(&self, value: ExprId) -> Option<String> {
        match self.module.expr(value) {
            // `await queryRunner.getTable("books")`
            Expr::Await(asked) => {
                let named = argument(self.module, asked, "string0")?;
                text(self.module, named).map(str::to_owned)
            }
            Expr::Call { .. } => {
                let object = *self.objects(value).first()?;
                self.text_at(object, &["key:name".to_owned()])
            }
            _ => None,
        }
    }
}
