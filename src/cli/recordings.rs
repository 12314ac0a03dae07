//! `lesson recordings`: the recorded runs that the lessons show, made anew by the commands themselves.

use std::path::PathBuf;

use clap::Parser;

use super::output::print;
use super::{Cli, Verdict};
use crate::machine::Terminal;

/// Makes the recordings of the folder out/ anew: the exercise's two, a deadlock, and the fixes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson recordings out    out0.txt, out3.txt, deadlock.txt and fixed.txt; 16 s")]
pub(super) struct Args {
    /// Where to write them
    #[arg(value_name = "DIR", default_value = "out")]
    dir: PathBuf,
}

/// Each file with the command that makes it.
const RECORDINGS: [(&str, &[&str]); 4] = [
    ("out0.txt", &["locked", "--task-duration", "0s"]),
    ("out3.txt", &["locked", "--task-duration", "3s"]),
    ("deadlock.txt", &["deadlock", "--bystander"]),
    ("fixed.txt", &["fixed"]),
];

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let mut verdict = Verdict::Shown;
        for (name, command) in RECORDINGS {
            let file = self.dir.join(name);
            print(&format!("{}: lesson {}\n", file.display(), command.join(" ")))?;
            // As if it had been typed, so that the file is what a student's own run would write.
            let arguments = [&["lesson"], command, &["--quiet", "--record"]].concat();
            let arguments = arguments.into_iter().map(Into::into).chain([file.into_os_string()]);
            if Cli::parse_from(arguments).execute(terminal)? == Verdict::NotShown {
                verdict = Verdict::NotShown;
            }
        }
        Ok(verdict)
    }
}
