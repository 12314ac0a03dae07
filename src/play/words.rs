//! What is said of processes, waits and goals.

use super::game::{Goal, Made};
use super::position::{Position, Stander, Standing, Waiting};
use super::way::MOST_STATES;
use crate::analysis::MEETING;
use crate::model::{Mode, Outcome, Phase, wanted};
use crate::report::{clean, grouped, list, plural};
use crate::scenario::{OnDeadlock, Process, Scenario, Step};
use crate::trace::{Edge, Event, Refusal, What};

/// The name of a process, fit for a terminal.
pub(super) fn name(scenario: &Scenario, who: usize) -> String {
    clean(scenario.processes.get(who).map_or("?", |process| process.name.as_str()))
}

pub(super) fn names(scenario: &Scenario, those: &[usize]) -> String {
    list(&those.iter().map(|&who| name(scenario, who)).collect::<Vec<_>>())
}

/// What there is to reach.
pub(super) fn goal(scenario: &Scenario, goal: Goal) -> String {
    let task = task(scenario, goal);
    match goal {
        Goal::Deadlock(_) => task.into(),
        Goal::FinishWithoutLoss(_) => format!("{task}; no schedule can deadlock"),
        Goal::Finish(Some(_)) if stores(scenario) => {
            format!("{task}; no schedule can deadlock, and none ends without the loss of a record")
        }
        Goal::Finish(Some(_)) => format!("{task}; no schedule can deadlock"),
        Goal::Finish(None) => "none; no schedule can deadlock, and none brings everyone to the end".into(),
        Goal::Either => format!(
            "make it deadlock, if that can be (it was not looked further than {} states), or bring everyone to the end",
            grouped(&MOST_STATES)
        ),
    }
}

/// What there is to do for a goal.
pub(super) fn task(scenario: &Scenario, goal: Goal) -> &'static str {
    match goal {
        Goal::Deadlock(_) => "make it deadlock in as few moves as you can",
        Goal::FinishWithoutLoss(_) if stores(scenario) => "bring everyone to the end without losing a record",
        _ => "bring everyone to the end",
    }
}

/// Whether records can be lost.
fn stores(scenario: &Scenario) -> bool {
    scenario.expected_rows() != Some(0)
}

/// What a process waits for: `P1 waits for B, which P2 holds`.
pub(super) fn waiting(scenario: &Scenario, position: &Position, who: usize) -> String {
    let stander = &position.processes[who];
    let others = names(scenario, &stander.blocked_by);
    let (name, does) = (name(scenario, who), does(scenario, position, who));
    match stander.waits_for {
        None => format!("nothing is in the way of {name}"),
        Some(MEETING) => format!("{name} waits at the meeting for {others}"),
        Some(_) if stander.blocked_by.is_empty() => format!("the snapshot of {name} is not the latest any more"),
        Some(lock) => match scenario.units.get(lock) {
            Some(&there) => {
                let taken: u32 = position.holders(lock).iter().filter_map(|(_, held)| held.units).sum();
                let free = there.saturating_sub(taken);
                format!("{name} {does} {lock}, and {free} of {there} are free")
            }
            None => format!("{name} {does} {lock}, which {others} {}", holds(stander.blocked_by.len())),
        },
    }
}

/// What a process does about a lock that it can't have: `waits for`, `would wait for 2 of`.
pub(super) fn does(scenario: &Scenario, position: &Position, who: usize) -> String {
    let stander = &position.processes[who];
    let does = match stander.waiting {
        Waiting::Asked => "waits for",
        Waiting::NotAsked => "would wait for",
        Waiting::Never => "would be refused",
    };
    units_wanted(scenario, position, who).map_or_else(|| does.to_owned(), |units| format!("{does} {units} of"))
}

/// How many units of a lock its step needs; `None` if that has none.
pub(super) fn units_wanted(scenario: &Scenario, position: &Position, who: usize) -> Option<u32> {
    step(&scenario.processes[who], &position.processes[who]).and_then(|step| wanted(scenario, step, None)?.units)
}

fn holds(count: usize) -> &'static str {
    if count == 1 { "holds" } else { "hold" }
}

/// The step that a process makes next, or is in.
pub(super) fn step<'a>(process: &'a Process, stander: &Stander) -> Option<&'a Step> {
    stander.place.step_of(&process.steps)
}

/// What a process can do where it stands, in a few words.
pub(super) fn standing(scenario: &Scenario, position: &Position, who: usize) -> String {
    let stander = &position.processes[who];
    let others = names(scenario, &stander.blocked_by);
    let by = match stander.blocked_by.is_empty() {
        true => "stale snapshot".into(),
        false => format!("blocked by {others}"),
    };
    match stander.standing {
        Standing::Free if stander.place.phase == Phase::Pending => "can go on".into(),
        Standing::Free => "can move".into(),
        Standing::Refusable => format!("{by}, may be refused"),
        Standing::Pends => format!("{by}, may wait inside"),
        Standing::Victim => format!("{by}, may be ended"),
        Standing::Blocked => by,
        Standing::AtMeeting => format!("at the meeting, for {others}"),
        Standing::Ended => "has ended".into(),
        Standing::Crashed => killed(scenario, who).into(),
    }
}

/// What became of a process that was killed: by a step of its own, or as the victim of a deadlock.
pub(super) fn killed(scenario: &Scenario, who: usize) -> &'static str {
    let crashes = scenario.processes.get(who).is_some_and(|process| process.steps.contains(&Step::Crash));
    match (crashes, scenario.on_deadlock) {
        (_, OnDeadlock::Watch) => "has crashed",
        (false, OnDeadlock::Victim) => "was ended",
        (true, OnDeadlock::Victim) => "has crashed or was ended",
    }
}

/// Those names in a sentence, one of which will do: `P1, P2 or P3`.
pub(super) fn any_of(scenario: &Scenario, those: &[usize]) -> String {
    let names: Vec<String> = those.iter().map(|&who| name(scenario, who)).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Where a process is in its rounds and attempts; empty if there is only one.
pub(super) fn progress(process: &Process, stander: &Stander) -> String {
    let place = &stander.place;
    let rounds = match process.round_count() {
        Some(1) | None => String::new(),
        Some(rounds) => format!("round {}/{rounds}", place.round),
    };
    let attempts = if place.attempt > 1 { format!("try {}", place.attempt) } else { String::new() };
    let parts = [rounds, attempts].into_iter().filter(|part| !part.is_empty() && !place.is_gone());
    parts.collect::<Vec<_>>().join(", ")
}

/// What became of a step, which was told so; empty if it was simply made.
pub(super) fn outcome(made: &Made, told: &[Event]) -> String {
    let what = match made.outcome {
        Outcome::Granted | Outcome::Comes => String::new(),
        Outcome::Refused => match refusal(made, told) {
            Some(why) => format!("refused: {} ({})", clean(&why.text), why.name),
            None => "refused".into(),
        },
        Outcome::Pends => "waits inside, at PENDING".into(),
        Outcome::Crashes => "crashes".into(),
        Outcome::Victim => "ended, as the victim".into(),
    };
    match made.lost {
        0 => what,
        lost if what.is_empty() => lose(lost),
        lost => format!("{what}; {}", lose(lost)),
    }
}

/// Who refused the lock of a move that was told so, and in what words.
pub(super) fn refusal<'e>(made: &Made, told: &'e [Event]) -> Option<&'e Refusal> {
    told.iter().filter(|event| event.who == made.choice.who).find_map(|event| match &event.what {
        What::Refused { why, .. } => Some(why),
        _ => None,
    })
}

/// The same, and if it was simply made, what that was: `gets A`, `lets A go`.
pub(super) fn came(made: &Made, told: &[Event]) -> String {
    match outcome(made, told) {
        words if !words.is_empty() => words,
        _ => {
            let own = told.iter().filter(|event| event.who == made.choice.who);
            let parts: Vec<String> = own.filter_map(|event| simply(&event.what)).collect();
            if parts.is_empty() { "makes its step".into() } else { parts.join(", ") }
        }
    }
}

fn simply(what: &What) -> Option<String> {
    let amount = |lock: &str, units: Option<u32>| match units {
        Some(units) => format!("{units} of {}", clean(lock)),
        None => clean(lock),
    };
    Some(match what {
        What::Gets { lock, mode: Mode::Exclusive, units } => format!("gets {}", amount(lock, *units)),
        What::Gets { lock, mode, units } => format!("gets {} ({mode})", amount(lock, *units)),
        What::Releases { lock, units, .. } => format!("lets {} go", amount(lock, *units)),
        What::Meets => "comes to the meeting".into(),
        What::Met => "goes on".into(),
        What::Works { .. } => "works".into(),
        What::Inserted => "inserts a row".into(),
        What::Committed { rows } => format!("commits {}", plural(*rows, "row")),
        What::RolledBack { .. } => "rolls back".into(),
        _ => return None,
    })
}

fn lose(lost: u64) -> String {
    match lost {
        1 => "a record is lost".into(),
        more => format!("{} are lost", plural(more, "record")),
    }
}

/// That records were lost by a move, and what that means for the goal; empty if none was.
pub(super) fn loss(lost: u64, goal: Option<Goal>) -> String {
    match (lost, lose(lost)) {
        (0, _) => String::new(),
        (1, text) => joined(&format!("{}.", text.replacen('a', "A", 1)), &goal_gone(lost, goal)),
        (_, text) => joined(&format!("{text}."), &goal_gone(lost, goal)),
    }
}

/// That the goal was not to lose what is lost now; empty where it was not.
pub(super) fn goal_gone(lost: u64, goal: Option<Goal>) -> String {
    match goal {
        Some(Goal::FinishWithoutLoss(_)) if lost > 0 => "The goal can't be reached any more.".into(),
        _ => String::new(),
    }
}

/// Two texts, one behind the other; each may be empty.
pub(super) fn joined(first: &str, second: &str) -> String {
    let between = if first.is_empty() || second.is_empty() { "" } else { " " };
    format!("{first}{between}{second}")
}

/// `P1 waits for B, which P2 holds; P2 would wait for 5 of tape, of which P1 holds 2`
pub(super) fn cycle(scenario: &Scenario, position: &Position, cycle: &[Edge]) -> String {
    const MOST: usize = 8;
    let arrow = |edge: &Edge| {
        let (waiter, holder) = (name(scenario, edge.waiter), name(scenario, edge.holder));
        match edge.lock.as_str() {
            MEETING => format!("{waiter} waits at the meeting for {holder}"),
            lock => {
                let does = does(scenario, position, edge.waiter);
                let holders = position.holders(lock);
                let held = holders.iter().find(|(who, _)| *who == edge.holder).and_then(|(_, held)| held.units);
                match held {
                    Some(units) => format!("{waiter} {does} {lock}, of which {holder} holds {units}"),
                    None => format!("{waiter} {does} {lock}, which {holder} holds"),
                }
            }
        }
    };
    let mut parts: Vec<String> = cycle.iter().take(MOST).map(arrow).collect();
    if cycle.len() > MOST {
        parts.push(format!("and so on, {} in all", cycle.len()));
    }
    parts.join("; ")
}

/// `in 4 moves; the shortest takes 2`
pub(super) fn how_far(moves: usize, shortest: Option<usize>) -> String {
    let made = match moves {
        0 => "with no move made yet".to_owned(),
        _ => format!("in {}", plural(moves as u64, "move")),
    };
    match shortest {
        Some(shortest) if shortest == moves => format!("{made}, and no way is shorter"),
        Some(shortest) => format!("{made}; the shortest takes {shortest}"),
        None => made,
    }
}
