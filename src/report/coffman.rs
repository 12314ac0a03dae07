//! The four conditions of a deadlock (Coffman, Elphick, Shoshani 1971), each with its evidence from this run.

use super::paint::Style;
use super::words::{clean, list, moment, name, span};
use crate::analysis::graph_at_deadlock;
use crate::trace::{Deadlock, Trace};

/// The four conditions, numbered, each with what this run showed of it.
pub fn conditions(trace: &Trace, deadlock: &Deadlock, style: Style) -> String {
    let Some(edge) = deadlock.cycles.first().and_then(|cycle| cycle.first()) else { return String::new() };
    let graph = graph_at_deadlock(trace);
    let name = |who: usize| clean(name(&trace.scenario, who));
    let (waiter, holder, lock) = (name(edge.waiter), name(edge.holder), clean(&edge.lock));
    let held: Vec<String> = graph.held_by(edge.waiter).map(|(lock, _)| clean(lock)).collect();
    let since = |who: usize| graph.held_by(who).map(|(_, hold)| hold.since_us).min().unwrap_or(0);
    let waits_since = graph.wait_of(edge.waiter).map_or(0, |wait| wait.since_us);
    let ring: Vec<String> = deadlock.cycles[0].iter().map(|edge| name(edge.waiter)).collect();
    let conditions = [
        (
            "Mutual exclusion",
            format!("{waiter} tried {lock} at {} and found it taken: only {holder} can hold it.", moment(waits_since)),
        ),
        (
            "Hold and wait",
            format!(
                "{waiter} has held {} since {} and keeps it while it waits for {lock}.",
                list(&held),
                moment(since(edge.waiter))
            ),
        ),
        (
            "No preemption",
            format!(
                "for {} nobody took {lock} from {holder}; it was free only when lesson ended {holder}.",
                span(deadlock.watched_us)
            ),
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
