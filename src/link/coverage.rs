//! How much of a program the link step understood: a count for the user, not for rules.

use std::collections::BTreeMap;
use std::fmt;

use super::call_graph::{ActKind, Callee};
use super::models::Effect;
use super::program::Program;
use crate::ir::{CallKind, Expr};
use crate::source::FileId;

/// Call sites by what they call, and queries by library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All call sites.
    pub calls: usize,
    /// Those that call functions or classes of the project.
    pub to_project: usize,
    /// Those that models of libraries describe.
    pub to_models: usize,
    /// Those of libraries that no model describes.
    pub to_unknown_packages: usize,
    /// Those that call a parameter of the enclosing function.
    pub to_params: usize,
    /// Database queries by library.
    pub queries: BTreeMap<String, usize>,
}

impl Program {
    /// Counts what calls were resolved to.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        for i in 0..self.world.units.len() {
            for function in self.functions(FileId(i as u32)) {
                let module = function.module();
                for site in function.facts().sites(function.id) {
                    let Expr::Call { kind, .. } = module.expr(site.expr) else {
                        continue;
                    };
                    if matches!(kind, CallKind::Jsx | CallKind::Import | CallKind::Implicit) {
                        continue;
                    }
                    let Some(call) = function.call_at(site.expr) else {
                        continue;
                    };
                    coverage.calls += 1;
                    match call.callee {
                        Callee::Function(_) | Callee::Constructor(..) => coverage.to_project += 1,
                        Callee::Model(_) => coverage.to_models += 1,
                        Callee::External(_) => coverage.to_unknown_packages += 1,
                        Callee::Param(_) => coverage.to_params += 1,
                        Callee::Unknown => {}
                    }
                }
                for act in function.acts() {
                    if let ActKind::Effect {
                        effect: Effect::DbRead | Effect::DbWrite | Effect::Sql,
                        package,
                        ..
                    } = &act.kind
                    {
                        *coverage.queries.entry(package.clone()).or_default() += 1;
                    }
                }
            }
        }
        coverage
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |n: usize| n * 100 / self.calls.max(1);
        let known = self.to_project + self.to_models + self.to_unknown_packages + self.to_params;
        write!(
            f,
            "{} calls: {} % of the project, {} % of modelled libraries, {} % of unknown packages, \
             {} % of parameters, {} % unresolved; queries:",
            self.calls,
            share(self.to_project),
            share(self.to_models),
            share(self.to_unknown_packages),
            share(self.to_params),
            share(self.calls - known),
        )?;
        if self.queries.is_empty() {
            return f.write_str(" none");
        }
        for (i, (package, count)) in self.queries.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma} {package} {count}")?;
        }
        Ok(())
    }
}
