//! Functions, methods and parameters.

use crate::ir::{
    ClassId, Expr, ExprId, ExprList, Field as ClassField, FunctionId, FunctionKind, LocalKind,
    ParamKind, Stmt,
};
use crate::source::Span;

use super::kinds::{Field, Kind};
use super::patterns::Bind;
use super::{Hint, Lowering};

/// What the place of a function says about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'t> {
    pub(super) kind: FunctionKind,
    pub(super) hint: Option<Hint<'t>>,
    pub(super) class: Option<ClassId>,
    pub(super) decorators: ExprList,
}

impl Head<'_> {
    pub(super) fn of(kind: FunctionKind) -> Self {
        Self {
            kind,
            hint: None,
            class: None,
            decorators: ExprList::default(),
        }
    }
}

impl<'t> Lowering<'t> {
    /// Lowers the function under the cursor, of whatever kind.
    pub(super) fn function(&mut self, head: Head<'t>) -> FunctionId {
        let span = self.span();
        let node_kind = self.kind();
        let decorators = self.param_decorators();
        let id = self.b.open_function(None, head.kind, span, span);
        let labels = std::mem::take(&mut self.labels);
        let bound = self.bound.len();

        let mut kind = head.kind;
        let mut hint = head.hint;
        let mut is_async = false;
        let mut is_static = false;
        let mut returns = None;
        let mut head_end = span.start;
        let mut is_generator = matches!(
            node_kind,
            Kind::GeneratorFunction | Kind::GeneratorDeclaration
        );
        self.each_child(|this, child| match child {
            Kind::Async => is_async = true,
            Kind::Star => is_generator = true,
            Kind::Static => is_static = true,
            Kind::Get => kind = FunctionKind::Getter,
            Kind::Set => kind = FunctionKind::Setter,
            Kind::StaticGet => {
                is_static = true;
                kind = FunctionKind::Getter;
            }
            _ if child.is_trivia() => {}
            Kind::FormalParameters => {
                this.params(&decorators);
                head_end = this.span().end;
            }
            Kind::TypeAnnotation | Kind::TypePredicateAnnotation => {
                returns = Some(this.type_expr());
            }
            Kind::Block => this.statements(),
            _ => match this.field() {
                Field::Name => {
                    let name = this.hint_at(this.span());
                    head_end = name.span.end;
                    if name.text == "constructor" && head.class.is_some() {
                        kind = FunctionKind::Constructor;
                    }
                    if matches!(
                        node_kind,
                        Kind::FunctionExpression | Kind::GeneratorFunction
                    ) {
                        // A function expression may call itself by its own name.
                        let bind = LocalKind::Function(id);
                        this.b.declare(name.text, bind, None, name.span);
                    }
                    hint = Some(Hint {
                        text: super::literals::unquoted(name.text),
                        ..name
                    });
                }
                Field::Parameter => {
                    this.param(ExprList::default());
                    head_end = this.span().end;
                }
                Field::Body => {
                    let at = this.span();
                    let stmt = this.b.open_stmt(at);
                    let value = this.expr();
                    this.b.close_stmt(stmt, Stmt::Return(Some(value)));
                }
                _ => {}
            },
        });

        self.bound.truncate(bound);
        self.labels = labels;
        self.b.close_function();
        let name = hint.map(|hint| self.b.name(hint.text));
        let function = self.b.function_mut(id);
        function.name = name;
        function.name_span = hint.map_or(
            Span {
                start: span.start,
                end: head_end,
            },
            |hint| hint.span,
        );
        function.kind = kind;
        function.is_async = is_async;
        function.is_generator = is_generator;
        function.is_static = is_static;
        function.class = head.class;
        function.decorators = head.decorators;
        function.returns = returns;
        id
    }

    /// `static { … }`, which runs when its class is made.
    pub(super) fn static_block(&mut self, class: ClassId) -> FunctionId {
        let span = self.span();
        let id = self.b.open_function(None, FunctionKind::Method, span, span);
        let labels = std::mem::take(&mut self.labels);
        self.in_field(Field::Body, Self::statements);
        self.labels = labels;
        self.b.close_function();
        let function = self.b.function_mut(id);
        function.class = Some(class);
        function.is_static = true;
        function.invocation = crate::ir::Invocation::Immediate;
        id
    }

    // --- parameters -----------------------------------------------------------------------

    /// The decorators of each parameter; they run before the function ever does. Empty if no
    /// parameter has any.
    fn param_decorators(&mut self) -> Vec<ExprList> {
        let mut decorators = Vec::new();
        if self.kind() != Kind::MethodDefinition {
            return decorators;
        }
        self.in_field(Field::Parameters, |this| {
            if this.source().contains('@') {
                this.each_child(|this, kind| {
                    if !kind.is_trivia() {
                        let list = this.decorators();
                        decorators.push(list);
                    }
                });
            }
        });
        decorators
    }

    /// The decorators among the children of a node.
    pub(super) fn decorators(&mut self) -> ExprList {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            if kind == Kind::Decorator {
                let span = this.span();
                let decorator = this.inner(span);
                this.scratch.push(decorator);
            }
        });
        self.list_since(base)
    }

    fn params(&mut self, decorators: &[ExprList]) {
        let mut at = 0;
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                this.param(decorators.get(at).copied().unwrap_or_default());
                at += 1;
            }
        });
    }

    fn param(&mut self, decorators: ExprList) {
        let function = self.b.current_function();
        let position = self.b.function_mut(function).params.len();
        let position = u16::try_from(position).unwrap_or(u16::MAX);
        let bind = Bind::Declare(LocalKind::Param(position));
        let mut param = Parts::default();
        match self.kind() {
            Kind::RequiredParameter | Kind::OptionalParameter => {
                if !self.typed_param(bind, decorators, &mut param) {
                    return;
                }
            }
            Kind::AssignmentPattern => {
                param.default = self.in_field(Field::Right, |this| this.default_value(true));
                param.target = self.in_field(Field::Left, |this| this.pattern(bind, None));
            }
            Kind::RestPattern => {
                param.is_rest = true;
                param.target = self.in_first(|this| this.pattern(bind, None));
            }
            _ => param.target = Some(self.pattern(bind, None)),
        }
        let Some(target) = param.target else {
            return;
        };
        let kind = if param.is_rest {
            ParamKind::Rest
        } else {
            ParamKind::Plain
        };
        self.b
            .param(target, param.default, param.annotation, kind, decorators);
    }

    /// Reads a parameter of TypeScript; false if it is no parameter at all, but `this`.
    fn typed_param(&mut self, bind: Bind, decorators: ExprList, param: &mut Parts) -> bool {
        let mut is_property = false;
        let mut pattern = Kind::Other;
        let mut name = Span::default();
        self.each_child(|this, kind| match kind {
            Kind::AccessibilityModifier | Kind::OverrideModifier | Kind::Readonly => {
                is_property = true;
            }
            _ if kind.is_trivia() => {}
            Kind::Decorator => {}
            Kind::TypeAnnotation => param.annotation = Some(this.type_expr()),
            _ => match this.field() {
                Field::Pattern | Field::Name => {
                    pattern = kind;
                    name = this.span();
                }
                Field::Value => param.default = Some(this.default_value(true)),
                _ => {}
            },
        });
        let annotation = param.annotation;
        match pattern {
            Kind::This => return false,
            Kind::Identifier if name.start < name.end => {
                param.target = Some(self.bind(self.slice(name), bind, annotation, name));
            }
            Kind::RestPattern => {
                param.is_rest = true;
                param.target = self.in_field(Field::Pattern, |this| {
                    this.in_first(|this| this.pattern(bind, annotation))
                        .unwrap_or_else(|| this.nothing(name))
                });
            }
            _ => {
                param.target = self.in_field(Field::Pattern, |this| this.pattern(bind, annotation));
            }
        }
        if is_property {
            let field = ClassField {
                name: self.b.name(self.slice(name)),
                value: None,
                annotation,
                is_static: false,
                decorators,
                span: self.span(),
            };
            self.param_fields.push(field);
        }
        true
    }
}

#[derive(Default)]
struct Parts {
    target: Option<ExprId>,
    default: Option<ExprId>,
    annotation: Option<ExprId>,
    is_rest: bool,
}

impl Lowering<'_> {
    /// The functions lowered since there were `count`, in the value of a field: the value itself
    /// (`load = function () { … }`), and arrows, which have the receiver of the class, as in
    /// `tags = { list: () => … }`.
    pub(super) fn adopt_since(&mut self, count: u32, value: Option<ExprId>, class: ClassId) {
        let value = value.map(|value| self.b.get(value));
        let around = self.b.current_function();
        for id in (count..self.b.function_count()).map(FunctionId) {
            let function = self.b.function_mut(id);
            let is_arrow = function.kind == FunctionKind::Arrow && function.parent == Some(around);
            if is_arrow || value == Some(Expr::Function(id)) {
                function.class = Some(class);
            }
        }
    }
}
