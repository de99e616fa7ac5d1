//! Strings, f-strings, numbers, and the types written in strings.

use std::borrow::Cow;

use super::grammar::{Field, Kind, Part};
use super::{Exprs, Lowering};
use crate::ir::{BinaryOp, Expr, ExprId, Name, SequenceKind};
use crate::source::Span;

/// A type in a string that is nested more deeply is left as a string.
const MAX_TYPE_DEPTH: u32 = 16;

/// A string literal, taken apart.
struct Literal<'t> {
    is_raw: bool,
    is_bytes: bool,
    is_formatted: bool,
    /// What stands between the quotes, and where it starts in the literal.
    content: &'t str,
    offset: usize,
}

impl<'t> Literal<'t> {
    fn of(text: &'t str) -> Self {
        let quote_at = text.find(['"', '\'']).unwrap_or(text.len());
        let (prefix, quoted) = text.split_at(quote_at);
        let has = |letter: u8| prefix.bytes().any(|b| b.eq_ignore_ascii_case(&letter));
        let quote = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|quote| quoted.starts_with(quote))
            .unwrap_or("");
        let content = &quoted[quote.len()..];
        Self {
            is_raw: has(b'r'),
            is_bytes: has(b'b'),
            is_formatted: has(b'f') || has(b't'),
            content: content.strip_suffix(quote).unwrap_or(content),
            offset: quote_at + quote.len(),
        }
    }

    fn value(&self) -> Cow<'t, str> {
        if self.is_raw {
            Cow::Borrowed(self.content)
        } else {
            unescape(self.content)
        }
    }
}

/// The parts of a string with holes; neighbouring texts become one.
#[derive(Default)]
struct Template {
    parts: Exprs,
    text: String,
    text_span: Option<Span>,
}

impl Template {
    fn push(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        self.text_span.get_or_insert(span).end = span.end;
    }
}

impl<'t> Lowering<'t> {
    pub(super) fn string(&mut self, part: Part<'t>) -> ExprId {
        let literal = Literal::of(self.text(part));
        if literal.is_formatted {
            return self.template(&[part], part.span());
        }
        if self.is_annotation && !literal.is_bytes {
            let start = part.span().start + literal.offset as u32;
            if let Some(ty) = parse_type(literal.content) {
                return self.forward_reference(&ty, start);
            }
        }
        let value = self.builder.name(&literal.value());
        self.builder.expr(Expr::String(value), part.span())
    }

    /// Whether it is an f-string.
    pub(super) fn has_holes(&self, part: Part<'t>) -> bool {
        Literal::of(self.text(part)).is_formatted
    }

    /// `"a" "b"`
    pub(super) fn concatenated_string(&mut self, part: Part<'t>) -> ExprId {
        let strings: Vec<_> = self.parts(part).nodes().collect();
        self.template(&strings, part.span())
    }

    /// The value of a string without holes.
    pub(super) fn plain_string(&mut self, part: Part<'t>) -> Option<Name> {
        if part.kind != Kind::String {
            return None;
        }
        let literal = Literal::of(self.text(part));
        if literal.is_formatted {
            return None;
        }
        Some(self.builder.name(&literal.value()))
    }

    /// Strings in a row; one [`Expr::String`] if none has a hole.
    fn template(&mut self, strings: &[Part<'t>], span: Span) -> ExprId {
        let mut template = Template::default();
        for &string in strings {
            if string.kind == Kind::String {
                self.template_parts(string, &mut template);
            } else {
                let value = self.expr(string);
                self.end_text(&mut template);
                template.parts.push(value);
            }
        }
        if template.parts.is_empty() {
            let value = self.builder.name(&template.text);
            return self.builder.expr(Expr::String(value), span);
        }
        self.end_text(&mut template);
        let parts = self.builder.list(&template.parts);
        self.builder.expr(Expr::Template(parts), span)
    }

    fn template_parts(&mut self, part: Part<'t>, template: &mut Template) {
        let literal = Literal::of(self.text(part));
        if !literal.is_formatted {
            let start = part.node.start_byte() + literal.offset;
            let span = Span::new(start, start + literal.content.len());
            template.push(&literal.value(), span);
            return;
        }
        for child in self.parts(part).nodes() {
            match child.kind {
                Kind::StringContent => {
                    let text = self.text(child);
                    let text = if literal.is_raw {
                        Cow::Borrowed(text)
                    } else {
                        unescape(text)
                    };
                    template.push(&unbrace(&text), child.span());
                }
                Kind::Interpolation => {
                    let Some(hole) = self.fields(child).field(Field::Expression) else {
                        continue;
                    };
                    self.end_text(template);
                    let value = self.expr(hole);
                    template.parts.push(value);
                }
                _ => {}
            }
        }
    }

    fn end_text(&mut self, template: &mut Template) {
        if let Some(span) = template.text_span.take() {
            let text = self.builder.name(&template.text);
            template
                .parts
                .push(self.builder.expr(Expr::String(text), span));
            template.text.clear();
        }
    }

    pub(super) fn integer(&mut self, part: Part<'t>) -> ExprId {
        let number = match parse_integer(self.text(part)) {
            Some(number) => Expr::Number(number),
            None => Expr::Float,
        };
        self.builder.expr(number, part.span())
    }

    /// A type written in a string that starts at `start`.
    fn forward_reference(&mut self, ty: &Type<'_>, start: u32) -> ExprId {
        let span = Span {
            start: start + ty.from as u32,
            end: start + ty.to as u32,
        };
        let expr = match &ty.shape {
            Shape::Null => Expr::Null,
            Shape::Name(name) => return self.builder.reference(name, span),
            Shape::Member(object, name) => {
                let object = self.forward_reference(object, start);
                let name = self.builder.name(name);
                Expr::Member { object, name }
            }
            Shape::Index(object, indices) => {
                let object = self.forward_reference(object, start);
                let elements: Exprs = indices
                    .iter()
                    .map(|index| self.forward_reference(index, start))
                    .collect();
                let index = if let [only] = elements[..] {
                    only
                } else {
                    let elements = self.builder.list(&elements);
                    let kind = SequenceKind::Tuple;
                    self.builder.expr(Expr::Sequence { kind, elements }, span)
                };
                Expr::Index { object, index }
            }
            Shape::Union(left, right) => {
                let left = self.forward_reference(left, start);
                let right = self.forward_reference(right, start);
                let op = BinaryOp::BitOr;
                Expr::Binary { op, left, right }
            }
        };
        self.builder.expr(expr, span)
    }
}

// --- escapes ------------------------------------------------------------------------------

/// The text with its escape sequences replaced; unknown ones stay, as in Python, and so do the
/// rare ones, octal and by name.
fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('\\') else {
        return Cow::Borrowed(text);
    };
    let (plain, mut rest) = text.split_at(first);
    let mut value = String::with_capacity(text.len());
    value.push_str(plain);
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let escape = &rest[at..];
        let (replacement, len) = escaped(&escape[1..]);
        match replacement {
            Escaped::Char(c) => value.push(c),
            Escaped::Nothing => {}
            Escaped::Verbatim => value.push_str(&escape[..=len]),
        }
        rest = &escape[1 + len..];
    }
    value.push_str(rest);
    Cow::Owned(value)
}

enum Escaped {
    Char(char),
    Nothing,
    Verbatim,
}

/// What stands for the escape whose text after the backslash is given, and the length of it.
fn escaped(after: &str) -> (Escaped, usize) {
    let Some(letter) = after.chars().next() else {
        return (Escaped::Verbatim, 0);
    };
    let hex = |digits: usize| {
        after
            .get(1..=digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32)
            .map_or((Escaped::Verbatim, 1), |c| (Escaped::Char(c), 1 + digits))
    };
    match letter {
        'n' => (Escaped::Char('\n'), 1),
        't' => (Escaped::Char('\t'), 1),
        'r' => (Escaped::Char('\r'), 1),
        '\\' | '\'' | '"' => (Escaped::Char(letter), 1),
        '\n' => (Escaped::Nothing, 1),
        '\r' if after.starts_with("\r\n") => (Escaped::Nothing, 2),
        '0' => (Escaped::Char('\0'), 1),
        'x' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        _ => (Escaped::Verbatim, letter.len_utf8()),
    }
}

/// `{{` and `}}` in an f-string stand for one brace.
fn unbrace(text: &str) -> Cow<'_, str> {
    if text.contains(['{', '}']) {
        Cow::Owned(text.replace("{{", "{").replace("}}", "}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    let digits: String = text
        .trim_end_matches(['l', 'L'])
        .chars()
        .filter(|&c| c != '_')
        .collect();
    let radix = match digits.get(..2).unwrap_or("") {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return digits.parse().ok(),
    };
    i64::from_str_radix(&digits[2..], radix).ok()
}

// --- types in strings ---------------------------------------------------------------------

/// A type written in a string, with its place there.
#[derive(Debug)]
struct Type<'s> {
    from: usize,
    to: usize,
    shape: Shape<'s>,
}

#[derive(Debug)]
enum Shape<'s> {
    Null,
    Name(&'s str),
    Member(Box<Type<'s>>, &'s str),
    Index(Box<Type<'s>>, Vec<Type<'s>>),
    Union(Box<Type<'s>>, Box<Type<'s>>),
}

/// Dotted names, subscripts and `|`; anything else is a plain string.
fn parse_type(text: &str) -> Option<Type<'_>> {
    let mut parser = TypeParser { text, at: 0 };
    let ty = parser.union(0)?;
    parser.space();
    (parser.at == text.len()).then_some(ty)
}

struct TypeParser<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> TypeParser<'s> {
    fn union(&mut self, depth: u32) -> Option<Type<'s>> {
        if depth > MAX_TYPE_DEPTH {
            return None;
        }
        let mut left = self.postfix(depth)?;
        let mut terms = depth;
        while self.eat('|') {
            terms += 1;
            if terms > MAX_TYPE_DEPTH {
                return None;
            }
            let right = self.postfix(depth)?;
            left = Type {
                from: left.from,
                to: right.to,
                shape: Shape::Union(Box::new(left), Box::new(right)),
            };
        }
        Some(left)
    }

    fn postfix(&mut self, depth: u32) -> Option<Type<'s>> {
        self.space();
        let from = self.at;
        let mut ty = match self.identifier()? {
            "None" => Shape::Null,
            name => Shape::Name(name),
        };
        for _ in 0..MAX_TYPE_DEPTH {
            let object = Box::new(Type {
                from,
                to: self.at,
                shape: ty,
            });
            if self.eat('.') {
                ty = Shape::Member(object, self.identifier()?);
            } else if self.eat('[') {
                let mut indices = vec![self.union(depth + 1)?];
                while self.eat(',') {
                    indices.push(self.union(depth + 1)?);
                }
                if !self.eat(']') {
                    return None;
                }
                ty = Shape::Index(object, indices);
            } else {
                return Some(*object);
            }
        }
        None
    }

    fn identifier(&mut self) -> Option<&'s str> {
        let rest = &self.text[self.at..];
        let len = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let name = &rest[..len];
        if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            self.at += len;
            Some(name)
        } else {
            None
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        let before = self.at;
        self.space();
        let is_next = self.text[self.at..].starts_with(wanted);
        self.at = if is_next {
            self.at + wanted.len_utf8()
        } else {
            before
        };
        is_next
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }
}
