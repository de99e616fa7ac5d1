//! Expressions other than calls and JSX.

use crate::ir::{
    BinaryOp, CallKind, Expr, ExprId, ExprList, FunctionKind, LogicalOp, SequenceKind, UnaryOp,
};
use crate::source::Span;
use crate::syntax::MAX_DEPTH;

use super::functions::Head;
use super::kinds::{Field, Kind};
use super::literals;
use super::patterns::Bind;
use super::{Hint, Lowering};

impl<'t> Lowering<'t> {
    /// Lowers the expression under the cursor.
    pub(super) fn expr(&mut self) -> ExprId {
        let operand = self.operand();
        if operand.awaits {
            let span = self.span();
            return self.b.expr(Expr::Await(operand.id), span);
        }
        operand.id
    }

    /// Lowers an expression that gives its name to a function or class without one.
    pub(super) fn named(&mut self, hint: Hint<'t>) -> ExprId {
        self.hint = Some(hint);
        self.expr()
    }

    /// An expression, and what its links say about the chain they are in.
    pub(super) fn operand(&mut self) -> Operand {
        let hint = self.hint.take();
        let node = self.cursor.node();
        let span = Span::new(node.start_byte(), node.end_byte());
        let expr = match self.tables.kind(node.kind_id()) {
            Kind::Identifier if span.start < span.end => {
                return Operand::of(self.b.reference(self.slice(span), span));
            }
            // Recovery makes names of nothing.
            Kind::Identifier => Expr::Unknown(ExprList::default()),
            Kind::String => {
                let value = literals::string_value(self.slice(span));
                Expr::String(self.b.name(&value))
            }
            Kind::Number => literals::number(self.slice(span)),
            Kind::This => Expr::This,
            Kind::Super => Expr::Super,
            Kind::True => Expr::Bool(true),
            Kind::False => Expr::Bool(false),
            Kind::Null | Kind::Undefined => Expr::Null,
            Kind::Regex => {
                let raw = self.slice(span);
                let inner = raw.strip_prefix('/').unwrap_or(raw);
                let pattern = inner.rfind('/').map_or(inner, |end| &inner[..end]);
                Expr::Regex(self.b.name(pattern))
            }
            Kind::MetaProperty => Expr::Name(self.b.name(self.slice(span))),
            kind => {
                if self.depth >= MAX_DEPTH {
                    self.too_deep();
                    return Operand::of(self.nothing(span));
                }
                self.depth += 1;
                let operand = self.compound(kind, span, hint);
                self.depth -= 1;
                return operand;
            }
        };
        Operand::of(self.b.expr(expr, span))
    }

    fn compound(&mut self, kind: Kind, span: Span, hint: Option<Hint<'t>>) -> Operand {
        let id = match kind {
            Kind::Member => return self.member(span),
            Kind::Subscript => return self.subscript(span),
            Kind::Call => return self.call(span),
            Kind::NonNull => {
                let inner = self.in_first(Self::operand);
                return inner.unwrap_or_else(|| Operand::of(self.nothing(span)));
            }
            Kind::New => self.new_expression(span),
            Kind::Await => {
                let value = self.inner(span);
                self.b.expr(Expr::Await(value), span)
            }
            Kind::ArrowFunction => self.function_value(FunctionKind::Arrow, hint, span),
            Kind::FunctionExpression | Kind::GeneratorFunction => {
                self.function_value(FunctionKind::Function, hint, span)
            }
            Kind::Object => self.object(span),
            Kind::Array => {
                let elements = self.elements();
                let kind = SequenceKind::List;
                self.b.expr(Expr::Sequence { kind, elements }, span)
            }
            Kind::Template => self.template(span),
            Kind::Binary => self.binary(span),
            Kind::Assignment => self.assignment(span),
            Kind::AugmentedAssignment => self.augmented_assignment(span),
            Kind::Ternary => self.ternary(span),
            Kind::Unary => self.unary(span),
            Kind::Update => self.update(span),
            // Parentheses and types change nothing about the value.
            Kind::Parenthesized | Kind::AsExpression | Kind::Satisfies => {
                self.hint = hint;
                self.inner(span)
            }
            Kind::TypeAssertion => {
                let is_value =
                    |_: &Self, kind: Kind| !kind.is_trivia() && kind != Kind::TypeArguments;
                let value = self.first_child(is_value, Self::expr);
                value.unwrap_or_else(|| self.nothing(span))
            }
            Kind::Instantiation => self.instantiation(span),
            Kind::Spread => {
                let value = self.inner(span);
                self.b.expr(Expr::Spread(value), span)
            }
            Kind::Yield => {
                let value = self.in_first(Self::expr);
                self.b.expr(Expr::Yield(value), span)
            }
            Kind::Class => {
                let class = self.class_value(hint);
                self.b.expr(Expr::Class(class), span)
            }
            Kind::JsxElement | Kind::JsxSelfClosing => self.jsx(span),
            Kind::JsxExpression => match self.jsx_expression() {
                Some(value) => value,
                None => self.nothing(span),
            },
            // These come here out of assignments whose left side the parser took for a value.
            Kind::ObjectPattern | Kind::ArrayPattern => self.pattern(Bind::Assign, None),
            _ => self.unknown(span),
        };
        Operand::of(id)
    }

    /// A value made of parts in some unknown way.
    pub(super) fn unknown(&mut self, span: Span) -> ExprId {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                let part = this.expr();
                this.scratch.push(part);
            }
        });
        let parts = self.list_since(base);
        self.b.expr(Expr::Unknown(parts), span)
    }

    /// The expression inside a node that wraps one.
    pub(super) fn inner(&mut self, span: Span) -> ExprId {
        let value = self.in_first(Self::expr);
        value.unwrap_or_else(|| self.nothing(span))
    }

    fn member(&mut self, span: Span) -> Operand {
        let mut object = None;
        let mut is_optional = false;
        let mut name = "";
        self.each_child(|this, kind| match kind {
            _ if kind.is_optional_chain() => is_optional = true,
            _ if kind.is_trivia() => {}
            _ if object.is_none() => object = Some(this.operand()),
            Kind::PropertyName | Kind::PrivateName | Kind::Identifier => name = this.source(),
            _ => {}
        });
        let mut link = object.unwrap_or_else(|| Operand::of(self.nothing(span)));
        let object = link.id;
        let name = self.b.name(name);
        link.id = self.b.expr(Expr::Member { object, name }, span);
        link.skips |= is_optional;
        link.is_optional = is_optional;
        link
    }

    fn subscript(&mut self, span: Span) -> Operand {
        let mut link = Operand::of(ExprId(0));
        let mut object = None;
        let mut index = None;
        let mut is_await = false;
        self.each_child(|this, kind| match (kind, object) {
            _ if kind.is_optional_chain() => link.skips = true,
            _ if kind.is_trivia() => {}
            (_, None) => {
                is_await = this.is_await(kind);
                let skips = link.skips;
                link = this.operand();
                link.skips |= skips;
                link.is_optional = false;
                object = Some(link.id);
            }
            _ => index = Some(this.maybe(link.skips, Self::expr)),
        });
        let object = object.unwrap_or_else(|| self.nothing(span));
        let index = index.unwrap_or_else(|| self.nothing(span));
        link.id = if is_await {
            link.awaits = true;
            let elements = self.b.list(&[index]);
            let kind = SequenceKind::List;
            self.b.expr(Expr::Sequence { kind, elements }, span)
        } else {
            self.b.expr(Expr::Index { object, index }, span)
        };
        link
    }

    /// Whether the parser took an `await` for a name: it reads `await (a).b` as the call
    /// `await(a)` and a member of its result.
    pub(super) fn is_await(&self, kind: Kind) -> bool {
        kind == Kind::Identifier && self.source() == "await"
    }

    /// Lowers a part that is skipped sometimes, if `is_conditional`.
    pub(super) fn maybe<T>(
        &mut self,
        is_conditional: bool,
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if !is_conditional {
            return part(self);
        }
        self.b.enter_conditional();
        let done = part(self);
        self.b.leave_conditional();
        done
    }

    fn function_value(&mut self, kind: FunctionKind, hint: Option<Hint<'t>>, span: Span) -> ExprId {
        let function = self.function(Head {
            hint,
            ..Head::of(kind)
        });
        self.b.expr(Expr::Function(function), span)
    }

    fn instantiation(&mut self, span: Span) -> ExprId {
        let mut object = None;
        let mut index = None;
        self.each_child(|this, kind| match kind {
            Kind::TypeArguments => index = this.type_arguments(),
            _ if kind.is_trivia() => {}
            _ => object = Some(this.expr()),
        });
        let object = object.unwrap_or_else(|| self.nothing(span));
        match index {
            Some(index) => self.b.expr(Expr::Index { object, index }, span),
            None => object,
        }
    }

    // --- literals -------------------------------------------------------------------------

    /// The elements of an array display; a hole is null.
    fn elements(&mut self) -> ExprList {
        let base = self.scratch.len();
        let mut is_open = true;
        self.each_child(|this, kind| match kind {
            Kind::Comma => {
                if is_open {
                    let span = this.span();
                    let hole = this.b.expr(Expr::Null, span);
                    this.scratch.push(hole);
                }
                is_open = true;
            }
            _ if kind.is_trivia() => {}
            _ => {
                let element = this.expr();
                this.scratch.push(element);
                is_open = false;
            }
        });
        self.list_since(base)
    }

    fn object(&mut self, span: Span) -> ExprId {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            let at = this.span();
            let entry = match kind {
                Kind::Pair => this.pair(at),
                Kind::MethodDefinition => this.object_method(at),
                Kind::ShorthandProperty => {
                    let text = this.source();
                    let name = this.b.name(text);
                    let value = this.b.reference(text, at);
                    this.b.expr(Expr::Keyword { name, value }, at)
                }
                _ if kind.is_trivia() => return,
                _ => this.expr(),
            };
            this.scratch.push(entry);
        });
        let entries = self.list_since(base);
        self.b.expr(Expr::Map(entries), span)
    }

    fn pair(&mut self, span: Span) -> ExprId {
        let mut key = None;
        let mut value = None;
        self.each_child(|this, kind| match key {
            _ if kind.is_trivia() => {}
            None => key = Some(this.key(kind)),
            Some(Key::Named(hint, _)) => value = Some(this.named(hint)),
            Some(Key::Computed(_)) => value = Some(this.expr()),
        });
        let value = value.unwrap_or_else(|| self.nothing(span));
        self.entry(key, value, span)
    }

    fn object_method(&mut self, span: Span) -> ExprId {
        let key = self.in_field(Field::Name, |this| {
            let kind = this.kind();
            this.key(kind)
        });
        let function = self.function(Head::of(FunctionKind::Method));
        let value = self.b.expr(Expr::Function(function), span);
        self.entry(key, value, span)
    }

    /// An entry of an object literal or pattern.
    pub(super) fn entry(&mut self, key: Option<Key<'t>>, value: ExprId, span: Span) -> ExprId {
        match key {
            Some(Key::Named(_, name)) => self.b.expr(Expr::Keyword { name, value }, span),
            Some(Key::Computed(key)) => self.b.expr(Expr::Entry { key, value }, span),
            None => value,
        }
    }

    /// The key of a property, under the cursor.
    pub(super) fn key(&mut self, kind: Kind) -> Key<'t> {
        let span = self.span();
        match kind {
            Kind::ComputedName => {
                let key = self.inner(span);
                match self.b.get(key) {
                    Expr::String(name) => {
                        let span = self.b.span(key);
                        let text = literals::unquoted(self.slice(span));
                        Key::Named(Hint { text, span }, name)
                    }
                    _ => Key::Computed(key),
                }
            }
            Kind::String => {
                let name = self.b.name(&literals::string_value(self.slice(span)));
                let text = literals::unquoted(self.slice(span));
                Key::Named(Hint { text, span }, name)
            }
            _ => Key::Named(self.hint_at(span), self.b.name(self.slice(span))),
        }
    }

    fn template(&mut self, span: Span) -> ExprId {
        let base = self.scratch.len();
        let mut from = span.start + 1;
        self.each_child(|this, kind| {
            if kind == Kind::TemplateSubstitution {
                let hole = this.span();
                this.template_text(Span {
                    start: from,
                    end: hole.start,
                });
                from = hole.end;
                let value = this.inner(hole);
                this.scratch.push(value);
            }
        });
        if from == span.start + 1 {
            let value = literals::string_value(self.slice(span));
            let text = self.b.name(&value);
            return self.b.expr(Expr::String(text), span);
        }
        let is_closed = self.slice(span).ends_with('`');
        let end = span.end - u32::from(is_closed);
        self.template_text(Span { start: from, end });
        let parts = self.list_since(base);
        self.b.expr(Expr::Template(parts), span)
    }

    fn template_text(&mut self, span: Span) {
        if span.start < span.end {
            let text = self.b.name(&literals::unescaped(self.slice(span)));
            let part = self.b.expr(Expr::String(text), span);
            self.scratch.push(part);
        }
    }

    // --- operators ------------------------------------------------------------------------

    fn binary(&mut self, span: Span) -> ExprId {
        let mut left = None;
        let mut right = None;
        let mut operator = Kind::Token;
        self.each_child(|this, kind| match (left, kind) {
            (_, Kind::Comment) => {}
            (Some(_), _) if kind.is_trivia() => operator = kind,
            (None, _) => left = Some(this.expr()),
            (Some(_), _) => {
                let is_conditional = logical_op(operator).is_some();
                right = Some(this.maybe(is_conditional, Self::expr));
            }
        });
        let left = left.unwrap_or_else(|| self.nothing(span));
        let right = right.unwrap_or_else(|| self.nothing(span));
        let expr = if let Some(op) = logical_op(operator) {
            Expr::Logical { op, left, right }
        } else {
            let op = operator.binary_op();
            Expr::Binary { op, left, right }
        };
        self.b.expr(expr, span)
    }

    fn assignment(&mut self, span: Span) -> ExprId {
        let hint = self.in_field(Field::Left, |this| match this.kind() {
            Kind::Identifier => Some(this.hint_at(this.span())),
            Kind::Member => this.in_field(Field::Property, |this| this.hint_at(this.span())),
            _ => None,
        });
        let value = self.in_field(Field::Right, |this| {
            this.hint = hint.flatten();
            this.expr()
        });
        let target = self.in_field(Field::Left, |this| this.pattern(Bind::Assign, None));
        let target = target.unwrap_or_else(|| self.nothing(span));
        let value = value.unwrap_or_else(|| self.nothing(span));
        let id = self.b.assign(target, value, None, span);
        self.note_common_js(target, value, span);
        id
    }

    fn augmented_assignment(&mut self, span: Span) -> ExprId {
        let mut operator = Kind::Token;
        self.each_child(|_, kind| {
            if kind.is_trivia() && kind > Kind::Token {
                operator = kind;
            }
        });
        let logical = logical_op(operator);
        // `a ||= b` reads `a`, and writes it only sometimes.
        let read = logical.and_then(|_| self.in_field(Field::Left, Self::expr));
        let value = self.in_field(Field::Right, |this| {
            this.maybe(logical.is_some(), Self::expr)
        });
        let mut value = value.unwrap_or_else(|| self.nothing(span));
        if let (Some(op), Some(left)) = (logical, read) {
            let right = value;
            value = self.b.expr(Expr::Logical { op, left, right }, span);
        }
        let target = self.in_field(Field::Left, Self::expr);
        let target = target.unwrap_or_else(|| self.nothing(span));
        let op = logical.is_none().then(|| operator.binary_op());
        self.b.assign(target, value, op, span)
    }

    fn update(&mut self, span: Span) -> ExprId {
        let mut target = None;
        let mut op = BinaryOp::Add;
        self.each_child(|this, kind| match kind {
            Kind::MinusMinus => op = BinaryOp::Subtract,
            _ if kind.is_trivia() => {}
            _ => target = Some(this.expr()),
        });
        let target = target.unwrap_or_else(|| self.nothing(span));
        let value = self.b.expr(Expr::Number(1), span);
        self.b.assign(target, value, Some(op), span)
    }

    fn unary(&mut self, span: Span) -> ExprId {
        let mut op = UnaryOp::Other;
        let mut operand = None;
        self.each_child(|this, kind| match kind {
            Kind::Bang => op = UnaryOp::Not,
            Kind::Minus => op = UnaryOp::Negate,
            Kind::TypeOf => op = UnaryOp::TypeOf,
            Kind::Delete => op = UnaryOp::Delete,
            _ if kind.is_trivia() => {}
            _ => operand = Some(this.expr()),
        });
        let operand = operand.unwrap_or_else(|| self.nothing(span));
        self.b.expr(Expr::Unary { op, operand }, span)
    }

    fn ternary(&mut self, span: Span) -> ExprId {
        let mut parts = [None; 3];
        let mut at = 0;
        self.each_child(|this, kind| {
            if !kind.is_trivia() && at < parts.len() {
                parts[at] = Some(this.maybe(at > 0, Self::expr));
                at += 1;
            }
        });
        let [test, then, otherwise] = parts.map(|part| part.unwrap_or_else(|| self.nothing(span)));
        self.b.expr(
            Expr::Conditional {
                test,
                then,
                otherwise,
            },
            span,
        )
    }

    fn new_expression(&mut self, span: Span) -> ExprId {
        let mut callee = None;
        let mut args = None;
        self.each_child(|this, kind| match kind {
            Kind::TypeArguments => {
                callee = callee.map(|callee| this.instantiated(callee));
            }
            Kind::Arguments => args = Some(this.arguments()),
            _ if kind.is_trivia() => {}
            _ => callee = Some(this.expr()),
        });
        let callee = callee.unwrap_or_else(|| self.nothing(span));
        let args = args.unwrap_or_default();
        self.add_call(CallKind::New, callee, args, span)
    }
}

/// An expression that may be a link of a chain, `a?.b(c).d`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    pub(super) id: ExprId,
    /// Whether it is itself a member after `?.`.
    pub(super) is_optional: bool,
    /// Whether a `?.` in it may skip what follows.
    pub(super) skips: bool,
    /// Whether the whole chain is awaited.
    pub(super) awaits: bool,
}

impl Operand {
    pub(super) fn of(id: ExprId) -> Self {
        Self {
            id,
            is_optional: false,
            skips: false,
            awaits: false,
        }
    }
}

/// The key of a property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'t> {
    Named(Hint<'t>, crate::ir::Name),
    Computed(ExprId),
}

fn logical_op(operator: Kind) -> Option<LogicalOp> {
    Some(match operator {
        Kind::AndAnd | Kind::AndAndAssign => LogicalOp::And,
        Kind::OrOr | Kind::OrOrAssign => LogicalOp::Or,
        Kind::QuestionQuestion | Kind::QuestionQuestionAssign => LogicalOp::Coalesce,
        _ => return None,
    })
}
