//! What a run would tell, without a run: moves of the model become the events of a trace.
//!
//! - [`Narrator`] says what each move sounds like: the events, in the order in which the processes of [`crate::run`]
//!   tell them. The explorer's stories and the player speak with its voice, too.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness but a seed's.

mod narrator;
mod refusal;
#[cfg(test)]
mod tests;

pub use narrator::Narrator;
