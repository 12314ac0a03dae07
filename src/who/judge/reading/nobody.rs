//! The reading of a database in which no SQLite holds anything, and of locks on it that are none of SQLite's.

use super::super::super::LockKind;
use super::super::header::Journal;
use super::super::parties::{Party, Stand};
use super::super::unseen::Unseen;
use super::{Cause, FOLLOW, Reading, Scene, capital, count, verb};

/// What may be the reason when nothing on the page is.
pub(super) const ALL_THE_SAME: &str = " If a program says `database is locked` all the same, it was over before we \
                                       looked, or it is in its own way: two connections of one process, or a shared \
                                       cache.";

impl Scene<'_> {
    /// `others`: who holds a lock on the file that is none of SQLite's.
    pub(super) fn nobody(&self, wal: bool, others: &[&Party]) -> Reading {
        let path = &self.target.path;
        let nobody = match others {
            [] => self.nobody_holds().to_owned(),
            _ => format!("{} one of SQLite's locks on", self.nobody_holds()),
        };
        if !wal && self.target.journal == Journal::Live {
            let text = format!(
                "{nobody} {path}, and {path}-journal is hot: a writer died in the middle of a transaction. A journal \
                 is no lock. The next one who reads rolls the database back with it, which takes an EXCLUSIVE lock for \
                 a moment."
            );
            let fix = "Open the database once with any program that may write it, and let it be rolled back. Leave the \
                       journal where it is: without it the database is corrupt.";
            return self.reading(Cause::HotJournal, text, fix, &[]);
        }
        let openers = self.with(|party| !party.pids.is_empty() && !others.contains(&party));
        let open = match openers.as_slice() {
            [] if !others.is_empty() => String::new(),
            [] if self.sight.unseen.iter().any(Unseen::hides_waits) => {
                " Nobody whose files we may read has it open.".to_owned()
            }
            [] => " Nobody has it open.".to_owned(),
            some => format!(
                " {} {} it open, and {} nothing that is in anybody's way.",
                self.names(some),
                verb(count(some), "have"),
                verb(count(some), "hold")
            ),
        };
        let text = format!("{nobody} {path} at the moment.{open}{}{ALL_THE_SAME}", self.none_of_sqlites(others));
        let cause = if others.is_empty() { Cause::Nobody } else { Cause::Held };
        self.reading(cause, text, FOLLOW, &[])
    }

    /// Locks at bytes that SQLite does not lock: POSIX and OFD locks; of an flock more is told elsewhere.
    fn none_of_sqlites(&self, others: &[&Party]) -> String {
        let is_flock = |index: &usize| self.sight.locks[*index].line.kind == LockKind::Flock;
        let mut elsewhere = others.to_vec();
        elsewhere.retain(|party| party.stand == Stand::Holds && !party.locks.iter().any(is_flock));
        match elsewhere.as_slice() {
            [] => String::new(),
            some => format!(
                " {} {} a lock on bytes that SQLite does not lock: that keeps no SQLite out.",
                capital(&self.names(some)),
                verb(count(some), "have")
            ),
        }
    }

    /// SQLite's locks are of the other kind: whoever holds an flock is told, and that it has nothing to do with these.
    pub(super) fn flock_on_a_database(&self) -> String {
        let is_flock = |index: &usize| self.sight.locks[*index].line.kind == LockKind::Flock;
        let holders = self.with(|party| party.stand == Stand::Holds && party.locks.iter().any(is_flock));
        // A network file system may make one kind of both.
        match holders.as_slice() {
            [] => String::new(),
            _ if self.target.file_system.is_network => String::new(),
            some => format!(
                " {} {} an flock on it. SQLite takes fcntl locks only, and on a local file system of Linux the two \
                 don't see each other: this flock keeps no SQLite out, and SQLite keeps no flock out. It is not the \
                 reason for `database is locked`.",
                self.names(some),
                verb(count(some), "have")
            ),
        }
    }
}
