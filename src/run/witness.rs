//! A second witness of a deadlock: the kernel's list of locks, or parking_lot's detector.

use std::path::Path;
use std::time::Duration;

use super::crew::Crew;
use crate::analysis::WaitForGraph;
use crate::scenario::Scenario;
use crate::trace::{Witness, WitnessLine};

/// What the kernel says of these processes.
pub(super) fn kernel(_scenario: &Scenario, _room: &Path, _crew: &Crew, _stuck: &[usize]) -> Option<Witness> {
    None
}

pub(super) fn cpu_time(_pid: u32) -> Option<Duration> {
    None
}

/// parking_lot's report, each line with the names of this scenario.
pub(super) fn detector(scenario: &Scenario, graph: &WaitForGraph, lines: &[(usize, String)]) -> Witness {
    let line = |(who, raw): &(usize, String)| {
        let name = |who: usize| scenario.processes[who].name.as_str();
        let waits = graph.edges_of(*who).next().map_or_else(String::new, |edge| {
            format!(", and waits for {}, which {} holds", edge.lock, name(edge.holder))
        });
        WitnessLine { raw: raw.clone(), means: format!("this thread is {}{waits}", name(*who)) }
    };
    Witness { source: "parking_lot's deadlock_detection".into(), lines: lines.iter().map(line).collect() }
}
