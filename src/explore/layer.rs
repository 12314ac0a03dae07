//! The states of one rank, each once, with what is known of each.

use super::packed::State;

/// No entry in the index. It is no place either: an index always has more entries than there are states.
const EMPTY: u32 = u32::MAX;

/// How a state was reached by the fewest moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// The state before it, by its number among all states.
    pub(super) parent: u32,
    /// Moves from the start.
    pub(super) depth: u32,
}

/// A set of states that remembers the order in which they came.
///
/// An open-addressing table of indices into a list: the standard library's hash set would need three times the memory,
/// and its order would be another one with each run.
pub(super) struct Layer<const W: usize> {
    /// The number of its first state among all states, once it is its turn.
    pub(super) first: u32,
    pub(super) states: Vec<State<W>>,
    /// One for each state, if links are kept.
    pub(super) links: Vec<Link>,
    /// `stride` words for each state: what is carried along the schedules.
    pub(super) load: Vec<u64>,
    /// A table with open addressing. The low bits of an entry are the place of a state in the list, as many as a place
    /// can have; the others are a part of its hash, so that the list is hardly ever looked at for nothing. How fast the
    /// search is depends on how small this table is: it is what the processor has to wait for.
    index: Vec<u32>,
}

impl<const W: usize> Layer<W> {
    /// The most bytes of the index for each state: it is at least three eighths full.
    pub(super) const MOST_INDEX_BYTES: usize = 11;

    pub(super) fn new() -> Self {
        Self { first: 0, states: Vec::new(), links: Vec::new(), load: Vec::new(), index: vec![EMPTY; 16] }
    }

    /// Empties it, but keeps its memory for the next states.
    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.links.clear();
        self.load.clear();
        self.index.fill(EMPTY);
    }

    /// The bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<State<W>>()
            + self.links.capacity() * size_of::<Link>()
            + self.load.capacity() * size_of::<u64>()
            + self.index.capacity() * size_of::<u32>()
    }

    /// Whether one more state makes it ask for more memory.
    #[inline]
    pub(super) fn is_full(&self, stride: usize) -> bool {
        self.is_crowded()
            || self.states.len() == self.states.capacity()
            || self.load.len() + stride > self.load.capacity()
    }

    /// At most so many bytes does it ask for when it is full.
    pub(super) fn growth(&self, links: bool, stride: usize) -> usize {
        let entry = size_of::<State<W>>() + if links { size_of::<Link>() } else { 0 };
        let load = (self.load.capacity() * 2).max(self.load.len() + stride) * size_of::<u64>();
        self.index.len() * 2 * size_of::<u32>() + (self.states.capacity() * 2).max(4) * entry + load
    }

    /// The place of a state, and whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, state: State<W>, hash: u64) -> (usize, bool) {
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

    /// The first entry that a hash leads to.
    #[inline]
    pub(super) fn look_at_index(&self, hash: u64) -> u32 {
        self.index[hash as usize & (self.index.len() - 1)]
    }

    /// The state that this entry stands for.
    #[inline]
    pub(super) fn look_at_state(&self, hash: u64) -> u64 {
        self.states.get(self.place_of(self.look_at_index(hash))).map_or(0, |state| state[0])
    }

    /// The place of a state that is in the set.
    #[inline]
    pub(super) fn find(&self, state: &State<W>) -> Option<usize> {
        let known = self.index[self.slot(state, hash(state))];
        (known != EMPTY).then(|| self.place_of(known))
    }

    /// Gives back the memory that no more states will need.
    pub(super) fn shrink(&mut self) {
        self.states.shrink_to_fit();
        self.links.shrink_to_fit();
        self.load = Vec::new();
    }

    /// Gives back the memory of the index; [`Layer::find_again`] makes it again.
    pub(super) fn forget_index(&mut self) {
        self.index = Vec::new();
    }

    /// Makes [`Layer::find`] work again.
    pub(super) fn find_again(&mut self) {
        if self.index.is_empty() {
            self.build_index((self.states.len() * 4 / 3 + 1).next_power_of_two().max(16));
        }
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
            let hash = hash(state);
            let mut slot = hash as usize & mask;
            while self.index[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.index[slot] = self.tag(hash) | place as u32;
        }
    }
}

/// Mixes all words; the high bits of a product depend on all bits of its factors.
#[inline]
pub(super) fn hash<const W: usize>(state: &State<W>) -> u64 {
    let mut hash = 0_u64;
    for &word in state {
        let product = u128::from(word ^ hash) * 0x9E37_79B9_7F4A_7C15_u128;
        hash = (product >> 64) as u64 ^ product as u64;
    }
    hash
}
