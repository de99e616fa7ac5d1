//! What a file tells others, and in what order that is found: a function's result when a call asks
//! for it, and not when its turn comes.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::Typer;
use crate::ir::{ClassId, FunctionId, Name};
use crate::link::types::{ClassRef, FunctionRef, Type};
use crate::link::world::{FileTypes, World};
use crate::source::FileId;

/// What has been found of one file so far.
#[derive(Debug, Default)]
pub(super) struct Own {
    returns: FxHashMap<FunctionId, Answer<Type>>,
    fields: FxHashMap<(ClassId, Name), Answer<Option<Type>>>,
    /// Whether something needed what the last round found of the same file.
    is_open: Cell<bool>,
}

#[derive(Debug, Clone, Copy)]
enum Answer<T> {
    /// It is being found, so that it depends on itself.
    Open,
    Found(T),
}

impl<'w> Typer<'w> {
    /// A typer that finds what a file tells others.
    pub(in crate::link) fn of_whole_file(world: &'w World, file: FileId) -> Self {
        Self {
            own: Some(Box::default()),
            ..Self::of_most(world, file)
        }
    }

    /// Whether another round may find more, since something depends on itself.
    pub(in crate::link) fn is_open(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.is_open.get())
    }

    /// What a file has told in the last round.
    pub(super) fn last_round(&self, file: FileId) -> &'w FileTypes {
        if file == self.file
            && let Some(own) = &self.own
        {
            own.is_open.set(true);
        }
        &self.world.state[file.index()]
    }

    /// What the body of a project function gives.
    pub(super) fn returned_by(&mut self, function: FunctionRef) -> Type {
        if function.file == self.file && self.own.is_some() {
            return self.own_returned(function.function);
        }
        self.world.state[function.file.index()].returns[function.function.index()]
    }

    /// What a function of the file returns, found once.
    pub(in crate::link) fn own_returned(&mut self, function: FunctionId) -> Type {
        let Some(own) = &mut self.own else {
            return self.returned(function);
        };
        match own.returns.get(&function) {
            Some(&Answer::Found(ty)) => ty,
            Some(Answer::Open) => self.last_round(self.file).returns[function.index()],
            None => {
                own.returns.insert(function, Answer::Open);
                let ty = self.returned(function);
                if let Some(own) = &mut self.own {
                    own.returns.insert(function, Answer::Found(ty));
                }
                ty
            }
        }
    }

    /// An attribute that a project class declares or sets itself.
    pub(super) fn field_of(&mut self, class: ClassRef, name: Name) -> Option<Type> {
        if class.file == self.file && self.own.is_some() {
            return self.own_field(class.class, name);
        }
        told_field(&self.world.state[class.file.index()], class.class, name)
    }

    /// An attribute of a class of the file, found once.
    pub(super) fn own_field(&mut self, class: ClassId, name: Name) -> Option<Type> {
        let Some(own) = &mut self.own else {
            return self.field(class, name);
        };
        let key = (class, name);
        match own.fields.get(&key) {
            Some(&Answer::Found(ty)) => ty,
            Some(Answer::Open) => told_field(self.last_round(self.file), class, name),
            None => {
                own.fields.insert(key, Answer::Open);
                let ty = self.field(class, name);
                if let Some(own) = &mut self.own {
                    own.fields.insert(key, Answer::Found(ty));
                }
                ty
            }
        }
    }
}

fn told_field(types: &FileTypes, class: ClassId, name: Name) -> Option<Type> {
    let mut fields = types.fields.get(class.index())?.iter();
    fields.find(|field| field.0 == name).map(|field| field.1)
}
