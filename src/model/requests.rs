//! One bit for each way to ask for each lock.

use std::collections::BTreeMap;

use super::Mode;
use super::program::{MOST_REQUESTS, MOST_RESOURCES, Resource, TooLarge};
use super::stand::Requests;
use super::wanted::{Want, wanted};
use crate::scenario::{DATABASE, LockKind, Scenario, Step};

/// What a step asks of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ask {
    /// To hold it so.
    Hold(Mode),
    /// That no other process reads: a COMMIT, or an EXCLUSIVE that has got as far as PENDING.
    NoReaders,
}

impl Ask {
    /// Whether it can't be granted while another process holds the lock so.
    fn is_blocked_by(self, held: Mode) -> bool {
        match self {
            Self::Hold(mode) => mode.conflicts_with(held),
            Self::NoReaders => held == Mode::Shared,
        }
    }
}

/// The bits of a scenario's requests, and its resources with units.
pub(super) struct Bits<'a> {
    bits: BTreeMap<(&'a str, Ask), u32>,
    pub(super) resources: Vec<Resource>,
}

impl<'a> Bits<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Result<Self, TooLarge> {
        let mut bits = BTreeMap::new();
        for step in scenario.processes.iter().flat_map(|process| &process.steps) {
            for ask in asks(scenario, step) {
                let next = bits.len() as u32;
                bits.entry(ask).or_insert(next);
            }
        }
        if bits.len() > MOST_REQUESTS {
            return Err(TooLarge(format!(
                "there are {} ways to ask for the locks (each lock in each mode is one), and the model takes \
                 {MOST_REQUESTS}; use fewer locks",
                bits.len()
            )));
        }
        let resource = |(name, capacity): (&String, &u32)| Resource { name: name.clone(), capacity: *capacity };
        let resources: Vec<Resource> = scenario.units.iter().map(resource).collect();
        if resources.len() > MOST_RESOURCES {
            return Err(TooLarge(format!(
                "there are {} locks with units, and the model takes {MOST_RESOURCES}; use fewer",
                resources.len()
            )));
        }
        Ok(Self { bits, resources })
    }

    /// The index of a lock with units among the resources.
    pub(super) fn resource(&self, lock: &str) -> Option<usize> {
        self.resources.iter().position(|resource| resource.name == lock)
    }

    /// All requests, each at the place of its bit.
    pub(super) fn in_order(&self) -> Vec<(String, Ask)> {
        let mut all: Vec<_> = self.bits.iter().collect();
        all.sort_unstable_by_key(|(_, bit)| **bit);
        all.into_iter().map(|((lock, ask), _)| ((*lock).to_owned(), *ask)).collect()
    }

    /// The bit of one request; empty if nobody makes it.
    pub(super) fn of(&self, lock: &str, ask: Ask) -> Requests {
        self.bits.get(&(lock, ask)).map_or(0, |bit| 1 << bit)
    }

    /// All requests that are blocked while a lock is held so.
    pub(super) fn blocked_by(&self, lock: &str, held: Mode) -> Requests {
        let blocked = self.bits.iter().filter(|((name, ask), _)| *name == lock && ask.is_blocked_by(held));
        blocked.fold(0, |all, (_, bit)| all | 1 << bit)
    }

    /// Asking to write to the one database with a rollback journal.
    pub(super) fn writes(&self) -> Requests {
        self.of(DATABASE, Ask::Hold(Mode::Reserved))
    }
}

/// All that a step may ask for, whatever its process holds.
fn asks<'a>(scenario: &Scenario, step: &'a Step) -> Vec<(&'a str, Ask)> {
    let Some(Want { lock, mode, units: None, commits, .. }) = wanted(scenario, step, None) else { return Vec::new() };
    let kind = scenario.kind_of(lock);
    match mode {
        Mode::Exclusive if commits && kind == LockKind::Sqlite => vec![(lock, Ask::NoReaders)],
        Mode::Exclusive if commits => Vec::new(),
        // A BEGIN EXCLUSIVE has to be a writer first, and then alone.
        Mode::Exclusive if kind == LockKind::Sqlite => {
            vec![(lock, Ask::Hold(Mode::to_write(kind))), (lock, Ask::Hold(mode)), (lock, Ask::NoReaders)]
        }
        _ => vec![(lock, Ask::Hold(mode))],
    }
}
