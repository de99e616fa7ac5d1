//! How much of a program the link step understood: a count for the user, not for rules.

use std::collections::BTreeMap;
use std::fmt;

use super::call_graph::{ActKind, Callee};
use super::models::Effect;
use super::program::{Function, Program};
use crate::ir::{CallKind, Expr, ExprId, LocalKind};
use crate::source::{Ecosystem, FileId};

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
    /// Calls into packages that no model describes, by package.
    pub unknown_packages: BTreeMap<String, usize>,
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
                        // A class that a model describes needs no entry for its constructor.
                        Callee::External(Some(path))
                            if self.world.models.path(path).ty.is_some() =>
                        {
                            coverage.to_models += 1;
                        }
                        Callee::External(_) => {
                            coverage.to_unknown_packages += 1;
                            if let Some(package) = package_of(function, site.expr) {
                                *coverage.unknown_packages.entry(package).or_default() += 1;
                            }
                        }
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

/// The package that a call leads into, by the import at the root of its name.
fn package_of(function: Function<'_>, call: ExprId) -> Option<String> {
    let module = function.module();
    let mut at = call;
    let local = loop {
        at = match module.expr(at) {
            Expr::Local(local) => break local,
            Expr::Member { object, .. } | Expr::Index { object, .. } => object,
            Expr::Call { callee, .. } => callee,
            Expr::Await(inner) => inner,
            _ => return None,
        };
    };
    let LocalKind::Import(import) = module.local(local).kind else {
        return None;
    };
    let path = module.text(module.imports[import.index()].module);
    if path.starts_with('.') {
        return None;
    }
    let unit = function.program.world.unit(function.file);
    let parts = match unit.ecosystem {
        Ecosystem::PyPi => path.split('.').take(1).collect::<Vec<_>>(),
        Ecosystem::Npm if path.starts_with('@') => path.split('/').take(2).collect(),
        Ecosystem::Npm => path.split('/').take(1).collect(),
    };
    Some(parts.join("/"))
}

/// The packages with the most calls, as much as one reads.
fn most(counts: &BTreeMap<String, usize>) -> Vec<(&String, usize)> {
    const SHOWN: usize = 5;
    let mut counts: Vec<(&String, usize)> = counts.iter().map(|(name, &n)| (name, n)).collect();
    counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    counts.truncate(SHOWN);
    counts
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
            f.write_str(" none")?;
        }
        for (i, (package, count)) in self.queries.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma} {package} {count}")?;
        }
        if !self.unknown_packages.is_empty() {
            f.write_str("; most calls into unknown packages:")?;
        }
        for (i, (package, count)) in most(&self.unknown_packages).into_iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma} {package} {count}")?;
        }
        Ok(())
    }
}
