//! Types as the link step knows them: enough to say what a call calls.

use super::models::{CallModelId, ModelTypeId, PathId, Wrapper};
use super::modules::FolderId;
use crate::finding::Confidence;
use crate::ir::{ClassId, ExprId, FunctionId, Name};
use crate::source::FileId;

/// A function of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionRef {
    /// Its file.
    pub file: FileId,
    /// Its id there.
    pub function: FunctionId,
}

/// A class of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef {
    /// Its file.
    pub file: FileId,
    /// Its id there.
    pub class: ClassId,
}

/// An expression of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprRef {
    /// Its file.
    pub file: FileId,
    /// Its id there.
    pub expr: ExprId,
}

/// Whose rows a query returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// Not known.
    None,
    /// A class of the project.
    Class(ClassRef),
    /// A name in some file: `user` of `prisma.user`.
    Named(FileId, Name),
}

/// What a value is, containers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// Not known.
    Unknown,
    /// Something of a library that no model describes.
    External,
    /// A string.
    Str,
    /// A number.
    Num,
    /// A truth value.
    Bool,
    /// Null.
    Null,
    /// An instance of a project class.
    Instance(ClassRef),
    /// A project class itself.
    Class(ClassRef),
    /// What `new` makes of a project function that is no class.
    Made(FunctionRef),
    /// A project function; its receiver, if any, is bound.
    Function(FunctionRef),
    /// A module of the project.
    File(FileId),
    /// A package folder of the project.
    Folder(FolderId),
    /// An object literal: its keys are members.
    Literal(ExprRef),
    /// A value of an object type literal: its keys are declared members.
    Shaped(ExprRef),
    /// A function of which only the type is known: `(row: Row) => void`.
    Signature(ExprRef),
    /// A library's module, function or class.
    Path(PathId),
    /// A value of a library.
    Model(ModelTypeId, Entity),
    /// A class that a library made, as `define("User", …)` does.
    ModelClass(ModelTypeId, Entity),
    /// A library's method, bound to a value.
    Method(CallModelId, Entity),
}

/// Containers around a base, outermost first, seven at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape(u32);

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Type {
    /// What it is inside its containers.
    pub base: Base,
    /// Its containers.
    pub shape: Shape,
    /// How sure we are.
    pub confidence: Confidence,
}

impl Type {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self::of(Base::Unknown);

    /// A bare value, resolved.
    pub const fn of(base: Base) -> Self {
        Self {
            base,
            shape: Shape(0),
            confidence: Confidence::High,
        }
    }

    /// A container of such values.
    #[must_use]
    pub fn wrapped(self, wrapper: Wrapper) -> Self {
        if self.shape.0 >> 28 != 0 {
            return Self::UNKNOWN;
        }
        Self {
            shape: Shape(self.shape.0 << 4 | wrapper as u32),
            ..self
        }
    }

    /// The outermost container.
    pub fn wrapper(self) -> Option<Wrapper> {
        Some(match self.shape.0 & 15 {
            1 => Wrapper::List,
            2 => Wrapper::Set,
            3 => Wrapper::Map,
            4 => Wrapper::Iterator,
            5 => Wrapper::Promise,
            6 => Wrapper::Tuple,
            _ => return None,
        })
    }

    /// What is in the outermost container; the value itself if there is none.
    #[must_use]
    pub fn peeled(self) -> Self {
        Self {
            shape: Shape(self.shape.0 >> 4),
            ..self
        }
    }

    /// The value a promise resolves to; the value itself if it is no promise.
    #[must_use]
    pub fn awaited(self) -> Self {
        match self.wrapper() {
            Some(Wrapper::Promise) => self.peeled(),
            _ => self,
        }
    }

    /// At most as sure as `confidence`.
    #[must_use]
    pub fn at_most(self, confidence: Confidence) -> Self {
        Self {
            confidence: self.confidence.min(confidence),
            ..self
        }
    }

    /// Whether nothing is known, not even a container.
    pub fn is_unknown(self) -> bool {
        self.base == Base::Unknown && self.shape.0 == 0
    }

    /// Whether it is a bare value of this base.
    pub fn is_bare(self) -> bool {
        self.shape.0 == 0
    }

    /// Whether it is a function or method.
    pub fn is_callable(self) -> bool {
        self.is_bare() && matches!(self.base, Base::Function(_) | Base::Method(..))
    }

    /// What holds of a value that is one or the other: the known one if the other is null or
    /// unknown, the common one if they agree.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let says_nothing = |ty: Self| ty.is_bare() && matches!(ty.base, Base::Null | Base::Unknown);
        if says_nothing(self) {
            let sure = self.base == Base::Null;
            return if sure {
                other
            } else {
                other.at_most(Confidence::Medium)
            };
        }
        if says_nothing(other) {
            let sure = other.base == Base::Null;
            return if sure {
                self
            } else {
                self.at_most(Confidence::Medium)
            };
        }
        if self.base == other.base && self.shape == other.shape {
            return self.at_most(other.confidence);
        }
        // An empty list literal joins any list.
        if self.shape == other.shape && self.base == Base::Unknown {
            return other.at_most(Confidence::Medium);
        }
        if self.shape == other.shape && other.base == Base::Unknown {
            return self.at_most(Confidence::Medium);
        }
        if let (Base::Model(a, entity), Base::Model(b, _)) = (self.base, other.base)
            && a == b
            && self.shape == other.shape
        {
            return Self {
                base: Base::Model(a, entity),
                ..self.at_most(other.confidence)
            };
        }
        Self::UNKNOWN
    }
}
