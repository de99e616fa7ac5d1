//! Spellings of TypeScript that the grammars do not know, blanked before the parse.

use std::borrow::Cow;

/// How far back type arguments may begin, and a tag may be closed.
const MAX_LENGTH: usize = 1_000;

/// The text as the parser can read it, at the same offsets. Type arguments of tagged templates
/// are comparisons to the grammars: of ``sql<User>`…` `` only ``sql      `…` `` is left; of
/// `export type * from "x"` only `export      * from "x"`.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    let mut blanked: Option<Vec<u8>> = None;
    for (start, word) in text.match_indices("export type *") {
        let bytes = blanked.get_or_insert_with(|| text.as_bytes().to_vec());
        bytes[start + 7..start + word.len() - 2].fill(b' ');
    }
    for (close, _) in text.match_indices(">`") {
        let Some(open) = opening(text.as_bytes(), close) else {
            continue;
        };
        if is_element(text.as_bytes(), open, close) {
            continue;
        }
        let bytes = blanked.get_or_insert_with(|| text.as_bytes().to_vec());
        for byte in &mut bytes[open..=close] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    match blanked.map(String::from_utf8) {
        Some(Ok(blanked)) => Cow::Owned(blanked),
        _ => Cow::Borrowed(text),
    }
}

/// Where the type arguments begin that end with the `>` at `close`, if they look like some.
fn opening(bytes: &[u8], close: usize) -> Option<usize> {
    let mut depth = 0;
    let mut quotes = [0u32; 2];
    let mut at = close;
    loop {
        match bytes[at] {
            b'>' if at > 0 && bytes[at - 1] == b'=' => {}
            b'>' => depth += 1,
            b'<' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'\'' => quotes[0] += 1,
            b'"' => quotes[1] += 1,
            b'{' if at > 0 && bytes[at - 1] == b'$' => return None,
            b'`' | b'/' | b'\\' | b'#' | b'@' | b'!' | b'+' | b'*' | b'%' | b'^' | b'~' => {
                return None;
            }
            _ => {}
        }
        if at == 0 || close - at > MAX_LENGTH {
            return None;
        }
        at -= 1;
    }
    let follows_name = at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b')');
    let is_closed = quotes.iter().all(|count| count % 2 == 0);
    (follows_name && is_closed && at + 1 < close).then_some(at)
}

/// Whether `<code>` is closed by `</code>` further on: in ``use<code>`x`</code>`` it is JSX.
fn is_element(bytes: &[u8], open: usize, close: usize) -> bool {
    let name = &bytes[open + 1..close];
    let end = bytes.len().min(close + MAX_LENGTH);
    name.iter().copied().all(is_word)
        && bytes[close..end].windows(name.len() + 3).any(|tag| {
            tag.starts_with(b"</") && tag.ends_with(b">") && &tag[2..tag.len() - 1] == name
        })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}
