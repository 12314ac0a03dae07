//! The four conditions of a deadlock (Coffman, Elphick, Shoshani 1971), each with its evidence from this run.

use super::paint::Style;
use super::words::{clean, list, moment, name, span};
use crate::analysis::{MEETING, graph_at_deadlock};
use crate::trace::{Deadlock, Trace};

/// The four conditions, numbered, each with what this run showed of it.
pub fn conditions(trace: &Trace, deadlock: &Deadlock, style: Style) -> String {
    let Some(cycle) = deadlock.cycles.first() else { return String::new() };
    // At a meeting nobody is refused: the first condition shows at a lock.
    let Some(edge) = cycle.iter().find(|edge| edge.lock != MEETING).or(cycle.first()) else { return String::new() };
    let graph = graph_at_deadlock(trace);
    let name = |who: usize| clean(name(&trace.scenario, who));
    let (waiter, holder, lock) = (name(edge.waiter), name(edge.holder), clean(&edge.lock));
    let holders: Vec<String> = graph.edges_of(edge.waiter).map(|edge| name(edge.holder)).collect();
    let waits_since = graph.wait_of(edge.waiter).map_or(0, |wait| wait.since_us);
    // Who waits at a lock may hold nothing, if the ring is closed by a meeting.
    let keeper = cycle.iter().find(|edge| graph.held_by(edge.waiter).next().is_some()).unwrap_or(edge);
    let held: Vec<String> = graph.held_by(keeper.waiter).map(|(lock, _)| clean(lock)).collect();
    let since = graph.held_by(keeper.waiter).map(|(_, hold)| hold.since_us).min().unwrap_or(0);
    let ring: Vec<String> = cycle.iter().map(|edge| name(edge.waiter)).collect();
    let conditions = [
        (
            "Mutual exclusion",
            format!("{waiter} tried {lock} at {} and found it taken by {}.", moment(waits_since), list(&holders)),
        ),
        (
            "Hold and wait",
            format!(
                "{} has held {} since {} and keeps it while it waits for {}.",
                name(keeper.waiter),
                list(&held),
                moment(since),
                clean(&keeper.lock)
            ),
        ),
        (
            "No preemption",
            match deadlock.watched_us {
                0 => format!("only {holder} could let {lock} go, and it waits; nobody takes it away."),
                us => format!("for {} nobody took {lock} from {holder}: it kept it until lesson ended it.", span(us)),
            },
        ),
        ("Circular wait", format!("{} wait for each other in a ring of {}.", list(&ring), ring.len())),
    ];
    let mut text = String::new();
    for (index, (condition, evidence)) in conditions.iter().enumerate() {
        text += &format!("  {}. {}\n", index + 1, style.heading(condition));
        text += &style.wrap(evidence, "     ");
    }
    text
}
