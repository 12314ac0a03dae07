//! `lesson explore`: every interleaving of a scenario.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};

use super::drawn::{self, Pictures, Subject};
use super::export;
use super::live::words_only;
use super::output::print;
use super::source::Source;
use super::{Verdict, style};
use crate::explore::{self, Answer, Doing, Map, Progress, Task, Wanted};
use crate::machine::Terminal;
use crate::model::{Attempts, Program};
use crate::report::explored::{self, Exploration};
use crate::report::{Style, grouped};
use crate::run::{Care, is_interrupted};
use crate::scenario::Scenario;

/// Explores every interleaving of a scenario: proves it free of deadlock, or shows the shortest way to one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson explore deadlock
  lesson explore ordering                       the cure, proved
  lesson explore philosophers --processes 5
  lesson explore my.toml --first                only: is there a deadlock?
  lesson explore my.toml --json
  lesson explore philosophers --html game.html  a page to play with
  lesson explore deadlock --svg states.svg      the graph of states
  lesson explore my.toml --export promela my.pml     - for standard output

Exit status: 0 = no deadlock is possible, 1 = one was found, 2 = bad usage or
input, 3 = a bound was reached before that was known, 130 = interrupted; what
is known by then is shown.")]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Stop at the first deadlock, which is one of the nearest; count nothing
    #[arg(long)]
    first: bool,
    /// Visit at most so many states
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000, allow_hyphen_values = true,
          value_parser = clap::value_parser!(u64).range(1..=4_000_000_000))]
    max_states: u64,
    /// Use at most so much memory for them, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 2048, allow_hyphen_values = true,
          value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    max_memory: u64,
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    /// Explore nothing; write the scenario for SPIN (promela) or TLC (tla) into a file
    #[arg(long, num_args = 2, value_names = ["LANGUAGE", "FILE"],
          conflicts_with_all = ["first", "json", "max_states", "max_memory", "html", "svg", "dot"])]
    export: Option<Vec<PathBuf>>,
    /// Overwrite files that lesson did not write
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pictures: Pictures,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let scenario = self.source.load()?;
        if let Some(words) = &self.export {
            export::write(&scenario, words, self.force)?;
            return Ok(Verdict::Shown);
        }
        let map = self.check(&scenario)?;
        let task = Task {
            count: !self.first,
            keep: true,
            first: self.first.then_some(Wanted::Deadlock),
            max_states: self.max_states,
            max_bytes: usize::try_from(self.max_memory << 20).unwrap_or(usize::MAX),
        };
        // As long as this is there, the search hears an interrupt, and ends soon; a second one ends all at once.
        let care = Care::new();
        let mut bar = Bar::new();
        let answer = explore::answer(&scenario, &task, &mut |progress| {
            bar.show(progress);
            !is_interrupted()
        });
        drop((bar, care));
        let answer = answer?;
        let exploration = Exploration { scenario: &scenario, answer: &answer, source: self.source.words() };
        // A terminal that was closed interrupts, and takes no page.
        if answer.interrupted {
            self.print(&exploration, terminal, &[]).ok();
            return Ok(Verdict::Interrupted);
        }
        let drawn = self.draw(&exploration, task, map.as_ref())?;
        drawn::write(&drawn)?;
        self.print(&exploration, terminal, &drawn)?;
        Ok(verdict(&answer))
    }

    /// Refuses pictures that could not be written or drawn, before anything is explored; the map that they need.
    fn check(&self, scenario: &Scenario) -> anyhow::Result<Option<Map>> {
        if self.force && self.pictures.is_empty() {
            bail!("--force is about files of --export, --html, --svg and --dot; name one");
        }
        self.pictures.check(self.force)?;
        match self.first {
            true => Ok(None), // that draws the nearest deadlock only
            false => self.pictures.map(&Program::compile(scenario, Attempts::Counted)?),
        }
    }

    fn draw(&self, exploration: &Exploration, task: Task, map: Option<&Map>) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let subject = Subject {
            scenario: exploration.scenario,
            program: &exploration.answer.program,
            source: exploration.source.clone(),
            said: Some(explored::page(exploration, Style::PLAIN)),
            task,
            is_free: verdict(exploration.answer) == Verdict::Shown,
        };
        self.pictures.draw(&subject, map)
    }

    fn print(&self, exploration: &Exploration, terminal: &Terminal, drawn: &[(PathBuf, String)]) -> anyhow::Result<()> {
        match (self.json, drawn) {
            (true, _) => print(&format!("{:#}\n", explored::document(exploration))),
            (false, []) => print(&explored::page(exploration, style(terminal))),
            (false, _) => {
                print(&format!("{}\n{}", explored::page(exploration, style(terminal)), drawn::written(drawn)))
            }
        }
    }
}

/// How far it has come, on standard error if that is a terminal; nothing stays of it.
pub(super) struct Bar {
    bar: ProgressBar,
    /// How far it has to go; `None` where that is not known.
    last_rank: Option<u64>,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        bar.set_style(words_only());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, last_rank: None }
    }

    /// A bar where the ranks tell how far it is, and the states.
    pub(super) fn show(&mut self, Progress { states, rank, last_rank, doing }: Progress) {
        self.bar.set_message(match doing {
            Doing::Visiting => format!("{} states ...", grouped(&states)),
            Doing::Concluding => format!("{} states; what follows ...", grouped(&states)),
        });
        // A search that goes by no rank stays at the first.
        let last_rank = Some(last_rank).filter(|_| rank > 0);
        if self.last_rank != last_rank {
            self.last_rank = last_rank;
            self.bar.set_style(last_rank.map_or_else(words_only, |_| with_bar()));
            self.bar.set_length(last_rank.unwrap_or_default());
        }
        self.bar.set_position(rank);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// At most 50 columns.
fn with_bar() -> ProgressStyle {
    ProgressStyle::with_template("[{bar:16}] {msg}").map_or_else(|_| words_only(), |style| style.progress_chars("=> "))
}

fn verdict(answer: &Answer) -> Verdict {
    match (answer.explored.deadlock_states, answer.explored.stopped) {
        (0, None) => Verdict::Shown,
        (0, Some(_)) => Verdict::Unknown,
        _ => Verdict::NotShown,
    }
}
