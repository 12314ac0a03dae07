//! A state in as few machine words as it takes: a field of bits for each process.

use crate::model::Program;

/// The most words that a state may have; 64 processes of 2^16 places fit.
pub(super) const MOST_WORDS: usize = 16;

/// A packed state.
pub(super) type State<const W: usize> = [u64; W];

/// Where in a state each process's stand is.
pub(super) struct Layout {
    fields: Vec<Field>,
    /// Bits of the widest field.
    widest: u32,
}

/// The bits of one process.
#[derive(Clone, Copy)]
pub(super) struct Field {
    word: usize,
    shift: u32,
    mask: u64,
}

impl Field {
    /// Where the process stands.
    #[inline]
    pub(super) fn of<const W: usize>(&self, state: &State<W>) -> u64 {
        state[self.word] >> self.shift & self.mask
    }

    /// Both fields as one, if the other one follows in the same word, and they have no more than so many bits.
    pub(super) fn with(&self, next: &Self, most_bits: u32) -> Option<Self> {
        let mask = self.mask | next.mask << next.shift.checked_sub(self.shift)?;
        (self.word == next.word && mask.count_ones() <= most_bits).then_some(Self { mask, ..*self })
    }

    /// The greatest value that it can have.
    pub(super) fn most(&self) -> u64 {
        self.mask
    }

    /// A state that has this value here, and nothing elsewhere.
    pub(super) fn put<const W: usize>(&self, value: u64) -> State<W> {
        let mut state = [0; W];
        state[self.word] = value << self.shift;
        state
    }
}

impl Layout {
    /// A field as wide as it must be for each process; none reaches over the end of a word. The first has one value to
    /// spare, so that no state has all bits set in its first word.
    pub(super) fn new(program: &Program) -> Self {
        let (mut word, mut shift) = (0, 0);
        let field = |who: usize| {
            let places = program.place_count(who) as u64 + u64::from(who == 0);
            let bits = u64::BITS - (places - 1).max(1).leading_zeros();
            if shift + bits > u64::BITS {
                (word, shift) = (word + 1, 0);
            }
            shift += bits;
            Field { word, shift: shift - bits, mask: u64::MAX >> (u64::BITS - bits) }
        };
        let fields: Vec<Field> = (0..program.process_count()).map(field).collect();
        let widest = fields.iter().map(|field| field.mask.count_ones()).max().unwrap_or(0);
        Self { fields, widest }
    }

    /// Words that a state takes.
    pub(super) fn words(&self) -> usize {
        self.fields.last().map_or(1, |field| field.word + 1)
    }

    pub(super) fn pack<const W: usize>(&self, at: &[u32]) -> State<W> {
        let mut state = [0; W];
        for (field, &at) in self.fields.iter().zip(at) {
            state[field.word] |= u64::from(at) << field.shift;
        }
        state
    }

    #[inline]
    pub(super) fn unpack<const W: usize>(&self, state: &State<W>, at: &mut [u32]) {
        for (field, at) in self.fields.iter().zip(at) {
            *at = field.of(state) as u32;
        }
    }

    /// The state in which `who` stands at `to`.
    #[inline]
    pub(super) fn moved<const W: usize>(&self, mut state: State<W>, who: usize, to: u32) -> State<W> {
        let field = self.fields[who];
        let word = &mut state[field.word];
        *word = *word & !(field.mask << field.shift) | u64::from(to) << field.shift;
        state
    }

    /// The field of a process.
    pub(super) fn field(&self, who: usize) -> Field {
        self.fields[who]
    }

    /// Whether in two states all but one process stand at the same places.
    #[inline]
    pub(super) fn differ_in_one<const W: usize>(&self, a: &State<W>, b: &State<W>) -> bool {
        let bits: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
        let differs = |field: &&Field| (a[field.word] ^ b[field.word]) >> field.shift & field.mask != 0;
        // Most states differ in more bits than one process has.
        bits <= self.widest && self.fields.iter().filter(differs).count() == 1
    }
}
