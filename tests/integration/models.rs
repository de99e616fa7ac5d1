//! The models of libraries: each one compiles, and users can add their own.

use std::fs;

use rustc_hash::FxHashSet;
use slowpath::link::models::Models;

use crate::project::{Project, names, repository};

/// A model that comes with the program.
struct Embedded {
    /// Relative to `rules/models`.
    path: String,
    table: toml::Table,
}

impl Embedded {
    fn package(&self) -> &str {
        self.table["package"].as_str().expect("a string")
    }

    fn imports(&self) -> impl Iterator<Item = &str> {
        let imports = self.table.get("imports").and_then(toml::Value::as_array);
        let imports = imports.into_iter().flatten();
        imports.map(|import| import.as_str().expect("a string"))
    }

    /// Names of its types.
    fn types(&self) -> impl Iterator<Item = &str> {
        let types = self.table.get("type").and_then(toml::Value::as_array);
        let types = types.into_iter().flatten();
        types.map(|entry| entry["name"].as_str().expect("a string"))
    }
}

fn embedded() -> Vec<Embedded> {
    let mut all = Vec::new();
    for folder in ["builtin", "npm", "pypi"] {
        for name in names(&repository("rules/models").join(folder)) {
            let path = format!("{folder}/{name}");
            let text = fs::read_to_string(repository("rules/models").join(&path)).expect("a text");
            let table = text.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
            all.push(Embedded { path, table });
        }
    }
    all
}

#[test]
fn models_compile_one_by_one_and_together() {
    let models = embedded();
    let mut everything = FxHashSet::default();
    for model in &models {
        let imported: FxHashSet<String> = model.imports().map(str::to_owned).collect();
        if let Err(error) = Models::compile(&imported, &[]) {
            panic!("{} alone: {error}", model.path);
        }
        everything.extend(imported);
    }
    let compiled = Models::compile(&everything, &[]).expect("all models fit together");
    for model in &models {
        for name in model.types() {
            let name = format!("{}.{name}", model.package());
            assert!(
                compiled.type_named(&name).is_some(),
                "{}: {name}",
                model.path
            );
        }
    }
}

#[test]
fn model_is_named_like_its_package_and_switched_on_by_an_import() {
    for model in embedded() {
        let (folder, file) = model.path.split_once('/').expect("a folder");
        let package = file
            .strip_suffix(".toml")
            .expect("a model")
            .replace('+', "/");
        assert_eq!(model.package(), package, "{}", model.path);
        assert_eq!(
            model.imports().count() == 0,
            folder == "builtin",
            "{}: builtins are always on, libraries when imported",
            model.path
        );
    }
}

const CONFIGURATION: &str = "[models]\nfiles = [\"models/mydb.toml\"]\n";

const MODEL: &str = r#"
package = "mydb"
imports = ["mydb", "@example/mydb"]

[[call]]
paths = ["mydb.fetch_one", "@example/mydb#fetchOne"]
effect = "db-read"
rows = "one"
awaitable = true
bulk = "`fetch_many` with all ids"
"#;

const PYTHON: &str = "\
from mydb import fetch_one


async def names(user_ids: list[int]) -> list[str]:
    found = []
    for user_id in user_ids:
        user = await fetch_one(\"select name from users where id = $1\", user_id)
        found.append(user[\"name\"])
    return found
";

const TYPESCRIPT: &str = "\
import { fetchOne } from '@example/mydb';

export async function names(userIds: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const userId of userIds) {
    const user = await fetchOne('select name from users where id = $1', userId);
    found.push(user.name);
  }
  return found;
}
";

#[test]
fn users_describe_their_own_data_layer() {
    let code = [("app/names.py", PYTHON), ("web/names.ts", TYPESCRIPT)];
    let reports = |files: &[(&str, &str)]| {
        let run = Project::new(&[&code, files].concat()).run(&["check", "--format=concise", "-q"]);
        (run.status, run.stderr, run.stdout)
    };
    let (status, _, without) = reports(&[]);
    assert_eq!((status, without.as_str()), (Some(0), ""));
    let configuration = [
        ("slowpath.toml", CONFIGURATION),
        ("models/mydb.toml", MODEL),
    ];
    let (status, stderr, with) = reports(&configuration);
    assert_eq!((status, stderr.as_str()), (Some(1), ""), "{with}");
    let lines: Vec<&str> = with.lines().collect();
    assert_eq!(lines.len(), 2, "{with}");
    for (line, start) in lines.iter().zip([
        "app/names.py:7:22: error[n-plus-one] ",
        "web/names.ts:6:24: error[n-plus-one] ",
    ]) {
        assert!(line.starts_with(start), "{with}");
    }
}

/// A data layer whose inside says nothing, and a model of it.
#[test]
fn user_model_goes_before_a_module_in_the_tree() {
    let layer = "\
async def fetch_one(sql, *arguments):
    return await _driver.run(sql, arguments)
";
    let run = Project::new(&[
        ("slowpath.toml", CONFIGURATION),
        ("models/mydb.toml", MODEL),
        ("mydb.py", layer),
        ("app/names.py", PYTHON),
    ])
    .run(&["check", "--format=concise", "-q"]);
    assert_eq!(run.status, Some(1));
    assert!(
        run.stdout
            .starts_with("app/names.py:7:22: error[n-plus-one]"),
        "{}",
        run.stdout
    );
}

#[test]
fn malformed_user_model_ends_with_status_2_and_its_place() {
    for (model, reason) in [
        (
            "package = \"mydb\"\n[[call]]\npath = \"x\"\n",
            "unknown field `path`",
        ),
        (
            "package = \"mydb\"\n[[call]]\npaths = [\"mydb.x\"]\nreturns = \"Rows\"\n",
            "unknown type \"Rows\"",
        ),
        ("package = ", "TOML parse error"),
    ] {
        let files = [
            ("slowpath.toml", CONFIGURATION),
            ("models/mydb.toml", model),
        ];
        let run = Project::new(&files).run(&["check", "-q"]);
        assert_eq!(run.status, Some(2), "{run:?}");
        assert_eq!(run.stdout, "");
        let start = "error: models/mydb.toml: ";
        assert!(run.stderr.starts_with(start), "{run:?}");
        assert!(run.stderr.contains(reason), "{run:?}");
    }
}
