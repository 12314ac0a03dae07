//! The system's limits that a run with many processes meets first, and how to raise them.

use std::io;

/// Makes sure that this process, and those it starts, may have `needed` files open at once: raises the soft limit
/// `RLIMIT_NOFILE` (getrlimit(2)) if it is lower. It is never lowered, and the hard limit is left alone.
///
/// # Errors
///
/// Words for the user: which limit stands in the way, its value, and how to raise it.
#[cfg(unix)]
pub fn raise_open_files(needed: u64) -> Result<(), String> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let unknown = |error| format!("can't read the limit on open files (RLIMIT_NOFILE): {error}");
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(unknown)?;
    let Some(soft) = new_soft_limit(soft, hard, needed)? else { return Ok(()) };
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).map_err(|error| {
        // macOS has a second ceiling below a hard limit without end: `sysctl kern.maxfilesperproc`.
        format!(
            "the limit on open files (RLIMIT_NOFILE) can't be raised to {soft}: {error}; try `ulimit -n {soft}` first"
        )
    })
}

/// Makes sure that `needed` files may be open at once. This system sets no such limit on a process.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn raise_open_files(_needed: u64) -> Result<(), String> {
    Ok(())
}

/// The soft limit to set; `None` if it need not change. "Without limit" is the largest number.
#[cfg(any(unix, test))]
fn new_soft_limit(soft: u64, hard: u64, needed: u64) -> Result<Option<u64>, String> {
    if needed <= soft {
        return Ok(None);
    }
    if needed <= hard {
        return Ok(Some(needed));
    }
    Err(format!(
        "{needed} open files are needed, but the hard limit (RLIMIT_NOFILE) is {hard}, and the soft limit {soft}; \
         use fewer processes, or raise it: `ulimit -n {needed}` as root, then lesson from the same shell \
         (for good: `nofile` in /etc/security/limits.conf, or `LimitNOFILE=` of a systemd unit)"
    ))
}

/// How many files this process may have open: the soft and the hard limit, `u64::MAX` for none (getrlimit(2)).
/// `None` if the system does not tell.
#[cfg(unix)]
pub fn open_files() -> Option<(u64, u64)> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let plain = |limit| if limit == RLIM_INFINITY { u64::MAX } else { limit };
    getrlimit(Resource::RLIMIT_NOFILE).ok().map(|(soft, hard)| (plain(soft), plain(hard)))
}

/// How many files this process may have open. This system sets no such limit on a process.
#[cfg(not(unix))]
pub fn open_files() -> Option<(u64, u64)> {
    None
}

/// How many processes and threads there may be: the lowest of the user's limit and of those of the cgroups that this
/// process is in. `None` if there is none, or the system does not tell.
#[cfg(target_os = "linux")]
pub fn processes() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let of_user = getrlimit(Resource::RLIMIT_NPROC).ok().map(|(soft, _)| soft).filter(|soft| *soft != RLIM_INFINITY);
    of_user.into_iter().chain(of_cgroups()).min()
}

/// The limits `pids.max` of the cgroup of this process and of all above it (cgroups(7), version 2).
#[cfg(target_os = "linux")]
fn of_cgroups() -> Vec<u64> {
    let table = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = table.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let folders = std::path::Path::new("/sys/fs/cgroup").join(own);
    let limits = folders.ancestors().take_while(|folder| folder.starts_with("/sys/fs/cgroup"));
    // Without a limit the file says `max`; the topmost cgroup of a machine has no such file.
    limits.filter_map(|folder| std::fs::read_to_string(folder.join("pids.max")).ok()?.trim().parse().ok()).collect()
}

/// How many processes there may be: not looked up on this system.
#[cfg(not(target_os = "linux"))]
pub fn processes() -> Option<u64> {
    None
}

/// What to tell the user when a process could not be started because there may be no more of them (`EAGAIN`,
/// fork(2)); `None` if `error` is another one.
pub fn spawn_hint(error: &io::Error) -> Option<String> {
    // EAGAIN is the only error of fork(2) that std knows by this name.
    (error.kind() == io::ErrorKind::WouldBlock).then(|| {
        format!(
            "the system allows no further process (EAGAIN){}; use fewer processes, end other programs of this \
             user, or raise the limit: `ulimit -u`, or `pids.max` of the cgroup (for a container: `--pids-limit`)",
            processes_of_user()
        )
    })
}

/// `RLIMIT_NPROC` in words, if there is one and it is not endless.
#[cfg(target_os = "linux")]
fn processes_of_user() -> String {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    match getrlimit(Resource::RLIMIT_NPROC) {
        Ok((soft, _)) if soft != RLIM_INFINITY => {
            format!(": one user may have {soft} processes and threads (RLIMIT_NPROC; root is exempt)")
        }
        _ => String::new(),
    }
}

#[cfg(not(target_os = "linux"))]
fn processes_of_user() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raises_only_what_is_too_low() {
        let table = [
            ((1024, 4096, 100), Some(None)),
            ((1024, 4096, 1024), Some(None)),
            ((1024, 4096, 1025), Some(Some(1025))),
            ((1024, 4096, 4096), Some(Some(4096))),
            ((1024, u64::MAX, 1 << 40), Some(Some(1 << 40))),
            ((u64::MAX, u64::MAX, u64::MAX), Some(None)),
            ((1024, 4096, 4097), None),
        ];
        for ((soft, hard, needed), expected) in table {
            assert_eq!(new_soft_limit(soft, hard, needed).ok(), expected, "{soft} {hard} {needed}");
        }
    }

    #[test]
    fn the_refusal_names_limit_value_and_remedy() {
        let error = new_soft_limit(1024, 4096, 5000).expect_err("beyond the hard limit");
        for word in ["5000 open files", "hard limit", "RLIMIT_NOFILE", "4096", "1024", "ulimit -n 5000"] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn asks_this_machine() {
        use nix::sys::resource::{Resource, getrlimit};

        let limits = || getrlimit(Resource::RLIMIT_NOFILE).expect("every Unix has it");
        let (soft, hard) = limits();
        assert!(open_files().is_some_and(|(now, most)| 0 < now && now <= most));
        assert!(processes().is_none_or(|limit| limit > 0), "this process runs");
        assert_eq!(raise_open_files(1), Ok(()));
        assert_eq!(limits(), (soft, hard), "nothing to raise");
        if hard < u64::MAX {
            assert!(raise_open_files(hard + 1).is_err());
            assert_eq!(limits(), (soft, hard), "a refusal changes nothing");
        }
        if soft < hard && cfg!(target_os = "linux") {
            assert_eq!(raise_open_files(soft + 1), Ok(()));
            assert_eq!(limits(), (soft + 1, hard));
        }
    }

    #[cfg(unix)]
    #[test]
    fn explains_only_a_lack_of_processes() {
        let no_more = io::Error::from_raw_os_error(nix::libc::EAGAIN);
        let hint = spawn_hint(&no_more).expect("EAGAIN");
        for word in ["EAGAIN", "ulimit -u", "pids.max"] {
            assert!(hint.contains(word), "{word}: {hint}");
        }
        assert_eq!(spawn_hint(&io::Error::from_raw_os_error(nix::libc::ENOENT)), None);
    }
}
