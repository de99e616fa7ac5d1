//! What Python code is lowered to, and that no input defeats the front end.

mod definitions;
mod expressions;
mod loops;
mod statements;

use std::thread;

use super::lower;
use crate::ir::pretty;
use crate::source::Span;

/// `check!(source, @expect)`: what `source`, without its common indentation, is lowered to.
macro_rules! check {
    ($source:expr, @$expect:literal) => {
        insta::assert_snapshot!(super::pretty_of($source), @$expect)
    };
}
use check;

fn pretty_of(source: &str) -> String {
    let source = source.trim_start_matches('\n');
    let margin = source.len() - source.trim_start_matches(' ').len();
    let lines = source
        .split('\n')
        .map(|line| line.get(margin..).unwrap_or(""));
    pretty::module(&lower(&lines.collect::<Vec<_>>().join("\n")))
}

/// The source of each span, one per line.
fn texts(source: &str, spans: impl Iterator<Item = Span>) -> String {
    spans
        .map(|span| &source[span.start as usize..span.end as usize])
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn spans_of_sites_are_those_of_the_nodes() {
    let source = "x = (a.b( c )) + d[ (await e) ]( *f )\n";
    let module = lower(source);
    let spans = module.sites.iter().map(|site| module.span(site.expr));
    insta::assert_snapshot!(texts(source, spans), @r"
    a.b( c )
    await e
    d[ (await e) ]( *f )
    ");
}

#[test]
fn spans_of_loops_are_their_headers() {
    let source = "for x in f( y ):\n  while (a\n  ):\n    [b for c in d if e]\nmap(f, xs)\n";
    let module = lower(source);
    insta::assert_snapshot!(texts(source, module.loops.iter().map(|lp| lp.span)), @r"
    for x in f( y )
    while (a
      )
    for c in d
    map(f, xs)
    ");
}

#[test]
fn names_of_functions_have_spans() {
    let source = "@d\nasync def f(): pass\ng = lambda x: x\nh(lambda y, z: y)\n";
    let module = lower(source);
    let names = module.functions.iter().map(|function| function.name_span);
    insta::assert_snapshot!(texts(source, names.skip(1)), @r"
    f
    g
    lambda y, z
    ");
}

#[test]
fn sites_an_operator_may_skip_are_conditional() {
    let module = lower(
        "x = a() and b() or c(); y = d() if e() else f(); z = g() < h() < i()\n\
         w = [j() for k in l() if m()] if n() else [o() for p in q()]; assert r(), s()\n\
         t = u and (lambda: v())",
    );
    let mut sites: Vec<_> = module.sites.iter().filter(|s| s.is_conditional).collect();
    sites.sort_by_key(|site| site.expr);
    let sites = sites.iter().map(|site| pretty::expr(&module, site.expr));
    insta::assert_snapshot!(sites.collect::<Vec<_>>().join(" "), @"'b'() 'c'() 'd'() 'f'() 'i'() 'l'() 'm'() 'j'() 'q'() 'o'() 's'()");
}

#[test]
fn directives_are_found_in_comments_only() {
    let source =
        "x = 1  # slowpath: ignore[a] why\ny = \"# slowpath: ignore\"\nf(  # slowpath: b\n)\n";
    let module = lower(source);
    insta::assert_snapshot!(texts(source, module.directives.iter().copied()), @r"
    # slowpath: ignore[a] why
    # slowpath: b
    ");
    assert!(lower("x = 1  # nothing").directives.is_empty());
}

/// Runs on a stack as large as that of the workers.
fn on_worker_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(test)
        .expect("a thread starts")
        .join()
        .expect("the front end does not panic");
}

const SAMPLE: &str = include_str!("sample.py");

#[test]
fn every_prefix_is_lowered() {
    on_worker_stack(|| {
        for end in (0..=SAMPLE.len()).filter(|&end| SAMPLE.is_char_boundary(end)) {
            lower(&SAMPLE[..end]);
        }
    });
}

#[test]
fn every_suffix_and_gap_is_lowered() {
    on_worker_stack(|| {
        for start in (0..SAMPLE.len()).step_by(7) {
            let Some(rest) = SAMPLE.get(start..) else {
                continue;
            };
            lower(rest);
            if let (Some(before), Some(after)) = (SAMPLE.get(..start), SAMPLE.get(start + 3..)) {
                lower(&format!("{before}{after}"));
            }
        }
    });
}

#[test]
fn deep_nesting_is_cut_off() {
    on_worker_stack(|| {
        let n = 100_000;
        let cases = [
            "[".repeat(n),
            "(".repeat(n),
            format!("{}x", "not ".repeat(n)),
            format!("a{}", ".b".repeat(n)),
        ];
        for case in &cases {
            is_cut_off(case);
        }
        let n = 5_000;
        let cases = [
            format!("{}1{}", "[".repeat(n), "]".repeat(n)),
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{} = 1", "(".repeat(n)),
            format!("{}x{} = 1", "[".repeat(n), "]".repeat(n)),
            format!("{}x", "-".repeat(n)),
            format!("{}1", "lambda: ".repeat(n)),
            format!("{}1", "lambda x=".repeat(n)),
            format!("a{}", "()".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("a{}", " + a".repeat(n)),
            format!("a{}", " < a".repeat(n)),
            format!("a{}", " or a".repeat(n)),
            format!("{}1", "a = ".repeat(n)),
            format!("x = {}1", "1 if x else ".repeat(n)),
            format!("[x {}]", "for x in x ".repeat(n)),
            format!("[x for x in x {}]", "if x ".repeat(n)),
            format!("if x:\n  pass\n{}", "elif x:\n  pass\n".repeat(n)),
            format!("match x:\n  case {}x{}: pass", "[".repeat(n), "]".repeat(n)),
            format!("match x:\n  case a{}: pass", ".b".repeat(n)),
            format!("import a{}", ".b".repeat(n)),
            format!("x: {}", "a[".repeat(n)),
            format!("x: \"{}a{}\"", "a[".repeat(n), "]".repeat(n)),
            format!("x: \"a{}\"", ".a".repeat(n)),
            format!("x: \"a{}\"", "|a".repeat(n)),
            "{x:".repeat(n),
            "f\"{".repeat(n),
            "@".repeat(n),
            "class A(".repeat(n),
            nested_blocks("if x:", 2_000),
            nested_blocks("def f():", 2_000),
            nested_blocks("class A:", 2_000),
            nested_blocks("for x in x:", 2_000),
        ];
        for case in &cases {
            is_cut_off(case);
        }
    });
}

fn is_cut_off(case: &str) {
    let module = lower(case);
    assert!(module.errors.len() <= super::MAX_ERRORS);
    pretty::module(&module);
}

#[test]
fn anything_may_stand_as_a_parameter() {
    lower("lambda *(i for i in()\n)[],l(\"er.\n   finally:()");
    lower("def f(a, (b, c[d(e)]), *[f for f in g]): pass");
}

fn nested_blocks(head: &str, depth: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for level in 0..depth {
        let _ = writeln!(text, "{:level$}{head}", "");
    }
    text
}
