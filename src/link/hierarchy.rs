//! Who derives from whom, and what a name means in a class and in those that derive from it.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::models::{ModelTypeId, Models};
use super::types::{Base, ClassRef, FunctionRef};
use super::world::{FileTypes, Unit, World};
use crate::ir::{ClassId, ClassKind, Expr, Function, FunctionKind, Module, Name, Stmt};
use crate::source::FileId;

/// Classes looked at above or below one.
const MAX_CLASSES: usize = 64;
/// Implementations of one method after which nothing is said of a call.
pub const MAX_IMPLEMENTATIONS: usize = 8;

/// The derived classes of each class of the project.
#[derive(Debug, Default)]
pub struct Hierarchy {
    derived: FxHashMap<ClassRef, Vec<ClassRef>>,
    /// Classes that ask for members and not for a name, with those that have them all.
    structural: Vec<(ClassRef, Vec<ClassRef>)>,
    /// Classes by their names in camel case, those that share one left out.
    by_camel_case: FxHashMap<Box<str>, Option<ClassRef>>,
    /// Methods that project classes add to types of libraries, entities left out, by name.
    extensions: FxHashMap<Box<str>, Vec<(ModelTypeId, FunctionRef)>>,
    /// The names of attributes that run code when they are read.
    pub getters: FxHashSet<Box<str>>,
}

impl Hierarchy {
    /// What the declarations alone say.
    pub fn new(units: &[Unit]) -> Self {
        let mut getters: FxHashSet<Box<str>> = FxHashSet::default();
        let mut by_method: FxHashMap<&str, Vec<ClassRef>> = FxHashMap::default();
        let mut protocols = Vec::new();
        for (i, unit) in units.iter().enumerate() {
            let module = &unit.facts.module;
            for function in &module.functions {
                if let (FunctionKind::Getter, Some(name)) = (function.kind, function.name) {
                    getters.insert(module.text(name).into());
                }
            }
            for (j, class) in module.classes.iter().enumerate() {
                let at = ClassRef {
                    file: FileId(i as u32),
                    class: ClassId(j as u32),
                };
                if is_protocol(module, at.class) {
                    protocols.push(at);
                    continue;
                }
                if !module.exports_all {
                    continue;
                }
                for name in class
                    .methods
                    .iter()
                    .filter_map(|&m| module.function(m).name)
                {
                    by_method.entry(module.text(name)).or_default().push(at);
                }
            }
        }
        let structural = protocols
            .into_iter()
            .map(|protocol| {
                let module = &units[protocol.file.index()].facts.module;
                let methods = &module.class(protocol.class).methods;
                let mut names = methods.iter().filter_map(|&m| module.function(m).name);
                let with = |name| {
                    by_method
                        .get(module.text(name))
                        .map_or(&[][..], Vec::as_slice)
                };
                let mut all: Vec<ClassRef> = names.next().map_or(&[][..], with).to_vec();
                for name in names {
                    all.retain(|class| with(name).contains(class));
                }
                (protocol, all)
            })
            .collect();
        Self {
            derived: FxHashMap::default(),
            structural,
            by_camel_case: by_camel_case(units),
            extensions: FxHashMap::default(),
            getters,
        }
    }

    /// Reads the bases anew that a round has found.
    pub(super) fn update(&mut self, units: &[Unit], state: &[FileTypes], models: &Models) {
        self.derived.clear();
        self.extensions.clear();
        let mut hosts: Vec<(ClassRef, ModelTypeId)> = Vec::new();
        for (i, types) in state.iter().enumerate() {
            for (j, bases) in types.bases.iter().enumerate() {
                let (file, class) = (FileId(i as u32), ClassId(j as u32));
                if units[i].facts.module.class(class).kind == ClassKind::Alias {
                    continue;
                }
                for base in bases {
                    let extended = match base.base {
                        Base::Path(path) => models.path(path).ty,
                        Base::ModelClass(ty, _) | Base::Model(ty, _) => Some(ty),
                        _ => None,
                    };
                    if let Some(ty) = extended.filter(|&ty| !models.ty(ty).entity) {
                        let class = ClassRef { file, class };
                        self.extend(units, class, ty);
                        hosts.push((class, ty));
                    }
                    if let Base::Class(base) | Base::Instance(base) = base.base {
                        let derived = self.derived.entry(base).or_default();
                        derived.push(ClassRef { file, class });
                    }
                }
            }
        }
        self.extend_by_mixins(units, state, &hosts);
        for (protocol, classes) in &self.structural {
            let derived = self.derived.entry(*protocol).or_default();
            if derived.is_empty() {
                derived.extend(classes);
            }
        }
    }

    /// Adds the methods of a class to those of the library's type that it extends.
    fn extend(&mut self, units: &[Unit], class: ClassRef, ty: ModelTypeId) {
        let file = class.file;
        let module = &units[file.index()].facts.module;
        for &function in &module.class(class.class).methods {
            let Some(name) = module.function(function).name else {
                continue;
            };
            let added = self.extensions.entry(module.text(name).into());
            let method = (ty, FunctionRef { file, function });
            added.or_default().push(method);
        }
    }

    /// The same for the mixins of these classes, which derive from no library themselves.
    fn extend_by_mixins(
        &mut self,
        units: &[Unit],
        state: &[FileTypes],
        hosts: &[(ClassRef, ModelTypeId)],
    ) {
        let bases_of = |class: ClassRef| {
            let bases = state[class.file.index()].bases.get(class.class.index());
            bases.into_iter().flatten()
        };
        let mut seen: FxHashSet<ClassRef> = hosts.iter().map(|&(class, _)| class).collect();
        for &(host, ty) in hosts {
            let mut open = vec![host];
            while let Some(class) = open.pop() {
                for base in bases_of(class) {
                    if let Base::Class(mixin) = base.base
                        && seen.insert(mixin)
                    {
                        self.extend(units, mixin, ty);
                        open.push(mixin);
                    }
                }
            }
        }
    }

    /// The only method of this name that the project adds to a type of the same library: what
    /// managers and query sets of the project can do beyond the library's own.
    pub(super) fn extension(
        &self,
        models: &Models,
        on: ModelTypeId,
        name: &str,
    ) -> Option<FunctionRef> {
        let package = |ty: ModelTypeId| models.ty(ty).name.split('.').next().map(str::to_owned);
        let wanted = package(on);
        let mut found = self.extensions.get(name)?.iter();
        let mut same = found.by_ref().filter(|(ty, _)| package(*ty) == wanted);
        let (_, only) = *same.next()?;
        same.all(|&(_, function)| function == only).then_some(only)
    }

    /// The only class of a script whose name in camel case is this.
    pub fn registered(&self, name: &str) -> Option<ClassRef> {
        self.by_camel_case.get(name).copied().flatten()
    }

    /// The classes below one, nearest first.
    pub fn below(&self, class: ClassRef) -> Vec<ClassRef> {
        let mut found = vec![class];
        let mut at = 0;
        while at < found.len() && at < MAX_CLASSES {
            for &derived in self.derived.get(&found[at]).into_iter().flatten() {
                if found.len() < MAX_CLASSES && !found.contains(&derived) {
                    found.push(derived);
                }
            }
            at += 1;
        }
        found.remove(0);
        found
    }
}

impl World {
    /// Whether a class lists its few values.
    pub(super) fn is_enum(&self, class: ClassRef) -> bool {
        let module = &self.unit(class.file).facts.module;
        let declared = module.class(class.class);
        declared.kind == ClassKind::Enum
            || module.list(declared.bases).iter().any(|&base| {
                let Some(name) = module.last_name(base) else {
                    return false;
                };
                name.ends_with("Enum") || name.ends_with("Choices") || name == "Flag"
            })
    }

    /// [`Self::above`], kept once nothing about it changes any more.
    pub(super) fn settled_above(&self, class: ClassRef) -> Option<&Arc<[ClassRef]>> {
        let of_file = self.settled_above.get(class.file.index())?;
        Some(of_file[class.class.index()].get_or_init(|| self.find_above(class).into()))
    }

    /// From here on no class gets other bases.
    pub(super) fn settle_bases(&mut self) {
        let classes = self
            .units
            .iter()
            .map(|unit| unit.facts.module.classes.len());
        let slots = classes.map(|count| (0..count).map(|_| OnceLock::new()).collect());
        self.settled_above = slots.collect();
    }

    /// The classes a class derives from, itself first, nearest first.
    pub fn above(&self, class: ClassRef) -> Vec<ClassRef> {
        match self.settled_above(class) {
            Some(above) => above.to_vec(),
            None => self.find_above(class),
        }
    }

    fn find_above(&self, class: ClassRef) -> Vec<ClassRef> {
        let mut found = vec![class];
        let mut at = 0;
        while at < found.len() && found.len() < MAX_CLASSES {
            let current = found[at];
            at += 1;
            let bases = self.state[current.file.index()]
                .bases
                .get(current.class.index());
            for base in bases.into_iter().flatten() {
                if let Base::Class(base) | Base::Instance(base) = base.base
                    && !found.contains(&base)
                {
                    found.push(base);
                }
            }
        }
        found
    }

    /// The method of this name that a class declares itself.
    pub fn own_method(&self, class: ClassRef, name: &str) -> Option<FunctionRef> {
        let name = self.unit(class.file).facts.module.name(name)?;
        self.own_method_named(class, name)
    }

    fn own_method_named(&self, class: ClassRef, name: Name) -> Option<FunctionRef> {
        let module = &self.unit(class.file).facts.module;
        let methods = module.class(class.class).methods.iter().rev().copied();
        let function = methods.into_iter().find(|&m| {
            let function = module.function(m);
            function.name == Some(name) && function.kind != FunctionKind::Setter
        })?;
        let file = class.file;
        Some(FunctionRef { file, function })
    }

    /// The method of this name that a class has, its own or inherited.
    pub fn method(&self, class: ClassRef, name: &str) -> Option<FunctionRef> {
        let mut above = self.above(class).into_iter();
        above.find_map(|class| self.own_method(class, name))
    }

    /// The method of this name that a class declares itself, on the class or on its instances if
    /// it has both.
    pub fn own_member(&self, class: ClassRef, name: &str, of_class: bool) -> Option<FunctionRef> {
        let name = self.unit(class.file).facts.module.name(name)?;
        self.own_member_named(class, name, of_class)
    }

    /// [`Self::own_member`], by the name as the class's module has it.
    pub(super) fn own_member_named(
        &self,
        class: ClassRef,
        name: Name,
        of_class: bool,
    ) -> Option<FunctionRef> {
        let module = &self.unit(class.file).facts.module;
        let methods = module.class(class.class).methods.iter().rev().copied();
        let same = methods.into_iter().find(|&m| {
            let function = module.function(m);
            function.name == Some(name)
                && function.kind != FunctionKind::Setter
                && function.is_static == of_class
        });
        let file = class.file;
        same.map(|function| FunctionRef { file, function })
            .or_else(|| self.own_method_named(class, name))
    }

    /// The constructor of a class, its own or the first inherited.
    pub fn constructor(&self, class: ClassRef) -> Option<FunctionRef> {
        self.constructor_of(&self.above(class))
    }

    /// The constructor that a class's own one goes on to.
    pub fn parent_constructor(&self, class: ClassRef) -> Option<FunctionRef> {
        self.constructor_of(self.above(class).get(1..)?)
    }

    fn constructor_of(&self, classes: &[ClassRef]) -> Option<FunctionRef> {
        classes.iter().find_map(|class| {
            let file = class.file;
            let module = &self.unit(file).facts.module;
            let methods = &module.class(class.class).methods;
            let is_constructor = |&&m: &&_| module.function(m).kind == FunctionKind::Constructor;
            let function = *methods.iter().find(is_constructor)?;
            Some(FunctionRef { file, function })
        })
    }

    /// The methods of this name that derived classes declare anew, if they are few.
    pub fn overrides(&self, class: ClassRef, name: &str) -> Vec<FunctionRef> {
        let below = self.hierarchy.below(class);
        let mut found: Vec<FunctionRef> = below
            .into_iter()
            .filter_map(|class| self.own_method(class, name))
            .collect();
        found.retain(|&f| !self.is_abstract(f));
        found.sort_unstable();
        found.dedup();
        if found.len() > MAX_IMPLEMENTATIONS {
            found.clear();
        }
        found
    }

    /// Whether a method is left to derived classes: its body does nothing but say so.
    pub fn is_abstract(&self, function: FunctionRef) -> bool {
        let module = &self.unit(function.file).facts.module;
        let declared = module.function(function.function);
        declared.class.is_some() && is_left_out(module, declared)
    }

    /// The class that declares a method.
    pub(super) fn class_of(&self, function: FunctionRef) -> Option<ClassRef> {
        let module = &self.unit(function.file).facts.module;
        let class = module.function(function.function).class?;
        let file = function.file;
        Some(ClassRef { file, class })
    }
}

fn by_camel_case(units: &[Unit]) -> FxHashMap<Box<str>, Option<ClassRef>> {
    let mut found: FxHashMap<Box<str>, Option<ClassRef>> = FxHashMap::default();
    for (i, unit) in units.iter().enumerate() {
        let module = &unit.facts.module;
        for (j, class) in module.classes.iter().enumerate() {
            let Some(name) = class.name.map(|name| module.text(name)) else {
                continue;
            };
            let is_class = class.kind == ClassKind::Class && !class.methods.is_empty();
            let mut letters = name.chars();
            let Some(first) = letters.next().filter(char::is_ascii_uppercase) else {
                continue;
            };
            if module.exports_all || !is_class {
                continue;
            }
            let camel = format!("{}{}", first.to_ascii_lowercase(), letters.as_str());
            let (file, class) = (FileId(i as u32), ClassId(j as u32));
            found
                .entry(camel.into())
                .and_modify(|known| *known = None)
                .or_insert(Some(ClassRef { file, class }));
        }
    }
    found
}

fn is_left_out(module: &Module, function: &Function) -> bool {
    let stmts = &module.block(function.body).stmts;
    stmts.iter().all(|&stmt| match module.stmt(stmt) {
        Stmt::Empty | Stmt::Throw(_) => true,
        // A docstring, an ellipsis.
        Stmt::Expr(value) => {
            matches!(
                module.expr(value),
                Expr::String(_) | Expr::Name(_) | Expr::Null
            ) || matches!(module.expr(value), Expr::Unknown(parts) if parts.is_empty())
        }
        _ => false,
    })
}

fn is_protocol(module: &Module, class: ClassId) -> bool {
    let bases = module.list(module.class(class).bases);
    bases.iter().any(|&base| {
        let base = match module.expr(base) {
            Expr::Index { object, .. } => object,
            _ => base,
        };
        module.last_name(base) == Some("Protocol")
    })
}
