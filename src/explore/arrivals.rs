//! The frontier where programs can come back to where they were: one list, in order of arrival.
//!
//! A state can be met again at any time, so all of them are kept; and because those that are nearer to the start come
//! first, the first way to a state is one of the shortest.

use super::list::List;
use super::load::Shape;
use super::packed::State;
use super::search::{Frontier, GROUP, Open, Successor, count};
use super::{Stopped, Task};

/// A state's number has 32 bits.
const MOST_STATES: usize = u32::MAX as usize - 1;

/// All states that a search has met.
pub(super) struct Arrivals<'a, const W: usize> {
    task: &'a Task,
    list: List<W>,
    /// The first one that has not had its turn.
    next: usize,
    nearest: Option<u32>,
}

impl<'a, const W: usize> Arrivals<'a, W> {
    /// Begins with one state.
    pub(super) fn new(start: &State<W>, task: &'a Task) -> Self {
        let mut list = List::new();
        list.insert(*start);
        if task.keep {
            list.parents.push(0);
        }
        Self { task, list, next: 0, nearest: None }
    }

    /// All states, and the number of the nearest of those that were wanted.
    pub(super) fn kept(mut self) -> (List<W>, Option<u32>) {
        self.list.shrink();
        (self.list, self.nearest)
    }

    /// Refuses to pass the bound of memory: before memory is asked for, not after.
    #[cold]
    fn may_grow(&self) -> bool {
        self.list.bytes() + self.list.growth(self.task.keep) <= self.task.max_bytes
    }
}

impl<const W: usize> Frontier<W> for Arrivals<'_, W> {
    fn take(&mut self, group: &mut Vec<Open<W>>) {
        let end = self.list.states.len().min(self.next + GROUP);
        group.extend((self.next..end).map(|place| Open { place, state: self.list.states[place] }));
        self.next = end;
    }

    fn rank(&self) -> u64 {
        0
    }

    fn warm(&self, successors: &[Successor<W>]) {
        std::hint::black_box(successors.iter().fold(0, |all, s| all ^ self.list.look_at_index(&s.state)));
        std::hint::black_box(successors.iter().fold(0, |all, s| all ^ self.list.look_at_state(&s.state)));
    }

    fn add(&mut self, from: usize, successors: &[Successor<W>], _: u64, states: &mut u64) -> Result<(), Stopped> {
        successors.iter().try_for_each(|successor| self.add_state(from, &successor.state, states))
    }

    fn takes_states(&self) -> bool {
        false
    }

    #[inline]
    fn add_state(&mut self, from: usize, state: &State<W>, states: &mut u64) -> Result<(), Stopped> {
        if self.list.is_full() && !self.may_grow() {
            return Err(Stopped::Memory);
        }
        let (known, is_new) = self.list.insert(*state);
        if known >= MOST_STATES {
            return Err(Stopped::States);
        }
        if is_new {
            if self.task.keep {
                self.list.parents.push(from as u32);
            }
            count(states, self.task)?;
        }
        Ok(())
    }

    fn shape(&self) -> Shape {
        Shape::NOTHING
    }

    fn load(&self, _: usize) -> &[u64] {
        &[]
    }

    fn wanted(&mut self, open: &Open<W>) {
        self.nearest.get_or_insert(open.place as u32); // the first one is one of the nearest
    }
}
