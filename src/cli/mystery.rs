//! `lesson mystery`: somebody has it locked; the learner finds out who, with `lesson who`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::input::Input;
use super::output::print;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::mystery::{Case, Culprit, LOCK, Tried};
use crate::report::{self, Style};
use crate::run::heir::Heir;
use crate::run::{self, Arena, Interrupted, Options, Schedule, Watcher, is_interrupted, victim};
use crate::scenario::{Scenario, duration};
use crate::trace::{Event, What};
use crate::who::judge::{Cause, Reading};

/// The room of its processes.
const ROOM: &str = "mystery";

/// How often it is looked whether something has come about.
const MOMENT: Duration = Duration::from_millis(20);

/// So long the culprit may take to come about; only a failure takes it all.
const LIMIT: Duration = Duration::from_secs(30);

/// Hides a culprit who really has something locked. You find out who, with `lesson who` in another terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson mystery                hunt in another terminal, then answer here
  lesson mystery --seed 7       the same culprit each time
  lesson mystery --seed 7 --answer writer
  echo 3 | lesson mystery --seed 7

Exit status: 0 = the answer is right, 1 = it is wrong, 2 = bad usage, or nothing
can be seen here, 130 = interrupted.")]
pub(super) struct Args {
    /// Which culprit is hidden; without it, luck decides
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    seed: Option<u64>,
    /// Don't ask: this is the answer, a name or a number
    #[arg(long, value_name = "CULPRIT", value_parser = Culprit::parse, allow_hyphen_values = true)]
    answer: Option<Culprit>,
    /// With --answer: print one JSON document instead of the page
    #[arg(long, requires = "answer")]
    json: bool,
    /// Keep the database or the lock files in this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        crate::who::read().context("there is no mystery without the list of locks in which `lesson who` looks")?;
        let seed = self.seed.unwrap_or_else(luck);
        let culprit = Culprit::hidden_by(seed);
        let arena = Arena::new(self.dir.as_deref())?;
        arena.check_free([ROOM])?;
        let path = arena.path().join(ROOM).join(culprit.file());
        let case = match culprit.scenario() {
            Some(scenario) => on_stage(&scenario, &arena, |stage| self.hunt(seed, culprit, &path, stage, terminal))?,
            None => {
                let heir = Heir::start(&arena.room(ROOM)?, LOCK, arena.is_temporary())?;
                let case = self.hunt(seed, culprit, &path, &|| Stage::Set, terminal);
                drop(heir);
                case?
            }
        };
        drop(arena); // everything is ended before we say so
        match self.json {
            true => print(&format!("{:#}\n", report::mystery::document(&case)))?,
            false => print(&report::mystery::closing(&case, style(terminal)))?,
        }
        Ok(case.is_right().into())
    }

    /// From the moment that the culprit is there to the answer.
    fn hunt(
        &self,
        seed: u64,
        culprit: Culprit,
        path: &Path,
        stage: &dyn Fn() -> Stage,
        terminal: &Terminal,
    ) -> anyhow::Result<Case> {
        let reading = seen(culprit, path, stage)?;
        let tried: Vec<Tried> = victim::attempt(culprit.attempt(), path)?;
        let shown = path.display().to_string();
        if !self.json {
            print(&report::mystery::opening(
                &shown,
                culprit.attempt(),
                &tried,
                style(terminal),
                !terminal.is_terminal,
            ))?;
        }
        let answer = match self.answer {
            Some(answer) => answer,
            None => {
                print(&report::mystery::menu(style(terminal)))?;
                asked(style(terminal))?
            }
        };
        let since = read(path).ok().filter(|now| now.cause != reading.cause);
        Ok(Case { seed, culprit, path: shown, tried, answer, reading, since })
    }
}

/// A small number that nobody knows beforehand.
fn luck() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| u64::from(now.subsec_micros()))
}

/// How far the processes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Somebody is still to be killed.
    Building,
    /// Nothing more is to come.
    Set,
    /// The run is over before its time: it has failed.
    Over,
}

/// Starts the processes of a scenario, and ends them when `act` is done, whatever comes of it.
fn on_stage<T>(
    scenario: &Scenario,
    arena: &Arena,
    act: impl FnOnce(&dyn Fn() -> Stage) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut usher = Usher { over: AtomicBool::new(false), dead: AtomicBool::new(false) };
    let is_fatal = scenario.processes.iter().any(|process| process.steps.contains(&crate::scenario::Step::Crash));
    *usher.dead.get_mut() = !is_fatal;
    let usher = &usher;
    thread::scope(|scope| {
        let run: ScopedJoinHandle<anyhow::Result<()>> = scope.spawn(|| {
            let options = Options {
                arena,
                label: ROOM.into(),
                seed: 1,
                patience: duration::LONGEST, // a deadlock is not ended before it is found
                schedule: Schedule::Luck,
                deadline: Some(duration::LONGEST),
                program: None,
            };
            run::run(scenario, &options, &mut &*usher).map(drop)
        });
        let stage = || match (run.is_finished(), usher.dead.load(Ordering::Relaxed)) {
            (true, _) => Stage::Over,
            (false, true) => Stage::Set,
            (false, false) => Stage::Building,
        };
        // Also when `act` panics: the scope waits for the run.
        let curtain = Curtain(&usher.over);
        let acted = act(&stage);
        drop(curtain);
        let ran = run.join();
        match (acted, ran) {
            (Ok(done), _) => Ok(done),
            // What the run says of itself is the reason, unless it was only told to end.
            (Err(_), Ok(Err(error))) if !error.is::<Interrupted>() => Err(error),
            (Err(error), _) => Err(error),
        }
    })
}

/// Ends the run when it is told to, and notices who is killed.
struct Usher {
    over: AtomicBool,
    dead: AtomicBool,
}

impl Watcher for &Usher {
    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        if matches!(event.what, What::Crashed { .. }) {
            self.dead.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn tick(&mut self, _: u64) -> anyhow::Result<()> {
        if self.over.load(Ordering::Relaxed) { Err(Interrupted.into()) } else { Ok(()) }
    }
}

/// Dropped, it tells the run to end.
struct Curtain<'a>(&'a AtomicBool);

impl Drop for Curtain<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What `lesson who` says of the file. Another process looks: this one may have a connection to the database, whose
/// locks would go as soon as it opened and closed the file by itself.
fn read(path: &Path) -> anyhow::Result<Reading> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["who", "--json"]).arg(path).stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code().is_some_and(|code| code < 2), "{}", text.trim().trim_start_matches("error: "));
    let document: Value = serde_json::from_slice(&output.stdout)?;
    let file = &document["file"];
    let own = std::process::id();
    let is_own = |party: &&Value| party["pids"].as_array().is_some_and(|pids| pids.contains(&own.into()));
    let parties = file["parties"].as_array().into_iter().flatten();
    // The database is still being made, or tried: what is read now would accuse this process.
    ensure!(parties.filter(is_own).all(|party| party["stand"] == "open"), "the mystery itself is at the file");
    let word = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    let cause = word("cause");
    let culprits = file["culprits"].as_array().into_iter().flatten();
    Ok(Reading {
        cause: Cause::ALL.into_iter().find(|known| known.name() == cause).context("a cause is told by its name")?,
        text: word("reading"),
        fix: word("fix"),
        culprits: culprits.filter_map(|pid| pid.as_u64()?.try_into().ok()).collect(),
    })
}

/// Waits until `lesson who` sees the culprit: what it can't see, the learner can't find.
fn seen(culprit: Culprit, path: &Path, stage: &dyn Fn() -> Stage) -> anyhow::Result<Reading> {
    let start = Instant::now();
    loop {
        let is_set = match stage() {
            Stage::Over => bail!("the processes ended before they were found"),
            stage => stage == Stage::Set,
        };
        let last = match read(path) {
            Ok(reading) if is_set && reading.cause == culprit.cause() => return Ok(reading),
            Ok(reading) => reading.text,
            Err(error) => format!("{error:#}"), // the file is still to be made
        };
        if is_interrupted() {
            return Err(Interrupted.into());
        }
        if start.elapsed() >= LIMIT {
            bail!("`lesson who` does not see here who has it locked, so nobody could find out: {last}");
        }
        thread::sleep(MOMENT);
    }
}

/// The answer from standard input; what is none is asked for again.
fn asked(style: Style) -> anyhow::Result<Culprit> {
    let input = Input::new();
    loop {
        match input.line()?.as_deref().map(Culprit::parse) {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) => print(&style.wrap(&error, ""))?,
            None => bail!("no answer was given; type one, or name it with --answer"),
        }
    }
}
