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
    // 2026-01-31T12:00:00Z: the day is that of the look.
    let time = |text: &str| text.split('T').next_back().unwrap_or_default().trim_end_matches('Z').to_owned();
    let one = |before: &Before| {
        let (from, to, name) = (time(&before.from), time(&before.to), cut(&clean(&before.name), 48));
        let words = before.words.trim_start_matches("holds ");
        style.wrap(&format!("{from} to {to} {name}: {words}"), "  ")
    };
    let heading = style.heading("Who was seen to hold it before (UTC)");
    format!("\n{heading}\n{}", all.iter().map(one).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_held_it_before_is_one_line() {
        let held = |name: &str, words: &str| Before {
            pids: vec![7],
            name: name.into(),
            words: words.into(),
            from: "2026-01-31T12:00:00Z".into(),
            to: "2026-01-31T12:00:05Z".into(),
        };
        let all = [held("7 (a\u{1b}[2J)", "holds exclusive flock"), held("8 (python3)", "RESERVED")];
        let expected = [
            "",
            "Who was seen to hold it before (UTC)",
            "  12:00:00 to 12:00:05 7 (a\\u{1b}[2J): exclusive flock",
            "  12:00:00 to 12:00:05 8 (python3): RESERVED",
            "",
        ];
        let expected = expected.join("\n");
        assert_eq!(before(&all, Style::PLAIN), expected);
        assert_eq!(before(&[], Style::PLAIN), "");
    }
}
