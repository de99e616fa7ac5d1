//! What calls declare outside of classes: tables (`Table("pairs", metadata, Column(…))`), and
//! indexes of the tables of classes (`Index("ix", Book.year)`).

use rustc_hash::FxHashMap;

use super::classes::{Described, Reader, table_model};
use super::read::{
    argument, arguments, arguments_from, first_argument, is_schema_statement, last_name, name_of,
    text,
};
use crate::ir::change::ChangeKind;
use crate::ir::{Expr, ExprId, Module};
use crate::link::infer::Typer;
use crate::link::types::{Base, ClassRef};
use crate::link::world::World;
use crate::source::{FileId, Place};
use crate::syntax::sql::ddl;

/// The calls outside of classes that add indexes to the tables of classes.
pub(super) type Additions = FxHashMap<ClassRef, Vec<(FileId, ExprId)>>;

/// What the calls of one file declare.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub tables: Vec<Described>,
    pub indexes: Vec<(ClassRef, FileId, ExprId)>,
}

/// What the calls of a file declare.
pub(super) fn declared_in(world: &World, file: FileId) -> Declared {
    let module = &world.unit(file).facts.module;
    let mut found = Declared::default();
    if !world
        .models
        .table_calls()
        .any(|name| module.name(name).is_some())
    {
        return found;
    }
    let mut typer = Typer::new(world, file);
    for site in &module.sites {
        let Expr::Call { callee, .. } = module.expr(site.expr) else {
            continue;
        };
        let Some(name) = last_name(module, callee) else {
            continue;
        };
        if world.models.table_called(name).is_some() {
            found.tables.extend(table(world, file, name, site.expr));
        } else if world.models.table_calls().any(|known| known == name)
            && module.function(site.function).class.is_none()
            && let Some(class) = indexed_class(module, &mut typer, site.expr)
        {
            found.indexes.push((class, file, site.expr));
        }
    }
    found
}

/// `Table("pairs", metadata, Column("a_id", ForeignKey("a.id")))`
fn table(world: &World, file: FileId, name: &str, call: ExprId) -> Option<Described> {
    let module = &world.unit(file).facts.module;
    let model = world.models.table_called(name)?;
    let parts = arguments_from(module, call, "arguments1");
    let is_column =
        |&part: &ExprId| last_name(module, part).is_some_and(|name| model.column(name).is_some());
    if !parts.iter().any(is_column) {
        return None;
    }
    let name = first_argument(module, call, &model.rules.name)?;
    let place = Place {
        file,
        span: module.span(call),
    };
    let mut reader = Reader::new(world, model, None, &name_of(world, file, name)?, place);
    reader.parts(file, module, &parts);
    Some(reader.found)
}

/// The class whose table an index is for: that of the columns it names, or the one that the call
/// is made on.
fn indexed_class(module: &Module, typer: &mut Typer<'_>, call: ExprId) -> Option<ClassRef> {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let mut open = arguments(module, call).to_vec();
    open.push(callee);
    let mut steps = 0;
    while let Some(at) = open.pop() {
        steps += 1;
        if steps > 64 {
            break;
        }
        if let Expr::Member { object, .. } = module.expr(at)
            && let Base::Class(class) = typer.of(object).base
        {
            return Some(class);
        }
        module.for_each_part(at, |part| open.push(part));
    }
    None
}

/// Adds the indexes of calls to the table of their class.
pub(super) fn add_indexes(
    world: &World,
    described: Described,
    calls: &[(FileId, ExprId)],
) -> Described {
    let Some(class) = described.class else {
        return described;
    };
    let mut typer = Typer::new(world, class.file);
    let Some((model, _)) = table_model(world, &mut typer, class) else {
        return described;
    };
    let mut reader = Reader {
        world,
        model,
        class: Some(class),
        found: described,
        seen: Vec::new(),
        within: Vec::new(),
        generic: Vec::new(),
    };
    for &(file, call) in calls {
        let module = &world.unit(file).facts.module;
        let place = Place {
            file,
            span: module.span(call),
        };
        // `Book.add_index(SQL("CREATE INDEX …"))`
        let statement = argument(module, call, "argument0")
            .and_then(|argument| arguments(module, argument).first().copied())
            .and_then(|argument| text(module, argument))
            .filter(|text| is_schema_statement(text));
        if let Some(statement) = statement {
            let changes = ddl::changes_at(statement, None, place).into_iter();
            reader
                .found
                .table
                .indexes
                .extend(changes.filter_map(|change| match change.kind {
                    ChangeKind::AddIndex(index) => Some(index),
                    _ => None,
                }));
            continue;
        }
        reader.list_entry(file, module, call);
    }
    reader.found
}
