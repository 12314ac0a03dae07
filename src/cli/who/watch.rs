//! `lesson who --watch`: it looks again and again, and remembers since when each is as it is, and who held it before.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::super::Verdict;
use super::super::output::print;
use super::{Args, view};
use crate::machine::Terminal;
use crate::report::list;
use crate::report::who::{Before, View, Watch, absent, holder_key, waiter_key};
use crate::run::{Care, is_interrupted};
use crate::scenario::duration;
use crate::who::judge::{Answer, reading, words};
use crate::who::{judge, look, own_user};

/// So many who held it before are told.
const MOST_BEFORE: usize = 5;

/// A table that leaves no room for what it means keeps at least so many rows.
const LEAST_ROWS: usize = 3;

/// What is known from earlier looks.
#[derive(Default)]
struct Memory {
    /// When each holder and each waiter was first seen as it is now.
    first_seen: BTreeMap<String, Instant>,
    /// Who holds the file now.
    holders: Vec<Before>,
    /// Who does not any more; who held it last comes first.
    before: Vec<Before>,
}

impl Args {
    /// Looks again and again, until it is interrupted or nobody reads any more.
    pub(super) fn watch(
        &self,
        path: Option<&Path>,
        interval: Duration,
        terminal: &Terminal,
    ) -> anyhow::Result<Verdict> {
        let user = own_user();
        let mut memory = Memory::default();
        let _care = Care::new(); // an interrupt is left to us, for the sake of the last line
        loop {
            // The window may have changed its size.
            let terminal = &terminal.again();
            let now = Instant::now();
            let at = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
            // It may come between a look and the question whether it is there.
            let answer = match look(path).or_else(|_| look(path)) {
                Ok(sight) => Some(judge(sight, &user)),
                // A file that goes while it is watched may come back, and one that is not there yet may come.
                Err(_) if path.is_some_and(|path| matches!(path.try_exists(), Ok(false))) => None,
                Err(error) => return Err(error.into()),
            };
            memory.remember(answer.as_ref(), now, &at);
            let seen = |key: &str| memory.first_seen.get(key).map_or(0, |first| now.duration_since(*first).as_secs());
            let watch = Watch { seen: &seen, at: &at, before: &memory.before };
            let page = |rows: usize| {
                let view = View { rows, ..view(terminal, Some(&watch)) };
                match &answer {
                    Some(answer) => self.shown(answer, &view),
                    None => absent(&path.unwrap_or(Path::new("")).to_string_lossy(), self.json, &view),
                }
            };
            match (terminal.is_terminal, self.json) {
                (true, false) => print(&screen(page, rows(answer.as_ref()), terminal, &at, interval))?,
                (false, false) => print(&format!("({at})\n{}\n", page(usize::MAX)))?,
                (_, true) => print(&page(usize::MAX))?,
            }
            if is_interrupted_within(interval) {
                // The prompt begins a line of its own.
                print(if terminal.is_terminal && !self.json { "\n" } else { "" })?;
                return Ok(Verdict::Interrupted);
            }
        }
    }
}

/// Waits for the next look; true as soon as there is to be none.
fn is_interrupted_within(interval: Duration) -> bool {
    const MOMENT: Duration = Duration::from_millis(20);
    let start = Instant::now();
    loop {
        let left = interval.saturating_sub(start.elapsed());
        if is_interrupted() || left.is_zero() {
            return is_interrupted();
        }
        std::thread::sleep(left.min(MOMENT));
    }
}

/// A screenful: home, the page, and away with what is left below, so that nothing flickers.
fn screen(page: impl Fn(usize) -> String, most: usize, terminal: &Terminal, at: &str, interval: Duration) -> String {
    let every = duration::format(interval);
    let status = [format!("({at}; every {every}; Ctrl-C ends)"), format!("({at}; Ctrl-C ends)"), String::new()];
    let status = status.iter().find(|line| line.len() < terminal.width).map_or("", String::as_str);
    // The line of the time, an empty one above it and the one of the cursor have to fit, too.
    let room = terminal.height.map_or(usize::MAX, |height| height.saturating_sub(3).max(2));
    let lines = fitted(&shortened(page, most, room, terminal.width), room, terminal.width).replace('\n', "\u{1b}[K\n");
    format!("\u{1b}[H{lines}\u{1b}[K\n{status}\u{1b}[K\n\u{1b}[J")
}

/// The page with as many rows in its tables as leave room for what they mean.
fn shortened(page: impl Fn(usize) -> String, most: usize, room: usize, width: usize) -> String {
    let mut rows = most;
    loop {
        let text = page(rows);
        let over = text.lines().map(|line| height(line, width)).sum::<usize>().saturating_sub(room);
        if over == 0 || rows <= LEAST_ROWS {
            return text;
        }
        // A row may have several lines: not too many are taken at once.
        rows = rows.saturating_sub(over.div_ceil(4)).max(LEAST_ROWS);
    }
}

/// The rows of the longest table.
fn rows(answer: Option<&Answer>) -> usize {
    let Some(answer) = answer else { return 0 };
    let elsewhere = answer.waited.iter().chain(&answer.databases).map(|file| file.parties.len());
    answer.file.iter().map(|file| file.parties.len()).chain(elsewhere).max().unwrap_or(0)
}

/// The first lines of a page, so that it fits the screen: what scrolls away would pile up above.
fn fitted(page: &str, room: usize, width: usize) -> String {
    let heights: Vec<usize> = page.lines().map(|line| height(line, width)).collect();
    if heights.iter().sum::<usize>() <= room {
        return page.to_owned();
    }
    let (mut kept, mut used) = (0, 0);
    while heights.get(kept).is_some_and(|height| used + height < room) {
        used += heights[kept];
        kept += 1;
    }
    let text: String = page.lines().take(kept).map(|line| format!("{line}\n")).collect();
    format!("{text}... {} more lines: make the window higher\n", heights.len() - kept)
}

/// The lines that one takes on the screen: a path or a command is not broken by us, but by the terminal.
fn height(line: &str, width: usize) -> usize {
    // Colours take no room: ESC [ NUMBERS m.
    let mut parts = line.split('\u{1b}');
    let first = parts.next().map_or(0, crate::report::width);
    let rest = parts.map(|part| crate::report::width(part.split_once('m').map_or("", |(_, rest)| rest)));
    (first + rest.sum::<usize>()).div_ceil(width.max(1)).max(1)
}

impl Memory {
    /// Keeps when each was first seen as it is now, and who has let go; `None`: the file is not there.
    fn remember(&mut self, answer: Option<&Answer>, now: Instant, at: &str) {
        let seen = keys(answer).map(|key| (self.first_seen.get(&key).copied().unwrap_or(now), key));
        self.first_seen = seen.map(|(first, key)| (key, first)).collect();
        self.follow(holders(answer, at));
    }

    /// Goes on from the holders of the last look to these.
    fn follow(&mut self, held: Vec<Before>) {
        let held = held.into_iter().map(|holder| {
            let same = self.holders.iter().find(|other| other.pids == holder.pids);
            Before { from: same.map_or_else(|| holder.from.clone(), |same| same.from.clone()), ..holder }
        });
        let held: Vec<Before> = held.collect();
        let is_held = |gone: &Before| held.iter().any(|holder| holder.pids == gone.pids);
        let mut gone: Vec<Before> = self.holders.drain(..).filter(|holder| !is_held(holder)).collect();
        gone.append(&mut self.before);
        gone.retain(|gone| !is_held(gone));
        gone.truncate(MOST_BEFORE);
        (self.holders, self.before) = (held, gone);
    }
}

/// By what everybody who holds or waits is known again.
fn keys(answer: Option<&Answer>) -> impl Iterator<Item = String> {
    answer.into_iter().flat_map(|answer| {
        let elsewhere = answer.waited.iter().chain(&answer.databases).flat_map(|file| &file.parties);
        let holders = answer.file.iter().flat_map(|file| &file.parties).chain(elsewhere);
        let holders = holders.map(|party| holder_key(&answer.sight, party));
        holders.chain(answer.graph.waits.iter().map(|wait| waiter_key(answer, wait.request)))
    })
}

/// Who holds the file at this moment.
fn holders(answer: Option<&Answer>, at: &str) -> Vec<Before> {
    let Some((answer, file)) = answer.and_then(|answer| Some((answer, answer.file.as_ref()?))) else {
        return Vec::new();
    };
    let holder = |party: &crate::who::judge::Party| Before {
        pids: party.pids.clone(),
        name: match party.pids.as_slice() {
            [] => "somebody out of sight".into(),
            pids => list(&pids.iter().map(|pid| reading::name(&answer.sight, *pid)).collect::<Vec<_>>()),
        },
        words: words::stand(&answer.sight, party),
        from: at.to_owned(),
        to: at.to_owned(),
    };
    file.parties.iter().filter(|party| party.stand.is_holding()).map(holder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_fits_the_screen() {
        let table = [
            ("a\nb\nc\n", 3, "a\nb\nc\n"),
            ("a\nb\nc\n", 2, "a\n... 2 more lines: make the window higher\n"),
            ("a\n123456789\nb\nc\n", 5, "a\n123456789\nb\nc\n"),
            ("a\n123456789\nb\nc\n", 4, "a\n123456789\n... 2 more lines: make the window higher\n"),
            ("\u{1b}[1m12345678\u{1b}[0m\n", 1, "\u{1b}[1m12345678\u{1b}[0m\n"),
            ("", 2, ""),
        ];
        for (page, room, expected) in table {
            assert_eq!(fitted(page, room, 8), expected, "{page:?} {room}");
        }
    }

    #[test]
    fn a_table_is_shortened_before_what_it_means() {
        // Two lines for each row, and what they mean.
        let page = |rows: usize| "row\nrow\n".repeat(rows) + "meaning\n";
        for (most, room, lines) in [(5, 11, 11), (5, 10, 9), (50, 20, 19), (50, 4, 7), (2, 4, 5), (0, 4, 1)] {
            let text = shortened(page, most, room, 80);
            assert!(text.ends_with("meaning\n"));
            assert_eq!(text.lines().count(), lines, "{most} {room}");
        }
    }

    #[test]
    fn who_held_it_before_is_remembered() {
        let holder = |pid: u32, at: &str| Before {
            pids: vec![pid],
            name: pid.to_string(),
            words: "holds".into(),
            from: at.into(),
            to: at.into(),
        };
        let mut memory = Memory::default();
        let mut told = |held: &[u32], at: &str| {
            memory.follow(held.iter().map(|pid| holder(*pid, at)).collect());
            let one = |before: &Before| format!("{} {}-{}", before.name, before.from, before.to);
            memory.before.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        for (held, at, expected) in [
            (&[1_u32, 2][..], "a", ""),
            (&[1, 2], "b", ""),
            (&[2], "c", "1 a-b"),
            (&[], "d", "2 a-c, 1 a-b"),
            (&[1], "e", "2 a-c"),
            (&[], "f", "1 e-e, 2 a-c"),
            (&[3, 4, 5, 6, 7], "g", "1 e-e, 2 a-c"),
            (&[], "h", "3 g-g, 4 g-g, 5 g-g, 6 g-g, 7 g-g"),
        ] {
            assert_eq!(told(held, at), expected, "{at}");
        }
    }
}
