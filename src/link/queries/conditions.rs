//! Which rows a call asks for and how they are sorted, in the forms that libraries have for it.

use super::Reader;
use super::draft::{Draft, Source, any_of};
use crate::ir::query::{Condition, Operand, OperatorClass, OrderKey, Term, Value};
use crate::ir::{Expr, ExprId};
use crate::link::models::CallModel;
use crate::link::models::clauses::{Clauses, Form, Operator, OperatorModel};
use crate::link::types::ClassRef;
use crate::source::{FileId, Place};

/// Parts of a keyword: relations, a column, transforms and an operator.
const MAX_PARTS: usize = 12;

impl Reader<'_> {
    /// Adds what a call says of the rows it asks for.
    pub(super) fn conditions(
        &mut self,
        file: FileId,
        call: ExprId,
        model: &CallModel,
        clauses: &Clauses,
        draft: &mut Draft,
    ) {
        let module = self.module(file);
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let args: Vec<ExprId> = match &clauses.conditions_in {
            // What names a table is no condition.
            None => {
                let named = [&clauses.from, &clauses.join].into_iter().flatten();
                let named: Vec<ExprId> = named
                    .filter_map(|at| self.argument_at(file, call, at))
                    .collect();
                let rest = module.list(args).iter().copied();
                rest.filter(|arg| !named.contains(arg)).collect()
            }
            Some(at) => self.argument_at(file, call, at).into_iter().collect(),
        };
        let package = model.package.as_str();
        let found = match clauses.conditions {
            Some(Form::Keywords) => self.keywords(file, &args, package, draft),
            Some(Form::Expressions | Form::Names) => {
                let mut found = Vec::new();
                for &arg in &args {
                    if !matches!(module.expr(arg), Expr::Keyword { .. }) {
                        found.extend(self.expression(file, arg, package, draft));
                    }
                }
                found
            }
            Some(Form::Object) => match args.first() {
                Some(&arg) => self.object(file, arg, 0, package, draft),
                None => Vec::new(),
            },
            Some(Form::Column) => self.columns(file, &args, clauses, package, draft),
            Some(Form::Sql) => self.fragment(file, args.first().copied(), draft),
            Some(Form::Key) => self.key(args.first().copied(), file, draft),
            None => Vec::new(),
        };
        let found = if clauses.negated {
            negated(found)
        } else {
            found
        };
        if clauses.disjunct && !draft.conditions.is_empty() {
            let before = std::mem::take(&mut draft.conditions);
            draft.conditions.push(any_of(vec![before, found]));
        } else {
            draft.narrow(found);
        }
    }

    fn key(&mut self, value: Option<ExprId>, file: FileId, draft: &Draft) -> Vec<Condition> {
        let Some(table) = draft.tables.first() else {
            return Vec::new();
        };
        let column = self.key_of(&table.source.clone());
        let operand = match value {
            Some(value) => self.operand(file, value, draft),
            None => Operand::Parameter,
        };
        vec![Condition::Term(Term {
            table: 0,
            value: Value::Column(column),
            class: OperatorClass::Equality,
            operand,
            place: None,
        })]
    }

    // --- keywords -------------------------------------------------------------------------

    /// `title__icontains=x, author__name=y`, and expressions made of such: `Q(a=1) | Q(b=2)`.
    pub(super) fn keywords(
        &mut self,
        file: FileId,
        args: &[ExprId],
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let mut found = Vec::new();
        for &arg in args {
            match module.expr(arg) {
                Expr::Keyword { name, value } => {
                    let place = Place {
                        file,
                        span: module.span(arg),
                    };
                    let name = module.text(name);
                    found.extend(self.keyword(name, (file, value), place, package, draft));
                }
                Expr::Spread(_) => found.push(Condition::Unknown),
                _ => found.extend(self.expression(file, arg, package, draft)),
            }
        }
        found
    }

    /// What a keyword asks for: `author__name__icontains`.
    fn keyword(
        &mut self,
        name: &str,
        (file, value): (FileId, ExprId),
        place: Place,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let Some(path) = self.path(name, draft, package) else {
            return vec![Condition::Unknown];
        };
        let Path {
            table,
            column,
            rest,
            is_plain,
        } = path;
        let mut compared = Value::Column(column);
        let mut model = OperatorModel {
            op: Operator::Equals,
            apply: None,
        };
        for part in &rest {
            match self.world.models.operator(package, part) {
                Some(found) if found.op == Operator::Transform => {
                    compared = applied(compared, found.apply.as_deref());
                }
                Some(found) => model = found.clone(),
                // A key of a document.
                None => compared = applied(compared, Some(&format!("({{}}->'{part}')"))),
            }
        }
        if !is_plain {
            return vec![Condition::Unknown];
        }
        let operand = self.operand(file, value, draft);
        let (class, operand) = class_of(model.op, operand);
        let compared = match model.apply {
            Some(apply) => applied(compared, Some(&apply)),
            None => compared,
        };
        vec![Condition::Term(Term {
            table,
            value: compared,
            class,
            operand,
            place: Some(place),
        })]
    }

    /// The column that a name with relations in it leads to; tables on the way are joined.
    /// None if it is computed.
    fn path(&mut self, name: &str, draft: &mut Draft, package: &str) -> Option<Path> {
        let parts: Vec<&str> = name.split("__").take(MAX_PARTS).collect();
        let first = *parts.first()?;
        if draft.computed.iter().any(|computed| computed == first) {
            return None;
        }
        let mut table = 0_u16;
        let mut source = draft.tables.first()?.source.clone();
        let mut at = 0;
        let mut is_plain = true;
        loop {
            let part = *parts.get(at)?;
            at += 1;
            let rest = &parts[at..];
            let path = |column: String, is_plain: bool| {
                Some(Path {
                    table,
                    column,
                    rest: rest.iter().map(|&part| part.to_owned()).collect(),
                    is_plain,
                })
            };
            if part == "pk" {
                let key = self.key_of(&source);
                return path(key, is_plain);
            }
            let Source::Class(class) = source else {
                return path(self.column(&source, part), is_plain);
            };
            let Some(relation) = self.relation(class, part) else {
                return path(self.column(&source, part), is_plain);
            };
            let next = rest.first().copied();
            let is_operator = |part: &str| self.world.models.operator(package, part).is_some();
            if relation.key {
                let column = self.column(&source, part);
                match next {
                    None => return path(column, is_plain),
                    Some("id" | "pk") => {
                        at += 1;
                        return Some(Path {
                            table,
                            column,
                            rest: parts[at..].iter().map(|&p| p.to_owned()).collect(),
                            is_plain,
                        });
                    }
                    Some(next) if is_operator(next) => return path(column, is_plain),
                    Some(_) => {}
                }
                let target = relation.target?;
                let joined = draft.table(Source::Class(target));
                draft.narrow(vec![Condition::Term(Term {
                    table: joined,
                    value: Value::Column(self.key_of(&Source::Class(target))),
                    class: OperatorClass::Equality,
                    operand: Operand::Column(table, column),
                    place: None,
                })]);
                (table, source) = (joined, Source::Class(target));
                continue;
            }
            // The other side holds the key, or a table between.
            let target = relation.target?;
            let joined = draft.table(Source::Class(target));
            let back = relation.inverse.as_deref();
            let back = back.filter(|&back| {
                let found = self.world.entities.find(self.world, target, back);
                found.is_some_and(|id| self.world.entities.get(id).key)
            });
            let own_key = self.key_of(&source);
            if let Some(back) = back {
                let column = self.column(&Source::Class(target), back);
                draft.narrow(vec![Condition::Term(Term {
                    table: joined,
                    value: Value::Column(column),
                    class: OperatorClass::Equality,
                    operand: Operand::Column(table, own_key),
                    place: None,
                })]);
            } else {
                is_plain = false;
            }
            (table, source) = (joined, Source::Class(target));
            if next.is_none_or(is_operator) {
                let column = self.key_of(&source);
                return Some(Path {
                    table,
                    column,
                    rest: rest.iter().map(|&part| part.to_owned()).collect(),
                    is_plain,
                });
            }
        }
    }

    /// A relation by the name that conditions have for it, also one that leads back.
    fn relation(&self, class: ClassRef, name: &str) -> Option<crate::link::entities::Relation> {
        let entities = &self.world.entities;
        let find = |name: &str| entities.find(self.world, class, name);
        let found = find(name).or_else(|| find(&format!("{name}_set")))?;
        Some(entities.get(found).clone())
    }

    // --- columns --------------------------------------------------------------------------

    /// `("year", 2000)`, `("year", ">", 2000)`, `({year: 2000})`.
    fn columns(
        &mut self,
        file: FileId,
        args: &[ExprId],
        clauses: &Clauses,
        package: &str,
        draft: &mut Draft,
    ) -> Vec<Condition> {
        let module = self.module(file);
        let Some(&first) = args.first() else {
            return Vec::new();
        };
        let Expr::String(name) = module.expr(first) else {
            // An object of equals, or a callback that adds conditions.
            return match self.literal(file, first) {
                Some((at, map)) if matches!(self.module(at).expr(map), Expr::Map(_)) => {
                    self.object(at, map, 0, package, draft)
                }
                _ => vec![Condition::Unknown],
            };
        };
        let Some((table, column)) = self.qualified(module.text(name), draft) else {
            return vec![Condition::Unknown];
        };
        let (operator, value) = match (&clauses.operator, args.get(1), args.get(2)) {
            (Some(operator), value, _) => (operator.clone(), value),
            (None, Some(&operator), Some(value)) => match module.expr(operator) {
                Expr::String(text) => (module.text(text).to_lowercase(), Some(value)),
                _ => return vec![Condition::Unknown],
            },
            (None, value, None) => ("=".to_owned(), value),
            (None, None, Some(_)) => return vec![Condition::Unknown],
        };
        let op = self.world.models.operator(package, &operator);
        let op = op.map_or_else(|| sql_operator(&operator), |model| model.op);
        let pattern = value.map(|&value| module.expr(value));
        let operand = match value {
            Some(&value) => self.operand(file, value, draft),
            None => Operand::Parameter,
        };
        let op = match (op, pattern) {
            (Operator::Like | Operator::Ilike, _) => match value {
                Some(&value) => self.pattern(file, value, op),
                None => Operator::Unknown,
            },
            (op, _) => op,
        };
        let (class, operand) = class_of(op, operand);
        vec![Condition::Term(Term {
            table,
            value: Value::Column(column),
            class,
            operand,
            place: None,
        })]
    }

    /// A column by its name, with that of its table before it: `users.email`, `email`.
    pub(super) fn qualified(&mut self, name: &str, draft: &Draft) -> Option<(u16, String)> {
        let is_plain = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        };
        let (table, column) = match name.rsplit_once('.') {
            Some((table, column)) => (Some(table.rsplit('.').next().unwrap_or(table)), column),
            None => (None, name),
        };
        if !is_plain(column) {
            return None;
        }
        let at = match table {
            None if draft.tables.len() == 1 => 0,
            None => return None,
            Some(table) => draft.tables.iter().position(|known| {
                let stored = match &known.source {
                    Source::Table(name) | Source::Entity(name) => name.as_str(),
                    _ => "",
                };
                known.alias.as_deref().unwrap_or(stored) == table
            })?,
        };
        let source = draft.tables[at].source.clone();
        Some((at as u16, self.column(&source, column)))
    }

    // --- order ----------------------------------------------------------------------------

    /// Sets the order that a call asks for.
    pub(super) fn order(
        &mut self,
        file: FileId,
        call: ExprId,
        model: &CallModel,
        clauses: &Clauses,
        draft: &mut Draft,
    ) {
        let module = self.module(file);
        let Expr::Call { args, .. } = module.expr(call) else {
            return;
        };
        let args = match &clauses.order_in {
            None => module.list(args).to_vec(),
            Some(at) => match self.argument_at(file, call, at) {
                Some(argument) => vec![argument],
                None => return,
            },
        };
        let package = model.package.as_str();
        let keys = match clauses.order {
            Some(Form::Names) => {
                draft.order.clear();
                self.named_order(file, &args, clauses.descending, package, draft)
            }
            Some(Form::Expressions) => self.expressed_order(file, &args, package, draft),
            Some(Form::Object) => self.object_order(file, &args, draft),
            _ => self.column_order(file, &args, draft),
        };
        match keys {
            Some(keys) if !keys.is_empty() => draft.order.extend(keys),
            _ => {
                draft.order.clear();
                draft.is_unsorted = true;
            }
        }
    }

    /// `"-created", "author__name"`.
    pub(super) fn named_order(
        &mut self,
        file: FileId,
        args: &[ExprId],
        is_reversed: bool,
        package: &str,
        draft: &mut Draft,
    ) -> Option<Vec<OrderKey>> {
        let module = self.module(file);
        let mut keys = Vec::new();
        for &arg in args {
            let Expr::String(text) = module.expr(arg) else {
                return None;
            };
            let text = module.text(text);
            let (name, is_descending) = match text.strip_prefix('-') {
                Some(name) => (name, true),
                None => (text, false),
            };
            let path = self.path(name, draft, package)?;
            if !path.rest.is_empty() || !path.is_plain {
                return None;
            }
            keys.push(OrderKey {
                table: path.table,
                value: Value::Column(path.column),
                is_descending: is_descending != is_reversed,
                nulls_first: None,
            });
        }
        Some(keys)
    }

    fn expressed_order(
        &mut self,
        file: FileId,
        args: &[ExprId],
        package: &str,
        draft: &mut Draft,
    ) -> Option<Vec<OrderKey>> {
        let module = self.module(file);
        let mut keys = Vec::new();
        for &arg in args {
            if let Expr::Sequence { elements, .. } = module.expr(arg) {
                let elements = module.list(elements).to_vec();
                keys.extend(self.expressed_order(file, &elements, package, draft)?);
                continue;
            }
            let mut at = arg;
            let mut is_descending = false;
            for _ in 0..4 {
                let Expr::Call { callee, args, .. } = module.expr(at) else {
                    break;
                };
                let op = match self.operator_at(file, at, package) {
                    Some(model) => model.op,
                    None => break,
                };
                match op {
                    Operator::Descending => is_descending = true,
                    Operator::Ascending => {}
                    _ => break,
                }
                at = match (module.expr(callee), module.list(args).first()) {
                    (_, Some(&argument)) => argument,
                    (Expr::Member { object, .. }, None) => object,
                    _ => break,
                };
            }
            let (table, value) = self.side(file, at, package, draft)?;
            keys.push(OrderKey {
                table,
                value,
                is_descending,
                nulls_first: None,
            });
        }
        Some(keys)
    }

    /// `{created: "desc"}`, `[["created", "DESC"], "name"]`.
    fn object_order(
        &mut self,
        file: FileId,
        args: &[ExprId],
        draft: &mut Draft,
    ) -> Option<Vec<OrderKey>> {
        let mut keys = Vec::new();
        let source = draft.tables.first()?.source.clone();
        let mut open: Vec<ExprId> = args.iter().rev().copied().collect();
        let mut steps = 0;
        while let Some(at) = open.pop() {
            steps += 1;
            if steps > 64 {
                return None;
            }
            let (at_file, at) = match self.literal(file, at) {
                Some(found) => found,
                None => (file, at),
            };
            let module = self.module(at_file);
            let text_of = |expr: ExprId| match module.expr(expr) {
                Expr::String(text) => Some(module.text(text).to_lowercase()),
                Expr::Number(n) => Some(n.to_string()),
                Expr::Unary { .. } => Some("-1".to_owned()),
                _ => None,
            };
            let is_down = |text: &str| text.starts_with("desc") || text.starts_with('-');
            match module.expr(at) {
                Expr::Map(entries) => {
                    for &entry in module.list(entries) {
                        let Expr::Keyword { name, value } = module.expr(entry) else {
                            return None;
                        };
                        let direction = match module.expr(value) {
                            // `{created: {sort: "desc"}}`
                            Expr::Map(inner) => {
                                crate::link::infer::keyword_in(module, module.list(inner), "sort")
                                    .and_then(text_of)?
                            }
                            _ => text_of(value)?,
                        };
                        let column = self.column(&source, module.text(name));
                        keys.push(order_key(column, is_down(&direction)));
                    }
                }
                Expr::Sequence { elements, .. } => {
                    let elements = module.list(elements);
                    let pair: Vec<Option<String>> =
                        elements.iter().map(|&element| text_of(element)).collect();
                    match &pair[..] {
                        [Some(_), Some(direction)]
                            if matches!(direction.as_str(), "asc" | "desc") =>
                        {
                            let Expr::String(name) = module.expr(elements[0]) else {
                                return None;
                            };
                            let column = self.column(&source, module.text(name));
                            keys.push(order_key(column, direction == "desc"));
                        }
                        _ if at_file == file => open.extend(elements.iter().rev()),
                        _ => return None,
                    }
                }
                Expr::String(text) => {
                    let column = self.column(&source, module.text(text));
                    keys.push(order_key(column, false));
                }
                _ => return None,
            }
        }
        Some(keys)
    }

    /// `("created", "desc")`.
    fn column_order(
        &mut self,
        file: FileId,
        args: &[ExprId],
        draft: &mut Draft,
    ) -> Option<Vec<OrderKey>> {
        let module = self.module(file);
        let Expr::String(name) = module.expr(*args.first()?) else {
            return None;
        };
        let (table, column) = self.qualified(module.text(name), draft)?;
        let is_descending = match args.get(1).map(|&arg| module.expr(arg)) {
            Some(Expr::String(text)) => module.text(text).eq_ignore_ascii_case("desc"),
            Some(Expr::Map(entries)) => {
                let entries = module.list(entries);
                let truth = crate::link::infer::keyword_in(module, entries, "ascending")?;
                module.expr(truth) == Expr::Bool(false)
            }
            _ => false,
        };
        Some(vec![OrderKey {
            table,
            ..order_key(column, is_descending)
        }])
    }
}

/// Where a name with relations in it leads.
struct Path {
    table: u16,
    column: String,
    /// What follows the column: transforms and an operator.
    rest: Vec<String>,
    /// Whether all joins on the way are told.
    is_plain: bool,
}

fn order_key(column: String, is_descending: bool) -> OrderKey {
    OrderKey {
        table: 0,
        value: Value::Column(column),
        is_descending,
        nulls_first: None,
    }
}

/// What is computed of a value.
pub(super) fn applied(value: Value, apply: Option<&str>) -> Value {
    let Some(apply) = apply else {
        return value;
    };
    match value {
        Value::Column(column) => Value::Expression(apply.replace("{}", &column), vec![column]),
        Value::Expression(text, columns) => Value::Expression(apply.replace("{}", &text), columns),
    }
}

/// The class of an operator, and the operand it then has.
pub(super) fn class_of(op: Operator, operand: Operand) -> (OperatorClass, Operand) {
    let class = match op {
        Operator::Equals | Operator::In | Operator::Value => OperatorClass::Equality,
        Operator::Null => {
            let is_not = operand == Operand::Constant("false".to_owned());
            let class = if is_not {
                OperatorClass::Negation
            } else {
                OperatorClass::Equality
            };
            return (class, Operand::Null);
        }
        Operator::NotNull => return (OperatorClass::Negation, Operand::Null),
        Operator::Differs | Operator::Not => OperatorClass::Negation,
        Operator::Range => OperatorClass::Range,
        Operator::Prefix => OperatorClass::Prefix,
        Operator::Substring => OperatorClass::Substring,
        Operator::Insensitive => OperatorClass::CaseInsensitive,
        Operator::Containment => OperatorClass::Containment,
        Operator::FullText => OperatorClass::FullText,
        _ => OperatorClass::Unknown,
    };
    (class, operand)
}

/// An operator by its spelling in SQL.
pub(super) fn sql_operator(text: &str) -> Operator {
    match text {
        "=" | "==" | "is" => Operator::Equals,
        "in" => Operator::In,
        "<" | "<=" | ">" | ">=" | "between" => Operator::Range,
        "<>" | "!=" | "not in" | "is not" | "not like" | "not between" => Operator::Differs,
        "like" => Operator::Like,
        "ilike" => Operator::Ilike,
        "@>" | "<@" | "&&" | "?" => Operator::Containment,
        "@@" => Operator::FullText,
        "~" | "~*" => Operator::Substring,
        _ => Operator::Unknown,
    }
}

/// The opposite of conditions that all hold.
pub(super) fn negated(mut conditions: Vec<Condition>) -> Vec<Condition> {
    let not = |condition: Condition| match condition {
        Condition::Term(term) => Condition::Term(Term {
            class: match term.class {
                OperatorClass::Negation => OperatorClass::Equality,
                OperatorClass::Range => OperatorClass::Range,
                _ => OperatorClass::Negation,
            },
            ..term
        }),
        _ => Condition::Unknown,
    };
    match conditions.len() {
        0 => conditions,
        1 => vec![not(conditions.remove(0))],
        _ => {
            let branches = conditions.into_iter().map(|condition| vec![not(condition)]);
            vec![Condition::Or(branches.collect())]
        }
    }
}
