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
mod wire;
mod witness;
/// The child's side.
pub mod worker;

pub use arena::Arena;
pub use conductor::run;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::scenario::{LONGEST_NAME, LockKind, Scenario, excerpt};
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
#[error("interrupted: all processes were ended")]
pub struct Interrupted;

/// The user asked for something that the run can't do: a schedule that does not fit, a limit of the machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

/// Whether this system has locks of this kind.
///
/// # Errors
/// In words, why not.
pub fn available(kind: LockKind) -> Result<(), Unfit> {
    match kind {
        LockKind::Ofd if !cfg!(target_os = "linux") => {
            Err(Unfit("open-file-description locks are there on Linux only; use flock".into()))
        }
        LockKind::Fcntl if !cfg!(unix) => {
            Err(Unfit("fcntl locks are POSIX, and this system has none; use flock".into()))
        }
        _ => Ok(()),
    }
}

/// Whether this system has all the locks of a scenario.
///
/// # Errors
/// In words, why not: a lock has units, or is of a kind that is not there.
pub fn possible(scenario: &Scenario) -> Result<(), Unfit> {
    if let Some(name) = scenario.units.keys().next() {
        return Err(Unfit(format!(
            "{} has units, and no real lock has any; use `lesson explore`, `lesson play` or `lesson run --simulate`",
            excerpt(name, LONGEST_NAME)
        )));
    }
    scenario.lock_names().into_iter().try_for_each(|name| available(scenario.kind_of(name)))
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Arenas that are still there: as long as there is one, an interrupt has to tidy up.
static ARENAS: AtomicUsize = AtomicUsize::new(0);

/// Makes every run of this process end soon with [`Interrupted`]. Where nothing is to be tidied up, or when called a
/// second time, the process ends at once, with exit status 130; its workers then go with it, and take the temporary
/// directory along. To be called from the thread that a signal handler wakes.
pub fn interrupt() {
    if INTERRUPTED.swap(true, Ordering::Relaxed) || ARENAS.load(Ordering::Relaxed) == 0 {
        std::process::exit(130);
    }
}

fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
