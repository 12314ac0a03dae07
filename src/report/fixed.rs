//! The troubles and their fixes, side by side.

use super::paint::Style;
use super::table::table;
use super::words::{percent, plural, setting, span};
use crate::analysis::{Figures, Outcome};
use crate::scenario::builtin::{Fix, Trouble, fix};
use crate::trace::{Recording, Trace};

/// A table for each trouble, and under it why each fix works and what it costs.
pub fn tables(recording: &Recording, style: Style) -> String {
    let mut rows: Vec<(&Fix, &Trace)> =
        recording.runs.iter().filter_map(|run| fix(&run.label).map(|fix| (fix, run))).collect();
    rows.sort_by_key(|(fix, _)| fix.trouble); // stable: the order within a trouble stays
    rows.chunk_by(|a, b| a.0.trouble == b.0.trouble).map(|rows| section(rows, style)).collect()
}

fn section(rows: &[(&Fix, &Trace)], style: Style) -> String {
    let trouble = rows[0].0.trouble;
    let figures: Vec<Figures> = rows.iter().map(|(_, trace)| Figures::of(trace)).collect();
    let on_rows = !matches!(trouble, Trouble::Ring);
    let done = if on_rows { "stored" } else { "finished" };
    let heads = [heading(trouble).0, "timeout", done, "refused", "retries", "time", "needed", "worst wait", "fair"];
    let cells: Vec<Vec<String>> =
        rows.iter().zip(&figures).map(|((fix, trace), figures)| row(fix, trace, figures, on_rows)).collect();
    let mut text = format!("\n{}\n\n", style.heading(heading(trouble).1));
    text += &table(&heads, &cells, style);
    text.push('\n');
    for ((fix, _), figures) in rows.iter().zip(&figures) {
        text += &reason(fix, figures, style);
    }
    text
}

fn heading(trouble: Trouble) -> (&'static str, &'static str) {
    match trouble {
        Trouble::Writers => ("locked", "Locked: writers meet at the database"),
        Trouble::ReadThenWrite => ("locked", "Locked: read first, then write (the upgrade trap)"),
        Trouble::LongReader => ("locked", "Locked: a reader that stays"),
        Trouble::Ring => ("deadlock", "Deadlock: each holds what the next one wants"),
        Trouble::Load => ("load", "Load: a tight loop of writers, nothing between two transactions (the worst case)"),
    }
}

fn row(fix: &Fix, trace: &Trace, figures: &Figures, on_rows: bool) -> Vec<String> {
    let processes = trace.scenario.processes.len() as u64;
    let done = match (on_rows, figures.expected) {
        (true, Some(expected)) => format!("{} of {expected}", figures.stored.unwrap_or(0)),
        (true, None) => figures.stored.unwrap_or(0).to_string(),
        (false, _) => format!("{} of {processes}", figures.finished),
    };
    let hangs = figures.outcome == Outcome::Deadlocked;
    let timeout = if trace.scenario.uses_database() {
        setting(trace.scenario.busy_timeout().as_micros() as u64)
    } else {
        "-".into()
    };
    let time = if hangs { "for ever".into() } else { span(figures.took_us) };
    let needed = if hangs { "-".into() } else { percent(figures.share_of_limit()) };
    let worst = if hangs { "for ever".into() } else { span(figures.worst_wait_us) };
    let fairness = figures.fairness.map_or_else(|| "-".into(), |fairness| format!("{fairness:.2}"));
    let (refused, retries) = (figures.refused.to_string(), figures.retries.to_string());
    vec![fix.name.into(), timeout, done, refused, retries, time, needed, worst, fairness]
}

fn reason(fix: &Fix, figures: &Figures, style: Style) -> String {
    let name = if fix.broken { style.bad(fix.name) } else { style.good(fix.name) };
    let mut text = format!("{name}\n");
    text += &style.wrap(&format!("why: {}", fix.why), "  ");
    text += &style.wrap(&format!("cost: {}", fix.cost), "  ");
    if fix.trouble == Trouble::Load {
        let most = figures.rounds.iter().max().copied().unwrap_or(0);
        let fewest = figures.rounds.iter().min().copied().unwrap_or(0);
        let seconds = figures.took_us as f64 / 1e6;
        let rate = figures.acknowledged as f64 / seconds.max(1e-6);
        let counts = format!(
            "seen: {rate:.0} transactions a second; one process made {}, another {fewest}",
            plural(most, "transaction")
        );
        text += &style.wrap(&counts, "  ");
    }
    text
}
