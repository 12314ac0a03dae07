//! The states of one rank, in the slots of a hash table.
//!
//! It takes no more memory than its slots, and whoever walks it does so in order of the hash. Where the hash is
//! linear, each sort of move adds one constant to it: the states that come from such a walk go into the next table in
//! order, too, and the processor reads and writes both from one end to the other instead of waiting for each slot.

use super::packed::State;

/// In the first word of an empty slot. No state has it there: see [`super::packed::Layout::new`].
const EMPTY: u64 = u64::MAX;

/// The odd number next to 2^64 divided by the golden ratio: its multiples are spread evenly.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Slots that a search for one may look at; what it looks at beyond is a detour.
const SHORT_WAY: usize = 64;

/// There is no good slot for a new state before the table has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded;

/// A set of states, with what is known of each.
pub(super) struct Table<const W: usize> {
    slots: Vec<State<W>>,
    len: usize,
    /// Beyond so many states it would be slow.
    room: usize,
    /// What is carried along the schedules: `stride` words for each slot.
    pub(super) loads: Vec<u64>,
    /// The fewest moves to each state, for each slot; empty if that is its rank.
    pub(super) depths: Vec<u32>,
    has_depths: bool,
    /// The hash mixes all bits. A linear one is quick only if states come in its order, and well spread.
    mixes: bool,
    /// Slots that were looked at on detours.
    detours: usize,
}

impl<const W: usize> Table<W> {
    /// An empty set, which takes no memory yet.
    pub(super) fn new(has_depths: bool, mixes: bool) -> Self {
        Self {
            slots: Vec::new(),
            len: 0,
            room: 0,
            loads: Vec::new(),
            depths: Vec::new(),
            has_depths,
            mixes,
            detours: 0,
        }
    }

    /// Slots for so many states.
    pub(super) fn slots_for(states: usize) -> usize {
        states + states / 2 + 16
    }

    /// How many states it holds.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The bytes of so many slots.
    pub(super) fn bytes_of(&self, slots: usize, stride: usize) -> usize {
        let depth = if self.has_depths { size_of::<u32>() } else { 0 };
        slots * (size_of::<State<W>>() + stride * size_of::<u64>() + depth)
    }

    /// The bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.loads) + size_of_val(&*self.depths)
    }

    /// Whether its states have no order that a walk could follow.
    #[inline]
    pub(super) fn mixes(&self) -> bool {
        self.mixes
    }

    /// All states, in the order of their slots.
    pub(super) fn states(&self) -> impl Iterator<Item = &State<W>> {
        self.slots.iter().filter(|slot| slot[0] != EMPTY)
    }

    /// The states in slots from `from` on, as long as `take` is not content: it says whether it wants another one.
    /// Gives back where to go on.
    #[inline]
    pub(super) fn walk(&self, from: usize, mut take: impl FnMut(usize, &State<W>) -> bool) -> usize {
        for (slot, state) in self.slots.iter().enumerate().skip(from) {
            if state[0] != EMPTY && !take(slot, state) {
                return slot + 1;
            }
        }
        self.slots.len()
    }

    /// The slot of a state, and whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, state: &State<W>) -> Result<(usize, bool), Crowded> {
        if self.len >= self.room {
            return match self.find(state) {
                Some(slot) => Ok((slot, false)),
                None => Err(Crowded),
            };
        }
        let mut slot = self.first_slot(state);
        let mut looked_at = 1;
        loop {
            let known = &self.slots[slot];
            if known == state {
                return Ok((slot, false));
            }
            if known[0] == EMPTY {
                break;
            }
            slot = self.after(slot);
            looked_at += 1;
        }
        if looked_at > SHORT_WAY {
            self.detours += looked_at - SHORT_WAY;
            if self.is_tangled() {
                return Err(Crowded);
            }
        }
        self.slots[slot] = *state;
        self.len += 1;
        Ok((slot, true))
    }

    /// The same, and makes room for it if it must.
    #[inline]
    pub(super) fn insert_anyhow(&mut self, state: &State<W>) {
        while self.insert(state).is_err() {
            self.grow(0);
        }
    }

    /// The slot of a state that is in the set.
    #[inline]
    pub(super) fn find(&self, state: &State<W>) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.first_slot(state);
        while self.slots[slot][0] != EMPTY {
            if self.slots[slot] == *state {
                return Some(slot);
            }
            slot = self.after(slot);
        }
        None
    }

    /// What is in the first slot where a state could be.
    #[inline]
    pub(super) fn look_at(&self, state: &State<W>) -> u64 {
        if self.slots.is_empty() { 0 } else { self.slots[self.first_slot(state)][0] }
    }

    /// How many slots it has after [`Table::grow`]: none more, if only their order has to change.
    pub(super) fn next_size(&self) -> usize {
        match self.is_tangled() {
            true => self.slots.len(),
            false => Self::slots_for(self.len + self.len / 2),
        }
    }

    /// Makes room: more slots, or another order of them. The old and the new ones take memory at once.
    #[cold]
    pub(super) fn grow(&mut self, stride: usize) {
        let slots = self.next_size();
        self.mixes |= slots == self.slots.len();
        self.resize(slots, stride);
    }

    /// Gives it so many slots, more than it has states.
    pub(super) fn resize(&mut self, slots: usize, stride: usize) {
        let old = std::mem::replace(&mut self.slots, vec![[EMPTY; W]; slots]);
        let loads = std::mem::replace(&mut self.loads, vec![0; slots * stride]);
        let depths = std::mem::replace(&mut self.depths, vec![0; if self.has_depths { slots } else { 0 }]);
        (self.room, self.detours) = (slots - slots / 4, 0);
        for (from, state) in old.iter().enumerate().filter(|(_, state)| state[0] != EMPTY) {
            let mut to = self.first_slot(state);
            while self.slots[to][0] != EMPTY {
                to = self.after(to);
            }
            self.slots[to] = *state;
            self.loads[to * stride..][..stride].copy_from_slice(&loads[from * stride..][..stride]);
            if self.has_depths {
                self.depths[to] = depths[from];
            }
        }
    }

    /// Whether states have not come in order, or not well spread: it takes longer and longer to find a slot.
    fn is_tangled(&self) -> bool {
        !self.mixes && self.detours > 100_000 + 4 * self.len
    }

    #[inline]
    fn after(&self, slot: usize) -> usize {
        if slot + 1 == self.slots.len() { 0 } else { slot + 1 }
    }

    #[inline]
    fn first_slot(&self, state: &State<W>) -> usize {
        let hash = if self.mixes { mixed(state) } else { linear(state) };
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }
}

/// Equal differences of states are equal differences of their hashes.
#[inline]
fn linear<const W: usize>(state: &State<W>) -> u64 {
    let product = |(word, factor): (&u64, u64)| word.wrapping_mul(factor.wrapping_mul(SPREAD));
    state.iter().zip((1..).step_by(2)).map(product).fold(0, u64::wrapping_add)
}

/// Mixes all words; the high bits of a product depend on all bits of its factors.
#[inline]
pub(super) fn mixed<const W: usize>(state: &State<W>) -> u64 {
    let mut hash = 0_u64;
    for &word in state {
        let product = u128::from(word ^ hash) * u128::from(SPREAD);
        hash = (product >> 64) as u64 ^ product as u64;
    }
    hash
}
