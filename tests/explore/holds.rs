//! Who holds what, who is in whose way, and who waits in a circle: the second half of the plain model.

use std::collections::{BTreeMap, BTreeSet};

use lesson::model::Mode;
use lesson::scenario::{Begin, DATABASE, LockKind, OnDeadlock, Step};

use super::naive::{Place, Rules, State};

/// A cycle of more processes is not found by the kernel (Linux: `posix_locks_deadlock`).
const LONGEST_FCNTL_CYCLE: usize = 12;

impl<'a> Rules<'a> {
    /// What `who` holds: what the steps behind it took and did not leave. Of [`DATABASE`] the mode; of any other lock
    /// Shared or Exclusive.
    pub fn holds(&self, state: &State, who: usize) -> BTreeMap<&'a str, Mode> {
        let (Place::At(spot) | Place::Pending(spot) | Place::Meeting(spot)) = state[who] else {
            return BTreeMap::new();
        };
        let on = self.0.on;
        let mut held = BTreeMap::new();
        for step in &self.process(who).steps[..spot.step] {
            match step {
                Step::Lock { name, shared, .. } => {
                    held.insert(name.as_str(), if *shared { Mode::Shared } else { Mode::Exclusive });
                }
                Step::Unlock { name, .. } => _ = held.remove(name.as_str()),
                Step::Begin(Begin::Exclusive) if on == LockKind::Sqlite => _ = held.insert(DATABASE, Mode::Exclusive),
                Step::Begin(Begin::Immediate | Begin::Exclusive) => _ = held.insert(DATABASE, Mode::to_write(on)),
                Step::Select => _ = held.entry(DATABASE).or_insert(Mode::to_read(on)),
                Step::Insert if held.get(DATABASE) != Some(&Mode::Exclusive) => {
                    held.insert(DATABASE, Mode::to_write(on));
                }
                Step::Commit | Step::Rollback => _ = held.remove(DATABASE),
                _ => {}
            }
        }
        if matches!(state[who], Place::Pending(_)) {
            held.insert(DATABASE, Mode::Pending);
        }
        held
    }

    /// Of a lock with units, how many `who` holds.
    fn units_held(&self, state: &State, who: usize, lock: &str) -> u32 {
        let (Place::At(spot) | Place::Pending(spot) | Place::Meeting(spot)) = state[who] else { return 0 };
        self.process(who).steps[..spot.step].iter().fold(0, |held, step| match step {
            Step::Lock { name, units, .. } if name == lock => held + units.unwrap_or(1),
            Step::Unlock { name, units } if name == lock => held - units.unwrap_or(held),
            _ => held,
        })
    }

    /// A lock with units is of no kind.
    fn kind_of(&self, name: &str) -> Option<LockKind> {
        (!self.0.units.contains_key(name)).then(|| self.0.kind_of(name))
    }

    /// Whether it is a database of its own.
    pub fn is_sqlite(&self, name: &str) -> bool {
        self.kind_of(name).is_some_and(LockKind::is_sqlite)
    }

    /// Whether another process reads the database and keeps a COMMIT from it.
    pub fn is_read_by_others(&self, state: &State, who: usize) -> bool {
        self.others(who).any(|other| self.holds(state, other).get(DATABASE) == Some(&Mode::Shared))
    }

    /// Who holds the lock that `who` wants next in a way that keeps `who` from it.
    pub fn blockers(&self, state: &State, who: usize) -> BTreeSet<usize> {
        let Place::At(spot) = state[who] else { return BTreeSet::new() };
        let Step::Lock { name, shared, units, .. } = &self.process(who).steps[spot.step] else {
            return BTreeSet::new();
        };
        if let Some(there) = self.0.units.get(name) {
            let taken: u32 = (0..state.len()).map(|one| self.units_held(state, one, name)).sum();
            let enough = taken + units.unwrap_or(1) <= *there;
            return self.others(who).filter(|other| !enough && self.units_held(state, *other, name) > 0).collect();
        }
        let in_the_way = |other: &usize| match (self.holds(state, *other).get(name.as_str()), shared) {
            (None, _) | (Some(Mode::Shared), true) => false,
            (Some(Mode::Exclusive), false) => true,
            // A reader and a writer that has not come to COMMIT leave each other alone in SQLite.
            _ => !self.is_sqlite(name),
        };
        self.others(who).filter(in_the_way).collect()
    }

    /// Everybody but `who`.
    pub fn others(&self, who: usize) -> impl Iterator<Item = usize> {
        (0..self.0.processes.len()).filter(move |other| *other != who)
    }

    /// Whether `who` waits without limit at a lock of a kind that `wanted` takes.
    fn waits_at_lock(&self, state: &State, who: usize, wanted: impl Fn(Option<LockKind>) -> bool) -> bool {
        let Place::At(spot) = state[who] else { return false };
        let Step::Lock { name, within: None, .. } = &self.process(who).steps[spot.step] else { return false };
        !self.is_sqlite(name) && wanted(self.kind_of(name)) && !self.blockers(state, who).is_empty()
    }

    /// Whether the kernel sees that waiting would close a cycle.
    pub fn fcntl_cycle(&self, state: &State, who: usize) -> bool {
        let next = |one: usize| match self.waits_at_lock(state, one, |kind| kind == Some(LockKind::Fcntl)) {
            true => self.blockers(state, one),
            false => BTreeSet::new(),
        };
        leads_to(who, who, LONGEST_FCNTL_CYCLE, next)
    }

    /// Whether `who` can be the victim of whoever watches for deadlocks. (It is asked only if it can't move.)
    ///
    /// Every set of processes is tried: all the others are gone, and still everybody in it waits without limit, and
    /// for `who`, if not at once then through others of them.
    pub fn may_be_killed(&self, state: &State, who: usize) -> bool {
        let among = |set: u32, one: &usize| set >> one & 1 == 1;
        let is_deadlock = |set: u32| {
            let alone = |one: usize| if among(set, &one) { state[one] } else { Place::Ended };
            let left: State = (0..state.len()).map(alone).collect();
            let next = |one: usize| self.waits_for(&left, one);
            (0..state.len()).filter(|one| among(set, one)).all(|one| leads_to(one, who, state.len(), next))
        };
        let sets = (0..1_u32 << state.len()).filter(|set| among(*set, &who));
        self.0.on_deadlock == OnDeadlock::Victim && sets.into_iter().any(is_deadlock)
    }

    /// For whom `who` waits without limit.
    fn waits_for(&self, state: &State, who: usize) -> BTreeSet<usize> {
        match state[who] {
            Place::Meeting(spot) => {
                let been = self.been(who, spot);
                self.others(who).filter(|other| self.is_awaited(state, *other, been)).collect()
            }
            _ if self.waits_at_lock(state, who, |_| true) => self.blockers(state, who),
            _ => BTreeSet::new(),
        }
    }
}

/// Whether at least one and at most `longest` arrows lead from `one` to `other`.
fn leads_to(one: usize, other: usize, longest: usize, next: impl Fn(usize) -> BTreeSet<usize>) -> bool {
    let mut reached = next(one);
    for _ in 1..longest {
        reached = reached.iter().flat_map(|one| next(*one)).chain(reached.iter().copied()).collect();
    }
    reached.contains(&other)
}
