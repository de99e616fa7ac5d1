//! The few lines around a finding, cropped and escaped, as a small text of their own.
//!
//! What draws the excerpt fails on columns past 65,535 and prints what it is given, so it never
//! sees the file: at most 5 lines of 200 columns, no tabs, no controls. The cost is bounded by
//! that, however long the file and its lines are.

use std::ops::Range;

use crate::source::{LineIndex, Span};

use super::escape;

const MAX_LINES: u32 = 5;
const MAX_COLUMNS: usize = 200;
/// A label that starts further right moves the window.
const MAX_INDENT: usize = 140;
/// What is shown before the label then.
const LEAD: usize = 40;
const TAB: usize = 4;

/// Lines around a span.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The lines, each ended by `\n`; at least one.
    pub(super) text: String,
    /// 1-based number of the first one.
    pub(super) first_line: u32,
    /// The bytes of `text` that stand for the span.
    pub(super) label: Range<usize>,
}

impl Excerpt {
    /// The excerpt for a span, which may lie beyond the text or within characters.
    pub(super) fn of(text: &str, lines: &LineIndex, span: Span, ellipsis: &'static str) -> Self {
        let start = text.floor_char_boundary((span.start as usize).min(text.len()));
        let end = text.ceil_char_boundary((span.end as usize).min(text.len()));
        let end = end.max(start);
        let first = lines.line(start as u32);
        let last = lines
            .line(end.saturating_sub(1).max(start) as u32)
            .min(first + MAX_LINES - 1);
        let spare = MAX_LINES - (last - first + 1);
        let left = left_edge(text, line_range(text, lines, first).start, start);
        let mut painter = Painter {
            text,
            span: start..end,
            ellipsis,
            out: String::new(),
            label: None..None,
        };
        // A line that long is data or minified, and its neighbours would not stand above it.
        let (before, after) = match left {
            Some(_) => (0, 0),
            None => (spare / 2, spare - spare / 2),
        };
        // A text that ends with a line end has nothing on its last line.
        let count = lines.len() as u32 - u32::from(lines.len() > 1 && text.ends_with(['\n', '\r']));
        let shown = first.saturating_sub(before).max(1)..=(last + after).min(count.max(last));
        let first_line = *shown.start();
        for number in shown {
            let range = line_range(text, lines, number);
            let from = left.filter(|_| number == first).unwrap_or(range.start);
            painter.line(from, &range);
            if number == last {
                painter.label.end.get_or_insert(painter.out.len());
            }
            painter.out.push('\n');
        }
        let label_start = painter.label.start.unwrap_or(0);
        Self {
            label: label_start..painter.label.end.unwrap_or(label_start).max(label_start),
            text: painter.out,
            first_line,
        }
    }
}

/// The text of a line without indentation, cropped and escaped.
pub(super) fn trimmed_line(
    text: &str,
    lines: &LineIndex,
    offset: u32,
    ellipsis: &'static str,
) -> String {
    let offset = (offset as usize).min(text.len());
    let range = line_range(text, lines, lines.line(offset as u32));
    let line = &text[range.clone()];
    let indent = line.len() - line.trim_start().len();
    let start = text.floor_char_boundary(offset).max(range.start + indent);
    let left = left_edge(text, range.start + indent, start);
    let mut painter = Painter {
        text,
        span: 0..0,
        ellipsis,
        out: String::new(),
        label: None..None,
    };
    painter.line(
        left.unwrap_or(range.start + indent),
        &(range.start + indent..range.end),
    );
    painter.out.trim_end().to_owned()
}

/// The bytes of a 1-based line without its end.
fn line_range(text: &str, lines: &LineIndex, number: u32) -> Range<usize> {
    let start = lines.line_start(number) as usize;
    let end = if (number as usize) < lines.len() {
        lines.line_start(number + 1) as usize
    } else {
        text.len()
    };
    let line = text[start..end].trim_end_matches(['\n', '\r']);
    start..start + line.len()
}

/// Where to start showing a line so that the label is seen, if that is not its start.
fn left_edge(text: &str, line_start: usize, label: usize) -> Option<usize> {
    let mut columns = 0;
    for (at, char) in text[line_start..label].char_indices() {
        columns += width(char, &text[line_start + at..]);
        if columns > MAX_INDENT {
            let mut lead = 0;
            let back = text[line_start..label].char_indices().rev();
            let kept = back
                .take_while(|&(at, char)| {
                    lead += width(char, &text[line_start + at..]);
                    lead <= LEAD
                })
                .last();
            return Some(kept.map_or(label, |(at, _)| line_start + at));
        }
    }
    None
}

/// Columns of a character as it is shown; wide ones may take twice that.
fn width(char: char, rest: &str) -> usize {
    if char == '\t' {
        return TAB;
    }
    let mut shown = String::new();
    escape::push(&mut shown, char, rest);
    shown.chars().count()
}

/// Copies lines and notes where the span comes to stand.
struct Painter<'t> {
    text: &'t str,
    span: Range<usize>,
    ellipsis: &'static str,
    out: String,
    label: Range<Option<usize>>,
}

impl Painter<'_> {
    /// Copies `range`, a line, starting at `from`, which is its start unless it is cropped.
    fn line(&mut self, from: usize, range: &Range<usize>) {
        let mut columns = 0;
        if from > range.start {
            self.out.push_str(self.ellipsis);
            columns += 1;
        }
        for (at, char) in self.text[from..range.end].char_indices() {
            let at = from + at;
            if columns >= MAX_COLUMNS {
                self.out.push_str(self.ellipsis);
                break;
            }
            self.note(at);
            if char == '\t' {
                let stop = TAB - columns % TAB;
                self.out.push_str(&" ".repeat(stop));
                columns += stop;
            } else {
                let rest = &self.text[at..];
                escape::push(&mut self.out, char, rest);
                columns += width(char, rest);
            }
        }
        // A span may start or end behind the last character.
        if self.span.start >= from && self.span.start <= range.end {
            self.label.start.get_or_insert(self.out.len());
        }
        if self.span.end >= from && self.span.end <= range.end {
            self.label.end.get_or_insert(self.out.len());
        }
    }

    fn note(&mut self, at: usize) {
        if at == self.span.start {
            self.label.start = Some(self.out.len());
        }
        if at == self.span.end && self.span.start < self.span.end {
            self.label.end.get_or_insert(self.out.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excerpt with its first line and with `[` and `]` around the label.
    fn check(text: &str, start: usize, end: usize, expected: &str) {
        let excerpt = Excerpt::of(text, &LineIndex::new(text), Span::new(start, end), "…");
        let label = excerpt.label;
        let (head, tail) = (&excerpt.text[..label.start], &excerpt.text[label.end..]);
        let shown = format!(
            "{}: {head}[{}]{tail}",
            excerpt.first_line, &excerpt.text[label]
        );
        assert_eq!(shown, expected);
    }

    #[test]
    fn two_lines_of_context_on_each_side() {
        let text = "1\n2\n3\n4\n5\n6\n7\n";
        check(text, 6, 7, "2: 2\n3\n[4]\n5\n6\n");
        check(text, 0, 1, "1: [1]\n2\n3\n");
        check(text, 12, 13, "5: 5\n6\n[7]\n");
        check(text, 4, 7, "2: 2\n[3\n4]\n5\n6\n");
    }

    #[test]
    fn at_most_five_lines() {
        check("1\n2\n3\n4\n5\n6\n7", 2, 13, "2: [2\n3\n4\n5\n6]\n");
    }

    #[test]
    fn positions_beyond_and_within_characters_are_moved() {
        check("", 0, 0, "1: []\n");
        check("", 7, 9, "1: []\n");
        check("é", 1, 1, "1: [é]\n");
        check("a\nb", 3, 9, "1: a\nb[]\n");
        check("a\r\nb", 1, 3, "1: a[]\nb\n");
    }

    #[test]
    fn tabs_are_expanded_and_controls_shown() {
        check("\ta\tb", 3, 4, "1:     a   [b]\n");
        check("a\u{1b}b", 1, 2, "1: a[\\x1b]b\n");
    }

    #[test]
    fn long_lines_are_cropped_around_the_label() {
        let text = format!(
            "before\n{}query(){}\nafter",
            "x".repeat(1_000),
            "y".repeat(1_000)
        );
        let at = text.find("query").expect("it is there");
        let shown = format!("2: …{}[query()]{}…\n", "x".repeat(40), "y".repeat(152));
        check(&text, at, at + 7, &shown);
        let text = format!("q{}", "y".repeat(1_000));
        check(&text, 0, 1, &format!("1: [q]{}…\n", "y".repeat(199)));
        check(&text, 0, 1_001, &format!("1: [q{}…]\n", "y".repeat(199)));
    }

    #[test]
    fn evidence_shows_the_line_without_indentation() {
        let line = |text: &str, offset| trimmed_line(text, &LineIndex::new(text), offset, "…");
        assert_eq!(line("a\n\t  for x in y:\n", 6), "for x in y:");
        assert_eq!(line("a\n\t  for x in y:\n", 2), "for x in y:");
        assert_eq!(line("", 9), "");
        let long = format!("{}query()", "x".repeat(10_000));
        assert_eq!(line(&long, 10_000), format!("…{}query()", "x".repeat(40)));
    }
}
