//! Scenario -> trace, for real: processes of the operating system, locks of the kernel, a database on the disk.
//!
//! The conductor (the parent) starts workers (this same binary), listens on one pipe, keeps the wait-for graph and
//! decides what is a deadlock. A refusal is data; an `Err` is our own failure or the user's mistake.

mod arena;
mod backend;
mod clock;
mod conductor;
mod crew;
mod moves;
mod retry;
mod wire;
mod witness;
/// The child's side.
pub mod worker;

pub use arena::Arena;
pub use conductor::run;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::trace::Event;

/// How a run is carried out.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Where its room is made.
    pub arena: &'a Arena,
    /// What it is called in its recording; its room is called so too.
    pub label: String,
    /// The seed of all jitter.
    pub seed: u64,
    /// How long a deadlock is watched before it is ended.
    pub patience: Duration,
    /// The order of the first steps; after them all go on freely.
    pub schedule: Option<Vec<usize>>,
    /// After this long the run is ended, whatever happens in it. `None`: [`crate::scenario::Scenario::longest`].
    pub deadline: Option<Duration>,
}

/// Sees the run while it happens.
pub trait Watcher {
    /// The next event.
    fn event(&mut self, event: &Event) -> anyhow::Result<()>;

    /// Some time has passed: called at least 20 times a second, with the run's clock in microseconds.
    fn tick(&mut self, now_us: u64) -> anyhow::Result<()> {
        let _ = now_us;
        Ok(())
    }
}

/// Looks away: for runs that are only counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn event(&mut self, _: &Event) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The user pressed Ctrl-C, or somebody asked us to terminate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted: all processes were ended and the temporary directory removed")]
pub struct Interrupted;

/// The user asked for something that the run can't do: a schedule that does not fit, a limit of the machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes every run of this process end soon with [`Interrupted`]. May be called from a signal handler's thread.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
