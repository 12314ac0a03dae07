//! Moves in, events out: what the processes of a real run tell of the same moves.

use std::time::Duration;

use super::refusal;
use crate::analysis::WaitForGraph;
use crate::model::{Mode, Move, Outcome, Phase, Place, Program, Random, Want, kind_of, pause, wanted};
use crate::scenario::{DATABASE, Process, Scenario, Step};
use crate::trace::{Deadlock, Event, KilledFor, Refusal, What};

/// The process id of a process that does not exist.
const NO_PID: u32 = 0;

/// Tells a run of the model, move by move, as the processes of a real run tell theirs: each says the same, in the same
/// order, and the conductor's remark on a cycle follows the wait that closed it. Show it every move that is made, in
/// order, with the state before it.
///
/// It counts rounds and attempts as they really are, also where the model does not.
#[derive(Debug, Clone)]
pub struct Narrator<'a> {
    scenario: &'a Scenario,
    program: &'a Program,
    graph: WaitForGraph,
    voices: Vec<Voice<'a>>,
    told: Vec<Event>,
}

/// One process, as far as what it says depends on what it has done.
#[derive(Debug, Clone)]
struct Voice<'a> {
    random: Random,
    round: u32,
    attempt: u32,
    /// The plain locks that it holds, oldest first, and how many units of each: 1, where locks have none.
    held: Vec<(&'a str, u32)>,
    /// How its transaction holds the database, and the rows in it.
    mode: Option<Mode>,
    rows: u64,
    /// It has said that it wants what its step needs, or that it commits: when.
    asked_us: Option<u64>,
    /// It has said that it waits.
    waits: bool,
    /// It has said that it works.
    works: bool,
}

impl<'a> Narrator<'a> {
    /// Nothing is told yet. The seed is that of the pauses between attempts: the same ones as in a run with that seed.
    pub fn new(scenario: &'a Scenario, program: &'a Program, seed: u64) -> Self {
        let voice = |who| Voice {
            random: Random::new(seed, who),
            round: 0,
            attempt: 1,
            held: Vec::new(),
            mode: None,
            rows: 0,
            asked_us: None,
            waits: false,
            works: false,
        };
        let voices = (0..scenario.processes.len()).map(voice).collect();
        Self { scenario, program, graph: WaitForGraph::new(scenario), voices, told: Vec::new() }
    }

    /// Everybody starts, one after the other, at the same moment.
    pub fn start(&mut self, at_us: u64) -> Vec<Event> {
        (0..self.voices.len()).flat_map(|who| self.start_one(who, at_us)).collect()
    }

    /// One process starts.
    pub fn start_one(&mut self, who: usize, at_us: u64) -> Vec<Event> {
        self.say(who, at_us, What::Starts { pid: NO_PID });
        self.begin_round(who, at_us);
        self.told()
    }

    /// What is said when a move is made in the state `at`.
    pub fn tell(&mut self, at: &[u32], made: &Move, at_us: u64) -> Vec<Event> {
        let who = made.who;
        let place = *self.program.place(who, at[who]);
        match made.outcome {
            Outcome::Granted => self.carry_out(who, place, at_us),
            Outcome::Comes => self.say(who, at_us, What::Meets),
            Outcome::Pends => self.wait(who, place, at_us),
            Outcome::Refused => self.refuse(at, made, at_us),
            Outcome::Crashes => {
                self.say(who, at_us, What::Crashes);
                self.say(who, at_us, What::Crashed { how: "signal 9 (SIGKILL)".into(), locks_left: None });
            }
            Outcome::Victim => {
                self.wait(who, place, at_us);
                self.say(who, at_us, What::Killed { why: KilledFor::Victim });
            }
        }
        if made.outcome == Outcome::Granted {
            self.go_on(who, place, made.changes[0].1, at_us);
        }
        let mut changes = made.changes.to_vec();
        changes.sort_unstable(); // the conductor lets them go on in their order
        for (other, to) in changes {
            let came = other == who && made.outcome == Outcome::Comes;
            let place = *self.program.place(other, at[other]);
            let goes_on = came || (other != who && place.phase == Phase::AtMeeting);
            if goes_on && self.program.place(other, to).phase != Phase::AtMeeting {
                self.say(other, at_us, What::Met);
                self.go_on(other, place, to, at_us);
            }
        }
        self.told()
    }

    /// What a process says whose step can't be made now: it asks, sees it taken, and waits. Nothing if it has said so
    /// already; only what it asks for, if it does not wait but is refused at once.
    pub fn waits(&mut self, at: &[u32], who: usize, at_us: u64) -> Vec<Event> {
        let place = *self.program.place(who, at[who]);
        if matches!(place.phase, Phase::Step | Phase::Pending) {
            self.wait(who, place, at_us);
        }
        self.told()
    }

    /// What a process says before a step that takes its time: it works, it commits, or it wants a lock. The move itself
    /// is told at the end of it, and then says no more than the rest.
    pub fn begins(&mut self, at: &[u32], who: usize, at_us: u64) -> Vec<Event> {
        let place = *self.program.place(who, at[who]);
        match self.step(who, place) {
            Some(Step::Work(time)) => self.begin_work(who, *time, at_us),
            _ => self.ask(who, place, at_us),
        }
        self.told()
    }

    /// A process is ended from outside.
    pub fn kill(&mut self, who: usize, why: KilledFor, at_us: u64) -> Vec<Event> {
        self.say(who, at_us, What::Killed { why });
        self.told()
    }

    /// How long the step that a process is to make waits: `None` for ever, zero not at all. `None` also if it asks for
    /// nothing.
    pub fn patience(&self, at: &[u32], who: usize) -> Option<Duration> {
        self.asking(who, *self.program.place(who, at[who]))?.patience
    }

    /// Whether a refusal would be the last one of this round: it was attempted as often as it may be.
    pub fn is_last_attempt(&self, who: usize) -> bool {
        self.scenario.processes[who].retry.as_ref().is_none_or(|retry| self.voices[who].attempt >= retry.attempts)
    }

    /// Who holds what and waits for whom, as it was told so far.
    pub fn graph(&self) -> &WaitForGraph {
        &self.graph
    }

    /// The deadlock that was told, if there is one: nobody has watched it, and there was nobody to ask.
    pub fn deadlock(&self) -> Option<Deadlock> {
        let cycles = self.graph.deadlocks();
        let members = cycles.iter().flatten().map(|edge| edge.waiter).collect();
        let blocked_behind = self.graph.blocked_behind(&members);
        (!cycles.is_empty()).then(|| Deadlock { cycles, blocked_behind, ..Deadlock::default() })
    }

    fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.told)
    }

    fn say(&mut self, who: usize, at_us: u64, what: What) {
        let stops = matches!(what, What::Waits { .. } | What::Meets);
        let event = Event { at_us, who, what };
        self.graph.apply(&event);
        self.told.push(event);
        if let Some((cycle, timed)) = if stops { self.graph.closed_by(who) } else { None } {
            self.say(who, at_us, What::ClosesCycle { cycle, timed, after_us: 0 });
        }
    }

    fn begin_round(&mut self, who: usize, at_us: u64) {
        let voice = &mut self.voices[who];
        (voice.round, voice.attempt) = (voice.round.saturating_add(1), 1);
        let round = voice.round;
        self.say(who, at_us, What::Round { round });
    }

    /// Behind a step: the next one, the next round or the end.
    fn go_on(&mut self, who: usize, from: Place, to: u32, at_us: u64) {
        if from.step + 1 == self.process(who).steps.len() {
            let round = self.voices[who].round;
            self.say(who, at_us, What::Finished { round });
            self.end_round(who, to, at_us);
        }
    }

    fn end_round(&mut self, who: usize, to: u32, at_us: u64) {
        match self.program.place(who, to).is_gone() {
            true => self.say(who, at_us, What::Ends),
            false => self.begin_round(who, at_us),
        }
    }

    /// A step that is made, meetings and crashes apart.
    fn carry_out(&mut self, who: usize, place: Place, at_us: u64) {
        let Some(step) = self.step(who, place) else { return };
        match step {
            Step::Work(time) => {
                self.begin_work(who, *time, at_us);
                self.voices[who].works = false;
                self.say(who, at_us, What::Worked);
            }
            Step::Unlock { name, units } => self.unlock(who, name, *units, at_us),
            Step::Rollback => self.roll_back(who, at_us),
            Step::Commit => {
                self.ask(who, place, at_us);
                let rows = std::mem::take(&mut self.voices[who].rows);
                self.voices[who].mode = None;
                self.say(who, at_us, What::Committed { rows });
            }
            _ => self.get(who, place, at_us),
        }
        let voice = &mut self.voices[who];
        (voice.asked_us, voice.waits) = (None, false);
        if *step == Step::Insert {
            voice.rows += 1;
            self.say(who, at_us, What::Inserted);
        }
    }

    /// A step that gets what it asks for, if it asks for anything.
    fn get(&mut self, who: usize, place: Place, at_us: u64) {
        self.ask(who, place, at_us);
        let Some(Want { lock, mode, units, .. }) = self.asking(who, place) else { return };
        self.say(who, at_us, What::Gets { lock: lock.to_owned(), mode, units });
        if self.step(who, place).is_some_and(Step::is_transaction) {
            return self.voices[who].mode = Some(mode);
        }
        let (units, held) = (units.unwrap_or(1), &mut self.voices[who].held);
        match held.iter_mut().find(|(name, _)| *name == lock) {
            Some((_, all)) => *all += units,
            None => held.push((lock, units)),
        }
    }

    fn begin_work(&mut self, who: usize, time: Duration, at_us: u64) {
        if !std::mem::replace(&mut self.voices[who].works, true) {
            self.say(who, at_us, What::Works { for_us: time.as_micros() as u64 });
        }
    }

    /// Says what the step asks for, once.
    fn ask(&mut self, who: usize, place: Place, at_us: u64) {
        let Some(asking) = self.asking(who, place) else { return };
        if self.voices[who].asked_us.is_some() {
            return;
        }
        self.voices[who].asked_us = Some(at_us);
        self.say(
            who,
            at_us,
            match asking.commits {
                true => What::Commits { rows: self.voices[who].rows },
                false => What::Wants { lock: asking.lock.to_owned(), mode: asking.mode, units: asking.units },
            },
        );
    }

    /// Says that it waits, once; who is refused at once never says so.
    fn wait(&mut self, who: usize, place: Place, at_us: u64) {
        self.ask(who, place, at_us);
        let Some(Want { lock, mode, units, patience, .. }) = self.asking(who, place) else { return };
        if patience != Some(Duration::ZERO) && !std::mem::replace(&mut self.voices[who].waits, true) {
            let limit_us = patience.map(|limit| limit.as_micros() as u64);
            self.say(who, at_us, What::Waits { lock: lock.to_owned(), mode, units, limit_us });
        }
    }

    fn refuse(&mut self, at: &[u32], made: &Move, at_us: u64) {
        let (who, to) = made.changes[0];
        let place = *self.program.place(who, at[who]);
        self.wait(who, place, at_us);
        let why = self.why(at, who, place);
        let waited_us = at_us.saturating_sub(self.voices[who].asked_us.take().unwrap_or(at_us));
        self.voices[who].waits = false;
        if let Some(Want { lock, mode, units, .. }) = self.asking(who, place) {
            self.say(who, at_us, What::Refused { lock: lock.to_owned(), mode, units, why, waited_us });
        }
        self.release_everything(who, at_us);
        let then = *self.program.place(who, to);
        // Where time decides whether it goes on (`for`), a new round may look like another attempt at the old one.
        let tries_again = !then.is_gone() && then.round == place.round && made.choices == 1;
        let voice = &mut self.voices[who];
        let (round, attempt) = (voice.round, voice.attempt);
        match &self.scenario.processes[who].retry {
            Some(retry) if tries_again => {
                let for_us = pause(retry, attempt, &mut voice.random).as_micros() as u64;
                voice.attempt = attempt.saturating_add(1);
                self.say(who, at_us, What::BacksOff { attempt, for_us });
            }
            _ => {
                self.say(who, at_us, What::Abandons { round });
                self.end_round(who, to, at_us);
            }
        }
    }

    /// Who refuses, and in what words.
    fn why(&self, at: &[u32], who: usize, place: Place) -> Refusal {
        let patience = match self.step(who, place) {
            Some(Step::Lock { name, within, .. }) if !kind_of(self.scenario, name).is_sqlite() => within,
            // Another writer is seen before the snapshot is looked at (`sqlite3WalBeginWriteTransaction`).
            _ if place.stale && self.program.waits_of(at, who).is_none_or(|(_, others)| others.is_empty()) => {
                return refusal::busy_snapshot();
            }
            _ => return refusal::busy(),
        };
        match *patience {
            None => refusal::deadlock(),
            Some(Duration::ZERO) => refusal::would_block(),
            Some(_) => refusal::timed_out(),
        }
    }

    /// After a refusal: the transaction first, then every lock, the newest first.
    fn release_everything(&mut self, who: usize, at_us: u64) {
        if self.process(who).steps.iter().any(Step::is_transaction) {
            self.roll_back(who, at_us);
        }
        while let Some((name, _)) = self.voices[who].held.last().copied() {
            self.unlock(who, name, None, at_us);
        }
    }

    /// Lets go: of so many units, or of all that it holds.
    fn unlock(&mut self, who: usize, name: &str, units: Option<u32>, at_us: u64) {
        let held = &mut self.voices[who].held;
        let Some(at) = held.iter().position(|(lock, _)| *lock == name) else { return };
        let given = units.unwrap_or(u32::MAX).min(held[at].1);
        held[at].1 -= given;
        let keeps = held[at].1;
        if keeps == 0 {
            held.remove(at);
        }
        let units = self.scenario.units.contains_key(name).then_some(given);
        self.say(who, at_us, What::Releases { lock: name.to_owned(), units, keeps });
    }

    fn roll_back(&mut self, who: usize, at_us: u64) {
        let voice = &mut self.voices[who];
        let (mode, rows) = (voice.mode.take(), std::mem::take(&mut voice.rows));
        if mode.is_some() {
            self.say(who, at_us, What::releases(DATABASE));
        }
        self.say(who, at_us, What::RolledBack { rows });
    }

    /// What the step at a place asks for aloud: nothing if the transaction holds as much already.
    fn asking(&self, who: usize, place: Place) -> Option<Want<'a>> {
        wanted(self.scenario, self.step(who, place)?, self.voices[who].mode)
    }

    fn step(&self, who: usize, place: Place) -> Option<&'a Step> {
        place.step_of(&self.process(who).steps)
    }

    fn process(&self, who: usize) -> &'a Process {
        &self.scenario.processes[who]
    }
}
