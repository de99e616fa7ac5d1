//! Modules and values of JavaScript and TypeScript.

use super::{TS_DEFAULT, TS_STORE, check, effects_of, effects_of_first, link, reads};
use crate::source::FileId;

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

/// A name, whether `f` reads the database, its file, and the others.
pub(super) type Case<'a> = (&'a str, bool, &'a str, &'a [(&'a str, &'a str)]);

/// Checks whether `f` of the first file of each project reads. Those of `not_yet` are wrong, and
/// are to be taken off that list on the day they are right.
pub(super) fn check_reads(extension: &str, cases: &[Case<'_>], not_yet: &[&str]) {
    let mut wrong = Vec::new();
    for &(name, expect, app, others) in cases {
        let path = format!("a.{extension}");
        let mut files = vec![(path.as_str(), app)];
        files.extend_from_slice(others);
        let is_right = reads(&files, "f") == expect;
        if is_right == not_yet.contains(&name) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
