//! What a scenario must satisfy before it is run: each rule once, each with its remedy.
//!
//! The steps are straight-line code, and a refused round releases everything. Who holds what at a step is therefore
//! known without running anything.

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use super::text::excerpt;
use super::{DATABASE, LockKind, OnDeadlock, Process, Retry, Scenario, Step, duration};
use walk::Walk;

/// The most processes that a scenario may have.
pub const MOST_PROCESSES: usize = 10_000;

/// The most steps that the program of one process may have.
pub const MOST_STEPS: usize = 10_000;

/// The most units that a lock may have.
pub const MOST_UNITS: u32 = 1000;

/// The longest title, in bytes.
pub const LONGEST_TITLE: usize = 10_000;

/// The longest name of a process, in characters.
pub const LONGEST_NAME: usize = 64;

/// One thing that is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {remedy}")]
pub struct Fault {
    /// Where it is wrong.
    pub place: Place,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// A part of a scenario. Processes and steps are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// No part in particular.
    Scenario,
    /// Its title.
    Title,
    /// The patience of its SQLite connections.
    BusyTimeout,
    /// What is done about a deadlock.
    OnDeadlock,
    /// The entry of this lock in `[locks]`.
    Lock(String),
    /// The entry of this lock in `units`.
    Units(String),
    /// The name of a process.
    Name(usize),
    /// The rounds of a process.
    Rounds(usize),
    /// How long a process begins new rounds.
    Lasting(usize),
    /// What a process does after a refusal.
    Retry(usize),
    /// The whole program of a process.
    Steps(usize),
    /// One step: of which process, and which of its steps.
    Step(usize, usize),
}

impl Place {
    fn fault(self, message: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { place: self, message: message.into(), remedy: remedy.into() }
    }
}

/// Finds the first thing that is wrong with `scenario`.
///
/// # Errors
///
/// The fault, with its place and its remedy.
pub fn check(scenario: &Scenario) -> Result<(), Fault> {
    check_title(&scenario.title)?;
    check_names(&scenario.processes)?;
    check_locks(scenario)?;
    check_units(scenario)?;
    for (who, process) in scenario.processes.iter().enumerate() {
        check_frame(who, process)?;
        Walk::new(scenario, who, process).check()?;
    }
    check_meetings(&scenario.processes)?;
    check_spelling(&scenario.processes)?;
    check_use(scenario)
}

fn check_title(title: &str) -> Result<(), Fault> {
    if title.trim().is_empty() {
        return Err(Place::Title.fault("the title is empty", "say in one line what is going to happen"));
    }
    if let Some(c) = title.chars().find(|c| c.is_control()) {
        return Err(Place::Title.fault(
            format!("the title contains the control character {}", c.escape_unicode()),
            "take it out; a title is one line of text",
        ));
    }
    if title.len() > LONGEST_TITLE {
        return Err(Place::Title
            .fault(format!("the title is {} bytes long", title.len()), format!("use at most {LONGEST_TITLE}")));
    }
    Ok(())
}

fn check_names(processes: &[Process]) -> Result<(), Fault> {
    if processes.is_empty() {
        return Err(Place::Scenario.fault("there is no process", "add a [[process]] with a name and steps"));
    }
    if processes.len() > MOST_PROCESSES {
        return Err(Place::Name(MOST_PROCESSES)
            .fault(format!("there are {} processes", processes.len()), format!("use at most {MOST_PROCESSES}")));
    }
    let mut taken = BTreeSet::new();
    for (who, Process { name, .. }) in processes.iter().enumerate() {
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count())
            && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        if !fits {
            return Err(Place::Name(who).fault(
                format!("`{}` can't name a process", excerpt(name, LONGEST_NAME)),
                format!("use 1 to {LONGEST_NAME} characters without white space"),
            ));
        }
        if !taken.insert(name) {
            return Err(
                Place::Name(who).fault(format!("two processes are called `{name}`"), "give each a name of its own")
            );
        }
    }
    Ok(())
}

/// What `[locks]` says of the kinds, and what follows from them.
fn check_locks(scenario: &Scenario) -> Result<(), Fault> {
    for (name, kind) in &scenario.locks {
        let place = Place::Lock(name.clone());
        if name == DATABASE {
            return Err(place.fault(
                format!("`{DATABASE}` is the database of `begin`, `insert` and `commit`, not a lock"),
                "take the line out, and set its kind with `on`",
            ));
        }
        if (*kind == LockKind::Mutex) != (scenario.on == LockKind::Mutex) {
            return Err(place.fault(
                format!(
                    "{kind} and {} don't mix: a mutex works between threads, the others between processes",
                    scenario.on
                ),
                "use a mutex for every lock, or for none",
            ));
        }
    }
    if scenario.on_deadlock == OnDeadlock::Victim && scenario.on == LockKind::Mutex {
        return Err(Place::OnDeadlock.fault(
            "threads of one process end together: no single one can be the victim",
            "take `on_deadlock` out, or use locks between processes",
        ));
    }
    if scenario.busy_timeout.is_some_and(|patience| patience.subsec_nanos() % 1_000_000 != 0) {
        return Err(
            Place::BusyTimeout.fault("SQLite counts its busy timeout in milliseconds", "use whole milliseconds")
        );
    }
    if scenario.busy_timeout.is_some() && !scenario.uses_sqlite() {
        return Err(Place::BusyTimeout.fault(
            "`busy_timeout` is for SQLite, which this scenario does not use",
            "take it out, or set on = \"sqlite\"",
        ));
    }
    Ok(())
}

/// How many units locks have.
fn check_units(scenario: &Scenario) -> Result<(), Fault> {
    for (name, count) in &scenario.units {
        let place = Place::Units(name.clone());
        if name == DATABASE {
            return Err(place.fault(
                format!("`{DATABASE}` is the database of `begin`, `insert` and `commit`, not a lock"),
                "take it out of `units`, or give the lock another name",
            ));
        }
        let shown = excerpt(name, LONGEST_NAME);
        if !(1..=MOST_UNITS).contains(count) {
            let remedy = format!("write a whole number from 1 to {MOST_UNITS}");
            return Err(place.fault(format!("{shown} has {}", units(*count)), remedy));
        }
        if scenario.locks.contains_key(name) {
            return Err(place.fault(
                format!("{shown} stands in `units` and in `[locks]`: a lock with units is of no kind"),
                "take it out of one of the two",
            ));
        }
    }
    Ok(())
}

/// So many units, in words.
fn units(count: u32) -> String {
    format!("{count} unit{}", if count == 1 { "" } else { "s" })
}

/// All of a process but what its steps do.
fn check_frame(who: usize, process: &Process) -> Result<(), Fault> {
    let name = &process.name;
    if process.rounds == Some(0) {
        return Err(Place::Rounds(who)
            .fault(format!("{name} makes 0 rounds"), "use 1 or more, or leave `rounds` out to make one"));
    }
    if process.lasting == Some(std::time::Duration::ZERO) {
        return Err(Place::Lasting(who)
            .fault(format!("{name} begins no round within 0s"), "use a longer time, or `rounds` to count"));
    }
    if let Some(Retry { base, cap, attempts, .. }) = &process.retry {
        if *attempts == 0 {
            return Err(
                Place::Retry(who).fault(format!("{name} has 0 attempts"), "use 1 or more; the first one counts")
            );
        }
        if base > cap {
            return Err(Place::Retry(who).fault(
                format!(
                    "the first pause of {name}, {}, is longer than its longest, {}",
                    duration::format(*base),
                    duration::format(*cap)
                ),
                "make `base` at most `cap`",
            ));
        }
    }
    match process.steps.len() {
        0 => Err(Place::Steps(who)
            .fault(format!("{name} has no steps"), r#"add some, such as "lock A", "work 1s", "unlock A""#)),
        count if count > MOST_STEPS => Err(Place::Step(who, MOST_STEPS).fault(
            format!("{name} has {count} steps"),
            format!("use at most {MOST_STEPS}; `rounds` and `for` repeat them"),
        )),
        _ => Ok(()),
    }
}

/// Processes that meet must meet equally often, or somebody waits for ever. Rounds don't count: how many there are
/// may depend on refusals and on time.
fn check_meetings(processes: &[Process]) -> Result<(), Fault> {
    let mut first: Option<(&Process, usize)> = None;
    for (who, process) in processes.iter().enumerate() {
        let meets = |step: &Step| matches!(step, Step::Meet);
        let count = process.steps.iter().filter(|step| meets(step)).count();
        let Some(last) = process.steps.iter().rposition(meets) else { continue };
        let (other, expected) = *first.get_or_insert((process, count));
        if count != expected {
            return Err(Place::Step(who, last).fault(
                format!(
                    "{} has {count} of `meet` and {} has {expected}: one of them would wait for ever",
                    process.name, other.name
                ),
                "give every process that meets the same number of `meet` steps",
            ));
        }
    }
    Ok(())
}

/// A lock's name is a file's name, and macOS and Windows take `A.lock` and `a.lock` for the same file.
fn check_spelling(processes: &[Process]) -> Result<(), Fault> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (who, process) in processes.iter().enumerate() {
        for (index, name) in process.steps.iter().enumerate().filter_map(|(i, step)| Some((i, step.lock_name()?))) {
            let first = *seen.entry(name.to_ascii_lowercase()).or_insert(name);
            if first != name {
                return Err(Place::Step(who, index).fault(
                    format!("`{name}` and `{first}` differ only in capitals, and some systems take them for one file"),
                    "give each lock a name of its own",
                ));
            }
        }
    }
    Ok(())
}

/// Every lock that `[locks]` or `units` names is used.
fn check_use(scenario: &Scenario) -> Result<(), Fault> {
    let used = scenario.lock_names();
    let locks = scenario.locks.keys().map(|name| (name, Place::Lock(name.clone())));
    let units = scenario.units.keys().map(|name| (name, Place::Units(name.clone())));
    match locks.chain(units).find(|(name, _)| !used.contains(name.as_str())) {
        None => Ok(()),
        Some((name, place)) => Err(place.fault(
            format!("no step uses the lock `{}`", excerpt(name, LONGEST_NAME)),
            "take it out, or use the lock in a step",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, check};
    use crate::scenario::{LockKind, parse};

    /// A right scenario can become wrong when its lock kind is replaced; there is no file to point into then.
    #[test]
    fn another_lock_kind_brings_other_rules() {
        let toml =
            "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nsteps = [\"lock A shared\", \"crash\"]\n";
        let mut scenario = parse(toml, "x").unwrap();
        scenario.on = LockKind::Sqlite;
        assert_eq!(check(&scenario), Ok(()));
        scenario.on = LockKind::Mutex;
        let fault = check(&scenario).unwrap_err();
        assert_eq!(fault.place, Place::Step(0, 0));
        let expected = "a mutex has no shared mode; write `lock A`, or use another kind of lock, such as flock";
        assert_eq!(fault.to_string(), expected);
    }
}
