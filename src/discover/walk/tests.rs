use super::*;
use crate::discover::{Embedding, Loaded, Skip, SkipReason, load, read};
use crate::source::Language;
use tempfile::TempDir;

/// A tree with these files; a path that ends with `/` is an empty folder.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), files);
    dir
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let absolute = root.join(path);
        if path.ends_with('/') {
            fs::create_dir_all(absolute).expect("a folder");
            continue;
        }
        fs::create_dir_all(absolute.parent().expect("a parent")).expect("a folder");
        fs::write(absolute, text).expect("a file");
    }
}

/// Empty files at these paths.
fn empty_tree(paths: &[&str]) -> TempDir {
    let files: Vec<(&str, &str)> = paths.iter().map(|&path| (path, "")).collect();
    tree(&files)
}

fn settings(root: &Path) -> Settings {
    Settings {
        root: root.to_path_buf(),
        paths: vec![root.to_path_buf()],
        ..Settings::default()
    }
}

fn paths(found: &Discovered) -> Vec<&str> {
    let paths = found.files.iter().map(|file| file.path.as_str());
    paths.collect()
}

fn notices(found: &Discovered) -> Vec<String> {
    let notices = found.notices.iter().map(|notice| {
        let path = notice.path.as_deref().unwrap_or("-");
        format!("{path}: {}", notice.message)
    });
    notices.collect()
}

/// The paths found in a tree with default settings; nothing may be odd about it.
#[track_caller]
fn check(root: &Path, expected: &[&str]) {
    let found = files(&settings(root));
    assert_eq!(paths(&found), expected);
    assert_eq!(notices(&found), Vec::<String>::new());
}

/// The paths found when these are asked for.
#[track_caller]
fn check_paths(root: &Path, asked: &[&str], expected: &[&str]) {
    let mut settings = settings(root);
    settings.paths = asked.iter().map(|path| root.join(path)).collect();
    assert_eq!(paths(&files(&settings)), expected, "{asked:?}");
}

#[test]
fn files_are_sorted_by_path_and_known_by_extension() {
    let dir = empty_tree(&[
        "b.py",
        "a/z.ts",
        "a.js",
        "README.md",
        "a-b/c.sql",
        "Makefile",
        "x.d.ts",
    ]);
    check(dir.path(), &["a-b/c.sql", "a.js", "a/z.ts", "b.py"]);
}

#[test]
fn foreign_hidden_and_output_folders_are_left_out() {
    let dir = empty_tree(&[
        "a.py",
        ".git/hooks/a.py",
        ".hg/a.py",
        ".next/a.js",
        ".yarn/releases/a.cjs",
        ".pnp.cjs",
        "node_modules/x/a.js",
        "web/node_modules/x/a.js",
        "bower_components/a.js",
        "third_party/a.py",
        "thirdparty/a.py",
        "lib/python3/site-packages/a.py",
        ".venv/a.py",
        "env/pyvenv.cfg",
        "env/bin/a.py",
        "__pycache__/a.py",
        "dist/a.js",
        "coverage/lcov.info",
        "coverage/a.js",
        "static/vendor/a.js",
        "composer.json",
        "vendor/x/a.js",
        "build/a.py",
        "out/a.py",
        "src/vendor/a.py",
        "src/coverage/a.py",
    ]);
    check(
        dir.path(),
        &[
            "a.py",
            "build/a.py",
            "out/a.py",
            "src/coverage/a.py",
            "src/vendor/a.py",
        ],
    );
}

#[test]
fn tests_are_counted_and_left_out() {
    let dir = empty_tree(&["a.py", "test_a.py", "tests/b.py", "src/a.spec.ts"]);
    let found = files(&settings(dir.path()));
    assert_eq!((paths(&found), found.tests), (vec!["a.py"], 3));

    let mut settings = settings(dir.path());
    settings.include = vec!["tests".to_owned()];
    let found = files(&settings);
    assert_eq!(
        (paths(&found), found.tests),
        (vec!["a.py", "tests/b.py"], 2)
    );
    assert_eq!(found.files[1].context, Context::Product);
    assert_eq!(found.files[1].selection, Selection::Included);
}

#[test]
fn what_is_named_is_kept() {
    let dir = tree(&[
        (".gitignore", "ignored.py\nout/\n"),
        ("ignored.py", ""),
        ("out/a.py", ""),
        ("tests/a.py", ""),
        ("node_modules/x/a.js", ""),
        ("node_modules/x/node_modules/y/a.js", ""),
        (".hidden/a.py", ""),
        ("a.min.js", ""),
        ("a.d.ts", ""),
        ("b.py", ""),
    ]);
    let root = dir.path();
    check_paths(root, &["ignored.py"], &["ignored.py"]);
    check_paths(root, &["out"], &["out/a.py"]);
    check_paths(root, &["tests/a.py"], &["tests/a.py"]);
    check_paths(root, &["tests"], &["tests/a.py"]);
    check_paths(root, &["node_modules/x"], &["node_modules/x/a.js"]);
    check_paths(root, &[".hidden"], &[".hidden/a.py"]);
    check_paths(root, &["a.min.js", "a.d.ts"], &["a.d.ts", "a.min.js"]);
    check_paths(root, &["b.py", "b.py", "./b.py"], &["b.py"]);
    check_paths(
        root,
        &[".", "b.py", "out", "out/a.py"],
        &["b.py", "out/a.py"],
    );
    check_paths(root, &[".", "tests"], &["b.py", "tests/a.py"]);
    check_paths(root, &[], &[]);
}

#[test]
fn what_is_named_and_cannot_be_analysed_is_said() {
    let dir = empty_tree(&["root/README.md", "outside.py"]);
    let root = dir.path().join("root");
    let mut settings = settings(&root);
    settings.paths = ["README.md", "missing.py", "../outside.py"]
        .iter()
        .map(|path| root.join(path))
        .collect();
    let found = files(&settings);
    assert_eq!((found.files.len(), found.skipped), (0, 3));
    assert_eq!(
        notices(&found),
        [
            "../outside.py: not analysed: its target is outside of the root",
            "README.md: not analysed: not in a language that slowpath reads",
            "missing.py: not analysed: entity not found",
        ]
    );
}

#[test]
fn exclude_leaves_out_files_and_folders() {
    let dir = empty_tree(&[
        "a.py",
        "legacy/a.py",
        "src/legacy/a.py",
        "src/b.gen.ts",
        "src/b.ts",
    ]);
    let mut settings = settings(dir.path());
    settings.exclude = vec!["legacy".to_owned(), "*.gen.ts".to_owned()];
    assert_eq!(paths(&files(&settings)), ["a.py", "src/b.ts"]);
    settings.include = vec!["src/legacy/**".to_owned()];
    assert_eq!(paths(&files(&settings)), ["a.py", "src/b.ts"]);
    settings.exclude = vec!["[".to_owned()];
    assert_eq!(files(&settings).notices.len(), 1);
}

#[test]
fn include_reaches_into_foreign_folders_it_names() {
    let dir = empty_tree(&[
        "a.ts",
        "a.test.ts",
        "node_modules/ours/a.ts",
        "node_modules/ours/dist/a.js",
        "node_modules/ours/a.d.ts",
        "node_modules/theirs/a.ts",
        "node_modules/theirs/a.test.ts",
        "dist/lib.min.js",
        "dist/other.js",
    ]);
    let mut settings = settings(dir.path());
    settings.include = vec!["node_modules/ours/**".to_owned(), "**/*.test.ts".to_owned()];
    assert_eq!(
        paths(&files(&settings)),
        [
            "a.test.ts",
            "a.ts",
            "node_modules/ours/a.d.ts",
            "node_modules/ours/a.ts"
        ]
    );
    settings.include = vec!["dist/lib.min.js".to_owned()];
    assert_eq!(paths(&files(&settings)), ["a.ts", "dist/lib.min.js"]);
}

#[test]
fn ignore_files_apply_at_every_level() {
    let dir = tree(&[
        (".gitignore", "*.gen.py\n/only-here.py\nout/\n"),
        ("a.gen.py", ""),
        ("only-here.py", ""),
        ("out/a.py", ""),
        ("sub/only-here.py", ""),
        ("sub/.gitignore", "!keep.gen.py\nlocal.py\n"),
        ("sub/keep.gen.py", ""),
        ("sub/local.py", ""),
        ("sub/deep/keep.gen.py", ""),
        ("sub/deep/out/a.py", ""),
        ("local.py", ""),
    ]);
    let expected = [
        "local.py",
        "sub/deep/keep.gen.py",
        "sub/keep.gen.py",
        "sub/only-here.py",
    ];
    check(dir.path(), &expected);

    let mut settings = settings(dir.path());
    settings.no_ignores = true;
    assert_eq!(files(&settings).files.len(), 9);
}

#[test]
fn what_is_in_an_ignored_folder_cannot_come_back() {
    let dir = tree(&[
        (".gitignore", "out/\n!out/a.py\n"),
        ("out/.gitignore", "!a.py\n"),
        ("out/a.py", ""),
    ]);
    check(dir.path(), &[]);
}

#[test]
fn dot_ignore_wins_over_gitignore_and_exclude_comes_last() {
    let dir = tree(&[
        (".ignore", "!a.py\nb.py\n"),
        (".gitignore", "a.py\n!c.py\n"),
        (".git/info/exclude", "c.py\nd.py\n"),
        ("a.py", ""),
        ("b.py", ""),
        ("c.py", ""),
        ("d.py", ""),
        ("sub/d.py", ""),
        ("sub/.gitignore", "a.py\n!d.py\n"),
        ("sub/a.py", ""),
    ]);
    check(dir.path(), &["a.py", "c.py", "sub/a.py", "sub/d.py"]);
}

#[test]
fn ignore_files_above_count_up_to_the_repository() {
    let dir = tree(&[
        (".gitignore", "e.py\n"),
        ("repo/.git/info/exclude", "a.py\n"),
        ("repo/.gitignore", "b.py\n/app/c.py\n"),
        ("repo/app/.gitignore", "d.py\n"),
        ("repo/app/a.py", ""),
        ("repo/app/b.py", ""),
        ("repo/app/c.py", ""),
        ("repo/app/sub/d.py", ""),
        ("repo/app/sub/e.py", ""),
    ]);
    let root = dir.path().join("repo/app");
    check(&root, &["sub/e.py"]);
    check_paths(&root, &["sub"], &["sub/e.py"]);
    check_paths(&dir.path().join("repo"), &["app/sub"], &["app/sub/e.py"]);
}

#[test]
fn a_repository_in_a_repository_has_its_own_rules() {
    let dir = tree(&[
        (".git/HEAD", ""),
        (".gitignore", "a.py\n"),
        ("sub/.git", "gitdir: ../.git/modules/sub\n"),
        ("sub/a.py", ""),
        ("sub/deep/a.py", ""),
        ("other/a.py", ""),
    ]);
    check(dir.path(), &["sub/a.py", "sub/deep/a.py"]);
}

#[test]
fn files_beyond_the_cap_are_skipped_and_said() {
    let dir = tree(&[("a.py", ""), ("big.min.js", "")]);
    for (name, bytes) in [
        ("b.py", 3_000_000),
        ("c.sql", 3_000_000),
        ("d.sql", 6_000_000),
    ] {
        let file = fs::File::create(dir.path().join(name)).expect("a file");
        file.set_len(bytes).expect("a size");
    }
    let found = files(&settings(dir.path()));
    assert_eq!(paths(&found), ["a.py", "c.sql"]);
    assert_eq!(found.skipped, 3);
    assert_eq!(
        notices(&found),
        [
            "b.py: not analysed: larger than 2000 KB",
            "d.sql: not analysed: larger than 5000 KB",
        ]
    );
}

#[test]
fn limits_of_the_configuration_hold() {
    let dir = tree(&[
        ("a.py", "x = 1"),
        ("b.py", "x = 1"),
        ("c.py", "x = 100"),
        ("d.sql", "SELECT 1"),
    ]);
    let mut settings = settings(dir.path());
    settings.limits.code_bytes = 6;
    settings.limits.sql_bytes = 7;
    let found = files(&settings);
    assert_eq!(paths(&found), ["a.py", "b.py"]);
    assert_eq!(found.skipped, 2);
    settings.limits.files = 1;
    let found = files(&settings);
    assert_eq!(paths(&found), ["a.py"]);
    assert!(
        notices(&found).contains(&"-: only the first 1 of 2 files are analysed".to_owned()),
        "{found:?}"
    );
    // A file that has grown since it was found is held against the same limit.
    fs::write(dir.path().join("a.py"), "x = 1000").expect("a file");
    let skip = read(&found.files[0], dir.path()).expect_err("too large");
    assert_eq!(skip.reason, SkipReason::TooLarge);
}

#[test]
fn deep_nesting_is_walked() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let deep = "d/".repeat(400);
    write(dir.path(), &[(&format!("{deep}a.py"), "")]);
    let path = format!("{deep}a.py");
    check(dir.path(), &[&path]);
}

#[test]
fn many_nested_ignore_files_are_bounded() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for depth in 0..40 {
        let folder = "d/".repeat(depth);
        write(dir.path(), &[(&format!("{folder}.gitignore"), "x.py\n")]);
    }
    let found = files(&settings(dir.path()));
    assert_eq!(found.notices.len(), 8);
    assert!(
        found.notices[0]
            .message
            .contains("below 32 other ignore files")
    );
}

/// What reading the only file of a tree gives.
fn read_only_file(name: &str, bytes: &[u8]) -> Result<Loaded, Skip> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join(name), bytes).expect("a file");
    let found = files(&settings(dir.path()));
    assert_eq!(found.files.len(), 1);
    read(&found.files[0], dir.path())
}

/// The text and the notice of a file with these bytes.
fn text_of(name: &str, bytes: &[u8]) -> (String, Option<String>) {
    let loaded = read_only_file(name, bytes).expect("a text");
    (loaded.file.text, loaded.notice.map(|notice| notice.message))
}

#[test]
fn texts_of_any_encoding_keep_their_offsets() {
    let latin = Some("not UTF-8: read with replacement".to_owned());
    let utf16 = Some("UTF-16: read as UTF-8".to_owned());
    let rows: &[(&[u8], &str, Option<String>)] = &[
        (b"", "", None),
        ("é = 1\n".as_bytes(), "é = 1\n", None),
        (b"\xEF\xBB\xBFa = 1\n", "   a = 1\n", None),
        (b"# caf\xE9\na = 1\n", "# caf?\na = 1\n", latin.clone()),
        (b"# \xE2\x82\na", "# ??\na", latin),
        (b"\xFF\xFEa\0\xE9\0", "aé", utf16.clone()),
        (b"\xFE\xFF\0a\0\xE9", "aé", utf16.clone()),
        (b"\xFF\xFEa\0\x00\xD8b", "a\u{FFFD}", utf16),
    ];
    for (bytes, text, notice) in rows {
        assert_eq!(text_of("a.py", bytes), ((*text).to_owned(), notice.clone()));
    }
}

#[test]
fn a_byte_order_mark_does_not_break_the_parse() {
    let (text, _) = text_of(
        "a.py",
        b"\xEF\xBB\xBFimport os\n\ndef f():\n    return os\n",
    );
    let mut parser = tree_sitter::Parser::new();
    let python = tree_sitter_python::LANGUAGE.into();
    parser.set_language(&python).expect("a grammar");
    let tree = parser.parse(&text, None).expect("a tree");
    assert!(!tree.root_node().has_error());
    assert_eq!(tree.root_node().named_child_count(), 2);
}

#[test]
fn what_is_no_text_is_skipped() {
    let reasons = [
        ("a.py", b"\0\0\0".to_vec(), SkipReason::Binary),
        ("a.py", b"\xFF\xFE\0\0a\0\0\0".to_vec(), SkipReason::Binary),
        ("a.js", vec![b'x'; 6_000], SkipReason::Minified),
        ("a.ipynb", b"{".to_vec(), SkipReason::Unreadable),
        (
            "a.ipynb",
            br#"{"metadata": {"language_info": {"name": "R"}}}"#.to_vec(),
            SkipReason::OtherLanguage,
        ),
    ];
    for (name, bytes, expected) in reasons {
        let skip = read_only_file(name, &bytes).expect_err(name);
        assert_eq!(skip.reason, expected, "{name}");
        let is_said = matches!(expected, SkipReason::Binary | SkipReason::Unreadable);
        assert_eq!(skip.notice.is_some(), is_said, "{name}");
    }
}

#[test]
fn a_file_that_grew_or_went_away_is_skipped() {
    let dir = tree(&[("a.py", "a = 1\n"), ("b.py", "")]);
    let found = files(&settings(dir.path()));
    let file = fs::File::create(dir.path().join("a.py")).expect("a file");
    file.set_len(3_000_000).expect("a size");
    fs::remove_file(dir.path().join("b.py")).expect("removed");
    let reasons: Vec<SkipReason> = found
        .files
        .iter()
        .map(|file| read(file, dir.path()).expect_err("a skip").reason)
        .collect();
    assert_eq!(reasons, [SkipReason::TooLarge, SkipReason::Unreadable]);
}

#[test]
fn generated_files_are_marked() {
    let text = b"// Code generated by x. DO NOT EDIT.\n";
    let rows = [
        ("a.ts", Context::Generated),
        ("scripts/a.ts", Context::Generated),
        ("migrations/a.ts", Context::Migration),
        ("tests/a.ts", Context::Test),
    ];
    let mut candidate = crate::discover::candidate("a.ts", Path::new("/r")).expect("TypeScript");
    for (path, expected) in rows {
        candidate.path = path.to_owned();
        candidate.context = context(path);
        let loaded = load(&candidate, text.to_vec()).expect("a text");
        assert_eq!(loaded.file.context, expected, "{path}");
    }
    candidate.context = Context::Product;
    candidate.selection = Selection::Included;
    let loaded = load(&candidate, text.to_vec()).expect("a text");
    assert_eq!(loaded.file.context, Context::Product);
}

#[test]
fn components_and_notebooks_are_code() {
    let vue = read_only_file("a.vue", b"<p/>\n<script lang=\"ts\">\nlet a\n</script>\n");
    let vue = vue.expect("a text").file;
    assert_eq!(vue.language, Language::TypeScript);
    assert_eq!(vue.text, "    \n                  \nlet a\n         \n");

    let svelte = read_only_file("a.svelte", b"<script>a</script>")
        .expect("a text")
        .file;
    assert_eq!(
        (svelte.language, svelte.text.trim()),
        (Language::JavaScript, "a")
    );

    let json = br#"{"cells": [{"cell_type": "code", "source": "import a"}]}"#;
    let notebook = read_only_file("a.ipynb", json).expect("a text").file;
    assert_eq!(
        (notebook.language, notebook.text.as_str()),
        (Language::Python, "import a\n")
    );

    let candidate = crate::discover::candidate("a.svelte", Path::new("/r")).expect("Svelte");
    assert_eq!(candidate.embedding, Embedding::Svelte);
    assert!(crate::discover::candidate("a.rb", Path::new("/r")).is_none());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    fn make_pipe(path: &Path) {
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo").success());
    }

    #[test]
    fn pipes_do_not_block() {
        let dir = empty_tree(&["b.py", "sub/c.py"]);
        for name in [".gitignore", "sub/.ignore", "a.py", "other"] {
            make_pipe(&dir.path().join(name));
        }
        let found = files(&settings(dir.path()));
        assert_eq!(paths(&found), ["b.py", "sub/c.py"]);
        assert_eq!(found.skipped, 1);
        assert_eq!(
            notices(&found),
            [
                ".gitignore: not obeyed: not a regular file",
                "a.py: not analysed: not a regular file",
                "sub/.ignore: not obeyed: not a regular file",
            ]
        );

        let mut named = settings(dir.path());
        named.paths = vec![dir.path().join("a.py")];
        assert_eq!(
            notices(&files(&named)),
            ["a.py: not analysed: not a regular file"]
        );
    }

    #[test]
    fn links_out_of_the_root_are_not_read() {
        let dir = tree(&[
            ("root/a.py", ""),
            ("root/sub/b.py", ""),
            ("outside/secret.py", ""),
            ("outside/ignore", "a.py\n"),
        ]);
        let root = dir.path().join("root");
        symlink("/dev/zero", root.join(".gitignore")).expect("a link");
        symlink("../outside/ignore", root.join(".ignore")).expect("a link");
        symlink("../outside", root.join("folder")).expect("a link");
        symlink("../outside/secret.py", root.join("secret.py")).expect("a link");
        symlink("..", root.join("sub/round")).expect("a link");
        symlink("itself", root.join("itself")).expect("a link");
        let found = files(&settings(&root));
        assert_eq!(paths(&found), ["a.py", "sub/b.py"]);
        assert_eq!(
            notices(&found),
            [
                ".gitignore: not obeyed: its target is outside of the root",
                ".ignore: not obeyed: its target is outside of the root",
            ]
        );

        let mut named = settings(&root);
        named.paths = vec![root.join("secret.py"), root.join("folder")];
        let found = files(&named);
        assert_eq!((found.files.len(), found.skipped), (0, 2));
    }

    #[test]
    fn a_link_within_the_root_is_its_target() {
        let dir = tree(&[("rules", "b.py\n"), ("src/a.py", ""), ("src/b.py", "")]);
        symlink("rules", dir.path().join(".gitignore")).expect("a link");
        symlink("src", dir.path().join("link")).expect("a link");
        symlink("src/a.py", dir.path().join("link.py")).expect("a link");
        check(dir.path(), &["src/a.py"]);
        check_paths(dir.path(), &["link"], &["src/a.py"]);
        check_paths(dir.path(), &["link.py"], &["src/a.py"]);
        check_paths(dir.path(), &["link.py", "src", "src/a.py"], &["src/a.py"]);
    }

    #[test]
    fn a_root_that_is_a_link_is_walked() {
        let dir = tree(&[
            ("real/.gitignore", "b.py\n"),
            ("real/a.py", ""),
            ("real/b.py", ""),
        ]);
        let root = dir.path().join("root");
        symlink("real", &root).expect("a link");
        check(&root, &["a.py"]);
        let found = files(&settings(&root));
        assert!(read(&found.files[0], &root).is_ok());
    }

    #[test]
    fn a_candidate_replaced_by_a_link_is_not_read() {
        let dir = tree(&[("root/sub/a.py", ""), ("outside/a.py", "secret")]);
        let root = dir.path().join("root");
        let found = files(&settings(&root));
        fs::remove_dir_all(root.join("sub")).expect("removed");
        symlink("../outside", root.join("sub")).expect("a link");
        let skip = read(&found.files[0], &root).expect_err("a skip");
        assert_eq!(skip.reason, SkipReason::Unreadable);
    }

    #[test]
    fn what_cannot_be_listed_or_read_is_said() {
        let dir = empty_tree(&["a.py", "closed/b.py", "c.py"]);
        let deny = |path: &str| {
            let none = fs::Permissions::from_mode(0o000);
            fs::set_permissions(dir.path().join(path), none).expect("a mode");
        };
        deny("closed");
        deny("c.py");
        // The superuser may read all.
        let is_denied = fs::read_dir(dir.path().join("closed")).is_err();
        let found = files(&settings(dir.path()));
        if is_denied {
            assert_eq!(paths(&found), ["a.py", "c.py"]);
            assert_eq!(notices(&found), ["closed: not analysed: permission denied"]);
            let skip = read(&found.files[1], dir.path()).expect_err("a skip");
            assert_eq!(skip.reason, SkipReason::Unreadable);
        }
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path().join("closed"), open).expect("a mode");
    }

    #[test]
    fn odd_names_are_shown_with_replacement() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in [
            &b"caf\xE9.py"[..],
            b"caf\xE8.py",
            b"new\nline.py",
            b"\x1b[31m.py",
            b"-r.py",
        ] {
            fs::write(dir.path().join(OsStr::from_bytes(name)), "a = 1\n").expect("a file");
        }
        let folder = dir.path().join(OsStr::from_bytes(b"d\xFF"));
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("a.py"), "").expect("a file");
        let found = files(&settings(dir.path()));
        assert_eq!(
            paths(&found),
            [
                "\u{1b}[31m.py",
                "-r.py",
                "caf\u{FFFD}.py",
                "caf\u{FFFD}.py",
                "d\u{FFFD}/a.py",
                "new\nline.py",
            ]
        );
        assert_ne!(found.files[2].absolute, found.files[3].absolute);
        for file in &found.files {
            assert!(read(file, dir.path()).is_ok(), "{}", file.path);
        }
    }

    #[test]
    fn paths_beyond_the_limit_of_the_system_are_said() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        // A path of more than 4,096 bytes can be made step by step only.
        let name = "d".repeat(200);
        let script = format!("for i in $(seq 25); do mkdir {name} && cd -P {name} || exit 1; done");
        let made = Command::new("sh")
            .arg("-c")
            .arg(script)
            .current_dir(dir.path())
            .status();
        if made.is_ok_and(|status| status.success()) {
            let found = files(&settings(dir.path()));
            assert_eq!((found.files.len(), found.skipped), (0, 1));
            assert_eq!(found.notices.len(), 1);
        }
        let removed = Command::new("rm")
            .arg("-rf")
            .arg(dir.path().join(name))
            .status();
        assert!(removed.is_ok_and(|status| status.success()));
    }
}
