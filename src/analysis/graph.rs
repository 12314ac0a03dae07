//! Who holds what and who waits for whom, kept up to date event by event.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles;
use super::holders::{Hold, Holders, NOBODY};
use super::meetings::Meetings;
use crate::model::{Mode, Obstacle, deadlock_of};
use crate::scenario::{DATABASE, Scenario};
use crate::trace::{Edge, Event, What};

#[cfg(test)]
mod tests;

/// What the arrow of a process says that waits at a meeting. No lock can have this name: it has a blank.
pub const MEETING: &str = "the meeting";

/// The wait-for graph at one instant of a run: feed it the events in order.
#[derive(Debug, Clone, Default)]
pub struct WaitForGraph {
    meetings: Meetings,
    /// How many units there are, of the locks that have some.
    units: BTreeMap<String, u32>,
    holds: BTreeMap<String, Holders>,
    /// The locks that each process holds.
    held: BTreeMap<usize, BTreeSet<String>>,
    waits: BTreeMap<usize, Wait>,
}

/// One process waits for one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The lock.
    pub lock: String,
    /// How it wants to hold it.
    pub mode: Mode,
    /// How many units of it; `None` for a lock that has none, or where an older recording does not say.
    pub units: Option<u32>,
    /// Since when, in microseconds of the run.
    pub since_us: u64,
    /// Its patience in microseconds; `None` waits for ever.
    pub limit_us: Option<u64>,
}

impl WaitForGraph {
    /// Nobody holds anything, nobody waits.
    pub fn new(scenario: &Scenario) -> Self {
        Self { meetings: Meetings::new(scenario), units: scenario.units.clone(), ..Self::default() }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        let who = event.who;
        self.meetings.apply(who, &event.what);
        match &event.what {
            What::Waits { lock, mode, units, limit_us } => {
                let (lock, since_us) = (lock.clone(), event.at_us);
                let wait = Wait { lock, mode: *mode, units: *units, since_us, limit_us: *limit_us };
                self.waits.insert(who, wait);
                self.set_pending(who, *mode);
            }
            What::Gets { lock, mode, units } => self.grant(who, lock, *mode, units.unwrap_or(1), event.at_us),
            What::Refused { .. } => {
                self.waits.remove(&who);
                self.set_committing(who, false);
            }
            What::Releases { lock, keeps, .. } => self.release(who, lock, *keeps),
            What::Commits { .. } => self.set_committing(who, true),
            What::Committed { .. } | What::RolledBack { .. } => {
                self.waits.remove(&who);
                self.release(who, DATABASE, 0);
            }
            What::Ends | What::Crashed { .. } | What::Killed { .. } => {
                self.waits.remove(&who);
                for lock in self.held.remove(&who).unwrap_or_default() {
                    self.holds.get_mut(&lock).into_iter().for_each(|holders| holders.remove(who));
                }
            }
            _ => {}
        }
    }

    /// The holders of a lock, in the order in which they got it.
    pub fn holders(&self, lock: &str) -> &Holders {
        self.holds.get(lock).unwrap_or(&NOBODY)
    }

    /// What a process holds: the locks by name.
    pub fn held_by(&self, who: usize) -> impl Iterator<Item = (&str, &Hold)> {
        let locks = self.held.get(&who).into_iter().flatten();
        locks.filter_map(move |lock| Some((lock.as_str(), self.holds.get(lock)?.get(who)?)))
    }

    /// Who waits at a meeting, and for whom.
    pub fn meetings(&self) -> &Meetings {
        &self.meetings
    }

    /// The lock that a process waits for.
    pub fn wait_of(&self, who: usize) -> Option<&Wait> {
        self.waits.get(&who)
    }

    /// The arrows that leave a process: one for each holder that is in its way, or, at a meeting, for each process that
    /// has not come yet.
    pub fn edges_of(&self, who: usize) -> impl Iterator<Item = Edge> {
        let hindered = self.waits.get(&who).filter(|wait| self.units_lacking(wait) != Some(0));
        let lock = hindered.into_iter().flat_map(move |wait| {
            self.holders(&wait.lock)
                .iter()
                .filter(move |hold| hold.who != who && wait.mode.conflicts_with(hold.mode))
                .map(move |hold| Edge { waiter: who, lock: wait.lock.clone(), holder: hold.who })
        });
        let meeting = self.meetings.awaited_by(who);
        lock.chain(meeting.map(move |holder| Edge { waiter: who, lock: MEETING.to_owned(), holder }))
    }

    /// Why a process can't make its next step, in words; `None` if nothing is in its way.
    pub fn obstacle(&self, scenario: &Scenario, who: usize) -> Option<String> {
        let edge = self.edges_of(who).next()?;
        let holder = &scenario.processes[edge.holder].name;
        Some(match edge.lock.as_str() {
            MEETING => format!("it waits at the meeting for {holder}"),
            lock => format!("it waits for {lock}, which {holder} holds"),
        })
    }

    /// Whether a process waits with a limit: its time-out will end its step.
    pub fn is_patient(&self, who: usize) -> bool {
        self.waits.get(&who).is_some_and(|wait| wait.limit_us.is_some())
    }

    /// Everybody who waits, for a lock or at a meeting.
    pub fn waiters(&self) -> BTreeSet<usize> {
        self.waits.keys().copied().chain(self.meetings.waiters()).collect()
    }

    /// Whether a process waits, and no time-out will end that.
    pub fn waits_for_ever(&self, who: usize) -> bool {
        match self.waits.get(&who) {
            Some(wait) => wait.limit_us.is_none(),
            None => self.meetings.is_waiting(who),
        }
    }

    /// A cycle that a process is part of, from its smallest member on, and that nobody outside it opens.
    pub fn cycle_through(&self, who: usize) -> Option<Vec<Edge>> {
        self.deadlock_of(who, |_| true)
    }

    /// A cycle through a process in which nobody's patience ends: a deadlock. A cycle with a time-out in it may hide
    /// one without, so it has a search of its own.
    pub fn deadlock_through(&self, who: usize) -> Option<Vec<Edge>> {
        self.deadlock_of(who, |waiter| self.waits_for_ever(waiter))
    }

    /// The cycle that a process's wait has just closed, and whether a time-out in it will end it; a deadlock is named
    /// before a cycle that will end.
    pub fn closed_by(&self, who: usize) -> Option<(Vec<Edge>, bool)> {
        let lasting = self.deadlock_through(who).map(|cycle| (cycle, false));
        lasting.or_else(|| if self.has_timed_waits() { Some((self.cycle_through(who)?, true)) } else { None })
    }

    /// Whether anybody's patience will end.
    pub fn has_timed_waits(&self) -> bool {
        self.waits.values().any(|wait| wait.limit_us.is_some())
    }

    /// All deadlocks, each once, by their smallest member.
    pub fn deadlocks(&self) -> Vec<Vec<Edge>> {
        cycles::all(self.waiters(), |who| self.deadlock_through(who))
    }

    /// A cycle through a process in the deadlock that those who wait and are `followed` are in. Of whole locks every
    /// cycle is one; units may come from somebody outside it ([`deadlock_of`]).
    fn deadlock_of(&self, who: usize, followed: impl Fn(usize) -> bool) -> Option<Vec<Edge>> {
        let cycle = self.search(who, &followed)?;
        if self.units.is_empty() {
            return Some(cycle);
        }
        let waiters = self.waiters().into_iter().filter(|&waiter| followed(waiter));
        let waits = waiters.map(|waiter| (waiter, self.obstacle_of(waiter))).collect();
        let members = deadlock_of(who, &waits);
        self.search(who, |waiter| members.contains(&waiter))
    }

    /// Why a process that waits can't go on.
    fn obstacle_of(&self, who: usize) -> Obstacle {
        let wait = self.waits.get(&who);
        let others = self.edges_of(who).map(|edge| edge.holder);
        match wait.and_then(|wait| Some((self.units_lacking(wait)?, self.holders(&wait.lock)))) {
            None => Obstacle::whole(others),
            Some((needs, holders)) => {
                let others = holders.iter().filter(|hold| hold.who != who);
                Obstacle { in_the_way: others.map(|hold| (hold.who, hold.units)).collect(), needs }
            }
        }
    }

    /// How many units are too few for this wait; `None` for a lock that has none, or if nobody said how many it takes.
    fn units_lacking(&self, wait: &Wait) -> Option<u32> {
        let (wants, all) = (wait.units?, *self.units.get(&wait.lock)?);
        let wanted = self.holders(&wait.lock).iter().fold(wants, |sum, hold| sum.saturating_add(hold.units));
        Some(wanted.saturating_sub(all))
    }

    /// The way from a process back to itself along waiters that are `followed`.
    fn search(&self, who: usize, followed: impl Fn(usize) -> bool) -> Option<Vec<Edge>> {
        if self.waits.is_empty() {
            return None; // at meetings alone everybody still comes
        }
        cycles::through(who, |waiter| match followed(waiter) {
            true => self.edges_of(waiter).collect(),
            false => Vec::new(),
        })
    }

    /// Those who wait behind these processes without being among them, each with the arrow that leads there.
    pub fn blocked_behind(&self, members: &BTreeSet<usize>) -> Vec<Edge> {
        cycles::blocked_behind(members, self.waiters().into_iter().flat_map(|who| self.edges_of(who)))
    }

    fn grant(&mut self, who: usize, lock: &str, mode: Mode, units: u32, at_us: u64) {
        self.waits.remove(&who);
        let has_units = self.units.contains_key(lock);
        let holders = self.holds.entry(lock.to_owned()).or_default();
        // A COMMIT frees the lock before its process can say so: a grant that it excludes proves that it is over.
        let over: Vec<usize> = holders.committing_against(mode).into_iter().filter(|&other| other != who).collect();
        over.iter().for_each(|&other| holders.remove(other));
        match holders.get_mut(who) {
            Some(hold) if has_units => hold.units = hold.units.saturating_add(units),
            Some(hold) => hold.mode = mode,
            None => holders.push(Hold { who, mode, units, since_us: at_us, committing: false }),
        }
        self.held.entry(who).or_default().insert(lock.to_owned());
        over.into_iter().for_each(|other| self.forget(other, lock));
    }

    fn release(&mut self, who: usize, lock: &str, keeps: u32) {
        let Some(holders) = self.holds.get_mut(lock) else { return };
        match holders.get_mut(who) {
            Some(hold) if keeps > 0 => hold.units = keeps,
            _ => {
                holders.remove(who);
                self.forget(who, lock);
            }
        }
    }

    fn forget(&mut self, who: usize, lock: &str) {
        if let Some(locks) = self.held.get_mut(&who) {
            locks.remove(lock);
        }
    }

    /// A COMMIT that has to wait for readers holds PENDING meanwhile: no new readers are let in. It keeps that if it is
    /// refused (`unixLock` in SQLite's `os_unix.c`), until its process rolls back or commits after all.
    fn set_pending(&mut self, who: usize, wanted: Mode) {
        let holders = self.holds.get_mut(DATABASE).filter(|_| wanted == Mode::Exclusive);
        let mine = holders.and_then(|holders| holders.get_mut(who)).filter(|hold| hold.committing);
        mine.into_iter().for_each(|hold| hold.mode = Mode::Pending);
    }

    fn set_committing(&mut self, who: usize, committing: bool) {
        self.holds.get_mut(DATABASE).into_iter().for_each(|holders| holders.set_committing(who, committing));
    }
}
