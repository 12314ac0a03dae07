//! What happened: a trace is data, one event after another, as the processes told it.
//!
//! A process says [`What::Wants`] before it asks, [`What::Waits`] when a try shows the lock taken,
//! [`What::Gets`] after the grant and [`What::Releases`] before it lets go. Recorded holds therefore lie
//! inside true holds: a trace can show neither two exclusive holders nor a cycle that was not there. Only COMMIT frees
//! a lock before its process can say so: from [`What::Commits`] on its hold may end at any moment.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod check;
mod environment;
mod recording;

pub use check::{Check, Status};
pub use environment::Environment;
pub use recording::{Command, FORMAT, Header, LATEST_US, ReadError, Recording};

use serde::{Deserialize, Serialize};

use crate::model::Mode;
use crate::scenario::Scenario;

/// The longest event on the wire, in bytes. POSIX promises that a write of up to `PIPE_BUF` bytes, at least
/// 512, arrives whole (`pipe(7)`).
pub const LONGEST_EVENT: usize = 512;

/// Something that one process did or met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Microseconds since the run began (on the wire: since the machine's monotonic clock did).
    pub at_us: u64,
    /// Index of the process in the scenario.
    pub who: usize,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The process runs, and was told to go.
    Starts {
        /// Its number on this machine, for the evidence only.
        pid: u32,
    },
    /// A round begins; the first is 1.
    Round {
        /// Which one.
        round: u32,
    },
    /// It begins to work, for this long.
    Works {
        /// Microseconds.
        for_us: u64,
    },
    /// The work is done.
    Worked,
    /// It has come to the meeting and waits for the others.
    Meets,
    /// Everybody came; it goes on.
    Met,
    /// It is about to ask for a lock.
    Wants {
        /// The lock.
        lock: String,
        /// How it wants to hold it.
        mode: Mode,
        /// How many units of it; `None` for a lock that has none, and in older recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
    },
    /// A try showed the lock taken; it waits.
    Waits {
        /// The lock.
        lock: String,
        /// How it wants to hold it.
        mode: Mode,
        /// How many units of it; `None` for a lock that has none, and in older recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
        /// Its patience in microseconds; `None` waits for ever.
        limit_us: Option<u64>,
    },
    /// It has the lock.
    Gets {
        /// The lock.
        lock: String,
        /// How it holds it.
        mode: Mode,
        /// How many units of it; `None` for a lock that has none, and in older recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
    },
    /// It is about to let the lock go.
    Releases {
        /// The lock.
        lock: String,
        /// How many units it gives back; `None` for a lock that has none, and in older recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
        /// Units that it keeps: as long as there are any, it holds the lock.
        #[serde(default, skip_serializing_if = "is_zero")]
        keeps: u32,
    },
    /// The lock was refused: what the learner came to see, not an error.
    Refused {
        /// The lock.
        lock: String,
        /// How it wanted to hold it.
        mode: Mode,
        /// How many units of it; `None` for a lock that has none, and in older recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
        /// By whom, and in what words.
        why: Refusal,
        /// From asking to refusal, in microseconds.
        waited_us: u64,
    },
    /// It wrote a row, which is not yet committed.
    Inserted,
    /// It is about to commit, which needs [`Mode::Exclusive`] if it wrote (rollback mode). From here on its
    /// hold may end at any moment.
    Commits {
        /// Rows written in this transaction.
        rows: u64,
    },
    /// The commit was acknowledged: these rows are stored.
    Committed {
        /// Rows written in this transaction.
        rows: u64,
    },
    /// The transaction was undone, its locks are free.
    RolledBack {
        /// Rows that were written in it, and are gone.
        rows: u64,
    },
    /// It released everything and pauses before it starts the round again.
    BacksOff {
        /// The attempt that failed; the first is 1.
        attempt: u32,
        /// The pause in microseconds.
        for_us: u64,
    },
    /// It gave the round up.
    Abandons {
        /// Which one.
        round: u32,
    },
    /// It carried out all the steps of a round.
    Finished {
        /// Which one.
        round: u32,
    },
    /// It came to the end of its program.
    Ends,
    /// It is about to be killed by its own step `crash`.
    Crashes,
    /// It is gone without having ended: the system freed its locks.
    Crashed {
        /// The system's words: `signal 9 (SIGKILL)`, `exit status 3`.
        how: String,
        /// Locks that the kernel still lists for it; `None` where the system does not tell.
        locks_left: Option<u64>,
    },
    /// Its wait closed a cycle: the conductor's remark on the event before, at the same moment.
    ClosesCycle {
        /// The waits, from the smallest process on.
        cycle: Vec<Edge>,
        /// Whether a time-out in it will end it.
        timed: bool,
        /// How long after that event the conductor knew, in microseconds.
        after_us: u64,
    },
    /// The conductor ended it.
    Killed {
        /// Why.
        why: KilledFor,
    },
}

impl What {
    /// A lock without units that is held so.
    pub fn gets(lock: impl Into<String>, mode: Mode) -> Self {
        Self::Gets { lock: lock.into(), mode, units: None }
    }

    /// A lock without units is let go.
    pub fn releases(lock: impl Into<String>) -> Self {
        Self::Releases { lock: lock.into(), units: None, keeps: 0 }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One arrow of the wait-for graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The process that waits.
    pub waiter: usize,
    /// The lock it waits for.
    pub lock: String,
    /// The process that holds it.
    pub holder: usize,
}

/// Who refused a lock, and in what words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `SQLITE_BUSY`, `SQLITE_BUSY_SNAPSHOT`, `EDEADLK`, `EWOULDBLOCK`, `timeout`.
    pub name: String,
    /// The (extended) SQLite result code or the errno; `None` for our own time-out.
    pub code: Option<i32>,
    /// The words of whoever refused: `database is locked`.
    pub text: String,
}

/// Why the conductor ended a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KilledFor {
    /// It was part of a deadlock, or blocked behind one.
    Deadlock,
    /// It was chosen so that the others of its cycle can go on.
    Victim,
    /// The run reached its deadline.
    Deadline,
}

/// One run: what was to happen, what happened, and what was found afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// What this run is called in its recording: `task duration 3s`, `busy-timeout`.
    pub label: String,
    /// What was to happen.
    pub scenario: Scenario,
    /// The seed of all jitter.
    pub seed: u64,
    /// What happened, in the order in which it became known.
    pub events: Vec<Event>,
    /// What was found afterwards.
    pub outcome: Aftermath,
}

/// What is found when a run is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Aftermath {
    /// From the first step to the last process's end, in microseconds.
    pub took_us: u64,
    /// The deadlock that ended it, and how it was watched.
    pub deadlock: Option<Deadlock>,
    /// What the database holds.
    pub database: Option<Stored>,
    /// `true` if the run's deadline ended it.
    pub deadline: bool,
}

/// A deadlock that nothing but an end from outside resolves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Deadlock {
    /// Each cycle; from its smallest process on.
    pub cycles: Vec<Vec<Edge>>,
    /// Processes that wait behind a cycle without being in it.
    pub blocked_behind: Vec<Edge>,
    /// How long the conductor watched, without a single event, before it ended anybody; in microseconds. 0: nobody
    /// watched, because it was simulated.
    pub watched_us: u64,
    /// Processor time that all members together used in that time, in microseconds; `None` where the system does
    /// not tell.
    pub cpu_us: Option<u64>,
    /// A second witness, in its own words.
    pub witness: Option<Witness>,
}

/// What somebody other than the conductor says of the deadlock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    /// Who says it: `/proc/locks`, `parking_lot's deadlock_detection`.
    pub source: String,
    /// Its words, with what they mean.
    pub lines: Vec<WitnessLine>,
}

/// One line of a witness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WitnessLine {
    /// As it was read.
    pub raw: String,
    /// In plain words, with the names of this scenario.
    pub means: String,
}

/// What the database holds when all processes are gone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stored {
    /// Rows in the table; in a simulation those that were acknowledged.
    pub rows: u64,
    /// The answer of `PRAGMA integrity_check`: `ok` or the fault. `None`: a simulation, in which no database is
    /// there to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<String>,
    /// The journal mode that was in force: `delete` or `wal`.
    pub journal: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How an event stands in a file, and that it is read from there again.
    fn check(what: What, line: &str) {
        let event = Event { at_us: 5, who: 1, what };
        let line = format!(r#"{{"at_us":5,"who":1,{line}}}"#);
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
    }

    #[test]
    fn units_are_written_where_a_lock_has_them() {
        let (lock, mode) = (String::from("tape"), Mode::Exclusive);
        check(What::gets("A", mode), r#""what":"gets","lock":"A","mode":"exclusive""#);
        check(What::releases("A"), r#""what":"releases","lock":"A""#);
        check(
            What::Gets { lock: lock.clone(), mode, units: Some(2) },
            r#""what":"gets","lock":"tape","mode":"exclusive","units":2"#,
        );
        check(
            What::Waits { lock: lock.clone(), mode, units: Some(2), limit_us: None },
            r#""what":"waits","lock":"tape","mode":"exclusive","units":2,"limit_us":null"#,
        );
        check(
            What::Releases { lock: lock.clone(), units: Some(1), keeps: 1 },
            r#""what":"releases","lock":"tape","units":1,"keeps":1"#,
        );
        check(What::Releases { lock, units: Some(1), keeps: 0 }, r#""what":"releases","lock":"tape","units":1"#);
    }
}
