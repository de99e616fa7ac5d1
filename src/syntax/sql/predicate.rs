//! Conditions and expressions of statements.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query as Ast, SetExpr,
    UnaryOperator, Value as Literal,
};

use super::query::HOLE_NAME;
use crate::ir::query::{Condition, Operand, OperatorClass, TableUse, Term, Value};

/// How deep expressions are read.
const MAX_DEPTH: u32 = 24;
/// Conditions read of one statement.
const MAX_CONDITIONS: usize = 500;
/// Functions over many rows.
const AGGREGATES: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "string_agg",
    "group_concat",
    "json_agg",
    "jsonb_agg",
    "bool_or",
    "bool_and",
    "every",
    "total",
];

/// Whose columns names are.
#[derive(Debug)]
pub(super) struct Columns {
    /// What each table is called in the statement.
    names: Vec<String>,
}

impl Columns {
    pub(super) fn of(tables: &[TableUse]) -> Self {
        let name_of = |table: &TableUse| table.alias.clone().unwrap_or(table.name.clone());
        Self {
            names: tables.iter().map(name_of).collect(),
        }
    }

    /// The table and name of a column; none if it is one of another query, or may be any table's.
    fn find(&self, expr: &Expr) -> Option<(u16, String)> {
        match expr {
            Expr::Identifier(name) if self.names.len() == 1 && name.value != HOLE_NAME => {
                Some((0, name.value.clone()))
            }
            _ => self.qualified(expr),
        }
    }

    /// The same of a column whose table is named.
    fn qualified(&self, expr: &Expr) -> Option<(u16, String)> {
        let Expr::CompoundIdentifier(parts) = expr else {
            return None;
        };
        let [.., table, column] = &parts[..] else {
            return None;
        };
        let is_table = |name: &String| name.eq_ignore_ascii_case(&table.value);
        let at = self.names.iter().position(is_table)?;
        (column.value != HOLE_NAME).then(|| (at as u16, column.value.clone()))
    }
}

/// The conditions that an expression joins by `AND`. Queries inside are added to `inner`.
pub(super) fn conditions<'a>(
    expr: &'a Expr,
    columns: &Columns,
    inner: &mut Vec<&'a Ast>,
) -> Vec<Condition> {
    conjuncts(expr, columns, inner, 0)
}

fn conjuncts<'a>(
    expr: &'a Expr,
    columns: &Columns,
    inner: &mut Vec<&'a Ast>,
    depth: u32,
) -> Vec<Condition> {
    let mut found = Vec::new();
    for part in chain(expr, &BinaryOperator::And) {
        if found.len() >= MAX_CONDITIONS || depth > MAX_DEPTH {
            found.push(Condition::Unknown);
            break;
        }
        let branches = chain(part, &BinaryOperator::Or);
        if branches.len() > 1 {
            let branches = branches.into_iter();
            found.push(Condition::Or(
                branches
                    .map(|branch| conjuncts(branch, columns, inner, depth + 1))
                    .collect(),
            ));
        } else if !is_true(part) {
            found.push(condition(part, columns, inner));
        }
    }
    found
}

/// The parts of a chain of one operator, in order, without recursion: chains are long.
fn chain<'a>(expr: &'a Expr, operator: &BinaryOperator) -> Vec<&'a Expr> {
    let mut parts = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::BinaryOp { left, op, right } if op == operator => {
                open.push(right);
                open.push(left);
            }
            Expr::Nested(inner) => {
                let is_chain = matches!(&**inner, Expr::BinaryOp { op, .. } if op == operator)
                    || matches!(&**inner, Expr::Nested(_));
                if is_chain {
                    open.push(inner);
                } else {
                    parts.push(expr);
                }
            }
            _ => parts.push(expr),
        }
    }
    parts
}

/// `WHERE 1 = 1`, `WHERE true`.
fn is_true(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(value.value, Literal::Boolean(true)),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => {
            matches!((&**left, &**right), (Expr::Value(a), Expr::Value(b)) if a.value == b.value
                && !matches!(a.value, Literal::Placeholder(_)))
        }
        _ => false,
    }
}

fn condition<'a>(expr: &'a Expr, columns: &Columns, inner: &mut Vec<&'a Ast>) -> Condition {
    let mut expr = expr;
    let mut is_negated = false;
    loop {
        match expr {
            Expr::Nested(nested) => expr = nested,
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: operand,
            } => {
                is_negated = !is_negated;
                expr = operand;
            }
            _ => break,
        }
    }
    let term = |of: &Expr, class: OperatorClass, operand: Operand| {
        let Some((table, value)) = read_value(of, columns) else {
            return Condition::Unknown;
        };
        let class = match class {
            class if !is_negated => class,
            OperatorClass::Negation => OperatorClass::Equality,
            OperatorClass::Range => OperatorClass::Range,
            _ => OperatorClass::Negation,
        };
        Condition::Term(Term {
            table,
            value,
            class,
            operand,
            place: None,
        })
    };
    let equality = |negated: bool| {
        if negated {
            OperatorClass::Negation
        } else {
            OperatorClass::Equality
        }
    };
    match expr {
        Expr::BinaryOp { left, op, right } => {
            let Some(class) = class_of(op) else {
                return Condition::Unknown;
            };
            for side in [left, right] {
                if let Expr::Subquery(query) = &**side {
                    inner.push(query);
                }
            }
            // `5 = a` is `a = 5`.
            let (of, other) = match read_value(left, columns) {
                Some(_) => (left, right),
                None => (right, left),
            };
            let is_flipped = !std::ptr::eq(of, left);
            let operand = operand(other, columns);
            let operand = match operand {
                Operand::Constant(value) if class == OperatorClass::Range => {
                    limit(op, value, is_flipped != is_negated, is_negated)
                }
                other => other,
            };
            term(of, class, operand)
        }
        Expr::IsNull(of) => term(of, OperatorClass::Equality, Operand::Null),
        Expr::IsNotNull(of) => term(of, OperatorClass::Negation, Operand::Null),
        Expr::IsTrue(of) | Expr::IsNotFalse(of) => term(
            of,
            OperatorClass::Equality,
            Operand::Constant("true".into()),
        ),
        Expr::IsFalse(of) | Expr::IsNotTrue(of) => term(
            of,
            OperatorClass::Equality,
            Operand::Constant("false".into()),
        ),
        Expr::InList {
            expr: of,
            list,
            negated,
        } => {
            let constants: Option<Vec<String>> = list.iter().map(constant).collect();
            let operand = constants.map_or(Operand::Parameters, Operand::Constants);
            term(of, equality(*negated), operand)
        }
        Expr::InSubquery {
            expr: of,
            subquery,
            negated,
        } => {
            inner.push(subquery);
            term(of, equality(*negated), Operand::Subquery)
        }
        Expr::InUnnest {
            expr: of, negated, ..
        } => term(of, equality(*negated), Operand::Parameters),
        Expr::AnyOp {
            left, compare_op, ..
        } => match class_of(compare_op) {
            Some(class) => term(left, class, Operand::Parameters),
            None => Condition::Unknown,
        },
        Expr::Between {
            expr: of,
            negated,
            low,
            ..
        } => {
            if *negated {
                term(of, OperatorClass::Negation, operand(low, columns))
            } else {
                let low = match operand(low, columns) {
                    Operand::Constant(value) => limit(&BinaryOperator::GtEq, value, false, false),
                    other => other,
                };
                term(of, OperatorClass::Range, low)
            }
        }
        Expr::Like {
            negated,
            expr: of,
            pattern,
            ..
        } => {
            if *negated {
                term(of, OperatorClass::Negation, operand(pattern, columns))
            } else {
                term(of, like_class(pattern), operand(pattern, columns))
            }
        }
        Expr::ILike {
            negated,
            expr: of,
            pattern,
            ..
        } => match (negated, like_class(pattern)) {
            (true, _) => term(of, OperatorClass::Negation, operand(pattern, columns)),
            (false, OperatorClass::Substring) => {
                term(of, OperatorClass::Substring, operand(pattern, columns))
            }
            _ => term(
                of,
                OperatorClass::CaseInsensitive,
                operand(pattern, columns),
            ),
        },
        Expr::SimilarTo { expr: of, .. } | Expr::RLike { expr: of, .. } => {
            term(of, OperatorClass::Unknown, Operand::Unknown)
        }
        // Rows with others are found by their keys, as by `IN`; to leave some out narrows nothing.
        Expr::Exists { subquery, negated } => {
            inner.push(subquery);
            match correlation(subquery, columns) {
                Some((table, column)) => Condition::Term(Term {
                    table,
                    value: Value::Column(column),
                    class: equality(*negated != is_negated),
                    operand: Operand::Subquery,
                    place: None,
                }),
                None => Condition::Unknown,
            }
        }
        Expr::Subquery(subquery) => {
            inner.push(subquery);
            Condition::Unknown
        }
        // `WHERE active`
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            let operand = Operand::Constant((!is_negated).to_string());
            match term(expr, OperatorClass::Equality, operand) {
                Condition::Term(term) => Condition::Term(Term {
                    class: OperatorClass::Equality,
                    ..term
                }),
                other => other,
            }
        }
        _ => Condition::Unknown,
    }
}

/// The end of a range at a constant. Turned around, `5 < a` is `a > 5`; negated, the limit itself
/// changes sides.
fn limit(op: &BinaryOperator, value: String, is_turned: bool, is_negated: bool) -> Operand {
    let is_upper = matches!(op, BinaryOperator::Lt | BinaryOperator::LtEq);
    let is_inclusive = matches!(op, BinaryOperator::LtEq | BinaryOperator::GtEq);
    Operand::Limit {
        value,
        is_upper: is_upper != is_turned,
        is_inclusive: is_inclusive != is_negated,
    }
}

/// What `EXISTS` asks of the query around: the column that a column of the inner query equals.
fn correlation(query: &Ast, columns: &Columns) -> Option<(u16, String)> {
    let SetExpr::Select(select) = &*query.body else {
        return None;
    };
    let parts = chain(select.selection.as_ref()?, &BinaryOperator::And);
    parts.into_iter().find_map(|part| match part {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => match (columns.qualified(left), columns.qualified(right)) {
            (Some(outer), None) | (None, Some(outer)) => Some(outer),
            _ => None,
        },
        _ => None,
    })
}

fn class_of(op: &BinaryOperator) -> Option<OperatorClass> {
    Some(match op {
        BinaryOperator::Eq | BinaryOperator::Spaceship => OperatorClass::Equality,
        BinaryOperator::NotEq => OperatorClass::Negation,
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            OperatorClass::Range
        }
        BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::PGOverlap
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe => OperatorClass::Containment,
        BinaryOperator::AtAt => OperatorClass::FullText,
        BinaryOperator::PGRegexMatch | BinaryOperator::PGRegexIMatch | BinaryOperator::Regexp => {
            OperatorClass::Substring
        }
        BinaryOperator::PGLikeMatch => OperatorClass::Unknown,
        _ => return None,
    })
}

/// What a pattern asks for, as far as its text tells.
fn like_class(pattern: &Expr) -> OperatorClass {
    let mut first = pattern;
    for _ in 0..MAX_DEPTH {
        first = match first {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::StringConcat | BinaryOperator::Plus,
                ..
            } => left,
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => inner,
            Expr::Function(function) if name_of(function) == "concat" => {
                match arguments(&function.args).next() {
                    Some(argument) => argument,
                    None => break,
                }
            }
            _ => break,
        };
    }
    let Expr::Value(value) = first else {
        return OperatorClass::Unknown;
    };
    let (Literal::SingleQuotedString(text)
    | Literal::DoubleQuotedString(text)
    | Literal::EscapedStringLiteral(text)
    | Literal::NationalStringLiteral(text)) = &value.value
    else {
        return OperatorClass::Unknown;
    };
    class_of_pattern(text)
}

/// The class of `LIKE` with a pattern, or with what it begins with.
pub fn class_of_pattern(pattern: &str) -> OperatorClass {
    if pattern.starts_with(['%', '_']) {
        return OperatorClass::Substring;
    }
    // What a hole holds is not known.
    if pattern.is_empty() || pattern.starts_with(['$', super::query::HOLE]) {
        return OperatorClass::Unknown;
    }
    if pattern.contains(['%', '_']) {
        OperatorClass::Prefix
    } else {
        OperatorClass::Equality
    }
}

fn operand(expr: &Expr, columns: &Columns) -> Operand {
    if let Some((table, column)) = columns.find(expr) {
        return Operand::Column(table, column);
    }
    if let Some(constant) = constant(expr) {
        return Operand::Constant(constant);
    }
    match expr {
        Expr::Value(value) => match value.value {
            Literal::Null => Operand::Null,
            Literal::Placeholder(_) => Operand::Parameter,
            _ => Operand::Unknown,
        },
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => match &**inner {
            Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                operand(inner, columns)
            }
            _ => Operand::Unknown,
        },
        Expr::Subquery(_) => Operand::Subquery,
        Expr::Array(_) | Expr::Tuple(_) => Operand::Parameters,
        // A column of the query around, which holds one value at a time.
        Expr::CompoundIdentifier(_) => Operand::Parameter,
        // `now()`, `now() - interval '1 day'`: one value for the whole statement.
        _ if read_value(expr, columns).is_none() => Operand::Parameter,
        _ => Operand::Unknown,
    }
}

fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Literal::Number(number, _) => Some(number.clone()),
            Literal::Boolean(truth) => Some(truth.to_string()),
            Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text)
                if !text.contains("$9") =>
            {
                Some(format!("'{}'", text.replace('\'', "''")))
            }
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match &**expr {
            Expr::Value(_) => constant(expr).map(|number| format!("-{number}")),
            _ => None,
        },
        _ => None,
    }
}

/// The column that an expression is, or the expression over columns of one table; none without
/// a column.
pub(super) fn read_value(expr: &Expr, columns: &Columns) -> Option<(u16, Value)> {
    let mut at = expr;
    while let Expr::Nested(inner) = at {
        at = inner;
    }
    if let Some((table, column)) = columns.find(at) {
        return Some((table, Value::Column(column)));
    }
    if matches!(at, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
        return None;
    }
    let mut found = Found::default();
    let text = spell(at, columns, &mut found, 0)?;
    let table = found.table?;
    Some((table, Value::Expression(text, found.columns)))
}

#[derive(Default)]
struct Found {
    table: Option<u16>,
    columns: Vec<String>,
}

/// An expression over columns of one table as SQL; none if it is of another kind, or deep.
fn spell(expr: &Expr, columns: &Columns, found: &mut Found, depth: u32) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some((table, column)) = columns.find(expr) {
        if found.table.is_some_and(|known| known != table) {
            return None;
        }
        found.table = Some(table);
        if !found.columns.contains(&column) {
            found.columns.push(column.clone());
        }
        return Some(column);
    }
    let mut part = |expr: &Expr| spell(expr, columns, found, depth + 1);
    match expr {
        Expr::Nested(inner) => part(inner).map(|inner| format!("({inner})")),
        Expr::Value(value) => match &value.value {
            Literal::Placeholder(_) => Some("?".to_owned()),
            value => Some(value.to_string()),
        },
        Expr::Function(function) => {
            if is_aggregate(expr) {
                return None;
            }
            let arguments: Option<Vec<String>> = arguments(&function.args).map(part).collect();
            Some(format!("{}({})", name_of(function), arguments?.join(",")))
        }
        Expr::Cast {
            expr, data_type, ..
        } => {
            let inner = part(expr)?;
            let kind = data_type.to_string().to_lowercase();
            // A cast to a kind of text changes nothing that is compared.
            if kind.starts_with("text") || kind.starts_with("varchar") {
                return Some(inner);
            }
            Some(format!("{inner}::{kind}"))
        }
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (part(left)?, part(right)?);
            Some(format!("{left}{}{right}", op.to_string().to_lowercase()))
        }
        Expr::UnaryOp { op, expr } => Some(format!("{op}{}", part(expr)?)),
        Expr::Extract { field, expr, .. } => {
            let field = field.to_string().to_lowercase();
            Some(format!("extract({field} from {})", part(expr)?))
        }
        Expr::AtTimeZone {
            timestamp,
            time_zone,
        } => Some(format!(
            "{} at time zone {}",
            part(timestamp)?,
            part(time_zone)?
        )),
        Expr::Interval(interval) => Some(format!("interval {}", part(&interval.value)?)),
        Expr::Trim { expr, .. } => Some(format!("trim({})", part(expr)?)),
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            ..
        } => {
            let mut arguments = vec![part(expr)?];
            for bound in [substring_from, substring_for].into_iter().flatten() {
                arguments.push(part(bound)?);
            }
            Some(format!("substring({})", arguments.join(",")))
        }
        Expr::Ceil { expr, .. } => Some(format!("ceil({})", part(expr)?)),
        Expr::Floor { expr, .. } => Some(format!("floor({})", part(expr)?)),
        _ => None,
    }
}

fn name_of(function: &sqlparser::ast::Function) -> String {
    function.name.to_string().to_lowercase()
}

fn arguments(args: &FunctionArguments) -> impl Iterator<Item = &Expr> {
    let list = match args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|arg| match arg {
        FunctionArg::Named { arg, .. }
        | FunctionArg::ExprNamed { arg, .. }
        | FunctionArg::Unnamed(arg) => match arg {
            FunctionArgExpr::Expr(expr) => Some(expr),
            _ => None,
        },
    })
}

/// Whether an expression is one number for many rows: `COUNT(*)`.
pub(super) fn is_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            function.over.is_none() && AGGREGATES.contains(&name_of(function).as_str())
        }
        Expr::Exists { .. } => true,
        _ => false,
    }
}
