//! How many times a loop runs: a fixed number, one per batch, or as the data grows.

mod across;
mod counts;
mod names;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use self::across::{Part, Through};
use self::names::{is_batching, is_constant_name, is_metadata};
use super::infer::Typer;
use super::models::Bounded;
use super::program::Program;
use super::types::{Base, Type};
use super::world::ValueRef;
use crate::analysis::def_use::Def;
use crate::ir::{
    CallKind, Expr, ExprId, LocalId, LocalKind, LoopId, LoopKind, MODULE_BODY, Module,
};
use crate::source::FileId;

/// Expressions looked at to find what a counter counts.
const MAX_TRACED: usize = 64;

/// Steps after which a value is not followed into another file.
const MAX_HOPS: u32 = 12;

/// How a loop's trips are bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// The program's text or an explicit limit bounds it.
    Fixed,
    /// One trip per batch, page or chunk: the cure.
    Batches,
    /// Not decided: a parameter, an attribute, the result of something unknown.
    Unknown,
    /// As many as there are rows.
    Rows,
}

/// How the trips of the loops of one file are bounded, as far as someone has asked.
pub(super) type LoopSizes = Box<[OnceLock<Cardinality>]>;

impl Program {
    /// How the trips of a loop are bounded.
    pub fn cardinality(&self, file: FileId, lp: LoopId) -> Cardinality {
        let sizes = self.sizes[file.index()].get_or_init(|| {
            let loops = &self.world.unit(file).facts.module.loops;
            loops.iter().map(|_| OnceLock::new()).collect()
        });
        *sizes[lp.index()].get_or_init(|| self.find_cardinality(file, lp))
    }

    fn find_cardinality(&self, file: FileId, lp: LoopId) -> Cardinality {
        let module = &self.world.unit(file).facts.module;
        let head = module.lp(lp);
        let mut tracer = Tracer::new(self, file);
        match head.kind {
            LoopKind::While | LoopKind::Counted => tracer.condition(lp),
            _ => match head.over {
                Some(over) => tracer.collection(over),
                None => Cardinality::Unknown,
            },
        }
    }

    /// How many elements the value of an expression has.
    pub fn size_of(&self, file: FileId, expr: ExprId) -> Cardinality {
        Tracer::new(self, file).collection(expr)
    }
}

struct Tracer<'p> {
    program: &'p Program,
    file: FileId,
    typer: Typer<'p>,
    known: FxHashMap<ExprId, Cardinality>,
    depth: u32,
    /// The calls through which functions were entered, the last one innermost.
    through: Vec<Through>,
}

impl<'p> Tracer<'p> {
    fn new(program: &'p Program, file: FileId) -> Self {
        Self {
            program,
            file,
            typer: Typer::new(&program.world, file),
            known: FxHashMap::default(),
            depth: 0,
            through: Vec::new(),
        }
    }

    /// `while` and `for (;;)`: bounded by data only if the test says so.
    fn condition(&mut self, lp: LoopId) -> Cardinality {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let head = module.lp(lp);
        let Some(test) = head.test else {
            return Cardinality::Fixed;
        };
        if self.matches_on(test) {
            return Cardinality::Unknown;
        }
        let (left, right) = match module.expr(test) {
            Expr::Binary { left, right, .. } => (left, right),
            // `while (queue.length)`, `while queue`: as long as something is left in it.
            _ => (test, test),
        };
        for side in [right, left] {
            if let Some(collection) = self.measured(side) {
                let size = self.collection(collection);
                let size = match module.expr(test) {
                    // Until it is empty: as often as something is put in.
                    Expr::Member { .. } => widest(Cardinality::Unknown, size),
                    _ => size,
                };
                // `i += BATCH` steps over batches.
                if let Some(update) = head.update
                    && let Expr::Assign {
                        op: Some(_), value, ..
                    } = module.expr(update)
                    && module.expr(value) != Expr::Number(1)
                {
                    return Cardinality::Batches;
                }
                return size;
            }
        }
        // `while pending`: until nothing is left in it.
        if matches!(module.expr(test), Expr::Local(_)) {
            // A list assigned anew from the last one is walked level by level: one trip each.
            if self.is_drained(test) {
                return widest(Cardinality::Unknown, self.collection(test));
            }
        }
        Cardinality::Fixed
    }

    /// `while ((match = pattern.exec(text)))`: once for each place of the text that fits.
    fn matches_on(&self, test: ExprId) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        let mut at = test;
        loop {
            at = match module.expr(at) {
                Expr::Binary { left, .. } => left,
                Expr::Assign { value, .. } => value,
                Expr::Call { callee, .. } => {
                    return matches!(module.expr(callee), Expr::Member { name, .. }
                        if module.text(name) == "exec");
                }
                _ => return false,
            };
        }
    }

    /// Whether elements are taken out of the collection that a name holds.
    fn is_drained(&self, expr: ExprId) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        let local = module.expr(expr);
        module.sites.iter().any(|site| {
            let Expr::Call { callee, .. } = module.expr(site.expr) else {
                return false;
            };
            matches!(module.expr(callee), Expr::Member { object, name }
                if matches!(module.text(name), "pop" | "popleft" | "shift" | "popitem")
                    && module.expr(object) == local)
        })
    }

    /// The collection whose length an expression is: `xs.length`, `len(xs)`, a number counted
    /// from one.
    fn measured(&self, expr: ExprId) -> Option<ExprId> {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let mut open = vec![expr];
        // A counter is made of itself: each expression is asked once.
        let mut seen = vec![expr];
        while let Some(at) = open.pop() {
            let mut push = |next: ExprId| {
                if seen.len() < MAX_TRACED && !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            };
            match module.expr(at) {
                Expr::Member { object, name } if matches!(module.text(name), "length" | "size") => {
                    return Some(object);
                }
                Expr::Call { callee, args, .. } => {
                    if let (Expr::Name(name), &[argument]) =
                        (module.expr(callee), module.list(args))
                        && module.text(name) == "len"
                    {
                        return Some(argument);
                    }
                }
                Expr::Binary { left, .. } => push(left),
                Expr::Local(_) => {
                    if let Some(def) = facts.def_use.reaching(at) {
                        facts.def_use.any_source(def, |_, def| {
                            if let Def::Value { value, .. } = def
                                && !matches!(module.expr(*value), Expr::Local(_))
                            {
                                push(*value);
                            }
                            false
                        });
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn collection(&mut self, expr: ExprId) -> Cardinality {
        if let Some(&known) = self.known.get(&expr) {
            return known;
        }
        if self.depth > 40 {
            return Cardinality::Unknown;
        }
        // A collection made of itself is as large as what else goes in.
        self.known.insert(expr, Cardinality::Fixed);
        let size = self.collection_or_type(expr);
        self.known.insert(expr, size);
        size
    }

    fn collection_or_type(&mut self, expr: ExprId) -> Cardinality {
        if self.is_metadata(expr) || self.is_of_fixed_element(expr) {
            return Cardinality::Fixed;
        }
        self.depth += 1;
        let size = self.collection_of(expr);
        self.depth -= 1;
        if size == Cardinality::Unknown {
            let ty = self.typer.of(expr);
            // What a class lists when it is walked itself, its text says: an enum, choices.
            let module = &self.program.world.unit(self.file).facts.module;
            let is_call = matches!(module.expr(expr), Expr::Call { .. });
            if let (true, false, Base::Class(class)) = (ty.is_bare(), is_call, ty.base) {
                // A table stands for all its rows.
                return match self.program.world.entities.table(class) {
                    Some(_) => Cardinality::Rows,
                    None => Cardinality::Fixed,
                };
            }
            return self.by_type(ty);
        }
        size
    }

    /// Whether a path leads through what a class says of itself: as long as its source.
    fn is_metadata(&self, expr: ExprId) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        let mut at = expr;
        loop {
            match module.expr(at) {
                Expr::Member { object, name } => {
                    if is_metadata(module.text(name)) {
                        return true;
                    }
                    at = object;
                }
                Expr::Call { callee, .. } => {
                    if let Expr::Member { name, .. } = module.expr(callee)
                        && matches!(module.text(name), "get_models" | "get_app_configs")
                    {
                        return true;
                    }
                    at = callee;
                }
                Expr::Index { object, .. } => at = object,
                _ => return false,
            }
        }
    }

    /// Whether a path leads from the element of a loop over something written in the program.
    fn is_of_fixed_element(&mut self, expr: ExprId) -> bool {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let mut at = expr;
        while let Expr::Member { object, .. } | Expr::Index { object, .. } = module.expr(at) {
            at = object;
        }
        if at == expr || self.depth > 20 {
            return false;
        }
        let Some(def) = facts.def_use.reaching(at) else {
            return false;
        };
        let Def::Value { value, .. } = facts.def_use.def(def) else {
            return false;
        };
        let Expr::Element(lp) = module.expr(*value) else {
            return false;
        };
        self.depth += 1;
        let over = module.lp(lp).over;
        let is_fixed = over.is_some_and(|over| self.collection(over) == Cardinality::Fixed);
        self.depth -= 1;
        is_fixed
    }

    /// Rows, if the type says that they come from a query.
    fn by_type(&mut self, ty: Type) -> Cardinality {
        let models = &self.program.world.models;
        match ty.base {
            Base::Model(id, _) if ty.is_bare() => match models.iterate(id) {
                Some(model) if model.effect.is_some() => Cardinality::Rows,
                Some(model) if model.is_bounded => Cardinality::Fixed,
                _ => Cardinality::Unknown,
            },
            Base::Class(class) if ty.is_bare() && self.program.world.is_enum(class) => {
                Cardinality::Fixed
            }
            _ => Cardinality::Unknown,
        }
    }

    /// Whether a name that an import binds is written as types are.
    fn names_type(&self, expr: ExprId) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        let Expr::Local(local) = module.expr(expr) else {
            return false;
        };
        let local = module.local(local);
        matches!(local.kind, LocalKind::Import(_))
            && module
                .text(local.name)
                .starts_with(|c: char| c.is_ascii_uppercase())
    }

    fn collection_of(&mut self, expr: ExprId) -> Cardinality {
        let world = &self.program.world;
        let facts = &world.unit(self.file).facts;
        let module = &facts.module;
        match module.expr(expr) {
            Expr::Sequence { elements, .. } => {
                let elements = module.list(elements);
                let mut size = Cardinality::Fixed;
                for &element in elements {
                    if let Expr::Spread(inner) = module.expr(element) {
                        size = widest(size, self.collection(inner));
                    }
                }
                size
            }
            Expr::Map(entries) => {
                let mut size = Cardinality::Fixed;
                for &entry in module.list(entries) {
                    if let Expr::Spread(inner) = module.expr(entry) {
                        size = widest(size, self.collection(inner));
                    }
                }
                size
            }
            Expr::String(_) | Expr::Number(_) => Cardinality::Fixed,
            Expr::Local(local) => self.local(expr, local),
            Expr::Member { object, name } => {
                let text = module.text(name);
                if is_constant_name(text) || matches!(text, "environ" | "argv") {
                    return Cardinality::Fixed;
                }
                if text == "page_range" {
                    return Cardinality::Batches;
                }
                self.field(object, text)
            }
            Expr::Name(name) => {
                if is_constant_name(module.text(name)) {
                    return Cardinality::Fixed;
                }
                Cardinality::Unknown
            }
            Expr::Index { object, index } => match module.expr(index) {
                Expr::Slice(parts) => {
                    let parts = module.list(parts);
                    let has_upper = parts.get(1).is_some_and(|&p| {
                        !matches!(module.expr(p), Expr::Null | Expr::Unary { .. })
                    });
                    if has_upper {
                        Cardinality::Fixed
                    } else {
                        self.collection(object)
                    }
                }
                Expr::Number(at) => self.part(object, Part::At(at)),
                Expr::String(key) => self.part(object, Part::Key(module.text(key))),
                _ => Cardinality::Unknown,
            },
            Expr::Call {
                kind: CallKind::Implicit,
                callee,
                ..
            } if !self.typer.callee(expr).is_callable() => self.collection(callee),
            Expr::Call { .. } => self.call(expr),
            Expr::Await(inner) | Expr::Spread(inner) | Expr::Assign { value: inner, .. } => {
                self.collection(inner)
            }
            Expr::Logical { left, right, .. } => {
                let left = self.collection(left);
                // `xs or []`: the empty default says nothing.
                let right = self.collection(right);
                widest(left, right)
            }
            Expr::Conditional {
                then, otherwise, ..
            } => {
                let then = self.collection(then);
                widest(then, self.collection(otherwise))
            }
            Expr::Binary { left, right, .. } => {
                let left = self.collection(left);
                widest(left, self.collection(right))
            }
            Expr::Comprehension { lp, .. } => match module.lp(lp).over {
                Some(over) => self.collection(over),
                None => Cardinality::Unknown,
            },
            _ => Cardinality::Unknown,
        }
    }

    /// A member: of a module of the project, or of a receiver whose class writes it out.
    fn field(&mut self, object: ExprId, name: &str) -> Cardinality {
        let world = &self.program.world;
        let base = self.typer.of(object).base;
        if let Base::File(file) = base {
            let found = world.exported_value(file, name);
            return found.map_or(Cardinality::Unknown, |at| self.elsewhere(at));
        }
        let facts = &world.unit(self.file).facts;
        let module = &facts.module;
        let Some(class) = module.receiver_class(object) else {
            return self.part(object, Part::Key(name));
        };
        let is_assigned = facts
            .self_fields
            .iter()
            .any(|field| field.class == class && module.text(field.name) == name);
        let fields = &module.class(class).fields;
        let written = fields.iter().find(|field| module.text(field.name) == name);
        match written.and_then(|field| field.value) {
            Some(value) if !is_assigned && !self.is_filled(name) => self.collection(value),
            _ => Cardinality::Unknown,
        }
    }

    /// Whether elements are added to a member of this name.
    fn is_filled(&self, member: &str) -> bool {
        let module = &self.program.world.unit(self.file).facts.module;
        module.sites.iter().any(|site| {
            added_to(module, site.expr).is_some_and(|object| {
                matches!(module.expr(object), Expr::Member { name, .. }
                    if module.text(name) == member)
            })
        }) || stores_by_key(
            module,
            |object| matches!(module.expr(object), Expr::Member { name, .. } if module.text(name) == member),
        )
    }

    fn local(&mut self, expr: ExprId, local: LocalId) -> Cardinality {
        let world = &self.program.world;
        let facts = &world.unit(self.file).facts;
        let module = &facts.module;
        let declared = module.local(local);
        let is_module_level = declared.function == MODULE_BODY;
        if is_constant_name(module.text(declared.name))
            && (is_module_level || matches!(declared.kind, LocalKind::Import(_)))
        {
            return Cardinality::Fixed;
        }
        if let LocalKind::Import(import) = declared.kind {
            let found = world.imported_value(self.file, import);
            return found.map_or(Cardinality::Unknown, |at| self.elsewhere(at));
        }
        if let LocalKind::Class(_) = declared.kind {
            return Cardinality::Unknown;
        }
        let Some(def) = facts.def_use.reaching(expr) else {
            return Cardinality::Unknown;
        };
        let mut values = Vec::new();
        let mut params = Vec::new();
        let mut is_open = false;
        facts.def_use.any_source(def, |_, def| {
            match def {
                Def::Value { value, .. } => values.push(*value),
                Def::Augmented { .. } => is_open = true,
                Def::Entry { local, function } => {
                    if module.local(*local).function == *function {
                        match module.local(*local).kind {
                            LocalKind::Variable => {}
                            LocalKind::Param(param) => params.push((*function, param)),
                            _ => is_open = true,
                        }
                    } else {
                        match facts.def_use.single_value(*local) {
                            Some(value) => values.push(value),
                            None => is_open = true,
                        }
                    }
                }
                _ => {}
            }
            false
        });
        if values.is_empty() && params.is_empty() {
            return Cardinality::Unknown;
        }
        let mut size = Cardinality::Fixed;
        for value in values {
            size = widest(size, self.collection(value));
        }
        for (function, param) in params {
            size = widest(size, self.given(function, param));
        }
        if (is_open || self.grows(local)) && size == Cardinality::Fixed {
            return Cardinality::Unknown;
        }
        size
    }

    /// The size of a module-level value of another file.
    fn elsewhere(&mut self, at: ValueRef) -> Cardinality {
        if self.depth > MAX_HOPS {
            return Cardinality::Unknown;
        }
        let mut tracer = Tracer::new(self.program, at.file);
        tracer.depth = self.depth + 1;
        tracer.through.clone_from(&self.through);
        if tracer.grows(at.local) {
            return Cardinality::Unknown;
        }
        tracer.collection(at.value)
    }

    /// Whether elements are added to the collection that a name holds.
    fn grows(&self, local: LocalId) -> bool {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        let is_it = |object: ExprId| module.expr(object) == Expr::Local(local);
        let mut sites = module.sites.iter();
        if sites.any(|site| added_to(module, site.expr).is_some_and(is_it)) {
            return true;
        }
        // `xs[key] = value`
        let owner = module.function(module.local(local).function);
        owner.exprs.iter().any(|id| match module.expr(id) {
            Expr::Assign { target, .. } => {
                matches!(module.expr(target), Expr::Index { object, index } if is_it(object)
                    && !matches!(module.expr(index), Expr::String(_) | Expr::Number(_)))
            }
            _ => false,
        })
    }

    fn call(&mut self, expr: ExprId) -> Cardinality {
        let world = &self.program.world;
        let facts = &world.unit(self.file).facts;
        let module = &facts.module;
        let Expr::Call { callee, args, .. } = module.expr(expr) else {
            return Cardinality::Unknown;
        };
        let args = module.list(args);
        let (object, name) = match module.expr(callee) {
            Expr::Name(name) => (None, module.text(name)),
            Expr::Local(local) => (None, module.text(module.local(local).name)),
            Expr::Member { object, name } => (Some(object), module.text(name)),
            Expr::Index { .. } => (None, ""),
            _ => return Cardinality::Unknown,
        };
        if is_batching(name) {
            return Cardinality::Batches;
        }
        match (object, name) {
            (None, "range") => return self.range(args),
            (
                None,
                "list" | "tuple" | "set" | "sorted" | "reversed" | "enumerate" | "iter"
                | "frozenset" | "dict" | "filter" | "map" | "cast" | "Set" | "Map",
            ) => {
                let Some(&over) = args.last() else {
                    return Cardinality::Fixed;
                };
                let over = if matches!(name, "enumerate" | "sorted" | "list") {
                    args[0]
                } else {
                    over
                };
                return self.collection(over);
            }
            (None, "zip") => {
                let sizes: Vec<_> = args.iter().map(|&a| self.collection(a)).collect();
                return sizes
                    .into_iter()
                    .min_by_key(|s| rank(*s))
                    .unwrap_or(Cardinality::Fixed);
            }
            (Some(object), "keys" | "values" | "entries" | "from" | "assign")
                if matches!(module.expr(object), Expr::Name(n)
                    if matches!(module.text(n), "Object" | "Array" | "Map" | "Set")) =>
            {
                let Some(&over) = args.first() else {
                    return Cardinality::Fixed;
                };
                // `Object.values(Status)` of an enum that a package made.
                if self.names_type(over) {
                    return Cardinality::Fixed;
                }
                return self.collection(over);
            }
            (Some(_), "all" | "allSettled" | "gather") if self.joins(callee) => {
                return self.joined(args);
            }
            (Some(object), "split" | "matchAll" | "splitlines") => {
                return if self.is_environment(object) {
                    Cardinality::Fixed
                } else {
                    Cardinality::Unknown
                };
            }
            (
                Some(object),
                "items" | "keys" | "values" | "entries" | "filter" | "map" | "sort" | "reverse"
                | "flat" | "flatMap" | "toSorted" | "copy" | "concat",
            ) if !matches!(self.typer.of(object).base, Base::Model(..) | Base::Path(_)) => {
                return self.collection(object);
            }
            (Some(object), "slice") => {
                return if args.len() > 1 {
                    Cardinality::Fixed
                } else {
                    self.collection(object)
                };
            }
            _ => {}
        }
        let Some((model, _)) = self.typer.called_model(expr) else {
            return self.answered(expr, callee);
        };
        if let Some(bounded) = &model.bounded {
            let holds = match bounded {
                Bounded::Always => true,
                given => self.typer.is_given(expr, given),
            };
            // The limit of a function that hands on what it is given may be none.
            if holds && !self.through.is_empty() && *bounded != Bounded::Always {
                return Cardinality::Unknown;
            }
            if holds {
                return Cardinality::Fixed;
            }
        }
        if model.effect.is_some() && model.rows == Some(super::models::Rows::Many) {
            let sql = model
                .sql
                .and_then(|at| self.typer.argument(expr, at.into()));
            // `zrange(key, 0, 20)`
            let last = model
                .range
                .and_then(|first| self.typer.argument(expr, usize::from(first) + 1));
            let is_cut = last.is_some_and(|last| matches!(module.expr(last), Expr::Number(0..)));
            if is_cut || sql.is_some_and(|sql| self.has_limit(sql)) {
                return Cardinality::Fixed;
            }
            return Cardinality::Rows;
        }
        // A builder: bounded if a call earlier in the chain is.
        match object {
            Some(object)
                if matches!(module.expr(object), Expr::Call { .. } | Expr::Index { .. }) =>
            {
                self.collection(object)
            }
            _ => Cardinality::Unknown,
        }
    }

    /// Whether SQL text ends with a limit: one in a subquery bounds nothing.
    fn has_limit(&self, sql: ExprId) -> bool {
        let facts = &self.program.world.unit(self.file).facts;
        facts.any_origin(sql, |id| match facts.module.expr(id) {
            Expr::String(text) => {
                let text = facts.module.text(text);
                let last = text.rsplit(')').next().unwrap_or(text);
                last.split_whitespace()
                    .any(|word| word.eq_ignore_ascii_case("limit"))
            }
            _ => false,
        })
    }

    /// Whether a value comes from the process's environment.
    fn is_environment(&self, expr: ExprId) -> bool {
        let facts = &self.program.world.unit(self.file).facts;
        let module = &facts.module;
        facts.any_origin(expr, |id| match module.expr(id) {
            Expr::Member { name, .. } => {
                matches!(module.text(name), "env" | "environ" | "getenv")
            }
            _ => false,
        })
    }
}

/// The collection that a call adds elements to.
fn added_to(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, .. } = module.expr(call) else {
        return None;
    };
    let Expr::Member { object, name } = module.expr(callee) else {
        return None;
    };
    matches!(
        module.text(name),
        "append"
            | "push"
            | "add"
            | "extend"
            | "insert"
            | "unshift"
            | "update"
            | "set"
            | "appendleft"
            | "splice"
            | "concat"
            | "setdefault"
    )
    .then_some(object)
}

/// Whether `xs[key] = value` stands somewhere for a collection that `is_it` knows.
fn stores_by_key(module: &Module, is_it: impl Fn(ExprId) -> bool) -> bool {
    (0..module.expr_count() as u32).any(|i| {
        let Expr::Assign { target, .. } = module.expr(ExprId(i)) else {
            return false;
        };
        matches!(module.expr(target), Expr::Index { object, .. } if is_it(object))
    })
}

fn rank(size: Cardinality) -> u8 {
    match size {
        Cardinality::Fixed => 0,
        Cardinality::Batches => 1,
        Cardinality::Unknown => 2,
        Cardinality::Rows => 3,
    }
}

fn widest(a: Cardinality, b: Cardinality) -> Cardinality {
    if rank(b) > rank(a) { b } else { a }
}
