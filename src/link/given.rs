//! What calls hand to parameters that say nothing of themselves: the type that all calls agree on.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::infer::{CONTAINER, Typer};
use super::types::{Base, FunctionRef, Type};
use super::world::World;
use crate::source::FileId;

/// Templates inside templates whose names are followed.
const MAX_INCLUDES: usize = 4;

impl World {
    /// Gathers what calls hand to parameters without a type of their own. Answers which files
    /// have learnt something.
    pub(super) fn hand_arguments(&mut self) -> Vec<bool> {
        let handed: Vec<Vec<(FunctionRef, u16, Type)>> = self
            .par_files()
            .map(|file| Typer::new(self, file).handed())
            .collect();
        let mut given: FxHashMap<(FunctionRef, u16), Type> = FxHashMap::default();
        let mut refuted: FxHashSet<(FunctionRef, u16)> = FxHashSet::default();
        let listed = self.handed_by_listings();
        for (function, param, ty) in handed.into_iter().flatten().chain(listed) {
            let key = (function, param);
            let known = given.entry(key).or_insert(ty);
            let mut both = known.or(ty);
            if both.is_unknown() {
                both = self.common_rows(*known, ty);
            }
            if both.is_unknown() && !known.is_unknown() && !ty.is_unknown() {
                refuted.insert(key);
            }
            *known = both;
        }
        given.retain(|key, ty| {
            let says_nothing = matches!(ty.base, Base::Unknown | Base::Null | Base::External);
            !says_nothing && !refuted.contains(key)
        });
        let mut told = vec![false; self.units.len()];
        #[expect(
            clippy::iter_over_hash_type,
            reason = "marks are set, in whatever order"
        )]
        for (function, _) in given.keys() {
            told[function.file.index()] = true;
        }
        self.given = given;
        told
    }

    /// What all files put into the objects that are handed around. What is not the same everywhere
    /// is unknown.
    pub(super) fn contexts(&self) -> FxHashMap<String, FxHashMap<String, Type>> {
        let mut found: FxHashMap<String, FxHashMap<String, Type>> = FxHashMap::default();
        for i in 0..self.units.len() {
            let mut typer = Typer::new(self, FileId(i as u32));
            let put = typer.put_in_contexts().into_iter();
            let put = put.map(|(holder, name, ty)| (holder.to_owned(), name.to_owned(), ty));
            let mut put: Vec<(String, String, Type)> = put.collect();
            let told = typer.told_here().into_iter();
            put.extend(told.map(|(token, ty)| (CONTAINER.to_owned(), token, ty)));
            for (holder, name, ty) in put {
                let known = found.entry(holder).or_default().entry(name).or_insert(ty);
                if known.base != ty.base || known.shape != ty.shape {
                    *known = Type::UNKNOWN;
                }
            }
        }
        found
    }

    /// What holds of two collections that have the same rows: a query set and a list of them.
    fn common_rows(&self, a: Type, b: Type) -> Type {
        let mut typer = Typer::new(self, FileId(0));
        let (of_a, of_b) = (typer.element_of(a), typer.element_of(b));
        if of_a == of_b && matches!(of_a.base, Base::Instance(_)) && of_a.is_bare() {
            return a;
        }
        Type::UNKNOWN
    }

    /// Gathers what templates hand to those they include, to macros, filters and tags, and what
    /// tags hand to templates of their own, now that they know their own names. Nothing else learns of that.
    pub(super) fn hand_inside_templates(&mut self) {
        for _ in 0..MAX_INCLUDES {
            let handed: Vec<Vec<(FunctionRef, u16, Type)>> = self
                .par_files()
                .map(|file| {
                    let is_template = self.unit(file).facts.module.template.is_some();
                    if !is_template && !self.templates.is_library(file) {
                        return Vec::new();
                    }
                    Typer::new(self, file).handed()
                })
                .collect();
            let mut has_news = false;
            for (function, param, ty) in handed.into_iter().flatten() {
                let says_nothing = matches!(ty.base, Base::Unknown | Base::Null | Base::External);
                if !says_nothing && !self.given.contains_key(&(function, param)) {
                    self.given.insert((function, param), ty);
                    has_news = true;
                }
            }
            if !has_news {
                break;
            }
        }
    }
}
