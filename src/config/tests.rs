//! Tests of finding, reading and merging the configuration.

use std::fs;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::*;

/// A small catalogue.
pub(super) fn pages() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let page = |id, category: &str, severity, advice| Page {
            id,
            title: id.to_owned(),
            category: category.to_owned(),
            severity,
            languages: vec!["python".to_owned()],
            advice,
            summary: "Slow.".to_owned(),
            body: "Slow.".to_owned(),
        };
        vec![
            page("n-plus-one", "database", Severity::Error, false),
            page("select-star", "database", Severity::Note, false),
            page("default-pool", "database", Severity::Note, true),
            page("await-in-loop", "async", Severity::Warning, false),
        ]
    });
    &PAGES
}

/// A directory with files; a path that ends in `/` is a directory.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    for (path, text) in files {
        let path = dir.path().join(path);
        if text.is_empty() && path.to_string_lossy().ends_with('/') {
            fs::create_dir_all(&path).expect("a directory");
        } else {
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(&path, text).expect("a file");
        }
    }
    dir
}

fn request(dir: &TempDir, paths: &[&str]) -> Request {
    Request {
        current_dir: dir.path().canonicalize().expect("it exists"),
        paths: paths.iter().map(PathBuf::from).collect(),
        ..Request::default()
    }
}

fn load(dir: &TempDir, paths: &[&str]) -> Result<Settings, ConfigError> {
    Settings::load_with(&request(dir, paths), pages())
}

/// The message for `slowpath.toml` with this text.
fn error(text: &str) -> String {
    let dir = tree(&[("slowpath.toml", text)]);
    load(&dir, &[]).expect_err("a wrong file").to_string()
}

#[test]
fn defaults_without_a_file() {
    let dir = tree(&[("a.py", "")]);
    let settings = load(&dir, &[]).expect("defaults");
    assert_eq!(
        settings.rules,
        ["n-plus-one", "select-star", "await-in-loop"]
    );
    assert_eq!(settings.min_severity, Severity::Note);
    assert_eq!(settings.min_confidence, Confidence::Medium);
    assert_eq!(settings.fail_on, Severity::Warning);
    assert_eq!(settings.config_file, None);
}

#[test]
fn every_key_is_read() {
    let text = r#"
select = ["database"]
ignore = ["select-star"]
exclude = ["legacy/**"]
include = ["tests/perf"]
min-severity = "warning"
min-confidence = "high"
fail-on = "error"

[severity]
n-plus-one = "warning"

[[overrides]]
paths = ["jobs/**"]
ignore = ["async"]
select = ["n-plus-one"]
severity = { n-plus-one = "note" }

[models]
files = ["models/ours.toml"]
"#;
    let dir = tree(&[
        ("slowpath.toml", text),
        ("models/ours.toml", "package = \"ours\""),
    ]);
    let settings = load(&dir, &[]).expect("a valid file");
    assert_eq!(settings.rules, ["n-plus-one", "default-pool"]);
    assert_eq!(settings.exclude, ["legacy/**"]);
    assert_eq!(settings.include, ["tests/perf"]);
    assert_eq!(settings.min_severity, Severity::Warning);
    assert_eq!(settings.min_confidence, Confidence::High);
    assert_eq!(settings.fail_on, Severity::Error);
    assert_eq!(settings.severities, [("n-plus-one", Severity::Warning)]);
    let [only] = settings.overrides.as_slice() else {
        panic!("one override");
    };
    assert_eq!(only.paths, ["jobs/**"]);
    assert_eq!(only.ignore, ["await-in-loop"]);
    assert_eq!(only.select, ["n-plus-one"]);
    assert_eq!(only.severities, [("n-plus-one", Severity::Note)]);
    let models = [(
        "models/ours.toml".to_owned(),
        "package = \"ours\"".to_owned(),
    )];
    assert_eq!(settings.models, models);
}

#[test]
fn arguments_win_over_the_file() {
    let dir = tree(&[(
        "slowpath.toml",
        "min-severity = \"error\"\nfail-on = \"error\"\n",
    )]);
    let request = Request {
        min_severity: Some(Severity::Note),
        select: vec!["select-star".to_owned()],
        ..request(&dir, &[])
    };
    let settings = Settings::load_with(&request, pages()).expect("a valid file");
    assert_eq!(settings.min_severity, Severity::Note);
    assert_eq!(settings.fail_on, Severity::Error);
    assert_eq!(settings.rules, ["select-star"]);
}

#[test]
fn errors_carry_file_line_and_a_guess() {
    assert_eq!(
        error("\n\nignore = [\n  \"n+1\",\n]\n"),
        "slowpath.toml:4: unknown rule or category \"n+1\", did you mean \"n-plus-one\"?"
    );
    assert_eq!(
        error("ignroe = []"),
        "slowpath.toml:1: unknown key \"ignroe\", did you mean \"ignore\"?"
    );
    assert_eq!(
        error("[severity]\nawait_in_loop = \"note\""),
        "slowpath.toml:2: unknown rule \"await_in_loop\", did you mean \"await-in-loop\"?"
    );
    assert_eq!(
        error("fail-on = \"warn\""),
        "slowpath.toml:1: unknown severity \"warn\"; expected one of note, warning, error"
    );
    assert_eq!(
        error("fail-on = 3"),
        "slowpath.toml:1: expected one of note, warning, error"
    );
    assert_eq!(
        error("\nselect = \"all\""),
        "slowpath.toml:2: expected an array: a list of strings"
    );
    assert_eq!(error("exclude = [1]"), "slowpath.toml:1: expected a string");
    assert_eq!(
        error("exclude = [\"a{b\"]"),
        "slowpath.toml:1: not a glob: error parsing glob '**/a{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)"
    );
    assert_eq!(
        error("[[overrides]]\nignore = [\"all\"]"),
        "slowpath.toml:1: an override needs `paths`"
    );
    assert_eq!(
        error("[[overrides]]\npath = [\"a\"]"),
        "slowpath.toml:2: unknown key \"path\", did you mean \"paths\"?"
    );
    assert_eq!(
        error("[models]\nfile = []"),
        "slowpath.toml:2: unknown key \"file\", did you mean \"files\"?"
    );
    assert!(error("a = 1\nb =").starts_with("slowpath.toml:2: "));
    assert!(error("ignore = [\"all\"]").starts_with("no rule is selected"));
}

#[test]
fn first_file_found_wins_and_the_search_ends_at_the_repository() {
    let dir = tree(&[
        ("slowpath.toml", "broken"),
        ("repo/.git/", ""),
        ("repo/slowpath.toml", "select = [\"async\"]"),
        ("repo/a/package.json", "{\"name\": \"slowpath\"}"),
        ("repo/a/b/x.py", ""),
        ("repo/c/.slowpath.toml", "select = [\"n-plus-one\"]"),
        (
            "repo/c/pyproject.toml",
            "[tool.slowpath]\nselect = [\"all\"]",
        ),
        ("other/x.py", ""),
    ]);
    let rules = |path| load(&dir, &[path]).expect("a valid file").rules;
    assert_eq!(rules("repo/a/b"), ["await-in-loop"]);
    assert_eq!(rules("repo/c"), ["n-plus-one"]);
    assert_eq!(rules("other").len(), 3);
}

#[test]
fn pyproject_and_package_json_are_read() {
    let dir = tree(&[
        (
            "py/pyproject.toml",
            "[tool.black]\n[tool.slowpath]\nselect = [\"async\"]",
        ),
        (
            "js/package.json",
            "{\"slowpath\": {\"select\": [\"async\"]}}",
        ),
        (
            "bad/package.json",
            "{\n  \"slowpath\": {\n    \"select\": [\"asinc\"]}}",
        ),
        ("worse/package.json", "{\n  \"slowpath\": {\n"),
        ("none/pyproject.toml", "[tool.black]\nslowpath = 1"),
        ("odd/pyproject.toml", "[tool]\nslowpath = 1"),
        ("foreign/package.json", "{ not json"),
    ]);
    let rules = |path| load(&dir, &[path]).expect("a valid file").rules;
    let error = |path| load(&dir, &[path]).expect_err("a wrong file").to_string();
    assert_eq!(rules("py"), ["await-in-loop"]);
    assert_eq!(rules("js"), ["await-in-loop"]);
    assert_eq!(rules("none").len(), 3);
    assert_eq!(rules("foreign").len(), 3);
    assert_eq!(
        error("bad"),
        "bad/package.json:3: unknown rule or category \"asinc\", did you mean \"async\"?"
    );
    assert!(error("worse").starts_with("worse/package.json:3: EOF"));
    assert_eq!(
        error("odd"),
        "odd/pyproject.toml:2: expected a table: the configuration"
    );
}

#[test]
fn root_is_what_contains_the_paths() {
    let dir = tree(&[("a/x.py", ""), ("a/y.py", ""), ("b/z.py", "")]);
    let base = dir.path().canonicalize().expect("it exists");
    let root = |current: &str, paths: &[&str]| {
        let request = Request {
            current_dir: base.join(current),
            paths: paths.iter().map(PathBuf::from).collect(),
            ..Request::default()
        };
        let settings = Settings::load_with(&request, pages()).expect("paths that exist");
        assert!(
            settings
                .paths
                .iter()
                .all(|path| path.starts_with(&settings.root))
        );
        let inner = settings.root.strip_prefix(&base).expect("below the base");
        inner.display().to_string()
    };
    assert_eq!(root("", &[]), "");
    assert_eq!(root("", &["a"]), "a");
    assert_eq!(root("", &["a/x.py"]), "");
    assert_eq!(root("", &["a", "b/z.py"]), "");
    assert_eq!(root("a", &["../b/z.py"]), "b");
    assert_eq!(root("a", &["../b/z.py", "x.py"]), "");
    assert_eq!(root("b", &["../a/x.py", "../a/y.py"]), "a");
}

#[test]
fn missing_and_odd_paths_are_errors() {
    let dir = tree(&[("x.py", "")]);
    let error = |path| load(&dir, &[path]).expect_err("no such path").to_string();
    assert_eq!(error("nowhere"), "no such file or directory: nowhere");
    assert_eq!(error(""), "no such file or directory: ");
    assert!(error("x.py/y").starts_with("x.py/y: "));
    #[cfg(unix)]
    assert_eq!(
        error("/dev/null"),
        "/dev/null: neither a file nor a directory"
    );
}

#[test]
fn given_file_is_read_and_no_other() {
    let dir = tree(&[
        ("slowpath.toml", "broken"),
        (
            "ci/strict.toml",
            "select = [\"async\"]\nexclude = [\"a/b\"]",
        ),
    ]);
    let with = |config| {
        let request = Request {
            config,
            ..request(&dir, &[])
        };
        Settings::load_with(&request, pages())
    };
    let settings = with(ConfigSource::Given("ci/strict.toml".into())).expect("a valid file");
    assert_eq!(settings.rules, ["await-in-loop"]);
    assert_eq!(settings.exclude, ["a/b"]);
    assert_eq!(with(ConfigSource::Off).expect("no file").rules.len(), 3);
    let missing = with(ConfigSource::Given("ci/none.toml".into()));
    let message = missing.expect_err("no such file").to_string();
    assert!(message.starts_with("ci/none.toml: "), "{message}");
}

#[test]
fn globs_are_seen_from_the_folder_of_the_file() {
    let dir = tree(&[
        (".git/", ""),
        (
            "slowpath.toml",
            "exclude = [\"api/old/**\", \"web/**\", \"gen\"]",
        ),
        ("api/x.py", ""),
    ]);
    let settings = load(&dir, &["api"]).expect("a valid file");
    assert_eq!(settings.exclude, ["/old/**", "gen"]);
}

#[cfg(unix)]
#[test]
fn files_outside_the_repository_are_not_read() {
    use std::os::unix::fs::symlink;

    let secret = tree(&[("secret.toml", "TOKEN-1234")]);
    let dir = tree(&[
        ("repo/.git/", ""),
        ("repo/slowpath.toml", "[models]\nfiles = [\"link.toml\"]"),
        (
            "repo/up/slowpath.toml",
            "[models]\nfiles = [\"../../out.toml\"]",
        ),
        ("repo/linked/x.py", ""),
        ("out.toml", "TOKEN-1234"),
    ]);
    let target = secret.path().join("secret.toml");
    symlink(&target, dir.path().join("repo/link.toml")).expect("a link");
    symlink(&target, dir.path().join("repo/linked/slowpath.toml")).expect("a link");
    let error = |path| load(&dir, &[path]).expect_err("an escape").to_string();
    assert_eq!(
        error("repo"),
        "repo/slowpath.toml:2: cannot read link.toml: its target is outside of the root"
    );
    assert_eq!(
        error("repo/up"),
        "repo/up/slowpath.toml:2: cannot read ../../out.toml: its target is outside of the root"
    );
    assert_eq!(
        error("repo/linked"),
        "repo/linked/slowpath.toml: its target is outside of the root"
    );
}

#[test]
fn hostile_files_are_errors() {
    let deep = format!("select = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(error(&deep).starts_with("slowpath.toml:1: "));
    let large = format!("select = [] # {}", "x".repeat(2 << 20));
    assert_eq!(error(&large), "slowpath.toml: larger than 1000 KB");
    let many = format!("exclude = [{}]", "\"a\",".repeat(2_000));
    assert_eq!(error(&many), "slowpath.toml:1: more than 1000 patterns");
    let models = format!("[models]\nfiles = [{}]", "\"slowpath.toml\",".repeat(101));
    assert_eq!(error(&models), "slowpath.toml:2: more than 100 files");
    let json = format!(
        "{{\"slowpath\": {}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let dir = tree(&[("package.json", json.as_str())]);
    assert!(load(&dir, &[]).is_err());
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = json_schema(pages());
    let properties = schema["properties"].as_object().expect("properties");
    let mut in_schema: Vec<&str> = properties.keys().map(String::as_str).collect();
    let mut read = file::KEYS.to_vec();
    in_schema.sort_unstable();
    read.sort_unstable();
    assert_eq!(in_schema, read);
    assert_eq!(schema["definitions"]["rule"]["enum"][0], "n-plus-one");
}

#[test]
fn limits_are_whole_numbers_within_bounds() {
    let dir = tree(&[("slowpath.toml", "[limits]\ncode-bytes = 4_000\nfiles = 7\n")]);
    let expected = Limits {
        code_bytes: 4_000,
        files: 7,
        ..Limits::default()
    };
    assert_eq!(load(&dir, &[]).expect("settings").limits, expected);
    let in_json = r#"{"slowpath": {"limits": {"code-bytes": 4000, "files": 7}}}"#;
    let dir = tree(&[("package.json", in_json)]);
    assert_eq!(load(&dir, &[]).expect("settings").limits, expected);
    for value in ["0", "5_000_001", "-1", "\"4 MB\"", "4.5"] {
        let text = format!("[limits]\ncode-bytes = {value}\n");
        let dir = tree(&[("slowpath.toml", &text)]);
        let error = load(&dir, &[]).expect_err(value).to_string();
        assert!(
            error.contains("slowpath.toml:2: expected a whole number from 1 to 5000000"),
            "{error}"
        );
    }
}

#[test]
fn the_database_is_described() {
    let text =
        "[schema]\ndialect = \"mysql\"\nfiles = [\"db/*.sql\"]\nsmall-tables = [\"countries\"]\n";
    let dir = tree(&[("slowpath.toml", text)]);
    let settings = load(&dir, &[]).expect("settings");
    assert_eq!(
        settings.schema,
        SchemaSettings {
            dialect: Some(Dialect::MySql),
            started: None,
            files: vec!["db/*.sql".to_owned()],
            small_tables: vec!["countries".to_owned()],
        }
    );
    let dir = tree(&[("slowpath.toml", "[schema]\ndialect = \"oracle\"\n")]);
    let error = load(&dir, &[]).expect_err("an unknown engine").to_string();
    assert!(
        error.contains("expected one of postgresql, mysql, sqlite, mongodb"),
        "{error}"
    );
}
