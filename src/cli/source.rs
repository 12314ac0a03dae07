//! Where a scenario comes from: a file, standard input or the built-in ones; and what the command line changes in it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::deadlock::lock_kind;
use super::ring_size;
use crate::scenario::{self, LARGEST_FILE, LockKind, Scenario, builtin, duration};

/// Which scenario, and on what.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// A scenario in TOML, the name of a built-in one, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Another kind of lock: flock, fcntl, ofd, mutex, sqlite or sqlite-wal
    #[arg(long, value_name = "KIND", value_parser = lock_kind)]
    on: Option<LockKind>,
    /// On SQLite: another patience than the scenario's
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, allow_hyphen_values = true)]
    busy_timeout: Option<Duration>,
    /// A built-in scenario in another size
    #[arg(long, value_name = "N", value_parser = ring_size(), allow_hyphen_values = true)]
    processes: Option<usize>,
}

impl Source {
    /// Reads the scenario and changes it as the options say; what comes out is sound.
    pub(super) fn load(&self) -> anyhow::Result<Scenario> {
        let mut scenario = match self.built_in() {
            Some((name, _)) if self.processes.is_some() && !builtin::has_sizes(name) => {
                bail!("{name} has one size only; leave --processes out")
            }
            Some((_, scenario)) => scenario,
            None if self.processes.is_some() => {
                bail!("--processes is for built-in scenarios; a file says itself who takes part")
            }
            None => read(&self.file)?,
        };
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
        Ok(scenario)
    }

    /// The same on a command line; `None` if it was read from standard input, which is gone.
    pub(super) fn words(&self) -> Option<String> {
        let file = self.file.to_str().filter(|file| *file != "-")?;
        // A name that begins so would be taken for an option.
        let file = if file.starts_with('-') { format!("./{file}") } else { file.to_owned() };
        let options = [
            ("--processes", self.processes.map(|processes| processes.to_string())),
            ("--on", self.on.map(|on| on.to_string())),
            ("--busy-timeout", self.busy_timeout.map(duration::format)),
        ];
        let options = options.iter().filter_map(|(name, value)| Some(format!(" {name} {}", value.as_ref()?)));
        Some(shell_words::quote(&file).into_owned() + &options.collect::<String>())
    }

    /// The built-in scenario of this name, where there is no such file.
    fn built_in(&self) -> Option<(&str, Scenario)> {
        built_in(&self.file, self.processes)
    }
}

/// A scenario as it is, and its name if it is built in.
pub(super) fn open(file: &Path) -> anyhow::Result<(Option<String>, Scenario)> {
    match built_in(file, None) {
        Some((name, scenario)) => Ok((Some(name.to_owned()), scenario)),
        None => Ok((None, read(file)?)),
    }
}

/// The built-in scenario of this name, where there is no such file.
fn built_in(file: &Path, processes: Option<usize>) -> Option<(&str, Scenario)> {
    let name = file.to_str()?;
    let scenario = builtin::named(name, processes)?;
    (!file.exists()).then_some((name, scenario))
}

fn read(file: &Path) -> anyhow::Result<Scenario> {
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
        false => match file.to_str().and_then(similar) {
            Some(name) => anyhow::anyhow!("can't read {origin}: {error}; did you mean {name}, which is built in?"),
            None => anyhow::anyhow!("can't read {origin}: {error}; `lesson scenarios` lists those that are built in"),
        },
    })?;
    Ok(scenario::parse(&text, &origin)?)
}

/// The built-in scenario that somebody meant who mistyped a letter or two of its name.
fn similar(name: &str) -> Option<&'static str> {
    let near = |sample: builtin::Sample| {
        let mistakes = distance(name, sample.name);
        (mistakes <= 2 && 2 * mistakes < sample.name.len()).then_some((mistakes, sample.name))
    };
    builtin::samples().into_iter().filter_map(near).min().map(|(_, name)| name)
}

/// How many letters are to be put in, taken out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for column in 0..other.len() {
            let changed = diagonal + usize::from(letter != other[column]);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
