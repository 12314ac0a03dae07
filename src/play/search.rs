//! The shortest way from a state to one that is looked for, through the plainest of searches; where that would take too
//! long, any way, through a search that goes where it looks promising.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::{Move, Program};

/// The most moves that one search tries. Each takes a microsecond or some, and the learner waits for the answer.
pub const MOST_MOVES: usize = 200_000;

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
    /// A way there, and perhaps not the shortest.
    Some(Vec<Choice>),
    /// There is no way.
    None,
    /// Among [`MOST_MOVES`] moves none was found; there may be one.
    Unknown,
}

impl Way {
    /// The moves of it, if there is a way.
    pub fn moves(&self) -> Option<&[Choice]> {
        match self {
            Self::Shortest(moves) | Self::Some(moves) => Some(moves),
            Self::None | Self::Unknown => None,
        }
    }

    /// How long it is, if there is a way.
    pub fn par(&self) -> Option<Par> {
        Some(Par { moves: self.moves()?.len(), is_shortest: matches!(self, Self::Shortest(_)) })
    }
}

/// How many moves a way takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Par {
    /// So many.
    pub moves: usize,
    /// No way is shorter.
    pub is_shortest: bool,
}

/// Shows each move that `who` can make, as it is chosen.
pub fn for_each_choice_of(program: &Program, at: &[u32], who: usize, mut visit: impl FnMut(Choice, &Move)) {
    let mut ends = false;
    program.for_each_move_of(at, who, |made| {
        visit(Choice { who, ends }, &made);
        ends = true; // where there are two outcomes, the end is the second
    });
}

/// Shows each move that anybody can make, as it is chosen.
fn for_each_choice(program: &Program, at: &[u32], mut visit: impl FnMut(Choice, &Move)) {
    let mut last = None;
    program.for_each_move(at, |made| {
        let ends = last == Some(made.who);
        visit(Choice { who: made.who, ends }, &made);
        last = Some(made.who);
    });
}

/// Looks for a way to a state in which nobody can move: all of them over, or stuck.
pub fn to_the_end(program: &Program, from: &[u32], wanted: Wanted) -> Way {
    let promise = |at: &[u32], moves| promise(program, at, moves, wanted);
    match search(program, from, wanted, |_, _| 0, MOST_MOVES) {
        Way::Unknown => match search(program, from, wanted, promise, MOST_MOVES) {
            Way::Shortest(way) => Way::Some(way),
            other => other,
        },
        found => found,
    }
}

/// How far it seems to be to what is looked for through a state that is so many moves away: the nearer, the less. In a
/// deadlock nobody can move and nobody has ended, and a move stops one or so; on the way to the end it is good to have
/// come far.
fn promise(program: &Program, at: &[u32], moves: u64, wanted: Wanted) -> u64 {
    let gone = (0..at.len()).filter(|&who| program.place(who, at[who]).is_gone()).count() as u64;
    if wanted != Wanted::Deadlock {
        let progress: u64 = at.iter().enumerate().map(|(who, &at)| u64::from(program.rank(who, at))).sum();
        return u64::MAX - gone * u64::from(u32::MAX) - progress;
    }
    let mut movers = 0;
    program.for_each_move(at, |_| movers += 1);
    moves + movers + gone
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
    /// How many moves led here.
    moves: u64,
}

/// Looks at the states that are nearest by `score` first, among those at the ones that were found first.
fn search(program: &Program, from: &[u32], wanted: Wanted, score: impl Fn(&[u32], u64) -> u64, most: usize) -> Way {
    let mut known: BTreeSet<Vec<u32>> = [from.to_vec()].into();
    let mut seen = vec![Seen { at: from.to_vec(), by: None, moves: 0 }];
    let mut open = BTreeMap::from([((0, 0), 0)]);
    let mut tried = 0;
    while let Some((_, index)) = open.pop_first() {
        let at = seen[index].at.clone();
        let next = seen[index].moves + 1;
        let mut moves = 0;
        for_each_choice(program, &at, |choice, made| {
            moves += 1;
            if made.loses && wanted == Wanted::EndWithoutLoss {
                return;
            }
            let mut then = at.clone();
            made.make(&mut then);
            if !known.contains(&then) {
                known.insert(then.clone());
                open.insert((score(&then, next), seen.len()), seen.len());
                seen.push(Seen { at: then, by: Some((index, choice)), moves: next });
            }
        });
        if moves == 0 && program.is_over(&at) != (wanted == Wanted::Deadlock) {
            return Way::Shortest(way_to(&seen, index));
        }
        tried += moves;
        if tried > most {
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

    /// The length of each way; `~` before one that may not be the shortest.
    fn check(scenario: &Scenario, deadlock: &str, end: &str, without_loss: &str) {
        let program = Program::compile(scenario, Attempts::Counted).unwrap();
        let found = |wanted| match to_the_end(&program, &program.start(), wanted) {
            Way::Shortest(way) => way.len().to_string(),
            Way::Some(way) => format!("~{}", way.len()),
            Way::None => "none".into(),
            Way::Unknown => "unknown".into(),
        };
        let found = [Wanted::Deadlock, Wanted::End, Wanted::EndWithoutLoss].map(found);
        assert_eq!(found, [deadlock, end, without_loss], "{}", scenario.title);
    }

    #[test]
    fn the_shortest_way_is_found() {
        let named = |name| builtin::named(name, None).unwrap();
        check(&builtin::philosophers(2), "2", "8", "8");
        check(&builtin::philosophers(5), "5", "20", "20");
        check(&named("deadlock"), "4", "none", "none");
        check(&named("ordering"), "none", "15", "15");
        check(&named("locked-quick"), "none", "14", "18");
        check(&named("banker"), "5", "9", "9");
        check(&named("banker-safe"), "none", "6", "6");
    }

    #[test]
    fn any_way_is_found_where_the_shortest_takes_too_long() {
        check(&builtin::philosophers(12), "~12", "~48", "~48");
        // Everybody can still come to the end, whoever moves.
        let fixed = builtin::named("ordering", Some(12)).unwrap();
        check(&fixed, "unknown", "~60", "~60");
    }
}
