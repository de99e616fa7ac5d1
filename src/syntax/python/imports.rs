//! Imports of all forms.

use super::Lowering;
use super::grammar::{Field, Kind, Part};
use crate::ir::{Import, ImportKind, LocalKind, Name, Stmt};
use crate::source::Span;

impl<'t> Lowering<'t> {
    /// `import a.b, c as d`
    pub(super) fn import_statement(&mut self, part: Part<'t>) {
        for name in self.fields(part).all(Field::Name) {
            let (dotted, alias) = self.aliased(name);
            let path = self.dotted(dotted);
            let module = self.builder.name(&path);
            let (kind, binder) = match alias {
                Some(alias) => (ImportKind::Namespace, self.text(alias)),
                None => (
                    ImportKind::Root,
                    path.split_once('.').map_or(&*path, |(root, _)| root),
                ),
            };
            self.import(part, module, 0, kind, Some((binder, name.span())));
        }
    }

    /// `from ..a import b, c as d`, `from a import *`
    pub(super) fn import_from_statement(&mut self, part: Part<'t>) {
        let parts = self.fields(part);
        let (path, level) = match parts.field(Field::ModuleName) {
            Some(module) if module.kind == Kind::RelativeImport => self.relative(module),
            Some(module) => (self.dotted(module), 0),
            // The statement with a node of its own.
            None => ("__future__".to_owned(), 0),
        };
        let module = self.builder.name(&path);
        if parts.of_kind(Kind::WildcardImport).is_some() {
            self.import(part, module, level, ImportKind::Star, None);
        }
        for name in parts.all(Field::Name) {
            let (dotted, alias) = self.aliased(name);
            let taken = self.name(dotted);
            let binder = self.text(alias.unwrap_or(dotted));
            let kind = ImportKind::Named(taken);
            self.import(part, module, level, kind, Some((binder, name.span())));
        }
    }

    fn import(
        &mut self,
        part: Part<'t>,
        module: Name,
        level: u16,
        kind: ImportKind,
        binder: Option<(&str, Span)>,
    ) {
        if binder.is_some_and(|(text, _)| text.is_empty()) {
            return;
        }
        let stmt = self.builder.open_stmt(part.span());
        let import = self.builder.add_import(Import {
            module,
            level,
            kind,
            local: None,
            is_type_only: self.is_type_only,
            span: part.span(),
        });
        if let Some((text, span)) = binder {
            let kind = LocalKind::Import(import);
            let local = self.builder.declare_in_function(text, kind, None, span);
            self.builder.import_mut(import).local = Some(local);
        }
        self.builder.close_stmt(stmt, Stmt::Import(import));
    }

    /// The name taken and the one it is given.
    fn aliased(&mut self, part: Part<'t>) -> (Part<'t>, Option<Part<'t>>) {
        if part.kind != Kind::AliasedImport {
            return (part, None);
        }
        let parts = self.fields(part);
        let name = parts.field(Field::Name).unwrap_or(part);
        (name, parts.field(Field::Alias))
    }

    /// The module and the number of dots before it.
    fn relative(&mut self, part: Part<'t>) -> (String, u16) {
        let parts = self.parts(part);
        let dots = parts.of_kind(Kind::ImportPrefix);
        let dots = dots.map_or("", |dots| self.text(dots));
        let level = dots.bytes().filter(|&b| b == b'.').count();
        let path = parts
            .of_kind(Kind::DottedName)
            .map_or_else(String::new, |name| self.dotted(name));
        (path, u16::try_from(level).unwrap_or(u16::MAX))
    }

    /// A dotted name as written, without the spaces that may stand around its dots.
    fn dotted(&self, part: Part<'t>) -> String {
        self.text(part).split_whitespace().collect()
    }
}
