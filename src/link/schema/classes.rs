//! Tables that classes describe. What their fields mean is told by the library models.

use super::kinds::{annotated_kind, count_of, typed_kind};
use super::lists::list_argument;
use super::read::{argument, arguments, first_argument, last_name, plural, snake, text, truth};
use super::replay::column_key;
use crate::ir::schema::{Column, ColumnKind, ForeignKey, Index, IndexKey, IndexMethod, Table};
use crate::ir::{ClassId, ClassKind, Expr, ExprId, Field, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::{ColumnModel, TableModel};
use crate::link::types::{Base, ClassRef};
use crate::link::world::World;
use crate::source::{FileId, Place};

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
    /// Whether its name follows from that of the class.
    pub is_guessed: bool,
    /// The column that is set for rows that queries leave out.
    pub hidden: Option<String>,
    /// Whether all queries have conditions of the class besides.
    pub is_scoped: bool,
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
    let is_guessed =
        named.is_none() && matches!(&rules.default, Some(name) if name.contains("{plural}"));
    let name = match (named, &rules.default) {
        (Some(name), _) => name,
        (None, Some(default)) => default
            .replace("{app}", &app_label(world, class))
            .replace("{model}", &class_name.to_lowercase())
            .replace("{lower}", &class_name.to_lowercase())
            .replace("{snake}", &snake(&class_name))
            .replace("{plural}", &plural(&class_name)),
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
            is_guessed,
            hidden: None,
            is_scoped: false,
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
    reader.scope(decorator);
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
pub(super) fn value_at<'w>(
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
pub(super) struct Reader<'w> {
    pub(super) world: &'w World,
    pub(super) model: &'w TableModel,
    pub(super) class: ClassRef,
    pub(super) found: Described,
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
        let is_hiding = |&decorator: &ExprId| {
            let column = last_name(module, decorator).and_then(|name| self.model.column(name));
            column.is_some_and(|column| column.hides)
        };
        if decorators.iter().any(is_hiding) {
            let mut attributes = self.found.attributes.iter();
            let found = attributes.find(|(name, _)| name == attribute);
            self.found.hidden = found.map(|(_, column)| column.clone());
        }
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
        let referred = model.referred_by.as_ref().and_then(|wanted| {
            let mut beside = module.list(field.decorators).iter().copied();
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
            let is_said = model
                .index
                .as_ref()
                .is_some_and(|at| argument(module, call, at).is_some());
            self.found.table.indexes.push(Index {
                is_implied: model.indexed && !is_unique && !is_said,
                ..made
            });
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
                let class = self.world.entities.named(self.world, name, self.class);
                (class, name.to_lowercase().replace('.', "_"))
            }
            // Django documentation, "Referencing the User model": the setting names the class.
            Expr::Member { name, .. } if module.text(name) == "AUTH_USER_MODEL" => {
                let class = self.world.entities.named(self.world, "User", self.class);
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
