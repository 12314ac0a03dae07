//! Schedules counted after the search: for programs that could come back to where they were, and never do.

use super::cycles::{Edges, Pace};
use super::ends::Ends;
use super::load::{Shape, Share};

/// What counting afterwards has come to.
pub(super) enum Tally {
    /// All schedules are counted.
    Counted(Ends),
    /// There is a cycle: some schedules have no end.
    Endless,
    /// The numbers don't fit into the memory that they may use.
    TooLarge,
    /// It was not to go on.
    Interrupted,
}

/// Counts along all edges of a graph without cycles, with numbers that take at most `max_bytes`.
pub(super) fn tally(edges: &Edges, mut shape: Shape, max_bytes: usize, pace: &mut Pace) -> Tally {
    let Some(rank) = ranks(edges) else { return Tally::Endless };
    // While numbers are widened, the old ones and the new ones are there.
    let fits = |shape: Shape| rank.len() * shape.stride() * size_of::<u64>() * 2 <= max_bytes;
    if !fits(shape) {
        return Tally::TooLarge;
    }
    let mut order: Vec<u32> = (0..rank.len() as u32).collect();
    order.sort_by_key(|&state| rank[state as usize]);
    let mut ends = Ends::new(shape);
    let mut load = shape.start();
    load.resize(rank.len() * shape.stride(), 0);
    let mut scratch = Vec::new();
    for state in order {
        if pace.step().is_none() {
            return Tally::Interrupted;
        }
        let from = rank[state as usize];
        let ways = edges.of(state);
        if ways.is_empty() {
            let load = &load[state as usize * shape.stride()..][..shape.stride()];
            ends.add(!edges.is_over(state), u64::from(from), shape, load);
        }
        let movers = ways.chunk_by(|a, b| a.who == b.who).count() as u64;
        for outcomes in ways.chunk_by(|a, b| a.who == b.who) {
            for edge in outcomes {
                let share = Share {
                    is_granted: !edge.is_refusal,
                    keeps_all: !edge.loses,
                    of: movers * outcomes.len() as u64,
                    rise: rank[edge.to as usize] - from,
                };
                loop {
                    let stride = shape.stride();
                    let mine = load[state as usize * stride..][..stride].to_vec();
                    let to = &mut load[edge.to as usize * stride..][..stride];
                    let Err(overflow) = shape.add(to, &mine, share, &mut scratch) else { break };
                    let wider = shape.widened(overflow);
                    if !fits(wider) {
                        return Tally::TooLarge;
                    }
                    load = shape.reshape(&load, wider);
                    shape = wider;
                }
            }
        }
    }
    Tally::Counted(ends)
}

/// The longest way to each state; `None` if there is a cycle.
fn ranks(edges: &Edges) -> Option<Vec<u32>> {
    let states = edges.len();
    let (mut rank, mut arrivals) = (vec![0_u32; states], vec![0_u32; states]);
    let all = 0..states as u32;
    all.clone().flat_map(|state| edges.of(state)).for_each(|edge| arrivals[edge.to as usize] += 1);
    let mut order: Vec<u32> = all.filter(|&state| arrivals[state as usize] == 0).collect();
    let mut next = 0;
    while let Some(&state) = order.get(next) {
        next += 1;
        for edge in edges.of(state) {
            let to = edge.to as usize;
            rank[to] = rank[to].max(rank[state as usize] + 1);
            arrivals[to] -= 1;
            if arrivals[to] == 0 {
                order.push(edge.to);
            }
        }
    }
    (order.len() == states).then_some(rank)
}
