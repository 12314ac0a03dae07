//! Where everybody stands: who can move, who is blocked and by whom, who holds what.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use super::way::for_each_choice_of;
use crate::analysis::MEETING;
use crate::model::{Holding, Outcome, Phase, Place, Program, WaitsFor, holdings, wanted};
use crate::scenario::{DATABASE, Scenario};
use crate::trace::Edge;

/// What a process can do where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can make its step.
    Free,
    /// Its step can't be made, and it gives up if it moves: a time-out, a failed try, `EDEADLK`, `SQLITE_BUSY`.
    Refusable,
    /// Its step can't be made, but it can go into it and wait there, at PENDING.
    Pends,
    /// It is in a deadlock, and may be ended so that the others go on.
    Victim,
    /// It can't move.
    Blocked,
    /// It waits at the meeting.
    AtMeeting,
    /// It has come to the end of its program.
    Ended,
    /// It was killed.
    Crashed,
}

impl Standing {
    /// Whether it can be moved.
    pub fn can_move(self) -> bool {
        matches!(self, Self::Free | Self::Refusable | Self::Pends | Self::Victim)
    }
}

/// What a process does about a lock that it can't have now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It has asked and waits. On the model everybody asks who comes to such a lock.
    Asked,
    /// A real process that will wait as soon as it is told to ask.
    NotAsked,
    /// It does not wait here: if it asked now it would be refused at once.
    Never,
}

/// One process in a position.
#[derive(Debug, Clone)]
pub struct Stander<'a> {
    /// Where it stands.
    pub place: Place,
    /// What it can do there.
    pub standing: Standing,
    /// What it waits for, a lock's name or [`MEETING`]; `None` if nothing is in its way.
    pub waits_for: Option<&'a str>,
    /// Whether it waits for that already; says nothing where nothing is in its way.
    pub waiting: Waiting,
    /// Who is in its way.
    pub blocked_by: Vec<usize>,
    /// It is part of a deadlock.
    pub deadlocked: bool,
    /// What it holds.
    pub holds: Vec<Holding<'a>>,
}

/// Where everybody stands in one state.
#[derive(Debug, Clone)]
pub struct Position<'a> {
    /// The processes, in the order of the scenario.
    pub processes: Vec<Stander<'a>>,
}

impl<'a> Position<'a> {
    /// Reads a state.
    pub fn of(scenario: &'a Scenario, program: &'a Program, at: &[u32]) -> Self {
        let in_deadlock = program.deadlocked(at);
        let stander = |who: usize| {
            let place = *program.place(who, at[who]);
            let (waits_for, blocked_by) = match program.waits_of(at, who) {
                None => (None, Vec::new()),
                Some((WaitsFor::Meeting, others)) => (Some(MEETING), others),
                Some((WaitsFor::Lock(name), others)) => (Some(name), others),
            };
            let holds = holdings(scenario, &scenario.processes[who], &place);
            let process = &scenario.processes[who];
            let database = holds.iter().find(|held| held.lock == DATABASE).map(|held| held.mode);
            let want = place.step_of(&process.steps).and_then(|step| wanted(scenario, step, database));
            let never = waits_for != Some(MEETING) && want.is_some_and(|want| want.patience == Some(Duration::ZERO));
            let waiting = if never { Waiting::Never } else { Waiting::Asked };
            let standing = standing(program, at, who);
            let deadlocked = in_deadlock.contains(&who);
            Stander { place, standing, waits_for, waiting, blocked_by, deadlocked, holds }
        };
        Self { processes: (0..at.len()).map(stander).collect() }
    }

    /// Whether nobody can move.
    pub fn is_at_rest(&self) -> bool {
        !self.processes.iter().any(|process| process.standing.can_move())
    }

    /// Whether everybody has ended or crashed.
    pub fn is_over(&self) -> bool {
        self.processes.iter().all(|process| process.place.is_gone())
    }

    /// The arrows of the wait-for graph, by waiter.
    pub fn edges(&self) -> Vec<Edge> {
        let edge = |waiter: usize, lock: &str, holder: usize| Edge { waiter, lock: lock.to_owned(), holder };
        let of = |(who, process): (usize, &Stander)| {
            let arrows = process.blocked_by.iter().map(|&other| edge(who, process.waits_for.unwrap_or("?"), other));
            arrows.collect::<Vec<_>>()
        };
        self.processes.iter().enumerate().flat_map(of).collect()
    }

    /// The shortest cycle of processes that are deadlocked, from its smallest member on; empty if there is none.
    pub fn cycle(&self) -> Vec<Edge> {
        self.cycle_of(|who| self.processes[who].deadlocked)
    }

    /// The shortest cycle of such processes, from its smallest member on; empty if there is none.
    pub fn cycle_of(&self, such: impl Fn(usize) -> bool) -> Vec<Edge> {
        let mut from: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
        for edge in self.edges().into_iter().filter(|edge| such(edge.waiter)) {
            from.entry(edge.waiter).or_default().push(edge);
        }
        let cycles = from.keys().filter_map(|&who| cycle_through(who, &from));
        cycles.min_by_key(Vec::len).unwrap_or_default()
    }

    /// Who holds a lock, and how.
    pub fn holders(&self, lock: &str) -> Vec<(usize, Holding<'a>)> {
        let held = |(who, process): (usize, &Stander<'a>)| {
            process.holds.iter().find(|held| held.lock == lock).map(|held| (who, *held))
        };
        self.processes.iter().enumerate().filter_map(held).collect()
    }

    /// Who can't have a lock now, and waits for it, will wait or will not.
    pub fn waiters(&self, lock: &str, waiting: Waiting) -> Vec<usize> {
        let waits = |who: &usize| {
            let process = &self.processes[*who];
            process.waits_for == Some(lock) && process.waiting == waiting
        };
        (0..self.processes.len()).filter(waits).collect()
    }
}

fn standing(program: &Program, at: &[u32], who: usize) -> Standing {
    let mut outcome = None;
    for_each_choice_of(program, at, who, |_, made| outcome = Some(made.outcome));
    match (outcome, program.place(who, at[who]).phase) {
        (Some(Outcome::Refused), _) => Standing::Refusable,
        (Some(Outcome::Pends), _) => Standing::Pends,
        (Some(Outcome::Victim), _) => Standing::Victim,
        (Some(_), _) => Standing::Free,
        (None, Phase::AtMeeting) => Standing::AtMeeting,
        (None, Phase::Ended) => Standing::Ended,
        (None, Phase::Crashed) => Standing::Crashed,
        (None, _) => Standing::Blocked,
    }
}

/// The shortest way along the arrows from a process back to itself.
fn cycle_through(who: usize, from: &BTreeMap<usize, Vec<Edge>>) -> Option<Vec<Edge>> {
    let mut seen = BTreeSet::new();
    let mut paths: Vec<Vec<Edge>> = vec![Vec::new()];
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let end = path.last().map_or(who, |edge: &Edge| edge.holder);
            for edge in from.get(&end).into_iter().flatten() {
                let path = [path.as_slice(), std::slice::from_ref(edge)].concat();
                if edge.holder == who {
                    return Some(path);
                }
                if seen.insert(edge.holder) {
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    None
}
