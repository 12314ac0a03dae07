//! The lanes as text: one row a process, as wide as the page.

use super::paint::Style;
use super::words::{GLUE, clean, fit, grouped, setting, span, width};
use crate::analysis::{Lane, Mark, Piece, State, Strip, lanes};
use crate::trace::Trace;

/// More lanes than this are not a picture: the first and the last are shown.
const MOST: usize = 24;

const GLYPHS: [(State, char, &str); 6] = [
    (State::Working, '─', "works"),
    (State::Sharing, '▒', "holds shared"),
    (State::Holding, '█', "holds"),
    (State::Waiting, '·', "waits"),
    (State::HoldingAndWaiting, '▄', "holds and waits"),
    (State::BackingOff, '~', "backs off"),
];

const MARKS: [(Mark, char, &str); 3] =
    [(Mark::Refused, '✗', "refused"), (Mark::Crashed, '†', "crashed"), (Mark::Killed, '■', "ended by lesson")];

/// What a picture shows where several stretches are too short to be seen.
pub const TELLING: &str = "what is merged shows the most telling of what is in it, not how long";

/// `1,234 stretches too short to see are merged`.
pub fn too_short(stretches: u64) -> String {
    format!("{} stretches too short to see are merged", grouped(&stretches))
}

/// What a process does in a state, in words.
pub fn word_of_state(state: State) -> &'static str {
    GLYPHS.iter().find(|glyph| glyph.0 == state).map_or("does nothing with a lock", |glyph| glyph.2)
}

/// The same for the legend of a picture, which has room to say what else is meant: who holds a lock may work in it,
/// pause or wait at a meeting, and is drawn as one who holds.
pub fn legend_of_state(state: State) -> &'static str {
    match state {
        State::Working => "works, without a lock",
        State::Sharing => "holds shared (and may work meanwhile)",
        State::Holding => "holds (and may work meanwhile)",
        _ => word_of_state(state),
    }
}

/// Whether lanes are drawn with this sign.
pub(super) fn is_sign(sign: char) -> bool {
    GLYPHS.iter().any(|glyph| glyph.1 == sign) || is_mark(sign)
}

/// Whether it is the sign of a moment, and not of a stretch of time.
pub(super) fn is_mark(sign: char) -> bool {
    MARKS.iter().any(|mark| mark.1 == sign)
}

/// What a mark says, in words.
pub fn word_of_mark(mark: Mark) -> &'static str {
    MARKS.iter().find(|known| known.0 == mark).map_or("", |known| known.2)
}

/// The lanes of a run with their scale and the legend of what occurs in them.
pub fn picture(trace: &Trace, style: Style) -> String {
    let lanes = lanes(trace);
    let names: Vec<&str> = trace.scenario.processes.iter().map(|process| process.name.as_str()).collect();
    let end_us = trace.outcome.took_us.max(1);
    let columns = name_columns(&names);
    let mut text = scale(&names, end_us, style) + "\n";
    let merged: u64 = lanes.iter().map(|lane| crowded(lane, end_us, room(columns, style))).sum();
    let strips = strips(&lanes, &names, end_us, style);
    // A sign and its word are not parted.
    let legend: Vec<String> =
        legend(&strips).split(", ").map(|part| part.replacen(' ', &GLUE.to_string(), 1)).collect();
    text.extend(strips.into_iter().map(|line| line + "\n"));
    let below = [Some(legend.join(", ")), (merged > 0).then(|| format!("{}: {TELLING}.", too_short(merged)))];
    for words in below.into_iter().flatten() {
        text += &style.faint(style.wrap(&words, &" ".repeat(columns + 2)).trim_end());
        text.push('\n');
    }
    text
}

/// One line for each lane, from the beginning to `end_us`.
pub fn strips(lanes: &[Lane], names: &[&str], end_us: u64, style: Style) -> Vec<String> {
    let columns = name_columns(names);
    let room = room(columns, style);
    let strip = |(lane, name): (&Lane, &&str)| {
        let name = fit(&clean(name), columns);
        format!("{} {}", style.name(&name), paint(&cells(lane, end_us.max(1), room), style))
    };
    let mut strips: Vec<String> = lanes.iter().zip(names).map(strip).collect();
    if strips.len() > MOST {
        let hidden = strips.len() - MOST;
        let note = format!("{:columns$} ... {hidden} more processes ...", "");
        strips.splice(MOST - 4..MOST - 4 + hidden, [note]);
    }
    strips
}

/// What the signs mean; only those that were drawn.
pub fn legend(strips: &[String]) -> String {
    let states = GLYPHS.iter().map(|glyph| (glyph.1, glyph.2));
    let marks = MARKS.iter().map(|mark| (mark.1, mark.2));
    let drawn = states.chain(marks).filter(|(sign, _)| strips.iter().any(|strip| strip.contains(*sign)));
    drawn.map(|(sign, word)| format!("{sign} {word}")).collect::<Vec<_>>().join(", ")
}

/// The line above the lanes: from 0 to `end_us`.
pub fn scale(names: &[&str], end_us: u64, style: Style) -> String {
    let columns = name_columns(names);
    let room = room(columns, style);
    let end = span(end_us);
    let gap = room.saturating_sub(width(&end) + 3);
    style.faint(&format!("{:columns$} {}{:gap$}{end}", "", setting(0), ""))
}

/// Columns that are left for a lane.
fn room(names: usize, style: Style) -> usize {
    style.width.saturating_sub(names + 3).clamp(10, 200)
}

fn name_columns(names: &[&str]) -> usize {
    names.iter().map(|name| width(&clean(name))).max().unwrap_or(0).clamp(2, 12)
}

/// The sign of each column: its state, or the mark that fell into it.
fn cells(lane: &Lane, end_us: u64, room: usize) -> Vec<char> {
    let column_of = |us: u64| ((u128::from(us) * room as u128 / u128::from(end_us)) as usize).min(room - 1);
    let sign = |state| GLYPHS.iter().find(|glyph| Some(glyph.0) == state).map_or(' ', |glyph| glyph.1);
    let mut cells: Vec<char> = Strip::cells(lane, end_us, room).into_iter().map(sign).collect();
    for (at_us, mark) in &lane.marks {
        cells[column_of(*at_us)] = MARKS.iter().find(|known| known.0 == *mark).map_or('?', |known| known.1);
    }
    cells
}

/// How many stretches share pieces that are as long as a column. A few in a part of one, as when a process begins,
/// change nothing that can be seen.
fn crowded(lane: &Lane, end_us: u64, room: usize) -> u64 {
    let pieces = Strip::of(lane, end_us, room as u32).pieces;
    let fills = |piece: &&Piece| {
        let length = piece.segment.to_us.saturating_sub(piece.segment.from_us);
        piece.count > 1 && u128::from(length) * room as u128 >= u128::from(end_us)
    };
    pieces.iter().filter(fills).map(|piece| piece.count).sum()
}

/// Colours each run of the same sign.
fn paint(cells: &[char], style: Style) -> String {
    let end = cells.iter().rposition(|cell| *cell != ' ').map_or(0, |last| last + 1);
    let cells = &cells[..end];
    if !style.color {
        return cells.iter().collect();
    }
    let mut painted = String::new();
    for run in cells.chunk_by(|a, b| a == b) {
        let text: String = run.iter().collect();
        painted += &match run[0] {
            '█' => style.good(&text),
            '▒' => style.name(&text),
            '·' | '~' => style.warn(&text),
            '▄' | '✗' | '†' | '■' => style.bad(&text),
            _ => text,
        };
    }
    painted
}
