//! `lesson progress` and `lesson` alone: the map of the course, and the next thing to do.

use super::courses::{Opened, Which};
use super::output::print;
use super::{Verdict, style};
use crate::course::Lesson;
use crate::machine::Terminal;
use crate::report::course::{document, map};

/// The map of the course: what is done, and the next thing to do.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  lesson progress
  lesson progress --json

What you have done is kept in your data directory, or in LESSON_HOME. A lesson
is done when its end was reached and its exercise, if it has one, is solved.")]
pub(super) struct Args {
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        let done = opened.done();
        match self.json {
            true => print(&format!("{:#}\n", document(&opened.course, &done)))?,
            false => {
                let next = next(&opened, 1);
                let lines = terminal.height.filter(|_| terminal.is_terminal);
                print(&map(&opened.course, &done, &next, lines, style(terminal)))?;
            }
        }
        Ok(Verdict::Shown)
    }
}

/// The next thing to do from this lesson on, as a sentence with a command; then what was left out before it.
pub(super) fn next(opened: &Opened, from: usize) -> String {
    let done = opened.done();
    let number = opened.next(&done, from);
    let option = &opened.option;
    let lesson = opened.course.lesson(number);
    let of = |lesson: &Lesson| done.get(&lesson.number).cloned().unwrap_or_default();
    match lesson.map(|lesson| (of(lesson), lesson.exercise.is_some())) {
        Some((done, _)) if done.finished.is_none() => format!("Next: lesson learn {number}{option}"),
        Some((done, true)) if !done.is_solved() => match done.exercise.is_some_and(|worked| worked.started.is_some()) {
            false => format!("Next: lesson start {number}{option}"),
            true => format!("Next: lesson verify {number}{option}"),
        },
        _ => format!("All is done. Next: lesson hand-in{option}"),
    }
}
