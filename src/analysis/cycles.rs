//! The one search for cycles in a graph of waits. It knows arrows only: those of a run's events (`graph.rs`), or those
//! of this machine's locks (`who::judge`).

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::Edge;

/// The way from a process back to itself, from its smallest member on; `edges_of` gives the arrows that leave one.
///
/// Every arrow is tried, not "the" next holder: a search that follows one arrow only would loop for ever on a cycle
/// that it does not start in.
pub fn through(who: usize, edges_of: impl Fn(usize) -> Vec<Edge>) -> Option<Vec<Edge>> {
    let mut visited = BTreeSet::new();
    let mut path: Vec<Edge> = Vec::new();
    let mut open: Vec<Vec<Edge>> = vec![edges_of(who)];
    while let Some(edges) = open.last_mut() {
        let Some(edge) = edges.pop() else {
            open.pop();
            path.pop();
            continue;
        };
        let next = edge.holder;
        if next == who {
            path.push(edge);
            return Some(from_smallest(path));
        }
        if visited.insert(next) {
            path.push(edge);
            open.push(edges_of(next));
        }
    }
    None
}

/// One cycle for each process that is part of one and of none that was found before, by their smallest members.
pub fn all(waiters: impl IntoIterator<Item = usize>, through: impl Fn(usize) -> Option<Vec<Edge>>) -> Vec<Vec<Edge>> {
    let mut seen = BTreeSet::new();
    let mut cycles = Vec::new();
    for who in waiters {
        if seen.contains(&who) {
            continue;
        }
        if let Some(cycle) = through(who) {
            seen.extend(cycle.iter().map(|edge| edge.waiter));
            cycles.push(cycle);
        }
    }
    cycles
}

/// Those who wait behind `members` without being among them, each with the arrow that leads there.
pub fn blocked_behind(members: &BTreeSet<usize>, edges: impl IntoIterator<Item = Edge>) -> Vec<Edge> {
    let mut behind: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
    for edge in edges {
        behind.entry(edge.holder).or_default().push(edge);
    }
    let mut stuck = members.clone();
    let mut open: Vec<usize> = members.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(holder) = open.pop() {
        for edge in behind.remove(&holder).unwrap_or_default() {
            if stuck.insert(edge.waiter) {
                open.push(edge.waiter);
                found.push(edge);
            }
        }
    }
    found.sort();
    found
}

fn from_smallest(mut cycle: Vec<Edge>) -> Vec<Edge> {
    let smallest = cycle.iter().enumerate().min_by_key(|(_, edge)| edge.waiter).map_or(0, |(index, _)| index);
    cycle.rotate_left(smallest);
    cycle
}
