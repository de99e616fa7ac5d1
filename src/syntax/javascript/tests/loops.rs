//! Loops of all spellings.

use super::check;

#[test]
fn loop_statements() {
    check!(js:
        r"
        for (let i = 0, n = xs.length; i < n; i++) { f(xs[i]); }
        for (;;) {}
        for (const x of load()) f(x);
        for (const [k, { v }] of Object.entries(o)) f(k, v);
        for (k in o) f(k);
        for (var q of xs);
        for (this.x of xs) {}
        async () => { for await (const chunk of stream) { f(chunk); } };
        while (queue.length > 0) { queue.pop(); }
        do { page = next(page); } while (page.more);
        ",
        @"
        fn#0 Module _()
          i = 0
          n = 'xs'.length
          L0 counted test (i < n) update i += 1
            'f'('xs'[i])
          L1 counted
          L2 each x over 'load'()
            'f'(x)
          L3 each [k, {|v: v|}] over 'Object'.entries('o')
            'f'(k, v)
          L4 each key 'k' over 'o'
            'f'('k')
          L5 each q over 'xs'
          L6 each this.x over 'xs'
          fn#1
          L8 while test ('queue'.length > 0)
            'queue'.pop()
          L9 while test 'page'.more
            'page' = 'next'('page')
        fn#1 async Arrow _()
          L7 each async chunk over 'stream'
            'f'(chunk)
        "
    );
}

#[test]
fn labels_name_loops() {
    check!(js:
        r"
        outer: for (const x of xs) {
            inner: while (true) {
                if (x) continue outer;
                if (y) break inner;
                const f = () => { for (;;) { break; } };
                break outer;
            }
        }
        block: { if (z) break block; for (;;) { break; } }
        ",
        @"
        fn#0 Module _()
          L0 each x over 'xs'
            L1 while test true
              if x
                continue L0
              if 'y'
                break L1
              f = fn#1
              break L0
          block
            if 'z'
              pass
            L3 counted
              break
        fn#1 Arrow f() defined in L1
          L2 counted
            break
        "
    );
}

#[test]
fn callback_loops() {
    check!(js:
        r"
        xs.map(x => f(x));
        xs.forEach(async function (x) { await f(x); });
        xs.filter(Boolean).map(this.toRow);
        xs?.flatMap(load);
        xs.reduce((sum, x) => sum + x, 0);
        xs.reduce(async (before, x) => { await before; await f(x); }, Promise.resolve());
        xs.find(x => x.id === id);
        Array.from(xs, x => f(x));
        Array.from({ length: 3 }, make);
        _.map(xs, x => f(x));
        _.each(xs, handle);
        lodash.sortBy(xs, 'name');
        React.Children.map(children, child => child);
        ",
        @r#"
        fn#0 Module _()
          'xs'.map(fn#1) ⟳L0
          'xs'.forEach(fn#2) ⟳L1 concurrent
          'xs'.filter('Boolean') ⟳L2.map(this.toRow) ⟳L3
          'xs'.flatMap?('load') ⟳L4
          'xs'.reduce(fn#3, 0) ⟳L5
          'xs'.reduce(fn#4, 'Promise'.resolve()) ⟳L6
          'xs'.find(fn#5) ⟳L7
          'Array'.from('xs', fn#6) ⟳L8
          'Array'.from({|length: 3|}, 'make') ⟳L9
          '_'.map('xs', fn#7) ⟳L10
          '_'.each('xs', 'handle') ⟳L11
          'lodash'.sortBy('xs', "name")
          'React'.Children.map('children', fn#8) ⟳L12
        fn#1 Arrow _(x) per L0
          return 'f'(x)
        fn#2 async Function _(x) per L1
          await 'f'(x)
        fn#3 Arrow _(sum, x) per L5
          return (sum + x)
        fn#4 async Arrow _(before, x) per L6
          await before
          await 'f'(x)
        fn#5 Arrow _(x) per L7
          return (x.id == 'id')
        fn#6 Arrow _(x) per L8
          return 'f'(x)
        fn#7 Arrow _(x) per L10
          return 'f'(x)
        fn#8 Arrow _(child) per L12
          return child
        "#
    );
}

#[test]
fn other_calls_are_no_loops() {
    check!(js:
        r"
        User.find(filter);
        User.find({ a: 1 });
        db.filter({ a: 1 });
        db.map();
        app.each('x');
        xs.map('name');
        ",
        @r#"
        fn#0 Module _()
          'User'.find('filter')
          'User'.find({|a: 1|})
          'db'.filter({|a: 1|})
          'db'.map()
          'app'.each("x")
          'xs'.map("name")
        "#
    );
}

#[test]
fn trips_overlap_under_promise_all() {
    check!(js:
        r"
        await Promise.all(xs.map(async x => f(x)));
        await Promise.all(xs.map(x => f(x)));
        await Promise.allSettled([...xs.map(x => f(x)), g()]);
        await Promise.race(xs.filter(ok).map(f));
        await Promise.map(xs, x => f(x));
        await Promise.mapSeries(xs, x => f(x));
        xs.map(x => f(x));
        ",
        @"
        fn#0 Module _()
          await 'Promise'.all('xs'.map(fn#1) ⟳L0 concurrent)
          await 'Promise'.all('xs'.map(fn#2) ⟳L1 concurrent)
          await 'Promise'.allSettled([...'xs'.map(fn#3) ⟳L2 concurrent, 'g'()])
          await 'Promise'.race('xs'.filter('ok') ⟳L3.map('f') ⟳L4 concurrent)
          await 'Promise'.map('xs', fn#4) ⟳L5 concurrent
          await 'Promise'.mapSeries('xs', fn#5) ⟳L6
          'xs'.map(fn#6) ⟳L7
        fn#1 async Arrow _(x) per L0
          return 'f'(x)
        fn#2 Arrow _(x) per L1
          return 'f'(x)
        fn#3 Arrow _(x) per L2
          return 'f'(x)
        fn#4 Arrow _(x) per L5
          return 'f'(x)
        fn#5 Arrow _(x) per L6
          return 'f'(x)
        fn#6 Arrow _(x) per L7
          return 'f'(x)
        "
    );
}

#[test]
fn nested_loops_know_their_parents() {
    let module = super::lower(
        "for (a of as) { bs.map(b => { for (c of cs) {} }); while (d) {} }",
        crate::source::Language::JavaScript,
    );
    let parents: Vec<_> = module.loops.iter().map(|lp| (lp.kind, lp.parent)).collect();
    insta::assert_debug_snapshot!(parents, @"
    [
        (
            Each,
            None,
        ),
        (
            Each,
            None,
        ),
        (
            Callback,
            Some(
                LoopId(
                    0,
                ),
            ),
        ),
        (
            While,
            Some(
                LoopId(
                    0,
                ),
            ),
        ),
    ]
    ");
}
