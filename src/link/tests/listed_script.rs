//! The ways of TypeScript and JavaScript to name what is called, one small project each: its call graph.

use super::{Listed, check_listed};

const STORE: (&str, &str) = (
    "store.ts",
    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
);
const REPO: (&str, &str) = (
    "repo.ts",
    "import { load } from 'db';\nexport class Repo {\n  read(key: string) { return load(key); }\n}\n",
);

/// Ways from an import to a file.
#[test]
fn script_modules() {
    let listed: &[Listed<'_>] = &[
        (
            "tsconfig paths",
            &[
                (
                    "tsconfig.json",
                    r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#,
                ),
                (
                    "src/app.ts",
                    "import { read } from '@/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "src/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "src/app.ts:main -> src/store.ts:read",
                "src/store.ts:read -> [db]",
                "src/app.ts:main => src/store.ts:read => DbRead",
                "src/store.ts:read => DbRead",
            ],
        ),
        (
            "tsconfig base url",
            &[
                (
                    "tsconfig.json",
                    r#"{"compilerOptions": {"baseUrl": "src"}}"#,
                ),
                (
                    "src/app.ts",
                    "import { read } from 'data/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "src/data/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "src/app.ts:main -> src/data/store.ts:read",
                "src/data/store.ts:read -> [db]",
                "src/app.ts:main => src/data/store.ts:read => DbRead",
                "src/data/store.ts:read => DbRead",
            ],
        ),
        (
            "tsconfig extends",
            &[
                (
                    "web/tsconfig.json",
                    r#"{"extends": "../tsconfig.base.json"}"#,
                ),
                (
                    "tsconfig.base.json",
                    r##"{"compilerOptions": {"baseUrl": ".", "paths": {"#data/*": ["data/*"]}}}"##,
                ),
                (
                    "web/app.ts",
                    "import { read } from '#data/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "data/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "web/app.ts:main -> data/store.ts:read",
                "data/store.ts:read -> [db]",
                "web/app.ts:main => data/store.ts:read => DbRead",
                "data/store.ts:read => DbRead",
            ],
        ),
        (
            "project references",
            &[
                (
                    "tsconfig.json",
                    r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}]}"#,
                ),
                (
                    "tsconfig.app.json",
                    r#"{"compilerOptions": {"paths": {"~/*": ["./src/*"]}}}"#,
                ),
                (
                    "src/app.ts",
                    "import { read } from '~/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "src/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "src/app.ts:main -> src/store.ts:read",
                "src/store.ts:read -> [db]",
                "src/app.ts:main => src/store.ts:read => DbRead",
                "src/store.ts:read => DbRead",
            ],
        ),
        (
            "jsconfig",
            &[
                (
                    "jsconfig.json",
                    r#"{"compilerOptions": {"paths": {"lib/*": ["./lib/*"]}}}"#,
                ),
                (
                    "app.js",
                    "import { read } from 'lib/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "lib/store.js",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "app.js:main -> lib/store.js:read",
                "lib/store.js:read -> [db]",
                "app.js:main => lib/store.js:read => DbRead",
                "lib/store.js:read => DbRead",
            ],
        ),
        (
            "npm workspaces",
            &[
                ("package.json", r#"{"workspaces": ["packages/*"]}"#),
                (
                    "packages/data/package.json",
                    r#"{"name": "@shop/data", "main": "./src/index.ts"}"#,
                ),
                ("packages/data/src/index.ts", "export * from './store';\n"),
                (
                    "packages/data/src/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
                (
                    "packages/web/app.ts",
                    "import { read } from '@shop/data';\nexport function main() { read(1); }\n",
                ),
            ],
            &[
                "packages/data/src/store.ts:read -> [db]",
                "packages/web/app.ts:main -> packages/data/src/store.ts:read",
                "packages/data/src/store.ts:read => DbRead",
                "packages/web/app.ts:main => packages/data/src/store.ts:read => DbRead",
            ],
        ),
        (
            "yarn workspaces",
            &[
                (
                    "package.json",
                    r#"{"workspaces": {"packages": ["modules/*"]}}"#,
                ),
                (
                    "modules/data/package.json",
                    r#"{"name": "data", "main": "index.js"}"#,
                ),
                (
                    "modules/data/index.js",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
                (
                    "modules/web/app.ts",
                    "import { read } from 'data';\nexport function main() { read(1); }\n",
                ),
            ],
            &[
                "modules/data/index.js:read -> [db]",
                "modules/web/app.ts:main -> modules/data/index.js:read",
                "modules/data/index.js:read => DbRead",
                "modules/web/app.ts:main => modules/data/index.js:read => DbRead",
            ],
        ),
        (
            "pnpm workspaces",
            &[
                ("package.json", r#"{"name": "shop"}"#),
                (
                    "libs/data/package.json",
                    r#"{"name": "@shop/data", "main": "dist/index.js"}"#,
                ),
                (
                    "libs/data/src/index.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
                (
                    "apps/web/package.json",
                    r#"{"dependencies": {"@shop/data": "workspace:*"}}"#,
                ),
                (
                    "apps/web/app.ts",
                    "import { read } from '@shop/data';\nexport function main() { read(1); }\n",
                ),
            ],
            &[
                "libs/data/src/index.ts:read -> [db]",
                "apps/web/app.ts:main -> libs/data/src/index.ts:read",
                "libs/data/src/index.ts:read => DbRead",
                "apps/web/app.ts:main => libs/data/src/index.ts:read => DbRead",
            ],
        ),
        (
            "package exports",
            &[
                (
                    "packages/data/package.json",
                    r#"{"name": "@shop/data", "exports": {".": {"import": "./dist/index.js"}, "./rows": {"types": "./dist/rows.d.ts", "default": "./dist/rows.js"}, "./by/*": "./src/*.ts"}}"#,
                ),
                (
                    "packages/data/src/rows.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
                (
                    "app.ts",
                    "import { read } from '@shop/data/rows';\nimport { read as other } from '@shop/data/by/rows';\nexport function main() { read(1); other(1); }\n",
                ),
            ],
            &[
                "packages/data/src/rows.ts:read -> [db]",
                "app.ts:main -> packages/data/src/rows.ts:read",
                "app.ts:main -> packages/data/src/rows.ts:read",
                "packages/data/src/rows.ts:read => DbRead",
                "app.ts:main => packages/data/src/rows.ts:read => DbRead",
            ],
        ),
        (
            "package imports",
            &[
                (
                    "package.json",
                    r##"{"name": "shop", "imports": {"#data/*": "./src/data/*.ts"}}"##,
                ),
                (
                    "src/app.ts",
                    "import { read } from '#data/store';\nexport function main() { read(1); }\n",
                ),
                (
                    "src/data/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "src/app.ts:main -> src/data/store.ts:read",
                "src/data/store.ts:read -> [db]",
                "src/app.ts:main => src/data/store.ts:read => DbRead",
                "src/data/store.ts:read => DbRead",
            ],
        ),
        (
            "index file",
            &[
                (
                    "app.ts",
                    "import { read } from './data';\nexport function main() { read(1); }\n",
                ),
                (
                    "data/index.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
            ],
            &[
                "app.ts:main -> data/index.ts:read",
                "data/index.ts:read -> [db]",
                "app.ts:main => data/index.ts:read => DbRead",
                "data/index.ts:read => DbRead",
            ],
        ),
        (
            "js for ts",
            &[
                (
                    "app.ts",
                    "import { read } from './store.js';\nimport { Row } from './row.jsx';\nexport function main() { read(1); Row(); }\n",
                ),
                STORE,
                (
                    "row.tsx",
                    "import { read } from './store.js';\nexport function Row() { return read(1); }\n",
                ),
            ],
            &[
                "app.ts:main -> store.ts:read",
                "app.ts:main -> row.tsx:Row",
                "store.ts:read -> [db]",
                "row.tsx:Row -> store.ts:read",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
                "row.tsx:Row => store.ts:read => DbRead",
            ],
        ),
        (
            "barrel of barrels",
            &[
                (
                    "app.ts",
                    "import { read } from './data';\nexport function main() { read(1); }\n",
                ),
                ("data/index.ts", "export * from './all';\n"),
                (
                    "data/all.ts",
                    "export * from './store';\nexport { other } from './other';\n",
                ),
                (
                    "data/store.ts",
                    "import { load } from 'db';\nexport function read(key) { return load(key); }\n",
                ),
                ("data/other.ts", "export const other = 1;\n"),
            ],
            &[
                "app.ts:main -> data/store.ts:read",
                "data/store.ts:read -> [db]",
                "app.ts:main => data/store.ts:read => DbRead",
                "data/store.ts:read => DbRead",
            ],
        ),
        (
            "default import",
            &[
                (
                    "app.ts",
                    "import readAll, { one } from './store';\nexport function main() { readAll(1); one(1); }\n",
                ),
                (
                    "store.ts",
                    "import { load } from 'db';\nconst read = (key) => load(key);\nexport const one = (key) => load(key);\nexport { read as default };\n",
                ),
            ],
            &[
                "app.ts:main -> store.ts:read",
                "app.ts:main -> store.ts:one",
                "store.ts:read -> [db]",
                "store.ts:one -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
                "store.ts:one => DbRead",
            ],
        ),
        (
            "namespace import",
            &[
                (
                    "app.ts",
                    "import * as store from './store';\nexport function main() { store.read(1); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "default import of a CommonJS module",
            &[
                (
                    "app.ts",
                    "import store from './store';\nimport * as all from './store';\nexport function main() { store.read(1); all.read(1); }\n",
                ),
                (
                    "store.js",
                    "const { load } = require('db');\nmodule.exports = { read: (key) => load(key) };\n",
                ),
            ],
            &[
                "app.ts:main -> store.js:read",
                "app.ts:main -> store.js:read",
                "store.js:read -> [db]",
                "app.ts:main => store.js:read => DbRead",
                "store.js:read => DbRead",
            ],
        ),
        (
            "import equals require",
            &[
                (
                    "app.ts",
                    "import store = require('./store');\nexport function main() { store.read(1); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "dynamic import",
            &[
                (
                    "app.ts",
                    "export async function main() {\n  const { read } = await import('./store');\n  read(1);\n  const all = await import('./store');\n  all.read(1);\n}\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "require",
            &[
                (
                    "app.js",
                    "const { read } = require('./store');\nconst store = require('./store');\nfunction main() { read(1); store.read(1); require('./store').read(1); }\n",
                ),
                (
                    "store.js",
                    "const { load } = require('db');\nexports.read = (key) => load(key);\n",
                ),
            ],
            &[
                "app.js:main -> store.js:read",
                "app.js:main -> store.js:read",
                "app.js:main -> store.js:read",
                "store.js:read -> [db]",
                "app.js:main => store.js:read => DbRead",
                "store.js:read => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// Ways to know what a method is called on.
#[test]
fn script_receivers() {
    let listed: &[Listed<'_>] = &[
        (
            "constructor call",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nexport function main() { new Repo().read(1); const repo = new Repo(); repo.read(1); }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> new repo.ts:Repo",
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> new repo.ts:Repo",
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "annotation",
            &[
                (
                    "app.ts",
                    "import type { Repo } from './repo';\nexport function main(repo: Repo, more: Repo[], maybe?: Repo | null) { repo.read(1); more[0].read(1); maybe?.read(1); }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "generic annotation",
            &[
                (
                    "app.ts",
                    "import { Box } from './box';\nimport { Repo } from './repo';\nexport function main(box: Box<Repo>) { box.item.read(1); box.open().read(1); box.all().forEach((repo) => repo.read(1)); }\n",
                ),
                (
                    "box.ts",
                    "export class Box<T> {\n  constructor(public item: T) {}\n  open(): T { return this.item; }\n  all(): T[] { return [this.item]; }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> box.ts:Box.open",
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> box.ts:Box.all",
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "generic base",
            &[
                (
                    "app.ts",
                    "import { Base } from './base';\nimport { Repo } from './repo';\nexport class Service extends Base<Repo> {\n  main() { this.item.read(1); this.made().read(1); }\n}\n",
                ),
                (
                    "base.ts",
                    "export abstract class Base<T> {\n  protected item: T;\n  made(): T { return this.item; }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Service.main -> repo.ts:Repo.read",
                "app.ts:Service.main -> base.ts:Base.made",
                "app.ts:Service.main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Service.main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "generic base of a generic base",
            &[
                (
                    "app.ts",
                    "import { Named } from './named';\nimport { Repo } from './repo';\nexport class Service extends Named<string, Repo> {\n  async main() { (await this.one()).read(1); }\n}\n",
                ),
                (
                    "named.ts",
                    "import { Base } from './base';\nexport class Named<K, V> extends Base<V> { key: K; }\n",
                ),
                (
                    "base.ts",
                    "export class Base<T> {\n  item: T;\n  async one(): Promise<T> { return this.item; }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Service.main -> base.ts:Base.one",
                "app.ts:Service.main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Service.main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "result of a function",
            &[
                (
                    "app.ts",
                    "import { make, later } from './make';\nexport async function main() { make().read(1); (await later()).read(1); }\n",
                ),
                (
                    "make.ts",
                    "import { Repo } from './repo';\nexport function make() { return new Repo(); }\nexport async function later(): Promise<Repo> { return make(); }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> make.ts:make",
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> make.ts:later",
                "app.ts:main -> repo.ts:Repo.read",
                "make.ts:make -> new repo.ts:Repo",
                "make.ts:later -> make.ts:make",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "result of a library",
            &[
                (
                    "app.ts",
                    "import { client } from './client';\nexport async function main() { client.load(1); await client.find(1); }\n",
                ),
                (
                    "client.ts",
                    "import { Client } from 'db';\nexport const client = new Client();\n",
                ),
            ],
            &[
                "app.ts:main -> [db]",
                "app.ts:main -> [db]",
                "app.ts:main => DbRead",
            ],
        ),
        (
            "field set in the constructor",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nexport class Service {\n  constructor() { this.repo = new Repo(); }\n  main() { this.repo.read(1); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Service.constructor -> new repo.ts:Repo",
                "app.ts:Service.main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Service.main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "field set elsewhere",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nexport class Service {\n  repo;\n  start() { this.repo = new Repo(); }\n  main() { this.repo.read(1); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Service.start -> new repo.ts:Repo",
                "app.ts:Service.main -> repo.ts:Repo.read (medium)",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Service.main => repo.ts:Repo.read => DbRead (medium)",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "static field",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nexport class Service { static repo = new Repo(); }\nexport function main() { Service.repo.read(1); }\n",
                ),
                REPO,
            ],
            &[
                "app.ts: -> new repo.ts:Repo",
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "inheritance",
            &[
                (
                    "app.ts",
                    "import { Sub } from './sub';\nexport function main() { new Sub().read(1); }\n",
                ),
                (
                    "sub.ts",
                    "import { Repo } from './repo';\nexport class Sub extends Repo {}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> new sub.ts:Sub",
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "mixin",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nimport { Named } from './named';\nclass Own extends Named(Repo) {}\nexport function main() { const own = new Own(); own.read(1); own.label(); }\n",
                ),
                (
                    "named.ts",
                    "import { load } from 'db';\nexport const Named = (Base) => class extends Base {\n  label() { return load('label'); }\n};\n",
                ),
                REPO,
            ],
            &[
                "app.ts: -> named.ts:Named",
                "app.ts:main -> new app.ts:Own",
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> named.ts:label",
                "named.ts:label -> [db]",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "named.ts:label => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "super",
            &[
                (
                    "app.ts",
                    "import { Repo } from './repo';\nexport class Sub extends Repo {\n  read(key: string) { return super.read(key); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Sub.read -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Sub.read => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "interface with two implementations",
            &[
                (
                    "app.ts",
                    "import { Source } from './source';\nexport function main(source: Source) { source.read('a'); }\n",
                ),
                (
                    "source.ts",
                    "export interface Source { read(key: string): unknown }\n",
                ),
                (
                    "one.ts",
                    "import { load } from 'db';\nimport { Source } from './source';\nexport class One implements Source { read(key: string) { return load(key); } }\n",
                ),
                (
                    "two.ts",
                    "import { Source } from './source';\nimport { Repo } from './repo';\nexport class Two implements Source { read(key: string) { return new Repo().read(key); } }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> one.ts:One.read (medium)",
                "one.ts:One.read -> [db]",
                "two.ts:Two.read -> new repo.ts:Repo",
                "two.ts:Two.read -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => one.ts:One.read => DbRead (medium)",
                "one.ts:One.read => DbRead",
                "two.ts:Two.read => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "interface of which the second implementation reads",
            &[
                (
                    "app.ts",
                    "import { Source } from './source';\nexport function main(source: Source) { source.read('a'); }\n",
                ),
                (
                    "source.ts",
                    "export interface Source { read(key: string): unknown }\n",
                ),
                (
                    "fixed.ts",
                    "import { Source } from './source';\nexport class Fixed implements Source { read(key: string) { return key; } }\n",
                ),
                (
                    "one.ts",
                    "import { load } from 'db';\nimport { Source } from './source';\nexport class One implements Source { read(key: string) { return load(key); } }\n",
                ),
            ],
            &[
                "app.ts:main -> fixed.ts:Fixed.read (medium)",
                "one.ts:One.read -> [db]",
                "app.ts:main => one.ts:One.read => DbRead (low)",
                "one.ts:One.read => DbRead",
            ],
        ),
        (
            "abstract class",
            &[
                (
                    "app.ts",
                    "import { Source } from './source';\nexport function main(source: Source) { source.all(); }\n",
                ),
                (
                    "source.ts",
                    "export abstract class Source {\n  abstract read(key: string): unknown;\n  all() { return this.read('all'); }\n}\n",
                ),
                (
                    "one.ts",
                    "import { load } from 'db';\nimport { Source } from './source';\nexport class One extends Source { read(key: string) { return load(key); } }\n",
                ),
            ],
            &[
                "app.ts:main -> source.ts:Source.all",
                "source.ts:Source.all -> one.ts:One.read",
                "one.ts:One.read -> [db]",
                "app.ts:main => source.ts:Source.all => one.ts:One.read => DbRead",
                "source.ts:Source.all => one.ts:One.read => DbRead",
                "one.ts:One.read => DbRead",
            ],
        ),
        (
            "module singleton",
            &[
                (
                    "app.ts",
                    "import { repo } from './services';\nimport services from './services';\nexport function main() { repo.read(1); services.repo.read(1); }\n",
                ),
                (
                    "services.ts",
                    "import { Repo } from './repo';\nexport const repo = new Repo();\nexport default { repo };\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:main -> repo.ts:Repo.read",
                "services.ts: -> new repo.ts:Repo",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "destructured",
            &[
                (
                    "app.ts",
                    "import { services, Deps } from './services';\nexport function main({ repo }: Deps) { repo.read(1); }\nexport function other() { const { repo } = services; repo.read(1); }\n",
                ),
                (
                    "services.ts",
                    "import { Repo } from './repo';\nexport interface Deps { repo: Repo }\nexport const services = { repo: new Repo() };\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "app.ts:other -> repo.ts:Repo.read",
                "services.ts: -> new repo.ts:Repo",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "app.ts:other => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "type of a member",
            &[
                (
                    "app.ts",
                    "import { Deps } from './deps';\nexport function main(repo: Deps['repo']) { repo.read(1); }\n",
                ),
                (
                    "deps.ts",
                    "import { Repo } from './repo';\nexport interface Deps { repo: Repo }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "factory of functions",
            &[
                (
                    "app.ts",
                    "import { createOrders } from './orders';\nconst orders = createOrders('a');\nexport function main() { orders.list(); orders.deeper.one(); }\n",
                ),
                (
                    "orders.ts",
                    "import { load } from 'db';\nexport function createOrders(shop) {\n  const list = () => load(shop);\n  return { list, deeper: { one() { return load(1); } } };\n}\n",
                ),
            ],
            &[
                "app.ts: -> orders.ts:createOrders",
                "app.ts:main -> orders.ts:list",
                "app.ts:main -> orders.ts:one",
                "orders.ts:list -> [db]",
                "orders.ts:one -> [db]",
                "app.ts:main => orders.ts:list => DbRead",
                "orders.ts:list => DbRead",
                "orders.ts:one => DbRead",
            ],
        ),
        (
            "Nest injection",
            &[
                (
                    "app.ts",
                    "import { Controller, Get } from '@nestjs/common';\nimport { Service } from './service';\n@Controller()\nexport class Orders {\n  constructor(private readonly service: Service) {}\n  @Get() main() { return this.service.list(); }\n}\n",
                ),
                (
                    "service.ts",
                    "import { Injectable } from '@nestjs/common';\nimport { Repo } from './repo';\n@Injectable()\nexport class Service {\n  constructor(private repo: Repo) {}\n  list() { return this.repo.read('all'); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Orders.main -> service.ts:Service.list",
                "service.ts:Service.list -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Orders.main => service.ts:Service.list => repo.ts:Repo.read => DbRead",
                "service.ts:Service.list => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "Angular injection",
            &[
                (
                    "app.ts",
                    "import { inject } from '@angular/core';\nimport { Repo } from './repo';\nexport class Orders {\n  private repo = inject(Repo);\n  main() { return this.repo.read('all'); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Orders.main -> repo.ts:Repo.read (medium)",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Orders.main => repo.ts:Repo.read => DbRead (medium)",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "tsyringe injection",
            &[
                (
                    "app.ts",
                    "import { container, injectable } from 'tsyringe';\nimport { Repo } from './repo';\n@injectable()\nexport class Orders {\n  constructor(private repo: Repo) {}\n  one() { return this.repo.read('all'); }\n}\nexport function main() { container.resolve(Orders).one(); }\n",
                ),
                REPO,
            ],
            &[
                "app.ts:Orders.one -> repo.ts:Repo.read",
                "app.ts:main -> app.ts:Orders.one (medium)",
                "repo.ts:Repo.read -> [db]",
                "app.ts:Orders.one => repo.ts:Repo.read => DbRead",
                "app.ts:main => app.ts:Orders.one => repo.ts:Repo.read => DbRead (medium)",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "service by token",
            &[
                (
                    "app.ts",
                    "import { TOKENS } from './tokens';\nimport { container } from './container';\nexport function main() { container.get(TOKENS.Orders).list(); container.resolve('orders').list(); }\n",
                ),
                (
                    "tokens.ts",
                    "export const TOKENS = { Orders: Symbol('Orders') };\n",
                ),
                (
                    "container.ts",
                    "import { Container } from 'inversify';\nimport { TOKENS } from './tokens';\nimport { SqlOrders } from './orders';\nexport const container = new Container();\ncontainer.bind(TOKENS.Orders).to(SqlOrders);\ncontainer.register('orders', { useClass: SqlOrders });\n",
                ),
                (
                    "orders.ts",
                    "import { load } from 'db';\nexport class SqlOrders { list() { return load(1); } }\n",
                ),
            ],
            &[
                "app.ts:main -> orders.ts:SqlOrders.list (medium)",
                "app.ts:main -> orders.ts:SqlOrders.list (medium)",
                "orders.ts:SqlOrders.list -> [db]",
                "app.ts:main => orders.ts:SqlOrders.list => DbRead (medium)",
                "orders.ts:SqlOrders.list => DbRead",
            ],
        ),
        (
            "service by name",
            &[
                (
                    "app.ts",
                    "export function main({ orderService }) { orderService.list(); }\nexport function other(container) { container.get('orderService').list(); }\n",
                ),
                (
                    "orders.ts",
                    "import { load } from 'db';\nexport class OrderService { list() { return load(1); } }\n",
                ),
            ],
            &[
                "app.ts:main -> orders.ts:OrderService.list (low)",
                "app.ts:other -> orders.ts:OrderService.list (medium)",
                "orders.ts:OrderService.list -> [db]",
                "app.ts:main => orders.ts:OrderService.list => DbRead (low)",
                "app.ts:other => orders.ts:OrderService.list => DbRead (medium)",
                "orders.ts:OrderService.list => DbRead",
            ],
        ),
        (
            "context object",
            &[
                (
                    "app.ts",
                    "import { Context } from './context';\nexport function main(parent, args, ctx: Context) { ctx.repo.read(1); }\n",
                ),
                (
                    "context.ts",
                    "import { Repo } from './repo';\nexport const createContext = async () => ({ repo: new Repo() });\nexport type Context = Awaited<ReturnType<typeof createContext>>;\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read",
                "context.ts:createContext -> new repo.ts:Repo",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
        (
            "app locals",
            &[
                (
                    "app.ts",
                    "export function main(req, res) { req.app.locals.repo.read(1); }\n",
                ),
                (
                    "server.ts",
                    "import express from 'express';\nimport { Repo } from './repo';\nconst app = express();\napp.locals.repo = new Repo();\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> repo.ts:Repo.read (medium)",
                "server.ts: -> new repo.ts:Repo",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => repo.ts:Repo.read => DbRead (medium)",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// Ways a function comes to run per element.
#[test]
fn script_callbacks() {
    let listed: &[Listed<'_>] = &[
        (
            "known iterator",
            &[
                (
                    "app.ts",
                    "import { read } from './store';\nexport function main(keys: string[]) { keys.map(read); keys.forEach((key) => read(key)); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead repeated",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "project function that loops",
            &[
                (
                    "app.ts",
                    "import { each } from './each';\nimport { read } from './store';\nexport function main(keys: string[]) { each(keys, read); each(keys, (key) => read(key)); }\n",
                ),
                (
                    "each.ts",
                    "export function each(keys, run) { for (const key of keys) { run(key); } }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> each.ts:each",
                "app.ts:main -> each.ts:each",
                "app.ts:main -> store.ts:read",
                "each.ts:each -> parameter 1",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead (medium) repeated",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "all at once",
            &[
                (
                    "app.ts",
                    "import { read } from './store';\nexport async function main(keys: string[]) { await Promise.all(keys.map(read)); await Promise.allSettled(keys.map(async (key) => read(key))); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead repeated",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "limiter",
            &[
                (
                    "app.ts",
                    "import pLimit from 'p-limit';\nimport pMap from 'p-map';\nimport { read } from './store';\nexport async function main(keys: string[]) {\n  const limit = pLimit(4);\n  await Promise.all(keys.map((key) => limit(() => read(key))));\n  await pMap(keys, read, { concurrency: 4 });\n}\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead (medium)",
                "app.ts:main => app.ts:main => store.ts:read => DbRead (medium)",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// What a function does, by what it calls.
#[test]
fn script_summaries() {
    let listed: &[Listed<'_>] = &[
        (
            "shortest chain",
            &[
                (
                    "app.ts",
                    "import { far } from './far';\nimport { read } from './store';\nexport function main() { far(1); read(1); }\n",
                ),
                (
                    "far.ts",
                    "import { read } from './store';\nexport function far(key) { return near(key); }\nfunction near(key) { return read(key); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> far.ts:far",
                "app.ts:main -> store.ts:read",
                "far.ts:far -> far.ts:near",
                "far.ts:near -> store.ts:read",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "far.ts:far => far.ts:near => store.ts:read => DbRead",
                "far.ts:near => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "effects by kind",
            &[
                (
                    "app.ts",
                    "import { all } from './all';\nexport function main() { all(1); }\n",
                ),
                (
                    "all.ts",
                    "import { Client, Session } from 'db';\nconst client = new Client();\nconst session = new Session();\nexport function all(key) { client.load(key); client.load({ into: key }); client.load(key, 1); session.save(key); }\n",
                ),
            ],
            &[
                "app.ts:main -> all.ts:all",
                "all.ts:all -> [db]",
                "all.ts:all -> [db]",
                "all.ts:all -> [db]",
                "all.ts:all -> [db]",
                "app.ts:main => all.ts:all => DbRead",
                "app.ts:main => all.ts:all => DbWrite",
                "app.ts:main => all.ts:all => Commit",
                "all.ts:all => DbRead",
                "all.ts:all => DbWrite",
                "all.ts:all => Commit",
            ],
        ),
        (
            "recursion",
            &[
                (
                    "app.ts",
                    "import { read } from './store';\nexport function main(node) { read(node.id); for (const child of node.children) { main(child); } }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> store.ts:read",
                "app.ts:main -> app.ts:main",
                "store.ts:read -> [db]",
                "app.ts:main => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "two functions that call each other",
            &[
                (
                    "app.ts",
                    "import { odd } from './odd';\nexport function even(n) { return odd(n - 1); }\n",
                ),
                (
                    "odd.ts",
                    "import { even } from './app';\nimport { read } from './store';\nexport function odd(n) { read(n); return even(n - 1); }\n",
                ),
                STORE,
            ],
            &[
                "app.ts:even -> odd.ts:odd",
                "odd.ts:odd -> store.ts:read",
                "odd.ts:odd -> app.ts:even",
                "store.ts:read -> [db]",
                "app.ts:even => odd.ts:odd => store.ts:read => DbRead",
                "odd.ts:odd => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "memoised",
            &[
                (
                    "app.ts",
                    "import { cached } from './cached';\nexport async function main() { cached('a'); }\n",
                ),
                (
                    "cached.ts",
                    "import { cache } from 'react';\nimport { read } from './store';\nexport const cached = cache(async (key) => read(key));\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> cached.ts:",
                "cached.ts: -> store.ts:read",
                "store.ts:read -> [db]",
                "cached.ts: => store.ts:read => DbRead",
                "store.ts:read => DbRead",
            ],
        ),
        (
            "map checked first",
            &[
                (
                    "app.ts",
                    "import { Prices } from './prices';\nexport function main(prices: Prices, keys: string[]) { for (const key of keys) { prices.of(key); } }\n",
                ),
                (
                    "prices.ts",
                    "import { read } from './store';\nexport class Prices {\n  private known = new Map();\n  of(key: string) {\n    if (this.known.has(key)) return this.known.get(key);\n    const price = read(key);\n    this.known.set(key, price);\n    return price;\n  }\n}\n",
                ),
                STORE,
            ],
            &[
                "app.ts:main -> prices.ts:Prices.of",
                "prices.ts:Prices.of -> store.ts:read",
                "store.ts:read -> [db]",
                "store.ts:read => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// A project's own data layer does what its body does.
#[test]
fn script_wrappers() {
    let listed: &[Listed<'_>] = &[
        (
            "database class",
            &[
                (
                    "app.ts",
                    "import { db } from './db';\nexport async function main(ids) { for (const id of ids) { await db.fetchOne('SELECT name FROM users WHERE id = $1', [id]); } }\n",
                ),
                (
                    "db.ts",
                    "import { Client } from 'db';\nclass Database {\n  private client = new Client();\n  async fetchAll(sql, params) { return this.client.load(sql, params); }\n  async fetchOne(sql, params) { const rows = await this.fetchAll(sql, params); return rows[0]; }\n}\nexport const db = new Database();\n",
                ),
            ],
            &[
                "app.ts:main -> db.ts:Database.fetchOne",
                "db.ts: -> new db.ts:Database",
                "db.ts:Database.fetchAll -> [db]",
                "db.ts:Database.fetchOne -> db.ts:Database.fetchAll",
                "app.ts:main => db.ts:Database.fetchOne => db.ts:Database.fetchAll => Commit repeated",
                "db.ts:Database.fetchAll => Commit",
                "db.ts:Database.fetchOne => db.ts:Database.fetchAll => Commit",
            ],
        ),
        (
            "use case",
            &[
                (
                    "app.ts",
                    "import { GetOrder } from './get-order';\nexport async function main(id) { return new GetOrder(null).execute(id); }\n",
                ),
                (
                    "use-case.ts",
                    "export abstract class UseCase {\n  async execute(input) { return this.run(input); }\n  protected abstract run(input);\n}\n",
                ),
                (
                    "get-order.ts",
                    "import { UseCase } from './use-case';\nimport { Repo } from './repo';\nexport class GetOrder extends UseCase {\n  constructor(private repo: Repo = new Repo()) { super(); }\n  protected async run(id) { return this.repo.read(id); }\n}\n",
                ),
                REPO,
            ],
            &[
                "app.ts:main -> new get-order.ts:GetOrder",
                "app.ts:main -> use-case.ts:UseCase.execute",
                "use-case.ts:UseCase.execute -> get-order.ts:GetOrder.run",
                "get-order.ts:GetOrder.constructor -> new repo.ts:Repo",
                "get-order.ts:GetOrder.run -> repo.ts:Repo.read",
                "repo.ts:Repo.read -> [db]",
                "app.ts:main => use-case.ts:UseCase.execute => get-order.ts:GetOrder.run => repo.ts:Repo.read => DbRead",
                "use-case.ts:UseCase.execute => get-order.ts:GetOrder.run => repo.ts:Repo.read => DbRead",
                "get-order.ts:GetOrder.run => repo.ts:Repo.read => DbRead",
                "repo.ts:Repo.read => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}
