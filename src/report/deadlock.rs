//! What is said of a deadlock: the graph, how it was watched, the witness, the four conditions.

use super::coffman;
use super::graph;
use super::paint::Style;
use super::parts::Part;
use super::words::{GLUE, broken, clean, list, name, plural, span};
use crate::scenario::LockKind;
use crate::trace::{Deadlock, KilledFor, Trace, What, Witness};

/// More lines of a witness than this are not shown.
const MOST: usize = 12;

/// Everything that is known of the deadlock that ended this run.
pub fn evidence(trace: &Trace, deadlock: &Deadlock, style: Style) -> Vec<Part> {
    let mut parts = vec![
        Part::new("The wait-for graph", graph::picture(&trace.scenario, deadlock, style)),
        Part::new("Nothing moves", style.wrap(&stillness(trace, deadlock), "  ")),
    ];
    parts.extend(deadlock.witness.as_ref().map(|witness| testimony(witness, style)));
    let conditions = coffman::conditions(trace, deadlock, style);
    parts.push(Part::new("The four conditions, as this run showed them", conditions));
    parts
}

/// The graph of the first cycle that closed and that did not last.
pub fn passing(trace: &Trace, style: Style) -> Option<Part> {
    let cycle = trace.events.iter().find_map(|event| match &event.what {
        What::ClosesCycle { cycle, .. } => Some(cycle),
        _ => None,
    })?;
    Some(Part::new("The wait-for graph when the cycle closed", graph::ring(&trace.scenario, cycle, style)))
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

/// A line as the witness has it. One that is too long goes on below; the blanks of its columns stay.
fn quoted(line: &str, style: Style) -> String {
    let line = clean(line.trim_end()).replace("  ", &GLUE.to_string().repeat(2));
    let lines = broken(&line, style.width.saturating_sub(4)).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{}\n", if at == 0 { "  " } else { "    " }, style.faint(&line))).collect()
}

fn testimony(witness: &Witness, style: Style) -> Part {
    let mut text = String::new();
    for line in witness.lines.iter().take(MOST) {
        text += &quoted(&line.raw, style);
        text += &style.wrap(&clean(&line.means), "      ");
    }
    if witness.lines.is_empty() {
        text += "  It was asked, and named nobody.\n";
    }
    let more = witness.lines.len().saturating_sub(MOST) as u64;
    if more > 0 {
        text += &format!("  ... and {} more\n", plural(more, "line"));
    }
    Part::new(format!("Second witness: {}", clean(&witness.source)), text)
}
