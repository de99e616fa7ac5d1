//! Expressions inside the pieces of a template: those of Jinja, and with them those of Django,
//! whose filters take their argument after a colon and whose methods are called unasked.

use super::tokens::{Token, TokenKind};
use super::{Lowering, MAX_DEPTH};
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, LogicalOp, SequenceKind, UnaryOp};
use crate::source::Span;

/// Filters that give the same elements, in another order or fewer.
const SAME_ELEMENTS: &[&str] = &[
    "list",
    "sort",
    "dictsort",
    "dictsortreversed",
    "unique",
    "reverse",
    "select",
    "reject",
    "selectattr",
    "rejectattr",
];
/// Filters that walk a collection to the end.
const WALKS: &[&str] = &[
    "join",
    "tojson",
    "json_script",
    "safeseq",
    "unordered_list",
    "random",
    "last",
    "make_list",
    "sum",
    "map",
    "groupby",
];
/// Words that end a value.
const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else"];

impl Lowering<'_> {
    /// A whole expression: `a if b else c`.
    pub(super) fn expression(&mut self) -> ExprId {
        let value = self.either();
        if !self.take("if") {
            return value;
        }
        let test = self.either();
        let otherwise = if self.take("else") {
            self.expression()
        } else {
            self.builder.expr(Expr::Null, self.span_from(test))
        };
        let then = value;
        let span = self.span_from(value);
        let conditional = Expr::Conditional {
            test,
            then,
            otherwise,
        };
        self.builder.expr(conditional, span)
    }

    /// `a or b`
    pub(super) fn either(&mut self) -> ExprId {
        let mut left = self.both();
        while self.take("or") {
            self.builder.enter_conditional();
            let right = self.both();
            self.builder.leave_conditional();
            left = self.logical(LogicalOp::Or, left, right);
        }
        left
    }

    fn both(&mut self) -> ExprId {
        let mut left = self.negated();
        while self.take("and") {
            self.builder.enter_conditional();
            let right = self.negated();
            self.builder.leave_conditional();
            left = self.logical(LogicalOp::And, left, right);
        }
        left
    }

    fn logical(&mut self, op: LogicalOp, left: ExprId, right: ExprId) -> ExprId {
        let span = self.span_from(left);
        self.builder.expr(Expr::Logical { op, left, right }, span)
    }

    fn negated(&mut self) -> ExprId {
        let start = self.next;
        let mut is_negated = false;
        while self.take("not") {
            is_negated = !is_negated;
        }
        let operand = self.compared();
        if self.next == start || !is_negated {
            return operand;
        }
        let span = self.span_from(operand);
        let op = UnaryOp::Not;
        self.builder.expr(Expr::Unary { op, operand }, span)
    }

    fn compared(&mut self) -> ExprId {
        let mut left = self.sum();
        loop {
            let op = if self.take("in") {
                BinaryOp::In
            } else if self.peeks("not") && self.text_at(1) == "in" {
                self.next += 2;
                BinaryOp::NotIn
            } else if self.take("is") {
                let op = if self.take("not") {
                    BinaryOp::IsNot
                } else {
                    BinaryOp::Is
                };
                // `is defined`, `is divisibleby 3`
                self.next += 1;
                let is_value = |t: &Token| matches!(t.kind, TokenKind::Number | TokenKind::String);
                if self.tokens.get(self.next).is_some_and(is_value) {
                    self.next += 1;
                }
                let right = self.builder.expr(Expr::Null, self.span_from(left));
                left = self.binary(op, left, right);
                continue;
            } else {
                let op = match self.text_at(0) {
                    "==" | "=" => BinaryOp::Equal,
                    "!=" => BinaryOp::NotEqual,
                    "<" => BinaryOp::Less,
                    "<=" => BinaryOp::LessEqual,
                    ">" => BinaryOp::Greater,
                    ">=" => BinaryOp::GreaterEqual,
                    _ => return left,
                };
                self.next += 1;
                op
            };
            let right = self.sum();
            left = self.binary(op, left, right);
        }
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId) -> ExprId {
        let span = self.span_from(left);
        self.builder.expr(Expr::Binary { op, left, right }, span)
    }

    fn sum(&mut self) -> ExprId {
        let mut left = self.filtered();
        loop {
            let op = match self.text_at(0) {
                "+" => BinaryOp::Add,
                "-" => BinaryOp::Subtract,
                "*" | "**" => BinaryOp::Multiply,
                "/" | "//" => BinaryOp::Divide,
                "%" => BinaryOp::Remainder,
                "~" => BinaryOp::Other,
                _ => return left,
            };
            self.next += 1;
            let right = self.filtered();
            left = self.binary(op, left, right);
        }
    }

    /// A value with its members, calls and filters: `book.tags.all|slice:":3"`.
    pub(super) fn filtered(&mut self) -> ExprId {
        if self.depth > MAX_DEPTH {
            self.next += 1;
            return self.unknown(&[]);
        }
        self.depth += 1;
        let mut value = self.primary();
        loop {
            match self.text_at(0) {
                "." => {
                    self.next += 1;
                    value = self.member(value);
                }
                "(" => {
                    let args = self.arguments();
                    value = self.call(CallKind::Plain, value, &args);
                }
                "[" => {
                    self.next += 1;
                    value = self.index(value);
                }
                "|" => {
                    self.next += 1;
                    value = self.filter(value);
                }
                _ => break,
            }
        }
        self.depth -= 1;
        value
    }

    fn primary(&mut self) -> ExprId {
        let Some(&token) = self.tokens.get(self.next) else {
            return self.unknown(&[]);
        };
        let text = self.text_of(token.span);
        match token.kind {
            TokenKind::Name if WORDS.contains(&text) => self.unknown(&[]),
            TokenKind::Name => {
                self.next += 1;
                match text {
                    "true" | "True" => self.builder.expr(Expr::Bool(true), token.span),
                    "false" | "False" => self.builder.expr(Expr::Bool(false), token.span),
                    "none" | "None" => self.builder.expr(Expr::Null, token.span),
                    _ => {
                        // What is called is the engine's or a macro, mostly.
                        let is_called = self.text_at(0) == "(";
                        self.reference(text, token.span, !is_called)
                    }
                }
            }
            TokenKind::Number => {
                self.next += 1;
                let number = text.parse().map_or(Expr::Float, Expr::Number);
                self.builder.expr(number, token.span)
            }
            TokenKind::String => {
                self.next += 1;
                let inner = text.trim_matches(['"', '\'']);
                let name = self.builder.name(inner);
                self.builder.expr(Expr::String(name), token.span)
            }
            TokenKind::Sign => match text {
                "(" | "[" => {
                    let close = if text == "(" { ")" } else { "]" };
                    self.next += 1;
                    self.sequence(token.span, close)
                }
                "-" | "+" => {
                    self.next += 1;
                    let operand = self.filtered();
                    let op = UnaryOp::Negate;
                    let span = self.span_from(operand);
                    self.builder.expr(Expr::Unary { op, operand }, span)
                }
                _ => {
                    self.next += 1;
                    self.unknown(&[])
                }
            },
        }
    }

    /// `(a, b)`, `[a, b]`, or what stands in parentheses.
    fn sequence(&mut self, open: Span, close: &str) -> ExprId {
        let mut elements = Vec::new();
        let mut has_comma = false;
        while !self.is_at_end() && !self.takes_sign(close) {
            elements.push(self.expression());
            if self.takes_sign(",") {
                has_comma = true;
            } else if self.text_at(0) != close {
                break;
            }
        }
        self.takes_sign(close);
        if let ([only], ")", false) = (&elements[..], close, has_comma) {
            return *only;
        }
        let kind = if close == ")" {
            SequenceKind::Tuple
        } else {
            SequenceKind::List
        };
        let elements = self.builder.list(&elements);
        let span = Span::new(open.start as usize, self.end_of_last() as usize);
        self.builder.expr(Expr::Sequence { kind, elements }, span)
    }

    fn member(&mut self, object: ExprId) -> ExprId {
        let Some(&token) = self.tokens.get(self.next) else {
            return object;
        };
        self.next += 1;
        let text = self.text_of(token.span);
        let start = self.builder.span(object).start as usize;
        let span = Span::new(start, token.span.end as usize);
        match token.kind {
            TokenKind::Name => {
                let name = self.builder.name(text);
                let member = self.builder.expr(Expr::Member { object, name }, span);
                if self.text_at(0) == "(" {
                    return member;
                }
                self.call(CallKind::Implicit, member, &[])
            }
            TokenKind::Number => {
                let number = text.parse().map_or(Expr::Float, Expr::Number);
                let index = self.builder.expr(number, token.span);
                self.builder.expr(Expr::Index { object, index }, span)
            }
            _ => object,
        }
    }

    fn index(&mut self, object: ExprId) -> ExprId {
        let mut parts = Vec::new();
        let mut is_slice = false;
        while !self.is_at_end() && !self.takes_sign("]") {
            if self.takes_sign(":") {
                is_slice = true;
                if parts.is_empty() {
                    let null = self.builder.expr(Expr::Null, self.span_from(object));
                    parts.push(null);
                }
            } else {
                let before = self.next;
                parts.push(self.expression());
                self.moves_on_from(before);
            }
        }
        let span = self.span_from(object);
        let index = match parts[..] {
            [only] if !is_slice => only,
            _ => {
                while parts.len() < 3 {
                    let null = self.builder.expr(Expr::Null, span);
                    parts.push(null);
                }
                let list = self.builder.list(&parts[..3]);
                self.builder.expr(Expr::Slice(list), span)
            }
        };
        self.builder.expr(Expr::Index { object, index }, span)
    }

    /// The arguments of a call, with its parentheses.
    fn arguments(&mut self) -> Vec<ExprId> {
        let mut args = Vec::new();
        self.next += 1;
        while !self.is_at_end() && !self.takes_sign(")") {
            let before = self.next;
            args.push(self.argument(true));
            self.takes_sign(",");
            if self.next == before {
                break;
            }
        }
        args
    }

    /// `value` or `name=value`.
    pub(super) fn argument(&mut self, is_whole: bool) -> ExprId {
        let first = self.tokens.get(self.next).copied();
        let name = first.filter(|token| token.kind == TokenKind::Name && self.text_at(1) == "=");
        if name.is_some() {
            self.next += 2;
        }
        let value = if is_whole {
            self.expression()
        } else {
            self.filtered()
        };
        let Some(name) = name else {
            return value;
        };
        let span = Span::new(name.span.start as usize, self.end_of_last() as usize);
        let name = self.text_of(name.span);
        let name = self.builder.name(name);
        self.builder.expr(Expr::Keyword { name, value }, span)
    }

    /// `value|name`, `value|name:argument`, `value|name(arguments)`.
    fn filter(&mut self, value: ExprId) -> ExprId {
        let Some(&token) = self.tokens.get(self.next) else {
            return value;
        };
        self.next += 1;
        let name = self.text_of(token.span);
        let args = match self.text_at(0) {
            "(" => self.arguments(),
            ":" => {
                self.next += 1;
                vec![self.unfiltered()]
            }
            _ => Vec::new(),
        };
        match name {
            "length" | "count" => self.builtin("len", token.span, value),
            "first" => {
                let index = self.builder.expr(Expr::Number(0), token.span);
                let span = self.span_from(value);
                self.builder.expr(
                    Expr::Index {
                        object: value,
                        index,
                    },
                    span,
                )
            }
            "slice" => self.slice(value, args.first().copied(), token.span),
            "default" | "d" | "default_if_none" => match args.first() {
                Some(&other) => self.logical(LogicalOp::Or, value, other),
                None => value,
            },
            _ if SAME_ELEMENTS.contains(&name) || WALKS.contains(&name) => {
                self.builtin("list", token.span, value)
            }
            _ => {
                let name = self.builder.name(name);
                let callee = self.builder.expr(Expr::Name(name), token.span);
                let args: Vec<ExprId> = std::iter::once(value).chain(args).collect();
                let list = self.builder.list(&args);
                let span = self.span_from(value);
                let call = Expr::Call {
                    kind: CallKind::Plain,
                    callee,
                    args: list,
                };
                self.builder.expr(call, span)
            }
        }
    }

    /// The argument of a filter: no filter of its own.
    fn unfiltered(&mut self) -> ExprId {
        let mut value = self.primary();
        while self.takes_sign(".") {
            value = self.member(value);
        }
        value
    }

    /// `xs|slice:":5"`
    fn slice(&mut self, object: ExprId, bounds: Option<ExprId>, span: Span) -> ExprId {
        let bounds = match bounds.map(|bounds| self.builder.get(bounds)) {
            Some(Expr::String(text)) => self.builder.text(text).to_owned(),
            _ => return object,
        };
        let mut parts = Vec::new();
        for bound in bounds.split(':').take(3) {
            let bound = bound.trim().parse().map_or(Expr::Null, Expr::Number);
            parts.push(self.builder.expr(bound, span));
        }
        // `slice:"5"` is `[:5]`.
        if let [only] = parts[..] {
            let null = self.builder.expr(Expr::Null, span);
            parts = vec![null, only];
        }
        while parts.len() < 3 {
            let null = self.builder.expr(Expr::Null, span);
            parts.push(null);
        }
        let list = self.builder.list(&parts);
        let index = self.builder.expr(Expr::Slice(list), span);
        let span = self.span_from(object);
        self.builder.expr(Expr::Index { object, index }, span)
    }

    fn builtin(&mut self, name: &str, at: Span, value: ExprId) -> ExprId {
        let name = self.builder.name(name);
        let callee = self.builder.expr(Expr::Name(name), at);
        let args = self.builder.list(&[value]);
        let span = self.span_from(value);
        let call = Expr::Call {
            kind: CallKind::Plain,
            callee,
            args,
        };
        self.builder.expr(call, span)
    }

    fn call(&mut self, kind: CallKind, callee: ExprId, args: &[ExprId]) -> ExprId {
        let args = self.builder.list(args);
        let span = self.span_from(callee);
        self.builder.expr(Expr::Call { kind, callee, args }, span)
    }

    pub(super) fn unknown(&mut self, parts: &[ExprId]) -> ExprId {
        let list = self.builder.list(parts);
        let at = self.end_of_last() as usize;
        let span = Span::new(at, at);
        self.builder.expr(Expr::Unknown(list), span)
    }

    // --- tokens ---------------------------------------------------------------------------

    pub(super) fn is_at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// The text of the token `ahead` of the next one; empty past the end.
    pub(super) fn text_at(&self, ahead: usize) -> &str {
        let token = self.tokens.get(self.next + ahead);
        token.map_or("", |token| self.text_of(token.span))
    }

    fn peeks(&self, word: &str) -> bool {
        self.text_at(0) == word
    }

    /// Takes a word if it is next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.takes_sign(word)
    }

    pub(super) fn takes_sign(&mut self, sign: &str) -> bool {
        let is_next = self.text_at(0) == sign;
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes the next token where a loop has taken none since `before`: no value begins with it,
    /// as with a lone `in`.
    pub(super) fn moves_on_from(&mut self, before: usize) {
        self.next += usize::from(self.next == before);
    }

    /// Where the token before the next one ends.
    fn end_of_last(&self) -> u32 {
        let last = self.next.min(self.tokens.len()).checked_sub(1);
        last.map_or(self.piece.start, |last| self.tokens[last].span.end)
    }

    /// From the start of an expression to the last token taken.
    pub(super) fn span_from(&self, first: ExprId) -> Span {
        let start = self.builder.span(first).start;
        Span::new(start as usize, self.end_of_last().max(start) as usize)
    }
}
