//! `lesson --help`: the commands by purpose; `lesson man` and `lesson completions`, made from the same description.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, bail};
use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory as _, FromArgMatches as _};
use clap_complete::Shell;

use super::aside::{self, note};
use super::output::print;
use super::{Cli, Verdict};
use crate::machine::{ColorChoice, Terminal};
use crate::report::Style;

/// Every command, by purpose, in a few words: whoever wants more asks it for help.
const GROUPS: [(&str, &[(&str, &str)]); 5] = [
    (
        "lessons",
        &[
            ("locked", "rows are lost"),
            ("deadlock", "all wait, for ever"),
            ("fixed", "each fix, measured"),
            ("check", "is all here?"),
        ],
    ),
    (
        "course",
        &[
            ("learn", "a guided tour"),
            ("read", "a lesson to read"),
            ("start", "an exercise"),
            ("verify", "is it solved?"),
            ("hint", "a push"),
            ("progress", "what is done"),
            ("reset", "forget what was done"),
            ("hand-in", "one file of it all"),
            ("review", "for the instructor"),
            ("course", "a course of your own"),
        ],
    ),
    (
        "laboratory",
        &[
            ("run", "a scenario of yours"),
            ("explore", "every interleaving"),
            ("play", "be the scheduler"),
            ("sweep", "what is lost when"),
            ("scenarios", "those built in"),
            ("show", "a trace again"),
            ("recordings", "the files of out/"),
        ],
    ),
    ("in the wild", &[("who", "has it locked now?"), ("mystery", "find the culprit")]),
    ("more", &[("completions", "for your shell"), ("man", "a manual page")]),
];

/// Columns of a group's name, of a command's, and of its words.
const GROUP: usize = 13;
const NAME: usize = 12;
const WORDS: usize = 21;

/// Three to begin with.
const EXAMPLES: [(&str, &str); 3] = [
    ("lesson learn 1", "a guided tour; lesson alone is the map"),
    ("lesson locked", "the exercise: rows are lost"),
    ("lesson who app.db", "who has it locked, right now, and why"),
];

const STATUS: &str = "Exit status: 0 shown, 1 not, 2 bad input, 3 not known; `lesson help COMMAND`.";

impl Cli {
    /// Reads the command line; on bad usage, and for help, it prints and ends.
    pub fn read() -> Self {
        let matches = described(Terminal::of_stdout(ColorChoice::Never).width).try_get_matches();
        matches.and_then(|matches| Self::from_arg_matches(&matches)).unwrap_or_else(|error| refuse(&error))
    }
}

/// Says what is wrong with the command line, or gives the help that was asked for, and ends.
fn refuse(error: &clap::Error) -> ! {
    let word = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => word.parse::<u8>().ok(),
        _ => None,
    };
    if let Some(number) = word {
        Cli::command()
            .error(error.kind(), format!("a number is no command; did you mean `lesson learn {number}`?"))
            .exit();
    }
    // What is asked for is laid out for its window; a mistake is one line, as long as it is.
    if error.use_stderr() && aside::say_broken(&error.render().to_string()) {
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// The command line, with its commands by purpose.
fn described(width: usize) -> Command {
    let template = format!("{{about}}\n{{usage-heading}} {{usage}}\n\n{}\n{}", groups(width), ending(width));
    Cli::command().help_template(template)
}

/// The examples, and the exit status.
fn ending(width: usize) -> String {
    let style = Style { color: false, width: width.min(80) };
    let example = |(command, what): &(&str, &str)| match width >= 60 {
        true => format!("  {command:20}{what}\n"),
        false => format!("  {command}\n{}", style.wrap(what, "      ")),
    };
    let examples: String = EXAMPLES.iter().map(example).collect();
    format!("Examples:\n{examples}\n{}", style.wrap(STATUS, ""))
}

/// The commands by purpose: two in a line where there is room.
fn groups(width: usize) -> String {
    let mut text = String::new();
    let in_row = if width >= GROUP + 2 * (NAME + WORDS) { 2 } else { 1 };
    for (group, commands) in GROUPS {
        for (at, row) in commands.chunks(in_row).enumerate() {
            let cells: String = row.iter().map(|(name, words)| format!("{name:NAME$}{words:WORDS$}")).collect();
            let group = if at == 0 { group } else { "" };
            text += format!("{group:GROUP$}{cells}").trim_end();
            text.push('\n');
        }
    }
    text
}

/// Prints what makes a shell complete the commands and options of lesson.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson completions bash > ~/.local/share/bash-completion/completions/lesson
  lesson completions zsh > ~/.zfunc/_lesson
  lesson completions fish > ~/.config/fish/completions/lesson.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut visible(&Cli::command()), "lesson", &mut text);
        print(&String::from_utf8_lossy(&text))?;
        Ok(Verdict::Shown)
    }
}

/// A command without what is ours alone: a completion offers nothing that help does not list.
fn visible(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    Command::new(command.get_name().to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .about(command.get_about().cloned().unwrap_or_default())
        .args(arguments.cloned())
        .subcommands(commands.cloned())
}

/// Prints a manual page.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson man | man -l -                 read it
  lesson man who > lesson-who.1         that of a command
  lesson man course check | man -l -")]
pub(super) struct Man {
    /// Of this command; without it, of lesson itself
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let mut whole = Cli::command().after_help(ending(80));
        whole.build();
        let mut found = &whole;
        for name in &self.command {
            let Some(next) = found.get_subcommands().find(|command| command.get_name() == name) else {
                let names = self.command.join(" ");
                bail!("there is no command `{}`; `lesson --help` lists them", crate::scenario::excerpt(&names, 64));
            };
            found = next;
        }
        let names = [&["lesson".to_owned()], self.command.as_slice()].concat();
        let page = found.clone().name(names.join("-"));
        let mut text: Vec<u8> = Vec::new();
        clap_mangen::Man::new(page).render(&mut text).map_err(io::Error::other).context("can't make the page")?;
        // What stands behind the options of every command begins with examples, which have a section of their own
        // (man-pages(7)).
        print(&String::from_utf8_lossy(&text).replacen("\n.SH EXTRA\nExamples:\n", "\n.SH EXAMPLES\n", 1))?;
        if io::stdout().is_terminal() {
            note("that is for man(1) to set: lesson man | man -l -");
        }
        Ok(Verdict::Shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, commands)| *commands).map(|(name, _)| *name).collect();
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut there: Vec<&str> = visible.map(Command::get_name).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
    }

    #[test]
    fn the_groups_fit_their_window() {
        for (width, lines) in [(80, 13), (50, 25)] {
            let text = groups(width);
            assert_eq!(text.lines().count(), lines, "{text}");
            let text = text + &ending(width);
            assert!(text.lines().all(|line| crate::report::width(line) <= width), "{text}");
        }
    }
}
