//! Source files, byte spans and line positions.
//!
//! Everything later in the way of the data names places by [`FileId`] and [`Span`]; only
//! renderers turn them into lines and columns. Nothing here reads the disk.

use serde::Serialize;

/// A source file of this run: an index into the list of files, in path order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// The index into the sorted list of files.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A half-open range of bytes within one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from two byte offsets.
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A database engine, where its rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// PostgreSQL and what speaks its SQL.
    PostgreSql,
    /// MySQL and MariaDB with InnoDB.
    MySql,
    /// SQLite.
    Sqlite,
    /// MongoDB: collections are tables, paths are columns.
    Mongo,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PostgreSql, Self::MySql, Self::Sqlite, Self::Mongo];

    /// As it is written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
            Self::Mongo => "mongodb",
        }
    }
}

/// A span in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes within it.
    pub span: Span,
}

/// A position as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in Unicode scalar values.
    pub column: u32,
    /// Byte offset from the start of the file.
    pub offset: u32,
}

/// The language a file is written in, decided by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// `.py`, `.pyi`, and the code cells of notebooks.
    Python,
    /// `.js`, `.jsx`, `.mjs`, `.cjs`; the JSX grammar is always on.
    JavaScript,
    /// `.ts`, `.mts`, `.cts`.
    TypeScript,
    /// `.tsx`.
    Tsx,
    /// `.sql`.
    Sql,
    /// `.prisma`.
    Prisma,
    /// `.graphql`, `.graphqls`, `.gql`.
    GraphQl,
    /// Templates of Django and Jinja: `.jinja`, `.j2`, and `.html` in a folder of templates.
    Template,
}

/// Where the libraries of a language come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ecosystem {
    /// Python's.
    PyPi = 0,
    /// JavaScript's.
    Npm = 1,
}

impl Language {
    /// Where its libraries come from.
    pub fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Python | Self::Template => Ecosystem::PyPi,
            Self::JavaScript
            | Self::TypeScript
            | Self::Tsx
            | Self::Sql
            | Self::Prisma
            | Self::GraphQl => Ecosystem::Npm,
        }
    }
}

/// What a file is for, decided by its path and first lines. It lowers or silences findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Code that serves users.
    Product,
    /// Command-line scripts, tools, examples, benchmarks.
    Script,
    /// Schema and data migrations.
    Migration,
    /// Seeds and factories.
    Seed,
    /// Tests, fixtures for tests, mocks, stories.
    Test,
    /// Written by a generator.
    Generated,
}

/// One file as the front ends see it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path relative to the root given, with `/`.
    pub path: String,
    /// Language of `text`.
    pub language: Language,
    /// What the file is for.
    pub context: Context,
    /// The text. For Vue, Svelte and notebooks everything but the code is blanked, so that
    /// offsets and lines are those of the file on disk (for notebooks: of the joined cells).
    pub text: String,
    /// Whether the text is that of the file on disk, character by character.
    pub is_verbatim: bool,
}

/// Start offsets of the lines of a text; `\n`, `\r\n` and a lone `\r` end a line.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Indexes `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i as u32 + 1);
            }
        }
        Self { starts }
    }

    /// 1-based line of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// Byte offset where a 1-based line starts; the last line's for anything beyond.
    pub fn line_start(&self, line: u32) -> u32 {
        let last = self.starts.len() - 1;
        self.starts[(line.max(1) as usize - 1).min(last)]
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never true: an empty text has one line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Line and column of a byte offset into the `text` this index was made from.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line(at as u32);
        let start = self.line_start(line) as usize;
        let column = text[start..at].chars().count() as u32 + 1;
        Position {
            line,
            column,
            offset: at as u32,
        }
    }
}
