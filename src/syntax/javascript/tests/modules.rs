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
        @r#"
        import default from "a" as a
        import default from "./b" as b
        import c from "./b" as c
        import d from "./b" as e
        import default from "./b" as f
        import G from "./b" as G (type)
        import namespace from "h" as h
        import default from "i" as i
        import namespace from "i" as j
        import effects from "k"
        import L from "l" as L (type)
        import default from "m" as M (type)
        import namespace from "n" as n
        import default from "./x.json" as json
        fn#0 Module _()
          import a
          import ./b
          import ./b
          import ./b
          import ./b
          import ./b
          import h
          import i
          import i
          import k
          import l
          import m
          import n
          o = j.p
          import ./x.json
          a(c, e, f, h, i, j, n, o)
        "#
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
        export type * from './z';
        export default function v() {}
        const k = 1; import l from 'l';
        export namespace W { export const inner = 1; }
        export declare const y: string;
        ",
        @r#"
        import default from "l" as l
        export a = a
        export b = b
        export d = d
        export e = e
        export f = f
        export G = G
        export H = H
        export I = I
        export J = J
        export k = k
        export m = l
        export default = 'n'
        export o = "./o".o
        export q = "./o".p
        export r = "./o".default
        export * = "./s".*
        export t = "./t"
        export U = "./u".U
        export * = "./z".*
        export default = v
        export y = y
        Class G()
        Interface H()
        Alias I() = 'string'
        Enum J()
        fn#0 Module _()
          a = 1
          {|b: b, c: [d]|} = 'x'
          def fn#1
          def fn#2
          class G
          class H
          class I
          class J
          pass
          pass
          pass
          def fn#3
          k = 1
          import l
          block
            inner = 1
        fn#1 Function e()
        fn#2 async Function f*()
        fn#3 Function v()
        "#
    );
}

#[test]
fn default_exports() {
    check!("export default class A {}", @"
    export default = A
    Class A()
    fn#0 Module _()
      class A
    ");
    check!("export default async () => 1;", @"
    export default = fn#1
    fn#0 Module _()
      fn#1
    fn#1 async Arrow default()
      return 1
    ");
    check!("const a = 1; export default a;", @"
    export default = a
    fn#0 Module _()
      a = 1
      a
    ");
    check!("export default { data() { return 1; }, name: 'x' };", @r#"
    export default = {|data: fn#1, name: "x"|}
    fn#0 Module _()
      {|data: fn#1, name: "x"|}
    fn#1 Method data()
      return 1
    "#);
    check!("export = router;", @"
    export = = 'router'
    fn#0 Module _()
      'router'
    ");
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
        @r#"
        import namespace from "a" as a
        import b from "./b" as b
        import c from "./b" as d
        import default from "e" as e
        import f from "f" as f
        import namespace from "g" as g
        import namespace from "s" as s
        export l = fn#1
        export m = a
        export = = {|a: a, n: 1, o: fn#2, ...'rest'|}
        export a = a
        export n = 1
        export o = fn#2
        export = = 'P'
        fn#0 Module _()
          import a
          import ./b
          import ./b
          import e
          import f
          import g
          h = 'require'(h)
          i = 'require'("i")(1)
          {|j: j = 1|} = 'require'("j")
          'require'("k")
          'exports'.l = fn#1
          'module'.exports.m = a
          'module'.exports = {|a: a, n: 1, o: fn#2, ...'rest'|}
          'module'.exports = 'exports' = 'P'
          'module'.exports.m.q = 1
          def fn#3
        fn#1 Arrow l()
          return 1
        fn#2 Method o()
        fn#3 Function r()
          import s
          'exports'.t = 1
        "#
    );
}
