//! `lesson who`: who has it locked, right now, and why.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::output::print;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::report;
use crate::scenario::duration;
use crate::who::judge::Answer;
use crate::who::{judge, look, own_user};

/// How often it looks if nothing else is said.
const INTERVAL: Duration = Duration::from_secs(1);

/// Says who holds a database or a lock file, who waits, and why. It only looks: it takes no lock, and ends nobody.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson who app.db             who has the database, in SQLite's words, and why
  lesson who /run/app.lock      any lock file: flock, POSIX and OFD locks
  lesson who                    every deadlock, everybody who waits in the kernel, and
                                every SQLite database that somebody has locked
  lesson who app.db --watch 2   look every 2 seconds, until Ctrl-C
  sudo lesson who app.db        see the processes of other users, too

Exit status: 0 = somebody holds it (without a path: somebody waits), 1 = nobody
does (a WAL database that is merely open is not held), 2 = could not look,
130 = --watch was interrupted.")]
pub(super) struct Args {
    /// The database (or its -wal, -shm, -journal) or the lock file; without it, the whole machine
    path: Option<PathBuf>,
    /// Follow it live, with a look every so often: `2`, `500ms` [default: 1]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, allow_hyphen_values = true)]
    watch: Option<Option<OsString>>,
    /// Print one JSON document instead of the page; with --watch one a line
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let (path, interval) = self.plan()?;
        match interval {
            None => {
                let answer = judge(look(path.as_deref())?, &own_user());
                print(&self.shown(&answer, None, terminal))?;
                Ok(answer.is_held().into())
            }
            Some(interval) => self.watch(path.as_deref(), interval, terminal),
        }
    }

    /// The path, and how often to look. `--watch app.db` means the path: it is no number.
    fn plan(&self) -> anyhow::Result<(Option<PathBuf>, Option<Duration>)> {
        match &self.watch {
            None => Ok((self.path.clone(), None)),
            Some(None) => Ok((self.path.clone(), Some(INTERVAL))),
            Some(Some(word)) => match (seconds(&word.to_string_lossy()), &self.path) {
                (Ok(interval), path) => Ok((path.clone(), Some(interval))),
                (Err(_), None) => Ok((Some(PathBuf::from(word)), Some(INTERVAL))),
                (Err(error), Some(_)) => anyhow::bail!("--watch: {error}"),
            },
        }
    }

    fn shown(&self, answer: &Answer, seen: report::who::Seen, terminal: &Terminal) -> String {
        match (self.json, seen) {
            (true, seen) => report::who::json::text(&report::who::json::document(answer, seen), seen.is_some()),
            (false, seen) => report::who::page(answer, seen, style(terminal)),
        }
    }

    /// Looks again and again, until it is interrupted or nobody reads any more.
    fn watch(&self, path: Option<&Path>, interval: Duration, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let user = own_user();
        let mut first_seen: BTreeMap<String, Instant> = BTreeMap::new();
        loop {
            // The window may have changed its size.
            let terminal = &terminal.again();
            let now = Instant::now();
            // It may come between a look and the question whether it is there.
            let page = match look(path).or_else(|_| look(path)) {
                Ok(sight) => {
                    let answer = judge(sight, &user);
                    remember(&mut first_seen, &answer, now);
                    let seen = |key: &str| first_seen.get(key).map_or(0, |first| now.duration_since(*first).as_secs());
                    self.shown(&answer, Some(&seen), terminal)
                }
                // A file that goes while it is watched may come back, and one that is not there yet may come.
                Err(error) => match path.filter(|path| matches!(path.try_exists(), Ok(false))) {
                    Some(path) => {
                        first_seen.clear();
                        report::who::absent(&path.to_string_lossy(), self.json)
                    }
                    None => return Err(error.into()),
                },
            };
            let at = humantime::format_rfc3339_seconds(SystemTime::now());
            match (terminal.is_terminal, self.json) {
                // Home, the page, and away with what is left below: the screen does not flicker.
                (true, false) => {
                    // The line of the time, an empty one above it and the one of the cursor have to fit, too.
                    let room = terminal.height.map_or(usize::MAX, |height| height.saturating_sub(3).max(2));
                    let lines = fitted(&page, room).replace('\n', "\u{1b}[K\n");
                    let every = duration::format(interval);
                    print(&format!("\u{1b}[H{lines}\u{1b}[K\n({at}; every {every}; Ctrl-C ends)\u{1b}[K\n\u{1b}[J"))?;
                }
                (false, false) => print(&format!("({at})\n{page}\n"))?,
                (_, true) => print(&page)?,
            }
            std::thread::sleep(interval);
        }
    }
}

/// The first lines of a page, so that it fits the screen: what scrolls away would pile up above.
fn fitted(page: &str, room: usize) -> String {
    let lines = page.lines().count();
    if lines <= room {
        return page.to_owned();
    }
    let kept: String = page.lines().take(room - 1).map(|line| format!("{line}\n")).collect();
    format!("{kept}... {} more lines; a higher window shows them\n", lines + 1 - room)
}

/// Keeps when each holder and each waiter was first seen as it is now; who is gone is forgotten.
fn remember(first_seen: &mut BTreeMap<String, Instant>, answer: &Answer, now: Instant) {
    let elsewhere = answer.waited.iter().chain(&answer.databases).flat_map(|file| &file.parties);
    let holders = answer.file.iter().flat_map(|file| &file.parties).chain(elsewhere);
    let keys = holders.map(|party| report::who::holder_key(&answer.sight, party));
    let waiters = answer.graph.waits.iter().map(|wait| report::who::waiter_key(answer, wait.request));
    let seen: BTreeMap<String, Instant> = keys
        .chain(waiters)
        .map(|key| (first_seen.get(&key).copied().unwrap_or(now), key))
        .map(|(at, key)| (key, at))
        .collect();
    *first_seen = seen;
}

/// Reads `2`, `0.5`, `500ms`: from a tenth of a second to an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let span = number.map_or_else(|| duration::parse(text), Ok)?;
    match span {
        _ if span < Duration::from_millis(100) => Err(format!("`{text}` is too often; use at least 0.1")),
        _ if span > Duration::from_secs(3_600) => Err(format!("`{text}` is too seldom; use at most 3600")),
        _ => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_fits_the_screen() {
        let table = [
            ("a\nb\nc\n", 3, "a\nb\nc\n"),
            ("a\nb\nc\n", 2, "a\n... 2 more lines; a higher window shows them\n"),
            ("", 2, ""),
        ];
        for (page, room, expected) in table {
            assert_eq!(fitted(page, room), expected, "{page:?} {room}");
        }
    }
}
