//! Calls, comprehensions, and the calls that are loops.

use smallvec::SmallVec;

use super::grammar::{Field, Kind, Part, Parts};
use super::patterns::Binds;
use super::{Exprs, Lowering};
use crate::ir::{
    BlockId, CallKind, ComprehensionKind, Concurrency, Expr, ExprId, ExprList, Invocation, LoopId,
    LoopKind, SequenceKind, Stmt, StmtId,
};
use crate::source::Span;

/// What a call does with a function among its arguments.
#[derive(Debug, Clone, Copy)]
enum Iterates {
    /// `map(f, xs)`
    First,
    /// `sorted(xs, key=f)`
    ByKey,
    /// `xs.sort(key=f)`
    ReceiverByKey,
    /// `gather(*[f(x) for x in xs])`
    Concurrently,
}

/// A clause of a comprehension after the first.
enum Clause {
    For(StmtId),
    If(StmtId, ExprId),
}

impl<'t> Lowering<'t> {
    pub(super) fn call(&mut self, part: Part<'t>) -> ExprId {
        let parts = self.parts(part);
        let mut nodes = parts.nodes();
        let span = part.span();
        let function = nodes.next();
        if let Some(function) = function
            && function.kind == Kind::Identifier
            && self.text(function) == "super"
        {
            return self.builder.expr(Expr::Super, span);
        }
        let callee = self.expr_or_unknown(function, span);
        let was_annotation = std::mem::replace(&mut self.is_annotation, false);
        let mut args = Exprs::new();
        match nodes.next() {
            Some(list) if list.kind == Kind::ArgumentList => {
                for arg in self.parts(list).nodes() {
                    args.push(self.expr(arg));
                }
            }
            Some(generator) => args.push(self.expr(generator)),
            None => {}
        }
        self.is_annotation = was_annotation;
        let list = self.builder.list(&args);
        let whole = Expr::Call {
            kind: CallKind::Plain,
            callee,
            args: list,
        };
        let call = self.builder.expr(whole, span);
        self.note_invocations(call, callee, &args);
        if let Some(iterates) = self.iterates(callee) {
            self.note_iteration(iterates, call, callee, &args);
        }
        call
    }

    /// Tells functions among the arguments what they are for.
    fn note_invocations(&mut self, call: ExprId, callee: ExprId, args: &[ExprId]) {
        if let Expr::Function(function) = self.builder.get(callee) {
            self.builder.function_mut(function).invocation = Invocation::Immediate;
        }
        for (i, &arg) in args.iter().enumerate() {
            if let Expr::Function(function) = self.builder.get(self.argument_value(arg)) {
                let position = u16::try_from(i).unwrap_or(u16::MAX);
                self.builder.function_mut(function).invocation =
                    Invocation::Argument(call, position);
            }
        }
    }

    /// The value of an argument, with or without a keyword.
    fn argument_value(&self, arg: ExprId) -> ExprId {
        match self.builder.get(arg) {
            Expr::Keyword { value, .. } => value,
            _ => arg,
        }
    }

    fn iterates(&self, callee: ExprId) -> Option<Iterates> {
        let (name, is_free) = match self.builder.get(callee) {
            Expr::Name(name) => (name, true),
            Expr::Member { name, .. } => (name, false),
            _ => return None,
        };
        match (self.builder.text(name), is_free) {
            ("map" | "filter" | "reduce", true) => Some(Iterates::First),
            ("sorted" | "min" | "max", true) => Some(Iterates::ByKey),
            ("sort", false) => Some(Iterates::ReceiverByKey),
            ("gather" | "wait" | "as_completed", _) => Some(Iterates::Concurrently),
            _ => None,
        }
    }

    fn note_iteration(
        &mut self,
        iterates: Iterates,
        call: ExprId,
        callee: ExprId,
        args: &[ExprId],
    ) {
        match (iterates, args) {
            (Iterates::First, &[callback, over, ..]) => {
                let is_callback = matches!(
                    self.builder.get(callback),
                    Expr::Function(_) | Expr::Name(_) | Expr::Member { .. }
                );
                let is_iterated = !matches!(
                    self.builder.get(over),
                    Expr::Spread(_) | Expr::Keyword { .. }
                );
                if is_callback && is_iterated {
                    self.builder.callback_loop(call, over, callback);
                }
            }
            (Iterates::ByKey, &[over, ref options @ ..]) => {
                let is_one = options
                    .iter()
                    .all(|&arg| matches!(self.builder.get(arg), Expr::Keyword { .. }))
                    && !matches!(
                        self.builder.get(over),
                        Expr::Spread(_) | Expr::Keyword { .. }
                    );
                if is_one && let Some(callback) = self.key_function(options) {
                    self.builder.callback_loop(call, over, callback);
                }
            }
            (Iterates::ReceiverByKey, options) => {
                if let Expr::Member { object, .. } = self.builder.get(callee)
                    && let Some(callback) = self.key_function(options)
                {
                    self.builder.callback_loop(call, object, callback);
                }
            }
            (Iterates::Concurrently, args) => {
                for &arg in args {
                    self.run_concurrently(arg);
                }
            }
            _ => {}
        }
    }

    /// The lambda given as `key=`.
    fn key_function(&self, args: &[ExprId]) -> Option<ExprId> {
        args.iter().find_map(|&arg| match self.builder.get(arg) {
            Expr::Keyword { name, value } if self.builder.text(name) == "key" => {
                matches!(self.builder.get(value), Expr::Function(_)).then_some(value)
            }
            _ => None,
        })
    }

    /// The trips of a loop that makes the argument of `gather` overlap.
    fn run_concurrently(&mut self, arg: ExprId) {
        let arg = match self.builder.get(arg) {
            Expr::Spread(inner) => inner,
            _ => arg,
        };
        match self.builder.get(arg) {
            Expr::Comprehension { lp, .. } => self.mark_concurrent(lp),
            Expr::Call { .. } => {
                if let Some(lp) = self.builder.loop_of_call(arg) {
                    self.builder.loop_mut(lp).concurrency = Concurrency::Concurrent;
                }
            }
            _ => {}
        }
    }

    /// Marks the loops of a comprehension, unless it awaits each element before it goes on.
    fn mark_concurrent(&mut self, outermost: LoopId) {
        let mut loops = vec![outermost];
        let mut blocks: Vec<BlockId> = vec![self.builder.loop_mut(outermost).body];
        let module = self.builder.module_mut();
        while let Some(block) = blocks.pop() {
            for &stmt in &module.block(block).stmts {
                match module.stmt(stmt) {
                    Stmt::Loop(lp) => {
                        loops.push(lp);
                        blocks.push(module.lp(lp).body);
                    }
                    Stmt::If { then, .. } => blocks.push(then),
                    Stmt::Collect(value) if matches!(module.expr(value), Expr::Await(_)) => return,
                    _ => {}
                }
            }
        }
        for lp in loops {
            self.builder.loop_mut(lp).concurrency = Concurrency::Concurrent;
        }
    }

    // --- comprehensions -------------------------------------------------------------------

    pub(super) fn comprehension(&mut self, part: Part<'t>, kind: ComprehensionKind) -> ExprId {
        let depth = self.depth;
        let parts = self.fields(part);
        let body = parts.field(Field::Body);
        let clauses: SmallVec<[Part<'t>; 4]> = parts
            .nodes()
            .filter(|p| matches!(p.kind, Kind::ForInClause | Kind::IfClause))
            .collect();
        let Some((&first, rest)) = clauses
            .split_first()
            .filter(|(first, _)| first.kind == Kind::ForInClause)
        else {
            let parts = self.exprs(&parts);
            return self.builder.expr(Expr::Unknown(parts), part.span());
        };

        let first_parts = self.fields(first);
        let over = self.iterated(first, &first_parts);
        self.builder.open_scope();
        let each = LoopKind::Comprehension;
        let lp = self.open_for(each, first, &first_parts, Some(over), Binds::Element);
        let mut open = Vec::new();
        for &clause in rest {
            // The intermediate form nests what the tree holds side by side.
            if self.is_too_deep(clause.span()) {
                break;
            }
            self.depth += 1;
            open.push(self.open_clause(clause));
        }
        self.collect(body, kind, part.span());
        for clause in open.into_iter().rev() {
            match clause {
                Clause::For(stmt) => {
                    let lp = self.builder.close_loop();
                    self.builder.close_stmt(stmt, Stmt::Loop(lp));
                }
                Clause::If(stmt, test) => {
                    let then = self.builder.close_block();
                    let otherwise = None;
                    let lowered = Stmt::If {
                        test,
                        then,
                        otherwise,
                    };
                    self.builder.close_stmt(stmt, lowered);
                }
            }
        }
        self.builder.close_loop();
        self.builder.close_scope();
        self.depth = depth;
        self.builder
            .expr(Expr::Comprehension { kind, lp }, part.span())
    }

    fn open_clause(&mut self, clause: Part<'t>) -> Clause {
        let stmt = self.builder.open_stmt(clause.span());
        if clause.kind == Kind::IfClause {
            let test = self.parts(clause).first();
            let test = self.expr_or_unknown(test, clause.span());
            self.builder.open_block();
            return Clause::If(stmt, test);
        }
        let parts = self.fields(clause);
        let over = self.iterated(clause, &parts);
        let each = LoopKind::Comprehension;
        self.open_for(each, clause, &parts, Some(over), Binds::Element);
        Clause::For(stmt)
    }

    /// What a `for` clause iterates; several values are a tuple.
    fn iterated(&mut self, clause: Part<'t>, parts: &Parts<'t>) -> ExprId {
        let values: Vec<_> = parts
            .all(Field::Right)
            .filter(|p| !p.kind.is_token())
            .collect();
        match values[..] {
            [] => self.unknown(clause.span()),
            [only] => self.expr(only),
            [first, .., last] => {
                let span = Span {
                    start: first.span().start,
                    end: last.span().end,
                };
                self.sequence(SequenceKind::Tuple, &Parts(values.into()), span)
            }
        }
    }

    fn collect(&mut self, body: Option<Part<'t>>, kind: ComprehensionKind, whole: Span) {
        let span = body.map_or(whole, |body| body.span());
        let stmt = self.builder.open_stmt(span);
        let value = match body {
            Some(pair) if kind == ComprehensionKind::Map && pair.kind == Kind::Pair => {
                self.entry(pair)
            }
            Some(body) => self.expr(body),
            None => self.builder.expr(Expr::Unknown(ExprList::default()), span),
        };
        self.builder.close_stmt(stmt, Stmt::Collect(value));
    }
}
