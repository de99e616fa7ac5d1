//! What the project has run around each write of a row: receivers of signals, methods that
//! libraries call before or after, histories. Forms for many rows do not run them. They are told
//! by their names (see [`words::hook`]); which class they are about is resolved.

use rustc_hash::FxHashMap;

use super::infer::Typer;
use super::models::Effect;
use super::program::{Function, Program};
use super::types::{Base, ClassRef};
use super::words;
use crate::ir::{ClassId, Expr, ExprId, Module};
use crate::source::FileId;

/// What a hook that runs before the write may do that a check does not.
const CHANGES: &[Effect] = &[
    Effect::DbWrite,
    Effect::CacheWrite,
    Effect::Remote,
    Effect::RemoteWrite,
    Effect::File,
    Effect::Process,
];

/// Which writes of a class's rows run code of the project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowHooks {
    /// Those that make or change rows.
    pub saves: bool,
    /// Those that remove rows. Signals are sent for many rows as well.
    pub deletes: bool,
}

/// The hooks of each class that has any.
pub(super) type AllRowHooks = FxHashMap<ClassRef, RowHooks>;

impl Program {
    /// What runs around the writes of a class's rows, its own or what it inherits.
    pub fn row_hooks(&self, class: ClassRef) -> RowHooks {
        let all = self.all_row_hooks();
        let mut found = RowHooks::default();
        for class in self.world.above(class) {
            if let Some(hooks) = all.get(&class) {
                found.saves |= hooks.saves;
                found.deletes |= hooks.deletes;
            }
        }
        found
    }

    pub(super) fn find_row_hooks(&self) -> AllRowHooks {
        let mut found = AllRowHooks::default();
        for i in 0..self.world.units.len() {
            let file = FileId(i as u32);
            let module = &self.world.unit(file).facts.module;
            for function in self.functions(file) {
                of_decorators(function, &mut found);
            }
            for (i, class) in module.classes.iter().enumerate() {
                let keeps = class.fields.iter().any(|field| {
                    let callee = field.value.and_then(|value| callee_of(module, value));
                    callee.is_some_and(|callee| words::keeps_record(name_of(module, callee)))
                });
                if keeps {
                    let class = ClassId(i as u32);
                    found.entry(ClassRef { file, class }).or_default().saves = true;
                }
            }
            of_calls(self, file, &mut found);
        }
        found
    }
}

/// `@receiver(post_save, sender=Book)`, `@hook(AFTER_UPDATE)`, `@AfterCreate`.
fn of_decorators(function: Function<'_>, found: &mut AllRowHooks) {
    let module = function.module();
    let declared = function.declared();
    for &decorator in module.list(declared.decorators) {
        let mut parts = vec![decorator];
        let mut hooks = Vec::new();
        let mut classes = Vec::new();
        while let Some(part) = parts.pop() {
            match module.expr(part) {
                Expr::Call { callee, args, .. } => {
                    parts.push(callee);
                    parts.extend(module.list(args));
                }
                Expr::Sequence { elements, .. } => parts.extend(module.list(elements)),
                Expr::Keyword { value, .. } => parts.push(value),
                _ => {
                    hooks.extend(words::hook(name_of(module, part)));
                    classes.extend(class_of(&function.program.world, function.file, part));
                }
            }
        }
        let own = declared.class.map(|class| ClassRef {
            file: function.file,
            class,
        });
        let is_signal = !classes.is_empty();
        if !is_signal {
            classes.extend(own);
        }
        for hook in hooks {
            if hook.is_before && !changes(function) {
                continue;
            }
            for &class in &classes {
                let hooks = found.entry(class).or_default();
                hooks.saves |= !hook.deletes;
                hooks.deletes |= hook.deletes && !is_signal;
            }
        }
    }
}

/// `post_save.connect(index, sender=Book)`, `auditlog.register(Book)`.
fn of_calls(program: &Program, file: FileId, found: &mut AllRowHooks) {
    let module = &program.world.unit(file).facts.module;
    for site in &module.sites {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            continue;
        };
        let object = name_of(module, object);
        let hears = match module.text(name) {
            "connect" => words::hook(object).is_some_and(|hook| !hook.deletes),
            "register" => words::is_recorder(object),
            _ => false,
        };
        if !hears {
            continue;
        }
        for &arg in module.list(args) {
            let value = match module.expr(arg) {
                Expr::Keyword { value, .. } => value,
                _ => arg,
            };
            if let Some(class) = class_of(&program.world, file, value) {
                found.entry(class).or_default().saves = true;
            }
        }
    }
}

/// Whether a function does more than check and set.
fn changes(function: Function<'_>) -> bool {
    function.acts().iter().any(|act| {
        CHANGES
            .iter()
            .any(|&effect| function.effect_of(act, effect).is_some())
    })
}

/// The class with a table that an expression names.
fn class_of(world: &super::world::World, file: FileId, expr: ExprId) -> Option<ClassRef> {
    match Typer::new(world, file).of(expr).base {
        Base::Class(class) => world.entities.table(class).map(|_| class),
        _ => None,
    }
}

fn callee_of(module: &Module, call: ExprId) -> Option<ExprId> {
    match module.expr(call) {
        Expr::Call { callee, .. } => Some(callee),
        _ => None,
    }
}

/// The last part of a name, or a string.
fn name_of(module: &Module, expr: ExprId) -> &str {
    match module.expr(expr) {
        Expr::String(text) => module.text(text),
        _ => module.last_name(expr).unwrap_or_default(),
    }
}
