//! The one table of SQLite's lock bytes on Unix, and what a lock on them means.
//!
//! Source: `os_unix.c` (`PENDING_BYTE`, `UNIX_SHM_BASE`) and `wal.c` (`WAL_WRITE_LOCK`, ...) of SQLite; seen in
//! `/proc/locks`. The rules are told in <https://www.sqlite.org/lockingv3.html> and
//! <https://www.sqlite.org/walformat.html#locks>.
//!
//! The kernel merges neighbouring locks of one process into one line (PENDING and RESERVED become
//! `WRITE 1073741824 1073741825`), so a range means every state that it overlaps.

use std::fmt;

/// PENDING: the byte at 1 GiB, the first of the bytes that SQLite locks in a database file.
pub const PENDING_BYTE: u64 = 0x4000_0000;
/// RESERVED.
pub const RESERVED_BYTE: u64 = PENDING_BYTE + 1;
/// The first of the bytes that are read-locked for SHARED and write-locked for EXCLUSIVE.
pub const SHARED_FIRST: u64 = PENDING_BYTE + 2;
/// The last of these 510 bytes.
pub const SHARED_LAST: u64 = SHARED_FIRST + 510 - 1;
/// The first of the bytes that SQLite locks in a `-shm` file, `(22 + 8) * 4`; there are nine.
pub const SHM_FIRST: u64 = 120;
/// The last of them, the "dead man's switch" that every connection holds.
pub const SHM_LAST: u64 = 128;

/// The two files of a database in which SQLite locks bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqliteFile {
    /// The database itself.
    Database,
    /// The `-shm` file next to it, which exists in WAL mode.
    SharedMemory,
}

/// What a lock on one of the bytes says of its holder; the states of a database file from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A read lock for a moment on a byte that others write-lock: it looks whether somebody does.
    Looks,
    /// SHARED: reads. In WAL mode it says no more than that the database is open.
    Shared,
    /// RESERVED: will write; readers may still come.
    Reserved,
    /// PENDING: wants to write now; no new readers.
    Pending,
    /// EXCLUSIVE: writes to the file.
    Exclusive,
    /// WAL: the one writer.
    WalWrite,
    /// WAL: copies the log into the database.
    WalCheckpoint,
    /// WAL: rebuilds the index of the log after a crash.
    WalRecover,
    /// WAL: reads a snapshot, whose end is noted in this read mark (0 to 4; 0 reads the database only).
    WalRead(u8),
    /// WAL: write-locks this read mark, to move it or to be sure that nobody reads by it.
    WalReadMark(u8),
    /// WAL: has the database open.
    WalOpen,
    /// WAL: the first to open the database; sets the `-shm` file up.
    WalSetUp,
}

/// One row of the table: what a read lock and what a write lock on these bytes means.
struct Bytes {
    file: SqliteFile,
    first: u64,
    last: u64,
    read: State,
    write: State,
}

const fn database(first: u64, last: u64, read: State, write: State) -> Bytes {
    Bytes { file: SqliteFile::Database, first, last, read, write }
}

const fn shm(byte: u64, read: State, write: State) -> Bytes {
    Bytes { file: SqliteFile::SharedMemory, first: byte, last: byte, read, write }
}

const TABLE: [Bytes; 12] = [
    database(PENDING_BYTE, PENDING_BYTE, State::Looks, State::Pending),
    database(RESERVED_BYTE, RESERVED_BYTE, State::Looks, State::Reserved),
    database(SHARED_FIRST, SHARED_LAST, State::Shared, State::Exclusive),
    shm(SHM_FIRST, State::Looks, State::WalWrite),
    shm(121, State::Looks, State::WalCheckpoint),
    shm(122, State::Looks, State::WalRecover),
    shm(123, State::WalRead(0), State::WalReadMark(0)),
    shm(124, State::WalRead(1), State::WalReadMark(1)),
    shm(125, State::WalRead(2), State::WalReadMark(2)),
    shm(126, State::WalRead(3), State::WalReadMark(3)),
    shm(127, State::WalRead(4), State::WalReadMark(4)),
    shm(SHM_LAST, State::WalOpen, State::WalSetUp),
];

/// Every state that a lock on the bytes `first` to `last` (`None`: to the end) of `file` means, in the order of
/// the bytes; none if SQLite locks no byte there.
pub fn states(first: u64, last: Option<u64>, write: bool, file: SqliteFile) -> Vec<State> {
    let last = last.unwrap_or(u64::MAX);
    TABLE
        .iter()
        .filter(|row| row.file == file && first <= row.last && row.first <= last)
        .map(|row| if write { row.write } else { row.read })
        .collect()
}

/// Plain words for what `states` has found.
///
/// In a database file the strongest state says it all (who holds EXCLUSIVE has gone through the others); the
/// bytes of a `-shm` file are locks in their own right.
pub fn in_words(states: &[State]) -> String {
    match states.iter().max() {
        Some(strongest) if *strongest <= State::Exclusive => strongest.words().to_owned(),
        _ => states.iter().map(|state| state.words()).collect::<Vec<_>>().join("; "),
    }
}

impl State {
    /// What its holder does, in plain words: the rest of a sentence that begins with the holder.
    pub fn words(self) -> &'static str {
        match self {
            Self::Looks => "looks for a moment whether somebody else has it",
            Self::Shared => "reads (in WAL mode: only has the database open)",
            Self::Reserved => "will write; readers may still come",
            Self::Pending => "wants to write now; no new readers may come",
            Self::Exclusive => "writes to the file; nobody else may read or write",
            Self::WalWrite => "is the one writer; readers don't mind",
            Self::WalCheckpoint => "copies the log into the database (checkpoint)",
            Self::WalRecover => "rebuilds the index of the log",
            Self::WalRead(_) => "reads a snapshot; a checkpoint can't go past it",
            Self::WalReadMark(_) => "keeps readers from this read mark",
            Self::WalOpen => "has the database open",
            Self::WalSetUp => "is the first to open the database and sets it up",
        }
    }
}

impl fmt::Display for State {
    /// The word of SQLite's documentation where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looks => "a passing look",
            Self::Shared => "SHARED",
            Self::Reserved => "RESERVED",
            Self::Pending => "PENDING",
            Self::Exclusive => "EXCLUSIVE",
            Self::WalWrite => "WAL write",
            Self::WalCheckpoint => "WAL checkpoint",
            Self::WalRecover => "WAL recover",
            Self::WalRead(mark) => return write!(f, "WAL read {mark}"),
            Self::WalReadMark(mark) => return write!(f, "WAL read mark {mark}"),
            Self::WalOpen => "WAL open",
            Self::WalSetUp => "WAL set-up",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_os_unix_c() {
        assert_eq!(
            (PENDING_BYTE, RESERVED_BYTE, SHARED_FIRST, SHARED_LAST),
            (1073741824, 1073741825, 1073741826, 1073742335)
        );
        assert_eq!((SHM_FIRST, SHM_LAST), ((22 + 8) * 4, (22 + 8) * 4 + 8));
    }

    #[test]
    fn every_byte_has_one_row() {
        for file in [SqliteFile::Database, SqliteFile::SharedMemory] {
            let mut rows: Vec<&Bytes> = TABLE.iter().filter(|row| row.file == file).collect();
            rows.sort_by_key(|row| row.first);
            assert!(rows.windows(2).all(|pair| pair[0].last + 1 == pair[1].first), "{file:?}: no gap, no overlap");
        }
    }

    /// The ranges are lines of `/proc/locks`, merged by the kernel.
    #[test]
    fn decodes_merged_ranges() {
        use SqliteFile::{Database, SharedMemory};
        use State::*;
        const DB: u64 = PENDING_BYTE;
        type Row = (u64, Option<u64>, bool, SqliteFile, &'static [State], &'static str);
        let table: [Row; 15] = [
            (DB + 2, Some(DB + 511), false, Database, &[Shared], "reads"),
            (DB + 1, Some(DB + 1), true, Database, &[Reserved], "will write"),
            (DB, Some(DB + 1), true, Database, &[Pending, Reserved], "no new readers"),
            (DB, Some(DB + 511), true, Database, &[Pending, Reserved, Exclusive], "writes to the file"),
            (DB + 1, Some(DB + 511), true, Database, &[Reserved, Exclusive], "writes to the file"),
            (DB, Some(DB), false, Database, &[Looks], "for a moment"),
            (0, None, true, Database, &[Pending, Reserved, Exclusive], "writes to the file"),
            (0, Some(DB - 1), true, Database, &[], ""),
            (DB + 512, None, true, Database, &[], ""),
            (120, Some(120), true, SharedMemory, &[WalWrite], "the one writer"),
            (120, Some(121), true, SharedMemory, &[WalWrite, WalCheckpoint], "copies the log"),
            (124, Some(124), false, SharedMemory, &[WalRead(1)], "reads a snapshot"),
            (123, Some(124), true, SharedMemory, &[WalReadMark(0), WalReadMark(1)], "keeps readers"),
            (127, Some(128), false, SharedMemory, &[WalRead(4), WalOpen], "has the database open"),
            (DB, Some(DB), true, SharedMemory, &[], ""),
        ];
        for (first, last, write, file, expected, words) in table {
            let found = states(first, last, write, file);
            assert_eq!(found, expected, "{first} to {last:?} of {file:?}");
            assert!(in_words(&found).contains(words), "{}", in_words(&found));
        }
    }
}
