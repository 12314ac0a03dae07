//! The explorer and the model against the naive reference, on random scenarios.

use std::cell::Cell;

use lesson::explore::{self, Explored, Path, Probability, Schedules, Stopped, Task, Wanted::*};
use lesson::model::{Attempts, Program};
use lesson::scenario::{Scenario, to_toml};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::count::Naive;
use super::random::{DATABASES, FCNTL, JOURNAL, LOCKS, PLAIN, UNITS, WAL, Wanted, scenarios};

/// A random scenario with more states is passed over.
const MOST_STATES: usize = 1_500;

const TASK: Task = Task { count: true, keep: true, first: None, max_states: 10_000_000, max_bytes: 1 << 30 };

/// Draws `cases` scenarios of a sort and compares every number.
fn check(wanted: Wanted, cases: u32) {
    let config = ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() };
    // The same scenarios each time: what fails once fails again.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let compared = Cell::new(0);
    let tried = runner.run(&scenarios(wanted), |scenario| {
        let Some(naive) = Naive::explore(&scenario, MOST_STATES) else { return Ok(()) };
        let program = Program::compile(&scenario, Attempts::Counted).map_err(|error| fail(&scenario, &error))?;
        let found = explored(&program, &TASK);
        let (ours, theirs) = (Numbers::ours(&found, &program), Numbers::theirs(&naive));
        prop_assert_eq!(ours, theirs, "{}", to_toml(&scenario));
        if let Some(path) = found.shortest {
            prop_assert!(replays(&program, &path, Deadlock), "{:?}\n{}", path.movers, to_toml(&scenario));
        }
        // The search that stops at the first makes harmless steps at once: it must find it, as near.
        let wanted =
            [(Deadlock, naive.shortest), (End, naive.shortest_end), (EndWithoutLoss, naive.shortest_without_loss)];
        for (wanted, shortest) in wanted {
            let first = explored(&program, &Task { count: false, first: Some(wanted), ..TASK });
            let moves = first.shortest.as_ref().map(|path| path.movers.len());
            prop_assert_eq!(moves, shortest, "{:?}\n{}", wanted, to_toml(&scenario));
            prop_assert_eq!(first.stopped, shortest.map(|_| Stopped::First));
            if let Some(path) = first.shortest {
                let movers = &path.movers;
                prop_assert!(replays(&program, &path, wanted), "{wanted:?} {movers:?}\n{}", to_toml(&scenario));
            }
        }
        compared.set(compared.get() + 1);
        Ok(())
    });
    assert!(compared.get() * 10 >= cases * 8, "only {} of {cases} scenarios were small enough", compared.get());
    tried.unwrap_or_else(|failure| panic!("{failure}"));
}

fn fail(scenario: &Scenario, error: &dyn std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(format!("{error}\n{}", to_toml(scenario)))
}

fn explored(program: &Program, task: &Task) -> Explored {
    explore::explore(program, &program.start(), task, &mut |_| true).expect("known where every state is")
}

/// What both of them know.
#[derive(Debug, PartialEq)]
struct Numbers {
    states: u64,
    transitions: u64,
    /// All, deadlocked, refused, losing; `None` where there is no end of them.
    schedules: Option<[String; 4]>,
    p_deadlock: Option<(String, String)>,
    deadlock_states: u64,
    shortest: Option<usize>,
    safe: u64,
    endless: bool,
}

impl Numbers {
    fn ours(found: &Explored, program: &Program) -> Self {
        let schedules = match found.schedules.as_ref().expect("known where every state is") {
            Schedules::Counted { all, deadlocked, refused, losing } => {
                Some([all, deadlocked, refused, losing].map(ToString::to_string))
            }
            Schedules::Infinite => None,
        };
        let p_deadlock = match found.p_deadlock.as_ref().expect("known where every state is") {
            Probability::Exact(above, below) => Some((above.to_string(), below.to_string())),
            Probability::About(_) => None,
        };
        assert_eq!(found.stopped, None);
        // Where schedules have no end, the probability is exact only if there is no deadlock at all.
        let is_never = p_deadlock == Some(("0".into(), "1".into())) && found.deadlock_states == 0;
        assert!(p_deadlock.is_some() == (schedules.is_some() || found.deadlock_states == 0));
        assert!(schedules.is_some() || p_deadlock.is_none() || is_never);
        let p_deadlock = p_deadlock.filter(|_| schedules.is_some());
        assert!(schedules.is_some() || !program.is_acyclic());
        Self {
            states: found.states,
            transitions: found.transitions,
            endless: schedules.is_none(),
            schedules,
            p_deadlock,
            deadlock_states: found.deadlock_states,
            shortest: found.shortest.as_ref().map(|path| path.movers.len()),
            safe: found.safety.expect("known where every state is").safe,
        }
    }

    fn theirs(naive: &Naive) -> Self {
        let counts = [naive.schedules, naive.deadlocked_schedules, naive.refused_schedules, naive.losing_schedules];
        let counts = counts.map(|count| count.map(|count| count.to_string()));
        Self {
            states: naive.states as u64,
            transitions: naive.transitions as u64,
            endless: !naive.acyclic,
            schedules: naive.acyclic.then(|| counts.map(Option::unwrap)),
            p_deadlock: naive.p_deadlock.map(|(above, below)| (above.to_string(), below.to_string())),
            deadlock_states: naive.deadlock_states as u64,
            shortest: naive.shortest,
            safe: naive.safe as u64,
        }
    }
}

/// Whether the moves can be made one after the other, with these states between them, and lead to what was wanted.
fn replays(program: &Program, path: &Path, wanted: explore::Wanted) -> bool {
    let made = path.movers.iter().zip(path.states.windows(2)).all(|(&who, pair)| {
        let mut leads = false;
        program.for_each_move_of(&pair[0], who, |made| {
            let mut then = pair[0].clone();
            made.make(&mut then);
            leads |= then == pair[1] && !(made.loses && wanted == EndWithoutLoss);
        });
        leads
    });
    let last = &path.states[path.movers.len()];
    let mut moves = 0;
    program.for_each_move(last, |_| moves += 1);
    made && path.states[0] == program.start() && moves == 0 && program.is_over(last) == (wanted != Deadlock)
}

#[test]
fn plain_locks() {
    check(PLAIN, 600);
    check(LOCKS, 600);
}

#[test]
fn locks_that_the_kernel_watches_and_units() {
    check(FCNTL, 400);
    check(UNITS, 400);
}

#[test]
fn databases() {
    check(JOURNAL, 400);
    check(WAL, 400);
    check(DATABASES, 200);
}
