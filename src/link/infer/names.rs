//! Types of names: variables, parameters, globals.

use super::super::models::{ModelTypeId, Wrapper};
use super::super::types::{Base, ClassRef, Entity, ExprRef, FunctionRef, Type};
use super::{MAX_STEPS, Typer};
use crate::analysis::def_use::{Def, DefId};
use crate::analysis::facts::{Attached, Container, GatheredAs};
use crate::finding::Confidence;
use crate::ir::{
    Expr, ExprId, FunctionId, ImportId, Invocation, LocalId, LocalKind, MODULE_BODY, Stmt,
};
use crate::source::Ecosystem;

/// Values put into a container that are looked at.
const MAX_GATHERED: usize = 4;

impl Typer<'_> {
    pub(super) fn local(&mut self, id: ExprId, local: LocalId) -> Type {
        if let Some(annotation) = self.module.local(local).annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() && !self.is_literal(local, ty) {
                return ty;
            }
        }
        if let Some(ty) = self.narrowed(id, local) {
            return ty;
        }
        match self.facts.def_use.reaching(id) {
            Some(def) => self.defined(def),
            None => self.entered(local, self.module.function_of(id)),
        }
    }

    /// What a test around says that a name is.
    fn narrowed(&mut self, id: ExprId, local: LocalId) -> Option<Type> {
        let facts = self.facts;
        let tests = facts.narrowed.get(&local)?;
        let span = self.module.span(id);
        // The innermost is the last.
        let narrowed = tests.iter().rev().find(|test| test.span.contains(span))?;
        let class = self.of(narrowed.class);
        let ty = self.instance_of(class);
        let is_known = !matches!(ty.base, Base::Unknown | Base::External);
        (class.is_bare() && is_known).then_some(ty)
    }

    fn defined(&mut self, id: DefId) -> Type {
        if let Some(&known) = self.known_defs.get(&id) {
            return known;
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.known_defs.insert(id, Type::UNKNOWN);
        self.steps += 1;
        let facts = self.facts;
        let ty = match facts.def_use.def(id) {
            Def::Entry { local, function } => self.entered(*local, *function),
            Def::Value { value, local, .. } => {
                let ty = self.of(*value);
                self.filled(*local, *value).unwrap_or(ty)
            }
            Def::Augmented {
                previous, value, ..
            } => {
                let before = self.defined(*previous);
                let added = self.of(*value);
                self.either(before, added)
            }
            Def::Join { operands, .. } => {
                let mut operands = operands.iter();
                let first = operands.next().map(|&def| self.defined(def));
                operands.fold(first.unwrap_or(Type::UNKNOWN), |ty, &def| {
                    let other = self.defined(def);
                    self.either(ty, other)
                })
            }
            Def::Carried { entry, back, .. } => {
                let before = self.defined(*entry);
                match back.first() {
                    Some(&back) if before.is_unknown() || before.base == Base::Null => {
                        before.or(self.defined(back))
                    }
                    _ => before,
                }
            }
        };
        self.steps -= 1;
        self.known_defs.insert(id, ty);
        ty
    }

    /// The type of a container that starts empty, by what is put into it.
    fn filled(&mut self, local: LocalId, value: ExprId) -> Option<Type> {
        let facts = self.facts;
        let gathered = facts.gathered.get(&local)?;
        let empty = self.module.empty_container(value)?;
        let mut ty: Option<Type> = None;
        let is_map = empty == Container::Map;
        let mut kind = None;
        for put in gathered.iter().take(MAX_GATHERED) {
            if (put.kind == GatheredAs::Element) == is_map || kind.is_some_and(|k| k != put.kind) {
                continue;
            }
            kind = Some(put.kind);
            let found = self.of(put.value);
            ty = Some(ty.map_or(found, |ty| ty.or(found)));
        }
        let ty = ty.filter(|ty| !matches!(ty.base, Base::Unknown | Base::External | Base::Null))?;
        let ty = ty.at_most(Confidence::Medium);
        Some(match (empty, kind?) {
            (Container::List, _) => ty.wrapped(Wrapper::List),
            (Container::Set, _) => ty.wrapped(Wrapper::Set),
            (Container::Map, GatheredAs::ElementOfValue) => {
                ty.wrapped(Wrapper::List).wrapped(Wrapper::Map)
            }
            (Container::Map, _) => ty.wrapped(Wrapper::Map),
        })
    }

    /// The type of a name at the entry of a function.
    fn entered(&mut self, local: LocalId, function: FunctionId) -> Type {
        let declared = self.module.local(local);
        match declared.kind {
            LocalKind::Function(function) => {
                let file = self.file;
                Type::of(Base::Function(FunctionRef { file, function }))
            }
            LocalKind::Class(class) => {
                let file = self.file;
                Type::of(Base::Class(ClassRef { file, class }))
            }
            LocalKind::Import(import) => {
                let ty = self.world.import_type(self.file, import);
                if !matches!(ty.base, Base::External | Base::Unknown) {
                    return ty;
                }
                // `except ImportError: from plain import load`
                let imports = &self.module.imports;
                let same = (0..imports.len())
                    .filter(|&i| i != import.index() && imports[i].local == Some(local));
                let mut others =
                    same.map(|i| self.world.import_type(self.file, ImportId(i as u32)));
                let known = others.find(|ty| !matches!(ty.base, Base::External | Base::Unknown));
                if let Some(known) = known {
                    return known.at_most(Confidence::Medium);
                }
                // A value of the project that nothing is known of but its name.
                let is_own =
                    self.world.targets[self.file.index()].imports[import.index()].is_some();
                let by_name = self.by_convention(self.module.text(declared.name));
                if is_own && !by_name.is_unknown() {
                    return by_name;
                }
                ty
            }
            LocalKind::Param(index) => {
                let is_assigned = !self.facts.def_use.assignments(local).is_empty();
                if declared.function == function || !is_assigned {
                    self.param(declared.function, usize::from(index))
                } else {
                    Type::UNKNOWN
                }
            }
            LocalKind::Variable | LocalKind::Const if declared.function != function => {
                if declared.function == MODULE_BODY {
                    let ty = self.world.module_local(self.file, local, 0);
                    if !ty.is_unknown() {
                        return ty;
                    }
                }
                self.variable(local)
            }
            _ => Type::UNKNOWN,
        }
    }

    /// Whether a constant is an object literal with members or a function: it says more than its
    /// declared type.
    fn is_literal(&mut self, local: LocalId, declared: Type) -> bool {
        let is_object = matches!(
            declared.base,
            Base::Instance(_) | Base::Shaped(_) | Base::Signature(_)
        );
        if !is_object || !declared.is_bare() || self.module.local(local).kind != LocalKind::Const {
            return false;
        }
        let Some(value) = self.facts.def_use.single_value(local) else {
            return false;
        };
        match self.module.expr(value) {
            Expr::Map(entries) => !entries.is_empty(),
            Expr::Function(_) => true,
            _ if self.is_joined(declared) => {
                let ty = self.of(value);
                !matches!(ty.base, Base::Unknown | Base::External)
            }
            _ => false,
        }
    }

    /// The type of a variable over all its assignments.
    pub fn variable(&mut self, local: LocalId) -> Type {
        if let Some(annotation) = self.module.local(local).annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() && !self.is_literal(local, ty) {
                return ty;
            }
        }
        if self.steps > MAX_STEPS {
            return Type::UNKNOWN;
        }
        self.steps += 1;
        let facts = self.facts;
        let mut ty = Type::UNKNOWN;
        for (i, &def) in facts.def_use.assignments(local).iter().take(8).enumerate() {
            let found = match facts.def_use.def(def) {
                Def::Value { value, .. } => self.of(*value),
                _ => continue,
            };
            ty = if i == 0 {
                found
            } else {
                self.either(ty, found)
            };
        }
        self.steps -= 1;
        ty
    }

    pub(super) fn global(&mut self, name: &str) -> Type {
        let ecosystem = self.world.unit(self.file).ecosystem;
        if let Some(path) = self.world.models.global(ecosystem, name) {
            return Type::of(Base::Path(path));
        }
        if name == "exports" && ecosystem == Ecosystem::Npm {
            return Type::of(Base::File(self.file));
        }
        // A name that a star import brings in.
        let found = self.world.module_member(Base::File(self.file), name);
        if found.is_unknown() {
            if self.module.template.is_some()
                && let Some(function) = self.world.registered(self.file, name)
            {
                return Type::of(Base::Function(function));
            }
            return self.by_convention(name);
        }
        found
    }

    /// The type that a value of this name has in practice.
    pub(super) fn by_convention(&self, name: &str) -> Type {
        Self::conventional(self.world.models.receiver(name))
    }

    pub(super) fn conventional(receiver: Option<(ModelTypeId, Confidence)>) -> Type {
        match receiver {
            Some((ty, confidence)) => Type::of(Base::Model(ty, Entity::None)).at_most(confidence),
            None => Type::UNKNOWN,
        }
    }

    pub(super) fn receiver(&self, id: ExprId) -> Type {
        match self.module.receiver_class(id) {
            Some(class) => {
                let file = self.file;
                let class = ClassRef { file, class };
                let owner = self.module.receiver_owner(self.module.function_of(id));
                // In a static method the receiver is the class.
                Type::of(if self.module.function(owner).is_static {
                    Base::Class(class)
                } else {
                    Base::Instance(class)
                })
            }
            None => self.object_around(id),
        }
    }

    /// What `this` is in a function that is no method of a class: the object literal it stands
    /// in, or what it was attached to.
    fn object_around(&self, id: ExprId) -> Type {
        let file = self.file;
        let owner = self.module.receiver_owner(self.module.function_of(id));
        if let Some(&expr) = self.facts.object_of.get(&owner)
            && self.attached_to(|value| value == expr).is_none()
        {
            return Type::of(Base::Literal(ExprRef { file, expr }));
        }
        let is_owner = |value| self.module.expr(value) == Expr::Function(owner);
        match self.attached_to(is_owner) {
            Some(attached) => {
                let function = attached.function;
                let function = FunctionRef { file, function };
                Type::of(if attached.is_of_instances {
                    Base::Made(function)
                } else {
                    Base::Function(function)
                })
            }
            None if self.module.function(owner).name.is_some()
                && self.facts.attached.iter().any(|a| a.function == owner) =>
            {
                let function = FunctionRef {
                    file,
                    function: owner,
                };
                Type::of(Base::Made(function))
            }
            None => Type::UNKNOWN,
        }
    }

    fn attached_to(&self, is_value: impl Fn(ExprId) -> bool) -> Option<Attached> {
        let mut attached = self.facts.attached.iter();
        attached.find(|attached| is_value(attached.value)).copied()
    }

    /// What was put into a context object that is handed around: `app.locals.mailer = …`, read as
    /// `req.app.locals.mailer`.
    pub(super) fn kept_in_context(&self, object: ExprId, name: &str) -> Option<Type> {
        let holder = self.last_name(object)?;
        let kept = self.world.contexts.get(holder)?;
        let ty = kept.get(name).filter(|ty| !ty.is_unknown())?;
        Some(ty.at_most(Confidence::Medium))
    }

    /// The values that this file puts into context objects, by the name of the object and their
    /// own.
    pub(in crate::link) fn put_in_contexts(&mut self) -> Vec<(&str, &str, Type)> {
        let module = self.module;
        let mut found = Vec::new();
        for &(holder, name, value) in &self.facts.put_in_contexts {
            let ty = self.of(value);
            if !matches!(ty.base, Base::Unknown | Base::External | Base::Null) {
                found.push((module.text(holder), module.text(name), ty));
            }
        }
        found
    }

    /// The class whose parents' view of the receiver an expression is: `super`, `super()`.
    pub(in crate::link) fn parent_view(&self, object: ExprId) -> Option<ClassRef> {
        let module = self.module;
        let is_parent_view = match module.expr(object) {
            Expr::Super => true,
            Expr::Call { callee, .. } => match module.expr(callee) {
                Expr::Super => true,
                Expr::Name(name) => module.text(name) == "super",
                _ => false,
            },
            _ => false,
        };
        if !is_parent_view {
            return None;
        }
        let owner = module.receiver_owner(module.function_of(object));
        let class = module.function(owner).class?;
        let file = self.file;
        Some(ClassRef { file, class })
    }

    /// The function that a framework calls for a parameter, by its default or annotation:
    /// `Depends(current_user)`, `Annotated[User, Depends(current_user)]`.
    pub(in crate::link) fn provider(
        &mut self,
        asked: ExprId,
    ) -> Option<(ExprId, FunctionRef, Confidence)> {
        let module = self.module;
        match module.expr(asked) {
            Expr::Call { callee, args, .. } => {
                if !matches!(self.last_name(callee)?, "Depends" | "Security") {
                    return None;
                }
                let ty = self.of(*module.list(args).first()?);
                match ty.base {
                    Base::Function(function) if ty.is_bare() => {
                        Some((asked, function, ty.confidence))
                    }
                    _ => None,
                }
            }
            Expr::Index { object, index } if self.last_name(object) == Some("Annotated") => {
                match module.expr(index) {
                    Expr::Sequence { elements, .. } => {
                        let mut elements = module.list(elements).iter();
                        elements.find_map(|&element| self.provider(element))
                    }
                    _ => None,
                }
            }
            // `CurrentUser = Annotated[User, Depends(current_user)]`
            Expr::Local(local) if module.local(local).function == MODULE_BODY => {
                let value = self.facts.def_use.single_value(local)?;
                match module.expr(value) {
                    Expr::Index { .. } => self.provider(value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type that `Depends(get_repo)` asks the framework for.
    fn provided(&mut self, value: ExprId) -> Option<Type> {
        let module = self.module;
        let Expr::Call { callee, args, .. } = module.expr(value) else {
            return None;
        };
        if !matches!(
            self.last_name(callee)?,
            "Depends" | "Security" | "Provide" | "Inject"
        ) {
            return None;
        }
        let &[provider, ..] = module.list(args) else {
            return None;
        };
        let ty = self.of(provider);
        let given = match ty.base {
            Base::Class(_) => self.instance_of(ty),
            _ => self.result_of_type(ty).awaited(),
        };
        Some(match given.wrapper() {
            Some(Wrapper::Iterator) => given.peeled(),
            _ => given,
        })
    }

    /// What a project function says that it hands to the callback it is given:
    /// `run((tx) => …)` of `function run(work: (tx: Transaction) => void)`.
    fn asked_for(&mut self, call: ExprId, position: u16, index: usize) -> Option<Type> {
        let callee = self.callee(call);
        let function = match callee.base {
            Base::Function(function) if callee.is_bare() => function,
            Base::Class(class) if callee.is_bare() => self.world.constructor(class)?,
            _ => return None,
        };
        let signature = self.expected(function, position)?;
        let types = self.signature(signature);
        let (_, params) = types.split_last()?;
        let ty = *params.get(index)?;
        (!ty.is_unknown()).then(|| ty.at_most(callee.confidence))
    }

    /// The declared type of the variable that a function is the value of:
    /// `const handle: Handler = (request) => …`.
    fn declared_as(&mut self, function: FunctionId) -> Option<ExprRef> {
        let module = self.module;
        let Stmt::Expr(assigned) = module.stmt(module.function(function).stmt?) else {
            return None;
        };
        let Expr::Assign { target, value, .. } = module.expr(assigned) else {
            return None;
        };
        let (Expr::Local(local), Expr::Function(assigned)) =
            (module.expr(target), module.expr(value))
        else {
            return None;
        };
        if assigned != function {
            return None;
        }
        match self.annotated(module.local(local).annotation?).base {
            Base::Signature(signature) => Some(signature),
            _ => None,
        }
    }

    /// The type of a parameter.
    pub fn param(&mut self, function: FunctionId, index: usize) -> Type {
        let module = self.module;
        let declared = module.function(function);
        let Some(param) = declared.params.get(index) else {
            return Type::UNKNOWN;
        };
        if let Some(annotation) = param.annotation {
            let ty = self.annotated(annotation);
            if !ty.is_unknown() {
                return ty;
            }
        }
        // A library calls the method once per row, with the row.
        let at = FunctionRef {
            file: self.file,
            function,
        };
        if declared.class.is_some()
            && let Some(per_row) = self.world.per_row(at)
            && usize::from(per_row.param) == index
            && let Some(entity) = per_row.entity
        {
            return Type::of(Base::Instance(entity));
        }
        // The receiver parameter of languages that spell it out.
        if index == 0
            && module.exports_all
            && !declared.is_static
            && let Some(class) = declared.class
        {
            let class = ClassRef {
                file: self.file,
                class,
            };
            let is_class_method = module.list(declared.decorators).iter().any(
                |&d| matches!(module.expr(d), Expr::Name(n) if module.text(n) == "classmethod"),
            );
            return Type::of(if is_class_method {
                Base::Class(class)
            } else {
                Base::Instance(class)
            });
        }
        match declared.invocation {
            Invocation::PerElement(lp) => {
                if index == module.element_param(lp) {
                    if let Some(over) = module.lp(lp).over {
                        let over = self.of(over);
                        return self.element_of(over);
                    }
                } else if index == module.element_param(lp) + 2 {
                    // `xs.filter((x, i, all) => …)`: the collection itself.
                    if let Some(over) = module.lp(lp).over {
                        return self.of(over);
                    }
                } else if index == 0 {
                    // What is accumulated starts as the argument after the callback.
                    let start = module.lp(lp).call.and_then(|call| self.argument(call, 1));
                    if let Some(start) = start {
                        return self.of(start).at_most(Confidence::Medium);
                    }
                }
            }
            Invocation::Argument(call, position) => {
                if let Some((model, receiver)) = self.called_model(call)
                    && model
                        .callback
                        .is_some_and(|(at, _)| u16::from(at) == position)
                    && index == 0
                {
                    let receives = &model.receives;
                    return self.specified(receives, receiver, Entity::None, call);
                }
                if let Some(ty) = self.asked_for(call, position, index) {
                    return ty;
                }
            }
            _ => {}
        }
        if let Some(signature) = self.declared_as(function) {
            let types = self.signature(signature);
            let ty = types.split_last().and_then(|(_, params)| params.get(index));
            if let Some(&ty) = ty.filter(|ty| !ty.is_unknown()) {
                return ty;
            }
        }
        if param.annotation.is_none()
            && let Some(&given) = self.world.given.get(&(at, index as u16))
        {
            return given.at_most(Confidence::Medium);
        }
        if let Some(default) = param.default
            && let Some(provided) = self.provided(default)
        {
            return provided;
        }
        let default = param.default.map(|default| self.of(default));
        let name = match module.expr(param.target) {
            Expr::Local(local) => self.by_convention(module.text(module.local(local).name)),
            _ => Type::UNKNOWN,
        };
        match default {
            Some(ty) if !ty.is_unknown() && ty.base != Base::Null => ty.at_most(Confidence::Medium),
            _ => name,
        }
    }
}
