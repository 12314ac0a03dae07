//! `lesson check`: one screen that says whether this machine can run the lessons.

use std::io::Write as _;
use std::path::PathBuf;

use super::output::{check_target, print, write_file};
use super::{Verdict, style};
use crate::check::{self, Findings};
use crate::machine::Terminal;
use crate::report::{self, Transcript};

/// Says whether this machine can run the lessons: what it is, and small real probes of its locks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson check
  TMPDIR=/var/tmp lesson check          is that directory fit for locks?
  lesson check --record check.txt       the page, to hand in
  lesson check --json                   for a script

Exit status: 0 = nothing failed, 1 = something failed, 2 = bad usage or input.")]
pub(super) struct Args {
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    /// Write the page to a file to hand in
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Overwrite a file of --record that lesson did not write
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        if let Some(file) = &self.record {
            check_target(("--record", file, Transcript::is_first_line), self.force)?;
        }
        let Findings { environment, checks } = check::this_machine(terminal)?;
        match self.json {
            true => print(&format!("{:#}\n", report::check::document(&environment, &checks)))?,
            false => print(&report::check::page(&checks, style(terminal)))?,
        }
        if let Some(file) = &self.record {
            write_file(file, |out| out.write_all(report::check::file(&checks).as_bytes()))?;
        }
        Ok(report::check::is_ok(&checks).into())
    }
}
