//! Pictures of a scenario: `--html`, `--svg` and `--dot` of explore, `--html` of play.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::output::{self, IsOurs, Target, check_targets, write_file};
use crate::explore::{self, Map, Task, Wanted};
use crate::model::{Program, TooLarge};
use crate::picture::{self, MOST_DRAWN, MOST_STATES, MOST_WRITTEN, Playable};
use crate::report::grouped;
use crate::run::is_interrupted;
use crate::scenario::Scenario;

/// States that are looked at to find some way to the end, where there are too many to visit all of them.
const MOST_LOOKED_AT: usize = 100_000;

/// The pictures that explore writes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Pictures")]
pub(super) struct Pictures {
    /// Write a page to play with: every state, one click a move
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Draw the graph of states, if it has at most 400; with --first only a shortest way to a deadlock
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the graph of states for Graphviz
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

/// What the pictures are of.
pub(super) struct Subject<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) program: &'a Program,
    /// The scenario on a command line, if it can be named there.
    pub(super) source: Option<String>,
    /// What else is known of it, as text.
    pub(super) said: Option<String>,
    /// How far a search for a way to a deadlock may go; only that way is wanted if its `first` says so.
    pub(super) task: Task,
    /// It is known that there is no deadlock.
    pub(super) is_free: bool,
}

impl Pictures {
    /// Whether none is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// Refuses, before anything is explored, what could not be written afterwards.
    pub(super) fn check(&self, force: bool) -> anyhow::Result<()> {
        let target = |(option, file)| (option, file, picture::is_first_line as IsOurs);
        let targets: Vec<Target> = self.all().into_iter().map(target).collect();
        check_targets(&targets, force)
    }

    /// The map of all states if one is to be drawn as a whole; refuses what is too large for that before all of it is
    /// explored.
    pub(super) fn map(&self, program: &Program) -> anyhow::Result<Option<Map>> {
        let most = match (&self.svg, &self.dot) {
            (Some(_), _) => MOST_DRAWN,
            (None, Some(_)) => MOST_WRITTEN,
            (None, None) => return Ok(None),
        };
        match Map::whole(program, most) {
            Some(map) => Ok(Some(map)),
            None if self.svg.is_some() => bail!(
                "there are more than {MOST_DRAWN} states, too many for --svg; write them with --dot for Graphviz, or \
                 add --first to draw only the way to the nearest deadlock"
            ),
            None => bail!(
                "there are more than {} states, too many for --dot; add --first to write only the way to the nearest \
                 deadlock",
                grouped(&MOST_WRITTEN)
            ),
        }
    }

    /// The pictures as text, each with its file. The map is that of [`Pictures::map`]; without one a way to a deadlock
    /// is drawn alone.
    pub(super) fn draw(&self, subject: &Subject, map: Option<&Map>) -> anyhow::Result<Vec<(PathBuf, String)>> {
        let Subject { scenario, program, .. } = subject;
        let mut drawn = Vec::new();
        if self.svg.is_some() || self.dot.is_some() {
            let part;
            let map = match map {
                Some(map) => map,
                None => {
                    part = subject.way_or_all(if self.dot.is_some() { MOST_WRITTEN } else { MOST_DRAWN })?;
                    &part
                }
            };
            if let Some(file) = &self.svg {
                drawn.push((file.clone(), picture::svg_of_states(scenario, program, map)?));
            }
            if let Some(file) = &self.dot {
                drawn.push((file.clone(), picture::dot(scenario, program, map)));
            }
        }
        if let Some(file) = &self.html {
            drawn.push((file.clone(), subject.game()?));
        }
        Ok(drawn)
    }

    fn all(&self) -> Vec<(&'static str, &Path)> {
        let all = [("--html", &self.html), ("--svg", &self.svg), ("--dot", &self.dot)];
        all.into_iter().filter_map(|(option, file)| Some((option, file.as_deref()?))).collect()
    }
}

impl Subject<'_> {
    /// The playable page.
    pub(super) fn game(&self) -> Result<String, TooLarge> {
        let playable = Playable {
            scenario: self.scenario,
            program: self.program,
            source: self.source.clone(),
            said: self.said.clone(),
            most_states: MOST_STATES,
        };
        picture::game(&playable, || {
            self.way_to_a_deadlock().or_else(|| explore::some_way_to_the_end(self.program, MOST_LOOKED_AT))
        })
    }

    /// The map of the way to the nearest deadlock alone; without a deadlock that of all states.
    fn way_or_all(&self, most: usize) -> anyhow::Result<Map> {
        let way = self.way_to_a_deadlock().map(|way| Map::along(self.program, &way));
        way.or_else(|| Map::whole(self.program, most))
            .context("there are too many states for a picture, and no way to a deadlock is known to draw alone")
    }

    /// The shortest way to a deadlock, if one is found within the bounds.
    fn way_to_a_deadlock(&self) -> Option<explore::Path> {
        if self.is_free {
            return None;
        }
        let task = Task { count: false, keep: true, first: Some(Wanted::Deadlock), ..self.task.clone() };
        let found = explore::explore(self.program, &self.program.start(), &task, &mut |_| !is_interrupted());
        found.ok()?.shortest
    }
}

/// Writes pictures, and says how each is opened: not where a document is printed.
pub(super) fn write(drawn: &[(PathBuf, String)]) -> anyhow::Result<()> {
    drawn.iter().try_for_each(|(file, text)| write_file(file, |out| std::io::Write::write_all(out, text.as_bytes())))
}

/// What is said of files that were written.
pub(super) fn written(drawn: &[(PathBuf, String)]) -> String {
    output::written(drawn.iter().map(|(file, _)| file.as_path()))
}
