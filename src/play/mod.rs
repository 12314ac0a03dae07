//! The learner is the scheduler: a game on the model, move by move, and how it looks on a screen.
//!
//! - [`Game`] is the state of a game: where everybody stands, the moves made, undo and redo; [`Goal`] is what there is
//!   to reach, and [`Verdict`] how far the learner has come;
//! - [`Position`] reads a state: who can move, who is blocked and by whom, who holds what; [`Hint`] looks ahead;
//! - [`Reality`] is the same game carried out by real processes: what they tell becomes moves of the model;
//! - [`page`] and [`document`] tell a game as text and as JSON, without a screen;
//! - [`Sheet`] and [`Aim`] tell each state of a small game beforehand, for a page that is played without us;
//! - [`Desk`] is a game with somebody at the keyboard: what each key does, what is said; [`draw`] draws it.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness. The terminal itself is
//! [`crate::cli`]'s affair.

mod aim;
mod desk;
mod draw;
mod game;
mod hint;
mod json;
mod line;
mod page;
mod panes;
mod position;
mod reality;
mod sheet;
#[cfg(test)]
mod tests;
mod verdict;
mod way;
mod words;

pub use aim::{Ahead, Aim};
pub use desk::{Desk, Flow, Key};
pub use draw::draw;
pub use game::{Game, Goal, Impossible, Made};
pub use hint::Hint;
pub use json::document;
pub use line::{Line, Tone};
pub use page::page;
pub use position::{Position, Stander, Standing, Waiting};
pub use reality::{News, Reality};
pub use sheet::{FAR, MADE, Mood, Pointer, Row, Sheet, came, far, gone, harms, made, statement};
pub use verdict::{Ending, Verdict};
pub use way::{Choice, MOST_STATES, Way};
