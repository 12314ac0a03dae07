//! The wait-for graph of the whole machine: who waits for whom on which file, and the rings in it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::LockKind;
use super::sight::{FileId, Lock, Sight};
use crate::analysis::cycles;
use crate::trace::Edge;

/// Nodes above this are not processes: the unknown owner of line number `node - UNKNOWN`.
const UNKNOWN: usize = 1 << 32;

/// A request that waits, and the locks in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The request: its place in [`Sight::locks`].
    pub request: usize,
    /// The locks in its way: their places there.
    pub behind: Vec<usize>,
}

/// Processes that wait for each other in a ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The waits, from the smallest process on.
    pub arrows: Vec<Arrow>,
    /// Whether nobody can end it from within: then it is certainly a deadlock.
    pub for_good: bool,
    /// Its processes with threads that don't wait: one of these threads might still let go.
    pub with_free_threads: Vec<u32>,
    /// Who shares the open file of a lock in the ring, and does not wait: it alone might unlock it, but to close the
    /// file is not enough, for the lock goes with the last of them.
    pub sharers: Vec<u32>,
    /// Whose end would end it: of a lock that is shared, all who share it.
    pub ends: Vec<u32>,
}

/// One process waits for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// Who waits.
    pub waiter: u32,
    /// For which file.
    pub file: FileId,
    /// Who holds it.
    pub holder: u32,
}

/// The graph of everything that waits on this machine.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// All requests that wait, in the order of the list.
    pub waits: Vec<Wait>,
    /// The rings, each once.
    pub rings: Vec<Ring>,
    /// Who waits behind a ring without being in it.
    pub blocked_behind: Vec<u32>,
}

/// Draws the graph of what was seen.
pub fn graph(sight: &Sight) -> Graph {
    let waits = waits(&sight.locks);
    // Who waits on nobody's account leads to no ring: the search begins with those who are stuck for good.
    let stuck = stuck(sight, &waits, |_| 1, Keeps::One);
    let edges = edges(&sight.locks, &waits);
    let kept = |node: &usize| stuck.contains(node);
    let edges_of = |node: usize| -> Vec<Edge> {
        let all = edges.get(&node).into_iter().flatten();
        all.filter(|edge| kept(&edge.holder)).cloned().collect()
    };
    let found = cycles::all(stuck.iter().copied(), |who| cycles::through(who, edges_of));
    let threads = |pid: u32| sight.processes.get(&pid).map_or(1, |process| process.threads.max(1));
    let for_good = self::stuck(sight, &waits, threads, Keeps::All);
    let members: BTreeSet<usize> = found.iter().flatten().map(|edge| edge.waiter).collect();
    let behind = cycles::blocked_behind(&members, edges.values().flatten().cloned());
    let rings = found.iter().map(|cycle| ring(sight, &waits, cycle, &for_good)).collect();
    let mut blocked_behind: Vec<u32> = behind.iter().filter_map(|edge| u32::try_from(edge.waiter).ok()).collect();
    blocked_behind.dedup();
    Graph { waits, rings, blocked_behind }
}

/// The requests that wait, each with what is in its way: what the kernel's list puts it under, and every other lock
/// that it would be refused by; the kernel names one of them at a time.
fn waits(locks: &[Lock]) -> Vec<Wait> {
    let mut held: BTreeMap<(&str, u64), Vec<usize>> = BTreeMap::new();
    let mut by_id: BTreeMap<u64, usize> = BTreeMap::new();
    for (index, lock) in locks.iter().enumerate().filter(|(_, lock)| !lock.line.waiting) {
        held.entry((&lock.line.device, lock.line.inode)).or_default().push(index);
        by_id.insert(lock.line.id, index);
    }
    let wait = |(request, lock): (usize, &Lock)| {
        let same_file = held.get(&(lock.line.device.as_str(), lock.line.inode)).into_iter().flatten();
        let mut behind: BTreeSet<usize> =
            same_file.copied().filter(|&index| is_in_the_way(lock, &locks[index])).collect();
        behind.extend(by_id.get(&lock.line.id));
        Wait { request, behind: behind.into_iter().collect() }
    };
    locks.iter().enumerate().filter(|(_, lock)| lock.line.waiting).map(wait).collect()
}

/// Whether a request is refused because of a held lock on the same file.
fn is_in_the_way(request: &Lock, held: &Lock) -> bool {
    use LockKind::{Flock, Ofd, Posix};
    let (asks, has) = (&request.line, &held.line);
    // flock and fcntl don't see each other; POSIX and OFD locks do.
    let same_world = matches!((&asks.kind, &has.kind), (Flock, Flock) | (Posix | Ofd, Posix | Ofd));
    let overlaps = asks.last.is_none_or(|last| has.first <= last) && has.last.is_none_or(|last| asks.first <= last);
    // A process is never in its own way with POSIX locks; with open files it may be.
    let own = asks.kind == Posix && has.kind == Posix && asks.pid == has.pid && asks.pid > 0;
    same_world && overlaps && (asks.write || has.write) && !own
}

/// The nodes of a lock: its processes, or one for the unknown owner.
fn nodes(locks: &[Lock], index: usize) -> Vec<usize> {
    match locks[index].owners.as_slice() {
        [] => vec![UNKNOWN + index],
        owners => owners.iter().map(|pid| *pid as usize).collect(),
    }
}

/// The arrows that leave each node. An arrow's lock is the place of the held lock in the list.
fn edges(locks: &[Lock], waits: &[Wait]) -> BTreeMap<usize, Vec<Edge>> {
    let mut edges: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
    for wait in waits {
        // Of several who ask for OFD locks on one file nobody knows which request is whose: none waits for itself then.
        let sure = locks[wait.request].owners.len() == 1;
        for waiter in nodes(locks, wait.request) {
            for &index in &wait.behind {
                let holders = nodes(locks, index).into_iter().filter(|holder| sure || *holder != waiter);
                let to = |holder| Edge { waiter, lock: index.to_string(), holder };
                edges.entry(waiter).or_default().extend(holders.map(to));
            }
        }
    }
    edges
}

/// How many of those who share a lock have to be stuck for it to stay. One of them may unlock it on behalf of all; but
/// who merely closes the file, or ends, leaves it to the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// Certain: nobody is left who could unlock it.
    All,
    /// Possible: one is left who has to move before it can go.
    One,
}

/// Who can never go on, if a process waits for good as soon as `threads` of its requests do.
///
/// A request goes on when all that is in its way may be released; a lock may be released when one of those who share
/// it can go on (or all: [`Keeps`]); a process can go on when it has a thread that can. What is left when nothing
/// changes is stuck.
fn stuck(sight: &Sight, waits: &[Wait], threads: impl Fn(u32) -> u32, keeps: Keeps) -> BTreeSet<usize> {
    let locks = &sight.locks;
    let mut requests: BTreeMap<usize, Vec<&Wait>> = BTreeMap::new();
    for wait in waits {
        // Whose request it is nobody knows: it may be anybody's, and keeps nobody stuck.
        for &pid in &locks[wait.request].owners {
            requests.entry(pid as usize).or_default().push(wait);
        }
    }
    requests.retain(|node, own| u32::try_from(*node).is_ok_and(|pid| own.len() >= threads(pid) as usize));
    loop {
        let stuck: BTreeSet<usize> = requests.keys().copied().collect();
        let lasts = |index: &usize| match keeps {
            Keeps::All => nodes(locks, *index).iter().all(|node| stuck.contains(node)),
            Keeps::One => nodes(locks, *index).iter().any(|node| stuck.contains(node)),
        };
        let before = requests.len();
        requests.retain(|_, own| own.iter().all(|wait| wait.behind.iter().any(lasts)));
        if requests.len() == before {
            return stuck;
        }
    }
}

fn ring(sight: &Sight, waits: &[Wait], cycle: &[Edge], for_good: &BTreeSet<usize>) -> Ring {
    let arrow = |edge: &Edge| {
        let lock = sight.locks.get(edge.lock.parse::<usize>().ok()?)?;
        let (waiter, holder) = (u32::try_from(edge.waiter).ok()?, u32::try_from(edge.holder).ok()?);
        Some(Arrow { waiter, file: FileId::of(&lock.line), holder })
    };
    let members: BTreeSet<u32> = cycle.iter().filter_map(|edge| u32::try_from(edge.waiter).ok()).collect();
    let requests = |pid: u32| waits.iter().filter(|wait| sight.locks[wait.request].owners.contains(&pid)).count();
    let threads = |pid: u32| sight.processes.get(&pid).map_or(1, |process| process.threads as usize);
    let certain = members.iter().all(|pid| for_good.contains(&(*pid as usize)));
    let owners = |edge: &Edge| edge.lock.parse::<usize>().ok().and_then(|index| Some(&sight.locks.get(index)?.owners));
    let mut sharers: Vec<u32> = cycle.iter().filter_map(owners).flatten().copied().collect();
    sharers.retain(|pid| !certain && requests(*pid) == 0);
    sharers.sort_unstable();
    sharers.dedup();
    // Whoever is the only one to have its lock, if there is one.
    let ends = cycle.iter().filter_map(owners).filter(|owners| !owners.is_empty()).min_by_key(|owners| owners.len());
    let first = cycle.first().and_then(|edge| u32::try_from(edge.waiter).ok());
    let ends = match ends {
        Some(owners) if owners.len() > 1 || first.is_none() => owners.clone(),
        Some(_) => {
            let alone = |edge: &&Edge| owners(edge).is_some_and(|owners| owners.len() == 1);
            let all: BTreeSet<u32> = cycle.iter().filter(alone).filter_map(owners).flatten().copied().collect();
            first.filter(|first| all.contains(first)).or(all.first().copied()).into_iter().collect()
        }
        None => first.into_iter().collect(),
    };
    Ring {
        arrows: cycle.iter().filter_map(arrow).collect(),
        for_good: certain,
        with_free_threads: members.iter().copied().filter(|&pid| threads(pid) > requests(pid)).collect(),
        sharers,
        ends,
    }
}
