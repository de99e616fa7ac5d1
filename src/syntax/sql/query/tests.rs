//! Statements and the queries that are read of them.

use std::fmt::Write as _;

use super::{HOLE, queries};
use crate::ir::schema::Dialect;
use crate::source::{FileId, Place, Span};

fn place() -> Place {
    Place {
        file: FileId(0),
        span: Span::new(0, 0),
    }
}

/// The queries of a text, one a line; `{}` is a hole.
fn read(text: &str, dialect: Option<Dialect>) -> String {
    let text = text.replace("{}", &HOLE.to_string());
    let statements = queries(&text, dialect, place());
    let mut out = String::new();
    for query in &statements.queries {
        writeln!(out, "{query}").expect("a string takes all");
    }
    out.trim_end().to_owned()
}

fn check(table: &[(&str, &str)]) {
    let found: Vec<String> = table.iter().map(|row| read(row.0, None)).collect();
    let expect: Vec<&str> = table.iter().map(|row| row.1).collect();
    assert_eq!(found, expect, "\n{}", found.join("\n"));
}

#[test]
fn parameters_are_values_in_each_dialect() {
    let dialects = [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite];
    for dialect in dialects {
        let text = "select id from t where a = %s and b <> %s limit {}";
        let expect = "select t where a = ? and b != ? limit ?";
        assert_eq!(read(text, Some(dialect)), expect, "{dialect:?}");
    }
}

#[test]
fn comparisons_have_classes() {
    check(&[
        (
            "SELECT * FROM t WHERE a = 1 AND b > %s AND c IN ('x','y')",
            "select * t where a = 1 and b <>= ? and c = ('x', 'y')",
        ),
        (
            "select id from t where 5 = a and b is null and c is not null and d <> 3",
            "select t where a = 5 and b = null and c != null and d != 3",
        ),
        (
            "select id from t where a between 1 and 2 and not b = 1 and c = any($1)",
            "select t where a <>= 1 and b != 1 and c = (?)",
        ),
        (
            "select id from t where active and not hidden and d > now() - interval '1 day'",
            "select t where active = true and hidden = false and d <>= ?",
        ),
        (
            "select id from t where a like 'x%' and b like '%x' and c like $1 and d ilike 'x%'",
            "select t where a like x% 'x%' and b like %x '%x' and c op ? and d ilike 'x%'",
        ),
        (
            "select id from t where a like '%' || ? || '%' and b like concat('%', :x)",
            "select t where a like %x ? and b like %x ?",
        ),
        (
            "select id from t where doc @> $1 and doc ? 'k' and v @@ to_tsquery(?)",
            "select t where doc @> ? and doc @> 'k' and v @@ ?",
        ),
    ]);
}

#[test]
fn expressions_over_columns_are_spelled_as_sql() {
    check(&[
        (
            "select id from t where LOWER(email) = %s and created::date = $1 and b + 1 = 6",
            "select t where lower(email) = ? and created::date = ? and b+1 = 6",
        ),
        (
            "select id from t where extract(year from created) = 2020 and email::text = 'x'",
            "select t where extract(year from created) = 2020 and email = 'x'",
        ),
    ]);
}

#[test]
fn joins_have_the_columns_of_both_sides() {
    check(&[
        (
            "select u.* from users u join posts p on p.user_id = u.id where u.email = ? \
             order by p.created desc, p.id limit 10 offset {}",
            "select * users, posts where posts.user_id = users.id and users.email = ? \
             order by posts.created desc, posts.id limit 10 offset ?",
        ),
        (
            "select 1 from a left join b using (x) where y = 1",
            "select a, b where b.x = a.x and ? and more",
        ),
    ]);
}

#[test]
fn or_has_branches() {
    check(&[(
        "select id from t where (a = 1 or (b = 2 and c = 3)) and d = 4",
        "select t where (a = 1 or b = 2 and c = 3) and d = 4",
    )]);
}

#[test]
fn queries_inside_are_queries() {
    check(&[
        (
            "select id from t where a in (select b from s where c = 1) and exists \
             (select 1 from r where r.t_id = t.id)",
            "select t where a = (select) and id = (select)\n\
             select s where c = 1\n\
             select r where t_id = ?",
        ),
        (
            "with x as (select * from t where a = 1) select count(*) from x",
            "select aggregate \nselect * t where a = 1",
        ),
        (
            "select a from t where b = 1 union all select a from s where c = 2",
            "select t where b = 1\nselect s where c = 2",
        ),
    ]);
}

#[test]
fn writes_have_conditions() {
    check(&[
        (
            "update t set a = 1 where b = %(b)s",
            "update aggregate t where b = ?",
        ),
        (
            "delete from t where b < :before",
            "delete aggregate t where b <>= ?",
        ),
    ]);
}

#[test]
fn holes_are_values_or_names() {
    check(&[
        (
            "select {} from t where a = {} and b like '%{}%' limit {}",
            "select t where a = ? and b like %x limit ?",
        ),
        (
            "select * from t where {} order by a",
            "select * t where ? order by a and more",
        ),
        ("select a from {} where b = 1", "select  where b = 1"),
    ]);
}

#[test]
fn what_does_not_parse_has_tables() {
    check(&[
        (
            "select a frm from users u join posts on ((",
            "select users, posts limit ? offset ? and more",
        ),
        ("begin", ""),
    ]);
    let long = format!("select a from t where {}", "a = 1 and ".repeat(30_000));
    let found = queries(&long, None, place());
    assert!(found.problem.is_some());
    assert_eq!(found.queries[0].tables[0].name, "t");
}

#[test]
fn long_chains_within_the_limit_are_read() {
    for link in [
        " and a = 1",
        " or a = 1",
        " union select 1",
        "+1",
        "::int",
        "||'x'",
    ] {
        let text = format!("select a from t where a = 1{}", link.repeat(3_000));
        let found = queries(&text, Some(Dialect::PostgreSql), place());
        assert!(!found.queries.is_empty(), "{link}");
    }
}
