//! Handing over a module that is finished.

use super::Module;

impl Module {
    /// Hands the module over, in no more memory than it needs, and starts anew in its own.
    pub(super) fn move_out(&mut self) -> Self {
        fn exact<T>(grown: &mut Vec<T>) -> Vec<T> {
            let mut exact = Vec::with_capacity(grown.len());
            exact.append(grown);
            exact
        }
        Self {
            names: self.names.move_out(),
            exprs: exact(&mut self.exprs),
            expr_spans: exact(&mut self.expr_spans),
            lists: exact(&mut self.lists),
            stmts: exact(&mut self.stmts),
            stmt_spans: exact(&mut self.stmt_spans),
            stmt_blocks: exact(&mut self.stmt_blocks),
            blocks: exact(&mut self.blocks),
            functions: exact(&mut self.functions),
            classes: exact(&mut self.classes),
            loops: exact(&mut self.loops),
            locals: exact(&mut self.locals),
            imports: exact(&mut self.imports),
            exports: exact(&mut self.exports),
            exports_all: std::mem::take(&mut self.exports_all),
            template: self.template.take(),
            sites: exact(&mut self.sites),
            patterns: exact(&mut self.patterns),
            directives: exact(&mut self.directives),
            keeping: exact(&mut self.keeping),
            leaving: exact(&mut self.leaving),
            errors: exact(&mut self.errors),
        }
    }
}
