//! Where schedules end, and how many end so.

use num_bigint::BigUint;

use super::layer::Link;
use super::load::Shape;

/// The ends that a search has met.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) finished_states: u64,
    pub(super) deadlock_states: u64,
    /// The wanted one that takes the fewest moves, by its number, and these moves.
    pub(super) nearest: Option<(u32, u32)>,
    pub(super) schedules: BigUint,
    pub(super) deadlocked: BigUint,
    pub(super) granted: BigUint,
    pub(super) kept: BigUint,
    pub(super) p_deadlock: f64,
    /// The exact probability: this many times 1 / unit^rank. `None` if it grew too wide.
    exact: Option<BigUint>,
    rank: u64,
    unit: u64,
}

impl Ends {
    pub(super) fn new(shape: Shape) -> Self {
        Self { exact: Some(BigUint::ZERO), unit: shape.unit(), ..Self::default() }
    }

    /// Takes one state in from which nobody can move. Ranks come in ascending order.
    pub(super) fn add(&mut self, is_deadlock: bool, rank: u64, shape: Shape, load: &[u64]) {
        match is_deadlock {
            true => self.deadlock_states += 1,
            false => self.finished_states += 1,
        }
        if shape.tracks == 0 {
            return;
        }
        let all = shape.count(load, 0);
        if shape.tracks > 1 {
            self.granted += shape.count(load, 1);
            self.kept += shape.count(load, 2);
        } else {
            self.granted += &all;
            self.kept += &all;
        }
        if is_deadlock {
            self.deadlocked += &all;
            self.p_deadlock += shape.probability(load);
            self.add_exact(shape.exact(load), rank);
        }
        self.schedules += all;
    }

    /// Takes one state in that is looked for, if it is known how it was reached.
    pub(super) fn wanted(&mut self, number: u32, link: Option<&Link>) {
        let Some(&Link { depth, .. }) = link else { return };
        if self.nearest.is_none_or(|nearest| depth < nearest.1) {
            self.nearest = Some((number, depth));
        }
    }

    fn add_exact(&mut self, share: Option<BigUint>, rank: u64) {
        self.exact = self
            .exact
            .take()
            .zip(share)
            .map(|(sum, share)| sum * BigUint::from(self.unit).pow((rank - self.rank) as u32) + share);
        self.rank = rank;
    }

    /// The probability of a deadlock as a reduced fraction.
    pub(super) fn exact(&self) -> Option<(BigUint, BigUint)> {
        let numerator = self.exact.clone()?;
        let denominator = BigUint::from(self.unit).pow(self.rank as u32);
        let divisor = num_integer::gcd(numerator.clone(), denominator.clone());
        Some((numerator / &divisor, denominator / divisor))
    }
}
