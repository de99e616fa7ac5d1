//! Comments that count: those for this tool, those that say that the trips of a loop go in turn on
//! purpose, those that say why each trip writes for itself, and those that say what a loop costs.

use tree_sitter::Node;

use crate::ir::{Expr, Loop, LoopId, Module};
use crate::source::Span;

/// The word that comments for this tool hold.
const DIRECTIVE: &str = "slowpath:";

/// What a comment says at a loop whose trips go in turn on purpose, without its first letter
/// where that may be a capital.
const WORDS: &[&str] = &[
    "equential",
    "ne at a time",
    "ne by one",
    "overwhelm",
    "rate limit",
    "rate-limit",
];

/// What a comment says at a write that has to be one of its own for each element.
const WRITES: &[&str] = &["individual", "signal", "hooks", "bulk"];

/// What a comment says at a loop whose cost is known and taken.
const COSTS: &[&str] = &[
    "performance cost",
    "performance hit",
    "performance impact",
    "performance penalty",
    "overload",
    "slow and steady",
    "slow but",
];

/// What a comment says of code that will go, without its first letter.
const LEAVING: &[&str] = &["elete this ", "emove this "];

/// How a test begins that such a comment may stand before, with the loop in it.
const TESTS: &[&str] = &["if ", "if("];

/// What says that it is not meant to stay so.
const REGRETS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

/// Notes in a finished module what its comments say. Files without the words skip the walk.
pub(super) fn heed(
    text: &str,
    root: Node<'_>,
    is_comment: impl Fn(Node<'_>) -> bool,
    module: &mut Module,
) {
    let speaks_to_us = text.contains(DIRECTIVE);
    let may_speak_of_turns = may_speak_of_turns(text, module);
    let may_speak_of_writes = may_speak_of_writes(text, module);
    let may_speak_of_costs = may_speak_of_costs(text, module);
    let may_speak_of_leaving = LEAVING.iter().any(|word| text.contains(word));
    if !speaks_to_us
        && !may_speak_of_turns
        && !may_speak_of_writes
        && !may_speak_of_costs
        && !may_speak_of_leaving
    {
        return;
    }
    let comments = comments(root, is_comment);
    if speaks_to_us {
        let directives = comments.iter().copied();
        module.directives = directives
            .filter(|comment| words(text, *comment).contains(DIRECTIVE))
            .collect();
    }
    if may_speak_of_leaving {
        let comments = comments.iter().copied();
        let leaving = |&comment: &Span| {
            let said = words(text, comment);
            said.contains("TODO") && LEAVING.iter().any(|word| said.contains(word))
        };
        module.leaving = comments.filter(leaving).collect();
    }
    if may_speak_of_turns {
        mark(text, &comments, WORDS, &[], module, |lp| {
            lp.goes_in_turn = true;
        });
    }
    if may_speak_of_writes {
        mark(text, &comments, WRITES, &[], module, |lp| {
            lp.writes_each = true;
        });
    }
    if may_speak_of_costs {
        mark(text, &comments, COSTS, TESTS, module, |lp| {
            lp.accepts_cost = true;
        });
    }
}

fn comments(root: Node<'_>, is_comment: impl Fn(Node<'_>) -> bool) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if is_comment(node) {
            comments.push(Span::new(node.start_byte(), node.end_byte()));
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return comments;
            }
        }
    }
}

/// Whether a comment may say so of a loop that awaits: others are not looked at.
fn may_speak_of_turns(text: &str, module: &Module) -> bool {
    let awaits = module
        .sites
        .iter()
        .any(|site| site.lp.is_some() && matches!(module.expr(site.expr), Expr::Await(_)));
    awaits && WORDS.iter().any(|word| text.contains(word))
}

/// Whether a comment may say so of a loop that calls something.
fn may_speak_of_writes(text: &str, module: &Module) -> bool {
    WRITES.iter().any(|word| text.contains(word)) && module.sites.iter().any(|s| s.lp.is_some())
}

/// Whether a comment may say so of some loop.
fn may_speak_of_costs(text: &str, module: &Module) -> bool {
    !module.loops.is_empty() && COSTS.iter().any(|word| text.contains(word))
}

/// Marks the loops that comments with one of some words are about: the one that begins after a
/// comment with nothing but comments and lines of some beginnings between, or else the innermost
/// around it.
fn mark(
    text: &str,
    comments: &[Span],
    words_looked_for: &[&str],
    between: &[&str],
    module: &mut Module,
    note: impl Fn(&mut Loop),
) {
    for &comment in comments {
        let said = words(text, comment);
        let is_meant = words_looked_for.iter().any(|word| said.contains(word))
            && !REGRETS.iter().any(|word| said.contains(word));
        if !is_meant {
            continue;
        }
        let lp = next(text, module, comment, between).or_else(|| around(module, comment));
        if let Some(lp) = lp {
            note(&mut module.loops[lp.index()]);
        }
    }
}

/// The innermost loop whose body holds a comment: loops stand in the order they open.
fn around(module: &Module, comment: Span) -> Option<LoopId> {
    let holds = |lp: &Loop| {
        let last = module.block(lp.body).stmts.last();
        last.is_some_and(|&last| {
            lp.span.start <= comment.start && comment.end <= module.stmt_span(last).end
        })
    };
    let at = module.loops.iter().rposition(holds)?;
    Some(LoopId(at as u32))
}

/// The loop that a comment stands before.
fn next(text: &str, module: &Module, comment: Span, passed: &[&str]) -> Option<LoopId> {
    let after = |lp: &&Loop| lp.span.start >= comment.end;
    let lp = module
        .loops
        .iter()
        .filter(after)
        .min_by_key(|lp| lp.span.start)?;
    let between = words(
        text,
        Span {
            start: comment.end,
            end: lp.span.start,
        },
    )
    .lines()
    .map(str::trim);
    let mut between = between.filter(|line| !line.is_empty());
    let is_next = between.all(|line| {
        let mut begins = ["//", "#", "*", "/*"].iter().chain(passed);
        begins.any(|begin| line.starts_with(begin))
    });
    let at = module
        .loops
        .iter()
        .position(|other| other.span == lp.span)?;
    is_next.then_some(LoopId(at as u32))
}

/// What stands at a span; nothing if it cuts a character in two.
fn words(text: &str, span: Span) -> &str {
    let words = text.get(span.start as usize..span.end as usize);
    words.unwrap_or_default()
}
