//! How loops are bounded.

use super::link;
use crate::ir::LoopId;
use crate::link::cardinality::Cardinality::{self, Batches, Fixed, Rows, Unknown};
use crate::source::FileId;
use crate::source::Language::{self, Python, TypeScript};

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
