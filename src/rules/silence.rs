//! Why rules say nothing of a line, or nothing that is shown by default: `--explain-silence`.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::{ALL, Check, Reason, Reporter, Shared};
use crate::finding::{Confidence, RuleId, Severity};
use crate::ir::Expr;
use crate::link::program::{Function, Program};
use crate::link::types::Base;
use crate::source::{FileId, LineIndex, SourceFile, Span};

/// What has to stand in a line for a rule to look at it.
const LOOKED_AT: &[(RuleId, &str)] = &[
    (
        "n-plus-one",
        "a read of a database, cache server or other service",
    ),
    ("write-in-loop", "a write of rows or a commit"),
    ("repeated-query", "a read of a database"),
    (
        "loop-invariant-work",
        "a pattern, formatter or file made or read from the same input",
    ),
    ("blocking-in-async", "a call that is known to block"),
    ("await-in-loop", "an await in a loop of an async function"),
    (
        "sequential-await",
        "a statement of an async function that awaits",
    ),
    (
        "unbounded-concurrency",
        "a request, query or program in a loop",
    ),
    (
        "connection-per-request",
        "a call that opens a client, pool or connection",
    ),
    (
        "sort-in-loop",
        "a sort, or a search for the least or greatest",
    ),
    ("repeated-recursion", "a call of the function itself"),
    ("linear-search-in-loop", "a search of a list in a loop"),
    (
        "quadratic-loop",
        "a loop that walks a collection inside another",
    ),
];

/// What the rules that look at calls, loops and awaits make of a line of a file, or of each of its
/// lines, with the number of the line.
pub fn explain(
    program: &Program,
    files: &[SourceFile],
    file: FileId,
    line: Option<u32>,
) -> Vec<(u32, String)> {
    let lines = LineIndex::new(&files[file.index()].text);
    let is_asked = |span: Span| line.is_none_or(|line| covers(&lines, span, line));
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut nothing: Vec<String> = Vec::new();
    for &(id, looked_at) in LOOKED_AT {
        let Some(rule) = ALL.iter().find(|rule| rule.id == id) else {
            continue;
        };
        let Check::Function(check) = rule.check else {
            continue;
        };
        let before = found.len();
        for function in program.functions(file) {
            let mut reporter = Reporter {
                rule: id,
                category: "",
                severity: Severity::Note,
                function,
                file: None,
                shared: Rc::new(Shared::new(function)),
                findings: Vec::new(),
                reasons: Some(Vec::new()),
            };
            check(function, &mut reporter);
            if id == "n-plus-one" {
                relations_at_hand(function, &mut reporter);
            }
            let mut reasons = reporter.reasons.unwrap_or_default();
            reasons.retain(|reason| is_asked(reason.span));
            for finding in &reporter.findings {
                if finding.place.file != file || !is_asked(finding.place.span) {
                    continue;
                }
                let at = line.unwrap_or(lines.line(finding.place.span.start));
                let (why, other): (Vec<Reason>, Vec<Reason>) = reasons
                    .into_iter()
                    .partition(|reason| reason.span == finding.place.span);
                reasons = other;
                let why = match why.first() {
                    Some(reason) if finding.confidence == Confidence::Low => {
                        format!(": {}", reason.why)
                    }
                    _ => String::new(),
                };
                let sure = finding.confidence.name();
                found.push((at, format!("{id} reports it with {sure} confidence{why}")));
            }
            let mut seen: FxHashSet<(Span, &str)> = FxHashSet::default();
            for reason in reasons {
                if !seen.insert((reason.span, reason.why)) {
                    continue;
                }
                let at = line.unwrap_or(lines.line(reason.span.start));
                let text = text_of(&files[file.index()].text, reason.span);
                found.push((at, format!("{id} leaves `{text}` alone: {}", reason.why)));
            }
        }
        if found.len() == before {
            nothing.push(format!("{id} ({looked_at})"));
        }
    }
    if let Some(line) = line
        && !nothing.is_empty()
    {
        let text = format!("nothing to look at for {}", nothing.join(", "));
        found.push((line, text));
    }
    found
}

/// Whether something stands in a line: it begins there, or is a chain of a few lines.
fn covers(lines: &LineIndex, span: Span, line: u32) -> bool {
    const MAX_LINES: u32 = 8;
    let first = lines.line(span.start);
    let last = lines.line(span.end.saturating_sub(1).max(span.start));
    first == line || last - first < MAX_LINES && (first..=last).contains(&line)
}

/// The text of a span on one line, as much of it as one reads.
fn text_of(text: &str, span: Span) -> String {
    const MAX_CHARS: usize = 48;
    let text = text
        .get(span.start as usize..span.end as usize)
        .unwrap_or("");
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    if words.chars().count() > MAX_CHARS {
        words = words.chars().take(MAX_CHARS).collect();
        words.push('…');
    }
    words
}

/// Relations of rows that are read without a query, as far as is known.
fn relations_at_hand(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let module = function.module();
    let entities = &function.program.world.entities;
    let asked: FxHashSet<_> = function.reads().iter().map(|read| read.expr).collect();
    for id in function.declared().exprs.iter() {
        let Expr::Member { object, name } = module.expr(id) else {
            continue;
        };
        if module.function_of(id) != function.id || asked.contains(&id) {
            continue;
        }
        let ty = function.type_of(object);
        let (Base::Instance(class), true) = (ty.base, ty.is_bare()) else {
            continue;
        };
        let found = entities.find(&function.program.world, class, module.text(name));
        if found.is_some_and(|relation| entities.get(relation).lazy) {
            reporter.because(
                id,
                "the relation comes with the row, or the row is no query's",
            );
        }
    }
}
