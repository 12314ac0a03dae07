//! Who has one database locked and another one open, which somebody else has locked: two of these may be waiting for
//! each other, and no list shows it.

use std::collections::BTreeSet;

use super::super::judge::sight::{Crossing, FileId, Target};
use super::super::sqlite_bytes::{PENDING_BYTE, SHARED_LAST, SHM_FIRST, SHM_LAST};
use super::super::{LockKind, LockLine};
use super::wanted::Wanted;
use super::{Given, files, mount_device};
use std::path::Path;

/// Looks at the writers of databases only; where there are fewer than two there is nothing to look for.
pub(super) fn of(lines: &[LockLine], target: Option<&Target>) -> Vec<Crossing> {
    let written: Vec<&LockLine> = lines.iter().filter(|line| is_written(line)).collect();
    let pids: BTreeSet<u32> = written.iter().filter_map(|line| pid(line)).collect();
    let inodes: BTreeSet<u64> = written.iter().map(|line| line.inode).collect();
    if pids.len() < 2 || inodes.len() < 2 {
        return Vec::new();
    }
    let given = target.map(|target| Given::of(Path::new(&target.path)));
    let pids: Vec<u32> = pids.into_iter().collect();
    let mut found: Vec<Crossing> = Vec::new();
    for file in files::of(&pids, &Wanted::numbered(&inodes)).files {
        let device = file.mount.and_then(mount_device);
        let is_it = |line: &LockLine| {
            Some(line.inode) == file.inode && device.as_ref().is_none_or(|device| *device == line.device)
        };
        let has_it = written.iter().any(|line| pid(line) == Some(file.pid) && is_it(line));
        let Some(line) = written.iter().find(|line| is_it(line)).filter(|_| !has_it) else { continue };
        let Some((holder, path)) = pid(line).zip(files::name(file.pid, file.fd)) else { continue };
        // Bytes 120 to 128 mean something in the index of a log only.
        let name = if line.first >= PENDING_BYTE { Some(path.as_str()) } else { path.strip_suffix("-shm") };
        let Some(path) = name else { continue };
        let database = given.as_ref().map_or_else(|| path.to_owned(), |given| given.shown(path));
        let crossing = Crossing { pid: file.pid, database, file: FileId::of(line), holder };
        if !found.contains(&crossing) {
            found.push(crossing);
        }
    }
    found
}

/// Whether it is the lock of a writer: RESERVED or more, or byte 120 of what may be the index of a log.
fn is_written(line: &LockLine) -> bool {
    let Some(last) = line.last.filter(|_| line.kind == LockKind::Posix && line.write && !line.waiting) else {
        return false;
    };
    (line.first >= PENDING_BYTE && last <= SHARED_LAST) || (line.first == SHM_FIRST && last <= SHM_LAST)
}

fn pid(line: &LockLine) -> Option<u32> {
    u32::try_from(line.pid).ok().filter(|pid| *pid > 0)
}
