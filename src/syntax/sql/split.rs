//! Where statements begin and end in a file of them.

use super::token::{Lexer, Token, TokenKind};
use crate::ir::schema::Dialect;
use crate::source::Span;

/// One statement of a text.
#[derive(Debug, Clone)]
pub struct Statement {
    /// From its first token to its last, without the semicolon.
    pub span: Span,
    /// Its tokens, placed in the whole text.
    pub tokens: Vec<Token>,
}

impl Statement {
    /// The statement as it is written.
    pub fn text<'t>(&self, of: &'t str) -> &'t str {
        &of[self.span.start as usize..self.span.end as usize]
    }

    /// Whether its first word is this keyword.
    pub fn starts_with(&self, of: &str, keyword: &str) -> bool {
        self.tokens
            .first()
            .is_some_and(|token| token.is(of, keyword))
    }
}

/// The statements of a text, in order. Commands of `psql`, the data of `COPY`, `DELIMITER`
/// lines and comments are none; statements inside a routine's body belong to it.
///
/// Statements that bring in data keep the tokens of their head only: a dump is mostly data.
pub fn statements(text: &str, dialect: Option<Dialect>) -> Vec<Statement> {
    let mut lexer = Lexer::new(text, dialect);
    let mut found = Vec::new();
    let mut delimiter: Option<String> = None;
    loop {
        lexer.skip_blanks();
        if lexer.at >= text.len() {
            return found;
        }
        let rest = &text[lexer.at..];
        if rest.starts_with('\\') {
            lexer.line_end();
            continue;
        }
        let line = rest.lines().next().unwrap_or("");
        if line
            .get(..10)
            .is_some_and(|head| head.eq_ignore_ascii_case("delimiter "))
        {
            let given = line[10..].trim();
            delimiter = (given != ";" && !given.is_empty()).then(|| given.to_owned());
            lexer.line_end();
            continue;
        }
        let Some(statement) = read(&mut lexer, text, delimiter.as_deref()) else {
            continue;
        };
        if is_copy_from_stdin(&statement, text) {
            skip_copy_data(&mut lexer, text);
        }
        found.push(statement);
    }
}

/// Tokens that the head of a statement with data may have: `INSERT INTO t (a, b) VALUES`.
const MAX_HEAD_TOKENS: usize = 4_000;

fn read(lexer: &mut Lexer<'_>, text: &str, delimiter: Option<&str>) -> Option<Statement> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut end = lexer.at;
    // How many `BEGIN` and `CASE` of a routine's body are open.
    let mut depth = 0_u32;
    loop {
        lexer.skip_blanks();
        if let Some(delimiter) = delimiter
            && text[lexer.at..].starts_with(delimiter)
        {
            lexer.at += delimiter.len();
            break;
        }
        let Some(token) = lexer.next_token() else {
            break;
        };
        if delimiter.is_none() && depth == 0 && token.is(text, ";") {
            break;
        }
        if delimiter.is_none() && token.kind == TokenKind::Word && is_routine(&tokens, text) {
            depth = depth_after(depth, &token, tokens.last(), text);
        }
        end = token.span.end as usize;
        let is_data = tokens.len() >= MAX_HEAD_TOKENS
            && tokens
                .first()
                .is_some_and(|t| t.is(text, "INSERT") || t.is(text, "REPLACE"));
        if !is_data {
            tokens.push(token);
        }
    }
    let first = tokens.first()?;
    Some(Statement {
        span: Span::new(first.span.start as usize, end),
        tokens,
    })
}

/// Whether a statement makes a routine or trigger, whose body has statements of its own.
fn is_routine(tokens: &[Token], text: &str) -> bool {
    const ROUTINES: &[&str] = &["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"];
    const OTHERS: &[&str] = &["TABLE", "INDEX", "VIEW", "TYPE", "SCHEMA", "SEQUENCE"];
    let is_one_of = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(text, word));
    let mut head = tokens.iter().take(10);
    tokens.first().is_some_and(|first| first.is(text, "CREATE"))
        && head
            .find(|token| is_one_of(token, ROUTINES) || is_one_of(token, OTHERS))
            .is_some_and(|token| is_one_of(token, ROUTINES))
}

fn depth_after(depth: u32, token: &Token, before: Option<&Token>, text: &str) -> u32 {
    let ended = before.is_some_and(|before| before.is(text, "END"));
    if token.is(text, "BEGIN") || (token.is(text, "CASE") && !ended && depth > 0) {
        return depth + 1;
    }
    if token.is(text, "END") {
        return depth.saturating_sub(1);
    }
    // `END IF`, `END LOOP`: the `END` has not closed a `BEGIN`.
    let of_statement = ["IF", "LOOP", "WHILE", "REPEAT"];
    if ended && of_statement.iter().any(|word| token.is(text, word)) {
        return depth + 1;
    }
    depth
}

fn is_copy_from_stdin(statement: &Statement, text: &str) -> bool {
    statement.starts_with(text, "COPY")
        && statement.tokens.iter().any(|token| token.is(text, "STDIN"))
}

/// Passes over the data behind `COPY … FROM stdin;`, up to its `\.`.
fn skip_copy_data(lexer: &mut Lexer<'_>, text: &str) {
    lexer.line_end();
    lexer.at = match text[lexer.at..].find("\n\\.") {
        Some(at) => lexer.at + at + 3,
        None => text.len(),
    };
}
