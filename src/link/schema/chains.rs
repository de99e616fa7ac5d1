//! What a chain of calls says of a column: `table.string("title").notNullable().index()`,
//! `integer("author_id").references(() => authors.id)`. What the methods mean is told by the
//! library models.

use super::kinds::kind_of;
use super::read::{
    argument, first_argument, last_name, list, name_of, positional, text, truth, value_of,
};
use super::replay::column_key;
use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey};
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::chains::ChainModel;
use crate::link::models::clauses::Operator;
use crate::link::models::tables::{ColumnModel, IndexModel, method_named};
use crate::link::world::World;
use crate::source::{FileId, Place};
use crate::syntax::sql::{condition, kind_named};

/// Calls of a chain that are looked at.
const MAX_LINKS: usize = 256;

/// One call of a chain.
pub(super) struct Link<'m> {
    pub(super) name: &'m str,
    pub(super) call: ExprId,
}

/// Calls on what each other give, the first one first.
pub(super) struct Chain<'m> {
    /// What the first is called on; none of a function.
    pub(super) on: Option<ExprId>,
    pub(super) links: Vec<Link<'m>>,
}

/// The chain that ends with a call; none if it is too long to be read.
pub(super) fn chain(module: &Module, call: ExprId) -> Option<Chain<'_>> {
    let mut links = Vec::new();
    let mut at = call;
    while links.len() < MAX_LINKS {
        let Expr::Call { callee, .. } = module.expr(at) else {
            return None;
        };
        let callee = match module.expr(callee) {
            // `jsonb<Type>("details")`
            Expr::Index { object, .. } => object,
            _ => callee,
        };
        let (object, name) = match module.expr(callee) {
            Expr::Member { object, name } => (Some(object), module.text(name)),
            _ => (None, last_name(module, callee)?),
        };
        links.push(Link { name, call: at });
        match object {
            Some(object) if matches!(module.expr(object), Expr::Call { .. }) => at = object,
            on => {
                links.reverse();
                return Some(Chain { on, links });
            }
        }
    }
    None
}

/// What a chain says of a column.
pub(super) struct Chained {
    pub(super) column: Column,
    pub(super) indexes: Vec<Index>,
    pub(super) key: Option<ForeignKey>,
    /// Whether the column is there already.
    pub(super) is_changed: bool,
    /// What it holds, as far as that is said.
    pub(super) kind: Option<ColumnKind>,
}

/// Reads the chains of one file.
#[derive(Clone, Copy)]
pub(super) struct Chains<'w> {
    pub(super) world: &'w World,
    pub(super) module: &'w Module,
    pub(super) file: FileId,
    pub(super) model: &'w ChainModel,
}

impl Chains<'_> {
    /// The columns that a chain describes; `key` is what they are called where it names none.
    pub(super) fn columns(
        &self,
        table: &str,
        chain: &Chain<'_>,
        key: Option<&str>,
    ) -> Vec<Chained> {
        let Some((first, rest)) = chain.links.split_first() else {
            return Vec::new();
        };
        let Some(model) = self.model.column(first.name) else {
            return Vec::new();
        };
        let named = first_argument(self.module, first.call, &model.name)
            .and_then(|name| self.name(name))
            .or_else(|| key.map(str::to_owned));
        let names = match named {
            Some(name) => vec![name],
            None => model.makes.clone(),
        };
        let columns = names.iter();
        columns
            .map(|name| self.column(table, name, model, first, rest))
            .collect()
    }

    fn column(
        &self,
        table: &str,
        name: &str,
        model: &ColumnModel,
        first: &Link<'_>,
        rest: &[Link<'_>],
    ) -> Chained {
        let place = self.place(first.call);
        let mut is_nullable = None;
        let mut is_primary = model.is_primary;
        let mut is_changed = false;
        let mut is_array = false;
        let mut indexes = Vec::new();
        for link in rest {
            let Some(modifier) = self.model.modifier(link.name) else {
                continue;
            };
            is_nullable = modifier.null.or(is_nullable);
            is_primary |= modifier.primary;
            is_changed |= modifier.changes;
            is_array |= modifier.array;
            if modifier.index || modifier.unique {
                let named = first_argument(self.module, link.call, &modifier.name);
                let made = index(vec![column_key(name)], modifier.unique, place);
                let name = named.and_then(|named| self.name(named));
                let name = name.or_else(|| self.default_name(link.name, table, &made.keys));
                indexes.push(Index {
                    name: name.unwrap_or_default(),
                    ..made
                });
            }
        }
        if is_primary {
            indexes.push(Index {
                is_primary: true,
                ..index(vec![column_key(name)], true, place)
            });
        }
        let key = self.reference(table, vec![name.to_owned()], rest, place);
        let kind = if is_array {
            Some(ColumnKind::Array)
        } else {
            self.kind(model, first.call)
        };
        Chained {
            column: Column {
                name: name.to_owned(),
                kind: match key {
                    Some(_) => ColumnKind::Key,
                    None => kind.unwrap_or(ColumnKind::Other),
                },
                is_nullable: !is_primary && is_nullable.unwrap_or(model.is_nullable),
                place,
            },
            indexes,
            key,
            is_changed,
            kind,
        }
    }

    fn kind(&self, model: &ColumnModel, call: ExprId) -> Option<ColumnKind> {
        let arguments = positional(self.module, call);
        match model.kind.column() {
            Some(ColumnKind::Enum(_)) => {
                let mut lists = arguments.iter().filter_map(|&at| list(self.module, at));
                Some(ColumnKind::Enum(
                    lists.next().map_or(0, |list| list.len() as u16),
                ))
            }
            Some(kind) => Some(kind),
            None => {
                let &typed = arguments.get(1)?;
                match text(self.module, typed) {
                    Some(text) if text.ends_with("[]") => Some(ColumnKind::Array),
                    Some(text) => Some(kind_named(text, None)),
                    None => {
                        let mut typer = Typer::new(self.world, self.file);
                        kind_of(self.module, &mut typer, typed)
                    }
                }
            }
        }
    }

    /// The reference of some columns that what follows in a chain tells of.
    pub(super) fn reference(
        &self,
        table: &str,
        columns: Vec<String>,
        rest: &[Link<'_>],
        place: Place,
    ) -> Option<ForeignKey> {
        let mut target = None;
        let mut target_columns = Vec::new();
        let mut cascades = false;
        for link in rest {
            let Some(modifier) = self.model.modifier(link.name) else {
                continue;
            };
            let at = |place: &Option<String>| argument(self.module, link.call, place.as_ref()?);
            if let Some(named) = at(&modifier.column).and_then(|column| self.name(column)) {
                match named.rsplit_once('.') {
                    Some((table, column)) => {
                        target = Some(table.to_owned());
                        target_columns = vec![column.to_owned()];
                    }
                    None => target_columns = vec![named],
                }
            }
            if let Some(named) = at(&modifier.target) {
                target = Some(self.name(named).unwrap_or_default());
            }
            if let Some(said) = at(&modifier.on_delete).and_then(|said| self.name(said)) {
                let said = said.to_uppercase();
                cascades |= said.contains("CASCADE") || said.starts_with("SET");
            }
        }
        Some(ForeignKey {
            name: Some(format!("{table}_{}_fkey", columns.join("_"))),
            columns,
            target: target?,
            target_columns,
            cascades,
            is_enforced: true,
            place,
        })
    }

    /// The index that a call describes; none if its keys are not understood.
    pub(super) fn index(&self, table: &str, link: &Link<'_>, model: &IndexModel) -> Option<Index> {
        let module = self.module;
        let keys = self.keys(first_argument(module, link.call, &model.fields)?)?;
        let is_unique = model.is_unique
            || model.unique.as_ref().is_some_and(|place| {
                argument(module, link.call, place).is_some_and(|v| truth(module, v) == Some(true))
            });
        let method = first_argument(module, link.call, &model.methods)
            .and_then(|method| text(module, method))
            .map_or_else(|| model.index_method(), method_named);
        let condition = first_argument(module, link.call, &model.conditions);
        let name = first_argument(module, link.call, &model.name)
            .and_then(|name| self.name(name))
            .or_else(|| self.default_name(link.name, table, &keys));
        Some(Index {
            name: name.unwrap_or_default(),
            condition: condition.map(|condition| self.condition(condition)),
            method,
            is_primary: model.is_primary,
            ..index(keys, is_unique || model.is_primary, self.place(link.call))
        })
    }

    /// The name that the library gives an index without one.
    fn default_name(&self, method: &str, table: &str, keys: &[IndexKey]) -> Option<String> {
        let default = self.model.index(method)?.default.as_ref()?;
        let columns = keys.iter().filter_map(|key| match &key.value {
            Value::Column(name) => Some(name.as_str()),
            Value::Expression(..) => None,
        });
        let columns: Vec<&str> = columns.collect();
        let name = default.replace("{table}", table);
        Some(name.replace("{columns}", &columns.join("_")).to_lowercase())
    }

    fn keys(&self, fields: ExprId) -> Option<Vec<IndexKey>> {
        match list(self.module, self.value(fields)) {
            Some(elements) => elements.iter().map(|&element| self.key(element)).collect(),
            None => Some(vec![self.key(fields)?]),
        }
    }

    /// `"title"`, `raw("lower(title)")`
    fn key(&self, element: ExprId) -> Option<IndexKey> {
        if let Some(name) = self.name(element) {
            return Some(column_key(&name));
        }
        let sql = self.sql(element)?;
        Some(IndexKey {
            value: condition::value(sql, None),
            ..column_key("")
        })
    }

    /// The terms of a partial index, `raw("born > 1900")`, `whereNull("deleted_at")`; none if
    /// they are not understood.
    fn condition(&self, expr: ExprId) -> Vec<Term> {
        let (value, Some(said)) = (self.value(expr), self.sql(expr)) else {
            return Vec::new();
        };
        let operator = last_name(self.module, value)
            .and_then(|name| self.world.models.operator(&self.model.package, name));
        let class = match operator.map(|model| model.op) {
            Some(Operator::Null) => OperatorClass::Equality,
            Some(Operator::NotNull) => OperatorClass::Negation,
            Some(_) => return Vec::new(),
            None => return condition::terms(said, None),
        };
        vec![Term {
            table: 0,
            value: Value::Column(said.to_owned()),
            class,
            operand: Operand::Null,
            place: None,
        }]
    }

    /// The text of a call that takes nothing else.
    fn sql(&self, expr: ExprId) -> Option<&str> {
        match positional(self.module, self.value(expr))[..] {
            [only] => text(self.module, only),
            _ => None,
        }
    }

    /// The names in some arguments, those of lists one by one.
    pub(super) fn names(&self, arguments: &[ExprId]) -> Option<Vec<String>> {
        let parts = arguments.iter().flat_map(|&at| {
            let value = self.value(at);
            list(self.module, value).map_or_else(|| vec![value], <[ExprId]>::to_vec)
        });
        parts.map(|part| self.name(part)).collect()
    }

    /// A name: a text, also of a variable or of a class's constant.
    pub(super) fn name(&self, expr: ExprId) -> Option<String> {
        let value = self.value(expr);
        if matches!(self.module.expr(value), Expr::Call { .. }) {
            return None;
        }
        name_of(self.world, self.file, value)
    }

    /// What a variable was given.
    fn value(&self, expr: ExprId) -> ExprId {
        value_of(self.world, self.file, expr)
    }

    pub(super) fn place(&self, expr: ExprId) -> Place {
        Place {
            file: self.file,
            span: self.module.span(expr),
        }
    }
}

fn index(keys: Vec<IndexKey>, is_unique: bool, place: Place) -> Index {
    Index {
        is_unique,
        ..Index::of(keys, place)
    }
}
