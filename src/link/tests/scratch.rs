//! Scratch.
use super::{PY_STORE, TS_DEFAULT, TS_STORE, reads};

type Case<'a> = (&'a str, bool, &'a str, &'a [(&'a str, &'a str)]);

const REPO: (&str, &str) = (
    "repo.py",
    "import db\nclass Repo:\n    def load(self, k):\n        return db.load(k)\nclass Other:\n    def load(self, k):\n        return k\n",
);
const STORE: (&str, &str) = ("store.py", PY_STORE);
const TREPO: (&str, &str) = (
    "repo.ts",
    "import { load } from 'db';\nexport class Repo {\n  read(key: string) { return load(key); }\n}\nexport class Other {\n  read(key: string) { return key; }\n}\n",
);
const TSTORE: (&str, &str) = ("store.ts", TS_STORE);

#[test]
fn scratch_py() {
    let cases: &[Case] = &[
        (
            "map by name",
            true,
            "from store import load\ndef f(xs):\n    return list(map(load, xs))\n",
            &[STORE],
        ),
        (
            "param called",
            true,
            "from store import load\ndef each(fn, xs):\n    for x in xs:\n        fn(x)\ndef f(xs):\n    each(load, xs)\n",
            &[STORE],
        ),
        (
            "param called kw",
            true,
            "from store import load\ndef each(xs, fn=None):\n    for x in xs:\n        fn(x)\ndef f(xs):\n    each(xs, fn=load)\n",
            &[STORE],
        ),
        (
            "param called lambda",
            true,
            "from store import load\ndef each(fn, xs):\n    for x in xs:\n        fn(x)\ndef f(xs):\n    each(lambda x: load(x), xs)\n",
            &[STORE],
        ),
        (
            "param called through",
            true,
            "from store import load\ndef inner(fn, x):\n    fn(x)\ndef each(fn, xs):\n    for x in xs:\n        inner(fn, x)\ndef f(xs):\n    each(load, xs)\n",
            &[STORE],
        ),
        (
            "gather",
            true,
            "import asyncio\nfrom store import load\nasync def g(x):\n    return load(x)\nasync def f(xs):\n    await asyncio.gather(*[g(x) for x in xs])\n",
            &[STORE],
        ),
        (
            "dotted import",
            true,
            "import shop.rates\ndef f():\n    shop.rates.load(1)\n",
            &[("shop/__init__.py", ""), ("shop/rates.py", PY_STORE)],
        ),
        (
            "dotted import noinit",
            true,
            "import shop.rates\ndef f():\n    shop.rates.load(1)\n",
            &[("shop/rates.py", PY_STORE)],
        ),
        (
            "dotted import init content",
            true,
            "import shop.rates\ndef f():\n    shop.rates.load(1)\n",
            &[
                ("shop/__init__.py", "from .a import x\n"),
                ("shop/a.py", "x = 1\n"),
                ("shop/rates.py", PY_STORE),
            ],
        ),
        (
            "try import",
            true,
            "try:\n    from fast import load\nexcept ImportError:\n    from store import load\ndef f():\n    load(1)\n",
            &[STORE],
        ),
        (
            "try import none",
            true,
            "try:\n    from store import load\nexcept ImportError:\n    load = None\ndef f():\n    load(1)\n",
            &[STORE],
        ),
        (
            "cond import",
            true,
            "import sys\nif sys.version_info > (3,):\n    from store import load\nelse:\n    from other import load\ndef f():\n    load(1)\n",
            &[STORE],
        ),
        (
            "abstract impl",
            true,
            "from repo import Repo\nfrom abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def load(self, k): ...\nclass Impl(Base):\n    def load(self, k):\n        return Repo().load(k)\ndef f(b: Base):\n    b.load(1)\n",
            &[REPO],
        ),
        (
            "protocol impl",
            true,
            "from repo import Repo\nfrom typing import Protocol\nclass P(Protocol):\n    def load(self, k): ...\ndef f(b: P):\n    b.load(1)\n",
            &[REPO],
        ),
        (
            "template method",
            true,
            "import db\nclass Base:\n    def f(self):\n        return self.step(1)\n    def step(self, k):\n        raise NotImplementedError\nclass Impl(Base):\n    def step(self, k):\n        return db.load(k)\ndef f(b: Base):\n    b.f()\n",
            &[],
        ),
        (
            "template method pass",
            true,
            "import db\nclass Base:\n    def g(self):\n        return self.step(1)\n    def step(self, k):\n        pass\nclass Impl(Base):\n    def step(self, k):\n        return db.load(k)\ndef f():\n    Base().g()\n",
            &[],
        ),
        (
            "mixin host",
            true,
            "import db\nclass Mixin:\n    def g(self):\n        return self.step(1)\nclass Host(Mixin):\n    def step(self, k):\n        return db.load(k)\ndef f():\n    Host().g()\n",
            &[],
        ),
        (
            "property",
            true,
            "import db\nclass A:\n    @property\n    def rows(self):\n        return db.load(1)\ndef f(a: A):\n    return a.rows\n",
            &[],
        ),
        (
            "property self",
            true,
            "import db\nclass A:\n    @property\n    def rows(self):\n        return db.load(1)\n    def g(self):\n        return self.rows\ndef f(a: A):\n    return a.g()\n",
            &[],
        ),
        (
            "property fstring",
            true,
            "import db\nclass A:\n    @property\n    def rows(self):\n        return db.load(1)\ndef f(a: A):\n    return f'{a.rows}'\n",
            &[],
        ),
        (
            "property loop",
            true,
            "import db\nclass A:\n    @property\n    def rows(self):\n        return db.load(1)\ndef f(xs: list[A]):\n    return [a.rows for a in xs]\n",
            &[],
        ),
        (
            "cached_property",
            true,
            "import db\nfrom functools import cached_property\nclass A:\n    @cached_property\n    def rows(self):\n        return db.load(1)\ndef f(xs: list[A]):\n    return [a.rows for a in xs]\n",
            &[],
        ),
        (
            "property call result",
            true,
            "import db\nfrom repo import Repo\nclass A:\n    @property\n    def repo(self):\n        return Repo()\ndef f(a: A):\n    return a.repo.load(1)\n",
            &[REPO],
        ),
        (
            "lru_cache",
            false,
            "import db\nfrom functools import lru_cache\n@lru_cache()\ndef g(k):\n    return db.load(1)\ndef f(a):\n    return g(1)\n",
            &[],
        ),
        (
            "delay",
            false,
            "import db\nfrom celery import shared_task\n@shared_task\ndef g(k):\n    return db.load(1)\ndef f(a):\n    return g.delay(1)\n",
            &[],
        ),
        (
            "task called",
            true,
            "import db\nfrom celery import shared_task\n@shared_task\ndef g(k):\n    return db.load(1)\ndef f(a):\n    return g(1)\n",
            &[],
        ),
        (
            "decorator wrapper",
            true,
            "import db, functools\ndef deco(fn):\n    @functools.wraps(fn)\n    def inner(*a, **k):\n        db.load(1)\n        return fn(*a, **k)\n    return inner\n@deco\ndef g(k):\n    return 1\ndef f(a):\n    return g(1)\n",
            &[],
        ),
        (
            "callsite type",
            true,
            "from repo import Repo\ndef f(r):\n    return r.load(1)\ndef main():\n    f(Repo())\n",
            &[REPO],
        ),
        (
            "callsite type list",
            true,
            "from repo import Repo\ndef f(rs):\n    for r in rs:\n        r.load(1)\ndef main():\n    f([Repo()])\n",
            &[REPO],
        ),
        (
            "callsite type disagree",
            false,
            "from repo import Repo, Other\ndef f(r):\n    return r.load(1)\ndef main():\n    f(Repo())\n    f(3)\n    f('x')\n",
            &[REPO],
        ),
        (
            "callsite init",
            true,
            "from repo import Repo\nclass S:\n    def __init__(self, repo):\n        self.repo = repo\n    def f(self):\n        return self.repo.load(1)\ndef main():\n    S(Repo()).f()\ndef f():\n    S(Repo()).f()\n",
            &[REPO],
        ),
        (
            "depends",
            true,
            "from fastapi import Depends\nfrom repo import Repo\ndef get_repo():\n    return Repo()\ndef f(r = Depends(get_repo)):\n    return r.load(1)\n",
            &[REPO],
        ),
        (
            "depends gen",
            true,
            "from fastapi import Depends\nfrom repo import Repo\ndef get_repo():\n    yield Repo()\ndef f(r = Depends(get_repo)):\n    return r.load(1)\n",
            &[REPO],
        ),
        (
            "depends class",
            true,
            "from fastapi import Depends\nfrom repo import Repo\ndef f(r: Repo = Depends()):\n    return r.load(1)\n",
            &[REPO],
        ),
        (
            "depends annotated",
            true,
            "from fastapi import Depends\nfrom typing import Annotated\nfrom repo import Repo\ndef get_repo():\n    return Repo()\ndef f(r: Annotated[Repo, Depends(get_repo)]):\n    return r.load(1)\n",
            &[REPO],
        ),
        (
            "depends annotated alias",
            true,
            "from fastapi import Depends\nfrom typing import Annotated\nfrom repo import Repo\ndef get_repo():\n    return Repo()\nRepoDep = Annotated[Repo, Depends(get_repo)]\ndef f(r: RepoDep):\n    return r.load(1)\n",
            &[REPO],
        ),
        (
            "depends effect",
            true,
            "from fastapi import Depends\nimport db\ndef get_user():\n    return db.load(1)\ndef f(r = Depends(get_user)):\n    return r\n",
            &[],
        ),
        (
            "classmethod factory",
            true,
            "from repo import Repo as R\nclass Repo2(R):\n    @classmethod\n    def make(cls):\n        return cls()\ndef f():\n    Repo2.make().load(1)\n",
            &[REPO],
        ),
        (
            "classmethod factory inherited",
            true,
            "import db\nclass Base:\n    @classmethod\n    def make(cls):\n        return cls()\nclass R(Base):\n    def load(self, k):\n        return db.load(k)\ndef f():\n    R.make().load(1)\n",
            &[],
        ),
        (
            "self return chain",
            true,
            "import db\nclass Base:\n    def where(self):\n        return self\nclass R(Base):\n    def load(self, k):\n        return db.load(k)\ndef f():\n    R().where().load(1)\n",
            &[],
        ),
        (
            "guard optional arg",
            false,
            "import db\ndef g(k, full=False):\n    if full:\n        db.load(k)\n    return k\ndef f():\n    g(1)\n",
            &[],
        ),
        (
            "guard optional arg passed",
            true,
            "import db\ndef g(k, full=False):\n    if full:\n        db.load(k)\n    return k\ndef f():\n    g(1, full=True)\n",
            &[],
        ),
        (
            "guard optional arg positional",
            true,
            "import db\ndef g(k, full=False):\n    if full:\n        db.load(k)\n    return k\ndef f():\n    g(1, True)\n",
            &[],
        ),
        (
            "guard optional none",
            false,
            "import db\ndef g(k, user=None):\n    if user is not None:\n        db.load(k)\n    return k\ndef f():\n    g(1)\n",
            &[],
        ),
        (
            "guard inverted none",
            true,
            "import db\ndef g(k, user=None):\n    if user is None:\n        user = db.load(k)\n    return user\ndef f():\n    g(1)\n",
            &[],
        ),
        (
            "guard inverted none given",
            false,
            "import db\ndef g(k, user=None):\n    if user is None:\n        user = db.load(k)\n    return user\ndef f():\n    u = 1\n    g(1, user='x')\n",
            &[],
        ),
        (
            "context manager",
            true,
            "from repo import Repo\nclass Uow:\n    def __enter__(self):\n        return Repo()\n    def __exit__(self, *a): ...\ndef f():\n    with Uow() as r:\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "contextmanager gen",
            true,
            "from contextlib import contextmanager\nfrom repo import Repo\n@contextmanager\ndef uow():\n    yield Repo()\ndef f():\n    with uow() as r:\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "asynccontextmanager gen",
            true,
            "from contextlib import asynccontextmanager\nfrom repo import Repo\n@asynccontextmanager\nasync def uow():\n    yield Repo()\nasync def f():\n    async with uow() as r:\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "dict of services",
            true,
            "from repo import Repo\nS = {'r': Repo()}\ndef f():\n    S['r'].load(1)\n",
            &[REPO],
        ),
        (
            "dict get",
            true,
            "from repo import Repo\ndef f():\n    S = {}\n    S['r'] = Repo()\n    S['r'].load(1)\n",
            &[REPO],
        ),
        (
            "list append",
            true,
            "from repo import Repo\ndef f():\n    xs = []\n    xs.append(Repo())\n    for x in xs:\n        x.load(1)\n",
            &[REPO],
        ),
        (
            "tuple unpack",
            true,
            "from repo import Repo\ndef g():\n    return 1, Repo()\ndef f():\n    a, r = g()\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "enumerate",
            true,
            "from repo import Repo\ndef f(xs: list[Repo]):\n    for i, r in enumerate(xs):\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "dict items",
            true,
            "from repo import Repo\ndef f(xs: dict[str, Repo]):\n    for k, r in xs.items():\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "dict values",
            true,
            "from repo import Repo\ndef f(xs: dict[str, Repo]):\n    for r in xs.values():\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "zip",
            true,
            "from repo import Repo\ndef f(xs: list[Repo], ys):\n    for r, y in zip(xs, ys):\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "sorted",
            true,
            "from repo import Repo\ndef f(xs: list[Repo]):\n    for r in sorted(xs, key=lambda x: 1):\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "union",
            true,
            "from repo import Repo, Other\ndef f(r: Repo | Other):\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "ternary",
            true,
            "from repo import Repo, Other\ndef f(x):\n    r = Repo() if x else Other()\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "isinstance",
            true,
            "from repo import Repo, Other\ndef f(x):\n    if isinstance(x, Repo):\n        x.load(1)\n",
            &[REPO],
        ),
        (
            "class var registry",
            true,
            "from repo import Repo\nclass V:\n    repo_class = Repo\n    def g(self):\n        return self.repo_class().load(1)\ndef f():\n    V().g()\n",
            &[REPO],
        ),
        (
            "class var override",
            true,
            "import db\nfrom repo import Repo, Other\nclass V:\n    repo_class = None\n    def g(self):\n        return self.repo_class().load(1)\nclass W(V):\n    repo_class = Repo\ndef f():\n    W().g()\n",
            &[REPO],
        ),
        (
            "nested fn",
            true,
            "import db\ndef f():\n    def g():\n        return db.load(1)\n    return g()\n",
            &[],
        ),
        (
            "partial",
            true,
            "from functools import partial\nfrom store import load\ndef f():\n    g = partial(load, 1)\n    g()\n",
            &[STORE],
        ),
        (
            "thread pool map",
            true,
            "from concurrent.futures import ThreadPoolExecutor\nfrom store import load\ndef f(xs):\n    with ThreadPoolExecutor(4) as p:\n        return list(p.map(load, xs))\n",
            &[STORE],
        ),
        (
            "thread pool submit",
            true,
            "from concurrent.futures import ThreadPoolExecutor\nfrom store import load\ndef f(xs):\n    with ThreadPoolExecutor(4) as p:\n        return [p.submit(load, x) for x in xs]\n",
            &[STORE],
        ),
        (
            "run_in_executor",
            true,
            "import asyncio\nfrom store import load\nasync def f(xs):\n    await asyncio.to_thread(load, 1)\n",
            &[STORE],
        ),
        (
            "sync_to_async",
            true,
            "from asgiref.sync import sync_to_async\nfrom store import load\nasync def f(xs):\n    await sync_to_async(load)(1)\n",
            &[STORE],
        ),
        (
            "dunder call",
            true,
            "import db\nclass A:\n    def __call__(self, k):\n        return db.load(k)\ndef f(a: A):\n    a(1)\n",
            &[],
        ),
        (
            "str dunder",
            true,
            "import db\nclass A:\n    def __iter__(self):\n        return iter(db.load(1))\ndef f(a: A):\n    for x in a:\n        pass\n",
            &[],
        ),
        (
            "module getattr chain",
            true,
            "from services import repo\ndef f():\n    repo.load(1)\n",
            &[
                REPO,
                (
                    "services/__init__.py",
                    "from repo import Repo\nrepo = Repo()\n",
                ),
            ],
        ),
        (
            "all lazy",
            true,
            "def f():\n    import services\n    services.repo.load(1)\n",
            &[
                REPO,
                (
                    "services/__init__.py",
                    "from repo import Repo\nrepo = Repo()\n",
                ),
            ],
        ),
        (
            "generic base",
            true,
            "from repo import Repo\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\nclass Box(Generic[T]):\n    def __init__(self, item: T):\n        self.item = item\nclass RB(Box[Repo]):\n    def g(self):\n        return self.item.load(1)\ndef f(b: RB):\n    b.g()\n",
            &[REPO],
        ),
        (
            "walrus",
            true,
            "from repo import Repo\ndef f():\n    if (r := Repo()):\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "global singleton fn",
            true,
            "from repo import Repo\n_repo = None\ndef get():\n    global _repo\n    if _repo is None:\n        _repo = Repo()\n    return _repo\ndef f():\n    get().load(1)\n",
            &[REPO],
        ),
        (
            "self other field",
            true,
            "from repo import Repo\nclass A:\n    def setup(self):\n        self.r = Repo()\n    def g(self):\n        self.r.load(1)\ndef f():\n    A().g()\n",
            &[REPO],
        ),
        (
            "super init field",
            true,
            "from repo import Repo\nclass B:\n    def __init__(self, r: Repo):\n        self.r = r\nclass A(B):\n    def g(self):\n        self.r.load(1)\ndef f():\n    A().g()\n",
            &[REPO],
        ),
        (
            "dataclass",
            true,
            "from dataclasses import dataclass\nfrom repo import Repo\n@dataclass\nclass A:\n    r: Repo\n    def g(self):\n        self.r.load(1)\ndef f(a: A):\n    a.g()\n",
            &[REPO],
        ),
        (
            "type var param",
            true,
            "from repo import Repo\ndef f(cls: type[Repo]):\n    cls().load(1)\n",
            &[REPO],
        ),
        (
            "relative pkg sub",
            true,
            "from .services import store\ndef f():\n    store.load(1)\n",
            &[("services/store.py", PY_STORE)],
        ),
        (
            "overload methods",
            true,
            "from repo import Repo\nclass A(Repo):\n    def g(self):\n        return self.load(1)\nclass B(A):\n    pass\ndef f():\n    B().g()\n",
            &[REPO],
        ),
        (
            "task group",
            true,
            "import asyncio\nfrom store import load\nasync def g(x):\n    load(x)\nasync def f(xs):\n    async with asyncio.TaskGroup() as tg:\n        for x in xs:\n            tg.create_task(g(x))\n",
            &[STORE],
        ),
        (
            "async for",
            true,
            "from repo import Repo\nasync def g():\n    yield Repo()\nasync def f():\n    async for r in g():\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "next gen",
            true,
            "from repo import Repo\ndef f(xs: list[Repo]):\n    r = next(x for x in xs)\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "min key",
            true,
            "from repo import Repo\ndef f(xs: list[Repo]):\n    r = max(xs, key=len)\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "getattr str",
            true,
            "from repo import Repo\nclass A:\n    r = Repo()\ndef f(a: A):\n    getattr(a, 'r').load(1)\n",
            &[REPO],
        ),
        (
            "string annotation tc",
            true,
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from repo import Repo\ndef f(r: Repo):\n    r.load(1)\n",
            &[REPO],
        ),
        (
            "comprehension elem",
            true,
            "from repo import Repo\ndef f(ks):\n    rs = [Repo() for k in ks]\n    for r in rs:\n        r.load(1)\n",
            &[REPO],
        ),
        (
            "sort key",
            true,
            "from store import load\ndef f(xs):\n    return sorted(xs, key=load)\n",
            &[STORE],
        ),
        (
            "sort key method",
            true,
            "from store import load\ndef f(xs):\n    xs.sort(key=load)\n",
            &[STORE],
        ),
        (
            "filter",
            true,
            "from store import load\ndef f(xs):\n    return list(filter(load, xs))\n",
            &[STORE],
        ),
    ];
    run("py", cases);
}

fn run(ext: &str, cases: &[Case]) {
    let mut bad = Vec::new();
    for (name, want, app, others) in cases {
        let path = format!("a.{ext}");
        let mut files = vec![(path.as_str(), *app)];
        files.extend_from_slice(others);
        let got = std::panic::catch_unwind(|| reads(&files, "f"));
        match got {
            Ok(got) if got == *want => {}
            Ok(got) => bad.push(format!("{name}: {got}")),
            Err(_) => bad.push(format!("{name}: panic")),
        }
    }
    assert!(
        bad.is_empty(),
        "{} of {}\n{}",
        bad.len(),
        cases.len(),
        bad.join("\n")
    );
}

#[test]
fn scratch_ts() {
    let cases: &[Case] = &[
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
            "awilix fn",
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
    run("ts", cases);
}

#[test]
fn scratch_js() {
    let cases: &[Case] = &[
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
    run("js", cases);
}
