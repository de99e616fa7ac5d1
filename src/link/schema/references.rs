//! References that no index leads with, and the code that reads rows by them.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Schemas;
use crate::ir::query::{Operand, OperatorClass, Value};
use crate::ir::schema::{ForeignKey, Index, IndexMethod, Schema, Table};
use crate::ir::{Expr, ExprId, Module};
use crate::link::call_graph::{ActKind, LinkedFile};
use crate::link::models::Effect;
use crate::link::world::World;
use crate::source::{Context, FileId, Place};

/// Expressions of one call that are looked at.
const MAX_PARTS: usize = 400;

/// A reference without an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct BareReference {
    /// The database, by its position.
    schema: u32,
    /// The table, by its position there.
    table: u32,
    /// The reference, by its position there.
    key: u32,
    /// Where the code reads rows by it.
    used: Option<Place>,
}

impl Schemas {
    /// The references without an index, with a place where the code reads rows by something of
    /// their name.
    pub fn bare_references(
        &self,
    ) -> impl Iterator<Item = (&Schema, &Table, &ForeignKey, Option<Place>)> {
        self.bare.iter().map(|bare| {
            let schema = &self.databases[bare.schema as usize];
            let table = &schema.tables[bare.table as usize];
            (
                schema,
                table,
                &table.foreign_keys[bare.key as usize],
                bare.used,
            )
        })
    }

    /// Finds the references without an index, and what the code does by them.
    pub(in crate::link) fn find_bare_references(
        &mut self,
        world: &World,
        contexts: &[Context],
        linked: &[LinkedFile],
    ) {
        let mut found = Vec::new();
        for (s, schema) in self.databases.iter().enumerate() {
            if !schema.leaves_references_unindexed() {
                continue;
            }
            for (t, table) in schema.tables.iter().enumerate() {
                if !table.is_complete || table.is_small {
                    continue;
                }
                let keys = &table.foreign_keys;
                let bare: Vec<usize> = (0..keys.len())
                    .filter(|&k| !is_served(table, &keys[k]))
                    .collect();
                // The index of a reference by more columns serves one by some of them.
                let is_told = |&&k: &&usize| {
                    bare.iter().any(|&other| {
                        let (a, b) = (&keys[k].columns, &keys[other].columns);
                        let is_part = a.iter().all(|column| b.contains(column));
                        is_part && (b.len() > a.len() || other < k)
                    })
                };
                let told = bare.iter().filter(|k| !is_told(k));
                found.extend(told.map(|&k| (s, t, k)));
            }
        }
        if found.is_empty() {
            return;
        }
        let names: Vec<Vec<String>> = found
            .iter()
            .map(|&(s, t, k)| self.names_of(world, s, t, k))
            .collect();
        let wanted: FxHashSet<&str> = names.iter().flatten().map(String::as_str).collect();
        let uses = uses(world, contexts, linked, &wanted);
        for ((s, t, k), names) in found.into_iter().zip(&names) {
            let used = names
                .iter()
                .filter_map(|name| uses.get(name.as_str()).copied())
                .min();
            self.bare.push(BareReference {
                schema: s as u32,
                table: t as u32,
                key: k as u32,
                used,
            });
        }
    }

    /// The names by which code reads rows by a reference: its column, the attributes that stand
    /// for it, and the way back from the other table.
    fn names_of(&self, world: &World, schema: usize, table: usize, key: usize) -> Vec<String> {
        let table = &self.databases[schema].tables[table];
        let key = &table.foreign_keys[key];
        let mut names = Vec::new();
        for column in &key.columns {
            names.push(column.clone());
            names.push(camel(column));
        }
        for (class, known) in &self.tables_sorted {
            if known.0 != schema || !known.1.eq_ignore_ascii_case(&table.name) {
                continue;
            }
            for (attribute, column) in self.attributes.get(class).into_iter().flatten() {
                if key.columns.contains(column) {
                    names.push(attribute.clone());
                }
            }
        }
        for relation in world.entities.all() {
            let is_of = |class, name: &str| {
                self.tables
                    .get(&class)
                    .is_some_and(|known| known.0 == schema && known.1.eq_ignore_ascii_case(name))
            };
            let holds = is_of(relation.owner, &table.name)
                && relation
                    .target
                    .is_some_and(|target| is_of(target, &key.target))
                && names.contains(&relation.name);
            if holds {
                names.extend(relation.inverse.clone());
            }
        }
        names.sort_unstable();
        names.dedup();
        // Every table has these.
        names.retain(|name| !matches!(name.as_str(), "id" | "name" | "type" | "parent"));
        names
    }
}

/// Whether an index finds the rows of a reference: it leads with its columns, in any order.
pub fn is_served(table: &Table, key: &ForeignKey) -> bool {
    table
        .indexes
        .iter()
        .any(|index| leads_with(index, &key.columns))
}

/// Whether an index finds some of the rows of a reference, those of its condition, or one of another
/// kind finds them, as what excludes overlaps does: `EXCLUDE USING gist (room_id WITH =, …)`.
pub fn is_served_in_part(table: &Table, key: &ForeignKey) -> bool {
    table.indexes.iter().any(|index| {
        let is_tree = matches!(index.method, IndexMethod::BTree | IndexMethod::Hash);
        let whole = Index {
            condition: None,
            method: IndexMethod::BTree,
            ..index.clone()
        };
        (index.condition.is_some() || !is_tree) && leads_with(&whole, &key.columns)
    })
}

fn leads_with(index: &Index, columns: &[String]) -> bool {
    let leading = index.leading_columns();
    let count = columns.len();
    let fits = match index.method {
        IndexMethod::BTree => leading.len() >= count,
        IndexMethod::Hash => leading.len() == 1 && count == 1,
        _ => false,
    };
    // A condition that only leaves out null leaves out no row that refers to another.
    let is_whole = index.condition.as_ref().is_none_or(|terms| {
        !terms.is_empty()
            && terms.iter().all(|term| {
                term.class == OperatorClass::Negation
                    && term.operand == Operand::Null
                    && matches!(&term.value, Value::Column(column) if columns.contains(column))
            })
    });
    fits && is_whole
        && columns.iter().all(|column| {
            leading[..count]
                .iter()
                .any(|leading| leading.eq_ignore_ascii_case(column))
        })
}

/// The first place where the code reads or deletes rows by each of the names.
fn uses<'n>(
    world: &World,
    contexts: &[Context],
    linked: &[LinkedFile],
    wanted: &FxHashSet<&'n str>,
) -> FxHashMap<&'n str, Place> {
    let found: Vec<Vec<(&'n str, Place)>> = (0..world.units.len())
        .into_par_iter()
        .filter(|&i| contexts[i] == Context::Product)
        .map(|i| uses_in(world, FileId(i as u32), &linked[i], wanted))
        .collect();
    let mut first = FxHashMap::default();
    for (name, place) in found.into_iter().flatten() {
        first.entry(name).or_insert(place);
    }
    first
}

fn uses_in<'n>(
    world: &World,
    file: FileId,
    linked: &LinkedFile,
    wanted: &FxHashSet<&'n str>,
) -> Vec<(&'n str, Place)> {
    let module = &world.unit(file).facts.module;
    let mut found = Vec::new();
    for act in linked.acts.iter().flatten() {
        let ActKind::Effect {
            effect: Effect::DbRead | Effect::Sql,
            ..
        } = act.kind
        else {
            continue;
        };
        let mut add = |text: &str| {
            let base = text.split("__").next().unwrap_or(text);
            for name in [text, base] {
                if let Some(&name) = wanted.get(name) {
                    let span = module.span(act.expr);
                    found.push((name, Place { file, span }));
                }
            }
        };
        names_in(module, act.expr, &mut add);
    }
    found
}

/// The names that a call is made of: keywords, members, keys, and the words of SQL.
fn names_in(module: &Module, expr: ExprId, add: &mut impl FnMut(&str)) {
    let mut open = vec![expr];
    let mut steps = 0;
    while let Some(at) = open.pop() {
        steps += 1;
        if steps > MAX_PARTS {
            return;
        }
        match module.expr(at) {
            Expr::Keyword { name, .. } | Expr::Member { name, .. } => add(module.text(name)),
            Expr::String(text) => {
                let text = module.text(text);
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.take(200).for_each(&mut *add);
            }
            Expr::Function(function) => open.extend(module.returned(function)),
            _ => {}
        }
        module.for_each_part(at, |part| open.push(part));
    }
}

/// `author_id` as `authorId`.
fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut is_upper = false;
    for c in name.chars() {
        if c == '_' && !out.is_empty() {
            is_upper = true;
        } else if is_upper {
            out.extend(c.to_uppercase());
            is_upper = false;
        } else {
            out.push(c);
        }
    }
    out
}
