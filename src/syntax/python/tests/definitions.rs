//! Functions, classes, parameters, decorators and imports.

use super::check;

#[test]
fn functions_and_their_parameters() {
    check!(
        r"
        def f(a, b: int = 3, /, *args: str, key, other=None, **rest) -> list[User]:
            return a

        async def g(*, flag): pass

        def h(x, (y, z)): pass
        ",
        @r"
        fn#0 Module _()
          def fn#1
          def fn#2
          def fn#3
        fn#1 Function f(a, b: 'int' = 3, *args: 'str', key key, key other = null, **rest) -> 'list'['User']
          return a
        fn#2 async Function g(key flag)
          pass
        fn#3 Function h(x, (y, z))
          pass
          pass
        "
    );
}

#[test]
fn generators() {
    check!(
        r"
        def numbers():
            yield 1
            got = yield
            yield from others()
        ",
        @r"
        fn#0 Module _()
          def fn#1
        fn#1 Function numbers*()
          yield 1
          got = yield
          yield 'others'()
        "
    );
}

#[test]
fn defaults_and_decorators_run_outside() {
    check!(
        r#"
        @app.get("/users", dependencies=[Depends(auth)])
        @cached
        def users(db=Depends(get_db), limit: int = Query(50)): pass
        "#,
        @r#"
        fn#0 Module _()
          def fn#1
        fn#1 Function users(db = 'Depends'('get_db'), limit: 'int' = 'Query'(50)) @['app'.get("/users", dependencies: ['Depends'('auth')]), 'cached']
          pass
        "#
    );
}

#[test]
fn annotations_in_strings() {
    check!(
        r#"
        def f(a: "User", b: "list[app.User | None]", c: Optional["User"], d: "not a type"): pass
        class A:
            x: Literal["User"]
            y: Annotated["User", "doc"]
            z: dict["K", "V"] = Call("User")
            w: "A"
        "#,
        @r#"
        Class A()
          x: 'Literal'["User"]
          y: 'Annotated'[('User', "doc")]
          z: 'dict'[('K', 'V')] = 'Call'("User")
          w: A
        fn#0 Module _()
          def fn#1
          class A
          pass
          pass
          z = 'Call'("User")
          pass
        fn#1 Function f(a: 'User', b: 'list'[('app'.User | null)], c: 'Optional'['User'], d: "not a type")
          pass
        "#
    );
}

#[test]
fn methods() {
    check!(
        r#"
        class User(Base):
            def __init__(self, id): self.id = id
            def save(self): pass
            async def load(self): return super().load()
            @staticmethod
            def make(x): pass
            @classmethod
            def all(cls): pass
            @property
            def name(self): pass
            @name.setter
            def name(self, value): pass
            @functools.cached_property
            def posts(self): pass
            @hybrid_property
            def total(self): pass
            @validates("x")
            def check(self):
                def inner(self): pass
        "#,
        @r#"
        Class User('Base')
          fn#1
          fn#2
          fn#3
          fn#4
          fn#5
          fn#6
          fn#7
          fn#8
          fn#9
          fn#10
        fn#0 Module _()
          class User
          def fn#1
          def fn#2
          def fn#3
          def fn#4
          def fn#5
          def fn#6
          def fn#7
          def fn#8
          def fn#9
          def fn#10
        fn#1 Constructor __init__(self, id)
          self.id = id
        fn#2 Method save(self)
          pass
        fn#3 async Method load(self)
          return super.load()
        fn#4 static Method make(x) @['staticmethod']
          pass
        fn#5 Method all(cls) @['classmethod']
          pass
        fn#6 Getter name(self) @['property']
          pass
        fn#7 Setter name(self, value) @[name.setter]
          pass
        fn#8 Getter posts(self) @['functools'.cached_property]
          pass
        fn#9 Getter total(self) @['hybrid_property']
          pass
        fn#10 Method check(self) @['validates'("x")]
          def fn#11
        fn#11 Function inner(self)
          pass
        "#
    );
}

#[test]
fn classes_and_their_fields() {
    check!(
        r#"
        @dataclass(frozen=True)
        class Post(Base, Generic[T], metaclass=Meta):
            "Docs."
            id: int
            title: Mapped[str] = column(String(50))
            kind = "post"
            a, b = 1, 2
            first = last = None
            objects.x = 1
            if DEBUG:
                extra = 1
            class Meta:
                ordering = ["-id"]
            def __init__(self):
                self.tags: list[Tag] = []
                self.plain = 1
                other.x: int = 2
        "#,
        @r#"
        Class Post('Base', 'Generic'['T'], metaclass: 'Meta') @['dataclass'(frozen: true)]
          id: 'int'
          title: 'Mapped'['str'] = 'column'('String'(50))
          kind = "post"
          a
          b
          last = null
          first = last = null
          extra = 1
          tags: 'list'['Tag'] = []
          fn#1
        Class Meta() in Post
          ordering = ["-id"]
        fn#0 Module _()
          class Post
          pass
          pass
          title = 'column'('String'(50))
          kind = "post"
          (a, b) = (1, 2)
          first = last = null
          'objects'.x = 1
          if 'DEBUG'
            extra = 1
          class Meta
          ordering = ["-id"]
          def fn#1
        fn#1 Constructor __init__(self)
          self.tags = []
          self.plain = 1
          'other'.x = 2
        "#
    );
}

#[test]
fn names_of_a_class_body_are_unknown_to_its_methods() {
    check!(
        r"
        class A:
            limit = 10
            double = limit * 2
            def f(self): return limit
        ",
        @r"
        Class A()
          limit = 10
          double = (limit * 2)
          fn#1
        fn#0 Module _()
          class A
          limit = 10
          double = (limit * 2)
          def fn#1
        fn#1 Method f(self)
          return 'limit'
        "
    );
}

#[test]
fn lambdas() {
    check!(
        r#"
        double = lambda x, y=1: x * y
        self.on_change = lambda: save()
        table = {"add": lambda a, b: a + b}
        (lambda: 1)()
        submit(1, lambda: 2, done=lambda r: r)
        "#,
        @r"
        fn#0 Module _()
          double = fn#1
          'self'.on_change = fn#2
          table = {|add: fn#3|}
          fn#4()
          'submit'(1, fn#5, done: fn#6)
        fn#1 Arrow double(x, y = 1)
          return (x * y)
        fn#2 Arrow on_change()
          return 'save'()
        fn#3 Arrow add(a, b)
          return (a + b)
        fn#4 Arrow _() immediate
          return 1
        fn#5 Arrow _() argument 1
          return 2
        fn#6 Arrow _(r) argument 2
          return r
        "
    );
}

#[test]
fn overloads_give_way_to_the_implementation() {
    check!(
        r"
        @overload
        def f(x: int) -> int: ...
        @overload
        def f(x: str) -> str: ...
        def f(x): return x
        f(1)
        ",
        @r"
        fn#0 Module _()
          def fn#1
          def fn#2
          def fn#3
          f(1)
        fn#1 Function f(x: 'int') -> 'int' @['overload']
          ?{}
        fn#2 Function f(x: 'str') -> 'str' @['overload']
          ?{}
        fn#3 Function f(x)
          return x
        "
    );
}

#[test]
fn type_aliases() {
    check!(
        r#"
        type Ids = list[int]
        type Pair[K] = tuple[K, "Ids"]
        "#,
        @r"
        Alias Ids() = 'list'['int']
        Alias Pair() = 'tuple'[('K', Ids)]
        fn#0 Module _()
          class Ids
          class Pair
        "
    );
}

#[test]
fn imports() {
    check!(
        r"
        from __future__ import annotations
        import os, a.b.c
        import a.b as ab
        from django.db import models, connection as conn
        from . import views
        from ..core.util import (helper, other as o,)
        from .consts import *
        if TYPE_CHECKING:
            from app.models import User
        else:
            User = None
        def f():
            from late import thing
            return thing(os.path, a.b, ab, conn, views, o, User)
        ",
        @r#"
        import annotations from "__future__" as annotations
        import root from "os" as os
        import root from "a.b.c" as a
        import namespace from "a.b" as ab
        import models from "django.db" as models
        import connection from "django.db" as conn
        import views from "." as views
        import helper from "..core.util" as helper
        import other from "..core.util" as o
        import * from ".consts"
        import User from "app.models" as User (type)
        import thing from "late" as thing
        fn#0 Module _()
          import __future__
          import os
          import a.b.c
          import a.b
          import django.db
          import django.db
          import
          import core.util
          import core.util
          import consts
          if 'TYPE_CHECKING'
            import app.models
          else
            User = null
          def fn#1
        fn#1 Function f()
          import late
          return thing(os.path, a.b, ab, conn, views, o, User)
        "#
    );
}

#[test]
fn global_and_nonlocal_names() {
    check!(
        r"
        cache = {}
        def f():
            global cache, fresh
            cache = load()
            fresh = 1
            count = 0
            def g():
                nonlocal count
                count += 1
                cache = 1
            return g
        ",
        @r"
        fn#0 Module _()
          cache = {||}
          def fn#1
        fn#1 Function f()
          cache = 'load'()
          fresh = 1
          count = 0
          def fn#2
          return g
        fn#2 Function g()
          count += 1
          cache = 1
        "
    );
}
