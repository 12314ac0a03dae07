//! The wait-for graph, drawn in the terminal.

use super::paint::Style;
use super::words::{clean, cut, name, width};
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
        let arrow = arrow(scenario, edge, "waits for") + "  (blocked behind)";
        for line in lines_of(&arrow, style.width.saturating_sub(5)) {
            text += &format!("     {}\n", style.warn(&line));
        }
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
        let below = if index == last { "  " } else { "│ " };
        let rails = std::iter::once(rail).chain(std::iter::repeat(below));
        for (rail, line) in rails.zip(lines_of(arrow, style.width.saturating_sub(5))) {
            text += &format!("  {} {}\n", style.bad(rail), style.bad(&line));
        }
    }
    text
}

fn arrow(scenario: &Scenario, edge: &Edge, does: &str) -> String {
    let name = |who| cut(&clean(name(scenario, who)), 20);
    arrow_of(&name(edge.waiter), does, &cut(&clean(&edge.lock), 20), &name(edge.holder))
}

/// An arrow on one line; where there is no room for it, broken before its shaft, and if need be before its head.
pub fn lines_of(arrow: &str, room: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let parted = arrow.split_once(" ──").filter(|_| width(arrow) > room);
    let Some((waiter, rest)) = parted else { return vec![arrow.to_owned()] };
    let shaft = format!("{INDENT}──{rest}");
    let below = match shaft.rsplit_once("──▶").filter(|_| width(&shaft) > room) {
        Some((shaft, holder)) => vec![shaft.to_owned(), format!("{INDENT}──▶{holder}")],
        None => vec![shaft],
    };
    std::iter::once(waiter.to_owned()).chain(below).collect()
}

/// One arrow, of words that are clean.
pub fn arrow_of(waiter: &str, does: &str, lock: &str, holder: &str) -> String {
    format!("{waiter} ──{does} {lock}──▶ {holder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_is_broken_between_its_parts() {
        let arrow = arrow_of("4711 (python3)", "waits for", "queue.lock", "4712 (python3)");
        let table = [
            (55, "4711 (python3) ──waits for queue.lock──▶ 4712 (python3)"),
            (54, "4711 (python3)|  ──waits for queue.lock──▶ 4712 (python3)"),
            (41, "4711 (python3)|  ──waits for queue.lock|  ──▶ 4712 (python3)"),
            (10, "4711 (python3)|  ──waits for queue.lock|  ──▶ 4712 (python3)"),
        ];
        for (room, expected) in table {
            assert_eq!(lines_of(&arrow, room).join("|"), expected, "{room}");
        }
        let ring = ring_of(&[arrow.clone(), arrow], Style { width: 50, ..Style::PLAIN });
        let shaft = "    ──waits for queue.lock──▶ 4712 (python3)";
        let expected = format!("  ┌▶ 4711 (python3)\n  │{shaft}\n  └─ 4711 (python3)\n   {shaft}\n");
        assert_eq!(ring, expected);
    }
}
