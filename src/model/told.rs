//! The rules at the grain at which a trace tells of them.
//!
//! For the simulator a step is one move. In the world a step takes its time, and while it does others see what it holds
//! in passing. Compiled for traces a program has a stand for each of these, too:
//!
//! - What a refusal makes a process release it releases one by one: the database first, then its locks, the
//!   newest first.
//! - BEGIN IMMEDIATE, BEGIN EXCLUSIVE and the first INSERT read first (SHARED; in WAL mode a snapshot), and only then
//!   ask to write (`sqlite3BtreeBeginTrans`); refused, they drop that at once. Others meanwhile see a reader. So they
//!   do with the first SELECT of a connection, which reads the schema, lets go, and only then begins.
//! - COMMIT is PENDING and EXCLUSIVE in passing, even if no reader keeps it waiting (`pagerLockDb` in `pager.c`).
//! - Who ends a transaction that wrote keeps SHARED for a moment (`pager_end_transaction`).
//! - In WAL mode a COMMIT is first seen by new readers, and then gives up the write lock.
//!
//! How often a process tries again is not counted here: who reads a trace sees each attempt begin.

use std::collections::BTreeMap;

use super::Mode;
use super::compile::{Compiler, FREE};
use super::program::{Attempts, Program, TooLarge};
use super::requests::Ask;
use super::stand::{Blocked, NONE, Phase, Place, Requests, Stand, Target};
use crate::scenario::{DATABASE, LockKind, Scenario, Step};

/// How finely the steps are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// A step is one move.
    Steps,
    /// What others can see of a step is a move.
    Told,
}

/// What a trace can tell beside the moves, by stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// Where a process may stand inside the same step, and what must not be blocked for it.
    passing: BTreeMap<u32, Vec<(u32, Requests)>>,
    /// From the beginning of another attempt: where it stands if it gives the round up instead.
    given_up: BTreeMap<u32, Target>,
}

impl Program {
    /// Compiles a scenario so that real traces can be compared with it. Attempts are not counted; a refusal leads to
    /// the next attempt where there is a `retry`, and [`Program::given_up`] tells where giving up leads.
    ///
    /// # Errors
    /// The limit that it passes, and what to do about it.
    pub fn compile_for_traces(scenario: &Scenario) -> Result<Self, TooLarge> {
        Self::compile_at(scenario, Attempts::Unlimited, Grain::Told)
    }

    /// Shows the stands at which a process may be in passing, inside the step in which it is.
    pub fn for_each_passing(&self, at: &[u32], who: usize, mut visit: impl FnMut(u32)) {
        let Some(ways) = self.processes[who].told.passing.get(&at[who]) else { return };
        let held = self.held(at);
        ways.iter().filter(|(_, needs)| needs & held.blocks == 0).for_each(|(to, _)| visit(*to));
    }

    /// The states to which it leads that a process, about to try again, gives its round up; `for` makes it two.
    pub fn given_up(&self, at: &[u32], who: usize) -> Vec<Vec<u32>> {
        let target = self.processes[who].told.given_up.get(&at[who]).copied().unwrap_or(Target::NOWHERE);
        let ways = [target.to, target.or].into_iter().filter(|&to| to != NONE);
        ways.map(|to| self.put(at, who, to)).collect()
    }

    /// The state in which a process has been ended from outside, wherever it stood.
    pub fn ended_from_outside(&self, at: &[u32], who: usize) -> Vec<u32> {
        self.put(at, who, self.crashed_of(who))
    }

    /// Whether a process can't make its step in this state, whatever may become of it.
    pub fn is_stopped(&self, at: &[u32], who: usize) -> bool {
        self.is_blocked(self.stand(who, at[who]), &self.held(at))
    }

    fn put(&self, at: &[u32], who: usize, to: u32) -> Vec<u32> {
        let mut then = at.to_vec();
        then[who] = to;
        if !self.meetings.is_empty() {
            self.open_meetings(at, who, to).into_iter().for_each(|(who, to)| then[who] = to);
        }
        then
    }
}

impl Compiler<'_> {
    /// Notes what a request for the database may hold in passing, from the stand that is being compiled.
    pub(super) fn pass(&mut self, place: Place, ask: Ask, pends: u32) {
        let here = self.stands.stands.len() as u32;
        let mut ways = Vec::new();
        match ask {
            // COMMIT
            Ask::NoReaders if place.phase == Phase::Step => ways.push((pends, 0)),
            // BEGIN EXCLUSIVE drops PENDING when its first try ends, before it waits.
            Ask::NoReaders if self.contexts[place.step].database.is_none() => {
                ways.push((self.stand_at(Place { phase: Phase::Step, ..place }), 0));
            }
            Ask::Hold(Mode::Shared | Mode::Reserved | Mode::Writer | Mode::Exclusive)
                if self.contexts[place.step].database.is_none() =>
            {
                let passing = self.stand_at(Place { phase: Phase::Passing, ..place });
                ways.push((passing, self.bits.of(DATABASE, Ask::Hold(Mode::Shared))));
                if pends != NONE {
                    ways.push((pends, self.bits.of(DATABASE, Ask::Hold(Mode::Reserved))));
                }
            }
            _ => {}
        }
        self.stands.told.passing.insert(here, ways);
    }

    /// A stand that only looks whether it may write; all it can do is to stop looking, or to be refused on a snapshot
    /// that has become old meanwhile.
    pub(super) fn compile_passing(&mut self, place: Place) -> Stand {
        let here = self.stands.stands.len() as u32;
        let without = self.contexts[place.step].blocks_without_database;
        let back = Place { phase: Phase::Step, stale: false, ..place };
        let to = self.stand_at(back);
        self.stands.told.passing.insert(here, vec![(to, 0)]);
        let reads = match self.has_wal() {
            true => 0,
            false => self.bits.blocked_by(DATABASE, Mode::Shared),
        };
        let (refused, _) = self.refusal(back);
        // Blocked for ever as far as moves go: the way back is a passing one.
        Stand {
            blocks: without | reads,
            blocked: Blocked::Always,
            refused: if place.stale { refused } else { Target::NOWHERE },
            ..FREE
        }
    }

    /// The stand at which a refused process still holds everything.
    pub(super) fn first_release(&mut self, place: Place) -> Target {
        let context = &self.contexts[place.step];
        let holdings = context.blocks_of_locks.len() + usize::from(context.database.is_some());
        self.release_to(place, holdings as u32)
    }

    pub(super) fn compile_release(&mut self, place: Place, left: u32) -> Stand {
        let context = &self.contexts[place.step];
        let locks = context.blocks_of_locks.len();
        let mut blocks = context.blocks_of_locks.iter().take(left as usize).fold(0, |all, blocks| all | blocks);
        if left as usize > locks {
            // Still the database, and a COMMIT that was refused is PENDING.
            let held = match context.database {
                Some(Mode::Reserved) if self.is_commit(place) => Some(Mode::Pending),
                held => held,
            };
            blocks |= held.map_or(0, |mode| self.bits.blocked_by(DATABASE, mode));
        }
        let granted = match left as usize > locks && self.leaves_slowly(place) {
            true => self.one(Place { phase: Phase::Leaving(Some(left - 1)), ..place }),
            false => self.release_to(place, left - 1),
        };
        Stand { blocks, granted, ..FREE }
    }

    /// Where a process stands when its step has taken effect.
    pub(super) fn behind(&mut self, place: Place) -> Target {
        let ends = matches!(self.process.steps[place.step], Step::Commit | Step::Rollback);
        match self.grain == Grain::Told && ends && self.leaves_slowly(place) {
            true => self.one(Place { phase: Phase::Leaving(None), ..place }),
            false => self.after(place),
        }
    }

    /// Its transaction is over, and it is still a reader.
    pub(super) fn compile_leaving(&mut self, place: Place, left: Option<u32>) -> Stand {
        let context = &self.contexts[place.step];
        let blocks = context.blocks_without_database | self.bits.blocked_by(DATABASE, Mode::Shared);
        let granted = match left {
            Some(left) => self.release_to(place, left),
            None => self.after(place),
        };
        Stand { blocks, granted, ..FREE }
    }

    /// Whether it would write to a database with a rollback journal.
    fn leaves_slowly(&self, place: Place) -> bool {
        !self.has_wal() && self.contexts[place.step].database.is_some_and(|mode| mode > Mode::Shared)
    }

    fn release_to(&mut self, place: Place, left: u32) -> Target {
        if left > 0 {
            return self.one(Place { phase: Phase::Releasing(left), ..place });
        }
        if !self.retries() {
            return self.end_of_round(place);
        }
        let again = self.one(Place { step: 0, stale: false, phase: Phase::Step, ..place });
        let given_up = self.end_of_round(place);
        self.stands.told.given_up.insert(again.to, given_up);
        again
    }

    fn has_wal(&self) -> bool {
        self.scenario.kind_of(DATABASE) == LockKind::SqliteWal
    }

    fn is_commit(&self, place: Place) -> bool {
        self.process.steps[place.step] == Step::Commit
    }

    fn retries(&self) -> bool {
        self.process.retry.is_some()
    }
}
