//! Loops, comprehensions, callbacks.

use super::check;

#[test]
fn for_loops() {
    check!(
        r"
        for i, (a, b) in enumerate(rows(), 1):
            f(i)
            continue
        else:
            done()
        for x in 1, 2: break
        for self.x in xs: pass
        async def f():
            async for row in stream():
                g(row)
        ",
        @r"
        fn#0 Module _()
          L0 each (i, (a, b)) over 'enumerate'('rows'(), 1)
            f(i)
            continue
          'done'()
          L1 each x over (1, 2)
            break
          L2 each 'self'.x over 'xs'
            pass
          def fn#1
        fn#1 async Function f()
          L3 each async row over 'stream'()
            'g'(row)
        "
    );
}

#[test]
fn while_loops() {
    check!(
        r"
        while True:
            f()
        while (chunk := read()) and ok:
            g(chunk)
        else:
            h()
        ",
        @r"
        fn#0 Module _()
          L0 while test true
            'f'()
          L1 while test (chunk = 'read'() and 'ok')
            'g'(chunk)
          'h'()
        "
    );
}

#[test]
fn comprehensions_of_all_kinds() {
    check!(
        r#"
        [f(x) for x in xs]
        {f(x) for x in xs}
        {k: f(v) for k, v in d.items()}
        {"a": x for x in xs}
        (f(x) for x in xs)
        sum(f(x) for x in xs)
        [x async for x in xs]
        [x for x in a, b]
        "#,
        @r#"
        fn#0 Module _()
          list<L0 comprehension x over 'xs': collect 'f'(x)>
          set<L1 comprehension x over 'xs': collect 'f'(x)>
          map<L2 comprehension (k, v) over 'd'.items(): collect [k]: 'f'(v)>
          map<L3 comprehension x over 'xs': collect ["a"]: x>
          generator<L4 comprehension x over 'xs': collect 'f'(x)>
          'sum'(generator<L5 comprehension x over 'xs': collect 'f'(x)>)
          list<L6 comprehension async x over 'xs': collect x>
          list<L7 comprehension x over ('a', 'b'): collect x>
        "#
    );
}

#[test]
fn clauses_nest() {
    check!(
        r"
        [f(x, y) for x in xs() if p(x) if q(x) for y in x.ys if y]
        ",
        @r"
        fn#0 Module _()
          list<L0 comprehension x over 'xs'(): if 'p'(x) { if 'q'(x) { L1 comprehension y over x.ys: if y { collect 'f'(x, y) } } }>
        "
    );
}

#[test]
fn comprehension_targets_stay_inside() {
    check!(
        r"
        x = 1
        ys = [x for x in x if (last := x)]
        print(x, last)
        ",
        @r"
        fn#0 Module _()
          x = 1
          ys = list<L0 comprehension x over x: if last = x { collect x }>
          'print'(x, last)
        "
    );
}

#[test]
fn comprehensions_within_comprehensions() {
    check!(
        r"
        [[g(c) for c in row] for row in rows()]
        [x for x in [f(y) for y in ys]]
        ",
        @r"
        fn#0 Module _()
          list<L0 comprehension row over 'rows'(): collect list<L1 comprehension c over row: collect 'g'(c)>>
          list<L3 comprehension x over list<L2 comprehension y over 'ys': collect 'f'(y)>: collect x>
        "
    );
}

#[test]
fn callbacks() {
    check!(
        r"
        map(lambda x: f(x), xs)
        list(map(f, xs, ys))
        filter(self.ok, xs)
        filter(None, xs)
        map(*args)
        reduce(lambda a, b: a + b, xs, 0)
        sorted(xs, key=lambda x: x.y, reverse=True)
        sorted(xs, key=len)
        max(a, b, key=lambda x: x)
        min(xs, default=0, key=lambda x: f(x))
        xs.sort(key=lambda x: x.y)
        ",
        @r"
        fn#0 Module _()
          'map'(fn#1, 'xs') ⟳L0
          'list'('map'('f', 'xs', 'ys') ⟳L1)
          'filter'('self'.ok, 'xs') ⟳L2
          'filter'(null, 'xs')
          'map'(...'args')
          'reduce'(fn#2, 'xs', 0) ⟳L3
          'sorted'('xs', key: fn#3, reverse: true) ⟳L4
          'sorted'('xs', key: 'len')
          'max'('a', 'b', key: fn#4)
          'min'('xs', default: 0, key: fn#5) ⟳L5
          'xs'.sort(key: fn#6) ⟳L6
        fn#1 Arrow _(x) per L0
          return 'f'(x)
        fn#2 Arrow _(a, b) per L3
          return (a + b)
        fn#3 Arrow _(x) per L4
          return x.y
        fn#4 Arrow _(x) argument 2
          return x
        fn#5 Arrow _(x) per L5
          return 'f'(x)
        fn#6 Arrow _(x) per L6
          return x.y
        "
    );
}

#[test]
fn concurrent_trips() {
    check!(
        r"
        async def f():
            await asyncio.gather(*[f(x) for x in xs])
            await gather(*(f(x, y) for x in xs if x for y in x.ys), return_exceptions=True)
            await asyncio.gather(*map(f, xs))
            await asyncio.wait([f(x) for x in xs])
            for t in asyncio.as_completed(f(x) for x in xs): await t
            await asyncio.gather(*[await f(x) for x in xs])
            tasks = [asyncio.create_task(f(x)) for x in xs]
        ",
        @r"
        fn#0 Module _()
          def fn#1
        fn#1 async Function f()
          await 'asyncio'.gather(...list<L0 comprehension concurrent x over 'xs': collect f(x)>)
          await 'gather'(...generator<L1 comprehension concurrent x over 'xs': if x { L2 comprehension concurrent y over x.ys: collect f(x, y) }>, return_exceptions: true)
          await 'asyncio'.gather(...'map'(f, 'xs') ⟳L3 concurrent)
          await 'asyncio'.wait(list<L4 comprehension concurrent x over 'xs': collect f(x)>)
          L6 each t over 'asyncio'.as_completed(generator<L5 comprehension concurrent x over 'xs': collect f(x)>)
            await t
          await 'asyncio'.gather(...list<L7 comprehension x over 'xs': collect await f(x)>)
          tasks = list<L8 comprehension x over 'xs': collect 'asyncio'.create_task(f(x))>
        "
    );
}
