//! Tables that calls declare by objects: `database.define("book", { title: DataTypes.STRING }, { … })`,
//! `Book.init({ … }, { … })`. What the calls and their options are is told by the library models.

use super::calls::Step;
use super::classes::Described;
use super::read::{argument, list, plural, resolved, snake, text, truth};
use super::replay::column_key;
use crate::ir::query::Value;
use crate::ir::schema::{Column, ColumnKind, Index, Table};
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::DefineRules;
use crate::link::types::{Base, ClassRef};
use crate::link::world::World;
use crate::source::{FileId, Place};

/// Options for all tables of a project, by the file that sets them.
pub(super) type Shared = Option<(FileId, ExprId)>;

/// Finds the options for all tables: `new Sequelize({ define: { underscored: true } })`.
pub(super) fn shared(world: &World, files: &[usize]) -> Shared {
    let keys: Vec<&str> = world
        .models
        .defines()
        .iter()
        .map(|(_, rules)| rules.shared.as_str())
        .collect();
    files.iter().find_map(|&i| {
        let file = FileId(i as u32);
        let module = &world.unit(file).facts.module;
        let name = keys.iter().find_map(|key| module.name(key))?;
        module.exprs.iter().find_map(|expr| match *expr {
            Expr::Keyword { name: key, value }
                if key == name && matches!(module.expr(value), Expr::Map(_)) =>
            {
                Some((file, value))
            }
            _ => None,
        })
    })
}

/// The tables that the calls of a file declare.
pub(super) fn defined_in(world: &World, file: FileId, shared: &Shared) -> Vec<Described> {
    let module = &world.unit(file).facts.module;
    let defines = world.models.defines();
    let is_named = |(_, rules): &(String, DefineRules)| {
        rules.names.iter().any(|name| module.name(name).is_some())
    };
    if !defines.iter().any(is_named) {
        return Vec::new();
    }
    let mut typer = Typer::new(world, file);
    let mut found = Vec::new();
    for site in &module.sites {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        let name = module.text(name);
        let Some((package, rules)) = defines.iter().find(|(_, rules)| {
            let mut names = rules.names.iter();
            names.any(|known| known == name)
        }) else {
            continue;
        };
        let reader = Reader {
            world,
            file,
            module,
            rules,
            shared,
            call: site.expr,
        };
        found.extend(reader.table(&mut typer, object, package));
    }
    found
}

struct Reader<'w> {
    world: &'w World,
    file: FileId,
    module: &'w Module,
    rules: &'w DefineRules,
    shared: &'w Shared,
    call: ExprId,
}

impl Reader<'_> {
    fn table(&self, typer: &mut Typer<'_>, object: ExprId, package: &str) -> Option<Described> {
        let (module, rules) = (self.module, self.rules);
        let columns = argument(module, self.call, &rules.columns)?;
        let (in_file, columns) = resolved(self.world, self.file, columns);
        let Expr::Map(entries) = module.expr(columns) else {
            return None;
        };
        if in_file != self.file {
            return None;
        }
        let (class, named) = if let Some(name) = &rules.name {
            let (model, _) = typer.called_model(self.call)?;
            if model.package != package {
                return None;
            }
            let name = text(module, argument(module, self.call, name)?)?;
            (None, name.to_owned())
        } else {
            let class = self.class(typer, object)?;
            self.world.entities.table(class)?;
            (Some(class), self.world.class_name(class)?.to_owned())
        };
        let place = Place {
            file: self.file,
            span: module.span(self.call),
        };
        let is_snake = self.is(&rules.snake, false);
        let named_table = self.option(&rules.table);
        let table_name = match named_table.and_then(|(module, name)| text(module, name)) {
            Some(name) => name.to_owned(),
            None if self.is(&rules.alike, false) => named.clone(),
            None if is_snake => snake(&plural(&named)),
            None => plural(&named),
        };
        let mut steps = self.world.models.steps(&rules.takes);
        let step = Step {
            world: self.world,
            module,
            model: steps.find(|step| step.package == package)?,
            call: self.call,
            place,
        };
        let mut table = Table::new(table_name, place);
        let mut attributes = Vec::new();
        for &entry in module.list(entries) {
            let Expr::Keyword { name, value } = module.expr(entry) else {
                table.is_complete = false;
                continue;
            };
            let attribute = module.text(name);
            let made = step.column(&table.name, &cased(attribute, is_snake), value);
            attributes.push((attribute.to_owned(), made.column.name.clone()));
            table.columns.push(made.column);
            table.foreign_keys.extend(made.key);
            for index in made.indexes {
                push(&mut table, index);
            }
        }
        if table.primary_key().is_none() {
            let key = column(&rules.key, ColumnKind::Integer, false, place);
            table.columns.insert(0, key);
            table.indexes.push(Index {
                is_primary: true,
                is_unique: true,
                ..Index::of(vec![column_key(&rules.key)], place)
            });
            attributes.push((rules.key.clone(), rules.key.clone()));
        }
        let is_timed = self.is(&rules.timed, true);
        let hides = is_timed && self.is(&rules.hides, false);
        let times = rules.times.iter().filter(|_| is_timed);
        for time in times.chain(Some(&rules.hidden_by).filter(|_| hides)) {
            let name = cased(time, is_snake);
            if table.column(&name).is_none() {
                let is_nullable = *time == rules.hidden_by;
                table
                    .columns
                    .push(column(&name, ColumnKind::Time, is_nullable, place));
                attributes.push((time.clone(), name));
            }
        }
        self.indexes(&step, &mut table, &attributes);
        Some(Described {
            class,
            file: self.file,
            table,
            targets: Vec::new(),
            pairs: Vec::new(),
            joins: Vec::new(),
            shares: None,
            is_guessed: named_table.is_none(),
            hidden: hides.then(|| cased(&rules.hidden_by, is_snake)),
            is_scoped: self.option(&rules.scope).is_some(),
            entity: class.is_none().then_some(named),
            package: package.to_owned(),
            attributes,
        })
    }

    /// The class that a call is made on: by its name, or inside of it.
    fn class(&self, typer: &mut Typer<'_>, object: ExprId) -> Option<ClassRef> {
        if let Base::Class(class) = typer.of(object).base {
            return Some(class);
        }
        if !matches!(self.module.expr(object), Expr::This | Expr::Super) {
            return None;
        }
        let function = self.module.receiver_owner(self.module.function_of(object));
        let class = self.module.function(function).class?;
        Some(ClassRef {
            file: self.file,
            class,
        })
    }

    fn indexes(&self, step: &Step<'_>, table: &mut Table, attributes: &[(String, String)]) {
        let options = argument(self.module, self.call, &self.rules.options);
        let indexes =
            options.and_then(|options| argument(self.module, options, &self.rules.indexes));
        let Some(indexes) = indexes else {
            return;
        };
        let Some(indexes) = list(self.module, indexes) else {
            table.is_complete = false;
            return;
        };
        let takes = self.world.models.steps(&self.rules.takes_indexes);
        let mut takes = takes.filter(|of| of.package == step.model.package);
        let Some(model) = takes.next() else {
            return;
        };
        for &described in indexes {
            let Some(mut index) = step.index_as(&table.name, described, &model.index) else {
                table.is_complete = false;
                continue;
            };
            for key in &mut index.keys {
                if let Value::Column(name) = &mut key.value
                    && let Some((_, column)) = attributes.iter().find(|(known, _)| known == name)
                {
                    name.clone_from(column);
                }
            }
            push(table, index);
        }
    }

    /// An option of the call, or of all tables.
    fn option(&self, place: &str) -> Option<(&Module, ExprId)> {
        let options = argument(self.module, self.call, &self.rules.options);
        if let Some(found) = options.and_then(|options| argument(self.module, options, place)) {
            return Some((self.module, found));
        }
        let (file, options) = (*self.shared)?;
        let module = &self.world.unit(file).facts.module;
        Some((module, argument(module, options, place)?))
    }

    fn is(&self, place: &str, default: bool) -> bool {
        let said = self.option(place);
        said.and_then(|(module, value)| truth(module, value))
            .unwrap_or(default)
    }
}

fn cased(attribute: &str, is_snake: bool) -> String {
    if is_snake {
        snake(attribute)
    } else {
        attribute.to_owned()
    }
}

fn column(name: &str, kind: ColumnKind, is_nullable: bool, place: Place) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        is_nullable,
        place,
    }
}

/// Adds an index; columns of one key, or of indexes with one name, are it together.
fn push(table: &mut Table, index: Index) {
    let mut known = table.indexes.iter_mut();
    let is_same = |known: &&mut Index| {
        known.is_primary && index.is_primary || !index.name.is_empty() && known.name == index.name
    };
    match known.find(is_same) {
        Some(known) => known.keys.extend(index.keys),
        None => table.indexes.push(index),
    }
}
