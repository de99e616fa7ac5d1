//! Parsing within a budget, so that no text takes for ever.
//!
//! The budget counts what the parser does, not how long it takes: the same file is given up on
//! every machine, or on none.

use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// Bytes handed to the parser at a time. Each portion is counted when it is asked for: a token
/// that is looked for to the end of the file, over and over, costs what it reads.
const PORTION: usize = 512;
/// Operations of the parser between two of its calls, as the library defines them.
const OPERATIONS_PER_CALL: u64 = 100;
/// Work per byte of the text. Code takes 1 to 4, whatever is wrong with it; garbage up to 8.
const WORK_PER_BYTE: u64 = 16;
/// Work that the shortest text may take.
const LEAST_WORK: u64 = 200_000;

/// The syntax tree, unless the text is made to take long.
pub(super) fn parse(parser: &mut Parser, text: &str) -> Option<Tree> {
    let bytes = text.as_bytes();
    let budget = Budget::of(bytes.len());
    let mut read = |from: usize, _| {
        let portion = bytes.get(from..).unwrap_or_default();
        let portion = &portion[..portion.len().min(PORTION)];
        budget.spend(portion.len() as u64);
        // Without more text, even a single token comes to its end.
        if budget.is_spent() { &[] } else { portion }
    };
    let mut watch = |_: &ParseState| {
        budget.spend(OPERATIONS_PER_CALL);
        if budget.is_spent() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let tree = parser.parse_with_options(&mut read, None, Some(options));
    if tree.is_none() {
        // Otherwise the next parse would resume this one.
        parser.reset();
    }
    tree.filter(|_| !budget.is_spent())
}

/// What may still be done, in bytes read and operations of the parser.
struct Budget(Cell<u64>);

impl Budget {
    fn of(bytes: usize) -> Self {
        Self(Cell::new(LEAST_WORK.max(WORK_PER_BYTE * bytes as u64)))
    }

    fn spend(&self, work: u64) {
        self.0.set(self.0.get().saturating_sub(work));
    }

    fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
