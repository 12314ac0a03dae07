//! `lesson explore --json`: one document, with names that scripts may rely on.
//!
//! ```text
//! { "lesson": "0.1.0",             version that wrote it
//!   "command": "explore",
//!   "ok": false,                   no deadlock is possible: exit status 0
//!   "title": "...",
//!   "on": "flock",
//!   "processes": ["P1", "P2"],
//!   "complete": true,              it was not stopped: no state was left out that could matter to what was asked
//!   "stopped": null,               why it was: first | states | memory | interrupted
//!   "states": 19,                  visited; with --first steps that disturb nobody are made at once, which takes fewer
//!   "transitions": 22,             moves made between them
//!   "schedules": "6",              complete ones; null if not known, or if there is no end of them
//!   "deadlocked_schedules": "2",   of them; null likewise
//!   "refused_schedules": "0",      of them with a refusal
//!   "losing_schedules": "0",       of them that lose a record
//!   "endless_schedules": false,    some never end; null if not known
//!   "deadlock_states": 1,
//!   "finished_states": 1,
//!   "safe_states": 18,             from which everybody can still end; null if not known
//!   "unsafe_states": 0,            from which nobody can, though somebody can move; null if not known
//!   "p_deadlock": "1/2",           a reduced fraction; a number where it is not exact; null if not known
//!   "shortest": 2,                 moves to the nearest deadlock of those found; null if none was
//!   "schedule": "P1 P2",           these moves, for `lesson run --schedule`; null likewise
//!   "point_of_no_return": 2,       the move after which nothing avoids it; null if not known, or there from the start
//!   "cycle": ["P1", "P2"],         of that deadlock
//!   "blocked_behind": [],
//!   "livelock": false,             null if not known
//!   "livelock_schedule": null,     { "into": "P1", "around": "P2 P1" }
//!   "starvation": false,           null if not known
//!   "starving": [],                who can starve
//!   "starving_schedules": [] }     and how, for each: { "into": "", "around": "P1 P1 P2" }
//! ```
//!
//! Counts that can outgrow 2^53 are decimal strings. New names may be added; these stay.

use serde_json::{Value, json};

use super::{Exploration, tell, walk};
use crate::explore::{Cycle, Probability, Schedules, Stopped};
use crate::report::words::name;
use crate::scenario::{Scenario, format_schedule};

/// The document of an exploration.
pub fn document(exploration: &Exploration) -> Value {
    let Exploration { scenario, answer, .. } = exploration;
    let explored = &answer.explored;
    let names = |who: &[usize]| -> Vec<&str> { who.iter().map(|&who| name(scenario, who)).collect() };
    // What comes behind the search can be interrupted, too.
    let stopped = explored.stopped.or(answer.interrupted.then_some(Stopped::Interrupted));
    let path = explored.shortest.as_ref();
    let stuck = path.map(|path| tell(&walk(exploration, path)).1);
    let cycle = stuck.iter().flat_map(|stuck| stuck.cycles.first()).flatten().map(|edge| edge.waiter);
    let behind = stuck.iter().flat_map(|stuck| &stuck.blocked_behind).map(|edge| edge.waiter);
    let (cycle, behind): (Vec<usize>, Vec<usize>) = (cycle.collect(), behind.collect());
    let counted = |which: fn(&Schedules) -> Option<String>| explored.schedules.as_ref().and_then(which);
    let loops = answer.endless.as_ref().map(|(_, loops)| loops);
    let livelock = loops.and_then(|loops| loops.livelock.as_ref());
    let starving = loops.map_or(&[][..], |loops| &loops.starving);
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "explore",
        "ok": explored.deadlock_states == 0 && stopped.is_none(),
        "title": scenario.title,
        "on": scenario.on.name(),
        "processes": names(&(0..scenario.processes.len()).collect::<Vec<_>>()),
        "complete": stopped.is_none(),
        "stopped": stopped.map(|stopped| match stopped {
            Stopped::First => "first",
            Stopped::States => "states",
            Stopped::Memory => "memory",
            Stopped::Interrupted => "interrupted",
        }),
        "states": explored.states,
        "transitions": explored.transitions,
        "schedules": counted(|schedules| count(schedules, 0)),
        "deadlocked_schedules": counted(|schedules| count(schedules, 1)),
        "refused_schedules": counted(|schedules| count(schedules, 2)),
        "losing_schedules": counted(|schedules| count(schedules, 3)),
        "endless_schedules": explored.schedules.as_ref().map(|schedules| *schedules == Schedules::Infinite),
        "deadlock_states": explored.deadlock_states,
        "finished_states": explored.finished_states,
        "safe_states": explored.safety.map(|safety| safety.safe),
        "unsafe_states": explored.safety.map(|safety| safety.unsafe_),
        "p_deadlock": explored.p_deadlock.as_ref().map(|p| match p {
            Probability::Exact(above, below) => json!(format!("{above}/{below}")),
            Probability::About(p) => json!(p),
        }),
        "shortest": path.map(|path| path.movers.len()),
        "schedule": path.map(|path| format_schedule(&path.movers, scenario)),
        "point_of_no_return": path.and_then(|path| path.safe_moves).map(|safe| safe + 1),
        "cycle": names(&cycle),
        "blocked_behind": names(&behind),
        "livelock": loops.map(|_| livelock.is_some()),
        "livelock_schedule": livelock.map(|cycle| turns(scenario, cycle)),
        "starvation": loops.map(|loops| !loops.starving.is_empty()),
        "starving": names(&starving.iter().map(|(who, _)| *who).collect::<Vec<_>>()),
        "starving_schedules": starving.iter().map(|(_, cycle)| turns(scenario, cycle)).collect::<Vec<_>>(),
    })
}

/// The schedule into a cycle, and around it.
fn turns(scenario: &Scenario, cycle: &Cycle) -> Value {
    json!({
        "into": format_schedule(&cycle.into.movers, scenario),
        "around": format_schedule(&cycle.around.movers, scenario),
    })
}

/// One of the four counts, as a decimal string.
fn count(schedules: &Schedules, which: usize) -> Option<String> {
    match schedules {
        Schedules::Counted { all, deadlocked, refused, losing } => {
            Some([all, deadlocked, refused, losing][which].to_string())
        }
        Schedules::Infinite => None,
    }
}
