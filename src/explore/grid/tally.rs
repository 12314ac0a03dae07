//! Schedules counted along the states of a grid, in the order of their numbers.
//!
//! Only the counts of states are in memory that moves can still lead to: a window that goes over all of them.

use super::{Grid, Spot, Word, bits, bits_of_half};
use crate::explore::cycles::Pace;
use crate::explore::ends::Ends;
use crate::explore::load::{Shape, add_if_it_fits};
use crate::explore::tally::Tally;

/// How many schedules lead to each state of the window.
enum Counts {
    /// Wide enough for most programs.
    Short(Vec<u128>),
    /// So many limbs each, as [`Shape`] has them.
    Long(usize, Vec<u64>),
}

/// It takes more memory than it may.
struct TooLarge;

impl Counts {
    /// Lets all schedules to one state go on to another one, for each pair of places.
    #[inline]
    fn pass_on(&mut self, mut pairs: impl Iterator<Item = (usize, usize)>, max_bytes: usize) -> Result<(), TooLarge> {
        while let Some(pair) = self.pass_on_while_it_fits(&mut pairs) {
            self.widen(max_bytes)?;
            if self.pass_on_while_it_fits(&mut core::iter::once(pair)).is_some() {
                return Err(TooLarge); // one limb more is enough for a sum
            }
        }
        Ok(())
    }

    /// Gives back the first pair of which the sum is too wide.
    #[inline]
    fn pass_on_while_it_fits(&mut self, pairs: &mut impl Iterator<Item = (usize, usize)>) -> Option<(usize, usize)> {
        match self {
            Self::Short(counts) => pairs.find(|&(from, to)| {
                let sum = counts[to].checked_add(counts[from]);
                sum.map(|sum| counts[to] = sum).is_none()
            }),
            Self::Long(limbs, counts) => pairs.find(|&(from, to)| {
                let both = [from, to].map(|place| place * *limbs..(place + 1) * *limbs);
                counts.get_disjoint_mut(both).is_ok_and(|[from, to]| !add_if_it_fits(to, from))
            }),
        }
    }

    /// Gives all counts one more limb: they never wrap.
    #[cold]
    fn widen(&mut self, max_bytes: usize) -> Result<(), TooLarge> {
        let limbs = self.limbs() + 1;
        let wide = |places: usize| match places * (2 * limbs - 1) * size_of::<u64>() <= max_bytes {
            true => Ok(vec![0; places * limbs]),
            false => Err(TooLarge),
        };
        let wider = match self {
            Self::Short(counts) => {
                let mut wider = wide(counts.len())?;
                for (count, wider) in counts.iter().zip(wider.chunks_exact_mut(limbs)) {
                    (wider[0], wider[1]) = (*count as u64, (*count >> 64) as u64);
                }
                wider
            }
            Self::Long(old, counts) => {
                let mut wider = wide(counts.len() / *old)?;
                for (count, wider) in counts.chunks_exact(*old).zip(wider.chunks_exact_mut(limbs)) {
                    wider[..*old].copy_from_slice(count);
                }
                wider
            }
        };
        *self = Self::Long(limbs, wider);
        Ok(())
    }

    fn limbs(&self) -> usize {
        if let Self::Long(limbs, _) = self { *limbs } else { 2 }
    }

    /// One count, in limbs.
    fn of(&self, place: usize) -> Vec<u64> {
        match self {
            Self::Short(counts) => vec![counts[place] as u64, (counts[place] >> 64) as u64],
            Self::Long(limbs, counts) => counts[place * limbs..][..*limbs].to_vec(),
        }
    }

    /// Makes room for other states.
    fn forget(&mut self, first: usize, states: usize) {
        match self {
            Self::Short(counts) => counts[first..first + states].fill(0),
            Self::Long(limbs, counts) => counts[first * *limbs..(first + states) * *limbs].fill(0),
        }
    }
}

impl<const W: usize> Grid<'_, W> {
    /// Counts the schedules.
    pub(in crate::explore) fn tally(&self, max_bytes: usize, pace: &mut Pace) -> Tally {
        let room = self.room();
        let taken = self.bytes() + self.words.len() * size_of::<u32>();
        let Some(max_bytes) = max_bytes.checked_sub(taken).filter(|&max| room * size_of::<u128>() <= max) else {
            return Tally::TooLarge;
        };
        let first = self.first_of_each(room);
        let mut counts = Counts::Short(vec![0; room]);
        if let Counts::Short(counts) = &mut counts {
            counts[0] = 1;
        }
        let (mut ends, mut open) = (Ends::new(Shape::NOTHING), vec![0; self.walks.len()]);
        for index in 0..self.words.len() {
            if pace.step().is_none() {
                return Tally::Interrupted;
            }
            let word = self.words[index];
            if word == 0 {
                continue;
            }
            self.open(index, &mut open);
            open.iter_mut().for_each(|open| *open &= word);
            if self.tally_word(index, &open, &first, &mut counts, max_bytes).is_err() {
                return Tally::TooLarge;
            }
            let start = first[index] as usize;
            for bit in bits(open.iter().fold(word, |stuck, movers| stuck & !movers)) {
                let spot = Spot { index, bit };
                let is_deadlock = !self.packing.program.is_over(&self.stands(spot));
                let count = counts.of(start + (word & !(Word::MAX << bit)).count_ones() as usize);
                ends.add(is_deadlock, self.rank(spot), Shape::count_of(counts.limbs()), &count);
            }
            counts.forget(start, word.count_ones() as usize);
        }
        Tally::Counted(ends)
    }

    /// The most states from one word up to the last one that its moves lead to; none of them has a place in two parts.
    fn room(&self) -> usize {
        let reach = self.walks.iter().map(|walk| walk.words).max().unwrap_or(0);
        let (mut states, mut most) = (0, 0);
        for (index, word) in self.words.iter().enumerate() {
            states += word.count_ones();
            most = states.max(most);
            states -= index.checked_sub(reach).map_or(0, |behind| self.words[behind].count_ones());
        }
        (most + Word::BITS) as usize
    }

    /// The place of the first state of each word. They go round: behind the last place is the first one.
    fn first_of_each(&self, room: usize) -> Vec<u32> {
        let mut next = 0;
        let first = |word: &Word| {
            let states = word.count_ones();
            let first = if (next + states) as usize > room { 0 } else { next };
            next = first + states;
            first
        };
        self.words.iter().map(first).collect()
    }

    /// Lets the schedules to all states of a word go on; `movers` are those of each process.
    #[inline]
    fn tally_word(
        &self,
        index: usize,
        movers: &[Word],
        first: &[u32],
        counts: &mut Counts,
        max_bytes: usize,
    ) -> Result<(), TooLarge> {
        let start = first[index] as usize;
        let mut place = [0; Word::BITS as usize];
        bits(self.words[index]).zip(start..).for_each(|(bit, from)| place[bit as usize] = from);
        let (inner, outer) = self.walks.split_at(self.inner);
        // A bit leads to higher ones only: what has come to it is complete when its turn comes.
        for bit in bits(movers[..self.inner].iter().fold(0, |all, movers| all | movers)) {
            let moving = inner.iter().zip(movers).filter(|(_, movers)| *movers & 1 << bit != 0);
            let pairs = moving.map(|(walk, _)| (place[bit as usize], place[(bit + walk.bits) as usize]));
            counts.pass_on(pairs, max_bytes)?;
        }
        for (walk, &movers) in outer.iter().zip(&movers[self.inner..]).filter(|(_, movers)| **movers != 0) {
            let to = index + walk.words;
            let mut start = first[to] as usize;
            // Half by half: a processor counts the bits of a machine word faster.
            for half in [0, 64] {
                let there = (self.words[to] >> half) as u64;
                let pairs = bits_of_half((movers >> half) as u64).map(|bit| {
                    let below = there & !(u64::MAX << bit);
                    (place[(half + bit) as usize], start + below.count_ones() as usize)
                });
                counts.pass_on(pairs, max_bytes)?;
                start += there.count_ones() as usize;
            }
        }
        Ok(())
    }
}
