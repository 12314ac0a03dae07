//! What is carried along all schedules at once: how many there are, and how likely a fair coin chooses them.
//!
//! Numbers of as many 64-bit limbs as it takes, the least first: a count never wraps, it widens.

use core::ops::Range;

use num_bigint::BigUint;

use crate::model::Program;

/// The widest exact probability, in limbs; beyond it only the floating-point one is carried.
const MOST_LIMBS: usize = 24;

/// How the words of one state's load are used: the counts, then the probability as `f64`, then the exact one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// 0: none are counted; 1: all schedules; 3: also those without a refusal, and those without a loss.
    tracks: usize,
    /// Limbs of each count.
    limbs: usize,
    /// 1 if the probability is carried.
    about: usize,
    /// Limbs of the exact probability; 0 if it is not carried.
    exact: usize,
    /// A number that every number of movers divides.
    unit: u64,
}

/// A number became too wide for its limbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    Count,
    Exact,
}

/// What one move takes along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Those without a refusal stay so.
    pub(super) is_granted: bool,
    /// Those without a loss stay so.
    pub(super) keeps_all: bool,
    /// How many equally likely moves there are.
    pub(super) of: u64,
    /// How many ranks the move rises.
    pub(super) rise: u32,
}

impl Shape {
    pub(super) const NOTHING: Self = Self { tracks: 0, limbs: 0, about: 0, exact: 0, unit: 1 };

    /// How many schedules there are.
    pub(super) fn schedules(program: &Program) -> Self {
        Self { tracks: if program.is_monotone() { 1 } else { 3 }, limbs: 1, ..Self::NOTHING }
    }

    /// One count of so many limbs, where nobody is ever refused or loses a record.
    pub(super) fn count_of(limbs: usize) -> Self {
        Self { tracks: 1, limbs, ..Self::NOTHING }
    }

    /// How likely a fair coin chooses a schedule.
    pub(super) fn chance(program: &Program) -> Self {
        let (most_movers, halves) = (program.process_count() as u64, program.has_choices());
        // Up to 36 movers it fits; beyond that only the floating-point probability is carried.
        let common = |unit: Option<u64>, n: u64| unit?.checked_div(num_integer::gcd(unit?, n))?.checked_mul(n);
        let unit =
            (1..=most_movers).fold(Some(1), common).and_then(|unit| unit.checked_mul(if halves { 2 } else { 1 }));
        Self { about: 1, exact: usize::from(unit.is_some()), unit: unit.unwrap_or(1), ..Self::NOTHING }
    }

    /// Both.
    pub(super) fn of(program: &Program) -> Self {
        let Self { tracks, limbs, .. } = Self::schedules(program);
        Self { tracks, limbs, ..Self::chance(program) }
    }

    /// Words for each state.
    #[inline]
    pub(super) fn stride(self) -> usize {
        self.tracks * self.limbs + self.about + self.exact
    }

    /// Whether schedules are counted.
    pub(super) fn counts(self) -> bool {
        self.tracks > 0
    }

    /// Whether the probability is carried.
    pub(super) fn has_chance(self) -> bool {
        self.about > 0
    }

    /// The load of the start: one schedule, for certain.
    pub(super) fn start(self) -> Vec<u64> {
        let mut load = vec![0; self.stride()];
        (0..self.tracks).for_each(|track| load[track * self.limbs] = 1);
        load[self.abouts()].fill(1.0_f64.to_bits());
        load[self.exacts()].iter_mut().take(1).for_each(|limb| *limb = 1);
        load
    }

    /// The limbs of a count.
    #[inline]
    fn track(self, track: usize) -> Range<usize> {
        track * self.limbs..(track + 1) * self.limbs
    }

    /// The word of the floating-point probability.
    #[inline]
    fn abouts(self) -> Range<usize> {
        let first = self.tracks * self.limbs;
        first..first + self.about
    }

    /// The limbs of the exact probability.
    #[inline]
    fn exacts(self) -> Range<usize> {
        self.stride() - self.exact..self.stride()
    }

    /// Adds a share of the load `from` to the load `to`.
    #[inline]
    pub(super) fn add(
        self,
        to: &mut [u64],
        from: &[u64],
        share: Share,
        scratch: &mut Vec<u64>,
    ) -> Result<(), Overflow> {
        match self.stride() == self.limbs {
            // Nothing but one count: the usual case.
            true if add_if_it_fits(to, from) => Ok(()),
            true => Err(Overflow::Count),
            false => self.add_each(to, from, share, scratch),
        }
    }

    #[inline(never)]
    fn add_each(self, to: &mut [u64], from: &[u64], share: Share, scratch: &mut Vec<u64>) -> Result<(), Overflow> {
        let carried = [true, share.is_granted, share.keeps_all];
        let tracks = (0..self.tracks).filter(|&track| carried[track]).map(|track| self.track(track));
        // Whether everything fits is known before anything is changed.
        if tracks.clone().any(|limbs| add_overflows(&to[limbs.clone()], &from[limbs])) {
            return Err(Overflow::Count);
        }
        if self.exact > 0 {
            self.add_exact(to, from, share, scratch)?;
        }
        tracks.for_each(|limbs| add(&mut to[limbs.clone()], &from[limbs]));
        for (to, from) in to[self.abouts()].iter_mut().zip(&from[self.abouts()]) {
            *to = (f64::from_bits(*to) + f64::from_bits(*from) / share.of as f64).to_bits();
        }
        Ok(())
    }

    fn add_exact(self, to: &mut [u64], from: &[u64], share: Share, scratch: &mut Vec<u64>) -> Result<(), Overflow> {
        scratch.clear();
        scratch.extend(&from[self.exacts()]);
        let mut carry = multiply(scratch, self.unit / share.of);
        for _ in 1..share.rise {
            if carry != 0 {
                break; // a rise can be thousands of ranks
            }
            carry = multiply(scratch, self.unit);
        }
        if carry != 0 || !add_if_it_fits(&mut to[self.exacts()], scratch) {
            return Err(Overflow::Exact);
        }
        Ok(())
    }

    /// The same with one more limb for what overflowed, or without the exact probability if that grows too wide.
    pub(super) fn widened(self, overflow: Overflow) -> Self {
        match overflow {
            Overflow::Count => Self { limbs: self.limbs + 1, ..self },
            Overflow::Exact if self.exact < MOST_LIMBS => Self { exact: self.exact + 1, ..self },
            Overflow::Exact => Self { exact: 0, ..self },
        }
    }

    /// Many loads in another shape.
    pub(super) fn reshape(self, loads: &[u64], shape: Self) -> Vec<u64> {
        let states = loads.len() / self.stride();
        let mut reshaped = vec![0; states * shape.stride()];
        let exact = self.exact.min(shape.exact);
        for (old, new) in loads.chunks_exact(self.stride()).zip(reshaped.chunks_exact_mut(shape.stride())) {
            for track in 0..self.tracks {
                new[shape.track(track)][..self.limbs].copy_from_slice(&old[self.track(track)]);
            }
            new[shape.abouts()].copy_from_slice(&old[self.abouts()]);
            new[shape.exacts()][..exact].copy_from_slice(&old[self.exacts()][..exact]);
        }
        reshaped
    }

    /// All schedules (0), those without a refusal (1), those without a loss (2).
    pub(super) fn count(self, load: &[u64], track: usize) -> BigUint {
        // Where nobody is ever refused or loses a record, all three are the same.
        number(&load[self.track(track.min(self.tracks - 1))])
    }

    /// The probability, and the exact one as a multiple of 1 / `unit` to the power of the rank.
    pub(super) fn probability(self, load: &[u64]) -> (f64, Option<BigUint>) {
        let about = load[self.abouts()].iter().map(|&bits| f64::from_bits(bits)).sum();
        (about, (self.exact > 0).then(|| number(&load[self.exacts()])))
    }

    pub(super) fn unit(self) -> u64 {
        self.unit
    }
}

fn number(limbs: &[u64]) -> BigUint {
    BigUint::from_slice(&limbs.iter().flat_map(|&limb| [limb as u32, (limb >> 32) as u32]).collect::<Vec<_>>())
}

/// Adds, unless the sum is too wide.
#[inline]
pub(super) fn add_if_it_fits(to: &mut [u64], from: &[u64]) -> bool {
    let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
    // Short numbers are the usual case.
    match (to, from) {
        ([to], &[from]) => to.checked_add(from).map(|sum| *to = sum).is_some(),
        ([low, high], &[a, b]) => {
            let sum = wide(*low, *high).checked_add(wide(a, b));
            sum.map(|sum| (*low, *high) = (sum as u64, (sum >> 64) as u64)).is_some()
        }
        (to, from) => {
            let fits = !add_overflows(to, from);
            if fits {
                add(to, from);
            }
            fits
        }
    }
}

#[inline]
fn add_overflows(to: &[u64], from: &[u64]) -> bool {
    // The sum of two numbers below 2^(64 n - 1) fits into n limbs.
    let top = to.len() - 1;
    if (to[top] | from[top]) >> 63 == 0 {
        return false;
    }
    let sums = to.iter().zip(from);
    sums.fold(false, |carry, (&a, &b)| u128::from(a) + u128::from(b) + u128::from(carry) > u128::from(u64::MAX))
}

#[inline]
fn add(to: &mut [u64], from: &[u64]) {
    let mut carry = false;
    for (a, &b) in to.iter_mut().zip(from) {
        let (sum, first) = a.overflowing_add(b);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*a, carry) = (sum, first || second);
    }
}

/// Multiplies in place; what does not fit is given back.
#[inline]
fn multiply(limbs: &mut [u64], by: u64) -> u64 {
    let mut carry = 0_u64;
    for limb in limbs {
        let product = u128::from(*limb) * u128::from(by) + u128::from(carry);
        (*limb, carry) = (product as u64, (product >> 64) as u64);
    }
    carry
}
