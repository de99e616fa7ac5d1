//! Calls, and the loops that iterators with callbacks are.

use crate::ir::{CallKind, Concurrency, Expr, ExprId, ExprList, Invocation};
use crate::source::Span;

use super::Lowering;
use super::expressions::Operand;
use super::kinds::Kind;

impl Lowering<'_> {
    /// A call, as a link of the chain it stands in.
    pub(super) fn call(&mut self, span: Span) -> Operand {
        let mut link = None;
        let mut callee = ExprId(0);
        let mut skips = false;
        let mut is_await = false;
        let mut kind = CallKind::Plain;
        let mut args = ExprList::default();
        self.each_child(|this, child| match child {
            _ if child.is_optional_chain() => {
                skips = true;
                kind = CallKind::Optional;
            }
            _ if child.is_trivia() => {}
            _ if link.is_none() => {
                let first = if child == Kind::Import {
                    kind = CallKind::Import;
                    let name = this.b.name("import");
                    let at = this.span();
                    Operand::of(this.b.expr(Expr::Name(name), at))
                } else if child == Kind::Await {
                    // The parser reads `await f<T>(x)` as a call of `await f`.
                    let awaited = this.in_first(Self::operand);
                    let mut awaited = awaited.unwrap_or_else(|| Operand::of(this.nothing(span)));
                    awaited.awaits = true;
                    awaited
                } else {
                    is_await = this.is_await(child);
                    this.operand()
                };
                if first.is_optional {
                    kind = CallKind::Optional;
                }
                skips |= first.skips;
                callee = first.id;
                link = Some(first);
            }
            Kind::TypeArguments => callee = this.instantiated(callee),
            Kind::Arguments => args = this.maybe(skips, Self::arguments),
            Kind::Template => {
                kind = CallKind::Tagged;
                let arg = this.maybe(skips, Self::expr);
                args = this.b.list(&[arg]);
            }
            _ => {}
        });
        let mut link = link.unwrap_or_else(|| Operand::of(self.nothing(span)));
        link.skips = skips;
        link.is_optional = false;
        if is_await && let [value] = *self.b.elements(args) {
            link.id = value;
            link.awaits = true;
            return link;
        }
        link.id = self.maybe(skips, |this| this.add_call(kind, callee, args, span));
        if kind == CallKind::Plain || kind == CallKind::Optional {
            self.note_invoked(callee);
            // Only broken code calls outside of all statements.
            if self.b.is_in_stmt() {
                self.note_iteration(link.id, callee, args);
            }
        }
        link
    }

    /// Adds a call; function literals among its arguments are marked as such.
    pub(super) fn add_call(
        &mut self,
        kind: CallKind,
        callee: ExprId,
        args: ExprList,
        span: Span,
    ) -> ExprId {
        let call = self.b.expr(Expr::Call { kind, callee, args }, span);
        for i in 0..args.len() {
            let arg = self.b.elements(args)[i];
            if let Expr::Function(function) = self.b.get(arg) {
                let position = u16::try_from(i).unwrap_or(u16::MAX);
                self.b.function_mut(function).invocation = Invocation::Argument(call, position);
            }
        }
        call
    }

    pub(super) fn arguments(&mut self) -> ExprList {
        let base = self.scratch.len();
        self.each_child(|this, kind| {
            if !kind.is_trivia() {
                let arg = this.expr();
                this.scratch.push(arg);
            }
        });
        self.list_since(base)
    }

    /// `f<T>` where type arguments are written; the cursor is on them.
    pub(super) fn instantiated(&mut self, object: ExprId) -> ExprId {
        let Some(index) = self.type_arguments() else {
            return object;
        };
        let start = self.b.span(object).start;
        let end = self.span().end;
        let span = Span { start, end };
        self.b.expr(Expr::Index { object, index }, span)
    }

    /// `(() => …)()` and `(function () { … }).call(this)` run where they stand.
    fn note_invoked(&mut self, callee: ExprId) {
        let function = match self.b.get(callee) {
            Expr::Function(function) => function,
            Expr::Member { object, name } => match self.b.get(object) {
                Expr::Function(function) if matches!(self.b.text(name), "call" | "apply") => {
                    function
                }
                _ => return,
            },
            _ => return,
        };
        self.b.function_mut(function).invocation = Invocation::Immediate;
    }

    /// Makes loops of calls that run a callback for each element.
    fn note_iteration(&mut self, call: ExprId, callee: ExprId, args: ExprList) {
        // `xs.reduce<T>(…)`: the callee wears its type arguments.
        let callee = match self.b.get(callee) {
            Expr::Index { object, .. } => object,
            _ => callee,
        };
        let Expr::Member { object, name } = self.b.get(callee) else {
            return;
        };
        let (first, second) = match self.b.elements(args) {
            [] => return,
            [first] => (*first, None),
            [first, second, ..] => (*first, Some(*second)),
        };
        let receiver = match self.b.get(object) {
            Expr::Name(receiver) => self.b.text(receiver),
            _ => "",
        };
        let method = self.b.text(name);
        if receiver == "Promise" && matches!(method, "all" | "allSettled" | "race" | "any") {
            self.overlap(first);
            return;
        }
        let Some(iterator) = Iterator::of(method) else {
            if receiver == "Array"
                && method == "from"
                && let Some(callback) = second
                && self.may_be_function(callback)
            {
                self.b.callback_loop(call, first, callback);
            }
            return;
        };
        let is_library = matches!(receiver, "_" | "lodash");
        let is_series = method.ends_with("Series") || method == "each";
        let is_overlapping = matches!(receiver, "Promise" | "Bluebird") && !is_series;
        let lp = match second {
            // `_.map(xs, f)`, `Children.map(xs, f)`, `Promise.map(xs, f)`.
            Some(second)
                if is_library && self.may_be_function(second)
                    || iterator != Iterator::Fold
                        && self.is_function(second)
                        && !self.is_function(first) =>
            {
                self.b.callback_loop(call, first, second)
            }
            _ => {
                let is_callback = match iterator {
                    _ if is_library => false,
                    Iterator::Library => false,
                    // `User.find(filter)` asks a database; `xs.find(isOpen)` is rare.
                    Iterator::Find => self.is_function(first),
                    Iterator::Each | Iterator::Fold => self.may_be_function(first),
                };
                if !is_callback {
                    return;
                }
                self.b.callback_loop(call, object, first)
            }
        };
        if is_overlapping {
            self.b.loop_mut(lp).concurrency = Concurrency::Concurrent;
        } else if iterator == Iterator::Fold {
            // Each trip takes the promise of the one before it.
            self.b.loop_mut(lp).concurrency = Concurrency::Sequential;
        }
    }

    /// The trips of the callback loops under `Promise.all(…)` overlap, whatever their callback.
    fn overlap(&mut self, promises: ExprId) {
        match self.b.get(promises) {
            Expr::Sequence { elements, .. } => {
                for i in 0..elements.len() {
                    let element = self.b.elements(elements)[i];
                    if let Expr::Spread(spread) = self.b.get(element) {
                        self.overlap_one(spread);
                    }
                }
            }
            _ => self.overlap_one(promises),
        }
    }

    fn overlap_one(&mut self, promises: ExprId) {
        if let Some(lp) = self.b.loop_of_call(promises) {
            self.b.loop_mut(lp).concurrency = Concurrency::Concurrent;
        }
    }

    fn is_function(&self, value: ExprId) -> bool {
        matches!(self.b.get(value), Expr::Function(_))
    }

    fn may_be_function(&self, value: ExprId) -> bool {
        match self.b.get(value) {
            Expr::Function(_) | Expr::Name(_) | Expr::Member { .. } => true,
            // `this.load.bind(this)`
            Expr::Call { callee, .. } => {
                matches!(self.b.get(callee), Expr::Member { name, .. } if self.b.text(name) == "bind")
            }
            _ => false,
        }
    }
}

/// A method that calls its first argument for each element of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Iterator {
    /// Calls it with the element.
    Each,
    /// `find`, which is also what queries are called.
    Find,
    /// Calls it with what the last call gave, and the element.
    Fold,
    /// Not a method of arrays: the collection is the first argument.
    Library,
}

impl Iterator {
    fn of(method: &str) -> Option<Self> {
        Some(match method {
            "map" | "forEach" | "filter" | "some" | "every" | "flatMap" | "findIndex"
            | "findLast" | "findLastIndex" => Self::Each,
            "find" => Self::Find,
            "reduce" | "reduceRight" => Self::Fold,
            "each" | "eachSeries" | "mapSeries" | "groupBy" | "keyBy" | "sumBy" | "countBy"
            | "partition" | "reject" | "mapValues" | "uniqBy" | "sortBy" | "orderBy" | "forOwn"
            | "forIn" | "times" | "pickBy" | "omitBy" | "minBy" | "maxBy" => Self::Library,
            _ => return None,
        })
    }
}
