//! Prints a [`Module`] in one notation for all languages, for tests and for people who debug
//! a front end.
//!
//! Loops are named `L0`, `L1` …; `<L0>` is the element of `L0`. A call in a callback loop shows
//! the loop it makes: `xs.map(fn#1) ⟳L0`. Free names stand in quotes: `'print'`.

use std::fmt::{self, Write as _};

use super::{
    BlockId, CallKind, ClassId, ComprehensionKind, Concurrency, ExportKind, Expr, ExprId, ExprList,
    FunctionId, ImportKind, Invocation, LocalKind, LogicalOp, LoopId, LoopKind, Module, ParamKind,
    SequenceKind, Stmt, StmtId, UnaryOp,
};

/// The whole module: imports, exports, classes and all functions.
pub fn module(module: &Module) -> String {
    let mut out = String::new();
    let mut printer = Printer {
        module,
        out: &mut out,
    };
    // Writing to a string cannot fail.
    let _ = printer.module();
    out
}

/// One expression.
pub fn expr(module: &Module, id: ExprId) -> String {
    let mut out = String::new();
    let mut printer = Printer {
        module,
        out: &mut out,
    };
    let _ = printer.expr(id);
    out
}

struct Printer<'a> {
    module: &'a Module,
    out: &'a mut String,
}

impl Printer<'_> {
    fn module(&mut self) -> fmt::Result {
        let module = self.module;
        for import in &module.imports {
            let what = match import.kind {
                ImportKind::Named(name) => module.text(name).to_owned(),
                ImportKind::Default => "default".into(),
                ImportKind::Namespace => "namespace".into(),
                ImportKind::Root => "root".into(),
                ImportKind::Star => "*".into(),
                ImportKind::Effects => "effects".into(),
            };
            write!(self.out, "import {what} from \"")?;
            for _ in 0..import.level {
                self.out.push('.');
            }
            write!(self.out, "{}\"", module.text(import.module))?;
            if let Some(local) = import.local {
                write!(self.out, " as {}", module.text(module.local(local).name))?;
            }
            if import.is_type_only {
                self.out.push_str(" (type)");
            }
            self.out.push('\n');
        }
        for export in &module.exports {
            write!(self.out, "export {} = ", module.text(export.name))?;
            match export.kind {
                ExportKind::Local(local) => {
                    self.out.push_str(module.text(module.local(local).name));
                }
                ExportKind::Expr(value) => self.expr(value)?,
                ExportKind::From { module: from, name } => {
                    write!(self.out, "\"{}\"", module.text(from))?;
                    if let Some(name) = name {
                        write!(self.out, ".{}", module.text(name))?;
                    }
                }
                ExportKind::Star { module: from } => {
                    write!(self.out, "\"{}\".*", module.text(from))?;
                }
            }
            self.out.push('\n');
        }
        for i in 0..module.classes.len() {
            self.class(ClassId(i as u32))?;
        }
        for i in 0..module.functions.len() {
            self.function(FunctionId(i as u32))?;
        }
        for error in &module.errors {
            writeln!(self.out, "error {}: {}", error.span.start, error.message)?;
        }
        Ok(())
    }

    fn class(&mut self, id: ClassId) -> fmt::Result {
        let module = self.module;
        let class = module.class(id);
        write!(self.out, "{:?} ", class.kind)?;
        self.out
            .push_str(class.name.map_or("_", |n| module.text(n)));
        self.list("(", class.bases, ")")?;
        if !class.decorators.is_empty() {
            self.list(" @[", class.decorators, "]")?;
        }
        if let Some(outer) = class.outer {
            let name = module.class(outer).name;
            write!(self.out, " in {}", name.map_or("_", |n| module.text(n)))?;
        }
        if let Some(alias) = class.alias {
            self.out.push_str(" = ");
            self.expr(alias)?;
        }
        self.out.push('\n');
        for field in &class.fields {
            self.out.push_str("  ");
            if field.is_static {
                self.out.push_str("static ");
            }
            self.out.push_str(module.text(field.name));
            if let Some(annotation) = field.annotation {
                self.out.push_str(": ");
                self.expr(annotation)?;
            }
            if let Some(value) = field.value {
                self.out.push_str(" = ");
                self.expr(value)?;
            }
            if !field.decorators.is_empty() {
                self.list(" @[", field.decorators, "]")?;
            }
            self.out.push('\n');
        }
        for &method in &class.methods {
            writeln!(self.out, "  fn#{}", method.0)?;
        }
        Ok(())
    }

    fn function(&mut self, id: FunctionId) -> fmt::Result {
        let module = self.module;
        let function = module.function(id);
        write!(self.out, "fn#{} ", id.0)?;
        if function.is_async {
            self.out.push_str("async ");
        }
        if function.is_static {
            self.out.push_str("static ");
        }
        write!(self.out, "{:?} ", function.kind)?;
        self.out
            .push_str(function.name.map_or("_", |n| module.text(n)));
        if function.is_generator {
            self.out.push('*');
        }
        self.out.push('(');
        for (i, param) in function.params.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            if !param.decorators.is_empty() {
                self.list("@[", param.decorators, "] ")?;
            }
            self.out.push_str(match param.kind {
                ParamKind::Plain => "",
                ParamKind::KeywordOnly => "key ",
                ParamKind::Rest => "*",
                ParamKind::KeywordRest => "**",
            });
            self.expr(param.target)?;
            if let Some(annotation) = param.annotation {
                self.out.push_str(": ");
                self.expr(annotation)?;
            }
            if let Some(default) = param.default {
                self.out.push_str(" = ");
                self.expr(default)?;
            }
        }
        self.out.push(')');
        if let Some(returns) = function.returns {
            self.out.push_str(" -> ");
            self.expr(returns)?;
        }
        if !function.decorators.is_empty() {
            self.list(" @[", function.decorators, "]")?;
        }
        match function.invocation {
            Invocation::Declared => {}
            Invocation::PerElement(lp) => write!(self.out, " per L{}", lp.0)?,
            Invocation::Immediate => self.out.push_str(" immediate"),
            Invocation::Argument(_, i) => write!(self.out, " argument {i}")?,
        }
        if let Some(lp) = function.defined_in {
            write!(self.out, " defined in L{}", lp.0)?;
        }
        self.out.push('\n');
        self.block(function.body, 1)
    }

    fn block(&mut self, id: BlockId, depth: usize) -> fmt::Result {
        let module = self.module;
        for &stmt in &module.block(id).stmts {
            self.stmt(stmt, depth)?;
        }
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.indent(depth);
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn stmt(&mut self, id: StmtId, depth: usize) -> fmt::Result {
        let module = self.module;
        let stmt = module.stmt(id);
        if let Stmt::Loop(lp) = stmt {
            return self.lp(lp, depth);
        }
        self.indent(depth);
        let word = match stmt {
            Stmt::Expr(_) => "",
            Stmt::Collect(_) => "collect ",
            Stmt::Return(_) => "return ",
            Stmt::Throw(_) => "throw ",
            Stmt::Break(_) => "break",
            Stmt::Continue(_) => "continue",
            Stmt::If { .. } => "if ",
            Stmt::Try { .. } => "try",
            Stmt::With { .. } => "with ",
            Stmt::Switch { .. } => "switch ",
            Stmt::Block(_) => "block",
            Stmt::Function(_) => "def ",
            Stmt::Class(_) => "class ",
            Stmt::Import(_) => "import ",
            Stmt::Empty => "pass",
            Stmt::Loop(_) => "",
        };
        self.out.push_str(word);
        match stmt {
            Stmt::Expr(e) | Stmt::Collect(e) => self.expr(e)?,
            Stmt::Return(e) | Stmt::Throw(e) => {
                if let Some(e) = e {
                    self.expr(e)?;
                }
            }
            Stmt::Break(Some(lp)) | Stmt::Continue(Some(lp)) => write!(self.out, " L{}", lp.0)?,
            Stmt::If { test, .. } => self.expr(test)?,
            Stmt::With { items, .. } => self.list("", items, "")?,
            Stmt::Switch {
                subject,
                exhaustive,
                ..
            } => {
                self.expr(subject)?;
                if exhaustive {
                    self.out.push_str(" exhaustive");
                }
            }
            Stmt::Function(f) => write!(self.out, "fn#{}", f.0)?,
            Stmt::Class(c) => {
                let name = module.class(c).name;
                self.out.push_str(name.map_or("_", |n| module.text(n)));
            }
            Stmt::Import(i) => {
                let module_name = module.imports[i.index()].module;
                self.out.push_str(module.text(module_name));
            }
            _ => {}
        }
        let trimmed = self.out.trim_end_matches(' ').len();
        self.out.truncate(trimmed);
        self.out.push('\n');
        match stmt {
            Stmt::If {
                then, otherwise, ..
            } => {
                self.block(then, depth + 1)?;
                if let Some(block) = otherwise {
                    self.line(depth, "else");
                    self.block(block, depth + 1)?;
                }
            }
            Stmt::Try {
                body,
                handlers,
                finally,
            } => {
                self.block(body, depth + 1)?;
                self.line(depth, "handlers");
                self.block(handlers, depth + 1)?;
                if let Some(block) = finally {
                    self.line(depth, "finally");
                    self.block(block, depth + 1)?;
                }
            }
            Stmt::With { body, .. } | Stmt::Block(body) => self.block(body, depth + 1)?,
            Stmt::Switch { cases, .. } => self.block(cases, depth + 1)?,
            _ => {}
        }
        Ok(())
    }

    fn lp(&mut self, id: LoopId, depth: usize) -> fmt::Result {
        let lp = self.module.lp(id);
        self.indent(depth);
        write!(self.out, "L{} ", id.0)?;
        self.loop_head(id)?;
        self.out.push('\n');
        self.block(lp.body, depth + 1)
    }

    fn loop_head(&mut self, id: LoopId) -> fmt::Result {
        let lp = self.module.lp(id);
        self.out.push_str(match lp.kind {
            LoopKind::Counted => "counted",
            LoopKind::Each => "each",
            LoopKind::EachKey => "each key",
            LoopKind::While => "while",
            LoopKind::Comprehension => "comprehension",
            LoopKind::Callback => "callback",
        });
        if lp.is_async {
            self.out.push_str(" async");
        }
        if lp.concurrency == Concurrency::Concurrent {
            self.out.push_str(" concurrent");
        }
        if lp.goes_in_turn {
            self.out.push_str(" in turn");
        }
        if let Some(element) = lp.element {
            self.out.push(' ');
            self.expr(element)?;
        }
        for (word, part) in [
            (" over ", lp.over),
            (" test ", lp.test),
            (" update ", lp.update),
        ] {
            if let Some(part) = part {
                self.out.push_str(word);
                self.expr(part)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, open: &str, list: ExprList, close: &str) -> fmt::Result {
        self.out.push_str(open);
        for (i, &e) in self.module.list(list).iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.expr(e)?;
        }
        self.out.push_str(close);
        Ok(())
    }

    fn expr(&mut self, id: ExprId) -> fmt::Result {
        let module = self.module;
        match module.expr(id) {
            Expr::Unknown(parts) => self.list("?{", parts, "}"),
            Expr::Name(name) => write!(self.out, "'{}'", module.text(name)),
            Expr::Local(local) => {
                let local = module.local(local);
                self.out.push_str(module.text(local.name));
                if let LocalKind::Catch = local.kind {
                    self.out.push_str("(caught)");
                }
                Ok(())
            }
            Expr::This => self.out.write_str("this"),
            Expr::Super => self.out.write_str("super"),
            Expr::Number(n) => write!(self.out, "{n}"),
            Expr::Float => self.out.write_str("float"),
            Expr::String(text) => write!(self.out, "{:?}", module.text(text)),
            Expr::Template(parts) => self.list("`", parts, "`"),
            Expr::Regex(text) => write!(self.out, "/{}/", module.text(text)),
            Expr::Bool(value) => write!(self.out, "{value}"),
            Expr::Null => self.out.write_str("null"),
            Expr::Sequence { kind, elements } => match kind {
                SequenceKind::List => self.list("[", elements, "]"),
                SequenceKind::Tuple => self.list("(", elements, ")"),
                SequenceKind::Set => self.list("{", elements, "}"),
            },
            Expr::Map(entries) => self.list("{|", entries, "|}"),
            Expr::Keyword { name, value } => {
                write!(self.out, "{}: ", module.text(name))?;
                self.expr(value)
            }
            Expr::Entry { key, value } => {
                self.out.push('[');
                self.expr(key)?;
                self.out.push_str("]: ");
                self.expr(value)
            }
            Expr::Spread(value) => {
                self.out.push_str("...");
                self.expr(value)
            }
            Expr::Member { object, name } => {
                self.expr(object)?;
                write!(self.out, ".{}", module.text(name))
            }
            Expr::Index { object, index } => {
                self.expr(object)?;
                self.out.push('[');
                self.expr(index)?;
                self.out.push(']');
                Ok(())
            }
            Expr::Slice(parts) => self.list("slice(", parts, ")"),
            Expr::Call { kind, callee, args } => {
                self.out.push_str(match kind {
                    CallKind::New => "new ",
                    CallKind::Tagged => "tagged ",
                    CallKind::Jsx => "jsx ",
                    CallKind::Import => "import ",
                    CallKind::Implicit => "implicit ",
                    CallKind::Plain | CallKind::Optional => "",
                });
                self.expr(callee)?;
                if kind == CallKind::Optional {
                    self.out.push('?');
                }
                self.list("(", args, ")")?;
                let lp = module.loops.iter().position(|lp| lp.call == Some(id));
                if let Some(lp) = lp {
                    write!(self.out, " ⟳L{lp}")?;
                    if module.loops[lp].concurrency == Concurrency::Concurrent {
                        self.out.push_str(" concurrent");
                    }
                }
                Ok(())
            }
            Expr::Await(value) => {
                self.out.push_str("await ");
                self.expr(value)
            }
            Expr::Yield(value) => {
                self.out.push_str("yield ");
                value.map_or(Ok(()), |value| self.expr(value))
            }
            Expr::Function(f) => write!(self.out, "fn#{}", f.0),
            Expr::Class(c) => write!(self.out, "class#{}", c.0),
            Expr::Unary { op, operand } => {
                self.out.push_str(match op {
                    UnaryOp::Not => "not ",
                    UnaryOp::Negate => "-",
                    UnaryOp::TypeOf => "typeof ",
                    UnaryOp::Delete => "delete ",
                    UnaryOp::Other => "<op> ",
                });
                self.expr(operand)
            }
            Expr::Binary { op, left, right } => self.infix(left, &format!(" {op} "), right),
            Expr::Logical { op, left, right } => {
                let op = match op {
                    LogicalOp::And => " and ",
                    LogicalOp::Or => " or ",
                    LogicalOp::Coalesce => " ?? ",
                    LogicalOp::Default => " default ",
                };
                self.infix(left, op, right)
            }
            Expr::Conditional {
                test,
                then,
                otherwise,
            } => {
                self.out.push('(');
                self.expr(test)?;
                self.out.push_str(" ? ");
                self.expr(then)?;
                self.out.push_str(" : ");
                self.expr(otherwise)?;
                self.out.push(')');
                Ok(())
            }
            Expr::Assign { op, target, value } => {
                self.expr(target)?;
                match op {
                    Some(op) => write!(self.out, " {op}= ")?,
                    None => self.out.push_str(" = "),
                }
                self.expr(value)
            }
            Expr::Comprehension { kind, lp } => {
                self.out.push_str(match kind {
                    ComprehensionKind::List => "list",
                    ComprehensionKind::Set => "set",
                    ComprehensionKind::Map => "map",
                    ComprehensionKind::Generator => "generator",
                });
                write!(self.out, "<L{} ", lp.0)?;
                self.loop_head(lp)?;
                self.out.push_str(": ");
                self.inline_block(module.lp(lp).body)?;
                self.out.push('>');
                Ok(())
            }
            Expr::Element(lp) => write!(self.out, "<L{}>", lp.0),
            Expr::Param(i) => write!(self.out, "<param {i}>"),
            Expr::Entered(value) => {
                self.out.push_str("entered ");
                self.expr(value)
            }
        }
    }

    fn infix(&mut self, left: ExprId, op: &str, right: ExprId) -> fmt::Result {
        self.out.push('(');
        self.expr(left)?;
        self.out.push_str(op);
        self.expr(right)?;
        self.out.push(')');
        Ok(())
    }

    /// The body of a comprehension, on one line.
    fn inline_block(&mut self, id: BlockId) -> fmt::Result {
        let module = self.module;
        for (i, &stmt) in module.block(id).stmts.iter().enumerate() {
            if i > 0 {
                self.out.push_str("; ");
            }
            match module.stmt(stmt) {
                Stmt::Collect(e) => {
                    self.out.push_str("collect ");
                    self.expr(e)?;
                }
                Stmt::Expr(e) => self.expr(e)?,
                Stmt::If { test, then, .. } => {
                    self.out.push_str("if ");
                    self.expr(test)?;
                    self.out.push_str(" { ");
                    self.inline_block(then)?;
                    self.out.push_str(" }");
                }
                Stmt::Loop(lp) => {
                    write!(self.out, "L{} ", lp.0)?;
                    self.loop_head(lp)?;
                    self.out.push_str(": ");
                    self.inline_block(module.lp(lp).body)?;
                }
                _ => self.out.push('…'),
            }
        }
        Ok(())
    }
}
