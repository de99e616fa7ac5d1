//! `slowpath init`: a first configuration, with what the project's files tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use slowpath::config::{self, Request, Settings};
use slowpath::reader::read_regular;
use slowpath::render::plural;
use slowpath::source::Dialect;
use slowpath::source::{Context, Language};
use slowpath::{discover, discover::Discovered};

use super::args::{ColorWhen, InitArguments};
use super::check::write;
use super::{Status, say};

/// Files that name the libraries of a project.
const DEPENDENCIES: [&str; 9] = [
    "pyproject.toml",
    "requirements.txt",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "package.json",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yaml",
];
/// Bytes of such a file.
const MAX_BYTES: u64 = 1_000_000;

/// What names of libraries and images say about the database.
const SIGNS: [(&str, Dialect); 9] = [
    ("psycopg", Dialect::PostgreSql),
    ("asyncpg", Dialect::PostgreSql),
    ("postgres", Dialect::PostgreSql),
    ("\"pg\"", Dialect::PostgreSql),
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("mongo", Dialect::Mongo),
    ("aiosqlite", Dialect::Sqlite),
    ("better-sqlite3", Dialect::Sqlite),
];

/// Writes the configuration, and the baseline if it is wanted.
pub(super) fn run(arguments: &InitArguments, color: ColorWhen) -> anyhow::Result<Status> {
    let current_dir = std::env::current_dir().context("cannot find the current directory")?;
    let root = current_dir.join(arguments.path.as_deref().unwrap_or(Path::new(".")));
    let root = root
        .canonicalize()
        .with_context(|| format!("no such directory: {}", root.display()))?;
    if let Some(file) = config::existing(&root) {
        bail!("{} configures slowpath already", file.display());
    }
    let request = Request {
        current_dir,
        paths: vec![root.clone()],
        write_baseline: arguments.baseline.clone(),
        ..Request::default()
    };
    let settings = Settings::load(&request)?;
    let found = discover::files(&settings);
    let file = root.join("slowpath.toml");
    let text = configuration(&found, &dialects(&root, &found));
    write(Some(&file), color, |_, out| out.write_all(text.as_bytes()))?;
    say("slowpath.toml written");
    if let Some(path) = &arguments.baseline {
        let report = slowpath::analyze(&settings)?;
        let Some(baseline) = &report.baseline else {
            bail!("no baseline was made");
        };
        write(Some(path), color, |_, out| {
            out.write_all(baseline.to_text().as_bytes())
        })?;
        let count = plural(report.baselined, "finding");
        say(&format!("{} written with {count}", path.display()));
    }
    Ok(Status::Clean)
}

/// The databases that the project's files name.
fn dialects(root: &Path, found: &Discovered) -> Vec<Dialect> {
    let manifests = found.manifests.iter().map(String::as_str);
    let mut text = String::new();
    for path in DEPENDENCIES.into_iter().chain(manifests.take(100)) {
        if let Ok(bytes) = read_regular(&root.join(path), root, MAX_BYTES) {
            text.push_str(&String::from_utf8_lossy(&bytes).to_lowercase());
        }
    }
    let is_named = |dialect: &Dialect| {
        let mut signs = SIGNS.iter().filter(|(_, of)| of == dialect);
        signs.any(|(sign, _)| text.contains(sign))
    };
    Dialect::ALL.into_iter().filter(is_named).collect()
}

fn configuration(found: &Discovered, dialects: &[Dialect]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &found.files {
        let language = match file.language {
            Language::Python => "Python",
            Language::JavaScript => "JavaScript",
            Language::TypeScript | Language::Tsx => "TypeScript",
            Language::Sql => "SQL",
            Language::Prisma => "Prisma",
            Language::GraphQl => "GraphQL",
            Language::Template => "templates",
        };
        *counts.entry(language).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(language, count)| format!("{count} of {language}"))
        .collect();
    let files = if counts.is_empty() {
        "no files".to_owned()
    } else {
        counts.join(", ")
    };
    let mut text = format!(
        "# Configuration of slowpath. It was made for {files}.\n\
         # A line that begins with `#` shows what holds if nothing is said.\n\n\
         # Rules, categories or \"all\"; `slowpath rules` lists them.\n\
         # select = [\"all\"]\n\
         # ignore = []\n\n\
         # Files and folders that are not read; what ignore files name is left out already.\n\
         # exclude = [\"legacy/**\"]\n\
         # Tests, generated and vendored code that is analysed all the same.\n\
         # include = [\"tests/load/**\"]\n\n\
         # min-severity = \"note\"\n\
         # min-confidence = \"medium\"\n\
         # The severity from which a run fails.\n\
         fail-on = \"warning\"\n\n\
         # [severity]\n\
         # n-plus-one = \"warning\"\n"
    );
    if found
        .files
        .iter()
        .any(|file| file.context == Context::Script)
    {
        text.push_str(
            "\n# Scripts count one severity less than code that serves users. To leave them out:\n\
             # [[overrides]]\n\
             # paths = [\"scripts/**\"]\n\
             # ignore = [\"all\"]\n",
        );
    }
    let names: Vec<&str> = dialects.iter().map(|dialect| dialect.name()).collect();
    text.push_str("\n[schema]\n");
    match names.as_slice() {
        [name] => {
            let _ = writeln!(text, "dialect = \"{name}\"");
        }
        [] => text.push_str("# dialect = \"postgresql\"\n"),
        several => {
            let _ = writeln!(
                text,
                "# Several are named: {}.\n# dialect = \"{}\"",
                several.join(", "),
                several[0]
            );
        }
    }
    text.push_str(
        "# Tables that never grow: reading all of one is fine.\n\
         # small-tables = [\"countries\"]\n",
    );
    text
}
