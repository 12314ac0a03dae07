//! Whose lock is it? The kernel's list names the process that took it, which may be gone, or nobody: the open files of
//! the processes tell.

use std::collections::BTreeMap;

use super::super::{LockKind, LockLine};
use super::sight::Lock;

/// What one descriptor of a process tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenFile {
    /// The process.
    pub pid: u32,
    /// The descriptor.
    pub fd: u32,
    /// The inode number of the file; `None` before Linux 5.14, which does not tell it.
    pub inode: Option<u64>,
    /// The number of the mount on which it was opened.
    pub mount: Option<u64>,
    /// The locks of this open file.
    pub locks: Vec<LockLine>,
    /// Whether a thread of the process is blocked, through this descriptor, in a request for an OFD lock.
    pub asks: bool,
}

/// Gives each line its owners.
///
/// `open` are the open files of all processes that may be looked at, and `lives` says whether a process is there.
pub fn with_owners(lines: Vec<LockLine>, open: &[OpenFile], lives: impl Fn(u32) -> bool) -> Vec<Lock> {
    // By what they say, so that many locks of many processes are not all compared with each other.
    let mut held: BTreeMap<Key<'_>, Vec<u32>> = BTreeMap::new();
    let mut asking: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for file in open {
        for lock in file.locks.iter().filter(|lock| is_of_an_open_file(lock)) {
            held.entry(key(lock)).or_default().push(file.pid);
        }
        if let Some(inode) = file.inode.filter(|_| file.asks) {
            asking.entry(inode).or_default().push(file.pid);
        }
    }
    let mut listed: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_of_an_open_file(line)) {
        listed.entry(key(line)).or_default().push(index);
    }
    let owners = |(index, line): (usize, &LockLine)| -> Vec<u32> {
        let taker = u32::try_from(line.pid).ok().filter(|pid| *pid > 0);
        let mut owners: Vec<u32> = match (&line.kind, line.waiting) {
            // These belong to an open file, and so to all who share it.
            _ if is_of_an_open_file(line) => {
                let found = held.get(&key(line)).cloned().unwrap_or_default();
                let equal = listed.get(&key(line)).map_or(&[][..], Vec::as_slice);
                // As many locks as descriptors: each descriptor is an open file of its own, with one of the locks.
                // Which one it is makes no difference, for they are equal.
                match equal.iter().position(|other| *other == index) {
                    Some(place) if equal.len() == found.len() => vec![found[place]],
                    _ => found,
                }
            }
            // The list names nobody; who is blocked in such a request on this file is one of those who wait.
            (LockKind::Ofd, true) => asking.get(&line.inode).cloned().unwrap_or_default(),
            _ => taker.into_iter().collect(),
        };
        if owners.is_empty() && line.kind == LockKind::Flock {
            owners.extend(taker.filter(|pid| lives(*pid)));
        }
        owners.sort_unstable();
        owners.dedup();
        owners
    };
    let all: Vec<Vec<u32>> = lines.iter().enumerate().map(owners).collect();
    lines.into_iter().zip(all).map(|(line, owners)| Lock { line, owners }).collect()
}

/// Whether it is a held lock that belongs to an open file, and so to all who share that.
fn is_of_an_open_file(line: &LockLine) -> bool {
    matches!(line.kind, LockKind::Flock | LockKind::Ofd) && !line.waiting
}

/// By what a lock is known again in another reading: everything but the count of the lines has to agree.
pub(super) type Key<'a> = (u64, &'a str, bool, bool, i32, u64, Option<u64>);

/// The key of a line of a lock that belongs to an open file.
pub(super) fn key(line: &LockLine) -> Key<'_> {
    (line.inode, &line.device, line.kind == LockKind::Flock, line.write, line.pid, line.first, line.last)
}
