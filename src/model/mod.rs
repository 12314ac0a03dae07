//! The rules of locking, written down once.
//!
//! A scenario is compiled into a [`Program`]: for each process all the places where it can stand. A state says where
//! each process stands and nothing else, and [`Program::for_each_move`] is the next-state function: total, pure and
//! small. Where the real thing may choose (which waiter is granted, whether a time-out fires), it gives every choice.
//! The simulator, the explorer, the player, the export to other checkers and the check of real traces all read the
//! rules from here.
//!
//! # The rules, and where they come from
//!
//! - **Plain locks** (`flock(2)`, open-file-description locks, mutexes): exclusive or shared; any waiter may be
//!   granted, because no manual promises an order. A wait with a limit may be refused while the lock is taken.
//! - **`fcntl(2)` record locks**: the kernel refuses a wait that would close a cycle (`EDEADLK`), if it is at most 12
//!   processes long (`posix_locks_deadlock` in Linux's `fs/locks.c`; other systems differ).
//! - **SQLite with a rollback journal** (<https://www.sqlite.org/lockingv3.html>, `pager.c`, `os_unix.c`): UNLOCKED,
//!   SHARED, RESERVED, PENDING, EXCLUSIVE. Who reads and then wants to write while another writes is refused at once
//!   (the busy handler is not called for who holds a lock). A COMMIT, and BEGIN EXCLUSIVE, that readers keep waiting
//!   hold PENDING meanwhile, which keeps new readers out.
//! - **SQLite in WAL mode** (<https://www.sqlite.org/wal.html>, <https://www.sqlite.org/isolation.html>): readers have
//!   a snapshot and are never refused; one writer; who wants to write on a snapshot that is not the latest is refused
//!   (`SQLITE_BUSY_SNAPSHOT`) until it ends its transaction.
//! - **Resources with units**: the textbook's counting resource (Dijkstra's banker, EWD 623).
//! - **Deadlocks**: who can never go on, whatever the others do; with units a cycle is not enough (`deadlock`).
//! - **Refusals**: everything is released, in the same move; then the round is tried again, or given up.
//! - **Meetings, crashes, victims**: what [`crate::run`] does, for the model as for the processes.
//!
//! What it leaves out: a step is one move. A COMMIT that nobody keeps waiting is over at once; really it takes some
//! milliseconds, in which a reader without any patience is refused. Locks that queue (`flock` mostly does) are taken as
//! locks that don't.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod compile;
mod context;
mod deadlock;
mod holdings;
mod next;
mod program;
mod rank;
mod requests;
mod retry;
mod stand;
#[cfg(test)]
mod tests;
mod told;
mod wait;
mod wanted;

pub use context::rows_lost;
pub use deadlock::{Obstacle, deadlock_of};
pub use holdings::{Holding, holdings};
pub use next::{Move, Outcome, PlainStep};
pub use program::{
    Attempts, MOST_COUNTED_ATTEMPTS, MOST_PLACES, MOST_PROCESSES, MOST_REQUESTS, MOST_RESOURCES, Program, Resource,
    TooLarge,
};
pub(crate) use requests::Ask;
pub use retry::{Random, pause};
pub(crate) use stand::{Blocked, Effect, NO_UNITS, Posture, Stand};
pub use stand::{Phase, Place, Requests};
pub(crate) use wait::LONGEST_SEEN_CYCLE;
pub use wait::WaitsFor;
pub use wanted::{Want, kind_of, wanted};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::LockKind;

/// How a lock is held. SQLite's states are modes of one lock, with their own conflicts
/// (<https://www.sqlite.org/lockingv3.html>, <https://www.sqlite.org/wal.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// WAL: a snapshot to read from; conflicts with nothing.
    Snapshot,
    /// Others may share it. SQLite: SHARED, somebody reads.
    Shared,
    /// SQLite: RESERVED, will write; readers may still come.
    Reserved,
    /// SQLite: PENDING, wants to write now; no new readers.
    Pending,
    /// WAL: the one writer; readers don't mind.
    Writer,
    /// Nobody else. SQLite: EXCLUSIVE, writes to the file.
    Exclusive,
}

impl Mode {
    /// What a reader asks for: a lock that others may share, in WAL a snapshot.
    pub fn to_read(kind: LockKind) -> Self {
        if kind == LockKind::SqliteWal { Self::Snapshot } else { Self::Shared }
    }

    /// What a writer asks for; on any other lock, whoever wants it alone.
    pub fn to_write(kind: LockKind) -> Self {
        match kind {
            LockKind::Sqlite => Self::Reserved,
            LockKind::SqliteWal => Self::Writer,
            _ => Self::Exclusive,
        }
    }

    /// Whether a process that wants `self` has to wait while another holds `held`.
    pub fn conflicts_with(self, held: Mode) -> bool {
        use Mode::{Pending, Reserved, Shared, Snapshot, Writer};
        match (self, held) {
            (Snapshot, _) | (_, Snapshot) => false,
            (Writer, Writer) => true,
            (Shared, Shared | Reserved) | (Reserved | Pending, Shared) => false,
            _ => true,
        }
    }

    /// Whether only one process at a time can hold it so.
    pub fn is_exclusive(self) -> bool {
        self.conflicts_with(self)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snapshot => "SNAPSHOT",
            Self::Shared => "SHARED",
            Self::Reserved => "RESERVED",
            Self::Pending => "PENDING",
            Self::Writer => "WRITER",
            Self::Exclusive => "EXCLUSIVE",
        })
    }
}
