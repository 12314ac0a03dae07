//! A scenario compiled into tables: for each process every place where it can stand.

use std::collections::BTreeMap;
use std::fmt;

use super::compile::compile_process;
use super::requests::{Ask, Bits};
use super::stand::{Blocked, Effect, NO_UNITS, NONE, Place, Requests, Stand, Target};
use super::told::{Grain, Told};
use crate::scenario::{LockKind, Scenario, Step};

/// The most processes that the model takes: a set of them is one machine word.
pub const MOST_PROCESSES: usize = 64;

/// The most resources with several units.
pub const MOST_RESOURCES: usize = 64;

/// The most ways to ask for locks: one for each lock and mode (so 64 locks are fine even if all of them are shared).
pub const MOST_REQUESTS: usize = Requests::BITS as usize;

/// The most places where all processes together can stand: steps x rounds x attempts.
pub const MOST_PLACES: usize = 1 << 21;

/// Attempts of one round that are counted one by one; a process that has more of them is taken to go on without end.
pub const MOST_COUNTED_ATTEMPTS: u32 = 20;

/// How the attempts after a refusal are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Each is a place of its own, and after the last one the round is given up.
    Counted,
    /// Nobody ever gives up: who can be refused for ever, comes back to where it was.
    Unlimited,
}

/// A scenario that the model does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TooLarge(pub String);

/// A resource with several units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// How many units there are.
    pub capacity: u32,
}

/// A compiled scenario. A state of it is a slice with one number for each process: the index of its stand.
#[derive(Clone)]
pub struct Program {
    pub(super) processes: Vec<Stands>,
    /// The stands of all processes, one process after the other: what a search looks at all the time.
    stands: Vec<Stand>,
    /// Where in `stands` those of each process begin.
    first: Vec<usize>,
    /// Meetings in one round of each process; empty if nobody meets.
    pub(super) meetings: Vec<u32>,
    pub(super) resources: Vec<Resource>,
    /// Asking to write to the one database: blocked while another writes.
    pub(crate) writes: Requests,
    /// All ways to ask for a lock, each at the place of its bit.
    pub(crate) requests: Vec<(String, Ask)>,
    /// A deadlock is broken by killing one of its members.
    pub(crate) victims: bool,
    lock_names: Vec<Vec<Option<String>>>,
    acyclic: bool,
    monotone: bool,
    layered: bool,
    plain: bool,
}

/// All the stands of one process.
#[derive(Clone, Default)]
pub(super) struct Stands {
    /// Empty once the program is complete: it has those of all processes in one row.
    pub(super) stands: Vec<Stand>,
    pub(super) places: Vec<Place>,
    /// For each stand with a fresh snapshot the one with a stale snapshot.
    pub(super) staled: BTreeMap<u32, u32>,
    /// Units held, one entry for each stand and resource.
    pub(super) units: Vec<u16>,
    pub(super) crashed: u32,
    /// Attempts at one round; `None` if it never gives up.
    pub(super) attempts: Option<u32>,
    /// What a trace can tell beside the moves; empty unless compiled for traces.
    pub(super) told: Told,
    /// Where attempts are not counted: where a refusal leads after the last of them, and whether rows are lost by it.
    pub(super) given_up: BTreeMap<u32, (Target, bool)>,
}

impl Program {
    /// Compiles a scenario that [`crate::scenario::check`] accepts.
    ///
    /// # Errors
    /// The limit that it passes, and what to do about it.
    pub fn compile(scenario: &Scenario, attempts: Attempts) -> Result<Self, TooLarge> {
        Self::compile_at(scenario, attempts, Grain::Steps)
    }

    pub(super) fn compile_at(scenario: &Scenario, attempts: Attempts, grain: Grain) -> Result<Self, TooLarge> {
        let count = scenario.processes.len();
        if count > MOST_PROCESSES {
            return Err(TooLarge(format!(
                "there are {count} processes, and the model takes {MOST_PROCESSES}; use fewer"
            )));
        }
        let bits = Bits::new(scenario)?;
        let mut room = MOST_PLACES;
        let mut processes = Vec::with_capacity(count);
        for process in &scenario.processes {
            let stands = compile_process(scenario, process, &bits, attempts, grain, room)?;
            room -= stands.places.len();
            processes.push(stands);
        }
        let acyclic = super::rank::rank(&mut processes);
        let victims = scenario.on_deadlock == crate::scenario::OnDeadlock::Victim;
        let layered = processes.iter().all(Stands::is_layered);
        let monotone = !victims && processes.iter().all(Stands::is_monotone);
        let meetings = meetings(scenario);
        let quiet = |stand: &Stand| stand.effect == Effect::None && stand.granted.or == NONE;
        let stands: Vec<Stand> = processes.iter_mut().flat_map(|process| std::mem::take(&mut process.stands)).collect();
        Ok(Self {
            first: processes
                .iter()
                .scan(0, |next, process| Some(std::mem::replace(next, *next + process.places.len())))
                .collect(),
            layered: monotone && meetings.is_empty() && layered,
            plain: monotone && layered && meetings.is_empty() && bits.resources.is_empty() && stands.iter().all(quiet),
            processes,
            stands,
            meetings,
            writes: bits.writes(),
            requests: bits.in_order(),
            resources: bits.resources,
            victims,
            lock_names: scenario.processes.iter().map(|process| names(&process.steps)).collect(),
            acyclic,
            monotone,
        })
    }

    /// Where everybody stands at the beginning.
    pub fn start(&self) -> Vec<u32> {
        vec![0; self.processes.len()]
    }

    /// How many processes there are.
    pub fn process_count(&self) -> usize {
        self.processes.len()
    }

    /// How many places there are where `who` can stand.
    pub fn place_count(&self, who: usize) -> usize {
        self.processes[who].places.len()
    }

    /// The stand `at` of `who`, in words.
    pub fn place(&self, who: usize, at: u32) -> &Place {
        &self.processes[who].places[at as usize]
    }

    /// Whether no program can ever come back to where it was: then every schedule ends.
    pub fn is_acyclic(&self) -> bool {
        self.acyclic
    }

    /// Whether nobody is ever refused, so that a process that only releases changes nothing but what others may take.
    /// Then a harmless step commutes with all others, and may be made alone where only the states are
    /// looked for in which nobody can move.
    pub fn is_monotone(&self) -> bool {
        self.monotone
    }

    /// Whether each move leads to a stand of the next rank, whoever makes it: then the rank counts the moves.
    pub fn is_layered(&self) -> bool {
        self.layered
    }

    /// Whether nothing ever happens but that somebody takes, waits and lets go; then it is layered, too.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether time decides somewhere if a process goes on (`for`).
    pub fn has_choices(&self) -> bool {
        self.stands.iter().any(|stand| stand.granted.or != NONE || stand.refused.or != NONE)
    }

    /// Whether the step at which a process stands is the last one of its round.
    pub fn is_last_step(&self, who: usize, at: u32) -> bool {
        self.place(who, at).step + 1 == self.lock_names[who].len()
    }

    /// Grows with every move where [`Program::is_acyclic`]; 0 elsewhere.
    #[inline]
    pub fn rank(&self, who: usize, at: u32) -> u32 {
        self.stand(who, at).rank
    }

    /// The rank of a state in which everybody has gone the longest way; 0 where [`Program::is_acyclic`] does not hold.
    pub fn last_rank(&self) -> u64 {
        let longest = |who: usize| (0..self.place_count(who) as u32).map(|at| self.rank(who, at)).max().unwrap_or(0);
        (0..self.process_count()).map(longest).map(u64::from).sum()
    }

    /// The resources with several units, and the units of each that the processes hold together.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Units of each resource that a process holds at a stand.
    pub fn units_of(&self, who: usize, at: u32) -> &[u16] {
        let stride = self.resources.len();
        &self.processes[who].units[at as usize * stride..][..stride]
    }

    #[inline]
    pub(crate) fn stand(&self, who: usize, at: u32) -> &Stand {
        &self.stands[self.first[who] + at as usize]
    }

    /// The lock that the step asks for or leaves at which a process stands.
    pub(super) fn lock_asked(&self, who: usize, at: u32) -> Option<&str> {
        self.lock_names[who].get(self.place(who, at).step)?.as_deref()
    }

    /// Attempts of a process at one round; `None` if it never gives up.
    pub(crate) fn attempts_of(&self, who: usize) -> Option<u32> {
        self.processes[who].attempts
    }

    pub(super) fn crashed_of(&self, who: usize) -> u32 {
        self.processes[who].crashed
    }

    /// The stand with a stale snapshot beside one with a fresh snapshot.
    pub(crate) fn staled(&self, who: usize, at: u32) -> Option<u32> {
        self.processes[who].staled.get(&at).copied()
    }

    /// Meetings that are behind a process.
    pub(super) fn meetings_behind(&self, who: usize, at: u32) -> u32 {
        let place = self.place(who, at);
        self.meetings[who] * (place.round - 1) + place.met
    }
}

impl Stands {
    fn is_layered(&self) -> bool {
        let next = |stand: &Stand| self.stands.get(stand.granted.to as usize).map(|next| next.rank);
        self.stands.iter().all(|stand| next(stand).is_none_or(|rank| rank == stand.rank + 1))
    }

    fn is_monotone(&self) -> bool {
        let waits = |stand: &Stand| stand.needs == 0 && stand.resource == NO_UNITS || stand.blocked == Blocked::Waits;
        self.staled.is_empty()
            && self
                .stands
                .iter()
                .all(|stand| waits(stand) && stand.effect != Effect::Publishes && stand.granted.or == NONE)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<usize> = self.processes.iter().map(|process| process.places.len()).collect();
        write!(f, "Program {{ places: {places:?}, acyclic: {}, monotone: {} }}", self.acyclic, self.monotone)
    }
}

/// Meetings in one round of each process; empty if nobody meets.
fn meetings(scenario: &Scenario) -> Vec<u32> {
    let count = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Meet)).count() as u32;
    let meetings: Vec<u32> = scenario.processes.iter().map(|process| count(&process.steps)).collect();
    if meetings.iter().all(|&meetings| meetings == 0) { Vec::new() } else { meetings }
}

fn names(steps: &[Step]) -> Vec<Option<String>> {
    steps.iter().map(|step| step.lock_name().map(str::to_owned)).collect()
}

/// Whether a lock of this kind is looked after by the kernel's search for cycles.
pub(super) fn is_detected(kind: LockKind) -> bool {
    kind == LockKind::Fcntl
}
