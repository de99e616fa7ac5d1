//! The words and signs inside a piece of a template.

use crate::source::Span;

/// A word or sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Number,
    /// With its quotes.
    String,
    /// Anything else; two characters where they belong together.
    Sign,
}

/// More words in one piece than anybody writes.
const MAX_TOKENS: usize = 2_000;
/// Signs of two characters.
const PAIRS: &[&str] = &["==", "!=", "<=", ">=", "//", "**"];

/// The tokens of a part of a text.
pub(super) fn tokens(text: &str, within: Span) -> Vec<Token> {
    let bytes = text.as_bytes();
    let (mut at, end) = (within.start as usize, within.end as usize);
    let mut found = Vec::new();
    while at < end && found.len() < MAX_TOKENS {
        let start = at;
        let byte = bytes[at];
        let kind = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'"' | b'\'' => {
                at += 1;
                while at < end && bytes[at] != byte {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(end);
                TokenKind::String
            }
            b'0'..=b'9' => {
                while at < end && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                TokenKind::Number
            }
            _ if is_word(byte) => {
                while at < end && is_word(bytes[at]) {
                    at += 1;
                }
                TokenKind::Name
            }
            _ => {
                let is_pair = text.get(at..at + 2).is_some_and(|two| PAIRS.contains(&two));
                at += if is_pair && at + 2 <= end { 2 } else { 1 };
                TokenKind::Sign
            }
        };
        // A string that an escape leads past the end, or between two bytes of a character.
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let span = Span::new(start, at.min(end.max(start + 1)));
        found.push(Token { kind, span });
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
