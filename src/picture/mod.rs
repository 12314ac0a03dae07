//! A run, an exploration or a sweep as something to look at: pages that open from disk, SVG, and files for other
//! viewers. Everything here is a function of a recording, a scenario or a table of figures.
//!
//! A page is one file, asks nothing of any network, and reads on paper. Its script computes nothing about locks: it
//! shows what was computed here. Style and script lie in files of their own beside the Rust that embeds them.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod circle;
mod frame;
mod game;
mod heat;
mod lanes;
pub mod perfetto;
mod reel;
mod run;
mod states;

pub use frame::is_first_line;
pub use game::{MOST_STATES, Playable, game};
pub use heat::heat;
pub use lanes::svg as svg_of_lanes;
pub use perfetto::perfetto;
pub use run::page;
pub use states::{MOST_DRAWN, MOST_WRITTEN, dot, svg as svg_of_states};
