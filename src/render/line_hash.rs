//! The fingerprint by which GitHub's code scanning recognises a line: what its upload action
//! computes as `primaryLocationLineHash`, and compares with what a tool has written.
//!
//! From the start of each line, 100 units of UTF-16 are hashed, blanks and tabs left out and line
//! ends made one; lines with the same hash are counted.

use rustc_hash::FxHashMap;

/// Units hashed for a line.
const BLOCK: usize = 100;
const FACTOR: u64 = 37;
/// Stands at the end of the text.
const END: u16 = u16::MAX;

/// The hash of each line of a text, in order.
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let (units, starts) = units(text);
    let hashes = rolling(&units);
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let lines = starts.into_iter().map(|start| {
        let count = seen.entry(hashes[start]).or_default();
        *count += 1;
        format!("{:x}:{count}", hashes[start])
    });
    lines.collect()
}

/// The units that are hashed, and where among them each line starts.
fn units(text: &str) -> (Vec<u16>, Vec<usize>) {
    const BLANKS: [u16; 2] = [b' ' as u16, b'\t' as u16];
    const RETURN: u16 = b'\r' as u16;
    const NEWLINE: u16 = b'\n' as u16;
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut starts = Vec::new();
    let (mut is_start, mut after_return) = (true, false);
    for unit in text.encode_utf16().chain([END]) {
        let is_skipped = BLANKS.contains(&unit) || (after_return && unit == NEWLINE);
        after_return = unit == RETURN;
        if is_skipped {
            continue;
        }
        if is_start {
            starts.push(units.len());
        }
        let unit = if unit == RETURN { NEWLINE } else { unit };
        is_start = unit == NEWLINE;
        units.push(unit);
    }
    (units, starts)
}

/// The hash of the block that starts at each unit; beyond the end there are zeros.
fn rolling(units: &[u16]) -> Vec<u64> {
    let highest = (1..BLOCK).fold(1_u64, |power, _| power.wrapping_mul(FACTOR));
    let unit = |at: usize| units.get(at).map_or(0, |&unit| u64::from(unit));
    let mut hash = (0..BLOCK).fold(0, |hash: u64, at| {
        hash.wrapping_mul(FACTOR).wrapping_add(unit(at))
    });
    let mut hashes = Vec::with_capacity(units.len());
    for at in 0..units.len() {
        hashes.push(hash);
        hash = hash
            .wrapping_sub(highest.wrapping_mul(unit(at)))
            .wrapping_mul(FACTOR)
            .wrapping_add(unit(at + BLOCK));
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with all ends of lines and odd characters, and their hashes as the upload action
    /// computes them.
    const LINES: &str = include_str!("../../tests/data/line-hash.txt");
    const EXPECTED: &str = include_str!("../../tests/data/line-hash.expected.txt");

    #[test]
    fn hashes_are_those_of_the_upload_action() {
        let expected: Vec<&str> = EXPECTED.lines().collect();
        assert!(expected.len() > 1_000);
        assert_eq!(of_lines(LINES), expected);
    }

    /// The definition, without a rolling window: a polynomial over the units of each line.
    fn by_definition(text: &str) -> Vec<String> {
        let lines = text.replace("\r\n", "\r").replace('\n', "\r");
        let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
        let starts = std::iter::once(0).chain(lines.match_indices('\r').map(|(at, _)| at + 1));
        let hashes = starts.map(|start| {
            let rest = lines[start..].encode_utf16().chain([END]);
            let kept = rest.filter(|&unit| unit != 32 && unit != 9);
            let units = kept.map(|unit| if unit == 13 { 10 } else { unit });
            let padded = units.chain(std::iter::repeat(0)).take(BLOCK);
            let hash = padded.fold(0_u64, |hash, unit| {
                hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit))
            });
            let count = counts.entry(hash).or_default();
            *count += 1;
            format!("{hash:x}:{count}")
        });
        hashes.collect()
    }

    #[test]
    fn hashes_are_those_of_the_definition() {
        for text in ["", "\n", "a", "a\r\n\tb", "\r\r\n\n", "𝒳 = 1\n", LINES] {
            assert_eq!(of_lines(text), by_definition(text));
        }
    }
}
