//! What holds of every scenario of a sort, whatever its numbers are.

use lesson::scenario::{OnDeadlock, Scenario, Step, check};
use proptest::prelude::*;

use super::count::Naive;
use super::random::{DATABASES, FCNTL, JOURNAL, LOCKS, PLAIN, UNITS, WAL, Wanted, scenarios};

/// A random scenario with more states is passed over.
const MOST_STATES: usize = 1_000;

/// Draws scenarios: they are right, their numbers fit together, and `law` holds.
fn check_law(wanted: Wanted, law: impl Fn(&Scenario, &Naive) -> bool) {
    // A failure is printed whole; a file of seeds beside it would be one more thing to keep.
    let config = ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() };
    let tried = proptest::test_runner::TestRunner::new(config).run(&scenarios(wanted), |scenario| {
        prop_assert_eq!(check(&scenario), Ok(()));
        if let Some(found) = Naive::explore(&scenario, MOST_STATES) {
            let toml = lesson::scenario::to_toml(&scenario);
            prop_assert!(fits_together(&found), "{}\n{:?}", toml, found);
            prop_assert!(law(&scenario, &found), "{}\n{:?}", toml, found);
        }
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
}

fn fits_together(found: &Naive) -> bool {
    let deadlocks = found.deadlock_states > 0;
    let none = |count: Option<u128>| count.is_none_or(|count| (count == 0) != deadlocks);
    let chances = found.p_deadlock.map(|(above, below)| (above <= below).then_some(above));
    found.shortest.is_some() == deadlocks
        && found.safe + found.deadlock_states <= found.states
        && found.acyclic == found.schedules.is_some()
        && found.deadlocked_schedules <= found.schedules
        && found.refused_schedules <= found.schedules
        && found.losing_schedules <= found.schedules
        && none(found.deadlocked_schedules)
        && none(chances.map(Option::unwrap))
}

#[test]
fn who_never_gives_up_is_never_refused() {
    check_law(PLAIN, |_, found| found.refused_schedules == Some(0) && found.losing_schedules == Some(0));
}

#[test]
fn a_victim_breaks_every_deadlock() {
    for wanted in [LOCKS, UNITS, JOURNAL, WAL] {
        check_law(wanted, |scenario, found| scenario.on_deadlock == OnDeadlock::Watch || found.deadlock_states == 0);
    }
}

#[test]
fn the_kernel_leaves_no_cycle_of_its_own_locks() {
    check_law(FCNTL, |_, found| found.deadlock_states == 0);
}

#[test]
fn whoever_gives_up_is_in_no_deadlock() {
    let waits = |step: &Step| matches!(step, Step::Lock { within: None, .. });
    check_law(DATABASES, |_, found| found.deadlock_states == 0);
    check_law(LOCKS, |scenario, found| {
        scenario.processes.iter().any(|process| process.steps.iter().any(waits)) || found.deadlock_states == 0
    });
}
