//! One process compiled: every place where it can stand, and where each step may lead.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Mode;
use super::context::{Context, contexts};
use super::program::{Attempts, MOST_COUNTED_ATTEMPTS, MOST_PLACES, Stands, TooLarge, is_detected};
use super::requests::{Ask, Bits};
use super::stand::{Blocked, Effect, NO_UNITS, NONE, Phase, Place, Posture, Stand, Target};
use super::told::Grain;
use super::wanted::{kind_of, wanted};
use crate::scenario::{DATABASE, LockKind, Process, Scenario, Step};

/// Compiles one process into at most `room` stands.
pub(super) fn compile_process(
    scenario: &Scenario,
    process: &Process,
    bits: &Bits,
    attempts: Attempts,
    grain: Grain,
    room: usize,
) -> Result<Stands, TooLarge> {
    check_meetings(process)?;
    // Each step of each round is a place, whatever else there is.
    let least = process.steps.len().saturating_mul(process.round_count().unwrap_or(1) as usize);
    if least > room {
        return Err(too_many(process));
    }
    let attempts = match &process.retry {
        None => Some(1),
        Some(retry) if attempts == Attempts::Unlimited || retry.attempts > MOST_COUNTED_ATTEMPTS => None,
        Some(retry) => Some(retry.attempts),
    };
    let mut compiler = Compiler {
        scenario,
        process,
        bits,
        attempts,
        grain,
        contexts: contexts(scenario, process, bits),
        known: BTreeMap::new(),
        stands: Stands { attempts, ..Stands::default() },
    };
    compiler.stand_at(Place::START);
    compiler.stands.crashed = compiler.stand_at(Place::CRASHED);
    let mut next = 0;
    while next < compiler.stands.places.len() {
        let place = compiler.stands.places[next];
        let stand = compiler.compile(place);
        compiler.stands.stands.push(stand);
        let staled = compiler.stand_at(Place { stale: true, ..place });
        if staled != next as u32 {
            compiler.stands.staled.insert(next as u32, staled);
        }
        next += 1;
        if compiler.stands.places.len() > room {
            return Err(too_many(process));
        }
    }
    Ok(compiler.stands)
}

fn too_many(process: &Process) -> TooLarge {
    TooLarge(format!(
        "with {} there are more than {MOST_PLACES} places to stand at (steps x rounds x attempts), the most that the \
         model takes; use fewer steps, rounds or attempts",
        process.name
    ))
}

/// Where time decides how often a process meets others, the model can't tell who is still to come.
fn check_meetings(process: &Process) -> Result<(), TooLarge> {
    let ends_with_meeting = process.steps.last() == Some(&Step::Meet);
    let is_unclear = process.lasting.is_some()
        && (process.rounds.is_none() && process.steps.contains(&Step::Meet) || ends_with_meeting);
    match is_unclear {
        false => Ok(()),
        true => Err(TooLarge(format!(
            "{} meets others, and time decides how often (`for`); use `rounds`, and another last step than `meet`",
            process.name
        ))),
    }
}

pub(super) struct Compiler<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) process: &'a Process,
    pub(super) bits: &'a Bits<'a>,
    /// Attempts at one round; `None` if it never gives up.
    attempts: Option<u32>,
    pub(super) grain: Grain,
    pub(super) contexts: Vec<Context>,
    known: BTreeMap<Place, u32>,
    pub(super) stands: Stands,
}

impl Compiler<'_> {
    /// The index of the stand at this place, new or known.
    pub(super) fn stand_at(&mut self, place: Place) -> u32 {
        // Only who holds a snapshot has a stale one.
        let reads = self.contexts[place.step].database == Some(Mode::Snapshot) || place.phase == Phase::Passing;
        let place = Place { stale: place.stale && reads && !place.is_gone(), ..place };
        let next = self.stands.places.len() as u32;
        let at = *self.known.entry(place).or_insert(next);
        if at == next {
            self.stands.places.push(place);
            let held = &self.contexts[if place.is_gone() { 0 } else { place.step }].units;
            self.stands.units.extend(held);
        }
        at
    }

    fn compile(&mut self, place: Place) -> Stand {
        if place.is_gone() {
            return Stand { posture: Posture::Gone, ..FREE };
        }
        let blocks = self.contexts[place.step].blocks;
        match place.phase {
            Phase::AtMeeting => {
                let granted = self.after(Place { met: place.met + 1, ..place });
                let loses = self.loses_when_killed(place);
                Stand { blocks, granted, posture: Posture::AtMeeting, loses, ..FREE }
            }
            Phase::Releasing(left) => self.compile_release(place, left),
            Phase::Passing => self.compile_passing(place),
            Phase::Leaving(left) => self.compile_leaving(place, left),
            Phase::Pending if self.scenario.kind_of(DATABASE) == LockKind::SqliteWal => {
                Stand { blocks, granted: self.after(place), ..FREE }
            }
            Phase::Pending => {
                let without = self.contexts[place.step].blocks_without_database;
                let blocks = without | self.bits.blocked_by(DATABASE, Mode::Pending);
                let stand = Stand { blocks, granted: self.behind(place), ..FREE };
                self.asks(place, stand, DATABASE, Ask::NoReaders, Blocked::Refused)
            }
            _ => {
                let granted = self.behind(place);
                self.compile_step(place, Stand { blocks, granted, ..FREE })
            }
        }
    }

    fn compile_step(&mut self, place: Place, stand: Stand) -> Stand {
        let process = self.process;
        match &process.steps[place.step] {
            step @ Step::Lock { name, .. } => {
                let Some(want) = wanted(self.scenario, step, None) else { return stand };
                let blocked = match want.patience {
                    None if is_detected(kind_of(self.scenario, name)) => Blocked::Detected,
                    None => Blocked::Waits,
                    Some(_) => Blocked::Refused,
                };
                match (want.units, self.bits.resource(name)) {
                    (Some(units), Some(resource)) => {
                        let stand = Stand { resource: resource as u8, units: units as u16, ..stand };
                        self.waits(place, stand, blocked)
                    }
                    _ => self.asks(place, stand, name, Ask::Hold(want.mode), blocked),
                }
            }
            Step::Meet if self.contexts[place.step].meetings >= place.met => {
                let granted = self.one(Place { phase: Phase::AtMeeting, ..place });
                Stand { granted, effect: Effect::Comes, loses: self.loses_when_killed(place), ..stand }
            }
            Step::Crash => {
                let granted = self.one(Place::CRASHED);
                let loses = if self.has_rounds_to_come(place) { Stand::LOSES_WHEN_GRANTED } else { 0 };
                Stand { granted, effect: Effect::Crashes, loses, ..stand }
            }
            step if step.is_transaction() => self.compile_transaction(place, stand, step),
            _ => stand,
        }
    }

    fn compile_transaction(&mut self, place: Place, stand: Stand, step: &Step) -> Stand {
        let Context { database, wrote, .. } = self.contexts[place.step];
        let Some(want) = wanted(self.scenario, step, database) else { return stand };
        let is_patient = want.patience != Some(Duration::ZERO) || self.grain == Grain::Told;
        let hold = Ask::Hold(want.mode);
        match want.mode {
            Mode::Exclusive if !want.commits => {
                let blocked = if is_patient { Blocked::PendsUnlessWritten } else { Blocked::Refused };
                self.asks(place, stand, DATABASE, hold, blocked)
            }
            Mode::Reserved | Mode::Writer if place.stale => self.asks(place, stand, DATABASE, hold, Blocked::Always),
            _ if !want.commits => self.asks(place, stand, DATABASE, hold, Blocked::Refused),
            _ if database == Some(Mode::Reserved) => {
                let blocked = if is_patient { Blocked::Pends } else { Blocked::Refused };
                self.asks(place, stand, DATABASE, Ask::NoReaders, blocked)
            }
            _ if database == Some(Mode::Writer) && wrote => {
                let granted = match self.grain {
                    Grain::Steps => stand.granted,
                    Grain::Told => self.one(Place { phase: Phase::Pending, ..place }),
                };
                Stand { effect: Effect::Publishes, granted, ..stand }
            }
            _ => stand,
        }
    }

    /// A stand whose step asks for something, and what a refusal of it means.
    fn asks(&mut self, place: Place, stand: Stand, lock: &str, ask: Ask, blocked: Blocked) -> Stand {
        if matches!(ask, Ask::Hold(Mode::Snapshot)) {
            return stand; // never refused
        }
        let pends = match blocked {
            Blocked::Pends | Blocked::PendsUnlessWritten => self.stand_at(Place { phase: Phase::Pending, ..place }),
            _ => NONE,
        };
        if self.grain == Grain::Told && lock == DATABASE {
            self.pass(place, ask, pends);
        }
        self.waits(place, Stand { needs: self.bits.of(lock, ask), pends, ..stand }, blocked)
    }

    /// A stand whose step may be blocked, and what comes of that.
    fn waits(&mut self, place: Place, stand: Stand, blocked: Blocked) -> Stand {
        let (refused, loses) = match blocked {
            Blocked::Waits => (Target::NOWHERE, 0),
            _ => self.refusal(place),
        };
        Stand { blocked, refused, loses: loses | self.loses_when_killed(place), ..stand }
    }

    /// Where a refusal leads, and whether it loses rows.
    pub(super) fn refusal(&mut self, place: Place) -> (Target, u8) {
        if self.grain == Grain::Told {
            return (self.first_release(place), 0);
        }
        let goes_on = self.attempts.is_none_or(|attempts| place.attempt < attempts);
        if !goes_on {
            let lost = self.contexts[place.step].rows_to_come > 0;
            return (self.end_of_round(place), if lost { Stand::LOSES_WHEN_REFUSED } else { 0 });
        }
        if self.attempts.is_none() {
            let lost = self.contexts[place.step].rows_to_come > 0;
            let given_up = (self.end_of_round(place), lost);
            self.stands.given_up.insert(self.known[&place], given_up);
        }
        let attempt = if self.attempts.is_some() { place.attempt + 1 } else { 1 };
        (self.one(Place { attempt, step: 0, stale: false, phase: Phase::Step, ..place }), 0)
    }

    /// Where the process stands when it has made its step.
    pub(super) fn after(&mut self, place: Place) -> Target {
        match place.step + 1 == self.process.steps.len() {
            true => self.end_of_round(place),
            false => self.one(Place { step: place.step + 1, phase: Phase::Step, ..place }),
        }
    }

    /// The next round, or the end; where time decides (`for`), either.
    pub(super) fn end_of_round(&mut self, place: Place) -> Target {
        let goes_on = self.process.round_count().is_none_or(|rounds| place.round < rounds);
        if !goes_on {
            return self.one(Place::ENDED);
        }
        let round = if self.process.round_count().is_some() { place.round + 1 } else { 1 };
        let to = self.stand_at(Place { round, ..Place::START });
        let or = if self.process.lasting.is_some() { self.stand_at(Place::ENDED) } else { NONE };
        Target { to, or }
    }

    pub(super) fn one(&mut self, place: Place) -> Target {
        Target { to: self.stand_at(place), or: NONE }
    }

    fn has_rounds_to_come(&self, place: Place) -> bool {
        // Where time ends the rounds, no number of them was promised.
        let more = self.process.round_count().is_some_and(|rounds| place.round < rounds);
        more && self.process.lasting.is_none() && self.process.rows_per_round() > 0
    }

    fn loses_when_killed(&self, place: Place) -> u8 {
        let lost = self.contexts[place.step].rows_to_come > 0 || self.has_rounds_to_come(place);
        if lost { Stand::LOSES_WHEN_KILLED } else { 0 }
    }
}

/// A step that is always possible and leads nowhere yet.
pub(super) const FREE: Stand = Stand {
    blocks: 0,
    needs: 0,
    granted: Target::NOWHERE,
    refused: Target::NOWHERE,
    pends: NONE,
    rank: 0,
    posture: Posture::AtStep,
    blocked: Blocked::Waits,
    effect: Effect::None,
    loses: 0,
    resource: NO_UNITS,
    units: 0,
};
