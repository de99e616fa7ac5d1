//! Columns that a query leaves out: reading one asks the database for it.

use super::loaded::{Loaded, Origin};
use super::{Finder, Missing, Path, Read, Root, RowSource};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, LoopId};
use crate::link::models::Columns;
use crate::link::types::Base;
use crate::source::FileId;

impl Finder<'_> {
    /// Reads of columns that the queries of loops leave out.
    pub(super) fn deferred_reads(&mut self, found: &mut [Vec<Read>]) {
        let module = self.module(self.file);
        for i in 0..module.loops.len() {
            let lp = LoopId(i as u32);
            let head = module.lp(lp);
            let Some(over) = head.over else {
                continue;
            };
            let loaded = self.loaded(self.file, over);
            let leaves_out = loaded.only.is_some() || !loaded.deferred.is_empty();
            if loaded.origin != Origin::Query || !leaves_out {
                continue;
            }
            for id in head.exprs.iter() {
                if let Some(read) = self.deferred_read(id, lp, &loaded) {
                    let known = &mut found[module.function_of(id).index()];
                    if !known.iter().any(|read_| read_.source == read.source) {
                        known.push(read);
                    }
                }
            }
        }
    }

    fn deferred_read(&mut self, id: ExprId, lp: LoopId, loaded: &Loaded) -> Option<Read> {
        let Expr::Member { object, name } = self.module(self.file).expr(id) else {
            return None;
        };
        let row = self.source_of_row(object)?;
        if row.root != Root::Element(lp) || !row.path.is_empty() || self.assigns(object, name) {
            return None;
        }
        let ty = self.typer(self.file).of(object);
        let (true, Base::Instance(class)) = (ty.is_bare(), ty.base) else {
            return None;
        };
        let name = self.module(self.file).text(name);
        let is_out = match &loaded.only {
            Some(only) => !only.iter().any(|column| column == name),
            None => false,
        };
        if !is_out && !loaded.deferred.iter().any(|column| column == name) {
            return None;
        }
        if self.world.entities.find(self.world, class, name).is_some() {
            return None;
        }
        let column = self.world.entities.find_column(self.world, class, name)?;
        let mut path = Path::new();
        path.push(column);
        let root = Root::Element(lp);
        Some(Read {
            expr: id,
            source: RowSource { root, path },
            via: None,
            depth: 0,
            confidence: Confidence::High,
            missing: Some(Missing {
                loaded: 0,
                query: loaded.query,
            }),
        })
    }

    /// Takes down the columns that a call names, as texts or attributes of the class.
    pub(super) fn columns_of(
        &self,
        file: FileId,
        args: &[ExprId],
        columns: Columns,
        found: &mut Loaded,
    ) {
        let module = self.module(file);
        let mut names = Vec::new();
        for &arg in args {
            match module.expr(arg) {
                Expr::String(text) => names.push(module.text(text).to_owned()),
                Expr::Member { name, .. } => names.push(module.text(name).to_owned()),
                // Names that are computed may be any.
                _ => {
                    found.only = None;
                    found.deferred.clear();
                    return;
                }
            }
        }
        match columns {
            // Keys always come along.
            Columns::Only => {
                names.extend(["id".to_owned(), "pk".to_owned()]);
                found.only = Some(names);
            }
            Columns::Defer => found.deferred.extend(names),
        }
    }

    /// The same for a call among the arguments: `options(load_only(Book.title))`. Whether it is
    /// one.
    pub(super) fn column_loader(&mut self, file: FileId, arg: ExprId, found: &mut Loaded) -> bool {
        let module = self.module(file);
        let Expr::Call { args, callee, .. } = module.expr(arg) else {
            return false;
        };
        // Of a relation's rows: `joinedload(Book.author).load_only(Author.name)`.
        if matches!(module.expr(callee), Expr::Member { object, .. }
            if matches!(module.expr(object), Expr::Call { .. }))
        {
            return false;
        }
        let columns = self
            .typer(file)
            .called_model(arg)
            .and_then(|(model, _)| model.columns);
        let Some(columns) = columns else {
            return false;
        };
        self.columns_of(file, module.list(args), columns, found);
        true
    }
}
