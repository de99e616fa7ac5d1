//! Calls are followed to where they lead: through modules, classes and values.
//!
//! Each project has a loop in one file and a request in another; the comments say whether the
//! loop is reported, as in the fixtures. A twin of the callee that requests nothing stands beside
//! it where a look at names alone would take one for the other.

use crate::fixtures::differences;
use crate::project::Project;

/// Analyses a project and compares with its comments.
fn check(files: &[(&str, &str)]) {
    let differences = differences(Project::new(files).path(), "");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A module that requests, one that does not, and a class of each kind.
const RATES_PY: &str = "\
import requests

BASE = 'https://rates.example.com'


def fetch(bank):
    return requests.get(f'{BASE}/{bank}', timeout=5).json()


def name(bank):
    return bank.title()


class Remote:
    def rate(self, bank):
        return fetch(bank)

    @staticmethod
    def static(bank):
        return fetch(bank)

    @classmethod
    def of_class(cls, bank):
        return cls.static(bank)

    @property
    def latest(self):
        return fetch('latest')


class Fixed:
    def rate(self, bank):
        return len(bank)


class Child(Remote):
    def through_super(self, bank):
        return super().rate(bank)


class Silent(Remote):
    def rate(self, bank):
        return 0


default = Remote()
fixed = Fixed()
";

/// The same in TypeScript.
const RATES_TS: &str = "\
const BASE = 'https://rates.example.com';

export async function load(bank: string) {
  const response = await fetch(`${BASE}/${bank}`);
  return response.json();
}

export const arrow = (bank: string) => load(bank);

export function title(bank: string) {
  return bank.toUpperCase();
}

export default function (bank: string) {
  return load(bank);
}

export interface Source {
  rate(bank: string): unknown;
}

export class Remote {
  rate(bank: string) {
    return load(bank);
  }
  static of(bank: string) {
    return load(bank);
  }
  inner = { rate: (bank: string) => load(bank) };
}

export class Fixed {
  rate(bank: string) {
    return bank.length;
  }
}

export class Child extends Remote {
  throughSuper(bank: string) {
    return super.rate(bank);
  }
}

export class Silent extends Remote {
  rate(_bank: string) {
    return Promise.resolve(0);
  }
}

export const rates = { load, title, nested: { load } };
export const standard = new Remote();
export const fixed = new Fixed();
";

const RATES_JS: &str = "\
async function load(bank) {
  const response = await fetch(`https://rates.example.com/${bank}`);
  return response.json();
}

function title(bank) {
  return bank.toUpperCase();
}

class Remote {
  rate(bank) {
    return load(bank);
  }
}

class Fixed {
  rate(bank) {
    return bank.length;
  }
}

exports.Remote = Remote;
exports.Fixed = Fixed;
exports.load = load;
exports.title = title;
";

#[test]
fn python_functions_are_found_through_imports() {
    check(&[
        (
            "shop/__init__.py",
            "from .rates import fetch as fetch_rate, name\nfrom . import rates\n",
        ),
        ("shop/rates.py", RATES_PY),
        ("shop/everything.py", "from shop.rates import *\n"),
        (
            "absolute.py",
            "\
from shop.rates import fetch, name
import shop.rates
import shop.rates as r


def run(banks):
    a = [fetch(bank) for bank in banks]  # expect-low: n-plus-one
    b = [shop.rates.fetch(bank) for bank in banks]  # known-miss: n-plus-one — a module reached through its package
    c = [r.fetch(bank) for bank in banks]  # expect-low: n-plus-one
    d = [name(bank) for bank in banks]
    e = [r.name(bank) for bank in banks]
    return a, b, c, d, e
",
        ),
        (
            "shop/relative.py",
            "\
from . import rates
from .rates import fetch as get
from ..shop.rates import fetch


def run(banks):
    a = [rates.fetch(bank) for bank in banks]  # expect-low: n-plus-one
    b = [get(bank) for bank in banks]  # expect-low: n-plus-one
    return a, b
",
        ),
        (
            "reexported.py",
            "\
import shop
from shop import fetch_rate, name
from shop.everything import fetch


def run(banks):
    a = [fetch_rate(bank) for bank in banks]  # expect-low: n-plus-one
    b = [shop.rates.fetch(bank) for bank in banks]  # known-miss: n-plus-one — a module reached through its package
    c = [fetch(bank) for bank in banks]  # expect-low: n-plus-one
    d = [name(bank) for bank in banks]
    return a, b, c, d
",
        ),
        (
            "local.py",
            "\
def run(banks):
    from shop.rates import fetch

    def inner(bank):
        return fetch(bank)

    return [inner(bank) for bank in banks]  # expect-low: n-plus-one


def shadowed(banks, fetch):
    return [fetch(bank) for bank in banks]
",
        ),
    ]);
}

#[test]
fn python_methods_are_found_through_types() {
    check(&[
        ("rates.py", RATES_PY),
        (
            "use.py",
            "\
from dataclasses import dataclass

import rates
from rates import Child, Fixed, Remote, Silent, default, fixed


def annotated(banks, remote: Remote, other: Fixed, silent: Silent):
    a = [remote.rate(bank) for bank in banks]  # expect-low: n-plus-one
    b = [other.rate(bank) for bank in banks]
    c = [silent.rate(bank) for bank in banks]
    return a, b, c


def constructed(banks):
    remote = Remote()
    other = Fixed()
    a = [remote.rate(bank) for bank in banks]  # expect-low: n-plus-one
    b = [other.rate(bank) for bank in banks]
    c = [rates.Child().through_super(bank) for bank in banks]  # expect-low: n-plus-one
    d = [Child().rate(bank) for bank in banks]  # expect-low: n-plus-one
    return a, b, c, d


def of_module(banks):
    a = [default.rate(bank) for bank in banks]  # expect-low: n-plus-one
    b = [fixed.rate(bank) for bank in banks]
    return a, b


def of_class(banks):
    a = [Remote.static(bank) for bank in banks]  # expect-low: n-plus-one
    b = [Child.of_class(bank) for bank in banks]  # expect-low: n-plus-one
    return a, b


def make() -> Remote:
    return Child()


def returned(banks):
    return [make().rate(bank) for bank in banks]  # expect-low: n-plus-one


class Service:
    def __init__(self, remote: Remote):
        self.remote = remote
        self.own = Remote()
        self.fixed = Fixed()

    def one(self, bank):
        return self.remote.rate(bank)

    def all(self, banks):
        a = [self.remote.rate(bank) for bank in banks]  # expect-low: n-plus-one
        b = [self.own.rate(bank) for bank in banks]  # expect-low: n-plus-one
        c = [self.fixed.rate(bank) for bank in banks]
        d = [self.one(bank) for bank in banks]  # expect-low: n-plus-one
        return a, b, c, d


@dataclass
class Form:
    remote: Remote
    fixed: Fixed

    def all(self, banks):
        a = [self.remote.rate(bank) for bank in banks]  # expect-low: n-plus-one
        b = [self.fixed.rate(bank) for bank in banks]
        return a, b
",
        ),
    ]);
}

#[test]
fn python_functions_are_found_as_values() {
    check(&[
        ("rates.py", RATES_PY),
        (
            "helpers.py",
            "\
def each(items, run):
    for item in items:
        run(item)


def once(item, run):
    return run(item)
",
        ),
        (
            "use.py",
            "\
from concurrent.futures import ThreadPoolExecutor

from helpers import each, once
from rates import fetch, name


def run(banks):
    a = list(map(fetch, banks))  # known-miss: n-plus-one — a builtin that calls a function by name
    b = list(map(lambda bank: fetch(bank), banks))  # expect-low: n-plus-one
    c = list(map(name, banks))
    get = fetch
    d = [get(bank) for bank in banks]  # expect-low: n-plus-one
    once(banks, fetch)
    each(banks, name)
    return a, b, c, d
",
        ),
    ]);
}

#[test]
fn typescript_functions_are_found_through_imports() {
    check(&[
        ("rates/rates.ts", RATES_TS),
        (
            "rates/index.ts",
            "export * from './rates';\nexport { load as loadRate, default } from './rates.js';\n",
        ),
        ("rates/all.ts", "export * as all from './rates';\n"),
        (
            "direct.ts",
            "\
import anyName, { arrow, load as get, rates, title } from './rates/rates';
import * as everything from './rates/rates.js';

export function run(banks: string[]) {
  banks.map((bank) => get(bank)); // expect-low: n-plus-one
  banks.map((bank) => arrow(bank)); // expect-low: n-plus-one
  banks.map((bank) => anyName(bank)); // expect-low: n-plus-one
  banks.map((bank) => everything.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => rates.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => rates.nested.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => title(bank));
  banks.map((bank) => everything.title(bank));
  banks.map((bank) => rates.title(bank));
}
",
        ),
        (
            "barrel.tsx",
            "\
import anyName, { load, loadRate, title } from './rates';
import { all } from './rates/all';

export function run(banks: string[]) {
  banks.map((bank) => load(bank)); // expect-low: n-plus-one
  banks.map((bank) => loadRate(bank)); // expect-low: n-plus-one
  banks.map((bank) => anyName(bank)); // expect-low: n-plus-one
  banks.map((bank) => all.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => title(bank));
  banks.map((bank) => all.title(bank));
}
",
        ),
        (
            "dynamic.ts",
            "\
export async function run(banks: string[]) {
  const { load, title } = await import('./rates/rates');
  banks.map((bank) => load(bank)); // expect-low: n-plus-one
  banks.map((bank) => title(bank));
}

export function shadowed(banks: string[], load: (bank: string) => string) {
  return banks.map((bank) => load(bank));
}
",
        ),
    ]);
}

#[test]
fn typescript_modules_are_found_through_manifests() {
    check(&[
        (
            "package.json",
            r#"{"name": "shop", "private": true, "workspaces": ["packages/*"]}"#,
        ),
        (
            "packages/rates/package.json",
            r#"{"name": "@shop/rates", "exports": {".": "./src/main.ts", "./deep": "./src/rates.ts"}}"#,
        ),
        (
            "packages/rates/src/main.ts",
            "export { load, title } from './rates';\n",
        ),
        ("packages/rates/src/rates.ts", RATES_TS),
        (
            "packages/web/package.json",
            r#"{"name": "@shop/web", "dependencies": {"@shop/rates": "*"}}"#,
        ),
        (
            "packages/web/tsconfig.json",
            "{\n  // comments are allowed here\n  \"extends\": \"./base.json\",\n}\n",
        ),
        ("packages/web/base.json", "{}"),
        (
            "packages/web/src/lib/rates.ts",
            "export { load } from '@shop/rates/deep';\n",
        ),
        (
            "packages/web/src/page.ts",
            "\
import { load, title } from '@shop/rates';
import { load as deep } from '@shop/rates/deep';

export function run(banks: string[]) {
  banks.map((bank) => load(bank)); // expect-low: n-plus-one
  banks.map((bank) => deep(bank)); // expect-low: n-plus-one
  banks.map((bank) => title(bank));
}
",
        ),
        (
            "packages/app/tsconfig.json",
            r#"{"compilerOptions": {"baseUrl": "src", "paths": {"~/*": ["*"], "rates": ["lib/rates"]}}}"#,
        ),
        ("packages/app/src/lib/rates.ts", RATES_TS),
        (
            "packages/app/src/page.ts",
            "\
import { load } from '~/lib/rates';
import { load as other } from 'rates';
import { load as based } from 'lib/rates';
import { load as absent } from 'elsewhere/rates';

export function run(banks: string[]) {
  banks.map((bank) => load(bank)); // expect-low: n-plus-one
  banks.map((bank) => other(bank)); // expect-low: n-plus-one
  banks.map((bank) => based(bank)); // expect-low: n-plus-one
  banks.map((bank) => absent(bank));
}
",
        ),
    ]);
}

#[test]
fn typescript_methods_are_found_through_types() {
    check(&[
        ("rates.ts", RATES_TS),
        (
            "use.ts",
            "\
import { Child, Fixed, Remote, Silent, fixed, standard } from './rates';

export function annotated(banks: string[], remote: Remote, other: Fixed, silent: Silent) {
  banks.map((bank) => remote.rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => remote.inner.rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => other.rate(bank));
  banks.map((bank) => silent.rate(bank));
}

export function constructed(banks: string[]) {
  const remote = new Remote();
  const child = new Child();
  const other = new Fixed();
  banks.map((bank) => remote.rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => child.rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => child.throughSuper(bank)); // expect-low: n-plus-one
  banks.map((bank) => Remote.of(bank)); // expect-low: n-plus-one
  banks.map((bank) => standard.rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => other.rate(bank));
  banks.map((bank) => fixed.rate(bank));
}

function make(): Remote {
  return new Child();
}

export function returned(banks: string[]) {
  return banks.map((bank) => make().rate(bank)); // expect-low: n-plus-one
}

export class Service {
  private readonly own = new Remote();
  #hidden = new Remote();
  private declared: Remote;

  constructor(
    private readonly remote: Remote,
    private readonly fixed: Fixed,
    other: Remote,
  ) {
    this.declared = other;
  }

  one(bank: string) {
    return this.remote.rate(bank);
  }

  bound = (bank: string) => this.own.rate(bank);

  all(banks: string[]) {
    banks.map((bank) => this.remote.rate(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.own.rate(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.#hidden.rate(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.declared.rate(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.one(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.bound(bank)); // expect-low: n-plus-one
    banks.map((bank) => this.fixed.rate(bank));
  }
}
",
        ),
    ]);
}

#[test]
fn typescript_interface_with_one_implementation_is_that() {
    check(&[
        (
            "rates.ts",
            "\
export interface Source {
  rate(bank: string): Promise<unknown>;
}

export class Remote implements Source {
  async rate(bank: string) {
    return fetch(`https://rates.example.com/${bank}`);
  }
}
",
        ),
        (
            "use.ts",
            "\
import type { Source } from './rates';

export function run(banks: string[], source: Source) {
  return banks.map((bank) => source.rate(bank)); // expect-low: n-plus-one
}
",
        ),
    ]);
}

#[test]
fn typescript_functions_are_found_as_values() {
    check(&[
        ("rates.ts", RATES_TS),
        (
            "helpers.ts",
            "\
export function once<T>(item: T, run: (item: T) => unknown) {
  return run(item);
}
",
        ),
        (
            "use.ts",
            "\
import { load, title } from './rates';
import { once } from './helpers';

export function run(banks: string[]) {
  banks.map(load); // expect-low: n-plus-one
  banks.forEach(function (bank) {
    void load(bank); // expect-low: n-plus-one
  });
  const get = load;
  banks.map((bank) => get(bank)); // expect-low: n-plus-one
  banks.map(title);
  once(banks[0], load);
}
",
        ),
    ]);
}

#[test]
fn javascript_functions_are_found_through_require() {
    check(&[
        ("rates.js", RATES_JS),
        (
            "single.js",
            "const { load } = require('./rates');\n\nmodule.exports = (bank) => load(bank);\n",
        ),
        (
            "object.js",
            "const rates = require('./rates');\n\nmodule.exports = { get: rates.load, title: rates.title, rates };\n",
        ),
        (
            "lib/index.js",
            "module.exports = require('../rates');\nmodule.exports.extra = require('../single');\n",
        ),
        (
            "use.js",
            "\
const rates = require('./rates');
const { load: get, title } = require('./rates.js');
const single = require('./single');
const object = require('./object');
const lib = require('./lib');
const { Remote, Fixed } = require('./rates');

function run(banks) {
  banks.map((bank) => rates.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => get(bank)); // expect-low: n-plus-one
  banks.map((bank) => single(bank)); // expect-low: n-plus-one
  banks.map((bank) => object.get(bank)); // expect-low: n-plus-one
  banks.map((bank) => object.rates.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => lib.load(bank)); // expect-low: n-plus-one
  banks.map((bank) => lib.extra(bank)); // known-miss: n-plus-one — an export added to what another module exports
  banks.map((bank) => new Remote().rate(bank)); // expect-low: n-plus-one
  banks.map((bank) => new Fixed().rate(bank));
  banks.map((bank) => title(bank));
  banks.map((bank) => object.title(bank));
  banks.map((bank) => lib.title(bank));
}

module.exports = { run };
",
        ),
    ]);
}
