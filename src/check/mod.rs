//! Whether this machine can run the lessons: what it says of itself (`facts`), and what it does when it is tried
//! (`probes`).
//!
//! The probes are runs of tiny scenarios on real locks, so this room stands above `run` and `who`; `machine` stands
//! below them and only tells facts. What goes wrong in a probe is a failed line, and the others still appear.

mod facts;
mod probes;

use crate::machine::{self, Terminal, limits};
use crate::run::{Arena, Interrupted};
use crate::trace::{Check, Environment};

use facts::Facts;

/// The machine, and everything that was looked at in the order of the page.
pub struct Findings {
    /// What the machine says of itself.
    pub environment: Environment,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// Looks at this machine, and tries it.
///
/// # Errors
///
/// Only that the user interrupted it.
pub fn this_machine(terminal: &Terminal) -> Result<Findings, Interrupted> {
    let environment = machine::environment(&std::env::temp_dir());
    let arena = Arena::new(None);
    let mut checks = facts::judge(&Facts {
        environment: &environment,
        terminal,
        no_arena: arena.as_ref().err().map(|error| error.root_cause().to_string()),
        open_files: limits::open_files(),
        processes: limits::processes(),
    });
    checks.extend(probes::all(arena.as_ref().ok())?);
    Ok(Findings { environment, checks })
}
