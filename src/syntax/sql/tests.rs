use std::fmt::Write as _;

use super::*;
use crate::ir::change::{Change, ChangeKind};
use crate::ir::query::Value;
use crate::ir::schema::{Index, Table};

fn split(text: &str) -> Vec<String> {
    let found = statements(text, None);
    found.iter().map(|s| s.text(text).to_owned()).collect()
}

/// The changes of a text, one line each.
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = ddl::changes(text, None).iter().map(line).collect();
    assert_eq!(found, expected);
}

fn line(change: &Change) -> String {
    let table = &change.table;
    match &change.kind {
        ChangeKind::Create(made) => format!("create {table}: {}", table_text(made)),
        ChangeKind::AddColumn(column) => format!("{table}: add {} {:?}", column.name, column.kind),
        ChangeKind::AddIndex(index) => format!("{table}: {}", index_text(index)),
        ChangeKind::AddForeignKey(key) => {
            format!("{table}: {} -> {}", key.columns.join(","), key.target)
        }
        kind => format!("{table}: {kind:?}"),
    }
}

fn table_text(table: &Table) -> String {
    let mut text = String::new();
    for column in &table.columns {
        let null = if column.is_nullable { "?" } else { "" };
        let _ = write!(text, "{} {:?}{null}; ", column.name, column.kind);
    }
    for index in &table.indexes {
        let _ = write!(text, "{}; ", index_text(index));
    }
    for key in &table.foreign_keys {
        let cascades = if key.cascades { " cascades" } else { "" };
        let _ = write!(
            text,
            "{} -> {}{cascades}; ",
            key.columns.join(","),
            key.target
        );
    }
    text.trim_end().to_owned()
}

fn index_text(index: &Index) -> String {
    let mut keys = Vec::new();
    for key in &index.keys {
        let mut text = match &key.value {
            Value::Column(name) => name.clone(),
            Value::Expression(text, columns) => format!("`{text}` of {}", columns.join(",")),
        };
        if let Some(class) = &key.operator_class {
            let _ = write!(text, " {class}");
        }
        if key.is_descending {
            text.push_str(" desc");
        }
        keys.push(text);
    }
    let kind = match (index.is_primary, index.is_unique) {
        (true, _) => "primary",
        (_, true) => "unique",
        _ => "index",
    };
    let condition = match &index.condition {
        Some(terms) => format!(" where {} terms", terms.len()),
        None => String::new(),
    };
    format!(
        "{kind} {:?} {}({}){condition}",
        index.method,
        index.name,
        keys.join(", ")
    )
}

#[test]
fn statements_end_at_semicolons_outside_of_texts_and_comments() {
    let found = split("SELECT ';' -- ;\n; /* ; */ SELECT $$a;b$$; SELECT \"a;b\"");
    assert_eq!(found, ["SELECT ';'", "SELECT $$a;b$$", "SELECT \"a;b\""]);
}

#[test]
fn routines_keep_their_bodies() {
    let text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1; END; SELECT 1;
        CREATE TABLE event (begin int); SELECT 2";
    let found = split(text);
    assert_eq!(found.len(), 4);
    assert_eq!(found[3], "SELECT 2");
}

#[test]
fn data_and_commands_of_clients_are_passed_over() {
    let text = "\\connect db\nCOPY a (b) FROM stdin;\n1;2\n\\.\nSELECT 1;\nDELIMITER //\n\
        CREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;";
    let found = split(text);
    assert_eq!(found.len(), 4);
    assert_eq!(found[1], "SELECT 1");
    assert_eq!(found[3], "SELECT 2");
}

#[test]
fn what_is_not_closed_ends_with_the_text() {
    for text in [
        "'",
        "\"a",
        "$$",
        "/*",
        "[a",
        "$a$b",
        "%(",
        "/*!",
        "COPY a FROM stdin;",
        "\\",
        "(",
    ] {
        for dialect in [None, Some(Dialect::Sqlite), Some(Dialect::MySql)] {
            statements(text, dialect);
            ddl::changes(text, dialect);
            ddl::changes(&format!("CREATE TABLE a (b int {text}"), dialect);
            ddl::changes(&format!("CREATE INDEX a ON b ({text}"), dialect);
        }
    }
}

#[test]
fn what_is_too_large_is_not_parsed_and_what_follows_is_found() {
    let links = "SELECT 1".to_owned() + &"+1".repeat(100_000);
    assert_eq!(parse(&links, None), Err(Unparsed::TooLarge));
    let text = format!("{links}; CREATE INDEX i ON t (a);");
    assert_eq!(ddl::changes(&text, None).len(), 1);
    let deep = format!(
        "CREATE INDEX i ON t ({}a{});",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    assert_eq!(ddl::changes(&deep, None).len(), 1);
    let chain = format!("CREATE INDEX i ON t (a) WHERE {}b", "a AND ".repeat(20_000));
    assert_eq!(ddl::changes(&chain, None).len(), 1);
}

#[test]
fn tables_have_columns_keys_and_references() {
    check(
        "CREATE TABLE IF NOT EXISTS public.\"Book\" (
            id serial PRIMARY KEY, title varchar(20) NOT NULL UNIQUE, is_on boolean DEFAULT true,
            price numeric(10, 2) DEFAULT round(1.5, 1) CHECK (price > 0),
            author_id int REFERENCES author (id) ON DELETE CASCADE,
            key text, at timestamp with time zone DEFAULT now() NOT NULL, tags text[],
            CONSTRAINT u UNIQUE (title, author_id), FOREIGN KEY (a, b) REFERENCES c);",
        &[
            "create Book: id Integer; title Text; is_on Bool?; price Number?; author_id Integer?; \
             key Text?; at Time; tags Array?; primary BTree (id); unique BTree (title); \
             unique BTree u(title, author_id); author_id -> author cascades; a,b -> c;",
        ],
    );
}

#[test]
fn mysql_has_keys_in_tables() {
    check(
        "/*!40101 SET NAMES utf8 */;
        CREATE TABLE `a` (`id` int(11) NOT NULL AUTO_INCREMENT, `kind` enum('x','y\\'s') DEFAULT 'x',
        `b` int, PRIMARY KEY (`id`), KEY `i` (`b`,`kind`(10)), UNIQUE KEY `u` (`b`) USING BTREE,
        FULLTEXT KEY `f` (`kind`), CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `c` (`id`))
        ENGINE=InnoDB;
        ALTER TABLE a ADD COLUMN c int AFTER b, ADD INDEX ic (c), DROP KEY i, DROP PRIMARY KEY,
        CHANGE b d bigint NOT NULL",
        &[
            "create a: id Integer; kind Enum(2)?; b Integer?; primary BTree (id); \
             index BTree i(b, kind); unique BTree u(b); index FullText f(kind); b -> c;",
            "a: add c Integer",
            "a: index BTree ic(c)",
            "a: DropIndex(\"i\")",
            "a: DropPrimaryKey",
            "a: RenameColumn { from: \"b\", to: \"d\" }",
            "a: AlterColumn { name: \"d\", kind: Some(Integer), is_nullable: Some(false) }",
        ],
    );
}

#[test]
fn indexes_have_expressions_conditions_and_classes() {
    check(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING btree
            (lower((email)::text), \"createdAt\" DESC NULLS LAST, name text_pattern_ops) INCLUDE (x)
            WHERE ((deleted_at IS NULL) AND (status = ANY (ARRAY['a'::text, 'b'::text])));
        CREATE INDEX g ON t USING gin (doc jsonb_path_ops);
        CREATE INDEX ON t ((doc ->> 'a'));
        CREATE INDEX r ON t (a) WHERE a > 5 OR b",
        &[
            "t: unique BTree i(`lower(email)` of email, createdAt desc, name text_pattern_ops) \
             where 2 terms",
            "t: index Gin g(doc jsonb_path_ops)",
            "t: index BTree (`doc->>'a'` of doc)",
            "t: index BTree r(a) where 0 terms",
        ],
    );
}

#[test]
fn tables_and_indexes_are_changed_and_dropped() {
    check(
        "ALTER TABLE ONLY a ADD CONSTRAINT pk PRIMARY KEY (id), ADD CONSTRAINT fk FOREIGN KEY (b)
            REFERENCES c(id) ON DELETE SET NULL NOT VALID;
        ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME COLUMN c TO d;
        ALTER TABLE b ALTER COLUMN d TYPE text USING d::text, DROP COLUMN IF EXISTS e CASCADE;
        DROP INDEX CONCURRENTLY IF EXISTS i, j; DROP INDEX i ON b; DROP TABLE b, c CASCADE;
        ALTER INDEX i RENAME TO j; ALTER TABLE b DROP CONSTRAINT fk",
        &[
            "a: primary BTree pk(id)",
            "a: b -> c",
            "a: Rename(\"b\")",
            "b: RenameColumn { from: \"c\", to: \"d\" }",
            "b: AlterColumn { name: \"d\", kind: Some(Text), is_nullable: None }",
            "b: DropColumn(\"e\")",
            ": DropIndex(\"i\")",
            ": DropIndex(\"j\")",
            "b: DropIndex(\"i\")",
            "b: Drop",
            "c: Drop",
            ": RenameIndex { from: \"i\", to: \"j\" }",
            "b: DropConstraint(\"fk\")",
        ],
    );
}

#[test]
fn blocks_are_looked_into() {
    check(
        "DO $$ BEGIN ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES c(id); EXCEPTION
            WHEN duplicate_object THEN null; END $$;
        CREATE VIEW v AS SELECT 1; CREATE TEMP TABLE x (a int)",
        &["a: b -> c", "v: Opaque"],
    );
}
