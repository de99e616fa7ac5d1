//! The intermediate form all languages are lowered to.
//!
//! One [`Module`] per file: arenas of expressions, statements, functions, classes and loops,
//! addressed by dense ids. It says what the program does, not how it is spelled; it knows no
//! syntax tree, no library and no other file.

mod build;
pub mod change;
pub mod entity;
mod finished;
mod names;
pub mod pretty;
pub mod query;
pub mod schema;

use std::fmt;

use smallvec::SmallVec;

pub use build::Builder;
pub use names::Names;

use crate::source::Span;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index into its arena.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// An expression of a module.
    ExprId,
    /// A statement of a module.
    StmtId,
    /// A sequence of statements.
    BlockId,
    /// A function of a module; 0 is the module's body.
    FunctionId,
    /// A class, interface, enum or type alias of a module.
    ClassId,
    /// A loop of a module.
    LoopId,
    /// A name bound in some scope of a module.
    LocalId,
    /// An import of a module.
    ImportId,
    /// A lexical scope; needed while lowering only.
    ScopeId,
    /// An interned string of a module.
    Name,
}

/// The module's own body is its first function.
pub const MODULE_BODY: FunctionId = FunctionId(0);

/// A run of expression ids in a module's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExprList {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl ExprList {
    /// Number of expressions.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// One file, lowered.
#[derive(Debug, Default)]
pub struct Module {
    pub(crate) names: Names,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) expr_spans: Vec<Span>,
    pub(crate) lists: Vec<ExprId>,
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) stmt_spans: Vec<Span>,
    pub(crate) stmt_blocks: Vec<BlockId>,
    pub(crate) blocks: Vec<Block>,
    /// Functions in the order they open; the first is the module body.
    pub functions: Vec<Function>,
    /// Classes in the order they open.
    pub classes: Vec<Class>,
    /// Loops in the order they open, so that a parent stands before its children.
    pub loops: Vec<Loop>,
    /// All bound names.
    pub locals: Vec<Local>,
    /// Imports in source order.
    pub imports: Vec<Import>,
    /// Exports in source order.
    pub exports: Vec<Export>,
    /// Whether every module-level name is importable, as in Python.
    pub exports_all: bool,
    /// The function that a template is: its parameters are the names that its context may give.
    pub template: Option<FunctionId>,
    /// Calls, awaits and iterations in evaluation order.
    pub sites: Vec<Site>,
    /// What each destructuring target binds, sorted by target.
    pub(crate) patterns: Vec<(ExprId, Vec<Binding>)>,
    /// Spans of comments that hold the word `slowpath:`.
    pub directives: Vec<Span>,
    /// Spans of comments that say that a method is meant to keep its receiver.
    pub keeping: Vec<Span>,
    /// Spans of comments that say of a branch that it will go.
    pub leaving: Vec<Span>,
    /// Spans where the syntax tree holds an error or the nesting went past the limit.
    pub errors: Vec<SyntaxError>,
}

/// A part of a file that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What was wrong, in a few words.
    pub message: &'static str,
}

/// One target of a destructuring: `target` (an [`Expr::Local`], member or index) receives
/// `value`, an expression made for it: for `{a: [b]} = v` that is `v.a[0]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The place assigned.
    pub target: ExprId,
    /// What it receives.
    pub value: ExprId,
}

/// An expression. Assignment targets are expressions too: a sequence or map of targets is a
/// destructuring, [`Expr::Spread`] its rest, an [`Expr::Assign`] inside it a default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expr {
    /// Something the front end gives no meaning to; its parts are evaluated in order.
    Unknown(ExprList),
    /// A name that no scope of the module binds: a builtin or a global.
    Name(Name),
    /// A bound name.
    Local(LocalId),
    /// The receiver in languages with a keyword for it.
    This,
    /// The parent class's view of the receiver.
    Super,
    /// An integer; other numbers are [`Expr::Float`].
    Number(i64),
    /// A number that is not an integer of 64 bits.
    Float,
    /// A string without holes.
    String(Name),
    /// A string with holes: [`Expr::String`] parts and values in turn.
    Template(ExprList),
    /// A regular expression literal.
    Regex(Name),
    /// A truth value.
    Bool(bool),
    /// `None`, `null`, `undefined`.
    Null,
    /// A list, tuple or set display.
    Sequence {
        /// Which.
        kind: SequenceKind,
        /// Elements; [`Expr::Spread`] for `*xs` and `...xs`.
        elements: ExprList,
    },
    /// A dict or object literal; entries are [`Expr::Keyword`], [`Expr::Entry`] or
    /// [`Expr::Spread`].
    Map(ExprList),
    /// `name: value` in a map, `name=value` in a call.
    Keyword {
        /// The key.
        name: Name,
        /// Its value.
        value: ExprId,
    },
    /// `[key]: value` with a computed key.
    Entry {
        /// The key.
        key: ExprId,
        /// Its value.
        value: ExprId,
    },
    /// `*xs`, `**xs`, `...xs`.
    Spread(ExprId),
    /// `object.name`
    Member {
        /// The object.
        object: ExprId,
        /// The member's name.
        name: Name,
    },
    /// `object[index]`; also generic types, `List[User]` and `Repository<User>`.
    Index {
        /// The object.
        object: ExprId,
        /// The index, an [`Expr::Slice`] or, with several, a tuple.
        index: ExprId,
    },
    /// `lower:upper:step` as an index; the list holds one entry for each, null if absent.
    Slice(ExprList),
    /// A call; arguments may be [`Expr::Keyword`] and [`Expr::Spread`].
    Call {
        /// How it is spelled, where that matters.
        kind: CallKind,
        /// What is called.
        callee: ExprId,
        /// Arguments.
        args: ExprList,
    },
    /// `await value`
    Await(ExprId),
    /// `yield value`, `yield from`, `yield*`.
    Yield(Option<ExprId>),
    /// A function or lambda expression, or a declaration used as a value.
    Function(FunctionId),
    /// A class expression.
    Class(ClassId),
    /// `-x`, `not x`, `typeof x` …
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// An operation on two values, both evaluated.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `and`, `or`, `??`: the right operand is evaluated sometimes.
    Logical {
        /// The operator.
        op: LogicalOp,
        /// Left operand, always evaluated.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `test ? then : otherwise`
    Conditional {
        /// The test.
        test: ExprId,
        /// Value if true.
        then: ExprId,
        /// Value if false.
        otherwise: ExprId,
    },
    /// An assignment in any position. Plain if `op` is none; `x += 1` has an operator.
    Assign {
        /// Operator of an augmented assignment.
        op: Option<BinaryOp>,
        /// Where to.
        target: ExprId,
        /// The value.
        value: ExprId,
    },
    /// `[f(x) for x in xs]`: the loop's body collects with [`Stmt::Collect`].
    Comprehension {
        /// What is built.
        kind: ComprehensionKind,
        /// The outermost of its loops.
        lp: LoopId,
    },
    /// The current element of a loop; the value its target receives.
    Element(LoopId),
    /// The value of a parameter, for parameters that are destructured.
    Param(u32),
    /// What `with value as x` binds.
    Entered(ExprId),
}

/// What a display builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceKind {
    /// A list or array.
    List,
    /// A tuple, or several indices.
    Tuple,
    /// A set.
    Set,
}

/// What a comprehension builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// A list.
    List,
    /// A set.
    Set,
    /// A dict.
    Map,
    /// A lazy generator.
    Generator,
}

/// How a call is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// `f(x)`
    Plain,
    /// `f?.(x)` or `a?.f(x)`
    Optional,
    /// `new F(x)`
    New,
    /// ``f`…` ``: the argument is one template or string.
    Tagged,
    /// `<F x={…}>…</F>`: rendered later, perhaps.
    Jsx,
    /// `import(x)`
    Import,
    /// `book.title` in a template: called if it can be, else the value itself.
    Implicit,
}

/// Operators on one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not x`, `!x`
    Not,
    /// `-x`
    Negate,
    /// `typeof x`
    TypeOf,
    /// `delete x`, `del x`
    Delete,
    /// Any other.
    Other,
}

/// Operators on two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators speak for themselves")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
    InstanceOf,
    BitAnd,
    BitOr,
    Other,
}

/// Operators that may skip their right operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogicalOp {
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
    /// `??`
    Coalesce,
    /// The default of a destructured target or parameter.
    Default,
}

/// A statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stmt {
    /// A value computed for its effects; assignments stand here.
    Expr(ExprId),
    /// A value handed to the comprehension around it; an [`Expr::Entry`] for dicts.
    Collect(ExprId),
    /// `return`
    Return(Option<ExprId>),
    /// `raise`, `throw`
    Throw(Option<ExprId>),
    /// `break`; of an outer loop if labelled.
    Break(Option<LoopId>),
    /// `continue`; of an outer loop if labelled.
    Continue(Option<LoopId>),
    /// `if`
    If {
        /// The test.
        test: ExprId,
        /// Block if true.
        then: BlockId,
        /// Block if false.
        otherwise: Option<BlockId>,
    },
    /// A loop; never one of kind [`LoopKind::Callback`].
    Loop(LoopId),
    /// `try`
    Try {
        /// The guarded block.
        body: BlockId,
        /// Block whose statements are the handlers, each a [`Stmt::Block`].
        handlers: BlockId,
        /// `finally`; Python's `else` is appended to the body.
        finally: Option<BlockId>,
    },
    /// `with`: items are values or [`Expr::Assign`] of an [`Expr::Entered`].
    With {
        /// What is entered.
        items: ExprList,
        /// The block.
        body: BlockId,
    },
    /// `switch`, `match`: each statement of `cases` is a [`Stmt::Block`], opened by the tests.
    Switch {
        /// What is compared.
        subject: ExprId,
        /// The cases; a block that falls through is followed by the next.
        cases: BlockId,
        /// Whether some case always applies.
        exhaustive: bool,
    },
    /// Statements of their own scope.
    Block(BlockId),
    /// A function declaration.
    Function(FunctionId),
    /// A class declaration.
    Class(ClassId),
    /// An import below module level, or at it.
    Import(ImportId),
    /// Nothing that matters.
    Empty,
}

/// Statements in order.
#[derive(Debug, Default)]
pub struct Block {
    /// The statements.
    pub stmts: SmallVec<[StmtId; 4]>,
    /// What the block belongs to.
    pub owner: BlockOwner,
}

/// What a block belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlockOwner {
    /// Not attached (yet).
    #[default]
    Nothing,
    /// A statement: if, try, with, switch, block.
    Stmt(StmtId),
    /// A loop's body.
    Loop(LoopId),
    /// A function's body.
    Function(FunctionId),
}

/// Anything that repeats code.
#[derive(Debug, Clone, Copy)]
pub struct Loop {
    /// How the trips come about.
    pub kind: LoopKind,
    /// Whether the trips overlap.
    pub concurrency: Concurrency,
    /// `for await`, `async for`.
    pub is_async: bool,
    /// A comment says that the trips go in turn on purpose. Looked for at loops that await.
    pub goes_in_turn: bool,
    /// A comment says why each trip writes for itself.
    pub writes_each: bool,
    /// A comment says that what the loop costs is known.
    pub accepts_cost: bool,
    /// The target that receives each element; [`Expr::Element`] is its value. Callback loops
    /// have none: their element is the callback's first parameter.
    pub element: Option<ExprId>,
    /// The value iterated; evaluated once, before the loop.
    pub over: Option<ExprId>,
    /// The condition tested before (or after) each trip.
    pub test: Option<ExprId>,
    /// What counts on after each trip.
    pub update: Option<ExprId>,
    /// The body; empty for callback loops.
    pub body: BlockId,
    /// For callback loops: the call, `xs.map(f)`.
    pub call: Option<ExprId>,
    /// For callback loops: what is called per element, a function or a name.
    pub callback: Option<ExprId>,
    /// The loop around it in the same function.
    pub parent: Option<LoopId>,
    /// The function it stands in.
    pub function: FunctionId,
    /// The statement it stands in.
    pub stmt: StmtId,
    /// The header: from the keyword to the end of what is iterated.
    pub span: Span,
    /// The expressions repeated: those of the test, target, body and update, and of functions
    /// defined there. Empty for callback loops.
    pub exprs: ExprRange,
}

/// A run of expression ids: all that was lowered between two points of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExprRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl ExprRange {
    /// Whether an expression lies in the range.
    pub fn contains(self, id: ExprId) -> bool {
        self.start <= id.0 && id.0 < self.end
    }

    /// The ids in the range, in the order they were lowered.
    pub fn iter(self) -> impl Iterator<Item = ExprId> {
        (self.start..self.end).map(ExprId)
    }
}

/// How a loop's trips come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopKind {
    /// `for (i = 0; i < n; i++)`
    Counted,
    /// `for x in xs`, `for (x of xs)`
    Each,
    /// `for (k in object)`: keys.
    EachKey,
    /// `while test`, `do … while test`
    While,
    /// A `for` clause of a comprehension.
    Comprehension,
    /// `xs.map(f)`, `map(f, xs)`
    Callback,
}

/// Whether trips overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// One after the other.
    Sequential,
    /// All at once: an async callback under `Promise.all`, `asyncio.gather`, or a `forEach`
    /// nobody awaits.
    Concurrent,
}

/// A function, method, lambda or module body.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name, or that of the variable or property it is assigned to.
    pub name: Option<Name>,
    /// What it is.
    pub kind: FunctionKind,
    /// `async`
    pub is_async: bool,
    /// Has a `yield`.
    pub is_generator: bool,
    /// Has no receiver of its own: static methods, plain functions.
    pub is_static: bool,
    /// The whole function.
    pub span: Span,
    /// Its name, or its head where it has none.
    pub name_span: Span,
    /// The function around it.
    pub parent: Option<FunctionId>,
    /// The class it is a member of.
    pub class: Option<ClassId>,
    /// The loop around its definition, in the parent.
    pub defined_in: Option<LoopId>,
    /// The statement its definition stands in, in the parent.
    pub stmt: Option<StmtId>,
    /// Parameters in order; Python's `self` and `cls` are the first.
    pub params: Vec<Param>,
    /// Decorator expressions, outermost first.
    pub decorators: ExprList,
    /// The body; an arrow's expression is a `return`.
    pub body: BlockId,
    /// Declared type of the result.
    pub returns: Option<ExprId>,
    /// How it comes to run, as far as the place of its definition tells.
    pub invocation: Invocation,
    /// Its expressions: parameters, body, and functions defined inside.
    pub exprs: ExprRange,
}

/// What kind of function it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// The module's top-level code.
    Module,
    /// A declaration or expression with its own `this`.
    Function,
    /// An arrow or lambda: the receiver is the parent's.
    Arrow,
    /// A method.
    Method,
    /// Runs when the attribute is read: getters, `@property`.
    Getter,
    /// Runs when the attribute is set.
    Setter,
    /// `__init__`, `constructor`.
    Constructor,
}

/// How a function expression comes to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invocation {
    /// When someone calls it.
    Declared,
    /// Once for each element of a callback loop.
    PerElement(LoopId),
    /// Where it stands: an immediately invoked function.
    Immediate,
    /// It is an argument of this call, at this position.
    Argument(ExprId, u16),
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// An [`Expr::Local`], or the destructuring pattern.
    pub target: ExprId,
    /// Its default.
    pub default: Option<ExprId>,
    /// Its declared type.
    pub annotation: Option<ExprId>,
    /// How arguments reach it.
    pub kind: ParamKind,
    /// Its decorators (`@Inject()`, `@Parent()`).
    pub decorators: ExprList,
}

/// How arguments reach a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// By position or name.
    Plain,
    /// By name only.
    KeywordOnly,
    /// `*args`, `...rest`
    Rest,
    /// `**kwargs`
    KeywordRest,
}

/// A class, interface, enum or type alias.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its name.
    pub name: Option<Name>,
    /// What it is.
    pub kind: ClassKind,
    /// The whole declaration.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// The function it is declared in.
    pub function: FunctionId,
    /// The class it is declared in.
    pub outer: Option<ClassId>,
    /// Bases and implemented interfaces; Python's class keywords as [`Expr::Keyword`].
    pub bases: ExprList,
    /// Names of its type parameters.
    pub type_params: Vec<Name>,
    /// Decorator expressions, outermost first.
    pub decorators: ExprList,
    /// Attributes declared in the body or through constructor parameters.
    pub fields: Vec<Field>,
    /// Methods, getters and the constructor, in order.
    pub methods: Vec<FunctionId>,
    /// Classes declared in its body (`class Meta`).
    pub inner: Vec<ClassId>,
    /// What a type alias stands for.
    pub alias: Option<ExprId>,
}

/// What a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassKind {
    /// A class.
    Class,
    /// An interface or abstract protocol of TypeScript.
    Interface,
    /// A TypeScript enum; its members are fields.
    Enum,
    /// `type X = …`
    Alias,
}

/// An attribute of a class.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its initial value.
    pub value: Option<ExprId>,
    /// Its declared type.
    pub annotation: Option<ExprId>,
    /// On the class itself rather than on instances. Python class attributes are both: false.
    pub is_static: bool,
    /// Its decorators.
    pub decorators: ExprList,
    /// Its declaration.
    pub span: Span,
}

/// A bound name.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// The name.
    pub name: Name,
    /// What binds it.
    pub kind: LocalKind,
    /// The function whose activation holds it.
    pub function: FunctionId,
    /// Its declared type.
    pub annotation: Option<ExprId>,
    /// Where it is bound first.
    pub span: Span,
}

/// What binds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalKind {
    /// A parameter, by position.
    Param(u16),
    /// A variable that may be assigned again.
    Variable,
    /// `const`
    Const,
    /// A function declaration.
    Function(FunctionId),
    /// A class declaration.
    Class(ClassId),
    /// An import.
    Import(ImportId),
    /// An exception caught.
    Catch,
}

/// An import of one name, a module, or everything.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// The module as written, without Python's leading dots.
    pub module: Name,
    /// Leading dots of a relative Python import; 0 otherwise.
    pub level: u16,
    /// What is taken from it.
    pub kind: ImportKind,
    /// The name it binds.
    pub local: Option<LocalId>,
    /// Erased at run time: `import type`, under `if TYPE_CHECKING`.
    pub is_type_only: bool,
    /// Whole import statement.
    pub span: Span,
}

/// What an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// One export, by its name there.
    Named(Name),
    /// The default export.
    Default,
    /// The module object: `import a.b as c`, `import * as c`, `require("c")`.
    Namespace,
    /// `import a.b.c`, which binds `a`.
    Root,
    /// `from m import *`
    Star,
    /// For its effects only.
    Effects,
}

/// A name other modules can import.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// `default` for a default export, `=` for `module.exports = …`, `*` for a star.
    pub name: Name,
    /// What it stands for.
    pub kind: ExportKind,
    /// Where it is said.
    pub span: Span,
}

/// What an export stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// A module-level name.
    Local(LocalId),
    /// A value.
    Expr(ExprId),
    /// A name of another module; with none, the module object.
    From {
        /// The module as written.
        module: Name,
        /// The name there.
        name: Option<Name>,
    },
    /// All names of another module.
    Star {
        /// The module as written.
        module: Name,
    },
}

/// A call, await or tagged template, in evaluation order.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The expression.
    pub expr: ExprId,
    /// The function it runs in.
    pub function: FunctionId,
    /// The innermost loop of that function that repeats it.
    pub lp: Option<LoopId>,
    /// The statement it stands in.
    pub stmt: StmtId,
    /// Whether an operator (`?:`, `and`, `??`) may skip it.
    pub is_conditional: bool,
}

impl Module {
    /// The string of a name.
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// All strings that the module mentions, names included.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// The id of a string, if the module mentions it.
    pub fn name(&self, text: &str) -> Option<Name> {
        self.names.get(text)
    }

    /// An expression.
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.index()]
    }

    /// Where an expression stands.
    pub fn span(&self, id: ExprId) -> Span {
        self.expr_spans[id.index()]
    }

    /// A statement.
    pub fn stmt(&self, id: StmtId) -> Stmt {
        self.stmts[id.index()]
    }

    /// All statements.
    pub fn stmts(&self) -> impl Iterator<Item = StmtId> + use<> {
        (0..self.stmts.len() as u32).map(StmtId)
    }

    /// Where a statement stands.
    pub fn stmt_span(&self, id: StmtId) -> Span {
        self.stmt_spans[id.index()]
    }

    /// The block a statement stands in.
    pub fn block_of(&self, id: StmtId) -> BlockId {
        self.stmt_blocks[id.index()]
    }

    /// A block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// The expressions of a list.
    pub fn list(&self, list: ExprList) -> &[ExprId] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }

    /// A callee without the type arguments it may wear: `f` of `f<T>(…)`.
    pub fn without_type_arguments(&self, callee: ExprId) -> ExprId {
        match self.expr(callee) {
            Expr::Index { object, .. } => object,
            _ => callee,
        }
    }

    /// The last part of the name that an expression is written as: `get` of `cache.get`.
    pub fn last_name(&self, expr: ExprId) -> Option<&str> {
        match self.expr(expr) {
            Expr::Member { name, .. } | Expr::Name(name) => Some(self.text(name)),
            Expr::Local(local) => Some(self.text(self.local(local).name)),
            _ => None,
        }
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// A class.
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.index()]
    }

    /// A loop.
    pub fn lp(&self, id: LoopId) -> &Loop {
        &self.loops[id.index()]
    }

    /// A bound name.
    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.index()]
    }

    /// What a destructuring target binds; empty for other targets.
    pub fn bindings(&self, target: ExprId) -> &[Binding] {
        match self.patterns.binary_search_by_key(&target, |p| p.0) {
            Ok(i) => &self.patterns[i].1,
            Err(_) => &[],
        }
    }

    /// Number of expressions; ids are below it.
    pub fn expr_count(&self) -> usize {
        self.exprs.len()
    }

    /// The direct parts of an expression, in evaluation order. Bodies of functions, classes
    /// and comprehensions are not parts.
    pub fn for_each_part(&self, id: ExprId, mut visit: impl FnMut(ExprId)) {
        match self.expr(id) {
            Expr::Unknown(list)
            | Expr::Template(list)
            | Expr::Map(list)
            | Expr::Slice(list)
            | Expr::Sequence { elements: list, .. } => {
                self.list(list).iter().copied().for_each(visit);
            }
            Expr::Keyword { value, .. } => visit(value),
            Expr::Entry { key, value } => {
                visit(key);
                visit(value);
            }
            Expr::Spread(value) | Expr::Await(value) | Expr::Entered(value) => visit(value),
            Expr::Member { object, .. } => visit(object),
            Expr::Index { object, index } => {
                visit(object);
                visit(index);
            }
            Expr::Call { callee, args, .. } => {
                visit(callee);
                self.list(args).iter().copied().for_each(visit);
            }
            Expr::Yield(value) => value.into_iter().for_each(visit),
            Expr::Unary { operand, .. } => visit(operand),
            Expr::Binary { left, right, .. } | Expr::Logical { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Expr::Conditional {
                test,
                then,
                otherwise,
            } => {
                visit(test);
                visit(then);
                visit(otherwise);
            }
            Expr::Assign { target, value, .. } => {
                visit(value);
                visit(target);
            }
            Expr::Name(_)
            | Expr::Local(_)
            | Expr::This
            | Expr::Super
            | Expr::Number(_)
            | Expr::Float
            | Expr::String(_)
            | Expr::Regex(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Function(_)
            | Expr::Class(_)
            | Expr::Comprehension { .. }
            | Expr::Element(_)
            | Expr::Param(_) => {}
        }
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::InstanceOf => "instanceof",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::Other => "<op>",
        })
    }
}
