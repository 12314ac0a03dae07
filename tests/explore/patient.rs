//! Endless patience is what its name says: a limit that never fires is no limit.

use std::cell::Cell;
use std::time::Duration;

use lesson::course::{Goal, Judged, verify};
use lesson::explore::{self, Task};
use lesson::model::{Attempts, Program};
use lesson::scenario::{LockKind, Scenario, Step, to_toml};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::random::{LOCKS, UNITS, Wanted, scenarios};

/// All is counted, nothing is kept.
const TASK: Task = Task { count: false, keep: false, first: None, max_states: 100_000, max_bytes: 1 << 30 };

/// Whom no kernel's detector refuses, and nobody kills.
const UNDETECTED: [Wanted; 2] = [
    Wanted {
        on: &[LockKind::Flock, LockKind::Ofd, LockKind::Mutex],
        others: &[LockKind::Flock],
        victim: false,
        ..LOCKS
    },
    Wanted { on: &[LockKind::Flock, LockKind::Ofd], others: &[LockKind::Ofd], victim: false, ..UNITS },
];

/// The same without its time-outs; a single try stays one.
fn without_limits(scenario: &Scenario) -> Scenario {
    let mut plain = scenario.clone();
    for step in plain.processes.iter_mut().flat_map(|process| &mut process.steps) {
        if let Step::Lock { within, .. } = step {
            *within = within.filter(Duration::is_zero);
        }
    }
    plain
}

fn may_deadlock(scenario: &Scenario) -> Result<bool, String> {
    let program = Program::compile(scenario, Attempts::Unlimited).map_err(|error| error.to_string())?;
    let found =
        explore::explore(&program, &program.start(), &TASK, &mut |_| true).map_err(|error| error.to_string())?;
    Ok(found.deadlock_states > 0)
}

/// Draws scenarios; in so many of them somebody stands still for ever only because no time-out ends it.
fn check(wanted: Wanted, hidden: usize) {
    let config = ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let shown = Cell::new(0);
    let tried = runner.run(&scenarios(wanted), |scenario| {
        let goals = [Goal::NoDeadlockWithPatience];
        let verdict = verify(&scenario, &scenario, &goals, &TASK, &mut |_| true).expect("it is small");
        let misses = matches!(verdict.goals[0].1, Judged::MissedOn(_));
        prop_assert_eq!(misses, may_deadlock(&without_limits(&scenario)).expect("small"), "{}", to_toml(&scenario));
        let is_hidden = misses && !may_deadlock(&scenario).expect("small");
        shown.set(shown.get() + usize::from(is_hidden));
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(shown.get(), hidden);
}

#[test]
fn a_limit_that_never_fires_is_none() {
    check(UNDETECTED[0], 28);
    check(UNDETECTED[1], 32);
}
