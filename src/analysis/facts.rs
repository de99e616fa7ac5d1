//! What one file says, kept for the link step: its module, its definitions and uses, and
//! indexes into both. A pure function of the file's text.

use rustc_hash::FxHashMap;

use super::def_use::DefUse;
use super::narrowed::{Narrowed, narrowed};
use crate::ir::change::Change;
use crate::ir::entity::Declarations;
use crate::ir::{
    BlockOwner, ClassId, Expr, ExprId, FunctionId, FunctionKind, LocalId, LocalKind, LoopId,
    MODULE_BODY, Module, Name, Site, Stmt, StmtId,
};
use crate::source::SourceFile;
use crate::syntax;

/// Names of the objects that programs hand around to reach what all of them share.
const CONTEXTS: &[&str] = &[
    "locals", "state", "context", "ctx", "req", "request", "app", "server",
];

/// Everything the link step needs of a file.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// The lowered file.
    pub module: Module,
    /// Its definitions and uses.
    pub def_use: DefUse,
    /// Attributes set through the receiver in methods.
    pub self_fields: Vec<SelfField>,
    /// Module-level names.
    pub module_names: FxHashMap<Name, LocalId>,
    /// The loop that a call makes of its callback.
    pub loop_of_call: FxHashMap<ExprId, LoopId>,
    /// What is put into the containers that names hold.
    pub gathered: FxHashMap<LocalId, Vec<Gathered>>,
    /// What the module adds to its functions: `main.read = …`, `Shop.prototype.open = …`.
    pub attached: Vec<Attached>,
    /// The object literal that a function is a method of.
    pub object_of: FxHashMap<FunctionId, ExprId>,
    /// What is put into objects that are handed around: the name of the object, the member and its
    /// value.
    pub put_in_contexts: Vec<(Name, Name, ExprId)>,
    /// Where tests say what names are.
    pub narrowed: FxHashMap<LocalId, Vec<Narrowed>>,
    /// For each function, its sites: a range of [`Module::sites`].
    pub site_ranges: Vec<(u32, u32)>,
    /// What the schema statements of a file of SQL change. Their places name no file yet.
    pub changes: Vec<Change>,
    /// The tables that a file in a language for schemas declares. Their places name no file yet.
    pub declarations: Declarations,
    /// Statements by where they start; of those that start together the outer one first.
    by_start: Vec<(u32, StmtId)>,
}

/// A member that the module adds to one of its functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attached {
    /// The function.
    pub function: FunctionId,
    /// The member.
    pub name: Name,
    /// What it is.
    pub value: ExprId,
    /// Whether it is one of what `new` makes of the function, not of the function itself.
    pub is_of_instances: bool,
}

/// `self.name = value` in a method, or `Shop.name = value` anywhere in the file of the class.
#[derive(Debug, Clone, Copy)]
pub struct SelfField {
    /// The class of the method.
    pub class: ClassId,
    /// The attribute.
    pub name: Name,
    /// What it receives.
    pub value: ExprId,
}

/// A value that is put into a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathered {
    /// What it is put in as.
    pub kind: GatheredAs,
    /// The value.
    pub value: ExprId,
}

/// What a value is in the container it is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatheredAs {
    /// `xs.append(x)`
    Element,
    /// `by_id[k] = x`
    Value,
    /// `by_key[k].append(x)`
    ElementOfValue,
}

/// A kind of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A list or array.
    List,
    /// A set.
    Set,
    /// A map.
    Map,
}

/// Reads one file: parse, lower, definitions and uses.
pub fn of_file(file: &SourceFile) -> FileFacts {
    let module = syntax::lower(file);
    let mut declarations = syntax::declared_schema(file);
    declarations.leads.extend(syntax::written_types(&module));
    FileFacts {
        changes: syntax::schema_changes(file),
        declarations,
        ..of_module(module)
    }
}

/// The facts of a lowered module.
pub fn of_module(module: Module) -> FileFacts {
    let def_use = DefUse::of(&module);
    let mut module_names: FxHashMap<Name, LocalId> = FxHashMap::default();
    for (i, local) in module.locals.iter().enumerate() {
        if local.function != MODULE_BODY {
            continue;
        }
        let is_declared = !matches!(local.kind, LocalKind::Variable | LocalKind::Catch);
        let id = LocalId(i as u32);
        let known = module_names.entry(local.name).or_insert(id);
        if is_declared {
            *known = id;
        }
    }
    let mut facts = FileFacts {
        self_fields: self_fields(&module),
        attached: attached(&module),
        object_of: object_of(&module),
        narrowed: narrowed(&module),
        module_names,
        gathered: gathered(&module),
        site_ranges: site_ranges(&module),
        by_start: by_start(&module),
        ..FileFacts::default()
    };
    facts.put_in_contexts = put_in_contexts(&module);
    for (i, lp) in module.loops.iter().enumerate() {
        if let Some(call) = lp.call {
            facts.loop_of_call.insert(call, LoopId(i as u32));
        }
    }
    facts.module = module;
    facts.def_use = def_use;
    facts
}

impl FileFacts {
    /// The sites of a function, in evaluation order.
    pub fn sites(&self, function: FunctionId) -> &[Site] {
        let (start, end) = self.site_ranges[function.index()];
        &self.module.sites[start as usize..end as usize]
    }

    /// Where an expression runs: its function, the innermost loop there that repeats it, and the
    /// statement it stands in.
    pub fn context_of(&self, expr: ExprId) -> Option<(FunctionId, Option<LoopId>, StmtId)> {
        let module = &self.module;
        let function = module.function_of(expr);
        // A parent stands before its children.
        let lp = module
            .loops
            .iter()
            .rposition(|lp| lp.function == function && lp.exprs.contains(expr))
            .map(|i| LoopId(i as u32));
        let span = module.span(expr);
        let mut stmt = self.stmt_before(span.start)?;
        loop {
            if module.stmt_span(stmt).contains(span) {
                return Some((function, lp, stmt));
            }
            stmt = match module.block(module.block_of(stmt)).owner {
                BlockOwner::Stmt(owner) => owner,
                BlockOwner::Loop(lp) => module.lp(lp).stmt,
                BlockOwner::Function(function) => module.function(function).stmt?,
                BlockOwner::Nothing => return None,
            };
        }
    }

    /// The statement that starts last of those that start at or before a position.
    fn stmt_before(&self, position: u32) -> Option<StmtId> {
        let after = self
            .by_start
            .partition_point(|&(start, _)| start <= position);
        self.by_start
            .get(after.checked_sub(1)?)
            .map(|&(_, stmt)| stmt)
    }

    /// The index of a function's first site.
    pub fn first_site(&self, function: FunctionId) -> usize {
        self.site_ranges[function.index()].0 as usize
    }
}

impl Module {
    /// The innermost function whose code holds an expression.
    pub fn function_of(&self, expr: ExprId) -> FunctionId {
        // Functions open in the order of their first expression, and nest.
        let after = self
            .functions
            .partition_point(|function| function.exprs.start <= expr.0);
        let mut at = FunctionId(after.saturating_sub(1) as u32);
        while !self.function(at).exprs.contains(expr) {
            match self.function(at).parent {
                Some(parent) => at = parent,
                None => return MODULE_BODY,
            }
        }
        at
    }

    /// The kind of an empty container that an expression makes: `[]`, `dict()`,
    /// `defaultdict(list)`.
    pub fn empty_container(&self, expr: ExprId) -> Option<Container> {
        match self.expr(expr) {
            Expr::Sequence { elements, .. } if elements.is_empty() => Some(Container::List),
            Expr::Map(entries) if entries.is_empty() => Some(Container::Map),
            Expr::Call { callee, args, .. } => {
                let name = match self.expr(callee) {
                    Expr::Name(name) | Expr::Member { name, .. } => self.text(name),
                    Expr::Local(local) => self.text(self.local(local).name),
                    _ => return None,
                };
                match name {
                    "defaultdict" => Some(Container::Map),
                    "dict" | "OrderedDict" | "Map" if args.is_empty() => Some(Container::Map),
                    "list" | "deque" if args.is_empty() => Some(Container::List),
                    "set" | "Set" if args.is_empty() => Some(Container::Set),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The function that a name is declared as.
    fn declared_function(&self, expr: ExprId) -> Option<FunctionId> {
        match self.expr(expr) {
            Expr::Local(local) => match self.local(local).kind {
                LocalKind::Function(function) => Some(function),
                _ => None,
            },
            _ => None,
        }
    }

    /// The method whose receiver `this` or an arrow's outer receiver is.
    pub fn receiver_owner(&self, mut function: FunctionId) -> FunctionId {
        // An arrow that is a field of a class has the class's receiver.
        while self.function(function).kind == FunctionKind::Arrow
            && self.function(function).class.is_none()
        {
            match self.function(function).parent {
                Some(parent) => function = parent,
                None => break,
            }
        }
        function
    }

    /// The values that a function returns, those of functions defined inside aside.
    pub fn returned(&self, function: FunctionId) -> Vec<ExprId> {
        self.handed_back(function, |_| None)
    }

    /// The values that a function returns or, as statements of their own, yields.
    pub fn returned_or_yielded(&self, function: FunctionId) -> Vec<ExprId> {
        self.handed_back(function, |value| match self.expr(value) {
            Expr::Yield(value) => value,
            _ => None,
        })
    }

    fn handed_back(
        &self,
        function: FunctionId,
        yielded: impl Fn(ExprId) -> Option<ExprId>,
    ) -> Vec<ExprId> {
        let mut values = Vec::new();
        let mut blocks = vec![self.function(function).body];
        while let Some(block) = blocks.pop() {
            for &stmt in &self.block(block).stmts {
                match self.stmt(stmt) {
                    Stmt::Return(Some(value)) => values.push(value),
                    Stmt::Expr(value) => values.extend(yielded(value)),
                    Stmt::Loop(lp) => blocks.push(self.lp(lp).body),
                    Stmt::If {
                        then, otherwise, ..
                    } => {
                        blocks.push(then);
                        blocks.extend(otherwise);
                    }
                    Stmt::Try {
                        body,
                        handlers,
                        finally,
                    } => {
                        blocks.extend([body, handlers]);
                        blocks.extend(finally);
                    }
                    Stmt::With { body, .. } | Stmt::Block(body) => blocks.push(body),
                    Stmt::Switch { cases, .. } => blocks.push(cases),
                    _ => {}
                }
            }
        }
        values
    }

    /// The function that `f.call(…)` and `f.apply(…)` call, if they are methods of one.
    pub fn called_through(&self, callee: ExprId) -> Option<ExprId> {
        let Expr::Member { object, name } = self.expr(callee) else {
            return None;
        };
        (!self.exports_all && matches!(self.text(name), "call" | "apply")).then_some(object)
    }

    /// The class whose instance an expression is, if it is the receiver of a method: `this`,
    /// or the first parameter of a method that has no keyword for it.
    pub fn receiver_class(&self, expr: ExprId) -> Option<ClassId> {
        match self.expr(expr) {
            Expr::This => {
                let owner = self.receiver_owner(self.function_of(expr));
                self.function(owner).class
            }
            Expr::Local(local) => {
                let local = self.local(local);
                let function = self.function(local.function);
                let is_first = local.kind == LocalKind::Param(0);
                (self.exports_all && is_first && !function.is_static)
                    .then_some(function.class)
                    .flatten()
            }
            _ => None,
        }
    }
}

fn by_start(module: &Module) -> Vec<(u32, StmtId)> {
    let mut stmts: Vec<(u32, StmtId)> = (0..module.stmts.len() as u32)
        .map(|i| (module.stmt_span(StmtId(i)).start, StmtId(i)))
        .collect();
    let length = |stmt: StmtId| {
        let span = module.stmt_span(stmt);
        std::cmp::Reverse(span.end - span.start)
    };
    stmts.sort_by_key(|&(start, stmt)| (start, length(stmt)));
    stmts
}

fn gathered(module: &Module) -> FxHashMap<LocalId, Vec<Gathered>> {
    let mut found: FxHashMap<LocalId, Vec<Gathered>> = FxHashMap::default();
    let mut add = |local: LocalId, kind: GatheredAs, value: ExprId| {
        found
            .entry(local)
            .or_default()
            .push(Gathered { kind, value });
    };
    for i in 0..module.expr_count() {
        match module.expr(ExprId(i as u32)) {
            Expr::Call { callee, args, .. } => {
                let Expr::Member { object, name } = module.expr(callee) else {
                    continue;
                };
                // `byId.set(key, value)`
                if let &[_, value] = module.list(args)
                    && module.text(name) == "set"
                    && let Expr::Local(local) = module.expr(object)
                {
                    add(local, GatheredAs::Value, value);
                }
                let &[value] = module.list(args) else {
                    continue;
                };
                if !matches!(module.text(name), "append" | "appendleft" | "add" | "push") {
                    continue;
                }
                match module.expr(object) {
                    Expr::Local(local) => add(local, GatheredAs::Element, value),
                    Expr::Index { object, .. } => {
                        if let Expr::Local(local) = module.expr(object) {
                            add(local, GatheredAs::ElementOfValue, value);
                        }
                    }
                    // `by_key.setdefault(key, []).append(x)`
                    Expr::Call { callee, .. } => {
                        if let Expr::Member { object, name } = module.expr(callee)
                            && module.text(name) == "setdefault"
                            && let Expr::Local(local) = module.expr(object)
                        {
                            add(local, GatheredAs::ElementOfValue, value);
                        }
                    }
                    _ => {}
                }
            }
            Expr::Assign {
                op: None,
                target,
                value,
            } => {
                if let Expr::Index { object, index } = module.expr(target)
                    && !matches!(module.expr(index), Expr::Slice(_))
                    && let Expr::Local(local) = module.expr(object)
                {
                    add(local, GatheredAs::Value, value);
                }
            }
            _ => {}
        }
    }
    found
}

fn self_fields(module: &Module) -> Vec<SelfField> {
    let mut found = Vec::new();
    for i in 0..module.expr_count() {
        let Expr::Assign {
            op: None,
            target,
            value,
        } = module.expr(ExprId(i as u32))
        else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(target) else {
            continue;
        };
        let class = module.receiver_class(object).or(match module.expr(object) {
            Expr::Local(local) => match module.local(local).kind {
                LocalKind::Class(class) => Some(class),
                _ => None,
            },
            _ => None,
        });
        if let Some(class) = class {
            found.push(SelfField { class, name, value });
        }
    }
    found
}

/// `app.locals.mailer = new Mailer()`, `ctx.db = db`, `app.state.pool = pool`.
fn put_in_contexts(module: &Module) -> Vec<(Name, Name, ExprId)> {
    let mut found = Vec::new();
    let holders: Vec<Name> = CONTEXTS
        .iter()
        .filter_map(|name| module.name(name))
        .collect();
    if holders.is_empty() {
        return found;
    }
    for i in 0..module.expr_count() {
        if let Expr::Assign {
            op: None,
            target,
            value,
        } = module.expr(ExprId(i as u32))
            && let Expr::Member { object, name } = module.expr(target)
        {
            let holder = match module.expr(object) {
                Expr::Member { name, .. } | Expr::Name(name) => name,
                Expr::Local(local) => module.local(local).name,
                _ => continue,
            };
            if holders.contains(&holder) {
                found.push((holder, name, value));
            }
        }
    }
    found
}

fn attached(module: &Module) -> Vec<Attached> {
    let mut found = Vec::new();
    let Some(body) = module.functions.first().filter(|_| !module.exports_all) else {
        return found;
    };
    for &stmt in &module.block(body.body).stmts {
        let Stmt::Expr(assigned) = module.stmt(stmt) else {
            continue;
        };
        let Expr::Assign {
            op: None,
            target,
            value,
        } = module.expr(assigned)
        else {
            continue;
        };
        let Expr::Member { object, name } = module.expr(target) else {
            continue;
        };
        let attached = |function, name, value, is_of_instances| Attached {
            function,
            name,
            value,
            is_of_instances,
        };
        if let Some(function) = module.declared_function(object) {
            // `Shop.prototype = { open() {} }`
            if let (Expr::Map(entries), "prototype") = (module.expr(value), module.text(name)) {
                for &entry in module.list(entries) {
                    if let Expr::Keyword { name, value } = module.expr(entry) {
                        found.push(attached(function, name, value, true));
                    }
                }
                continue;
            }
            found.push(attached(function, name, value, false));
        } else if let Expr::Member {
            object,
            name: prototype,
        } = module.expr(object)
            && module.text(prototype) == "prototype"
            && let Some(function) = module.declared_function(object)
        {
            found.push(attached(function, name, value, true));
        }
    }
    found
}

fn object_of(module: &Module) -> FxHashMap<FunctionId, ExprId> {
    let mut found = FxHashMap::default();
    for i in 0..module.expr_count() {
        let object = ExprId(i as u32);
        let Expr::Map(entries) = module.expr(object) else {
            continue;
        };
        for &entry in module.list(entries) {
            if let Expr::Keyword { value, .. } = module.expr(entry)
                && let Expr::Function(function) = module.expr(value)
                && module.function(function).kind != FunctionKind::Arrow
            {
                found.insert(function, object);
            }
        }
    }
    found
}

fn site_ranges(module: &Module) -> Vec<(u32, u32)> {
    let mut ranges = vec![(0, 0); module.functions.len()];
    let mut at = 0;
    for (i, range) in ranges.iter_mut().enumerate() {
        let start = at;
        while module
            .sites
            .get(at)
            .is_some_and(|s| s.function.index() == i)
        {
            at += 1;
        }
        *range = (start as u32, at as u32);
    }
    ranges
}
