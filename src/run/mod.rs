//! Scenario -> trace, for real: processes of the operating system, locks of the kernel, a database on the disk.
//!
//! The conductor (the parent) starts workers (this same binary), listens on one pipe, keeps the wait-for graph and
//! decides what is a deadlock. A refusal is data; an `Err` is our own failure or the user's mistake.

mod arena;
mod backend;
mod clock;
mod conductor;
mod crew;
/// An flock that a child inherits.
pub mod heir;
mod moves;
/// Real attempts to get what somebody has.
pub mod victim;
mod wire;
mod witness;
/// The child's side.
pub mod worker;

pub use arena::Arena;
pub use conductor::run;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::scenario::{LONGEST_NAME, LockKind, Scenario, excerpt};
use crate::trace::{Event, Witness};

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
    /// Who says which process makes the next step.
    pub schedule: Schedule<'a>,
    /// After this long the run is ended, whatever happens in it. `None`: [`crate::scenario::Scenario::longest`].
    pub deadline: Option<Duration>,
    /// The program whose `worker` command the workers are. `None`: this one; tests are another one.
    pub program: Option<&'a Path>,
}

/// Who says which process makes the next step.
#[derive(Debug, Clone, Default)]
pub enum Schedule<'a> {
    /// Nobody: luck decides.
    #[default]
    Luck,
    /// A list of the first steps; after them all go on freely.
    List(Vec<usize>),
    /// A player, whenever it likes: any process that is not inside a step already, also one that will have to wait. The
    /// run ends with [`Interrupted`] when the player hangs up.
    Player(&'a Receiver<usize>),
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

    /// In a scheduled run: the step that this process was told is done.
    fn stepped(&mut self, who: usize) -> anyhow::Result<()> {
        let _ = who;
        Ok(())
    }

    /// Whether it wants to know now what the kernel lists of the run's locks. Asked at every tick.
    fn asks_kernel(&mut self) -> bool {
        false
    }

    /// The answer; `None` where there is no such list, or nothing in it.
    fn kernel(&mut self, witness: Option<Witness>) -> anyhow::Result<()> {
        let _ = witness;
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
            "{} has units, and no real lock has any; use `lesson explore`, `lesson play` without --real, or \
             `lesson run --simulate`",
            excerpt(name, LONGEST_NAME)
        )));
    }
    scenario.lock_names().into_iter().try_for_each(|name| available(scenario.kind_of(name)))
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How many [`Care`]s are there.
static CARES: AtomicUsize = AtomicUsize::new(0);

/// Something that is to be tidied up: an arena, a terminal in another mode. As long as there is one, an interrupt
/// leaves it to whoever made it to end soon.
#[derive(Debug)]
pub struct Care(());

impl Care {
    /// One more.
    #[expect(clippy::new_without_default, reason = "it is there to be dropped, and not a value")]
    pub fn new() -> Self {
        CARES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Care {
    fn drop(&mut self) {
        CARES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes every run of this process end soon with [`Interrupted`]. Where nothing is to be tidied up, or when called a
/// second time, the process ends at once, behind `last`, with exit status 130; its workers then go with it, and take
/// the temporary directory along. To be called from the thread that a signal handler wakes.
pub fn interrupt(last: impl FnOnce()) {
    if INTERRUPTED.swap(true, Ordering::Relaxed) || CARES.load(Ordering::Relaxed) == 0 {
        last();
        std::process::exit(130);
    }
}

/// Whether [`interrupt`] was called.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
