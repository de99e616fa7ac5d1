//! Expressions.

use super::check;

#[test]
fn literals() {
    check!(js:
        r#"
        f(1, 1.5, 0x1F, 1_000, 10n, 1e3, 'it\'s', "a\n\u0041\x42\u{43}", `plain`, `a${b}c${d}`, /x+\/y/gi, true, false, null, undefined);
        g([1, , ...xs], { a: 1, 'b': 2, 3: 4, [c]: 5, d, ...e, ['f']: 6 });
        "#,
        @r#"
        fn#0 Module _()
          'f'(1, float, 31, 1000, 10, 1000, "it's", "a\nABC", "plain", `"a", 'b', "c", 'd'`, /x+\/y/, true, false, null, null)
          'g'([1, null, ...'xs'], {|a: 1, b: 2, 3: 4, ['c']: 5, d: 'd', ...'e', f: 6|})
        "#
    );
}

#[test]
fn members_and_optional_chains() {
    check!(js:
        r"
        a.b.c; a[b][0]; a.#p; this.x; super.y();
        a?.b.c(); a?.[i]; a?.(x); a.b?.(x).c(y); (a?.b).c();
        import.meta.env.X; new.target;
        ",
        @"
        fn#0 Module _()
          'a'.b.c
          'a'['b'][0]
          'a'.#p
          this.x
          super.y()
          'a'.b.c()
          'a'['i']
          'a'?('x')
          'a'.b?('x').c('y')
          'a'.b.c()
          'import.meta'.env.X
          'new.target'
        "
    );
}

#[test]
fn parts_after_an_optional_link_are_conditional() {
    let module = super::lower(
        "first(); a?.b(second()); a.b(third())?.c; x && fourth(); y ? fifth() : sixth(); z ?? seventh(); w?.v.u(eighth());",
        crate::source::Language::JavaScript,
    );
    let mut conditional = String::new();
    for site in &module.sites {
        use std::fmt::Write as _;
        let text = crate::ir::pretty::expr(&module, site.expr);
        writeln!(conditional, "{text}: {}", site.is_conditional).expect("a string takes all");
    }
    insta::assert_snapshot!(conditional, @"
    'first'(): false
    'second'(): true
    'a'.b?('second'()): true
    'third'(): false
    'a'.b('third'()): false
    'fourth'(): true
    'fifth'(): true
    'sixth'(): true
    'seventh'(): true
    'eighth'(): true
    'w'.v.u('eighth'()): true
    ");
}

#[test]
fn calls_of_all_kinds() {
    check!(
        r"
        f(a, ...b);
        new Foo; new Foo(a); new ns.Foo<Bar>(a);
        getRepository<User>().find();
        new Map<string, User>();
        await load<User>(x); await pool.query<User>(x); await (await load<User>()).save();
        sql`select ${x} from t`;
        sql<User>`select 1`; sql<string | null>`select ${x}`.as('x');
        await prisma.$queryRaw<{ id: string }[]>`select 2`; f(sql<Array<User>>`select 3`);
        styled(Box)<{ $wide: boolean }>`a: ${b}`;
        a < b > `c`; a<b>c; <p>use<code>`x`</code></p>;
        const m = await import('./lazy');
        require(name);
        ",
        @r#"
        fn#0 Module _()
          'f'('a', ...'b')
          new 'Foo'()
          new 'Foo'('a')
          new 'ns'.Foo['Bar']('a')
          'getRepository'['User']().find()
          new 'Map'[('string', 'User')]()
          await 'load'['User']('x')
          await 'pool'.query['User']('x')
          await await 'load'['User']().save()
          tagged 'sql'(`"select ", 'x', " from t"`)
          tagged 'sql'("select 1")
          tagged 'sql'(`"select ", 'x'`).as("x")
          await tagged 'prisma'.$queryRaw("select 2")
          'f'(tagged 'sql'("select 3"))
          tagged 'styled'('Box')(`"a: ", 'b'`)
          (('a' < 'b') > "c")
          (('a' < 'b') > 'c')
          ?{?{}}
          m = await import 'import'("./lazy")
          'require'('name')
        "#
    );
}

#[test]
fn operators() {
    check!(js:
        r"
        a = b = c; a += 1; a ||= b; a.b ??= c(); a &&= d; i++; --j.k; a **= 2;
        !a; -b; +c; ~d; typeof e; void 0; delete f.g;
        a + b - c * d / e % g; a ** b; a == b; a === b; a != b; a !== b; a < b; a <= b; a > b; a >= b;
        a & b; a | b; a ^ b; a << b; a in b; #x in b; a instanceof B;
        a && b || c; a ?? b;
        a ? b : c;
        x = (a, b);
        async () => { await (await a).b; };
        ",
        @"
        fn#0 Module _()
          'a' = 'b' = 'c'
          'a' += 1
          'a' = ('a' or 'b')
          'a'.b = ('a'.b ?? 'c'())
          'a' = ('a' and 'd')
          'i' += 1
          'j'.k -= 1
          'a' <op>= 2
          not 'a'
          -'b'
          <op> 'c'
          <op> 'd'
          typeof 'e'
          <op> 0
          delete 'f'.g
          (('a' + 'b') - ((('c' * 'd') / 'e') % 'g'))
          ('a' <op> 'b')
          ('a' == 'b')
          ('a' == 'b')
          ('a' != 'b')
          ('a' != 'b')
          ('a' < 'b')
          ('a' <= 'b')
          ('a' > 'b')
          ('a' >= 'b')
          ('a' & 'b')
          ('a' | 'b')
          ('a' <op> 'b')
          ('a' <op> 'b')
          ('a' in 'b')
          (?{} in 'b')
          ('a' instanceof 'B')
          (('a' and 'b') or 'c')
          ('a' ?? 'b')
          ('a' ? 'b' : 'c')
          'x' = ?{'a', 'b'}
          fn#1
        fn#1 async Arrow _()
          await await 'a'.b
        "
    );
}

#[test]
fn type_operators_are_transparent() {
    check!(ts:
        r"
        (a as User).b; <User>a; a!.b!(); a satisfies B; const c = { d: 1 } as const; f<string>; (x as any as Y)();
        ",
        @"
        fn#0 Module _()
          'a'.b
          'a'
          'a'.b()
          'a'
          c = {|d: 1|}
          'f'['string']
          'x'()
        "
    );
}

#[test]
fn destructuring_assignments() {
    check!(js:
        r"
        const { a, b: c = 1, ...d } = load();
        let [e, , [f], ...g] = await xs;
        ({ a, b: o.p } = y);
        [x[0], x[1]] = [x[1], x[0]];
        const { h: { i } } = z, j = 2;
        let k, l;
        ",
        @"
        fn#0 Module _()
          {|a: a, b: c = 1, ...d|} = 'load'()
          [e, ?{}, [f], ...g] = await 'xs'
          {|a: a, b: 'o'.p|} = 'y'
          ['x'[0], 'x'[1]] = ['x'[1], 'x'[0]]
          {|h: {|i: i|}|} = 'z'
          j = 2
        "
    );
}

#[test]
fn await_before_parentheses_and_brackets() {
    check!(js:
        r"
        async () => {
            await (await f()).json();
            await (a ? b : c)(d) + 1;
            await (async () => 1)();
            await [a].b;
            await (g);
        };
        ",
        @"
        fn#0 Module _()
          fn#1
        fn#1 async Arrow _()
          await await 'f'().json()
          (await ('a' ? 'b' : 'c')('d') + 1)
          await fn#2()
          await ['a'].b
          await 'g'
        fn#2 async Arrow _() immediate
          return 1
        "
    );
}

#[test]
fn jsx_components_and_elements() {
    check!(
        r#"
        const page = (
            <Layout title="a &amp; b" {...props} wide onClick={() => go()}>
                text {user.name} {/* nothing */}
                <p className={css()}>{items.map(item => <Item key={item.id} {...item} />)}</p>
                <ns.Widget data-x="1">{(value) => value}</ns.Widget>
                <>{a && <B />}</>
                <my-element onX={f} />
                <svg:circle r={1} />
                <Table<Row> rows={rows} />
            </Layout>
        );
        "#,
        @r#"
        fn#0 Module _()
          page = jsx 'Layout'(title: "a &amp; b", ...'props', wide: true, onClick: fn#1, 'user'.name, ?{'css'(), 'items'.map(fn#2) ⟳L0}, jsx 'ns'.Widget(data-x: "1", fn#3), ?{('a' and jsx 'B'())}, ?{'f'}, ?{1}, jsx 'Table'(rows: 'rows'))
        fn#1 Arrow _()
          return 'go'()
        fn#2 Arrow _(item) per L0
          return jsx 'Item'(key: item.id, ...item)
        fn#3 Arrow _(value) argument 1
          return value
        "#
    );
}

#[test]
fn common_sequences_are_statements() {
    check!(js: "a(), b(), c(); for (i = 0, j = 1; ; i++, j--) {}", @"
    fn#0 Module _()
      'a'()
      'b'()
      'c'()
      ?{'i' = 0, 'j' = 1}
      L0 counted update ?{'i' += 1, 'j' -= 1}
    ");
}
