//! Makes names, messages and source text harmless: nothing of the analysed tree reaches a
//! terminal or a log as a control sequence, a new line, a reordering of the text, or a command
//! to the runner of a workflow.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text for one line: controls and invisible reordering are shown as escapes.
pub fn inline(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) && !has_command(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, char) in text.char_indices() {
        push(&mut escaped, char, &text[at..]);
    }
    Cow::Owned(escaped)
}

/// A path at the start of a line.
pub fn path(path: &str) -> Cow<'_, str> {
    let escaped = inline(path);
    // Workflow runners take a line that begins with `::` for a command.
    if escaped.trim_start().starts_with("::") {
        Cow::Owned(format!("./{escaped}"))
    } else {
        escaped
    }
}

/// Text for one line that is not longer than a few lines of a terminal.
pub fn brief(text: &str) -> Cow<'_, str> {
    const MAX_CHARS: usize = 600;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", inline(&text[..end]))),
        None => inline(text),
    }
}

/// Appends one character of source text, `rest` being the text from it on. Tabs are the caller's.
pub(super) fn push(out: &mut String, char: char, rest: &str) {
    match char {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '#' if is_command(rest) => {
            out.push_str("\\x23");
        }
        _ if !is_hidden(char) => out.push(char),
        _ => {
            let code = u32::from(char);
            let _ = if code < 0x80 {
                write!(out, "\\x{code:02x}")
            } else {
                write!(out, "\\u{{{code:x}}}")
            };
        }
    }
}

/// JSON text whose strings keep their value but hide nothing and command nothing.
pub(super) fn json(text: String) -> String {
    // JSON's own escapes leave these as they are; outside strings there are none.
    let is_raw = |char: char| is_hidden(char) && char != '\n';
    if !text.chars().any(is_raw) && !has_command(&text) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    for (at, char) in text.char_indices() {
        if is_raw(char) || (char == '#' && is_command(&text[at..])) {
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(char);
        }
    }
    escaped
}

/// Controls, line and paragraph separators, marks that reorder or hide text.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn has_command(text: &str) -> bool {
    text.match_indices('#')
        .any(|(at, _)| is_command(&text[at..]))
}

/// Whether a text starts as commands to workflow runners do, wherever they stand in a line:
/// `##[…]`, `##vso[…]`, `##teamcity[…]`.
fn is_command(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| {
        let mut letters = rest.bytes().take(16);
        letters.find(|byte| !byte.is_ascii_alphabetic()) == Some(b'[')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in ["", "a/b.py", "naïve → 日本 👩‍👩‍👧", "C:\\x", "a ## b", "# [x]"]
        {
            assert!(
                matches!(inline(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn controls_and_reordering_marks_become_visible() {
        let table = [
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[31mred\u{7}", r"\x1b[31mred\x07"),
            ("\u{9b}31m\u{7f}", r"\u{9b}31m\x7f"),
            (
                "a\u{202e}b\u{2066}c\u{2069}",
                r"a\u{202e}b\u{2066}c\u{2069}",
            ),
            ("\u{2028}x\u{feff}", r"\u{2028}x\u{feff}"),
        ];
        for (text, expected) in table {
            assert_eq!(inline(text), expected);
        }
    }

    #[test]
    fn no_line_is_a_workflow_command() {
        assert_eq!(path("::error file=x::y"), "./::error file=x::y");
        assert_eq!(path(" ::warning::y"), "./ ::warning::y");
        assert_eq!(path("a::b"), "a::b");
        assert_eq!(inline("x ##[set-env name=a]b"), r"x \x23#[set-env name=a]b");
        assert_eq!(inline("###vso[task.x]"), r"#\x23#vso[task.x]");
        assert_eq!(inline("##teamcity[x]"), r"\x23#teamcity[x]");
    }

    #[test]
    fn brief_text_is_cut() {
        let text = "é".repeat(10_000);
        assert_eq!(brief(&text).chars().count(), 601);
    }

    #[test]
    fn json_keeps_its_value() {
        let value = "a\u{202e}\u{9b}##[x]\u{e0001}\n\u{7f}##vso[y]";
        let text = json(serde_json::to_string(value).expect("a string"));
        assert!(text.is_ascii(), "{text}");
        assert!(!text.contains("##"), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).expect("valid"), value);
    }
}
