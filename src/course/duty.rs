//! Is the work still done? An empty program has no deadlock; it is no solution either.
//!
//! Each process of the exercise has to be there still, with as many rounds, or transactions that do as much. On file
//! locks and mutexes it has to work for as long as before while it holds the same locks, or more; in which order it
//! takes them is its own affair. On SQLite its transactions have to read and write what they did, in that order; it may
//! work before the transaction instead of in it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::scenario::{Process, Scenario, Step, duration};

/// Rounds are put in a row up to so many steps.
const LONGEST_UNROLLED: usize = 10_000;

/// What a process holds at a moment: for each lock whether it holds it alone, and how many of its units.
type Held<'a> = BTreeMap<&'a str, (bool, u32)>;

/// What a repaired scenario does no more, in sentences; empty if the work is still done.
pub(super) fn missing(shipped: &Scenario, repaired: &Scenario) -> Vec<String> {
    let mut missing = Vec::new();
    for process in &shipped.processes {
        match repaired.processes.iter().find(|other| other.name == process.name) {
            Some(other) => missing.extend(less(process, other).map(|what| format!("{} {what}", process.name))),
            None => missing.push(format!("{} is gone", process.name)),
        }
    }
    let has_other = |lock: &&str| shipped.units.get(*lock) != repaired.units.get(*lock);
    missing.extend(shipped.lock_names().into_iter().filter(has_other).map(|lock| format!("{lock} has other units")));
    missing
}

/// Who works longer than before, in all rounds together: that may be to come later.
pub(super) fn later(shipped: &Scenario, repaired: &Scenario) -> Vec<String> {
    let all = |process: &Process| work(process).saturating_mul(process.round_count().unwrap_or(1));
    let before = |name: &str| shipped.processes.iter().find(|process| process.name == name).map(all);
    let is_later = |process: &&Process| before(&process.name).is_some_and(|before| all(process) > before);
    repaired.processes.iter().filter(is_later).map(|process| process.name.clone()).collect()
}

/// How long a process works in a round.
fn work(process: &Process) -> Duration {
    let works = process.steps.iter().filter_map(|step| if let Step::Work(time) = step { Some(*time) } else { None });
    works.fold(Duration::ZERO, Duration::saturating_add)
}

/// What a process does less, the first of it.
fn less(before: &Process, now: &Process) -> Option<String> {
    if !has_fewer_rounds(before, now) {
        return less_in_a_round(before, now);
    }
    let is_still_done = match (unrolled(before), unrolled(now)) {
        (Some(before), Some(now)) => less_in_a_round(&before, &now).is_none(),
        _ => false,
    };
    (!is_still_done).then(|| "has fewer rounds".into())
}

/// One round that does in a row what all rounds do: of a process with transactions, which can be counted, if it is not
/// long.
fn unrolled(process: &Process) -> Option<Process> {
    let rounds = process.round_count().filter(|_| process.lasting.is_none())? as usize;
    let is_plain = |step: &Step| *step != Step::Crash;
    let transacts = process.steps.iter().any(Step::is_transaction);
    let fits = transacts
        && process.steps.len().saturating_mul(rounds) <= LONGEST_UNROLLED
        && process.steps.iter().all(is_plain);
    fits.then(|| Process { steps: vec![process.steps.as_slice(); rounds].concat(), rounds: Some(1), ..process.clone() })
}

fn has_fewer_rounds(before: &Process, now: &Process) -> bool {
    match (before.round_count(), now.round_count()) {
        (Some(before), Some(now)) => now < before,
        (None, Some(_)) | (Some(_), None) => true, // time may end them early
        (None, None) => now.lasting < before.lasting,
    }
}

/// What a process does less in each round.
fn less_in_a_round(before: &Process, now: &Process) -> Option<String> {
    let meetings = |process: &Process| process.steps.iter().filter(|step| **step == Step::Meet).count();
    if meetings(now) < meetings(before) {
        return Some("does not come to every meeting any more".into());
    }
    let crashes = |process: &Process| process.steps.iter().filter(|step| **step == Step::Crash).count();
    match crashes(now).cmp(&crashes(before)) {
        Ordering::Less => return Some("does not crash any more: that is what has to be survived".into()),
        Ordering::Greater => return Some("crashes, and did not before: that is no end of its work".into()),
        Ordering::Equal => {}
    }
    if before.steps.iter().any(Step::is_transaction) {
        return less_in_transactions(before, now);
    }
    let (before, now) = (moments(before), moments(now));
    before.iter().find_map(|(held, _)| {
        let (had, has) = (worked(&before, held), worked(&now, held));
        let words = || held.keys().copied().collect::<Vec<_>>().join(" and ");
        match (had, has) {
            (Some(had), Some(has)) if has < had && held.is_empty() => {
                Some(format!("works for {} a round and not for {}", duration::format(has), duration::format(had)))
            }
            (Some(had), Some(has)) if has < had => Some(format!(
                "works for {} with {} and not for {}",
                duration::format(has),
                words(),
                duration::format(had)
            )),
            (Some(_), None) => Some(format!("never holds {} at once", words())),
            _ => None,
        }
    })
}

/// What is held after each step, and how long it works with that.
fn moments(process: &Process) -> Vec<(Held<'_>, Duration)> {
    let mut held = Held::new();
    let mut moments = Vec::new();
    for step in &process.steps {
        let mut work = Duration::ZERO;
        match step {
            Step::Lock { name, shared, units, .. } => {
                let (_, has) = held.get(name.as_str()).copied().unwrap_or_default();
                held.insert(name, (!shared, has + units.unwrap_or(1)));
            }
            Step::Unlock { name, units } => {
                let left = held.get(name.as_str()).and_then(|(_, has)| has.checked_sub((*units)?)).unwrap_or(0);
                held.remove(name.as_str());
                (left > 0).then(|| held.insert(name, (true, left)));
            }
            Step::Work(time) => work = *time,
            _ => {}
        }
        moments.push((held.clone(), work));
    }
    moments
}

/// How long it works while it holds at least this; `None` if it never holds it.
fn worked(moments: &[(Held, Duration)], least: &Held) -> Option<Duration> {
    let has = |held: &Held, (name, (alone, units)): (&&str, &(bool, u32))| {
        held.get(name).is_some_and(|(is_alone, has)| (*is_alone || !alone) && has >= units)
    };
    let with = moments.iter().filter(|(held, _)| least.iter().all(|wanted| has(held, wanted)));
    with.map(|(_, work)| *work).reduce(Duration::saturating_add)
}

fn less_in_transactions(before: &Process, now: &Process) -> Option<String> {
    let mut there = transactions(now).into_iter();
    let mut rest = there.next().unwrap_or_default();
    for wanted in transactions(before) {
        loop {
            if let Some(left) = after(&rest, &wanted) {
                rest = left;
                break;
            }
            let Some(next) = there.next() else {
                let steps: Vec<String> = wanted.iter().map(Step::to_string).collect();
                return Some(format!("has no transaction any more with {}", steps.join(", ")));
            };
            rest = next;
        }
    }
    let (had, has) = (work(before), work(now));
    let text = || format!("works for {} a round and not for {}", duration::format(has), duration::format(had));
    (has < had).then(text)
}

/// What each transaction that is committed reads and writes.
fn transactions(process: &Process) -> Vec<Vec<Step>> {
    let (mut done, mut open) = (Vec::new(), Vec::new());
    for step in &process.steps {
        match step {
            Step::Select | Step::Insert => open.push(step.clone()),
            Step::Commit => done.push(std::mem::take(&mut open)),
            Step::Rollback => open.clear(),
            _ => {}
        }
    }
    done
}

/// What is left of a transaction when these steps were found in it, in their order.
fn after(there: &[Step], wanted: &[Step]) -> Option<Vec<Step>> {
    let mut rest = there.iter();
    wanted.iter().all(|step| rest.any(|found| found == step)).then(|| rest.cloned().collect())
}
