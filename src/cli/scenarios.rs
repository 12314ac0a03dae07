//! `lesson scenarios`: the built-in ones, to look at, copy and change.

use super::output::print;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::report::{Cells, table};
use crate::scenario::{builtin, to_toml};

/// Lists the built-in scenarios, or prints one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson scenarios
  lesson scenarios show queue > queue.toml")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print one as TOML
    Show {
        /// Its name
        name: String,
    },
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let samples = builtin::samples();
        let Some(Action::Show { name }) = self.action else {
            let row = |sample: &builtin::Sample| {
                vec![sample.name.to_owned(), sample.scenario.on.to_string(), sample.scenario.title.clone()]
            };
            let rows: Vec<Vec<String>> = samples.iter().map(row).collect();
            print(&table(&["name", "on", "what happens"], &rows, Cells::Words, style(terminal)))?;
            return Ok(Verdict::Shown);
        };
        let Some(sample) = samples.iter().find(|sample| sample.name == name) else {
            anyhow::bail!(
                "there is no scenario `{}`; `lesson scenarios` lists them",
                crate::scenario::excerpt(&name, 64)
            );
        };
        print(&to_toml(&sample.scenario))?;
        Ok(Verdict::Shown)
    }
}
