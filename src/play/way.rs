//! The shortest way from where everybody stands to what is looked for, as the learner would choose it.

use crate::explore::{Path, Task, Wanted, explore};
use crate::model::{Move, Program};

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
