//! What the explorer says of random scenarios, carried out on real locks.

use std::process::{Command, Stdio};

use lesson::explore::{Task, Wanted, explore};
use lesson::model::{Attempts, Program};
use lesson::scenario::{LockKind, Scenario, check, format_schedule, to_toml};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::random::{PLAIN, scenarios};

/// Deadlocks that are carried out.
const DEADLOCKS: usize = 12;

/// The shortest schedule to a deadlock, if there is one.
fn shortest(scenario: &Scenario) -> Option<Vec<usize>> {
    let program = Program::compile(scenario, Attempts::Counted).expect("random scenarios are small");
    let first = Some(Wanted::Deadlock);
    let task = Task { count: false, keep: true, first, max_states: 100_000, max_bytes: 1 << 28 };
    let found = explore(&program, &program.start(), &task, &mut |_| true).expect("they fit");
    found.shortest.map(|path| path.movers)
}

/// The outcome of a real run that makes these moves first.
fn carried_out(scenario: &Scenario, schedule: &[usize]) -> String {
    let place = tempfile::tempdir().expect("a temporary directory");
    let file = place.path().join("scenario.toml");
    std::fs::write(&file, to_toml(scenario)).expect("a file can be written");
    let schedule = format_schedule(schedule, scenario);
    let done = Command::new(env!("CARGO_BIN_EXE_lesson"))
        .args(["run", "--json", "--patience", "0s", "--schedule", &schedule])
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .expect("lesson starts");
    let document: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}\n{}", String::from_utf8_lossy(&done.stderr), to_toml(scenario));
    });
    document["outcome"].as_str().expect("an outcome").to_owned()
}

#[test]
fn a_deadlock_that_was_found_happens() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = scenarios(PLAIN);
    let mut carried = 0;
    while carried < DEADLOCKS {
        let mut scenario = strategy.new_tree(&mut runner).expect("a scenario").current();
        if carried % 3 == 2 {
            scenario.on = LockKind::Mutex; // where it can be one
        }
        let Some(schedule) = check(&scenario).ok().and_then(|()| shortest(&scenario)) else { continue };
        assert_eq!(
            carried_out(&scenario, &schedule),
            "deadlocked",
            "{}\n{}",
            format_schedule(&schedule, &scenario),
            to_toml(&scenario)
        );
        carried += 1;
    }
}
