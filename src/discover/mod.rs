//! Finds the source files and reads them.
//!
//! This is the edge to a tree nobody vouches for: links, pipes, devices, files without end,
//! names and bytes in any encoding. Behind it every file is a [`SourceFile`] with valid text of
//! a bounded size. It knows names and first bytes, never syntax.
//!
//! Links met on the way are not followed: what they lead to within the root is found at its own
//! place, and what is outside is none of our business. Files are opened by [`read_regular`] only.

mod by_name;
mod classify;
mod embedded;
mod ignores;
mod walk;

use std::path::{Path, PathBuf};

use crate::config::{Limits, Settings};
use crate::finding::Notice;
use crate::reader::{ReadError, read_regular};
use crate::source::{Context, Language, SourceFile};

pub(crate) use by_name::ByName;
pub use classify::{context, language};

use embedded::NotebookError;

/// Bytes of a template.
const MAX_TEMPLATE_BYTES: u64 = 1_000_000;
/// Bytes of a notebook: most of them are outputs, which are skipped.
const MAX_NOTEBOOK_BYTES: u64 = 10_000_000;
/// The byte order mark of UTF-8.
const UTF8_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// A NUL in the first bytes means that a file is no text.
const BINARY_BYTES: usize = 8 * 1024;

/// What there is to analyse.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The files, sorted by path.
    pub files: Vec<Candidate>,
    /// Files with code that are left out because of what they are: too big, minified, a pipe;
    /// folders that cannot be listed.
    pub skipped: usize,
    /// Files left out because they are tests.
    pub tests: usize,
    /// Paths of the files that say how modules are found: `package.json`, `tsconfig*.json`;
    /// sorted, relative to the root.
    pub manifests: Vec<String>,
    /// What the user should know, sorted.
    pub notices: Vec<Notice>,
}

/// A file to analyse, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Path relative to the root, with `/`; what is not UTF-8 in it is replaced.
    pub path: String,
    /// Where it is.
    pub absolute: PathBuf,
    /// Language by the extension; [`read`] may find that a component is TypeScript.
    pub language: Language,
    /// What it is for by its path; [`read`] may find that it is generated.
    pub context: Context,
    /// How the code is embedded.
    pub embedding: Embedding,
    /// Size on disk when it was found.
    pub bytes: u64,
    /// Why it is analysed.
    pub selection: Selection,
    /// How large it may be.
    pub limits: Limits,
}

/// How code is embedded in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Embedding {
    /// It is the file.
    Plain,
    /// In the `<script>` elements of a Vue component.
    Vue,
    /// In the `<script>` elements of a Svelte component.
    Svelte,
    /// In the code cells of a Jupyter notebook.
    Notebook,
}

/// Why a file is analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selection {
    /// It was found in a folder.
    Found,
    /// An `include` glob of the configuration asks for it, whatever it looks like.
    Included,
    /// It was named on the command line.
    Named,
}

/// A file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// The file.
    pub file: SourceFile,
    /// What the user should know about it.
    pub notice: Option<Notice>,
}

/// A file that is not analysed.
#[derive(Debug)]
pub struct Skip {
    /// Why.
    pub reason: SkipReason,
    /// What the user should know about it.
    pub notice: Option<Notice>,
}

/// Why a file is not analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// Beyond the cap of its kind.
    TooLarge,
    /// Not text.
    Binary,
    /// JavaScript that was squeezed for browsers.
    Minified,
    /// A notebook whose cells are not Python.
    OtherLanguage,
    /// Not a regular file, not a notebook after all, gone, or not ours to read.
    Unreadable,
}

/// Finds what `settings` ask for. The same tree gives the same answer.
pub fn files(settings: &Settings) -> Discovered {
    walk::files(settings)
}

/// Reads a file and makes it text.
///
/// # Errors
///
/// A file that is not analysed is a [`Skip`], which says why.
pub fn read(candidate: &Candidate, root: &Path) -> Result<Loaded, Skip> {
    let cap = candidate.max_bytes();
    match read_regular(&candidate.absolute, root, cap) {
        Ok(bytes) => load(candidate, bytes),
        Err(error) => Err(unreadable(&candidate.path, &error)),
    }
}

/// Makes text of the bytes of a file, wherever they are from.
///
/// # Errors
///
/// A file that is not analysed is a [`Skip`], which says why.
pub fn load(candidate: &Candidate, bytes: Vec<u8>) -> Result<Loaded, Skip> {
    let Candidate {
        path, embedding, ..
    } = candidate;
    let skip = |reason, message: Option<&str>| Skip {
        reason,
        notice: message.map(|message| notice(path, message)),
    };
    let has_mark = bytes.starts_with(&UTF8_MARK);
    let Some((text, message)) = decode(bytes) else {
        return Err(skip(SkipReason::Binary, Some("not analysed: not a text")));
    };
    let is_minified = candidate.selection == Selection::Found
        && candidate.language == Language::JavaScript
        && *embedding == Embedding::Plain
        && classify::is_minified(text.as_bytes());
    if is_minified {
        return Err(skip(SkipReason::Minified, None));
    }
    let context = match candidate.context {
        Context::Product | Context::Script | Context::Seed
            if candidate.selection != Selection::Included && classify::is_generated(&text) =>
        {
            Context::Generated
        }
        Context::Product
            if candidate.language == Language::Python && classify::makes_data_up(&text) =>
        {
            Context::Script
        }
        context => context,
    };
    let (text, language) = match embedding {
        Embedding::Plain => (text, candidate.language),
        Embedding::Vue | Embedding::Svelte => embedded::component(&text),
        Embedding::Notebook => match embedded::notebook(&text) {
            Ok(text) => (text, candidate.language),
            Err(NotebookError::OtherLanguage) => {
                return Err(skip(SkipReason::OtherLanguage, None));
            }
            Err(NotebookError::Malformed) => {
                let message = "not analysed: not a notebook";
                return Err(skip(SkipReason::Unreadable, Some(message)));
            }
        },
    };
    // Decoding UTF-16 makes a text longer, and a notebook may be all code.
    let cap = max_bytes(candidate.limits, language, Embedding::Plain);
    if text.len() as u64 > cap {
        return Err(too_large(path, cap));
    }
    Ok(Loaded {
        file: SourceFile {
            path: path.clone(),
            language,
            context,
            text,
            is_verbatim: *embedding == Embedding::Plain && message.is_none() && !has_mark,
        },
        notice: message.map(|message| notice(path, message)),
    })
}

/// The candidate for a path relative to the root, if slowpath reads files of that name; for a
/// text that is not on disk (yet).
pub fn candidate(path: &str, root: &Path) -> Option<Candidate> {
    let (language, embedding) = language(path)?;
    Some(Candidate {
        path: path.to_owned(),
        absolute: root.join(path),
        language,
        context: context(path),
        embedding,
        bytes: 0,
        selection: Selection::Named,
        limits: Limits::default(),
    })
}

impl Candidate {
    /// The cap on the size of the file, in bytes.
    pub(crate) fn max_bytes(&self) -> u64 {
        max_bytes(self.limits, self.language, self.embedding)
    }
}

/// The cap on the size of a file.
fn max_bytes(limits: Limits, language: Language, embedding: Embedding) -> u64 {
    match (language, embedding) {
        (_, Embedding::Notebook) => MAX_NOTEBOOK_BYTES,
        (Language::Sql | Language::GraphQl, _) => limits.sql_bytes,
        (Language::Template, _) => MAX_TEMPLATE_BYTES,
        _ => limits.code_bytes,
    }
}

/// The text of a file and what is odd about it; `None` if it is no text.
///
/// Offsets in the text are those of the file: a byte order mark becomes as many spaces, and a
/// byte that is not UTF-8 one question mark. Only UTF-16 cannot keep them.
fn decode(mut bytes: Vec<u8>) -> Option<(String, Option<&'static str>)> {
    let utf16: Option<fn([u8; 2]) -> u16> = match bytes.as_slice() {
        [0xFF, 0xFE, ..] => Some(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    if let Some(from_bytes) = utf16 {
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|&pair| from_bytes(pair)).collect();
        let text = String::from_utf16_lossy(&units);
        return (!is_binary(text.as_bytes())).then_some((text, Some("UTF-16: read as UTF-8")));
    }
    if is_binary(&bytes) {
        return None;
    }
    if bytes.starts_with(&UTF8_MARK) {
        bytes[..3].fill(b' ');
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => (
            replace_invalid(error.as_bytes()),
            Some("not UTF-8: read with replacement"),
        ),
    })
}

fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(BINARY_BYTES)].contains(&0)
}

fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

/// A file that could not be read, as a skip.
fn unreadable(path: &str, error: &ReadError) -> Skip {
    if let ReadError::TooLarge(cap) = error {
        return too_large(path, *cap);
    }
    Skip {
        reason: SkipReason::Unreadable,
        notice: Some(notice(path, &format!("not analysed: {error}"))),
    }
}

fn too_large(path: &str, cap: u64) -> Skip {
    Skip {
        reason: SkipReason::TooLarge,
        notice: Some(notice(
            path,
            &format!("not analysed: {}", ReadError::TooLarge(cap)),
        )),
    }
}

fn notice(path: &str, message: &str) -> Notice {
    Notice {
        path: Some(path.to_owned()),
        message: message.to_owned(),
        is_internal: false,
    }
}
