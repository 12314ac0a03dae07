//! The frontier where no program can come back to where it was: rank by rank.
//!
//! Every move leads to a higher rank there. A state can be met twice only within its own rank, so the states of one
//! rank and those above it are all that must be in memory; and what is carried along the schedules is complete when a
//! rank's turn comes.

use std::collections::VecDeque;

use super::load::{Overflow, Shape, Share};
use super::packed::State;
use super::search::{Frontier, GROUP, Open, Successor};
use super::table::{Crowded, Table};
use super::{Stopped, Task};
use crate::model::{Outcome, Program};

/// All states of one rank, once their turn is over.
pub(super) struct Rank<const W: usize> {
    pub(super) states: Vec<State<W>>,
    /// The fewest moves to each of them; empty if that is the rank.
    pub(super) depths: Vec<u32>,
}

/// The wanted state that takes the fewest moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nearest<const W: usize> {
    pub(super) depth: u32,
    pub(super) rank: u64,
    pub(super) state: State<W>,
}

/// The states of a search by rank, from the one whose turn it is.
pub(super) struct Ranks<'a, const W: usize> {
    task: &'a Task,
    shape: Shape,
    /// Every move rises by one: then a rank is the number of moves, and the next one can be foreseen.
    is_layered: bool,
    processes: usize,
    /// Nothing is asked of states above this rank.
    last: u64,
    rank: u64,
    turn: Table<W>,
    /// The slot of `turn` from which on nobody has had a turn.
    next: usize,
    /// `above[k]` is `k + 1` ranks above `turn`.
    above: VecDeque<Table<W>>,
    kept: Vec<Rank<W>>,
    kept_bytes: usize,
    nearest: Option<Nearest<W>>,
    scratch: Vec<u64>,
}

impl<'a, const W: usize> Ranks<'a, W> {
    /// Begins with one state.
    pub(super) fn new(program: &Program, start: &State<W>, task: &'a Task, shape: Shape) -> Self {
        let is_layered = program.is_layered();
        let mut ranks = Self {
            task,
            shape,
            is_layered,
            processes: program.process_count(),
            last: u64::MAX,
            rank: 0,
            turn: Table::new(task.keep && !is_layered, !is_layered),
            next: 0,
            above: VecDeque::new(),
            kept: Vec::new(),
            kept_bytes: 0,
            nearest: None,
            scratch: Vec::new(),
        };
        ranks.turn.grow(shape.stride());
        if let Ok((slot, _)) = ranks.turn.insert(start) {
            ranks.turn.loads[slot * shape.stride()..][..shape.stride()].copy_from_slice(&shape.start());
        }
        ranks
    }

    /// The same, but it ends after this rank.
    pub(super) fn up_to(self, last: u64) -> Self {
        Self { last, ..self }
    }

    /// All ranks that were kept, and the nearest state of those that were wanted.
    pub(super) fn kept(mut self) -> (Vec<Rank<W>>, Option<Nearest<W>>) {
        if self.task.keep {
            self.put_away(); // where it was stopped, the path leads through this rank, too
        }
        (self.kept, self.nearest)
    }

    fn put_away(&mut self) {
        let empty = self.empty();
        let turn = std::mem::replace(&mut self.turn, empty);
        if self.task.keep {
            let mut rank = Rank { states: Vec::with_capacity(turn.len()), depths: Vec::new() };
            rank.states.extend(turn.states());
            if !self.is_layered {
                rank.depths.reserve_exact(turn.len());
                turn.walk(0, |slot, _| {
                    rank.depths.push(turn.depths[slot]);
                    true
                });
            }
            self.kept_bytes += size_of_val(&*rank.states) + size_of_val(&*rank.depths);
            self.kept.push(rank);
        }
    }

    fn empty(&self) -> Table<W> {
        Table::new(self.task.keep && !self.is_layered, !self.is_layered)
    }

    /// Goes on to the next rank that has states; `false` if there is none.
    fn rise(&mut self) -> bool {
        loop {
            let before = self.turn.len();
            self.put_away();
            let Some(turn) = self.above.pop_front().filter(|_| self.rank < self.last) else { return false };
            (self.turn, self.next, self.rank) = (turn, 0, self.rank + 1);
            if self.turn.len() > 0 {
                self.foresee(before);
                return true;
            }
        }
    }

    /// Makes the next table as large as it will have to be. To let it grow would take longer: the first states of a
    /// walk in order come into few parts of it, and these would be full long before the others.
    fn foresee(&mut self, before: usize) {
        if !self.is_layered {
            return;
        }
        // From rank to rank the number of states grows by less and less.
        let (len, before) = (self.turn.len() as u128, before.max(1) as u128);
        let states = (len * len / before).min(len * self.processes as u128) as usize;
        let mut next = self.empty();
        let slots = Table::<W>::slots_for(states);
        if self.bytes() + next.bytes_of(slots, self.shape.stride()) <= self.task.max_bytes {
            next.resize(slots, self.shape.stride());
        }
        self.above.push_back(next);
    }

    #[cold]
    fn open_up_to(&mut self, above: usize) {
        while self.above.len() <= above {
            self.above.push_back(self.empty());
        }
    }

    /// Finds the slot of a state in a rank above, or gives it one.
    #[inline]
    fn insert(&mut self, above: usize, state: &State<W>) -> Result<(usize, bool), Stopped> {
        loop {
            match self.above[above].insert(state) {
                Ok(found) => return Ok(found),
                Err(Crowded) => self.make_room(above)?,
            }
        }
    }

    /// Refuses to pass the bound of memory: before memory is asked for, not after.
    #[cold]
    fn make_room(&mut self, above: usize) -> Result<(), Stopped> {
        let stride = self.shape.stride();
        let table = &self.above[above];
        if self.bytes() + table.bytes_of(table.next_size(), stride) > self.task.max_bytes {
            return Err(Stopped::Memory);
        }
        self.above[above].grow(stride);
        Ok(())
    }

    /// The bytes that everything takes.
    pub(super) fn bytes(&self) -> usize {
        // What is kept of this rank once its turn is over comes on top of its table.
        let to_keep = if self.task.keep { self.turn.bytes() } else { 0 };
        self.kept_bytes + to_keep + self.turn.bytes() + self.above.iter().map(Table::bytes).sum::<usize>()
    }

    /// Adds a share of the load of a state to that of its successor.
    #[inline]
    fn carry(&mut self, from: usize, above: usize, to: usize, share: Share) -> Result<(), Stopped> {
        loop {
            let stride = self.shape.stride();
            let load = &self.turn.loads[from * stride..][..stride];
            let target = &mut self.above[above].loads[to * stride..][..stride];
            match self.shape.add(target, load, share, &mut self.scratch) {
                Ok(()) => return Ok(()),
                Err(overflow) => self.widen(overflow)?,
            }
        }
    }

    /// Gives all numbers one more limb: a count never wraps.
    #[cold]
    fn widen(&mut self, overflow: Overflow) -> Result<(), Stopped> {
        let wider = self.shape.widened(overflow);
        let old = self.shape.stride().max(1);
        let loads = self.above.iter().chain([&self.turn]).map(|table| size_of_val(&*table.loads));
        if self.bytes() + loads.sum::<usize>() / old * wider.stride() > self.task.max_bytes {
            return Err(Stopped::Memory);
        }
        for table in self.above.iter_mut().chain([&mut self.turn]) {
            table.loads = self.shape.reshape(&table.loads, wider);
        }
        self.shape = wider;
        Ok(())
    }
}

impl<const W: usize> Frontier<W> for Ranks<'_, W> {
    #[inline]
    fn take(&mut self, group: &mut Vec<Open<W>>) {
        loop {
            self.next = self.turn.walk(self.next, |place, state| {
                group.push(Open { place, state: *state });
                group.len() < GROUP
            });
            if !group.is_empty() || !self.rise() {
                return;
            }
        }
    }

    fn rank(&self) -> u64 {
        self.rank
    }

    #[inline]
    fn warm(&self, successors: &[Successor<W>]) {
        if !self.above.iter().any(Table::mixes) {
            return; // what is needed comes in order
        }
        let target = |successor: &Successor<W>| self.above.get(successor.rise as usize - 1);
        let scattered = successors.iter().filter_map(|s| Some((target(s).filter(|table| table.mixes())?, &s.state)));
        std::hint::black_box(scattered.fold(0, |all, (table, state)| all ^ table.look_at(state)));
    }

    #[inline]
    fn add(&mut self, from: usize, successor: &Successor<W>, movers: u64) -> Result<bool, Stopped> {
        let above = successor.rise as usize - 1;
        if self.above.len() <= above {
            self.open_up_to(above);
        }
        let (to, is_new) = self.insert(above, &successor.state)?;
        if self.task.keep && !self.is_layered {
            let depth = self.turn.depths[from] + 1;
            let known = &mut self.above[above].depths[to];
            *known = if is_new { depth } else { depth.min(*known) };
        }
        if self.shape.stride() > 0 {
            let share = Share {
                is_granted: successor.outcome != Outcome::Refused,
                keeps_all: !successor.loses,
                of: movers * u64::from(successor.choices),
                rise: successor.rise,
            };
            self.carry(from, above, to, share)?;
        }
        Ok(is_new)
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn load(&self, place: usize) -> &[u64] {
        let stride = self.shape.stride();
        &self.turn.loads[place * stride..][..stride]
    }

    fn wanted(&mut self, open: &Open<W>) {
        let depth = if self.is_layered { self.rank as u32 } else { self.turn.depths.get(open.place).map_or(0, |d| *d) };
        let nearest = Nearest { depth, rank: self.rank, state: open.state };
        // Of those equally near the same one is chosen, whatever the order of the slots.
        if self.nearest.is_none_or(|known| (depth, open.state) < (known.depth, known.state)) {
            self.nearest = Some(nearest);
        }
    }
}
