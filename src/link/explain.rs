//! What stands in a line of code, as the link step sees it: `--explain-silence`.

use super::call_graph::{ActKind, Call, Callee};
use super::cardinality::Cardinality;
use super::program::{Function, Loop, Program, verb_of};
use super::types::{Base, FunctionRef, Type};
use crate::finding::Confidence;
use crate::ir::{CallKind, Concurrency, Expr, ExprId, LoopId};
use crate::source::{FileId, LineIndex, SourceFile};

impl Program {
    /// The loops, calls and awaits of a file, one line of text each, those of one line or all.
    pub fn explain(&self, files: &[SourceFile], file: FileId, line: Option<u32>) -> Vec<String> {
        let source = &files[file.index()];
        let lines = LineIndex::new(&source.text);
        let module = &self.world.unit(file).facts.module;
        let mut found: Vec<(u32, u32, String)> = Vec::new();
        for (i, lp) in module.loops.iter().enumerate() {
            let at = lines.line(lp.span.start);
            if line.is_none_or(|line| line == at) {
                let function = Function {
                    program: self,
                    file,
                    id: lp.function,
                };
                let id = LoopId(i as u32);
                let lp = Loop { function, id };
                found.push((at, module.lp(id).span.start, describe_loop(lp)));
            }
        }
        for function in self.functions(file) {
            for site in function.facts().sites(function.id) {
                let (position, text) = match module.expr(site.expr) {
                    Expr::Call {
                        kind: CallKind::Jsx | CallKind::Import | CallKind::Implicit,
                        ..
                    } => continue,
                    // A call in a chain stands where its own name does.
                    Expr::Call { callee, .. } => (module.span(callee).end.saturating_sub(1), None),
                    _ => (module.span(site.expr).start, Some("await".to_owned())),
                };
                let at = lines.line(position);
                if line.is_some_and(|line| line != at) {
                    continue;
                }
                let text = text.unwrap_or_else(|| describe_call(function, site.expr, files));
                let text = format!("{text}{}", describe_effects(function, site.expr));
                let text = format!("{text}{}", describe_queries(function, site.expr));
                let text = match site.lp {
                    Some(lp) => {
                        let head = module.lp(lp).span.start;
                        format!("{text}; in the loop of line {}", lines.line(head))
                    }
                    None => text,
                };
                found.push((at, position, text));
            }
        }
        found.sort();
        found
            .into_iter()
            .map(|(at, _, text)| format!("{}:{at}: {text}", source.path))
            .collect()
    }
}

/// The queries that are asked at a call or await.
fn describe_queries(function: Function<'_>, expr: ExprId) -> String {
    let mut found = String::new();
    for act in function.acts().iter().filter(|act| act.expr == expr) {
        for asked in function.queries_at(act) {
            let sometimes = match asked.optional.len() {
                0 => String::new(),
                n => format!(", and {n} conditions at times"),
            };
            found += "; asks: ";
            found += &asked.query.to_string();
            found += &sometimes;
        }
    }
    found
}

fn describe_loop(lp: Loop<'_>) -> String {
    let size = match lp.cardinality() {
        Cardinality::Fixed => "a fixed number of trips",
        Cardinality::Batches => "one trip per batch",
        Cardinality::Unknown => "as many trips as a value of unknown size has elements",
        Cardinality::Rows => "one trip per row",
    };
    let order = match lp.head().concurrency {
        Concurrency::Sequential => "one after the other",
        Concurrency::Concurrent => "all at once",
    };
    format!("loop: {size}, {order}")
}

fn describe_call(function: Function<'_>, expr: ExprId, files: &[SourceFile]) -> String {
    let name = function.callee_text(expr);
    let Some(call) = function.call_at(expr) else {
        return format!("call `{name}`");
    };
    let target = describe_callee(function, expr, call, files);
    let sure = match call.confidence {
        Confidence::High => "",
        Confidence::Medium => " (inferred)",
        Confidence::Low => " (by name)",
    };
    format!("call `{name}` -> {target}{sure}")
}

fn describe_callee(
    function: Function<'_>,
    expr: ExprId,
    call: &Call,
    files: &[SourceFile],
) -> String {
    let program = function.program;
    match &call.callee {
        Callee::Function(target) => describe_function(program, *target, files),
        Callee::Constructor(class, target) => {
            let module = &program.world.unit(class.file).facts.module;
            let declared = module.class(class.class);
            let name = declared.name.map_or("a class", |name| module.text(name));
            match target {
                Some(target) => {
                    format!("new {name}, {}", describe_function(program, *target, files))
                }
                None => format!("new {name} of {}", files[class.file.index()].path),
            }
        }
        Callee::Model(id) => format!("library {}", program.world.models.call(*id).package),
        Callee::External(_) => "a package without a model".to_owned(),
        Callee::Param(position) => format!("parameter {} of this function", position + 1),
        Callee::Unknown => {
            let Expr::Call { callee, .. } = function.module().expr(expr) else {
                return "not resolved".to_owned();
            };
            match function.module().expr(callee) {
                Expr::Member { object, .. } => format!(
                    "not resolved, called on {}",
                    describe_type(program, function.type_of(object), files)
                ),
                _ => "not resolved".to_owned(),
            }
        }
    }
}

fn describe_function(program: &Program, at: FunctionRef, files: &[SourceFile]) -> String {
    let function = program.function(at);
    let file = &files[at.file.index()];
    let line = LineIndex::new(&file.text).line(function.declared().name_span.start);
    let name = function.name().unwrap_or_else(|| "a function".to_owned());
    format!("`{name}` of {}:{line}", file.path)
}

fn describe_type(program: &Program, ty: Type, files: &[SourceFile]) -> String {
    let base = match ty.base {
        Base::Unknown if ty.is_bare() => return "a value of unknown type".to_owned(),
        Base::Instance(class) | Base::Class(class) => {
            let name = program.world.class_name(class).unwrap_or("a class");
            format!("{name} of {}", files[class.file.index()].path)
        }
        Base::Model(id, _) | Base::ModelClass(id, _) => program.world.models.ty(id).name.clone(),
        Base::File(file) => format!("module {}", files[file.index()].path),
        Base::Str => "a string".to_owned(),
        Base::Num => "a number".to_owned(),
        Base::Bool => "a truth value".to_owned(),
        Base::Null => "null".to_owned(),
        Base::Literal(_) | Base::Shaped(_) | Base::Made(_) => "an object".to_owned(),
        Base::Function(_) | Base::Signature(_) | Base::Method(..) => "a function".to_owned(),
        Base::External | Base::Path(_) => "something of a package without a model".to_owned(),
        Base::Folder(_) | Base::Unknown => "elements of unknown type".to_owned(),
    };
    match ty.wrapper() {
        Some(wrapper) => format!("a {} of {base}", format!("{wrapper:?}").to_lowercase()),
        None => base,
    }
}

/// What an expression does: `: queries`, `: queries 2 calls below`.
fn describe_effects(function: Function<'_>, expr: ExprId) -> String {
    let mut parts: Vec<String> = Vec::new();
    for act in function.acts().iter().filter(|act| act.expr == expr) {
        match &act.kind {
            ActKind::Effect { effect, .. } => parts.push(verb_of(*effect).to_owned()),
            ActKind::Call(target) => {
                for fact in &function.program.summary(*target).effects {
                    parts.push(format!("{} below", verb_of(fact.effect)));
                }
            }
        }
        if act.is_memoized {
            parts.push("once per key".to_owned());
        }
    }
    parts.dedup();
    if parts.is_empty() {
        return String::new();
    }
    format!(": {}", parts.join(", "))
}
