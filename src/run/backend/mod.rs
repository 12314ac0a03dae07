//! The locks themselves: one file for each kind. This is where the world enters.

mod flock;
mod mutex;
mod record;
mod sqlite;

pub use flock::{Flocks, open_lock_file};
pub use mutex::{Mutexes, Table};
pub use record::Records;
pub use sqlite::{Database, Databases};

use std::thread;
use std::time::{Duration, Instant};

use crate::model::Mode;
use crate::trace::Refusal;

/// What a lock answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is yours.
    Granted,
    /// A single try showed it taken.
    Taken(Refusal),
    /// Waiting ended without it.
    Refused(Refusal),
}

/// The locks of one kind that one process works with.
pub trait Locks {
    /// One try that never waits.
    fn try_lock(&mut self, name: &str, mode: Mode) -> anyhow::Result<Answer>;

    /// Waits, for ever or up to a limit.
    fn wait(&mut self, name: &str, mode: Mode, within: Option<Duration>) -> anyhow::Result<Answer>;

    /// Lets go.
    fn unlock(&mut self, name: &str) -> anyhow::Result<()>;

    /// The patience that is in force when a step names none; `None` waits for ever.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

/// Neither `flock(2)` nor `fcntl(2)` has a time-out: a limited wait is a try each millisecond.
fn poll(limit: Duration, mut attempt: impl FnMut() -> anyhow::Result<Answer>) -> anyhow::Result<Answer> {
    let start = Instant::now();
    loop {
        match attempt()? {
            Answer::Taken(_) if start.elapsed() < limit => thread::sleep(Duration::from_millis(1)),
            Answer::Taken(_) => return Ok(Answer::Refused(timed_out())),
            answer => return Ok(answer),
        }
    }
}

fn timed_out() -> Refusal {
    Refusal { name: "timeout".into(), code: None, text: "the time-out passed".into() }
}

/// What `flock` and `fcntl` say of a lock that is taken.
pub fn would_block() -> Refusal {
    #[cfg(unix)]
    let code = Some(nix::errno::Errno::EWOULDBLOCK as i32);
    #[cfg(not(unix))]
    let code = None;
    Refusal { name: "EWOULDBLOCK".into(), code, text: "the lock is taken".into() }
}
