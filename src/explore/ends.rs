//! Where schedules end, and how many end so.

use num_bigint::BigUint;

use super::load::Shape;
use super::{Probability, Schedules};

/// The ends that a search has met.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) finished_states: u64,
    pub(super) deadlock_states: u64,
    /// The highest rank of a deadlock.
    pub(super) last_deadlock: u64,
    schedules: BigUint,
    deadlocked: BigUint,
    granted: BigUint,
    kept: BigUint,
    p_deadlock: f64,
    /// The exact probability: this many times 1 / unit^rank. `None` if it grew too wide.
    exact: Option<BigUint>,
    rank: u64,
    unit: u64,
}

impl Ends {
    pub(super) fn new(shape: Shape) -> Self {
        Self { exact: Some(BigUint::ZERO), unit: shape.unit(), ..Self::default() }
    }

    /// Takes one state in from which nobody can move. Where the probability is carried, ranks come in ascending order.
    pub(super) fn add(&mut self, is_deadlock: bool, rank: u64, shape: Shape, load: &[u64]) {
        match is_deadlock {
            true => self.deadlock_states += 1,
            false => self.finished_states += 1,
        }
        if shape.counts() {
            let all = shape.count(load, 0);
            self.granted += shape.count(load, 1);
            self.kept += shape.count(load, 2);
            if is_deadlock {
                self.deadlocked += &all;
            }
            self.schedules += all;
        }
        if is_deadlock {
            self.last_deadlock = self.last_deadlock.max(rank);
        }
        if is_deadlock && shape.has_chance() {
            let (about, exact) = shape.probability(load);
            self.p_deadlock += about;
            self.add_exact(exact, rank);
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

    /// How many schedules end how.
    pub(super) fn schedules(&self) -> Schedules {
        Schedules::Counted {
            refused: &self.schedules - &self.granted,
            losing: &self.schedules - &self.kept,
            all: self.schedules.clone(),
            deadlocked: self.deadlocked.clone(),
        }
    }

    /// How likely a deadlock is: a reduced fraction, if it is known exactly.
    pub(super) fn p_deadlock(&self) -> Probability {
        let Some(numerator) = self.exact.clone() else { return Probability::About(self.p_deadlock) };
        let denominator = BigUint::from(self.unit).pow(self.rank as u32);
        let divisor = num_integer::gcd(numerator.clone(), denominator.clone());
        Probability::Exact(numerator / &divisor, denominator / divisor)
    }
}
