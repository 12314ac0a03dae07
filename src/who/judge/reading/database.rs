//! The reading of a database: which of the causes that people meet fits what was seen.

use super::super::super::sqlite_bytes::State;
use super::super::header::Journal;
use super::super::parties::{Party, Stand};
use super::super::sight::Doing;
use super::nobody::ALL_THE_SAME;
use super::{Cause, Reading, Scene, count, verb};

/// Programs in which a person types SQL, or clicks, and may forget a transaction.
const SHELLS: [&str; 8] =
    ["sqlite3", "litecli", "usql", "sqlitebrowser", "sqlitestudio", "dbeaver", "datagrip", "beekeeper-studi"];

impl Scene<'_> {
    /// The strongest holder decides: whoever writes is in the way of more than whoever reads.
    pub(super) fn database(&self, wal: bool) -> Reading {
        let with = |is: fn(State) -> bool| self.with(|party| party.stand.has(is));
        let readers = self.with(|party| party.stand.is_reading());
        let others = |parties: &[&Party]| -> Vec<&Party> {
            readers.iter().copied().filter(|reader| !parties.iter().any(|party| party.pids == reader.pids)).collect()
        };
        let recovering = with(|state| matches!(state, State::WalRecover | State::WalSetUp));
        if !recovering.is_empty() {
            return self.recovery(&recovering);
        }
        let checkpointing = with(|state| state == State::WalCheckpoint);
        let mut blocking = others(&checkpointing);
        blocking.retain(|reader| self.obstructs_checkpoint(reader));
        // A checkpoint that keeps writers out asks for their lock first, and copies nothing before it has it.
        let waits_for_writer = !with(|state| state == State::WalWrite).is_empty()
            && !checkpointing.iter().any(|party| party.stand.has(|state| state == State::WalWrite));
        if !checkpointing.is_empty() && !blocking.is_empty() && !waits_for_writer {
            return self.checkpoint(&checkpointing, &blocking);
        }
        let pending = self.with(|party| party.stand.has(|state| state == State::Pending));
        let blocking = others(&pending);
        if !pending.is_empty() {
            let alone = blocking.is_empty();
            return if alone { self.pending_alone(&pending) } else { self.pending(&pending, &blocking) };
        }
        let writers = self.with(|party| party.stand.is_writing());
        if !writers.is_empty() {
            let alone = wal && writers.iter().any(|party| party.stand.has(|state| state == State::Exclusive));
            return if alone { self.alone(&writers) } else { self.writer(&writers, &others(&writers), wal) };
        }
        if !readers.is_empty() {
            return if wal { self.log_readers(&readers) } else { self.readers(&readers) };
        }
        let others = self.with(|party| matches!(party.stand, Stand::Holds | Stand::Waits));
        match others.is_empty() || !self.target.file_system.is_network {
            true => self.nobody(wal, &others),
            false => self.plain(), // there one kind of lock may be made of the other
        }
    }

    fn recovery(&self, who: &[&Party]) -> Reading {
        let text = format!(
            "{} {} up the index of the log, as the first to open the database does, or after a crash. It keeps \
             everybody else out, usually for milliseconds (SQLITE_BUSY_RECOVERY).",
            self.names(who),
            verb(count(who), "set")
        );
        self.reading(Cause::Recovery, text, "Wait, and let programs retry the first open.", who)
    }

    fn checkpoint(&self, who: &[&Party], readers: &[&Party]) -> Reading {
        let also = match who.iter().any(|party| party.stand.has(|state| state == State::WalWrite)) {
            true => " It holds the write lock meanwhile (a FULL, RESTART or TRUNCATE checkpoint), so nobody can write.",
            false => "",
        };
        let text = format!(
            "{} {} the log into the database (a checkpoint), and can't go past what {} still {}.{also}{}{}",
            self.names(who),
            if count(who) == 1 { "copies" } else { "copy" },
            self.names(readers),
            verb(count(readers), "read"),
            self.pastimes(readers),
            self.polling(),
        );
        self.reading(Cause::ReaderBlocksCheckpoint, text, READ_SHORTLY, readers)
    }

    fn pending(&self, who: &[&Party], readers: &[&Party]) -> Reading {
        let text = format!(
            "{} {} to write its COMMIT into the file (PENDING), and {} for {}, who still {} (SHARED). Until then no \
             new reader is let in either: everybody gets `database is locked`.{}{} If a reader wants to write as well, \
             neither can go on until that reader rolls back: the upgrade trap.",
            self.names(who),
            verb(count(who), "want"),
            verb(count(who), "wait"),
            self.names(readers),
            verb(count(readers), "read"),
            self.pastimes(readers),
            self.polling(),
        );
        let (cause, fix) = match self.shell(readers) {
            Some(fix) => (Cause::ShellLeftOpen, fix),
            None => (
                Cause::PendingBehindReader,
                format!("{READ_SHORTLY} Who will write begins with BEGIN IMMEDIATE; WAL mode lets readers read on."),
            ),
        };
        self.reading(cause, text, &fix, readers)
    }

    /// `readers`: who else reads.
    fn writer(&self, who: &[&Party], readers: &[&Party], wal: bool) -> Reading {
        let exclusive = who.iter().any(|party| party.stand.has(|state| state == State::Exclusive));
        let hold = match (exclusive, wal) {
            (true, _) => {
                "has the file to itself (EXCLUSIVE: a COMMIT, BEGIN EXCLUSIVE, a cache that was spilled, or \
                 `locking_mode` EXCLUSIVE): nobody else can read or write"
            }
            (false, true) => "is the one writer: others can read, and can't write",
            (false, false) => "has begun to write (RESERVED): others can read until its COMMIT, and can't write",
        };
        let upgrade = match readers {
            [] => String::new(),
            some if !wal => format!(
                " {} {}: the COMMIT will have to wait until that is over, and from then on nobody new gets in \
                 (PENDING). A write in that transaction would be refused at once, whatever the timeout (the upgrade \
                 trap; BEGIN IMMEDIATE helps).",
                self.names(some),
                verb(count(some), "read")
            ),
            some => format!(
                " {} {}: a write in the same transaction would be refused at once, whatever the timeout (the upgrade \
                 trap; BEGIN IMMEDIATE helps).",
                self.names(some),
                verb(count(some), "read")
            ),
        };
        let mut at_checkpoint = self.with(|party| party.stand.has(|state| state == State::WalCheckpoint));
        at_checkpoint.retain(|party| !who.iter().any(|writer| writer.pids == party.pids));
        let checkpoint = match at_checkpoint.as_slice() {
            [] => String::new(),
            some => format!(
                " {} {} the checkpoint lock: unless that checkpoint is a passive one, it waits for the write lock.",
                self.names(some),
                verb(count(some), "have")
            ),
        };
        let text = format!(
            "{} {hold}.{}{}{checkpoint}{upgrade} Whoever fails at once has a timeout of 0, or began its \
             transaction with a SELECT.",
            self.names(who),
            self.pastimes(who),
            self.polling()
        );
        let (cause, mut fix) = self.why_it_writes(who);
        if exclusive && matches!(cause, Cause::AsleepInTransaction | Cause::Writer) {
            fix += MAY_KEEP_IT;
        }
        self.reading(cause, text, &fix, who)
    }

    /// Why a writer takes so long, and what helps.
    fn why_it_writes(&self, who: &[&Party]) -> (Cause, String) {
        let naps = who.iter().any(|party| self.doing(party) == Doing::Naps);
        if who.iter().any(|party| self.doing(party) == Doing::Stopped) {
            (Cause::Stopped, super::LET_IT_GO_ON.to_owned())
        } else if let Some(fix) = self.shell(who) {
            (Cause::ShellLeftOpen, fix)
        } else if who.iter().all(|party| party.pids.is_empty()) {
            (Cause::OutOfSight, super::LOOK_FROM_OUTSIDE.to_owned())
        } else if who.iter().any(|party| self.doing(party).is_asleep()) {
            (
                Cause::AsleepInTransaction,
                format!(
                    "Do the slow work before BEGIN, and COMMIT at once; never wait for a network, a person or a timer \
                     in a write transaction. Until then: a longer timeout for the others.{}",
                    if naps { IN_ITS_OWN_WAY } else { "" }
                ),
            )
        } else {
            let does = |doing| who.iter().any(|party| self.doing(party) == doing);
            let wait = match () {
                () if does(Doing::Runs) => "Wait: it is busy computing.",
                () if does(Doing::AwaitsDisk) => "Wait: it waits for a disk.",
                () => "Wait until it is done.",
            };
            (
                Cause::Writer,
                format!(
                    "{wait} If that takes too long, compute before BEGIN, write in smaller transactions, and \
                     give the others a longer timeout."
                ),
            )
        }
    }

    /// EXCLUSIVE in WAL mode: the lock tells nothing of a transaction.
    fn alone(&self, who: &[&Party]) -> Reading {
        let text = format!(
            "{} {} the whole database to itself (EXCLUSIVE, in WAL mode: `locking_mode` EXCLUSIVE, a change of the \
             journal mode, or the last one closing it): nobody else can read or write. Whether it is in a transaction \
             can't be seen: with `locking_mode` EXCLUSIVE it keeps the lock between two of them, and the index of the \
             log in its own memory.{}{}",
            self.names(who),
            verb(count(who), "have"),
            self.pastimes(who),
            self.polling()
        );
        let fix = "Let it close the database, or set `locking_mode` to NORMAL and read once; until then there is no \
                   room for a second program.";
        let (cause, fix) = match () {
            () if who.iter().any(|party| self.doing(party) == Doing::Stopped) => (Cause::Stopped, super::LET_IT_GO_ON),
            () if who.iter().all(|party| party.pids.is_empty()) => (Cause::OutOfSight, super::LOOK_FROM_OUTSIDE),
            () => (Cause::Held, fix),
        };
        self.reading(cause, text, fix, who)
    }

    fn readers(&self, readers: &[&Party]) -> Reading {
        let text = format!(
            "{} {} (SHARED). Others can read, and begin to write; a COMMIT has to wait for {}.{}{}{ALL_THE_SAME}",
            self.names(readers),
            verb(count(readers), "read"),
            if count(readers) == 1 { "it" } else { "them" },
            self.pastimes(readers),
            self.polling(),
        );
        let fix = self.shell(readers);
        let cause = if fix.is_some() { Cause::ShellLeftOpen } else { Cause::Reader };
        self.reading(cause, text, fix.as_deref().unwrap_or(READ_SHORTLY), readers)
    }

    fn log_readers(&self, readers: &[&Party]) -> Reading {
        if !readers.iter().any(|reader| self.obstructs_checkpoint(reader)) {
            let text = format!(
                "{} {} the database alone (mark 0), for the log has nothing in it that the database has not. That is \
                 in nobody's way: others can read and write, and there is nothing for a checkpoint to \
                 copy.{}{ALL_THE_SAME}",
                self.names(readers),
                verb(count(readers), "read"),
                self.pastimes(readers),
            );
            return match self.shell(readers) {
                Some(fix) => self.reading(Cause::ShellLeftOpen, text, &fix, &[]),
                None => self.reading(Cause::Reader, text, "", &[]),
            };
        }
        let behind = self.target.index.and_then(|index| {
            let oldest = readers.iter().filter_map(|party| mark(party)).map(|mark| index.marks[mark]).min()?;
            (oldest < index.frames).then(|| {
                format!(
                    " The oldest of these snapshots ends at frame {oldest} of {}: what was committed since stays in \
                     the log, which grows until then. A write in the same transaction would be refused at once \
                     (SQLITE_BUSY_SNAPSHOT), whatever the timeout: BEGIN IMMEDIATE helps.",
                    index.frames
                )
            })
        });
        let text = format!(
            "{} {} a snapshot: the database as it was when the reading began. That is in nobody's way: others \
             can read and write; only a checkpoint can't go past it.{}{}{ALL_THE_SAME}",
            self.names(readers),
            verb(count(readers), "read"),
            behind.as_deref().unwrap_or_default(),
            self.pastimes(readers),
        );
        let fix = self.shell(readers);
        let cause = match (&fix, behind) {
            (Some(_), _) => Cause::ShellLeftOpen,
            (None, Some(_)) => Cause::OldSnapshot,
            (None, None) => Cause::Reader,
        };
        self.reading(cause, text, fix.as_deref().unwrap_or(READ_SHORTLY), readers)
    }

    /// Whether a checkpoint has to do without something because of this reader. Mark 0 reads the database alone: that
    /// is in the way only of frames that are still to be copied into it.
    fn obstructs_checkpoint(&self, reader: &Party) -> bool {
        let is_empty = self.target.index.is_some_and(|index| index.frames <= index.copied)
            || self.target.wal_bytes.is_some_and(|bytes| bytes == 0);
        mark(reader).is_none_or(|mark| mark > 0 || !is_empty)
    }

    /// Who waits, as far as it can be inferred: SQLite doesn't wait in the kernel, it asks again and again.
    pub(super) fn polling(&self) -> String {
        let polling = self.with(|party| matches!(party.stand, Stand::Polls { .. }));
        match polling.as_slice() {
            [] => String::new(),
            some => format!(
                " {} {} the database open and {} nothing: probably polling for it, or merely asleep with it open \
                 (inferred: SQLite asks again and again, and waits in no list).",
                self.names(some),
                verb(count(some), "have"),
                verb(count(some), "hold")
            ),
        }
    }

    /// Whether what is in the file is all there is: nobody writes, and no journal or log has still to be played.
    pub(super) fn is_at_rest(&self) -> bool {
        let writes = |party: &Party| party.stand.is_writing() || party.stand.has(|state| state == State::WalCheckpoint);
        matches!(self.target.journal, Journal::None | Journal::Over)
            && self.target.wal_bytes.is_none_or(|bytes| bytes == 0)
            && !self.parties.iter().any(writes)
    }

    /// What to do if one of them is a program in which a person types.
    pub(super) fn shell(&self, parties: &[&Party]) -> Option<String> {
        let is_shell = |party: &&&Party| {
            self.process(party).is_some_and(|process| SHELLS.contains(&process.name.to_lowercase().as_str()))
                && self.doing(party) != Doing::Runs
        };
        let shell = parties.iter().find(is_shell)?;
        if shell.stand.has(|state| state == State::Exclusive) {
            return Some(format!(
                "{} is a shell left open. If it is in a transaction, type COMMIT; or ROLLBACK; there. If not, \
                 `locking_mode` EXCLUSIVE keeps the lock: type PRAGMA locking_mode=NORMAL; and read once.",
                self.name(shell)
            ));
        }
        Some(format!(
            "{} is a shell left open in a transaction: type COMMIT; or ROLLBACK; there, or finish its query.",
            self.name(shell)
        ))
    }
}

/// SQLite's busy handler sleeps for set times, too.
const IN_ITS_OWN_WAY: &str = " If it is your own program, it may wait for itself: then the sleep is the busy handler \
                              of another connection in the same process, which this one keeps out.";

/// EXCLUSIVE in rollback mode, too, may outlive the transaction.
const MAY_KEEP_IT: &str = " If it is in no transaction, it runs with `locking_mode` EXCLUSIVE, which keeps the lock \
                           between two of them: let it close the database, or set PRAGMA locking_mode=NORMAL there \
                           and read once.";

const READ_SHORTLY: &str = "Let the reader finish: read all rows or reset the statement, and end the transaction (a \
                            cursor that is left open reads on for ever).";

/// The read mark by which a party reads.
fn mark(party: &Party) -> Option<usize> {
    let Stand::Sqlite(states) = &party.stand else { return None };
    states.iter().find_map(|state| match state {
        State::WalRead(mark) => Some(usize::from(*mark)),
        _ => None,
    })
}
