//! What is known from earlier looks while a file is watched.

use super::{Style, clean, cut};

/// What a page or a document tells of earlier looks.
pub struct Watch<'a> {
    /// For how long something was seen as it is, in seconds, by [`holder_key`](super::holder_key) or
    /// [`waiter_key`](super::waiter_key).
    pub seen: &'a dyn Fn(&str) -> u64,
    /// The time of this look, in UTC: `2026-01-31T12:00:00Z`.
    pub at: &'a str,
    /// Who held the file and does not any more; who held it last comes first.
    pub before: &'a [Before],
}

/// Somebody who was seen to hold the file, and does not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The processes: several, if they shared an open file. None if they were out of sight.
    pub pids: Vec<u32>,
    /// Their names: untrusted text.
    pub name: String,
    /// What they held when they were last seen: `RESERVED`, `holds exclusive flock`.
    pub words: String,
    /// When they were first seen to hold it, in UTC: `2026-01-31T12:00:00Z`.
    pub from: String,
    /// When they were last seen to hold it.
    pub to: String,
}

/// The lines under a heading; nothing if nobody did.
pub(super) fn before(all: &[Before], style: Style) -> String {
    if all.is_empty() {
        return String::new();
    }
    let one = |before: &Before| {
        let name = cut(&clean(&before.name), 48);
        style.wrap(&format!("{name}: {}, seen from {} to {}", before.words, before.from, before.to), "  ")
    };
    format!("\n{}\n{}", style.heading("Who held it before"), all.iter().map(one).collect::<String>())
}
