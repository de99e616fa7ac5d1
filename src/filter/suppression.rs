//! Comments that silence a rule: `slowpath: ignore[rule, …] reason` on the line or the line
//! above, `slowpath: ignore-file[rule, …] reason` anywhere in the file.
//!
//! Front ends say where the comments are; this module does not know any language's comments.

use rustc_hash::FxHashSet;

use crate::catalogue;
use crate::finding::{Confidence, Finding, RuleId, Severity};
use crate::source::{FileId, LineIndex, Place, SourceFile, Span};

use super::Policy;

/// The rule that reports comments which silence nothing.
pub(super) const UNUSED: RuleId = "unused-suppression";

const MARK: &str = "slowpath:";

/// A directive is a line that people read.
const MAX_BYTES: usize = 1_000;

/// A comment stands above the code although this many other comments are between them.
const MAX_STACK: u32 = 20;

/// The suppression comments of a run.
pub(super) struct Suppressions {
    files: Vec<FileSuppressions>,
}

struct FileSuppressions {
    file: FileId,
    lines: LineIndex,
    named: Vec<Named>,
    malformed: Vec<(Span, &'static str)>,
    active: FxHashSet<Key>,
    used: FxHashSet<Key>,
}

/// A rule, and the line it is silent on; `None` for the whole file.
type Key = (Option<u32>, String);

/// A rule named by a comment.
struct Named {
    name: String,
    span: Span,
    keys: Vec<Key>,
}

impl Suppressions {
    /// Reads the comments that contain the mark.
    pub(super) fn read(files: &[SourceFile], directives: &[Vec<Span>]) -> Self {
        let files = files.iter().zip(directives).enumerate();
        Self {
            files: files
                .filter(|(_, (_, comments))| !comments.is_empty())
                .map(|(id, (file, comments))| {
                    FileSuppressions::read(FileId(id as u32), &file.text, comments)
                })
                .collect(),
        }
    }

    /// Whether a comment silences the finding; the comment has had its use then.
    pub(super) fn silence(&mut self, finding: &Finding) -> bool {
        let place = finding.place;
        let found = self
            .files
            .binary_search_by_key(&place.file, |file| file.file);
        let Ok(index) = found else {
            return false;
        };
        let file = &mut self.files[index];
        let first = file.lines.line(place.span.start);
        let last = file
            .lines
            .line(place.span.end.max(place.span.start + 1) - 1);
        let mut is_silent = false;
        for line in [None, Some(first), Some(last)] {
            let key = (line, finding.rule.to_owned());
            if file.active.contains(&key) {
                file.used.insert(key);
                is_silent = true;
            }
        }
        is_silent
    }

    /// Findings about comments that silence nothing.
    pub(super) fn unused(&self, policy: &Policy<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for file in &self.files {
            if !policy.runs(file.file, UNUSED) {
                continue;
            }
            for &(span, message) in &file.malformed {
                let help = "write `slowpath: ignore[rule] reason`".to_owned();
                findings.push(finding(file.file, span, message.to_owned(), help));
            }
            for named in &file.named {
                let name = &named.name;
                let (message, help) = match policy.rule(name) {
                    None => {
                        let known = catalogue::pages().iter().map(|page| page.id);
                        let help = catalogue::nearest(name, known).map_or_else(
                            || "`slowpath rules` lists the rules".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        );
                        (
                            format!("this comment silences nothing: there is no rule `{name}`"),
                            help,
                        )
                    }
                    // A comment against this very report would always be of no use first.
                    Some(UNUSED) => continue,
                    Some(rule) if !policy.runs(file.file, rule) => continue,
                    Some(_) if named.keys.iter().any(|key| file.used.contains(key)) => continue,
                    Some(_) => (
                        format!(
                            "this comment silences nothing: `{name}` has nothing to report here"
                        ),
                        format!("remove `{name}` from the comment"),
                    ),
                };
                findings.push(finding(file.file, named.span, message, help));
            }
        }
        findings
    }
}

impl FileSuppressions {
    fn read(file: FileId, text: &str, comments: &[Span]) -> Self {
        let mut read = Self {
            file,
            lines: LineIndex::new(text),
            named: Vec::new(),
            malformed: Vec::new(),
            active: FxHashSet::default(),
            used: FxHashSet::default(),
        };
        for &span in comments {
            let range = span.start as usize..span.end as usize;
            let Some(comment) = text.get(range) else {
                continue;
            };
            let mut marks = comment.match_indices(MARK).peekable();
            if marks.peek().is_none() {
                continue;
            }
            let lines = read.target_lines(text, span);
            for (at, _) in marks {
                read.directive(text, span, span.start as usize + at, &lines);
            }
        }
        for named in &read.named {
            read.active.extend(named.keys.iter().cloned());
        }
        read
    }

    /// Reads the directive at `mark`, within the comment at `comment`, which speaks about `lines`.
    fn directive(&mut self, text: &str, comment: Span, mark: usize, lines: &[Option<u32>]) {
        let is_within_word = |char: char| char.is_alphanumeric() || "-_./".contains(char);
        if text[..mark].ends_with(is_within_word) {
            return;
        }
        let start = mark + MARK.len();
        let end = text.floor_char_boundary((comment.end as usize).min(start + MAX_BYTES));
        let line = text[start..end].lines().next().unwrap_or_default();
        let rest = line.trim_start();
        let verb_end = rest
            .find(|char: char| !char.is_ascii_alphanumeric() && char != '-')
            .unwrap_or(rest.len());
        let (verb, rest) = rest.split_at(verb_end);
        let rest = rest.trim_start();
        let span = Span::new(mark, start + line.trim_end().len());
        let keys: Vec<Option<u32>> = match verb {
            "ignore" => lines.to_vec(),
            "ignore-file" => vec![None],
            // Prose about the tool is no directive; what was meant to be one is reported.
            _ => {
                if rest.starts_with('[') || strsim::damerau_levenshtein(verb, "ignore") <= 2 {
                    let message = "this comment silences nothing: it is not understood";
                    self.malformed.push((span, message));
                }
                return;
            }
        };
        let list = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((list, _reason)) = list else {
            let message = "this comment silences nothing: it names no rule";
            self.malformed.push((span, message));
            return;
        };
        let list_start = list.as_ptr() as usize - text.as_ptr() as usize;
        let mut at = list_start;
        for part in list.split(',') {
            let name = part.trim();
            let name_start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            if name.is_empty() {
                continue;
            }
            self.named.push(Named {
                name: name.to_owned(),
                span: Span::new(name_start, name_start + name.len()),
                keys: keys.iter().map(|&line| (line, name.to_owned())).collect(),
            });
        }
        if list.trim().is_empty() {
            let message = "this comment silences nothing: it names no rule";
            self.malformed.push((span, message));
        }
    }

    /// The lines a comment speaks about: its own, and the one below if it stands alone.
    fn target_lines(&self, text: &str, comment: Span) -> Vec<Option<u32>> {
        let first = self.lines.line(comment.start);
        let last = self.lines.line(comment.end.max(comment.start + 1) - 1);
        let blank = [' ', '\t'];
        let before = &text[self.lines.line_start(first) as usize..comment.start as usize];
        let mut before = before.trim_end_matches(blank);
        let mut after = text[comment.end as usize..].trim_start_matches(blank);
        // Among JSX children a comment stands in braces of its own.
        if let (Some(outer_before), Some(outer_after)) =
            (before.strip_suffix('{'), after.strip_prefix('}'))
        {
            before = outer_before.trim_end_matches(blank);
            after = outer_after.trim_start_matches(blank);
        }
        let mut targets = vec![Some(first), Some(last)];
        if before.is_empty() && (after.is_empty() || after.starts_with(['\n', '\r'])) {
            let below = (last + 1..=last + MAX_STACK).find(|&line| !self.is_comment(text, line));
            targets.extend(below.map(Some));
        }
        targets
    }

    /// Whether a line holds nothing but a comment, so that what stands above it speaks about the
    /// code below it: directives of several tools are often stacked.
    fn is_comment(&self, text: &str, line: u32) -> bool {
        if line as usize > self.lines.len() {
            return false;
        }
        let line = text[self.lines.line_start(line) as usize..].trim_start_matches([' ', '\t']);
        ["//", "#", "--", "/*", "{/*"]
            .iter()
            .any(|opening| line.starts_with(opening))
    }
}

fn finding(file: FileId, span: Span, message: String, help: String) -> Finding {
    let page = catalogue::page(UNUSED);
    Finding {
        rule: UNUSED,
        category: "suppression",
        severity: page.map_or(Severity::Note, |page| page.severity),
        confidence: Confidence::High,
        place: Place { file, span },
        message,
        help: Some(help),
        cost: None,
        function: None,
        related: Vec::new(),
        fingerprint: String::new(),
    }
}
