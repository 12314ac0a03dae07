//! All shortest ways to a deadlock: often there are many, as it seldom matters who makes the first move.

use std::collections::BTreeSet;

use super::{is_at_rest, successors};
use crate::model::Program;

/// The states on all ways of so many moves to a deadlock, where none takes fewer; `None` if more than `most` states
/// would have to be looked at.
pub(super) fn on_shortest(program: &Program, moves: usize, most: usize) -> Option<BTreeSet<Vec<u32>>> {
    let start = program.start();
    let mut seen = BTreeSet::from([start.clone()]);
    // The states of each depth: on a shortest way a state stands at its own.
    let mut depths = vec![vec![start]];
    for depth in 0..moves {
        let mut next = Vec::new();
        for at in &depths[depth] {
            next.extend(successors(program, at).into_iter().filter(|then| seen.insert(then.clone())));
            if seen.len() > most {
                return None;
            }
        }
        depths.push(next);
    }
    // And back again: whoever leads to one that is on a way.
    let is_deadlock = |at: &Vec<u32>| is_at_rest(program, at) && !program.is_over(at);
    let mut reached: BTreeSet<Vec<u32>> = depths.pop()?.into_iter().filter(is_deadlock).collect();
    let mut all = reached.clone();
    while let Some(states) = depths.pop() {
        let leads = |at: &Vec<u32>| successors(program, at).iter().any(|then| reached.contains(then));
        reached = states.into_iter().filter(leads).collect();
        all.extend(reached.iter().cloned());
    }
    Some(all)
}
