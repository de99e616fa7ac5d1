//! The part of `n-plus-one` that is about relations: a relation of a row, read where the query
//! for the rows did not load it, asks the database once per row.

use super::{Reporter, element_text};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId};
use crate::link::cardinality::Cardinality;
use crate::link::entities::RelationId;
use crate::link::program::{Function, Loop, Program};
use crate::link::rows::{Missing, Read, Root};
use crate::link::types::{ExprRef, FunctionRef};

pub(super) fn check(function: Function<'_>, reporter: &mut Reporter<'_>) {
    let mut reported: Vec<(ExprRef, Vec<RelationId>)> = Vec::new();
    for read in function.reads() {
        if let Some(missing) = &read.missing {
            let path = read.source.path[..=missing.loaded].to_vec();
            if reported.contains(&(missing.query, path.clone())) {
                continue;
            }
            if check_read(function, read, missing, reporter) {
                reported.push((missing.query, path));
            }
        }
    }
}

fn check_read(
    function: Function<'_>,
    read: &Read,
    missing: &Missing,
    reporter: &mut Reporter<'_>,
) -> bool {
    let program = function.program;
    let module = function.module();
    let (size, row, lp) = match read.source.root {
        Root::Element(lp) => {
            let owner = Function {
                id: module.lp(lp).function,
                ..function
            };
            let lp = Loop {
                function: owner,
                id: lp,
            };
            let ends = owner.id == function.id && function.facts().exits_on(lp.id, read.expr);
            if ends {
                return false;
            }
            (lp.cardinality(), element_text(lp), Some(lp))
        }
        Root::ElementOf(rows) => (program.size_of(function.file, rows), "row".to_owned(), None),
        _ => return false,
    };
    let mut confidence = match size {
        Cardinality::Fixed | Cardinality::Batches => return false,
        Cardinality::Unknown => read.confidence.min(Confidence::Medium),
        Cardinality::Rows => read.confidence,
    };
    if read.depth > 3 {
        confidence = Confidence::Low;
    }
    // A session asks once for each distinct row.
    let asked = program.world.entities.get(read.source.path[missing.loaded]);
    let table = program.world.entities.table(asked.owner);
    let is_distinct = !asked.many && table.is_some_and(|ty| program.world.models.ty(ty).identity);
    if is_distinct {
        confidence = confidence.min(Confidence::Medium);
    }
    let loads = &read.source.path[..=missing.loaded];
    let relation = relation_text(program, loads);
    let message = match read.via {
        None => format!(
            "`{}` queries once per {row}: the query does not load `{relation}`",
            member_text(function, read.expr)
        ),
        Some(_) => format!(
            "`{}` reads `{relation}` of each {row}, a query each: the rows came without it",
            function.callee_text(read.expr)
        ),
    };
    let finding = reporter.report(module.span(read.expr), confidence, message);
    if let Some(lp) = lp {
        finding.related(lp.place(), "repeated by this loop");
    }
    finding.cost(if is_distinct {
        "1 + n queries, n being the distinct rows that the relation leads to"
    } else {
        "1 + n queries"
    });
    evidence(function, read, |place, text| {
        finding.related(place, text);
    });
    let query = missing.query;
    let built = &program.world.unit(query.file).facts.module;
    let place = crate::source::Place {
        file: query.file,
        span: built.span(query.expr),
    };
    finding.related(place, "the rows are asked for here");
    finding.help(help_of(function, read, missing));
    true
}

/// The calls from a function to the read.
pub(super) fn evidence(
    function: Function<'_>,
    read: &Read,
    mut step: impl FnMut(crate::source::Place, String),
) {
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
            None => format!("`{}` is read here", member_text(callee, read.expr)),
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

/// The text of a member: `post.author`.
fn member_text(function: Function<'_>, expr: ExprId) -> String {
    function.callee_text(expr)
}

fn help_of(function: Function<'_>, read: &Read, missing: &Missing) -> String {
    let program = function.program;
    let path = &read.source.path;
    let relation = program.world.entities.get(path[missing.loaded]);
    // `x.author.id` is `x.author_id`.
    let is_last = missing.loaded + 1 == path.len();
    if read.via.is_none() && relation.key && is_last && reads_only_key(function, read.expr) {
        return format!(
            "`{}_id` is the same key, and comes with the row",
            member_text(function, read.expr)
        );
    }
    match preload(program, path) {
        Some(call) => format!("load it with the rows: {call}"),
        None => format!("load `{}` with the rows", relation_text(program, path)),
    }
}

/// How a query loads a path of relations along: all that is read, so that the next one is not
/// missing then.
pub(super) fn preload(program: &Program, path: &[RelationId]) -> Option<String> {
    let world = &program.world;
    let has_many = path.iter().any(|&step| world.entities.get(step).many);
    let owner = world.entities.get(*path.first()?).owner;
    let table = world.models.ty(world.entities.table(owner)?);
    let call = if has_many {
        table.load_many.as_ref()
    } else {
        table.load_one.as_ref()
    };
    let text = if table.identity {
        // Attributes of classes, chained: `Book.author`, then `.joinedload(Author.publisher)`.
        attribute_text(program, path)
    } else {
        relation_text(program, path)
    };
    Some(call?.replace("{path}", &text))
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

/// Whether all that is read of a row is its key.
fn reads_only_key(function: Function<'_>, expr: ExprId) -> bool {
    let module = function.module();
    let of_function = function.declared().exprs;
    of_function.iter().any(|id| {
        matches!(module.expr(id), Expr::Member { object, name }
            if object == expr && matches!(module.text(name), "id" | "pk"))
    })
}
