//! The page that a command prints, piece by piece; `show` and `--record` print the same pieces again.

use super::paint::Style;
use super::parts::parts;
use super::story::Story;
use super::words::{clean, list, plural, setting, span};
use super::{fixed, lanes};
use crate::analysis::{Figures, Outcome};
use crate::scenario::{Begin, Scenario, Step};
use crate::trace::{Command, Environment, Event, Header, Recording, Trace};

/// The first words of a transcript in a file.
pub(super) const MARK: &str = "lesson transcript:";

/// What stands above everything that did not happen.
const SIMULATED: &str = "Simulated: no process ran, no lock was taken, no file was made. The times are those of a \
                         virtual clock, and luck is the seed's.";

/// Prints a recording while it is made, or afterwards: the same bytes.
pub struct Transcript {
    header: Header,
    style: Style,
    run: usize,
    story: Option<Story>,
    /// Figures of the repeats of the act that is being run.
    repeats: Vec<Figures>,
}

impl Transcript {
    /// Begins a page.
    pub fn new(header: &Header, style: Style) -> Self {
        Self { header: header.clone(), style, run: 0, story: None, repeats: Vec::new() }
    }

    /// A whole recording as it was printed when it was made.
    pub fn whole(recording: &Recording, style: Style) -> String {
        let mut page = Self::new(&recording.header, style);
        let mut text = page.opening();
        for run in &recording.runs {
            text += &page.begin_run(&run.scenario, run.seed);
            for event in &run.events {
                text.extend(page.event(event));
            }
            text += &page.end_run(run);
        }
        text + &page.closing(recording)
    }

    /// A whole recording as a file to hand in: with the machine that it was made on, without colour.
    pub fn file(recording: &Recording) -> String {
        let header = &recording.header;
        let environment = environment(&header.environment, header.command.is_simulated());
        format!("{MARK} lesson {}\n{environment}\n{}", header.command.name(), Self::whole(recording, Style::PLAIN))
    }

    /// Whether a file's first line is that of a transcript.
    pub fn is_first_line(line: &str) -> bool {
        line.starts_with(MARK)
    }

    /// What stands on top.
    pub fn opening(&self) -> String {
        match &self.header.command {
            Command::Locked { speed, .. } if *speed != 1.0 => {
                self.style.wrap(&format!("Every duration, the busy timeout too, is divided by {speed} (--speed)."), "")
            }
            Command::Fixed { load: false, task_us } => {
                let task = setting(*task_us);
                self.style.wrap(&format!("A task takes {task} here (--task-duration)."), "")
            }
            Command::Run { simulated: true, .. } => self.style.wrap(SIMULATED, ""),
            _ => String::new(),
        }
    }

    /// What stands above a run.
    pub fn begin_run(&mut self, scenario: &Scenario, seed: u64) -> String {
        let repeat = self.header.command.repeat() as usize;
        let (act, of) = (self.run / repeat.max(1), self.header.runs / repeat.max(1));
        self.story = (self.tells() && repeat == 1).then(|| Story::new(scenario, self.style));
        if !self.tells() || !self.run.is_multiple_of(repeat.max(1)) {
            return String::new();
        }
        let gap = if self.run == 0 && self.opening().is_empty() { "" } else { "\n" };
        let title = clean(&scenario.title);
        let title = if of > 1 { format!("Act {} of {of}: {title}", act + 1) } else { title };
        let title: String = self.style.wrap(&title, "").lines().map(|line| self.style.heading(line) + "\n").collect();
        format!("{gap}{title}{}\n", self.style.wrap(&settings(&self.header, scenario, seed), "  "))
    }

    /// The line of an event, if it gets one.
    pub fn event(&mut self, event: &Event) -> Option<String> {
        self.story.as_mut()?.line(event)
    }

    /// What stands under a run.
    pub fn end_run(&mut self, trace: &Trace) -> String {
        self.run += 1;
        if !self.tells() {
            return String::new();
        }
        let figures = Figures::of(trace);
        let repeat = self.header.command.repeat() as usize;
        if repeat > 1 {
            let line = one_line(self.repeats.len() + 1, &figures);
            self.repeats.push(figures);
            let last = self.repeats.len() == repeat;
            return line + &if last { self.odds() } else { String::new() };
        }
        let ending = self.story.take().and_then(|story| story.ending()).unwrap_or_default();
        let mut text = format!("{ending}\n{}", lanes::picture(trace, self.style));
        for part in parts(&self.header.command, trace, &figures, self.style) {
            text += &part.lines(self.style);
        }
        text
    }

    /// What stands at the bottom.
    pub fn closing(&self, recording: &Recording) -> String {
        match &self.header.command {
            Command::Fixed { .. } => fixed::tables(recording, self.style),
            _ => String::new(),
        }
    }

    /// Whether the story of a run is being told.
    pub fn is_telling(&self) -> bool {
        self.story.is_some()
    }

    /// Whether its runs are told one by one; the fixes are only compared.
    fn tells(&self) -> bool {
        !matches!(self.header.command, Command::Fixed { .. })
    }

    /// How often it went wrong.
    fn odds(&mut self) -> String {
        let runs = std::mem::take(&mut self.repeats);
        let n = runs.len();
        let deadlocked = runs.iter().filter(|run| run.outcome == Outcome::Deadlocked).count();
        let text = match runs.iter().filter_map(|run| run.stored.zip(run.expected)).collect::<Vec<_>>() {
            rows if rows.is_empty() => {
                let ended = runs.iter().filter(|run| run.cycles > 0 && run.outcome != Outcome::Deadlocked).count();
                let ended = match ended {
                    0 => String::new(),
                    ended => format!(" In {ended} a cycle closed and did not last."),
                };
                let coin = match self.header.command.is_simulated() {
                    true => " They start one after the other; `lesson explore` has a fair coin's odds.",
                    false => "",
                };
                format!("{deadlocked} of {} deadlocked.{ended}{coin}", plural(n as u64, "run"))
            }
            rows => {
                let wrong = rows.iter().filter(|(stored, expected)| stored < expected).count();
                let mut counts: Vec<u64> = rows.iter().map(|row| row.0).collect();
                counts.sort_unstable();
                let counts: Vec<String> = counts
                    .chunk_by(|a, b| a == b)
                    .map(|same| format!("{} ({})", plural(same[0], "row"), plural(same.len() as u64, "run")))
                    .collect();
                format!(
                    "Rows were lost in {wrong} of {}. Stored by a run: {}.",
                    plural(n as u64, "run"),
                    counts.join(", ")
                )
            }
        };
        format!("\n{}", self.style.wrap(&text, ""))
    }
}

/// What is in force: the timeout above all, because every driver has another default.
pub fn settings(header: &Header, scenario: &Scenario, seed: u64) -> String {
    let mut settings = vec![format!("on {}", scenario.on)];
    if scenario.uses_sqlite() {
        settings.push(format!("busy timeout in force: {}", setting(scenario.busy_timeout().as_micros() as u64)));
    }
    settings.extend(begins(scenario));
    let retries = scenario.processes.iter().any(|process| process.retry.is_some());
    settings.extend(retries.then(|| "retry with back-off".to_owned()));
    match header.runs as u64 {
        2.. if header.command.is_simulated() => {
            // Each repeat of a simulation has a seed of its own.
            settings.push(format!("seeds {seed} to {}", seed.wrapping_add(header.runs as u64 - 1)));
        }
        _ if retries || header.command.is_simulated() => settings.push(format!("seed {seed}")),
        _ => {}
    }
    settings.join(", ")
}

fn one_line(number: usize, figures: &Figures) -> String {
    let outcome = match figures.outcome {
        Outcome::Finished => "finished",
        Outcome::Refused => "refused",
        Outcome::Deadlocked => "deadlocked",
        Outcome::Crashed => "crashed",
        Outcome::TimedOut => "reached its deadline",
    };
    let rows = match (figures.stored, figures.expected) {
        (Some(stored), Some(expected)) => format!(", {stored} of {expected} rows"),
        _ => String::new(),
    };
    format!("  run {number}: {outcome}{rows}, {} refused, {}\n", figures.refused, span(figures.took_us))
}

/// How the transactions begin; who does it how, if they differ.
fn begins(scenario: &Scenario) -> Option<String> {
    let mut begins: Vec<(&str, Vec<String>)> = Vec::new();
    for process in &scenario.processes {
        let how = process.steps.iter().find_map(|step| match step {
            Step::Begin(Begin::Deferred) => Some("DEFERRED"),
            Step::Begin(Begin::Immediate) => Some("IMMEDIATE"),
            Step::Begin(Begin::Exclusive) => Some("EXCLUSIVE"),
            _ => None,
        });
        let Some(how) = how else { continue };
        match begins.iter_mut().find(|(known, _)| *known == how) {
            Some((_, names)) => names.push(clean(&process.name)),
            None => begins.push((how, vec![clean(&process.name)])),
        }
    }
    match begins.as_slice() {
        [] => None,
        [(how, _)] => Some(format!("BEGIN {how}")),
        several => {
            let each = several.iter().map(|(how, names)| format!("{how} ({})", list(names)));
            Some(format!("BEGIN {}", each.collect::<Vec<_>>().join(", ")))
        }
    }
}

fn environment(machine: &Environment, simulated: bool) -> String {
    let kind = if machine.file_system_is_network { ", which is a NETWORK file system" } else { "" };
    let text = format!(
        "{}, {}, {}\nlesson {} with SQLite {}\n",
        clean(&machine.os_release),
        clean(&machine.arch),
        plural(machine.cores as u64, "core"),
        clean(&machine.lesson),
        clean(&machine.sqlite),
    );
    match simulated {
        true => text,
        false => format!("{text}files in {} ({}{kind})\n", clean(&machine.temp_dir), clean(&machine.file_system)),
    }
}
