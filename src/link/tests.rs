//! Tests of linking: small projects of a few files, a library model made for them.

use rustc_hash::FxHashSet;

use super::call_graph::{ActKind, Callee};
use super::cardinality::Cardinality::{self, Batches, Fixed, Rows, Unknown};
use super::models::{Effect, ModelError, Models};
use super::modules::{Manifest, Modules};
use super::program::{Function, Program};
use super::types::FunctionRef;
use super::world::{Unit, World};
use crate::analysis::facts::{self, FileFacts};
use crate::finding::Confidence;
use crate::ir::LoopId;
use crate::source::{Context, FileId, Language, SourceFile};

use Language::{Python, TypeScript};

/// A library for both ecosystems: `load` asks at once, `find` builds a lazy query.
const LIBRARY: &str = r#"
package = "db"
imports = ["db"]

[[type]]
name = "Client"
paths = ["db.Client", "db#Client"]

[[type]]
name = "Session"
extends = "Client"
paths = ["db.Session", "db#Session"]

[[type]]
name = "Query"

[[call]]
paths = ["db.load", "db#load"]
effect = "db-read"
rows = "many"
returns = "list<unknown>"

[[call]]
on = "Client"
names = ["load"]
effect = "db-read"
rows = "many"
returns = "list<unknown>"
bounded = "key:take"

[[call]]
on = "Client"
names = ["load"]
when = "key:into"
effect = "db-write"

[[call]]
on = "Client"
names = ["load"]
when = "argument1"
effect = "commit"

[[call]]
on = "Client"
names = ["find"]
returns = "Query"

[[call]]
on = "Session"
names = ["save"]
effect = "db-write"

[[call]]
on = "Query"
names = ["limit"]
returns = "self"
bounded = "argument0"

[[iterate]]
on = "Query"
effect = "db-read"
rows = "many"

[[await]]
on = "Query"
effect = "db-read"
rows = "many"
returns = "list<unknown>"
"#;

fn link(files: &[(&str, &str)]) -> Result<Program, ModelError> {
    link_with(files, LIBRARY)
}

/// Links files given by path and text; JSON files are manifests.
fn link_with(files: &[(&str, &str)], library: &str) -> Result<Program, ModelError> {
    let mut manifests = Vec::new();
    let mut sources = Vec::new();
    for &(path, text) in files {
        let language = match path.rsplit('.').next() {
            Some("py") => Python,
            Some("js") => Language::JavaScript,
            Some("tsx") => Language::Tsx,
            Some("json") => {
                let (path, text) = (path.to_owned(), text.to_owned());
                manifests.push(Manifest { path, text });
                continue;
            }
            _ => TypeScript,
        };
        sources.push(SourceFile {
            path: path.to_owned(),
            language,
            context: Context::Product,
            text: text.to_owned(),
        });
    }
    let facts: Vec<FileFacts> = sources.iter().map(facts::of_file).collect();
    let mut imported = FxHashSet::default();
    for (source, facts) in sources.iter().zip(&facts) {
        assert_eq!(facts.module.errors, [], "{}", source.text);
        for import in facts.module.imports.iter().filter(|i| i.level == 0) {
            crate::add_prefixes(facts.module.text(import.module), &mut imported);
        }
    }
    let models = Models::compile(&imported, &[("db.toml".to_owned(), library.to_owned())])?;
    let modules = Modules::new(sources.iter().map(|s| s.path.as_str()), &manifests);
    let contexts = sources.iter().map(|source| source.context).collect();
    let units = sources
        .into_iter()
        .zip(facts)
        .map(|(source, facts)| Unit {
            path: source.path,
            ecosystem: source.language.ecosystem(),
            facts,
        })
        .collect();
    Ok(Program::new(World::new(units, modules, models), contexts))
}

/// Compares the call graph of a project, one line for each resolved call, and below it what
/// its functions do, each with the chain of calls that leads there:
///
/// ```text
/// app.py:main -> store.py:load
/// store.py:load -> [db]
/// app.py:main => store.py:load => DbRead
/// ```
fn check(files: &[(&str, &str)], expect: &[&str]) {
    let program = link(files).expect("the library is well formed");
    let mut found = Vec::new();
    let mut effects = Vec::new();
    for i in 0..program.world.units.len() {
        for function in program.functions(FileId(i as u32)) {
            calls_of(function, &mut found);
            effects_of(function, &mut effects);
        }
    }
    found.append(&mut effects);
    assert_eq!(found, expect, "\n{}", found.join("\n"));
}

fn calls_of(function: Function<'_>, into: &mut Vec<String>) {
    let program = function.program;
    for site in function.facts().sites(function.id) {
        let Some(call) = function.call_at(site.expr) else {
            continue;
        };
        let callee = match call.callee {
            Callee::Function(callee) => name_of(program, callee),
            Callee::Constructor(class, _) => {
                let unit = program.world.unit(class.file);
                let module = &unit.facts.module;
                let name = module.class(class.class).name;
                format!("new {}:{}", unit.path, name.map_or("_", |n| module.text(n)))
            }
            Callee::Model(id) => {
                let package = &program.world.models.call(id).package;
                if package != "db" {
                    continue;
                }
                format!("[{package}]")
            }
            Callee::Param(i) => format!("parameter {i}"),
            Callee::Unknown | Callee::External => continue,
        };
        let sure = print_confidence(call.confidence);
        into.push(format!("{} -> {callee}{sure}", name(function)));
    }
}

fn effects_of_first(program: &Program) -> Vec<String> {
    let mut effects = Vec::new();
    for function in program.functions(FileId(0)) {
        effects_of(function, &mut effects);
    }
    effects
}

fn effects_of(function: Function<'_>, into: &mut Vec<String>) {
    let program = function.program;
    let (file, id) = (function.file, function.id);
    let at = FunctionRef { file, function: id };
    for fact in &program.summary(at).effects {
        let mut steps = vec![name(function)];
        let mut next = Some((function, *fact));
        while let Some((function, fact)) = next {
            next = match function.acts()[fact.act as usize].kind {
                ActKind::Call(target) => {
                    steps.push(name_of(program, target));
                    let inner = program.summary(target).effect(fact.effect);
                    inner.map(|inner| (program.function(target), *inner))
                }
                ActKind::Effect { effect, .. } => {
                    steps.push(format!("{effect:?}"));
                    None
                }
            };
        }
        let sure = print_confidence(fact.confidence);
        let often = if fact.is_repeated { " repeated" } else { "" };
        into.push(format!("{}{sure}{often}", steps.join(" => ")));
    }
}

fn name_of(program: &Program, at: FunctionRef) -> String {
    name(program.function(at))
}

fn name(function: Function<'_>) -> String {
    let path = &function.program.world.unit(function.file).path;
    format!("{path}:{}", function.name().unwrap_or_default())
}

fn print_confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "",
        Confidence::Medium => " (medium)",
        Confidence::Low => " (low)",
    }
}

const PY_STORE: &str = "import db\ndef load(key):\n    return db.load(key)\n";
const TS_STORE: &str =
    "import { load } from 'db';\nexport function read(key) { return load(key); }\n";
const TS_DEFAULT: &str =
    "import { load } from 'db';\nexport default function read(key) { return load(key); }\n";

// --- modules of Python ------------------------------------------------------------------------

/// `main` of the first file calls `load` of the other, which queries.
fn check_python(app: (&str, &str), store: &str, others: &[(&str, &str)]) {
    let mut files = vec![app, (store, PY_STORE)];
    files.extend_from_slice(others);
    let app = app.0;
    check(
        &files,
        &[
            &format!("{app}:main -> {store}:load"),
            &format!("{store}:load -> [db]"),
            &format!("{app}:main => {store}:load => DbRead"),
            &format!("{store}:load => DbRead"),
        ],
    );
}

#[test]
fn python_relative_imports_start_at_the_package() {
    let app = "from .store import load\ndef main():\n    load(1)\n";
    check_python(("pkg/app.py", app), "pkg/store.py", &[]);
    let app = "from ..store import load\ndef main():\n    load(1)\n";
    check_python(("pkg/sub/app.py", app), "pkg/store.py", &[]);
    let app = "from . import store\ndef main():\n    store.load(1)\n";
    check_python(
        ("pkg/app.py", app),
        "pkg/store.py",
        &[("pkg/__init__.py", "")],
    );
}

#[test]
fn python_absolute_imports_start_at_a_root() {
    let app = "import pkg.store\ndef main():\n    pkg.store.load(1)\n";
    check_python(("app.py", app), "pkg/store.py", &[]);
    let app = "import pkg.store as s\ndef main():\n    s.load(1)\n";
    check_python(("app.py", app), "pkg/store.py", &[("pkg/__init__.py", "")]);
}

#[test]
fn python_src_layout_is_a_root() {
    let app = "from pkg.store import load\ndef main():\n    load(1)\n";
    let init = [("src/pkg/__init__.py", "")];
    check_python(("tests/app.py", app), "src/pkg/store.py", &init);
}

#[test]
fn package_re_exports_what_its_init_imports() {
    let app = "from pkg import load\ndef main():\n    load(1)\n";
    let init = [("pkg/__init__.py", "from .store import load\n")];
    check_python(("app.py", app), "pkg/store.py", &init);
    let init = [("pkg/__init__.py", "from .store import load as fetch\n")];
    let app = "from pkg import fetch\ndef main():\n    fetch(1)\n";
    check_python(("app.py", app), "pkg/store.py", &init);
}

#[test]
fn star_imports_of_a_package_re_export_all_names() {
    let app = "from pkg import load\ndef main():\n    load(1)\n";
    let init = [("pkg/__init__.py", "from .store import *\n")];
    check_python(("app.py", app), "pkg/store.py", &init);
}

#[test]
fn import_inside_a_function_is_resolved() {
    let app = "def main():\n    from store import load\n    load(1)\n";
    check_python(("app.py", app), "store.py", &[]);
}

#[test]
fn cyclic_imports_end() {
    check(
        &[
            ("a.py", "from b import g\ndef f():\n    g()\n"),
            (
                "b.py",
                "from a import f\nimport db\ndef g():\n    f()\n    db.load(1)\n",
            ),
        ],
        &[
            "a.py:f -> b.py:g",
            "b.py:g -> a.py:f",
            "b.py:g -> [db]",
            "a.py:f => b.py:g => DbRead",
            "b.py:g => DbRead",
        ],
    );
}

#[test]
fn star_cycles_end() {
    check(
        &[
            ("a.py", "from b import *\nfrom c import *\n"),
            ("b.py", "from a import *\n"),
            ("c.py", PY_STORE),
            (
                "main.py",
                "from b import load, none\ndef main():\n    load(1)\n    none(1)\n",
            ),
        ],
        &[
            "c.py:load -> [db]",
            "main.py:main -> c.py:load",
            "c.py:load => DbRead",
            "main.py:main => c.py:load => DbRead",
        ],
    );
    check(
        &[
            ("a.ts", "export * from './b';\nexport * from './c';\n"),
            ("b.ts", "export * from './a';\n"),
            ("c.ts", TS_STORE),
            (
                "main.ts",
                "import { read } from './a';\nexport const main = () => read(1);\n",
            ),
        ],
        &[
            "c.ts:read -> [db]",
            "main.ts:main -> c.ts:read",
            "c.ts:read => DbRead",
            "main.ts:main => c.ts:read => DbRead",
        ],
    );
}

#[test]
fn names_imported_in_a_circle_stay_unknown() {
    check(
        &[
            ("a.py", "from b import x\nx()\n"),
            ("b.py", "from a import x\nx()\n"),
        ],
        &[],
    );
    check(
        &[
            ("a.ts", "export { x } from './b';\n"),
            (
                "b.ts",
                "export { x } from './a';\nimport { x } from './a';\nx();\n",
            ),
        ],
        &[],
    );
}

// --- classes of Python ------------------------------------------------------------------------

#[test]
fn method_through_self_is_that_of_the_class() {
    check(
        &[(
            "a.py",
            "import db\nclass A:\n    def f(self):\n        return self.g()\n    def g(self):\n        return db.load(1)\n",
        )],
        &[
            "a.py:A.f -> a.py:A.g",
            "a.py:A.g -> [db]",
            "a.py:A.f => a.py:A.g => DbRead",
            "a.py:A.g => DbRead",
        ],
    );
}

#[test]
fn method_is_inherited_across_files() {
    check(
        &[
            (
                "base.py",
                "import db\nclass Base:\n    def load(self):\n        return db.load(1)\n",
            ),
            (
                "user.py",
                "from base import Base\nclass User(Base):\n    def f(self):\n        self.load()\n",
            ),
            (
                "main.py",
                "from user import User\ndef main():\n    User().load()\n",
            ),
        ],
        &[
            "base.py:Base.load -> [db]",
            "user.py:User.f -> base.py:Base.load",
            "main.py:main -> new user.py:User",
            "main.py:main -> base.py:Base.load",
            "base.py:Base.load => DbRead",
            "user.py:User.f => base.py:Base.load => DbRead",
            "main.py:main => base.py:Base.load => DbRead",
        ],
    );
}

#[test]
fn annotated_parameter_has_the_type_of_its_annotation() {
    let repo = "import db\nclass Repo:\n    def load(self):\n        return db.load(1)\n";
    for annotation in ["Repo", "\"Repo\"", "Optional[Repo]", "Repo | None"] {
        let main =
            format!("from repo import Repo\ndef main(repo: {annotation}):\n    repo.load()\n");
        check(
            &[("main.py", &main), ("repo.py", repo)],
            &[
                "main.py:main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "main.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        );
    }
}

#[test]
fn elements_of_an_annotated_list_have_its_type() {
    check(
        &[
            (
                "main.py",
                "from repo import Repo\ndef main(repos: list[Repo]):\n    for repo in repos:\n        repo.load()\n",
            ),
            (
                "repo.py",
                "import db\nclass Repo:\n    def load(self):\n        return db.load(1)\n",
            ),
        ],
        &[
            "main.py:main -> repo.py:Repo.load",
            "repo.py:Repo.load -> [db]",
            "main.py:main => repo.py:Repo.load => DbRead repeated",
            "repo.py:Repo.load => DbRead",
        ],
    );
}

#[test]
fn attribute_set_in_init_has_the_type_of_its_value() {
    for init in [
        "def __init__(self):\n        self.repo = Repo()",
        "def __init__(self, repo: Repo):\n        self.repo = repo",
        "repo: Repo\n    def x(self): ...",
    ] {
        let main = format!(
            "from repo import Repo\nclass Service:\n    {init}\n    def f(self):\n        self.repo.load()\n"
        );
        let program = link(&[
            ("main.py", &main),
            (
                "repo.py",
                "import db\nclass Repo:\n    def load(self):\n        return db.load(1)\n",
            ),
        ])
        .expect("well formed");
        let effects = effects_of_first(&program);
        assert_eq!(
            effects,
            ["main.py:Service.f => repo.py:Repo.load => DbRead"],
            "{init}"
        );
    }
}

#[test]
fn module_level_singleton_has_its_class_elsewhere() {
    check(
        &[
            (
                "repo.py",
                "import db\nclient = db.Client()\nclass Repo:\n    def load(self):\n        return client.load(1)\nrepo = Repo()\n",
            ),
            (
                "main.py",
                "from repo import repo, client\ndef main():\n    repo.load()\ndef other():\n    client.load(1)\n",
            ),
        ],
        &[
            "repo.py: -> new repo.py:Repo",
            "repo.py:Repo.load -> [db]",
            "main.py:main -> repo.py:Repo.load",
            "main.py:other -> [db]",
            "repo.py:Repo.load => DbRead",
            "main.py:main => repo.py:Repo.load => DbRead",
            "main.py:other => DbRead",
        ],
    );
}

#[test]
fn result_of_a_function_has_the_type_it_returns() {
    check(
        &[
            (
                "repo.py",
                "import db\nclass Repo:\n    def load(self):\n        return db.load(1)\ndef make():\n    return Repo()\n",
            ),
            (
                "main.py",
                "from repo import make\ndef main():\n    make().load()\n",
            ),
        ],
        &[
            "repo.py:Repo.load -> [db]",
            "repo.py:make -> new repo.py:Repo",
            "main.py:main -> repo.py:make",
            "main.py:main -> repo.py:Repo.load",
            "repo.py:Repo.load => DbRead",
            "main.py:main => repo.py:Repo.load => DbRead",
        ],
    );
}

#[test]
fn constructor_does_what_init_does() {
    check(
        &[(
            "a.py",
            "import db\nclass A:\n    def __init__(self):\n        db.load(1)\ndef main():\n    A()\n",
        )],
        &[
            "a.py:A.__init__ -> [db]",
            "a.py:main -> new a.py:A",
            "a.py:A.__init__ => DbRead",
            "a.py:main => a.py:A.__init__ => DbRead",
        ],
    );
}

#[test]
fn cached_function_hides_its_effects_from_callers() {
    check(
        &[(
            "a.py",
            "from functools import lru_cache\nimport db\n@lru_cache\ndef load(k):\n    return db.load(k)\ndef main():\n    load(1)\n",
        )],
        &[
            "a.py:load -> [db]",
            "a.py:main -> a.py:load",
            "a.py:load => DbRead",
        ],
    );
}

#[test]
fn recursion_ends() {
    check(
        &[(
            "a.py",
            "import db\ndef f(n):\n    g(n)\ndef g(n):\n    f(n)\n    for x in n:\n        h(x)\ndef h(n):\n    db.load(n)\n",
        )],
        &[
            "a.py:f -> a.py:g",
            "a.py:g -> a.py:f",
            "a.py:g -> a.py:h",
            "a.py:h -> [db]",
            "a.py:f => a.py:g => a.py:h => DbRead repeated",
            "a.py:g => a.py:h => DbRead repeated",
            "a.py:h => DbRead",
        ],
    );
}

#[test]
fn ways_to_reach_a_function_of_another_file() {
    for source in [
        "from store import load\nclass A:\n    @staticmethod\n    def g(k):\n        load(k)\ndef f():\n    A.g(1)\n",
        "from store import load\nclass A:\n    @classmethod\n    def g(cls, k):\n        cls.h(k)\n    @classmethod\n    def h(cls, k):\n        load(k)\ndef f():\n    A.g(1)\n",
        "from store import load\ndef f(xs):\n    return list(map(load, xs))\n",
        "from store import load\ndef f(xs):\n    return [load(x) for x in xs]\n",
        "from store import load\nHANDLERS = {'a': load}\ndef f(k):\n    HANDLERS['a'](k)\n",
        "import store\nload = store.load\ndef f(k):\n    load(k)\n",
        "from store import load\ndef g():\n    load(1)\n    yield 1\ndef f():\n    for x in g():\n        pass\n",
    ] {
        assert!(
            reads(&[("a.py", source), ("store.py", PY_STORE)], "f"),
            "{source}"
        );
    }
    let source = "from store import load\ndef f():\n    return load\n";
    assert!(!reads(&[("a.py", source), ("store.py", PY_STORE)], "f"));
}

// --- modules of JavaScript and TypeScript -------------------------------------------------------

/// `main` of the first file calls `read` of the other, which queries.
fn check_script(app: (&str, &str), store: (&str, &str), others: &[(&str, &str)]) {
    let mut files = vec![app, store];
    files.extend_from_slice(others);
    let (app, store) = (app.0, store.0);
    check(
        &files,
        &[
            &format!("{app}:main -> {store}:read"),
            &format!("{store}:read -> [db]"),
            &format!("{app}:main => {store}:read => DbRead"),
            &format!("{store}:read => DbRead"),
        ],
    );
}

#[test]
fn script_relative_imports_try_extensions_and_index_files() {
    for (specifier, path) in [
        ("./store", "src/store.ts"),
        ("./store", "src/store.tsx"),
        ("./store", "src/store/index.ts"),
        ("./store/", "src/store/index.ts"),
        ("./store.js", "src/store.ts"),
        ("./store.js", "src/store.tsx"),
        ("./store.js?raw", "src/store.js"),
        ("../store", "store.mts"),
        ("..", "index.ts"),
    ] {
        let app = format!(
            "import {{ read }} from '{specifier}';\nexport function main() {{ read(1); }}\n"
        );
        check_script(("src/app.ts", &app), (path, TS_STORE), &[]);
    }
}

#[test]
fn barrels_re_export() {
    for (barrel, import) in [
        (
            "export * from './store';",
            "import { read } from './barrel';",
        ),
        (
            "export { read } from './store';",
            "import { read } from './barrel';",
        ),
        (
            "export { read as r } from './store';",
            "import { r as read } from './barrel';",
        ),
        (
            "export { read as default } from './store';",
            "import read from './barrel';",
        ),
        (
            "import { read } from './store'; export { read };",
            "import { read } from './barrel';",
        ),
    ] {
        let app = format!("{import}\nexport function main() {{ read(1); }}\n");
        check_script(
            ("app.ts", &app),
            ("store.ts", TS_STORE),
            &[("barrel.ts", barrel)],
        );
    }
    let app = "import { store } from './barrel';\nexport function main() { store.read(1); }\n";
    let barrel = [("barrel.ts", "export * as store from './store';\n")];
    check_script(("app.ts", app), ("store.ts", TS_STORE), &barrel);
}

#[test]
fn star_exports_leave_the_default_out() {
    check(
        &[
            (
                "app.ts",
                "import read from './barrel';\nexport function main() { read(1); }\n",
            ),
            ("barrel.ts", "export * from './store';\n"),
            ("store.ts", TS_DEFAULT),
        ],
        &["store.ts:read -> [db]", "store.ts:read => DbRead"],
    );
}

#[test]
fn default_and_namespace_imports_are_resolved() {
    let app = "import anything from './store';\nexport function main() { anything(1); }\n";
    check_script(("app.ts", app), ("store.ts", TS_DEFAULT), &[]);
    let app = "import * as store from './store';\nexport function main() { store.read(1); }\n";
    check_script(("app.ts", app), ("store.ts", TS_STORE), &[]);
    let app = "import * as store from './store';\nexport function main() { store.default(1); }\n";
    check_script(("app.ts", app), ("store.ts", TS_DEFAULT), &[]);
    let store =
        "import { load } from 'db';\nconst read = (key) => load(key);\nexport default read;\n";
    let app = "import anything from './store';\nexport function main() { anything(1); }\n";
    check_script(("app.ts", app), ("store.ts", store), &[]);
}

#[test]
fn commonjs_exports_are_resolved() {
    for (export, import, call) in [
        (
            "module.exports = { read };",
            "const { read } = require('./store');",
            "read(1)",
        ),
        (
            "module.exports = { read };",
            "const store = require('./store');",
            "store.read(1)",
        ),
        (
            "module.exports = read;",
            "const read = require('./store');",
            "read(1)",
        ),
        (
            "exports.read = read;",
            "const { read } = require('./store');",
            "read(1)",
        ),
        (
            "module.exports.read = read;",
            "const store = require('./store');",
            "store.read(1)",
        ),
        (
            "module.exports = { read };",
            "",
            "require('./store').read(1)",
        ),
    ] {
        let app = format!("{import}\nfunction main() {{ {call}; }}\n");
        let store = format!(
            "const {{ load }} = require('db');\nfunction read(key) {{ return load(key); }}\n{export}\n"
        );
        check_script(("app.js", &app), ("store.js", &store), &[]);
    }
}

#[test]
fn tsconfig_paths_lead_to_files() {
    for config in [
        r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#,
        r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}"#,
        r#"{"compilerOptions": {"baseUrl": "src", "paths": {"@/*": ["none/*", "*"]}}}"#,
        "{ // comment\n \"compilerOptions\": {\"paths\": {\"@/*\": [\"src/*\"],}, /* more */ }, }",
    ] {
        let app = "import { read } from '@/lib/store';\nexport function main() { read(1); }\n";
        let config = [("tsconfig.json", config)];
        check_script(("src/app.ts", app), ("src/lib/store.ts", TS_STORE), &config);
    }
    let app = "import { read } from 'lib/store';\nexport function main() { read(1); }\n";
    let config = [(
        "tsconfig.json",
        r#"{"compilerOptions": {"baseUrl": "src"}}"#,
    )];
    check_script(("src/app.ts", app), ("src/lib/store.ts", TS_STORE), &config);
}

#[test]
fn nearest_tsconfig_extends_its_bases() {
    let app = "import { read } from '@/store';\nexport function main() { read(1); }\n";
    let configs = [
        (
            "apps/web/tsconfig.json",
            r#"{"extends": "../../tsconfig.base.json"}"#,
        ),
        (
            "tsconfig.base.json",
            r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["libs/*"]}}}"#,
        ),
    ];
    check_script(
        ("apps/web/app.ts", app),
        ("libs/store.ts", TS_STORE),
        &configs,
    );
    let configs = [
        (
            "apps/web/tsconfig.json",
            r#"{"extends": ["../../none", "../../tsconfig.base"]}"#,
        ),
        (
            "tsconfig.base.json",
            r#"{"extends": "./tsconfig.base.json", "compilerOptions": {"paths": {"@/*": ["libs/*"]}}}"#,
        ),
    ];
    check_script(
        ("apps/web/app.ts", app),
        ("libs/store.ts", TS_STORE),
        &configs,
    );
}

#[test]
fn longest_path_pattern_wins() {
    let app = "import { read } from '@app/db/store';\nexport function main() { read(1); }\n";
    let others = [
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"paths": {"@app/*": ["other/*"], "@app/db/*": ["db/*"]}}}"#,
        ),
        ("other/db/store.ts", "export function read() {}\n"),
    ];
    check_script(("app.ts", app), ("db/store.ts", TS_STORE), &others);
}

#[test]
fn workspace_packages_are_found_by_name() {
    for (manifest, specifier, path) in [
        (
            r#"{"name": "@acme/store"}"#,
            "@acme/store",
            "packages/store/src/index.ts",
        ),
        (
            r#"{"name": "@acme/store"}"#,
            "@acme/store",
            "packages/store/index.js",
        ),
        (
            r#"{"name": "store", "main": "lib.js"}"#,
            "store",
            "packages/store/lib.ts",
        ),
        (
            r#"{"name": "store", "main": "./dist/main.js"}"#,
            "store",
            "packages/store/src/main.ts",
        ),
        (
            r#"{"name": "store", "types": "dist/api.d.ts"}"#,
            "store",
            "packages/store/src/api.ts",
        ),
        (
            r#"{"name": "store", "exports": {".": {"import": "./a.ts"}}}"#,
            "store",
            "packages/store/a.ts",
        ),
        (
            r#"{"name": "store", "exports": {"./x": "./a.ts"}}"#,
            "store/x",
            "packages/store/a.ts",
        ),
        (
            r#"{"name": "store", "exports": {"./*": "./in/*.ts"}}"#,
            "store/y",
            "packages/store/in/y.ts",
        ),
        (r#"{"name": "store"}"#, "store/sub", "packages/store/sub.ts"),
        (
            r#"{"name": "@acme/store"}"#,
            "@acme/store/sub",
            "packages/store/src/sub.ts",
        ),
    ] {
        let app = format!(
            "import {{ read }} from '{specifier}';\nexport function main() {{ read(1); }}\n"
        );
        let manifest = [("packages/store/package.json", manifest)];
        check_script(("apps/web/app.ts", &app), (path, TS_STORE), &manifest);
    }
}

#[test]
fn import_that_leaves_the_root_is_unknown() {
    check(
        &[
            ("app.ts", "import { read } from '../../store';\nread(1);\n"),
            ("store.ts", "export function read() {}\n"),
        ],
        &[],
    );
    check(&[("app.py", "from ....store import load\nload(1)\n")], &[]);
}

// --- values of JavaScript and TypeScript --------------------------------------------------------

const TS_REPO: &str = "import { load } from 'db';\nexport class Repo {\n  read(key: string) { return load(key); }\n}\n";

/// The method `main` of the only class of the first file reaches `Repo.read`.
fn check_injected(service: &str) {
    let program = link(&[("service.ts", service), ("repo.ts", TS_REPO)]).expect("well formed");
    let mut effects = effects_of_first(&program);
    effects.retain(|line| line.starts_with("service.ts:Service.main "));
    assert_eq!(
        effects,
        ["service.ts:Service.main => repo.ts:Repo.read => DbRead"],
        "{service}"
    );
}

#[test]
fn repositories_reach_a_service() {
    for class in [
        "constructor(private readonly repo: Repo) {}\n main() { this.repo.read('a'); }",
        "repo: Repo;\n constructor(repo: Repo) { this.repo = repo; }\n main() { this.repo.read('a'); }",
        "private repo = new Repo();\n main() { this.repo.read('a'); }",
        "constructor() { this.repo = new Repo(); }\n main() { this.repo.read('a'); }",
        "#repo = new Repo();\n main() { this.#repo.read('a'); }",
        "static repo = new Repo();\n main() { Service.repo.read('a'); }",
        "constructor(private readonly repo: Repo) {}\n main = () => { this.repo.read('a'); };",
        "constructor(private readonly repo: Repo) {}\n main() { const { repo } = this; repo.read('a'); }",
        "constructor(private readonly repo: Repo) {}\n get r() { return this.repo; }\n main() { this.r.read('a'); }",
        "constructor(private readonly repo: Repo) {}\n help() { this.repo.read('a'); }\n main() { this.repo.read('a'); }",
        "constructor(private readonly repos: Repo[]) {}\n main() { this.repos[0].read('a'); }",
        "constructor(private readonly o: { repo: Repo }) {}\n main() { this.o.repo.read('a'); }",
    ] {
        check_injected(&format!(
            "import {{ Repo }} from './repo';\nexport class Service {{\n {class}\n}}\n"
        ));
    }
}

#[test]
fn repositories_reach_a_function() {
    for function in [
        "export function f({ repo }: { repo: Repo }) { repo.read('a'); }",
        "interface Deps { repo: Repo }\nexport function f(deps: Deps) { deps.repo.read('a'); }",
        "type Deps = { repo: Repo };\nexport function f(deps: Deps) { deps.repo.read('a'); }",
        "export function make(repo: Repo) { return { f() { repo.read('a'); } }; }",
    ] {
        let app = format!("import type {{ Repo }} from './repo';\n{function}\n");
        assert!(
            reads(&[("app.ts", &app), ("repo.ts", TS_REPO)], "f"),
            "{function}"
        );
    }
}

#[test]
fn script_methods_are_inherited() {
    check(
        &[
            (
                "base.ts",
                "import { load } from 'db';\nexport abstract class Base {\n  read() { return load(1); }\n}\n",
            ),
            (
                "a.ts",
                "import { Base } from './base';\nexport class A extends Base {\n  g() { return this.read(); }\n}\n",
            ),
        ],
        &[
            "base.ts:Base.read -> [db]",
            "a.ts:A.g -> base.ts:Base.read",
            "base.ts:Base.read => DbRead",
            "a.ts:A.g => base.ts:Base.read => DbRead",
        ],
    );
}

#[test]
fn object_literals_of_functions_are_followed() {
    for store in [
        "export const store = { read(key) { return load(key); } };",
        "export const store = { read: (key) => load(key) };",
        "function read(key) { return load(key); }\nexport const store = { read };",
    ] {
        let app = "import { store } from './store';\nexport function main() { store.read(1); }\n";
        let store = format!("import {{ load }} from 'db';\n{store}\n");
        check_script(("app.ts", app), ("store.ts", &store), &[]);
    }
}

#[test]
fn factory_functions_return_objects_of_functions() {
    check(
        &[
            (
                "app.ts",
                "import { makeStore } from './store';\nconst store = makeStore();\nexport function main() { store.read(1); }\n",
            ),
            (
                "store.ts",
                "import { load } from 'db';\nexport function makeStore() {\n  const read = (key) => load(key);\n  return { read };\n}\n",
            ),
        ],
        &[
            "app.ts: -> store.ts:makeStore",
            "app.ts:main -> store.ts:read",
            "store.ts:read -> [db]",
            "app.ts:main => store.ts:read => DbRead",
            "store.ts:read => DbRead",
        ],
    );
}

#[test]
fn function_given_as_callback_runs_per_element() {
    for call in [
        "xs.map(read)",
        "xs.forEach(read)",
        "xs.forEach((x) => read(x))",
        "xs.flatMap((x) => { return read(x); })",
    ] {
        let app = format!(
            "import {{ read }} from './store';\nexport function main(xs: string[]) {{ {call}; }}\n"
        );
        let program = link(&[("app.ts", &app), ("store.ts", TS_STORE)]).expect("well formed");
        let mut effects = Vec::new();
        for function in program.functions(FileId(0)) {
            if function.declared().name.is_some() {
                effects_of(function, &mut effects);
            }
        }
        assert_eq!(effects.len(), 1, "{call}: {effects:?}");
        assert!(effects[0].starts_with("app.ts:main => "), "{effects:?}");
        assert!(
            effects[0].contains("store.ts:read => DbRead"),
            "{effects:?}"
        );
        assert!(effects[0].ends_with(" repeated"), "{effects:?}");
    }
}

#[test]
fn continuation_runs_once() {
    check(
        &[
            (
                "app.ts",
                "import { read } from './store';\nexport function main(p: Promise<string>) { return p.then((x) => read(x)); }\n",
            ),
            ("store.ts", TS_STORE),
        ],
        &[
            "app.ts:main -> store.ts:read",
            "store.ts:read -> [db]",
            "app.ts:main => app.ts:main => store.ts:read => DbRead (medium)",
            "app.ts:main => store.ts:read => DbRead",
            "store.ts:read => DbRead",
        ],
    );
}

#[test]
fn parameter_that_is_called_is_told() {
    check(
        &[(
            "app.ts",
            "export function each(xs: string[], f) { for (const x of xs) { f(x); } }\n",
        )],
        &["app.ts:each -> parameter 1"],
    );
}

#[test]
fn lazy_query_runs_where_it_is_awaited_or_returned_from_async() {
    let repo = "import { Client } from 'db';\nconst client = new Client();\n";
    for (function, expect) in [
        ("function f() { return client.find(1); }", false),
        ("async function f() { return client.find(1); }", true),
        ("async function f() { return await client.find(1); }", true),
        ("async function f() { await client.find(1); }", true),
        (
            "async function f() { const q = client.find(1); await q.limit(2); }",
            true,
        ),
        ("async function f() { client.find(1); }", false),
        ("const f = async () => client.find(1);", true),
    ] {
        assert_eq!(
            reads(&[("a.ts", &format!("{repo}{function}\n"))], "f"),
            expect,
            "{function}"
        );
    }
}

#[test]
fn lazy_query_runs_where_it_is_iterated() {
    let repo = "import db\nclient = db.Client()\n";
    for (function, expect) in [
        ("def f():\n    return client.find(1)\n", false),
        (
            "def f():\n    for x in client.find(1):\n        pass\n",
            true,
        ),
        ("def f():\n    return list(client.find(1))\n", true),
        ("def f():\n    return [x for x in client.find(1)]\n", true),
        ("def f():\n    return client.find(1)[0]\n", true),
        ("def f():\n    return client.find(1)[:10]\n", false),
    ] {
        assert_eq!(
            reads(&[("a.py", &format!("{repo}{function}"))], "f"),
            expect,
            "{function}"
        );
    }
}

#[test]
fn lazy_query_made_elsewhere_runs_where_it_is_awaited() {
    check(
        &[
            (
                "repo.ts",
                "import { Client } from 'db';\nconst client = new Client();\nexport const find = (k) => client.find(k);\n",
            ),
            (
                "app.ts",
                "import { find } from './repo';\nexport async function main() { await find(1); }\n",
            ),
        ],
        &[
            "repo.ts:find -> [db]",
            "app.ts:main -> repo.ts:find",
            "app.ts:main => DbRead",
        ],
    );
}

/// Whether calling the function of this name reads the database.
fn reads(files: &[(&str, &str)], function: &str) -> bool {
    does(files, function, Effect::DbRead)
}

fn does(files: &[(&str, &str)], wanted: &str, effect: Effect) -> bool {
    let program = link(files).expect("well formed");
    let function = program
        .functions(FileId(0))
        .find(|f| f.declared().name.is_some() && f.name().as_deref() == Some(wanted))
        .expect("the function");
    let (file, function) = (function.file, function.id);
    program
        .summary(FunctionRef { file, function })
        .effect(effect)
        .is_some()
}

// --- cardinality ------------------------------------------------------------------------------

/// How the first loop of each source is bounded.
fn check_cardinality(language: Language, table: &[(&str, Cardinality)]) {
    for &(source, expect) in table {
        let (path, head) = match language {
            Python => ("a.py", "import db\nclient = db.Client()\n"),
            _ => (
                "a.ts",
                "import { Client } from 'db';\nconst client = new Client();\n",
            ),
        };
        let text = format!("{head}{source}\n");
        let program = link(&[(path, &text)]).expect("well formed");
        let found = program.cardinality(FileId(0), LoopId(0));
        assert_eq!(found, expect, "{source}");
    }
}

#[test]
fn python_loops_are_bounded_by_what_they_walk() {
    check_cardinality(
        Python,
        &[
            ("for x in [1, 2]: pass", Fixed),
            ("for x in (a, b): pass", Fixed),
            ("for x in {'a': 1}: pass", Fixed),
            ("for x in {'a': 1}.items(): pass", Fixed),
            ("for x in [1, *client.load(1)]: pass", Rows),
            ("NAMES = load()\nfor x in NAMES: pass", Fixed),
            ("for x in settings.NAMES: pass", Fixed),
            ("xs = [1, 2]\nfor x in xs: pass", Fixed),
            ("xs = [1]\nxs.append(f())\nfor x in xs: pass", Unknown),
            (
                "xs = []\nif a:\n    xs = client.load(1)\nfor x in xs: pass",
                Rows,
            ),
            (
                "from enum import Enum\nclass Color(Enum):\n    RED = 1\nfor x in Color: pass",
                Fixed,
            ),
            ("for x in range(3): pass", Fixed),
            ("for x in range(0, n, 500): pass", Batches),
            ("for x in range(0, len(xs), SIZE): pass", Batches),
            ("for x in range(len(client.load(1))): pass", Rows),
            ("def f(n):\n    for x in range(n): pass", Unknown),
            ("def f(xs):\n    for x in xs[:10]: pass", Fixed),
            ("for x in client.load(1)[5:]: pass", Rows),
            ("for x in client.load(1)[:-1]: pass", Rows),
            ("for x in client.load(1): pass", Rows),
            ("for x in client.load(1, take=10): pass", Fixed),
            ("rows = client.load(1)\nfor x in rows: pass", Rows),
            ("for x in client.find(1): pass", Rows),
            ("for x in client.find(1).limit(10): pass", Fixed),
            ("for x in list(client.find(1)): pass", Rows),
            ("for i, x in enumerate(client.load(1)): pass", Rows),
            ("for x, y in zip(client.load(1), [1, 2]): pass", Fixed),
            ("for x in sorted(client.load(1), key=k): pass", Rows),
            ("for x in [y for y in client.load(1)]: pass", Rows),
            ("for x in chunked(client.load(1), 100): pass", Batches),
            ("for x in itertools.batched(xs, 100): pass", Batches),
            ("def f(xs):\n    for x in xs: pass", Unknown),
            ("for x in unknown(): pass", Unknown),
            ("def f(text):\n    for x in text.split(','): pass", Unknown),
            ("for x in os.environ['HOSTS'].split(','): pass", Fixed),
            ("while True: pass", Fixed),
            (
                "queue = client.load(1)\nwhile queue:\n    queue.pop()",
                Rows,
            ),
        ],
    );
}

#[test]
fn script_loops_are_bounded_by_what_they_walk() {
    check_cardinality(
        TypeScript,
        &[
            ("for (const x of [1, 2]) {}", Fixed),
            ("[1, 2].forEach((x) => f(x));", Fixed),
            ("const NAMES = g();\nfor (const x of NAMES) {}", Fixed),
            (
                "enum Color { Red }\nfor (const x of Object.values(Color)) {}",
                Fixed,
            ),
            ("for (const [k, v] of Object.entries({ a: 1 })) {}", Fixed),
            ("for (let i = 0; i < 3; i++) {}", Fixed),
            ("for (let i = 0; i < xs.length; i += 100) {}", Batches),
            (
                "async function f() { const xs = await client.load(1);\nfor (let i = 0; i < xs.length; i++) {} }",
                Rows,
            ),
            (
                "async function f() { for (const x of await client.load(1)) {} }",
                Rows,
            ),
            (
                "async function f() { for (const x of await client.load({ take: 10 })) {} }",
                Fixed,
            ),
            (
                "async function f() { for (const x of await client.find(1)) {} }",
                Rows,
            ),
            (
                "async function f() { for (const x of await client.find(1).limit(10)) {} }",
                Fixed,
            ),
            (
                "async function f() { const xs = await client.load(1);\nxs.slice(0, 10).map((x) => g(x)); }",
                Fixed,
            ),
            (
                "async function f() { const xs = await client.load(1);\nxs.slice(5).map((x) => g(x)); }",
                Rows,
            ),
            (
                "async function f() { const xs = await client.load(1);\nfor (const x of chunk(xs, 100)) {} }",
                Batches,
            ),
            (
                "async function f() { const xs = await client.load(1);\nfor (const x of _.chunk(xs, 100)) {} }",
                Batches,
            ),
            (
                "async function f() { const xs = await client.load(1);\nfor (const x of new Set(xs)) {} }",
                Rows,
            ),
            (
                "async function f() { const xs = (await client.load(1)) ?? [];\nfor (const x of xs) {} }",
                Rows,
            ),
            (
                "async function f() { const xs = [...(await client.load(1))];\nfor (const x of xs) {} }",
                Rows,
            ),
            (
                "function f(xs: string[]) { for (const x of xs) {} }",
                Unknown,
            ),
            (
                "function f(xs: string[]) { while (xs.length) { xs.pop(); } }",
                Unknown,
            ),
            ("while (true) {}", Fixed),
        ],
    );
}

// --- models -----------------------------------------------------------------------------------

#[test]
fn entries_hold_when_their_argument_is_given() {
    for (call, expect) in [
        ("client.load(1)", Effect::DbRead),
        ("client.load(1, into=x)", Effect::DbWrite),
        ("client.load(1, 2)", Effect::Commit),
    ] {
        let source = format!("import db\nclient = db.Client()\ndef f():\n    {call}\n");
        for effect in [Effect::DbRead, Effect::DbWrite, Effect::Commit] {
            let found = does(&[("a.py", &source)], "f", effect);
            assert_eq!(found, effect == expect, "{call}: {effect:?}");
        }
    }
    let source = "import { Client } from 'db';\nfunction f(c: Client) { c.load({ into: 1 }); }\n";
    assert!(does(&[("a.ts", source)], "f", Effect::DbWrite));
}

#[test]
fn type_has_the_members_of_the_one_it_extends() {
    for (call, expect) in [
        ("session.load(1)", Effect::DbRead),
        ("session.save(1)", Effect::DbWrite),
        ("list(session.find(1))", Effect::DbRead),
    ] {
        let source = format!("import db\ndef f(session: db.Session):\n    {call}\n");
        assert!(does(&[("a.py", &source)], "f", expect), "{call}");
    }
    let source = "import db\ndef f(client: db.Client):\n    client.save(1)\n";
    assert!(!does(&[("a.py", source)], "f", Effect::DbWrite));
}

#[test]
fn project_class_has_the_members_of_a_library_base() {
    let source = "import db\nclass Store(db.Client):\n    pass\ndef f():\n    Store().load(1)\n";
    assert!(reads(&[("a.py", source)], "f"));
}

#[test]
fn model_of_a_package_that_is_not_imported_is_not_used() {
    let program = link(&[("a.py", "import other\n")]).expect("well formed");
    assert_eq!(program.world.models.type_named("db.Client"), None);
    let program = link(&[("a.py", "from db.sub import x\n")]).expect("well formed");
    assert!(program.world.models.type_named("db.Client").is_some());
}

#[test]
fn malformed_models_are_refused_with_their_path() {
    for (library, expect) in [
        ("package = 1\n", "db.toml: "),
        ("package = \"db\"\nunknown = 1\n", "unknown field"),
        (
            "package = \"db\"\n[[call]]\non = \"Missing\"\nnames = [\"f\"]\n",
            "db.toml: unknown type \"Missing\"",
        ),
    ] {
        let error = link_with(&[], library).expect_err("refused").to_string();
        assert!(error.contains(expect), "{error}");
    }
}

#[test]
fn type_that_extends_itself_ends() {
    let library = r#"
package = "db"
[[type]]
name = "A"
extends = "B"
paths = ["db.A"]
[[type]]
name = "B"
extends = "A"
"#;
    let source = "import db\ndef f(a: db.A):\n    for x in a:\n        a.g()\n";
    let program = link_with(&[("a.py", source)], library).expect("well formed");
    let effects = effects_of_first(&program);
    assert_eq!(effects, [""; 0]);
}
