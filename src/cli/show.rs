//! `lesson show`: a trace as it was told when it was made.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context;

use super::output::{Pictures, print, print_written};
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::report::{Transcript, json};
use crate::scenario;
use crate::trace::Recording;

/// Renders a trace that --trace wrote: byte for byte the same story.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson deadlock --trace deadlock.jsonl
  lesson show deadlock.jsonl
  lesson show deadlock.jsonl --html deadlock.html    open it in a browser")]
pub(super) struct Args {
    /// The file that --trace wrote
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Print one JSON document instead of the story
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pictures: Pictures,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let name = self.trace.display();
        self.pictures.check(&self.trace)?;
        let file = File::open(&self.trace).with_context(|| format!("can't read {name}"))?;
        let recording = Recording::read(BufReader::new(file)).with_context(|| format!("can't show {name}"))?;
        for run in &recording.runs {
            scenario::check(&run.scenario).with_context(|| format!("can't show {name}: its scenario is not sound"))?;
        }
        match self.json {
            true => print(&document(&recording))?,
            false => print(&Transcript::whole(&recording, style(terminal)))?,
        }
        self.pictures.write(&recording)?;
        if !self.json {
            print_written(self.pictures.files())?;
        }
        Ok(Verdict::Shown)
    }
}

/// The document of a recording, as text.
pub(super) fn document(recording: &Recording) -> String {
    format!("{:#}\n", json::document(recording))
}
