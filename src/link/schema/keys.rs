//! Names that follow from the key of another class's table: columns of references
//! (`publisher` is `publisherId`), and tables of pairs.

use rustc_hash::FxHashMap;

use super::classes::{Described, Reader};
use super::read::{first_argument, snake, text};
use super::replay::column_key;
use super::table_names;
use crate::ir::query::Value;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, Table};
use crate::ir::{ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::{ColumnModel, TableRules};
use crate::link::types::ClassRef;
use crate::link::world::World;
use crate::source::{FileId, Place};

/// What stands for the key of the other table in the name of a column.
const KEY: &str = "{Key}";

/// A table of pairs that an attribute makes.
#[derive(Debug)]
pub(super) struct Join {
    attribute: String,
    target: Option<ClassRef>,
    /// Its name, and those of its columns, as far as they are said.
    name: Option<String>,
    columns: [Option<String>; 2],
    place: Place,
}

impl Reader<'_> {
    /// Adds a table of pairs.
    pub(super) fn join(
        &mut self,
        module: &Module,
        typer: &mut Typer<'_>,
        call: ExprId,
        model: &ColumnModel,
        joined: Option<ExprId>,
        (attribute, place): (&str, Place),
    ) {
        let said_by = joined.unwrap_or(call);
        let said = |places: &[String]| {
            let said = first_argument(module, said_by, places)?;
            text(module, said).map(str::to_owned)
        };
        let column = |at: usize| model.join_columns.get(at).and_then(|places| said(places));
        let target = self.target(module, typer, call, model);
        self.found.joins.push(Join {
            attribute: attribute.to_owned(),
            target: target.and_then(|target| target.0),
            name: said(&model.join_table),
            columns: [column(0), column(1)],
            place,
        });
    }
}

/// Fills in names that follow from keys; the tables of pairs, with the files they are declared in.
pub(super) fn complete(world: &World, described: &mut [Described]) -> Vec<(FileId, Table)> {
    let keys = keys_of(described);
    for described in described.iter_mut() {
        let targets: Vec<(usize, ClassRef)> = described.targets.clone();
        for (at, target) in targets {
            let key = keys.get(&target).map_or("id", String::as_str);
            let mut columns = described.table.foreign_keys[at].columns.clone().into_iter();
            let open = columns.find(|column| column.contains(KEY));
            if let Some(open) = open {
                let name = open.replace(KEY, &capital(key));
                rename(described, &open, &name);
            }
        }
        let open = described.table.columns.iter().map(|c| c.name.clone());
        let open: Vec<String> = open.filter(|name| name.contains(KEY)).collect();
        for open in open {
            rename(described, &open, &open.replace(KEY, "Id"));
        }
        unite(&mut described.table);
    }
    let names = table_names(described);
    let mut tables = Vec::new();
    for described in described.iter() {
        let Some(rules) = world.models.table_of_package(&described.package) else {
            continue;
        };
        for join in &described.joins {
            let side = |class: Option<ClassRef>| {
                let class = class?;
                let name = world.class_name(class);
                Some(Side {
                    table: names.get(&class)?.clone(),
                    class: name.unwrap_or_default().to_owned(),
                    key: keys.get(&class).cloned().unwrap_or_else(|| "id".to_owned()),
                })
            };
            let own = side(described.class);
            let other = side(join.target);
            if let Some((own, other)) = own.zip(other) {
                tables.push((described.file, joined(rules, join, &own, &other)));
            }
        }
    }
    tables
}

/// The column that is the key of each class's table.
fn keys_of(described: &[Described]) -> FxHashMap<ClassRef, String> {
    let mut keys = FxHashMap::default();
    for described in described {
        let key = described.table.primary_key();
        if let Some(class) = described.class
            && let Some(key) = key.and_then(|key| key.leading_columns().first().copied())
        {
            keys.insert(class, key.replace(KEY, "Id"));
        }
    }
    // Those that share a table have its key.
    for _ in 0..8 {
        for described in described {
            if let Some((class, base)) = described.class.zip(described.shares)
                && let Some(key) = keys.get(&base).cloned()
            {
                keys.entry(class).or_insert(key);
            }
        }
    }
    keys
}

fn rename(described: &mut Described, from: &str, to: &str) {
    let replace = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    let table = &mut described.table;
    table.columns.iter_mut().for_each(|c| replace(&mut c.name));
    for index in &mut table.indexes {
        index.name = index.name.replace(from, to);
        for key in &mut index.keys {
            if let Value::Column(name) = &mut key.value {
                replace(name);
            }
        }
    }
    let keys = table.foreign_keys.iter_mut();
    keys.flat_map(|key| &mut key.columns).for_each(replace);
    for (attribute, column) in &mut described.attributes {
        replace(attribute);
        replace(column);
    }
}

/// Makes one column of two with the same name: one for the value, one for the reference.
fn unite(table: &mut Table) {
    let mut columns: Vec<Column> = Vec::with_capacity(table.columns.len());
    for column in table.columns.drain(..) {
        match columns.iter_mut().find(|known| known.name == column.name) {
            Some(known) => {
                known.is_nullable &= column.is_nullable;
                if column.kind == ColumnKind::Key {
                    known.kind = column.kind;
                }
            }
            None => columns.push(column),
        }
    }
    table.columns = columns;
}

/// One side of a table of pairs.
struct Side {
    table: String,
    class: String,
    key: String,
}

fn joined(rules: &TableRules, join: &Join, own: &Side, other: &Side) -> Table {
    let place = join.place;
    let named = |side: &Side, said: &Option<String>, n: &str| {
        said.clone().unwrap_or_else(|| {
            let rule = rules.pairs_columns.as_deref().unwrap_or("{table}_{key}{n}");
            rule.replace("{table}", &camel(&side.table))
                .replace("{class}", &snake(&side.class))
                .replace(KEY, &capital(&side.key))
                .replace("{key}", &side.key)
                .replace("{n}", n)
        })
    };
    let [of_own, of_other] = &join.columns;
    let (mut a, mut b) = (named(own, of_own, ""), named(other, of_other, ""));
    if a == b {
        (a, b) = (named(own, of_own, "_1"), named(other, of_other, "_2"));
    }
    let name = join.name.clone().unwrap_or_else(|| {
        let rule = rules
            .pairs_named
            .as_deref()
            .unwrap_or("{table}_{attribute}");
        rule.replace("{table}", &own.table)
            .replace("{attribute}", &snake(&join.attribute))
            .replace("{target}", &snake(&other.table))
    });
    let index = |columns: &[&String], is_primary| Index {
        is_unique: is_primary,
        is_primary,
        is_implied: true,
        ..Index::of(
            columns.iter().map(|column| column_key(column)).collect(),
            place,
        )
    };
    let mut indexes = vec![index(&[&a, &b], true)];
    if rules.pairs_indexed {
        indexes.extend([index(&[&a], false), index(&[&b], false)]);
    }
    let column = |name: &String| Column {
        name: name.clone(),
        kind: ColumnKind::Key,
        is_nullable: false,
        place,
    };
    let key = |column: &String, target: &Side| ForeignKey {
        name: None,
        columns: vec![column.clone()],
        target: target.table.clone(),
        target_columns: Vec::new(),
        cascades: true,
        is_enforced: true,
        place,
    };
    Table {
        name,
        namespace: None,
        columns: vec![column(&a), column(&b)],
        indexes,
        foreign_keys: vec![key(&a, own), key(&b, other)],
        is_complete: true,
        is_small: false,
        place,
    }
}

/// With a capital at the start and after each underscore, which is left out.
fn capital(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    });
    words.collect()
}

/// The same, but for the start.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    let rest: String = capital(&format!("x{}", letters.as_str()))
        .chars()
        .skip(1)
        .collect();
    first.unwrap_or_default() + &rest
}
