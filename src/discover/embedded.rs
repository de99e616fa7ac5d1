//! Code inside of other files: the scripts of Vue and Svelte components, the cells of notebooks.
//!
//! For components everything but the scripts becomes spaces, so that offsets and lines are those
//! of the file on disk. A notebook is JSON, where one cannot stand for the other: its text is
//! that of the code cells one below the other, and lines count in that text.

use serde::Deserialize;

use crate::source::Language;

/// The scripts of a component at their places, all else blank; and their language.
///
/// A component has one language: if one script is TypeScript, all are read as such.
pub(super) fn component(text: &str) -> (String, Language) {
    let mut blanked = blank(text.as_bytes());
    let mut language = Language::JavaScript;
    let mut at = 0;
    while let Some(script) = next_script(text, at) {
        at = script.next;
        match script.language {
            Some(Language::Tsx) => language = Language::Tsx,
            Some(Language::TypeScript) if language != Language::Tsx => {
                language = Language::TypeScript;
            }
            Some(_) => {}
            None => continue,
        }
        blanked[script.start..script.end]
            .copy_from_slice(&text.as_bytes()[script.start..script.end]);
    }
    // Blank bytes and whole scripts between ASCII tags are UTF-8; nothing is ever replaced here.
    let text = String::from_utf8_lossy(&blanked).into_owned();
    (text, language)
}

/// Spaces for all but line ends.
fn blank(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'\n' | b'\r' => byte,
            _ => b' ',
        })
        .collect()
}

/// A `<script>` element.
struct Script {
    /// First byte of its code.
    start: usize,
    /// One past the last byte of its code.
    end: usize,
    /// Where the search for the next one goes on.
    next: usize,
    /// `None` if it holds something else than code: JSON, a template.
    language: Option<Language>,
}

/// The first `<script>` at or after `from` that is not in a comment.
fn next_script(text: &str, from: usize) -> Option<Script> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == b'<')?;
        if bytes[at..].starts_with(b"<!--") {
            at = find(bytes, at + 4, b"-->")? + 3;
        } else if is_tag(bytes, at, b"<script") {
            break;
        } else {
            at += 1;
        }
    }
    let tag = at + "<script".len();
    let (start, is_closed) = tag_end(bytes, tag)?;
    let language = script_language(&text[tag..start]);
    if is_closed {
        return Some(Script {
            start,
            end: start,
            next: start,
            language,
        });
    }
    let mut end = start;
    while end < bytes.len() && !is_tag(bytes, end, b"</script") {
        end += 1;
    }
    Some(Script {
        start,
        end,
        next: end,
        language,
    })
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    bytes
        .get(from..)?
        .windows(wanted.len())
        .position(|window| window == wanted)
        .map(|position| from + position)
}

/// Whether a tag of this name, in any case, begins at `at`.
fn is_tag(bytes: &[u8], at: usize, tag: &[u8]) -> bool {
    let end = at + tag.len();
    bytes[at] == b'<'
        && bytes
            .get(at..end)
            .is_some_and(|found| found.eq_ignore_ascii_case(tag))
        && bytes
            .get(end)
            .is_none_or(|&next| next.is_ascii_whitespace() || matches!(next, b'>' | b'/'))
}

/// One past the `>` that ends the tag, and whether the tag closes itself. A `>` in quotes, as in
/// `generics="T extends Row<Id>"`, does not count.
fn tag_end(bytes: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut quote = None;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some((at + 1, bytes[at - 1] == b'/')),
            (None, _) => {}
        }
    }
    None
}

/// The language of a script by the attributes of its tag.
fn script_language(attributes: &str) -> Option<Language> {
    let kind = attribute(attributes, "type").unwrap_or_default();
    let is_code = matches!(
        kind.as_str(),
        "" | "module" | "text/javascript" | "application/javascript" | "text/typescript" | "ts"
    );
    if !is_code {
        return None;
    }
    let lang = attribute(attributes, "lang").unwrap_or_default();
    Some(match lang.as_str() {
        "tsx" => Language::Tsx,
        "ts" | "typescript" => Language::TypeScript,
        _ if kind == "text/typescript" || kind == "ts" => Language::TypeScript,
        _ => Language::JavaScript,
    })
}

/// The value of an attribute, in lower case.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        let end =
            rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | '>'))?;
        let (found, after) = rest.split_at(end);
        let after = after.trim_start();
        let Some(after) = after.strip_prefix('=') else {
            if after.is_empty() || after.starts_with('>') {
                return None;
            }
            rest = after;
            continue;
        };
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote)?,
            _ => after.split_at(
                after
                    .find(|letter: char| letter.is_whitespace() || letter == '>')
                    .unwrap_or(after.len()),
            ),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value.to_ascii_lowercase());
        }
        rest = next;
    }
}

/// What of a notebook matters here. Outputs are skipped without being kept.
#[derive(Deserialize)]
struct Notebook {
    #[serde(default)]
    cells: Vec<Cell>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default)]
    source: Source,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Lines(Vec<String>),
    Text(String),
}

impl Default for Source {
    fn default() -> Self {
        Self::Lines(Vec::new())
    }
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    kernelspec: Kernel,
    #[serde(default)]
    language_info: Kernel,
}

/// `kernelspec` has a `language`, `language_info` a `name`; either says what the cells are.
#[derive(Default, Deserialize)]
struct Kernel {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// Why a notebook has no code for us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotebookError {
    /// Not JSON, or not in the form of a notebook.
    Malformed,
    /// Its cells are R, Julia, …
    OtherLanguage,
}

/// The code cells of a notebook as one Python text.
///
/// Lines for the notebook itself (`%matplotlib inline`, `!pip install x`, `frame?`) are blank,
/// and so are cells in another language (`%%bash`).
pub(super) fn notebook(json: &str) -> Result<String, NotebookError> {
    let notebook: Notebook = serde_json::from_str(json).map_err(|_| NotebookError::Malformed)?;
    let Metadata {
        kernelspec,
        language_info,
    } = notebook.metadata;
    let language = language_info.name.or(kernelspec.language);
    if language.is_some_and(|name| !name.to_ascii_lowercase().contains("python")) {
        return Err(NotebookError::OtherLanguage);
    }
    let mut text = String::new();
    for cell in notebook.cells {
        if cell.cell_type != "code" {
            continue;
        }
        let source = match cell.source {
            Source::Lines(lines) => lines.concat(),
            Source::Text(text) => text,
        };
        push_cell(&mut text, &source);
    }
    Ok(text)
}

fn push_cell(text: &mut String, source: &str) {
    let is_foreign = source.trim_start().strip_prefix("%%").is_some_and(|magic| {
        let name = magic.split_whitespace().next().unwrap_or_default();
        !matches!(
            name,
            "time" | "timeit" | "capture" | "prun" | "python" | "python3"
        )
    });
    for line in source.lines() {
        if is_foreign || is_magic(line.trim()) {
            text.extend(std::iter::repeat_n(' ', line.len()));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
}

/// Whether a line speaks to the notebook. `% b)` and `!= b` go on with an expression.
fn is_magic(line: &str) -> bool {
    let is_help = |line: &str| {
        let name = line.trim_matches('?');
        name.len() < line.len()
            && name
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
    };
    match line.as_bytes() {
        [b'%', next, ..] => next.is_ascii_alphabetic() || *next == b'%',
        [b'!', next, ..] => *next != b'=',
        _ => is_help(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code lines of a component, trimmed, and its language.
    fn scripts(text: &str) -> (Vec<String>, Language) {
        let (blanked, language) = component(text);
        assert_eq!(blanked.len(), text.len());
        for (at, (new, old)) in blanked.bytes().zip(text.bytes()).enumerate() {
            assert!(new == old || new == b' ', "byte {at}");
            assert_eq!(new == b'\n', old == b'\n', "byte {at}");
        }
        let lines = blanked
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        (lines.map(str::to_owned).collect(), language)
    }

    #[test]
    fn scripts_stay_where_they_are() {
        let text = "<template>\r\n<p>é {{ a }}</p>\n</template>\n<script>\nlet a = 'é';\n</script>\n<style>b{}</style>";
        let (blanked, language) = component(text);
        assert_eq!(blanked.find("let a"), text.find("let a"));
        assert_eq!(blanked.trim(), "let a = 'é';");
        assert_eq!(language, Language::JavaScript);
    }

    #[test]
    fn the_tag_says_the_language() {
        let rows = [
            ("<script>", Language::JavaScript),
            ("<script lang=\"ts\">", Language::TypeScript),
            ("<script setup lang='ts'>", Language::TypeScript),
            ("<script lang = ts setup>", Language::TypeScript),
            ("<SCRIPT LANG=\"TS\">", Language::TypeScript),
            ("<script lang=\"tsx\">", Language::Tsx),
            ("<script lang=\"jsx\">", Language::JavaScript),
            ("<script\n  setup\n  lang=\"ts\"\n>", Language::TypeScript),
            (
                "<script lang=\"ts\" generics=\"T extends Row<Id>\">",
                Language::TypeScript,
            ),
            ("<script context=\"module\" lang=ts>", Language::TypeScript),
            ("<script data-lang=\"ts\">", Language::JavaScript),
            ("<script type=\"module\">", Language::JavaScript),
        ];
        for (tag, expected) in rows {
            let (lines, language) = scripts(&format!("{tag} let a = 1;</script>"));
            assert_eq!(
                (lines, language),
                (vec!["let a = 1;".to_owned()], expected),
                "{tag}"
            );
        }
    }

    #[test]
    fn two_scripts_are_both_kept() {
        let (lines, language) =
            scripts("<script>\na\n</script>\n<script setup lang=\"ts\">\nb\n</script>");
        assert_eq!(lines, ["a", "b"]);
        assert_eq!(language, Language::TypeScript);
    }

    #[test]
    fn what_is_no_script_is_blank() {
        let rows = [
            "",
            "<p>a</p>",
            "<!-- <script>a</script> -->",
            "<!-- <script>a</script>",
            "<script type=\"application/ld+json\">{\"a\": 1}</script>",
            "<script src=\"a.js\" />b",
            "<script src=\"a.js\"></script>b",
            "<scripts>a</scripts>",
            "<script",
            "<script lang=\"",
            "<",
        ];
        for text in rows {
            assert_eq!(scripts(text).0, Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_unclosed_script_goes_to_the_end() {
        assert_eq!(scripts("<script>\na < b\n").0, ["a < b"]);
        assert_eq!(
            scripts("<script>\nx = '</scripted>'\n</script >y").0,
            ["x = '</scripted>'"]
        );
    }

    #[test]
    fn cells_are_joined_and_magics_blank() {
        let json = r#"{"cells": [
            {"cell_type": "markdown", "source": ["no code"]},
            {"cell_type": "code", "source": ["import a\n", "%matplotlib inline"], "outputs": [{"x": [1]}]},
            {"cell_type": "code", "source": "!pip install a\nb = (1\n  % 2\n  != 3)\n  a.b?\n"},
            {"cell_type": "code", "source": ["%%bash\n", "ls"]},
            {"cell_type": "code", "source": ["%%time\n", "c()"]},
            {"cell_type": "code"}
        ], "metadata": {"kernelspec": {"name": "x", "language": "python"}}, "nbformat": 4}"#;
        let text = notebook(json).expect("a notebook");
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "import a", "", "", "b = (1", "  % 2", "  != 3)", "", "", "", "", "c()"
            ]
        );
    }

    #[test]
    fn notebooks_of_others_have_no_code() {
        let r = r#"{"cells": [], "metadata": {"language_info": {"name": "R"}}}"#;
        assert_eq!(notebook(r), Err(NotebookError::OtherLanguage));
        let deep = format!("{{\"cells\": {}", "[".repeat(100_000));
        for text in ["", "1", "{\"cells\": 1}", deep.as_str()] {
            let shown = &text[..text.len().min(20)];
            assert_eq!(notebook(text), Err(NotebookError::Malformed), "{shown}");
        }
    }
}
