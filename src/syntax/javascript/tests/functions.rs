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
        @""
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
        @""
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
        @""
    );
}

#[test]
fn defaults_hold_calls_and_loops() {
    check!(
        r"
        function f(a = g(), { b = xs.map(x => x) } = {}, c = () => 1) {}
        ",
        @""
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
        @""
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
        @""
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
        @""
    );
}
