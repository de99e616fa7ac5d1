//! Classes, interfaces, enums and type aliases.

use crate::ir::{
    Class, ClassId, ClassKind, ExprId, ExprList, Field as ClassField, FunctionKind, LocalKind,
};
use crate::source::Span;

use super::functions::Head;
use super::kinds::{Field, Kind};
use super::{Hint, Lowering};

impl<'t> Lowering<'t> {
    /// Lowers a class expression.
    pub(super) fn class_value(&mut self, hint: Option<Hint<'t>>) -> ClassId {
        let decorators = self.decorators();
        // Its own name is seen inside only.
        self.b.open_scope();
        let bound = self.bound.len();
        let class = self.class(ClassKind::Class, decorators, hint);
        self.bound.truncate(bound);
        self.b.close_scope();
        class
    }

    /// Lowers a declaration of a class, interface, enum or alias, and binds its name.
    pub(super) fn class_declaration(&mut self, kind: Kind, exported: ExprList) -> ClassId {
        let class_kind = match kind {
            Kind::InterfaceDeclaration => ClassKind::Interface,
            Kind::EnumDeclaration => ClassKind::Enum,
            Kind::TypeAlias => ClassKind::Alias,
            _ => ClassKind::Class,
        };
        let mut decorators = exported;
        if class_kind == ClassKind::Class && decorators.is_empty() {
            decorators = self.decorators();
        }
        self.class(class_kind, decorators, None)
    }

    /// Lowers the class under the cursor; its name, if it has one, is bound in this scope.
    fn class(&mut self, kind: ClassKind, decorators: ExprList, hint: Option<Hint<'t>>) -> ClassId {
        let span = self.span();
        let name = self.in_field(Field::Name, |this| this.hint_at(this.span()));
        let named = name.or(hint);
        let class_name = named.map(|named| self.b.name(named.text));
        let function = self.b.current_function();
        let head = Span {
            start: span.start,
            end: span.start,
        };
        let id = self.b.add_class(Class {
            name: class_name,
            kind,
            span,
            name_span: named.map_or(head, |named| named.span),
            function,
            outer: None,
            bases: ExprList::default(),
            type_params: Vec::new(),
            decorators,
            fields: Vec::new(),
            methods: Vec::new(),
            inner: Vec::new(),
            alias: None,
        });
        if let Some(name) = name
            && !name.text.is_empty()
        {
            let kind = LocalKind::Class(id);
            let local = self.b.declare(name.text, kind, None, name.span);
            self.bound.push(local);
        }
        let base = self.scratch.len();
        self.each_child(|this, child| match child {
            Kind::TypeParameters => this.type_params(id),
            Kind::ClassHeritage => this.heritage(),
            Kind::ExtendsTypeClause => this.base_types(),
            Kind::ClassBody => this.class_body(id),
            Kind::InterfaceBody | Kind::ObjectType if kind == ClassKind::Interface => {
                this.interface_body(id);
            }
            Kind::EnumBody => this.enum_body(id),
            _ if kind == ClassKind::Alias && this.field() == Field::Value => {
                let alias = this.type_expr();
                this.b.class_mut(id).alias = Some(alias);
            }
            _ => {}
        });
        let bases = self.list_since(base);
        self.b.class_mut(id).bases = bases;
        id
    }

    /// `<K, T extends Row>`
    fn type_params(&mut self, class: ClassId) {
        self.each_child(|this, kind| {
            if kind.is_trivia() {
                return;
            }
            if let Some(name) = this.in_first(|this| this.source()) {
                let name = this.b.name(name);
                this.b.class_mut(class).type_params.push(name);
            }
        });
    }

    // --- bases ----------------------------------------------------------------------------

    /// Pushes what follows `extends` and `implements`.
    fn heritage(&mut self) {
        self.each_child(|this, kind| match kind {
            Kind::ExtendsClause => this.extends_clause(),
            Kind::ImplementsClause => this.base_types(),
            _ if kind.is_trivia() => {}
            // JavaScript has no clauses, only the expression.
            _ => {
                let value = this.expr();
                this.scratch.push(value);
            }
        });
    }

    fn extends_clause(&mut self) {
        self.each_child(|this, kind| match kind {
            Kind::TypeArguments => {
                if let Some(object) = this.scratch.pop() {
                    let object = this.instantiated(object);
                    this.scratch.push(object);
                }
            }
            _ if kind.is_trivia() => {}
            _ => {
                let value = this.expr();
                this.scratch.push(value);
            }
        });
    }

    fn base_types(&mut self) {
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                let base = this.type_expr();
                this.scratch.push(base);
            }
        });
    }

    // --- members --------------------------------------------------------------------------

    fn class_body(&mut self, class: ClassId) {
        // Lists of bases are open around the body.
        let mut decorators = ExprList::default();
        self.each_child(|this, kind| match kind {
            // In TypeScript the decorators of a method stand before it.
            Kind::Decorator => {
                let base = this.scratch.len();
                for i in 0..decorators.len() {
                    let earlier = this.b.elements(decorators)[i];
                    this.scratch.push(earlier);
                }
                let span = this.span();
                let decorator = this.inner(span);
                this.scratch.push(decorator);
                decorators = this.list_since(base);
            }
            _ if kind.is_trivia() => {}
            _ => {
                let decorators = std::mem::take(&mut decorators);
                this.class_member(class, kind, decorators);
            }
        });
    }

    fn class_member(&mut self, class: ClassId, kind: Kind, decorators: ExprList) {
        match kind {
            Kind::MethodDefinition => self.method(class, decorators),
            Kind::PublicField | Kind::FieldDefinition => self.class_field(class, decorators),
            Kind::AbstractMethod => self.signature_field(class),
            // Without `declare` it is an overload, and the method follows.
            Kind::MethodSignature if self.is_ambient => self.signature_field(class),
            Kind::StaticBlock => {
                let function = self.static_block(class);
                self.b.class_mut(class).methods.push(function);
            }
            Kind::Error => self.deeper(|this| this.class_body(class), ()),
            _ => {}
        }
    }

    fn method(&mut self, class: ClassId, decorators: ExprList) {
        let mut decorators = decorators;
        if decorators.is_empty() {
            decorators = self.decorators();
        }
        self.in_field(Field::Name, |this| {
            if this.kind() == Kind::ComputedName {
                let span = this.span();
                this.inner(span);
            }
        });
        let outside = std::mem::take(&mut self.param_fields);
        let function = self.function(Head {
            class: Some(class),
            decorators,
            ..Head::of(FunctionKind::Method)
        });
        let found = std::mem::replace(&mut self.param_fields, outside);
        let class = self.b.class_mut(class);
        class.methods.push(function);
        class.fields.extend(found);
    }

    fn class_field(&mut self, class: ClassId, decorators: ExprList) {
        let span = self.span();
        let base = self.scratch.len();
        let mut hint = None;
        let mut annotation = None;
        let mut value = None;
        let mut is_static = false;
        let functions = self.b.function_count();
        for i in 0..decorators.len() {
            let earlier = self.b.elements(decorators)[i];
            self.scratch.push(earlier);
        }
        self.each_child(|this, kind| match kind {
            Kind::Static => is_static = true,
            Kind::Decorator => {
                let at = this.span();
                let decorator = this.inner(at);
                this.scratch.push(decorator);
            }
            _ if kind.is_trivia() => {}
            Kind::TypeAnnotation => annotation = Some(this.type_expr()),
            Kind::AccessibilityModifier | Kind::OverrideModifier => {}
            _ => match this.field() {
                Field::Name | Field::Property => {
                    let super::expressions::Key::Named(named, _) = this.key(kind) else {
                        hint = Some(this.hint_at(this.span()));
                        return;
                    };
                    hint = Some(named);
                }
                Field::Value => {
                    this.hint = hint;
                    value = Some(this.expr());
                }
                _ => {}
            },
        });
        let decorators = self.list_since(base);
        self.adopt_since(functions, value, class);
        let Some(hint) = hint else {
            return;
        };
        let name = self.b.name(hint.text);
        self.b.class_mut(class).fields.push(ClassField {
            name,
            value,
            annotation,
            is_static,
            decorators,
            span,
        });
    }

    /// A property or method that is only declared.
    fn signature_field(&mut self, class: ClassId) {
        let span = self.span();
        let Some((name, annotation)) = self.signature() else {
            return;
        };
        self.add_field(class, name, None, annotation, span);
    }

    fn interface_body(&mut self, class: ClassId) {
        self.each_child(|this, kind| {
            if matches!(kind, Kind::PropertySignature | Kind::MethodSignature) {
                this.signature_field(class);
            }
        });
    }

    fn enum_body(&mut self, class: ClassId) {
        self.each_child(|this, kind| {
            if kind.is_trivia() {
                return;
            }
            let span = this.span();
            let mut value = None;
            let name = if kind == Kind::EnumAssignment {
                value = this.in_field(Field::Value, Self::expr);
                this.in_field(Field::Name, |this| this.source())
            } else {
                Some(this.source())
            };
            let name = super::literals::unquoted(name.unwrap_or_default());
            let name = this.b.name(name);
            this.add_field(class, name, value, None, span);
            let fields = &mut this.b.class_mut(class).fields;
            if let Some(field) = fields.last_mut() {
                field.is_static = true;
            }
        });
    }

    fn add_field(
        &mut self,
        class: ClassId,
        name: crate::ir::Name,
        value: Option<ExprId>,
        annotation: Option<ExprId>,
        span: Span,
    ) {
        self.b.class_mut(class).fields.push(ClassField {
            name,
            value,
            annotation,
            is_static: false,
            decorators: ExprList::default(),
            span,
        });
    }
}
