//! The part of `n-plus-one` that is about relations: a relation of a row, read where the query
//! for the rows did not load it, asks the database once per row.

use super::fallback::depends_on_attribute;
use super::few_elements::{why_few, why_few_shown};
use super::few_rows::{default_of, whole_query};
use super::n_plus_one::is_element;
use super::unit_of_work::{changes_each, saves, works_for_each};
use super::{Reporter, element_text};
use crate::finding::Confidence;
use crate::ir::{BlockOwner, CallKind, ComprehensionKind, Expr, ExprId, LoopKind, Stmt, UnaryOp};
use crate::link::call_graph::Callee;
use crate::link::cardinality::Cardinality;
use crate::link::entities::RelationId;
use crate::link::guards::deciding;
use crate::link::models::clauses::Form;
use crate::link::program::{Function, Loop, Program};
use crate::link::rows::{Missing, Read, Root};
use crate::link::types::{ClassRef, ExprRef, FunctionRef};
use crate::link::words;
use crate::source::{Context, Place};

/// Reads of one query that a finding shows.
const MAX_SHOWN: usize = 6;

pub(super) fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    // What one query lacks is one thing to change.
    let mut queries: Vec<(ExprRef, Vec<Lacked<'_>>)> = Vec::new();
    for read in function.reads() {
        let Some(missing) = &read.missing else {
            reporter.because(
                read.expr,
                "where the row comes from is not in sight here; callers are looked at",
            );
            continue;
        };
        let Some(lacked) = lacked(function, read, missing) else {
            reporter.because(
                read.expr,
                "the rows are few, or the first one that fits ends the loop",
            );
            continue;
        };
        if lacked.confidence == Confidence::Low {
            reporter.because(
                read.expr,
                "the row is one, one of few, far away from the read, or changed by itself",
            );
        }
        match queries
            .iter_mut()
            .find(|(query, _)| *query == missing.query)
        {
            Some((_, reads)) => reads.push(lacked),
            None => queries.push((missing.query, vec![lacked])),
        }
    }
    for (query, reads) in &queries {
        report(function, *query, reads, reporter);
    }
}

/// A read of what a query does not load.
struct Lacked<'p> {
    read: &'p Read,
    missing: &'p Missing,
    /// The loop over the rows, if it stands in this file.
    lp: Option<Loop<'p>>,
    confidence: Confidence,
}

impl Lacked<'_> {
    /// The relations up to the one that is not loaded.
    fn first_lacking(&self) -> &[RelationId] {
        &self.read.source.path[..=self.missing.loaded]
    }
}

/// How sure it is that a read repeats; none if the rows are few.
fn lacked<'p>(function: Function<'p>, read: &'p Read, missing: &'p Missing) -> Option<Lacked<'p>> {
    let program = function.program;
    let mut is_small = false;
    let (size, lp) = match read.source.root {
        Root::Element(lp) => {
            let owner = Function {
                id: function.module().lp(lp).function,
                ..function
            };
            let ends = owner.id == function.id && function.facts().exits_on(lp, read.expr);
            if ends {
                return None;
            }
            let lp = Loop {
                function: owner,
                id: lp,
            };
            // A closure that is only kept is not run by the loop.
            let is_run = owner.id == function.id
                || function
                    .loops_around(None)
                    .iter()
                    .any(|around| around.id == lp.id);
            // What the loop itself has read is at hand in its closures.
            let is_known = owner.id != function.id
                && owner
                    .reads()
                    .iter()
                    .any(|known| known.source == read.source);
            if !is_run || is_known {
                return None;
            }
            is_small |= is_search(lp)
                || changes_each(lp)
                || works_for_each(lp)
                || why_few(lp).is_some()
                || function
                    .facts()
                    .context_of(read.expr)
                    .is_some_and(|(_, _, stmt)| depends_on_attribute(function, stmt));
            (lp.cardinality(), Some(lp))
        }
        Root::ElementOf(rows) => (program.size_of(function.file, rows), None),
        // What one row leads to is few rows mostly; a page that lists them is made for more.
        Root::One(_) => {
            let is_rendered = read
                .via
                .is_some_and(|(callee, _)| program.world.is_template(callee));
            if !is_rendered || !is_owned(program, read) || !is_of_happenings(program, read) {
                is_small = true;
            }
            (Cardinality::Unknown, None)
        }
        Root::Param(..) | Root::ElementOfParam(..) => return None,
    };
    is_small |= is_of_settings(program, read);
    let mut confidence = match size {
        Cardinality::Fixed | Cardinality::Batches => return None,
        Cardinality::Unknown => read.confidence.min(Confidence::Medium),
        Cardinality::Rows => read.confidence,
    };
    if asks_once_per_distinct(function, read, missing) {
        confidence = confidence.min(Confidence::Medium);
    }
    let asked = program.owner(missing.query.file, missing.query.expr);
    let is_one = matches!(read.source.root, Root::One(_));
    is_small |= are_past_gone(asked, missing.query.expr) || is_left_out(function, read);
    if is_small
        || !is_one && why_few_shown(asked, missing.query.expr).is_some()
        || leads_to_same_rows(function, read, missing)
        || read.depth > 3
        || function.context() == Context::Script
    {
        confidence = Confidence::Low;
    }
    Some(Lacked {
        read,
        missing,
        lp,
        confidence,
    })
}

/// Whether a called function reads the relation only if it is handed something that no caller in
/// sight has for it: `if not user: return True`, called with a `user=None`.
fn is_left_out(function: Function<'_>, read: &Read) -> bool {
    let Some((target, index)) = read.via else {
        return false;
    };
    let callee = function.program.function(target);
    let module = callee.module();
    let Some(inner) = callee.reads().get(index as usize) else {
        return false;
    };
    let Some((_, _, stmt)) = callee.facts().context_of(inner.expr) else {
        return false;
    };
    let leaves = |stmt| matches!(stmt, Stmt::Return(_));
    let needed = |test: ExprId, outcome: bool| match (module.expr(test), outcome) {
        (
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
            },
            false,
        ) => callee.param_at(operand),
        (_, true) => callee.param_at(test),
        _ => None,
    };
    let Some(param) = deciding(module, stmt, leaves, needed) else {
        return false;
    };
    let given = function.argument_for(read.expr, target, param);
    let Some(own) = given.and_then(|given| function.param_at(given)) else {
        return false;
    };
    function.is_called()
        && default_of(function, own)
            .is_some_and(|default| function.module().expr(default) == Expr::Null)
}

/// Whether a function deletes those of a query's rows that have ended, before it hands on the rest.
fn are_past_gone(function: Function<'_>, query: ExprId) -> bool {
    let module = function.module();
    let facts = function.facts();
    let whole = whole_query(function, query);
    let is_ended = |test: ExprId, lp: Loop<'_>| {
        facts.any_origin(test, |id| {
            matches!(module.expr(id), Expr::Member { object, name }
                if words::is_end(module.text(name)) && is_element(function, object, lp))
        })
    };
    let deletes = |lp: Loop<'_>| {
        facts.sites(function.id).iter().any(|site| {
            let is_under = || match module.block(module.block_of(site.stmt)).owner {
                BlockOwner::Stmt(owner) => matches!(module.stmt(owner), Stmt::If { test, .. }
                    if is_ended(test, lp)),
                _ => false,
            };
            lp.repeats(site.expr) && saves(function, site.expr) && is_under()
        })
    };
    function.own_loops().any(|lp| {
        let walks = lp.head().over.is_some_and(|over| match module.expr(over) {
            Expr::Local(local) => facts.def_use.single_value(local) == Some(whole),
            _ => false,
        });
        walks && deletes(lp)
    })
}

/// Whether a comprehension is walked until something fits: `any(line.is_open for line in lines)`.
fn is_search(lp: Loop<'_>) -> bool {
    let module = lp.function.module();
    if lp.head().kind != LoopKind::Comprehension {
        return false;
    }
    let sites = lp.function.facts().sites(lp.function.id).iter();
    let mut calls = sites.map(|site| module.expr(site.expr));
    calls.any(|call| {
        let Expr::Call { callee, args, .. } = call else {
            return false;
        };
        let is_walked = module.list(args).iter().any(|&arg| {
            matches!(module.expr(arg), Expr::Comprehension { lp: walked, kind }
                if walked == lp.id && kind == ComprehensionKind::Generator)
        });
        is_walked
            && matches!(module.expr(callee), Expr::Name(name)
                if matches!(module.text(name), "any" | "all" | "next"))
    })
}

/// Whether the rows that one row leads to hold its key: comments of a post and lines of an order
/// grow, roles of a user and tags of a page do not.
fn is_owned(program: &Program, read: &Read) -> bool {
    let entities = &program.world.entities;
    let mut steps = read.source.path.iter().map(|&step| entities.get(step));
    steps
        .find(|relation| relation.many)
        .is_some_and(|relation| {
            let (Some(target), Some(back)) = (relation.target, relation.inverse.as_deref()) else {
                return false;
            };
            let back = entities.find(&program.world, target, back);
            back.is_some_and(|back| entities.get(back).key)
        })
}

/// Whether the rows are of a table of settings, which people make by hand.
fn is_of_settings(program: &Program, read: &Read) -> bool {
    let owner = program.world.entities.get(read.source.path[0]).owner;
    let name = program.world.class_name(owner);
    name.is_some_and(words::holds_settings)
}

/// Whether the rows that one row leads to are of what happens again and again.
fn is_of_happenings(program: &Program, read: &Read) -> bool {
    let entities = &program.world.entities;
    let mut steps = read.source.path.iter().map(|&step| entities.get(step));
    steps
        .find(|relation| relation.many)
        .is_some_and(|relation| {
            let name_of = |class: ClassRef| program.world.class_name(class);
            match (relation.target.and_then(name_of), name_of(relation.owner)) {
                // A `SeriesBook` of a book is a series that it stands in.
                (Some(class), Some(owner)) => {
                    words::beside(class, owner).is_some_and(|class| words::is_growing(&class))
                }
                _ => words::is_growing(&relation.name),
            }
        })
}

/// Whether a session asks only once for each distinct row that the relation leads to.
fn asks_once_per_distinct(function: Function<'_>, read: &Read, missing: &Missing) -> bool {
    let world = &function.program.world;
    let asked = world.entities.get(read.source.path[missing.loaded]);
    let table = world.entities.table(asked.owner);
    !asked.many && !asked.is_column && table.is_some_and(|ty| world.models.ty(ty).identity)
}

/// Whether the session has the rows that the relation leads to, as they are some of those walked.
fn leads_to_same_rows(function: Function<'_>, read: &Read, missing: &Missing) -> bool {
    let asked = function
        .program
        .world
        .entities
        .get(read.source.path[missing.loaded]);
    missing.loaded == 0
        && asked.target == Some(asked.owner)
        && asks_once_per_distinct(function, read, missing)
}

fn report(
    function: Function<'_>,
    query: ExprRef,
    reads: &[Lacked<'_>],
    reporter: &mut Reporter<'_>,
) {
    let program = function.program;
    let module = function.module();
    let Some(first) = reads.iter().max_by_key(|lacked| {
        let is_direct = lacked.read.via.is_none();
        (
            lacked.confidence,
            is_direct,
            std::cmp::Reverse(lacked.read.expr),
        )
    }) else {
        return;
    };
    let mut relations: Vec<String> = Vec::new();
    for lacked in reads {
        let text = format!("`{}`", relation_text(program, lacked.first_lacking()));
        if !relations.contains(&text) {
            relations.push(text);
        }
    }
    let relations = super::listed(&relations);
    let row = first.lp.map_or_else(|| "row".to_owned(), element_text);
    let read = first.read;
    let name = function.callee_text(read.expr);
    let message = match read.via {
        None => format!("`{name}` queries once per {row}: the query does not load {relations}"),
        Some((callee, _)) if program.world.is_template(callee) => format!(
            "`{}` reads {relations} of each {row}, a query each: the query does not load it",
            program.function(callee).name().unwrap_or_default()
        ),
        Some(_) => format!(
            "`{name}` reads {relations} of each {row}, a query each: the rows came without it"
        ),
    };
    // What a template lacks is to be changed where its rows are asked for.
    let is_rendered = read
        .via
        .is_some_and(|(callee, _)| program.world.is_template(callee));
    let span = if is_rendered && query.file == function.file {
        module.span(query.expr)
    } else {
        module.span(read.expr)
    };
    let finding = reporter.report(span, first.confidence, message);
    if let Some(lp) = first.lp {
        finding.related(lp.place(), "repeated by this loop");
    }
    let is_distinct = asks_once_per_distinct(function, read, first.missing);
    finding.cost(if is_distinct {
        "1 + n queries, n being the distinct rows that the relation leads to"
    } else {
        "1 + n queries"
    });
    evidence(function, read, |place, text| {
        finding.related(place, text);
    });
    let mut shown = vec![first.first_lacking()];
    for lacked in reads {
        if !shown.contains(&lacked.first_lacking()) && shown.len() < MAX_SHOWN {
            shown.push(lacked.first_lacking());
            let name = function.callee_text(lacked.read.expr);
            finding.related(
                function.place_of(lacked.read.expr),
                format!("`{name}` does so too"),
            );
        }
    }
    let built = &program.world.unit(query.file).facts.module;
    let place = Place {
        file: query.file,
        span: built.span(query.expr),
    };
    finding.related(place, "the rows are asked for here");
    finding.help(help_of(function, reads));
}

/// The calls from a function to the read.
pub(super) fn evidence(function: Function<'_>, read: &Read, mut step: impl FnMut(Place, String)) {
    let program = function.program;
    let mut at: Option<(FunctionRef, u32)> = read.via;
    for _ in 0..8 {
        let Some((callee, index)) = at else {
            break;
        };
        let callee = program.function(callee);
        let Some(read) = callee.reads().get(index as usize) else {
            break;
        };
        let text = match read.via {
            Some(_) => format!("calls `{}`", callee.callee_text(read.expr)),
            None => format!("`{}` is read here", callee.callee_text(read.expr)),
        };
        step(callee.place_of(read.expr), text);
        at = read.via;
    }
}

/// `author__company`: relations as preloads name them.
pub(super) fn relation_text(program: &Program, path: &[RelationId]) -> String {
    let entities = &program.world.entities;
    let names: Vec<&str> = path
        .iter()
        .map(|&step| entities.get(step).name.as_str())
        .collect();
    names.join("__")
}

fn help_of(function: Function<'_>, reads: &[Lacked<'_>]) -> String {
    let program = function.program;
    // `x.author.id` is `x.author_id`.
    if let [only] = reads {
        let path = &only.read.source.path;
        let relation = program.world.entities.get(path[only.missing.loaded]);
        let is_last = only.missing.loaded + 1 == path.len();
        let is_direct = only.read.via.is_none();
        if is_direct && relation.key && is_last && reads_only_key(function, only.read.expr) {
            return format!(
                "`{}_id` is the same key, and comes with the row",
                function.callee_text(only.read.expr)
            );
        }
    }
    let is_column = |lacked: &&Lacked<'_>| {
        let last = lacked.read.source.path.last();
        last.is_some_and(|&last| program.world.entities.get(last).is_column)
    };
    if reads.iter().all(|lacked| is_column(&lacked)) {
        return "let the query load the columns that are read of its rows".to_owned();
    }
    let relations = reads.iter().filter(|lacked| !is_column(lacked));
    let is_counted = |lacked: &Lacked<'_>| counting(function, lacked.read).is_some();
    let mut counts: Vec<String> = Vec::new();
    let mut loaded: Vec<&[RelationId]> = Vec::new();
    for lacked in relations {
        let path = &lacked.read.source.path[..];
        let mut others = reads
            .iter()
            .filter(|other| other.read.source.path[..] == *path);
        match counting(function, lacked.read) {
            Some(count) if others.all(is_counted) => {
                if !counts.contains(&count) {
                    counts.push(count);
                }
            }
            _ => loaded.push(path),
        }
    }
    if counts.is_empty() {
        return preloads(program, loaded.into_iter());
    }
    let counts = format!(
        "let the query count what is only counted: {}",
        counts.join(", ")
    );
    if loaded.is_empty() {
        return counts;
    }
    format!("{}; {counts}", preloads(program, loaded.into_iter()))
}

/// How a query counts what is only counted of its rows.
fn counting(function: Function<'_>, read: &Read) -> Option<String> {
    let program = function.program;
    let (mut at, mut last) = (function, read);
    while let Some((callee, index)) = last.via {
        at = program.function(callee);
        last = at.reads().get(index as usize)?;
    }
    let called = at.callee_path(last.expr).pop();
    let is_counted = matches!(called, Some("count" | "exists"));
    let path = &read.source.path;
    let owner = program.world.entities.get(*path.first()?).owner;
    let table = program
        .world
        .models
        .ty(program.world.entities.table(owner)?);
    let count = table.count_many.as_ref().filter(|_| is_counted)?;
    Some(count.replace("{path}", &relation_text(program, path)))
}

/// How a query loads several paths of relations along, as a help text. A path that leads on
/// from another loads that too.
pub(super) fn preloads<'a>(
    program: &Program,
    paths: impl Iterator<Item = &'a [RelationId]>,
) -> String {
    let paths: Vec<&[RelationId]> = paths.collect();
    let mut calls: Vec<String> = Vec::new();
    for path in &paths {
        let leads_on = paths
            .iter()
            .any(|other| other.len() > path.len() && other.starts_with(path));
        if leads_on {
            continue;
        }
        let call = preload(program, path)
            .unwrap_or_else(|| format!("load `{}`", relation_text(program, path)));
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    format!(
        "load with the rows what is read of them: {}",
        calls.join(", ")
    )
}

/// How a query loads a path of relations along: all that is read, so that the next one is not
/// missing then.
pub(super) fn preload(program: &Program, path: &[RelationId]) -> Option<String> {
    let world = &program.world;
    // A join cannot follow what leads to many rows, or to rows of any table.
    let has_many = path.iter().any(|&step| {
        let relation = world.entities.get(step);
        relation.many || relation.target.is_none() && !relation.key
    });
    let owner = world.entities.get(*path.first()?).owner;
    let table = world.models.ty(world.entities.table(owner)?);
    let call = if has_many {
        table.load_many.as_ref()
    } else {
        table.load_one.as_ref()
    };
    let text = relation_text(program, path);
    let dotted = text.replace("__", ".");
    let attributes = attribute_text(program, path);
    let text = call?.replace("{path}", &text).replace("{dotted}", &dotted);
    Some(text.replace("{attributes}", &attributes))
}

/// `Book.author, Author.publisher`: relations as attributes of their classes.
fn attribute_text(program: &Program, path: &[RelationId]) -> String {
    let world = &program.world;
    let names: Vec<String> = path
        .iter()
        .map(|&step| {
            let relation = world.entities.get(step);
            let module = &world.unit(relation.owner.file).facts.module;
            let class = module.class(relation.owner.class).name;
            let class = class.map_or("", |name| module.text(name));
            format!("{class}.{}", relation.name)
        })
        .collect();
    names.join(", ")
}

/// Whether all that is read of a row is its key, wherever the function reads the row.
fn reads_only_key(function: Function<'_>, expr: ExprId) -> bool {
    let module = function.module();
    let Expr::Member { name: relation, .. } = module.expr(expr) else {
        return false;
    };
    let path = function.callee_path(expr);
    let mut rows = function.declared().exprs.iter().filter(|&id| {
        matches!(module.expr(id), Expr::Member { name, .. } if name == relation)
            && function.callee_path(id) == path
    });
    rows.all(|row| is_read_for_key(function, row) || is_compared(function, row))
}

fn is_read_for_key(function: Function<'_>, row: ExprId) -> bool {
    let module = function.module();
    let uses = function.program.uses(function.file);
    let reads = |row: ExprId| {
        uses.parents(row).iter().any(|&parent| {
            matches!(module.expr(parent), Expr::Member { object, name }
                if object == row && matches!(module.text(name), "id" | "pk"))
        })
    };
    reads(row)
        || uses.parents(row).iter().any(|&parent| {
            matches!(
                module.expr(parent),
                Expr::Call {
                    kind: CallKind::Implicit,
                    ..
                }
            ) && reads(parent)
        })
}

/// Whether a row is compared with a column by the keyword of a query: `filter(author=book.author)`.
fn is_compared(function: Function<'_>, row: ExprId) -> bool {
    let module = function.module();
    let uses = function.program.uses(function.file);
    let keywords = uses.parents(row).iter().filter(
        |&&parent| matches!(module.expr(parent), Expr::Keyword { value, .. } if value == row),
    );
    let mut calls = keywords.flat_map(|&keyword| uses.parents(keyword));
    calls.any(|&call| {
        let callee = function.call_at(call).map(|call| &call.callee);
        let Some(Callee::Model(id)) = callee else {
            return false;
        };
        let query = function.program.world.models.call(*id).query.as_ref();
        query.is_some_and(|query| query.conditions == Some(Form::Keywords))
    })
}
