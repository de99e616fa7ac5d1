//! Expressions and literals.

use super::check;

#[test]
fn calls_and_accesses() {
    check!(
        r"
        f(1, *args, key=2, **kwargs)
        a.b.c(x)[0].d
        a[i, j]
        a[1:2]
        a[::-1]
        a[:, n:]
        a[...]
        ",
        @r"
        fn#0 Module _()
          'f'(1, ...'args', key: 2, ...'kwargs')
          'a'.b.c('x')[0].d
          'a'[('i', 'j')]
          'a'[slice(1, 2, null)]
          'a'[slice(null, null, -1)]
          'a'[(slice(null, null, null), slice('n', null, null))]
          'a'[?{}]
        "
    );
}

#[test]
fn strings() {
    check!(
        r#"
        'plain'
        x = 'it\'s\n' "joined" r'\d'
        x = '''multi
        line'''
        x = b"bytes" u'unicode'
        x = f"a{x!r:>{width}}b{y.z()}{{c}}"
        x = f"{x}" "tail" f" {y=} {a, b}"
        x = f"no holes"
        x = "\x41\u00e9\101\
        joined \q"
        "#,
        @r#"
        fn#0 Module _()
          pass
          x = "it's\njoined\\d"
          x = "multi\nline"
          x = "bytesunicode"
          x = `"a", x, "b", 'y'.z(), "{c}"`
          x = `x, "tail ", 'y', " ", ('a', 'b')`
          x = "no holes"
          x = "Aé\\101joined \\q"
        "#
    );
}

#[test]
fn numbers() {
    check!(
        r"
        x = [0, 1_000, 0xFF, 0o17, 0b11, 10L, 99999999999999999999, 1.5, 1e3, 2j, -3, ~4, +5]
        ",
        @r"
        fn#0 Module _()
          x = [0, 1000, 255, 15, 3, 10, float, float, float, float, -3, <op> 4, <op> 5]
        "
    );
}

#[test]
fn displays() {
    check!(
        r#"
        x = [1, *xs]
        x = (1,)
        x = ()
        x = {1, 2}
        x = {**a, "b": 1, c: 2, f"d{e}": 3}
        "#,
        @r#"
        fn#0 Module _()
          x = [1, ...'xs']
          x = (1)
          x = ()
          x = {1, 2}
          x = {|...'a', b: 1, ['c']: 2, [`"d", 'e'`]: 3|}
        "#
    );
}

#[test]
fn operators() {
    check!(
        r"
        x = a + b - c * d / e // f % g ** h @ i
        x = a | b & c ^ d << e >> f
        x = not a and b or c
        x = a == b != c
        x = a < b <= c.d > 1
        x = a() < b() < c()
        x = a in b, a not in b, a is None, a is not None
        x = (a) if (b) else (c)
        ",
        @r"
        fn#0 Module _()
          x = (('a' + 'b') - ((((('c' * 'd') / 'e') / 'f') % ('g' <op> 'h')) <op> 'i'))
          x = ('a' | ('b' & ('c' <op> (('d' <op> 'e') <op> 'f'))))
          x = ((not 'a' and 'b') or 'c')
          x = (('a' == 'b') and ('b' != 'c'))
          x = ((('a' < 'b') and ('b' <= 'c'.d)) and ('c'.d > 1))
          x = ?{'a'(), 'b'(), 'c'()}
          x = (('a' in 'b'), ('a' not in 'b'), ('a' is null), ('a' is not null))
          x = ('b' ? 'a' : 'c')
        "
    );
}

#[test]
fn what_may_be_skipped() {
    check!(
        r"
        x = a() and b() or c()
        x = a() if b() else c()
        x = [d() for e in f()] if g else None
        ",
        @r"
        fn#0 Module _()
          x = (('a'() and 'b'()) or 'c'())
          x = ('b'() ? 'a'() : 'c'())
          x = ('g' ? list<L0 comprehension e over 'f'(): collect 'd'()> : null)
        "
    );
}

#[test]
fn await_and_yield() {
    check!(
        r"
        async def f():
            x = await g(await h())
            y = [await i(z) for z in zs]
            return (yield x)
        ",
        @r"
        fn#0 Module _()
          def fn#1
        fn#1 async Function f*()
          x = await 'g'(await 'h'())
          y = list<L0 comprehension z over 'zs': collect await 'i'(z)>
          return yield x
        "
    );
}

#[test]
fn walrus() {
    check!(
        r"
        if (n := len(xs)) > 10: f(n)
        ",
        @r"
        fn#0 Module _()
          if (n = 'len'('xs') > 10)
            'f'(n)
        "
    );
}
