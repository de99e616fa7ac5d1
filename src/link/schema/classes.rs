//! Tables that classes describe. What their fields mean is told by the library models.

use super::read::{
    argument, arguments, first_argument, last_name, list, positional, snake, text, truth,
};
use super::replay::column_key;
use crate::ir::query::Value;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey, IndexMethod, Table};
use crate::ir::{ClassId, ClassKind, Expr, ExprId, Field, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::{ColumnModel, IndexModel, TableModel, method_named};
use crate::link::types::{Base, ClassRef};
use crate::link::world::World;
use crate::source::{FileId, Place};
use crate::syntax::sql::kind_named;

/// A table that a class describes.
#[derive(Debug)]
pub(super) struct Described {
    /// The class.
    pub class: ClassRef,
    /// The table; targets of its references may still be classes.
    pub table: Table,
    /// The columns of its attributes.
    pub attributes: Vec<(String, String)>,
    /// The classes that references lead to, by the position of the reference.
    pub targets: Vec<(usize, ClassRef)>,
    /// Tables of pairs: the attribute, the other class, whether both columns are indexed.
    pub pairs: Vec<(String, Option<ClassRef>, Place)>,
    /// The class whose table it shares.
    pub shares: Option<ClassRef>,
    /// The library.
    pub package: String,
}

/// The tables that the classes of a file describe.
pub(super) fn described_in(world: &World, file: FileId) -> Vec<Described> {
    let module = &world.unit(file).facts.module;
    let mut typer = Typer::new(world, file);
    let mut found = Vec::new();
    for i in 0..module.classes.len() {
        let class = ClassRef {
            file,
            class: ClassId(i as u32),
        };
        if let Some(described) =
            table_model(world, &mut typer, class).and_then(|model| described(world, class, model))
        {
            found.push(described);
        }
    }
    found
}

/// How a class is a table.
fn table_model<'w>(
    world: &'w World,
    typer: &mut Typer<'_>,
    class: ClassRef,
) -> Option<(&'w TableModel, Option<ExprId>)> {
    let module = &world.unit(class.file).facts.module;
    let declared = module.class(class.class);
    if declared.kind != ClassKind::Class {
        return None;
    }
    for &decorator in module.list(declared.decorators) {
        let named = match module.expr(decorator) {
            Expr::Call { callee, .. } => callee,
            _ => decorator,
        };
        if let Base::Path(path) = typer.of(named).base
            && let Some(model) = world.models.table_by(path)
        {
            return Some((model, Some(decorator)));
        }
    }
    let mut bases = world.library_bases(class).into_iter();
    bases
        .find_map(|ty| world.models.table(ty))
        .map(|model| (model, None))
}

fn described(
    world: &World,
    class: ClassRef,
    (model, decorator): (&TableModel, Option<ExprId>),
) -> Option<Described> {
    let module = &world.unit(class.file).facts.module;
    let declared = module.class(class.class);
    let rules = &model.rules;
    if is_said(world, class, rules.abstract_.as_deref(), true) {
        return None;
    }
    if let Some(keyword) = &rules.keyword {
        let is_table = module.list(declared.bases).iter().any(|&base| {
            matches!(module.expr(base), Expr::Keyword { name, value }
                if module.text(name) == keyword && truth(module, value) == Some(true))
        });
        if !is_table {
            return None;
        }
    }
    let named = match decorator {
        Some(decorator) => first_argument(module, decorator, &rules.name)
            .and_then(|name| text(module, name).map(str::to_owned)),
        None => rules.name.iter().find_map(|path| {
            let (module, value) = own_value(world, class, path)?;
            match module.expr(value) {
                // `__table__ = Table("name", metadata, …)`
                Expr::Call { .. } => {
                    argument(module, value, "string0").and_then(|name| text(module, name))
                }
                _ => text(module, value),
            }
            .map(str::to_owned)
        }),
    };
    let base = world.project_bases(class).find(|&base| {
        let mut typer = Typer::new(world, base.file);
        table_model(world, &mut typer, base).is_some_and(|model| is_table(world, base, model))
    });
    let is_proxy = is_said(world, class, rules.shares.as_deref(), true);
    let shares = match base {
        Some(base) if is_proxy => Some(base),
        Some(base) if named.is_none() && rules.child_key.is_none() => Some(base),
        _ => None,
    };
    let class_name = module.text(declared.name?).to_owned();
    let name = match (named, &rules.default) {
        (Some(name), _) => name,
        (None, Some(default)) => default
            .replace("{app}", &app_label(world, class))
            .replace("{model}", &class_name.to_lowercase())
            .replace("{lower}", &class_name.to_lowercase())
            .replace("{snake}", &snake(&class_name)),
        // A method of the class or of a base makes the name up.
        (None, None) if shares.is_none() && has_method(world, class, &rules.name) => {
            snake(&class_name)
        }
        (None, None) if shares.is_some() => String::new(),
        (None, None) => return None,
    };
    let place = Place {
        file: class.file,
        span: declared.name_span,
    };
    let mut reader = Reader {
        world,
        model,
        class,
        found: Described {
            class,
            table: Table {
                name,
                namespace: None,
                columns: Vec::new(),
                indexes: Vec::new(),
                foreign_keys: Vec::new(),
                is_complete: !is_said(world, class, rules.managed.as_deref(), false),
                is_small: false,
                place,
            },
            attributes: Vec::new(),
            targets: Vec::new(),
            pairs: Vec::new(),
            shares,
            package: model.package.clone(),
        },
        seen: Vec::new(),
    };
    for owner in inherited(world, class) {
        reader.fields(owner);
    }
    if let (Some(base), Some(key)) = (base, &rules.child_key)
        && shares.is_none()
    {
        reader.child_key(base, key);
    }
    reader.lists();
    reader.class_indexes(decorator);
    reader.key();
    Some(reader.found)
}

/// Whether a class has a table of its own, so that those that derive from it do not repeat its
/// columns.
fn is_table(
    world: &World,
    class: ClassRef,
    (model, decorator): (&TableModel, Option<ExprId>),
) -> bool {
    if is_said(world, class, model.rules.abstract_.as_deref(), true) {
        return false;
    }
    decorator.is_some()
        || model.rules.default.is_some() && model.rules.keyword.is_none()
        || model
            .rules
            .name
            .iter()
            .any(|path| own_value(world, class, path).is_some())
}

/// The classes whose fields a table's class has: its own first, then those of bases without a
/// table.
fn inherited(world: &World, class: ClassRef) -> Vec<ClassRef> {
    let above = world.above(class).into_iter();
    above
        .filter(|&base| {
            let mut typer = Typer::new(world, base.file);
            base == class
                || table_model(world, &mut typer, base)
                    .is_none_or(|model| !is_table(world, base, model))
        })
        .collect()
}

fn is_said(world: &World, class: ClassRef, path: Option<&str>, wanted: bool) -> bool {
    path.and_then(|path| own_value(world, class, path))
        .is_some_and(|(module, value)| truth(module, value) == Some(wanted))
}

/// The value of an attribute of the class itself, or of a class inside it: `Meta.db_table`.
fn own_value<'w>(world: &'w World, class: ClassRef, path: &str) -> Option<(&'w Module, ExprId)> {
    let module = &world.unit(class.file).facts.module;
    let (class, name) = match path.split_once('.') {
        Some((inner, name)) => (inner_class(module, class.class, inner)?, name),
        None => (class.class, path),
    };
    let name = module.name(name)?;
    let field = module
        .class(class)
        .fields
        .iter()
        .rev()
        .find(|field| field.name == name)?;
    Some((module, field.value?))
}

fn inner_class(module: &Module, class: ClassId, name: &str) -> Option<ClassId> {
    let name = module.name(name)?;
    let mut inner = module.class(class).inner.iter().copied();
    inner.find(|&inner| module.class(inner).name == Some(name))
}

/// The same, also of the nearest base that has one.
fn value_at<'w>(
    world: &'w World,
    class: ClassRef,
    path: &str,
) -> Option<(FileId, &'w Module, ExprId)> {
    let (inner, name) = match path.split_once('.') {
        Some((inner, name)) => (Some(inner), name),
        None => (None, path),
    };
    for owner in inherited(world, class) {
        let module = &world.unit(owner.file).facts.module;
        let holder = match inner {
            Some(inner) => match inner_class(module, owner.class, inner) {
                Some(class) => ClassRef { class, ..owner },
                None => continue,
            },
            None => owner,
        };
        let found = world.field_value(holder, name);
        // A class's own `Meta` hides that of its base.
        if found.is_some() || inner.is_some() {
            let found = found?;
            let module = &world.unit(found.file).facts.module;
            return Some((found.file, module, found.expr));
        }
    }
    None
}

fn has_method(world: &World, class: ClassRef, names: &[String]) -> bool {
    world.above(class).into_iter().any(|class| {
        let module = &world.unit(class.file).facts.module;
        let methods = &module.class(class.class).methods;
        methods.iter().any(|&method| {
            let name = module.function(method).name;
            name.is_some_and(|name| names.iter().any(|n| n == module.text(name)))
        })
    })
}

/// The label of the application that a model belongs to: what its `Meta` says, the `label` of
/// its configuration, or the folder that holds its `models`.
fn app_label(world: &World, class: ClassRef) -> String {
    if let Some((_, module, value)) = value_at(world, class, "Meta.app_label")
        && let Some(label) = text(module, value)
    {
        return label.to_owned();
    }
    let path = &world.unit(class.file).path;
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    if let Some(at) = folders.iter().rposition(|&folder| folder == "models") {
        folders.truncate(at);
    }
    let folder = folders.join("/");
    let apps = world.modules.file(&format!("{folder}/apps.py"));
    if let Some(file) = apps {
        let module = &world.unit(file).facts.module;
        let fields = module.classes.iter().flat_map(|class| &class.fields);
        let label = fields
            .filter(|field| module.text(field.name) == "label")
            .find_map(|field| text(module, field.value?));
        if let Some(label) = label {
            return label.to_owned();
        }
    }
    folders.last().copied().unwrap_or("").to_owned()
}

/// Gathers what the fields and lists of one class make.
struct Reader<'w> {
    world: &'w World,
    model: &'w TableModel,
    class: ClassRef,
    found: Described,
    /// Attributes that a nearer class has set.
    seen: Vec<String>,
}

impl<'w> Reader<'w> {
    fn fields(&mut self, owner: ClassRef) {
        let module = &self.world.unit(owner.file).facts.module;
        let mut typer = Typer::new(self.world, owner.file);
        for field in &module.class(owner.class).fields {
            let name = module.text(field.name).to_owned();
            if self.seen.contains(&name) {
                continue;
            }
            self.seen.push(name);
            self.field(owner.file, module, &mut typer, field);
        }
    }

    fn field(&mut self, file: FileId, module: &Module, typer: &mut Typer<'_>, field: &Field) {
        let decorators = module.list(field.decorators);
        let made_by = |call: ExprId| {
            let name = last_name(module, call)?;
            self.model
                .column(name)
                .or_else(|| self.derived(module, typer, call))
        };
        let call = match field.value {
            Some(value) if matches!(module.expr(value), Expr::Call { .. }) => Some(value),
            _ => None,
        };
        let mut candidates = call.into_iter().chain(decorators.iter().copied());
        let mut made_by = made_by;
        let found = candidates.find_map(|call| Some((call, made_by(call)?)));
        let attribute = module.text(field.name);
        let Some((call, column)) = found else {
            self.annotated(file, module, field);
            return;
        };
        if column.none {
            return;
        }
        let place = Place {
            file,
            span: field.span,
        };
        if column.pairs {
            let is_through = argument(module, call, "key:through").is_some();
            if !is_through {
                let target = self.target(module, typer, call, column).and_then(|t| t.0);
                self.found.pairs.push((attribute.to_owned(), target, place));
            }
            return;
        }
        let joined = column.joined_by.as_ref().and_then(|join| {
            decorators
                .iter()
                .copied()
                .find(|&d| last_name(module, d) == Some(join))
        });
        if column.needs_join && joined.is_none() {
            return;
        }
        self.column(module, typer, field, call, column, joined, place);
        // `@Index()` beside the column.
        for &decorator in decorators {
            let Some(index) = last_name(module, decorator).and_then(|n| self.model.index(n)) else {
                continue;
            };
            let column = self.found.attributes.iter().find(|a| a.0 == attribute);
            if let Some((_, column)) = column
                && list_argument(module, decorator, index).is_none()
            {
                let keys = vec![column_key(column)];
                let span = module.span(decorator);
                self.push_index(module, decorator, index, keys, Place { file, span });
            }
        }
    }

    /// What a field's class is that derives from one of the library.
    fn derived(
        &self,
        module: &Module,
        typer: &mut Typer<'_>,
        call: ExprId,
    ) -> Option<&'w ColumnModel> {
        let Expr::Call { callee, .. } = module.expr(call) else {
            return None;
        };
        let Base::Class(class) = typer.of(callee).base else {
            return None;
        };
        self.world.above(class).into_iter().find_map(|class| {
            let module = &self.world.unit(class.file).facts.module;
            let bases = module.list(module.class(class.class).bases);
            bases
                .iter()
                .find_map(|&base| self.model.column(last_name(module, base)?))
        })
    }

    /// An attribute that only its annotation makes a column: `name: Mapped[str]`, and of classes
    /// with a keyword all annotated ones.
    fn annotated(&mut self, file: FileId, module: &Module, field: &Field) {
        let Some(annotation) = field.annotation else {
            return;
        };
        let outer = last_name(module, annotation);
        let is_column = outer == Some("Mapped") || self.model.rules.keyword.is_some();
        if !is_column || outer == Some("ClassVar") || outer == Some("List") || outer == Some("list")
        {
            return;
        }
        let name = module.text(field.name).to_owned();
        let (kind, is_nullable) = annotated_kind(module, annotation);
        self.found.attributes.push((name.clone(), name.clone()));
        self.found.table.columns.push(Column {
            name,
            kind: kind.unwrap_or(ColumnKind::Other),
            is_nullable,
            place: Place {
                file,
                span: field.span,
            },
        });
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one field")]
    fn column(
        &mut self,
        module: &Module,
        typer: &mut Typer<'_>,
        field: &Field,
        call: ExprId,
        model: &ColumnModel,
        joined: Option<ExprId>,
        place: Place,
    ) {
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
        let attribute = module.text(field.name).to_owned();
        let given = joined
            .and_then(|join| argument(module, join, "key:name"))
            .or_else(|| first_argument(module, call, &model.name))
            .and_then(|name| text(module, name));
        let name = match given {
            Some(name) => name.to_owned(),
            None => format!("{attribute}{}", model.suffix),
        };
        let annotated = field.annotation.map(|at| annotated_kind(module, at));
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
                    if argument(module, call, place).is_none() && model.is_nullable =>
                {
                    is_nullable
                }
                _ => is(&model.null, model.is_nullable),
            };
        let kind = model
            .kind
            .column()
            .map(|kind| match argument(module, call, "key:choices") {
                Some(choices) => ColumnKind::Enum(count_of(module, choices)),
                None => kind,
            })
            .or_else(|| typed_kind(module, typer, call))
            .or_else(|| annotated.and_then(|(kind, _)| kind))
            .unwrap_or(ColumnKind::Other);
        self.found
            .attributes
            .push((attribute.clone(), name.clone()));
        if name != attribute {
            self.found.attributes.push((name.clone(), name.clone()));
        }
        let target = match reference {
            Some(reference) => argument(module, reference, "argument0")
                .map(|target| self.target_text(module, typer, target)),
            None => model
                .foreign
                .as_ref()
                .and_then(|place| argument(module, call, place))
                .map(|target| self.target_text(module, typer, target))
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
            let cascades = on_delete.is_some_and(|value| {
                let said = text(module, value)
                    .or_else(|| last_name(module, value))
                    .unwrap_or("");
                let said = said.to_uppercase();
                said.contains("CASCADE") || said.starts_with("SET")
            });
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
        let index = |is_unique| Index {
            name: format!("ix_{}_{name}", self.found.table.name),
            keys: vec![column_key(&name)],
            include: Vec::new(),
            condition: None,
            method: IndexMethod::BTree,
            is_unique,
            is_primary: false,
            is_implied: false,
            place,
        };
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
            let made = index(is_unique);
            let patterns = Index {
                name: format!("{}_like", made.name),
                keys: vec![IndexKey {
                    operator_class: Some("varchar_pattern_ops".to_owned()),
                    ..column_key(&name)
                }],
                is_unique: false,
                is_implied: true,
                ..made.clone()
            };
            self.found.table.indexes.push(made);
            if model.patterns {
                self.found.table.indexes.push(patterns);
            }
        }
    }

    /// The class, or the text, that a reference leads to.
    fn target(
        &self,
        module: &Module,
        typer: &mut Typer<'_>,
        call: ExprId,
        model: &ColumnModel,
    ) -> Option<(Option<ClassRef>, String)> {
        let target = first_argument(module, call, &model.target)?;
        Some(match module.expr(target) {
            Expr::String(name) => {
                let name = module.text(name);
                let class = self.world.entities.named(self.world, name, self.class);
                (class, name.to_lowercase().replace('.', "_"))
            }
            // Django documentation, "Referencing the User model": the setting names the class.
            Expr::Member { name, .. } if module.text(name) == "AUTH_USER_MODEL" => {
                let class = self.world.entities.named(self.world, "User", self.class);
                (class, "auth_user".to_owned())
            }
            Expr::Function(function) => {
                let value = *module.returned(function).first()?;
                (class_of(typer, value), String::new())
            }
            _ => (class_of(typer, target), String::new()),
        })
    }

    /// The table that a reference names as text (`users.id`), or through a column of a class.
    fn target_text(
        &self,
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

    /// The key by which a class's table refers to that of the class it derives from.
    fn child_key(&mut self, base: ClassRef, key: &str) {
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
    fn key(&mut self) {
        let has_key = self
            .found
            .table
            .indexes
            .iter()
            .any(|index| index.is_primary);
        if let Some(key) = &self.model.rules.key
            && !has_key
            && self.found.shares.is_none()
        {
            self.add_key(key);
        }
    }

    fn add_key(&mut self, name: &str) {
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
        self.found.table.indexes.insert(
            0,
            Index {
                name: String::new(),
                keys: vec![column_key(name)],
                include: Vec::new(),
                condition: None,
                method: IndexMethod::BTree,
                is_unique: true,
                is_primary: true,
                is_implied: true,
                place,
            },
        );
    }

    /// The indexes and constraints in the lists of the class.
    fn lists(&mut self) {
        let rules = &self.model.rules;
        for path in &rules.lists {
            let Some((file, module, value)) = value_at(self.world, self.class, path) else {
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
                let Some((file, module, value)) = value_at(self.world, self.class, path) else {
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

    fn list_entry(&mut self, file: FileId, module: &Module, element: ExprId) {
        if matches!(module.expr(element), Expr::Map(_)) {
            return;
        }
        let Some(model) = last_name(module, element).and_then(|name| self.model.index(name)) else {
            if matches!(module.expr(element), Expr::Spread(_)) {
                self.found.table.is_complete = false;
            }
            return;
        };
        let place = Place {
            file,
            span: module.span(element),
        };
        let keys = self.keys_of(module, element, model);
        if let Some(argument_of_table) = &model.references {
            let target = argument(module, element, argument_of_table)
                .and_then(|targets| list(module, targets))
                .and_then(|targets| text(module, *targets.first()?))
                .and_then(|target| target.rsplit_once('.'))
                .map(|(table, _)| table.to_owned());
            self.found.table.foreign_keys.push(ForeignKey {
                name: None,
                columns: keys
                    .iter()
                    .filter_map(|key| match &key.value {
                        Value::Column(name) => Some(name.clone()),
                        Value::Expression(..) => None,
                    })
                    .collect(),
                target: target.unwrap_or_default(),
                target_columns: Vec::new(),
                cascades: false,
                is_enforced: true,
                place,
            });
            return;
        }
        self.push_index(module, element, model, keys, place);
    }

    /// `@Index(["a", "b"])` on the class.
    fn class_indexes(&mut self, decorator: Option<ExprId>) {
        if decorator.is_none() {
            return;
        }
        let module = &self.world.unit(self.class.file).facts.module;
        for &entry in module.list(module.class(self.class.class).decorators) {
            let Some(model) = last_name(module, entry).and_then(|name| self.model.index(name))
            else {
                continue;
            };
            let keys = self.keys_of(module, entry, model);
            let place = Place {
                file: self.class.file,
                span: module.span(entry),
            };
            self.push_index(module, entry, model, keys, place);
        }
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
    fn key_of(&self, module: &Module, element: ExprId) -> Option<IndexKey> {
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
    fn column_named(&self, attribute: &str) -> String {
        let mut attributes = self.found.attributes.iter();
        let found = attributes.find(|(name, _)| name == attribute);
        found.map_or_else(|| attribute.to_owned(), |(_, column)| column.clone())
    }

    fn push_index(
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
        let is_given = |place: &String| argument(module, call, place).is_some();
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
        let name = first_argument(module, call, &model.name).and_then(|name| text(module, name));
        self.found.table.indexes.push(Index {
            name: name.unwrap_or_default().to_owned(),
            keys,
            include: include
                .iter()
                .filter_map(|&column| text(module, column))
                .map(|column| self.column_named(column))
                .collect(),
            condition: model.conditions.iter().any(is_given).then(Vec::new),
            method,
            is_unique: is_unique || model.is_primary,
            is_primary: model.is_primary,
            is_implied: false,
            place,
        });
    }
}

/// The list of keys that an index is handed.
fn list_argument(module: &Module, call: ExprId, model: &IndexModel) -> Option<Vec<ExprId>> {
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

fn class_of(typer: &mut Typer<'_>, expr: ExprId) -> Option<ClassRef> {
    match typer.of(expr).base {
        Base::Class(class) => Some(class),
        _ => None,
    }
}

/// The number of choices, if they are written out; 0 if they are not.
fn count_of(module: &Module, choices: ExprId) -> u16 {
    list(module, choices).map_or(0, |choices| choices.len() as u16)
}

/// What the arguments of a column say that it holds: `Column(String(20))`, `{ type: "uuid" }`.
fn typed_kind(module: &Module, typer: &mut Typer<'_>, call: ExprId) -> Option<ColumnKind> {
    let typed =
        argument(module, call, "key:type").or_else(|| argument(module, call, "key:sa_type"));
    let candidates = positional(module, call);
    typed.into_iter().chain(candidates).find_map(|value| {
        if matches!(module.expr(value), Expr::String(_)) {
            return match kind_named(text(module, value)?, None) {
                ColumnKind::Other => None,
                kind => Some(kind),
            };
        }
        let name = last_name(module, value)?;
        match name.to_lowercase().as_str() {
            "enum" | "simple-enum" => {
                let count = arguments(module, value).len();
                return Some(ColumnKind::Enum(if count > 2 { count as u16 } else { 0 }));
            }
            "unicode" | "unicodetext" | "emailtype" => return Some(ColumnKind::Text),
            "guid" => return Some(ColumnKind::Key),
            "array" => return Some(ColumnKind::Array),
            "largebinary" => return Some(ColumnKind::Bytes),
            _ => {}
        }
        match kind_named(name, None) {
            ColumnKind::Other => class_of(typer, value)
                .is_none()
                .then_some(ColumnKind::Other),
            kind => Some(kind),
        }
        .filter(|kind| *kind != ColumnKind::Other)
    })
}

/// What an annotation says of a column, and whether it may be null.
fn annotated_kind(module: &Module, annotation: ExprId) -> (Option<ColumnKind>, bool) {
    let mut kind = None;
    let mut is_nullable = false;
    let mut open = vec![annotation];
    let mut steps = 0;
    while let Some(at) = open.pop() {
        steps += 1;
        if steps > 32 {
            break;
        }
        if matches!(module.expr(at), Expr::Null) {
            is_nullable = true;
        }
        let found = match last_name(module, at) {
            Some("Optional") => {
                is_nullable = true;
                None
            }
            Some("str" | "string" | "EmailStr") => Some(ColumnKind::Text),
            Some("int" | "number") => Some(ColumnKind::Integer),
            Some("float" | "Decimal") => Some(ColumnKind::Number),
            Some("bool" | "boolean") => Some(ColumnKind::Bool),
            Some("datetime" | "date" | "Date") => Some(ColumnKind::Time),
            Some("UUID") => Some(ColumnKind::Key),
            Some("dict" | "Record" | "JSON") => Some(ColumnKind::Json),
            _ => None,
        };
        kind = kind.or(found);
        module.for_each_part(at, |part| open.push(part));
    }
    (kind, is_nullable)
}
