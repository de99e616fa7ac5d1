//! Expressions and conditions as schemas have them: what an index sorts by, and which rows a
//! partial index holds.

use super::cursor::Cursor;
use super::token::{Token, TokenKind, tokens};
use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::schema::Dialect;

/// Tokens of an expression or condition that is looked into.
const MAX_TOKENS: usize = 1_000;
/// Parentheses within each other that are looked into.
const MAX_NESTING: usize = 32;

/// Words that are no columns in an expression.
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "null",
    "true",
    "false",
    "is",
    "in",
    "like",
    "ilike",
    "between",
    "case",
    "when",
    "then",
    "else",
    "end",
    "as",
    "cast",
    "collate",
    "any",
    "array",
    "interval",
    "escape",
    "from",
    "at",
    "time",
    "zone",
    "current_timestamp",
    "current_date",
];

/// An expression in the one spelling that all who compare expressions use: plain columns as such,
/// all else in small letters, without quotes, needless blanks and parentheses, and casts to text.
pub fn value(text: &str, dialect: Option<Dialect>) -> Value {
    let tokens = tokens(text, dialect);
    value_of(Cursor {
        text,
        tokens: &tokens,
        dialect,
    })
}

/// The terms of a condition that all hold; empty if part of it was not understood.
pub fn terms(text: &str, dialect: Option<Dialect>) -> Vec<Term> {
    let tokens = tokens(text, dialect);
    terms_of(Cursor {
        text,
        tokens: &tokens,
        dialect,
    })
}

pub(super) fn value_of(cursor: Cursor<'_>) -> Value {
    if cursor.tokens.len() > MAX_TOKENS {
        return Value::Expression(String::new(), Vec::new());
    }
    let cursor = unwrapped(cursor);
    let mut column = cursor;
    if let Some((_, name)) = column.qualified()
        && without_cast(column).is_empty()
    {
        return Value::Column(name);
    }
    let (text, columns) = normal(cursor);
    Value::Expression(text, columns)
}

/// The inside of the parentheses that hold all of it.
fn unwrapped(mut cursor: Cursor<'_>) -> Cursor<'_> {
    for _ in 0..MAX_NESTING {
        let mut rest = cursor;
        match rest.parens() {
            Some(inner) if without_cast(rest).is_empty() && !inner.is_empty() => cursor = inner,
            _ => break,
        }
    }
    cursor
}

/// What is left behind a cast to a kind of text, which changes nothing that is compared.
fn without_cast(mut cursor: Cursor<'_>) -> Cursor<'_> {
    while cursor.is("::") {
        let mut at = cursor;
        at.next();
        let is_text = at.eat("CHARACTER VARYING")
            || at.eat("TEXT")
            || at.eat("VARCHAR")
            || at.eat("CITEXT")
            || at.eat("BPCHAR");
        if !is_text {
            return cursor;
        }
        at.parens();
        if at.is("[") && at.is_at(1, "]") {
            at.next();
            at.next();
        }
        cursor = at;
    }
    cursor
}

fn normal(cursor: Cursor<'_>) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut columns: Vec<String> = Vec::new();
    let mut open = vec![cursor];
    // Parentheses are opened as they come; the rest behind them waits.
    while let Some(mut at) = open.pop() {
        if open.len() > MAX_NESTING {
            break;
        }
        at = without_cast(at);
        let Some(token) = at.peek() else {
            if !open.is_empty() {
                out.push(')');
            }
            continue;
        };
        if at.is("(") {
            let is_call = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let mut rest = at;
            let inner = rest.parens().unwrap_or(rest);
            // Around a single column they mean nothing.
            let mut single = inner;
            let is_single =
                !is_call && single.qualified().is_some() && without_cast(single).is_empty();
            if is_single {
                push(&mut out, &mut columns, inner);
                open.push(rest);
            } else {
                out.push('(');
                open.push(rest);
                open.push(unwrapped(inner));
            }
            continue;
        }
        let mut rest = at;
        if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && rest.qualified().is_some() {
            let count = at.tokens.len() - rest.tokens.len();
            let name = at.over(&at.tokens[..count]);
            if rest.is("(") && token.kind == TokenKind::Word {
                word(&mut out, &token.text(at.text).to_lowercase());
            } else {
                push(&mut out, &mut columns, name);
            }
            open.push(rest);
            continue;
        }
        at.next();
        match token.kind {
            TokenKind::Symbol | TokenKind::Text => out.push_str(token.text(at.text)),
            _ => word(&mut out, &token.text(at.text).to_lowercase()),
        }
        open.push(at);
    }
    (out, columns)
}

/// Writes a keyword, or a column without its table.
fn push(out: &mut String, columns: &mut Vec<String>, mut name: Cursor<'_>) {
    let is_quoted = name
        .peek()
        .is_some_and(|token| token.kind == TokenKind::Quoted);
    let Some((_, text)) = name.qualified() else {
        return;
    };
    let small = text.to_lowercase();
    if !is_quoted && KEYWORDS.contains(&small.as_str()) {
        word(out, &small);
        return;
    }
    word(out, &text);
    if !columns.contains(&text) {
        columns.push(text);
    }
}

fn word(out: &mut String, word: &str) {
    if out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '\'') {
        out.push(' ');
    }
    out.push_str(word);
}

pub(super) fn terms_of(cursor: Cursor<'_>) -> Vec<Term> {
    if cursor.tokens.len() > MAX_TOKENS {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open = vec![cursor];
    while let Some(cursor) = open.pop() {
        let mut cursor = unwrapped(cursor);
        let mut parts = Vec::new();
        while !cursor.is_empty() {
            let mut part = cursor.until(&["AND", "OR"]);
            if cursor.is("OR") {
                return Vec::new();
            }
            cursor.next();
            part = unwrapped(part);
            parts.push(part);
        }
        let is_single = parts.len() == 1;
        for part in parts.into_iter().rev() {
            if !is_single && part.tokens.iter().any(|t| t.is(part.text, "AND")) {
                open.push(part);
                continue;
            }
            match term(part) {
                Some(term) => found.push(term),
                None => return Vec::new(),
            }
        }
    }
    found.reverse();
    found
}

fn term(mut cursor: Cursor<'_>) -> Option<Term> {
    const OPERATORS: &[&str] = &[
        "=", "<>", "!=", "<", "<=", ">", ">=", "IS", "IN", "NOT", "LIKE", "==",
    ];
    let is_negated = cursor.eat("NOT");
    cursor = unwrapped(cursor);
    let left = cursor.until(OPERATORS);
    let value = value_of(left);
    let make = |class, operand| {
        Some(Term {
            table: 0,
            value: value.clone(),
            class,
            operand,
            place: None,
        })
    };
    if cursor.is_empty() {
        let is_bare = matches!(value, Value::Column(_));
        return is_bare
            .then(|| {
                make(
                    OperatorClass::Equality,
                    Operand::Constant((!is_negated).to_string()),
                )
            })
            .flatten();
    }
    if is_negated {
        return None;
    }
    if cursor.eat("IS NOT NULL") {
        return make(OperatorClass::Negation, Operand::Null);
    }
    if cursor.eat("IS NULL") {
        return make(OperatorClass::Equality, Operand::Null);
    }
    if cursor.is("IS") {
        // `b IS TRUE` is not `b` to a planner.
        let (mut text, columns) = normal(left);
        while let Some(token) = cursor.next() {
            word(&mut text, &token.text(cursor.text).to_lowercase());
        }
        return Some(Term {
            table: 0,
            value: Value::Expression(text, columns),
            class: OperatorClass::Equality,
            operand: Operand::Constant("true".to_owned()),
            place: None,
        });
    }
    let not = cursor.eat("NOT");
    if cursor.eat("IN") {
        let inner = cursor.parens()?;
        let constants = inner
            .split()
            .into_iter()
            .map(constant)
            .collect::<Option<_>>()?;
        return make(equality(!not), Operand::Constants(constants));
    }
    if not || cursor.is("LIKE") {
        return None;
    }
    let operator = cursor.next()?.text(cursor.text).to_owned();
    // PostgreSQL writes `IN` lists as `= ANY (ARRAY['a'::text, 'b'::text])`.
    if operator == "=" && cursor.eat("ANY") {
        let mut inner = unwrapped(cursor.parens()?);
        if !(inner.eat("ARRAY") && inner.is("[")) {
            return None;
        }
        inner.next();
        let list = inner.until(&["]"]);
        let constants = list
            .split()
            .into_iter()
            .map(constant)
            .collect::<Option<_>>()?;
        return make(OperatorClass::Equality, Operand::Constants(constants));
    }
    let value = constant(cursor)?;
    match operator.as_str() {
        "=" | "==" => make(OperatorClass::Equality, Operand::Constant(value)),
        "<>" | "!=" => make(OperatorClass::Negation, Operand::Constant(value)),
        "<" | "<=" | ">" | ">=" => make(
            OperatorClass::Range,
            Operand::Limit {
                value,
                is_upper: operator.starts_with('<'),
                is_inclusive: operator.ends_with('='),
            },
        ),
        _ => None,
    }
}

fn equality(is_equal: bool) -> OperatorClass {
    if is_equal {
        OperatorClass::Equality
    } else {
        OperatorClass::Negation
    }
}

/// A constant as SQL has it, without a cast.
fn constant(cursor: Cursor<'_>) -> Option<String> {
    let mut cursor = unwrapped(cursor);
    let is_negative = cursor.eat("-");
    let token: &Token = cursor.next()?;
    let text = token.text(cursor.text);
    let is_cast = cursor.is_empty() || cursor.is("::");
    if !is_cast {
        return None;
    }
    match token.kind {
        TokenKind::Text => Some(text.to_owned()),
        TokenKind::Number if is_negative => Some(format!("-{text}")),
        TokenKind::Number => Some(text.to_owned()),
        TokenKind::Word => {
            let small = text.to_lowercase();
            matches!(small.as_str(), "true" | "false").then_some(small)
        }
        _ => None,
    }
}
