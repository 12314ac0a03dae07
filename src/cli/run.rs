//! `lesson run`: any scenario.

use std::time::Duration;

use anyhow::bail;

use super::output::Output;
use super::source::Source;
use super::stage::{Plan, Planned, perform};
use super::{Verdict, count};
use crate::analysis::{Figures, Outcome};
use crate::machine::Terminal;
use crate::run;
use crate::scenario::{self, duration};
use crate::trace::Command;

/// Carries out a scenario on real locks, or in virtual time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson scenarios show deadlock > my.toml      a scenario to copy and change
  lesson run my.toml
  lesson run my.toml --on fcntl                 the same on another kind of lock
  lesson run philosophers --processes 3         a built-in one in another size
  lesson run my.toml --schedule \"P1 P1 P2\"      these steps first, then freely
  lesson run locked --simulate --seed 7         at once, in virtual time
  lesson run locked --simulate --repeat 100     seeds 1 to 100

Exit status: 0 = every process finished, 1 = it ended in a deadlock, a refusal
or a crash, 2 = bad usage or input, 130 = interrupted.")]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Who makes the first steps, in which order
    #[arg(long, value_name = "NAMES", allow_hyphen_values = true)]
    schedule: Option<String>,
    /// Run it so often, and count how it ended
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(10_000), allow_hyphen_values = true)]
    repeat: u32,
    /// In virtual time: no process, no lock, and the seed is luck; --repeat takes the next seeds. Processes start one
    /// after the other, and no fair coin says who moves: for the odds see lesson explore
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
        let scenario = self.source.load()?;
        let schedule = self.schedule.as_deref().map(|text| scenario::parse_schedule(text, &scenario)).transpose();
        let schedule = schedule.map_err(anyhow::Error::msg)?;
        if schedule.as_ref().is_some_and(Vec::is_empty) {
            bail!("--schedule names nobody; write who makes the first steps: --schedule \"P1 P2\"");
        }
        if !self.simulate {
            run::possible(&scenario)?; // before anything is printed or made
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
