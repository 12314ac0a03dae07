//! `lesson locked`: the exercise, in acts.

use std::time::Duration;

use clap::ValueEnum;

use super::output::Output;
use super::stage::{Plan, Planned, perform};
use super::{Verdict, count, process_count};
use crate::analysis::Figures;
use crate::machine::Terminal;
use crate::scenario::builtin::Exercise;
use crate::scenario::{Begin, duration};
use crate::trace::{Command, Recording, Trace, What};

/// Processes insert into one SQLite database, in acts: with quick tasks all is well, with slow ones rows are lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson locked                 the exercise: tasks of 0 s, then of 3 s
  lesson locked --speed 10      the same, ten times as fast
  lesson locked --read-first    the upgrade trap: refused at once
  lesson locked --task-duration 3s --busy-timeout 20s --record out20.txt
  lesson locked --task-duration 0s --busy-timeout 0s --repeat 20")]
pub(super) struct Args {
    /// How many processes
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = process_count(), allow_hyphen_values = true)]
    processes: usize,
    /// Records that each process inserts
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = count(100_000), allow_hyphen_values = true)]
    records: u32,
    /// How long each works between INSERT and COMMIT; one act for each duration
    #[arg(long, value_name = "DURATION,...", default_value = "0s,3s", value_delimiter = ',',
          value_parser = duration::parse, allow_hyphen_values = true)]
    task_duration: Vec<Duration>,
    /// How long a connection waits for a lock; rusqlite and Python set 5s, SQLite itself 0s
    #[arg(long, value_name = "DURATION", default_value = "5s",
          value_parser = duration::parse, allow_hyphen_values = true)]
    busy_timeout: Duration,
    /// How a transaction begins
    #[arg(long, value_name = "HOW", default_value = "deferred", value_enum)]
    begin: BeginMode,
    /// The journal mode of the database
    #[arg(long, value_name = "MODE", default_value = "delete", value_enum)]
    journal: Journal,
    /// SELECT before INSERT: the upgrade trap
    #[arg(long)]
    read_first: bool,
    /// Divide every duration by this
    #[arg(long, value_name = "N", default_value = "1", value_parser = speed, allow_hyphen_values = true)]
    speed: f64,
    /// Run each act so often, and count how often it went wrong
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(10_000), allow_hyphen_values = true)]
    repeat: u32,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BeginMode {
    /// No lock until the first read or write
    Deferred,
    /// The write lock at once
    Immediate,
    /// The write lock at once, and no readers
    Exclusive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Journal {
    /// A rollback journal
    Delete,
    /// A write-ahead log
    Wal,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let slowest = self.task_duration.iter().chain([&self.busy_timeout]).max().copied().unwrap_or_default();
        if slowest.div_f64(self.speed) > duration::LONGEST {
            anyhow::bail!(
                "at --speed {} the duration {} becomes longer than a day; use at most 24h",
                self.speed,
                duration::format(slowest)
            );
        }
        let acts = self.task_duration.iter().map(|&task| {
            let label = format!("task {}", duration::format(divided(task, self.speed)));
            Planned::new(label, self.exercise(task).scenario())
        });
        let mut acts: Vec<Planned> = acts.collect();
        for index in 1..acts.len() {
            // The same duration twice: two acts, two rooms.
            if acts[..index].iter().any(|act| act.label == acts[index].label) {
                acts[index].label += &format!(" act {}", index + 1);
            }
        }
        let plan = Plan {
            command: Command::Locked { speed: self.speed, repeat: self.repeat },
            runs: acts.into_iter().flat_map(|act| act.repeated(self.repeat)).collect(),
            patience: Duration::from_secs(1),
            side_by_side: false,
            deadline: None,
        };
        perform(plan, &self.output, terminal, |recording| self.is_shown(recording))
    }

    fn exercise(&self, task: Duration) -> Exercise {
        Exercise {
            processes: self.processes,
            records: self.records,
            task: divided(task, self.speed),
            busy_timeout: divided(self.busy_timeout, self.speed),
            begin: match self.begin {
                BeginMode::Deferred => Begin::Deferred,
                BeginMode::Immediate => Begin::Immediate,
                BeginMode::Exclusive => Begin::Exclusive,
            },
            wal: self.journal == Journal::Wal,
            read_first: self.read_first,
        }
    }

    /// The exercise as it is handed out, at the speed that was asked for.
    fn handed_out(&self, task: Duration) -> Exercise {
        let classic = Exercise::classic(divided(task, self.speed));
        Exercise { busy_timeout: divided(classic.busy_timeout, self.speed), ..classic }
    }

    /// Always: nobody died, every acknowledged row is there, the database is whole. For the exercise as it is
    /// handed out also: all is well with quick tasks, and rows are lost with slow ones.
    fn is_shown(&self, recording: &Recording) -> bool {
        let figures: Vec<Figures> = recording.runs.iter().map(Figures::of).collect();
        let died = |run: &Trace| run.events.iter().any(|event| matches!(event.what, What::Crashed { .. }));
        let whole = recording.runs.iter().zip(&figures).all(|(run, figures)| {
            !died(run)
                && run.outcome.database.as_ref().is_some_and(|database| database.integrity.as_deref() == Some("ok"))
                && figures.stored >= Some(figures.acknowledged)
        });
        let mut acts = self.task_duration.iter().map(|&task| self.exercise(task));
        let handed_out = [Duration::ZERO, Duration::from_secs(3)].map(|task| self.handed_out(task));
        if !acts.by_ref().eq(handed_out) {
            return whole;
        }
        let (quick, slow) = figures.split_at(self.repeat as usize);
        whole && quick.iter().all(|act| act.lost() == Some(0)) && slow.iter().all(|act| act.lost() > Some(0))
    }
}

/// To the millisecond, which is SQLite's unit; but never to nothing.
fn divided(time: Duration, speed: f64) -> Duration {
    let ms = (time.as_secs_f64() * 1e3 / speed).round() as u64;
    let least = u64::from(!time.is_zero());
    Duration::from_millis(ms.max(least)).min(duration::LONGEST)
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number from 0.01 to 1000; 10 is ten times as fast".into()),
    }
}
