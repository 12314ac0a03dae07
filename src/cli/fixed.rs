//! `lesson fixed`: the same troubles, each with its fixes, side by side.

use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;

use super::output::Output;
use super::stage::{Plan, Planned, perform};
use super::{Verdict, count, ring_size};
use crate::analysis::{Figures, Outcome};
use crate::machine::Terminal;
use crate::scenario::builtin::{FIXES, Fix, Sizes, Trouble, fix};
use crate::scenario::{OnDeadlock, duration};
use crate::trace::{Command, Trace};

/// The same troubles, each with its fixes, side by side: what was stored or finished, and what it cost.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson fixed                          both tables, in a few seconds
  lesson fixed deadlock                 one of them
  lesson fixed --with none,queue,wal    only these
  lesson fixed locked --load            a tight loop of writers: who starves?
  lesson scenarios show queue           any of them as a file to change")]
pub(super) struct Args {
    /// Which trouble; both if none is named
    trouble: Option<Which>,
    /// Only these, by name
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = known_fix)]
    with: Vec<&'static Fix>,
    /// A tight loop of writers instead: what busy_timeout, retry and queue do under load
    #[arg(long)]
    load: bool,
    /// How many processes [default: 3; with --load 8]
    #[arg(long, value_name = "N", value_parser = ring_size(), allow_hyphen_values = true)]
    processes: Option<usize>,
    /// Records that each process inserts [default: 2]
    #[arg(long, value_name = "N", value_parser = count(10_000), allow_hyphen_values = true)]
    records: Option<u32>,
    /// How long a task takes [default: 300ms]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    task_duration: Option<Duration>,
    /// How long the tight loop goes on [default: 2s]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    load_for: Option<Duration>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Rows are lost: `database is locked`
    Locked,
    /// Nothing moves
    Deadlock,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let fixes: Vec<&Fix> = self.of_trouble().filter(|fix| self.wants(fix)).collect();
        if fixes.is_empty() {
            let names: Vec<&str> = self.of_trouble().map(|fix| fix.name).collect();
            if self.load {
                bail!("--load is about `locked`; leave `deadlock` out");
            }
            bail!("none of these fixes belongs to that trouble; choose from: {}", names.join(", "));
        }
        let load = fixes.iter().any(|fix| fix.trouble == Trouble::Load);
        self.check(&fixes, load)?;
        let usual = Sizes::default();
        let sizes = Sizes {
            processes: self.processes.unwrap_or(if load { 8 } else { usual.processes }),
            records: self.records.unwrap_or(usual.records),
            task: self.task_duration.unwrap_or(usual.task),
            load_for: self.load_for.unwrap_or(usual.load_for),
        };
        let planned = |fix: &&Fix| Planned::new(fix.name, (fix.scenario)(&sizes));
        let plan = Plan {
            command: Command::Fixed { load, task_us: sizes.task.as_micros() as u64 },
            runs: fixes.iter().map(planned).collect(),
            patience: Duration::from_millis(500),
            side_by_side: !load, // under load they would compete for the disk and the processor
            deadline: None,
        };
        perform(plan, &self.output, terminal, |recording| recording.runs.iter().all(is_shown))
    }

    /// Refuses options that would be ignored.
    fn check(&self, fixes: &[&Fix], load: bool) -> anyhow::Result<()> {
        let all_load = fixes.iter().all(|fix| fix.trouble == Trouble::Load);
        if load && !all_load {
            bail!("the load-... rows are measured alone; name no others beside them");
        }
        if self.load && !load {
            bail!("--load goes with the load-... rows only; leave it out, or name such rows");
        }
        if load && (self.records.is_some() || self.task_duration.is_some()) {
            bail!("under load a task takes 5 ms and time ends the rounds; use --for, not --records or --task-duration");
        }
        if !load && self.load_for.is_some() {
            bail!("--for goes with --load only; use --records and --task-duration here");
        }
        Ok(())
    }

    /// The fixes of the trouble that was named.
    fn of_trouble(&self) -> impl Iterator<Item = &'static Fix> {
        let which = self.trouble;
        FIXES.iter().filter(move |fix| match which {
            None => true,
            Some(Which::Locked) => fix.trouble != Trouble::Ring,
            Some(Which::Deadlock) => fix.trouble == Trouble::Ring,
        })
    }

    /// Those that were named; otherwise all, under load or at rest.
    fn wants(&self, fix: &Fix) -> bool {
        match self.with.is_empty() {
            true => self.load == (fix.trouble == Trouble::Load),
            false => self.with.iter().any(|named| named.name == fix.name),
        }
    }
}

/// A trouble went wrong, a fix went well; every acknowledged row is there.
fn is_shown(run: &Trace) -> bool {
    let figures = Figures::of(run);
    let Some(fix) = fix(&run.label) else { return false };
    let whole = figures.stored.is_none_or(|stored| stored >= figures.acknowledged);
    let victim = u64::from(run.scenario.on_deadlock == OnDeadlock::Victim);
    let went_well = match fix.trouble {
        Trouble::Load => return whole && figures.acknowledged > 0,
        Trouble::Ring => {
            figures.outcome != Outcome::Deadlocked && figures.finished + victim == figures.rounds.len() as u64
        }
        _ => figures.lost() == Some(0),
    };
    whole && went_well != fix.broken
}

fn known_fix(name: &str) -> Result<&'static Fix, String> {
    fix(name).ok_or_else(|| {
        let names: Vec<&str> = FIXES.iter().map(|fix| fix.name).collect();
        format!("a fix is one of: {}", names.join(", "))
    })
}
