//! The shortest way from a state to one that is looked for, through the plainest of searches.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::model::{Move, Program};

/// The most states that one search looks at. Each is looked at in microseconds, and the learner waits for the answer.
pub const MOST_STATES: usize = 200_000;

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
    Found(Vec<Choice>),
    /// There is no way.
    None,
    /// After [`MOST_STATES`] states none was found; there may be one.
    Unknown,
}

impl Way {
    /// How many moves it takes, if there is a way.
    pub fn length(&self) -> Option<usize> {
        self.moves().map(<[Choice]>::len)
    }

    /// The moves of it, if there is a way.
    pub fn moves(&self) -> Option<&[Choice]> {
        if let Self::Found(moves) = self { Some(moves) } else { None }
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

/// Looks for the shortest way to a state in which nobody can move: all of them over, or stuck.
pub fn to_the_end(program: &Program, from: &[u32], wanted: Wanted) -> Way {
    search(program, from, wanted, MOST_STATES)
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nobody can move, and somebody has not ended.
    Deadlock,
    /// Everybody has ended or crashed.
    End,
    /// The same, and no record is lost on the way.
    EndWithoutLoss,
}

/// A state that was reached, and how.
struct Seen {
    at: Vec<u32>,
    /// The state before it, and the move that led here; `None` at the beginning.
    by: Option<(usize, Choice)>,
}

fn search(program: &Program, from: &[u32], wanted: Wanted, most: usize) -> Way {
    let mut known: BTreeSet<Vec<u32>> = [from.to_vec()].into();
    let mut seen = vec![Seen { at: from.to_vec(), by: None }];
    let mut open = VecDeque::from([0]);
    while let Some(index) = open.pop_front() {
        let at = seen[index].at.clone();
        let mut moves = 0;
        for who in 0..at.len() {
            for_each_choice_of(program, &at, who, |choice, made| {
                moves += 1;
                if made.loses && wanted == Wanted::EndWithoutLoss {
                    return;
                }
                let mut then = at.clone();
                made.make(&mut then);
                if !known.contains(&then) {
                    known.insert(then.clone());
                    open.push_back(seen.len());
                    seen.push(Seen { at: then, by: Some((index, choice)) });
                }
            });
        }
        let is_there = moves == 0 && (program.is_over(&at) != (wanted == Wanted::Deadlock));
        if is_there {
            return Way::Found(way_to(&seen, index));
        }
        if seen.len() > most {
            return Way::Unknown;
        }
    }
    Way::None
}

fn way_to(seen: &[Seen], mut index: usize) -> Vec<Choice> {
    let mut way = Vec::new();
    while let Some((before, choice)) = seen[index].by {
        way.push(choice);
        index = before;
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Attempts;
    use crate::scenario::{Scenario, builtin};

    fn check(scenario: &Scenario, most: usize, deadlock: &str, end: &str, without_loss: &str) {
        let program = Program::compile(scenario, Attempts::Counted).unwrap();
        let found = |wanted| match search(&program, &program.start(), wanted, most) {
            Way::Found(way) => way.len().to_string(),
            Way::None => "none".into(),
            Way::Unknown => "unknown".into(),
        };
        let found = [Wanted::Deadlock, Wanted::End, Wanted::EndWithoutLoss].map(found);
        assert_eq!(found, [deadlock, end, without_loss], "{}", scenario.title);
    }

    #[test]
    fn the_shortest_way_is_found() {
        let named = |name| builtin::named(name, None).unwrap();
        check(&builtin::philosophers(2), MOST_STATES, "2", "8", "8");
        check(&builtin::philosophers(5), MOST_STATES, "5", "20", "20");
        check(&named("deadlock"), MOST_STATES, "4", "none", "none");
        check(&named("ordering"), MOST_STATES, "none", "15", "15");
        check(&named("locked-quick"), MOST_STATES, "none", "18", "18");
        check(&named("banker"), MOST_STATES, "3", "9", "9");
        check(&named("banker-safe"), MOST_STATES, "none", "6", "6");
        check(&builtin::philosophers(5), 10, "unknown", "unknown", "unknown");
    }
}
