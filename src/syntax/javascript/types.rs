//! Types, lowered as expressions: `Repository<User>` is `Repository[User]`, and
//! `(row: Row) => void` is `Callable[[Row], void]`.

use crate::ir::{BinaryOp, Expr, ExprId, ExprList, SequenceKind, UnaryOp};
use crate::source::Span;

use super::Lowering;
use super::kinds::{Field, Kind};
use super::literals;

impl Lowering<'_> {
    /// Lowers the type under the cursor.
    pub(super) fn type_expr(&mut self) -> ExprId {
        self.deeper_expr(|this| {
            let span = this.span();
            let kind = this.kind();
            this.type_of_kind(kind, span)
        })
    }

    fn type_of_kind(&mut self, kind: Kind, span: Span) -> ExprId {
        let expr = match kind {
            Kind::TypeName | Kind::PredefinedType | Kind::Identifier => {
                return self.b.reference(self.slice(span), span);
            }
            Kind::TypeAnnotation
            | Kind::ParenthesizedType
            | Kind::ReadonlyType
            | Kind::OptionalType
            | Kind::MaybeType
            | Kind::LiteralType => {
                let inner = self.in_first(Self::type_expr);
                return inner.unwrap_or_else(|| self.nothing(span));
            }
            Kind::NestedType | Kind::NestedIdentifier => return self.dotted(),
            Kind::GenericType => return self.generic_type(span),
            Kind::ArrayType => {
                let index = self.in_first(Self::type_expr);
                let index = index.unwrap_or_else(|| self.nothing(span));
                let object = self.b.reference("Array", span);
                Expr::Index { object, index }
            }
            Kind::TupleType => {
                let elements = self.types();
                let kind = SequenceKind::Tuple;
                Expr::Sequence { kind, elements }
            }
            Kind::RestType => {
                let inner = self.in_first(Self::type_expr);
                Expr::Spread(inner.unwrap_or_else(|| self.nothing(span)))
            }
            // Named elements of tuples.
            Kind::RequiredParameter | Kind::OptionalParameter => {
                let ty = self.in_field(Field::Type, Self::type_expr);
                return ty.unwrap_or_else(|| self.nothing(span));
            }
            Kind::FunctionType => return self.function_type(span),
            Kind::UnionType => return self.type_operation(BinaryOp::BitOr, span),
            Kind::IntersectionType => return self.type_operation(BinaryOp::BitAnd, span),
            Kind::ObjectType | Kind::InterfaceBody => return self.object_type(span),
            Kind::LookupType => {
                let mut parts = [None; 2];
                let mut at = 0;
                self.each_child(|this, kind| {
                    if !kind.is_trivia() && at < parts.len() {
                        parts[at] = Some(this.type_expr());
                        at += 1;
                    }
                });
                let [object, index] = parts.map(|p| p.unwrap_or_else(|| self.nothing(span)));
                Expr::Index { object, index }
            }
            Kind::TypeQuery => {
                let of = self.in_first(Self::dotted);
                let operand = of.unwrap_or_else(|| self.nothing(span));
                let op = UnaryOp::TypeOf;
                Expr::Unary { op, operand }
            }
            Kind::TypePredicateAnnotation => {
                let inner = self.in_first(Self::type_expr);
                return inner.unwrap_or_else(|| self.nothing(span));
            }
            // `row is Row` is a boolean that says more: `boolean[…]`.
            Kind::TypePredicate => {
                let object = self.b.reference("boolean", span);
                let index = self.nothing(span);
                Expr::Index { object, index }
            }
            Kind::TemplateType => Expr::Template(ExprList::default()),
            Kind::String => {
                let value = literals::string_value(self.slice(span));
                Expr::String(self.b.name(&value))
            }
            Kind::Number => literals::number(self.slice(span)),
            Kind::Unary => Expr::Float,
            Kind::True => Expr::Bool(true),
            Kind::False => Expr::Bool(false),
            Kind::Null | Kind::Undefined => Expr::Null,
            Kind::ThisType | Kind::This => Expr::This,
            _ => Expr::Unknown(ExprList::default()),
        };
        self.b.expr(expr, span)
    }

    /// `<A, B>` as an index: a tuple if there are several.
    pub(super) fn type_arguments(&mut self) -> Option<ExprId> {
        let span = self.span();
        let elements = self.types();
        match self.b.elements(elements) {
            [] => None,
            [only] => Some(*only),
            _ => {
                let kind = SequenceKind::Tuple;
                Some(self.b.expr(Expr::Sequence { kind, elements }, span))
            }
        }
    }

    fn types(&mut self) -> ExprList {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                let ty = this.type_expr();
                this.scratch.push(ty);
            }
        });
        self.list_since(base)
    }

    fn generic_type(&mut self, span: Span) -> ExprId {
        let mut object = None;
        let mut index = None;
        self.each_child(|this, kind| match kind {
            Kind::TypeArguments => index = this.type_arguments(),
            _ if kind.is_trivia() => {}
            _ => object = Some(this.dotted()),
        });
        let object = object.unwrap_or_else(|| self.nothing(span));
        match index {
            Some(index) => self.b.expr(Expr::Index { object, index }, span),
            None => object,
        }
    }

    fn function_type(&mut self, span: Span) -> ExprId {
        let mut params = ExprList::default();
        let mut returns = None;
        self.each_child(|this, kind| match kind {
            Kind::FormalParameters => params = this.types(),
            _ if kind.is_trivia() => {}
            _ => returns = Some(this.type_expr()),
        });
        let kind = SequenceKind::List;
        let elements = params;
        let params = self.b.expr(Expr::Sequence { kind, elements }, span);
        let returns = returns.unwrap_or_else(|| self.nothing(span));
        let base = self.scratch.len();
        self.scratch.extend([params, returns]);
        let kind = SequenceKind::Tuple;
        let elements = self.list_since(base);
        let index = self.b.expr(Expr::Sequence { kind, elements }, span);
        let object = self.b.reference("Callable", span);
        self.b.expr(Expr::Index { object, index }, span)
    }

    fn type_operation(&mut self, op: BinaryOp, span: Span) -> ExprId {
        let mut left = None;
        let mut right = None;
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                left = right.or(left);
                right = Some(this.type_expr());
            }
        });
        let right = right.unwrap_or_else(|| self.nothing(span));
        match left {
            Some(left) => self.b.expr(Expr::Binary { op, left, right }, span),
            // A leading `|` is decoration.
            None => right,
        }
    }

    /// `{ name: string; load(): void }`
    fn object_type(&mut self, span: Span) -> ExprId {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            let at = this.span();
            let entry = match kind {
                Kind::PropertySignature | Kind::MethodSignature => {
                    let Some((name, annotation)) = this.signature() else {
                        return;
                    };
                    let value = annotation.unwrap_or_else(|| this.nothing(at));
                    this.b.expr(Expr::Keyword { name, value }, at)
                }
                Kind::IndexSignature => {
                    let key = this.in_field(Field::IndexType, Self::type_expr);
                    let value = this.in_field(Field::Type, Self::type_expr);
                    let key = key.unwrap_or_else(|| this.nothing(at));
                    let value = value.unwrap_or_else(|| this.nothing(at));
                    this.b.expr(Expr::Entry { key, value }, at)
                }
                _ => return,
            };
            this.scratch.push(entry);
        });
        let entries = self.list_since(base);
        self.b.expr(Expr::Map(entries), span)
    }

    /// The name of a property or method signature, and the property's type.
    pub(super) fn signature(&mut self) -> Option<(crate::ir::Name, Option<ExprId>)> {
        let is_method = self.kind() != Kind::PropertySignature;
        let mut name = None;
        let mut annotation = None;
        self.each_child(|this, kind| match kind {
            Kind::PropertyName | Kind::PrivateName | Kind::Number => {
                name = Some(this.b.name(this.source()));
            }
            Kind::String => {
                name = Some(this.b.name(&literals::string_value(this.source())));
            }
            Kind::TypeAnnotation if !is_method => annotation = Some(this.type_expr()),
            _ => {}
        });
        name.map(|name| (name, annotation))
    }
}
