//! What the statements of a schema file or migration change.
//!
//! Read token by token and in all dialects at once: what is not known is passed over, and a
//! change of a table that is not understood is a change still.

use super::cursor::Cursor;
use super::define::{column_def, index_keys, index_method, table_elements};
use super::split::statements;
use super::token::TokenKind;
use crate::ir::change::{Change, ChangeKind};
use crate::ir::schema::{Dialect, Index, IndexMethod, Table};
use crate::source::{FileId, Place, Span};

/// What the statements of a text change, in order. All places are those of the text, in a file
/// that is not known yet.
pub fn changes(text: &str, dialect: Option<Dialect>) -> Vec<Change> {
    let mut reader = Reader {
        base: 0,
        found: Vec::new(),
    };
    reader.read(text, dialect, 0);
    reader.found
}

/// The same for SQL in a string of code: all stands at the place of the string.
pub fn changes_at(text: &str, dialect: Option<Dialect>, place: Place) -> Vec<Change> {
    let mut found = changes(text, dialect);
    for change in &mut found {
        change.move_to(|_| place);
    }
    found
}

/// A place in the text, whose file is not known yet.
pub(super) fn place(span: Span) -> Place {
    Place {
        file: FileId(0),
        span,
    }
}

struct Reader {
    /// Where the text stands in the file.
    base: u32,
    found: Vec<Change>,
}

impl Reader {
    fn read(&mut self, text: &str, dialect: Option<Dialect>, depth: u8) {
        for statement in statements(text, dialect) {
            let cursor = Cursor {
                text,
                tokens: &statement.tokens,
                dialect,
            };
            let is_block = cursor.is("DO") || cursor.is("BEGIN") || cursor.is("IF");
            if is_block && depth == 0 {
                self.read_block(cursor, dialect);
            } else {
                self.statement(cursor, depth > 0);
            }
        }
    }

    /// A block of procedural code: `DO $$ BEGIN … END $$`. Its conditions are taken to hold.
    fn read_block(&mut self, cursor: Cursor<'_>, dialect: Option<Dialect>) {
        let Some(body) = cursor
            .tokens
            .iter()
            .find(|token| token.kind == TokenKind::Text)
        else {
            self.statement(cursor, true);
            return;
        };
        let text = body.text(cursor.text);
        let Some(tag) = text.get(1..).and_then(|rest| rest.find('$')) else {
            return;
        };
        let Some(inner) = text.get(tag + 2..text.len().saturating_sub(tag + 2)) else {
            return;
        };
        let from = self.found.len();
        self.base = body.span.start + tag as u32 + 2;
        self.read(inner, dialect, 1);
        let base = std::mem::take(&mut self.base);
        for change in &mut self.found[from..] {
            change.move_to(|at| Place {
                span: Span {
                    start: at.span.start + base,
                    end: at.span.end + base,
                },
                ..at
            });
        }
    }

    fn statement(&mut self, mut cursor: Cursor<'_>, is_inside: bool) {
        if is_inside {
            // `BEGIN ALTER TABLE …`, `IF NOT EXISTS (…) THEN CREATE INDEX …`
            let starts = |at: &Cursor<'_>| {
                (at.is("ALTER") || at.is("CREATE") || at.is("DROP"))
                    && ["TABLE", "INDEX", "UNIQUE"]
                        .iter()
                        .any(|word| at.is_at(1, word))
            };
            while !cursor.is_empty() && !starts(&cursor) {
                cursor.next();
            }
        }
        let span = cursor.span();
        let whole = place(span);
        if cursor.eat("CREATE") {
            self.create(cursor, whole);
        } else if cursor.eat("ALTER TABLE") {
            self.alter_table(cursor, whole);
        } else if cursor.eat("ALTER INDEX") {
            cursor.eat("IF EXISTS");
            let from = cursor.qualified();
            if cursor.eat("RENAME TO")
                && let (Some((_, from)), Some(to)) = (from, cursor.name())
            {
                self.push("", ChangeKind::RenameIndex { from, to }, whole);
            }
        } else if cursor.eat("RENAME TABLE") {
            for mut part in cursor.split() {
                if let Some((_, from)) = part.qualified()
                    && part.eat("TO")
                    && let Some((_, to)) = part.qualified()
                {
                    self.push(&from, ChangeKind::Rename(to), whole);
                }
            }
        } else if cursor.eat("DROP") {
            self.drop(cursor, whole);
        }
    }

    fn push(&mut self, table: &str, kind: ChangeKind, place: Place) {
        self.found.push(Change {
            table: table.to_owned(),
            kind,
            place,
        });
    }

    fn create(&mut self, mut cursor: Cursor<'_>, whole: Place) {
        cursor.eat("OR REPLACE");
        if cursor.is_any(&["TEMP", "TEMPORARY"])
            || cursor.is_any(&["GLOBAL", "LOCAL"]) && cursor.is_at(1, "TEMPORARY")
        {
            return;
        }
        while cursor.is_any(&["UNLOGGED", "FOREIGN", "RECURSIVE", "MATERIALIZED"]) {
            cursor.next();
        }
        let mut method = IndexMethod::BTree;
        let mut is_unique = false;
        loop {
            if cursor.eat("UNIQUE") {
                is_unique = true;
            } else if cursor.eat("FULLTEXT") {
                method = IndexMethod::FullText;
            } else if cursor.eat("SPATIAL") {
                method = IndexMethod::Other;
            } else {
                break;
            }
        }
        if cursor.eat("INDEX") {
            self.create_index(cursor, is_unique, method, whole);
        } else if cursor.eat("TABLE") {
            self.create_table(cursor, whole);
        } else if cursor.is("VIEW")
            || cursor.eat("VIRTUAL")
            || cursor.is("ALGORITHM")
            || cursor.is("DEFINER")
        {
            let _ = cursor.until(&["VIEW", "TABLE"]);
            cursor.next();
            cursor.eat("IF NOT EXISTS");
            if let Some((_, name)) = cursor.qualified() {
                self.push(&name, ChangeKind::Opaque, whole);
            }
        }
    }

    fn create_index(
        &mut self,
        mut cursor: Cursor<'_>,
        is_unique: bool,
        mut method: IndexMethod,
        whole: Place,
    ) {
        cursor.eat("CONCURRENTLY");
        cursor.eat("IF NOT EXISTS");
        let mut name = String::new();
        if !cursor.is("ON")
            && let Some((_, given)) = cursor.qualified()
        {
            name = given;
        }
        if cursor.eat("USING") {
            method = index_method(&mut cursor);
        }
        if !cursor.eat("ON") {
            return;
        }
        cursor.eat("ONLY");
        let Some((_, table)) = cursor.qualified() else {
            return;
        };
        if cursor.eat("USING") {
            method = index_method(&mut cursor);
        }
        let Some(keys) = cursor.parens() else {
            self.push(&table, ChangeKind::Unclear, whole);
            return;
        };
        let mut index = Index {
            name,
            keys: index_keys(keys),
            include: Vec::new(),
            condition: None,
            method,
            is_unique,
            is_primary: false,
            is_implied: false,
            place: whole,
        };
        while !cursor.is_empty() {
            if cursor.eat("INCLUDE") {
                let names = cursor.parens().map(Cursor::split).unwrap_or_default();
                index.include = names
                    .into_iter()
                    .filter_map(|mut part| part.name())
                    .collect();
            } else if cursor.eat("WHERE") {
                index.condition = Some(super::condition::terms_of(cursor));
                break;
            } else {
                cursor.next();
            }
        }
        self.push(&table, ChangeKind::AddIndex(index), whole);
    }

    fn create_table(&mut self, mut cursor: Cursor<'_>, whole: Place) {
        cursor.eat("IF NOT EXISTS");
        let Some((namespace, name)) = cursor.qualified() else {
            return;
        };
        if cursor.eat("PARTITION OF") {
            if let Some((_, like)) = cursor.qualified() {
                let kind = ChangeKind::CreateLike {
                    like,
                    with_indexes: true,
                };
                self.push(&name, kind, whole);
            }
            return;
        }
        if cursor.is("LIKE") || cursor.is("(") && cursor.is_at(1, "LIKE") {
            // MySQL copies the indexes, PostgreSQL where it is told to.
            let mut inner = cursor.parens();
            let is_bare = inner.is_none();
            let at = inner.as_mut().unwrap_or(&mut cursor);
            at.eat("LIKE");
            if let Some((_, like)) = at.qualified() {
                let mut with_indexes = is_bare;
                while !at.is_empty() {
                    with_indexes |= at.eat("INCLUDING ALL") || at.eat("INCLUDING INDEXES");
                    at.next();
                }
                self.push(&name, ChangeKind::CreateLike { like, with_indexes }, whole);
                return;
            }
        }
        let mut table = Table {
            name: name.clone(),
            namespace,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            is_complete: true,
            is_small: false,
            place: whole,
        };
        if let Some(elements) = cursor.parens() {
            table_elements(elements, &mut table);
        }
        self.push(&name, ChangeKind::Create(Box::new(table)), whole);
    }

    fn alter_table(&mut self, mut cursor: Cursor<'_>, whole: Place) {
        cursor.eat("IF EXISTS");
        cursor.eat("ONLY");
        let Some((_, table)) = cursor.qualified() else {
            return;
        };
        if cursor.is("*") {
            cursor.next();
        }
        let actions = cursor.split();
        let mut is_adding = false;
        for mut action in actions {
            let at = match actions_place(&action) {
                Some(span) => place(span),
                None => whole,
            };
            // `ADD a int, b int`: a definition goes on with what the one before did.
            let continues = is_adding
                && !action.is_any(&[
                    "ADD",
                    "DROP",
                    "ALTER",
                    "RENAME",
                    "MODIFY",
                    "CHANGE",
                    "SET",
                    "OWNER",
                    "ENGINE",
                    "AUTO_INCREMENT",
                    "ENABLE",
                    "DISABLE",
                    "VALIDATE",
                    "CONVERT",
                    "DEFAULT",
                ]);
            if continues || action.eat("ADD") {
                is_adding = true;
                self.add(&table, action, at);
            } else {
                is_adding = false;
                self.alter(&table, action, at);
            }
        }
    }

    /// `ADD …`: columns, keys, constraints.
    fn add(&mut self, table: &str, mut action: Cursor<'_>, at: Place) {
        if action.eat("CONSTRAINT") {
            let mut rest = action;
            rest.eat("IF NOT EXISTS");
            let name = rest.name();
            // `ADD CONSTRAINT n PRIMARY KEY USING INDEX i` makes an index that is there a key.
            let uses = rest.eat("PRIMARY KEY USING INDEX") || rest.eat("UNIQUE USING INDEX");
            if uses {
                if let (Some(from), Some(to)) = (rest.name(), name) {
                    self.push("", ChangeKind::RenameIndex { from, to }, at);
                }
                return;
            }
        }
        let is_list = action.is("(");
        let elements = match action.parens() {
            Some(inner) if is_list => inner,
            _ => action,
        };
        let mut made = Table::new(table, at);
        // `CONSTRAINT` was eaten above; a name alone before a key is the same to the reader.
        table_elements(elements, &mut made);
        for column in made.columns {
            self.push(table, ChangeKind::AddColumn(column), at);
        }
        for index in made.indexes {
            self.push(table, ChangeKind::AddIndex(index), at);
        }
        for key in made.foreign_keys {
            self.push(table, ChangeKind::AddForeignKey(key), at);
        }
    }

    fn alter(&mut self, table: &str, mut action: Cursor<'_>, at: Place) {
        if action.eat("DROP") {
            if action.eat("PRIMARY KEY") {
                self.push(table, ChangeKind::DropPrimaryKey, at);
                return;
            }
            let is_constraint =
                action.eat("CONSTRAINT") || action.eat("FOREIGN KEY") || action.eat("CHECK");
            let is_index = !is_constraint && (action.eat("INDEX") || action.eat("KEY"));
            if !is_constraint && !is_index {
                action.eat("COLUMN");
            }
            action.eat("IF EXISTS");
            if let Some(name) = action.name() {
                let kind = match (is_constraint, is_index) {
                    (true, _) => ChangeKind::DropConstraint(name),
                    (_, true) => ChangeKind::DropIndex(name),
                    _ => ChangeKind::DropColumn(name),
                };
                self.push(table, kind, at);
            }
        } else if action.eat("RENAME") {
            if action.eat("TO") || action.eat("AS") {
                if let Some((_, to)) = action.qualified() {
                    self.push(table, ChangeKind::Rename(to), at);
                }
                return;
            }
            let is_index = action.eat("INDEX") || action.eat("KEY") || action.eat("CONSTRAINT");
            action.eat("COLUMN");
            let from = action.name();
            action.eat("TO");
            if let (Some(from), Some(to)) = (from, action.name()) {
                let kind = if is_index {
                    ChangeKind::RenameIndex { from, to }
                } else {
                    ChangeKind::RenameColumn { from, to }
                };
                self.push(table, kind, at);
            }
        } else if action.eat("MODIFY") {
            action.eat("COLUMN");
            self.redefine(table, action, at);
        } else if action.eat("CHANGE") {
            action.eat("COLUMN");
            let from = action.name();
            let mut definition = action;
            if let (Some(from), Some(to)) = (from, action.name()) {
                if from != to {
                    self.push(table, ChangeKind::RenameColumn { from, to }, at);
                }
                std::mem::swap(&mut definition, &mut action);
                self.redefine(table, action, at);
            }
        } else if action.eat("ALTER") {
            if action.is("INDEX") || action.is("CONSTRAINT") {
                return;
            }
            action.eat("COLUMN");
            let Some(name) = action.name() else {
                return;
            };
            let mut kind = None;
            let mut is_nullable = None;
            if action.eat("TYPE") || action.eat("SET DATA TYPE") {
                kind = Some(super::define::column_kind(&mut action));
            } else if action.eat("SET NOT NULL") {
                is_nullable = Some(false);
            } else if action.eat("DROP NOT NULL") {
                is_nullable = Some(true);
            }
            let change = ChangeKind::AlterColumn {
                name,
                kind,
                is_nullable,
            };
            self.push(table, change, at);
        } else if action.eat("ATTACH PARTITION") {
            self.push(table, ChangeKind::Unclear, at);
        }
    }

    /// A column that is declared anew.
    fn redefine(&mut self, table: &str, definition: Cursor<'_>, at: Place) {
        let mut made = Table::new(table, at);
        column_def(definition, &mut made);
        for column in made.columns {
            let change = ChangeKind::AlterColumn {
                name: column.name,
                kind: Some(column.kind),
                is_nullable: Some(column.is_nullable),
            };
            self.push(table, change, at);
        }
        for index in made.indexes {
            self.push(table, ChangeKind::AddIndex(index), at);
        }
    }

    fn drop(&mut self, mut cursor: Cursor<'_>, whole: Place) {
        let is_index = cursor.eat("INDEX");
        cursor.eat("MATERIALIZED");
        if !is_index && !cursor.eat("TABLE") && !cursor.eat("VIEW") {
            return;
        }
        cursor.eat("CONCURRENTLY");
        cursor.eat("IF EXISTS");
        let mut names = cursor.until(&["ON", "CASCADE", "RESTRICT"]).split();
        let mut table = String::new();
        if cursor.eat("ON")
            && let Some((_, name)) = cursor.qualified()
        {
            table = name;
        }
        for part in &mut names {
            let Some((_, name)) = part.qualified() else {
                continue;
            };
            if is_index {
                self.push(&table, ChangeKind::DropIndex(name), whole);
            } else {
                self.push(&name, ChangeKind::Drop, whole);
            }
        }
    }
}

fn actions_place(action: &Cursor<'_>) -> Option<Span> {
    (!action.is_empty()).then(|| action.span())
}
