//! The indexes and constraints in the lists and decorators of a table's class.

use super::classes::{Reader, app_label, own_value, value_at};
use super::columns::cascades;
use super::read::{argument, first_argument, last_name, list, name_of, positional, text, truth};
use super::replay::column_key;
use crate::ir::query::Value;
use crate::ir::schema::{ForeignKey, Index, IndexKey, IndexMethod};
use crate::ir::{Expr, ExprId, ImportKind, LocalKind, Module};
use crate::link::models::tables::{IndexModel, method_named};
use crate::link::types::ClassRef;
use crate::source::{FileId, Place};

impl<'w> Reader<'w> {
    fn value_at(&self, path: &str) -> Option<(FileId, &'w Module, ExprId)> {
        let class = self.class?;
        if self.model.rules.copies {
            let (module, value) = own_value(self.world, class, path)?;
            return Some((class.file, module, value));
        }
        value_at(self.world, class, path)
    }

    /// The indexes and constraints in the lists of the class.
    pub(super) fn lists(&mut self) {
        let rules = &self.model.rules;
        for path in &rules.lists {
            let Some((file, module, value)) = self.value_at(path) else {
                continue;
            };
            match list(module, value) {
                Some(elements) => {
                    for &element in elements {
                        self.list_entry(file, module, element);
                    }
                }
                // A list that is put together elsewhere may hold anything.
                None if matches!(module.expr(value), Expr::Map(_)) => {}
                None => self.found.table.is_complete = false,
            }
        }
        for (paths, is_unique) in [(&rules.unique_lists, true), (&rules.index_lists, false)] {
            for path in paths {
                let Some((file, module, value)) = self.value_at(path) else {
                    continue;
                };
                let Some(elements) = list(module, value) else {
                    self.found.table.is_complete = false;
                    continue;
                };
                let is_flat = elements.first().is_some_and(|&e| text(module, e).is_some());
                if is_flat {
                    self.together(file, module, value, is_unique);
                    continue;
                }
                for &element in elements {
                    // `(("a", "b"), True)`
                    match list(module, element) {
                        Some([columns, unique]) if list(module, *columns).is_some() => {
                            let is_unique = truth(module, *unique) == Some(true);
                            self.together(file, module, *columns, is_unique);
                        }
                        _ => self.together(file, module, element, is_unique),
                    }
                }
            }
        }
    }

    pub(super) fn list_entry(&mut self, file: FileId, module: &Module, element: ExprId) {
        if matches!(module.expr(element), Expr::Map(_)) {
            return;
        }
        let Some(model) = last_name(module, element).and_then(|name| self.model.index(name)) else {
            if matches!(module.expr(element), Expr::Spread(_)) {
                self.found.table.is_complete = false;
            }
            return;
        };
        self.entry(file, module, element, model);
    }

    /// The index, key or reference that a call makes.
    pub(super) fn entry(
        &mut self,
        file: FileId,
        module: &Module,
        element: ExprId,
        model: &IndexModel,
    ) {
        let place = Place {
            file,
            span: module.span(element),
        };
        let keys = self.keys_of(module, element, model);
        if let Some(argument_of_table) = &model.references {
            // The table, or columns of it: `["books.id"]`.
            let target =
                argument(module, element, argument_of_table).and_then(|target| {
                    match list(module, target) {
                        Some(columns) => {
                            let column = name_of(self.world, file, *columns.first()?)?;
                            Some(column.rsplit_once('.')?.0.to_owned())
                        }
                        None => name_of(self.world, file, target),
                    }
                });
            let target = target.map(|target| match target.rsplit_once('.') {
                Some((_, table)) => table.to_owned(),
                None => target,
            });
            let name = first_argument(module, element, &model.name);
            let on_delete = model.on_delete.as_ref();
            let on_delete = on_delete.and_then(|place| argument(module, element, place));
            self.found.table.foreign_keys.push(ForeignKey {
                name: name.and_then(|name| name_of(self.world, file, name)),
                columns: keys
                    .iter()
                    .filter_map(|key| match &key.value {
                        Value::Column(name) => Some(name.clone()),
                        Value::Expression(..) => None,
                    })
                    .collect(),
                target: target.unwrap_or_default(),
                target_columns: Vec::new(),
                cascades: on_delete.is_some_and(|said| cascades(module, said)),
                is_enforced: true,
                place,
            });
            return;
        }
        self.push_index(module, element, model, keys, place);
    }

    /// `@Index(["a", "b"])` on the class.
    pub(super) fn class_indexes(&mut self, decorator: Option<ExprId>) {
        let (Some(class), Some(_)) = (self.class, decorator) else {
            return;
        };
        let module = &self.world.unit(class.file).facts.module;
        for &entry in module.list(module.class(class.class).decorators) {
            let Some(model) = last_name(module, entry).and_then(|name| self.model.index(name))
            else {
                continue;
            };
            let keys = self.keys_of(module, entry, model);
            let place = Place {
                file: class.file,
                span: module.span(entry),
            };
            self.push_index(module, entry, model, keys, place);
        }
    }

    /// `@DefaultScope(() => ({ where: … }))` on the class, or an argument by which its deleted
    /// rows stay.
    pub(super) fn scope(&mut self, decorator: Option<ExprId>) {
        let Some(class) = self.class else {
            return;
        };
        let module = &self.world.unit(class.file).facts.module;
        let rules = &self.model.rules;
        let hides = decorator
            .zip(rules.hides.as_ref())
            .and_then(|(decorator, place)| argument(module, decorator, place));
        if hides.is_some_and(|hides| truth(module, hides) == Some(true))
            && self.found.hidden.is_none()
        {
            self.found.hidden.clone_from(&rules.hidden_by);
        }
        if self.found.hidden.is_none() && self.derives_from(class, &rules.hiding_bases) {
            self.found.hidden.clone_from(&rules.hidden_by);
        }
        for &scope in module.list(module.class(class.class).decorators) {
            if !last_name(module, scope).is_some_and(|name| rules.scopes.iter().any(|n| n == name))
            {
                continue;
            }
            let narrows = positional(module, scope).into_iter().any(|given| {
                let made = match module.expr(given) {
                    Expr::Function(function) => module.returned(function).clone(),
                    _ => vec![given],
                };
                made.into_iter()
                    .any(|made| argument(module, made, "key:where").is_some())
            });
            self.found.is_scoped |= narrows;
        }
    }

    /// Whether a class derives from one of other packages, by the names they are imported by.
    fn derives_from(&self, class: ClassRef, names: &[String]) -> bool {
        let is_named = |of: &ClassRef| {
            let module = &self.world.unit(of.file).facts.module;
            let mut bases = module.list(module.class(of.class).bases).iter();
            bases.any(|&base| {
                let Expr::Local(local) = module.expr(base) else {
                    return false;
                };
                let LocalKind::Import(import) = module.local(local).kind else {
                    return false;
                };
                let import = &module.imports[import.index()];
                let ImportKind::Named(name) = import.kind else {
                    return false;
                };
                let (from, name) = (module.text(import.module), module.text(name));
                names
                    .iter()
                    .any(|known| known.rsplit_once('.') == Some((from, name)))
            })
        };
        !names.is_empty() && self.world.above(class).iter().any(is_named)
    }

    fn together(&mut self, file: FileId, module: &Module, columns: ExprId, is_unique: bool) {
        let Some(elements) = list(module, columns) else {
            return;
        };
        let keys: Vec<IndexKey> = elements
            .iter()
            .filter_map(|&e| self.key_of(module, e))
            .collect();
        if keys.is_empty() || keys.len() < elements.len() {
            return;
        }
        self.found.table.indexes.push(Index {
            name: String::new(),
            keys,
            include: Vec::new(),
            condition: None,
            method: IndexMethod::BTree,
            is_unique,
            is_primary: false,
            is_implied: false,
            place: Place {
                file,
                span: module.span(columns),
            },
        });
    }

    fn keys_of(&self, module: &Module, call: ExprId, model: &IndexModel) -> Vec<IndexKey> {
        let elements = list_argument(module, call, model).unwrap_or_default();
        let mut keys: Vec<IndexKey> = elements
            .iter()
            .filter_map(|&e| self.key_of(module, e))
            .collect();
        let classes = model
            .classes
            .as_ref()
            .and_then(|place| argument(module, call, place));
        if let Some(classes) = classes.and_then(|classes| list(module, classes)) {
            for (key, &class) in keys.iter_mut().zip(classes) {
                key.operator_class = text(module, class).map(str::to_owned);
            }
        } else if let Some(Expr::Map(entries)) = classes.map(|classes| module.expr(classes)) {
            for &entry in module.list(entries) {
                if let Expr::Keyword { name, value } = module.expr(entry) {
                    let name = Value::Column(module.text(name).to_owned());
                    if let Some(key) = keys.iter_mut().find(|key| key.value == name) {
                        key.operator_class = text(module, value).map(str::to_owned);
                    }
                }
            }
        }
        keys
    }

    /// `"name"`, `"-name"`, `Class.name`, `name.desc()`, `func.lower(name)`, `Lower("name")`.
    pub(super) fn key_of(&self, module: &Module, element: ExprId) -> Option<IndexKey> {
        match module.expr(element) {
            Expr::String(name) => {
                let name = module.text(name);
                let (name, is_descending) = match name.strip_prefix('-') {
                    Some(name) => (name, true),
                    None => (name, false),
                };
                Some(IndexKey {
                    is_descending,
                    ..column_key(&self.column_named(name))
                })
            }
            Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } => {
                Some(column_key(&self.column_named(last_name(module, element)?)))
            }
            Expr::Call { callee, args, .. } => {
                let name = last_name(module, callee)?.to_lowercase();
                if let Expr::Member { object, .. } = module.expr(callee)
                    && args.is_empty()
                {
                    let key = self.key_of(module, object)?;
                    return Some(IndexKey {
                        is_descending: name == "desc" || key.is_descending,
                        ..key
                    });
                }
                let inner = *positional(module, element).first()?;
                let key = self.key_of(module, inner)?;
                match name.as_str() {
                    "f" | "col" | "asc" | "literal_column" => Some(key),
                    "desc" => Some(IndexKey {
                        is_descending: true,
                        ..key
                    }),
                    "opclass" => Some(IndexKey {
                        operator_class: argument(module, element, "key:name")
                            .and_then(|name| text(module, name))
                            .map(str::to_owned),
                        ..key
                    }),
                    "text" => {
                        let text = text(module, inner)?;
                        Some(IndexKey {
                            value: crate::syntax::sql::condition::value(text, None),
                            ..key
                        })
                    }
                    _ => {
                        let Value::Column(column) = key.value else {
                            return None;
                        };
                        Some(IndexKey {
                            value: Value::Expression(
                                format!("{name}({column})"),
                                vec![column.clone()],
                            ),
                            ..column_key(&column)
                        })
                    }
                }
            }
            _ => None,
        }
    }

    /// The column of an attribute.
    pub(super) fn column_named(&self, attribute: &str) -> String {
        let mut attributes = self.found.attributes.iter();
        let found = attributes.find(|(name, _)| name == attribute);
        found.map_or_else(|| attribute.to_owned(), |(_, column)| column.clone())
    }

    /// The name of an index that several classes inherit: `%(app_label)s_%(class)s_changed`.
    fn filled(&self, name: String) -> String {
        let Some(class) = self.class.filter(|_| name.contains("%(")) else {
            return name;
        };
        let named = self
            .world
            .class_name(class)
            .unwrap_or_default()
            .to_lowercase();
        name.replace("%(class)s", &named)
            .replace("%(app_label)s", &app_label(self.world, class))
    }

    pub(super) fn push_index(
        &mut self,
        module: &Module,
        call: ExprId,
        model: &IndexModel,
        keys: Vec<IndexKey>,
        place: Place,
    ) {
        if keys.is_empty() {
            return;
        }
        let condition = first_argument(module, call, &model.conditions);
        let is_unique = model.is_unique
            || model.unique.as_ref().is_some_and(|place| {
                argument(module, call, place).is_some_and(|v| truth(module, v) == Some(true))
            });
        let include = model
            .include
            .as_ref()
            .and_then(|place| argument(module, call, place));
        let include = include
            .and_then(|include| list(module, include))
            .unwrap_or_default();
        let method = first_argument(module, call, &model.methods)
            .and_then(|method| text(module, method))
            .map_or_else(|| model.index_method(), method_named);
        let name = first_argument(module, call, &model.name)
            .and_then(|name| name_of(self.world, place.file, name))
            .map(|name| self.filled(name));
        // Several columns name the same index, or are one key together.
        let is_same = |known: &&mut Index| {
            model.is_primary && known.is_primary
                || name.as_ref().is_some_and(|name| known.name == *name)
        };
        if let Some(known) = self.found.table.indexes.iter_mut().find(is_same) {
            known.keys.extend(keys);
            return;
        }
        self.found.table.indexes.push(Index {
            name: name.unwrap_or_default(),
            keys,
            include: include
                .iter()
                .filter_map(|&column| text(module, column))
                .map(|column| self.column_named(column))
                .collect(),
            condition: condition.map(|condition| self.condition(module, condition)),
            method,
            is_unique: is_unique || model.is_primary,
            is_primary: model.is_primary,
            is_implied: false,
            place,
        });
    }
}

/// The list of keys that an index is handed.
pub(super) fn list_argument(
    module: &Module,
    call: ExprId,
    model: &IndexModel,
) -> Option<Vec<ExprId>> {
    model.fields.iter().find_map(|place| {
        if let Some(from) = place.strip_prefix("arguments") {
            let from: usize = from.parse().ok()?;
            let rest = positional(module, call).get(from..)?.to_vec();
            return (!rest.is_empty()).then_some(rest);
        }
        let value = argument(module, call, place)?;
        list(module, value).map(<[ExprId]>::to_vec)
    })
}
