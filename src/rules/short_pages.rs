//! Views whose pages are short whatever is asked for.

use super::few_rows::why_few_rows;
use crate::ir::{ClassId, Expr, ExprId};
use crate::link::models::PageSizes;
use crate::link::program::Program;
use crate::link::serializers::ListView;
use crate::link::types::{Base, ClassRef, FunctionRef};

/// Rows of a page that are few.
const FEW: i64 = 10;

/// Whether a view answers pages of few rows, and no request can ask for longer ones.
pub(super) fn has_short_pages(program: &Program, view: &ListView) -> bool {
    let Some(class) = class_of(program, view) else {
        return false;
    };
    let world = &program.world;
    let mut bases = world.library_bases(class).into_iter();
    let Some((model, sizes)) = bases.find_map(|base| {
        let model = world.models.ty(base);
        Some((model, model.page_sizes.as_ref()?))
    }) else {
        return false;
    };
    let mut paging = model.paging.iter();
    if let Some(own) = paging
        .next()
        .and_then(|name| world.field_value(class, name))
    {
        let pages = program.function_of_module(own.file).type_of(own.expr);
        return matches!(pages.base, Base::Class(pages) if is_short(program, sizes, pages));
    }
    let setting = model.paging_setting.as_deref();
    setting.is_some_and(|setting| has_short_default(program, sizes, setting))
}

/// Why the rows that a view's own method asks for are few.
pub(super) fn why_few_listed(program: &Program, view: &ListView) -> Option<&'static str> {
    let class = class_of(program, view)?;
    let module = &program.world.unit(class.file).facts.module;
    let mut methods = module.class(class.class).methods.iter();
    let &method = methods.find(|&&method| {
        let name = module.function(method).name;
        name.is_some_and(|name| module.text(name) == "get_queryset")
    })?;
    let function = program.function(FunctionRef {
        file: class.file,
        function: method,
    });
    let mut rows = function.module().returned(method);
    // What is shown to who only reads how the interface is made.
    rows.retain(|&rows| function.callee_path(rows).pop() != Some("none"));
    let mut why = None;
    for rows in rows {
        why = Some(why_few_rows(function, rows)?);
    }
    why
}

/// The class of a view that is one.
fn class_of(program: &Program, view: &ListView) -> Option<ClassRef> {
    let file = view.place.file;
    let classes = &program.world.unit(file).facts.module.classes;
    let at = classes
        .iter()
        .position(|class| class.name_span == view.place.span)?;
    Some(ClassRef {
        file,
        class: ClassId(at as u32),
    })
}

fn is_short(program: &Program, sizes: &PageSizes, pages: ClassRef) -> bool {
    let world = &program.world;
    let is_few = world.field_value(pages, &sizes.size).is_some_and(|size| {
        let module = &world.unit(size.file).facts.module;
        matches!(module.expr(size.expr), Expr::Number(1..=FEW))
    });
    is_few && world.field_value(pages, &sizes.asked).is_none()
}

/// Whether the settings of the project say so for all views.
fn has_short_default(program: &Program, sizes: &PageSizes, setting: &str) -> bool {
    let mut is_short = false;
    for unit in &program.world.units {
        let module = &unit.facts.module;
        let (Some(class), Some(size)) = (module.name(setting), module.name(&sizes.setting)) else {
            continue;
        };
        for id in 0..module.expr_count() as u32 {
            let Expr::Map(entries) = module.expr(ExprId(id)) else {
                continue;
            };
            let value_of = |wanted| {
                let mut entries = module.list(entries).iter();
                entries.find_map(|&entry| match module.expr(entry) {
                    Expr::Keyword { name, value } if name == wanted => Some(module.expr(value)),
                    _ => None,
                })
            };
            let Some(size) = value_of(size) else {
                continue;
            };
            let is_numbered = matches!(value_of(class), Some(Expr::String(name))
                if sizes.classes.iter().any(|class| class == module.text(name)));
            if !is_numbered || !matches!(size, Expr::Number(1..=FEW)) {
                return false;
            }
            is_short = true;
        }
    }
    is_short
}
