//! One program, step by step: who holds what where, and whether all is given back.

use std::collections::BTreeMap;

use super::super::{DATABASE, LockKind, Process, Scenario, Step};
use super::{Fault, Place, units};

/// One walk through the program of one process.
pub(super) struct Walk<'a> {
    scenario: &'a Scenario,
    who: usize,
    process: &'a Process,
    /// The locks it holds.
    held: BTreeMap<&'a str, Held>,
    /// The step that began the transaction it is in.
    begun: Option<usize>,
}

/// One lock that it holds.
struct Held {
    /// The step that took it, or the first of its units.
    at: usize,
    /// How many of its units, for a lock that has some.
    units: Option<u32>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scenario: &'a Scenario, who: usize, process: &'a Process) -> Self {
        Self { scenario, who, process, held: BTreeMap::new(), begun: None }
    }

    /// Finds the first step that can't be there.
    pub(super) fn check(mut self) -> Result<(), Fault> {
        for (at, step) in self.process.steps.iter().enumerate() {
            match step {
                Step::Lock { name, shared, units, .. } => self.lock(at, name, *shared, *units)?,
                Step::Unlock { name, units } => self.unlock(at, name, *units)?,
                Step::Crash => return self.crash(at),
                Step::Begin(_) | Step::Select | Step::Insert | Step::Commit | Step::Rollback => {
                    self.transaction(at, step)?;
                }
                Step::Work(_) | Step::Meet => {}
            }
        }
        self.end()
    }

    fn lock(&mut self, at: usize, name: &'a str, shared: bool, units: Option<u32>) -> Result<(), Fault> {
        if name == DATABASE {
            return Err(self.place(at).fault(
                format!("`{DATABASE}` is the database of `begin`, `insert` and `commit`, not a lock"),
                "give the lock another name, or write `begin immediate`",
            ));
        }
        if let Some(&there) = self.scenario.units.get(name) {
            return self.take_units(at, name, shared, units.unwrap_or(1), there);
        }
        if units.is_some() {
            return Err(self.uncounted(at, name, "lock"));
        }
        if shared && self.scenario.kind_of(name) == LockKind::Mutex {
            return Err(self.place(at).fault(
                "a mutex has no shared mode",
                format!("write `lock {name}`, or use another kind of lock, such as flock"),
            ));
        }
        match self.held.insert(name, Held { at, units: None }) {
            None => Ok(()),
            Some(_) => Err(self.place(at).fault(
                format!("{} already holds {name} here and would wait for itself for ever", self.process.name),
                format!("put `unlock {name}` before it, or take this step out"),
            )),
        }
    }

    /// Takes `more` of a lock that has `there` units. Who holds some may take more, as long as there can be so many.
    fn take_units(&mut self, at: usize, name: &'a str, shared: bool, more: u32, there: u32) -> Result<(), Fault> {
        if shared {
            return Err(self.place(at).fault(
                "a lock with units has no shared mode",
                format!("say how many it takes, such as `lock {name} 1`, or take {name} out of `units`"),
            ));
        }
        if more == 0 {
            return Err(self.place(at).fault("it takes no unit", "take 1 or more, or take this step out"));
        }
        let held = self.held.get(name).and_then(|held| held.units).unwrap_or(0);
        let sum = held.saturating_add(more);
        if sum > there {
            return Err(self.place(at).fault(
                format!("{} would hold {} of {name} here, and there are {there}", self.process.name, units(sum)),
                match held {
                    0 => "take fewer, or raise `units`".to_owned(),
                    _ => format!("take fewer, or put `unlock {name}` before it, or raise `units`"),
                },
            ));
        }
        self.held.entry(name).or_insert(Held { at, units: None }).units = Some(sum);
        Ok(())
    }

    fn unlock(&mut self, at: usize, name: &str, back: Option<u32>) -> Result<(), Fault> {
        if back.is_some() && !self.scenario.units.contains_key(name) {
            return Err(self.uncounted(at, name, "unlock"));
        }
        let (place, who) = (self.place(at), &self.process.name);
        let Some(held) = self.held.get_mut(name) else {
            return Err(place.fault(
                format!("{who} does not hold {name} here"),
                format!("put `lock {name}` before it, or take this step out"),
            ));
        };
        let has = held.units.unwrap_or(1);
        match back {
            Some(0) => Err(place.fault("it gives no unit back", "give back 1 or more, or take this step out")),
            Some(back) if back > has => Err(place.fault(
                format!("{who} holds {} of {name} here and can't give back {back}", units(has)),
                format!("write `unlock {name}`, which gives all back"),
            )),
            Some(back) if back < has => {
                held.units = Some(has - back);
                Ok(())
            }
            _ => {
                self.held.remove(name);
                Ok(())
            }
        }
    }

    /// A number of units where there are none.
    fn uncounted(&self, at: usize, name: &str, verb: &str) -> Fault {
        self.place(at).fault(
            format!("{name} has no units: it is one whole lock"),
            format!("write `{verb} {name}`, or say how many units there are: units = {{ {name} = 3 }}"),
        )
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
        let lock = self.held.iter().min_by_key(|(_, held)| held.at);
        match (lock, self.begun) {
            (Some((lock, Held { at, units: left })), begun) if begun.is_none_or(|begun| *at < begun) => {
                let what = left.map_or_else(String::new, |left| format!("{} of ", units(left)));
                Err(self
                    .place(*at)
                    .fault(format!("{name} never releases {what}{lock}"), format!("add `unlock {lock}`")))
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
