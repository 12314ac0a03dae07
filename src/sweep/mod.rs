//! What becomes of a scenario when its settings vary: a grid of simulations, and the records that each loses.
//!
//! A [`Sweep`] says what varies. Each [`Cell`] is simulated in virtual time, under several seeds, for luck may decide
//! there; [`choose()`] says which cells are worth a run with real processes, and a [`Check`] holds both beside each
//! other. Whether they agree is shown, and never mended.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness but a seed's.

mod check;
mod setting;
#[cfg(test)]
mod tests;

pub use check::{Check, LONGEST_CHECK, choose};
pub use setting::{Axis, MOST_ATTEMPTS, Setting, Value};

use std::time::Duration;

use crate::analysis::Figures;
use crate::scenario::{self, MOST_PROCESSES, Scenario, builtin, duration};
use crate::simulate;

/// The most cells of a grid: more of them are no picture.
pub const MOST_CELLS: usize = 400;

/// The most simulations of a sweep: cells, each as often as it is repeated.
pub const MOST_RUNS: usize = 20_000;

/// How long a deadlock would be watched, in virtual time and in real.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// The parts into which a loss is shaded: nothing, and up to a quarter, a half, three quarters and all of the records.
pub const SHADES: usize = 5;

/// What is swept cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

/// The scenario of which settings vary.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The name of a built-in one, which comes in sizes; `None`: it is from a file.
    pub built_in: Option<String>,
    /// The scenario as it is when nothing is set.
    pub scenario: Scenario,
}

/// A grid to be simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    subject: Subject,
    /// What has one value only.
    fixed: Vec<(Setting, Value)>,
    rows: Axis,
    columns: Option<Axis>,
    seed: u64,
    repeat: u32,
}

/// One square of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its row, from 0.
    pub row: usize,
    /// Its column, from 0.
    pub column: usize,
    /// What was found; or why it can't be simulated.
    pub found: Result<Found, String>,
}

/// What the simulations of one cell came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Records that would be stored if nothing were refused.
    pub expected: u64,
    /// The fewest that were lost under one seed.
    pub least: u64,
    /// The most that were lost under one seed.
    pub most: u64,
    /// What all seeds together lost.
    pub sum: u64,
    /// How many seeds.
    pub runs: u32,
    /// The longest of the runs, in microseconds of virtual time.
    pub took_us: u64,
}

impl Found {
    /// Records lost on average.
    pub fn mean(&self) -> f64 {
        self.sum as f64 / f64::from(self.runs.max(1))
    }

    /// Whether every seed lost the same: luck does not decide.
    pub fn is_certain(&self) -> bool {
        self.least == self.most
    }

    /// How dark it is, from 0 (no seed lost a record) to [`SHADES`] - 1; the average counts.
    pub fn shade(&self) -> usize {
        let share = self.mean() / self.expected.max(1) as f64;
        let quarters = (share * (SHADES - 1) as f64).ceil() as usize;
        quarters.clamp(usize::from(self.sum > 0), SHADES - 1)
    }
}

impl Sweep {
    /// A grid of these settings. Those with more than one value vary, and at most two do: the first one down the rows,
    /// the second along the columns. Each cell is simulated under so many seeds, from `seed` on.
    ///
    /// # Errors
    /// A setting has nothing to set in this scenario or a value twice, three vary, the grid is too large, or no record
    /// can be counted.
    pub fn new(subject: Subject, mut axes: Vec<Axis>, seed: u64, repeat: u32) -> Result<Self, Unfit> {
        axes.sort_by_key(|axis| axis.setting);
        check_counts(&subject.scenario)?;
        axes.iter().try_for_each(|axis| axis.fits(&subject))?;
        let (mut varied, single): (Vec<Axis>, Vec<Axis>) = axes.into_iter().partition(|axis| axis.values.len() > 1);
        let mut fixed: Vec<(Setting, Value)> = single
            .into_iter()
            .flat_map(|axis| axis.values.into_iter().map(move |value| (axis.setting, value)))
            .collect();
        if let [first, second, third, ..] = varied.as_slice() {
            return Err(Unfit(format!(
                "--{}, --{} and --{} all have a list, and at most two can vary; give one of them a single value",
                first.setting, second.setting, third.setting
            )));
        }
        let columns = if varied.len() == 2 { varied.pop() } else { None };
        let rows = match varied.pop() {
            Some(rows) => rows,
            None => {
                let nothing = || Unfit("nothing is to be varied; give an option a list: --task 0s,1s,3s".into());
                let (setting, value) = fixed.pop().ok_or_else(nothing)?;
                Axis { setting, values: vec![value] }
            }
        };
        let sweep = Self { subject, fixed, rows, columns, seed, repeat };
        sweep.check_size()?;
        Ok(sweep)
    }

    fn check_size(&self) -> Result<(), Unfit> {
        let (rows, columns) = self.size();
        let cells = rows.saturating_mul(columns);
        if cells > MOST_CELLS {
            return Err(Unfit(format!(
                "the grid has {rows} x {columns} = {cells} cells, and at most {MOST_CELLS} can be shown; shorten a list"
            )));
        }
        let runs = cells.saturating_mul(self.repeat as usize);
        if runs > MOST_RUNS {
            return Err(Unfit(format!(
                "{cells} cells, each {} times, are {runs} simulations; use at most {MOST_RUNS}: a smaller --repeat",
                self.repeat
            )));
        }
        Ok(())
    }

    /// How many rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows.values.len(), self.columns.as_ref().map_or(1, |columns| columns.values.len()))
    }

    /// What the cells of a column have in common.
    pub fn columns(&self) -> Option<&Axis> {
        self.columns.as_ref()
    }

    /// What the cells of a row have in common.
    pub fn rows(&self) -> &Axis {
        &self.rows
    }

    /// What was set, and does not vary.
    pub fn fixed(&self) -> &[(Setting, Value)] {
        &self.fixed
    }

    /// What is swept.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The first seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many seeds each cell is simulated under.
    pub fn repeat(&self) -> u32 {
        self.repeat
    }

    /// Every row and column, row by row.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (rows, columns) = self.size();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    /// What is set in this cell by its row and its column.
    pub fn varied(&self, row: usize, column: usize) -> Vec<(Setting, Value)> {
        let axes = [(Some(&self.rows), row), (self.columns.as_ref(), column)];
        axes.into_iter()
            .filter_map(|(axis, at)| axis.and_then(|axis| Some((axis.setting, *axis.values.get(at)?))))
            .collect()
    }

    /// The scenario of a cell.
    ///
    /// # Errors
    /// In words, why it can't be.
    pub fn scenario(&self, row: usize, column: usize) -> Result<Scenario, String> {
        let mut settings = [self.fixed.clone(), self.varied(row, column)].concat();
        settings.sort_by_key(|(setting, _)| *setting); // the size comes first: the rest is set in what it made
        let mut scenario = self.subject.scenario.clone();
        for (setting, value) in settings {
            if let (Setting::Processes, Value::Count(count), Some(name)) = (setting, value, &self.subject.built_in) {
                let sized = builtin::named(name, Some((count as usize).min(MOST_PROCESSES)));
                scenario = sized.ok_or_else(|| format!("{name} is not built in"))?;
            }
            setting.set(value, &mut scenario);
        }
        scenario::check(&scenario).map_err(|fault| fault.to_string())?;
        Ok(scenario)
    }

    /// Simulates a cell.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        Cell { row, column, found: self.find(row, column) }
    }

    fn find(&self, row: usize, column: usize) -> Result<Found, String> {
        let scenario = self.scenario(row, column)?;
        let expected = scenario.expected_rows().ok_or("time, not a count, ends its rounds")?;
        let mut found = Found { expected, least: u64::MAX, most: 0, sum: 0, runs: self.repeat, took_us: 0 };
        for number in 0..self.repeat {
            let options = simulate::Options {
                label: String::new(),
                seed: self.seed.wrapping_add(number.into()),
                patience: PATIENCE,
                schedule: None,
                deadline: None,
            };
            let trace = simulate::run(&scenario, &options).map_err(|error| error.to_string())?;
            if trace.outcome.deadline {
                let after = duration::format(Duration::from_secs(trace.outcome.took_us / 1_000_000));
                return Err(format!("a run of it is ended by its deadline, after {after}; use shorter durations"));
            }
            let lost = Figures::of(&trace).lost().unwrap_or(expected);
            (found.least, found.most) = (found.least.min(lost), found.most.max(lost));
            found.sum = found.sum.saturating_add(lost);
            found.took_us = found.took_us.max(trace.outcome.took_us);
        }
        Ok(found)
    }
}

/// Records can be counted in it, or the sweep has nothing to show.
fn check_counts(scenario: &Scenario) -> Result<(), Unfit> {
    match scenario.expected_rows() {
        None => Err(Unfit("time, not a count, ends the rounds of this scenario: no record of it is lost".into())),
        Some(0) => Err(Unfit(
            "this scenario stores no records, and a sweep counts those that are lost; use one with `insert` and \
             `commit`, such as locked"
                .into(),
        )),
        Some(_) => Ok(()),
    }
}
