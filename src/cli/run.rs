//! `lesson run`: any scenario.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::deadlock::lock_kind;
use super::output::Output;
use super::stage::{Plan, Planned, perform};
use super::{Verdict, count};
use crate::analysis::{Figures, Outcome};
use crate::machine::Terminal;
use crate::scenario::{self, LARGEST_FILE, LockKind, Scenario, builtin, duration};
use crate::trace::Command;

/// Carries out a scenario on real locks, or in virtual time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson scenarios show deadlock > my.toml      a scenario to copy and change
  lesson run my.toml
  lesson run my.toml --on fcntl                 the same on another kind of lock
  lesson run my.toml --schedule \"P1 P1 P2\"      these steps first, then freely
  lesson run locked --simulate --seed 7         at once, in virtual time
  lesson run locked --simulate --repeat 100     seeds 1 to 100, and the odds

Exit status: 0 = every process finished, 1 = it ended in a deadlock, a refusal
or a crash, 2 = bad usage or input.")]
pub(super) struct Args {
    /// A scenario in TOML, the name of a built-in one, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Another kind of lock: flock, fcntl, ofd, mutex, sqlite or sqlite-wal
    #[arg(long, value_name = "KIND", value_parser = lock_kind)]
    on: Option<LockKind>,
    /// On SQLite: another patience than the scenario's
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    busy_timeout: Option<Duration>,
    /// Who makes the first steps, in which order
    #[arg(long, value_name = "NAMES")]
    schedule: Option<String>,
    /// Run it so often, and count how it ended
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(10_000), allow_hyphen_values = true)]
    repeat: u32,
    /// In virtual time: no process, no lock, and the seed is luck; --repeat takes the next seeds
    #[arg(long, conflicts_with = "dir")]
    simulate: bool,
    /// How long to watch a deadlock before it is ended
    #[arg(long, value_name = "DURATION", default_value = "1s",
          value_parser = duration::parse, allow_hyphen_values = true)]
    patience: Duration,
    /// End the run after this time [default: what its waits and works add up to, and ten minutes]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    deadline: Option<Duration>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let mut scenario = load(&self.file)?;
        if let Some(on) = self.on {
            scenario.on = on;
            if !scenario.uses_sqlite() {
                scenario.busy_timeout = None;
            }
            scenario::check(&scenario).with_context(|| format!("this scenario can't be run on {on}"))?;
        }
        if self.busy_timeout.is_some() {
            scenario.busy_timeout = self.busy_timeout;
            scenario::check(&scenario).context("--busy-timeout does not fit this scenario")?;
        }
        let schedule = self.schedule.as_deref().map(|text| scenario::parse_schedule(text, &scenario)).transpose();
        let schedule = schedule.map_err(anyhow::Error::msg)?;
        if schedule.as_ref().is_some_and(Vec::is_empty) {
            bail!("--schedule names nobody; write who makes the first steps: --schedule \"P1 P2\"");
        }
        let plan = Plan {
            command: Command::Run { repeat: self.repeat, simulated: self.simulate },
            runs: Planned { schedule, ..Planned::new("run", scenario) }.repeated(self.repeat),
            patience: self.patience,
            side_by_side: false,
            deadline: self.deadline,
        };
        perform(plan, &self.output, terminal, |recording| {
            recording.runs.iter().all(|run| Figures::of(run).outcome == Outcome::Finished)
        })
    }
}

/// A file, `-`, or the name of a built-in scenario where there is no such file.
fn load(file: &Path) -> anyhow::Result<Scenario> {
    let sample = file.to_str().and_then(|name| builtin::samples().into_iter().find(|sample| sample.name == name));
    if let Some(sample) = sample.filter(|_| !file.exists()) {
        return Ok(sample.scenario);
    }
    let origin = file.display().to_string();
    let mut text = String::new();
    let limit = LARGEST_FILE as u64 + 1;
    let read = match file.to_str() {
        Some("-") => std::io::stdin().take(limit).read_to_string(&mut text),
        _ => {
            if file.is_dir() {
                bail!("{origin} is a directory; name a scenario file in it");
            }
            std::fs::File::open(file).and_then(|open| open.take(limit).read_to_string(&mut text))
        }
    };
    read.map_err(|error| match file.exists() || origin == "-" {
        true => anyhow::anyhow!("can't read {origin}: {error}"),
        false => anyhow::anyhow!("can't read {origin}: {error}; `lesson scenarios` lists those that are built in"),
    })?;
    Ok(scenario::parse(&text, &origin)?)
}
