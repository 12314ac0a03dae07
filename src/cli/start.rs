//! `lesson start`: puts an exercise into the learner's folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::courses::{Which, now, number};
use super::output::print;
use super::{Verdict, style};
use crate::course::Exercise;
use crate::machine::Terminal;
use crate::report::{carried_out, clean};
use crate::scenario::Scenario;

/// Puts the exercise of a lesson into this folder: a file to repair.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson start 2               writes 02.toml
  lesson start 2 --dir work    into another folder

A file that you have changed is never written over.

Exit status: 0 = it is there, 2 = bad usage, or it could not be written.")]
pub(super) struct Args {
    /// The number of the lesson
    #[arg(value_name = "N", value_parser = number())]
    lesson: usize,
    /// The folder
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        let lesson = opened.lesson(self.lesson)?;
        if lesson.files.is_empty() {
            opened.exercise(self.lesson)?; // says which have one
        }
        if !self.dir.is_dir() {
            bail!("there is no directory {}; make it first", self.dir.display());
        }
        let mut text = String::new();
        // Files that belong together, such as a database and its journal, are put there together or not at all: an old
        // journal beside a changed database would destroy it.
        let mine = lesson.exercise.as_ref().map(|exercise| exercise.file.as_str());
        let has_changed = |(name, shipped): (&String, &Vec<u8>)| {
            Some(name.as_str()) != mine && matches!(compare(&file_in(&self.dir, name), shipped), Ok(Put::Changed))
        };
        let is_changed = lesson.files.iter().any(has_changed);
        for (name, shipped) in &lesson.files {
            let file = file_in(&self.dir, name);
            let shown = clean(&file.display().to_string());
            let say = |what: String| style(terminal).wrap(&what, "");
            let is_part = is_changed && Some(name.as_str()) != mine;
            text += &match put(&file, shipped, is_part)? {
                Put::Written => say(format!("{shown} is written.")),
                Put::There => say(format!("{shown} is there already.")),
                Put::Changed => say(format!("{shown} is there, with your changes; it is left as it is.")),
                Put::Missing => say(format!("{shown} is not written: it belongs to a file that has changed.")),
            };
        }
        if let Some(exercise) = &lesson.exercise {
            opened.keep(self.lesson, |done| {
                done.exercise().started.get_or_insert_with(now);
            });
            text += &self.task(exercise, &opened.option, terminal);
        }
        print(&text)?;
        Ok(Verdict::Shown)
    }

    /// What is to be done with the file.
    fn task(&self, exercise: &Exercise, option: &str, terminal: &Terminal) -> String {
        let number = self.lesson;
        let goals: Vec<&str> = exercise.goals.iter().map(|goal| goal.name()).collect();
        let file = file_in(&self.dir, &exercise.file);
        let file = shell_words::quote(&file.to_string_lossy()).into_owned();
        let dir = match self.dir.as_os_str() == "." {
            true => String::new(),
            false => format!(" --dir {}", shell_words::quote(&self.dir.to_string_lossy())),
        };
        let rows = [
            ("what it does now, if luck shows it", format!("lesson {} {file}", first_look(&exercise.shipped))),
            ("what is wrong with it, and when you have edited it", format!("lesson verify {number}{dir}{option}")),
            ("a push", format!("lesson hint {number}{option}")),
        ];
        let style = style(terminal);
        let row = |(when, command): &(&str, String)| {
            style.wrap(&format!("{when}:"), "") + &carried_out(&clean(command), style)
        };
        let rows: String = rows.iter().map(row).collect();
        style.wrap(&format!("Solved when: {}.", goals.join("; ")), "") + &rows
    }
}

/// The command that shows what a scenario does. No real lock has units.
fn first_look(scenario: &Scenario) -> &'static str {
    if scenario.units.is_empty() { "run" } else { "explore" }
}

/// A file of an exercise: named without `./` in this folder.
pub(super) fn file_in(dir: &Path, name: &str) -> PathBuf {
    if dir.as_os_str() == "." { PathBuf::from(name) } else { dir.join(name) }
}

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    Written,
    There,
    Changed,
    Missing,
}

/// What is there.
fn compare(file: &Path, bytes: &[u8]) -> std::io::Result<Put> {
    match fs::metadata(file) {
        Ok(found) if !found.is_file() || found.len() != bytes.len() as u64 => Ok(Put::Changed),
        Ok(_) => Ok(if fs::read(file)? == bytes { Put::There } else { Put::Changed }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Put::Missing),
        Err(error) => Err(error),
    }
}

/// Writes a file where none is, unless it is to be `left_out`; what is there stays.
fn put(file: &Path, bytes: &[u8], left_out: bool) -> anyhow::Result<Put> {
    let can_not = || format!("can't write {}", file.display());
    match compare(file, bytes).with_context(|| format!("{} is there, and can't be read", file.display()))? {
        Put::Missing if !left_out => {}
        found => return Ok(found),
    }
    let mut new = fs::File::options().write(true).create_new(true).open(file).with_context(can_not)?;
    let written = new.write_all(bytes).and_then(|()| new.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(file); // half a file, and ours
    }
    written.with_context(can_not)?;
    Ok(Put::Written)
}
