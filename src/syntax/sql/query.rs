//! What statements ask of the database, from their text.
//!
//! A statement may hold several: each `SELECT` in it, below `FROM`, in conditions or in `UNION`,
//! is a query of its own. What is not understood of a statement makes its query incomplete; of
//! one that does not parse at all the tables are left.

use sqlparser::ast::{
    Delete, Expr, FromTable, GroupByExpr, Insert, Join, JoinConstraint, JoinOperator, LimitClause,
    ObjectName, OrderByExpr, OrderByKind, OrderBySort, Query as Ast, Select, SelectItem, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
};

use super::predicate::{Columns, conditions, is_aggregate, read_value};
use super::{MAX_PARSED_BYTES, Unparsed, parse};
use crate::ir::query::{
    Bound, Condition, Operand, OperatorClass, OrderKey, Projection, Query, TableUse, Term, Value,
    Verb,
};
use crate::ir::schema::Dialect;
use crate::source::Place;

/// Stands in a text for a value or a piece of SQL that is put in when the program runs.
pub const HOLE: char = '\u{fffc}';

/// Words of a text that does not parse that are looked at for tables.
const MAX_WORDS: usize = 20_000;
/// How deep queries may stand in queries.
const MAX_DEPTH: u32 = 16;
/// What a hole is where a name has to stand.
pub(super) const HOLE_NAME: &str = "slowpath_hole";
/// What a hole is where a value has to stand.
const HOLE_VALUE: &str = "$9";

/// What was read of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statements {
    /// The queries, the outer one before those inside.
    pub queries: Vec<Query>,
    /// Why part of the text was not understood.
    pub problem: Option<String>,
}

/// Reads statements. Text put in at run time is marked by [`HOLE`].
pub fn queries(text: &str, dialect: Option<Dialect>, place: Place) -> Statements {
    if text.len() > MAX_PARSED_BYTES {
        return Statements {
            queries: vec![tables_only(text, place)],
            problem: Some(Unparsed::TooLarge.to_string()),
        };
    }
    let text = with_placeholders(text);
    let mut problem = None;
    for hole in [HOLE_VALUE, HOLE_NAME] {
        if hole == HOLE_NAME && !text.contains(HOLE) {
            break;
        }
        match parse(&filled(&text, hole, dialect), dialect) {
            Ok(statements) => {
                let mut reader = Reader {
                    place,
                    found: Vec::new(),
                    known: Vec::new(),
                };
                for statement in &statements {
                    reader.statement(statement);
                }
                if hole == HOLE_NAME {
                    for query in &mut reader.found {
                        query.is_complete = false;
                    }
                }
                return Statements {
                    queries: reader.found,
                    problem: None,
                };
            }
            Err(error) => problem = problem.or(Some(error.to_string())),
        }
    }
    Statements {
        queries: vec![tables_only(&text, place)],
        problem,
    }
}

/// The text with something parsable in its holes. MySQL reads `$9` as a name, but in a string.
fn filled(text: &str, hole: &str, dialect: Option<Dialect>) -> String {
    if dialect != Some(Dialect::MySql) || hole != HOLE_VALUE {
        return text.replace(HOLE, hole);
    }
    let mut quote: Option<char> = None;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, quote) {
            (HOLE, None) => out.push('?'),
            (HOLE, Some(_)) => out.push_str(hole),
            _ => {
                if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() && matches!(c, '\'' | '"' | '`') {
                    quote = Some(c);
                }
                out.push(c);
            }
        }
    }
    out
}

/// The text with one spelling for placeholders: `%s`, `%(name)s`, `?` and `:name` become holes
/// where they stand for values, `%%` a percent sign.
fn with_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let next = &rest[c.len_utf8()..];
        if quote.is_some() {
            if quote == Some(c) {
                quote = None;
            }
            if c == '%' && next.starts_with('%') {
                rest = next;
                continue;
            }
        } else if matches!(c, '\'' | '"' | '`') {
            quote = Some(c);
        } else if let Some(length) = placeholder(c, next, &out) {
            out.push(HOLE);
            rest = &rest[length..];
            continue;
        }
        out.push(c);
        rest = next;
    }
    out
}

/// The length of the placeholder that begins with `c`, if one does.
fn placeholder(c: char, next: &str, before: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match c {
        '%' if next.starts_with('s') && !next[1..].starts_with(is_word) => Some(2),
        '%' if next.starts_with('(') => {
            let end = next.find(")s")?;
            next[1..end].chars().all(is_word).then_some(end + 3)
        }
        // `data ? 'key'` and `?|` are operators of PostgreSQL.
        '?' => {
            let is_operator = next.trim_start().starts_with('\'') || next.starts_with(['|', '&']);
            let digits = next.chars().take_while(char::is_ascii_digit).count();
            (!is_operator).then_some(1 + digits)
        }
        // Not the `::` of a cast.
        ':' if next.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && !before.ends_with(':')
            && !before.ends_with(is_word) =>
        {
            Some(1 + next.find(|c| !is_word(c)).unwrap_or(next.len()))
        }
        _ => None,
    }
}

/// The tables of a text that does not parse: the names behind `FROM`, `JOIN`, `UPDATE`, `INTO`.
fn tables_only(text: &str, place: Place) -> Query {
    let mut words = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS);
    let mut tables: Vec<TableUse> = Vec::new();
    let mut verb = None;
    while let Some(word) = words.next() {
        let word = word.to_ascii_uppercase();
        verb = verb.or(match word.as_str() {
            "SELECT" => Some(Verb::Select),
            "INSERT" => Some(Verb::Insert),
            "UPDATE" => Some(Verb::Update),
            "DELETE" => Some(Verb::Delete),
            _ => None,
        });
        if matches!(word.as_str(), "FROM" | "JOIN" | "UPDATE" | "INTO")
            && let Some(name) = words.next()
        {
            let name = name.rsplit('.').next().unwrap_or(name);
            let name = name.trim_matches(['"', '`', '[', ']']);
            let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if is_name && !name.is_empty() && tables.iter().all(|table| table.name != name) {
                tables.push(table_use(name, None));
            }
        }
    }
    Query {
        verb: verb.unwrap_or(Verb::Select),
        tables,
        conditions: Vec::new(),
        order: Vec::new(),
        limit: Bound::Unknown,
        offset: Bound::Unknown,
        projection: Projection::Unknown,
        is_aggregate: false,
        is_complete: false,
        place,
    }
}

fn table_use(name: &str, alias: Option<&str>) -> TableUse {
    TableUse {
        name: name.to_owned(),
        alias: alias.map(str::to_owned),
    }
}

/// Reads the queries of a statement, inner ones after outer ones.
struct Reader {
    place: Place,
    found: Vec<Query>,
    /// Names that `WITH` gives to queries: no tables.
    known: Vec<String>,
}

impl Reader {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Query(query) => self.query(query, 0),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Insert(insert) => self.insert(insert),
            _ => {}
        }
    }

    fn empty(&self, verb: Verb) -> Query {
        Query {
            verb,
            tables: Vec::new(),
            conditions: Vec::new(),
            order: Vec::new(),
            limit: Bound::None,
            offset: Bound::None,
            projection: Projection::Unknown,
            is_aggregate: false,
            is_complete: true,
            place: self.place,
        }
    }

    fn query(&mut self, ast: &Ast, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut inner = Vec::new();
        for cte in ast.with.iter().flat_map(|with| &with.cte_tables) {
            self.known.push(cte.alias.name.value.clone());
            inner.push(&*cte.query);
        }
        match &*ast.body {
            SetExpr::Select(select) => {
                let at = self.found.len();
                self.select(select, depth);
                if let Some(query) = self.found.get_mut(at) {
                    let columns = Columns::of(&query.tables);
                    if let Some(order) = &ast.order_by
                        && let OrderByKind::Expressions(keys) = &order.kind
                    {
                        query.order = order_keys(keys, &columns);
                        if query.order.len() < keys.len() {
                            query.order.clear();
                        }
                    }
                    (query.limit, query.offset) = bounds(ast);
                }
            }
            body => self.set(body, depth),
        }
        for query in inner {
            self.query(query, depth + 1);
        }
    }

    /// The sides of `UNION` and the like, without recursion: chains of them are long.
    fn set(&mut self, body: &SetExpr, depth: u32) {
        let mut open = vec![body];
        while let Some(body) = open.pop() {
            match body {
                SetExpr::Select(select) => self.select(select, depth),
                SetExpr::Query(query) => self.query(query, depth + 1),
                SetExpr::SetOperation { left, right, .. } => open.extend([&**right, &**left]),
                SetExpr::Insert(statement)
                | SetExpr::Update(statement)
                | SetExpr::Delete(statement)
                    if depth < MAX_DEPTH =>
                {
                    self.statement(statement);
                }
                _ => {}
            }
        }
    }

    fn select(&mut self, select: &Select, depth: u32) {
        let mut query = self.empty(Verb::Select);
        let mut inner = Vec::new();
        self.tables(&select.from, &mut query, &mut inner, depth);
        let columns = Columns::of(&query.tables);
        if let Some(selection) = &select.selection {
            query
                .conditions
                .extend(conditions(selection, &columns, &mut inner));
        }
        let has_groups = match &select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
        };
        query.projection = projection(&select.projection, &columns);
        query.is_aggregate =
            has_groups || query.projection == Projection::Aggregate || select.distinct.is_some();
        query.is_complete = !query.conditions.contains(&Condition::Unknown);
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(Expr::Subquery(query))
            | SelectItem::ExprWithAlias {
                expr: Expr::Subquery(query),
                ..
            } = item
            {
                inner.push(query);
            }
        }
        self.found.push(query);
        for query in inner {
            self.query(query, depth + 1);
        }
    }

    /// Adds the tables of `FROM`, and the conditions of its joins.
    fn tables<'a>(
        &mut self,
        from: &'a [TableWithJoins],
        query: &mut Query,
        inner: &mut Vec<&'a Ast>,
        depth: u32,
    ) {
        let mut joins: Vec<(u16, &Join)> = Vec::new();
        for with_joins in from {
            self.factor(&with_joins.relation, query, inner, depth);
            for join in &with_joins.joins {
                let before = query.tables.len();
                self.factor(&join.relation, query, inner, depth);
                if query.tables.len() > before {
                    joins.push((before as u16, join));
                }
            }
        }
        let columns = Columns::of(&query.tables);
        for (table, join) in joins {
            match constraint(&join.join_operator) {
                Some(JoinConstraint::On(on)) => {
                    query.conditions.extend(conditions(on, &columns, inner));
                }
                Some(JoinConstraint::Using(names)) => {
                    for name in names.iter().filter_map(last_part) {
                        query.conditions.push(Condition::Term(Term {
                            table,
                            value: Value::Column(name.clone()),
                            class: OperatorClass::Equality,
                            operand: Operand::Column(0, name),
                            place: None,
                        }));
                    }
                }
                _ => {}
            }
        }
    }

    fn factor<'a>(
        &mut self,
        factor: &'a TableFactor,
        query: &mut Query,
        inner: &mut Vec<&'a Ast>,
        depth: u32,
    ) {
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                let alias = alias.as_ref().map(|alias| alias.name.value.as_str());
                let name = last_part(name).unwrap_or_default();
                // What `WITH` names, a function's rows, and a hole are no table that a schema has.
                let is_hole = name == HOLE_NAME || name.starts_with('$');
                let is_table = args.is_none() && !self.known.contains(&name) && !is_hole;
                let alias = if is_table {
                    alias
                } else {
                    alias.or(Some(&name))
                };
                let stored = if is_table { name.as_str() } else { "" };
                query.tables.push(table_use(stored, alias));
            }
            TableFactor::Derived {
                subquery, alias, ..
            } => {
                let alias = alias.as_ref().map(|alias| alias.name.value.as_str());
                query.tables.push(table_use("", alias));
                inner.push(subquery);
            }
            TableFactor::NestedJoin {
                table_with_joins, ..
            } if depth < MAX_DEPTH => {
                let nested = std::slice::from_ref(&**table_with_joins);
                self.tables(nested, query, inner, depth + 1);
            }
            _ => query.tables.push(table_use("", None)),
        }
    }

    fn update(&mut self, update: &Update) {
        let mut query = self.empty(Verb::Update);
        let mut inner = Vec::new();
        let table = std::slice::from_ref(&update.table);
        self.tables(table, &mut query, &mut inner, 0);
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) =
            &update.from
        {
            self.tables(from, &mut query, &mut inner, 0);
        }
        self.changed(query, update.selection.as_ref(), inner);
    }

    fn delete(&mut self, delete: &Delete) {
        let mut query = self.empty(Verb::Delete);
        let mut inner = Vec::new();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        self.tables(from, &mut query, &mut inner, 0);
        if let Some(using) = &delete.using {
            self.tables(using, &mut query, &mut inner, 0);
        }
        self.changed(query, delete.selection.as_ref(), inner);
    }

    fn changed<'a>(
        &mut self,
        mut query: Query,
        selection: Option<&'a Expr>,
        mut inner: Vec<&'a Ast>,
    ) {
        let columns = Columns::of(&query.tables);
        if let Some(selection) = selection {
            let found = conditions(selection, &columns, &mut inner);
            query.conditions.extend(found);
        }
        query.is_complete = !query.conditions.contains(&Condition::Unknown);
        query.projection = Projection::Aggregate;
        self.found.push(query);
        for query in inner {
            self.query(query, 1);
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let mut query = self.empty(Verb::Insert);
        if let TableObject::TableName(name) = &insert.table {
            let name = last_part(name).unwrap_or_default();
            query.tables.push(table_use(&name, None));
        }
        self.found.push(query);
        if let Some(source) = &insert.source {
            self.query(source, 1);
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        _ => None,
    }
}

/// The last part of a name: that of the table, without its namespace.
fn last_part(name: &ObjectName) -> Option<String> {
    let part = name.0.last()?.as_ident()?;
    Some(part.value.clone())
}

fn order_keys(keys: &[OrderByExpr], columns: &Columns) -> Vec<OrderKey> {
    keys.iter()
        .map_while(|key| {
            let (table, value) = read_value(&key.expr, columns)?;
            Some(OrderKey {
                table,
                value,
                is_descending: matches!(key.options.sort, Some(OrderBySort::Desc)),
                nulls_first: key.options.nulls_first,
            })
        })
        .collect()
}

fn bounds(ast: &Ast) -> (Bound, Bound) {
    if ast.fetch.is_some() {
        return (Bound::Parameter, Bound::None);
    }
    match &ast.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => (
            limit.as_ref().map_or(Bound::None, bound),
            offset
                .as_ref()
                .map_or(Bound::None, |offset| bound(&offset.value)),
        ),
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => (bound(limit), bound(offset)),
        None => (Bound::None, Bound::None),
    }
}

fn bound(expr: &Expr) -> Bound {
    match expr {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(number, _) => match number.parse() {
                Ok(number) => Bound::Constant(number),
                Err(_) => Bound::Unknown,
            },
            sqlparser::ast::Value::Null => Bound::None,
            _ => Bound::Parameter,
        },
        _ => Bound::Parameter,
    }
}

fn projection(items: &[SelectItem], columns: &Columns) -> Projection {
    let mut found = Vec::new();
    for item in items {
        let expr = match item {
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => return Projection::Star,
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr,
            SelectItem::ExprWithAliases { .. } => return Projection::Unknown,
        };
        if is_aggregate(expr) {
            return Projection::Aggregate;
        }
        found.extend(read_value(expr, columns).map(|(_, value)| value));
    }
    Projection::Columns(found)
}

#[cfg(test)]
mod tests;
