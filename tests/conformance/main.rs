//! The reason to believe the model: every schedule of small scenarios carried out on real locks, by real processes.
//! Each trace must be one that the model allows, and where neither luck nor a time-out decides, what came of each step
//! must be what the model foretold.
//!
//! `cargo test` carries out a part; `LESSON_CONFORMANCE=full cargo test --release --test conformance` all of it.

mod carry;
mod free;
mod locks;
mod sqlite;
mod tell;

use carry::Planned;
use lesson::scenario::{Scenario, parse};

/// A scenario, and how many ways there are to tell its processes what to do.
struct Set<'a> {
    on: &'a str,
    /// More lines of the head.
    head: &'a str,
    /// The steps of each process; behind `; ` more lines of it.
    programs: &'a [&'a str],
    /// Ways in which nobody has to wait, and all others.
    ways: (usize, usize),
}

/// What `twice` means behind a program.
const TWICE: &str = r#"retry = { attempts = 2, backoff = "constant", base = "0s", cap = "0s", jitter = "none" }"#;

/// Whether all is to be carried out, however long it takes.
fn is_full() -> bool {
    std::env::var_os("LESSON_CONFORMANCE").is_some_and(|value| value == "full")
}

fn scenario(on: &str, head: &str, programs: &[&str]) -> Scenario {
    let mut toml = format!("title = \"a test\"\non = \"{on}\"\n{head}\n");
    for (who, program) in programs.iter().enumerate() {
        let (steps, more) = program.split_once("; ").unwrap_or((program, ""));
        let steps: Vec<String> = steps.split(", ").map(|step| format!("\"{step}\"")).collect();
        let more = if more == "twice" { TWICE } else { more };
        toml += &format!("[[process]]\nname = \"P{}\"\nsteps = [{}]\n{more}\n", who + 1, steps.join(", "));
    }
    parse(&toml, "a test").unwrap_or_else(|mistake| panic!("{mistake}\n{toml}"))
}

/// Carries out every way to tell the processes of each set. There are `runs` ways in all; unless everything is wanted,
/// only each `quick`-th is carried out.
fn check(sets: &[Set], quick: usize, runs: usize) {
    let mut all = Vec::new();
    for Set { on, head, programs, ways } in sets {
        let scenario = scenario(on, head, programs);
        let direct = tell::every_way(&scenario, false);
        let waiting = if ways.1 == 0 { Vec::new() } else { tell::every_way(&scenario, true) };
        let others: Vec<_> = waiting.into_iter().filter(|told| told.waits).collect();
        assert_eq!((direct.len(), others.len()), *ways, "{on} {head:?} {programs:?}");
        let plan = |told| Planned { scenario: scenario.clone(), told: Some(told) };
        all.extend(direct.into_iter().chain(others).map(plan));
    }
    if cfg!(target_os = "linux") {
        assert_eq!(all.len(), runs);
    }
    let all: Vec<Planned> = if is_full() { all } else { all.into_iter().step_by(quick).collect() };
    carry::carry_out(&all);
}
