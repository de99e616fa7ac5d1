//! How functions and values of JavaScript and TypeScript are found: each project's `f` reads, or
//! does not.

use super::script::{Case, check_reads};
use super::{TS_DEFAULT, TS_STORE};

const TREPO: (&str, &str) = (
    "repo.ts",
    "import { load } from 'db';\nexport class Repo {\n  read(key: string) { return load(key); }\n}\nexport class Other {\n  read(key: string) { return key; }\n}\n",
);
const TSTORE: (&str, &str) = ("store.ts", TS_STORE);

#[test]
fn typescript_calls_are_followed() {
    let cases: &[Case<'_>] = &[
        (
            "then named",
            true,
            "import { read } from './store';\nexport function f(p: Promise<string>) { return p.then(read); }\n",
            &[TSTORE],
        ),
        (
            "catch named",
            true,
            "import { read } from './store';\nexport function f(p: Promise<string>) { return p.catch(read); }\n",
            &[TSTORE],
        ),
        (
            "param called",
            true,
            "import { read } from './store';\nfunction each(xs: string[], g) { for (const x of xs) g(x); }\nexport function f(xs: string[]) { each(xs, read); }\n",
            &[TSTORE],
        ),
        (
            "param called arrow",
            true,
            "import { read } from './store';\nfunction each(xs: string[], g) { for (const x of xs) g(x); }\nexport function f(xs: string[]) { each(xs, (x) => read(x)); }\n",
            &[TSTORE],
        ),
        (
            "param called arrow await",
            true,
            "import { read } from './store';\nasync function each(xs: string[], g) { for (const x of xs) await g(x); }\nexport async function f(xs: string[]) { await each(xs, async (x) => { await read(x); }); }\n",
            &[TSTORE],
        ),
        (
            "param called map",
            true,
            "import { read } from './store';\nfunction each(xs: string[], g) { return xs.map(g); }\nexport function f(xs: string[]) { each(xs, read); }\n",
            &[TSTORE],
        ),
        (
            "param forwarded",
            true,
            "import { read } from './store';\nfunction inner(x, g) { return g(x); }\nfunction each(xs: string[], g) { return xs.map(x => inner(x, g)); }\nexport function f(xs: string[]) { each(xs, read); }\n",
            &[TSTORE],
        ),
        (
            "options callback",
            true,
            "import { read } from './store';\nfunction each({ xs, g }) { return g(xs); }\nexport function f(xs: string[]) { each({ xs, g: read }); }\n",
            &[TSTORE],
        ),
        (
            "Promise.all map named",
            true,
            "import { read } from './store';\nexport async function f(xs: string[]) { await Promise.all(xs.map(read)); }\n",
            &[TSTORE],
        ),
        (
            "p-limit",
            true,
            "import pLimit from 'p-limit';\nimport { read } from './store';\nconst limit = pLimit(5);\nexport async function f(xs: string[]) { await Promise.all(xs.map((x) => limit(() => read(x)))); }\n",
            &[TSTORE],
        ),
        (
            "p-limit args",
            true,
            "import pLimit from 'p-limit';\nimport { read } from './store';\nconst limit = pLimit(5);\nexport async function f(xs: string[]) { await Promise.all(xs.map((x) => limit(read, x))); }\n",
            &[TSTORE],
        ),
        (
            "p-map",
            true,
            "import pMap from 'p-map';\nimport { read } from './store';\nexport async function f(xs: string[]) { await pMap(xs, read, { concurrency: 3 }); }\n",
            &[TSTORE],
        ),
        (
            "p-map arrow",
            true,
            "import pMap from 'p-map';\nimport { read } from './store';\nexport async function f(xs: string[]) { await pMap(xs, async (x) => read(x), { concurrency: 3 }); }\n",
            &[TSTORE],
        ),
        (
            "destructured dynamic import",
            true,
            "export async function f() { const { read } = await import('./store'); read(1); }\n",
            &[TSTORE],
        ),
        (
            "dynamic import ns",
            true,
            "export async function f() { const m = await import('./store'); m.read(1); }\n",
            &[TSTORE],
        ),
        (
            "dynamic import chain",
            true,
            "export async function f() { (await import('./store')).read(1); }\n",
            &[TSTORE],
        ),
        (
            "dynamic import then",
            true,
            "export async function f() { return import('./store').then((m) => m.read(1)); }\n",
            &[TSTORE],
        ),
        (
            "dynamic import default",
            true,
            "export async function f() { const m = (await import('./store')).default; m(1); }\n",
            &[("store.ts", TS_DEFAULT)],
        ),
        (
            "interface one impl",
            true,
            "import { Repo } from './repo';\ninterface Source { get(k: string): unknown }\nclass Impl implements Source { get(k: string) { return new Repo().read(k); } }\nexport function f(s: Source) { s.get('a'); }\n",
            &[TREPO],
        ),
        (
            "interface two impl",
            true,
            "import { Repo } from './repo';\ninterface Source { get(k: string): unknown }\nclass Impl implements Source { get(k: string) { return new Repo().read(k); } }\nclass Impl2 implements Source { get(k: string) { return 1; } }\nexport function f(s: Source) { s.get('a'); }\n",
            &[TREPO],
        ),
        (
            "interface impl other file",
            true,
            "import { Source } from './source';\nexport function f(s: Source) { s.get('a'); }\n",
            &[
                TREPO,
                (
                    "source.ts",
                    "export interface Source { get(k: string): unknown }\n",
                ),
                (
                    "impl.ts",
                    "import { Source } from './source';\nimport { Repo } from './repo';\nexport class Impl implements Source { get(k: string) { return new Repo().read(k); } }\n",
                ),
            ],
        ),
        (
            "abstract class",
            true,
            "import { Repo } from './repo';\nabstract class Source { abstract get(k: string): unknown; all() { return this.get('a'); } }\nclass Impl extends Source { get(k: string) { return new Repo().read(k); } }\nexport function f(s: Source) { s.all(); }\n",
            &[TREPO],
        ),
        (
            "interface object literal impl",
            true,
            "import { Repo } from './repo';\ninterface Source { get(k: string): unknown }\nconst impl: Source = { get(k) { return new Repo().read(k); } };\nexport function f() { impl.get('a'); }\n",
            &[TREPO],
        ),
        (
            "getter",
            true,
            "import { load } from 'db';\nclass A { get rows() { return load(1); } }\nexport function f(a: A) { return a.rows; }\n",
            &[],
        ),
        (
            "getter loop",
            true,
            "import { load } from 'db';\nclass A { get rows() { return load(1); } }\nexport function f(xs: A[]) { return xs.map((a) => a.rows); }\n",
            &[],
        ),
        (
            "object getter",
            true,
            "import { load } from 'db';\nconst a = { get rows() { return load(1); } };\nexport function f() { return a.rows; }\n",
            &[],
        ),
        (
            "react cache",
            false,
            "import { cache } from 'react';\nimport { load } from 'db';\nconst get = cache(async (k: string) => load(k));\nexport async function f() { return get('a'); }\n",
            &[],
        ),
        (
            "wrapped fn",
            true,
            "import { wrap } from 'somewhere';\nimport { load } from 'db';\nconst get = wrap(async (k: string) => load(k));\nexport async function f() { return get('a'); }\n",
            &[],
        ),
        (
            "wrapped project",
            true,
            "import { load } from 'db';\nfunction wrap(g) { return (...a) => g(...a); }\nconst get = wrap(async (k: string) => load(k));\nexport async function f() { return get('a'); }\n",
            &[],
        ),
        (
            "wrapped project named",
            true,
            "import { read } from './store';\nfunction wrap(g) { return (...a) => g(...a); }\nconst get = wrap(read);\nexport async function f() { return get('a'); }\n",
            &[TSTORE],
        ),
        (
            "setTimeout",
            true,
            "import { read } from './store';\nexport function f() { setTimeout(() => read(1), 10); }\n",
            &[TSTORE],
        ),
        (
            "process.nextTick",
            true,
            "import { read } from './store';\nexport function f() { setImmediate(() => { read(1); }); }\n",
            &[TSTORE],
        ),
        (
            "new Promise",
            true,
            "import { read } from './store';\nexport function f() { return new Promise((resolve) => { read(1); resolve(1); }); }\n",
            &[TSTORE],
        ),
        (
            "callsite type",
            true,
            "import { Repo } from './repo';\nexport function f(r) { r.read(1); }\nfunction main() { f(new Repo()); }\n",
            &[TREPO],
        ),
        (
            "callsite ctor",
            true,
            "import { Repo } from './repo';\nclass S { constructor(repo) { this.repo = repo; } get() { this.repo.read(1); } }\nexport function f() { new S(new Repo()).get(); }\n",
            &[TREPO],
        ),
        (
            "context assignment",
            true,
            "import { Repo } from './repo';\nimport express from 'express';\nconst app = express();\napp.locals.repo = new Repo();\nexport function f(req, res) { req.app.locals.repo.read(1); }\n",
            &[TREPO],
        ),
        (
            "context obj factory",
            true,
            "import { Repo } from './repo';\nexport const createContext = () => ({ repo: new Repo() });\ntype Context = ReturnType<typeof createContext>;\nexport function f(ctx: Context) { ctx.repo.read(1); }\n",
            &[TREPO],
        ),
        (
            "context async factory",
            true,
            "import { Repo } from './repo';\nexport const createContext = async () => ({ repo: new Repo() });\ntype Context = Awaited<ReturnType<typeof createContext>>;\nexport function f({ ctx }: { ctx: Context }) { ctx.repo.read(1); }\n",
            &[TREPO],
        ),
        (
            "typeof",
            true,
            "import { Repo } from './repo';\nconst services = { repo: new Repo() };\ntype S = typeof services;\nexport function f(s: S) { s.repo.read(1); }\n",
            &[TREPO],
        ),
        (
            "InstanceType",
            true,
            "import { Repo } from './repo';\nexport function f(s: InstanceType<typeof Repo>) { s.read(1); }\n",
            &[TREPO],
        ),
        (
            "nest",
            true,
            "import { Injectable } from '@nestjs/common';\nimport { Repo } from './repo';\n@Injectable()\nclass S { constructor(private readonly repo: Repo) {} get() { return this.repo.read('a'); } }\nexport function f(s: S) { s.get(); }\n",
            &[TREPO],
        ),
        (
            "nest inject token",
            true,
            "import { Inject } from '@nestjs/common';\nimport { Repo } from './repo';\nclass S { constructor(@Inject('REPO') private readonly repo: Repo) {} get() { return this.repo.read('a'); } }\nexport function f(s: S) { s.get(); }\n",
            &[TREPO],
        ),
        (
            "awilix ctor",
            true,
            "class S { constructor({ orderService }) { this.orderService_ = orderService; } get() { return this.orderService_.list(); } }\nexport function f(s: S) { s.get(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "function that takes its services by name",
            true,
            "export function f({ orderService }) { return orderService.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "container.resolve",
            true,
            "export function f(req) { return req.scope.resolve('orderService').list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "container.resolve var",
            true,
            "export function f(container) { const s = container.resolve('orderService'); return s.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "container.resolve typed",
            true,
            "import type OrderService from './order';\nexport function f(container) { const s: OrderService = container.resolve('x'); return s.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "container.resolve generic",
            true,
            "import OrderService from './order';\nexport function f(container) { const s = container.resolve<OrderService>('x'); return s.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "tsyringe resolve class",
            true,
            "import OrderService from './order';\nimport { container } from 'tsyringe';\nexport function f() { const s = container.resolve(OrderService); return s.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "as cast",
            true,
            "import OrderService from './order';\nexport function f(c) { const s = c.get('x') as OrderService; return s.list(); }\n",
            &[(
                "order.ts",
                "import { load } from 'db';\nexport default class OrderService { list() { return load(1); } }\n",
            )],
        ),
        (
            "factory object",
            true,
            "import { make } from './m';\nexport function f() { const s = make(); s.get(); }\n",
            &[(
                "m.ts",
                "import { load } from 'db';\nexport function make() { function get() { return load(1); } return { get }; }\n",
            )],
        ),
        (
            "factory object method",
            true,
            "import { make } from './m';\nexport function f() { const { get } = make(); get(); }\n",
            &[(
                "m.ts",
                "import { load } from 'db';\nexport const make = () => ({ get: async () => load(1) });\n",
            )],
        ),
        (
            "factory async",
            true,
            "import { make } from './m';\nexport async function f() { const { get } = await make(); get(); }\n",
            &[(
                "m.ts",
                "import { load } from 'db';\nexport const make = async () => ({ get: async () => load(1) });\n",
            )],
        ),
        (
            "spread services",
            true,
            "import { all } from './m';\nexport async function f() { all.get(); }\n",
            &[(
                "m.ts",
                "import { load } from 'db';\nconst a = { get: async () => load(1) };\nexport const all = { ...a, x: 1 };\n",
            )],
        ),
        (
            "guard optional",
            false,
            "import { load } from 'db';\nfunction g(k: string, o?: { full?: boolean }) { if (o?.full) { load(k); } return k; }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard optional given",
            true,
            "import { load } from 'db';\nfunction g(k: string, o?: { full?: boolean }) { if (o?.full) { load(k); } return k; }\nexport function f() { g('a', { full: true }); }\n",
            &[],
        ),
        (
            "guard optional given other",
            false,
            "import { load } from 'db';\nfunction g(k: string, o?: { full?: boolean }) { if (o?.full) { load(k); } return k; }\nexport function f() { g('a', { x: true }); }\n",
            &[],
        ),
        (
            "guard default",
            false,
            "import { load } from 'db';\nfunction g(k: string, full = false) { if (full) { load(k); } return k; }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard destructured",
            false,
            "import { load } from 'db';\nfunction g(k: string, { full = false } = {}) { if (full) { load(k); } return k; }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard early return",
            false,
            "import { load } from 'db';\nfunction g(k: string, full?: boolean) { if (!full) { return k; } return load(k); }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard early return given",
            true,
            "import { load } from 'db';\nfunction g(k: string, full?: boolean) { if (!full) { return k; } return load(k); }\nexport function f() { g('a', true); }\n",
            &[],
        ),
        (
            "guard ternary",
            false,
            "import { load } from 'db';\nfunction g(k: string, full?: boolean) { return full ? load(k) : k; }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard and",
            false,
            "import { load } from 'db';\nfunction g(k: string, full?: boolean) { return full && load(k); }\nexport function f() { g('a'); }\n",
            &[],
        ),
        (
            "guard default query",
            false,
            "import { load } from 'db';\nfunction g(k: string, user?: string) { const u = user ?? load(k); return u; }\nexport function f() { g('a', 'b'); }\n",
            &[],
        ),
        (
            "this method bind",
            true,
            "import { load } from 'db';\nclass A { run() { return [1,2].map(this.one.bind(this)); } one(x) { return load(x); } }\nexport function f(a: A) { a.run(); }\n",
            &[],
        ),
        (
            "this method ref",
            true,
            "import { load } from 'db';\nclass A { run() { return [1,2].map(this.one, this); } one(x) { return load(x); } }\nexport function f(a: A) { a.run(); }\n",
            &[],
        ),
        (
            "call apply",
            true,
            "import { read } from './store';\nexport function f() { read.call(null, 1); }\n",
            &[TSTORE],
        ),
        (
            "destructure typed",
            true,
            "import { Repo } from './repo';\ntype Deps = { repo: Repo; x: number };\nexport function f(d: Deps) { const { repo } = d; repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "Pick",
            true,
            "import { Repo } from './repo';\ntype Deps = { repo: Repo; x: number };\nexport function f(d: Pick<Deps, 'repo'>) { d.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "intersection",
            true,
            "import { Repo } from './repo';\ntype A = { x: number };\ntype Deps = A & { repo: Repo };\nexport function f(d: Deps) { d.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "interface extends",
            true,
            "import { Repo } from './repo';\ninterface A { repo: Repo }\ninterface B extends A { x: number }\nexport function f(d: B) { d.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "generic fn",
            true,
            "import { Repo } from './repo';\nfunction id<T>(x: T): T { return x; }\nexport function f() { id(new Repo()).read('a'); }\n",
            &[TREPO],
        ),
        (
            "callback of a declared type",
            true,
            "import { Repo } from './repo';\nfunction run(work: (repo: Repo) => void) { work(null); }\nexport function f() { run((r) => r.read(1)); }\n",
            &[TREPO],
        ),
        (
            "callback of a type elsewhere",
            true,
            "import { run } from './run';\nexport async function f() { await run(async (r) => { await r.read(1); }); }\n",
            &[
                TREPO,
                (
                    "run.ts",
                    "import { Repo } from './repo';\nexport type Work = (repo: Repo) => Promise<void>;\nexport async function run(work: Work) { await work(null); }\n",
                ),
            ],
        ),
        (
            "function of a declared type",
            true,
            "import { Repo } from './repo';\ntype Work = (repo: Repo) => void;\nconst f: Work = (r) => { r.read(1); };\n",
            &[TREPO],
        ),
        (
            "index signature",
            true,
            "import { Repo } from './repo';\nexport function f(all: { [key: string]: Repo }, key: string) { all[key].read(1); }\n",
            &[TREPO],
        ),
        (
            "super constructor",
            true,
            "import { load } from 'db';\nclass A { constructor(k: string) { load(k); } }\nclass B extends A { constructor() { super('a'); } }\nexport function f() { return new B(); }\n",
            &[],
        ),
        (
            "static method of an instance method's name",
            false,
            "import { load } from 'db';\nclass A { read(k: string) { return load(k); } static read(k: string) { return k; } }\nexport function f() { return A.read('a'); }\n",
            &[],
        ),
        (
            "this in a static method",
            true,
            "import { load } from 'db';\nclass A { one(k: string) { return k; } static one(k: string) { return load(k); } static all() { return this.one('a'); } }\nexport function f() { return A.all(); }\n",
            &[],
        ),
        (
            "static getter",
            true,
            "import { Repo } from './repo';\nclass A { static get repo() { return new Repo(); } }\nexport function f() { return A.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "this in an object of a field",
            true,
            "import { Repo } from './repo';\nclass A { private repo: Repo; orders = { list: (k: string) => this.repo.read(k) }; }\nexport function f(a: A) { return a.orders.list('a'); }\n",
            &[TREPO],
        ),
        (
            "wrapper in two steps",
            true,
            "import { load } from 'db';\nconst traced = (name: string) => (target) => function wrapper(...args) { return target.call(this, ...args); };\nconst get = traced('get')(async (k: string) => load(k));\nexport async function f() { return get('a'); }\n",
            &[],
        ),
        (
            "declared as two types, made as one",
            true,
            "import { Repo } from './repo';\ntype Named = { name: string };\nfunction make(): Named & { x: number } { return new Repo(); }\nexport function f() { make().read('a'); }\n",
            &[TREPO],
        ),
        (
            "cast to two types",
            true,
            "import { Repo } from './repo';\ntype Named = { name: string };\nconst repo = new Repo() as Named & { x: number };\nexport function f() { repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "generic class",
            true,
            "import { Repo } from './repo';\nclass Box<T> { constructor(public item: T) {} }\nexport function f(b: Box<Repo>) { b.item.read('a'); }\n",
            &[TREPO],
        ),
        (
            "map get",
            true,
            "import { Repo } from './repo';\nconst m = new Map<string, Repo>();\nexport function f() { m.get('a')!.read('a'); }\n",
            &[TREPO],
        ),
        (
            "map set",
            true,
            "import { Repo } from './repo';\nexport function f() { const m = new Map(); m.set('a', new Repo()); m.get('a').read('a'); }\n",
            &[TREPO],
        ),
        (
            "array push",
            true,
            "import { Repo } from './repo';\nexport function f() { const m = []; m.push(new Repo()); for (const r of m) r.read('a'); }\n",
            &[TREPO],
        ),
        (
            "array find",
            true,
            "import { Repo } from './repo';\nexport function f(xs: Repo[]) { xs.find((x) => x)!.read('a'); }\n",
            &[TREPO],
        ),
        (
            "Promise.all destructure",
            true,
            "import { Repo } from './repo';\nasync function g() { return new Repo(); }\nexport async function f() { const [a, b] = await Promise.all([1, g()]); b.read('a'); }\n",
            &[TREPO],
        ),
        (
            "Object.values",
            true,
            "import { Repo } from './repo';\nexport function f(xs: Record<string, Repo>) { for (const r of Object.values(xs)) r.read('a'); }\n",
            &[TREPO],
        ),
        (
            "this.x in callback",
            true,
            "import { Repo } from './repo';\nclass A { repo = new Repo(); async run(xs: string[]) { await Promise.all(xs.map(async (x) => this.repo.read(x))); } }\nexport function f(a: A) { a.run([]); }\n",
            &[TREPO],
        ),
        (
            "static singleton",
            true,
            "import { Repo } from './repo';\nclass A { private static i: A; repo = new Repo(); static get() { return this.i; } }\nexport function f() { A.get().repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "static instance cached",
            true,
            "import { Repo } from './repo';\nclass A { static i; repo = new Repo(); static get() { if (!A.i) { A.i = new A(); } return A.i; } }\nexport function f() { A.get().repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "fn returning this",
            true,
            "import { load } from 'db';\nclass A { where() { return this; } }\nclass B extends A { run() { return load(1); } }\nexport function f() { new B().where().run(); }\n",
            &[],
        ),
        (
            "overridden in sub",
            true,
            "import { load } from 'db';\nclass A { run() { return this.step(); } step() { return 1; } }\nclass B extends A { step() { return load(1); } }\nexport function f() { new B().run(); }\n",
            &[],
        ),
        (
            "export ns",
            true,
            "import * as api from './api';\nexport function f() { api.store.read(1); }\n",
            &[TSTORE, ("api.ts", "export * as store from './store';\n")],
        ),
        (
            "export import",
            true,
            "import { api } from './api';\nexport function f() { api.store.read(1); }\n",
            &[
                TSTORE,
                (
                    "api.ts",
                    "import * as store from './store';\nexport const api = { store };\n",
                ),
            ],
        ),
        (
            "declare type fn",
            true,
            "import { read } from './store';\ntype Fn = (k: string) => unknown;\nconst g: Fn = (k) => read(k);\nexport function f() { g('a'); }\n",
            &[TSTORE],
        ),
        (
            "class field any",
            true,
            "import { Repo } from './repo';\nlet repo: Repo;\nexport function init() { repo = new Repo(); }\nexport function f() { repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "satisfies",
            true,
            "import { Repo } from './repo';\nconst deps = { repo: new Repo() } satisfies Record<string, unknown>;\nexport function f() { deps.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "as const",
            true,
            "import { Repo } from './repo';\nconst deps = { repo: new Repo() } as const;\nexport function f() { deps.repo.read('a'); }\n",
            &[TREPO],
        ),
        (
            "optional chain",
            true,
            "import { Repo } from './repo';\nexport function f(d?: { repo?: Repo }) { d?.repo?.read('a'); }\n",
            &[TREPO],
        ),
        (
            "reduce",
            true,
            "import { read } from './store';\nexport async function f(xs: string[]) { await xs.reduce(async (p, x) => { await p; await read(x); }, Promise.resolve()); }\n",
            &[TSTORE],
        ),
        (
            "class static method ref",
            true,
            "import { load } from 'db';\nclass A { static one(x) { return load(x); } }\nexport function f(xs: string[]) { xs.forEach(A.one); }\n",
            &[],
        ),
        (
            "mixins fn",
            true,
            "import { load } from 'db';\nfunction M(Base) { return class extends Base { run() { return load(1); } }; }\nclass B {}\nclass A extends M(B) {}\nexport function f() { new A().run(); }\n",
            &[],
        ),
    ];
    let not_yet = [];
    check_reads("ts", cases, &not_yet);
}

#[test]
fn javascript_calls_are_followed() {
    let cases: &[Case<'_>] = &[
        (
            "module.exports = require",
            true,
            "const m = require('./b');\nfunction f() { m.read(1); }\n",
            &[
                (
                    "b.js",
                    "module.exports = require('./store');\nmodule.exports.extra = 1;\n",
                ),
                (
                    "store.js",
                    "const { load } = require('db');\nexports.read = (k) => load(k);\n",
                ),
            ],
        ),
        (
            "module.exports = require extra",
            true,
            "const m = require('./b');\nfunction f() { m.extra(1); }\n",
            &[
                (
                    "b.js",
                    "const { load } = require('db');\nmodule.exports = require('./store');\nmodule.exports.extra = (k) => load(k);\n",
                ),
                ("store.js", "exports.x = 1;\n"),
            ],
        ),
        (
            "exports obj spread",
            true,
            "const m = require('./b');\nfunction f() { m.read(1); }\n",
            &[
                (
                    "b.js",
                    "module.exports = { ...require('./store'), a: 1 };\n",
                ),
                (
                    "store.js",
                    "const { load } = require('db');\nexports.read = (k) => load(k);\n",
                ),
            ],
        ),
        (
            "exports fn with props",
            true,
            "const m = require('./b');\nfunction f() { m.read(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nfunction main() {}\nmain.read = (k) => load(k);\nmodule.exports = main;\n",
            )],
        ),
        (
            "prototype",
            true,
            "const A = require('./b');\nfunction f() { new A().read(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nfunction A() {}\nA.prototype.read = function (k) { return load(k); };\nmodule.exports = A;\n",
            )],
        ),
        (
            "class exports",
            true,
            "const A = require('./b');\nfunction f() { new A().read(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nmodule.exports = class A { read(k) { return load(k); } };\n",
            )],
        ),
        (
            "instance exports",
            true,
            "const a = require('./b');\nfunction f() { a.read(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nclass A { read(k) { return load(k); } }\nmodule.exports = new A();\n",
            )],
        ),
        (
            "this in object",
            true,
            "const a = require('./b');\nfunction f() { a.all(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nmodule.exports = { all() { return this.read(1); }, read(k) { return load(k); } };\n",
            )],
        ),
        (
            "exports self",
            true,
            "const a = require('./b');\nfunction f() { a.all(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nexports.read = (k) => load(k);\nexports.all = () => exports.read(1);\n",
            )],
        ),
        (
            "module.exports self",
            true,
            "const a = require('./b');\nfunction f() { a.all(1); }\n",
            &[(
                "b.js",
                "const { load } = require('db');\nmodule.exports.read = (k) => load(k);\nmodule.exports.all = () => module.exports.read(1);\n",
            )],
        ),
    ];
    let not_yet = [];
    check_reads("js", cases, &not_yet);
}
