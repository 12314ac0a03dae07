//! `lesson who`: who has it locked, right now, and why.

mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::output::print;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::report;
use crate::report::who::{View, Watch};
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
does (a WAL database that is merely open is not held), 2 = could not look (told
on standard error only, with --json, too), 130 = --watch was interrupted.")]
pub(super) struct Args {
    /// The database (or its -wal, -shm, -journal) or the lock file; without it, the whole machine
    path: Option<PathBuf>,
    /// Follow it live, with a look every so often: `2`, `500ms` [default: 1]
    // A word that begins with `-` is the next option, unless it is a number: that one is refused as such.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, allow_negative_numbers = true)]
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
                print(&self.shown(&answer, &view(terminal, None)))?;
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

    fn shown(&self, answer: &Answer, view: &View) -> String {
        match self.json {
            true => report::who::json::text(&report::who::json::document(answer, view.watch), view.watch.is_some()),
            false => report::who::page(answer, view),
        }
    }
}

/// A page for this terminal; a file and another program get rows as long as they are.
fn view<'a>(terminal: &Terminal, watch: Option<&'a Watch<'a>>) -> View<'a> {
    View { style: style(terminal), is_whole: !terminal.is_terminal, rows: usize::MAX, watch }
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
