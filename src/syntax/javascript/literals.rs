//! Strings and numbers: from source text to value.

use std::borrow::Cow;

use crate::ir::Expr;

/// The value of a quoted string.
pub(super) fn string_value(raw: &str) -> Cow<'_, str> {
    unescaped(unquoted(raw))
}

/// A quoted string without its quotes; the closing one may be missing.
pub(super) fn unquoted(raw: &str) -> &str {
    let Some(quote @ ('"' | '\'' | '`')) = raw.chars().next() else {
        return raw;
    };
    let inner = &raw[1..];
    inner.strip_suffix(quote).unwrap_or(inner)
}

/// A string with its escape sequences replaced.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            break;
        };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'v' => value.push('\u{b}'),
            '0' => value.push('\0'),
            // A line continuation is nothing.
            '\n' => {}
            '\r' => rest = rest.strip_prefix('\n').unwrap_or(rest),
            'x' => rest = code_point(rest, 2, &mut value),
            'u' => match rest.strip_prefix('{') {
                Some(inside) => {
                    let digits = inside.find('}').unwrap_or(0);
                    rest = code_point(inside, digits, &mut value);
                    rest = rest.strip_prefix('}').unwrap_or(rest);
                }
                None => rest = code_point(rest, 4, &mut value),
            },
            other => value.push(other),
        }
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// Pushes the character whose number is written in so many hexadecimal digits; gives the rest.
fn code_point<'a>(text: &'a str, digits: usize, value: &mut String) -> &'a str {
    let Some(number) = text.get(..digits) else {
        return text;
    };
    let Ok(number) = u32::from_str_radix(number, 16) else {
        return text;
    };
    // Half of a surrogate pair is no character by itself.
    value.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
    &text[digits..]
}

/// The value of a number literal.
pub(super) fn number(raw: &str) -> Expr {
    let cleaned: Cow<'_, str> = if raw.contains('_') {
        Cow::Owned(raw.replace('_', ""))
    } else {
        Cow::Borrowed(raw)
    };
    let digits = cleaned.strip_suffix('n').unwrap_or(&cleaned);
    let prefix = digits.get(..2).unwrap_or_default();
    let value = match prefix {
        "0x" | "0X" => i64::from_str_radix(&digits[2..], 16).ok(),
        "0o" | "0O" => i64::from_str_radix(&digits[2..], 8).ok(),
        "0b" | "0B" => i64::from_str_radix(&digits[2..], 2).ok(),
        _ => digits.parse().ok().or_else(|| whole(digits)),
    };
    value.map_or(Expr::Float, Expr::Number)
}

/// An integer in another notation: `1e3`, `5.0`.
fn whole(digits: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let value: f64 = digits.parse().ok()?;
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}
