//! Tables that values hold: `const books = pgTable("books", { title: text() }, (t) => [index().on(t.title)])`.
//!
//! Which calls declare tables is told by the library models, as is what their columns and indexes
//! are made of.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Schemas;
use super::chains::{Chain, Chained, Chains, chain};
use super::entities::Entity;
use super::read::{argument, arguments, last_name, list, positional, resolved, snake, text};
use super::replay::Draft;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, Origin, Schema, Table};
use crate::ir::{Expr, ExprId, FunctionId, LocalId, LocalKind, Module};
use crate::link::infer::Typer;
use crate::link::models::Bounded;
use crate::link::models::chains::ChainModel;
use crate::link::models::clauses::Clauses;
use crate::link::types::Base;
use crate::link::world::World;
use crate::source::{FileId, Place};

/// Groups of columns within each other, and functions through which a column is followed.
const MAX_DEPTH: usize = 4;

/// A value that declares a table: the call, where it stands.
pub(super) type ValueAt = (FileId, ExprId);

/// A table that a value holds.
#[derive(Debug)]
pub(super) struct Held {
    at: ValueAt,
    /// What the program calls it.
    variable: String,
    pub(super) table: Table,
    /// The columns of its attributes.
    attributes: Vec<(String, String)>,
    /// The values that references lead to, by the position of the reference, whose target columns
    /// are attributes of that value.
    targets: Vec<(usize, ValueAt)>,
    package: String,
}

impl Held {
    /// The file that declares it.
    pub(super) fn file(&self) -> FileId {
        self.at.0
    }
}

/// A table of the program by the value that declares it.
#[derive(Debug)]
pub(super) struct ValueTable {
    schema: usize,
    table: String,
    attributes: Vec<(String, String)>,
}

/// All tables that values of some files hold. `groups` are the folders of databases.
pub(super) fn held(world: &World, groups: &[String], files: &[usize]) -> Vec<Held> {
    let mut found: Vec<Held> = files
        .par_iter()
        .flat_map_iter(|&i| held_in(world, FileId(i as u32)))
        .collect();
    if found.is_empty() {
        return found;
    }
    retain_used(world, groups, &mut found);
    let cased = cased(world, groups, files);
    let is_cased = |file: FileId| {
        let of_group = cased.iter().any(|group| *group == groups[file.index()]);
        of_group || cased.len() == 1
    };
    if !cased.is_empty() {
        for held in &mut found {
            if is_cased(held.file()) {
                held.read_cased(world);
            }
        }
    }
    let names: FxHashMap<ValueAt, usize> = found
        .iter()
        .enumerate()
        .map(|(at, held)| (held.at, at))
        .collect();
    for at in 0..found.len() {
        let targets = std::mem::take(&mut found[at].targets);
        for (key, value) in targets {
            let Some(&other) = names.get(&value) else {
                continue;
            };
            let name = found[other].table.name.clone();
            let columns = found[at].table.foreign_keys[key].target_columns.iter();
            let columns = columns.map(|column| column_of(&found[other].attributes, column));
            let columns = columns.collect();
            let key = &mut found[at].table.foreign_keys[key];
            key.target = name;
            key.target_columns = columns;
        }
    }
    found
}

/// Of several values that declare the same table, those that nobody imports are left from
/// something else: a generator, an example.
fn retain_used(world: &World, groups: &[String], found: &mut Vec<Held>) {
    let key = |held: &Held| {
        let folder = groups[held.file().index()].clone();
        (folder, held.table.name.to_lowercase())
    };
    let mut counts: FxHashMap<(String, String), (usize, usize)> = FxHashMap::default();
    for held in found.iter() {
        let (count, _) = counts.entry(key(held)).or_default();
        *count += 1;
    }
    let mut is_used = Vec::with_capacity(found.len());
    for held in found.iter() {
        let (count, used) = counts.entry(key(held)).or_default();
        let is = *count == 1 || world.is_imported(held.file());
        *used += usize::from(is);
        is_used.push(is);
    }
    let mut at = 0;
    found.retain(|held| {
        let is = is_used[at] || counts[&key(held)].1 == 0;
        at += 1;
        is
    });
}

/// The folders of databases whose migrations stand elsewhere than the values that declare their
/// tables, by the folder of these: most of the tables are made there.
pub(super) fn homes(
    held: &[Held],
    groups: &[String],
    drafts: &[(String, Draft, Origin)],
) -> FxHashMap<String, String> {
    let mut by_folder: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for held in held {
        let folder = groups[held.file().index()].as_str();
        by_folder.entry(folder).or_default().push(&held.table.name);
    }
    let has_own = |folder: &str| drafts.iter().any(|(known, ..)| known == folder);
    let mut open: Vec<(&str, Vec<&str>)> = by_folder
        .iter()
        .filter(|(folder, _)| !has_own(folder))
        .map(|(folder, names)| (*folder, names.clone()))
        .collect();
    open.sort_unstable();
    let homes = open.into_iter().filter_map(|(folder, names)| {
        let made = |draft: &Draft| names.iter().filter(|name| draft.has(name)).count();
        let mut migrated = drafts.iter().filter(|(known, _, origin)| {
            *origin != Origin::Models && !by_folder.contains_key(known.as_str())
        });
        let (home, ..) = migrated.find(|(_, draft, _)| made(draft) * 2 > names.len())?;
        Some((folder.to_owned(), home.clone()))
    });
    homes.collect()
}

fn held_in(world: &World, file: FileId) -> Vec<Held> {
    let facts = &world.unit(file).facts;
    let module = &facts.module;
    let mut typer = None;
    let mut found = Vec::new();
    for (i, local) in module.locals.iter().enumerate() {
        if !matches!(local.kind, LocalKind::Const | LocalKind::Variable)
            || module.function(local.function).parent.is_some()
        {
            continue;
        }
        let Some(call) = facts.def_use.single_value(LocalId(i as u32)) else {
            continue;
        };
        // `pgTable("books", { … })`
        let [_, columns, ..] = arguments(module, call) else {
            continue;
        };
        if !matches!(module.expr(*columns), Expr::Map(_) | Expr::Function(_)) {
            continue;
        }
        let typer = typer.get_or_insert_with(|| Typer::new(world, file));
        let variable = module.text(local.name);
        found.extend(Held::read(world, typer, (file, call), variable, false));
    }
    found
}

/// The folders whose settings say that columns without a name are named in small letters, with
/// underscores.
fn cased(world: &World, groups: &[String], files: &[usize]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut keys = world.models.chains().iter();
    let Some(key) = keys.find_map(|model| model.cased_by.as_ref()) else {
        return found;
    };
    for &i in files {
        let module = &world.unit(FileId(i as u32)).facts.module;
        let Some(key) = module.name(key) else {
            continue;
        };
        let is_said = module.exprs.iter().any(|expr| {
            matches!(*expr, Expr::Keyword { name, value }
                if name == key && text(module, value) == Some("snake_case"))
        });
        if is_said && !found.contains(&groups[i]) {
            found.push(groups[i].clone());
        }
    }
    found
}

impl Held {
    /// The table that a call declares.
    fn read(
        world: &World,
        typer: &mut Typer<'_>,
        at: ValueAt,
        variable: &str,
        is_cased: bool,
    ) -> Option<Self> {
        let (file, call) = at;
        let module = &world.unit(file).facts.module;
        let (model, _) = typer.called_model(call)?;
        let clauses = model.query.as_ref()?;
        let package = &model.package;
        let chains = world.models.chains_of(package)?;
        let columns = given(module, call, clauses.columns.as_ref()?)?;
        let name = table_name(world, file, call, clauses)?;
        let place = Place {
            file,
            span: module.span(*positional(module, call).first()?),
        };
        let mut reader = Reader {
            world,
            model: chains,
            is_cased,
            held: Self {
                at,
                variable: variable.to_owned(),
                table: Table::new(name, place),
                attributes: Vec::new(),
                targets: Vec::new(),
                package: package.clone(),
            },
        };
        reader.columns(file, columns, 0);
        let parts = clauses.parts.as_ref();
        if let Some(parts) = parts.and_then(|parts| given(module, call, parts)) {
            reader.parts(file, parts);
        }
        Some(reader.held)
    }

    /// Reads it again, where columns without a name are named in small letters.
    fn read_cased(&mut self, world: &World) {
        let mut typer = Typer::new(world, self.file());
        if let Some(read) = Self::read(world, &mut typer, self.at, &self.variable, true) {
            *self = read;
        }
    }

    /// Adds the table to a database.
    pub(super) fn add_to(self, found: &mut Schemas, schema: usize, draft: &mut Draft) {
        found.entities.push((
            self.variable,
            Entity::held(schema, &self.table.name, &self.attributes, self.at),
        ));
        found.values.insert(
            self.at,
            ValueTable {
                schema,
                table: self.table.name.clone(),
                attributes: self.attributes,
            },
        );
        found
            .packages
            .entry((schema, self.table.name.to_lowercase()))
            .or_insert(self.package);
        draft.create(self.table);
    }
}

impl Schemas {
    /// The table that a value declares.
    pub fn value_table(&self, file: FileId, call: ExprId) -> Option<(&Schema, &Table)> {
        let known = self.values.get(&(file, call))?;
        let schema = &self.databases[known.schema];
        Some((schema, schema.table(&known.table)?))
    }

    /// The column of an attribute of the table that a value declares.
    pub fn value_column(&self, file: FileId, call: ExprId, attribute: &str) -> Option<&str> {
        let mut attributes = self.values.get(&(file, call))?.attributes.iter();
        let (_, column) = attributes.find(|(known, _)| known == attribute)?;
        Some(column)
    }
}

/// Gathers what the parts of one call declare.
struct Reader<'w> {
    world: &'w World,
    model: &'w ChainModel,
    is_cased: bool,
    held: Held,
}

impl Reader<'_> {
    /// Adds the columns of an object, or of the one that a function gives.
    fn columns(&mut self, file: FileId, columns: ExprId, depth: usize) {
        let Some((file, columns)) = object(self.world, file, columns) else {
            self.held.table.is_complete = false;
            return;
        };
        let module = &self.world.unit(file).facts.module;
        let Expr::Map(entries) = module.expr(columns) else {
            return;
        };
        for &entry in module.list(entries) {
            match module.expr(entry) {
                Expr::Keyword { name, value } => self.column(file, module.text(name), value),
                // `...timestamps`
                Expr::Spread(group) if depth < MAX_DEPTH => self.columns(file, group, depth + 1),
                _ => self.held.table.is_complete = false,
            }
        }
    }

    fn column(&mut self, file: FileId, attribute: &str, value: ExprId) {
        let name = if self.is_cased {
            snake(attribute)
        } else {
            attribute.to_owned()
        };
        let Some(chained) = self.chained(file, value, &name, 0) else {
            return;
        };
        let table = &mut self.held.table;
        let column = chained.column.name.clone();
        let attribute = attribute.to_owned();
        self.held.attributes.push((attribute, column));
        for index in chained.indexes {
            push_index(table, index);
        }
        if let Some(reference) = chained.key {
            let at = table.foreign_keys.len();
            self.held.targets.extend(reference.to.map(|to| (at, to)));
            table.foreign_keys.push(reference.key);
        }
        table.columns.push(chained.column);
    }

    /// The column that a chain describes, also one that begins with a function of the project.
    fn chained(&self, file: FileId, value: ExprId, key: &str, depth: usize) -> Option<Chained> {
        let (file, value) = resolved(self.world, file, value);
        let module = &self.world.unit(file).facts.module;
        let chain = chain(module, value)?;
        let chains = self.chains(file);
        let table = &self.held.table.name;
        if let Some(chained) = chains.columns(table, &chain, Some(key)).into_iter().next() {
            return Some(chained);
        }
        let (first, rest) = chain.links.split_first()?;
        let mut chained = self
            .made_by_project(file, first.call, key, depth)
            .unwrap_or_else(|| Chained::unknown(&chains, first.call, key));
        chains.modify(table, &mut chained, rest);
        Some(chained)
    }

    /// `status("state")` of an enumeration, or what a function of the project gives.
    fn made_by_project(
        &self,
        file: FileId,
        call: ExprId,
        key: &str,
        depth: usize,
    ) -> Option<Chained> {
        let module = &self.world.unit(file).facts.module;
        let Expr::Call { callee, .. } = module.expr(call) else {
            return None;
        };
        let (made_in, maker) = resolved(self.world, file, callee);
        let maker_module = &self.world.unit(made_in).facts.module;
        if matches!(maker_module.expr(maker), Expr::Call { .. })
            && let Some(name) = last_name(maker_module, maker)
            && self.model.enums.iter().any(|known| known == name)
        {
            let values = argument(maker_module, maker, "argument1");
            let count = values.map_or(0, |values| self.chains(made_in).count(values));
            let mut chained = Chained::unknown(&self.chains(file), call, key);
            chained.column.kind = ColumnKind::Enum(count);
            return Some(chained);
        }
        let Base::Function(helper) = Typer::new(self.world, file).of(callee).base else {
            return None;
        };
        let given = one_returned(self.world, helper.file, helper.function)?;
        let mut chained = (depth < MAX_DEPTH)
            .then(|| self.chained(helper.file, given, key, depth + 1))
            .flatten()?;
        // Its name may be handed in.
        if let Some(name) = argument(module, call, "string0").and_then(|name| text(module, name)) {
            name.clone_into(&mut chained.column.name);
        }
        Some(chained)
    }

    fn chains(&self, file: FileId) -> Chains<'_> {
        Chains {
            world: self.world,
            module: &self.world.unit(file).facts.module,
            file,
            model: self.model,
            attributes: &self.held.attributes,
        }
    }

    /// Adds the indexes and keys of a list, or of an object, that a function gives.
    fn parts(&mut self, file: FileId, parts: ExprId) {
        let module = &self.world.unit(file).facts.module;
        let given = match module.expr(parts) {
            Expr::Function(function) => one_returned(self.world, file, function),
            _ => Some(parts),
        };
        let elements = given.and_then(|given| match module.expr(given) {
            Expr::Map(entries) => Some(module.list(entries)),
            _ => list(module, given),
        });
        let Some(elements) = elements else {
            self.held.table.is_complete = false;
            return;
        };
        for &element in elements {
            let value = match module.expr(element) {
                Expr::Keyword { value, .. } => value,
                _ => element,
            };
            if self.part(file, value).is_none() {
                self.held.table.is_complete = false;
            }
        }
    }

    /// `index("ix").on(t.title)`, `primaryKey({ columns: [t.a, t.b] })`; none if it may be an
    /// index that is not understood.
    fn part(&mut self, file: FileId, part: ExprId) -> Option<()> {
        let module = &self.world.unit(file).facts.module;
        let chain = chain(module, part)?;
        let Chain { links, .. } = &chain;
        let (first, rest) = links.split_first()?;
        let Some(model) = self.model.index(first.name) else {
            // A check, a policy.
            return Some(());
        };
        let chains = self.chains(file);
        let Some(references) = &model.references else {
            let index = chains.index(&self.held.table.name, first, rest, model)?;
            push_index(&mut self.held.table, index);
            return Some(());
        };
        // `foreignKey(() => ({ columns: [t.parent], foreignColumns: [t.id] }))`
        let said = match arguments(module, first.call) {
            &[only] => object(self.world, file, only).map_or(first.call, |(_, said)| said),
            _ => first.call,
        };
        let columns = list(module, argument(module, said, model.fields.first()?)?)?;
        let columns = columns.iter().map(|&column| chains.key(column));
        let columns = columns.map(|key| super::calls::column_of(&key?).map(str::to_owned));
        let columns: Vec<String> = columns.collect::<Option<_>>()?;
        let theirs = list(module, argument(module, said, references)?)?;
        let names = theirs
            .iter()
            .filter_map(|&column| last_name(module, column));
        let target_columns = names.map(str::to_owned).collect();
        let Expr::Member { object: other, .. } = module.expr(*theirs.first()?) else {
            return None;
        };
        let place = chains.place(first.call);
        let cascades = rest.iter().any(|link| {
            let place = self.model.modifier(link.name).map(|model| &model.on_delete);
            let place = place.and_then(|place| place.as_ref());
            place
                .and_then(|place| argument(module, link.call, place))
                .is_some_and(|said| super::columns::cascades(module, said))
        });
        // A name for the table itself is what the function is handed.
        let is_own = matches!(module.expr(other), Expr::Local(local)
            if matches!(module.local(local).kind, LocalKind::Param(_)));
        let to = if is_own {
            self.held.at
        } else {
            resolved(self.world, file, other)
        };
        let at = self.held.table.foreign_keys.len();
        self.held.targets.push((at, to));
        self.held.table.foreign_keys.push(ForeignKey {
            name: None,
            columns,
            target: String::new(),
            target_columns,
            cascades,
            is_enforced: true,
            place,
        });
        Some(())
    }
}

impl Chained {
    /// A column of which only the name is known: what its call is handed, or the key it has.
    fn unknown(chains: &Chains<'_>, call: ExprId, key: &str) -> Self {
        let named = argument(chains.module, call, "string0");
        let name = named.and_then(|name| text(chains.module, name));
        Self {
            column: Column {
                name: name.unwrap_or(key).to_owned(),
                kind: ColumnKind::Other,
                is_nullable: true,
                place: chains.place(call),
            },
            indexes: Vec::new(),
            key: None,
            is_changed: false,
            kind: None,
        }
    }
}

/// The name of the table that a call declares, as what made the function that is called makes
/// names.
fn table_name(world: &World, file: FileId, call: ExprId, clauses: &Clauses) -> Option<String> {
    let module = &world.unit(file).facts.module;
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let (in_file, named) = resolved(world, file, *positional(module, call).first()?);
    let name = text(&world.unit(in_file).facts.module, named)?.to_owned();
    let Some(by) = &clauses.named_by else {
        return Some(name);
    };
    let (file, maker) = resolved(world, file, callee);
    let module = &world.unit(file).facts.module;
    let Some(Expr::Function(function)) = given(module, maker, by).map(|by| module.expr(by)) else {
        return Some(name);
    };
    let made = one_returned(world, file, function)?;
    let Expr::Template(parts) = module.expr(made) else {
        return Some(name);
    };
    let parts = module.list(parts).iter().map(|&part| {
        let (in_file, part) = resolved(world, file, part);
        let of_file = &world.unit(in_file).facts.module;
        match of_file.expr(part) {
            Expr::String(text) => of_file.text(text).to_owned(),
            Expr::Local(local) if matches!(of_file.local(local).kind, LocalKind::Param(0)) => {
                name.clone()
            }
            // What only the surroundings know.
            _ => String::new(),
        }
    });
    Some(parts.collect())
}

/// The object that an expression is, or that a function gives, with its file.
fn object(world: &World, file: FileId, expr: ExprId) -> Option<(FileId, ExprId)> {
    let mut at = resolved(world, file, expr);
    for _ in 0..MAX_DEPTH {
        let (file, expr) = at;
        let module = &world.unit(file).facts.module;
        at = match module.expr(expr) {
            Expr::Map(_) => return Some(at),
            Expr::Function(function) => resolved(world, file, one_returned(world, file, function)?),
            Expr::Call { callee, .. } => {
                let Base::Function(helper) = Typer::new(world, file).of(callee).base else {
                    return None;
                };
                let given = one_returned(world, helper.file, helper.function)?;
                resolved(world, helper.file, given)
            }
            _ => return None,
        };
    }
    None
}

/// The only value that a function gives.
fn one_returned(world: &World, file: FileId, function: FunctionId) -> Option<ExprId> {
    let module = &world.unit(file).facts.module;
    match module.returned(function)[..] {
        [only] => Some(only),
        _ => None,
    }
}

fn given(module: &Module, call: ExprId, place: &Bounded) -> Option<ExprId> {
    match place {
        Bounded::Argument(n) => positional(module, call).get(usize::from(*n)).copied(),
        Bounded::Key(key) => argument(module, call, &format!("key:{key}")),
        Bounded::Always => None,
    }
}

fn column_of(attributes: &[(String, String)], attribute: &str) -> String {
    let known = attributes.iter().find(|(name, _)| name == attribute);
    known.map_or_else(|| attribute.to_owned(), |(_, column)| column.clone())
}

/// Adds an index; columns that are each the primary key are it together.
fn push_index(table: &mut Table, index: Index) {
    let mut known = table.indexes.iter_mut();
    match known.find(|known| known.is_primary && index.is_primary) {
        Some(known) => known.keys.extend(index.keys),
        None => table.indexes.push(index),
    }
}
