//! `lesson reset`: forgets what was done.

use super::Verdict;
use super::courses::{Which, number};
use super::output::print;
use crate::home::Home;
use crate::machine::Terminal;
use crate::report::clean;

/// Forgets what was done in a lesson, or in all of them.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["lesson", "all"]).required(true), after_help = "\
Examples:
  lesson reset 2          forgets the answers and the solution of lesson 2
  lesson reset --all      forgets the whole course

The files in your folder stay, and so do transcripts and traces in the folder
that is named then. Exit status: 0 = forgotten, 2 = bad usage, or it could not
be written.")]
pub(super) struct Args {
    /// The number of the lesson
    #[arg(value_name = "N", value_parser = number())]
    lesson: Option<usize>,
    /// The whole course
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, _: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        self.lesson.map(|number| opened.lesson(number).map(drop)).transpose()?;
        let home = Home::find()?;
        let aside = home.change(|progress| match (self.lesson, progress.courses.get_mut(&opened.key)) {
            (Some(number), Some(lessons)) => drop(lessons.remove(&number)),
            (None, Some(lessons)) => lessons.clear(),
            (_, None) => {}
        })?;
        let what = self.lesson.map_or_else(|| "All lessons are".to_owned(), |number| format!("Lesson {number} is"));
        let mut text = format!("{what} forgotten. Transcripts and traces stay in {}.\n", home.evidence().display());
        if let Some(aside) = aside {
            text += &format!("The progress was broken; it is kept as {}.\n", aside.display());
        }
        print(&clean(text.trim_end()))?;
        print("\n")?;
        Ok(Verdict::Shown)
    }
}
