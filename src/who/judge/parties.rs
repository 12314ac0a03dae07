//! Who has to do with the file that was asked about, and how: a row for each, in SQLite's words where it is a database.

use std::collections::{BTreeMap, BTreeSet};

use super::super::sqlite_bytes::{self, PENDING_BYTE, SHARED_LAST, SqliteFile, State};
use super::super::{LockKind, LockLine};
use super::header::Header;
use super::sight::{Doing, Lock, Part, Sight, Target};

/// Somebody who has to do with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The processes: several, if they share an open file. None if the owner is not known.
    pub pids: Vec<u32>,
    /// How they stand to the file.
    pub stand: Stand,
    /// The locks, as places in [`Sight::locks`].
    pub locks: Vec<usize>,
}

/// How somebody stands to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// Holds a lock on a plain file.
    Holds,
    /// Waits for one, in the kernel.
    Waits,
    /// SQLite's states: of the database file the strongest one, of the `-shm` all.
    Sqlite(BTreeSet<State>),
    /// Has it open, holds nothing, and somebody is in its way: it is probably polling. `naps`: it was seen asleep for a
    /// set time, which is what SQLite's busy handler does.
    Polls {
        /// Whether it was seen asleep.
        naps: bool,
    },
    /// Has it open and holds nothing.
    Opens,
}

impl Stand {
    /// Whether it holds a lock that means something: in WAL mode, to have the database open does not.
    pub fn is_holding(&self) -> bool {
        match self {
            Self::Holds => true,
            Self::Sqlite(states) => states.iter().any(|state| !matches!(state, State::WalOpen | State::Looks)),
            Self::Waits | Self::Polls { .. } | Self::Opens => false,
        }
    }

    /// Whether it has a state.
    pub fn has(&self, is: impl Fn(State) -> bool) -> bool {
        matches!(self, Self::Sqlite(states) if states.iter().any(|state| is(*state)))
    }

    /// Whether it keeps other writers from writing.
    pub fn is_writing(&self) -> bool {
        use State::{Exclusive, Pending, Reserved, WalRecover, WalSetUp, WalWrite};
        self.has(|state| matches!(state, Reserved | Pending | Exclusive | WalWrite | WalRecover | WalSetUp))
    }

    /// Whether it reads: SHARED and nothing stronger, or a snapshot of the log.
    pub fn is_reading(&self) -> bool {
        self.has(|state| matches!(state, State::WalRead(_)))
            || (self.has(|state| state == State::Shared) && !self.is_writing())
    }
}

/// What the target is, after a look at its header and at its locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Any file.
    Plain,
    /// A database with a rollback journal.
    Rollback,
    /// A database in WAL mode.
    Wal,
}

/// What the target is. Without a readable header (empty, encrypted) the locks tell: nobody else locks these bytes.
pub fn nature(sight: &Sight, target: &Target) -> Nature {
    let on = |part| sight.locks.iter().filter(move |lock| target.part_of(&file(lock)) == Some(part));
    let in_sqlites_bytes = |line: &LockLine| {
        line.kind == LockKind::Posix && line.first >= PENDING_BYTE && line.last.is_some_and(|last| last <= SHARED_LAST)
    };
    match target.header {
        Header::Sqlite { wal: true, .. } => Nature::Wal,
        Header::Sqlite { wal: false, .. } | Header::Damaged => Nature::Rollback,
        _ if on(Part::Shm).next().is_some() => Nature::Wal,
        _ if on(Part::Main).any(|lock| in_sqlites_bytes(&lock.line)) => Nature::Rollback,
        _ => Nature::Plain,
    }
}

/// Everybody who has to do with the target: holders first, strongest first, then waiters, then who merely has it open.
pub fn parties(sight: &Sight, target: &Target, nature: Nature) -> Vec<Party> {
    let mut parties = match nature {
        Nature::Plain => plain(sight, target, |_| true),
        _ => database(sight, target, nature),
    };
    let rank = |party: &Party| match &party.stand {
        Stand::Sqlite(states) if party.stand.is_writing() => (0, states.iter().max().copied()),
        Stand::Holds => (0, None),
        Stand::Sqlite(_) if party.stand.is_holding() => (1, None),
        Stand::Waits => (2, None),
        Stand::Polls { .. } => (3, None),
        Stand::Sqlite(_) => (4, None),
        Stand::Opens => (5, None),
    };
    parties.sort_by_key(|party| (rank(party), party.pids.first().copied()));
    // The kernel's list has the newest first; whoever reads a row looks for a byte.
    for party in &mut parties {
        party.locks.sort_by_key(|&index| (sight.locks[index].line.first, sight.locks[index].line.last));
    }
    parties
}

/// One party for each holder and each waiter of the lines that are asked for; then those who have it open.
fn plain(sight: &Sight, target: &Target, is_asked_for: impl Fn(&Lock) -> bool) -> Vec<Party> {
    let mut by_stand: BTreeMap<(bool, Vec<u32>, Option<usize>), Vec<usize>> = BTreeMap::new();
    for (index, lock) in sight.locks.iter().enumerate() {
        if target.part_of(&file(lock)).is_some() && is_asked_for(lock) {
            // Owners that are not known are not one and the same.
            let apart = lock.owners.is_empty().then_some(index);
            by_stand.entry((lock.line.waiting, lock.owners.clone(), apart)).or_default().push(index);
        }
    }
    let stand = |waits| if waits { Stand::Waits } else { Stand::Holds };
    let party = |((waits, pids, _), locks)| Party { pids, stand: stand(waits), locks };
    let mut parties: Vec<Party> = by_stand.into_iter().map(party).collect();
    let known: BTreeSet<u32> = parties.iter().flat_map(|party| party.pids.clone()).collect();
    let openers: BTreeSet<u32> = sight.openers.iter().map(|opener| opener.pid).collect();
    let open = |pid: &u32| Party { pids: vec![*pid], stand: Stand::Opens, locks: Vec::new() };
    parties.extend(openers.difference(&known).map(open));
    parties
}

/// A database: what each process's locks mean together, and what may be inferred of those who hold none.
fn database(sight: &Sight, target: &Target, nature: Nature) -> Vec<Party> {
    // One connection has several locks: those of unknown owners may all be of one, and make one row.
    let mut held: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
    for (index, lock) in sight.locks.iter().enumerate().filter(|(_, lock)| is_sqlites(target, lock)) {
        held.entry(lock.owners.clone()).or_default().push(index);
    }
    let party = |(pids, locks): (Vec<u32>, Vec<usize>)| {
        let stand = Stand::Sqlite(states(sight, target, nature, &locks));
        Party { pids, stand, locks }
    };
    let mut parties: Vec<Party> = held.into_iter().map(party).collect();
    // A database file may be locked by others as well, with flock or at other bytes; and SQLite may be built to wait.
    let others = plain(sight, target, |lock| !is_sqlites(target, lock));
    let known: BTreeSet<u32> = parties.iter().flat_map(|party| party.pids.clone()).collect();
    parties.extend(
        others
            .into_iter()
            .filter(|other| other.stand != Stand::Opens || !other.pids.iter().any(|pid| known.contains(pid))),
    );
    let writers: Vec<Vec<u32>> =
        parties.iter().filter(|party| party.stand.is_writing()).map(|party| party.pids.clone()).collect();
    for party in &mut parties {
        let Some(process) = party.pids.first().and_then(|pid| sight.processes.get(pid)) else { continue };
        let in_the_way = writers.iter().any(|pids| *pids != party.pids);
        let naps = process.doing == Doing::Naps;
        match party.stand {
            // Whoever waits for a key or a message is not about to try again; whoever runs or naps may be.
            Stand::Opens if in_the_way && (naps || process.doing != Doing::AwaitsInput) => {
                party.stand = Stand::Polls { naps };
            }
            // In WAL mode every connection says that it has the database open; only who naps is likely to ask again.
            Stand::Sqlite(ref states) if in_the_way && naps && states.iter().eq([&State::WalOpen]) => {
                party.stand = Stand::Polls { naps };
            }
            _ => {}
        }
    }
    parties
}

/// Whether a held lock is one of SQLite's.
fn is_sqlites(target: &Target, lock: &Lock) -> bool {
    !lock.line.waiting && sqlite_file(target, lock).is_some_and(|file| !states_of(&lock.line, file).is_empty())
}

fn sqlite_file(target: &Target, lock: &Lock) -> Option<SqliteFile> {
    // SQLite takes POSIX locks; one of an open file on its bytes comes from a program that copies its rules.
    match target.part_of(&file(lock)).filter(|_| matches!(lock.line.kind, LockKind::Posix | LockKind::Ofd))? {
        Part::Main => Some(SqliteFile::Database),
        Part::Shm => Some(SqliteFile::SharedMemory),
        Part::Wal | Part::Journal => None,
    }
}

fn states_of(line: &LockLine, file: SqliteFile) -> Vec<State> {
    sqlite_bytes::states(line.first, line.last, line.write, file)
}

/// What these locks mean together: of the database file the strongest state (in WAL mode SHARED says nothing more than
/// that it is open), of the `-shm` file each.
fn states(sight: &Sight, target: &Target, nature: Nature, locks: &[usize]) -> BTreeSet<State> {
    let all = locks.iter().filter_map(|&index| Some((&sight.locks[index], sqlite_file(target, &sight.locks[index])?)));
    let all: BTreeSet<State> = all.flat_map(|(lock, file)| states_of(&lock.line, file)).collect();
    let (main, mut states): (BTreeSet<State>, BTreeSet<State>) =
        all.into_iter().partition(|state| *state <= State::Exclusive);
    match main.last() {
        Some(State::Shared | State::Looks) if nature == Nature::Wal && !states.is_empty() => {}
        // Who has the log's database open without a look at the index yet, or keeps it to itself.
        Some(State::Shared) if nature == Nature::Wal => _ = states.insert(State::WalOpen),
        Some(strongest) => _ = states.insert(*strongest),
        None => {}
    }
    states
}

fn file(lock: &Lock) -> super::sight::FileId {
    super::sight::FileId::of(&lock.line)
}
