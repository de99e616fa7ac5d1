//! Where a test says what a name is: `if isinstance(x, Order)`, `if (x instanceof Order)`.

use rustc_hash::FxHashMap;

use crate::ir::{BinaryOp, BlockId, Expr, ExprId, LocalId, LogicalOp, Module, Stmt};
use crate::source::Span;

/// A part of the code where a name is an instance of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Narrowed {
    /// Where.
    pub span: Span,
    /// The class, as the test names it.
    pub class: ExprId,
}

/// The parts of a module where tests narrow names.
pub(super) fn narrowed(module: &Module) -> FxHashMap<LocalId, Vec<Narrowed>> {
    let mut found: FxHashMap<LocalId, Vec<Narrowed>> = FxHashMap::default();
    for &stmt in &module.stmts {
        let Stmt::If { test, then, .. } = stmt else {
            continue;
        };
        let mut tests = vec![test];
        while let Some(test) = tests.pop() {
            match module.expr(test) {
                Expr::Logical {
                    op: LogicalOp::And,
                    left,
                    right,
                } => tests.extend([left, right]),
                _ => {
                    if let Some((local, class)) = tested(module, test)
                        && let Some(span) = block_span(module, then)
                    {
                        let narrowed = found.entry(local).or_default();
                        narrowed.push(Narrowed { span, class });
                    }
                }
            }
        }
    }
    found
}

fn tested(module: &Module, test: ExprId) -> Option<(LocalId, ExprId)> {
    let (value, class) = match module.expr(test) {
        Expr::Binary {
            op: BinaryOp::InstanceOf,
            left,
            right,
        } => (left, right),
        Expr::Call { callee, args, .. } => match (module.expr(callee), module.list(args)) {
            (Expr::Name(name), &[value, class]) if module.text(name) == "isinstance" => {
                (value, class)
            }
            _ => return None,
        },
        _ => return None,
    };
    match module.expr(value) {
        Expr::Local(local) => Some((local, class)),
        _ => None,
    }
}

fn block_span(module: &Module, block: BlockId) -> Option<Span> {
    let stmts = &module.block(block).stmts;
    let start = module.stmt_span(*stmts.first()?).start;
    let end = module.stmt_span(*stmts.last()?).end;
    Some(Span { start, end })
}
