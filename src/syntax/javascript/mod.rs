//! JavaScript, JSX and TypeScript to intermediate form.
//!
//! One walk with a tree cursor: each lowering function is called with the cursor on its node
//! and leaves it there. Depth is counted, so that no nesting overflows the stack. Types are
//! lowered as expressions; type parameters are not looked at.

mod calls;
mod classes;
mod dialect;
mod expressions;
mod functions;
mod jsx;
mod kinds;
mod literals;
mod modules;
mod patterns;
mod statements;
mod types;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;

use tree_sitter::{Parser, Tree, TreeCursor};

use crate::ir::{
    Builder, ExportKind, Expr, ExprId, ExprList, Field as ClassField, LocalId, LoopId, MODULE_BODY,
    Module,
};
use crate::source::{Language, Span};
use crate::syntax::{MAX_DEPTH, comments, parse};

use kinds::{Field, Kind, Tables};

/// Syntax errors noted per file.
const MAX_ERRORS: usize = 20;

/// Lowers a JavaScript or TypeScript module.
pub(super) fn lower(text: &str, language: Language) -> Module {
    let tables = Tables::of(language);
    let parsed = match language {
        Language::JavaScript => Cow::Borrowed(text),
        _ => dialect::readable(text),
    };
    let Some(tree) = parse(&parsed, tables) else {
        let mut builder = Builder::new();
        builder.error(Span::new(0, text.len()), "parsing took too long");
        return builder.finish();
    };
    let mut lowering = Lowering {
        text,
        tables,
        cursor: tree.walk(),
        b: Builder::new(),
        depth: 0,
        is_too_deep: false,
        hint: None,
        scratch: Vec::new(),
        labels: Vec::new(),
        switches: Vec::new(),
        label: None,
        param_fields: Vec::new(),
        bound: Vec::new(),
        is_ambient: false,
        namespaces: 0,
        has_require: text.contains("require("),
    };
    lowering.program();
    let mut builder = lowering.b;
    if tree.root_node().has_error() {
        note_errors(&tree, &mut builder);
    }
    let mut module = builder.finish();
    comments::heed(
        text,
        tree.root_node(),
        |node| tables.kind(node.kind_id()) == Kind::Comment,
        &mut module,
    );
    bind_exports(&mut module);
    module
}

/// Parses with the thread's parser for the grammar; none if it takes too long.
fn parse(text: &str, tables: &Tables) -> Option<Tree> {
    thread_local! {
        static PARSERS: RefCell<[Option<Parser>; 3]> = const { RefCell::new([None, None, None]) };
    }
    PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers[tables.slot].get_or_insert_with(Parser::new);
        parser.set_language(&tables.grammar).ok()?;
        parse::parse(parser, text)
    })
}

/// A name for a function or class without one: that of the place it is assigned to.
#[derive(Debug, Clone, Copy)]
struct Hint<'t> {
    text: &'t str,
    span: Span,
}

/// The state of lowering one file.
struct Lowering<'t> {
    text: &'t str,
    tables: &'static Tables,
    cursor: TreeCursor<'t>,
    b: Builder,
    depth: u32,
    /// Whether nesting past the limit was noted.
    is_too_deep: bool,
    /// The name for the expression about to be lowered, should it be a function.
    hint: Option<Hint<'t>>,
    /// Elements of the lists under construction.
    scratch: Vec<ExprId>,
    /// Labelled loops that are open in the current function.
    labels: Vec<(&'t str, LoopId)>,
    /// For each open `switch`, how many loops were open around it.
    switches: Vec<usize>,
    /// The label of the statement about to be lowered.
    label: Option<&'t str>,
    /// Parameter properties of the constructor just lowered.
    param_fields: Vec<ClassField>,
    /// Locals declared by the patterns lowered so far, for `export const {a, b} = …`.
    bound: Vec<LocalId>,
    /// Within `declare`: signatures without a body are all there is.
    is_ambient: bool,
    /// Open namespaces; what they export is not the module's.
    namespaces: u32,
    /// Whether some declaration may be an import of CommonJS.
    has_require: bool,
}

impl<'t> Lowering<'t> {
    // --- the cursor -----------------------------------------------------------------------

    fn kind(&self) -> Kind {
        self.tables.kind(self.cursor.node().kind_id())
    }

    /// The role of the node in its parent.
    fn field(&self) -> Field {
        match self.cursor.field_id() {
            Some(id) => self.tables.field(id.get()),
            None => Field::None,
        }
    }

    fn span(&self) -> Span {
        let node = self.cursor.node();
        Span::new(node.start_byte(), node.end_byte())
    }

    fn source(&self) -> &'t str {
        self.slice(self.span())
    }

    fn slice(&self, span: Span) -> &'t str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Calls `visit` with the cursor on each child, comments and tokens included.
    fn each_child(&mut self, mut visit: impl FnMut(&mut Self, Kind)) {
        if !self.cursor.goto_first_child() {
            return;
        }
        loop {
            let kind = self.kind();
            visit(self, kind);
            if !self.cursor.goto_next_sibling() {
                break;
            }
        }
        self.cursor.goto_parent();
    }

    /// Calls `visit` with the cursor on the first child that `accepts` it, if any.
    fn first_child<T>(
        &mut self,
        accepts: impl Fn(&Self, Kind) -> bool,
        visit: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if !self.cursor.goto_first_child() {
            return None;
        }
        let mut found = true;
        while !accepts(self, self.kind()) {
            if !self.cursor.goto_next_sibling() {
                found = false;
                break;
            }
        }
        let result = found.then(|| visit(self));
        self.cursor.goto_parent();
        result
    }

    /// Calls `visit` with the cursor on the child in a role, if there is one.
    fn in_field<T>(&mut self, field: Field, visit: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.first_child(
            |this, kind| !kind.is_trivia() && this.field() == field,
            visit,
        )
    }

    /// Calls `visit` with the cursor on the first child that is code.
    fn in_first<T>(&mut self, visit: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.first_child(|_, kind| !kind.is_trivia(), visit)
    }

    // --- building -------------------------------------------------------------------------

    /// Lowers one level further down, or gives up on what nests too deeply.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> T, otherwise: T) -> T {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return otherwise;
        }
        self.depth += 1;
        let done = part(self);
        self.depth -= 1;
        done
    }

    fn too_deep(&mut self) {
        if !self.is_too_deep {
            self.is_too_deep = true;
            let span = self.span();
            self.b.error(span, "nested too deeply");
        }
    }

    /// The list of what was pushed to `scratch` since it had `base` elements.
    fn list_since(&mut self, base: usize) -> ExprList {
        let list = self.b.list(&self.scratch[base..]);
        self.scratch.truncate(base);
        list
    }

    /// A value that nothing is known of.
    fn nothing(&mut self, span: Span) -> ExprId {
        self.b.expr(Expr::Unknown(ExprList::default()), span)
    }

    fn hint_at(&self, span: Span) -> Hint<'t> {
        Hint {
            text: self.slice(span),
            span,
        }
    }
}

/// Notes where the tree holds errors, without a look into the parts that have none.
fn note_errors(tree: &Tree, builder: &mut Builder) {
    let mut cursor = tree.walk();
    let mut noted = 0;
    loop {
        let node = cursor.node();
        let message = match (node.is_error(), node.is_missing()) {
            (true, _) => Some("syntax error"),
            (_, true) => Some("something is missing"),
            _ => None,
        };
        if let Some(message) = message {
            builder.error(Span::new(node.start_byte(), node.end_byte()), message);
            noted += 1;
        }
        let looks_inside = message.is_none() && node.has_error();
        if noted == MAX_ERRORS || !(looks_inside && cursor.goto_first_child() || go_on(&mut cursor))
        {
            return;
        }
    }
}

/// Moves to the next node that is not inside this one.
fn go_on(cursor: &mut TreeCursor<'_>) -> bool {
    loop {
        if cursor.goto_next_sibling() {
            return true;
        }
        if !cursor.goto_parent() {
            return false;
        }
    }
}

/// Exported names are bound by now: `export { load }` is an export of the local.
fn bind_exports(module: &mut Module) {
    for i in 0..module.exports.len() {
        let ExportKind::Expr(value) = module.exports[i].kind else {
            continue;
        };
        if let Expr::Local(local) = module.expr(value)
            && module.local(local).function == MODULE_BODY
        {
            module.exports[i].kind = ExportKind::Local(local);
        }
    }
}
