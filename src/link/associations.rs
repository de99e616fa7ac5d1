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
pub(super) struct Associations(FxHashSet<String>);

impl Associations {
    pub(super) fn new(world: &World) -> Self {
        if !world.models.has_associations() {
            return Self::default();
        }
        let found: Vec<String> = world
            .par_files()
            .flat_map_iter(|file| declared_in(world, file))
            .collect();
        Self(found.into_iter().collect())
    }

    /// `get{relation}` of `getBooks`.
    pub(super) fn accessor(&self, name: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let at = name.find(|c: char| c.is_ascii_uppercase())?;
        let (verb, relation) = name.split_at(at);
        self.0
            .contains(relation)
            .then(|| format!("{verb}{{relation}}"))
    }
}

/// The names that the calls of a file give to relations: `Author.hasMany(Book, { as: "works" })`.
fn declared_in(world: &World, file: FileId) -> Vec<String> {
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
        let Some(target) = world.models.associates(module.text(name)) else {
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
        found.extend(forms(name));
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
