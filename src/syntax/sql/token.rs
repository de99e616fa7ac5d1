//! The tokens of SQL, of all dialects at once.

use crate::ir::schema::Dialect;
use crate::source::Span;

/// A piece of a statement; comments and blanks are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands in the text.
    pub span: Span,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a plain name.
    Word,
    /// A name in quotes: `"a"`, `` `a` ``, `[a]`.
    Quoted,
    /// A text in quotes, also between dollars.
    Text,
    /// A number.
    Number,
    /// `$1`, `?`, `:name`, `@name`, `%s`, `%(name)s`.
    Parameter,
    /// An operator of one or more characters, or punctuation: `<=`, `::`, `(`, `,`, `.`.
    Symbol,
}

impl Token {
    /// The token as it is written.
    pub fn text<'t>(&self, of: &'t str) -> &'t str {
        &of[self.span.start as usize..self.span.end as usize]
    }

    /// Whether it is this keyword, in capital letters, or this symbol.
    pub fn is(&self, of: &str, what: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol)
            && self.text(of).eq_ignore_ascii_case(what)
    }

    /// The name that a word or quoted name means, without its quotes; plain names keep their
    /// letters as written.
    pub fn name(&self, of: &str) -> Option<String> {
        let text = self.text(of);
        match self.kind {
            TokenKind::Word => Some(text.to_owned()),
            TokenKind::Quoted => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
                Some(match text.as_bytes().first() {
                    Some(b'"') => inner.replace("\"\"", "\""),
                    Some(b'`') => inner.replace("``", "`"),
                    _ => inner.to_owned(),
                })
            }
            _ => None,
        }
    }
}

/// All tokens of a text.
pub fn tokens(text: &str, dialect: Option<Dialect>) -> Vec<Token> {
    let mut lexer = Lexer::new(text, dialect);
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token() {
        found.push(token);
    }
    found
}

/// Reads token by token.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pub(super) at: usize,
    /// Whether a backslash escapes the next character of a text, as MySQL has it.
    has_escapes: bool,
    /// Whether names may stand in square brackets, as SQLite and SQL Server have it.
    has_brackets: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, dialect: Option<Dialect>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            has_escapes: match dialect {
                Some(Dialect::MySql) => true,
                None => text.contains('`'),
                Some(_) => false,
            },
            has_brackets: matches!(dialect, Some(Dialect::Sqlite)),
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token; none at the end.
    pub(super) fn next_token(&mut self) -> Option<Token> {
        self.skip_blanks();
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let kind = match first {
            b'\'' => {
                self.quoted(b'\'', self.has_escapes);
                TokenKind::Text
            }
            b'"' | b'`' => {
                self.quoted(first, false);
                TokenKind::Quoted
            }
            b'[' if self.has_brackets && is_word_start(self.peek(1)) => {
                self.until(b"]");
                TokenKind::Quoted
            }
            b'$' if self.dollar_quoted() => TokenKind::Text,
            b'e' | b'E' if self.peek(1) == b'\'' => {
                self.at += 1;
                self.quoted(b'\'', true);
                TokenKind::Text
            }
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if self.peek(1) == b'\'' => {
                self.at += 1;
                self.quoted(b'\'', false);
                TokenKind::Text
            }
            b'$' | b'@' => {
                self.at += 1;
                self.word();
                TokenKind::Parameter
            }
            b':' if is_word_start(self.peek(1)) => {
                self.at += 1;
                self.word();
                TokenKind::Parameter
            }
            b'%' if self.peek(1) == b's' && !is_word(self.peek(2)) => {
                self.at += 2;
                TokenKind::Parameter
            }
            b'%' if self.peek(1) == b'(' && is_word_start(self.peek(2)) => {
                self.until(b")");
                if self.peek(0) == b's' {
                    self.at += 1;
                }
                TokenKind::Parameter
            }
            b'?' if !matches!(self.peek(1), b'|' | b'&') => {
                self.at += 1;
                while self.peek(0).is_ascii_digit() {
                    self.at += 1;
                }
                TokenKind::Parameter
            }
            b'0'..=b'9' => {
                self.number();
                TokenKind::Number
            }
            b'.' if self.peek(1).is_ascii_digit() => {
                self.number();
                TokenKind::Number
            }
            _ if is_word_start(first) => {
                self.word();
                TokenKind::Word
            }
            _ => {
                self.symbol();
                TokenKind::Symbol
            }
        };
        Some(Token {
            kind,
            span: Span::new(start, self.at),
        })
    }

    /// Passes over blanks and comments. What stands in `/*! … */` is not a comment to MySQL.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*')
                    if self.peek(2) == b'!' || self.bytes[self.at..].starts_with(b"/*M!") =>
                {
                    self.at += 3;
                    while self.peek(0).is_ascii_digit() || self.peek(0) == b'!' {
                        self.at += 1;
                    }
                }
                (b'/', b'*') => self.block_comment(),
                (b'*', b'/') => self.at += 2,
                (b'-', b'-') => self.line_end(),
                (b'#', next) if self.has_escapes && next != b'>' => self.line_end(),
                (byte, _) if byte.is_ascii_whitespace() => self.at += 1,
                (0, _) if self.at < self.bytes.len() => self.at += 1,
                _ => return,
            }
        }
    }

    fn block_comment(&mut self) {
        self.at += 2;
        let mut depth = 1;
        while self.at < self.bytes.len() && depth > 0 {
            match (self.peek(0), self.peek(1)) {
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                }
                // PostgreSQL nests comments.
                (b'/', b'*') if !self.has_escapes => {
                    depth += 1;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// Goes to the end of the line.
    pub(super) fn line_end(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    fn quoted(&mut self, quote: u8, has_escapes: bool) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if byte == b'\\' && has_escapes {
                self.at += 1;
            } else if byte == quote {
                if self.peek(0) != quote {
                    break;
                }
                self.at += 1;
            }
        }
        self.pass_boundary();
    }

    /// Goes behind the next `end`, or to the end of the text.
    fn until(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at..];
        self.at = match rest.windows(end.len()).position(|window| window == end) {
            Some(at) => self.at + at + end.len(),
            None => self.bytes.len(),
        };
    }

    /// `$$ … $$` and `$tag$ … $tag$`; false if it is neither.
    fn dollar_quoted(&mut self) -> bool {
        let rest = &self.bytes[self.at + 1..];
        let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
        if rest.get(length) != Some(&b'$') || rest.first().is_some_and(u8::is_ascii_digit) {
            return false;
        }
        let start = self.at;
        self.at += length + 2;
        let tag = &self.text[start..self.at];
        self.at = match self.text[self.at..].find(tag) {
            Some(at) => self.at + at + tag.len(),
            None => self.bytes.len(),
        };
        true
    }

    fn number(&mut self) {
        while is_word(self.peek(0)) || self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        while is_word(self.peek(0)) || self.peek(0) == b'$' {
            self.at += 1;
        }
        self.pass_boundary();
    }

    fn symbol(&mut self) {
        const LONG: &[&str] = &[
            "->>", "#>>", "<=>", "!~*", "@>", "<@", "->", "#>", "<=", ">=", "<>", "!=", "||", "&&",
            "::", "!~", "~*", "?|", "?&", "@@", ":=",
        ];
        let rest = &self.bytes[self.at..];
        let found = LONG
            .iter()
            .find(|symbol| rest.starts_with(symbol.as_bytes()));
        self.at += found.map_or(1, |symbol| symbol.len());
        self.pass_boundary();
    }

    /// Goes on to where a character begins.
    fn pass_boundary(&mut self) {
        self.at = self.at.min(self.bytes.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
