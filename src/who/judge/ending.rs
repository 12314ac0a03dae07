//! What would end a holder, and what would be lost. It is only printed: lesson ends nobody but its own children.

mod force;

use super::super::LockKind;
use super::super::sqlite_bytes::State;
use super::graph::Ring;
use super::parties::{Nature, Party, Stand};
use super::reading::{Cause, Reading};
use super::sight::{Doing, Lock, Sight};

/// How somebody could end the trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What would be lost; said first.
    pub loses: String,
    /// The command.
    pub command: String,
    /// What has to be known before it is used; empty if there is nothing.
    pub note: String,
}

/// What the end of one member does for a deadlock.
const OTHERS_GO_ON: &str = "the others then go on";

/// What would end the culprits of a reading; `None` if there are none that can be ended from here.
pub fn ending(sight: &Sight, nature: Nature, parties: &[Party], reading: &Reading, own_user: &str) -> Option<Ending> {
    let command = command(sight, &reading.culprits, own_user)?;
    let culprits = parties.iter().filter(|party| party.pids.iter().any(|pid| reading.culprits.contains(pid)));
    let stands: Vec<&Stand> = culprits.map(|party| &party.stand).collect();
    let (one, it) = if reading.culprits.len() == 1 { ("it", "its") } else { ("they", "their") };
    let (has, is) = if one == "it" { ("has", "is") } else { ("have", "are") };
    let own = format!("whatever {one} {has} not stored");
    let loses = match nature {
        _ if reading.cause == Cause::Deadlock => format!("{own}; {OTHERS_GO_ON}"),
        // It holds another lock, for which the holder of this one waits.
        _ if stands.is_empty() => format!("{own}; {OTHERS_GO_ON}"),
        Nature::Plain => format!("{own}; the file stays, and the lock goes with the last process that has it open"),
        // It sets up the index of the log, and has begun no transaction.
        _ if reading.cause == Cause::Recovery => {
            "nothing in the database: the next one to open it sets the index of the log up anew".to_owned()
        }
        // Another kind of lock on a file that is a database as well.
        _ if !stands.iter().any(|stand| matches!(stand, Stand::Sqlite(_))) => own,
        // The lock may be kept between two transactions.
        _ if stands.iter().any(|stand| stand.has(|state| state == State::Exclusive)) => {
            format!("{it} transaction, if {one} {is} in one: everything since BEGIN. {}", afterwards(nature))
        }
        _ if stands.iter().any(|stand| stand.is_writing()) => {
            format!("{it} transaction: everything since BEGIN. {}", afterwards(nature))
        }
        _ if stands.iter().any(|stand| stand.has(|state| state == State::WalCheckpoint)) => {
            "nothing in the database: a checkpoint can be made again".to_owned()
        }
        _ => format!("nothing in the database, for {one} only read; but {own} elsewhere"),
    };
    let loses = loses + &force::why(sight, &reading.culprits);
    Some(Ending { loses, command, note: note(sight, &reading.culprits, own_user) })
}

/// What would end a ring: the end of one member, with all who share its lock.
pub fn of_ring(sight: &Sight, ring: &Ring, own_user: &str) -> Option<Ending> {
    let own = if ring.ends.len() == 1 { "it has" } else { "they have" };
    let loses = format!("whatever {own} not stored; {OTHERS_GO_ON}");
    let loses = loses + &force::why(sight, &ring.ends);
    Some(Ending { loses, command: command(sight, &ring.ends, own_user)?, note: note(sight, &ring.ends, own_user) })
}

/// The command that would end these processes; `None` if there are none, or one that is not to be ended.
fn command(sight: &Sight, pids: &[u32], own_user: &str) -> Option<String> {
    if pids.is_empty() || pids.contains(&1) {
        return None; // without the first process of a machine there is no machine
    }
    let numbers = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let sudo = if is_anothers(sight, pids, own_user) { "sudo " } else { "" };
    let stopped = |pid: &&u32| sight.processes.get(pid).is_some_and(|process| process.doing == Doing::Stopped);
    let stopped: String = pids.iter().filter(stopped).map(|pid| format!(" {pid}")).collect();
    // Who is stopped takes the signal when it goes on, and not before.
    let option = force::option(sight, pids);
    let is_enough = stopped.is_empty() || !option.is_empty();
    let go_on = if is_enough { String::new() } else { format!("; {sudo}kill -CONT{stopped}") };
    Some(format!("{sudo}kill {option}{numbers}{go_on}"))
}

/// Whether one of these is the process of another user, and whoever asks is not root.
fn is_anothers(sight: &Sight, pids: &[u32], own_user: &str) -> bool {
    let mut users = pids.iter().filter_map(|pid| sight.processes.get(pid)).map(|process| &process.user);
    own_user != "root" && users.any(|user| user != own_user)
}

/// A lock that belongs to an open file goes with the last who has that. Of the processes of others it can't be seen who
/// that is: the one in the list may be the parent alone.
fn note(sight: &Sight, pids: &[u32], own_user: &str) -> String {
    let is_shared = |lock: &Lock| {
        let by_file = matches!(lock.line.kind, LockKind::Flock | LockKind::Ofd) && !lock.line.waiting;
        by_file && lock.owners.iter().any(|pid| pids.contains(pid))
    };
    match is_anothers(sight, pids, own_user) && sight.locks.iter().any(is_shared) {
        true => "It may not be enough: a child that inherited the open file keeps the lock, and whether there is one \
                 can't be seen as this user. Look as root first (`sudo lesson who ...`)."
            .into(),
        false => String::new(),
    }
}

/// What becomes of a transaction whose writer ends.
fn afterwards(nature: Nature) -> String {
    match nature {
        Nature::Wal => "What was committed is in the log (-wal), which belongs to the database: leave it alone".into(),
        _ => "The next one who reads rolls it back with the journal, which belongs to the database: leave it alone"
            .into(),
    }
}
