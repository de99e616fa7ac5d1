//! Rows that were put together first: in a list, a map, by a generator, with their positions.

use super::loaded::{Loaded, either};
use super::{Finder, Root, RowSource};
use crate::analysis::def_use::Def;
use crate::analysis::facts::GatheredAs;
use crate::ir::{Expr, ExprId, Invocation, LocalId, LocalKind, LoopId, Module, Stmt};
use crate::source::FileId;

/// Values put into a container that are looked at.
const MAX_GATHERED: usize = 8;

impl Finder<'_> {
    /// What comes with the rows that a value is one of: the element of a loop.
    pub(super) fn loaded_around(&mut self, file: FileId, value: ExprId) -> Option<Loaded> {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let mut at = value;
        for _ in 0..4 {
            match module.expr(at) {
                Expr::Local(local) => match facts.def_use.reaching(at) {
                    Some(def) => match facts.def_use.def(def) {
                        Def::Value { value, .. } => at = *value,
                        _ => return self.loaded_of_callback(file, local),
                    },
                    None => return self.loaded_of_callback(file, local),
                },
                Expr::Element(lp) => {
                    let over = module.lp(lp).over?;
                    return Some(self.loaded(file, over));
                }
                Expr::Index { object, index } => {
                    let (Expr::Element(lp), Expr::Number(n)) =
                        (module.expr(object), module.expr(index))
                    else {
                        return None;
                    };
                    let over = part_walked(module, lp, n)?;
                    return Some(self.loaded(file, over));
                }
                _ => return None,
            }
        }
        None
    }

    /// The same for the parameter of a function that runs once per element.
    fn loaded_of_callback(&mut self, file: FileId, local: LocalId) -> Option<Loaded> {
        let module = self.module(file);
        let local = module.local(local);
        let LocalKind::Param(index) = local.kind else {
            return None;
        };
        let Invocation::PerElement(lp) = module.function(local.function).invocation else {
            return None;
        };
        if usize::from(index) != module.element_param(lp) {
            return None;
        }
        let over = module.lp(lp).over?;
        Some(self.loaded(file, over))
    }

    /// What comes with the rows that were put into the container that a name holds.
    pub(super) fn loaded_into(
        &mut self,
        file: FileId,
        local: LocalId,
        kind: GatheredAs,
    ) -> Option<Loaded> {
        let facts = &self.world.unit(file).facts;
        let gathered = facts.gathered.get(&local)?;
        let mut found: Option<Loaded> = None;
        let puts = gathered.iter().filter(|put| put.kind == kind);
        for put in puts.take(MAX_GATHERED) {
            let next = self.loaded_around(file, put.value)?;
            found = Some(match found {
                Some(found) => either(found, next),
                None => next,
            });
        }
        found
    }

    /// What comes with the rows of a collection that is itself an element: of the lists in a
    /// map.
    pub(super) fn loaded_inside(&mut self, file: FileId, lp: LoopId) -> Option<Loaded> {
        let module = self.module(file);
        let over = module.lp(lp).over?;
        let map = map_walked(module, over)?;
        self.loaded_into(file, map, GatheredAs::ElementOfValue)
    }

    /// What comes with the values of a map: `by_id.values()`.
    pub(super) fn loaded_values(&mut self, file: FileId, over: ExprId) -> Option<Loaded> {
        let map = map_walked(self.module(file), over)?;
        self.loaded_into(file, map, GatheredAs::Value)
    }

    /// What comes with what a comprehension collects.
    pub(super) fn loaded_comprehension(&mut self, file: FileId, lp: LoopId) -> Option<Loaded> {
        let value = collected(self.module(file), lp)?;
        self.loaded_around(file, value)
    }

    /// Where the rows of a collection come from that are those of a relation of another row, as
    /// they stand or some of them: `project.tasks.all()`, `[task for task in project.tasks.all()]`.
    pub(super) fn gathered_row(&mut self, rows: ExprId) -> Option<RowSource> {
        let module = self.module(self.file);
        let rows = match module.expr(rows) {
            Expr::Local(_) => self.single_value(rows)?,
            _ => rows,
        };
        let source = match module.expr(rows) {
            Expr::Comprehension { lp, .. } => {
                let row = collected(module, lp)?;
                self.source_of_row(row)?
            }
            _ if self.is_whole_relation(rows) => self.many_source(rows)?,
            _ => return None,
        };
        let last = *source.path.last()?;
        let is_of_param = matches!(source.root, Root::Param(..) | Root::ElementOfParam(..));
        (is_of_param && self.world.entities.get(last).many).then_some(source)
    }

    /// The row that a loop has beside others: `for i, book in enumerate(books)`.
    pub(super) fn part_of_element(&mut self, lp: LoopId, n: i64) -> Option<RowSource> {
        let module = self.module(self.file);
        let over = module.lp(lp).over?;
        if map_walked(module, over).is_some() && n == 1 {
            return self.element(lp);
        }
        let walked = part_walked(module, lp, n)?;
        self.element_of(lp, walked)
    }
}

/// What a comprehension gathers.
fn collected(module: &Module, lp: LoopId) -> Option<ExprId> {
    let mut blocks = vec![module.lp(lp).body];
    while let Some(block) = blocks.pop() {
        for &stmt in &module.block(block).stmts {
            match module.stmt(stmt) {
                Stmt::Collect(value) => return Some(value),
                Stmt::If { then, .. } => blocks.push(then),
                Stmt::Loop(inner) => blocks.push(module.lp(inner).body),
                _ => {}
            }
        }
    }
    None
}

/// The collection whose elements are part `n` of what a loop walks.
fn part_walked(module: &Module, lp: LoopId, n: i64) -> Option<ExprId> {
    let Expr::Call { callee, args, .. } = module.expr(module.lp(lp).over?) else {
        return None;
    };
    let Expr::Name(name) = module.expr(callee) else {
        return None;
    };
    let args = module.list(args);
    let at = match (module.text(name), n) {
        ("enumerate", 1) => 0,
        ("zip", n) => usize::try_from(n).ok()?,
        _ => return None,
    };
    let &walked = args.get(at)?;
    let is_plain = !matches!(module.expr(walked), Expr::Spread(_) | Expr::Keyword { .. });
    is_plain.then_some(walked)
}

/// The name of the map whose values a loop walks, alone or with their keys.
fn map_walked(module: &Module, over: ExprId) -> Option<LocalId> {
    let Expr::Call { callee, .. } = module.expr(over) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    match module.expr(object) {
        Expr::Local(local) if matches!(module.text(name), "values" | "items") => Some(local),
        _ => None,
    }
}
