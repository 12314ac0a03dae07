//! What the threads of a process are doing: `/proc/PID/task/TID/{stat,syscall}` (proc_pid_stat(5),
//! proc_pid_syscall(5)).

use std::fs;

use super::super::judge::sight::Doing;
use super::super::processes::state_in;

/// More threads than this are not looked at: one after the other takes time, and these tell enough.
const MOST: usize = 64;

/// One thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Thread {
    /// Its state: `R`, `S`, `D`, `T`, `Z`.
    state: Option<char>,
    /// The number and the arguments of the system call that it is in. Only root and the owner may know.
    call: Option<(u64, [u64; 3])>,
}

/// The threads of a process, the first one first.
pub(super) fn of(pid: u32) -> Vec<Thread> {
    let folder = format!("/proc/{pid}/task");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let read = |entry: fs::DirEntry| {
        let text = |name| fs::read(entry.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Thread {
            state: text("stat").ok().and_then(|stat| state_in(&stat)),
            call: text("syscall").ok().and_then(|call| decode(&call)),
        }
    };
    entries.take(MOST).map(read).collect()
}

/// `NUMBER ARGUMENT ... STACK COUNTER`, in hexadecimal but for the number; `running`, or a negative number.
fn decode(text: &str) -> Option<(u64, [u64; 3])> {
    let mut words = text.split_ascii_whitespace();
    let number = words.next()?.parse().ok()?;
    let mut argument = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    Some((number, [argument()?, argument()?, argument()?]))
}

impl Thread {
    /// Whether it is blocked in a request for an OFD lock on this descriptor.
    pub(super) fn asks_for_ofd(&self, fd: u32) -> bool {
        let asks = |(number, [of, command, _]): (u64, [u64; 3])| {
            number == calls::FCNTL && of == u64::from(fd) && command == calls::F_OFD_SETLKW
        };
        self.call.is_some_and(asks)
    }

    fn doing(&self) -> Doing {
        match self.state {
            None => Doing::Unknown,
            Some('R') => Doing::Runs,
            Some('D') => Doing::AwaitsDisk,
            Some('T' | 't') => Doing::Stopped,
            Some('Z' | 'X') => Doing::Dead,
            Some(_) => match self.call {
                Some((number, arguments)) => calls::doing(number, arguments),
                None => Doing::Sleeps,
            },
        }
    }
}

/// What a process does, by its threads: whoever has one that works, works; whoever has one that naps may be polling.
pub(super) fn doing(threads: &[Thread]) -> Doing {
    let all: Vec<Doing> = threads.iter().map(Thread::doing).collect();
    let telling = [Doing::Stopped, Doing::Runs, Doing::AwaitsDisk, Doing::AwaitsLock, Doing::Naps];
    telling.into_iter().find(|doing| all.contains(doing)).or_else(|| all.first().copied()).unwrap_or_default()
}

/// The numbers of system calls differ from one processor to the next.
#[cfg(target_os = "linux")]
mod calls {
    use super::Doing;
    use nix::libc;

    pub(super) const FCNTL: u64 = libc::SYS_fcntl as u64;
    pub(super) const F_OFD_SETLKW: u64 = libc::F_OFD_SETLKW as u64;

    /// What somebody does who sleeps in this call. A `select` or `poll` of no files is how older programs nap.
    pub(super) fn doing(number: u64, [first, second, _]: [u64; 3]) -> Doing {
        let is = |calls: &[libc::c_long]| calls.iter().any(|call| *call as u64 == number);
        if is(&[libc::SYS_nanosleep, libc::SYS_clock_nanosleep])
            || (is(SELECT) && first == 0)
            || (is(POLL) && second == 0)
        {
            Doing::Naps
        } else if is(&[libc::SYS_flock, libc::SYS_fcntl]) {
            Doing::AwaitsLock
        } else if is(SELECT) || is(POLL) || is(INPUT) {
            Doing::AwaitsInput
        } else {
            Doing::Sleeps
        }
    }

    #[cfg(target_arch = "x86_64")]
    const SELECT: &[libc::c_long] = &[libc::SYS_pselect6, libc::SYS_select];
    #[cfg(not(target_arch = "x86_64"))]
    const SELECT: &[libc::c_long] = &[libc::SYS_pselect6];
    #[cfg(target_arch = "x86_64")]
    const POLL: &[libc::c_long] = &[libc::SYS_ppoll, libc::SYS_poll];
    #[cfg(not(target_arch = "x86_64"))]
    const POLL: &[libc::c_long] = &[libc::SYS_ppoll];
    const INPUT: &[libc::c_long] =
        &[libc::SYS_read, libc::SYS_readv, libc::SYS_recvfrom, libc::SYS_recvmsg, libc::SYS_epoll_pwait];
}

/// There is no `/proc` to read them from.
#[cfg(not(target_os = "linux"))]
mod calls {
    use super::Doing;

    pub(super) const FCNTL: u64 = u64::MAX;
    pub(super) const F_OFD_SETLKW: u64 = u64::MAX;

    pub(super) fn doing(_: u64, _: [u64; 3]) -> Doing {
        Doing::Sleeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_calls() {
        let table = [
            ("72 0x3 0x26 0x7ffd 0x0 0x0 0x0 0x7ffe 0x7f24\n", Some((72, [3, 0x26, 0x7ffd]))),
            ("running\n", None),
            ("-1 0x7ffe 0x7f24\n", None),
            ("72 0x3\n", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn one_thread_at_work_means_work() {
        let thread = |state| Thread { state: Some(state), call: None };
        let table: [(&[char], Doing); 6] = [
            (&['S'], Doing::Sleeps),
            (&['S', 'R'], Doing::Runs),
            (&['S', 'D', 'S'], Doing::AwaitsDisk),
            (&['T', 'T'], Doing::Stopped),
            (&['Z'], Doing::Dead),
            (&[], Doing::Unknown),
        ];
        for (states, expected) in table {
            assert_eq!(doing(&states.iter().copied().map(thread).collect::<Vec<_>>()), expected, "{states:?}");
        }
    }
}
