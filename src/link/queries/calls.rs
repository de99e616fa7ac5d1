//! Following a query back through calls, variables and functions.

use super::draft::{Draft, Source};
use super::{Frame, MAX_DEPTH, MAX_FRAMES, MAX_STEPS, Reader};
use crate::analysis::def_use::{Def, DefId};
use crate::ir::query::{Bound, Condition, Operand, OperatorClass, Projection, Term, Value, Verb};
use crate::ir::{BinaryOp, Expr, ExprId, LocalId, LocalKind};
use crate::link::callbacks::argument_for;
use crate::link::infer::entity_of;
use crate::link::models::clauses::{Clauses, Count, Form, Projects};
use crate::link::models::{Bounded, CallModel, Effect};
use crate::link::types::{Base, ClassRef, Entity, FunctionRef, Type};
use crate::source::FileId;

impl Reader<'_> {
    /// Whether a value is a query that was not run yet.
    pub(super) fn is_query(&mut self, file: FileId, expr: ExprId) -> bool {
        let ty = self.typer(file).of(expr);
        let (true, Base::Model(id, _)) = (ty.is_bare(), ty.base) else {
            return false;
        };
        let models = &self.world.models;
        let has_effect = |model: Option<&crate::link::models::UseModel>| {
            model.is_some_and(|model| model.effect.is_some())
        };
        models.ty(id).statement.is_some()
            || has_effect(models.iterate(id))
            || has_effect(models.awaited(id))
    }

    /// The query that an expression builds or runs.
    pub(super) fn draft(&mut self, file: FileId, expr: ExprId) -> Option<Draft> {
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return None;
        }
        self.depth += 1;
        self.steps += 1;
        let found = self.draft_of(file, expr);
        self.depth -= 1;
        found
    }

    fn draft_of(&mut self, file: FileId, expr: ExprId) -> Option<Draft> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::Await(value) | Expr::Spread(value) | Expr::Entered(value) => {
                self.draft(file, value)
            }
            Expr::Assign {
                op: None, value, ..
            }
            | Expr::Keyword { value, .. } => self.draft(file, value),
            Expr::Call { .. } => self.called(file, expr),
            Expr::Local(local) => self.local(file, expr, local),
            Expr::This => self.receiver(file, expr),
            Expr::Member { object, .. } => self.member(file, expr, object),
            Expr::Index { object, index } => self.indexed(file, object, index),
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let (then, otherwise) = (self.draft(file, then), self.draft(file, otherwise));
                either(then, otherwise)
            }
            Expr::Logical { left, right, .. } => {
                let (left, right) = (self.draft(file, left), self.draft(file, right));
                either(left, right)
            }
            Expr::Binary {
                op: BinaryOp::BitOr | BinaryOp::BitAnd,
                left,
                ..
            } => {
                let mut draft = self.draft(file, left)?;
                draft.conditions.clear();
                draft.is_complete = false;
                Some(draft)
            }
            _ => self.root(file, expr),
        }
    }

    /// The rows of an entity, from the type of a value.
    fn root(&mut self, file: FileId, expr: ExprId) -> Option<Draft> {
        let ty = self.typer(file).of(expr);
        let mut draft = self.of_type(ty)?;
        // A repository or a manager hands out all rows; a query may be narrowed already.
        draft.is_complete = !self.is_query(file, expr);
        Some(draft)
    }

    fn of_type(&mut self, ty: Type) -> Option<Draft> {
        if !ty.is_bare() {
            return None;
        }
        let entity = match ty.base {
            Base::Class(class) if self.world.entities.table(class).is_some() => {
                Entity::Class(class)
            }
            Base::Class(_) => return None,
            // A manager or repository of the project.
            Base::Instance(class) => match self.world.entities.table(class) {
                Some(_) => return None,
                None => match self.world.entities.rows_of(class) {
                    Entity::Class(rows) if rows == class => return None,
                    entity => entity,
                },
            },
            // A row is no query.
            Base::Model(id, _) if self.world.models.ty(id).entity => return None,
            _ => entity_of(ty),
        };
        self.source_of(entity).map(Draft::of)
    }

    fn source_of(&self, entity: Entity) -> Option<Source> {
        match entity {
            Entity::None => None,
            Entity::Class(class) => Some(Source::Class(class)),
            Entity::Named(file, name) => Some(self.named_entity(self.module(file).text(name))),
        }
    }

    // --- names ----------------------------------------------------------------------------

    fn local(&mut self, file: FileId, expr: ExprId, local: LocalId) -> Option<Draft> {
        let facts = &self.world.unit(file).facts;
        if self.module(file).receiver_class(expr).is_some() {
            return self.receiver(file, expr);
        }
        if let Some(standing) = self.standing(file, expr) {
            return Some(standing);
        }
        let begun = match facts.def_use.reaching(expr) {
            Some(def) => self.defined(file, expr, def),
            None => self.entered(file, expr, local),
        };
        self.with_added(file, expr, local, begun)
    }

    fn defined(&mut self, file: FileId, expr: ExprId, def: DefId) -> Option<Draft> {
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return None;
        }
        self.depth += 1;
        self.steps += 1;
        let facts = &self.world.unit(file).facts;
        let found = match facts.def_use.def(def) {
            Def::Value { value, .. } => self.draft(file, *value),
            Def::Entry { local, .. } => self.entered(file, expr, *local),
            Def::Augmented { previous, .. } => {
                let mut draft = self.defined(file, expr, *previous);
                if let Some(draft) = &mut draft {
                    draft.conditions.clear();
                    draft.is_complete = false;
                }
                draft
            }
            Def::Join { operands, .. } => {
                let mut operands = operands.iter();
                let first = operands
                    .next()
                    .and_then(|&def| self.defined(file, expr, def));
                operands.fold(first, |found, &def| {
                    let other = self.defined(file, expr, def);
                    either(found, other)
                })
            }
            Def::Carried { entry, back, .. } => {
                let mut draft = self.defined(file, expr, *entry);
                if let Some(draft) = &mut draft
                    && !back.is_empty()
                {
                    draft.is_complete = false;
                    draft.is_unsorted = true;
                    draft.limit = Bound::Unknown;
                }
                draft
            }
        };
        self.depth -= 1;
        found
    }

    /// A name at the entry of a function: a parameter, an import, a name of the function around.
    fn entered(&mut self, file: FileId, expr: ExprId, local: LocalId) -> Option<Draft> {
        let module = self.module(file);
        let declared = module.local(local);
        match declared.kind {
            LocalKind::Param(param) => {
                let at = FunctionRef {
                    file,
                    function: declared.function,
                };
                let value = self.argument(at, param);
                match value {
                    Some((frames, caller, value)) => {
                        let inner = self.frames.split_off(frames);
                        let draft = self.draft(caller, value);
                        self.frames.extend(inner);
                        draft
                    }
                    None => self.root(file, expr),
                }
            }
            LocalKind::Variable | LocalKind::Const => {
                let facts = &self.world.unit(file).facts;
                match facts.def_use.single_value(local) {
                    Some(value) => self.draft(file, value),
                    None => self.root(file, expr),
                }
            }
            LocalKind::Import(import) => match self.world.imported_value(file, import) {
                Some(at) if matches!(self.module(at.file).expr(at.value), Expr::Call { .. }) => {
                    match self.declared_table(at.file, at.value) {
                        Some(source) => Some(Draft::of(source)),
                        None => self.draft(at.file, at.value),
                    }
                }
                _ => self.root(file, expr),
            },
            _ => self.root(file, expr),
        }
    }

    /// The argument that a parameter has in the call that was gone into: how many frames stand
    /// around it, its file, and itself.
    pub(super) fn argument(
        &self,
        function: FunctionRef,
        param: u16,
    ) -> Option<(usize, FileId, ExprId)> {
        let at = self
            .frames
            .iter()
            .rposition(|frame| frame.callee == function)?;
        let frame = &self.frames[at];
        let caller = self.module(frame.caller);
        let value = argument_for(self.world, caller, frame.call, function, param)?;
        Some((at, frame.caller, value))
    }

    /// The receiver of the method around an expression.
    fn receiver(&mut self, file: FileId, expr: ExprId) -> Option<Draft> {
        let module = self.module(file);
        let function = module.receiver_owner(module.function_of(expr));
        let at = FunctionRef { file, function };
        let frame = self.frames.iter().rev().find(|frame| frame.callee == at);
        match frame {
            Some(frame) if frame.receiver.is_some() => frame.receiver.clone(),
            _ => {
                let mut draft = self.root(file, expr)?;
                draft.is_complete = false;
                Some(draft)
            }
        }
    }

    fn member(&mut self, file: FileId, expr: ExprId, object: ExprId) -> Option<Draft> {
        let module = self.module(file);
        let Expr::Member { name, .. } = module.expr(expr) else {
            return None;
        };
        let name = module.text(name);
        let on = self.typer(file).of(object);
        let ty = self.typer(file).of(expr);
        if let (true, Base::Instance(class)) = (on.is_bare(), on.base) {
            if let Some(draft) = self.related(class, name) {
                return Some(draft);
            }
            // An attribute of the class: `queryset = Book.objects.all()`.
            if let Some(value) = self.world.field_value(class, name)
                && self.is_query(value.file, value.expr)
            {
                return self.draft(value.file, value.expr);
            }
        }
        let mut draft = self.of_type(ty)?;
        // What a manager of the project hands out is narrowed by its own method.
        if let (Base::Instance(manager), true) = (ty.base, ty.is_bare()) {
            if let Base::Class(owner) = on.base {
                draft = Draft::of(Source::Class(owner));
            }
            return Some(self.managed(manager, draft));
        }
        if let Base::Class(_) | Base::ModelClass(..) = on.base {
            draft.is_complete = true;
        }
        Some(draft)
    }

    /// The rows that a manager of the project hands out.
    fn managed(&mut self, manager: ClassRef, all: Draft) -> Draft {
        match self.world.method(manager, "get_queryset") {
            Some(method) => {
                let frame = Frame {
                    callee: method,
                    caller: method.file,
                    call: ExprId(0),
                    receiver: Some(all.clone()),
                };
                self.gone_into(frame).unwrap_or(Draft {
                    is_complete: false,
                    ..all
                })
            }
            None => all,
        }
    }

    /// The rows that a to-many relation of a row leads to.
    fn related(&mut self, class: ClassRef, name: &str) -> Option<Draft> {
        let id = self.world.entities.find(self.world, class, name)?;
        let relation = self.world.entities.get(id).clone();
        let target = relation.target?;
        let mut draft = Draft::of(Source::Class(target));
        draft.is_complete = false;
        if relation.many
            && let Some(inverse) = &relation.inverse
            && let Some(back) = self.world.entities.find(self.world, target, inverse)
            && self.world.entities.get(back).key
        {
            let column = self.column(&Source::Class(target), inverse);
            draft.conditions.push(Condition::Term(Term {
                table: 0,
                value: Value::Column(column),
                class: OperatorClass::Equality,
                operand: Operand::Parameter,
                place: None,
            }));
            draft.is_complete = true;
        }
        Some(draft)
    }

    fn indexed(&mut self, file: FileId, object: ExprId, index: ExprId) -> Option<Draft> {
        let module = self.module(file);
        let mut draft = self.draft(file, object)?;
        match module.expr(index) {
            Expr::Slice(parts) => {
                let parts = module.list(parts);
                let number = |at: usize| parts.get(at).map(|&part| module.expr(part));
                let lower = number(0);
                draft.offset = match lower {
                    None | Some(Expr::Null | Expr::Number(0)) => draft.offset,
                    Some(Expr::Number(n)) if n > 0 => Bound::Constant(n.cast_unsigned()),
                    Some(_) => Bound::Parameter,
                };
                draft.limit = match (lower, number(1)) {
                    (_, None | Some(Expr::Null)) => draft.limit,
                    (None | Some(Expr::Null), Some(Expr::Number(n))) if n > 0 => {
                        Bound::Constant(n.cast_unsigned())
                    }
                    _ => Bound::Parameter,
                };
            }
            Expr::Number(_) => draft.limit = Bound::Constant(1),
            _ => return None,
        }
        Some(draft)
    }

    // --- calls ----------------------------------------------------------------------------

    fn called(&mut self, file: FileId, call: ExprId) -> Option<Draft> {
        let module = self.module(file);
        let Expr::Call { callee, .. } = module.expr(call) else {
            return None;
        };
        let object = match module.expr(callee) {
            Expr::Member { object, .. } => Some(object),
            Expr::Index { object, .. } => match module.expr(object) {
                Expr::Member { object, .. } => Some(object),
                _ => None,
            },
            _ => None,
        };
        let ty = self.typer(file).callee(call);
        if !ty.is_bare() {
            return None;
        }
        match ty.base {
            Base::Function(function) => {
                let receiver = object.and_then(|object| self.on(file, object));
                let frame = Frame {
                    callee: function,
                    caller: file,
                    call,
                    receiver,
                };
                self.gone_into(frame).or_else(|| self.root(file, call))
            }
            Base::Method(..) | Base::Path(_) => {
                let (model, _) = self.typer(file).called_model(call)?;
                let entity = match ty.base {
                    Base::Method(_, entity) => entity,
                    _ => Entity::None,
                };
                self.modelled(file, call, model, object, entity)
            }
            // A call that nobody describes, on a query: it may add what it likes.
            Base::External | Base::Unknown => {
                let object = object?;
                if !self.is_query(file, object) {
                    return None;
                }
                let mut draft = self.draft(file, object)?;
                draft.is_complete = false;
                draft.is_unsorted = true;
                draft.limit = Bound::Unknown;
                Some(draft)
            }
            _ => None,
        }
    }

    /// The query that a method is called on.
    fn on(&mut self, file: FileId, object: ExprId) -> Option<Draft> {
        let module = self.module(file);
        // `super().get_queryset()`
        let is_super = match module.expr(object) {
            Expr::Super => true,
            Expr::Call { callee, .. } => match module.expr(callee) {
                Expr::Super => true,
                Expr::Name(name) => module.text(name) == "super",
                _ => false,
            },
            _ => false,
        };
        if is_super {
            return self.receiver(file, object).or_else(|| {
                let function = module.receiver_owner(module.function_of(object));
                let class = module.function(function).class?;
                let class = ClassRef { file, class };
                let mut draft = self.of_type(Type::of(Base::Instance(class)))?;
                draft.is_complete = false;
                Some(draft)
            });
        }
        self.draft(file, object)
    }

    /// What a function of the project returns.
    fn gone_into(&mut self, frame: Frame) -> Option<Draft> {
        let is_open = self.frames.iter().any(|open| open.callee == frame.callee);
        if is_open || self.frames.len() >= MAX_FRAMES {
            return None;
        }
        let at = frame.callee;
        let module = self.module(at.file);
        let returned = module.returned(at.function);
        self.frames.push(frame);
        let mut found: Option<Draft> = None;
        for value in returned {
            if matches!(module.expr(value), Expr::Null) {
                continue;
            }
            let draft = self.draft(at.file, value);
            found = match (found, draft) {
                (None, draft) => draft,
                (found, None) => found.map(|found| Draft {
                    is_complete: false,
                    ..found
                }),
                (Some(a), Some(b)) => a.or(b),
            };
        }
        self.frames.pop();
        found
    }

    /// What a call of a library adds to the query it is called on, or begins.
    fn modelled(
        &mut self,
        file: FileId,
        call: ExprId,
        model: &CallModel,
        object: Option<ExprId>,
        entity: Entity,
    ) -> Option<Draft> {
        // `session.execute(statement)` runs what it is handed.
        if let Some(sql) = model.sql {
            let argument = self.typer(file).argument(call, usize::from(sql));
            if let Some(argument) = argument {
                return self.draft(file, argument);
            }
        }
        let nothing = Clauses::default();
        let clauses = model.query.as_deref().unwrap_or(&nothing);
        let mut draft = None;
        if let Some(from) = &clauses.from
            && let Some(argument) = self.argument_at(file, call, from)
        {
            let receiver = object.filter(|&object| self.is_query(file, object));
            draft = self.from(file, argument);
            if let (Some(found), Some(receiver)) = (&mut draft, receiver)
                && let Some(before) = self.draft(file, receiver)
            {
                found.projection = before.projection;
                found.verb = before.verb;
                found.conditions = before.conditions;
            }
        }
        if draft.is_none()
            && let Some(object) = object
        {
            draft = self.on(file, object);
        }
        let of_row = object.is_some_and(|object| {
            let ty = self.typer(file).of(object);
            matches!(ty.base, Base::Instance(class) if self.world.entities.table(class).is_some())
        });
        if draft.is_none() && !of_row {
            // All rows of a repository; a query whose begin is out of sight may be narrowed.
            let is_narrowed = object.is_some_and(|object| self.is_query(file, object));
            draft = self.source_of(entity).map(|source| Draft {
                is_complete: !is_narrowed,
                ..Draft::of(source)
            });
        }
        let mut draft = match draft {
            Some(draft) => draft,
            // `select(func.count()).where(Book.year > 2000)`: conditions name tables too.
            None if clauses.conditions == Some(Form::Expressions) || clauses.from.is_some() => {
                Draft::new()
            }
            None => return None,
        };
        if model.effect == Some(Effect::DbWrite) {
            draft.verb = Verb::Update;
        }
        self.add(file, call, model, clauses, &mut draft);
        Some(draft)
    }

    fn add(
        &mut self,
        file: FileId,
        call: ExprId,
        model: &CallModel,
        clauses: &Clauses,
        draft: &mut Draft,
    ) {
        if let Some(join) = &clauses.join {
            self.joined(file, call, model, join, clauses, draft);
        }
        if let Some(alias) = &clauses.alias
            && let Some(alias) = self.argument_at(file, call, alias)
        {
            let module = self.module(file);
            if let (Expr::String(text), Some(table)) = (module.expr(alias), draft.tables.last_mut())
            {
                table.alias = Some(module.text(text).to_owned());
            }
        }
        if clauses.computes {
            let module = self.module(file);
            if let Expr::Call { args, .. } = module.expr(call) {
                for &arg in module.list(args) {
                    if let Expr::Keyword { name, .. } = module.expr(arg) {
                        draft.computed.push(module.text(name).to_owned());
                        self.keep_inner_of(file, arg);
                    }
                }
            }
        }
        if clauses.conditions.is_some() {
            self.conditions(file, call, model, clauses, draft);
        }
        if clauses.order.is_some() {
            self.order(file, call, model, clauses, draft);
        }
        if let Some(limit) = &clauses.limit {
            draft.limit = self.count(file, call, limit, draft.limit);
        }
        if let Some(offset) = &clauses.offset {
            let begins = clauses.cursor.as_ref();
            let begins = begins.is_some_and(|cursor| self.typer(file).is_given(call, cursor));
            if !begins {
                draft.offset = self.count(file, call, offset, draft.offset);
            }
        }
        match clauses.projection {
            Some(Projects::Columns) => draft.projection = Projection::Columns(Vec::new()),
            Some(Projects::Aggregate) => {
                draft.projection = Projection::Aggregate;
                draft.is_aggregate = true;
            }
            Some(Projects::Groups) => draft.is_aggregate = true,
            None => {}
        }
        if clauses.opaque {
            draft.is_complete = false;
        }
    }

    /// The argument at a place of a call.
    pub(super) fn argument_at(
        &mut self,
        file: FileId,
        call: ExprId,
        at: &Bounded,
    ) -> Option<ExprId> {
        let module = self.module(file);
        let Expr::Call { args, .. } = module.expr(call) else {
            return None;
        };
        let args = module.list(args);
        match at {
            Bounded::Always => None,
            Bounded::Argument(n) => self.typer(file).argument(call, usize::from(*n)),
            Bounded::Key(key) => {
                if let Some(value) = crate::link::infer::keyword_in(module, args, key) {
                    return Some(value);
                }
                args.iter().find_map(|&arg| {
                    let map = self.literal(file, arg);
                    let (at, map) = map?;
                    // Of another file it could not be read with this call's.
                    if at != file {
                        return None;
                    }
                    match module.expr(map) {
                        Expr::Map(entries) => {
                            crate::link::infer::keyword_in(module, module.list(entries), key)
                        }
                        _ => None,
                    }
                })
            }
        }
    }

    /// The object literal that a value is, perhaps through a variable.
    pub(super) fn literal(&mut self, file: FileId, expr: ExprId) -> Option<(FileId, ExprId)> {
        let module = self.module(file);
        let mut at = expr;
        for _ in 0..6 {
            match module.expr(at) {
                Expr::Map(_) | Expr::Sequence { .. } => return Some((file, at)),
                Expr::Local(local) => at = self.only_value(file, at, local)?,
                Expr::Await(inner) => at = inner,
                _ => return None,
            }
        }
        None
    }

    /// The one value that a use of a variable can see.
    pub(super) fn only_value(&self, file: FileId, expr: ExprId, local: LocalId) -> Option<ExprId> {
        let facts = &self.world.unit(file).facts;
        match facts
            .def_use
            .reaching(expr)
            .map(|def| facts.def_use.def(def))
        {
            Some(Def::Value { value, .. }) => Some(*value),
            Some(Def::Entry { local, .. }) => facts.def_use.single_value(*local),
            None => facts.def_use.single_value(local),
            _ => None,
        }
    }

    /// The query that begins with what an argument names.
    fn from(&mut self, file: FileId, argument: ExprId) -> Option<Draft> {
        let module = self.module(file);
        if let Some((source, alias)) = self.named_table(file, argument) {
            let mut draft = Draft::of(source);
            draft.tables[0].alias = alias;
            return Some(draft);
        }
        if let Expr::Sequence { elements, .. } = module.expr(argument)
            && let Some(&first) = module.list(elements).first()
        {
            return self.from(file, first);
        }
        if self.is_query(file, argument) {
            return self.draft(file, argument);
        }
        // A column: `select(Book.id)`.
        let (source, _) = self.column_of(file, argument)?;
        let mut draft = Draft::of(source);
        draft.projection = Projection::Columns(Vec::new());
        Some(draft)
    }

    fn joined(
        &mut self,
        file: FileId,
        call: ExprId,
        model: &CallModel,
        join: &Bounded,
        clauses: &Clauses,
        draft: &mut Draft,
    ) {
        let Some(argument) = self.argument_at(file, call, join) else {
            return;
        };
        let Some((source, alias)) = self.named_table(file, argument) else {
            self.keep_derived(file, argument);
            draft.is_complete = false;
            return;
        };
        let at = draft.join(source);
        draft.tables[usize::from(at)].alias = alias;
        if let Some(on) = &clauses.on
            && let Some(on) = self.argument_at(file, call, on)
        {
            let conditions = self.expression(file, on, &model.package, draft);
            draft.narrow(conditions);
        }
    }

    fn count(&mut self, file: FileId, call: ExprId, count: &Count, before: Bound) -> Bound {
        match count {
            Count::Constant(n) => Bound::Constant(*n),
            Count::By(at) => match self.argument_at(file, call, at) {
                None => before,
                Some(value) => match self.module(file).expr(value) {
                    Expr::Number(n) if n >= 0 => Bound::Constant(n.cast_unsigned()),
                    Expr::Null => Bound::None,
                    _ => Bound::Parameter,
                },
            },
        }
    }
}

/// What is asked whichever of two is asked.
pub(super) fn either(a: Option<Draft>, b: Option<Draft>) -> Option<Draft> {
    match (a, b) {
        (Some(a), Some(b)) => a.or(b),
        (found, None) | (None, found) => found.map(|found| Draft {
            is_complete: false,
            ..found
        }),
    }
}
