//! What Linux tells of a process: its processor time, its state, the locks of its open files.

use std::io;
use std::time::Duration;

use super::proc_locks::{LockKind, LockLine};
use super::read::linux_only;

/// The largest pid that Linux gives out (proc_sys_kernel(5), `pid_max`).
#[cfg(target_os = "linux")]
const LARGEST_PID: i32 = 1 << 22;

/// The time that all threads of a process have spent on a processor, to the nanosecond
/// (clock_getcpuclockid(3)). Two equal readings prove that it did nothing in between: no polling, no spinning.
///
/// `None` if there is no such process, and elsewhere than on Linux.
#[cfg(target_os = "linux")]
pub fn cpu_time(pid: u32) -> Option<Duration> {
    // 0 would mean the process that asks, and so would a number too large for a clock's id, which has 29 bits for it.
    let pid = i32::try_from(pid).ok().filter(|pid| (1..=LARGEST_PID).contains(pid))?;
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(pid)).ok()?;
    nix::time::clock_gettime(clock).ok().map(Duration::from)
}

/// The time that all threads of a process have spent on a processor. `None`: only Linux tells it of others.
#[cfg(not(target_os = "linux"))]
pub fn cpu_time(_pid: u32) -> Option<Duration> {
    None
}

/// The state of a process's main thread (proc_pid_stat(5)): `R` runs, `S` sleeps (so does who waits for a lock),
/// `D` sleeps and can't be woken, `T` is stopped, `Z` is dead but not yet reaped.
///
/// `None` if there is no such process, and elsewhere than on Linux.
pub fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    state_in(&String::from_utf8_lossy(&stat))
}

/// `PID (NAME) STATE ...`; the name may itself hold blanks and parentheses, so the last one ends it.
pub(super) fn state_in(stat: &str) -> Option<char> {
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// The locks of a process's open files (the `lock:` lines of `/proc/PID/fdinfo/FD`, proc_pid_fdinfo(5)).
///
/// Locks that are held only: a request that waits has no line there. One that was taken before a fork shows up
/// in every process that shares the open file, and once for each descriptor of it. The `id` means nothing here.
///
/// # Errors
///
/// [`io::ErrorKind::Unsupported`] elsewhere than on Linux; else what the system said: that there is no such
/// process, or that it belongs to somebody else; [`io::ErrorKind::InvalidData`] for a line that can't be decoded.
pub fn fdinfo_locks(pid: u32) -> io::Result<Vec<LockLine>> {
    linux_only("/proc/PID/fdinfo, which tells the locks of an open file,")?;
    let mut locks = Vec::new();
    for file in std::fs::read_dir(format!("/proc/{pid}/fdinfo"))? {
        let text = match std::fs::read_to_string(file?.path()) {
            Ok(text) => text,
            // Closed since the directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in text.lines().filter_map(|line| line.strip_prefix("lock:")) {
            locks.push(line.trim().parse::<LockLine>()?);
        }
    }
    Ok(locks)
}

/// The OFD locks of some processes, found through their open files: `/proc/locks` names no process for them (pid -1).
#[derive(Debug, Clone, Default)]
pub struct OfdLocks(Vec<(u32, LockLine)>);

impl OfdLocks {
    /// Reads the open files of these processes, once; those that this process may not read are left out.
    pub fn of(pids: &[u32]) -> Self {
        let locks = |&pid: &u32| fdinfo_locks(pid).unwrap_or_default().into_iter().map(move |lock| (pid, lock));
        Self(pids.iter().flat_map(locks).filter(|(_, lock)| lock.kind == LockKind::Ofd).collect())
    }

    /// The owners of the lock of a held line of `/proc/locks`. More than one, if they share the open file or each hold
    /// the same range in shared mode; none for another kind of lock or a line that waits.
    pub fn owners(&self, line: &LockLine) -> Vec<u32> {
        let owned = self.0.iter().filter(|(_, lock)| !line.waiting && is_same(lock, line));
        owned.map(|(pid, _)| *pid).collect()
    }
}

/// Whether two readings speak of one lock: everything but the count of the lines has to agree.
fn is_same(a: &LockLine, b: &LockLine) -> bool {
    let key = |line: &LockLine| (line.write, line.inode, line.first, line.last);
    a.kind == b.kind && a.device == b.device && key(a) == key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_state_behind_any_name() {
        let table = [
            ("1 (init) S 0 1", Some('S')),
            ("4711 (a) R (b) c) D 1 2 3", Some('D')),
            ("4711 (tmux: server) Z 1", Some('Z')),
            ("4711 ()) T 1", Some('T')),
            ("4711 (cut", None),
            ("4711 (cut)", None),
            ("", None),
        ];
        for (stat, state) in table {
            assert_eq!(state_in(stat), state, "{stat}");
        }
    }

    #[cfg(target_os = "linux")]
    mod linux {
        use super::super::*;
        use std::os::unix::fs::MetadataExt as _;
        use std::process::{Command, Stdio, id};
        use std::time::Instant;

        /// No process has this number.
        const NOBODY: u32 = 1 << 30;

        #[test]
        fn counts_only_work() {
            let before = cpu_time(id()).expect("this process");
            let start = Instant::now();
            while cpu_time(id()) <= Some(before) && start.elapsed() < Duration::from_secs(10) {
                std::hint::spin_loop();
            }
            assert!(cpu_time(id()) > Some(before));
            assert_eq!(cpu_time(0), None);
            assert_eq!(cpu_time(NOBODY), None);
        }

        #[test]
        fn a_blocked_process_sleeps_and_uses_no_time() {
            // `cat` waits for input that never comes.
            let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cat");
            let start = Instant::now();
            // It is asleep when two readings of its clock, a while apart, are the same.
            let mut used = cpu_time(cat.id());
            let asleep = loop {
                std::thread::sleep(Duration::from_millis(50));
                let now = cpu_time(cat.id());
                if state(cat.id()) == Some('S') && now == used && now.is_some() {
                    break true;
                }
                if start.elapsed() > Duration::from_secs(10) {
                    break false;
                }
                used = now;
            };
            cat.kill().expect("it runs");
            cat.wait().expect("it was killed");
            assert!(asleep);
            assert_eq!(state(cat.id()), None, "reaped");
        }

        #[test]
        fn finds_the_owner_of_an_ofd_lock() {
            use nix::fcntl::{FcntlArg, fcntl};
            use nix::libc::{F_WRLCK, SEEK_SET, flock};

            let file = tempfile::tempfile().expect("a temporary file");
            let range = flock { l_type: F_WRLCK as _, l_whence: SEEK_SET as _, l_start: 3, l_len: 4, l_pid: 0 };
            fcntl(&file, FcntlArg::F_OFD_SETLK(&range)).expect("nobody else knows the file");
            let inode = file.metadata().expect("its metadata").ino();

            let lines = crate::who::read().expect("/proc/locks");
            let line = lines.iter().find(|line| line.inode == inode).expect("a line for the lock just taken");
            assert_eq!((line.pid, line.first, line.last), (-1, 3, Some(6)), "{}", line.raw);
            let ofd = OfdLocks::of(&[id(), NOBODY]);
            assert_eq!(ofd.owners(line), [id()]);
            assert!(ofd.owners(&LockLine { first: 4, ..line.clone() }).is_empty());
            assert!(ofd.owners(&LockLine { waiting: true, ..line.clone() }).is_empty());
            assert!(fdinfo_locks(NOBODY).is_err());
        }
    }
}
