//! Advisory locks on whole open files: `flock(2)` on Linux and macOS, `LockFileEx` on Windows.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::time::Duration;

use anyhow::Context;

use super::{Answer, Locks, poll, would_block};
use crate::model::Mode;
use crate::scenario::LockKind;

/// One open file for each lock. The lock belongs to the open file description and goes with its last close.
#[derive(Debug)]
pub struct Flocks(BTreeMap<String, File>);

impl Flocks {
    /// Opens the files of these locks in the current directory.
    pub fn open<'a>(names: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        names.map(|name| Ok((name.to_owned(), open_lock_file(name)?))).collect::<anyhow::Result<_>>().map(Self)
    }
}

/// Opens `NAME.lock`, which holds no data: on Windows a lock would keep others from reading it.
pub fn open_lock_file(name: &str) -> anyhow::Result<File> {
    let file = LockKind::Flock.file_of(name);
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&file)
        .with_context(|| format!("can't open {file}"))
}

impl Locks for Flocks {
    fn try_lock(&mut self, name: &str, mode: Mode) -> anyhow::Result<Answer> {
        let file = &self.0[name];
        let tried = if mode == Mode::Shared { file.try_lock_shared() } else { file.try_lock() };
        match tried {
            Ok(()) => Ok(Answer::Granted),
            Err(TryLockError::WouldBlock) => Ok(Answer::Taken(would_block())),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("can't lock {name}")),
        }
    }

    fn wait(&mut self, name: &str, mode: Mode, within: Option<Duration>) -> anyhow::Result<Answer> {
        if let Some(limit) = within {
            return poll(limit, || self.try_lock(name, mode));
        }
        let file = &self.0[name];
        loop {
            match if mode == Mode::Shared { file.lock_shared() } else { file.lock() } {
                Ok(()) => return Ok(Answer::Granted),
                // std does not start again after a signal; a waiting process should.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).with_context(|| format!("can't lock {name}")),
            }
        }
    }

    fn unlock(&mut self, name: &str) -> anyhow::Result<()> {
        self.0[name].unlock().with_context(|| format!("can't unlock {name}"))
    }
}
