//! What a run would tell, without a run: moves of the model become the events of a trace.
//!
//! - [`Narrator`] says what each move sounds like: the events, in the order in which the processes of [`crate::run`]
//!   tell them. The explorer's stories and the player speak with its voice, too.
//! - [`run`] carries a scenario out in virtual time. It decides *when* somebody acts and *who* comes first; *whether* a
//!   step can be made, only the model says. Work and pauses move the clock; SQLite's busy handler sleeps as it does in
//!   `main.c`, so whoever waits for a database looks now and then and is never next in line; who waits without a limit
//!   sleeps until the lock is free, and of those that wake up any may be first.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness but a seed's.

mod engine;
mod gate;
mod narrator;
mod pace;
mod refusal;
#[cfg(test)]
mod tests;

pub use engine::run;
pub use narrator::Narrator;

use std::time::Duration;

use crate::model::TooLarge;

/// A simulation that tells more than this is stopped: everything has a limit.
pub const MOST_EVENTS: usize = 1_000_000;

/// How a simulation is carried out.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it is called in its recording.
    pub label: String,
    /// The seed of all that luck decides.
    pub seed: u64,
    /// For so long a run would watch a deadlock before it ends it, in virtual time.
    pub patience: Duration,
    /// The order of the first steps; after them all go on freely.
    pub schedule: Option<Vec<usize>>,
    /// After this long, in virtual time, the run is ended. `None`: [`crate::scenario::Scenario::longest`].
    pub deadline: Option<Duration>,
}

/// Why a scenario can't be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is larger than the model takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The schedule can't be carried out.
    #[error("{0}")]
    Unfit(String),
    /// It goes on and on.
    #[error("the simulation tells more than {MOST_EVENTS} events; use fewer rounds, a shorter `for`, or --deadline")]
    Endless,
}
