//! Fingerprints: what a finding is recognised by in another version of the code.

use rustc_hash::FxHashMap;

use crate::finding::Finding;
use crate::source::SourceFile;

/// Sets the fingerprints of findings that are in their final order.
///
/// A fingerprint is made of rule, path, function and the text of the primary span, never of
/// lines; findings that agree in all of these are told apart by their order.
pub(super) fn set(findings: &mut [Finding], files: &[SourceFile]) {
    let mut seen: FxHashMap<u64, u64> = FxHashMap::default();
    for finding in findings {
        let key = key(finding, &files[finding.place.file.index()]);
        let occurrence = seen.entry(key).or_default();
        let mut hash = Fnv(key);
        if *occurrence > 0 {
            hash.write(&occurrence.to_le_bytes());
        }
        *occurrence += 1;
        finding.fingerprint = format!("{:016x}", hash.finish());
    }
}

/// The hash of rule, function and primary span alone, 16 hex digits: what is left of a finding
/// when its file is renamed.
pub(super) fn content(finding: &Finding, file: &SourceFile) -> String {
    let mut hash = Fnv::new();
    hash.field(finding.rule);
    hash.finding(finding, file);
    format!("{:016x}", hash.finish())
}

/// The text of the primary span.
pub(super) fn text<'f>(finding: &Finding, file: &'f SourceFile) -> &'f str {
    let text = &file.text;
    let start = text.floor_char_boundary((finding.place.span.start as usize).min(text.len()));
    let end = text.ceil_char_boundary((finding.place.span.end as usize).min(text.len()));
    &text[start..end.max(start)]
}

fn key(finding: &Finding, file: &SourceFile) -> u64 {
    let mut hash = Fnv::new();
    hash.field(finding.rule);
    hash.field(&file.path);
    hash.finding(finding, file);
    hash.finish()
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn field(&mut self, text: &str) {
        self.write(text.as_bytes());
        // Ends the field: no text contains this byte.
        self.write(&[0xff]);
    }

    /// Function and text; layout does not count.
    fn finding(&mut self, finding: &Finding, file: &SourceFile) {
        self.field(finding.function.as_deref().unwrap_or_default());
        for word in text(finding, file).split_whitespace() {
            self.field(word);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
