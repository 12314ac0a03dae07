//! Who is behind whom without a ring: the waits for one file, and what its holders wait for themselves.

use std::collections::{BTreeSet, VecDeque};

use super::graph::{Arrow, Graph, Ring, Wait};
use super::sight::{FileId, Sight, Target};

/// What is found when the waits are followed from some holders on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// The waits of these holders, of those for whom they wait, and so on.
    pub arrows: Vec<Arrow>,
    /// Who does not wait, at the end: whoever is behind them goes on when they let go. If there is a ring instead,
    /// whose end would end it.
    pub roots: Vec<u32>,
}

/// Follows the waits from these holders on; each entry are those who share one lock.
pub fn follow(sight: &Sight, graph: &Graph, held: impl IntoIterator<Item = Vec<u32>>) -> Chain {
    let (mut arrows, mut roots, mut seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut left: VecDeque<Vec<u32>> = held.into_iter().collect();
    while let Some(owners) = left.pop_front() {
        // A lock that is shared stays until the last of them has closed it, and so until those who wait go on.
        let stuck: Vec<u32> = owners.iter().copied().filter(|pid| is_stuck(sight, graph, *pid)).collect();
        if stuck.is_empty() {
            roots.extend(owners);
            continue;
        }
        for pid in stuck.into_iter().filter(|pid| seen.insert(*pid)) {
            for wait in waits_of(sight, graph, pid) {
                arrows.extend(arrows_of(sight, graph, wait, pid));
                left.extend(wait.behind.iter().map(|&index| sight.locks[index].owners.clone()));
            }
        }
    }
    if roots.is_empty() {
        let here = graph.rings.iter().filter(|ring| ring.arrows.iter().any(|arrow| seen.contains(&arrow.waiter)));
        roots.extend(here.flat_map(|ring| ring.ends.clone()));
    }
    Chain { arrows, roots: roots.into_iter().collect() }
}

/// The requests for the target.
pub fn waits_for<'a>(sight: &'a Sight, target: &'a Target, graph: &'a Graph) -> impl Iterator<Item = &'a Wait> {
    graph.waits.iter().filter(|wait| target.is_locked_by(&sight.locks[wait.request].line))
}

/// Everybody who waits for the target, and what its holders wait for; nothing if one look at the holder tells as much:
/// where one lock is waited for, and its holder waits for nothing.
pub fn of_file(sight: &Sight, target: &Target, graph: &Graph) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for wait in waits_for(sight, target, graph) {
        for &pid in &sight.locks[wait.request].owners {
            arrows.extend(arrows_of(sight, graph, wait, pid));
        }
    }
    let holders: Vec<Vec<u32>> = sight
        .locks
        .iter()
        .filter(|lock| !lock.line.waiting && target.is_locked_by(&lock.line))
        .map(|lock| lock.owners.clone())
        .collect();
    // A holder of another part of the file, for whom nobody waits, is in nobody's way.
    let concerns = |owners: &Vec<u32>| {
        owners.iter().any(|pid| arrows.iter().any(|arrow| arrow.holder == *pid)) || arrows.is_empty()
    };
    let chain = follow(sight, graph, holders.into_iter().filter(concerns));
    arrows.extend(chain.arrows);
    let mut seen = Vec::new();
    arrows.retain(|arrow| {
        !seen.contains(arrow) && {
            seen.push(arrow.clone());
            true
        }
    });
    let holders: BTreeSet<u32> = arrows.iter().map(|arrow| arrow.holder).collect();
    let is_plain = arrows.iter().all(|arrow| target.part_of(&arrow.file).is_some()) && holders.len() < 2;
    if is_plain { Vec::new() } else { arrows }
}

/// Who waits behind a ring without being in it: for one of its processes, or for somebody behind it.
pub fn behind(sight: &Sight, graph: &Graph, ring: &Ring) -> Vec<Arrow> {
    let members: BTreeSet<u32> = ring.arrows.iter().map(|arrow| arrow.waiter).collect();
    let (mut arrows, mut seen, mut left) = (Vec::new(), members.clone(), VecDeque::from_iter(members));
    while let Some(holder) = left.pop_front() {
        let is_his = |wait: &&Wait| wait.behind.iter().any(|&index| sight.locks[index].owners.contains(&holder));
        for wait in graph.waits.iter().filter(is_his) {
            let file = FileId::of(&sight.locks[wait.request].line);
            for &waiter in sight.locks[wait.request].owners.iter().filter(|pid| graph.blocked_behind.contains(pid)) {
                if seen.insert(waiter) {
                    arrows.push(Arrow { waiter, file: file.clone(), holder });
                    left.push_back(waiter);
                }
            }
        }
    }
    arrows
}

/// One arrow for each lock in the way of a request; of those who share it, to one who waits, if there is one.
fn arrows_of(sight: &Sight, graph: &Graph, wait: &Wait, waiter: u32) -> Vec<Arrow> {
    let arrow = |&index: &usize| {
        let lock = &sight.locks[index];
        let others = || lock.owners.iter().copied().filter(|pid| *pid != waiter);
        let holder = others().find(|pid| is_stuck(sight, graph, *pid)).or_else(|| others().next())?;
        Some(Arrow { waiter, file: FileId::of(&lock.line), holder })
    };
    let mut arrows: Vec<Arrow> = wait.behind.iter().filter_map(arrow).collect();
    arrows.dedup();
    arrows
}

fn waits_of<'a>(sight: &'a Sight, graph: &'a Graph, pid: u32) -> impl Iterator<Item = &'a Wait> {
    graph.waits.iter().filter(move |wait| sight.locks[wait.request].owners.contains(&pid))
}

/// Whether it waits with all its threads: one that does not may let go.
pub fn is_stuck(sight: &Sight, graph: &Graph, pid: u32) -> bool {
    let threads = sight.processes.get(&pid).map_or(1, |process| process.threads.max(1) as usize);
    waits_of(sight, graph, pid).count() >= threads
}
