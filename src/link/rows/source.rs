//! Where rows come from: a parameter, the element of a loop, a relation of another row.

use super::{Finder, MAX_PATH, MAX_STEPS, Path, Root, RowSource};
use crate::analysis::def_use::{Def, DefId};
use crate::ir::{CallKind, Expr, ExprId, Invocation, LocalId, LocalKind, LoopId, Name};
use crate::link::entities::RelationId;
use crate::link::types::{Base, ClassRef};

impl Finder<'_> {
    /// Where the row that a member leads to comes from; none if the member is no to-one
    /// relation.
    pub(super) fn source(&mut self, id: ExprId) -> Option<RowSource> {
        if let Some(known) = self.sources.get(&id) {
            return known.clone();
        }
        self.sources.insert(id, None);
        let found = self.find_source(id);
        self.sources.insert(id, found.clone());
        found
    }

    fn find_source(&mut self, id: ExprId) -> Option<RowSource> {
        let Expr::Member { object, name } = self.module(self.file).expr(id) else {
            return None;
        };
        let relation = self.relation_at(object, name)?;
        if self.world.entities.get(relation).many {
            return None;
        }
        let mut source = self.source_of_row(object)?;
        source.path.push(relation);
        (source.path.len() <= MAX_PATH).then_some(source)
    }

    pub(super) fn relation_at(&mut self, object: ExprId, name: Name) -> Option<RelationId> {
        let ty = self.typer(self.file).of(object);
        let (true, Base::Instance(class)) = (ty.is_bare(), ty.base) else {
            return None;
        };
        let name = self.module(self.file).text(name);
        self.world.entities.find(self.world, class, name)
    }

    /// The rows of a to-many relation that is a plain list, so that naming it reads it.
    pub(super) fn list_source(&mut self, id: ExprId) -> Option<RowSource> {
        let ty = self.typer(self.file).of(id);
        match ty.base {
            Base::Model(..) => None,
            _ => self.many_source(id),
        }
    }

    /// The rows that a to-many relation leads to, from the use of it: `x.books.all()`,
    /// `x.books.count()`.
    pub(super) fn many_source(&mut self, id: ExprId) -> Option<RowSource> {
        let module = self.module(self.file);
        let mut at = id;
        for _ in 0..8 {
            match module.expr(at) {
                Expr::Call { callee, .. } => at = callee,
                Expr::Index { object, .. } => at = object,
                Expr::Local(_) => at = self.single_value(at)?,
                Expr::Member { object, name } => {
                    if let Some(relation) = self.relation_at(object, name) {
                        let known = self.world.entities.get(relation);
                        if !known.many && known.query.is_none() {
                            return None;
                        }
                        let mut source = self.source_of_row(object)?;
                        source.path.push(relation);
                        return (source.path.len() <= MAX_PATH).then_some(source);
                    }
                    at = object;
                }
                _ => return None,
            }
        }
        None
    }

    pub(super) fn single_value(&self, local: ExprId) -> Option<ExprId> {
        let facts = &self.world.unit(self.file).facts;
        match facts.def_use.def(facts.def_use.reaching(local)?) {
            Def::Value { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// Where a row comes from.
    pub(super) fn source_of_row(&mut self, id: ExprId) -> Option<RowSource> {
        if let Some(known) = self.sources.get(&id) {
            return known.clone();
        }
        if self.steps > MAX_STEPS {
            return None;
        }
        self.sources.insert(id, None);
        self.steps += 1;
        let found = self.find_row(id);
        self.steps -= 1;
        self.sources.insert(id, found.clone());
        found
    }

    fn find_row(&mut self, id: ExprId) -> Option<RowSource> {
        let facts = &self.world.unit(self.file).facts;
        let module = &facts.module;
        match module.expr(id) {
            Expr::Local(local) => match facts.def_use.reaching(id) {
                Some(def) => self.row_of_def(def),
                None => self.row_of_param(local),
            },
            Expr::Element(lp) => self.element(lp),
            Expr::Index { object, index } => match (module.expr(object), module.expr(index)) {
                (Expr::Element(lp), Expr::Number(n)) => self.part_of_element(lp, n),
                _ => None,
            },
            Expr::Member { .. } => self.source(id),
            Expr::Call {
                kind: CallKind::Implicit,
                callee,
                ..
            } => self.source(callee),
            Expr::Await(value) | Expr::Assign { value, .. } => self.source_of_row(value),
            Expr::Logical { left, .. } => self.source_of_row(left),
            _ => None,
        }
    }

    fn row_of_def(&mut self, def: DefId) -> Option<RowSource> {
        let facts = &self.world.unit(self.file).facts;
        match facts.def_use.def(def) {
            Def::Value { value, .. } => self.source_of_row(*value),
            Def::Entry { local, function } => {
                if facts.module.local(*local).function == *function {
                    return self.row_of_param(*local);
                }
                // A name of the function around it, assigned once.
                match facts.def_use.single_value(*local) {
                    Some(value) => self.source_of_row(value),
                    None => self.row_of_param(*local),
                }
            }
            _ => None,
        }
    }

    fn row_of_param(&mut self, local: LocalId) -> Option<RowSource> {
        let module = self.module(self.file);
        let declared = module.local(local);
        let LocalKind::Param(index) = declared.kind else {
            return None;
        };
        let function = declared.function;
        if let Invocation::PerElement(lp) = module.function(function).invocation {
            let is_element = usize::from(index) == module.element_param(lp);
            return if is_element { self.element(lp) } else { None };
        }
        let root = Root::Param(function, index);
        let path = Path::new();
        Some(RowSource { root, path })
    }

    /// The element of a loop: a row of a query, or one that a to-many relation leads to.
    pub(super) fn element(&mut self, lp: LoopId) -> Option<RowSource> {
        let over = self.module(self.file).lp(lp).over?;
        self.element_of(lp, over)
    }

    /// The element of a loop that is one of `over`, which the loop walks perhaps with others.
    pub(super) fn element_of(&mut self, lp: LoopId, over: ExprId) -> Option<RowSource> {
        if let Some(source) = self.many_source(over)
            && self.is_whole_relation(over)
        {
            return Some(source);
        }
        let ty = self.typer(self.file).of(over);
        if let (Base::Instance(class), true) = (ty.base, ty.is_bare())
            && self.world.entities.table(class).is_some()
        {
            return self.walked_row(over, class);
        }
        let is_beside = self.module(self.file).lp(lp).over != Some(over);
        let root = if is_beside && !self.is_numbered(lp) {
            Root::ElementOf(over)
        } else {
            Root::Element(lp)
        };
        let path = Path::new();
        Some(RowSource { root, path })
    }

    /// What walking a row itself gives, if that is one of its relations: `return
    /// iter(self.lines.all())`.
    fn walked_row(&mut self, row: ExprId, class: ClassRef) -> Option<RowSource> {
        let method = self.world.method(class, "__iter__")?;
        let module = self.module(method.file);
        let mut at = *module.returned(method.function).first()?;
        let name = loop {
            at = match module.expr(at) {
                Expr::Call { callee, args, .. } => match module.expr(callee) {
                    Expr::Name(_) => *module.list(args).first()?,
                    _ => callee,
                },
                Expr::Member { object, name } => {
                    if module.receiver_class(object).is_some() {
                        break name;
                    }
                    object
                }
                _ => return None,
            };
        };
        let entities = &self.world.entities;
        let relation = entities.find(self.world, class, module.text(name))?;
        let mut source = self.source_of_row(row)?;
        source.path.push(relation);
        (source.path.len() <= MAX_PATH).then_some(source)
    }

    /// Whether a loop walks a collection with its positions.
    fn is_numbered(&self, lp: LoopId) -> bool {
        let module = self.module(self.file);
        let Some(Expr::Call { callee, .. }) = module.lp(lp).over.map(|over| module.expr(over))
        else {
            return false;
        };
        matches!(module.expr(callee), Expr::Name(name) if module.text(name) == "enumerate")
    }

    /// Whether a collection is a to-many relation as it stands, which may have come with the
    /// row.
    pub(super) fn is_whole_relation(&mut self, over: ExprId) -> bool {
        self.is_whole(self.file, over)
    }
}
