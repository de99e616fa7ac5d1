//! How long values live: classes that the process makes one instance of.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::call_graph::{ActKind, Callee};
use super::callbacks::argument_for;
use super::program::{Function, Program};
use super::types::{ClassRef, FunctionRef};
use crate::ir::{Expr, ExprId, LocalKind, MODULE_BODY};
use crate::source::FileId;

/// Functions looked at to find how a request's data comes to another.
const MAX_FUNCTIONS: usize = 400;

/// Decorators by which containers make one instance of a class for the whole process.
const SINGLETONS: &[&str] = &[
    "Injectable",
    "Service",
    "Singleton",
    "singleton",
    "injectable",
    "Controller",
    "Resolver",
    "Provider",
];

impl Program {
    /// Whether the process makes one instance of a class and keeps it: it is made while modules
    /// are loaded, or by a container.
    pub fn is_singleton(&self, class: ClassRef) -> bool {
        let module = &self.world.unit(class.file).facts.module;
        let declared = module.class(class.class);
        let decorators = module.list(declared.decorators).iter().copied();
        decorators
            .filter_map(|decorator| name_of(module, decorator))
            .any(|name| SINGLETONS.contains(&name))
            || self.made().get(&class) == Some(&true)
    }

    /// The classes that are made, and whether all of their instances are made while modules are
    /// loaded.
    pub(super) fn find_made(&self) -> FxHashMap<ClassRef, bool> {
        let mut made = FxHashMap::default();
        for i in 0..self.world.units.len() as u32 {
            for (site, call) in self.calls(FileId(i)) {
                if let Callee::Constructor(class, _) = call.callee {
                    let is_loading = site.function == MODULE_BODY && site.lp.is_none();
                    *made.entry(class).or_insert(true) &= is_loading;
                }
            }
        }
        made
    }

    /// The parameters of a function that receive what a handler was asked with, one bit each:
    /// its parameters, handed on through calls.
    pub fn handed_by_request(&self, handler: FunctionRef, target: FunctionRef) -> u32 {
        let mut handed: FxHashMap<FunctionRef, u32> = FxHashMap::default();
        let mut open = VecDeque::from([(handler, u32::MAX)]);
        while let Some((at, mask)) = open.pop_front() {
            if handed.len() > MAX_FUNCTIONS {
                break;
            }
            let known = handed.entry(at).or_default();
            if *known | mask == *known {
                continue;
            }
            *known |= mask;
            let caller = self.function(at);
            for act in caller.acts() {
                let ActKind::Call(next) = act.kind else {
                    continue;
                };
                let count = self.function(next).declared().params.len().min(32) as u16;
                let mask = (0..count)
                    .filter(|&param| {
                        argument_for(&self.world, caller.module(), act.expr, next, param)
                            .is_some_and(|arg| {
                                caller.params_of(arg) & mask != 0 || caller.asks_request(arg)
                            })
                    })
                    .fold(0, |all, param| all | 1 << param);
                if mask != 0 {
                    open.push_back((next, mask));
                }
            }
        }
        handed.get(&target).copied().unwrap_or(0)
    }

    /// Whether some file imports one of the modules.
    pub fn imports_any(&self, modules: &[String]) -> bool {
        self.world.units.iter().any(|unit| {
            let module = &unit.facts.module;
            let mut imports = module.imports.iter();
            imports.any(|import| {
                import.level == 0 && modules.iter().any(|m| m == module.text(import.module))
            })
        })
    }
}

impl Function<'_> {
    /// Whether all calls of it, of which there are some, hand it a constant as this parameter.
    pub fn is_handed_constants(self, param: u16) -> bool {
        let at = self.reference();
        let Some(callers) = self.program.callers().get(&at) else {
            return false;
        };
        !callers.is_empty()
            && callers.iter().all(|&(caller, call)| {
                let module = self.program.function(caller).module();
                argument_for(&self.program.world, module, call, at, param)
                    .is_some_and(|argument| is_constant(module, argument))
            })
    }

    /// Whether a value is made of the request that a framework hands out by an import: `request.args`.
    pub fn asks_request(self, expr: ExprId) -> bool {
        let module = self.module();
        self.facts().any_origin(expr, |id| {
            matches!(module.expr(id), Expr::Local(local)
                if matches!(module.local(local).kind, LocalKind::Import(_))
                    && module.text(module.local(local).name) == "request")
        })
    }

    /// The last part of the name that an expression, or what it calls, is written as.
    pub fn last_name_of(&self, expr: ExprId) -> Option<&str> {
        name_of(self.module(), expr)
    }
}

/// Whether an expression is a literal or the name of a constant.
fn is_constant(module: &crate::ir::Module, expr: ExprId) -> bool {
    let is_loud = |name: &str| !name.chars().any(char::is_lowercase);
    match module.expr(expr) {
        Expr::String(_) | Expr::Number(_) => true,
        Expr::Member { name, .. } => is_loud(module.text(name)),
        Expr::Local(local) => is_loud(module.text(module.local(local).name)),
        _ => false,
    }
}

fn name_of(module: &crate::ir::Module, expr: ExprId) -> Option<&str> {
    match module.expr(expr) {
        Expr::Call { callee, .. } => name_of(module, callee),
        _ => module.last_name(expr),
    }
}
