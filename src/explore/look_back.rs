//! What is asked of a search by rank once it is over: the way to a state, and from where it can still end well.
//!
//! Neither edges nor the state before each are stored, as they would take more memory than the states: from the last
//! rank to the first the model gives the moves again.

use std::collections::VecDeque;

use super::cycles::Pace;
use super::packed::State;
use super::ranks::{Nearest, Rank};
use super::table::Table;
use super::{Packing, Path};
use crate::model::Move;

/// All states of a search, rank by rank.
pub(super) struct LookBack<'a, const W: usize> {
    pub(super) packing: &'a Packing<'a, W>,
    pub(super) ranks: Vec<Rank<W>>,
    /// The ways may not lose a record.
    pub(super) keeps_all: bool,
}

/// A state from which one move leads to the one that was asked for.
struct Before<const W: usize> {
    who: usize,
    rank: usize,
    state: State<W>,
}

/// From how many states everybody can still end.
pub(super) struct Safe {
    pub(super) states: u64,
    /// The last state of the way from which they can.
    pub(super) last: Option<usize>,
}

impl<const W: usize> LookBack<'_, W> {
    /// The fewest moves that lead to a state. Of several ways the one is taken on which the last process that can have
    /// moved last did so, then the last that can have moved before it, and so on.
    pub(super) fn path_to(&self, nearest: &Nearest<W>) -> Path {
        let (mut movers, mut states) = (Vec::new(), vec![self.unpacked(&nearest.state)]);
        let (mut rank, mut state) = (nearest.rank as usize, nearest.state);
        for depth in (0..nearest.depth).rev() {
            let Some(before) = self.before(rank, depth, &state) else { break };
            (rank, state) = (before.rank, before.state);
            movers.push(before.who);
            states.push(self.unpacked(&state));
        }
        movers.reverse();
        states.reverse();
        Path { movers, states, safe_moves: None }
    }

    /// A state below `rank`, `depth` moves from the start, from which one move leads to `then`.
    fn before(&self, rank: usize, depth: u32, then: &State<W>) -> Option<Before<W>> {
        let is_layered = self.packing.program.is_layered();
        let lowest = if is_layered { rank.saturating_sub(1) } else { 0 };
        let mut at = self.packing.program.start();
        (lowest..rank).rev().find_map(|rank| {
            let Rank { states, depths } = &self.ranks[rank];
            let is_near = |place: usize| depths.get(place).is_none_or(|&known| known == depth);
            let mut best = None::<Before<W>>;
            for (_, &state) in states.iter().enumerate().filter(|(place, _)| is_near(*place)) {
                if is_layered && !self.packing.layout.differ_in_one(&state, then) {
                    continue; // no move of a layered program changes where anybody stands but its mover
                }
                self.packing.layout.unpack(&state, &mut at);
                self.packing.program.for_each_move(&at, |made| {
                    let (is_better, leads) = (
                        best.as_ref().is_none_or(|best| (best.who, state) < (made.who, best.state)),
                        self.after(&state, &made) == *then && !(made.loses && self.keeps_all),
                    );
                    if leads && is_better {
                        best = Some(Before { who: made.who, rank, state });
                    }
                });
            }
            best
        })
    }

    /// From which states everybody can still end, and which of those on a way are among them. `None` if that takes
    /// more memory than there is, or if it is not to go on.
    pub(super) fn safe(&self, way: &Path, max_bytes: usize, pace: &mut Pace) -> Option<Safe> {
        let kept: usize = self.ranks.iter().map(|rank| size_of_val(&*rank.states) + size_of_val(&*rank.depths)).sum();
        let start = way.states.first().map_or(0, |start| self.rank_of(start));
        let way: Vec<(u64, State<W>)> =
            way.states.iter().map(|at| (self.rank_of(at) - start, self.packing.layout.pack(at))).collect();
        let (mut safe, mut at) = (Safe { states: 0, last: None }, self.packing.program.start());
        // The safe states of the ranks above, the next one in front.
        let mut above: VecDeque<Table<W>> = VecDeque::new();
        for (rank, states) in self.ranks.iter().enumerate().rev().map(|(rank, kept)| (rank as u64, &kept.states)) {
            let mut mine = Table::new(false, !self.packing.program.is_layered());
            let slots = Table::<W>::slots_for(states.len());
            let bytes = kept + mine.bytes_of(slots, 0) + above.iter().map(Table::bytes).sum::<usize>();
            if bytes > max_bytes {
                return None;
            }
            if !states.is_empty() {
                mine.resize(slots, 0);
            }
            for state in states {
                pace.step()?;
                self.packing.layout.unpack(state, &mut at);
                if self.is_safe(state, &at, &above) {
                    mine.insert_anyhow(state);
                }
            }
            safe.states += mine.len() as u64;
            let is_mine = |(known, state): &(u64, State<W>)| *known == rank && mine.find(state).is_some();
            safe.last = safe.last.or(way.iter().rposition(is_mine));
            above.push_front(mine);
            if self.packing.program.is_layered() {
                above.truncate(1); // no move leads further up than one rank
            }
        }
        Some(safe)
    }

    fn is_safe(&self, state: &State<W>, at: &[u32], above: &VecDeque<Table<W>>) -> bool {
        let mut is_safe = self.packing.program.is_over(at);
        if let Some(grants) = &self.packing.grants {
            let is_in = |table: &Table<W>, state: State<W>| table.find(&state).is_some();
            grants.for_each(state, false, |made| {
                is_safe = is_safe || above.front().is_some_and(|table| is_in(table, made.state));
            });
            return is_safe;
        }
        self.packing.program.for_each_move(at, |made| {
            if !is_safe {
                let risen = |&(who, to): &(usize, u32)| {
                    self.packing.program.rank(who, to) - self.packing.program.rank(who, at[who])
                };
                let rise: u32 = made.changes.iter().map(risen).sum();
                let table = above.get(rise as usize - 1);
                is_safe = table.is_some_and(|table| table.find(&self.after(state, &made)).is_some());
            }
        });
        is_safe
    }

    fn after(&self, state: &State<W>, made: &Move) -> State<W> {
        made.changes.iter().fold(*state, |state, &(who, to)| self.packing.layout.moved(state, who, to))
    }

    fn unpacked(&self, state: &State<W>) -> Vec<u32> {
        let mut at = self.packing.program.start();
        self.packing.layout.unpack(state, &mut at);
        at
    }

    fn rank_of(&self, at: &[u32]) -> u64 {
        at.iter().enumerate().map(|(who, &at)| u64::from(self.packing.program.rank(who, at))).sum()
    }
}
