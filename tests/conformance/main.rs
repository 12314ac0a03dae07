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

/// Whether all is to be carried out, however long it takes.
fn is_full() -> bool {
    std::env::var_os("LESSON_CONFORMANCE").is_some_and(|value| value == "full")
}

fn scenario(on: &str, head: &str, programs: &[&str]) -> Scenario {
    let mut toml = format!("title = \"a test\"\non = \"{on}\"\n{head}\n");
    for (who, program) in programs.iter().enumerate() {
        let (steps, more) = program.split_once("; ").unwrap_or((program, ""));
        let steps: Vec<String> = steps.split(", ").map(|step| format!("\"{step}\"")).collect();
        toml += &format!("[[process]]\nname = \"P{}\"\nsteps = [{}]\n{more}\n", who + 1, steps.join(", "));
    }
    parse(&toml, "a test").unwrap_or_else(|mistake| panic!("{mistake}\n{toml}"))
}

/// Carries out every way to tell the processes of each set; of all of them together only each `quick`-th, unless all
/// is wanted. Expects so many runs then.
fn check(sets: &[Set], quick: usize, runs: usize) {
    let mut all = Vec::new();
    let mut miscounted = Vec::new();
    for Set { on, head, programs, ways } in sets {
        let scenario = scenario(on, head, programs);
        let direct = tell::every_way(&scenario, false);
        let others: Vec<_> = tell::every_way(&scenario, true).into_iter().filter(|told| told.waits).collect();
        if (direct.len(), others.len()) != *ways {
            miscounted.push(format!("{:?}: {on} {head:?} {programs:?}", (direct.len(), others.len())));
        }
        let plan = |told| Planned { scenario: scenario.clone(), told: Some(told) };
        all.extend(direct.into_iter().chain(others).map(plan));
    }
    let all: Vec<Planned> = if is_full() { all } else { all.into_iter().step_by(quick).collect() };
    carry::carry_out(&all);
    assert!(miscounted.is_empty(), "\n{}\n", miscounted.join("\n"));
    if !is_full() {
        assert_eq!(all.len(), runs);
    }
}
