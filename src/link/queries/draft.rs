//! A query while it is put together.

use crate::ir::ExprId;
use crate::ir::query::{Bound, Condition, OrderKey, Projection, Term, Verb};
use crate::link::types::ClassRef;
use crate::source::FileId;

/// A table, as the program names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// By the class of its rows.
    Class(ClassRef),
    /// By the value that declares it, a call.
    Value(FileId, ExprId),
    /// By the name that an ORM has for it: `blogPost`.
    Entity(String),
    /// By its own name.
    Table(String),
}

/// A table of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) source: Source,
    /// The name that the query has for it.
    pub(super) alias: Option<String>,
}

/// A query while it is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) verb: Verb,
    pub(super) tables: Vec<Table>,
    pub(super) conditions: Vec<Condition>,
    pub(super) optional: Vec<Condition>,
    pub(super) order: Vec<OrderKey>,
    /// Whether it says itself that it is not sorted.
    pub(super) is_unsorted: bool,
    pub(super) limit: Bound,
    pub(super) offset: Bound,
    pub(super) projection: Projection,
    pub(super) is_aggregate: bool,
    pub(super) is_complete: bool,
    /// Names of values that are computed, not columns.
    pub(super) computed: Vec<String>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            verb: Verb::Select,
            tables: Vec::new(),
            conditions: Vec::new(),
            optional: Vec::new(),
            order: Vec::new(),
            is_unsorted: false,
            limit: Bound::None,
            offset: Bound::None,
            projection: Projection::Entity,
            is_aggregate: false,
            is_complete: true,
            computed: Vec::new(),
        }
    }

    pub(super) fn of(source: Source) -> Self {
        let mut draft = Self::new();
        draft.tables.push(Table {
            source,
            alias: None,
        });
        draft
    }

    /// Adds conditions that hold each time.
    pub(super) fn narrow(&mut self, conditions: Vec<Condition>) {
        for condition in conditions {
            if condition == Condition::Unknown {
                self.is_complete = false;
            }
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        }
    }

    /// The position of a table, which is added if it is not there.
    pub(super) fn table(&mut self, source: Source) -> u16 {
        match self.tables.iter().position(|table| table.source == source) {
            Some(at) => at as u16,
            None => self.join(source),
        }
    }

    /// Adds a table.
    pub(super) fn join(&mut self, source: Source) -> u16 {
        self.tables.push(Table {
            source,
            alias: None,
        });
        (self.tables.len() - 1) as u16
    }

    /// What is asked whichever of two is asked: what both have each time, what one has at times.
    pub(super) fn or(mut self, other: Self) -> Option<Self> {
        if self.tables.first() != other.tables.first() {
            return None;
        }
        let shared = self
            .tables
            .iter()
            .zip(&other.tables)
            .take_while(|(a, b)| a == b)
            .count();
        let is_shared = |condition: &Condition| {
            tables_of(condition)
                .iter()
                .all(|&t| usize::from(t) < shared)
        };
        let mut optional = Vec::new();
        let mut both = Vec::new();
        for condition in self.conditions.drain(..) {
            if other.conditions.contains(&condition) {
                both.push(condition);
            } else {
                optional.push(condition);
            }
        }
        for condition in other.conditions {
            if !both.contains(&condition) {
                optional.push(condition);
            }
        }
        optional.append(&mut self.optional);
        optional.extend(other.optional);
        optional.retain(|condition| *condition != Condition::Unknown && is_shared(condition));
        optional.dedup();
        both.retain(is_shared);
        self.tables.truncate(shared);
        self.conditions = both;
        self.optional = optional;
        if self.order != other.order {
            self.order.clear();
            self.is_unsorted = true;
        }
        self.is_unsorted |= other.is_unsorted;
        self.order.retain(|key| usize::from(key.table) < shared);
        if self.limit != other.limit {
            self.limit = Bound::Unknown;
        }
        if self.offset != other.offset {
            self.offset = Bound::Unknown;
        }
        if self.projection != other.projection {
            self.projection = Projection::Unknown;
        }
        self.is_aggregate |= other.is_aggregate;
        self.is_complete &= other.is_complete;
        self.computed.extend(other.computed);
        Some(self)
    }
}

/// Alternatives; those of one that is nothing but alternatives are alternatives themselves.
pub(super) fn any_of(branches: Vec<Vec<Condition>>) -> Condition {
    let flat = branches
        .into_iter()
        .flat_map(|mut branch| match &mut branch[..] {
            [Condition::Or(inner)] => std::mem::take(inner),
            _ => vec![branch],
        });
    Condition::Or(flat.collect())
}

/// The tables that a condition is about.
fn tables_of(condition: &Condition) -> Vec<u16> {
    let mut found = Vec::new();
    let mut open = vec![condition];
    while let Some(condition) = open.pop() {
        match condition {
            Condition::Term(Term { table, .. }) => found.push(*table),
            Condition::Or(branches) => open.extend(branches.iter().flatten()),
            Condition::Unknown => {}
        }
    }
    found
}
