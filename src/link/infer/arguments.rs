//! What the calls of a file hand to parameters of project functions.

use super::super::callbacks::{Slot, param_of};
use super::super::types::{Base, FunctionRef, Type};
use super::Typer;
use crate::ir::{Expr, Invocation};

impl Typer<'_> {
    /// The arguments of this file's calls whose parameters have no type of their own.
    pub(in crate::link) fn handed(&mut self) -> Vec<(FunctionRef, u16, Type)> {
        let module = self.module;
        let world = self.world;
        let mut found = Vec::new();
        for site in &module.sites {
            let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                continue;
            };
            if args.is_empty() || module.called_through(callee).is_some() {
                continue;
            }
            let called = self.callee(site.expr);
            let function = match called.base {
                _ if !called.is_bare() => continue,
                Base::Function(function) => Some(function),
                Base::Class(class) => world.constructor(class),
                _ => continue,
            };
            let Some(function) = function else {
                continue;
            };
            let declared = world
                .unit(function.file)
                .facts
                .module
                .function(function.function);
            if !matches!(declared.invocation, Invocation::Declared) {
                continue;
            }
            for (i, &arg) in module.list(args).iter().enumerate() {
                let (slot, argument) = match module.expr(arg) {
                    Expr::Keyword { name, value } => (Slot::Keyword(name), value),
                    Expr::Spread(_) => break,
                    _ => (Slot::Position(i as u16), arg),
                };
                let Some(param) = param_of(world, function, slot, module) else {
                    continue;
                };
                if declared.params[usize::from(param)].annotation.is_some() {
                    continue;
                }
                let ty = self.of(argument);
                found.push((function, param, ty));
            }
        }
        found.extend(self.rendered());
        found
    }

    /// What this file gives to the templates that it renders.
    fn rendered(&mut self) -> Vec<(FunctionRef, u16, Type)> {
        let world = self.world;
        let mut found = Vec::new();
        for rendering in world.templates.in_file(self.file) {
            for &template in &rendering.templates {
                let module = &world.unit(template.file).facts.module;
                let params = module.function(template.function).params.len();
                for param in 0..params as u16 {
                    if let Some(given) = rendering.argument(world, template, param) {
                        let ty = self.given(given);
                        found.push((template, param, ty));
                    }
                }
            }
        }
        found
    }
}
