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
    // By inode, so that many locks of many processes are not all compared with each other.
    let mut held: BTreeMap<u64, Vec<(u32, &LockLine)>> = BTreeMap::new();
    let mut asking: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for file in open {
        for lock in &file.locks {
            held.entry(lock.inode).or_default().push((file.pid, lock));
        }
        if let Some(inode) = file.inode.filter(|_| file.asks) {
            asking.entry(inode).or_default().push(file.pid);
        }
    }
    let owners = |line: &LockLine| -> Vec<u32> {
        let taker = u32::try_from(line.pid).ok().filter(|pid| *pid > 0);
        let mut owners: Vec<u32> = match (&line.kind, line.waiting) {
            // These belong to an open file, and so to all who share it.
            (LockKind::Flock | LockKind::Ofd, false) => {
                let same = held.get(&line.inode).into_iter().flatten().filter(|(_, own)| is_same(own, line));
                same.map(|(pid, _)| *pid).collect()
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
    lines.into_iter().map(|line| Lock { owners: owners(&line), line }).collect()
}

/// Whether two readings speak of one lock: everything but the count of the lines has to agree.
fn is_same(a: &LockLine, b: &LockLine) -> bool {
    let key = |line: &LockLine| (line.write, line.pid, line.inode, line.first, line.last);
    a.kind == b.kind && a.device == b.device && key(a) == key(b)
}
