//! The graph of states: what each is, who moves from it, and what becomes of it.

mod dot;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use svg::svg;

use crate::explore::{Arc, Fate, Map, Node};
use crate::model::{Outcome, Phase, Program};
use crate::report::{clean, cut, plural};
use crate::scenario::Scenario;

/// The most states that a drawing takes: more of them nobody can read.
pub const MOST_DRAWN: usize = 400;

/// The most states that are written for Graphviz.
pub const MOST_WRITTEN: usize = 100_000;

/// Columns of a name in a label.
const LONGEST_NAME: usize = 24;

/// Columns of the title above a graph.
const LONGEST_TITLE: usize = 100;

/// What a state is, in a word or two.
fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Finished => "finished",
        Fate::Deadlocked => "deadlock",
        Fate::Safe => "all can still end",
        Fate::Doomed => "doomed",
        Fate::Unknown => "what follows is not drawn",
    }
}

/// `P1: lock A`, with what becomes of the step if that is not simply done.
fn label(scenario: &Scenario, arc: &Arc) -> String {
    let process = scenario.processes.get(arc.who);
    let step = process.and_then(|process| process.steps.get(arc.step));
    let step = step.map(|step| clean(&step.to_string())).unwrap_or_default();
    let came = match arc.outcome {
        Outcome::Granted | Outcome::Comes => "",
        Outcome::Refused => ", refused",
        Outcome::Pends => ", waits at PENDING",
        Outcome::Crashes => ", killed",
        Outcome::Victim => ", ended as the victim",
    };
    let ends = if arc.ends { ", its time is over" } else { "" };
    format!("{}: {step}{came}{ends}", short_name(scenario, arc.who))
}

/// Where everybody stands, and what that means.
fn told(scenario: &Scenario, program: &Program, number: usize, node: &Node) -> String {
    let stand = |(who, &at): (usize, &u32)| {
        let place = program.place(who, at);
        let step = scenario.processes.get(who).and_then(|process| place.step_of(&process.steps));
        let step = step.map_or_else(|| "gone".to_owned(), |step| clean(&step.to_string()));
        let inside = if matches!(place.phase, Phase::AtMeeting | Phase::Pending) { ", waits in it" } else { "" };
        let attempt = if place.attempt > 1 { format!(", try {}", place.attempt) } else { String::new() };
        let round = if place.round > 1 { format!(", round {}", place.round) } else { String::new() };
        format!("{}: {step}{inside}{round}{attempt}", short_name(scenario, who))
    };
    let stands: Vec<String> = node.at.iter().enumerate().map(stand).collect();
    format!("State {number}, {}. Next steps: {}.", fate(node.fate), stands.join("; "))
}

fn short_name(scenario: &Scenario, who: usize) -> String {
    let name = scenario.processes.get(who).map_or("?", |process| process.name.as_str());
    cut(&clean(name), LONGEST_NAME)
}

/// The title, and how much of the graph is there.
fn caption(scenario: &Scenario, map: &Map) -> String {
    let (states, moves) = (plural(map.states.len() as u64, "state"), plural(map.move_count() as u64, "move"));
    let which = match map.is_whole() {
        true => "",
        false => ": only those of the way to the nearest deadlock, and where a single move leads from each",
    };
    format!("{} - {states}, {moves}{which}", cut(&clean(&scenario.title), LONGEST_TITLE))
}
