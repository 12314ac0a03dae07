//! Every livelock that is shown is one: a way around which nobody finishes a round, and nobody is passed over. And so
//! is every starvation: a way around which others finish rounds, and this one does not.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use lesson::explore::{self, Cycle, Path, Task};
use lesson::model::{Attempts, Outcome, Program};
use lesson::scenario::{Scenario, builtin, to_toml};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::random::{JOURNAL, LOCKS, UNITS, WAL, Wanted, scenarios};

/// A scenario with more states is passed over.
const MOST_STATES: u64 = 300;

/// Draws scenarios in which nobody gives up; so many of them have a livelock.
fn check(wanted: Wanted, livelocks: usize) {
    let config = ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let shown = Cell::new(0);
    let tried = runner.run(&scenarios(wanted), |scenario| {
        if let Some(is_shown) = right(&scenario).map_err(TestCaseError::fail)? {
            shown.set(shown.get() + usize::from(is_shown));
        }
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(shown.get(), livelocks);
}

/// Whether a livelock was shown, if that was right; `None` if there are too many states.
fn right(scenario: &Scenario) -> Result<Option<bool>, String> {
    let program = Program::compile(scenario, Attempts::Unlimited).expect("it is small");
    let task = Task { count: false, keep: true, first: None, max_states: MOST_STATES, max_bytes: 1 << 30 };
    let found = explore::explore(&program, &program.start(), &task, &mut |_| true).expect("it is small");
    let Some(loops) = found.loops else { return Ok(None) };
    let expected = Plain::new(&program).has_livelock();
    if loops.livelock.is_some() != expected {
        return Err(format!("a livelock: {expected}\n{}", to_toml(scenario)));
    }
    for (who, cycle) in &loops.starving {
        goes_round(&program, cycle, |made| made.finishes && made.who == *who)?;
        let others = cycle.around.movers.iter().zip(cycle.around.states.windows(2)).any(|(mover, pair)| {
            moves(&program, &pair[0]).iter().any(|made| made.finishes && made.who == *mover && made.then == pair[1])
        });
        if !others {
            return Err(format!("nobody finishes a round: {cycle:?}\n{}", to_toml(scenario)));
        }
    }
    let Some(cycle) = &loops.livelock else { return Ok(Some(false)) };
    goes_round(&program, cycle, |made| made.finishes)?;
    Ok(Some(true))
}

/// Whether a cycle is one, without a move that it must not have, and nobody is passed over on it.
fn goes_round(program: &Program, cycle: &Cycle, is_left_out: impl Fn(&Made) -> bool) -> Result<(), String> {
    let Cycle { into, around } = cycle;
    let start = &program.start();
    let joins = into.states.first() == Some(start) && into.states.last() == around.states.first();
    let returns = !around.movers.is_empty() && around.states.first() == around.states.last();
    let moves = |path: &Path, is_around: bool| {
        path.states.len() == path.movers.len() + 1
            && path.movers.iter().zip(path.states.windows(2)).all(|(who, pair)| {
                moves(program, &pair[0])
                    .iter()
                    .any(|made| made.who == *who && made.then == pair[1] && !(is_around && is_left_out(made)))
            })
    };
    let ways = moves(into, false) && moves(around, true);
    let passed_over = passed_over(program, around);
    match joins && returns && ways && passed_over.is_empty() {
        true => Ok(()),
        false => Err(format!("{joins} {returns} {ways} {passed_over:?} {around:?}")),
    }
}

/// Who can move in each state of a way, and never does.
fn passed_over(program: &Program, around: &Path) -> BTreeSet<usize> {
    let can_move =
        |who: usize| around.states.iter().all(|state| moves(program, state).iter().any(|made| made.who == who));
    (0..program.process_count()).filter(|who| can_move(*who) && !around.movers.contains(who)).collect()
}

struct Made {
    who: usize,
    then: Vec<u32>,
    finishes: bool,
}

fn moves(program: &Program, at: &[u32]) -> Vec<Made> {
    let mut all = Vec::new();
    program.for_each_move(at, |made| {
        let mut then = at.to_vec();
        made.make(&mut then);
        let finishes = made.outcome == Outcome::Granted && program.is_last_step(made.who, at[made.who]);
        all.push(Made { who: made.who, then, finishes });
    });
    all
}

/// All states, plainly: whether a livelock is possible, from which state each can be reached.
struct Plain {
    /// The moves from each state: who, to where, whether it finishes a round.
    moves: Vec<Vec<(usize, usize, bool)>>,
}

impl Plain {
    fn new(program: &Program) -> Self {
        let (mut states, mut known) = (vec![program.start()], BTreeMap::from([(program.start(), 0)]));
        let mut all = Vec::new();
        while let Some(at) = states.get(all.len()).cloned() {
            let mut number = |then: Vec<u32>| {
                *known.entry(then).or_insert_with_key(|then| {
                    states.push(then.clone());
                    states.len() - 1
                })
            };
            all.push(
                moves(program, &at).into_iter().map(|made| (made.who, number(made.then), made.finishes)).collect(),
            );
        }
        Self { moves: all }
    }

    /// What can be reached from a state by at least one move that finishes no round.
    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let next = self.moves[at].iter().filter(|(.., finishes)| !finishes).map(|(_, to, _)| *to);
            open.extend(next.filter(|to| reached.insert(*to)));
        }
        reached
    }

    fn has_livelock(&self) -> bool {
        let reached: Vec<BTreeSet<usize>> = (0..self.moves.len()).map(|from| self.reached(from)).collect();
        (0..self.moves.len()).any(|state| {
            let same = |other: &usize| reached[*other].contains(&state);
            let together: BTreeSet<usize> = reached[state].iter().copied().filter(same).collect();
            let movers = |of: usize| self.moves[of].iter().map(|(who, ..)| *who).collect::<BTreeSet<usize>>();
            let moved: BTreeSet<usize> = together
                .iter()
                .flat_map(|at| &self.moves[*at])
                .filter(|(_, to, finishes)| !finishes && together.contains(to))
                .map(|(who, ..)| *who)
                .collect();
            let always = together.iter().map(|at| movers(*at)).reduce(|all, next| &all & &next);
            always.is_some_and(|always| always.is_subset(&moved))
        })
    }
}

#[test]
fn locks() {
    check(LOCKS, 57);
    check(UNITS, 51);
}

#[test]
fn databases() {
    check(JOURNAL, 53);
    check(WAL, 45);
}

#[test]
fn built_in() {
    let samples = builtin::samples();
    let found = samples.iter().filter_map(|sample| {
        let found = right(&sample.scenario).unwrap_or_else(|wrong| panic!("{wrong}"));
        found?.then_some(sample.name)
    });
    assert_eq!(found.collect::<Vec<_>>(), ["try-lock", "timeout"]);
}
