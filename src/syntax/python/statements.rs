//! Statements and blocks.

use super::Lowering;
use super::grammar::{Field, Kind, Part, Parts};
use super::patterns::Binds;
use crate::ir::{
    BlockId, Expr, ExprId, LogicalOp, LoopId, LoopKind, MODULE_BODY, SequenceKind, Stmt, UnaryOp,
};
use crate::source::Span;

impl<'t> Lowering<'t> {
    /// The statements of a module or block, into the open block.
    pub(super) fn statements(&mut self, block: Part<'t>) {
        for part in self.parts(block).0 {
            self.statement(part);
        }
    }

    /// A block of its own; empty if the parser found none.
    fn block(&mut self, block: Option<Part<'t>>) -> BlockId {
        self.builder.open_block();
        if let Some(block) = block {
            self.statements(block);
        }
        self.builder.close_block()
    }

    /// One statement and what could not be parsed within it.
    pub(super) fn statement(&mut self, part: Part<'t>) {
        if self.is_too_deep(part.span()) {
            let stmt = self.builder.open_stmt(part.span());
            let unknown = self.unknown(part.span());
            self.builder.close_stmt(stmt, Stmt::Expr(unknown));
            return;
        }
        self.depth += 1;
        self.dispatch(part);
        self.stray();
        self.depth -= 1;
    }

    /// Lowers the erroneous parts set aside so far.
    pub(super) fn stray(&mut self) {
        while let Some(part) = self.stray.pop() {
            self.fragments(part);
        }
    }

    fn dispatch(&mut self, part: Part<'t>) {
        match part.kind {
            Kind::ExpressionStatement => self.expression_statement(part),
            Kind::IfStatement => self.if_statement(part),
            Kind::ForStatement => self.for_statement(part),
            Kind::WhileStatement => self.while_statement(part),
            Kind::TryStatement => self.try_statement(part),
            Kind::WithStatement => self.with_statement(part),
            Kind::MatchStatement => self.match_statement(part),
            Kind::FunctionDefinition => {
                self.function_definition(part, part, &[]);
            }
            Kind::ClassDefinition => self.class_definition(part, part, &[]),
            Kind::DecoratedDefinition => self.decorated_definition(part),
            Kind::ImportStatement => self.import_statement(part),
            Kind::ImportFromStatement => self.import_from_statement(part),
            Kind::TypeAliasStatement => self.type_alias(part),
            Kind::ReturnStatement => {
                self.simple(part, |this, parts| {
                    let value = parts.first().map(|value| this.expr(value));
                    Stmt::Return(value)
                });
            }
            Kind::RaiseStatement => self.simple(part, Self::raise),
            Kind::AssertStatement => self.simple(part, Self::assert),
            Kind::DeleteStatement => self.delete(part),
            Kind::BreakStatement => self.simple(part, |_, _| Stmt::Break(None)),
            Kind::ContinueStatement => self.simple(part, |_, _| Stmt::Continue(None)),
            Kind::PassStatement => self.simple(part, |_, _| Stmt::Empty),
            Kind::GlobalStatement | Kind::NonlocalStatement => self.outer_names(part),
            Kind::PrintStatement => self.simple(part, |this, parts| {
                let values: Vec<_> = parts.nodes().map(|value| this.expr(value)).collect();
                Stmt::Expr(this.unknown_of(&values, part.span()))
            }),
            Kind::Error => self.fragments(part),
            _ => self.fragment(part),
        }
    }

    /// A statement without blocks.
    fn simple(&mut self, part: Part<'t>, lower: impl FnOnce(&mut Self, &Parts<'t>) -> Stmt) {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        let lowered = lower(self, &parts);
        self.builder.close_stmt(stmt, lowered);
    }

    // --- broken code ----------------------------------------------------------------------

    /// What is whole within a part that is not.
    fn fragments(&mut self, part: Part<'t>) {
        if self.is_too_deep(part.span()) {
            return;
        }
        self.depth += 1;
        for child in self.parts(part).0 {
            self.fragment(child);
        }
        self.depth -= 1;
    }

    fn fragment(&mut self, part: Part<'t>) {
        if part.kind.is_statement() {
            self.statement(part);
        } else if part.kind == Kind::Identifier {
            // A lone name in a broken line tells nothing.
        } else if part.kind.is_expression() {
            self.evaluate(part);
        } else if !part.kind.is_token() {
            self.fragments(part);
        }
    }

    /// An expression as a statement.
    fn evaluate(&mut self, part: Part<'t>) {
        let stmt = self.builder.open_stmt(part.span());
        let value = self.expr(part);
        self.builder.close_stmt(stmt, Stmt::Expr(value));
    }

    // --- simple statements ----------------------------------------------------------------

    fn expression_statement(&mut self, part: Part<'t>) {
        self.simple(part, |this, parts| {
            let mut nodes = parts.nodes();
            match (nodes.next(), nodes.next()) {
                // A docstring, or code commented out.
                (Some(only), None) if only.kind == Kind::String && !this.has_holes(only) => {
                    Stmt::Empty
                }
                (Some(only), None) if only.kind == Kind::Assignment => {
                    this.assignment(only).map_or(Stmt::Empty, Stmt::Expr)
                }
                (Some(only), None) => Stmt::Expr(this.expr(only)),
                _ => Stmt::Expr(this.sequence(SequenceKind::Tuple, parts, part.span())),
            }
        });
    }

    /// `target = value`, `target: type = value`; nothing is computed without a value.
    pub(super) fn assignment(&mut self, part: Part<'t>) -> Option<ExprId> {
        let parts = self.fields(part);
        let left = parts.field(Field::Left)?;
        let value = parts.field(Field::Right).map(|right| match right.kind {
            Kind::Lambda => self.named_lambda(right, left),
            _ => self.expr(right),
        });
        let annotation = parts.field(Field::Type).map(|ty| self.annotation(ty));
        let target = self.target(left, Binds::Variable(annotation));
        self.note_fields(part, left, value, annotation);
        Some(self.builder.assign(target, value?, None, part.span()))
    }

    /// Python's `raise X from Y` throws X; Y is computed first when that is work.
    fn raise(&mut self, parts: &Parts<'t>) -> Stmt {
        let cause = parts.field(Field::Cause);
        let value = parts.nodes().find(|p| p.field != Field::Cause);
        let value = value.map(|value| self.expr(value));
        if let Some(cause) = cause
            && !matches!(cause.kind, Kind::Identifier | Kind::NoneLiteral)
        {
            self.evaluate(cause);
        }
        Stmt::Throw(value)
    }

    /// The message of an assertion is computed only when it fails, like the right side of `or`.
    fn assert(&mut self, parts: &Parts<'t>) -> Stmt {
        let mut nodes = parts.nodes();
        let Some(test) = nodes.next() else {
            return Stmt::Empty;
        };
        let left = self.expr(test);
        let Some(message) = nodes.next() else {
            return Stmt::Expr(left);
        };
        let right = self.sometimes(message);
        let span = Span {
            start: test.span().start,
            end: message.span().end,
        };
        let op = LogicalOp::Or;
        Stmt::Expr(self.builder.expr(Expr::Logical { op, left, right }, span))
    }

    fn delete(&mut self, part: Part<'t>) {
        for deleted in self.parts(part).nodes() {
            let places = match deleted.kind {
                Kind::ExpressionList | Kind::Tuple | Kind::List => self.parts(deleted),
                _ => Parts(smallvec::smallvec![deleted]),
            };
            for place in places.nodes() {
                let stmt = self.builder.open_stmt(part.span());
                let operand = self.expr(place);
                let op = UnaryOp::Delete;
                let done = self.builder.expr(Expr::Unary { op, operand }, place.span());
                self.builder.close_stmt(stmt, Stmt::Expr(done));
            }
        }
    }

    /// `global` and `nonlocal`, which stand before the first use of the names.
    fn outer_names(&mut self, part: Part<'t>) {
        if self.builder.current_function() == MODULE_BODY {
            return;
        }
        for name in self.parts(part).nodes() {
            let text = self.text(name);
            self.builder
                .declare_outer(text, part.kind == Kind::GlobalStatement);
        }
    }

    // --- compound statements --------------------------------------------------------------

    fn if_statement(&mut self, part: Part<'t>) {
        let depth = self.depth;
        let parts = self.fields(part);
        let mut open = vec![self.open_if(part, &parts)];
        let mut otherwise = None;
        for alternative in parts.all(Field::Alternative) {
            let clause = self.fields(alternative);
            if alternative.kind == Kind::ElseClause {
                otherwise = Some(self.block(clause.field(Field::Body)));
                continue;
            }
            // The intermediate form nests what the tree holds side by side.
            if self.is_too_deep(alternative.span()) {
                break;
            }
            self.depth += 1;
            self.builder.open_block();
            open.push(self.open_if(alternative, &clause));
        }
        while let Some((stmt, test, then)) = open.pop() {
            let lowered = Stmt::If {
                test,
                then,
                otherwise,
            };
            self.builder.close_stmt(stmt, lowered);
            if !open.is_empty() {
                otherwise = Some(self.builder.close_block());
            }
        }
        self.depth = depth;
    }

    fn open_if(
        &mut self,
        part: Part<'t>,
        parts: &Parts<'t>,
    ) -> (crate::ir::StmtId, ExprId, BlockId) {
        let stmt = self.builder.open_stmt(part.span());
        let condition = parts.field(Field::Condition);
        let test = self.expr_or_unknown(condition, part.span());
        let was_type_only = self.is_type_only;
        let spelled = condition.map_or("", |condition| self.text(condition));
        self.is_type_only |= spelled == "TYPE_CHECKING" || spelled.ends_with(".TYPE_CHECKING");
        let then = self.block(parts.field(Field::Consequence));
        self.is_type_only = was_type_only;
        (stmt, test, then)
    }

    fn for_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        let over = parts.field(Field::Right).map(|over| self.expr(over));
        let lp = self.open_for(LoopKind::Each, part, &parts, over, Binds::Variable(None));
        self.loop_body(&parts);
        self.builder.close_loop();
        self.builder.close_stmt(stmt, Stmt::Loop(lp));
        self.loop_else(&parts);
    }

    /// Opens the loop of a `for` statement or clause.
    pub(super) fn open_for(
        &mut self,
        kind: LoopKind,
        part: Part<'t>,
        parts: &Parts<'t>,
        over: Option<ExprId>,
        binds: Binds,
    ) -> LoopId {
        let header = header(part, parts.all(Field::Right).last());
        let lp = self.builder.open_loop(kind, over, header);
        self.builder.loop_mut(lp).is_async = parts.of_kind(Kind::Async).is_some();
        if let Some(left) = parts.field(Field::Left) {
            let target = self.target(left, binds);
            self.builder.set_element(lp, target);
        }
        lp
    }

    fn while_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        let condition = parts.field(Field::Condition);
        let header = header(part, condition);
        let lp = self.builder.open_loop(LoopKind::While, None, header);
        let test = self.expr_or_unknown(condition, header);
        self.builder.loop_mut(lp).test = Some(test);
        self.loop_body(&parts);
        self.builder.close_loop();
        self.builder.close_stmt(stmt, Stmt::Loop(lp));
        self.loop_else(&parts);
    }

    fn loop_body(&mut self, parts: &Parts<'t>) {
        if let Some(body) = parts.field(Field::Body) {
            self.statements(body);
        }
    }

    /// `else` of a loop runs after it, if nothing broke out.
    fn loop_else(&mut self, parts: &Parts<'t>) {
        if let Some(clause) = parts.field(Field::Alternative)
            && let Some(body) = self.fields(clause).field(Field::Body)
        {
            self.statements(body);
        }
    }

    fn try_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let stmt = self.builder.open_stmt(part.span());
        self.builder.open_block();
        self.loop_body(&parts);
        if let Some(clause) = parts.of_kind(Kind::ElseClause) {
            let clause = self.fields(clause);
            self.loop_body(&clause);
        }
        let body = self.builder.close_block();
        self.builder.open_block();
        for clause in parts.nodes().filter(|p| p.kind == Kind::ExceptClause) {
            self.except_clause(clause);
        }
        let handlers = self.builder.close_block();
        let finally = parts.of_kind(Kind::FinallyClause).map(|clause| {
            let block = self.parts(clause).of_kind(Kind::Block);
            self.block(block)
        });
        let lowered = Stmt::Try {
            body,
            handlers,
            finally,
        };
        self.builder.close_stmt(stmt, lowered);
    }

    fn except_clause(&mut self, part: Part<'t>) {
        let stmt = self.builder.open_stmt(part.span());
        self.builder.open_block();
        let parts = self.parts(part);
        for child in parts.nodes() {
            match child.kind {
                Kind::Block => self.statements(child),
                Kind::AsPattern => {
                    let caught = self.parts(child);
                    let mut nodes = caught.nodes();
                    if let Some(exception) = nodes.next() {
                        self.evaluate(exception);
                    }
                    if let Some(name) = nodes.next() {
                        self.bind_caught(name);
                    }
                }
                _ => self.evaluate(child),
            }
        }
        let block = self.builder.close_block();
        self.builder.close_stmt(stmt, Stmt::Block(block));
    }

    fn with_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let is_async = parts.of_kind(Kind::Async).is_some();
        let stmt = self.builder.open_stmt(part.span());
        let mut items = Vec::new();
        if let Some(clause) = parts.of_kind(Kind::WithClause) {
            for item in self.parts(clause).nodes() {
                let value = match item.kind {
                    Kind::WithItem => self.parts(item).first(),
                    _ => Some(item),
                };
                items.extend(value.map(|value| self.with_item(value, is_async)));
            }
        }
        let items = self.builder.list(&items);
        let body = self.block(parts.field(Field::Body));
        self.builder.close_stmt(stmt, Stmt::With { items, body });
    }

    fn with_item(&mut self, part: Part<'t>, is_async: bool) -> ExprId {
        let (value, target) = if part.kind == Kind::AsPattern {
            let parts = self.parts(part);
            (parts.first(), parts.of_kind(Kind::AsPatternTarget))
        } else {
            (Some(part), None)
        };
        let span = value.map_or(part.span(), |value| value.span());
        let mut entered = self.expr_or_unknown(value, span);
        if is_async {
            entered = self.builder.expr(Expr::Await(entered), span);
        }
        let Some(target) = target else {
            return entered;
        };
        let value = self.builder.expr(Expr::Entered(entered), span);
        let target = self.target(target, Binds::Variable(None));
        self.builder.assign(target, value, None, part.span())
    }

    /// An expression the grammar demands but a broken tree may lack.
    pub(super) fn expr_or_unknown(&mut self, part: Option<Part<'t>>, span: Span) -> ExprId {
        match part {
            Some(part) => self.expr(part),
            None => self.unknown(span),
        }
    }
}

/// From the start of a loop to the end of what it iterates or tests.
fn header(part: Part<'_>, last: Option<Part<'_>>) -> Span {
    let whole = part.span();
    Span {
        start: whole.start,
        end: last.map_or(whole.end, |last| last.span().end),
    }
}
