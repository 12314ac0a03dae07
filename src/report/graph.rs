//! The wait-for graph, drawn in the terminal.

use super::paint::Style;
use super::words::{clean, cut, name};
use crate::scenario::Scenario;
use crate::trace::{Deadlock, Edge};

/// Arrows of one cycle that are drawn; a longer one is cut in the middle.
const MOST: usize = 16;

/// Each cycle as a ring of arrows, and under it those that are blocked behind.
pub fn picture(scenario: &Scenario, deadlock: &Deadlock, style: Style) -> String {
    let mut text = String::new();
    for cycle in &deadlock.cycles {
        text += &ring(scenario, cycle, style);
    }
    for edge in &deadlock.blocked_behind {
        let arrow = arrow(scenario, edge, "waits for");
        text += &format!("     {}  (blocked behind)\n", style.warn(&arrow));
    }
    text
}

/// One cycle as a ring of arrows: they all wait.
pub fn ring(scenario: &Scenario, cycle: &[Edge], style: Style) -> String {
    ring_where(scenario, cycle, |_| "waits for".to_owned(), style)
}

/// One cycle as a ring of arrows, with what each process does about its lock: `waits for`, `would wait for 2 of`.
pub fn ring_where(scenario: &Scenario, cycle: &[Edge], does: impl Fn(usize) -> String, style: Style) -> String {
    ring_of(&cycle.iter().map(|edge| arrow(scenario, edge, &does(edge.waiter))).collect::<Vec<_>>(), style)
}

/// A ring of arrows that are words already.
pub fn ring_of(arrows: &[String], style: Style) -> String {
    let hidden = arrows.len().saturating_sub(MOST);
    let last = arrows.len().saturating_sub(1);
    let mut text = String::new();
    for (index, arrow) in arrows.iter().enumerate() {
        if hidden > 0 && (MOST - 4..MOST - 4 + hidden).contains(&index) {
            if index == MOST - 4 {
                text += &format!("  {}  ... {hidden} more ...\n", style.bad("│"));
            }
            continue;
        }
        let rail = match index {
            _ if last == 0 => "○─",
            0 => "┌▶",
            _ if index == last => "└─",
            _ => "│ ",
        };
        text += &format!("  {} {}\n", style.bad(rail), style.bad(arrow));
    }
    text
}

fn arrow(scenario: &Scenario, edge: &Edge, does: &str) -> String {
    let name = |who| cut(&clean(name(scenario, who)), 20);
    arrow_of(&name(edge.waiter), does, &cut(&clean(&edge.lock), 20), &name(edge.holder))
}

/// One arrow, of words that are clean.
pub fn arrow_of(waiter: &str, does: &str, lock: &str, holder: &str) -> String {
    format!("{waiter} ──{does} {lock}──▶ {holder}")
}
