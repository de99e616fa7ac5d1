//! Indexes that chains describe: `table.index(["title"], "ix")`,
//! `index("ix").on(t.title, t.year.desc()).where(sql`${t.year} > 1900`)`.

use super::chains::{Chains, Link, chain, index};
use super::lists::list_argument;
use super::read::{argument, arguments, first_argument, last_name, list, positional, text, truth};
use super::replay::column_key;
use crate::ir::query::{Term, Value};
use crate::ir::schema::{Index, IndexKey};
use crate::ir::{Expr, ExprId, LocalKind, Module};
use crate::link::infer::Typer;
use crate::link::models::chains::ModifierModel;
use crate::link::models::clauses::Operator;
use crate::link::models::tables::{IndexModel, method_named};
use crate::link::types::Base;
use crate::syntax::sql::condition;

impl Chains<'_> {
    /// The index that a call describes, with what follows it in its chain; none if its keys are
    /// not understood.
    pub(super) fn index(
        &self,
        table: &str,
        link: &Link<'_>,
        rest: &[Link<'_>],
        model: &IndexModel,
    ) -> Option<Index> {
        let module = self.module;
        let mut elements = self.elements(link.call, model);
        let mut method = first_argument(module, link.call, &model.methods);
        let mut condition = first_argument(module, link.call, &model.conditions);
        for link in rest {
            let Some(modifier) = self.model.modifier(link.name) else {
                continue;
            };
            let at = |place: &Option<String>| argument(module, link.call, place.as_ref()?);
            if let Some(place) = &modifier.keys {
                elements = Some(super::read::arguments_from(module, link.call, place));
            }
            method = at(&modifier.method).or(method);
            condition = at(&modifier.condition).or(condition);
        }
        let keys = elements?.into_iter().map(|element| self.key(element));
        let keys: Vec<IndexKey> = keys.collect::<Option<_>>()?;
        let is_unique = model.is_unique
            || model.unique.as_ref().is_some_and(|place| {
                argument(module, link.call, place).is_some_and(|v| truth(module, v) == Some(true))
            });
        let method = method
            .and_then(|method| text(module, method))
            .map_or_else(|| model.index_method(), method_named);
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

    fn elements(&self, call: ExprId, model: &IndexModel) -> Option<Vec<ExprId>> {
        if let Some(elements) = list_argument(self.module, call, model) {
            return Some(elements);
        }
        let fields = first_argument(self.module, call, &model.fields)?;
        match list(self.module, self.value(fields)) {
            Some(elements) => Some(elements.to_vec()),
            None => Some(vec![fields]),
        }
    }

    /// The name that the library gives an index without one.
    pub(super) fn default_name(
        &self,
        method: &str,
        table: &str,
        keys: &[IndexKey],
    ) -> Option<String> {
        let model = self.model.index(method)?;
        let default = model.default.as_ref()?;
        let columns = keys.iter().filter_map(|key| match &key.value {
            Value::Column(name) => Some(name.as_str()),
            Value::Expression(..) => None,
        });
        let columns: Vec<&str> = columns.collect();
        let name = default.replace("{table}", table);
        let name = name.replace("{columns}", &columns.join("_"));
        Some(if model.lowered {
            name.to_lowercase()
        } else {
            name
        })
    }

    /// `"title"`, `raw("lower(title)")`, `t.title.desc()`, ``sql`lower(${t.title})` ``
    pub(super) fn key(&self, element: ExprId) -> Option<IndexKey> {
        if let Some(name) = self.name(element) {
            return Some(column_key(&name));
        }
        let value = self.value(element);
        if let Some(column) = self.member(value) {
            return Some(column_key(&column));
        }
        let chain = chain(self.module, value)?;
        let (mut key, rest) = match (chain.on, chain.links.split_first()) {
            (Some(on), Some((first, _))) if self.model.modifier(first.name).is_some() => {
                (column_key(&self.member(on)?), &chain.links[..])
            }
            (_, Some((first, rest))) => {
                let sql = self.sql(first.call)?;
                let key = IndexKey {
                    value: condition::value(&sql, None),
                    ..column_key("")
                };
                (key, rest)
            }
            _ => return None,
        };
        for link in rest {
            if let Some(modifier) = self.model.modifier(link.name) {
                self.modify_key(&mut key, link.call, modifier);
            }
        }
        Some(key)
    }

    fn modify_key(&self, key: &mut IndexKey, call: ExprId, modifier: &ModifierModel) {
        key.is_descending |= modifier.descending;
        key.nulls_first = modifier.nulls_first.or(key.nulls_first);
        let class = modifier.operator_class.as_ref();
        let class = class.and_then(|place| argument(self.module, call, place));
        if let Some(class) = class.and_then(|class| text(self.module, class)) {
            key.operator_class = Some(class.to_lowercase());
        }
    }

    /// The column that a member of the table, or a name for it, stands for.
    fn member(&self, expr: ExprId) -> Option<String> {
        if !matches!(self.module.expr(expr), Expr::Local(_) | Expr::Member { .. }) {
            return None;
        }
        let name = last_name(self.module, expr)?;
        let mut attributes = self.attributes.iter();
        let (_, column) = attributes.find(|(attribute, _)| attribute == name)?;
        Some(column.clone())
    }

    /// The terms of a partial index, `raw("born > 1900")`, `whereNull("deleted_at")`,
    /// `isNull(t.deletedAt)`; none if they are not understood.
    fn condition(&self, expr: ExprId) -> Vec<Term> {
        self.condition_sql(expr, 0)
            .map_or_else(Vec::new, |sql| condition::terms(&sql, None))
    }

    /// The same as SQL.
    fn condition_sql(&self, expr: ExprId, depth: u32) -> Option<String> {
        const MAX_DEPTH: u32 = 8;
        let value = self.value(expr);
        let operator = last_name(self.module, value)
            .and_then(|name| self.world.models.operator(&self.model.package, name));
        let Some(operator) = operator else {
            return self.sql(value);
        };
        let arguments = positional(self.module, value);
        if operator.op == Operator::And && depth < MAX_DEPTH {
            let parts = arguments.iter();
            let parts = parts.map(|&part| self.condition_sql(part, depth + 1));
            return Some(parts.collect::<Option<Vec<_>>>()?.join(" AND "));
        }
        let Value::Column(column) = self.key(*arguments.first()?)?.value else {
            return None;
        };
        let column = quoted(&column);
        match operator.op {
            Operator::Null => Some(format!("{column} IS NULL")),
            Operator::NotNull => Some(format!("{column} IS NOT NULL")),
            _ => None,
        }
    }

    /// The text of a call that takes nothing else, of a tagged template, or of what a function of
    /// the project makes of such.
    fn sql(&self, call: ExprId) -> Option<String> {
        let Expr::Call { callee, .. } = self.module.expr(call) else {
            return None;
        };
        if let &[only] = arguments(self.module, call)
            && let Some(sql) = template(self.module, only, |hole| self.hole(hole))
        {
            return Some(sql);
        }
        // `lower(t.email)`
        let mut typer = Typer::new(self.world, self.file);
        let Base::Function(helper) = typer.of(callee).base else {
            return None;
        };
        let module = &self.world.unit(helper.file).facts.module;
        let &[made] = &module.returned(helper.function)[..] else {
            return None;
        };
        let given = positional(self.module, call);
        template(module, *arguments(module, made).first()?, |hole| {
            let Expr::Local(local) = module.expr(hole) else {
                return None;
            };
            let LocalKind::Param(param) = module.local(local).kind else {
                return None;
            };
            self.hole(*given.get(usize::from(param))?)
        })
    }

    /// What stands in a hole of SQL.
    fn hole(&self, expr: ExprId) -> Option<String> {
        match self.member(expr) {
            Some(column) => Some(quoted(&column)),
            None => constant(self.module, expr),
        }
    }
}

/// The text of a template, with what its holes give; none if one of them gives nothing.
fn template(
    module: &Module,
    expr: ExprId,
    hole: impl Fn(ExprId) -> Option<String>,
) -> Option<String> {
    match module.expr(expr) {
        Expr::Template(parts) => {
            let parts = module.list(parts).iter();
            parts
                .map(|&part| match text(module, part) {
                    Some(text) => Some(text.to_owned()),
                    None => hole(part),
                })
                .collect()
        }
        _ => text(module, expr).map(str::to_owned),
    }
}

fn constant(module: &Module, expr: ExprId) -> Option<String> {
    match module.expr(expr) {
        Expr::String(text) => Some(format!("'{}'", module.text(text).replace('\'', "''"))),
        Expr::Number(number) => Some(number.to_string()),
        Expr::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A column's name in SQL.
fn quoted(column: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if column.chars().all(is_plain) {
        column.to_owned()
    } else {
        format!("\"{column}\"")
    }
}
