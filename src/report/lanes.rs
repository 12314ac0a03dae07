//! The lanes as text: one row a process, as wide as the page.

use super::paint::Style;
use super::words::{clean, fit, setting, span, width};
use crate::analysis::{Lane, Mark, State, lanes};
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

/// What a process does in a state, in words.
pub fn word_of_state(state: State) -> &'static str {
    GLYPHS.iter().find(|glyph| glyph.0 == state).map_or("does nothing with a lock", |glyph| glyph.2)
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
    let strips = strips(&lanes, &names, end_us, style);
    let legend = legend(&strips);
    text.extend(strips.into_iter().map(|line| line + "\n"));
    text + &style.faint(style.wrap(&legend, &" ".repeat(columns + 2)).trim_end()) + "\n"
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

/// The sign of each column: what filled most of it, or the mark that fell into it.
fn cells(lane: &Lane, end_us: u64, room: usize) -> Vec<char> {
    let column_of = |us: u64| ((u128::from(us) * room as u128 / u128::from(end_us)) as usize).min(room - 1);
    let mut filled: Vec<(u64, char)> = vec![(0, ' '); room];
    for segment in &lane.segments {
        let sign = GLYPHS.iter().find(|glyph| glyph.0 == segment.state).map_or(' ', |glyph| glyph.1);
        let (first, last) = (column_of(segment.from_us), column_of(segment.to_us.saturating_sub(1)));
        for (column, cell) in filled.iter_mut().enumerate().take(last + 1).skip(first) {
            let from = (column as u128 * u128::from(end_us) / room as u128) as u64;
            let to = ((column as u128 + 1) * u128::from(end_us) / room as u128) as u64;
            let time = segment.to_us.min(to).saturating_sub(segment.from_us.max(from));
            if time > cell.0 {
                *cell = (time, sign);
            }
        }
    }
    let mut cells: Vec<char> = filled.into_iter().map(|cell| cell.1).collect();
    for (at_us, mark) in &lane.marks {
        cells[column_of(*at_us)] = MARKS.iter().find(|known| known.0 == *mark).map_or('?', |known| known.1);
    }
    cells
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
