//! What a process holds where it stands, in words that can be shown.

use super::Mode;
use super::context::{Context, advance, count_units};
use super::stand::{Phase, Place};
use crate::scenario::{DATABASE, Process, Scenario};

/// One lock that a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding<'a> {
    /// Its name; [`DATABASE`] for the one database.
    pub lock: &'a str,
    /// How it is held. Units are always held alone.
    pub mode: Mode,
    /// How many units of it, for a lock that has units.
    pub units: Option<u32>,
}

/// All that a process holds where it stands; the oldest first, the database last.
pub fn holdings<'a>(scenario: &Scenario, process: &'a Process, place: &Place) -> Vec<Holding<'a>> {
    if place.is_gone() {
        return Vec::new();
    }
    let (mut context, mut held, mut units) = (Context::default(), Vec::new(), Vec::<(&str, u16)>::new());
    for step in process.steps.iter().take(place.step) {
        let Some(name) = step.lock_name().filter(|name| scenario.units.contains_key(*name)) else {
            advance(&mut context, &mut held, step, scenario);
            continue;
        };
        if !units.iter().any(|(lock, _)| *lock == name) {
            units.push((name, 0));
        }
        units.iter_mut().filter(|(lock, _)| *lock == name).for_each(|(_, count)| count_units(count, step));
    }
    let pending = (place.phase == Phase::Pending).then_some(Mode::Pending);
    let database = pending.or(context.database).map(|mode| (DATABASE, mode));
    let whole = held.into_iter().chain(database).map(|(lock, mode)| Holding { lock, mode, units: None });
    let counted = units.into_iter().filter(|(_, count)| *count > 0);
    let counted = counted.map(|(lock, count)| Holding { lock, mode: Mode::Exclusive, units: Some(u32::from(count)) });
    counted.chain(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{LockKind, Scenario};

    fn check(steps: &str, at: usize, phase: Phase, expected: &str) {
        let steps = steps.split(", ").map(|step| step.parse().unwrap()).collect();
        let mut scenario = Scenario::new("t", LockKind::Sqlite, vec![Process::new("P1", steps)]);
        scenario.units.insert("tape".into(), 3);
        let place = Place { step: at, phase, ..Place::START };
        let held = holdings(&scenario, &scenario.processes[0], &place);
        let word = |held: &Holding| match held.units {
            Some(units) => format!("{} {units}", held.lock),
            None => format!("{} {}", held.lock, held.mode),
        };
        assert_eq!(held.iter().map(word).collect::<Vec<_>>().join(", "), expected, "before step {at}");
    }

    #[test]
    fn it_follows_from_the_steps_before() {
        let steps = "lock tape 2, lock A shared, lock tape, begin, select, insert, commit, unlock tape 1, unlock A";
        let expected = ["", "tape 2", "tape 2, A SHARED", "tape 3, A SHARED", "tape 3, A SHARED"];
        for (at, expected) in expected.into_iter().enumerate() {
            check(steps, at, Phase::Step, expected);
        }
        check(steps, 5, Phase::Step, "tape 3, A SHARED, database SHARED");
        check(steps, 6, Phase::Step, "tape 3, A SHARED, database RESERVED");
        check(steps, 6, Phase::Pending, "tape 3, A SHARED, database PENDING");
        check(steps, 7, Phase::Step, "tape 3, A SHARED");
        check(steps, 8, Phase::Step, "tape 2, A SHARED");
        check(steps, 8, Phase::Crashed, "");
    }
}
