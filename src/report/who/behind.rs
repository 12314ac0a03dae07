//! Waits that are no ring, drawn: who is behind whom.

use super::super::Style;
use super::super::graph::{arrow_of, lines_of};
use super::super::words::{clean, cut};
use crate::who::judge::graph::Arrow;
use crate::who::judge::sight::Sight;
use crate::who::judge::{polling, reading};

/// More arrows than this are counted.
const MOST: usize = 16;

/// The arrows under a heading; nothing if there are none.
pub(super) fn picture(sight: &Sight, arrows: &[Arrow], style: Style) -> String {
    if arrows.is_empty() {
        return String::new();
    }
    format!("\n{}\n{}", style.heading("The wait-for graph"), lines(sight, arrows, style))
}

/// The arrows alone.
pub(super) fn lines(sight: &Sight, arrows: &[Arrow], style: Style) -> String {
    let mut text = String::new();
    for one in arrows.iter().take(MOST) {
        for line in lines_of(&arrow(sight, one), style.width.saturating_sub(2)) {
            text += &format!("  {}\n", style.warn(&line));
        }
    }
    if arrows.len() > MOST {
        text += &format!("  ... {} more ...\n", arrows.len() - MOST);
    }
    text
}

/// `4711 (python3) ──waits for b.lock──▶ 4712 (python3)`.
pub(super) fn arrow(sight: &Sight, arrow: &Arrow) -> String {
    let file = reading::file_name(sight, &arrow.file);
    let base = file.rsplit('/').next().unwrap_or(&file);
    arrow_of(
        &cut(&clean(&reading::name(sight, arrow.waiter)), 24),
        "waits for",
        &cut(&clean(base), 20),
        &cut(&clean(&reading::name(sight, arrow.holder)), 24),
    )
}

/// What may be a deadlock of SQLite, or one's waiting for another, on the whole machine; nothing if there is none.
pub(super) fn may_poll(sight: &Sight, style: Style) -> String {
    match polling::in_words(sight, |_| true) {
        words if words.is_empty() => words,
        words => super::section("What no list shows", &words, style),
    }
}
