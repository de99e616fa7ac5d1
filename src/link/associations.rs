//! Relations that calls declare, `Author.hasMany(Book)`, and that rows have methods for, which are
//! named after them: `author.getBooks()`.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::entities::argument_at;
use super::infer::{Typer, option_in};
use super::world::World;
use crate::ir::Expr;
use crate::source::FileId;

/// What the relations are called, in the forms that names of methods end with: `Author`, `Books`.
#[derive(Debug, Default)]
pub(super) struct Associations {
    names: FxHashSet<String>,
    /// Those of relations to one row.
    ones: FxHashSet<String>,
}

impl Associations {
    pub(super) fn new(world: &World) -> Self {
        if !world.models.has_associations() {
            return Self::default();
        }
        let found: Vec<(String, bool)> = world
            .par_files()
            .flat_map_iter(|file| declared_in(world, file))
            .collect();
        let mut associations = Self::default();
        for (name, is_one) in found {
            let forms = forms(&name);
            if let (true, Some(own)) = (is_one, forms.first()) {
                associations.ones.insert(own.clone());
            }
            associations.names.extend(forms);
        }
        associations
    }

    /// `get{relation}` of `getBooks`; `get{one}` of `getAuthor`, where a book has one.
    pub(super) fn accessor(&self, name: &str) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        let at = name.find(|c: char| c.is_ascii_uppercase())?;
        let (verb, relation) = name.split_at(at);
        if verb == "get" && self.ones.contains(relation) {
            return Some("get{one}".to_owned());
        }
        self.names
            .contains(relation)
            .then(|| format!("{verb}{{relation}}"))
    }
}

/// The names that the calls of a file give to relations, `Author.hasMany(Book, { as: "works" })`,
/// and whether they lead to one row.
fn declared_in(world: &World, file: FileId) -> Vec<(String, bool)> {
    let module = &world.unit(file).facts.module;
    let typer = Typer::new(world, file);
    let mut found = Vec::new();
    for site in &module.sites {
        let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
            continue;
        };
        let Expr::Member { name, .. } = module.expr(callee) else {
            continue;
        };
        let Some((target, is_one)) = world.models.associates(module.text(name)) else {
            continue;
        };
        let given = option_in(module, module.list(args), "as").map(|name| module.expr(name));
        let name = match given {
            Some(Expr::String(name)) => module.text(name),
            Some(_) => continue,
            None => match argument_at(&typer, module, site.expr, target)
                .and_then(|target| module.last_name(target))
            {
                Some(name) => name,
                None => continue,
            },
        };
        found.push((name.to_owned(), is_one));
    }
    found
}

/// A name with a capital, in the singular and the plural.
fn forms(name: &str) -> Vec<String> {
    let mut letters = name.chars();
    let Some(first) = letters.next() else {
        return Vec::new();
    };
    let name = format!("{}{}", first.to_ascii_uppercase(), letters.as_str());
    let singular = name.strip_suffix('s').map(str::to_owned);
    let plural = match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{name}s"),
    };
    let mut forms = vec![name, plural];
    forms.extend(singular);
    forms
}
