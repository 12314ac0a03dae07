//! The open files of processes: `/proc/PID/fdinfo/FD` (proc_pid_fdinfo(5)).
//!
//! It tells the inode and the locks without touching the file: a `stat` through `/proc/PID/fd` would hang on a network
//! mount whose server is gone.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};

use super::super::LockLine;
use super::super::judge::owners::OpenFile;
use super::threads;
use super::wanted::Wanted;

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

/// Looks for these files among the open files of these processes.
pub(super) fn of(pids: &[u32], wanted: &Wanted) -> OpenFiles {
    // Reading /proc costs little but the calls: more than one processor can make them.
    let helpers = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = pids.len().div_ceil(helpers).max(64);
    let parts: Vec<OpenFiles> = std::thread::scope(|scope| {
        let started: Vec<_> = pids.chunks(share).map(|pids| scope.spawn(move || of_some(pids, wanted))).collect();
        started.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    let mut all = OpenFiles::default();
    for part in parts {
        all.files.extend(part.files);
        all.refused += part.refused;
    }
    all
}

fn of_some(pids: &[u32], wanted: &Wanted) -> OpenFiles {
    let mut found = OpenFiles::default();
    let mut text = Vec::new();
    let counts = counts();
    for &pid in pids {
        match of_one(pid, wanted, counts, &mut text, &mut found.files) {
            // It has ended since the list was made.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => found.refused += 1,
            // ESRCH: it is ending.
            Err(_) | Ok(()) => {}
        }
    }
    found
}

fn of_one(pid: u32, wanted: &Wanted, counts: bool, text: &mut Vec<u8>, found: &mut Vec<OpenFile>) -> io::Result<()> {
    let links = links(pid, counts)?;
    let may_be = wanted.of(pid, links.len());
    for (fd, _) in links.iter().filter(|(_, link)| may_be(link)) {
        // What goes wrong from here on was closed since the names were read.
        if read(&format!("/proc/{pid}/fdinfo/{fd}"), text).is_err() {
            continue;
        }
        let Some(mut file) = decode(&String::from_utf8_lossy(text), wanted) else { continue };
        // Before Linux 5.14 only the file itself tells its number.
        if file.inode.is_none() {
            let itself = fs::metadata(format!("/proc/{pid}/fd/{fd}"));
            file.inode = itself.ok().as_ref().and_then(super::super::inode);
            if file.locks.is_empty() && !file.inode.is_some_and(|inode| wanted.has(inode)) {
                continue;
            }
        }
        found.push(OpenFile { pid, fd: *fd, ..file });
    }
    Ok(())
}

/// How many of these processes may not be looked at.
pub(super) fn refused(pids: &[u32]) -> usize {
    let counts = counts();
    let is_refused = |pid: &&u32| {
        let folder = format!("/proc/{pid}/fd");
        let is_empty = counts && fs::metadata(&folder).is_ok_and(|folder| folder.len() == 0);
        !is_empty && link(&folder, 0).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    pids.iter().filter(is_refused).count()
}

/// Whether the size of a folder of descriptors is their number. Before Linux 6.2 it is 0.
fn counts() -> bool {
    fs::metadata("/proc/self/fd").is_ok_and(|folder| folder.len() > 0)
}

/// The descriptors of a process, each with the name of its file.
///
/// Most processes have a few, numbered from 0: if the system tells how many there are, to try these takes half the time
/// of reading the folder, for which the kernel makes an entry of everything in it.
fn links(pid: u32, counts: bool) -> io::Result<Vec<(u32, OsString)>> {
    const FEW: u64 = 16;
    let folder = format!("/proc/{pid}/fd");
    let mut all = Vec::new();
    if counts {
        let count = fs::metadata(&folder)?.len();
        for fd in 0..count.min(FEW) as u32 {
            match link(&folder, fd) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => break, // a gap between the numbers
                link => all.push((fd, link?)),
            }
        }
        if all.len() as u64 == count {
            return Ok(all);
        }
    }
    let known = all.len() as u32;
    for entry in fs::read_dir(&folder)? {
        let Some(fd) = entry?.file_name().to_str().and_then(|fd| fd.parse().ok()) else { continue };
        // What can't be found was closed since the folder was read.
        if fd >= known
            && let Ok(link) = link(&folder, fd)
        {
            all.push((fd, link));
        }
    }
    Ok(all)
}

/// The name of an open file; empty if it is too long for the kernel to tell.
fn link(folder: &str, fd: u32) -> io::Result<OsString> {
    match fs::read_link(format!("{folder}/{fd}")) {
        Err(error) if error.kind() == io::ErrorKind::InvalidFilename => Ok(OsString::new()),
        link => Ok(link?.into_os_string()),
    }
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
fn decode(text: &str, wanted: &Wanted) -> Option<OpenFile> {
    let number = |name: &str| text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse::<u64>().ok();
    let locks = text.lines().filter_map(|line| line.strip_prefix("lock:")?.trim().parse::<LockLine>().ok());
    let file =
        OpenFile { inode: number("ino:"), mount: number("mnt_id:"), locks: locks.collect(), ..Default::default() };
    let is_wanted = file.inode.is_none_or(|inode| wanted.has(inode)) || !file.locks.is_empty();
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
            let found =
                decode(&text, &Wanted::numbered(&inodes)).map(|file| (file.inode, file.mount, file.locks.len()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
