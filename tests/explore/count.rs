//! What is counted in the states of the plain model, by walking through all of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::naive::{Place, State, Turn};

/// What there is to know of all schedules. Where states form a cycle schedules are without number; `None` also stands
/// for a number that does not fit into 128 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naive {
    /// States that can be reached.
    pub states: usize,
    /// Distinct moves: from which state, whose, with which outcome.
    pub transitions: usize,
    /// Whether no state can be reached from itself. If one can, some schedule goes on for ever: a livelock.
    pub acyclic: bool,
    /// Complete schedules.
    pub schedules: Option<u128>,
    /// Those that end in a deadlock.
    pub deadlocked_schedules: Option<u128>,
    /// Those with a refusal.
    pub refused_schedules: Option<u128>,
    /// Those in which a record is lost.
    pub losing_schedules: Option<u128>,
    /// How likely a deadlock is, if everybody who can move is equally likely to: a reduced fraction.
    pub p_deadlock: Option<(u128, u128)>,
    /// States in which nobody can move and somebody is not done.
    pub deadlock_states: usize,
    /// The fewest moves that lead to one.
    pub shortest: Option<usize>,
    /// The fewest moves that lead to a state in which all are done.
    pub shortest_end: Option<usize>,
    /// The same, and no record is lost by any of them.
    pub shortest_without_loss: Option<usize>,
    /// States from which an end without deadlock can be reached.
    pub safe: usize,
}

/// A move in the graph of states.
struct Edge {
    to: Vec<usize>,
    refused: bool,
    loses: bool,
}

impl Naive {
    /// Walks from `start` through all states; `None` if there are more than `most_states`.
    pub fn count(start: State, most_states: usize, turns: impl Fn(&State) -> Vec<Turn>) -> Option<Self> {
        let mut states = vec![start.clone()];
        let mut known = BTreeMap::from([(start, 0)]);
        let mut moves: Vec<Vec<Edge>> = Vec::new();
        while let Some(state) = states.get(moves.len()).cloned() {
            let mut edge = |Turn { outcomes, refused, loses }: Turn| {
                let mut number = |outcome: State| {
                    *known.entry(outcome).or_insert_with_key(|outcome| {
                        states.push(outcome.clone());
                        states.len() - 1
                    })
                };
                Edge { to: outcomes.into_iter().map(&mut number).collect(), refused, loses }
            };
            let edges = turns(&state).into_iter().map(&mut edge).collect();
            moves.push(edges);
            if states.len() > most_states {
                return None;
            }
        }
        let done = |state: &State| state.iter().all(|place| matches!(place, Place::Ended | Place::Crashed));
        let is_stuck = |at: usize| moves[at].is_empty() && !done(&states[at]);
        let stuck: BTreeSet<usize> = (0..states.len()).filter(|at| is_stuck(*at)).collect();
        let last_first = last_first(&moves);
        let count = |end: &dyn Fn(usize) -> u128, through: &dyn Fn(&Edge) -> bool| {
            schedules(&moves, last_first.as_ref()?, end, through)
        };
        let total = count(&|_| 1, &|_| true);
        let without = |quiet: Option<u128>| Some(total? - quiet?);
        Some(Self {
            states: states.len(),
            transitions: moves.iter().flatten().map(|edge| edge.to.len()).sum(),
            acyclic: last_first.is_some(),
            schedules: total,
            deadlocked_schedules: count(&|at| stuck.contains(&at).into(), &|_| true),
            refused_schedules: without(count(&|_| 1, &|edge| !edge.refused)),
            losing_schedules: without(count(&|_| 1, &|edge| !edge.loses)),
            p_deadlock: last_first.as_ref().and_then(|order| likelihood(&moves, order, &stuck)),
            deadlock_states: stuck.len(),
            shortest: nearest(&moves, |_| true, is_stuck),
            shortest_end: nearest(&moves, |_| true, |at| done(&states[at])),
            shortest_without_loss: nearest(&moves, |edge| !edge.loses, |at| done(&states[at])),
            safe: safe(&moves, &stuck),
        })
    }
}

/// The fewest moves that `through` accepts from the start to one of the ends.
fn nearest(moves: &[Vec<Edge>], through: impl Fn(&Edge) -> bool, is_end: impl Fn(usize) -> bool) -> Option<usize> {
    let mut seen = BTreeSet::from([0]);
    let mut open = VecDeque::from([(0, 0)]);
    while let Some((at, made)) = open.pop_front() {
        if is_end(at) {
            return Some(made);
        }
        let next = moves[at].iter().filter(|edge| through(edge)).flat_map(|edge| &edge.to);
        open.extend(next.filter(|to| seen.insert(**to)).map(|to| (*to, made + 1)));
    }
    None
}

/// All states, each behind those that its moves lead to; `None` if some are in a cycle.
fn last_first(moves: &[Vec<Edge>]) -> Option<Vec<usize>> {
    let from = arrows_back(moves);
    let mut left: Vec<usize> = moves.iter().map(|edges| edges.iter().map(|edge| edge.to.len()).sum()).collect();
    let mut ready: VecDeque<usize> = (0..moves.len()).filter(|at| left[*at] == 0).collect();
    let mut order = Vec::new();
    while let Some(at) = ready.pop_front() {
        order.push(at);
        for before in &from[at] {
            left[*before] -= 1;
            if left[*before] == 0 {
                ready.push_back(*before);
            }
        }
    }
    (order.len() == moves.len()).then_some(order)
}

/// For each state those with a move to it, once for each move.
fn arrows_back(moves: &[Vec<Edge>]) -> Vec<Vec<usize>> {
    let mut from = vec![Vec::new(); moves.len()];
    for (at, edges) in moves.iter().enumerate() {
        edges.iter().flat_map(|edge| &edge.to).for_each(|to| from[*to].push(at));
    }
    from
}

/// Complete schedules of nothing but moves that `through` accepts; one that comes to the end `at` counts `end(at)`.
fn schedules(
    moves: &[Vec<Edge>],
    last_first: &[usize],
    end: &dyn Fn(usize) -> u128,
    through: &dyn Fn(&Edge) -> bool,
) -> Option<u128> {
    let mut ways = vec![0_u128; moves.len()];
    for &at in last_first {
        let accepted = moves[at].iter().filter(|edge| through(edge)).flat_map(|edge| &edge.to);
        ways[at] =
            if moves[at].is_empty() { end(at) } else { accepted.map(|to| ways[*to]).try_fold(0, u128::checked_add)? };
    }
    ways.first().copied()
}

/// How likely one of `stuck` is reached from the start.
fn likelihood(moves: &[Vec<Edge>], last_first: &[usize], stuck: &BTreeSet<usize>) -> Option<(u128, u128)> {
    let mut chance = vec![(0, 1); moves.len()];
    for &at in last_first {
        chance[at] = match moves[at].as_slice() {
            [] => (stuck.contains(&at).into(), 1),
            edges => {
                let edge = |edge: &Edge| mean(edge.to.iter().map(|to| chance[*to]).collect());
                mean(edges.iter().map(edge).collect::<Option<_>>()?)?
            }
        };
    }
    chance.first().copied()
}

fn mean(fractions: Vec<(u128, u128)>) -> Option<(u128, u128)> {
    let count = fractions.len() as u128;
    let (above, below) = fractions.into_iter().try_fold((0, 1), sum)?;
    Some(reduced(above, below.checked_mul(count)?))
}

fn sum((a, b): (u128, u128), (c, d): (u128, u128)) -> Option<(u128, u128)> {
    let common = divisor(b, d);
    let above = a.checked_mul(d / common)?.checked_add(c.checked_mul(b / common)?)?;
    Some(reduced(above, b.checked_mul(d / common)?))
}

fn reduced(above: u128, below: u128) -> (u128, u128) {
    let common = divisor(above, below);
    (above / common, below / common)
}

/// The greatest common divisor.
fn divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// States from which an end that is not `stuck` can be reached.
fn safe(moves: &[Vec<Edge>], stuck: &BTreeSet<usize>) -> usize {
    let from = arrows_back(moves);
    let mut open: Vec<usize> = (0..moves.len()).filter(|at| moves[*at].is_empty() && !stuck.contains(at)).collect();
    let mut safe: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        open.extend(from[at].iter().filter(|before| safe.insert(**before)));
    }
    safe.len()
}

/// Everything in two lines, for the tables of the tests.
impl fmt::Display for Naive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, transitions, deadlock_states, safe, .. } = self;
        write!(f, "{states} states, {transitions} moves; {safe} safe, {deadlock_states} deadlocked")?;
        if let Some(shortest) = self.shortest {
            write!(f, " after {shortest}")?;
        }
        if !self.acyclic {
            return f.write_str("; without end");
        }
        let number = |count: Option<u128>| count.map_or("many".to_owned(), |count| count.to_string());
        let (all, stuck) = (number(self.schedules), number(self.deadlocked_schedules));
        let (refused, losing) = (number(self.refused_schedules), number(self.losing_schedules));
        let chance = self.p_deadlock.map_or("?".to_owned(), |(above, below)| format!("{above}/{below}"));
        write!(f, "\n{all} schedules: {stuck} deadlocked ({chance}), {refused} refused, {losing} losing")
    }
}
