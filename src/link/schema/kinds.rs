//! What columns hold, as arguments and annotations say it.

use super::columns::class_of;
use super::read::{argument, arguments, last_name, list, positional, text, value_of};
use crate::ir::schema::ColumnKind;
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::world::World;
use crate::source::FileId;
use crate::syntax::sql::kind_named;

/// The number of choices, if they are written out; 0 if they are not.
pub(super) fn count_of(world: &World, file: FileId, choices: ExprId) -> u16 {
    let module = &world.unit(file).facts.module;
    let choices = value_of(world, file, choices);
    list(module, choices).map_or(0, |choices| choices.len() as u16)
}

/// The number of values of the class that lists them, if something in an expression is one:
/// `Enum(State)`, `Mapped[State | None]`, `State.choices`.
pub(super) fn listed_by_class(
    world: &World,
    module: &Module,
    typer: &mut Typer<'_>,
    expr: ExprId,
) -> Option<u16> {
    let mut open = vec![expr];
    let mut steps = 0;
    while let Some(at) = open.pop() {
        steps += 1;
        if steps > 32 {
            return None;
        }
        let is_name = matches!(
            module.expr(at),
            Expr::Local(_) | Expr::Name(_) | Expr::Member { .. }
        );
        if let Some(class) = class_of(typer, at).filter(|&class| is_name && world.is_enum(class)) {
            let class_module = &world.unit(class.file).facts.module;
            let fields = class_module.class(class.class).fields.iter();
            return Some(fields.filter(|field| field.value.is_some()).count() as u16);
        }
        module.for_each_part(at, |part| open.push(part));
    }
    None
}

/// What the arguments of a column say that it holds: `Column(String(20))`, `{ type: "uuid" }`.
pub(super) fn typed_kind(
    module: &Module,
    typer: &mut Typer<'_>,
    call: ExprId,
) -> Option<ColumnKind> {
    let typed = ["key:type", "key:type_", "key:sa_type"];
    let typed = typed.iter().find_map(|place| argument(module, call, place));
    let candidates = positional(module, call);
    typed
        .into_iter()
        .chain(candidates)
        .find_map(|value| kind_of(module, typer, value))
}

/// What a type of columns stands for: `String(20)`, `"uuid"`, `DataTypes.STRING`.
pub(super) fn kind_of(module: &Module, typer: &mut Typer<'_>, value: ExprId) -> Option<ColumnKind> {
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
        "dateonly" => return Some(ColumnKind::Time),
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
}

/// What an annotation says of a column, and whether it may be null.
pub(super) fn annotated_kind(module: &Module, annotation: ExprId) -> (Option<ColumnKind>, bool) {
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
