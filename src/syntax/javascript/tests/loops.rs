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
        @""
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
        @""
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
        @""
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
        @""
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
        @""
    );
}

#[test]
fn nested_loops_know_their_parents() {
    let module = super::lower(
        "for (a of as) { bs.map(b => { for (c of cs) {} }); while (d) {} }",
        crate::source::Language::JavaScript,
    );
    let parents: Vec<_> = module.loops.iter().map(|lp| (lp.kind, lp.parent)).collect();
    insta::assert_debug_snapshot!(parents, @"");
}
