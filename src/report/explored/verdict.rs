//! What follows from the numbers, in sentences.

use num_bigint::BigUint;

use super::Exploration;
use crate::explore::{Answer, Cycle, Loops, Schedules, Stopped};
use crate::model::MOST_COUNTED_ATTEMPTS;
use crate::report::paint::Style;
use crate::report::words::{clean, grouped, list, name};
use crate::scenario::{OnDeadlock, Process, Scenario, Step, format_schedule};

/// A proof, a warning, and what is not known.
pub(super) fn verdict(exploration: &Exploration, style: Style) -> String {
    let Exploration { scenario, answer, .. } = exploration;
    let explored = &answer.explored;
    let states = match explored.states {
        1 => "1 state".into(),
        states => format!("{} states", grouped(&states)),
    };
    let mut sentences = vec![match (explored.deadlock_states, explored.stopped) {
        (0, None) => proof(scenario, answer, &states, style),
        (0, Some(_)) => style
            .warn(&format!("No deadlock among the {states} visited. Whether there is one beyond them is not known.")),
        (_, None) if is_certain(&explored.schedules) => style.bad("A deadlock is certain: every schedule ends in one."),
        (_, None) => style.bad("A deadlock is possible."),
        (_, Some(_)) => style.bad("A deadlock is possible. What else there is beyond these states is not known."),
    }];
    sentences.extend(losses(scenario, &explored.schedules));
    if let Some((_, loops)) = &answer.endless {
        sentences.extend(endless(scenario, loops, explored.deadlock_states > 0, style));
    }
    sentences.extend(unknown(answer).map(|sentence| style.warn(&sentence)));
    if !answer.tireless.is_empty() {
        let names: Vec<String> = answer.tireless.iter().map(|&who| clean(name(scenario, who))).collect();
        sentences.push(format!(
            "More than {MOST_COUNTED_ATTEMPTS} attempts are taken as attempts without end: {}.",
            list(&names)
        ));
    }
    sentences.iter().map(|sentence| style.wrap(sentence, "  ")).collect()
}

/// Whether no schedule ends well.
fn is_certain(schedules: &Option<Schedules>) -> bool {
    matches!(schedules, Some(Schedules::Counted { all, deadlocked, .. }) if all == deadlocked)
}

/// Who is refused, and what gets lost.
fn losses(scenario: &Scenario, schedules: &Option<Schedules>) -> Option<String> {
    let Some(Schedules::Counted { all, refused, losing, .. }) = schedules else { return None };
    let none = BigUint::ZERO;
    if *refused == none && *losing == none {
        return None;
    }
    let (refusals, all, losses) = (grouped(refused), grouped(all), grouped(losing));
    if *refused == none {
        return Some(format!(
            "A record is lost in {losses} of {all} schedules: its process is killed before it commits."
        ));
    }
    let time_outs = match has_time_outs(scenario) {
        true => {
            " Here a time-out may fire at any moment while a lock is taken, however long it is; \
             `lesson run --simulate` keeps the time."
        }
        false => "",
    };
    Some(format!("Somebody is refused in {refusals} of {all} schedules, and a record is lost in {losses}.{time_outs}"))
}

/// No deadlock: what that is worth.
fn proof(scenario: &Scenario, answer: &Answer, states: &str, style: Style) -> String {
    if answer.first && answer.program.is_monotone() {
        return style.good(&format!(
            "No deadlock is possible: {states} were enough to prove it. Steps that disturb nobody were made at once, \
             which leaves states out, but no deadlock."
        ));
    }
    let proved = format!("No deadlock is possible: all {states} were visited");
    match answer.explored.safety {
        None => style.good(&format!("{proved}.")),
        Some(safety) if safety.unsafe_ == 0 => {
            let killed = if somebody_may_be_killed(scenario) { ", or be killed" } else { "" };
            style.good(&format!("{proved}, and from each of them everybody can still end{killed}."))
        }
        Some(safety) => style.warn(&format!(
            "{proved}. But from {} of them no end of everybody can be reached: somebody goes on for ever.",
            grouped(&safety.unsafe_)
        )),
    }
}

/// Whether a process may come to its end by being killed.
pub(super) fn somebody_may_be_killed(scenario: &Scenario) -> bool {
    let crash = |process: &Process| process.steps.contains(&Step::Crash);
    scenario.on_deadlock == OnDeadlock::Victim || scenario.processes.iter().any(crash)
}

/// Whether a wait in it has a limit that is more than a single try.
fn has_time_outs(scenario: &Scenario) -> bool {
    let is_limited = |step: &Step| matches!(step, Step::Lock { within: Some(limit), .. } if !limit.is_zero());
    let limited = scenario.processes.iter().flat_map(|process| &process.steps).any(is_limited);
    limited || scenario.uses_sqlite() && !scenario.busy_timeout().is_zero()
}

/// Livelock and starvation; `deadlocks` if there is a deadlock too, in which everybody in it is kept waiting.
fn endless(scenario: &Scenario, loops: &Loops, deadlocks: bool, style: Style) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.push(match &loops.livelock {
        None => {
            "No livelock is possible: if all who can move get their turn, nobody moves for ever without finishing a \
                 round."
                .into()
        }
        Some(cycle) => style.bad(&format!(
            "A livelock is possible. {}, and nobody has finished a round: unless somebody gives up, that can go on \
             for ever.",
            goes_round(scenario, cycle)
        )),
    });
    sentences.push(match loops.starving.as_slice() {
        [] => {
            let apart = if deadlocks { "Apart from the deadlock, nobody" } else { "Nobody" };
            format!("{apart} can starve: be kept waiting for ever while others finish their rounds.")
        }
        starving => {
            let names: Vec<String> = starving.iter().map(|(who, _)| clean(name(scenario, *who))).collect();
            let (first, cycle) = (&names[0], &starving[0].1);
            style.bad(&format!(
                "Starvation is possible: {} can be kept from finishing a round for ever while others finish theirs. \
                 {}, and {first} has not finished a round.",
                list(&names),
                goes_round(scenario, cycle)
            ))
        }
    });
    sentences
}

/// The moves of a cycle: `After P1 the moves P2 P1 lead back to where they began`.
fn goes_round(scenario: &Scenario, cycle: &Cycle) -> String {
    let moves = |movers: &[usize]| clean(&format_schedule(movers, scenario));
    let into = match cycle.into.movers.as_slice() {
        [] => "From the start".into(),
        movers => format!("After {}", moves(movers)),
    };
    format!("{into} the moves {} lead back to where they began", moves(&cycle.around.movers))
}

/// What nobody knows, and why.
fn unknown(answer: &Answer) -> Option<String> {
    let explored = &answer.explored;
    let why = match explored.stopped {
        Some(Stopped::First) => return None,
        None if answer.first => {
            return Some(
                "Nothing else was looked at: without --first it counts the schedules, and says whether somebody can \
                 go on without end, or starve."
                    .into(),
            );
        }
        _ if answer.interrupted => "it was interrupted",
        Some(Stopped::States) => "--max-states was reached",
        Some(Stopped::Memory) => "--max-memory was reached",
        _ => "that takes more than --max-memory or --max-states allows",
    };
    // Where schedules have no end, the chance comes of equations that may not settle.
    let unsettled = explored.schedules == Some(Schedules::Infinite) && !answer.interrupted;
    let unknown = [
        (explored.schedules.is_none(), "how many schedules there are"),
        (explored.p_deadlock.is_none() && !unsettled, "how likely a deadlock is"),
        (explored.safety.is_none(), "from which states everybody can still end"),
        (answer.endless.is_none(), "whether somebody can go on without end, or starve"),
    ];
    let unknown: Vec<String> =
        unknown.into_iter().filter(|(is_unknown, _)| *is_unknown).map(|(_, what)| what.to_owned()).collect();
    if unsettled && explored.p_deadlock.is_none() {
        return Some("How likely a deadlock is is not known: the equations of the states do not settle.".into());
    }
    (!unknown.is_empty()).then(|| format!("Not known, because {why}: {}.", unknown.join("; ")))
}
