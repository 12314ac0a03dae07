//! Reads `/proc/locks` of this machine.

use std::io;

use super::proc_locks::{LockLine, parse};

/// Every lock and every waiting request that this process may see now (proc_locks(5)).
///
/// A holder outside the reader's PID namespace has no line, except that of an OFD lock, which names nobody
/// anyway; a waiter outside it has one, with pid 0 (seen on Linux 6.18).
///
/// A long list is not one instant: the kernel hands out the file page by page, and locks may come and go between
/// two pages (`fs/locks.c`).
///
/// # Errors
///
/// [`io::ErrorKind::Unsupported`] elsewhere than on Linux; [`io::ErrorKind::InvalidData`] with the line if one
/// can't be decoded; else what the system said, such as that a sandbox has no `/proc/locks`.
pub fn read() -> io::Result<Vec<LockLine>> {
    linux_only("/proc/locks, the kernel's list of locks,")?;
    let text = std::fs::read_to_string("/proc/locks")
        .map_err(|error| io::Error::new(error.kind(), format!("can't read /proc/locks: {error}")))?;
    Ok(parse(&text)?)
}

/// Refuses with a clear word where `what` does not exist.
pub(super) fn linux_only(what: &str) -> io::Result<()> {
    if cfg!(target_os = "linux") {
        return Ok(());
    }
    let system = std::env::consts::OS;
    Err(io::Error::new(io::ErrorKind::Unsupported, format!("{what} exists on Linux only; this is {system}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn finds_its_own_flock() {
        use std::os::unix::fs::MetadataExt as _;

        let file = tempfile::tempfile().expect("a temporary file");
        file.lock().expect("nobody else knows the file");
        let inode = file.metadata().expect("its metadata").ino();
        let mine = || {
            let lines = read().expect("/proc/locks");
            lines.into_iter().find(|line| line.inode == inode && u32::try_from(line.pid) == Ok(std::process::id()))
        };

        let line = mine().expect("a line for the lock just taken");
        assert_eq!((line.waiting, line.write, line.first, line.last), (false, true, 0, None), "{}", line.raw);
        assert_eq!(line.kind, super::super::LockKind::Flock);

        file.unlock().expect("it is held");
        assert_eq!(mine(), None);
    }

    #[cfg(not(target_os = "linux"))]
    #[test]
    fn says_that_it_needs_linux() {
        let error = read().expect_err("no such file here");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("Linux only"));
    }
}
