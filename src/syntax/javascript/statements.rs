//! Statements, blocks and loops.

use crate::ir::{
    BlockId, ExprId, ExprList, FunctionKind, LocalKind, LoopId, LoopKind, MODULE_BODY, Stmt,
};
use crate::source::Span;

use super::Lowering;
use super::functions::Head;
use super::kinds::{Field, Kind};
use super::patterns::Bind;

impl Lowering<'_> {
    /// Lowers the whole file.
    pub(super) fn program(&mut self) {
        self.statements();
    }

    /// Lowers the children of a node as statements of the open block.
    pub(super) fn statements(&mut self) {
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                this.stmt();
            }
        });
    }

    /// Lowers the statement under the cursor into the open block.
    pub(super) fn stmt(&mut self) {
        self.deeper(Self::stmt_here, ());
    }

    fn stmt_here(&mut self) {
        let span = self.span();
        let kind = self.kind();
        match kind {
            Kind::ExpressionStatement => self.expression_statement(span),
            Kind::LexicalDeclaration | Kind::VariableDeclaration | Kind::UsingDeclaration => {
                self.declaration(kind, span);
            }
            Kind::If => self.if_statement(span),
            Kind::Return => {
                let stmt = self.b.open_stmt(span);
                let value = self.in_first(Self::expr);
                self.b.close_stmt(stmt, Stmt::Return(value));
            }
            Kind::Throw => {
                let stmt = self.b.open_stmt(span);
                let value = self.in_first(Self::expr);
                self.b.close_stmt(stmt, Stmt::Throw(value));
            }
            Kind::FunctionDeclaration | Kind::GeneratorDeclaration => {
                self.function_declaration(span);
            }
            Kind::FunctionSignature if self.is_ambient => self.function_declaration(span),
            // An overload: the implementation follows.
            Kind::FunctionSignature => {}
            Kind::ClassDeclaration
            | Kind::AbstractClass
            | Kind::InterfaceDeclaration
            | Kind::EnumDeclaration
            | Kind::TypeAlias => self.class_statement(kind, span, false),
            Kind::ImportStatement => self.import_statement(span),
            Kind::ExportStatement => self.export_statement(span),
            Kind::ImportAlias => self.import_alias(span),
            Kind::Block => {
                let stmt = self.b.open_stmt(span);
                let block = self.block();
                self.b.close_stmt(stmt, Stmt::Block(block));
            }
            Kind::ForStatement => self.for_statement(span),
            Kind::ForIn => self.for_in(span),
            Kind::While => self.while_statement(span),
            Kind::DoStatement => self.do_statement(span),
            Kind::Try => self.try_statement(span),
            Kind::Switch => self.switch_statement(span),
            Kind::Break => self.jump(Stmt::Break, span),
            Kind::Continue => self.jump(Stmt::Continue, span),
            Kind::Labeled => {
                let label = self.in_field(Field::Label, |this| this.source());
                self.in_field(Field::Body, |this| {
                    if this.kind().is_loop() {
                        this.label = label;
                    }
                    this.stmt();
                    this.label = None;
                });
            }
            Kind::With => {
                self.in_field(Field::Object, |this| this.expr_statement(span));
                self.in_field(Field::Body, Self::stmt);
            }
            Kind::InternalModule | Kind::ModuleDeclaration => self.namespace(span),
            Kind::Ambient => self.ambient(span),
            Kind::Error => self.statements(),
            Kind::Empty | Kind::Debugger => {}
            _ if kind.is_trivia() => {}
            // Recovery leaves expressions where statements are due.
            _ => {
                let stmt = self.b.open_stmt(span);
                let value = self.expr();
                self.b.close_stmt(stmt, Stmt::Expr(value));
            }
        }
    }

    fn expression_statement(&mut self, span: Span) {
        self.each_child(|this, kind| match kind {
            Kind::InternalModule => this.namespace(span),
            // `a(), b();` is two statements.
            Kind::Sequence => this.each_child(|this, kind| {
                if !kind.is_trivia() {
                    let at = this.span();
                    this.expr_statement(at);
                }
            }),
            _ if kind.is_trivia() => {}
            _ => this.expr_statement(span),
        });
    }

    /// Makes a statement of the expression under the cursor.
    fn expr_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let value = self.expr();
        self.b.close_stmt(stmt, Stmt::Expr(value));
    }

    // --- declarations ---------------------------------------------------------------------

    pub(super) fn declaration(&mut self, kind: Kind, span: Span) {
        let mut bind = match kind {
            Kind::VariableDeclaration => Bind::Var,
            _ => Bind::Declare(LocalKind::Const),
        };
        // A keyword, a declarator, perhaps a semicolon: the statement is all the declarator's.
        let is_only = self.cursor.node().child_count() <= 3;
        self.each_child(|this, kind| match kind {
            Kind::Let => bind = Bind::Declare(LocalKind::Variable),
            Kind::VariableDeclarator => {
                let at = if is_only { span } else { this.span() };
                this.declarator(bind, at);
            }
            Kind::Error => this.statements(),
            _ => {}
        });
    }

    /// The type in `value as Type`.
    fn cast_type(&mut self) -> Option<crate::ir::ExprId> {
        let mut parts = 0;
        let mut ty = None;
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                parts += 1;
                if parts == 2 {
                    ty = Some(this.type_expr());
                }
            }
        });
        ty
    }

    fn declarator(&mut self, bind: Bind, span: Span) {
        if self.has_require && self.require(span) {
            return;
        }
        let mut name = (Kind::Other, Span::default());
        let mut annotation = None;
        let mut stmt = None;
        let mut value = None;
        self.each_child(|this, kind| match kind {
            _ if kind.is_trivia() => {}
            Kind::TypeAnnotation => annotation = Some(this.type_expr()),
            _ => match this.field() {
                Field::Name => name = (kind, this.span()),
                Field::Value => {
                    stmt = Some(this.b.open_stmt(span));
                    if name.0 == Kind::Identifier {
                        this.hint = Some(this.hint_at(name.1));
                    }
                    value = Some(this.expr());
                    if kind == Kind::AsExpression && annotation.is_none() {
                        annotation = this.cast_type();
                    }
                }
                _ => {}
            },
        });
        let target = if name.0 == Kind::Identifier {
            self.bind(self.slice(name.1), bind, annotation, name.1)
        } else {
            let target = self.in_field(Field::Name, |this| this.pattern(bind, annotation));
            target.unwrap_or_else(|| self.nothing(span))
        };
        if let (Some(stmt), Some(value)) = (stmt, value) {
            let whole = self.span();
            let assign = self.b.assign(target, value, None, whole);
            self.b.close_stmt(stmt, Stmt::Expr(assign));
        }
    }

    pub(super) fn function_declaration(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let name = self.in_field(Field::Name, |this| this.hint_at(this.span()));
        let function = self.function(Head::of(FunctionKind::Function));
        if let Some(name) = name
            && !name.text.is_empty()
        {
            let kind = LocalKind::Function(function);
            let local = self.b.declare(name.text, kind, None, name.span);
            self.bound.push(local);
        }
        self.b.close_stmt(stmt, Stmt::Function(function));
    }

    /// Lowers a class declaration; if it is exported, decorators may stand before `export`.
    pub(super) fn class_statement(&mut self, kind: Kind, span: Span, is_exported: bool) {
        let stmt = self.b.open_stmt(span);
        let mut decorators = ExprList::default();
        if is_exported {
            self.cursor.goto_parent();
            decorators = self.decorators();
            self.cursor.goto_first_child();
            while self.field() != Field::Declaration && self.cursor.goto_next_sibling() {}
        }
        let class = self.class_declaration(kind, decorators);
        self.b.close_stmt(stmt, Stmt::Class(class));
    }

    /// `namespace x { … }`, `module "x" { … }`: its statements in a scope of their own.
    fn namespace(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        self.namespaces += 1;
        let bound = self.bound.len();
        let block = self.in_field(Field::Body, Self::block);
        self.bound.truncate(bound);
        self.namespaces -= 1;
        self.b
            .close_stmt(stmt, block.map_or(Stmt::Empty, Stmt::Block));
    }

    fn ambient(&mut self, span: Span) {
        let outside = std::mem::replace(&mut self.is_ambient, true);
        self.each_child(|this, kind| match kind {
            // `declare global { … }`
            Kind::Block => {
                let stmt = this.b.open_stmt(span);
                this.namespaces += 1;
                let block = this.block();
                this.namespaces -= 1;
                this.b.close_stmt(stmt, Stmt::Block(block));
            }
            _ if kind.is_statement() => this.stmt(),
            _ => {}
        });
        self.is_ambient = outside;
    }

    /// Whether the open statements are the module's own.
    pub(super) fn is_module_level(&mut self) -> bool {
        self.namespaces == 0 && self.b.current_function() == MODULE_BODY
    }

    // --- blocks and branches --------------------------------------------------------------

    /// Lowers a statement as a block with its own scope.
    pub(super) fn block(&mut self) -> BlockId {
        self.b.open_block();
        self.b.open_scope();
        self.block_contents();
        self.b.close_scope();
        self.b.close_block()
    }

    fn block_contents(&mut self) {
        if self.kind() == Kind::Block {
            self.statements();
        } else {
            self.stmt();
        }
    }

    fn empty_block(&mut self) -> BlockId {
        self.b.open_block();
        self.b.close_block()
    }

    fn if_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let mut test = None;
        let mut then = None;
        let mut otherwise = None;
        self.each_child(|this, kind| match kind {
            _ if kind.is_trivia() => {}
            Kind::ElseClause => {
                otherwise = this.in_first(Self::block);
            }
            _ if test.is_none() => test = Some(this.expr()),
            _ if then.is_none() => then = Some(this.block()),
            _ => {}
        });
        let test = test.unwrap_or_else(|| self.nothing(span));
        let then = then.unwrap_or_else(|| self.empty_block());
        self.b.close_stmt(
            stmt,
            Stmt::If {
                test,
                then,
                otherwise,
            },
        );
    }

    fn try_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let body = self.in_field(Field::Body, Self::block);
        let body = body.unwrap_or_else(|| self.empty_block());
        self.b.open_block();
        self.in_field(Field::Handler, Self::catch_clause);
        let handlers = self.b.close_block();
        let finally = self.in_field(Field::Finalizer, |this| {
            let block = this.in_field(Field::Body, Self::block);
            block.unwrap_or_else(|| this.empty_block())
        });
        self.b.close_stmt(
            stmt,
            Stmt::Try {
                body,
                handlers,
                finally,
            },
        );
    }

    fn catch_clause(&mut self) {
        let span = self.span();
        let stmt = self.b.open_stmt(span);
        self.b.open_block();
        self.b.open_scope();
        self.in_field(Field::Parameter, |this| {
            this.pattern(Bind::Declare(LocalKind::Catch), None);
        });
        self.in_field(Field::Body, Self::statements);
        self.b.close_scope();
        let block = self.b.close_block();
        self.b.close_stmt(stmt, Stmt::Block(block));
    }

    fn switch_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let subject = self.in_field(Field::Value, Self::expr);
        let subject = subject.unwrap_or_else(|| self.nothing(span));
        let mut exhaustive = false;
        self.b.open_block();
        self.b.open_scope();
        self.switches.push(self.labels.len());
        self.in_field(Field::Body, |this| {
            this.each_child(|this, kind| match kind {
                Kind::SwitchCase => this.switch_case(),
                Kind::SwitchDefault => {
                    exhaustive = true;
                    this.switch_case();
                }
                Kind::Error => this.statements(),
                _ => {}
            });
        });
        self.switches.pop();
        self.b.close_scope();
        let cases = self.b.close_block();
        self.b.close_stmt(
            stmt,
            Stmt::Switch {
                subject,
                cases,
                exhaustive,
            },
        );
    }

    fn switch_case(&mut self) {
        let span = self.span();
        let stmt = self.b.open_stmt(span);
        self.b.open_block();
        self.each_child(|this, kind| {
            if kind.is_trivia() {
            } else if this.field() == Field::Value {
                let at = this.span();
                this.expr_statement(at);
            } else {
                this.stmt();
            }
        });
        let block = self.b.close_block();
        self.b.close_stmt(stmt, Stmt::Block(block));
    }

    // --- loops ----------------------------------------------------------------------------

    /// `break` or `continue`. One whose label names no loop leaves a block, and is nothing.
    fn jump(&mut self, jump: fn(Option<LoopId>) -> Stmt, span: Span) {
        let stmt = self.b.open_stmt(span);
        let label = self.in_field(Field::Label, |this| this.source());
        // A `break` that ends a case leaves no loop.
        let is_in_switch = self.switches.last() == Some(&self.labels.len());
        let done = match label {
            None if is_in_switch && jump(None) == Stmt::Break(None) => Stmt::Empty,
            None => jump(None),
            Some(label) => match self.labels.iter().rev().find(|open| open.0 == label) {
                Some(open) => jump(Some(open.1)),
                None => Stmt::Empty,
            },
        };
        self.b.close_stmt(stmt, done);
    }

    /// Opens a loop; the label before it, if any, names it.
    fn open_loop(&mut self, kind: LoopKind, over: Option<ExprId>, span: Span) -> LoopId {
        let label = self.label.take();
        let lp = self.b.open_loop(kind, over, span);
        // Without a label, a name that nothing can mean keeps the stack in step.
        self.labels.push((label.unwrap_or_default(), lp));
        lp
    }

    fn close_loop(&mut self) -> LoopId {
        self.labels.pop();
        self.b.close_loop()
    }

    /// The contents of a loop's body, into the loop's block.
    fn loop_body(&mut self) {
        self.b.open_scope();
        self.in_field(Field::Body, Self::block_contents);
        self.b.close_scope();
    }

    fn for_statement(&mut self, span: Span) {
        let label = self.label.take();
        self.b.open_scope();
        let mut end = span.start + 3;
        self.each_child(|this, kind| {
            if kind.is_trivia() || kind == Kind::Empty {
                return;
            }
            match this.field() {
                Field::Initializer => {
                    end = this.span().end;
                    let at = this.span();
                    match kind {
                        Kind::LexicalDeclaration | Kind::VariableDeclaration => {
                            this.declaration(kind, at);
                        }
                        _ => this.expr_statement(at),
                    }
                }
                Field::Condition | Field::Increment => end = this.span().end,
                _ => {}
            }
        });
        let stmt = self.b.open_stmt(span);
        self.label = label;
        let start = span.start;
        let lp = self.open_loop(LoopKind::Counted, None, Span { start, end });
        let test = self.first_child(
            |this, kind| {
                !kind.is_trivia() && kind != Kind::Empty && this.field() == Field::Condition
            },
            Self::expr,
        );
        self.loop_body();
        let update = self.in_field(Field::Increment, Self::expr);
        let known = self.b.loop_mut(lp);
        known.test = test;
        known.update = update;
        self.close_loop();
        self.b.close_stmt(stmt, Stmt::Loop(lp));
        self.b.close_scope();
    }

    fn for_in(&mut self, span: Span) {
        let label = self.label.take();
        let stmt = self.b.open_stmt(span);
        let mut kind = LoopKind::Each;
        let mut bind = Bind::Assign;
        let mut is_async = false;
        self.each_child(|_, child| match child {
            Kind::In => kind = LoopKind::EachKey,
            Kind::Of => kind = LoopKind::Each,
            // `for (await using x of xs)` awaits too, in its way.
            Kind::AwaitToken => is_async = true,
            Kind::Const | Kind::Using => bind = Bind::Declare(LocalKind::Const),
            Kind::Let => bind = Bind::Declare(LocalKind::Variable),
            Kind::Var => bind = Bind::Var,
            _ => {}
        });
        let mut end = span.start + 3;
        let over = self.in_field(Field::Right, |this| {
            end = this.span().end;
            this.expr()
        });
        self.label = label;
        let start = span.start;
        let lp = self.open_loop(kind, over, Span { start, end });
        self.b.loop_mut(lp).is_async = is_async;
        self.b.open_scope();
        let element = self.in_field(Field::Left, |this| this.pattern(bind, None));
        if let Some(element) = element {
            self.b.set_element(lp, element);
        }
        self.loop_body();
        self.b.close_scope();
        self.close_loop();
        self.b.close_stmt(stmt, Stmt::Loop(lp));
    }

    fn while_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let end = self.in_field(Field::Condition, |this| this.span().end);
        let head = Span {
            start: span.start,
            end: end.unwrap_or(span.start + 5),
        };
        let lp = self.open_loop(LoopKind::While, None, head);
        let test = self.in_field(Field::Condition, Self::expr);
        self.b.loop_mut(lp).test = test;
        self.loop_body();
        self.close_loop();
        self.b.close_stmt(stmt, Stmt::Loop(lp));
    }

    fn do_statement(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        // The condition comes last; what repeats begins at the keyword.
        let head = Span {
            start: span.start,
            end: (span.start + 2).min(span.end),
        };
        let lp = self.open_loop(LoopKind::While, None, head);
        self.loop_body();
        let test = self.in_field(Field::Condition, Self::expr);
        self.b.loop_mut(lp).test = test;
        self.close_loop();
        self.b.close_stmt(stmt, Stmt::Loop(lp));
    }
}

impl Lowering<'_> {
    /// `import a = b.c;`
    fn import_alias(&mut self, span: Span) {
        let stmt = self.b.open_stmt(span);
        let mut name = None;
        let mut value = None;
        self.each_child(|this, kind| match name {
            _ if kind.is_trivia() => {}
            None => name = Some(this.span()),
            Some(_) => value = Some(this.dotted()),
        });
        let (Some(name), Some(value)) = (name, value) else {
            self.b.close_stmt(stmt, Stmt::Empty);
            return;
        };
        let bind = Bind::Declare(LocalKind::Const);
        let target = self.bind(self.slice(name), bind, None, name);
        let assign = self.b.assign(target, value, None, span);
        self.b.close_stmt(stmt, Stmt::Expr(assign));
    }
}
