//! How long things take in virtual time. The locks decide who may go on; this decides only when somebody asks.

use std::time::Duration;

use crate::model::Random;

/// From the conductor's word to a process's first one, for each process: they are told one after the other, and each
/// wakes up in its own time.
const START_US: (u64, u64) = (150, 250);

/// A step that asks for a plain lock: from the word that says so to the answer, one system call.
const LOCK_US: (u64, u64) = (8, 30);

/// A step that asks a database.
const SQL_US: (u64, u64) = (30, 200);

/// From one step to the next: a line or two to tell of it.
const LINE_US: (u64, u64) = (8, 30);

/// From the end of a round to the first step of the next one: three lines.
const ROUND_US: (u64, u64) = (30, 120);

/// A COMMIT that has rows to bring to the disk.
const COMMIT_US: (u64, u64) = (500, 3_000);

/// From the end of a sleep, or from a lock's becoming free, to the process that runs again.
const WAKE_US: (u64, u64) = (40, 160);

/// One try each millisecond: so `run` waits with a limit for a lock whose system has no time-out.
const POLL_US: u64 = 1_000;

/// The seeded clockwork: small times of a small machine, of the size that was measured.
#[derive(Debug, Clone)]
pub(super) struct Pace(Random);

impl Pace {
    pub(super) fn new(seed: u64, processes: usize) -> Self {
        Self(Random::new(seed, processes)) // a stream of its own, beside those of the processes
    }

    /// When a process hears that it is to start.
    pub(super) fn start(&mut self, who: usize) -> u64 {
        who as u64 * START_US.0 + self.0.below(START_US.1)
    }

    /// From the end of a round to the first step of the next one.
    pub(super) fn round(&mut self) -> u64 {
        self.between(ROUND_US)
    }

    /// From asking to the answer.
    pub(super) fn ask(&mut self, on_sqlite: bool) -> u64 {
        self.between(if on_sqlite { SQL_US } else { LOCK_US })
    }

    pub(super) fn line(&mut self) -> u64 {
        self.between(LINE_US)
    }

    pub(super) fn commit(&mut self, rows: u64) -> u64 {
        self.between(if rows > 0 { COMMIT_US } else { SQL_US })
    }

    pub(super) fn wake(&mut self) -> u64 {
        self.between(WAKE_US)
    }

    /// A sleep: as long as it was to be, and a little longer.
    pub(super) fn sleep(&mut self, us: u64) -> u64 {
        us.saturating_add(self.wake())
    }

    /// Whoever comes first among those who are due at the same moment.
    pub(super) fn lot(&mut self) -> u64 {
        self.0.below(u64::MAX)
    }

    fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        least + self.0.below(most - least + 1)
    }
}

/// When a process that waits with a limit looks again.
#[derive(Debug, Clone)]
pub(super) enum Polls {
    /// A plain lock: each millisecond until then.
    EachMillisecond { until_us: u64 },
    /// A mutex: woken when it is free, or then.
    Parked { until_us: u64 },
    /// SQLite's own busy handler: so many times it has been called, and the timeout in milliseconds.
    BusyHandler { count: u64, timeout_ms: u64 },
}

impl Polls {
    pub(super) fn each_millisecond(now_us: u64, limit: Duration) -> Self {
        Self::EachMillisecond { until_us: now_us.saturating_add(limit.as_micros() as u64) }
    }

    pub(super) fn parked(now_us: u64, limit: Duration) -> Self {
        Self::Parked { until_us: now_us.saturating_add(limit.as_micros() as u64) }
    }

    pub(super) fn busy_handler(timeout: Duration) -> Self {
        Self::BusyHandler { count: 0, timeout_ms: timeout.as_millis() as u64 }
    }

    /// After a look that showed the lock taken: how long to sleep before the next one, in microseconds; `None` when the
    /// patience has ended.
    pub(super) fn next(&mut self, now_us: u64) -> Option<u64> {
        match self {
            Self::EachMillisecond { until_us } => (now_us < *until_us).then_some(POLL_US),
            Self::Parked { until_us } => (now_us < *until_us).then(|| *until_us - now_us),
            Self::BusyHandler { count, timeout_ms } => {
                let delay = busy_delay_ms(*count, *timeout_ms);
                *count += 1;
                (delay > 0).then_some(delay * 1_000)
            }
        }
    }
}

/// The next sleep of SQLite's busy handler in milliseconds, 0 when it gives up: `sqliteDefaultBusyCallback` in
/// `main.c`. The last sleep is cut so that all of them together are the timeout.
fn busy_delay_ms(count: u64, timeout_ms: u64) -> u64 {
    const DELAYS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
    let last = DELAYS.len() as u64 - 1;
    let delay = DELAYS[count.min(last) as usize];
    let prior = DELAYS.iter().take(count.min(last) as usize).sum::<u64>() + 100 * count.saturating_sub(last);
    delay.min(timeout_ms.saturating_sub(prior))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(timeout_ms: u64, first: &[u64], sleeps: usize) {
        let mut polls = Polls::busy_handler(Duration::from_millis(timeout_ms));
        let all: Vec<u64> = std::iter::from_fn(|| polls.next(0)).collect();
        assert_eq!(all.iter().sum::<u64>(), timeout_ms * 1_000);
        let first_ms: Vec<u64> = all.iter().take(first.len()).map(|us| us / 1_000).collect();
        assert_eq!((first_ms.as_slice(), all.len()), (first, sleeps), "{timeout_ms}");
    }

    #[test]
    fn the_busy_handler_sleeps_as_sqlite_does_and_no_longer_than_the_timeout() {
        check(0, &[], 0);
        check(1, &[1], 1);
        check(7, &[1, 2, 4], 3);
        check(328, &[1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100], 12);
        check(5_000, &[1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100, 100], 59);
    }
}
