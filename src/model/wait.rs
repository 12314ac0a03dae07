//! Who waits for whom in a state, the cycles in it, and which of them are deadlocks.

use std::collections::{BTreeMap, BTreeSet};

use super::deadlock::{Obstacle, deadlock_of};
use super::next::Held;
use super::program::Program;
use super::stand::{Blocked, NO_UNITS, Posture, Stand};

/// The longest cycle that Linux finds before it lets an `fcntl` lock wait: its search follows 10 waiters
/// (`MAX_DEADLK_ITERATIONS` in `fs/locks.c`), which was measured to catch rings of 12 processes and not of 13.
pub(crate) const LONGEST_SEEN_CYCLE: usize = 12;

/// What a process that can't go on waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitsFor<'a> {
    /// The lock of this name.
    Lock(&'a str),
    /// The meeting.
    Meeting,
}

impl Program {
    /// The processes in the way of `who`: those that hold what its next step asks for, or that are still to come to the
    /// meeting at which it waits. `None` if it can go on, or is gone.
    pub fn waits_of(&self, at: &[u32], who: usize) -> Option<(WaitsFor<'_>, Vec<usize>)> {
        let held = self.held(at);
        let stand = self.stand(who, at[who]);
        let blockers = self.blockers(at, who, &held)?;
        let waits_for = match stand.posture {
            Posture::AtMeeting => WaitsFor::Meeting,
            _ => WaitsFor::Lock(self.lock_asked(who, at[who])?),
        };
        Some((waits_for, (0..at.len()).filter(|other| blockers >> other & 1 == 1).collect()))
    }

    /// Whether `who` is part of a deadlock ([`deadlock_of`]) of processes that all wait without a limit. Whom the
    /// kernel may refuse (`EDEADLK`) is taken to wait: a state does not say who has asked already.
    pub fn is_deadlocked(&self, at: &[u32], who: usize) -> bool {
        let held = self.held(at);
        // A deadlock is a cycle at least, which is found sooner; and of whole locks it is no more.
        self.cycle_length(at, who, &held, waits_for_ever).is_some()
            && (self.resources.is_empty() || deadlock_of(who, &self.waits(at, &held, |_| true)).contains(&who))
    }

    /// Everybody who is part of a deadlock: who can never go on, and not only because of a deadlock elsewhere. Nobody
    /// whom the kernel refuses in this state.
    pub fn deadlocked(&self, at: &[u32]) -> BTreeSet<usize> {
        let held = self.held(at);
        let is_refused = |who: usize| {
            self.stand(who, at[who]).blocked == Blocked::Detected && self.kernel_sees_cycle(at, who, &held)
        };
        let waits = self.waits(at, &held, |who| !is_refused(who));
        waits.keys().copied().filter(|&who| deadlock_of(who, &waits).contains(&who)).collect()
    }

    /// Those who wait without a limit and are `wanted`, and why they can't go on.
    fn waits(&self, at: &[u32], held: &Held, wanted: impl Fn(usize) -> bool) -> BTreeMap<usize, Obstacle> {
        let waiters = (0..at.len()).filter(|&who| waits_for_ever(self.stand(who, at[who])) && wanted(who));
        waiters.filter_map(|who| Some((who, self.obstacle(at, who, held)?))).collect()
    }

    /// Why `who` can't go on; `None` if it can.
    fn obstacle(&self, at: &[u32], who: usize, held: &Held) -> Option<Obstacle> {
        let stand = self.stand(who, at[who]);
        let blockers = self.blockers(at, who, held)?;
        let others = (0..at.len()).filter(|other| blockers >> other & 1 == 1);
        if stand.posture == Posture::AtMeeting || stand.resource == NO_UNITS {
            return Some(Obstacle::whole(others));
        }
        let units = |other: usize| u32::from(self.units_of(other, at[other])[usize::from(stand.resource)]);
        let in_the_way = others.map(|other| (other, units(other))).collect();
        Some(Obstacle { in_the_way, needs: self.units_lacking(stand, held) })
    }

    /// Whether the kernel refuses this wait with `EDEADLK`. It sees only its own record locks and those who wait for
    /// them without a limit (`fcntl(2)`; `posix_locks_deadlock` in Linux's `fs/locks.c`).
    pub(super) fn kernel_sees_cycle(&self, at: &[u32], who: usize, held: &Held) -> bool {
        let waits = |stand: &Stand| stand.posture == Posture::AtStep && stand.blocked == Blocked::Detected;
        self.cycle_length(at, who, held, waits).is_some_and(|length| length <= LONGEST_SEEN_CYCLE)
    }

    /// The length of the shortest cycle through `who` along blocked processes that `waits` accepts.
    fn cycle_length(&self, at: &[u32], who: usize, held: &Held, waits: impl Fn(&Stand) -> bool) -> Option<usize> {
        let blockers_of = |who: usize| match waits(self.stand(who, at[who])) {
            true => self.blockers(at, who, held).unwrap_or(0),
            false => 0,
        };
        let (mut seen, mut reached) = (0_u64, blockers_of(who));
        for length in 1..=at.len() {
            if reached >> who & 1 == 1 {
                return Some(length);
            }
            let fresh = reached & !seen;
            seen |= fresh;
            reached = (0..at.len()).filter(|other| fresh >> other & 1 == 1).fold(0, |all, p| all | blockers_of(p));
        }
        None
    }

    /// The processes in the way of `who`, as bits; `None` if nothing is.
    fn blockers(&self, at: &[u32], who: usize, held: &Held) -> Option<u64> {
        let stand = self.stand(who, at[who]);
        let in_the_way = |other: usize| -> bool {
            let theirs = self.stand(other, at[other]);
            match stand.posture {
                Posture::AtMeeting => self.is_to_come(other, at[other], self.meetings_behind(who, at[who])),
                _ if stand.resource != NO_UNITS => self.units_of(other, at[other])[usize::from(stand.resource)] > 0,
                _ => theirs.blocks & stand.needs != 0,
            }
        };
        let blocked = match stand.posture {
            Posture::Gone => false,
            Posture::AtMeeting => true,
            Posture::AtStep => self.is_blocked(stand, held),
        };
        blocked.then(|| {
            let others = (0..at.len()).filter(|&other| other != who && in_the_way(other));
            others.fold(0, |all, other| all | 1 << other)
        })
    }
}

/// Whether nothing but others lets a process go on that is blocked here; the kernel's `EDEADLK` apart.
fn waits_for_ever(stand: &Stand) -> bool {
    stand.posture == Posture::AtMeeting || matches!(stand.blocked, Blocked::Waits | Blocked::Detected)
}
