//! The shortest way from where everybody stands to what is looked for, as the learner would choose it.

use std::collections::BTreeSet;

use crate::explore::{Path, Task, Wanted, explore};
use crate::model::{Move, Outcome, Program};

/// The most states that one search visits: the learner waits for the answer, and it should take a second at most.
pub const MOST_STATES: u64 = 100_000;

/// Bytes that are more than enough for so many states.
const MOST_BYTES: usize = 256 << 20;

/// A move as the learner chooses it: who, and, where time decides whether a process goes on (`for`), what it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Who makes the move.
    pub who: usize,
    /// Its time is over: it ends instead of beginning another round.
    pub ends: bool,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The shortest way there; empty if it begins there.
    Shortest(Vec<Choice>),
    /// There is no way.
    None,
    /// Among [`MOST_STATES`] states none was found; there may be one.
    Unknown,
}

impl Way {
    /// Looks for a way to a state in which nobody can move: all of them over, or stuck.
    pub fn find(program: &Program, from: &[u32], wanted: Wanted) -> Self {
        let first = Some(wanted);
        let task = Task { count: false, keep: true, first, max_states: MOST_STATES, max_bytes: MOST_BYTES };
        match explore(program, from, &task, &mut |_| true) {
            Ok(found) => match (found.shortest, found.stopped) {
                (Some(path), _) => Self::Shortest(choices(program, &path)),
                (None, None) => Self::None,
                (None, Some(_)) => Self::Unknown,
            },
            Err(_) => Self::Unknown, // a state is too wide for any search
        }
    }

    /// Looks for a way to the end of everybody; without the loss of a record if `wanted` says so. One that kills nobody
    /// is better than a shorter one.
    pub fn to_the_end(program: &Program, from: &[u32], wanted: Wanted) -> Self {
        let way = Self::find(program, from, wanted);
        let Self::Shortest(moves) = &way else { return way };
        match kills(program, from, moves) {
            true => without_kill(program, from, wanted == Wanted::EndWithoutLoss).map_or(way, Self::Shortest),
            false => way,
        }
    }

    /// The moves of it, if there is a way.
    pub fn moves(&self) -> Option<&[Choice]> {
        match self {
            Self::Shortest(moves) => Some(moves),
            Self::None | Self::Unknown => None,
        }
    }
}

/// Shows each move that `who` can make, as it is chosen.
pub fn for_each_choice_of(program: &Program, at: &[u32], who: usize, mut visit: impl FnMut(Choice, &Move)) {
    let mut ends = false;
    program.for_each_move_of(at, who, |made| {
        visit(Choice { who, ends }, &made);
        ends = true; // where there are two outcomes, the end is the second
    });
}

/// The moves of a way: of two outcomes the one that leads to its next state.
fn choices(program: &Program, path: &Path) -> Vec<Choice> {
    let choice = |(&who, pair): (&usize, &[Vec<u32>])| {
        let mut ends = None;
        for_each_choice_of(program, &pair[0], who, |choice, made| {
            let mut then = pair[0].clone();
            made.make(&mut then);
            if then == pair[1] {
                ends = ends.or(Some(choice.ends));
            }
        });
        Choice { who, ends: ends == Some(true) }
    };
    path.movers.iter().zip(path.states.windows(2)).map(choice).collect()
}

/// Whether somebody is ended as a victim on this way.
pub(super) fn kills(program: &Program, from: &[u32], moves: &[Choice]) -> bool {
    let mut at = from.to_vec();
    let mut kills = false;
    for &wanted in moves {
        let mut then = None;
        for_each_choice_of(program, &at, wanted.who, |choice, made| {
            if choice == wanted {
                kills |= made.outcome == Outcome::Victim;
                let mut next = at.clone();
                made.make(&mut next);
                then = Some(next);
            }
        });
        at = then.unwrap_or(at);
    }
    kills
}

/// The shortest way to the end of everybody on which nobody is ended as a victim, among [`MOST_STATES`] states; if
/// `all_rows`, no record is lost on it.
fn without_kill(program: &Program, from: &[u32], all_rows: bool) -> Option<Vec<Choice>> {
    let is_end = |at: &[u32]| (0..at.len()).all(|who| program.place(who, at[who]).is_gone());
    // Each state, with the one that it was reached from first and the move from there.
    let mut reached = vec![(from.to_vec(), 0, Choice { who: 0, ends: false })];
    let mut seen = BTreeSet::from([from.to_vec()]);
    let mut next = 0;
    while let Some((at, ..)) = reached.get(next).cloned() {
        if is_end(&at) {
            let mut moves = Vec::new();
            while next > 0 {
                let (_, before, choice) = &reached[next];
                moves.push(*choice);
                next = *before;
            }
            moves.reverse();
            return Some(moves);
        }
        for who in 0..at.len() {
            for_each_choice_of(program, &at, who, |choice, made| {
                let mut then = at.clone();
                made.make(&mut then);
                let harms = made.outcome == Outcome::Victim || (all_rows && made.loses);
                if !harms && (seen.len() as u64) < MOST_STATES && seen.insert(then.clone()) {
                    reached.push((then, next, choice));
                }
            });
        }
        next += 1;
    }
    None
}
