//! Tables that classes describe. What their fields mean is told by the library models.

use super::columns::Declaration;
use super::keys::Join;
use super::kinds::annotated_kind;
use super::lists::list_argument;
use super::naming::{Within, embedded_class, is_left_out};
use super::read::{argument, first_argument, last_name, plural, snake, text, truth};
use super::replay::column_key;
use crate::ir::schema::{Column, ColumnKind, Table};
use crate::ir::{ClassId, ClassKind, Expr, ExprId, Field, FunctionId, Module};
use crate::link::infer::Typer;
use crate::link::models::tables::{ColumnModel, TableModel};
use crate::link::types::{Base, ClassRef};
use crate::link::world::World;
use crate::source::{FileId, Place};

/// A table that a class describes.
#[derive(Debug)]
pub(super) struct Described {
    /// The class; none if calls alone declare it.
    pub class: Option<ClassRef>,
    /// The file.
    pub file: FileId,
    /// The table; targets of its references may still be classes.
    pub table: Table,
    /// The columns of its attributes.
    pub attributes: Vec<(String, String)>,
    /// The classes that references lead to, by the position of the reference.
    pub targets: Vec<(usize, ClassRef)>,
    /// Tables of pairs.
    pub pairs: Vec<Pairs>,
    /// Tables of pairs that go by the library's rules.
    pub joins: Vec<Join>,
    /// The class whose table it shares.
    pub shares: Option<ClassRef>,
    /// Whether its name follows from that of the class.
    pub is_guessed: bool,
    /// The column that is set for rows that queries leave out.
    pub hidden: Option<String>,
    /// Whether all queries have conditions of the class besides.
    pub is_scoped: bool,
    /// What the program calls its rows, where they have no class.
    pub entity: Option<String>,
    /// The library.
    pub package: String,
}

/// A table of pairs that an attribute makes.
#[derive(Debug)]
pub(super) struct Pairs {
    /// Its name, with `{table}` and `{target}` for those of the two.
    pub name: String,
    /// The class of the other table.
    pub target: Option<ClassRef>,
    /// Whether it has the two columns only, unique together.
    pub is_bare: bool,
    /// Where it is declared.
    pub place: Place,
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
pub(super) fn table_model<'w>(
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
    let mut bases = world.project_bases(class).filter(|_| !rules.copies);
    let base = bases.find(|&base| {
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
    let mut reader = Reader::new(world, model, Some(class), &name, place);
    reader.found.table.is_complete = !is_said(world, class, rules.managed.as_deref(), false);
    reader.found.shares = shares;
    reader.found.is_guessed = is_guessed;
    for owner in inherited(world, class) {
        reader.fields(owner);
    }
    if rules.copies && reader.found.table.columns.is_empty() {
        return None;
    }
    if let (Some(base), Some(key)) = (base, &rules.child_key)
        && shares.is_none()
    {
        reader.child_key(base, key);
    }
    reader.generic_references();
    reader.kinds(module, decorator);
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
    if model.rules.copies || is_said(world, class, model.rules.abstract_.as_deref(), true) {
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
pub(super) fn inherited(world: &World, class: ClassRef) -> Vec<ClassRef> {
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
pub(super) fn own_value<'w>(
    world: &'w World,
    class: ClassRef,
    path: &str,
) -> Option<(&'w Module, ExprId)> {
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
        if found.is_none() && inner.is_none() {
            let mut typer = Typer::new(world, class.file);
            let methods = table_model(world, &mut typer, class).map(|m| &m.0.rules.methods);
            let given = methods.and_then(|methods| {
                let mut of_class = module.class(owner.class).methods.iter();
                let method = of_class.find(|&&method| {
                    let called = module.function(method).name;
                    called.is_some_and(|called| module.text(called) == name)
                })?;
                given_by_method(module, *method, methods)
            });
            if let Some(given) = given {
                return Some((owner.file, module, given));
            }
        }
        // A class's own `Meta` hides that of its base.
        if found.is_some() || inner.is_some() {
            let found = found?;
            let module = &world.unit(found.file).facts.module;
            return Some((found.file, module, found.expr));
        }
    }
    None
}

/// What a method gives that stands for an attribute, by its decorator.
fn given_by_method(module: &Module, method: FunctionId, methods: &[String]) -> Option<ExprId> {
    let is_named =
        |expr| last_name(module, expr).is_some_and(|name| methods.iter().any(|m| m == name));
    let mut decorators = module.list(module.function(method).decorators).iter();
    // `@declared_attr`, `@declared_attr.directive`
    decorators.find(|&&decorator| match module.expr(decorator) {
        Expr::Member { object, .. } => is_named(decorator) || is_named(object),
        _ => is_named(decorator),
    })?;
    match module.returned(method)[..] {
        [value] => Some(value),
        _ => None,
    }
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
pub(super) fn app_label(world: &World, class: ClassRef) -> String {
    if let Some((_, module, value)) = value_at(world, class, "Meta.app_label")
        && let Some(label) = text(module, value)
    {
        return label.to_owned();
    }
    label_of(world, &world.unit(class.file).path)
}

/// The label of the application that a file of models or migrations belongs to.
pub(super) fn label_of(world: &World, path: &str) -> String {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    let is_part = |folder: &&str| matches!(*folder, "models" | "migrations");
    if let Some(at) = folders.iter().rposition(is_part) {
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
    pub(super) class: Option<ClassRef>,
    pub(super) found: Described,
    /// Attributes that a nearer class has set.
    pub(super) seen: Vec<String>,
    /// The embedded objects around the fields.
    pub(super) within: Vec<Within>,
    /// The attributes that refer to rows of any table together.
    pub(super) generic: Vec<(Vec<String>, Place)>,
}

impl<'w> Reader<'w> {
    /// Begins with a table that has nothing.
    pub(super) fn new(
        world: &'w World,
        model: &'w TableModel,
        class: Option<ClassRef>,
        name: &str,
        place: Place,
    ) -> Self {
        let table = Table::new(name, place);
        Self {
            world,
            model,
            class,
            found: Described {
                class,
                file: place.file,
                table,
                attributes: Vec::new(),
                targets: Vec::new(),
                pairs: Vec::new(),
                joins: Vec::new(),
                shares: None,
                is_guessed: false,
                hidden: None,
                is_scoped: false,
                entity: None,
                package: model.package.clone(),
            },
            seen: Vec::new(),
            within: Vec::new(),
            generic: Vec::new(),
        }
    }

    pub(super) fn fields(&mut self, owner: ClassRef) {
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
        for &method in &module.class(owner.class).methods {
            let function = module.function(method);
            let Some(name) = function.name.map(|name| module.text(name)) else {
                continue;
            };
            if !self.seen.iter().any(|seen| seen == name)
                && let Some(value) = given_by_method(module, method, &self.model.rules.methods)
                && let Some(model) = last_name(module, value).and_then(|n| self.model.column(n))
                && !model.none
                && matches!(module.expr(value), Expr::Call { .. })
            {
                self.seen.push(name.to_owned());
                let declaration = Declaration {
                    attribute: name,
                    annotation: function.returns,
                    decorators: &[],
                    call: value,
                    joined: None,
                    place: Place {
                        file: owner.file,
                        span: function.name_span,
                    },
                };
                self.column(module, &mut typer, &declaration, model);
            }
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
        // `Field(sa_column=Column("year", Integer))`
        let given = column.given.as_ref();
        let given = given.and_then(|place| argument(module, call, place));
        let given = given.and_then(|call| Some((call, made_by(call)?)));
        let (call, column) = given.unwrap_or((call, column));
        let place = Place {
            file,
            span: field.span,
        };
        if !column.refers_by.is_empty() {
            let named = column.refers_by.iter().map(|(at, default)| {
                let named = argument(module, call, at).and_then(|name| text(module, name));
                named.unwrap_or(default).to_owned()
            });
            self.generic.push((named.collect(), place));
        }
        if column.none || is_left_out(module, call, column) {
            return;
        }
        if let Some(class) = embedded_class(module, typer, call, column) {
            self.embedded(module, call, column, attribute, class);
            return;
        }
        if column.pairs {
            let named = first_argument(module, call, &column.name).and_then(|n| text(module, n));
            let is_through = argument(module, call, "key:through").is_some();
            if named.is_some() || !is_through {
                let default = column.pairs_name.as_deref();
                let name = named.or(default).unwrap_or("{table}_{attribute}");
                self.found.pairs.push(Pairs {
                    name: name.replace("{attribute}", attribute),
                    target: self.target(module, typer, call, column).and_then(|t| t.0),
                    is_bare: column.pairs_only,
                    place,
                });
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
        if column.joins {
            self.join(module, typer, call, column, joined, (attribute, place));
            return;
        }
        let declaration = Declaration {
            attribute,
            annotation: field.annotation,
            decorators,
            call,
            joined,
            place,
        };
        self.column(module, typer, &declaration, column);
        let attribute = &self.attribute(attribute);
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
            let column = self.found.attributes.iter().find(|a| a.0 == *attribute);
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
}
