//! The playable page: the learner is the scheduler, and every state is known beforehand. The script only follows the
//! moves from state to state; what a state is, what is said of it and what it looks like was computed here.

mod data;
#[cfg(test)]
mod tests;

use maud::{Markup, html};

use super::circle;
use super::frame::{Page, json};
use crate::explore::{Extent, Map, Path};
use crate::model::{Program, TooLarge};
use crate::report::{clean, cut, grouped};
use crate::scenario::Scenario;
use data::{Data, Reader};

/// The most states that a page has.
pub const MOST_STATES: usize = 40_000;

/// The most bytes that its data may take.
pub const MOST_BYTES: usize = 5_000_000;

/// The most states that are looked at to find all shortest ways to a deadlock.
const MOST_LOOKED_AT: usize = 300_000;

/// Columns of a title on a page.
const LONGEST_TITLE: usize = 300;

/// Why the command of moves with a time-out or a refusal in them is for the model.
const PLAYED: &str = "A time-out may fire at any moment here. Real locks keep their time: moves with a refusal in them \
                      are played again by the command below, not run.";

/// What is to be played.
pub struct Playable<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The same, compiled.
    pub program: &'a Program,
    /// The scenario on a command line; `None` if it can't be named there.
    pub source: Option<String>,
    /// What else is known of it, as text.
    pub said: Option<String>,
    /// The most states, at most [`MOST_STATES`].
    pub most_states: usize,
}

/// The page with all states. Where they are too many `way` finds a shortest way to a deadlock if there is one, else one
/// to the end: the page has the states of all ways to a deadlock that are as short, or if these are too many, too, of
/// that one way; and it says so.
///
/// # Errors
/// There are too many states, and no way was found; or a page with those of the way is too large, too.
pub fn game(playable: &Playable, way: impl FnOnce() -> Option<Path>) -> Result<String, TooLarge> {
    let Playable { program, most_states, .. } = playable;
    let whole = Map::whole(program, (*most_states).min(MOST_STATES)).and_then(|map| page(playable, &map));
    if let Some(page) = whole {
        return Ok(page);
    }
    let part = way().and_then(|way| {
        let all = Map::along_all(program, &way, MOST_LOOKED_AT).and_then(|map| page(playable, &map));
        all.or_else(|| page(playable, &Map::along(program, &way)))
    });
    part.ok_or_else(|| {
        TooLarge(format!(
            "there are too many states for a page, which takes {} states or {} MB of them, and no way to a deadlock or \
             to the end was found that could be played alone; use fewer processes or rounds",
            grouped(&MOST_STATES),
            MOST_BYTES / 1_000_000
        ))
    })
}

/// The page of a map; `None` if it would be too large.
fn page(playable: &Playable, map: &Map) -> Option<String> {
    let data = Reader::new(playable.scenario, playable.program, map).read(playable.source.as_deref());
    let text = json(&data);
    if text.len() > MOST_BYTES {
        return None;
    }
    let title = cut(&clean(&playable.scenario.title), LONGEST_TITLE);
    let body = body(playable, map, &data);
    let (style, script) = (concat!(include_str!("../circle.css"), include_str!("game.css")), include_str!("game.js"));
    Some(Page { title: &title, style, body, data: text, script }.file())
}

fn body(playable: &Playable, map: &Map, data: &Data) -> Markup {
    html! {
        p { "You are the scheduler: say who makes the next step." }
        noscript { p class="bad" { "This page is played with a script, which this browser does not run." } }
        (goals(data))
        @if playable.scenario.uses_sqlite() { p id="played" class="faint" { (PLAYED) } }
        @if !map.is_whole() { p id="part" { (part(map, data)) } }
        p id="verdict" role="status" {}
        div class="controls" role="group" aria-label="The game" {
            (control("undo", "Undo", "u")) (control("redo", "Redo", "r"))
            (control("restart", "Restart", "R")) (control("hint", "Hint", "h"))
        }
        p id="hint-text" role="status" {}
        div class="beside" {
            section { h2 { "The processes" } (processes(playable)) }
            div {
                section { h2 { "The locks" } (locks(playable)) }
                section {
                    h2 { "Who waits for whom" }
                    figure id="graph" {
                        (data.circle.draw("graph-text", &[], &[]))
                        (circle::key())
                        figcaption id="graph-text" {}
                    }
                }
            }
        }
        h2 { "The moves" }
        ol id="history" {}
        (schedule())
        (keys(playable.scenario.processes.len()))
        @if let Some(said) = &playable.said {
            details { summary { "All interleavings, in numbers" } pre { (said) } }
        }
    }
}

fn goals(data: &Data) -> Markup {
    let goals = data.goals();
    html! {
        @if goals.is_empty() { p id="goal" { "There is nothing to reach: no schedule deadlocks, and none ends." } }
        @else { p id="goal" { b { "Goal: " } span id="goal-text" { (goals[0].1) } } }
        @if goals.len() > 1 {
            fieldset id="goals" class="controls" {
                legend { "Which goal" }
                @for (index, (id, _)) in goals.iter().enumerate() {
                    label {
                        input type="radio" name="goal" value=(index) checked[index == 0];
                        @if *id == "deadlock" { "make it deadlock" } @else { "finish everyone" }
                    }
                }
            }
        }
    }
}

/// Why not all states are there.
fn part(map: &Map, data: &Data) -> String {
    let which = match (map.extent, data.goals().first()) {
        (Extent::ShortestWays, _) => "Here are those on every shortest way to a deadlock",
        (_, Some(("deadlock", _))) => "Here are only those on one shortest way to a deadlock",
        _ => "No way to a deadlock was found. Here are only those on one way to the end",
    };
    format!(
        "This scenario has too many states for a page. {which}; a move that leads away from there is shown, but can't \
         be made here. lesson play knows them all."
    )
}

fn control(id: &str, word: &str, key: &str) -> Markup {
    html! { button type="button" id=(id) { (word) " " kbd aria-hidden="true" { (key) } } }
}

fn processes(playable: &Playable) -> Markup {
    html! {
        ol id="processes" {
            @for (who, process) in playable.scenario.processes.iter().enumerate() {
                li data-process=(who) {
                    h3 { bdi { (clean(&process.name)) } }
                    span class="standing" {}
                    span class="progress faint" {}
                    ol class="program" aria-label="Its steps" {}
                    div class="moves" {}
                }
            }
        }
    }
}

fn locks(playable: &Playable) -> Markup {
    html! {
        table id="locks" {
            tbody {
                @for lock in playable.scenario.lock_names() {
                    tr { th scope="row" { bdi { (clean(lock)) } } td data-lock=(lock) {} }
                }
            }
        }
    }
}

fn schedule() -> Markup {
    html! {
        h2 { "The same as a schedule" }
        p { output id="schedule" {} }
        div class="controls" { button type="button" id="copy" { "Copy the schedule" } }
        pre id="command" {}
        div class="controls" { button type="button" id="copy-command" { "Copy the command" } }
        p id="copied" role="status" class="faint" {}
    }
}

fn keys(count: usize) -> Markup {
    html! {
        details class="controls" {
            summary { "Keys" }
            p {
                kbd { "1" } " to " kbd { (count.clamp(1, 9)) } " move that process; "
                kbd { "↑" } " and " kbd { "↓" } " go from move to move, " kbd { "Enter" } " makes it. "
                kbd { "u" } " undo, " kbd { "r" } " redo, " kbd { "R" } " restart, " kbd { "h" } " hint. "
                "Where time decides what a process does, its number goes to its two moves: then "
                kbd { "1" } " or " kbd { "2" } ", or " kbd { "Esc" } " for neither."
            }
        }
    }
}
