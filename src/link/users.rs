//! The class whose rows are the users of a project: frameworks let a project choose one, and hand
//! out its rows by names of their own.

use super::infer::Typer;
use super::types::{Base, ClassRef, Type};
use super::world::World;
use crate::analysis::def_use::Def;
use crate::finding::Confidence;
use crate::ir::{ClassId, Expr, ExprId};
use crate::source::FileId;

/// The class of the users, if the project has one.
pub(super) fn find(world: &World) -> Option<ClassRef> {
    let model = world.models.users.as_ref()?;
    let mut candidates = Vec::new();
    let mut chosen: Option<(&str, &str)> = None;
    for (i, unit) in world.units.iter().enumerate() {
        let file = FileId(i as u32);
        let module = &unit.facts.module;
        for i in 0..module.classes.len() {
            let class = ClassRef {
                file,
                class: ClassId(i as u32),
            };
            let is_base =
                |ty: &Type| matches!(ty.base, Base::Path(path) if model.bases.contains(&path));
            if world.base_types(class).iter().any(is_base) {
                candidates.push(class);
            }
        }
        if chosen.is_none() {
            chosen = setting(world, file, &model.setting);
        }
    }
    let Some((label, name)) = chosen else {
        return match candidates[..] {
            [only] => Some(only),
            _ => None,
        };
    };
    let named: Vec<ClassRef> = classes_named(world, name);
    let is_labelled = |class: &&ClassRef| {
        let path = &world.unit(class.file).path;
        path.split('/')
            .any(|part| part.trim_end_matches(".py") == label)
    };
    let mut labelled = named.iter().filter(is_labelled);
    labelled
        .next()
        .or_else(|| {
            candidates
                .iter()
                .find(|&&class| world.class_name(class) == Some(name))
        })
        .copied()
}

/// The label and the name that a setting gives: `AUTH_USER_MODEL = "accounts.Person"`.
fn setting<'w>(world: &'w World, file: FileId, setting: &str) -> Option<(&'w str, &'w str)> {
    let facts = &world.unit(file).facts;
    let module = &facts.module;
    let local = facts.module_names.get(&module.name(setting)?)?;
    let values = facts.def_use.assignments(*local).iter();
    let mut values = values.filter_map(|&def| match facts.def_use.def(def) {
        Def::Value { value, .. } => match module.expr(*value) {
            Expr::String(text) => module.text(text).rsplit_once('.'),
            _ => None,
        },
        _ => None,
    });
    values.next()
}

fn classes_named(world: &World, name: &str) -> Vec<ClassRef> {
    let mut found = Vec::new();
    for (i, unit) in world.units.iter().enumerate() {
        let module = &unit.facts.module;
        let Some(name) = module.name(name).filter(|_| module.exports_all) else {
            continue;
        };
        for (j, class) in module.classes.iter().enumerate() {
            if class.name == Some(name) && class.outer.is_none() {
                found.push(ClassRef {
                    file: FileId(i as u32),
                    class: ClassId(j as u32),
                });
            }
        }
    }
    found
}

impl Typer<'_> {
    /// The user that a framework hands out by a member of such a name: `request.user`.
    pub(super) fn user_at(&self, object: ExprId, name: &str) -> Option<Type> {
        let user = self.world().user?;
        let model = self.world().models.users.as_ref()?;
        if name != model.member {
            return None;
        }
        let holder = self.holder_name(object)?;
        let is_holder = model.holders.iter().any(|known| known == holder);
        is_holder.then(|| Type::of(Base::Instance(user)).at_most(Confidence::Medium))
    }
}
