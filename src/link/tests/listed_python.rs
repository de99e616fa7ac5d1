//! The ways of Python to name what is called, one small project each: its call graph.

use super::{Listed, check_listed};

const STORE: (&str, &str) = (
    "store.py",
    "import db\ndef load(key):\n    return db.load(key)\n",
);
const REPO: (&str, &str) = (
    "repo.py",
    "import db\nclass Repo:\n    def load(self, key):\n        return db.load(key)\n",
);

/// Ways from an import to a file.
#[test]
fn python_modules() {
    let listed: &[Listed<'_>] = &[
        (
            "package",
            &[
                (
                    "app.py",
                    "import shop.data.store\nfrom shop.data import store\nfrom shop.data.store import load\ndef main():\n    shop.data.store.load(1)\n    store.load(1)\n    load(1)\n",
                ),
                ("shop/__init__.py", ""),
                ("shop/data/__init__.py", ""),
                (
                    "shop/data/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
            ],
            &[
                "app.py:main -> shop/data/store.py:load",
                "app.py:main -> shop/data/store.py:load",
                "app.py:main -> shop/data/store.py:load",
                "shop/data/store.py:load -> [db]",
                "app.py:main => shop/data/store.py:load => DbRead",
                "shop/data/store.py:load => DbRead",
            ],
        ),
        (
            "src layout",
            &[
                (
                    "tests/app.py",
                    "from shop.store import load\ndef main():\n    load(1)\n",
                ),
                ("src/shop/__init__.py", ""),
                (
                    "src/shop/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
            ],
            &[
                "tests/app.py:main -> src/shop/store.py:load",
                "src/shop/store.py:load -> [db]",
                "tests/app.py:main => src/shop/store.py:load => DbRead",
                "src/shop/store.py:load => DbRead",
            ],
        ),
        (
            "several roots",
            &[
                (
                    "backend/web/app.py",
                    "from data.store import load\nfrom web.view import show\ndef main():\n    load(1)\n    show(1)\n",
                ),
                (
                    "backend/web/view.py",
                    "from data.store import load\ndef show(key):\n    return load(key)\n",
                ),
                (
                    "libs/data/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
            ],
            &[
                "backend/web/app.py:main -> libs/data/store.py:load",
                "backend/web/app.py:main -> backend/web/view.py:show",
                "backend/web/view.py:show -> libs/data/store.py:load",
                "libs/data/store.py:load -> [db]",
                "backend/web/app.py:main => libs/data/store.py:load => DbRead",
                "backend/web/view.py:show => libs/data/store.py:load => DbRead",
                "libs/data/store.py:load => DbRead",
            ],
        ),
        (
            "relative imports",
            &[
                (
                    "shop/web/app.py",
                    "from . import store\nfrom .store import load\nfrom ..other import load as above\ndef main():\n    store.load(1)\n    load(1)\n    above(1)\n",
                ),
                (
                    "shop/web/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
                (
                    "shop/other.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
            ],
            &[
                "shop/web/app.py:main -> shop/web/store.py:load",
                "shop/web/app.py:main -> shop/web/store.py:load",
                "shop/web/app.py:main -> shop/other.py:load",
                "shop/web/store.py:load -> [db]",
                "shop/other.py:load -> [db]",
                "shop/web/app.py:main => shop/web/store.py:load => DbRead",
                "shop/web/store.py:load => DbRead",
                "shop/other.py:load => DbRead",
            ],
        ),
        (
            "re-exports of a package",
            &[
                (
                    "app.py",
                    "from shop import load, everything\ndef main():\n    load(1)\n    everything(1)\n",
                ),
                (
                    "shop/__init__.py",
                    "from .store import load\nfrom .all import *\n",
                ),
                (
                    "shop/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
                (
                    "shop/all.py",
                    "import db\n__all__ = ['everything']\ndef everything(key):\n    return db.load(key)\ndef hidden(key):\n    return key\n",
                ),
            ],
            &[
                "app.py:main -> shop/store.py:load",
                "app.py:main -> shop/all.py:everything",
                "shop/store.py:load -> [db]",
                "shop/all.py:everything -> [db]",
                "app.py:main => shop/store.py:load => DbRead",
                "shop/store.py:load => DbRead",
                "shop/all.py:everything => DbRead",
            ],
        ),
        (
            "names that __all__ lists",
            &[
                ("app.py", "from shop import *\ndef main():\n    load(1)\n"),
                (
                    "shop/__init__.py",
                    "from .store import load\n__all__ = ['load']\n",
                ),
                (
                    "shop/store.py",
                    "import db\ndef load(key):\n    return db.load(key)\n",
                ),
            ],
            &[
                "app.py:main -> shop/store.py:load",
                "shop/store.py:load -> [db]",
                "app.py:main => shop/store.py:load => DbRead",
                "shop/store.py:load => DbRead",
            ],
        ),
        (
            "conditional import",
            &[
                (
                    "app.py",
                    "import sys\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from repo import Repo\ntry:\n    from fast import load\nexcept ImportError:\n    from store import load\ndef main(repo: 'Repo'):\n    load(1)\n    repo.load(1)\n",
                ),
                STORE,
                REPO,
            ],
            &[
                "app.py:main -> store.py:load (medium)",
                "app.py:main -> repo.py:Repo.load",
                "store.py:load -> [db]",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "store.py:load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "import in a function",
            &[
                (
                    "app.py",
                    "def main():\n    from store import load\n    import repo\n    load(1)\n    repo.Repo().load(1)\n",
                ),
                STORE,
                REPO,
            ],
            &[
                "app.py:main -> store.py:load",
                "app.py:main -> new repo.py:Repo",
                "app.py:main -> repo.py:Repo.load",
                "store.py:load -> [db]",
                "repo.py:Repo.load -> [db]",
                "app.py:main => store.py:load => DbRead",
                "store.py:load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// Ways to know what a method is called on.
#[test]
fn python_receivers() {
    let listed: &[Listed<'_>] = &[
        (
            "constructor call",
            &[
                (
                    "app.py",
                    "from repo import Repo\ndef main():\n    Repo().load(1)\n    repo = Repo()\n    repo.load(1)\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> new repo.py:Repo",
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> new repo.py:Repo",
                "app.py:main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "annotation",
            &[
                (
                    "app.py",
                    "from typing import Optional\nfrom repo import Repo\ndef main(one: Repo, many: list[Repo], maybe: Optional[Repo] = None, other: Repo | None = None):\n    one.load(1)\n    for repo in many:\n        repo.load(1)\n    maybe.load(1)\n    other.load(1)\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "generic annotation",
            &[
                (
                    "app.py",
                    "from box import Box\nfrom repo import Repo\ndef main(box: Box[Repo]):\n    box.item.load(1)\n    box.open().load(1)\n",
                ),
                (
                    "box.py",
                    "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Box(Generic[T]):\n    def __init__(self, item: T):\n        self.item = item\n    def open(self) -> T:\n        return self.item\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> box.py:Box.open",
                "app.py:main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "generic base",
            &[
                (
                    "app.py",
                    "from base import Base\nfrom repo import Repo\nclass Service(Base[Repo]):\n    def main(self):\n        self.item.load(1)\n        self.item_class().load(1)\n        self.first().load(1)\n",
                ),
                (
                    "base.py",
                    "from typing import Generic, Optional, Type, TypeVar\nT = TypeVar('T')\nclass Base(Generic[T]):\n    item: T\n    item_class: Type[T]\n    def first(self) -> Optional[T]:\n        return self.item\n",
                ),
                REPO,
            ],
            &[
                "app.py:Service.main -> repo.py:Repo.load",
                "app.py:Service.main -> new repo.py:Repo",
                "app.py:Service.main -> repo.py:Repo.load",
                "app.py:Service.main -> base.py:Base.first",
                "app.py:Service.main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:Service.main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "generic class of the newer syntax",
            &[
                (
                    "app.py",
                    "from box import Box\nfrom repo import Repo\nclass RepoBox(Box[Repo]):\n    def main(self):\n        self.open().load(1)\n",
                ),
                (
                    "box.py",
                    "class Box[T]:\n    item: T\n    def open(self) -> T:\n        return self.item\n",
                ),
                REPO,
            ],
            &[
                "app.py:RepoBox.main -> box.py:Box.open",
                "app.py:RepoBox.main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:RepoBox.main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "result of a function",
            &[
                (
                    "app.py",
                    "from make import annotated, inferred\ndef main():\n    annotated().load(1)\n    inferred().load(1)\n",
                ),
                (
                    "make.py",
                    "from repo import Repo\ndef annotated() -> Repo: ...\ndef inferred():\n    return Repo()\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> make.py:annotated",
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> make.py:inferred",
                "app.py:main -> repo.py:Repo.load",
                "make.py:inferred -> new repo.py:Repo",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "result of a library",
            &[
                (
                    "app.py",
                    "from client import client\ndef main():\n    client.load(1)\n    for row in client.find(1):\n        print(row)\n",
                ),
                ("client.py", "import db\nclient = db.Client()\n"),
            ],
            &[
                "app.py:main -> [db]",
                "app.py:main -> [db]",
                "app.py:main => DbRead",
            ],
        ),
        (
            "field set anywhere in the class",
            &[
                (
                    "app.py",
                    "from repo import Repo\nclass Service:\n    repo = None\n    def connect(self):\n        self.repo = Repo()\n    def main(self):\n        self.repo.load(1)\n",
                ),
                REPO,
            ],
            &[
                "app.py:Service.connect -> new repo.py:Repo",
                "app.py:Service.main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:Service.main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "class attribute",
            &[
                (
                    "app.py",
                    "from repo import Repo\nclass Service:\n    repo_class = Repo\n    repo = Repo()\n    def main(self):\n        self.repo.load(1)\n        self.repo_class().load(1)\n",
                ),
                REPO,
            ],
            &[
                "app.py: -> new repo.py:Repo",
                "app.py:Service.main -> repo.py:Repo.load",
                "app.py:Service.main -> new repo.py:Repo",
                "app.py:Service.main -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:Service.main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "inheritance and mixins",
            &[
                (
                    "app.py",
                    "from mixins import Loads, Named\nclass Service(Named, Loads):\n    def main(self):\n        self.load_all()\n        self.label()\n",
                ),
                (
                    "mixins.py",
                    "import db\nclass Loads:\n    def load_all(self):\n        return db.load(self.key())\nclass Named:\n    def label(self):\n        return self.load_all()\n    def key(self):\n        return 1\n",
                ),
            ],
            &[
                "app.py:Service.main -> mixins.py:Loads.load_all",
                "app.py:Service.main -> mixins.py:Named.label",
                "mixins.py:Loads.load_all -> mixins.py:Named.key",
                "mixins.py:Loads.load_all -> [db]",
                "mixins.py:Named.label -> mixins.py:Loads.load_all",
                "app.py:Service.main => mixins.py:Loads.load_all => DbRead",
                "mixins.py:Loads.load_all => DbRead",
                "mixins.py:Named.label => mixins.py:Loads.load_all => DbRead",
            ],
        ),
        (
            "super",
            &[
                (
                    "app.py",
                    "from repo import Repo\nclass Cached(Repo):\n    def load(self, key):\n        return super().load(key)\nclass Twice(Cached):\n    def load(self, key):\n        return super(Twice, self).load(key)\n",
                ),
                REPO,
            ],
            &[
                "app.py:Cached.load -> repo.py:Repo.load",
                "app.py:Twice.load -> app.py:Cached.load",
                "repo.py:Repo.load -> [db]",
                "app.py:Cached.load => repo.py:Repo.load => DbRead",
                "app.py:Twice.load => app.py:Cached.load => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "protocol with two implementations",
            &[
                (
                    "app.py",
                    "from ports import Source\ndef main(source: Source):\n    source.load(1)\n",
                ),
                (
                    "ports.py",
                    "from typing import Protocol\nclass Source(Protocol):\n    def load(self, key): ...\n",
                ),
                (
                    "one.py",
                    "import db\nclass One:\n    def load(self, key):\n        return db.load(key)\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> ports.py:Source.load",
                "one.py:One.load -> [db]",
                "repo.py:Repo.load -> [db]",
                "app.py:main => one.py:One.load => DbRead (medium)",
                "one.py:One.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "abstract class",
            &[
                (
                    "app.py",
                    "from ports import Source\ndef main(source: Source):\n    source.all()\n",
                ),
                (
                    "ports.py",
                    "from abc import ABC, abstractmethod\nclass Source(ABC):\n    @abstractmethod\n    def load(self, key): ...\n    def all(self):\n        return self.load('all')\n",
                ),
                (
                    "one.py",
                    "import db\nfrom ports import Source\nclass One(Source):\n    def load(self, key):\n        return db.load(key)\n",
                ),
            ],
            &[
                "app.py:main -> ports.py:Source.all",
                "ports.py:Source.all -> ports.py:Source.load",
                "one.py:One.load -> [db]",
                "app.py:main => ports.py:Source.all => one.py:One.load => DbRead",
                "ports.py:Source.all => one.py:One.load => DbRead",
                "one.py:One.load => DbRead",
            ],
        ),
        (
            "module singleton",
            &[
                (
                    "app.py",
                    "import services\nfrom services import repo\ndef main():\n    repo.load(1)\n    services.repo.load(1)\n    services.get_repo().load(1)\n",
                ),
                (
                    "services.py",
                    "from repo import Repo\nrepo = Repo()\n_other = None\ndef get_repo():\n    global _other\n    if _other is None:\n        _other = Repo()\n    return _other\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> repo.py:Repo.load",
                "app.py:main -> services.py:get_repo",
                "app.py:main -> repo.py:Repo.load",
                "services.py: -> new repo.py:Repo",
                "services.py:get_repo -> new repo.py:Repo",
                "repo.py:Repo.load -> [db]",
                "app.py:main => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "Depends",
            &[
                (
                    "app.py",
                    "from typing import Annotated\nfrom fastapi import Depends, FastAPI\nfrom deps import RepoDep, get_repo\nfrom repo import Repo\napp = FastAPI()\n@app.get('/a')\ndef a(repo=Depends(get_repo)):\n    return repo.load(1)\n@app.get('/b')\ndef b(repo: Annotated[Repo, Depends(get_repo)]):\n    return repo.load(1)\n@app.get('/c')\ndef c(repo: RepoDep):\n    return repo.load(1)\n",
                ),
                (
                    "deps.py",
                    "from typing import Annotated\nfrom fastapi import Depends\nfrom repo import Repo\ndef get_repo():\n    yield Repo()\nRepoDep = Annotated[Repo, Depends(get_repo)]\n",
                ),
                REPO,
            ],
            &[
                "app.py:a -> repo.py:Repo.load",
                "app.py:b -> repo.py:Repo.load",
                "app.py:c -> repo.py:Repo.load",
                "deps.py:get_repo -> new repo.py:Repo",
                "repo.py:Repo.load -> [db]",
                "app.py:a => repo.py:Repo.load => DbRead",
                "app.py:b => repo.py:Repo.load => DbRead",
                "app.py:c => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "context object",
            &[
                (
                    "app.py",
                    "def resolve(root, info):\n    return info.context.repo.load(1)\n",
                ),
                (
                    "server.py",
                    "from repo import Repo\ndef get_context(context):\n    context.repo = Repo()\n    return context\n",
                ),
                REPO,
            ],
            &[
                "app.py:resolve -> repo.py:Repo.load (medium)",
                "server.py:get_context -> new repo.py:Repo",
                "repo.py:Repo.load -> [db]",
                "app.py:resolve => repo.py:Repo.load => DbRead (medium)",
                "repo.py:Repo.load => DbRead",
            ],
        ),
        (
            "query set method behind another",
            &[
                (
                    "app.py",
                    "from models import Shop\ndef main():\n    return Shop.objects.using('replica').open()\n",
                ),
                (
                    "models.py",
                    "from django.db import models\nimport db\nclass ShopQuerySet(models.QuerySet):\n    def open(self):\n        db.load(1)\n        return self\nclass Shop(models.Model):\n    objects = models.Manager.from_queryset(ShopQuerySet)()\n",
                ),
            ],
            &[
                "app.py:main -> models.py:ShopQuerySet.open (medium)",
                "models.py: -> new models.py:ShopQuerySet",
                "models.py:ShopQuerySet.open -> [db]",
                "app.py:main => models.py:ShopQuerySet.open => DbRead (medium)",
                "models.py:ShopQuerySet.open => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// Ways a function comes to run per element.
#[test]
fn python_callbacks() {
    let listed: &[Listed<'_>] = &[
        (
            "known iterators",
            &[
                (
                    "app.py",
                    "from store import load\ndef main(keys):\n    list(map(load, keys))\n    sorted(keys, key=load)\n    [load(key) for key in keys]\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> store.py:load",
                "store.py:load -> [db]",
                "app.py:main => store.py:load => DbRead (medium)",
                "store.py:load => DbRead",
            ],
        ),
        (
            "project function that loops",
            &[
                (
                    "app.py",
                    "from each import each\nfrom store import load\ndef main(keys):\n    each(keys, load)\n    each(keys, lambda key: load(key))\n",
                ),
                (
                    "each.py",
                    "def each(keys, run):\n    for key in keys:\n        run(key)\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> each.py:each",
                "app.py:main -> each.py:each",
                "app.py:main -> store.py:load",
                "each.py:each -> parameter 1",
                "store.py:load -> [db]",
                "app.py:main => store.py:load => DbRead (medium) repeated",
                "app.py:main => store.py:load => DbRead",
                "store.py:load => DbRead",
            ],
        ),
        (
            "gather",
            &[
                (
                    "app.py",
                    "import asyncio\nfrom store import load\nasync def one(key):\n    return load(key)\nasync def main(keys):\n    await asyncio.gather(*[one(key) for key in keys])\n    await asyncio.gather(*(one(key) for key in keys))\n",
                ),
                STORE,
            ],
            &[
                "app.py:one -> store.py:load",
                "app.py:main -> app.py:one",
                "app.py:main -> app.py:one",
                "store.py:load -> [db]",
                "app.py:one => store.py:load => DbRead",
                "app.py:main => app.py:one => store.py:load => DbRead repeated",
                "store.py:load => DbRead",
            ],
        ),
        (
            "pool and semaphore",
            &[
                (
                    "app.py",
                    "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\nfrom store import load\ndef pooled(keys):\n    with ThreadPoolExecutor(4) as pool:\n        list(pool.map(load, keys))\nasync def main(keys):\n    semaphore = asyncio.Semaphore(4)\n    async def one(key):\n        async with semaphore:\n            return load(key)\n    await asyncio.gather(*[one(key) for key in keys])\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> app.py:one",
                "app.py:one -> store.py:load",
                "store.py:load -> [db]",
                "app.py:pooled => store.py:load => DbRead (medium)",
                "app.py:main => app.py:one => store.py:load => DbRead repeated",
                "app.py:main => app.py:one => Lock repeated",
                "app.py:one => store.py:load => DbRead",
                "app.py:one => Lock",
                "store.py:load => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// What a function does, by what it calls.
#[test]
fn python_summaries() {
    let listed: &[Listed<'_>] = &[
        (
            "shortest chain",
            &[
                (
                    "app.py",
                    "from far import far\nfrom store import load\ndef main():\n    far(1)\n    load(1)\n",
                ),
                (
                    "far.py",
                    "from store import load\ndef far(key):\n    return near(key)\ndef near(key):\n    return load(key)\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> far.py:far",
                "app.py:main -> store.py:load",
                "far.py:far -> far.py:near",
                "far.py:near -> store.py:load",
                "store.py:load -> [db]",
                "app.py:main => store.py:load => DbRead",
                "far.py:far => far.py:near => store.py:load => DbRead",
                "far.py:near => store.py:load => DbRead",
                "store.py:load => DbRead",
            ],
        ),
        (
            "effects by kind",
            &[
                (
                    "app.py",
                    "from everything import everything\ndef main():\n    everything(1)\n",
                ),
                (
                    "everything.py",
                    "import db\nclient = db.Client()\nsession = db.Session()\ndef everything(key):\n    client.load(key)\n    client.load(key, into=1)\n    client.load(key, 1)\n    session.save(key)\n",
                ),
            ],
            &[
                "app.py:main -> everything.py:everything",
                "everything.py:everything -> [db]",
                "everything.py:everything -> [db]",
                "everything.py:everything -> [db]",
                "everything.py:everything -> [db]",
                "app.py:main => everything.py:everything => DbRead",
                "app.py:main => everything.py:everything => DbWrite",
                "app.py:main => everything.py:everything => Commit",
                "everything.py:everything => DbRead",
                "everything.py:everything => DbWrite",
                "everything.py:everything => Commit",
            ],
        ),
        (
            "recursion",
            &[
                (
                    "app.py",
                    "from store import load\ndef main(node):\n    load(node.id)\n    for child in node.children:\n        main(child)\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> store.py:load",
                "app.py:main -> app.py:main",
                "store.py:load -> [db]",
                "app.py:main => store.py:load => DbRead",
                "store.py:load => DbRead",
            ],
        ),
        (
            "memoised",
            &[
                (
                    "app.py",
                    "from cached import Prices, cached\ndef main(prices: Prices):\n    cached(1)\n    prices.all\n",
                ),
                (
                    "cached.py",
                    "from functools import cached_property, lru_cache\nfrom store import load\n@lru_cache(maxsize=10)\ndef cached(key):\n    return load(key)\nclass Prices:\n    @cached_property\n    def all(self):\n        return load('all')\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> cached.py:cached",
                "cached.py:cached -> store.py:load",
                "cached.py:Prices.all -> store.py:load",
                "store.py:load -> [db]",
                "app.py:main => cached.py:Prices.all => store.py:load => DbRead",
                "cached.py:cached => store.py:load => DbRead",
                "cached.py:Prices.all => store.py:load => DbRead",
                "store.py:load => DbRead",
            ],
        ),
        (
            "dict checked first",
            &[
                (
                    "app.py",
                    "from prices import Prices\ndef main(prices: Prices, keys):\n    for key in keys:\n        prices.of(key)\n",
                ),
                (
                    "prices.py",
                    "from store import load\nclass Prices:\n    def __init__(self):\n        self.known = {}\n    def of(self, key):\n        if key not in self.known:\n            self.known[key] = load(key)\n        return self.known[key]\n",
                ),
                STORE,
            ],
            &[
                "app.py:main -> prices.py:Prices.of",
                "prices.py:Prices.of -> store.py:load",
                "store.py:load -> [db]",
                "store.py:load => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}

/// A project's own data layer does what its body does.
#[test]
fn python_wrappers() {
    let listed: &[Listed<'_>] = &[
        (
            "database class",
            &[
                (
                    "app.py",
                    "from database import Database\nclass Users(Database):\n    def main(self, ids):\n        return [self.simple_select_one('users', key) for key in ids]\n",
                ),
                (
                    "database.py",
                    "import db\nclass Database:\n    def __init__(self):\n        self.client = db.Client()\n    def run(self, sql, *args):\n        return self.client.load(sql)\n    def simple_select_one(self, table, key):\n        return self.run(f'SELECT * FROM {table} WHERE id = %s', key)\n",
                ),
            ],
            &[
                "app.py:Users.main -> database.py:Database.simple_select_one",
                "database.py:Database.run -> [db]",
                "database.py:Database.simple_select_one -> database.py:Database.run",
                "app.py:Users.main => database.py:Database.simple_select_one => database.py:Database.run => DbRead repeated",
                "database.py:Database.run => DbRead",
                "database.py:Database.simple_select_one => database.py:Database.run => DbRead",
            ],
        ),
        (
            "use case",
            &[
                (
                    "app.py",
                    "from get_order import GetOrder\ndef main(key):\n    return GetOrder().execute(key)\n",
                ),
                (
                    "use_case.py",
                    "class UseCase:\n    def execute(self, key):\n        return self.run(key)\n    def run(self, key):\n        raise NotImplementedError\n",
                ),
                (
                    "get_order.py",
                    "from repo import Repo\nfrom use_case import UseCase\nclass GetOrder(UseCase):\n    def __init__(self):\n        self.repo = Repo()\n    def run(self, key):\n        return self.repo.load(key)\n",
                ),
                REPO,
            ],
            &[
                "app.py:main -> new get_order.py:GetOrder",
                "app.py:main -> use_case.py:UseCase.execute",
                "use_case.py:UseCase.execute -> use_case.py:UseCase.run",
                "get_order.py:GetOrder.__init__ -> new repo.py:Repo",
                "get_order.py:GetOrder.run -> repo.py:Repo.load",
                "repo.py:Repo.load -> [db]",
                "app.py:main => use_case.py:UseCase.execute => get_order.py:GetOrder.run => repo.py:Repo.load => DbRead",
                "use_case.py:UseCase.execute => get_order.py:GetOrder.run => repo.py:Repo.load => DbRead",
                "get_order.py:GetOrder.run => repo.py:Repo.load => DbRead",
                "repo.py:Repo.load => DbRead",
            ],
        ),
    ];
    check_listed(listed);
}
