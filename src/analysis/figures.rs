//! The numbers of a run: stored, refused, waited, and how close it came to what is physically possible.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Mode;
use crate::scenario::DATABASE;
use crate::trace::{Refusal, Trace, What};

/// How a run went, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// How it ended.
    pub outcome: Outcome,
    /// Rows that would be stored if nothing were refused; `None` where time ends the rounds.
    pub expected: Option<u64>,
    /// Rows whose COMMIT was acknowledged.
    pub acknowledged: u64,
    /// Rows found in the database afterwards; `None` without one.
    pub stored: Option<u64>,
    /// Refusals, those that a retry healed included.
    pub refused: u64,
    /// Attempts at a round after the first.
    pub retries: u64,
    /// Rounds that were given up.
    pub abandoned: u64,
    /// Cycles that were closed, whatever ended them.
    pub cycles: u64,
    /// Rounds that each process carried out.
    pub rounds: Vec<u64>,
    /// Processes that came to the end of their program with every round carried out.
    pub finished: u64,
    /// From the first step to the last end, in microseconds.
    pub took_us: u64,
    /// What no run of the same holds can beat: the sum of the exclusive holds of the busiest lock, or the longest
    /// work of one process; in microseconds.
    pub limit_us: u64,
    /// The longest time from first asking for a lock in a round to having it, or to giving up; in microseconds.
    pub worst_wait_us: u64,
    /// Fewest rounds of one process divided by most, each counted as a part of what its program asks for; 1 is fair.
    /// `None` when nobody finished a round.
    pub fairness: Option<f64>,
    /// The refusals by kind.
    pub refusals: Vec<RefusalCount>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every process carried out every round.
    Finished,
    /// Some round was given up after a refusal.
    Refused,
    /// A deadlock ended it.
    Deadlocked,
    /// Some process crashed or was chosen as a victim; the others finished.
    Crashed,
    /// The run's own deadline ended it.
    TimedOut,
}

/// Refusals of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCount {
    /// By whom and in what words.
    pub why: Refusal,
    /// How many.
    pub count: u64,
    /// The shortest wait before one, in microseconds.
    pub least_us: u64,
    /// The longest wait before one, in microseconds.
    pub most_us: u64,
}

impl Figures {
    /// Counts a run.
    pub fn of(trace: &Trace) -> Self {
        let mut tally = Tally::new(trace.scenario.processes.len());
        for event in &trace.events {
            tally.apply(event.at_us, event.who, &event.what);
        }
        let rounds: Vec<u64> = tally.processes.iter().map(|process| process.rounds).collect();
        let units = |lock: &str| trace.scenario.units.get(lock).copied().map_or(1, |units| u64::from(units.max(1)));
        let busiest = tally.holds.iter().map(|(lock, held)| held / units(lock)).max().unwrap_or(0);
        let longest_work = tally.processes.iter().map(|process| process.work_us).max().unwrap_or(0);
        Self {
            outcome: tally.outcome(trace),
            expected: trace.scenario.expected_rows(),
            acknowledged: tally.acknowledged,
            stored: trace.outcome.database.as_ref().map(|database| database.rows),
            refused: tally.refusals.iter().map(|kind| kind.count).sum(),
            retries: tally.retries,
            abandoned: tally.abandoned,
            cycles: tally.cycles,
            finished: tally.processes.iter().filter(|process| process.ended && !process.gave_up).count() as u64,
            took_us: trace.outcome.took_us,
            limit_us: busiest.max(longest_work),
            worst_wait_us: tally.processes.iter().map(|process| process.worst_us).max().unwrap_or(0),
            fairness: fairness(trace, &rounds),
            refusals: tally.refusals,
            rounds,
        }
    }

    /// What part of the time taken was physically needed, from 0 to 1.
    pub fn share_of_limit(&self) -> f64 {
        if self.took_us == 0 { 1.0 } else { (self.limit_us as f64 / self.took_us as f64).min(1.0) }
    }

    /// Rows that were to be stored and are not.
    pub fn lost(&self) -> Option<u64> {
        Some(self.expected?.saturating_sub(self.stored?))
    }
}

fn fairness(trace: &Trace, rounds: &[u64]) -> Option<f64> {
    let wanted = trace.scenario.processes.iter().map(|process| f64::from(process.round_count().unwrap_or(1).max(1)));
    let parts: Vec<f64> = rounds.iter().zip(wanted).map(|(&rounds, wanted)| rounds as f64 / wanted).collect();
    let most = parts.iter().copied().fold(0.0, f64::max);
    let fewest = parts.iter().copied().fold(f64::INFINITY, f64::min);
    (most > 0.0).then(|| fewest / most)
}

/// The counting itself.
#[derive(Default)]
struct Tally {
    processes: Vec<ProcessTally>,
    /// Sum of the exclusive holds of each lock; where it has units, each counts for itself.
    holds: BTreeMap<String, u64>,
    acknowledged: u64,
    retries: u64,
    abandoned: u64,
    cycles: u64,
    crashed: bool,
    refusals: Vec<RefusalCount>,
}

#[derive(Default)]
struct ProcessTally {
    rounds: u64,
    work_us: u64,
    worst_us: u64,
    ended: bool,
    gave_up: bool,
    /// What it holds exclusively, since when, and how many units.
    holds: BTreeMap<String, (u64, u64)>,
    /// What it first asked for in this round, when, and when that was last answered.
    asked: BTreeMap<(String, Mode), (u64, Option<u64>)>,
}

impl Tally {
    fn new(processes: usize) -> Self {
        let processes = (0..processes).map(|_| ProcessTally::default()).collect();
        Self { processes, ..Self::default() }
    }

    fn apply(&mut self, at_us: u64, who: usize, what: &What) {
        let Some(process) = self.processes.get_mut(who) else { return };
        match what {
            What::Wants { lock, mode, .. } => process.ask(lock, *mode, at_us),
            What::Gets { lock, mode, units } => {
                process.grant(lock, *mode, at_us);
                let before = process.holds.get(lock).map_or(0, |&(_, units)| units);
                match units {
                    Some(units) => self.hold(who, lock, before.saturating_add((*units).into()), at_us),
                    None if mode.is_exclusive() => self.hold(who, lock, 1, at_us),
                    None => {}
                }
            }
            What::Refused { lock, mode, why, waited_us, .. } => {
                process.answer(lock, *mode, at_us);
                self.count_refusal(why, *waited_us);
            }
            // A trace may say anything: its numbers are added up without overflow.
            What::Works { for_us } => process.work_us = process.work_us.saturating_add(*for_us),
            What::Commits { .. } => process.ask(DATABASE, Mode::Exclusive, at_us),
            What::Committed { rows } => {
                self.acknowledged = self.acknowledged.saturating_add(*rows);
                process.answer(DATABASE, Mode::Exclusive, at_us);
                self.release(who, Some(DATABASE), at_us);
            }
            What::Releases { lock, keeps: 0, .. } => self.release(who, Some(lock), at_us),
            What::Releases { lock, keeps, .. } => self.hold(who, lock, (*keeps).into(), at_us),
            What::RolledBack { .. } => self.release(who, Some(DATABASE), at_us),
            What::BacksOff { .. } => self.retries += 1,
            What::Abandons { .. } => {
                self.abandoned += 1;
                process.gave_up = true;
                process.close_round(at_us);
            }
            What::Finished { .. } => {
                process.rounds += 1;
                process.close_round(at_us);
            }
            What::ClosesCycle { .. } => self.cycles += 1,
            What::Ends => process.ended = true,
            What::Crashed { .. } | What::Killed { .. } => {
                self.crashed = true;
                process.close_round(at_us);
                self.release(who, None, at_us);
            }
            _ => {}
        }
    }

    /// From now on it holds so many units of a lock; 1, where that has none.
    fn hold(&mut self, who: usize, lock: &str, units: u64, at_us: u64) {
        self.release(who, Some(lock), at_us);
        self.processes[who].holds.insert(lock.to_owned(), (at_us, units));
    }

    fn release(&mut self, who: usize, lock: Option<&str>, at_us: u64) {
        let holds = &mut self.processes[who].holds;
        let ended: Vec<(String, (u64, u64))> = match lock {
            Some(lock) => holds.remove_entry(lock).into_iter().collect(),
            None => std::mem::take(holds).into_iter().collect(),
        };
        for (lock, (since_us, units)) in ended {
            let held = self.holds.entry(lock).or_default();
            *held = held.saturating_add(at_us.saturating_sub(since_us).saturating_mul(units));
        }
    }

    fn count_refusal(&mut self, why: &Refusal, waited_us: u64) {
        match self.refusals.iter_mut().find(|kind| kind.why == *why) {
            Some(kind) => {
                kind.count += 1;
                kind.least_us = kind.least_us.min(waited_us);
                kind.most_us = kind.most_us.max(waited_us);
            }
            None => {
                let why = why.clone();
                self.refusals.push(RefusalCount { why, count: 1, least_us: waited_us, most_us: waited_us });
            }
        }
    }

    fn outcome(&self, trace: &Trace) -> Outcome {
        if trace.outcome.deadlock.is_some() {
            Outcome::Deadlocked
        } else if trace.outcome.deadline {
            Outcome::TimedOut
        } else if self.abandoned > 0 {
            Outcome::Refused
        } else if self.crashed {
            Outcome::Crashed
        } else {
            Outcome::Finished
        }
    }
}

impl ProcessTally {
    fn ask(&mut self, lock: &str, mode: Mode, at_us: u64) {
        self.asked.entry((lock.to_owned(), mode)).or_insert((at_us, None));
    }

    /// What it asked for it has: the wait is over.
    fn grant(&mut self, lock: &str, mode: Mode, at_us: u64) {
        if let Some((asked, _)) = self.asked.remove(&(lock.to_owned(), mode)) {
            self.worst_us = self.worst_us.max(at_us.saturating_sub(asked));
        }
    }

    /// It was refused; if it asks again in this round, the wait goes on.
    fn answer(&mut self, lock: &str, mode: Mode, at_us: u64) {
        if let Some((_, answered)) = self.asked.get_mut(&(lock.to_owned(), mode)) {
            *answered = Some(at_us);
        }
    }

    /// Takes the waits of the round in; what was never answered was waited for until now.
    fn close_round(&mut self, at_us: u64) {
        for (asked, answered) in std::mem::take(&mut self.asked).into_values() {
            let waited = answered.unwrap_or(at_us).saturating_sub(asked);
            self.worst_us = self.worst_us.max(waited);
        }
    }
}
