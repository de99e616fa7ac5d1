//! Statements and patterns.

use super::check;

#[test]
fn if_chains_nest() {
    check!(
        r"
        if a:
            f()
        elif b:
            g()
        elif c:
            h()
        else:
            i()
        ",
        @r"
        fn#0 Module _()
          if 'a'
            'f'()
          else
            if 'b'
              'g'()
            else
              if 'c'
                'h'()
              else
                'i'()
        "
    );
}

#[test]
fn assignments() {
    check!(
        r"
        x = 1
        x: int = 2
        x: int
        a = b = f()
        a, (b, *c) = f()
        [a, b] = f()
        (x) = 1
        o.x, o[i] = f(), g()
        x += 1
        x //= 2
        x |= y
        x = yield_me, *rest
        ",
        @r"
        fn#0 Module _()
          x = 1
          x = 2
          pass
          a = b = 'f'()
          (a, (b, ...c)) = 'f'()
          [a, b] = 'f'()
          x = 1
          ('o'.x, 'o'['i']) = ('f'(), 'g'())
          x += 1
          x /= 2
          x |= 'y'
          x = ('yield_me', ...'rest')
        "
    );
}

#[test]
fn try_blocks() {
    check!(
        r"
        try:
            f()
        except ValueError as e:
            g(e)
        except (KeyError, errors.Missing):
            pass
        except:
            raise
        else:
            h()
        finally:
            i()
        try:
            f()
        except* OSError as eg:
            g(eg)
        ",
        @r"
        fn#0 Module _()
          try
            'f'()
            'h'()
          handlers
            block
              'ValueError'
              'g'(e(caught))
            block
              ('KeyError', 'errors'.Missing)
              pass
            block
              throw
          finally
            'i'()
          try
            'f'()
          handlers
            block
              'OSError'
              'g'(eg(caught))
        "
    );
}

#[test]
fn a_name_caught_and_assigned_is_a_variable() {
    check!(
        r"
        try:
            f()
        except E as e:
            pass
        for e in entries: pass
        ",
        @r"
        fn#0 Module _()
          try
            'f'()
          handlers
            block
              'E'
              pass
          L0 each e over 'entries'
            pass
        "
    );
}

#[test]
fn with_items() {
    check!(
        r"
        with open(p) as f, lock:
            f.read()
        with (a() as (x, y), b() as self.conn):
            pass
        async with session.begin() as tx, other:
            await tx.run()
        ",
        @r"
        fn#0 Module _()
          with f = entered 'open'('p'), 'lock'
            f.read()
          with (x, y) = entered 'a'(), 'self'.conn = entered 'b'()
            pass
          with tx = entered await 'session'.begin(), await 'other'
            await tx.run()
        "
    );
}

#[test]
fn match_patterns() {
    check!(
        r#"
        match command.split():
            case [action, Point(x, y=0) as p, *rest] if rest:
                f(action)
            case {"key": value, 1: other, **others} | (value, other, others):
                g(value)
            case -1 | "s" | mod.CONST | None | str():
                pass
            case _:
                h()
        "#,
        @r#"
        fn#0 Module _()
          switch 'command'.split() exhaustive
            block
              action = 'command'.split()[0]
              'Point'
              x = ?{'command'.split()[1]}
              0
              p = 'command'.split()[1]
              rest = ?{'command'.split()}
              rest
              'f'(action)
            block
              value = 'command'.split()["key"]
              other = 'command'.split()[1]
              others = ?{'command'.split()}
              value = 'command'.split()[0]
              other = 'command'.split()[1]
              others = 'command'.split()[2]
              'g'(value)
            block
              1
              "s"
              'mod'.CONST
              null
              'str'
              pass
            block
              'h'()
        "#
    );
}

#[test]
fn match_of_several_subjects() {
    check!(
        r"
        match a, b:
            case 0, x: pass
            case (y): pass
        ",
        @r"
        fn#0 Module _()
          switch ('a', 'b') exhaustive
            block
              0
              x = ('a', 'b')[1]
              pass
            block
              y = ('a', 'b')
              pass
        "
    );
}

#[test]
fn match_without_a_last_resort() {
    check!(
        r"
        match a:
            case _ if b: pass
            case 1: pass
        ",
        @r"
        fn#0 Module _()
          switch 'a'
            block
              'b'
              pass
            block
              1
              pass
        "
    );
}

#[test]
fn simple_statements() {
    check!(
        r#"
        def f():
            assert x, message()
            assert y
            del a, b[0], (c.d, e)
            raise Error("x") from other()
            raise Error from e
            raise
            return 1, 2
            return
            pass; f(); ...
        "#,
        @r#"
        fn#0 Module _()
          def fn#1
        fn#1 Function f()
          ('x' or 'message'())
          'y'
          delete 'a'
          delete 'b'[0]
          delete ('c'.d, 'e')
          'other'()
          throw 'Error'("x")
          throw 'Error'
          throw
          return (1, 2)
          return
          pass
          f()
          ?{}
        "#
    );
}

#[test]
fn python_2() {
    check!(
        r#"
        print "x", y
        print >>out, x
        exec code in scope
        try: pass
        except ValueError, e: raise e
        "#,
        @r#"
        fn#0 Module _()
          ?{"x", 'y'}
          ?{?{'out'}, 'x'}
          ?{'code', 'scope'}
          try
            pass
          handlers
            block
              'ValueError'
              'e'
              throw 'e'
        "#
    );
}

#[test]
fn broken_code_keeps_what_is_whole() {
    check!(
        r"
        def f(a, b:
            g(a)

        class A:
            def h(self):
                return self.db.query(

        x = foo(1
        for u in users:
            load(u)
        ",
        @r"
        fn#0 Module _()
          'g'('a')
          'h'('self')
          'self'.db.query
          1
          'load'('u')
        error 0: syntax error
        error 22: syntax error
        error 35: syntax error
        error 56: syntax error
        error 98: syntax error
        "
    );
}

#[test]
fn an_unfinished_line_costs_that_line() {
    check!(
        r"
        def f(users):
            x = users +
            for u in users:
                save(u)
            return x)

        def g(users):
            if users == :
                h(users)
            return k(users,, 1)
        ",
        @r"
        fn#0 Module _()
          def fn#1
          def fn#2
        fn#1 Function f(users)
          pass
          ((users + 'u') in users)
        fn#2 Function g(users)
          if users
            'h'(users)
          return 'k'(users, 1)
        error 20: syntax error
        error 34: syntax error
        error 70: syntax error
        error 108: syntax error
        error 148: syntax error
        "
    );
}
