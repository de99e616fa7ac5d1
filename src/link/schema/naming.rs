//! What columns are called that objects embedded in a table's class have, and the column that
//! tells the rows of several classes apart.

use super::classes::{Reader, inherited};
use super::columns::class_of;
use super::read::{argument, first_argument, last_name, snake, text, truth};
use super::replay::column_key;
use crate::ir::schema::{Column, ColumnKind, Index};
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::ColumnModel;
use crate::link::types::ClassRef;
use crate::source::Place;

/// Objects inside each other that are looked into.
const MAX_DEPTH: usize = 4;

/// An embedded object around a field.
#[derive(Debug)]
pub(super) struct Within {
    attribute: String,
    /// What the names of its columns begin with.
    prefix: String,
    /// Whether it may be absent.
    is_nullable: bool,
}

impl Reader<'_> {
    /// The name that queries have for an attribute: `address.city`.
    pub(super) fn attribute(&self, name: &str) -> String {
        let mut path = String::new();
        for within in &self.within {
            path.push_str(&within.attribute);
            path.push('.');
        }
        path + name
    }

    /// The column of an attribute, by the name that is given or after the attribute.
    pub(super) fn column_name(&self, attribute: &str, given: Option<&str>, suffix: &str) -> String {
        let name = match given {
            Some(name) => name.to_owned(),
            None => self.named(attribute) + suffix,
        };
        let prefixes = self.within.iter().map(|within| within.prefix.as_str());
        let prefixes: Vec<&str> = prefixes.filter(|prefix| !prefix.is_empty()).collect();
        match &self.model.rules.embedded_as {
            Some(rule) if !prefixes.is_empty() => rule
                .replace("{prefix}", &prefixes.concat())
                .replace("{Title}", &title(&name))
                .replace("{name}", &name),
            _ => name,
        }
    }

    /// Whether columns may be null, whatever is said of them: they are in an object that may be
    /// absent, or other classes have rows in the table, too.
    pub(super) fn is_loose(&self) -> bool {
        let shares = self.found.shares.is_some() && !self.model.rules.decorators.is_empty();
        shares || self.within.iter().any(|within| within.is_nullable)
    }

    fn named(&self, attribute: &str) -> String {
        match self.model.rules.columns_named.as_deref() {
            Some("snake") => snake(attribute),
            _ => attribute.to_owned(),
        }
    }

    /// Adds the columns of an embedded object.
    pub(super) fn embedded(
        &mut self,
        module: &Module,
        call: ExprId,
        model: &ColumnModel,
        attribute: &str,
        class: ClassRef,
    ) {
        if self.within.len() >= MAX_DEPTH {
            return;
        }
        let said = model
            .prefix
            .as_ref()
            .and_then(|place| argument(module, call, place));
        let prefix = match said.map(|said| module.expr(said)) {
            Some(Expr::Bool(false)) => String::new(),
            Some(Expr::String(prefix)) => module.text(prefix).to_owned(),
            _ => self.named(attribute) + &model.prefix_end,
        };
        self.within.push(Within {
            attribute: attribute.to_owned(),
            prefix,
            is_nullable: model.null.as_ref().is_some_and(|place| {
                argument(module, call, place).is_some_and(|v| truth(module, v) == Some(true))
            }),
        });
        let outside = std::mem::take(&mut self.seen);
        for owner in inherited(self.world, class) {
            self.fields(owner);
        }
        self.seen = outside;
        self.within.pop();
    }

    /// The column by which rows of several classes are told apart, which has an index.
    pub(super) fn kinds(&mut self, module: &Module, decorator: Option<ExprId>) {
        let (Some(class), Some(decorator)) = (self.class, decorator) else {
            return;
        };
        let rules = &self.model.rules;
        let said_by = match &rules.kinds_by {
            Some(wanted) => {
                let beside = module.list(module.class(class.class).decorators).iter();
                beside
                    .copied()
                    .find(|&d| last_name(module, d) == Some(wanted))
            }
            None => Some(decorator),
        };
        let Some(said_by) = said_by else {
            return;
        };
        let named = first_argument(module, said_by, &rules.kinds_in)
            .and_then(|name| text(module, name))
            .or(rules.kinds_named.as_deref());
        let Some(named) = named else {
            return;
        };
        let place = Place {
            file: class.file,
            span: module.span(said_by),
        };
        let table = &mut self.found.table;
        if table.column(named).is_none() {
            table.columns.push(Column {
                name: named.to_owned(),
                kind: ColumnKind::Text,
                is_nullable: false,
                place,
            });
        }
        table.indexes.push(Index {
            is_implied: true,
            ..Index::of(vec![column_key(named)], place)
        });
    }
}

/// Whether arguments say that a field is no column.
pub(super) fn is_left_out(module: &Module, call: ExprId, model: &ColumnModel) -> bool {
    first_argument(module, call, &model.unless).is_some()
        || model.kept.as_ref().is_some_and(|place| {
            argument(module, call, place).is_some_and(|v| truth(module, v) == Some(false))
        })
}

/// The class whose columns a field's table has as its own.
pub(super) fn embedded_class(
    module: &Module,
    typer: &mut Typer<'_>,
    call: ExprId,
    model: &ColumnModel,
) -> Option<ClassRef> {
    let is_whole = model.whole.as_ref().is_some_and(|place| {
        argument(module, call, place).is_some_and(|v| truth(module, v) == Some(true))
    });
    let embedded = first_argument(module, call, &model.embeds).filter(|_| !is_whole)?;
    match module.expr(embedded) {
        Expr::Function(function) => {
            let value = *module.returned(function).first()?;
            class_of(typer, value)
        }
        _ => None,
    }
}

/// With a capital, and small letters after it.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first
            .to_uppercase()
            .chain(letters.flat_map(char::to_lowercase))
            .collect(),
        None => String::new(),
    }
}
