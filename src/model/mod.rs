//! The rules of locking, written down once.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

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
