//! Python to intermediate form: one walk over the syntax tree of tree-sitter.
//!
//! Nodes are lowered in the order they are evaluated, not in the order they stand, so every
//! node gathers its children first ([`Lowering::parts`]) and then visits them. Python 2 code,
//! broken code and syntax from the future become [`Expr::Unknown`] with what was understood
//! inside.

mod calls;
mod definitions;
mod expressions;
mod grammar;
mod imports;
mod literals;
mod patterns;
mod statements;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use smallvec::SmallVec;
use tree_sitter::{Parser, Tree, TreeCursor};

use self::grammar::{Field, GRAMMAR, Grammar, Kind, Part, Parts};
use super::{MAX_DEPTH, comments, parse};
use crate::ir::{Builder, ClassId, Expr, ExprId, ExprList, Module, Name};
use crate::source::Span;

/// Errors noted per file; the rest say nothing new.
const MAX_ERRORS: usize = 20;

/// Lowers a Python module.
pub(super) fn lower(text: &str) -> Module {
    let Some(tree) = parse(text) else {
        let mut builder = Builder::new();
        builder.error(Span::new(0, text.len()), "took too long to parse");
        return builder.finish();
    };
    Lowering::new(text, &tree).module()
}

/// The syntax tree, made by the thread's parser; none if it takes too long.
fn parse(text: &str) -> Option<Tree> {
    thread_local! {
        static PARSER: RefCell<Parser> = RefCell::new(new_parser());
    }
    PARSER.with_borrow_mut(|parser| parse::parse(parser, text))
}

fn new_parser() -> Parser {
    let mut parser = Parser::new();
    parser
        .set_language(&GRAMMAR.language)
        .expect("the grammar fits the library");
    parser
}

/// Expressions on their way into a list.
type Exprs = SmallVec<[ExprId; 8]>;

/// The walk over one tree.
struct Lowering<'t> {
    text: &'t str,
    builder: Builder,
    grammar: &'static Grammar,
    /// Reused to list children; it stands nowhere in between.
    cursor: TreeCursor<'t>,
    root: Part<'t>,
    /// Erroneous parts met inside a statement, lowered after it.
    stray: Vec<Part<'t>>,
    depth: u32,
    /// The class whose body is being lowered.
    class: Option<ClassId>,
    /// The class whose method is being lowered, and the name of the receiver.
    receiver: Option<(ClassId, Name)>,
    /// Under `if TYPE_CHECKING`.
    is_type_only: bool,
    /// Strings are forward references.
    is_annotation: bool,
    /// The tree holds errors.
    is_broken: bool,
}

impl<'t> Lowering<'t> {
    fn new(text: &'t str, tree: &'t Tree) -> Self {
        let grammar = &*GRAMMAR;
        let root = tree.root_node();
        Self {
            text,
            builder: Builder::new(),
            grammar,
            cursor: root.walk(),
            root: grammar.part(root),
            stray: Vec::new(),
            depth: 0,
            class: None,
            receiver: None,
            is_type_only: false,
            is_annotation: false,
            is_broken: root.has_error(),
        }
    }

    fn module(mut self) -> Module {
        self.builder.module_mut().exports_all = true;
        if self.root.node.is_error() {
            self.error(self.root.span(), "syntax error");
        }
        self.statements(self.root);
        self.stray();
        self.builder
            .module_mut()
            .errors
            .sort_unstable_by_key(|error| error.span);
        let mut module = self.builder.finish();
        comments::heed(
            self.text,
            self.root.node,
            |node| node.kind() == "comment",
            &mut module,
        );
        module
    }

    // --- the tree -------------------------------------------------------------------------

    /// The children of a node, without their roles.
    fn parts(&mut self, part: Part<'t>) -> Parts<'t> {
        self.children(part, |_, _| Field::None)
    }

    /// The children of a node and their roles.
    fn fields(&mut self, part: Part<'t>) -> Parts<'t> {
        self.children(part, Grammar::role)
    }

    /// The children of a node. Erroneous ones are kept where statements stand; elsewhere they
    /// are set aside, so that what a node is made of can be told by position.
    fn children(
        &mut self,
        part: Part<'t>,
        role: impl Fn(&Grammar, &TreeCursor<'t>) -> Field,
    ) -> Parts<'t> {
        let mut parts = SmallVec::new();
        self.cursor.reset(part.node);
        if !self.cursor.goto_first_child() {
            return Parts(parts);
        }
        loop {
            let node = self.cursor.node();
            let mut child = self.grammar.part(node);
            if self.is_broken && (child.kind == Kind::Error || node.is_missing()) {
                self.broken(part, child, &mut parts);
            } else if child.kind != Kind::Ignored {
                child.field = role(self.grammar, &self.cursor);
                parts.push(child);
            }
            if !self.cursor.goto_next_sibling() {
                return Parts(parts);
            }
        }
    }

    /// Notes an erroneous child and puts it where it will be looked at.
    fn broken(&mut self, parent: Part<'t>, child: Part<'t>, parts: &mut SmallVec<[Part<'t>; 6]>) {
        if child.node.is_missing() {
            self.error(child.span(), "something is missing here");
        } else {
            self.error(child.span(), "syntax error");
            if parent.kind.holds_statements() {
                parts.push(child);
            } else {
                self.stray.push(child);
            }
        }
    }

    /// The source of a node.
    fn text(&self, part: Part<'t>) -> &'t str {
        self.text.get(part.node.byte_range()).unwrap_or("")
    }

    /// Interns the source of a node.
    fn name(&mut self, part: Part<'t>) -> Name {
        let text = self.text(part);
        self.builder.name(text)
    }

    fn error(&mut self, span: Span, message: &'static str) {
        if self.builder.module_mut().errors.len() < MAX_ERRORS {
            self.builder.error(span, message);
        }
    }

    // --- depth ----------------------------------------------------------------------------

    /// Whether one more level of nesting is too much. Notes it if so.
    fn is_too_deep(&mut self, span: Span) -> bool {
        let is_too_deep = self.depth >= MAX_DEPTH;
        if is_too_deep {
            self.error(span, "nested too deeply");
        }
        is_too_deep
    }

    /// An expression of which nothing is known.
    fn unknown(&mut self, span: Span) -> ExprId {
        self.builder.expr(Expr::Unknown(ExprList::default()), span)
    }

    /// An expression of which only the parts are known.
    fn unknown_of(&mut self, parts: &[ExprId], span: Span) -> ExprId {
        let list = self.builder.list(parts);
        self.builder.expr(Expr::Unknown(list), span)
    }
}
