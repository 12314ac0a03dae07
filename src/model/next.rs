//! The next-state function: who can move, and where everybody stands then.

use super::program::{MOST_PROCESSES, Program};
use super::stand::{Blocked, Effect, NO_UNITS, NONE, Posture, Requests, Stand, Target};

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Granted,
    /// It was refused, and everything was released: a time-out, a failed try, `EDEADLK`, `SQLITE_BUSY`.
    Refused,
    /// It goes on inside the step, at PENDING.
    Pends,
    /// It has come to the meeting, and went on at once if it was the last one.
    Comes,
    /// It was killed by its own step `crash`.
    Crashes,
    /// It was ended so that the others of its cycle can go on.
    Victim,
}

/// One move that is possible in a state.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// Who makes it.
    pub who: usize,
    /// What becomes of its step.
    pub outcome: Outcome,
    /// A record is lost by it: a round was given up, or its process is gone, with rows to come.
    pub loses: bool,
    /// How many outcomes this process has to choose from in this state: 2 where time decides whether it goes on.
    pub choices: u8,
    /// Who stands elsewhere afterwards, and where; the mover is the first.
    pub changes: &'a [(usize, u32)],
}

/// What a process does at a place of a program that [is plain](Program::is_plain).
#[derive(Debug, Clone, Copy)]
pub struct PlainStep {
    /// Requests of others that can't be granted while it stands there.
    pub blocks: Requests,
    /// What its step asks for: it is granted unless one of these is blocked.
    pub needs: Requests,
    /// Where it stands afterwards; `None` if it has no step to make.
    pub to: Option<u32>,
    /// A record is lost by it.
    pub loses: bool,
}

impl Move<'_> {
    /// Changes a state as the move does.
    pub fn make(&self, at: &mut [u32]) {
        self.changes.iter().for_each(|&(who, to)| at[who] = to);
    }
}

/// What all processes hold together in one state.
pub(super) struct Held {
    pub(super) blocks: Requests,
    units: [u32; super::program::MOST_RESOURCES],
}

impl Program {
    /// Shows every move that is possible in the state `at` (for each process the stand it has), by process.
    #[inline]
    pub fn for_each_move(&self, at: &[u32], mut visit: impl FnMut(Move)) {
        let held = self.held(at);
        for who in 0..at.len() {
            self.moves_of(at, who, &held, &mut visit);
        }
    }

    /// The moves of one process only.
    #[inline]
    pub fn for_each_move_of(&self, at: &[u32], who: usize, mut visit: impl FnMut(Move)) {
        self.moves_of(at, who, &self.held(at), &mut visit);
    }

    /// All that decides about the moves of one process at one place where [`Program::is_plain`].
    pub fn plain_step(&self, who: usize, at: u32) -> PlainStep {
        let stand = self.stand(who, at);
        PlainStep {
            blocks: stand.blocks,
            needs: stand.needs,
            to: (stand.posture == Posture::AtStep).then_some(stand.granted.to),
            loses: stand.loses & Stand::LOSES_WHEN_GRANTED != 0,
        }
    }

    /// The refusal after which `who` gives its round up, for a caller that counts attempts where the model does not
    /// ([`MOST_COUNTED_ATTEMPTS`](super::MOST_COUNTED_ATTEMPTS)). Nothing if it can't be refused, or they are counted.
    pub fn for_each_giving_up(&self, at: &[u32], who: usize, mut visit: impl FnMut(Move)) {
        if let Some(&(target, loses)) = self.processes[who].given_up.get(&at[who]) {
            self.lead(at, who, target, Outcome::Refused, loses, &mut visit);
        }
    }

    /// Who moves from one state to the next, and what becomes of the step; of several moves the first.
    pub fn move_between(&self, at: &[u32], then: &[u32]) -> Option<(usize, Outcome)> {
        let mut found = None;
        self.for_each_move(at, |made| {
            let mut made_state = at.to_vec();
            made.make(&mut made_state);
            if found.is_none() && made_state == then {
                found = Some((made.who, made.outcome));
            }
        });
        found
    }

    /// Whether everybody has ended or crashed.
    pub fn is_over(&self, at: &[u32]) -> bool {
        at.iter().enumerate().all(|(who, &at)| self.stand(who, at).posture == Posture::Gone)
    }

    /// A process whose next step disturbs nobody: it is always possible, stays so, and blocks nobody. Where only
    /// the states are looked for in which nobody can move it may be made alone; see [`Program::is_monotone`].
    #[inline]
    pub fn harmless_mover(&self, at: &[u32]) -> Option<usize> {
        let harmless = |stand: &Stand| {
            stand.posture == Posture::AtStep
                && stand.needs == 0
                && stand.resource == NO_UNITS
                && stand.effect == Effect::None
        };
        (0..at.len()).find(|&who| harmless(self.stand(who, at[who])))
    }

    #[inline]
    pub(super) fn held(&self, at: &[u32]) -> Held {
        let mut held = Held { blocks: 0, units: [0; super::program::MOST_RESOURCES] };
        for (who, &at) in at.iter().enumerate() {
            held.blocks |= self.stand(who, at).blocks;
        }
        if !self.resources.is_empty() {
            for (who, &at) in at.iter().enumerate() {
                let units = self.units_of(who, at).iter().zip(&mut held.units);
                units.for_each(|(&mine, all)| *all += u32::from(mine));
            }
        }
        held
    }

    /// Whether the step that the process makes next can't be granted now.
    #[inline]
    pub(super) fn is_blocked(&self, stand: &Stand, held: &Held) -> bool {
        stand.needs & held.blocks != 0
            || stand.blocked == Blocked::Always
            || (stand.resource != NO_UNITS && self.lacks_units(stand, held))
    }

    fn lacks_units(&self, stand: &Stand, held: &Held) -> bool {
        self.units_lacking(stand, held) > 0
    }

    /// How many units are too few for the step that a process makes next, which takes some.
    pub(super) fn units_lacking(&self, stand: &Stand, held: &Held) -> u32 {
        let resource = usize::from(stand.resource);
        (held.units[resource] + u32::from(stand.units)).saturating_sub(self.resources[resource].capacity)
    }

    #[inline(always)] // the search spends its time here
    fn moves_of(&self, at: &[u32], who: usize, held: &Held, visit: &mut impl FnMut(Move)) {
        let stand = self.stand(who, at[who]);
        match stand.posture {
            Posture::Gone => {}
            Posture::AtStep if stand.needs & held.blocks != 0 && stand.blocked == Blocked::Waits && !self.victims => {}
            Posture::AtMeeting => self.sacrifice(at, who, stand, visit),
            Posture::AtStep if !self.is_blocked(stand, held) => self.grant(at, who, stand, visit),
            Posture::AtStep => self.block(at, who, stand, held, visit),
        }
    }

    #[inline(always)]
    fn grant(&self, at: &[u32], who: usize, stand: &Stand, visit: &mut impl FnMut(Move)) {
        let loses = stand.loses & Stand::LOSES_WHEN_GRANTED != 0;
        match stand.effect {
            Effect::None => self.lead(at, who, stand.granted, Outcome::Granted, loses, visit),
            Effect::Comes => self.lead(at, who, stand.granted, Outcome::Comes, loses, visit),
            Effect::Crashes => self.lead(at, who, stand.granted, Outcome::Crashes, loses, visit),
            Effect::Publishes => self.publish(at, who, stand, visit),
        }
    }

    /// A request that can't be granted now.
    #[inline(never)]
    fn block(&self, at: &[u32], who: usize, stand: &Stand, held: &Held, visit: &mut impl FnMut(Move)) {
        let refuse = match stand.blocked {
            Blocked::Waits => false,
            Blocked::Refused | Blocked::Always => true,
            Blocked::Detected => self.kernel_sees_cycle(at, who, held),
            Blocked::Pends => return self.pend(at, who, stand, visit),
            // Refused by a writer, it waits like any other; kept out by readers only, it is PENDING already.
            Blocked::PendsUnlessWritten if held.blocks & self.writes == 0 => return self.pend(at, who, stand, visit),
            Blocked::PendsUnlessWritten => true,
        };
        if refuse {
            let loses = stand.loses & Stand::LOSES_WHEN_REFUSED != 0;
            self.lead(at, who, stand.refused, Outcome::Refused, loses, visit);
        } else {
            self.sacrifice(at, who, stand, visit);
        }
    }

    fn pend(&self, at: &[u32], who: usize, stand: &Stand, visit: &mut impl FnMut(Move)) {
        self.lead(at, who, Target { to: stand.pends, or: NONE }, Outcome::Pends, false, visit);
    }

    /// Where deadlocks are broken, everybody in one may become the victim: whoever came last.
    fn sacrifice(&self, at: &[u32], who: usize, stand: &Stand, visit: &mut impl FnMut(Move)) {
        if self.victims && self.is_deadlocked(at, who) {
            let loses = stand.loses & Stand::LOSES_WHEN_KILLED != 0;
            let crashed = Target { to: self.crashed_of(who), or: NONE };
            self.lead(at, who, crashed, Outcome::Victim, loses, visit);
        }
    }

    /// Shows the one or two moves to a target, with those who go on from a meeting because of it.
    #[inline(always)]
    fn lead(
        &self,
        at: &[u32],
        who: usize,
        target: Target,
        outcome: Outcome,
        loses: bool,
        visit: &mut impl FnMut(Move),
    ) {
        let choices = if target.or == NONE { 1 } else { 2 };
        for to in [target.to, target.or] {
            if to == NONE {
                continue;
            }
            if self.meetings.is_empty() {
                visit(Move { who, outcome, loses, choices, changes: &[(who, to)] });
            } else {
                let changes = self.open_meetings(at, who, to);
                visit(Move { who, outcome, loses, choices, changes: &changes });
            }
        }
    }

    /// A COMMIT in WAL mode: whoever reads has an old snapshot now.
    #[inline(never)]
    fn publish(&self, at: &[u32], who: usize, stand: &Stand, visit: &mut impl FnMut(Move)) {
        let mut stale = at.to_vec();
        let others = (0..at.len()).filter(|&other| other != who);
        others.for_each(|other| {
            if let Some(old) = self.staled(other, at[other]) {
                stale[other] = old;
            }
        });
        let aged: Vec<(usize, u32)> =
            (0..at.len()).filter(|&other| stale[other] != at[other]).map(|other| (other, stale[other])).collect();
        self.lead(&stale, who, stand.granted, Outcome::Granted, false, &mut |made: Move| {
            let mut changes = made.changes.to_vec();
            let moved = |other: usize| made.changes.iter().any(|change| change.0 == other);
            changes.extend(aged.iter().filter(|change| !moved(change.0)));
            visit(Move { changes: &changes, ..made });
        });
    }

    /// Where everybody stands that moves when `who` goes `to`: those too who waited at a meeting for nobody else.
    pub(super) fn open_meetings(&self, at: &[u32], who: usize, to: u32) -> Vec<(usize, u32)> {
        debug_assert!(at.len() <= MOST_PROCESSES);
        let mut then = at.to_vec();
        then[who] = to;
        while let Some(meeting) = self.complete_meeting(&then) {
            for (other, at) in then.iter_mut().enumerate() {
                if self.waits_at(other, *at) == Some(meeting) {
                    *at = self.stand(other, *at).granted.to;
                }
            }
        }
        let others = (0..at.len()).filter(|&other| other != who && then[other] != at[other]);
        [who].into_iter().chain(others).map(|other| (other, then[other])).collect()
    }

    /// The first meeting at which somebody waits, if nobody is still to come to it.
    fn complete_meeting(&self, at: &[u32]) -> Option<u32> {
        let first = (0..at.len()).filter_map(|who| self.waits_at(who, at[who])).min()?;
        (0..at.len()).all(|who| !self.is_to_come(who, at[who], first)).then_some(first)
    }

    /// The meeting at which a process waits.
    pub(super) fn waits_at(&self, who: usize, at: u32) -> Option<u32> {
        (self.stand(who, at).posture == Posture::AtMeeting).then(|| self.meetings_behind(who, at))
    }

    /// Whether a process will come to this meeting and has not come yet.
    pub(super) fn is_to_come(&self, who: usize, at: u32, meeting: u32) -> bool {
        self.stand(who, at).posture != Posture::Gone
            && self.meetings[who] > 0
            && self.meetings_behind(who, at) <= meeting
            && self.waits_at(who, at) != Some(meeting)
    }
}
