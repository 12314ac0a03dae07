//! What Linux tells of a process: its processor time, its state.

use std::time::Duration;

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
    }
}
