//! The scenario for other checkers: SPIN's Promela and TLC's TLA+.
//!
//! Whoever has a scenario that is too large for the explorer goes on with these: SPIN has a swarm, TLC spreads over
//! many machines. The exports are exact. A state of theirs says where each process stands, as ours does, and one of
//! their steps is one move; so they find as many states as we do, and the same deadlocks (`tests/export.rs` counts
//! them). That makes them a second witness of the explorer, too.
//!
//! Both are written from the compiled [`Program`]; what blocks whom is not written down a second time:
//!
//! - `plan` numbers the places and lists the moves, in no language;
//! - `language` writes definitions and conditions in either, `names` those that both begin with;
//! - `promela` and `tla` write the rest; `heads` has the first lines, which say how it is run;
//! - `words` makes names and comments of text that somebody else wrote.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

/// Adds a line. Writing to a string can't fail.
macro_rules! line {
    ($text:expr, $($what:tt)*) => {{
        let _ = writeln!($text, $($what)*);
    }};
}

mod heads;
mod language;
mod moves;
mod names;
mod plan;
mod promela;
mod tla;
mod words;

use crate::model::Program;
use crate::scenario::Scenario;
use moves::Move;
use plan::{Actor, Plan};

/// The scenario in Promela, for SPIN version 6. `program` is what [`Program::compile`] made of `scenario`.
///
/// A deadlock is an *invalid end state*; where everybody has ended or crashed, one move leads from the state to itself.
/// Every move says in words what it is when SPIN replays a way to a deadlock.
pub fn promela(scenario: &Scenario, program: &Program) -> String {
    promela::write(&Plan::new(scenario, program, &[]))
}

/// The scenario as a module of TLA+, for TLC. `program` is what [`Program::compile`] made of `scenario`. `module` has
/// to be the stem of the file's name, or TLC does not read it; see [`is_module_name`].
pub fn tla(scenario: &Scenario, program: &Program, module: &str) -> String {
    tla::write(&Plan::new(scenario, program, &[module]), module)
}

/// Whether a file that begins with this line is an export, which may be written again.
pub fn is_first_line(line: &str) -> bool {
    line.trim_end().ends_with(heads::MARK) && (line.starts_with("/* ") || line.starts_with("---- MODULE "))
}

/// Whether a module of ours can have this name: ASCII letters, digits and `_`, with a letter in front, and no word of
/// the language (*Specifying Systems*, section 15.1) or of ours, such as `at`.
pub fn is_module_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with("WF_")
        && !name.starts_with("SF_")
        && !tla::WORDS.contains(&name)
        && !tla::OUR_WORDS.contains(&name)
        && !tla::OUR_ENDS.iter().any(|end| name.ends_with(end))
}

/// A move in words.
fn said(actor: &Actor, made: &Move) -> String {
    let step = &actor.steps[made.step];
    let end = if made.outcome.is_empty() { String::new() } else { format!(" ({})", made.outcome) };
    format!("{}: {step}{end}", actor.id)
}
