//! Imports and exports.

use super::check;

#[test]
fn imports() {
    check!(
        r"
        import a from 'a';
        import b, { c, d as e, default as f, type G } from './b';
        import * as h from 'h';
        import i, * as j from 'i';
        import 'k';
        import type { L } from 'l';
        import type M from 'm';
        import n = require('n');
        import o = j.p;
        import { } from 'q';
        import json from './x.json' with { type: 'json' };
        a(c, e, f, h, i, j, n, o);
        ",
        @""
    );
}

#[test]
fn exports() {
    check!(
        r"
        export const a = 1, { b, c: [d] } = x;
        export function e() {}
        export async function* f() {}
        export class G {}
        export interface H {}
        export type I = string;
        export enum J {}
        export { k, l as m, n as default };
        export { o, p as q, default as r } from './o';
        export * from './s';
        export * as t from './t';
        export type { U } from './u';
        export default function v() {}
        const k = 1; import l from 'l';
        export namespace W { export const inner = 1; }
        export declare const y: string;
        ",
        @""
    );
}

#[test]
fn default_exports() {
    check!("export default class A {}", @"");
    check!("export default async () => 1;", @"");
    check!("const a = 1; export default a;", @"");
    check!("export default { data() { return 1; }, name: 'x' };", @"");
    check!("export = router;", @"");
}

#[test]
fn common_js() {
    check!(js:
        r"
        const a = require('a');
        const { b, c: d } = require('./b');
        const e = require('e').default;
        const f = require('f').f;
        var g = require('g'), h = require(h);
        const i = require('i')(1);
        const { j = 1 } = require('j');
        require('k');
        exports.l = () => 1;
        module.exports.m = a;
        module.exports = { a, n: 1, o() {}, ...rest };
        module.exports = exports = P;
        module.exports.m.q = 1;
        function r() { const s = require('s'); exports.t = 1; }
        ",
        @""
    );
}
