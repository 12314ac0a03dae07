//! What a trace means: the wait-for graph, the lanes, the film, the figures; what a picture can show of a long run; and
//! whether the model allows it.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod conforms;
pub mod cycles;
mod digest;
mod figures;
mod film;
mod graph;
mod holders;
mod lanes;
mod meetings;

pub use conforms::{Conformity, Mismatch, conforms};
pub use digest::{Notch, Piece, Strip, moments};
pub use figures::{Figures, Outcome, RefusalCount};
pub use film::{Camera, Film, Held, Ring, Waited};
pub use graph::{MEETING, Wait, WaitForGraph};
pub use holders::{Hold, Holders};
pub use lanes::{Artist, Lane, Mark, Segment, State, lanes};

use crate::trace::{KilledFor, Trace, What};

/// The wait-for graph as it stood when the conductor had decided and had not yet ended anybody.
pub fn graph_at_deadlock(trace: &Trace) -> WaitForGraph {
    let mut graph = WaitForGraph::new(&trace.scenario);
    let before = |what: &What| !matches!(what, What::Killed { why: KilledFor::Deadlock });
    trace.events.iter().take_while(|event| before(&event.what)).for_each(|event| graph.apply(event));
    graph
}
