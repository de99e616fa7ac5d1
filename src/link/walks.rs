//! Which of the collections that a function is handed it goes through, straight or by handing
//! them on.

use rayon::prelude::*;

use super::call_graph::{ActKind, Callee};
use super::infer::Typer;
use super::models::{Cost, Wrapper};
use super::program::{Function, Program};
use super::types::{Base, FunctionRef};
use crate::finding::Related;
use crate::ir::{BinaryOp, Expr, ExprId, LocalKind, LoopKind};
use crate::source::Place;

/// Calls within each other through which a collection is followed.
const MAX_ROUNDS: usize = 4;

/// A collection that a function goes through each time it is called.
#[derive(Debug, Clone)]
pub struct Walk {
    /// What it goes through.
    pub of: Walked,
    /// The loop or search, or the call that hands it on.
    place: Place,
    /// What it is handed to, and as what.
    via: Option<(FunctionRef, Walked)>,
}

/// A collection that a function is handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The parameter that holds it.
    pub param: u16,
    /// The field of the parameter that it is, if it is not the parameter itself.
    field: Option<Box<str>>,
}

/// The walks of each function, by file and function.
pub(super) type Walks = Vec<Vec<Vec<Walk>>>;

impl Program {
    /// The parameters that a function goes through from one end to the other.
    pub fn walks(&self, function: FunctionRef) -> impl Iterator<Item = &Walk> {
        let walks = self.walks_of(function).iter();
        walks.filter(|walk| walk.of.field.is_none())
    }

    /// The parameters of which a function goes through one field from one end to the other.
    pub fn walks_of_field<'p>(
        &'p self,
        function: FunctionRef,
        field: &'p str,
    ) -> impl Iterator<Item = &'p Walk> {
        let walks = self.walks_of(function).iter();
        walks.filter(move |walk| walk.of.field.as_deref() == Some(field))
    }

    fn walks_of(&self, function: FunctionRef) -> &[Walk] {
        &self.all_walks()[function.file.index()][function.function.index()]
    }

    pub(super) fn all_walks(&self) -> &Walks {
        self.walks.get_or_init(|| self.find_walks())
    }

    fn find_walks(&self) -> Walks {
        let world = &self.world;
        let mut walks: Walks = world
            .par_files()
            .map(|file| self.functions(file).map(Function::own_walks).collect())
            .collect();
        for _ in 0..MAX_ROUNDS {
            let found: Vec<Vec<(usize, Walk)>> = world
                .par_files()
                .map(|file| {
                    let mut found = Vec::new();
                    for (i, function) in self.functions(file).enumerate() {
                        function.handed_walks(&walks, |walk| found.push((i, walk)));
                    }
                    found
                })
                .collect();
            if found.iter().all(Vec::is_empty) {
                break;
            }
            for (file, found) in found.into_iter().enumerate() {
                for (function, walk) in found {
                    add(&mut walks[file][function], walk);
                }
            }
        }
        walks
    }
}

/// Adds a walk unless one of the same collection is known.
fn add(walks: &mut Vec<Walk>, walk: Walk) {
    if !walks.iter().any(|known| known.of == walk.of) {
        walks.push(walk);
    }
}

impl Function<'_> {
    /// How it comes to go through a collection, in the order it runs.
    pub fn steps_of(self, walk: &Walk) -> Vec<Related> {
        let mut steps = Vec::new();
        let mut at = walk;
        for _ in 0..=MAX_ROUNDS {
            let message = match &at.via {
                Some((callee, _)) => {
                    let name = self.program.function(*callee).name();
                    format!("calls `{}`", name.as_deref().unwrap_or("a function"))
                }
                None => "goes through all of it".to_owned(),
            };
            steps.push(Related {
                place: at.place,
                message,
            });
            let Some((callee, of)) = &at.via else {
                break;
            };
            let mut walks = self.program.walks_of(*callee).iter();
            match walks.find(|walk| walk.of == *of) {
                Some(next) => at = next,
                None => break,
            }
        }
        steps
    }

    /// What of its parameters its own loops and searches go through.
    fn own_walks(self) -> Vec<Walk> {
        let mut found = Vec::new();
        let declared = self.declared();
        let module = self.module();
        if declared.params.is_empty() {
            return found;
        }
        for lp in module.loops.iter().filter(|lp| lp.function == self.id) {
            let walks = matches!(
                lp.kind,
                LoopKind::Each | LoopKind::Comprehension | LoopKind::Callback
            );
            if let (true, Some(over)) = (walks, lp.over)
                && let Some(of) = self.param_walked(over)
            {
                let place = self.place(lp.span);
                let via = None;
                add(&mut found, Walk { of, place, via });
            }
        }
        let mut note = |list: ExprId, at: ExprId| {
            if let Some(of) = self.handed_at(list) {
                let place = self.place_of(at);
                let via = None;
                add(&mut found, Walk { of, place, via });
            }
        };
        for site in self.facts().sites(self.id) {
            if let Expr::Call { callee, .. } = module.expr(site.expr)
                && let Expr::Member { object, .. } = module.expr(callee)
                && self.searches(site.expr)
            {
                note(object, site.expr);
            }
        }
        let mut typer = Typer::new(&self.program.world, self.file);
        for id in declared.exprs.iter() {
            if let Expr::Binary {
                op: BinaryOp::In | BinaryOp::NotIn,
                right,
                ..
            } = module.expr(id)
                && typer.of(right).wrapper() == Some(Wrapper::List)
                && module.function_of(id) == self.id
            {
                note(right, id);
            }
        }
        found
    }

    /// What of its parameters it hands to functions which go through it.
    fn handed_walks(self, walks: &Walks, mut found: impl FnMut(Walk)) {
        if self.declared().params.is_empty() {
            return;
        }
        let own = &walks[self.file.index()][self.id.index()];
        for act in self.acts() {
            let ActKind::Call(target) = act.kind else {
                continue;
            };
            if act.is_memoized || self.program.summary(target).is_cached {
                continue;
            }
            for walk in &walks[target.file.index()][target.function.index()] {
                let handed = self.argument_for(act.expr, target, walk.of.param);
                let of = match (
                    handed.and_then(|argument| self.handed_at(argument)),
                    &walk.of.field,
                ) {
                    (Some(of), None) => of,
                    (Some(Walked { param, field: None }), Some(field)) => Walked {
                        param,
                        field: Some(field.clone()),
                    },
                    _ => continue,
                };
                if !own.iter().any(|known| known.of == of) {
                    found(Walk {
                        of,
                        place: self.place_of(act.expr),
                        via: Some((target, walk.of.clone())),
                    });
                }
            }
        }
    }

    /// Whether a call goes through its receiver.
    fn searches(self, call: ExprId) -> bool {
        matches!(self.call_at(call).map(|call| &call.callee), Some(&Callee::Model(id))
            if self.program.world.models.call(id).cost == Some(Cost::Search))
    }

    /// What of the parameters an iterated value has the elements of: `xs`, `xs.values()`,
    /// `Object.values(xs)`, `enumerate(xs)`.
    fn param_walked(self, over: ExprId) -> Option<Walked> {
        let module = self.module();
        let mut at = over;
        for _ in 0..6 {
            let Expr::Call { callee, args, .. } = module.expr(at) else {
                break;
            };
            let name = match module.expr(callee) {
                Expr::Member { name, .. } | Expr::Name(name) => module.text(name),
                _ => return None,
            };
            if !matches!(
                name,
                "values"
                    | "keys"
                    | "entries"
                    | "items"
                    | "enumerate"
                    | "sorted"
                    | "reversed"
                    | "filter"
                    | "map"
                    | "slice"
                    | "list"
            ) {
                return None;
            }
            at = match (module.expr(callee), module.list(args).first()) {
                (Expr::Member { object, .. }, _)
                    if !matches!(module.expr(object), Expr::Name(_)) =>
                {
                    object
                }
                (_, Some(&first)) => first,
                _ => return None,
            };
        }
        self.handed_at(at)
    }

    /// The parameter that an expression is, or the field of one.
    fn handed_at(self, expr: ExprId) -> Option<Walked> {
        let module = self.module();
        match module.expr(expr) {
            Expr::Member { object, name, .. } => self.param_at(object).map(|param| Walked {
                param,
                field: Some(module.text(name).into()),
            }),
            _ => self
                .param_at(expr)
                .map(|param| Walked { param, field: None }),
        }
    }

    /// The parameter that an expression is, if nothing else is assigned to it.
    pub fn param_at(self, expr: ExprId) -> Option<u16> {
        let module = self.module();
        let Expr::Local(local) = module.expr(expr) else {
            return None;
        };
        let declared = module.local(local);
        let LocalKind::Param(at) = declared.kind else {
            return None;
        };
        let is_own = declared.function == self.id
            && module.receiver_class(expr).is_none()
            && self.facts().def_use.assignments(local).is_empty();
        if !is_own {
            return None;
        }
        let ty = self.type_of(expr);
        let is_text = ty.is_bare() && matches!(ty.base, Base::Str | Base::Num | Base::Bool);
        (!is_text).then_some(at)
    }
}
