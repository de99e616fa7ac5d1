//! Functions and parameters.

use super::check;

#[test]
fn all_forms_of_functions() {
    check!(
        r"
        function a(x) { return x; }
        async function b() {}
        function* c() { yield 1; yield; yield* d(); }
        async function* e() {}
        const f = function () {};
        const g = function named() { named(); };
        const h = async (x) => x;
        const i = x => { x(); };
        obj.j = () => 1;
        obj['k'] = () => 1;
        ",
        @r#"
        fn#0 Module _()
          def fn#1
          def fn#2
          def fn#3
          def fn#4
          f = fn#5
          g = fn#6
          h = fn#7
          i = fn#8
          'obj'.j = fn#9
          'obj'["k"] = fn#10
        fn#1 Function a(x)
          return x
        fn#2 async Function b()
        fn#3 Function c*()
          yield 1
          yield
          yield 'd'()
        fn#4 async Function e*()
        fn#5 Function f()
        fn#6 Function named()
          named()
        fn#7 async Arrow h(x)
          return x
        fn#8 Arrow i(x)
          x()
        fn#9 Arrow j()
          return 1
        fn#10 Arrow _()
          return 1
        "#
    );
}

#[test]
fn parameters_of_all_forms() {
    check!(js:
        r"
        function f(a, b = 1, {c, d: {e}, 'g-h': i = g(), ...j}, [k, , l = 2, ...m], ...n) {
            return a + b + c + e + i + j + k + l + m + n;
        }
        (([first]) => first)(x);
        ",
        @"
        fn#0 Module _()
          def fn#1
          fn#2('x')
        fn#1 Function f(a, b = 1, {|c: c, d: {|e: e|}, g-h: i = 'g'(), ...j|}, [k, ?{}, l = 2, ...m], *n)
          pass
          return (((((((((a + b) + c) + e) + i) + j) + k) + l) + m) + n)
        fn#2 Arrow _([first]) immediate
          return first
        "
    );
}

#[test]
fn typed_parameters() {
    check!(
        r"
        function f(this: Window, a: string, b?: number, c: User[] = load(), ...d: string[]): Promise<User> {}
        const g = ({ id, name = 'x' }: Props) => id;
        function isUser(x: unknown): x is User { return true; }
        ",
        @r#"
        fn#0 Module _()
          def fn#1
          g = fn#2
          def fn#3
        fn#1 Function f(a: 'string', b: 'number', c: 'Array'['User'] = 'load'(), *d: 'Array'['string']) -> 'Promise'['User']
          pass
        fn#2 Arrow g({|id: id, name: name = "x"|}: 'Props')
          return id
        fn#3 Function isUser(x: 'unknown') -> 'boolean'[?{}]
          return true
        "#
    );
}

#[test]
fn defaults_hold_calls_and_loops() {
    check!(
        r"
        function f(a = g(), { b = xs.map(x => x) } = {}, c = () => 1) {}
        ",
        @"
        fn#0 Module _()
          def fn#1
        fn#1 Function f(a = 'g'(), {|b: b = 'xs'.map(fn#2) ⟳L0|} = {||}, c = fn#3)
          pass
          pass
          pass
        fn#2 Arrow _(x) per L0
          return x
        fn#3 Arrow _()
          return 1
        "
    );
}

#[test]
fn overloads_are_one_function() {
    check!(
        r"
        export function f(a: string): string;
        export function f(a: number): number;
        export function f(a: any) { return a; }
        declare function g(a: string): User;
        ",
        @"
        export f = f
        fn#0 Module _()
          def fn#1
          def fn#2
        fn#1 Function f(a: 'any')
          return a
        fn#2 Function g(a: 'string') -> 'User'
        "
    );
}

#[test]
fn immediate_functions_and_arguments() {
    check!(js:
        r"
        (async () => { await f(); })();
        (function () { g(); }).call(this);
        setTimeout(() => h(), 10);
        app.get('/x', auth, async (req, res) => {});
        new Promise((resolve) => resolve(1));
        const z = memo(() => 1);
        ",
        @r#"
        fn#0 Module _()
          fn#1()
          fn#2.call(this)
          'setTimeout'(fn#3, 10)
          'app'.get("/x", 'auth', fn#4)
          new 'Promise'(fn#5)
          z = 'memo'(fn#6)
        fn#1 async Arrow _() immediate
          await 'f'()
        fn#2 Function _() immediate
          'g'()
        fn#3 Arrow _() argument 0
          return 'h'()
        fn#4 async Arrow _(req, res) argument 2
        fn#5 Arrow _(resolve) argument 0
          return resolve(1)
        fn#6 Arrow _() argument 0
          return 1
        "#
    );
}

#[test]
fn names_come_from_the_place() {
    check!(js:
        r"
        const routes = { list: async () => 1, 'by-id': function () {}, [key]: () => 2, get() {}, get size() { return 1; }, set size(v) {}, async *walk() {}, [Symbol.iterator]() {} };
        module.exports.handler = async () => 3;
        let a, b = () => 4;
        a = () => 5;
        const wrapped = wrap(() => 6);
        const c = (() => 7);
        ",
        @"
        export handler = fn#9
        fn#0 Module _()
          routes = {|list: fn#1, by-id: fn#2, ['key']: fn#3, get: fn#4, size: fn#5, size: fn#6, walk: fn#7, ['Symbol'.iterator]: fn#8|}
          'module'.exports.handler = fn#9
          b = fn#10
          a = fn#11
          wrapped = 'wrap'(fn#12)
          c = fn#13
        fn#1 async Arrow list()
          return 1
        fn#2 Function by-id()
        fn#3 Arrow _()
          return 2
        fn#4 Method get()
        fn#5 Getter size()
          return 1
        fn#6 Setter size(v)
        fn#7 async Method walk*()
        fn#8 Method [Symbol.iterator]()
        fn#9 async Arrow handler()
          return 3
        fn#10 Arrow b()
          return 4
        fn#11 Arrow a()
          return 5
        fn#12 Arrow _() argument 0
          return 6
        fn#13 Arrow c()
          return 7
        "
    );
}
