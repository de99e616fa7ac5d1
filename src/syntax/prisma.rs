//! Prisma schemas: models with their fields, keys, indexes and relations.
//!
//! ```prisma
//! model Book {
//!   id       Int    @id @default(autoincrement())
//!   authorId Int    @map("author_id")
//!   author   Author @relation(fields: [authorId], references: [id], onDelete: Cascade)
//!   @@index([authorId, title(sort: Desc)])
//! }
//! ```
//!
//! What a field's type is, an enumeration or another model, may stand in another file.

#[cfg(test)]
mod tests;
mod tokens;

use self::tokens::{Token, TokenKind, tokens};
use super::sql::kind_named;
use crate::ir::entity::{DataSource, Declarations, DeclaredEntity, TypedAttribute};
use crate::ir::query::Value;
use crate::ir::schema::{
    Column, ColumnKind, Dialect, ForeignKey, Index, IndexKey, IndexMethod, Table,
};
use crate::ir::{Builder, Module};
use crate::source::{FileId, Place, Span};

/// What a comment for this tool holds.
const DIRECTIVE: &str = "slowpath:";
/// Nesting of arguments that is followed.
const MAX_DEPTH: u32 = 16;

/// A schema has no code, only comments.
pub(super) fn lower(text: &str) -> Module {
    let mut builder = Builder::new();
    if text.contains(DIRECTIVE) {
        for token in tokens(text) {
            if token.kind == TokenKind::Comment && token.text(text).contains(DIRECTIVE) {
                builder.module_mut().directives.push(token.span);
            }
        }
    }
    builder.finish()
}

/// What a schema declares.
pub(super) fn declarations(text: &str) -> Declarations {
    let mut tokens = tokens(text);
    tokens.retain(|token| token.kind != TokenKind::Comment);
    let mut reader = Reader {
        text,
        tokens,
        at: 0,
    };
    let mut found = Declarations::default();
    while let Some(token) = reader.next() {
        let keyword = token.text(text);
        let is_block = token.kind == TokenKind::Word
            && reader.peek().is_some_and(|t| t.kind == TokenKind::Word);
        if !is_block {
            continue;
        }
        let Some(name) = reader.next() else { break };
        if !reader.eat("{") {
            continue;
        }
        match keyword {
            "datasource" => found.source = Some(reader.data_source()),
            "enum" => {
                let count = reader.lines().len().min(usize::from(u16::MAX));
                found.enums.push((name.text(text).to_owned(), count as u16));
            }
            "model" | "view" => {
                let mut entity = reader.entity(name);
                entity.table.is_complete = keyword == "model";
                found.entities.push(entity);
            }
            _ => drop(reader.lines()),
        }
    }
    found
}

/// An argument of an attribute: `fields: [authorId]`.
#[derive(Debug)]
struct Argument {
    name: Option<String>,
    value: Argued,
}

#[derive(Debug)]
enum Argued {
    Text(String),
    Word(String),
    List(Vec<Argued>),
    /// `title(sort: Desc)`
    Call(String, Vec<Argument>),
    Unknown,
}

/// An attribute of a field or a model: `@map("name")`, without the `@`.
#[derive(Debug)]
struct Attribute {
    name: String,
    args: Vec<Argument>,
    span: Span,
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn is(&self, what: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::Symbol && token.text(self.text) == what)
    }

    fn eat(&mut self, what: &str) -> bool {
        let is_it = self.is(what);
        self.at += usize::from(is_it);
        is_it
    }

    /// The lines of a block, as ranges of tokens, up to behind its end.
    fn lines(&mut self) -> Vec<(usize, usize)> {
        let mut lines = Vec::new();
        let mut start = self.at;
        let mut depth = 0_u32;
        while let Some(token) = self.next() {
            let text = token.text(self.text);
            let is_symbol = token.kind == TokenKind::Symbol;
            let is_end = is_symbol && text == "}" && depth == 0;
            if is_symbol && matches!(text, "(" | "[" | "{") {
                depth += 1;
            } else if is_symbol && matches!(text, ")" | "]" | "}") {
                depth = depth.saturating_sub(1);
            }
            if is_end || token.kind == TokenKind::Newline && depth == 0 {
                if start + 1 < self.at {
                    lines.push((start, self.at - 1));
                }
                start = self.at;
            }
            if is_end {
                break;
            }
        }
        lines
    }

    /// Reads a line of a block.
    fn within<T>(&mut self, (start, end): (usize, usize), read: impl FnOnce(&mut Self) -> T) -> T {
        let mut tokens = self.tokens[start..end].to_vec();
        tokens.retain(|token| token.kind != TokenKind::Newline);
        let mut line = Self {
            text: self.text,
            tokens,
            at: 0,
        };
        read(&mut line)
    }

    fn data_source(&mut self) -> DataSource {
        let mut source = DataSource {
            dialect: None,
            enforces: true,
        };
        for line in self.lines() {
            let (key, value) = self.within(line, |line| {
                let key = line.next().map(|token| token.text(line.text).to_owned());
                line.eat("=");
                (key, line.argued(0))
            });
            let (Some(key), Argued::Text(value)) = (key, value) else {
                continue;
            };
            match (key.as_str(), value.as_str()) {
                ("provider", "postgresql" | "postgres" | "cockroachdb") => {
                    source.dialect = Some(Dialect::PostgreSql);
                }
                ("provider", "mysql") => source.dialect = Some(Dialect::MySql),
                ("provider", "sqlite") => source.dialect = Some(Dialect::Sqlite),
                ("provider", "mongodb") => {
                    source.dialect = Some(Dialect::Mongo);
                    source.enforces = false;
                }
                ("relationMode" | "referentialIntegrity", "prisma") => source.enforces = false,
                _ => {}
            }
        }
        source
    }

    fn entity(&mut self, name: Token) -> DeclaredEntity {
        let mut entity = DeclaredEntity {
            name: name.text(self.text).to_owned(),
            table: Table::new(name.text(self.text), place(name.span)),
            attributes: Vec::new(),
            typed: Vec::new(),
        };
        let lines = self.lines().into_iter();
        // The attributes of the model name columns by their fields, which may stand below.
        let (fields, of_model_lines): (Vec<_>, Vec<_>) =
            lines.partition(|&(start, _)| self.tokens[start].kind == TokenKind::Word);
        for line in fields {
            self.within(line, |line| line.field(&mut entity));
        }
        for line in of_model_lines {
            let attributes = self.within(line, Self::attributes);
            for attribute in attributes {
                of_model(&mut entity, &attribute);
            }
        }
        entity
    }

    /// `author Author? @relation(…)`
    fn field(&mut self, entity: &mut DeclaredEntity) {
        let (Some(name), Some(of)) = (self.next(), self.next()) else {
            return;
        };
        let end = self.tokens.last().map_or(of.span.end, |t| t.span.end);
        let place = place(Span {
            start: name.span.start,
            end,
        });
        let (name, of) = (name.text(self.text).to_owned(), of.text(self.text));
        let unsupported = if self.is("(") {
            match self.arguments(0).first().map(|argument| &argument.value) {
                Some(Argued::Text(text)) => Some(text.clone()),
                _ => None,
            }
        } else {
            None
        };
        let is_many = self.eat("[");
        self.eat("]");
        let is_nullable = self.eat("?");
        let attributes = self.attributes();
        let attribute = |name: &str| attributes.iter().find(|known| known.name == name);
        let column = attribute("map")
            .and_then(|map| map.text("name"))
            .unwrap_or(&name)
            .to_owned();
        let scalar = match &unsupported {
            Some(text) => Some(kind_named(text, None)),
            None => scalar_kind(of, &attributes),
        };
        if let Some(relation) = attribute("relation") {
            reference(entity, relation, of, place);
        }
        if scalar.is_none() {
            let relation = attribute("relation");
            let joins = relation.map(|relation| {
                let own = relation.words("fields").into_iter();
                own.zip(relation.words("references")).collect()
            });
            entity.typed.push(TypedAttribute {
                name: name.clone(),
                of: of.to_owned(),
                is_many,
                relation: relation
                    .and_then(|relation| relation.text("name"))
                    .map(str::to_owned),
                joins: joins.unwrap_or_default(),
                place,
            });
        }
        entity.attributes.push((name, column.clone()));
        entity.table.columns.push(Column {
            name: column.clone(),
            kind: match scalar {
                Some(_) if is_many => ColumnKind::Array,
                Some(kind) => kind,
                None => ColumnKind::Other,
            },
            is_nullable,
            place,
        });
        let is_primary = attribute("id").is_some();
        let declared = attribute("id").or_else(|| attribute("unique"));
        if let Some(declared) = declared {
            entity.table.indexes.push(Index {
                keys: vec![key(&column)],
                is_unique: true,
                is_primary,
                ..index(declared, place)
            });
        }
    }

    fn attributes(&mut self) -> Vec<Attribute> {
        let mut found = Vec::new();
        while let Some(token) = self.next() {
            if token.kind != TokenKind::Symbol || token.text(self.text) != "@" {
                continue;
            }
            self.eat("@");
            let Some(name) = self.next() else { break };
            let args = if self.is("(") {
                self.arguments(0)
            } else {
                Vec::new()
            };
            let end = self.tokens[self.at - 1].span.end;
            found.push(Attribute {
                name: name.text(self.text).to_owned(),
                args,
                span: Span {
                    start: token.span.start,
                    end,
                },
            });
        }
        found
    }

    /// What stands in parentheses.
    fn arguments(&mut self, depth: u32) -> Vec<Argument> {
        self.eat("(");
        let mut args = Vec::new();
        while self.peek().is_some() && !self.eat(")") {
            let name = match (self.peek(), self.tokens.get(self.at + 1)) {
                (Some(name), Some(colon))
                    if name.kind == TokenKind::Word && colon.text(self.text) == ":" =>
                {
                    self.at += 2;
                    Some(name.text(self.text).to_owned())
                }
                _ => None,
            };
            let value = self.argued(depth + 1);
            args.push(Argument { name, value });
            self.eat(",");
        }
        args
    }

    fn argued(&mut self, depth: u32) -> Argued {
        let Some(token) = self.next() else {
            return Argued::Unknown;
        };
        let text = token.text(self.text);
        match token.kind {
            TokenKind::Text => Argued::Text(text.trim_matches('"').to_owned()),
            TokenKind::Word if self.is("(") && depth < MAX_DEPTH => {
                Argued::Call(text.to_owned(), self.arguments(depth + 1))
            }
            TokenKind::Word => Argued::Word(text.to_owned()),
            TokenKind::Symbol if text == "[" && depth < MAX_DEPTH => {
                let mut elements = Vec::new();
                while self.peek().is_some() && !self.eat("]") {
                    elements.push(self.argued(depth + 1));
                    self.eat(",");
                }
                Argued::List(elements)
            }
            _ => Argued::Unknown,
        }
    }
}

impl Attribute {
    /// The argument of a name, or the first without one.
    fn argument(&self, name: &str) -> Option<&Argued> {
        let named = self
            .args
            .iter()
            .find(|arg| arg.name.as_deref() == Some(name));
        let is_first = matches!(name, "name" | "fields") && named.is_none();
        let first = self
            .args
            .first()
            .filter(|arg| is_first && arg.name.is_none());
        named.or(first).map(|arg| &arg.value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argued::Text(text) => Some(text),
            _ => None,
        }
    }

    fn word(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argued::Word(word) => Some(word),
            _ => None,
        }
    }

    fn words(&self, name: &str) -> Vec<String> {
        let Some(Argued::List(elements)) = self.argument(name) else {
            return Vec::new();
        };
        let words = elements.iter().filter_map(|element| match element {
            Argued::Word(word) => Some(word.clone()),
            _ => None,
        });
        words.collect()
    }
}

/// `@@index([a, b(sort: Desc)])`, `@@map("books")`
fn of_model(entity: &mut DeclaredEntity, attribute: &Attribute) {
    match attribute.name.as_str() {
        "map" => {
            if let Some(name) = attribute.text("name") {
                name.clone_into(&mut entity.table.name);
            }
        }
        "schema" => entity.table.namespace = attribute.text("name").map(str::to_owned),
        "id" | "unique" | "index" | "fulltext" => {
            // The brackets of a single field may be left out.
            let elements = match attribute.argument("fields") {
                Some(Argued::List(elements)) => &elements[..],
                Some(single) => std::slice::from_ref(single),
                None => return,
            };
            let keys: Vec<IndexKey> = elements
                .iter()
                .filter_map(|element| key_of(entity, element))
                .collect();
            if keys.is_empty() {
                return;
            }
            let made = index(attribute, place(attribute.span));
            entity.table.indexes.push(Index {
                keys,
                is_primary: attribute.name == "id",
                is_unique: matches!(attribute.name.as_str(), "id" | "unique"),
                method: if attribute.name == "fulltext" {
                    IndexMethod::FullText
                } else {
                    made.method
                },
                ..made
            });
        }
        _ => {}
    }
}

/// `title`, `title(sort: Desc)`, `meta(ops: JsonbPathOps)`
fn key_of(entity: &DeclaredEntity, element: &Argued) -> Option<IndexKey> {
    let column_of = |field: &str| {
        let mut attributes = entity.attributes.iter();
        let known = attributes.find(|(name, _)| name == field);
        known.map_or_else(|| field.to_owned(), |(_, column)| column.clone())
    };
    match element {
        Argued::Word(field) => Some(key(&column_of(field))),
        Argued::Call(field, args) => {
            let argument = |name: &str| {
                let arg = args.iter().find(|arg| arg.name.as_deref() == Some(name))?;
                match &arg.value {
                    Argued::Word(word) => Some(word.clone()),
                    // `ops: raw("gin_trgm_ops")`
                    Argued::Call(_, args) => match args.first()?.value {
                        Argued::Text(ref text) => Some(text.clone()),
                        _ => None,
                    },
                    _ => None,
                }
            };
            Some(IndexKey {
                is_descending: argument("sort").is_some_and(|sort| sort == "Desc"),
                operator_class: argument("ops").map(|class| snake_case(&class)),
                ..key(&column_of(field))
            })
        }
        _ => None,
    }
}

/// `JsonbPathOps` as the database calls it.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn key(column: &str) -> IndexKey {
    IndexKey {
        value: Value::Column(column.to_owned()),
        is_descending: false,
        nulls_first: None,
        operator_class: None,
        collation: None,
    }
}

/// An index without keys, as an attribute has it.
fn index(attribute: &Attribute, place: Place) -> Index {
    Index {
        name: attribute.text("map").unwrap_or_default().to_owned(),
        keys: Vec::new(),
        include: Vec::new(),
        condition: None,
        method: match attribute.word("type").unwrap_or("BTree") {
            "BTree" => IndexMethod::BTree,
            "Hash" => IndexMethod::Hash,
            "Gin" => IndexMethod::Gin,
            "Gist" | "SpGist" => IndexMethod::Gist,
            "Brin" => IndexMethod::Brin,
            _ => IndexMethod::Other,
        },
        is_unique: false,
        is_primary: false,
        is_implied: false,
        place,
    }
}

/// The reference that a relation makes, if this side holds it.
fn reference(entity: &mut DeclaredEntity, relation: &Attribute, of: &str, place: Place) {
    let columns = relation.words("fields");
    let targets = relation.words("references");
    if columns.is_empty() {
        return;
    }
    let cascades = matches!(
        relation.word("onDelete"),
        Some("Cascade" | "SetNull" | "SetDefault")
    );
    entity.table.foreign_keys.push(ForeignKey {
        name: relation.text("map").map(str::to_owned),
        columns,
        target: of.to_owned(),
        target_columns: targets,
        cascades,
        is_enforced: true,
        place,
    });
}

/// What a field of a type of the language holds; none if the type is declared.
fn scalar_kind(of: &str, attributes: &[Attribute]) -> Option<ColumnKind> {
    let kind = match of {
        "String" => ColumnKind::Text,
        "Int" | "BigInt" => ColumnKind::Integer,
        "Float" | "Decimal" => ColumnKind::Number,
        "Boolean" => ColumnKind::Bool,
        "DateTime" => ColumnKind::Time,
        "Json" => ColumnKind::Json,
        "Bytes" => ColumnKind::Bytes,
        "Unsupported" => ColumnKind::Other,
        _ => return None,
    };
    let native = attributes
        .iter()
        .find_map(|attribute| attribute.name.split_once('.'));
    Some(match native {
        Some((_, "Uuid" | "ObjectId")) => ColumnKind::Key,
        Some((_, "Citext")) => ColumnKind::CaseInsensitiveText,
        _ => kind,
    })
}

fn place(span: Span) -> Place {
    Place {
        file: FileId(0),
        span,
    }
}
