//! The command line: one file for each subcommand, with its arguments and its `run`. Only this room knows the terminal.

mod aside;
mod check;
mod course;
mod courses;
mod deadlock;
mod drawn;
mod explore;
mod export;
mod fixed;
#[cfg(unix)]
mod guardian;
mod hand_in;
mod help;
mod hint;
mod input;
mod learn;
mod leash;
mod live;
mod locked;
mod mystery;
mod output;
mod pager;
mod play;
mod progress;
mod read;
mod recordings;
mod reset;
mod review;
mod run;
mod scenarios;
mod screen;
mod show;
mod source;
mod stage;
mod start;
mod sweep;
mod verify;
mod who;

use std::process::ExitCode;

use clap::builder::{RangedI64ValueParser, RangedU64ValueParser};
use clap::{Parser, Subcommand};

use crate::machine::{ColorChoice, Terminal};
use crate::report::{Style, clean};
use crate::run::Interrupted;
use crate::scenario::{MOST_PROCESSES, Mistake};
use output::PipeClosed;

/// Real processes fight over real locks: see why they wait, and what helps.
#[derive(Debug, Parser)]
#[command(name = "lesson", version, propagate_version = true, max_term_width = 80)]
pub struct Cli {
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_enum, hide_possible_values = true)]
    color: ColorChoice,
    /// Keep what is printed in this file, too: what was run is part of what a learner hands in
    // Not `--transcript`: whoever mistypes `--trace` would be told of it.
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    also_into: Option<std::path::PathBuf>,
    /// The process that started this one, and takes it along when it goes; lesson learn sets it
    #[arg(long, global = true, value_name = "PID", hide = true)]
    leash: Option<u32>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Whether this machine can run the lessons, and what is missing
    Check(check::Args),
    /// The exercise: processes insert into one SQLite database, and `database is locked`
    Locked(locked::Args),
    /// A certain deadlock between real processes, with the evidence
    Deadlock(deadlock::Args),
    /// The same troubles, each with its fixes, side by side
    Fixed(fixed::Args),
    /// Who has a database or a lock file locked, right now, and why
    Who(who::Args),
    /// Somebody has it locked: find out who, with `lesson who`
    Mystery(mystery::Args),
    /// A lesson, to read in the terminal
    Read(read::Args),
    /// A lesson with a guide: predict, run, compare, go on
    Learn(learn::Args),
    /// Carry out a scenario from a file
    Run(run::Args),
    /// Every interleaving of a scenario: a proof, or the shortest way to a deadlock
    Explore(explore::Args),
    /// Where records are lost: two settings vary over a grid, in virtual time
    Sweep(sweep::Args),
    /// Be the scheduler: make it deadlock, or keep it from it, move by move
    Play(play::Args),
    /// List the built-in scenarios, or print one to copy and change
    Scenarios(scenarios::Args),
    /// Render a trace again
    Show(show::Args),
    /// Make one file of all that was done in the course, to hand in
    HandIn(hand_in::Args),
    /// Check what a class has handed in
    Review(review::Args),
    /// Make the recordings of the folder out/ anew
    Recordings(recordings::Args),
    /// Put the exercise of a lesson into this folder
    Start(start::Args),
    /// Is a repaired exercise solved? Every interleaving is looked at
    Verify(verify::Args),
    /// The next of three hints; the solution to whoever gives up
    Hint(hint::Args),
    /// The map of the course: what is done, and what comes next
    Progress(progress::Args),
    /// Forget what was done
    Reset(reset::Args),
    /// Check a course of your own
    Course(course::Args),
    /// Make a shell complete the commands
    Completions(help::Completions),
    /// A manual page
    Man(help::Man),
    /// A child process of a run; lesson starts it by itself
    #[command(hide = true)]
    Worker {
        /// For whoever reads `ps`
        names: Option<std::ffi::OsString>,
    },
    /// Gives the terminal back when play is killed; lesson starts it by itself
    #[cfg(unix)]
    #[command(hide = true)]
    Guardian,
}

/// Whether a command showed what it promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Shown,
    NotShown,
    /// A bound was reached before it was known.
    Unknown,
    /// It was interrupted, and has shown what it knew.
    Interrupted,
}

impl From<bool> for Verdict {
    fn from(shown: bool) -> Self {
        if shown { Self::Shown } else { Self::NotShown }
    }
}

impl Cli {
    /// Runs the command and turns its end into an exit status: 0 to 3; 130 after Ctrl-C.
    pub fn run(self) -> ExitCode {
        match self.dispatch() {
            Ok(Verdict::Shown) => ExitCode::SUCCESS,
            Ok(Verdict::NotShown) => ExitCode::from(1),
            Ok(Verdict::Unknown) => ExitCode::from(3),
            Ok(Verdict::Interrupted) => ExitCode::from(130),
            Err(error) if error.is::<PipeClosed>() => ExitCode::SUCCESS, // the reader has seen enough
            Err(error) => {
                // A mistake in a scenario has several lines and is clean; a file's name may have anything in it.
                let mistake = error.downcast_ref::<Mistake>().map(Mistake::to_string);
                let text = mistake.unwrap_or_else(|| clean(&format!("{error:#}")));
                aside::error(&text);
                ExitCode::from(if error.is::<Interrupted>() { 130 } else { 2 })
            }
        }
    }

    fn dispatch(self) -> anyhow::Result<Verdict> {
        match &self.command {
            // A worker prints events, not pages; Ctrl-C is its conductor's affair.
            Some(Command::Worker { .. }) => return self.execute(&Terminal::of_stdout(ColorChoice::Never)),
            #[cfg(unix)]
            Some(Command::Guardian) => return self.execute(&Terminal::of_stdout(ColorChoice::Never)),
            _ => {}
        }
        // Whether to colour is decided here, once, for every page.
        colored::control::set_override(true);
        termimad::crossterm::style::force_color_output(true);
        ctrlc::set_handler(|| pager::interrupt(screen::restore))?;
        self.leash.map(leash::hold).transpose()?;
        let terminal = Terminal::of_stdout(self.color);
        self.also_into.as_deref().map(output::copy_to).transpose()?;
        self.execute(&terminal)
    }

    fn execute(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let command = self.command.unwrap_or_else(|| Command::Progress(progress::Args::default()));
        match command {
            Command::Check(args) => args.run(terminal),
            Command::Locked(args) => args.run(terminal),
            Command::Deadlock(args) => args.run(terminal),
            Command::Fixed(args) => args.run(terminal),
            Command::Who(args) => args.run(terminal),
            Command::Mystery(args) => args.run(terminal),
            Command::Read(args) => args.run(terminal),
            Command::Learn(args) => args.run(terminal),
            Command::Run(args) => args.run(terminal),
            Command::Explore(args) => args.run(terminal),
            Command::Sweep(args) => args.run(terminal),
            Command::Play(args) => args.run(terminal),
            Command::Scenarios(args) => args.run(terminal),
            Command::Show(args) => args.run(terminal),
            Command::HandIn(args) => args.run(terminal),
            Command::Review(args) => args.run(terminal),
            Command::Recordings(args) => args.run(terminal),
            Command::Start(args) => args.run(terminal),
            Command::Verify(args) => args.run(terminal),
            Command::Hint(args) => args.run(terminal),
            Command::Progress(args) => args.run(terminal),
            Command::Reset(args) => args.run(terminal),
            Command::Course(args) => args.run(terminal),
            Command::Completions(args) => args.run(),
            Command::Man(args) => args.run(),
            Command::Worker { .. } => match crate::run::heir::Role::assigned() {
                Some(role) => role.live(),
                None => crate::run::worker::main(),
            }
            .map(|()| Verdict::Shown),
            #[cfg(unix)]
            Command::Guardian => guardian::main().map(|()| Verdict::Shown),
        }
    }
}

/// How a page for this terminal looks.
fn style(terminal: &Terminal) -> Style {
    Style { color: terminal.color, width: terminal.width }
}

/// How many processes a scenario may have.
fn process_count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=MOST_PROCESSES as u64)
}

/// How many processes may stand in a ring; there is room for one more beside it.
fn ring_size() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(2..=MOST_PROCESSES as u64 - 1)
}

/// A number from 1 to this.
fn count(most: i64) -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..=most)
}
