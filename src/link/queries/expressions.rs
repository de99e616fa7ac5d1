//! Conditions that are expressions of the language: `Book.year > 2000`, `eq(books.year, 2000)`,
//! `Q(year=2000) | Q(title="x")`.

use super::Reader;
use super::conditions::{applied, class_of, negated};
use super::draft::{Draft, any_of};
use crate::ir::query::{Condition, Operand, OperatorClass, Term, Value};
use crate::ir::{BinaryOp, CallKind, Expr, ExprId, LocalKind, LogicalOp, UnaryOp};
use crate::link::models::Wrapper;
use crate::link::models::clauses::{Form, Operator, OperatorModel};
use crate::link::types::{Base, FunctionRef};
use crate::source::{FileId, Place};
use crate::syntax::sql::class_of_pattern;

/// How deep conditions are put together.
const MAX_NESTING: u32 = 24;

impl Reader<'_> {
    /// The conditions that an expression asks for, all of which hold.
    pub(super) fn expression(
        &mut self,
        file: FileId,
        expr: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        if self.depth > MAX_NESTING + super::MAX_DEPTH || self.steps > super::MAX_STEPS {
            return vec![Condition::Unknown];
        }
        self.depth += 1;
        self.steps += 1;
        let found = self.expressed(file, expr, package, draft);
        self.depth -= 1;
        found
    }

    fn expressed(
        &mut self,
        file: FileId,
        expr: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let unknown = || vec![Condition::Unknown];
        match module.expr(expr) {
            Expr::Null | Expr::Bool(true) => Vec::new(),
            Expr::Unary {
                op: UnaryOp::Not | UnaryOp::Other,
                operand,
            } => negated(self.expression(file, operand, package, draft)),
            Expr::Binary { op, left, right } => match op {
                BinaryOp::BitAnd => {
                    let mut found = self.expression(file, left, package, draft);
                    found.extend(self.expression(file, right, package, draft));
                    found
                }
                BinaryOp::BitOr => {
                    let left = self.expression(file, left, package, draft);
                    let right = self.expression(file, right, package, draft);
                    vec![any_of(vec![left, right])]
                }
                _ => match compared_by(op) {
                    Some(op) => self.compared(file, expr, (left, op, Some(right)), package, draft),
                    None => unknown(),
                },
            },
            Expr::Call { .. } => self.called_condition(file, expr, package, draft),
            Expr::Sequence { elements, .. } => {
                let mut found = Vec::new();
                for &element in module.list(elements) {
                    found.extend(self.expression(file, element, package, draft));
                }
                found
            }
            // `*filters`, `...filters`
            Expr::Spread(inner) => match self.literal(file, inner) {
                Some((at, list)) if self.is_unchanged(file, inner) => {
                    self.expression(at, list, package, draft)
                }
                _ => unknown(),
            },
            Expr::Local(local) => {
                if let Some(value) = self.only_value(file, expr, local) {
                    if let Expr::Sequence { .. } = module.expr(value)
                        && !self.is_unchanged(file, expr)
                    {
                        return unknown();
                    }
                    return self.expression(file, value, package, draft);
                }
                let crate::ir::LocalKind::Param(param) = module.local(local).kind else {
                    return unknown();
                };
                let function = module.local(local).function;
                match self.argument(FunctionRef { file, function }, param) {
                    Some((frames, caller, value)) => {
                        let inner = self.frames.split_off(frames);
                        let found = self.expression(caller, value, package, draft);
                        self.frames.extend(inner);
                        found
                    }
                    None => unknown(),
                }
            }
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let then = self.expression(file, then, package, draft);
                let otherwise = self.expression(file, otherwise, package, draft);
                sometimes(vec![then, otherwise], draft)
            }
            Expr::Logical {
                op: LogicalOp::And,
                right,
                ..
            } => {
                let found = self.expression(file, right, package, draft);
                sometimes(vec![found, Vec::new()], draft)
            }
            // `(books, { eq }) => eq(books.year, 2000)`
            Expr::Function(function) => {
                let returned = module.returned(function);
                match returned[..] {
                    [only] => self.expression(file, only, package, draft),
                    _ => unknown(),
                }
            }
            Expr::Member { .. } => {
                let operand = Operand::Constant("true".to_owned());
                match self.side(file, expr, package, draft) {
                    Some((table, value @ Value::Column(_))) => vec![Condition::Term(Term {
                        table,
                        value,
                        class: OperatorClass::Equality,
                        operand,
                        place: Some(self.place(file, expr)),
                    })],
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }

    fn place(&self, file: FileId, expr: ExprId) -> Place {
        Place {
            file,
            span: self.module(file).span(expr),
        }
    }

    /// The operator that a call is: a method of a column, or a function.
    pub(super) fn operator_at(
        &mut self,
        file: FileId,
        call: ExprId,
        package: &str,
    ) -> Option<OperatorModel> {
        let module = self.module(file);
        let Expr::Call { callee, .. } = module.expr(call) else {
            return None;
        };
        let models = &self.world.models;
        if let Base::Path(path) = self.typer(file).of(callee).base {
            return models.path_operator(path).cloned();
        }
        let name = match module.expr(callee) {
            Expr::Member { name, .. } | Expr::Name(name) => name,
            // What a callback is handed: `(books, { eq }) => …`.
            Expr::Local(local) => module.local(local).name,
            _ => return None,
        };
        models.operator(package, module.text(name)).cloned()
    }

    fn called_condition(
        &mut self,
        file: FileId,
        call: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let Expr::Call { callee, args, kind } = module.expr(call) else {
            return vec![Condition::Unknown];
        };
        let args = module.list(args);
        // `Q(year=2000)`
        if let Some((model, _)) = self.typer(file).called_model(call)
            && model.effect.is_none()
            && let Some(clauses) = &model.query
            && clauses.conditions == Some(Form::Keywords)
            && clauses.from.is_none()
            && matches!(self.typer(file).of(callee).base, Base::Path(_))
        {
            let is_or = args.iter().any(|&arg| {
                matches!(module.expr(arg), Expr::Keyword { name, value }
                    if module.text(name) == "_connector"
                        && !matches!(module.expr(value), Expr::String(s) if module.text(s) == "AND"))
            });
            if is_or {
                return vec![Condition::Unknown];
            }
            return self.keywords(file, args, package, draft);
        }
        if kind == CallKind::Tagged {
            return self.fragment(file, Some(call), draft);
        }
        let Some(model) = self.operator_at(file, call, package) else {
            if matches!(self.typer(file).of(callee).base, Base::Path(_)) {
                self.keep_inner_of(file, call);
            }
            return self.helper(file, call, package, draft);
        };
        let args: Vec<ExprId> = args.to_vec();
        match model.op {
            Operator::And => {
                let mut found = Vec::new();
                for arg in args {
                    found.extend(self.expression(file, arg, package, draft));
                }
                found
            }
            Operator::Or => {
                let mut branches = Vec::new();
                for arg in args {
                    let arg = match module.expr(arg) {
                        Expr::Spread(inner) => inner,
                        _ => arg,
                    };
                    match module.expr(arg) {
                        Expr::Sequence { elements, .. } => {
                            for &element in module.list(elements) {
                                branches.push(self.expression(file, element, package, draft));
                            }
                        }
                        _ => branches.push(self.expression(file, arg, package, draft)),
                    }
                }
                vec![any_of(branches)]
            }
            Operator::Not => {
                let mut found = Vec::new();
                for arg in args {
                    found.extend(self.expression(file, arg, package, draft));
                }
                negated(found)
            }
            op => {
                let is_function = !matches!(module.expr(callee), Expr::Member { .. })
                    || matches!(self.typer(file).of(callee).base, Base::Path(_));
                let (of, value) = match (is_function, module.expr(callee)) {
                    (true, _) => match args.first() {
                        Some(&of) => (of, args.get(1).copied()),
                        None => return vec![Condition::Unknown],
                    },
                    (false, Expr::Member { object, .. }) => (object, args.first().copied()),
                    _ => return vec![Condition::Unknown],
                };
                let mut found = self.compared(file, call, (of, op, value), package, draft);
                if let Some(apply) = &model.apply {
                    for condition in &mut found {
                        if let Condition::Term(term) = condition {
                            term.value = applied(term.value.clone(), Some(apply));
                        }
                    }
                }
                found
            }
        }
    }

    /// A condition that a function of the project makes.
    fn helper(
        &mut self,
        file: FileId,
        call: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let callee = self.typer(file).callee(call);
        let (Base::Function(at), true) = (callee.base, callee.is_bare()) else {
            return vec![Condition::Unknown];
        };
        let module = self.module(at.file);
        let returned = module.returned(at.function);
        let is_open = self.frames.iter().any(|frame| frame.callee == at);
        let ([only], false) = (
            &returned[..],
            is_open || self.frames.len() >= super::MAX_FRAMES,
        ) else {
            return vec![Condition::Unknown];
        };
        self.frames.push(super::Frame {
            callee: at,
            caller: file,
            call,
            receiver: None,
        });
        let found = self.expression(at.file, *only, package, draft);
        self.frames.pop();
        found
    }

    /// A comparison of one thing with another.
    fn compared(
        &mut self,
        file: FileId,
        expr: ExprId,
        (left, op, right): (ExprId, Operator, Option<ExprId>),
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let (of, other) = match (self.side(file, left, package, draft), right) {
            (Some(of), other) => (of, other),
            (None, Some(right)) => match self.side(file, right, package, draft) {
                Some(of) => (of, Some(left)),
                None => return vec![Condition::Unknown],
            },
            (None, None) => return vec![Condition::Unknown],
        };
        let op = match (op, other) {
            (Operator::Like | Operator::Ilike, Some(other)) => self.pattern(file, other, op),
            (op, _) => op,
        };
        let operand = match other {
            Some(other) => self.operand(file, other, draft),
            None => Operand::Null,
        };
        let (class, operand) = class_of(op, operand);
        vec![Condition::Term(Term {
            table: of.0,
            value: of.1,
            class,
            operand,
            place: Some(self.place(file, expr)),
        })]
    }

    /// What `LIKE` with a pattern asks for, as far as its text tells.
    pub(super) fn pattern(&mut self, file: FileId, pattern: ExprId, op: Operator) -> Operator {
        let class = match self.text(file, pattern) {
            Some(text) => class_of_pattern(&text),
            None => OperatorClass::Unknown,
        };
        match (class, op) {
            (OperatorClass::Substring, _) => Operator::Substring,
            (_, Operator::Ilike) => Operator::Insensitive,
            (OperatorClass::Prefix, _) => Operator::Prefix,
            (OperatorClass::Equality, _) => Operator::Equals,
            _ => Operator::Unknown,
        }
    }

    /// The column that one side of a comparison is, or what is computed of one.
    pub(super) fn side(
        &mut self,
        file: FileId,
        expr: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Option<(u16, Value)> {
        if self.depth > MAX_NESTING + super::MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let found = self.side_of(file, expr, package, draft);
        self.depth -= 1;
        found
    }

    fn side_of(
        &mut self,
        file: FileId,
        expr: ExprId,
        package: &str,
        draft: &mut Draft,
    ) -> Option<(u16, Value)> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::Member { object, name } => {
                if let Some((source, attribute)) = self.column_of(file, expr) {
                    let column = self.column(&source, &attribute);
                    return Some((draft.table(source), Value::Column(column)));
                }
                // The table that a callback is handed.
                if let Expr::Local(local) = module.expr(object)
                    && let crate::ir::LocalKind::Param(0) = module.local(local).kind
                    && let crate::ir::Invocation::Argument(..) | crate::ir::Invocation::Declared =
                        module.function(module.local(local).function).invocation
                    && module.local(local).annotation.is_none()
                    && !module.exports_all
                    && let Some(table) = draft.tables.first()
                {
                    let source = table.source.clone();
                    let column = self.column(&source, module.text(name));
                    return Some((0, Value::Column(column)));
                }
                None
            }
            Expr::Call { callee, args, .. } => {
                let args = module.list(args);
                // `func.lower(Book.title)`
                if let Expr::Member { object, name } = module.expr(callee)
                    && let Base::Path(path) = self.typer(file).of(object).base
                    && self.world.models.has_functions(path)
                {
                    let name = module.text(name).to_lowercase();
                    let mut found = None;
                    let mut parts = Vec::new();
                    for &arg in args {
                        match self.side(file, arg, package, draft) {
                            Some((table, value)) => {
                                let (text, columns) = match value {
                                    Value::Column(column) => (column.clone(), vec![column]),
                                    Value::Expression(text, columns) => (text, columns),
                                };
                                parts.push(text);
                                found = found.or(Some((table, columns)));
                            }
                            None => parts.push("?".to_owned()),
                        }
                    }
                    let (table, columns) = found?;
                    let text = format!("{name}({})", parts.join(","));
                    return Some((table, Value::Expression(text, columns)));
                }
                let model = self.operator_at(file, expr, package)?;
                if model.op != Operator::Transform {
                    return None;
                }
                let of = match module.expr(callee) {
                    Expr::Member { object, .. }
                        if !matches!(self.typer(file).of(callee).base, Base::Path(_)) =>
                    {
                        object
                    }
                    _ => *args.first()?,
                };
                let (table, value) = self.side(file, of, package, draft)?;
                Some((table, applied(value, model.apply.as_deref())))
            }
            Expr::Binary {
                op:
                    op @ (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide),
                left,
                right,
            } => {
                let (table, value) = self
                    .side(file, left, package, draft)
                    .or_else(|| self.side(file, right, package, draft))?;
                Some((table, applied(value, Some(&format!("{{}}{op}?")))))
            }
            // A column kept in a variable.
            Expr::Local(local) => {
                let value = self.only_value(file, expr, local)?;
                match module.expr(value) {
                    Expr::Member { .. } | Expr::Call { .. } => {
                        self.side(file, value, package, draft)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What something is compared with.
    pub(super) fn operand(&mut self, file: FileId, expr: ExprId, draft: &Draft) -> Operand {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::Null => return Operand::Null,
            Expr::Sequence { elements, .. } => {
                let constants: Option<Vec<String>> = module
                    .list(elements)
                    .iter()
                    .map(|&element| self.constant(file, element))
                    .collect();
                return constants.map_or(Operand::Parameters, Operand::Constants);
            }
            _ => {}
        }
        if let Some(constant) = self.constant(file, expr) {
            return Operand::Constant(constant);
        }
        if let Some((source, attribute)) = self.column_of(file, expr) {
            let at = draft.tables.iter().position(|table| table.source == source);
            return match at {
                Some(at) => Operand::Column(at as u16, self.column(&source, &attribute)),
                None => Operand::Parameter,
            };
        }
        let ty = self.typer(file).of(expr);
        if self.is_query(file, expr) {
            self.keep_inner(file, expr);
            return Operand::Subquery;
        }
        match ty.wrapper() {
            Some(Wrapper::List | Wrapper::Set | Wrapper::Tuple | Wrapper::Iterator) => {
                Operand::Parameters
            }
            _ => Operand::Parameter,
        }
    }

    fn constant(&self, file: FileId, expr: ExprId) -> Option<String> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::String(text) => Some(format!("'{}'", module.text(text).replace('\'', "''"))),
            Expr::Number(n) => Some(n.to_string()),
            Expr::Bool(truth) => Some(truth.to_string()),
            // A constant of another file.
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Import(import) => {
                    let at = self.world.imported_value(file, import)?;
                    match self.module(at.file).expr(at.value) {
                        Expr::String(_) | Expr::Number(_) | Expr::Bool(_) => {
                            self.constant(at.file, at.value)
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Conditions of which one list holds at a time: those of all hold each time, the others are
/// sometimes asked for.
pub(super) fn sometimes(lists: Vec<Vec<Condition>>, draft: &mut Draft) -> Vec<Condition> {
    let mut lists = lists.into_iter();
    let first = lists.next().unwrap_or_default();
    let mut always = Vec::new();
    let rest: Vec<Vec<Condition>> = lists.collect();
    for condition in first {
        if rest.iter().all(|list| list.contains(&condition)) {
            always.push(condition);
        } else if condition != Condition::Unknown {
            draft.optional.push(condition);
        }
    }
    for condition in rest.into_iter().flatten() {
        if !always.contains(&condition) && condition != Condition::Unknown {
            draft.optional.push(condition);
        }
    }
    always
}

fn compared_by(op: BinaryOp) -> Option<Operator> {
    Some(match op {
        BinaryOp::Equal | BinaryOp::Is => Operator::Equals,
        BinaryOp::NotEqual | BinaryOp::IsNot => Operator::Differs,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            Operator::Range
        }
        _ => return None,
    })
}
