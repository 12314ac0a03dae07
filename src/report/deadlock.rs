//! What is said of a deadlock: the graph, how it was watched, the witness, the four conditions.

use super::coffman;
use super::graph;
use super::paint::Style;
use super::words::{clean, list, name, plural, span};
use crate::scenario::LockKind;
use crate::trace::{Deadlock, KilledFor, Trace, What, Witness};

/// More lines of a witness than this are not shown.
const MOST: usize = 12;

/// Everything that is known of the deadlock that ended this run.
pub fn evidence(trace: &Trace, deadlock: &Deadlock, style: Style) -> String {
    let mut text = format!("\n{}\n", style.heading("The wait-for graph"));
    text += &graph::picture(&trace.scenario, deadlock, style);
    text += &format!("\n{}\n", style.heading("Nothing moves"));
    text += &style.wrap(&stillness(trace, deadlock), "  ");
    if let Some(witness) = &deadlock.witness {
        text += &testimony(witness, style);
    }
    text += &format!("\n{}\n", style.heading("The four conditions, as this run showed them"));
    text += &coffman::conditions(trace, deadlock, style);
    text
}

/// The graph of the first cycle that closed and that did not last.
pub fn passing(trace: &Trace, style: Style) -> String {
    let closed = trace.events.iter().find_map(|event| match &event.what {
        What::ClosesCycle { cycle, .. } => Some(cycle),
        _ => None,
    });
    let Some(cycle) = closed else { return String::new() };
    let drawn = graph::ring(&trace.scenario, cycle, style);
    format!("\n{}\n{drawn}", style.heading("The wait-for graph when the cycle closed"))
}

fn stillness(trace: &Trace, deadlock: &Deadlock) -> String {
    if deadlock.watched_us == 0 {
        return "Nobody who is left can make a step: all wait, none of these waits has a time-out, and they would wait \
                for ever. It was simulated: nobody watched it, and there is no witness to ask."
            .into();
    }
    let cpu = deadlock.cpu_us.map_or_else(
        || "this system does not tell how much processor time they used.".into(),
        |us| format!("all of them together used {} of processor time.", span(us)),
    );
    let ended: Vec<String> = trace
        .events
        .iter()
        .filter(|event| event.what == What::Killed { why: KilledFor::Deadlock })
        .map(|event| clean(name(&trace.scenario, event.who)))
        .collect();
    let children = match trace.scenario.on {
        LockKind::Mutex => "child with the threads",
        _ => "children",
    };
    let asked = match trace.scenario.on {
        LockKind::Mutex => "then asked the detector in it, which takes a moment, and ",
        _ => "then ",
    };
    format!(
        "Watched for {}: nobody made a step, and {cpu} They would wait for ever. lesson {asked}ended its own \
         {children} {}, and nobody else.",
        span(deadlock.watched_us),
        list(&ended)
    )
}

fn testimony(witness: &Witness, style: Style) -> String {
    let mut text = format!("\n{}\n", style.heading(&format!("Second witness: {}", clean(&witness.source))));
    for line in witness.lines.iter().take(MOST) {
        text += &format!("  {}\n", style.faint(&clean(line.raw.trim_end())));
        text += &style.wrap(&clean(&line.means), "      ");
    }
    if witness.lines.is_empty() {
        text += "  It was asked, and named nobody.\n";
    }
    let more = witness.lines.len().saturating_sub(MOST) as u64;
    if more > 0 {
        text += &format!("  ... and {} more\n", plural(more, "line"));
    }
    text
}
