//! Schedules counted along the states of a grid, in the order of their numbers.
//!
//! Only the counts of states are in memory that moves can still lead to: a window that goes over all of them.

use super::{Grid, Spot, Word, bits};
use crate::explore::cycles::Pace;
use crate::explore::ends::Ends;
use crate::explore::load::{Shape, Share};
use crate::explore::tally::Tally;

/// Nobody is ever refused or loses a record where everybody only takes, waits and lets go.
const SHARE: Share = Share { is_granted: true, keeps_all: true, of: 1, rise: 1 };

/// What is carried along the schedules, for the states from one on. It goes round: behind its end is its beginning.
struct Window {
    shape: Shape,
    loads: Vec<u64>,
    /// States that it has room for.
    room: usize,
    /// Where the first of them is.
    first: usize,
    max_bytes: usize,
    scratch: Vec<u64>,
}

/// It takes more memory than it may.
struct TooLarge;

impl Window {
    /// Where the load of a state is that so many others stand before.
    #[inline]
    fn place(&self, ahead: usize) -> usize {
        let place = self.first + ahead;
        if place < self.room { place } else { place - self.room }
    }

    fn load(&mut self, ahead: usize) -> &mut [u64] {
        let stride = self.shape.stride();
        let place = self.place(ahead);
        &mut self.loads[place * stride..][..stride]
    }

    /// Lets all schedules to one state go on to another one.
    #[inline]
    fn pass_on(&mut self, from: usize, to: usize) -> Result<(), TooLarge> {
        let (from, to) = (self.place(from), self.place(to));
        loop {
            let stride = self.shape.stride();
            let both = [from * stride..(from + 1) * stride, to * stride..(to + 1) * stride];
            let Ok([from, to]) = self.loads.get_disjoint_mut(both) else { return Ok(()) }; // no move stays
            let Err(overflow) = self.shape.add(to, from, SHARE, &mut self.scratch) else { return Ok(()) };
            self.widen(self.shape.widened(overflow))?;
        }
    }

    /// Gives all numbers one more limb: a count never wraps.
    #[cold]
    fn widen(&mut self, wider: Shape) -> Result<(), TooLarge> {
        if self.room * (self.shape.stride() + wider.stride()) * size_of::<u64>() > self.max_bytes {
            return Err(TooLarge);
        }
        (self.loads, self.shape) = (self.shape.reshape(&self.loads, wider), wider);
        Ok(())
    }

    /// The first states have had their turn: there is room for as many behind the last.
    fn forget(&mut self, states: usize) {
        (0..states).for_each(|ahead| self.load(ahead).fill(0));
        self.first = self.place(states);
    }
}

impl<const W: usize> Grid<'_, W> {
    /// Counts the schedules.
    pub(in crate::explore) fn tally(&self, shape: Shape, max_bytes: usize, pace: &mut Pace) -> Tally {
        let before = self.before_each();
        let reach = self.walks.iter().map(|walk| walk.words).max().unwrap_or(0) + 1;
        let ahead = |index: usize| (before[self.words.len().min(index + reach)] - before[index]) as usize;
        let room = (0..self.words.len()).map(ahead).max().unwrap_or(0) + 1;
        let taken = self.bytes() + size_of_val(&*before);
        let Some(max_bytes) = max_bytes.checked_sub(taken).filter(|&max| room * size_of::<u64>() <= max) else {
            return Tally::TooLarge;
        };
        let loads = vec![0; room * shape.stride()];
        let mut window = Window { shape, loads, room, first: 0, max_bytes, scratch: Vec::new() };
        window.load(0).copy_from_slice(&shape.start());
        let (mut ends, mut open) = (Ends::new(shape), vec![0; self.walks.len()]);
        for index in 0..self.words.len() {
            if pace.step().is_none() {
                return Tally::Interrupted;
            }
            if self.words[index] != 0 {
                self.open(index, &mut open);
                if self.tally_word(index, &open, &before, &mut window, &mut ends).is_err() {
                    return Tally::TooLarge;
                }
            }
        }
        Tally::Counted(ends)
    }

    /// How many states there are before each word, and before the end.
    fn before_each(&self) -> Vec<u32> {
        let mut before = Vec::with_capacity(self.words.len() + 1);
        before.push(0);
        before.extend(self.words.iter().scan(0, |before, word| {
            *before += word.count_ones();
            Some(*before)
        }));
        before
    }

    /// Lets the schedules to all states of a word go on.
    fn tally_word(
        &self,
        index: usize,
        open: &[Word],
        before: &[u32],
        window: &mut Window,
        ends: &mut Ends,
    ) -> Result<(), TooLarge> {
        let word = self.words[index];
        let mut ahead = [0_u8; Word::BITS as usize];
        bits(word).zip(0..).for_each(|(bit, number)| ahead[bit as usize] = number);
        let (inner, outer) = self.walks.split_at(self.inner);
        let mut stuck = word;
        // A bit leads to higher ones only: what has come to it is complete when its turn comes.
        for bit in bits(word) {
            for (walk, open) in inner.iter().zip(open).filter(|(_, open)| *open >> bit & 1 == 1) {
                stuck &= !(1 << bit & open);
                window.pass_on(ahead[bit as usize].into(), ahead[(bit + walk.bits) as usize].into())?;
            }
        }
        for (walk, open) in outer.iter().zip(&open[self.inner..]) {
            let movers = word & open;
            stuck &= !movers;
            if movers == 0 {
                continue;
            }
            let to = index + walk.words;
            let mut states = (before[to] - before[index]) as usize;
            // Half by half: machine words are counted faster.
            for half in [0, 64] {
                let (there, movers) = ((self.words[to] >> half) as u64, (movers >> half) as u64);
                for bit in bits(movers.into()) {
                    let below = there & !(u64::MAX << bit);
                    let from = ahead[(half + bit) as usize];
                    window.pass_on(from.into(), states + below.count_ones() as usize)?;
                }
                states += there.count_ones() as usize;
            }
        }
        for bit in bits(stuck) {
            let spot = Spot { index, bit };
            let (rank, is_deadlock) = (self.rank(spot), !self.packing.program.is_over(&self.stands(spot)));
            let shape = window.shape;
            ends.add(is_deadlock, rank, shape, window.load(ahead[bit as usize].into()));
        }
        window.forget(word.count_ones() as usize);
        Ok(())
    }
}
