//! `lesson deadlock`: a ring of processes, each holding what the next one wants.

use std::time::Duration;

use super::output::Output;
use super::stage::{Plan, Planned, perform};
use super::{Verdict, count, ring_size};
use crate::analysis::{Figures, Outcome};
use crate::machine::Terminal;
use crate::scenario::builtin::Ring;
use crate::scenario::{LockKind, duration};
use crate::trace::{Command, Recording, Trace, What};

/// Each process takes its own lock, all meet, then each wants the next one's: a certain deadlock, every time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson deadlock                     flock: they would wait for ever
  lesson deadlock --processes 5 --bystander
  lesson deadlock --on fcntl          the kernel refuses one: EDEADLK
  lesson deadlock --on fcntl --processes 13    not in so long a ring (Linux)
  lesson deadlock --on mutex          threads; parking_lot's detector finds it
  lesson deadlock --on sqlite         two databases; a time-out ends it
  lesson deadlock --free --repeat 50  no meeting: luck decides")]
pub(super) struct Args {
    /// The kind of the locks: flock, fcntl, ofd, mutex, sqlite or sqlite-wal
    #[arg(long, value_name = "KIND", default_value = "flock", value_parser = lock_kind)]
    on: LockKind,
    /// How many processes stand in the ring
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = ring_size(), allow_hyphen_values = true)]
    processes: usize,
    /// No meeting after the first lock: luck decides (the exit status is 0 either way)
    #[arg(long)]
    free: bool,
    /// Run it so often, and count the deadlocks
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(10_000), allow_hyphen_values = true)]
    repeat: u32,
    /// One more process, which waits behind the cycle without being part of it
    #[arg(long)]
    bystander: bool,
    /// How long to watch the deadlock before it is ended
    #[arg(long, value_name = "DURATION", default_value = "1s",
          value_parser = duration::parse, allow_hyphen_values = true)]
    patience: Duration,
    /// On SQLite: how long a connection waits for a lock [default: 2s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    busy_timeout: Option<Duration>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        if self.busy_timeout.is_some() && !self.on.is_sqlite() {
            anyhow::bail!("--busy-timeout is SQLite's; leave it out, or use --on sqlite");
        }
        let ring = Ring {
            on: self.on,
            processes: self.processes,
            free: self.free,
            bystander: self.bystander,
            busy_timeout: self.busy_timeout.unwrap_or(Ring::crossed().busy_timeout),
        };
        let plan = Plan {
            command: Command::Deadlock { free: self.free, repeat: self.repeat },
            runs: Planned::new("deadlock", ring.scenario()).repeated(self.repeat),
            patience: self.patience,
            side_by_side: false,
            deadline: None,
        };
        perform(plan, &self.output, terminal, |recording| is_shown(recording, self.free))
    }
}

/// A cycle was closed, and what ends it on this kind of lock ended it: us, the kernel, a time-out. When luck decides,
/// it promises no more than to count.
fn is_shown(recording: &Recording, free: bool) -> bool {
    let closed = |run: &Trace| run.events.iter().any(|event| matches!(event.what, What::ClosesCycle { .. }));
    recording.runs.iter().all(|run| match Figures::of(run).outcome {
        Outcome::Deadlocked | Outcome::Refused => closed(run),
        Outcome::Finished => free,
        Outcome::Crashed | Outcome::TimedOut => false,
    })
}

/// Reads a lock kind.
pub(super) fn lock_kind(text: &str) -> Result<LockKind, String> {
    let names = LockKind::ALL.map(LockKind::name).join(", ");
    LockKind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("a lock is one of: {names}"))
}
