//! All states of a plain program at once: a bit for each.
//!
//! Where nobody does anything but take, wait and let go ([`Program::is_plain`](crate::model::Program::is_plain)),
//! everybody goes one way, and a state is a number: its digits say how many steps each process has made. Every move
//! makes it greater, so one walk upwards comes to each state after all those that lead to it. The first few processes
//! are the digits within one word of bits: all states of a word make the move of another process at once, and one look
//! at the locks decides for all of them.
//!
//! That is quick and small as long as a good part of all numbers are states, and there are not too many numbers. For
//! all other programs, and where only the nearest state is asked for, there is the search by rank.

mod back;
mod tally;
#[cfg(test)]
mod tests;

use core::iter::successors;

use super::ends::Ends;
use super::load::Shape;
use super::packed::State;
use super::search::Searched;
use super::{Doing, Packing, Progress, Stopped, Task};
use crate::model::{MOST_PROCESSES, PlainStep, Requests};

/// States that differ only in where the first few processes stand, a bit for each.
type Word = u128;

/// More words than these, of 256 MiB, are left to the search by rank: a sparse program takes time for empty ones, too.
const MOST_WORDS: usize = 1 << 24;

/// Words between two looks at the progress.
const PACE: usize = 1 << 10;

/// All places of a process, in the order in which it comes to them.
struct Walk {
    places: Vec<Place>,
    /// A step of it leads so many words further, or so many bits within a word; one of both is 0.
    words: usize,
    bits: u32,
}

/// Where a process stands, and its step from there.
struct Place {
    at: u32,
    /// Requests of others that can't be granted meanwhile.
    blocks: Requests,
    /// What its step asks for: it is granted unless one of these is blocked.
    needs: Requests,
    /// The states of any word in which it stands here, if that is told by the bits of a word, and has a step that no
    /// process blocks whose place is told by them.
    open: Word,
}

/// A set of states.
pub(super) struct Grid<'a, const W: usize> {
    packing: &'a Packing<'a, W>,
    walks: Vec<Walk>,
    /// So many processes, the first ones, are told apart by the bits of a word.
    inner: usize,
    words: Vec<Word>,
}

/// The number of a state: the index of its word, and its bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    index: usize,
    bit: u32,
}

/// The deadlock that takes the fewest moves; of several the one whose packed state is the least.
type Nearest<const W: usize> = Option<(u64, State<W>, Spot)>;

impl<'a, const W: usize> Grid<'a, W> {
    /// Begins with one state. Nothing if the program is not plain, or the task asks for something else or for less
    /// memory than that takes.
    pub(super) fn new(packing: &'a Packing<'a, W>, start: &[u32], task: &Task) -> Option<Self> {
        if !packing.program.is_plain() || task.first.is_some() {
            return None;
        }
        let program = packing.program;
        let way = |who: usize| successors(Some(start[who]), move |&at| program.plain_step(who, at).to);
        let (mut walks, mut inner, mut states, mut words, mut all) = (Vec::new(), 0, 1, 1_usize, 0);
        for who in 0..start.len() {
            let places = way(who).count();
            let mut walk = Walk { places: Vec::new(), words: 0, bits: 0 };
            if inner == who && states * places.max(2) <= Word::BITS as usize {
                (walk.bits, states, inner) = (states as u32, states * places, who + 1);
            } else {
                (walk.words, words) = (words, words.checked_mul(places).filter(|&words| words <= MOST_WORDS)?);
            }
            all += places;
            walks.push(walk);
        }
        if words * (size_of::<Word>() + size_of::<u32>()) + all * size_of::<Place>() > task.max_bytes {
            return None;
        }
        for (who, walk) in walks.iter_mut().enumerate() {
            walk.places = way(who).map(|at| Place::new(program.plain_step(who, at), at)).collect();
        }
        open(&mut walks, inner, states);
        let mut grid = Self { packing, walks, inner, words: vec![0; words] };
        grid.words[0] = 1;
        Some(grid)
    }

    /// Finds every state that can be reached, and the nearest deadlock. Nothing if there are more than the task allows.
    pub(super) fn visit(
        &mut self,
        task: &Task,
        progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Option<(Searched, Option<Spot>)> {
        let ends = Ends::new(Shape::NOTHING);
        let mut found = Searched { states: 0, transitions: 0, ends, stopped: None };
        let (mut nearest, mut open) = (None, vec![0; self.walks.len()]);
        for index in 0..self.words.len() {
            if (index + 1).is_multiple_of(PACE) && !progress(self.so_far(index, found.states)) {
                found.stopped = Some(Stopped::Interrupted);
                break;
            }
            if self.words[index] == 0 {
                continue;
            }
            self.open(index, &mut open);
            let word = self.close(self.words[index], &open);
            self.words[index] = word;
            found.states += u64::from(word.count_ones());
            if found.states > task.max_states {
                return None;
            }
            let mut stuck = word;
            for (walk, open) in self.walks.iter().zip(&open) {
                let movers = word & open;
                if movers != 0 {
                    stuck &= !movers;
                    found.transitions += u64::from(movers.count_ones());
                    self.words[index + walk.words] |= movers << walk.bits;
                }
            }
            bits(stuck).for_each(|bit| self.end(Spot { index, bit }, &mut found.ends, &mut nearest));
        }
        Some((found, nearest.map(|(_, _, spot)| spot)))
    }

    /// How far a visit has come: as far as the words.
    fn so_far(&self, index: usize, states: u64) -> Progress {
        let last_rank = self.packing.program.last_rank();
        let rank = u128::from(last_rank) * index as u128 / self.words.len() as u128;
        Progress { states, rank: (rank as u64).max(1), last_rank, doing: Doing::Visiting }
    }

    /// For each process the bits of a word that stand for a state from which it can move.
    #[inline]
    fn open(&self, index: usize, open: &mut [Word]) {
        let (inner, outer) = self.walks.split_at(self.inner);
        let (inner_open, outer_open) = open.split_at_mut(self.inner);
        let (mut blocked, mut rest) = (0, index as u32);
        let mut at = [0; MOST_PROCESSES];
        for (walk, at) in outer.iter().zip(&mut at) {
            let places = walk.places.len() as u32;
            (*at, rest) = (rest % places, rest / places);
            blocked |= walk.places[*at as usize].blocks;
        }
        let granted = |place: &Place| if place.needs & blocked == 0 { place.open } else { 0 };
        for ((walk, at), open) in outer.iter().zip(at).zip(outer_open) {
            *open = granted(&walk.places[at as usize]);
        }
        for (walk, open) in inner.iter().zip(inner_open) {
            *open = walk.places.iter().fold(0, |open, place| open | granted(place));
        }
    }

    /// The states of a word, and those that moves within it lead to.
    #[inline]
    fn close(&self, mut word: Word, open: &[Word]) -> Word {
        loop {
            let inner = self.walks[..self.inner].iter().zip(open);
            let more = inner.fold(word, |word, (walk, open)| word | (word & open) << walk.bits);
            if more == word {
                return word;
            }
            word = more;
        }
    }

    /// Takes a state in from which nobody can move.
    fn end(&self, spot: Spot, ends: &mut Ends, nearest: &mut Nearest<W>) {
        let at = self.stands(spot);
        let (rank, is_deadlock) = (self.rank(spot), !self.packing.program.is_over(&at));
        ends.add(is_deadlock, rank, Shape::NOTHING, &[]);
        let state = self.packing.layout.pack(&at);
        if is_deadlock && nearest.is_none_or(|(known, other, _)| (rank, state) < (known, other)) {
            *nearest = Some((rank, state, spot));
        }
    }

    /// How many steps a process has made in a state.
    fn steps(&self, who: usize, spot: Spot) -> usize {
        let walk = &self.walks[who];
        match who < self.inner {
            true => (spot.bit / walk.bits) as usize % walk.places.len(),
            false => spot.index / walk.words % walk.places.len(),
        }
    }

    /// How many moves lead to a state.
    fn rank(&self, spot: Spot) -> u64 {
        (0..self.walks.len()).map(|who| self.steps(who, spot) as u64).sum()
    }

    /// Where everybody stands.
    fn stands(&self, spot: Spot) -> Vec<u32> {
        self.walks.iter().enumerate().map(|(who, walk)| walk.places[self.steps(who, spot)].at).collect()
    }

    fn has(&self, spot: Spot) -> bool {
        self.words[spot.index] >> spot.bit & 1 == 1
    }

    /// The bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.words) + self.walks.iter().map(|walk| size_of_val(&*walk.places)).sum::<usize>()
    }
}

impl Place {
    /// Whoever has no step to make has no state to make it from.
    fn new(step: PlainStep, at: u32) -> Self {
        let open = if step.to.is_some() { Word::MAX } else { 0 };
        Self { at, blocks: step.blocks, needs: step.needs, open }
    }
}

/// Finds out from which states of a word each step is open. Words have so many `states`.
fn open(walks: &mut [Walk], inner: usize, states: usize) {
    let place = |walk: &Walk, state: usize| state / walk.bits as usize % walk.places.len();
    let blocks =
        |state: usize| walks[..inner].iter().fold(0, |blocks, walk| blocks | walk.places[place(walk, state)].blocks);
    let blocks: Vec<Requests> = (0..states).map(blocks).collect();
    for (who, walk) in walks.iter_mut().enumerate() {
        for number in 0..walk.places.len() {
            let stands = |state: usize| who >= inner || place(walk, state) == number;
            let is_open = |&state: &usize| stands(state) && walk.places[number].needs & blocks[state] == 0;
            let open = (0..states).filter(is_open).fold(0, |open, state| open | 1 << state);
            walk.places[number].open &= open;
        }
    }
}

/// The places of the bits that are set.
#[inline]
fn bits(word: Word) -> impl Iterator<Item = u32> {
    bits_of_half(word as u64).chain(bits_of_half((word >> 64) as u64).map(|bit| bit + 64))
}

/// The same for one machine word.
#[inline]
fn bits_of_half(mut half: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = half.trailing_zeros();
        half &= half.wrapping_sub(1);
        (bit < u64::BITS).then_some(bit)
    })
}
