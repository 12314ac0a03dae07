//! The desk on a screen: panes stacked by importance, in whatever room there is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style as Look};
use ratatui::text::{Line as Row, Span, Text};
use ratatui::widgets::Paragraph;

use super::desk::{Desk, Mode};
use super::line::{Line, Tone};
use crate::report::{Style, cut, width};

/// A smaller screen is told so, in one line.
const LEAST: (u16, u16) = (40, 12);

/// From so many columns on, the locks and the graph stand side by side.
const WIDE: u16 = 72;

/// No line is longer than a narrow screen.
const HELP: &str = "\
You are the scheduler: you say who moves.

1 to 9    this process makes its next step
up, down  mark a process; Enter moves it
u, r      take a move back, make it again
R         begin anew
h         a hint: what can still happen
q, Esc    leave; Ctrl-C: at once

A process whose lock is taken can't move until it
is free. One that may be refused gives up when it
is moved. With --real it may be told: then it asks
and waits; and no move can be taken back.
[Brackets] mark the step where a process stands.

Any key goes back.";

/// Draws the desk.
pub fn draw(frame: &mut Frame, desk: &Desk, color: bool) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("play needs {} x {} characters", LEAST.0, LEAST.1);
        frame.render_widget(Paragraph::new(cut(&text, area.width.into())), area);
        return;
    }
    let mut canvas = Canvas { frame, color, top: area.y, end: area.bottom(), area };
    match desk.mode {
        Mode::Help => canvas.write(HELP.lines().flat_map(|line| kept_or_wrapped(line, area.width)).collect()),
        _ => canvas.desk(desk),
    }
}

/// A heading, the lines under it, and which of them is not to be left out.
type Pane<'a> = (&'a str, Vec<Line>, Option<usize>);

/// The keys, as far as there is room for what they do.
fn keys(movers: &str, real: bool, columns: usize) -> String {
    let texts: &[&str] = match real {
        true => &["R restart  h hint  ? help  q quit", "R  h hint  ? help  q quit"],
        false => &[
            "u undo  r redo  R restart  h hint  ? help  q quit",
            "u undo  r redo  R restart  h hint  ?  q",
            "u undo  r redo  R anew  h hint  ?  q",
        ],
    };
    let all = texts.iter().map(|text| format!("{movers}  {text}"));
    all.into_iter().find(|text| width(text) <= columns).unwrap_or_else(|| format!("{movers}  h hint  ? help  q quit"))
}

/// What is left of the screen, from the top on.
struct Canvas<'a, 'b> {
    frame: &'a mut Frame<'b>,
    color: bool,
    area: Rect,
    top: u16,
    end: u16,
}

impl Canvas<'_, '_> {
    fn desk(&mut self, desk: &Desk) {
        let width = self.area.width;
        self.write(wrap(Tone::Heading, &desk.headline(), width));
        let movers = match desk.game().scenario().processes.len() {
            1 => "1 move".to_owned(),
            count @ 2..=9 => format!("1-{count} move"),
            _ => "1-9, Enter move".to_owned(),
        };
        self.write_last(vec![Line::of(Tone::Faint, keys(&movers, desk.real().is_some(), width.into()))]);
        let mut message = wrap(desk.message.0, &desk.message.1, width);
        let room = usize::from(self.room()) / 3;
        message.truncate(room.max(2));
        // It is at least so high, so that what is above it stays where it is.
        message.resize(message.len().max(3.min(room)), Line::default());
        self.write_last(message);
        let scene = desk.scene();
        let columns = usize::from(width);
        self.pane("Processes", scene.processes(columns, Some(desk.chosen)), Some(desk.chosen));
        // Of many locks the one that was taken or let go last has to be seen.
        let lock_line = |columns: usize| scene.line_of_lock(columns, desk.game().last_lock()?);
        if width >= WIDE {
            let left = columns / 2 - 1;
            let locks = ("Locks", scene.locks(left), lock_line(left));
            self.panes_beside(locks, ("Who waits for whom", scene.graph(columns - left - 2), None));
        } else {
            self.pane("Locks", scene.locks(columns), lock_line(columns));
            self.pane("Who waits for whom", scene.graph(columns), None);
        }
        if let Some(real) = desk.real() {
            self.pane(&real.kernel_heading(), scene.kernel(real.kernel(), columns), None);
        }
        let room = usize::from(self.room()).saturating_sub(1);
        if room >= 2.min(scene.lanes.len()) {
            self.pane("Lanes, one second a move", scene.lanes_in(room, columns, desk.chosen), None);
        }
    }

    fn room(&self) -> u16 {
        self.end.saturating_sub(self.top)
    }

    /// A pane with its heading, if there is room for that and two lines more, or for all of it.
    fn pane(&mut self, heading: &str, lines: Vec<Line>, keep: Option<usize>) {
        let width = self.area.width;
        if let Some(lines) = fitted(heading, lines, keep, self.room(), width.into()) {
            self.write(lines);
        }
    }

    fn panes_beside(&mut self, left: Pane, right: Pane) {
        let half = self.area.width / 2 - 1;
        let (top, rest) = (self.top, self.area.width - half - 2);
        let Some(left) = fitted(left.0, left.1, left.2, self.room(), half.into()) else { return };
        let Some(right) = fitted(right.0, right.1, right.2, self.room(), rest.into()) else { return };
        let height = left.len().max(right.len()) as u16;
        self.put(left, Rect::new(self.area.x, top, half, height));
        self.put(right, Rect::new(self.area.x + half + 2, top, rest, height));
        self.top += height;
    }

    fn write(&mut self, lines: Vec<Line>) {
        let height = (lines.len() as u16).min(self.room());
        self.put(lines, Rect::new(self.area.x, self.top, self.area.width, height));
        self.top += height;
    }

    /// Writes at the bottom, above what stands there already.
    fn write_last(&mut self, lines: Vec<Line>) {
        let height = (lines.len() as u16).min(self.room());
        self.end -= height;
        self.put(lines, Rect::new(self.area.x, self.end, self.area.width, height));
    }

    fn put(&mut self, lines: Vec<Line>, area: Rect) {
        let rows: Vec<Row> = lines.into_iter().map(|line| row(line, self.color)).collect();
        self.frame.render_widget(Paragraph::new(Text::from(rows)), area);
    }
}

/// The lines of a pane under its heading, cut to the room there is, so that the line `keep` is among them. `None` if so
/// few would be left that it is better left out.
fn fitted(heading: &str, lines: Vec<Line>, keep: Option<usize>, room: u16, columns: usize) -> Option<Vec<Line>> {
    let room = usize::from(room).checked_sub(1)?;
    if room < lines.len() && room < 2 {
        return None;
    }
    let rule = "─".repeat(columns.saturating_sub(heading.len() + 1));
    let mut shown = vec![Line::of(Tone::Heading, format!("{heading} ")).with(Tone::Faint, rule)];
    let all = lines.len();
    if all <= room {
        shown.extend(lines);
        return Some(shown);
    }
    let first = keep.map_or(0, |keep| (keep + 2).saturating_sub(room).min(all + 1 - room));
    shown.extend(lines.into_iter().skip(first).take(room - 1));
    shown.push(Line::of(Tone::Faint, format!("… {} of {all} shown", room - 1)));
    Some(shown)
}

/// A line as it is, if it fits.
fn kept_or_wrapped(line: &str, columns: u16) -> Vec<Line> {
    match width(line) <= columns.into() {
        true => vec![Line::of(Tone::Plain, line)],
        false => wrap(Tone::Plain, line, columns),
    }
}

/// Breaks a text into lines.
fn wrap(tone: Tone, text: &str, columns: u16) -> Vec<Line> {
    let style = Style { color: false, width: columns.into() };
    style.wrap(text, "").lines().map(|line| Line::of(tone, line)).collect()
}

fn row(line: Line, color: bool) -> Row<'static> {
    let span = |(tone, text): (Tone, String)| Span::styled(text, look(tone, color));
    Row::from(line.parts.into_iter().map(span).collect::<Vec<_>>())
}

/// Without colour there is still bold and dim: they are no colours.
fn look(tone: Tone, color: bool) -> Look {
    let look = Look::new();
    match tone {
        Tone::Heading => look.add_modifier(Modifier::BOLD),
        Tone::Faint => look.add_modifier(Modifier::DIM),
        Tone::Plain => look,
        _ if !color => look,
        Tone::Good => look.fg(Color::Green),
        Tone::Bad => look.fg(Color::Red),
        Tone::Warn => look.fg(Color::Yellow),
        Tone::Name => look.fg(Color::Cyan),
    }
}
