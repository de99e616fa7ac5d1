//! JSX: a component is a call, an element of the page is its parts.

use crate::ir::{CallKind, Expr, ExprId};
use crate::source::Span;

use super::Lowering;
use super::kinds::{Field, Kind};
use super::literals;

impl Lowering<'_> {
    /// `<User id={x}>…</User>` calls `User`, `<img>` what browsers load; of `<p>…</p>` only the
    /// values in it matter.
    pub(super) fn jsx(&mut self, span: Span) -> ExprId {
        let base = self.scratch.len();
        let callee = if self.kind() == Kind::JsxSelfClosing {
            self.jsx_tag()
        } else {
            let mut callee = None;
            self.each_child(|this, kind| match kind {
                Kind::JsxOpening => callee = this.jsx_tag(),
                Kind::JsxClosing | Kind::JsxText | Kind::HtmlReference => {}
                Kind::JsxExpression => {
                    let child = this.jsx_expression();
                    this.scratch.extend(child);
                }
                _ if kind.is_trivia() => {}
                _ => {
                    let child = this.expr();
                    this.scratch.push(child);
                }
            });
            callee
        };
        let args = self.list_since(base);
        match callee {
            Some(callee) => self.add_call(CallKind::Jsx, callee, args, span),
            None => self.b.expr(Expr::Unknown(args), span),
        }
    }

    /// What `{…}` holds; nothing if it is empty or a comment.
    pub(super) fn jsx_expression(&mut self) -> Option<ExprId> {
        self.in_first(Self::expr)
    }

    /// Pushes the attributes of a tag; gives the component or image it names, if it names one.
    fn jsx_tag(&mut self) -> Option<ExprId> {
        let mut callee = None;
        let mut is_component = false;
        self.each_child(|this, kind| match kind {
            Kind::Identifier | Kind::Member | Kind::NestedIdentifier
                if this.field() == Field::Name =>
            {
                let text = this.source();
                let is_element = text.starts_with(|first: char| first.is_ascii_lowercase())
                    && kind == Kind::Identifier
                    || text.contains('-');
                if !is_element && !text.is_empty() {
                    is_component = true;
                    callee = Some(this.dotted());
                } else if text == "img" {
                    // It loads something of its own.
                    is_component = true;
                    let (name, span) = (this.b.name(text), this.span());
                    callee = Some(this.b.expr(Expr::Name(name), span));
                }
            }
            Kind::JsxAttribute => {
                let attribute = this.jsx_attribute(is_component);
                this.scratch.push(attribute);
            }
            Kind::JsxExpression => {
                let spread = this.jsx_expression();
                this.scratch.extend(spread);
            }
            _ => {}
        });
        callee
    }

    fn jsx_attribute(&mut self, is_named: bool) -> ExprId {
        let span = self.span();
        let mut name = None;
        let mut value = None;
        self.each_child(|this, kind| match (kind, name) {
            _ if kind.is_trivia() => {}
            (_, None) => name = Some(this.source()),
            (Kind::JsxExpression, _) => value = this.jsx_expression(),
            (Kind::String, _) => {
                // No escapes here.
                let at = this.span();
                let text = this.b.name(literals::unquoted(this.slice(at)));
                value = Some(this.b.expr(Expr::String(text), at));
            }
            _ => value = Some(this.expr()),
        });
        let value = value.unwrap_or_else(|| self.b.expr(Expr::Bool(true), span));
        if !is_named {
            return value;
        }
        let name = self.b.name(name.unwrap_or_default());
        self.b.expr(Expr::Keyword { name, value }, span)
    }

    /// A name with dots, in whichever nodes the grammar puts it.
    pub(super) fn dotted(&mut self) -> ExprId {
        let span = self.span();
        match self.kind() {
            Kind::Identifier | Kind::TypeName | Kind::PropertyName => {
                self.b.reference(self.slice(span), span)
            }
            Kind::This => self.b.expr(Expr::This, span),
            Kind::Member | Kind::NestedIdentifier | Kind::NestedType => {
                let mut object = None;
                let mut name = "";
                self.each_child(|this, kind| match object {
                    _ if kind.is_trivia() => {}
                    None => object = Some(this.deeper_expr(Self::dotted)),
                    Some(_) => name = this.source(),
                });
                let object = object.unwrap_or_else(|| self.nothing(span));
                let name = self.b.name(name);
                self.b.expr(Expr::Member { object, name }, span)
            }
            _ => self.nothing(span),
        }
    }

    /// Lowers one level further down; what nests too deeply is unknown.
    pub(super) fn deeper_expr(&mut self, part: impl FnOnce(&mut Self) -> ExprId) -> ExprId {
        let found = self.deeper(|this| Some(part(this)), None);
        found.unwrap_or_else(|| {
            let span = self.span();
            self.nothing(span)
        })
    }
}
