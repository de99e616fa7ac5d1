//! What the parentheses of `CREATE TABLE` hold: columns, keys, indexes, constraints.

use super::condition::value_of;
use super::cursor::Cursor;
use super::ddl::place;
use super::token::TokenKind;
use crate::ir::query::Value;
use crate::ir::schema::{
    Column, ColumnKind, Dialect, ForeignKey, Index, IndexKey, IndexMethod, Table,
};
use crate::source::Place;

/// Words that end the type of a column.
const ATTRIBUTES: &[&str] = &[
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "CHECK",
    "CONSTRAINT",
    "COLLATE",
    "GENERATED",
    "AS",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COMMENT",
    "ON",
    "KEY",
    "STORED",
    "VIRTUAL",
    "FOREIGN",
    "CHARSET",
    "FIRST",
    "AFTER",
    "INVISIBLE",
    "DEFERRABLE",
    "USING",
];

/// Reads columns and constraints into a table.
pub(super) fn table_elements(elements: Cursor<'_>, table: &mut Table) {
    for element in elements.split() {
        if !constraint(element, table) {
            column_def(element, table);
        }
    }
}

/// A key or constraint of the table; false if it is a column.
fn constraint(mut at: Cursor<'_>, table: &mut Table) -> bool {
    let place = place(at.span());
    let mut name = None;
    if at.eat("CONSTRAINT") {
        let is_unnamed = at.is_any(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]);
        if !is_unnamed {
            name = at.name();
        }
    } else if is_named_key(&at) {
        name = at.name();
    }
    let mut index = Index::of(Vec::new(), place);
    if at.eat("PRIMARY KEY") {
        index.is_primary = true;
        index.is_unique = true;
    } else if at.eat("FOREIGN KEY") {
        if !at.is("(") {
            name = name.or(at.name());
        }
        let columns = names(at.parens());
        if let Some(key) = reference(&mut at, name, columns, place) {
            table.foreign_keys.push(key);
        }
        return true;
    } else if at.is("UNIQUE") {
        at.next();
        index.is_unique = true;
        let _ = at.eat("KEY") || at.eat("INDEX");
        at.eat("NULLS NOT DISTINCT");
    } else if at.is("EXCLUDE") {
        at.next();
        index.method = IndexMethod::Gist;
    } else if at.is("CHECK") && at.is_at(1, "(") || at.is("PERIOD") && at.is_at(1, "FOR") {
        return true;
    } else if at.eat("LIKE") {
        table.is_complete = false;
        return true;
    } else if at.is_any(&["FULLTEXT", "SPATIAL"])
        && (at.is_at(1, "KEY") || at.is_at(1, "INDEX") || is_index_list(&at, 1))
    {
        index.method = if at.is("FULLTEXT") {
            IndexMethod::FullText
        } else {
            IndexMethod::Other
        };
        at.next();
        let _ = at.eat("KEY") || at.eat("INDEX");
    } else if at.is_any(&["KEY", "INDEX"]) && is_index_list(&at, 1) {
        at.next();
    } else {
        return false;
    }
    if !at.is("(") && !at.is("USING") {
        at.eat("IF NOT EXISTS");
        name = at.name().or(name);
    }
    if at.eat("USING") {
        index.method = index_method(&mut at);
    }
    index.name = name.unwrap_or_default();
    let Some(keys) = at.parens() else {
        return true;
    };
    if index.method == IndexMethod::Gist {
        // `EXCLUDE USING gist (room WITH =, during WITH &&)`
        for mut part in keys.split() {
            let value = value_of(part.until(&["WITH"]));
            index.keys.push(plain_key(value));
        }
    } else {
        index.keys = index_keys(keys);
    }
    while !at.is_empty() {
        if at.eat("INCLUDE") {
            index.include = names(at.parens());
        } else if at.eat("USING") {
            index.method = index_method(&mut at);
        } else if at.eat("WHERE") {
            index.condition = Some(super::condition::terms_of(at));
            break;
        } else {
            at.next();
        }
    }
    table.indexes.push(index);
    true
}

/// Whether a name stands before a key, its `CONSTRAINT` passed over.
fn is_named_key(at: &Cursor<'_>) -> bool {
    let is_name = at.peek().is_some_and(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
            && ![
                "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "FULLTEXT", "SPATIAL",
            ]
            .iter()
            .any(|word| token.is(at.text, word))
    });
    let is_key = at.is_at(1, "PRIMARY") && at.is_at(2, "KEY") && at.is_at(3, "(")
        || at.is_at(1, "UNIQUE") && at.is_at(2, "(")
        || at.is_at(1, "FOREIGN") && at.is_at(2, "KEY")
        || at.is_at(1, "CHECK") && at.is_at(2, "(")
        || at.is_at(1, "EXCLUDE") && at.is_at(2, "USING");
    is_name && is_key
}

/// Whether a list of keys stands `ahead`, perhaps behind a name: `KEY (a)`, `KEY i (a(10))`, but
/// not `key varchar(255)`, a column.
fn is_index_list(at: &Cursor<'_>, ahead: usize) -> bool {
    let opens = |i: usize| {
        at.is_at(i, "(")
            && at
                .tokens
                .get(i + 1)
                .is_some_and(|token| token.kind != TokenKind::Number)
    };
    opens(ahead) || opens(ahead + 1) || at.is_at(ahead + 1, "USING") || at.is_at(ahead, "USING")
}

/// A column with the keys it declares.
pub(super) fn column_def(mut at: Cursor<'_>, table: &mut Table) {
    let place = place(at.span());
    at.eat("COLUMN");
    at.eat("IF NOT EXISTS");
    let Some(name) = at.name() else {
        return;
    };
    let start = at;
    let mut kind = column_kind(&mut at);
    let serial = start.peek().is_some_and(|token| {
        token
            .text(start.text)
            .to_ascii_lowercase()
            .contains("serial")
    });
    let mut column = Column {
        name: name.clone(),
        kind,
        is_nullable: !serial,
        place,
    };
    let key = |is_primary| Index {
        is_unique: true,
        is_primary,
        ..Index::of(vec![plain_key(Value::Column(name.clone()))], place)
    };
    let mut constraint = None;
    while !at.is_empty() {
        if at.eat("CONSTRAINT") {
            constraint = at.name();
        } else if at.eat("NOT NULL") {
            column.is_nullable = false;
        } else if at.eat("PRIMARY KEY") {
            column.is_nullable = false;
            let name = constraint.take().unwrap_or_default();
            table.indexes.push(Index { name, ..key(true) });
        } else if at.eat("UNIQUE") {
            at.eat("KEY");
            let name = constraint.take().unwrap_or_default();
            table.indexes.push(Index { name, ..key(false) });
        } else if at.is("REFERENCES") {
            let columns = vec![name.clone()];
            // MySQL reads this and makes nothing of it; MariaDB does.
            let inline = reference(&mut at, constraint.take(), columns, place);
            table.foreign_keys.extend(inline);
        } else if at.is_any(&["CHECK", "AS"]) {
            at.next();
            at.parens();
            constraint = None;
        } else if at.eat("DEFAULT") {
            if at.parens().is_none() {
                at.next();
                // A call, and its cast: `now()`, `'x'::text`.
                at.parens();
            }
        } else if at.eat("COLLATE") {
            let is_nocase = at
                .peek()
                .is_some_and(|token| token.text(at.text).to_ascii_lowercase().contains("nocase"));
            if is_nocase && kind == ColumnKind::Text {
                kind = ColumnKind::CaseInsensitiveText;
                column.kind = kind;
            }
            at.next();
        } else {
            at.next();
        }
    }
    table.columns.push(column);
}

/// `REFERENCES t (a) ON DELETE CASCADE`
fn reference(
    at: &mut Cursor<'_>,
    name: Option<String>,
    columns: Vec<String>,
    place: Place,
) -> Option<ForeignKey> {
    if !at.eat("REFERENCES") {
        return None;
    }
    let (_, target) = at.qualified()?;
    let target_columns = names(at.parens());
    let mut cascades = false;
    loop {
        if at.eat("ON DELETE") || at.eat("ON UPDATE") {
            cascades |= at.eat("CASCADE") || at.eat("SET NULL") || at.eat("SET DEFAULT");
            let _ = at.eat("NO ACTION") || at.eat("RESTRICT");
        } else if at.is("MATCH") {
            at.next();
            at.next();
        } else {
            break;
        }
    }
    Some(ForeignKey {
        name,
        columns,
        target,
        target_columns,
        cascades,
        is_enforced: true,
        place,
    })
}

fn names(list: Option<Cursor<'_>>) -> Vec<String> {
    let parts = list.map(Cursor::split).unwrap_or_default();
    parts
        .into_iter()
        .filter_map(|mut part| part.name())
        .collect()
}

pub(super) fn plain_key(value: Value) -> IndexKey {
    IndexKey {
        value,
        is_descending: false,
        nulls_first: None,
        operator_class: None,
        collation: None,
    }
}

/// The keys of an index: `lower(email) text_pattern_ops DESC NULLS LAST`.
pub(super) fn index_keys(keys: Cursor<'_>) -> Vec<IndexKey> {
    keys.split().into_iter().map(index_key).collect()
}

fn index_key(mut at: Cursor<'_>) -> IndexKey {
    // The value is an expression in parentheses, a call, or a column.
    let whole = at;
    if at.parens().is_none() {
        at.qualified();
        if let Some(arguments) = at.parens() {
            let is_prefix = arguments.tokens.len() == 1
                && arguments.tokens[0].kind == TokenKind::Number
                && at.dialect != Some(Dialect::PostgreSql);
            if is_prefix {
                // `name(20)`: the first letters of a column.
                let mut column = whole;
                let name = column.name().unwrap_or_default();
                return with_order(at, plain_key(Value::Column(name)));
            }
        }
    }
    // An operator follows: `data ->> 'a'`, mostly in parentheses, but not for MySQL's cast.
    let is_operator = at
        .peek()
        .is_some_and(|token| token.kind == TokenKind::Symbol);
    if is_operator {
        let mut rest = whole;
        let value = rest.until(&["ASC", "DESC", "NULLS"]);
        return with_order(rest, plain_key(value_of(value)));
    }
    let count = whole.tokens.len() - at.tokens.len();
    let value = value_of(whole.over(&whole.tokens[..count]));
    with_order(at, plain_key(value))
}

fn with_order(mut at: Cursor<'_>, mut key: IndexKey) -> IndexKey {
    while !at.is_empty() {
        if at.eat("COLLATE") {
            key.collation = at.qualified().map(|(_, name)| name.to_lowercase());
        } else if at.eat("DESC") {
            key.is_descending = true;
        } else if at.eat("ASC") {
            key.is_descending = false;
        } else if at.eat("NULLS FIRST") {
            key.nulls_first = Some(true);
        } else if at.eat("NULLS LAST") {
            key.nulls_first = Some(false);
        } else if let Some((_, class)) = at.qualified() {
            key.operator_class = Some(class.to_lowercase());
            at.parens();
        } else {
            at.next();
        }
    }
    key
}

pub(super) fn index_method(at: &mut Cursor<'_>) -> IndexMethod {
    match at.name().unwrap_or_default().to_lowercase().as_str() {
        "btree" => IndexMethod::BTree,
        "hash" => IndexMethod::Hash,
        "gin" => IndexMethod::Gin,
        "gist" | "spgist" => IndexMethod::Gist,
        "brin" => IndexMethod::Brin,
        _ => IndexMethod::Other,
    }
}

/// What a type holds; passes over it.
pub(super) fn column_kind(at: &mut Cursor<'_>) -> ColumnKind {
    let declared = at.until(ATTRIBUTES);
    let is_array = declared.tokens.iter().any(|token| token.is(at.text, "["))
        || declared
            .tokens
            .iter()
            .any(|token| token.is(at.text, "ARRAY"));
    if is_array {
        return ColumnKind::Array;
    }
    let mut name = declared;
    let Some((_, word)) = name.qualified() else {
        return ColumnKind::Other;
    };
    let arguments = name.parens();
    let size = arguments.and_then(|inner| {
        let first = inner.peek()?;
        first.text(inner.text).parse::<u32>().ok()
    });
    if word.eq_ignore_ascii_case("enum") || word.eq_ignore_ascii_case("set") {
        let count = arguments
            .map(|inner| inner.split().len())
            .unwrap_or_default();
        return ColumnKind::Enum(count as u16);
    }
    kind_named(&word, size)
}

/// What a type of this name and size holds.
pub fn kind_named(name: &str, size: Option<u32>) -> ColumnKind {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "bool" | "boolean" | "bit" => ColumnKind::Bool,
        "tinyint" if size == Some(1) => ColumnKind::Bool,
        "citext" => ColumnKind::CaseInsensitiveText,
        "uuid" | "uniqueidentifier" => ColumnKind::Key,
        "json" | "jsonb" | "hstore" => ColumnKind::Json,
        "tsvector" => ColumnKind::TextSearch,
        "bytea" | "blob" | "binary" | "varbinary" | "longblob" | "mediumblob" | "tinyblob"
        | "image" => ColumnKind::Bytes,
        "date" | "time" | "datetime" | "timestamp" | "timestamptz" | "timetz" | "year"
        | "datetime2" | "datetimeoffset" => ColumnKind::Time,
        "numeric" | "decimal" | "real" | "float" | "double" | "money" | "float4" | "float8" => {
            ColumnKind::Number
        }
        "int" | "integer" | "bigint" | "smallint" | "tinyint" | "mediumint" | "int2" | "int4"
        | "int8" | "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" => {
            ColumnKind::Integer
        }
        "character" | "char" | "varchar" | "text" | "string" | "clob" | "nvarchar" | "nchar"
        | "tinytext" | "mediumtext" | "longtext" | "varchar2" | "bpchar" | "name" | "native" => {
            ColumnKind::Text
        }
        _ => ColumnKind::Other,
    }
}
