//! Is an exercise solved? Every interleaving is looked at; where time decides, many seeds are tried in virtual time.

use std::time::Duration;

use super::{Goal, duty};
use crate::analysis::Figures;
use crate::explore::{Answer, Arc, Node, Path, Progress, Schedules, Task, answer, nearest_move};
use crate::model::{MOST_COUNTED_ATTEMPTS, Outcome, TooLarge};
use crate::scenario::{OnDeadlock, Scenario, Step};
use crate::simulate;

/// So many seeds are tried where time decides.
pub const SEEDS: u64 = 100;

/// How far the interleavings of an exercise are looked at, by whoever checks it: it is small, and more than this is
/// more than it takes.
pub const TASK: Task = Task { count: true, keep: true, first: None, max_states: 5_000_000, max_bytes: 1 << 30 };

/// The shortest way to a loss is looked for among so many states.
const MOST_MAPPED: usize = 300_000;

/// What came of checking a repaired scenario.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What it does no more, in sentences.
    pub missing: Vec<String>,
    /// What is known of its interleavings.
    pub answer: Answer,
    /// Each goal, and whether it is reached.
    pub goals: Vec<(Goal, Judged)>,
}

/// Whether a goal is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// In every interleaving; where time decides, with every seed.
    Reached,
    /// Not on this way, one of the shortest.
    MissedOn(Path),
    /// Not with this seed of a simulation.
    MissedWith(u64),
    /// Not, and the verdict of the exploration says why.
    Missed,
    /// A bound was reached before it was known; why.
    Unknown(String),
}

impl Verdict {
    /// Whether the exercise is solved.
    pub fn is_solved(&self) -> bool {
        self.missing.is_empty() && self.goals.iter().all(|(_, judged)| *judged == Judged::Reached)
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
    let answer = answer(repaired, task, progress)?;
    let judge = Judge { scenario: repaired, answer: &answer };
    let goals = goals.iter().map(|goal| (*goal, judge.judge(*goal))).collect();
    Ok(Verdict { missing: duty::missing(shipped, repaired), goals, answer })
}

struct Judge<'a> {
    scenario: &'a Scenario,
    answer: &'a Answer,
}

impl Judge<'_> {
    fn judge(&self, goal: Goal) -> Judged {
        match goal {
            Goal::NoDeadlock => self.deadlock(),
            Goal::EverybodyFinishes => match self.deadlock() {
                Judged::Reached => self.nowhere(|_, arc| arc.outcome == Outcome::Victim, None),
                judged => judged,
            },
            // Who is not refused gives nothing up, and only a crash loses something then.
            Goal::NothingLost => {
                let none = self.is_unrefused().filter(|none| *none && !self.crashes());
                self.nowhere(|from, arc| arc.loses || self.gives_up(from, arc), none)
            }
            Goal::NobodyRefused => {
                let none = self.is_unrefused();
                self.nowhere(|_, arc| arc.outcome == Outcome::Refused, none)
            }
            Goal::NoLivelock => self.loops(|loops| loops.livelock.is_none()),
            Goal::NobodyStarves => self.loops(|loops| loops.starving.is_empty()),
            Goal::NothingLostInTime => {
                self.in_time(|figures| figures.abandoned == 0 && figures.lost().unwrap_or(0) == 0)
            }
            Goal::NobodyRefusedInTime => self.in_time(|figures| figures.refused == 0),
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
            (Some(path), _, _) => Judged::MissedOn(path.clone()),
            (None, 1.., _) => Judged::Missed,
            (None, 0, Some(_)) => unknown(),
            (None, 0, None) => Judged::Reached,
        }
    }

    fn loops(&self, is_well: impl Fn(&crate::explore::Loops) -> bool) -> Judged {
        match &self.answer.endless {
            Some((_, loops)) if is_well(loops) => Judged::Reached,
            Some(_) => Judged::Missed,
            None => unknown(),
        }
    }

    /// Whether no move is of this kind. `none` is what the counts say of it.
    fn nowhere(&self, is_meant: impl Fn(&Node, &Arc) -> bool, none: Option<bool>) -> Judged {
        if none == Some(true) {
            return Judged::Reached;
        }
        match (nearest_move(&self.answer.program, MOST_MAPPED, is_meant), none) {
            (Some(way), _) => way.map_or(Judged::Reached, Judged::MissedOn),
            (None, Some(false)) => Judged::Missed,
            (None, _) => unknown(),
        }
    }

    /// Whether a round is given up by a move: it is refused, and that was the last attempt.
    fn gives_up(&self, from: &Node, arc: &Arc) -> bool {
        let retry = self.scenario.processes[arc.who].retry.as_ref();
        let attempt = self.answer.program.place(arc.who, from.at[arc.who]).attempt;
        let is_last = retry.is_none_or(|retry| retry.attempts <= MOST_COUNTED_ATTEMPTS && attempt >= retry.attempts);
        arc.outcome == Outcome::Refused && is_last
    }

    fn in_time(&self, is_well: impl Fn(&Figures) -> bool) -> Judged {
        for seed in 1..=SEEDS {
            let options = simulate::Options {
                label: "verify".into(),
                seed,
                patience: Duration::ZERO,
                schedule: None,
                deadline: None,
            };
            match simulate::run(self.scenario, &options) {
                Ok(trace) if is_well(&Figures::of(&trace)) => {}
                Ok(_) => return Judged::MissedWith(seed),
                Err(error) => return Judged::Unknown(error.to_string()),
            }
        }
        Judged::Reached
    }
}

fn unknown() -> Judged {
    Judged::Unknown("there are more states than were looked at; use fewer processes, steps or rounds".into())
}
