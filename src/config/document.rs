//! Configuration files as a tree whose every node knows its line, whatever the file format.
//!
//! Knows TOML and JSON; does not know which keys exist.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// Nesting beyond this is no configuration of ours; it bounds the recursion below.
const MAX_DEPTH: usize = 16;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// 1-based line.
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    String(String),
    /// A whole number that is not negative.
    Count(u64),
    Array(Vec<Node>),
    Table(Vec<Entry>),
    /// Other numbers, dates, booleans, null: no key takes one.
    Other,
}

/// A key of a table with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// 1-based line of the key.
    pub(super) line: usize,
    pub(super) node: Node,
}

/// A file that is not in the format its name promises.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) message: String,
}

/// The document of a TOML file, or the table below `path` in it.
pub(super) fn toml(text: &str, path: &[&str]) -> Result<Option<Node>, Malformed> {
    let lines = Lines::new(text);
    let document = DeTable::parse(text).map_err(|error| Malformed {
        line: lines.line(error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut table = document.get_ref();
    let mut node = None;
    for name in path {
        let Some(value) = table.get(*name) else {
            return Ok(None);
        };
        node = Some(value);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    Ok(Some(match node {
        Some(value) => lines.toml_node(value.get_ref(), value.span().start, 0),
        None => Node {
            line: 1,
            value: lines.toml_table(table, 0),
        },
    }))
}

/// The value of a top-level key of a JSON file.
pub(super) fn json(text: &str, key: &str) -> Result<Option<Node>, Malformed> {
    let malformed = |error: &serde_json::Error| Malformed {
        line: error.line().max(1),
        // The position is ours to print.
        message: error
            .to_string()
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    let top: Members<'_> = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let lines = Lines::new(text);
    Ok(top
        .0
        .into_iter()
        .rev()
        .find(|(name, _)| name == key)
        .map(|(_, value)| lines.json_node(value, 0)))
}

/// The members of a JSON object in the order they are written, unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, &'a RawValue>::deserialize(deserializer)?;
        let mut members: Vec<_> = map.into_iter().collect();
        members.sort_by_key(|(_, value)| value.get().as_ptr());
        Ok(Self(members))
    }
}

/// Line numbers of byte offsets.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Self {
            text,
            starts: std::iter::once(0)
                .chain(newlines.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    fn toml_node(&self, value: &DeValue<'_>, offset: usize, depth: usize) -> Node {
        let value = match value {
            _ if depth > MAX_DEPTH => Value::Other,
            DeValue::String(text) => Value::String(text.clone().into_owned()),
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other, Value::Count),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.toml_node(item.get_ref(), item.span().start, depth + 1))
                    .collect(),
            ),
            DeValue::Table(table) => self.toml_table(table, depth),
            _ => Value::Other,
        };
        Node {
            line: self.line(offset),
            value,
        }
    }

    fn toml_table(&self, table: &DeTable<'_>, depth: usize) -> Value {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        Value::Table(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key: key.get_ref().clone().into_owned(),
                    line: self.line(key.span().start),
                    node: self.toml_node(value.get_ref(), value.span().start, depth + 1),
                })
                .collect(),
        )
    }

    fn json_node(&self, raw: &RawValue, depth: usize) -> Node {
        let text = raw.get();
        // A raw value borrows from the text, so its address gives its offset.
        let offset = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let value = match text.as_bytes().first() {
            _ if depth > MAX_DEPTH => Value::Other,
            Some(b'0'..=b'9') => text.parse().map_or(Value::Other, Value::Count),
            Some(b'"') => serde_json::from_str(text).map_or(Value::Other, Value::String),
            Some(b'[') => {
                serde_json::from_str::<Vec<&RawValue>>(text).map_or(Value::Other, |items| {
                    let items = items.into_iter();
                    Value::Array(items.map(|item| self.json_node(item, depth + 1)).collect())
                })
            }
            Some(b'{') => serde_json::from_str::<Members<'_>>(text).map_or(
                Value::Other,
                |Members(members)| {
                    let entries = members.into_iter().map(|(key, value)| {
                        let node = self.json_node(value, depth + 1);
                        let line = node.line;
                        Entry { key, line, node }
                    });
                    Value::Table(entries.collect())
                },
            ),
            _ => Value::Other,
        };
        Node {
            line: self.line(offset),
            value,
        }
    }
}
