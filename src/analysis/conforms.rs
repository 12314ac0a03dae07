//! Is a real trace allowed by the model?
//!
//! The rules of [`crate::model`] are the sequential specification, and a trace is a history: a check for
//! linearizability (Herlihy, Wing 1990), step by step. What a process tells is an instant; what it does takes effect at
//! some moment between two of its events: a request between `wants` and `gets` or `refused`, a release between
//! `releases` and whatever its process tells next, COMMIT between `commits` and `committed`, a death between its last
//! event and `crashed` or `killed`. All states in which the run can be are kept ([`possible`]); with each event those
//! go that do not agree with it. If none is left, the trace shows something that the rules forbid.
//!
//! What one process tells must also be what its own program does ([`script`]).

mod possible;
mod script;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use crate::model::Program;
use crate::scenario::{Scenario, format_schedule};
use crate::trace::{Event, KilledFor, Trace, What};
use possible::{Act, Goal, Pending, Possible, TooMany};
use script::Script;

/// What the kernel says to whoever would close a cycle.
const EDEADLK: &str = "EDEADLK";

/// What came of a check that found nothing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conformity {
    /// The model allows everything that the trace tells.
    Conforms,
    /// The model does not take this scenario, or too much of this trace is open: nothing is known.
    NotChecked(String),
}

/// Where a trace and the model part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Index of the event in the trace; their number if it is what comes after the last one.
    pub event: usize,
    /// What was told, in words.
    pub told: String,
    /// Why that can't be, in words.
    pub because: String,
    /// Who had begun a step until then, in order: a schedule for `lesson run`.
    pub schedule: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, told, because, schedule } = self;
        write!(f, "event {}: {told}; {because}; the steps so far: {schedule}", event + 1)
    }
}

impl std::error::Error for Mismatch {}

/// Looks whether the model allows what a trace tells.
///
/// # Errors
/// The first event that it does not allow.
pub fn conforms(trace: &Trace) -> Result<Conformity, Mismatch> {
    let scenario = &trace.scenario;
    if !scenario.units.is_empty() {
        return Ok(Conformity::NotChecked("locks with units are never run for real".into()));
    }
    let program = match Program::compile_for_traces(scenario) {
        Ok(program) => program,
        Err(too_large) => return Ok(Conformity::NotChecked(too_large.to_string())),
    };
    let mut check = Check::new(trace, &program);
    for (index, event) in trace.events.iter().enumerate() {
        match check.hear(index, event) {
            Ok(()) => {}
            Err(Trouble::Wrong(because)) => {
                let told = words::told(event, scenario);
                return Err(check.mismatch(index, told, because));
            }
            Err(Trouble::TooMany(why)) => return Ok(Conformity::NotChecked(why.to_string())),
        }
    }
    let wrong = |because| check.mismatch(trace.events.len(), "the trace ends".into(), because);
    check.end().map_err(wrong)?;
    Ok(Conformity::Conforms)
}

/// Why a check does not go on.
enum Trouble {
    Wrong(String),
    TooMany(TooMany),
}

impl From<TooMany> for Trouble {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl From<String> for Trouble {
    fn from(because: String) -> Self {
        Self::Wrong(because)
    }
}

struct Check<'a> {
    trace: &'a Trace,
    scenario: &'a Scenario,
    scripts: Vec<Script<'a>>,
    possible: Possible<'a>,
    /// For each event the next one that the same process tells itself.
    next: Vec<Option<usize>>,
    /// For each process the last event that it tells itself.
    last: Vec<Option<usize>>,
    /// For each process how it was ended, if not by itself.
    fate: Vec<Option<Fate>>,
    steps: Vec<usize>,
    /// Rows of COMMITs that nobody acknowledged.
    open_rows: u64,
    verdict: bool,
}

/// How a process is ended from outside, as the trace will tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// At any moment.
    Anytime,
    /// When it has been found to be part of a deadlock.
    WhenFound(KilledFor),
}

impl<'a> Check<'a> {
    fn new(trace: &'a Trace, program: &'a Program) -> Self {
        let scenario = &trace.scenario;
        let count = scenario.processes.len();
        let mut next = vec![None; trace.events.len()];
        let (mut later, mut last, mut fate) = (vec![None; count], vec![None; count], vec![None; count]);
        for (index, event) in trace.events.iter().enumerate().rev().filter(|(_, event)| event.who < count) {
            next[index] = later[event.who];
            match &event.what {
                What::ClosesCycle { .. } => continue,
                What::Crashed { .. } | What::Killed { why: KilledFor::Deadline } => {
                    fate[event.who] = Some(Fate::Anytime);
                }
                What::Killed { why } => fate[event.who] = Some(Fate::WhenFound(*why)),
                _ => {
                    last[event.who].get_or_insert(index);
                }
            }
            later[event.who] = Some(index);
        }
        let scripts = (0..count).map(|who| Script::new(scenario, who)).collect();
        let mut possible = Possible::new(program);
        let silent = (0..count).filter(|&who| last[who].is_none() && fate[who].is_some());
        silent.for_each(|who| possible.may_die(who));
        let steps = Vec::new();
        Self { trace, scenario, scripts, possible, next, last, fate, steps, open_rows: 0, verdict: false }
    }

    fn hear(&mut self, index: usize, event: &Event) -> Result<(), Trouble> {
        let who = event.who;
        let Some(script) = self.scripts.get_mut(who) else {
            return Err(format!("there are only {} processes", self.scenario.processes.len()).into());
        };
        if let What::ClosesCycle { cycle, timed, .. } = &event.what {
            self.possible.keep_cycle(who, cycle, *timed)?;
            if !timed && self.fate[who] == Some(Fate::WhenFound(KilledFor::Victim)) {
                self.possible.may_die(who);
            }
            return Ok(self.possible.spread()?);
        }
        if let What::Killed { why: KilledFor::Deadlock } = &event.what
            && !std::mem::replace(&mut self.verdict, true)
        {
            self.possible.keep_deadlocks()?;
            let found = |who: &usize| self.fate[*who] == Some(Fate::WhenFound(KilledFor::Deadlock));
            let members: Vec<usize> = (0..self.fate.len()).filter(found).collect();
            members.into_iter().for_each(|who| self.possible.may_die(who));
            self.possible.spread()?;
        }
        if let What::Crashed { .. } | What::Killed { .. } = &event.what {
            self.open_rows += script.rows_in_commit();
        }
        for act in script.hear(&event.what)? {
            if matches!(act, Act::Step | Act::Begins) {
                self.steps.push(who);
            }
            let pending = self.pending(index);
            self.possible.act(who, act, pending)?;
        }
        if self.last[who] == Some(index) && self.fate[who] == Some(Fate::Anytime) {
            self.possible.may_die(who);
        }
        Ok(self.possible.spread()?)
    }

    /// What will come of the step that begins with this event, as far as the trace tells.
    fn pending(&self, index: usize) -> Pending {
        let next = self.next[index].map(|next| &self.trace.events[next].what);
        let waits = matches!(next, Some(What::Waits { .. }));
        let then = match self.next[index] {
            Some(next) if waits => self.next[next].map(|next| &self.trace.events[next].what),
            _ => next,
        };
        let goal = match then {
            Some(What::Refused { .. }) => Goal::Refused,
            None | Some(What::Crashed { .. } | What::Killed { .. }) => Goal::Open,
            Some(_) => Goal::Granted,
        };
        let detected = matches!(then, Some(What::Refused { why, .. }) if why.name == EDEADLK);
        Pending { goal, waits, detected }
    }

    /// What must be so when all is over.
    fn end(&self) -> Result<(), String> {
        if let Some(who) = (0..self.scripts.len()).find(|&who| !self.scripts[who].is_gone()) {
            return Err(format!("{} has not come to its end", self.scenario.processes[who].name));
        }
        let outcome = &self.trace.outcome;
        if outcome.deadlock.is_some() != self.verdict {
            return Err("what was found does not say of a deadlock what the events say".into());
        }
        let Some(database) = &outcome.database else { return Ok(()) };
        let acknowledged: u64 = self.scripts.iter().map(Script::acknowledged).sum();
        if !(acknowledged..=acknowledged + self.open_rows).contains(&database.rows) {
            return Err(format!("{acknowledged} rows were acknowledged, and the database holds {}", database.rows));
        }
        Ok(())
    }

    fn mismatch(&self, event: usize, told: String, because: String) -> Mismatch {
        Mismatch { event, told, because, schedule: format_schedule(&self.steps, self.scenario) }
    }
}
