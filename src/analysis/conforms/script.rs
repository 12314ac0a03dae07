//! What one process tells, compared with its own program: everything but whether others let it.

use std::collections::VecDeque;
use std::time::Duration;

use super::EDEADLK;
use super::possible::Act;
use crate::model::{Mode, wanted};
use crate::scenario::{Begin, DATABASE, LockKind, Process, Scenario, Step};
use crate::trace::{KilledFor, What};

/// Where a process is in what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Doing {
    NotStarted,
    /// Before a round, or behind the last.
    BetweenRounds,
    /// Behind one step, before the next.
    BetweenSteps,
    Works,
    Meets,
    Asks {
        mode: Mode,
        waits: bool,
    },
    /// The row is written, and it has yet to say so.
    Inserts,
    Commits {
        waits: bool,
    },
    /// A release was told; it takes effect before the next event. `None`: of the database, by its step.
    Releases,
    RollsBack,
    /// Refused: what it will release, and the release that is under way.
    Refused {
        left: VecDeque<Release>,
        under_way: bool,
    },
    /// Its step is to be killed.
    Crashes,
    Gone,
}

/// What a refused process tells of one thing that it releases.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Release {
    Lock(String),
    RolledBack,
}

/// One process and what it has told.
pub(super) struct Script<'a> {
    scenario: &'a Scenario,
    process: &'a Process,
    doing: Doing,
    round: u32,
    attempt: u32,
    step: usize,
    /// Meetings in this attempt, and those of this round in all attempts.
    meetings: u32,
    met: u32,
    held: Vec<&'a str>,
    database: Option<Mode>,
    rows: u64,
    acknowledged: u64,
}

type Acts = Result<Vec<Act>, String>;

impl<'a> Script<'a> {
    pub(super) fn new(scenario: &'a Scenario, who: usize) -> Self {
        let process = &scenario.processes[who];
        Self {
            scenario,
            process,
            doing: Doing::NotStarted,
            round: 0,
            attempt: 1,
            step: 0,
            meetings: 0,
            met: 0,
            held: Vec::new(),
            database: None,
            rows: 0,
            acknowledged: 0,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.doing == Doing::Gone
    }

    /// Rows that were committed and acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Rows of a COMMIT that is under way: should it never be acknowledged, they may be stored all the same.
    pub(super) fn rows_in_commit(&self) -> u64 {
        if matches!(self.doing, Doing::Commits { .. }) { self.rows } else { 0 }
    }

    /// Takes in the next event of this process; an error says in words what its program would have told.
    pub(super) fn hear(&mut self, what: &What) -> Acts {
        if let What::Crashed { .. } | What::Killed { .. } = what {
            let is_victim = matches!(what, What::Killed { why: KilledFor::Victim });
            return match (&self.doing, is_victim) {
                (Doing::Gone, _) => Err("it was gone already".into()),
                (Doing::Asks { .. } | Doing::Meets, true) | (_, false) => {
                    self.doing = Doing::Gone;
                    Ok(vec![Act::Dies])
                }
                _ => Err("only who waits can be a victim".into()),
            };
        }
        let doing = std::mem::replace(&mut self.doing, Doing::Gone);
        match (doing, what) {
            (Doing::NotStarted, What::Starts { .. }) => self.then(Doing::BetweenRounds, &[]),
            (Doing::BetweenRounds, what) => self.between_rounds(what),
            (Doing::BetweenSteps, what) => self.next_step(what),
            (Doing::Works, What::Worked) => self.made(&[Act::Step]),
            (Doing::Meets, What::Met) => {
                self.met = self.meetings;
                self.made(&[Act::Done])
            }
            (Doing::Asks { mode, waits }, what) => self.answer(mode, waits, what),
            (Doing::Inserts, What::Inserted) => {
                self.rows += 1;
                self.made(&[])
            }
            (Doing::Commits { waits }, what) => self.commit(waits, what),
            (Doing::RollsBack, What::RolledBack { rows }) => {
                self.forget_rows(*rows)?;
                self.made(&[Act::Done])
            }
            (Doing::Releases, what) => {
                self.made(&[])?;
                let acts = self.next_step(what)?;
                Ok([vec![Act::Done], acts].concat())
            }
            (Doing::Refused { left, under_way }, what) => self.let_go(left, under_way, what),
            (Doing::Crashes | Doing::Gone | Doing::NotStarted, _) => Err("it has nothing more to tell".into()),
            (doing, _) => Err(format!("its program would have said something else ({doing:?})")),
        }
    }

    fn then(&mut self, doing: Doing, acts: &[Act]) -> Acts {
        self.doing = doing;
        Ok(acts.to_vec())
    }

    /// The step is behind it.
    fn made(&mut self, acts: &[Act]) -> Acts {
        self.step += 1;
        self.then(Doing::BetweenSteps, acts)
    }

    fn between_rounds(&mut self, what: &What) -> Acts {
        let all = self.process.round_count();
        match what {
            What::Round { round } if *round == self.round + 1 && all.is_none_or(|all| *round <= all) => {
                (self.round, self.attempt, self.met) = (*round, 1, 0);
                self.begin_attempt();
                self.then(Doing::BetweenSteps, &[Act::Round])
            }
            What::Ends if self.process.lasting.is_some() && self.round == 0 => {
                self.then(Doing::Gone, &[Act::EndsUnbegun])
            }
            What::Ends if self.process.lasting.is_some() || all == Some(self.round) => {
                self.then(Doing::Gone, &[Act::Ends])
            }
            _ => Err(format!("{} rounds of it are over", self.round)),
        }
    }

    fn begin_attempt(&mut self) {
        (self.step, self.meetings, self.rows) = (0, 0, 0);
        self.held.clear();
        self.database = None;
    }

    /// The first event of a step, after those of which nothing is told.
    fn next_step(&mut self, what: &What) -> Acts {
        let mut acts = Vec::new();
        while let Some(step) = self.process.steps.get(self.step).filter(|step| self.is_silent(step)) {
            self.meetings += u32::from(*step == Step::Meet);
            self.step += 1;
            acts.push(Act::Step);
        }
        let Some(step) = self.process.steps.get(self.step) else {
            return match what {
                What::Finished { round } if *round == self.round => self.then(Doing::BetweenRounds, &acts),
                _ => Err("all the steps of its round are made".into()),
            };
        };
        let place = self.step + 1;
        let wrong = || format!("its next step is {place}, `{step}`");
        let (doing, act) = self.first_event(step, what).ok_or_else(wrong)?;
        acts.extend(act);
        match doing {
            Doing::BetweenSteps => self.made(&acts),
            doing => self.then(doing, &acts),
        }
    }

    /// Steps without an event: what they need is held already.
    fn is_silent(&self, step: &Step) -> bool {
        match step {
            Step::Begin(Begin::Deferred) => true,
            Step::Select => self.database.is_some(),
            Step::Meet => self.meetings < self.met,
            _ => false,
        }
    }

    fn first_event(&mut self, step: &'a Step, what: &What) -> Option<(Doing, Option<Act>)> {
        let begins = |doing| Some((doing, Some(Act::Begins)));
        match (step, what) {
            (Step::Work(time), What::Works { for_us }) if u128::from(*for_us) == time.as_micros() => {
                Some((Doing::Works, None))
            }
            (Step::Meet, What::Meets) => {
                self.meetings += 1;
                begins(Doing::Meets)
            }
            (Step::Crash, What::Crashes) => begins(Doing::Crashes),
            (Step::Unlock { name, .. }, What::Releases { lock, units: None, keeps: 0 }) if name == lock => {
                self.held.retain(|held| held != name);
                begins(Doing::Releases)
            }
            (Step::Insert, What::Inserted) if self.wanted(step).is_none() => {
                self.rows += 1;
                Some((Doing::BetweenSteps, Some(Act::Step)))
            }
            (Step::Commit, What::Commits { rows }) if *rows == self.rows => begins(Doing::Commits { waits: false }),
            (Step::Rollback, What::Releases { lock, units: None, keeps: 0 })
                if lock == DATABASE && self.database.is_some() =>
            {
                begins(Doing::RollsBack)
            }
            (Step::Rollback, What::RolledBack { rows: 0 }) if self.database.is_none() => {
                Some((Doing::BetweenSteps, Some(Act::Step)))
            }
            (step, What::Wants { lock, mode, units: None })
                if step.lock_name() == Some(lock) && self.wanted(step) == Some(*mode) =>
            {
                begins(Doing::Asks { mode: *mode, waits: false })
            }
            _ => None,
        }
    }

    /// How a step wants to hold its lock; `None` if it does not ask.
    fn wanted(&self, step: &Step) -> Option<Mode> {
        wanted(self.scenario, step, self.database).filter(|want| !want.commits).map(|want| want.mode)
    }

    /// How long the step that is under way may wait; `None` is without end.
    fn patience(&self) -> Option<Duration> {
        wanted(self.scenario, &self.process.steps[self.step], self.database).and_then(|want| want.patience)
    }

    fn may_wait(&self, limit_us: Option<u64>) -> bool {
        let patience = self.patience();
        limit_us.map(u128::from) == patience.map(|limit| limit.as_micros()) && patience != Some(Duration::ZERO)
    }

    fn answer(&mut self, mode: Mode, waits: bool, what: &What) -> Acts {
        let step = &self.process.steps[self.step];
        let name = step.lock_name().unwrap_or_default();
        match what {
            What::Waits { lock, mode: told, units: None, limit_us } if !waits && lock == name && *told == mode => {
                if !self.may_wait(*limit_us) {
                    return Err("it does not wait so long here".into());
                }
                self.then(Doing::Asks { mode, waits: true }, &[Act::Waits])
            }
            What::Gets { lock, mode: told, units: None } if lock == name && *told == mode => {
                match step {
                    Step::Lock { name, .. } => self.held.push(name),
                    _ => self.database = Some(mode),
                }
                match step {
                    Step::Insert => self.then(Doing::Inserts, &[Act::Done]),
                    _ => self.made(&[Act::Done]),
                }
            }
            What::Refused { lock, mode: told, units: None, why, .. } if lock == name && *told == mode => {
                let can_close_cycles = self.patience().is_none() && self.scenario.kind_of(name) == LockKind::Fcntl;
                if (why.name == EDEADLK) != can_close_cycles {
                    return Err("EDEADLK is for fcntl locks, and for waits without a limit".into());
                }
                self.refused(&why.name)
            }
            _ => Err(format!("it has asked for {name} ({mode})")),
        }
    }

    fn commit(&mut self, waits: bool, what: &What) -> Acts {
        match what {
            What::Waits { lock, mode: Mode::Exclusive, units: None, limit_us } if !waits && lock == DATABASE => {
                if !self.may_wait(*limit_us) {
                    return Err("it does not wait so long here".into());
                }
                self.then(Doing::Commits { waits: true }, &[Act::Waits])
            }
            What::Committed { rows } if *rows == self.rows => {
                self.acknowledged += self.rows;
                (self.rows, self.database) = (0, None);
                self.made(&[Act::Done])
            }
            What::Refused { lock, mode: Mode::Exclusive, units: None, why, .. } if lock == DATABASE => {
                self.refused(&why.name)
            }
            _ => Err(format!("it is in the middle of a COMMIT of {} rows", self.rows)),
        }
    }

    /// It will release everything, the database first, then its locks, the newest first.
    fn refused(&mut self, name: &str) -> Acts {
        let mut left = VecDeque::new();
        if self.scenario.uses_database() && self.process.steps.iter().any(Step::is_transaction) {
            left.extend(self.database.map(|_| Release::Lock(DATABASE.into())));
            left.push_back(Release::RolledBack);
        }
        left.extend(self.held.drain(..).rev().map(|lock| Release::Lock(lock.into())));
        self.then(Doing::Refused { left, under_way: false }, &[Act::Refused { stale: name == "SQLITE_BUSY_SNAPSHOT" }])
    }

    /// What follows a refusal: each release, and then another attempt or none.
    fn let_go(&mut self, mut left: VecDeque<Release>, under_way: bool, what: &What) -> Acts {
        let mut acts = if under_way { vec![Act::Done] } else { Vec::new() };
        let tries = self.process.retry.as_ref().map(|retry| retry.attempts);
        match (left.pop_front(), what) {
            (Some(Release::Lock(name)), What::Releases { lock, units: None, keeps: 0 }) if name == *lock => {
                acts.push(Act::Begins);
                self.then(Doing::Refused { left, under_way: true }, &acts)
            }
            (Some(Release::RolledBack), What::RolledBack { rows }) => {
                self.forget_rows(*rows)?;
                self.then(Doing::Refused { left, under_way: false }, &acts)
            }
            (None, What::BacksOff { attempt, .. })
                if *attempt == self.attempt && tries.is_some_and(|tries| *attempt < tries) =>
            {
                self.attempt += 1;
                self.begin_attempt();
                self.then(Doing::BetweenSteps, &acts)
            }
            (None, What::Abandons { round })
                if *round == self.round && tries.is_none_or(|tries| self.attempt == tries) =>
            {
                acts.extend(tries.map(|_| Act::GivesUp));
                self.then(Doing::BetweenRounds, &acts)
            }
            (Some(Release::Lock(lock)), _) => Err(format!("it was refused, and has yet to release {lock}")),
            (Some(Release::RolledBack), _) => Err("it was refused, and has yet to roll back".into()),
            (None, _) => Err(format!("it was refused in attempt {}", self.attempt)),
        }
    }

    fn forget_rows(&mut self, rows: u64) -> Result<(), String> {
        let written = std::mem::take(&mut self.rows);
        self.database = None;
        if rows == written { Ok(()) } else { Err(format!("it had written {written}")) }
    }
}
