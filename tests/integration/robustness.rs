//! No bytes on disk make it crash, hang, or end with a status of its own.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::project::{Project, Run, names};

/// Nothing here takes a second; a hang takes for ever.
const LIMIT: Duration = Duration::from_mins(1);

/// Levels or links beyond what recursion survives.
const MANY: usize = 100_000;

/// Analyses a project; the run must end by itself, in time and in order.
fn survive(project: &Project, arguments: &[&str]) -> Run {
    let output = project
        .command()
        .args([&["check", "--format=json"], arguments].concat())
        .timeout(LIMIT)
        .output();
    let run = Run::from(output.expect("the program starts"));
    // A signal, such as that of a stack overflow or of the time limit, leaves no status.
    let is_end = matches!(run.status, Some(0 | 1));
    let is_quiet = !run.stderr.contains("panicked") && !run.stderr.contains("internal error");
    assert!(
        is_end && is_quiet,
        "{:?}: {:?}: {}",
        names(project.path()),
        run.status,
        head(&run.stderr)
    );
    run
}

fn head(text: &str) -> String {
    text.chars().take(2_000).collect()
}

/// Files by name, each in a project of its own and all in one.
fn survive_each_and_all(files: &[(&str, String)]) {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    for &file in &files {
        survive(&Project::new(&[file]), &[]);
    }
    survive(&Project::new(&files), &[]);
}

fn nested(open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}\n", open.repeat(MANY), close.repeat(MANY))
}

#[test]
fn deep_nesting_costs_at_most_the_file() {
    survive_each_and_all(&[
        ("parentheses.py", nested("(", "x", ")")),
        ("lists.py", nested("[", "", "]")),
        ("dicts.py", nested("{1:", "x", "}")),
        ("calls.py", nested("f(", "x", ")")),
        ("lambdas.py", nested("lambda: ", "x", "")),
        ("unary.py", nested("not ", "x", "")),
        ("open.py", nested("(", "", "")),
        ("parentheses.js", nested("(", "x", ")")),
        ("arrays.js", nested("[", "", "]")),
        ("objects.js", nested("({a:", "x", "})")),
        ("calls.js", nested("f(", "x", ")")),
        ("arrows.js", nested("() => ", "x", "")),
        ("blocks.js", nested("{", "", "}")),
        ("loops.js", nested("for (const x of xs) ", ";", "")),
        ("templates.js", nested("`${", "x", "}`")),
        ("open.js", nested("[{(", "", "")),
        (
            "elements.tsx",
            format!("const x = {}", nested("<a>", "x", "</a>")),
        ),
        ("parentheses.ts", nested("(", "x", ")")),
        (
            "generics.ts",
            format!("type A = {}", nested("P<", "x", ">")),
        ),
        ("conditions.ts", nested("if (x) ", ";", "")),
        (
            "parentheses.sql",
            format!("select {}", nested("(", "1", ")")),
        ),
    ]);
}

#[test]
fn long_chains_cost_at_most_the_file() {
    let chain = |first: &str, link: &str| format!("{first}{}\n", link.repeat(MANY));
    survive_each_and_all(&[
        ("members.py", chain("x = y", ".a")),
        ("calls.py", chain("x = y", ".a()")),
        ("sum.py", chain("x = 1", " + 1")),
        ("elif.py", chain("if a:\n    b\n", "elif a:\n    b\n")),
        (
            "with.py",
            format!("with {}:\n    pass\n", vec!["a"; MANY].join(", ")),
        ),
        ("members.js", chain("const x = y", ".a")),
        ("calls.js", chain("const x = y", ".a()")),
        ("then.js", chain("fetch('/a')", ".then(a => a)")),
        ("sum.js", chain("const x = 'a'", " + 'a'")),
        ("else.js", chain("if (a) b();\n", "else if (a) b();\n")),
        ("union.ts", chain("type A = 1", " | 1")),
        ("assignments.js", chain("", "a = ") + "1;"),
        ("sum.sql", chain("select 1", " + 1")),
        ("union.sql", chain("select 1", " union select 1")),
    ]);
}

#[test]
fn text_that_takes_the_parser_for_ever_is_given_up() {
    // None of the comments ends, so each is looked for to the end of the file.
    let open_comments = "/* x\n".repeat(3 * MANY);
    let project = Project::new(&[("comments.ts", &open_comments), ("next.ts", "let x = [;\n")]);
    let run = survive(&project, &[]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("valid JSON");
    let notices = json["notices"].as_array().expect("a list");
    let messages: Vec<_> = notices.iter().map(|n| n["message"].as_str()).collect();
    let expected = [
        Some("line 1: parsing took too long"),
        Some("line 1: something is missing"),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn call_chains_through_many_functions_end() {
    let count = 20_000;
    let mut python = String::from("import requests\n\n\ndef f0(x):\n    requests.get(x)\n");
    let mut script = String::from("export function f0(x) { return fetch(x); }\n");
    for n in 1..count {
        let before = n - 1;
        let _ = writeln!(python, "def f{n}(x):\n    f{before}(x)");
        let _ = writeln!(script, "export function f{n}(x) {{ return f{before}(x); }}");
    }
    let last = count - 1;
    let _ = writeln!(python, "def all(xs):\n    for x in xs:\n        f{last}(x)");
    let _ = writeln!(
        script,
        "export function all(xs) {{ for (const x of xs) f{last}(x); }}"
    );
    survive_each_and_all(&[("chain.py", python), ("chain.js", script)]);
}

#[test]
fn odd_bytes_cost_at_most_the_file() {
    let project = Project::new(&[
        ("empty.py", ""),
        ("empty.ts", ""),
        ("empty.sql", ""),
        ("empty.vue", ""),
        ("empty.ipynb", ""),
        ("newlines.js", "\n\r\n\r\r\n"),
        ("spaces.py", "    \n\t\n        "),
        ("mark.py", "\u{feff}x = 1\n"),
        (
            "controls.js",
            "const \u{1b}[31m = '\u{202e}';\u{0b}\u{0c}\n",
        ),
    ]);
    let long = "x = [".to_owned() + &"1, ".repeat(350_000) + "]\n";
    let files: [(&str, &[u8]); 10] = [
        ("long.py", long.as_bytes()),
        ("long.ts", long.as_bytes()),
        ("string.js", &b"'".repeat(1_000_001)),
        ("nul.py", b"x = 1\0\ny = 2\n"),
        ("nul.js", &[0; 5_000]),
        ("latin1.py", b"name = 'caf\xe9'\n"),
        ("broken.ts", b"const a = '\xff\xfe\xf0\x28\x8c\x28';\n"),
        ("utf16.js", b"\xff\xfef\0(\0)\0"),
        ("half.py", b"x = '\xe2\x82"),
        ("random.tsx", &noise(100_000)),
    ];
    for (name, bytes) in files {
        fs::write(project.path().join(name), bytes).expect("a file");
    }
    let run = survive(&project, &[]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert!(
        report["summary"]["files"].as_u64() > Some(8),
        "{}",
        head(&run.stdout)
    );
    assert!(report["notices"].as_array().is_some_and(|n| n.len() > 3));
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_links_are_not_read() {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    let project = Project::new(&[("ok.py", "x = 1\n"), ("inner/ok.ts", "const x = 1;\n")]);
    let root = project.path();
    for name in [
        "pipe.py",
        "inner/pipe.ts",
        "inner/.gitignore",
        "inner/package.json",
    ] {
        let status = Command::new("mkfifo").arg(root.join(name)).status();
        assert!(status.expect("mkfifo starts").success());
    }
    for (target, name) in [
        ("/dev/zero", "zero.py"),
        ("/dev/zero", "zero.sql"),
        ("/dev/zero", ".gitignore"),
        ("/dev/zero", "package.json"),
        ("/dev/zero", "tsconfig.json"),
        ("/dev/stdin", "stdin.js"),
        ("/", "everything"),
        ("..", "inner/up"),
        ("loop.py", "loop.py"),
        ("nowhere", "dangling.ts"),
    ] {
        symlink(target, root.join(name)).expect("a link");
    }
    let run = survive(&project, &["--no-config"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["summary"]["files"], 2, "{}", head(&run.stdout));
}

#[test]
fn definitions_in_circles_end() {
    survive_each_and_all(&[
        ("self.ts", "export * from './self';\n".to_owned()),
        (
            "names.ts",
            "export { a as b, b as a } from './names';\n".to_owned(),
        ),
        ("types.ts", CIRCULAR_TYPES.to_owned()),
        ("values.ts", CIRCULAR_VALUES.to_owned()),
        ("values.js", CIRCULAR_VALUES.replace(": any", "")),
        ("values.py", CIRCULAR_PYTHON.to_owned()),
        ("models.py", CIRCULAR_MODELS.to_owned()),
    ]);
}

const CIRCULAR_TYPES: &str = "\
type A = B;
type B = A;
type C = C[];
type D = Promise<D>;
type E<T> = E<E<T>>;
interface F extends F { next: F }
interface G extends H { h: H }
interface H extends G { g: G }
class I extends I { i = new I(); }
class J extends K { run() { return super.run().j; } }
class K extends J { run() { return this.run().k; } }
export function walk(a: A, b: B, c: C, d: D, e: E<A>, f: F, g: G, i: I, j: J) {
  for (const x of a) for (const y of b.items) for (const z of c) use(x.next, y.next, z);
  for (const x of f.next.next) for (const y of g.h.g) if (x.id === y.id) use(i.i.i, j.run());
}
";

const CIRCULAR_VALUES: &str = "\
let a: any = a;
let b = c, c = b;
const d = () => d();
const e = () => f(), f = () => e();
function g() { return g; }
function h() { return h()(); }
const i = { get i() { return i; }, ...i };
const j = [j, ...j];
for (const k of k) for (const l of l.k) k(l);
export async function walk(m: any) {
  while (m) m = await m(m);
  for (const n of g()()) await n(d(), e(), h(), i.i.i, j[0][0], b, a);
  m.map((o: any) => walk(o)).map(walk);
  return walk(walk);
}
function count(day: any, days: any) {
  while (days < day) { day = day - days; days = days + day; use(day); }
}
class P { p = this.p; q = this.r(); r() { return this.q; } s = (x = this.s) => x; }
new P().p.q.r().s();
";

const CIRCULAR_PYTHON: &str = "\
x = x
a, b = b, a
f = lambda: f()
g = lambda: h()
h = lambda: g()


def again():
    return again


def twice():
    return twice()()


class Own(Own):
    own = own


class Left(Right):
    def run(self):
        return super().run().left


class Right(Left):
    def run(self):
        return self.run().right


class Loop:
    def __init__(self):
        self.a = self.b
        self.b = self.a

    @property
    def c(self):
        return self.c


@decorated
def decorated(f):
    return decorated(decorated)(f)


async def walk(items):
    for item in items:
        items = item.items
        for other in items:
            items = other
            await walk(walk(items))
    for y in again()():
        for z in twice():
            Loop().a.b.c(y, z, Own().own, Left().run(), x, f(), g())
    return [q for q in q for r in q if r == q]


def count(day, holidays):
    days = 0
    while days < day:
        day = day - days
        days = days + day
        for _ in range(days):
            holidays.append(day)
";

const CIRCULAR_MODELS: &str = "\
from django.db import models


class Node(Node, models.Model):
    parent = models.ForeignKey('self', on_delete=models.CASCADE)
    other = models.ForeignKey('Node', on_delete=models.CASCADE)
    objects = objects


def walk(node):
    node = node.parent
    for child in node.other.node_set.filter(parent=node).filter(other=node):
        walk(child.parent.parent.other)
        node = child
    while node:
        node = node.parent


def count(day, last):
    while day < last:
        day = day + 1
        if Node.objects.filter(day=day).exists():
            last = last - day
";

#[test]
fn imports_in_circles_end() {
    survive(
        &Project::new(&[
            (
                "a.ts",
                "import { b } from './b';\nexport const a = () => b();\n",
            ),
            (
                "b.ts",
                "import { a } from './a';\nexport const b = () => a();\n",
            ),
            ("star/a.ts", "export * from './b';\nexport * from '.';\n"),
            (
                "star/b.ts",
                "export * from './a';\nexport { x } from './a';\n",
            ),
            (
                "star/index.ts",
                "export * from './a';\nexport * from './b';\nexport * from '.';\n",
            ),
            (
                "star/use.ts",
                "import { x, y } from '.';\nfor (const z of y) x(z);\n",
            ),
            (
                "cjs/a.js",
                "const b = require('./b');\nmodule.exports = { ...b, a: b };\n",
            ),
            (
                "cjs/b.js",
                "module.exports = require('./a');\nmodule.exports.b = require('./b');\n",
            ),
            (
                "cjs/use.js",
                "const { a } = require('./a');\nfor (const x of a.b.a) a.b.a(x);\n",
            ),
            ("default/a.ts", "export { default } from './b';\n"),
            ("default/b.ts", "import b from './a';\nexport default b;\n"),
            (
                "default/use.ts",
                "import b from './a';\nfor (const x of b) b(x);\n",
            ),
            (
                "p/__init__.py",
                "from .a import *\nfrom . import b\nfrom .b import x as y\n",
            ),
            (
                "p/a.py",
                "from p import *\nfrom p.b import *\nfrom .b import y as x\n",
            ),
            (
                "p/b.py",
                "import p.b\nfrom .a import x\nfrom .b import x\nfrom . import y\n",
            ),
            (
                "p/use.py",
                "from p import x, y\nfor z in y:\n    x(z)\n    p.b.p.b.x(z)\n",
            ),
            (
                "q.py",
                "import q\nfrom q import q\n\n\nclass Q(q.Q):\n    q = q.q\n",
            ),
            ("r.py", "from s import S\n\n\nclass R(S):\n    pass\n"),
            (
                "s.py",
                "from r import R\n\n\nclass S(R):\n    pass\n\n\nS().run()\n",
            ),
            ("tsconfig.json", "{\"extends\": \"./tsconfig.json\"}"),
            (
                "one/tsconfig.json",
                "{\"extends\": \"../two/tsconfig.json\"}",
            ),
            (
                "two/tsconfig.json",
                "{\"extends\": \"../one/tsconfig.json\"}",
            ),
            (
                "two/x.ts",
                "import { a } from '@/../../../../etc/passwd';\na();\n",
            ),
            (
                "package.json",
                "{\"name\": \"x\", \"main\": \"package.json\", \"workspaces\": [\".\", \"..\", \"**\"]}",
            ),
        ]),
        &[],
    );
}

#[test]
fn malformed_manifests_are_passed_over() {
    let nested = format!("{}1{}", "{\"a\":".repeat(MANY), "}".repeat(MANY));
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"compilerOptions\": 1}",
        "{\"exports\": {\"a\": []}}",
        &nested,
    ] {
        survive(
            &Project::new(&[
                ("tsconfig.json", text),
                ("package.json", text),
                ("a.ts", "import { b } from '@/b';\nb();\n"),
                ("b.ts", "export const b = 1;\n"),
            ]),
            &["--no-config"],
        );
    }
}

/// Bytes that mean nothing, but the same ones each time.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        // No NUL, so that it counts as text.
        (state >> 8) as u8 | 1
    };
    (0..len).map(|_| next()).collect()
}
