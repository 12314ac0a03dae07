//! What the exports say, before it is said in a language: the numbers of the places, and the moves.
//!
//! The tables of [`crate::model`] have a stand for each round and attempt. Here there is one *spot* for each step, and
//! round, attempt, meetings and the age of a snapshot are variables beside it: what a process may do depends on its
//! step, and so the text grows with the steps only. The states are the same: spot and variables say where a process
//! stands as exactly as its stand does.

use std::collections::BTreeMap;

use super::moves::{Move, moves, openings};
use super::words::{Names, part_of_name, process_name};
use crate::model::{
    Ask, Blocked, Effect, LONGEST_SEEN_CYCLE, Mode, NO_UNITS, Phase, Posture, Program, Requests, Resource, Stand,
};
use crate::scenario::{LockKind, Process, Scenario, Step};

/// Where everybody who has ended stands.
pub(super) const ENDED: u32 = 0;

/// A scenario, ready to be written down.
pub(super) struct Plan {
    pub(super) title: String,
    pub(super) actors: Vec<Actor>,
    /// Ways to ask for a lock, each at the place of its bit: the name of the condition that blocks it, and what that
    /// condition means.
    pub(super) requests: Vec<Named>,
    /// Resources with units, by their index in the model.
    pub(super) pools: Vec<Pool>,
    /// Where everybody who has crashed stands.
    pub(super) crashed: u32,
    /// Whether anybody can crash or be killed.
    pub(super) crashes: bool,
    /// Whether the round, the attempt, the meetings, the age of a snapshot are part of where somebody stands.
    pub(super) counts: Counts,
    /// The longest cycle that the kernel sees, where it looks for cycles.
    pub(super) kernel: Option<usize>,
    /// Whether a deadlock is broken by killing somebody.
    pub(super) victims: bool,
    /// All names that it uses.
    pub(super) names: Names,
}

/// A condition.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) meaning: String,
}

/// A resource with units.
pub(super) struct Pool {
    /// The name of the sum of its units that are lent.
    pub(super) lent: String,
    /// Its name in the scenario.
    pub(super) resource: String,
    pub(super) capacity: u32,
}

/// The variables that a scenario needs besides the spot.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) rounds: bool,
    pub(super) attempts: bool,
    pub(super) meetings: bool,
    pub(super) ages: bool,
}

/// One process.
pub(super) struct Actor {
    /// Its name in the export.
    pub(super) id: String,
    /// Its name in the scenario.
    pub(super) name: String,
    /// The steps, in words.
    pub(super) steps: Vec<String>,
    pub(super) spots: Vec<Spot>,
    /// Meetings in one round.
    pub(super) meetings: u32,
    /// How many rounds it makes at most, where they are counted; else 1.
    pub(super) most_rounds: u32,
    pub(super) counts_rounds: bool,
    pub(super) counts_attempts: bool,
    pub(super) moves: Vec<Move>,
    /// How it goes on from its meetings.
    pub(super) openings: Vec<Move>,
}

/// A place where a process can stand, in whatever round and attempt.
pub(super) struct Spot {
    /// The number of its step, from 1 on; above these for those that wait inside a step.
    pub(super) number: u32,
    /// The name of that number for those that wait inside a step.
    pub(super) label: Option<String>,
    pub(super) step: usize,
    pub(super) phase: Phase,
    pub(super) stand: Stand,
    /// The same with a stale snapshot, where it has one.
    pub(super) stale: Option<Stand>,
    pub(super) units: Vec<u16>,
}

impl Plan {
    /// `taken` are names that it may not use.
    pub(super) fn new(scenario: &Scenario, program: &Program, taken: &[&str]) -> Self {
        let mut names = Names::default();
        for name in taken {
            names.give((*name).to_owned());
        }
        let ids: Vec<String> =
            scenario.processes.iter().map(|process| names.give(process_name(&process.name))).collect();
        let mut counts = Counts::default();
        let processes = scenario.processes.iter().enumerate();
        let mut actors: Vec<Actor> =
            processes.map(|(who, process)| actor(program, who, process, &ids[who], &mut names, &mut counts)).collect();
        let spots = || actors.iter().flat_map(|actor| &actor.spots);
        let crashed = spots().map(|spot| spot.number).max().unwrap_or(0) + 1;
        let kernel = spots().any(|spot| spot.stand.blocked == Blocked::Detected);
        let crashes = program.victims || spots().any(|spot| spot.stand.effect == Effect::Crashes);
        for (who, process) in scenario.processes.iter().enumerate() {
            let actor = &mut actors[who];
            let attempts = program.attempts_of(who);
            actor.moves = moves(actor, process, attempts, crashed, program);
            actor.openings = openings(actor, process);
        }
        let request = |(lock, ask): &(String, Ask)| request(lock, *ask, scenario.kind_of(lock), &mut names);
        let requests = program.requests.iter().map(request).collect();
        let pool = |resource: &Resource| Pool {
            lent: names.give(format!("lent_{}", part_of_name(&resource.name))),
            resource: resource.name.clone(),
            capacity: resource.capacity,
        };
        let pools = program.resources().iter().map(pool).collect();
        Self {
            title: scenario.title.clone(),
            requests,
            pools,
            crashed,
            crashes,
            counts,
            kernel: kernel.then_some(LONGEST_SEEN_CYCLE.min(actors.len())),
            victims: program.victims,
            names,
            actors,
        }
    }
}

impl Plan {
    /// Whether a cycle of processes that wait without a limit may be no deadlock: some may wait for units.
    pub(super) fn reduces(&self) -> bool {
        self.victims && !self.pools.is_empty()
    }
}

impl Actor {
    /// The spot before a step, or inside it.
    pub(super) fn spot(&self, step: usize, phase: Phase) -> Option<&Spot> {
        self.spots.iter().find(|spot| (spot.step, spot.phase) == (step, phase))
    }

    /// The numbers of the spots that `is_one` accepts.
    pub(super) fn numbers(&self, is_one: impl Fn(&Spot) -> bool) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.spots.iter().filter(|spot| is_one(spot)).map(|spot| spot.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The spot of this number.
    pub(super) fn at(&self, number: u32) -> Option<&Spot> {
        self.spots.iter().find(|spot| spot.number == number)
    }

    /// The spots where it has a snapshot.
    pub(super) fn reads(&self) -> Vec<u32> {
        self.numbers(|spot| spot.stale.is_some())
    }

    /// The spots where it blocks this request.
    pub(super) fn blocks(&self, request: Requests) -> Vec<u32> {
        self.numbers(|spot| spot.stand.blocks & request != 0)
    }
}

impl Spot {
    /// The resource of which its step takes some units, and how many.
    pub(super) fn takes(&self) -> Option<(usize, u32)> {
        let Stand { posture, resource, units, .. } = self.stand;
        (posture == Posture::AtStep && resource != NO_UNITS).then_some((usize::from(resource), u32::from(units)))
    }

    /// Whether it can wait here without a limit. Where `kernel`, only for what the kernel looks after.
    pub(super) fn waits(&self, kernel: bool) -> bool {
        let asks = self.stand.needs != 0 || self.stand.resource != NO_UNITS;
        match self.stand.posture {
            Posture::Gone => false,
            Posture::AtMeeting => !kernel,
            Posture::AtStep if kernel => asks && self.stand.blocked == Blocked::Detected,
            Posture::AtStep => asks && matches!(self.stand.blocked, Blocked::Waits | Blocked::Detected),
        }
    }
}

fn actor(program: &Program, who: usize, process: &Process, id: &str, names: &mut Names, counts: &mut Counts) -> Actor {
    let mut found: BTreeMap<(Phase, usize), (u32, Option<u32>)> = BTreeMap::new();
    let (mut most_rounds, mut attempts) = (1, false);
    for at in 0..program.place_count(who) as u32 {
        let place = program.place(who, at);
        if place.is_gone() {
            continue;
        }
        most_rounds = most_rounds.max(place.round);
        attempts |= place.attempt > 1;
        if !place.stale {
            found.entry((place.phase, place.step)).or_insert((at, program.staled(who, at)));
        }
    }
    let mut next = process.steps.len() as u32;
    let spots = found.into_iter().map(|((phase, step), (at, staled))| {
        let word = match phase {
            Phase::AtMeeting => "meets",
            _ => "pending",
        };
        let label = (phase != Phase::Step).then(|| names.give(format!("{id}_{word}_{}", step + 1)));
        let number = if label.is_none() { step as u32 + 1 } else { next + 1 };
        next = next.max(number);
        Spot {
            number,
            label,
            step,
            phase,
            stand: *program.stand(who, at),
            stale: staled.map(|staled| *program.stand(who, staled)),
            units: program.units_of(who, at).to_vec(),
        }
    });
    let spots: Vec<Spot> = spots.collect();
    let meetings = process.steps.iter().filter(|step| **step == Step::Meet).count() as u32;
    counts.rounds |= most_rounds > 1;
    counts.attempts |= attempts;
    counts.meetings |= meetings > 0;
    counts.ages |= spots.iter().any(|spot| spot.stale.is_some());
    Actor {
        id: id.to_owned(),
        name: process.name.clone(),
        steps: process.steps.iter().map(Step::to_string).collect(),
        spots,
        meetings,
        most_rounds,
        counts_rounds: most_rounds > 1,
        counts_attempts: attempts,
        moves: Vec::new(),
        openings: Vec::new(),
    }
}

/// The condition that blocks a request.
fn request(lock: &str, ask: Ask, kind: LockKind, names: &mut Names) -> Named {
    let (word, meaning) = match (ask, kind.is_sqlite()) {
        (Ask::NoReaders, _) => ("read", "somebody reads it: a COMMIT waits"),
        (Ask::Hold(Mode::Shared), true) => ("closed", "somebody holds PENDING or EXCLUSIVE: no new readers"),
        (Ask::Hold(Mode::Exclusive), true) => ("used", "somebody holds it in some way"),
        (Ask::Hold(_), true) => ("written", "somebody holds the write lock"),
        (Ask::Hold(Mode::Shared), false) => ("held_alone", "somebody holds it alone, and nobody can share it"),
        (Ask::Hold(_), false) => ("held", "somebody holds it"),
    };
    Named { name: names.give(format!("{word}_{}", part_of_name(lock))), meaning: format!("{lock}: {meaning}") }
}
