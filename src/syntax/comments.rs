//! Comments that count: those for this tool, those that say that the trips of a loop go in turn on
//! purpose, those that say why each trip writes for itself, and those that say what a loop costs.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
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

/// How flake8-bugbear is told that a method is meant to keep its receiver.
const KEEPING: &[&str] = &["noqa: B019"];

/// What says that it is not meant to stay so.
const REGRETS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

/// Finds where a text may speak to us.
static SPEAKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [&[DIRECTIVE], WORDS, WRITES, COSTS, LEAVING, KEEPING].concat();
    AhoCorasick::new(words).expect("the words make a pattern")
});

/// Notes in a finished module what its comments say. Files without the words skip the search.
pub(super) fn heed(
    text: &str,
    root: Node<'_>,
    is_comment: impl Fn(Node<'_>) -> bool,
    module: &mut Module,
) {
    let comments = comments(text, root, is_comment);
    if comments.is_empty() {
        return;
    }
    let with = |words: &[&str]| {
        let comments = comments.iter().copied();
        let comments = comments.filter(|&comment| {
            let said = said_by(text, comment);
            words.iter().any(|word| said.contains(word))
        });
        comments.collect::<Vec<Span>>()
    };
    module.directives = with(&[DIRECTIVE]);
    module.keeping = with(KEEPING);
    module.leaving = with(LEAVING);
    let is_planned = |&comment: &Span| said_by(text, comment).contains("TODO");
    module.leaving.retain(is_planned);
    if awaits_in_loops(module) {
        mark(text, &with(WORDS), &[], module, |lp| lp.goes_in_turn = true);
    }
    mark(text, &with(WRITES), &[], module, |lp| lp.writes_each = true);
    mark(text, &with(COSTS), TESTS, module, |lp| {
        lp.accepts_cost = true;
    });
}

/// The comments that hold one of the words, in their order: only what holds a word is walked.
fn comments(text: &str, root: Node<'_>, is_comment: impl Fn(Node<'_>) -> bool) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut words = SPEAKS.find_iter(text).map(|word| word.start()).peekable();
    let mut cursor = root.walk();
    while words.peek().is_some() {
        let node = cursor.node();
        while words.next_if(|&word| word < node.start_byte()).is_some() {}
        let holds_word = words.peek().is_some_and(|&word| word < node.end_byte());
        if holds_word && is_comment(node) {
            comments.push(Span::new(node.start_byte(), node.end_byte()));
            while words.next_if(|&word| word < node.end_byte()).is_some() {}
        } else if holds_word && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return comments;
            }
        }
    }
    comments
}

/// Whether a loop waits in its trips: of others no comment needs to say that they go in turn.
fn awaits_in_loops(module: &Module) -> bool {
    let mut sites = module.sites.iter();
    sites.any(|site| site.lp.is_some() && matches!(module.expr(site.expr), Expr::Await(_)))
}

/// Marks the loops that comments without regrets are about: the one that begins after a comment
/// with nothing but comments and lines of some beginnings between, or else the innermost around it.
fn mark(
    text: &str,
    comments: &[Span],
    between: &[&str],
    module: &mut Module,
    note: impl Fn(&mut Loop),
) {
    for &comment in comments {
        let said = said_by(text, comment);
        if REGRETS.iter().any(|word| said.contains(word)) {
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
    let between = said_by(
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
fn said_by(text: &str, span: Span) -> &str {
    let words = text.get(span.start as usize..span.end as usize);
    words.unwrap_or_default()
}
