//! `lesson read`: a lesson in the terminal.

use super::courses::{Which, number};
use super::{Verdict, pager, style};
use crate::machine::Terminal;
use crate::report::Leaf;

/// Shows a lesson: what it says, asks, and what its commands print.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson read                   the next lesson that is not done
  lesson read 2
  lesson read 2 --answers
  lesson read 2 --no-pager > page.txt

A page that is higher than the terminal goes through $PAGER, else through less.

Exit status: 0 = it was shown, 2 = there is no such lesson, or bad usage.")]
pub(super) struct Args {
    /// Which lesson [default: the next one that is not done]
    #[arg(value_name = "N", value_parser = number())]
    number: Option<usize>,
    /// With the answers to its questions
    #[arg(long)]
    answers: bool,
    /// All at once, however long it is
    #[arg(long)]
    no_pager: bool,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        let number = self.number.unwrap_or_else(|| opened.next(&opened.done(), 1));
        let leaf = Leaf { lesson: opened.lesson(number)?, option: &opened.option, style: style(terminal) };
        let page = leaf.page(self.answers);
        match self.no_pager {
            true => super::output::print(&page)?,
            false => pager::show(&page, &format!("lesson {number}"), terminal)?,
        }
        Ok(Verdict::Shown)
    }
}
