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
        @r#"
        fn#0 Module _()
          if 'a'
            'b'()
          else
            if 'c'
              'd'()
            else
              'e'()
          switch 'f'('x') exhaustive
            block
              1
            block
              'g'()
              'h'()
              pass
            block
              block
                'i'()
          switch 'y'
            block
              "a"
              return
          try
            'j'()
          handlers
            block
              throw error(caught)
          finally
            'k'()
          try
            'l'()
          handlers
            block
          try
            'l'()
          handlers
            block
              'm'(message(caught))
          block
            n = 1
          'o'
          block
            'p'()
        "#
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
        @"
        fn#0 Module _()
          x = 1
          hoisted(x)
          def fn#1
          'y'
        fn#1 Function hoisted(x)
          block
            x = 2
            'use'(x)
          y = x
          if y
            z = 1
          return z
        "
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
        @"
        fn#0 Module _()
          block
            b = 1
            def fn#1
          block
            'f'()
          'b'
        fn#1 Function c()
          return b
        "
    );
}

#[test]
fn resources() {
    check!(js: "async () => { using a = open(); await using b = open(); for (using c of d) {} };", @"
    fn#0 Module _()
      fn#1
    fn#1 async Arrow _()
      a = 'open'()
      b = 'open'()
      L0 each c over 'd'
    ");
}
