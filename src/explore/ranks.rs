//! The frontier where no program can come back to where it was: rank by rank.
//!
//! Every move leads to a higher rank there. A state can be met twice only within its own rank, so the states of one
//! rank and those above it are all that must be in memory; and what is carried along the schedules is complete when a
//! rank's turn comes.

use std::collections::VecDeque;

use super::load::{Overflow, Shape};
use super::packed::State;
use super::search::{Frontier, GROUP, Open, Successor, count};
use super::table::{Crowded, Table};
use super::{Stopped, Task};
use crate::model::Program;

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

/// What has to be done before another successor can be taken in.
enum Needs {
    /// Room in the rank so far above.
    Room(u32),
    Limb(Overflow),
    /// Nothing helps: a bound of the task.
    End(Stopped),
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
    /// One rank above `turn`: most moves lead there, and all of a layered program.
    above: Table<W>,
    /// `higher[k]` is `k + 2` ranks above `turn`.
    higher: VecDeque<Table<W>>,
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
            above: Table::new(task.keep && !is_layered, !is_layered),
            higher: VecDeque::new(),
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
            let is_last = self.above.len() == 0 && self.higher.is_empty();
            if is_last || self.rank >= self.last {
                return false;
            }
            let above = self.higher.pop_front().unwrap_or_else(|| self.empty());
            (self.turn, self.next, self.rank) = (std::mem::replace(&mut self.above, above), 0, self.rank + 1);
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
        self.above = next;
    }

    /// Takes successors in until one of them needs something first; `rest` begins with that one then.
    #[inline]
    fn add_some(
        &mut self,
        from: usize,
        rest: &mut &[Successor<W>],
        movers: u64,
        states: &mut u64,
    ) -> Result<(), Needs> {
        let stride = self.shape.stride();
        let load = &self.turn.loads[from * stride..][..stride];
        let depth = self.turn.depths.get(from).map(|depth| depth + 1);
        while let Some((successor, others)) = rest.split_first() {
            let table = match successor.rise {
                1 => &mut self.above,
                rise if rise as usize - 2 < self.higher.len() => &mut self.higher[rise as usize - 2],
                rise => return Err(Needs::Room(rise)),
            };
            let Ok((to, is_new)) = table.insert(&successor.state) else { return Err(Needs::Room(successor.rise)) };
            if is_new {
                count(states, self.task).map_err(Needs::End)?;
            }
            if let Some(depth) = depth {
                let known = &mut table.depths[to];
                *known = if is_new { depth } else { depth.min(*known) };
            }
            if stride > 0 {
                let target = &mut table.loads[to * stride..][..stride];
                let share = successor.share(movers);
                self.shape.add(target, load, share, &mut self.scratch).map_err(Needs::Limb)?;
            }
            *rest = others;
        }
        Ok(())
    }

    /// Refuses to pass the bound of memory: before memory is asked for, not after.
    #[cold]
    fn make_room(&mut self, rise: u32) -> Result<(), Stopped> {
        while rise as usize > self.higher.len() + 1 {
            self.higher.push_back(self.empty());
        }
        let (stride, bytes) = (self.shape.stride(), self.bytes());
        let table = if rise == 1 { &mut self.above } else { &mut self.higher[rise as usize - 2] };
        if bytes + table.bytes_of(table.next_size(), stride) > self.task.max_bytes {
            return Err(Stopped::Memory);
        }
        table.grow(stride);
        Ok(())
    }

    fn tables(&self) -> impl Iterator<Item = &Table<W>> {
        self.higher.iter().chain([&self.turn, &self.above])
    }

    /// The bytes that everything takes.
    pub(super) fn bytes(&self) -> usize {
        // What is kept of this rank once its turn is over comes on top of its table.
        let to_keep = if self.task.keep { self.turn.bytes() } else { 0 };
        self.kept_bytes + to_keep + self.tables().map(Table::bytes).sum::<usize>()
    }

    /// Gives all numbers one more limb: a count never wraps.
    #[cold]
    fn widen(&mut self, overflow: Overflow) -> Result<(), Stopped> {
        let wider = self.shape.widened(overflow);
        let old = self.shape.stride().max(1);
        let loads = self.tables().map(|table| size_of_val(&*table.loads));
        if self.bytes() + loads.sum::<usize>() / old * wider.stride() > self.task.max_bytes {
            return Err(Stopped::Memory);
        }
        for table in self.higher.iter_mut().chain([&mut self.turn, &mut self.above]) {
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
        if self.is_layered && !self.above.mixes() {
            return; // what is needed comes in order
        }
        let table = |successor: &Successor<W>| match successor.rise {
            1 => Some(&self.above),
            rise => self.higher.get(rise as usize - 2),
        };
        let places = successors.iter().filter_map(|successor| Some(table(successor)?.look_at(&successor.state)));
        std::hint::black_box(places.fold(0, |all, place| all ^ place));
    }

    #[inline]
    fn add(&mut self, from: usize, successors: &[Successor<W>], movers: u64, states: &mut u64) -> Result<(), Stopped> {
        let mut rest = successors;
        while let Err(needs) = self.add_some(from, &mut rest, movers, states) {
            match needs {
                Needs::Room(rise) => self.make_room(rise)?,
                Needs::Limb(overflow) => self.widen(overflow)?,
                Needs::End(stopped) => return Err(stopped),
            }
        }
        Ok(())
    }

    fn takes_states(&self) -> bool {
        self.is_layered && self.shape == Shape::NOTHING && !self.above.mixes()
    }

    #[inline(always)]
    fn add_state(&mut self, _: usize, state: &State<W>, states: &mut u64) -> Result<(), Stopped> {
        loop {
            match self.above.insert(state) {
                Ok((_, true)) => return count(states, self.task),
                Ok((_, false)) => return Ok(()),
                Err(Crowded) => self.make_room(1)?,
            }
        }
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
