//! Reading tokens one after the other.

use super::token::{Token, TokenKind};
use crate::ir::schema::Dialect;
use crate::source::Span;

/// A position among the tokens of a statement, or of a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
    pub(super) dialect: Option<Dialect>,
}

impl<'t> Cursor<'t> {
    pub(super) fn over(self, tokens: &'t [Token]) -> Self {
        Self { tokens, ..self }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.first()
    }

    /// Whether the token `ahead` of the next is this keyword or symbol.
    pub(super) fn is_at(&self, ahead: usize, what: &str) -> bool {
        self.tokens
            .get(ahead)
            .is_some_and(|token| token.is(self.text, what))
    }

    pub(super) fn is(&self, what: &str) -> bool {
        self.is_at(0, what)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    pub(super) fn next(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Passes over these words if they all stand here.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let all = words
            .split(' ')
            .enumerate()
            .all(|(i, word)| self.is_at(i, word));
        if all {
            self.tokens = &self.tokens[count..];
        }
        all
    }

    /// A name; plain ones in the letters that the database gives them.
    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.peek()?;
        let name = token.name(self.text)?;
        self.next();
        Some(self.folded(token, name))
    }

    fn folded(&self, token: &Token, name: String) -> String {
        let folds = matches!(self.dialect, None | Some(Dialect::PostgreSql));
        if folds && token.kind == TokenKind::Word {
            name.to_lowercase()
        } else {
            name
        }
    }

    /// A name with its namespace: `public.users`.
    pub(super) fn qualified(&mut self) -> Option<(Option<String>, String)> {
        let mut namespace = None;
        let mut name = self.name()?;
        while self.is(".") {
            self.next();
            namespace = Some(name);
            name = self.name()?;
        }
        Some((namespace, name))
    }

    /// What stands in the parentheses that open here.
    pub(super) fn parens(&mut self) -> Option<Self> {
        if !self.is("(") {
            return None;
        }
        let mut depth = 0_usize;
        for (i, token) in self.tokens.iter().enumerate() {
            if token.is(self.text, "(") {
                depth += 1;
            } else if token.is(self.text, ")") {
                depth -= 1;
                if depth == 0 {
                    let inner = &self.tokens[1..i];
                    self.tokens = &self.tokens[i + 1..];
                    return Some(self.over(inner));
                }
            }
        }
        let inner = &self.tokens[1..];
        self.tokens = &[];
        Some(self.over(inner))
    }

    /// Up to the next of these words outside of parentheses.
    pub(super) fn until(&mut self, words: &[&str]) -> Self {
        let mut depth = 0_usize;
        let mut end = self.tokens.len();
        for (i, token) in self.tokens.iter().enumerate() {
            if depth == 0 && words.iter().any(|word| token.is(self.text, word)) {
                end = i;
                break;
            }
            if token.is(self.text, "(") || token.is(self.text, "[") {
                depth += 1;
            } else if token.is(self.text, ")") || token.is(self.text, "]") {
                depth = depth.saturating_sub(1);
            }
        }
        let (head, rest) = self.tokens.split_at(end);
        self.tokens = rest;
        self.over(head)
    }

    /// The parts between commas outside of parentheses.
    pub(super) fn split(mut self) -> Vec<Self> {
        let mut parts = Vec::new();
        while !self.is_empty() {
            let part = self.until(&[","]);
            self.next();
            if !part.is_empty() {
                parts.push(part);
            }
        }
        parts
    }

    /// From the first token to the last.
    pub(super) fn span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => Span {
                start: first.span.start,
                end: last.span.end,
            },
            _ => Span::default(),
        }
    }
}
