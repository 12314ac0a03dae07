//! How far a stand is from the start: the longest way to it.

use super::program::Stands;
use super::stand::{NONE, Stand};

/// Ranks all stands so that every change of a stand leads to a higher rank. If some program can come back to where it
/// was, that can't be, and all ranks are 0. Says whether it could be.
pub(super) fn rank(processes: &mut [Stands]) -> bool {
    for process in processes.iter_mut() {
        let Some(order) = topological(process) else {
            processes.iter_mut().flat_map(|process| &mut process.stands).for_each(|stand| stand.rank = 0);
            return false;
        };
        for from in order {
            let rank = process.stands[from as usize].rank + 1;
            for to in ways(process, from) {
                let stand = &mut process.stands[to as usize];
                stand.rank = stand.rank.max(rank);
            }
        }
    }
    true
}

/// Where a process may stand next, whoever makes the move.
fn ways(process: &Stands, from: u32) -> impl Iterator<Item = u32> + use<> {
    let Stand { granted, refused, pends, .. } = process.stands[from as usize];
    let staled = process.staled.get(&from).copied();
    let crashed = (from != process.crashed && !process.places[from as usize].is_gone()).then_some(process.crashed);
    [Some(granted.to), Some(granted.or), Some(refused.to), Some(refused.or), Some(pends), staled, crashed]
        .into_iter()
        .flatten()
        .filter(|&to| to != NONE)
}

/// All stands, each before those that it leads to; `None` if there is a cycle.
fn topological(process: &Stands) -> Option<Vec<u32>> {
    let count = process.stands.len();
    let mut arrivals = vec![0_u32; count];
    (0..count as u32).flat_map(|from| ways(process, from)).for_each(|to| arrivals[to as usize] += 1);
    let mut order: Vec<u32> = (0..count as u32).filter(|&stand| arrivals[stand as usize] == 0).collect();
    let mut next = 0;
    while let Some(&from) = order.get(next) {
        next += 1;
        for to in ways(process, from) {
            arrivals[to as usize] -= 1;
            if arrivals[to as usize] == 0 {
                order.push(to);
            }
        }
    }
    (order.len() == count).then_some(order)
}
