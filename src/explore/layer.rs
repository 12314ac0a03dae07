//! The states of one rank, each once, with what is known of each.

use super::packed::State;

/// No entry in the index.
const EMPTY: u64 = u64::MAX;

/// The lower half of an entry: the place of a state in the list. The upper half is a part of its hash, so that the list
/// is looked at only where that agrees.
const PLACE: u64 = u32::MAX as u64;

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
    index: Vec<u64>,
}

impl<const W: usize> Layer<W> {
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
            + self.index.capacity() * size_of::<u64>()
    }

    /// Whether one more state makes it ask for more memory.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        (self.states.len() + 1) * 2 > self.index.len() || self.states.len() == self.states.capacity()
    }

    /// At most so many bytes does it ask for when it is full.
    pub(super) fn growth(&self, links: bool, stride: usize) -> usize {
        let entry = size_of::<State<W>>() + if links { size_of::<Link>() } else { 0 } + stride * size_of::<u64>();
        self.index.len() * 2 * size_of::<u64>() + (self.states.capacity() * 2).max(4) * entry
    }

    /// The place of a state, and whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, state: State<W>) -> (usize, bool) {
        if (self.states.len() + 1) * 2 > self.index.len() {
            self.build_index(self.index.len() * 2);
        }
        let hash = hash(&state);
        let slot = self.slot(&state, hash);
        let known = self.index[slot];
        if known != EMPTY {
            return ((known & PLACE) as usize, false);
        }
        let new = self.states.len();
        self.index[slot] = hash & !PLACE | new as u64;
        self.states.push(state);
        (new, true)
    }

    /// The place of a state that is in the set.
    #[inline]
    pub(super) fn find(&self, state: &State<W>) -> Option<usize> {
        let known = self.index[self.slot(state, hash(state))];
        (known != EMPTY).then_some((known & PLACE) as usize)
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
            self.build_index(((self.states.len() + 1) * 2).next_power_of_two().max(16));
        }
    }

    /// The slot of a state, or the empty one where it belongs.
    #[inline]
    fn slot(&self, state: &State<W>, hash: u64) -> usize {
        let mask = self.index.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let known = self.index[slot];
            let is_it = (known ^ hash) & !PLACE == 0 && self.states.get((known & PLACE) as usize) == Some(state);
            if is_it || known == EMPTY {
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
            self.index[slot] = hash & !PLACE | place as u64;
        }
    }
}

/// Mixes all words; the high bits of a product depend on all bits of its factors.
#[inline]
fn hash<const W: usize>(state: &State<W>) -> u64 {
    let mut hash = 0_u64;
    for &word in state {
        let product = u128::from(word ^ hash) * 0x9E37_79B9_7F4A_7C15_u128;
        hash = (product >> 64) as u64 ^ product as u64;
    }
    hash
}
