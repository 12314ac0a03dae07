//! One lane a process: what it was doing when. Computed once; every picture draws from it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Mode;
use crate::scenario::DATABASE;
use crate::trace::{Event, Trace, What};

/// What one process did, from the first event to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lane {
    /// One after the other, without gaps; none is empty.
    pub segments: Vec<Segment>,
    /// Moments that must be seen however short they are.
    pub marks: Vec<(u64, Mark)>,
}

/// A stretch of time in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Begin, in microseconds of the run.
    pub from_us: u64,
    /// End, in microseconds of the run.
    pub to_us: u64,
    /// What it did in between.
    pub state: State,
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing that a lock has to do with: between steps, or at a meeting.
    Idle,
    /// Working, without a lock.
    Working,
    /// Holds a lock that others may share.
    Sharing,
    /// Holds a lock that excludes others.
    Holding,
    /// Waits for a lock and holds none.
    Waiting,
    /// Holds one lock and waits for another.
    HoldingAndWaiting,
    /// Pauses after a refusal.
    BackingOff,
}

impl State {
    /// Every state, from the one that says least on; in this order they compare. Who waits tells more than who holds,
    /// and who was refused, and so backs off, more than who waits.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::Working,
        Self::Sharing,
        Self::Holding,
        Self::Waiting,
        Self::HoldingAndWaiting,
        Self::BackingOff,
    ];
}

/// A moment in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A lock was refused.
    Refused,
    /// The process crashed.
    Crashed,
    /// The conductor ended it.
    Killed,
}

/// The lanes of all processes, in the order of the scenario.
pub fn lanes(trace: &Trace) -> Vec<Lane> {
    let mut artist = Artist::new(trace.scenario.processes.len());
    trace.events.iter().for_each(|event| artist.apply(event));
    artist.lanes(trace.outcome.took_us)
}

/// Draws lanes event by event, while they happen.
#[derive(Debug, Clone)]
pub struct Artist {
    drawings: Vec<Drawing>,
    /// Whose COMMIT is under way, and those for whom that is over and was not noticed yet.
    committing: BTreeSet<usize>,
}

impl Artist {
    /// Empty lanes.
    pub fn new(processes: usize) -> Self {
        Self { drawings: vec![Drawing::default(); processes], committing: BTreeSet::new() }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        let Self { drawings, committing } = self;
        match &event.what {
            What::Commits { .. } => drop(committing.insert(event.who)),
            // A COMMIT frees the lock before its process can say so: whoever gets it then has ended that hold.
            What::Gets { lock, mode, .. } if lock == DATABASE => {
                committing.retain(|&who| drawings.get(who).is_some_and(|drawing| drawing.commits));
                for who in committing.iter().filter(|&&who| who != event.who) {
                    drawings[*who].yield_to(*mode, event.at_us);
                }
            }
            _ => {}
        }
        if let Some(drawing) = drawings.get_mut(event.who) {
            drawing.apply(event.at_us, &event.what);
        }
    }

    /// The lanes as they are at this moment: who has not ended is still in the state of its last event.
    pub fn lanes(&self, now_us: u64) -> Vec<Lane> {
        let until_now = |mut drawing: Drawing| {
            if !drawing.ended {
                drawing.close(now_us);
            }
            drawing.lane
        };
        self.drawings.iter().cloned().map(until_now).collect()
    }
}

/// A lane in the making, and what its process is in the middle of.
#[derive(Debug, Clone, Default)]
struct Drawing {
    lane: Lane,
    ended: bool,
    since_us: Option<u64>,
    holds: BTreeMap<String, Mode>,
    /// Its COMMIT is under way.
    commits: bool,
    waits: bool,
    works: bool,
    backs_off: bool,
}

impl Drawing {
    fn apply(&mut self, at_us: u64, what: &What) {
        if matches!(what, What::ClosesCycle { .. }) {
            return; // the conductor's remark: the process did nothing then
        }
        // What was said before an event does not depend on it: close the stretch first, then change the state.
        self.close(at_us);
        match what {
            What::Gets { lock, mode, .. } => {
                self.waits = false;
                self.holds.insert(lock.clone(), *mode);
            }
            What::Waits { .. } => self.waits = true,
            What::Commits { .. } => self.commits = true,
            What::Refused { .. } => {
                (self.waits, self.commits) = (false, false);
                self.lane.marks.push((at_us, Mark::Refused));
            }
            What::Releases { lock, keeps: 0, .. } => drop(self.holds.remove(lock)),
            What::Committed { .. } | What::RolledBack { .. } => {
                (self.waits, self.commits) = (false, false);
                self.holds.remove(DATABASE);
            }
            What::Works { .. } => self.works = true,
            What::Worked => self.works = false,
            What::BacksOff { .. } => self.backs_off = true,
            What::Wants { .. } | What::Round { .. } | What::Abandons { .. } => self.backs_off = false,
            What::Crashed { .. } => self.end(at_us, Some(Mark::Crashed)),
            What::Killed { .. } => self.end(at_us, Some(Mark::Killed)),
            What::Ends => self.end(at_us, None),
            _ => {}
        }
    }

    /// Another process got the database in this mode.
    fn yield_to(&mut self, mode: Mode, at_us: u64) {
        if self.commits && self.holds.get(DATABASE).is_some_and(|held| mode.conflicts_with(*held)) {
            self.close(at_us);
            self.holds.remove(DATABASE);
        }
    }

    fn close(&mut self, at_us: u64) {
        let from_us = self.since_us.replace(at_us).unwrap_or(at_us);
        if from_us >= at_us {
            return;
        }
        let state = self.state();
        match self.lane.segments.last_mut() {
            Some(last) if last.state == state => last.to_us = at_us,
            _ => self.lane.segments.push(Segment { from_us, to_us: at_us, state }),
        }
    }

    fn state(&self) -> State {
        let excludes = self.holds.values().any(|mode| mode.is_exclusive());
        match (self.waits, self.holds.is_empty()) {
            (true, true) => State::Waiting,
            (true, false) => State::HoldingAndWaiting,
            (false, false) if excludes => State::Holding,
            (false, false) => State::Sharing,
            _ if self.backs_off => State::BackingOff,
            _ if self.works => State::Working,
            _ => State::Idle,
        }
    }

    fn end(&mut self, at_us: u64, mark: Option<Mark>) {
        self.lane.marks.extend(mark.map(|mark| (at_us, mark)));
        *self = Self { lane: std::mem::take(&mut self.lane), ended: true, ..Self::default() };
    }
}
