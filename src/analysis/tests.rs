//! Tests of definitions and uses, and of the questions that build on them.
//!
//! A source marks what is asked about with calls of free names: `see(x)` a use, `mark()` an
//! origin, `site()` the call that decides or that a memo guards.

use super::def_use::{Def, DefId};
use super::facts::{self, FileFacts};
use crate::ir::{Expr, ExprId, FunctionId, LoopId, StmtId, pretty};
use crate::source::{Context, Language, SourceFile};

use Language::{JavaScript, Python};

fn facts_of(language: Language, source: &str) -> FileFacts {
    let facts = facts::of_file(&SourceFile {
        path: "file".to_owned(),
        language,
        context: Context::Product,
        text: source.to_owned(),
        is_verbatim: true,
    });
    assert_eq!(facts.module.errors, [], "{source}");
    facts
}

/// The calls of a free name, in evaluation order of each function.
fn calls_of(facts: &FileFacts, name: &str) -> Vec<(ExprId, StmtId)> {
    let module = &facts.module;
    let is_call = |id| match module.expr(id) {
        Expr::Call { callee, .. } => {
            matches!(module.expr(callee), Expr::Name(n) if module.text(n) == name)
        }
        _ => false,
    };
    let sites = module.sites.iter().filter(|site| is_call(site.expr));
    sites.map(|site| (site.expr, site.stmt)).collect()
}

fn only_call(facts: &FileFacts, name: &str) -> (ExprId, StmtId) {
    let calls = calls_of(facts, name);
    assert_eq!(calls.len(), 1, "calls of {name}");
    calls[0]
}

fn first_argument(facts: &FileFacts, call: ExprId) -> ExprId {
    match facts.module.expr(call) {
        Expr::Call { args, .. } => facts.module.list(args)[0],
        other => panic!("not a call: {other:?}"),
    }
}

/// The definitions that each `see(x)` sees, one line for each: values, `entry` or `captured`
/// for what the function finds when it starts, `a | b` for a join, `L0(before; left by trips)`
/// for a value carried by a loop.
fn check(language: Language, source: &str, expect: &[&str]) {
    let facts = facts_of(language, source);
    let seen: Vec<String> = calls_of(&facts, "see")
        .into_iter()
        .map(|(call, _)| {
            let def = facts.def_use.reaching(first_argument(&facts, call));
            def.map_or("nothing".to_owned(), |def| {
                print_def(&facts, def, &mut Vec::new())
            })
        })
        .collect();
    assert_eq!(seen, expect, "{source}");
}

fn print_def(facts: &FileFacts, id: DefId, open: &mut Vec<DefId>) -> String {
    if open.contains(&id) {
        return "…".to_owned();
    }
    open.push(id);
    let mut print = |ids: &[DefId], separator: &str| {
        let texts: Vec<_> = ids.iter().map(|&id| print_def(facts, id, open)).collect();
        texts.join(separator)
    };
    let text = match facts.def_use.def(id) {
        Def::Entry { local, function } => {
            let is_own = facts.module.local(*local).function == *function;
            if is_own { "entry" } else { "captured" }.to_owned()
        }
        Def::Value { value, .. } => pretty::expr(&facts.module, *value),
        Def::Augmented {
            previous,
            op,
            value,
            ..
        } => {
            let value = pretty::expr(&facts.module, *value);
            format!("({}) {op}= {value}", print(&[*previous], ""))
        }
        Def::Join { operands, .. } => print(operands, " | "),
        Def::Carried {
            lp, entry, back, ..
        } => {
            let entry = print(&[*entry], "");
            format!("L{}({entry}; {})", lp.0, print(back, ", "))
        }
    };
    open.pop();
    text
}

// --- reaching definitions ---------------------------------------------------------------------

#[test]
fn later_assignment_replaces_earlier() {
    check(Python, "x = 1\nsee(x)\nx = 2\nsee(x)\n", &["1", "2"]);
    check(JavaScript, "let x = 1; see(x); x = 2; see(x);", &["1", "2"]);
}

#[test]
fn parameters_imports_and_declarations_are_entries() {
    check(
        Python,
        "import a\ndef f(p):\n    see(p)\ndef g(): ...\nsee(a)\nsee(g)\n",
        &["entry", "entry", "entry"],
    );
    check(
        JavaScript,
        "function f(p) { see(p); }\nclass C {}\nsee(C);",
        &["entry", "entry"],
    );
}

#[test]
fn branches_join() {
    check(
        Python,
        "x = 1\nif a:\n    x = 2\nelif b:\n    x = 3\nsee(x)\n",
        &["2 | 1 | 3"],
    );
    check(
        JavaScript,
        "let x = 1; if (a) { x = 2; } else { x = 3; } see(x);",
        &["2 | 3"],
    );
}

#[test]
fn branch_that_leaves_does_not_join() {
    check(
        Python,
        "def f(a):\n    x = 1\n    if a:\n        x = 2\n        return x\n    see(x)\n",
        &["1"],
    );
    check(
        JavaScript,
        "let x = 1; if (a) { x = 2; throw x; } see(x);",
        &["1"],
    );
}

#[test]
fn branch_without_assignment_keeps_the_definition() {
    check(Python, "x = 1\nif a:\n    y = 2\nsee(x)\n", &["1"]);
}

#[test]
fn name_assigned_in_one_branch_may_be_unassigned() {
    check(Python, "if a:\n    x = 1\nsee(x)\n", &["1 | entry"]);
}

#[test]
fn match_cases_join() {
    check(
        Python,
        "x = 0\nmatch a:\n    case 1:\n        x = 1\nsee(x)\n",
        &["0 | 1"],
    );
    check(
        Python,
        "x = 0\nmatch a:\n    case 1:\n        x = 1\n    case _:\n        x = 2\nsee(x)\n",
        &["1 | 2"],
    );
}

#[test]
fn loop_carries_what_trips_leave() {
    check(
        Python,
        "x = 1\nfor a in b:\n    see(x)\n    x = 2\nsee(x)\n",
        &["L0(1; 2)", "L0(1; 2)"],
    );
    check(
        JavaScript,
        "let x = 1; while (a) { see(x); x = 2; } see(x);",
        &["L0(1; 2)", "L0(1; 2)"],
    );
}

#[test]
fn loop_element_is_defined_each_trip() {
    check(Python, "for a in b:\n    see(a)\n", &["<L0>"]);
    check(JavaScript, "for (const a of b) { see(a); }", &["<L0>"]);
}

#[test]
fn name_not_assigned_in_the_loop_is_not_carried() {
    check(Python, "x = 1\nfor a in b:\n    see(x)\n", &["1"]);
}

#[test]
fn name_set_before_use_in_each_trip_is_not_carried_into_it() {
    check(Python, "for a in b:\n    x = a\n    see(x)\n", &["a"]);
}

#[test]
fn nested_loops_carry_through_both() {
    check(
        Python,
        "x = 1\nfor a in b:\n    for c in d:\n        see(x)\n        x = 2\n",
        &["L1(L0(1; …); 2)"],
    );
}

#[test]
fn counter_of_a_counted_loop_is_carried_by_its_update() {
    check(
        JavaScript,
        "for (let i = 0; i < n; i += 2) { see(i); }",
        &["L0(0; (…) += 2)"],
    );
}

#[test]
fn augmented_assignment_keeps_the_definition_before() {
    check(Python, "x = 1\nx += a\nsee(x)\n", &["(1) += 'a'"]);
    check(
        JavaScript,
        "let x = ''; for (const a of b) { x += a; } see(x);",
        &["L0(\"\"; (…) += a)"],
    );
}

#[test]
fn break_leaves_its_state_after_the_loop_only() {
    check(
        Python,
        "x = 1\nfor a in b:\n    see(x)\n    if a:\n        x = 2\n        break\nsee(x)\n",
        &["L0(1; )", "L0(1; ) | 2"],
    );
}

#[test]
fn endless_loop_is_left_by_break_only() {
    check(
        JavaScript,
        "let x = 1; while (true) { x = 2; if (a) { x = 3; break; } } see(x);",
        &["3"],
    );
}

#[test]
fn continue_hands_its_state_to_the_next_trip() {
    check(
        Python,
        "x = 1\nfor a in b:\n    see(x)\n    if a:\n        x = 2\n        continue\n    x = 3\n",
        &["L0(1; 2, 3)"],
    );
}

#[test]
fn labelled_break_leaves_the_outer_loop() {
    check(
        JavaScript,
        "let x = 1; outer: for (const a of b) { see(x); for (const c of a) { x = 2; break outer; } } see(x);",
        &["L0(1; L1(…; ))", "L0(1; L1(…; )) | 2"],
    );
}

#[test]
fn handler_may_see_the_state_before_the_body() {
    check(
        Python,
        "x = 1\ntry:\n    x = 2\nexcept E:\n    see(x)\n    x = 3\nsee(x)\n",
        &["1", "2 | 3"],
    );
    check(
        JavaScript,
        "let x = 1; try { x = 2; } catch (e) { see(x); } see(x);",
        &["1", "1 | 2"],
    );
}

#[test]
fn handler_that_leaves_does_not_join() {
    check(
        Python,
        "def f():\n    try:\n        x = 1\n    except E:\n        return\n    see(x)\n",
        &["1"],
    );
}

#[test]
fn finally_follows_body_and_handlers() {
    check(
        Python,
        "x = 1\ntry:\n    x = 2\nexcept E:\n    x = 3\nfinally:\n    see(x)\n",
        &["2 | 3"],
    );
}

#[test]
fn captured_names_are_entries_of_the_inner_function() {
    check(
        Python,
        "def f():\n    x = 1\n    def g():\n        see(x)\n    x = 2\n    see(x)\n",
        &["2", "captured"],
    );
    check(
        JavaScript,
        "function f() { let x = 1; const g = () => see(x); see(x); }",
        &["1", "captured"],
    );
}

#[test]
fn assignment_in_an_inner_function_is_not_seen_outside() {
    check(
        Python,
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        see(x)\n    see(x)\n",
        &["1", "2"],
    );
}

#[test]
fn destructuring_takes_parts() {
    check(
        Python,
        "a, (b, *c) = v\nsee(a)\nsee(b)\nsee(c)\n",
        &["'v'[0]", "'v'[1][0]", "?{'v'[1]}"],
    );
    check(
        JavaScript,
        "const { a, b: [c], d = 1, ...e } = v; see(a); see(c); see(d); see(e);",
        &["'v'.a", "'v'.b[0]", "('v'.d default 1)", "?{'v'}"],
    );
}

#[test]
fn destructured_parameters_and_elements_have_values() {
    check(
        JavaScript,
        "function f({ a }) { see(a); }",
        &["<param 0>.a"],
    );
    check(Python, "for a, b in c:\n    see(b)\n", &["<L0>[1]"]);
}

#[test]
fn swap_reads_before_it_writes() {
    check(
        Python,
        "a = 1\nb = 2\na, b = b, a\nsee(a)\nsee(b)\n",
        &["(b, a)[0]", "(b, a)[1]"],
    );
}

#[test]
fn with_and_walrus_define() {
    check(Python, "with a as x:\n    see(x)\n", &["entered 'a'"]);
    check(Python, "if (x := a):\n    see(x)\n", &["'a'"]);
}

#[test]
fn single_value_is_known_for_one_assignment_only() {
    for (source, expect) in [
        ("x = 1\nsee(x)\n", Some("1")),
        ("x = 1\nx = 2\nsee(x)\n", None),
        ("x = 1\nx += 2\nsee(x)\n", None),
    ] {
        let facts = facts_of(Python, source);
        let (see, _) = only_call(&facts, "see");
        let Expr::Local(local) = facts.module.expr(first_argument(&facts, see)) else {
            panic!("not a local: {source}");
        };
        let value = facts.def_use.single_value(local);
        let text = value.map(|value| pretty::expr(&facts.module, value));
        assert_eq!(text.as_deref(), expect, "{source}");
    }
}

// --- questions --------------------------------------------------------------------------------

#[test]
fn origins_are_followed_through_names_and_parts() {
    for (language, source, expect) in [
        (Python, "see(mark())", true),
        (Python, "x = mark()\nsee(x)", true),
        (Python, "x = mark()\nx = 1\nsee(x)", false),
        (Python, "x = mark()\nif a:\n    x = 1\nsee(x)", true),
        (Python, "x = mark()\ny = [x, 1]\nsee(y[0].name)", true),
        (Python, "x = mark()\nsee(f'{x}')", true),
        (Python, "x = mark()\nx += 1\nsee(x)", true),
        (Python, "x = 1\nx += mark()\nsee(x)", true),
        (Python, "for a in mark():\n    see(a)", true),
        (Python, "for a in b:\n    mark()\n    see(a)", false),
        (Python, "x = [f(a) for a in mark()]\nsee(x)", true),
        (Python, "x = [mark() for a in b]\nsee(x)", true),
        (Python, "x = [a for a in b if mark()]\nsee(x)", true),
        (
            Python,
            "x = 0\nfor a in b:\n    see(x)\n    x = mark()",
            true,
        ),
        (Python, "a, b = mark(), 1\nsee(a)", true),
        (Python, "x = mark()\ndef f():\n    see(x)", true),
        (Python, "def f(x):\n    see(x)\nf(mark())", false),
        (JavaScript, "const { a } = mark(); see(a);", true),
        (JavaScript, "const x = mark(); see(() => x);", true),
        (JavaScript, "const x = mark(); see(() => 1);", false),
        (JavaScript, "const x = a ?? mark(); see(x);", true),
        (JavaScript, "let y; const x = (y = mark()); see(x);", true),
        (JavaScript, "const x = async () => see(await mark());", true),
    ] {
        let facts = facts_of(language, source);
        let (see, _) = only_call(&facts, "see");
        let (mark, _) = only_call(&facts, "mark");
        let found = facts.any_origin(first_argument(&facts, see), |id| id == mark);
        assert_eq!(found, expect, "{source}");
    }
}

#[test]
fn values_made_from_the_element_or_carried_vary_in_the_loop() {
    for (language, source, expect) in [
        (Python, "for a in b:\n    see(a.id)", true),
        (Python, "for a in b:\n    see(b)", false),
        (Python, "for a in b:\n    see(1)", false),
        (Python, "x = 1\nfor a in b:\n    see(x)", false),
        (Python, "for a in b:\n    x = a.id\n    see(f'{x}')", true),
        (Python, "x = 0\nfor a in b:\n    see(x)\n    x += 1", true),
        (
            Python,
            "x = 0\nfor a in b:\n    if a:\n        x = 1\n        break\n    see(x)",
            false,
        ),
        (Python, "while a:\n    see(q.pop())", true),
        (Python, "while a:\n    x = q.popleft()\n    see(x)", true),
        (Python, "x = q.pop()\nwhile a:\n    see(x)", false),
        (Python, "[see(a) for a in b]", true),
        (Python, "[see(c) for a in b]", false),
        (Python, "for a in b:\n    for c in a:\n        see(c)", true),
        (Python, "for a in b:\n    for c in d:\n        see(c)", true),
        (JavaScript, "for (let i = 0; i < n; i++) { see(i); }", true),
        (JavaScript, "for (const { id } of b) { see(id); }", true),
        (JavaScript, "b.map((a) => see(a));", true),
        (JavaScript, "b.map((a) => see(c));", false),
        (JavaScript, "b.map(({ id }) => see(id));", true),
        (JavaScript, "b.map((a, i) => see(i));", true),
        (JavaScript, "b.map((a, i, all) => see(all));", false),
        (JavaScript, "b.reduce((sum, a) => see(a), 0);", true),
        (
            JavaScript,
            "b.map((a) => { const x = a.id; return see(x); });",
            true,
        ),
    ] {
        let facts = facts_of(language, source);
        let (see, _) = only_call(&facts, "see");
        let varies = facts.varies_in(first_argument(&facts, see), LoopId(0));
        assert_eq!(varies, expect, "{source}");
    }
}

#[test]
fn search_retry_and_paging_loops_exit_on_their_call() {
    for (language, source, expect) in [
        (
            Python,
            "for a in b:\n    x = site()\n    if x:\n        break",
            true,
        ),
        (Python, "for a in b:\n    if site():\n        break", true),
        (
            Python,
            "for a in b:\n    x = site()\n    if a:\n        break",
            false,
        ),
        (Python, "for a in b:\n    site()", false),
        (
            Python,
            "for a in b:\n    x = site()\n    if x:\n        continue",
            false,
        ),
        (
            Python,
            "def f():\n    for a in b:\n        x = site()\n        if x:\n            return x",
            true,
        ),
        (
            Python,
            "def f():\n    for a in b:\n        x = site()\n        if a:\n            return x",
            true,
        ),
        (
            Python,
            "def f():\n    for a in b:\n        try:\n            return site()\n        except E:\n            pass",
            true,
        ),
        (
            Python,
            "for a in b:\n    try:\n        site()\n        break\n    except E:\n        pass",
            true,
        ),
        (Python, "x = 1\nwhile x:\n    x = site()", true),
        (Python, "while a:\n    site()", false),
        (
            Python,
            "for a in b:\n    x = site()\n    for c in x:\n        if c:\n            break",
            false,
        ),
        (
            JavaScript,
            "do { x = site(); } while (x.next); let x;",
            true,
        ),
        (
            JavaScript,
            "for (const a of b) { const x = site(); switch (x.kind) { case 1: { return_(); } } }",
            false,
        ),
    ] {
        let facts = facts_of(language, source);
        let (site, _) = only_call(&facts, "site");
        assert_eq!(facts.exits_on(LoopId(0), site), expect, "{source}");
    }
}

#[test]
fn memo_is_tested_before_and_stored_after() {
    for (language, source, expect) in [
        (
            Python,
            "memo = {}\nfor k in b:\n    if k not in memo:\n        memo[k] = site(k)",
            true,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    other = {}\n    if k not in memo:\n        other[k] = site(k)",
            false,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    if k in memo:\n        memo[k] = site(k)",
            false,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    if k in memo:\n        continue\n    x = site(k)\n    memo[k] = x",
            true,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    if k in memo:\n        continue\n    x = site(k)",
            false,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    if k in memo:\n        log(k)\n    x = site(k)\n    memo[k] = x",
            false,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    x = memo.get(k)\n    if x is None:\n        x = site(k)\n        memo[k] = x",
            true,
        ),
        (
            Python,
            "memo = {}\nfor k in b:\n    x = memo.get(k)\n    if not x:\n        x = site(k)\n        memo[k] = x",
            true,
        ),
        (
            Python,
            "seen = set()\nfor k in b:\n    if k in seen:\n        continue\n    seen.add(k)\n    site(k)",
            false,
        ),
        (
            Python,
            "memo = {}\ndef f(k):\n    if k in memo:\n        return memo[k]\n    memo[k] = site(k)",
            true,
        ),
        (
            Python,
            "memo = {}\nclass C:\n    def f(self, k):\n        if k not in self.memo:\n            self.memo[k] = site(k)",
            true,
        ),
        (Python, "memo = {}\nfor k in b:\n    site(k)", false),
        (
            JavaScript,
            "const memo = new Map(); for (const k of b) { if (!memo.has(k)) { memo.set(k, site(k)); } }",
            true,
        ),
        (
            JavaScript,
            "const memo = new Map(); for (const k of b) { if (!memo[k]) { memo[k] = site(k); } }",
            true,
        ),
        (
            JavaScript,
            "const memo = new Map(); for (const k of b) { let x = memo.get(k); if (x === undefined) { x = site(k); memo.set(k, x); } }",
            true,
        ),
        (
            JavaScript,
            "const memo = new Map(); for (const k of b) { if (a) { memo.set(k, site(k)); } }",
            false,
        ),
    ] {
        let facts = facts_of(language, source);
        let (site, stmt) = only_call(&facts, "site");
        assert_eq!(facts.is_memoized(site, stmt), expect, "{source}");
    }
}

#[test]
fn conditional_loops_are_while_and_counted() {
    for (language, source, expect) in [
        (Python, "while a:\n    pass", true),
        (Python, "for a in b:\n    pass", false),
        (Python, "[a for a in b]", false),
        (JavaScript, "for (let i = 0; i < n; i++) {}", true),
        (JavaScript, "b.forEach((a) => f(a));", false),
    ] {
        let facts = facts_of(language, source);
        assert_eq!(facts.is_conditional_loop(LoopId(0)), expect, "{source}");
    }
}

// --- indexes ----------------------------------------------------------------------------------

#[test]
fn attributes_set_through_the_receiver_are_fields() {
    for (language, source) in [
        (
            Python,
            "class C:\n    def __init__(self, a):\n        self.x = a\n        a.y = 1\n",
        ),
        (
            JavaScript,
            "class C { constructor(a) { this.x = a; a.y = 1; } }",
        ),
    ] {
        let facts = facts_of(language, source);
        let names: Vec<&str> = facts
            .self_fields
            .iter()
            .map(|field| facts.module.text(field.name))
            .collect();
        assert_eq!(names, ["x"], "{source}");
    }
}

#[test]
fn arrow_has_the_receiver_of_the_method_around_it() {
    let facts = facts_of(JavaScript, "class C { m() { return () => this.x; } }");
    let module = &facts.module;
    let this = (0..module.expr_count() as u32)
        .map(ExprId)
        .find(|&id| module.expr(id) == Expr::This)
        .expect("the receiver");
    assert!(module.receiver_class(this).is_some());
    let inner = module.function_of(this);
    assert_ne!(module.receiver_owner(inner), inner);
}

#[test]
fn each_function_has_its_own_sites() {
    let facts = facts_of(Python, "f()\ndef g():\n    h()\n    i()\nj()\n");
    let counts: Vec<usize> = (0..facts.module.functions.len() as u32)
        .map(|i| facts.sites(FunctionId(i)).len())
        .collect();
    assert_eq!(counts, [2, 2]);
}
