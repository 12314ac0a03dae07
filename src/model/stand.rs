//! Where a process can stand, and what may happen from there: the tables that a program is compiled into.

use crate::scenario::Step;

/// A set of requests: one bit for each way to ask for each lock of the scenario.
pub type Requests = u128;

/// No stand.
pub(super) const NONE: u32 = u32::MAX;

/// No resource with units.
pub(crate) const NO_UNITS: u8 = u8::MAX;

/// One place where one process can stand: all that the rules need to know of it.
///
/// What a process holds follows from where it stands, because programs are straight-line code and a refusal releases
/// everything. It fits one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Stand {
    /// Requests of others that can't be granted while it stands here.
    pub(crate) blocks: Requests,
    /// What its next step asks for; empty if the step can always be made.
    pub(crate) needs: Requests,
    /// Where it stands after its step.
    pub(super) granted: Target,
    /// Where it stands after a refusal, or after it was killed.
    pub(super) refused: Target,
    /// Where it waits inside a blocked COMMIT or BEGIN EXCLUSIVE.
    pub(super) pends: u32,
    /// Grows with every move; 0 if some program can come back to where it was.
    pub(super) rank: u32,
    pub(crate) posture: Posture,
    pub(crate) blocked: Blocked,
    pub(crate) effect: Effect,
    /// Bits of `Stand::LOSES_WHEN_*`.
    pub(super) loses: u8,
    /// The resource of which its next step takes `units`.
    pub(crate) resource: u8,
    pub(crate) units: u16,
}

impl Stand {
    /// Rows are lost when its step is made: it crashes with rows to come.
    pub(super) const LOSES_WHEN_GRANTED: u8 = 1;
    /// Rows are lost when it is refused: it gives its round up.
    pub(super) const LOSES_WHEN_REFUSED: u8 = 2;
    /// Rows are lost when it is killed.
    pub(super) const LOSES_WHEN_KILLED: u8 = 4;
}

/// Where a move leads: one stand, or one of two where time decides whether the process goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(super) to: u32,
    /// The end, which `for` may bring after any round; [`NONE`] otherwise.
    pub(super) or: u32,
}

impl Target {
    pub(super) const NOWHERE: Self = Self { to: NONE, or: NONE };
}

/// What a process does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Posture {
    /// It is about to make a step.
    AtStep,
    /// It waits at a meeting; others let it go on.
    AtMeeting,
    /// It has ended, crashed or been killed.
    Gone,
}

/// What may happen while a request is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Blocked {
    /// Nothing: it waits.
    Waits,
    /// It may be refused: a time-out may fire at any moment, a try ends at once.
    Refused,
    /// It is refused if its wait would close a cycle that the kernel sees (`fcntl`).
    Detected,
    /// A COMMIT waits for readers at PENDING.
    Pends,
    /// A BEGIN EXCLUSIVE waits for readers at PENDING, and is refused while another writes.
    PendsUnlessWritten,
    /// A stale snapshot: refused, whatever others do.
    Always,
}

/// What a step does to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Effect {
    /// Nothing but what it holds.
    None,
    /// A COMMIT in WAL mode that wrote: every other snapshot is stale from now on.
    Publishes,
    /// It comes to a meeting.
    Comes,
    /// It is killed.
    Crashes,
}

/// A stand in words, for stories, pictures and the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The round, from 1 on. Always 1 where rounds are not counted (`for` without `rounds`).
    pub round: u32,
    /// The attempt at this round, from 1 on. Always 1 where attempts are not counted.
    pub attempt: u32,
    /// The step that it makes next, or is in.
    pub step: usize,
    /// Meetings of this round that are behind it.
    pub met: u32,
    /// Its snapshot is not the latest any more.
    pub stale: bool,
    /// What it does there.
    pub phase: Phase,
}

/// What a process does at a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It is about to make the step.
    Step,
    /// It is inside a COMMIT or BEGIN EXCLUSIVE that waits for readers; it holds PENDING.
    Pending,
    /// It has come to the meeting and waits.
    AtMeeting,
    /// Only where a program is compiled for traces: it has asked for the database, and reads in passing.
    Passing,
    /// Only where a program is compiled for traces: it was refused, and still holds so many of its locks.
    Releasing(u32),
    /// Only where a program is compiled for traces: it has ended a transaction that wrote, and still reads in passing;
    /// so many locks are left to a refused process then.
    Leaving(Option<u32>),
    /// It has come to the end of its program.
    Ended,
    /// It was killed: by its own step `crash`, or as the victim of a deadlock.
    Crashed,
}

impl Place {
    /// At the beginning of everything.
    pub(super) const START: Self = Self { round: 1, attempt: 1, step: 0, met: 0, stale: false, phase: Phase::Step };

    pub(super) const ENDED: Self = Self { phase: Phase::Ended, ..Self::START };
    pub(super) const CRASHED: Self = Self { phase: Phase::Crashed, ..Self::START };

    /// Whether it will not move any more.
    pub fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Ended | Phase::Crashed)
    }

    /// The step that it makes next or is in; `None` if it is gone.
    pub fn step_of<'a>(&self, steps: &'a [Step]) -> Option<&'a Step> {
        if self.is_gone() { None } else { steps.get(self.step) }
    }
}
