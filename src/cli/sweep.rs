//! `lesson sweep`: a grid of simulations, and some of its cells for real.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use indicatif::ProgressBar;

use super::live::words_only;
use super::output::{check_target, print, print_written, write_file};
use super::source;
use super::stage::{Planned, side_by_side};
use super::{Verdict, count, process_count, style};
use crate::analysis::Figures;
use crate::machine::Terminal;
use crate::picture;
use crate::report::sweep::{Swept, checks, document, map};
use crate::run::{self, Arena, Options, Schedule};
use crate::scenario::duration;
use crate::sweep::{
    Axis, Cell, Check, Found, LONGEST_CHECK, MOST_ATTEMPTS, PATIENCE, Setting, Subject, Sweep, Value, choose,
};

/// Varies two settings over a grid, in virtual time, and shows how many records are lost where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson sweep                                  tasks x busy timeouts
  lesson sweep --task 0s,1s,3s --busy-timeout 0s,5s,8s,20s
  lesson sweep --processes 2,4,8 --busy-timeout 0s,5s,20s --task 1s
  lesson sweep retry --attempts 1,2,5,20 --backoff-base 1ms,10ms,100ms
  lesson sweep --check 5                        5 cells also with real processes
  lesson sweep --html heat.html                 a page to show

Exit status: 0 = every real run lost what was simulated, or none was asked for,
1 = one deviated, 2 = bad usage or input, 130 = interrupted.")]
pub(super) struct Args {
    /// A built-in scenario that stores records, one in TOML, or - for standard input
    #[arg(value_name = "SCENARIO", default_value = "locked")]
    scenario: PathBuf,
    /// How long each `work` step takes. As with the next four: a value sets it, a list varies it; at most two vary
    #[arg(long, value_name = "DURATION,...", value_delimiter = ',', value_parser = duration::parse,
          allow_hyphen_values = true)]
    task: Vec<Duration>,
    /// How long a connection waits for a lock
    #[arg(long, value_name = "DURATION,...", value_delimiter = ',', value_parser = duration::parse,
          allow_hyphen_values = true)]
    busy_timeout: Vec<Duration>,
    /// How many processes take part in a built-in scenario
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = process_count(),
          allow_hyphen_values = true)]
    processes: Vec<usize>,
    /// The first pause where a scenario retries
    #[arg(long, value_name = "DURATION,...", value_delimiter = ',', value_parser = duration::parse,
          allow_hyphen_values = true)]
    backoff_base: Vec<Duration>,
    /// Attempts at a round where a scenario retries
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = count(MOST_ATTEMPTS.into()),
          allow_hyphen_values = true)]
    attempts: Vec<u32>,
    /// Simulate each cell under so many seeds: luck may decide
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = count(10_000), allow_hyphen_values = true)]
    repeat: u32,
    /// The first seed; it also picks the cells of --check
    #[arg(long, value_name = "N", default_value_t = 1, allow_hyphen_values = true)]
    seed: u64,
    /// Run up to so many cells with real processes too, side by side, and compare; none that takes over two minutes
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true,
          value_parser = clap::value_parser!(u32).range(0..=20))]
    check: u32,
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    /// Print nothing: the file and the exit status tell
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Write a page with the heat map, to be opened in a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Overwrite a file of --html that lesson did not write
    #[arg(long, requires = "html")]
    force: bool,
}

/// What varies if nothing is said. No timeout is a multiple of a task: in such a tie, luck would decide.
const TASKS_MS: [u64; 5] = [0, 500, 1_000, 3_000, 6_000];
const TIMEOUTS_MS: [u64; 5] = [0, 2_500, 5_000, 8_000, 20_000];

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let (built_in, scenario) = source::open(&self.scenario)?;
        let sweep = Sweep::new(Subject { built_in, scenario }, self.axes(), self.seed, self.repeat)?;
        if let Some(file) = &self.html {
            check_target(("--html", file, picture::is_first_line), self.force)?;
        }
        if self.check > 0 {
            run::possible(&sweep.subject().scenario)?;
        }
        let cells = simulate(&sweep);
        if let Some(problem) = problem_of_all(&cells) {
            bail!("no cell of the grid can be simulated: {problem}");
        }
        let chosen = choose(&sweep, &cells, self.check as usize);
        if self.check > 0 && chosen.is_empty() {
            let longest = duration::format(LONGEST_CHECK);
            bail!("--check has no cell to run that takes at most {longest}; use shorter durations");
        }
        let mut swept = Swept { sweep: &sweep, cells: &cells, checks: &[] };
        let tells = !self.json && !self.quiet;
        if tells {
            print(&map(&swept, style(terminal)))?;
        }
        let checked = self.run_for_real(&sweep, &cells, &chosen)?;
        swept.checks = &checked;
        if tells {
            print(&checks(&swept, style(terminal)))?;
        }
        if let Some(file) = &self.html {
            let page = picture::heat(&swept);
            write_file(file, |out| std::io::Write::write_all(out, page.as_bytes()))?;
            if tells {
                print_written([file.as_path()].into_iter())?;
            }
        }
        if self.json {
            print(&format!("{:#}\n", document(&swept)))?;
        }
        Ok(swept.agrees().into())
    }

    /// What the options set. If none has a list, those that have nothing vary as usual.
    fn axes(&self) -> Vec<Axis> {
        let times = |times: &[Duration]| times.iter().copied().map(Value::Time).collect();
        let given: [(Setting, Vec<Value>); 5] = [
            (Setting::Task, times(&self.task)),
            (Setting::BusyTimeout, times(&self.busy_timeout)),
            (Setting::Processes, self.processes.iter().map(|&count| Value::Count(count as u32)).collect()),
            (Setting::BackoffBase, times(&self.backoff_base)),
            (Setting::Attempts, self.attempts.iter().copied().map(Value::Count).collect()),
        ];
        let varies = given.iter().any(|(_, values)| values.len() > 1);
        let usual = |setting| match setting {
            Setting::Task if !varies => TASKS_MS.as_slice(),
            Setting::BusyTimeout if !varies => TIMEOUTS_MS.as_slice(),
            _ => &[],
        };
        let axis = |(setting, mut values): (Setting, Vec<Value>)| {
            if values.is_empty() {
                values = usual(setting).iter().map(|&ms| Value::Time(Duration::from_millis(ms))).collect();
            }
            Axis { setting, values }
        };
        given.into_iter().map(axis).filter(|axis| !axis.values.is_empty()).collect()
    }

    /// The chosen cells, each with real processes in a room of its own, all at once: it is mostly waiting.
    fn run_for_real(&self, sweep: &Sweep, cells: &[Cell], indices: &[usize]) -> anyhow::Result<Vec<Check>> {
        let mut planned = Vec::new();
        let mut chosen = Vec::new();
        for &index in indices {
            let Cell { row, column, found: Ok(found) } = &cells[index] else { continue };
            let scenario = sweep.scenario(*row, *column).map_err(run::Unfit)?;
            chosen.push((*row, *column, *found));
            planned.push(Planned::new(format!("cell {}", index + 1), scenario));
        }
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        let arena = Arena::new(None)?;
        let traces = side_by_side(&planned, |planned| Options {
            arena: &arena,
            label: planned.label.clone(),
            seed: self.seed,
            patience: PATIENCE,
            schedule: Schedule::Luck,
            deadline: None,
            program: None,
        })?;
        let check = |(trace, (row, column, simulated)): (_, (usize, usize, Found))| {
            let figures = Figures::of(&trace);
            let lost = figures.lost().unwrap_or(simulated.expected);
            Check { row, column, simulated, lost, took_us: figures.took_us }
        };
        Ok(traces.into_iter().zip(chosen).map(check).collect())
    }
}

/// Every cell; on a terminal it is told how far it has come.
fn simulate(sweep: &Sweep) -> Vec<Cell> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(words_only());
    let (rows, columns) = sweep.size();
    let all = rows * columns;
    let cell = |(index, (row, column))| {
        bar.set_message(format!("{index} of {all} cells simulated ..."));
        sweep.cell(row, column)
    };
    let cells = sweep.places().enumerate().map(cell).collect();
    bar.finish_and_clear();
    cells
}

/// Why nothing can be simulated; `None` if something can.
fn problem_of_all(cells: &[Cell]) -> Option<&String> {
    let known = cells.iter().any(|cell| cell.found.is_ok());
    cells.iter().find_map(|cell| cell.found.as_ref().err()).filter(|_| !known)
}
