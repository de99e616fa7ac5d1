//! What the rules about queries share: where a query runs, how often, and what matters most.

use super::growing_loop;
use crate::finding::Confidence;
use crate::link::call_graph::Act;
use crate::link::entry_points::Reach;
use crate::link::program::{Function, Program};
use crate::link::queries::{Asked, QuerySite};
use crate::source::{Context, Place};

/// A query of the program, with the function that asks it.
#[derive(Clone, Copy)]
pub(super) struct Site<'p> {
    pub(super) function: Function<'p>,
    pub(super) act: &'p Act,
    pub(super) asked: &'p Asked,
}

/// How much it matters that a query is slow, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It runs in a migration, a script, a seed.
    Aside,
    /// Nothing is seen to call it, in a program whose entries are seen.
    Idle,
    /// Only jobs and commands are known to lead to it: it runs once in a while, and nobody waits.
    Job,
    /// It is called, but nothing is known to lead there.
    Unknown,
    /// A request leads to it.
    Called,
    /// It runs once per element of something that grows.
    Repeated,
    /// A request runs it.
    Handler,
}

/// All queries of a program.
pub(super) fn sites(program: &Program) -> impl Iterator<Item = Site<'_>> {
    program
        .queries()
        .iter()
        .filter_map(|site| site_of(program, site))
}

fn site_of<'p>(program: &'p Program, site: &'p QuerySite) -> Option<Site<'p>> {
    let function = program.function(site.function);
    Some(Site {
        function,
        act: function.acts().get(site.act as usize)?,
        asked: &site.asked,
    })
}

impl Site<'_> {
    /// Where it is built.
    pub(super) fn place(self) -> Place {
        self.asked.query.place
    }

    pub(super) fn weight(self) -> Weight {
        match self.function.context() {
            Context::Product => {}
            _ => return Weight::Aside,
        }
        let reached = self.function.reached();
        if reached.reach == Reach::Handler {
            return Weight::Handler;
        }
        if reached.reach == Reach::None && reached.job.is_some() {
            return Weight::Job;
        }
        if growing_loop(&self.function.loops_around(self.act.lp)).is_some() {
            return Weight::Repeated;
        }
        match reached.reach {
            Reach::Called => Weight::Called,
            _ if self.function.is_idle() => Weight::Idle,
            _ => Weight::Unknown,
        }
    }

    /// How sure we are of a finding about it: less where it runs once in a while.
    pub(super) fn confidence(self) -> Confidence {
        match self.weight() {
            Weight::Aside => Confidence::Low,
            _ => self.asked.confidence,
        }
    }
}
