//! One program, step by step: who holds what where, and whether all is given back.

use std::collections::BTreeMap;

use super::super::{DATABASE, LockKind, Process, Scenario, Step};
use super::{Fault, Place};

/// One walk through the program of one process.
pub(super) struct Walk<'a> {
    scenario: &'a Scenario,
    who: usize,
    process: &'a Process,
    /// The locks it holds, and the steps that took them.
    held: BTreeMap<&'a str, usize>,
    /// The step that began the transaction it is in.
    begun: Option<usize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scenario: &'a Scenario, who: usize, process: &'a Process) -> Self {
        Self { scenario, who, process, held: BTreeMap::new(), begun: None }
    }

    /// Finds the first step that can't be there.
    pub(super) fn check(mut self) -> Result<(), Fault> {
        for (at, step) in self.process.steps.iter().enumerate() {
            match step {
                Step::Lock { name, shared, .. } => self.lock(at, name, *shared)?,
                Step::Unlock { name } => self.unlock(at, name)?,
                Step::Crash => return self.crash(at),
                Step::Begin(_) | Step::Select | Step::Insert | Step::Commit | Step::Rollback => {
                    self.transaction(at, step)?;
                }
                Step::Work(_) | Step::Meet => {}
            }
        }
        self.end()
    }

    fn lock(&mut self, at: usize, name: &'a str, shared: bool) -> Result<(), Fault> {
        if name == DATABASE {
            return Err(self.place(at).fault(
                format!("`{DATABASE}` is the database of `begin`, `insert` and `commit`, not a lock"),
                "give the lock another name, or write `begin immediate`",
            ));
        }
        if shared && self.scenario.kind_of(name) == LockKind::Mutex {
            return Err(self.place(at).fault(
                "a mutex has no shared mode",
                format!("write `lock {name}`, or use another kind of lock, such as flock"),
            ));
        }
        match self.held.insert(name, at) {
            None => Ok(()),
            Some(_) => Err(self.place(at).fault(
                format!("{} already holds {name} here and would wait for itself for ever", self.process.name),
                format!("put `unlock {name}` before it, or take this step out"),
            )),
        }
    }

    fn unlock(&mut self, at: usize, name: &str) -> Result<(), Fault> {
        match self.held.remove(name) {
            Some(_) => Ok(()),
            None => Err(self.place(at).fault(
                format!("{} does not hold {name} here", self.process.name),
                format!("put `lock {name}` before it, or take this step out"),
            )),
        }
    }

    /// A crash ends the program and leaves everything to the system: nothing needs to be released.
    fn crash(&self, at: usize) -> Result<(), Fault> {
        if self.scenario.on == LockKind::Mutex {
            return Err(self.place(at).fault(
                "threads die together, so one of them can't `crash` alone",
                "take it out, or use a lock between processes, such as flock",
            ));
        }
        match self.process.steps.get(at + 1) {
            None => Ok(()),
            Some(step) => Err(self.place(at + 1).fault(
                format!("`{step}` comes after `crash` and is never reached"),
                "take it out, or move `crash` to the end",
            )),
        }
    }

    fn transaction(&mut self, at: usize, step: &Step) -> Result<(), Fault> {
        let on = self.scenario.on;
        if !on.is_sqlite() {
            return Err(self.place(at).fault(
                format!("`{step}` needs a database, and this scenario is on {on}"),
                "set on = \"sqlite\" or on = \"sqlite-wal\"",
            ));
        }
        match (step, self.begun) {
            (Step::Begin(_), None) => self.begun = Some(at),
            (Step::Begin(_), Some(begun)) => {
                return Err(self.place(at).fault(
                    format!("`{step}` stands inside the transaction that step {} began", begun + 1),
                    "put `commit` or `rollback` before it, or take it out",
                ));
            }
            (_, None) => {
                return Err(self
                    .place(at)
                    .fault(format!("`{step}` stands outside a transaction"), "put `begin` before it"));
            }
            (Step::Commit | Step::Rollback, Some(_)) => self.begun = None,
            (_, Some(_)) => {}
        }
        Ok(())
    }

    /// What is still open after the last step; of several, the first that was opened.
    fn end(&self) -> Result<(), Fault> {
        let name = &self.process.name;
        let lock = self.held.iter().min_by_key(|(_, at)| **at);
        match (lock, self.begun) {
            (Some((lock, at)), begun) if begun.is_none_or(|begun| *at < begun) => {
                Err(self.place(*at).fault(format!("{name} never releases {lock}"), format!("add `unlock {lock}`")))
            }
            (_, Some(begun)) => Err(self
                .place(begun)
                .fault(format!("{name} never ends this transaction"), "add `commit` or `rollback`")),
            (_, None) => Ok(()),
        }
    }

    fn place(&self, at: usize) -> Place {
        Place::Step(self.who, at)
    }
}
