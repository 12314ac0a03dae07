//! `lesson play --moves ... --json`: one document, with names that scripts may rely on.
//!
//! ```text
//! { "lesson": "0.1.0",            version that wrote it
//!   "command": "play",
//!   "title": "...",
//!   "real": false,                whether real processes made the moves
//!   "goal": "deadlock",           deadlock | finish | finish_without_loss | either
//!   "shortest": 2,                moves that it takes at least; null if that is not known
//!   "ok": true,                   the goal was reached: exit status 0
//!   "outcome": "deadlocked",      deadlocked | finished | open
//!   "moves": [ { "who": "P1", "step": "lock A", "outcome": "", "loses_record": false,
//!                "lost": 0,                  records that it loses
//!                "told": "gets A",           what came of it, in words
//!                "refusal": null } ],        SQLITE_BUSY | SQLITE_BUSY_SNAPSHOT | EDEADLK | EWOULDBLOCK | timeout
//!   "refused": 0,
//!   "lost": 0,                    records, in all
//!   "cycle": ["P1", "P2"],        of processes that can't go on; else []
//!   "processes": [ { "name": "P1", "step": "lock B", "round": 1, "attempt": 1, "can_move": false,
//!                    "standing": "blocked",   free | refusable | pends | victim | blocked | at_meeting | ended |
//!                                             crashed
//!                    "waits_for": "B",      what it can't have now, also if it has yet to ask, or never waits
//!                    "waits_for_units": null, so many of its units
//!                    "asked": true,         it has asked for that and waits
//!                    "blocked_by": ["P2"], "holds": ["A"] } ],
//!   "locks": [ { "name": "A", "units": null, "free": null, "holders": ["P1"], "waiters": ["P2"],
//!                "held": [ { "who": "P1", "units": null } ] } ],      so many of its units
//!   "hint": { "deadlock_in": 2, "goal_in": 2, "next": "P1" },   null where there is no way, or none was found
//!   "kernel": null,               of real processes: [ { "raw": "...", "means": "..." } ], lines of /proc/locks
//!   "verdict": "Deadlock in 2 moves, ..." }
//! ```
//!
//! New names may be added; these stay.

use serde_json::{Value, json};

use super::game::{Game, Goal, Made};
use super::hint::Hint;
use super::page::moves;
use super::position::{Position, Standing, Waiting};
use super::reality::Reality;
use super::verdict::Verdict;
use super::words;
use crate::scenario::Scenario;
use crate::trace::{Event, WitnessLine};

/// The document of a game; `real` if real processes carried it out.
pub fn document(game: &Game, real: Option<&Reality>) -> Value {
    let verdict = Verdict::of(game, real);
    let position = real.map_or_else(|| game.position(), |real| real.position(game));
    let scenario = game.scenario();
    let name = |who: usize| scenario.processes[who].name.as_str();
    let hint = Hint::of(game);
    let way = hint.goal.moves();
    let line = |line: &WitnessLine| json!({ "raw": line.raw.trim_end(), "means": line.means });
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "play",
        "title": scenario.title,
        "real": real.is_some(),
        "goal": match game.goal() {
            Goal::Deadlock(_) => "deadlock",
            Goal::Finish(_) => "finish",
            Goal::FinishWithoutLoss(_) => "finish_without_loss",
            Goal::Either => "either",
        },
        "shortest": verdict.shortest,
        "ok": verdict.reached,
        "outcome": verdict.ending.name(),
        "moves": moves_of(game),
        "refused": verdict.refused,
        "lost": verdict.lost,
        "cycle": verdict.cycle.iter().map(|edge| name(edge.waiter)).collect::<Vec<_>>(),
        "processes": (0..scenario.processes.len()).map(|who| process(scenario, &position, who)).collect::<Vec<_>>(),
        "locks": scenario.lock_names().into_iter().map(|lock| lock_of(scenario, &position, lock)).collect::<Vec<_>>(),
        "hint": {
            "deadlock_in": hint.deadlock.moves().map(<[_]>::len),
            "goal_in": way.map(<[_]>::len),
            "next": way.and_then(<[_]>::first).map(|choice| name(choice.who)),
        },
        "kernel": real.map(|real| real.kernel().iter().map(line).collect::<Vec<_>>()),
        "verdict": verdict.text(game),
    })
}

fn moves_of(game: &Game) -> Vec<Value> {
    let move_of = |(([_, _, step, came], made), told): (([String; 4], &Made), Vec<Event>)| {
        json!({
            "who": game.scenario().processes[made.choice.who].name,
            "step": step,
            "outcome": words::outcome(made, &[]),
            "loses_record": made.lost > 0,
            "lost": made.lost,
            "told": came,
            "refusal": words::refusal(made, &told).map(|why| &why.name),
        })
    };
    moves(game).zip(game.past()).zip(game.told()).map(move_of).collect()
}

fn process(scenario: &Scenario, position: &Position, who: usize) -> Value {
    let (process, stander) = (&scenario.processes[who], &position.processes[who]);
    let name = |who: &usize| scenario.processes[*who].name.clone();
    json!({
        "name": process.name,
        "step": words::step(process, stander).map(ToString::to_string),
        "round": stander.place.round,
        "attempt": stander.place.attempt,
        "can_move": stander.standing.can_move(),
        "standing": match stander.standing {
            Standing::Free => "free",
            Standing::Refusable => "refusable",
            Standing::Pends => "pends",
            Standing::Victim => "victim",
            Standing::Blocked => "blocked",
            Standing::AtMeeting => "at_meeting",
            Standing::Ended => "ended",
            Standing::Crashed => "crashed",
        },
        "waits_for": stander.waits_for,
        "waits_for_units": stander.waits_for.and_then(|_| words::units_wanted(scenario, position, who)),
        "asked": stander.waits_for.is_some() && stander.waiting == Waiting::Asked,
        "blocked_by": stander.blocked_by.iter().map(name).collect::<Vec<_>>(),
        "holds": stander.holds.iter().map(|held| held.lock).collect::<Vec<_>>(),
    })
}

fn lock_of(scenario: &Scenario, position: &Position, lock: &str) -> Value {
    let name = |who: &usize| scenario.processes[*who].name.clone();
    let units = scenario.units.get(lock);
    let holders = position.holders(lock);
    let taken: u32 = holders.iter().filter_map(|(_, held)| held.units).sum();
    let held = holders.iter().map(|(who, held)| json!({ "who": name(who), "units": held.units }));
    json!({
        "name": lock,
        "units": units,
        "free": units.map(|there| there.saturating_sub(taken)),
        "holders": position.holders(lock).iter().map(|(who, _)| name(who)).collect::<Vec<_>>(),
        "waiters": position.waiters(lock, Waiting::Asked).iter().map(name).collect::<Vec<_>>(),
        "held": held.collect::<Vec<_>>(),
    })
}
