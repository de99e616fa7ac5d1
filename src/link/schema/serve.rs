//! Whether an index serves what a statement asks of a table: the decision procedure of the
//! planners' rules that hold whatever the data is.

mod limits;

use self::limits::is_within;
use crate::ir::query::{
    Bound, Condition, Operand, OperatorClass, OrderKey, Query, Term, Value, Verb,
};
use crate::ir::schema::{ColumnKind, Dialect, Index, IndexKey, IndexMethod, Schema, Table};

/// What the indexes of a table do for a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// An index narrows the rows, or hands them out in order up to a limit.
    Served {
        /// Its name.
        index: String,
    },
    /// An index helps a little, or some of the time.
    Weak {
        /// Why, as a phrase.
        reason: &'static str,
    },
    /// No index narrows the rows, which are those with one of few values: an index of these rows
    /// alone could, where they are rare.
    Few {
        /// The terms that say which.
        terms: Vec<Term>,
    },
    /// No index narrows the rows, though one could.
    Unserved {
        /// The terms that an index could serve.
        terms: Vec<Term>,
        /// The columns of an index that would, in order.
        columns: Vec<String>,
        /// What the missing index would be for.
        need: Need,
    },
    /// No plain index could narrow the rows.
    NotIndexable {
        /// The term that stands in the way.
        term: Term,
        /// What would help.
        remedy: Remedy,
    },
    /// Nothing is asked that narrows or sorts.
    Unconstrained,
    /// Not known: part of the statement or of the schema is out of sight.
    Unknown,
}

/// What a missing index would be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// To find rows by equality.
    Equality,
    /// To find a range of rows.
    Range,
    /// To hand out the first rows in order.
    Order,
}

/// What helps where a plain index cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// An index on the same expression, or a comparison of the bare column.
    Expression,
    /// An index of the parts of the text: trigrams, full text.
    Substring,
    /// An index for prefixes: a pattern operator class, a collation.
    Prefix,
    /// An index without regard to case.
    CaseInsensitive,
    /// An inverted index.
    Inverted,
    /// A partial index on the rare side, or nothing.
    Negation,
    /// A query for each alternative.
    Union,
}

/// What serves the conditions and the order that a statement has for one of its tables.
pub fn serve(schema: &Schema, query: &Query, position: u16) -> Verdict {
    let Some(used) = query.tables.get(usize::from(position)) else {
        return Verdict::Unknown;
    };
    let Some(table) = schema.table(&used.name) else {
        return Verdict::Unknown;
    };
    if query.verb == Verb::Insert {
        return Verdict::Unconstrained;
    }
    let asked = Asked {
        schema,
        table,
        position,
        terms: terms_of(&query.conditions, position),
    };
    if table.is_small {
        return Verdict::Weak {
            reason: "the table is small",
        };
    }
    let branches = branches_of(&query.conditions, position);
    let verdict = asked.terms_verdict();
    if matches!(verdict, Verdict::Served { .. } | Verdict::Weak { .. }) {
        return verdict;
    }
    for or in &branches {
        match asked.or_verdict(or) {
            // One list of alternatives, each served, narrows the rows.
            served @ Verdict::Served { .. } => return served,
            unserved @ (Verdict::Unserved { .. } | Verdict::NotIndexable { .. })
                if matches!(verdict, Verdict::Unconstrained) && query.is_complete =>
            {
                return asked.known(unserved);
            }
            _ => {}
        }
    }
    let is_hidden = !query.is_complete || has_unknown(&query.conditions, position);
    match verdict {
        Verdict::Unserved { .. } | Verdict::NotIndexable { .. } if is_hidden => Verdict::Unknown,
        Verdict::Few { .. } if is_hidden => FEW_VALUES,
        Verdict::Unserved {
            terms,
            columns,
            need,
        } => asked.known(Verdict::Unserved {
            columns: with_order(columns, need, &query.order, position),
            terms,
            need,
        }),
        Verdict::Unconstrained if !branches.is_empty() => Verdict::Unknown,
        Verdict::Unconstrained if is_hidden => Verdict::Unknown,
        Verdict::Unconstrained => asked.order_verdict(query),
        other => asked.known(other),
    }
}

/// The index that hands out the rows of a statement in its order, after the columns that are
/// held equal.
pub fn serve_order<'s>(
    schema: &Schema,
    table: &'s Table,
    query: &Query,
    position: u16,
) -> Option<&'s Index> {
    let asked = Asked {
        schema,
        table,
        position,
        terms: terms_of(&query.conditions, position),
    };
    table
        .indexes
        .iter()
        .find(|index| asked.orders(index, &query.order))
}

/// The terms about one table that all hold.
fn terms_of(conditions: &[Condition], position: u16) -> Vec<&Term> {
    let terms = conditions.iter().filter_map(|condition| match condition {
        Condition::Term(term) if term.table == position => Some(term),
        _ => None,
    });
    terms.collect()
}

/// The lists of alternatives that say something of one table.
fn branches_of(conditions: &[Condition], position: u16) -> Vec<&[Vec<Condition>]> {
    let is_about = |condition: &Condition| matches!(condition, Condition::Term(term) if term.table == position);
    let found = conditions.iter().filter_map(|condition| match condition {
        Condition::Or(branches) if branches.iter().flatten().any(is_about) => {
            Some(branches.as_slice())
        }
        _ => None,
    });
    found.collect()
}

fn has_unknown(conditions: &[Condition], position: u16) -> bool {
    let _ = position;
    conditions
        .iter()
        .any(|condition| matches!(condition, Condition::Unknown))
}

/// The columns of an index with the order's behind those that are held equal.
fn with_order(
    mut columns: Vec<String>,
    need: Need,
    order: &[OrderKey],
    position: u16,
) -> Vec<String> {
    if need != Need::Equality {
        return columns;
    }
    for key in order.iter().take(2) {
        let Value::Column(column) = &key.value else {
            break;
        };
        if key.table != position {
            break;
        }
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// How far an index narrows: its leading keys held equal, and one range behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Score {
    equal: usize,
    has_range: bool,
}

/// An index on such a column helps only where the value is rare.
const FEW_VALUES: Verdict = Verdict::Weak {
    reason: "the column has few values",
};

/// What is asked of one table.
struct Asked<'q> {
    schema: &'q Schema,
    table: &'q Table,
    position: u16,
    terms: Vec<&'q Term>,
}

impl Asked<'_> {
    /// What an index that is missing means where not all indexes are known.
    fn known(&self, verdict: Verdict) -> Verdict {
        if self.table.is_complete {
            verdict
        } else {
            Verdict::Unknown
        }
    }

    fn terms_verdict(&self) -> Verdict {
        if self.terms.is_empty() {
            return Verdict::Unconstrained;
        }
        if let Some(index) = self
            .table
            .indexes
            .iter()
            .find(|index| self.is_lookup(index))
        {
            return Verdict::Served {
                index: index.name.clone(),
            };
        }
        let best = self
            .table
            .indexes
            .iter()
            .filter_map(|index| Some((self.score(index)?, index)))
            .max_by_key(|(score, _)| *score);
        if let Some((score, index)) = best {
            if score.equal <= 1 && !score.has_range && self.is_coarse(index) {
                return FEW_VALUES;
            }
            return Verdict::Served {
                index: index.name.clone(),
            };
        }
        // All that a partial index holds is what is asked for.
        let mut partial = self.table.indexes.iter();
        let partial = partial.find(|index| {
            index
                .condition
                .as_ref()
                .is_some_and(|terms| !terms.is_empty())
                && index.method == IndexMethod::BTree
                && self.is_implied(index)
        });
        if let Some(index) = partial {
            return Verdict::Served {
                index: index.name.clone(),
            };
        }
        // What is no column may stand for any.
        let is_elsewhere = |term: &&Term| matches!(&term.value, Value::Column(column) if self.table.column(column).is_none());
        if self.terms.iter().any(is_elsewhere) {
            return Verdict::Unknown;
        }
        let named: Vec<&Term> = self
            .terms
            .iter()
            .copied()
            .filter(|t| self.is_plain(t))
            .collect();
        let is_asked =
            |term: &&&Term| matches!(term.class, OperatorClass::Equality | OperatorClass::Range);
        let is_later_key = named.iter().filter(is_asked).any(|term| {
            self.table.indexes.iter().any(|index| {
                index.condition.is_none()
                    && index.method == IndexMethod::BTree
                    && index
                        .keys
                        .iter()
                        .skip(1)
                        .any(|key| same(&key.value, &term.value))
            })
        });
        if is_later_key {
            return Verdict::Weak {
                reason: "an index has the column behind others",
            };
        }
        let unclear = self.table.indexes.iter().any(|index| {
            // A condition that was not understood may well be implied.
            self.is_unclear(index) && self.narrows(index).is_some()
        });
        if unclear {
            return Verdict::Unknown;
        }
        let fine: Vec<&Term> = named
            .iter()
            .copied()
            .filter(|t| !self.is_few(&t.value))
            .collect();
        let by = |class| {
            fine.iter()
                .copied()
                .filter(move |t: &&Term| t.class == class)
        };
        let equal: Vec<&Term> = by(OperatorClass::Equality).collect();
        let range: Vec<&Term> = by(OperatorClass::Range).take(1).collect();
        if !equal.is_empty() || !range.is_empty() {
            let need = if equal.is_empty() {
                Need::Range
            } else {
                Need::Equality
            };
            let terms: Vec<Term> = equal.iter().chain(&range).map(|t| (*t).clone()).collect();
            let mut columns = Vec::new();
            for term in &terms {
                if let Value::Column(column) = &term.value
                    && !columns.contains(column)
                {
                    columns.push(column.clone());
                }
            }
            return Verdict::Unserved {
                terms,
                columns,
                need,
            };
        }
        if named.iter().any(|term| is_asked(&term)) {
            let is_constant =
                |term: &&Term| matches!(term.operand, Operand::Constant(_) | Operand::Constants(_));
            return if self.terms.len() == named.len() && named.iter().all(is_constant) {
                let terms = named.into_iter().cloned().collect();
                Verdict::Few { terms }
            } else {
                FEW_VALUES
            };
        }
        if self
            .terms
            .iter()
            .any(|term| term.class == OperatorClass::Unknown)
        {
            return Verdict::Unknown;
        }
        let mut terms = self.terms.iter();
        match terms.find_map(|term| Some(((*term).clone(), remedy(term)?))) {
            Some((term, remedy)) => Verdict::NotIndexable { term, remedy },
            None => Verdict::Unconstrained,
        }
    }

    /// Whether a term compares a bare column of the table with something that is there before
    /// its rows are read.
    fn is_plain(&self, term: &Term) -> bool {
        matches!(&term.value, Value::Column(column) if self.table.column(column).is_some())
    }

    /// Whether at most one row is asked for, by a unique index.
    fn is_lookup(&self, index: &Index) -> bool {
        index.is_unique
            && !index.keys.is_empty()
            && self.is_implied(index)
            && index
                .keys
                .iter()
                .all(|key| self.term_on(key, index, OperatorClass::Equality).is_some())
    }

    /// How far an index narrows; none if it does not.
    fn score(&self, index: &Index) -> Option<Score> {
        if !self.is_implied(index) {
            return None;
        }
        self.narrows(index)
    }

    /// The same without regard to the rows that a partial index leaves out.
    fn narrows(&self, index: &Index) -> Option<Score> {
        let mut score = Score::default();
        match index.method {
            IndexMethod::BTree => {
                for key in &index.keys {
                    if self.term_on(key, index, OperatorClass::Equality).is_some() {
                        score.equal += 1;
                        continue;
                    }
                    score.has_range = [
                        OperatorClass::Range,
                        OperatorClass::Prefix,
                        OperatorClass::CaseInsensitive,
                    ]
                    .into_iter()
                    .any(|class| self.term_on(key, index, class).is_some());
                    break;
                }
            }
            IndexMethod::Hash => {
                let key = index.keys.first()?;
                self.term_on(key, index, OperatorClass::Equality)?;
                score.equal = 1;
            }
            IndexMethod::Brin => {
                let key = index.keys.first()?;
                let is_used = [OperatorClass::Equality, OperatorClass::Range]
                    .into_iter()
                    .any(|class| self.term_on(key, index, class).is_some());
                score.has_range = is_used;
            }
            IndexMethod::Gin | IndexMethod::Gist | IndexMethod::FullText => {
                score.has_range = index
                    .keys
                    .iter()
                    .any(|key| self.is_inverted(key, index.method));
            }
            IndexMethod::Other => {
                let mentions =
                    |key: &IndexKey| self.terms.iter().any(|term| term.value == key.value);
                score.has_range = index.keys.iter().any(mentions);
            }
        }
        (score != Score::default()).then_some(score)
    }

    /// The term of a class that a key of a sorted or hashed index serves.
    fn term_on(&self, key: &IndexKey, index: &Index, class: OperatorClass) -> Option<&Term> {
        self.terms.iter().copied().find(|term| {
            term.class == class && same(&term.value, &key.value) && self.fits(term, key, index)
        })
    }

    /// Whether the operator class and collation of a key serve a term on its value.
    fn fits(&self, term: &Term, key: &IndexKey, index: &Index) -> bool {
        let is_pattern = key
            .operator_class
            .as_deref()
            .is_some_and(|class| class.ends_with("_pattern_ops"));
        let is_postgres = matches!(self.schema.dialect, None | Some(Dialect::PostgreSql));
        match term.class {
            // Equality needs the collation of the column.
            OperatorClass::Equality => {
                let is_own = key.collation.is_none()
                    || self.schema.dialect == Some(Dialect::MySql)
                    || !matches!(self.kind(&term.value), Some(ColumnKind::Text));
                is_own && !self.is_own_row(term)
            }
            OperatorClass::Range => {
                !is_pattern && index.method != IndexMethod::Hash && !self.is_own_row(term)
            }
            OperatorClass::Prefix => match self.schema.dialect {
                Some(Dialect::MySql) => true,
                Some(Dialect::Sqlite) => {
                    key.collation.as_deref() == Some("nocase")
                        || self.kind(&term.value) == Some(ColumnKind::CaseInsensitiveText)
                }
                _ if is_postgres => {
                    is_pattern || matches!(key.collation.as_deref(), Some("c" | "posix"))
                }
                _ => false,
            },
            // Its collations compare without regard to case.
            OperatorClass::CaseInsensitive => self.schema.dialect == Some(Dialect::MySql),
            _ => false,
        }
    }

    /// Whether a term compares a row with itself.
    fn is_own_row(&self, term: &Term) -> bool {
        matches!(term.operand, Operand::Column(table, _) if table == self.position)
    }

    /// Whether an inverted index serves some term on a key.
    fn is_inverted(&self, key: &IndexKey, method: IndexMethod) -> bool {
        let is_trigram = key
            .operator_class
            .as_deref()
            .is_some_and(|class| class.ends_with("trgm_ops"));
        self.terms.iter().any(|term| {
            if !same(&term.value, &key.value) {
                return false;
            }
            match term.class {
                OperatorClass::Substring
                | OperatorClass::CaseInsensitive
                | OperatorClass::Prefix => is_trigram,
                OperatorClass::Equality => is_trigram && method == IndexMethod::Gin,
                OperatorClass::Containment => !is_trigram,
                OperatorClass::FullText => !is_trigram,
                OperatorClass::Range => method == IndexMethod::Gist,
                OperatorClass::Negation | OperatorClass::Unknown => false,
            }
        })
    }

    /// Whether the terms imply the condition of a partial index.
    fn is_implied(&self, index: &Index) -> bool {
        let Some(condition) = &index.condition else {
            return true;
        };
        !condition.is_empty() && condition.iter().all(|wanted| self.implies(wanted))
    }

    /// Whether it cannot be told if a partial index is meant: its condition was not understood,
    /// or compares what comes later.
    fn is_unclear(&self, index: &Index) -> bool {
        let Some(condition) = &index.condition else {
            return false;
        };
        let is_open = |wanted: &Term| {
            matches!(wanted.operand, Operand::Limit { .. })
                && self.terms.iter().any(|term| {
                    same(&term.value, &wanted.value)
                        && term.class == OperatorClass::Range
                        && !matches!(term.operand, Operand::Limit { .. })
                })
        };
        condition.is_empty() || condition.iter().any(is_open)
    }

    fn implies(&self, wanted: &Term) -> bool {
        let is_sqlite = self.schema.dialect == Some(Dialect::Sqlite);
        self.terms.iter().any(|term| {
            if !same(&term.value, &wanted.value) {
                return false;
            }
            if term.class == wanted.class && term.operand == wanted.operand {
                // A value that comes later may be any other.
                return !matches!(
                    term.operand,
                    Operand::Parameter | Operand::Parameters | Operand::Unknown
                );
            }
            match (wanted.class, &wanted.operand) {
                // Any comparison with a value leaves out null.
                (OperatorClass::Negation, Operand::Null) => {
                    term.operand != Operand::Null && term.class != OperatorClass::Unknown
                }
                _ if is_sqlite => false,
                (OperatorClass::Equality, Operand::Constant(wanted)) => {
                    matches!(&term.operand, Operand::Constants(list)
                        if term.class == OperatorClass::Equality && list.iter().all(|c| c == wanted))
                }
                (OperatorClass::Equality, Operand::Constants(wanted)) => {
                    term.class == OperatorClass::Equality
                        && constants(&term.operand)
                            .is_some_and(|list| list.iter().all(|c| wanted.contains(c)))
                }
                (OperatorClass::Negation, Operand::Constant(wanted)) => {
                    term.class == OperatorClass::Equality
                        && constants(&term.operand).is_some_and(|list| !list.contains(wanted))
                }
                (OperatorClass::Negation, Operand::Constants(wanted)) => {
                    term.class == OperatorClass::Equality
                        && constants(&term.operand)
                            .is_some_and(|list| list.iter().all(|c| !wanted.contains(c)))
                }
                (OperatorClass::Range, limit @ Operand::Limit { .. }) => {
                    is_within(&term.operand, limit)
                }
                _ => false,
            }
        })
    }

    fn kind(&self, value: &Value) -> Option<ColumnKind> {
        match value {
            Value::Column(column) => self.table.column(column).map(|column| column.kind),
            Value::Expression(..) => None,
        }
    }

    /// Whether a column has few values.
    fn is_few(&self, value: &Value) -> bool {
        matches!(
            self.kind(value),
            Some(ColumnKind::Bool | ColumnKind::Enum(0..=5))
        )
    }

    /// Whether the only key that an index narrows by has few values. A partial index is as good
    /// as its condition is rare.
    fn is_coarse(&self, index: &Index) -> bool {
        index.condition.is_none()
            && index
                .keys
                .first()
                .is_some_and(|key| self.is_few(&key.value))
    }

    /// Alternatives are served if each of them is.
    fn or_verdict(&self, branches: &[Vec<Condition>]) -> Verdict {
        let mut served = None;
        let mut first: Option<&Term> = None;
        let mut elsewhere = false;
        let mut missing = None;
        for branch in branches {
            let asked = Asked {
                schema: self.schema,
                table: self.table,
                position: self.position,
                terms: self
                    .terms
                    .iter()
                    .copied()
                    .chain(terms_of(branch, self.position))
                    .collect(),
            };
            let is_about_it = branch.iter().any(|condition| {
                matches!(condition, Condition::Term(term) if term.table == self.position)
            });
            let is_about_other = branch.iter().all(|condition| {
                matches!(condition, Condition::Term(term) if term.table != self.position)
            });
            if is_about_other && !branch.is_empty() {
                elsewhere = true;
                continue;
            }
            if !is_about_it {
                return Verdict::Unknown;
            }
            match asked.terms_verdict() {
                Verdict::Served { index } => {
                    served = Some(index);
                    first = first.or_else(|| terms_of(branch, self.position).first().copied());
                }
                unserved @ Verdict::Unserved { .. } => missing = missing.or(Some(unserved)),
                // An index for the others would not do without one for this.
                _ => return Verdict::Unknown,
            }
        }
        if let Some(unserved) = missing {
            return unserved;
        }
        match (served, first) {
            // What holds of another table may hold of all rows of this one.
            (Some(_), Some(term)) if elsewhere => Verdict::NotIndexable {
                term: term.clone(),
                remedy: Remedy::Union,
            },
            (Some(index), _) => Verdict::Served { index },
            (None, _) => Verdict::Unknown,
        }
    }

    /// What serves the order where nothing narrows the rows.
    fn order_verdict(&self, query: &Query) -> Verdict {
        let Some(first) = query.order.first() else {
            return Verdict::Unconstrained;
        };
        let is_limited = matches!(query.limit, Bound::Constant(_) | Bound::Parameter);
        let is_own = query.order.iter().all(|key| key.table == self.position);
        if !is_limited || !is_own || query.is_aggregate {
            return Verdict::Unconstrained;
        }
        let mut indexes = self.table.indexes.iter();
        if let Some(index) = indexes.find(|index| self.orders(index, &query.order)) {
            return Verdict::Served {
                index: index.name.clone(),
            };
        }
        let starts = |index: &Index| {
            index.method == IndexMethod::BTree
                && index.condition.is_none()
                && index
                    .keys
                    .first()
                    .is_some_and(|key| same(&key.value, &first.value))
        };
        if self.table.indexes.iter().any(starts) {
            return Verdict::Weak {
                reason: "an index has the first column of the order",
            };
        }
        let mut columns = Vec::new();
        for key in &query.order {
            match &key.value {
                Value::Column(column) if self.table.column(column).is_some() => {
                    columns.push(column.clone());
                }
                _ => return Verdict::Unknown,
            }
        }
        self.known(Verdict::Unserved {
            terms: Vec::new(),
            columns,
            need: Need::Order,
        })
    }

    /// Whether an index hands out rows in an order, after the keys that are held equal.
    fn orders(&self, index: &Index, order: &[OrderKey]) -> bool {
        if index.method != IndexMethod::BTree || !self.is_implied(index) || order.is_empty() {
            return false;
        }
        let mut keys = index.keys.iter().peekable();
        // `IN` on a leading key breaks the order.
        let holds = |key: &&IndexKey| {
            self.term_on(key, index, OperatorClass::Equality)
                .is_some_and(|term| {
                    !matches!(
                        term.operand,
                        Operand::Constants(_) | Operand::Parameters | Operand::Subquery
                    )
                })
        };
        while keys.next_if(holds).is_some() {}
        let mut is_reversed = None;
        let mut has_ended = false;
        for wanted in order {
            if wanted.table != self.position {
                return false;
            }
            let Some(key) = keys.next() else {
                // A unique index leaves nothing to sort.
                has_ended = true;
                break;
            };
            let is_pattern = key
                .operator_class
                .as_deref()
                .is_some_and(|class| class.ends_with("_pattern_ops"));
            if !same(&key.value, &wanted.value) || is_pattern {
                return false;
            }
            let is_against = key.is_descending != wanted.is_descending;
            if *is_reversed.get_or_insert(is_against) != is_against {
                return false;
            }
            if self.nulls_first(key.is_descending, key.nulls_first)
                != (self.nulls_first(wanted.is_descending, wanted.nulls_first) != is_against)
                && self.may_be_null(&key.value)
            {
                return false;
            }
        }
        !has_ended || index.is_unique
    }

    fn may_be_null(&self, value: &Value) -> bool {
        match value {
            Value::Column(column) => {
                self.table.column(column).is_none_or(|column| column.is_nullable)
                    // The planner compares what is declared, whatever the column may hold.
                    || matches!(self.schema.dialect, None | Some(Dialect::PostgreSql))
            }
            Value::Expression(..) => true,
        }
    }

    /// Where nulls stand: what is said, or the engine's default for the direction.
    fn nulls_first(&self, is_descending: bool, said: Option<bool>) -> bool {
        said.unwrap_or(match self.schema.dialect {
            Some(Dialect::MySql | Dialect::Sqlite | Dialect::Mongo) => !is_descending,
            _ => is_descending,
        })
    }
}

/// Whether a term's value is that of a key; names of columns are compared as engines do.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Column(a), Value::Column(b)) => a.eq_ignore_ascii_case(b),
        (Value::Expression(a, _), Value::Expression(b, _)) => a.eq_ignore_ascii_case(b),
        _ => false,
    }
}

/// What would help a term that no plain index can serve.
fn remedy(term: &Term) -> Option<Remedy> {
    Some(match term.class {
        OperatorClass::Substring | OperatorClass::FullText => Remedy::Substring,
        OperatorClass::CaseInsensitive => Remedy::CaseInsensitive,
        OperatorClass::Containment => Remedy::Inverted,
        OperatorClass::Negation => Remedy::Negation,
        OperatorClass::Prefix if matches!(term.value, Value::Column(_)) => Remedy::Prefix,
        OperatorClass::Unknown => return None,
        _ => match term.value {
            Value::Expression(..) => Remedy::Expression,
            Value::Column(_) => return None,
        },
    })
}

fn constants(operand: &Operand) -> Option<&[String]> {
    match operand {
        Operand::Constant(one) => Some(std::slice::from_ref(one)),
        Operand::Constants(list) => Some(list),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
