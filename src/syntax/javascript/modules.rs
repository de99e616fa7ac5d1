//! Imports and exports: ES modules, TypeScript's forms, and CommonJS.

use crate::ir::{Export, ExportKind, Expr, ExprId, Import, ImportKind, LocalKind, Name, Stmt};
use crate::source::Span;

use super::kinds::{Field, Kind};
use super::literals;
use super::{Hint, Lowering};

impl<'t> Lowering<'t> {
    // --- imports --------------------------------------------------------------------------

    pub(super) fn import_statement(&mut self, span: Span) {
        let mut module = self.in_field(Field::Source, Self::string_name);
        let mut is_type_only = false;
        let mut is_bare = true;
        // The clause stands before the source.
        self.each_child(|this, kind| match kind {
            Kind::Type | Kind::TypeOf => is_type_only = true,
            Kind::ImportClause => {
                is_bare = false;
                let from = From {
                    module: module.unwrap_or_else(|| this.b.name("")),
                    is_type_only,
                    span,
                };
                this.import_clause(from);
            }
            Kind::ImportRequire => {
                is_bare = false;
                module = this.in_field(Field::Source, Self::string_name);
                let from = From {
                    module: module.unwrap_or_else(|| this.b.name("")),
                    is_type_only,
                    span,
                };
                let local = this.in_first(|this| this.hint_at(this.span()));
                this.add_import(from, ImportKind::Namespace, local);
            }
            _ => {}
        });
        if is_bare && let Some(module) = module {
            let from = From {
                module,
                is_type_only,
                span,
            };
            self.add_import(from, ImportKind::Effects, None);
        }
    }

    fn import_clause(&mut self, from: From) {
        self.each_child(|this, kind| match kind {
            Kind::Identifier => {
                let local = this.hint_at(this.span());
                this.add_import(from, ImportKind::Default, Some(local));
            }
            Kind::NamespaceImport => {
                let local = this.in_first(|this| this.hint_at(this.span()));
                this.add_import(from, ImportKind::Namespace, local);
            }
            Kind::NamedImports => this.each_child(|this, kind| {
                if kind == Kind::ImportSpecifier {
                    this.import_specifier(from);
                }
            }),
            _ => {}
        });
    }

    fn import_specifier(&mut self, from: From) {
        let mut from = from;
        let mut name = None;
        let mut local = None;
        self.each_child(|this, kind| match kind {
            Kind::Type | Kind::TypeOf => from.is_type_only = true,
            Kind::Comment => {}
            _ => match this.field() {
                Field::Name => {
                    let span = this.span();
                    local = Some(this.hint_at(span));
                    name = Some(this.b.name(&literals::string_value(this.slice(span))));
                }
                Field::Alias => local = Some(this.hint_at(this.span())),
                _ => {}
            },
        });
        if let Some(name) = name {
            let kind = self.named_import(name);
            self.add_import(from, kind, local);
        }
    }

    fn named_import(&self, name: Name) -> ImportKind {
        match self.b.text(name) {
            "default" => ImportKind::Default,
            _ => ImportKind::Named(name),
        }
    }

    fn add_import(&mut self, from: From, kind: ImportKind, local: Option<Hint<'t>>) {
        let stmt = self.b.open_stmt(from.span);
        let import = self.b.add_import(Import {
            module: from.module,
            level: 0,
            kind,
            local: None,
            is_type_only: from.is_type_only,
            span: from.span,
        });
        if let Some(local) = local
            && !local.text.is_empty()
        {
            let kind = LocalKind::Import(import);
            let id = self.b.declare(local.text, kind, None, local.span);
            self.bound.push(id);
            self.b.import_mut(import).local = Some(id);
        }
        self.b.close_stmt(stmt, Stmt::Import(import));
    }

    /// `const a = require("x")`, `const {a, b: c} = require("x")` and
    /// `const a = require("x").b` are imports; tells whether this declarator is one.
    pub(super) fn require(&mut self, span: Span) -> bool {
        let required = self.in_field(Field::Value, |this| match this.kind() {
            Kind::Call => Some((this.required()?, None)),
            Kind::Member => {
                let module = this.in_field(Field::Object, Self::required)??;
                let name = this.in_field(Field::Property, |this| this.source())?;
                Some((module, Some(name)))
            }
            _ => None,
        });
        let Some((module, member)) = required.flatten() else {
            return false;
        };
        let from = From {
            module: self.b.name(&module),
            is_type_only: false,
            span,
        };
        let parts = self.in_field(Field::Name, |this| match this.kind() {
            Kind::Identifier => {
                let local = this.hint_at(this.span());
                let kind = match member {
                    Some(name) => {
                        let name = this.b.name(name);
                        this.named_import(name)
                    }
                    None => ImportKind::Namespace,
                };
                Some(vec![(kind, local)])
            }
            Kind::ObjectPattern if member.is_none() => this.required_names(),
            _ => None,
        });
        let Some(parts) = parts.flatten() else {
            return false;
        };
        for (kind, local) in parts {
            self.add_import(from, kind, Some(local));
        }
        true
    }

    /// The module that the call under the cursor requires.
    fn required(&mut self) -> Option<String> {
        if self.kind() != Kind::Call {
            return None;
        }
        let mut is_require = false;
        let mut module = None;
        self.each_child(|this, kind| match kind {
            Kind::Identifier => is_require = this.source() == "require",
            Kind::Arguments if is_require => {
                let mut args = 0;
                this.each_child(|this, kind| {
                    if !kind.is_trivia() {
                        args += 1;
                        if kind == Kind::String && args == 1 {
                            module = Some(literals::string_value(this.source()).into_owned());
                        }
                    }
                });
            }
            _ => {}
        });
        module
    }

    /// The names in `{a, b: c}`; none if there is more to it.
    fn required_names(&mut self) -> Option<Vec<(ImportKind, Hint<'t>)>> {
        let mut names = Vec::new();
        let mut is_plain = true;
        self.each_child(|this, kind| match kind {
            Kind::ShorthandPattern => {
                let local = this.hint_at(this.span());
                let name = this.b.name(local.text);
                names.push((this.named_import(name), local));
            }
            Kind::PairPattern => {
                let name = this.in_field(Field::Key, |this| {
                    (this.kind() == Kind::PropertyName).then(|| this.source())
                });
                let local = this.in_field(Field::Value, |this| {
                    (this.kind() == Kind::Identifier).then(|| this.hint_at(this.span()))
                });
                match (name.flatten(), local.flatten()) {
                    (Some(name), Some(local)) => {
                        let name = this.b.name(name);
                        names.push((this.named_import(name), local));
                    }
                    _ => is_plain = false,
                }
            }
            _ if kind.is_trivia() => {}
            _ => is_plain = false,
        });
        is_plain.then_some(names)
    }

    fn string_name(&mut self) -> Name {
        let value = literals::string_value(self.source());
        self.b.name(&value)
    }

    // --- exports --------------------------------------------------------------------------

    pub(super) fn export_statement(&mut self, span: Span) {
        let source = self.in_field(Field::Source, Self::string_name);
        let mut is_default = false;
        let mut is_star = false;
        let mut is_assignment = false;
        self.each_child(|this, kind| match kind {
            Kind::Default => is_default = true,
            Kind::Star => is_star = true,
            Kind::Assign => is_assignment = true,
            _ if kind.is_trivia() => {}
            Kind::Decorator | Kind::String => {}
            Kind::ExportClause => this.export_clause(source, span),
            Kind::NamespaceExport => {
                let name = this.in_first(Self::string_name);
                if let (Some(name), Some(module)) = (name, source) {
                    this.add_export(name, ExportKind::From { module, name: None }, span);
                }
            }
            _ if this.field() == Field::Declaration => {
                this.exported_declaration(kind, is_default, span);
            }
            _ if is_default || is_assignment => this.exported_value(is_default, span),
            // `export as namespace x`
            Kind::Identifier => {}
            _ => this.stmt(),
        });
        if is_star && let Some(module) = source {
            let name = self.b.name("*");
            self.add_export(name, ExportKind::Star { module }, span);
        }
    }

    fn exported_declaration(&mut self, kind: Kind, is_default: bool, span: Span) {
        let before = self.bound.len();
        match kind {
            Kind::ClassDeclaration | Kind::AbstractClass => {
                self.class_statement(kind, span, true);
            }
            Kind::FunctionDeclaration | Kind::GeneratorDeclaration => {
                self.function_declaration(span);
            }
            Kind::LexicalDeclaration | Kind::VariableDeclaration | Kind::UsingDeclaration => {
                self.declaration(kind, span);
            }
            _ => self.stmt(),
        }
        for i in before..self.bound.len() {
            let local = self.bound[i];
            let name = if is_default {
                self.b.name("default")
            } else {
                self.b.module_mut().local(local).name
            };
            self.add_export(name, ExportKind::Local(local), span);
        }
        self.bound.truncate(before);
    }

    /// `export default value`, `export = value`
    fn exported_value(&mut self, is_default: bool, span: Span) {
        let word = if is_default { "default" } else { "=" };
        let stmt = self.b.open_stmt(span);
        if is_default {
            let at = self.span();
            self.hint = Some(Hint {
                text: "default",
                span: Span {
                    start: at.start,
                    end: at.start,
                },
            });
        }
        let value = self.expr();
        self.b.close_stmt(stmt, Stmt::Expr(value));
        let name = self.b.name(word);
        self.add_export(name, ExportKind::Expr(value), span);
    }

    fn export_clause(&mut self, source: Option<Name>, span: Span) {
        let stmt = self.b.open_stmt(span);
        self.each_child(|this, kind| {
            if kind != Kind::ExportSpecifier {
                return;
            }
            let at = this.span();
            let name = this.first_child(|this, _| this.field() == Field::Name, Self::span_here);
            let alias = this.first_child(|this, _| this.field() == Field::Alias, Self::span_here);
            let Some(name) = name else {
                return;
            };
            let shown = literals::string_value(this.slice(alias.unwrap_or(name)));
            let shown = this.b.name(&shown);
            let there = literals::string_value(this.slice(name));
            let kind = match source {
                Some(module) => ExportKind::From {
                    module,
                    name: Some(this.b.name(&there)),
                },
                None => ExportKind::Expr(this.b.reference(&there, name)),
            };
            this.add_export(shown, kind, at);
        });
        self.b.close_stmt(stmt, Stmt::Empty);
    }

    fn span_here(&mut self) -> Span {
        self.span()
    }

    /// Adds an export, unless it is that of a namespace.
    fn add_export(&mut self, name: Name, kind: ExportKind, span: Span) {
        if self.is_module_level() {
            let export = Export { name, kind, span };
            self.b.module_mut().exports.push(export);
        }
    }

    /// `module.exports = value`, `exports.name = value`, `module.exports.name = value`.
    pub(super) fn note_common_js(&mut self, target: ExprId, value: ExprId, span: Span) {
        let Expr::Member { object, name } = self.b.get(target) else {
            return;
        };
        let is_whole = self.is_module_exports(target);
        if !(is_whole || self.is_exports(object)) || !self.is_module_level() {
            return;
        }
        let mut value = value;
        // `module.exports = exports = value`
        while let Expr::Assign {
            op: None,
            value: inner,
            ..
        } = self.b.get(value)
        {
            value = inner;
        }
        if !is_whole {
            self.add_export(name, ExportKind::Expr(value), span);
            return;
        }
        let whole = self.b.name("=");
        self.add_export(whole, ExportKind::Expr(value), span);
        if let Expr::Map(entries) = self.b.get(value) {
            for i in 0..entries.len() {
                let entry = self.b.elements(entries)[i];
                if let Expr::Keyword { name, value } = self.b.get(entry) {
                    let at = self.b.span(entry);
                    self.add_export(name, ExportKind::Expr(value), at);
                }
            }
        }
    }

    /// `exports` or `module.exports`
    fn is_exports(&self, value: ExprId) -> bool {
        match self.b.get(value) {
            Expr::Name(name) => self.b.text(name) == "exports",
            _ => self.is_module_exports(value),
        }
    }

    fn is_module_exports(&self, value: ExprId) -> bool {
        let Expr::Member { object, name } = self.b.get(value) else {
            return false;
        };
        let Expr::Name(object) = self.b.get(object) else {
            return false;
        };
        self.b.text(name) == "exports" && self.b.text(object) == "module"
    }
}

/// What the imports of one statement share.
#[derive(Debug, Clone, Copy)]
struct From {
    module: Name,
    is_type_only: bool,
    span: Span,
}
