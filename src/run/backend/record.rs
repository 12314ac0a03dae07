//! POSIX record locks and open-file-description locks: both are `fcntl(2)`, over the whole file.
//!
//! The first belong to the process and the kernel looks for cycles among them (`EDEADLK`); the second belong to the
//! open file description and it does not.

use std::time::Duration;

use super::{Answer, Locks};
use crate::model::Mode;

/// One open file for each lock. It stays open to the end: closing *any* descriptor of a file drops all of a process's
/// POSIX locks on it.
#[derive(Debug)]
pub struct Records {
    #[cfg(unix)]
    files: std::collections::BTreeMap<String, std::fs::File>,
    #[cfg(unix)]
    owner: Owner,
}

/// To whom a record lock belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// `F_SETLK`, `F_SETLKW`.
    Process,
    /// `F_OFD_SETLK`, `F_OFD_SETLKW`; Linux only.
    OpenFile,
}

impl Records {
    /// POSIX locks: `fcntl(F_SETLKW)`.
    pub fn open_posix<'a>(names: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        Self::open(names, Owner::Process)
    }

    /// Open-file-description locks: `fcntl(F_OFD_SETLKW)`.
    pub fn open_ofd<'a>(names: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        Self::open(names, Owner::OpenFile)
    }

    #[cfg(unix)]
    fn open<'a>(names: impl Iterator<Item = &'a str>, owner: Owner) -> anyhow::Result<Self> {
        let files = names
            .map(|name| Ok((name.to_owned(), super::flock::open_lock_file(name)?)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { files, owner })
    }

    #[cfg(not(unix))]
    fn open<'a>(_: impl Iterator<Item = &'a str>, _: Owner) -> anyhow::Result<Self> {
        anyhow::bail!("this system has no fcntl locks")
    }
}

#[cfg(unix)]
mod unix {
    use anyhow::Context;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};

    use super::super::{poll, would_block};
    use super::{Answer, Duration, Locks, Mode, Owner, Records};
    use crate::trace::Refusal;

    impl Records {
        fn call(&self, name: &str, kind: i32, wait: bool) -> Result<(), Errno> {
            let range = nix::libc::flock {
                l_type: kind as _,
                l_whence: nix::libc::SEEK_SET as _,
                l_start: 0,
                l_len: 0, // to the end of the file, however far it grows
                l_pid: 0, // must be 0 for an open-file-description lock
            };
            let request = match (self.owner, wait) {
                (Owner::Process, false) => FcntlArg::F_SETLK(&range),
                (Owner::Process, true) => FcntlArg::F_SETLKW(&range),
                #[cfg(target_os = "linux")]
                (Owner::OpenFile, false) => FcntlArg::F_OFD_SETLK(&range),
                #[cfg(target_os = "linux")]
                (Owner::OpenFile, true) => FcntlArg::F_OFD_SETLKW(&range),
                #[cfg(not(target_os = "linux"))]
                (Owner::OpenFile, _) => return Err(Errno::EINVAL),
            };
            fcntl(&self.files[name], request).map(drop)
        }
    }

    impl Locks for Records {
        fn try_lock(&mut self, name: &str, mode: Mode) -> anyhow::Result<Answer> {
            match self.call(name, lock_type(mode), false) {
                Ok(()) => Ok(Answer::Granted),
                Err(Errno::EAGAIN | Errno::EACCES) => Ok(Answer::Taken(would_block())),
                Err(errno) => Err(errno).with_context(|| format!("can't lock {name}")),
            }
        }

        fn wait(&mut self, name: &str, mode: Mode, within: Option<Duration>) -> anyhow::Result<Answer> {
            if let Some(limit) = within {
                return poll(limit, || self.try_lock(name, mode));
            }
            loop {
                match self.call(name, lock_type(mode), true) {
                    Ok(()) => return Ok(Answer::Granted),
                    Err(Errno::EINTR) => {}
                    Err(Errno::EDEADLK) => return Ok(Answer::Refused(deadlock())),
                    Err(errno) => return Err(errno).with_context(|| format!("can't lock {name}")),
                }
            }
        }

        fn unlock(&mut self, name: &str) -> anyhow::Result<()> {
            self.call(name, nix::libc::F_UNLCK as _, false).with_context(|| format!("can't unlock {name}"))
        }
    }

    fn lock_type(mode: Mode) -> i32 {
        if mode == Mode::Shared { nix::libc::F_RDLCK as _ } else { nix::libc::F_WRLCK as _ }
    }

    fn deadlock() -> Refusal {
        let errno = Errno::EDEADLK;
        Refusal { name: "EDEADLK".into(), code: Some(errno as i32), text: errno.desc().into() }
    }
}

#[cfg(not(unix))]
impl Locks for Records {
    fn try_lock(&mut self, _: &str, _: Mode) -> anyhow::Result<Answer> {
        anyhow::bail!("this system has no fcntl locks")
    }

    fn wait(&mut self, name: &str, mode: Mode, _: Option<Duration>) -> anyhow::Result<Answer> {
        self.try_lock(name, mode)
    }

    fn unlock(&mut self, _: &str) -> anyhow::Result<()> {
        anyhow::bail!("this system has no fcntl locks")
    }
}
