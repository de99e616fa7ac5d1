//! What the columns of a table are: one by its call, with the keys, indexes and references that
//! come with it.

use super::classes::{Reader, value_at};
use super::kinds::{annotated_kind, count_of, listed_by_class, typed_kind};
use super::read::{
    argument, arguments, first_argument, last_name, list, name_of, positional, text, truth,
    value_of,
};
use super::replay::column_key;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey, IndexMethod};
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::ColumnModel;
use crate::link::types::{Base, ClassRef};
use crate::source::{FileId, Place};

/// How a column is declared.
pub(super) struct Declaration<'m> {
    /// The attribute that holds it; empty for one that only its call names.
    pub attribute: &'m str,
    pub annotation: Option<ExprId>,
    pub decorators: &'m [ExprId],
    /// The call, or the decorator, that says what it is.
    pub call: ExprId,
    /// The decorator beside it that names the column of a reference.
    pub joined: Option<ExprId>,
    pub place: Place,
}

impl Reader<'_> {
    /// Adds a column.
    pub(super) fn column(
        &mut self,
        module: &Module,
        typer: &mut Typer<'_>,
        declaration: &Declaration<'_>,
        model: &ColumnModel,
    ) {
        let &Declaration {
            call,
            joined,
            place,
            ..
        } = declaration;
        let is = |place: &Option<String>, default: bool| {
            let given = place
                .as_ref()
                .and_then(|place| argument(module, call, place));
            match given {
                Some(value) => {
                    truth(module, value).unwrap_or(!matches!(module.expr(value), Expr::Null))
                }
                None => default,
            }
        };
        let attribute = self.attribute(declaration.attribute);
        let given = joined
            .and_then(|join| argument(module, join, "key:name"))
            .or_else(|| first_argument(module, call, &model.name))
            .and_then(|name| text(module, name));
        let name = self.column_name(declaration.attribute, given, &model.suffix);
        let annotated = declaration.annotation.map(|at| annotated_kind(module, at));
        let reference = model.reference.as_ref().and_then(|wanted| {
            let args = arguments(module, call).iter().copied();
            args.into_iter().find(|&arg| {
                matches!(module.expr(arg), Expr::Call { .. })
                    && last_name(module, arg) == Some(wanted)
            })
        });
        let is_primary = is(&model.primary, model.is_primary);
        let is_nullable = !is_primary
            && match (&model.null, annotated) {
                (Some(place), Some((_, is_nullable)))
                    if argument(module, call, place).is_none()
                        && model.is_nullable
                        && self.model.rules.decorators.is_empty() =>
                {
                    is_nullable
                }
                _ => is(&model.null, model.is_nullable) || self.is_loose(),
            };
        let kind = model
            .kind
            .column()
            .map(|kind| match argument(module, call, "key:choices") {
                Some(choices) => ColumnKind::Enum(count_of(self.world, place.file, choices)),
                None => kind,
            })
            .or_else(|| typed_kind(module, typer, call))
            .or_else(|| annotated.and_then(|(kind, _)| kind))
            .unwrap_or(ColumnKind::Other);
        let is_open = matches!(
            kind,
            ColumnKind::Text | ColumnKind::Integer | ColumnKind::Other | ColumnKind::Enum(0)
        );
        let mut told = positional(module, call)
            .into_iter()
            .chain(argument(module, call, "key:choices"))
            .chain(argument(module, call, "key:type_|key:sa_type"))
            .chain(declaration.annotation);
        let listed = told
            .find_map(|at| listed_by_class(self.world, module, typer, at))
            .filter(|_| is_open);
        let kind = listed.map_or(kind, ColumnKind::Enum);
        self.found
            .attributes
            .push((attribute.clone(), name.clone()));
        if name != attribute {
            self.found.attributes.push((name.clone(), name.clone()));
        }
        let referred = model.referred_by.as_ref().and_then(|wanted| {
            let mut beside = declaration.decorators.iter().copied();
            let beside = beside.find(|&d| last_name(module, d) == Some(wanted))?;
            let target = argument(module, beside, "argument0")?;
            Some(self.target_at(module, typer, target))
        });
        let target = match reference {
            _ if referred.is_some() => referred,
            Some(reference) => argument(module, reference, "argument0")
                .map(|target| target_text(module, typer, target)),
            None => model
                .foreign
                .as_ref()
                .and_then(|place| argument(module, call, place))
                .map(|target| target_text(module, typer, target))
                .or_else(|| self.target(module, typer, call, model)),
        };
        let is_reference = target.is_some();
        if let Some((class, table)) = target {
            if let Some(class) = class {
                self.found
                    .targets
                    .push((self.found.table.foreign_keys.len(), class));
            }
            let (target, target_columns) = match table.rsplit_once('.') {
                Some((table, column)) => {
                    let table = table.rsplit('.').next().unwrap_or(table);
                    (table.to_owned(), vec![column.to_owned()])
                }
                None => (table, Vec::new()),
            };
            let on_delete = model
                .on_delete
                .as_ref()
                .and_then(|place| argument(module, call, place))
                .or_else(|| argument(module, reference?, "key:ondelete"))
                .or_else(|| {
                    argument(module, call, "argument1").filter(|_| model.on_delete.is_some())
                });
            let cascades = on_delete.is_some_and(|value| cascades(module, value));
            self.found.table.foreign_keys.push(ForeignKey {
                name: None,
                columns: vec![name.clone()],
                target,
                target_columns,
                cascades,
                is_enforced: is(&model.enforced, true),
                place,
            });
        }
        self.found.table.columns.push(Column {
            name: name.clone(),
            kind: if is_reference { ColumnKind::Key } else { kind },
            is_nullable,
            place,
        });
        let is_unique = is(&model.unique, model.is_unique);
        let is_indexed = is(&model.index, model.indexed);
        let table = &self.found.table.name;
        let index = |is_unique| Index {
            name: if table.is_empty() {
                String::new()
            } else {
                format!("ix_{table}_{name}")
            },
            keys: vec![column_key(&name)],
            include: Vec::new(),
            condition: None,
            method: IndexMethod::BTree,
            is_unique,
            is_primary: false,
            is_implied: false,
            place,
        };
        let made = index(is_unique && !is_primary);
        let patterns = (model.patterns && (is_primary || is_unique || is_indexed))
            .then(|| for_patterns(&made));
        if is_primary && is_indexed && model.indexes_key {
            self.found.table.indexes.push(made.clone());
        }
        if is_primary {
            // Several such columns are one key.
            if let Some(key) = self
                .found
                .table
                .indexes
                .iter_mut()
                .find(|index| index.is_primary)
            {
                key.keys.push(column_key(&name));
                return;
            }
            let key = Index {
                name: String::new(),
                is_primary: true,
                ..index(true)
            };
            self.found.table.indexes.push(key);
        } else if is_unique || is_indexed {
            let is_said = model
                .index
                .as_ref()
                .is_some_and(|at| argument(module, call, at).is_some());
            self.found.table.indexes.push(Index {
                is_implied: model.indexed && !is_unique && !is_said,
                ..made
            });
        }
        self.found.table.indexes.extend(patterns);
    }

    /// The class, or the text, that a reference leads to.
    pub(super) fn target(
        &self,
        module: &Module,
        typer: &mut Typer<'_>,
        call: ExprId,
        model: &ColumnModel,
    ) -> Option<(Option<ClassRef>, String)> {
        let target = first_argument(module, call, &model.target)?;
        Some(self.target_at(module, typer, target))
    }

    fn target_at(
        &self,
        module: &Module,
        typer: &mut Typer<'_>,
        target: ExprId,
    ) -> (Option<ClassRef>, String) {
        match module.expr(target) {
            Expr::String(name) => {
                let name = module.text(name);
                let class = self.class_named(name);
                (class, name.to_lowercase().replace('.', "_"))
            }
            // Django documentation, "Referencing the User model": the setting names the class.
            Expr::Member { name, .. } if module.text(name) == "AUTH_USER_MODEL" => {
                let class = self.class_named("User");
                (class, "auth_user".to_owned())
            }
            Expr::Function(function) => {
                let value = module.returned(function).first().copied();
                let class = value.and_then(|value| class_of(typer, value));
                (class, String::new())
            }
            _ => (class_of(typer, target), String::new()),
        }
    }

    /// Adds what calls declare: `Column("year", Integer)`, `Index("ix", "year")`, also in a list.
    pub(super) fn parts(&mut self, file: FileId, module: &Module, parts: &[ExprId]) {
        let mut typer = Typer::new(self.world, file);
        for &part in parts {
            let part = match module.expr(part) {
                Expr::Spread(spread) => match list(module, value_of(self.world, file, spread)) {
                    Some(spread) => {
                        let spread = spread.to_vec();
                        self.parts(file, module, &spread);
                        continue;
                    }
                    None => part,
                },
                _ => value_of(self.world, file, part),
            };
            let model = last_name(module, part).and_then(|name| self.model.column(name));
            let Some(model) = model.filter(|_| matches!(module.expr(part), Expr::Call { .. }))
            else {
                self.list_entry(file, module, part);
                continue;
            };
            let named = first_argument(module, part, &model.name);
            let Some(name) = named.and_then(|name| name_of(self.world, file, name)) else {
                self.found.table.is_complete = false;
                continue;
            };
            let declaration = Declaration {
                attribute: &name,
                annotation: None,
                decorators: &[],
                call: part,
                joined: None,
                place: Place {
                    file,
                    span: module.span(part),
                },
            };
            self.column(module, &mut typer, &declaration, model);
        }
    }

    fn class_named(&self, name: &str) -> Option<ClassRef> {
        self.world.entities.named(self.world, name, self.class?)
    }

    /// References that lead to rows of any table, by several columns together.
    pub(super) fn generic_references(&mut self) {
        for (attributes, place) in std::mem::take(&mut self.generic) {
            let columns = attributes.iter().map(|name| self.column_named(name));
            let columns: Vec<String> = columns.collect();
            if columns
                .iter()
                .any(|name| self.found.table.column(name).is_none())
            {
                continue;
            }
            self.found.table.foreign_keys.push(ForeignKey {
                name: None,
                columns,
                target: String::new(),
                target_columns: Vec::new(),
                cascades: false,
                is_enforced: false,
                place,
            });
        }
    }

    /// The key by which a class's table refers to that of the class it derives from.
    pub(super) fn child_key(&mut self, base: ClassRef, key: &str) {
        let module = &self.world.unit(base.file).facts.module;
        let parent = module
            .class(base.class)
            .name
            .map_or("", |name| module.text(name));
        let name = key.replace("{parent}", &parent.to_lowercase());
        if self
            .found
            .table
            .indexes
            .iter()
            .any(|index| index.is_primary)
        {
            return;
        }
        let place = self.found.table.place;
        let keys = &mut self.found.table.foreign_keys;
        self.found.targets.push((keys.len(), base));
        keys.push(ForeignKey {
            name: None,
            columns: vec![name.clone()],
            target: String::new(),
            target_columns: Vec::new(),
            cascades: true,
            is_enforced: true,
            place,
        });
        self.add_key(&name);
    }

    /// The primary key that a table gets where none is declared.
    pub(super) fn key(&mut self) {
        let has_key = self
            .found
            .table
            .indexes
            .iter()
            .any(|index| index.is_primary);
        let declared = self.model.rules.primary.as_ref();
        let declared = declared.and_then(|path| value_at(self.world, self.class?, path));
        if let Some((file, module, value)) = declared {
            let columns = match module.expr(value) {
                Expr::Call { .. } => arguments(module, value),
                _ => list(module, value).unwrap_or_default(),
            };
            let keys = columns
                .iter()
                .filter_map(|&column| self.key_of(module, column));
            let keys: Vec<IndexKey> = keys.collect();
            if !keys.is_empty() {
                let span = module.span(value);
                self.found
                    .table
                    .indexes
                    .push(primary_key(keys, Place { file, span }));
            }
            return;
        }
        if let Some(key) = &self.model.rules.key
            && !has_key
            && self.found.shares.is_none()
        {
            self.add_key(key);
        }
    }

    pub(super) fn add_key(&mut self, name: &str) {
        let place = self.found.table.place;
        self.found
            .attributes
            .push((name.to_owned(), name.to_owned()));
        self.found.table.columns.insert(
            0,
            Column {
                name: name.to_owned(),
                kind: ColumnKind::Integer,
                is_nullable: false,
                place,
            },
        );
        let key = primary_key(vec![column_key(name)], place);
        self.found.table.indexes.insert(0, key);
    }
}

/// The index that serves patterns beside another.
pub(super) fn for_patterns(index: &Index) -> Index {
    let keys = index.keys.iter().cloned().map(|key| IndexKey {
        operator_class: Some("varchar_pattern_ops".to_owned()),
        ..key
    });
    Index {
        name: format!("{}_like", index.name),
        keys: keys.collect(),
        is_unique: false,
        is_implied: true,
        ..index.clone()
    }
}

fn primary_key(keys: Vec<IndexKey>, place: Place) -> Index {
    Index {
        is_unique: true,
        is_primary: true,
        is_implied: true,
        ..Index::of(keys, place)
    }
}

/// Whether what is said of deleting a row changes those that refer to it.
pub(super) fn cascades(module: &Module, said: ExprId) -> bool {
    let said = text(module, said).or_else(|| last_name(module, said));
    let said = said.unwrap_or("").to_uppercase();
    said.contains("CASCADE") || said.starts_with("SET")
}

/// The table that a reference names as text (`users.id`), or through a column of a class.
fn target_text(
    module: &Module,
    typer: &mut Typer<'_>,
    target: ExprId,
) -> (Option<ClassRef>, String) {
    match module.expr(target) {
        Expr::String(name) => (None, module.text(name).to_owned()),
        Expr::Member { object, .. } => (class_of(typer, object), String::new()),
        _ => (None, String::new()),
    }
}

pub(super) fn class_of(typer: &mut Typer<'_>, expr: ExprId) -> Option<ClassRef> {
    match typer.of(expr).base {
        Base::Class(class) => Some(class),
        _ => None,
    }
}
