//! What the learner sees: one file for each format. Everything here is a function of a recording.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

pub mod check;
pub mod course;
pub mod exercise;
pub mod explored;
pub mod hand_in;
pub mod json;
pub mod mystery;
pub mod review;
pub mod sweep;
pub mod who;

mod coffman;
mod deadlock;
mod figures;
mod fixed;
mod graph;
mod lanes;
mod lesson;
mod listing;
mod markdown;
mod moral;
mod paint;
mod parts;
mod refrain;
mod story;
mod table;
mod tour;
mod transcript;
mod words;

pub use fixed::{KEY, cells, heading_of_fix, heads, reason_of};
pub use graph::ring_where;
pub use lanes::{TELLING, legend, legend_of_state, scale, strips, too_short, word_of_mark, word_of_state};
pub use lesson::Leaf;
pub use listing::{carried_out, cat};
pub use markdown::markdown;
pub use paint::{Style, height, plain};
pub use parts::{Part, parts};
pub use story::Story;
pub use table::{Cells, table};
pub use tour::Observed;
pub use transcript::{Transcript, settings};
pub use words::{clean, cut, fit, grouped, list, moment, moment_of, name, plural, setting, span, width};
