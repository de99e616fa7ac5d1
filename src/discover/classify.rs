//! What a file is, by its path and first bytes: language, context, third-party, minified,
//! generated.
//!
//! Only the path relative to the root counts: a checkout in a folder named `tests` is not a
//! test. A folder counts by its whole name: `contest/` is not a test either.

use crate::source::{Context, Language};

use super::Embedding;

/// How much of a file tells that it was generated.
const HEAD_BYTES: usize = 2 * 1024;
/// How much of a file tells how long its lines are.
const LINES_BYTES: usize = 64 * 1024;

/// The language of a file and how its code is embedded; `None` for what slowpath does not read.
pub fn language(path: &str) -> Option<(Language, Embedding)> {
    let name = file_name(path);
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    let plain = |language| Some((language, Embedding::Plain));
    match extension.to_ascii_lowercase().as_str() {
        "py" | "pyi" => plain(Language::Python),
        "js" | "jsx" | "mjs" | "cjs" => plain(Language::JavaScript),
        "ts" | "mts" | "cts" => plain(Language::TypeScript),
        "tsx" => plain(Language::Tsx),
        "sql" => plain(Language::Sql),
        "prisma" => plain(Language::Prisma),
        "graphql" | "graphqls" | "gql" => plain(Language::GraphQl),
        "vue" => Some((Language::JavaScript, Embedding::Vue)),
        "svelte" => Some((Language::JavaScript, Embedding::Svelte)),
        "ipynb" => Some((Language::Python, Embedding::Notebook)),
        "jinja" | "jinja2" => plain(Language::Template),
        "html" | "htm" | "j2" if is_among_templates(path) => plain(Language::Template),
        _ => None,
    }
}

/// Whether a file lies where Django, Flask and their like look for templates.
fn is_among_templates(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| matches!(folder, "templates" | "jinja2"))
}

/// What a file is for, by its path relative to the root.
pub fn context(path: &str) -> Context {
    let path = path.to_ascii_lowercase();
    let (folders, name) = match path.rsplit_once('/') {
        Some((folders, name)) => (folders.split('/').collect(), name),
        None => (Vec::new(), path.as_str()),
    };
    if is_test(&folders, name) {
        Context::Test
    } else if is_migration(&folders, name) {
        Context::Migration
    } else if is_seed(&folders, name) {
        Context::Seed
    } else if is_script(&folders, name) {
        Context::Script
    } else {
        Context::Product
    }
}

/// Whether all in the folder at `path` is for tests.
pub(super) fn is_test_folder(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.split('/').any(is_for_tests)
}

/// Whether a folder is for tests, by its name; what extends pytest is.
fn is_for_tests(folder: &str) -> bool {
    TEST_FOLDERS.contains(&folder) || folder.starts_with("pytest_")
}

const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "__test__",
    "spec",
    "specs",
    "__specs__",
    "e2e",
    "cypress",
    "playwright",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "test-app",
    "test-apps",
    "test-plugin",
    "test-utils",
    "test_utils",
    "test-plugins",
    "test_plugins",
    "testutils",
    "e2e-tests",
    "e2e_tests",
    "integration-tests",
    "integration_tests",
    "unit-tests",
    "unit_tests",
    "unittests",
    "functional_tests",
    "__mocks__",
    "__fixtures__",
    "__snapshots__",
    "__stories__",
];

fn is_test(folders: &[&str], name: &str) -> bool {
    if folders.iter().any(|folder| is_for_tests(folder)) {
        return true;
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    if matches!(extension, "py" | "pyi" | "ipynb") {
        return stem.starts_with("test_")
            || stem.ends_with("_test")
            || stem.ends_with("_tests")
            || matches!(stem, "test" | "tests" | "conftest");
    }
    // `a.test.ts`, `a.int.spec.ts`: a word between two dots.
    let is_marked = stem.split('.').skip(1).any(|word| {
        matches!(
            word,
            "test" | "tests" | "test-d" | "spec" | "specs" | "e2e-spec" | "e2e" | "cy" | "stories"
        )
    });
    is_marked
        || (extension != "sql" && stem.ends_with("_test"))
        || matches!(stem, "jest.setup" | "vitest.setup" | "setuptests")
}

fn is_migration(folders: &[&str], name: &str) -> bool {
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    folders.iter().any(|folder| {
        matches!(*folder, "migration" | "migrations_old" | "__migrations__")
            || folder
                .strip_suffix("migrations")
                .is_some_and(|before| before.is_empty() || before.ends_with(['_', '-']))
    }) || has_folders(folders, &["alembic", "versions"])
        || (folders.last() == Some(&"versions") && has_revision(stem))
        || has_folders(folders, &["db", "migrate"])
        || stem.ends_with(".migration")
}

/// Whether a word of the name is a revision, as Alembic makes them up.
fn has_revision(stem: &str) -> bool {
    words(stem).any(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_seed(folders: &[&str], name: &str) -> bool {
    // `routes/admin.models.seed.ts` is an address.
    if folders.contains(&"routes") {
        return false;
    }
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    folders
        .iter()
        .any(|folder| matches!(*folder, "seed" | "seeds" | "seeder" | "seeders"))
        || ["database", "db", "prisma"]
            .iter()
            .any(|parent| has_folders(folders, &[parent, "factories"]))
        || is_made_up(stem)
        || has_folders(folders, &["management", "commands"])
            && words(stem).any(|word| matches!(word, "random" | "sample" | "demo" | "populate"))
}

/// Whether a file's name says that it makes data up: `seed-users`, `random_data`, `fake-orders`.
fn is_made_up(stem: &str) -> bool {
    let words: Vec<&str> = words(stem).collect();
    let is_seed = |word: &str| matches!(word, "seed" | "seeds" | "seeder" | "seeders" | "seeding");
    let is_about_data = words
        .last()
        .is_some_and(|word| matches!(*word, "data" | "fixtures" | "db" | "database"));
    // In a longer name the word may mean a key of a generator, or what starts a job.
    stem == "sampledata"
        || words.first().is_some_and(|word| is_seed(word))
        || words.last().is_some_and(|word| is_seed(word))
        || is_about_data
            && words.iter().any(|word| {
                is_seed(word)
                    || matches!(
                        *word,
                        "random" | "fake" | "dummy" | "mock" | "demo" | "sample"
                    )
            })
        || words
            .first()
            .is_some_and(|word| matches!(*word, "fake" | "dummy"))
            && words.len() > 1
}

/// The words of a file's name, which `.`, `_` and `-` part.
fn words(stem: &str) -> impl Iterator<Item = &str> {
    stem.split(['.', '_', '-']).filter(|word| !word.is_empty())
}

fn is_script(folders: &[&str], name: &str) -> bool {
    if folders.iter().any(|folder| {
        matches!(
            *folder,
            "scripts" | "script" | "bin" | "benchmarks" | "benchmark" | "bench"
        )
    }) || has_folders(folders, &["management", "commands"])
    {
        return true;
    }
    // `src/tools/search.ts` is part of a product, `src/app/docs/page.tsx` is a page: these words
    // mean scripts only outside of the code that is served.
    let outside = folders
        .iter()
        .take_while(|folder| !matches!(**folder, "src" | "app" | "lib" | "pages" | "server"));
    let is_outside = outside.clone().count() == folders.len();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    outside.into_iter().any(|folder| {
        matches!(
            *folder,
            "tools" | "docs" | "doc" | "examples" | "example" | "samples" | "dev-server"
        )
    }) || (is_outside && stem.ends_with(".config") && extension != "vue")
        || extension == "ipynb"
        || name.starts_with('.')
        || stem == "cli"
        || matches!(
            name,
            "setup.py"
                | "manage.py"
                | "noxfile.py"
                | "fabfile.py"
                | "gulpfile.js"
                | "gulpfile.ts"
                | "gruntfile.js"
        )
}

/// Whether `wanted` stand in `folders` one below the other.
fn has_folders(folders: &[&str], wanted: &[&str]) -> bool {
    folders.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether a folder holds the code of others, or output, by its name.
///
/// `build`, `out` and most folders named `vendor` stay: they are as often part of the product,
/// and where they are not, an ignore file says so.
pub(super) fn is_foreign_folder(path: &str) -> bool {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_foreign = matches!(
        name,
        "node_modules"
            | "bower_components"
            | "jspm_packages"
            | "third_party"
            | "third-party"
            | "thirdparty"
            | "site-packages"
            | "_vendor"
            | "__pycache__"
            | "__pypackages__"
            | "dist"
            | "htmlcov"
            | "storybook-static"
    );
    // `static/vendor` holds libraries for the browser, `src/vendor` the sellers of a shop.
    let is_vendored = matches!(name, "vendor" | "vendors")
        && matches!(
            file_name(parent),
            "static" | "public" | "assets" | "js" | "javascripts" | "lib" | "libs" | "wwwroot"
        );
    is_foreign || is_vendored || is_hidden(name)
}

/// Whether a folder is foreign or output by what is in it: a Python environment, a cache, a
/// coverage report.
pub(super) fn is_foreign_by_content(path: &str, has: impl Fn(&str) -> bool) -> bool {
    let is_coverage = || {
        file_name(path) == "coverage"
            && [
                "lcov-report",
                "lcov.info",
                "clover.xml",
                "coverage-final.json",
                "index.html",
            ]
            .iter()
            .any(|name| has(name))
    };
    has("pyvenv.cfg") || has("CACHEDIR.TAG") || is_coverage()
}

/// The entries [`is_foreign_by_content`] asks for.
pub(super) fn is_telling(name: &str) -> bool {
    matches!(
        name,
        "pyvenv.cfg"
            | "CACHEDIR.TAG"
            | "lcov-report"
            | "lcov.info"
            | "clover.xml"
            | "coverage-final.json"
            | "index.html"
    )
}

/// Whether a folder of this name beside these entries is what a package manager fills.
pub(super) fn is_vendored_beside(name: &str, has: impl Fn(&str) -> bool) -> bool {
    name == "vendor"
        && ["composer.json", "go.mod", "Gemfile"]
            .iter()
            .any(|file| has(file))
}

/// Whether the name begins with a dot.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && name != "." && name != ".."
}

/// Whether the file only declares: `a.d.ts`.
pub(super) fn is_declaration(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    [".d.ts", ".d.mts", ".d.cts"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Whether the name says that the file is minified or the loader of a package manager.
pub(super) fn is_minified_name(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    matches!(extension, "js" | "mjs" | "cjs")
        && (stem.rsplit(['.', '-']).next() == Some("min") && stem != "min"
            || stem.starts_with(".pnp"))
}

/// Whether JavaScript is minified, by the length of its lines.
pub(super) fn is_minified(text: &[u8]) -> bool {
    if text.len() <= 5 * 1024 {
        return false;
    }
    let longest = text
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0);
    if longest > 5_000 && longest > text.len() / 2 {
        return true;
    }
    let head = &text[..text.len().min(LINES_BYTES)];
    let lines = head.split(|&byte| byte == b'\n').count();
    head.len() / lines > 500
}

/// Marks that say so wherever a comment near the top holds them.
const GENERATED: &[&str] = &["@generated", "DO NOT EDIT", "Code generated by"];

/// In lower case; they say so of the file, or of a slug or an id.
const AUTOGENERATED: &[&str] = &[
    "autogenerated",
    "auto-generated",
    "auto generated",
    "automatically generated",
];

/// Whether comments in the first lines say that a program wrote the file.
pub(super) fn is_generated(text: &str) -> bool {
    let mut end = text.len().min(HEAD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut is_top = true;
    let mut closes_with = None;
    for line in text[..end].lines() {
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t']);
        let is_comment = closes_with.is_some() || starts_comment(line);
        if is_comment && says_generated(line, is_top) {
            return true;
        }
        match closes_with {
            Some(close) if line.contains(close) => closes_with = None,
            Some(_) => {}
            None => closes_with = opens_block(line),
        }
        is_top &= is_comment || line.is_empty();
    }
    false
}

fn says_generated(line: &str, is_top: bool) -> bool {
    if GENERATED.iter().any(|mark| line.contains(mark)) {
        return true;
    }
    let line = line.to_ascii_lowercase();
    let forbids = line.contains("do not edit") || line.contains("do not modify");
    if forbids && (is_top || line.contains("generated")) {
        return true;
    }
    let words = line.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    AUTOGENERATED.iter().any(|phrase| {
        line.contains("this file") && line.contains(phrase) || is_top && words.starts_with(phrase)
    }) || is_top && words.starts_with("generated by the protocol buffer")
}

/// Packages that make data up.
const MAKERS: &[&str] = &["faker", "mimesis", "model_bakery", "model_mommy"];

/// Whether a Python file imports, at its top, what makes data up.
pub(super) fn makes_data_up(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split([' ', '.', ',']);
        matches!(words.next(), Some("from" | "import"))
            && words
                .next()
                .is_some_and(|package| MAKERS.contains(&package))
    })
}

fn starts_comment(line: &str) -> bool {
    ["#", "//", "/*", "*", "--", "<!--", "\"\"\"", "'''"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// What closes the block comment or docstring that `line` opens and does not close.
fn opens_block(line: &str) -> Option<&'static str> {
    let (open, close) = [
        ("/*", "*/"),
        ("<!--", "-->"),
        ("\"\"\"", "\"\"\""),
        ("'''", "'''"),
    ]
    .into_iter()
    .find(|(open, _)| line.starts_with(open))?;
    (!line[open.len()..].contains(close)).then_some(close)
}

/// The part of a path after the last slash.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_the_language() {
        let rows = [
            ("a.py", Some((Language::Python, Embedding::Plain))),
            ("a/b.pyi", Some((Language::Python, Embedding::Plain))),
            ("a.js", Some((Language::JavaScript, Embedding::Plain))),
            ("a.jsx", Some((Language::JavaScript, Embedding::Plain))),
            ("a.mjs", Some((Language::JavaScript, Embedding::Plain))),
            ("a.cjs", Some((Language::JavaScript, Embedding::Plain))),
            ("a.ts", Some((Language::TypeScript, Embedding::Plain))),
            ("a.mts", Some((Language::TypeScript, Embedding::Plain))),
            ("a.cts", Some((Language::TypeScript, Embedding::Plain))),
            ("a.tsx", Some((Language::Tsx, Embedding::Plain))),
            (
                "shop/templates/a.html",
                Some((Language::Template, Embedding::Plain)),
            ),
            ("a.jinja", Some((Language::Template, Embedding::Plain))),
            ("shop/static/a.html", None),
            ("a.sql", Some((Language::Sql, Embedding::Plain))),
            ("A.SQL", Some((Language::Sql, Embedding::Plain))),
            ("a.vue", Some((Language::JavaScript, Embedding::Vue))),
            ("a.svelte", Some((Language::JavaScript, Embedding::Svelte))),
            ("a.ipynb", Some((Language::Python, Embedding::Notebook))),
            (".py", None),
            ("py", None),
            ("a.rb", None),
            ("a.py/b", None),
            ("a.py.txt", None),
        ];
        for (path, expected) in rows {
            assert_eq!(language(path), expected, "{path}");
        }
    }

    #[test]
    fn the_path_decides_the_context() {
        let rows = [
            ("app/views.py", Context::Product),
            ("contest/views.py", Context::Product),
            ("latest/spectrum.py", Context::Product),
            ("app/attest.py", Context::Product),
            ("app/testimony.py", Context::Product),
            ("src/inspect.ts", Context::Product),
            ("src/vendor/list.ts", Context::Product),
            ("tests/a.py", Context::Test),
            ("server/test-plugins/reviews/a.ts", Context::Test),
            ("app/tests/fixtures/a.py", Context::Test),
            ("app/Tests/a.py", Context::Test),
            ("fixtures/a.py", Context::Product),
            ("src/__tests__/a.ts", Context::Test),
            ("src/__mocks__/a.ts", Context::Test),
            ("spec/a.js", Context::Test),
            ("e2e/a.ts", Context::Test),
            ("packages/dev-server/test-plugins/a.ts", Context::Test),
            ("cypress/support/a.ts", Context::Test),
            ("playwright/a.ts", Context::Test),
            ("app/test_a.py", Context::Test),
            ("app/a_test.py", Context::Test),
            ("app/a_tests.py", Context::Test),
            ("app/tests.py", Context::Test),
            ("conftest.py", Context::Test),
            ("pytest_shop/plugin.py", Context::Test),
            ("shop/pytest.py", Context::Product),
            ("src/a.test.ts", Context::Test),
            ("src/a.spec.tsx", Context::Test),
            ("src/a.int.spec.ts", Context::Test),
            ("src/a.e2e-spec.ts", Context::Test),
            ("src/a.stories.tsx", Context::Test),
            ("src/a.e2e.ts", Context::Test),
            ("src/a.cy.ts", Context::Test),
            ("src/a_test.ts", Context::Test),
            ("src/test.ts", Context::Product),
            ("src/test_a.ts", Context::Product),
            ("tests/migrations/0001.py", Context::Test),
            ("app/migrations/0001_initial.py", Context::Migration),
            ("app/db_migrations/0001_initial.py", Context::Migration),
            ("src/migration/17.ts", Context::Migration),
            ("alembic/versions/a.py", Context::Migration),
            ("versions/a.py", Context::Product),
            ("db/migrate/1.sql", Context::Migration),
            ("migrate/1.sql", Context::Product),
            ("prisma/migrations/1/migration.sql", Context::Migration),
            ("src/a.migration.ts", Context::Migration),
            ("prisma/seed.ts", Context::Seed),
            ("db/seeds/a.sql", Context::Seed),
            ("database/seeders/a.ts", Context::Seed),
            ("database/factories/a.ts", Context::Seed),
            ("src/factories/a.ts", Context::Product),
            ("src/user.seed.ts", Context::Seed),
            ("app/users_seed.py", Context::Seed),
            ("app/seed_users.py", Context::Seed),
            ("app/e2e_seed_data.py", Context::Seed),
            ("app/random_data.py", Context::Seed),
            ("app/random_choice.py", Context::Product),
            ("app/fake_orders.py", Context::Seed),
            ("app/management/commands/random_visits.py", Context::Seed),
            ("app/management/commands/send_mail.py", Context::Script),
            ("src/app/cli.py", Context::Script),
            (
                "app/db/versions/2023-01-30_e4b4991dddcd.py",
                Context::Migration,
            ),
            ("app/versions/release.py", Context::Product),
            ("app/seedling.py", Context::Product),
            ("app/routes/admin.models.seed.ts", Context::Product),
            ("app/linseed.py", Context::Product),
            ("scripts/a.ts", Context::Script),
            ("scripts/seed.ts", Context::Seed),
            ("bin/a.js", Context::Script),
            ("tools/a.py", Context::Script),
            ("src/tools/a.ts", Context::Product),
            ("benchmarks/a.py", Context::Script),
            ("docs/conf.py", Context::Script),
            ("src/app/docs/page.tsx", Context::Product),
            ("examples/a.py", Context::Script),
            ("packages/dev-server/index.ts", Context::Script),
            ("src/dev-server/index.ts", Context::Product),
            ("app/management/commands/a.py", Context::Script),
            ("commands/a.py", Context::Product),
            ("setup.py", Context::Script),
            ("manage.py", Context::Script),
            ("noxfile.py", Context::Script),
            ("gulpfile.js", Context::Script),
            ("Gruntfile.js", Context::Script),
            ("web/vite.config.mts", Context::Script),
            ("src/config/database.config.ts", Context::Product),
            (".eslintrc.js", Context::Script),
            ("app/tasks.py", Context::Product),
            ("analysis.ipynb", Context::Script),
        ];
        for (path, expected) in rows {
            assert_eq!(context(path), expected, "{path}");
        }
    }

    #[test]
    fn foreign_folders_are_known_by_name_and_place() {
        let rows = [
            ("node_modules", true),
            ("web/node_modules", true),
            ("dist", true),
            ("third_party", true),
            (".git", true),
            (".next", true),
            ("static/vendor", true),
            ("web/public/vendors", true),
            ("vendor", false),
            ("src/vendor", false),
            ("build", false),
            ("out", false),
            ("venv", false),
            ("coverage", false),
            ("distribution", false),
        ];
        for (path, expected) in rows {
            assert_eq!(is_foreign_folder(path), expected, "{path}");
        }
    }

    #[test]
    fn foreign_folders_are_known_by_content() {
        let rows = [
            ("venv", "pyvenv.cfg", true),
            ("env", "pyvenv.cfg", true),
            ("cache", "CACHEDIR.TAG", true),
            ("coverage", "lcov.info", true),
            ("coverage", "policies.py", false),
            ("web", "index.html", false),
        ];
        for (path, holds, expected) in rows {
            let found = is_foreign_by_content(path, |name| name == holds && is_telling(name));
            assert_eq!(found, expected, "{path} with {holds}");
        }
        assert!(is_vendored_beside("vendor", |name| name == "go.mod"));
        assert!(!is_vendored_beside("vendor", |name| name == "package.json"));
        assert!(!is_vendored_beside("vendors", |name| name == "go.mod"));
    }

    #[test]
    fn declarations_and_minified_names_are_known() {
        for name in ["a.d.ts", "src/a.d.mts", "a.d.cts"] {
            assert!(is_declaration(name), "{name}");
        }
        assert!(!is_declaration("d.ts") && !is_declaration("bad.ts"));
        for name in [
            "a.min.js",
            "x/jquery-3.min.js",
            "a-min.js",
            ".pnp.cjs",
            ".pnp.loader.mjs",
        ] {
            assert!(is_minified_name(name), "{name}");
        }
        for name in ["admin.js", "min.js", "a.min.ts", "a.js"] {
            assert!(!is_minified_name(name), "{name}");
        }
    }

    #[test]
    fn long_lines_make_javascript_minified() {
        let short = "let a = 1;\n";
        assert!(!is_minified(&"x".repeat(5_000).into_bytes()));
        assert!(is_minified(&"x".repeat(6_000).into_bytes()));
        let with_data = format!("{}{}", short.repeat(2_000), "x".repeat(6_000));
        assert!(!is_minified(with_data.as_bytes()));
        let banner = format!("{}{}", short.repeat(10), "x".repeat(6_000));
        assert!(is_minified(banner.as_bytes()));
        let wrapped = format!("{}\n", "y".repeat(600)).repeat(100);
        assert!(is_minified(wrapped.as_bytes()));
        assert!(!is_minified(short.repeat(1_000).as_bytes()));
    }

    #[test]
    fn comments_near_the_top_say_generated() {
        let rows = [
            ("// Code generated by x. DO NOT EDIT.\nlet a;", true),
            ("/* eslint-disable */\n/**\n * @generated\n */\n", true),
            (
                "/*\n\n  This file was automatically generated by x\n*/",
                true,
            ),
            (
                "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.",
                true,
            ),
            ("\"\"\"Autogenerated by x.\n\"\"\"\n", true),
            ("-- auto-generated\nSELECT 1", true),
            (
                "import a from 'a';\n/** This file is auto-generated */",
                true,
            ),
            ("\u{feff}# Do not edit\n", true),
            ("# Generated by Django 4.2 on 2024-01-01\n", false),
            ("import os\n# the slug is autogenerated\n", false),
            ("/** Types that are autogenerated from the schema */", false),
            ("# Please do not edit by hand\n", true),
            (
                "import a\n// Auto-generated from a.json, do not edit\n",
                true,
            ),
            ("words = 'DO NOT EDIT'\n", false),
            ("x = '@generated'", false),
            ("", false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_generated(text), expected, "{text}");
        }
        let late = format!("{}// @generated", "let a = 1;\n".repeat(300));
        assert!(!is_generated(&late));
        assert!(!is_generated(&"é".repeat(2_000)));
    }
}
