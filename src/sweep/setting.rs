//! What a sweep can vary, and how it is set in a scenario.

use std::fmt;
use std::time::Duration;

use super::{Subject, Unfit};
use crate::scenario::{Scenario, Step, builtin, duration};

/// The most attempts that a sweep gives a round.
pub const MOST_ATTEMPTS: u32 = 10_000;

/// Something that can be set in a scenario; in the order in which they are set, and become rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// How many processes take part; a built-in scenario has sizes.
    Processes,
    /// How long every `work` step takes.
    Task,
    /// The patience of every SQLite connection.
    BusyTimeout,
    /// The first pause of every `retry`; a longest pause below it is raised to it.
    BackoffBase,
    /// The attempts of every `retry`.
    Attempts,
}

/// What it is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A time.
    Time(Duration),
    /// A number.
    Count(u32),
}

/// A setting and its values, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// What varies.
    pub setting: Setting,
    /// At least one.
    pub values: Vec<Value>,
}

impl Setting {
    /// Its option on the command line, without the dashes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Task => "task",
            Self::BusyTimeout => "busy-timeout",
            Self::BackoffBase => "backoff-base",
            Self::Attempts => "attempts",
        }
    }

    /// Sets it. A task of no time is no step, as in the exercise; the size of a scenario is for whoever makes it.
    pub(super) fn set(self, value: Value, scenario: &mut Scenario) {
        let retries = |scenario: &mut Scenario, set: &dyn Fn(&mut crate::scenario::Retry)| {
            scenario.processes.iter_mut().filter_map(|process| process.retry.as_mut()).for_each(set);
        };
        match (self, value) {
            (Self::Task, Value::Time(time)) => {
                for process in &mut scenario.processes {
                    process.steps.retain(|step| !(time.is_zero() && matches!(step, Step::Work(_))));
                    for step in &mut process.steps {
                        if let Step::Work(work) = step {
                            *work = time;
                        }
                    }
                }
            }
            (Self::BusyTimeout, Value::Time(time)) => scenario.busy_timeout = Some(time),
            (Self::BackoffBase, Value::Time(time)) => retries(scenario, &|retry| {
                retry.base = time;
                retry.cap = retry.cap.max(time);
            }),
            (Self::Attempts, Value::Count(count)) => retries(scenario, &|retry| retry.attempts = count),
            _ => {}
        }
    }
}

impl Axis {
    /// Whether it has something to set in a scenario.
    pub(super) fn fits(&self, subject: &Subject) -> Result<(), Unfit> {
        let twice = self.values.iter().enumerate().find(|(at, value)| self.values[..*at].contains(value));
        if let Some((_, value)) = twice {
            return Err(Unfit(format!("--{} has {value} twice; give each value once", self.setting)));
        }
        let scenario = &subject.scenario;
        let works =
            || scenario.processes.iter().flat_map(|process| &process.steps).any(|step| matches!(step, Step::Work(_)));
        let retries = || scenario.processes.iter().any(|process| process.retry.is_some());
        let fault = match self.setting {
            Setting::Processes => match &subject.built_in {
                None => "is for built-in scenarios; a file says itself who takes part",
                Some(name) if !builtin::has_sizes(name) => "does not fit: this scenario has one size only",
                Some(_) => return Ok(()),
            },
            Setting::Task if !works() => "has nothing to set: no process has a `work` step; locked has one",
            Setting::BusyTimeout if !scenario.uses_sqlite() => "is for SQLite, and nothing here is a database",
            Setting::BackoffBase | Setting::Attempts if !retries() => {
                "has nothing to set: no process has a `retry`; the built-in scenario `retry` does"
            }
            _ => return Ok(()),
        };
        Err(Unfit(format!("--{} {fault}", self.setting)))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// As it is written on the command line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&duration::format(*time)),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}
