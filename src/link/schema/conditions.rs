//! The rows of partial indexes, as classes and calls say them.

use super::classes::Reader;
use super::read::{arguments, last_name, list, text, truth};
use crate::ir::query::{Operand, OperatorClass, Term, Value};
use crate::ir::{BinaryOp, Expr, ExprId, Module, UnaryOp};

impl Reader<'_> {
    /// The terms of a partial index; none if part of it is not understood.
    pub(super) fn condition(&self, module: &Module, expr: ExprId) -> Vec<Term> {
        self.terms(module, expr).unwrap_or_default()
    }

    fn terms(&self, module: &Module, expr: ExprId) -> Option<Vec<Term>> {
        match module.expr(expr) {
            Expr::String(sql) => {
                let terms = crate::syntax::sql::condition::terms(module.text(sql), None);
                (!terms.is_empty()).then_some(terms)
            }
            // `Q(state="new") & Q(deleted_at=None)`
            Expr::Binary {
                op: BinaryOp::BitAnd,
                left,
                right,
            } => self.all_of(module, &[left, right]),
            Expr::Binary { op, left, right } => {
                let operand = constant(module, right)?;
                let class = match op {
                    BinaryOp::Equal | BinaryOp::Is => OperatorClass::Equality,
                    BinaryOp::NotEqual | BinaryOp::IsNot => OperatorClass::Negation,
                    _ => return Some(vec![limit(self.value(module, left)?, op, operand)?]),
                };
                Some(vec![term(self.value(module, left)?, class, operand)])
            }
            // `~Q(state="done")`, `~Book.is_open`
            Expr::Unary {
                op: UnaryOp::Not | UnaryOp::Other,
                operand,
            } => match self.terms(module, operand)?.as_slice() {
                [only] => Some(vec![negated(only)?]),
                _ => None,
            },
            Expr::Call { callee, .. } => self.of_call(module, expr, callee),
            Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } => Some(vec![term(
                self.value(module, expr)?,
                OperatorClass::Equality,
                Operand::Constant("true".to_owned()),
            )]),
            _ => None,
        }
    }

    fn of_call(&self, module: &Module, call: ExprId, callee: ExprId) -> Option<Vec<Term>> {
        let args = arguments(module, call);
        match (last_name(module, callee)?, args) {
            // `text("deleted_at IS NULL")`
            (_, [only]) if text(module, *only).is_some() => self.terms(module, *only),
            ("and_", _) => self.all_of(module, args),
            ("not_", [only]) => match self.terms(module, *only)?.as_slice() {
                [only] => Some(vec![negated(only)?]),
                _ => None,
            },
            (name @ ("is_" | "is_not" | "isnot"), [only]) => {
                let Expr::Member { object, .. } = module.expr(callee) else {
                    return None;
                };
                let class = match name {
                    "is_" => OperatorClass::Equality,
                    _ => OperatorClass::Negation,
                };
                let operand = constant(module, *only)?;
                Some(vec![term(self.value(module, object)?, class, operand)])
            }
            // `Q(deleted_at__isnull=True, status="new")`
            _ => args.iter().map(|&arg| self.keyword(module, arg)).collect(),
        }
    }

    fn all_of(&self, module: &Module, parts: &[ExprId]) -> Option<Vec<Term>> {
        let terms = parts.iter().map(|&part| self.terms(module, part));
        let terms: Option<Vec<Vec<Term>>> = terms.collect();
        Some(terms?.into_iter().flatten().collect())
    }

    fn keyword(&self, module: &Module, arg: ExprId) -> Option<Term> {
        let Expr::Keyword { name, value } = module.expr(arg) else {
            // `Q(Q(…), Q(…))` may hold any.
            return match self.terms(module, arg)?.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            };
        };
        let name = module.text(name);
        let (column, lookup) = name.split_once("__").unwrap_or((name, "exact"));
        let column = Value::Column(self.column_named(column));
        let op = match lookup {
            "isnull" => {
                let class = if truth(module, value)? {
                    OperatorClass::Equality
                } else {
                    OperatorClass::Negation
                };
                return Some(term(column, class, Operand::Null));
            }
            "exact" => {
                let operand = constant(module, value)?;
                return Some(term(column, OperatorClass::Equality, operand));
            }
            "in" => {
                let elements = list(module, value)?.iter();
                let constants = elements.map(|&element| match constant(module, element)? {
                    Operand::Constant(constant) => Some(constant),
                    _ => None,
                });
                let constants = Operand::Constants(constants.collect::<Option<_>>()?);
                return Some(term(column, OperatorClass::Equality, constants));
            }
            "lt" => BinaryOp::Less,
            "lte" => BinaryOp::LessEqual,
            "gt" => BinaryOp::Greater,
            "gte" => BinaryOp::GreaterEqual,
            _ => return None,
        };
        limit(column, op, constant(module, value)?)
    }

    fn value(&self, module: &Module, expr: ExprId) -> Option<Value> {
        Some(self.key_of(module, expr)?.value)
    }
}

fn term(value: Value, class: OperatorClass, operand: Operand) -> Term {
    Term {
        table: 0,
        value,
        class,
        operand,
        place: None,
    }
}

fn limit(value: Value, op: BinaryOp, operand: Operand) -> Option<Term> {
    let (is_upper, is_inclusive) = match op {
        BinaryOp::Less => (true, false),
        BinaryOp::LessEqual => (true, true),
        BinaryOp::Greater => (false, false),
        BinaryOp::GreaterEqual => (false, true),
        _ => return None,
    };
    let Operand::Constant(constant) = operand else {
        return None;
    };
    let operand = Operand::Limit {
        value: constant,
        is_upper,
        is_inclusive,
    };
    Some(term(value, OperatorClass::Range, operand))
}

fn negated(of: &Term) -> Option<Term> {
    let truth = |text: &str| Operand::Constant(text.to_owned());
    let (class, operand) = match (of.class, &of.operand) {
        (OperatorClass::Equality, Operand::Constant(text)) if text == "true" => {
            (OperatorClass::Equality, truth("false"))
        }
        (OperatorClass::Equality, Operand::Constant(text)) if text == "false" => {
            (OperatorClass::Equality, truth("true"))
        }
        (OperatorClass::Equality, operand) => (OperatorClass::Negation, operand.clone()),
        (OperatorClass::Negation, operand) => (OperatorClass::Equality, operand.clone()),
        _ => return None,
    };
    Some(term(of.value.clone(), class, operand))
}

fn constant(module: &Module, expr: ExprId) -> Option<Operand> {
    Some(Operand::Constant(match module.expr(expr) {
        Expr::Null => return Some(Operand::Null),
        Expr::String(text) => format!("'{}'", module.text(text)),
        Expr::Bool(value) => value.to_string(),
        Expr::Number(value) => value.to_string(),
        // `True` as SQLAlchemy has it: `true()`
        Expr::Call { callee, args, .. } if args.is_empty() => match last_name(module, callee)? {
            name @ ("true" | "false") => name.to_owned(),
            "null" => return Some(Operand::Null),
            _ => return None,
        },
        _ => return None,
    }))
}
