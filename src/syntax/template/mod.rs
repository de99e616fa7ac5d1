//! Templates of Django and Jinja, lowered: a template is a function of its context.
//!
//! The two languages are read as one. What stands in `{{ }}` is an expression, `{% for %}` a
//! loop, `{% include %}` and `{% extends %}` are calls of `include` with the names at hand,
//! `{% load %}` and `{% import %}` are imports, `{% macro %}` is a function, and any other tag is
//! a call of its name, which a project may define. Text is skipped.

mod expressions;
mod pieces;
#[cfg(test)]
mod tests;
mod tokens;

use rustc_hash::FxHashSet;

use self::pieces::{Piece, PieceKind, Pieces};
use self::tokens::{Token, TokenKind, tokens};
use crate::ir::{
    BlockId, Builder, CallKind, Expr, ExprId, ExprList, FunctionKind, Import, ImportKind,
    LocalKind, LoopKind, Module, Name, ParamKind, SequenceKind, Stmt, StmtId,
};
use crate::source::Span;

/// Nesting of tags and of expressions that is followed.
const MAX_DEPTH: usize = 100;
/// What a comment for this tool holds.
const DIRECTIVE: &str = "slowpath:";
/// Names that engines give every template.
const OWN_NAMES: &[&str] = &[
    "loop", "forloop", "super", "caller", "self", "block", "varargs", "kwargs",
];
/// Tags whose inside is no template, or is kept by a cache.
const SKIPPED: &[&str] = &["comment", "raw", "verbatim", "cache", "macro"];
/// Tags whose names hold up to their end.
const SCOPES: &[&str] = &[
    "with",
    "blocktrans",
    "blocktranslate",
    "block",
    "call",
    "filter",
    "language",
];

/// Lowers one template.
pub(super) fn lower(text: &str, path: &str) -> Module {
    let mut lowering = Lowering {
        text,
        builder: Builder::new(),
        tokens: Vec::new(),
        next: 0,
        depth: 0,
        piece: Span::default(),
        open: Vec::new(),
        names: FxHashSet::default(),
        bound: Vec::new(),
    };
    lowering.builder.module_mut().exports_all = true;
    if text.contains("endmacro") {
        lowering.macros();
    }
    lowering.template(path);
    lowering.builder.finish()
}

struct Lowering<'t> {
    text: &'t str,
    builder: Builder,
    /// Those of the piece at hand.
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// Where the inside of the piece lies.
    piece: Span,
    /// Tags that wait for their end.
    open: Vec<Open>,
    /// The names that the context may give.
    names: FxHashSet<Name>,
    /// Names that tags bind, with the number of tags open around.
    bound: Vec<(usize, Name)>,
}

/// A tag that waits for its end.
struct Open {
    /// The tag's name.
    tag: Span,
    kind: OpenKind,
}

enum OpenKind {
    Loop(StmtId),
    /// The part of a loop that runs where there is nothing to walk.
    Empty,
    If {
        stmt: StmtId,
        test: ExprId,
        then: Option<BlockId>,
    },
    Scope,
}

impl<'t> Lowering<'t> {
    fn text_of(&self, span: Span) -> &'t str {
        let text = self.text;
        text.get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// The macros of the file: functions that others may import.
    fn macros(&mut self) {
        let mut pieces = Pieces::new(self.text);
        while let Some(piece) = pieces.next() {
            if piece.kind != PieceKind::Tag {
                continue;
            }
            self.enter(piece);
            match self.text_at(0) {
                "macro" => self.function(&mut pieces, piece),
                tag @ ("comment" | "raw" | "verbatim") => {
                    pieces.skip_to(&format!("end{tag}"));
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, pieces: &mut Pieces<'_>, piece: Piece) {
        self.next += 1;
        let Some(&token) = self.tokens.get(self.next) else {
            return;
        };
        let text = self.text_of(token.span);
        let name = self.builder.name(text);
        let stmt = self.builder.open_stmt(piece.span);
        let kind = FunctionKind::Function;
        let id = self
            .builder
            .open_function(Some(name), kind, piece.span, token.span);
        self.next += 2;
        let mut index = 0;
        while !self.is_at_end() && !self.takes_sign(")") {
            let token = self.tokens[self.next];
            self.next += 1;
            if token.kind == TokenKind::Name {
                let text = self.text_of(token.span);
                let default = self.takes_sign("=").then(|| self.expression());
                self.builder
                    .declare(text, LocalKind::Param(index), None, token.span);
                let target = self.builder.reference(text, token.span);
                let none = ExprList::default();
                self.builder
                    .param(target, default, None, ParamKind::Plain, none);
                index += 1;
            }
        }
        let mut end = piece.span.end;
        while let Some(piece) = pieces.next() {
            end = piece.span.end;
            if piece.kind == PieceKind::Tag {
                self.enter(piece);
                if self.text_at(0) == "endmacro" {
                    break;
                }
            }
            self.piece(pieces, piece);
        }
        self.close_all(0);
        let span = Span::new(piece.span.start as usize, end as usize);
        self.builder.function_mut(id).span = span;
        self.builder.close_function();
        self.builder
            .declare(text, LocalKind::Function(id), None, token.span);
        self.builder.close_stmt(stmt, Stmt::Function(id));
        self.names.clear();
        self.bound.clear();
    }

    /// All but the macros: one function of the names it mentions.
    fn template(&mut self, path: &str) {
        let whole = Span::new(0, self.text.len());
        let file = path.rsplit('/').next().unwrap_or(path);
        let name = self.builder.name(file);
        let stmt = self.builder.open_stmt(whole);
        let kind = FunctionKind::Function;
        let head = Span::new(0, 0);
        let id = self.builder.open_function(Some(name), kind, whole, head);
        let mut pieces = Pieces::new(self.text);
        while let Some(piece) = pieces.next() {
            self.piece(&mut pieces, piece);
        }
        self.close_all(0);
        self.params();
        self.builder.close_function();
        self.builder.close_stmt(stmt, Stmt::Function(id));
        self.builder.module_mut().template = Some(id);
    }

    /// What the template mentions and does not bind itself is given to it.
    fn params(&mut self) {
        let mut names: Vec<Name> = self.names.drain().collect();
        names.sort_unstable();
        let at = Span::new(0, 0);
        let names = names.into_iter().take(usize::from(u16::MAX));
        for (i, name) in names.enumerate() {
            let text = self.builder.text(name).to_owned();
            self.builder
                .declare(&text, LocalKind::Param(i as u16), None, at);
            let target = self.builder.reference(&text, at);
            let none = ExprList::default();
            self.builder
                .param(target, None, None, ParamKind::KeywordOnly, none);
        }
    }

    fn enter(&mut self, piece: Piece) {
        self.piece = piece.inner;
        self.tokens = tokens(self.text, piece.inner);
        self.next = 0;
        self.depth = 0;
    }

    fn piece(&mut self, pieces: &mut Pieces<'_>, piece: Piece) {
        match piece.kind {
            PieceKind::Comment => {
                if self.text_of(piece.span).contains(DIRECTIVE) {
                    self.builder.module_mut().directives.push(piece.span);
                }
            }
            PieceKind::Output => {
                self.enter(piece);
                let stmt = self.builder.open_stmt(piece.span);
                let value = self.expression();
                self.builder.close_stmt(stmt, Stmt::Expr(value));
            }
            PieceKind::Tag => {
                self.enter(piece);
                self.tag(pieces, piece);
            }
        }
    }

    fn tag(&mut self, pieces: &mut Pieces<'_>, piece: Piece) {
        let Some(&first) = self.tokens.first() else {
            return;
        };
        self.next = 1;
        let tag = self.text_of(first.span);
        let is_full = self.open.len() >= MAX_DEPTH;
        match tag {
            _ if SKIPPED.contains(&tag) => {
                if let Some(end) = pieces.skip_to(&format!("end{tag}")) {
                    let skipped = Span::new(piece.span.start as usize, end);
                    if self.text_of(skipped).contains(DIRECTIVE) && tag == "comment" {
                        self.builder.module_mut().directives.push(skipped);
                    }
                }
            }
            "for" if !is_full => self.open_loop(first, piece),
            "if" | "ifequal" | "ifnotequal" | "ifchanged" if !is_full => {
                let test = if tag == "if" {
                    self.either()
                } else {
                    self.rest()
                };
                self.open_if(first.span, test, piece);
            }
            "elif" | "elseif" => self.otherwise(first.span, Some(piece)),
            "else" | "empty" => self.otherwise(first.span, None),
            "include" | "extends" => self.include(first, piece),
            "load" => self.load(piece),
            "import" | "from" => self.import(tag == "import", piece),
            "set" => self.set(piece),
            "regroup" => self.regroup(piece),
            _ if SCOPES.contains(&tag) && !is_full => self.open_scope(first, piece),
            _ if tag.strip_prefix("end").is_some_and(|of| !of.is_empty()) => self.end(&tag[3..]),
            _ => self.call_tag(first, piece),
        }
    }

    // --- names ----------------------------------------------------------------------------

    /// A name read; `is_given` if the context may give it.
    fn reference(&mut self, text: &str, span: Span, is_given: bool) -> ExprId {
        let id = self.builder.reference(text, span);
        if is_given && !OWN_NAMES.contains(&text) {
            let name = self.builder.name(text);
            self.names.insert(name);
        }
        id
    }

    /// Binds a name for the tags inside the innermost one.
    fn bind(&mut self, token: Token) -> ExprId {
        let text = self.text_of(token.span);
        self.builder
            .declare(text, LocalKind::Variable, None, token.span);
        let name = self.builder.name(text);
        self.bound.push((self.open.len(), name));
        self.builder.reference(text, token.span)
    }

    fn assign(&mut self, token: Token, value: ExprId, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let target = self.bind(token);
        let span = self.span_from(value);
        let assign = self.builder.assign(target, value, None, span);
        self.builder.close_stmt(stmt, Stmt::Expr(assign));
    }

    // --- tags -----------------------------------------------------------------------------

    /// `for a, b in xs if test`
    fn open_loop(&mut self, tag: Token, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let mut targets = Vec::new();
        while !self.is_at_end() && !self.take("in") {
            let token = self.tokens[self.next];
            self.next += 1;
            if token.kind == TokenKind::Name {
                targets.push(token);
            }
        }
        let over = self.either();
        self.open.push(Open {
            tag: tag.span,
            kind: OpenKind::Loop(stmt),
        });
        let lp = self
            .builder
            .open_loop(LoopKind::Each, Some(over), piece.span);
        self.builder.open_scope();
        let names: Vec<ExprId> = targets.iter().map(|&token| self.bind(token)).collect();
        let target = if let [only] = names[..] {
            only
        } else {
            let kind = SequenceKind::Tuple;
            let elements = self.builder.list(&names);
            let tuple = Expr::Sequence { kind, elements };
            self.builder.expr(tuple, piece.inner)
        };
        self.builder.set_element(lp, target);
        if self.take("if") {
            let stmt = self.builder.open_stmt(piece.span);
            let test = self.either();
            self.builder.close_stmt(stmt, Stmt::Expr(test));
        }
    }

    fn open_if(&mut self, tag: Span, test: ExprId, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        self.builder.open_block();
        self.builder.open_scope();
        let kind = OpenKind::If {
            stmt,
            test,
            then: None,
        };
        self.open.push(Open { tag, kind });
    }

    /// `else`, `elif test` or `empty`, of the innermost tag that has such a part.
    fn otherwise(&mut self, tag: Span, test: Option<Piece>) {
        let Some(at) = self
            .open
            .iter()
            .rposition(|open| !matches!(open.kind, OpenKind::Scope))
        else {
            return;
        };
        self.close_all(at + 1);
        let Some(mut open) = self.open.pop() else {
            return;
        };
        match &mut open.kind {
            OpenKind::Loop(stmt) => {
                let stmt = *stmt;
                self.close_loop(stmt);
                open.kind = OpenKind::Empty;
                self.open.push(open);
            }
            OpenKind::If { then, .. } if then.is_none() => {
                self.builder.close_scope();
                *then = Some(self.builder.close_block());
                self.builder.open_block();
                self.builder.open_scope();
                self.open.push(open);
                if let Some(piece) = test {
                    let test = self.either();
                    self.open_if(tag, test, piece);
                }
            }
            _ => self.open.push(open),
        }
    }

    fn open_scope(&mut self, tag: Token, piece: Piece) {
        self.builder.open_scope();
        self.open.push(Open {
            tag: tag.span,
            kind: OpenKind::Scope,
        });
        match self.text_of(tag.span) {
            "with" | "blocktrans" | "blocktranslate" => self.bindings(piece),
            "call" => {
                let stmt = self.builder.open_stmt(piece.span);
                if self.text_at(0) == "(" {
                    self.next += 1;
                    while !self.is_at_end() && !self.takes_sign(")") {
                        let token = self.tokens[self.next];
                        self.next += 1;
                        if token.kind == TokenKind::Name {
                            self.bind(token);
                        }
                    }
                }
                let value = self.expression();
                self.builder.close_stmt(stmt, Stmt::Expr(value));
            }
            _ => {}
        }
    }

    /// `a=b c=d`, `a = b, c = d`, `b as a`.
    fn bindings(&mut self, piece: Piece) {
        while !self.is_at_end() {
            let token = self.tokens[self.next];
            if token.kind == TokenKind::Name && self.text_at(1) == "=" {
                self.next += 2;
                let value = self.filtered();
                self.assign(token, value, piece);
            } else if token.kind == TokenKind::Name
                && matches!(self.text_at(0), "with" | "count" | "and")
            {
                self.next += 1;
            } else if matches!(token.kind, TokenKind::Name | TokenKind::String) {
                let before = self.next;
                let value = self.filtered();
                self.moves_on_from(before);
                if self.take("as")
                    && let Some(&token) = self.tokens.get(self.next)
                {
                    self.next += 1;
                    self.assign(token, value, piece);
                }
            } else {
                self.next += 1;
            }
        }
    }

    /// `set a = b`; without a value, its text up to `endset`.
    fn set(&mut self, piece: Piece) {
        let mut targets = Vec::new();
        while !self.is_at_end() && !self.takes_sign("=") {
            let token = self.tokens[self.next];
            self.next += 1;
            if token.kind == TokenKind::Name {
                targets.push(token);
            }
        }
        let value = self.expression();
        if let [target] = targets[..] {
            self.assign(target, value, piece);
        }
    }

    /// `regroup books by author as groups`: reads the key of each element.
    fn regroup(&mut self, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let over = self.filtered();
        self.take("by");
        let lp = self
            .builder
            .open_loop(LoopKind::Each, Some(over), piece.span);
        self.builder.open_scope();
        let element = "element";
        self.builder
            .declare(element, LocalKind::Variable, None, piece.inner);
        let target = self.builder.reference(element, piece.inner);
        self.builder.set_element(lp, target);
        let inner = self.builder.open_stmt(piece.span);
        let mut value = self.builder.reference(element, piece.inner);
        while self
            .tokens
            .get(self.next)
            .is_some_and(|t| t.kind == TokenKind::Name)
            && self.text_at(0) != "as"
        {
            let token = self.tokens[self.next];
            self.next += 1;
            let name = self.text_of(token.span);
            let name = self.builder.name(name);
            let object = value;
            value = self.builder.expr(Expr::Member { object, name }, token.span);
            self.takes_sign(".");
        }
        self.builder.close_stmt(inner, Stmt::Expr(value));
        self.builder.close_scope();
        self.builder.close_loop();
        self.builder.close_stmt(stmt, Stmt::Loop(lp));
        if self.take("as")
            && let Some(&token) = self.tokens.get(self.next)
        {
            let groups = self.groups(over, piece);
            self.assign(token, groups, piece);
        }
    }

    /// What `regroup` makes: a list of groups, each with some of the elements.
    fn groups(&mut self, elements: ExprId, piece: Piece) -> ExprId {
        let name = self.builder.name("list");
        let value = elements;
        let entry = self
            .builder
            .expr(Expr::Keyword { name, value }, piece.inner);
        let entries = self.builder.list(&[entry]);
        let group = self.builder.expr(Expr::Map(entries), piece.inner);
        let kind = SequenceKind::List;
        let elements = self.builder.list(&[group]);
        let groups = Expr::Sequence { kind, elements };
        self.builder.expr(groups, piece.inner)
    }

    /// `include "a.html" with b=c`, `extends "base.html"`: a call of the other template, with the
    /// names that tags bind here. The others of the context it has too.
    fn include(&mut self, tag: Token, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let name = self.builder.name("include");
        let callee = self.builder.expr(Expr::Name(name), tag.span);
        let mut args = vec![self.filtered()];
        self.take("with");
        let mut given: Vec<Name> = Vec::new();
        while !self.is_at_end() {
            if self.text_at(1) == "=" {
                let arg = self.argument(false);
                if let Expr::Keyword { name, .. } = self.builder.get(arg) {
                    given.push(name);
                }
                args.push(arg);
            } else {
                self.next += 1;
            }
        }
        let mut bound: Vec<Name> = self.bound.iter().map(|&(_, name)| name).collect();
        bound.sort_unstable();
        bound.dedup();
        for name in bound {
            if given.contains(&name) {
                continue;
            }
            let text = self.builder.text(name).to_owned();
            let value = self.builder.reference(&text, piece.inner);
            args.push(
                self.builder
                    .expr(Expr::Keyword { name, value }, piece.inner),
            );
        }
        let args = self.builder.list(&args);
        let kind = CallKind::Plain;
        let call = self
            .builder
            .expr(Expr::Call { kind, callee, args }, piece.inner);
        self.builder.close_stmt(stmt, Stmt::Expr(call));
    }

    /// `load a b`, `load f from a`: the tags and filters of a module of the project.
    fn load(&mut self, piece: Piece) {
        let words: Vec<Token> = self.tokens[1..].to_vec();
        let from = words
            .iter()
            .position(|token| self.text_of(token.span) == "from");
        let words = &words[from.map_or(0, |at| at + 1)..];
        for token in words {
            let module = self.text_of(token.span);
            let module = self.builder.name(module);
            self.add_import(module, ImportKind::Star, None, piece);
        }
    }

    /// `import "forms.html" as forms`, `from "forms.html" import field, label as title`.
    fn import(&mut self, is_whole: bool, piece: Piece) {
        let Some(&path) = self
            .tokens
            .get(1)
            .filter(|token| token.kind == TokenKind::String)
        else {
            return;
        };
        let module = self.text_of(path.span).trim_matches(['"', '\'']);
        let module = self.builder.name(module);
        self.next = 3;
        if is_whole {
            if let Some(&token) = self.tokens.get(self.next) {
                self.add_import(module, ImportKind::Namespace, Some(token), piece);
            }
            return;
        }
        while let Some(&token) = self.tokens.get(self.next) {
            self.next += 1;
            if token.kind != TokenKind::Name
                || matches!(self.text_of(token.span), "with" | "without" | "context")
            {
                continue;
            }
            let taken = self.text_of(token.span);
            let taken = self.builder.name(taken);
            let mut binder = token;
            if self.take("as")
                && let Some(&alias) = self.tokens.get(self.next)
            {
                binder = alias;
                self.next += 1;
            }
            self.add_import(module, ImportKind::Named(taken), Some(binder), piece);
        }
    }

    fn add_import(&mut self, module: Name, kind: ImportKind, binder: Option<Token>, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let import = self.builder.add_import(Import {
            module,
            level: 0,
            kind,
            local: None,
            is_type_only: false,
            span: piece.span,
        });
        if let Some(token) = binder {
            let text = self.text_of(token.span);
            let kind = LocalKind::Import(import);
            let local = self.builder.declare(text, kind, None, token.span);
            self.builder.import_mut(import).local = Some(local);
        }
        self.builder.close_stmt(stmt, Stmt::Import(import));
    }

    /// Any other tag: a call of its name. `{% latest_books 5 as books %}`
    fn call_tag(&mut self, tag: Token, piece: Piece) {
        let stmt = self.builder.open_stmt(piece.span);
        let name = self.text_of(tag.span);
        let name = self.builder.name(name);
        let callee = self.builder.expr(Expr::Name(name), tag.span);
        let mut args = Vec::new();
        let mut target = None;
        while !self.is_at_end() {
            if self.text_at(0) == "as" && self.next + 2 == self.tokens.len() {
                target = self.tokens.last().copied();
                break;
            }
            let before = self.next;
            args.push(self.argument(false));
            self.moves_on_from(before);
        }
        let args = self.builder.list(&args);
        let kind = CallKind::Plain;
        let call = self
            .builder
            .expr(Expr::Call { kind, callee, args }, piece.inner);
        self.builder.close_stmt(stmt, Stmt::Expr(call));
        if let Some(target) = target.filter(|token| token.kind == TokenKind::Name) {
            self.assign(target, call, piece);
        }
    }

    /// What is left of a piece.
    fn rest(&mut self) -> ExprId {
        let mut parts = Vec::new();
        while !self.is_at_end() {
            let before = self.next;
            parts.push(self.filtered());
            self.moves_on_from(before);
        }
        self.unknown(&parts)
    }

    // --- ends -----------------------------------------------------------------------------

    /// The end of a tag closes what is open inside it too, as `elif` is in `if`; the end of one
    /// that was never opened closes nothing.
    fn end(&mut self, tag: &str) {
        let is_meant = |open: &Open| self.text_of(open.tag) == tag;
        if let Some(at) = self.open.iter().rposition(is_meant) {
            self.close_all(at);
        }
    }

    fn close_all(&mut self, down_to: usize) {
        while self.open.len() > down_to {
            let Some(open) = self.open.pop() else {
                return;
            };
            match open.kind {
                OpenKind::Loop(stmt) => self.close_loop(stmt),
                OpenKind::Empty => {}
                OpenKind::Scope => self.builder.close_scope(),
                OpenKind::If { stmt, test, then } => {
                    self.builder.close_scope();
                    let block = self.builder.close_block();
                    let (then, otherwise) = match then {
                        Some(then) => (then, Some(block)),
                        None => (block, None),
                    };
                    let whole = Stmt::If {
                        test,
                        then,
                        otherwise,
                    };
                    self.builder.close_stmt(stmt, whole);
                }
            }
            self.forget();
        }
    }

    /// Names that were bound inside the tags that are closed.
    fn forget(&mut self) {
        let open = self.open.len();
        self.bound.retain(|&(at, _)| at <= open);
    }

    fn close_loop(&mut self, stmt: StmtId) {
        self.builder.close_scope();
        let lp = self.builder.close_loop();
        self.builder.close_stmt(stmt, Stmt::Loop(lp));
    }
}
