//! `lesson review`: what a class has handed in, checked again.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use indicatif::ProgressBar;

use super::courses::{Opened, Which, now};
use super::live::words_only;
use super::output::print;
use super::{Verdict, style};
use crate::course::{LARGEST_HAND_IN, Review, Reviewer, TASK};
use crate::machine::Terminal;
use crate::report::review::Class;
use crate::report::{Style, Transcript};
use crate::run::{Care, is_interrupted};

/// The most files that an error names.
const MOST_NAMED: usize = 5;

/// Checks again what learners handed in, and shows the class: who did what, and which misconceptions are common.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson review ada-hand-in.json
  lesson review handed-in/*.json
  lesson review handed-in/*.json --csv > class.csv      for a spreadsheet
  lesson review handed-in/*.json --course ~/my-course

Each file: does its seal fit, do the rules of locking allow each trace, are
acknowledged rows the rows found, does a transcript tell what its trace tells,
is each exercise solved, is each answer marked as the page has it? This shows
that a file is consistent. It does not show who made it.

Exit status: 0 = every file is consistent, 1 = one is not, or can't be read, 2 =
bad usage, or no file can be read, 130 = interrupted.")]
pub(super) struct Args {
    /// What `lesson hand-in` wrote
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    /// Print comma-separated values instead of the page, a line for each file
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let Opened { course, .. } = self.which.open()?;
        let reviewer = Reviewer {
            course: &course,
            now: &now(),
            task: TASK,
            tell: &|recording, width| Transcript::whole(recording, Style { color: false, width }),
            goes_on: &|| !is_interrupted(),
        };
        let Some(files) = review(&self.files, &reviewer) else { return Ok(Verdict::Interrupted) };
        if files.iter().all(|(_, read)| read.is_err()) {
            bail!("no file can be reviewed: {}", reasons(&files));
        }
        let class = Class { course: &course, files: &files };
        print(&match (self.json, self.csv) {
            (true, _) => format!("{:#}\n", class.document()),
            (_, true) => class.csv(),
            _ => class.page(style(terminal)),
        })?;
        Ok(class.is_consistent().into())
    }
}

/// A file's name, and its review or why there is none.
type Reviewed = (String, Result<Review, String>);

/// Every file; `None` if it was interrupted. On a terminal it is told how far it has come.
fn review(files: &[PathBuf], reviewer: &Reviewer) -> Option<Vec<Reviewed>> {
    // As long as this is there, an exploration hears an interrupt, and ends soon; a second one ends all at once.
    let _care = Care::new();
    let bar = ProgressBar::new_spinner();
    bar.set_style(words_only());
    let mut reviewed = Vec::new();
    for (index, file) in files.iter().enumerate() {
        bar.set_message(format!("{index} of {} files reviewed ...", files.len()));
        bar.tick();
        let read = read(file).and_then(|text| reviewer.review(&text).map_err(|why| why.to_string()));
        reviewed.push((file.display().to_string(), read));
        if is_interrupted() {
            bar.finish_and_clear();
            return None;
        }
    }
    bar.finish_and_clear();
    Some(reviewed)
}

/// The text of a file; otherwise why there is none, with the remedy.
fn read(file: &Path) -> Result<String, String> {
    let can_not = |error: std::io::Error| format!("it can't be read ({error}); is the name right?");
    let kind = fs::metadata(file).map_err(can_not)?;
    if kind.is_dir() {
        return Err("it is a directory; name the files in it".into());
    }
    if !kind.is_file() {
        return Err("it is no plain file; copy what it gives into one".into()); // a pipe might never say anything
    }
    let too_large = || format!("it is larger than {} MiB, which no hand-in is", LARGEST_HAND_IN >> 20);
    let most = LARGEST_HAND_IN as u64;
    if kind.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|open| open.take(most + 1).read_to_end(&mut bytes)).map_err(can_not)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|_| "it is not text; ask for the file that `lesson hand-in` wrote".into())
}

/// Why none of them could be read.
fn reasons(files: &[Reviewed]) -> String {
    let reason = |(file, read): &Reviewed| Some(format!("{file}: {}", read.as_ref().err()?));
    let mut reasons: Vec<String> = files.iter().filter_map(reason).take(MOST_NAMED).collect();
    let more = files.len().saturating_sub(MOST_NAMED);
    reasons.extend((more > 0).then(|| format!("and {more} more")));
    reasons.join(" | ")
}
