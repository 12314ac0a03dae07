//! A sweep on a terminal: the heat map, and beside what was simulated what was real.

mod json;

pub use json::document;

use super::paint::Style;
use super::table::{Cells, table};
use super::words::{clean, plural, setting, span, width};
use crate::scenario::excerpt;
use crate::sweep::{Axis, Cell, Check, Found, SHADES, Setting, Sweep, Value};

/// The longest title of a scenario that a heading shows, in characters.
const LONGEST_TITLE: usize = 200;

/// More reasons why a cell can't be simulated are not told.
const MOST_PROBLEMS: usize = 5;

/// Blanks before a column.
const GAP: usize = 3;

/// The sign of each shade, and what part of the records it stands for: colour never tells alone.
pub const SIGNS: [(char, &str); SHADES] = [
    ('·', "none"),
    ('░', "up to a quarter of the records"),
    ('▒', "up to half"),
    ('▓', "up to three quarters"),
    ('█', "more"),
];

/// The sign of a cell that can't be simulated.
pub const UNKNOWN: char = '?';

/// A sweep and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Swept<'a> {
    /// What was asked for.
    pub sweep: &'a Sweep,
    /// The cells, row by row.
    pub cells: &'a [Cell],
    /// Those that were run for real as well.
    pub checks: &'a [Check],
}

impl Swept<'_> {
    /// Whether every real run lost what was simulated; also if there was none.
    pub fn agrees(&self) -> bool {
        self.checks.iter().all(Check::agrees)
    }

    /// What the page is called.
    pub fn title(&self) -> String {
        let subject = self.sweep.subject();
        let name = subject.built_in.as_deref().unwrap_or(&subject.scenario.title);
        format!("Records lost: {}", excerpt(name, LONGEST_TITLE))
    }

    /// What was done, in a few sentences.
    pub fn method(&self) -> String {
        let (seed, repeat) = (self.sweep.seed(), u64::from(self.sweep.repeat()));
        let seeds = match repeat {
            1 => format!("under seed {seed}"),
            _ => format!(
                "under {repeat} seeds from {seed} on; where luck makes a difference, a cell shows the fewest and the \
                 most"
            ),
        };
        let fixed = self.sweep.fixed();
        let set = if fixed.is_empty() { String::new() } else { format!(" Everywhere: {}.", settings(fixed)) };
        format!(
            "Simulated in virtual time: no process ran. Processes write records into one database; a record that was \
             to be stored and is not is lost. Each cell is simulated {seeds}.{set}"
        )
    }

    /// How many cells lose nothing.
    pub fn summary(&self) -> String {
        let known: Vec<&Found> = self.cells.iter().filter_map(|cell| cell.found.as_ref().ok()).collect();
        let whole = known.iter().filter(|found| found.sum == 0).count();
        let unknown = match self.cells.len() - known.len() {
            0 => String::new(),
            count => format!(" {} can't be simulated.", plural(count as u64, "cell")),
        };
        let loses = if self.cells.len() == 1 { "loses" } else { "lose" };
        format!("{whole} of {} {loses} no record.{unknown}", plural(self.cells.len() as u64, "cell"))
    }

    /// A cell in words: what is set in it, what was lost, and what really was.
    pub fn words(&self, cell: &Cell) -> String {
        let place = settings(&self.sweep.varied(cell.row, cell.column));
        let lost = match &cell.found {
            Ok(found) if found.is_certain() => {
                format!("{} of {} lost", found.least, plural(found.expected, "record"))
            }
            Ok(found) => format!(
                "{} to {} of {} lost, {:.1} on average of {}",
                found.least,
                found.most,
                plural(found.expected, "record"),
                found.mean(),
                plural(found.runs.into(), "seed")
            ),
            Err(problem) => format!("can't be simulated: {}", clean(problem)),
        };
        let check = self.checks.iter().find(|check| (check.row, check.column) == (cell.row, cell.column));
        let real =
            check.map_or_else(String::new, |check| format!("; really run: {} lost, {}", check.lost, verdict(check)));
        format!("{place}: {lost}{real}")
    }
}

/// The heat map and what it means.
pub fn map(swept: &Swept, style: Style) -> String {
    let mut text = style.heading(style.wrap(&swept.title(), "").trim_end()) + "\n";
    text += &style.wrap(&swept.method(), "  ");
    let rows = swept.sweep.rows().setting;
    let across = swept.sweep.columns().map_or_else(String::new, |columns| format!(", {} across", columns.setting));
    text += &format!("\n{rows} down{across}\n");
    text += &grid(swept, style);
    text += &style.faint(style.wrap(&legend(swept), "  ").trim_end());
    text += "\n\n";
    for line in problems(swept) {
        text += &style.warn(style.wrap(&line, "").trim_end());
        text.push('\n');
    }
    text + &style.wrap(&swept.summary(), "")
}

/// Why cells can't be simulated; each reason once.
fn problems(swept: &Swept) -> Vec<String> {
    let mut told: Vec<(&String, &Cell, u64)> = Vec::new();
    for cell in swept.cells {
        let Err(problem) = &cell.found else { continue };
        match told.iter_mut().find(|(known, ..)| *known == problem) {
            Some((.., more)) => *more += 1,
            None => told.push((problem, cell, 0)),
        }
    }
    let line = |(_, cell, more): (&String, &Cell, u64)| {
        let more = if more == 0 { String::new() } else { format!("; the same with {} more", plural(more, "cell")) };
        format!("{UNKNOWN} {}{more}", swept.words(cell))
    };
    told.into_iter().take(MOST_PROBLEMS).map(line).collect()
}

/// As many columns beside each other as the page takes, the others below them.
fn grid(swept: &Swept, style: Style) -> String {
    let sweep = swept.sweep;
    let heads: Vec<String> = match sweep.columns() {
        Some(columns) => columns.values.iter().map(|value| shown(*value)).collect(),
        None => vec!["lost".into()],
    };
    let rows: Vec<String> = sweep.rows().values.iter().map(|value| shown(*value)).collect();
    let first = rows.iter().map(|row| width(row)).max().unwrap_or(0) + 2;
    let cells: Vec<String> = swept.cells.iter().map(share).collect();
    // Behind each number a blank and its sign.
    let numbers = cells.iter().map(|cell| width(cell) + 2);
    let column = numbers.chain(heads.iter().map(|head| width(head))).max().unwrap_or(0) + GAP;
    let beside = (style.width.saturating_sub(first) / column).max(1);
    let mut text = String::new();
    for from in (0..heads.len()).step_by(beside) {
        let to = (from + beside).min(heads.len());
        let head: String = heads[from..to].iter().map(|head| right(head, column)).collect();
        text += &format!("{}\n", style.heading(&format!("{:first$}{head}", "")));
        for (row, name) in rows.iter().enumerate() {
            text += &format!("  {}", style.name(&format!("{name}{:1$}", "", first - 2 - width(name))));
            for at in from..to {
                let index = row * heads.len() + at;
                let Some(cell) = swept.cells.get(index) else { continue };
                let words = format!("{} {}", right(&cells[index], column - 2), sign(cell));
                text += &paint(&words, cell, style);
            }
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn right(text: &str, columns: usize) -> String {
    format!("{:1$}{text}", "", columns.saturating_sub(width(text)))
}

fn paint(words: &str, cell: &Cell, style: Style) -> String {
    match cell.found.as_ref().map(Found::shade) {
        Ok(0) => style.good(words),
        Ok(1..3) => style.warn(words),
        Ok(_) => style.bad(words),
        Err(_) => style.faint(words),
    }
}

/// `4`, or `1-3`; nothing where it is not known.
pub fn number(cell: &Cell) -> String {
    match &cell.found {
        Ok(found) if found.is_certain() => found.least.to_string(),
        Ok(found) => format!("{}-{}", found.least, found.most),
        Err(_) => String::new(),
    }
}

/// `4 of 6`, or `1-3 of 6`; nothing where it is not known.
fn share(cell: &Cell) -> String {
    let all = cell.found.as_ref().map(|found| format!(" of {}", found.expected));
    number(cell) + &all.unwrap_or_default()
}

/// The sign of a cell's shade.
pub fn sign(cell: &Cell) -> char {
    cell.found.as_ref().map_or(UNKNOWN, |found| SIGNS[found.shade()].0)
}

/// What the signs mean; only those that occur.
fn legend(swept: &Swept) -> String {
    let all = SIGNS.into_iter().chain([(UNKNOWN, "can't be simulated")]);
    let drawn = all.filter(|(known, _)| swept.cells.iter().any(|cell| sign(cell) == *known));
    let words: Vec<String> = drawn.map(|(sign, words)| format!("{sign} {words}")).collect();
    format!("Lost: {}", words.join(", "))
}

/// What was simulated beside what was real; empty if nothing was run.
pub fn checks(swept: &Swept, style: Style) -> String {
    let all = swept.checks.len() as u64;
    if all == 0 {
        return String::new();
    }
    let axes: Vec<&Axis> = std::iter::once(swept.sweep.rows()).chain(swept.sweep.columns()).collect();
    let mut heads: Vec<&str> = axes.iter().map(|axis| axis.setting.name()).collect();
    heads.extend(CHECK_HEADS);
    let rows: Vec<Vec<String>> = swept.checks.iter().map(|check| check_row(swept.sweep, check)).collect();
    let mut text = format!("\n{}\n", style.heading("Beside it: the same with real processes"));
    text += &table(&heads, &rows, Cells::Words, style);
    text.push('\n');
    let words = style.wrap(&check_summary(swept), "");
    let paint = if swept.agrees() { Style::good } else { Style::bad };
    text + &paint(style, words.trim_end()) + "\n"
}

/// The heads of the columns of [`check_row`] behind those of the settings.
pub const CHECK_HEADS: [&str; 4] = ["simulated", "real", "took", "verdict"];

/// What was set, what was simulated, what was real, how long it took, and whether they agree.
pub fn check_row(sweep: &Sweep, check: &Check) -> Vec<String> {
    let simulated = Cell { row: check.row, column: check.column, found: Ok(check.simulated) };
    let mut row: Vec<String> = sweep.varied(check.row, check.column).iter().map(|(_, value)| shown(*value)).collect();
    row.extend([number(&simulated), check.lost.to_string(), span(check.took_us), verdict(check).into()]);
    row
}

/// Whether all agree; and if not, what may be the cause.
pub fn check_summary(swept: &Swept) -> String {
    let all = swept.checks.len() as u64;
    match swept.checks.iter().filter(|check| !check.agrees()).count() {
        0 if all == 1 => "The real run lost as many records as were simulated.".into(),
        0 => format!("All {all} real runs lost as many records as were simulated."),
        deviating => format!(
            "{deviating} of {} deviated from what was simulated. On a busy machine a process comes too late by \
             more than the simulator knows of; if it happens again on a quiet one, the simulator is wrong.",
            plural(all, "real run")
        ),
    }
}

fn verdict(check: &Check) -> &'static str {
    if check.agrees() { "agrees" } else { "deviates" }
}

/// `task 3 s, busy-timeout 5 s`.
fn settings(settings: &[(Setting, Value)]) -> String {
    let words: Vec<String> = settings.iter().map(|(setting, value)| format!("{setting} {}", shown(*value))).collect();
    words.join(", ")
}

/// A value as a page shows it: `3 s`, `10`.
pub fn shown(value: Value) -> String {
    match value {
        Value::Time(time) => setting(time.as_micros() as u64),
        Value::Count(count) => count.to_string(),
    }
}
