//! All states in which a run can be, as far as what was told leaves it open.

use std::collections::BTreeSet;

use crate::analysis::MEETING;
use crate::model::{Outcome, Phase, Program, WaitsFor};
use crate::trace::Edge;

/// The most states that are kept; with more of them a check says that it does not know.
const MOST_STATES: usize = 20_000;

/// More states than are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more than {MOST_STATES} states in which the run can be at one moment; use fewer processes")]
pub(super) struct TooMany;

/// What the trace will tell of a step that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Granted,
    Refused,
    /// Its process is ended inside of it.
    Open,
}

/// A step between its first and its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) goal: Goal,
    /// It will say that a try has shown the lock taken.
    pub(super) waits: bool,
    /// It will be refused because its wait closes a cycle.
    pub(super) detected: bool,
}

/// What an event means for the states in which the run can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A step was made that nobody else can see.
    Step,
    /// A step is under way from now on.
    Begins,
    /// A try since then has shown the lock taken.
    Waits,
    /// What was under way has taken place.
    Done,
    /// It was refused; SQLite may say that its snapshot was the reason.
    Refused { stale: bool },
    /// It gives the round up although it could try again.
    GivesUp,
    /// A round begins.
    Round,
    /// The program is at its end.
    Ends,
    /// The program is at its end before its first round: its time (`for`) was over by then.
    EndsUnbegun,
    /// It was ended from outside.
    Dies,
}

/// One state: where everybody stands, and what has come of the step in which it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    at: Vec<u32>,
    marks: Vec<u8>,
}

/// The step took place.
const GRANTED: u8 = 1;
/// The step was refused.
const REFUSED: u8 = 2;
/// It was refused because its snapshot was not the latest.
const STALE: u8 = 4;
/// There was a moment since the step began at which a try would have failed.
const TAKEN: u8 = 8;

pub(super) struct Possible<'a> {
    program: &'a Program,
    states: BTreeSet<State>,
    pending: Vec<Option<Pending>>,
    mortal: Vec<bool>,
}

impl<'a> Possible<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        let at = program.start();
        let count = at.len();
        let states = BTreeSet::from([State { at, marks: vec![0; count] }]);
        Self { program, states, pending: vec![None; count], mortal: vec![false; count] }
    }

    /// From now on a process may be ended from outside at any moment.
    pub(super) fn may_die(&mut self, who: usize) {
        self.mortal[who] = true;
    }

    /// Takes in what a process tells; an error says why no state agrees with it.
    pub(super) fn act(&mut self, who: usize, act: Act, pending: Pending) -> Result<(), String> {
        let phase = |state: &State| self.program.place(who, state.at[who]).phase;
        match act {
            Act::Step => self.step(who),
            Act::Begins => {
                self.pending[who] = Some(pending);
                Ok(())
            }
            Act::Waits => self.keep(who, |state| state.marks[who] & TAKEN != 0, "nothing was in its way"),
            Act::Done => self.finish(who, GRANTED),
            Act::Refused { stale: false } => self.finish(who, REFUSED),
            Act::Refused { stale: true } => self.finish(who, STALE),
            Act::GivesUp => {
                let (program, states) = (self.program, std::mem::take(&mut self.states));
                for state in states {
                    let ways = program.given_up(&state.at, who);
                    let ways: Vec<State> = ways.into_iter().map(|at| self.with_meetings(&state, at, who, 0)).collect();
                    self.states.extend(ways);
                }
                self.not_empty(who, "it can't give up here")
            }
            Act::Round => self.keep(who, |state| phase(state) == Phase::Step, "it has no more rounds to make"),
            Act::Ends => self.keep(who, |state| phase(state) == Phase::Ended, "it is not at its end"),
            Act::EndsUnbegun => {
                let (program, states) = (self.program, std::mem::take(&mut self.states));
                let gone = |state: State| {
                    let at = program.ended_from_outside(&state.at, who);
                    self.with_meetings(&state, at, who, 0)
                };
                self.states = states.into_iter().map(gone).collect();
                Ok(())
            }
            Act::Dies => {
                self.pending[who] = None;
                self.keep(who, |state| phase(state) == Phase::Crashed, "nothing had ended it")
            }
        }
    }

    /// Keeps the states in which nobody who lives can move.
    pub(super) fn keep_deadlocks(&mut self) -> Result<(), String> {
        if let Some(who) = (0..self.pending.len()).find(|&who| self.is_between_steps(who)) {
            return self.keep(who, |_| false, "not everybody waits");
        }
        let program = self.program;
        let stuck = |state: &State| {
            // Whose step has taken place only has not told so yet.
            let goes_on = state.marks.iter().any(|mark| mark & (GRANTED | REFUSED) != 0);
            let mut moves = 0;
            program.for_each_move(&state.at, |_| moves += 1);
            moves == 0 && !goes_on
        };
        let before = self.states.clone();
        self.states.retain(stuck);
        if self.states.is_empty() {
            self.states = before;
            return Err("somebody could go on".into());
        }
        Ok(())
    }

    /// Keeps the states in which all these waits and holds are there, and checks that they are a ring through `who`:
    /// one that nobody opens, unless it is `timed`.
    pub(super) fn keep_cycle(&mut self, who: usize, cycle: &[Edge], timed: bool) -> Result<(), String> {
        let next = cycle.iter().skip(1).chain(cycle.first());
        let is_ring = cycle.iter().zip(next).all(|(edge, next)| edge.holder == next.waiter);
        if !is_ring || !cycle.iter().any(|edge| edge.waiter == who) {
            return Err("that is no ring through it".into());
        }
        let program = self.program;
        let is_there = |state: &State, edge: &Edge| {
            let Some((waits_for, holders)) = program.waits_of(&state.at, edge.waiter) else { return false };
            let name = match waits_for {
                WaitsFor::Lock(name) => name,
                WaitsFor::Meeting => MEETING,
            };
            name == edge.lock && holders.contains(&edge.holder)
        };
        let count = self.pending.len();
        let known = cycle.iter().all(|edge| edge.waiter < count && self.pending[edge.waiter].is_some());
        self.keep(who, |state| known && cycle.iter().all(|edge| is_there(state, edge)), "not all of them wait so")?;
        let lasts = |state: &State| timed || cycle.iter().all(|edge| program.is_deadlocked(&state.at, edge.waiter));
        self.keep(who, lasts, "somebody else can serve one of them")
    }

    /// Adds all that may have happened since the last event: whatever is under way may take effect.
    pub(super) fn spread(&mut self) -> Result<(), TooMany> {
        let mut open: Vec<State> = self.states.iter().cloned().collect();
        let passing = self.pending.iter().flatten().any(|pending| pending.waits || pending.goal == Goal::Refused);
        let busy = |who: &usize| self.pending[*who].is_some() || self.mortal[*who];
        let busy: Vec<usize> = (0..self.pending.len()).filter(busy).collect();
        while let Some(state) = open.pop() {
            for &who in &busy {
                for next in self.ways(&state, who, passing) {
                    if self.states.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
            if self.states.len() > MOST_STATES {
                return Err(TooMany);
            }
        }
        Ok(())
    }

    /// Whatever `who` may do next in a state without telling.
    fn ways(&self, state: &State, who: usize, passing: bool) -> Vec<State> {
        let mut ways = Vec::new();
        let program = self.program;
        let place = program.place(who, state.at[who]);
        if self.mortal[who] && !place.is_gone() {
            let at = program.ended_from_outside(&state.at, who);
            ways.push(self.with_meetings(state, at, who, GRANTED));
        }
        let Some(pending) = self.pending[who].filter(|_| state.marks[who] & (GRANTED | REFUSED) == 0) else {
            return ways;
        };
        let looks = place.phase == Phase::Passing && !place.stale;
        if pending.waits && state.marks[who] & TAKEN == 0 && !looks && program.is_stopped(&state.at, who) {
            let mut taken = state.clone();
            taken.marks[who] |= TAKEN;
            ways.push(taken);
        }
        program.for_each_move_of(&state.at, who, |made| {
            let mark = match made.outcome {
                Outcome::Granted | Outcome::Comes if pending.goal != Goal::Refused => GRANTED,
                Outcome::Refused if pending.detected && !self.closes_cycle(state, who) => return,
                Outcome::Refused if pending.goal != Goal::Granted && place.stale => REFUSED | STALE,
                Outcome::Refused if pending.goal != Goal::Granted => REFUSED,
                Outcome::Granted | Outcome::Pends => 0,
                _ => return,
            };
            let mut at = state.at.clone();
            made.make(&mut at);
            let phase = program.place(who, at[who]).phase;
            let inside = matches!(phase, Phase::Pending | Phase::AtMeeting | Phase::Leaving(_));
            if mark == 0 && !inside {
                return;
            }
            ways.push(self.with_meetings(state, at, who, if inside { 0 } else { mark }));
        });
        if passing {
            program.for_each_passing(&state.at, who, |to| {
                let mut next = state.clone();
                next.at[who] = to;
                ways.push(next);
            });
        }
        ways
    }

    /// Whether `who` is in a ring of processes that have asked and wait. For the model whoever stands before a taken
    /// lock waits for it; the kernel knows of those only who have asked.
    fn closes_cycle(&self, state: &State, who: usize) -> bool {
        let waits = |who: usize| self.pending[who].is_some() && state.marks[who] & (GRANTED | REFUSED) == 0;
        let (mut seen, mut open) = (BTreeSet::new(), vec![who]);
        while let Some(waiter) = open.pop() {
            let holders = self.program.waits_of(&state.at, waiter).map_or_else(Vec::new, |(_, holders)| holders);
            for holder in holders.into_iter().filter(|&holder| waits(holder)) {
                if holder == who {
                    return true;
                }
                if seen.insert(holder) {
                    open.push(holder);
                }
            }
        }
        false
    }

    /// A state in which `who` has a mark, and those too who went on from a meeting because of it.
    fn with_meetings(&self, before: &State, at: Vec<u32>, who: usize, mark: u8) -> State {
        let mut marks = before.marks.clone();
        marks[who] |= mark;
        for other in 0..at.len() {
            let met = |at: &[u32]| self.program.place(other, at[other]).phase == Phase::AtMeeting;
            if met(&before.at) && !met(&at) {
                marks[other] |= GRANTED;
            }
        }
        State { at, marks }
    }

    /// Makes a step that nobody else can see.
    fn step(&mut self, who: usize) -> Result<(), String> {
        let before = std::mem::take(&mut self.states);
        let mut after = BTreeSet::new();
        for state in &before {
            self.program.for_each_move_of(&state.at, who, |made| {
                if made.outcome == Outcome::Granted {
                    let mut at = state.at.clone();
                    made.make(&mut at);
                    after.insert(self.with_meetings(state, at, who, 0));
                }
            });
        }
        self.states = after;
        if self.states.is_empty() {
            self.states = before;
        }
        self.not_empty(who, "it can't make this step")
    }

    fn finish(&mut self, who: usize, mark: u8) -> Result<(), String> {
        let why = match mark {
            GRANTED => "it could not",
            STALE => "nobody had written since it read",
            _ => "nothing allowed a refusal",
        };
        self.keep(who, |state| state.marks[who] & mark != 0, why)?;
        self.pending[who] = None;
        let states = std::mem::take(&mut self.states);
        self.states = states
            .into_iter()
            .map(|mut state| {
                state.marks[who] = 0;
                state
            })
            .collect();
        Ok(())
    }

    fn is_between_steps(&self, who: usize) -> bool {
        let gone = |state: &State| self.program.place(who, state.at[who]).is_gone();
        self.pending[who].is_none() && !self.states.iter().all(gone)
    }

    fn keep(&mut self, who: usize, agrees: impl Fn(&State) -> bool, why: &str) -> Result<(), String> {
        let kept: BTreeSet<State> = self.states.iter().filter(|state| agrees(state)).cloned().collect();
        if kept.is_empty() {
            return Err(format!("{why}{}", self.in_the_way(who)));
        }
        self.states = kept;
        Ok(())
    }

    fn not_empty(&self, who: usize, why: &str) -> Result<(), String> {
        if self.states.is_empty() { Err(format!("{why}{}", self.in_the_way(who))) } else { Ok(()) }
    }

    /// What the model says of a process: the first of the states stands for all.
    fn in_the_way(&self, who: usize) -> String {
        let Some(waits) = self.states.iter().find_map(|state| self.program.waits_of(&state.at, who)) else {
            return ": the model lets it go on".into();
        };
        let (lock, holders) = match waits {
            (WaitsFor::Lock(lock), holders) => (lock, holders),
            (WaitsFor::Meeting, holders) => (MEETING, holders),
        };
        let holders: Vec<String> = holders.iter().map(|who| format!("process {}", who + 1)).collect();
        format!(": in the model it waits for {lock}, in its way {}", holders.join(", "))
    }
}
