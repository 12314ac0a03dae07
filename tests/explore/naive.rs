//! The rules of the model a second time, as plainly as they can be said, to compare the fast explorer with.
//!
//! Nothing is packed, shared or kept: who holds what is found anew from where everybody stands, in every state.

use std::collections::BTreeSet;
use std::time::Duration;

use lesson::model::Mode;
use lesson::scenario::{Begin, DATABASE, LockKind, Process, Scenario, Step};

use super::count::Naive;

/// More attempts than this count as attempts without end.
const MOST_ATTEMPTS: u32 = 20;

/// A point in a program. What is not part of where a process stands is always the same: 1, 0 or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// From 1.
    pub round: u32,
    /// At this round, from 1.
    pub attempt: u32,
    /// The next step.
    pub step: usize,
    /// Meetings passed in this round.
    pub passed: usize,
    /// Somebody has committed since its snapshot.
    pub stale: bool,
}

/// Where a process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Before a step of its program.
    At(Spot),
    /// Inside a COMMIT or BEGIN EXCLUSIVE that waits for readers.
    Pending(Spot),
    /// It has come to `meet` and waits.
    Meeting(Spot),
    /// Its last round is over.
    Ended,
    /// It was killed.
    Crashed,
}

/// Where everybody stands.
pub type State = Vec<Place>;

/// What a process can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Go,
    BeRefused,
    BecomePending,
    ComeToMeeting,
    Crash,
}

/// A move of one process: each state in `outcomes` is equally likely.
#[derive(Debug)]
pub struct Turn {
    /// What it can lead to.
    pub outcomes: Vec<State>,
    /// Whether it is a refusal.
    pub refused: bool,
    /// Whether a record is lost.
    pub loses: bool,
}

impl Naive {
    /// Every state of `scenario`; `None` if there are more than `most_states`.
    pub fn explore(scenario: &Scenario, most_states: usize) -> Option<Self> {
        let start = Spot { round: 1, attempt: 1, step: 0, passed: 0, stale: false };
        let start: State = vec![Place::At(start); scenario.processes.len()];
        Self::count(start, most_states, |state| {
            (0..state.len()).filter_map(|who| Rules(scenario).turn(state, who)).collect()
        })
    }
}

/// The rules of one scenario.
pub struct Rules<'a>(pub &'a Scenario);

impl<'a> Rules<'a> {
    /// One process of the scenario.
    pub fn process(&self, who: usize) -> &'a Process {
        &self.0.processes[who]
    }

    fn turn(&self, state: &State, who: usize) -> Option<Turn> {
        let what = self.possible(state, who).or_else(|| self.may_be_killed(state, who).then_some(Move::Crash))?;
        let (Place::At(spot) | Place::Pending(spot) | Place::Meeting(spot)) = state[who] else { return None };
        let mut loses = false;
        let mut after = state.clone();
        let stands = match what {
            Move::Go => {
                self.spoil_snapshots(&mut after, who, spot);
                self.behind_step(who, spot)
            }
            Move::BecomePending => vec![Place::Pending(spot)],
            Move::ComeToMeeting => vec![Place::Meeting(spot)],
            Move::BeRefused => match self.next_attempt(who, spot) {
                Some(again) => vec![Place::At(again)],
                None => {
                    loses = self.rows_to_come(who, spot);
                    self.behind_round(who, spot)
                }
            },
            Move::Crash => {
                loses = self.rows_to_come(who, spot) || self.later_rounds_have_rows(who, spot);
                vec![Place::Crashed]
            }
        };
        let outcomes =
            each_stand(&after, who, &stands).into_iter().flat_map(|state| self.open_meetings(state)).collect();
        Some(Turn { outcomes, refused: what == Move::BeRefused, loses })
    }

    /// What the next step of `who` comes to; `None` if it can't move.
    fn possible(&self, state: &State, who: usize) -> Option<Move> {
        let spot = match state[who] {
            Place::At(spot) => spot,
            Place::Pending(_) => return Some(go_if(!self.is_read_by_others(state, who), Move::BeRefused)),
            Place::Meeting(_) | Place::Ended | Place::Crashed => return None,
        };
        match &self.process(who).steps[spot.step] {
            Step::Work(_) | Step::Unlock { .. } | Step::Rollback | Step::Begin(Begin::Deferred) => Some(Move::Go),
            Step::Crash => Some(Move::Crash),
            Step::Meet => {
                let before = meets(&self.process(who).steps[..spot.step]);
                Some(go_if(before < spot.passed, Move::ComeToMeeting))
            }
            Step::Lock { name, within, .. } => {
                if self.blockers(state, who).is_empty() {
                    return Some(Move::Go);
                }
                let gives_up = within.is_some() || self.is_sqlite(name) || self.fcntl_cycle(state, who);
                gives_up.then_some(Move::BeRefused)
            }
            step if self.0.on == LockKind::SqliteWal => Some(self.possible_in_wal(state, who, spot, step)),
            step => Some(self.possible_in_journal(state, who, step)),
        }
    }

    /// A step of a transaction, rollback journal.
    fn possible_in_journal(&self, state: &State, who: usize, step: &Step) -> Move {
        use Mode::{Exclusive, Pending, Reserved, Shared};
        let mine = self.holds(state, who).get(DATABASE).copied();
        let others: BTreeSet<Mode> =
            self.others(who).filter_map(|other| self.holds(state, other).get(DATABASE).copied()).collect();
        let has = |modes: &[Mode]| modes.iter().any(|mode| others.contains(mode));
        let wait_for_readers =
            if self.0.busy_timeout() == Duration::ZERO { Move::BeRefused } else { Move::BecomePending };
        match step {
            Step::Select => go_if(mine.is_some() || !has(&[Pending, Exclusive]), Move::BeRefused),
            Step::Insert if mine >= Some(Reserved) => Move::Go,
            Step::Begin(Begin::Exclusive) if !has(&[Reserved, Pending, Exclusive]) => {
                go_if(others.is_empty(), wait_for_readers)
            }
            Step::Commit => go_if(mine != Some(Reserved) || !has(&[Shared]), wait_for_readers),
            _ => go_if(!has(&[Reserved, Pending, Exclusive]), Move::BeRefused),
        }
    }

    /// A step of a transaction, write-ahead log.
    fn possible_in_wal(&self, state: &State, who: usize, spot: Spot, step: &Step) -> Move {
        let writes = |who| self.holds(state, who).get(DATABASE) == Some(&Mode::Writer);
        match step {
            Step::Select | Step::Commit => Move::Go,
            Step::Insert if writes(who) => Move::Go,
            _ => go_if(!spot.stale && !self.others(who).any(writes), Move::BeRefused),
        }
    }

    /// Where `who` may stand when it has made its step.
    fn behind_step(&self, who: usize, spot: Spot) -> Vec<Place> {
        let (process, step) = (self.process(who), spot.step + 1);
        let ends = matches!(process.steps[spot.step], Step::Commit | Step::Rollback);
        match step < process.steps.len() {
            true => vec![Place::At(Spot { step, stale: spot.stale && !ends, ..spot })],
            false => self.behind_round(who, spot),
        }
    }

    /// Where `who` may stand when the round is finished or abandoned.
    fn behind_round(&self, who: usize, spot: Spot) -> Vec<Place> {
        let process = self.process(who);
        // Where nobody counts rounds, the number says nothing; but it does say who is awaited at a meeting.
        let counts = process.rounds.is_some() || self.meetings(who) > 0;
        let round = if counts { spot.round + 1 } else { 1 };
        let next = Place::At(Spot { round, attempt: 1, step: 0, passed: 0, stale: false });
        match (process.round_count() == Some(spot.round), process.lasting) {
            (true, _) => vec![Place::Ended],
            (false, None) => vec![next],
            (false, Some(_)) => vec![next, Place::Ended],
        }
    }

    /// The round again, after a refusal; `None` if it is abandoned.
    fn next_attempt(&self, who: usize, spot: Spot) -> Option<Spot> {
        let attempts = self.process(who).retry.as_ref()?.attempts;
        let again = Spot { step: 0, stale: false, ..spot };
        match attempts {
            _ if attempts > MOST_ATTEMPTS => Some(again),
            _ => (spot.attempt < attempts).then_some(Spot { attempt: spot.attempt + 1, ..again }),
        }
    }

    /// If `who` is about to commit rows, no other process's snapshot shows them.
    fn spoil_snapshots(&self, state: &mut State, who: usize, spot: Spot) {
        let steps = &self.process(who).steps[..=spot.step];
        let inserted = || steps.iter().rev().take_while(|step| !matches!(step, Step::Begin(_))).any(is_insert);
        if self.0.on != LockKind::SqliteWal || !matches!(steps.last(), Some(Step::Commit)) || !inserted() {
            return;
        }
        for other in self.others(who) {
            let reads = self.holds(state, other).get(DATABASE) == Some(&Mode::Snapshot);
            if let (Place::At(spot) | Place::Meeting(spot), true) = (&mut state[other], reads) {
                spot.stale = true;
            }
        }
    }

    /// Lets all go on who need not wait at a meeting any more.
    fn open_meetings(&self, state: State) -> Vec<State> {
        let at_meeting = |who: usize| if let Place::Meeting(spot) = state[who] { Some((who, spot)) } else { None };
        let waiting: Vec<(usize, Spot)> = (0..state.len()).filter_map(at_meeting).collect();
        let Some(first) = waiting.iter().map(|(who, spot)| self.been(*who, *spot)).min() else { return vec![state] };
        if (0..state.len()).any(|who| self.is_awaited(&state, who, first)) {
            return vec![state];
        }
        let mut outcomes = vec![state];
        for (who, spot) in waiting.into_iter().filter(|(who, spot)| self.been(*who, *spot) == first) {
            let stands = self.behind_step(who, Spot { passed: spot.passed + 1, ..spot });
            outcomes = outcomes.iter().flat_map(|state| each_stand(state, who, &stands)).collect();
        }
        outcomes.into_iter().flat_map(|state| self.open_meetings(state)).collect()
    }

    /// Whether those who wait at a meeting, having been to `been` before, wait for `who`.
    pub fn is_awaited(&self, state: &State, who: usize, been: usize) -> bool {
        self.meetings(who) > 0
            && match state[who] {
                Place::At(spot) | Place::Pending(spot) => self.been(who, spot) <= been,
                Place::Meeting(spot) => self.been(who, spot) < been,
                Place::Ended | Place::Crashed => false,
            }
    }

    /// Meetings that `who` has been to.
    pub fn been(&self, who: usize, spot: Spot) -> usize {
        self.meetings(who) * (spot.round as usize - 1) + spot.passed
    }

    /// Meetings in one round.
    fn meetings(&self, who: usize) -> usize {
        meets(&self.process(who).steps)
    }

    /// Whether the rest of this round would commit rows; those already inserted count.
    fn rows_to_come(&self, who: usize, spot: Spot) -> bool {
        let mut open = false;
        self.process(who).steps.iter().enumerate().any(|(at, step)| match step {
            Step::Commit if at >= spot.step && open => true,
            Step::Insert => {
                open = true;
                false
            }
            Step::Commit | Step::Rollback => {
                open = false;
                false
            }
            _ => false,
        })
    }

    /// Whether rounds that are sure to come commit rows.
    fn later_rounds_have_rows(&self, who: usize, spot: Spot) -> bool {
        let process = self.process(who);
        let sure = process.lasting.is_none() && process.round_count() > Some(spot.round);
        sure && process.rows_per_round() > 0
    }
}

fn go_if(free: bool, otherwise: Move) -> Move {
    if free { Move::Go } else { otherwise }
}

fn meets(steps: &[Step]) -> usize {
    steps.iter().filter(|step| matches!(step, Step::Meet)).count()
}

fn is_insert(step: &Step) -> bool {
    matches!(step, Step::Insert)
}

fn each_stand(state: &State, who: usize, stands: &[Place]) -> Vec<State> {
    let moved = |place: &Place| {
        let mut state = state.clone();
        state[who] = *place;
        state
    };
    stands.iter().map(moved).collect()
}
