//! A recording: what a command ran, on which machine, and the trace of each run. As a file: JSON Lines.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use super::{Aftermath, Environment, Event, Trace};
use crate::scenario::Scenario;

/// The version of the file's form. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// The longest line that is read, in bytes: a scenario of the greatest size fits, a device without end does not.
pub const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// Everything that a report is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What was asked for, and where it ran.
    pub header: Header,
    /// The runs, in the order of the report.
    pub runs: Vec<Trace>,
    /// Whether they showed what the command promises: its exit status was 0.
    pub shown: bool,
}

/// What was asked for, and where it ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// The command that made it.
    pub command: Command,
    /// How many runs belong to it.
    pub runs: usize,
    /// The machine.
    pub environment: Environment,
}

/// The commands that make recordings, with what their reports need to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Command {
    /// `lesson locked`
    Locked {
        /// Every duration was divided by this.
        speed: f64,
        /// How often each act was run.
        repeat: u32,
    },
    /// `lesson deadlock`
    Deadlock {
        /// Without a meeting: luck decided.
        free: bool,
        /// How often it was run.
        repeat: u32,
    },
    /// `lesson fixed`
    Fixed {
        /// The tight loop of writers instead of the exercise.
        load: bool,
        /// How long a task took, in microseconds.
        task_us: u64,
    },
    /// `lesson run`
    Run {
        /// How often it was run.
        repeat: u32,
        /// In virtual time: no process ran and no lock was taken.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        simulated: bool,
    },
}

impl Command {
    /// The word on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Deadlock { .. } => "deadlock",
            Self::Fixed { .. } => "fixed",
            Self::Run { .. } => "run",
        }
    }

    /// Whether its runs took place in virtual time only.
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::Run { simulated: true, .. })
    }

    /// How often each of its runs was repeated.
    pub fn repeat(&self) -> u32 {
        match self {
            Self::Locked { repeat, .. } | Self::Deadlock { repeat, .. } | Self::Run { repeat, .. } => *repeat,
            Self::Fixed { .. } => 1,
        }
    }
}

/// The last moment of a run that a recording may have, in microseconds: a script reads numbers up to here as they are.
pub const LATEST_US: u64 = 1 << 53;

const TOO_LATE: &str = "a moment later than 2^53 µs, which are 285 years; was the file changed?";

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    /// The first line.
    Recording(std::borrow::Cow<'a, Header>),
    /// A run begins.
    Run { label: String, seed: u64, scenario: std::borrow::Cow<'a, Scenario> },
    /// Something happened in it.
    Event(std::borrow::Cow<'a, Event>),
    /// The run is over.
    End(std::borrow::Cow<'a, Aftermath>),
    /// The last line; without it the file was cut.
    Complete { runs: usize, shown: bool },
}

/// Why a file is not a whole recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not what should stand there.
    #[error("line {line}: {problem}")]
    Line {
        /// Its number; the first is 1.
        line: usize,
        /// What is wrong, and the remedy.
        problem: String,
    },
}

impl Recording {
    /// Writes the recording, one JSON value a line.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        use std::borrow::Cow::Borrowed;
        put(out, &Line::Recording(Borrowed(&self.header)))?;
        for run in &self.runs {
            let (label, seed) = (run.label.clone(), run.seed);
            put(out, &Line::Run { label, seed, scenario: Borrowed(&run.scenario) })?;
            for event in &run.events {
                put(out, &Line::Event(Borrowed(event)))?;
            }
            put(out, &Line::End(Borrowed(&run.outcome)))?;
        }
        put(out, &Line::Complete { runs: self.runs.len(), shown: self.shown })
    }

    /// Reads a recording that [`Recording::write`] wrote.
    pub fn read(mut file: impl BufRead) -> Result<Self, ReadError> {
        let mut reading = Reading::default();
        let mut last = 0;
        loop {
            let mut line = Vec::new();
            if file.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            last += 1;
            let wrong = |problem: String| ReadError::Line { line: last, problem };
            if line.len() == LONGEST_LINE {
                return Err(wrong("the line is too long; give the file that --trace wrote".into()));
            }
            let line = String::from_utf8(line)
                .map_err(|_| wrong("this is not text; give the file that --trace wrote".into()))?;
            let line: Line = serde_json::from_str(&line).map_err(|error| match last {
                1 => wrong(
                    "this is not a trace; give the file that --trace wrote, or was the file cut or changed?".into(),
                ),
                _ => wrong(format!("not a line of a lesson trace ({error}); was the file cut or changed?")),
            })?;
            reading.take(line).map_err(|problem| wrong(problem.into()))?;
        }
        reading.finish().map_err(|problem| ReadError::Line { line: last, problem: problem.into() })
    }

    /// Whether a file's first line is that of a recording.
    pub fn is_first_line(line: &str) -> bool {
        line.starts_with(r#"{"recording":"#)
    }
}

fn put(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// A recording that is being read: the lines have to come in order.
#[derive(Default)]
struct Reading {
    header: Option<Header>,
    runs: Vec<Trace>,
    open: bool,
    /// The last line was read; whether the command showed what it promises.
    complete: Option<bool>,
}

impl Reading {
    fn take(&mut self, line: Line) -> Result<(), &'static str> {
        if self.complete.is_some() {
            return Err("something stands behind the end of the recording");
        }
        match (line, self.header.is_some()) {
            (Line::Recording(header), false) if header.format > FORMAT => {
                return Err("a newer lesson wrote this; update lesson to read it");
            }
            (Line::Recording(header), false) => self.header = Some(header.into_owned()),
            (Line::Recording(_), true) => return Err("a second recording begins; give one file at a time"),
            (_, false) => return Err("the first line of a recording is missing"),
            (Line::Run { label, seed, scenario }, _) if !self.open => {
                let (scenario, events, outcome) = (scenario.into_owned(), Vec::new(), Aftermath::default());
                self.runs.push(Trace { label, scenario, seed, events, outcome });
                self.open = true;
            }
            (Line::Event(event), _) if self.open => {
                let Some(run) = self.runs.last_mut() else { return Err("an event outside a run") };
                if event.who >= run.scenario.processes.len() {
                    return Err("an event of a process that the scenario does not have");
                }
                if event.at_us > LATEST_US {
                    return Err(TOO_LATE);
                }
                run.events.push(event.into_owned());
            }
            (Line::End(outcome), _) if self.open && outcome.took_us > LATEST_US => return Err(TOO_LATE),
            (Line::End(outcome), _) if self.open => {
                self.open = false;
                self.runs.last_mut().into_iter().for_each(|run| run.outcome = outcome.clone().into_owned());
            }
            (Line::Complete { runs, shown }, _) if !self.open && runs == self.runs.len() => self.complete = Some(shown),
            _ => return Err("this line does not belong here; was the file changed?"),
        }
        Ok(())
    }

    fn finish(self) -> Result<Recording, &'static str> {
        match (self.header, self.complete) {
            (Some(header), Some(_)) if header.runs != self.runs.len() => {
                Err("the first line promises another number of runs; was the file changed?")
            }
            (Some(header), Some(shown)) => Ok(Recording { header, runs: self.runs, shown }),
            (Some(_), None) => Err("the recording ends here, before its last line: the file was cut; record it again"),
            (None, _) => Err("the file is empty; give the file that --trace wrote"),
        }
    }
}
