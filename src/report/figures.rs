//! The figures of one run in words.

use super::paint::Style;
use super::words::{clean, percent, plural, span};
use crate::analysis::{Figures, Outcome};
use crate::trace::{Stored, Trace};

/// Rows, refusals, time: what was counted.
pub fn paragraph(trace: &Trace, figures: &Figures, style: Style) -> String {
    let mut text = String::new();
    if let Some(database) = &trace.outcome.database {
        text += &rows(figures, database, style);
        let journal = clean(&database.journal);
        let found = match &database.integrity {
            Some(integrity) => format!("PRAGMA integrity_check says {}; journal mode {journal}.", clean(integrity)),
            None => format!("No database was there to be examined; journal mode {journal}."),
        };
        text += &style.wrap(&found, "  ");
    } else if figures.outcome != Outcome::Deadlocked {
        let processes = trace.scenario.processes.len();
        text += &format!("  {} of {} finished every round.\n", figures.finished, plural(processes as u64, "process"));
    }
    text += &refusals(figures, style);
    if figures.outcome != Outcome::Deadlocked {
        text += &style.wrap(&times(trace, figures), "  ");
    }
    text
}

/// How far the run was from what is physically possible.
fn times(trace: &Trace, figures: &Figures) -> String {
    let mut text = format!("Took {}", span(figures.took_us));
    // Who waits while it holds does not need that time: the limit speaks of transactions only.
    text += &match figures.limit_us {
        limit if limit > 0 && trace.scenario.uses_database() => format!(
            "; the physical limit, the sum of the exclusive holds (or the longest work), is {}: {} of the time.",
            span(limit),
            percent(figures.share_of_limit())
        ),
        _ => ".".into(),
    };
    if figures.worst_wait_us > 0 {
        text += &format!(" The longest from first asking to having, or giving up: {}.", span(figures.worst_wait_us));
    }
    text
}

fn rows(figures: &Figures, database: &Stored, style: Style) -> String {
    let stored = figures.stored.unwrap_or(0);
    let counted = match figures.expected {
        Some(expected) => format!("{stored} of {} stored", plural(expected, "row")),
        None => format!("{} stored", plural(stored, "row")),
    };
    let agree = match stored.cmp(&figures.acknowledged) {
        _ if database.integrity.is_none() => format!("{} acknowledged", figures.acknowledged),
        std::cmp::Ordering::Equal => format!("{} acknowledged: every acknowledged row is there", figures.acknowledged),
        std::cmp::Ordering::Greater => format!(
            "{} acknowledged; {} stored by a process that died before it could say so",
            figures.acknowledged,
            plural(stored - figures.acknowledged, "row")
        ),
        std::cmp::Ordering::Less => {
            format!("{} ACKNOWLEDGED: acknowledged rows are missing, which must never happen", figures.acknowledged)
        }
    };
    let complete = figures.lost() == Some(0) || figures.expected.is_none();
    let counted = if complete { style.good(&counted) } else { style.bad(&counted) };
    format!("  {counted}\n{}", style.wrap(&agree, "  "))
}

fn refusals(figures: &Figures, style: Style) -> String {
    let mut text = String::new();
    for kind in &figures.refusals {
        let code = kind.why.code.map_or_else(String::new, |code| format!(", code {code}"));
        let when = match (span(kind.least_us), span(kind.most_us)) {
            (least, most) if least == most => format!("after {least}"),
            (least, most) => format!("after {least} to {most}"),
        };
        let line = format!("{} x {} ({}{code}), {when}", kind.count, clean(&kind.why.text), clean(&kind.why.name));
        text += &style.bad(style.wrap(&line, "  ").trim_end());
        text.push('\n');
    }
    text
}
