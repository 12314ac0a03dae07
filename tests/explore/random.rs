//! Small random scenarios, right by construction: what can't be done at a point of a program is left out.

use std::collections::BTreeMap;
use std::time::Duration;

use lesson::scenario::{Backoff, Begin, Jitter, LockKind, OnDeadlock, Process, Retry, Scenario, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What the scenarios may have besides locks, unlocks and work.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// What all locks that are not `others`, and the database, are of.
    pub on: &'static [LockKind],
    /// Kinds of some of the locks, in a scenario that is not on mutexes.
    pub others: &'static [LockKind],
    /// How many of eight steps are a transaction's; `on` is then SQLite.
    pub transactions: u8,
    /// `shared`
    pub shared: bool,
    /// `within` and `or fail`
    pub limits: bool,
    /// One lock with two or three units.
    pub units: bool,
    /// More than one round, and a new attempt after a refusal.
    pub again: bool,
    /// Attempts without end, and rounds until time ends them.
    pub endless: bool,
    /// `meet`
    pub meets: bool,
    /// `crash`
    pub crashes: bool,
    /// `on_deadlock = "victim"`
    pub victim: bool,
}

/// Plain exclusive locks that wait for ever, once.
pub const PLAIN: Wanted = Wanted {
    on: &[LockKind::Flock, LockKind::Ofd, LockKind::Mutex],
    others: &[],
    transactions: 0,
    shared: false,
    limits: false,
    units: false,
    again: false,
    endless: false,
    meets: false,
    crashes: false,
    victim: false,
};

/// Locks that are no database's, with all that there is.
pub const LOCKS: Wanted = Wanted {
    on: &[LockKind::Flock, LockKind::Ofd, LockKind::Mutex, LockKind::Fcntl],
    others: &[LockKind::Flock, LockKind::Fcntl],
    shared: true,
    limits: true,
    again: true,
    endless: true,
    meets: true,
    crashes: true,
    victim: true,
    ..PLAIN
};

/// The kernel looks for cycles; nobody gives up.
pub const FCNTL: Wanted = Wanted { on: &[LockKind::Fcntl], others: &[], limits: false, meets: false, ..LOCKS };

/// A lock with units among the others.
pub const UNITS: Wanted = Wanted { units: true, ..LOCKS };

/// Transactions on a database with a rollback journal, between locks of any kind.
pub const JOURNAL: Wanted = Wanted { on: &[LockKind::Sqlite], transactions: 6, ..LOCKS };

/// The same with a write-ahead log.
pub const WAL: Wanted = Wanted { on: &[LockKind::SqliteWal], ..JOURNAL };

/// Databases and nothing else.
pub const DATABASES: Wanted = Wanted { on: &[LockKind::Sqlite, LockKind::SqliteWal], others: &[], ..JOURNAL };

/// One process before it is known what it may do.
#[derive(Debug, Clone)]
struct Draft {
    steps: Vec<(u8, u8)>,
    meets_at: Option<(usize, usize)>,
    crashes: bool,
    rounds: Option<u32>,
    lasts: bool,
    attempts: Option<u32>,
}

/// The names of the locks, and how many units the last one has.
const LOCK_NAMES: [&str; 3] = ["A", "B", "C"];

/// Scenarios of two to four processes that [`lesson::scenario::check`] accepts.
pub fn scenarios(wanted: Wanted) -> impl Strategy<Value = Scenario> {
    let head = (select(wanted.on), any::<bool>(), any::<bool>(), 0..3_usize, 1..=LOCK_NAMES.len(), 2..=3_u32);
    let others = vec(prop::option::of(0..8_usize), LOCK_NAMES.len());
    (head, others, vec(drafts(), 2..=4)).prop_map(move |(head, others, drafts)| {
        let (on, patient, victim, meets, locks, units) = head;
        let units = units * u32::from(wanted.units);
        let longest = [6, 4, 3][drafts.len() - 2];
        let process = |(who, draft): (usize, &Draft)| {
            let program = Program { wanted, on, locks, units, steps: Vec::new(), held: BTreeMap::new(), begun: false };
            program.process(who, draft, longest, meets * usize::from(wanted.meets))
        };
        let mut scenario = Scenario::new("random", on, drafts.iter().enumerate().map(process).collect());
        if wanted.victim && victim && on != LockKind::Mutex {
            scenario.on_deadlock = OnDeadlock::Victim;
        }
        for (at, name) in LOCK_NAMES.into_iter().enumerate().take(locks) {
            let used = scenario.lock_names().contains(name);
            if used && units > 0 && at + 1 == locks {
                scenario.units.insert(name.into(), units);
            } else if let (true, Some(kind)) = (used && on != LockKind::Mutex && !wanted.others.is_empty(), others[at])
            {
                scenario.locks.insert(name.into(), wanted.others[kind % wanted.others.len()]);
            }
        }
        let patience = Duration::from_secs(if patient { 5 } else { 0 });
        scenario.busy_timeout = scenario.uses_sqlite().then_some(patience);
        scenario
    })
}

fn drafts() -> impl Strategy<Value = Draft> {
    let rare = || prop::bool::weighted(0.1);
    let meets_at = prop::option::weighted(0.8, (0..9_usize, 0..9_usize));
    let rounds = prop_oneof![3 => Just(None), 1 => (1..=2_u32).prop_map(Some)];
    let attempts = prop_oneof![3 => Just(None), 2 => (1..=3_u32).prop_map(Some), 1 => Just(Some(21))];
    (vec(any::<(u8, u8)>(), 1..=6), meets_at, rare(), rounds, rare(), attempts).prop_map(
        |(steps, meets_at, crashes, rounds, lasts, attempts)| Draft {
            steps,
            meets_at,
            crashes,
            rounds,
            lasts,
            attempts,
        },
    )
}

/// The steps of one process as they are put together.
struct Program {
    wanted: Wanted,
    on: LockKind,
    locks: usize,
    units: u32,
    steps: Vec<Step>,
    /// Of the lock with units so many, of another one 1.
    held: BTreeMap<&'static str, u32>,
    begun: bool,
}

impl Program {
    fn process(mut self, who: usize, draft: &Draft, longest: usize, meets: usize) -> Process {
        let Wanted { again, endless, crashes, .. } = self.wanted;
        for (what, detail) in draft.steps.iter().take(longest) {
            self.add(*what, *detail);
        }
        let crashes = crashes && draft.crashes && self.on != LockKind::Mutex;
        if !crashes {
            let held = self.held.keys().rev();
            self.steps.extend(held.map(|name| Step::Unlock { name: (*name).into(), units: None }));
            self.steps.extend(self.begun.then_some(if draft.steps[0].1 & 3 == 0 {
                Step::Rollback
            } else {
                Step::Commit
            }));
        }
        let meets = draft.meets_at.map_or(0, |_| meets);
        if let Some((one, other)) = draft.meets_at {
            for at in [one, other].into_iter().take(meets) {
                self.steps.insert(at % (self.steps.len() + 1), Step::Meet);
            }
        }
        self.steps.extend(crashes.then_some(Step::Crash));
        let rounds = draft.rounds.filter(|_| again);
        // Without a count of rounds nobody knows who is still to come to which meeting. Where a round ends as a meeting
        // opens, a move of one process would decide for the others whether they go on.
        let may_last = meets == 0 || (rounds.is_some() && self.steps.last() != Some(&Step::Meet));
        let (pause, lasting) = (Duration::from_millis(1), Duration::from_secs(1));
        Process {
            rounds,
            lasting: (endless && draft.lasts && may_last).then_some(lasting),
            retry: draft.attempts.filter(|attempts| if *attempts > 3 { endless } else { again }).map(|attempts| {
                Retry { backoff: Backoff::Constant, base: pause, cap: pause, jitter: Jitter::Full, attempts }
            }),
            ..Process::new(format!("P{}", who + 1), self.steps)
        }
    }

    /// Adds a step of whatever sort is possible here.
    fn add(&mut self, what: u8, detail: u8) {
        let step = match what % 8 {
            _ if what < 16 => Step::Work(Duration::from_millis(1)),
            sort if sort < self.wanted.transactions => self.transaction(detail),
            _ => self.lock(what, detail),
        };
        self.steps.push(step);
    }

    fn transaction(&mut self, detail: u8) -> Step {
        let was_begun = self.begun;
        self.begun = !was_begun || detail % 8 < 6;
        match detail % 8 {
            0..=4 if !was_begun => Step::Begin(Begin::Deferred),
            5 | 6 if !was_begun => Step::Begin(Begin::Immediate),
            7 if !was_begun => Step::Begin(Begin::Exclusive),
            0..=2 => Step::Select,
            3..=5 => Step::Insert,
            6 => Step::Commit,
            _ => Step::Rollback,
        }
    }

    fn lock(&mut self, what: u8, detail: u8) -> Step {
        let at = usize::from(detail) % self.locks;
        let name = LOCK_NAMES[at];
        let counted = self.units > 0 && at + 1 == self.locks;
        let held = self.held.get(name).copied().unwrap_or(0);
        let within = match what >> 4 {
            0..=3 if self.wanted.limits => Some(Duration::from_secs(u64::from(what >> 5))),
            _ => None,
        };
        let more = 1 + u32::from(detail & 16 != 0);
        match counted {
            true if held == 0 || (detail & 8 != 0 && held < self.units) => {
                let more = more.min(self.units - held);
                self.held.insert(name, held + more);
                Step::Lock { name: name.into(), shared: false, units: (more > 1).then_some(more), within }
            }
            false if held == 0 => {
                self.held.insert(name, 1);
                let shared = self.wanted.shared && self.on != LockKind::Mutex && detail & 96 == 0;
                Step::Lock { name: name.into(), shared, units: None, within }
            }
            true if held > 1 && detail & 32 != 0 => {
                self.held.insert(name, held - 1);
                Step::Unlock { name: name.into(), units: Some(1) }
            }
            _ => {
                self.held.remove(name);
                Step::Unlock { name: name.into(), units: None }
            }
        }
    }
}
