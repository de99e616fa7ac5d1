//! How tables and columns are called in the database.

use super::Reader;
use super::draft::{Draft, Source, Table};
use crate::ir::query::{Condition, Operand, OperatorClass, TableUse, Term, Value};
use crate::ir::schema::Dialect;
use crate::ir::{Expr, ExprId, LocalKind};
use crate::link::types::{Base, ClassRef, Entity};
use crate::source::FileId;

impl Reader<'_> {
    /// The table that an expression names, and the name that the query has for it.
    pub(super) fn named_table(
        &mut self,
        file: FileId,
        expr: ExprId,
    ) -> Option<(Source, Option<String>)> {
        let module = self.module(file);
        if let Expr::String(text) = module.expr(expr) {
            return table_and_alias(module.text(text));
        }
        let ty = self.typer(file).of(expr);
        if ty.is_bare() {
            match ty.base {
                Base::Class(class) => return Some((Source::Class(class), None)),
                Base::ModelClass(_, Entity::Class(class)) => {
                    return Some((Source::Class(class), None));
                }
                Base::ModelClass(_, Entity::Named(at, name)) => {
                    let name = self.module(at).text(name);
                    return Some((self.named_entity(name), None));
                }
                _ => {}
            }
        }
        if let Expr::Member { object, name } = module.expr(expr) {
            // `select(Book).join(Book.author)`
            if let Base::Class(class) = self.typer(file).of(object).base {
                let found = self
                    .world
                    .entities
                    .find(self.world, class, module.text(name))?;
                let target = self.world.entities.get(found).target?;
                return Some((Source::Class(target), None));
            }
            // `schema.books`
            if let Base::File(at) = self.typer(file).of(object).base {
                let value = self.world.exported_value(at, module.text(name))?;
                let source = self.declared_table(value.file, value.value)?;
                return Some((source, None));
            }
        }
        let source = self.variable_table(file, expr)?;
        Some((source, None))
    }

    /// The entity of a name: what a value declares by it, if one does.
    pub(super) fn named_entity(&self, name: &str) -> Source {
        match self.schemas.entity_value(name, self.near) {
            Some((file, call)) => Source::Value(file, call),
            None => Source::Entity(name.to_owned()),
        }
    }

    /// The table that a variable holds: `const books = pgTable("books", …)`.
    fn variable_table(&mut self, file: FileId, expr: ExprId) -> Option<Source> {
        let module = self.module(file);
        let Expr::Local(local) = module.expr(expr) else {
            return None;
        };
        if let LocalKind::Import(import) = module.local(local).kind {
            let at = self.world.imported_value(file, import)?;
            return self.declared_table(at.file, at.value);
        }
        let value = self.only_value(file, expr, local)?;
        self.declared_table(file, value)
    }

    /// The table that a call declares.
    pub(super) fn declared_table(&mut self, file: FileId, call: ExprId) -> Option<Source> {
        if !matches!(self.module(file).expr(call), Expr::Call { .. }) {
            return None;
        }
        let (model, _) = self.typer(file).called_model(call)?;
        let columns = model.query.as_ref()?.columns.as_ref();
        columns.map(|_| Source::Value(file, call))
    }

    /// The table and the attribute of an expression that is a column.
    pub(super) fn column_of(&mut self, file: FileId, expr: ExprId) -> Option<(Source, String)> {
        let module = self.module(file);
        let Expr::Member { object, name } = module.expr(expr) else {
            return None;
        };
        let name = module.text(name);
        let ty = self.typer(file).of(object);
        if ty.is_bare() {
            match ty.base {
                Base::Class(class) if self.world.entities.table(class).is_some() => {
                    return Some((Source::Class(class), name.to_owned()));
                }
                Base::Class(_) => return None,
                _ => {}
            }
        }
        // `books.c.year`
        if let Expr::Member {
            object: table,
            name: c,
        } = module.expr(object)
            && matches!(module.text(c), "c" | "columns")
            && let Some(source) = self.variable_table(file, table)
        {
            return Some((source, name.to_owned()));
        }
        if let Expr::Member { object: outer, .. } = module.expr(object)
            && let Base::File(_) = self.typer(file).of(outer).base
            && let Some((source, _)) = self.named_table(file, object)
        {
            return Some((source, name.to_owned()));
        }
        let source = self.variable_table(file, object)?;
        Some((source, name.to_owned()))
    }

    /// How the database calls a table.
    pub(super) fn table_use(&mut self, table: &Table) -> TableUse {
        let name = match &table.source {
            Source::Table(name) => name.clone(),
            Source::Entity(name) => match self.schemas.entity_table(name, self.near) {
                Some(table) => table.name.clone(),
                None => name.clone(),
            },
            Source::Value(file, call) => self.value_table(*file, *call),
            Source::Class(class) => self.class_table(*class),
        };
        TableUse {
            name,
            alias: table.alias.clone(),
        }
    }

    fn value_table(&mut self, file: FileId, call: ExprId) -> String {
        if let Some((_, table)) = self.schemas.value_table(file, call) {
            return table.name.clone();
        }
        let module = self.module(file);
        let first = self.typer(file).argument(call, 0);
        match first.map(|first| module.expr(first)) {
            Some(Expr::String(text)) => module.text(text).to_owned(),
            _ => String::new(),
        }
    }

    /// How the database calls the column of an attribute.
    pub(super) fn column(&mut self, source: &Source, attribute: &str) -> String {
        match source {
            Source::Table(_) => attribute.to_owned(),
            Source::Entity(name) => self
                .schemas
                .entity_column(name, attribute, self.near)
                .unwrap_or(attribute)
                .to_owned(),
            Source::Class(class) => self.class_column(*class, attribute),
            Source::Value(file, call) => self
                .schemas
                .value_column(*file, *call, attribute)
                .unwrap_or(attribute)
                .to_owned(),
        }
    }

    /// The order that an entity's class gives its rows.
    pub(super) fn default_order(&mut self, draft: &mut Draft) {
        if !draft.order.is_empty() || draft.is_unsorted || draft.is_aggregate {
            return;
        }
        let Some(Source::Class(class)) = draft.tables.first().map(|table| table.source.clone())
        else {
            return;
        };
        let Some(table) = self.world.entities.table(class) else {
            return;
        };
        let model = self.world.models.ty(table);
        let Some(path) = &model.default_order else {
            return;
        };
        let Some((inner, name)) = path.rsplit_once('.') else {
            return;
        };
        let package = model.name.split('.').next().unwrap_or("").to_owned();
        for above in self.world.above(class) {
            let Some(options) = self.world.class_at(above, inner) else {
                continue;
            };
            let Some(value) = self.world.field_value(options, name) else {
                continue;
            };
            let module = self.module(value.file);
            if let Expr::Sequence { elements, .. } = module.expr(value.expr) {
                let elements = module.list(elements).to_vec();
                let keys = self.named_order(value.file, &elements, false, &package, draft);
                draft.order = keys.unwrap_or_default();
            }
            return;
        }
    }

    /// The conditions that an entity's class adds to all queries.
    pub(super) fn default_conditions(&self, draft: &mut Draft) {
        let Some(Source::Class(class)) = draft.tables.first().map(|table| table.source.clone())
        else {
            return;
        };
        draft.is_complete &= !self.schemas.is_scoped(class);
        if let Some(column) = self.schemas.hidden_by(class) {
            // Not always: a query may ask for the rows left out.
            draft.optional.push(Condition::Term(Term {
                table: 0,
                value: Value::Column(column.to_owned()),
                class: OperatorClass::Equality,
                operand: Operand::Null,
                place: None,
            }));
        }
    }

    // --- by the schemas -------------------------------------------------------------------

    fn class_table(&self, class: ClassRef) -> String {
        match self.schemas.table_of(class) {
            Some((_, table)) => table.name.clone(),
            // It may be a table of another project.
            None => String::new(),
        }
    }

    fn class_column(&self, class: ClassRef, attribute: &str) -> String {
        if let Some(column) = self.schemas.column_of(class, attribute) {
            return column.to_owned();
        }
        let found = self.world.entities.find(self.world, class, attribute);
        match found {
            Some(id) if self.world.entities.get(id).key => format!("{attribute}_id"),
            _ => attribute.to_owned(),
        }
    }

    /// The primary key of a table.
    pub(super) fn key_of(&mut self, source: &Source) -> String {
        let table = match source {
            Source::Class(class) => self.schemas.table_of(*class),
            Source::Value(file, call) => self.schemas.value_table(*file, *call),
            Source::Entity(_) | Source::Table(_) => None,
        };
        let table = match source {
            Source::Entity(name) => self.schemas.entity_table(name, self.near),
            _ => table.map(|(_, table)| table),
        };
        let primary = table.and_then(|table| table.primary_key());
        match primary.map(|index| &index.keys[..]) {
            Some([key]) => match &key.value {
                Value::Column(name) => name.clone(),
                Value::Expression(text, _) => text.clone(),
            },
            _ => "id".to_owned(),
        }
    }

    /// The table that a relation leads to, and the columns by which it does: its own and the
    /// other's.
    pub(super) fn related_table(
        &mut self,
        source: &Source,
        name: &str,
    ) -> Option<(Source, Option<(String, String)>)> {
        if let Source::Entity(entity) = source {
            let (target, columns) = self.schemas.entity_link(entity, name, self.near)?;
            return Some((Source::Entity(target.to_owned()), columns.cloned()));
        }
        let Source::Class(class) = source else {
            return None;
        };
        let id = self.world.entities.find(self.world, *class, name)?;
        let relation = self.world.entities.get(id).clone();
        let target = Source::Class(relation.target?);
        // The class that has a column for it holds the key.
        if relation.key || self.schemas.column_of(*class, name).is_some() {
            let own = self.column(source, name);
            let other = self.key_of(&target);
            return Some((target, Some((own, other))));
        }
        Some((target, None))
    }

    /// The engine that the project's statements are for, if there is one.
    pub(super) fn dialect(&self) -> Option<Dialect> {
        let mut all = self.schemas.all();
        match (all.next(), all.next()) {
            (Some(only), None) => only.dialect,
            _ => None,
        }
    }
}

/// `"books as b"`, `"shop.books"`.
fn table_and_alias(text: &str) -> Option<(Source, Option<String>)> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let alias = match (words.next(), words.next()) {
        (None, _) => None,
        (Some(word), Some(alias)) if word.eq_ignore_ascii_case("as") => Some(alias.to_owned()),
        (Some(alias), None) => Some(alias.to_owned()),
        _ => return None,
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    let name = name.trim_matches(['"', '`']);
    Some((Source::Table(name.to_owned()), alias))
}
