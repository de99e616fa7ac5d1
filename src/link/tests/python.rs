//! Modules, classes and values of Python.

use super::{PY_STORE, TS_STORE, check, effects_of_first, link, reads};

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
