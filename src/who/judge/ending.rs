//! What would end a holder, and what would be lost. It is only printed: lesson ends nobody but its own children.

mod force;

use super::super::sqlite_bytes::State;
use super::graph::Ring;
use super::parties::{Nature, Party, Stand};
use super::reading::{Cause, Reading};
use super::sight::Sight;

/// How somebody could end the trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What would be lost; said first.
    pub loses: String,
    /// The command.
    pub command: String,
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
        _ => format!("no data of the database, for {one} only read; {it} own work, whatever that is"),
    };
    Some(Ending { loses: loses + &force::why(sight, &reading.culprits), command })
}

/// What would end a ring: the end of one member, with all who share its lock.
pub fn of_ring(sight: &Sight, ring: &Ring, own_user: &str) -> Option<Ending> {
    let own = if ring.ends.len() == 1 { "it has" } else { "they have" };
    let loses = format!("whatever {own} not stored; {OTHERS_GO_ON}");
    Some(Ending { loses: loses + &force::why(sight, &ring.ends), command: command(sight, &ring.ends, own_user)? })
}

/// The command that would end these processes; `None` if there are none, or one that is not to be ended.
fn command(sight: &Sight, pids: &[u32], own_user: &str) -> Option<String> {
    if pids.is_empty() || pids.contains(&1) {
        return None; // without the first process of a machine there is no machine
    }
    let numbers = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let mut users = pids.iter().filter_map(|pid| sight.processes.get(pid)).map(|process| &process.user);
    let sudo = if own_user != "root" && users.any(|user| user != own_user) { "sudo " } else { "" };
    Some(format!("{sudo}kill {}{numbers}", force::option(sight, pids)))
}

/// What becomes of a transaction whose writer ends.
fn afterwards(nature: Nature) -> String {
    match nature {
        Nature::Wal => "What was committed is in the log (-wal), which belongs to the database: leave it alone".into(),
        _ => "The next one who reads rolls it back with the journal, which belongs to the database: leave it alone"
            .into(),
    }
}
