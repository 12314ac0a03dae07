//! The moves that a process can make: when, and where it stands then.

use super::plan::{Actor, ENDED, Spot};
use crate::model::{Blocked, Effect, NO_UNITS, Phase, Posture, Program, Requests, Stand};
use crate::scenario::{Process, Step};

/// One way to go on from a spot.
pub(super) struct Move {
    /// The number of the spot.
    pub(super) from: u32,
    /// Its step, counted from 0.
    pub(super) step: usize,
    /// What else has to be true.
    pub(super) when: Vec<When>,
    pub(super) then: Then,
    /// What becomes of the step; empty if it is simply made.
    pub(super) outcome: &'static str,
}

/// What has to be true for a move. The counts are those of the process that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Somebody holds what this request asks for.
    Blocked(Requests),
    Free(Requests),
    /// There are not so many units of this resource left.
    Lacks(usize, u32),
    Enough(usize, u32),
    /// Its snapshot is stale, or not.
    Stale(bool),
    RoundBelow(u32),
    Round(u32),
    AttemptBelow(u32),
    Attempt(u32),
    MetAtMost(u32),
    MetMore(u32),
    /// The kernel sees a cycle.
    Detected(bool),
    /// It is in a deadlock.
    Deadlocked,
}

/// How a number changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Stays,
    Grows,
    /// Back to where it was at the beginning.
    Restarts,
}

/// Where the process stands after a move, and what the move does to others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Then {
    pub(super) at: u32,
    pub(super) round: Change,
    pub(super) attempt: Change,
    pub(super) met: Change,
    /// It holds no stale snapshot any more.
    pub(super) renews: bool,
    /// Every snapshot of the others is stale.
    pub(super) publishes: bool,
}

impl Then {
    fn at(at: u32) -> Self {
        let (round, attempt, met) = (Change::Stays, Change::Stays, Change::Stays);
        Self { at, round, attempt, met, renews: false, publishes: false }
    }

    /// A place where nothing is remembered.
    fn gone(at: u32) -> Self {
        let all = Change::Restarts;
        Self { round: all, attempt: all, met: all, renews: true, ..Self::at(at) }
    }
}

/// A move without its start.
type Way = (Vec<When>, Then, &'static str);

/// All moves of a process, in the order of its program.
pub(super) fn moves(
    actor: &Actor,
    process: &Process,
    attempts: Option<u32>,
    crashed: u32,
    program: &Program,
) -> Vec<Move> {
    let writer = MovesOf { actor, process, attempts, crashed, program };
    let mut spots: Vec<&Spot> = actor.spots.iter().collect();
    spots.sort_by_key(|spot| (spot.step, spot.phase));
    let moves = spots.into_iter().flat_map(|spot| {
        writer.from(spot).into_iter().map(|(when, then, outcome)| Move {
            from: spot.number,
            step: spot.step,
            when,
            then,
            outcome,
        })
    });
    moves.collect()
}

/// How a process goes on from its meetings, when all have come.
pub(super) fn openings(actor: &Actor, process: &Process) -> Vec<Move> {
    let meetings = actor.spots.iter().filter(|spot| spot.phase == Phase::AtMeeting);
    let openings = meetings.flat_map(|spot| {
        after(actor, process, spot).into_iter().map(|(when, mut then, outcome)| {
            if then.met == Change::Stays {
                then.met = Change::Grows;
            }
            Move { from: spot.number, step: spot.step, when, then, outcome }
        })
    });
    openings.collect()
}

struct MovesOf<'a> {
    actor: &'a Actor,
    process: &'a Process,
    attempts: Option<u32>,
    crashed: u32,
    program: &'a Program,
}

impl MovesOf<'_> {
    fn from(&self, spot: &Spot) -> Vec<Way> {
        let Some(stale) = spot.stale.as_ref().filter(|stale| stale.blocked == Blocked::Always) else {
            return self.with(spot, &spot.stand);
        };
        let of = |stand: &Stand, is_stale: bool| {
            let ways = self.with(spot, stand);
            ways.into_iter().map(move |(mut when, then, outcome)| {
                when.insert(0, When::Stale(is_stale));
                (when, then, outcome)
            })
        };
        of(&spot.stand, false).chain(of(stale, true)).collect()
    }

    fn with(&self, spot: &Spot, stand: &Stand) -> Vec<Way> {
        if stand.posture == Posture::AtMeeting {
            return self.killed(&[]);
        }
        let (free, blocked) = conditions(stand);
        let mut ways = Vec::new();
        if stand.blocked != Blocked::Always {
            ways.extend(self.granted(spot, stand).into_iter().map(|way| only(free, way)));
        }
        let writes = self.program.writes;
        match stand.blocked {
            Blocked::Always => ways.extend(self.refused()),
            _ if blocked.is_none() => {}
            Blocked::Waits => ways.extend(self.killed(&[])),
            Blocked::Refused => ways.extend(self.refused().into_iter().map(|way| only(blocked, way))),
            Blocked::Detected => {
                ways.extend(self.refused().into_iter().map(|way| only(Some(When::Detected(true)), way)));
                ways.extend(self.killed(&[When::Detected(false)]));
            }
            Blocked::Pends => ways.extend(self.pends(spot).map(|way| only(blocked, way))),
            Blocked::PendsUnlessWritten => {
                let behind_readers = self.pends(spot).map(|way| only(Some(When::Free(writes)), way));
                ways.extend(behind_readers.map(|way| only(blocked, way)));
                ways.extend(self.refused().into_iter().map(|way| only(Some(When::Blocked(writes)), way)));
            }
        }
        ways
    }

    fn granted(&self, spot: &Spot, stand: &Stand) -> Vec<Way> {
        let on = || after(self.actor, self.process, spot);
        if stand.effect == Effect::Crashes {
            return vec![(Vec::new(), Then::gone(self.crashed), "")];
        }
        if self.process.steps[spot.step] == Step::Meet {
            let before = self.process.steps[..spot.step].iter().filter(|step| **step == Step::Meet).count() as u32;
            let comes = self.actor.spot(spot.step, Phase::AtMeeting).map(|meeting| Then::at(meeting.number));
            let again = self.comes_again();
            let comes =
                comes.into_iter().map(|then| only(again.then_some(When::MetAtMost(before)), (Vec::new(), then, "")));
            let passes = on().into_iter().filter(|_| again).map(|(when, then, outcome)| {
                let outcome = if outcome.is_empty() { "was there before" } else { outcome };
                only(Some(When::MetMore(before)), (when, then, outcome))
            });
            return comes.chain(passes).collect();
        }
        let publishes = stand.effect == Effect::Publishes;
        on().into_iter().map(|(when, then, outcome)| (when, Then { publishes, ..then }, outcome)).collect()
    }

    /// Whether it can come to a meeting that it has passed already: in another attempt.
    fn comes_again(&self) -> bool {
        self.attempts != Some(1)
    }

    fn refused(&self) -> Vec<Way> {
        let again = Then { renews: true, ..Then::at(1) };
        let mut ways = Vec::new();
        let last = match self.attempts {
            None => return vec![(Vec::new(), again, "refused, tries again")],
            Some(1) => None,
            Some(attempts) => {
                let again = Then { attempt: Change::Grows, ..again };
                ways.push((vec![When::AttemptBelow(attempts)], again, "refused, tries again"));
                Some(When::Attempt(attempts))
            }
        };
        ways.extend(end_of_round(self.process).into_iter().map(|(when, then, outcome)| {
            let outcome = if outcome.is_empty() { "refused, gives up" } else { "refused, gives up, time is over" };
            only(last, (when, then, outcome))
        }));
        ways
    }

    fn pends(&self, spot: &Spot) -> impl Iterator<Item = Way> {
        let pending = self.actor.spot(spot.step, Phase::Pending);
        pending.map(|pending| (Vec::new(), Then::at(pending.number), "pending")).into_iter()
    }

    fn killed(&self, when: &[When]) -> Vec<Way> {
        if !self.program.victims {
            return Vec::new();
        }
        let when = when.iter().copied().chain([When::Deadlocked]).collect();
        vec![(when, Then::gone(self.crashed), "killed to break a deadlock")]
    }
}

/// What has to be true for a request to be granted, and what if not; nothing if it always is.
fn conditions(stand: &Stand) -> (Option<When>, Option<When>) {
    let (needs, resource, units) = (stand.needs, usize::from(stand.resource), u32::from(stand.units));
    if needs != 0 {
        (Some(When::Free(needs)), Some(When::Blocked(needs)))
    } else if stand.resource != NO_UNITS {
        (Some(When::Enough(resource, units)), Some(When::Lacks(resource, units)))
    } else {
        (None, None)
    }
}

/// The same way under one more condition, which comes first.
fn only(when: Option<When>, (mut all, then, outcome): Way) -> Way {
    if let Some(when) = when {
        all.insert(0, when);
    }
    (all, then, outcome)
}

/// Where a process stands when it has made the step of this spot.
fn after(actor: &Actor, process: &Process, spot: &Spot) -> Vec<Way> {
    if spot.step + 1 == process.steps.len() {
        return end_of_round(process);
    }
    let keeps = actor.spot(spot.step + 1, Phase::Step).is_some_and(|next| next.stale.is_some());
    let renews = spot.stale.is_some() && !keeps;
    vec![(Vec::new(), Then { renews, ..Then::at(spot.step as u32 + 2) }, "")]
}

/// The next round, or the end; where time decides (`for`), either.
fn end_of_round(process: &Process) -> Vec<Way> {
    let count = process.round_count();
    let next =
        Then { round: Change::Grows, attempt: Change::Restarts, met: Change::Restarts, renews: true, ..Then::at(1) };
    let end = Then::gone(ENDED);
    let lasting = process.lasting.is_some();
    let time = if lasting { "time is over" } else { "" };
    match count {
        None => vec![(Vec::new(), Then { round: Change::Stays, ..next }, ""), (Vec::new(), end, time)],
        Some(1) => vec![(Vec::new(), end, "")],
        Some(rounds) if lasting => {
            let next = (vec![When::RoundBelow(rounds)], next, "");
            let early = (vec![When::RoundBelow(rounds)], end, time);
            vec![next, early, (vec![When::Round(rounds)], end, "")]
        }
        Some(rounds) => vec![(vec![When::RoundBelow(rounds)], next, ""), (vec![When::Round(rounds)], end, "")],
    }
}
