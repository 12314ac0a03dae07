//! Refusals in the words of those who refuse: Linux's numbers, SQLite's codes.

use crate::trace::Refusal;

/// A single try found a plain lock taken (`EWOULDBLOCK` on Linux).
pub(super) fn would_block() -> Refusal {
    refusal("EWOULDBLOCK", Some(11), "the lock is taken")
}

/// Our own time-out: neither `flock(2)` nor `fcntl(2)` has one.
pub(super) fn timed_out() -> Refusal {
    refusal("timeout", None, "the time-out passed")
}

/// The kernel has seen a cycle of record locks (`fcntl(2)`; the number is Linux's).
pub(super) fn deadlock() -> Refusal {
    refusal("EDEADLK", Some(35), "Resource deadlock would occur")
}

/// The database is busy (<https://www.sqlite.org/rescode.html#busy>).
pub(super) fn busy() -> Refusal {
    refusal("SQLITE_BUSY", Some(5), "database is locked")
}

/// The snapshot is not the latest any more (<https://www.sqlite.org/rescode.html#busy_snapshot>).
pub(super) fn busy_snapshot() -> Refusal {
    refusal("SQLITE_BUSY_SNAPSHOT", Some(517), "database is locked")
}

fn refusal(name: &str, code: Option<i32>, text: &str) -> Refusal {
    Refusal { name: name.into(), code, text: text.into() }
}
