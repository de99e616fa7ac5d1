//! Statements and scopes.

use super::check;

#[test]
fn branches() {
    check!(js:
        r"
        if (a) b(); else if (c) { d(); } else e();
        switch (f(x)) {
            case 1:
            case g(): h(); break;
            default: { i(); }
        }
        switch (y) { case 'a': return; }
        try { j(); } catch (error) { throw error; } finally { k(); }
        try { l(); } catch { }
        try { l(); } catch ({ message }) { m(message); }
        { const n = 1; }
        with (o) { p(); }
        ; debugger;
        ",
        @""
    );
}

#[test]
fn names_are_bound_where_they_are_declared() {
    check!(js:
        r"
        const x = 1;
        hoisted(x);
        function hoisted(x) { { const x = 2; use(x); } var y = x; if (y) { var z = 1; } return z; }
        y;
        ",
        @""
    );
}

#[test]
fn namespaces_are_blocks() {
    check!(
        r"
        namespace A { const b = 1; export function c() { return b; } }
        module D.E { f(); }
        b;
        ",
        @""
    );
}

#[test]
fn resources() {
    check!(js: "async () => { using a = open(); await using b = open(); for (using c of d) {} };", @"");
}
