//! What was so from when to when: waits, holds and cycles as stretches of time. Computed once; every picture draws from
//! it. Who waits and who holds what, only the wait-for graph says.

use std::collections::BTreeMap;

use super::graph::WaitForGraph;
use crate::model::Mode;
use crate::scenario::Scenario;
use crate::trace::{Edge, Event, Trace, What};

#[cfg(test)]
mod tests;

/// One run as stretches of time. All times are microseconds of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Film {
    /// The locks that somebody held or waited for, in the order of their first mention. Others say which by its index.
    pub locks: Vec<String>,
    /// Who waited for a lock, in the order in which they began.
    pub waits: Vec<Waited>,
    /// Who held a lock and how, in the order in which they got it. On SQLite another mode is another hold, so that
    /// these are the states of the database's lock, too: a process that has none of them then is UNLOCKED.
    pub holds: Vec<Held>,
    /// The cycles that closed, in that order.
    pub cycles: Vec<Ring>,
}

/// One process waited for one lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// The process.
    pub who: usize,
    /// The lock: its index in [`Film::locks`].
    pub lock: usize,
    /// How it wanted to hold it.
    pub mode: Mode,
    /// The first of those who were in its way when it began; `None` if that one had not said so yet.
    pub holder: Option<usize>,
    /// From this moment on.
    pub from_us: u64,
    /// Until it had it, was refused, or was gone; the end of the run if it still waited then.
    pub to_us: u64,
}

/// One process held one lock in one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The process.
    pub who: usize,
    /// The lock: its index in [`Film::locks`].
    pub lock: usize,
    /// How it held it.
    pub mode: Mode,
    /// From this moment on.
    pub from_us: u64,
    /// Until this moment; the end of the run if it still held it then.
    pub to_us: u64,
}

/// A cycle stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The waits, from the smallest process on.
    pub edges: Vec<Edge>,
    /// Whether a time-out in it would end it.
    pub timed: bool,
    /// From this moment on.
    pub from_us: u64,
    /// Until one of its waits ended; the end of the run if none did.
    pub to_us: u64,
}

impl Film {
    /// The film of a whole run.
    pub fn of(trace: &Trace) -> Self {
        let mut camera = Camera::new(&trace.scenario);
        trace.events.iter().for_each(|event| camera.apply(event));
        camera.film(trace.outcome.took_us)
    }
}

/// Films a run event by event; the graph as it is now can be looked at.
#[derive(Debug, Clone)]
pub struct Camera {
    graph: WaitForGraph,
    film: Film,
    /// The index of each lock by its name.
    known: BTreeMap<String, usize>,
    /// For each lock the holds that last, by their process: indices of [`Film::holds`].
    held: Vec<BTreeMap<usize, usize>>,
    /// For each process its wait that lasts: an index of [`Film::waits`].
    waiting: BTreeMap<usize, usize>,
    /// The cycles that stand: indices of [`Film::cycles`].
    rings: Vec<usize>,
}

/// The end of what still lasts.
const OPEN: u64 = u64::MAX;

impl Camera {
    /// Nothing has happened yet.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            graph: WaitForGraph::new(scenario),
            film: Film::default(),
            known: BTreeMap::new(),
            held: Vec::new(),
            waiting: BTreeMap::new(),
            rings: Vec::new(),
        }
    }

    /// The wait-for graph at this moment.
    pub fn graph(&self) -> &WaitForGraph {
        &self.graph
    }

    /// The cycles that stand at this moment.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        self.rings.iter().map(|&ring| &self.film.cycles[ring])
    }

    /// The locks that were named so far, in the order of their first mention.
    pub fn locks(&self) -> &[String] {
        &self.film.locks
    }

    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        let (who, at_us) = (event.who, event.at_us);
        if let What::ClosesCycle { cycle, timed, .. } = &event.what {
            self.rings.push(self.film.cycles.len());
            self.film.cycles.push(Ring { edges: cycle.clone(), timed: *timed, from_us: at_us, to_us: OPEN });
            return;
        }
        let had = self.had(event);
        self.graph.apply(event);
        match &event.what {
            What::Waits { lock, .. } => {
                let lock = self.index(lock);
                self.keep_wait(who, lock, at_us);
                self.keep_holds(lock, who, at_us);
            }
            What::Gets { lock, .. } => {
                let lock = self.index(lock);
                self.end_wait(who, at_us);
                self.keep_holds(lock, who, at_us);
            }
            What::Releases { lock, .. } => {
                let lock = self.index(lock);
                self.keep_holds(lock, who, at_us);
            }
            What::Refused { .. } => self.end_wait(who, at_us),
            What::Committed { .. } | What::RolledBack { .. } => {
                self.end_wait(who, at_us);
                let database = self.index(crate::scenario::DATABASE);
                self.keep_holds(database, who, at_us);
            }
            What::Ends | What::Crashed { .. } | What::Killed { .. } => {
                self.end_wait(who, at_us);
                had.into_iter().for_each(|lock| self.keep_holds(lock, who, at_us));
            }
            _ => {}
        }
        self.end_rings(who, at_us);
    }

    /// What was filmed until now.
    pub fn film(mut self, now_us: u64) -> Film {
        self.film.waits.iter_mut().for_each(|wait| end(&mut wait.to_us, wait.from_us, now_us));
        self.film.holds.iter_mut().for_each(|hold| end(&mut hold.to_us, hold.from_us, now_us));
        self.film.cycles.iter_mut().for_each(|ring| end(&mut ring.to_us, ring.from_us, now_us));
        self.film
    }

    /// The locks of a process that is about to lose all of them.
    fn had(&self, event: &Event) -> Vec<usize> {
        let ends = matches!(event.what, What::Ends | What::Crashed { .. } | What::Killed { .. });
        let locks = self.graph.held_by(event.who).filter(|_| ends);
        locks.filter_map(|(lock, _)| self.known.get(lock).copied()).collect()
    }

    fn index(&mut self, lock: &str) -> usize {
        if let Some(&known) = self.known.get(lock) {
            return known;
        }
        let new = self.film.locks.len();
        self.known.insert(lock.to_owned(), new);
        self.film.locks.push(lock.to_owned());
        self.held.push(BTreeMap::new());
        new
    }

    fn keep_wait(&mut self, who: usize, lock: usize, at_us: u64) {
        self.end_wait(who, at_us);
        let Some(wait) = self.graph.wait_of(who) else { return };
        let holder = self.graph.edges_of(who).next().map(|edge| edge.holder);
        self.waiting.insert(who, self.film.waits.len());
        self.film.waits.push(Waited { who, lock, mode: wait.mode, holder, from_us: at_us, to_us: OPEN });
    }

    fn end_wait(&mut self, who: usize, at_us: u64) {
        if let Some(wait) = self.waiting.remove(&who) {
            let wait = &mut self.film.waits[wait];
            end(&mut wait.to_us, wait.from_us, at_us);
        }
    }

    /// Brings the holds of a lock up to what the graph says after an event of `who`. It mostly changes that one's hold
    /// only; a grant may also end the hold of one whose COMMIT is under way.
    fn keep_holds(&mut self, lock: usize, who: usize, at_us: u64) {
        let holders = self.graph.holders(&self.film.locks[lock]);
        let held = &mut self.held[lock];
        let holds = &mut self.film.holds;
        let mode = holders.get(who).map(|hold| hold.mode);
        if held.get(&who).map(|&at| holds[at].mode) != mode {
            if let Some(at) = held.remove(&who) {
                let hold = &mut holds[at];
                end(&mut hold.to_us, hold.from_us, at_us);
            }
            if let Some(mode) = mode {
                held.insert(who, holds.len());
                holds.push(Held { who, lock, mode, from_us: at_us, to_us: OPEN });
            }
        }
        if held.len() == holders.len() {
            return;
        }
        held.retain(|&who, &mut at| {
            let hold = &mut holds[at];
            let lasts = holders.get(who).is_some();
            if !lasts {
                end(&mut hold.to_us, hold.from_us, at_us);
            }
            lasts
        });
    }

    /// A cycle ends when one of its arrows is gone; only its members' events can do that.
    fn end_rings(&mut self, who: usize, at_us: u64) {
        let (graph, cycles) = (&self.graph, &mut self.film.cycles);
        self.rings.retain(|&at| {
            let ring = &mut cycles[at];
            let stands = |edge: &Edge| graph.edges_of(edge.waiter).any(|arrow| arrow == *edge);
            let stays = ring.edges.iter().all(|edge| edge.waiter != who && edge.holder != who || stands(edge));
            if !stays {
                end(&mut ring.to_us, ring.from_us, at_us);
            }
            stays
        });
    }
}

/// Two processes may be heard in another order than they spoke, by microseconds: nothing ends before it begins.
fn end(to_us: &mut u64, from_us: u64, at_us: u64) {
    if *to_us == OPEN {
        *to_us = at_us.max(from_us);
    }
}
