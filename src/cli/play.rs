//! `lesson play`: the learner is the scheduler.

use anyhow::{Context, bail};

use super::output::print;
use super::screen::{Screen, Touch};
use super::source::Source;
use super::{Verdict, style};
use crate::machine::Terminal;
use crate::model::{Attempts, Program};
use crate::play::{self, Choice, Desk, Flow, Game};
use crate::report::clean;
use crate::run::Interrupted;
use crate::scenario;

/// You are the scheduler: say which process makes its next step, and make it deadlock, or keep it from it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson play deadlock
  lesson play philosophers --processes 3
  lesson play my.toml
  lesson play deadlock --moves \"1 2 1 2\"       without a terminal
  lesson play deadlock --moves \"1 2 1 2\" --json

Exit status: 0 = the goal was reached, 1 = it was not, 2 = bad usage or input,
130 = interrupted.")]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Make these moves, tell what came of them, and go: names or numbers, as in run --schedule
    #[arg(long, value_name = "NAMES")]
    moves: Option<String>,
    /// With --moves: print one JSON document instead of the page
    #[arg(long, requires = "moves")]
    json: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        if self.moves.is_none() && !terminal.is_terminal {
            bail!("there is no terminal to play on; make the moves with --moves \"1 2 1\"");
        }
        let scenario = self.source.load()?;
        let program = Program::compile(&scenario, Attempts::Counted).context("this scenario can't be played")?;
        let game = Game::new(&scenario, &program);
        match &self.moves {
            Some(moves) => self.tell(game, moves, terminal),
            None => play(game, terminal),
        }
    }

    /// Makes the moves and prints what came of them.
    fn tell(&self, mut game: Game, moves: &str, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let moves = scenario::parse_schedule(moves, game.scenario()).map_err(anyhow::Error::msg)?;
        for (index, who) in moves.into_iter().enumerate() {
            // Where time decides whether a process goes on, it does.
            let made = game.make(Choice { who, ends: false });
            made.with_context(|| format!("move {} can't be made", index + 1))?;
        }
        match self.json {
            true => print(&format!("{:#}\n", play::document(&game)))?,
            false => print(&play::page(&game, style(terminal)))?,
        }
        Ok(play::Verdict::of(&game).reached.into())
    }
}

/// Plays on the terminal until the learner leaves.
fn play(game: Game, terminal: &Terminal) -> anyhow::Result<Verdict> {
    let mut desk = Desk::new(game);
    let mut screen = Screen::take()?;
    screen.draw(|frame| play::draw(frame, &desk, terminal.color))?;
    loop {
        let flow = match screen.next()? {
            Touch::Nothing => continue,
            Touch::Other => Flow::Stay,
            Touch::Key(key) => desk.press(key),
        };
        match flow {
            Flow::Stay => screen.draw(|frame| play::draw(frame, &desk, terminal.color))?,
            Flow::Quit => break,
            Flow::Interrupted => return Err(Interrupted.into()),
        }
    }
    drop(screen);
    let verdict = play::Verdict::of(desk.game());
    print(&style(terminal).wrap(&verdict.text(desk.game()), ""))?;
    let moves: Vec<usize> = desk.game().past().iter().map(|made| made.choice.who).collect();
    if !moves.is_empty() {
        print(&format!("The moves: {}\n", clean(&scenario::format_schedule(&moves, desk.game().scenario()))))?;
    }
    Ok(verdict.reached.into())
}
