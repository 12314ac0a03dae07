//! The open files of processes: `/proc/PID/fdinfo/FD` (proc_pid_fdinfo(5)).
//!
//! It tells the inode and the locks without touching the file: a `stat` through `/proc/PID/fd` would hang on a network
//! mount whose server is gone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};

use super::super::LockLine;
use super::super::judge::owners::OpenFile;
use super::threads;

/// What the open files of some processes tell.
#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    /// The files that were looked for, and all that have locks.
    pub(super) files: Vec<OpenFile>,
    /// How many processes may not be looked at.
    pub(super) refused: usize,
}

/// Every process that can be seen, but this one.
pub(super) fn all_pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != std::process::id()).collect()
}

/// Looks for files with these inode numbers among the open files of these processes.
pub(super) fn of(pids: &[u32], inodes: &BTreeSet<u64>) -> OpenFiles {
    // Reading /proc costs little but the calls: more than one processor can make them.
    let helpers = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = pids.len().div_ceil(helpers).max(64);
    let parts: Vec<OpenFiles> = std::thread::scope(|scope| {
        let started: Vec<_> = pids.chunks(share).map(|pids| scope.spawn(move || of_some(pids, inodes))).collect();
        started.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    let mut all = OpenFiles::default();
    for part in parts {
        all.files.extend(part.files);
        all.refused += part.refused;
    }
    all
}

fn of_some(pids: &[u32], inodes: &BTreeSet<u64>) -> OpenFiles {
    let mut found = OpenFiles::default();
    let mut text = Vec::new();
    let bottomless = bottomless(inodes);
    for &pid in pids {
        match of_one(pid, inodes, &bottomless, &mut text, &mut found.files) {
            // It has ended since the list was made.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => found.refused += 1,
            // ESRCH: it is ending.
            Err(_) | Ok(()) => {}
        }
    }
    found
}

fn of_one(
    pid: u32,
    inodes: &BTreeSet<u64>,
    bottomless: &[&str],
    text: &mut Vec<u8>,
    found: &mut Vec<OpenFile>,
) -> io::Result<()> {
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
        let entry = entry?;
        let Some(fd) = entry.file_name().to_str().and_then(|fd| fd.parse::<u32>().ok()) else { continue };
        // What goes wrong from here on was closed since the directory was read.
        let Ok(link) = fs::read_link(entry.path()) else { continue };
        let is_bottomless = bottomless.iter().any(|name| link.as_os_str() == *name);
        if is_bottomless
            || is_no_file(link.as_os_str().as_encoded_bytes())
            || read(&format!("/proc/{pid}/fdinfo/{fd}"), text).is_err()
        {
            continue;
        }
        let Some(mut file) = decode(&String::from_utf8_lossy(text), inodes) else { continue };
        // Before Linux 5.14 only the file itself tells its number.
        if file.inode.is_none() {
            file.inode = fs::metadata(entry.path()).ok().as_ref().and_then(super::super::inode);
            if file.locks.is_empty() && !file.inode.is_some_and(|inode| inodes.contains(&inode)) {
                continue;
            }
        }
        found.push(OpenFile { pid, fd, ..file });
    }
    Ok(())
}

/// The devices that most processes have open, and nobody locks; without those that somebody asks about all the same.
fn bottomless(inodes: &BTreeSet<u64>) -> Vec<&'static str> {
    let is_asked_for = |name: &&str| {
        let inode = fs::metadata(name).ok().as_ref().and_then(super::super::inode);
        inode.is_none_or(|inode| inodes.contains(&inode))
    };
    ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"].into_iter().filter(|name| !is_asked_for(name)).collect()
}

/// Whether a link of `/proc/PID/fd` leads to something that has no name in any file system: `socket:[7]`, `pipe:[7]`,
/// `anon_inode:[eventfd]`. Most descriptors are of this kind, and nobody locks them.
fn is_no_file(link: &[u8]) -> bool {
    !link.starts_with(b"/")
        && [b"socket:".as_slice(), b"pipe:", b"anon_inode:"].iter().any(|kind| link.starts_with(kind))
}

/// Reads a file of `/proc` with as few calls as it takes: these files have no size, and are read thousands of times.
fn read(path: &str, bytes: &mut Vec<u8>) -> io::Result<()> {
    const ENOUGH: usize = 4096;
    let mut file = File::open(path)?;
    bytes.resize(ENOUGH, 0);
    let mut used = file.read(bytes)?;
    // So short an answer is the whole one; a longer one comes in parts.
    while used > ENOUGH / 4 {
        bytes.resize(used + ENOUGH, 0);
        match file.read(&mut bytes[used..])? {
            0 => break,
            more => used += more,
        }
    }
    bytes.truncate(used);
    Ok(())
}

/// One file: `ino:\t7`, `mnt_id:\t27`, `lock:\t1: FLOCK ...`; `None` if it is not looked for and has no locks.
fn decode(text: &str, inodes: &BTreeSet<u64>) -> Option<OpenFile> {
    let number = |name: &str| text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse::<u64>().ok();
    let locks = text.lines().filter_map(|line| line.strip_prefix("lock:")?.trim().parse::<LockLine>().ok());
    let file =
        OpenFile { inode: number("ino:"), mount: number("mnt_id:"), locks: locks.collect(), ..Default::default() };
    let is_wanted = file.inode.is_none_or(|inode| inodes.contains(&inode)) || !file.locks.is_empty();
    is_wanted.then_some(file)
}

/// Marks the files through which somebody is blocked in a request for an OFD lock: the list names nobody for these.
pub(super) fn mark_those_who_ask(files: &mut [OpenFile], inodes: &BTreeSet<u64>) {
    for file in files.iter_mut().filter(|file| file.inode.is_some_and(|inode| inodes.contains(&inode))) {
        file.asks = threads::of(file.pid).iter().any(|thread| thread.asks_for_ofd(file.fd));
    }
}

/// The name of an open file, as its process knows it.
pub(super) fn name(pid: u32, fd: u32) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_looked_for() {
        let inodes = BTreeSet::from([7]);
        let lock = "lock:\t1: OFDLCK ADVISORY  WRITE -1 fe:00:9 0 EOF\n";
        let table = [
            ("pos:\t0\nflags:\t02100001\nmnt_id:\t27\nino:\t7\n".to_owned(), Some((Some(7), Some(27), 0))),
            ("pos:\t0\nmnt_id:\t27\nino:\t8\n".to_owned(), None),
            (format!("pos:\t0\nmnt_id:\t27\nino:\t9\n{lock}"), Some((Some(9), Some(27), 1))),
            ("pos:\t0\nmnt_id:\t27\n".to_owned(), Some((None, Some(27), 0))),
            ("pos:\t0\nino:\t7\nlock:\tnonsense\n".to_owned(), Some((Some(7), None, 0))),
            (String::new(), Some((None, None, 0))),
        ];
        for (text, expected) in table {
            let found = decode(&text, &inodes).map(|file| (file.inode, file.mount, file.locks.len()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
