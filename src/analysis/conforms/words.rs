//! An event in words.

use crate::scenario::Scenario;
use crate::trace::{Event, What};

/// What a process tells.
pub(super) fn told(event: &Event, scenario: &Scenario) -> String {
    let name = |who: usize| scenario.processes.get(who).map_or("somebody", |process| &process.name);
    let what = match &event.what {
        What::Wants { lock, mode, .. } => format!("wants {lock} ({mode})"),
        What::Waits { lock, mode, limit_us: None, .. } => format!("waits for {lock} ({mode})"),
        What::Waits { lock, mode, limit_us: Some(limit), .. } => format!("waits for {lock} ({mode}) for {limit} us"),
        What::Gets { lock, mode, .. } => format!("gets {lock} ({mode})"),
        What::Releases { lock, .. } => format!("releases {lock}"),
        What::Refused { lock, mode, why, .. } => format!("is refused {lock} ({mode}) with {}", why.name),
        What::Commits { rows } => format!("commits {rows} rows"),
        What::Committed { rows } => format!("has committed {rows} rows"),
        What::RolledBack { rows } => format!("has rolled {rows} rows back"),
        What::BacksOff { attempt, .. } => format!("pauses after attempt {attempt}"),
        What::Round { round } => format!("begins round {round}"),
        What::Abandons { round } => format!("gives round {round} up"),
        What::Finished { round } => format!("has finished round {round}"),
        What::ClosesCycle { cycle, .. } => {
            let edges: Vec<String> = cycle
                .iter()
                .map(|edge| format!("{} waits for {}, which {} holds", name(edge.waiter), edge.lock, name(edge.holder)))
                .collect();
            format!("closes a cycle: {}", edges.join(", "))
        }
        What::Killed { why } => format!("is ended by lesson ({why:?})").to_lowercase(),
        What::Starts { .. } => "starts".into(),
        What::Works { .. } => "works".into(),
        What::Worked => "has worked".into(),
        What::Meets => "comes to the meeting".into(),
        What::Met => "goes on from the meeting".into(),
        What::Inserted => "has inserted".into(),
        What::Ends => "is done".into(),
        What::Crashes => "is about to crash".into(),
        What::Crashed { .. } => "has crashed".into(),
    };
    format!("{} {what}", name(event.who))
}
