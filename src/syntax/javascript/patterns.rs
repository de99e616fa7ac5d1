//! Targets: what declarations, parameters and assignments bind.

use crate::ir::{Expr, ExprId, LocalKind, SequenceKind};
use crate::source::Span;

use super::Lowering;
use super::kinds::{Field, Kind};

/// What becomes of the names in a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bind {
    /// They are assigned, wherever they are bound.
    Assign,
    /// They are declared in the current scope.
    Declare(LocalKind),
    /// They are declared in the current function: `var`.
    Var,
}

impl<'t> Lowering<'t> {
    /// Lowers the target under the cursor.
    pub(super) fn pattern(&mut self, bind: Bind, annotation: Option<ExprId>) -> ExprId {
        let span = self.span();
        match self.kind() {
            Kind::Identifier | Kind::ShorthandPattern | Kind::Undefined
                if span.start < span.end =>
            {
                self.bind(self.slice(span), bind, annotation, span)
            }
            Kind::ObjectPattern => self.deeper_expr(|this| this.object_pattern(bind, span)),
            Kind::ArrayPattern => self.deeper_expr(|this| this.array_pattern(bind, span)),
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                self.deeper_expr(|this| this.target_with_default(bind, span))
            }
            Kind::RestPattern => self.deeper_expr(|this| {
                let target = this.in_first(|this| this.pattern(bind, None));
                let target = target.unwrap_or_else(|| this.nothing(span));
                this.b.expr(Expr::Spread(target), span)
            }),
            Kind::Parenthesized | Kind::NonNull => self.deeper_expr(|this| {
                let inner = this.in_first(|this| this.pattern(bind, None));
                inner.unwrap_or_else(|| this.nothing(span))
            }),
            _ => self.expr(),
        }
    }

    /// A name as a target.
    pub(super) fn bind(
        &mut self,
        text: &'t str,
        bind: Bind,
        annotation: Option<ExprId>,
        span: Span,
    ) -> ExprId {
        let local = match bind {
            Bind::Assign => None,
            Bind::Declare(kind) => Some(self.b.declare(text, kind, annotation, span)),
            Bind::Var => {
                let kind = LocalKind::Variable;
                Some(self.b.declare_in_function(text, kind, annotation, span))
            }
        };
        self.bound.extend(local);
        self.b.reference(text, span)
    }

    fn object_pattern(&mut self, bind: Bind, span: Span) -> ExprId {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            let at = this.span();
            let entry = match kind {
                Kind::ShorthandPattern => {
                    let text = this.source();
                    let value = this.pattern(bind, None);
                    let name = this.b.name(text);
                    this.b.expr(Expr::Keyword { name, value }, at)
                }
                Kind::ObjectAssignmentPattern => {
                    let value = this.pattern(bind, None);
                    let text = this.in_field(Field::Left, |this| match this.kind() {
                        Kind::ShorthandPattern => this.source(),
                        _ => "",
                    });
                    let name = this.b.name(text.unwrap_or_default());
                    this.b.expr(Expr::Keyword { name, value }, at)
                }
                Kind::PairPattern => this.pair_pattern(bind, at),
                _ if kind.is_trivia() => return,
                _ => this.pattern(bind, None),
            };
            this.scratch.push(entry);
        });
        let entries = self.list_since(base);
        self.b.expr(Expr::Map(entries), span)
    }

    fn pair_pattern(&mut self, bind: Bind, span: Span) -> ExprId {
        let mut key = None;
        let mut target = None;
        self.each_child(|this, kind| match key {
            _ if kind.is_trivia() => {}
            None => key = Some(this.key(kind)),
            Some(_) => target = Some(this.pattern(bind, None)),
        });
        let target = target.unwrap_or_else(|| self.nothing(span));
        self.entry(key, target, span)
    }

    fn array_pattern(&mut self, bind: Bind, span: Span) -> ExprId {
        let base = self.scratch.len();
        let mut is_open = true;
        self.each_child(|this, kind| match kind {
            Kind::Comma => {
                if is_open {
                    let span = this.span();
                    let hole = this.nothing(span);
                    this.scratch.push(hole);
                }
                is_open = true;
            }
            _ if kind.is_trivia() => {}
            _ => {
                let target = this.pattern(bind, None);
                this.scratch.push(target);
                is_open = false;
            }
        });
        let elements = self.list_since(base);
        let kind = SequenceKind::List;
        self.b.expr(Expr::Sequence { kind, elements }, span)
    }

    fn target_with_default(&mut self, bind: Bind, span: Span) -> ExprId {
        let is_param = matches!(bind, Bind::Declare(LocalKind::Param(_)));
        let value = self.in_field(Field::Right, |this| this.default_value(is_param));
        let target = self.in_field(Field::Left, |this| this.pattern(bind, None));
        let target = target.unwrap_or_else(|| self.nothing(span));
        let value = value.unwrap_or_else(|| self.nothing(span));
        let op = None;
        self.b.expr(Expr::Assign { op, target, value }, span)
    }

    /// The default of a target, used sometimes.
    pub(super) fn default_value(&mut self, is_param: bool) -> ExprId {
        let is_plain = match self.kind() {
            Kind::Object | Kind::Array => self.cursor.node().child_count() == 2,
            kind => kind.is_leaf(),
        };
        if !is_param || is_plain {
            return self.maybe(true, Self::expr);
        }
        // Parameters stand in no statement, but a call in their defaults needs one.
        let span = self.span();
        let stmt = self.b.open_stmt(span);
        let value = self.maybe(true, Self::expr);
        self.b.close_stmt(stmt, crate::ir::Stmt::Empty);
        value
    }
}
