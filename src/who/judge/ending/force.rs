//! Whom a plain `kill` does not end.

use super::super::reading::name;
use super::super::sight::{Deaf, Sight};
use crate::who::describe::list;

/// What `kill` needs in front of the numbers: `-9 ` if one of these does not mind a plain one, else nothing.
pub(super) fn option(sight: &Sight, pids: &[u32]) -> &'static str {
    if pids.iter().any(|pid| deaf(sight, *pid).is_some()) { "-9 " } else { "" }
}

/// Why, as a sentence to follow what would be lost; empty if a plain one does.
pub(super) fn why(sight: &Sight, pids: &[u32]) -> String {
    let are = |kind: Deaf| -> Vec<String> {
        pids.iter().filter(|pid| deaf(sight, **pid) == Some(kind)).map(|pid| name(sight, *pid)).collect()
    };
    let (first, ignoring) = (are(Deaf::First), are(Deaf::Ignores));
    let mut text = String::new();
    if !first.is_empty() {
        text += &format!(
            ", and all that runs in the container of {}. A plain `kill` does nothing to the first process of a PID \
             namespace, which has no handler for it",
            list(&first)
        );
    }
    if !ignoring.is_empty() {
        text += &format!(". A plain `kill` does nothing to {}: the signal is ignored there", list(&ignoring));
    }
    text
}

fn deaf(sight: &Sight, pid: u32) -> Option<Deaf> {
    sight.processes.get(&pid)?.deaf
}
