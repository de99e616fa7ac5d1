//! Conditions that are objects: `{year: {gt: 2000}, author: {name: "x"}}`.

use super::Reader;
use super::conditions::{applied, class_of, negated};
use super::draft::{Draft, Source, any_of};
use super::expressions::sometimes;
use crate::ir::query::{Condition, Operand, OperatorClass, Term, Value};
use crate::ir::{Expr, ExprId, LogicalOp, Module};
use crate::link::models::clauses::{Operator, OperatorModel};
use crate::link::types::Base;
use crate::source::{FileId, Place};

impl Reader<'_> {
    /// The conditions of an object, which is about a table of the query.
    pub(super) fn object(
        &mut self,
        file: FileId,
        expr: ExprId,
        table: u16,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let is_known = usize::from(table) < draft.tables.len();
        if !is_known || self.depth > super::MAX_DEPTH * 2 || self.steps > super::MAX_STEPS {
            return vec![Condition::Unknown];
        }
        self.depth += 1;
        self.steps += 1;
        let found = self.object_of(file, expr, table, package, draft);
        self.depth -= 1;
        found
    }

    fn object_of(
        &mut self,
        file: FileId,
        expr: ExprId,
        table: u16,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        match module.expr(expr) {
            Expr::Map(entries) => {
                let mut found = Vec::new();
                for &entry in module.list(entries) {
                    match key_and_value(module, entry) {
                        Some((key, value)) => {
                            found.extend(self.entry(file, (&key, value), table, package, draft));
                        }
                        None => match module.expr(entry) {
                            Expr::Spread(inner) => {
                                found.extend(self.object(file, inner, table, package, draft));
                            }
                            _ => found.push(Condition::Unknown),
                        },
                    }
                }
                found
            }
            // A list of objects is one or the other.
            Expr::Sequence { elements, .. } => {
                let elements = module.list(elements).to_vec();
                let branches = elements
                    .into_iter()
                    .map(|element| self.object(file, element, table, package, draft));
                let branches: Vec<Vec<Condition>> = branches.collect();
                vec![any_of(branches)]
            }
            Expr::Null => Vec::new(),
            Expr::Local(local) => {
                if let crate::ir::LocalKind::Param(param) = module.local(local).kind {
                    let function = crate::link::types::FunctionRef {
                        file,
                        function: module.local(local).function,
                    };
                    return match self.argument(function, param) {
                        Some((frames, caller, value)) => {
                            let inner = self.frames.split_off(frames);
                            let found = self.object(caller, value, table, package, draft);
                            self.frames.extend(inner);
                            found
                        }
                        None => vec![Condition::Unknown],
                    };
                }
                let Some(value) = self.only_value(file, expr, local) else {
                    return vec![Condition::Unknown];
                };
                let mut found = self.object(file, value, table, package, draft);
                // `where.status = status`, under whatever condition.
                for (name, value) in self.written_to(file, local) {
                    match name {
                        Some(name) => {
                            let key = module.text(name).to_owned();
                            let more = self.entry(file, (&key, value), table, package, draft);
                            sometimes(vec![more, Vec::new()], draft);
                        }
                        None => found.push(Condition::Unknown),
                    }
                }
                found
            }
            // `cond ? {a: 1} : {}`, `cond && {a: 1}`
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let then = self.object(file, then, table, package, draft);
                let otherwise = self.object(file, otherwise, table, package, draft);
                sometimes(vec![then, otherwise], draft)
            }
            Expr::Logical {
                op: LogicalOp::And,
                right,
                ..
            } => {
                let found = self.object(file, right, table, package, draft);
                sometimes(vec![found, Vec::new()], draft)
            }
            _ => vec![Condition::Unknown],
        }
    }

    fn entry(
        &mut self,
        file: FileId,
        (key, value): (&str, ExprId),
        table: u16,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let operator = self
            .world
            .models
            .operator(package, key)
            .map(|model| model.op);
        match operator {
            Some(Operator::And) => {
                return match module.expr(value) {
                    Expr::Sequence { elements, .. } => {
                        let mut found = Vec::new();
                        for &element in module.list(elements) {
                            found.extend(match module.expr(element) {
                                Expr::Spread(inner) => match self.literal(file, inner) {
                                    Some((at, list)) => {
                                        self.entry(at, (key, list), table, package, draft)
                                    }
                                    None => vec![Condition::Unknown],
                                },
                                _ => self.object(file, element, table, package, draft),
                            });
                        }
                        found
                    }
                    _ => self.object(file, value, table, package, draft),
                };
            }
            Some(Operator::Or) => {
                return match module.expr(value) {
                    // `OR: {a: 1, b: 2}`: one of its entries.
                    Expr::Map(entries) => {
                        let mut branches = Vec::new();
                        for &entry in module.list(entries) {
                            branches.push(match key_and_value(module, entry) {
                                Some((key, value)) => {
                                    self.entry(file, (&key, value), table, package, draft)
                                }
                                None => vec![Condition::Unknown],
                            });
                        }
                        vec![any_of(branches)]
                    }
                    _ => self.object(file, value, table, package, draft),
                };
            }
            Some(Operator::Not) => {
                let mut found = self.object(file, value, table, package, draft);
                if let [Condition::Or(_)] = found[..] {
                    found = vec![Condition::Unknown];
                }
                return negated(found);
            }
            _ => {}
        }
        // `"author.name": x`, `$author.name$`: of another table.
        if key.contains('.') && !matches!(draft.tables[usize::from(table)].source, Source::Table(_))
        {
            return vec![Condition::Unknown];
        }
        let source = draft.tables[usize::from(table)].source.clone();
        let related = self.related_table(&source, key);
        let own = related.as_ref().and_then(|(_, on)| on.as_ref());
        if let Some((own, _)) = own.filter(|_| matches!(source, Source::Class(_)))
            && self.is_key(file, value, package)
        {
            let place = Place {
                file,
                span: module.span(value),
            };
            let own = own.clone();
            return self.value(file, value, (table, own, place), package, draft);
        }
        if let Some((target, on)) = related {
            let joined = draft.table(target.clone());
            match on {
                Some((own, other)) => draft.narrow(vec![Condition::Term(Term {
                    table: joined,
                    value: Value::Column(other),
                    class: OperatorClass::Equality,
                    operand: Operand::Column(table, own),
                    place: None,
                })]),
                None => draft.is_complete = false,
            }
            return self.of_related(file, value, joined, package, draft);
        }
        let (column_table, column) = match key.rsplit_once('.') {
            Some(_) => match self.qualified(key, draft) {
                Some(found) => found,
                None => return vec![Condition::Unknown],
            },
            None => (table, self.column(&source, key)),
        };
        let place = Place {
            file,
            span: module.span(value),
        };
        self.value(file, value, (column_table, column, place), package, draft)
    }

    /// Whether a value of a relation is the other row or its key, `{ author: id }`,
    /// `{ author: { $in: ids } }`, and not conditions of it.
    fn is_key(&self, file: FileId, value: ExprId, package: &str) -> bool {
        let facts = &self.world.unit(file).facts;
        let module = &facts.module;
        let value = match module.expr(value) {
            Expr::Local(local) => facts.def_use.single_value(local).unwrap_or(value),
            _ => value,
        };
        match module.expr(value) {
            Expr::Map(entries) => module.list(entries).iter().any(|&entry| {
                let entry = key_and_value(module, entry);
                let model = entry.and_then(|(key, _)| self.world.models.operator(package, &key));
                model.is_some_and(|model| matches!(model.op, Operator::Equals | Operator::In))
            }),
            Expr::Local(_) | Expr::Member { .. } | Expr::String(_) | Expr::Number(_) => true,
            _ => false,
        }
    }

    /// `{some: {…}}`, or the conditions themselves.
    fn of_related(
        &mut self,
        file: FileId,
        value: ExprId,
        table: u16,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let Expr::Map(entries) = module.expr(value) else {
            return match module.expr(value) {
                Expr::Null => Vec::new(),
                _ => vec![Condition::Unknown],
            };
        };
        let mut found = Vec::new();
        for &entry in module.list(entries) {
            let Some((key, value)) = key_and_value(module, entry) else {
                found.push(Condition::Unknown);
                continue;
            };
            let op = self
                .world
                .models
                .operator(package, &key)
                .map(|model| model.op);
            match op {
                Some(Operator::Related) => {
                    found.extend(self.object(file, value, table, package, draft));
                }
                Some(Operator::Unrelated) => found.push(Condition::Unknown),
                _ => found.extend(self.entry(file, (&key, value), table, package, draft)),
            }
        }
        found
    }

    /// The conditions on one column.
    fn value(
        &mut self,
        file: FileId,
        value: ExprId,
        (table, column, place): (u16, String, Place),
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let term = |value: Value, op: Operator, operand: Operand| {
            let (class, operand) = class_of(op, operand);
            Condition::Term(Term {
                table,
                value,
                class,
                operand,
                place: Some(place),
            })
        };
        let of_column = Value::Column(column.clone());
        match module.expr(value) {
            // A key without a value is left out.
            Expr::Name(name) if module.text(name) == "undefined" => Vec::new(),
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let at = (table, column, place);
                let then = self.value(file, then, at.clone(), package, draft);
                let otherwise = self.value(file, otherwise, at, package, draft);
                sometimes(vec![then, otherwise], draft)
            }
            Expr::Logical {
                op: LogicalOp::Or | LogicalOp::Coalesce,
                left,
                right,
            } if matches!(module.expr(right), Expr::Null | Expr::Name(_)) => {
                let found = self.value(file, left, (table, column, place), package, draft);
                sometimes(vec![found, Vec::new()], draft)
            }
            Expr::Map(entries) => {
                let entries: Vec<Option<(String, ExprId)>> = module
                    .list(entries)
                    .iter()
                    .map(|&entry| key_and_value(module, entry))
                    .collect();
                let models = &self.world.models;
                let model_of = |key: &str| models.operator(package, key).cloned();
                let is_operator = |entry: &Option<(String, ExprId)>| {
                    entry
                        .as_ref()
                        .is_some_and(|(key, _)| model_of(key).is_some())
                };
                if !entries.iter().any(is_operator) {
                    return self.compound(file, &column, &entries, table, package, draft);
                }
                // Another operator of the object makes it compare without regard to case.
                let is_insensitive = entries.iter().flatten().any(|(key, value)| {
                    model_of(key).is_some_and(|model| model.op == Operator::Mode)
                        && matches!(module.expr(*value), Expr::String(text)
                            if module.text(text) == "insensitive")
                });
                let mut found = Vec::new();
                for (key, value) in entries.into_iter().flatten() {
                    let Some(OperatorModel { op, apply }) = model_of(&key) else {
                        found.push(Condition::Unknown);
                        continue;
                    };
                    if op == Operator::Mode {
                        continue;
                    }
                    if matches!(module.expr(value), Expr::Name(name) if module.text(name) == "undefined")
                    {
                        continue;
                    }
                    if op == Operator::Not {
                        let at = (table, column.clone(), place);
                        let inner = self.value(file, value, at, package, draft);
                        found.extend(negated(inner));
                        continue;
                    }
                    let op = match op {
                        Operator::Like | Operator::Ilike => self.pattern(file, value, op),
                        Operator::Equals | Operator::Prefix if is_insensitive => {
                            Operator::Insensitive
                        }
                        op => op,
                    };
                    let operand = self.operand(file, value, draft);
                    let of = applied(of_column.clone(), apply.as_deref());
                    found.push(term(of, op, operand));
                }
                found
            }
            // `In(ids)`, `Like("%x%")`
            Expr::Call { callee, args, .. } => {
                if let Base::Path(path) = self.typer(file).of(callee).base
                    && let Some(model) = self.world.models.path_operator(path).cloned()
                {
                    let argument = module.list(args).first().copied();
                    if model.op == Operator::Not
                        && let Some(argument) = argument
                    {
                        let at = (table, column, place);
                        let inner = self.value(file, argument, at, package, draft);
                        return negated(inner);
                    }
                    let op = match (model.op, argument) {
                        (op @ (Operator::Like | Operator::Ilike), Some(argument)) => {
                            self.pattern(file, argument, op)
                        }
                        (Operator::Value, Some(argument)) => {
                            let at = (table, column, place);
                            return self.value(file, argument, at, package, draft);
                        }
                        (op, _) => op,
                    };
                    let operand = match argument {
                        Some(argument) => self.operand(file, argument, draft),
                        None => Operand::Null,
                    };
                    return vec![term(
                        applied(of_column, model.apply.as_deref()),
                        op,
                        operand,
                    )];
                }
                let operand = self.operand(file, value, draft);
                vec![term(of_column, Operator::Equals, operand)]
            }
            Expr::Regex(text) => {
                let text = module.text(text);
                let op = if text
                    .strip_prefix('/')
                    .is_some_and(|rest| rest.starts_with('^'))
                {
                    Operator::Prefix
                } else {
                    Operator::Substring
                };
                vec![term(of_column, op, Operand::Unknown)]
            }
            _ => {
                let operand = self.operand(file, value, draft);
                vec![term(of_column, Operator::Equals, operand)]
            }
        }
    }

    /// `a_b: {a: 1, b: 2}`, the columns of one key; an object of anything else is not known.
    fn compound(
        &mut self,
        file: FileId,
        key: &str,
        entries: &[Option<(String, ExprId)>],
        table: u16,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let names: Option<Vec<&str>> = entries
            .iter()
            .map(|entry| entry.as_ref().map(|(name, _)| name.as_str()))
            .collect();
        if names.is_none_or(|names| names.len() < 2 || names.join("_") != key) {
            return vec![Condition::Unknown];
        }
        let mut found = Vec::new();
        for (name, value) in entries.iter().flatten() {
            found.extend(self.entry(file, (name, *value), table, package, draft));
        }
        found
    }

    /// What is assigned to members of a variable: `where.status = status`.
    pub(super) fn written_to(
        &mut self,
        file: FileId,
        local: crate::ir::LocalId,
    ) -> Vec<(Option<crate::ir::Name>, ExprId)> {
        let module = self.module(file);
        let written = self.written.entry(file).or_insert_with(|| {
            let mut found = super::Written::default();
            for i in 0..module.expr_count() {
                let id = ExprId(i as u32);
                match module.expr(id) {
                    Expr::Assign { target, value, .. } => {
                        let (object, name) = match module.expr(target) {
                            Expr::Member { object, name } => (object, Some(name)),
                            Expr::Index { object, .. } => (object, None),
                            _ => continue,
                        };
                        if let Expr::Local(local) = module.expr(object) {
                            found.entry(local).or_default().push((name, value));
                        }
                    }
                    // `filters.append(x)`, `conditions.push(x)`
                    Expr::Call { callee, .. } => {
                        if let Expr::Member { object, name } = module.expr(callee)
                            && let Expr::Local(local) = module.expr(object)
                            && matches!(
                                module.text(name),
                                "append" | "push" | "extend" | "insert" | "unshift" | "update"
                            )
                        {
                            found.entry(local).or_default().push((None, id));
                        }
                    }
                    _ => {}
                }
            }
            found
        });
        written.get(&local).cloned().unwrap_or_default()
    }

    /// Whether a list in a variable has nothing added to it.
    pub(super) fn is_unchanged(&mut self, file: FileId, expr: ExprId) -> bool {
        match self.module(file).expr(expr) {
            Expr::Local(local) => self.written_to(file, local).is_empty(),
            _ => true,
        }
    }
}

/// `key: value`, `[Op.or]: value`.
fn key_and_value(module: &Module, entry: ExprId) -> Option<(String, ExprId)> {
    match module.expr(entry) {
        Expr::Keyword { name, value } => Some((module.text(name).to_owned(), value)),
        Expr::Entry { key, value } => match module.expr(key) {
            Expr::Member { name, .. } => Some((module.text(name).to_owned(), value)),
            Expr::String(text) => Some((module.text(text).to_owned(), value)),
            _ => None,
        },
        _ => None,
    }
}
