//! The tokens of a Prisma schema. Ends of lines count, comments are kept.

use crate::source::Span;

/// A piece of a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, a keyword or a number: `db.VarChar` is one.
    Word,
    /// A text with its quotes.
    Text,
    /// `// …`, up to the end of the line.
    Comment,
    Newline,
    /// Any other character.
    Symbol,
}

impl Token {
    pub(super) fn text<'t>(&self, of: &'t str) -> &'t str {
        &of[self.span.start as usize..self.span.end as usize]
    }
}

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let is_comment = first == '/' && rest.peek().is_some_and(|&(_, next)| next == '/');
        let kind = match first {
            '\n' => TokenKind::Newline,
            _ if first.is_whitespace() => continue,
            _ if is_comment => {
                while rest.next_if(|&(_, c)| c != '\n').is_some() {}
                TokenKind::Comment
            }
            '"' => {
                let mut is_escaped = false;
                while let Some((_, c)) = rest.next_if(|&(_, c)| c != '\n') {
                    if c == '"' && !is_escaped {
                        break;
                    }
                    is_escaped = c == '\\' && !is_escaped;
                }
                TokenKind::Text
            }
            _ if is_word(first) => {
                while rest.next_if(|&(_, c)| is_word(c)).is_some() {}
                TokenKind::Word
            }
            _ => TokenKind::Symbol,
        };
        let end = rest.peek().map_or(text.len(), |&(end, _)| end);
        found.push(Token {
            kind,
            span: Span {
                start: start as u32,
                end: end as u32,
            },
        });
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}
