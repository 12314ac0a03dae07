//! The simulator: who is due next, on a virtual clock; what may then happen, the model says.

use std::time::Duration;

use super::gate::Gate;
use super::narrator::Narrator;
use super::pace::{Pace, Polls};
use super::{Error, MOST_EVENTS, Options};
use crate::model::{Attempts, Move, Outcome, Phase, Program, kind_of};
use crate::scenario::{DATABASE, LockKind, Scenario};
use crate::trace::{Aftermath, Event, KilledFor, Stored, Trace, What};

/// Carries out a scenario in virtual time. The same scenario, seed and options give the same trace, event for event.
///
/// # Errors
/// [`Error`]: the scenario is larger than the model takes, the schedule does not fit, or there is no end in sight. A
/// refused lock, a deadlock and a crash are none: they are in the trace.
pub fn run(scenario: &Scenario, options: &Options) -> Result<Trace, Error> {
    let program = Program::compile(scenario, Attempts::Counted)?;
    let mut engine = Engine::new(scenario, &program, options);
    engine.run()?;
    let Engine { events, mut aftermath, .. } = engine;
    aftermath.took_us = events.iter().map(|event| event.at_us).max().unwrap_or(0);
    aftermath.database = scenario.uses_database().then(|| stored(scenario, &events));
    Ok(Trace {
        label: options.label.clone(),
        scenario: scenario.clone(),
        seed: options.seed,
        events,
        outcome: aftermath,
    })
}

/// What the database would hold: there is none that could be examined.
fn stored(scenario: &Scenario, events: &[Event]) -> Stored {
    let acknowledged = events.iter().map(|event| match event.what {
        What::Committed { rows } => rows,
        _ => 0,
    });
    let wal = scenario.kind_of(DATABASE) == LockKind::SqliteWal;
    Stored { rows: acknowledged.sum(), integrity: None, journal: if wal { "wal" } else { "delete" }.into() }
}

struct Engine<'a> {
    scenario: &'a Scenario,
    program: &'a Program,
    options: &'a Options,
    narrator: Narrator<'a>,
    gate: Gate,
    pace: Pace,
    at: Vec<u32>,
    actors: Vec<Actor>,
    deadline_us: u64,
    events: Vec<Event>,
    aftermath: Aftermath,
}

/// One process, as far as time is concerned.
#[derive(Debug, Clone, Default)]
struct Actor {
    /// When it acts next, and its lot among those who are due at the same moment; `None` if others have to act first.
    due: Option<(u64, u64)>,
    /// It waits at the gate since, or until, this moment.
    at_gate: Option<u64>,
    /// When it started.
    started_us: Option<u64>,
    /// It is inside a step that takes its time.
    began: bool,
    /// It waits with a limit.
    polls: Option<Polls>,
    gone: bool,
}

/// A move of the model, kept.
struct Made {
    outcome: Outcome,
    loses: bool,
    choices: u8,
    changes: Vec<(usize, u32)>,
}

impl Made {
    fn of(made: &Move) -> Self {
        Self { outcome: made.outcome, loses: made.loses, choices: made.choices, changes: made.changes.to_vec() }
    }
}

impl<'a> Engine<'a> {
    fn new(scenario: &'a Scenario, program: &'a Program, options: &'a Options) -> Self {
        let count = scenario.processes.len();
        let mut pace = Pace::new(options.seed, count);
        let actor = |who| Actor { due: Some((pace.start(who), pace.lot())), ..Actor::default() };
        let actors = (0..count).map(actor).collect();
        Self {
            scenario,
            program,
            options,
            narrator: Narrator::new(scenario, program, options.seed),
            gate: Gate::new(options.schedule.as_deref(), count),
            pace,
            at: program.start(),
            actors,
            deadline_us: options.deadline.unwrap_or_else(|| scenario.longest()).as_micros() as u64,
            events: Vec::new(),
            aftermath: Aftermath::default(),
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        let mut now = 0;
        loop {
            self.open_gate(now)?;
            let due = self.actors.iter().enumerate().filter_map(|(who, actor)| Some((actor.due?, who)));
            let Some(((at_us, _), who)) = due.min() else { break };
            if at_us > self.deadline_us {
                self.end_all(KilledFor::Deadline, self.deadline_us);
                return Ok(());
            }
            if self.events.len() > MOST_EVENTS {
                return Err(Error::Endless);
            }
            now = at_us;
            self.actors[who].due = None;
            self.act(who, now);
        }
        if !self.program.is_over(&self.at) {
            self.end_deadlock(now);
        }
        Ok(())
    }

    /// Nobody can move any more. A run watches for a while that it is so, and then ends them.
    fn end_deadlock(&mut self, now: u64) {
        let ends_us = now.saturating_add(self.options.patience.as_micros() as u64);
        if ends_us > self.deadline_us {
            return self.end_all(KilledFor::Deadline, self.deadline_us);
        }
        self.aftermath.deadlock = Some(self.narrator.deadlock().unwrap_or_default());
        self.end_all(KilledFor::Deadlock, ends_us);
    }

    fn end_all(&mut self, why: KilledFor, at_us: u64) {
        self.aftermath.deadline = why == KilledFor::Deadline;
        for who in 0..self.actors.len() {
            if !self.actors[who].gone {
                let told = self.narrator.kill(who, why, at_us);
                self.events.extend(told);
            }
        }
    }

    fn open_gate(&mut self, now: u64) -> Result<(), Error> {
        let actors = &self.actors;
        self.gate.let_through(self.scenario, self.narrator.graph(), |who| actors[who].gone)?;
        for who in 0..self.actors.len() {
            if self.gate.lets(who)
                && let Some(since_us) = self.actors[who].at_gate.take()
            {
                self.wake_at(who, since_us.max(now));
            }
        }
        Ok(())
    }

    /// A process does what it is due to do.
    fn act(&mut self, who: usize, now: u64) {
        if self.actors[who].started_us.is_none() {
            self.actors[who].started_us = Some(now);
            let told = self.narrator.start_one(who, now);
            self.events.extend(told);
            let delay = self.pace.line();
            return self.come_to_step(who, now + delay);
        }
        if !self.actors[who].began && self.actors[who].polls.is_none() && self.begins(who, now) {
            return;
        }
        let options = self.moves_of(who);
        let possible = |made: &&Made| {
            matches!(made.outcome, Outcome::Granted | Outcome::Comes | Outcome::Crashes) && self.fits_time(made, now)
        };
        if let Some(made) = options.iter().find(possible) {
            return self.make(who, made, now);
        }
        if let Some(pends) = options.iter().find(|made| made.outcome == Outcome::Pends) {
            self.make(who, pends, now);
            return self.wait(who, &self.moves_of(who), now);
        }
        self.wait(who, &options, now);
    }

    /// A step that takes its time begins; `false` if the step that is due takes none.
    fn begins(&mut self, who: usize, now: u64) -> bool {
        let told = self.narrator.begins(&self.at, who, now);
        let takes = match told.first().map(|event| &event.what) {
            Some(What::Works { for_us }) => self.pace.sleep(*for_us),
            Some(What::Commits { rows }) => self.pace.commit(*rows),
            Some(_) => self.pace.ask(self.kind_asked(who).is_some_and(LockKind::is_sqlite)),
            None => return false,
        };
        self.events.extend(told);
        self.actors[who].began = true;
        self.wake_at(who, now.saturating_add(takes));
        true
    }

    /// A step that can't be made now: it is refused, or looks again, or sleeps.
    fn wait(&mut self, who: usize, options: &[Made], now: u64) {
        let patience = self.narrator.patience(&self.at, who);
        if patience != Some(Duration::ZERO) {
            let told = self.narrator.waits(&self.at, who, now);
            self.events.extend(told);
            self.gate.stopped(who);
        }
        let Some(limit) = patience else { return self.wait_for_ever(who, options, now) };
        let start = match self.kind_asked(who) {
            _ if limit.is_zero() => Polls::Parked { until_us: now },
            Some(kind) if kind.is_sqlite() => Polls::busy_handler(limit),
            Some(LockKind::Mutex) => Polls::parked(now, limit),
            _ => Polls::each_millisecond(now, limit),
        };
        match self.actors[who].polls.get_or_insert(start).next(now) {
            Some(us) => {
                let sleep = self.pace.sleep(us);
                self.wake_at(who, now.saturating_add(sleep));
            }
            None => self.give(who, Outcome::Refused, options, now),
        }
    }

    /// A wait without a limit: the kernel may refuse it, or the conductor end it, if it has closed a cycle.
    fn wait_for_ever(&mut self, who: usize, options: &[Made], now: u64) {
        if self.narrator.graph().deadlock_through(who).is_some() {
            [Outcome::Refused, Outcome::Victim].into_iter().for_each(|outcome| self.give(who, outcome, options, now));
        }
    }

    /// Makes the move with this outcome, if it is among those that are possible.
    fn give(&mut self, who: usize, outcome: Outcome, options: &[Made], now: u64) {
        let given_up = if outcome == Outcome::Refused { self.given_up(who) } else { Vec::new() };
        let fits = |made: &&Made| made.outcome == outcome && self.fits_time(made, now);
        if let Some(made) = given_up.iter().chain(options).find(fits) {
            self.make(who, made, now);
        }
    }

    /// Makes a move, and lets everybody go on who goes on by it.
    fn make(&mut self, who: usize, made: &Made, now: u64) {
        let Made { outcome, loses, choices, .. } = *made;
        let step = Move { who, outcome, loses, choices, changes: &made.changes };
        let told = self.narrator.tell(&self.at, &step, now);
        let pause = told.iter().find_map(|event| match event.what {
            What::BacksOff { for_us, .. } => Some(for_us),
            _ => None,
        });
        self.events.extend(told);
        let before = self.at.clone();
        step.make(&mut self.at);
        for &(other, to) in &made.changes {
            let (from, place) = (self.program.place(other, before[other]), self.program.place(other, to));
            let phase = place.phase;
            if other != who && from.phase != Phase::AtMeeting {
                continue; // only its snapshot has grown old
            }
            self.actors[other].gone = place.is_gone();
            if place.is_gone() {
                self.gate.stepped(other);
            } else if phase == Phase::AtMeeting {
                self.gate.stopped(other);
            } else if phase != Phase::Pending {
                let delay = match pause {
                    Some(us) if other == who => self.pace.sleep(us),
                    _ if from.phase == Phase::AtMeeting || outcome == Outcome::Comes => self.pace.wake(),
                    _ if place.step == 0 => self.pace.round(),
                    _ => self.pace.line(),
                };
                (self.actors[other].began, self.actors[other].polls) = (false, None);
                self.gate.stepped(other);
                self.come_to_step(other, now.saturating_add(delay));
            }
        }
        if self.program.place(who, self.at[who]).phase == Phase::AtMeeting {
            self.wait_for_ever(who, &self.moves_of(who), now);
        }
        self.wake_sleepers(now);
    }

    /// Those who sleep until a lock is free, and it is: they all wake up, and the first one gets it.
    fn wake_sleepers(&mut self, now: u64) {
        let mut free = Vec::new();
        self.program.for_each_move(&self.at, |made| {
            let actor = &self.actors[made.who];
            let sleeps = match &actor.polls {
                None => actor.due.is_none() && actor.at_gate.is_none() && actor.started_us.is_some(),
                Some(polls) => matches!(polls, Polls::Parked { .. }),
            };
            if sleeps && made.outcome == Outcome::Granted && !free.contains(&made.who) {
                free.push(made.who);
            }
        });
        for who in free {
            let at_us = now + self.pace.wake();
            if self.actors[who].due.is_none_or(|(due_us, _)| at_us < due_us) {
                self.wake_at(who, at_us);
            }
        }
    }

    /// A process is about to make its next step: at once, or when the schedule says so.
    fn come_to_step(&mut self, who: usize, at_us: u64) {
        match self.gate.lets(who) {
            true => self.wake_at(who, at_us),
            false => self.actors[who].at_gate = Some(at_us),
        }
    }

    fn wake_at(&mut self, who: usize, at_us: u64) {
        self.actors[who].due = Some((at_us, self.pace.lot()));
    }

    fn moves_of(&self, who: usize) -> Vec<Made> {
        let mut moves = Vec::new();
        self.program.for_each_move_of(&self.at, who, |made| moves.push(Made::of(&made)));
        moves
    }

    /// The refusal that is the last one of the round, where only the narrator counts.
    fn given_up(&self, who: usize) -> Vec<Made> {
        let mut moves = Vec::new();
        if self.narrator.is_last_attempt(who) {
            self.program.for_each_giving_up(&self.at, who, |made| moves.push(Made::of(&made)));
        }
        moves
    }

    /// Where time decides whether a process begins another round (`for`): it has.
    fn fits_time(&self, made: &Made, now: u64) -> bool {
        let (who, to) = made.changes[0];
        let lasting_us = self.scenario.processes[who].lasting.map_or(u64::MAX, |time| time.as_micros() as u64);
        let is_over = now.saturating_sub(self.actors[who].started_us.unwrap_or(now)) >= lasting_us;
        made.choices == 1 || self.program.place(who, to).is_gone() == is_over
    }

    fn kind_asked(&self, who: usize) -> Option<LockKind> {
        let step = self.program.place(who, self.at[who]).step_of(&self.scenario.processes[who].steps)?;
        step.lock_name().map(|name| kind_of(self.scenario, name))
    }
}
