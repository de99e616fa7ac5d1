//! Which lines of a text are those of another version of it.

use std::ops::Range;

use rustc_hash::FxHashMap;
use similar::{Algorithm, DiffOp};

use crate::source::LineIndex;

/// Pairs of lines that are compared at most; longer texts are compared by the lines that each of
/// them has once.
const MAX_PAIRS: usize = 25_000_000;

/// The lines of a text, and what they were before.
#[derive(Debug)]
pub(super) struct LineMap {
    index: LineIndex,
    /// For each line, counted from 0, its number before, counted from 0.
    before: Vec<Option<u32>>,
    count_before: u32,
}

impl LineMap {
    pub(super) fn new(now: &str, before: &str) -> Self {
        let index = LineIndex::new(now);
        let mut names = FxHashMap::default();
        let old = lines(before, &LineIndex::new(before), &mut names);
        let new = lines(now, &index, &mut names);
        Self {
            before: matched(&new, &old),
            count_before: old.len() as u32,
            index,
        }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, offset: u32) -> u32 {
        self.index.line(offset)
    }

    /// What a line was, counted from 1.
    pub(super) fn line_before(&self, line: u32) -> Option<u32> {
        self.before.get(line as usize - 1)?.map(|line| line + 1)
    }

    /// The lines that were replaced by the changed ones around a line; none if it is unchanged.
    pub(super) fn replaced(&self, line: u32) -> Range<u32> {
        let at = line as usize - 1;
        if self.line_before(line).is_some() || at >= self.before.len() {
            return 0..0;
        }
        let above = self.before[..at].iter().rev().find_map(|line| *line);
        let below = self.before[at..].iter().find_map(|line| *line);
        above.map_or(1, |line| line + 2)..below.unwrap_or(self.count_before) + 1
    }
}

/// Each line as a number that equal lines share; what stands at its end does not count.
fn lines<'t>(text: &'t str, index: &LineIndex, names: &mut FxHashMap<&'t str, u32>) -> Vec<u32> {
    let count = index.len() as u32;
    let line = |number: u32| {
        let start = index.line_start(number) as usize;
        let end = if number < count {
            index.line_start(number + 1) as usize
        } else {
            text.len()
        };
        text[start..end].trim_end()
    };
    (1..=count)
        .map(|number| {
            let next = names.len() as u32;
            *names.entry(line(number)).or_insert(next)
        })
        .collect()
}

fn matched(new: &[u32], old: &[u32]) -> Vec<Option<u32>> {
    let head = new.iter().zip(old).take_while(|(a, b)| a == b).count();
    let tails = new[head..].iter().rev().zip(old[head..].iter().rev());
    let tail = tails.take_while(|(a, b)| a == b).count();
    let mut before = vec![None; new.len()];
    for (at, line) in before[..head].iter_mut().enumerate() {
        *line = Some(at as u32);
    }
    for at in 1..=tail {
        before[new.len() - at] = Some((old.len() - at) as u32);
    }
    let (new, old) = (&new[head..new.len() - tail], &old[head..old.len() - tail]);
    let mut pair = |new_at: usize, old_at: usize| {
        before[head + new_at] = Some((head + old_at) as u32);
    };
    if new.len().saturating_mul(old.len()) <= MAX_PAIRS {
        for operation in similar::capture_diff_slices(Algorithm::Myers, old, new) {
            if let DiffOp::Equal {
                old_index,
                new_index,
                len,
            } = operation
            {
                (0..len).for_each(|at| pair(new_index + at, old_index + at));
            }
        }
    } else {
        for (new_at, old_at) in anchors(new, old) {
            pair(new_at, old_at);
        }
    }
    before
}

/// The lines that both texts have once, as many as stand in the same order in both.
fn anchors(new: &[u32], old: &[u32]) -> Vec<(usize, usize)> {
    let once = |lines: &[u32]| {
        let mut at: FxHashMap<u32, Option<usize>> = FxHashMap::default();
        for (index, &line) in lines.iter().enumerate() {
            at.entry(line)
                .and_modify(|at| *at = None)
                .or_insert(Some(index));
        }
        at
    };
    let (in_new, in_old) = (once(new), once(old));
    let common: Vec<(usize, usize)> = new
        .iter()
        .filter_map(|line| Some((in_new.get(line).copied()??, in_old.get(line).copied()??)))
        .collect();
    // The longest increasing sequence: the last element of the best one of each length, and for
    // each element the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![None; common.len()];
    for (index, &(_, old_at)) in common.iter().enumerate() {
        let length = ends.partition_point(|&end| common[end].1 < old_at);
        previous[index] = length.checked_sub(1).map(|shorter| ends[shorter]);
        ends.truncate(ends.len().max(length));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut sequence = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(index) = at {
        sequence.push(common[index]);
        at = previous[index];
    }
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(now: &str, before: &str) -> Vec<u32> {
        let map = LineMap::new(now, before);
        let lines = 1..=map.before.len() as u32;
        lines
            .map(|line| map.line_before(line).unwrap_or(0))
            .collect()
    }

    #[test]
    fn lines_keep_their_numbers_or_are_new() {
        assert_eq!(before("a\nb\nc", "a\nb\nc"), [1, 2, 3]);
        assert_eq!(before("x\na\nb", "a\nb"), [0, 1, 2]);
        assert_eq!(before("a\r\nb \r\nc", "a\nb\nc"), [1, 2, 3]);
        assert_eq!(before("a\nc", "a\nb\nc"), [1, 3]);
        assert_eq!(before("", "a"), [0]);
        assert_eq!(before("a\nX\nb\nY\nc", "a\nb\nc"), [1, 0, 2, 0, 3]);
    }

    #[test]
    fn replaced_lines_are_those_between_the_unchanged_ones() {
        let map = LineMap::new("a\nX\nY\nd", "a\nb\nc\nd");
        assert_eq!(map.replaced(1), 0..0);
        assert_eq!(map.replaced(2), 2..4);
        assert_eq!(map.replaced(3), 2..4);
        assert_eq!(LineMap::new("X", "a\nb").replaced(1), 1..3);
        assert_eq!(LineMap::new("a\nX\nb", "a\nb").replaced(2), 2..2);
    }

    #[test]
    fn long_texts_are_compared_by_their_single_lines() {
        let text = |skip: usize| -> String {
            let lines = (0..20_000).filter(|line| line % skip != 1);
            let lines: Vec<String> = lines.map(|line| format!("line {line}")).collect();
            lines.join("\n")
        };
        let (now, old) = (text(7), text(5));
        let found = before(&now, &old);
        for (line, &number) in now.lines().zip(&found) {
            let expected = old.lines().nth(number.saturating_sub(1) as usize);
            assert!(number == 0 || expected == Some(line));
        }
        assert!(found.iter().filter(|&&number| number == 0).count() < 4_000);
    }
}
