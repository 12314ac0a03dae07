//! Who may be polling for a database of somebody else while it has its own locked: SQLite waits in no list, so this is
//! inferred, and said to be.

use super::super::describe::list;
use super::reading::name;
use super::sight::{Crossing, Doing, Sight};
use crate::analysis::cycles;
use crate::trace::Edge;

/// Of those who have a database locked and another one open, which somebody else has locked: who sleeps for a set time,
/// as SQLite's busy handler does. The others do something else meanwhile.
pub fn may_poll(sight: &Sight) -> Vec<&Crossing> {
    let naps = |pid: u32| sight.processes.get(&pid).is_some_and(|process| process.doing == Doing::Naps);
    sight.crossings.iter().filter(|crossing| naps(crossing.pid)).collect()
}

/// What may be a deadlock that no list shows, and who may be polling, of those who are asked for; empty if there is
/// nothing of the kind.
pub fn in_words(sight: &Sight, is_asked_for: impl Fn(u32) -> bool) -> String {
    let all = may_poll(sight);
    let edge = |(place, crossing): (usize, &&Crossing)| Edge {
        waiter: crossing.pid as usize,
        lock: place.to_string(),
        holder: crossing.holder as usize,
    };
    let edges: Vec<Edge> = all.iter().enumerate().map(edge).collect();
    let edges_of = |who: usize| edges.iter().filter(|edge| edge.waiter == who).cloned().collect();
    let rings = cycles::all(edges.iter().map(|edge| edge.waiter), |who| cycles::through(who, edges_of));
    let in_ring = |pid: u32, ring: &[Edge]| ring.iter().any(|edge| edge.waiter == pid as usize);
    let mut text = String::new();
    for ring in rings.iter().filter(|ring| ring.iter().any(|edge| is_asked_for(edge.waiter as u32))) {
        let places = ring.iter().filter_map(|edge| edge.lock.parse::<usize>().ok());
        let polls: Vec<String> = places.filter_map(|place| all.get(place)).map(|one| poll(sight, one)).collect();
        text += &format!(
            "It may be a deadlock that no list shows (inferred: each sleeps for a set time, and has the other database \
             open): {}. SQLite asks again and again, and waits in no list. Whose timeout ends first gets SQLITE_BUSY, \
             and has to ROLLBACK; for good, let all lock these databases in one and the same order.",
            list(&polls)
        );
    }
    let alone = |one: &&&Crossing| is_asked_for(one.pid) && !rings.iter().any(|ring| in_ring(one.pid, ring));
    for one in all.iter().filter(alone) {
        let space = if text.is_empty() { "" } else { " " };
        text += &format!(
            "{space}{} (inferred: it sleeps for a set time, and has that database open; SQLite waits in no list).",
            poll(sight, one)
        );
    }
    text
}

fn poll(sight: &Sight, one: &Crossing) -> String {
    format!("{} may be polling for {}, which {} holds", name(sight, one.pid), one.database, name(sight, one.holder))
}
