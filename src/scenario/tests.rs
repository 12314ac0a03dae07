//! The scenario's file from outside: every rule with the whole text of its error, and what is written is read back.
//!
//! `SNAPSHOTS=overwrite cargo test` writes the texts anew; read the difference before you keep it.

mod head;
mod processes;
mod programs;
mod round_trip;
mod syntax;
mod transactions;
mod units;

use snapbox::IntoData;
use snapbox::data::Inline;

use super::parse;

/// Reads `toml` and compares the error (`fine` if there is none) with the text `expected`.
#[track_caller]
fn check(toml: &str, expected: Inline) {
    let shown = parse(toml, "two.toml").err().map_or("fine".to_owned(), |mistake| mistake.to_string());
    snapbox::assert_data_eq!(shown.raw(), expected.raw());
}

/// A scenario on `on` with one process, whose steps are `steps`.
#[track_caller]
fn check_steps(on: &str, steps: &str, expected: Inline) {
    check(&format!("title = \"t\"\non = \"{on}\"\n[[process]]\nname = \"P1\"\nsteps = [{steps}]\n"), expected);
}

/// A whole scenario with `lines` after its first two.
#[track_caller]
fn check_head(lines: &str, expected: Inline) {
    let process = "[[process]]\nname = \"P1\"\nsteps = [\"lock A\", \"unlock A\"]";
    check(&format!("title = \"t\"\non = \"flock\"\n{lines}\n{process}\n"), expected);
}

/// A whole scenario with `lines` in its process.
#[track_caller]
fn check_process(lines: &str, expected: Inline) {
    let steps = "steps = [\"lock A\", \"unlock A\"]";
    check(&format!("title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\n{steps}\n{lines}\n"), expected);
}
