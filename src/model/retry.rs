//! How long to pause after a refusal: exponential back-off and jitter.

use std::time::Duration;

use crate::scenario::{Backoff, Jitter, Retry};

/// The pause after failed attempt number `attempt` (the first is 1).
///
/// Full jitter is uniform between nothing and the exponential pause, as in "Exponential Backoff And Jitter",
/// AWS Architecture Blog, 2015.
pub fn pause(retry: &Retry, attempt: u32, random: &mut Random) -> Duration {
    let pause = match retry.backoff {
        Backoff::Constant => retry.base,
        Backoff::Exponential => {
            let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
            retry.base.saturating_mul(factor)
        }
    };
    let pause = pause.min(retry.cap);
    match retry.jitter {
        Jitter::None => pause,
        Jitter::Full => Duration::from_micros(random.below(pause.as_micros() as u64 + 1)),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): our own ten lines, so that a seed means the same pauses in every version.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of random numbers of one process under one seed.
    pub fn new(seed: u64, who: usize) -> Self {
        let mut random = Self(seed ^ (who as u64).wrapping_mul(0xA076_1D64_78BD_642F));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit` (which is not 0), every one as likely as the next.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(backoff: Backoff, jitter: Jitter, who: usize) -> Vec<u64> {
        let (base, cap) = (Duration::from_millis(10), Duration::from_millis(100));
        let retry = Retry { backoff, base, cap, jitter, attempts: 9 };
        let mut random = Random::new(1, who);
        [1, 2, 3, 4, 5, 40].iter().map(|&attempt| pause(&retry, attempt, &mut random).as_micros() as u64).collect()
    }

    #[test]
    fn pauses_grow_to_the_cap_and_jitter_stays_below_them() {
        let whole = [10_000, 20_000, 40_000, 80_000, 100_000, 100_000];
        assert_eq!(pauses(Backoff::Constant, Jitter::None, 0), [10_000; 6]);
        assert_eq!(pauses(Backoff::Exponential, Jitter::None, 0), whole);
        for who in 0..100 {
            let jittered = pauses(Backoff::Exponential, Jitter::Full, who);
            assert!(jittered.iter().zip(whole).all(|(&pause, most)| pause <= most), "{jittered:?}");
        }
    }

    #[test]
    fn a_seed_means_the_same_pauses_for_ever_and_others_for_each_process() {
        assert_eq!(pauses(Backoff::Exponential, Jitter::Full, 0), SEED_1_PROCESS_0);
        assert_ne!(pauses(Backoff::Exponential, Jitter::Full, 1), SEED_1_PROCESS_0);
    }

    const SEED_1_PROCESS_0: [u64; 6] = [7_458, 19_421, 17_774, 35_541, 76_290, 87_735];
}
