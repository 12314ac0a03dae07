//! Exact numbers, stated.

use num_bigint::BigUint;

use super::{Explored, Probability, Schedules, Stopped, Task, Wanted, explore};
use crate::model::{Attempts, Program};
use crate::scenario::{Scenario, Step, builtin};

const ALL: Task = Task { count: true, keep: true, first: None, max_states: 10_000_000, max_bytes: 1 << 30 };

fn explored(scenario: &Scenario, task: &Task) -> Explored {
    let program = Program::compile(scenario, Attempts::Counted).unwrap();
    explore(&program, &program.start(), task, &mut |_| true).unwrap()
}

/// Philosophers of whom the last one takes the right fork first.
fn swapped(n: usize) -> Scenario {
    let mut scenario = builtin::philosophers(n);
    let steps = &mut scenario.processes[n - 1].steps;
    let name = |step: &Step| step.lock_name().unwrap().to_owned();
    let (left, right) = (name(&steps[0]), name(&steps[1]));
    let take = |name: &str| Step::Lock { name: name.into(), shared: false, units: None, within: None };
    let leave = |name: &str| Step::Unlock { name: name.into(), units: None };
    *steps = vec![take(&right), take(&left), leave(&left), leave(&right)];
    scenario
}

fn check(scenario: &Scenario, states: u64, transitions: u64, finished: u128, deadlocked: u128, p: (u32, u32)) {
    let found = explored(scenario, &ALL);
    assert_eq!((found.states, found.transitions, found.stopped), (states, transitions, None), "{}", scenario.title);
    let (all, deadlocked) = (BigUint::from(finished + deadlocked), BigUint::from(deadlocked));
    let zero = BigUint::ZERO;
    assert_eq!(found.deadlock_states, u64::from(deadlocked > zero));
    let expected = Schedules::Counted { all, deadlocked, refused: zero.clone(), losing: zero };
    assert_eq!(found.schedules, Some(expected), "{}", scenario.title);
    assert_eq!(found.p_deadlock, Some(Probability::Exact(p.0.into(), p.1.into())), "{}", scenario.title);
}

#[test]
fn philosophers() {
    check(&builtin::philosophers(2), 19, 22, 4, 2, (1, 2));
    check(&builtin::philosophers(3), 87, 153, 162, 6, (1, 3));
    check(&builtin::philosophers(4), 391, 924, 98_160, 24, (11, 48));
    check(&builtin::philosophers(5), 1_743, 5_155, 66_468_600, 120, (19, 120));
    check(&swapped(2), 16, 16, 2, 0, (0, 1));
    check(&swapped(3), 72, 116, 142, 0, (0, 1));
    check(&swapped(4), 320, 704, 64_000, 0, (0, 1));
    check(&swapped(5), 1_424, 3_976, 49_719_072, 0, (0, 1));
}

#[test]
fn the_nearest_deadlock_and_the_point_of_no_return() {
    for n in 2..=7 {
        for first in [None, Some(Wanted::Deadlock)] {
            let found = explored(&builtin::philosophers(n), &Task { first, ..ALL });
            let path = found.shortest.unwrap();
            assert_eq!(path.movers, (0..n).collect::<Vec<_>>());
            assert_eq!(path.states.len(), n + 1);
            assert_eq!(path.safe_moves, first.is_none().then_some(n - 1));
            assert_eq!(found.stopped, first.map(|_| Stopped::First));
        }
    }
}

/// The fewest moves to each state in which nobody can move: a deadlock, the end, the end without loss.
fn check_shortest(scenario: &Scenario, expected: [Option<usize>; 3]) {
    let found = [Wanted::Deadlock, Wanted::End, Wanted::EndWithoutLoss].map(|wanted| {
        let found = explored(scenario, &Task { count: false, first: Some(wanted), ..ALL });
        assert_eq!(found.stopped, found.shortest.as_ref().map(|_| Stopped::First));
        found.shortest.map(|path| path.movers.len())
    });
    assert_eq!(found, expected, "{}", scenario.title);
}

#[test]
fn the_shortest_way_to_each_end() {
    let named = |name| builtin::named(name, None).unwrap();
    check_shortest(&builtin::philosophers(2), [Some(2), Some(8), Some(8)]);
    check_shortest(&builtin::philosophers(5), [Some(5), Some(20), Some(20)]);
    check_shortest(&named("deadlock"), [Some(4), None, None]);
    check_shortest(&named("ordering"), [None, Some(15), Some(15)]);
    check_shortest(&named("locked-quick"), [None, Some(14), Some(18)]);
    check_shortest(&named("banker"), [Some(5), Some(9), Some(9)]);
    check_shortest(&named("banker-safe"), [None, Some(6), Some(6)]);
}
