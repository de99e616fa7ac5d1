//! The queries that calls of libraries ask.

use super::link;
use crate::source::FileId;

/// The queries of the last file, in order.
fn asked(files: &[(&str, &str)]) -> Vec<String> {
    let program = link(files).expect("well formed");
    let mut found = Vec::new();
    for function in program.functions(FileId(files.len() as u32 - 1)) {
        for act in function.acts() {
            for asked in function.queries_at(act) {
                let mut text = asked.query.to_string();
                if !asked.optional.is_empty() {
                    text = format!("{text} + {}", asked.optional.len());
                }
                found.push(text);
            }
        }
    }
    found
}

const BOOKS: &str = r#"
from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=100)

class Live(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(deleted=None)

class Books(models.QuerySet):
    def by(self, author):
        return self.filter(author=author)

class Book(models.Model):
    title = models.CharField(max_length=100)
    year = models.IntegerField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    objects = models.Manager()
    live = Live()
    chosen = Books.as_manager()

    class Meta:
        ordering = ["-year"]
"#;

fn check_django(table: &[(&str, &[&str])]) {
    for &(source, expect) in table {
        let text = format!(
            "from django.db.models import Q, F\nfrom django.shortcuts import get_object_or_404\n\
             from shop.models import Author, Book\n{source}\n"
        );
        let found = asked(&[("shop/models.py", BOOKS), ("shop/views.py", &text)]);
        assert_eq!(found, expect, "{source}");
    }
}

#[test]
fn django_keywords_are_conditions() {
    check_django(&[
        (
            "def f(t):\n    return list(Book.objects.filter(title=t, year__gte=2000))",
            &["select shop_book where title = ? and year <>= 2000 order by year desc"],
        ),
        (
            "def f(t):\n    return Author.objects.filter(name__icontains=t).first()",
            &["select shop_author where upper(name) like %x ? limit 1"],
        ),
        (
            "def f(a):\n    return Book.objects.filter(author=a).exclude(title='x').count()",
            &["select aggregate shop_book where author_id = ? and title != 'x'"],
        ),
        (
            "def f(n):\n    return Book.objects.get(author__name=n)",
            &[
                "select shop_book, shop_author where shop_author.id = shop_book.author_id and shop_author.name = ? \
               order by shop_book.year desc",
            ],
        ),
        (
            "def f(n):\n    return Author.objects.get(books__title=n)",
            &[
                "select shop_author, shop_book where shop_book.author_id = shop_author.id and shop_book.title = ?",
            ],
        ),
        (
            "def f(a, b):\n    return Author.objects.filter(Q(name=a) | Q(name__startswith=b)).exists()",
            &["select aggregate shop_author where (name = ? or name like x% ?) limit 1"],
        ),
        (
            "def f(n):\n    return get_object_or_404(Author, name=n)",
            &["select shop_author where name = ?"],
        ),
        (
            "def f(d):\n    return list(Book.objects.order_by('title')[:10])",
            &["select shop_book order by title limit 10"],
        ),
        (
            "def f(a: Author):\n    return a.books.filter(year=1).count()",
            &["select aggregate shop_book where author_id = ? and year = 1"],
        ),
    ]);
}

#[test]
fn django_queries_go_through_helpers_and_conditions() {
    check_django(&[
        (
            "def f(t):\n    qs = Author.objects.all()\n    if t:\n        qs = qs.filter(name=t)\n    \
             return list(qs)",
            &["select shop_author + 1"],
        ),
        (
            "def named(n):\n    return Author.objects.filter(name=n)\n\
             def f(n):\n    return named(n).filter(id__gt=1).first()",
            &["select shop_author where name = ? and id <>= 1 limit 1"],
        ),
        (
            "def f(n):\n    return Book.live.filter(title=n).count()",
            &["select aggregate shop_book where deleted = null and title = ?"],
        ),
        (
            "def f(a):\n    return Book.chosen.by(a).count()",
            &["select aggregate shop_book where author_id = ?"],
        ),
    ]);
}

#[test]
fn sqlalchemy_expressions_are_conditions() {
    let models = "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\
         class Base(DeclarativeBase): pass\n\
         class File(Base):\n    __tablename__ = 'files'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
         path: Mapped[str] = mapped_column()\n    size: Mapped[int] = mapped_column()\n";
    let head = "from sqlalchemy import select, or_, and_, func, desc, text\n\
        from sqlalchemy.orm import Session\nfrom models import File\n";
    let table: &[(&str, &[&str])] = &[
        (
            "def f(s: Session, p):\n    return s.scalars(select(File).where(File.path == p)).all()",
            &["select files where path = ?"],
        ),
        (
            "def f(s: Session, p):\n    return s.query(File).filter(File.path.ilike(f'%{p}%'), \
             File.size > 3).order_by(File.size.desc()).limit(5).all()",
            &["select files where path like %x ? and size <>= 3 order by size desc limit 5"],
        ),
        (
            "def f(s: Session, p):\n    return s.query(File).filter_by(path=p).first()",
            &["select files where path = ? limit 1"],
        ),
        (
            "def f(s: Session, p):\n    q = select(File).where(or_(File.path == p, File.size.in_([1, 2])))\n    \
             return s.execute(q)",
            &["select files where (path = ? or size = (1, 2))"],
        ),
        (
            "def f(s: Session, p):\n    return s.scalar(select(File.id).where(func.lower(File.path) == p))",
            &["select files where lower(path) = ?"],
        ),
        (
            "def run(s: Session, q):\n    return s.scalars(q)\n\
             def f(s: Session, p):\n    return run(s, select(File).where(File.path == p))",
            &[
                "select files and more",
                "select files where path = ? limit ? offset ?",
            ],
        ),
        (
            "def f(s: Session, p):\n    sql = 'select * from files'\n    sql += ' where path = :p'\n    \
             return s.execute(text(sql), {'p': p})",
            &["select * files where path = ?"],
        ),
    ];
    for &(source, expect) in table {
        let text = format!("{head}{source}\n");
        let found = asked(&[("models.py", models), ("app.py", &text)]);
        assert_eq!(found, expect, "{source}");
    }
}

fn check_script(head: &str, table: &[(&str, &[&str])]) {
    for &(source, expect) in table {
        let text = format!("{head}\n{source}\n");
        let found = asked(&[("src/app.ts", &text)]);
        assert_eq!(found, expect, "{source}");
    }
}

#[test]
fn prisma_objects_are_conditions() {
    check_script(
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        &[
            (
                "export const f = async (id: string) => await prisma.document.findMany({ where: { userId: id, \
                 createdAt: { gte: 3 } }, orderBy: { createdAt: 'desc' }, take: 10 });",
                &[
                    "select document where userId = ? and createdAt <>= 3 order by createdAt desc limit 10",
                ],
            ),
            (
                "export const f = (q: string) => prisma.user.findFirst({ where: { OR: [{ name: { contains: q, \
                 mode: 'insensitive' } }, { email: q }] } });",
                &["select user where (name like %x ? or email = ?) limit 1"],
            ),
            (
                "export async function f(a?: string) {\n  const where: any = { team: a };\n  \
                 if (a) where.status = a;\n  return await prisma.user.count({ where });\n}",
                &["select aggregate user where team = ? + 1"],
            ),
            (
                "export async function f(a?: string) {\n  return await prisma.user.count({ where: { team: 'x', \
                 ...(a ? { status: a } : {}) } });\n}",
                &["select aggregate user where team = 'x' + 1"],
            ),
            (
                "export const f = (id: number) => prisma.$queryRaw`select * from users where id = ${id}`;",
                &["select * users where id = ?"],
            ),
        ],
    );
}

#[test]
fn builders_are_queries() {
    check_script(
        "import knex from 'knex';\nconst db = knex({});",
        &[
            (
                "export async function f(e: string) { return await db('users').where('email', e)\
                 .whereIn('role', ['a', 'b']).orderBy('created', 'desc').limit(3); }",
                &[
                    "select users where email = ? and role = ('a', 'b') order by created desc limit 3",
                ],
            ),
            (
                "export async function f(e: string) { return await db('users as u').where('u.age', '>', 3)\
                 .orWhere({ email: e }).first(); }",
                &["select users where (age <>= 3 or email = ?) limit 1"],
            ),
        ],
    );
    check_script(
        "import { drizzle } from 'drizzle-orm/node-postgres';\n\
         import { pgTable, text, integer } from 'drizzle-orm/pg-core';\n\
         import { and, eq, desc, ilike } from 'drizzle-orm';\n\
         const users = pgTable('users', { email: text('email_address').notNull(), age: integer() });\n\
         const db = drizzle({});",
        &[(
            "export async function f(e: string) { return await db.select().from(users)\
                 .where(and(eq(users.email, e), ilike(users.email, `%${e}`))).orderBy(desc(users.age)).limit(3); }",
            &[
                "select users where email_address = ? and email_address like %x ? order by age desc limit 3",
            ],
        )],
    );
    check_script(
        "import { Entity, Repository, In, Like, DataSource } from 'typeorm';\n\
         @Entity() class User { email: string; age: number; }\n",
        &[
            (
                "export async function f(r: Repository<User>, e: string) { return await r.find({ where: { email: e, \
                 age: In([1, 2]) }, order: { age: 'DESC' }, take: 3 }); }",
                &["select user where email = ? and age = (1, 2) order by age desc limit 3"],
            ),
            (
                "export async function f(r: Repository<User>, e: string) { return await r.createQueryBuilder('u')\
                 .where('u.email = :e', { e }).andWhere('u.age > :a').orderBy('u.age', 'DESC').getMany(); }",
                &["select user where email = ? and age <>= ? order by age desc"],
            ),
        ],
    );
    check_script(
        "import { Model, Op } from 'sequelize';\nclass User extends Model {}\n",
        &[(
            "export async function f(e: string) { return await User.findAll({ where: { email: e, \
             age: { [Op.gt]: 3 } }, order: [['age', 'DESC']], limit: 3 }); }",
            &["select  where email = ? and age <>= 3 order by age desc limit 3"],
        )],
    );
}
