//! Functions, classes, their parameters, decorators and fields.

use super::Lowering;
use super::grammar::{Field, Kind, Part, Parts};
use super::patterns::Binds;
use crate::ir;
use crate::ir::{
    Class, ClassId, ClassKind, Expr, ExprId, ExprList, FunctionId, FunctionKind, LocalKind, Name,
    ParamKind, Stmt,
};
use crate::source::Span;

/// A parameter whose default and annotation, evaluated outside of the function, are lowered.
struct Param<'t> {
    target: Part<'t>,
    default: Option<ExprId>,
    annotation: Option<ExprId>,
    kind: ParamKind,
}

/// What the decorators of a function make of it.
#[derive(Default)]
struct Decoration {
    list: ExprList,
    kind: Option<FunctionKind>,
    is_static: bool,
    is_overload: bool,
}

impl<'t> Lowering<'t> {
    pub(super) fn decorated_definition(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let decorators: Vec<_> = parts
            .nodes()
            .filter(|p| p.kind == Kind::Decorator)
            .collect();
        let definition = parts.field(Field::Definition);
        match definition {
            Some(class) if class.kind == Kind::ClassDefinition => {
                self.class_definition(class, part, &decorators);
            }
            Some(function) => self.function_definition(function, part, &decorators),
            None => {}
        }
    }

    // --- functions ------------------------------------------------------------------------

    /// `def`, standing in `whole` with its decorators.
    pub(super) fn function_definition(
        &mut self,
        part: Part<'t>,
        whole: Part<'t>,
        decorators: &[Part<'t>],
    ) {
        let stmt = self.builder.open_stmt(whole.span());
        let class = self.class.take();
        let decoration = self.decoration(decorators);
        let parts = self.fields(part);
        let params = match parts.field(Field::Parameters) {
            Some(params) => self.params(params),
            None => Vec::new(),
        };
        let returns = parts.field(Field::ReturnType);
        let returns = returns.map(|ty| self.annotation(ty));

        let name_part = parts.field(Field::Name);
        let text = name_part.map_or("", |name| self.text(name));
        let name_span = name_part.map_or(part.span(), |name| name.span());
        let name = self.builder.name(text);
        let kind = match class {
            None => FunctionKind::Function,
            Some(_) if text == "__init__" => FunctionKind::Constructor,
            Some(_) => decoration.kind.unwrap_or(FunctionKind::Method),
        };
        let id = self
            .builder
            .open_function(Some(name), kind, part.span(), name_span);
        let function = self.builder.function_mut(id);
        function.class = class;
        function.is_async = parts.of_kind(Kind::Async).is_some();
        function.is_static = class.is_some() && decoration.is_static;
        function.decorators = decoration.list;
        function.returns = returns;

        let receiver = match (class, params.first()) {
            (Some(class), Some(first)) if !decoration.is_static => {
                Some((class, self.name(first.target)))
            }
            _ => None,
        };
        let receiver = std::mem::replace(&mut self.receiver, receiver);
        self.bind_params(&params);
        if let Some(body) = parts.field(Field::Body) {
            self.statements(body);
        }
        self.builder.close_function();
        self.receiver = receiver;
        self.class = class;

        if let Some(class) = class {
            self.builder.class_mut(class).methods.push(id);
        }
        if !text.is_empty() {
            // The implementation that follows the overloads is what the name stands for.
            let kind = if decoration.is_overload {
                LocalKind::Variable
            } else {
                LocalKind::Function(id)
            };
            self.builder
                .declare_in_function(text, kind, None, name_span);
        }
        self.builder.close_stmt(stmt, Stmt::Function(id));
    }

    fn decoration(&mut self, decorators: &[Part<'t>]) -> Decoration {
        let mut decoration = Decoration::default();
        let mut list = Vec::new();
        for &decorator in decorators {
            let Some(value) = self.parts(decorator).first() else {
                continue;
            };
            let value = self.expr(value);
            list.push(value);
            match self.last_word(value) {
                "staticmethod" => decoration.is_static = true,
                "overload" => decoration.is_overload = true,
                "setter" | "deleter" => decoration.kind = Some(FunctionKind::Setter),
                "getter" => decoration.kind = Some(FunctionKind::Getter),
                word if word.ends_with("property") => {
                    decoration.kind = Some(FunctionKind::Getter);
                }
                _ => {}
            }
        }
        decoration.list = self.builder.list(&list);
        decoration
    }

    /// The last part of a name, attribute or the callee of a call.
    pub(super) fn last_word(&self, value: ExprId) -> &str {
        let mut value = self.builder.get(value);
        if let Expr::Call { callee, .. } = value {
            value = self.builder.get(callee);
        }
        match value {
            Expr::Name(name) | Expr::Member { name, .. } => self.builder.text(name),
            _ => "",
        }
    }

    /// Lowers what parameters evaluate where the function is defined.
    fn params(&mut self, part: Part<'t>) -> Vec<Param<'t>> {
        let mut params = Vec::new();
        let mut plain = ParamKind::Plain;
        for param in self.parts(part).nodes() {
            let mut lowered = Param {
                target: param,
                default: None,
                annotation: None,
                kind: plain,
            };
            match param.kind {
                Kind::KeywordSeparator => {
                    plain = ParamKind::KeywordOnly;
                    continue;
                }
                Kind::Identifier | Kind::TuplePattern => {}
                Kind::ListSplatPattern | Kind::DictionarySplatPattern => {
                    self.splat_param(&mut lowered, param);
                }
                Kind::TypedParameter => {
                    let parts = self.fields(param);
                    let ty = parts.field(Field::Type);
                    lowered.annotation = ty.map(|ty| self.annotation(ty));
                    let Some(target) = parts.first() else {
                        continue;
                    };
                    lowered.target = target;
                    self.splat_param(&mut lowered, target);
                }
                Kind::DefaultParameter | Kind::TypedDefaultParameter => {
                    let parts = self.fields(param);
                    let Some(target) = parts.field(Field::Name) else {
                        continue;
                    };
                    lowered.target = target;
                    let ty = parts.field(Field::Type);
                    lowered.annotation = ty.map(|ty| self.annotation(ty));
                    let default = parts.field(Field::Value);
                    lowered.default = default.map(|default| match default.kind {
                        Kind::Lambda => self.named_lambda(default, target),
                        _ => self.expr(default),
                    });
                }
                _ => continue,
            }
            if lowered.kind == ParamKind::Rest {
                plain = ParamKind::KeywordOnly;
            }
            params.push(lowered);
        }
        params
    }

    /// `*args`, `**kwargs`
    fn splat_param(&mut self, param: &mut Param<'t>, target: Part<'t>) {
        param.kind = match target.kind {
            Kind::ListSplatPattern => ParamKind::Rest,
            Kind::DictionarySplatPattern => ParamKind::KeywordRest,
            _ => return,
        };
        if let Some(name) = self.parts(target).first() {
            param.target = name;
        }
    }

    fn bind_params(&mut self, params: &[Param<'t>]) {
        for (i, param) in params.iter().enumerate() {
            let (text, span) = (self.text(param.target), param.target.span());
            let target = if param.target.kind == Kind::Identifier {
                let kind = LocalKind::Param(u16::try_from(i).unwrap_or(u16::MAX));
                self.builder.declare(text, kind, param.annotation, span);
                self.builder.reference(text, span)
            } else {
                // In broken code anything may stand here, and code stands in statements.
                let stmt = self.builder.open_stmt(span);
                let target = self.target(param.target, Binds::Variable(None));
                self.builder.close_stmt(stmt, Stmt::Empty);
                target
            };
            self.builder.param(
                target,
                param.default,
                param.annotation,
                param.kind,
                ExprList::default(),
            );
        }
    }

    /// `name = lambda: …` and `object.name = lambda: …`
    pub(super) fn named_lambda(&mut self, part: Part<'t>, target: Part<'t>) -> ExprId {
        let name = match target.kind {
            Kind::Attribute => self.parts(target).last(),
            Kind::Identifier => Some(target),
            _ => None,
        };
        let name = name.map(|name| (self.name(name), name.span()));
        self.lambda(part, name)
    }

    pub(super) fn lambda(&mut self, part: Part<'t>, name: Option<(Name, Span)>) -> ExprId {
        let parts = self.fields(part);
        let params_part = parts.field(Field::Parameters);
        let params = match params_part {
            Some(params) => self.params(params),
            None => Vec::new(),
        };
        let span = part.span();
        let head = Span {
            start: span.start,
            end: params_part.map_or(span.start + "lambda".len() as u32, |p| p.span().end),
        };
        let (name, name_span) = name.map_or((None, head), |(name, span)| (Some(name), span));
        let id = self
            .builder
            .open_function(name, FunctionKind::Arrow, span, name_span);
        self.bind_params(&params);
        if let Some(body) = parts.field(Field::Body) {
            let stmt = self.builder.open_stmt(body.span());
            let value = self.expr(body);
            self.builder.close_stmt(stmt, Stmt::Return(Some(value)));
        }
        self.builder.close_function();
        self.builder.expr(Expr::Function(id), span)
    }

    /// The function being lowered yields.
    pub(super) fn note_yield(&mut self) {
        let function: FunctionId = self.builder.current_function();
        self.builder.function_mut(function).is_generator = true;
    }

    // --- classes --------------------------------------------------------------------------

    /// `class`, standing in `whole` with its decorators. The statements of the body, which run
    /// where the class stands, follow its statement in the same block.
    pub(super) fn class_definition(
        &mut self,
        part: Part<'t>,
        whole: Part<'t>,
        decorators: &[Part<'t>],
    ) {
        let stmt = self.builder.open_stmt(whole.span());
        let decorators = self.decoration(decorators).list;
        let parts = self.fields(part);
        let bases = match parts.field(Field::Superclasses) {
            Some(bases) => {
                let bases = self.parts(bases);
                self.exprs(&bases)
            }
            None => ExprList::default(),
        };
        let name_part = parts.field(Field::Name);
        let type_params = match parts.of_kind(Kind::TypeParameter) {
            Some(params) => self.type_params(params),
            None => Vec::new(),
        };
        let id = self.add_class(ClassKind::Class, part, name_part, |class| {
            class.bases = bases;
            class.type_params = type_params;
            class.decorators = decorators;
        });
        self.builder.close_stmt(stmt, Stmt::Class(id));

        let class = self.class.replace(id);
        let receiver = self.receiver.take();
        self.builder.open_class_scope();
        if let Some(body) = parts.field(Field::Body) {
            self.statements(body);
        }
        self.builder.close_scope();
        self.receiver = receiver;
        self.class = class;
    }

    /// `[K, T: Row]`
    fn type_params(&mut self, part: Part<'t>) -> Vec<Name> {
        let mut names = Vec::new();
        for param in self.parts(part).nodes() {
            let mut name = Some(param);
            while let Some(inner) = name.filter(|name| name.kind != Kind::Identifier) {
                name = self.parts(inner).first();
            }
            names.extend(name.map(|name| self.name(name)));
        }
        names
    }

    /// `type Name = …`
    pub(super) fn type_alias(&mut self, part: Part<'t>) {
        let stmt = self.builder.open_stmt(part.span());
        let parts = self.fields(part);
        let alias = parts.field(Field::Right).map(|ty| self.annotation(ty));
        let mut name = parts.field(Field::Left);
        // The name is the first leaf: `type Pair[T] = …`.
        while let Some(inner) = name.filter(|name| name.kind != Kind::Identifier) {
            name = self.parts(inner).first();
        }
        let id = self.add_class(ClassKind::Alias, part, name, |class| class.alias = alias);
        self.builder.close_stmt(stmt, Stmt::Class(id));
    }

    fn add_class(
        &mut self,
        kind: ClassKind,
        part: Part<'t>,
        name: Option<Part<'t>>,
        complete: impl FnOnce(&mut Class),
    ) -> ClassId {
        let text = name.map_or("", |name| self.text(name));
        let name_span = name.map_or(part.span(), |name| name.span());
        let mut class = Class {
            name: name.map(|name| self.name(name)),
            kind,
            span: part.span(),
            name_span,
            function: self.builder.current_function(),
            outer: self.class,
            bases: ExprList::default(),
            type_params: Vec::new(),
            decorators: ExprList::default(),
            fields: Vec::new(),
            methods: Vec::new(),
            inner: Vec::new(),
            alias: None,
        };
        complete(&mut class);
        let id = self.builder.add_class(class);
        if let Some(outer) = self.class {
            self.builder.class_mut(outer).inner.push(id);
        }
        if !text.is_empty() {
            self.builder
                .declare_in_function(text, LocalKind::Class(id), None, name_span);
        }
        id
    }

    /// Notes what an assignment declares: attributes in a class body, and
    /// `self.name: type` in a method.
    pub(super) fn note_fields(
        &mut self,
        part: Part<'t>,
        target: Part<'t>,
        value: Option<ExprId>,
        annotation: Option<ExprId>,
    ) {
        if let Some(class) = self.class {
            match target.kind {
                Kind::Identifier => {
                    let name = self.name(target);
                    self.add_field(class, name, value, annotation, part.span());
                }
                Kind::PatternList | Kind::TuplePattern | Kind::ListPattern => {
                    for element in self.parts(target).nodes() {
                        if element.kind == Kind::Identifier {
                            let name = self.name(element);
                            self.add_field(class, name, None, None, part.span());
                        }
                    }
                }
                _ => {}
            }
        } else if let Some((class, receiver)) = self.receiver
            && annotation.is_some()
            && target.kind == Kind::Attribute
        {
            let parts: Parts<'t> = self.parts(target);
            if let (Some(object), Some(attribute)) = (parts.first(), parts.last())
                && self.text(object) == self.builder.text(receiver)
            {
                let name = self.name(attribute);
                self.add_field(class, name, value, annotation, part.span());
            }
        }
    }

    fn add_field(
        &mut self,
        class: ClassId,
        name: Name,
        value: Option<ExprId>,
        annotation: Option<ExprId>,
        span: Span,
    ) {
        self.builder.class_mut(class).fields.push(ir::Field {
            name,
            value,
            annotation,
            is_static: false,
            decorators: ExprList::default(),
            span,
        });
    }
}
