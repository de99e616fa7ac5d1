//! Entities that a language for schemas declares: what the program calls tables and columns that
//! no class of it describes.

use rustc_hash::FxHashMap;

use super::Schemas;
use super::replay::{Draft, column_key};
use super::values::ValueAt;
use crate::ir::ExprId;
use crate::ir::entity::{DeclaredEntity, TypedAttribute};
use crate::ir::schema::{Column, ColumnKind, Dialect, ForeignKey, Index, Schema, Table};
use crate::link::world::World;
use crate::source::{FileId, Place};

/// The package whose schemas they are, by which a table's advice is found.
const PACKAGE: &str = "@prisma/client";

/// An entity of a database.
#[derive(Debug)]
pub(super) struct Entity {
    /// The database.
    schema: usize,
    /// Its table.
    table: String,
    /// The attributes with their columns.
    attributes: Vec<(String, String)>,
    links: Vec<Link>,
    /// The value that declares it.
    value: Option<ValueAt>,
}

impl Entity {
    /// That of a table which a call declares by a name for its rows.
    pub(super) fn named(schema: usize, table: &str, attributes: &[(String, String)]) -> Self {
        Self {
            schema,
            table: table.to_owned(),
            attributes: attributes.to_vec(),
            links: Vec::new(),
            value: None,
        }
    }

    /// That of a table which a value declares.
    pub(super) fn held(
        schema: usize,
        table: &str,
        attributes: &[(String, String)],
        value: ValueAt,
    ) -> Self {
        Self {
            value: Some(value),
            ..Self::named(schema, table, attributes)
        }
    }
}

/// An attribute by which rows lead to those of another entity.
#[derive(Debug)]
struct Link {
    name: String,
    target: String,
    /// The columns by which it does, its own and the other's, if it is by one.
    columns: Option<(String, String)>,
}

/// All that the files of one folder declare.
#[derive(Debug, Default)]
pub(super) struct Declared {
    entities: Vec<DeclaredEntity>,
    enums: FxHashMap<String, u16>,
    pub(super) dialect: Option<Dialect>,
    enforces: Option<bool>,
}

/// What is declared, by the folder whose files describe one database together.
pub(super) fn declared(
    world: &World,
    groups: &[String],
    files: &[usize],
) -> Vec<(String, Declared)> {
    let mut found: Vec<(String, Declared)> = Vec::new();
    for &i in files {
        let of_file = &world.unit(FileId(i as u32)).facts.declarations;
        if of_file.entities.is_empty() && of_file.source.is_none() && of_file.enums.is_empty() {
            continue;
        }
        let at = found.iter().position(|(group, _)| *group == groups[i]);
        let at = at.unwrap_or_else(|| {
            found.push((groups[i].clone(), Declared::default()));
            found.len() - 1
        });
        let declared = &mut found[at].1;
        if let Some(source) = of_file.source {
            declared.dialect = declared.dialect.or(source.dialect);
            declared.enforces = Some(declared.enforces.unwrap_or(true) && source.enforces);
        }
        declared.enums.extend(of_file.enums.iter().cloned());
        let file = FileId(i as u32);
        declared
            .entities
            .extend(of_file.entities.iter().map(|entity| {
                let mut entity = entity.clone();
                let to = |place: Place| Place { file, ..place };
                entity.table.move_to(to);
                for typed in &mut entity.typed {
                    typed.place = to(typed.place);
                }
                entity
            }));
    }
    found
}

impl Declared {
    /// Adds the tables to a database.
    pub(super) fn add_to(self, found: &mut Schemas, schema: usize, draft: &mut Draft) {
        let by_name: FxHashMap<&str, &DeclaredEntity> = self
            .entities
            .iter()
            .map(|entity| (entity.name.as_str(), entity))
            .collect();
        for entity in &self.entities {
            let mut table = entity.table.clone();
            for typed in &entity.typed {
                let column = column_of(entity, &typed.name);
                if let Some(&count) = self.enums.get(&typed.of) {
                    let mut columns = table.columns.iter_mut();
                    if let Some(column) = columns.find(|known| known.name == column)
                        && !typed.is_many
                    {
                        column.kind = ColumnKind::Enum(count);
                    }
                } else if by_name.contains_key(typed.of.as_str()) {
                    table.columns.retain(|known| known.name != column);
                }
            }
            for key in &mut table.foreign_keys {
                for column in &mut key.columns {
                    *column = column_of(entity, column);
                }
                key.is_enforced = self.enforces.unwrap_or(true);
                if let Some(target) = by_name.get(key.target.as_str()) {
                    key.target.clone_from(&target.table.name);
                    for column in &mut key.target_columns {
                        *column = column_of(target, column);
                    }
                }
            }
            let links = entity.typed.iter().filter_map(|typed| {
                let target = by_name.get(typed.of.as_str())?;
                Some(Link {
                    name: typed.name.clone(),
                    target: typed.of.clone(),
                    columns: joined(entity, typed, target),
                })
            });
            found.entities.push((
                entity.name.clone(),
                Entity {
                    schema,
                    table: table.name.clone(),
                    attributes: entity.attributes.clone(),
                    links: links.collect(),
                    value: None,
                },
            ));
            for typed in &entity.typed {
                if let Some(target) = by_name.get(typed.of.as_str())
                    && let Some(pairs) = pairs(entity, typed, target)
                {
                    draft.create(pairs);
                }
            }
            found
                .packages
                .entry((schema, table.name.to_lowercase()))
                .or_insert_with(|| PACKAGE.to_owned());
            draft.create(table);
        }
    }
}

impl Schemas {
    fn entity(&self, name: &str, near: FileId) -> Option<&Entity> {
        let mut named = self
            .entities
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, entity)| entity);
        let first = named.next()?;
        let Some(second) = named.next() else {
            return Some(first);
        };
        // Several databases have one of the name: that of the nearest.
        let (schema, _) = self.table_named(&first.table, near)?;
        let mut all = [first, second].into_iter().chain(named);
        all.find(|entity| std::ptr::eq(&raw const self.databases[entity.schema], schema))
            .or(Some(first))
    }

    /// The table of an entity of this name.
    pub fn entity_table(&self, name: &str, near: FileId) -> Option<&Table> {
        let entity = self.entity(name, near)?;
        self.databases[entity.schema].table(&entity.table)
    }

    /// The value that declares the table of an entity of this name.
    pub fn entity_value(&self, name: &str, near: FileId) -> Option<(FileId, ExprId)> {
        self.entity(name, near)?.value
    }

    /// The column of an attribute of an entity.
    pub fn entity_column(&self, name: &str, attribute: &str, near: FileId) -> Option<&str> {
        let mut attributes = self.entity(name, near)?.attributes.iter();
        let (_, column) = attributes.find(|(known, _)| known == attribute)?;
        Some(column)
    }

    /// The entity that an attribute of another leads to, and the columns by which it does: its
    /// own and the other's.
    pub fn entity_link(
        &self,
        name: &str,
        attribute: &str,
        near: FileId,
    ) -> Option<(&str, Option<&(String, String)>)> {
        let mut links = self.entity(name, near)?.links.iter();
        let link = links.find(|link| link.name == attribute)?;
        Some((&link.target, link.columns.as_ref()))
    }

    /// The attributes of the program that stand for columns of a table.
    pub fn attributes_of(&self, schema: &Schema, table: &Table, columns: &[String]) -> Vec<String> {
        let mut entities = self.entities.iter().map(|(_, entity)| entity);
        let entity = entities.find(|entity| {
            std::ptr::eq(&raw const self.databases[entity.schema], schema)
                && entity.table == table.name
        });
        let attribute = |column: &String| {
            let mut attributes = entity?.attributes.iter();
            let (name, _) = attributes.find(|(_, known)| known == column)?;
            Some(name.clone())
        };
        columns
            .iter()
            .map(|column| attribute(column).unwrap_or_else(|| column.clone()))
            .collect()
    }
}

fn column_of(entity: &DeclaredEntity, attribute: &str) -> String {
    let mut attributes = entity.attributes.iter();
    let known = attributes.find(|(name, _)| name == attribute);
    known.map_or_else(|| attribute.to_owned(), |(_, column)| column.clone())
}

/// The columns by which a relation joins, its own and the other's: as this side or the other
/// says.
fn joined(
    entity: &DeclaredEntity,
    typed: &TypedAttribute,
    target: &DeclaredEntity,
) -> Option<(String, String)> {
    if let [(own, other)] = &typed.joins[..] {
        return Some((column_of(entity, own), column_of(target, other)));
    }
    let mut back = target.typed.iter().filter(|back| {
        back.of == entity.name && back.relation == typed.relation && !back.joins.is_empty()
    });
    match (back.next().map(|back| &back.joins[..]), back.next()) {
        (Some([(other, own)]), None) => Some((column_of(entity, own), column_of(target, other))),
        _ => None,
    }
}

/// The table of pairs of a relation between many and many that neither side holds the key of:
/// `_AToB`, with an index on either column.
fn pairs(
    entity: &DeclaredEntity,
    typed: &TypedAttribute,
    target: &DeclaredEntity,
) -> Option<Table> {
    let is_many = |typed: &&TypedAttribute, of: &str| typed.is_many && typed.of == of;
    if !is_many(&typed, &target.name) || entity.name > target.name {
        return None;
    }
    let is_back = |back: &&TypedAttribute| {
        is_many(back, &entity.name)
            && back.relation == typed.relation
            && (entity.name != target.name || back.name > typed.name)
    };
    target.typed.iter().find(is_back)?;
    let place = typed.place;
    let name = match &typed.relation {
        Some(name) => format!("_{name}"),
        None => format!("_{}To{}", entity.name, target.name),
    };
    let column = |name: &str| Column {
        name: name.to_owned(),
        kind: ColumnKind::Key,
        is_nullable: false,
        place,
    };
    let index = |columns: &[&str], is_unique| Index {
        is_unique,
        is_implied: true,
        ..Index::of(
            columns.iter().map(|column| column_key(column)).collect(),
            place,
        )
    };
    let key = |column: &str, target: &DeclaredEntity| ForeignKey {
        name: None,
        columns: vec![column.to_owned()],
        target: target.table.name.clone(),
        target_columns: Vec::new(),
        cascades: true,
        is_enforced: true,
        place,
    };
    Some(Table {
        name,
        namespace: None,
        columns: vec![column("A"), column("B")],
        indexes: vec![index(&["A", "B"], true), index(&["B"], false)],
        foreign_keys: vec![key("A", entity), key("B", target)],
        is_complete: true,
        is_small: false,
        place,
    })
}
