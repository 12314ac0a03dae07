//! Asks the kernel lock by lock: fcntl(2) `F_GETLK`. It sees POSIX and OFD locks, one conflict at a time, and no flock.
//!
//! The descriptor must not be one of a process that holds POSIX locks on the file: to close it would drop these.

use std::fs::File;

#[cfg(unix)]
use super::super::LockKind;
use super::super::LockLine;
use super::super::judge::sight::FileId;

/// More ranges than this are not asked about.
#[cfg(unix)]
const MOST: usize = 64;

/// The locks that are in the way of an exclusive lock on the whole file; of those that overlap, one.
///
/// Their lines are numbered downwards from the largest number, so that none is one of the kernel's list.
#[cfg(unix)]
pub(super) fn conflicts(file: &File, id: &FileId) -> Vec<LockLine> {
    let mut found = Vec::new();
    let mut ranges: Vec<(u64, Option<u64>)> = vec![(0, None)];
    for _ in 0..MOST {
        let Some((first, last)) = ranges.pop() else { break };
        let Some(line) = conflict(file, id, first, last, u64::MAX - found.len() as u64) else { continue };
        if line.first > first {
            ranges.push((first, Some(line.first - 1)));
        }
        if let Some(end) = line.last.filter(|end| last.is_none_or(|last| *end < last)) {
            ranges.push((end + 1, last));
        }
        found.push(line);
    }
    found.sort_by_key(|line| line.first);
    found
}

#[cfg(unix)]
fn conflict(file: &File, id: &FileId, first: u64, last: Option<u64>, number: u64) -> Option<LockLine> {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc::{F_UNLCK, F_WRLCK, SEEK_SET, c_short, flock};

    // The widths of these fields differ from system to system; the bytes of a file fit all of them.
    let mut ask = flock {
        l_type: F_WRLCK as _,
        l_whence: SEEK_SET as _,
        l_start: first.try_into().ok()?,
        // 0 means: to the end, however far the file grows.
        l_len: last.map_or(Some(0), |last| (last - first + 1).try_into().ok())?,
        ..no_lock()
    };
    fcntl(file, FcntlArg::F_GETLK(&mut ask)).ok()?;
    if ask.l_type == F_UNLCK as c_short {
        return None;
    }
    let start = u64::try_from(ask.l_start).ok()?;
    let end = if ask.l_len == 0 { None } else { Some(start + u64::try_from(ask.l_len).ok()? - 1) };
    let write = ask.l_type == F_WRLCK as c_short;
    let mode = if write { "WRITE" } else { "READ" };
    let shown = end.map_or_else(|| "EOF".to_owned(), |end| end.to_string());
    Some(LockLine {
        raw: format!("F_GETLK: {mode} {} {start} {shown}", ask.l_pid),
        id: number,
        waiting: false,
        // An open file's lock names no process.
        kind: if ask.l_pid == -1 { LockKind::Ofd } else { LockKind::Posix },
        write,
        pid: ask.l_pid,
        device: id.device.clone(),
        inode: id.inode,
        first: start,
        last: end,
    })
}

#[cfg(unix)]
fn no_lock() -> nix::libc::flock {
    #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly")))]
    return nix::libc::flock { l_type: 0, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 };
    #[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
    nix::libc::flock { l_type: 0, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0, l_sysid: 0 }
}

/// Nobody can be asked here.
#[cfg(not(unix))]
pub(super) fn conflicts(_: &File, _: &FileId) -> Vec<LockLine> {
    Vec::new()
}
