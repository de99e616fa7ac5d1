//! What is assigned to: targets, and the patterns of `match`.

use super::grammar::{Field, Kind, Part};
use super::{Exprs, Lowering};
use crate::ir::{Expr, ExprId, LocalKind, SequenceKind, Stmt};
use crate::source::Span;

/// Where the names of a target belong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binds {
    /// The function, or the class body; with the declared type.
    Variable(Option<ExprId>),
    /// The comprehension around it.
    Element,
}

impl<'t> Lowering<'t> {
    /// A target of an assignment, whose names are bound.
    pub(super) fn target(&mut self, part: Part<'t>, binds: Binds) -> ExprId {
        let span = part.span();
        if self.is_too_deep(span) {
            return self.unknown(span);
        }
        self.depth += 1;
        let id = match part.kind {
            Kind::Identifier => self.bind(part, binds),
            Kind::TuplePattern | Kind::Tuple if self.is_parenthesized(part) => {
                self.inner_target(part, binds)
            }
            Kind::ParenthesizedExpression | Kind::AsPatternTarget => self.inner_target(part, binds),
            Kind::TuplePattern | Kind::Tuple | Kind::PatternList | Kind::ExpressionList => {
                self.targets(SequenceKind::Tuple, part, binds)
            }
            Kind::ListPattern | Kind::List => self.targets(SequenceKind::List, part, binds),
            Kind::ListSplatPattern | Kind::Splat => {
                let inner = self.inner_target(part, binds);
                self.builder.expr(Expr::Spread(inner), span)
            }
            _ => self.expr(part),
        };
        self.depth -= 1;
        id
    }

    fn bind(&mut self, part: Part<'t>, binds: Binds) -> ExprId {
        let (text, span) = (self.text(part), part.span());
        let kind = LocalKind::Variable;
        let local = match binds {
            Binds::Variable(annotation) => self
                .builder
                .declare_in_function(text, kind, annotation, span),
            Binds::Element => self.builder.declare(text, kind, None, span),
        };
        // `except E as e` here and `for e in xs` there: it is a variable like any other.
        let local = &mut self.builder.module_mut().locals[local.index()];
        if local.kind == LocalKind::Catch {
            local.kind = kind;
        }
        self.builder.reference(text, span)
    }

    /// Binds the name of a caught exception, unless it is a variable elsewhere.
    pub(super) fn bind_caught(&mut self, part: Part<'t>) {
        let (text, span) = (self.text(part), part.span());
        let known = self.builder.module_mut().locals.len();
        let kind = LocalKind::Variable;
        let local = self.builder.declare_in_function(text, kind, None, span);
        if local.index() == known {
            self.builder.module_mut().locals[known].kind = LocalKind::Catch;
        }
    }

    fn inner_target(&mut self, part: Part<'t>, binds: Binds) -> ExprId {
        match self.parts(part).first() {
            Some(inner) => self.target(inner, binds),
            None => self.unknown(part.span()),
        }
    }

    fn targets(&mut self, kind: SequenceKind, part: Part<'t>, binds: Binds) -> ExprId {
        let mut elements = Exprs::new();
        for element in self.parts(part).nodes() {
            elements.push(self.target(element, binds));
        }
        let elements = self.builder.list(&elements);
        self.builder
            .expr(Expr::Sequence { kind, elements }, part.span())
    }

    /// `(x) = …`, which the grammar takes for a tuple.
    fn is_parenthesized(&self, part: Part<'t>) -> bool {
        part.node.named_child_count() == 1 && !self.text(part).contains(',')
    }

    // --- match ----------------------------------------------------------------------------

    pub(super) fn match_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        let subjects: Vec<_> = parts.all(Field::Subject).collect();
        let subject = match subjects[..] {
            [] => self.unknown(part.span()),
            [only] => self.expr(only),
            [first, .., last] => {
                let elements: Exprs = subjects.iter().map(|&s| self.expr(s)).collect();
                let elements = self.builder.list(&elements);
                let kind = SequenceKind::Tuple;
                let span = Span {
                    start: first.span().start,
                    end: last.span().end,
                };
                self.builder.expr(Expr::Sequence { kind, elements }, span)
            }
        };
        let mut exhaustive = false;
        self.builder.open_block();
        if let Some(body) = parts.field(Field::Body) {
            for case in self.parts(body).nodes() {
                match case.kind {
                    Kind::CaseClause => exhaustive = self.case_clause(case, subject),
                    _ => self.statement(case),
                }
            }
        }
        let cases = self.builder.close_block();
        let lowered = Stmt::Switch {
            subject,
            cases,
            exhaustive,
        };
        self.builder.close_stmt(stmt, lowered);
    }

    /// One case: the values compared, the names bound, the guard, the body. Whether it always
    /// applies.
    fn case_clause(&mut self, part: Part<'t>, subject: ExprId) -> bool {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        self.builder.open_block();
        let patterns: Vec<_> = parts
            .nodes()
            .filter(|p| p.kind == Kind::CasePattern)
            .collect();
        let mut always = false;
        if let [only] = patterns[..] {
            always = self.pattern(only, subject);
        } else {
            for (i, &pattern) in (0..).zip(&patterns) {
                self.element_pattern(pattern, subject, i);
            }
        }
        if let Some(guard) = parts.field(Field::Guard) {
            always = false;
            if let Some(test) = self.parts(guard).first() {
                self.compare(test);
            }
        }
        if let Some(body) = parts.field(Field::Consequence) {
            self.statements(body);
        }
        let block = self.builder.close_block();
        self.builder.close_stmt(stmt, Stmt::Block(block));
        always
    }

    /// A pattern met by `value`. Names in it are assigned what they receive. Whether it
    /// matches everything.
    fn pattern(&mut self, part: Part<'t>, value: ExprId) -> bool {
        if self.is_too_deep(part.span()) {
            return false;
        }
        self.depth += 1;
        let always = self.pattern_of_kind(part, value);
        self.depth -= 1;
        always
    }

    fn pattern_of_kind(&mut self, part: Part<'t>, value: ExprId) -> bool {
        match part.kind {
            Kind::CasePattern => {
                let parts = self.parts(part);
                match parts.last() {
                    Some(inner) if parts.of_kind(Kind::Minus).is_none() => {
                        self.pattern(inner, value)
                    }
                    Some(number) => {
                        self.compare(number);
                        false
                    }
                    None => parts.of_kind(Kind::Underscore).is_some(),
                }
            }
            Kind::DottedName => {
                let parts = self.parts(part);
                let mut nodes = parts.nodes();
                if let (Some(name), None) = (nodes.next(), nodes.next()) {
                    // Some versions of the grammar take the wildcard for a name.
                    if self.text(name) != "_" {
                        self.capture(name, value);
                    }
                    return true;
                }
                self.compare(part);
                false
            }
            Kind::AsPattern => {
                let parts = self.parts(part);
                let mut always = false;
                for child in parts.nodes() {
                    match child.kind {
                        Kind::Identifier => self.capture(child, value),
                        _ => always = self.pattern(child, value),
                    }
                }
                always
            }
            Kind::UnionPattern => {
                let mut always = false;
                for child in self.parts(part).nodes() {
                    always = self.pattern(child, value);
                }
                always
            }
            Kind::TuplePattern if self.is_parenthesized(part) => match self.parts(part).first() {
                Some(inner) => self.pattern(inner, value),
                None => false,
            },
            Kind::ListPattern | Kind::TuplePattern => {
                for (i, child) in (0..).zip(self.parts(part).nodes()) {
                    self.element_pattern(child, value, i);
                }
                false
            }
            Kind::SplatPattern => {
                if let Some(name) = self.parts(part).first() {
                    let rest = self.unknown_of(&[value], part.span());
                    self.capture(name, rest);
                }
                false
            }
            Kind::ClassPattern => {
                self.class_pattern(part, value);
                false
            }
            Kind::KeywordPattern => {
                let parts = self.parts(part);
                let mut nodes = parts.nodes();
                if let (Some(name), Some(inner)) = (nodes.next(), nodes.next()) {
                    let name = self.name(name);
                    let object = value;
                    let member = self
                        .builder
                        .expr(Expr::Member { object, name }, part.span());
                    self.pattern(inner, member);
                }
                false
            }
            Kind::DictPattern => {
                self.dict_pattern(part, value);
                false
            }
            _ => {
                self.compare(part);
                false
            }
        }
    }

    /// The pattern of the element at a position.
    fn element_pattern(&mut self, part: Part<'t>, value: ExprId, position: u32) {
        let span = part.span();
        if self.text(part).starts_with('*') {
            self.pattern(part, value);
            return;
        }
        let object = value;
        let index = self.builder.expr(Expr::Number(position.into()), span);
        let element = self.builder.expr(Expr::Index { object, index }, span);
        self.pattern(part, element);
    }

    fn class_pattern(&mut self, part: Part<'t>, value: ExprId) {
        let parts = self.parts(part);
        let mut nodes = parts.nodes();
        if let Some(class) = nodes.next() {
            self.compare(class);
        }
        for child in nodes {
            let is_keyword = self
                .parts(child)
                .first()
                .is_some_and(|inner| inner.kind == Kind::KeywordPattern);
            if is_keyword {
                self.pattern(child, value);
            } else {
                // Which attribute that is only the class knows.
                let attribute = self.unknown_of(&[value], child.span());
                self.pattern(child, attribute);
            }
        }
    }

    fn dict_pattern(&mut self, part: Part<'t>, value: ExprId) {
        let mut key = None;
        for child in self.fields(part).nodes() {
            match child.field {
                Field::Key => key = Some(child),
                Field::Value => {
                    let object = value;
                    let index = self.expr_or_unknown(key, child.span());
                    let entry = self
                        .builder
                        .expr(Expr::Index { object, index }, child.span());
                    self.pattern(child, entry);
                }
                _ => {
                    self.pattern(child, value);
                }
            }
        }
    }

    fn capture(&mut self, name: Part<'t>, value: ExprId) {
        let stmt = self.builder.open_stmt(name.span());
        let target = self.bind(name, Binds::Variable(None));
        let assigned = self.builder.assign(target, value, None, name.span());
        self.builder.close_stmt(stmt, Stmt::Expr(assigned));
    }

    /// A value of a case, a class or a guard.
    fn compare(&mut self, part: Part<'t>) {
        let stmt = self.builder.open_stmt(part.span());
        let value = match part.kind {
            Kind::DottedName => self.dotted_value(part),
            _ => self.expr(part),
        };
        self.builder.close_stmt(stmt, Stmt::Expr(value));
    }

    /// `a.b.c` as an access.
    fn dotted_value(&mut self, part: Part<'t>) -> ExprId {
        let start = part.span().start;
        let mut value = None;
        for name in self.parts(part).nodes() {
            // Flat in the tree, nested here.
            let end = name.span().end;
            value = Some(match value {
                None => {
                    let text = self.text(name);
                    self.builder.reference(text, name.span())
                }
                Some(_) if end - start > 1_000 => return self.unknown(part.span()),
                Some(object) => {
                    let name = self.name(name);
                    let span = Span { start, end };
                    self.builder.expr(Expr::Member { object, name }, span)
                }
            });
        }
        value.unwrap_or_else(|| self.unknown(part.span()))
    }
}
