//! The types of a GraphQL schema that a request gets one object of: no list leads to them, at
//! whatever depth. What resolves their fields runs once.

use rustc_hash::{FxHashMap, FxHashSet};

use super::types::FunctionRef;
use super::world::World;
use crate::ir::entity::TypeLead;
use crate::ir::{Expr, ExprId, Module};

/// The types that a request starts with.
const ROOTS: &[&str] = &["Query", "Mutation", "Subscription"];

/// The names of such types.
#[derive(Debug, Default)]
pub(super) struct TypeGraph(FxHashSet<String>);

impl TypeGraph {
    /// The types of all schemas of a project, taken together.
    pub(super) fn new(world: &World) -> Self {
        let mut of: FxHashMap<&str, Vec<&TypeLead>> = FxHashMap::default();
        for unit in &world.units {
            for lead in &unit.facts.declarations.leads {
                of.entry(lead.from.as_str()).or_default().push(lead);
            }
        }
        let below = |from: &[&str]| {
            let mut reached: FxHashSet<String> = FxHashSet::default();
            let mut open: Vec<String> = from.iter().map(|&name| name.to_owned()).collect();
            while let Some(at) = open.pop() {
                for &lead in of.get(at.as_str()).into_iter().flatten() {
                    if reached.insert(lead.to.clone()) {
                        open.push(lead.to.clone());
                    }
                }
            }
            reached
        };
        let mut known = below(ROOTS);
        // Lists, and what nothing is seen to lead to, may come in any number.
        let starts = of.keys().copied();
        let mut many: Vec<&str> = starts
            .filter(|&name| !ROOTS.contains(&name) && !known.contains(name))
            .collect();
        let leads = of.values().flatten();
        many.extend(
            leads
                .filter(|lead| lead.is_many)
                .map(|lead| lead.to.as_str()),
        );
        many.sort_unstable();
        many.dedup();
        let repeated = below(&many);
        known.retain(|name| {
            !repeated.contains(name)
                && !many.contains(&name.as_str())
                && !ROOTS.contains(&name.as_str())
        });
        Self(known)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

impl World {
    /// Whether a method resolves a field that leads back to what lists the objects of its type, and
    /// nothing else lists them: `order` of the lines of an order.
    pub(crate) fn leads_back(&self, at: FunctionRef) -> bool {
        let module = &self.unit(at.file).facts.module;
        let function = module.function(at.function);
        let (Some(class), Some(field)) = (function.class, function.name) else {
            return false;
        };
        let class = module.class(class);
        let field = module.text(field);
        let mut decorators = module.list(class.decorators).iter();
        let Some(of) = decorators.find_map(|&decorator| named_type(module, decorator)) else {
            return false;
        };
        let leads = || {
            self.units
                .iter()
                .flat_map(|unit| &unit.facts.declarations.leads)
        };
        let mut lists = leads()
            .filter(|lead| lead.is_many && lead.to == of)
            .peekable();
        lists.peek().is_some() && lists.all(|lead| lead.from.eq_ignore_ascii_case(field))
    }

    /// Whether a method resolves a field of a type of which a request gets one object.
    pub(super) fn is_of_single_type(&self, at: FunctionRef) -> bool {
        let module = &self.unit(at.file).facts.module;
        let Some(class) = module.function(at.function).class else {
            return false;
        };
        let class = module.class(class);
        let mut decorators = module.list(class.decorators).iter();
        let named = decorators.find_map(|&decorator| named_type(module, decorator));
        let own = class.name.map(|name| module.text(name));
        named.or(own).is_some_and(|name| self.type_graph.has(name))
    }
}

/// The type that a decorator names: `@Resolver("Book")`, `@Resolver(() => Book)`.
fn named_type(module: &Module, decorator: ExprId) -> Option<&str> {
    let Expr::Call { args, .. } = module.expr(decorator) else {
        return None;
    };
    let mut at = *module.list(args).first()?;
    if let Expr::Function(function) = module.expr(at) {
        at = *module.returned(function).first()?;
    }
    match module.expr(at) {
        Expr::String(name) | Expr::Name(name) | Expr::Member { name, .. } => {
            Some(module.text(name))
        }
        Expr::Local(local) => Some(module.text(module.local(local).name)),
        _ => None,
    }
}
