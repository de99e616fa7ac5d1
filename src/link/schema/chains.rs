//! What a chain of calls says of a column: `table.string("title").notNullable().index()`,
//! `integer("author_id").references(() => authors.id)`. What the methods mean is told by the
//! library models.

use super::kinds::kind_of;
use super::read::{
    argument, first_argument, last_name, list, name_of, positional, resolved, text, value_of,
};
use super::replay::column_key;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey};
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::chains::ChainModel;
use crate::link::models::tables::ColumnModel;
use crate::link::world::World;
use crate::source::{FileId, Place};
use crate::syntax::sql::kind_named;

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
    pub(super) key: Option<Reference>,
    /// Whether the column is there already.
    pub(super) is_changed: bool,
    /// What it holds, as far as that is said.
    pub(super) kind: Option<ColumnKind>,
}

/// A reference, and the value that declares the table it leads to, if one does.
pub(super) struct Reference {
    pub(super) key: ForeignKey,
    pub(super) to: Option<(FileId, ExprId)>,
}

/// Reads the chains of one file.
#[derive(Clone, Copy)]
pub(super) struct Chains<'w> {
    pub(super) world: &'w World,
    pub(super) module: &'w Module,
    pub(super) file: FileId,
    pub(super) model: &'w ChainModel,
    /// The columns of attributes, where the program has other names for them.
    pub(super) attributes: &'w [(String, String)],
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
        let kind = self.kind(model, first.call);
        let mut chained = Chained {
            column: Column {
                name: name.to_owned(),
                kind: kind.unwrap_or(ColumnKind::Other),
                is_nullable: !model.is_primary && model.is_nullable,
                place,
            },
            indexes: Vec::new(),
            key: None,
            is_changed: false,
            kind,
        };
        if model.is_primary {
            chained.add_key(place);
        }
        self.modify(table, &mut chained, rest);
        chained
    }

    /// Adds what the rest of a chain says of its column.
    pub(super) fn modify(&self, table: &str, chained: &mut Chained, rest: &[Link<'_>]) {
        let name = chained.column.name.clone();
        let place = chained.column.place;
        for link in rest {
            let Some(modifier) = self.model.modifier(link.name) else {
                continue;
            };
            let column = &mut chained.column;
            column.is_nullable = modifier.null.unwrap_or(column.is_nullable);
            chained.is_changed |= modifier.changes;
            if modifier.array {
                column.kind = ColumnKind::Array;
                chained.kind = Some(ColumnKind::Array);
            }
            if modifier.index || modifier.unique {
                let named = first_argument(self.module, link.call, &modifier.name);
                let made = index(vec![column_key(&name)], modifier.unique, place);
                let name = named.and_then(|named| self.name(named));
                let name = name.or_else(|| self.default_name(link.name, table, &made.keys));
                chained.indexes.push(Index {
                    name: name.unwrap_or_default(),
                    ..made
                });
            }
            if modifier.primary {
                chained.add_key(place);
            }
        }
        if chained.indexes.iter().any(|index| index.is_primary) {
            chained.column.is_nullable = false;
        }
        if let Some(key) = self.reference(table, vec![name], rest, place) {
            chained.key = Some(key);
            chained.column.kind = ColumnKind::Key;
        }
    }

    fn kind(&self, model: &ColumnModel, call: ExprId) -> Option<ColumnKind> {
        let arguments = positional(self.module, call);
        let given = |place: &Option<String>| argument(self.module, call, place.as_ref()?);
        if let Some(values) = given(&model.values) {
            return Some(ColumnKind::Enum(self.count(values)));
        }
        // `integer("sent_at", { mode: "timestamp" })`
        let stands_for = given(&model.kind_in)
            .and_then(|mode| text(self.module, mode))
            .map(|mode| kind_named(mode.split('_').next().unwrap_or(mode), None))
            .filter(|kind| *kind != ColumnKind::Other);
        if stands_for.is_some() {
            return stands_for;
        }
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

    /// How many values a list has; 0 if that is not known.
    pub(super) fn count(&self, values: ExprId) -> u16 {
        let (file, values) = resolved(self.world, self.file, values);
        let module = &self.world.unit(file).facts.module;
        list(module, values).map_or(0, |values| values.len() as u16)
    }

    /// The reference of some columns that what follows in a chain tells of.
    pub(super) fn reference(
        &self,
        table: &str,
        columns: Vec<String>,
        rest: &[Link<'_>],
        place: Place,
    ) -> Option<Reference> {
        let mut target = None;
        let mut to = None;
        let mut target_columns = Vec::new();
        let mut cascades = false;
        for link in rest {
            let Some(modifier) = self.model.modifier(link.name) else {
                continue;
            };
            let at = |place: &Option<String>| argument(self.module, link.call, place.as_ref()?);
            let column = at(&modifier.column);
            if let Some((value, attribute)) = column.and_then(|column| self.led_to(column)) {
                target = Some(String::new());
                target_columns = vec![attribute];
                to = Some(value);
            } else if let Some(named) = column.and_then(|column| self.name(column)) {
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
        let key = ForeignKey {
            name: Some(format!("{table}_{}_fkey", columns.join("_"))),
            columns,
            target: target?,
            target_columns,
            cascades,
            is_enforced: true,
            place,
        };
        Some(Reference { key, to })
    }

    /// The value and its member that a function gives: `() => authors.id`.
    fn led_to(&self, expr: ExprId) -> Option<((FileId, ExprId), String)> {
        let Expr::Function(function) = self.module.expr(expr) else {
            return None;
        };
        let &[given] = &self.module.returned(function)[..] else {
            return None;
        };
        let Expr::Member { object, name } = self.module.expr(given) else {
            return None;
        };
        let value = resolved(self.world, self.file, object);
        Some((value, self.module.text(name).to_owned()))
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
    pub(super) fn value(&self, expr: ExprId) -> ExprId {
        value_of(self.world, self.file, expr)
    }

    pub(super) fn place(&self, expr: ExprId) -> Place {
        Place {
            file: self.file,
            span: self.module.span(expr),
        }
    }
}

impl Chained {
    fn add_key(&mut self, place: Place) {
        self.indexes.push(Index {
            is_primary: true,
            ..index(vec![column_key(&self.column.name)], true, place)
        });
    }
}

pub(super) fn index(keys: Vec<IndexKey>, is_unique: bool, place: Place) -> Index {
    Index {
        is_unique,
        ..Index::of(keys, place)
    }
}
