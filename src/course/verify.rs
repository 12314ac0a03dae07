//! Is an exercise solved? Every interleaving is looked at; where time decides, many seeds are tried in virtual time.

use std::time::Duration;

use super::patience::Patient;
use super::{Goal, duty};
use crate::analysis::{self, Figures};
use crate::explore::{
    Answer, Arc, Cycle, Doing, Loops, Node, Path, Progress, Schedules, Sought, Task, answer, nearest,
};
use crate::model::{MOST_COUNTED_ATTEMPTS, Outcome, Program, TooLarge};
use crate::scenario::{OnDeadlock, Scenario, Step};
use crate::simulate;
use crate::trace::{Event, Trace, What};

/// So many seeds are tried where time decides.
pub const SEEDS: u64 = 100;

/// How far the interleavings of an exercise are looked at, by whoever checks it: it is small, and more than this is
/// more than it takes.
pub const TASK: Task = Task { count: true, keep: true, first: None, max_states: 1_000_000, max_bytes: 1 << 30 };

/// The same where no goal asks for all of them.
const MOST_UNASKED: u64 = 50_000;

/// Runs are simulated for so long altogether, in virtual time.
const LONGEST_TRIAL: Duration = Duration::from_secs(3_600);

/// No exercise takes longer, in virtual time.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// The shortest way to a loss is looked for among so many states.
const MOST_MAPPED: usize = 100_000;

/// What came of checking a repaired scenario.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What it does no more, in sentences.
    pub missing: Vec<String>,
    /// Who works longer than before: where time decides, that may be all that keeps processes from meeting.
    pub later: Vec<String>,
    /// What is known of its interleavings.
    pub answer: Answer,
    /// Each goal, and whether it is reached.
    pub goals: Vec<(Goal, Judged)>,
}

/// Whether a goal is reached.
#[derive(Debug, Clone)]
pub enum Judged {
    /// In every interleaving; where time decides, with every seed.
    Reached,
    /// Not on this way.
    MissedOn(Box<Way>),
    /// Not in this run of a simulation.
    MissedIn(Unlucky),
    /// Not, and the verdict of the exploration says why.
    Missed,
    /// A bound was reached before it was known; why.
    Unknown(String),
}

/// A way on which a goal is missed, one of the shortest.
#[derive(Debug, Clone)]
pub struct Way {
    /// The scenario as the rules take it on this way.
    pub program: Program,
    /// The way.
    pub path: Path,
    /// Nobody can go on at its end.
    pub is_stuck: bool,
    /// From where it can go round for ever; `None` if it does not.
    pub round: Option<Round>,
}

/// How a way goes round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// After so many moves everybody stands as at its end.
    pub after: usize,
    /// Who finishes no round meanwhile; `None`: nobody does.
    pub kept: Option<usize>,
}

/// The simulated run that goes wrong soonest.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlucky {
    /// The seed of its luck.
    pub seed: u64,
    /// So many runs go wrong.
    pub runs: u64,
    /// Of so many that were tried.
    pub tried: u64,
    /// What happens in it, up to where it goes wrong.
    pub events: Vec<Event>,
}

impl Verdict {
    /// Whether the exercise is solved.
    pub fn is_solved(&self) -> bool {
        self.missing.is_empty() && self.goals.iter().all(|(_, judged)| matches!(judged, Judged::Reached))
    }

    /// Whether nothing is wrong, but something is not known.
    pub fn is_unknown(&self) -> bool {
        let is_open = |judged: &Judged| matches!(judged, Judged::Reached | Judged::Unknown(_));
        !self.is_solved() && self.missing.is_empty() && self.goals.iter().all(|(_, judged)| is_open(judged))
    }
}

/// Checks a repaired scenario against the one that was shipped.
///
/// # Errors
/// It passes a limit of the model.
pub fn verify(
    shipped: &Scenario,
    repaired: &Scenario,
    goals: &[Goal],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Verdict, TooLarge> {
    let is_asked = goals.iter().any(|goal| !goal.is_in_time() && !goal.is_patient());
    let max_states = if is_asked { task.max_states } else { task.max_states.min(MOST_UNASKED) };
    let mut answer = answer(repaired, &Task { max_states, ..task.clone() }, progress)?;
    let mut is_stopped = answer.interrupted;
    let at = Progress { states: answer.explored.states, rank: 0, last_rank: 0, doing: Doing::Concluding };
    let mut go_on = || {
        is_stopped = is_stopped || !progress(at);
        !is_stopped
    };
    let mut judge = Judge { scenario: repaired, answer: &answer, go_on: &mut go_on };
    let mut goals: Vec<(Goal, Judged)> = goals.iter().map(|goal| (*goal, judge.judge(*goal))).collect();
    if is_stopped {
        let open = goals.iter_mut().filter(|(_, judged)| matches!(judged, Judged::Unknown(_)));
        open.for_each(|(_, judged)| *judged = Judged::Unknown("it was interrupted".into()));
    }
    answer.interrupted = is_stopped;
    Ok(Verdict { missing: duty::missing(shipped, repaired), later: duty::later(shipped, repaired), goals, answer })
}

struct Judge<'a> {
    scenario: &'a Scenario,
    answer: &'a Answer,
    /// Whether to go on.
    go_on: &'a mut dyn FnMut() -> bool,
}

impl Judge<'_> {
    fn judge(&mut self, goal: Goal) -> Judged {
        match goal {
            Goal::NoDeadlock => self.deadlock(),
            Goal::EverybodyEnds => match self.deadlock() {
                Judged::Reached => self.nowhere(|_, arc| arc.outcome == Outcome::Victim, None),
                judged => judged,
            },
            // Who is not refused gives nothing up, and only a crash loses something then.
            Goal::NothingLost => {
                let none = self.is_unrefused().filter(|none| *none && !self.crashes());
                let (scenario, program) = (self.scenario, &self.answer.program);
                self.nowhere(|from, arc| arc.loses || gives_up(scenario, program, from, arc), none)
            }
            Goal::NobodyRefused => {
                let none = self.is_unrefused();
                self.nowhere(|_, arc| arc.outcome == Outcome::Refused, none)
            }
            Goal::NoLivelock => self.loops(|loops| loops.livelock.as_ref().map(|cycle| (None, cycle))),
            Goal::NobodyStarves => self.loops(|loops| loops.starving.first().map(|(who, cycle)| (Some(*who), cycle))),
            Goal::NoDeadlockWithPatience | Goal::NothingLostWithPatience | Goal::NobodyRefusedWithPatience => {
                self.patient(goal)
            }
            Goal::NothingLostInTime => {
                let is_lost = |what: &What| matches!(what, What::Abandons { .. } | What::Crashed { .. });
                self.in_time(|figures| figures.abandoned == 0 && figures.lost().unwrap_or(0) == 0, is_lost)
            }
            Goal::NobodyRefusedInTime => {
                self.in_time(|figures| figures.refused == 0, |what| matches!(what, What::Refused { .. }))
            }
        }
    }

    /// Whether no schedule has a refusal in it; `None` if they were not counted.
    fn is_unrefused(&self) -> Option<bool> {
        match self.answer.explored.schedules.as_ref()? {
            Schedules::Counted { refused, .. } => Some(refused.bits() == 0),
            Schedules::Infinite => None,
        }
    }

    fn crashes(&self) -> bool {
        self.scenario.on_deadlock == OnDeadlock::Victim
            || self.scenario.processes.iter().any(|process| process.steps.contains(&Step::Crash))
    }

    fn deadlock(&self) -> Judged {
        let explored = &self.answer.explored;
        match (&explored.shortest, explored.deadlock_states, explored.stopped) {
            (Some(path), _, _) => missed_on(&self.answer.program, path.clone(), true),
            (None, 1.., _) => Judged::Missed,
            (None, 0, Some(_)) => unknown(),
            (None, 0, None) => Judged::Reached,
        }
    }

    /// Whether there is no such cycle; if there is, who is kept from finishing in it.
    fn loops(&self, find: impl Fn(&Loops) -> Option<(Option<usize>, &Cycle)>) -> Judged {
        let Some((program, loops)) = &self.answer.endless else { return unknown() };
        find(loops).map_or(Judged::Reached, |(kept, cycle)| {
            let round = Some(Round { after: cycle.into.movers.len(), kept });
            Judged::MissedOn(Box::new(Way { program: program.clone(), path: cycle.once(), is_stuck: false, round }))
        })
    }

    /// Whether no move is of this kind. `none` is what the counts say of it.
    fn nowhere(&mut self, is_meant: impl Fn(&Node, &Arc) -> bool, none: Option<bool>) -> Judged {
        if none == Some(true) {
            return Judged::Reached;
        }
        let program = &self.answer.program;
        let meant = |node: &Node| node.moves.iter().position(|arc| is_meant(node, arc)).map(Sought::Move);
        match (nearest(program, MOST_MAPPED, self.go_on, |_, _| true, meant), none) {
            (Some(way), _) => way.map_or(Judged::Reached, |path| missed_on(program, path, false)),
            (None, Some(false)) => Judged::Missed,
            (None, _) => unknown(),
        }
    }

    /// Whether there is no such way with endless patience.
    fn patient(&mut self, goal: Goal) -> Judged {
        let patient = match Patient::new(self.scenario) {
            Ok(patient) => patient,
            Err(error) => return Judged::Unknown(error.to_string()),
        };
        let (way, is_stuck) = match goal {
            Goal::NoDeadlockWithPatience => (patient.deadlock(self.go_on), true),
            Goal::NothingLostWithPatience => (patient.loss(self.go_on), false),
            _ => (patient.refusal(self.go_on), false),
        };
        match way {
            Some(Some(path)) => missed_on(&patient.program, path, is_stuck),
            Some(None) => Judged::Reached,
            None => unknown(),
        }
    }

    /// Whether every run is well; the one that is not, and comes soonest to an event `by` which it is not.
    fn in_time(&mut self, is_well: impl Fn(&Figures) -> bool, by: impl Fn(&What) -> bool) -> Judged {
        let (mut runs, mut tried, mut took, mut soonest) = (0, 0, Duration::ZERO, None::<Unlucky>);
        while tried < SEEDS && took <= LONGEST_TRIAL {
            if !(self.go_on)() {
                return unknown();
            }
            tried += 1;
            let mut trace = match self.simulated(tried) {
                Ok(trace) => trace,
                Err(error) => return Judged::Unknown(error.to_string()),
            };
            let figures = Figures::of(&trace);
            took = took.saturating_add(Duration::from_micros(figures.took_us));
            match figures.outcome {
                analysis::Outcome::TimedOut => return too_long(),
                _ if is_well(&figures) => continue,
                _ => runs += 1,
            }
            let events = &mut trace.events;
            let told = events.iter().position(|event| by(&event.what)).map_or(events.len(), |at| at + 1);
            if soonest.as_ref().is_none_or(|soonest| told < soonest.events.len()) {
                events.truncate(told);
                soonest = Some(Unlucky { seed: tried, runs: 0, tried: 0, events: trace.events });
            }
        }
        match soonest {
            Some(unlucky) => Judged::MissedIn(Unlucky { runs, tried, ..unlucky }),
            None if tried < SEEDS => too_long(),
            None => Judged::Reached,
        }
    }

    fn simulated(&self, seed: u64) -> Result<Trace, simulate::Error> {
        let options = simulate::Options {
            label: "verify".into(),
            seed,
            patience: Duration::ZERO,
            schedule: None,
            deadline: Some(LONGEST_RUN),
        };
        simulate::run(self.scenario, &options)
    }
}

/// Whether a round is given up by a move: it is refused, and that was the last attempt.
fn gives_up(scenario: &Scenario, program: &Program, from: &Node, arc: &Arc) -> bool {
    let retry = scenario.processes[arc.who].retry.as_ref();
    let attempt = program.place(arc.who, from.at[arc.who]).attempt;
    let is_last = retry.is_none_or(|retry| retry.attempts <= MOST_COUNTED_ATTEMPTS && attempt >= retry.attempts);
    arc.outcome == Outcome::Refused && is_last
}

fn missed_on(program: &Program, path: Path, is_stuck: bool) -> Judged {
    Judged::MissedOn(Box::new(Way { program: program.clone(), path, is_stuck, round: None }))
}

fn unknown() -> Judged {
    Judged::Unknown("there are more states than were looked at; use fewer processes, steps or rounds".into())
}

fn too_long() -> Judged {
    Judged::Unknown("its runs take too long, even in virtual time; use shorter times, or fewer rounds".into())
}
