//! All states in the order in which they came, each once.

use super::packed::State;
use super::table::mixed;

/// No entry in the index. It is no place either: an index always has more entries than there are states.
const EMPTY: u32 = u32::MAX;

/// A set of states that remembers the order in which they came.
///
/// An open-addressing table of indices into a list: the standard library's hash set would need more memory,
/// and its order would be another one with each run.
pub(super) struct List<const W: usize> {
    pub(super) states: Vec<State<W>>,
    /// The state before each on a shortest way to it, by its place; if that is kept.
    pub(super) parents: Vec<u32>,
    /// A table with open addressing. The low bits of an entry are the place of a state in the list, as many as a place
    /// can have; the others are a part of its hash, so that the list is hardly ever looked at for nothing. How fast the
    /// search is depends on how small this table is: it is what the processor has to wait for.
    index: Vec<u32>,
}

impl<const W: usize> List<W> {
    /// An empty list.
    pub(super) fn new() -> Self {
        Self { states: Vec::new(), parents: Vec::new(), index: vec![EMPTY; 16] }
    }

    /// The bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<State<W>>()
            + self.parents.capacity() * size_of::<u32>()
            + self.index.capacity() * size_of::<u32>()
    }

    /// Whether one more state makes it ask for more memory.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.is_crowded() || self.states.len() == self.states.capacity()
    }

    /// At most so many bytes does it ask for when it is full.
    pub(super) fn growth(&self, parents: bool) -> usize {
        let entry = size_of::<State<W>>() + if parents { size_of::<u32>() } else { 0 };
        self.index.len() * 2 * size_of::<u32>() + (self.states.capacity() * 2).max(4) * entry
    }

    /// The place of a state, and whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, state: State<W>) -> (usize, bool) {
        let hash = mixed(&state);
        if self.is_crowded() {
            self.build_index(self.index.len() * 2);
        }
        let slot = self.slot(&state, hash);
        let known = self.index[slot];
        if known != EMPTY {
            return (self.place_of(known), false);
        }
        let new = self.states.len();
        self.index[slot] = self.tag(hash) | new as u32;
        self.states.push(state);
        (new, true)
    }

    /// The first entry that the hash of a state leads to.
    #[inline]
    pub(super) fn look_at_index(&self, state: &State<W>) -> u32 {
        self.index[mixed(state) as usize & (self.index.len() - 1)]
    }

    /// The state that this entry stands for.
    #[inline]
    pub(super) fn look_at_state(&self, state: &State<W>) -> u64 {
        self.states.get(self.place_of(self.look_at_index(state))).map_or(0, |state| state[0])
    }

    /// The place of a state that is in the set.
    #[inline]
    pub(super) fn find(&self, state: &State<W>) -> Option<usize> {
        let known = self.index[self.slot(state, mixed(state))];
        (known != EMPTY).then(|| self.place_of(known))
    }

    /// Gives back the memory that no more states will need.
    pub(super) fn shrink(&mut self) {
        self.states.shrink_to_fit();
        self.parents.shrink_to_fit();
    }

    /// Whether the index is too full for one more: three quarters.
    #[inline]
    fn is_crowded(&self) -> bool {
        self.states.len() * 4 >= self.index.len() * 3
    }

    #[inline]
    fn place_of(&self, entry: u32) -> usize {
        entry as usize & (self.index.len() - 1)
    }

    /// The part of a hash that stands in an entry, above the bits of a place.
    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        (hash >> 32) as u32 & !(self.index.len() as u32 - 1)
    }

    /// The slot of a state, or the empty one where it belongs.
    #[inline]
    fn slot(&self, state: &State<W>, hash: u64) -> usize {
        let (mask, tag) = (self.index.len() - 1, self.tag(hash));
        let mut slot = hash as usize & mask;
        loop {
            let known = self.index[slot];
            let is_alike = known & !(mask as u32) == tag;
            if known == EMPTY || is_alike && self.states.get(known as usize & mask) == Some(state) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn build_index(&mut self, slots: usize) {
        self.index = Vec::new(); // before the new one is asked for
        self.index = vec![EMPTY; slots];
        let mask = slots - 1;
        for (place, state) in self.states.iter().enumerate() {
            let hash = mixed(state);
            let mut slot = hash as usize & mask;
            while self.index[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.index[slot] = self.tag(hash) | place as u32;
        }
    }
}
