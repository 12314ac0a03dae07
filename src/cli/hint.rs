//! `lesson hint`: a push, another, almost the answer; the solution to whoever has one, or gives up.

use super::courses::{Which, keep, now, number};
use super::output::print;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::report::{cat, markdown};

/// Gives the next of three hints; the solution once you have solved it, or give up.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson hint 2              the first; called again, the second and the third
  lesson hint 2 --again      those that you have had; --all: all three
  lesson hint 2 --give-up    one way of solving it

Exit status: 0, or 2 = bad usage.")]
pub(super) struct Args {
    /// The number of the lesson
    #[arg(value_name = "N", value_parser = number())]
    lesson: usize,
    /// Show the solution
    #[arg(long, conflicts_with = "again")]
    give_up: bool,
    /// Only the hints that were given already
    #[arg(long)]
    again: bool,
    /// All three at once
    #[arg(long, conflicts_with_all = ["again", "give_up"])]
    all: bool,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        let (lesson, exercise) = opened.exercise(self.lesson)?;
        let (style, number, option) = (style(terminal), lesson.number, &opened.option);
        keep(|_| {}); // a broken progress is put aside before it is read
        let worked = opened.done().get(&number).and_then(|done| done.exercise.clone()).unwrap_or_default();
        if self.give_up || (worked.solved.is_some() && !self.again && !self.all) {
            let whose = if worked.solved.is_some() { "You have solved it. One way:" } else { "One way:" };
            // A file to be copied is as it is; on a screen it is to be read.
            let solution = match terminal.is_terminal {
                true => cat(&exercise.solution, style),
                false => exercise.solution.clone(),
            };
            print(&format!("{}\n\n{}\n", style.heading(whose), solution.trim_end()))?;
            opened.keep(number, |done| {
                let worked = done.exercise();
                if worked.solved.is_none() {
                    worked.gave_up.get_or_insert_with(now);
                }
            });
            return Ok(Verdict::Shown);
        }
        let given = worked.hints.min(exercise.hints.len());
        let last = exercise.hints.len();
        let shown = if self.all {
            last
        } else if self.again {
            given
        } else {
            (given + 1).min(last)
        };
        let from = if self.again || self.all { 0 } else { shown.saturating_sub(1) };
        let mut text = String::new();
        for (at, hint) in exercise.hints.iter().enumerate().take(shown).skip(from) {
            text += &format!(
                "{}\n{}\n",
                style.heading(&format!("Hint {} of {}", at + 1, exercise.hints.len())),
                markdown(hint, style)
            );
        }
        if text.is_empty() {
            text = format!("No hint was given yet; `lesson hint {number}{option}` gives the first.\n");
        } else if shown == exercise.hints.len() && given == shown {
            text += &style.wrap(
                &format!("That was the last one. `lesson hint {number}{option} --give-up` shows a solution."),
                "",
            );
        }
        print(&text)?;
        opened.keep(number, |done| {
            let worked = done.exercise();
            worked.hints = worked.hints.max(shown);
        });
        Ok(Verdict::Shown)
    }
}
