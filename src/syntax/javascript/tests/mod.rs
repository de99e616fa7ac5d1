//! What JavaScript and TypeScript are lowered to, and that no input defeats the front end.

mod classes;
mod expressions;
mod functions;
mod loops;
mod modules;
mod statements;

use std::thread;

use super::lower;
use crate::ir::{Module, pretty};
use crate::source::{Language, Span};

/// `check!(source, @expect)`: what `source`, without its common indentation, is lowered to as
/// TSX; `check!(js: …)` and `check!(ts: …)` for the other grammars.
macro_rules! check {
    (js: $source:expr, @$expect:literal) => {
        insta::assert_snapshot!(
            crate::syntax::javascript::tests::pretty_of($source, crate::source::Language::JavaScript), @$expect
        )
    };
    (ts: $source:expr, @$expect:literal) => {
        insta::assert_snapshot!(
            crate::syntax::javascript::tests::pretty_of($source, crate::source::Language::TypeScript), @$expect
        )
    };
    ($source:expr, @$expect:literal) => {
        insta::assert_snapshot!(crate::syntax::javascript::tests::pretty_of($source, crate::source::Language::Tsx), @$expect)
    };
}
use check;

const ALL: [Language; 3] = [Language::JavaScript, Language::TypeScript, Language::Tsx];

fn pretty_of(source: &str, language: Language) -> String {
    pretty::module(&lower(&unindented(source), language))
}

fn unindented(source: &str) -> String {
    let source = source.trim_start_matches('\n');
    let margin = source.len() - source.trim_start_matches(' ').len();
    let lines = source
        .split('\n')
        .map(|line| line.get(margin..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The source of each span, one per line.
fn texts(source: &str, spans: impl Iterator<Item = Span>) -> String {
    spans
        .map(|span| &source[span.start as usize..span.end as usize])
        .collect::<Vec<_>>()
        .join("\n")
}

/// Runs with the stack that workers have.
fn on_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let worker = thread::Builder::new().stack_size(64 << 20).spawn(work);
    worker
        .expect("threads start")
        .join()
        .expect("the work does not panic")
}

/// That every id of a module is one of its own, and every span lies in the text.
fn assert_sound(module: &Module, text: &str) {
    for i in 0..module.expr_count() {
        let id = crate::ir::ExprId(i as u32);
        let span = module.span(id);
        assert!(span.start <= span.end && span.end as usize <= text.len());
        module.for_each_part(id, |part| assert!(part.index() < module.expr_count()));
    }
    // Printing follows every reference there is.
    let _ = pretty::module(module);
}

#[test]
fn spans_of_sites_are_those_of_the_nodes() {
    let source = "x = (a.b( c )) + d[ (await e) ]( ...f ) + new G( ) + h`i`;\n";
    let module = lower(source, Language::JavaScript);
    let spans = module.sites.iter().map(|site| module.span(site.expr));
    insta::assert_snapshot!(texts(source, spans), @"
    a.b( c )
    await e
    d[ (await e) ]( ...f )
    new G( )
    h`i`
    ");
}

#[test]
fn spans_of_loops_are_their_headers() {
    let source = "for (const x of f( y )) {}
for (let i = 0; i < n; i++) {}
for (;;) {}
while (a) {}
do {} while (b);
xs.map(f);
";
    let module = lower(source, Language::JavaScript);
    insta::assert_snapshot!(texts(source, module.loops.iter().map(|lp| lp.span)), @"
    for (const x of f( y )
    for (let i = 0; i < n; i++
    for
    while (a)
    do
    xs.map(f)
    ");
}

#[test]
fn names_stand_where_they_are_written() {
    let source = "function f() {}
const g = () => 1;
obj.h = async function () {};
({ 'i': () => 2, j() {} });
class C { k = () => 3; static async *#l() {} }
xs.map((x, y) => x);
export default async () => 4;
";
    let module = lower(source, Language::JavaScript);
    let spans = module.functions.iter().skip(1).map(|f| f.name_span);
    insta::assert_snapshot!(texts(source, spans), @"
    f
    g
    h
    'i'
    j
    k
    #l
    (x, y)
    ");
}

#[test]
fn directives_are_comments_with_the_word() {
    let source = "// slowpath: ignore[n-plus-one] few rows
const s = 'slowpath: no';
f(/* slowpath: ignore */ x, // something else
);
const e = <p>{/* slowpath: ignore-file */}</p>;
";
    let module = lower(source, Language::Tsx);
    insta::assert_snapshot!(texts(source, module.directives.iter().copied()), @"
    // slowpath: ignore[n-plus-one] few rows
    /* slowpath: ignore */
    /* slowpath: ignore-file */
    ");
}

#[test]
fn errors_are_noted_and_the_rest_is_lowered() {
    check!("load(1);\nif (a { more(2) }\nconst x = = rest(3);\nfinish(4);", @"
    fn#0 Module _()
      'load'(1)
      if 'a'
        'more'(2)
      x = 'rest'(3)
      'finish'(4)
    error 14: something is missing
    error 35: syntax error
    ");
}

#[test]
fn at_most_twenty_errors_are_noted() {
    let module = lower(&"const = ;\n".repeat(100), Language::JavaScript);
    assert!((1..=20).contains(&module.errors.len()));
}

#[test]
fn every_prefix_is_lowered() {
    on_worker(|| {
        let sample = include_str!("sample.tsx");
        for (i, (end, _)) in sample.char_indices().enumerate() {
            let text = &sample[..end];
            assert_sound(&lower(text, Language::Tsx), text);
            // Recovery from errors is slow; the other grammars differ little.
            if i % 11 == 0 {
                assert_sound(&lower(text, Language::JavaScript), text);
                assert_sound(&lower(text, Language::TypeScript), text);
            }
        }
    });
}

#[test]
fn the_sample_is_sound_without_any_one_line() {
    on_worker(|| {
        let sample = include_str!("sample.tsx");
        let lines: Vec<&str> = sample.lines().collect();
        for left_out in 0..lines.len() {
            let mut lines = lines.clone();
            lines.remove(left_out);
            let text = lines.join("\n");
            for language in ALL {
                assert_sound(&lower(&text, language), &text);
            }
        }
    });
}

#[test]
fn the_sample_has_no_errors() {
    let module = lower(include_str!("sample.tsx"), Language::Tsx);
    assert_eq!(module.errors, []);
}

#[test]
fn depth_never_overflows() {
    const DEEP: usize = 100_000;
    // Enough to be past the limit many times over; the parser is slow on these.
    const N: usize = 10_000;
    on_worker(|| {
        let sources = [
            "[".repeat(DEEP),
            "(".repeat(DEEP),
            "{".repeat(DEEP),
            "<a>".repeat(N),
            "f(".repeat(N),
            "`${".repeat(N),
            "() => ".repeat(N),
            "class A { x = ".repeat(N),
            "function f() {".repeat(N),
            "if (a) {".repeat(N),
            "if (a) b; else ".repeat(N),
            "for (;;) ".repeat(N),
            "a: ".repeat(N),
            "!".repeat(N),
            "x = ".repeat(N),
            format!("a{}", ".b".repeat(DEEP)),
            format!("a{}", ".b()".repeat(N)),
            format!("a{}", "?.[b]".repeat(N)),
            format!("a{}", "!".repeat(N)),
            format!("1{}", "+1".repeat(DEEP)),
            format!("a{}", " ? b : c".repeat(N)),
            format!("type T = {}", "A<".repeat(N)),
            format!("type T = {}", "(".repeat(N)),
            format!("type T = A{}", "|B".repeat(N)),
            format!("type T = A{}", "[]".repeat(N)),
            format!("let {}", "[".repeat(N)),
            format!("let {}a{} = x", "[".repeat(N), "]".repeat(N)),
            format!("let {}a{} = x", "{a: ".repeat(N), "}".repeat(N)),
            format!("({}a{}) => 1", "[".repeat(N), "]".repeat(N)),
            format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP)),
            format!("{}x{}", "<a>{".repeat(N), "}</a>".repeat(N)),
            format!("<{}a />", "a.".repeat(N)),
            format!("namespace {}a {{}}", "a.".repeat(N)),
            "namespace a {".repeat(N),
            "declare ".repeat(N),
            "export ".repeat(N),
            "async ".repeat(N),
            "switch (a) { case 1: ".repeat(N),
            "try {".repeat(N),
            "@a ".repeat(N),
            "import(".repeat(N),
        ];
        for source in sources {
            for language in [Language::JavaScript, Language::Tsx] {
                let module = lower(&source, language);
                assert!(module.expr_count() <= 30 * source.len());
            }
        }
    });
}

#[test]
fn nesting_past_the_limit_is_one_error() {
    let module = on_worker(|| {
        let nested = format!("{}1{}; f(2);", "[".repeat(3_000), "]".repeat(3_000));
        lower(&nested, Language::JavaScript)
    });
    assert_eq!(module.errors.len(), 1);
    assert_eq!(module.sites.len(), 1);
}

#[test]
fn odd_texts_are_lowered() {
    for text in [
        "",
        "\u{feff}f();",
        "#!/usr/bin/env node\nf();",
        "\0",
        "\u{2028}",
        "'\\u{110000}\\u{}\\uD800\\x4\\",
        "`\\",
        "0x_1n + 1_0 + .5e400 + 0b + 99999999999999999999",
        "名前 = '漢字'.map(字 => 字);",
        "\r\n\r",
        "<></>",
        "</a>",
        "}",
        "/*",
        "/",
        "const { a = xs.map(f) };",
        "function f(a, xs.map(g), { b = c(",
        "break x; continue y; x: { break x; }",
    ] {
        for language in ALL {
            assert_sound(&lower(text, language), text);
        }
    }
}
