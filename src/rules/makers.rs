//! Whether the program itself makes the rows of a table, or only those who look after it do.

use crate::ir::schema::Table;
use crate::ir::{CallKind, Class, Expr, ExprId, Module};
use crate::link::program::{Function, Program};
use crate::link::types::ClassRef;
use crate::link::words;
use crate::source::{Context, Ecosystem, FileId};

/// Whether code that serves users is seen to make rows of a table, or may make them out of sight:
/// by a class's constructor, by a call that makes rows of it, or by a form or serializer for it.
/// What scripts, migrations and administration pages make is few.
pub(super) fn makes_rows(program: &Program, table: &Table) -> bool {
    let mut classes = program.schemas.classes_of(table).peekable();
    classes.peek().is_none() || classes.any(|class| makes_rows_of(program, class))
}

/// Whether those who look after a table are seen to make its rows, on pages of their own, and no
/// code that serves users is.
pub(super) fn are_made_by_staff(program: &Program, table: &Table) -> bool {
    let mut classes = program.schemas.classes_of(table);
    classes.any(|class| is_made_by_staff(program, class))
}

/// The same of the rows of one class.
fn is_made_by_staff(program: &Program, class: ClassRef) -> bool {
    let world = &program.world;
    let is_python = world.unit(class.file).ecosystem == Ecosystem::PyPi;
    let name = world.class_name(class).filter(|_| is_python);
    name.is_some_and(|name| is_named_by_staff(program, name) && !makes_rows_of(program, class))
}

/// The same of the rows of a class that a function of Python calls so.
pub(super) fn is_called_so_by_staff(function: Function<'_>, class: &str) -> bool {
    let program = function.program;
    program.world.unit(function.file).ecosystem == Ecosystem::PyPi
        && is_named_by_staff(program, class)
        && !makes_called(program, class, None)
}

/// Whether a page for the few who look after the program names a class.
fn is_named_by_staff(program: &Program, class: &str) -> bool {
    let mut units = program.world.units.iter();
    units.any(|unit| words::is_for_staff(&unit.path) && unit.facts.module.name(class).is_some())
}

/// Whether code that serves users makes rows of one class.
fn makes_rows_of(program: &Program, class: ClassRef) -> bool {
    let world = &program.world;
    let Some(name) = world.class_name(class) else {
        return true;
    };
    // Mappers of JavaScript are handed rows that nothing names; and models alone say nothing of who
    // makes rows of them.
    world.unit(class.file).ecosystem != Ecosystem::PyPi
        || program.entry_points.is_empty()
        || makes_called(program, name, Some(class.file))
}

/// Whether code that serves users makes rows of a class of this name, which stands in a file.
fn makes_called(program: &Program, class: &str, home: Option<FileId>) -> bool {
    program.world.units.iter().enumerate().any(|(i, unit)| {
        program.contexts[i] == Context::Product && !words::is_for_staff(&unit.path) && {
            let module = &unit.facts.module;
            makes_in(module, class, home == Some(FileId(i as u32)))
                || made_for(module, class).any(|made| is_maker(program, module, made))
        }
    })
}

/// Whether a module makes rows of a class that it calls so.
fn makes_in(module: &Module, class: &str, is_own: bool) -> bool {
    let Some(class) = module.name(class) else {
        return false;
    };
    let is_it = |id: ExprId| match module.expr(id) {
        Expr::Member { name, .. } | Expr::Name(name) | Expr::String(name) => name == class,
        Expr::Local(local) => module.local(local).name == class,
        _ => false,
    };
    let is_made_by = |id: ExprId| {
        let Expr::Call { callee, args, kind } = module.expr(id) else {
            return false;
        };
        if kind == CallKind::Implicit {
            return false;
        }
        let is_maker = module
            .last_name(callee)
            .is_some_and(|name| name != "in_bulk" && name.split('_').any(words::makes));
        let is_insert = module.last_name(callee) == Some("insert");
        is_it(callee)
            || is_maker && starts_at(module, callee, &is_it)
            || is_insert && module.list(args).iter().any(|&arg| is_it(arg))
    };
    // Methods of the class make more of it: `cls(…)`, `self.create(…)`.
    let is_made_here = |id: ExprId| {
        is_own
            && matches!(module.expr(id), Expr::Call { callee, .. }
                if module.last_name(callee).is_some_and(|name| name == "cls"))
    };
    let mut exprs = (0..module.expr_count() as u32).map(ExprId);
    exprs.any(|id| is_made_by(id) || is_made_here(id))
}

/// The classes that a module makes for rows of a class, by `class Meta: model = Book`.
fn made_for<'m>(module: &'m Module, class: &str) -> impl Iterator<Item = &'m Class> {
    let class = module.name(class);
    module.classes.iter().filter_map(move |described| {
        let class = class?;
        let is_it = |id: ExprId| module.last_name(id) == Some(module.text(class));
        let mut fields = described.fields.iter();
        let is_for = fields
            .any(|field| module.text(field.name) == "model" && field.value.is_some_and(is_it));
        is_for.then(|| match described.outer {
            Some(outer) => module.class(outer),
            None => described,
        })
    })
}

/// Whether a class that is made for rows makes such rows: a form, a view that creates, or a
/// serializer that one is handed to or that serves a view that creates.
fn is_maker(program: &Program, module: &Module, made: &Class) -> bool {
    let Some(name) = made.name.map(|name| module.text(name)) else {
        return true;
    };
    if !words::lists_or_makes(name) {
        return true;
    }
    program.world.units.iter().enumerate().any(|(i, unit)| {
        let module = &unit.facts.module;
        let Some(name) = module
            .name(name)
            .filter(|_| program.contexts[i] == Context::Product)
        else {
            return false;
        };
        let is_it = |id: ExprId| module.last_name(id) == Some(module.text(name));
        let mut views = module.classes.iter();
        let mut exprs = (0..module.expr_count() as u32).map(ExprId);
        views.any(|view| {
            let mut fields = view.fields.iter();
            let mut bases = module.list(view.bases).iter();
            fields.any(|field| field.value.is_some_and(is_it))
                && bases.any(|&base| module.last_name(base).is_some_and(words::lets_create))
        }) || exprs.any(|id| match module.expr(id) {
            Expr::Call { callee, args, .. } if is_it(callee) => {
                module.list(args).iter().any(|&arg| {
                    matches!(module.expr(arg), Expr::Keyword { name, .. }
                        if module.text(name) == "data")
                })
            }
            _ => false,
        })
    })
}

/// Whether a path of members and calls begins at a class: `Book.objects.create`.
fn starts_at(module: &Module, callee: ExprId, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let mut at = callee;
    loop {
        if is_it(at) {
            return true;
        }
        at = match module.expr(at) {
            Expr::Member { object, .. } => object,
            Expr::Call { callee, .. } => callee,
            _ => return false,
        };
    }
}
