//! What planners do, one claim per line: table and statement, and whether an index narrows.

use super::super::replay::Draft;
use super::{Verdict, serve};
use crate::ir::schema::{Dialect, Origin, Schema};
use crate::source::{FileId, Place, Span};
use crate::syntax::sql::{ddl, query};

const PG: Dialect = Dialect::PostgreSql;
const MY: Dialect = Dialect::MySql;
const LITE: Dialect = Dialect::Sqlite;

/// A table of all that the claims need, without indexes.
const TABLE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int, b int, c int, status text,
    email text, is_on boolean, created timestamp, deleted timestamp, doc jsonb, tags text[]);
    CREATE TABLE other (id bigint PRIMARY KEY, t_id bigint REFERENCES t(id), x int);";

fn schema(dialect: Dialect, indexes: &str) -> Schema {
    let mut draft = Draft::default();
    for change in ddl::changes(&format!("{TABLE}{indexes}"), Some(dialect)) {
        draft.apply(&change);
    }
    Schema {
        name: String::new(),
        dialect: Some(dialect),
        origin: Origin::Dump,
        tables: draft.finish(Some(dialect)),
    }
}

fn verdict(dialect: Dialect, indexes: &str, statement: &str) -> Verdict {
    let place = Place {
        file: FileId(0),
        span: Span::default(),
    };
    let read = query::queries(statement, Some(dialect), place);
    let query = read.queries.first().expect("a query");
    serve(&schema(dialect, indexes), query, 0)
}

/// A verdict in one word, with the columns of the index that is missing.
fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Served { .. } => "served".to_owned(),
        Verdict::Weak { .. } => "weak".to_owned(),
        Verdict::Few { .. } => "few".to_owned(),
        Verdict::Unserved { columns, .. } => format!("unserved {}", columns.join(",")),
        Verdict::NotIndexable { remedy, .. } => format!("not indexable: {remedy:?}"),
        Verdict::Unconstrained => "unconstrained".to_owned(),
        Verdict::Unknown => "unknown".to_owned(),
    }
}

fn check(cases: &[(Dialect, &str, &str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|&(dialect, indexes, condition, expected)| {
            let found = word(verdict(
                dialect,
                indexes,
                &format!("SELECT id FROM t {condition}"),
            ));
            (found != expected)
                .then(|| format!("{dialect:?} [{indexes}] {condition}: {found}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn leading_keys_narrow() {
    let bac = "CREATE INDEX i ON t (b, a, c);";
    check(&[
        (PG, "", "WHERE id = 5", "served"),
        (PG, "", "WHERE b = 5", "unserved b"),
        (LITE, "", "WHERE b = 5", "unserved b"),
        (MY, "", "WHERE b = 5", "unserved b"),
        (PG, bac, "WHERE b = 5", "served"),
        (PG, bac, "WHERE b = 5 AND a = 1", "served"),
        (PG, bac, "WHERE a = 5", "weak"),
        (PG, bac, "WHERE c = 5", "weak"),
        (MY, bac, "WHERE c = 5", "weak"),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b IN (1, 2)",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b BETWEEN 1 AND 2",
            "served",
        ),
        (PG, "CREATE INDEX i ON t (b);", "WHERE b IS NULL", "served"),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b = 5 AND email = 'x'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (created);",
            "WHERE created > now() - interval '1 day'",
            "served",
        ),
    ]);
}

#[test]
fn suggestions_put_equality_before_range_and_order() {
    check(&[
        (
            PG,
            "",
            "WHERE created > '2020-01-01' AND a = 5",
            "unserved a,created",
        ),
        (
            PG,
            "",
            "WHERE a = 5 ORDER BY created DESC LIMIT 5",
            "unserved a,created",
        ),
        (PG, "", "WHERE created > '2020-01-01'", "unserved created"),
        (PG, "", "ORDER BY created LIMIT 10", "unserved created"),
    ]);
}

#[test]
fn negations_patterns_and_expressions_need_their_own_index() {
    let email = "CREATE INDEX i ON t (email);";
    let lower = "CREATE INDEX i ON t (lower(email));";
    check(&[
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b <> 5",
            "not indexable: Negation",
        ),
        (PG, "", "WHERE b <> 5", "not indexable: Negation"),
        (PG, lower, "WHERE lower(email) = 'x'", "served"),
        (PG, lower, "WHERE email = 'x'", "unserved email"),
        (
            PG,
            lower,
            "WHERE upper(email) = 'x'",
            "not indexable: Expression",
        ),
        (
            PG,
            email,
            "WHERE lower(email) = 'x'",
            "not indexable: Expression",
        ),
        (
            PG,
            email,
            "WHERE email LIKE '%x'",
            "not indexable: Substring",
        ),
        (PG, "", "WHERE email LIKE '%x'", "not indexable: Substring"),
        (
            PG,
            "CREATE INDEX i ON t USING gin (email gin_trgm_ops);",
            "WHERE email LIKE '%xyz%'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t USING gin (email gin_trgm_ops);",
            "WHERE email ILIKE '%xyz%'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (email text_pattern_ops);",
            "WHERE email LIKE 'x%'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (email text_pattern_ops);",
            "WHERE email = 'x'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (email COLLATE \"C\");",
            "WHERE email LIKE 'x%'",
            "served",
        ),
        (MY, email, "WHERE email LIKE 'x%'", "served"),
        (
            PG,
            "CREATE INDEX i ON t USING hash (email);",
            "WHERE email = 'x'",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b) INCLUDE (c);",
            "WHERE c = 5",
            "unserved c",
        ),
        (
            PG,
            "CREATE UNIQUE INDEX i ON t (email, a);",
            "WHERE a = 5",
            "weak",
        ),
    ]);
}

#[test]
fn partial_indexes_serve_what_implies_them() {
    let alive = "CREATE INDEX i ON t (b) WHERE deleted IS NULL;";
    let new = "CREATE INDEX i ON t (b) WHERE status = 'new';";
    let open = "CREATE INDEX i ON t (b) WHERE status <> 'done';";
    let filled = "CREATE INDEX i ON t (b) WHERE b IS NOT NULL;";
    check(&[
        (PG, alive, "WHERE b = 5", "unserved b"),
        (PG, alive, "WHERE b = 5 AND deleted IS NULL", "served"),
        (LITE, alive, "WHERE b = 5 AND deleted IS NULL", "served"),
        (PG, new, "WHERE b = 5 AND status = 'new'", "served"),
        (PG, new, "WHERE b = 5 AND status IN ('new')", "served"),
        (
            PG,
            new,
            "WHERE b = 5 AND status IN ('new', 'paid')",
            "unserved b,status",
        ),
        (PG, open, "WHERE b = 5 AND status = 'new'", "served"),
        (
            LITE,
            open,
            "WHERE b = 5 AND status = 'new'",
            "unserved b,status",
        ),
        (PG, filled, "WHERE b = 5", "served"),
        (LITE, filled, "WHERE b = 5", "served"),
    ]);
}

#[test]
fn alternatives_are_served_if_each_is() {
    let both = "CREATE INDEX i ON t (b); CREATE INDEX j ON t (c);";
    check(&[
        (PG, both, "WHERE b = 5 OR c = 6", "served"),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b = 5 OR c = 6",
            "unserved c",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "WHERE b = 5 OR b = 6",
            "served",
        ),
    ]);
}

#[test]
fn columns_of_few_values_are_weak() {
    check(&[
        (PG, "", "WHERE is_on = true", "few"),
        (PG, "", "WHERE is_on = $1", "weak"),
        (
            PG,
            "CREATE INDEX i ON t (id) WHERE is_on = true;",
            "WHERE is_on = true",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (is_on);",
            "WHERE is_on = true",
            "weak",
        ),
        (
            PG,
            "CREATE INDEX i ON t (is_on);",
            "WHERE is_on = true AND a = 5",
            "weak",
        ),
    ]);
}

#[test]
fn orders_are_those_of_the_index() {
    check(&[
        (
            PG,
            "CREATE INDEX i ON t (created);",
            "ORDER BY created DESC LIMIT 5",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b, c);",
            "ORDER BY b, c LIMIT 5",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b, c);",
            "ORDER BY b, c DESC LIMIT 5",
            "weak",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b, c DESC);",
            "ORDER BY b, c DESC LIMIT 5",
            "served",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "ORDER BY b DESC NULLS LAST LIMIT 5",
            "weak",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b DESC NULLS LAST);",
            "ORDER BY b DESC LIMIT 5",
            "weak",
        ),
        (
            PG,
            "CREATE INDEX i ON t (b);",
            "ORDER BY b, c LIMIT 5",
            "weak",
        ),
        (PG, "", "ORDER BY id LIMIT 5", "served"),
        (PG, "", "ORDER BY created", "unconstrained"),
        (PG, "", "", "unconstrained"),
    ]);
}

#[test]
fn what_is_not_known_is_not_judged() {
    let place = Place {
        file: FileId(0),
        span: Span::default(),
    };
    let read = query::queries("SELECT 1 FROM nowhere WHERE a = 1", Some(PG), place);
    assert_eq!(
        serve(&schema(PG, ""), &read.queries[0], 0),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(
            PG,
            "CREATE INDEX i ON t (b) WHERE a > c;",
            "SELECT id FROM t WHERE b = 5"
        ),
        Verdict::Unknown
    );
}
