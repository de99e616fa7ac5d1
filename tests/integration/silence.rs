//! What a run could see, and `--explain-silence`: which loop, call or await stands in a line, what it was resolved to, and
//! why each rule says nothing of it.

use crate::project::Project;

/// A line that ends in this is asked about.
const MARK: &str = " asked";

/// Asks about the marked line of `app.py` or `app.ts`, and expects these parts of what is said.
fn check(files: &[(&str, &str)], expect: &[&str]) {
    let project = Project::new(files);
    let (path, text) = files[0];
    let line = text.lines().position(|line| line.ends_with(MARK));
    let place = format!("{path}:{}", line.expect("a mark") + 1);
    let run = project.run(&["check", "--no-cache", "--explain-silence", &place]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    for part in expect {
        assert!(
            run.stdout.contains(part),
            "{part}\nis not in\n{}",
            run.stdout
        );
    }
}

const SHOP_PY: (&str, &str) = (
    "models.py",
    "\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=40)


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    title = models.CharField(max_length=40)
",
);

#[test]
fn n_plus_one() {
    check(
        &[(
            "app.ts",
            "\
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function firstOf(ids: string[]) {
  for (const id of ids) {
    const user = await prisma.user.findUnique({ where: { id } }); // asked
    if (user) return user;
  }
}
",
        )],
        &[
            "call `prisma.user.findUnique` -> library @prisma/client: queries",
            "in the loop of line 6",
            "n-plus-one leaves `prisma.user.findUnique({ where: { id } })` alone: the loop ends by what it finds",
        ],
    );
    check(
        &[
            (
                "app.py",
                "\
from models import Book


def names():
    books = Book.objects.select_related('author')
    return [book.author.name for book in books]  # asked
",
            ),
            SHOP_PY,
        ],
        &[
            "loop: one trip per row",
            "n-plus-one leaves `book.author` alone: the relation comes with the row",
        ],
    );
}

#[test]
fn n_plus_one_of_low_confidence() {
    check(
        &[
            (
                "app.py",
                "\
from models import Author, Book


def publish(books):
    for book in Book.objects.all():
        send(book)  # asked


def send(book):
    author = Author.objects.get(pk=book.author_id)
    author.name = author.name.upper()
    author.save()
",
            ),
            SHOP_PY,
        ],
        &[
            "call `send` -> `send` of app.py:9",
            "n-plus-one reports it with low confidence: each element is a piece of work of its own",
        ],
    );
}

#[test]
fn write_in_loop() {
    check(
        &[
            (
                "app.py",
                "\
from models import Book


def import_all(rows, size):
    for start in range(0, len(rows), size):
        Book.objects.bulk_create(rows[start : start + size])  # asked
",
            ),
            SHOP_PY,
        ],
        &[
            "library django: writes",
            "write-in-loop leaves `Book.objects.bulk_create(rows[start : start + si…` alone: its loop goes through batches",
        ],
    );
}

#[test]
fn repeated_query() {
    check(
        &[
            (
                "app.py",
                "\
from models import Author, Book


def rename(books, name):
    for book in Book.objects.all():
        author = Author.objects.get(name=name)  # asked
        book.author = author
        book.save()
",
            ),
            SHOP_PY,
        ],
        &[
            "repeated-query leaves `Author.objects.get(name=name)` alone: the loop may change what is asked for",
        ],
    );
}

#[test]
fn loop_invariant_work() {
    check(
        &[(
            "app.py",
            "\
import re


def matches(lines, words):
    return [re.compile(word).findall(lines) for word in words]  # asked
",
        )],
        &[
            "loop-invariant-work leaves `re.compile(word)` alone: its input may differ from trip to trip",
        ],
    );
}

#[test]
fn blocking_in_async() {
    check(
        &[(
            "app.py",
            "\
import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get('/')
async def index():
    await asyncio.to_thread(time.sleep, 1)  # asked
",
        )],
        &[
            "blocking-in-async leaves `asyncio.to_thread(time.sleep, 1)` alone: what it is handed runs in another thread",
        ],
    );
    check(
        &[(
            "app.py",
            "\
import time


def main():
    time.sleep(1)  # asked
",
        )],
        &[
            "blocking-in-async leaves `time.sleep(1)` alone: it holds no event loop that others share",
        ],
    );
}

#[test]
fn await_in_loop() {
    check(
        &[(
            "app.ts",
            "\
export async function follow(start: string) {
  let next = start;
  const pages: string[] = [start];
  for (const page of pages) {
    next = await step(next, page); // asked
  }
  return next;
}

async function step(at: string, page: string) {
  return at + page;
}
",
        )],
        &[
            "call `step` -> `step` of app.ts:10",
            "await-in-loop leaves `await step(next, page)` alone: ",
        ],
    );
    check(
        &[(
            "app.ts",
            "\
export async function follow(start: string, pages: string[]) {
  let next = start;
  for (const page of pages) {
    next = await step(next, page); // asked
  }
  return next;
}

async function step(at: string, page: string) {
  return at + page;
}
",
        )],
        &[
            "await-in-loop leaves `await step(next, page)` alone: a trip needs what the trip before assigned",
        ],
    );
}

#[test]
fn sequential_await() {
    check(
        &[(
            "app.ts",
            "\
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function cart(id: string) {
  const user = await prisma.user.findUnique({ where: { id } });
  const orders = await prisma.order.findMany({ where: { owner: user.name } }); // asked
  return { user, orders };
}
",
        )],
        &[
            "sequential-await leaves `await prisma.order.findMany({ where: { owner: us…` alone: it needs the result of an await before it",
        ],
    );
    check(
        &[(
            "app.ts",
            "\
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function rename(id: string, name: string) {
  const user = await prisma.user.update({ where: { id }, data: { name } });
  const count = await prisma.order.count(); // asked
  return { user, count };
}
",
        )],
        &[
            "sequential-await leaves `await prisma.order.count()` alone: the await before it changes something",
        ],
    );
}

#[test]
fn unbounded_concurrency() {
    check(
        &[(
            "app.ts",
            "\
import pLimit from 'p-limit';

const limit = pLimit(4);

export async function load(urls: string[]) {
  return Promise.all(urls.map((url) => limit(() => fetch(url)))); // asked
}
",
        )],
        &["unbounded-concurrency leaves `fetch(url)` alone: only so many pass at once"],
    );
}

#[test]
fn connection_per_request() {
    check(
        &[(
            "app.ts",
            "\
import { Pool } from 'pg';

const pools = new Map<string, Pool>();

export function poolOf(shop: string) {
  const pool = new Pool({ database: shop }); // asked
  pools.set(shop, pool);
  return pool;
}
",
        )],
        &[
            "connection-per-request leaves `new Pool({ database: shop })` alone: what it opens is kept",
        ],
    );
}

#[test]
fn sort_in_loop() {
    check(
        &[(
            "app.py",
            "\
def ranks(groups):
    ranked = []
    for group in groups:
        names = list(group)
        ranked.append(sorted(names))  # asked
    return ranked
",
        )],
        &["sort-in-loop leaves `sorted(names)` alone: the list is made in the trip that sorts it"],
    );
}

#[test]
fn repeated_recursion() {
    check(
        &[(
            "app.py",
            "\
def depth(node):
    if node is None:
        return 0
    return 1 + max(depth(node.left), depth(node.right))  # asked
",
        )],
        &[
            "repeated-recursion leaves `depth(node.left)` alone: it is not handed a parameter moved by a step",
        ],
    );
}

#[test]
fn linear_search_in_loop() {
    check(
        &[(
            "app.py",
            "\
def known(rows, names):
    wanted = set(names)
    return [row for row in rows if row.name in wanted]  # asked
",
        )],
        &[
            "linear-search-in-loop leaves `row.name in wanted` alone: nothing says that it is a list",
        ],
    );
}

#[test]
fn quadratic_loop() {
    check(
        &[(
            "app.py",
            "\
def lines(orders):
    for order in orders:
        for line in order.lines:  # asked
            if line.order == order.id:
                yield line
",
        )],
        &[
            "quadratic-loop leaves `order.lines` alone: the outer element owns what the inner loop walks",
        ],
    );
}

#[test]
fn line_without_anything_names_what_rules_look_for() {
    check(
        &[("app.py", "print(len('a'))  # asked\n")],
        &[
            "nothing to look at for n-plus-one (a read of a database, cache server or other service), ",
        ],
    );
}

#[test]
fn verbose_run_tells_how_much_it_resolved() {
    let project = Project::new(&[
        (
            "app.ts",
            "\
import { PrismaClient } from '@prisma/client';
import { parse } from '@acme/forms/fields';
import stamp from 'stamped';
import { total } from './total';

const prisma = new PrismaClient();

export async function show(form: unknown, run) {
  const id = parse(form);
  stamp(parse(id));
  run(id);
  missing(id);
  return total(await prisma.order.findMany({ where: { id }, take: 5 }));
}
",
        ),
        ("total.ts", "export const total = (rows) => rows.length;\n"),
    ]);
    let run = project.run(&["check", "--no-cache", "-v"]);
    let told = run
        .stderr
        .lines()
        .find(|line| line.starts_with("coverage: "));
    assert_eq!(
        told,
        Some(
            "coverage: 8 calls: 12 % of the project, 25 % of modelled libraries, 37 % of unknown \
             packages, 12 % of parameters, 12 % unresolved; queries: @prisma/client 1; most calls \
             into unknown packages: @acme/forms 2, stamped 1"
        ),
        "{}",
        run.stderr
    );
}
