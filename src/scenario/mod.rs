//! What should happen: a scenario is data, written in TOML or made by one of the built-in recipes.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

pub mod builtin;
mod check;
pub mod duration;
mod file;
mod mistake;
mod schedule;
mod step;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use check::{Fault, LONGEST_NAME, LONGEST_TITLE, MOST_PROCESSES, MOST_STEPS, MOST_UNITS, Place, check};
pub use file::{LARGEST_FILE, parse};
pub use mistake::Mistake;
pub use schedule::{format_schedule, parse_schedule};
pub use step::{Begin, Step, StepError};
pub use text::{excerpt, visible};
pub use write::to_toml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The name of the one database that `begin`, `select`, `insert`, `commit` and `rollback` speak of.
///
/// `lock NAME` on an SQLite scenario takes the write lock of another database, `NAME.db`.
pub const DATABASE: &str = "database";

/// The driver's default patience: rusqlite's (and Python's) 5 s; SQLite's own default is 0.
pub const DEFAULT_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Processes that compete for locks: what each is to do, and on which kind of lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line that says what is going to happen.
    pub title: String,
    /// The kind of every lock that `locks` does not name.
    pub on: LockKind,
    /// Patience of each SQLite connection. `None` on other lock kinds, or for the driver's 5 s.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    pub busy_timeout: Option<Duration>,
    /// What is done about a deadlock.
    #[serde(default)]
    pub on_deadlock: OnDeadlock,
    /// Locks of a kind other than `on`, such as the `flock` queue in front of a database.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locks: BTreeMap<String, LockKind>,
    /// Locks that have several equal units, such as three tape drives, and how many each has: the textbook's counting
    /// resource. It is of no kind, for no real lock has units: such a scenario is explored, played or simulated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, u32>,
    /// The processes, in the order of their lanes.
    #[serde(rename = "process", default)]
    pub processes: Vec<Process>,
}

/// One competitor: a process of the operating system, or a thread when the lock is a mutex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its name in every output; unique in the scenario.
    pub name: String,
    /// How often the steps are carried out. `None` is once, or without end when `lasting` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// No new round is begun once this much time has passed (TOML: `for`).
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    pub lasting: Option<Duration>,
    /// What to do after a refusal; without it the round is abandoned and the next one begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What it does, one after the other.
    pub steps: Vec<Step>,
}

/// After a refusal: release everything, wait, start the round again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How the pause grows.
    pub backoff: Backoff,
    /// The first pause.
    #[serde(with = "duration")]
    pub base: Duration,
    /// The longest pause.
    #[serde(with = "duration")]
    pub cap: Duration,
    /// How chance shortens the pause.
    pub jitter: Jitter,
    /// Attempts at one round, the first included; then the round is abandoned.
    pub attempts: u32,
}

/// How the pause between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    /// Always `base`.
    Constant,
    /// `base`, twice that, four times that, up to `cap`.
    Exponential,
}

/// How chance shortens a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jitter {
    /// Not at all: processes that collided once collide again, in lockstep.
    None,
    /// Anything between nothing and the whole pause.
    Full,
}

/// What the conductor does about a deadlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDeadlock {
    /// Watch it, take the evidence, end everybody.
    #[default]
    Watch,
    /// End the process that closed the cycle, so that the others go on.
    Victim,
}

/// What a lock is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockKind {
    /// An advisory lock on an open file: `flock(2)` on Linux and macOS, `LockFileEx` on Windows.
    Flock,
    /// A POSIX record lock, `fcntl(F_SETLKW)`: it belongs to the process, and the kernel looks for cycles.
    Fcntl,
    /// An open-file-description lock, `fcntl(F_OFD_SETLKW)`; Linux only.
    Ofd,
    /// A `parking_lot` mutex between threads of one process.
    Mutex,
    /// An SQLite database with a rollback journal.
    Sqlite,
    /// An SQLite database with a write-ahead log.
    SqliteWal,
}

impl LockKind {
    /// Every kind, in the order in which help and errors name them.
    pub const ALL: [Self; 6] = [Self::Flock, Self::Fcntl, Self::Ofd, Self::Mutex, Self::Sqlite, Self::SqliteWal];

    /// Whether the lock is a database's.
    pub fn is_sqlite(self) -> bool {
        matches!(self, Self::Sqlite | Self::SqliteWal)
    }

    /// The file that stands for a lock of this kind in the room of a run; a mutex has none.
    pub fn file_of(self, name: &str) -> String {
        format!("{name}.{}", if self.is_sqlite() { "db" } else { "lock" })
    }

    /// The word for it in a scenario and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flock => "flock",
            Self::Fcntl => "fcntl",
            Self::Ofd => "ofd",
            Self::Mutex => "mutex",
            Self::Sqlite => "sqlite",
            Self::SqliteWal => "sqlite-wal",
        }
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Scenario {
    /// A scenario in which everything else is as usual.
    pub fn new(title: impl Into<String>, on: LockKind, processes: Vec<Process>) -> Self {
        let (locks, units, on_deadlock) = (BTreeMap::new(), BTreeMap::new(), OnDeadlock::Watch);
        Self { title: title.into(), on, busy_timeout: None, on_deadlock, locks, units, processes }
    }

    /// The kind of the lock called `name`.
    pub fn kind_of(&self, name: &str) -> LockKind {
        self.locks.get(name).copied().unwrap_or(self.on)
    }

    /// The patience of its SQLite connections, whether written down or the driver's default.
    pub fn busy_timeout(&self) -> Duration {
        self.busy_timeout.unwrap_or(DEFAULT_BUSY_TIMEOUT)
    }

    /// Whether any step works on an SQLite database.
    pub fn uses_sqlite(&self) -> bool {
        self.on.is_sqlite() || self.locks.values().any(|kind| kind.is_sqlite())
    }

    /// Whether a step speaks of the one database, [`DATABASE`].
    pub fn uses_database(&self) -> bool {
        self.steps().any(Step::is_transaction)
    }

    /// The names of all locks that steps name, sorted; [`DATABASE`] among them where it is used.
    pub fn lock_names(&self) -> BTreeSet<&str> {
        self.steps().filter_map(Step::lock_name).collect()
    }

    /// Rows that are stored if nothing is refused; `None` where time, not a count, ends the rounds.
    pub fn expected_rows(&self) -> Option<u64> {
        self.processes.iter().map(Process::expected_rows).sum()
    }

    /// A time that no run of it should pass: what all its work, waits and pauses add up to, one after the other,
    /// and ten minutes more. Everything has a limit.
    pub fn longest(&self) -> Duration {
        const SPARE: Duration = Duration::from_secs(600);
        let patience = if self.uses_sqlite() { self.busy_timeout() } else { Duration::ZERO };
        self.processes
            .iter()
            .map(|process| process.longest(patience))
            .fold(SPARE, Duration::saturating_add)
            .min(duration::LONGEST)
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.processes.iter().flat_map(|process| &process.steps)
    }
}

impl Process {
    /// A process that does `steps` once.
    pub fn new(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Self { name: name.into(), rounds: None, lasting: None, retry: None, steps }
    }

    /// How many rounds it makes; `None` where time, not a count, ends them.
    pub fn round_count(&self) -> Option<u32> {
        self.rounds.or(if self.lasting.is_some() { None } else { Some(1) })
    }

    fn longest(&self, patience: Duration) -> Duration {
        let step = |step: &Step| match step {
            Step::Work(time) => *time,
            Step::Lock { within, .. } => within.unwrap_or(patience),
            _ if step.is_transaction() => patience,
            _ => Duration::ZERO,
        };
        let attempt: Duration = self.steps.iter().map(step).fold(Duration::ZERO, Duration::saturating_add);
        let (attempts, pause) = self.retry.as_ref().map_or((1, Duration::ZERO), |retry| (retry.attempts, retry.cap));
        let round = attempt.saturating_add(pause).saturating_mul(attempts);
        round.saturating_mul(self.rounds.unwrap_or(1)).saturating_add(self.lasting.unwrap_or_default())
    }

    /// Rows that one round inserts and commits.
    pub fn rows_per_round(&self) -> u64 {
        let (mut committed, mut open) = (0, 0);
        for step in &self.steps {
            match step {
                Step::Insert => open += 1,
                Step::Commit => committed += std::mem::take(&mut open),
                Step::Rollback => open = 0,
                _ => {}
            }
        }
        committed
    }

    fn expected_rows(&self) -> Option<u64> {
        match self.rows_per_round() {
            0 => Some(0),
            rows => self.round_count().map(|rounds| u64::from(rounds) * rows),
        }
    }
}
