//! What there is to reach in a map of all states, and the way there from each of them.

use super::game::Goal;
use crate::explore::{Arc, Fate, Map, Node};
use crate::model::Outcome;

/// A goal, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// What there is to reach. A number in it is that of the shortest way within the map.
    pub goal: Goal,
    /// How many moves the shortest way from the start takes, if that is certain.
    pub least: Option<usize>,
    /// For each state the way to the goal.
    pub steps: Vec<Option<Ahead>>,
}

/// The way to a goal from one state that has not reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Moves that are left.
    pub left: u32,
    /// Which of the moves from here is the next one.
    pub next: usize,
    /// Somebody is ended as a victim on the way.
    pub kill: bool,
}

/// Moves that may be on a way.
type Along = fn(&Arc) -> bool;

impl Aim {
    /// All there is to reach: a deadlock, and the end of everybody, without loss if that can be. As in the game on a
    /// terminal a way to the end that kills nobody is better than a shorter one.
    pub fn all(map: &Map) -> Vec<Self> {
        let is_kill = |arc: &Arc| arc.outcome == Outcome::Victim;
        let (any, harmless): (Along, Along) = (|_| true, |arc| !arc.loses);
        let (spares, spares_all): (Along, Along) =
            (|arc| arc.outcome != Outcome::Victim, |arc| !arc.loses && arc.outcome != Outcome::Victim);
        let deadlock = ahead(map, Fate::Deadlocked, &[any], is_kill);
        let unharmed = ahead(map, Fate::Finished, &[spares_all, harmless], is_kill);
        let end = ahead(map, Fate::Finished, &[spares, any], is_kill);
        let left = |steps: &[Option<Ahead>]| steps[0].map(|ahead| ahead.left as usize);
        let mut aims = Vec::new();
        if let Some(moves) = left(&deadlock) {
            aims.push(Self { goal: Goal::Deadlock(moves), least: Some(moves), steps: deadlock });
        }
        // In a part of a map nobody knows whether there is a shorter way to the end.
        let least = |moves: usize| map.is_whole().then_some(moves);
        match (left(&unharmed), left(&end)) {
            _ if !map.is_whole() && !aims.is_empty() => {}
            (Some(moves), _) => {
                aims.push(Self { goal: Goal::FinishWithoutLoss(moves), least: least(moves), steps: unharmed });
            }
            (None, Some(moves)) => {
                aims.push(Self { goal: Goal::Finish(Some(moves)), least: least(moves), steps: end });
            }
            (None, None) => {}
        }
        aims
    }
}

/// The way from each state: along the first kind of moves that leads there.
fn ahead(map: &Map, fate: Fate, kinds: &[Along], is_kill: fn(&Arc) -> bool) -> Vec<Option<Ahead>> {
    let mut all = vec![None; map.states.len()];
    for along in kinds {
        let distances = map.distances(|node| node.fate == fate, along);
        let mut order: Vec<usize> = (0..all.len()).filter(|&number| distances[number] > Some(0)).collect();
        order.sort_by_key(|&number| distances[number]);
        let mut kills = vec![false; all.len()];
        for number in order {
            let node: &Node = &map.states[number];
            let Some(left) = distances[number] else { continue };
            let is_next = |arc: &&Arc| along(arc) && distances[arc.to].is_some_and(|moves| moves + 1 == left);
            let Some(next) = node.moves.iter().position(|arc| is_next(&arc)) else { continue };
            let arc = &node.moves[next];
            kills[number] = is_kill(arc) || kills[arc.to];
            all[number] = all[number].or(Some(Ahead { left, next, kill: kills[number] }));
        }
    }
    all
}
