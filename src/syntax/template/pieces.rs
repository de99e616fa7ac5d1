//! Cuts a template into what its engine reads: `{{ … }}`, `{% … %}` and `{# … #}`. All other
//! text is passed over.

use crate::source::Span;

/// A part of a template that its engine reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    /// The whole of it, with its braces.
    pub(super) span: Span,
    /// What stands between the braces, without the signs that trim white space.
    pub(super) inner: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// `{{ … }}`
    Output,
    /// `{% … %}`
    Tag,
    /// `{# … #}`
    Comment,
}

/// The pieces of a text, in order.
pub(super) struct Pieces<'t> {
    text: &'t str,
    at: usize,
    /// What never closes any more from here on, so that it is not looked for again.
    unclosed: [bool; 3],
}

impl<'t> Pieces<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            unclosed: [false; 3],
        }
    }

    /// Passes over all up to the tag that ends a part which is no template:
    /// `{% endraw %}`, `{% endcomment %}`. The end of that tag if there is one.
    pub(super) fn skip_to(&mut self, end_tag: &str) -> Option<usize> {
        let mut from = self.at;
        while let Some(found) = self.text.get(from..)?.find("{%") {
            let start = from + found + 2;
            let rest = self.text[start..]
                .trim_start_matches(['-', '+'])
                .trim_start();
            from = start;
            if let Some(after) = rest.strip_prefix(end_tag)
                && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                let close = after.find("%}")?;
                self.at = self.text.len() - after.len() + close + 2;
                return Some(self.at);
            }
        }
        None
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            let start = self.at + self.text.get(self.at..)?.find('{')?;
            let (kind, close) = match self.text.as_bytes().get(start + 1) {
                Some(b'{') => (PieceKind::Output, "}}"),
                Some(b'%') => (PieceKind::Tag, "%}"),
                Some(b'#') => (PieceKind::Comment, "#}"),
                _ => {
                    self.at = start + 1;
                    continue;
                }
            };
            let inside = start + 2;
            if self.unclosed[kind as usize] {
                self.at = inside;
                continue;
            }
            let Some(length) = self.text[inside..].find(close) else {
                self.unclosed[kind as usize] = true;
                self.at = inside;
                continue;
            };
            let end = inside + length;
            self.at = end + 2;
            let inner = &self.text[inside..end];
            let from = inside + inner.len() - inner.trim_start_matches(['-', '+']).len();
            let to = end - (inner.len() - inner.trim_end_matches(['-', '+']).len());
            return Some(Piece {
                kind,
                span: Span::new(start, end + 2),
                inner: Span::new(from, to.max(from)),
            });
        }
    }
}
