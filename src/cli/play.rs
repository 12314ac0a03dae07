//! `lesson play`: the learner is the scheduler.

mod real;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::drawn::{self, Subject};
use super::output::{check_target, print};
use super::screen::{Screen, Touch};
use super::source::Source;
use super::{Verdict, style};
use crate::explore::Task;
use crate::machine::Terminal;
use crate::model::{Attempts, Program};
use crate::picture;
use crate::play::{self, Choice, Desk, Flow, Game};
use crate::report::clean;
use crate::run::{self, Interrupted};
use crate::scenario::{self, Scenario, duration};
use real::{Crew, PATIENCE, on_real_locks};

/// You are the scheduler: say which process makes its next step, and make it deadlock, or keep it from it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson play deadlock
  lesson play philosophers --processes 3
  lesson play deadlock --real                   real processes on real locks
  lesson play philosophers --moves \"1 2 3 4 5\"  without a terminal
  lesson play my.toml --moves \"1 2 1\" --json
  lesson play deadlock --html game.html         a page for a browser

Exit status: 0 = the goal was reached, 1 = it was not, 2 = bad usage or input,
130 = interrupted.")]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Make these moves, tell what came of them, and go: names or numbers, as in run --schedule
    #[arg(long, value_name = "NAMES", allow_hyphen_values = true)]
    moves: Option<String>,
    /// With --moves: print one JSON document instead of the page
    #[arg(long, requires = "moves")]
    json: bool,
    /// Let real processes make the moves, on real locks, with what the kernel lists of them
    #[arg(long)]
    real: bool,
    /// Write a page that is played in a browser, instead of playing here
    #[arg(long, value_name = "FILE", conflicts_with_all = ["moves", "json", "real"])]
    html: Option<PathBuf>,
    /// Overwrite a file of --html that lesson did not write
    #[arg(long, requires = "html")]
    force: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let scenario = self.source.load()?;
        if let Some(file) = &self.html {
            return self.write(&scenario, file);
        }
        if self.moves.is_none() && !terminal.is_terminal {
            bail!("there is no terminal to play on; make the moves with --moves \"1 2 1\"");
        }
        if self.real {
            run::possible(&scenario)?;
        }
        let program = Program::compile(&scenario, Attempts::Counted).context("this scenario can't be played")?;
        let game = Game::new(&scenario, &program);
        match &self.moves {
            Some(moves) => self.tell(game, moves, terminal),
            None => {
                let desk = Desk::new(game, self.real);
                let mut table = Table { screen: Screen::take()?, color: terminal.color };
                table.draw(&desk)?; // before anything takes its time
                match self.real {
                    true => on_real_locks(&scenario, duration::LONGEST, |crew| play(table, desk, Some(crew), terminal)),
                    false => play(table, desk, None, terminal),
                }
            }
        }
    }

    /// Writes the game as a page.
    fn write(&self, scenario: &Scenario, file: &Path) -> anyhow::Result<Verdict> {
        check_target(("--html", file, picture::is_first_line), self.force)?;
        let program = Program::compile(scenario, Attempts::Counted).context("this scenario can't be played")?;
        // A search that takes a few seconds at most.
        let task = Task { count: false, keep: true, first: None, max_states: 5_000_000, max_bytes: 1 << 30 };
        let source = self.source.words();
        let page = Subject { scenario, program: &program, source, said: None, task, is_free: false }.game()?;
        let drawn = [(file.to_owned(), page)];
        drawn::write(&drawn)?;
        print(&drawn::written(&drawn))?;
        Ok(Verdict::Shown)
    }

    /// Makes the moves and prints what came of them.
    fn tell(&self, mut game: Game, moves: &str, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let scenario: &Scenario = game.scenario();
        let moves = scenario::parse_schedule(moves, scenario).map_err(anyhow::Error::msg)?;
        let real = match self.real {
            true => Some(on_real_locks(scenario, PATIENCE, |mut crew| crew.make(&mut game, &moves))?),
            false => make(&mut game, &moves).map(|()| None)?,
        };
        match self.json {
            true => print(&format!("{:#}\n", play::document(&game, real.as_ref())))?,
            false => print(&play::page(&game, real.as_ref(), style(terminal)))?,
        }
        Ok(play::Verdict::of(&game, real.as_ref()).reached.into())
    }
}

/// Makes the moves on the model. Where time decides whether a process goes on, it does.
fn make(game: &mut Game, moves: &[usize]) -> anyhow::Result<()> {
    for (index, &who) in moves.iter().enumerate() {
        let made = game.make(Choice { who, ends: false });
        made.with_context(|| format!("move {} can't be made", index + 1))?;
    }
    Ok(())
}

/// The screen, and whether it has colours.
struct Table {
    screen: Screen,
    color: bool,
}

impl Table {
    fn draw(&mut self, desk: &Desk) -> anyhow::Result<()> {
        self.screen.draw(|frame| play::draw(frame, desk, self.color))
    }

    /// Draws what there is to see, searches for an answer that is still to be found, and draws that.
    fn show(&mut self, desk: &mut Desk) -> anyhow::Result<()> {
        self.draw(desk)?;
        if desk.is_to_search() {
            desk.search();
            self.draw(desk)?;
        }
        Ok(())
    }
}

/// Plays on the terminal until the learner leaves.
fn play(mut table: Table, mut desk: Desk, mut crew: Option<Crew>, terminal: &Terminal) -> anyhow::Result<Verdict> {
    table.show(&mut desk)?;
    loop {
        let touch = table.screen.next()?;
        let mut changed = !matches!(touch, Touch::Nothing);
        let flow = match touch {
            Touch::Key(key) => desk.press(key),
            Touch::Other | Touch::Nothing => Flow::Stay,
        };
        match (flow, &mut crew) {
            (Flow::Quit, _) => break,
            (Flow::Interrupted, _) => return Err(Interrupted.into()),
            (Flow::Tell(who), Some(crew)) => crew.tell(who),
            (Flow::Anew, Some(crew)) => {
                crew.replace()?;
                desk.begin_anew();
            }
            _ => {}
        }
        for news in crew.iter_mut().flat_map(Crew::news) {
            desk.hear(news);
            changed = true;
        }
        if changed {
            table.show(&mut desk)?;
        }
    }
    drop(table);
    farewell(&desk, terminal)
}

/// What stays on the terminal behind the screen: the verdict, and the moves to make again.
fn farewell(desk: &Desk, terminal: &Terminal) -> anyhow::Result<Verdict> {
    let game = desk.game();
    let verdict = desk.verdict();
    print(&style(terminal).wrap(&verdict.text(game), ""))?;
    let moves: Vec<usize> = game.past().iter().map(|made| made.choice.who).collect();
    if !moves.is_empty() {
        let moves = clean(&scenario::format_schedule(&moves, game.scenario()));
        print(&format!("The moves: {moves}\n"))?;
    }
    Ok(verdict.reached.into())
}
