//! Rows that are read by the fields of a class: `BookOut.model_validate(book)`,
//! `BookSchema(many=True).dump(books)`, the response model of a route.

use super::{Finder, MAX_PATH, Path, Root, RowSource};
use crate::ir::{ClassId, Expr, ExprId, FunctionId};
use crate::link::entities::{RelationId, annotated_part};
use crate::link::infer::option_in;
use crate::link::models::Bounded;
use crate::link::types::{Base, ClassRef, Entity, Type};

/// Classes in classes that are followed.
const MAX_NESTING: usize = 3;

impl Finder<'_> {
    /// Reads of rows by the fields of classes.
    pub(super) fn shaped_reads(&mut self, found: &mut [Vec<super::Read>]) {
        let module = self.module(self.file);
        if !module.exports_all {
            return;
        }
        for site in &module.sites {
            let Expr::Call { callee, .. } = module.expr(site.expr) else {
                continue;
            };
            let Expr::Member { name, .. } = module.expr(callee) else {
                continue;
            };
            if !self.world.models.may_read(module.text(name)) {
                continue;
            }
            let Some((model, receiver)) = self.typer(self.file).called_model(site.expr) else {
                continue;
            };
            let (Some(Bounded::Argument(n)), Some(shape)) = (&model.reads, shape_of(receiver))
            else {
                continue;
            };
            if let Some(rows) = self.typer(self.file).argument(site.expr, usize::from(*n)) {
                let function = site.function;
                self.read_by(shape, site.expr, function, rows, found);
            }
        }
        self.answers(found);
    }

    /// What routes return is read by the class that they name for it.
    fn answers(&mut self, found: &mut [Vec<super::Read>]) {
        let module = self.module(self.file);
        for (i, function) in module.functions.iter().enumerate() {
            for &decorator in module.list(function.decorators) {
                let Some(shape) = self.answered(decorator, function.returns) else {
                    continue;
                };
                let function = FunctionId(i as u32);
                for value in module.returned(function) {
                    self.read_by(shape, value, function, value, found);
                }
            }
        }
    }

    /// The class by which a route's decorator says that its answer is read.
    fn answered(&mut self, decorator: ExprId, returns: Option<ExprId>) -> Option<ClassRef> {
        let module = self.module(self.file);
        let Expr::Call { callee, args, .. } = module.expr(decorator) else {
            return None;
        };
        let Expr::Member { object, name } = module.expr(callee) else {
            return None;
        };
        let Base::Model(ty, _) = self.typer(self.file).of(object).base else {
            return None;
        };
        let models = &self.world.models;
        let route = models.entry_points.member(ty, module.text(name))?;
        let answer = option_in(module, module.list(args), route.answers.as_deref()?).or(returns)?;
        self.named_class(annotated_part(module, answer).0)
    }

    /// Reads of the rows that a value is, or has, by the fields of a class.
    fn read_by(
        &mut self,
        shape: ClassRef,
        at: ExprId,
        function: FunctionId,
        rows: ExprId,
        found: &mut [Vec<super::Read>],
    ) {
        let ty = self.typer(self.file).of(rows);
        let (entity, source) = match ty.base {
            Base::Instance(class) if ty.is_bare() => (class, self.source_of_row(rows)),
            Base::Instance(class) | Base::Model(_, Entity::Class(class)) => {
                let root = Root::ElementOf(rows);
                let path = Path::new();
                (class, Some(RowSource { root, path }))
            }
            _ => return,
        };
        if self.world.entities.table(entity).is_none() {
            return;
        }
        let Some(source) = source else {
            return;
        };
        let mut paths = Vec::new();
        self.shape_paths(shape, entity, &Path::new(), &mut paths);
        for path in paths {
            let mut source = source.clone();
            source.path.extend(path);
            if source.path.len() <= MAX_PATH {
                self.push(at, function, source, found);
            }
        }
    }

    /// The relations that a class reads of a row, through the classes of its fields too.
    fn shape_paths(
        &mut self,
        shape: ClassRef,
        entity: ClassRef,
        before: &Path,
        found: &mut Vec<Path>,
    ) {
        if before.len() >= MAX_NESTING {
            return;
        }
        let mut classes = vec![shape];
        classes.extend(self.world.project_bases(shape));
        for class in classes {
            let module = self.module(class.file);
            for field in &module.class(class.class).fields {
                let name = module.text(field.name);
                let Some(relation) = self.world.entities.find(self.world, entity, name) else {
                    continue;
                };
                let mut path = before.clone();
                path.push(relation);
                let nested = field
                    .annotation
                    .map(|annotation| annotated_part(module, annotation).0)
                    .or_else(|| field.value.and_then(|value| self.nested_in(class, value)));
                found.push(path.clone());
                let target = self.target(relation);
                if let (Some(nested), Some(target)) = (nested, target)
                    && let Some(nested) = self.class_in(class, nested)
                {
                    self.shape_paths(nested, target, &path, found);
                }
            }
        }
    }

    fn target(&self, relation: RelationId) -> Option<ClassRef> {
        self.world.entities.get(relation).target
    }

    /// The class that `fields.Nested(AuthorSchema)` or `fields.List(fields.Nested(…))` names.
    fn nested_in(&self, class: ClassRef, value: ExprId) -> Option<ExprId> {
        let module = self.module(class.file);
        let mut at = value;
        while let Expr::Call { args, .. } = module.expr(at) {
            at = *module.list(args).first()?;
        }
        (at != value).then_some(at)
    }

    fn named_class(&mut self, named: ExprId) -> Option<ClassRef> {
        match self.typer(self.file).of(named).base {
            Base::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The class that a name, or a text, stands for in the file of another one.
    fn class_in(&mut self, from: ClassRef, named: ExprId) -> Option<ClassRef> {
        let module = self.module(from.file);
        if let Expr::String(text) = module.expr(named) {
            let name = module.name(module.text(text))?;
            let mut classes = module.classes.iter();
            let at = classes.position(|class| class.name == Some(name))?;
            return Some(ClassRef {
                file: from.file,
                class: ClassId(at as u32),
            });
        }
        match self.typer(from.file).of(named).base {
            Base::Class(class) => Some(class),
            _ => None,
        }
    }
}

/// The class whose fields are read.
fn shape_of(receiver: Type) -> Option<ClassRef> {
    match receiver.base {
        Base::Class(class) | Base::Instance(class) if receiver.is_bare() => Some(class),
        _ => None,
    }
}
