//! The schema changes that a migration makes by calls of a library: `createTable("books", {…})`,
//! `addIndex("books", ["year"])`. Which calls do what is told by the library models.

use super::classes::{Reader, label_of};
use super::kinds::kind_of;
use super::read::{
    argument, arguments_from, first_argument, last_name, list, name_of, positional, snake, text,
    truth, value_of,
};
use super::replay::column_key;
use crate::ir::change::{Change, ChangeKind};
use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey, IndexMethod, Table};
use crate::ir::{Expr, ExprId, LocalKind, Module};
use crate::link::infer::Typer;
use crate::link::models::clauses::Operator;
use crate::link::models::tables::{Does, IndexModel, StepModel, TableModel, method_named};
use crate::link::world::World;
use crate::source::{FileId, Place};
use crate::syntax::sql::condition;

/// What a call changes; none if it is no step of a migration.
pub(super) fn changes_by(world: &World, file: FileId, call: ExprId) -> Option<Vec<Change>> {
    let module = &world.unit(file).facts.module;
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    let name = module.text(name);
    let mut named = world.models.steps(name);
    // A library that calls it by its name comes before one that any first parameter is for.
    let step = named
        .find(|step| is_called(world, file, object, step))
        .or_else(|| {
            let is_first = is_first_of_up(module, object);
            world.models.steps(name).find(|_| is_first)
        })?;
    let place = Place {
        file,
        span: module.span(call),
    };
    let step = Step {
        world,
        module,
        model: step,
        call,
        place,
    };
    Some(step.changes())
}

/// Whether something is what the steps are called on: by its name or that of the call that gave
/// it.
fn is_called(world: &World, file: FileId, object: ExprId, step: &StepModel) -> bool {
    let module = &world.unit(file).facts.module;
    let is_on =
        |expr| last_name(module, expr).is_some_and(|name| step.rules.on.contains(&name.to_owned()));
    is_on(object) || given_by(world, file, object).is_some_and(is_on)
}

/// Whether something is the first that `up` is handed.
fn is_first_of_up(module: &Module, object: ExprId) -> bool {
    let Expr::Local(local) = module.expr(object) else {
        return false;
    };
    let local = module.local(local);
    let function = module.function(local.function).name;
    local.kind == LocalKind::Param(0) && function.is_some_and(|f| module.text(f) == "up")
}

/// The call that gave a variable its value: `with op.batch_alter_table("books") as batch_op`.
fn given_by(world: &World, file: FileId, expr: ExprId) -> Option<ExprId> {
    let module = &world.unit(file).facts.module;
    let value = value_of(world, file, expr);
    let value = match module.expr(value) {
        Expr::Entered(value) => value,
        _ => value,
    };
    matches!(module.expr(value), Expr::Call { .. }).then_some(value)
}

/// What a column is declared to be.
pub(super) struct Declared {
    pub(super) column: Column,
    pub(super) indexes: Vec<Index>,
    pub(super) key: Option<ForeignKey>,
    /// What it holds, and whether it may be null, as far as it is said.
    kind: Option<ColumnKind>,
    is_nullable: Option<bool>,
}

/// One call.
pub(super) struct Step<'w> {
    pub(super) world: &'w World,
    pub(super) module: &'w Module,
    pub(super) model: &'w StepModel,
    pub(super) call: ExprId,
    pub(super) place: Place,
}

impl Step<'_> {
    fn changes(&self) -> Vec<Change> {
        let rules = &self.model.rules;
        let tables = self
            .at(&rules.table, "argument0")
            .map_or_else(Vec::new, |at| self.names(at));
        if tables.is_empty() {
            return match rules.does {
                // Any table may have it.
                Does::AddIndex | Does::AddConstraint => {
                    vec![self.change("", ChangeKind::Unclear)]
                }
                Does::RemoveIndex => self.changes_of(""),
                _ => Vec::new(),
            };
        }
        let of_tables = tables.iter().flat_map(|table| match &rules.default {
            Some(default) => self.changes_of(&self.table_by(default, table)),
            None => self.changes_of(table),
        });
        of_tables.collect()
    }

    /// The table of a class that is named.
    fn table_by(&self, default: &str, class: &str) -> String {
        let path = &self.world.unit(self.place.file).path;
        default
            .replace("{app}", &label_of(self.world, path))
            .replace("{model}", &class.to_lowercase())
    }

    fn changes_of(&self, table: &str) -> Vec<Change> {
        let rules = &self.model.rules;
        let named = self.at(&rules.name, "argument1");
        let name = || named.and_then(|name| self.name(name));
        let to = self.at(&rules.to, "argument2");
        let mut found = Vec::new();
        let mut add = |kind| found.push(self.change(table, kind));
        if !rules.objects.is_empty() {
            self.changes_by_objects(table).into_iter().for_each(add);
            return found;
        }
        if let Some(calls) = &self.model.calls
            && matches!(
                rules.does,
                Does::CreateTable | Does::AddColumn | Does::AddIndex
            )
        {
            self.called(table, calls).into_iter().for_each(add);
            return found;
        }
        match rules.does {
            Does::CreateTable => add(self.table(table, named)),
            Does::DropTable => add(ChangeKind::Drop),
            Does::RenameTable => {
                let name = name().map(|name| match &rules.default {
                    Some(default) if to.is_none() => self.table_by(default, &name),
                    _ => name,
                });
                name.map(ChangeKind::Rename).into_iter().for_each(add);
            }
            Does::AddColumn | Does::ChangeColumn => {
                let Some(name) = name() else {
                    return found;
                };
                if self.model.calls.is_some() {
                    let null = self.model.column.null.as_ref();
                    let null = null.and_then(|place| argument(self.module, self.call, place));
                    let mut typer = Typer::new(self.world, self.place.file);
                    let kind = argument(self.module, self.call, "key:type_");
                    add(ChangeKind::AlterColumn {
                        name: name.clone(),
                        kind: kind.and_then(|kind| kind_of(self.module, &mut typer, kind)),
                        is_nullable: null.and_then(|null| truth(self.module, null)),
                    });
                    if let Some(to) = to.and_then(|to| self.name(to)) {
                        add(ChangeKind::RenameColumn { from: name, to });
                    }
                    return found;
                }
                let Some(definition) = to else {
                    return found;
                };
                let made = self.column(table, &name, definition);
                if rules.does == Does::AddColumn {
                    add(ChangeKind::AddColumn(made.column));
                } else {
                    add(ChangeKind::AlterColumn {
                        name: made.column.name,
                        kind: made.kind,
                        is_nullable: made.is_nullable,
                    });
                }
                made.indexes
                    .into_iter()
                    .map(ChangeKind::AddIndex)
                    .for_each(&mut add);
                made.key
                    .into_iter()
                    .map(ChangeKind::AddForeignKey)
                    .for_each(&mut add);
            }
            Does::RemoveColumn => {
                let several = named.and_then(|named| list(self.module, self.value(named)));
                if let Some(columns) = several {
                    let names = columns.iter().filter_map(|&column| self.name(column));
                    names.map(ChangeKind::DropColumn).for_each(add);
                    return found;
                }
                for name in name().iter().flat_map(|name| self.with_suffix(name)) {
                    add(ChangeKind::DropColumn(name));
                }
            }
            Does::RenameColumn => {
                let to = to.and_then(|to| self.name(to));
                if let Some((from, to)) = name().zip(to) {
                    let names = self.with_suffix(&from).into_iter();
                    for (from, to) in names.zip(self.with_suffix(&to)) {
                        add(ChangeKind::RenameColumn { from, to });
                    }
                }
            }
            Does::AddIndex => add(match self.index(table, self.call) {
                Some(index) => ChangeKind::AddIndex(index),
                None => ChangeKind::Unclear,
            }),
            Does::RemoveIndex => {
                let columns = named.and_then(|columns| list(self.module, columns));
                if let Some(columns) = columns {
                    let names = columns.iter().map(|&column| self.name(column));
                    let names: Option<Vec<String>> = names.collect();
                    names.map(ChangeKind::DropIndexOn).into_iter().for_each(add);
                } else {
                    name().map(ChangeKind::DropIndex).into_iter().for_each(add);
                }
            }
            Does::AddConstraint => {
                self.constraint(table).into_iter().for_each(add);
            }
            Does::RemoveConstraint => {
                let name = name().map(ChangeKind::DropConstraint);
                name.into_iter().for_each(add);
            }
        }
        found
    }

    /// What calls say of a table that is made, a column or an index that is added.
    fn called(&self, table: &str, calls: &TableModel) -> Vec<ChangeKind> {
        let rules = &self.model.rules;
        let (world, module, file) = (self.world, self.module, self.place.file);
        let mut reader = Reader::new(world, calls, None, table, self.place);
        let Some(parts) = &rules.parts else {
            reader.entry(file, module, self.call, &self.model.index);
            let made = reader.found.table;
            let mut kinds: Vec<ChangeKind> = Vec::new();
            kinds.extend(made.indexes.into_iter().map(|index| {
                let is_understood = !index.keys.is_empty();
                if is_understood {
                    ChangeKind::AddIndex(index)
                } else {
                    ChangeKind::Unclear
                }
            }));
            kinds.extend(made.foreign_keys.into_iter().map(ChangeKind::AddForeignKey));
            if kinds.is_empty() {
                kinds.push(ChangeKind::Unclear);
            }
            return kinds;
        };
        reader.parts(file, module, &arguments_from(module, self.call, parts));
        let made = reader.found.table;
        if rules.does == Does::CreateTable {
            return vec![ChangeKind::Create(Box::new(made))];
        }
        let columns = made.columns.into_iter().map(ChangeKind::AddColumn);
        let indexes = made.indexes.into_iter().map(ChangeKind::AddIndex);
        let keys = made.foreign_keys.into_iter().map(ChangeKind::AddForeignKey);
        columns.chain(indexes).chain(keys).collect()
    }

    /// The argument at the first of some places that has one; of the call that gave what it is
    /// called on at `receiver0`.
    fn at(&self, places: &[String], default: &str) -> Option<ExprId> {
        if places.is_empty() {
            return argument(self.module, self.call, default);
        }
        places.iter().find_map(|place| {
            let Some(position) = place.strip_prefix("receiver") else {
                return argument(self.module, self.call, place);
            };
            let Expr::Call { callee, .. } = self.module.expr(self.call) else {
                return None;
            };
            let Expr::Member { object, .. } = self.module.expr(callee) else {
                return None;
            };
            let given = given_by(self.world, self.place.file, object)?;
            argument(self.module, given, &format!("argument{position}"))
        })
    }

    /// The columns that a name may stand for.
    fn with_suffix(&self, name: &str) -> Vec<String> {
        let suffix = self.model.rules.suffix.as_ref();
        let longer = suffix.map(|suffix| format!("{name}{suffix}"));
        std::iter::once(name.to_owned()).chain(longer).collect()
    }

    fn change(&self, table: &str, kind: ChangeKind) -> Change {
        Change {
            table: table.to_owned(),
            kind,
            place: self.place,
        }
    }

    /// What a variable was given.
    pub(super) fn value(&self, expr: ExprId) -> ExprId {
        value_of(self.world, self.place.file, expr)
    }

    /// A name: a text, also of a variable, or the `tableName` of an object.
    pub(super) fn name(&self, expr: ExprId) -> Option<String> {
        let value = self.value(expr);
        let named = match self.module.expr(value) {
            Expr::Map(_) => argument(self.module, value, "key:tableName")?,
            _ => value,
        };
        if let Some(name) = self.name_of_object(named) {
            return Some(name);
        }
        name_of(self.world, self.place.file, named)
    }

    /// The names that an expression stands for: several in a loop over a list.
    fn names(&self, expr: ExprId) -> Vec<String> {
        let value = self.value(expr);
        if let Expr::Element(lp) = self.module.expr(value)
            && let Some(over) = self.module.lp(lp).over
            && let Some(elements) = list(self.module, self.value(over))
        {
            let names = elements.iter().map(|&element| self.name(element));
            return names.collect::<Option<Vec<String>>>().unwrap_or_default();
        }
        self.name(value).into_iter().collect()
    }

    /// A table that is made.
    fn table(&self, name: &str, columns: Option<ExprId>) -> ChangeKind {
        let mut table = Table::new(name, self.place);
        let columns = columns.map(|columns| self.value(columns));
        let Some(Expr::Map(entries)) = columns.map(|columns| self.module.expr(columns)) else {
            table.is_complete = false;
            return ChangeKind::Create(Box::new(table));
        };
        for &entry in self.module.list(entries) {
            let Some((name, definition)) = key_and_value(self.module, entry) else {
                table.is_complete = false;
                continue;
            };
            let made = self.column(&table.name, name, definition);
            table.columns.push(made.column);
            table.foreign_keys.extend(made.key);
            for index in made.indexes {
                // Several columns are one key, or unique together.
                let mut known = table.indexes.iter_mut();
                let known = known.find(|known| {
                    known.is_primary && index.is_primary
                        || !index.name.is_empty() && known.name == index.name
                });
                match known {
                    Some(known) => known.keys.extend(index.keys),
                    None => table.indexes.push(index),
                }
            }
        }
        // `{ uniqueKeys: { name: { fields: […] } } }`
        let options = positional(self.module, self.call).get(2).copied();
        let unique = options
            .map(|options| self.value(options))
            .and_then(|options| argument(self.module, options, "key:uniqueKeys"));
        if let Some(Expr::Map(entries)) = unique.map(|unique| self.module.expr(unique)) {
            for &entry in self.module.list(entries) {
                let fields = key_and_value(self.module, entry)
                    .and_then(|(_, unique)| argument(self.module, unique, "key:fields"));
                match fields.and_then(|fields| self.keys(fields)) {
                    Some(keys) => table.indexes.push(self.made(keys, true, false)),
                    None => table.is_complete = false,
                }
            }
        }
        ChangeKind::Create(Box::new(table))
    }

    /// A column as an object, or only the type of it, says.
    pub(super) fn column(&self, table: &str, name: &str, definition: ExprId) -> Declared {
        let module = self.module;
        let model = &self.model.column;
        let definition = self.value(definition);
        let is_object = matches!(module.expr(definition), Expr::Map(_));
        let at = |place: &Option<String>| {
            let place = place.as_ref().filter(|_| is_object)?;
            argument(module, definition, place)
        };
        let place = Place {
            file: self.place.file,
            span: module.span(definition),
        };
        let name = first_argument(module, definition, &model.name)
            .and_then(|name| text(module, name))
            .unwrap_or(name);
        let typed = if is_object {
            argument(module, definition, "key:type")
        } else {
            Some(definition)
        };
        let kind = typed.and_then(|typed| {
            let mut typer = Typer::new(self.world, self.place.file);
            kind_of(module, &mut typer, typed)
        });
        let is_primary = at(&model.primary).is_some_and(|value| truth(module, value) == Some(true));
        let unique = at(&model.unique).map(|value| module.expr(value));
        let mut indexes = Vec::new();
        if is_primary {
            indexes.push(self.made(vec![column_key(name)], true, true));
        }
        match unique {
            None | Some(Expr::Bool(false) | Expr::Null) => {}
            Some(Expr::String(group)) => indexes.push(Index {
                name: module.text(group).to_owned(),
                ..self.made(vec![column_key(name)], true, false)
            }),
            Some(_) => indexes.push(self.made(vec![column_key(name)], true, false)),
        }
        let is_nullable = at(&model.null).and_then(|value| truth(module, value));
        let key = at(&model.foreign).map(|target| ForeignKey {
            name: Some(format!("{table}_{name}_fkey")),
            columns: vec![name.to_owned()],
            target: self.name(target).unwrap_or_default(),
            target_columns: Vec::new(),
            cascades: self.cascades(definition),
            is_enforced: true,
            place,
        });
        Declared {
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
            kind,
            is_nullable,
        }
    }

    pub(super) fn cascades(&self, options: ExprId) -> bool {
        let on_delete = self
            .model
            .column
            .on_delete
            .as_deref()
            .unwrap_or("key:onDelete");
        let said = argument(self.module, options, on_delete);
        let said = said.and_then(|said| text(self.module, said)).unwrap_or("");
        let said = said.to_uppercase();
        said.contains("CASCADE") || said.starts_with("SET")
    }

    /// An index as a call, or an object, says; none if its keys are not understood.
    fn index(&self, table: &str, call: ExprId) -> Option<Index> {
        self.index_as(table, call, &self.model.index)
    }

    pub(super) fn index_as(&self, table: &str, call: ExprId, model: &IndexModel) -> Option<Index> {
        let module = self.module;
        let keys = self.keys(first_argument(module, call, &model.fields)?)?;
        let kind = self.kind().unwrap_or_default();
        let is_unique = kind == "unique"
            || model.unique.as_ref().is_some_and(|place| {
                argument(module, call, place)
                    .is_some_and(|value| truth(module, value) == Some(true))
            });
        let name = first_argument(module, call, &model.name).and_then(|name| text(module, name));
        let method = first_argument(module, call, &model.methods)
            .and_then(|method| text(module, method))
            .map_or(IndexMethod::BTree, method_named);
        let method = match kind.as_str() {
            "fulltext" => IndexMethod::FullText,
            _ => method,
        };
        let condition = first_argument(module, call, &model.conditions);
        Some(Index {
            name: match name {
                Some(name) => name.to_owned(),
                None => snake(&named_by(table, &keys)),
            },
            condition: condition.map(|condition| self.condition(condition).unwrap_or_default()),
            method,
            ..self.made(keys, is_unique, false)
        })
    }

    fn made(&self, keys: Vec<IndexKey>, is_unique: bool, is_primary: bool) -> Index {
        Index {
            is_unique,
            is_primary,
            ..Index::of(keys, self.place)
        }
    }

    /// What kind of index or constraint is added, if that is said, in small letters.
    fn kind(&self) -> Option<String> {
        let kind = argument(self.module, self.call, self.model.rules.kind.as_ref()?)?;
        text(self.module, kind).map(str::to_lowercase)
    }

    /// A key or a reference that is added; none if it is neither.
    fn constraint(&self, table: &str) -> Option<ChangeKind> {
        let (module, model) = (self.module, &self.model.index);
        let fields = first_argument(module, self.call, &model.fields);
        let keys = fields.and_then(|fields| self.keys(fields));
        let name = first_argument(module, self.call, &model.name);
        let name = name.and_then(|name| text(module, name)).map(str::to_owned);
        let Some(kind) = self.kind() else {
            return Some(ChangeKind::Unclear);
        };
        if !matches!(kind.as_str(), "unique" | "primary key" | "foreign key") {
            return None;
        }
        let Some(keys) = keys else {
            return Some(ChangeKind::Unclear);
        };
        if kind == "foreign key" {
            let target = model.references.as_ref();
            let target = target.and_then(|place| argument(module, self.call, place));
            let options = positional(module, self.call);
            let mut options = options.into_iter();
            let options = options.find(|&at| matches!(module.expr(at), Expr::Map(_)));
            return Some(ChangeKind::AddForeignKey(ForeignKey {
                name,
                columns: keys
                    .iter()
                    .filter_map(column_of)
                    .map(str::to_owned)
                    .collect(),
                target: target
                    .and_then(|target| self.name(target))
                    .unwrap_or_default(),
                target_columns: Vec::new(),
                cascades: options.is_some_and(|options| self.cascades(options)),
                is_enforced: true,
                place: self.place,
            }));
        }
        let is_primary = kind == "primary key";
        let end = if is_primary { "pk" } else { "uk" };
        Some(ChangeKind::AddIndex(Index {
            name: name.unwrap_or_else(|| format!("{}_{end}", named_by(table, &keys))),
            ..self.made(keys, true, is_primary)
        }))
    }

    /// The keys of a list: `"year"`, `{ name: "year", order: "DESC" }`, `fn("lower", col("name"))`;
    /// none if one is not understood.
    pub(super) fn keys(&self, fields: ExprId) -> Option<Vec<IndexKey>> {
        let elements = list(self.module, self.value(fields))?;
        elements.iter().map(|&element| self.key(element)).collect()
    }

    fn key(&self, element: ExprId) -> Option<IndexKey> {
        let module = self.module;
        let element = self.value(element);
        match module.expr(element) {
            Expr::String(name) => Some(column_key(module.text(name))),
            Expr::Map(_) => {
                let said = |place: &str| {
                    argument(module, element, place).and_then(|value| text(module, value))
                };
                let name = said("key:name").or_else(|| said("key:attribute"))?;
                let order = said("key:order").unwrap_or("").to_uppercase();
                Some(IndexKey {
                    is_descending: order.starts_with("DESC"),
                    operator_class: said("key:operator").map(str::to_lowercase),
                    collation: said("key:collate").map(str::to_owned),
                    ..column_key(name)
                })
            }
            Expr::Call { callee, .. } => {
                let arguments = positional(module, element);
                let first = *arguments.first()?;
                let sql = match last_name(module, callee)? {
                    "col" | "literal" => text(module, first)?.to_owned(),
                    "fn" => {
                        let [name, column] = arguments[..] else {
                            return None;
                        };
                        let column = self.key(column)?;
                        format!("{}({})", text(module, name)?, column_of(&column)?)
                    }
                    _ => return None,
                };
                Some(IndexKey {
                    value: condition::value(&sql, None),
                    ..column_key("")
                })
            }
            _ => None,
        }
    }

    /// The terms of `{ deletedAt: null, status: "new" }`; none if part of it is not understood.
    fn condition(&self, object: ExprId) -> Option<Vec<Term>> {
        let module = self.module;
        let object = self.value(object);
        if let Some(sql) = text(module, object) {
            return Some(condition::terms(sql, None));
        }
        let Expr::Map(entries) = module.expr(object) else {
            return None;
        };
        let entries = module.list(entries).iter();
        entries
            .map(|&entry| {
                let (column, value) = key_and_value(module, entry)?;
                self.term(column, value)
            })
            .collect()
    }

    fn term(&self, column: &str, value: ExprId) -> Option<Term> {
        let module = self.module;
        let make = |class, operand| {
            Some(Term {
                table: 0,
                value: Value::Column(column.to_owned()),
                class,
                operand,
                place: None,
            })
        };
        let equal = |text: String| make(OperatorClass::Equality, Operand::Constant(text));
        match module.expr(value) {
            Expr::Null => make(OperatorClass::Equality, Operand::Null),
            Expr::String(text) => equal(format!("'{}'", module.text(text))),
            Expr::Bool(value) => equal(value.to_string()),
            Expr::Number(value) => equal(value.to_string()),
            // `{ [Op.ne]: null }`
            Expr::Map(entries) => {
                let [entry] = module.list(entries) else {
                    return None;
                };
                let (operator, value) = key_and_value(module, *entry)?;
                let model = self.world.models.operator(&self.model.package, operator)?;
                match model.op {
                    Operator::Equals => self.term(column, value),
                    Operator::Differs | Operator::Not
                        if matches!(module.expr(value), Expr::Null) =>
                    {
                        make(OperatorClass::Negation, Operand::Null)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// An entry of an object: `name: value`, `"name": value`, `[Op.name]: value`.
fn key_and_value(module: &Module, entry: ExprId) -> Option<(&str, ExprId)> {
    match module.expr(entry) {
        Expr::Keyword { name, value } => Some((module.text(name), value)),
        Expr::Entry { key, value } => match module.expr(key) {
            Expr::Member { name, .. } => Some((module.text(name), value)),
            Expr::String(text) => Some((module.text(text), value)),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn column_of(key: &IndexKey) -> Option<&str> {
    match &key.value {
        Value::Column(name) => Some(name),
        Value::Expression(..) => None,
    }
}

/// The table and its columns in one name.
fn named_by(table: &str, keys: &[IndexKey]) -> String {
    let mut name = table.to_owned();
    for column in keys.iter().filter_map(column_of) {
        name.push('_');
        name.push_str(column);
    }
    name
}
