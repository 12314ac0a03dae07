//! The troubles and their fixes, side by side.

use super::paint::Style;
use super::table::{Cells, table};
use super::words::{clean, percent, setting, span};
use crate::analysis::{Figures, Outcome};
use crate::scenario::Step;
use crate::scenario::builtin::{Fix, Trouble, fix};
use crate::trace::{Recording, Trace};

/// A table for `locked`, one for `deadlock`, and under each why its fixes work and what they cost.
pub fn tables(recording: &Recording, style: Style) -> String {
    let rows: Vec<Row> = recording.runs.iter().filter_map(Row::of).collect();
    let tables = [
        ("locked", "Locked: what was stored", Trouble::LOCKED.as_slice()),
        ("deadlock", "Deadlock: who finished", &[Trouble::Ring]),
        ("load", "Under load: a tight loop of writers, with nothing between two transactions", &[Trouble::Load]),
    ];
    let mut text = String::new();
    for (name, title, troubles) in tables {
        let groups: Vec<(Trouble, Vec<&Row>)> = troubles
            .iter()
            .map(|&trouble| (trouble, rows.iter().filter(|row| row.fix.trouble == trouble).collect()))
            .filter(|(_, rows): &(Trouble, Vec<&Row>)| !rows.is_empty())
            .collect();
        if !groups.is_empty() {
            text += &format!("\n{}\n\n{}", style.heading(title), section(name, &groups, style));
        }
    }
    text
}

/// A run with what it is a run of.
struct Row<'a> {
    fix: &'static Fix,
    trace: &'a Trace,
    figures: Figures,
}

impl<'a> Row<'a> {
    fn of(trace: &'a Trace) -> Option<Self> {
        fix(&trace.label).map(|fix| Self { fix, trace, figures: Figures::of(trace) })
    }
}

/// What the columns say that their heads can't.
pub const KEY: &str = "needed: the part of the time that was held or worked; worst: the longest from first asking for \
                   a lock to having it or giving up; fair: fewest rounds of one process / most.";

fn section(name: &str, groups: &[(Trouble, Vec<&Row>)], style: Style) -> String {
    let done = if name == "deadlock" { "finished" } else { "stored" };
    let heads = heads(name, done);
    let mut cells = Vec::new();
    for (trouble, rows) in groups {
        if groups.len() > 1 {
            cells.push(vec![format!("{}:", heading(*trouble).0)]);
        }
        cells.extend(rows.iter().map(|row| self::cells(row.fix.name, row.trace, &row.figures)));
    }
    let mut text = table(&heads, &cells, Cells::Numbers, style);
    text += &style.wrap(KEY, "");
    for (trouble, rows) in groups {
        text += &format!("\n{}\n", style.wrap(&format!("{}:", heading(*trouble).1), "").trim_end());
        text.extend(rows.iter().map(|row| reason(row, style)));
    }
    text
}

/// A trouble in the table, and above its reasons.
fn heading(trouble: Trouble) -> (&'static str, &'static str) {
    match trouble {
        Trouble::Writers => ("writers", "Writers meet at the database"),
        Trouble::ReadThenWrite => ("upgrade", "A transaction that reads first and then writes"),
        Trouble::LongReader => ("long reader", "A reader that stays"),
        Trouble::Ring => ("ring", "Each holds what the next one wants"),
        Trouble::Load => ("load", "Writers that never rest"),
    }
}

/// What the fix of this name is for: the heading above its group; `None` if there is no such fix.
pub fn heading_of_fix(name: &str) -> Option<&'static str> {
    fix(name).map(|fix| heading(fix.trouble).1)
}

/// The heads of a table of runs: what the runs are, and what the first number counts.
pub fn heads<'a>(name: &'a str, done: &'a str) -> [&'a str; 9] {
    [name, "timeout", done, "refused", "retries", "time", "needed", "worst", "fair"]
}

/// The cells of a run under those heads; the first is its name.
pub fn cells(name: &str, trace: &Trace, figures: &Figures) -> Vec<String> {
    let done = match (figures.stored, figures.expected) {
        (Some(stored), Some(expected)) => format!("{stored} of {expected}"),
        (Some(stored), None) => stored.to_string(),
        (None, _) => format!("{} of {}", figures.finished, trace.scenario.processes.len()),
    };
    let hangs = figures.outcome == Outcome::Deadlocked;
    let patience = if trace.scenario.uses_database() {
        Some(trace.scenario.busy_timeout())
    } else {
        trace.scenario.processes.iter().flat_map(|process| &process.steps).find_map(|step| match step {
            Step::Lock { within, .. } => *within,
            _ => None,
        })
    };
    let timeout = patience.map_or_else(|| "-".into(), |patience| setting(patience.as_micros() as u64));
    let time = if hangs { "for ever".into() } else { span(figures.took_us) };
    let needed = if hangs { "-".into() } else { percent(figures.share_of_limit()) };
    let worst = if hangs { "for ever".into() } else { span(figures.worst_wait_us) };
    let fairness = figures.fairness.map_or_else(|| "-".into(), |fairness| format!("{fairness:.2}"));
    let (refused, retries) = (figures.refused.to_string(), figures.retries.to_string());
    vec![clean(name), timeout, done, refused, retries, time, needed, worst, fairness]
}

/// Why a fix works and what it costs; `None` if the run is of none.
pub fn reason_of(trace: &Trace, style: Style) -> Option<String> {
    Row::of(trace).map(|row| reason(&row, style))
}

fn reason(row: &Row, style: Style) -> String {
    let Row { fix, figures, .. } = row;
    let name = if fix.broken { style.bad(fix.name) } else { style.good(fix.name) };
    let cost = if fix.broken { "so" } else { "cost" };
    let mut text = format!("  {name}\n");
    text += &style.wrap(&format!("{}.", fix.why), "    ");
    text += &style.wrap(&format!("{cost}: {}.", fix.cost), "    ");
    if fix.trouble == Trouble::Load {
        let most = figures.rounds.iter().max().copied().unwrap_or(0);
        let fewest = figures.rounds.iter().min().copied().unwrap_or(0);
        let rate = figures.acknowledged as f64 * 1e6 / figures.took_us.max(1) as f64;
        let seen = format!("seen: {rate:.0} transactions a second; one process made {most} of them, another {fewest}.");
        text += &style.wrap(&seen, "    ");
    }
    text
}
