//! Expressions without a part of the program's structure: operators, displays, accesses.

use super::grammar::{Field, Kind, Part, Parts};
use super::patterns::Binds;
use super::{Exprs, Lowering};
use crate::ir::{
    BinaryOp, ComprehensionKind, Expr, ExprId, ExprList, LogicalOp, SequenceKind, UnaryOp,
};
use crate::source::Span;

/// Longer chains of comparisons would nest too deeply.
const MAX_COMPARISONS: usize = 8;

impl<'t> Lowering<'t> {
    /// One expression, argument or element of a display.
    pub(super) fn expr(&mut self, part: Part<'t>) -> ExprId {
        let span = part.span();
        if self.is_too_deep(span) {
            return self.unknown(span);
        }
        self.depth += 1;
        let id = self.expr_of_kind(part, span);
        self.depth -= 1;
        id
    }

    fn expr_of_kind(&mut self, part: Part<'t>, span: Span) -> ExprId {
        match part.kind {
            Kind::Identifier => {
                let text = self.text(part);
                self.builder.reference(text, span)
            }
            Kind::Attribute | Kind::MemberType => self.attribute(part),
            Kind::Call => self.call(part),
            Kind::String => self.string(part),
            Kind::ConcatenatedString => self.concatenated_string(part),
            Kind::Integer => self.integer(part),
            Kind::Float => self.builder.expr(Expr::Float, span),
            Kind::True => self.builder.expr(Expr::Bool(true), span),
            Kind::False => self.builder.expr(Expr::Bool(false), span),
            Kind::NoneLiteral => self.builder.expr(Expr::Null, span),
            Kind::ParenthesizedExpression | Kind::Type => {
                let inner = self.parts(part).first();
                self.expr_or_unknown(inner, span)
            }
            Kind::List => self.display(SequenceKind::List, part),
            Kind::Set => self.display(SequenceKind::Set, part),
            Kind::Tuple | Kind::ExpressionList | Kind::PatternList | Kind::TuplePattern => {
                self.display(SequenceKind::Tuple, part)
            }
            Kind::ListPattern => self.display(SequenceKind::List, part),
            Kind::Dictionary => {
                let parts = self.parts(part);
                let entries = self.exprs(&parts);
                self.builder.expr(Expr::Map(entries), span)
            }
            Kind::Pair => self.pair(part),
            Kind::Subscript => self.subscript(part),
            Kind::GenericType => self.generic_type(part),
            Kind::Slice => self.slice(part),
            Kind::KeywordArgument => self.keyword_argument(part),
            Kind::Splat | Kind::ListSplatPattern | Kind::DictionarySplatPattern => {
                let inner = self.parts(part).first();
                let inner = self.expr_or_unknown(inner, span);
                self.builder.expr(Expr::Spread(inner), span)
            }
            Kind::UnaryOperator => self.unary(part),
            Kind::NotOperator => {
                let operand = self.parts(part).last();
                let operand = self.expr_or_unknown(operand, span);
                let op = UnaryOp::Not;
                self.builder.expr(Expr::Unary { op, operand }, span)
            }
            Kind::BinaryOperator | Kind::UnionType => self.binary(part),
            Kind::BooleanOperator => self.boolean(part),
            Kind::ComparisonOperator => self.comparison(part),
            Kind::ConditionalExpression => self.conditional(part),
            Kind::Lambda => self.lambda(part, None),
            Kind::Await => {
                let value = self.parts(part).last();
                let value = self.expr_or_unknown(value, span);
                self.builder.expr(Expr::Await(value), span)
            }
            Kind::Yield => {
                self.note_yield();
                let value = self.parts(part).last();
                let value = value.map(|value| self.expr(value));
                self.builder.expr(Expr::Yield(value), span)
            }
            Kind::NamedExpression => self.named_expression(part),
            Kind::Assignment => match self.assignment(part) {
                Some(assigned) => assigned,
                None => self.unknown(span),
            },
            Kind::AugmentedAssignment => self.augmented_assignment(part),
            Kind::AsPattern => self.as_pattern(part),
            Kind::ListComprehension => self.comprehension(part, ComprehensionKind::List),
            Kind::SetComprehension => self.comprehension(part, ComprehensionKind::Set),
            Kind::DictionaryComprehension => self.comprehension(part, ComprehensionKind::Map),
            Kind::GeneratorExpression => self.comprehension(part, ComprehensionKind::Generator),
            _ => {
                let parts = self.parts(part);
                let parts = self.exprs(&parts);
                self.builder.expr(Expr::Unknown(parts), span)
            }
        }
    }

    /// Lowers nodes in order into a list.
    pub(super) fn exprs(&mut self, parts: &Parts<'t>) -> ExprList {
        let mut exprs = Exprs::new();
        for part in parts.nodes() {
            exprs.push(self.expr(part));
        }
        self.builder.list(&exprs)
    }

    /// An operand that the operator around it may skip.
    pub(super) fn sometimes(&mut self, part: Part<'t>) -> ExprId {
        self.builder.enter_conditional();
        let id = self.expr(part);
        self.builder.leave_conditional();
        id
    }

    // --- displays -------------------------------------------------------------------------

    fn display(&mut self, kind: SequenceKind, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        self.sequence(kind, &parts, part.span())
    }

    pub(super) fn sequence(&mut self, kind: SequenceKind, parts: &Parts<'t>, span: Span) -> ExprId {
        let elements = self.exprs(parts);
        self.builder.expr(Expr::Sequence { kind, elements }, span)
    }

    fn pair(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let (key, value) = (parts.field(Field::Key), parts.field(Field::Value));
        if let Some(key) = key
            && let Some(name) = self.plain_string(key)
        {
            let value = match value {
                Some(value) if value.kind == Kind::Lambda => {
                    self.lambda(value, Some((name, key.span())))
                }
                _ => self.expr_or_unknown(value, part.span()),
            };
            return self
                .builder
                .expr(Expr::Keyword { name, value }, part.span());
        }
        self.entry(part)
    }

    /// `key: value` with both sides evaluated.
    pub(super) fn entry(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let key = self.expr_or_unknown(parts.field(Field::Key), part.span());
        let value = self.expr_or_unknown(parts.field(Field::Value), part.span());
        self.builder.expr(Expr::Entry { key, value }, part.span())
    }

    fn keyword_argument(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let Some(name) = parts.field(Field::Name) else {
            return self.expr_or_unknown(parts.field(Field::Value), part.span());
        };
        let name = self.name(name);
        let value = self.expr_or_unknown(parts.field(Field::Value), part.span());
        self.builder
            .expr(Expr::Keyword { name, value }, part.span())
    }

    // --- accesses -------------------------------------------------------------------------

    fn attribute(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let mut nodes = parts.nodes();
        let object = self.expr_or_unknown(nodes.next(), part.span());
        let Some(name) = nodes.next() else {
            return self.unknown_of(&[object], part.span());
        };
        let name = self.name(name);
        self.builder
            .expr(Expr::Member { object, name }, part.span())
    }

    fn subscript(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let object = self.expr_or_unknown(parts.field(Field::Value), part.span());
        let indices = parts.all(Field::Subscript).collect();
        self.index(object, &Parts(indices), part.span())
    }

    /// `object[index]`. In an annotation, strings among the arguments of `Literal`, and of
    /// `Annotated` after the first, are no forward references.
    fn index(&mut self, object: ExprId, indices: &Parts<'t>, span: Span) -> ExprId {
        let was_annotation = self.is_annotation;
        let types = match self.last_word(object) {
            _ if !was_annotation => 0,
            "Literal" => 0,
            "Annotated" => 1,
            _ => usize::MAX,
        };
        let mut elements = Exprs::new();
        for (i, index) in indices.nodes().enumerate() {
            self.is_annotation = i < types;
            elements.push(self.expr(index));
        }
        self.is_annotation = was_annotation;
        let index = match elements[..] {
            [] => self.unknown(span),
            [only] => only,
            [first, .., last] => {
                let span = Span {
                    start: self.builder.span(first).start,
                    end: self.builder.span(last).end,
                };
                let elements = self.builder.list(&elements);
                let kind = SequenceKind::Tuple;
                self.builder.expr(Expr::Sequence { kind, elements }, span)
            }
        };
        self.builder.expr(Expr::Index { object, index }, span)
    }

    /// `name[arguments]` in an annotation.
    fn generic_type(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let object = self.expr_or_unknown(parts.first(), part.span());
        let indices = match parts.of_kind(Kind::TypeParameter) {
            Some(arguments) => self.parts(arguments),
            None => Parts(smallvec::smallvec![]),
        };
        self.index(object, &indices, part.span())
    }

    /// `lower:upper:step`; what is absent is null.
    fn slice(&mut self, part: Part<'t>) -> ExprId {
        let mut bounds = [None; 3];
        let mut at = 0;
        for child in self.parts(part).0 {
            if child.kind == Kind::Colon {
                at += 1;
            } else if let Some(bound) = bounds.get_mut(at) {
                *bound = Some(child);
            }
        }
        let bounds = bounds.map(|bound| match bound {
            Some(bound) => self.expr(bound),
            None => self.builder.expr(Expr::Null, part.span()),
        });
        let list = self.builder.list(&bounds);
        self.builder.expr(Expr::Slice(list), part.span())
    }

    /// The expression in an annotation, where strings are forward references.
    pub(super) fn annotation(&mut self, part: Part<'t>) -> ExprId {
        let was_annotation = std::mem::replace(&mut self.is_annotation, true);
        let id = self.expr(part);
        self.is_annotation = was_annotation;
        id
    }

    // --- operators ------------------------------------------------------------------------

    fn unary(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let operand = self.expr_or_unknown(parts.last(), part.span());
        let op = if parts.of_kind(Kind::Minus).is_some() {
            UnaryOp::Negate
        } else {
            UnaryOp::Other
        };
        self.builder.expr(Expr::Unary { op, operand }, part.span())
    }

    fn binary(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let mut nodes = parts.nodes();
        let left = self.expr_or_unknown(nodes.next(), part.span());
        let right = self.expr_or_unknown(nodes.next(), part.span());
        let op = operator(&parts);
        self.builder
            .expr(Expr::Binary { op, left, right }, part.span())
    }

    fn boolean(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let mut nodes = parts.nodes();
        let left = self.expr_or_unknown(nodes.next(), part.span());
        let right = match nodes.next() {
            Some(right) => self.sometimes(right),
            None => self.unknown(part.span()),
        };
        let op = if parts.of_kind(Kind::And).is_some() {
            LogicalOp::And
        } else {
            LogicalOp::Or
        };
        self.builder
            .expr(Expr::Logical { op, left, right }, part.span())
    }

    /// `a < b <= c` is `a < b and b <= c`, if evaluating b twice makes no difference.
    fn comparison(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let ops: Vec<_> = parts.0.iter().filter_map(|p| binary_op(p.kind)).collect();
        let mut operands = Exprs::new();
        for operand in parts.nodes() {
            let id = match operands.len() {
                0 | 1 => self.expr(operand),
                // The rest is compared only while all before holds.
                _ => self.sometimes(operand),
            };
            operands.push(id);
        }
        let span = part.span();
        if operands.len() != ops.len() + 1 || ops.is_empty() || ops.len() > MAX_COMPARISONS {
            return self.unknown_of(&operands, span);
        }
        let shared = &operands[1..operands.len() - 1];
        if !shared.iter().all(|&operand| self.is_repeatable(operand)) {
            return self.unknown_of(&operands, span);
        }
        let mut whole = None;
        for (pair, &op) in operands.windows(2).zip(&ops) {
            let (left, right) = (pair[0], pair[1]);
            let span_of_pair = Span {
                start: self.builder.span(left).start,
                end: self.builder.span(right).end,
            };
            let span_of_pair = if ops.len() == 1 { span } else { span_of_pair };
            let compared = self
                .builder
                .expr(Expr::Binary { op, left, right }, span_of_pair);
            whole = Some(match whole {
                None => compared,
                Some(left) => {
                    let (op, right) = (LogicalOp::And, compared);
                    self.builder.expr(Expr::Logical { op, left, right }, span)
                }
            });
        }
        whole.unwrap_or_else(|| self.unknown(span))
    }

    fn is_repeatable(&self, operand: ExprId) -> bool {
        match self.builder.get(operand) {
            Expr::Member { object, .. } => matches!(self.builder.get(object), Expr::Name(_)),
            Expr::Name(_)
            | Expr::Number(_)
            | Expr::Float
            | Expr::String(_)
            | Expr::Bool(_)
            | Expr::Null => true,
            _ => false,
        }
    }

    fn conditional(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let nodes: Exprs3<'t> = parts.nodes().collect();
        let &[then, test, otherwise] = &nodes[..] else {
            let parts = self.exprs(&parts);
            return self.builder.expr(Expr::Unknown(parts), part.span());
        };
        let test = self.expr(test);
        let then = self.sometimes(then);
        let otherwise = self.sometimes(otherwise);
        let whole = Expr::Conditional {
            test,
            then,
            otherwise,
        };
        self.builder.expr(whole, part.span())
    }

    // --- assignments ----------------------------------------------------------------------

    /// `name := value` binds in the function, also from within a comprehension.
    fn named_expression(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let value = self.expr_or_unknown(parts.field(Field::Value), part.span());
        let Some(name) = parts.field(Field::Name) else {
            return value;
        };
        let target = self.target(name, Binds::Variable(None));
        self.builder.assign(target, value, None, part.span())
    }

    fn augmented_assignment(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.fields(part);
        let value = self.expr_or_unknown(parts.field(Field::Right), part.span());
        let Some(left) = parts.field(Field::Left) else {
            return value;
        };
        let target = self.target(left, Binds::Variable(None));
        let op = operator(&parts);
        self.builder.assign(target, value, Some(op), part.span())
    }

    /// `value as name` outside of `with` and `except`, in broken code.
    fn as_pattern(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let value = self.expr_or_unknown(parts.first(), part.span());
        match parts.of_kind(Kind::AsPatternTarget) {
            Some(target) => {
                let target = self.target(target, Binds::Variable(None));
                self.builder.assign(target, value, None, part.span())
            }
            None => value,
        }
    }
}

type Exprs3<'t> = smallvec::SmallVec<[Part<'t>; 3]>;

/// The first operator among the children.
fn operator(parts: &Parts<'_>) -> BinaryOp {
    let mut ops = parts.0.iter().filter_map(|p| binary_op(p.kind));
    ops.next().unwrap_or(BinaryOp::Other)
}

fn binary_op(token: Kind) -> Option<BinaryOp> {
    Some(match token {
        Kind::Plus => BinaryOp::Add,
        Kind::Minus => BinaryOp::Subtract,
        Kind::Star => BinaryOp::Multiply,
        Kind::Slash => BinaryOp::Divide,
        Kind::Percent => BinaryOp::Remainder,
        Kind::Ampersand => BinaryOp::BitAnd,
        Kind::Bar => BinaryOp::BitOr,
        Kind::Operator => BinaryOp::Other,
        Kind::Less => BinaryOp::Less,
        Kind::LessEqual => BinaryOp::LessEqual,
        Kind::Greater => BinaryOp::Greater,
        Kind::GreaterEqual => BinaryOp::GreaterEqual,
        Kind::Equal => BinaryOp::Equal,
        Kind::NotEqual => BinaryOp::NotEqual,
        Kind::In => BinaryOp::In,
        Kind::NotIn => BinaryOp::NotIn,
        Kind::Is => BinaryOp::Is,
        Kind::IsNot => BinaryOp::IsNot,
        _ => return None,
    })
}
