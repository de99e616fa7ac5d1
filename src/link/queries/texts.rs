//! SQL text in the program: literals, templates, texts put together over several lines.

use super::Reader;
use super::draft::{Draft, Source};
use crate::analysis::def_use::Def;
use crate::ir::query::{Condition, Query, Term};
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, LocalKind};
use crate::link::senders::sent;
use crate::link::types::Base;
use crate::source::{FileId, Place};
use crate::syntax::sql::query::{HOLE, queries};

/// Bytes of text that are put together.
const MAX_TEXT: usize = 64 << 10;

impl Reader<'_> {
    /// The queries of the SQL text that a call sends; none if it sends no text.
    pub(super) fn statements(&mut self, file: FileId, expr: ExprId) -> Option<Vec<Query>> {
        let module = self.module(file);
        let mut at = expr;
        if let Expr::Await(inner) = module.expr(at) {
            at = inner;
        }
        if !matches!(module.expr(at), Expr::Call { .. }) {
            return None;
        }
        let called = self.typer(file).called_model(at).map(|(model, _)| model);
        let argument = match (called, self.typer(file).callee(at).base) {
            (Some(model), _) => {
                let position = usize::from(model.sql?);
                self.typer(file).argument(at, position)?
            }
            (None, Base::Function(function)) => sent(self.world, module, at, function)?.0,
            (None, _) => return None,
        };
        let text = self.text(file, argument)?;
        if !text.contains(char::is_whitespace) {
            return None;
        }
        let place = Place {
            file,
            span: module.span(at),
        };
        Some(queries(&text, self.dialect(), place).queries)
    }

    /// The text of an expression, with holes where it is not known; none if it is no text.
    pub(super) fn text(&mut self, file: FileId, expr: ExprId) -> Option<String> {
        if self.depth > super::MAX_DEPTH * 2 || self.steps > super::MAX_STEPS {
            return None;
        }
        self.depth += 1;
        self.steps += 1;
        let found = self.text_of(file, expr);
        self.depth -= 1;
        found.filter(|text| text.len() <= MAX_TEXT)
    }

    fn text_of(&mut self, file: FileId, expr: ExprId) -> Option<String> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::String(text) => Some(module.text(text).to_owned()),
            Expr::Template(parts) => {
                let mut out = String::new();
                for &part in module.list(parts) {
                    out.push_str(&self.part(file, part));
                }
                Some(out)
            }
            Expr::Binary {
                op: BinaryOp::Add,
                left,
                right,
            } => {
                let (left, right) = (self.text(file, left), self.text(file, right));
                if left.is_none() && right.is_none() {
                    return None;
                }
                let hole = || HOLE.to_string();
                Some(left.unwrap_or_else(hole) + &right.unwrap_or_else(hole))
            }
            // `"… %s …" % table`
            Expr::Binary {
                op: BinaryOp::Remainder,
                left,
                ..
            } => Some(self.text(file, left)?.replace("%s", &HOLE.to_string())),
            Expr::Call { callee, args, kind } => {
                let args = module.list(args);
                if kind == CallKind::Tagged {
                    return self.text(file, *args.first()?);
                }
                if let Expr::Member { object, name } = module.expr(callee) {
                    match module.text(name) {
                        "format" => {
                            let text = self.text(file, object)?;
                            return Some(with_holes(&text));
                        }
                        "strip" | "trim" | "dedent" | "lower" => {
                            return self.text(file, object);
                        }
                        "join" => return self.joined_text(file, object, args),
                        _ => {}
                    }
                }
                // `text("…")`, `SQL("…")`: what a library makes of text.
                let (model, _) = self.typer(file).called_model(expr)?;
                let Some(sql) = model.sql else {
                    // `builder.getQuery()`, a query in the text of another.
                    if let Expr::Member { object, .. } = module.expr(callee)
                        && self.typer(file).of(expr).base == Base::Str
                        && matches!(self.typer(file).of(object).base, Base::Model(..))
                    {
                        self.keep_inner(file, object);
                    }
                    return None;
                };
                let argument = self.typer(file).argument(expr, usize::from(sql))?;
                self.text(file, argument)
            }
            Expr::Map(entries) => {
                // `{text: "…", values: […]}`
                let entries = module.list(entries);
                let text = crate::link::infer::keyword_in(module, entries, "text")
                    .or_else(|| crate::link::infer::keyword_in(module, entries, "sql"))?;
                self.text(file, text)
            }
            Expr::Conditional { then, .. } => self.text(file, then),
            Expr::Local(local) => self.named_text(file, expr, local),
            Expr::Await(inner) => self.text(file, inner),
            _ => None,
        }
    }

    /// A part of a template: text, or a value.
    fn part(&mut self, file: FileId, part: ExprId) -> String {
        let module = self.module(file);
        let is_text = match module.expr(part) {
            Expr::String(_) | Expr::Template(_) => true,
            Expr::Local(_) | Expr::Call { .. } => {
                // A piece of SQL, not a value that happens to be a text.
                self.typer(file).of(part).base != Base::Num
            }
            _ => false,
        };
        if let Expr::String(text) = module.expr(part) {
            return module.text(text).to_owned();
        }
        if let Some((source, attribute)) = self.column_of(file, part) {
            return self.column(&source, &attribute);
        }
        if let Some((source, _)) = self.named_table(file, part)
            && !matches!(source, Source::Table(_))
        {
            let table = super::draft::Table {
                source,
                alias: None,
            };
            return self.table_use(&table).name;
        }
        let text = if is_text { self.text(file, part) } else { None };
        // Short pieces without blanks are as likely a value.
        text.filter(|text| text.contains(' ') || text.is_empty())
            .unwrap_or_else(|| HOLE.to_string())
    }

    /// `" AND ".join(conditions)`, `[…].join(" ")`
    fn joined_text(&mut self, file: FileId, object: ExprId, args: &[ExprId]) -> Option<String> {
        let (list, separator) = match self.text(file, object) {
            Some(separator) => (*args.first()?, separator),
            None => (object, self.text(file, *args.first()?)?),
        };
        if !self.is_unchanged(file, list) {
            return Some(HOLE.to_string());
        }
        let (at, list) = self.literal(file, list)?;
        let Expr::Sequence { elements, .. } = self.module(at).expr(list) else {
            return Some(HOLE.to_string());
        };
        let elements = self.module(at).list(elements).to_vec();
        let parts: Vec<String> = elements
            .into_iter()
            .map(|element| self.text(at, element).unwrap_or_else(|| HOLE.to_string()))
            .collect();
        Some(parts.join(&separator))
    }

    fn named_text(
        &mut self,
        file: FileId,
        expr: ExprId,
        local: crate::ir::LocalId,
    ) -> Option<String> {
        let facts = &self.world.unit(file).facts;
        let Some(mut def) = facts.def_use.reaching(expr) else {
            return self.constant_text(file, local);
        };
        // `sql += " AND …"`, the last piece first.
        let mut pieces: Vec<String> = Vec::new();
        for _ in 0..32 {
            match facts.def_use.def(def) {
                Def::Value { value, .. } => {
                    pieces.push(self.text(file, *value)?);
                    pieces.reverse();
                    return Some(pieces.concat());
                }
                Def::Augmented {
                    previous, value, ..
                } => {
                    pieces.push(self.text(file, *value).unwrap_or_else(|| HOLE.to_string()));
                    def = *previous;
                }
                // What is only sometimes added is a hole at the end.
                Def::Join { operands, .. } => {
                    pieces.push(format!(" {HOLE}"));
                    def = *operands.first()?;
                }
                Def::Carried { entry, .. } => {
                    pieces.push(format!(" {HOLE}"));
                    def = *entry;
                }
                Def::Entry { local, .. } => {
                    let text = self.constant_text(file, *local)?;
                    pieces.push(text);
                    pieces.reverse();
                    return Some(pieces.concat());
                }
            }
        }
        None
    }

    /// The text of a name that is assigned once.
    fn constant_text(&mut self, file: FileId, local: crate::ir::LocalId) -> Option<String> {
        let facts = &self.world.unit(file).facts;
        match facts.module.local(local).kind {
            LocalKind::Import(import) => {
                let at = self.world.imported_value(file, import)?;
                self.text(at.file, at.value)
            }
            LocalKind::Variable | LocalKind::Const => {
                let value = facts.def_use.single_value(local)?;
                self.text(file, value)
            }
            _ => None,
        }
    }

    /// The conditions of a piece of SQL: `"book.year > :year"`.
    pub(super) fn fragment(
        &mut self,
        file: FileId,
        expr: Option<ExprId>,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let unknown = vec![Condition::Unknown];
        let Some(expr) = expr else {
            return unknown;
        };
        let Some(text) = self.text(file, expr) else {
            return unknown;
        };
        let place = Place {
            file,
            span: self.module(file).span(expr),
        };
        let tables: Vec<String> = draft
            .tables
            .clone()
            .iter()
            .map(|table| {
                let used = self.table_use(table);
                let name = if used.name.is_empty() {
                    "unnamed"
                } else {
                    used.name.as_str()
                };
                match used.alias {
                    Some(alias) => format!("\"{name}\" AS \"{alias}\""),
                    None => format!("\"{name}\""),
                }
            })
            .collect();
        if tables.is_empty() {
            return unknown;
        }
        let whole = format!("SELECT 1 FROM {} WHERE {text}", tables.join(", "));
        let read = queries(&whole, None, place);
        let Some(query) = read.queries.into_iter().next() else {
            return unknown;
        };
        if read.problem.is_some() {
            return unknown;
        }
        let mut found = query.conditions;
        for condition in &mut found {
            self.renamed(condition, draft, place);
        }
        found
    }

    /// Columns under the names that the database has for them: fragments name attributes too.
    fn renamed(&mut self, condition: &mut Condition, draft: &Draft, place: Place) {
        let mut open = vec![condition];
        while let Some(condition) = open.pop() {
            match condition {
                Condition::Term(Term {
                    table,
                    value,
                    place: at,
                    ..
                }) => {
                    *at = Some(place);
                    if let crate::ir::query::Value::Column(name) = value
                        && let Some(table) = draft.tables.get(usize::from(*table))
                    {
                        let source = table.source.clone();
                        *name = self.column(&source, name);
                    }
                }
                Condition::Or(branches) => open.extend(branches.iter_mut().flatten()),
                Condition::Unknown => {}
            }
        }
    }
}

/// The text with its `{}` and `{name}` as holes.
fn with_holes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(length) = rest.find('}') else {
            break;
        };
        out.push(HOLE);
        rest = &rest[length + 1..];
    }
    out.push_str(rest);
    out
}
