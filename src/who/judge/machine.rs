//! The whole machine: the files on which somebody waits, and the databases that somebody has locked.

use std::collections::BTreeSet;

use super::super::sqlite_bytes::{PENDING_BYTE, SHARED_LAST};
use super::super::{LockKind, LockLine};
use super::graph::Graph;
use super::header::{Header, Journal};
use super::parties::{self, Nature, Party};
use super::reading;
use super::sight::{FileId, FileKind, Part, Sight, Target};
use crate::machine::FileSystem;

/// A file of the machine that nobody asked about by name, and who has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnFile {
    /// Its name, if somebody who has it open told it; else its number.
    pub name: String,
    /// Who has to do with it.
    pub parties: Vec<Party>,
}

/// The files on which somebody waits, each with its holders and its waiters.
pub fn waited(sight: &Sight, graph: &Graph) -> Vec<OnFile> {
    let files: BTreeSet<FileId> = graph.waits.iter().map(|wait| FileId::of(&sight.locks[wait.request].line)).collect();
    let on_file = |id: FileId| {
        let name = reading::file_name(sight, &id);
        let target = target(&name, vec![(Part::Main, id)], Header::Other);
        OnFile { parties: parties::parties(sight, &target, Nature::Plain), name }
    };
    files.into_iter().map(on_file).collect()
}

/// The databases in which somebody holds more than that it is open: files with locks on SQLite's bytes. Nobody else
/// locks these; a `-shm` is known by its name beside the database.
pub fn databases(sight: &Sight) -> Vec<OnFile> {
    let held = sight.locks.iter().filter(|lock| !lock.line.waiting && is_in_a_database(&lock.line));
    let mains: BTreeSet<FileId> = held.map(|lock| FileId::of(&lock.line)).collect();
    let on_file = |id: FileId| {
        let name = reading::file_name(sight, &id);
        let shm = sight.names.iter().find(|(_, other)| **other == format!("{name}-shm")).map(|(id, _)| id.clone());
        let nature = if shm.is_some() { Nature::Wal } else { Nature::Rollback };
        let files = [(Part::Main, id)].into_iter().chain(shm.map(|id| (Part::Shm, id))).collect();
        let target = target(&name, files, Header::Sqlite { page_size: 4096, wal: nature == Nature::Wal });
        let mut parties = parties::parties(sight, &target, nature);
        let is_held = parties.iter().any(|party| party.stand.is_holding());
        parties.retain(|party| super::words::stand_name(&party.stand) != "open");
        is_held.then_some(OnFile { name, parties })
    };
    mains.into_iter().filter_map(on_file).collect()
}

/// Whether a line is about bytes that SQLite locks in a database file.
pub fn is_in_a_database(line: &LockLine) -> bool {
    line.kind == LockKind::Posix && line.first >= PENDING_BYTE && line.last.is_some_and(|last| last <= SHARED_LAST)
}

/// A file of which nothing is known but its locks.
fn target(name: &str, files: Vec<(Part, FileId)>, header: Header) -> Target {
    Target {
        path: name.to_owned(),
        kind: FileKind::File,
        files,
        file_system: FileSystem { name: String::new(), is_network: false },
        header,
        cut: None,
        journal: Journal::None,
        wal_bytes: None,
        index: None,
    }
}
